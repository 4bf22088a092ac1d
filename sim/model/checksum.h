/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef SEKISHO_SIM_MODEL_CHECKSUM_H
#define SEKISHO_SIM_MODEL_CHECKSUM_H

/*
 * The Internet checksum of RFC 1071, in the host's byte order as its section 2(B) allows: sums are
 * built of native words, and only a finished one is turned to the network's order.
 */

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/*
 * Adds bytes to a sum; an odd last one is followed by a zero. The result is not folded: it holds
 * thousands of such calls before it overflows.
 */
static inline uint64_t checksum_add(uint64_t sum, const uint8_t *data, size_t length)
{
	uint64_t words;
	uint32_t word;
	uint16_t half;

	for (; length >= 8; length -= 8, data += 8) {
		memcpy(&words, data, 8);
		sum += (words & UINT32_MAX) + (words >> 32);
	}
	if (length >= 4) {
		memcpy(&word, data, 4);
		sum += word;
		length -= 4;
		data += 4;
	}
	if (length >= 2) {
		memcpy(&half, data, 2);
		sum += half;
		length -= 2;
		data += 2;
	}
	if (length > 0) {
		half = 0;
		memcpy(&half, data, 1);
		sum += half;
	}
	return sum;
}

/* The one's complement sum in 16 bits: 0 only when every word is 0. */
static inline uint16_t checksum_fold(uint64_t sum)
{
	sum = (sum & UINT32_MAX) + (sum >> 32);
	sum = (sum & UINT32_MAX) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

#endif
