/* SPDX-License-Identifier: BSD-3-Clause */

/* dma_write_align: the bytes that the bursts write are those of the frames, and no others. */

#include "Vdma_write_align.h"
#include "axis.h"

using namespace axis;

static const unsigned B = DATA_W / 8, SLOTS = 62;

struct mix {
	const char *name;
	unsigned gap, room; /* percent of the clocks */
	unsigned most, wrong; /* bytes; percent of the frames with more or fewer than length */
};

struct bench {
	struct written {
		bytes data; /* what the stream brings, may differ from length */
		uint64_t address;
		unsigned length, function, slot, bursts;
	};
	Vdma_write_align m;
	rng r{ 7 };
	written in; /* on its way in */
	std::deque<written> wait; /* accepted first beat, no slot yet */
	std::deque<written> out, counts;
	size_t offset = 0;
	bool offered = false, active = false, closed = false;
	std::vector<bytes> beats, strobes;
	uint64_t clocks = 0, frames = 0, ideal = 0, place = 0;
	unsigned behind = 0, slot = 0;
	std::string error;

	void fail(const std::string &why)
	{
		if (error.empty())
			error = why + " (clock " + std::to_string(clocks) + ")";
	}
	void reset()
	{
		m.rst = 1, m.s_frame_tvalid = 0, m.room = 0;
		for (int i = 0; i < 3; i++)
			m.clk = 0, m.eval(), m.clk = 1, m.eval();
		m.rst = 0;
	}
	void begin(const mix &c)
	{
		in.length = 1 + r() % c.most;
		in.address = r();
		if (chance(r, 20)) /* over the end of 4 KiB, and of 4 GiB */
			in.address =
				(in.address | (chance(r, 50) ? 0xffffffff : 0xfff)) - r() % c.most;
		if (chance(r, 20))
			in.address &= ~(uint64_t)255;
		in.address &= ~(1ull << 63); /* no wrap to 0 */
		in.function = r() % 16;
		in.data.resize(chance(r, c.wrong) ? 1 + r() % (2 * c.most) : in.length);
		for (auto &x : in.data)
			x = r();
		in.bursts = ((in.address + in.length - 1) >> 8) - (in.address >> 8) + 1;
		uint64_t need = (in.address + in.length - 1) / B - in.address / B + 1;
		uint64_t came = (in.data.size() + B - 1) / B;
		ideal += need > came ? need : came;
		offset = 0, active = true;
	}
	void burst()
	{
		if (out.empty()) {
			fail("a burst without frame");
			return;
		}
		written &f = out.front();
		uint64_t base = (uint64_t)m.burst_block * 256 + m.burst_first * B;
		if (m.burst_length + 1u != beats.size() || m.burst_first + beats.size() > 256 / B)
			fail("wrong length of a burst");
		if (m.burst_slot != f.slot || m.burst_function != f.function)
			fail("wrong slot or function");
		for (size_t k = 0; k < beats.size(); k++) {
			for (unsigned i = 0; i < B; i++) {
				if (!(strobes[k][i / 8] >> (i % 8) & 1))
					continue;
				if (base + k * B + i != f.address + place || place == f.length)
					fail("a byte is at a wrong place");
				else if (place < f.data.size() && beats[k][i] != f.data[place])
					fail("a byte is wrong");
				place++;
			}
		}
		beats.clear(), strobes.clear();
		if (--f.bursts == 0) {
			if (place != f.length)
				fail("bytes are missing");
			out.pop_front();
			place = 0;
			frames++;
		}
	}
	void clock(const mix &c, bool more)
	{
		if (!offered && (more || active) && !chance(r, c.gap)) {
			if (!active)
				begin(c);
			offered = true;
			bytes beat(B);
			for (unsigned i = 0; i < B; i++)
				beat[i] = offset + i < in.data.size() ? in.data[offset + i] : r();
			put(m.s_frame_tdata, beat.data(), B);
			m.s_frame_tlast = offset + B >= in.data.size();
			m.s_frame_address = offset ? r() : in.address;
			m.s_frame_length = offset ? r() & 0x3fff : in.length;
			m.s_frame_function = offset ? r() & 15 : in.function;
		}
		m.s_frame_tvalid = offered;
		m.room = chance(r, c.room);
		m.slot = slot;
		m.clk = 0;
		m.eval();
		if (m.slot_take && !m.room)
			fail("a slot is taken that is not there");
		if (m.slot_take) {
			if (wait.empty()) {
				fail("a slot without frame");
			} else {
				wait.front().slot = slot;
				out.push_back(wait.front());
				counts.push_back(wait.front());
				wait.pop_front();
			}
			slot = (slot + 1) % SLOTS;
		}
		if (m.count_valid) {
			if (counts.empty() || m.count_slot != counts.front().slot ||
			    m.count_bursts != counts.front().bursts)
				fail("wrong number of bursts");
			else
				counts.pop_front();
		}
		behind = m.room ? 0 : behind + m.beat_valid;
		if (behind > 2)
			fail("more than 2 beats without room");
		if (m.beat_valid) {
			beats.emplace_back(B), strobes.emplace_back(B / 8);
			get(m.beat_data, beats.back().data(), B);
			get(m.beat_strobe, strobes.back().data(), B / 8);
		}
		if (m.burst_valid)
			burst();
		if (!m.busy && (active || !wait.empty() || !out.empty()) && (!active || offset))
			fail("not busy with a frame inside");
		if (offered && m.s_frame_tready) {
			if (offset == 0)
				wait.push_back(in);
			offset += B;
			offered = false;
			active = offset < in.data.size();
		}
		m.clk = 1;
		m.eval();
		clocks++;
	}
};

int main()
{
	Verilated::randReset(2);
	static const mix mixes[] = {
		{ "full rate", 0, 100, 300, 0 },    { "no stalls, any length", 0, 100, 4 * B, 30 },
		{ "gaps", 60, 100, 300, 5 },	    { "no room", 10, 40, 300, 5 },
		{ "little room", 10, 20, 50, 5 },   { "all stalls", 30, 60, 100, 20 },
		{ "long frames", 5, 95, 16383, 5 },
	};
	tap t;
	for (auto &c : mixes) {
		bench b;
		std::string n = c.name;
		b.reset();
		for (unsigned i = 0; i < 40000; i++)
			b.clock(c, true);
		uint64_t ideal = b.ideal;
		mix drain = { "", 0, 100, c.most, c.wrong };
		for (unsigned i = 0; i < 5000; i++)
			b.clock(drain, false);
		t.check(b.error.empty(), n + ": each byte once, where it belongs", b.error);
		t.check(b.out.empty() && b.wait.empty() && b.counts.empty() && b.beats.empty() &&
				!b.m.busy,
			n + ": empty at the end");
		t.check(b.frames > (c.most > 4096 ? 10 : 1000), n + ": frames pass",
			std::to_string(b.frames));
		if (!c.gap && !c.wrong)
			t.check(ideal + 50 > 40000, n + ": an output beat a clock",
				std::to_string(ideal) + " beats in 40000 clocks");
	}
	return t.finish();
}
