/* SPDX-License-Identifier: BSD-3-Clause */

/* Queues, settings, RSS and reset of a network function. */

#include "common.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>

static const struct sekisho_queue_config good = { 0x123456780080, 0xfedcba987f80, 256, 7 };

static uint32_t *reg(struct fixture *f, uint32_t offset)
{
	return &f->server.registers[offset / 4];
}

static void starts_a_receive_queue(void **state)
{
	struct fixture *f = *state;
	const struct fake_server *s = &f->server;

	assert_int_equal(sekisho_rx_queue_start(f->device, 2, &good), 0);
	assert_int_equal(*reg(f, SEKISHO_NETWORK_RX_QUEUE_CONFIG(2)), 8 | 7 << 8);
	assert_int_equal(*reg(f, SEKISHO_NETWORK_RX_QUEUE_RING_LO(2)), 0x56780080);
	assert_int_equal(*reg(f, SEKISHO_NETWORK_RX_QUEUE_RING_HI(2)), 0x1234);
	assert_int_equal(*reg(f, SEKISHO_NETWORK_RX_QUEUE_COMPLETION_LO(2)), 0xba987f80);
	assert_int_equal(*reg(f, SEKISHO_NETWORK_RX_QUEUE_COMPLETION_HI(2)), 0xfedc);
	assert_int_equal(*reg(f, SEKISHO_NETWORK_RX_QUEUE_CONTROL(2)), 1);
	/* The queue must not run before it knows where. */
	assert_int_equal(s->writes[s->write_count - 1].offset, SEKISHO_NETWORK_RX_QUEUE_CONTROL(2));
	assert_int_equal(*reg(f, SEKISHO_NETWORK_RX_QUEUE_CONTROL(1)), 0);
	assert_int_equal(*reg(f, SEKISHO_NETWORK_TX_QUEUE_CONTROL(2)), 0);
}

static void starts_a_transmit_queue(void **state)
{
	struct fixture *f = *state;
	struct sekisho_queue_config config = { 0, 0x80, 4096, 8 };

	assert_int_equal(sekisho_tx_queue_start(f->device, 0, &config), 0);
	assert_int_equal(*reg(f, SEKISHO_NETWORK_TX_QUEUE_CONFIG(0)), 12 | 8 << 8);
	assert_int_equal(*reg(f, SEKISHO_NETWORK_TX_QUEUE_COMPLETION_LO(0)), 0x80);
	assert_int_equal(*reg(f, SEKISHO_NETWORK_TX_QUEUE_CONTROL(0)), 1);
	assert_int_equal(*reg(f, SEKISHO_NETWORK_RX_QUEUE_CONTROL(0)), 0);
	config.size = 8;
	assert_int_equal(sekisho_tx_queue_start(f->device, 3, &config), 0);
	assert_int_equal(*reg(f, SEKISHO_NETWORK_TX_QUEUE_CONFIG(3)), 3 | 8 << 8);
}

/* What an earlier run left in the doorbells must not count for the new one. */
static void clears_the_doorbells_before_the_start(void **state)
{
	struct fixture *f = *state;
	volatile uint32_t *page = sekisho_doorbells(f->device);
	const struct fake_server *s = &f->server;
	unsigned int i, cleared = 0;

	page[0x40 / 4] = 1234; /* tail of receive queue 1 */
	page[0x44 / 4] = 0x80000007; /* its arm */
	page[0x840 / 4] = 99; /* tail of transmit queue 1 */
	page[0] = 55; /* another queue's */
	assert_int_equal(sekisho_rx_queue_start(f->device, 1, &good), 0);
	assert_int_equal(page[0x40 / 4], 0);
	assert_int_equal(page[0x44 / 4], 0);
	assert_int_equal(page[0x840 / 4], 99);
	assert_int_equal(page[0], 55);
	for (i = 0; i < s->write_count; i++) {
		if (s->writes[i].offset == SEKISHO_NETWORK_RX_QUEUE_CONTROL(1))
			break;
		if (s->writes[i].offset == SEKISHO_NETWORK_RX_DOORBELL_TAIL(1) ||
		    s->writes[i].offset == SEKISHO_NETWORK_RX_DOORBELL_ARM(1)) {
			assert_int_equal(s->writes[i].value, 0);
			cleared++;
		}
	}
	assert_int_equal(cleared, 2);
	assert_int_equal(sekisho_tx_queue_start(f->device, 1, &good), 0);
	assert_int_equal(page[0x840 / 4], 0);
}

