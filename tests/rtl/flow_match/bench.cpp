/* SPDX-License-Identifier: BSD-3-Clause */

/*
 * flow_match: every frame against the definition of flow_rule, word by word, with frames that follow
 * one another with and without gaps, and rules that are rewritten while they are disabled, at any
 * time of a frame. DATA_W is the width of a function's number.
 */

#include "Vflow_match.h"
#include "axis.h"

#include <memory>

using namespace axis;

static const unsigned FUNCTIONS = DATA_W == 1 ? 2 : 16, RULES = 8, WORDS = 16;
/* Clocks between an access of the host and the next one, at least */
static const unsigned ACCESS = 9;

struct rule {
	uint32_t value[WORDS], mask[WORDS];
	bool enabled = false;
	uint64_t changed = 0; /* when it was enabled, disabled or written last */
	unsigned to_write = 0;
	uint64_t enabled_since = 0;
};

struct bench {
	std::unique_ptr<Vflow_match> m = std::make_unique<Vflow_match>();
	rng r;
	uint64_t clocks = 0;
	std::vector<rule> rules;
	std::vector<std::vector<bool>> enabled; /* of every clock */
	unsigned wrong = 0, hits = 0, misses = 0, lost = 0;

	bench(uint64_t seed) : r(seed), rules(FUNCTIONS * RULES) {}

	rule &of(unsigned function, unsigned n) { return rules[function * RULES + n]; }

	/* Few values, so that rules hold now and then, and rarely by more than one word. */
	uint32_t word() { return 0x01010101u * (r() & 1) ^ (r() % 3 ? 0 : 1u << r() % 32); }

	/* Something happens to one rule, seldom enough. */
	void host(bool change)
	{
		m->write_valid = 0;
		unsigned n = r() % rules.size();
		rule &x = rules[n];

		if (!change || clocks < x.changed + ACCESS)
			return;
		if (x.enabled) {
			if (r() % 40)
				return;
			x.enabled = false;
			x.to_write = r() % 5;
		} else if (x.to_write > 0) {
			write(n, r() & 1, r() % WORDS);
			x.to_write--;
		} else {
			x.enabled = true;
			x.enabled_since = clocks;
		}
		x.changed = clocks;
	}
	void write(unsigned n, unsigned mask, unsigned word_number)
	{
		uint32_t w = mask ? (r() % 3 == 0 ? 0 : r() % 4 ? 1u << r() % 32 : ~0u) : word();
		(mask ? rules[n].mask : rules[n].value)[word_number] = w;
		m->write_valid = 1;
		m->write_address = n << 6 | mask << 4 | word_number;
		m->write_data = w;
	}
	void step()
	{
		bytes b(FUNCTIONS);
		std::vector<bool> now;

		for (unsigned i = 0; i < rules.size(); i++) {
			b[i / 8] |= rules[i].enabled << i % 8;
			now.push_back(rules[i].enabled);
		}
		enabled.push_back(now);
		put_bits(m->enable, b);
		m->clk = 0, m->eval(), m->clk = 1, m->eval();
		clocks++;
		m->write_valid = 0;
	}
	static void put_bits(uint16_t &port, const bytes &b)
	{
		port = (uint16_t)(b[0] | b[1] << 8);
	}
	template <typename T> static void put_bits(T &port, const bytes &b)
	{
		put(port, b.data(), b.size());
	}
	/* Enabled in every clock from first to last. */
	bool all_the_time(unsigned n, uint64_t first, uint64_t last)
	{
		for (uint64_t t = first; t <= last; t++)
			if (!enabled[t][n])
				return false;
		return true;
	}
};

struct sent {
	uint64_t start, last;
	unsigned function;
	uint8_t holds; /* by the words alone */
};

static uint8_t expected(bench &b, const sent &s, uint64_t now)
{
	uint8_t hits = 0;
	for (unsigned n = 0; n < RULES; n++)
		if ((s.holds >> n & 1) &&
		    b.all_the_time(s.function * RULES + n, s.start + 3, now - 2))
			hits |= 1u << n;
	return hits;
}

static void run(tap &t, const char *name, unsigned gap, bool change, unsigned seed)
{
	bench b(seed);
	std::deque<sent> ended;
	sent shown = {};
	bool any = false;

	b.m->valid = 0;
	for (unsigned n = 0; n < b.rules.size(); n++)
		for (unsigned w = 0; w < 2 * WORDS; w++) {
			b.write(n, w / WORDS, w % WORDS);
			b.step();
		}
	for (auto &x : b.rules)
		x.enabled = b.r() % 8 != 0;
	for (unsigned i = 0; i < ACCESS; i++)
		b.step();
	for (unsigned frame = 0; frame < 20000; frame++) {
		unsigned count = 1 + b.r() % 12, function = b.r() % FUNCTIONS;
		/* At least three clocks lie between the last words of two frames. */
		unsigned least = 3;
		sent s = { 0, 0, function, 0xff };
		for (unsigned i = 0; i < count || least > 0;) {
			bool word = i < count && !chance(b.r, gap) && (i + 1 < count || least <= 1);
			b.host(change);
			b.m->valid = word;
			b.m->function_number = function;
			b.m->start = word ? i == 0 : b.r() & 1;
			b.m->last = word ? i + 1 == count : b.r() & 1;
			b.m->number = b.r() % WORDS;
			b.m->word = b.word();
			if (word) {
				if (i == 0)
					s.start = b.clocks;
				for (unsigned n = 0; n < RULES; n++) {
					rule &x = b.of(function, n);
					if ((b.m->word ^ x.value[b.m->number]) &
					    x.mask[b.m->number])
						s.holds &= ~(1u << n);
				}
				if (++i == count) {
					s.last = b.clocks;
					ended.push_back(s);
				}
			}
			least -= least > 0;
			b.step();
			/* The clock that begins now is number b.clocks. */
			b.m->clk = 0, b.m->eval();
			if (!ended.empty() && b.clocks == ended.front().last + 5) {
				shown = ended.front();
				ended.pop_front();
				any = true;
				uint8_t e = expected(b, shown, b.clocks);
				(e ? b.hits : b.misses)++;
				b.lost += shown.holds != e;
			}
			if (any && b.m->hits != expected(b, shown, b.clocks) && b.wrong++ < 5)
				printf("# clock %llu: hits %02x, not %02x\n",
				       (unsigned long long)b.clocks, b.m->hits,
				       expected(b, shown, b.clocks));
			if (any && b.m->hits_function != shown.function && b.wrong++ < 5)
				printf("# function %u, not %u\n", b.m->hits_function,
				       shown.function);
		}
	}
	t.check(b.wrong == 0, std::string(name) + ": the rules that hold, and no others",
		std::to_string(b.wrong) + " wrong");
	t.check(b.hits > 200 && b.misses > 200 && (!change || b.lost > 200),
		std::string(name) + ": frames with and without a rule, and rules taken away",
		std::to_string(b.hits) + ", " + std::to_string(b.misses) + ", " +
			std::to_string(b.lost));
}

int main()
{
	tap t;

	run(t, "back to back", 0, false, 1);
	run(t, "with gaps", 40, false, 2);
	run(t, "back to back, rules rewritten", 0, true, 3);
	run(t, "with gaps, rules rewritten", 60, true, 4);
	return t.finish();
}
