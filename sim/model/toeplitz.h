/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef SEKISHO_SIM_MODEL_TOEPLITZ_H
#define SEKISHO_SIM_MODEL_TOEPLITZ_H

/*
 * The Toeplitz hash of Microsoft's RSS: the exclusive or of the key's 32-bit windows at every bit
 * of the input that is 1. A table holds what each byte at each place adds.
 */

#include <stdint.h>

#define TOEPLITZ_KEY 40u /* bytes */
#define TOEPLITZ_INPUT 36u /* bytes: two IPv6 addresses and two ports */

struct toeplitz {
	uint32_t table[TOEPLITZ_INPUT][256];
};

void toeplitz_set_key(struct toeplitz *toeplitz, const uint8_t key[TOEPLITZ_KEY]);

/* The part of the hash that bytes from place on contribute. */
static inline uint32_t toeplitz_hash(const struct toeplitz *toeplitz, unsigned int place,
				     const uint8_t *data, unsigned int length)
{
	uint32_t hash = 0;

	for (unsigned int i = 0; i < length; i++)
		hash ^= toeplitz->table[place + i][data[i]];
	return hash;
}

#endif
