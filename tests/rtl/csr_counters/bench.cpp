/* SPDX-License-Identifier: BSD-3-Clause */

/* csr_counters: every event is counted in its bank, a read holds exactly the events before it. */

#include "Vcsr_counters.h"
#include "axis.h"

using namespace axis;

static const unsigned PORTS = 2, BANKS = 2 * PORTS + 6;
/* Counters of each bank, in the order of read_select */
static const unsigned SIZE[BANKS] = { 8, 8, 8, 8, 32, 32, 8, 64, 64, 16 };
/* Packets and bytes of each */
static const unsigned READS = 2 * (4 * 8 + 2 * 32 + 8 + 2 * 64 + 16);

struct bench {
	struct counter {
		uint64_t packets, bytes;
	};
	struct event {
		bool valid;
		unsigned index, bytes;
	};
	Vcsr_counters m;
	rng r{ 10 };
	counter model[BANKS][64] = {};
	bool reading = false, granted = false;
	unsigned bank = 0, index = 0, since = 0, since_reset = 0;
	uint64_t expect = 0, clocks = 0, reads = 0, nonzero = 0, events = 0, waited = 0;
	std::string error;

	void fail(const std::string &why)
	{
		if (error.empty())
			error = why + " (clock " + std::to_string(clocks) + ")";
	}
	void reset()
	{
		m.rst = 1, m.read_valid = 0;
		clear();
		m.clk = 0, m.eval(), m.clk = 1, m.eval();
		m.rst = 0;
		since_reset = 0;
		memset(model, 0, sizeof(model));
		reading = granted = false;
	}
	void clear()
	{
		m.port_rx_event_valid = m.port_tx_event_valid = 0;
		m.deliver_event_valid = m.verdict_event_valid = m.tx_checksum_event_valid = 0;
		m.rx_queue_event_valid = m.tx_queue_event_valid = m.flow_event_valid = 0;
	}
	void drive(const event *e)
	{
		m.port_rx_event_valid = e[0].valid | e[1].valid << 1;
		m.port_rx_event_result = e[0].index | e[1].index << 3;
		m.port_rx_event_bytes = e[0].bytes | e[1].bytes << 14;
		m.port_tx_event_valid = e[2].valid | e[3].valid << 1;
		m.port_tx_event_result = e[2].index | e[3].index << 3;
		m.port_tx_event_bytes = e[2].bytes | e[3].bytes << 14;
		m.deliver_event_valid = e[4].valid;
		m.deliver_event_index = e[4].index, m.deliver_event_bytes = e[4].bytes;
		m.verdict_event_valid = e[5].valid;
		m.verdict_event_index = e[5].index, m.verdict_event_bytes = e[5].bytes;
		m.tx_checksum_event_valid = e[6].valid;
		m.tx_checksum_event_index = e[6].index, m.tx_checksum_event_bytes = e[6].bytes;
		m.rx_queue_event_valid = e[7].valid;
		m.rx_queue_event_index = e[7].index, m.rx_queue_event_bytes = e[7].bytes;
		m.tx_queue_event_valid = e[8].valid;
		m.tx_queue_event_index = e[8].index, m.tx_queue_event_bytes = e[8].bytes;
		m.flow_event_valid = e[9].valid;
		m.flow_event_index = e[9].index, m.flow_event_bytes = e[9].bytes;
	}
	void ask(unsigned b, unsigned i, bool unit)
	{
		bank = b, index = i, since = 0;
		reading = true, granted = false;
		m.read_select = 1u << b;
		m.read_port_index = b < 2 * PORTS ? i : r() & 7;
		m.read_deliver_index = b == 4 || b == 5 ? i : r() & 31;
		m.read_checksum_index = b == 6 ? i : r() & 7;
		m.read_rx_queue_index = b == 7 ? i : r() & 63;
		m.read_tx_queue_index = b == 8 ? i : r() & 63;
		m.read_flow_index = b == 9 ? i : r() & 15;
		m.read_unit = unit;
	}
	/* While it clears: the clocks that this takes, with a read that waits */
	unsigned settle()
	{
		unsigned n = 0;
		ask(0, 0, false);
		m.read_valid = 1;
		do {
			m.clk = 0, m.eval();
			if (m.read_done)
				fail("a read while it clears");
			if (!m.clearing)
				break;
			if (!m.busy)
				fail("not busy while it clears");
			m.clk = 1, m.eval();
			clocks++, since_reset++, n++;
		} while (n < 10000);
		reading = false;
		clock(0, 0, ALL);
		return n;
	}
	/* Indexes of the events and the reads: all of a bank, two, or one with the largest frames */
	enum range { ALL, TWO, ONE };
	/* Percent of the clocks with an event in each bank, and with a new read when none runs */
	void clock(unsigned rate, unsigned read, range in)
	{
		event e[BANKS];
		auto some = [&](unsigned b) {
			return in == ONE ? SIZE[b] - 1 :
					   (unsigned)(r() % (in == ALL ? SIZE[b] : 2));
		};
		for (unsigned b = 0; b < BANKS; b++)
			e[b] = { chance(r, rate), some(b),
				 in == ONE ? 0x3fff : (unsigned)r() & 0x3fff };
		drive(e);
		if (!reading && chance(r, read)) {
			unsigned b = r() % BANKS;
			ask(b, some(b), r() & 1);
		}
		m.read_valid = reading;
		m.clk = 0;
		m.eval();
		if (m.read_done) {
			if (!granted || since != LATENCY)
				fail("read_done in a wrong clock: " + std::to_string(since));
			else if (m.read_data != expect)
				fail("a counter of bank " + std::to_string(bank) +
				     " is read wrong");
			reading = granted = false;
			reads++, nonzero += m.read_data != 0;
		} else if (reading) {
			if (granted && since > LATENCY)
				fail("no read_done");
			/* The first and the last of every 4 clocks, but not the read's first */
			if (!granted && since && !e[bank].valid && (since_reset + 1) % 4 < 2) {
				granted = true, since = 0;
				const counter &c = model[bank][index];
				expect = m.read_unit ? c.bytes : c.packets;
			}
			waited += !granted;
			since++;
		}
		if (granted && since > 1 && !m.busy)
			fail("not busy with a read inside");
		for (unsigned b = 0; b < BANKS; b++) {
			if (!e[b].valid)
				continue;
			events++;
			model[b][e[b].index].packets++;
			model[b][e[b].index].bytes += e[b].bytes;
		}
		m.clk = 1;
		m.eval();
		clocks++, since_reset++;
	}
	void read_all()
	{
		for (unsigned b = 0; b < BANKS; b++)
			for (unsigned i = 0; i < 2 * SIZE[b]; i++) {
				ask(b, i / 2, i & 1);
				for (unsigned n = 0; n < 20 && reading; n++)
					clock(0, 0, ALL);
				if (reading)
					fail("no answer");
			}
	}
	static const unsigned LATENCY = 6;
};

