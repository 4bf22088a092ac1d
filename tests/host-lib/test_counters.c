/* SPDX-License-Identifier: BSD-3-Clause */

/* The counters' names, places and values. */

#include "common.h"

#include <errno.h>
#include <stdio.h>

/* The register that is at a counter's place, by the generated table. */
struct row {
	const char *name, *place;
};

static void check_rows(struct fixture *f, const struct row *rows, unsigned int count)
{
	unsigned int i, c;

	for (i = 0; i < count; i++) {
		struct sekisho_counter counter;
		struct sekisho_register at;
		bool found = false;

		assert_int_equal(sekisho_register_find(f->device, rows[i].place, &at), 0);
		for (c = 0; !sekisho_counter_at(f->device, c, &counter); c++) {
			if (strcmp(counter.name, rows[i].name))
				continue;
			found = true;
			if (counter.offset != at.offset)
				fail_msg("%s is not at %s", rows[i].name, rows[i].place);
		}
		if (!found)
			fail_msg("no %s", rows[i].name);
	}
}

static void names_the_counters_of_a_network_function(void **state)
{
	/* The places are worked out by hand: queue * 8 + result, ip * 4 + l4. */
	static const struct row rows[] = {
		{ "rx_queue0_completed_packets", "rx_queue_statistics[0].packets_lo" },
		{ "rx_queue0_completed_bytes", "rx_queue_statistics[0].bytes_lo" },
		{ "rx_queue0_no_descriptor_packets", "rx_queue_statistics[1].packets_lo" },
		{ "rx_queue3_queue_disabled_bytes", "rx_queue_statistics[28].bytes_lo" },
		{ "rx_queue2_buffer_too_small_packets", "rx_queue_statistics[18].packets_lo" },
		{ "tx_queue0_sent_packets", "tx_queue_statistics[0].packets_lo" },
		{ "tx_queue3_unsupported_packets", "tx_queue_statistics[27].packets_lo" },
		{ "tx_queue1_dma_error_bytes", "tx_queue_statistics[9].bytes_lo" },
		{ "deliver_delivered_packets", "deliver_statistics[0].packets_lo" },
		{ "deliver_mac_filter_packets", "deliver_statistics[2].packets_lo" },
		{ "deliver_bad_l4_checksum_bytes", "deliver_statistics[5].bytes_lo" },
		{ "deliver_flow_rule_packets", "deliver_statistics[6].packets_lo" },
		{ "deliver_meter_packets", "deliver_statistics[7].packets_lo" },
		{ "verdict_ip_unknown_l4_unknown_packets", "verdict_statistics[0].packets_lo" },
		{ "verdict_ip_bad_l4_unknown_packets", "verdict_statistics[4].packets_lo" },
		{ "verdict_ip_good_l4_bad_packets", "verdict_statistics[9].packets_lo" },
		{ "verdict_ip_good_l4_none_bytes", "verdict_statistics[11].bytes_lo" },
		{ "checksum_inserted_packets", "checksum_statistics[1].packets_lo" },
		{ "checksum_skipped_bytes", "checksum_statistics[2].bytes_lo" },
		{ "flow_rule0_packets", "flow_statistics[0].packets_lo" },
		{ "flow_rule7_bytes", "flow_statistics[7].bytes_lo" },
	};

	check_rows(*state, rows, sizeof(rows) / sizeof(rows[0]));
}

static void names_the_counters_of_the_card(void **state)
{
	static const struct row rows[] = {
		{ "port0_rx_accepted_packets", "port_rx_statistics[0].packets_lo" },
		{ "port1_rx_overflow_bytes", "port_rx_statistics[11].bytes_lo" },
		{ "port0_tx_sent_packets", "port_tx_statistics[0].packets_lo" },
		{ "port1_tx_disabled_packets", "port_tx_statistics[9].packets_lo" },
		{ "net0_deliver_delivered_packets", "deliver_statistics[0].packets_lo" },
		{ "net1_deliver_too_long_packets", "deliver_statistics[19].packets_lo" },
		{ "net1_verdict_ip_good_l4_good_packets", "verdict_statistics[26].packets_lo" },
		{ "net1_checksum_inserted_packets", "checksum_statistics[5].packets_lo" },
		{ "net1_flow_rule2_packets", "flow_statistics[10].packets_lo" },
		{ "net0_rx_queue3_completed_packets", "rx_queue_statistics[24].packets_lo" },
		{ "net1_rx_queue0_completed_packets", "rx_queue_statistics[32].packets_lo" },
		{ "net1_tx_queue3_unsupported_bytes", "tx_queue_statistics[59].bytes_lo" },
	};

	check_rows(*state, rows, sizeof(rows) / sizeof(rows[0]));
}

/* No name twice, no place twice. */
static void check_unique(struct fixture *f)
{
	unsigned int count = sekisho_counter_count(f->device), i, j;
	struct sekisho_counter *all = calloc(count, sizeof(*all));

	for (i = 0; i < count; i++) {
		assert_int_equal(sekisho_counter_at(f->device, i, &all[i]), 0);
		for (j = 0; j < i; j++) {
			assert_string_not_equal(all[i].name, all[j].name);
			assert_int_not_equal(all[i].offset, all[j].offset);
		}
	}
	free(all);
}

