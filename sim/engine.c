/* SPDX-License-Identifier: BSD-3-Clause */
/* The functions of engine.h, for every kind of engine. */

#include <errno.h>
#include <string.h>

#include "engine_operations.h"

static const struct {
	const char *name;
	const struct sekisho_engine_operations *operations;
} kinds[] = {
	[SEKISHO_ENGINE_RTL] = { "rtl", &sekisho_rtl_operations },
	[SEKISHO_ENGINE_MODEL] = { "model", &sekisho_model_operations },
};

#define KINDS (sizeof(kinds) / sizeof(*kinds))

bool sekisho_engine_kind_of(const char *name, enum sekisho_engine_kind *kind)
{
	for (unsigned int i = 0; i < KINDS; i++) {
		if (strcmp(name, kinds[i].name) == 0) {
			*kind = (enum sekisho_engine_kind)i;
			return true;
		}
	}
	return false;
}

struct sekisho_engine *sekisho_engine_create(const struct sekisho_engine_config *config,
					     const struct sekisho_engine_callbacks *callbacks)
{
	struct sekisho_engine *engine = NULL;
	int err = -EINVAL;

	if ((config->data_width == 64 || config->data_width == 512) &&
	    (unsigned int)config->kind < KINDS)
		err = kinds[config->kind].operations->create(&engine, config, callbacks);
	if (err == 0)
		return engine;
	errno = -err;
	return NULL;
}

void sekisho_engine_destroy(struct sekisho_engine *engine)
{
	if (engine != NULL)
		engine->operations->destroy(engine);
}

uint32_t sekisho_engine_reg_read(struct sekisho_engine *engine, uint32_t address)
{
	return engine->operations->reg_read(engine, address);
}

void sekisho_engine_reg_write(struct sekisho_engine *engine, uint32_t address, uint32_t value)
{
	engine->operations->reg_write(engine, address, value);
}

bool sekisho_engine_can_receive(struct sekisho_engine *engine, unsigned int port)
{
	return engine->operations->can_receive(engine, port);
}

bool sekisho_engine_receive(struct sekisho_engine *engine, unsigned int port, const uint8_t *frame,
			    uint32_t length, bool error)
{
	return engine->operations->receive(engine, port, frame, length, error);
}

void sekisho_engine_set_link(struct sekisho_engine *engine, unsigned int port, bool up,
			     unsigned int mbps)
{
	engine->operations->set_link(engine, port, up, mbps);
}

uint32_t sekisho_engine_run(struct sekisho_engine *engine, uint32_t clocks)
{
	return engine->operations->run(engine, clocks);
}

uint64_t sekisho_engine_clocks(const struct sekisho_engine *engine)
{
	return engine->operations->clocks(engine);
}

int sekisho_engine_trace(struct sekisho_engine *engine, const char *path)
{
	return engine->operations->trace(engine, path);
}
