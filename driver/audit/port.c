/* SPDX-License-Identifier: BSD-3-Clause */
/* The two DPDK ports: the one under test and its peer. */

#include <errno.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_errno.h>
#include <rte_mbuf.h>

#include "audit.h"

#define RING 512u
#define MBUFS 4095u
#define LARGEST 9728u /* bytes of a frame that an mbuf of the large pool holds, at least */
#define OVERHEAD 22u /* Ethernet and two tags */

struct port dut, peer_port;
struct port *peer = &peer_port;
unsigned int timeout_ms = 3000;

uint64_t rx_checksums(const struct port *port)
{
	return port->info.rx_offload_capa & RTE_ETH_RX_OFFLOAD_CHECKSUM;
}

uint64_t tx_checksums(const struct port *port)
{
	return port->info.tx_offload_capa &
	       (RTE_ETH_TX_OFFLOAD_IPV4_CKSUM | RTE_ETH_TX_OFFLOAD_TCP_CKSUM |
		RTE_ETH_TX_OFFLOAD_UDP_CKSUM);
}

int port_init(struct port *port, uint16_t id)
{
	char name[32];
	int ret;

	port->id = id;
	ret = rte_eth_dev_get_name_by_port(id, port->name);
	if (ret == 0)
		ret = rte_eth_dev_info_get(id, &port->info);
	if (ret == 0)
		ret = rte_eth_macaddr_get(id, &port->address);
	if (ret != 0)
		return ret;
	snprintf(name, sizeof(name), "audit_large_%u", id);
	port->pool = rte_pktmbuf_pool_create(name, MBUFS, 0, 0,
					     RTE_PKTMBUF_HEADROOM + LARGEST + 128, SOCKET_ID_ANY);
	return port->pool == NULL ? -rte_errno : 0;
}

uint32_t port_max_mtu(const struct port *port)
{
	uint32_t overhead = OVERHEAD;
	uint32_t most = LARGEST - OVERHEAD;

	if (port->info.max_mtu != 0 && port->info.max_mtu != UINT16_MAX)
		most = RTE_MIN(most, (uint32_t)port->info.max_mtu);
	if (port->info.max_rx_pktlen != 0)
		most = RTE_MIN(most, port->info.max_rx_pktlen - overhead);
	return most;
}

void port_base_config(const struct port *port, struct port_config *config)
{
	*config = (struct port_config){
		.mtu = RTE_MIN(1500u, port_max_mtu(port)),
		.rx_offloads = rx_checksums(port),
		.tx_offloads = tx_checksums(port),
	};
	if (port == peer && port != &dut) {
		/* The peer does nothing for the frames, and takes any. */
		config->rx_offloads = config->tx_offloads = 0;
		config->mtu = port_max_mtu(port);
	}
}

static void fill_config(const struct port *port, const struct port_config *config,
			struct rte_eth_conf *conf)
{
	conf->rxmode.offloads = config->rx_offloads;
	conf->txmode.offloads = config->tx_offloads;
	conf->rxmode.mtu = config->mtu;
	if (config->rss_key != NULL) {
		conf->rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
		conf->rx_adv_conf.rss_conf.rss_key = (uint8_t *)(uintptr_t)config->rss_key;
		conf->rx_adv_conf.rss_conf.rss_key_len = port->info.hash_key_size;
		conf->rx_adv_conf.rss_conf.rss_hf = config->rss_types;
	}
}

static struct rte_mempool *choose_pool(struct port *port, uint32_t buffer)
{
	char name[32];

	if (buffer == 0)
		return port->pool;
	if (port->small_pool == NULL) {
		snprintf(name, sizeof(name), "audit_small_%u", port->id);
		port->small_pool = rte_pktmbuf_pool_create(
			name, 4 * MBUFS, 0, 0, (uint16_t)(RTE_PKTMBUF_HEADROOM + buffer),
			SOCKET_ID_ANY);
	}
	return port->small_pool;
}

static int start(struct port *port, const struct port_config *config)
{
	struct rte_eth_conf conf = { 0 };
	struct rte_mempool *pool = choose_pool(port, config->buffer);
	const uint16_t queues = config->queues == 0 ? 1 : (uint16_t)config->queues;
	uint16_t rx_ring = RING, tx_ring = RING;
	int ret;

	if (pool == NULL)
		return -rte_errno;
	fill_config(port, config, &conf);
	ret = rte_eth_dev_configure(port->id, queues, 1, &conf);
	if (ret == 0)
		ret = rte_eth_dev_adjust_nb_rx_tx_desc(port->id, &rx_ring, &tx_ring);
	for (uint16_t i = 0; i < queues && ret == 0; i++) {
		struct rte_eth_rxconf rx = port->info.default_rxconf;

		rx.offloads = conf.rxmode.offloads;
		ret = rte_eth_rx_queue_setup(port->id, i, rx_ring, SOCKET_ID_ANY, &rx, pool);
	}
	if (ret == 0) {
		struct rte_eth_txconf tx = port->info.default_txconf;

		tx.offloads = conf.txmode.offloads;
		ret = rte_eth_tx_queue_setup(port->id, 0, tx_ring, SOCKET_ID_ANY, &tx);
	}
	if (ret == 0)
		ret = rte_eth_dev_start(port->id);
	if (ret != 0)
		return ret;
	port->started = true;
	port->config = *config;
	/* What a device does not know of these is none of this audit's business. */
	rte_eth_promiscuous_enable(port->id);
	rte_eth_allmulticast_enable(port->id);
	rte_eth_dev_set_mtu(port->id, (uint16_t)config->mtu);
	return 0;
}

static void stop(struct port *port)
{
	if (port->started)
		rte_eth_dev_stop(port->id);
	port->started = false;
}

int port_configure(struct port *port, const struct port_config *config)
{
	if (port->dead)
		return -EIO;
	stop(port);
	return start(port, config);
}

int port_try(struct port *port, uint64_t rx_offloads, uint64_t tx_offloads)
{
	const struct port_config config = { .rx_offloads = rx_offloads,
					    .tx_offloads = tx_offloads,
					    .mtu = RTE_MIN(1500u, port_max_mtu(port)) };
	struct rte_eth_conf conf = { 0 };

	stop(port);
	fill_config(port, &config, &conf);
	return rte_eth_dev_configure(port->id, 1, 1, &conf);
}

void port_close(struct port *port)
{
	stop(port);
	rte_eth_dev_close(port->id);
	rte_mempool_free(port->pool);
	rte_mempool_free(port->small_pool);
}

static bool link_up(const struct port *port)
{
	struct rte_eth_link link = { 0 };

	return rte_eth_link_get_nowait(port->id, &link) == 0 && link.link_status != 0;
}

bool wire_works(void)
{
	const uint64_t end = rte_get_timer_cycles() + 3 * timeout_ms * rte_get_timer_hz() / 1000;

	do {
		if (link_up(&dut) && link_up(peer) && probe())
			return true;
		rte_delay_us_sleep(10000);
	} while (rte_get_timer_cycles() < end);
	/* Some devices never report a link. */
	return probe();
}