static void refuses_bad_queues(void **state)
{
	static const struct sekisho_queue_config rows[] = {
		{ 0x1040, 0x2000, 64, 0 },   { 0x1001, 0x2000, 64, 0 }, { 0x1000, 0x2040, 64, 0 },
		{ 0x1000, 0x2000, 0, 0 },    { 0x1000, 0x2000, 4, 0 },	{ 0x1000, 0x2000, 12, 0 },
		{ 0x1000, 0x2000, 8192, 0 }, { 0x1000, 0x2000, 64, 9 }, { 0x1000, 0x2000, 64, 256 },
	};
	struct fixture *f = *state;
	unsigned int i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(sekisho_rx_queue_start(f->device, 0, &rows[i]), -EINVAL);
		assert_int_equal(sekisho_tx_queue_start(f->device, 0, &rows[i]), -EINVAL);
	}
	assert_int_equal(sekisho_rx_queue_start(f->device, 0, NULL), -EINVAL);
	assert_int_equal(sekisho_rx_queue_start(f->device, 4, &good), -EINVAL);
	assert_int_equal(sekisho_tx_queue_start(f->device, 4, &good), -EINVAL);
	assert_int_equal(sekisho_rx_queue_stop(f->device, 4), -EINVAL);
	assert_int_equal(sekisho_tx_queue_stop(f->device, 4), -EINVAL);
	assert_int_equal(f->server.write_count, 0);
}

static void refuses_to_start_a_running_queue(void **state)
{
	struct fixture *f = *state;
	struct sekisho_queue_config other = good;

	other.ring = 0x8000;
	assert_int_equal(sekisho_rx_queue_start(f->device, 0, &good), 0);
	assert_int_equal(sekisho_rx_queue_start(f->device, 0, &other), -EBUSY);
	assert_int_equal(*reg(f, SEKISHO_NETWORK_RX_QUEUE_RING_LO(0)), 0x56780080);
	/* One that was disabled but still has something in flight is not free either. */
	*reg(f, SEKISHO_NETWORK_TX_QUEUE_STATUS(1)) = 1;
	f->server.left[1][1] = ~0u;
	assert_int_equal(sekisho_tx_queue_start(f->device, 1, &other), -EBUSY);
	f->server.left[1][1] = 0;
	assert_int_equal(sekisho_tx_queue_start(f->device, 1, &other), 0);
}

static void stops_a_queue_and_waits(void **state)
{
	struct fixture *f = *state;
	unsigned int reads;

	f->server.active_reads = 25;
	assert_int_equal(sekisho_rx_queue_start(f->device, 3, &good), 0);
	reads = f->server.commands[VFIO_USER_REGION_READ];
	assert_int_equal(sekisho_rx_queue_stop(f->device, 3), 0);
	assert_int_equal(*reg(f, SEKISHO_NETWORK_RX_QUEUE_CONTROL(3)), 0);
	assert_int_equal(*reg(f, SEKISHO_NETWORK_RX_QUEUE_STATUS(3)) & 1, 0);
	assert_int_equal(f->server.commands[VFIO_USER_REGION_READ] - reads, 26);
	/* Once more does no harm, and it can start again. */
	assert_int_equal(sekisho_rx_queue_stop(f->device, 3), 0);
	assert_int_equal(sekisho_rx_queue_start(f->device, 3, &good), 0);
	assert_int_equal(sekisho_tx_queue_start(f->device, 3, &good), 0);
	assert_int_equal(sekisho_tx_queue_stop(f->device, 3), 0);
	assert_int_equal(*reg(f, SEKISHO_NETWORK_RX_QUEUE_CONTROL(3)), 1);
}

