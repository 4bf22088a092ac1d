/* SPDX-License-Identifier: BSD-3-Clause */

/* The port: probe, configuration, start and stop, link, addresses, removal. */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <rte_errno.h>
#include <rte_cycles.h>
#include <rte_interrupts.h>
#include <rte_malloc.h>

#include "sekisho_ethdev.h"

RTE_LOG_REGISTER(sekisho_logtype_init, pmd.net.sekisho.init, NOTICE);
RTE_LOG_REGISTER(sekisho_logtype_driver, pmd.net.sekisho.driver, NOTICE);

#define RX_OFFLOADS                                                     \
	(RTE_ETH_RX_OFFLOAD_IPV4_CKSUM | RTE_ETH_RX_OFFLOAD_UDP_CKSUM | \
	 RTE_ETH_RX_OFFLOAD_TCP_CKSUM | RTE_ETH_RX_OFFLOAD_RSS_HASH)
#define TX_OFFLOADS                                                     \
	(RTE_ETH_TX_OFFLOAD_IPV4_CKSUM | RTE_ETH_TX_OFFLOAD_UDP_CKSUM | \
	 RTE_ETH_TX_OFFLOAD_TCP_CKSUM | RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE)

/* sekisho_control() under the adapter's lock. */
static int control(struct rte_eth_dev *dev, uint32_t set, uint32_t clear)
{
	struct sekisho_adapter *adapter = sekisho_adapter(dev);
	int ret;

	sekisho_lock(adapter);
	ret = sekisho_control(adapter->device, set, clear);
	sekisho_unlock(adapter);
	return ret;
}

/* --- removal -------------------------------------------------------------------------------- */

/* Bursts find nothing and take nothing from now on; what is in the rings is freed by stop. */
static void disable_bursts(struct rte_eth_dev *dev)
{
	struct rte_eth_fp_ops *ops = &rte_eth_fp_ops[dev->data->port_id];

	dev->rx_pkt_burst = rte_eth_pkt_burst_dummy;
	dev->tx_pkt_burst = rte_eth_pkt_burst_dummy;
	/*
	 * A burst that runs on another lcore meanwhile still finds its queue: rings, mbufs and the
	 * doorbell page stay until the application closes the port.
	 */
	__atomic_store_n(&ops->rx_pkt_burst, rte_eth_pkt_burst_dummy, __ATOMIC_RELEASE);
	__atomic_store_n(&ops->tx_pkt_burst, rte_eth_pkt_burst_dummy, __ATOMIC_RELEASE);
}

/* Runs in EAL's interrupt thread when the card went away. */
static void removal_handler(void *arg)
{
	struct rte_eth_dev *dev = arg;
	struct sekisho_adapter *adapter = sekisho_adapter(dev);
	struct rte_eth_link link = { .link_status = RTE_ETH_LINK_DOWN };

	if (!sekisho_removed(adapter->device))
		return;
	/* The descriptor stays readable: without this the handler would run for ever. */
	rte_intr_callback_unregister_pending(adapter->intr_handle, removal_handler, dev, NULL);
	if (__atomic_exchange_n(&adapter->removed, true, __ATOMIC_ACQ_REL))
		return;
	PMD_DRV_LOG(ERR, "port %u: the card is gone", dev->data->port_id);
	disable_bursts(dev);
	rte_eth_linkstatus_set(dev, &link);
	if (dev->data->dev_conf.intr_conf.rmv)
		rte_eth_dev_callback_process(dev, RTE_ETH_EVENT_INTR_RMV, NULL);
}

static int watch_removal(struct rte_eth_dev *dev)
{
	struct sekisho_adapter *adapter = sekisho_adapter(dev);
	int fd = sekisho_removal_fd(adapter->device);
	int ret;

	/* Some buses tell of a removal themselves. */
	if (fd < 0)
		return 0;
	adapter->intr_handle = rte_intr_instance_alloc(RTE_INTR_INSTANCE_F_PRIVATE);
	if (adapter->intr_handle == NULL)
		return -ENOMEM;
	if (rte_intr_fd_set(adapter->intr_handle, fd) < 0 ||
	    rte_intr_type_set(adapter->intr_handle, RTE_INTR_HANDLE_EXT) < 0)
		return -rte_errno;
	ret = rte_intr_callback_register(adapter->intr_handle, removal_handler, dev);
	if (ret < 0)
		return ret;
	adapter->watching_removal = true;
	return 0;
}

