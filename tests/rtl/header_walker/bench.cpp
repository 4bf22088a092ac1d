/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * header_walker: every field of the result against the values of vectors.py, with beats that come
 * at any pace and a result that is taken late, or while its frame is still being written.
 */
#include "Vheader_walker.h"
#include "stream_bench.h"
#include "vectors.h"

using namespace axis;

static const unsigned ROWS = (272 + WIDTH - 1) / WIDTH;

struct bench : dut<Vheader_walker> {
	rng r;
	unsigned gap, hold; /* percent: no beat in a clock, result not taken in a clock */
	std::string error;
	unsigned wrong = 0, early = 0;

	bench(const vector_set &s, unsigned gap_percent, unsigned hold_percent)
		: r(gap_percent + hold_percent), gap(gap_percent), hold(hold_percent)
	{
		bytes key(80);
		for (unsigned i = 0; i < 80; i++)
			key[i] = s.key[i / 40][i % 40 ^ 3]; /* words of four bytes, turned */
		put(m.rss_key, key.data(), key.size());
		m.rss_types = s.types[0] | s.types[1] << 6;
		m.take = 0;
		quiet();
		reset();
	}
	/* No beat for this walker; another one's may be there. */
	void quiet()
	{
		bytes rubbish = random_bytes(r, WIDTH);
		m.write_valid = 0;
		m.write_start = r() & 1;
		m.write_end = r() & 1;
		m.write_row = r() % ROWS;
		put(m.write_data, rubbish.data(), WIDTH);
		rubbish = random_bytes(r, META_BYTES);
		put(m.write_user, rubbish.data(), META_BYTES);
	}
	void beat(const bytes &data, const bytes &user, unsigned row)
	{
		bytes b = random_bytes(r, WIDTH); /* rubbish behind the frame's end */
		size_t n = std::min<size_t>(WIDTH, data.size() - row * WIDTH);
		memcpy(b.data(), &data[row * WIDTH], n);
		put(m.write_data, b.data(), WIDTH);
		m.write_valid = 1;
		m.write_row = row;
		m.write_start = row == 0;
		m.write_end = row == ROWS - 1 || (row + 1) * WIDTH >= data.size();
		if (row == 0)
			put(m.write_user, user.data(), user.size());
	}
	void fail(const std::string &why)
	{
		if (wrong++ < 5)
			printf("# %s\n", why.c_str());
		error = why;
	}
	void compare(const vector_frame &v, const bytes &user, const bytes &got)
	{
		if (field(user, 0, 64) != field(got, 0, 64))
			return fail(v.name + ": metadata below L3_TYPE changed");
		for (unsigned i = 0; i < RAW_SUM; i++)
			if (field(got, META[i].lsb, META[i].width) != v.field[i])
				return fail(v.name + ": " + META[i].name + " is " +
					    std::to_string(field(got, META[i].lsb, META[i].width)) +
					    ", not " + std::to_string(v.field[i]));
		if (field(got, 214, 18))
			fail(v.name + ": metadata above HASH_TYPE is not 0");
	}
	/* One frame; returns the clocks from its first beat to done. */
	unsigned walk(const vector_frame &v)
	{
		bytes user = random_bytes(r, META_BYTES), got(META_BYTES), now(META_BYTES);
		unsigned row = 0,
			 rows = std::min<size_t>(ROWS, (v.data.size() + WIDTH - 1) / WIDTH);
		unsigned took = 0, quiet_clocks = 0;
		bool taken = false, seen = false;
		uint64_t begin = 0;
		set_field(user, META_LENGTH, 14, v.data.size());
		set_field(user, META_FUNCTION, 4, v.function);
		for (unsigned i = 0; i < 4000; i++) {
			quiet();
			m.take = 0;
			if (row < rows && (row == 0 || !chance(r, gap))) {
				if (row == 0)
					begin = cycles;
				beat(v.data, user, row++);
			}
			settle();
			get(m.result, now.data(), META_BYTES);
			if (m.done && (row == 0 || taken))
				fail(v.name + ": done without a frame");
			if (seen && !taken && (!m.done || now != got))
				fail(v.name + ": result changed before it was taken");
			if (m.done && !seen) {
				took = (unsigned)(cycles - begin);
				got = now;
				compare(v, user, got);
				seen = true;
			}
			if (m.done && !taken && !chance(r, hold)) {
				m.take = 1;
				early += row < rows;
			}
			settle();
			taken = taken || m.take;
			edge();
			/* At least two clocks between a frame and the next, as in parse. */
			quiet_clocks = taken && row == rows && !m.take ? quiet_clocks + 1 : 0;
			if (quiet_clocks >= 1 + r() % 3)
				return took;
		}
		fail(v.name + ": never done");
		return 0;
	}
};

int main(int argc, char **argv)
{
	tap t;
	std::vector<vector_set> sets = load_vectors(argc > 1 ? argv[1] : "build/rtl/vectors.txt");
	std::string w = std::to_string(DATA_W) + " bits: ";
	const unsigned mixes[][2] = { { 0, 0 }, { 50, 50 }, { 0, 90 }, { 90, 0 } };
	unsigned early = 0, longest = 0, udp4 = 0, tcp6 = 0;

	t.check(sets.size() == 3 && !sets[0].frames.empty(), w + "vectors are there");
	for (size_t i = 0; i < sets.size(); i++)
		for (auto &mix : mixes) {
			bench b(sets[i], mix[0], mix[1]);
			for (auto &v : sets[i].frames) {
				unsigned took = b.walk(v);
				if (mix[0])
					continue;
				longest = std::max(longest, took);
				bool plain = v.field[REASON] == 0 && v.field[VLAN_TAGS] == 0;
				if (plain && v.field[L3_TYPE] == 1 && v.field[L4_TYPE] == 2)
					udp4 = std::max(udp4, took);
				if (plain && v.field[L3_TYPE] == 3 && v.field[L4_TYPE] == 1)
					tcp6 = std::max(tcp6, took);
			}
			early += b.early;
			t.check(b.wrong == 0,
				w + "hash configuration " + std::to_string(i) + ", gaps " +
					std::to_string(mix[0]) + "%, held " +
					std::to_string(mix[1]) +
					"%: " + std::to_string(sets[i].frames.size()) + " results",
				b.error);
		}
	t.check(early > 0, w + "results are taken while their frame is still being written");
	printf("# clocks to done: longest %u, UDP over IPv4 %u, TCP over IPv6 %u\n", longest, udp4,
	       tcp6);
	/* With 64 bits the EtherType comes with the second beat, a clock later. */
	unsigned second = DATA_W < 128;
	t.check(longest <= 76 && udp4 && udp4 <= 16 + second && tcp6 && tcp6 <= 23 + second,
		w + "time to done");
	return t.finish();
}