static void gives_up_on_a_queue_that_does_not_rest(void **state)
{
	struct fixture *f = fixture_create(SEKISHO_NETWORK);
	uint64_t start;

	(void)state;
	f->options.timeout_ms = 100;
	f->server.active_reads = ~0u;
	fixture_start(f);
	assert_int_equal(fixture_open(f), 0);
	assert_int_equal(sekisho_tx_queue_start(f->device, 1, &good), 0);
	start = now_ms();
	assert_int_equal(sekisho_tx_queue_stop(f->device, 1), -ETIMEDOUT);
	assert_in_range(now_ms() - start, 95, 3000);
	assert_int_not_equal(f->messages[SEKISHO_LOG_ERROR], 0);
	assert_int_equal(sekisho_reset(f->device), -ETIMEDOUT);
	f->server.active_reads = 0;
	assert_int_equal(sekisho_tx_queue_stop(f->device, 1), 0);
	fixture_destroy(f);
}

static void reports_errors_in_the_middle_of_a_start(void **state)
{
	struct fixture *f = *state;
	unsigned int i;

	/* Two reads, two doorbells, six settings: each of the eight writes fails once. */
	for (i = 0; i < 8; i++) {
		fake_server_fault(&f->server, FAULT_ERROR, VFIO_USER_REGION_WRITE, i, EIO);
		assert_int_equal(sekisho_rx_queue_start(f->device, 0, &good), -EIO);
		assert_int_equal(*reg(f, SEKISHO_NETWORK_RX_QUEUE_CONTROL(0)), 0);
	}
	for (i = 0; i < 2; i++) {
		fake_server_fault(&f->server, FAULT_ERROR, VFIO_USER_REGION_READ, i, EIO);
		assert_int_equal(sekisho_rx_queue_start(f->device, 0, &good), -EIO);
	}
	assert_int_equal(sekisho_rx_queue_start(f->device, 0, &good), 0);
}

static void resets_the_function(void **state)
{
	struct fixture *f = *state;
	unsigned int queue;

	f->server.active_reads = 3;
	for (queue = 0; queue < 4; queue++) {
		assert_int_equal(sekisho_rx_queue_start(f->device, queue, &good), 0);
		assert_int_equal(sekisho_tx_queue_start(f->device, queue, &good), 0);
	}
	assert_int_equal(sekisho_reset(f->device), 0);
	for (queue = 0; queue < 4; queue++) {
		assert_int_equal(*reg(f, SEKISHO_NETWORK_RX_QUEUE_STATUS(queue)) & 1, 0);
		assert_int_equal(*reg(f, SEKISHO_NETWORK_TX_QUEUE_STATUS(queue)) & 1, 0);
		assert_int_equal(sekisho_rx_queue_start(f->device, queue, &good), 0);
	}
	assert_int_equal(f->server.commands[VFIO_USER_DEVICE_RESET], 0);
}

static void resets_another_kind_by_its_transport(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(sekisho_reset(f->device), 0);
	assert_int_equal(f->server.commands[VFIO_USER_DEVICE_RESET], 1);
	assert_int_equal(f->server.write_count, 0);
	sekisho_close(f->device);
	f->device = NULL;
	f->server.device_flags = 2; /* PCI, without reset */
	assert_int_equal(fixture_open(f), 0);
	assert_int_equal(sekisho_reset(f->device), -ENOTSUP);
}

