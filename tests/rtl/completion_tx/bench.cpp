/* SPDX-License-Identifier: BSD-3-Clause */

/*
 * completion_tx: what is taken covers all before it of its queue, no error is covered, and between two
 * there is a clock with room for others.
 */

#include "Vcompletion_tx.h"
#include "axis.h"

using namespace axis;

static const unsigned Q = 8;

struct mix {
	const char *name;
	unsigned done, take, errors, room; /* percent */
	unsigned queues;
};

struct bench {
	struct entry {
		unsigned index, status;
	};
	Vcompletion_tx m;
	rng r{ 4 };
	std::deque<entry> inside[Q]; /* done, not covered by what has been taken */
	bool coming = false; /* the last that came is not among them yet */
	unsigned coming_queue = 0;
	entry last = {};
	bool taken_before = false; /* what was to be seen one clock behind the taking */
	entry covered = {};
	bool free_room = false; /* room in the clock before, and nothing offered */
	unsigned next[Q] = {}, passed[Q] = {};
	uint64_t clocks = 0, done = 0, taken = 0, errors = 0, blocked = 0, idle = 0, held = 0;
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
		m.room = chance(r, c.room);
		m.clk = 0;
		m.eval();
		bool take = m.out_valid && chance(r, c.take);
		m.out_take = take;
		m.eval();
		unsigned out = m.out_queue;
		std::deque<entry> blocks = inside[coming_queue];
		bool any_error = coming && last.status;
		for (auto &q : inside)
			any_error |= !q.empty() && q.back().status;
		held = any_error || m.tx_done_ready ? 0 : held + 1;
		if (held > 2)
			fail("not ready, and no error waits");
		for (unsigned i = 0; i < Q; i++)
			if ((m.waiting >> i & 1) !=
			    (!inside[i].empty() || (coming && coming_queue == i)))
				fail("waiting is wrong");
		if (taken_before &&
		    (covered.index != m.out_index || covered.status != m.out_status))
			fail("not the newest of its queue");
		if (m.out_valid && !was_valid && !free_room)
			fail("no clock with room for others");
		free_room = m.room && !m.out_valid;
		if (was_valid && (!m.out_valid || out != was_queue))
			fail("what is offered is withdrawn");
		was_valid = m.out_valid && !take, was_queue = out;
		if (m.out_valid) {
			if (inside[out].empty())
				fail("a queue in which nothing waits");
		}
		bool any = m.waiting != 0;
		idle = any && !m.out_valid ? idle + m.room : 0;
		if (idle > 3)
			fail("what waits is offered later than three clocks behind its descriptor");
		taken_before = take && !inside[out].empty();
		if (taken_before) {
			covered = inside[out].back();
			for (size_t i = 0; i + 1 < inside[out].size(); i++)
				if (inside[out][i].status)
					fail("an error is covered");
			errors += covered.status != 0;
			inside[out].clear();
			taken++;
			/* Round robin: no other is served twice before it */
			for (unsigned i = 0; i < Q; i++)
				if (inside[i].empty())
					passed[i] = 0;
				else if (++passed[i] > Q)
					fail("a queue is passed over");
		}
		/* It stays outside while an error of its queue waits. */
		if (coming && (blocks.empty() || !blocks.back().status)) {
			inside[coming_queue].push_back(last);
			coming = false;
		}
		if (offered && m.tx_done_ready) {
			if (coming)
				fail("ready while one cannot be taken");
			coming = true, coming_queue = m.tx_done_gq;
			last = { m.tx_done_index, m.tx_done_status };
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
		{ "one queue", 50, 50, 0, 100, 1 },	  { "full rate", 100, 100, 0, 100, 8 },
		{ "errors only", 100, 100, 100, 100, 8 }, { "some errors", 60, 60, 20, 50, 8 },
		{ "seldom taken", 80, 5, 10, 30, 8 },	  { "seldom done", 5, 80, 30, 90, 3 },
	};
	tap t;
	for (auto &c : mixes) {
		bench b;
		std::string n = c.name;
		b.reset();
		for (unsigned i = 0; i < 100000; i++)
			b.clock(c);
		mix drain = c;
		drain.done = 0, drain.take = drain.room = 100;
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
