/* SPDX-License-Identifier: BSD-3-Clause */

/* dma_write: frames and lines against a host that answers late, out of order, and with errors. */

#include "Vdma_write.h"
#include "host_write.h"

static constexpr unsigned BUS = DATA_W / 8;
static constexpr unsigned LINE = BUS < 32 ? 32 : BUS;
static constexpr uint32_t LINE_OWNER = 1u << 31;

struct item {
	uint64_t address;
	unsigned function, length;
	axis::bytes data;
	unsigned answered = 0;
	bool refused = false;
};

struct bench {
	axis::rng r;
	Vdma_write m;
	host::write_host<Vdma_write, BUS> host;
	std::vector<item> frames, lines;
	size_t frame_in = 0, frame_done = 0, line_in = 0, line_done = 0;
	size_t offset = 0;
	bool frame_active = false, line_active = false;
	unsigned stall = 0, line_percent = 100, line_urgent = 50;
	/* A line follows every so many frames that are done; 0: at any time. */
	unsigned line_every = 0;
	uint64_t clocks = 0, early = 0, wrong_error = 0, idle = 0, first_done = 0, last_done = 0;
	uint64_t next[4];

	bench(uint64_t seed) : r(seed), host(m, r)
	{
		/* Near 4 GiB boundaries, so that the carry into the high word is seen. */
		for (unsigned f = 0; f < 4; f++)
			next[f] = ((uint64_t)(f + 1) << 40) + ((uint64_t)(r() % 3 + 1) << 32) -
				  r() % 300000;
		host.answered = [this](uint32_t owner, unsigned n, bool refused) {
			item &i =
				owner & LINE_OWNER ? lines[owner & ~LINE_OWNER] : frames[owner - 1];
			i.answered += n;
			i.refused |= refused;
		};
		m.rst = 1;
		m.s_frame_tvalid = 0, m.s_line_valid = 0, m.m_axi_bvalid = 0,
		m.frame_done_ready = 0;
		for (int i = 0; i < 4; i++)
			edge();
		m.rst = 0;
	}
	void edge()
	{
		m.clk = 0;
		m.eval();
		m.clk = 1;
		m.eval();
	}
	void add_frame(unsigned length, unsigned align)
	{
		item f;
		f.function = r() % 4;
		uint64_t &n = next[f.function];
		n += r() % 200;
		f.address = align ? (n + align - 1) / align * align : n;
		n = f.address + length + (r() % 4 ? r() % 100 : 0);
		f.length = length;
		f.data.resize(length);
		for (auto &b : f.data)
			b = (uint8_t)r();
		frames.push_back(f);
		host.allow(f.function, f.address, length, frames.size(), f.data.data());
	}
	void add_line()
	{
		item l;
		l.function = r() % 4;
		l.length = r() % 4 ? LINE : 8;
		uint64_t &n = next[l.function];
		l.address = (n + LINE - 1) / LINE * LINE;
		n = l.address + LINE;
		l.data.resize(LINE);
		for (auto &b : l.data)
			b = (uint8_t)r();
		host.allow(l.function, l.address, l.length, LINE_OWNER + lines.size(),
			   l.data.data());
		lines.push_back(l);
	}
	void clock()
	{
		if (!frame_active) {
			m.s_frame_tvalid = 0;
			if (frame_in < frames.size() && !axis::chance(r, stall)) {
				const item &f = frames[frame_in];
				axis::bytes beat(BUS);
				for (auto &b : beat)
					b = (uint8_t)r();
				size_t n = std::min<size_t>(BUS, f.length - offset);
				memcpy(beat.data(), f.data.data() + offset, n);
				axis::put(m.s_frame_tdata, beat.data(), BUS);
				m.s_frame_tlast = offset + n == f.length;
				m.s_frame_address = offset ? r() : f.address;
				m.s_frame_length = (offset ? r() : f.length) & 0x3fff;
				m.s_frame_function = (offset ? r() : f.function) & 15;
				m.s_frame_tvalid = 1;
				frame_active = true;
			}
		}
		if (!line_active) {
			m.s_line_valid = 0;
			if (line_in < lines.size() && line_in * line_every <= frame_done &&
			    axis::chance(r, line_percent)) {
				const item &l = lines[line_in];
				axis::bytes strobe(LINE / 8, 0);
				for (unsigned i = 0; i < l.length; i++)
					strobe[i / 8] |= 1 << i % 8;
				axis::put(m.s_line_data, l.data.data(), LINE);
				axis::put(m.s_line_strobe, strobe.data(), LINE / 8);
				m.s_line_full = l.length == LINE;
				m.s_line_address = l.address;
				m.s_line_function = l.function;
				m.s_line_urgent = axis::chance(r, line_urgent);
				m.s_line_valid = 1;
				line_active = true;
			}
		}
		m.frame_done_ready = !axis::chance(r, stall);
		host.drive();
		m.clk = 0;
		m.eval();
		host.sample();
		idle += !m.busy && (offset || frame_in > frame_done || line_in > line_done);
		if (m.s_frame_tvalid && m.s_frame_tready) {
			offset += BUS;
			frame_active = false;
			if (offset >= frames[frame_in].length) {
				offset = 0;
				frame_in++;
			}
		}
		if (m.s_line_valid && m.s_line_ready) {
			line_active = false;
			line_in++;
		}
		if (m.frame_done_valid && m.frame_done_ready) {
			const item &f = frames[frame_done++];
			early += f.answered != f.length;
			wrong_error += f.refused != !!m.frame_done_error;
			if (frame_done == frames.size() / 4)
				first_done = clocks;
			last_done = clocks;
		}
		if (m.line_done_valid) {
			const item &l = lines[line_done++];
			early += l.answered != l.length;
			wrong_error += l.refused != !!m.line_done_error;
		}
		m.clk = 1;
		m.eval();
		clocks++;
	}
	bool run(uint64_t limit)
	{
		uint64_t end = clocks + limit;
		while ((frame_done < frames.size() || line_done < lines.size()) && clocks < end)
			clock();
		bool done = frame_done == frames.size() && line_done == lines.size();
		for (int i = 0; i < 20; i++)
			clock();
		return done;
	}
};

