/* SPDX-License-Identifier: BSD-3-Clause */

/*
 * flow_meter: what frames pay, what the buckets get, and who has to wait. Where no frame asks, a frame that does
 * not pay tells how many tokens a bucket holds; at the end random frames, rates and clocks against a model
 * that knows the least and the most a bucket may hold. DATA_W is the width of a function's number.
 */

#include "Vflow_meter.h"
#include "axis.h"

#include <algorithm>
#include <functional>

using namespace axis;

static const unsigned FUNCTIONS = 1 << DATA_W, METERS = 8 * FUNCTIONS;
static const unsigned METER = 38, RATE = 39, BURST = 40;
static const unsigned METERED = 1, PACKETS = 2, INDEX_SHIFT = 4;
static const unsigned LONGEST = 16383, MOST_US = 65535, MOST_BURST = 0xffffff;
/* Clocks without a frame in which every bucket gets all that is due: what is left of one round, and another */
static const unsigned ROUNDS = 2 * METERS + 12;

/* The rounds that it takes to give for so many microseconds: the digits of 64, all that is above the third in one */
static unsigned rounds(uint32_t us)
{
	return us % 64 + us / 64 % 64 + us / 4096 % 64 + us / 262144;
}

/* Clocks with a frame before hold; as many come behind it from a source with the longest way */
static const unsigned PATIENCE = 7, WAY = 4;

static Vflow_meter m;
static uint64_t clocks;
static bool last_ask, pays;
static unsigned hold_wrong;

/* What becomes of the frame that asked in the last clock */
static std::function<void(bool over)> answer;

/*
 * A clock. What it writes has been set by write(), and is so for one clock; rule: of the next frame, -1 for none.
 * A frame's answer comes in the clock behind, before anything else happens there.
 */
static void clock_with(bool ask, unsigned length, bool pay, int rule = -1,
		       std::function<void(bool over)> then = nullptr)
{
	/* It pays in the clock behind the one in which it asks. */
	m.ask = ask, m.length = length, m.pay = pays;
	pays = ask && pay;
	m.rule_valid = rule >= 0;
	/* Without a rule, rubbish: nothing may depend on it. */
	m.rule = rule >= 0 ? rule : clocks * 7 % METERS;
	m.clk = 0, m.eval();
	/* The clock before was one without a frame: nobody waits any more. */
	hold_wrong += m.hold && !last_ask;
	last_ask = ask;
	m.clk = 1, m.eval();
	m.write_valid = 0;
	clocks++;
	if (answer)
		answer(m.over);
	answer = then;
}

static void idle(unsigned n)
{
	while (n--)
		clock_with(false, 0, false);
}

static void write(unsigned rule, unsigned word, uint32_t value)
{
	m.write_valid = 1, m.write_address = rule * 64 + word, m.write_data = value;
}

static void set(unsigned rule, unsigned word, uint32_t value)
{
	write(rule, word, value);
	idle(1);
}

/* A rule that uses the meter `index` of its function */
static void use(unsigned rule, unsigned index, bool packets = false)
{
	/* The bits between mean nothing. */
	set(rule, METER, index << INDEX_SHIFT | (packets ? PACKETS : 0) | METERED | 0xffffff8c);
}

static void fill(unsigned meter, uint32_t burst)
{
	set(meter, BURST, burst | 0xa5000000); /* nor do the upper bits */
	idle(ROUNDS);
}

static void pass_time(uint32_t us)
{
	m.microseconds += us;
	idle(ROUNDS + rounds(us) * (METERS + 6));
}

/* One frame for itself; says whether it passes. */
static bool passes(unsigned rule, unsigned length, bool pay = true)
{
	bool is_over = true;
	clock_with(false, 0, false, rule);
	clock_with(true, length, pay, -1, [&](bool over) { is_over = over; });
	idle(1);
	return !is_over;
}

