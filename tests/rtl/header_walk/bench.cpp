/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * header_walker and header_result: every field of the result against the values of vectors.py, with
 * beats that come at any pace and results that are taken late, one frame at a time and frame behind
 * frame; and the clocks that a frame takes.
 */
#include "Vheader_walk.h"
#include "stream_bench.h"
#include "vectors.h"

#include <deque>

using namespace axis;

struct bench : dut<Vheader_walk> {
	rng r;
	unsigned gap, hold; /* percent: no beat in a clock, result not taken in a clock */
	bool alone; /* a frame comes when the one before has left */
	std::string error;
	unsigned wrong = 0, early = 0, stalls = 0;

	bench(const vector_set &s, unsigned gap_percent, unsigned hold_percent, bool one_at_a_time)
		: r(gap_percent + hold_percent), gap(gap_percent), hold(hold_percent),
		  alone(one_at_a_time)
	{
		m.rss_types = s.types[0] | s.types[1] << 6;
		m.take = 0;
		quiet();
		reset();
		for (unsigned i = 0; i < 20; i++) {
			const uint8_t *k = &s.key[i / 10][i % 10 * 4];
			m.key_write_valid = 1;
			m.key_write_address = i / 10 << 4 | i % 10;
			m.key_write_data = (uint32_t)k[0] << 24 | k[1] << 16 | k[2] << 8 | k[3];
			settle();
			edge();
		}
		m.key_write_valid = 0;
	}
	/* No beat for this walker; another one's may be there. */
	void quiet()
	{
		bytes rubbish = random_bytes(r, WIDTH);
		m.write_valid = 0;
		m.write_start = r() & 1;
		m.write_end = r() & 1;
		m.write_left = r() & 0x7fff;
		m.write_function = r() & 15;
		put(m.write_data, rubbish.data(), WIDTH);
	}
	void beat(const vector_frame &v, unsigned row)
	{
		bytes b = random_bytes(r, WIDTH); /* rubbish behind the frame's end */
		size_t n = std::min<size_t>(WIDTH, v.data.size() - row * WIDTH);
		memcpy(b.data(), &v.data[row * WIDTH], n);
		put(m.write_data, b.data(), WIDTH);
		m.write_valid = 1;
		m.write_start = row == 0;
		m.write_end = (row + 1) * WIDTH >= v.data.size();
		if (row == 0) {
			m.write_left = (v.data.size() - 10) & 0x7fff;
			m.write_function = v.function;
		}
	}
	void fail(const std::string &why)
	{
		if (wrong++ < 5)
			printf("# %s\n", why.c_str());
		error = why;
	}
	void compare(const vector_frame &v, const bytes &got)
	{
		if (field(got, 0, 64))
			return fail(v.name + ": metadata below L3_TYPE is not 0");
		if (m.found != (v.field[L4_OFFSET] != 0))
			return fail(v.name + ": found is wrong");
		for (unsigned i = 0; i < RAW_SUM; i++)
			if (!(i == SUM_END && !m.found) &&
			    field(got, META[i].lsb, META[i].width) != v.field[i])
				return fail(v.name + ": " + META[i].name + " is " +
					    std::to_string(field(got, META[i].lsb, META[i].width)) +
					    ", not " + std::to_string(v.field[i]));
		if (field(got, 214, 18) || field(got, 232, 40))
			fail(v.name + ": metadata above HASH_TYPE is not 0");
	}
	/* Calls seen(frame, clocks from its first beat to its result). */
	template <typename F> void run(const std::vector<vector_frame> &frames, F seen)
	{
		size_t at = 0, done = 0;
		unsigned row = 0, idle = 0;
		bool room = false, start_room = false, started = false, held = false;
		std::deque<uint64_t> begin;
		bytes now(META_BYTES), before(META_BYTES);

		while (done < frames.size() && idle < 40000) {
			quiet();
			m.take = 0;
			bool may = row ? room :
					 room && start_room && !started && at < frames.size() &&
						   !(alone && !begin.empty());
			started = false;
			stalls += row && !room;
			if (may && (gap == 0 || !chance(r, gap))) {
				if (row == 0) {
					begin.push_back(cycles);
					started = true;
				}
				beat(frames[at], row++);
				if (row * WIDTH >= frames[at].data.size())
					row = 0, at++;
			}
			settle();
			get(m.user, now.data(), META_BYTES);
			idle++;
			if (m.valid && begin.empty()) {
				fail("a result without a frame");
				return;
			}
			if (held && (!m.valid || now != before))
				fail("result changed before it was taken");
			if (m.valid && !held) {
				compare(frames[done], now);
				seen(frames[done], (unsigned)(cycles - begin.front()));
			}
			held = m.valid;
			before = now;
			if (m.valid && !chance(r, hold)) {
				m.take = 1;
				held = false;
				early += done == at;
				begin.pop_front();
				done++;
				idle = 0;
			}
			settle();
			room = m.room;
			start_room = m.start_room;
			edge();
		}
		if (done < frames.size())
			fail(frames[done].name + ": no result");
	}
};

