/* SPDX-License-Identifier: BSD-3-Clause */
/* axis_frame_mux: frames stay whole and in their input's order, inputs are served fairly. */
#include "Vaxis_frame_mux.h"
#include "stream_bench.h"

using namespace axis;

static const unsigned INPUTS = 2;
static const unsigned USER_BYTES = 35; /* 280 bits */

int main()
{
	tap t;
	rng r(2);
	const unsigned stalls[][3] = { { 0, 0, 0 },    { 50, 0, 0 },   { 0, 0, 50 },
				       { 30, 60, 30 }, { 90, 10, 70 }, { 100, 0, 0 } };

	for (auto &s : stalls) {
		auto d = std::make_unique<dut<Vaxis_frame_mux>>();
		Vaxis_frame_mux &m = d->m;
		/* Each input by itself, packed into the module's vectors each clock. */
		VlWide<16> data[INPUTS];
		uint64_t keep[INPUTS];
		uint8_t last[INPUTS], valid[INPUTS], ready[INPUTS];
		VlWide<9> user[INPUTS];
		typedef source<VlWide<16>, uint64_t, VlWide<9>> src;
		std::vector<std::unique_ptr<src>> in;
		sink<decltype(m.m_axis_tdata), decltype(m.m_axis_tkeep), decltype(m.m_axis_tuser)>
			out(m.m_axis_tdata, m.m_axis_tkeep, m.m_axis_tlast, m.m_axis_tvalid,
			    m.m_axis_tready, m.m_axis_tuser, WIDTH);
		std::deque<frame> expect[INPUTS];
		uint64_t beats = 0;
		const unsigned frames = 1500;

		for (unsigned i = 0; i < INPUTS; i++) {
			in.push_back(std::make_unique<src>(data[i], keep[i], last[i], valid[i],
							   ready[i], user[i], WIDTH));
			in[i]->stall_percent = s[i];
			for (unsigned j = 0; j < frames; j++) {
				frame f;
				f.data = random_bytes(r, 2 + r() % (4 * WIDTH));
				f.data[0] = (uint8_t)i;
				f.user = random_bytes(r, USER_BYTES);
				if (s[i] < 100) {
					beats += (f.data.size() + WIDTH - 1) / WIDTH;
					expect[i].push_back(f);
					in[i]->queue.push_back(f);
				}
			}
		}
		out.stall_percent = s[2];
		d->reset();
		size_t total = expect[0].size() + expect[1].size();
		uint64_t begin = d->cycles, limit = begin + beats * 60 + 1000;
		while (out.queue.size() < total && d->cycles < limit) {
			bytes all_data(INPUTS * WIDTH), all_keep((INPUTS * WIDTH + 7) / 8),
				all_user(INPUTS * USER_BYTES);
			uint8_t lasts = 0, valids = 0;
			for (unsigned i = 0; i < INPUTS; i++) {
				in[i]->drive(r);
				memcpy(&all_data[i * WIDTH], data[i].m_storage, WIDTH);
				memcpy(&all_keep[i * WIDTH / 8], &keep[i], WIDTH / 8);
				memcpy(&all_user[i * USER_BYTES], user[i].m_storage, USER_BYTES);
				lasts |= last[i] << i;
				valids |= valid[i] << i;
			}
			put(m.s_axis_tdata, all_data.data(), all_data.size());
			put(m.s_axis_tkeep, all_keep.data(), all_keep.size());
			put(m.s_axis_tuser, all_user.data(), all_user.size());
			m.s_axis_tlast = lasts;
			m.s_axis_tvalid = valids;
			out.drive(r);
			d->settle();
			for (unsigned i = 0; i < INPUTS; i++) {
				ready[i] = m.s_axis_tready >> i & 1;
				in[i]->sample();
			}
			out.sample();
			d->edge();
		}
		uint64_t took = d->cycles - begin;

		bool same = out.queue.size() == total;
		long lead = 0, worst = 0;
		std::deque<frame> left[INPUTS] = { expect[0], expect[1] };
		for (auto &f : out.queue) {
			unsigned i = f.data[0];
			if (i >= INPUTS || left[i].empty()) {
				same = false;
				break;
			}
			bytes u = f.user;
			u.resize(USER_BYTES);
			same = same && left[i].front().data == f.data && left[i].front().user == u;
			left[i].pop_front();
			if (!left[0].empty() && !left[1].empty()) {
				lead += i ? 1 : -1;
				worst = std::max(worst, std::labs(lead));
			}
		}
		std::string mix = std::to_string(DATA_W) + " bits, stalls " + std::to_string(s[0]) +
				  "%, " + std::to_string(s[1]) + "%, output " +
				  std::to_string(s[2]) + "%";
		t.check(same && out.error.empty(),
			mix + ": frames whole and in their input's order", out.error);
		if (!s[0] && !s[1])
			t.check(worst <= 1, mix + ": turn by turn when both wait",
				std::to_string(worst));
		if (!s[2] && (!s[0] || !s[1]))
			t.check(s[0] == 50 || took <= beats + 3, mix + ": full rate",
				std::to_string(took) + " clocks for " + std::to_string(beats) +
					" beats");
		d->settle();
		t.check(!m.busy, mix + ": empty at the end");
	}
	return t.finish();
}
