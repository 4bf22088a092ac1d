/* SPDX-License-Identifier: BSD-3-Clause */

/* completion_tx: what is taken covers all before it of its queue, and no error is covered. */

#include "Vcompletion_tx.h"
#include "axis.h"

using namespace axis;

static const unsigned Q = 8;

struct mix {
	const char *name;
	unsigned done, take, errors; /* percent */
	unsigned queues;
};

struct bench {
	struct entry {
		unsigned index, status;
	};
	Vcompletion_tx m;
	rng r{ 4 };
	std::deque<entry> inside[Q]; /* done, not covered by what has been taken */
	unsigned next[Q] = {}, passed[Q] = {};
	uint64_t clocks = 0, done = 0, taken = 0, errors = 0, blocked = 0, idle = 0;
	bool offered = false, was_valid = false;
	unsigned was_queue = 0;
	std::string error;

	void fail(const std::string &why)
	{
		if (error.empty())
			error = why + " (clock " + std::to_string(clocks) + ")";
	}
	void reset()
	{
		m.rst = 1, m.tx_done_valid = 0, m.out_take = 0;
		for (int i = 0; i < 3; i++)
			m.clk = 0, m.eval(), m.clk = 1, m.eval();
		m.rst = 0;
	}
	void clock(const mix &c)
	{
		if (!offered) {
			offered = chance(r, c.done);
			m.tx_done_valid = offered;
			m.tx_done_gq = r() % c.queues;
			m.tx_done_index = offered ? next[m.tx_done_gq]++ : r();
			m.tx_done_status = chance(r, c.errors) ? 1 + r() % 15 : 0;
		}
		m.out_take = 0;
		m.clk = 0;
		m.eval();
		bool take = m.out_valid && chance(r, c.take);
		m.out_take = take;
		m.eval();
		unsigned in = m.tx_done_gq, out = m.out_queue;
		bool full = !inside[in].empty() && inside[in].back().status;
		if (m.tx_done_ready == full)
			fail("ready is wrong");
		for (unsigned i = 0; i < Q; i++)
			if ((m.waiting >> i & 1) != !inside[i].empty())
				fail("waiting is wrong");
		if (was_valid && (!m.out_valid || out != was_queue))
			fail("what is offered is withdrawn");
		was_valid = m.out_valid && !take, was_queue = out;
		if (m.out_valid) {
			if (inside[out].empty())
				fail("a queue in which nothing waits");
			else if (inside[out].back().index != m.out_index ||
				 inside[out].back().status != m.out_status)
				fail("not the newest of its queue");
		}
		bool any = m.waiting != 0;
		idle = any && !m.out_valid ? idle + 1 : 0;
		if (idle > 2)
			fail("what waits is offered later than two clocks behind its descriptor");
		if (take) {
			for (size_t i = 0; i + 1 < inside[out].size(); i++)
				if (inside[out][i].status)
					fail("an error is covered");
			errors += m.out_status != 0;
			inside[out].clear();
			taken++;
			/* Round robin: no other is served twice before it */
			for (unsigned i = 0; i < Q; i++)
				if (inside[i].empty())
					passed[i] = 0;
				else if (++passed[i] > Q)
					fail("a queue is passed over");
		}
		if (offered && m.tx_done_ready) {
			inside[in].push_back({ m.tx_done_index, m.tx_done_status });
			done++;
			offered = false;
		} else if (offered) {
			blocked++;
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
		{ "one queue", 50, 50, 0, 1 },	     { "full rate", 100, 100, 0, 8 },
		{ "errors only", 100, 100, 100, 8 }, { "some errors", 60, 60, 20, 8 },
		{ "seldom taken", 80, 5, 10, 8 },    { "seldom done", 5, 80, 30, 3 },
	};
	tap t;
	for (auto &c : mixes) {
		bench b;
		std::string n = c.name;
		b.reset();
		for (unsigned i = 0; i < 100000; i++)
			b.clock(c);
		mix drain = c;
		drain.done = 0, drain.take = 100;
		for (unsigned i = 0; i < 100; i++)
			b.clock(drain);
		t.check(b.error.empty(), n + ": a completion covers all before it, no error",
			b.error);
		t.check(!b.m.waiting && !b.m.out_valid && !b.offered, n + ": empty at the end");
		t.check(b.taken > 2000 && (!c.errors || (b.errors > 500 && b.blocked > 50)),
			n + ": completions pass",
			std::to_string(b.taken) + " taken, " + std::to_string(b.errors) +
				" errors, " + std::to_string(b.blocked) + " clocks blocked");
		if (c.done == 100 && !c.errors)
			t.check(b.taken * 2 + 110 > b.clocks, n + ": one in two clocks",
				std::to_string(b.taken));
	}
	return t.finish();
}
