/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * csum_verify: sum, verdict and reason of every frame against the values of vectors.py, with the
 * metadata that parse would give taken from there too; frames and metadata unchanged; full rate.
 * Then sums of random regions of frames up to 9728 bytes, by a plain sum here.
 */
#include "Vcsum_verify.h"
#include "stream_bench.h"
#include "vectors.h"

using namespace axis;

static frame make(const vector_frame &v, rng &r)
{
	frame f;
	f.data = v.data;
	f.user = random_bytes(r, META_BYTES);
	set_field(f.user, META_LENGTH, 14, v.data.size());
	for (unsigned i = 0; i < RAW_SUM; i++)
		set_field(f.user, META[i].lsb, META[i].width, v.field[i]);
	return f;
}

static uint64_t run(const std::vector<vector_frame> &frames, unsigned in_stall, unsigned out_stall,
		    rng &r, std::string &error, unsigned &wrong)
{
	auto d = std::make_unique<dut<Vcsum_verify>>();
	Vcsum_verify &m = d->m;
	source<decltype(m.s_axis_tdata), decltype(m.s_axis_tkeep), decltype(m.s_axis_tuser)> in(
		m.s_axis_tdata, m.s_axis_tkeep, m.s_axis_tlast, m.s_axis_tvalid, m.s_axis_tready,
		m.s_axis_tuser, WIDTH);
	sink<decltype(m.m_axis_tdata), decltype(m.m_axis_tkeep), decltype(m.m_axis_tuser)> out(
		m.m_axis_tdata, m.m_axis_tkeep, m.m_axis_tlast, m.m_axis_tvalid, m.m_axis_tready,
		m.m_axis_tuser, WIDTH);
	std::vector<frame> offered;
	uint64_t bytes_in = 0;

	in.stall_percent = in_stall;
	out.stall_percent = out_stall;
	for (auto &v : frames) {
		offered.push_back(make(v, r));
		in.queue.push_back(offered.back());
		bytes_in += v.data.size();
	}
	d->reset();
	uint64_t begin = d->cycles,
		 limit = begin + (bytes_in / WIDTH + 2 * frames.size()) * 40 + 10000;
	while (out.queue.size() < frames.size() && d->cycles < limit) {
		in.drive(r);
		out.drive(r);
		d->settle();
		in.sample();
		out.sample([&]() {
			bytes b(4);
			get(m.m_axis_check, b.data(), 4);
			return b;
		});
		d->edge();
	}
	uint64_t took = d->cycles - begin;
	d->settle();
	wrong = 0;
	error = out.error;
	if (out.queue.size() != frames.size())
		error = std::to_string(out.queue.size()) + " frames out for " +
			std::to_string(frames.size());
	else if (m.busy)
		error = "busy at the end";
	for (size_t i = 0; i < frames.size() && i < out.queue.size(); i++) {
		const frame &f = out.queue[i];
		bytes user = f.user;
		user.resize(META_BYTES);
		uint64_t raw = field(f.last, 0, 16), verdict = field(f.last, 16, 2),
			 reason = field(f.last, 18, 4);
		if (f.data == frames[i].data && user == offered[i].user &&
		    raw == frames[i].field[RAW_SUM] && verdict == frames[i].field[L4_VERDICT] &&
		    reason == frames[i].field[REASON])
			continue;
		if (wrong++ < 5)
			printf("# %s: sum %04x (%04x), verdict %u (%u), reason %u (%u), data %s, "
			       "metadata %s\n",
			       frames[i].name.c_str(), (unsigned)raw,
			       (unsigned)frames[i].field[RAW_SUM], (unsigned)verdict,
			       (unsigned)frames[i].field[L4_VERDICT], (unsigned)reason,
			       (unsigned)frames[i].field[REASON],
			       f.data == frames[i].data ? "same" : "changed",
			       user == offered[i].user ? "same" : "changed");
	}
	return took;
}

/* A frame whose region, sum and pseudo sum are chosen here; the sum as RFC 1071 adds it. */
static vector_frame random_region(rng &r)
{
	vector_frame v = {};
	size_t n = chance(r, 20) ? 60 + r() % 9669 : 60 + r() % 500;
	v.name = "random_region";
	v.data = chance(r, 30) ? bytes(n, chance(r, 50) ? 0xff : 0) : random_bytes(r, n);
	unsigned start = 14 + 4 * (r() % 60);
	unsigned end = r() % 10 == 0 ? r() % (n + 1) : n - r() % 30;
	v.field[SUM_START] = start;
	v.field[SUM_END] = end;
	uint32_t sum = 0;
	for (unsigned i = start; i < end && i < n; i++) {
		sum += (i - start) % 2 ? v.data[i] : v.data[i] << 8;
		if (sum >> 16)
			sum = (sum & 0xffff) + 1;
	}
	v.field[RAW_SUM] = sum;
	v.field[L4_CHECKED] = r() & 1;
	/* Mostly right ones, among them both zeros; else anything. */
	unsigned pseudo = chance(r, 60) ? 0xffff - sum : r() & 0xffff;
	if (chance(r, 20))
		pseudo = 0xffff;
	v.field[PSEUDO_SUM] = pseudo;
	uint32_t all = sum + pseudo;
	all = (all & 0xffff) + (all >> 16);
	static const unsigned reasons[] = { 1, 5, 9, 10, 4 };
	v.field[REASON] = v.field[L4_CHECKED] ? 0 : reasons[r() % 5];
	v.field[L4_VERDICT] = v.field[L4_CHECKED]   ? (all == 0xffff ? 2 : 1) :
			      v.field[REASON] == 9  ? 3 :
			      v.field[REASON] == 10 ? 1 :
						      0;
	return v;
}

int main(int argc, char **argv)
{
	tap t;
	rng r(5);
	std::vector<vector_set> sets = load_vectors(argc > 1 ? argv[1] : "build/rtl/vectors.txt");
	std::string w = std::to_string(DATA_W) + " bits: ";
	const unsigned stalls[][2] = { { 0, 0 }, { 40, 0 }, { 0, 60 }, { 30, 30 }, { 0, 90 } };
	std::vector<vector_frame> known, regions;

	for (auto &s : sets)
		known.insert(known.end(), s.frames.begin(), s.frames.end());
	for (unsigned i = 0; i < 5000; i++)
		regions.push_back(random_region(r));
	t.check(known.size() > 7000, w + "vectors are there");
	for (auto &s : stalls) {
		for (auto *frames : { &known, &regions }) {
			std::string error, mix = ", input stalls " + std::to_string(s[0]) +
						 "%, output " + std::to_string(s[1]) + "%";
			unsigned wrong;
			uint64_t beats = 0;
			for (auto &v : *frames)
				beats += (v.data.size() + WIDTH - 1) / WIDTH;
			uint64_t took = run(*frames, s[0], s[1], r, error, wrong);
			t.check(error.empty() && wrong == 0,
				w + (frames == &known ? "vectors" : "random regions") + mix +
					": sum, verdict, reason",
				error + " wrong: " + std::to_string(wrong));
			if (s[0] == 0 && s[1] == 0)
				t.check(took <= beats + 12, w + "full rate",
					std::to_string(took) + " clocks for " +
						std::to_string(beats));
		}
	}
	return t.finish();
}
