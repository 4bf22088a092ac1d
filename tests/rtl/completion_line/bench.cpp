/* SPDX-License-Identifier: BSD-3-Clause */

/* completion_line: the bytes of every line, in order, and whom its answer belongs to. */

#include "Vcompletion_line.h"
#include "axis.h"

#include <map>

using namespace axis;

static const unsigned B = DATA_W / 8, LINE = B < 32 ? 32 : B, RINGS = 16, TX = 8;
static const unsigned PAIR_CLOCKS = 48;

struct mix {
	const char *name;
	unsigned offer, ready, idle_bus, answer; /* percent */
	unsigned rings; /* of them, half transmit */
};

struct bench {
	struct completion {
		unsigned ring, function;
		uint64_t address;
		bytes data;
	};
	struct line {
		unsigned ring;
		bool two;
		uint64_t due;
	};
	Vcompletion_line m;
	rng r{ 5 };
	completion next;
	bool offered = false;
	struct answer {
		bool due, error;
		line of;
	} due = {}, due_next = {}; /* two clocks behind the answer */
	std::deque<completion> inside;
	std::deque<line> lines; /* taken, not answered */
	unsigned count[RINGS] = {};
	uint64_t clocks = 0, loaded = 0, accepted = 0, acknowledged = 0, pairs = 0, errors = 0;
	size_t most = 0;
	std::string error;

	void fail(const std::string &why)
	{
		if (error.empty())
			error = why + " (clock " + std::to_string(clocks) + ")";
	}
	void reset()
	{
		m.rst = 1, m.s_valid = 0, m.m_line_ready = 0, m.line_done_valid = 0;
		for (int i = 0; i < 4; i++)
			m.clk = 0, m.eval(), m.clk = 1, m.eval();
		m.rst = 0;
	}
	void offer(const mix &c)
	{
		unsigned n = r() % c.rings;
		next.ring = n % 2 ? TX + n / 2 : n / 2;
		next.function = n % 4;
		unsigned size = next.ring >= TX ? 8 : 32;
		next.address = 0x1000000000ull * (next.ring + 1) + size * (count[next.ring]++ % 64);
		next.data.resize(size);
		for (auto &x : next.data)
			x = r();
		bytes wide(32);
		for (auto &x : wide)
			x = r();
		std::copy(next.data.begin(), next.data.end(), wide.begin());
		put(m.s_data, wide.data(), 32);
		m.s_ring = next.ring, m.s_function = next.function, m.s_address = next.address;
	}
	/* A line is taken: its bytes are those of one completion, or of a pair. */
	void take()
	{
		bytes data(LINE), strobe(LINE / 8);
		get(m.m_line_data, data.data(), LINE);
		get(m.m_line_strobe, strobe.data(), LINE / 8);
		std::map<uint64_t, uint8_t> wrote, want;
		for (unsigned i = 0; i < (m.m_line_full ? LINE : B); i++)
			if (strobe[i / 8] >> (i % 8) & 1)
				wrote[m.m_line_address + i] = data[i];
		for (auto &e : inside) {
			for (size_t i = 0; i < e.data.size(); i++)
				want[e.address + i] = e.data[i];
			if (e.function != m.m_line_function)
				fail("wrong function");
		}
		if (inside.empty() || inside.size() > 2 || wrote != want)
			fail("wrong bytes");
		if (m.m_line_address % B)
			fail("a line that is not aligned");
		if (inside.size() == 2 && (inside[0].ring != inside[1].ring || LINE != 64))
			fail("a pair of two rings");
		if (inside.empty())
			return;
		lines.push_back({ inside[0].ring, inside.size() == 2, clocks + 5 + r() % 20 });
		pairs += inside.size() == 2;
		inside.clear();
	}
	void urgent()
	{
		const completion &f = inside.front();
		bool half = LINE == 64 && inside.size() == 1 && f.ring < TX && f.address % 64 == 0;
		bool other = offered && next.ring != f.ring;
		uint64_t age = clocks - loaded;
		if (m.m_line_urgent && half && !other && age < PAIR_CLOCKS)
			fail("no wait for the second of a pair");
		if (!m.m_line_urgent && (!half || other || age > PAIR_CLOCKS + 1))
			fail("a wait for nothing");
	}
	void clock(const mix &c)
	{
		if (!offered && chance(r, c.offer))
			offer(c), offered = true;
		m.s_valid = offered;
		bool answer = !lines.empty() && lines.front().due <= clocks && chance(r, c.answer);
		m.line_done_valid = answer;
		m.line_done_error = chance(r, 20);
		m.m_line_ready = 0;
		m.clk = 0;
		m.eval();
		/* As dma_write: what is not urgent goes when the bus is idle */
		m.m_line_ready = chance(r, m.m_line_urgent ? c.ready : c.idle_bus);
		m.eval();
		if (!m.busy && (!inside.empty() || !lines.empty()))
			fail("not busy with a line inside");
		if (due.due != m.done_valid)
			fail("a completion is acknowledged without answer, or not");
		if (due.due && (m.done_ring != due.of.ring || m.done_two != due.of.two ||
				m.done_error != due.error))
			fail("another's acknowledgement");
		if (m.done_valid)
			acknowledged += 1 + m.done_two, errors += m.done_error;
		due = due_next;
		due_next = { answer, !!m.line_done_error, answer ? lines.front() : line() };
		if (answer)
			lines.pop_front();
		if (m.m_line_valid && !inside.empty())
			urgent();
		if (m.m_line_valid && m.m_line_ready)
			take();
		if (lines.size() > most)
			most = lines.size();
		if (offered && m.s_ready) {
			if (inside.empty())
				loaded = clocks + 1;
			inside.push_back(next);
			accepted++;
			offered = false;
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
		{ "full rate", 100, 100, 100, 100, 16 }, { "two rings", 70, 70, 5, 90, 2 },
		{ "one ring", 60, 70, 0, 90, 1 },	 { "one ring, seldom", 2, 90, 0, 90, 1 },
		{ "all rings", 50, 30, 10, 50, 16 },	 { "answers are late", 90, 90, 50, 3, 4 },
	};
	tap t;
	for (auto &c : mixes) {
		bench b;
		std::string n = c.name;
		b.reset();
		for (unsigned i = 0; i < 30000; i++)
			b.clock(c);
		mix drain = c;
		drain.offer = 0, drain.ready = drain.idle_bus = drain.answer = 100;
		for (unsigned i = 0; i < 1000; i++)
			b.clock(drain);
		t.check(b.error.empty(), n + ": lines hold what came, answers go to their ring",
			b.error);
		t.check(b.acknowledged == b.accepted && !b.m.busy, n + ": empty at the end",
			std::to_string(b.acknowledged) + " of " + std::to_string(b.accepted));
		t.check(b.accepted > 500 && b.errors > 50, n + ": completions pass",
			std::to_string(b.accepted));
		if (c.rings == 1)
			t.check((b.pairs > 100) == (LINE == 64),
				n + ": pairs where a line has 64 bytes", std::to_string(b.pairs));
		if (c.answer == 100 && LINE < 64)
			t.check(2 * b.accepted + 1010 > b.clocks, n + ": one in two clocks",
				std::to_string(b.accepted));
		if (c.answer == 3)
			t.check(b.most >= 126 && b.most <= 131, n + ": 128 lines wait",
				std::to_string(b.most));
	}
	return t.finish();
}
