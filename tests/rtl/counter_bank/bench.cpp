/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * counter_bank against a model. A read must hold exactly the events before the clock in which it
 * was taken. N and HALF_W come from the build.
 */

#include "Vcounter_bank.h"
#include "axis.h"

using namespace axis;

struct counter {
	uint64_t packets, bytes;
};

static const uint64_t MASK = HALF_W >= 32 ? ~0ull : (1ull << 2 * HALF_W) - 1;

struct bench {
	Vcounter_bank dut;
	counter model[N] = {};
	counter expected = {};
	bool reading = false;
	unsigned since_grant = 0;
	unsigned longest = 0;
	uint64_t reads = 0, wrong = 0, refused = 0, events = 0;
	std::string why;

	void reset()
	{
		dut.rst = 1;
		dut.event_valid = 0;
		dut.read_valid = 0;
		for (int i = 0; i < 2; i++) {
			dut.clk = 0;
			dut.eval();
			dut.clk = 1;
			dut.eval();
		}
		dut.rst = 0;
		memset(model, 0, sizeof(model));
		reading = false;
	}

	/* One clock: an event (index below 0: none) and a wish to read (below 0: none). */
	void clock(int event, unsigned bytes, int read)
	{
		dut.event_valid = event >= 0;
		dut.event_index = event >= 0 ? event : random();
		dut.event_bytes = bytes;
		bool ask = read >= 0 && !reading;
		dut.read_valid = ask;
		dut.read_index = read >= 0 ? read : random();
		dut.clk = 0;
		dut.eval();
		if (dut.read_done) {
			reads++;
			uint64_t packets = dut.read_packets, total = dut.read_bytes;
			if (!reading || packets != expected.packets || total != expected.bytes) {
				if (!wrong++)
					why = "read " + std::to_string(reads) + ": " +
					      std::to_string(packets) + " packets, " +
					      std::to_string(total) + " bytes, expected " +
					      std::to_string(expected.packets) + ", " +
					      std::to_string(expected.bytes);
			}
			reading = false;
		}
		if (reading) {
			since_grant++;
			if (since_grant > longest)
				longest = since_grant;
		}
		if (ask && dut.read_ready) {
			expected = model[read];
			reading = true;
			since_grant = 0;
		} else if (ask) {
			refused++;
		}
		if (event >= 0) {
			events++;
			model[event].packets = (model[event].packets + 1) & MASK;
			model[event].bytes = (model[event].bytes + bytes) & MASK;
		}
		dut.clk = 1;
		dut.eval();
	}

	void read_all()
	{
		for (int i = 0; i < N; i++) {
			uint64_t before = reads;
			for (int n = 0; n < 20 && reads == before; n++)
				clock(-1, 0, i);
			if (reads == before && !wrong++)
				why = "no answer";
		}
	}

	/* What was wrong since the last call. */
	void verdict(tap &t, const std::string &name, bool also = true,
		     const std::string &other = "")
	{
		t.check(wrong == 0 && also, name, wrong ? why : other);
		wrong = 0;
	}
};

int main()
{
	Verilated::randReset(2); /* what is not reset starts with anything */
	bench b;
	tap t;
	rng r(5);

	printf("# N %d, HALF_W %d\n", N, HALF_W);
	b.reset();
	b.read_all();
	b.verdict(t, "every counter is 0 right after reset", b.reads == N);

	for (int i = 0; i < 1000; i++)
		b.clock(N - 1, 60 + i % 1000, -1);
	b.read_all();
	b.verdict(t, "1000 events on one index, one a clock");

	for (unsigned distance = 1; distance <= 6; distance++) {
		for (int i = 0; i < 200; i++) {
			b.clock(1, r() & 0x3fff, -1);
			for (unsigned gap = 1; gap < distance; gap++)
				b.clock(i & 1 ? -1 : 0, r() & 0x3fff, -1);
		}
	}
	b.read_all();
	b.verdict(t, "one index again after 1 to 6 clocks, with and without others between");

	uint64_t reads = b.reads, events = b.events;
	for (int i = 0; i < 200000; i++) {
		/* Few indexes at a time: hazards are the rule. */
		unsigned few = 1 + (i >> 12) % 4;
		unsigned base = (i >> 14) % N;
		int event = chance(r, 80) ? (int)((base + r() % few) % N) : -1;
		int read = chance(r, 30) ? (int)((base + r() % few) % N) : -1;
		b.clock(event, r() & 0x3fff, read);
	}
	for (int i = 0; i < 10; i++)
		b.clock(-1, 0, -1);
	b.read_all();
	printf("# %lu events, %lu reads\n", b.events - events, b.reads - reads);
	b.verdict(t, "random events with interleaved reads",
		  b.reads - reads > 5000 && b.events - events > 100000, "too few reads or events");
	t.check(b.longest == 3, "a read is answered 4 clocks after it was taken",
		"longest wait between: " + std::to_string(b.longest));

	uint64_t refused = b.refused;
	reads = b.reads;
	for (int i = 0; i < 100; i++)
		b.clock(2, 1, 2);
	bool waited = b.reads == reads && b.refused - refused == 100;
	for (int i = 0; i < 10; i++)
		b.clock(-1, 0, i < 5 ? 2 : -1);
	b.verdict(t, "a read waits for a clock without event, then holds all of them",
		  waited && b.reads == reads + 1);

	/* The low half of the packets overflows with 2^16 events of the small build. */
	if (HALF_W <= 16) {
		for (int i = 0; i < 140000; i++)
			b.clock(3, 0x3fff, i % 1000 == 999 ? 3 : -1);
		b.read_all();
		b.verdict(t, "the carry from the low to the high half, packets and bytes",
			  b.model[3].packets > 2ull << HALF_W);
	} else {
		/* 2^32 bytes take 262145 events of the largest frame. */
		for (int i = 0; i < 600000; i++)
			b.clock(3, 0x3fff, i % 1000 == 999 ? 3 : -1);
		b.read_all();
		b.verdict(t, "the carry from the low to the high half, bytes",
			  b.model[3].bytes >> HALF_W == 2);
	}

	b.clock(4, 100, -1);
	b.reset();
	b.read_all();
	b.verdict(t, "reset clears every counter, one in flight too");
	return t.finish();
}
