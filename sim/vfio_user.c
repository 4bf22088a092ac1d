/* SPDX-License-Identifier: BSD-3-Clause */
/* The vfio-user protocol, server side: sockets, framing, checks, dispatch. */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "log.h"
#include "vfio_user.h"

/* The longest message: a region write of VFU_MAX_DATA bytes. */
#define MAX_MESSAGE (sizeof(struct vfu_header) + sizeof(struct vfu_region_access) + VFU_MAX_DATA)
/* The kernel passes at most so many descriptors at once. */
#define KERNEL_MAX_FDS 253
#define MESSAGES_A_POLL 64
#define REFUSED_MAX 4
#define REFUSED_SECONDS 2

/* A connection that came while another client has the function: it is told so, then closed. */
struct refused {
	int fd;
	unsigned int received;
	struct vfu_header header;
	time_t deadline;
};

struct vfu_server {
	const struct vfu_device *device;
	void *context;
	char path[sizeof(((struct sockaddr_un *)NULL)->sun_path)];
	dev_t path_device; /* of our socket file, so that only that one is removed */
	ino_t path_inode;
	int listener; /* -1: none */
	int epoll;
	int client; /* -1: none */
	bool ready; /* VERSION is done */
	bool closing; /* close when the reply is out */
	bool waiting_out; /* the client must read before more can be sent */

	uint32_t received; /* bytes of the current message */
	int fds[VFU_MAX_FDS];
	unsigned int fd_count;
	bool too_many_fds;

	uint32_t reply_size; /* 0: none pending */
	uint32_t reply_sent;
	int reply_fd; /* goes with the first byte; belongs to the device */

	struct refused refused[REFUSED_MAX];

	/* Aligned for the structures at their start and behind the header. */
	_Alignas(16) uint8_t message[MAX_MESSAGE];
	_Alignas(16) uint8_t reply[MAX_MESSAGE];
};

static time_t seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

static void close_fds(struct vfu_server *server)
{
	for (unsigned int i = 0; i < server->fd_count; i++) {
		if (server->fds[i] >= 0)
			close(server->fds[i]);
	}
	server->fd_count = 0;
	server->too_many_fds = false;
}

static int watch(struct vfu_server *server, int operation, int fd, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.fd = fd };

	return epoll_ctl(server->epoll, operation, fd, &event) == 0 ? 0 : -errno;
}

static void disconnect(struct vfu_server *server)
{
	if (server->client < 0)
		return;
	close(server->client);
	server->client = -1;
	close_fds(server);
	server->received = 0;
	server->reply_size = 0;
	if (server->ready) {
		server->ready = false;
		server->device->detached(server->context);
	}
}

/* ---- Requests. Each returns the size of the reply's payload, or -errno. ---- */

struct request {
	const struct vfu_header *header;
	const void *body;
	uint32_t size; /* of the body */
	void *reply;
};

static int do_version(struct vfu_server *server, const struct request *request)
{
	static const char capabilities[] = "{\"capabilities\":{\"max_msg_fds\":16,"
					   "\"max_data_xfer_size\":65536,\"write_multiple\":true}}";
	const struct vfu_version *theirs = request->body;
	struct vfu_version *ours = request->reply;
	const char *text = (const char *)(theirs + 1);

	static_assert(VFU_MAX_FDS == 16 && VFU_MAX_DATA == 65536, "the text above says so");
	if (request->size < sizeof(*theirs) || server->ready || theirs->major != VFU_MAJOR)
		return -EINVAL;
	if (request->size > sizeof(*theirs) &&
	    (text[0] != '{' || text[request->size - sizeof(*theirs) - 1] != '\0'))
		return -EINVAL;
	ours->major = VFU_MAJOR;
	/* QEMU says 0 and takes nothing newer for an answer. */
	ours->minor = theirs->minor < VFU_MINOR ? theirs->minor : VFU_MINOR;
	memcpy(ours + 1, capabilities, sizeof(capabilities));
	server->ready = true;
	server->device->attached(server->context);
	return sizeof(*ours) + sizeof(capabilities);
}

