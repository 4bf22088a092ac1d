/* SPDX-License-Identifier: BSD-3-Clause */

/*
 * Statistics. What passed the queues is counted by the burst functions; what the card dropped, and
 * every extended statistic, is read from the card. A reset takes the present values as offsets:
 * the card's counters themselves never go back. They are as last read when the card is gone.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_string_fns.h>

#include "sekisho_ethdev.h"

/* Adds up counters at these window offsets; called with the adapter locked. */
static int sum_counters(struct sekisho_adapter *adapter, const uint32_t *offsets,
			unsigned int count, uint64_t *sum)
{
	uint64_t total = 0, value;

	for (unsigned int i = 0; i < count; i++) {
		int ret = sekisho_read64(adapter->device, offsets[i], &value);

		if (ret < 0)
			return ret;
		total += value;
	}
	*sum = total;
	return 0;
}

/* Reads what the card dropped of this function's frames, in whole since the card's reset. */
static void read_drops(struct sekisho_adapter *adapter)
{
	unsigned int queues = RTE_MIN(adapter->identity.rx_queues, SEKISHO_MAX_QUEUES);
	uint32_t missed[SEKISHO_MAX_QUEUES], errors[SEKISHO_MAX_QUEUES + 3];
	uint64_t missed_sum, error_sum;
	unsigned int i;

	for (i = 0; i < queues; i++) {
		missed[i] = SEKISHO_RX_QUEUE_COUNTER(i, NO_DESCRIPTOR);
		errors[i] = SEKISHO_RX_QUEUE_COUNTER(i, BUFFER_TOO_SMALL);
	}
	errors[i++] = SEKISHO_DELIVER_COUNTER(TOO_LONG);
	errors[i++] = SEKISHO_DELIVER_COUNTER(BAD_IP_CHECKSUM);
	errors[i++] = SEKISHO_DELIVER_COUNTER(BAD_L4_CHECKSUM);

	sekisho_lock(adapter);
	if (sum_counters(adapter, missed, queues, &missed_sum) == 0 &&
	    sum_counters(adapter, errors, i, &error_sum) == 0) {
		adapter->missed_last = missed_sum;
		adapter->rx_error_last = error_sum;
	}
	sekisho_unlock(adapter);
}

static struct sekisho_queue_stats since(const struct sekisho_queue_stats *now,
					const struct sekisho_queue_stats *base)
{
	return (struct sekisho_queue_stats){
		.packets = now->packets - base->packets,
		.bytes = now->bytes - base->bytes,
		.errors = now->errors - base->errors,
	};
}

int sekisho_stats_get(SEKISHO_STATS_PARAMS)
{
	struct sekisho_adapter *adapter = sekisho_adapter(dev);

	/* Queues that are not configured any more still count for the port. */
	for (unsigned int i = 0; i < SEKISHO_MAX_QUEUES; i++) {
		struct sekisho_queue_stats rx = since(&adapter->rx_stats[i], &adapter->rx_base[i]);
		struct sekisho_queue_stats tx = since(&adapter->tx_stats[i], &adapter->tx_base[i]);

		stats->ipackets += rx.packets;
		stats->ibytes += rx.bytes;
		stats->ierrors += rx.errors;
		stats->opackets += tx.packets;
		stats->obytes += tx.bytes;
		stats->oerrors += tx.errors;
		if (SEKISHO_QUEUE_STATS(stats, queues) == NULL ||
		    i >= RTE_DIM(SEKISHO_QUEUE_STATS(stats, queues)->q_ipackets))
			continue;
		SEKISHO_QUEUE_STATS(stats, queues)->q_ipackets[i] = rx.packets;
		SEKISHO_QUEUE_STATS(stats, queues)->q_ibytes[i] = rx.bytes;
		SEKISHO_QUEUE_STATS(stats, queues)->q_errors[i] = rx.errors;
		SEKISHO_QUEUE_STATS(stats, queues)->q_opackets[i] = tx.packets;
		SEKISHO_QUEUE_STATS(stats, queues)->q_obytes[i] = tx.bytes;
	}
	read_drops(adapter);
	stats->imissed = adapter->missed_last - adapter->missed_base;
	stats->ierrors += adapter->rx_error_last - adapter->rx_error_base;
	return 0;
}

