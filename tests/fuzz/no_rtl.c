/* SPDX-License-Identifier: BSD-3-Clause */
/* In place of the Verilated core, where only the model is linked. */

#include <errno.h>

#include "engine_operations.h"

static int create(struct sekisho_engine **engine, const struct sekisho_engine_config *config,
		  const struct sekisho_engine_callbacks *callbacks)
{
	(void)engine;
	(void)config;
	(void)callbacks;
	return -ENOSYS;
}

const struct sekisho_engine_operations sekisho_rtl_operations = { .create = create };
