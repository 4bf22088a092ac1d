/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * frame_buffer: committed frames leave whole and in order, discarded ones leave no trace, with a
 * writer that uses all that room allows; latency, rate and room as the header promises.
 */
#include "Vframe_buffer.h"
#include "stream_bench.h"

using namespace axis;

static const unsigned USER_BYTES = 35; /* 280 bits */
static const unsigned DEPTH = 2048 / WIDTH; /* RAM_BYTES of rtl.mk */
/* Beats of the shortest frame, and its bytes */
static const unsigned BEATS = WIDTH < 64 ? 2 : 1, SHORTEST = (BEATS - 1) * WIDTH + 1;

struct bench : dut<Vframe_buffer> {
	rng r;
	sink<decltype(m.m_axis_tdata), decltype(m.m_axis_tkeep), decltype(m.m_axis_tuser)> out;
	frame writing; /* being written, if not empty */
	size_t offset = 0;
	uint64_t committed = 0, discarded = 0, written = 0, full = 0;
	unsigned in_stall = 0, discard = 0, grace = 0;
	unsigned smallest = SHORTEST, largest = 6 * WIDTH;
	std::deque<frame> expect;

	explicit bench(uint64_t seed)
		: r(seed), out(m.m_axis_tdata, m.m_axis_tkeep, m.m_axis_tlast, m.m_axis_tvalid,
			       m.m_axis_tready, m.m_axis_tuser, WIDTH)
	{
		m.write_valid = m.write_commit = m.write_discard = 0;
		reset();
		for (int i = 0; i < 2; i++)
			step(false);
	}
	/* A clock. write: the writer may act; forget: what it has begun is given up. */
	void step(bool write, bool forget = false)
	{
		m.write_valid = m.write_commit = m.write_discard = 0;
		out.drive(r);
		settle(); /* room is a register's */
		grace = m.room ? 4 : grace ? grace - 1 : 0;
		if (write && !chance(r, in_stall))
			drive();
		if (forget)
			drop();
		settle();
		out.sample();
		edge();
	}
	void drive()
	{
		if (!grace) {
			/* Without room: wait, or give the frame up; forced to where it cannot fit. */
			full++;
			if (!writing.data.empty() && (chance(r, discard) || !m.busy))
				drop();
			return;
		}
		if (writing.data.empty()) {
			writing.data = random_bytes(r, smallest + r() % (largest - smallest + 1));
			writing.user = random_bytes(r, USER_BYTES);
			offset = 0;
		}
		size_t n = std::min<size_t>(WIDTH, writing.data.size() - offset);
		bytes beat = random_bytes(r, WIDTH);
		memcpy(beat.data(), &writing.data[offset], n);
		put(m.write_data, beat.data(), WIDTH);
		/* User word and length count with the commit only. */
		bytes user = random_bytes(r, USER_BYTES);
		m.write_length = r() & 0x3fff;
		m.write_valid = 1;
		written++;
		offset += n;
		if (chance(r, discard / 4)) {
			drop();
		} else if (offset == writing.data.size()) {
			if (chance(r, discard)) {
				drop();
			} else {
				m.write_commit = 1;
				m.write_length = writing.data.size();
				user = writing.user;
				expect.push_back(writing);
				committed++;
				writing = frame();
			}
		}
		put(m.write_user, user.data(), user.size());
	}
	void drop()
	{
		m.write_discard = 1;
		writing = frame();
		discarded++;
	}
	/* What has been committed and nothing else has come out, in order. */
	bool same()
	{
		bool ok = out.error.empty() && out.queue.size() == expect.size();
		for (size_t i = 0; ok && i < expect.size(); i++) {
			bytes user = out.queue[i].user;
			user.resize(USER_BYTES);
			ok = out.queue[i].data == expect[i].data && user == expect[i].user;
		}
		return ok;
	}
	bool drain()
	{
		for (unsigned i = 0; i < 200 * DEPTH && out.queue.size() < expect.size(); i++)
			step(false);
		for (unsigned i = 0; i < 20; i++)
			step(false);
		return same() && !m.busy && m.room;
	}
	std::string state()
	{
		return out.error + " " + std::to_string(out.queue.size()) + " frames of " +
		       std::to_string(expect.size());
	}
};

int main()
{
	tap t;
	const unsigned cases[][4] = {
		/* writer's stalls, output's, discards, largest in beats */
		{ 0, 0, 0, 6 },	 { 0, 50, 10, 6 },	  { 50, 0, 10, 6 },	  { 30, 30, 30, 2 },
		{ 0, 80, 5, 1 }, { 0, 80, 0, DEPTH / 3 }, { 0, 50, 2, DEPTH * 2 }
	};
	std::string w = std::to_string(DATA_W) + " bits: ";

	for (auto &c : cases) {
		bench b(c[0] + c[1] + c[3]);
		b.in_stall = c[0];
		b.out.stall_percent = c[1];
		b.discard = c[2];
		b.largest = std::max(c[3], BEATS) * WIDTH;
		for (unsigned i = 0; i < 12000; i++)
			b.step(true);
		b.step(false, true);
		bool finished = b.drain();
		t.check(finished && b.committed > 10 && (!c[2] || b.discarded > 20) &&
				(c[1] < 50 || b.full > 100),
			w + "writer stalls " + std::to_string(c[0]) + "%, output " +
				std::to_string(c[1]) + "%, discards " + std::to_string(c[2]) +
				"%, frames to " + std::to_string(c[3]) +
				" beats: " + "what is committed leaves, whole and in order",
			b.state());
	}
	for (unsigned beats : { BEATS, 3u }) { /* rate */
		bench b(beats);
		b.smallest = (beats - 1) * WIDTH + 1;
		b.largest = beats * WIDTH;
		uint64_t begin = b.cycles;
		for (unsigned i = 0; i < 3000; i++)
			b.step(true);
		t.check(b.written >= 3000 && b.out.queue.size() >= (b.cycles - begin - 7) / beats &&
				b.drain(),
			w + "full rate with frames of " + std::to_string(beats) + " beats",
			b.state());
	}
	{ /* latency */
		bench b(20);
		b.smallest = b.largest = BEATS * WIDTH;
		for (unsigned i = 0; i < BEATS; i++)
			b.step(true);
		unsigned clocks = 0;
		for (; !b.m.m_axis_tvalid && clocks < 20; clocks++)
			b.step(false);
		t.check(b.drain() && clocks == 2, w + "three clocks from commit to output",
			std::to_string(clocks + 1));
	}
	{ /* room: all but five beats when drained, wherever the pointers stand */
		bench b(21);
		bool ok = true;
		for (unsigned i = 0; i < 40; i++) {
			b.smallest = b.largest = (DEPTH - 5) * WIDTH;
			uint64_t before = b.committed;
			for (unsigned k = 0; k < DEPTH - 5; k++)
				b.step(true);
			ok = ok && b.committed == before + 1 && b.drain();
			b.smallest = b.largest = BEATS * WIDTH; /* another place */
			for (unsigned k = 0; k < BEATS; k++)
				b.step(true);
			ok = ok && b.drain();
		}
		t.check(ok, w + "a drained buffer has room for all but five beats", b.state());
	}
	return t.finish();
}