int sekisho_stats_reset(struct rte_eth_dev *dev)
{
	struct sekisho_adapter *adapter = sekisho_adapter(dev);

	memcpy(adapter->rx_base, adapter->rx_stats, sizeof(adapter->rx_base));
	memcpy(adapter->tx_base, adapter->tx_stats, sizeof(adapter->tx_base));
	read_drops(adapter);
	adapter->missed_base = adapter->missed_last;
	adapter->rx_error_base = adapter->rx_error_last;
	return 0;
}

/* --- extended statistics -------------------------------------------------------------------- */

/* Reads a range of the card's counters into counter_last; on failure the old values stay. */
static void read_counters(struct sekisho_adapter *adapter, unsigned int first, unsigned int count)
{
	uint64_t values[64];

	sekisho_lock(adapter);
	while (count != 0) {
		unsigned int part = RTE_MIN(count, (unsigned int)RTE_DIM(values));

		if (sekisho_counters_read(adapter->device, first, part, values) < 0)
			break;
		memcpy(&adapter->counter_last[first], values, part * sizeof(*values));
		first += part;
		count -= part;
	}
	sekisho_unlock(adapter);
}

/* The driver's own counters, behind the card's in counter_last. */
static const char *const own_names[SEKISHO_OWN_COUNTERS] = {
	[SEKISHO_AUDIT_PACKETS] = "audit_packets",
	[SEKISHO_AUDIT_DISAGREEMENTS] = "audit_disagreements",
	[SEKISHO_TX_COPIED] = "tx_copied_packets",
	[SEKISHO_RECOVERIES] = "recoveries",
};

static void read_own(struct sekisho_adapter *adapter)
{
	uint64_t *own = &adapter->counter_last[adapter->counter_count];

	memset(own, 0, SEKISHO_OWN_COUNTERS * sizeof(*own));
	for (unsigned int i = 0; i < SEKISHO_MAX_QUEUES; i++) {
		own[SEKISHO_AUDIT_PACKETS] += adapter->audit_stats[i].packets;
		own[SEKISHO_AUDIT_DISAGREEMENTS] += adapter->audit_stats[i].disagreements;
		own[SEKISHO_TX_COPIED] += adapter->tx_copied[i];
	}
	own[SEKISHO_RECOVERIES] = adapter->recoveries;
}

static unsigned int xstats_count(const struct sekisho_adapter *adapter)
{
	return adapter->counter_count + SEKISHO_OWN_COUNTERS;
}

static const char *xstats_name(const struct sekisho_adapter *adapter, unsigned int id)
{
	return id < adapter->counter_count ? adapter->counters[id].name :
					     own_names[id - adapter->counter_count];
}

/* Reads one, or from 0 on all. */
static void read_xstats(struct sekisho_adapter *adapter, unsigned int first, unsigned int count)
{
	if (first < adapter->counter_count)
		read_counters(adapter, first, RTE_MIN(count, adapter->counter_count - first));
	if (first + count > adapter->counter_count)
		read_own(adapter);
}

void sekisho_stats_again(struct sekisho_adapter *adapter)
{
	unsigned int count = adapter->counter_count;
	uint64_t missed = adapter->missed_last, errors = adapter->rx_error_last;

	/* What was counted up to now stays: the new card's counts come on top of it. */
	for (unsigned int i = 0; i < count; i++)
		adapter->counter_base[i] -= adapter->counter_last[i];
	memset(adapter->counter_last, 0, count * sizeof(*adapter->counter_last));
	read_counters(adapter, 0, count);
	for (unsigned int i = 0; i < count; i++)
		adapter->counter_base[i] += adapter->counter_last[i];
	adapter->missed_last = adapter->rx_error_last = 0;
	read_drops(adapter);
	adapter->missed_base += adapter->missed_last - missed;
	adapter->rx_error_base += adapter->rx_error_last - errors;
}