static void sets_and_clears_control_bits(void **state)
{
	struct fixture *f = *state;
	uint32_t *control = reg(f, SEKISHO_NETWORK_CONTROL);

	*control = SEKISHO_NETWORK_CONTROL_DROP_BAD_IP_MASK;
	assert_int_equal(sekisho_control(f->device,
					 SEKISHO_NETWORK_CONTROL_RX_ENABLE_MASK |
						 SEKISHO_NETWORK_CONTROL_PROMISCUOUS_MASK,
					 SEKISHO_NETWORK_CONTROL_DROP_BAD_IP_MASK),
			 0);
	assert_int_equal(*control, 0x5);
	assert_int_equal(sekisho_control(f->device, 0, SEKISHO_NETWORK_CONTROL_PROMISCUOUS_MASK),
			 0);
	assert_int_equal(*control, 0x1);
	assert_int_equal(sekisho_control(f->device, 0x80, 0), -EINVAL);
	assert_int_equal(sekisho_control(f->device, 0, 0x80000000), -EINVAL);
	assert_int_equal(sekisho_control(f->device, 3, 1), -EINVAL);
	assert_int_equal(*control, 0x1);
}

struct toggler {
	struct sekisho_device *device;
	uint32_t bit;
	unsigned int failed;
};

static void *toggle(void *context)
{
	struct toggler *toggler = context;
	unsigned int i;

	for (i = 0; i < 301; i++)
		toggler->failed += !!sekisho_control(toggler->device, i % 2 ? 0 : toggler->bit,
						     i % 2 ? toggler->bit : 0);
	return NULL;
}

static void loses_no_control_bit_between_threads(void **state)
{
	struct fixture *f = *state;
	struct toggler togglers[4];
	pthread_t threads[4];
	unsigned int i;

	for (i = 0; i < 4; i++) {
		togglers[i] = (struct toggler){ f->device, 1u << i, 0 };
		assert_int_equal(pthread_create(&threads[i], NULL, toggle, &togglers[i]), 0);
	}
	for (i = 0; i < 4; i++) {
		pthread_join(threads[i], NULL);
		assert_int_equal(togglers[i].failed, 0);
	}
	assert_int_equal(*reg(f, SEKISHO_NETWORK_CONTROL), 0xf); /* each ended with its bit set */
}

static void keeps_the_station_address(void **state)
{
	static const uint8_t address[6] = { 0x02, 0x11, 0x22, 0xf3, 0x44, 0x55 };
	static const uint8_t multicast[6] = { 0x01, 0, 0x5e, 0, 0, 1 }, zero[6];
	struct fixture *f = *state;
	uint8_t read[6];

	assert_int_equal(sekisho_mac_set(f->device, address), 0);
	assert_int_equal(*reg(f, SEKISHO_NETWORK_MAC_LO), 0xf3221102);
	assert_int_equal(*reg(f, SEKISHO_NETWORK_MAC_HI), 0x5544);
	assert_int_equal(sekisho_mac_set(f->device, multicast), -EINVAL);
	assert_int_equal(sekisho_mac_set(f->device, zero), -EINVAL);
	assert_int_equal(sekisho_mac_get(f->device, read), 0);
	assert_memory_equal(read, address, 6);
}

