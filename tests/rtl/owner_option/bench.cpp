/* SPDX-License-Identifier: BSD-3-Clause */

/*
 * owner_option: headers with options of all kinds, with pauses between their words, against a walk byte by byte:
 * lists made of whole options, damaged ones, and bytes that often are a kind or a length.
 */

#include "Vowner_option.h"
#include "axis.h"

using namespace axis;

static const unsigned KIND = 254, EXPERIMENT = 0x534b, LONG = 19, SHORT = 15;
static Vowner_option m;

struct owner {
	bool found;
	unsigned length, control, tenant;
	uint32_t id;
};

static owner expected(const bytes &options)
{
	owner o = {}, none = {};
	unsigned count = 0;
	size_t at = 0;

	while (at < options.size()) {
		if (options[at] == 0) {
			for (size_t i = at; i < options.size(); i++)
				if (options[i] != 0)
					return none;
			break;
		}
		if (options[at] == 1) {
			at++;
			continue;
		}
		if (at + 1 == options.size() || options[at + 1] < 2 ||
		    at + options[at + 1] > options.size())
			return none;
		const uint8_t *b = &options[at];
		if (b[0] == KIND && (b[1] == LONG || b[1] == SHORT) &&
		    (b[2] << 8 | b[3]) == EXPERIMENT) {
			count++;
			o = { true, b[1], b[4], (unsigned)b[5] << 8 | b[6],
			      (uint32_t)b[7] << 24 | b[8] << 16 | b[9] << 8 | b[10] };
		}
		at += b[1];
	}
	return count == 1 ? o : none;
}

static void step()
{
	m.clk = 0, m.eval(), m.clk = 1, m.eval();
}

static bool same(const bytes &options, rng &r, unsigned pause)
{
	owner o = expected(options);

	/* What lies before and behind the options is stepped over, too. */
	m.clear = 1, m.valid = 0, m.step = 1, m.word = (uint32_t)r();
	step();
	m.clear = 0;
	for (size_t at = 0; at <= options.size(); at += 4) {
		m.valid = at != 0;
		m.step = 1;
		m.word = at == options.size() ?
				 (uint32_t)r() :
				 (uint32_t)options[at] << 24 | options[at + 1] << 16 |
					 options[at + 2] << 8 | options[at + 3];
		step();
		m.valid = 0;
		while (chance(r, pause)) {
			m.step = 0;
			m.word = (uint32_t)r();
			step();
		}
	}
	/* The second clock behind the last word's valid */
	m.step = chance(r, 50);
	step();
	bool right = m.found == o.found &&
		     (!o.found || (m.length == o.length && m.control == o.control &&
				   m.tenant == o.tenant && m.id == o.id));
	/* It stays. */
	for (unsigned i = r() % 3; i > 0; i--) {
		m.word = (uint32_t)r();
		step();
	}
	return right && m.found == o.found && (!o.found || m.id == o.id);
}

static void append(bytes &to, const bytes &more)
{
	to.insert(to.end(), more.begin(), more.end());
}

static bytes option(rng &r, unsigned kind, unsigned length)
{
	bytes b(length);
	for (auto &x : b)
		x = (uint8_t)r();
	b[0] = (uint8_t)kind;
	b[1] = (uint8_t)length;
	return b;
}

static bytes owner_option(rng &r)
{
	bytes b = option(r, KIND, r() % 2 ? LONG : SHORT);
	b[2] = EXPERIMENT >> 8;
	b[3] = EXPERIMENT & 255;
	return b;
}

/* Most of them are owner options, and what is like one. */
static bytes list(rng &r)
{
	bytes b;

	while (b.size() < 40 && !chance(r, 10)) {
		bytes next;
		switch (r() % 8) {
		case 0:
		case 1:
			next = bytes(1 + r() % 3, 1);
			break;
		case 2:
			next = option(r, 2 + r() % 253, 2 + r() % 9);
			break;
		case 3:
			next = option(r, r() % 2 ? KIND : 253, r() % 3 ? 2 + r() % 19 : LONG);
			break;
		case 4:
			next = owner_option(r);
			next[2 + r() % 2] ^= 1 << r() % 8;
			break;
		default:
			next = owner_option(r);
		}
		if (b.size() + next.size() <= 40)
			append(b, next);
	}
	while (b.size() % 4)
		b.push_back(r() % 2);
	if (chance(r, 30) && !b.empty())
		b.resize(4 * (r() % (b.size() / 4) + 1));
	if (chance(r, 30) && !b.empty())
		b[r() % b.size()] = (uint8_t)(r() % 3 ? r() % 24 : r());
	return b;
}

int main()
{
	tap t;
	rng r(1);

	for (unsigned pause : { 0, 30, 70 }) {
		unsigned wrong = 0, found = 0, places[40] = {};
		for (unsigned n = 0; n < 200000; n++) {
			bytes options = list(r);
			bool is = expected(options).found;
			found += is;
			for (size_t at = 0; is && at + 3 < options.size(); at++)
				if (options[at] == KIND && options[at + 2] == EXPERIMENT >> 8 &&
				    options[at + 3] == (EXPERIMENT & 255)) {
					places[at]++;
					break;
				}
			wrong += !same(options, r, pause);
		}
		/* At every byte where a short one has room */
		bool all = true;
		for (unsigned at = 0; at <= 40 - SHORT; at++)
			all = all && places[at] > 10;
		t.check(wrong == 0 && all && found > 20000,
			"lists of options, " + std::to_string(pause) + " % pauses",
			std::to_string(wrong) + " wrong, " + std::to_string(found) +
				" with an owner, " + (all ? "all" : "not all") + " places");
	}
	unsigned wrong = 0;
	for (unsigned n = 0; n < 400000; n++) {
		static const uint8_t often[] = {
			0, 1, 2, 3, 4, 5, 15, 19, 40, 41, 254, 0x53, 0x4b
		};
		bytes options(4 * (r() % 11));
		for (auto &b : options)
			b = chance(r, 80) ? often[r() % sizeof(often)] : (uint8_t)r();
		wrong += !same(options, r, 20);
	}
	t.check(wrong == 0, "bytes that are kinds and lengths", std::to_string(wrong) + " wrong");
	return t.finish();
}
