/* SPDX-License-Identifier: BSD-3-Clause */

/*
 * What happens when the card goes away: either the application is told that it is removed, or the
 * driver looks for it (a simulator that is started again comes back at its socket), connects, and
 * gives it everything that the lost one had. DPDK calls that proactive error handling: the events
 * RTE_ETH_EVENT_ERR_RECOVERING and RTE_ETH_EVENT_RECOVERY_SUCCESS or _FAILED are raised, in between
 * bursts do nothing and calls that change the port return -EBUSY.
 *
 * Everything here but sekisho_dev_reset() runs in EAL's interrupt thread.
 */

#include <errno.h>
#include <linux/membarrier.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <rte_alarm.h>
#include <rte_cycles.h>
#include <rte_errno.h>

#include "sekisho_ethdev.h"

#define FIRST_DELAY_US 10000
#define LONGEST_DELAY_US 1000000
/* A thread that is inside a burst comes out as soon as it gets its processor. */
#define GATE_PATIENCE_US 10000000
#define GATE_LOOK_US 50

/* --- gates ----------------------------------------------------------------------------------- */

bool sekisho_gate_init(void)
{
	return syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) == 0;
}

bool sekisho_gate_close(struct sekisho_gate *gate)
{
	__atomic_store_n(&gate->closed, true, __ATOMIC_SEQ_CST);
	/* Every thread either sees the gate closed, or is seen inside. */
	syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0);
	for (unsigned int us = 0; us < GATE_PATIENCE_US; us += GATE_LOOK_US) {
		if (!__atomic_load_n(&gate->busy, __ATOMIC_ACQUIRE))
			return true;
		rte_delay_us_sleep(GATE_LOOK_US);
	}
	PMD_DRV_LOG(ERR, "a thread does not come out of a burst function");
	return false;
}

void sekisho_gate_open(struct sekisho_gate *gate)
{
	__atomic_store_n(&gate->closed, false, __ATOMIC_RELEASE);
}

static bool close_gates(struct rte_eth_dev *dev)
{
	bool closed = true;

	for (uint16_t id = 0; id < dev->data->nb_rx_queues; id++) {
		struct sekisho_rx_queue *rxq = dev->data->rx_queues[id];

		closed &= rxq == NULL || sekisho_gate_close(&rxq->gate);
	}
	for (uint16_t id = 0; id < dev->data->nb_tx_queues; id++) {
		struct sekisho_tx_queue *txq = dev->data->tx_queues[id];

		closed &= txq == NULL || sekisho_gate_close(&txq->gate);
	}
	return closed;
}

/* --- another card in the place of the lost one --------------------------------------------------- */

/* True when what the application was told of the lost card holds for this one. */
static bool serves(const struct sekisho_identity *is, const struct sekisho_identity *was)
{
	return is->kind == was->kind && is->index == was->index && is->port == was->port &&
	       is->rx_queues >= was->rx_queues && is->tx_queues >= was->tx_queues &&
	       is->max_ring_size >= was->max_ring_size && is->max_frame >= was->max_frame &&
	       is->map_minor >= was->map_minor;
}

/* Takes a card into use that is no other than what the application knows: it is mapped and set. */
static int take_card(struct rte_eth_dev *dev, struct sekisho_device *device)
{
	struct sekisho_adapter *adapter = sekisho_adapter(dev);
	struct sekisho_device *old;
	int ret;

	sekisho_removal_unwatch(dev);
	sekisho_lock(adapter);
	old = adapter->device;
	adapter->device = device;
	adapter->doorbells = sekisho_doorbells(device);
	sekisho_unlock(adapter);
	sekisho_close(old);
	sekisho_stats_again(adapter);
	ret = sekisho_dma_again(adapter, true);
	if (ret == 0)
		ret = sekisho_restore_settings(dev);
	return ret;
}

