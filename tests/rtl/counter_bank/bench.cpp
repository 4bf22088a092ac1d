/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * counter_bank against a model. A read must hold exactly the events before the clock in which it
 * was taken. N, PACKETS_W and BYTES_W come from the build.
 */

#include "Vcounter_bank.h"
#include "axis.h"

using namespace axis;

struct counter {
	uint64_t packets, bytes;
};

static const uint64_t PACKETS_MASK = (1ull << PACKETS_W) - 1, BYTES_MASK = (1ull << BYTES_W) - 1;
/* Clocks from an event until the top bits show it */
static const unsigned WATCH = 5;

struct bench {
	Vcounter_bank dut;
	counter model[N] = {};
	counter expected = {};
	bool reading = false;
	unsigned since_grant = 0;
	uint64_t reads = 0, wrong = 0, refused = 0, events = 0, clocks = 0, changes = 0;
	/* Top bits of every counter, of the last clocks */
	uint8_t tops[WATCH + 1][N] = {};
	int watch = 0, watched = 0;
	uint8_t seen = 0;
	rng r{ 6 };
	std::string why;

	void tick()
	{
		dut.clk = 1;
		dut.eval();
		clocks++;
	}

	void reset()
	{
		dut.rst = 1;
		dut.event_valid = 0;
		dut.read_valid = 0;
		dut.clear = 0;
		dut.clk = 0;
		dut.eval();
		tick();
		dut.rst = 0;
		reading = false;
	}

	/* Clears one counter, with an event in the same clock that is lost. */
	void clear(int index)
	{
		dut.clear = 1;
		dut.event_valid = r() & 1;
		dut.event_index = r() % N;
		dut.event_bytes = 0x3fff;
		dut.read_valid = 0;
		dut.read_index = index;
		dut.clk = 0;
		dut.eval();
		tick();
		dut.clear = 0;
		model[index] = {};
		for (auto &t : tops)
			t[index] = 0;
	}

	/* One clock: an event (index below 0: none) and a wish to read (below 0: none). */
	void clock(int event, unsigned bytes, int read)
	{
		dut.event_valid = event >= 0;
		dut.event_index = event >= 0 ? event : r() % N;
		dut.event_bytes = bytes;
		bool ask = read >= 0 && !reading;
		dut.read_valid = ask;
		dut.read_index = read >= 0 ? read : r() % N;
		watched = watch;
		if (chance(r, 20))
			watch = r() % N;
		dut.watch_index = watch;
		dut.clk = 0;
		dut.eval();
		/* The index is that of the clock before. */
		if (clocks > 2 * WATCH && dut.tops != tops[clocks % (WATCH + 1)][watched] &&
		    !wrong++)
			why = "top bits of " + std::to_string(watched) + " are " +
			      std::to_string(dut.tops);
		changes += dut.tops != seen;
		seen = dut.tops;
		if (reading && ++since_grant == 3) {
			reads++;
			uint64_t packets = dut.packets, total = dut.bytes;
			if (packets != expected.packets || total != expected.bytes) {
				if (!wrong++)
					why = "read " + std::to_string(reads) + ": " +
					      std::to_string(packets) + " packets, " +
					      std::to_string(total) + " bytes, expected " +
					      std::to_string(expected.packets) + ", " +
					      std::to_string(expected.bytes);
			}
			reading = false;
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
			model[event].packets = (model[event].packets + 1) & PACKETS_MASK;
			model[event].bytes = (model[event].bytes + bytes) & BYTES_MASK;
		}
		for (int i = 0; i < N; i++)
			tops[(clocks + WATCH) % (WATCH + 1)][i] =
				model[i].packets >> (PACKETS_W - 1) |
				model[i].bytes >> (BYTES_W - 1) << 1;
		tick();
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

	printf("# N %d, PACKETS_W %d, BYTES_W %d\n", N, PACKETS_W, BYTES_W);
	b.reset();
	for (int i = 0; i < N; i++)
		b.clear(i);
	for (unsigned i = 0; i < WATCH; i++) {
		b.dut.event_valid = 0;
		b.dut.clk = 0;
		b.dut.eval();
		b.tick();
	}
	b.read_all();
	b.verdict(t, "every counter is 0 when it has been cleared", b.reads == N);

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
	uint64_t refused = b.refused;
	reads = b.reads;
	for (int i = 0; i < 100; i++)
		b.clock(2, 1, 2);
	bool waited = b.reads == reads && b.refused - refused == 100;
	for (int i = 0; i < 10; i++)
		b.clock(-1, 0, i < 1 ? 2 : -1);
	b.verdict(t, "a read waits for a clock without event, then holds all of them",
		  waited && b.reads == reads + 1);

	uint64_t changes = b.changes;
	for (int i = 0; i < 9000; i++)
		b.clock(b.watch, 0x3fff, i % 100 == 99 ? 3 : -1);
	b.read_all();
	b.verdict(t, "the top bits change as the counters do", b.changes - changes > 8);

	b.clock(4, 100, -1);
	b.reset();
	b.clock(-1, 0, -1);
	t.check(!b.dut.busy, "nothing is on its way after reset");
	return t.finish();
}
