/* SPDX-License-Identifier: BSD-3-Clause */

/* rx_dma against a model of descriptor_fetch: each decision is checked against what was known then. */

#include <map>
#include <set>

#include <array>

#include "Vrx_dma.h"
#include "axis.h"

static constexpr unsigned BYTES = DATA_W / 8, DMA_BYTES = DATA_W == 64 ? 16 : BYTES;
static constexpr unsigned Q = 8, QPF = 4, META_BYTES = 35;
enum { COMPLETED, NO_DESCRIPTOR, TOO_SMALL, DMA_ERROR, DISABLED, RESULTS };

/* Fields of the metadata word, and where they are in the completion. */
struct field {
	unsigned meta, width, completion;
};
static const field fields[] = {
	{ 64, 3, 16 },	  { 67, 3, 19 },   { 70, 2, 22 },   { 176, 4, 24 },  { 173, 2, 28 },
	{ 214, 2, 30 },	  { 180, 32, 32 }, { 216, 16, 64 }, { 72, 16, 80 },  { 88, 8, 96 },
	{ 96, 8, 104 },	  { 104, 9, 112 }, { 212, 2, 121 }, { 30, 32, 128 }, { 239, 1, 123 },
	{ 240, 32, 160 }, { 272, 1, 124 },
};

struct descriptor {
	uint64_t address;
	unsigned length, index;
	bool flushed = false;
};

struct frame_info {
	axis::frame frame;
	unsigned queue, function, length;
	bool bad;
	unsigned offset = 0; /* bytes in pieces */
};

struct piece {
	size_t frame;
	uint64_t address;
	unsigned offset, length;
	bool more;
};

struct bench {
	axis::rng r;
	Vrx_dma m;
	uint8_t dummy_user = 0;
	axis::source<decltype(m.s_axis_tdata), decltype(m.s_axis_tkeep), decltype(m.s_axis_tuser)>
		source;
	std::vector<frame_info> frames;
	std::deque<piece> given;
	uint64_t stop_clock = 0; /* of the queue of the frame that is being cut */
	uint64_t pieces = 0, truncated = 0, cut_disabled = 0, no_second = 0;
	unsigned scatter = 0, tiny_percent = 0;
	bool dead = false; /* descriptors are announced and never come */
	size_t decided = 0, written = 0, offset = 0;
	std::deque<descriptor> fetched[Q], popped[Q];
	std::deque<uint64_t> coming[Q];
	unsigned index[Q] = {}, off_clocks[Q] = {};
	uint8_t running = 0xff;
	std::deque<uint8_t> running_history, none_history, none_second_history;
	uint64_t clocks = 0, events[RESULTS] = {}, done_sent = 0, done_seen = 0, first = 0,
		 last = 0, next_address = 1;
	std::string error;
	bool entry_was = false;
	unsigned answer_in = 0; /* clocks until a pop is answered */
	uint64_t last_off[Q] = {}, last_decision = 0;
	descriptor answer;
	bool answer_ok = false;
	unsigned stall = 0, disable_percent = 0, small_percent = 0, supply = 10000,
		 done_percent = 0;
	bool endless = false, last_pop = false;
	unsigned quiet = 0, quiet_clocks[Q] = {}; /* queues that are off and were idle */

