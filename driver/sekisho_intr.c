/* SPDX-License-Identifier: BSD-3-Clause */

/*
 * Interrupts: the card's removal, its events (link, errors of queues), and receive queues that an
 * application waits for. All of them are file descriptors; EAL's interrupt thread or the
 * application polls them.
 */

#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <rte_alarm.h>
#include <rte_cycles.h>
#include <rte_errno.h>
#include <rte_interrupts.h>

#include "sekisho_ethdev.h"

#define REMOVAL_POLL_US 500000

static struct rte_intr_handle *new_handle(int fd, enum rte_intr_handle_type type)
{
	struct rte_intr_handle *handle = rte_intr_instance_alloc(RTE_INTR_INSTANCE_F_PRIVATE);

	if (handle != NULL &&
	    (rte_intr_fd_set(handle, fd) < 0 || rte_intr_type_set(handle, type) < 0)) {
		rte_intr_instance_free(handle);
		handle = NULL;
	}
	return handle;
}

static void unregister(const struct rte_intr_handle *handle, rte_intr_callback_fn handler,
		       struct rte_eth_dev *dev)
{
	/* Busy while the handler runs on the interrupt thread; it ends soon. */
	for (int i = 0; i < 1000; i++) {
		int ret = rte_intr_callback_unregister(handle, handler, dev);

		/* On the interrupt thread itself it is this very handler that runs. */
		if (ret != -EAGAIN || rte_thread_is_intr())
			break;
		rte_delay_us_sleep(1000);
	}
}

/* --- removal --------------------------------------------------------------------------------- */

static void removal_handler(void *arg)
{
	struct rte_eth_dev *dev = arg;
	struct sekisho_adapter *adapter = sekisho_adapter(dev);
	bool removed;

	sekisho_lock(adapter);
	removed = sekisho_removed(adapter->device);
	sekisho_unlock(adapter);
	if (!removed)
		return;
	/* The descriptor stays readable: without this the handler would run for ever. */
	rte_intr_callback_unregister_pending(adapter->removal_handle, removal_handler, dev, NULL);
	adapter->watching_removal = false;
	sekisho_card_lost(dev);
}

/* Where no descriptor tells of it: a card that is gone reads as all ones. */
static void removal_poll(void *arg)
{
	struct rte_eth_dev *dev = arg;
	struct sekisho_adapter *adapter = sekisho_adapter(dev);
	bool removed;

	sekisho_lock(adapter);
	removed = sekisho_removed(adapter->device);
	sekisho_unlock(adapter);
	if (removed) {
		adapter->watching_removal = false;
		sekisho_card_lost(dev);
	} else if (rte_eal_alarm_set(REMOVAL_POLL_US, removal_poll, dev) < 0) {
		adapter->watching_removal = false;
		PMD_DRV_LOG(WARNING, "port %u: a removal will not be noticed", dev->data->port_id);
	}
}

int sekisho_removal_watch(struct rte_eth_dev *dev)
{
	struct sekisho_adapter *adapter = sekisho_adapter(dev);
	int fd = sekisho_removal_fd(adapter->device);
	int ret;

	if (fd < 0) {
		ret = rte_eal_alarm_set(REMOVAL_POLL_US, removal_poll, dev);
		adapter->watching_removal = ret == 0;
		return ret;
	}
	adapter->removal_handle = new_handle(fd, RTE_INTR_HANDLE_EXT);
	if (adapter->removal_handle == NULL)
		return -ENOMEM;
	adapter->watching_removal = true;
	ret = rte_intr_callback_register(adapter->removal_handle, removal_handler, dev);
	if (ret < 0)
		adapter->watching_removal = false;
	return ret;
}

