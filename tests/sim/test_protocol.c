/* SPDX-License-Identifier: BSD-3-Clause */
/* The protocol server on a socket pair, with a device that records what reaches it. */

#include "tap_main.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "vfio_user.h"

static struct {
	unsigned int reads, writes, maps, unmaps, resets, attached, detached, irqs;
	uint64_t offset;
	uint32_t count;
	int map_fd;
} seen;

static void region_info(void *context, uint32_t index, struct vfu_region *region)
{
	(void)context;
	*region = (struct vfu_region){ .fd = -1, .size = index == 0 ? 4096 : 0 };
}

static int region_read(void *context, uint32_t index, uint64_t offset, void *data, uint32_t count)
{
	(void)context;
	(void)index;
	seen.reads++;
	seen.offset = offset;
	seen.count = count;
	memset(data, 0xab, count);
	return offset == 13 ? -EINVAL : 0;
}

static int region_write(void *context, uint32_t index, uint64_t offset, const void *data,
			uint32_t count)
{
	volatile uint8_t sum = 0;

	(void)context;
	(void)index;
	/* Every byte that is promised is there, or the sanitizer says so. */
	for (uint32_t i = 0; i < count; i++)
		sum = (uint8_t)(sum + ((const uint8_t *)data)[i]);
	seen.writes++;
	seen.offset = offset;
	seen.count = count;
	return 0;
}

static uint32_t irq_count(void *context, uint32_t index)
{
	(void)context;
	return index == VFU_IRQ_MSIX ? 9 : 0;
}

static int set_irqs(void *context, const struct vfu_irq_set *set, const uint8_t *bools, int *fds,
		    unsigned int count)
{
	(void)context;
	(void)set;
	(void)bools;
	(void)fds;
	(void)count;
	seen.irqs++;
	return 0;
}

static int dma_map(void *context, uint64_t address, uint64_t size, uint32_t flags, int fd,
		   uint64_t offset)
{
	(void)context;
	(void)address;
	(void)size;
	(void)flags;
	(void)offset;
	seen.maps++;
	seen.map_fd = fd;
	return 0;
}

static int dma_unmap(void *context, uint64_t address, uint64_t size, uint64_t *removed)
{
	(void)context;
	(void)address;
	seen.unmaps++;
	*removed = size;
	return 0;
}

static void unmap_all(void *context)
{
	(void)context;
	seen.unmaps++;
}

static void reset(void *context)
{
	(void)context;
	seen.resets++;
}

static void attached(void *context)
{
	(void)context;
	seen.attached++;
}

static void detached(void *context)
{
	(void)context;
	seen.detached++;
}

static const struct vfu_device device = {
	.region_info = region_info,
	.region_read = region_read,
	.region_write = region_write,
	.irq_count = irq_count,
	.set_irqs = set_irqs,
	.dma_map = dma_map,
	.dma_unmap = dma_unmap,
	.dma_unmap_all = unmap_all,
	.reset = reset,
	.attached = attached,
	.detached = detached,
};

struct pair {
	struct vfu_server *server;
	int client;
};

static void pair_open(struct pair *pair)
{
	int ends[2];

	memset(&seen, 0, sizeof(seen));
	pair->server = vfu_server_create(NULL, &device, NULL);
	assert_non_null(pair->server);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
	assert_int_equal(vfu_server_adopt(pair->server, ends[0]), 0);
	pair->client = ends[1];
}

static void pair_close(struct pair *pair)
{
	close(pair->client);
	vfu_server_destroy(pair->server);
}

