/* SPDX-License-Identifier: BSD-3-Clause */

/* Opening, the vfio-user transport and everything that can go wrong on it. */

#define _GNU_SOURCE
#include "common.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define SHORT_TIMEOUT 300 /* ms: long enough for a busy machine, short enough to wait for */

/* --- opening --------------------------------------------------------------------------------- */

static void opens_a_network_function(void **state)
{
	struct fixture *f = *state;
	struct sekisho_identity id;

	assert_int_equal(sekisho_identify(f->device, &id), 0);
	assert_int_equal(id.kind, SEKISHO_NETWORK);
	assert_int_equal(id.index, 1);
	assert_int_equal(id.port, 1);
	assert_int_equal(id.rx_queues, 4);
	assert_int_equal(id.tx_queues, 4);
	assert_int_equal(id.max_ring_size, 4096);
	assert_int_equal(id.ports, 2);
	assert_int_equal(id.functions, 2);
	assert_int_equal(id.data_width, 64);
	assert_int_equal(id.dma_width, 128);
	assert_int_equal(id.max_frame, 9728);
	assert_int_equal(id.map_major, 2);
	assert_int_equal(id.map_minor, 0);
	assert_int_equal(id.rtl_hash, 0xc0ffee01);
	assert_int_equal(sekisho_vectors(f->device), FAKE_VECTORS);
	assert_non_null(sekisho_doorbells(f->device));
	assert_string_equal(sekisho_version(), SEKISHO_VERSION);
}

static void opens_the_management_function(void **state)
{
	struct fixture *f = *state;
	struct sekisho_identity id;

	assert_int_equal(sekisho_identify(f->device, &id), 0);
	assert_int_equal(id.kind, SEKISHO_MANAGEMENT);
	assert_null(sekisho_doorbells(f->device));
}

static void offers_the_oldest_protocol_and_enables_the_function(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(f->server.client_major, 0);
	assert_int_equal(f->server.client_minor, 0);
	assert_int_equal(f->server.pci_command & 6, 6);
}

static void accepts_protocol_0_1_and_a_newer_map_minor(void **state)
{
	struct fixture *f = fixture_create(SEKISHO_NETWORK);

	(void)state;
	f->server.minor = 1;
	f->server.registers[SEKISHO_IDENTIFICATION_MAP_VERSION / 4] |= 8;
	fixture_start(f);
	assert_int_equal(fixture_open(f), 0);
	fixture_destroy(f);
}

static void works_without_options_and_log(void **state)
{
	struct fixture *f = fixture_create(SEKISHO_NETWORK);

	(void)state;
	fixture_start(f);
	assert_int_equal(sekisho_open(f->uri, NULL, &f->device), 0);
	fake_server_fault(&f->server, FAULT_CLOSE, VFIO_USER_REGION_READ, 0, 0);
	uint32_t value;
	assert_int_equal(sekisho_read32(f->device, 0, &value), -ENODEV);
	fixture_destroy(f);
	sekisho_close(NULL);
}

static void refuses_what_is_no_uri(void **state)
{
	static const char *const uris[] = { "",		 "vfio-user", "vfio-user:",
					    "isa:0x300", "/tmp/net0", "VFIO-USER:/tmp/net0" };
	struct sekisho_device *device = NULL;
	char long_uri[300];
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(uris) / sizeof(uris[0]); i++)
		assert_int_equal(sekisho_open(uris[i], NULL, &device), -EINVAL);
	assert_int_equal(sekisho_open(NULL, NULL, &device), -EINVAL);
	assert_int_equal(sekisho_open("vfio-user:/x", NULL, NULL), -EINVAL);
	memset(long_uri, 'x', sizeof(long_uri) - 1);
	memcpy(long_uri, "vfio-user:", 10);
	long_uri[sizeof(long_uri) - 1] = 0;
	assert_int_equal(sekisho_open(long_uri, NULL, &device), -ENAMETOOLONG);
	assert_null(device);
}

static void says_why_it_cannot_connect(void **state)
{
	struct fixture *f = fixture_create(SEKISHO_NETWORK);
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	(void)state;
	assert_int_equal(fixture_open(f), -ENOENT);
	/* A socket file that nobody listens to any more. */
	strcpy(address.sun_path, f->path);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	close(fd);
	assert_int_equal(fixture_open(f), -ECONNREFUSED);

	fixture_start(f);
	fake_server_fault(&f->server, FAULT_ERROR, VFIO_USER_VERSION, 0, EBUSY);
	assert_int_equal(fixture_open(f), -EBUSY);
	assert_int_equal(fixture_open(f), 0);
	fixture_destroy(f);
}

static void gives_up_on_a_server_that_does_not_accept(void **state)
{
	struct fixture *f = fixture_create(SEKISHO_NETWORK);
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int listener = socket(AF_UNIX, SOCK_STREAM, 0), others[8];
	unsigned int i;

	(void)state;
	strcpy(address.sun_path, f->path);
	assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(listener, 0), 0);
	f->options.timeout_ms = SHORT_TIMEOUT;
	/* First nothing answers; then, with the queue full, connecting itself waits. */
	assert_int_equal(fixture_open(f), -ETIMEDOUT);
	for (i = 0; i < 8; i++) {
		others[i] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
		(void)!connect(others[i], (struct sockaddr *)&address, sizeof(address));
	}
	assert_int_equal(fixture_open(f), -ETIMEDOUT);
	for (i = 0; i < 8; i++)
		close(others[i]);
	close(listener);
	fixture_start(f);
	fixture_destroy(f);
}