static void keeps_address_filters(void **state)
{
	static const uint8_t unicast[6] = { 0x02, 0x11, 0x22, 0xf3, 0x44, 0xf5 };
	static const uint8_t multicast[6] = { 0x33, 0x33, 0, 0, 0, 1 };
	struct fixture *f = *state;
	const struct fake_server *s = &f->server;
	uint8_t read[6];
	bool valid;

	assert_int_equal(sekisho_mac_filter_set(f->device, 0, unicast), 0);
	assert_int_equal(sekisho_mac_filter_set(f->device, 7, multicast), 0);
	assert_int_equal(*reg(f, SEKISHO_NETWORK_MAC_FILTER_LO(0)), 0xf3221102);
	assert_int_equal(*reg(f, SEKISHO_NETWORK_MAC_FILTER_HI(0)), 0x8000f544);
	assert_int_equal(*reg(f, SEKISHO_NETWORK_MAC_FILTER_LO(7)), 0x00003333);
	assert_int_equal(*reg(f, SEKISHO_NETWORK_MAC_FILTER_HI(7)), 0x80000100);
	/* While it changes it takes nothing. */
	assert_int_equal(s->writes[0].offset, SEKISHO_NETWORK_MAC_FILTER_HI(0));
	assert_int_equal(s->writes[0].value, 0);
	assert_int_equal(s->writes[2].offset, SEKISHO_NETWORK_MAC_FILTER_HI(0));
	assert_int_equal(sekisho_mac_filter_get(f->device, 0, read, &valid), 0);
	assert_true(valid);
	assert_memory_equal(read, unicast, 6);
	assert_int_equal(sekisho_mac_filter_set(f->device, 0, NULL), 0);
	assert_int_equal(sekisho_mac_filter_get(f->device, 0, read, &valid), 0);
	assert_false(valid);
	assert_int_equal(sekisho_mac_filter_set(f->device, 8, unicast), -EINVAL);
	assert_int_equal(sekisho_mac_filter_get(f->device, 8, read, &valid), -EINVAL);
}

#define RULE_WORDS (sizeof(struct sekisho_flow_rule) / sizeof(uint32_t))
/* What is written of a rule: not what is reserved, nor words 39 and 40, a meter's, which other rules may use. */
static const uint8_t written[] = { 0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10,
				   11, 12, 16, 17, 18, 19, 20, 21, 22, 23, 24,
				   25, 26, 27, 28, 32, 33, 34, 35, 36, 37, 38 };
#define WRITTEN_WORDS sizeof(written)

static void sets_flow_rules(void **state)
{
	struct fixture *f = *state;
	const struct fake_server *s = &f->server;
	struct sekisho_flow_rule rule;
	uint32_t words[RULE_WORDS];
	uint64_t packets, bytes;
	unsigned int i;

	for (i = 0; i < RULE_WORDS; i++)
		words[i] = 0x87654300 + i;
	memcpy(&rule, words, sizeof(rule));
	*reg(f, SEKISHO_NETWORK_FLOW_ENABLE) = 0x88;
	assert_int_equal(sekisho_flow_rule_set(f->device, 3, &rule), 0);
	/* While its words change it is disabled, the others are not. */
	assert_int_equal(s->write_count, WRITTEN_WORDS + 2);
	assert_int_equal(s->writes[0].offset, SEKISHO_NETWORK_FLOW_ENABLE);
	assert_int_equal(s->writes[0].value, 0x80);
	for (i = 0; i < WRITTEN_WORDS; i++) {
		assert_int_equal(s->writes[1 + i].offset, 0x4000 + 3 * 256 + 4 * written[i]);
		assert_int_equal(s->writes[1 + i].value, words[written[i]]);
	}
	assert_int_equal(s->writes[1 + i].offset, SEKISHO_NETWORK_FLOW_ENABLE);
	assert_int_equal(s->writes[1 + i].value, 0x88);
	assert_int_equal(sekisho_flow_rule_set(f->device, 7, NULL), 0);
	assert_int_equal(*reg(f, SEKISHO_NETWORK_FLOW_ENABLE), 8);
	assert_int_equal(s->write_count, WRITTEN_WORDS + 3);
	assert_int_equal(sekisho_flow_rule_set(f->device, 8, &rule), -EINVAL);
	assert_int_equal(s->write_count, WRITTEN_WORDS + 3);

	*reg(f, SEKISHO_NETWORK_FLOW_STATISTICS_PACKETS_LO(7)) = 5;
	*reg(f, SEKISHO_NETWORK_FLOW_STATISTICS_PACKETS_HI(7)) = 1;
	*reg(f, SEKISHO_NETWORK_FLOW_STATISTICS_BYTES_LO(7)) = 300;
	assert_int_equal(sekisho_flow_count_get(f->device, 7, &packets, &bytes), 0);
	assert_int_equal(packets, UINT64_C(0x100000005));
	assert_int_equal(bytes, 300);
	assert_int_equal(sekisho_flow_count_get(f->device, 8, &packets, &bytes), -EINVAL);
}

