/* SPDX-License-Identifier: BSD-3-Clause */

/* completion_writer: the rings as software sees them, polled by their phase bits. */

#include <map>

#include "Vcompletion_writer.h"
#include "axis.h"

static constexpr unsigned BUS = DATA_W / 8, LINE = BUS < 32 ? 32 : BUS;
static constexpr unsigned Q = 8, QPF = 4, RINGS = 16;

struct ring_model {
	uint64_t base;
	unsigned size_log2, entry;
	axis::bytes memory;
	uint64_t seen = 0;
	struct expected {
		unsigned index, status;
		axis::bytes words;
		bool first = true, more = false, truncated = false;
		unsigned bytes = 0;
	};
	std::deque<expected> waiting;
	unsigned unconsumed = 0, index = 0;
	bool enabled = true, broken = false;
	uint64_t lost = 0, acknowledged = 0;
	uint64_t completions = 0, covered = 0;
};

struct line {
	unsigned ring;
	std::vector<std::pair<uint64_t, uint8_t>> writes;
	uint64_t due;
	bool refused;
	unsigned entries;
};

struct bench {
	axis::rng r;
	Vcompletion_writer m;
	ring_model ring[RINGS];
	std::deque<std::pair<unsigned, ring_model::expected>> frames;
	std::deque<line> lines;
	std::deque<unsigned> event_expected;
	std::string error;
	uint64_t entry_at = 0,
		 line_at = 0; /* clocks of the last entry taken, and of the last line given */
	uint64_t clocks = 0, pairs = 0, n_lines = 0, entries_in = 0, frames_in = 0, dones = 0,
		 events = 0, refused = 0;
	unsigned stall = 0, latency = 20, jitter = 0, refuse = 0, frame_error = 0, tx_error = 0,
		 busy_percent = 0, cut_percent = 0;
	unsigned long rx_left[Q] = {}, tx_left[Q] = {};
	unsigned frame_gap = 0;
	uint64_t last_frame = 0;
	bool entry_active = false, tx_active = false, done_active = false;
	unsigned entry_queue = 0, tx_queue = 0;
	ring_model::expected entry, tx;
	unsigned pieces = 0; /* of a frame that are to come */
	bool frame_refused = false;
	uint64_t whole = 0, cut = 0, truncated = 0, refused_before = 0;
	unsigned first_queue = 0;