/* One word or answer of the server is off; opening must say -ENODEV and leave nothing behind. */
static void refuses_what_is_not_a_sekisho(void **state)
{
	unsigned int wrong;

	(void)state;
	for (wrong = 0; wrong < 12; wrong++) {
		struct fixture *f = fixture_create(SEKISHO_NETWORK);
		struct fake_server *s = &f->server;
		uint32_t *capabilities = &s->registers[SEKISHO_IDENTIFICATION_CAPABILITIES / 4];
		unsigned int fds;

		switch (wrong) {
		case 0:
			s->registers[0] ^= 1;
			break;
		case 1: /* the map's major version */
			s->registers[1] += 0x10000;
			break;
		case 2:
			s->major = 1;
			break;
		case 3:
			s->minor = 2;
			break;
		case 4: /* not PCI */
			s->device_flags = 1;
			break;
		case 5: /* without configuration space */
			s->regions = 7;
			break;
		case 6:
			s->bar_size = 0x8000;
			break;
		case 7:
			*capabilities = (*capabilities & ~0xffu) | 5;
			break;
		case 8:
			*capabilities = (*capabilities & ~0xff00u) | 5 << 8;
			break;
		case 9: /* ports */
			*capabilities |= 15 << 16;
			break;
		case 10: /* functions */
			*capabilities |= 15 << 20;
			break;
		case 11: /* rings of 2^16 */
			*capabilities = (*capabilities & 0xffffff) | 16u << 24;
			break;
		}
		fixture_start(f);
		fds = count_fds();
		assert_int_equal(fixture_open(f), -ENODEV);
		assert_null(f->device);
		assert_int_not_equal(f->messages[SEKISHO_LOG_ERROR], 0);
		fake_server_stop(s); /* joins the thread, so its descriptor is closed, too */
		assert_true(count_fds() <= fds - 1);
		rmdir(f->directory);
		free(f);
	}
}

/* Every request of opening, answered wrongly in every way. */
static void survives_every_fault_while_opening(void **state)
{
	static const uint16_t commands[] = { VFIO_USER_VERSION,
					     VFIO_USER_DEVICE_GET_INFO,
					     VFIO_USER_DEVICE_GET_REGION_INFO,
					     VFIO_USER_DEVICE_GET_IRQ_INFO,
					     VFIO_USER_REGION_READ,
					     VFIO_USER_REGION_WRITE };
	static const struct {
		enum fault_kind fault;
		int value, error;
	} faults[] = {
		{ FAULT_ERROR, EPERM, -EPERM },
		{ FAULT_ERROR, 5000, -EIO },
		{ FAULT_SILENT, 0, -ETIMEDOUT },
		{ FAULT_CLOSE, 0, -ENODEV },
		{ FAULT_CLOSE_MIDDLE, 10, -ENODEV },
		{ FAULT_CLOSE_MIDDLE, 18, -ENODEV },
		{ FAULT_STALL_MIDDLE, 10, -ETIMEDOUT },
		{ FAULT_SIZE, 0, -ENODEV },
		{ FAULT_SIZE, 15, -ENODEV },
		{ FAULT_SIZE, -1, -ENODEV },
		{ FAULT_SIZE, 16 + 4097, -ENODEV },
		{ FAULT_ID, 1, -ENODEV },
		{ FAULT_ID, -1, -ENODEV },
		{ FAULT_COMMAND, 0, -ENODEV },
		{ FAULT_TYPE, 2, -ENODEV },
		{ FAULT_GARBAGE, 0, -ENODEV },
	};
	unsigned int c, i, before = count_fds();

	(void)state;
	for (c = 0; c < sizeof(commands) / sizeof(commands[0]); c++) {
		for (i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
			struct fixture *f = fixture_create(SEKISHO_NETWORK);
			int error;

			f->options.timeout_ms = SHORT_TIMEOUT;
			fixture_start(f);
			fake_server_fault(&f->server, faults[i].fault, commands[c], 0,
					  faults[i].value);
			error = fixture_open(f);
			/* A write's reply has no body that could stop half-way at byte 18. */
			if (error != faults[i].error)
				print_error("command %u, fault %u: %d\n", commands[c], i, error);
			assert_int_equal(error, faults[i].error);
			assert_null(f->device);
			fixture_destroy(f);
			assert_int_equal(count_fds(), before);
		}
	}
}

/* Every bit of every reply, turned over: whatever comes of it, nothing breaks and nothing stays. */
static void survives_every_flipped_bit_while_opening(void **state)
{
	static const struct {
		uint16_t command;
		int bytes;
	} rows[] = {
		{ VFIO_USER_VERSION, 23 },
		{ VFIO_USER_DEVICE_GET_INFO, 32 },
		{ VFIO_USER_DEVICE_GET_REGION_INFO, 80 },
		{ VFIO_USER_DEVICE_GET_IRQ_INFO, 32 },
		{ VFIO_USER_REGION_READ, 34 },
		{ VFIO_USER_REGION_WRITE, 32 },
	};
	unsigned int i, before = count_fds(), refused = 0;
	int bit;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fixture *f = fixture_create(SEKISHO_NETWORK);

		f->options.timeout_ms = 40; /* paid only where the size grows */
		fixture_start(f);
		for (bit = 0; bit < rows[i].bytes * 8; bit++) {
			int error;

			fake_server_fault(&f->server, FAULT_FLIP, rows[i].command, 0, bit);
			error = fixture_open(f);
			assert_true(error <= 0 && error > -4096);
			assert_int_equal(!error, f->device != NULL);
			if (!error && sekisho_doorbells(f->device))
				sekisho_doorbells(f->device)[1023] = 1;
			refused += error != 0;
			sekisho_close(f->device);
			f->device = NULL;
		}
		fixture_destroy(f);
		assert_int_equal(count_fds(), before);
	}
	assert_true(refused > 300);
}