static void unwatch_removal(struct rte_eth_dev *dev)
{
	struct sekisho_adapter *adapter = sekisho_adapter(dev);
	int ret = 0;

	/* Busy while the handler runs on the interrupt thread; it ends soon. */
	for (int i = 0; adapter->watching_removal && i < 1000; i++) {
		ret = rte_intr_callback_unregister(adapter->intr_handle, removal_handler, dev);
		/* Closed from the event's own callback: the handler has unregistered itself. */
		if (ret != -EAGAIN || rte_thread_is_intr())
			break;
		rte_delay_us_sleep(1000);
	}
	adapter->watching_removal = false;
	rte_intr_instance_free(adapter->intr_handle);
	adapter->intr_handle = NULL;
}

static int is_removed(struct rte_eth_dev *dev)
{
	return sekisho_removed(sekisho_adapter(dev)->device);
}

/* --- configure, start, stop, close ---------------------------------------------------------- */

static int dev_configure(struct rte_eth_dev *dev)
{
	struct rte_eth_rxmode *rxmode = &dev->data->dev_conf.rxmode;

	/* Whoever asks for RSS wants the hash in the mbuf, as with other drivers. */
	if (rxmode->mq_mode & RTE_ETH_MQ_RX_RSS_FLAG)
		rxmode->offloads |= RTE_ETH_RX_OFFLOAD_RSS_HASH;
	return sekisho_rss_configure(dev);
}

static int set_max_frame(struct rte_eth_dev *dev, uint16_t mtu)
{
	struct sekisho_adapter *adapter = sekisho_adapter(dev);
	int ret;

	sekisho_lock(adapter);
	ret = sekisho_max_frame_set(adapter->device, mtu + SEKISHO_FRAME_OVERHEAD);
	sekisho_unlock(adapter);
	return ret;
}

static int halt_queues(struct rte_eth_dev *dev)
{
	int ret = 0;

	for (uint16_t id = 0; id < dev->data->nb_tx_queues; id++)
		ret = RTE_MIN(ret, sekisho_tx_queue_halt(dev, id));
	for (uint16_t id = 0; id < dev->data->nb_rx_queues; id++)
		ret = RTE_MIN(ret, sekisho_rx_queue_halt(dev, id));
	return ret;
}

static int run_queues(struct rte_eth_dev *dev)
{
	int ret = 0;

	for (uint16_t id = 0; id < dev->data->nb_rx_queues && ret == 0; id++) {
		const struct sekisho_rx_queue *rxq = dev->data->rx_queues[id];

		if (!rxq->deferred_start)
			ret = sekisho_rx_queue_run(dev, id);
	}
	for (uint16_t id = 0; id < dev->data->nb_tx_queues && ret == 0; id++) {
		const struct sekisho_tx_queue *txq = dev->data->tx_queues[id];

		if (!txq->deferred_start)
			ret = sekisho_tx_queue_run(dev, id);
	}
	return ret;
}

static int dev_start(struct rte_eth_dev *dev)
{
	struct sekisho_adapter *adapter = sekisho_adapter(dev);
	uint32_t drop =
		SEKISHO_NETWORK_CONTROL_DROP_BAD_IP_MASK | SEKISHO_NETWORK_CONTROL_DROP_BAD_L4_MASK;
	uint32_t enable =
		SEKISHO_NETWORK_CONTROL_RX_ENABLE_MASK | SEKISHO_NETWORK_CONTROL_TX_ENABLE_MASK;
	int ret;

	if (sekisho_removed(adapter->device)) {
		PMD_DRV_LOG(ERR, "port %u does not start: the card is gone", dev->data->port_id);
		return -ENODEV;
	}
	ret = sekisho_rx_check_frame(dev, dev->data->mtu + SEKISHO_FRAME_OVERHEAD);
	if (ret == 0)
		ret = set_max_frame(dev, dev->data->mtu);
	if (ret == 0)
		ret = sekisho_rss_apply(dev);
	if (ret == 0)
		ret = run_queues(dev);
	if (ret == 0 && adapter->drop_bad_checksum)
		ret = control(dev, enable | drop, 0);
	else if (ret == 0)
		ret = control(dev, enable, drop);
	if (ret < 0) {
		PMD_DRV_LOG(ERR, "port %u does not start: %s", dev->data->port_id,
			    rte_strerror(-ret));
		halt_queues(dev);
		return ret;
	}
	dev->rx_pkt_burst = sekisho_rx_burst;
	dev->tx_pkt_burst = sekisho_tx_burst;
	/* Gone in between: the handler's dummies must win. */
	if (sekisho_adapter_removed(adapter))
		disable_bursts(dev);
	return 0;
}

