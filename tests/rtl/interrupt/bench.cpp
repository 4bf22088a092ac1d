/* SPDX-License-Identifier: BSD-3-Clause */

/* interrupt: every interrupt is due, none that is due is missed. */

#include "Vinterrupt.h"
#include "axis.h"

static constexpr unsigned Q = 16;

struct bench {
	axis::rng r;
	Vinterrupt m;
	uint16_t completed[Q] = {}, seen[Q] = {};
	bool armed[Q] = {}, enabled[Q];
	unsigned due[Q] = {}, changed[Q] = {}, off[Q] = {};
	uint8_t vectors[Q];
	std::string error;
	uint64_t clocks = 0, fired = 0, armed_total = 0;
	unsigned stall = 0, stalled_clocks = 0;
	bool held = false;
	unsigned held_vector = 0;
	/* Vectors 0 and 3 are no queue's: the functions' events. */
	unsigned event_enable = 3, event_percent = 0;
	bool event_waits[2] = {};
	unsigned event_clocks[2] = {};
	uint64_t events = 0, events_raised = 0, merged = 0, forgotten = 0;

	bench(uint64_t seed) : r(seed)
	{
		for (unsigned i = 0; i < Q; i++)
			vectors[i] = i * 13 + 1, enabled[i] = true;
		/* Verilator's name for a port called vector */
		axis::put(m.__SYM__vector, vectors, Q);
		m.rst = 1, m.event_valid = 0, m.event_enable = 0, m.event_vector = 0x300;
		m.arm_write_valid = 0, m.irq_ready = 0, m.enable = 0xffff;
		axis::put(m.completed, (uint8_t *)completed, sizeof(completed));
		for (int i = 0; i < 4; i++)
			m.clk = 0, m.eval(), m.clk = 1, m.eval();
		m.rst = 0;
	}
	void fail(const std::string &why)
	{
		if (error.empty())
			error = why + " (clock " + std::to_string(clocks) + ")";
	}
	void clock(unsigned complete, unsigned arm, unsigned disable)
	{
		m.arm_write_valid = 0;
		unsigned armed_now = Q;
		uint16_t armed_seen = 0;
		for (unsigned i = 0; i < Q; i++) {
			/* A queue that was stopped stays so for some clocks. */
			off[i] = enabled[i] ? 0 : off[i] + 1;
			if (r() % 10000 < disable && (enabled[i] || off[i] > 3)) {
				enabled[i] = !enabled[i];
				if (enabled[i])
					completed[i] = 0;
			}
			if (enabled[i] && r() % 10000 < complete)
				completed[i] += 1 + r() % 2;
		}
		if (r() % 10000 < arm) {
			armed_now = r() % Q;
			/* Often what is true now, at times older. */
			armed_seen = completed[armed_now] - (r() % 4 ? 0 : r() % 3);
			m.arm_write_valid = 1, m.arm_write_queue = armed_now,
			m.arm_write_seen = armed_seen;
		}
		unsigned e = 0;
		for (unsigned i = 0; i < Q; i++)
			e |= enabled[i] << i;
		m.enable = e;
		axis::put(m.completed, (uint8_t *)completed, sizeof(completed));
		m.irq_ready = !axis::chance(r, stall);
		m.event_valid = 0;
		for (unsigned f = 0; f < 2; f++)
			m.event_valid |= (r() % 10000 < event_percent) << f;
		if (event_percent && r() % 1000 == 0)
			event_enable = r() % 2 ? 3 : r() % 4;
		m.event_enable = event_enable;
		m.clk = 0;
		m.eval();
		if (held && (!m.irq_valid || m.irq_vector != held_vector))
			fail("irq changed while held");
		held = m.irq_valid && !m.irq_ready;
		held_vector = m.irq_vector;
		for (unsigned f = 0; f < 2; f++)
			if (event_waits[f] && !m.busy)
				fail("not busy before an event's interrupt");
		bool is_event = m.irq_vector == 0 || m.irq_vector == 3;
		if (m.irq_valid && is_event && m.irq_function != (m.irq_vector == 3))
			fail("an event of another function");
		if (m.irq_valid && m.irq_ready && !is_event) {
			unsigned q = Q;
			for (unsigned i = 0; i < Q; i++)
				if (vectors[i] == m.irq_vector)
					q = i;
			if (q == Q || m.irq_function != q % 8 / 4)
				fail("no such vector, or another function's");
			else if (!due[q])
				fail("an interrupt that is not due");
			else
				due[q]--;
			fired++;
		}
		/* The model disarms when the interrupt is raised; it sees that at irq_valid. */
		m.clk = 1;
		m.eval();
		bool raised = m.irq_valid && !held;
		/* Raised in this clock: the event of a clock before, no other reason. */
		for (unsigned f = 0; f < 2; f++) {
			bool on = event_enable >> f & 1, now = (m.event_valid >> f & 1) && on;
			if (raised && m.irq_vector == 3 * f) {
				if (!event_waits[f])
					fail("an event that was not");
				event_waits[f] = false;
				events_raised++;
			} else if (event_waits[f] && !on) {
				event_waits[f] = false;
				forgotten++;
			}
			merged += now && event_waits[f];
			events += now;
			if (now)
				event_waits[f] = true;
			event_clocks[f] = event_waits[f] && !m.irq_valid ? event_clocks[f] + 1 : 0;
			if (event_clocks[f] > 3)
				fail("an event is missed");
		}
		for (unsigned i = 0; i < Q; i++) {
			if (raised && vectors[i] == m.irq_vector) {
				if (!armed[i] || seen[i] == completed[i])
					fail("raised without reason");
				armed[i] = false;
				due[i]++;
				changed[i] = 0;
			}
			if (i == armed_now && enabled[i]) {
				armed[i] = true, seen[i] = armed_seen, changed[i] = 0;
				armed_total++;
			}
			if (!enabled[i])
				armed[i] = false;
			if (armed[i] && seen[i] != completed[i]) {
				if (!m.irq_valid &&
				    ++changed[i] > Q + 5 + (event_percent ? 2 * Q : 0))
					fail("an interrupt is missed");
				if (!m.busy)
					fail("not busy before an interrupt");
			} else {
				changed[i] = 0;
			}
		}
		clocks++;
	}
};

