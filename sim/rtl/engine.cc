/* SPDX-License-Identifier: BSD-3-Clause */
/* sim/engine.h for the Verilated core: chooses the model by its data width. */

#include <cerrno>
#include <new>

#include "rtl_engine.h"

extern "C" struct sekisho_engine *sekisho_engine_create(
	const struct sekisho_engine_config *config,
	const struct sekisho_engine_callbacks *callbacks)
{
	try {
		if (config->data_width == 64)
			return sekisho_rtl_create_w64(*config, *callbacks);
		if (config->data_width == 512)
			return sekisho_rtl_create_w512(*config, *callbacks);
		errno = EINVAL;
	} catch (const std::bad_alloc &) {
		errno = ENOMEM;
	}
	return nullptr;
}

extern "C" void sekisho_engine_destroy(struct sekisho_engine *engine)
{
	delete engine;
}

extern "C" uint32_t sekisho_engine_reg_read(struct sekisho_engine *engine, uint32_t address)
{
	return engine->reg_read(address);
}

extern "C" void sekisho_engine_reg_write(struct sekisho_engine *engine, uint32_t address,
					 uint32_t value)
{
	engine->reg_write(address, value);
}

extern "C" bool sekisho_engine_can_receive(struct sekisho_engine *engine, unsigned int port)
{
	return engine->can_receive(port);
}

extern "C" bool sekisho_engine_receive(struct sekisho_engine *engine, unsigned int port,
				       const uint8_t *frame, uint32_t length, bool error)
{
	return engine->receive(port, frame, length, error);
}

extern "C" void sekisho_engine_set_link(struct sekisho_engine *engine, unsigned int port, bool up,
					unsigned int mbps)
{
	engine->set_link(port, up, mbps);
}

extern "C" uint32_t sekisho_engine_run(struct sekisho_engine *engine, uint32_t clocks)
{
	return engine->run(clocks);
}

extern "C" uint64_t sekisho_engine_clocks(const struct sekisho_engine *engine)
{
	return engine->clocks();
}

extern "C" int sekisho_engine_trace(struct sekisho_engine *engine, const char *path)
{
	return engine->trace(path);
}