/* A rule that is not there in whole must not be enabled. */
static void reports_errors_in_the_middle_of_a_flow_rule(void **state)
{
	struct fixture *f = *state;
	const struct sekisho_flow_rule rule = { .action = 1 };
	uint64_t packets, bytes;
	unsigned int i;

	*reg(f, SEKISHO_NETWORK_FLOW_ENABLE) = 0x80;
	for (i = 0; i < WRITTEN_WORDS + 2; i++) {
		fake_server_fault(&f->server, FAULT_ERROR, VFIO_USER_REGION_WRITE, i, EIO);
		assert_int_equal(sekisho_flow_rule_set(f->device, 3, &rule), -EIO);
		assert_int_equal(*reg(f, SEKISHO_NETWORK_FLOW_ENABLE), 0x80);
	}
	f->server.write_count = 0;
	fake_server_fault(&f->server, FAULT_ERROR, VFIO_USER_REGION_READ, 0, EIO);
	assert_int_equal(sekisho_flow_rule_set(f->device, 3, &rule), -EIO);
	assert_int_equal(f->server.write_count, 0);
	/* The low and the high word of packets, then those of bytes. */
	for (i = 0; i < 4; i++) {
		fake_server_fault(&f->server, FAULT_ERROR, VFIO_USER_REGION_READ, i, EIO);
		assert_int_equal(sekisho_flow_count_get(f->device, 3, &packets, &bytes), -EIO);
	}
	assert_int_equal(sekisho_flow_rule_set(f->device, 3, &rule), 0);
	assert_int_equal(*reg(f, SEKISHO_NETWORK_FLOW_ENABLE), 0x88);
}

static void sets_meters(void **state)
{
	struct fixture *f = *state;
	const struct fake_server *s = &f->server;

	assert_int_equal(sekisho_flow_meter_set(f->device, 7, 0x12345678, 0xffffff), 0);
	assert_int_equal(s->write_count, 2);
	assert_int_equal(s->writes[0].offset, 0x4000 + 7 * 256 + 4 * 39);
	assert_int_equal(s->writes[0].value, 0x12345678);
	assert_int_equal(s->writes[1].offset, 0x4000 + 7 * 256 + 4 * 40);
	assert_int_equal(s->writes[1].value, 0xffffff);
	assert_int_equal(sekisho_flow_meter_set(f->device, 8, 1, 1), -EINVAL);
	assert_int_equal(sekisho_flow_meter_set(f->device, 0, 1, 0x1000000), -EINVAL);
	assert_int_equal(s->write_count, 2);
	for (unsigned int i = 0; i < 2; i++) {
		fake_server_fault(&f->server, FAULT_ERROR, VFIO_USER_REGION_WRITE, i, EIO);
		assert_int_equal(sekisho_flow_meter_set(f->device, 0, 1, 1), -EIO);
	}
}

static void chooses_the_event_vector(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(sekisho_event_set(f->device, 8, true), 0);
	assert_int_equal(*reg(f, SEKISHO_NETWORK_EVENT), 0x80000008);
	assert_int_equal(sekisho_event_set(f->device, 3, false), 0);
	assert_int_equal(*reg(f, SEKISHO_NETWORK_EVENT), 3);
	assert_int_equal(sekisho_event_set(f->device, 9, true), -EINVAL);
}