/* Opens the card again. -ENXIO: what is there now is another one. */
static int reopen(struct rte_eth_dev *dev)
{
	struct sekisho_adapter *adapter = sekisho_adapter(dev);
	struct sekisho_identity identity;
	struct sekisho_device *device;
	int ret;

	if (!close_gates(dev))
		return -ETIMEDOUT;
	if (!sekisho_removed(adapter->device)) {
		/* An attempt that did not come to its end: the card is there, and has one client. */
		sekisho_lock(adapter);
		ret = sekisho_reset(adapter->device);
		sekisho_unlock(adapter);
		if (ret == 0)
			ret = sekisho_dma_again(adapter, false);
		return ret == 0 ? sekisho_restore_settings(dev) : ret;
	}
	ret = sekisho_open_card(adapter, NULL, adapter->uri, &device, &identity);
	if (ret < 0)
		return ret;
	if (!serves(&identity, &adapter->identity)) {
		PMD_DRV_LOG(ERR, "port %u: what answers at %s is another card", dev->data->port_id,
			    adapter->uri);
		sekisho_close(device);
		return -ENXIO;
	}
	/* The limits that the application knows stay. */
	adapter->identity.rtl_hash = identity.rtl_hash;
	adapter->identity.map_minor = identity.map_minor;
	return take_card(dev, device);
}

static int restart_queues(struct rte_eth_dev *dev)
{
	int ret = 0;

	for (uint16_t id = 0; id < dev->data->nb_rx_queues && ret == 0; id++)
		if (dev->data->rx_queue_state[id] == RTE_ETH_QUEUE_STATE_STARTED)
			ret = sekisho_rx_queue_again(dev, id);
	for (uint16_t id = 0; id < dev->data->nb_tx_queues && ret == 0; id++)
		if (dev->data->tx_queue_state[id] == RTE_ETH_QUEUE_STATE_STARTED)
			ret = sekisho_tx_queue_again(dev, id);
	if (ret == 0)
		ret = sekisho_enable_traffic(dev);
	return ret;
}

/* --- loss and recovery --------------------------------------------------------------------------- */

static void set_state(struct sekisho_adapter *adapter, enum sekisho_state state)
{
	__atomic_store_n(&adapter->state, state, __ATOMIC_RELEASE);
}

bool sekisho_will_recover(const struct rte_eth_dev *dev)
{
	const struct sekisho_adapter *adapter = sekisho_adapter(dev);

	if (!adapter->can_reopen || adapter->recovery == SEKISHO_RECOVERY_OFF)
		return false;
	return adapter->recovery == SEKISHO_RECOVERY_ON || !dev->data->dev_conf.intr_conf.rmv;
}

static void give_up(struct rte_eth_dev *dev)
{
	set_state(sekisho_adapter(dev), SEKISHO_GONE);
	PMD_DRV_LOG(ERR, "port %u: recovery failed", dev->data->port_id);
	rte_eth_dev_callback_process(dev, RTE_ETH_EVENT_RECOVERY_FAILED, NULL);
}

/* An alarm: one attempt. */
static void attempt(void *arg)
{
	struct rte_eth_dev *dev = arg;
	struct sekisho_adapter *adapter = sekisho_adapter(dev);
	bool started;
	int ret;

	/* The application is inside a call: it comes back from it without the card. */
	if (pthread_mutex_trylock(&adapter->control) != 0) {
		rte_eal_alarm_set(FIRST_DELAY_US, attempt, dev);
		return;
	}
	if (sekisho_adapter_state(adapter) != SEKISHO_RECOVERING) {
		pthread_mutex_unlock(&adapter->control);
		return;
	}
	started = dev->data->dev_started;
	ret = reopen(dev);
	if (ret == 0 && started)
		ret = restart_queues(dev);
	if (ret == 0)
		ret = sekisho_removal_watch(dev);
	if (ret == -ENXIO) {
		pthread_mutex_unlock(&adapter->control);
		give_up(dev);
		return;
	}
	if (ret < 0) {
		adapter->recovery_delay =
			RTE_MIN(2 * adapter->recovery_delay, (unsigned int)LONGEST_DELAY_US);
		rte_eal_alarm_set(adapter->recovery_delay, attempt, dev);
		pthread_mutex_unlock(&adapter->control);
		return;
	}
	adapter->recoveries++;
	set_state(adapter, SEKISHO_PRESENT);
	if (started) {
		sekisho_enable_bursts(dev);
		sekisho_rx_intr_wake(dev);
	}
	pthread_mutex_unlock(&adapter->control);
	PMD_DRV_LOG(NOTICE, "port %u: the card is back", dev->data->port_id);
	sekisho_link_check(dev);
	rte_eth_dev_callback_process(dev, RTE_ETH_EVENT_RECOVERY_SUCCESS, NULL);
}

