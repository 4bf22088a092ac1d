/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef SEKISHO_SIM_ENGINE_OPERATIONS_H
#define SEKISHO_SIM_ENGINE_OPERATIONS_H

/* What a kind of engine implements: the functions of engine.h. */

#include "engine.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The first member of every kind's own structure. */
struct sekisho_engine {
	const struct sekisho_engine_operations *operations;
};

struct sekisho_engine_operations {
	/* 0 or -errno; sets everything of *engine. */
	int (*create)(struct sekisho_engine **engine, const struct sekisho_engine_config *config,
		      const struct sekisho_engine_callbacks *callbacks);
	void (*destroy)(struct sekisho_engine *engine);
	uint32_t (*reg_read)(struct sekisho_engine *engine, uint32_t address);
	void (*reg_write)(struct sekisho_engine *engine, uint32_t address, uint32_t value);
	bool (*can_receive)(struct sekisho_engine *engine, unsigned int port);
	bool (*receive)(struct sekisho_engine *engine, unsigned int port, const uint8_t *frame,
			uint32_t length, bool error);
	void (*set_link)(struct sekisho_engine *engine, unsigned int port, bool up,
			 unsigned int mbps);
	uint32_t (*run)(struct sekisho_engine *engine, uint32_t clocks);
	uint64_t (*clocks)(const struct sekisho_engine *engine);
	int (*trace)(struct sekisho_engine *engine, const char *path);
};

extern const struct sekisho_engine_operations sekisho_rtl_operations, sekisho_model_operations;

#ifdef __cplusplus
}
#endif

#endif