static void random_test(axis::tap &t, const char *name, unsigned seed, unsigned stall,
			unsigned latency, unsigned jitter, unsigned refuse)
{
	bench b(seed);
	b.stall = stall, b.host.stall = stall;
	b.host.latency = latency, b.host.jitter = jitter;
	b.host.refuse = [&](uint32_t) { return axis::chance(b.r, refuse); };
	b.line_percent = 10;
	for (unsigned i = 0; i < 1500; i++) {
		unsigned kind = b.r() % 20;
		unsigned length = kind == 0 ? 16383 - b.r() % 500 :
				  kind < 4  ? 1 + b.r() % 16383 :
					      1 + b.r() % 300;
		b.add_frame(length, b.r() % 2 ? 64 : 0);
		if (b.r() % 2)
			b.add_line();
	}
	bool done = b.run(4000000);
	auto refused = [&](uint32_t o) {
		return o & LINE_OWNER ? b.lines[o & ~LINE_OWNER].refused : b.frames[o - 1].refused;
	};
	std::string n = name;
	t.check(done, n + ": every frame and line is answered",
		std::to_string(b.frame_done) + " frames, " + std::to_string(b.line_done) +
			" lines");
	t.check(b.host.error.empty(), n + ": AXI rules, no byte outside a buffer", b.host.error);
	t.check(b.host.differences(refused) == 0, n + ": memory is as expected");
	t.check(b.early == 0, n + ": done comes behind every response", std::to_string(b.early));
	t.check(b.wrong_error == 0, n + ": errors are told for the right frame and line",
		std::to_string(b.wrong_error));
	t.check(!refuse || b.host.refused, n + ": bursts were refused");
	t.check(!b.m.busy && !b.idle, n + ": busy while something is inside",
		std::to_string(b.idle) + " clocks");
}

/* Nothing else hides what is inside. */
static void single_test(axis::tap &t)
{
	bench b(5);
	bool done = true, fell = true;
	for (unsigned i = 0; i < 300; i++) {
		if (i % 2)
			b.add_line();
		else
			b.add_frame(1 + b.r() % 600, 0);
		b.host.latency = b.r() % 8;
		done = b.run(2000) && done;
		fell = !b.m.busy && fell;
	}
	t.check(done && b.host.error.empty(), "one after another: answered", b.host.error);
	t.check(fell && !b.idle, "one after another: busy while it is inside, and no longer",
		std::to_string(b.idle) + " clocks");
}

static void rate_test(axis::tap &t, unsigned length, unsigned latency, unsigned line_every,
		      double most)
{
	bench b(7);
	b.host.latency = latency;
	b.line_every = line_every;
	b.line_urgent = 100;
	for (unsigned i = 0; i < 1000; i++) {
		b.add_frame(length, 64);
		if (line_every && i % line_every == 0)
			b.add_line();
	}
	bool done = b.run(1000000);
	double rate = (b.last_done - b.first_done) / (b.frames.size() * 0.75);
	char name[160];
	snprintf(name, sizeof(name),
		 "%u-byte frames, write latency %u, a line every %u frames: at most %.2f clocks a "
		 "frame",
		 length, latency, line_every, most);
	printf("# %u bits, %u bytes, latency %u, line every %u: %.2f clocks a frame, %lu bursts "
	       "waiting at most\n",
	       DATA_W, length, latency, line_every, rate, (unsigned long)b.host.max_waiting);
	t.check(done && rate <= most && b.host.error.empty(), name, b.host.error);
}

int main()
{
	axis::tap t;
	random_test(t, "no stalls", 1, 0, 5, 0, 0);
	random_test(t, "stalls and jitter", 2, 30, 20, 200, 0);
	random_test(t, "long answers, refusals", 3, 5, 150, 400, 3);
	random_test(t, "heavy stalls, refusals", 4, 70, 0, 50, 10);
	single_test(t);
	/* Beats that 60 bytes and a line of 32 take on the bus: the bound without waiting. */
	unsigned small = (60 + BUS - 1) / BUS + LINE / BUS,
		 large = (1514 + BUS - 1) / BUS + LINE / BUS;
	rate_test(t, 60, 20, 1, small * 1.02 + 0.05);
	rate_test(t, 60, 60, 1, DATA_W == 512 ? 2.05 : small * 1.02 + 0.05);
	rate_test(t, 60, 150, 1, DATA_W == 512 ? 4 : 8);
	rate_test(t, 1514, 60, 1, large * 1.01);
	rate_test(t, 1514, 150, 1, large * 1.01);
	return t.finish();
}