/* Whole tokens of the meter of a rule that counts bytes, up to LONGEST */
static unsigned tokens(unsigned rule)
{
	unsigned low = 0, high = LONGEST;
	while (low < high) {
		unsigned middle = (low + high + 1) / 2;
		if (passes(rule, middle, false))
			low = middle;
		else
			high = middle - 1;
	}
	return low;
}

/* Whole tokens, however many; the bucket is empty behind it but for a part of one. */
static uint64_t drain(unsigned rule)
{
	uint64_t n = 0;
	/* A frame that pays nothing must not keep the bench here for ever. */
	while (n <= 2 * MOST_BURST && passes(rule, LONGEST))
		n += LONGEST;
	unsigned rest = tokens(rule);
	return n + (passes(rule, rest) ? rest : 0);
}

/* No rule has a meter, no meter a rate, and all hold `burst`. */
static void clear(uint32_t burst = 0)
{
	for (unsigned i = 0; i < METERS; i++) {
		set(i, METER, 0xfffffffe);
		set(i, RATE, 0);
		set(i, BURST, burst);
	}
	idle(ROUNDS);
}

static std::string number(uint64_t n)
{
	return std::to_string(n);
}

/* --- one bucket --------------------------------------------------------------------------------- */

static void test_fill(tap &t)
{
	unsigned wrong = 0;

	clear();
	for (unsigned rule : { 0u, 5u, METERS - 1 }) {
		use(rule, rule % 8);
		for (unsigned burst : { 0u, 1u, 64u, 1518u, LONGEST }) {
			fill(rule, burst);
			wrong += tokens(rule) != burst;
		}
		for (uint32_t burst : { 100000u, 0x800000u, MOST_BURST }) {
			fill(rule, burst);
			wrong += drain(rule) != burst;
		}
		/* Full again, from empty and from more */
		fill(rule, 9000);
		wrong += tokens(rule) != 9000;
		fill(rule, 200);
		wrong += tokens(rule) != 200;
	}
	t.check(wrong == 0, "a bucket is full once its burst is written", number(wrong) + " wrong");
}

static void test_bytes(tap &t)
{
	unsigned wrong = 0;

	clear();
	use(3, 3);
	fill(3, 1000);
	wrong += !passes(3, 400);
	wrong += tokens(3) != 600;
	wrong += !passes(3, 400);
	wrong += tokens(3) != 200;
	/* Over: it costs nothing, and a shorter one may pass. */
	for (unsigned i = 0; i < 5; i++)
		wrong += passes(3, 201 + i);
	wrong += tokens(3) != 200;
	wrong += !passes(3, 199);
	wrong += passes(3, 64);
	wrong += !passes(3, 1);
	wrong += passes(3, 1);
	t.check(wrong == 0,
		"frames pay for each byte until there are too few, one that is over nothing",
		number(wrong) + " wrong");

	wrong = 0;
	fill(3, 1000);
	for (unsigned i = 0; i < 5; i++)
		wrong += !passes(3, 600, false);
	wrong += tokens(3) != 1000;
	wrong += !passes(3, 600);
	for (unsigned i = 0; i < 5; i++)
		wrong += passes(3, 600, false);
	wrong += tokens(3) != 400;
	t.check(wrong == 0, "a frame that is dropped for another reason pays nothing",
		number(wrong) + " wrong");
}

static void test_packets(tap &t)
{
	unsigned wrong = 0;

	clear();
	use(2, 2, true);
	fill(2, 20);
	for (unsigned i = 0; i < 20; i++)
		wrong += !passes(2, i % 2 ? LONGEST : 1);
	for (unsigned i = 0; i < 5; i++)
		wrong += passes(2, 1);
	/* One a microsecond and a quarter */
	set(2, RATE, 0xcccd);
	for (unsigned i = 0; i < 10; i++) {
		pass_time(5);
		for (unsigned j = 0; j < 4; j++)
			wrong += !passes(2, 9000);
		wrong += passes(2, 64);
	}
	t.check(wrong == 0, "packets: a token for a frame, whatever its length",
		number(wrong) + " wrong");
}