static void tells_errors_of_queues_and_the_time(void **state)
{
	struct fixture *f = *state;
	uint32_t value = 99;

	*reg(f, SEKISHO_NETWORK_RX_QUEUE_STATUS(1)) = 1 | SEKISHO_QUEUE_STATUS_RING_ERROR_MASK;
	*reg(f, SEKISHO_NETWORK_TX_QUEUE_STATUS(3)) = SEKISHO_QUEUE_STATUS_DOORBELL_ERROR_MASK;
	assert_int_equal(sekisho_rx_queue_error(f->device, 0, &value), 0);
	assert_int_equal(value, 0);
	assert_int_equal(sekisho_rx_queue_error(f->device, 1, &value), 0);
	assert_int_equal(value, SEKISHO_QUEUE_STATUS_RING_ERROR_MASK);
	assert_int_equal(sekisho_tx_queue_error(f->device, 3, &value), 0);
	assert_int_equal(value, SEKISHO_QUEUE_STATUS_DOORBELL_ERROR_MASK);
	assert_int_equal(sekisho_tx_queue_error(f->device, 4, &value), -EINVAL);
	*reg(f, SEKISHO_IDENTIFICATION_TIME) = 0xfffffff0;
	assert_int_equal(sekisho_time_get(f->device, &value), 0);
	assert_int_equal(value, 0xfffffff0);
}

static void bounds_the_longest_frame(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(sekisho_max_frame_set(f->device, 59), -EINVAL);
	assert_int_equal(sekisho_max_frame_set(f->device, 9729), -EINVAL);
	assert_int_equal(f->server.write_count, 0);
	assert_int_equal(sekisho_max_frame_set(f->device, 60), 0);
	assert_int_equal(sekisho_max_frame_set(f->device, 9728), 0);
	assert_int_equal(*reg(f, SEKISHO_NETWORK_MAX_FRAME), 9728);
}

static void reads_the_link(void **state)
{
	struct fixture *f = *state;
	unsigned int mbps = 1;
	bool up = true;

	assert_int_equal(sekisho_link_get(f->device, &up, &mbps), 0);
	assert_false(up);
	assert_int_equal(mbps, 0);
	*reg(f, SEKISHO_NETWORK_LINK) = 100000 << 8 | 1;
	assert_int_equal(sekisho_link_get(f->device, &up, &mbps), 0);
	assert_true(up);
	assert_int_equal(mbps, 100000);
}

static void sets_rss(void **state)
{
	struct fixture *f = *state;
	const struct fake_server *s = &f->server;
	uint8_t key[40], table[128];
	uint32_t types = 0x3f;
	unsigned int i;

	for (i = 0; i < 40; i++)
		key[i] = 0xa0 + i;
	for (i = 0; i < 128; i++)
		table[i] = i % 4;
	assert_int_equal(sekisho_rss_set(f->device, &types, key, table), 0);
	assert_int_equal(*reg(f, SEKISHO_NETWORK_RSS_KEY(0)), 0xa0a1a2a3);
	assert_int_equal(*reg(f, SEKISHO_NETWORK_RSS_KEY(9)), 0xc4c5c6c7);
	for (i = 0; i < 128; i++)
		assert_int_equal(*reg(f, SEKISHO_NETWORK_RSS_TABLE(i)), i % 4);
	assert_int_equal(*reg(f, SEKISHO_NETWORK_RSS_TYPES), 0x3f);
	assert_int_equal(s->writes[s->write_count - 1].offset, SEKISHO_NETWORK_RSS_TYPES);
	assert_int_equal(s->write_count, 10 + 128 + 1);

	types = 0;
	assert_int_equal(sekisho_rss_set(f->device, &types, NULL, NULL), 0);
	assert_int_equal(*reg(f, SEKISHO_NETWORK_RSS_KEY(0)), 0xa0a1a2a3);
	assert_int_equal(s->write_count, 10 + 128 + 2);
	assert_int_equal(sekisho_rss_set(f->device, NULL, NULL, NULL), 0);
	assert_int_equal(s->write_count, 10 + 128 + 2);
}

static void writes_no_part_of_a_wrong_rss_setting(void **state)
{
	struct fixture *f = *state;
	uint8_t key[40] = { 1 }, table[128] = { 0 };
	uint32_t types = 1;

	table[127] = 4;
	assert_int_equal(sekisho_rss_set(f->device, &types, key, table), -EINVAL);
	table[127] = 3;
	types = 0x40;
	assert_int_equal(sekisho_rss_set(f->device, &types, key, table), -EINVAL);
	assert_int_equal(f->server.write_count, 0);
}

