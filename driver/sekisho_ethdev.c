/* SPDX-License-Identifier: BSD-3-Clause */

/* The port: probe, configuration, start and stop, information. */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <rte_errno.h>
#include <rte_malloc.h>
#include <rte_mbuf_dyn.h>

#include "sekisho_ethdev.h"
#include "sekisho_pmd.h"

RTE_LOG_REGISTER(sekisho_logtype_init, pmd.net.sekisho.init, NOTICE);
RTE_LOG_REGISTER(sekisho_logtype_driver, pmd.net.sekisho.driver, NOTICE);

#define RX_QUEUE_OFFLOADS                                               \
	(RTE_ETH_RX_OFFLOAD_IPV4_CKSUM | RTE_ETH_RX_OFFLOAD_UDP_CKSUM | \
	 RTE_ETH_RX_OFFLOAD_TCP_CKSUM | RTE_ETH_RX_OFFLOAD_VLAN_STRIP | \
	 RTE_ETH_RX_OFFLOAD_TIMESTAMP)
/* The function scatters for all its queues or for none. */
#define RX_OFFLOADS (RX_QUEUE_OFFLOADS | RTE_ETH_RX_OFFLOAD_RSS_HASH | RTE_ETH_RX_OFFLOAD_SCATTER)
#define TX_OFFLOADS                                                         \
	(RTE_ETH_TX_OFFLOAD_IPV4_CKSUM | RTE_ETH_TX_OFFLOAD_UDP_CKSUM |     \
	 RTE_ETH_TX_OFFLOAD_TCP_CKSUM | RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE | \
	 RTE_ETH_TX_OFFLOAD_MULTI_SEGS | RTE_ETH_TX_OFFLOAD_VLAN_INSERT)

int sekisho_control_bits(struct rte_eth_dev *dev, uint32_t set, uint32_t clear)
{
	struct sekisho_adapter *adapter = sekisho_adapter(dev);
	int ret;

	sekisho_lock(adapter);
	ret = sekisho_control(adapter->device, set, clear);
	sekisho_unlock(adapter);
	return ret;
}

/* --- bursts ---------------------------------------------------------------------------------- */

static void set_bursts(struct rte_eth_dev *dev, eth_rx_burst_t rx, eth_tx_burst_t tx)
{
	struct rte_eth_fp_ops *ops = &rte_eth_fp_ops[dev->data->port_id];

	dev->rx_pkt_burst = rx;
	dev->tx_pkt_burst = tx;
	/* A port that is being started gets them from the library, at the end. */
	if (!dev->data->dev_started)
		return;
	/* A burst that runs meanwhile ends with the function that it has: both know the rings. */
	__atomic_store_n(&ops->rx_pkt_burst, rx, __ATOMIC_RELEASE);
	__atomic_store_n(&ops->tx_pkt_burst, tx, __ATOMIC_RELEASE);
}

void sekisho_disable_bursts(struct rte_eth_dev *dev)
{
	set_bursts(dev, rte_eth_pkt_burst_dummy, rte_eth_pkt_burst_dummy);
}

void sekisho_enable_bursts(struct rte_eth_dev *dev)
{
	set_bursts(dev, sekisho_rx_needs_full(dev) ? sekisho_rx_burst_full : sekisho_rx_burst,
		   sekisho_tx_burst);
}

/* No rte_eth_dev_is_removed() while it is looked for: what that says lasts for ever. */
static int is_removed(struct rte_eth_dev *dev)
{
	return sekisho_adapter_state(sekisho_adapter(dev)) == SEKISHO_GONE;
}

/* --- configure, start, stop, close ---------------------------------------------------------- */