static void test_rate(tap &t)
{
	rng r(2);
	std::string why;

	clear();
	use(1, 1);
	for (uint32_t rate :
	     { 1u, 0xffffu, 0x10000u, 0x14ccdu, 0x7d0000u, 0x1869ffffu, 0xffffffffu }) {
		uint64_t due = 0, got = 0, us = 0;
		fill(1, MOST_BURST);
		drain(1);
		set(1, RATE, rate);
		/* As much at a time as the bucket has room for */
		for (unsigned i = 0; i < 40; i++) {
			uint64_t room =
				std::min<uint64_t>(MOST_US, ((uint64_t)MOST_BURST << 16) / rate);
			unsigned step = 1 + r() % std::min<uint64_t>(room, i < 20 ? 100 : MOST_US);
			pass_time(step);
			us += step;
			due = us * rate;
			got += drain(1);
			if (got != due >> 16 && why.empty())
				why = "rate " + number(rate) + ": " + number(got) + " of " +
				      number(due >> 16);
		}
		/* The part of a token that is left has not been lost, nor does it count. */
		set(1, RATE, 0);
	}
	t.check(why.empty(), "a rate gives what is due, to the part of a token", why);

	/* Frames pay while it gets: burst + rate * time in all. */
	const unsigned N = 20000, FRAME = 1000;
	uint64_t sum = 0;
	fill(1, 5000);
	set(1, RATE, 0x27fff); /* some 2.5 bytes a microsecond */
	for (unsigned i = 0; i < N; i++) {
		m.microseconds++;
		if (passes(1, FRAME))
			sum += FRAME;
		idle(r() % 60);
	}
	idle(ROUNDS + 64 * (METERS + 6));
	uint64_t all = 5000 + (0x27fffull * N >> 16);
	t.check(sum <= all && sum + FRAME >= all && sum + tokens(1) == all,
		"what passes is the burst and the rate for the time",
		number(sum) + " and " + number(tokens(1)) + " left, of " + number(all));
}

static void test_limit(tap &t)
{
	unsigned wrong = 0;

	clear();
	use(4, 4);
	fill(4, 12000);
	set(4, RATE, 100 << 16);
	wrong += !passes(4, 2000);
	pass_time(19);
	wrong += tokens(4) != 11900;
	pass_time(1);
	wrong += tokens(4) != 12000;
	for (unsigned us : { 1u, 2u, 1000u, 60000u, MOST_US, 0x10000u, 0x1ffffffu }) {
		pass_time(us);
		wrong += tokens(4) != 12000;
	}
	wrong += drain(4) != 12000;
	pass_time(50000);
	wrong += drain(4) != 12000;
	/* And with the largest of all */
	fill(4, MOST_BURST);
	set(4, RATE, 0xffffffff);
	for (unsigned i = 0; i < 3; i++) {
		pass_time(MOST_US);
		wrong += drain(4) != MOST_BURST;
	}
	set(4, RATE, 0);
	/* A burst that is less than what the bucket holds */
	fill(4, 5000);
	set(4, RATE, 1 << 16);
	fill(4, 300);
	pass_time(100);
	wrong += tokens(4) != 300;
	t.check(wrong == 0, "never more than the burst", number(wrong) + " wrong");
}

static void test_jump(tap &t)
{
	unsigned wrong = 0;
	const uint32_t jumps[] = { 0,	   1,	    63,	     64,      65,      4095,	 4096,
				   0xffff, 0x10000, 0x3ffff, 0x40000, 0x40001, 0x123456, 0x500000 };

	clear();
	use(6, 6);
	fill(6, MOST_BURST);
	set(6, RATE, 3 << 16);
	drain(6);
	for (uint32_t us : jumps) {
		pass_time(us);
		wrong += drain(6) != std::min(3 * us, MOST_BURST);
		/* Nothing comes later. */
		pass_time(0);
		wrong += tokens(6) != 0;
		pass_time(7);
		wrong += drain(6) != 21;
	}
	t.check(wrong == 0, "a jump of the clock gives all that is due", number(wrong) + " wrong");

	wrong = 0;
	for (unsigned before : { 0u, 1u, 99u }) {
		pass_time(0xffffffff - m.microseconds - before);
		drain(6);
		pass_time(100);
		wrong += m.microseconds != 99 - before || drain(6) != 300;
	}
	t.check(wrong == 0, "the clock wraps", number(wrong) + " wrong");
}

