/* SPDX-License-Identifier: BSD-3-Clause */
#define _GNU_SOURCE

/*
 * The self-test of a network function: rings in memory of its own, frames of several sizes out, and
 * back where something loops them.
 */

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "internal.h"

#define RING 64
#define BUFFER 12288 /* above the largest frame, a multiple of 64 */
#define BUFFERS 8
#define PATIENCE_MS 2000
#define LOOP_PATIENCE_MS 500 /* for the first frame: is there a loop? */
#define ETHERTYPE 0x88b5 /* for local experiments */

/* Where things are in the test's memory; rings are aligned to 128. */
enum {
	RX_RING = 0x0000,
	RX_COMPLETIONS = 0x1000,
	TX_RING = 0x2000,
	TX_COMPLETIONS = 0x3000,
	TX_FRAME = 0x4000,
	RX_BUFFERS = 0x8000,
	MEMORY = RX_BUFFERS + BUFFERS * BUFFER,
};
#define IOVA 0x100000000ull

struct self_test {
	struct sekisho_device *device;
	sekisho_self_test_fn report;
	void *context;
	unsigned char *memory;
	uint8_t mac[6];
	bool failed, looped;
	uint16_t posted, received; /* receive descriptors, receive completions */
	uint16_t sent; /* transmit descriptors and completions: one each a frame */
	uint64_t bytes;
};

__attribute__((format(printf, 4, 5))) static void tell(struct self_test *test, const char *name,
						       enum sekisho_test_result result,
						       const char *format, ...)
{
	struct sekisho_test_step step = { .name = name, .result = result };
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(step.detail, sizeof(step.detail), format, arguments);
	va_end(arguments);
	test->failed |= result == SEKISHO_TEST_FAILED;
	test->report(test->context, &step);
}

/* Tells a step that is one call: passed for 0. */
static int tell_error(struct self_test *test, const char *name, int error)
{
	if (error)
		tell(test, name, SEKISHO_TEST_FAILED, "%s", strerror(-error));
	else
		tell(test, name, SEKISHO_TEST_PASSED, "%s", "");
	return error;
}

static int ring_doorbell(struct self_test *test, uint32_t offset, uint32_t value)
{
	volatile uint32_t *page = sekisho_doorbells(test->device);

	if (!page)
		return sekisho_write32(test->device, offset, value);
	/* Pairs with the card's read: what the descriptors say is written before. */
	__atomic_store_n(&page[(offset - SEK_DOORBELL_OFFSET) / 4], value, __ATOMIC_RELEASE);
	return 0;
}

/* Waits until the completion with that free-running number has been written. */
static bool wait_completion(const uint32_t *status, uint16_t number, unsigned int patience)
{
	const struct timespec pause = { 0, 100000 };
	uint64_t deadline = sek_now_ms() + patience;
	uint32_t phase = number & RING ? 0 : 0x80000000u;

	for (;;) {
		bool last = sek_now_ms() >= deadline;

		if (((__atomic_load_n(status, __ATOMIC_ACQUIRE) ^ phase) & 0x80000000u) == 0)
			return true;
		if (last)
			return false;
		nanosleep(&pause, NULL);
	}
}

static int post_buffers(struct self_test *test, unsigned int count)
{
	struct sekisho_rx_descriptor *ring = (void *)(test->memory + RX_RING);

	for (; count; count--, test->posted++) {
		uint64_t place = IOVA + RX_BUFFERS + (uint64_t)(test->posted % BUFFERS) * BUFFER;

		ring[test->posted % RING] = (struct sekisho_rx_descriptor){
			.address_lo = (uint32_t)place,
			.address_hi = place >> 32,
			.buffer = BUFFER,
		};
	}
	return ring_doorbell(test, SEKISHO_NETWORK_RX_DOORBELL_TAIL(0), test->posted);
}

static void make_frame(const struct self_test *test, unsigned char *frame, unsigned int length)
{
	unsigned int i;

	memcpy(frame, test->mac, 6);
	memcpy(frame + 6, test->mac, 6);
	frame[12] = ETHERTYPE >> 8;
	frame[13] = ETHERTYPE & 0xff;
	for (i = 14; i < length; i++)
		frame[i] = (unsigned char)(i * 13 + (i >> 8) + test->sent);
}