static void refuses_short_replies_while_opening(void **state)
{
	static const struct {
		uint16_t command;
		int cut;
	} rows[] = {
		{ VFIO_USER_VERSION, 4 }, /* 4 of 7 bytes are the version */
		{ VFIO_USER_DEVICE_GET_INFO, 1 },
		{ VFIO_USER_DEVICE_GET_INFO, 16 },
		{ VFIO_USER_DEVICE_GET_REGION_INFO, 33 }, /* of 64 */
		{ VFIO_USER_DEVICE_GET_IRQ_INFO, 4 },
		{ VFIO_USER_REGION_READ, 1 },
	};
	unsigned int i, before = count_fds();

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fixture *f = fixture_create(SEKISHO_NETWORK);

		fixture_start(f);
		fake_server_fault(&f->server, FAULT_SHORT, rows[i].command, 0, rows[i].cut);
		assert_int_equal(fixture_open(f), -ENODEV);
		fixture_destroy(f);
		assert_int_equal(count_fds(), before);
	}
}

/* --- the doorbell page ------------------------------------------------------------------------ */

static void maps_the_doorbell_page(void **state)
{
	struct fixture *f = *state;
	volatile uint32_t *doorbells = sekisho_doorbells(f->device);
	uint32_t word = 0;

	doorbells[0x40 / 4] = 0x12345678;
	assert_int_equal(pread(f->server.file, &word, 4, 0x1040), 4);
	assert_int_equal(word, 0x12345678);
	word = 0x9abcdef0;
	assert_int_equal(pwrite(f->server.file, &word, 4, 0x1ffc), 4);
	assert_int_equal(doorbells[1023], 0x9abcdef0);
	/* The other side cannot take the memory away. */
	assert_int_equal(ftruncate(f->server.file, 0), -1);
}

/* What the region's answer says, and what opening makes of it. */
static void reads_the_sparse_areas(void **state)
{
	unsigned int row;

	(void)state;
	for (row = 0; row < 16; row++) {
		struct fixture *f = fixture_create(SEKISHO_NETWORK);
		struct fake_server *s = &f->server;
		bool mapped = false;
		int error = 0;

		switch (row) {
		case 0: /* no list: all of it may be mapped */
			s->sparse = false;
			mapped = true;
			break;
		case 1: /* one area over everything */
			s->area_offset = 0;
			s->area_size = 0x10000;
			mapped = true;
			break;
		case 2: /* beside it */
			s->area_offset = 0x2000;
			break;
		case 3: /* half of it */
			s->area_size = 0x800;
			break;
		case 4: /* the wrong half */
			s->area_offset = 0;
			break;
		case 5: /* not at all */
			s->areas = 0;
			break;
		case 6: /* more than the message holds */
			s->areas = 2;
			error = -ENODEV;
			break;
		case 7:
			s->areas = ~0u;
			error = -ENODEV;
			break;
		case 8: /* the list begins behind the end */
			s->cap_offset = 4096;
			error = -ENODEV;
			break;
		case 9:
			s->cap_offset = ~0u;
			error = -ENODEV;
			break;
		case 10: /* another capability that leads back to itself */
			s->cap_id = 9;
			s->cap_next = s->cap_offset;
			error = -ENODEV;
			break;
		case 11: /* another capability, the last: no list */
			s->cap_id = 9;
			mapped = true;
			break;
		case 12: /* the file ends before the page does */
			assert_int_equal(ftruncate(s->file, 0x1800), 0);
			error = -ENODEV;
			break;
		case 13: /* an offset that wraps around */
			s->file_offset = ~0ull - 0xfff;
			error = -ENODEV;
			break;
		case 14: /* the region lies further back in its file */
			assert_int_equal(ftruncate(s->file, 0x40000), 0);
			s->file_offset = 0x20000;
			mapped = true;
			break;
		case 15: /* not mappable, though it sends a file: nothing to map */
			s->mappable = false;
			break;
		}
		fixture_start(f);
		assert_int_equal(fixture_open(f), error);
		if (!error && mapped != !!sekisho_doorbells(f->device))
			fail_msg("row %u", row);
		if (mapped) {
			uint32_t word = 0;

			sekisho_doorbells(f->device)[1] = row + 1;
			assert_int_equal(pread(s->file, &word, 4, s->file_offset + 0x1004), 4);
			assert_int_equal(word, row + 1);
		}
		fixture_destroy(f);
	}
}

/* --- registers -------------------------------------------------------------------------------- */

static void reads_and_writes_registers(void **state)
{
	struct fixture *f = *state;
	uint32_t value;

	assert_int_equal(sekisho_write32(f->device, SEKISHO_IDENTIFICATION_SCRATCH, 0xdeadbeef), 0);
	assert_int_equal(f->server.registers[SEKISHO_IDENTIFICATION_SCRATCH / 4], 0xdeadbeef);
	assert_int_equal(sekisho_read32(f->device, SEKISHO_IDENTIFICATION_SCRATCH, &value), 0);
	assert_int_equal(value, 0xdeadbeef);
	assert_int_equal(sekisho_read32(f->device, 0xfffc, &value), 0);
}

static void refuses_bad_offsets(void **state)
{
	static const uint32_t offsets[] = { 1, 2, 3, 0xffff, 0x10000, 0xfffffffc };
	struct fixture *f = *state;
	unsigned int requests = f->server.commands[VFIO_USER_REGION_READ], i;
	uint64_t value64;
	uint32_t value;

	for (i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++) {
		assert_int_equal(sekisho_read32(f->device, offsets[i], &value), -EINVAL);
		assert_int_equal(sekisho_write32(f->device, offsets[i], 0), -EINVAL);
		assert_int_equal(sekisho_read64(f->device, offsets[i], &value64), -EINVAL);
	}
	assert_int_equal(f->server.commands[VFIO_USER_REGION_READ], requests);
	assert_int_equal(f->server.write_count, 0);
}

