/* SPDX-License-Identifier: BSD-3-Clause */

/* counter_lane: operations one behind the other, on the same word or not. DATA_W is W. */

#include "Vcounter_lane.h"
#include "axis.h"

using namespace axis;

static const unsigned N = 8;
static const uint64_t MASK = (1ull << DATA_W) - 1;

struct operation {
	bool valid, write;
	unsigned index, increment;
	uint64_t sum; /* with the carry */
};

int main()
{
	Verilated::randReset(2);
	tap t;
	rng r(8);
	/* Operations of 100 clocks, indexes in use */
	static const unsigned mixes[][2] = {
		{ 100, 1 }, { 100, 2 }, { 60, 2 }, { 100, 8 }, { 30, 8 }
	};

	for (auto &c : mixes) {
		Vcounter_lane m;
		uint64_t word[N] = {}, previous = 0, carries = 0, hazards = 0;
		bool known[N] = {}, stored = false;
		operation p[4] = {}; /* by stage; 0 is the first clock */
		std::string error;

		for (unsigned i = 0; i < 200000; i++) {
			p[3] = p[2], p[2] = p[1], p[1] = p[0];
			p[0].valid = chance(r, c[0]);
			p[0].write = !chance(r, 20);
			p[0].index = r() % c[1];
			p[0].increment = p[0].write ? r() & 0x3fff : 0;
			/* An operation that only reads stores nothing to find in the RAM. */
			bool sum = p[2].valid && p[2].index == p[1].index;
			bool before = p[3].valid && p[3].write && p[3].index == p[1].index;
			m.read = p[0].valid;
			m.read_index = p[0].valid ? p[0].index : r() % N;
			m.add = p[1].valid;
			m.increment = p[1].valid ? p[1].increment : r() & 0x3fff;
			m.from_sum = p[1].valid ? sum : r() & 1;
			m.from_previous = p[1].valid ? before : r() & 1;
			m.known = known[p[1].index];
			if (p[1].valid) {
				hazards += sum || before;
				p[1].sum = word[p[1].index] + p[1].increment;
				if (p[1].write) {
					word[p[1].index] = p[1].sum & MASK;
					known[p[1].index] = true;
				}
			}
			m.write = p[2].valid && p[2].write;
			m.write_index = p[2].valid ? p[2].index : r() % N;
			m.clk = 0;
			m.eval();
			if (p[2].valid &&
			    (m.sum != (p[2].sum & MASK) || m.carry != p[2].sum >> DATA_W) &&
			    error.empty())
				error = "wrong sum in clock " + std::to_string(i);
			if (stored && m.previous != previous && error.empty())
				error = "wrong previous in clock " + std::to_string(i);
			if (p[2].valid && p[2].write)
				previous = p[2].sum & MASK, stored = true;
			carries += p[2].valid && p[2].sum >> DATA_W;
			m.clk = 1;
			m.eval();
		}
		std::string n = std::to_string(c[0]) + "% of the clocks, " + std::to_string(c[1]) +
				" words";
		t.check(error.empty(), n + ": every sum and carry", error);
		t.check(hazards > 1000 && (DATA_W > 16 || carries > 1000),
			n + ": hazards and carries happen",
			std::to_string(hazards) + ", " + std::to_string(carries));
	}
	return t.finish();
}