/* --- many buckets ------------------------------------------------------------------------------- */

static void test_shared(tap &t)
{
	std::vector<unsigned> expect(METERS);
	unsigned wrong = 0;

	clear();
	for (unsigned i = 0; i < METERS; i++) {
		use(i, i % 8);
		set(i, BURST, expect[i] = 3000 + 10 * i);
	}
	idle(ROUNDS);
	/* Rules 1 and 6 of each function use its meter 4; the last function's count their own, too. */
	for (unsigned f = 0; f < FUNCTIONS; f++) {
		use(8 * f + 1, 4);
		use(8 * f + 6, 4);
	}
	for (unsigned f = 0; f < FUNCTIONS; f += 2) {
		unsigned base = 8 * f;
		wrong +=
			!passes(base + 1, 1000) || !passes(base + 6, 500) || !passes(base + 4, 250);
		expect[base + 4] -= 1750;
		for (unsigned rule : { 1, 4, 6 })
			wrong += tokens(base + rule) != expect[base + 4];
		wrong += passes(base + 1, expect[base + 4] + 1);
	}
	/* The meters as they are, each by its own rule */
	for (unsigned i = 0; i < METERS; i++)
		use(i, i % 8);
	for (unsigned i = 0; i < METERS; i++)
		wrong += tokens(i) != expect[i];
	/* One with a rate gets it, the others none. */
	set(3, RATE, 5 << 16);
	pass_time(8);
	expect[3] = std::min(expect[3] + 40, 3030u);
	wrong += !passes(3, 1000);
	pass_time(8);
	expect[3] += 40 - 1000;
	for (unsigned i = 0; i < METERS; i++)
		wrong += tokens(i) != expect[i];
	t.check(wrong == 0, "rules with the same meter share it, all others are untouched",
		number(wrong) + " wrong");

	wrong = 0;
	clear();
	for (unsigned i = 0; i < METERS; i++) {
		/* None, though index and packets say one */
		set(i, METER, (i % 8) << INDEX_SHIFT | (i & 8 ? PACKETS : 0));
		for (unsigned j = 0; j < 4; j++)
			wrong += !passes(i, LONGEST);
	}
	use(7, 2);
	fill(2, 500);
	/* The meter's own rule has none: its frames are free, and not paid by the others. */
	for (unsigned j = 0; j < 4; j++)
		wrong += !passes(2, LONGEST);
	wrong += tokens(7) != 500;
	t.check(wrong == 0, "a frame whose rule has no meter is never over",
		number(wrong) + " wrong");
}

/* --- frames in every clock ---------------------------------------------------------------------- */

/* A source that leaves out a clock once it has seen hold, `way` clocks late */
struct polite {
	unsigned way, seen = 0;

	bool stops()
	{
		seen = m.hold ? seen + 1 : 0;
		return seen > way;
	}
};

