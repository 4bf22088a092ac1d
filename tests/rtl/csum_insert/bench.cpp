/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Bench of csum_insert: frames, metadata and expected frames come from vectors.py, where scapy has
 * computed the checksums.
 */

#include "Vcsum_insert.h"
#include "axis.h"

using namespace axis;

static const unsigned BEAT = DATA_W / 8, META_BYTES = 35;
enum { NOT_REQUESTED, INSERTED, SKIPPED, TOO_LONG };

struct vector_t {
	bytes in, out, meta;
	unsigned function, result;
};

struct bench {
	Vcsum_insert m;
	rng r;
	source<decltype(m.s_axis_tdata), decltype(m.s_axis_tkeep), decltype(m.s_axis_tuser)> in;
	sink<decltype(m.m_axis_tdata), decltype(m.m_axis_tkeep), decltype(m.m_axis_tuser)> out;
	std::deque<const vector_t *> expected, expected_events;
	std::deque<unsigned> event_lengths;
	std::string error;
	uint64_t clocks = 0, good = 0, packets[64] = {}, first_in = 0, last_out = 0, dropped = 0;

	explicit bench(uint64_t seed)
		: r(seed), in(m.s_axis_tdata, m.s_axis_tkeep, m.s_axis_tlast, m.s_axis_tvalid,
			      m.s_axis_tready, m.s_axis_tuser, BEAT),
		  out(m.m_axis_tdata, m.m_axis_tkeep, m.m_axis_tlast, m.m_axis_tvalid,
		      m.m_axis_tready, m.m_axis_tuser, BEAT)
	{
		m.rst = 1;
		for (int i = 0; i < 4; i++)
			clock();
		m.rst = 0;
	}
	void fail(const std::string &why)
	{
		if (error.empty())
			error = why + " (clock " + std::to_string(clocks) + ")";
	}
	void add(const vector_t &v)
	{
		frame f;
		f.data = v.in;
		f.user = v.meta;
		in.queue.push_back(f);
		expected.push_back(&v);
		expected_events.push_back(&v);
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
			out.sample();
			while (!out.queue.empty()) {
				check(out.queue.front());
				out.queue.pop_front();
			}
			if (m.tx_checksum_event_valid)
				check_event();
		}
		m.clk = 1;
		m.eval();
		clocks++;
	}
	void check(const frame &f)
	{
		last_out = clocks;
		if (expected.empty())
			return fail("frame too many");
		const vector_t &v = *expected.front();
		expected.pop_front();
		if (f.data != v.out) {
			size_t i = 0;
			while (i < f.data.size() && i < v.out.size() && f.data[i] == v.out[i])
				i++;
			return fail("frame " + std::to_string(good) + " of " +
				    std::to_string(v.out.size()) + " bytes differs at " +
				    std::to_string(i) + ", l3 " +
				    std::to_string(field(v.meta, 64, 3)) + " l4 " +
				    std::to_string(field(v.meta, 67, 3)) + " at " +
				    std::to_string(field(v.meta, 96, 8)));
		}
		bytes user(META_BYTES, 0);
		memcpy(user.data(), v.meta.data(), 8);
		if (memcmp(f.user.data(), user.data(), META_BYTES))
			return fail("metadata");
		good++;
	}
	void check_event()
	{
		if (expected_events.empty())
			return fail("event too many");
		const vector_t &v = *expected_events.front();
		expected_events.pop_front();
		packets[m.tx_checksum_event_index]++;
		if (m.tx_checksum_event_index != (v.function << 2 | v.result) ||
		    m.tx_checksum_event_bytes != std::min<size_t>(v.in.size(), 16383))
			fail("event " + std::to_string(m.tx_checksum_event_index) + " bytes " +
			     std::to_string(m.tx_checksum_event_bytes) + ", wanted " +
			     std::to_string(v.function << 2 | v.result) + " bytes " +
			     std::to_string(v.in.size()));
	}
	bool run(unsigned limit = 20000000)
	{
		while (limit-- && error.empty() && (!in.idle() || m.busy))
			clock();
		for (int i = 0; i < 10; i++)
			clock();
		if (error.empty())
			error = out.error;
		if (error.empty() && (!expected.empty() || !expected_events.empty() || m.busy))
			error = "frames or events missing";
		return error.empty();
	}
};

static std::vector<vector_t> load(const char *path)
{
	std::vector<vector_t> all;
	FILE *f = fopen(path, "rb");
	uint32_t count = 0;
	if (!f || fread(&count, 4, 1, f) != 1)
		return all;
	rng r(9);
	while (count--) {
		struct {
			uint32_t length;
			uint8_t b[10];
			uint16_t h[6];
		} __attribute__((packed)) head;
		vector_t v;
		if (fread(&head, sizeof(head), 1, f) != 1)
			break;
		v.in.resize(head.length);
		v.out.resize(head.length);
		if (fread(v.in.data(), head.length, 1, f) != 1 ||
		    fread(v.out.data(), head.length, 1, f) != 1)
			break;
		v.meta.resize(META_BYTES);
		for (auto &b : v.meta) /* what the module must not look at */
			b = (uint8_t)r();
		v.function = head.b[2];
		v.result = head.b[9];
		set_field(v.meta, 0, 4, head.b[2]);
		set_field(v.meta, 4, 4, head.b[2]);
		set_field(v.meta, 8, 8, head.b[3]);
		set_field(v.meta, 16, 14, head.length);
		set_field(v.meta, 62, 1, head.b[0]);
		set_field(v.meta, 63, 1, head.b[1]);
		set_field(v.meta, 64, 3, head.b[4]);
		set_field(v.meta, 67, 3, head.b[5]);
		set_field(v.meta, 88, 8, head.h[0]);
		set_field(v.meta, 96, 8, head.h[1]);
		set_field(v.meta, 113, 14, head.h[2]);
		set_field(v.meta, 127, 14, head.h[3]);
		set_field(v.meta, 141, 16, head.h[4]);
		set_field(v.meta, 157, 16, head.h[5]);
		set_field(v.meta, 173, 2, head.b[6]);
		set_field(v.meta, 175, 1, head.b[8]);
		set_field(v.meta, 176, 4, head.b[7]);
		all.push_back(v);
	}
	fclose(f);
	return all;
}