int main()
{
	Verilated::randReset(2);
	tap t;
	bench b;

	b.reset();
	unsigned settled = b.settle();
	t.check(b.error.empty() && settled > 200 && settled < 300,
		"the counters are cleared after reset", std::to_string(settled) + " clocks");
	b.read_all();
	t.check(b.error.empty() && b.reads == READS && !b.nonzero, "all counters are 0 after reset",
		b.error);
	static const unsigned mixes[][3] = { { 100, 0, b.ALL },	 { 80, 30, b.TWO },
					     { 50, 100, b.ALL }, { 5, 100, b.TWO },
					     { 100, 0, b.ONE },	 { 95, 100, b.ONE } };
	for (auto &c : mixes) {
		uint64_t reads = b.reads, waited = b.waited;
		for (unsigned i = 0; i < 40000; i++)
			b.clock(c[0], c[1], (bench::range)c[2]);
		for (unsigned i = 0; i < 10; i++)
			b.clock(0, 0, b.TWO);
		std::string n = "events in " + std::to_string(c[0]) + "% of the clocks, reads " +
				std::to_string(c[1]) + "%" + (c[2] == b.ONE ? ", one index" : "");
		t.check(b.error.empty() && !b.reading && !b.m.busy, n + ": every read is exact",
			b.error);
		t.check(!c[1] || (b.reads - reads > (c[2] == b.ONE ? 500 : 2000) &&
				  b.waited - waited > 50),
			n + ": reads pass", std::to_string(b.reads - reads));
	}
	uint64_t nonzero = b.nonzero;
	b.read_all();
	t.check(b.error.empty() && b.nonzero - nonzero == READS, "every counter at the end",
		b.error);
	b.clock(100, 100, b.ALL);
	b.reset();
	b.settle();
	nonzero = b.nonzero;
	b.read_all();
	t.check(b.error.empty() && b.nonzero == nonzero, "reset clears every counter", b.error);
	return t.finish();
}
