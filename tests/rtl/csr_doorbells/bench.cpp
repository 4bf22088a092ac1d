/* SPDX-License-Identifier: BSD-3-Clause */

/* csr_doorbells: every write rings once and is read back. DATA_W is RX_QUEUES of the build. */

#include "Vcsr_doorbells.h"
#include "axis.h"

using namespace axis;

static const unsigned RX = DATA_W, TX = 8, QUEUES = RX + TX;

struct bench {
	Vcsr_doorbells m;
	rng r{ 9 };
	uint32_t word[QUEUES][2] = {}, expect = 0;
	bool rang = false, arm = false;
	unsigned number = 0;
	uint16_t count = 0;
	uint64_t clocks = 0, rings = 0, nonzero = 0;
	bool compare = false;
	std::string error;

	void fail(const std::string &why)
	{
		if (error.empty())
			error = why + " (clock " + std::to_string(clocks) + ")";
	}
	void reset()
	{
		m.rst = 1, m.write = 0, m.number = 0, m.arm = 0;
		m.clk = 0, m.eval(), m.clk = 1, m.eval();
		m.rst = 0;
		memset(word, 0, sizeof(word));
		rang = compare = false;
	}
	/* percent: clocks with a write */
	void clock(unsigned percent)
	{
		unsigned n = r() % QUEUES, a = r() & 1;
		m.write = chance(r, percent);
		m.number = n, m.arm = a, m.write_data = r();
		m.clk = 0;
		m.eval();
		bool rx = rang && !arm && number < RX, tx = rang && !arm && number >= RX;
		if (m.rx_doorbell_valid != rx || m.tx_doorbell_valid != tx ||
		    m.arm_write_valid != (rang && arm))
			fail("the wrong bell, or none");
		if (rx && (m.rx_doorbell_queue != number || m.rx_doorbell_tail != count))
			fail("wrong receive queue or tail");
		if (tx && (m.tx_doorbell_queue != number - RX || m.tx_doorbell_tail != count))
			fail("wrong transmit queue or tail");
		if (rang && arm && (m.arm_write_queue != number || m.arm_write_seen != count))
			fail("wrong queue or count to arm");
		if (compare && m.read_data != expect)
			fail("a word is read wrong");
		rings += rang, nonzero += compare && m.read_data != 0;
		/* A write is read from the next clock on. */
		expect = word[n][a], compare = true;
		rang = m.write, arm = a, number = n, count = m.write_data;
		if (rang)
			word[n][a] = m.write_data & (a ? 0x8000ffff : 0xffff);
		m.clk = 1;
		m.eval();
		clocks++;
	}
};

int main()
{
	Verilated::randReset(2);
	tap t;
	bench b;

	b.reset();
	for (unsigned i = 0; i < 200; i++)
		b.clock(0);
	t.check(b.error.empty() && !b.rings && !b.nonzero, "all words are 0 after reset", b.error);
	for (unsigned percent : { 100, 50, 5 }) {
		uint64_t before = b.rings;
		for (unsigned i = 0; i < 50000; i++)
			b.clock(percent);
		t.check(b.error.empty() && b.rings - before > 1000 && b.nonzero,
			"writes in " + std::to_string(percent) + "% of the clocks ring once each",
			b.error);
	}
	b.reset();
	b.rings = b.nonzero = 0;
	for (unsigned i = 0; i < 200; i++)
		b.clock(0);
	t.check(b.error.empty() && !b.rings && !b.nonzero, "reset clears every word", b.error);
	for (unsigned i = 0; i < 20000; i++) {
		b.clock(50);
		if (b.r() % 100 == 0)
			b.reset();
	}
	t.check(b.error.empty() && b.rings > 1000, "resets between writes", b.error);
	return t.finish();
}