	bench(uint64_t seed, const unsigned *sizes) : r(seed)
	{
		for (unsigned i = 0; i < RINGS; i++) {
			ring_model &g = ring[i];
			g.entry = i < Q ? 32 : 8;
			g.size_log2 = sizes[i % Q];
			/* Some cross a 4 GiB boundary. */
			g.base = ((uint64_t)(i + 1) << 40) + (((uint64_t)(r() % 100) + 1) << 32) -
				 (i % 2 ? 128 * (r() % 3) : 0);
			g.memory.assign((size_t)g.entry << g.size_log2, 0);
			axis::bytes unused;
		}
		config();
		m.rst = 1, m.rx_enable = 0, m.tx_enable = 0;
		m.entry_valid = 0, m.frame_done_valid = 0, m.tx_done_valid = 0, m.m_line_ready = 0,
		m.line_done_valid = 0;
		for (int i = 0; i < 4; i++)
			m.clk = 0, m.eval(), m.clk = 1, m.eval();
		m.rst = 0;
	}
	void config()
	{
		axis::bytes b(Q * 8);
		for (int tx = 0; tx < 2; tx++) {
			uint32_t sizes = 0;
			for (unsigned i = 0; i < Q; i++) {
				memcpy(&b[i * 8], &ring[tx * Q + i].base, 8);
				sizes |= ring[tx * Q + i].size_log2 << 4 * i;
			}
			axis::put(tx ? m.tx_base : m.rx_base, b.data(), Q * 8);
			(tx ? m.tx_size_log2 : m.rx_size_log2) = sizes;
		}
	}
	void fail(const std::string &why)
	{
		if (error.empty())
			error = why + " (clock " + std::to_string(clocks) + ")";
	}
	unsigned completed(unsigned i)
	{
		axis::bytes b(16);
		axis::get(i < Q ? m.rx_completed : m.tx_completed, b.data(), 16);
		return b[i % Q * 2] | b[i % Q * 2 + 1] << 8;
	}
	bool flag(unsigned i, uint8_t rx, uint8_t tx) { return (i < Q ? rx : tx) >> (i % Q) & 1; }
	void poll(unsigned i)
	{
		ring_model &g = ring[i];
		for (;;) {
			uint8_t *e = &g.memory[(g.seen & ((1u << g.size_log2) - 1)) * g.entry];
			bool phase = e[g.entry - 1] >> 7, want = !(g.seen >> g.size_log2 & 1);
			if (phase != want)
				return;
			g.seen++, g.completions++;
			if (i < Q) {
				unsigned index = e[28] | e[29] << 8, status = e[30] & 15;
				if (g.waiting.empty())
					return fail("a completion of no frame");
				auto &x = g.waiting.front();
				axis::bytes words(e, e + 24);
				if (index != x.index || status != x.status || words != x.words ||
				    e[24] || e[27] || (e[30] >> 4) != x.more || e[31] & 0x7f)
					fail("wrong receive completion");
				g.waiting.pop_front();
				g.unconsumed--, g.covered++;
			} else {
				unsigned index = e[0] | e[1] << 8, status = e[4] & 15;
				if (e[2] || e[3] || e[4] >> 4 || e[5] || e[6] || e[7] & 0x7f)
					fail("reserved bits");
				bool found = false;
				while (!g.waiting.empty() && !found) {
					auto x = g.waiting.front();
					g.waiting.pop_front();
					g.unconsumed--, g.covered++;
					found = x.index == index;
					if (found ? x.status != status : x.status != 0)
						fail("wrong transmit status, or an error is "
						     "covered");
				}
				if (!found)
					fail("a transmit completion of no descriptor");
			}
		}
	}
	void clock()
	{
		uint8_t rx = 0, tx_on = 0;
		for (unsigned i = 0; i < Q; i++)
			rx |= ring[i].enabled << i, tx_on |= ring[Q + i].enabled << i;
		m.rx_enable = rx, m.tx_enable = tx_on;
		if (!entry_active) {
			m.entry_valid = 0;
			if (!axis::chance(r, stall) && clocks >= last_frame + frame_gap) {
				/* A queue of the same number again and again makes pairs. */
				unsigned q = r() % 4 ? first_queue : r() % Q;
				if (pieces)
					q = entry_queue;
				/* The pieces of a frame follow each other. */
				for (unsigned k = 0; k < (pieces ? 1 : Q) && !entry_active;
				     k++, q = (q + 1) % Q)
					if ((rx_left[q] || pieces) && ring[q].enabled &&
					    !ring[q].broken &&
					    ring[q].unconsumed < 1u << ring[q].size_log2) {
						entry_active = true;
						entry_queue = q;
						last_frame = clocks;
					}
				first_queue = r() % 32 ? entry_queue : r() % Q;
				if (entry_active) {
					ring_model &g = ring[entry_queue];
					rx_left[entry_queue] -= rx_left[entry_queue] != 0;
					g.unconsumed++;
					entry.index = g.index++ & ((1u << g.size_log2) - 1);
					entry.status = 0;
					entry.first = !pieces;
					if (!pieces) {
						pieces = axis::chance(r, cut_percent) ?
								 2 + r() % 4 :
								 1;
						entry.bytes = r() & 0x3fff;
					}
					pieces--;
					/* At times the queue stops within a frame: no last piece. */
					if (pieces && axis::chance(r, cut_percent / 8)) {
						pieces = 0;
						entry.more = true;
					} else {
						entry.more = pieces != 0;
					}
					entry.truncated =
						!entry.more && !entry.first && axis::chance(r, 40);
					entry.words.resize(24);
					for (auto &b : entry.words)
						b = (uint8_t)r();
					m.entry_valid = 1;
					m.entry_queue = entry_queue;
					m.entry_index = entry.index;
					m.entry_first = entry.first, m.entry_more = entry.more;
					m.entry_truncated = entry.truncated;
					m.entry_bytes = entry.bytes;
					axis::put(m.entry_words, entry.words.data(), 24);
				}
			}
		}
		if (!tx_active) {
			m.tx_done_valid = 0;
			if (!axis::chance(r, stall)) {
				unsigned q = r() % Q;
				ring_model &g = ring[Q + q];
				if (tx_left[q] && g.enabled && !g.broken &&
				    g.unconsumed < 1u << g.size_log2) {
					tx_active = true, tx_queue = q;
					tx_left[q]--;
					g.unconsumed++;
					tx.index = g.index++ & ((1u << g.size_log2) - 1);
					tx.status = axis::chance(r, tx_error) ? 1 + r() % 3 : 0;
					m.tx_done_valid = 1;
					m.tx_done_gq = q, m.tx_done_index = tx.index,
					m.tx_done_status = tx.status;
				}
			}
		}
		if (!done_active) {
			m.frame_done_valid = 0;
			if (!frames.empty() && !axis::chance(r, stall)) {
				m.frame_done_valid = 1;
				m.frame_done_error = axis::chance(r, frame_error);
				done_active = true;
			}
		}
		m.line_done_valid = !lines.empty() && lines.front().due <= clocks;
		if (m.line_done_valid) {
			line &l = lines.front();
			ring_model &g = ring[l.ring];
			m.line_done_error = l.refused;
			if (!l.refused)
				for (auto &w : l.writes)
					g.memory[w.first - g.base] = w.second;
			else
				g.broken = true, refused++;
			(g.broken ? g.lost : g.acknowledged) += l.entries;
			lines.pop_front();
		}
		m.m_line_ready = 0;
		m.clk = 0;
		m.eval();
		/* Like dma_write: only urgent lines when frames are waiting. */
		m.m_line_ready = !axis::chance(r, stall) &&
				 (m.m_line_urgent || !axis::chance(r, busy_percent));
		m.eval();
		check_active();
		if (m.entry_valid && m.entry_ready) {
			entry_active = false, entries_in++;
			entry_at = clocks;
			frames.push_back({ entry_queue, entry });
		}
		if (m.tx_done_valid && m.tx_done_ready) {
			tx_active = false;
			ring[Q + tx_queue].waiting.push_back(tx);
		}
		if (m.frame_done_valid && m.frame_done_ready) {
			done_active = false;
			if (frames.empty()) {
				fail("taken without an entry");
			} else {
				auto f = frames.front();
				frames.pop_front();
				auto &x = f.second;
				x.status = m.frame_done_error ? 1 : x.truncated ? 4 : 0;
				ring[f.first].waiting.push_back(x);
				frame_refused = m.frame_done_error || (frame_refused && !x.first);
				if (!x.more) {
					event_expected.push_back(f.first << 3 |
								 (frame_refused ? 3 :
								  x.truncated	? 1 :
										  0) |
								 x.bytes << 8);
					whole += x.first, cut += !x.first, truncated += x.truncated;
					refused_before += frame_refused && !m.frame_done_error;
					frames_in++;
				}
				dones++;
			}
		}
		if (m.done_event_valid) {
			unsigned e = m.done_event_index | (unsigned)m.done_event_bytes << 8;
			if (event_expected.empty() || event_expected.front() != e)
				fail("wrong event");
			if (!event_expected.empty())
				event_expected.pop_front();
			events++;
		}
		if (m.m_line_valid && m.m_line_ready) {
			line_at = clocks;
			line l;
			axis::bytes data(LINE), strobe(LINE / 8);
			axis::get(m.m_line_data, data.data(), LINE);
			axis::get(m.m_line_strobe, strobe.data(), LINE / 8);
			uint64_t a = m.m_line_address;
			l.ring = RINGS;
			for (unsigned i = 0; i < RINGS; i++)
				if (a >= (ring[i].base & ~(uint64_t)(BUS - 1)) &&
				    a < ring[i].base + ring[i].memory.size())
					l.ring = i;
			if (l.ring == RINGS || a % BUS || m.m_line_function != l.ring % Q / QPF) {
				fail("a line outside every ring, not aligned, or of another "
				     "function");
			} else {
				ring_model &g = ring[l.ring];
				for (unsigned i = 0; i < (m.m_line_full ? LINE : BUS); i++) {
					if (!(strobe[i / 8] >> (i % 8) & 1))
						continue;
					if (a + i < g.base || a + i >= g.base + g.memory.size())
						fail("a byte outside the ring");
					else
						l.writes.push_back({ a + i, data[i] });
				}
				l.entries = l.writes.size() / g.entry;
				if (l.writes.size() % g.entry || !l.entries || l.entries > 2 ||
				    (l.entries == 2 && LINE < 64))
					fail("not whole entries");
				pairs += l.entries == 2;
				l.due = clocks + 2 + latency + (jitter ? r() % jitter : 0);
				l.refused = axis::chance(r, refuse);
				if (refuse && r() % 40)
					l.refused = false;
				n_lines++;
				lines.push_back(l);
			}
		}
		m.clk = 1;
		m.eval();
		clocks++;
		for (unsigned i = 0; i < RINGS; i++)
			if (!ring[i].broken)
				poll(i);
	}
	/* From the clock behind the one in which it is taken to its answer a completion is told of. */
	void check_active()
	{
		bool inside[RINGS] = {};
		for (auto &f : frames)
			inside[f.first] = true;
		for (auto &l : lines)
			if (l.ring < RINGS)
				inside[l.ring] = true;
		for (unsigned i = 0; i < RINGS; i++) {
			if (!inside[i] && (ring[i].waiting.empty() || ring[i].broken))
				continue;
			if (!flag(i, m.rx_active, m.tx_active))
				fail("a queue with completions under way is not active");
			if (!m.busy)
				fail("not busy with completions under way");
		}
	}
	bool pending()
	{
		if (m.busy || entry_active || tx_active || !frames.empty() || !lines.empty())
			return true;
		for (unsigned i = 0; i < Q; i++)
			if ((rx_left[i] && !ring[i].broken && ring[i].enabled) ||
			    (tx_left[i] && !ring[Q + i].broken && ring[Q + i].enabled))
				return true;
		return false;
	}
	bool run(uint64_t limit)
	{
		uint64_t end = clocks + limit;
		for (int i = 0; i < 10; i++)
			clock();
		while (pending() && clocks < end)
			clock();
		bool done = clocks < end;
		for (int i = 0; i < 20; i++)
			clock();
		return done;
	}
};

