/* SPDX-License-Identifier: BSD-3-Clause */

/*
 * flow_table: the host's words read back; each frame gets the action of its first rule, in order,
 * with as many lookups on their way as the module allows. DATA_W is the width of a function's number.
 */

#include "Vflow_table.h"
#include "axis.h"

#include <deque>

using namespace axis;

static const unsigned FUNCTIONS = 1 << DATA_W, WORDS = 256, MOST = 9;
static Vflow_table m;
static std::vector<uint32_t> words(FUNCTIONS *WORDS);

static void step()
{
	m.clk = 0, m.eval(), m.clk = 1, m.eval();
}

static void write(unsigned address, uint32_t value)
{
	words[address] = value;
	m.write_valid = 1;
	m.write_address = address;
	m.write_data = value;
}

struct action {
	bool hit;
	unsigned rule;
	uint32_t word, mark;
};

static action look_up(unsigned function, uint8_t hits)
{
	if (hits == 0)
		return { false, 0, 0, 0 };
	unsigned rule = __builtin_ctz(hits), base = function * WORDS + rule * 32;
	return { true, rule, words[base + 11], words[base + 12] };
}

static bool same(const action &a)
{
	uint64_t flow = m.flow;
	bool drop = flow >> 5 & 1, steer = flow >> 6 & 1, marked = flow >> 7 & 1;

	if ((flow & 1) != a.hit || (flow >> 1 & 15) != a.rule)
		return false;
	if (drop != (a.word & 1) || steer != (a.word >> 1 & 1) || marked != (a.word >> 2 & 1))
		return false;
	return (!steer || m.flow_queue == (a.word >> 8 & 0xff)) &&
	       flow >> 8 == (marked ? a.mark : 0);
}

int main()
{
	tap t;
	rng r(1);
	unsigned wrong = 0;

	m.rst = 1, m.write_valid = 0, m.hits_valid = 0, m.take = 0;
	for (unsigned i = 0; i < 4; i++)
		step();
	m.rst = 0;
	for (unsigned i = 0; i < words.size(); i++) {
		write(i, (uint32_t)r());
		step();
	}
	m.write_valid = 0;
	for (unsigned i = 0; i < words.size(); i++) {
		m.read_address = i;
		step();
		step();
		m.clk = 0, m.eval();
		wrong += m.read_data != words[i];
	}
	t.check(wrong == 0, "every word reads back", std::to_string(wrong) + " wrong");

	for (unsigned late : { 0, 30, 80 }) {
		std::deque<action> inside;
		unsigned found[9] = {}, idle = 0, done = 0;
		wrong = 0;
		for (unsigned sent = 0; done < 20000 && idle < 1000;) {
			/* Words may change, as long as no frame looks at them: this clock and the one before. */
			m.write_valid = 0;
			m.hits_valid = inside.size() < MOST && sent < 20000 && !chance(r, 20);
			if (m.hits_valid) {
				m.hits = r() % 4 ? 1u << r() % 8 | 1u << r() % 8 : 0;
				m.hits_function = r() % FUNCTIONS;
				inside.push_back(look_up(m.hits_function, m.hits));
				found[inside.back().hit ? inside.back().rule : 8]++;
				sent++;
			} else if (inside.empty() && chance(r, 50)) {
				write(r() % words.size(), (uint32_t)r());
			}
			m.clk = 0, m.eval();
			m.take = m.flow_valid && !chance(r, late);
			m.eval();
			idle++;
			if (m.flow_valid && inside.empty()) {
				wrong++;
				break;
			}
			if (m.take) {
				wrong += !same(inside.front());
				inside.pop_front();
				done++;
				idle = 0;
			}
			m.clk = 1, m.eval();
		}
		bool all = true;
		for (unsigned n : found)
			all = all && n > 100;
		t.check(wrong == 0 && done == 20000 && all,
			"the first rule's action, results taken late in " + std::to_string(late) +
				" %",
			std::to_string(wrong) + " wrong of " + std::to_string(done));
	}
	return t.finish();
}
