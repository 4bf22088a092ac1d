/* SPDX-License-Identifier: BSD-3-Clause */
/* The DMA map: bounds, overlap, access rights, removal, shrinking files. */

#include "tap_main.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "dma_map.h"

#define RW (DMA_MAP_READ | DMA_MAP_WRITE)
#define LAST_PAGE (UINT64_MAX - 0xfff)

static int memory_file(size_t size)
{
	int fd = memfd_create("test", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, (off_t)size), 0);
	return fd;
}

static void bounds_are_exact(void **state)
{
	int fd = memory_file(0x3000);
	struct dma_map map;
	uint8_t *first;

	(void)state;
	dma_map_init(&map);
	assert_int_equal(dma_map_add(&map, 0x10000, 0x3000, RW, fd, 0), 0);
	first = dma_map_lookup(&map, 0x10000, 1, true);
	assert_non_null(first);
	assert_ptr_equal(dma_map_lookup(&map, 0x12fff, 1, true), first + 0x2fff);
	assert_ptr_equal(dma_map_lookup(&map, 0x10000, 0x3000, false), first);
	assert_null(dma_map_lookup(&map, 0xffff, 1, false));
	assert_null(dma_map_lookup(&map, 0xffff, 2, false));
	assert_null(dma_map_lookup(&map, 0x13000, 1, false));
	assert_null(dma_map_lookup(&map, 0x12fff, 2, false));
	assert_null(dma_map_lookup(&map, 0x10000, 0x3001, false));
	assert_null(dma_map_lookup(&map, 0x10001, UINT64_MAX, false));
	assert_null(dma_map_lookup(&map, 0x10000, 0, false));
	dma_map_clear(&map);
	assert_null(dma_map_lookup(&map, 0x10000, 1, false));
	close(fd);
}

static void memory_is_the_file(void **state)
{
	int fd = memory_file(0x2000);
	struct dma_map map;
	char byte = 0;

	(void)state;
	dma_map_init(&map);
	assert_int_equal(dma_map_add(&map, 0x5000, 0x1000, RW, fd, 0x1000), 0);
	*(char *)dma_map_lookup(&map, 0x5010, 1, true) = 'x';
	assert_int_equal(pread(fd, &byte, 1, 0x1010), 1);
	assert_int_equal(byte, 'x');
	dma_map_clear(&map);
	close(fd);
}

static void rights_are_kept(void **state)
{
	int fd = memory_file(0x1000);
	struct dma_map map;

	(void)state;
	dma_map_init(&map);
	assert_int_equal(dma_map_add(&map, 0x1000, 0x1000, DMA_MAP_READ, fd, 0), 0);
	assert_int_equal(dma_map_add(&map, 0x2000, 0x1000, DMA_MAP_WRITE, fd, 0), 0);
	assert_int_equal(dma_map_add(&map, 0x3000, 0x1000, RW, -1, 0), 0);
	assert_non_null(dma_map_lookup(&map, 0x1000, 4, false));
	assert_null(dma_map_lookup(&map, 0x1000, 4, true));
	assert_null(dma_map_lookup(&map, 0x2000, 4, false));
	assert_non_null(dma_map_lookup(&map, 0x2000, 4, true));
	assert_null(dma_map_lookup(&map, 0x3000, 4, false));
	assert_null(dma_map_lookup(&map, 0x3000, 4, true));
	/* Neighbours are two regions, also where both allow the access. */
	assert_null(dma_map_lookup(&map, 0x1ffe, 4, false));
	dma_map_clear(&map);
	close(fd);
}

static void overlap_is_refused(void **state)
{
	static const struct {
		uint64_t address, size;
		int result;
	} rows[] = {
		{ 0x4000, 0x1000, 0 },	     { 0x8000, 0x2000, 0 },
		{ 0x4000, 0x1000, -EEXIST }, { 0x4fff, 1, -EEXIST },
		{ 0x3fff, 2, -EEXIST },	     { 0, 0x4001, -EEXIST },
		{ 0, 0x100000, -EEXIST },    { 0x9fff, 0x5000, -EEXIST },
		{ 0x7000, 0x1001, -EEXIST }, { 0x8800, 0x10, -EEXIST },
		{ 0x5000, 0x3000, 0 },	     { 0, 0x4000, 0 },
		{ 0xa000, 0x10, 0 },	     { LAST_PAGE, 0x1000, 0 },
		{ UINT64_MAX, 1, -EEXIST },  { LAST_PAGE, 0x1001, -EINVAL },
		{ 0xb000, 0, -EINVAL },	     { UINT64_MAX, UINT64_MAX, -EINVAL },
	};
	struct dma_map map;

	(void)state;
	dma_map_init(&map);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_int_equal(dma_map_add(&map, rows[i].address, rows[i].size, RW, -1, 0),
				 rows[i].result);
	assert_int_equal(map.count, 6);
	dma_map_clear(&map);
}