/* Sends a message of a command; errno of the reply, -1 when the server closed, -2 without reply. */
static int ask(struct pair *pair, uint16_t command, const void *body, uint32_t size, void *reply,
	       uint32_t room)
{
	struct vfu_header header = { .id = 77,
				     .command = command,
				     .size = (uint32_t)sizeof(header) + size };
	uint8_t buffer[sizeof(header) + 70000];
	ssize_t got;

	assert_int_equal(send(pair->client, &header, sizeof(header), 0), sizeof(header));
	if (size > 0)
		assert_int_equal(send(pair->client, body, size, 0), size);
	while (vfu_server_poll(pair->server))
		;
	got = recv(pair->client, buffer, sizeof(buffer), 0);
	if (got <= 0)
		return got == 0 || errno == ECONNRESET ? -1 : -2;
	memcpy(&header, buffer, sizeof(header));
	assert_true(got >= (ssize_t)sizeof(header));
	assert_int_equal(header.id, 77);
	assert_int_equal(header.command, command);
	assert_int_equal(header.size, got);
	assert_int_equal(header.flags & VFU_FLAG_TYPE, VFU_FLAG_REPLY);
	assert_int_equal((header.flags & VFU_FLAG_ERROR) != 0, header.error != 0);
	if (reply != NULL && header.error == 0) {
		assert_int_equal(got - (ssize_t)sizeof(header), room);
		memcpy(reply, buffer + sizeof(header), room);
	}
	return (int)header.error;
}

static void start(struct pair *pair)
{
	struct vfu_version version = { 0, 0 };

	assert_int_equal(ask(pair, VFU_VERSION, &version, sizeof(version), NULL, 0), 0);
	assert_int_equal(seen.attached, 1);
}

static void nothing_before_version(void **state)
{
	struct pair pair;
	uint8_t zeros[64] = { 0 };

	(void)state;
	pair_open(&pair);
	for (uint16_t command = 2; command < 20; command++)
		assert_int_equal(ask(&pair, command, zeros, sizeof(zeros), NULL, 0), EINVAL);
	assert_int_equal(seen.reads + seen.writes + seen.maps + seen.unmaps + seen.resets, 0);
	pair_close(&pair);
	assert_int_equal(seen.attached + seen.detached, 0);
}

static void client_and_end_are_told_once(void **state)
{
	struct pair pair;

	(void)state;
	pair_open(&pair);
	start(&pair);
	close(pair.client);
	while (vfu_server_poll(pair.server))
		;
	assert_int_equal(seen.detached, 1);
	assert_false(vfu_server_connected(pair.server));
	vfu_server_destroy(pair.server);
	assert_int_equal(seen.detached, 1);
}

static void accesses_arrive_as_sent(void **state)
{
	struct {
		struct vfu_region_access access;
		uint8_t data[VFU_MAX_DATA];
	} message;
	struct {
		struct vfu_region_access access;
		uint8_t data[64];
	} reply;
	struct pair pair;

	(void)state;
	pair_open(&pair);
	start(&pair);
	memset(&message, 0, sizeof(message));
	message.access = (struct vfu_region_access){ .offset = 0x123456789a, .count = 64 };
	assert_int_equal(ask(&pair, VFU_REGION_READ, &message, 16, &reply, sizeof(reply)), 0);
	assert_int_equal(seen.offset, 0x123456789a);
	assert_int_equal(reply.data[63], 0xab);
	message.access.offset = 13;
	assert_int_equal(ask(&pair, VFU_REGION_READ, &message, 16, NULL, 0), EINVAL);
	message.access.count = VFU_MAX_DATA + 1;
	assert_int_equal(ask(&pair, VFU_REGION_READ, &message, 16, NULL, 0), EINVAL);
	message.access.count = VFU_MAX_DATA;
	assert_int_equal(ask(&pair, VFU_REGION_WRITE, &message, sizeof(message), NULL, 0), 0);
	assert_int_equal(seen.count, VFU_MAX_DATA);
	for (uint32_t size = 0; size < 64; size++) {
		message.access.count = 32;
		assert_int_equal(ask(&pair, VFU_REGION_WRITE, &message, size, NULL, 0),
				 size == 48 ? 0 : EINVAL);
	}
	assert_int_equal(seen.reads, 2);
	assert_int_equal(seen.writes, 2);
	pair_close(&pair);
}