static void counts_a_network_function_s_counters(void **state)
{
	struct fixture *f = *state;

	/* Pairs: 4 queues of 5 and of 4 results, 8 of deliver, 12 verdicts, 3 of checksums, 8 rules. */
	assert_int_equal(sekisho_counter_count(f->device), 2 * (4 * 5 + 4 * 4 + 8 + 12 + 3 + 8));
	check_unique(f);
}

static void counts_the_card_s_counters(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(sekisho_counter_count(f->device),
			 2 * (2 * (6 + 2) + 2 * (4 * 5 + 4 * 4 + 8 + 12 + 3 + 8)));
	check_unique(f);
}

static void leaves_out_queues_that_are_not_there(void **state)
{
	struct fixture *f = fixture_create(SEKISHO_NETWORK);
	struct sekisho_counter counter;
	unsigned int i;

	(void)state;
	f->server.registers[SEKISHO_IDENTIFICATION_CAPABILITIES / 4] =
		1 | 2 << 8 | 2 << 16 | 2 << 20 | 12 << 24;
	fixture_start(f);
	assert_int_equal(fixture_open(f), 0);
	assert_int_equal(sekisho_counter_count(f->device), 2 * (5 + 2 * 4 + 8 + 12 + 3 + 8));
	for (i = 0; !sekisho_counter_at(f->device, i, &counter); i++)
		assert_null(strstr(counter.name, "rx_queue1"));
	fixture_destroy(f);
}

/* The management function has no queues, but it shows those of the others. */
static void counts_queues_that_the_management_does_not_name(void **state)
{
	struct fixture *f = fixture_create(SEKISHO_MANAGEMENT);

	(void)state;
	f->server.registers[SEKISHO_IDENTIFICATION_CAPABILITIES / 4] = 2 << 16 | 2 << 20 | 12 << 24;
	fixture_start(f);
	assert_int_equal(fixture_open(f), 0);
	assert_int_equal(sekisho_counter_count(f->device),
			 2 * (2 * (6 + 2) + 2 * (4 * 5 + 4 * 4 + 8 + 12 + 3 + 8)));
	fixture_destroy(f);
}

static void reads_values(void **state)
{
	struct fixture *f = *state;
	unsigned int count = sekisho_counter_count(f->device), i;
	uint64_t *values = calloc(count + 1, sizeof(*values));

	for (i = 0; i < count; i++) {
		struct sekisho_counter counter;

		sekisho_counter_at(f->device, i, &counter);
		f->server.registers[counter.offset / 4] = 0xfffffff0 + i % 16;
		f->server.registers[counter.offset / 4 + 1] = i + 1;
	}
	values[count] = 77;
	assert_int_equal(sekisho_counters_read(f->device, 0, count, values), 0);
	for (i = 0; i < count; i++)
		assert_true(values[i] == ((uint64_t)(i + 1) << 32 | (0xfffffff0 + i % 16)));
	assert_true(values[count] == 77);

	assert_int_equal(sekisho_counters_read(f->device, 5, 2, values), 0);
	assert_true(values[0] >> 32 == 6 && values[1] >> 32 == 7 && values[2] >> 32 == 3);
	assert_int_equal(sekisho_counters_read(f->device, count, 0, values), 0);
	free(values);
}

static void refuses_counters_that_are_not_there(void **state)
{
	struct fixture *f = *state;
	unsigned int count = sekisho_counter_count(f->device);
	struct sekisho_counter counter;
	uint64_t values[2];

	assert_int_equal(sekisho_counter_at(f->device, count, &counter), -ENOENT);
	assert_int_equal(sekisho_counters_read(f->device, count, 1, values), -EINVAL);
	assert_int_equal(sekisho_counters_read(f->device, count - 1, 2, values), -EINVAL);
	assert_int_equal(sekisho_counters_read(f->device, 1, ~0u, values), -EINVAL);
	assert_int_equal(sekisho_counters_read(f->device, ~0u, 2, values), -EINVAL);
}

static void stops_reading_at_an_error(void **state)
{
	struct fixture *f = *state;
	struct sekisho_counter counter;
	uint64_t values[8];
	unsigned int reads = f->server.commands[VFIO_USER_REGION_READ];

	sekisho_counter_at(f->device, 2, &counter);
	f->server.error_offset = counter.offset;
	assert_int_equal(sekisho_counters_read(f->device, 0, 8, values), -EIO);
	assert_int_equal(f->server.commands[VFIO_USER_REGION_READ] - reads, 5);
}

#define NETWORK_TEST(name) cmocka_unit_test_setup_teardown(name, setup_network, teardown)
#define MANAGEMENT_TEST(name) cmocka_unit_test_setup_teardown(name, setup_management, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		NETWORK_TEST(names_the_counters_of_a_network_function),
		MANAGEMENT_TEST(names_the_counters_of_the_card),
		NETWORK_TEST(counts_a_network_function_s_counters),
		MANAGEMENT_TEST(counts_the_card_s_counters),
		cmocka_unit_test(leaves_out_queues_that_are_not_there),
		cmocka_unit_test(counts_queues_that_the_management_does_not_name),
		NETWORK_TEST(reads_values),
		NETWORK_TEST(refuses_counters_that_are_not_there),
		NETWORK_TEST(stops_reading_at_an_error),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("counters", tests, NULL, NULL) ? 1 : 0;
}
