/* SPDX-License-Identifier: BSD-3-Clause */

/*
 * The counters of a function by name.
 *
 * The card counts in banks: an entry is a pair of packets and bytes, its number what became of a
 * frame. The tables here name the results as the register map does; a number without a name is not
 * in use and is left out.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

/* Numbers that a queue, or a function, takes in its bank. */
#define COUNTER(member) offsetof(struct sekisho_counter_registers, member)

#define PORT_STRIDE 8
#define QUEUE_STRIDE 8
#define DELIVER_STRIDE 16
#define VERDICT_STRIDE 16
#define CHECKSUM_STRIDE 4
#define FLOW_STRIDE SEKISHO_FLOW_RULES

static const char *const port_rx_names[PORT_STRIDE] = {
	[SEKISHO_PORT_RX_RESULT_ACCEPTED] = "accepted",
	[SEKISHO_PORT_RX_RESULT_RUNT] = "runt",
	[SEKISHO_PORT_RX_RESULT_OVERSIZE] = "oversize",
	[SEKISHO_PORT_RX_RESULT_OVERFLOW] = "overflow",
	[SEKISHO_PORT_RX_RESULT_MAC_ERROR] = "mac_error",
	[SEKISHO_PORT_RX_RESULT_DISABLED] = "disabled",
};

static const char *const port_tx_names[PORT_STRIDE] = {
	[SEKISHO_PORT_TX_RESULT_SENT] = "sent",
	[SEKISHO_PORT_TX_RESULT_DISABLED] = "disabled",
};

static const char *const deliver_names[DELIVER_STRIDE] = {
	[SEKISHO_DELIVER_RESULT_DELIVERED] = "delivered",
	[SEKISHO_DELIVER_RESULT_FUNCTION_DISABLED] = "function_disabled",
	[SEKISHO_DELIVER_RESULT_MAC_FILTER] = "mac_filter",
	[SEKISHO_DELIVER_RESULT_TOO_LONG] = "too_long",
	[SEKISHO_DELIVER_RESULT_BAD_IP_CHECKSUM] = "bad_ip_checksum",
	[SEKISHO_DELIVER_RESULT_BAD_L4_CHECKSUM] = "bad_l4_checksum",
	[SEKISHO_DELIVER_RESULT_FLOW_RULE] = "flow_rule",
	[SEKISHO_DELIVER_RESULT_METER] = "meter",
};

#define VERDICT(ip, l4) (SEKISHO_CHECKSUM_VERDICT_##ip * 4 + SEKISHO_CHECKSUM_VERDICT_##l4)

/* An IP header's verdict is never NONE. */
static const char *const verdict_names[VERDICT_STRIDE] = {
	[VERDICT(UNKNOWN, UNKNOWN)] = "ip_unknown_l4_unknown",
	[VERDICT(UNKNOWN, BAD)] = "ip_unknown_l4_bad",
	[VERDICT(UNKNOWN, GOOD)] = "ip_unknown_l4_good",
	[VERDICT(UNKNOWN, NONE)] = "ip_unknown_l4_none",
	[VERDICT(BAD, UNKNOWN)] = "ip_bad_l4_unknown",
	[VERDICT(BAD, BAD)] = "ip_bad_l4_bad",
	[VERDICT(BAD, GOOD)] = "ip_bad_l4_good",
	[VERDICT(BAD, NONE)] = "ip_bad_l4_none",
	[VERDICT(GOOD, UNKNOWN)] = "ip_good_l4_unknown",
	[VERDICT(GOOD, BAD)] = "ip_good_l4_bad",
	[VERDICT(GOOD, GOOD)] = "ip_good_l4_good",
	[VERDICT(GOOD, NONE)] = "ip_good_l4_none",
};

static const char *const checksum_names[CHECKSUM_STRIDE] = {
	[SEKISHO_TX_CHECKSUM_RESULT_NOT_REQUESTED] = "not_requested",
	[SEKISHO_TX_CHECKSUM_RESULT_INSERTED] = "inserted",
	[SEKISHO_TX_CHECKSUM_RESULT_SKIPPED] = "skipped",
};

static const char *const flow_names[FLOW_STRIDE] = { "rule0", "rule1", "rule2", "rule3",
						     "rule4", "rule5", "rule6", "rule7" };

static const char *const rx_queue_names[QUEUE_STRIDE] = {
	[SEKISHO_RX_QUEUE_RESULT_COMPLETED] = "completed",
	[SEKISHO_RX_QUEUE_RESULT_NO_DESCRIPTOR] = "no_descriptor",
	[SEKISHO_RX_QUEUE_RESULT_BUFFER_TOO_SMALL] = "buffer_too_small",
	[SEKISHO_RX_QUEUE_RESULT_DMA_ERROR] = "dma_error",
	[SEKISHO_RX_QUEUE_RESULT_QUEUE_DISABLED] = "queue_disabled",
};

static const char *const tx_queue_names[QUEUE_STRIDE] = {
	[SEKISHO_TX_QUEUE_RESULT_SENT] = "sent",
	[SEKISHO_TX_QUEUE_RESULT_DMA_ERROR] = "dma_error",
	[SEKISHO_TX_QUEUE_RESULT_LENGTH_ERROR] = "length_error",
	[SEKISHO_TX_QUEUE_RESULT_UNSUPPORTED] = "unsupported",
};

