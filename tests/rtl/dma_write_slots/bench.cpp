/* SPDX-License-Identifier: BSD-3-Clause */

/*
 * dma_write_slots: frames are retired in order, each once, and only when counted and answered.
 * SLOTS is DATA_W of the build.
 */

#include "Vdma_write_slots.h"
#include "axis.h"

using namespace axis;

static const unsigned SLOTS = DATA_W;

struct mix {
	const char *name;
	unsigned take, count, response, done; /* percent of the clocks */
	unsigned bursts, errors;
	unsigned reset; /* in the middle, of 10000 clocks */
};

struct bench {
	struct frame {
		unsigned slot, bursts, answers;
		bool counted, error;
		bool complete() const { return counted && answers == bursts; }
	};
	Vdma_write_slots m;
	rng r{ 1 };
	std::deque<frame> frames; /* taken, not yet given as done */
	uint64_t clocks = 0, taken = 0, retired = 0, errors = 0;
	unsigned next_slot = 0, since_reset = 0, late = 0, most = 0;
	bool room = false;
	std::deque<bool> done_rooms; /* of the clocks before, newest first */
	std::string error;

	void fail(const std::string &why)
	{
		if (error.empty())
			error = why + " (clock " + std::to_string(clocks) + ")";
	}
	void reset()
	{
		m.rst = 1, m.take = 0, m.count_valid = 0, m.response_valid = 0, m.done_room = 0;
		m.clk = 0, m.eval(), m.clk = 1, m.eval();
		m.rst = 0;
		frames.clear();
		next_slot = since_reset = late = 0;
		room = false;
		done_rooms.assign(4, false);
	}
	void clock(const mix &c)
	{
		/* Inputs of a clock concern the frames of the clocks before. */
		frame *count = nullptr, *answer = nullptr;
		for (auto &f : frames) {
			if (!f.counted) {
				count = &f;
				break;
			}
		}
		if (!chance(r, c.count))
			count = nullptr;
		size_t start = frames.empty() ? 0 : r() % frames.size();
		for (size_t i = 0; i < frames.size() && !answer; i++) {
			frame &f = frames[(start + i) % frames.size()];
			if (f.answers < f.bursts)
				answer = &f;
		}
		if (!chance(r, c.response))
			answer = nullptr;
		bool refused = answer && chance(r, c.errors);
		m.take = 0;
		m.count_valid = !!count;
		m.count_slot = count ? count->slot : r() & 63;
		m.count_bursts = count ? count->bursts : r() & 127;
		m.response_valid = !!answer;
		m.response_slot = answer ? answer->slot : r() & 63;
		m.response_error = answer ? refused : r() & 1;
		m.done_room = chance(r, c.done);
		m.clk = 0;
		m.eval();
		bool take = room && chance(r, c.take);
		m.take = take;
		m.eval();
		room = m.room;
		if (m.done_valid && !done_rooms[1])
			fail("done without room");
		if (!m.busy && !frames.empty())
			fail("not busy with a frame inside");
		if (since_reset < 64 && (m.room || !m.busy))
			fail("a slot in the sweep");
		if (m.done_valid) {
			if (frames.empty() || !frames.front().complete())
				fail("a frame is done that is not complete");
			else if (frames.front().error != m.done_error)
				fail("wrong error");
			late = 0;
		} else if (!frames.empty() && frames.front().complete() && done_rooms[1] &&
			   done_rooms[2] && done_rooms[3] && ++late > 5) {
			fail("a complete frame is not done");
		}
		done_rooms.push_front(m.done_room);
		done_rooms.pop_back();
		if (take && m.take_slot != next_slot)
			fail("slots out of order");
		for (size_t i = 0; take && i < frames.size(); i++)
			if (frames[i].slot == m.take_slot && (i || !m.done_valid))
				fail("a slot is given twice");
		if (frames.size() > SLOTS + 1)
			fail("more frames than slots");
		if (count)
			count->counted = true;
		if (answer)
			answer->answers++, answer->error |= refused;
		if (m.done_valid && !frames.empty()) {
			errors += frames.front().error;
			frames.pop_front();
			retired++;
		}
		if (take) {
			frames.push_back(
				{ next_slot, 1 + (unsigned)(r() % c.bursts), 0, false, false });
			next_slot = (next_slot + 1) % SLOTS;
			taken++;
		}
		if (frames.size() > most)
			most = frames.size();
		m.clk = 1;
		m.eval();
		clocks++, since_reset++;
		if (c.reset && r() % 10000 < c.reset)
			reset();
	}
};

int main()
{
	Verilated::randReset(2);
	static const mix mixes[] = {
		{ "full rate", 100, 100, 100, 100, 1, 0, 0 },
		{ "one burst", 60, 60, 70, 70, 1, 10, 0 },
		{ "many bursts", 50, 30, 100, 50, 65, 2, 0 },
		{ "answers are late", 90, 90, 40, 90, 2, 10, 0 },
		{ "done is held back", 90, 90, 90, 10, 2, 10, 0 },
		{ "counts are late", 90, 10, 90, 90, 4, 10, 0 },
		{ "resets between", 70, 50, 70, 50, 5, 20, 20 },
	};
	tap t;
	for (auto &c : mixes) {
		bench b;
		std::string n = c.name;
		b.reset();
		/* The sweep takes 64 clocks, the first frame some more. */
		for (unsigned i = 0; i < 100; i++)
			b.clock(c);
		uint64_t before = b.retired;
		for (unsigned i = 0; i < 30000; i++)
			b.clock(c);
		/* 16 slots are enough to keep a frame a clock on its way. */
		if (n == "full rate")
			t.check(b.retired - before == 30000, n + ": a frame is retired a clock",
				std::to_string(b.retired));
		mix drain = c;
		drain.take = 0, drain.reset = 0, drain.count = drain.response = drain.done = 90;
		for (unsigned i = 0; i < 20000 && !b.frames.empty(); i++)
			b.clock(drain);
		for (unsigned i = 0; i < 70; i++)
			b.clock(drain);
		t.check(b.error.empty(), n + ": in order, each once, when it is complete", b.error);
		t.check(b.frames.empty() && !b.m.busy && !b.m.done_valid, n + ": empty at the end");
		t.check(b.retired > 200 && (!c.errors || b.errors > 20), n + ": frames pass",
			std::to_string(b.retired) + " frames, " + std::to_string(b.errors) +
				" with errors");
		if (n == "answers are late")
			t.check(b.most >= SLOTS, n + ": every slot is used",
				std::to_string(b.most));
	}
	return t.finish();
}
