/* SPDX-License-Identifier: BSD-3-Clause */

/*
 * flow_table: the host's words read back; each frame gets the action of its first rule, in order,
 * with as many lookups on their way as the module allows; a frame that is to be changed gets the next slot,
 * which has been told what the rule says. DATA_W is the width of a function's number.
 */

#include "Vflow_table.h"
#include "axis.h"

#include <deque>

using namespace axis;

static const unsigned FUNCTIONS = 1 << DATA_W, WORDS = 512, MOST = 11;
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
	bytes edit;

	bool edits() const { return hit && word >> 3 & 7; }
};

/* What was told: slot and edit word, in order; and how many of them frames have named. */
static std::deque<std::pair<unsigned, bytes>> told;
static uint64_t named;

static action look_up(unsigned function, uint8_t hits)
{
	if (hits == 0)
		return { false, 0, 0, 0, {} };
	unsigned rule = __builtin_ctz(hits), base = function * WORDS + rule * 64;
	const uint32_t *w = &words[base];
	action a = { true, rule, w[32], w[33], bytes(17) };
	for (unsigned i = 0; i < 6; i++)
		a.edit[i] = (i < 4 ? w[34] : w[35]) >> 8 * (i % 4);
	set_field(a.edit, 48, 32, w[36]);
	set_field(a.edit, 80, 16, w[37] & 0xffff);
	set_field(a.edit, 96, 16, w[37] >> 16);
	set_field(a.edit, 112, 16, w[32] >> 16);
	set_field(a.edit, 128, 3, w[32] >> 3);
	return a;
}

/* The next slot is the frame's, and what belongs into it has been told before. */
static bool same_edit(const action &a)
{
	uint64_t flow = m.flow;

	if ((flow >> 40 & 1) != a.edits())
		return false;
	if (!a.edits())
		return true;
	if (told.empty())
		return false;
	std::pair<unsigned, bytes> t = told.front();
	told.pop_front();
	return t.first == (flow >> 41 & 127) && t.first == named++ % 128 && t.second == a.edit;
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
	       (uint32_t)(flow >> 8) == (marked ? a.mark : 0);
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
		unsigned found[9] = {}, idle = 0, done = 0, edits = 0, edit_wrong = 0;
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
				edits += inside.back().edits();
				sent++;
			} else if (inside.empty() && chance(r, 50)) {
				unsigned address = r() % words.size();
				uint32_t value = (uint32_t)r();
				/* The action of some rules changes nothing. */
				if (address % 32 == 11 && chance(r, 50))
					value &= ~0x38u;
				write(address, value);
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
				edit_wrong += !same_edit(inside.front());
				inside.pop_front();
				done++;
				idle = 0;
			}
			if (m.edit_valid) {
				bytes word(17);
				get(m.edit_word, word.data(), word.size());
				told.push_back({ m.edit_slot, word });
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
		t.check(edit_wrong == 0 && told.empty() && edits > 1000 && done - edits > 1000,
			"a slot for each frame that is to be changed, and the rule's word in it",
			std::to_string(edit_wrong) + " wrong of " + std::to_string(edits) + ", " +
				std::to_string(told.size()) + " too many");
	}
	return t.finish();
}
