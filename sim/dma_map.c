/* SPDX-License-Identifier: BSD-3-Clause */
/* A function's DMA map: file mappings by address, and the guard against shrinking files. */

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <linux/magic.h>

#include "dma_map.h"

#ifndef CIFS_SUPER_MAGIC
#define CIFS_SUPER_MAGIC 0xff534d42
#endif
#ifndef SMB2_SUPER_MAGIC
#define SMB2_SUPER_MAGIC 0xfe534d42
#endif
#ifndef FUSE_SUPER_MAGIC
#define FUSE_SUPER_MAGIC 0x65735546
#endif

/*
 * Every mapping of every map, for the signal handler. One thread changes the list and takes the
 * faults, and a fault never comes from inside the functions that change it.
 */
static struct dma_region **guarded;
static unsigned int guarded_count, guarded_capacity;

static void bus_error(int number, siginfo_t *info, void *context)
{
	uintptr_t fault = (uintptr_t)info->si_addr;
	const uintptr_t page = 4096;
	const int protection = PROT_READ | PROT_WRITE;
	const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;

	(void)context;
	for (unsigned int i = 0; i < guarded_count; i++) {
		struct dma_region *region = guarded[i];
		uintptr_t start = (uintptr_t)region->memory;

		if (fault < start || fault - start >= region->mapped)
			continue;
		region->dead = true;
		/* Zeros in place of the lost page; huge pages only go away as a whole. */
		if (mmap((void *)(fault & ~(page - 1)), page, protection, flags, -1, 0) !=
		    MAP_FAILED)
			return;
		if (mmap(region->memory, region->mapped, protection, flags, -1, 0) != MAP_FAILED)
			return;
		break;
	}
	/* Not ours: die of it as usual when the instruction is repeated. */
	signal(number, SIG_DFL);
}

int dma_map_install_guard(void)
{
	struct sigaction action = { .sa_sigaction = bus_error, .sa_flags = SA_SIGINFO };

	sigemptyset(&action.sa_mask);
	return sigaction(SIGBUS, &action, NULL) == 0 ? 0 : -errno;
}

static int guard_add(struct dma_region *region)
{
	if (guarded_count == guarded_capacity) {
		unsigned int capacity = guarded_capacity == 0 ? 64 : 2 * guarded_capacity;
		struct dma_region **grown = realloc(guarded, capacity * sizeof(*grown));

		if (grown == NULL)
			return -ENOMEM;
		guarded = grown;
		guarded_capacity = capacity;
	}
	region->guard = guarded_count;
	guarded[guarded_count++] = region;
	return 0;
}

static void guard_remove(const struct dma_region *region)
{
	struct dma_region *last = guarded[--guarded_count];

	guarded[region->guard] = last;
	last->guard = region->guard;
	if (guarded_count == 0) {
		free(guarded);
		guarded = NULL;
		guarded_capacity = 0;
	}
}

void dma_map_init(struct dma_map *map)
{
	memset(map, 0, sizeof(*map));
}