static int dev_stop(struct rte_eth_dev *dev)
{
	struct rte_eth_link link = { .link_status = RTE_ETH_LINK_DOWN };
	int ret;

	/* No new frames while the queues come to rest; what fails here shows in halt_queues(). */
	(void)control(dev, 0, SEKISHO_NETWORK_CONTROL_RX_ENABLE_MASK);
	ret = halt_queues(dev);
	(void)control(dev, 0, SEKISHO_NETWORK_CONTROL_TX_ENABLE_MASK);
	rte_eth_linkstatus_set(dev, &link);
	dev->data->dev_started = 0;
	return ret;
}

int sekisho_dev_close(struct rte_eth_dev *dev)
{
	struct sekisho_adapter *adapter = sekisho_adapter(dev);
	int ret;

	if (rte_eal_process_type() != RTE_PROC_PRIMARY || adapter->device == NULL)
		return 0;
	unwatch_removal(dev);
	/* Queues still run when the port was not stopped, or when its stop failed. */
	ret = dev->data->dev_started ? dev_stop(dev) : halt_queues(dev);
	if (ret < 0) {
		/* A queue does not come to rest: a reset is the last way to part card and memory. */
		sekisho_lock(adapter);
		(void)sekisho_reset(adapter->device);
		sekisho_unlock(adapter);
	}
	/* The card must not reach the rings and buffers any more before they are freed. */
	sekisho_dma_fini(adapter);
	for (uint16_t id = 0; id < dev->data->nb_rx_queues; id++)
		sekisho_rx_queue_release(dev, id);
	for (uint16_t id = 0; id < dev->data->nb_tx_queues; id++)
		sekisho_tx_queue_release(dev, id);
	sekisho_stats_fini(adapter);
	sekisho_close(adapter->device);
	adapter->device = NULL;
	pthread_mutex_destroy(&adapter->lock);
	return ret;
}

/* --- information ---------------------------------------------------------------------------- */

static int dev_infos_get(struct rte_eth_dev *dev, struct rte_eth_dev_info *info)
{
	const struct sekisho_adapter *adapter = sekisho_adapter(dev);
	const struct sekisho_identity *identity = &adapter->identity;
	const struct rte_eth_desc_lim limits = {
		.nb_min = SEKISHO_MIN_RING,
		.nb_max = identity->max_ring_size,
		.nb_align = SEKISHO_MIN_RING,
		.nb_seg_max = 1,
		.nb_mtu_seg_max = 1,
	};

	info->max_rx_queues = identity->rx_queues;
	info->max_tx_queues = identity->tx_queues;
	info->max_mac_addrs = 1;
	info->min_rx_bufsize = SEKISHO_MIN_RX_BUFFER;
	info->max_rx_pktlen = identity->max_frame;
	info->min_mtu = RTE_ETHER_MIN_MTU;
	info->max_mtu = identity->max_frame - SEKISHO_FRAME_OVERHEAD;
	info->rx_desc_lim = limits;
	info->tx_desc_lim = limits;
	info->rx_offload_capa = RX_OFFLOADS;
	info->rx_queue_offload_capa = RX_OFFLOADS & ~RTE_ETH_RX_OFFLOAD_RSS_HASH;
	info->tx_offload_capa = TX_OFFLOADS;
	info->tx_queue_offload_capa = TX_OFFLOADS;
	info->reta_size = SEKISHO_RSS_TABLE_SIZE;
	info->hash_key_size = SEKISHO_RSS_KEY_SIZE;
	info->flow_type_rss_offloads = SEKISHO_RSS_HF;
	info->speed_capa = RTE_ETH_LINK_SPEED_1G | RTE_ETH_LINK_SPEED_10G | RTE_ETH_LINK_SPEED_100G;
	info->default_rxportconf.ring_size = SEKISHO_DEFAULT_RING;
	info->default_txportconf.ring_size = SEKISHO_DEFAULT_RING;
	info->default_rxportconf.burst_size = SEKISHO_BURST;
	info->default_txportconf.burst_size = SEKISHO_BURST;
	info->default_rxportconf.nb_queues = 1;
	info->default_txportconf.nb_queues = 1;
	info->default_rxconf.rx_free_thresh = SEKISHO_BURST;
	info->default_rxconf.rx_drop_en = 1;
	info->default_txconf.tx_free_thresh = SEKISHO_BURST;
	info->switch_info.name = dev->device->name;
	info->switch_info.port_id = identity->port;
	return 0;
}

