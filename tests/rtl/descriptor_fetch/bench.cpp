/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Bench of descriptor_fetch: every descriptor once and in order, no read outside the ring, errors,
 * queues disabled with reads in flight, doorbells that ask for too much.
 */

#include "Vdescriptor_fetch.h"
#include "axis.h"

using namespace axis;

static const unsigned WORD = DATA_W / 8; /* the host bus here */
static const unsigned QUEUES = 8, DEPTH = 64;

/* The ring's 64th descriptor carries into bit 20 of the address, and for half of them into bit 42. */
static uint64_t ring_base(unsigned q, unsigned generation)
{
	return (uint64_t)(q * 64 + generation % 64 + 1) << 44 |
	       (generation & 1 ? 0x3fffffffc00ull : 0x123000ffc00ull);
}

static unsigned ring_queue(uint64_t address)
{
	return (unsigned)((address >> 44) - 1) / 64;
}

/* The descriptor number n of a queue, as the host wrote it. */
static bytes descriptor(unsigned q, unsigned generation, uint64_t n)
{
	bytes d(16);
	rng r(q * 1000003ull + generation * 7919ull + n * 31ull);
	uint64_t a = r(), b = r();
	memcpy(&d[0], &a, 8);
	memcpy(&d[8], &b, 8);
	return d;
}

struct queue {
	bool enabled = false;
	unsigned log2 = 3, generation = 0;
	uint64_t posted = 0, popped = 0, arrived = 0;
	uint64_t error_at = ~0ull; /* reads of this descriptor fail */
};

struct fetch {
	uint64_t address, due;
	unsigned length, function, sent = 0;
	bool bad = false;
};

struct bench {
	Vdescriptor_fetch m;
	rng r;
	queue q[QUEUES];
	std::deque<fetch> reads;
	std::string error;
	uint64_t clocks = 0, pops = 0, popped_ok = 0, requests = 0;
	unsigned latency = 20, jitter = 0, ready_stall = 0, response_stall = 0, pop_percent = 50;
	bool popping = false; /* in the clock before */
	unsigned pop_of = 0, pop_generation = 0;
	bool pop_was_available = false, pop_was_enabled = false;
	bool check_data = true;
	uint64_t posted_total = 0;