	bench(uint64_t seed)
		: r(seed), source(m.s_axis_tdata, m.s_axis_tkeep, m.s_axis_tlast, m.s_axis_tvalid,
				  m.s_axis_tready, m.s_axis_tuser, BYTES)
	{
		m.rst = 1, m.queue_running = 0, m.available = 0, m.pending = 0, m.pop_ok = 0;
		m.done_event_valid = 0, m.entry_ready = 0, m.m_frame_tready = 0;
		for (int i = 0; i < 4; i++)
			m.clk = 0, m.eval(), m.clk = 1, m.eval();
		m.rst = 0;
	}
	void fail(const std::string &why)
	{
		if (error.empty())
			error = why + " (clock " + std::to_string(clocks) + ", frame " +
				std::to_string(decided) + ")";
	}
	void add(unsigned length, int queue, bool bad)
	{
		frame_info f;
		f.function = queue >= 0 ? queue / QPF : r() % 2;
		unsigned q = queue >= 0 ? queue % QPF : r() % QPF;
		f.bad = bad;
		f.queue = f.function * QPF + q;
		f.length = length;
		f.frame.data.resize(length);
		for (auto &b : f.frame.data)
			b = (uint8_t)r();
		f.frame.user.resize(META_BYTES);
		for (auto &b : f.frame.user)
			b = (uint8_t)r();
		axis::set_field(f.frame.user, 4, 4, f.function);
		axis::set_field(f.frame.user, 8, 8, bad ? q + QPF * (1 + r() % 63) : q);
		axis::set_field(f.frame.user, 16, 14, length);
		source.queue.push_back(f.frame);
		frames.push_back(f);
	}
	descriptor make(unsigned q)
	{
		descriptor d;
		d.address = (r() << 24) + next_address++;
		d.length = axis::chance(r, small_percent) ? 64 + r() % 400 : 10000 + r() % 6384;
		if (axis::chance(r, tiny_percent))
			d.length = r() % 64;
		d.index = index[q]++ & 0xffff;
		return d;
	}
	void take(unsigned q, frame_info &f)
	{
		axis::bytes words(24);
		axis::get(m.entry_words, words.data(), 24);
		for (auto &x : fields)
			if (axis::field(words, x.completion, x.width) !=
			    axis::field(f.frame.user, x.meta, x.width))
				fail("a completion's field differs, bit " +
				     std::to_string(x.completion));
		while (!popped[q].empty() && popped[q].front().index != m.entry_index) {
			if (!popped[q].front().flushed)
				fail("a descriptor is skipped");
			popped[q].pop_front();
		}
		if (popped[q].empty())
			return fail("a descriptor that was never popped");
		descriptor d = popped[q].front();
		popped[q].pop_front();
		unsigned left = f.length - f.offset, length = left;
		bool cut = left > d.length;
		if (cut) {
			length = d.length & ~63u;
			if (!(scatter >> f.function & 1) || !length)
				fail("the buffer is too small");
			if (m.entry_more == m.entry_truncated)
				fail("a piece neither goes on nor ends");
			/* Behind a stop the model has forgotten what there was. */
			bool second = !popped[q].empty() && popped[q].front().length >= 64;
			bool stopped = false, none = false;
			for (auto h : running_history)
				stopped |= !(h >> q & 1);
			for (auto h : none_second_history)
				none |= h >> q & 1;
			if (m.entry_more && !second && !stopped)
				fail("a piece goes on without a second descriptor");
			if (m.entry_truncated && (!none || !f.offset))
				fail("truncated, but there is a second descriptor, or it is the "
				     "first piece");
			truncated += m.entry_truncated;
		} else if (m.entry_more || m.entry_truncated) {
			fail("the last piece goes on or is truncated");
		}
		if (axis::field(words, 0, 14) != length)
			fail("wrong length");
		if (m.entry_first != !f.offset || m.entry_bytes != f.length)
			fail("wrong place in the frame, or whole length");
		if (f.offset && stop_clock && clocks > stop_clock + 6)
			fail("a piece although the queue has stopped within the frame");
		pieces += cut;
		given.push_back({ decided, d.address, f.offset, length, m.entry_more != 0 });
		if (!f.offset)
			stop_clock = 0;
		f.offset += length;
	}
	using entry_fields = std::array<uint32_t, 12>;
	entry_fields entry_shown = {};
	entry_fields entry() const
	{
		entry_fields e = { m.entry_queue,     m.entry_first, m.entry_more,
				   m.entry_truncated, m.entry_bytes, m.entry_index };
		for (unsigned i = 0; i < 6; i++)
			e[6 + i] = m.entry_words[i];
		return e;
	}
	/* An entry, or the event of a drop. */
	void decide(int result)
	{
		if (decided >= frames.size())
			return fail("more decisions than frames");
		frame_info &f = frames[decided];
		unsigned q = f.queue;
		bool ran = false, stopped = f.bad, none = false, second_none = false;
		for (auto h : running_history)
			ran |= h >> q & 1, stopped |= !(h >> q & 1);
		/* A stop counts from when the frame before has been decided. */
		stopped |= last_off[q] && last_off[q] + 4 >= last_decision;
		last_decision = clocks;
		for (auto h : none_history)
			none |= h >> q & 1;
		for (auto h : none_second_history)
			second_none |= h >> q & 1;
		if (f.bad)
			ran = false;
		if (result == COMPLETED) {
			if (m.entry_queue != q)
				fail("wrong queue");
			if (!ran)
				fail("a frame for a queue that is not running");
			take(q, f);
			if (m.entry_more)
				return;
		} else {
			bool cuts = scatter >> f.function & 1;
			if (m.rx_queue_event_index >> 3 != q || m.rx_queue_event_bytes != f.length)
				fail("wrong event");
			events[result]++;
			while (!popped[q].empty() && popped[q].front().flushed && ran)
				popped[q].pop_front();
			const descriptor *d = popped[q].empty() ? nullptr : &popped[q].front();
			bool cut_whole = cuts && d && d->length < f.length && d->length >= 64;
			if (f.offset && (result != DISABLED || !stop_clock))
				fail("a frame is dropped behind its first piece");
			cut_disabled += f.offset != 0;
			if (result == DISABLED && !stopped && !f.offset)
				fail("QUEUE_DISABLED, but the queue runs");
			if (result == NO_DESCRIPTOR && !dead &&
			    !(ran && (none || (second_none && (cut_whole || stopped)))))
				fail("NO_DESCRIPTOR, but there is one");
			no_second += result == NO_DESCRIPTOR && cut_whole;
			if (result == TOO_SMALL &&
			    (!ran || (!stopped && (!d || d->length >= f.length || cut_whole))))
				fail("BUFFER_TOO_SMALL, but it fits");
		}
		if (++decided == frames.size() / 4)
			first = clocks;
		last = clocks;
	}
	/* queue_idle and busy never tell too early that nothing is inside, and tell it at last. */
	void check_idle()
	{
		uint64_t dropped = events[NO_DESCRIPTOR] + events[TOO_SMALL] + events[DISABLED];
		if (source.frames_sent + (source.offset != 0) > written + dropped && !m.busy)
			fail("a frame is inside, but not busy");
		for (unsigned q = 0; q < Q; q++) {
			bool entry = m.entry_valid && m.entry_queue == q;
			if (running >> q & 1) {
				quiet &= ~(1 << q), quiet_clocks[q] = 0;
				continue;
			}
			quiet_clocks[q] = entry ? 0 : quiet_clocks[q] + 1;
			if (entry && (quiet >> q & 1))
				fail("a descriptor is used after the queue was idle");
			quiet |= m.queue_idle & 1 << q;
			if (quiet_clocks[q] > 8 && !(m.queue_idle >> q & 1))
				fail("the queue does not become idle");
		}
	}
	void clock()
	{
		/* The model of descriptor_fetch, and queues that stop and start. */
		uint8_t available = 0, pending = 0, none = 0;
		for (unsigned q = 0; q < Q; q++) {
			if (off_clocks[q]) {
				if (!--off_clocks[q])
					running |= 1 << q;
			} else if (disable_percent && r() % 10000 < disable_percent) {
				running &= ~(1 << q);
				off_clocks[q] = 6 + r() % 60;
				fetched[q].clear(), coming[q].clear();
				for (auto &d : popped[q])
					d.flushed = true;
			}
			if (running >> q & 1) {
				if (dead) {
					if (coming[q].empty())
						coming[q].push_back(~0ull);
				} else if (endless) {
					while (fetched[q].size() < 8)
						fetched[q].push_back(make(q));
				} else if (fetched[q].size() + coming[q].size() < 16 &&
					   r() % 10000 < supply) {
					coming[q].push_back(clocks + 20 + r() % 40);
				}
				while (!coming[q].empty() && coming[q].front() <= clocks) {
					coming[q].pop_front();
					fetched[q].push_back(make(q));
				}
			}
			available |= !fetched[q].empty() << q;
			pending |= !coming[q].empty() << q;
			none |= (fetched[q].empty() && coming[q].empty()) << q;
		}
		if (decided < frames.size() && frames[decided].offset && !stop_clock &&
		    !(running >> frames[decided].queue & 1))
			stop_clock = clocks;
		m.scatter = scatter;
		m.queue_running = running, m.available = available, m.pending = pending;
		if (answer_in && !--answer_in) {
			m.pop_ok = answer_ok;
			m.pop_address = answer.address, m.pop_length = answer.length,
			m.pop_index = answer.index;
		}
		m.entry_ready = !axis::chance(r, stall);
		m.m_frame_tready = !axis::chance(r, stall);
		m.done_event_valid = axis::chance(r, done_percent);
		m.done_event_index = (r() % Q) << 3 | (r() % 2 ? COMPLETED : DMA_ERROR);
		m.done_event_bytes = r() & 0x3fff;
		source.drive(r);
		m.clk = 0;
		m.eval();
		check_idle();
		source.sample();
		if (m.done_event_valid)
			done_sent++;
		if (m.pop_valid) {
			unsigned q = m.pop_queue;
			if (last_pop)
				fail("two pops in consecutive clocks");
			answer_in = 2;
			answer_ok = !fetched[q].empty();
			if (answer_ok) {
				answer = fetched[q].front();
				fetched[q].pop_front();
				popped[q].push_back(answer);
				/* Popped in the clock in which the queue stops: lost with the others. */
				if (!(running >> q & 1))
					popped[q].back().flushed = true;
			} else if (running >> q & 1) {
				fail("a pop of nothing");
			}
		}
		last_pop = m.pop_valid;
		/* What was known in the last clocks: a decision shows 2 clocks behind the state it used. */
		running_history.push_back(running);
		for (unsigned q = 0; q < Q; q++)
			if (!(running >> q & 1))
				last_off[q] = clocks;
		if (running_history.size() > 6)
			running_history.pop_front();
		entry_fields e = entry();
		if (m.entry_valid && !entry_was)
			decide(COMPLETED);
		else if (m.entry_valid && e != entry_shown)
			fail("an entry changes while it waits");
		entry_shown = e;
		entry_was = m.entry_valid && !m.entry_ready;
		if (m.rx_queue_event_valid) {
			unsigned result = m.rx_queue_event_index & 7;
			if (result == COMPLETED || result == DMA_ERROR)
				done_seen++;
			else
				decide(result);
		}
		uint8_t none_second = 0;
		for (unsigned q = 0; q < Q; q++) {
			unsigned n = 0;
			bool small = false;
			for (auto &d : popped[q])
				if (!d.flushed)
					small |= ++n == 2 && d.length < 64;
			none_second |= (small || (n < 2 && (none >> q & 1))) << q;
			none &= ~((n != 0) << q);
		}
		none_second_history.push_back(none_second);
		if (none_second_history.size() > 6)
			none_second_history.pop_front();
		none_history.push_back(none);
		if (none_history.size() > 6)
			none_history.pop_front();
		if (m.m_frame_tvalid && m.m_frame_tready) {
			if (given.empty()) {
				fail("a beat of no frame");
			} else {
				const piece &g = given.front();
				axis::bytes beat(DMA_BYTES);
				axis::get(m.m_frame_tdata, beat.data(), DMA_BYTES);
				if (!offset && (m.m_frame_address != g.address ||
						m.m_frame_length != g.length ||
						m.m_frame_function != frames[g.frame].function))
					fail("wrong address, length or function");
				size_t n = std::min<size_t>(DMA_BYTES, g.length - offset);
				if (memcmp(beat.data(),
					   frames[g.frame].frame.data.data() + g.offset + offset,
					   n))
					fail("data differs");
				offset += n;
				if ((offset == g.length) != !!m.m_frame_tlast)
					fail("last beat");
				if (m.m_frame_tlast) {
					offset = 0, written += !g.more;
					given.pop_front();
				}
			}
		}
		m.clk = 1;
		m.eval();
		clocks++;
	}
	bool run(uint64_t limit)
	{
		while ((decided < frames.size() || !given.empty()) && clocks < limit)
			clock();
		bool done = decided == frames.size() && given.empty();
		done_percent = 0, disable_percent = 0;
		/* The rest of a dropped frame may still be coming. */
		for (int i = 0; i < 20 || (m.busy && i < 4000); i++)
			clock();
		return done;
	}
};

