/* SPDX-License-Identifier: BSD-3-Clause */

/* rx_descriptors against a model of descriptor_fetch and of the descriptors inside. */

#include "Vrx_descriptors.h"
#include "axis.h"

using namespace axis;

static const unsigned Q = 8;

struct mix {
	const char *name;
	unsigned supply, consume; /* percent of the clocks */
	unsigned refuse; /* percent of the pops */
	unsigned stop; /* of 10000 clocks */
	unsigned late; /* of 1000 clocks */
};

struct bench {
	struct descriptor {
		uint64_t address;
		unsigned length, index;
	};
	Vrx_descriptors m;
	rng r{ 3 };
	std::deque<descriptor> outside[Q], here[Q];
	unsigned stopped[Q] = {}, off[Q] = {}, wait[Q] = {}, next[Q] = {};
	/* Pops of the last clocks: asked, answered, and on the way to the entries */
	struct pop {
		int q = -1;
		bool ok = false, dead = false; /* dead: its queue has stopped since */
		descriptor d = {};
		bool is(unsigned i) const { return q == (int)i && !dead; }
	};
	pop asked, answered, arriving;
	bool late[Q] = {}, was_stopped[Q] = {}, wanted_before = false;
	/* What is said of descriptors that are not here is a clock late. */
	bool nothing_before[Q] = {}, no_second_before[Q] = {};
	int consumed = -1, arrived = -1;
	uint64_t clocks = 0, pops = 0, used = 0, lost = 0, full = 0, nothing = 0, seconds = 0,
		 second_none = 0, second_small = 0, late_only = 0;
	std::string error;