static void bad_files_are_refused(void **state)
{
	int fd = memory_file(0x2000), ends[2];
	struct dma_map map;

	(void)state;
	dma_map_init(&map);
	assert_int_equal(dma_map_add(&map, 0, 0x2001, RW, fd, 0), -EINVAL);
	assert_int_equal(dma_map_add(&map, 0, 0x1001, RW, fd, 0x1000), -EINVAL);
	assert_int_equal(dma_map_add(&map, 0, 0x1000, RW, fd, 0x3000), -EINVAL);
	assert_int_equal(dma_map_add(&map, 0, 0x1000, RW, fd, LAST_PAGE), -EINVAL);
	assert_int_equal(dma_map_add(&map, 0, 0x1000, RW, fd, 1), -EINVAL);
	assert_int_equal(dma_map_add(&map, 0, 0x1000, 0, fd, 0), -EINVAL);
	assert_int_equal(dma_map_add(&map, 0, 0x1000, 4 | RW, fd, 0), -EINVAL);
	assert_int_equal(dma_map_add(&map, 0, 0x1000, RW, 9999, 0), -EBADF);
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(dma_map_add(&map, 0, 0x1000, RW, ends[0], 0), -EINVAL);
	assert_int_equal(map.count, 0);
	dma_map_clear(&map);
	close(ends[0]);
	close(ends[1]);
	close(fd);
}

static void removal_takes_whole_regions(void **state)
{
	struct dma_map map;
	uint64_t removed;

	(void)state;
	dma_map_init(&map);
	for (uint64_t i = 0; i < 8; i++)
		assert_int_equal(dma_map_add(&map, i * 0x2000, 0x1000, RW, -1, 0), 0);
	assert_int_equal(dma_map_remove(&map, 0x2000, 0x800, &removed), -EINVAL);
	assert_int_equal(dma_map_remove(&map, 0x2800, 0x800, &removed), -EINVAL);
	assert_int_equal(dma_map_remove(&map, 0x1000, 0x1001, &removed), -EINVAL);
	removed = 1;
	assert_int_equal(dma_map_remove(&map, 0x1000, 0x1000, &removed), 0);
	assert_int_equal(removed, 0);
	assert_int_equal(dma_map_remove(&map, 0x1000, 0, &removed), -EINVAL);
	assert_int_equal(dma_map_remove(&map, UINT64_MAX, 2, &removed), -EINVAL);
	assert_int_equal(map.count, 8);
	assert_int_equal(dma_map_remove(&map, 0x1000, 0x5000, &removed), 0);
	assert_int_equal(removed, 0x2000);
	assert_int_equal(map.count, 6);
	assert_int_equal(dma_map_remove(&map, 0, UINT64_MAX, &removed), 0);
	assert_int_equal(removed, 0x6000);
	assert_int_equal(map.count, 0);
	dma_map_clear(&map);
}

/* Many regions in a random order, every byte border asked for. */
static void many_regions_are_found(void **state)
{
	int fd = memory_file(0x1000 * 500);
	struct dma_map map;
	uint32_t random = 1;

	(void)state;
	dma_map_init(&map);
	/* 181 has no divisor in common with 500: every region once. */
	for (uint64_t i = 0, at = 7; i < 500; i++, at = (at + 181) % 500)
		assert_int_equal(dma_map_add(&map, at * 0x2000, 0x1000, RW, fd, at * 0x1000), 0);
	for (unsigned int i = 0; i < 20000; i++) {
		uint64_t region, offset;
		uint8_t *byte;

		random = random * 1664525 + 1013904223;
		region = (random >> 8) % 500;
		offset = (random >> 4) % 0x2000;
		byte = dma_map_lookup(&map, region * 0x2000 + offset, 1, true);
		assert_int_equal(byte != NULL, offset < 0x1000);
		if (byte != NULL) {
			uint8_t seen = 0;

			*byte = (uint8_t)i;
			assert_int_equal(pread(fd, &seen, 1, (off_t)(region * 0x1000 + offset)), 1);
			assert_int_equal(seen, (uint8_t)i);
		}
	}
	dma_map_clear(&map);
	close(fd);
}

static void a_shrunk_file_is_no_target_any_more(void **state)
{
	int shrunk = memory_file(0x3000), whole = memory_file(0x1000);
	volatile uint8_t *byte, *second;
	struct dma_map map;

	(void)state;
	assert_int_equal(dma_map_install_guard(), 0);
	dma_map_init(&map);
	assert_int_equal(dma_map_add(&map, 0x10000, 0x3000, RW, shrunk, 0), 0);
	assert_int_equal(dma_map_add(&map, 0x20000, 0x1000, RW, whole, 0), 0);
	byte = dma_map_lookup(&map, 0x10010, 1, true);
	second = dma_map_lookup(&map, 0x12ffe, 2, false);
	*byte = 7;
	assert_int_equal(ftruncate(shrunk, 0), 0);
	assert_int_equal(*byte, 0);
	*byte = 8;
	assert_int_equal(*second, 0);
	assert_null(dma_map_lookup(&map, 0x10010, 1, true));
	assert_non_null(dma_map_lookup(&map, 0x20000, 1, true));
	assert_int_equal(dma_map_remove(&map, 0x10000, 0x3000, NULL), 0);
	dma_map_clear(&map);
	close(shrunk);
	close(whole);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(bounds_are_exact),
	cmocka_unit_test(memory_is_the_file),
	cmocka_unit_test(rights_are_kept),
	cmocka_unit_test(overlap_is_refused),
	cmocka_unit_test(bad_files_are_refused),
	cmocka_unit_test(removal_takes_whole_regions),
	cmocka_unit_test(many_regions_are_found),
	cmocka_unit_test(a_shrunk_file_is_no_target_any_more),
};

TAP_MAIN(tests)