int main(int argc, char **argv)
{
	Verilated::commandArgs(argc, argv);
	tap t;
	std::vector<vector_t> all = load(argc > 1 ? argv[1] : "build/rtl/csum_insert/vectors.bin");

	printf("# %zu vectors\n", all.size());
	t.check(all.size() > 1500, "vectors are there");
	if (all.size() < 100)
		return t.finish();
	for (unsigned stall : { 0u, 25u, 70u }) {
		bench b(1 + stall);
		b.in.stall_percent = stall / 2;
		b.out.stall_percent = stall;
		for (auto &v : all)
			b.add(v);
		bool ok = b.run();
		t.check(ok && b.good == all.size(), "every vector, stalls " + std::to_string(stall),
			b.error);
		if (stall == 0) {
			uint64_t sum[4] = {};
			for (unsigned i = 0; i < 64; i++)
				sum[i & 3] += b.packets[i];
			printf("# not requested %llu, inserted %llu, skipped %llu\n",
			       (unsigned long long)sum[0], (unsigned long long)sum[1],
			       (unsigned long long)sum[2]);
			t.check(sum[0] > 50 && sum[1] > 500 && sum[2] > 50 && sum[3] == 0,
				"every result occurs");
		}
	}
	{ /* forced zeros are among the vectors: count what leaves */
		unsigned udp = 0, tcp = 0;
		for (auto &v : all) {
			unsigned l4 = (unsigned)field(v.meta, 67, 3),
				 at = (unsigned)field(v.meta, 96, 8);
			unsigned reason = (unsigned)field(v.meta, 176, 4);
			if (!field(v.meta, 63, 1) || l4 < 1 || l4 > 2 ||
			    (reason != 0 && reason != 9 && reason != 10))
				continue;
			at += l4 == 1 ? 16 : 6;
			unsigned value = v.out[at] << 8 | v.out[at + 1];
			udp += l4 == 2 && value == 0xffff;
			tcp += l4 == 1 && value == 0;
		}
		printf("# UDP sent as 0xffff: %u, TCP sent as 0: %u\n", udp, tcp);
		t.check(udp >= 40 && tcp >= 40, "vectors cover the sum that is zero");
	}
	{ /* the output blocked: nothing lost, then all of it */
		bench b(5);
		b.out.stall_percent = 100;
		for (unsigned i = 0; i < 600; i++)
			b.add(all[i]);
		for (unsigned i = 0; i < 20000; i++)
			b.clock();
		bool stalled = !b.in.idle() && b.good == 0;
		b.out.stall_percent = 0;
		t.check(b.run() && stalled && b.good == 600,
			"a blocked output stalls the input and loses nothing", b.error);
	}
	{ /* longer than the buffer */
		bench b(6);
		std::vector<vector_t> giants(8, all[0]);
		for (unsigned i = 0; i < 8; i++) {
			giants[i].in.resize(32768 + i * 333);
			giants[i].result = TOO_LONG;
			b.add(all[i]);
			b.add(giants[i]);
			b.expected.pop_back(); /* it must not leave */
		}
		b.add(all[9]);
		t.check(b.run() && b.good == 9,
			"a frame longer than the buffer is dropped and counted", b.error);
	}
	for (unsigned length : { 60u, 1514u }) {
		bench b(7);
		vector_t v;
		for (auto &candidate : all)
			if (candidate.in.size() == 60 && candidate.result == INSERTED)
				v = candidate;
		v.in.resize(length);
		v.out.resize(length);
		for (unsigned i = 60; i < length; i++)
			v.in[i] = v.out[i] = (uint8_t)b.r(); /* behind the datagram */
		set_field(v.meta, 16, 14, length);
		for (unsigned i = 0; i < 200; i++)
			b.add(v);
		uint64_t start = b.clocks;
		bool ok = b.run();
		unsigned beats = (length + BEAT - 1) / BEAT;
		uint64_t total = b.last_out - start;
		printf("# %u bits, %u bytes: %.2f clocks a frame, latency behind the last beat "
		       "%lld\n",
		       DATA_W, length, (double)(total - 20 - beats) / 200,
		       (long long)(total + 1 - 200ull * beats - (beats - 1)));
		t.check(ok && total < 201ull * beats + 25,
			"rate at " + std::to_string(length) + " bytes", b.error);
	}
	return t.finish();
}