static const uint32_t *supported_ptypes_get(SEKISHO_PTYPES_PARAMS)
{
	static const uint32_t types[] = {
		RTE_PTYPE_L2_ETHER,	 RTE_PTYPE_L2_ETHER_ARP, RTE_PTYPE_L2_ETHER_VLAN,
		RTE_PTYPE_L2_ETHER_QINQ, RTE_PTYPE_L3_IPV4,	 RTE_PTYPE_L3_IPV4_EXT,
		RTE_PTYPE_L3_IPV6,	 RTE_PTYPE_L3_IPV6_EXT,	 RTE_PTYPE_L4_TCP,
		RTE_PTYPE_L4_UDP,	 RTE_PTYPE_L4_ICMP,	 RTE_PTYPE_L4_FRAG,
		RTE_PTYPE_UNKNOWN,
	};

	RTE_SET_USED(dev);
	SEKISHO_PTYPES_COUNT(RTE_DIM(types) - 1);
	return types;
}

static int fw_version_get(struct rte_eth_dev *dev, char *version, size_t size)
{
	const struct sekisho_identity *identity = &sekisho_adapter(dev)->identity;
	int length = snprintf(version, size, "rtl %08" PRIx32 " map %u.%u", identity->rtl_hash,
			      identity->map_major, identity->map_minor);

	/* 0, or the size that is needed. */
	return (size_t)length < size ? 0 : length + 1;
}

static int link_update(struct rte_eth_dev *dev, int wait_to_complete __rte_unused)
{
	struct sekisho_adapter *adapter = sekisho_adapter(dev);
	struct rte_eth_link link = {
		.link_duplex = RTE_ETH_LINK_FULL_DUPLEX,
		.link_autoneg = RTE_ETH_LINK_FIXED,
		.link_status = RTE_ETH_LINK_DOWN,
	};
	unsigned int mbps = 0;
	bool up = false;

	sekisho_lock(adapter);
	if (sekisho_link_get(adapter->device, &up, &mbps) < 0)
		up = false;
	sekisho_unlock(adapter);
	if (up) {
		link.link_status = RTE_ETH_LINK_UP;
		link.link_speed = mbps;
	}
	return rte_eth_linkstatus_set(dev, &link);
}

/* --- filters -------------------------------------------------------------------------------- */

static int promiscuous_enable(struct rte_eth_dev *dev)
{
	return control(dev, SEKISHO_NETWORK_CONTROL_PROMISCUOUS_MASK, 0);
}

static int promiscuous_disable(struct rte_eth_dev *dev)
{
	return control(dev, 0, SEKISHO_NETWORK_CONTROL_PROMISCUOUS_MASK);
}

static int allmulticast_enable(struct rte_eth_dev *dev)
{
	return control(dev, SEKISHO_NETWORK_CONTROL_ALL_MULTICAST_MASK, 0);
}

static int allmulticast_disable(struct rte_eth_dev *dev)
{
	return control(dev, 0, SEKISHO_NETWORK_CONTROL_ALL_MULTICAST_MASK);
}

