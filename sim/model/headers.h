/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef SEKISHO_SIM_MODEL_HEADERS_H
#define SEKISHO_SIM_MODEL_HEADERS_H

/* What a frame's headers say: offsets, kinds, and what its checksums must be. */

#include <stdint.h>

struct headers {
	uint8_t l3_type, l4_type, reason, ip_verdict; /* values of the register map */
	uint8_t vlan_tags;
	uint16_t vlan_tci;
	uint8_t l3_offset, l4_offset; /* l4_offset 0: none was found */
	uint16_t payload_offset; /* 0: none */
	uint8_t protocol; /* the IP datagram's, 0 where l4_type is NONE */
	uint8_t ip_length; /* bytes of the IPv4 header with its options */
	uint8_t hashed; /* bytes of source and destination address together, 0: none */
	uint8_t addresses; /* where they are in the frame */
	uint32_t sum_start, sum_end; /* raw_sum covers these bytes of the frame */
	/* With CHECKED, UDP_NO_CHECKSUM and UDP6_NO_CHECKSUM; see checksum.h. */
	uint64_t pseudo_sum;
};

/* The frame is at least 14 bytes long. */
void headers_parse(struct headers *headers, const uint8_t *frame, uint32_t length);

#endif