/* Takes what comes until it is a frame of ours. Its length; 0 for none; -1 for an error. */
static int take_frame(struct self_test *test, unsigned int patience, const unsigned char **frame)
{
	const struct sekisho_rx_completion *ring = (void *)(test->memory + RX_COMPLETIONS);

	for (;;) {
		const struct sekisho_rx_completion *completion = &ring[test->received % RING];
		const unsigned char *place =
			test->memory + RX_BUFFERS + (size_t)(test->received % BUFFERS) * BUFFER;
		unsigned int length;

		if (!wait_completion(&completion->status, test->received, patience))
			return 0;
		length = SEKISHO_FIELD_GET(SEKISHO_RX_COMPLETION_PACKET_LENGTH, completion->packet);
		if (SEKISHO_FIELD_GET(SEKISHO_RX_COMPLETION_STATUS_STATUS, completion->status) !=
			    SEKISHO_COMPLETION_STATUS_OK ||
		    length > BUFFER)
			return -1;
		test->received++;
		*frame = place;
		if (length >= 60 && !memcmp(place + 6, test->mac, 6) &&
		    place[12] == ETHERTYPE >> 8 && place[13] == (ETHERTYPE & 0xff))
			return (int)length;
		if (post_buffers(test, 1))
			return -1;
	}
}

/* Sends a frame, and takes it back where the port loops. */
static void try_size(struct self_test *test, unsigned int length)
{
	const struct sekisho_tx_completion *completion =
		(const struct sekisho_tx_completion *)(test->memory + TX_COMPLETIONS) +
		test->sent % RING;
	unsigned char *frame = test->memory + TX_FRAME;
	const unsigned char *back = NULL;
	uint64_t place = IOVA + TX_FRAME;
	char name[32];
	int got;

	snprintf(name, sizeof(name), "frame of %u bytes", length);
	make_frame(test, frame, length);
	((struct sekisho_tx_descriptor *)(test->memory + TX_RING))[test->sent % RING] =
		(struct sekisho_tx_descriptor){
			.address_lo = (uint32_t)place,
			.address_hi = place >> 32,
			.control = length | SEKISHO_TX_DESCRIPTOR_CONTROL_END_OF_PACKET_MASK,
		};
	if (ring_doorbell(test, SEKISHO_NETWORK_TX_DOORBELL_TAIL(0), test->sent + 1u)) {
		tell(test, name, SEKISHO_TEST_FAILED, "the doorbell cannot be written");
		return;
	}
	if (!wait_completion(&completion->status, test->sent, PATIENCE_MS)) {
		tell(test, name, SEKISHO_TEST_FAILED, "no transmit completion in %u ms",
		     PATIENCE_MS);
		return;
	}
	if (SEKISHO_FIELD_GET(SEKISHO_TX_COMPLETION_STATUS_STATUS, completion->status)) {
		tell(test, name, SEKISHO_TEST_FAILED, "transmit completion with status %u",
		     SEKISHO_FIELD_GET(SEKISHO_TX_COMPLETION_STATUS_STATUS, completion->status));
		return;
	}
	got = test->sent == 0 || test->looped ?
		      take_frame(test, test->sent ? PATIENCE_MS : LOOP_PATIENCE_MS, &back) :
		      0;
	if (test->sent == 0)
		test->looped = got > 0;
	test->sent++;
	test->bytes += length;
	if (got < 0)
		tell(test, name, SEKISHO_TEST_FAILED, "receive completion with an error");
	else if (!test->looped)
		tell(test, name, SEKISHO_TEST_PASSED, "sent");
	else if (got == 0)
		tell(test, name, SEKISHO_TEST_FAILED, "it does not come back");
	else if ((unsigned int)got != length || memcmp(back, frame, length))
		tell(test, name, SEKISHO_TEST_FAILED, "it comes back as another one, %d bytes",
		     got);
	else if (post_buffers(test, 1))
		tell(test, name, SEKISHO_TEST_FAILED, "the doorbell cannot be written");
	else
		tell(test, name, SEKISHO_TEST_PASSED, "sent and received");
}

