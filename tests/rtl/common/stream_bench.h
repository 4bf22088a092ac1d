/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef SEKISHO_TESTS_RTL_STREAM_BENCH_H
#define SEKISHO_TESTS_RTL_STREAM_BENCH_H

/*
 * The bench of a module with one stream in and one out that changes nothing: random frames through
 * it under every mix of stalls, full rate, emptiness afterwards.
 */

#include "axis.h"

#include <memory>

namespace axis {

static const unsigned WIDTH = DATA_W / 8;

inline bytes random_bytes(rng &r, size_t n)
{
	bytes b(n);
	for (auto &x : b)
		x = (uint8_t)r();
	return b;
}

template <typename M> struct dut {
	M m;
	uint64_t cycles = 0;

	dut()
	{
		m.clk = 0;
		m.rst = 1;
	}
	/* drive() before, sample() between the two. */
	void settle()
	{
		m.clk = 0;
		m.eval();
	}
	void edge()
	{
		m.clk = 1;
		m.eval();
		cycles++;
	}
	void reset(unsigned clocks = 4)
	{
		m.rst = 1;
		for (unsigned i = 0; i < clocks; i++) {
			settle();
			edge();
		}
		m.rst = 0;
	}
};

/* user_bytes: meaningful bytes of tuser. depth: most beats the module may hold. */
template <typename M> int pass_through_bench(const char *name, unsigned user_bits, unsigned latency)
{
	tap t;
	rng r(1);
	const unsigned stalls[][2] = { { 0, 0 },   { 50, 0 },  { 0, 50 }, { 30, 30 },
				       { 80, 20 }, { 20, 80 }, { 0, 95 } };

	for (auto &s : stalls) {
		auto d = std::make_unique<dut<M>>();
		M &m = d->m;
		source<decltype(m.s_axis_tdata), decltype(m.s_axis_tkeep), decltype(m.s_axis_tuser)>
			in(m.s_axis_tdata, m.s_axis_tkeep, m.s_axis_tlast, m.s_axis_tvalid,
			   m.s_axis_tready, m.s_axis_tuser, WIDTH);
		sink<decltype(m.m_axis_tdata), decltype(m.m_axis_tkeep), decltype(m.m_axis_tuser)>
			out(m.m_axis_tdata, m.m_axis_tkeep, m.m_axis_tlast, m.m_axis_tvalid,
			    m.m_axis_tready, m.m_axis_tuser, WIDTH);
		std::deque<frame> expect;
		uint64_t beats = 0;

		in.stall_percent = s[0];
		out.stall_percent = s[1];
		d->reset();
		for (unsigned i = 0; i < 2000; i++) {
			frame f;
			f.data = random_bytes(r, 1 + r() % (6 * WIDTH));
			f.user = random_bytes(r, (user_bits + 7) / 8);
			if (user_bits % 8)
				f.user.back() &= (1u << (user_bits % 8)) - 1;
			beats += (f.data.size() + WIDTH - 1) / WIDTH;
			in.queue.push_back(f);
			expect.push_back(f);
		}
		uint64_t limit = d->cycles + beats * 60 + 1000, begin = d->cycles;
		while (out.queue.size() < expect.size() && d->cycles < limit) {
			in.drive(r);
			out.drive(r);
			d->settle();
			in.sample();
			out.sample();
			d->edge();
		}
		uint64_t took = d->cycles - begin;
		bool same = out.queue.size() == expect.size();
		for (size_t i = 0; same && i < expect.size(); i++) {
			bytes user = out.queue[i].user;
			user.resize(expect[i].user.size());
			same = out.queue[i].data == expect[i].data && user == expect[i].user;
		}
		std::string mix = std::string(name) + ", " + std::to_string(DATA_W) +
				  " bits, input stalls " + std::to_string(s[0]) + "%, output " +
				  std::to_string(s[1]) + "%";
		t.check(same && out.error.empty(), mix + ": frames leave as they came",
			out.error.empty() ? std::to_string(out.queue.size()) + " frames of " +
						    std::to_string(expect.size()) :
					    out.error);
		if (s[0] == 0 && s[1] == 0)
			t.check(took <= beats + latency, mix + ": full rate",
				std::to_string(took) + " clocks for " + std::to_string(beats) +
					" beats");
		d->settle();
		t.check(!m.busy && !m.m_axis_tvalid, mix + ": empty at the end");
	}
	return t.finish();
}

} // namespace axis

#endif