void sekisho_removal_unwatch(struct rte_eth_dev *dev)
{
	struct sekisho_adapter *adapter = sekisho_adapter(dev);

	if (adapter->watching_removal && adapter->removal_handle != NULL)
		unregister(adapter->removal_handle, removal_handler, dev);
	else if (adapter->watching_removal)
		rte_eal_alarm_cancel(removal_poll, dev);
	adapter->watching_removal = false;
	rte_intr_instance_free(adapter->removal_handle);
	adapter->removal_handle = NULL;
}

/* --- events ---------------------------------------------------------------------------------- */

static void tell_queue_errors(struct rte_eth_dev *dev, bool rx, uint16_t id)
{
	struct sekisho_adapter *adapter = sekisho_adapter(dev);
	uint32_t errors = 0;

	sekisho_lock(adapter);
	if (rx)
		(void)sekisho_rx_queue_error(adapter->device, id, &errors);
	else
		(void)sekisho_tx_queue_error(adapter->device, id, &errors);
	sekisho_unlock(adapter);
	if (errors & SEKISHO_QUEUE_STATUS_RING_ERROR_MASK)
		PMD_DRV_LOG(ERR,
			    "port %u: the card has no access to the rings of %s queue %u, which "
			    "stands until it is stopped and started",
			    dev->data->port_id, rx ? "rx" : "tx", id);
	if (errors & SEKISHO_QUEUE_STATUS_DOORBELL_ERROR_MASK)
		PMD_DRV_LOG(ERR, "port %u: the card refused a doorbell of %s queue %u",
			    dev->data->port_id, rx ? "rx" : "tx", id);
}

static void event_handler(void *arg)
{
	struct rte_eth_dev *dev = arg;
	struct sekisho_adapter *adapter = sekisho_adapter(dev);
	uint64_t count;

	/* EAL itself takes the signal of a bus's interrupt. */
	if (adapter->bus_handle == NULL &&
	    read(adapter->event_fd, &count, sizeof(count)) != sizeof(count))
		return;
	sekisho_link_check(dev);
	for (uint16_t id = 0; id < dev->data->nb_rx_queues; id++)
		if (dev->data->rx_queue_state[id] == RTE_ETH_QUEUE_STATE_STARTED)
			tell_queue_errors(dev, true, id);
	for (uint16_t id = 0; id < dev->data->nb_tx_queues; id++)
		if (dev->data->tx_queue_state[id] == RTE_ETH_QUEUE_STATE_STARTED)
			tell_queue_errors(dev, false, id);
}

/* EAL tells no reason. */
static int enable_bus(const struct sekisho_adapter *adapter)
{
	return rte_intr_enable(adapter->bus_handle) < 0 ? -EIO : 0;
}

int sekisho_events_init(struct rte_eth_dev *dev)
{
	struct sekisho_adapter *adapter = sekisho_adapter(dev);
	int ret;

	if (adapter->bus_handle != NULL) {
		ret = rte_intr_callback_register(adapter->bus_handle, event_handler, dev);
		adapter->watching_events = ret == 0;
		return ret;
	}
	adapter->event_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (adapter->event_fd < 0)
		return -errno;
	adapter->event_handle = new_handle(adapter->event_fd, RTE_INTR_HANDLE_EXT);
	adapter->rx_handle = new_handle(-1, RTE_INTR_HANDLE_VDEV);
	if (adapter->event_handle == NULL || adapter->rx_handle == NULL)
		return -ENOMEM;
	ret = rte_intr_callback_register(adapter->event_handle, event_handler, dev);
	if (ret < 0)
		return ret;
	adapter->watching_events = true;
	return 0;
}

void sekisho_events_fini(struct rte_eth_dev *dev)
{
	struct sekisho_adapter *adapter = sekisho_adapter(dev);

	sekisho_rx_intr_release(adapter);
	if (adapter->bus_handle != NULL) {
		(void)rte_intr_disable(adapter->bus_handle);
		if (adapter->watching_events)
			unregister(adapter->bus_handle, event_handler, dev);
		adapter->watching_events = false;
		return;
	}
	if (adapter->watching_events)
		unregister(adapter->event_handle, event_handler, dev);
	adapter->watching_events = false;
	rte_intr_instance_free(adapter->event_handle);
	adapter->event_handle = NULL;
	rte_intr_instance_free(adapter->rx_handle);
	adapter->rx_handle = NULL;
	if (adapter->event_fd >= 0)
		close(adapter->event_fd);
	adapter->event_fd = -1;
}

