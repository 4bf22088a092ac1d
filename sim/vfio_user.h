/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef SEKISHO_SIM_VFIO_USER_H
#define SEKISHO_SIM_VFIO_USER_H

/*
 * A vfio-user server: one PCI function behind one UNIX socket, one client at a time. It never
 * blocks and never trusts a client: a message that cannot be served gets an error reply, a stream
 * that cannot be followed any more is closed, and either way the function is left clean.
 */

#include <stdbool.h>
#include <stdint.h>

#include "vfio_user_protocol.h"

#define VFU_MAX_FDS 16 /* in one message */
#define VFU_MAX_DATA 65536u /* bytes of data in one message */

/* What a region is; offsets and sizes in bytes. */
struct vfu_region {
	uint64_t size; /* 0: there is none */
	int fd; /* -1, or the file whose bytes can be mapped */
	uint64_t mmap_offset, mmap_size; /* the part of it, at the same offset of the file */
};

/* The device behind a server. Functions return 0 or -errno unless said otherwise. */
struct vfu_device {
	void (*region_info)(void *context, uint32_t index, struct vfu_region *region);
	int (*region_read)(void *context, uint32_t index, uint64_t offset, void *data,
			   uint32_t count);
	int (*region_write)(void *context, uint32_t index, uint64_t offset, const void *data,
			    uint32_t count);
	/* Number of interrupts of a kind (index as in vfio.h). */
	uint32_t (*irq_count)(void *context, uint32_t index);
	/*
	 * The request is checked already: one data and one action flag, start and count in range.
	 * bools: count bytes, with VFU_IRQ_DATA_BOOL. fds: fd_count, which is count or 0, with
	 * VFU_IRQ_DATA_EVENTFD; the device sets those that it keeps to -1.
	 */
	int (*set_irqs)(void *context, const struct vfu_irq_set *set, const uint8_t *bools,
			int *fds, unsigned int fd_count);
	int (*dma_map)(void *context, uint64_t address, uint64_t size, uint32_t flags, int fd,
		       uint64_t offset);
	int (*dma_unmap)(void *context, uint64_t address, uint64_t size, uint64_t *removed);
	void (*dma_unmap_all)(void *context);
	void (*reset)(void *context);
	/* A client came (its VERSION was accepted), or is gone. */
	void (*attached)(void *context);
	void (*detached)(void *context);
};

struct vfu_server;

/*
 * Listens at path; NULL: on nothing, for vfu_server_adopt(). A socket file that nobody listens to
 * any more is replaced. Returns NULL and sets errno on failure (EADDRINUSE, ENAMETOOLONG...).
 */
struct vfu_server *vfu_server_create(const char *path, const struct vfu_device *device,
				     void *context);

/* Disconnects the client and removes the socket file. */
void vfu_server_destroy(struct vfu_server *server);

/* A file descriptor that polls readable whenever vfu_server_poll() has something to do. */
int vfu_server_fd(const struct vfu_server *server);

/* Serves what there is, within a bound; true when it did anything. Never blocks. */
bool vfu_server_poll(struct vfu_server *server);

/* Takes a connected socket as if it came from the listener. 0 or -errno; fd is taken anyway. */
int vfu_server_adopt(struct vfu_server *server, int fd);

bool vfu_server_connected(const struct vfu_server *server);

#endif