static void test_hold(tap &t)
{
	unsigned wrong = 0, first = 0;

	clear(10000);
	use(0, 0);
	use(1, 1);
	set(1, RATE, 50 << 16);
	wrong += !passes(1, 9000);
	/* Nothing to give: nobody waits, however long. */
	clock_with(false, 0, false, 0);
	for (unsigned i = 0; i < 10 * ROUNDS; i++) {
		clock_with(true, 1, false, 0);
		wrong += m.hold;
	}
	m.microseconds++;
	for (; first < 2 * ROUNDS && !m.hold; first++)
		clock_with(true, 1, false, 0);
	/* The round to meter 1, and then what a bucket waits at most */
	wrong += first < PATIENCE || first > METERS + 12 + PATIENCE;
	clock_with(true, 1, false, 1);
	for (unsigned i = 0; i < 100; i++) {
		wrong += !m.hold;
		/* It has not been given yet. */
		clock_with(true, 1001, false, 1, [&](bool over) { wrong += !over; });
	}
	clock_with(false, 0, false, 1);
	m.eval();
	wrong += m.hold;
	clock_with(true, 1050, false, 1, [&](bool over) { wrong += over; });
	clock_with(true, 1051, false, 1, [&](bool over) { wrong += !over; });
	idle(1);
	t.check(wrong == 0,
		"frames in every clock: hold comes, and one clock without a frame is enough",
		number(wrong) + " wrong, hold after " + number(first));

	/* Every bucket gets its rate, and has frames that take it at once; some microseconds are longer. */
	for (unsigned way = 0; way <= WAY; way += WAY) {
		const unsigned US = DATA_W == 1 ? 1500 : 300, CLOCKS = 256, LENGTH = 5,
			       BURST_BYTES = 16000;
		std::vector<uint64_t> sum(METERS);
		std::vector<uint32_t> rate(METERS);
		polite s{ way };
		unsigned longest = 0, together = 0, gaps = 0;

		clear(BURST_BYTES);
		for (unsigned i = 0; i < METERS; i++) {
			use(i, i % 8);
			drain(i);
			/* Less than the frames could take */
			set(i, RATE, rate[i] = (LENGTH << 16) * CLOCKS / METERS / 4 + i * 77);
		}
		wrong = 0;
		unsigned next = 0;
		clock_with(false, 0, false, next);
		for (unsigned i = 0; i < US * CLOCKS; i++) {
			m.microseconds += i % CLOCKS == 0;
			bool ask = !s.stops();
			unsigned rule = next;
			next = ask ? (next + 1) % METERS : next;
			clock_with(ask, LENGTH, true, next, [&sum, ask, rule](bool over) {
				sum[rule] += ask && !over ? LENGTH : 0;
			});
			together = m.hold ? together + 1 : 0;
			longest = std::max(longest, together);
			gaps += !ask;
		}
		idle(ROUNDS + 128 * (METERS + 6));
		for (unsigned i = 0; i < METERS; i++)
			wrong += sum[i] + tokens(i) != (uint64_t)rate[i] * US >> 16 || sum[i] == 0;
		t.check(wrong == 0 && longest == way + 1 && gaps > US,
			"frames in every clock, " + number(way) +
				" clocks from hold to the source: no rate is lost",
			number(wrong) + " of " + number(METERS) + " meters wrong, " + number(gaps) +
				" clocks left out, hold for " + number(longest));
	}
}

static void test_new_burst(tap &t)
{
	rng r(3);
	unsigned wrong = 0, over = 0;

	clear(8000);
	for (unsigned i = 0; i < METERS; i++)
		use(i, i % 8);
	for (unsigned i = 0; i < 300; i++) {
		unsigned meter = r() % METERS, other = (meter + 1 + r() % (METERS - 1)) % METERS;
		unsigned burst = 3000 + r() % 9000, paid = 0;
		/* Frames of this meter all the time: they pay from what was there, or from the new. */
		clock_with(false, 0, false, meter);
		write(meter, BURST, burst);
		for (unsigned j = 0; j < 3 * METERS; j++) {
			bool ask = j % 3 != 2;
			clock_with(ask, 10, true, meter,
				   [&paid, ask](bool over) { paid += ask && !over ? 10 : 0; });
		}
		idle(ROUNDS);
		unsigned left = tokens(meter);
		wrong += left > burst || left + paid < burst;
		wrong += left == burst && DATA_W == 1; /* Some came behind it. */
		unsigned before = tokens(other);
		wrong += passes(meter, 5000) != (left >= 5000);
		over += left < 5000;
		wrong += tokens(other) != before;
		/* Twice: the last one counts. */
		write(meter, BURST, 1000 + i);
		idle(1 + r() % 30);
		write(meter, BURST, 2000 + i);
		idle(ROUNDS);
		wrong += tokens(meter) != 2000 + i;
	}
	t.check(wrong == 0 && over > 20, "a new burst under traffic fills the bucket",
		number(wrong) + " wrong, " + number(over) + " over");
}