int sekisho_vectors_connect(struct rte_eth_dev *dev)
{
	struct sekisho_adapter *adapter = sekisho_adapter(dev);
	int ret = 0;

	sekisho_lock(adapter);
	if (adapter->bus_handle != NULL) {
		ret = enable_bus(adapter);
	} else {
		ret = sekisho_vector_eventfd(adapter->device, SEKISHO_EVENT_VECTOR,
					     adapter->event_fd);
		for (unsigned int i = 0; i < adapter->rx_fd_count && ret == 0; i++)
			ret = sekisho_vector_eventfd(adapter->device, SEKISHO_QUEUE_VECTOR + i,
						     adapter->rx_fds[i]);
	}
	if (ret == 0)
		ret = sekisho_event_set(adapter->device, SEKISHO_EVENT_VECTOR, true);
	sekisho_unlock(adapter);
	return ret;
}

/* --- receive --------------------------------------------------------------------------------- */

/* The bus gives its vectors to a set of descriptors as a whole: it is given up and taken anew. */
static int connect_bus(struct sekisho_adapter *adapter, unsigned int count)
{
	struct rte_intr_handle *handle = adapter->bus_handle;
	int ret;

	(void)rte_intr_disable(handle);
	rte_intr_efd_disable(handle);
	if (count != 0) {
		ret = rte_intr_efd_enable(handle, count);
		if (ret < 0)
			return ret;
		for (unsigned int i = 0; i < count; i++)
			adapter->rx_fds[i] = rte_intr_efds_index_get(handle, i);
	}
	adapter->rx_fd_count = count;
	return enable_bus(adapter);
}

/* The same by libsekisho, with descriptors of our own. */
static int connect_eventfds(struct sekisho_adapter *adapter, unsigned int count)
{
	struct rte_intr_handle *handle = adapter->rx_handle;

	for (unsigned int i = 0; i < count; i++) {
		int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
		int ret;

		if (fd < 0)
			return -errno;
		adapter->rx_fds[adapter->rx_fd_count++] = fd;
		sekisho_lock(adapter);
		ret = sekisho_vector_eventfd(adapter->device, SEKISHO_QUEUE_VECTOR + i, fd);
		sekisho_unlock(adapter);
		if (ret < 0)
			return ret;
		if (rte_intr_efds_index_set(handle, i, fd) < 0)
			return -rte_errno;
	}
	if (rte_intr_nb_efd_set(handle, count) < 0 ||
	    rte_intr_max_intr_set(handle, count + 1) < 0 ||
	    rte_intr_efd_counter_size_set(handle, sizeof(uint64_t)) < 0)
		return -rte_errno;
	return 0;
}

static struct rte_intr_handle *queue_handle(const struct sekisho_adapter *adapter)
{
	return adapter->bus_handle != NULL ? adapter->bus_handle : adapter->rx_handle;
}

void sekisho_rx_intr_release(struct sekisho_adapter *adapter)
{
	struct rte_intr_handle *handle = queue_handle(adapter);

	if (handle != NULL) {
		rte_intr_free_epoll_fd(handle);
		rte_intr_vec_list_free(handle);
	}
	if (adapter->bus_handle != NULL) {
		if (adapter->rx_fd_count != 0)
			(void)connect_bus(adapter, 0);
		adapter->rx_fd_count = 0;
		return;
	}
	if (handle != NULL)
		rte_intr_nb_efd_set(handle, 0);
	for (unsigned int i = 0; i < adapter->rx_fd_count; i++) {
		sekisho_lock(adapter);
		/* A card that is gone signals nothing. */
		(void)sekisho_vector_eventfd(adapter->device, SEKISHO_QUEUE_VECTOR + i, -1);
		sekisho_unlock(adapter);
		close(adapter->rx_fds[i]);
	}
	adapter->rx_fd_count = 0;
}

