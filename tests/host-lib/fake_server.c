/* SPDX-License-Identifier: BSD-3-Clause */
#define _GNU_SOURCE

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <sekisho/registers.h>

#include "fake_server.h"

#define MAX_BODY 8192

struct message {
	struct vfio_user_header header;
	unsigned char body[MAX_BODY];
};

static void must(bool condition, const char *what)
{
	if (!condition) {
		fprintf(stderr, "fake server: %s: %s\n", what, strerror(errno));
		abort();
	}
}

void fake_server_init(struct fake_server *server, enum sekisho_function_kind kind)
{
	unsigned int i;

	memset(server, 0, sizeof(*server));
	server->client = -1;
	server->registers[SEKISHO_IDENTIFICATION_MAGIC / 4] = 0x494b4553;
	server->registers[SEKISHO_IDENTIFICATION_MAP_VERSION / 4] = 2 << 16;
	server->registers[SEKISHO_IDENTIFICATION_RTL_HASH / 4] = 0xc0ffee01;
	server->registers[SEKISHO_IDENTIFICATION_FUNCTION_INFO / 4] =
		kind | (kind == SEKISHO_NETWORK ? 1 << 8 | 1 << 16 : 0);
	/* 4 + 4 queues, 2 ports, 2 functions, rings up to 4096. */
	server->registers[SEKISHO_IDENTIFICATION_CAPABILITIES / 4] =
		4 | 4 << 8 | 2 << 16 | 2 << 20 | 12 << 24;
	server->registers[SEKISHO_IDENTIFICATION_BUILD / 4] = 64 | 128 << 12;
	server->registers[SEKISHO_IDENTIFICATION_LIMITS / 4] = 9728;
	if (kind == SEKISHO_MANAGEMENT)
		for (i = 0; i < 2; i++) {
			server->registers[SEKISHO_MANAGEMENT_PORT_CONTROL(i) / 4] = 1;
			server->registers[SEKISHO_MANAGEMENT_PORT_STATUS(i) / 4] = 1 | 10000 << 8;
		}
	server->device_flags = 3;
	server->regions = 9;
	server->irqs = 5;
	server->vectors = FAKE_VECTORS;
	server->bar_size = 0x10000;
	server->mappable = server->sparse = kind == SEKISHO_NETWORK;
	server->area_offset = 0x1000;
	server->area_size = 0x1000;
	server->areas = 1;
	server->cap_id = 1;
	server->cap_offset = sizeof(struct vfio_user_region_info);
	server->error_offset = ~0u;
	server->file = memfd_create("fake", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	must(server->file >= 0 && !ftruncate(server->file, 0x10000), "memfd");
	for (i = 0; i < FAKE_VECTORS; i++)
		server->eventfds[i] = -1;
}

void fake_server_fault(struct fake_server *server, enum fault_kind fault, uint16_t command,
		       int skip, int value)
{
	server->fault_command = command;
	server->fault_skip = skip;
	server->fault_value = value;
	server->fault = fault;
}

/* --- registers ------------------------------------------------------------------------------- */

static bool is_network(const struct fake_server *server)
{
	return (server->registers[SEKISHO_IDENTIFICATION_FUNCTION_INFO / 4] & 0xff) ==
	       SEKISHO_NETWORK;
}

static bool is_counter(const struct fake_server *server, uint32_t offset)
{
	return is_network(server) ? offset >= 0x2000 && offset < 0x3000 :
				    offset >= 0x4000 && offset < 0x8000;
}

static uint32_t register_read(struct fake_server *server, uint32_t offset)
{
	unsigned int queue;

	if (is_counter(server, offset)) {
		if (offset % 8)
			return server->latch;
		server->latch = server->registers[offset / 4 + 1];
	}
	for (queue = 0; is_network(server) && queue < 4; queue++) {
		uint32_t *left;
		uint32_t *status;

		if (offset == SEKISHO_NETWORK_RX_QUEUE_STATUS(queue))
			left = &server->left[0][queue];
		else if (offset == SEKISHO_NETWORK_TX_QUEUE_STATUS(queue))
			left = &server->left[1][queue];
		else
			continue;
		status = &server->registers[offset / 4];
		/* A queue that was stopped comes to rest after some looks at it. */
		if (*left == 0 && !(server->registers[offset / 4 - 1] & 1))
			*status &= ~1u;
		else if (*left != ~0u && *left)
			(*left)--;
	}
	return server->registers[offset / 4];
}

static void queue_control(struct fake_server *server, bool rx, unsigned int queue, uint32_t value)
{
	uint32_t offset = rx ? SEKISHO_NETWORK_RX_QUEUE_CONTROL(queue) :
			       SEKISHO_NETWORK_TX_QUEUE_CONTROL(queue);

	server->registers[offset / 4] = value & 1;
	if (value & 1)
		server->registers[offset / 4 + 1] |= 1;
	server->left[!rx][queue] = value & 1 ? 0 : server->active_reads;
}

static void register_write(struct fake_server *server, uint32_t offset, uint32_t value)
{
	unsigned int queue;

	if (server->write_count < FAKE_LOG)
		server->writes[server->write_count++] = (struct fake_write){ offset, value };
	server->registers[offset / 4] = value;
	for (queue = 0; is_network(server) && queue < 4; queue++) {
		bool reset = offset == SEKISHO_NETWORK_RESET && value & 1;

		if (reset || offset == SEKISHO_NETWORK_RX_QUEUE_CONTROL(queue))
			queue_control(server, true, queue, reset ? 0 : value);
		if (reset || offset == SEKISHO_NETWORK_TX_QUEUE_CONTROL(queue))
			queue_control(server, false, queue, reset ? 0 : value);
	}
	if (is_network(server) && offset == SEKISHO_NETWORK_RESET)
		server->registers[SEKISHO_NETWORK_CONTROL / 4] &= ~3u;
}

/* --- commands: size of the reply's body, or a negative errno value ----------------------------- */

static int region_access(struct fake_server *server, const struct message *in, unsigned char *out,
			 bool write)
{
	struct vfio_user_region_access access;
	unsigned char *data = out + sizeof(access);
	uint32_t value;

	memcpy(&access, in->body, sizeof(access));
	memcpy(out, &access, sizeof(access));
	if (write && in->header.size != sizeof(in->header) + sizeof(access) + access.count)
		return -EINVAL;
	if (access.region == VFIO_USER_CONFIG_SPACE) {
		if (access.offset != 4 || access.count != 2)
			return -EINVAL;
		if (write)
			memcpy(&server->pci_command, in->body + sizeof(access), 2);
		else
			memcpy(data, &server->pci_command, 2);
	} else {
		if (access.region || access.count != 4 || access.offset % 4 ||
		    access.offset >= 0x10000)
			return -EINVAL;
		if (access.offset == server->error_offset)
			return -EIO;
		if (write) {
			memcpy(&value, in->body + sizeof(access), 4);
			register_write(server, access.offset, value);
		} else {
			value = register_read(server, access.offset);
			memcpy(data, &value, 4);
		}
	}
	return sizeof(access) + (write ? 0 : access.count);
}

static int dma(struct fake_server *server, const struct message *in, const int *fds,
	       unsigned int fd_count)
{
	struct vfio_user_dma_map map;
	struct vfio_user_dma_unmap unmap;
	struct stat status;
	unsigned int i;

	if (in->header.command == VFIO_USER_DMA_MAP) {
		memcpy(&map, in->body, sizeof(map));
		if (fd_count != 1 || server->map_count == 64)
			return -EINVAL;
		must(!fstat(fds[0], &status), "fstat");
		server->maps[server->map_count++] = (struct fake_map){
			.address = map.address,
			.size = map.size,
			.offset = map.offset,
			.flags = map.flags,
			.writable_fd = (fcntl(fds[0], F_GETFL) & O_ACCMODE) == O_RDWR,
			.inode = status.st_ino,
		};
		return 0;
	}
	memcpy(&unmap, in->body, sizeof(unmap));
	for (i = 0; i < server->map_count; i++) {
		if (server->maps[i].address != unmap.address || server->maps[i].size != unmap.size)
			continue;
		server->maps[i] = server->maps[--server->map_count];
		return sizeof(unmap);
	}
	return -ENOENT;
}

static int set_irqs(struct fake_server *server, const struct message *in, const int *fds,
		    unsigned int fd_count)
{
	struct vfio_user_irq_set set;

	memcpy(&set, in->body, sizeof(set));
	if (set.index != VFIO_USER_IRQ_MSIX || set.flags != 0x24 || set.count != 1 ||
	    set.start >= server->vectors || fd_count > 1)
		return -EINVAL;
	if (server->eventfds[set.start] >= 0)
		close(server->eventfds[set.start]);
	server->eventfds[set.start] = fd_count ? dup(fds[0]) : -1;
	return 0;
}

static int region_info(struct fake_server *server, unsigned char *out, int *fd)
{
	struct vfio_user_region_info info = { .argsz = sizeof(info),
					      .flags = 3,
					      .size = server->bar_size,
					      .offset = server->file_offset };
	struct vfio_user_sparse sparse = { { server->cap_id, 1, server->cap_next },
					   server->areas,
					   0 };
	struct vfio_user_area area = { server->area_offset, server->area_size };

	if (server->mappable) {
		info.flags |= 4;
		*fd = server->file;
	}
	if (server->sparse) {
		info.flags |= 8;
		info.cap_offset = server->cap_offset;
		info.argsz += sizeof(sparse) + sizeof(area);
	}
	memcpy(out, &info, sizeof(info));
	memcpy(out + sizeof(info), &sparse, sizeof(sparse));
	memcpy(out + sizeof(info) + sizeof(sparse), &area, sizeof(area));
	return info.argsz;
}

static int serve(struct fake_server *server, const struct message *in, const int *fds,
		 unsigned int fd_count, unsigned char *out, int *out_fd)
{
	switch (in->header.command) {
	case VFIO_USER_VERSION: {
		struct vfio_user_version version;

		memcpy(&version, in->body, sizeof(version));
		server->client_major = version.major;
		server->client_minor = version.minor;
		version.major = server->major;
		version.minor = server->minor;
		memcpy(out, &version, sizeof(version));
		strcpy((char *)out + sizeof(version), "{}");
		return sizeof(version) + 3;
	}
	case VFIO_USER_DEVICE_GET_INFO: {
		struct vfio_user_device_info info = { sizeof(info), server->device_flags,
						      server->regions, server->irqs };

		memcpy(out, &info, sizeof(info));
		return sizeof(info);
	}
	case VFIO_USER_DEVICE_GET_REGION_INFO:
		return region_info(server, out, out_fd);
	case VFIO_USER_DEVICE_GET_IRQ_INFO: {
		struct vfio_user_irq_info info = { sizeof(info), 1, 2, server->vectors };

		memcpy(out, &info, sizeof(info));
		return sizeof(info);
	}
	case VFIO_USER_DEVICE_SET_IRQS:
		return set_irqs(server, in, fds, fd_count);
	case VFIO_USER_REGION_READ:
		return region_access(server, in, out, false);
	case VFIO_USER_REGION_WRITE:
		return region_access(server, in, out, true);
	case VFIO_USER_DMA_MAP:
	case VFIO_USER_DMA_UNMAP:
		return dma(server, in, fds, fd_count);
	case VFIO_USER_DEVICE_RESET:
		return 0;
	default:
		return -ENOTSUP;
	}
}

/* --- framing --------------------------------------------------------------------------------- */

static void send_all(int fd, const void *data, size_t size, const int *fds, unsigned int fd_count)
{
	union {
		char space[CMSG_SPACE(32 * sizeof(int))];
		struct cmsghdr align;
	} control = { 0 };
	struct iovec part = { (void *)(uintptr_t)data, size };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };

	if (fd_count) {
		struct cmsghdr *head;

		message.msg_control = control.space;
		message.msg_controllen = CMSG_SPACE(fd_count * sizeof(int));
		head = CMSG_FIRSTHDR(&message);
		head->cmsg_level = SOL_SOCKET;
		head->cmsg_type = SCM_RIGHTS;
		head->cmsg_len = CMSG_LEN(fd_count * sizeof(int));
		memcpy(CMSG_DATA(head), fds, fd_count * sizeof(int));
	}
	/* A client that has gone is the test's business. */
	(void)!sendmsg(fd, &message, MSG_NOSIGNAL);
}