static void is_not_for_other_kinds(void **state)
{
	struct fixture *f = *state;
	uint8_t mac[6] = { 2 };
	uint64_t packets, bytes;
	unsigned int mbps;
	bool up;

	assert_int_equal(sekisho_rx_queue_start(f->device, 0, &good), -ENOTSUP);
	assert_int_equal(sekisho_tx_queue_start(f->device, 0, &good), -ENOTSUP);
	assert_int_equal(sekisho_rx_queue_stop(f->device, 0), -ENOTSUP);
	assert_int_equal(sekisho_tx_queue_stop(f->device, 0), -ENOTSUP);
	assert_int_equal(sekisho_control(f->device, 1, 0), -ENOTSUP);
	assert_int_equal(sekisho_mac_get(f->device, mac), -ENOTSUP);
	assert_int_equal(sekisho_mac_set(f->device, mac), -ENOTSUP);
	assert_int_equal(sekisho_mac_filter_set(f->device, 0, mac), -ENOTSUP);
	assert_int_equal(sekisho_mac_filter_get(f->device, 0, mac, &up), -ENOTSUP);
	assert_int_equal(sekisho_event_set(f->device, 0, true), -ENOTSUP);
	assert_int_equal(sekisho_rx_queue_error(f->device, 0, &mbps), -ENOTSUP);
	assert_int_equal(sekisho_max_frame_set(f->device, 1500), -ENOTSUP);
	assert_int_equal(sekisho_link_get(f->device, &up, &mbps), -ENOTSUP);
	assert_int_equal(sekisho_rss_set(f->device, NULL, NULL, NULL), -ENOTSUP);
	assert_int_equal(sekisho_flow_rule_set(f->device, 0, NULL), -ENOTSUP);
	assert_int_equal(sekisho_flow_count_get(f->device, 0, &packets, &bytes), -ENOTSUP);
	assert_int_equal(f->server.write_count, 0);
}

#define NETWORK_TEST(name) cmocka_unit_test_setup_teardown(name, setup_network, teardown)
#define MANAGEMENT_TEST(name) cmocka_unit_test_setup_teardown(name, setup_management, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		NETWORK_TEST(starts_a_receive_queue),
		NETWORK_TEST(starts_a_transmit_queue),
		NETWORK_TEST(clears_the_doorbells_before_the_start),
		NETWORK_TEST(refuses_bad_queues),
		NETWORK_TEST(refuses_to_start_a_running_queue),
		NETWORK_TEST(stops_a_queue_and_waits),
		cmocka_unit_test(gives_up_on_a_queue_that_does_not_rest),
		NETWORK_TEST(reports_errors_in_the_middle_of_a_start),
		NETWORK_TEST(resets_the_function),
		MANAGEMENT_TEST(resets_another_kind_by_its_transport),
		NETWORK_TEST(sets_and_clears_control_bits),
		NETWORK_TEST(loses_no_control_bit_between_threads),
		NETWORK_TEST(keeps_the_station_address),
		NETWORK_TEST(keeps_address_filters),
		NETWORK_TEST(sets_flow_rules),
		NETWORK_TEST(reports_errors_in_the_middle_of_a_flow_rule),
		NETWORK_TEST(sets_meters),
		NETWORK_TEST(chooses_the_event_vector),
		NETWORK_TEST(tells_errors_of_queues_and_the_time),
		NETWORK_TEST(bounds_the_longest_frame),
		NETWORK_TEST(reads_the_link),
		NETWORK_TEST(sets_rss),
		NETWORK_TEST(writes_no_part_of_a_wrong_rss_setting),
		MANAGEMENT_TEST(is_not_for_other_kinds),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("network", tests, NULL, NULL) ? 1 : 0;
}
