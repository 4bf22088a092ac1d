/* SPDX-License-Identifier: BSD-3-Clause */

/*
 * The transport "vfio-user": a PCI function in another process, behind a UNIX stream socket.
 *
 * One request is under way at a time (the device's lock), so a reply is expected right behind its
 * request. A request that timed out leaves the stream in step: its reply, should it come, is
 * recognised by its number and dropped. Whatever else does not fit ends the connection, which then
 * looks like a device that was pulled out.
 */

#define _GNU_SOURCE /* seals, POLLRDHUP */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "internal.h"
#include "vfio_user_client.h"

#define MAX_FDS 8
#define MAX_PAYLOAD 4096 /* of a reply; the largest expected is a region's capabilities */

#define PCI_COMMAND 4
#define PCI_COMMAND_MEMORY_AND_MASTER 0x6u

struct vfio_user {
	struct sekisho_device *device;
	int socket;
	int removal; /* epoll: readable when the peer has hung up, see watch_removal() */
	atomic_bool gone; /* hung up, or given up */
	uint16_t id; /* of the latest request */
	unsigned int late; /* requests that timed out and whose reply may still come */
	volatile uint32_t *doorbells;
	unsigned int vectors;
	bool can_reset;
	unsigned char reply[MAX_PAYLOAD];
};

struct request {
	enum vfio_user_command command;
	const void *head;
	size_t head_size;
	const void *data;
	size_t data_size;
	int fd; /* to send along, -1: none */
	size_t reply_least; /* shorter replies are refused */
	/* Results: the reply is in vfio_user.reply. */
	size_t reply_size;
	int reply_fd; /* -1: none came; otherwise the caller's to close */
};

/* Ends the connection for good; the removal descriptor fires, as when the peer had hung up. */
static void give_up(struct vfio_user *client, const char *why)
{
	if (atomic_exchange(&client->gone, true))
		return;
	shutdown(client->socket, SHUT_RDWR);
	sek_log(client->device, SEKISHO_LOG_WARNING, "the device is gone: %s", why);
}

/* Waits for events on the socket; 0, -ETIMEDOUT, -ENODEV. */
static int wait_socket(struct vfio_user *client, short events, uint64_t deadline)
{
	struct pollfd entry = { .fd = client->socket, .events = events };

	for (;;) {
		uint64_t now = sek_now_ms();
		int count;

		if (now >= deadline)
			return -ETIMEDOUT;
		count = poll(&entry, 1, deadline - now > INT_MAX ? INT_MAX : (int)(deadline - now));
		if (count > 0)
			return 0; /* an error shows in the transfer that follows */
		if (count < 0 && errno != EINTR) {
			give_up(client, "poll failed");
			return -ENODEV;
		}
	}
}

static int transfer_error(struct vfio_user *client)
{
	give_up(client, errno == EPIPE || errno == ECONNRESET ?
				"the other side closed the connection" :
				strerror(errno));
	return -ENODEV;
}