static void random_test(axis::tap &t, const char *name, unsigned seed, unsigned stall,
			unsigned disable, unsigned small, unsigned supply, bool bad, unsigned done,
			unsigned scatter = 0, unsigned tiny = 0)
{
	bench b(seed);
	b.stall = stall, b.source.stall_percent = stall / 2;
	b.disable_percent = disable, b.small_percent = small, b.supply = supply,
	b.done_percent = done;
	b.scatter = scatter, b.tiny_percent = tiny;
	for (unsigned i = 0; i < 8000; i++)
		b.add(i % 50 ? 60 + b.r() % 500 : 60 + b.r() % 9600, b.r() % 4 ? -1 : 3,
		      bad && b.r() % 20 == 0);
	bool all = b.run(3000000);
	std::string n = name;
	printf("# %s: %lu pieces, %lu truncated, %lu stopped within, %lu for want of a second, %lu "
	       "%lu %lu dropped\n",
	       name, (unsigned long)b.pieces, (unsigned long)b.truncated,
	       (unsigned long)b.cut_disabled, (unsigned long)b.no_second,
	       (unsigned long)b.events[NO_DESCRIPTOR], (unsigned long)b.events[TOO_SMALL],
	       (unsigned long)b.events[DISABLED]);
	uint64_t drops = b.events[NO_DESCRIPTOR] + b.events[TOO_SMALL] + b.events[DISABLED];
	t.check(all, n + ": every frame is decided and leaves", std::to_string(b.decided));
	t.check(b.error.empty(), n + ": each decision, descriptor, field and byte", b.error);
	t.check(b.written + drops == b.frames.size(), n + ": in = written + drops by reason");
	t.check(b.done_seen == b.done_sent, n + ": the events of finished frames are passed on");
	t.check((!disable && !bad) == !b.events[DISABLED] &&
			(!small || (scatter == 3 && !tiny)) == !b.events[TOO_SMALL] &&
			(supply == 10000) == !b.events[NO_DESCRIPTOR],
		n + ": the drops of this case occur",
		std::to_string(b.events[NO_DESCRIPTOR]) + " " +
			std::to_string(b.events[TOO_SMALL]) + " " +
			std::to_string(b.events[DISABLED]));
	t.check(!b.m.busy, n + ": not busy at the end");
	if (scatter)
		t.check(b.pieces > 500 &&
				(supply == 10000 || (b.truncated > 20 && b.no_second > 20)) &&
				(!disable || b.cut_disabled > 20),
			n + ": pieces, and ends of every kind, occur");
}