/* Bytes of TCP options */
static unsigned options(const vector_frame &v)
{
	return v.field[L4_TYPE] == 1 ? v.field[PAYLOAD_OFFSET] - v.field[L4_OFFSET] - 20 : 0;
}

int main(int argc, char **argv)
{
	tap t;
	std::vector<vector_set> sets = load_vectors(argc > 1 ? argv[1] : "build/rtl/vectors.txt");
	std::string w = std::to_string(DATA_W) + " bits: ";
	const unsigned mixes[][2] = { { 0, 0 }, { 50, 50 }, { 0, 90 }, { 90, 0 } };
	unsigned early = 0, stalls = 0, longest = 0, udp4 = 0, tcp6 = 0;

	t.check(sets.size() == 3 && !sets[0].frames.empty(), w + "vectors are there");
	for (size_t i = 0; i < sets.size(); i++)
		for (auto &mix : mixes)
			for (bool alone : { true, false }) {
				bench b(sets[i], mix[0], mix[1], alone);
				b.run(sets[i].frames, [&](const vector_frame &v, unsigned took) {
					if (mix[0] || !alone)
						return;
					longest = std::max(longest, took);
					bool plain = v.field[REASON] == 0 &&
						     v.field[VLAN_TAGS] == 0 && options(v) == 0;
					if (plain && v.field[L3_TYPE] == 1 && v.field[L4_TYPE] == 2)
						udp4 = std::max(udp4, took);
					if (plain && v.field[L3_TYPE] == 3 && v.field[L4_TYPE] == 1)
						tcp6 = std::max(tcp6, took);
				});
				early += b.early;
				stalls += b.stalls;
				t.check(b.wrong == 0,
					w + "hash configuration " + std::to_string(i) + ", gaps " +
						std::to_string(mix[0]) + "%, held " +
						std::to_string(mix[1]) + "%, " +
						(alone ? "one at a time" : "frame behind frame") +
						": " + std::to_string(sets[i].frames.size()) +
						" results",
					b.error);
			}
	t.check(early > 0, w + "results are there while their frame is still being written");
	if (DATA_W == 64)
		t.check(stalls > 0, w + "a full ring stalls its writer");
	printf("# clocks to the result: longest %u, UDP over IPv4 %u, TCP over IPv6 %u\n", longest,
	       udp4, tcp6);

	/* How often frames of one kind may come; rtl/parse/parse.v has enough walkers for it. */
	for (unsigned kind = 0; kind < 5; kind++) {
		static const char *const names[] = { "UDP over IPv4", "TCP over IPv4",
						     "UDP over IPv6", "TCP over IPv6",
						     "12 bytes of TCP options" };
		/* With options there is the rest of the header, too, and a word behind it. */
		static const unsigned words[] = { 8, 10, 13, 15, 15 };
		std::vector<vector_frame> frames;
		for (auto &v : sets[0].frames)
			if (v.field[REASON] == 0 && v.field[VLAN_TAGS] == 0 &&
			    v.data.size() <= 80 && v.field[L3_TYPE] == (kind & 2 ? 3 : 1) &&
			    v.field[L4_TYPE] == (kind & 1 || kind == 4 ? 1 : 2) &&
			    options(v) == (kind == 4 ? 12 : 0))
				frames.push_back(v);
		for (size_t i = 0; frames.size() < 1000; i++)
			frames.push_back(vector_frame(frames[i]));
		bench b(sets[0], 0, 0, false);
		uint64_t begin = b.cycles;
		b.run(frames, [](const vector_frame &, unsigned) {});
		double each = (double)(b.cycles - begin) / frames.size();
		printf("# %s: %.2f clocks a frame\n", names[kind], each);
		t.check(b.wrong == 0 && each < words[kind] + 3 + 0.1,
			w + names[kind] + ": its words and 3 clocks a frame", b.error);
	}
	t.check(longest <= 80 && udp4 && udp4 <= 20 && tcp6 && tcp6 <= 27,
		w + "time to the result");
	return t.finish();
}
