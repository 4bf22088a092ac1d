/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef SEKISHO_TESTS_ENGINE_HOST_H
#define SEKISHO_TESTS_ENGINE_HOST_H

/*
 * The least host that drives an engine without any transport: memory for each function, rings,
 * completions. It knows the layouts from <sekisho/registers.h> only.
 */

#include <cstdint>
#include <cstring>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include <sekisho/registers.h>

#include "../../sim/engine.h"

namespace host {

constexpr unsigned int FUNCTIONS = 2, QUEUES = 4, PORTS = 2;
constexpr uint64_t IOVA = 0x7f0000000000ull;
constexpr size_t ARENA = 16 << 20;

typedef std::vector<uint8_t> bytes;

struct completion {
	uint32_t words[8];
	unsigned int length() const { return words[0] & 0x3fff; }
	unsigned int l3_type() const { return words[0] >> 16 & 7; }
	unsigned int l4_type() const { return words[0] >> 19 & 7; }
	unsigned int reason() const { return words[0] >> 24 & 15; }
	unsigned int ip_verdict() const { return words[0] >> 28 & 3; }
	unsigned int l4_verdict() const { return words[0] >> 30; }
	uint32_t hash() const { return words[1]; }
	unsigned int index() const { return words[7] & 0xffff; }
	unsigned int status() const { return words[7] >> 16 & 15; }
	bool more() const { return words[7] >> 20 & 1; }
	unsigned int raw_sum() const { return words[2] & 0xffff; }
};

struct received {
	completion c;
	bytes frame;
};

/* A ring of either direction, in its function's arena. */
struct ring {
	unsigned int size = 0, buffer_size = 0;
	uint64_t descriptors = 0, completions = 0, buffers = 0; /* iova */
	uint16_t tail = 0, seen = 0;
};

class card {
public:
	explicit card(sekisho_engine_config config)
	{
		sekisho_engine_callbacks cb = {};
		cb.context = this;
		cb.dma = dma;
		cb.interrupt = interrupt;
		cb.transmit = transmit;
		for (auto &a : arena)
			a.assign(ARENA, 0xa5);
		engine = sekisho_engine_create(&config, &cb);
	}
	~card() { sekisho_engine_destroy(engine); }
	card(const card &) = delete;
	card &operator=(const card &) = delete;

	static uint32_t window(unsigned int function) { return 0x10000 * (1 + function); }
	uint32_t read(uint32_t address) { return sekisho_engine_reg_read(engine, address); }
	void write(uint32_t address, uint32_t v) { sekisho_engine_reg_write(engine, address, v); }
	uint64_t counter(uint32_t address)
	{
		uint64_t low = read(address);
		return low | (uint64_t)read(address + 4) << 32;
	}
	uint8_t *memory(unsigned int function, uint64_t iova)
	{
		return arena[function].data() + (iova - IOVA);
	}
	uint64_t allocate(unsigned int function, size_t size, size_t alignment = 128)
	{
		used[function] = (used[function] + alignment - 1) / alignment * alignment;
		uint64_t iova = IOVA + used[function];
		used[function] += size;
		return iova;
	}