/* Descriptors that are announced and do not come: each queue holds up the others once. */
static void late_test(axis::tap &t)
{
	bench b(21);
	b.dead = true;
	for (unsigned i = 0; i < 400; i++)
		b.add(60 + b.r() % 100, i % 2 ? 1 : 6, false);
	bool all = b.run(100000);
	t.check(all && b.events[NO_DESCRIPTOR] == 400 && b.error.empty(),
		"frames without a descriptor in time are dropped", b.error);
	t.check(b.last > 2000 && b.last < 2200 + 400 * 30,
		"a queue holds up the others for 1000 clocks, and once",
		std::to_string(b.last) + " clocks");
	/* With the first descriptor the queue is as before. */
	b.dead = false;
	b.supply = 0;
	for (unsigned q = 0; q < Q; q++)
		b.coming[q].clear(), b.fetched[q].push_back(b.make(q));
	for (int i = 0; i < 40; i++)
		b.clock();
	uint64_t before = b.clocks;
	for (unsigned q = 0; q < Q; q++)
		b.coming[q].push_back(before + 500);
	for (unsigned i = 0; i < 2; i++)
		b.add(100, 6, false);
	all = b.run(b.clocks + 3000);
	t.check(all && b.events[NO_DESCRIPTOR] == 400 && b.error.empty() && b.last - before > 400,
		"and waits again once a descriptor has come", b.error);
}

