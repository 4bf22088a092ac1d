/* SPDX-License-Identifier: BSD-3-Clause */

/*
 * The card's view of memory: every segment of DPDK's memory is mapped for it by its file
 * descriptor, so that it reads and writes mbufs and rings where they are.
 *
 * Memory that never goes away (--no-huge, --legacy-mem, and what -m and --socket-mem ask for) is
 * mapped in as few regions as its files allow. Pages that come later are mapped one by one, because
 * they go one by one.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <rte_eal_memconfig.h>
#include <rte_errno.h>
#include <rte_memory.h>

#include "sekisho_ethdev.h"

struct dma_piece {
	uint64_t iova, size, offset;
	int fd;
};

struct dma_walk {
	struct sekisho_adapter *adapter;
	struct dma_piece piece; /* size 0: none gathered yet */
};

/* Called with the adapter locked. */
static int region_add(struct sekisho_adapter *adapter, const struct dma_piece *piece)
{
	int ret;

	if (adapter->region_count == adapter->region_capacity) {
		unsigned int capacity = RTE_MAX(16u, 2 * adapter->region_capacity);
		/* Not DPDK's memory: this may run inside an allocation of it. */
		void *regions = realloc(adapter->regions, capacity * sizeof(*adapter->regions));

		if (regions == NULL)
			return -ENOMEM;
		adapter->regions = regions;
		adapter->region_capacity = capacity;
	}
	ret = sekisho_dma_map(adapter->device, piece->iova, piece->size, piece->fd, piece->offset,
			      false);
	if (ret < 0) {
		/* A card that is gone needs none; the one that comes in its place gets all. */
		if (ret == -ENOTSUP || ret == -ENODEV)
			return ret;
		PMD_DRV_LOG(ERR, "cannot map 0x%" PRIx64 " bytes at 0x%" PRIx64 " for the card: %s",
			    piece->size, piece->iova, rte_strerror(-ret));
		return ret;
	}
	adapter->regions[adapter->region_count++] =
		(struct sekisho_dma_region){ .iova = piece->iova, .size = piece->size };
	return 0;
}

static bool region_known(const struct sekisho_adapter *adapter, uint64_t iova)
{
	for (unsigned int i = 0; i < adapter->region_count; i++)
		if (iova - adapter->regions[i].iova < adapter->regions[i].size)
			return true;
	return false;
}

/*
 * Takes a page away from the card. When the card does not answer, it may still have the page: the
 * region stays known, so that the page's address is not given to it anew before it has let go.
 */
static void region_remove(struct sekisho_adapter *adapter, uint64_t iova, uint64_t size)
{
	for (unsigned int i = 0; i < adapter->region_count; i++) {
		struct sekisho_dma_region *region = &adapter->regions[i];
		int ret;

		if (region->iova != iova || region->size != size)
			continue;
		ret = sekisho_dma_unmap(adapter->device, iova, size);
		if (ret < 0 && ret != -ENODEV && ret != -ENOENT) {
			PMD_DRV_LOG(ERR,
				    "the card does not let go of 0x%" PRIx64 " bytes at 0x%" PRIx64
				    ": %s",
				    size, iova, rte_strerror(-ret));
			region->stale = true;
		} else {
			*region = adapter->regions[--adapter->region_count];
		}
		return;
	}
}

/* Memory comes to an address that the card was to let go of, and did not answer. */
static void retry_stale(struct sekisho_adapter *adapter, uint64_t iova)
{
	for (unsigned int i = 0; i < adapter->region_count; i++)
		if (adapter->regions[i].iova == iova && adapter->regions[i].stale) {
			region_remove(adapter, iova, adapter->regions[i].size);
			return;
		}
}

/* The file piece behind a segment. The memory lock is held. */
static int segment_piece(const struct rte_memseg *segment, struct dma_piece *piece)
{
	size_t offset;
	int fd = rte_memseg_get_fd_thread_unsafe(segment);

	if (fd < 0 || rte_memseg_get_fd_offset_thread_unsafe(segment, &offset) < 0) {
		PMD_DRV_LOG(ERR, "memory at %p has no file descriptor to give to the card: %s",
			    segment->addr, rte_strerror(rte_errno));
		return -EBADF;
	}
	if (segment->iova == RTE_BAD_IOVA) {
		PMD_DRV_LOG(ERR, "memory at %p has no IO address: use --iova-mode=va",
			    segment->addr);
		return -EFAULT;
	}
	*piece = (struct dma_piece){
		.iova = segment->iova,
		.size = segment->len,
		.offset = offset,
		.fd = fd,
	};
	return 0;
}

