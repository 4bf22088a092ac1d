/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A driver that lies, to be loaded before sekisho-audit's libraries: the burst functions of port 0
 * are wrapped when it starts. PLANT names the lie, as other drivers have told it.
 */

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include <rte_ethdev.h>
#include <rte_ip.h>
#include <rte_mbuf.h>
#include <rte_udp.h>

int rte_eth_dev_start(uint16_t port);

static eth_rx_burst_t real_rx;
static eth_tx_burst_t real_tx;
static const char *plant = "";

static bool is(const char *name)
{
	return strcmp(plant, name) == 0;
}

static void set_l4(struct rte_mbuf *mbuf, uint64_t verdict)
{
	mbuf->ol_flags = (mbuf->ol_flags & ~RTE_MBUF_F_RX_L4_CKSUM_MASK) | verdict;
}

static void set_ip(struct rte_mbuf *mbuf, uint64_t verdict)
{
	mbuf->ol_flags = (mbuf->ol_flags & ~RTE_MBUF_F_RX_IP_CKSUM_MASK) | verdict;
}

static uint32_t word(const uint8_t *bytes)
{
	return (uint32_t)bytes[0] << 8 | bytes[1];
}

static void lie_about_received(struct rte_mbuf *mbuf)
{
	const uint8_t *frame = rte_pktmbuf_mtod(mbuf, const uint8_t *);
	const uint64_t l4 = mbuf->ol_flags & RTE_MBUF_F_RX_L4_CKSUM_MASK;
	const uint64_t ip = mbuf->ol_flags & RTE_MBUF_F_RX_IP_CKSUM_MASK;
	const bool ipv4 = mbuf->data_len >= 34 && word(frame + 12) == 0x0800;
	const bool ipv6 = mbuf->data_len >= 54 && word(frame + 12) == 0x86dd;
	static uint64_t last;

	if (is("unknown-is-good") && l4 == RTE_MBUF_F_RX_L4_CKSUM_UNKNOWN)
		set_l4(mbuf, RTE_MBUF_F_RX_L4_CKSUM_GOOD);
	else if (is("none-is-bad") && l4 == RTE_MBUF_F_RX_L4_CKSUM_NONE)
		set_l4(mbuf, RTE_MBUF_F_RX_L4_CKSUM_BAD);
	else if (is("padding-summed") && ipv4 && word(frame + 16) + 14 < mbuf->data_len &&
		 l4 == RTE_MBUF_F_RX_L4_CKSUM_GOOD)
		set_l4(mbuf, RTE_MBUF_F_RX_L4_CKSUM_BAD);
	else if (is("broadcast-is-bad") && ipv4 && word(frame + 30) == 0xffff &&
		 ip == RTE_MBUF_F_RX_IP_CKSUM_GOOD)
		set_ip(mbuf, RTE_MBUF_F_RX_IP_CKSUM_BAD);
	else if (is("options-unchecked") && ipv4 && (frame[14] & 15) > 5)
		set_ip(mbuf, RTE_MBUF_F_RX_IP_CKSUM_GOOD);
	else if (is("ipv6-unchecked") && ipv6 && l4 == RTE_MBUF_F_RX_L4_CKSUM_BAD)
		set_l4(mbuf, RTE_MBUF_F_RX_L4_CKSUM_GOOD);
	else if (is("hash-turned"))
		mbuf->hash.rss = __builtin_bswap32(mbuf->hash.rss);
	else if (is("flags-of-the-last")) {
		const uint64_t mask = RTE_MBUF_F_RX_L4_CKSUM_MASK;
		const uint64_t now = mbuf->ol_flags & mask;

		mbuf->ol_flags = (mbuf->ol_flags & ~mask) | last;
		last = now;
	}
}

/* What the offload would have done is done here, wrong, or not at all. */
static void lie_when_sending(struct rte_mbuf *mbuf)
{
	struct rte_ipv4_hdr *ip =
		rte_pktmbuf_mtod_offset(mbuf, struct rte_ipv4_hdr *, mbuf->l2_len);
	const uint64_t l4 = mbuf->ol_flags & RTE_MBUF_F_TX_L4_MASK;
	struct rte_udp_hdr *udp;

	if (!(mbuf->ol_flags & RTE_MBUF_F_TX_IPV4))
		return;
	if (is("seed-sent") && l4 == RTE_MBUF_F_TX_TCP_CKSUM)
		mbuf->ol_flags &= ~RTE_MBUF_F_TX_L4_MASK;
	if (is("udp-zero-sent") && l4 == RTE_MBUF_F_TX_UDP_CKSUM) {
		udp = (struct rte_udp_hdr *)((uint8_t *)ip + mbuf->l3_len);
		udp->dgram_cksum = 0;
		udp->dgram_cksum = rte_ipv4_udptcp_cksum(ip, udp);
		if (udp->dgram_cksum == 0xffff)
			udp->dgram_cksum = 0;
		mbuf->ol_flags &= ~RTE_MBUF_F_TX_L4_MASK;
	}
}

static uint16_t receive(void *queue, struct rte_mbuf **mbufs, uint16_t count)
{
	count = real_rx(queue, mbufs, count);
	for (uint16_t i = 0; i < count; i++)
		lie_about_received(mbufs[i]);
	return count;
}

static uint16_t transmit(void *queue, struct rte_mbuf **mbufs, uint16_t count)
{
	for (uint16_t i = 0; i < count; i++)
		lie_when_sending(mbufs[i]);
	return real_tx(queue, mbufs, count);
}

int rte_eth_dev_start(uint16_t port)
{
	int (*start)(uint16_t) = (int (*)(uint16_t))dlsym(RTLD_NEXT, "rte_eth_dev_start");
	int ret = start(port);

	if (getenv("PLANT") != NULL)
		plant = getenv("PLANT");
	if (ret == 0 && port == 0) {
		real_rx = rte_eth_fp_ops[port].rx_pkt_burst;
		real_tx = rte_eth_fp_ops[port].tx_pkt_burst;
		rte_eth_fp_ops[port].rx_pkt_burst = receive;
		rte_eth_fp_ops[port].tx_pkt_burst = transmit;
	}
	return ret;
}
