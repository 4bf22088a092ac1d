/* SPDX-License-Identifier: BSD-3-Clause */
/* The engine "model". */

#include <errno.h>

#include "engine_operations.h"

static int model_create(struct sekisho_engine **engine, const struct sekisho_engine_config *config,
			const struct sekisho_engine_callbacks *callbacks)
{
	(void)engine;
	(void)config;
	(void)callbacks;
	return -ENOSYS;
}

const struct sekisho_engine_operations sekisho_model_operations = {
	.create = model_create,
};