/* The counters of sent frames must have moved by what was sent. */
static void check_counters(struct self_test *test, const uint64_t before[2])
{
	uint64_t now[2] = { 0, 0 };
	uint32_t offset = SEKISHO_NETWORK_TX_QUEUE_STATISTICS_PACKETS_LO(0);
	int error = sekisho_read64(test->device, offset, &now[0]);

	if (!error)
		error = sekisho_read64(test->device, offset + 8, &now[1]);
	if (error)
		tell_error(test, "counters", error);
	else if (now[0] - before[0] != test->sent || now[1] - before[1] != test->bytes)
		tell(test, "counters", SEKISHO_TEST_FAILED,
		     "%llu packets, %llu bytes counted, %u and %llu sent",
		     (unsigned long long)(now[0] - before[0]),
		     (unsigned long long)(now[1] - before[1]), test->sent,
		     (unsigned long long)test->bytes);
	else
		tell(test, "counters", SEKISHO_TEST_PASSED, "%u packets, %llu bytes", test->sent,
		     (unsigned long long)test->bytes);
}

/* There is a completion that was not seen: arming the queue must signal its vector at once. */
static void check_interrupt(struct self_test *test)
{
	struct pollfd entry = { .fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC), .events = POLLIN };
	int error;

	if (entry.fd < 0) {
		tell_error(test, "interrupt", -errno);
		return;
	}
	error = sekisho_vector_eventfd(test->device, 1, entry.fd);
	if (error == -ENOTSUP) {
		tell(test, "interrupt", SEKISHO_TEST_SKIPPED, "the transport carries none");
		close(entry.fd);
		return;
	}
	if (!error)
		error = ring_doorbell(test, SEKISHO_NETWORK_TX_DOORBELL_ARM(0),
				      SEKISHO_DOORBELL_ARM_REQUEST_MASK |
					      (uint16_t)(test->sent - 1));
	if (!error && poll(&entry, 1, PATIENCE_MS) != 1)
		error = -ETIMEDOUT;
	tell_error(test, "interrupt", error);
	(void)sekisho_vector_eventfd(test->device, 1, -1);
	close(entry.fd);
}

static void check_scratch(struct self_test *test)
{
	static const uint32_t values[] = { 0, 0xffffffff, 0x5a5aa5a5, 0x494b4553 };
	uint32_t before, value;
	unsigned int i;
	int error = sekisho_read32(test->device, SEKISHO_IDENTIFICATION_SCRATCH, &before);

	for (i = 0; i < sizeof(values) / sizeof(values[0]) && !error; i++) {
		error = sekisho_write32(test->device, SEKISHO_IDENTIFICATION_SCRATCH, values[i]);
		if (!error)
			error = sekisho_read32(test->device, SEKISHO_IDENTIFICATION_SCRATCH,
					       &value);
		if (!error && value != values[i])
			error = -EIO;
	}
	if (!error)
		error = sekisho_write32(test->device, SEKISHO_IDENTIFICATION_SCRATCH, before);
	tell_error(test, "registers", error);
}

/* The queues run: everything with frames. */
static void run_frames(struct self_test *test)
{
	static const unsigned int sizes[] = { 60, 61, 64, 127, 256, 511, 1024, 1514, 4096, 9000 };
	const uint32_t offset = SEKISHO_NETWORK_TX_QUEUE_STATISTICS_PACKETS_LO(0);
	uint64_t before[2] = { 0, 0 };
	unsigned int i;

	if (tell_error(test, "receive buffers", post_buffers(test, BUFFERS)))
		return;
	(void)sekisho_read64(test->device, offset, &before[0]);
	(void)sekisho_read64(test->device, offset + 8, &before[1]);
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]) && !test->failed; i++)
		if (sizes[i] <= test->device->identity.max_frame)
			try_size(test, sizes[i]);
	if (!test->looped)
		tell(test, "loop", SEKISHO_TEST_SKIPPED,
		     "no frame came back: the port has no loop");
	if (test->sent && !test->failed) {
		check_counters(test, before);
		check_interrupt(test);
	}
}