int sekisho_rx_intr_setup(struct rte_eth_dev *dev)
{
	struct sekisho_adapter *adapter = sekisho_adapter(dev);
	struct rte_intr_handle *handle = queue_handle(adapter);
	unsigned int count = dev->data->dev_conf.intr_conf.rxq ? dev->data->nb_rx_queues : 0;
	int ret;

	if (adapter->rx_fd_count == count)
		return 0;
	sekisho_rx_intr_release(adapter);
	if (count == 0)
		return 0;
	if (rte_intr_vec_list_alloc(handle, NULL, count) < 0)
		return -ENOMEM;
	ret = adapter->bus_handle != NULL ? connect_bus(adapter, count) :
					    connect_eventfds(adapter, count);
	for (unsigned int i = 0; i < count && ret == 0; i++)
		if (rte_intr_vec_list_index_set(handle, i, i + RTE_INTR_VEC_RXTX_OFFSET) < 0)
			ret = -rte_errno;
	if (ret < 0) {
		PMD_DRV_LOG(ERR, "port %u has no receive interrupts: %s", dev->data->port_id,
			    rte_strerror(-ret));
		sekisho_rx_intr_release(adapter);
	}
	return ret;
}

/* One interrupt as soon as there is a completion that the queue has not taken. */
static void arm(struct sekisho_adapter *adapter, struct sekisho_rx_queue *rxq)
{
	rxq->request ^= SEKISHO_DOORBELL_ARM_REQUEST_MASK;
	/* Pairs with the card's look at its count of completions, which follows. */
	__atomic_store_n(&adapter->doorbells[SEKISHO_RX_ARM_WORD(rxq->id)],
			 rxq->request | rxq->head, __ATOMIC_RELEASE);
}

int sekisho_rx_intr_enable(struct rte_eth_dev *dev, uint16_t id)
{
	struct sekisho_adapter *adapter = sekisho_adapter(dev);
	struct sekisho_rx_queue *rxq = dev->data->rx_queues[id];

	if (id >= adapter->rx_fd_count)
		return -ENOTSUP;
	/* The lock: the doorbell page is another one after a recovery, which arms again. */
	sekisho_lock(adapter);
	rxq->armed = true;
	arm(adapter, rxq);
	sekisho_unlock(adapter);
	return 0;
}

int sekisho_rx_intr_disable(struct rte_eth_dev *dev, uint16_t id)
{
	struct sekisho_adapter *adapter = sekisho_adapter(dev);
	struct sekisho_rx_queue *rxq = dev->data->rx_queues[id];
	uint64_t count;

	if (id >= adapter->rx_fd_count)
		return -ENOTSUP;
	rxq->armed = false;
	/* A request cannot be taken back; one that has come is taken away. */
	while (read(adapter->rx_fds[id], &count, sizeof(count)) > 0)
		;
	return 0;
}

void sekisho_rx_intr_wake(struct rte_eth_dev *dev)
{
	struct sekisho_adapter *adapter = sekisho_adapter(dev);
	const uint64_t one = 1;

	for (uint16_t id = 0; id < adapter->rx_fd_count; id++) {
		struct sekisho_rx_queue *rxq = dev->data->rx_queues[id];

		if (rxq == NULL || !rxq->armed)
			continue;
		sekisho_lock(adapter);
		arm(adapter, rxq);
		sekisho_unlock(adapter);
		if (write(adapter->rx_fds[id], &one, sizeof(one)) < 0)
			PMD_DRV_LOG(WARNING, "rx queue %u: cannot wake who waits for it", id);
	}
}
