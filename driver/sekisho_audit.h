/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef SEKISHO_AUDIT_H
#define SEKISHO_AUDIT_H

/*
 * What a card must say of a frame, computed in software. Plain C that needs neither DPDK nor the
 * card; written from the register map's words and the RFCs.
 */

#include <stdint.h>

struct sekisho_audit {
	uint8_t ip_verdict, l4_verdict; /* enum sekisho_checksum_verdict */
	uint8_t reason; /* enum sekisho_checksum_reason */
	uint8_t l3_offset, l4_offset;
	uint16_t raw_sum;
};

/** Judges a frame without FCS, as the wire brought it: at least 14 bytes. */
void sekisho_audit_frame(const uint8_t *frame, unsigned int length, struct sekisho_audit *audit);

#endif