static void test_busy(tap &t)
{
	rng r(4);
	unsigned wrong = 0, longest = 0;

	clear();
	for (unsigned i = 0; i < METERS; i++)
		use(i, i % 8);
	wrong += m.busy;
	/* Without frames: `busy` has to be 1 from behind the write, and the bucket full behind it. */
	for (unsigned i = 0; i < 300; i++) {
		unsigned meter = r() % METERS, burst = 1 + r() % LONGEST, n = 0;
		idle(r() % 7);
		set(meter, BURST, burst);
		for (; m.busy && n < ROUNDS; n++)
			idle(1);
		wrong += n == 0 || n > METERS + 12 || tokens(meter) != burst;
		longest = std::max(longest, n);
	}
	t.check(wrong == 0, "busy from the write of a burst until the bucket is full",
		number(wrong) + " wrong, at most " + number(longest) + " clocks");

	/* Frames in every clock, and every bucket gets its rate: then a round is always under way. */
	polite s{ WAY };
	for (unsigned i = 0; i < METERS; i++)
		set(i, RATE, 1 << 16);
	idle(ROUNDS);
	wrong = 0, longest = 0;
	for (unsigned i = 0; i < 40; i++) {
		unsigned meter = r() % METERS, burst = 1000 + r() % 10000, n = 0;
		bool is_over = false;
		auto run = [&](unsigned length) {
			m.microseconds += n % 256 == 255;
			bool ask = !s.stops();
			clock_with(ask, length, false, meter,
				   [&is_over, ask](bool over) { is_over = over && ask; });
		};
		for (unsigned j = 0; j < 500; j++, n++) {
			run(1);
			wrong += m.busy;
		}
		write(meter, BURST, burst);
		run(1);
		for (n = 0; m.busy && n < 10000; n++)
			run(1);
		longest = std::max(longest, n);
		run(burst);
		run(burst + 1);
		wrong += n == 0 || is_over; /* the first */
		bool asked = !s.seen;
		run(1);
		wrong += asked && !is_over;
		idle(ROUNDS);
		wrong += tokens(meter) != burst;
	}
	t.check(wrong == 0 && longest < ROUNDS * (PATIENCE + WAY + 2),
		"busy tells of no gifts but those of a new burst, frames in every clock",
		number(wrong) + " wrong, at most " + number(longest) + " clocks");
}

/* --- random, against a model ---------------------------------------------------------------------- */

/*
 * A bucket gets a microsecond's tokens at some time between the microsecond and ROUNDS clocks without a frame.
 * It holds as much as one that gets all as late as may be and could still be given what is due; and at
 * least as much as one that gets all at once (and may be full then) without what may still be on its way.
 * In 1/65,536; both may be below 0 for a while, as the real one has been given at other times.
 */
struct bucket {
	int64_t early = 0, late = 0, due = 0, burst = 0;
	uint32_t rate = 0;
	std::deque<std::pair<uint64_t, int64_t>> gifts; /* until when, how much */
	/* A new burst has been written: when the bucket is full, what it may hold until then, what was paid since */
	bool filling = false;
	uint64_t full_at = 0;
	int64_t most = 0, paid = 0;

	void write_burst(int64_t tokens, uint64_t until)
	{
		most = std::max(filling ? most : burst, tokens << 16);
		burst = tokens << 16;
		filling = true, full_at = until, paid = 0;
	}
	void give(int64_t us, uint64_t until)
	{
		int64_t gift = (int64_t)rate * us;
		if (gift == 0)
			return;
		early = std::min(burst, early + gift);
		due += gift;
		gifts.push_back({ until, gift });
	}
	void settle(uint64_t now)
	{
		for (; !gifts.empty() && gifts.front().first <= now; gifts.pop_front()) {
			late = std::min(burst, late + gifts.front().second);
			due -= gifts.front().second;
		}
		if (filling && full_at <= now) {
			filling = false;
			early = burst - paid, late = burst;
		}
	}
	void pay(int64_t price) { early -= price, late -= price, paid += price; }
	int64_t lo() const { return filling ? 0 : std::max<int64_t>(0, early - due); }
	int64_t hi() const { return filling ? most : std::min(burst, late + due); }
};