void sekisho_card_lost(struct rte_eth_dev *dev)
{
	struct sekisho_adapter *adapter = sekisho_adapter(dev);
	bool recover = sekisho_will_recover(dev);

	set_state(adapter, recover ? SEKISHO_RECOVERING : SEKISHO_GONE);
	PMD_DRV_LOG(ERR, "port %u: the card is gone%s", dev->data->port_id,
		    recover ? ", looking for it" : "");
	sekisho_disable_bursts(dev);
	sekisho_link_check(dev);
	if (!recover) {
		if (dev->data->dev_conf.intr_conf.rmv)
			rte_eth_dev_callback_process(dev, RTE_ETH_EVENT_INTR_RMV, NULL);
		return;
	}
	adapter->recovery_delay = FIRST_DELAY_US;
	rte_eal_alarm_set(FIRST_DELAY_US, attempt, dev);
	/* Last: the application may close the port. The attempt waits for this thread. */
	rte_eth_dev_callback_process(dev, RTE_ETH_EVENT_ERR_RECOVERING, NULL);
}

void sekisho_recovery_cancel(struct rte_eth_dev *dev)
{
	struct sekisho_adapter *adapter = sekisho_adapter(dev);

	if (sekisho_adapter_state(adapter) == SEKISHO_RECOVERING)
		set_state(adapter, SEKISHO_GONE);
	rte_eal_alarm_cancel(attempt, dev);
}

int sekisho_dev_reset(struct rte_eth_dev *dev)
{
	struct sekisho_adapter *adapter = sekisho_adapter(dev);
	int ret = 0;

	/* The library has stopped the port. What looks for the card meanwhile must end first. */
	sekisho_recovery_cancel(dev);
	pthread_mutex_lock(&adapter->control);
	/* The card's are disabled by its reset. */
	sekisho_flows_forget(adapter);
	sekisho_meters_forget(adapter);
	if (sekisho_adapter_state(adapter) == SEKISHO_GONE) {
		ret = adapter->can_reopen ? reopen(dev) : -ENODEV;
		if (ret == 0)
			ret = sekisho_removal_watch(dev);
		if (ret == 0) {
			set_state(adapter, SEKISHO_PRESENT);
			dev->state = RTE_ETH_DEV_ATTACHED;
		}
	} else {
		sekisho_lock(adapter);
		ret = sekisho_reset(adapter->device);
		sekisho_unlock(adapter);
		if (ret == 0)
			ret = sekisho_restore_settings(dev);
	}
	pthread_mutex_unlock(&adapter->control);
	return ret;
}

/* --- calls that change the port -------------------------------------------------------------------- */

int sekisho_control_begin(struct rte_eth_dev *dev)
{
	struct sekisho_adapter *adapter = sekisho_adapter(dev);

	pthread_mutex_lock(&adapter->control);
	switch (sekisho_adapter_state(adapter)) {
	case SEKISHO_PRESENT:
		return 0;
	case SEKISHO_RECOVERING:
		pthread_mutex_unlock(&adapter->control);
		return -EBUSY;
	default:
		pthread_mutex_unlock(&adapter->control);
		return -ENODEV;
	}
}

void sekisho_control_end(struct rte_eth_dev *dev)
{
	pthread_mutex_unlock(&sekisho_adapter(dev)->control);
}