/* A write that is refused anywhere has no effect anywhere. */
static void multiple_writes_are_checked_first(void **state)
{
	struct {
		uint64_t count;
		struct vfu_write_one one[3];
	} message = { .count = 3 };
	struct pair pair;

	(void)state;
	pair_open(&pair);
	start(&pair);
	for (unsigned int i = 0; i < 3; i++)
		message.one[i].count = 4;
	message.one[2].count = 9;
	assert_int_equal(ask(&pair, VFU_REGION_WRITE_MULTI, &message, sizeof(message), NULL, 0),
			 EINVAL);
	assert_int_equal(seen.writes, 0);
	message.one[2].count = 8;
	assert_int_equal(ask(&pair, VFU_REGION_WRITE_MULTI, &message, sizeof(message), NULL, 0), 0);
	assert_int_equal(seen.writes, 3);
	message.count = UINT64_MAX / 24 + 2; /* times 24 is small again */
	assert_int_equal(ask(&pair, VFU_REGION_WRITE_MULTI, &message, sizeof(message), NULL, 0),
			 EINVAL);
	pair_close(&pair);
}

static void impossible_sizes_end_the_connection(void **state)
{
	static const uint32_t sizes[] = { 0, 1, 15, 65569, 1u << 20, 1u << 31, UINT32_MAX };

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		struct vfu_header header = { .id = 5, .command = 1, .size = sizes[i] }, reply;
		struct pair pair;

		pair_open(&pair);
		assert_int_equal(send(pair.client, &header, sizeof(header), 0), sizeof(header));
		while (vfu_server_poll(pair.server))
			;
		assert_int_equal(recv(pair.client, &reply, sizeof(reply), 0), sizeof(reply));
		assert_true((reply.flags & VFU_FLAG_ERROR) != 0);
		assert_int_equal(reply.id, 5);
		assert_false(vfu_server_connected(pair.server));
		pair_close(&pair);
	}
}

/* A server with something to do is readable: no reply may wait for the next message. */
static void all_replies_come_without_a_push(void **state)
{
	const struct {
		struct vfu_header header;
		struct vfu_device_info info;
	} message = {
		.header = { .command = VFU_DEVICE_GET_INFO, .size = sizeof(message) },
		.info = { .argsz = sizeof(message.info) },
	};
	/* Around what one call serves. */
	static const unsigned int counts[] = { 1, 63, 64, 65, 127, 128, 129 };

	(void)state;
	for (size_t c = 0; c < sizeof(counts) / sizeof(*counts); c++) {
		unsigned int replies = 0;
		uint8_t reply[32];
		struct pair pair;

		pair_open(&pair);
		start(&pair);
		for (unsigned int i = 0; i < counts[c]; i++)
			assert_int_equal(send(pair.client, &message, sizeof(message), 0),
					 sizeof(message));
		for (unsigned int turn = 0; turn < 1000; turn++) {
			struct pollfd ready = { .fd = vfu_server_fd(pair.server),
						.events = POLLIN };

			if (poll(&ready, 1, 0) == 1)
				vfu_server_poll(pair.server);
			while (recv(pair.client, reply, sizeof(reply), 0) == (ssize_t)sizeof(reply))
				replies++;
		}
		assert_int_equal(replies, counts[c]);
		pair_close(&pair);
	}
}

static void a_second_client_is_refused(void **state)
{
	struct vfu_header header = { .id = 9, .command = VFU_VERSION, .size = 20 }, reply;
	struct vfu_region_access access = { .count = 4 };
	struct pair pair;
	int ends[2];

	(void)state;
	pair_open(&pair);
	start(&pair);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
	assert_int_equal(vfu_server_adopt(pair.server, ends[0]), -EBUSY);
	assert_int_equal(send(ends[1], &header, sizeof(header), 0), sizeof(header));
	vfu_server_poll(pair.server);
	assert_int_equal(recv(ends[1], &reply, sizeof(reply), 0), sizeof(reply));
	assert_int_equal(reply.id, 9);
	assert_int_equal(reply.error, EBUSY);
	assert_int_equal(ask(&pair, VFU_REGION_READ, &access, sizeof(access), NULL, 0), 0);
	assert_int_equal(seen.detached, 0);
	close(ends[1]);
	pair_close(&pair);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(nothing_before_version),
	cmocka_unit_test(client_and_end_are_told_once),
	cmocka_unit_test(accesses_arrive_as_sent),
	cmocka_unit_test(multiple_writes_are_checked_first),
	cmocka_unit_test(impossible_sizes_end_the_connection),
	cmocka_unit_test(all_replies_come_without_a_push),
	cmocka_unit_test(a_second_client_is_refused),
};

TAP_MAIN(tests)
