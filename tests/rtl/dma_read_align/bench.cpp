/* SPDX-License-Identifier: BSD-3-Clause */

/* dma_read_align: requests of every offset and length become beats that start in lane 0. */

#include "Vdma_read_align.h"
#include "axis.h"

using namespace axis;

static const unsigned B = DATA_W / 8, CLIENTS = 3;

struct mix {
	const char *name;
	unsigned gap, most, errors; /* percent, bytes, percent of the words */
};

struct bench {
	struct beat {
		unsigned client;
		bytes data;
		bool last, error;
		uint64_t due;
	};
	Vdma_read_align m;
	rng r{ 6 };
	std::deque<beat> expect;
	uint64_t clocks = 0, beats = 0, words = 0, failed = 0;
	/* the request whose words are given */
	unsigned client = 0, offset = 0, at = 0, count = 0, total = 0;
	bytes data;
	bool bad = false;
	std::string error;

	void fail(const std::string &why)
	{
		if (error.empty())
			error = why + " (clock " + std::to_string(clocks) + ")";
	}
	void reset()
	{
		m.rst = 1, m.word_valid = 0;
		for (int i = 0; i < 3; i++)
			m.clk = 0, m.eval(), m.clk = 1, m.eval();
		m.rst = 0;
	}
	void request(const mix &c)
	{
		client = r() % CLIENTS, offset = chance(r, 20) ? 0 : r() % B;
		data.resize(1 + r() % c.most);
		for (auto &x : data)
			x = r();
		count = (offset + data.size() + B - 1) / B;
		total = (data.size() + B - 1) / B;
		at = 0, bad = false;
	}
	/* The word at, with rubbish where the request has no byte */
	void word(const mix &c)
	{
		bytes lanes(B);
		for (unsigned i = 0; i < B; i++) {
			size_t place = at * B + i;
			bool own = place >= offset && place - offset < data.size();
			lanes[i] = own ? data[place - offset] : r();
		}
		put(m.word_data, lanes.data(), B);
		m.word_client = client, m.word_offset = offset;
		m.word_end = (data.size() - 1) % B;
		m.word_flush = count == total;
		m.word_first = at == 0, m.word_last = at + 1 == count;
		m.word_error = chance(r, c.errors);
		bad |= m.word_error;
		/* Which beats have all of their bytes now */
		unsigned done = at + 1 == count ? total : at;
		for (unsigned i = at ? at - 1 : 0; i < done; i++) {
			beat e;
			size_t end = (i + 1) * B < data.size() ? (i + 1) * B : data.size();
			e.data.assign(data.begin() + i * B, data.begin() + end);
			e.client = client, e.last = i + 1 == total, e.error = bad;
			e.due = clocks + (i == at ? 5 : 4);
			expect.push_back(e);
		}
		at++, words++;
	}
	void clock(const mix &c, bool more)
	{
		m.word_valid = (more || at < count) && !chance(r, c.gap);
		if (m.word_valid) {
			if (at == count)
				request(c);
			word(c);
		}
		m.clk = 0;
		m.eval();
		bool due = !expect.empty() && expect.front().due == clocks;
		if (due != !!m.response_valid)
			fail(due ? "a beat is missing" : "a beat that is not due");
		if (!m.busy && !expect.empty() && expect.front().due < clocks + 4)
			fail("not busy with a beat inside");
		if (due) {
			beat e = expect.front();
			expect.pop_front();
			bytes got(B);
			get(m.response_data, got.data(), B);
			got.resize(e.data.size());
			if (m.response_valid != 1u << e.client || got != e.data ||
			    m.response_bytes != e.data.size() || m.response_last != e.last)
				fail("wrong beat");
			if (e.last && m.response_error != e.error)
				fail("wrong error");
			failed += e.last && e.error;
			beats++;
		}
		m.clk = 1;
		m.eval();
		clocks++;
	}
};

int main()
{
	Verilated::randReset(2);
	static const mix mixes[] = {
		{ "no gaps", 0, 4 * B, 5 }, { "short, no gaps", 0, B + 1, 10 },
		{ "gaps", 50, 6 * B, 5 },   { "long gaps", 95, 3 * B, 5 },
		{ "one byte", 10, 1, 10 },  { "long", 5, 4096, 1 },
	};
	tap t;
	for (auto &c : mixes) {
		bench b;
		std::string n = c.name;
		b.reset();
		for (unsigned i = 0; i < 40000; i++)
			b.clock(c, true);
		for (unsigned i = 0; i < 10000 && (b.at < b.count || !b.expect.empty()); i++)
			b.clock(c, false);
		for (unsigned i = 0; i < 10; i++)
			b.clock({ "", 100, 1, 0 }, false);
		t.check(b.error.empty(), n + ": every beat as the request has it, in its clock",
			b.error);
		t.check(b.expect.empty() && !b.m.busy, n + ": empty at the end");
		t.check(b.beats > 1000 && b.failed > 10, n + ": beats pass",
			std::to_string(b.beats) + " beats, " + std::to_string(b.failed) +
				" errors");
	}
	return t.finish();
}