static int mac_addr_set(struct rte_eth_dev *dev, struct rte_ether_addr *address)
{
	struct sekisho_adapter *adapter = sekisho_adapter(dev);
	int ret;

	sekisho_lock(adapter);
	ret = sekisho_mac_set(adapter->device, address->addr_bytes);
	sekisho_unlock(adapter);
	return ret;
}

static int mtu_set(struct rte_eth_dev *dev, uint16_t mtu)
{
	int ret = sekisho_rx_check_frame(dev, mtu + SEKISHO_FRAME_OVERHEAD);

	return ret < 0 ? ret : set_max_frame(dev, mtu);
}

static const struct eth_dev_ops sekisho_ops = {
	.dev_configure = dev_configure,
	.dev_start = dev_start,
	.dev_stop = dev_stop,
	.dev_close = sekisho_dev_close,
	.is_removed = is_removed,
	.link_update = link_update,
	.promiscuous_enable = promiscuous_enable,
	.promiscuous_disable = promiscuous_disable,
	.allmulticast_enable = allmulticast_enable,
	.allmulticast_disable = allmulticast_disable,
	.mac_addr_set = mac_addr_set,
	.mtu_set = mtu_set,
	.stats_get = sekisho_stats_get,
	.stats_reset = sekisho_stats_reset,
	.xstats_get = sekisho_xstats_get,
	.xstats_get_names = sekisho_xstats_get_names,
	.xstats_get_by_id = sekisho_xstats_get_by_id,
	.xstats_get_names_by_id = sekisho_xstats_get_names_by_id,
	.xstats_reset = sekisho_xstats_reset,
	.dev_infos_get = dev_infos_get,
	.rxq_info_get = sekisho_rxq_info_get,
	.txq_info_get = sekisho_txq_info_get,
	.rx_burst_mode_get = sekisho_rx_burst_mode_get,
	.tx_burst_mode_get = sekisho_tx_burst_mode_get,
	.fw_version_get = fw_version_get,
	.dev_supported_ptypes_get = supported_ptypes_get,
	.rx_queue_start = sekisho_rx_queue_run,
	.rx_queue_stop = sekisho_rx_queue_halt,
	.tx_queue_start = sekisho_tx_queue_run,
	.tx_queue_stop = sekisho_tx_queue_halt,
	.rx_queue_setup = sekisho_rx_queue_setup,
	.rx_queue_release = sekisho_rx_queue_release,
	.tx_queue_setup = sekisho_tx_queue_setup,
	.tx_queue_release = sekisho_tx_queue_release,
	.tx_done_cleanup = sekisho_tx_done_cleanup,
	.rss_hash_update = sekisho_rss_hash_update,
	.rss_hash_conf_get = sekisho_rss_hash_conf_get,
	.reta_update = sekisho_reta_update,
	.reta_query = sekisho_reta_query,
};

/* --- probe ---------------------------------------------------------------------------------- */

void sekisho_library_log(void *context __rte_unused, enum sekisho_log_level level,
			 const char *message)
{
	static const uint32_t levels[] = {
		[SEKISHO_LOG_ERROR] = RTE_LOG_ERR,
		[SEKISHO_LOG_WARNING] = RTE_LOG_WARNING,
		[SEKISHO_LOG_INFO] = RTE_LOG_INFO,
		[SEKISHO_LOG_DEBUG] = RTE_LOG_DEBUG,
	};

	rte_log(levels[level], sekisho_logtype_driver, "net_sekisho: %s\n", message);
}