static int do_dma_map(struct vfu_server *server, const struct request *request)
{
	const struct vfu_dma_map *map = request->body;

	if (request->size != sizeof(*map) || map->argsz < sizeof(*map) || server->fd_count > 1)
		return -EINVAL;
	return server->device->dma_map(server->context, map->address, map->size, map->flags,
				       server->fd_count == 1 ? server->fds[0] : -1, map->offset);
}

static int do_dma_unmap(struct vfu_server *server, const struct request *request)
{
	const struct vfu_dma_unmap *unmap = request->body;
	struct vfu_dma_unmap *reply = request->reply;
	uint64_t removed = 0;
	int err;

	if (request->size < sizeof(*unmap) || unmap->argsz < sizeof(*unmap))
		return -EINVAL;
	if ((unmap->flags & VFU_UNMAP_DIRTY_BITMAP) != 0)
		return -ENOTSUP;
	if (request->size != sizeof(*unmap) || (unmap->flags & ~VFU_UNMAP_ALL) != 0)
		return -EINVAL;
	*reply = *unmap;
	if ((unmap->flags & VFU_UNMAP_ALL) != 0) {
		if (unmap->address != 0 || unmap->size != 0)
			return -EINVAL;
		server->device->dma_unmap_all(server->context);
		return sizeof(*reply);
	}
	err = server->device->dma_unmap(server->context, unmap->address, unmap->size, &removed);
	reply->size = removed;
	return err != 0 ? err : (int)sizeof(*reply);
}

/*
 * The structures that a newer client may send longer than we know: argsz says how much room there
 * is for the answer, and what was sent fits into it.
 */
static bool has_argument(const struct request *request, size_t size)
{
	const uint32_t *argsz = request->body;

	return request->size >= size && *argsz >= size && request->size <= *argsz;
}

static int do_device_info(struct vfu_server *server, const struct request *request)
{
	struct vfu_device_info *info = request->reply;

	(void)server;
	if (!has_argument(request, sizeof(*info)))
		return -EINVAL;
	info->argsz = sizeof(*info);
	info->flags = VFU_DEVICE_RESETTABLE | VFU_DEVICE_PCI;
	info->regions = VFU_REGIONS;
	info->irqs = VFU_IRQS;
	return sizeof(*info);
}

static int do_region_info(struct vfu_server *server, const struct request *request)
{
	const struct vfu_region_info *asked = request->body;
	struct vfu_region_info *info = request->reply;
	struct vfu_region region = { .fd = -1 };
	struct vfu_sparse_mmap *sparse = (struct vfu_sparse_mmap *)(info + 1);

	if (!has_argument(request, sizeof(*asked)) || asked->index >= VFU_REGIONS)
		return -EINVAL;
	server->device->region_info(server->context, asked->index, &region);
	memset(info, 0, sizeof(*info));
	info->argsz = sizeof(*info);
	info->index = asked->index;
	info->size = region.size;
	if (region.size == 0)
		return sizeof(*info);
	info->flags = VFU_REGION_READABLE | VFU_REGION_WRITABLE;
	if (region.fd < 0)
		return sizeof(*info);
	info->flags |= VFU_REGION_MMAP | VFU_REGION_CAPS;
	info->argsz = sizeof(*info) + sizeof(*sparse);
	/* Said in any case: QEMU refuses a region that has capabilities and tells no place. */
	info->capability = sizeof(*info);
	/* Without room for the capability the client asks again; the file comes then. */
	if (asked->argsz < info->argsz)
		return sizeof(*info);
	memset(sparse, 0, sizeof(*sparse));
	sparse->id = VFU_CAPABILITY_SPARSE_MMAP;
	sparse->version = 1;
	sparse->areas = 1;
	sparse->offset = region.mmap_offset;
	sparse->size = region.mmap_size;
	server->reply_fd = region.fd;
	return sizeof(*info) + sizeof(*sparse);
}

