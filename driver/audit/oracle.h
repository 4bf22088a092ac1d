/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef SEKISHO_AUDIT_ORACLE_H
#define SEKISHO_AUDIT_ORACLE_H

/*
 * What is right: checksums by RFC 1071, the walk over the headers by RFC 791, 8200, 768 and 9293.
 * Plain C that knows neither DPDK nor any device; the verdict on a device rests on nothing else.
 */

#include <stdbool.h>
#include <stdint.h>

/* What can be said of a checksum; the values are those of the mbuf flags' meanings. */
enum verdict {
	VERDICT_UNKNOWN,
	VERDICT_BAD,
	VERDICT_GOOD,
	VERDICT_NONE,
};

/* What is true of a checksum. */
enum truth {
	TRUTH_RIGHT, /* GOOD is right, BAD is wrong */
	TRUTH_WRONG, /* BAD is right, GOOD is wrong */
	TRUTH_ABSENT, /* UDP over IPv4 without checksum: NONE or UNKNOWN */
	TRUTH_ILLEGAL, /* UDP over IPv6 without checksum, RFC 8200: BAD or UNKNOWN */
	TRUTH_NOTHING, /* no checksum of which a flag speaks: UNKNOWN */
	TRUTH_IPV6, /* a header without checksum: GOOD or UNKNOWN */
	TRUTH_BROKEN, /* a malformed packet: BAD or UNKNOWN */
	TRUTH_EITHER, /* a malformed packet whose sum is right: anything */
};

struct opinion {
	enum truth ip, l4;
	uint32_t l3_offset; /* 0: no IP */
	uint32_t l4_offset; /* 0: no layer 4 header was reached */
	uint32_t l4_end; /* end of what the layer 4 checksum covers; 0: no such checksum */
	uint8_t version, protocol;
	bool fragment;
	bool options; /* IPv4 options or IPv6 extension headers */
	const uint8_t *destination; /* the one of the pseudo header */
};

/* The opinion on the outermost IP packet of an Ethernet frame. */
void oracle_judge(const uint8_t *frame, uint32_t length, struct opinion *opinion);

/* The opinion on the IP packet at offset, of that EtherType. */
void oracle_judge_at(const uint8_t *frame, uint32_t length, uint32_t offset, uint16_t type,
		     struct opinion *opinion);

/*
 * The packet inside a VXLAN, GENEVE, GTP-U, GRE, NVGRE or IP-in-IP packet, of which outer is the
 * opinion: its offset, and its EtherType; 0: there is none.
 */
uint32_t oracle_inner(const uint8_t *frame, uint32_t length, const struct opinion *outer,
		      uint16_t *type);

/* Writes right checksums where the opinion says that there are such; what does not apply stays. */
void oracle_insert(uint8_t *frame, const struct opinion *opinion, bool ip, bool l4);

/* The layer 4 checksum field's offset; 0: none. */
uint32_t oracle_l4_field(const struct opinion *opinion);

/* The sum of the pseudo header, as a stack leaves it in the field for an offload. */
uint16_t oracle_seed(const uint8_t *frame, const struct opinion *opinion);

/* One's complement sum of big-endian words, folded, not inverted; an odd byte is an upper half. */
uint16_t oracle_sum(const uint8_t *bytes, uint32_t length);

/* True when a verdict says nothing wrong. */
bool oracle_allows(enum truth truth, enum verdict verdict);

/* True when a device that looked at the packet would say something else than this. */
bool oracle_unverified(enum truth truth, enum verdict verdict);

/* SCTP's CRC32c of a chunk list with its checksum field as it is; RFC 9260. */
uint32_t oracle_crc32c(const uint8_t *bytes, uint32_t length);

/* Toeplitz hash over bytes. The key has at least 4 bytes more than they. */
uint32_t oracle_toeplitz(const uint8_t *key, const uint8_t *bytes, uint32_t length);

/* The hash of a frame over addresses, and over ports when asked and the frame has them. */
bool oracle_rss(const uint8_t *frame, const struct opinion *opinion, const uint8_t *key, bool ports,
		uint32_t *hash);

const char *oracle_truth_name(enum truth truth);
const char *oracle_verdict_name(enum verdict verdict);

#endif