static int open_card(struct sekisho_adapter *adapter, const struct sekisho_probe_params *params)
{
	const struct sekisho_open_options options = { .log = sekisho_library_log };
	struct sekisho_identity *identity = &adapter->identity;
	const char *uri = params->uri;
	int ret = 0;

	adapter->device = params->device;
	if (adapter->device == NULL)
		ret = sekisho_open(uri, &options, &adapter->device);
	if (ret < 0) {
		PMD_INIT_LOG(ERR, "cannot open %s: %s", uri, rte_strerror(-ret));
		adapter->device = NULL;
		return ret;
	}
	ret = sekisho_identify(adapter->device, identity);
	if (ret < 0) {
		PMD_INIT_LOG(ERR, "cannot identify %s: %s", uri, rte_strerror(-ret));
		return ret;
	}
	adapter->doorbells = sekisho_doorbells(adapter->device);
	if (identity->kind != SEKISHO_NETWORK || adapter->doorbells == NULL) {
		PMD_INIT_LOG(ERR, "%s is not a network function with doorbells", uri);
		return -ENODEV;
	}
	identity->rx_queues = RTE_MIN(identity->rx_queues, (unsigned int)SEKISHO_MAX_QUEUES);
	identity->tx_queues = RTE_MIN(identity->tx_queues, (unsigned int)SEKISHO_MAX_QUEUES);
	/* Whatever an earlier user left: nothing runs, and the filters are closed. */
	ret = sekisho_reset(adapter->device);
	if (ret == 0)
		ret = sekisho_control(adapter->device, 0,
				      SEKISHO_NETWORK_CONTROL_PROMISCUOUS_MASK |
					      SEKISHO_NETWORK_CONTROL_ALL_MULTICAST_MASK);
	if (ret < 0)
		PMD_INIT_LOG(ERR, "cannot reset %s: %s", uri, rte_strerror(-ret));
	return ret;
}

/* The card's address, or a random one when it has none yet. */
static int init_mac(struct rte_eth_dev *dev)
{
	struct sekisho_adapter *adapter = sekisho_adapter(dev);
	struct rte_ether_addr *address;
	int ret;

	address = rte_zmalloc("sekisho_mac", sizeof(*address), 0);
	if (address == NULL)
		return -ENOMEM;
	ret = sekisho_mac_get(adapter->device, address->addr_bytes);
	if (ret == 0 && !rte_is_valid_assigned_ether_addr(address)) {
		rte_eth_random_addr(address->addr_bytes);
		ret = sekisho_mac_set(adapter->device, address->addr_bytes);
	}
	if (ret < 0) {
		rte_free(address);
		return ret;
	}
	dev->data->mac_addrs = address;
	return 0;
}

int sekisho_ethdev_probe(struct rte_eth_dev *dev, const struct sekisho_probe_params *params)
{
	struct sekisho_adapter *adapter = sekisho_adapter(dev);
	int ret;

	pthread_mutex_init(&adapter->lock, NULL);
	adapter->data = dev->data;
	adapter->drop_bad_checksum = params->drop_bad_checksum;
	sekisho_rx_init_types();

	ret = open_card(adapter, params);
	if (ret == 0)
		ret = sekisho_stats_init(adapter);
	if (ret == 0)
		ret = init_mac(dev);
	if (ret == 0)
		ret = sekisho_dma_init(adapter);
	if (ret == 0)
		ret = watch_removal(dev);
	if (ret < 0) {
		if (adapter->device == NULL) {
			pthread_mutex_destroy(&adapter->lock);
			return ret;
		}
		PMD_INIT_LOG(ERR, "cannot set up %s: %s", params->uri, rte_strerror(-ret));
		sekisho_dev_close(dev);
		return ret;
	}
	dev->dev_ops = &sekisho_ops;
	dev->rx_pkt_burst = rte_eth_pkt_burst_dummy;
	dev->tx_pkt_burst = rte_eth_pkt_burst_dummy;
	dev->tx_pkt_prepare = sekisho_tx_prepare;
	dev->rx_queue_count = sekisho_rx_queue_count;
	dev->rx_descriptor_status = sekisho_rx_descriptor_status;
	dev->tx_descriptor_status = sekisho_tx_descriptor_status;
	dev->data->dev_flags |= RTE_ETH_DEV_AUTOFILL_QUEUE_XSTATS;
	/* Without a descriptor of the card's own the bus has set its handle. */
	if (adapter->intr_handle != NULL) {
		dev->data->dev_flags |= RTE_ETH_DEV_INTR_RMV;
		dev->intr_handle = adapter->intr_handle;
	}
	PMD_INIT_LOG(INFO, "port %u: %s, function %u of port %u, %u+%u queues, rtl %08" PRIx32,
		     dev->data->port_id, params->uri, adapter->identity.index,
		     adapter->identity.port, adapter->identity.rx_queues,
		     adapter->identity.tx_queues, adapter->identity.rtl_hash);
	return 0;
}
