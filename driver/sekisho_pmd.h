/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef SEKISHO_PMD_H
#define SEKISHO_PMD_H

/*
 * What an application may use of the driver beyond DPDK's own interface: the evidence behind a
 * received packet's checksum flags. The device argument evidence=1 turns it on; the driver then
 * registers a dynamic mbuf field and flag, which this header finds. Nothing has to be linked.
 */

#include <errno.h>
#include <stddef.h>
#include <stdint.h>

#include <rte_mbuf.h>
#include <rte_mbuf_dyn.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SEKISHO_DYNFIELD_EVIDENCE "sekisho_dynfield_evidence"
#define SEKISHO_DYNFLAG_EVIDENCE "sekisho_dynflag_evidence"

enum sekisho_verdict {
	SEKISHO_VERDICT_UNKNOWN, /* not checked; the reason says why */
	SEKISHO_VERDICT_BAD,
	SEKISHO_VERDICT_GOOD,
	SEKISHO_VERDICT_NONE, /* the packet carries no checksum */
};

struct sekisho_evidence {
	/*
	 * One's complement sum, folded to 16 bits and not inverted, of the bytes from l4_offset to
	 * the end of the IP datagram (UDP: of the UDP length), without pseudo header; where
	 * l4_offset is 0, from l3_offset to the end of the frame.
	 */
	uint16_t raw_sum;
	/* In the mbuf's data, so 4 less than on the wire when a VLAN tag was stripped. */
	uint8_t l3_offset;
	uint8_t l4_offset; /* 0: no TCP, UDP or ICMP header was found */
	uint8_t verdicts; /* enum sekisho_verdict: of IP in bits 1:0, of layer 4 in bits 3:2 */
	uint8_t reason; /* enum sekisho_checksum_reason of <sekisho/registers.h> */
};

/* Where evidence is in an mbuf. */
struct sekisho_evidence_place {
	int offset;
	uint64_t flag;
};

/**
 * Finds the field. To be called once, after the port's probe.
 *
 * @return 0 on success, -ENOENT when no port has evidence=1.
 */
static inline int sekisho_evidence_find(struct sekisho_evidence_place *place)
{
	int bit = rte_mbuf_dynflag_lookup(SEKISHO_DYNFLAG_EVIDENCE, NULL);

	place->offset = rte_mbuf_dynfield_lookup(SEKISHO_DYNFIELD_EVIDENCE, NULL);
	if (bit < 0 || place->offset < 0)
		return -ENOENT;
	place->flag = UINT64_C(1) << bit;
	return 0;
}

/** The packet's evidence; NULL for a packet that carries none. */
static inline const struct sekisho_evidence *sekisho_evidence_of(
	const struct sekisho_evidence_place *place, const struct rte_mbuf *mbuf)
{
	if (!(mbuf->ol_flags & place->flag))
		return NULL;
	return (const struct sekisho_evidence *)((const char *)mbuf + place->offset);
}

static inline enum sekisho_verdict sekisho_ip_verdict(const struct sekisho_evidence *evidence)
{
	return (enum sekisho_verdict)(evidence->verdicts & 3);
}

static inline enum sekisho_verdict sekisho_l4_verdict(const struct sekisho_evidence *evidence)
{
	return (enum sekisho_verdict)(evidence->verdicts >> 2 & 3);
}

#ifdef __cplusplus
}
#endif

#endif
