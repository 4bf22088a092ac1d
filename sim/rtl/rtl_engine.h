/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef SEKISHO_SIM_RTL_ENGINE_H
#define SEKISHO_SIM_RTL_ENGINE_H

/* The Verilated core of one data width, behind the functions of sim/engine.h. */

#include "../engine_operations.h"

struct rtl_engine : sekisho_engine {
	virtual ~rtl_engine() {}
	virtual uint32_t reg_read(uint32_t address) = 0;
	virtual void reg_write(uint32_t address, uint32_t value) = 0;
	virtual bool can_receive(unsigned int port) const = 0;
	virtual bool receive(unsigned int port, const uint8_t *frame, uint32_t length,
			     bool error) = 0;
	virtual void set_link(unsigned int port, bool up, unsigned int mbps) = 0;
	virtual uint32_t run(uint32_t clocks) = 0;
	virtual uint64_t clocks() const = 0;
	virtual int trace(const char *path) = 0;
	/*
	 * Events of a function that were told as one with another, by the card's rule: they came in one
	 * clock (event_detect), or before the first was raised (interrupt). What raised this vector and
	 * these are together all of the vector's events. For tests that compare the card with the model,
	 * which has no clocks and tells every event.
	 */
	virtual uint32_t events_met(unsigned int function, unsigned int vector) const = 0;
};

rtl_engine *sekisho_rtl_create_w64(const sekisho_engine_config &config,
				   const sekisho_engine_callbacks &callbacks);
rtl_engine *sekisho_rtl_create_w512(const sekisho_engine_config &config,
				    const sekisho_engine_callbacks &callbacks);

#endif