	explicit bench(uint64_t seed) : r(seed)
	{
		m.rst = 1;
		m.doorbell_valid = 0;
		m.enable = 0;
		for (int i = 0; i < 3; i++)
			clock();
		m.rst = 0;
	}
	void fail(const std::string &why)
	{
		if (error.empty())
			error = why + " (clock " + std::to_string(clocks) + ")";
	}
	uint64_t size(unsigned i) const { return 1ull << q[i].log2; }
	void configure(unsigned i, unsigned log2)
	{
		q[i].log2 = log2;
		q[i].generation++;
		bytes ring(QUEUES * 8), sizes(4);
		for (unsigned k = 0; k < QUEUES; k++) {
			set_field(ring, k * 64, 64, ring_base(k, q[k].generation));
			set_field(sizes, k * 4, 4, q[k].log2);
		}
		put(m.ring, ring.data(), ring.size());
		put(m.size_log2, sizes.data(), sizes.size());
		q[i].posted = q[i].popped = q[i].arrived = 0;
		q[i].error_at = ~0ull;
	}
	void enable(unsigned i, bool on)
	{
		q[i].enabled = on;
		m.enable = on ? m.enable | 1u << i : m.enable & ~(1u << i);
	}
	void ring_doorbell(unsigned i, uint16_t tail)
	{
		m.doorbell_valid = 1;
		m.doorbell_queue = i;
		m.doorbell_tail = tail;
		clock();
	}
	void post(unsigned i, uint64_t n)
	{
		q[i].posted += n;
		posted_total += n;
		ring_doorbell(i, (uint16_t)q[i].posted);
	}
	/* Finds which queue a read belongs to and what it returns; generation by the address. */
	bytes memory(uint64_t address, unsigned length, unsigned function)
	{
		bytes out;
		unsigned i = ring_queue(address);
		if (i >= QUEUES) {
			fail("read of no ring");
			return bytes(length);
		}
		if (function != i / 4)
			fail("read with the wrong function");
		/* Of the generation that the address says. */
		for (unsigned back = 0; back < 4; back++) {
			unsigned generation = q[i].generation - back;
			uint64_t base = ring_base(i, generation);
			if (address < base || address >= base + 0x80000)
				continue;
			if (back == 0 && address + length > base + size(i) * 16)
				fail("read beyond the ring");
			for (unsigned k = 0; k < length; k += 16) {
				uint64_t index = (address + k - base) / 16;
				/* The descriptor that stands there: the newest posted one of that index. */
				uint64_t newest = index;
				while (newest + size(i) < q[i].posted)
					newest += size(i);
				bytes d = descriptor(i, generation, newest);
				out.insert(out.end(), d.begin(), d.end());
			}
			return out;
		}
		fail("read of an unknown address");
		return bytes(length);
	}
	bool is_bad(const fetch &rd)
	{
		unsigned i = ring_queue(rd.address);
		uint64_t base = ring_base(i, q[i].generation);
		if (i >= QUEUES || q[i].error_at == ~0ull || rd.address < base ||
		    rd.address >= base + 0x80000)
			return false;
		uint64_t at = (q[i].error_at & (size(i) - 1)) * 16 + base;
		return at >= rd.address && at < rd.address + rd.length;
	}
	void clock()
	{
		m.clk = 0;
		m.request_ready = !chance(r, ready_stall);
		/* Response: in request order */
		m.response_valid = 0;
		bool responding = false;
		if (!reads.empty() && reads.front().due <= clocks && !chance(r, response_stall)) {
			fetch &rd = reads.front();
			unsigned n = std::min(WORD, rd.length - rd.sent);
			bytes beat(WORD);
			for (auto &b : beat)
				b = (uint8_t)r();
			bytes mem = memory(rd.address + rd.sent, n, rd.function);
			if (!rd.bad)
				memcpy(beat.data(), mem.data(), n);
			put(m.response_data, beat.data(), WORD);
			m.response_last = rd.sent + n == rd.length;
			m.response_error = m.response_last ? rd.bad : (uint8_t)(r() & 1);
			m.response_valid = 1;
			responding = true;
		}
		/* Pop: every second clock at most, the answer stands two clocks later */
		bool answer = popping;
		unsigned which = pop_of;
		bool was_available = pop_was_available, was_enabled = pop_was_enabled;
		unsigned generation = pop_generation;
		m.pop_valid = 0;
		m.eval();
		popping = false;
		if (!m.rst && !answer && chance(r, pop_percent)) {
			pop_of = (unsigned)(r() % QUEUES);
			for (unsigned k = 0; k < QUEUES && !(m.available >> pop_of & 1); k++)
				pop_of = (pop_of + 1) % QUEUES;
			/* Sometimes of an empty queue: must do no harm. */
			m.pop_valid = 1;
			m.pop_queue = pop_of;
			popping = true;
			pop_was_available = m.available >> pop_of & 1;
			pop_was_enabled = q[pop_of].enabled;
			pop_generation = q[pop_of].generation;
		}
		m.eval();
		if (!m.rst) {
			if (!m.busy && !reads.empty())
				fail("not busy with a read in flight");
			for (auto &rd : reads)
				if (m.idle >> ring_queue(rd.address) & 1)
					fail("idle with a read in flight");
			if (m.request_valid && (m.idle >> ring_queue(m.request_address) & 1))
				fail("a read of an idle queue");
			if (m.request_valid && m.request_ready) {
				fetch rd;
				rd.address = m.request_address;
				rd.length = m.request_length;
				rd.function = m.request_function;
				rd.due = clocks + latency + (jitter ? r() % jitter : 0);
				if (rd.length == 0 || rd.length % 16 || rd.length > 128)
					fail("request length " + std::to_string(rd.length));
				rd.bad = is_bad(rd);
				requests++;
				reads.push_back(rd);
			}
		}
		m.clk = 1;
		m.eval();
		clocks++;
		m.doorbell_valid = 0;
		if (responding) {
			reads.front().sent += WORD;
			if (reads.front().sent >= reads.front().length)
				reads.pop_front();
		}
		if (answer) {
			pops++;
			if (m.pop_ok != (was_available && was_enabled))
				fail("pop_ok differs from available");
			/* Not of a queue configured again meanwhile */
			if (m.pop_ok && q[which].generation == generation) {
				queue &w = q[which];
				bytes d = descriptor(which, w.generation, w.popped);
				uint64_t address;
				uint32_t control;
				memcpy(&address, &d[0], 8);
				memcpy(&control, &d[8], 4);
				if (w.popped >= w.posted)
					fail("descriptor that was never posted");
				if (w.popped >= w.error_at)
					fail("descriptor of a failed read");
				if (m.pop_address != address ||
				    m.pop_length != (control & 0x3fff) ||
				    m.pop_flags != control >> 14)
					fail("descriptor content of queue " +
					     std::to_string(which));
				if (m.pop_index != (w.popped & (size(which) - 1)))
					fail("index");
				w.popped++;
				popped_ok++;
			}
		}
	}
	void run(unsigned n)
	{
		for (unsigned i = 0; i < n && error.empty(); i++)
			clock();
	}
	bool drain(unsigned limit = 20000)
	{
		for (unsigned i = 0; i < limit && error.empty(); i++) {
			bool left = false;
			for (auto &w : q)
				left = left || (w.enabled && w.popped < w.posted);
			if (!left)
				return true;
			clock();
		}
		fail("descriptors never came");
		return false;
	}
	unsigned fetched(unsigned i) { return (unsigned)get_word(i); }
	uint64_t get_word(unsigned i)
	{
		bytes w(QUEUES * 2);
		get(m.fetched, w.data(), w.size());
		return field(w, i * 16, 16);
	}
	bool stop(unsigned i, unsigned limit = 3000)
	{
		enable(i, false);
		for (unsigned k = 0; k < limit; k++) {
			clock();
			if (m.idle >> i & 1)
				return true;
		}
		fail("queue never idle");
		return false;
	}
};