/* 0 when all of size came, -1 at the end of the stream. */
static int receive_all(int fd, void *data, size_t size, int *fds, unsigned int *fd_count)
{
	size_t done = 0;

	while (done < size) {
		union {
			char space[CMSG_SPACE(32 * sizeof(int))];
			struct cmsghdr align;
		} control;
		struct iovec part = { (char *)data + done, size - done };
		struct msghdr message = { .msg_iov = &part,
					  .msg_iovlen = 1,
					  .msg_control = control.space,
					  .msg_controllen = sizeof(control.space) };
		ssize_t count = recvmsg(fd, &message, MSG_CMSG_CLOEXEC);
		struct cmsghdr *head;

		if (count < 0 && errno == EINTR)
			continue;
		if (count <= 0)
			return -1;
		head = CMSG_FIRSTHDR(&message);
		if (head && head->cmsg_type == SCM_RIGHTS) {
			*fd_count = (head->cmsg_len - CMSG_LEN(0)) / sizeof(int);
			memcpy(fds, CMSG_DATA(head), *fd_count * sizeof(int));
		}
		done += count;
	}
	return 0;
}

/* Asks the client for memory, as a server without the client's descriptors would. */
static void ask(struct fake_server *server, bool want_reply)
{
	struct vfio_user_header header = { .id = 77,
					   .command = 11,
					   .size = sizeof(header),
					   .flags = want_reply ? 0 : VFIO_USER_NO_REPLY };
	int fds[32];
	unsigned int fd_count = 0;

	send_all(server->client, &header, sizeof(header), NULL, 0);
	if (want_reply && !receive_all(server->client, &header, sizeof(header), fds, &fd_count) &&
	    header.id == 77 && header.command == 11 && header.flags == 0x21)
		server->refused = header.error;
}