int main()
{
	axis::tap t;
	struct {
		const char *name;
		unsigned stall, complete, arm, disable, event;
	} cases[] = {
		{ "seldom", 0, 20, 300, 0, 0 },
		{ "often", 0, 3000, 3000, 0, 0 },
		{ "held back", 70, 200, 2000, 0, 0 },
		{ "queues that stop", 20, 100, 1000, 20, 0 },
		{ "queues that stop and start again, held back", 90, 2000, 3000, 300, 0 },
		{ "events, seldom", 0, 20, 300, 0, 20 },
		{ "events, held back", 80, 200, 2000, 5, 1000 },
	};
	unsigned seed = 1;
	for (auto &c : cases) {
		bench b(seed++);
		b.stall = c.stall;
		b.event_percent = c.event;
		for (int i = 0; i < 300000; i++)
			b.clock(c.complete, c.arm, c.disable);
		b.event_percent = 0;
		for (int i = 0; i < 2000; i++)
			b.clock(0, 0, 0);
		std::string n = c.name;
		t.check(b.error.empty(), n + ": each interrupt is due, none is missed", b.error);
		unsigned left = 0;
		for (unsigned i = 0; i < Q; i++)
			left += b.due[i];
		t.check(left == 0 && b.fired > 1000, n + ": interrupts come",
			std::to_string(b.fired));
		t.check(!b.m.busy && !b.m.irq_valid, n + ": idle at the end");
		t.check(b.events == b.events_raised + b.merged + b.forgotten &&
				!c.event == !b.events_raised &&
				(!c.stall || !c.event || b.merged > 100),
			n + ": each event is raised once, or is one with the one before it",
			std::to_string(b.events));
		printf("# %s: %lu events, %lu raised\n", c.name, (unsigned long)b.events,
		       (unsigned long)b.events_raised);
		printf("# %s: %lu armed, %lu interrupts\n", c.name, (unsigned long)b.armed_total,
		       (unsigned long)b.fired);
	}
	return t.finish();
}
