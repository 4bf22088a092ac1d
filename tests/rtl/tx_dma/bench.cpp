/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * tx_dma between models of descriptor_fetch and dma_read: every frame, tx_done and event against
 * the descriptors in the order in which they were taken, with all sides stalling.
 */
#include "Vtx_dma.h"
#include "stream_bench.h"

using namespace axis;

static const unsigned WORD = DATA_W < 128 ? 16 : DATA_W / 8; /* bytes of the host bus */
static const unsigned QUEUES = 8, META_BYTES = 35, MAX_FRAME = 9728, FRAMES = 64;
enum { OK, DMA_ERROR, LENGTH_ERROR, UNSUPPORTED };

struct job {
	unsigned queue, length, flags, status, index;
	uint64_t address;
	bytes data;
	bool read = false; /* the last word of its data has been given */
};

struct bench : dut<Vtx_dma> {
	rng r;
	sink<decltype(m.m_axis_tdata), decltype(m.m_axis_tkeep), decltype(m.m_axis_tuser)> out;
	std::deque<job> posted[QUEUES];
	std::deque<job *> to_request, to_send, to_report, to_count;
	std::deque<std::unique_ptr<job>> taken;
	std::deque<std::pair<job *, uint64_t>> reads; /* accepted; not before this clock */
	unsigned word = 0;
	/* Pops of the last two clocks, QUEUES: none */
	unsigned popped = QUEUES, asked = QUEUES;
	unsigned outstanding[QUEUES] = {}, served[QUEUES] = {};
	std::vector<unsigned> order; /* queues, as they are served */
	unsigned request_stall = 0, response_stall = 0, done_stall = 0, stale = 0, bad = 0;
	unsigned latency = 10, available_before = 0, enable_before = 0, idle_before = 0xff;
	/* the clock before that, and before that */
	unsigned available_seen = 0, enable_seen = 0, available_old = 0, enable_old = 0;
	unsigned in_flight = 0; /* asked for, and not reported */
	uint64_t frames = 0, dones = 0, refused_pops = 0;
	bool request_held = false, done_held = false;
	uint64_t request_was = 0, done_was = 0;
	std::string error;