static int add_one(struct sekisho_device *device, const char *group, const char *result,
		   const char *unit, uint32_t offset)
{
	struct sekisho_counter *counter;

	/* Doubles whenever the count is a power of two. */
	if (!(device->counter_count & (device->counter_count - 1))) {
		unsigned int space = device->counter_count ? 2 * device->counter_count : 1;
		void *larger = realloc(device->counters, space * sizeof(*counter));

		if (!larger)
			return -ENOMEM;
		device->counters = larger;
	}
	counter = &device->counters[device->counter_count++];
	memset(counter, 0, sizeof(*counter));
	snprintf(counter->name, sizeof(counter->name), "%s_%s_%s", group, result, unit);
	counter->offset = offset;
	return 0;
}

/* Adds a group's counters; its first pair is at offset. */
static int add_group(struct sekisho_device *device, const char *group, const char *const *names,
		     unsigned int names_count, uint32_t offset)
{
	unsigned int i;
	int error = 0;

	for (i = 0; i < names_count && !error; i++) {
		uint32_t entry = offset + i * sizeof(struct sekisho_counter_registers);

		if (!names[i])
			continue;
		error = add_one(device, group, names[i], "packets", entry + COUNTER(packets_lo));
		if (!error)
			error = add_one(device, group, names[i], "bytes",
					entry + COUNTER(bytes_lo));
	}
	return error;
}

/* A network function's counters: from its own window, or function's from the management's. */
static int add_network(struct sekisho_device *device, const char *prefix, bool management,
		       unsigned int function)
{
	const struct sekisho_identity *identity = &device->identity;
	char group[32];
	unsigned int queue, entry;
	int error = 0;

#define BANK(name)                                                               \
	(management ? SEKISHO_MANAGEMENT_##name##_STATISTICS_PACKETS_LO(entry) : \
		      SEKISHO_NETWORK_##name##_STATISTICS_PACKETS_LO(entry))
	for (queue = 0; queue < identity->rx_queues && !error; queue++) {
		snprintf(group, sizeof(group), "%srx_queue%u", prefix, queue);
		entry = (function * SEKISHO_RX_QUEUES + queue) * QUEUE_STRIDE;
		error = add_group(device, group, rx_queue_names, QUEUE_STRIDE, BANK(RX_QUEUE));
	}
	for (queue = 0; queue < identity->tx_queues && !error; queue++) {
		snprintf(group, sizeof(group), "%stx_queue%u", prefix, queue);
		entry = (function * SEKISHO_TX_QUEUES + queue) * QUEUE_STRIDE;
		error = add_group(device, group, tx_queue_names, QUEUE_STRIDE, BANK(TX_QUEUE));
	}
	if (!error) {
		snprintf(group, sizeof(group), "%sdeliver", prefix);
		entry = function * DELIVER_STRIDE;
		error = add_group(device, group, deliver_names, DELIVER_STRIDE, BANK(DELIVER));
	}
	if (!error) {
		snprintf(group, sizeof(group), "%sverdict", prefix);
		entry = function * VERDICT_STRIDE;
		error = add_group(device, group, verdict_names, VERDICT_STRIDE, BANK(VERDICT));
	}
	if (!error) {
		snprintf(group, sizeof(group), "%schecksum", prefix);
		entry = function * CHECKSUM_STRIDE;
		error = add_group(device, group, checksum_names, CHECKSUM_STRIDE, BANK(CHECKSUM));
	}
	if (!error) {
		snprintf(group, sizeof(group), "%sflow", prefix);
		entry = function * FLOW_STRIDE;
		error = add_group(device, group, flow_names, FLOW_STRIDE, BANK(FLOW));
	}
#undef BANK
	return error;
}

int sek_counters_create(struct sekisho_device *device)
{
	const struct sekisho_identity *identity = &device->identity;
	char group[32];
	unsigned int i;
	int error = 0;

	if (identity->kind == SEKISHO_NETWORK)
		return add_network(device, "", false, 0);
	if (identity->kind != SEKISHO_MANAGEMENT)
		return 0;
	for (i = 0; i < identity->ports && !error; i++) {
		snprintf(group, sizeof(group), "port%u_rx", i);
		error = add_group(
			device, group, port_rx_names, PORT_STRIDE,
			SEKISHO_MANAGEMENT_PORT_RX_STATISTICS_PACKETS_LO(i * PORT_STRIDE));
		if (error)
			break;
		snprintf(group, sizeof(group), "port%u_tx", i);
		error = add_group(
			device, group, port_tx_names, PORT_STRIDE,
			SEKISHO_MANAGEMENT_PORT_TX_STATISTICS_PACKETS_LO(i * PORT_STRIDE));
	}
	for (i = 0; i < identity->functions && !error; i++) {
		snprintf(group, sizeof(group), "net%u_", i);
		error = add_network(device, group, true, i);
	}
	return error;
}

unsigned int sekisho_counter_count(struct sekisho_device *device)
{
	return device->counter_count;
}

int sekisho_counter_at(struct sekisho_device *device, unsigned int index,
		       struct sekisho_counter *counter)
{
	if (index >= device->counter_count)
		return -ENOENT;
	*counter = device->counters[index];
	return 0;
}

int sekisho_counters_read(struct sekisho_device *device, unsigned int first, unsigned int count,
			  uint64_t *values)
{
	unsigned int i;
	int error = 0;

	if (first > device->counter_count || count > device->counter_count - first)
		return -EINVAL;
	for (i = 0; i < count && !error; i++)
		error = sekisho_read64(device, device->counters[first + i].offset, &values[i]);
	return error;
}
