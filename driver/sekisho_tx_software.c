/* SPDX-License-Identifier: BSD-3-Clause */

/*
 * Checksums that the card does not insert although an application may ask for them: the card takes
 * the outermost IP packet behind at most two VLAN tags, an mbuf's l2_len may point at another one (a
 * packet inside a tunnel, a third tag).
 */

#include <errno.h>
#include <string.h>

#include <rte_ip.h>
#include <rte_tcp.h>
#include <rte_udp.h>

#include "sekisho_ethdev.h"

/* One's complement sum of the pseudo header, not folded. */
static uint32_t pseudo_header(const void *addresses, size_t size, uint32_t length, uint8_t protocol)
{
	return rte_raw_cksum(addresses, size) + rte_cpu_to_be_16(length) +
	       rte_cpu_to_be_16(protocol);
}

static int insert_l4(struct rte_mbuf *mbuf, uint8_t *ip, uint64_t kind)
{
	uint32_t offset = mbuf->l2_len + mbuf->l3_len;
	bool udp = kind == RTE_MBUF_F_TX_UDP_CKSUM;
	uint16_t checksum, rest;
	uint32_t length, sum;
	uint8_t *field;

	if (mbuf->ol_flags & RTE_MBUF_F_TX_IPV6)
		length = rte_be_to_cpu_16(((struct rte_ipv6_hdr *)ip)->payload_len) +
			 sizeof(struct rte_ipv6_hdr) - mbuf->l3_len;
	else
		length = rte_be_to_cpu_16(((struct rte_ipv4_hdr *)ip)->total_length) - mbuf->l3_len;
	/* A length below 0 is a large one here. */
	if (length > mbuf->pkt_len || offset + length > mbuf->pkt_len ||
	    length < (udp ? sizeof(struct rte_udp_hdr) : sizeof(struct rte_tcp_hdr)) ||
	    offset + (udp ? sizeof(struct rte_udp_hdr) : sizeof(struct rte_tcp_hdr)) >
		    mbuf->data_len)
		return -EINVAL;
	field = ip + mbuf->l3_len +
		(udp ? offsetof(struct rte_udp_hdr, dgram_cksum) :
		       offsetof(struct rte_tcp_hdr, cksum));
	memset(field, 0, sizeof(checksum));
	if (rte_raw_cksum_mbuf(mbuf, offset, length, &rest) < 0)
		return -EINVAL;
	sum = rest;
	if (mbuf->ol_flags & RTE_MBUF_F_TX_IPV6)
		sum += pseudo_header(&((struct rte_ipv6_hdr *)ip)->src_addr, 32, length,
				     udp ? IPPROTO_UDP : IPPROTO_TCP);
	else
		sum += pseudo_header(&((struct rte_ipv4_hdr *)ip)->src_addr, 8, length,
				     udp ? IPPROTO_UDP : IPPROTO_TCP);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = ~((sum & 0xffff) + (sum >> 16)) & 0xffff;
	/* UDP: 0 says that there is none. */
	checksum = sum == 0 && udp ? 0xffff : sum;
	memcpy(field, &checksum, sizeof(checksum));
	return 0;
}

int sekisho_tx_insert_checksums(struct rte_mbuf *mbuf)
{
	uint64_t l4 = mbuf->ol_flags & RTE_MBUF_F_TX_L4_MASK;
	uint8_t *ip = rte_pktmbuf_mtod_offset(mbuf, uint8_t *, mbuf->l2_len);

	if ((uint32_t)mbuf->l2_len + mbuf->l3_len > mbuf->data_len ||
	    mbuf->l3_len < sizeof(struct rte_ipv4_hdr) ||
	    (mbuf->ol_flags & RTE_MBUF_F_TX_IPV6 && mbuf->l3_len < sizeof(struct rte_ipv6_hdr)))
		return -EINVAL;
	if (l4 == RTE_MBUF_F_TX_TCP_CKSUM || l4 == RTE_MBUF_F_TX_UDP_CKSUM) {
		int ret = insert_l4(mbuf, ip, l4);

		if (ret < 0)
			return ret;
	}
	if (mbuf->ol_flags & RTE_MBUF_F_TX_IP_CKSUM) {
		struct rte_ipv4_hdr *header = (struct rte_ipv4_hdr *)ip;

		header->hdr_checksum = 0;
		header->hdr_checksum = ~rte_raw_cksum(header, mbuf->l3_len);
	}
	mbuf->ol_flags &= ~(RTE_MBUF_F_TX_IP_CKSUM | RTE_MBUF_F_TX_L4_MASK);
	return 0;
}
