/* SPDX-License-Identifier: BSD-3-Clause */

/*
 * The card's clock in 64 bits. The card counts microseconds in 32 bits, which turn over after 71
 * minutes; the driver looks at them every ten minutes while receive timestamps are on.
 */

#include <errno.h>

#include <rte_alarm.h>

#include "sekisho_ethdev.h"

#define LOOK_INTERVAL_US (10u * 60 * 1000000)

static int look(struct sekisho_adapter *adapter, uint64_t *clock)
{
	uint32_t now;
	int ret;

	sekisho_lock(adapter);
	ret = sekisho_time_get(adapter->device, &now);
	if (ret == 0) {
		/* Always forward: also from a card to the one that takes its place. */
		*clock = adapter->clock + (uint32_t)(now - (uint32_t)adapter->clock);
		__atomic_store_n(&adapter->clock, *clock, __ATOMIC_RELAXED);
	}
	sekisho_unlock(adapter);
	return ret;
}

static void look_again(void *arg)
{
	struct rte_eth_dev *dev = arg;
	uint64_t clock;

	/* A card that is looked for has no clock; the next look finds the new one's. */
	(void)look(sekisho_adapter(dev), &clock);
	rte_eal_alarm_set(LOOK_INTERVAL_US, look_again, dev);
}

int sekisho_read_clock(struct rte_eth_dev *dev, uint64_t *clock)
{
	return look(sekisho_adapter(dev), clock);
}

int sekisho_clock_start(struct rte_eth_dev *dev)
{
	struct sekisho_adapter *adapter = sekisho_adapter(dev);
	bool wanted = false;
	uint64_t clock;
	int ret;

	for (uint16_t id = 0; id < dev->data->nb_rx_queues; id++) {
		const struct sekisho_rx_queue *rxq = dev->data->rx_queues[id];

		wanted |= rxq != NULL && rxq->timestamp_offset >= 0;
	}
	if (!wanted)
		return 0;
	ret = look(adapter, &clock);
	if (ret == 0 && !adapter->clock_runs)
		ret = rte_eal_alarm_set(LOOK_INTERVAL_US, look_again, dev);
	adapter->clock_runs = ret == 0;
	return ret;
}

void sekisho_clock_stop(struct rte_eth_dev *dev)
{
	struct sekisho_adapter *adapter = sekisho_adapter(dev);

	if (adapter->clock_runs)
		rte_eal_alarm_cancel(look_again, dev);
	adapter->clock_runs = false;
}
