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
	unsigned due[Q] = {}, changed[Q] = {};
	uint8_t vectors[Q];
	std::string error;
	uint64_t clocks = 0, fired = 0, armed_total = 0;
	unsigned stall = 0, stalled_clocks = 0;
	bool held = false;
	unsigned held_vector = 0;

	bench(uint64_t seed) : r(seed)
	{
		for (unsigned i = 0; i < Q; i++)
			vectors[i] = i * 13 + 1, enabled[i] = true;
		/* Verilator's name for a port called vector */
		axis::put(m.__SYM__vector, vectors, Q);
		m.rst = 1, m.arm_write_valid = 0, m.irq_ready = 0, m.enable = 0xffff;
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
		if (r() % 10000 < arm) {
			armed_now = r() % Q;
			/* Often what is true now, at times older. */
			armed_seen = completed[armed_now] - (r() % 4 ? 0 : r() % 3);
			m.arm_write_valid = 1, m.arm_write_queue = armed_now,
			m.arm_write_seen = armed_seen;
		}
		for (unsigned i = 0; i < Q; i++) {
			if (r() % 10000 < disable) {
				enabled[i] = !enabled[i];
				if (enabled[i])
					completed[i] = 0;
			}
			if (enabled[i] && r() % 10000 < complete)
				completed[i] += 1 + r() % 2;
		}
		unsigned e = 0;
		for (unsigned i = 0; i < Q; i++)
			e |= enabled[i] << i;
		m.enable = e;
		axis::put(m.completed, (uint8_t *)completed, sizeof(completed));
		m.irq_ready = !axis::chance(r, stall);
		m.clk = 0;
		m.eval();
		if (held && (!m.irq_valid || m.irq_vector != held_vector))
			fail("irq changed while held");
		held = m.irq_valid && !m.irq_ready;
		held_vector = m.irq_vector;
		if (m.irq_valid && m.irq_ready) {
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
				if (!m.irq_valid && ++changed[i] > Q + 5)
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
		unsigned stall, complete, arm, disable;
	} cases[] = {
		{ "seldom", 0, 20, 300, 0 },
		{ "often", 0, 3000, 3000, 0 },
		{ "held back", 70, 200, 2000, 0 },
		{ "queues that stop", 20, 100, 1000, 20 },
	};
	unsigned seed = 1;
	for (auto &c : cases) {
		bench b(seed++);
		b.stall = c.stall;
		for (int i = 0; i < 300000; i++)
			b.clock(c.complete, c.arm, c.disable);
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
		printf("# %s: %lu armed, %lu interrupts\n", c.name, (unsigned long)b.armed_total,
		       (unsigned long)b.fired);
	}
	return t.finish();
}