static void passes_the_device_s_error_on(void **state)
{
	struct fixture *f = *state;
	uint32_t value;

	f->server.error_offset = 0x40;
	assert_int_equal(sekisho_read32(f->device, 0x40, &value), -EIO);
	assert_int_equal(sekisho_write32(f->device, 0x40, 1), -EIO);
	fake_server_fault(&f->server, FAULT_ERROR, VFIO_USER_REGION_READ, 0, 70000);
	assert_int_equal(sekisho_read32(f->device, 0, &value), -EIO);
	assert_int_equal(sekisho_read32(f->device, 0, &value), 0);
	assert_false(sekisho_removed(f->device));
}

/* The answer makes no sense, but the stream is in step: the next call works. */
static void goes_on_after_an_answer_without_sense(void **state)
{
	static const struct {
		enum fault_kind fault;
		int value;
	} rows[] = { { FAULT_SHORT, 1 }, { FAULT_SHORT, 4 }, { FAULT_SHORT, 20 },
		     { FAULT_COUNT, 0 }, { FAULT_COUNT, 8 }, { FAULT_COUNT, -1 } };
	struct fixture *f = *state;
	unsigned int i;
	uint32_t value;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		fake_server_fault(&f->server, rows[i].fault, VFIO_USER_REGION_READ, 0,
				  rows[i].value);
		assert_int_equal(sekisho_read32(f->device, 0, &value), -EPROTO);
		assert_int_equal(sekisho_read32(f->device, 0, &value), 0);
		assert_int_equal(value, 0x494b4553);
	}
}

static bool removal_shows(struct fixture *f)
{
	struct pollfd entry = { .fd = sekisho_removal_fd(f->device), .events = POLLIN };

	return poll(&entry, 1, 0) == 1;
}

/* Every call says -ENODEV, and none waits for an answer. */
static void assert_gone(struct fixture *f)
{
	const struct sekisho_queue_config config = { 0x1000, 0x2000, 64, 0 };
	uint64_t start = now_ms(), value64;
	struct sekisho_identity id;
	uint32_t value;
	uint8_t mac[6] = { 2 };
	bool up;

	assert_true(sekisho_removed(f->device));
	assert_true(removal_shows(f));
	assert_int_equal(sekisho_read32(f->device, 0, &value), -ENODEV);
	assert_int_equal(sekisho_write32(f->device, 0, 0), -ENODEV);
	assert_int_equal(sekisho_read64(f->device, 0x2000, &value64), -ENODEV);
	assert_int_equal(sekisho_identify(f->device, &id), -ENODEV);
	assert_int_equal(sekisho_dma_map(f->device, 0x100000, 0x1000, f->server.file, 0, false),
			 -ENODEV);
	assert_int_equal(sekisho_dma_unmap(f->device, 0x100000, 0x1000), -ENODEV);
	assert_int_equal(sekisho_vector_eventfd(f->device, 0, -1), -ENODEV);
	assert_int_equal(sekisho_rx_queue_start(f->device, 0, &config), -ENODEV);
	assert_int_equal(sekisho_tx_queue_start(f->device, 0, &config), -ENODEV);
	assert_int_equal(sekisho_rx_queue_stop(f->device, 0), -ENODEV);
	assert_int_equal(sekisho_tx_queue_stop(f->device, 0), -ENODEV);
	assert_int_equal(sekisho_control(f->device, 1, 0), -ENODEV);
	assert_int_equal(sekisho_mac_get(f->device, mac), -ENODEV);
	assert_int_equal(sekisho_mac_set(f->device, mac), -ENODEV);
	assert_int_equal(sekisho_max_frame_set(f->device, 1500), -ENODEV);
	assert_int_equal(sekisho_link_get(f->device, &up, &value), -ENODEV);
	value = 0;
	assert_int_equal(sekisho_rss_set(f->device, &value, NULL, NULL), -ENODEV);
	assert_int_equal(sekisho_reset(f->device), -ENODEV);
	assert_int_equal(sekisho_counters_read(f->device, 0, 1, &value64), -ENODEV);
	assert_true(now_ms() - start < 1000);
	/* A data path that has not noticed yet does no harm. */
	sekisho_doorbells(f->device)[0] = 7;
	assert_int_equal(sekisho_doorbells(f->device)[0], 7);
}

static void ends_a_connection_that_is_out_of_step(void **state)
{
	static const struct {
		enum fault_kind fault;
		int value, error;
	} rows[] = {
		{ FAULT_SIZE, 0, -EPROTO },
		{ FAULT_SIZE, 15, -EPROTO },
		{ FAULT_SIZE, 1 << 30, -EPROTO },
		{ FAULT_SIZE, -1, -EPROTO },
		{ FAULT_ID, 1, -EPROTO },
		{ FAULT_ID, -1, -EPROTO },
		{ FAULT_COMMAND, 0, -EPROTO },
		{ FAULT_TYPE, 3, -EPROTO },
		{ FAULT_GARBAGE, 0, -EPROTO },
		{ FAULT_CLOSE, 0, -ENODEV },
		{ FAULT_CLOSE_MIDDLE, 1, -ENODEV },
		{ FAULT_CLOSE_MIDDLE, 16, -ENODEV },
		{ FAULT_CLOSE_MIDDLE, 30, -ENODEV },
		{ FAULT_STALL_MIDDLE, 1, -ETIMEDOUT },
		{ FAULT_STALL_MIDDLE, 16, -ETIMEDOUT },
		{ FAULT_STALL_MIDDLE, 30, -ETIMEDOUT },
		{ FAULT_SIZE, 40, -ETIMEDOUT }, /* says 40, sends 36 */
	};
	unsigned int i;
	uint32_t value;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fixture *f = fixture_create(SEKISHO_NETWORK);
		int error;

		f->options.timeout_ms = SHORT_TIMEOUT;
		fixture_start(f);
		assert_int_equal(fixture_open(f), 0);
		assert_false(removal_shows(f));
		fake_server_fault(&f->server, rows[i].fault, VFIO_USER_REGION_READ, 0,
				  rows[i].value);
		error = sekisho_read32(f->device, 0, &value);
		if (error != rows[i].error)
			print_error("row %u\n", i);
		assert_int_equal(error, rows[i].error);
		assert_gone(f);
		fixture_destroy(f);
	}
}

