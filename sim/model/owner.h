/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef SEKISHO_SIM_MODEL_OWNER_H
#define SEKISHO_SIM_MODEL_OWNER_H

/* The owner option of TCP: who opened the connection. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct owner {
	bool found;
	uint32_t id; /* these two as in a flow rule's key; 0 where there is none */
	uint32_t owner;
};

/*
 * Looks into the options of a TCP header, length bytes of them (RFC 9293, section 3.1; RFC 6994). Found: there is
 * exactly one owner option, and they are well formed: no length below 2 or beyond them, no kind without a
 * length, only zeros behind an end of option list.
 */
struct owner owner_find(const uint8_t *options, size_t length);

#endif
