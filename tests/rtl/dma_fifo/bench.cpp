/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * dma_fifo: nothing lost, changed or reordered under any stalls, full rate and latency; and a source
 * that looks at room only always finds its words taken.
 */
#include "Vdma_fifo.h"
#include "stream_bench.h"

using namespace axis;

static const unsigned DEPTH = DATA_W == 512 ? 4 : 16, MARGIN = DATA_W == 512 ? 2 : 4; /* rtl.mk */

struct bench : dut<Vdma_fifo> {
	rng r;
	std::deque<bytes> expect;
	bytes offered, held;
	bool valid = false, stalled = false, took = false;
	unsigned in_stall = 0, out_stall = 0, credit = 0;
	uint64_t in = 0, out = 0, no_room = 0, full = 0;
	std::string error;

	explicit bench(uint64_t seed) : r(seed)
	{
		m.in_valid = m.out_ready = 0;
		reset();
	}
	void fail(const std::string &why)
	{
		if (error.empty())
			error = why + " (clock " + std::to_string(cycles) + ")";
	}
	/* promised: the source looks at room only, and may send what it promised at any time. */
	void step(bool offer, bool promised = false)
	{
		if (promised) {
			settle(); /* room is a register's */
			if (m.room)
				credit = MARGIN - took; /* it is a clock late */
			no_room += !m.room;
			valid = credit && offer && !chance(r, in_stall);
			credit -= valid;
			offered = random_bytes(r, WIDTH);
		} else if (!valid) {
			valid = offer && !chance(r, in_stall);
			offered = random_bytes(r, WIDTH);
		}
		put(m.in_data, offered.data(), WIDTH);
		m.in_valid = valid;
		m.out_ready = !chance(r, out_stall);
		settle();

		bytes word(WIDTH);
		get(m.out_data, word.data(), WIDTH);
		if (stalled && (!m.out_valid || word != held))
			fail("output changed while stalled");
		held = word;
		stalled = m.out_valid && !m.out_ready;
		if (m.empty != expect.empty())
			fail("empty does not tell what is inside");
		if (m.out_valid && expect.empty())
			fail("a word that nobody gave");
		if (m.out_valid && m.out_ready && !expect.empty()) {
			if (word != expect.front())
				fail("another word");
			expect.pop_front();
			out++;
		}
		full += valid && !m.in_ready;
		if (valid && promised && !m.in_ready)
			fail("a word that room has promised to take is not taken");
		took = valid && m.in_ready;
		if (took) {
			expect.push_back(offered);
			if (expect.size() > DEPTH + 1)
				fail("more inside than fits");
			in++;
			valid = false;
		}
		edge();
	}
	bool drain()
	{
		out_stall = 0;
		for (unsigned i = 0; i < 2 * DEPTH + 10; i++)
			step(false);
		if (!expect.empty() || !m.empty || !m.in_ready || !m.room)
			fail("not empty at the end");
		return error.empty() && in == out;
	}
};

int main()
{
	tap t;
	const unsigned stalls[][2] = { { 0, 0 },   { 50, 0 },  { 0, 50 }, { 30, 30 },
				       { 80, 20 }, { 20, 80 }, { 0, 95 } };
	std::string w = std::to_string(DATA_W) + " bits, depth " + std::to_string(DEPTH) + ": ";

	for (bool promised : { false, true })
		for (auto &s : stalls) {
			bench b(s[0] + s[1]);
			b.in_stall = s[0], b.out_stall = s[1];
			for (unsigned i = 0; i < 10000; i++)
				b.step(true, promised);
			std::string mix =
				w +
				(promised ? "a source that trusts room" : "a source that waits") +
				", stalls " + std::to_string(s[0]) + "%, output " +
				std::to_string(s[1]) + "%: ";
			bool limit = promised ? b.no_room > 100 : b.full > 100;
			t.check(b.drain() && b.in > 300 && (limit || s[1] <= s[0]),
				mix + "words leave as they came", b.error);
			if (!s[0] && !s[1] && (DEPTH > 4 || !promised))
				t.check(b.in >= 9990, mix + "full rate", std::to_string(b.in));
		}
	{
		bench b(20);
		b.out_stall = 100;
		b.step(false); /* ready comes a clock behind the reset */
		b.step(true);
		unsigned clocks = 1;
		for (; !b.m.out_valid && clocks < 10; clocks++)
			b.step(false);
		t.check(b.drain() && clocks == 3, w + "three clocks through an empty FIFO",
			std::to_string(clocks));
	}
	{ /* everything that fits, then nothing more */
		bench b(21);
		b.out_stall = 100;
		for (unsigned i = 0; i < 100; i++)
			b.step(true);
		bool ok = b.in >= DEPTH - 1 && b.in <= DEPTH + 1;
		b.valid = false;
		t.check(b.drain() && ok, w + "holds its depth",
			b.error + " " + std::to_string(b.in));
	}
	return t.finish();
}