/* A descriptor that comes about when its queue has been waited for in vain serves a frame, or the next. */
static void race_test(axis::tap &t)
{
	uint64_t dropped = 0, written = 0;
	std::string error;
	bool all = true;
	for (unsigned when = 980; when < 1030; when++) {
		bench b(22);
		b.dead = true;
		for (unsigned i = 0; i < 2; i++)
			b.add(100, 6, false);
		while (b.clocks < when)
			b.clock();
		for (unsigned i = 0; i < 2; i++)
			b.fetched[6].push_back(b.make(6));
		all = b.run(when + 3000) && all;
		all &= b.written + b.events[NO_DESCRIPTOR] == 2;
		dropped += b.events[NO_DESCRIPTOR], written += b.written;
		if (error.empty())
			error = b.error;
	}
	t.check(all && error.empty() && dropped > 10 && written > 10,
		"a descriptor that comes just then", error);
}

static void rate_test(axis::tap &t, unsigned length, int queue, double most)
{
	bench b(9);
	b.endless = true;
	for (unsigned i = 0; i < 1000; i++)
		b.add(length, queue, false);
	bool all = b.run(1000000);
	double rate = (b.last - b.first) / (b.frames.size() * 0.75);
	char name[120];
	printf("# %u bits, %u bytes, %s: %.2f clocks a frame\n", DATA_W, length,
	       queue < 0 ? "all queues" : "one queue", rate);
	snprintf(name, sizeof(name), "%u-byte frames, %s: at most %.2f clocks a frame", length,
		 queue < 0 ? "all queues" : "one queue", most);
	t.check(all && rate <= most && b.error.empty(), name, b.error);
}