static void run_queues(struct self_test *test)
{
	const struct sekisho_queue_config rx = { IOVA + RX_RING, IOVA + RX_COMPLETIONS, RING, 0 };
	const struct sekisho_queue_config tx = { IOVA + TX_RING, IOVA + TX_COMPLETIONS, RING, 1 };
	const uint32_t on = SEKISHO_NETWORK_CONTROL_RX_ENABLE_MASK |
			    SEKISHO_NETWORK_CONTROL_TX_ENABLE_MASK |
			    SEKISHO_NETWORK_CONTROL_PROMISCUOUS_MASK;
	int error = sekisho_rx_queue_start(test->device, 0, &rx);

	if (!error)
		error = sekisho_tx_queue_start(test->device, 0, &tx);
	if (!error)
		error = sekisho_control(test->device, on, SEKISHO_NETWORK_CONTROL_SCATTER_MASK);
	if (!tell_error(test, "queues start", error))
		run_frames(test);
	error = sekisho_tx_queue_stop(test->device, 0);
	if (!error)
		error = sekisho_rx_queue_stop(test->device, 0);
	tell_error(test, "queues stop", error);
}

static void run_with_memory(struct self_test *test)
{
	uint32_t longest;
	int fd = memfd_create("sekisho-self-test", MFD_CLOEXEC);
	int error = fd < 0 || ftruncate(fd, MEMORY) ? -errno : 0;

	if (!error) {
		test->memory = mmap(NULL, MEMORY, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		if (test->memory == MAP_FAILED)
			error = -errno;
	}
	if (!error)
		error = sekisho_dma_map(test->device, IOVA, MEMORY, fd, 0, false);
	if (error == -ENOTSUP) {
		tell(test, "memory", SEKISHO_TEST_SKIPPED,
		     "the transport maps none: no queue can be run");
	} else if (!tell_error(test, "memory", error)) {
		error = sekisho_read32(test->device, SEKISHO_NETWORK_MAX_FRAME, &longest);
		if (!error)
			error = sekisho_max_frame_set(test->device,
						      test->device->identity.max_frame);
		if (error)
			tell_error(test, "longest frame", error);
		else
			run_queues(test);
		/* Nothing of the test stays, also when a queue did not come to rest. */
		if (!error)
			error = sekisho_write32(test->device, SEKISHO_NETWORK_MAX_FRAME, longest);
		if (!error)
			error = sekisho_reset(test->device);
		if (!error)
			error = sekisho_dma_unmap(test->device, IOVA, MEMORY);
		tell_error(test, "cleaning up", error);
	}
	if (test->memory && test->memory != MAP_FAILED)
		munmap(test->memory, MEMORY);
	if (fd >= 0)
		close(fd);
}

int sekisho_self_test(struct sekisho_device *device, sekisho_self_test_fn report, void *context)
{
	struct self_test test = { .device = device, .report = report, .context = context };
	uint32_t control;
	int error;

	if (device->identity.kind != SEKISHO_NETWORK)
		return -ENOTSUP;
	if (!report)
		return -EINVAL;
	error = sekisho_read32(device, SEKISHO_NETWORK_CONTROL, &control);
	if (!error)
		error = sekisho_mac_get(device, test.mac);
	if (error)
		return error;
	if (control &
	    (SEKISHO_NETWORK_CONTROL_RX_ENABLE_MASK | SEKISHO_NETWORK_CONTROL_TX_ENABLE_MASK))
		return -EBUSY;
	/* A card that has no address yet: one that is locally administered. */
	if (!memcmp(test.mac, "\0\0\0\0\0\0", 6))
		memcpy(test.mac, "\2sekt\1", 6);
	check_scratch(&test);
	run_with_memory(&test);
	if (sekisho_removed(device))
		return -ENODEV;
	return test.failed ? -EIO : 0;
}