static void check_all(axis::tap &t, bench &b, const std::string &n, bool done)
{
	t.check(done, n + ": finishes");
	t.check(b.error.empty(),
		n + ": each completion, once, in order, in its place, and no other byte", b.error);
	bool counts = true, errors = true, active = false, waiting = false;
	for (unsigned i = 0; i < RINGS; i++) {
		ring_model &g = b.ring[i];
		if (!g.broken) {
			counts &= b.completed(i) == (g.seen & 0xffff);
			waiting |= !g.waiting.empty();
		}
		counts &= b.completed(i) == (g.acknowledged & 0xffff);
		errors &= b.flag(i, b.m.rx_ring_error, b.m.tx_ring_error) == g.broken;
		active |= b.flag(i, b.m.rx_active, b.m.tx_active);
	}
	t.check(!waiting, n + ": nothing is left over");
	t.check(counts, n + ": completed is what software has seen, and "
			    "stops at the first that is refused");
	t.check(errors, n + ": ring_error where a completion was refused, and only there");
	t.check(!active && !b.m.busy, n + ": idle at the end");
	t.check(b.events == b.frames_in && b.event_expected.empty() && b.dones == b.entries_in,
		n + ": one event a frame");
}

int main()
{
	axis::tap t;
	const unsigned small[Q] = { 3, 4, 5, 3, 6, 7, 3, 8 },
		       all[Q] = { 3, 5, 8, 10, 12, 13, 14, 15 };
	if (LINE < 64) { /* where none waits for its neighbour */
		bench b(9, small);
		b.rx_left[0] = 1;
		bool done = b.run(1000);
		t.check(done && b.n_lines == 1 && b.line_at - b.entry_at == 13,
			"13 clocks from an entry to its line",
			std::to_string(b.line_at - b.entry_at));
	}
	{
		bench b(1, small);
		b.stall = 20, b.jitter = 60, b.frame_error = 5, b.tx_error = 10,
		b.busy_percent = 50;
		for (unsigned i = 0; i < Q; i++)
			b.rx_left[i] = b.tx_left[i] = 3000;
		check_all(t, b, "stalls and errors", b.run(2000000));
	}
	{
		bench b(7, small);
		b.stall = 95, b.jitter = 60;
		for (unsigned i = 0; i < Q; i++)
			b.rx_left[i] = b.tx_left[i] = 100;
		check_all(t, b, "one at a time", b.run(2000000));
	}
	{
		bench b(6, small);
		b.stall = 20, b.jitter = 60, b.frame_error = 5, b.cut_percent = 40,
		b.busy_percent = 50;
		for (unsigned i = 0; i < Q; i++)
			b.rx_left[i] = b.tx_left[i] = 3000;
		check_all(t, b, "frames over several buffers", b.run(2000000));
		t.check(b.whole > 1000 && b.cut > 1000 && b.truncated > 100 &&
				b.refused_before > 100,
			"frames over several buffers: every kind occurs");
	}
	{
		bench b(2, all);
		b.busy_percent = 90, b.latency = 60;
		for (unsigned i = 0; i < Q; i++)
			b.rx_left[i] = b.tx_left[i] = 70000;
		check_all(t, b, "rings of 8 to 32768, counts beyond 65536", b.run(6000000));
		uint64_t tx_lines = 0, tx_covered = 0, rx = 0;
		for (unsigned i = 0; i < Q; i++)
			tx_lines += b.ring[Q + i].completions, tx_covered += b.ring[Q + i].covered,
				rx += b.ring[i].completions;
		printf("# %u bits: %lu receive completions, %lu pairs; %lu transmit completions "
		       "for %lu descriptors\n",
		       DATA_W, (unsigned long)rx, (unsigned long)b.pairs, (unsigned long)tx_lines,
		       (unsigned long)tx_covered);
		t.check(rx == Q * 70000ul && tx_covered == Q * 70000ul,
			"every frame and descriptor is completed");
		t.check(LINE < 64 || b.pairs > rx / 8, "neighbours share a line");
	}
	{
		/* Refused completions, then stop and start of every queue. */
		bench b(3, small);
		b.stall = 10, b.jitter = 100, b.refuse = 60;
		for (unsigned round = 0; round < 20; round++) {
			for (unsigned i = 0; i < Q; i++)
				b.rx_left[i] = b.tx_left[i] = 200;
			bool done = b.run(500000);
			if (round == 0 || round == 19 || !done || !b.error.empty())
				check_all(t, b,
					  "refused completions, round " + std::to_string(round),
					  done);
			if (!done || !b.error.empty())
				break;
			for (unsigned i = 0; i < RINGS; i++)
				b.ring[i].enabled = false;
			for (int i = 0; i < 3; i++)
				b.clock();
			if (b.m.rx_ring_error || b.m.tx_ring_error)
				b.fail("ring_error is not cleared");
			for (unsigned i = 0; i < RINGS; i++) {
				ring_model &g = b.ring[i];
				g.enabled = true, g.broken = false;
				g.seen = 0, g.unconsumed = 0, g.index = 0;
				g.acknowledged = 0;
				g.waiting.clear();
				std::fill(g.memory.begin(), g.memory.end(), 0);
			}
		}
		t.check(b.refused > 20, "completions were refused", std::to_string(b.refused));
	}
	{
		/* Stop with frames and descriptors in flight: they finish, then the queue is idle. */
		bench b(4, small);
		b.latency = 200;
		for (unsigned i = 0; i < Q; i++)
			b.rx_left[i] = b.tx_left[i] = 1000;
		for (int i = 0; i < 300; i++)
			b.clock();
		for (unsigned i = 0; i < RINGS; i++)
			b.ring[i].enabled = false;
		b.clock();
		bool active = b.m.rx_active && b.m.tx_active;
		check_all(t, b, "stopped in flight", b.run(20000));
		t.check(active, "stopped in flight: active until the last answer");
	}
	{
		bench b(5, all);
		b.latency = 60;
		b.first_queue = 7;
		b.rx_left[7] = 20000;
		uint64_t start = b.clocks;
		b.run(1000000);
		double rate = (b.clocks - start) / 20000.;
		printf("# %u bits, one queue, bus idle: %.2f clocks a receive completion\n", DATA_W,
		       rate);
		t.check(rate < (LINE == 64 ? 1.2 : 2.2),
			"a receive completion for every line of the bus");
	}
	return t.finish();
}