/* What the library does not refuse by the offloads alone. */
static int check_configuration(const struct rte_eth_conf *config)
{
	const struct rte_eth_txmode *txmode = &config->txmode;

	if (config->rxmode.mq_mode != RTE_ETH_MQ_RX_NONE &&
	    config->rxmode.mq_mode != RTE_ETH_MQ_RX_RSS) {
		PMD_DRV_LOG(ERR,
			    "receive mode 0x%x: only none and RSS are supported, not DCB or VMDq",
			    config->rxmode.mq_mode);
		return -ENOTSUP;
	}
	if (txmode->mq_mode != RTE_ETH_MQ_TX_NONE) {
		PMD_DRV_LOG(ERR, "transmit mode 0x%x: DCB and VMDq are not supported",
			    txmode->mq_mode);
		return -ENOTSUP;
	}
	if (txmode->hw_vlan_reject_tagged || txmode->hw_vlan_reject_untagged ||
	    txmode->hw_vlan_insert_pvid) {
		PMD_DRV_LOG(ERR, "a port VLAN on transmit is not supported");
		return -ENOTSUP;
	}
	/* Applications ask for it on ports that a cable loops, too: dpdk-test's pmd_perf_autotest. */
	if (config->lpbk_mode != 0)
		PMD_DRV_LOG(WARNING, "no loopback in the card: mode %u has no effect",
			    config->lpbk_mode);
	if (config->dcb_capability_en != 0) {
		PMD_DRV_LOG(ERR, "DCB is not supported");
		return -ENOTSUP;
	}
	return 0;
}