	explicit bench(uint64_t seed)
		: r(seed), out(m.m_axis_tdata, m.m_axis_tkeep, m.m_axis_tlast, m.m_axis_tvalid,
			       m.m_axis_tready, m.m_axis_tuser, WIDTH)
	{
		m.tx_enable = 3;
		m.available = m.pop_ok = m.request_ready = m.response_valid = m.tx_done_ready = 0;
		reset();
	}
	void fail(const std::string &why)
	{
		if (error.empty())
			error = why + " (clock " + std::to_string(cycles) + ")";
	}
	void post(unsigned queue, unsigned length, unsigned status = OK)
	{
		job j;
		j.queue = queue, j.length = length, j.status = status;
		j.flags = (unsigned)(r() & 0x3ffff & ~16u) | (status == UNSUPPORTED ? 0 : 16);
		if (status == LENGTH_ERROR && r() % 2)
			j.flags &= ~16u; /* the length is looked at first */
		j.index = (unsigned)(r() & 0xffff);
		j.address = r();
		if (status == OK || status == DMA_ERROR)
			j.data = random_bytes(r, length);
		posted[queue].push_back(j);
	}
	void post_random()
	{
		static const unsigned edges[] = { 14, 15, 16, 17,   59,	      60,
						  61, 64, 65, 1514, MAX_FRAME };
		unsigned length = r() % 4 ? 14 + r() % 200 : edges[r() % 11], status = OK;
		if (chance(r, bad))
			status = 1 + r() % 3;
		if (status == LENGTH_ERROR)
			length = r() % 2 ? r() % 14 : MAX_FRAME + 1 + r() % 6655;
		post(r() % QUEUES, length, status);
	}
	void clock()
	{
		/* descriptor_fetch answers a pop two clocks later; available may be a clock late. */
		m.pop_ok = 0;
		m.pop_address = r(), m.pop_length = r() & 0x3fff, m.pop_flags = r() & 0x3ffff;
		m.pop_index = r() & 0xffff;
		if (asked < QUEUES && !posted[asked].empty() && !chance(r, stale))
			take(asked);
		else if (asked < QUEUES)
			refused_pops++;
		m.available = 0;
		for (unsigned i = 0; i < QUEUES; i++)
			m.available |= (!posted[i].empty() || chance(r, stale / 4)) << i;
		/* dma_read: answers in order, all words of a request, no ready. */
		m.request_ready = !chance(r, request_stall);
		respond();
		m.tx_done_ready = !chance(r, done_stall);
		out.drive(r);
		settle();
		check();
		edge();
	}
	void take(unsigned queue)
	{
		taken.push_back(std::make_unique<job>(posted[queue].front()));
		posted[queue].pop_front();
		job *j = taken.back().get();
		m.pop_ok = 1;
		m.pop_address = j->address, m.pop_length = j->length;
		m.pop_flags = j->flags, m.pop_index = j->index;
		to_report.push_back(j);
		to_count.push_back(j);
		if (!j->data.empty())
			to_request.push_back(j);
		if (j->status == OK)
			to_send.push_back(j);
		outstanding[queue]++;
		served[queue]++;
		order.push_back(queue);
	}
	void respond()
	{
		m.response_valid = 0;
		bytes b = random_bytes(r, WORD); /* lanes behind the end carry rubbish */
		m.response_last = r() & 1, m.response_error = r() & 1;
		if (!reads.empty() && reads.front().second <= cycles &&
		    !chance(r, response_stall)) {
			job *j = reads.front().first;
			size_t n = std::min<size_t>(WORD, j->length - word * WORD);
			memcpy(b.data(), &j->data[word * WORD], n);
			m.response_valid = 1;
			m.response_last = ++word * WORD >= j->length;
			if (m.response_last) {
				m.response_error = j->status == DMA_ERROR;
				j->read = true;
				reads.pop_front();
				word = 0;
			}
		}
		put(m.response_data, b.data(), WORD);
	}
	void check()
	{
		asked = popped;
		popped = m.pop_valid ? m.pop_queue : QUEUES;
		if (popped < QUEUES && asked < QUEUES)
			fail("two pops in two clocks");
		/* The choice is made of what was seen three clocks before. */
		if (m.pop_valid &&
		    (!(available_old >> popped & 1) || !(enable_old >> (popped / 4) & 1)))
			fail("a queue is popped that has nothing or may not");
		if (m.pop_valid && ((idle_before | m.queue_idle) >> popped & 1))
			fail("queue_idle though a queue is about to be popped");
		if (asked < QUEUES && (m.queue_idle >> asked & 1))
			fail("queue_idle though a queue has been popped just now");
		idle_before = m.queue_idle;
		if (!m.busy && (m.pop_valid || !to_report.empty() || !to_send.empty()))
			fail("not busy though something is inside");
		available_old = available_seen, enable_old = enable_seen;
		available_seen = available_before, available_before = m.available;
		enable_seen = enable_before, enable_before = m.tx_enable;

		uint64_t request = m.request_address ^ (uint64_t)m.request_length << 48;
		if (request_held && (!m.request_valid || request != request_was))
			fail("request changed while stalled");
		request_held = m.request_valid && !m.request_ready;
		request_was = request;
		if (m.request_valid && m.request_ready) {
			job *j = to_request.empty() ? nullptr : to_request.front();
			if (!j || m.request_address != j->address ||
			    m.request_length != j->length || m.request_function != j->queue / 4)
				return fail("request that no descriptor asks for");
			to_request.pop_front();
			if (++in_flight > FRAMES + 1)
				fail("too many frames in flight");
			reads.push_back({ j, cycles + 1 + r() % latency });
		}
		uint64_t done = m.tx_done_gq | m.tx_done_index << 8 | m.tx_done_status << 24;
		if (done_held && (!m.tx_done_valid || done != done_was))
			fail("tx_done changed while stalled");
		done_held = m.tx_done_valid && !m.tx_done_ready;
		done_was = done;
		for (unsigned i = 0; i < QUEUES; i++)
			if ((m.queue_idle >> i & 1) && outstanding[i])
				fail("queue_idle though a descriptor is inside");
		if (m.tx_done_valid && m.tx_done_ready) {
			job *j = to_report.empty() ? nullptr : to_report.front();
			if (!j || m.tx_done_gq != j->queue || m.tx_done_index != j->index ||
			    m.tx_done_status != j->status)
				return fail("tx_done is not the next descriptor's");
			if (!j->data.empty() && !j->read)
				fail("tx_done before the data has been read");
			to_report.pop_front();
			in_flight -= !j->data.empty();
			outstanding[j->queue]--;
			dones++;
		}
		if (m.tx_queue_event_valid) {
			job *j = to_count.empty() ? nullptr : to_count.front();
			if (!j || m.tx_queue_event_index != (j->queue << 3 | j->status) ||
			    m.tx_queue_event_bytes != j->length)
				return fail("event is not the next descriptor's");
			to_count.pop_front();
		}
		size_t before = out.queue.size();
		out.sample();
		if (out.queue.size() != before)
			check_frame(out.queue.front());
		if (!out.error.empty())
			fail(out.error);
	}
	void check_frame(const frame &f)
	{
		if (to_send.empty())
			return fail("frame that nobody asked for");
		job *j = to_send.front();
		bytes data = j->data, user(META_BYTES, 0), got = f.user;
		got.resize(META_BYTES);
		data.resize(std::max(j->length, 60u));
		set_field(user, 0, 4, j->queue / 4);
		set_field(user, 4, 4, j->queue / 4);
		set_field(user, 8, 8, j->queue % 4);
		set_field(user, 16, 14, data.size());
		set_field(user, 62, 2, j->flags >> 2 & 3);
		if (f.data != data)
			fail("frame " + std::to_string(frames) + " of " +
			     std::to_string(j->length) + " bytes differs");
		if (got != user)
			fail("metadata");
		if (!j->read)
			fail("frame before all its data has come");
		frames++;
		to_send.pop_front();
		out.queue.pop_front();
	}
	bool left()
	{
		for (auto &p : posted)
			if (!p.empty())
				return true;
		return !to_send.empty() || !to_report.empty() || !to_count.empty();
	}
	bool finish()
	{
		for (unsigned i = 0; i < 300000 && left() && error.empty(); i++)
			clock();
		stale = 0; /* a pop that finds nothing is something inside, too */
		for (unsigned i = 0; i < 20; i++)
			clock();
		if (left())
			fail("something is left");
		if (m.busy || m.queue_idle != 0xff)
			fail("busy though nothing is left");
		return error.empty();
	}
};

