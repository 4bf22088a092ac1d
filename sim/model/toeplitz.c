/* SPDX-License-Identifier: BSD-3-Clause */

#include "toeplitz.h"

/* The 32 bits of the key from a bit on, the key's first bit being its first byte's highest. */
static uint32_t window(const uint8_t key[TOEPLITZ_KEY], unsigned int bit)
{
	uint64_t bits = 0;

	for (unsigned int i = 0; i < 5; i++)
		bits = bits << 8 | (bit / 8 + i < TOEPLITZ_KEY ? key[bit / 8 + i] : 0);
	return (uint32_t)(bits >> (8 - bit % 8));
}

void toeplitz_set_key(struct toeplitz *toeplitz, const uint8_t key[TOEPLITZ_KEY])
{
	for (unsigned int place = 0; place < TOEPLITZ_INPUT; place++) {
		uint32_t *table = toeplitz->table[place];

		table[0] = 0;
		for (unsigned int byte = 1; byte < 256; byte++) {
			unsigned int rest = byte & (byte - 1);
			unsigned int lowest = (unsigned int)__builtin_ctz(byte);

			table[byte] = table[rest] ^ window(key, 8 * place + 7 - lowest);
		}
	}
}