int sekisho_stats_init(struct sekisho_adapter *adapter)
{
	unsigned int count = sekisho_counter_count(adapter->device);

	adapter->counters = calloc(count, sizeof(*adapter->counters));
	adapter->counter_base =
		calloc(count + SEKISHO_OWN_COUNTERS, sizeof(*adapter->counter_base));
	adapter->counter_last =
		calloc(count + SEKISHO_OWN_COUNTERS, sizeof(*adapter->counter_last));
	if (adapter->counters == NULL || adapter->counter_base == NULL ||
	    adapter->counter_last == NULL) {
		sekisho_stats_fini(adapter);
		return -ENOMEM;
	}
	adapter->counter_count = count;
	for (unsigned int i = 0; i < count; i++) {
		int ret = sekisho_counter_at(adapter->device, i, &adapter->counters[i]);

		if (ret < 0) {
			sekisho_stats_fini(adapter);
			return ret;
		}
	}
	/* The card may have run before: the port's statistics start at 0. */
	read_counters(adapter, 0, count);
	memcpy(adapter->counter_base, adapter->counter_last, count * sizeof(uint64_t));
	read_drops(adapter);
	adapter->missed_base = adapter->missed_last;
	adapter->rx_error_base = adapter->rx_error_last;
	return 0;
}

void sekisho_stats_fini(struct sekisho_adapter *adapter)
{
	free(adapter->counters);
	free(adapter->counter_base);
	free(adapter->counter_last);
	adapter->counters = NULL;
	adapter->counter_base = adapter->counter_last = NULL;
	adapter->counter_count = 0;
}

int sekisho_xstats_get(struct rte_eth_dev *dev, struct rte_eth_xstat *stats, unsigned int count)
{
	struct sekisho_adapter *adapter = sekisho_adapter(dev);

	if (stats == NULL || count < xstats_count(adapter))
		return xstats_count(adapter);
	read_xstats(adapter, 0, xstats_count(adapter));
	for (unsigned int i = 0; i < xstats_count(adapter); i++) {
		stats[i].id = i;
		stats[i].value = adapter->counter_last[i] - adapter->counter_base[i];
	}
	return xstats_count(adapter);
}

int sekisho_xstats_get_names(struct rte_eth_dev *dev, struct rte_eth_xstat_name *names,
			     unsigned int count)
{
	const struct sekisho_adapter *adapter = sekisho_adapter(dev);

	if (names == NULL || count < xstats_count(adapter))
		return xstats_count(adapter);
	for (unsigned int i = 0; i < xstats_count(adapter); i++)
		rte_strscpy(names[i].name, xstats_name(adapter, i), sizeof(names[i].name));
	return xstats_count(adapter);
}

int sekisho_xstats_get_by_id(struct rte_eth_dev *dev, const uint64_t *ids, uint64_t *values,
			     unsigned int count)
{
	struct sekisho_adapter *adapter = sekisho_adapter(dev);

	if (values == NULL)
		return xstats_count(adapter);
	if (ids == NULL) {
		if (count < xstats_count(adapter))
			return xstats_count(adapter);
		count = xstats_count(adapter);
		read_xstats(adapter, 0, count);
	}
	for (unsigned int i = 0; i < count; i++) {
		uint64_t id = ids == NULL ? i : ids[i];

		if (id >= xstats_count(adapter))
			return -EINVAL;
		if (ids != NULL)
			read_xstats(adapter, id, 1);
		values[i] = adapter->counter_last[id] - adapter->counter_base[id];
	}
	return count;
}

int sekisho_xstats_get_names_by_id(struct rte_eth_dev *dev, const uint64_t *ids,
				   struct rte_eth_xstat_name *names, unsigned int count)
{
	const struct sekisho_adapter *adapter = sekisho_adapter(dev);

	if (ids == NULL || names == NULL)
		return sekisho_xstats_get_names(dev, names, count);
	for (unsigned int i = 0; i < count; i++) {
		if (ids[i] >= xstats_count(adapter))
			return -EINVAL;
		rte_strscpy(names[i].name, xstats_name(adapter, ids[i]), sizeof(names[i].name));
	}
	return count;
}

int sekisho_xstats_reset(struct rte_eth_dev *dev)
{
	struct sekisho_adapter *adapter = sekisho_adapter(dev);

	read_xstats(adapter, 0, xstats_count(adapter));
	memcpy(adapter->counter_base, adapter->counter_last,
	       xstats_count(adapter) * sizeof(uint64_t));
	return 0;
}
