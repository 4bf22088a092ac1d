/* SPDX-License-Identifier: BSD-3-Clause */

/* event_detect: an event of the right function for every change of a link and every new error. */

#include "Vevent_detect.h"
#include "axis.h"

int main()
{
	axis::tap t;
	axis::rng r(3);
	Vevent_detect m;
	std::string error;
	uint64_t link_events[2] = {}, error_events[2][4] = {}, none = 0, gone = 0;
	unsigned up = 1, errors[4] = {};
	uint32_t speed[2] = { 10000, 1000 };
	unsigned changed = 0, expected = 0; /* of the clock before, and the one before that */
	uint64_t hidden = 0; /* changes at the end of a reset */
	bool known = true;
	auto set = [&]() {
		m.link_up = up;
		m.link_speed = speed[0] | (uint64_t)speed[1] << 24;
		m.rx_ring_error = errors[0], m.rx_doorbell_error = errors[1];
		m.tx_ring_error = errors[2], m.tx_doorbell_error = errors[3];
	};
	set();
	m.rst = 1;
	for (int i = 0; i < 4; i++)
		m.clk = 0, m.eval(), m.clk = 1, m.eval();
	m.rst = 0;
	m.clk = 0, m.eval(), m.clk = 1, m.eval();
	for (unsigned clock = 0; clock < 200000; clock++) {
		unsigned change = 0;
		if (r() % 16 == 0)
			switch (r() % 4) {
			case 0: {
				unsigned p = r() % 2;
				up ^= 1u << p, change |= 1u << p, link_events[p]++;
				break;
			}
			case 1: {
				unsigned p = r() % 2;
				speed[p] ^= 1u << r() % 24, change |= 1u << p, link_events[p]++;
				break;
			}
			default: {
				/* Several at once, some of them that go away */
				unsigned kind = r() % 4, old = errors[kind];
				errors[kind] = r() % 3 ? old ^ 1u << r() % 8 : (unsigned)r() & 0xff;
				for (unsigned f = 0; f < 2; f++)
					if ((errors[kind] & ~old) >> 4 * f & 15)
						change |= 1u << f, error_events[f][kind]++;
				gone += (old & ~errors[kind]) && !change;
			}
			}
		/* What is there at the end of a reset is no event. */
		hidden += !known && change;
		change = known ? change : 0;
		none += !change;
		set();
		m.rst = r() % 64 == 0;
		m.clk = 0, m.eval();
		if (m.event_valid != expected && error.empty())
			error = "clock " + std::to_string(clock) + ": " +
				std::to_string(m.event_valid) + ", expected " +
				std::to_string(expected);
		if (m.busy != (changed || expected) && error.empty())
			error = "clock " + std::to_string(clock) + ": busy";
		m.clk = 1, m.eval();
		expected = m.rst ? 0 : changed;
		changed = m.rst ? 0 : change;
		known = !m.rst;
	}
	t.check(error.empty(), "one event for every change, two clocks later, and no other", error);
	bool all = none && gone > 100 && hidden > 100;
	for (unsigned f = 0; f < 2; f++) {
		all &= link_events[f] > 100;
		for (auto n : error_events[f])
			all &= n > 100;
	}
	t.check(all, "every kind of change occurs");
	return t.finish();
}