int main(int argc, char **argv)
{
	Verilated::commandArgs(argc, argv);
	tap t;

	{ /* every ring size, more than 65536 descriptors through the smallest ones */
		bench b(1);
		for (unsigned i = 0; i < QUEUES; i++) {
			b.configure(i, i == 7 ? 15 : 3 + i);
			b.enable(i, true);
		}
		b.jitter = 30;
		b.ready_stall = 20;
		b.response_stall = 20;
		b.pop_percent = 90;
		for (unsigned k = 0; k < 80000 && b.error.empty(); k++) {
			unsigned i = (unsigned)(b.r() % QUEUES);
			uint64_t room = b.size(i) - (b.q[i].posted - b.q[i].popped);
			if (room)
				b.post(i, 1 + b.r() % (b.r() % 3 ? std::min<uint64_t>(room, 8) :
								   room));
			b.run((unsigned)(b.r() % 6));
		}
		b.pop_percent = 60;
		b.drain(400000);
		bool count = true;
		for (unsigned i = 0; i < QUEUES; i++)
			count = count && b.fetched(i) == (b.q[i].posted & 0xffff);
		b.run(50);
		/* A pop is busy for some clocks. */
		b.pop_percent = 0;
		b.run(8);
		printf("# %llu descriptors, %llu reads\n", (unsigned long long)b.popped_ok,
		       (unsigned long long)b.requests);
		t.check(b.error.empty() && count && b.popped_ok > 150000 && !b.m.busy &&
				!b.m.pending,
			"all queues and ring sizes: each descriptor once and in order", b.error);
		t.check(!b.m.doorbell_error && !b.m.ring_error, "no error bit without cause");
	}
	{ /* disable with reads in flight, then enable again, also too early */
		bench b(2);
		b.latency = 60;
		b.jitter = 40;
		b.pop_percent = 40;
		for (unsigned k = 0; k < 1500 && b.error.empty(); k++) {
			unsigned i = (unsigned)(b.r() % QUEUES);
			if (!b.q[i].enabled) {
				b.configure(i, 3 + (unsigned)(b.r() % 5));
				b.enable(i, true);
			} else if (b.r() % 3 == 0) {
				if (b.r() % 2) {
					b.stop(i);
				} else {
					/* Too early: the reads of before must not count. */
					b.enable(i, false);
					b.run(1 + (unsigned)(b.r() % 5));
					b.configure(i, b.q[i].log2);
					b.enable(i, true);
				}
			}
			if (b.q[i].enabled) {
				uint64_t room = b.size(i) - (b.q[i].posted - b.q[i].popped);
				if (room)
					b.post(i, 1 + b.r() % room);
			}
			b.run((unsigned)(b.r() % 100));
		}
		b.pop_percent = 80;
		b.drain();
		t.check(b.error.empty() && b.popped_ok > 3000,
			"disable and enable with reads in flight", b.error);
		for (unsigned i = 0; i < QUEUES; i++)
			b.stop(i);
		b.pop_percent = 0;
		b.run(8);
		t.check(b.error.empty() && b.m.idle == 0xff && !b.m.busy && b.reads.empty(),
			"idle when nothing is outstanding", b.error);
	}
	{ /* disabled for a clock or two at any time behind a doorbell: nothing of before is left */
		bench b(9);
		b.pop_percent = 90;
		bool ok = true;
		for (unsigned off : { 1u, 2u })
			for (unsigned wait = 0; wait < 16; wait++)
				for (unsigned i = 0; i < QUEUES && b.error.empty(); i++) {
					b.configure(i, 7);
					b.enable(i, true);
					b.run(2);
					b.post(i, 100);
					b.run(wait);
					b.enable(i, false);
					b.run(off);
					b.configure(i, 7);
					b.enable(i, true);
					b.post(i, 20);
					b.drain();
					b.run(2);
					ok = ok && !b.m.doorbell_error && b.fetched(i) == 20;
					b.stop(i);
				}
		t.check(ok && b.error.empty(),
			"enabled again at once, at any time behind a doorbell", b.error);
		for (unsigned wait = 0; wait < 40; wait++) {
			b.configure(5, 7);
			b.enable(5, true);
			b.run(2);
			b.post(5, 100);
			b.run(wait);
			b.stop(5);
			b.configure(5, 7);
			b.enable(5, true);
			b.run(3); /* a visit may be at its end */
			for (unsigned i = 0; i < 17; i++) {
				b.clock();
				ok = ok && !(b.m.pending >> 5 & 1) && !(b.m.available >> 5 & 1);
			}
			b.stop(5);
		}
		t.check(ok && b.error.empty(), "nothing is pending in a queue that begins anew",
			b.error);
	}
	{ /* idle must not come before the last read has */
		bench b(3);
		b.latency = 200;
		b.configure(2, 6);
		b.enable(2, true);
		b.post(2, 64);
		b.run(80);
		b.enable(2, false);
		bool early = false;
		while (!b.reads.empty()) {
			early = early || (b.m.idle >> 2 & 1);
			b.clock();
		}
		b.run(4);
		t.check(!early && (b.m.idle >> 2 & 1) && b.requests == 8,
			"not idle before the last read has come");
	}
	{ /* read errors */
		bench b(4);
		b.jitter = 20;
		b.pop_percent = 30;
		bool ok = true;
		for (unsigned k = 0; k < 60 && b.error.empty(); k++) {
			unsigned i = (unsigned)(b.r() % QUEUES), other = (i + 3) % QUEUES;
			b.configure(i, 7);
			b.configure(other, 7);
			b.q[i].error_at = b.r() % 128;
			b.enable(i, true);
			b.enable(other, true);
			unsigned last = 0;
			for (unsigned n : { 30u, 60u, 38u }) {
				b.post(i, n);
				b.post(other, n);
				b.run((unsigned)(b.r() % 200));
				last += n;
			}
			b.run(1500);
			ok = ok && (b.m.ring_error == 1u << i) && !(b.m.pending >> i & 1) &&
			     b.q[other].popped == 128 && b.q[i].popped <= b.q[i].error_at &&
			     b.q[i].popped + 8 > b.q[i].error_at;
			b.stop(i);
			ok = ok && !b.m.ring_error;
			b.stop(other);
		}
		t.check(ok && b.error.empty(),
			"a read error stops its queue behind the good descriptors", b.error);
	}
	{ /* a failed read does not touch what came before it in its first word */
		bool ok = true;
		for (unsigned n = 1; n < 8; n++) {
			bench b(13);
			b.configure(4, 6);
			b.q[4].error_at = 7;
			b.enable(4, true);
			b.pop_percent = 0;
			b.post(4, n);
			b.run(100);
			b.post(4, 8 - n);
			b.run(100);
			b.pop_percent = 50;
			b.run(100);
			ok = ok && b.error.empty() && b.q[4].popped == n && b.m.ring_error == 16;
		}
		t.check(ok, "descriptors fetched before a read error stay good");
	}
	{ /* the clock behind the failed batch brings all of the next one */
		bench b(11);
		b.configure(0, 7);
		b.q[0].error_at = 3;
		b.enable(0, true);
		b.run(5);
		b.latency = 100;
		b.post(0, 8);
		while (!b.requests && b.clocks < 100)
			b.clock();
		b.latency = 20;
		b.post(0, 1);
		b.run(300);
		t.check(b.error.empty() && b.requests == 2 && b.m.ring_error == 1 &&
				!b.m.available && !b.q[0].popped,
			"nothing good comes right behind a read error", b.error);
	}
	{ /* doorbell abuse */
		bench b(5);
		b.configure(1, 4);
		b.pop_percent = 0;
		b.ring_doorbell(1, 5); /* not enabled: ignored */
		b.run(50);
		b.ring_doorbell(1, 5); /* nor in the clock before */
		b.enable(1, true);
		b.run(50);
		bool ok = b.requests == 0 && !b.m.doorbell_error && !b.m.pending;
		t.check(ok, "a doorbell before enable is ignored");
		b.ring_doorbell(1, 17); /* beyond the ring */
		b.run(50);
		ok = b.requests == 0 && b.m.doorbell_error == 2 && !b.m.available;
		t.check(ok, "a tail beyond the ring is an error and is ignored");
		b.post(1, 10);
		b.run(100);
		b.ring_doorbell(1, 9); /* backwards */
		b.run(50);
		b.ring_doorbell(1, 0xffff);
		b.run(50);
		b.pop_percent = 50;
		b.drain();
		b.run(50);
		t.check(b.error.empty() && b.q[1].popped == 10 && b.fetched(1) == 10 &&
				b.m.doorbell_error == 2,
			"a tail that moves back is an error and is ignored", b.error);
		b.post(1, 16);
		b.drain();
		t.check(b.error.empty() && b.q[1].popped == 26, "a full ring's tail is right",
			b.error);
		b.stop(1);
		t.check(!b.m.doorbell_error, "disable clears the error");
		/* With descriptors that wait to be read: back over some of them, and round over them */
		for (uint16_t tail : { 150, 400 }) {
			bench d(8);
			d.configure(2, 8);
			d.pop_percent = 0;
			d.enable(2, true);
			d.run(50);
			d.post(2, 200);
			d.run(500);
			ok = d.fetched(2) < 144 && !d.m.doorbell_error;
			d.ring_doorbell(2, tail);
			d.run(50);
			ok &= d.m.doorbell_error == 4;
			d.pop_percent = 50;
			d.drain();
			d.run(50);
			t.check(ok && d.error.empty() && d.q[2].popped == 200 &&
					d.fetched(2) == 200,
				"from 200 of 256 to " + std::to_string(tail) +
					" is an error and ignored",
				d.error);
		}
		/* A wrong tail at any time behind a right one, also when the last batch is to be read */
		ok = true;
		for (unsigned wait = 0; wait < 30; wait++) {
			bench d(12);
			d.configure(3, 8);
			d.enable(3, true);
			d.run(5);
			d.post(3, 13);
			d.run(wait);
			d.ring_doorbell(3, 300);
			d.run(50);
			d.post(3, 0);
			d.drain();
			d.run(50);
			ok = ok && d.error.empty() && d.q[3].popped == 13 && d.fetched(3) == 13 &&
			     d.m.doorbell_error == 8;
		}
		t.check(ok, "a wrong tail leaves what the right one has given");
		/* A doorbell in every clock, all queues */
		bench c(6);
		c.pop_percent = 0;
		for (unsigned i = 0; i < QUEUES; i++) {
			c.configure(i, 8);
			c.enable(i, true);
		}
		for (unsigned n = 1; n <= 256; n++)
			for (unsigned i = 0; i < QUEUES; i++)
				c.post(i, 1);
		c.pop_percent = 90;
		c.drain();
		c.run(50);
		t.check(c.error.empty() && !c.m.doorbell_error && c.popped_ok == 2048,
			"a doorbell in every clock loses none", c.error);
	}
	{ /* one queue starved of pops must not hold up another */
		bench b(7);
		b.pop_percent = 0;
		b.configure(0, 8);
		b.enable(0, true);
		b.post(0, 256);
		b.run(500);
		t.check(b.requests == DEPTH / 8 && (b.m.available & 1),
			"reads ahead exactly what it has room for");
		b.configure(5, 8);
		b.enable(5, true);
		b.post(5, 20);
		b.run(200);
		t.check(b.requests == DEPTH / 8 + 3 && (b.m.available >> 5 & 1),
			"a full queue holds up no other");
	}
	{ /* busy without a gap from a doorbell, or from pops that make room, to what they lead to */
		bench b(10);
		bool ok = true;
		for (unsigned i = 0; i < QUEUES; i++) {
			b.configure(i, 8);
			b.enable(i, true);
			b.pop_percent = 0;
			b.run(20);
			ok = ok && !b.m.busy;
			b.post(i, 200);
			/* pending comes two clocks behind the doorbell. */
			uint64_t rung = b.clocks;
			while (!(b.m.available >> i & 1) && b.error.empty() && b.clocks < 30000) {
				ok = ok && b.m.busy;
				ok = ok && (b.clocks < rung + 2 || (b.m.pending >> i & 1));
				b.clock();
			}
			b.run(300);
			ok = ok && !b.m.busy && b.fetched(i) == DEPTH;
			b.pop_percent = 100;
			while (b.fetched(i) == DEPTH && b.error.empty() && b.clocks < 30000) {
				b.clock();
				ok = ok && b.m.busy;
				if (b.q[i].popped == 8)
					b.pop_percent = 0;
			}
			b.run(300);
			b.pop_percent = 100;
			b.drain();
		}
		t.check(ok && b.error.empty(),
			"busy, and pending, until all that follows has been done", b.error);
	}
	for (unsigned latency : { 20u, 60u, 200u }) {
		bench b(8);
		b.latency = latency;
		b.pop_percent = 0;
		b.configure(0, 10);
		b.enable(0, true);
		b.post(0, 1000);
		uint64_t start = b.clocks;
		while (b.q[0].popped < 1000 && b.error.empty() && b.clocks < start + 20000) {
			b.pop_percent = b.m.available & 1 ? 100 : 0;
			b.clock();
			b.pop_percent = 0;
			b.clock();
		}
		double per = (double)(b.clocks - start) / 1000;
		printf("# latency %u: %.2f clocks a descriptor of one queue, popped every second "
		       "clock\n",
		       latency, per);
		t.check(b.error.empty() && per < (latency < 100 ? 2.4 : 6.0),
			"one queue's rate at latency " + std::to_string(latency), b.error);
	}
	return t.finish();
}
