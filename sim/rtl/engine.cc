/* SPDX-License-Identifier: BSD-3-Clause */
/* The engine "rtl": chooses the Verilated core by its data width. */

#include <cerrno>
#include <new>

#include "rtl_engine.h"

namespace {

rtl_engine *rtl(sekisho_engine *engine)
{
	return static_cast<rtl_engine *>(engine);
}

int create(sekisho_engine **engine, const sekisho_engine_config *config,
	   const sekisho_engine_callbacks *callbacks)
{
	try {
		*engine = config->data_width == 512 ? sekisho_rtl_create_w512(*config, *callbacks) :
						      sekisho_rtl_create_w64(*config, *callbacks);
	} catch (const std::bad_alloc &) {
		return -ENOMEM;
	}
	(*engine)->operations = &sekisho_rtl_operations;
	return 0;
}

void destroy(sekisho_engine *engine)
{
	delete rtl(engine);
}

uint32_t reg_read(sekisho_engine *engine, uint32_t address)
{
	return rtl(engine)->reg_read(address);
}

void reg_write(sekisho_engine *engine, uint32_t address, uint32_t value)
{
	rtl(engine)->reg_write(address, value);
}

bool can_receive(sekisho_engine *engine, unsigned int port)
{
	return rtl(engine)->can_receive(port);
}

bool receive(sekisho_engine *engine, unsigned int port, const uint8_t *frame, uint32_t length,
	     bool error)
{
	return rtl(engine)->receive(port, frame, length, error);
}

void set_link(sekisho_engine *engine, unsigned int port, bool up, unsigned int mbps)
{
	rtl(engine)->set_link(port, up, mbps);
}

uint32_t run(sekisho_engine *engine, uint32_t clocks)
{
	return rtl(engine)->run(clocks);
}

uint64_t clocks(const sekisho_engine *engine)
{
	return static_cast<const rtl_engine *>(engine)->clocks();
}

int trace(sekisho_engine *engine, const char *path)
{
	return rtl(engine)->trace(path);
}

} // namespace

extern "C" const sekisho_engine_operations sekisho_rtl_operations = {
	create, destroy, reg_read, reg_write, can_receive, receive, set_link, run, clocks, trace,
};