	void start(unsigned int function, bool transmit, unsigned int queue, unsigned int size_log2,
		   unsigned int buffer_size, unsigned int misalign = 0)
	{
		ring &r = rings[function][transmit][queue];
		r = ring();
		r.size = 1u << size_log2;
		r.buffer_size = buffer_size;
		r.descriptors = allocate(function, r.size * 16);
		r.completions = allocate(function, r.size * (transmit ? 8 : 32));
		memset(memory(function, r.completions), 0, r.size * (transmit ? 8 : 32));
		r.buffers = allocate(function, (size_t)r.size * (buffer_size + 64), 64) + misalign;
		uint32_t base = window(function) + (transmit ? 0x800 : 0x400) + queue * 0x40;
		write(base + 0x08, size_log2 | queue << 8);
		write(base + 0x10, (uint32_t)r.descriptors);
		write(base + 0x14, r.descriptors >> 32);
		write(base + 0x18, (uint32_t)r.completions);
		write(base + 0x1c, r.completions >> 32);
		write(base + 0x00, 1);
	}
	/* False when the queue does not become inactive. */
	bool stop(unsigned int function, bool transmit, unsigned int queue)
	{
		uint32_t base = window(function) + (transmit ? 0x800 : 0x400) + queue * 0x40;
		write(base, 0);
		for (int i = 0; i < 1000; i++) {
			if (!(read(base + 4) & 1))
				return true;
			sekisho_engine_run(engine, 100);
		}
		return false;
	}
	uint64_t buffer(const ring &r, unsigned int index) const
	{
		return r.buffers + (uint64_t)(index % r.size) * (r.buffer_size + 64);
	}
	void doorbell(unsigned int function, bool transmit, unsigned int queue)
	{
		write(window(function) + (transmit ? 0x1800 : 0x1000) + queue * 0x40,
		      rings[function][transmit][queue].tail);
	}
	void arm(unsigned int function, bool transmit, unsigned int queue, uint16_t seen)
	{
		write(window(function) + (transmit ? 0x1804 : 0x1004) + queue * 0x40,
		      seen | 0x80000000u);
	}
	void describe(unsigned int function, bool transmit, unsigned int queue, uint64_t address,
		      uint32_t control)
	{
		ring &r = rings[function][transmit][queue];
		uint8_t *d = memory(function, r.descriptors) + (r.tail % r.size) * 16;
		uint32_t words[4] = { (uint32_t)address, (uint32_t)(address >> 32), control, 0 };
		memcpy(d, words, 16);
		r.tail++;
	}
	/* Makes n receive buffers ready. */
	void post(unsigned int function, unsigned int queue, unsigned int n)
	{
		ring &r = rings[function][0][queue];
		while (n--)
			describe(function, false, queue, buffer(r, r.tail), r.buffer_size);
		doorbell(function, false, queue);
	}
	/* One frame for transmission; the doorbell is the caller's. flags: ip_checksum 1, l4 2. */
	void send(unsigned int function, unsigned int queue, const bytes &frame, unsigned int flags)
	{
		ring &r = rings[function][1][queue];
		uint64_t address = buffer(r, r.tail);
		memcpy(memory(function, address), frame.data(), frame.size());
		describe(function, true, queue, address, frame.size() | (flags | 4) << 16);
	}
	bool next_completion(unsigned int function, bool transmit, unsigned int queue,
			     completion &c)
	{
		ring &r = rings[function][transmit][queue];
		size_t size = transmit ? 8 : 32;
		uint8_t *p = memory(function, r.completions) + (r.seen % r.size) * size;
		memset(&c, 0, sizeof(c));
		memcpy(c.words, p, size);
		uint32_t status = c.words[size / 4 - 1];
		if ((status >> 31) != (r.seen / r.size + 1) % 2)
			return false;
		r.seen++;
		return true;
	}
	bool receive(unsigned int function, unsigned int queue, received &out)
	{
		if (!next_completion(function, false, queue, out.c))
			return false;
		ring &r = rings[function][0][queue];
		uint8_t *p = memory(function, buffer(r, out.c.index()));
		out.frame.assign(p, p + out.c.length());
		return true;
	}
	/* Offers a frame to a port, running the engine until it is taken. */
	void offer(unsigned int port, const bytes &frame, bool error = false)
	{
		while (!sekisho_engine_receive(engine, port, frame.data(), frame.size(), error))
			sekisho_engine_run(engine, 64);
	}
	/* True when the engine became idle within the bound. */
	bool settle(uint32_t clocks = 2000000)
	{
		while (clocks) {
			uint32_t n = sekisho_engine_run(engine, clocks < 10000 ? clocks : 10000);
			if (n < 10000 && n < clocks)
				return true;
			clocks -= n;
		}
		return false;
	}

	sekisho_engine *engine;
	std::vector<uint8_t> arena[FUNCTIONS];
	size_t used[FUNCTIONS] = {};
	ring rings[FUNCTIONS][2][QUEUES];
	std::deque<bytes> sent[PORTS];
	std::map<unsigned int, unsigned int> interrupts; /* function * 256 + vector -> count */
	uint64_t refused = 0; /* accesses outside the map */
	/* Accesses to a stretch of a function's memory */
	unsigned int watched_function = 0;
	uint64_t watched_begin = 0, watched_end = 0, touched = 0;

private:
	static void *dma(void *context, unsigned int function, uint64_t address, uint32_t length,
			 bool write)
	{
		card *c = (card *)context;
		(void)write;
		if (function >= FUNCTIONS || address < IOVA || address - IOVA > ARENA - length) {
			c->refused++;
			return nullptr;
		}
		c->touched += function == c->watched_function && address < c->watched_end &&
			      address + length > c->watched_begin;
		return c->memory(function, address);
	}
	static void interrupt(void *context, unsigned int function, unsigned int vector)
	{
		((card *)context)->interrupts[function * 256 + vector]++;
	}
	static void transmit(void *context, unsigned int port, const uint8_t *frame,
			     uint32_t length)
	{
		((card *)context)->sent[port].push_back(bytes(frame, frame + length));
	}
};

} // namespace host

#endif