int main()
{
	tap t;
	std::string w = std::to_string(DATA_W) + " bits: ";
	const struct {
		const char *name;
		unsigned out, request, response, done, stale, bad, latency, frames;
	} cases[] = {
		{ "no stalls", 0, 0, 0, 0, 0, 0, 1, 1500 },
		{ "all sides stall", 30, 30, 30, 30, 20, 10, 60, 1500 },
		{ "a slow stream", 85, 0, 0, 0, 0, 5, 20, 400 },
		{ "a slow tx_done", 0, 0, 0, 95, 10, 30, 20, 800 },
		{ "a slow host", 0, 90, 70, 0, 10, 5, 200, 400 },
		{ "mostly errors", 20, 20, 20, 20, 5, 80, 30, 1500 },
	};
	for (auto &c : cases) {
		bench b(c.out + c.bad);
		b.out.stall_percent = c.out, b.request_stall = c.request;
		b.response_stall = c.response, b.done_stall = c.done, b.stale = c.stale;
		b.bad = c.bad, b.latency = c.latency;
		for (unsigned i = 0; i < c.frames && b.error.empty(); i++) {
			b.post_random();
			for (unsigned k = (unsigned)(b.r() % 30); k && b.error.empty(); k--)
				b.clock();
		}
		b.finish();
		t.check(b.error.empty() && b.dones == c.frames && b.frames > c.frames / 10 &&
				(!c.stale || b.refused_pops > 10),
			w + c.name + ": frames, tx_done and events right", b.error);
	}
	{ /* far more than fits inside, and nobody takes anything; then all of it comes */
		bench b(40);
		b.out.stall_percent = 100;
		for (unsigned i = 0; i < 40; i++)
			b.post(i % QUEUES, i % 2 ? MAX_FRAME : 9000 + i);
		for (unsigned i = 0; i < 200; i++)
			b.post(i % QUEUES, 60 + i);
		for (unsigned i = 0; i < 8000; i++)
			b.clock();
		bool ok = b.frames == 0 && b.dones > 0 && b.dones < 5 && b.reads.empty();
		b.out.stall_percent = 0;
		t.check(b.finish() && ok && b.frames == 240,
			w + "a stalled stream stops reads at what the buffer holds", b.error);
	}
	for (bool stream : { true, false }) { /* more frames than may be in flight */
		bench b(42);
		(stream ? b.out.stall_percent : b.done_stall) = 100;
		for (unsigned i = 0; i < 150; i++)
			b.post(i % QUEUES, 60);
		for (unsigned i = 0; i < 3000; i++)
			b.clock();
		/* Those in the last FIFO are out of the count, a beat each at 512 bits. */
		uint64_t gone = stream ? b.dones : b.frames;
		bool ok = gone >= FRAMES - 2 && gone < FRAMES + 30 && b.frames + b.dones == gone;
		b.out.stall_percent = b.done_stall = 0;
		t.check(b.finish() && ok && b.frames == 150 && b.dones == 150,
			w + "a stalled " + (stream ? "stream" : "tx_done") + " stops reads at " +
				std::to_string(FRAMES) + " frames",
			b.error);
	}
	{ /* in all more words than the buffer has */
		bench b(43);
		for (unsigned i = 0; i < 2200; i++)
			b.post(i % QUEUES, 100, DMA_ERROR);
		for (unsigned i = 0; i < 8; i++)
			b.post(i, MAX_FRAME);
		t.check(b.finish() && b.frames == 8 && b.dones == 2208,
			w + "frames with read errors leave the buffer empty", b.error);
	}
	{ /* the words of a lost frame come back in the clock of one that is sent, too */
		bench b(45);
		for (unsigned i = 0; i < 5500; i++)
			if (i % 11)
				b.post(i % QUEUES, 14, DMA_ERROR);
			else
				b.post(i % QUEUES, 25 * WORD);
		for (unsigned i = 0; i < 8; i++)
			b.post(i, MAX_FRAME);
		t.check(b.finish() && b.frames == 508 && b.dones == 5508,
			w + "frames with read errors among others do, too", b.error);
	}
	{ /* queues that are not neighbours */
		bench b(44);
		for (unsigned i = 0; i < 600; i++)
			b.post(1 + i % 3 * 3, 60);
		for (unsigned i = 0; i < 600; i++)
			b.clock();
		unsigned low = std::min({ b.served[1], b.served[4], b.served[7] });
		unsigned high = std::max({ b.served[1], b.served[4], b.served[7] });
		bool turns = b.order.size() > 20;
		for (size_t i = 1; i < b.order.size(); i++)
			turns = turns && b.order[i] == (b.order[i - 1] + 3) % 9;
		t.check(b.error.empty() && low > 0 && high <= low + 2 && turns,
			w + "three queues far from each other take turns, one descriptor each",
			b.error);
	}
	{ /* turns, a function's transmitter, rate */
		bench b(41);
		for (unsigned i = 0; i < 800; i++)
			b.post(i % QUEUES, 60);
		b.m.tx_enable = 2;
		for (unsigned i = 0; i < 200; i++)
			b.clock();
		bool held = b.served[0] + b.served[1] + b.served[2] + b.served[3] == 0 &&
			    b.served[4] > 0;
		t.check(held && b.error.empty(), w + "tx_enable holds one function", b.error);
		b.m.tx_enable = 3;
		unsigned first = b.served[4];
		size_t before_turns = b.order.size();
		for (unsigned i = 0; i < 100; i++)
			b.clock();
		unsigned low = ~0u, high = 0;
		for (unsigned i = 0; i < QUEUES; i++) {
			unsigned n = b.served[i] - (i < 4 ? 0 : first);
			low = std::min(low, n), high = std::max(high, n);
		}
		bool turns = b.order.size() > before_turns + 10;
		for (size_t i = before_turns + 8; i < b.order.size(); i++)
			turns = turns && b.order[i] == (b.order[i - 1] + 1) % QUEUES;
		uint64_t begin = b.cycles, before = b.frames;
		for (unsigned i = 0; i < 400; i++)
			b.clock();
		double per = (double)(b.cycles - begin) / (double)(b.frames - before);
		t.check(low > 0 && high <= low + 2 && turns,
			w + "queues take turns, one descriptor each");
		t.check(b.finish() && per <= (DATA_W == 512 ? 2.1 : 8.1),
			w + "a minimum frame in " + std::string(DATA_W == 512 ? "2" : "8") +
				" clocks",
			b.error + " " + std::to_string(per));
	}
	return t.finish();
}
