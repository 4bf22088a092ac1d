/* SPDX-License-Identifier: BSD-3-Clause */

/* Flow rules that no frame has met for a time: the card's counters are looked at once a second. */

#include <string.h>

#include <rte_alarm.h>
#include <rte_cycles.h>

#include "sekisho_ethdev.h"

#define LOOK_INTERVAL_US 1000000

static bool can_age(const struct rte_flow *flow)
{
	return flow->used && flow->timeout != 0;
}

/*
 * True when the rule turns out to have aged. The last hit is the look that found it, which is later
 * than the frame was: no rule ages before its time.
 */
static bool look(struct rte_flow *flow, uint64_t now)
{
	bool was_aged = flow->aged;

	if (flow->hits != flow->hits_seen || flow->last_hit == 0)
		flow->last_hit = now;
	flow->hits_seen = flow->hits;
	flow->aged = now - flow->last_hit >= flow->timeout * rte_get_timer_hz();
	return flow->aged && !was_aged;
}

void sekisho_flows_age(struct sekisho_adapter *adapter)
{
	uint64_t now = rte_get_timer_cycles();

	/* With a card that is gone, rules age. */
	(void)sekisho_flow_table_count(adapter);
	for (unsigned int i = 0; i < RTE_DIM(adapter->flows); i++)
		if (can_age(&adapter->flows[i]))
			adapter->age_new |= look(&adapter->flows[i], now);
}

uint32_t sekisho_flow_idle_seconds(const struct rte_flow *flow)
{
	uint64_t idle = (rte_get_timer_cycles() - flow->last_hit) / rte_get_timer_hz();

	return RTE_MIN(idle, (uint64_t)SEKISHO_MAX_IDLE);
}

static void look_again(void *arg);

static int look_later(struct rte_eth_dev *dev)
{
	int ret = rte_eal_alarm_set(LOOK_INTERVAL_US, look_again, dev);

	if (ret < 0)
		PMD_DRV_LOG(ERR, "port %u: no alarm, so flow rules do not age: %s",
			    dev->data->port_id, strerror(-ret));
	return ret;
}

static void look_again(void *arg)
{
	struct rte_eth_dev *dev = arg;
	struct sekisho_adapter *adapter = sekisho_adapter(dev);
	bool tell = false, again = false;

	/* Who has the lock may be waiting for this function's end. */
	if (pthread_mutex_trylock(&adapter->control) == 0) {
		sekisho_flows_age(adapter);
		tell = adapter->age_new && !adapter->age_told;
		adapter->age_told |= tell;
		for (unsigned int i = 0; i < RTE_DIM(adapter->flows); i++)
			again |= can_age(&adapter->flows[i]);
		adapter->age_runs = again && look_later(dev) == 0;
		pthread_mutex_unlock(&adapter->control);
	} else if (look_later(dev) < 0) {
		adapter->age_runs = false;
	}
	if (tell)
		rte_eth_dev_callback_process(dev, RTE_ETH_EVENT_FLOW_AGED, NULL);
}

int sekisho_flow_age_start(struct rte_eth_dev *dev)
{
	struct sekisho_adapter *adapter = sekisho_adapter(dev);
	int ret;

	if (adapter->age_runs)
		return 0;
	ret = look_later(dev);
	adapter->age_runs = ret == 0;
	return ret;
}

void sekisho_flow_age_stop(struct rte_eth_dev *dev)
{
	rte_eal_alarm_cancel(look_again, dev);
	sekisho_adapter(dev)->age_runs = false;
}