static int do_region_io_fds(struct vfu_server *server, const struct request *request)
{
	const struct vfu_region_io_fds *asked = request->body;
	struct vfu_region_io_fds *info = request->reply;

	(void)server;
	if (!has_argument(request, sizeof(*asked)) || asked->flags != 0 || asked->count != 0 ||
	    asked->index >= VFU_REGIONS)
		return -EINVAL;
	/* None: doorbells are in shared memory. */
	*info = (struct vfu_region_io_fds){ .argsz = sizeof(*info), .index = asked->index };
	return sizeof(*info);
}

static int do_irq_info(struct vfu_server *server, const struct request *request)
{
	const struct vfu_irq_info *asked = request->body;
	struct vfu_irq_info *info = request->reply;

	if (!has_argument(request, sizeof(*asked)) || asked->index >= VFU_IRQS)
		return -EINVAL;
	*info = (struct vfu_irq_info){ .argsz = sizeof(*info), .index = asked->index };
	info->count = server->device->irq_count(server->context, asked->index);
	if (info->count > 0)
		info->flags = VFU_IRQ_EVENTFD | VFU_IRQ_MASKABLE;
	return sizeof(*info);
}

static int do_set_irqs(struct vfu_server *server, const struct request *request)
{
	const struct vfu_irq_set *set = request->body;
	uint32_t data, action, count, expected = sizeof(*set);

	if (request->size < sizeof(*set) || set->argsz < sizeof(*set) || set->index >= VFU_IRQS)
		return -EINVAL;
	data = set->flags & (VFU_IRQ_DATA_NONE | VFU_IRQ_DATA_BOOL | VFU_IRQ_DATA_EVENTFD);
	action = set->flags & (VFU_IRQ_MASK | VFU_IRQ_UNMASK | VFU_IRQ_TRIGGER);
	count = server->device->irq_count(server->context, set->index);
	/* Exactly one bit of each. */
	if (data == 0 || (data & (data - 1)) != 0 || action == 0 || (action & (action - 1)) != 0 ||
	    (set->flags & ~(data | action)) != 0)
		return -EINVAL;
	if (set->start > count || set->count > count - set->start)
		return -EINVAL;
	/* Nothing named: only "disable all" means something, which QEMU also says to no interrupts. */
	if (set->count == 0 &&
	    (data != VFU_IRQ_DATA_NONE || action != VFU_IRQ_TRIGGER || set->start != 0))
		return -EINVAL;
	if (data == VFU_IRQ_DATA_BOOL)
		expected += set->count;
	if (request->size != expected)
		return -EINVAL;
	if (data == VFU_IRQ_DATA_EVENTFD) {
		if (action != VFU_IRQ_TRIGGER)
			return -ENOTSUP;
		if (server->fd_count != 0 && server->fd_count != set->count)
			return -EINVAL;
	} else if (server->fd_count != 0) {
		return -EINVAL;
	}
	return server->device->set_irqs(server->context, set, (const uint8_t *)(set + 1),
					server->fds, server->fd_count);
}

static int do_region_read(struct vfu_server *server, const struct request *request)
{
	const struct vfu_region_access *access = request->body;
	struct vfu_region_access *reply = request->reply;
	int err;

	if (request->size != sizeof(*access) || access->region >= VFU_REGIONS ||
	    access->count == 0 || access->count > VFU_MAX_DATA)
		return -EINVAL;
	*reply = *access;
	err = server->device->region_read(server->context, access->region, access->offset,
					  reply + 1, access->count);
	return err != 0 ? err : (int)(sizeof(*reply) + access->count);
}