/* Index of the first region that ends behind address. */
static unsigned int find(const struct dma_map *map, uint64_t address)
{
	unsigned int low = 0, high = map->count;

	while (low < high) {
		unsigned int middle = low + (high - low) / 2;
		const struct dma_region *region = map->regions[middle];

		/* The last byte, as the end of a region may be 2^64. */
		if (region->address + (region->size - 1) < address)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* A fault in a page that a process or another machine provides may never end. */
static bool may_block(int fd)
{
	struct statfs system;

	if (fstatfs(fd, &system) != 0)
		return true;
	switch ((uint32_t)system.f_type) {
	case FUSE_SUPER_MAGIC:
	case NFS_SUPER_MAGIC:
	case V9FS_MAGIC:
	case CIFS_SUPER_MAGIC:
	case SMB2_SUPER_MAGIC:
	case SMB_SUPER_MAGIC:
	case CEPH_SUPER_MAGIC:
	case AFS_SUPER_MAGIC:
		return true;
	default:
		return false;
	}
}

static int map_file(struct dma_region *region, int fd, uint64_t offset)
{
	int protection = (region->flags & DMA_MAP_WRITE ? PROT_WRITE : 0) |
			 (region->flags & DMA_MAP_READ ? PROT_READ : 0);
	struct stat status;
	void *memory;

	if (fstat(fd, &status) != 0)
		return -errno;
	if (!S_ISREG(status.st_mode) || may_block(fd))
		return -EINVAL;
	if (offset > (uint64_t)status.st_size || region->size > (uint64_t)status.st_size - offset)
		return -EINVAL;
	memory =
		mmap(NULL, region->size, protection, MAP_SHARED | MAP_NORESERVE, fd, (off_t)offset);
	if (memory == MAP_FAILED)
		return -errno;
	region->memory = memory;
	region->mapped = region->size;
	return 0;
}

static void region_free(struct dma_region *region)
{
	if (region->memory != NULL) {
		guard_remove(region);
		munmap(region->memory, region->mapped);
	}
	free(region);
}

int dma_map_add(struct dma_map *map, uint64_t address, uint64_t size, uint32_t flags, int fd,
		uint64_t offset)
{
	struct dma_region *region;
	unsigned int at;
	int err;

	if (size == 0 || address + (size - 1) < address || flags == 0 ||
	    (flags & ~(DMA_MAP_READ | DMA_MAP_WRITE)) != 0)
		return -EINVAL;
	at = find(map, address);
	if (at < map->count && map->regions[at]->address <= address + (size - 1))
		return -EEXIST;
	if (map->count == DMA_MAP_MAX)
		return -ENOSPC;
	if (map->count == map->capacity) {
		unsigned int capacity = map->capacity == 0 ? 16 : 2 * map->capacity;
		struct dma_region **grown = realloc(map->regions, capacity * sizeof(*grown));

		if (grown == NULL)
			return -ENOMEM;
		map->regions = grown;
		map->capacity = capacity;
	}
	region = calloc(1, sizeof(*region));
	if (region == NULL)
		return -ENOMEM;
	region->address = address;
	region->size = size;
	region->flags = flags;
	if (fd >= 0) {
		err = map_file(region, fd, offset);
		if (err == 0) {
			err = guard_add(region);
			if (err != 0)
				munmap(region->memory, region->mapped);
		}
		if (err != 0) {
			free(region);
			return err;
		}
	}
	memmove(&map->regions[at + 1], &map->regions[at],
		(map->count - at) * sizeof(*map->regions));
	map->regions[at] = region;
	map->count++;
	map->last = 0;
	return 0;
}

int dma_map_remove(struct dma_map *map, uint64_t address, uint64_t size, uint64_t *removed)
{
	unsigned int first, last;
	uint64_t end, total = 0;

	if (removed != NULL)
		*removed = 0;
	if (size == 0 || address + (size - 1) < address)
		return -EINVAL;
	end = address + (size - 1);
	first = find(map, address);
	for (last = first; last < map->count && map->regions[last]->address <= end; last++) {
		const struct dma_region *region = map->regions[last];

		if (region->address < address || region->address + (region->size - 1) > end)
			return -EINVAL;
	}
	/* As the kernel's vfio: a client clears an address space without knowing what is there. */
	if (last == first)
		return 0;
	for (unsigned int i = first; i < last; i++) {
		total += map->regions[i]->size;
		region_free(map->regions[i]);
	}
	memmove(&map->regions[first], &map->regions[last],
		(map->count - last) * sizeof(*map->regions));
	map->count -= last - first;
	map->last = 0;
	if (removed != NULL)
		*removed = total;
	return 0;
}

void dma_map_clear(struct dma_map *map)
{
	for (unsigned int i = 0; i < map->count; i++)
		region_free(map->regions[i]);
	free(map->regions);
	dma_map_init(map);
}

void *dma_map_lookup(struct dma_map *map, uint64_t address, uint64_t length, bool write)
{
	const struct dma_region *region;
	unsigned int at = map->last;

	if (length == 0)
		return NULL;
	if (at >= map->count || address < map->regions[at]->address ||
	    address - map->regions[at]->address >= map->regions[at]->size) {
		at = find(map, address);
		if (at == map->count || address < map->regions[at]->address)
			return NULL;
		map->last = at;
	}
	region = map->regions[at];
	if (region->memory == NULL || region->dead ||
	    (region->flags & (write ? DMA_MAP_WRITE : DMA_MAP_READ)) == 0 ||
	    length > region->size - (address - region->address))
		return NULL;
	return region->memory + (address - region->address);
}