/* Sends the reply, with the fault. False when the connection is to be closed. */
static bool reply(struct fake_server *server, const struct message *in, struct message *out,
		  int result, int fd, enum fault_kind fault, int value)
{
	int fds[32];
	unsigned int fd_count = 0, i;
	size_t size;

	out->header = (struct vfio_user_header){ .id = in->header.id,
						 .command = in->header.command,
						 .flags = VFIO_USER_TYPE_REPLY };
	if (fault == FAULT_ERROR)
		result = -value;
	if (result < 0) {
		out->header.flags |= VFIO_USER_ERROR;
		out->header.error = -result;
		result = 0;
	} else if (fd >= 0) {
		fds[fd_count++] = fd;
	}
	size = sizeof(out->header) + result;
	switch (fault) {
	case FAULT_SHORT:
		size -= value;
		break;
	case FAULT_COUNT:
		memcpy(out->body + offsetof(struct vfio_user_region_access, count), &value, 4);
		break;
	case FAULT_ID:
		out->header.id += value;
		break;
	case FAULT_COMMAND:
		out->header.command++;
		break;
	case FAULT_TYPE:
		out->header.flags = value;
		break;
	case FAULT_FDS:
		for (i = 0; i < (unsigned int)value && fd_count < 32; i++)
			fds[fd_count++] = server->file;
		break;
	case FAULT_ASK:
	case FAULT_TELL:
		ask(server, fault == FAULT_ASK);
		break;
	default:
		break;
	}
	out->header.size = fault == FAULT_SIZE ? (uint32_t)value : size;

	switch (fault) {
	case FAULT_SILENT:
		return true;
	case FAULT_CLOSE:
		return false;
	case FAULT_LATE:
		usleep(value * 1000);
		break;
	case FAULT_CLOSE_MIDDLE:
	case FAULT_STALL_MIDDLE:
		send_all(server->client, out, value, fds, fd_count);
		return fault == FAULT_STALL_MIDDLE;
	case FAULT_GARBAGE:
		memset(out, 0xa5, 64);
		size = 64;
		break;
	case FAULT_FLIP:
		((unsigned char *)out)[value / 8] ^= 1 << value % 8;
		break;
	case FAULT_TRICKLE:
		for (i = 0; i < size; i++) {
			send_all(server->client, (char *)out + i, 1, fds, i ? 0 : fd_count);
			usleep(1000);
		}
		return true;
	default:
		break;
	}
	send_all(server->client, out, size, fds, fd_count);
	return true;
}

