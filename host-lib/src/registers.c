/* SPDX-License-Identifier: BSD-3-Clause */

/* Registers by name, from the generated table. */

#include <errno.h>
#include <string.h>

#include "internal.h"
#include "register_table.h"

static const struct sekisho_register_table *table_of(struct sekisho_device *device)
{
	switch (device->identity.kind) {
	case SEKISHO_MANAGEMENT:
		return &sekisho_management_table;
	case SEKISHO_NETWORK:
		return &sekisho_network_table;
	default:
		return NULL;
	}
}

int sekisho_register_find(struct sekisho_device *device, const char *name,
			  struct sekisho_register *reg)
{
	const struct sekisho_register_table *table = table_of(device);
	unsigned int i;

	for (i = 0; table && i < table->count; i++) {
		if (!strcmp(table->entries[i].info.name, name)) {
			*reg = table->entries[i].info;
			return 0;
		}
	}
	return -ENOENT;
}

int sekisho_register_at(struct sekisho_device *device, unsigned int index,
			struct sekisho_register *reg)
{
	const struct sekisho_register_table *table = table_of(device);

	if (!table || index >= table->count)
		return -ENOENT;
	*reg = table->entries[index].info;
	return 0;
}