static int do_region_write(struct vfu_server *server, const struct request *request)
{
	const struct vfu_region_access *access = request->body;
	struct vfu_region_access *reply = request->reply;
	int err;

	if (request->size < sizeof(*access) || access->region >= VFU_REGIONS ||
	    access->count == 0 || request->size - sizeof(*access) != access->count)
		return -EINVAL;
	*reply = *access;
	err = server->device->region_write(server->context, access->region, access->offset,
					   access + 1, access->count);
	return err != 0 ? err : (int)sizeof(*reply);
}

static int do_write_multi(struct vfu_server *server, const struct request *request)
{
	const struct vfu_write_multi *multi = request->body;
	const struct vfu_write_one *one = (const struct vfu_write_one *)(multi + 1);
	struct vfu_write_multi *reply = request->reply;

	if (request->size < sizeof(*multi) || multi->count == 0 || multi->count > VFU_MULTI_MAX ||
	    request->size != sizeof(*multi) + multi->count * sizeof(*one))
		return -EINVAL;
	/* All are looked at before the first takes effect. */
	for (uint64_t i = 0; i < multi->count; i++) {
		if (one[i].region >= VFU_REGIONS || one[i].count == 0 ||
		    one[i].count > sizeof(one[i].data))
			return -EINVAL;
	}
	for (uint64_t i = 0; i < multi->count; i++) {
		int err = server->device->region_write(server->context, one[i].region,
						       one[i].offset, one[i].data, one[i].count);

		if (err != 0)
			return err;
	}
	*reply = *multi;
	return sizeof(*reply);
}

static int do_reset(struct vfu_server *server, const struct request *request)
{
	if (request->size != 0)
		return -EINVAL;
	server->device->reset(server->context);
	return 0;
}

static int dispatch(struct vfu_server *server, const struct request *request)
{
	uint16_t command = request->header->command;

	if (server->too_many_fds)
		return -EINVAL;
	if (server->fd_count > 0 && command != VFU_DMA_MAP && command != VFU_DEVICE_SET_IRQS)
		return -EINVAL;
	if (!server->ready && command != VFU_VERSION)
		return -EINVAL;
	switch (command) {
	case VFU_VERSION:
		return do_version(server, request);
	case VFU_DMA_MAP:
		return do_dma_map(server, request);
	case VFU_DMA_UNMAP:
		return do_dma_unmap(server, request);
	case VFU_DEVICE_GET_INFO:
		return do_device_info(server, request);
	case VFU_DEVICE_GET_REGION_INFO:
		return do_region_info(server, request);
	case VFU_DEVICE_GET_REGION_IO_FDS:
		return do_region_io_fds(server, request);
	case VFU_DEVICE_GET_IRQ_INFO:
		return do_irq_info(server, request);
	case VFU_DEVICE_SET_IRQS:
		return do_set_irqs(server, request);
	case VFU_REGION_READ:
		return do_region_read(server, request);
	case VFU_REGION_WRITE:
		return do_region_write(server, request);
	case VFU_DEVICE_RESET:
		return do_reset(server, request);
	case VFU_REGION_WRITE_MULTI:
		return do_write_multi(server, request);
	case VFU_DMA_READ:
	case VFU_DMA_WRITE:
	case VFU_DEVICE_FEATURE:
	case VFU_MIG_DATA_READ:
	case VFU_MIG_DATA_WRITE:
		return -ENOTSUP;
	default:
		return -EINVAL;
	}
}

/* ---- Framing ---- */

static void make_reply(struct vfu_server *server, const struct vfu_header *to, int result)
{
	struct vfu_header *header = (struct vfu_header *)server->reply;

	*header = (struct vfu_header){ .id = to->id,
				       .command = to->command,
				       .size = sizeof(*header),
				       .flags = VFU_FLAG_REPLY };
	if (result < 0) {
		header->flags |= VFU_FLAG_ERROR;
		header->error = (uint32_t)-result;
		server->reply_fd = -1;
	} else {
		header->size += (uint32_t)result;
	}
	server->reply_size = header->size;
	server->reply_sent = 0;
}