static int send_message(struct vfio_user *client, struct iovec *parts, int part_count, int fd,
			uint64_t deadline)
{
	union {
		char space[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = { 0 };
	struct msghdr message = { .msg_iov = parts, .msg_iovlen = part_count };
	bool begun = false;

	if (fd >= 0) {
		struct cmsghdr *head;

		message.msg_control = control.space;
		message.msg_controllen = sizeof(control.space);
		head = CMSG_FIRSTHDR(&message);
		head->cmsg_level = SOL_SOCKET;
		head->cmsg_type = SCM_RIGHTS;
		head->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(head), &fd, sizeof(int));
	}
	while (message.msg_iovlen) {
		ssize_t count = sendmsg(client->socket, &message, MSG_NOSIGNAL);

		if (count < 0) {
			int error;

			if (errno == EINTR)
				continue;
			if (errno == EBADF || errno == EINVAL || errno == ETOOMANYREFS)
				return -errno; /* the descriptor to send: nothing left yet */
			if (errno != EAGAIN)
				return transfer_error(client);
			error = wait_socket(client, POLLOUT, deadline);
			if (error == -ETIMEDOUT && begun)
				give_up(client, "it takes no more data");
			if (error)
				return error;
			continue;
		}
		begun = true;
		message.msg_control = NULL; /* the descriptor went with the first bytes */
		message.msg_controllen = 0;
		while (message.msg_iovlen && (size_t)count >= message.msg_iov->iov_len) {
			count -= message.msg_iov->iov_len;
			message.msg_iov++;
			message.msg_iovlen--;
		}
		if (message.msg_iovlen) {
			message.msg_iov->iov_base = (char *)message.msg_iov->iov_base + count;
			message.msg_iov->iov_len -= count;
		}
	}
	return 0;
}

/* Keeps the first descriptor that comes in *fd when that is still -1, closes all others. */
static void take_fds(struct msghdr *message, int *fd)
{
	struct cmsghdr *head;

	for (head = CMSG_FIRSTHDR(message); head; head = CMSG_NXTHDR(message, head)) {
		size_t count, i;

		if (head->cmsg_level != SOL_SOCKET || head->cmsg_type != SCM_RIGHTS)
			continue;
		count = (head->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (i = 0; i < count; i++) {
			int one;

			memcpy(&one, CMSG_DATA(head) + i * sizeof(int), sizeof(int));
			if (*fd < 0)
				*fd = one;
			else
				close(one);
		}
	}
}

/* begun: bytes of this message were received before, so a time-out leaves the stream out of step. */
static int receive(struct vfio_user *client, void *buffer, size_t size, int *fd, bool begun,
		   uint64_t deadline)
{
	size_t done = 0;

	while (done < size) {
		union {
			char space[CMSG_SPACE(MAX_FDS * sizeof(int))];
			struct cmsghdr align;
		} control;
		struct iovec part = { (char *)buffer + done, size - done };
		struct msghdr message = { .msg_iov = &part,
					  .msg_iovlen = 1,
					  .msg_control = control.space,
					  .msg_controllen = sizeof(control.space) };
		ssize_t count = recvmsg(client->socket, &message, MSG_CMSG_CLOEXEC);

		if (count < 0) {
			int error;

			if (errno == EINTR)
				continue;
			if (errno != EAGAIN)
				return transfer_error(client);
			error = wait_socket(client, POLLIN, deadline);
			if (error == -ETIMEDOUT && (begun || done))
				give_up(client, "it stopped in the middle of a message");
			if (error)
				return error;
			continue;
		}
		take_fds(&message, fd);
		if (!count) {
			give_up(client, "the other side closed the connection");
			return -ENODEV;
		}
		done += count;
	}
	return 0;
}

/* The device asks for something. It can reach host memory by DMA_MAP, so nothing of this is here. */
static int refuse_command(struct vfio_user *client, const struct vfio_user_header *command,
			  uint64_t deadline)
{
	struct vfio_user_header answer = {
		.id = command->id,
		.command = command->command,
		.size = sizeof(answer),
		.flags = VFIO_USER_TYPE_REPLY | VFIO_USER_ERROR,
		.error = ENOTSUP,
	};
	struct iovec part = { &answer, sizeof(answer) };

	sek_log(client->device, SEKISHO_LOG_WARNING, "refused the device's command %u",
		command->command);
	if (command->flags & VFIO_USER_NO_REPLY)
		return 0;
	return send_message(client, &part, 1, -1, deadline);
}

static int broken(struct vfio_user *client, const char *why)
{
	give_up(client, why);
	return -EPROTO;
}

/* Receives messages until the reply to the latest request is there. */
static int receive_reply(struct vfio_user *client, struct request *request, uint64_t deadline)
{
	for (;;) {
		struct vfio_user_header header;
		uint32_t type;
		size_t size;
		int fd = -1, error;

		error = receive(client, &header, sizeof(header), &fd, false, deadline);
		if (error == -ETIMEDOUT && !atomic_load(&client->gone))
			client->late++;
		if (!error) {
			if (header.size < sizeof(header) ||
			    header.size - sizeof(header) > sizeof(client->reply))
				error = broken(client, "a message of impossible size");
		}
		if (!error) {
			size = header.size - sizeof(header);
			error = receive(client, client->reply, size, &fd, true, deadline);
		}
		if (error) {
			if (fd >= 0)
				close(fd);
			return error;
		}

		type = header.flags & VFIO_USER_TYPE_MASK;
		if (type == VFIO_USER_TYPE_REPLY && header.id == client->id &&
		    header.command == request->command) {
			request->reply_size = size;
			request->reply_fd = fd;
			if (!(header.flags & VFIO_USER_ERROR))
				return 0;
			return header.error > 0 && header.error < 4096 ? -(int)header.error : -EIO;
		}

		if (fd >= 0)
			close(fd);
		if (type == VFIO_USER_TYPE_COMMAND) {
			error = refuse_command(client, &header, deadline);
			if (error)
				return error;
		} else if (type == VFIO_USER_TYPE_REPLY && client->late &&
			   (uint16_t)(client->id - header.id) - 1u < 0x7fffu) {
			client->late--; /* of a request that timed out */
		} else {
			return broken(client, "a reply to nothing that was asked");
		}
	}
}

/* Sends a request and waits for its reply. On an error no descriptor is left to the caller. */
static int call(struct vfio_user *client, struct request *request)
{
	struct vfio_user_header header = {
		.id = ++client->id,
		.command = request->command,
		.size = sizeof(header) + request->head_size + request->data_size,
		.flags = VFIO_USER_TYPE_COMMAND,
	};
	struct iovec parts[3] = {
		{ &header, sizeof(header) },
		{ (void *)(uintptr_t)request->head, request->head_size },
		{ (void *)(uintptr_t)request->data, request->data_size },
	};
	uint64_t deadline = sek_now_ms() + client->device->timeout_ms;
	int error;

	request->reply_fd = -1;
	if (atomic_load(&client->gone))
		return -ENODEV;
	error = send_message(client, parts, 3, request->fd, deadline);
	if (!error)
		error = receive_reply(client, request, deadline);
	if (!error && request->reply_size < request->reply_least) {
		sek_log(client->device, SEKISHO_LOG_ERROR, "the reply to command %u is too short",
			request->command);
		error = -EPROTO;
	}
	if (error && request->reply_fd >= 0) {
		close(request->reply_fd);
		request->reply_fd = -1;
	}
	if (error == -ETIMEDOUT)
		sek_log(client->device, SEKISHO_LOG_ERROR, "no reply to command %u in %u ms",
			request->command, client->device->timeout_ms);
	return error;
}

/* A request whose reply carries no descriptor. */
static int simple_call(struct vfio_user *client, enum vfio_user_command command, const void *head,
		       size_t head_size, int fd, size_t reply_least)
{
	struct request request = { .command = command,
				   .head = head,
				   .head_size = head_size,
				   .fd = fd,
				   .reply_least = reply_least };
	int error = call(client, &request);

	if (request.reply_fd >= 0)
		close(request.reply_fd);
	return error;
}

static int region_read(struct vfio_user *client, unsigned int region, uint64_t offset, void *data,
		       uint32_t count)
{
	struct vfio_user_region_access access = { offset, region, count };
	int error = simple_call(client, VFIO_USER_REGION_READ, &access, sizeof(access), -1,
				sizeof(access) + count);

	if (error)
		return error;
	memcpy(&access, client->reply, sizeof(access));
	if (access.count != count) {
		sek_log(client->device, SEKISHO_LOG_ERROR, "read %u bytes instead of %u",
			access.count, count);
		return -EPROTO;
	}
	memcpy(data, client->reply + sizeof(access), count);
	return 0;
}

static int region_write(struct vfio_user *client, unsigned int region, uint64_t offset,
			const void *data, uint32_t count)
{
	struct vfio_user_region_access access = { offset, region, count };
	struct request request = { .command = VFIO_USER_REGION_WRITE,
				   .head = &access,
				   .head_size = sizeof(access),
				   .data = data,
				   .data_size = count,
				   .fd = -1 };
	int error = call(client, &request);

	if (request.reply_fd >= 0)
		close(request.reply_fd);
	return error;
}

/* --- set-up ---------------------------------------------------------------------------------- */

static int connect_socket(struct sekisho_device *device, const char *path, int *result)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct timeval patience = { device->timeout_ms / 1000, (device->timeout_ms % 1000) * 1000 };
	int fd, error;

	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	strcpy(address.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	/* Bounds a connect() to a server that does not accept. */
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	do
		error = connect(fd, (struct sockaddr *)&address, sizeof(address)) ? -errno : 0;
	while (error == -EINTR);
	if (error == -EAGAIN)
		error = -ETIMEDOUT;
	if (!error && fcntl(fd, F_SETFL, O_NONBLOCK))
		error = -errno;
	if (error) {
		close(fd);
		return error;
	}
	*result = fd;
	return 0;
}

/*
 * The socket itself is readable whenever a reply comes, so it cannot tell others of the removal.
 * An epoll instance that asks for nothing but the hang-up is readable only then.
 */
static int watch_removal(struct vfio_user *client)
{
	struct epoll_event event = { .events = EPOLLRDHUP };

	client->removal = epoll_create1(EPOLL_CLOEXEC);
	if (client->removal < 0)
		return -errno;
	if (epoll_ctl(client->removal, EPOLL_CTL_ADD, client->socket, &event))
		return -errno;
	return 0;
}

static int negotiate(struct vfio_user *client)
{
	static const char capabilities[] = "{\"capabilities\":{\"max_msg_fds\":8,"
					   "\"max_data_xfer_size\":4096}}";
	/* Nothing of 0.1 is needed, and every server knows 0.0. */
	struct vfio_user_version version = { 0, 0 };
	struct request request = { .command = VFIO_USER_VERSION,
				   .head = &version,
				   .head_size = sizeof(version),
				   .data = capabilities,
				   .data_size = sizeof(capabilities),
				   .fd = -1,
				   .reply_least = sizeof(version) };
	int error = call(client, &request);

	if (error)
		return error;
	if (request.reply_fd >= 0)
		close(request.reply_fd);
	memcpy(&version, client->reply, sizeof(version));
	if (version.major != 0 || version.minor > 1) {
		sek_log(client->device, SEKISHO_LOG_ERROR,
			"the server speaks vfio-user %u.%u, this library 0.0", version.major,
			version.minor);
		return -ENODEV;
	}
	return 0;
}

/*
 * Finds where in the region's file the doorbell page is. A sparse capability lists what may be
 * mapped; without one all of the region may.
 */
static int find_doorbells(const unsigned char *reply, size_t size, uint64_t *offset)
{
	struct vfio_user_region_info info;
	uint32_t next;
	unsigned int steps;

	memcpy(&info, reply, sizeof(info));
	if (!(info.flags & VFIO_USER_REGION_MAPPABLE))
		return -ENOENT;
	if (info.offset > INT64_MAX - SEK_DOORBELL_OFFSET - SEK_DOORBELL_SIZE)
		return -EPROTO;
	*offset = info.offset + SEK_DOORBELL_OFFSET;
	if (!(info.flags & VFIO_USER_REGION_HAS_CAPS) || !info.cap_offset)
		return 0;
	/* The bound on steps ends a chain that bites its tail. */
	for (next = info.cap_offset, steps = 0; next && steps < 16; steps++) {
		struct vfio_user_capability capability;
		struct vfio_user_sparse sparse;
		uint32_t i;

		if (next > size || size - next < sizeof(capability))
			return -EPROTO;
		memcpy(&capability, reply + next, sizeof(capability));
		if (capability.id != VFIO_USER_CAP_SPARSE) {
			next = capability.next;
			continue;
		}
		if (size - next < sizeof(sparse))
			return -EPROTO;
		memcpy(&sparse, reply + next, sizeof(sparse));
		if ((size - next - sizeof(sparse)) / sizeof(struct vfio_user_area) < sparse.areas)
			return -EPROTO;
		for (i = 0; i < sparse.areas; i++) {
			struct vfio_user_area area;

			memcpy(&area, reply + next + sizeof(sparse) + i * sizeof(area),
			       sizeof(area));
			if (area.offset <= SEK_DOORBELL_OFFSET && area.size >= SEK_DOORBELL_SIZE &&
			    SEK_DOORBELL_OFFSET - area.offset <= area.size - SEK_DOORBELL_SIZE)
				return 0;
		}
		return -ENOENT;
	}
	return next ? -EPROTO : 0;
}

static int map_doorbells(struct vfio_user *client, int fd, uint64_t offset)
{
	struct stat status;
	void *page;
	int seals;

	if (fstat(fd, &status))
		return -errno;
	/* Beyond the file's end the mapping would be there, and every access a SIGBUS. */
	if ((uint64_t)status.st_size < offset + SEK_DOORBELL_SIZE) {
		sek_log(client->device, SEKISHO_LOG_ERROR, "the doorbell page's file is too short");
		return -EPROTO;
	}
	/* A data path may still write there when the server is gone: the file must not shrink. */
	seals = fcntl(fd, F_GET_SEALS);
	if (seals >= 0 && !(seals & F_SEAL_SHRINK) && fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK))
		sek_log(client->device, SEKISHO_LOG_DEBUG,
			"the doorbell page's file is not sealed against shrinking");
	page = mmap(NULL, SEK_DOORBELL_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, offset);
	if (page == MAP_FAILED)
		return -errno;
	client->doorbells = page;
	return 0;
}

static int setup_window(struct vfio_user *client)
{
	struct vfio_user_region_info info = { .argsz = MAX_PAYLOAD, .index = VFIO_USER_BAR0 };
	struct request request = { .command = VFIO_USER_DEVICE_GET_REGION_INFO,
				   .head = &info,
				   .head_size = sizeof(info),
				   .fd = -1,
				   .reply_least = sizeof(info) };
	uint64_t offset;
	int error = call(client, &request);

	if (error)
		return error;
	memcpy(&info, client->reply, sizeof(info));
	if (info.size < SEKISHO_WINDOW_SIZE) {
		sek_log(client->device, SEKISHO_LOG_ERROR, "BAR0 has %llu bytes, a Sekisho %u",
			(unsigned long long)info.size, SEKISHO_WINDOW_SIZE);
		error = -ENODEV;
	} else if (request.reply_fd >= 0) {
		error = find_doorbells(client->reply, request.reply_size, &offset);
		if (!error)
			error = map_doorbells(client, request.reply_fd, offset);
		else if (error == -ENOENT)
			error = 0;
	}
	if (request.reply_fd >= 0)
		close(request.reply_fd);
	return error;
}

/* The device answers memory accesses and may do DMA only when its command register says so. */
static int enable_function(struct vfio_user *client)
{
	uint16_t command;
	int error =
		region_read(client, VFIO_USER_CONFIG_SPACE, PCI_COMMAND, &command, sizeof(command));

	if (error)
		return error;
	command |= PCI_COMMAND_MEMORY_AND_MASTER;
	return region_write(client, VFIO_USER_CONFIG_SPACE, PCI_COMMAND, &command, sizeof(command));
}

static int setup(struct vfio_user *client)
{
	struct vfio_user_device_info info = { .argsz = sizeof(info) };
	struct vfio_user_irq_info irq = { .argsz = sizeof(irq), .index = VFIO_USER_IRQ_MSIX };
	int error = negotiate(client);

	if (error)
		return error;
	error = simple_call(client, VFIO_USER_DEVICE_GET_INFO, &info, sizeof(info), -1,
			    sizeof(info));
	if (error)
		return error;
	memcpy(&info, client->reply, sizeof(info));
	if (!(info.flags & VFIO_USER_DEVICE_PCI) || info.regions <= VFIO_USER_CONFIG_SPACE) {
		sek_log(client->device, SEKISHO_LOG_ERROR, "what answers is not a PCI function");
		return -ENODEV;
	}
	client->can_reset = info.flags & VFIO_USER_DEVICE_RESETS;
	error = setup_window(client);
	if (error)
		return error;
	if (info.irqs > VFIO_USER_IRQ_MSIX) {
		error = simple_call(client, VFIO_USER_DEVICE_GET_IRQ_INFO, &irq, sizeof(irq), -1,
				    sizeof(irq));
		if (error)
			return error;
		memcpy(&irq, client->reply, sizeof(irq));
		client->vectors = irq.count;
	}
	return enable_function(client);
}

/* --- the transport's functions --------------------------------------------------------------- */

static void vfio_user_close(void *link)
{
	struct vfio_user *client = link;

	if (client->doorbells)
		munmap((void *)(uintptr_t)client->doorbells, SEK_DOORBELL_SIZE);
	if (client->removal >= 0)
		close(client->removal);
	close(client->socket);
	free(client);
}

static int vfio_user_open(struct sekisho_device *device, const char *where, void **link)
{
	struct vfio_user *client;
	int error;

	if (!*where)
		return -EINVAL;
	client = calloc(1, sizeof(*client));
	if (!client)
		return -ENOMEM;
	client->device = device;
	client->removal = -1;
	error = connect_socket(device, where, &client->socket);
	if (error) {
		free(client);
		return error;
	}
	error = watch_removal(client);
	if (!error)
		error = setup(client);
	if (error) {
		/* What ends the talk, or talks differently, is not a Sekisho. */
		if (error == -EPROTO)
			error = -ENODEV;
		vfio_user_close(client);
		return error;
	}
	*link = client;
	return 0;
}

static int vfio_user_read(void *link, uint32_t offset, uint32_t *value)
{
	return region_read(link, VFIO_USER_BAR0, offset, value, sizeof(*value));
}

static int vfio_user_write(void *link, uint32_t offset, uint32_t value)
{
	return region_write(link, VFIO_USER_BAR0, offset, &value, sizeof(value));
}

static volatile uint32_t *vfio_user_doorbells(void *link)
{
	const struct vfio_user *client = link;

	return client->doorbells;
}

static int vfio_user_dma_map(void *link, uint64_t iova, uint64_t size, int fd, uint64_t offset,
			     bool read_only)
{
	struct vfio_user_dma_map map = {
		.argsz = sizeof(map),
		.flags = VFIO_USER_MAP_READ | (read_only ? 0 : VFIO_USER_MAP_WRITE),
		.offset = offset,
		.address = iova,
		.size = size,
	};

	return simple_call(link, VFIO_USER_DMA_MAP, &map, sizeof(map), fd, 0);
}

static int vfio_user_dma_unmap(void *link, uint64_t iova, uint64_t size)
{
	struct vfio_user_dma_unmap unmap = { .argsz = sizeof(unmap),
					     .address = iova,
					     .size = size };

	return simple_call(link, VFIO_USER_DMA_UNMAP, &unmap, sizeof(unmap), -1, 0);
}

static unsigned int vfio_user_vectors(void *link)
{
	const struct vfio_user *client = link;

	return client->vectors;
}

static int vfio_user_vector_eventfd(void *link, unsigned int vector, int eventfd)
{
	/* Without a descriptor the message takes the vector's eventfd away. */
	struct vfio_user_irq_set set = {
		.argsz = sizeof(set),
		.flags = VFIO_USER_SET_EVENTFD | VFIO_USER_SET_TRIGGER,
		.index = VFIO_USER_IRQ_MSIX,
		.start = vector,
		.count = 1,
	};

	return simple_call(link, VFIO_USER_DEVICE_SET_IRQS, &set, sizeof(set), eventfd, 0);
}

static int vfio_user_reset(void *link)
{
	struct vfio_user *client = link;

	if (!client->can_reset)
		return -ENOTSUP;
	return simple_call(client, VFIO_USER_DEVICE_RESET, NULL, 0, -1, 0);
}

static int vfio_user_removal_fd(void *link)
{
	const struct vfio_user *client = link;

	return client->removal;
}

static bool vfio_user_removed(void *link)
{
	struct vfio_user *client = link;
	struct pollfd entry = { .fd = client->socket, .events = POLLRDHUP };

	if (atomic_load(&client->gone))
		return true;
	if (poll(&entry, 1, 0) != 1)
		return false;
	give_up(client, "the other side closed the connection");
	return true;
}

const struct sek_transport sek_vfio_user_transport = {
	.prefix = "vfio-user:",
	.open = vfio_user_open,
	.close = vfio_user_close,
	.read = vfio_user_read,
	.write = vfio_user_write,
	.doorbells = vfio_user_doorbells,
	.dma_map = vfio_user_dma_map,
	.dma_unmap = vfio_user_dma_unmap,
	.vectors = vfio_user_vectors,
	.vector_eventfd = vfio_user_vector_eventfd,
	.reset = vfio_user_reset,
	.removal_fd = vfio_user_removal_fd,
	.removed = vfio_user_removed,
};
