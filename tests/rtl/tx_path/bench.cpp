/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Bench of the transmit DMA: descriptors in a host's memory become frames. Every byte, order,
 * status, count and access is checked; then the clocks a frame costs at several latencies.
 */

#include "Vtx_path.h"
#include "../dma_read/axi_read_host.h"

#include <map>
#include <unordered_map>

using namespace axis;

static const unsigned DMA_BYTES = DATA_W < 128 ? 16 : DATA_W / 8;
static const unsigned QUEUES = 8, META_BYTES = 35;
static const unsigned MAX_FRAME = 9728;

enum { OK, DMA_ERROR, LENGTH_ERROR, UNSUPPORTED };

struct frame_out {
	bytes data;
	unsigned gq, flags;
};

struct job {
	unsigned index, length, status;
	uint64_t address;
	bytes data;
	unsigned flags;
};

struct queue_state {
	bool enabled = false;
	unsigned log2 = 6, generation = 0;
	uint64_t posted = 0, done = 0;
	std::deque<job> jobs; /* posted, no tx_done yet */
	std::deque<frame_out> frames; /* good ones that have not left */
};

struct bench {
	Vtx_path m;
	rng r;
	axi::read_host<Vtx_path> host;
	sink<decltype(m.m_axis_tdata), decltype(m.m_axis_tkeep), decltype(m.m_axis_tuser)> out;
	queue_state q[QUEUES];
	std::unordered_map<uint64_t, bytes> pages[16];
	std::map<uint64_t, uint64_t>
		buffers[16]; /* page-exact map of what may be read: start -> end */
	std::string error;
	uint64_t clocks = 0, frames_out = 0, bytes_out = 0, dones = 0, next_buffer = 0x10000000;
	uint64_t by_result[QUEUES][8] = {}, event_bytes = 0, expected_event_bytes = 0;
	uint64_t expected_result[QUEUES][8] = {};
	unsigned done_stall = 0, bad_percent = 0, other_answers = 0;
	bool other = false;
	uint64_t last_frame_clock = 0;