static void times_out_and_goes_on(void **state)
{
	struct fixture *f = fixture_create(SEKISHO_NETWORK);
	uint64_t start;
	uint32_t value = 0;

	(void)state;
	f->options.timeout_ms = SHORT_TIMEOUT;
	fixture_start(f);
	assert_int_equal(fixture_open(f), 0);
	start = now_ms();
	fake_server_fault(&f->server, FAULT_SILENT, VFIO_USER_REGION_READ, 0, 0);
	assert_int_equal(sekisho_read32(f->device, 0, &value), -ETIMEDOUT);
	assert_in_range(now_ms() - start, SHORT_TIMEOUT - 5, 20 * SHORT_TIMEOUT);
	assert_int_equal(sekisho_read32(f->device, 0, &value), 0);
	assert_int_equal(value, 0x494b4553);
	assert_false(sekisho_removed(f->device));
	fixture_destroy(f);
}

/* A late reply belongs to its request and to no other. */
static void drops_late_replies(void **state)
{
	struct fixture *f = fixture_create(SEKISHO_NETWORK);
	unsigned int i;
	uint32_t value = 0;

	(void)state;
	f->options.timeout_ms = SHORT_TIMEOUT;
	f->server.registers[0x48 / 4] = 0x1111;
	f->server.registers[0x4c / 4] = 0x2222;
	fixture_start(f);
	assert_int_equal(fixture_open(f), 0);
	for (i = 0; i < 3; i++) {
		fake_server_fault(&f->server, FAULT_LATE, VFIO_USER_REGION_READ, 0,
				  SHORT_TIMEOUT + 50);
		assert_int_equal(sekisho_read32(f->device, 0x48, &value), -ETIMEDOUT);
		/* The answer to the first comes while this one waits. */
		assert_int_equal(sekisho_read32(f->device, 0x4c, &value), 0);
		assert_int_equal(value, 0x2222);
	}
	/* All late ones have come: another old number is nobody's. */
	fake_server_fault(&f->server, FAULT_ID, VFIO_USER_REGION_READ, 0, -1);
	assert_int_equal(sekisho_read32(f->device, 0x4c, &value), -EPROTO);
	fixture_destroy(f);
}

static void refuses_the_device_s_own_requests(void **state)
{
	struct fixture *f = *state;
	uint32_t value = 0;

	fake_server_fault(&f->server, FAULT_ASK, VFIO_USER_REGION_READ, 0, 0);
	assert_int_equal(sekisho_read32(f->device, 0, &value), 0);
	assert_int_equal(value, 0x494b4553);
	assert_int_equal(f->server.refused, ENOTSUP);
	fake_server_fault(&f->server, FAULT_TELL, VFIO_USER_REGION_READ, 0, 0);
	assert_int_equal(sekisho_read32(f->device, 0, &value), 0);
	assert_int_equal(value, 0x494b4553);
}

static void puts_replies_together_from_single_bytes(void **state)
{
	struct fixture *f = *state;
	uint32_t value = 0;

	fake_server_fault(&f->server, FAULT_TRICKLE, VFIO_USER_REGION_READ, 0, 0);
	assert_int_equal(sekisho_read32(f->device, 0, &value), 0);
	assert_int_equal(value, 0x494b4553);
}

static void closes_descriptors_nobody_asked_for(void **state)
{
	struct fixture *f = *state;
	unsigned int before = count_fds();
	uint32_t value;

	fake_server_fault(&f->server, FAULT_FDS, VFIO_USER_REGION_READ, 0, 5);
	assert_int_equal(sekisho_read32(f->device, 0, &value), 0);
	fake_server_fault(&f->server, FAULT_FDS, VFIO_USER_REGION_WRITE, 0, 1);
	assert_int_equal(sekisho_write32(f->device, 0xc, 0), 0);
	fake_server_fault(&f->server, FAULT_FDS, VFIO_USER_REGION_READ, 0, 30);
	assert_int_equal(sekisho_read32(f->device, 0, &value), 0);
	assert_int_equal(count_fds(), before);
}

/* The request's number is 16 bits wide. */
static void numbers_requests_past_65535(void **state)
{
	struct fixture *f = *state;
	unsigned int i;
	uint32_t value;

	for (i = 0; i < 66000; i++)
		if (sekisho_read32(f->device, 0, &value) || value != 0x494b4553)
			fail_msg("request %u", i);
}

/* --- 64 bits and threads ---------------------------------------------------------------------- */

static void reads_the_low_word_first(void **state)
{
	struct fixture *f = *state;
	uint64_t value;

	f->server.registers[0x2000 / 4] = 0xffffffff;
	f->server.registers[0x2004 / 4] = 5;
	f->server.latch = 99;
	assert_int_equal(sekisho_read64(f->device, 0x2000, &value), 0);
	assert_true(value == 0x5ffffffffull);
	/* The second half fails. */
	fake_server_fault(&f->server, FAULT_ERROR, VFIO_USER_REGION_READ, 1, EIO);
	assert_int_equal(sekisho_read64(f->device, 0x2000, &value), -EIO);
}

struct reader {
	struct sekisho_device *device;
	uint32_t offset;
	uint64_t expected;
	unsigned int wrong;
};

static void *read_often(void *context)
{
	struct reader *reader = context;
	unsigned int i;

	for (i = 0; i < 1000; i++) {
		uint64_t value;

		if (sekisho_read64(reader->device, reader->offset, &value) ||
		    value != reader->expected)
			reader->wrong++;
	}
	return NULL;
}

