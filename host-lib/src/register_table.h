/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef SEKISHO_REGISTER_TABLE_H
#define SEKISHO_REGISTER_TABLE_H

/* Every register of a function by name, in address order; register_table.c is generated. */

#include <sekisho/sekisho.h>

#ifdef __cplusplus
extern "C" {
#endif

struct sekisho_register_entry {
	struct sekisho_register info;
	uint32_t write_mask; /* bits that keep what software writes */
	uint32_t reset; /* after reset, in the bits of reset_mask; */
	uint32_t reset_mask; /* the other bits show the state of the card */
};

struct sekisho_register_table {
	const struct sekisho_register_entry *entries;
	unsigned int count;
};

extern const struct sekisho_register_table sekisho_network_table;
extern const struct sekisho_register_table sekisho_management_table;

#ifdef __cplusplus
}
#endif

#endif