	explicit bench(uint64_t seed)
		: r(seed), host(m, DMA_BYTES),
		  out(m.m_axis_tdata, m.m_axis_tkeep, m.m_axis_tlast, m.m_axis_tvalid,
		      m.m_axis_tready, m.m_axis_tuser, DATA_W / 8)
	{
		host.memory = [this](unsigned f, uint64_t a, uint8_t *dst, size_t n) {
			if (f == 15) {
				memset(dst, 0xa5, n);
				return true;
			}
			/* The word must touch something that the function was told to read. */
			auto it = buffers[f].upper_bound(a + n - 1);
			bool allowed = it != buffers[f].begin() && (--it)->second > a;
			if (!allowed)
				fail("read outside of buffers and rings");
			auto page = pages[f].find(a >> 12);
			if (page == pages[f].end())
				return false; /* not in the map */
			memcpy(dst, &page->second[a & 4095], n);
			return true;
		};
		m.rst = 1;
		m.doorbell_valid = 0;
		m.enable = 0;
		m.tx_enable = 3;
		m.other_valid = 0;
		for (int i = 0; i < 4; i++)
			clock();
		m.rst = 0;
	}
	void fail(const std::string &why)
	{
		if (error.empty())
			error = why + " (clock " + std::to_string(clocks) + ")";
	}
	void poke(unsigned f, uint64_t a, const uint8_t *src, size_t n)
	{
		while (n) {
			bytes &page = pages[f][a >> 12];
			page.resize(4096);
			size_t part = std::min<size_t>(n, 4096 - (a & 4095));
			memcpy(&page[a & 4095], src, part);
			a += part;
			src += part;
			n -= part;
		}
	}
	uint64_t ring_base(unsigned i) const
	{
		return 0x1000000ull * (i + 1) + 0x100000000ull * q[i].generation + 0x80;
	}
	void configure(unsigned i, unsigned log2)
	{
		q[i].log2 = log2;
		q[i].generation++;
		q[i].posted = q[i].done = 0;
		buffers[i / 4][ring_base(i)] = ring_base(i) + (16ull << log2);
		bytes zero(16ull << log2);
		poke(i / 4, ring_base(i), zero.data(), zero.size());
		bytes ring(QUEUES * 8), sizes(4);
		for (unsigned k = 0; k < QUEUES; k++) {
			set_field(ring, k * 64, 64, ring_base(k));
			set_field(sizes, k * 4, 4, q[k].log2);
		}
		put(m.ring, ring.data(), ring.size());
		put(m.size_log2, sizes.data(), sizes.size());
		q[i].enabled = true;
		m.enable |= 1u << i;
		clock();
	}
	bool room(unsigned i) const { return q[i].posted - q[i].done < 1ull << q[i].log2; }
	/* Writes a descriptor; the doorbell is apart. */
	void write(unsigned i, unsigned length, unsigned offset, unsigned status = OK)
	{
		job j;
		unsigned f = i / 4;
		j.index = (unsigned)(q[i].posted & ((1u << q[i].log2) - 1));
		j.length = length;
		j.status = status;
		j.flags = (unsigned)(r() & 3);
		j.address = next_buffer + offset;
		if (status == OK || status == DMA_ERROR) {
			j.data.resize(length);
			for (auto &b : j.data)
				b = (uint8_t)r();
			buffers[f][j.address] = j.address + length;
			next_buffer =
				((j.address + length + 4095) & ~4095ull) + (r() % 4 ? 0 : 4096);
			if (status == OK) {
				poke(f, j.address, j.data.data(), length);
			} else {
				/* One of its pages is not in the map. */
				poke(f, j.address, j.data.data(), length);
				uint64_t first = j.address >> 12,
					 last = (j.address + length - 1) >> 12;
				pages[f].erase(first + r() % (last - first + 1));
			}
			if (status == OK) {
				frame_out o;
				o.data = j.data;
				o.data.resize(std::max(length, 60u));
				o.gq = i;
				o.flags = j.flags;
				q[i].frames.push_back(o);
			}
		}
		uint32_t control = length | j.flags << 16 | (uint32_t)(r() & 3) << 14 |
				   (uint32_t)(r() & 0x1fff) << 19 |
				   (status == UNSUPPORTED ? 0 : 1u << 18);
		bytes d(16);
		memcpy(&d[0], &j.address, 8);
		memcpy(&d[8], &control, 4);
		poke(f, ring_base(i) + j.index * 16, d.data(), 16);
		expected_result[i][status]++;
		expected_event_bytes += length;
		q[i].posted++;
		q[i].jobs.push_back(j);
	}
	void write_random(unsigned i)
	{
		unsigned status = OK, length;
		switch (r() % 8) {
		case 0:
			length = 14 + (unsigned)(r() % 50);
			break;
		case 1:
			length = 1514;
			break;
		case 2:
			length = 14 + (unsigned)(r() % (r() % 8 ? 2000 : MAX_FRAME - 13));
			break;
		default:
			length = 60 + (unsigned)(r() % 100);
		}
		if (chance(r, bad_percent)) {
			status = 1 + (unsigned)(r() % 3);
			if (status == LENGTH_ERROR)
				length = r() % 2 ? (unsigned)(r() % 14) :
						   MAX_FRAME + 1 + (unsigned)(r() % 6655);
		}
		write(i, length, (unsigned)(r() % 3 ? (r() % 2) * 2 : r() % 4096), status);
	}
	void doorbell(unsigned i)
	{
		m.doorbell_valid = 1;
		m.doorbell_queue = i;
		m.doorbell_tail = (uint16_t)q[i].posted;
		clock();
	}
	void clock()
	{
		m.clk = 0;
		host.drive(r);
		out.drive(r);
		m.tx_done_ready = !chance(r, done_stall);
		m.other_valid = other;
		m.other_address = 0x1000;
		m.eval();
		if (!m.rst) {
			host.sample();
			size_t before = out.queue.size();
			out.sample();
			if (out.queue.size() != before)
				check_frame();
			if (m.tx_done_valid && m.tx_done_ready)
				check_done();
			if (m.event_valid) {
				by_result[m.event_index >> 3][m.event_index & 7]++;
				event_bytes += m.event_bytes;
			}
			other_answers += m.other_response;
		}
		m.clk = 1;
		m.eval();
		m.doorbell_valid = 0;
		clocks++;
	}
	void check_frame()
	{
		frame f = out.queue.front();
		out.queue.pop_front();
		unsigned function = (unsigned)field(f.user, 4, 4),
			 gq = function * 4 + (unsigned)field(f.user, 8, 8);
		last_frame_clock = clocks;
		frames_out++;
		bytes_out += f.data.size();
		if (gq >= QUEUES || q[gq].frames.empty())
			return fail("frame that nobody asked for");
		frame_out want = q[gq].frames.front();
		q[gq].frames.pop_front();
		if (f.data != want.data) {
			size_t i = 0;
			while (i < f.data.size() && i < want.data.size() &&
			       f.data[i] == want.data[i])
				i++;
			return fail("frame of " + std::to_string(want.data.size()) +
				    " bytes differs at " + std::to_string(i) + ", " +
				    std::to_string(f.data.size()) + " came");
		}
		bytes user(f.user.size(), 0);
		set_field(user, 0, 4, function);
		set_field(user, 4, 4, function);
		set_field(user, 8, 8, gq % 4);
		set_field(user, 16, 14, want.data.size());
		set_field(user, 62, 2, want.flags);
		if (f.user != user)
			fail("metadata");
	}
	void check_done()
	{
		queue_state &w = q[m.tx_done_gq];
		dones++;
		if (w.jobs.empty())
			return fail("tx_done without descriptor");
		job j = w.jobs.front();
		w.jobs.pop_front();
		w.done++;
		if (m.tx_done_index != j.index || m.tx_done_status != j.status)
			fail("tx_done index " + std::to_string(m.tx_done_index) + " status " +
			     std::to_string(m.tx_done_status) + ", wanted " +
			     std::to_string(j.index) + " " + std::to_string(j.status));
	}
	void run(unsigned n)
	{
		for (unsigned i = 0; i < n && error.empty(); i++)
			clock();
	}
	bool finish(unsigned limit = 400000)
	{
		for (unsigned i = 0; i < limit && error.empty(); i++) {
			bool left = false;
			for (auto &w : q)
				left = left || !w.jobs.empty() || !w.frames.empty();
			if (!left)
				break;
			clock();
		}
		run(300);
		for (unsigned i = 0; i < QUEUES; i++) {
			if (!q[i].jobs.empty() || !q[i].frames.empty())
				fail("queue " + std::to_string(i) + " not finished");
			for (unsigned k = 0; k < 8; k++)
				if (by_result[i][k] != expected_result[i][k])
					fail("events");
		}
		if (event_bytes != expected_event_bytes)
			fail("event bytes");
		if (m.busy)
			fail("busy although nothing is left");
		if (error.empty())
			error = host.error;
		if (error.empty())
			error = out.error;
		return error.empty();
	}
};