/* The card holds one high word: two threads must not mix their halves. */
static void keeps_64_bit_reads_of_threads_apart(void **state)
{
	struct fixture *f = *state;
	struct reader readers[3];
	pthread_t threads[3];
	unsigned int i;

	for (i = 0; i < 3; i++) {
		uint32_t offset = 0x2000 + 8 * i;

		f->server.registers[offset / 4] = i + 1;
		f->server.registers[offset / 4 + 1] = i + 1;
		readers[i] = (struct reader){ f->device, offset, (i + 1) * 0x100000001ull, 0 };
		assert_int_equal(pthread_create(&threads[i], NULL, read_often, &readers[i]), 0);
	}
	for (i = 0; i < 3; i++) {
		pthread_join(threads[i], NULL);
		assert_int_equal(readers[i].wrong, 0);
	}
}

/* --- registers by name ------------------------------------------------------------------------ */

static void finds_registers_by_name(void **state)
{
	struct fixture *f = *state;
	struct sekisho_register reg, at;
	uint32_t last = 0;
	unsigned int i;

	assert_int_equal(sekisho_register_find(f->device, "rx_queue[3].control", &reg), 0);
	assert_int_equal(reg.offset, SEKISHO_NETWORK_RX_QUEUE_CONTROL(3));
	assert_true(reg.readable && reg.writable);
	assert_int_equal(sekisho_register_find(f->device, "identification.magic", &reg), 0);
	assert_int_equal(reg.offset, 0);
	assert_true(reg.readable && !reg.writable);
	assert_int_equal(sekisho_register_find(f->device, "rx_queue[4].control", &reg), -ENOENT);
	assert_int_equal(sekisho_register_find(f->device, "", &reg), -ENOENT);
	assert_int_equal(sekisho_register_find(f->device, "port[0].control", &reg), -ENOENT);

	for (i = 0; !sekisho_register_at(f->device, i, &at); i++) {
		assert_true(!i || at.offset > last);
		last = at.offset;
		assert_int_equal(sekisho_register_find(f->device, at.name, &reg), 0);
		assert_int_equal(reg.offset, at.offset);
	}
	assert_true(i > 200);
	assert_int_equal(sekisho_register_at(f->device, ~0u, &at), -ENOENT);
}

static void knows_the_management_registers(void **state)
{
	struct fixture *f = *state;
	struct sekisho_register reg;

	assert_int_equal(sekisho_register_find(f->device, "port[1].control", &reg), 0);
	assert_int_equal(reg.offset, SEKISHO_MANAGEMENT_PORT_CONTROL(1));
	assert_int_equal(sekisho_register_find(f->device, "rx_queue[0].control", &reg), -ENOENT);
}

static void knows_nothing_of_another_kind(void **state)
{
	struct fixture *f = fixture_create(SEKISHO_BLACK_BOX);
	struct sekisho_register reg;

	(void)state;
	fixture_start(f);
	assert_int_equal(fixture_open(f), 0);
	assert_int_equal(sekisho_register_at(f->device, 0, &reg), -ENOENT);
	assert_int_equal(sekisho_register_find(f->device, "control", &reg), -ENOENT);
	assert_int_equal(sekisho_counter_count(f->device), 0);
	fixture_destroy(f);
}

/* --- removal ----------------------------------------------------------------------------------- */

static void shows_removal_only_when_gone(void **state)
{
	struct fixture *f = *state;
	struct epoll_event event = { .events = EPOLLIN | EPOLLPRI | EPOLLRDHUP | EPOLLHUP };
	int outer = epoll_create1(0); /* an application's own, as DPDK's interrupt thread has it */
	unsigned int i;
	uint32_t value;

	assert_int_equal(epoll_ctl(outer, EPOLL_CTL_ADD, sekisho_removal_fd(f->device), &event), 0);
	for (i = 0; i < 1000; i++) {
		assert_int_equal(sekisho_read32(f->device, 0, &value), 0);
		assert_int_equal(epoll_wait(outer, &event, 1, 0), 0);
		assert_false(removal_shows(f));
	}
	/* A reply that waits in the socket is not a removal either. */
	fake_server_fault(&f->server, FAULT_FDS, VFIO_USER_REGION_READ, 0, 0);
	assert_false(sekisho_removed(f->device));

	fake_server_hang_up(&f->server);
	assert_int_equal(epoll_wait(outer, &event, 1, 2000), 1);
	assert_true(event.events & (EPOLLIN | EPOLLHUP));
	assert_gone(f);
	close(outer);
}

/* The watcher is asleep when the simulator ends; a late reply lies unread in the socket. */
static void wakes_whoever_waits_for_the_removal(void **state)
{
	struct fixture *f = fixture_create(SEKISHO_NETWORK);
	struct pollfd entry = { .events = POLLIN };
	uint32_t value;

	(void)state;
	f->options.timeout_ms = SHORT_TIMEOUT;
	fixture_start(f);
	assert_int_equal(fixture_open(f), 0);
	fake_server_fault(&f->server, FAULT_LATE, VFIO_USER_REGION_READ, 0, 2 * SHORT_TIMEOUT);
	assert_int_equal(sekisho_read32(f->device, 0, &value), -ETIMEDOUT);
	entry.fd = sekisho_removal_fd(f->device);
	assert_int_equal(poll(&entry, 1, 3 * SHORT_TIMEOUT), 0); /* the reply has come by now */
	fake_server_hang_up(&f->server);
	assert_int_equal(poll(&entry, 1, 2000), 1);
	assert_gone(f);
	fixture_destroy(f);
}

static void *hang_up_soon(void *context)
{
	usleep(100000);
	fake_server_hang_up(context);
	return NULL;
}