	void fail(const std::string &why)
	{
		if (error.empty())
			error = why + " (clock " + std::to_string(clocks) + ")";
	}
	void reset()
	{
		m.rst = 1, m.queue_running = 0, m.available = 0, m.pending = 0, m.pop_ok = 0;
		m.consume_valid = 0, m.late_valid = 0;
		for (int i = 0; i < 5; i++)
			m.clk = 0, m.eval(), m.clk = 1, m.eval();
		m.rst = 0;
		for (unsigned q = 0; q < Q; q++)
			nothing_before[q] = no_second_before[q] = true;
	}
	void clock(const mix &c)
	{
		unsigned running = 0, available = 0, pending = 0;
		for (unsigned q = 0; q < Q; q++) {
			if (stopped[q])
				stopped[q]--;
			else if (r() % 10000 < c.stop)
				stopped[q] = 4 + r() % 10;
			if (stopped[q]) {
				here[q].clear(), outside[q].clear();
				for (pop *p : { &asked, &answered, &arriving })
					p->dead |= p->q == (int)q;
			}
			off[q] = stopped[q] ? off[q] + 1 : 0;
			running |= !stopped[q] << q;
			/* available falls a clock behind a queue that stops, or not at all where the
			 * queue stops for an error */
			available |= (!outside[q].empty() || off[q] == 1 || (off[q] && (r() & 1)))
				     << q;
			/* More to come, or not: it only matters to none. */
			pending |= (r() & 1) << q;
		}
		/* available falls a clock behind the pop, the answer comes two behind it. A queue that
		 * stops behind its pop is answered, too. */
		if (asked.q >= 0) {
			asked.d = { r(), (unsigned)r() & 0x3fff, (unsigned)r() & 0xffff };
			asked.ok = asked.dead ? r() & 1 :
						!outside[asked.q].empty() && !chance(r, c.refuse);
			if (asked.ok && !asked.dead) {
				asked.d = outside[asked.q].front();
				outside[asked.q].pop_front();
				available &= ~(outside[asked.q].empty() << asked.q);
			}
			lost += !asked.ok;
		}
		m.queue_running = running, m.available = available, m.pending = pending;
		m.pop_ok = answered.q >= 0 ? answered.ok : r() & 1;
		/* Without an answer the words are anything. */
		if (answered.q < 0)
			answered.d = { r(), (unsigned)r() & 0x3fff, (unsigned)r() & 0xffff };
		m.pop_address = answered.d.address, m.pop_length = answered.d.length;
		m.pop_index = answered.d.index;
		m.consume_valid = 0;
		m.clk = 0;
		m.eval();
		unsigned q = r() % Q;
		m.read_address = q << 2 | (m.read_pointer >> 2 * q & 3);
		m.consume_queue = q;
		bool consume = !stopped[q] && !here[q].empty() && chance(r, c.consume);
		/* A consume that was decided before the queue stopped comes up to 4 clocks behind that. */
		m.consume_valid = consume || (off[q] && off[q] <= 4 && chance(r, c.consume));
		m.late_valid = r() % 1000 < c.late;
		m.late_queue = r() % Q;
		m.eval();
		bool wanted = false;
		for (unsigned i = 0; i < Q; i++) {
			unsigned under_way = asked.is(i) + answered.is(i) + arriving.is(i);
			unsigned held = here[i].size() + under_way + (consumed == (int)i);
			bool more = (available >> i & 1) || (pending >> i & 1);
			bool none = nothing_before[i];
			/* What arrived in the clock before is not known as a second one yet. */
			bool known =
				here[i].size() > 2 || (here[i].size() == 2 && arrived != (int)i);
			bool second = known && here[i][1].length >= 64;
			bool small = known && !second;
			/* Without one here the second is not looked at. */
			bool no_second = here[i].size() > 1 ? small : no_second_before[i];
			nothing_before[i] = late[i] || (!held && !more);
			no_second_before[i] = late[i] || (held < 2 && !more);
			nothing += none;
			if (stopped[i])
				continue;
			if ((m.have >> i & 1) != !here[i].empty())
				fail("have is wrong");
			/* A pop that is not answered with a descriptor counts until then. */
			if ((m.none >> i & 1) != none)
				fail("none is wrong");
			if ((m.have_second >> i & 1) != second)
				fail("have_second is wrong");
			if (here[i].size() && (m.none_second >> i & 1) != no_second)
				fail("none_second is wrong");
			seconds += second, second_small += small;
			second_none += here[i].size() == 1 && !more;
			late_only += late[i] && more;
			bool room = here[i].size() + under_way < 4;
			wanted |= (available >> i & 1) && room && !was_stopped[i];
			if (m.pop_valid && m.pop_queue == i && !room)
				fail("a pop without room");
			full += !room;
			if (m.pop_valid && m.pop_queue == i)
				wait[i] = 0;
			else if (room && (available >> i & 1)) {
				if (++wait[i] > 2 * Q + 2)
					fail("a queue is passed over");
			} else
				wait[i] = 0;
		}
		if (!stopped[q] && !here[q].empty()) {
			const descriptor &e = here[q].front();
			if (m.descriptor_address != e.address || m.descriptor_length != e.length ||
			    m.descriptor_index != e.index)
				fail("another descriptor");
		}
		if (m.pop_valid && asked.q >= 0)
			fail("two pops in two clocks");
		if (m.pop_valid && !(available >> m.pop_queue & 1) && !stopped[m.pop_queue] &&
		    !c.stop)
			fail("a pop of nothing");
		consumed = consume ? (int)q : -1;
		if (consume)
			here[q].pop_front(), used++;
		if (m.late_valid)
			late[m.late_queue] = true;
		arrived = -1;
		if (arriving.q >= 0 && arriving.ok && !arriving.dead) {
			arrived = arriving.q;
			here[arriving.q].push_back(arriving.d);
			late[arriving.q] = false;
		}
		for (unsigned i = 0; i < Q; i++) {
			late[i] = late[i] && !stopped[i] && !was_stopped[i];
			was_stopped[i] = stopped[i];
		}
		/* busy is a clock late, too */
		if ((asked.q >= 0 || answered.q >= 0 || arriving.q >= 0 || wanted_before) &&
		    !m.busy)
			fail("not busy while a descriptor comes");
		wanted_before = wanted;
		arriving = answered;
		answered = asked;
		asked = pop();
		asked.q = m.pop_valid ? (int)m.pop_queue : -1;
		asked.dead = m.pop_valid && stopped[m.pop_queue];
		pops += m.pop_valid;
		if (m.pop_valid && off[m.pop_queue] > 2)
			fail("a pop of a queue that has stopped");
		m.clk = 1;
		m.eval();
		for (unsigned i = 0; i < Q; i++) {
			if (stopped[i]) {
				wait[i] = 0;
				continue;
			}
			if (outside[i].size() < 8 && chance(r, c.supply))
				outside[i].push_back(
					{ r(), (unsigned)r() & (chance(r, 20) ? 0x7f : 0x3fff),
					  next[i]++ & 0xffff });
		}
		clocks++;
	}
};

int main()
{
	Verilated::randReset(2);
	static const mix mixes[] = {
		{ "many, all used", 100, 100, 0, 0, 0 },
		{ "few descriptors", 3, 90, 0, 0, 2 },
		{ "seldom used", 50, 10, 0, 0, 2 },
		{ "pops without answer", 30, 80, 30, 0, 2 },
		{ "queues that stop", 20, 70, 5, 20, 2 },
	};
	tap t;
	for (auto &c : mixes) {
		bench b;
		std::string n = c.name;
		b.reset();
		for (unsigned i = 0; i < 100000; i++)
			b.clock(c);
		t.check(b.error.empty(), n + ": every descriptor once and in order", b.error);
		t.check(b.used > 5000 && (!c.refuse || b.lost > 500), n + ": descriptors pass",
			std::to_string(b.used) + " used, " + std::to_string(b.lost) + " lost");
		if (c.supply == 100)
			t.check(b.pops * 2 + 10 > b.clocks, n + ": one in two clocks",
				std::to_string(b.pops));
		if (c.consume == 10)
			t.check(b.full > 1000, n + ": queues are full");
		if (c.supply == 3)
			t.check(b.nothing > 1000 && b.second_none > 1000 && b.late_only > 100,
				n + ": queues have none");
		if (c.supply == 50)
			t.check(b.seconds > 1000 && b.second_small > 1000,
				n + ": second descriptors of both kinds");
	}
	return t.finish();
}