static void rate(tap &t, unsigned length, unsigned offset, unsigned descriptor_latency,
		 unsigned data_latency, double limit)
{
	bench b(1);
	const unsigned n = length < 100 ? 800 : 200, queues = 4;
	b.host.latency = [=](const axi::burst &u) {
		return u.address < 0x10000000 || u.address >= 0x100000000ull ? descriptor_latency :
									       data_latency;
	};
	b.next_buffer = 0x10000000;
	for (unsigned i = 0; i < queues; i++)
		b.configure(i, 10);
	for (unsigned k = 0; k < n; k++)
		b.write(k % queues, length, offset);
	for (unsigned i = 0; i < queues; i++)
		b.doorbell(i);
	uint64_t start = b.clocks;
	while (b.frames_out < 50 && b.clocks < start + 50000)
		b.clock();
	uint64_t first = b.last_frame_clock;
	bool ok = b.finish();
	double per = (double)(b.last_frame_clock - first) / (n - 50);
	printf("# %u/%u bits: %u bytes at offset %u, latency of descriptors %u, data %u: %.2f "
	       "clocks a frame\n",
	       DATA_W, DMA_BYTES * 8, length, offset, descriptor_latency, data_latency, per);
	t.check(ok && per <= limit,
		std::to_string(length) + " bytes, latencies " + std::to_string(descriptor_latency) +
			" and " + std::to_string(data_latency),
		b.error);
}