static int dev_configure(struct rte_eth_dev *dev)
{
	struct rte_eth_rxmode *rxmode = &dev->data->dev_conf.rxmode;
	int ret = check_configuration(&dev->data->dev_conf);

	if (ret == 0)
		ret = sekisho_flows_check_queues(dev);
	if (ret < 0)
		return ret;
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

int sekisho_restore_settings(struct rte_eth_dev *dev)
{
	struct sekisho_adapter *adapter = sekisho_adapter(dev);
	int ret = sekisho_vectors_connect(dev);

	if (ret == -ENOTSUP)
		ret = 0; /* a bus with interrupts of its own */
	if (ret == 0)
		ret = set_max_frame(dev, dev->data->mtu);
	if (ret == 0)
		ret = sekisho_filters_apply(dev);
	if (ret == 0)
		ret = sekisho_meters_apply(adapter);
	if (ret == 0)
		ret = sekisho_flows_apply(dev);
	if (ret == 0 && dev->data->dev_configured)
		ret = sekisho_rss_apply(dev);
	if (ret < 0)
		PMD_DRV_LOG(ERR, "port %u: the card does not take its settings: %s",
			    adapter->data->port_id, rte_strerror(-ret));
	return ret;
}

int sekisho_enable_traffic(struct rte_eth_dev *dev)
{
	const uint32_t drop =
		SEKISHO_NETWORK_CONTROL_DROP_BAD_IP_MASK | SEKISHO_NETWORK_CONTROL_DROP_BAD_L4_MASK;
	uint32_t set =
		SEKISHO_NETWORK_CONTROL_RX_ENABLE_MASK | SEKISHO_NETWORK_CONTROL_TX_ENABLE_MASK;
	uint32_t clear = 0;

	*(sekisho_adapter(dev)->drop_bad_checksum ? &set : &clear) |= drop;
	*(dev->data->scattered_rx ? &set : &clear) |= SEKISHO_NETWORK_CONTROL_SCATTER_MASK;
	return sekisho_control_bits(dev, set, clear);
}

static int dev_start(struct rte_eth_dev *dev)
{
	uint32_t frame = dev->data->mtu + SEKISHO_FRAME_OVERHEAD;
	int ret = sekisho_control_begin(dev);

	if (ret < 0) {
		PMD_DRV_LOG(ERR, "port %u does not start: %s", dev->data->port_id,
			    ret == -ENODEV ? "the card is gone" : "the card is looked for");
		return ret;
	}
	ret = sekisho_rx_check_frame(dev, frame);
	dev->data->scattered_rx = sekisho_rx_needs_scatter(dev, frame);
	if (ret == 0)
		ret = set_max_frame(dev, dev->data->mtu);
	if (ret == 0)
		ret = sekisho_rss_apply(dev);
	if (ret == 0)
		ret = sekisho_rx_intr_setup(dev);
	if (ret == 0)
		ret = sekisho_clock_start(dev);
	if (ret == 0)
		ret = run_queues(dev);
	if (ret == 0)
		ret = sekisho_enable_traffic(dev);
	if (ret < 0) {
		PMD_DRV_LOG(ERR, "port %u does not start: %s", dev->data->port_id,
			    rte_strerror(-ret));
		halt_queues(dev);
		sekisho_clock_stop(dev);
	} else {
		sekisho_enable_bursts(dev);
		/* With link interrupts nobody else looks at it. */
		(void)sekisho_link_update(dev, 0);
	}
	/* Gone in between: the handler has not seen a started port. */
	if (ret == 0 && sekisho_adapter_state(sekisho_adapter(dev)) != SEKISHO_PRESENT)
		sekisho_disable_bursts(dev);
	sekisho_control_end(dev);
	return ret;
}

static int dev_stop(struct rte_eth_dev *dev)
{
	struct sekisho_adapter *adapter = sekisho_adapter(dev);
	struct rte_eth_link link = { .link_status = RTE_ETH_LINK_DOWN };
	int ret;

	/* Allowed in every state: a card that is looked for comes back to a port that is stopped. */
	pthread_mutex_lock(&adapter->control);
	/* No new frames while the queues come to rest; what fails here shows in halt_queues(). */
	(void)sekisho_control_bits(dev, 0, SEKISHO_NETWORK_CONTROL_RX_ENABLE_MASK);
	ret = halt_queues(dev);
	(void)sekisho_control_bits(dev, 0, SEKISHO_NETWORK_CONTROL_TX_ENABLE_MASK);
	sekisho_disable_bursts(dev);
	sekisho_clock_stop(dev);
	rte_eth_linkstatus_set(dev, &link);
	dev->data->dev_started = 0;
	pthread_mutex_unlock(&adapter->control);
	return ret;
}

int sekisho_dev_close(struct rte_eth_dev *dev)
{
	struct sekisho_adapter *adapter = sekisho_adapter(dev);
	int ret;

	if (rte_eal_process_type() != RTE_PROC_PRIMARY || adapter->device == NULL)
		return 0;
	sekisho_recovery_cancel(dev);
	sekisho_removal_unwatch(dev);
	sekisho_flow_age_stop(dev);
	/* Queues still run when the port was not stopped, or when its stop failed. */
	ret = dev->data->dev_started ? dev_stop(dev) : halt_queues(dev);
	if (ret < 0) {
		/* A queue does not come to rest: a reset is the last way to part card and memory. */
		sekisho_lock(adapter);
		(void)sekisho_reset(adapter->device);
		sekisho_unlock(adapter);
	}
	(void)sekisho_flows_clear(dev);
	/* The card must not reach the rings and buffers any more before they are freed. */
	sekisho_dma_fini(adapter);
	for (uint16_t id = 0; id < dev->data->nb_rx_queues; id++)
		sekisho_rx_queue_release(dev, id);
	for (uint16_t id = 0; id < dev->data->nb_tx_queues; id++)
		sekisho_tx_queue_release(dev, id);
	sekisho_events_fini(dev);
	sekisho_stats_fini(adapter);
	sekisho_close(adapter->device);
	adapter->device = NULL;
	pthread_mutex_destroy(&adapter->lock);
	pthread_mutex_destroy(&adapter->control);
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
	};

	info->max_rx_queues = identity->rx_queues;
	info->max_tx_queues = identity->tx_queues;
	info->max_mac_addrs = 1 + SEKISHO_MAC_FILTERS;
	info->min_rx_bufsize = SEKISHO_MIN_RX_BUFFER;
	info->max_rx_pktlen = identity->max_frame;
	info->min_mtu = RTE_ETHER_MIN_MTU;
	info->max_mtu = identity->max_frame - SEKISHO_FRAME_OVERHEAD;
	info->rx_desc_lim = limits;
	info->tx_desc_lim = limits;
	info->tx_desc_lim.nb_seg_max = SEKISHO_MAX_TX_SEGMENTS;
	info->tx_desc_lim.nb_mtu_seg_max = SEKISHO_MAX_TX_SEGMENTS;
	info->rx_offload_capa = RX_OFFLOADS;
	info->rx_queue_offload_capa = RX_QUEUE_OFFLOADS;
	info->tx_offload_capa = TX_OFFLOADS;
	info->tx_queue_offload_capa = TX_OFFLOADS;
	info->reta_size = SEKISHO_RSS_TABLE_SIZE;
	info->hash_key_size = SEKISHO_RSS_KEY_SIZE;
	info->flow_type_rss_offloads = SEKISHO_RSS_HF;
	/* The MACs outside the core decide; the core passes on whatever they tell. */
	info->speed_capa = RTE_ETH_LINK_SPEED_1G | RTE_ETH_LINK_SPEED_2_5G | RTE_ETH_LINK_SPEED_5G |
			   RTE_ETH_LINK_SPEED_10G | RTE_ETH_LINK_SPEED_25G |
			   RTE_ETH_LINK_SPEED_40G | RTE_ETH_LINK_SPEED_50G |
			   RTE_ETH_LINK_SPEED_100G;
	info->default_rxportconf.ring_size = SEKISHO_DEFAULT_RING;
	info->default_txportconf.ring_size = SEKISHO_DEFAULT_RING;
	info->default_rxportconf.burst_size = SEKISHO_BURST;
	info->default_txportconf.burst_size = SEKISHO_BURST;
	info->default_rxportconf.nb_queues = 1;
	info->default_txportconf.nb_queues = 1;
	info->default_rxconf.rx_free_thresh = SEKISHO_BURST;
	info->default_rxconf.rx_drop_en = 1;
	info->default_txconf.tx_free_thresh = SEKISHO_BURST;
	info->dev_capa = RTE_ETH_DEV_CAPA_RUNTIME_RX_QUEUE_SETUP |
			 RTE_ETH_DEV_CAPA_RUNTIME_TX_QUEUE_SETUP | RTE_ETH_DEV_CAPA_FLOW_RULE_KEEP;
	if (sekisho_will_recover(dev))
		info->err_handle_mode = RTE_ETH_ERROR_HANDLE_MODE_PROACTIVE;
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

int sekisho_link_update(struct rte_eth_dev *dev, int wait_to_complete __rte_unused)
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

void sekisho_link_check(struct rte_eth_dev *dev)
{
	/* 0: it is another one than before. */
	if (sekisho_link_update(dev, 0) == 0 && dev->data->dev_conf.intr_conf.lsc)
		rte_eth_dev_callback_process(dev, RTE_ETH_EVENT_INTR_LSC, NULL);
}

/* Registers that can be read, in address order; offset and length count them. */
static int get_reg(struct rte_eth_dev *dev, struct rte_dev_reg_info *info)
{
	struct sekisho_adapter *adapter = sekisho_adapter(dev);
	const struct sekisho_identity *identity = &adapter->identity;
	struct sekisho_register reg;
	uint32_t *data = info->data, at = 0;
	int ret = 0;

	info->width = sizeof(uint32_t);
	info->version = identity->map_major << 16 | identity->map_minor;
	sekisho_lock(adapter);
	for (unsigned int i = 0; ret == 0 && sekisho_register_at(adapter->device, i, &reg) == 0;
	     i++) {
		if (!reg.readable || !SEKISHO_REGISTER_WANTED(info, reg.name))
			continue;
		if (data != NULL && at >= info->offset && at - info->offset < info->length) {
			ret = sekisho_read32(adapter->device, reg.offset, &data[at - info->offset]);
			SEKISHO_REGISTER_NAME(info, at - info->offset, reg.name);
		}
		at++;
	}
	sekisho_unlock(adapter);
	if (data == NULL)
		info->length = at;
	return ret;
}

static int mtu_set(struct rte_eth_dev *dev, uint16_t mtu)
{
	int ret = sekisho_control_begin(dev);

	if (ret < 0)
		return ret;
	ret = sekisho_rx_check_frame(dev, mtu + SEKISHO_FRAME_OVERHEAD);
	if (ret == 0)
		ret = set_max_frame(dev, mtu);
	sekisho_control_end(dev);
	return ret;
}

static const struct eth_dev_ops sekisho_ops = {
	.dev_configure = dev_configure,
	.dev_start = dev_start,
	.dev_stop = dev_stop,
	.dev_close = sekisho_dev_close,
	.is_removed = is_removed,
	.dev_reset = sekisho_dev_reset,
	.link_update = sekisho_link_update,
	.promiscuous_enable = sekisho_promiscuous_enable,
	.promiscuous_disable = sekisho_promiscuous_disable,
	.allmulticast_enable = sekisho_allmulticast_enable,
	.allmulticast_disable = sekisho_allmulticast_disable,
	.mac_addr_set = sekisho_mac_addr_set,
	.mac_addr_add = sekisho_mac_addr_add,
	.mac_addr_remove = sekisho_mac_addr_remove,
	.set_mc_addr_list = sekisho_mc_addr_list,
	.vlan_offload_set = sekisho_vlan_offload_set,
	.vlan_strip_queue_set = sekisho_vlan_strip_queue_set,
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
	.get_reg = get_reg,
	.read_clock = sekisho_read_clock,
	.dev_supported_ptypes_get = supported_ptypes_get,
	.rx_queue_start = sekisho_rx_queue_run,
	.rx_queue_stop = sekisho_rx_queue_halt,
	.tx_queue_start = sekisho_tx_queue_run,
	.tx_queue_stop = sekisho_tx_queue_halt,
	.rx_queue_intr_enable = sekisho_rx_intr_enable,
	.rx_queue_intr_disable = sekisho_rx_intr_disable,
	.rx_queue_setup = sekisho_rx_queue_setup,
	.rx_queue_release = sekisho_rx_queue_release,
	.tx_queue_setup = sekisho_tx_queue_setup,
	.tx_queue_release = sekisho_tx_queue_release,
	.tx_done_cleanup = sekisho_tx_done_cleanup,
	.rss_hash_update = sekisho_rss_hash_update,
	.rss_hash_conf_get = sekisho_rss_hash_conf_get,
	.reta_update = sekisho_reta_update,
	.reta_query = sekisho_reta_query,
	.flow_ops_get = sekisho_flow_ops_get,
	.mtr_ops_get = sekisho_meter_ops_get,
	.rx_metadata_negotiate = sekisho_rx_metadata_negotiate,
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

int sekisho_open_card(struct sekisho_adapter *adapter, struct sekisho_device *device,
		      const char *uri, struct sekisho_device **result,
		      struct sekisho_identity *identity)
{
	const struct sekisho_open_options options = { .log = sekisho_library_log };
	/* While the card is looked for, it is no error that it is not there. */
	bool first = adapter->device == NULL;
	int ret = 0;

	if (device == NULL)
		ret = sekisho_open(uri, &options, &device);
	if (ret < 0) {
		if (first)
			PMD_INIT_LOG(ERR, "cannot open %s: %s", uri, rte_strerror(-ret));
		return ret;
	}
	ret = sekisho_identify(device, identity);
	if (ret == 0 && (identity->kind != SEKISHO_NETWORK || sekisho_doorbells(device) == NULL)) {
		PMD_INIT_LOG(ERR, "%s is not a network function with doorbells", uri);
		ret = -ENODEV;
	}
	identity->rx_queues = RTE_MIN(identity->rx_queues, (unsigned int)SEKISHO_MAX_QUEUES);
	identity->tx_queues = RTE_MIN(identity->tx_queues, (unsigned int)SEKISHO_MAX_QUEUES);
	/* Whatever an earlier user left: nothing runs, and the filters are closed. */
	if (ret == 0)
		ret = sekisho_reset(device);
	if (ret < 0) {
		if (first)
			PMD_INIT_LOG(ERR, "cannot set up %s: %s", uri, rte_strerror(-ret));
		sekisho_close(device);
		return ret;
	}
	*result = device;
	return 0;
}

/* The card's address, or a random one when it has none yet. */
static int init_mac(struct rte_eth_dev *dev)
{
	struct sekisho_adapter *adapter = sekisho_adapter(dev);
	struct rte_ether_addr *address;
	int ret;

	address = rte_zmalloc("sekisho_mac", (1 + SEKISHO_MAC_FILTERS) * sizeof(*address), 0);
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

/* Makes room for evidence in every mbuf. */
static int init_evidence(struct sekisho_adapter *adapter)
{
	static const struct rte_mbuf_dynfield field = {
		.name = SEKISHO_DYNFIELD_EVIDENCE,
		.size = sizeof(struct sekisho_evidence),
		.align = __alignof__(struct sekisho_evidence),
	};
	static const struct rte_mbuf_dynflag flag = { .name = SEKISHO_DYNFLAG_EVIDENCE };
	int bit;

	if (!adapter->evidence)
		return 0;
	adapter->evidence_offset = rte_mbuf_dynfield_register(&field);
	bit = rte_mbuf_dynflag_register(&flag);
	if (adapter->evidence_offset < 0 || bit < 0) {
		PMD_INIT_LOG(ERR, "no room in the mbuf for evidence: %s", rte_strerror(rte_errno));
		return -rte_errno;
	}
	adapter->evidence_flag = UINT64_C(1) << bit;
	return 0;
}

static void init_locks(struct sekisho_adapter *adapter)
{
	pthread_mutexattr_t recursive;

	pthread_mutexattr_init(&recursive);
	pthread_mutexattr_settype(&recursive, PTHREAD_MUTEX_RECURSIVE);
	pthread_mutex_init(&adapter->control, &recursive);
	pthread_mutexattr_destroy(&recursive);
	pthread_mutex_init(&adapter->lock, NULL);
}

int sekisho_ethdev_probe(struct rte_eth_dev *dev, const struct sekisho_probe_params *params)
{
	struct sekisho_adapter *adapter = sekisho_adapter(dev);
	int ret;

	init_locks(adapter);
	adapter->data = dev->data;
	strcpy(adapter->uri, params->uri);
	adapter->drop_bad_checksum = params->drop_bad_checksum;
	adapter->evidence = params->evidence;
	adapter->audit_interval = params->audit_interval;
	adapter->recovery = params->recovery;
	adapter->bus_handle = params->bus_handle;
	adapter->timestamp_offset = adapter->event_fd = -1;
	adapter->can_reopen = params->device == NULL && sekisho_gate_init();
	if (params->recovery == SEKISHO_RECOVERY_ON && !adapter->can_reopen)
		PMD_INIT_LOG(WARNING, "%s: no recovery: %s", params->uri,
			     params->device == NULL ? "the kernel has no membarrier()" :
						      "the bus opens the card");
	sekisho_rx_init_types();

	ret = sekisho_open_card(adapter, params->device, params->uri, &adapter->device,
				&adapter->identity);
	if (ret < 0) {
		adapter->device = NULL;
		pthread_mutex_destroy(&adapter->lock);
		pthread_mutex_destroy(&adapter->control);
		return ret;
	}
	adapter->doorbells = sekisho_doorbells(adapter->device);
	ret = init_evidence(adapter);
	if (ret == 0)
		ret = sekisho_stats_init(adapter);
	if (ret == 0)
		ret = init_mac(dev);
	if (ret == 0)
		ret = sekisho_dma_init(adapter);
	if (ret == 0)
		ret = sekisho_events_init(dev);
	if (ret == 0) {
		ret = sekisho_vectors_connect(dev);
		if (ret == 0)
			dev->data->dev_flags |= RTE_ETH_DEV_INTR_LSC;
		else if (ret == -ENOTSUP)
			ret = 0;
	}
	if (ret == 0)
		ret = sekisho_removal_watch(dev);
	if (ret < 0) {
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
	dev->data->dev_flags |= RTE_ETH_DEV_INTR_RMV | RTE_ETH_DEV_AUTOFILL_QUEUE_XSTATS;
	/* A bus that maps and interrupts has set its own handle. */
	if (adapter->removal_handle != NULL)
		dev->intr_handle = adapter->rx_handle;
	PMD_INIT_LOG(INFO, "port %u: %s, function %u of port %u, %u+%u queues, rtl %08" PRIx32,
		     dev->data->port_id, params->uri, adapter->identity.index,
		     adapter->identity.port, adapter->identity.rx_queues,
		     adapter->identity.tx_queues, adapter->identity.rtl_hash);
	return 0;
}