int main()
{
	axis::tap t;
	/* Descriptors in 10000 clocks a queue, below what the frames need. */
	const unsigned supply = DATA_W == 64 ? 15 : DATA_W == 128 ? 30 : 80;
	random_test(t, "plain", 1, 0, 0, 0, 10000, false, 0);
	random_test(t, "stalls and events", 2, 40, 0, 0, 10000, false, 40);
	random_test(t, "small buffers, foreign queues", 3, 10, 0, 40, 10000, true, 10);
	random_test(t, "starved", 4, 10, 0, 0, supply, false, 10);
	random_test(t, "queues that stop", 5, 20, 40, 20, supply, true, 20);
	random_test(t, "queues that stop, entries that wait", 11, 70, 80, 0, 2000, false, 20);
	random_test(t, "scatter", 6, 0, 0, 60, 10000, false, 0, 3);
	random_test(t, "scatter, stalls and events", 7, 40, 0, 90, 10000, true, 20, 3);
	random_test(t, "scatter, one function, starved", 8, 10, 0, 60, 2 * supply, false, 10, 1);
	random_test(t, "scatter, starved", 9, 10, 0, 90, 2 * supply, false, 10, 3);
	random_test(t, "scatter, queues that stop, tiny buffers", 10, 20, 60, 80, 6 * supply, true,
		    20, 3, 1);
	late_test(t);
	race_test(t);
	double beats = (60 + BYTES - 1) / BYTES;
	double small = beats < 2 ? 2 : beats;
	rate_test(t, 60, 0, small * 1.01);
	rate_test(t, 60, -1, small * 1.01);
	rate_test(t, 1514, 5, (1514 + BYTES - 1) / BYTES * 1.01);
	return t.finish();
}