/* Looks at a complete header: 0, or -errno when the stream cannot be followed behind it. */
static int check_header(const struct vfu_header *header)
{
	if (header->size < sizeof(*header))
		return -EINVAL;
	if (header->size > MAX_MESSAGE)
		return -EMSGSIZE;
	return 0;
}

static void serve_message(struct vfu_server *server)
{
	const struct vfu_header *header = (const struct vfu_header *)server->message;
	const struct request request = {
		.header = header,
		.body = header + 1,
		.size = header->size - sizeof(*header),
		.reply = server->reply + sizeof(*header),
	};
	uint32_t type = header->flags & VFU_FLAG_TYPE;
	int result = -EINVAL;

	server->reply_fd = -1;
	/* This server asks nothing, so a reply answers nothing; an answer to it could go on forever. */
	if (type == VFU_FLAG_REPLY) {
		close_fds(server);
		server->received = 0;
		return;
	}
	if (type == 0 && (header->flags & VFU_FLAG_ERROR) == 0)
		result = dispatch(server, &request);
	if (result < 0)
		sim_log(LOG_DEBUG, "%s: command %u, %u bytes: %s", server->path, header->command,
			header->size, strerror(-result));
	if ((header->flags & VFU_FLAG_NO_REPLY) == 0)
		make_reply(server, header, result);
	close_fds(server);
	server->received = 0;
}

static void take_fds(struct vfu_server *server, struct msghdr *message)
{
	for (struct cmsghdr *control = CMSG_FIRSTHDR(message); control != NULL;
	     control = CMSG_NXTHDR(message, control)) {
		size_t count;
		int fd;

		if (control->cmsg_level != SOL_SOCKET || control->cmsg_type != SCM_RIGHTS)
			continue;
		count = (control->cmsg_len - CMSG_LEN(0)) / sizeof(fd);
		for (size_t i = 0; i < count; i++) {
			memcpy(&fd, CMSG_DATA(control) + i * sizeof(fd), sizeof(fd));
			if (server->fd_count < VFU_MAX_FDS) {
				server->fds[server->fd_count++] = fd;
			} else {
				close(fd);
				server->too_many_fds = true;
			}
		}
	}
	if ((message->msg_flags & MSG_CTRUNC) != 0)
		server->too_many_fds = true;
}

/*
 * Receives towards the end of the current message and no further, so that descriptors never belong
 * to another one. 1: complete, 0: nothing more now, -errno: the connection is over.
 */
static int receive(struct vfu_server *server)
{
	const struct vfu_header *header = (const struct vfu_header *)server->message;
	union {
		char bytes[CMSG_SPACE(KERNEL_MAX_FDS * sizeof(int))];
		struct cmsghdr align;
	} control;

	for (;;) {
		bool has_header = server->received >= sizeof(*header);
		uint32_t wanted = has_header ? header->size : sizeof(*header);
		struct iovec data = { .iov_base = server->message + server->received,
				      .iov_len = wanted - server->received };
		struct msghdr message = { .msg_iov = &data,
					  .msg_iovlen = 1,
					  .msg_control = control.bytes,
					  .msg_controllen = sizeof(control.bytes) };
		ssize_t got;
		int err;

		if (has_header && server->received == wanted)
			return 1;
		got = recvmsg(server->client, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : -errno;
		take_fds(server, &message);
		if (got == 0)
			return -ECONNRESET;
		server->received += (uint32_t)got;
		if (has_header || server->received < sizeof(*header))
			continue;
		err = check_header(header);
		if (err != 0) {
			make_reply(server, header, err);
			server->closing = true;
			return 0;
		}
	}
}

/* 1: all is out, 0: the client must read first, -errno: the connection is over. */
static int send_reply(struct vfu_server *server)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control;

	while (server->reply_sent < server->reply_size) {
		struct iovec data = { .iov_base = server->reply + server->reply_sent,
				      .iov_len = server->reply_size - server->reply_sent };
		struct msghdr message = { .msg_iov = &data, .msg_iovlen = 1 };
		ssize_t sent;

		if (server->reply_fd >= 0 && server->reply_sent == 0) {
			struct cmsghdr *header;

			memset(&control, 0, sizeof(control));
			message.msg_control = control.bytes;
			message.msg_controllen = sizeof(control.bytes);
			header = CMSG_FIRSTHDR(&message);
			header->cmsg_level = SOL_SOCKET;
			header->cmsg_type = SCM_RIGHTS;
			header->cmsg_len = CMSG_LEN(sizeof(int));
			memcpy(CMSG_DATA(header), &server->reply_fd, sizeof(int));
		}
		sent = sendmsg(server->client, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0)
			return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : -errno;
		server->reply_sent += (uint32_t)sent;
	}
	server->reply_size = 0;
	return 1;
}