static void serve_client(struct fake_server *server)
{
	static __thread struct message in, out;
	bool open = true;

	while (open) {
		int fds[32], fd = -1, result;
		unsigned int fd_count = 0, i;
		enum fault_kind fault = FAULT_NONE;

		if (receive_all(server->client, &in.header, sizeof(in.header), fds, &fd_count) ||
		    in.header.size < sizeof(in.header) || in.header.size > sizeof(in) ||
		    receive_all(server->client, in.body, in.header.size - sizeof(in.header), fds,
				&fd_count))
			return;
		server->received_fds += fd_count;
		if (in.header.command < 32)
			server->commands[in.header.command]++;
		if (server->fault && in.header.command == server->fault_command &&
		    server->fault_skip-- <= 0) {
			fault = server->fault;
			server->fault = FAULT_NONE;
		}
		memset(&out, 0, sizeof(out));
		/* A reply with an error stands for a request that had no effect. */
		result =
			fault == FAULT_ERROR ? 0 : serve(server, &in, fds, fd_count, out.body, &fd);
		for (i = 0; i < fd_count; i++)
			close(fds[i]);
		open = reply(server, &in, &out, result, fd, fault, server->fault_value);
	}
}

static void *run(void *context)
{
	struct fake_server *server = context;

	while (!atomic_load(&server->stop)) {
		int client = accept4(server->listener, NULL, NULL, SOCK_CLOEXEC);

		if (client < 0)
			break;
		server->clients++;
		server->client = client;
		serve_client(server);
		server->client = -1;
		close(client);
		server->map_count = 0;
	}
	return NULL;
}

void fake_server_start(struct fake_server *server, const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	snprintf(server->path, sizeof(server->path), "%s", path);
	memcpy(address.sun_path, server->path, sizeof(address.sun_path));
	unlink(server->path);
	server->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	must(server->listener >= 0, "socket");
	must(!bind(server->listener, (struct sockaddr *)&address, sizeof(address)), "bind");
	must(!listen(server->listener, 8), "listen");
	must(!pthread_create(&server->thread, NULL, run, server), "thread");
}

void fake_server_hang_up(struct fake_server *server)
{
	int client = server->client;

	if (client >= 0)
		shutdown(client, SHUT_RDWR);
}

void fake_server_stop(struct fake_server *server)
{
	unsigned int i;

	atomic_store(&server->stop, true);
	shutdown(server->listener, SHUT_RDWR);
	fake_server_hang_up(server);
	pthread_join(server->thread, NULL);
	close(server->listener);
	close(server->file);
	unlink(server->path);
	for (i = 0; i < FAKE_VECTORS; i++)
		if (server->eventfds[i] >= 0)
			close(server->eventfds[i]);
}
