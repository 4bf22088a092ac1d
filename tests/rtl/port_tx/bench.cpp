/* SPDX-License-Identifier: BSD-3-Clause */
/* Bench of port_tx: every byte, no gap within a frame, disable at any time, too long frames. */

#include "Vport_tx.h"
#include "axis.h"

using namespace axis;

static const unsigned BEAT = DATA_W / 8;
enum { SENT, DISABLED, TOO_LONG };

struct bench {
	Vport_tx m;
	rng r;
	uint8_t in_user = 0, out_user = 0;
	source<decltype(m.s_axis_tdata), decltype(m.s_axis_tkeep), uint8_t> in;
	sink<decltype(m.m_axis_tdata), decltype(m.m_axis_tkeep), uint8_t> out;
	uint64_t clocks = 0, packets[8] = {}, octets[8] = {}, sent_bytes = 0;
	std::deque<bytes> offered; /* all, in order */
	std::string error;
	bool in_frame = false, gap = false;
	uint64_t last_clock = 0;

	explicit bench(uint64_t seed)
		: r(seed), in(m.s_axis_tdata, m.s_axis_tkeep, m.s_axis_tlast, m.s_axis_tvalid,
			      m.s_axis_tready, in_user, BEAT),
		  out(m.m_axis_tdata, m.m_axis_tkeep, m.m_axis_tlast, m.m_axis_tvalid,
		      m.m_axis_tready, out_user, BEAT)
	{
		m.rst = 1;
		m.enable = 1;
		for (int i = 0; i < 4; i++)
			clock();
		m.rst = 0;
	}
	void clock()
	{
		m.clk = 0;
		if (!m.rst)
			in.drive(r);
		out.drive(r);
		m.eval();
		if (!m.rst) {
			in.sample();
			if (in_frame && !m.m_axis_tvalid)
				gap = true;
			if (m.m_axis_tvalid && m.m_axis_tready)
				in_frame = !m.m_axis_tlast;
			size_t before = out.queue.size();
			out.sample();
			if (out.queue.size() != before)
				last_clock = clocks;
			if (m.event_valid) {
				packets[m.event_result]++;
				octets[m.event_result] += m.event_bytes;
			}
		}
		m.clk = 1;
		m.eval();
		clocks++;
	}
	void add(unsigned length)
	{
		frame f;
		f.data.resize(length);
		for (auto &b : f.data)
			b = (uint8_t)r();
		/* A number, to know a frame again. */
		uint32_t n = (uint32_t)offered.size();
		memcpy(&f.data[0], &n, 4);
		in.queue.push_back(f);
		offered.push_back(f.data);
	}
	/* The frames that came are offered ones, whole and in order. Returns how many. */
	uint64_t check()
	{
		uint64_t count = 0;
		int64_t previous = -1;
		for (auto &f : out.queue) {
			uint32_t n = ~0u;
			if (f.data.size() >= 4)
				memcpy(&n, &f.data[0], 4);
			if (n >= offered.size() || (int64_t)n <= previous || f.data != offered[n]) {
				error = "frame " + std::to_string(count) +
					" is not one that was offered";
				break;
			}
			previous = n;
			sent_bytes += f.data.size();
			count++;
		}
		if (error.empty())
			error = out.error;
		if (gap && error.empty())
			error = "a gap within a frame";
		if (packets[SENT] != count || octets[SENT] != sent_bytes)
			error = "events of frames sent";
		return count;
	}
	bool drain(unsigned limit)
	{
		while (limit-- && (!in.idle() || m.busy))
			clock();
		for (int i = 0; i < 10; i++)
			clock();
		return in.idle() && !m.busy;
	}
};

int main(int argc, char **argv)
{
	Verilated::commandArgs(argc, argv);
	tap t;

	for (unsigned stall : { 0u, 30u, 80u }) {
		bench b(1 + stall);
		b.in.stall_percent = stall / 2;
		b.out.stall_percent = stall;
		for (unsigned k = 0; k < 1500; k++)
			b.add(b.r() % 10 ? 60 + (unsigned)(b.r() % 200) :
					   60 + (unsigned)(b.r() % 9669));
		bool ok = b.drain(4000000);
		uint64_t n = b.check();
		t.check(ok && b.error.empty() && n == 1500,
			"every byte, no gap, stalls " + std::to_string(stall), b.error);
	}
	{
		bench b(2);
		for (unsigned length = 60; length < 60 + 3 * BEAT; length++)
			b.add(length);
		bool ok = b.drain(100000);
		t.check(ok && b.check() == 3 * BEAT && b.error.empty(),
			"every length of the last beat", b.error);
	}
	{ /* enable falls and rises at any time */
		bench b(3);
		b.in.stall_percent = 10;
		b.out.stall_percent = 40;
		uint64_t all = 0;
		for (unsigned k = 0; k < 4000; k++) {
			unsigned length = 60 + (unsigned)(b.r() % 500);
			b.add(length);
			all += length;
		}
		while (!b.in.idle()) {
			if (b.r() % 100 == 0)
				b.m.enable = !b.m.enable;
			b.clock();
		}
		bool ok = b.drain(100000);
		uint64_t n = b.check();
		t.check(ok && b.error.empty() && n > 500 && b.packets[DISABLED] > 500 &&
				n + b.packets[DISABLED] == 4000 &&
				b.octets[SENT] + b.octets[DISABLED] == all &&
				b.packets[TOO_LONG] == 0,
			"disable at any time: whole frames only, each one counted", b.error);
	}
	{ /* disabled: the input never stalls although the MAC takes nothing */
		bench b(4);
		b.out.stall_percent = 100;
		for (unsigned k = 0; k < 400; k++)
			b.add(1000);
		for (unsigned k = 0; k < 30000; k++)
			b.clock();
		bool stalled = !b.in.idle();
		b.m.enable = 0;
		for (unsigned k = 0; k < 80000; k++)
			b.clock();
		bool drained = b.in.idle();
		b.out.stall_percent = 0;
		bool ok = b.drain(100000);
		uint64_t n = b.check();
		t.check(stalled && drained && ok && b.error.empty() &&
				n + b.packets[DISABLED] == 400 && n > 5,
			"a full FIFO stalls, a disabled port does not", b.error);
		b.m.enable = 1;
		for (unsigned k = 0; k < 3; k++)
			b.clock();
		b.add(77);
		ok = b.drain(1000);
		t.check(ok && b.out.queue.back().data == b.offered.back(),
			"enabled again, it sends");
	}
	{ /* frames longer than the FIFO */
		bench b(5);
		for (unsigned k = 0; k < 30; k++) {
			b.add(k % 3 == 1 ? 16384 + (unsigned)(b.r() % 20000) :
					   60 + (unsigned)(b.r() % 1500));
			if (k % 3 == 1)
				b.add(60);
		}
		bool ok = b.drain(200000);
		uint64_t n = b.check();
		t.check(ok && b.error.empty() && n == 30 && b.packets[TOO_LONG] == 10,
			"a frame longer than the FIFO is dropped and counted, nothing hangs",
			b.error);
	}
	for (unsigned length : { 60u, 1514u }) {
		bench b(6);
		unsigned beats = (length + BEAT - 1) / BEAT;
		for (unsigned k = 0; k < 300; k++)
			b.add(length);
		uint64_t start = b.clocks;
		b.drain(200000);
		double per = (double)(b.last_clock - start - beats) / 300;
		printf("# %u bits, %u bytes: %.2f clocks a frame\n", DATA_W, length, per);
		t.check(per <= beats + 0.1 && b.check() == 300,
			"rate at " + std::to_string(length) + " bytes", b.error);
	}
	return t.finish();
}