/* True when nothing is left to send and the client is still there. */
static bool flush_reply(struct vfu_server *server)
{
	int result;

	if (server->reply_size == 0)
		return true;
	result = send_reply(server);
	if (result < 0 || (result > 0 && server->closing)) {
		disconnect(server);
		return false;
	}
	if (server->waiting_out != (result == 0)) {
		server->waiting_out = result == 0;
		watch(server, EPOLL_CTL_MOD, server->client, result == 0 ? EPOLLOUT : EPOLLIN);
	}
	return result > 0;
}

static bool serve_client(struct vfu_server *server)
{
	/* The next message waits until the last reply is out: memory stays bounded. */
	for (unsigned int i = 0; i < MESSAGES_A_POLL; i++) {
		int result;

		if (!flush_reply(server))
			return i > 0 || server->client < 0;
		result = receive(server);
		if (result < 0) {
			disconnect(server);
			return true;
		}
		if (result > 0)
			serve_message(server);
		else if (server->reply_size == 0)
			return i > 0;
	}
	flush_reply(server);
	return true;
}

/* ---- Connections ---- */

static void refused_close(struct refused *refused)
{
	close(refused->fd);
	refused->fd = -1;
}

static void refuse(struct vfu_server *server, int fd)
{
	for (unsigned int i = 0; i < REFUSED_MAX; i++) {
		struct refused *refused = &server->refused[i];

		if (refused->fd >= 0)
			continue;
		if (watch(server, EPOLL_CTL_ADD, fd, EPOLLIN) != 0)
			break;
		*refused = (struct refused){ .fd = fd, .deadline = seconds() + REFUSED_SECONDS };
		return;
	}
	close(fd);
}

/* Waits for a header without blocking, as the answer needs its number. */
static void serve_refused(struct refused *refused)
{
	struct vfu_header reply;
	ssize_t got = recv(refused->fd, (char *)&refused->header + refused->received,
			   sizeof(refused->header) - refused->received, MSG_DONTWAIT);

	if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) {
		if (seconds() >= refused->deadline)
			refused_close(refused);
		return;
	}
	if (got > 0) {
		refused->received += (unsigned int)got;
		if (refused->received < sizeof(refused->header))
			return;
		reply = (struct vfu_header){ .id = refused->header.id,
					     .command = refused->header.command,
					     .size = sizeof(reply),
					     .flags = VFU_FLAG_REPLY | VFU_FLAG_ERROR,
					     .error = EBUSY };
		/* The buffer of a new socket has room; if not, closing says enough. */
		(void)!send(refused->fd, &reply, sizeof(reply), MSG_DONTWAIT | MSG_NOSIGNAL);
	}
	refused_close(refused);
}

int vfu_server_adopt(struct vfu_server *server, int fd)
{
	int flags = fcntl(fd, F_GETFL), err;

	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0) {
		err = -errno;
		close(fd);
		return err;
	}
	if (server->client >= 0) {
		refuse(server, fd);
		return -EBUSY;
	}
	err = watch(server, EPOLL_CTL_ADD, fd, EPOLLIN);
	if (err != 0) {
		close(fd);
		return err;
	}
	server->client = fd;
	server->ready = false;
	server->closing = false;
	server->waiting_out = false;
	server->received = 0;
	server->reply_size = 0;
	return 0;
}

