/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * parse: every field of the metadata against the values of vectors.py, under all mixes of stalls;
 * frames unchanged and in order; the rate that its header promises.
 */
#include "Vparse.h"
#include "stream_bench.h"
#include "vectors.h"

using namespace axis;

static void configure(Vparse &m, const vector_set &s)
{
	bytes key(80);
	for (unsigned f = 0; f < 2; f++)
		for (unsigned w = 0; w < 10; w++)
			for (unsigned b = 0; b < 4; b++)
				key[40 * f + 4 * w + 3 - b] = s.key[f][4 * w + b];
	put(m.rss_key, key.data(), key.size());
	m.rss_types = s.types[0] | s.types[1] << 6;
}

static frame make(const vector_frame &v, rng &r)
{
	frame f;
	f.data = v.data;
	/* All that parse does not fill in must pass, from META_PORT to the wanted checksums. */
	f.user = random_bytes(r, META_BYTES);
	set_field(f.user, META_LENGTH, 14, v.data.size());
	set_field(f.user, META_FUNCTION, 4, v.function);
	return f;
}

static std::string compare(const vector_frame &v, const frame &in, const frame &out)
{
	if (out.data != v.data)
		return v.name + ": data changed";
	if (field(in.user, 0, 64) != field(out.user, 0, 64))
		return v.name + ": metadata below L3_TYPE changed";
	for (unsigned i = 0; i < RAW_SUM; i++) {
		uint64_t got = field(out.user, META[i].lsb, META[i].width);
		if (got != v.field[i])
			return v.name + ": " + META[i].name + " is " + std::to_string(got) +
			       ", not " + std::to_string(v.field[i]);
	}
	return "";
}

/* Runs frames through; returns the clocks from first to last output beat. */
static uint64_t run(const vector_set &s, const std::vector<vector_frame> &frames, unsigned in_stall,
		    unsigned out_stall, rng &r, std::string &error, unsigned &wrong)
{
	auto d = std::make_unique<dut<Vparse>>();
	Vparse &m = d->m;
	source<decltype(m.s_axis_tdata), decltype(m.s_axis_tkeep), decltype(m.s_axis_tuser)> in(
		m.s_axis_tdata, m.s_axis_tkeep, m.s_axis_tlast, m.s_axis_tvalid, m.s_axis_tready,
		m.s_axis_tuser, WIDTH);
	sink<decltype(m.m_axis_tdata), decltype(m.m_axis_tkeep), decltype(m.m_axis_tuser)> out(
		m.m_axis_tdata, m.m_axis_tkeep, m.m_axis_tlast, m.m_axis_tvalid, m.m_axis_tready,
		m.m_axis_tuser, WIDTH);
	std::vector<frame> offered;
	uint64_t begin = 0, bytes_in = 0;

	configure(m, s);
	in.stall_percent = in_stall;
	out.stall_percent = out_stall;
	for (auto &v : frames) {
		offered.push_back(make(v, r));
		in.queue.push_back(offered.back());
		bytes_in += v.data.size();
	}
	d->reset();
	for (unsigned i = 0; i < 10 * 2 + 4; i++) { /* the keys are copied, a word a clock */
		d->settle();
		d->edge();
	}
	uint64_t limit = d->cycles + (bytes_in / WIDTH + 100 * frames.size()) * 40 + 10000;
	while (out.queue.size() < frames.size() && d->cycles < limit) {
		in.drive(r);
		out.drive(r);
		d->settle();
		in.sample();
		out.sample();
		d->edge();
		if (!begin && m.m_axis_tvalid)
			begin = d->cycles;
	}
	uint64_t took = d->cycles - begin;
	for (unsigned i = 0; i < 200; i++) {
		in.drive(r);
		out.drive(r);
		d->settle();
		out.sample();
		d->edge();
	}
	d->settle();

	wrong = 0;
	error = out.error;
	if (out.queue.size() != frames.size())
		error = std::to_string(out.queue.size()) + " frames out for " +
			std::to_string(frames.size());
	else if (m.busy)
		error = "busy at the end";
	for (size_t i = 0; i < frames.size() && i < out.queue.size(); i++) {
		std::string e = compare(frames[i], offered[i], out.queue[i]);
		if (!e.empty()) {
			if (wrong++ < 5)
				printf("# %s\n", e.c_str());
		}
	}
	return took;
}

int main(int argc, char **argv)
{
	tap t;
	rng r(4);
	std::vector<vector_set> sets = load_vectors(argc > 1 ? argv[1] : "build/rtl/vectors.txt");
	std::string w = std::to_string(DATA_W) + " bits: ";
	const unsigned stalls[][2] = { { 0, 0 }, { 40, 0 }, { 0, 60 }, { 30, 30 }, { 0, 90 } };
	std::string error;
	unsigned wrong;

	t.check(sets.size() == 3, w + "vectors are there");
	for (size_t i = 0; i < sets.size(); i++) {
		for (auto &s : stalls) {
			run(sets[i], sets[i].frames, s[0], s[1], r, error, wrong);
			t.check(error.empty() && wrong == 0,
				w + "hash configuration " + std::to_string(i) + ", " +
					std::to_string(sets[i].frames.size()) +
					" frames, input stalls " + std::to_string(s[0]) +
					"%, output " + std::to_string(s[1]) + "%: metadata right",
				error + " wrong: " + std::to_string(wrong));
		}
	}

	/* The rate, with minimum frames of each kind and of all kinds mixed, and with long frames. */
	std::vector<vector_frame> all;
	for (unsigned kind = 0; kind < 6; kind++) {
		static const char *const names[] = { "UDP over IPv4", "TCP over IPv4",
						     "UDP over IPv6", "TCP over IPv6",
						     "mixed",	      "1400 bytes and more" };
		std::vector<vector_frame> frames;
		for (auto &v : sets[0].frames) {
			size_t limit = DATA_W == 512 ? 64 : 80;
			bool v6 = v.field[L3_TYPE] == 3, tcp = v.field[L4_TYPE] == 1;
			if (kind == 5) {
				if (v.data.size() >= 1400 && v.field[REASON] == 0)
					frames.push_back(v);
				continue;
			}
			if (v.data.size() >= 60 && v.data.size() <= limit && v.field[REASON] == 0 &&
			    (v.field[L3_TYPE] == 1 || v6) &&
			    (v6 * 2 + tcp == (int)kind || kind == 4))
				frames.push_back(v);
		}
		if (frames.empty() && DATA_W == 512 && kind == 3)
			continue; /* TCP over IPv6 needs 74 bytes, two beats */
		for (size_t i = 0; frames.size() < 2000; i++)
			frames.push_back(vector_frame(frames[i]));
		uint64_t beats = 0;
		for (auto &v : frames)
			beats += (v.data.size() + WIDTH - 1) / WIDTH;
		uint64_t took = run(sets[0], frames, 0, 0, r, error, wrong);
		printf("# %s: %zu frames, %llu beats, %llu clocks\n", names[kind], frames.size(),
		       (unsigned long long)beats, (unsigned long long)took);
		t.check(error.empty() && wrong == 0 && took <= beats + 16,
			w + "full rate, back to back: " + names[kind], error);
	}
	return t.finish();
}