static void ends_a_waiting_call_when_the_device_goes(void **state)
{
	struct fixture *f = *state;
	uint64_t start = now_ms();
	pthread_t thread;
	uint32_t value;

	fake_server_fault(&f->server, FAULT_SILENT, VFIO_USER_REGION_READ, 0, 0);
	assert_int_equal(pthread_create(&thread, NULL, hang_up_soon, &f->server), 0);
	assert_int_equal(sekisho_read32(f->device, 0, &value), -ENODEV);
	assert_true(now_ms() - start < 3000);
	pthread_join(thread, NULL);
	assert_gone(f);
}

static void can_be_opened_again_after_a_removal(void **state)
{
	struct fixture *f = *state;
	uint32_t value;

	fake_server_hang_up(&f->server);
	while (!sekisho_removed(f->device))
		usleep(1000);
	sekisho_close(f->device);
	f->device = NULL;
	assert_int_equal(fixture_open(f), 0);
	assert_int_equal(sekisho_read32(f->device, 0, &value), 0);
	assert_int_equal(f->server.clients, 2);
}

/* --- memory ------------------------------------------------------------------------------------ */

static void maps_memory(void **state)
{
	struct fixture *f = *state;
	int memory = memfd_create("memory", MFD_CLOEXEC);
	unsigned int fds = count_fds();
	struct stat status;
	const struct fake_map *map = f->server.maps;

	assert_int_equal(ftruncate(memory, 0x100000), 0);
	assert_int_equal(fstat(memory, &status), 0);
	assert_int_equal(
		sekisho_dma_map(f->device, 0x7f0000000000, 0x80000, memory, 0x40000, false), 0);
	assert_int_equal(sekisho_dma_map(f->device, 0x1000, 0x1000, memory, 0, true), 0);
	assert_int_equal(f->server.map_count, 2);
	assert_true(map[0].address == 0x7f0000000000 && map[0].size == 0x80000);
	assert_int_equal(map[0].offset, 0x40000);
	assert_int_equal(map[0].flags, 3);
	assert_int_equal(map[0].inode, status.st_ino);
	assert_int_equal(map[1].flags, 1);
	/* The descriptor stays the caller's. */
	assert_int_equal(fcntl(memory, F_GETFD) >= 0, 1);
	assert_int_equal(count_fds(), fds);

	assert_int_equal(sekisho_dma_unmap(f->device, 0x1000, 0x1000), 0);
	assert_int_equal(f->server.map_count, 1);
	close(memory);
}

static void refuses_bad_maps(void **state)
{
	struct fixture *f = *state;
	int fd = f->server.file;

	assert_int_equal(sekisho_dma_map(f->device, 0, 0, fd, 0, false), -EINVAL);
	assert_int_equal(sekisho_dma_map(f->device, ~0ull - 0xffe, 0x1000, fd, 0, false), -EINVAL);
	assert_int_equal(sekisho_dma_map(f->device, 0, 0x1000, fd, ~0ull - 0xffe, false), -EINVAL);
	assert_int_equal(sekisho_dma_map(f->device, 0, 0x1000, -1, 0, false), -EINVAL);
	assert_int_equal(sekisho_dma_map(f->device, 0, 0x1000, 9999, 0, false), -EBADF);
	assert_int_equal(f->server.commands[VFIO_USER_DMA_MAP], 0);
	/* The last page of the address space is a page like others. */
	assert_int_equal(sekisho_dma_map(f->device, ~0ull - 0xfff, 0x1000, fd, 0, false), 0);
}

static void refuses_overlapping_maps(void **state)
{
	static const uint64_t rows[][2] = { { 0x10000, 0x4000 }, { 0xf000, 0x2000 },
					    { 0x13000, 0x2000 }, { 0x11000, 0x1000 },
					    { 0xf000, 0x6000 },	 { 0xf000, 0x1001 },
					    { 0x13fff, 1 } };
	struct fixture *f = *state;
	int fd = f->server.file;
	unsigned int i;

	assert_int_equal(sekisho_dma_map(f->device, 0x10000, 0x4000, fd, 0, false), 0);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(sekisho_dma_map(f->device, rows[i][0], rows[i][1], fd, 0, false),
				 -EEXIST);
	assert_int_equal(sekisho_dma_map(f->device, 0xf000, 0x1000, fd, 0, false), 0);
	assert_int_equal(sekisho_dma_map(f->device, 0x14000, 0x1000, fd, 0, false), 0);
	assert_int_equal(f->server.map_count, 3);
}

static void unmaps_what_was_mapped(void **state)
{
	struct fixture *f = *state;
	int fd = f->server.file;

	assert_int_equal(sekisho_dma_map(f->device, 0x10000, 0x4000, fd, 0, false), 0);
	assert_int_equal(sekisho_dma_unmap(f->device, 0x10000, 0x1000), -ENOENT);
	assert_int_equal(sekisho_dma_unmap(f->device, 0x20000, 0x4000), -ENOENT);
	assert_int_equal(f->server.commands[VFIO_USER_DMA_UNMAP], 0);
	/* An unmap that the device refuses leaves the range in use. */
	fake_server_fault(&f->server, FAULT_ERROR, VFIO_USER_DMA_UNMAP, 0, EBUSY);
	assert_int_equal(sekisho_dma_unmap(f->device, 0x10000, 0x4000), -EBUSY);
	assert_int_equal(sekisho_dma_map(f->device, 0x10000, 0x4000, fd, 0, false), -EEXIST);
	assert_int_equal(sekisho_dma_unmap(f->device, 0x10000, 0x4000), 0);
	assert_int_equal(sekisho_dma_unmap(f->device, 0x10000, 0x4000), -ENOENT);
	assert_int_equal(sekisho_dma_map(f->device, 0x10000, 0x4000, fd, 0, false), 0);
	/* A map that the device refuses is none. */
	fake_server_fault(&f->server, FAULT_ERROR, VFIO_USER_DMA_MAP, 0, ENOSPC);
	assert_int_equal(sekisho_dma_map(f->device, 0x90000, 0x1000, fd, 0, false), -ENOSPC);
	assert_int_equal(sekisho_dma_unmap(f->device, 0x90000, 0x1000), -ENOENT);
}

