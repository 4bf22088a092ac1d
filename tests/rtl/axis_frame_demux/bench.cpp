/* SPDX-License-Identifier: BSD-3-Clause */
/* Every frame leaves by the output that its first beat names, whole and in order. */

#include "Vaxis_frame_demux.h"
#include "axis.h"

int main()
{
	const unsigned width = DATA_W / 8, outputs = 2, frames = 20000;
	auto *top = new Vaxis_frame_demux;
	axis::rng rng(1);
	axis::tap tap;
	axis::source<decltype(top->s_axis_tdata), decltype(top->s_axis_tkeep),
		     decltype(top->s_axis_tuser)>
		in(top->s_axis_tdata, top->s_axis_tkeep, top->s_axis_tlast, top->s_axis_tvalid,
		   top->s_axis_tready, top->s_axis_tuser, width);
	in.stall_percent = 30;
	/* The outputs share all but valid and ready: one sink each on copies of these. */
	uint8_t valid[outputs] = {}, ready[outputs] = {};
	typedef axis::sink<decltype(top->m_axis_tdata), decltype(top->m_axis_tkeep),
			   decltype(top->m_axis_tuser)>
		sink;
	std::vector<sink> out;
	for (unsigned o = 0; o < outputs; o++) {
		out.emplace_back(top->m_axis_tdata, top->m_axis_tkeep, top->m_axis_tlast, valid[o],
				 ready[o], top->m_axis_tuser, width);
		out[o].stall_percent = 40;
	}
	std::deque<axis::bytes> expected[outputs];
	for (unsigned i = 0; i < frames; i++) {
		axis::frame f;
		f.data.resize(1 + rng() % 300);
		for (auto &b : f.data)
			b = (uint8_t)rng();
		f.user.assign(34, 0);
		/* Numbers beyond the outputs go to output 0. */
		unsigned select = rng() % 4;
		f.user[0] = (uint8_t)(select | (rng() & 0xf0));
		expected[select < outputs ? select : 0].push_back(f.data);
		in.queue.push_back(f);
	}
	top->rst = 1;
	/* Two beats may be inside when the last one has been taken. */
	unsigned rest = 0;
	for (uint64_t clock = 0; clock < 3000000 && rest < 50; clock++) {
		rest = clock > 4 && in.idle() ? rest + 1 : 0;
		if (clock == 2)
			top->rst = 0;
		if (clock > 2)
			in.drive(rng);
		for (unsigned o = 0; o < outputs; o++)
			out[o].drive(rng);
		top->m_axis_tready = ready[0] | ready[1] << 1;
		top->clk = 0;
		top->eval();
		for (unsigned o = 0; o < outputs; o++) {
			valid[o] = top->m_axis_tvalid >> o & 1;
			out[o].sample();
		}
		in.sample();
		top->clk = 1;
		top->eval();
	}
	unsigned right = 0;
	for (unsigned o = 0; o < outputs; o++) {
		for (size_t i = 0; i < out[o].queue.size() && i < expected[o].size(); i++)
			right += out[o].queue[i].data == expected[o][i];
		tap.check(out[o].error.empty(),
			  "output " + std::to_string(o) + " keeps the stream's rules",
			  out[o].error);
	}
	tap.check(right == frames, "every frame leaves whole, in order, by its output",
		  std::to_string(right));
	delete top;
	return tap.finish();
}