int main(int argc, char **argv)
{
	Verilated::commandArgs(argc, argv);
	tap t;

	struct {
		const char *name;
		unsigned stall, done, bad;
		bool shuffle;
		unsigned latency;
	} cases[] = {
		{ "frames of every size, no stalls", 0, 0, 0, false, 20 },
		{ "answers in any order, all sides stall", 30, 30, 0, true, 120 },
		{ "errors among good frames", 10, 10, 20, true, 80 },
		{ "errors only a little, a stream that stalls", 60, 0, 5, true, 60 },
	};
	for (auto &c : cases) {
		bench b(10 + c.stall);
		b.host.shuffle = c.shuffle;
		b.host.ar_stall = b.host.r_stall = c.stall / 2;
		b.host.latency = [&b, &c](const axi::burst &) {
			return 4 + (unsigned)(b.r() % c.latency);
		};
		b.out.stall_percent = c.stall;
		b.done_stall = c.done;
		b.bad_percent = c.bad;
		for (unsigned i = 0; i < QUEUES; i++)
			b.configure(i, 4 + i % 4);
		for (unsigned k = 0; k < 3000 && b.error.empty(); k++) {
			unsigned i = (unsigned)(b.r() % QUEUES), n = 1 + (unsigned)(b.r() % 8);
			bool any = false;
			while (n-- && b.room(i)) {
				b.write_random(i);
				any = true;
			}
			if (any)
				b.doorbell(i);
			b.run((unsigned)(b.r() % 100));
		}
		b.finish();
		printf("# %llu frames, %llu descriptors\n", (unsigned long long)b.frames_out,
		       (unsigned long long)b.dones);
		t.check(b.error.empty() && b.frames_out > 1000, c.name, b.error);
	}
	{ /* a stalled stream and a stalled tx_done hold up no other client */
		bench b(20);
		for (unsigned i = 0; i < QUEUES; i++)
			b.configure(i, 8);
		b.out.stall_percent = 100;
		for (unsigned k = 0; k < 256; k++)
			for (unsigned i = 0; i < QUEUES; i++)
				b.write(i, 60 + k, 0);
		for (unsigned i = 0; i < QUEUES; i++)
			b.doorbell(i);
		b.run(4000);
		unsigned before = b.other_answers;
		b.other = true;
		b.run(1000);
		b.other = false;
		bool ok = b.other_answers > before + 100 && b.frames_out == 0;
		b.out.stall_percent = 0;
		b.done_stall = 100;
		b.run(3000);
		before = b.other_answers;
		b.other = true;
		b.run(1000);
		b.other = false;
		ok = ok && b.other_answers > before + 100;
		b.done_stall = 0;
		t.check(b.finish() && ok && b.frames_out == 2048,
			"a stalled stream loses nothing and holds up no other read", b.error);
	}
	{ /* disable with everything in flight, enable again */
		bench b(30);
		b.host.shuffle = true;
		b.host.latency = [&b](const axi::burst &) { return 20 + (unsigned)(b.r() % 100); };
		bool ok = true;
		uint64_t taken = 0;
		for (unsigned round = 0; round < 150 && b.error.empty(); round++) {
			unsigned i = (unsigned)(b.r() % QUEUES);
			b.configure(i, 6);
			for (unsigned k = 0; k < 64; k++)
				b.write(i, 60 + (unsigned)(b.r() % 400), (unsigned)(b.r() % 64));
			b.doorbell(i);
			b.run((unsigned)(b.r() % 600));
			b.m.enable &= ~(1u << i);
			unsigned wait = 0;
			do {
				b.clock();
			} while (!(b.m.idle >> i & 1) && ++wait < 5000);
			ok = ok && wait < 5000;
			/* What has been taken was completed; the rest was not and never will be. */
			uint64_t done = b.q[i].done;
			for (unsigned k = 0; k < 20000 && b.m.busy; k++) /* the frames leave */
				b.clock();
			b.run(100);
			ok = ok && b.q[i].done == done &&
			     b.q[i].frames.size() == b.q[i].jobs.size() && !b.m.busy;
			taken += done;
			b.q[i].jobs.clear();
			b.q[i].frames.clear();
			b.buffers[i / 4].clear(); /* nothing may be read any more */
		}
		t.check(ok && b.error.empty() && taken > 500,
			"disable with reads in flight drains, whole frames", b.error);
	}
	{ /* a function's transmitter */
		bench b(40);
		b.configure(0, 6);
		b.configure(4, 6);
		b.m.tx_enable = 2;
		for (unsigned k = 0; k < 20; k++) {
			b.write(0, 100, 0);
			b.write(4, 100, 0);
		}
		b.doorbell(0);
		b.doorbell(4);
		b.run(2000);
		bool ok = b.q[0].done == 0 && b.q[4].done == 20;
		b.m.tx_enable = 3;
		t.check(b.finish() && ok, "tx_enable holds one function and not the other",
			b.error);
	}
	{ /* a ring that is not in the map */
		bench b(50);
		b.configure(3, 6);
		b.configure(2, 6);
		b.write(3, 100, 0);
		b.pages[0].erase(b.ring_base(3) >> 12);
		b.write(2, 100, 0);
		b.doorbell(3);
		b.doorbell(2);
		b.run(1000);
		t.check(b.m.ring_error == 1u << 3 && b.q[3].done == 0 && b.q[2].done == 1 &&
				!b.m.busy,
			"a ring that cannot be read stops its queue only", b.error);
	}
	{ /* fairness: one queue full of large frames, one of small */
		bench b(60);
		b.configure(0, 7);
		b.configure(1, 7);
		for (unsigned k = 0; k < 100; k++) {
			b.write(0, 1514, 0);
			b.write(1, 60, 0);
		}
		b.doorbell(0);
		b.doorbell(1);
		unsigned widest = 0;
		while (b.q[0].jobs.size() && b.error.empty()) {
			b.clock();
			unsigned gap =
				(unsigned)(b.q[1].done > b.q[0].done ? b.q[1].done - b.q[0].done :
								       b.q[0].done - b.q[1].done);
			widest = std::max(widest, gap);
		}
		t.check(b.finish() && widest <= 8, "queues take turns", b.error);
	}
	bool wide = DATA_W == 512;
	for (unsigned offset : { 0u, 2u }) {
		rate(t, 60, offset, 20, 20, wide ? 2.05 : 8.05);
		rate(t, 60, offset, 60, 60, wide ? 2.05 : 8.05);
		rate(t, 60, offset, 200, 150, wide ? 8 : 12);
		rate(t, 1514, offset, 20, 20, wide ? 24.3 : 190.1);
		rate(t, 1514, offset, 60, 60, wide ? 24.3 : 190.1);
		rate(t, 1514, offset, 200, 150, wide ? 40 : 190.1);
	}
	rate(t, 60, 37, 60, 60, wide ? 3 : 8.05);
	return t.finish();
}
