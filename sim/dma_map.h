/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef SEKISHO_SIM_DMA_MAP_H
#define SEKISHO_SIM_DMA_MAP_H

/*
 * The memory that one client lets one PCIe function reach: its own file descriptors, mapped here.
 * Everything outside is refused. A client owns its files and may shrink them at any time, so an
 * access to a mapping can raise SIGBUS; dma_map_install_guard() turns that into a dead region.
 */

#include <stdbool.h>
#include <stdint.h>

#define DMA_MAP_READ 1u /* flags of dma_map_add(), as on the wire */
#define DMA_MAP_WRITE 2u
#define DMA_MAP_MAX 16384u /* regions of one function */

struct dma_region {
	uint64_t address;
	uint64_t size;
	uint32_t flags;
	uint8_t *memory; /* NULL: known to the client, but not a DMA target */
	uint64_t mapped; /* bytes of the mapping */
	unsigned int guard; /* place in the list that the signal handler reads */
	volatile bool dead; /* its file was shrunk: every access is refused */
};

struct dma_map {
	struct dma_region **regions; /* by address, never overlapping */
	unsigned int count;
	unsigned int capacity;
	unsigned int last; /* region of the last hit */
};

/* Installs the SIGBUS handler, once a process. 0 or -errno. */
int dma_map_install_guard(void);

void dma_map_init(struct dma_map *map);

/*
 * Adds a region. fd -1: a region without memory; else it is mapped shared from offset, and the
 * caller still owns fd. -EEXIST when it overlaps another, -EINVAL on empty, wrapping or
 * file-exceeding ranges and on files whose pages another machine or process provides.
 */
int dma_map_add(struct dma_map *map, uint64_t address, uint64_t size, uint32_t flags, int fd,
		uint64_t offset);

/*
 * Removes every region inside the range, none being fine. *removed (may be NULL): their bytes.
 * -EINVAL when a region is only partly inside.
 */
int dma_map_remove(struct dma_map *map, uint64_t address, uint64_t size, uint64_t *removed);

void dma_map_clear(struct dma_map *map);

/* Memory of the range, which must lie in one region that permits the access; NULL otherwise. */
void *dma_map_lookup(struct dma_map *map, uint64_t address, uint64_t length, bool write);

#endif