static bool serve_listener(struct vfu_server *server)
{
	bool worked = false;

	for (unsigned int i = 0; i < 2 * REFUSED_MAX; i++) {
		int fd = accept4(server->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd < 0)
			break;
		vfu_server_adopt(server, fd);
		worked = true;
	}
	return worked;
}

bool vfu_server_poll(struct vfu_server *server)
{
	bool worked = false;

	/* The client first: when it is gone, its place is free for the next one. */
	if (server->client >= 0)
		worked |= serve_client(server);
	if (server->listener >= 0)
		worked |= serve_listener(server);
	for (unsigned int i = 0; i < REFUSED_MAX; i++) {
		if (server->refused[i].fd >= 0)
			serve_refused(&server->refused[i]);
	}
	return worked;
}

/* True when a socket file has no listener, so that it may go. */
static bool is_stale(const struct sockaddr_un *address)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bool stale;

	if (fd < 0)
		return false;
	stale = connect(fd, (const struct sockaddr *)address, sizeof(*address)) != 0 &&
		errno == ECONNREFUSED;
	close(fd);
	return stale;
}

static int listen_at(struct vfu_server *server, const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct stat status;
	int err;

	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	server->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (server->listener < 0)
		return -errno;
	if (bind(server->listener, (struct sockaddr *)&address, sizeof(address)) != 0) {
		err = -errno;
		if (err != -EADDRINUSE || stat(path, &status) != 0 || !S_ISSOCK(status.st_mode) ||
		    !is_stale(&address) || unlink(path) != 0 ||
		    bind(server->listener, (struct sockaddr *)&address, sizeof(address)) != 0)
			return err;
	}
	snprintf(server->path, sizeof(server->path), "%s", path);
	if (stat(path, &status) == 0) {
		server->path_device = status.st_dev;
		server->path_inode = status.st_ino;
	}
	if (listen(server->listener, 8) != 0)
		return -errno;
	return watch(server, EPOLL_CTL_ADD, server->listener, EPOLLIN);
}

struct vfu_server *vfu_server_create(const char *path, const struct vfu_device *device,
				     void *context)
{
	struct vfu_server *server = calloc(1, sizeof(*server));
	int err;

	if (server == NULL)
		return NULL;
	server->device = device;
	server->context = context;
	server->listener = -1;
	server->client = -1;
	for (unsigned int i = 0; i < REFUSED_MAX; i++)
		server->refused[i].fd = -1;
	server->epoll = epoll_create1(EPOLL_CLOEXEC);
	err = server->epoll < 0 ? -errno : 0;
	if (err == 0 && path != NULL)
		err = listen_at(server, path);
	if (err != 0) {
		vfu_server_destroy(server);
		errno = -err;
		return NULL;
	}
	return server;
}

void vfu_server_destroy(struct vfu_server *server)
{
	struct stat status;

	if (server == NULL)
		return;
	disconnect(server);
	for (unsigned int i = 0; i < REFUSED_MAX; i++) {
		if (server->refused[i].fd >= 0)
			refused_close(&server->refused[i]);
	}
	if (server->listener >= 0)
		close(server->listener);
	/* Another server may have taken the path over since. */
	if (server->path[0] != '\0' && stat(server->path, &status) == 0 &&
	    status.st_dev == server->path_device && status.st_ino == server->path_inode)
		unlink(server->path);
	if (server->epoll >= 0)
		close(server->epoll);
	free(server);
}

int vfu_server_fd(const struct vfu_server *server)
{
	return server->epoll;
}

bool vfu_server_connected(const struct vfu_server *server)
{
	return server->client >= 0;
}