static void frees_the_ranges_of_a_device_that_is_gone(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(sekisho_dma_map(f->device, 0x10000, 0x4000, f->server.file, 0, false), 0);
	fake_server_hang_up(&f->server);
	while (!sekisho_removed(f->device))
		usleep(1000);
	assert_int_equal(sekisho_dma_unmap(f->device, 0x10000, 0x4000), -ENODEV);
}

static void unmaps_everything_when_closed(void **state)
{
	struct fixture *f = *state;
	unsigned int i;

	for (i = 0; i < 40; i++)
		assert_int_equal(sekisho_dma_map(f->device, 0x10000 * (i + 1), 0x1000,
						 f->server.file, 0, false),
				 0);
	assert_int_equal(sekisho_dma_unmap(f->device, 0x10000, 0x1000), 0);
	assert_int_equal(f->server.commands[VFIO_USER_DMA_UNMAP], 1);
	sekisho_close(f->device);
	f->device = NULL;
	assert_int_equal(f->server.commands[VFIO_USER_DMA_UNMAP], 40);
}

/* --- interrupts -------------------------------------------------------------------------------- */

static void connects_vectors_to_eventfds(void **state)
{
	struct fixture *f = *state;
	int event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	uint64_t value = 3;

	assert_int_equal(sekisho_vector_eventfd(f->device, 8, event), 0);
	assert_true(f->server.eventfds[8] >= 0);
	assert_int_equal(write(f->server.eventfds[8], &value, 8), 8);
	value = 0;
	assert_int_equal(read(event, &value, 8), 8);
	assert_int_equal(value, 3);
	assert_int_equal(sekisho_vector_eventfd(f->device, 8, -1), 0);
	assert_int_equal(f->server.eventfds[8], -1);
	assert_int_equal(sekisho_vector_eventfd(f->device, 9, event), -EINVAL);
	assert_int_equal(sekisho_vector_eventfd(f->device, 0, -2), -EINVAL);
	assert_int_equal(sekisho_vector_eventfd(f->device, 0, 9999), -EBADF);
	assert_int_equal(f->server.eventfds[0], -1);
	close(event);
}

static void has_no_vectors_without_msix(void **state)
{
	struct fixture *f = fixture_create(SEKISHO_NETWORK);

	(void)state;
	f->server.irqs = 2;
	fixture_start(f);
	assert_int_equal(fixture_open(f), 0);
	assert_int_equal(sekisho_vectors(f->device), 0);
	assert_int_equal(sekisho_vector_eventfd(f->device, 0, -1), -EINVAL);
	fixture_destroy(f);
}

#define NETWORK_TEST(name) cmocka_unit_test_setup_teardown(name, setup_network, teardown)
#define MANAGEMENT_TEST(name) cmocka_unit_test_setup_teardown(name, setup_management, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		NETWORK_TEST(opens_a_network_function),
		MANAGEMENT_TEST(opens_the_management_function),
		NETWORK_TEST(offers_the_oldest_protocol_and_enables_the_function),
		cmocka_unit_test(accepts_protocol_0_1_and_a_newer_map_minor),
		cmocka_unit_test(works_without_options_and_log),
		cmocka_unit_test(refuses_what_is_no_uri),
		cmocka_unit_test(says_why_it_cannot_connect),
		cmocka_unit_test(gives_up_on_a_server_that_does_not_accept),
		cmocka_unit_test(refuses_what_is_not_a_sekisho),
		cmocka_unit_test(survives_every_fault_while_opening),
		cmocka_unit_test(survives_every_flipped_bit_while_opening),
		cmocka_unit_test(refuses_short_replies_while_opening),
		NETWORK_TEST(maps_the_doorbell_page),
		cmocka_unit_test(reads_the_sparse_areas),
		NETWORK_TEST(reads_and_writes_registers),
		NETWORK_TEST(refuses_bad_offsets),
		NETWORK_TEST(passes_the_device_s_error_on),
		NETWORK_TEST(goes_on_after_an_answer_without_sense),
		cmocka_unit_test(ends_a_connection_that_is_out_of_step),
		cmocka_unit_test(times_out_and_goes_on),
		cmocka_unit_test(drops_late_replies),
		NETWORK_TEST(refuses_the_device_s_own_requests),
		NETWORK_TEST(puts_replies_together_from_single_bytes),
		NETWORK_TEST(closes_descriptors_nobody_asked_for),
		NETWORK_TEST(numbers_requests_past_65535),
		NETWORK_TEST(reads_the_low_word_first),
		NETWORK_TEST(keeps_64_bit_reads_of_threads_apart),
		NETWORK_TEST(finds_registers_by_name),
		MANAGEMENT_TEST(knows_the_management_registers),
		cmocka_unit_test(knows_nothing_of_another_kind),
		NETWORK_TEST(shows_removal_only_when_gone),
		cmocka_unit_test(wakes_whoever_waits_for_the_removal),
		NETWORK_TEST(ends_a_waiting_call_when_the_device_goes),
		NETWORK_TEST(can_be_opened_again_after_a_removal),
		NETWORK_TEST(maps_memory),
		NETWORK_TEST(refuses_bad_maps),
		NETWORK_TEST(refuses_overlapping_maps),
		NETWORK_TEST(unmaps_what_was_mapped),
		NETWORK_TEST(frees_the_ranges_of_a_device_that_is_gone),
		NETWORK_TEST(unmaps_everything_when_closed),
		NETWORK_TEST(connects_vectors_to_eventfds),
		cmocka_unit_test(has_no_vectors_without_msix),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("device", tests, NULL, NULL) ? 1 : 0;
}