static int walk_flush(struct dma_walk *walk)
{
	int ret = 0;

	if (walk->piece.size != 0 && !region_known(walk->adapter, walk->piece.iova))
		ret = region_add(walk->adapter, &walk->piece);
	walk->piece.size = 0;
	return ret;
}

static int walk_segment(const struct rte_memseg_list *list, const struct rte_memseg *segment,
			void *arg)
{
	struct dma_walk *walk = arg;
	struct dma_piece piece;
	bool permanent;
	int ret;

	if (list->external)
		return 0;
	ret = segment_piece(segment, &piece);
	if (ret < 0)
		return ret;
	permanent = !walk->adapter->dma_dynamic || (segment->flags & RTE_MEMSEG_FLAG_DO_NOT_FREE);
	if (permanent && walk->piece.size != 0 && piece.fd == walk->piece.fd &&
	    piece.iova == walk->piece.iova + walk->piece.size &&
	    piece.offset == walk->piece.offset + walk->piece.size) {
		walk->piece.size += piece.size;
		return 0;
	}
	ret = walk_flush(walk);
	walk->piece = piece;
	if (ret == 0 && !permanent)
		ret = walk_flush(walk);
	return ret;
}

/* Pages of DPDK's memory come or go; the memory lock is held by the caller. */
static void memory_event(enum rte_mem_event event, const void *address, size_t length, void *arg)
{
	struct sekisho_adapter *adapter = arg;
	const struct rte_memseg_list *list = rte_mem_virt2memseg_list(address);
	size_t done = 0;

	if (list == NULL || list->external)
		return;
	sekisho_lock(adapter);
	while (done < length) {
		const struct rte_memseg *segment =
			rte_mem_virt2memseg(RTE_PTR_ADD(address, done), list);
		struct dma_piece piece;

		if (segment == NULL)
			break;
		if (event == RTE_MEM_EVENT_ALLOC) {
			if (segment_piece(segment, &piece) == 0) {
				retry_stale(adapter, piece.iova);
				if (!region_known(adapter, piece.iova))
					(void)region_add(adapter, &piece);
			}
		} else {
			region_remove(adapter, segment->iova, segment->len);
		}
		done += segment->len;
	}
	sekisho_unlock(adapter);
}

static int map_all(struct sekisho_adapter *adapter)
{
	struct dma_walk walk = { .adapter = adapter };
	int ret;

	/* Lock order, here as in the callback: DPDK's memory, then the adapter. */
	rte_mcfg_mem_read_lock();
	sekisho_lock(adapter);
	ret = rte_memseg_walk_thread_unsafe(walk_segment, &walk);
	if (ret == 0)
		ret = walk_flush(&walk);
	sekisho_unlock(adapter);
	rte_mcfg_mem_read_unlock();
	return ret;
}

int sekisho_dma_init(struct sekisho_adapter *adapter)
{
	int ret;

	/* First the callback: what comes between it and the walk is then known already. */
	snprintf(adapter->dma_callback, sizeof(adapter->dma_callback), "net_sekisho_%u",
		 adapter->data->port_id);
	adapter->dma_dynamic =
		rte_mem_event_callback_register(adapter->dma_callback, memory_event, adapter) == 0;
	if (!adapter->dma_dynamic && rte_errno != ENOTSUP) {
		PMD_INIT_LOG(ERR, "cannot watch DPDK's memory: %s", rte_strerror(rte_errno));
		return -rte_errno;
	}
	ret = map_all(adapter);
	if (ret < 0) {
		sekisho_dma_fini(adapter);
		/* Not the library's matter: the bus has mapped all of DPDK's memory. */
		return ret == -ENOTSUP ? 0 : ret;
	}
	PMD_INIT_LOG(DEBUG, "%u memory regions mapped", adapter->region_count);
	return 0;
}

int sekisho_dma_again(struct sekisho_adapter *adapter, bool fresh)
{
	if (fresh) {
		sekisho_lock(adapter);
		adapter->region_count = 0;
		sekisho_unlock(adapter);
	}
	return map_all(adapter);
}

void sekisho_dma_fini(struct sekisho_adapter *adapter)
{
	if (adapter->dma_dynamic)
		rte_mem_event_callback_unregister(adapter->dma_callback, adapter);
	adapter->dma_dynamic = false;
	sekisho_lock(adapter);
	/* A card that does not answer would cost a time-out for each; closing it ends every map. */
	for (unsigned int i = 0; i < adapter->region_count; i++)
		if (sekisho_dma_unmap(adapter->device, adapter->regions[i].iova,
				      adapter->regions[i].size) == -ETIMEDOUT)
			break;
	free(adapter->regions);
	adapter->regions = NULL;
	adapter->region_count = adapter->region_capacity = 0;
	sekisho_unlock(adapter);
}
