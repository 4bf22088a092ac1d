/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * dma_fifo_short: from a source that sends what room has promised, at any time, nothing is lost,
 * changed or reordered under any stalls; full rate, latency, and that all of it is used.
 */
#include "Vdma_fifo_short.h"
#include "stream_bench.h"

using namespace axis;

static const unsigned DEPTH = DATA_W == 512 ? 4 : 16, MARGIN = DATA_W == 512 ? 3 : 4; /* rtl.mk */

struct bench : dut<Vdma_fifo_short> {
	rng r;
	std::deque<bytes> expect;
	bytes held;
	bool valid = false, stalled = false;
	unsigned in_stall = 0, out_stall = 0, credit = 0;
	size_t most = 0;
	uint64_t in = 0, out = 0, no_room = 0;
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
	void step(bool offer)
	{
		bytes offered = random_bytes(r, WIDTH), word(WIDTH);

		settle(); /* room is a register's */
		if (m.room)
			credit = MARGIN - valid; /* it is a clock late */
		no_room += !m.room;
		valid = credit && offer && !chance(r, in_stall);
		credit -= valid;
		put(m.in_data, offered.data(), WIDTH);
		m.in_valid = valid;
		m.out_ready = !chance(r, out_stall);
		settle();

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
		if (valid) {
			expect.push_back(offered);
			in++;
		}
		most = std::max(most, expect.size());
		edge();
	}
	bool drain()
	{
		out_stall = 0;
		for (unsigned i = 0; i < 2 * DEPTH + 10; i++)
			step(false);
		if (!expect.empty() || !m.empty || !m.room)
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

	for (auto &s : stalls) {
		bench b(s[0] + s[1]);
		b.in_stall = s[0], b.out_stall = s[1];
		for (unsigned i = 0; i < 10000; i++)
			b.step(true);
		std::string mix = w + "stalls " + std::to_string(s[0]) + "%, output " +
				  std::to_string(s[1]) + "%: ";
		t.check(b.drain() && b.in > 300 && (b.no_room > 100 || s[1] <= s[0]),
			mix + "words leave as they came", b.error);
		if (!s[0] && !s[1] && DEPTH > 4)
			t.check(b.in >= 9990, mix + "full rate", std::to_string(b.in));
		if (s[1] == 95)
			t.check(b.most == DEPTH + 1, mix + "holds its depth, and one",
				std::to_string(b.most));
	}
	{
		bench b(20);
		b.out_stall = 100;
		b.step(false); /* room comes a clock behind the reset */
		b.step(true);
		unsigned clocks = 1;
		for (; !b.m.out_valid && clocks < 10; clocks++)
			b.step(false);
		t.check(b.drain() && clocks == 2, w + "two clocks through an empty FIFO",
			std::to_string(clocks));
	}
	return t.finish();
}