struct rule {
	bool metered, packets;
	unsigned meter;
};

struct random_test {
	rng &r;
	std::vector<bucket> buckets;
	std::vector<rule> rules, known; /* as written, and as the frames find them, a clock later */
	int written = -1;
	uint64_t idles = 0; /* clocks without a frame */
	uint64_t given = 128 * (METERS + 6); /* when all that was due is, also from before */
	uint64_t passed = 0, over = 0, free = 0, undecided = 0, wrong = 0;
	std::string why;

	explicit random_test(rng &random) : r(random), buckets(METERS), rules(METERS), known(METERS)
	{
	}

	void quiet(unsigned n = ROUNDS)
	{
		idle(n);
		idles += n;
		for (bucket &b : buckets)
			b.settle(idles);
	}
	void time(uint32_t us)
	{
		m.microseconds += us;
		given = std::max(given, idles + ROUNDS) + rounds(us) * (METERS + 6);
		for (bucket &b : buckets)
			b.give(us, given);
	}
	void new_rule(unsigned n)
	{
		rules[n] = { !chance(r, 10), chance(r, 25), n / 8 * 8 + (unsigned)(r() % 8) };
		write(n, METER,
		      (uint32_t)r() << 7 | (rules[n].meter % 8) << INDEX_SHIFT |
			      (rules[n].packets ? PACKETS : 0) | (rules[n].metered ? METERED : 0));
	}
	void new_burst(unsigned n)
	{
		uint32_t burst = (uint32_t)(r() & MOST_BURST) >> r() % 16;
		write(n, BURST, burst | (uint32_t)r() << 24);
		buckets[n].write_burst(burst, idles + ROUNDS);
	}
	/* All anew: the model knows the tokens of each then. */
	void start()
	{
		quiet(std::max(given, idles + ROUNDS) - idles);
		for (unsigned i = 0; i < METERS; i++) {
			new_rule(i);
			quiet(1);
			buckets[i].rate = chance(r, 10) ? 0 : (uint32_t)r() >> (4 + r() % 20);
			write(i, RATE, buckets[i].rate);
			quiet(1);
			new_burst(i);
			quiet(1);
		}
		quiet();
		known = rules;
	}
	void fail(const std::string &text)
	{
		if (wrong++ == 0)
			why = text + " in clock " + number(clocks);
	}
	/* A frame has asked, and got an answer. */
	void judge(const rule &u, unsigned length, bool pay, bool is_over)
	{
		bucket &b = buckets[u.meter];
		int64_t price = (int64_t)(u.packets ? 1 : length) << 16;
		if (!u.metered) {
			free++;
			if (is_over)
				fail("over without a meter");
			return;
		}
		if (is_over && price <= b.lo())
			fail("over, though there are tokens");
		else if (!is_over && price > b.hi())
			fail("passes without tokens");
		else if (price > b.lo() && price <= b.hi())
			undecided++;
		else
			(is_over ? over : passed)++;
		if (pay && !is_over)
			b.pay(price);
	}
	/* moves: the clock does while frames come, and the host writes. */
	void segment(unsigned frames, bool moves)
	{
		unsigned asks[] = { 100, 90, 50, 15 }, pays = chance(r, 50) ? 100 : 70;
		unsigned ask_percent = asks[r() % 4], tick = 20 + r() % 500, scale = r() % 8;
		unsigned few = chance(r, 50) ? 1 + r() % 4 : METERS, base = r() % METERS;
		polite s{ (unsigned)(r() % (WAY + 1)) };
		bool have = false;
		rule now = {};

		uint64_t last = clocks + 1000ull * frames;
		for (unsigned sent = 0; sent < frames;) {
			if (clocks > last) {
				fail("frames may not come");
				return;
			}
			bool stop = s.stops(), ask = have && !stop && chance(r, ask_percent);
			unsigned length = 1 + r() % (LONGEST >> scale);
			bool pay = chance(r, pays);
			unsigned next = (base + r() % few) % METERS;
			bool take = (ask || !have) && !chance(r, 3);
			rule chosen = known[next];

			if (written >= 0)
				known[written] = rules[written];
			written = -1;

			if (moves && r() % tick == 0)
				time(chance(r, 90) ? 1 : r() % 20);
			if (moves && r() % 2000 == 0)
				new_burst(r() % METERS);
			else if (moves && r() % 200 == 0)
				new_rule(written = r() % METERS);
			clock_with(ask, length, pay, take ? next : -1, [=, this](bool over) {
				if (ask)
					judge(now, length, pay, over);
			});
			sent += ask;
			idles += !ask;
			if (take)
				now = chosen, have = true;
			else if (ask)
				have = false;
			if (!ask)
				for (bucket &b : buckets)
					b.settle(idles);
			/* A jump, or a step that no frame sees but done */
			if (r() % (moves ? 3000 : 150) == 0) {
				quiet();
				time(r() % (chance(r, 20) ? 1u << 20 : chance(r, 50) ? 3 : 1000));
				quiet(std::max(given, idles + 1) - idles);
				have = false;
			}
		}
		quiet(1);
	}
};

static void test_random(tap &t)
{
	rng r(5);

	for (bool moves : { false, true }) {
		random_test test(r);
		for (unsigned i = 0; i < 60 && test.wrong == 0; i++) {
			test.start();
			test.segment(2000, moves);
		}
		std::string numbers = number(test.wrong) + " wrong, the first " + test.why + "; " +
				      number(test.passed) + " passed, " + number(test.over) +
				      " over, " + number(test.free) + " without a meter, " +
				      number(test.undecided) + " either way";
		/* When no frame sees a gift on its way, what the bucket holds is known. */
		t.check(test.wrong == 0 && test.passed > 20000 && test.over > 20000 &&
				test.free > 2000 && test.undecided <= (moves ? 15000 : 0),
			std::string("120000 random frames, ") +
				(moves ? "the clock moves and the host writes meanwhile" :
					 "the clock moves between"),
			numbers);
		if (getenv("SEKISHO_VERBOSE"))
			printf("# %s\n", numbers.c_str());
	}
}

static void test_reset(tap &t)
{
	unsigned wrong = 0;

	clear();
	use(5, 5);
	fill(5, 5000);
	set(5, RATE, 1 << 16);
	/* A burst that the reset does not let in, and microseconds that it takes */
	set(5, BURST, 300);
	m.rst = 1;
	m.microseconds += 50;
	idle(4);
	m.rst = 0;
	wrong += m.busy;
	idle(ROUNDS);
	wrong += tokens(5) != 5000;
	/* More than the burst: it gets nothing. */
	pass_time(10);
	wrong += tokens(5) != 5000;
	wrong += !passes(5, 4750);
	pass_time(10);
	wrong += tokens(5) != 260;
	pass_time(100);
	wrong += tokens(5) != 300;
	t.check(wrong == 0, "a reset leaves the buckets as they are, and starts the clock anew",
		number(wrong) + " wrong");
}

int main()
{
	tap t;

	m.rst = 1, m.write_valid = 0, m.ask = 0, m.rule_valid = 0, m.microseconds = 0xfffff000;
	idle(4);
	m.rst = 0;
	test_fill(t);
	test_bytes(t);
	test_packets(t);
	test_rate(t);
	test_limit(t);
	test_jump(t);
	test_shared(t);
	test_hold(t);
	test_new_burst(t);
	test_busy(t);
	test_reset(t);
	test_random(t);
	t.check(hold_wrong == 0, "no hold behind a clock without a frame",
		number(hold_wrong) + " clocks");
	return t.finish();
}
