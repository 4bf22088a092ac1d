/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The whole core, driven without any transport: both directions, all queues of both functions, with
 * a host that answers late and out of order. After every case the counters must add up.
 *
 *	engine_test DATA_WIDTH [FRAMES [SEED]]	the Verilated core
 *	engine_test model [FRAMES [SEED]]	the reference model
 */

#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <random>
#include <set>

#include <sekisho/registers.h>

#include "../rtl/common/axis.h"
#include "host.h"

using host::bytes;
using host::card;
using host::received;

static axis::tap tap;
static std::mt19937_64 rnd(1);
static sekisho_engine_kind kind_of_engine = SEKISHO_ENGINE_RTL;

/* --- frames ------------------------------------------------------------------------------------- */

/* RFC 1071 by the modulo: 16-bit words are digits to the base 65536, and 65536 = 1 modulo 65535. */
static unsigned int sum_mod(const uint8_t *p, size_t n, uint64_t start = 0)
{
	uint64_t sum = start;
	for (size_t i = 0; i < n; i++)
		sum += i & 1 ? p[i] : p[i] << 8;
	return sum % 65535;
}

/* What makes a sum that is not all zeros fold to 0xffff: 0, never 0xffff. */
static unsigned int complement(unsigned int sum)
{
	return (65535 - sum) % 65535;
}

static void put16(uint8_t *p, unsigned int v)
{
	p[0] = v >> 8;
	p[1] = v;
}

enum kind { UDP4, TCP4, UDP6, TCP6, KINDS };

struct layout {
	size_t l3, l4, checksum, end;
	bool ipv4, udp;
};

static bytes make_frame(kind k, size_t payload, unsigned int flow, bool tag, bool checksums,
			layout &at)
{
	at.l3 = tag ? 18 : 14;
	at.ipv4 = k == UDP4 || k == TCP4;
	at.udp = k == UDP4 || k == UDP6;
	at.l4 = at.l3 + (at.ipv4 ? 20 : 40);
	size_t l4_header = at.udp ? 8 : 20;
	at.checksum = at.l4 + (at.udp ? 6 : 16);
	at.end = at.l4 + l4_header + payload;
	bytes f(at.end < 60 ? 60 : at.end);
	for (auto &b : f)
		b = (uint8_t)rnd(); /* padding is not zero */
	memcpy(f.data(), "\x02\x00\x00\x00\x00\x01\x02\x00\x00\x00\x00\x02", 12);
	if (tag) {
		put16(&f[12], 0x8100);
		put16(&f[14], 0x0123);
	}
	put16(&f[at.l3 - 2], at.ipv4 ? 0x0800 : 0x86dd);
	uint8_t *ip = &f[at.l3], *l4 = &f[at.l4];
	size_t l4_length = l4_header + payload;
	uint64_t pseudo = l4_length + (at.udp ? 17 : 6);
	if (at.ipv4) {
		memcpy(ip,
		       "\x45\x00\x00\x00\x12\x34\x40\x00\x40\x11\x00\x00\xc6\x12\x00\x01\xc6\x13"
		       "\x00\x01",
		       20);
		put16(ip + 2, 20 + l4_length);
		ip[9] = at.udp ? 17 : 6;
		put16(ip + 14, flow);
		pseudo += sum_mod(ip + 12, 8);
		if (checksums)
			put16(ip + 10, complement(sum_mod(ip, 20)));
	} else {
		memset(ip, 0, 40);
		ip[0] = 0x60;
		put16(ip + 4, l4_length);
		ip[6] = at.udp ? 17 : 6;
		ip[7] = 64;
		memcpy(ip + 8, "\x20\x01\x0d\xb8", 4);
		put16(ip + 20, flow);
		ip[23] = 1;
		memcpy(ip + 24, "\x20\x01\x0d\xb8", 4);
		ip[39] = 2;
		pseudo += sum_mod(ip + 8, 32);
	}
	put16(l4, 1024 + flow % 60000);
	put16(l4 + 2, 80);
	if (at.udp)
		put16(l4 + 4, l4_length);
	else
		l4[12] = 0x50;
	put16(&f[at.checksum], 0);
	if (checksums) {
		unsigned int sum = complement(sum_mod(l4, l4_length, pseudo));
		put16(&f[at.checksum], sum == 0 && at.udp ? 0xffff : sum);
	} else {
		put16(&f[at.checksum], rnd());
		if (at.ipv4)
			put16(ip + 10, rnd());
	}
	return f;
}

/* --- the card ----------------------------------------------------------------------------------- */

static sekisho_engine_config config_of(unsigned int width, bool rough)
{
	sekisho_engine_config c = {};
	c.kind = kind_of_engine;
	c.data_width = width;
	c.seed = rnd();
	c.read_latency = c.write_latency = rough ? 30 : 60;
	c.read_jitter = c.write_jitter = rough ? 200 : 0;
	c.stall_percent = rough ? 20 : 0;
	c.time_from_clock = true;
	return c;
}

static void enable(card &c, unsigned int function, uint32_t control)
{
	c.write(card::window(function) + 0x48, 0x00000002); /* 02:00:00:00:00:01 */
	c.write(card::window(function) + 0x4c, 0x0100);
	c.write(card::window(function) + 0x50, 9700);
	c.write(card::window(function) + 0x40, control);
}

/* in = out + drops by reason, over the whole card, at rest. */
static std::string sums(card &c, uint64_t offered[2])
{
	auto bank = [&](uint32_t base, unsigned int first, unsigned int n) {
		uint64_t sum = 0;
		for (unsigned int i = first; i < first + n; i++)
			sum += c.counter(base + i * 16);
		return sum;
	};
	for (unsigned int p = 0; p < 2; p++) {
		if (bank(0x4000, p * 8, 8) != offered[p])
			return "port " + std::to_string(p) + ": frames offered are not all counted";
		if (c.counter(0x4000 + p * 128) != bank(0x5000, p * 16, 16))
			return "port " + std::to_string(p) + ": accepted is not the sum of deliver";
		if (bank(0x5000, p * 16, 16) != bank(0x5400, p * 16, 16))
			return "function " + std::to_string(p) +
			       ": verdicts are not as many as frames";
		if (c.counter(0x5000 + p * 256) != bank(0x6000, p * 32, 32))
			return "function " + std::to_string(p) +
			       ": delivered is not the sum of the queues";
		uint64_t sent = 0;
		for (unsigned int q = 0; q < 4; q++)
			sent += c.counter(0x7000 + (p * 32 + q * 8) * 16);
		if (sent != bank(0x4400, p * 8, 8) || sent != bank(0x5800, p * 4, 4))
			return "function " + std::to_string(p) +
			       ": sent frames are not all at the port";
	}
	return "";
}

/* --- cases -------------------------------------------------------------------------------------- */

static void test_identity(unsigned int width)
{
	card c(config_of(width, false));
	tap.check(c.read(0x10000) == 0x494b4553, "the magic number reads back");
	tap.check((c.read(0x10018) & 0xfff) == width, "the data width reads back");
	c.write(0x1000c, 0x12345678);
	tap.check(c.read(0x1000c) == 0x12345678, "the scratch register holds what is written");
	tap.check(c.settle(), "an unused card is idle");
}

static void test_receive(unsigned int width, bool rough, unsigned int frames)
{
	card c(config_of(width, rough));
	uint64_t offered[2] = {};
	std::map<unsigned int, std::deque<bytes>> expected; /* flow -> frames, in order */
	unsigned int bad = 0, wrong = 0, got = 0, disorder = 0, used_queues = 0;
	for (unsigned int f = 0; f < 2; f++) {
		for (unsigned int w = 0; w < 10; w++)
			c.write(card::window(f) + 0x80 + 4 * w, 0x6d5a56da + w * 0x01234567);
		for (unsigned int e = 0; e < 128; e++)
			c.write(card::window(f) + 0x200 + 4 * e, e % 4);
		c.write(card::window(f) + 0x54, 0x3f);
		enable(c, f, 0x1);
		for (unsigned int q = 0; q < 4; q++) {
			c.start(f, false, q, 6, 2048, q * 2);
			c.post(f, q, 64);
		}
	}
	bool queue_used[2][4] = {};
	auto drain = [&]() {
		for (unsigned int f = 0; f < 2; f++)
			for (unsigned int q = 0; q < 4; q++) {
				received r;
				unsigned int n = 0;
				while (c.receive(f, q, r)) {
					n++, got++;
					queue_used[f][q] = true;
					auto &list =
						expected[f * 65536 +
							 (r.frame.empty() ?
								  0 :
								  r.frame[6] << 8 | r.frame[7])];
					if (list.empty() || list.front() != r.frame)
						disorder++;
					if (!list.empty())
						list.pop_front();
					bool is_bad = r.frame[8];
					if (r.c.status() ||
					    r.c.l4_verdict() != (is_bad ? 1u : 2u) ||
					    r.c.ip_verdict() != 2)
						wrong++;
				}
				if (n)
					c.post(f, q, n);
			}
	};
	for (unsigned int i = 0; i < frames; i++) {
		unsigned int port = rnd() % 2, flow = rnd() % 64;
		layout at;
		size_t payload = rnd() % 4 ? rnd() % 60 : rnd() % 1400;
		bytes frame = make_frame((kind)(flow % KINDS), payload, flow, flow & 8, true, at);
		/* The source address tells the flow and whether the checksum is wrong. */
		put16(&frame[6], 0x0200 + flow);
		frame[8] = 0;
		if (payload && rnd() % 8 == 0) {
			frame[at.end - 1] ^= 1 << rnd() % 8;
			frame[8] = 1;
			bad++;
		}
		expected[port * 65536 + 0x0200 + flow].push_back(frame);
		c.offer(port, frame);
		offered[port]++;
		if (i % 16 == 15) {
			c.settle();
			drain();
		}
	}
	bool idle = c.settle();
	drain();
	for (auto &f : queue_used)
		for (bool b : f)
			used_queues += b;
	std::string at = rough ? " (slow, disordered host)" : "";
	tap.check(idle, "the core is idle at the end" + at);
	tap.check(got == frames, "every frame is received" + at,
		  std::to_string(got) + " of " + std::to_string(frames));
	tap.check(!disorder, "every frame is unchanged and in the order of its flow" + at,
		  std::to_string(disorder) + " are not");
	tap.check(!wrong, "every verdict is right" + at, std::to_string(wrong) + " are not");
	tap.check(used_queues == 8, "RSS uses every queue" + at, std::to_string(used_queues));
	uint64_t counted = 0;
	for (unsigned int f = 0; f < 2; f++)
		for (unsigned int ip = 0; ip < 4; ip++)
			counted += c.counter(0x5400 + (f * 16 + ip * 4 + 1) * 16);
	tap.check(counted == bad, "the counters know every bad checksum" + at);
	std::string why = sums(c, offered);
	tap.check(why.empty(), "the sums hold" + at, why);
}

/* Where a frame differs from what was expected, as TAP diagnostics. */
static void explain(const bytes &want, const bytes &got)
{
	printf("# %zu bytes, expected %zu\n", got.size(), want.size());
	for (size_t i = 0; i < want.size() && i < got.size(); i++)
		if (want[i] != got[i])
			printf("# byte %zu: %02x, expected %02x\n", i, got[i], want[i]);
}

static void test_transmit(unsigned int width, bool rough, unsigned int frames)
{
	card c(config_of(width, rough));
	uint64_t offered[2] = {};
	for (unsigned int f = 0; f < 2; f++) {
		enable(c, f, 0x2);
		for (unsigned int q = 0; q < 4; q++)
			c.start(f, true, q, 6, 2048, q);
	}
	std::deque<bytes> expected[2][4];
	unsigned int completed = 0, errors = 0;
	for (unsigned int i = 0; i < frames; i += 32) {
		bool rung[2][4] = {};
		for (unsigned int j = 0; j < 32 && i + j < frames; j++) {
			unsigned int f = rnd() % 2, q = rnd() % 4, flow = rnd() % 1000;
			kind k = (kind)(rnd() % KINDS);
			bool tag = rnd() % 2;
			size_t payload = rnd() % 4 ? rnd() % 60 : rnd() % 1400;
			layout at;
			bytes want = make_frame(k, payload, flow, tag, true, at), given = want;
			want[11] = given[11] = q;
			put16(&given[at.checksum], rnd());
			if (at.ipv4)
				put16(&given[at.l3 + 10], rnd());
			/* The host may give less than 60 bytes: the card pads with zeros. */
			given.resize(at.end);
			if (at.end < 60)
				memset(&want[at.end], 0, 60 - at.end);
			c.send(f, q, given, at.ipv4 ? 3 : 2);
			expected[f][q].push_back(want);
			rung[f][q] = true;
		}
		for (unsigned int f = 0; f < 2; f++)
			for (unsigned int q = 0; q < 4; q++)
				if (rung[f][q])
					c.doorbell(f, true, q);
		c.settle();
		for (unsigned int f = 0; f < 2; f++)
			for (unsigned int q = 0; q < 4; q++) {
				host::completion done;
				while (c.next_completion(f, true, q, done)) {
					completed++;
					errors += (done.words[1] & 15) != 0;
					/* One completion may end several. */
					host::ring &r = c.rings[f][1][q];
					(void)r;
				}
			}
	}
	unsigned int good = 0, bad = 0;
	for (unsigned int f = 0; f < 2; f++)
		for (auto &frame : c.sent[f]) {
			auto &list = expected[f][frame.size() > 11 ? frame[11] & 3 : 0];
			if (!list.empty() && list.front() == frame) {
				good++;
			} else {
				bad++;
				if (!list.empty())
					explain(list.front(), frame);
			}
			if (!list.empty())
				list.pop_front();
		}
	std::string at = rough ? " (slow, disordered host)" : "";
	tap.check(good == frames && !bad,
		  "every frame leaves with the right checksums, in order" + at,
		  std::to_string(good) + " right, " + std::to_string(bad) + " wrong of " +
			  std::to_string(frames));
	tap.check(completed && !errors, "transmit completions come, without errors" + at);
	std::string why = sums(c, offered);
	tap.check(why.empty(), "the sums hold" + at, why);
}

static void test_bad_addresses(unsigned int width)
{
	card c(config_of(width, true));
	uint64_t offered[2] = {};
	enable(c, 0, 0x3);
	c.start(0, false, 0, 4, 2048);
	c.start(0, true, 0, 4, 2048);
	layout at;
	bytes frame = make_frame(UDP4, 100, 7, false, true, at);

	/* A receive buffer outside the map, then a good one. */
	c.describe(0, false, 0, 0x1000, 2048);
	c.describe(0, false, 0, c.buffer(c.rings[0][0][0], 1), 2048);
	c.doorbell(0, false, 0);
	c.offer(0, frame), c.offer(0, frame);
	offered[0] += 2;
	c.settle();
	host::completion done;
	bool first = c.next_completion(0, false, 0, done);
	tap.check(first && done.status() == 1 && done.index() == 0,
		  "a receive buffer outside the map is completed with DMA_ERROR");
	received r;
	tap.check(c.receive(0, 0, r) && !r.c.status() && r.frame == frame,
		  "the next frame is received");
	tap.check(c.counter(0x6000 + 3 * 16) == 1, "the DMA error is counted");

	/* A transmit buffer outside the map between two good ones. */
	c.send(0, 0, frame, 0);
	c.describe(0, true, 0, 0x1000, frame.size() | 4 << 16);
	c.send(0, 0, frame, 0);
	c.doorbell(0, true, 0);
	c.settle();
	unsigned int errors = 0, last = 99;
	while (c.next_completion(0, true, 0, done)) {
		if ((done.words[1] & 15) == 1 && (done.words[0] & 0xffff) == 1)
			errors++;
		last = done.words[0] & 0xffff;
	}
	tap.check(errors == 1 && last == 2,
		  "a transmit buffer outside the map is completed with DMA_ERROR");
	tap.check(c.sent[0].size() == 2 && c.sent[0][0] == frame && c.sent[0][1] == frame,
		  "the other frames leave");
	tap.check(c.counter(0x7000 + 16) == 1, "the refused read is counted");
	tap.check(c.refused > 0, "the host refused the accesses");

	/* Impossible descriptors. */
	c.describe(0, true, 0, c.buffer(c.rings[0][1][0], 3), 5 | 4 << 16);
	c.describe(0, true, 0, c.buffer(c.rings[0][1][0], 4), 100);
	c.doorbell(0, true, 0);
	c.settle();
	bool length = c.next_completion(0, true, 0, done) && (done.words[1] & 15) == 2;
	bool unsupported = c.next_completion(0, true, 0, done) && (done.words[1] & 15) == 3;
	tap.check(length, "a length of 5 is completed with LENGTH_ERROR");
	tap.check(unsupported, "a descriptor without end_of_packet is completed with UNSUPPORTED");

	/* No descriptor, a buffer too small, a doorbell too far. */
	c.offer(0, frame);
	offered[0]++;
	c.settle();
	tap.check(c.counter(0x6000 + 1 * 16) == 1,
		  "a frame without a descriptor is dropped and counted");
	c.describe(0, false, 0, c.buffer(c.rings[0][0][0], 2), 80);
	c.doorbell(0, false, 0);
	c.offer(0, frame);
	offered[0]++;
	c.settle();
	tap.check(c.counter(0x6000 + 2 * 16) == 1,
		  "a frame longer than its buffer is dropped and counted");
	c.write(card::window(0) + 0x1000, 1000);
	c.settle();
	tap.check(c.read(card::window(0) + 0x404) >> 2 & 1,
		  "a doorbell beyond the ring is refused");
	std::string why = sums(c, offered);
	tap.check(why.empty(), "the sums hold after every error", why);
	tap.check(c.stop(0, false, 0) && c.stop(0, true, 0), "the queues stop");
}

/* Tails that move back over descriptors not used yet, or round over them, are refused. */
static void test_doorbells(unsigned int width)
{
	card c(config_of(width, true));
	enable(c, 0, 0x1);
	layout at;
	bytes frame = make_frame(UDP4, 10, 7, false, true, at);
	uint64_t given = 0, lost = 0;
	for (unsigned int tail : { 150, 400 }) {
		std::string to = "a doorbell from 200 of 256 to " + std::to_string(tail);
		c.start(0, false, 0, 8, 128);
		c.post(0, 0, 200);
		c.settle();
		c.write(card::window(0) + 0x1000, tail);
		c.settle();
		tap.check(c.read(card::window(0) + 0x404) >> 2 & 1, to + " is refused");
		for (unsigned int i = 0; i < 201; i++)
			c.offer(0, frame);
		c.settle();
		given += 200, lost++;
		tap.check(c.counter(0x6000) == given && c.counter(0x6000 + 16) == lost,
			  to + " changes nothing");
		tap.check(c.stop(0, false, 0), "the queue stops");
	}
}

/* A completion ring outside the map: the queue stops, and takes nothing more. */
static void test_refused_completions(unsigned int width)
{
	card c(config_of(width, true));
	uint64_t offered[2] = {};
	enable(c, 1, 0x2);
	c.start(1, true, 0, 4, 2048);
	tap.check(c.stop(1, true, 0), "a queue without work stops");
	c.write(card::window(1) + 0x818, 0x1000);
	c.write(card::window(1) + 0x81c, 0);
	c.write(card::window(1) + 0x800, 1);
	layout at;
	bytes frame = make_frame(UDP4, 100, 7, false, true, at);
	c.send(1, 0, frame, 0);
	c.doorbell(1, true, 0);
	bool idle = c.settle();
	tap.check(idle && (c.read(card::window(1) + 0x804) >> 1 & 1),
		  "a completion ring outside the map is a ring error");
	size_t sent = c.sent[1].size();
	for (unsigned int i = 0; i < 8; i++)
		c.send(1, 0, frame, 0);
	c.doorbell(1, true, 0);
	c.settle();
	tap.check(c.sent[1].size() == sent, "the queue takes no more frames",
		  std::to_string(c.sent[1].size() - sent) + " more left");
	std::string why = sums(c, offered);
	tap.check(why.empty(), "the sums hold after the ring error", why);
	tap.check(c.stop(1, true, 0), "the queue stops after the ring error");
	c.start(1, true, 0, 4, 2048);
	c.send(1, 0, frame, 0);
	c.doorbell(1, true, 0);
	c.settle();
	host::completion done;
	tap.check(c.next_completion(1, true, 0, done) && c.sent[1].size() == sent + 1,
		  "and works again with a ring that is there");
}

/*
 * A queue is stopped at any time, with work in every part of the card. Once it says that it is not
 * active its rings and buffers are the host's again: the card touches nothing of them.
 */
static void test_stop(unsigned int width, bool transmit)
{
	sekisho_engine_config config = config_of(width, false);
	config.read_latency = config.write_latency = 1000;
	card c(config);
	enable(c, 0, 0x3);
	layout at;
	bytes frame = make_frame(UDP4, 100, 1, false, true, at);
	uint64_t touched = 0, moved = 0;
	bool stopped = true;
	for (unsigned int round = 0; round < 150; round++) {
		unsigned int q = rnd() % 4;
		c.used[0] = 0;
		c.start(0, transmit, q, 4, 2048);
		c.watched_begin = host::IOVA, c.watched_end = host::IOVA + c.used[0];
		c.touched = 0;
		for (unsigned int e = 0; e < 128; e++)
			if (!transmit)
				c.write(card::window(0) + 0x200 + 4 * e, q);
		if (transmit) {
			for (unsigned int i = 0; i < 8; i++)
				c.send(0, q, frame, 0);
			c.doorbell(0, true, q);
		} else {
			c.post(0, q, 8);
			sekisho_engine_run(c.engine, rnd() % 2 * 1500);
			for (unsigned int i = 0; i < 8; i++)
				c.offer(0, frame);
		}
		sekisho_engine_run(c.engine, rnd() % 3500);
		uint32_t base = card::window(0) + (transmit ? 0x800 : 0x400) + q * 0x40;
		c.write(base, 0);
		unsigned int polls = 0;
		while ((c.read(base + 4) & 1) && ++polls < 10000)
			;
		stopped &= polls < 10000;
		moved += c.touched > 0;
		c.touched = 0;
		c.settle();
		touched += c.touched;
	}
	std::string name = transmit ? "transmit" : "receive";
	tap.check(stopped && moved > 100, "a " + name + " queue stops at any time",
		  std::to_string(moved) + " of 150 had touched memory");
	tap.check(!touched, "nothing of a " + name + " queue's is touched once it is not active",
		  std::to_string(touched) + " accesses");
}

static void test_interrupts(unsigned int width)
{
	card c(config_of(width, false));
	enable(c, 0, 0x1);
	c.start(0, false, 2, 4, 2048);
	c.post(0, 2, 16);
	for (unsigned int e = 0; e < 128; e++)
		c.write(card::window(0) + 0x200 + 4 * e, 2);
	c.write(card::window(0) + 0x54, 0x3f);
	layout at;
	bytes frame = make_frame(TCP6, 10, 1, false, true, at);
	c.offer(0, frame);
	c.settle();
	tap.check(c.interrupts.empty(), "no interrupt without a request");
	c.arm(0, false, 2, 0);
	c.settle();
	tap.check(c.interrupts[2] == 1, "a request behind the completions fires at once");
	c.offer(0, frame);
	c.settle();
	tap.check(c.interrupts[2] == 1, "it fires once");
	c.arm(0, false, 2, 2);
	c.settle();
	tap.check(c.interrupts[2] == 1, "a request with nothing new waits");
	c.offer(0, frame);
	c.settle();
	tap.check(c.interrupts[2] == 2, "and fires with the next completion");
}

static void test_events(unsigned int width)
{
	card c(config_of(width, true));
	c.start(0, false, 1, 4, 2048);
	c.start(0, true, 2, 4, 2048);
	sekisho_engine_set_link(c.engine, 0, false, 0);
	c.write(card::window(0) + 0x1000 + 0x40, 1000);
	c.settle();
	tap.check(c.interrupts.empty(), "no event interrupt without event.enable");
	tap.check(c.stop(0, false, 1), "the queue stops");
	c.start(0, false, 1, 4, 2048);
	c.write(card::window(0) + 0x60, 0x80000008);
	c.write(card::window(1) + 0x60, 0x80000009);
	c.settle();
	tap.check(c.interrupts.empty(), "none for what was before it");
	sekisho_engine_set_link(c.engine, 0, true, 10000);
	c.settle();
	tap.check(c.interrupts[8] == 1, "a link that comes up raises the event vector once");
	sekisho_engine_set_link(c.engine, 0, true, 25000);
	c.settle();
	tap.check(c.interrupts[8] == 2, "another speed does");
	sekisho_engine_set_link(c.engine, 0, true, 25000);
	c.settle();
	tap.check(c.interrupts[8] == 2, "the same link again does not");
	c.write(card::window(0) + 0x1000 + 0x40, 1000);
	c.settle();
	tap.check(c.interrupts[8] == 3, "a doorbell error of a receive queue does");
	c.write(card::window(0) + 0x1800 + 0x80, 1000);
	c.settle();
	tap.check(c.interrupts[8] == 4, "one of a transmit queue does");
	tap.check(c.stop(0, true, 2), "the transmit queue stops");
	c.write(card::window(0) + 0x890, 0x1000);
	c.write(card::window(0) + 0x894, 0);
	c.write(card::window(0) + 0x880, 1);
	c.write(card::window(0) + 0x1880, 4);
	c.settle();
	tap.check(c.interrupts[8] == 5 && (c.read(card::window(0) + 0x884) >> 1 & 1),
		  "a descriptor ring outside the map does");
	tap.check(!c.interrupts.count(256 + 9), "the other function has no event");
	c.write(card::window(0) + 0x5c, 1);
	sekisho_engine_set_link(c.engine, 0, false, 0);
	c.settle();
	tap.check(c.interrupts[8] == 5, "the function's reset disables events");
}

static void test_filters(unsigned int width)
{
	card c(config_of(width, true));
	uint64_t offered[2] = {};
	enable(c, 0, 0x1 | 0x30);
	c.start(0, false, 0, 5, 2048);
	c.post(0, 0, 32);
	layout at;
	bytes good = make_frame(TCP4, 33, 7, false, true, at);
	auto give = [&](bytes f, bool error = false) {
		c.offer(0, f, error);
		offered[0]++;
		c.settle();
	};
	bytes f = good;
	f[5] = 9;
	give(f);
	tap.check(c.counter(0x5000 + 2 * 16) == 1,
		  "another station's frame is dropped and counted");
	f = good, f[0] = 0x01, f[5] = 9;
	give(f);
	tap.check(c.counter(0x5000 + 2 * 16) == 2, "a multicast frame is dropped and counted");
	f = good, memset(f.data(), 0xff, 6);
	give(f);
	tap.check(c.counter(0x5000) == 1, "a broadcast frame is delivered");
	/* Filter 7 of function 0: 02:00:00:00:00:09, and of function 1 a multicast address. */
	c.write(card::window(0) + 0xf8, 0x00000002);
	c.write(card::window(0) + 0xfc, 0x80000900);
	c.write(card::window(1) + 0xf8, 0x00000001);
	c.write(card::window(1) + 0xfc, 0x80000900);
	f = good, f[5] = 9;
	give(f);
	tap.check(c.counter(0x5000) == 2, "a frame to an address of a filter is delivered");
	f = good, f[0] = 0x01, f[5] = 9;
	give(f);
	tap.check(c.counter(0x5000 + 2 * 16) == 3, "one to another function's filter is dropped");
	c.write(card::window(0) + 0xf8, 0x00000001);
	give(f);
	tap.check(c.counter(0x5000) == 3,
		  "a multicast frame to an address of a filter is delivered");
	c.write(card::window(0) + 0xfc, 0x00000900);
	give(f);
	tap.check(c.counter(0x5000 + 2 * 16) == 4, "and dropped when the filter is not valid");
	f = good, f[at.end - 1] ^= 1;
	give(f);
	tap.check(c.counter(0x5000 + 5 * 16) == 1, "a wrong TCP checksum is dropped and counted");
	f = good, f[at.l3 + 8] ^= 1;
	give(f);
	tap.check(c.counter(0x5000 + 4 * 16) == 1, "a wrong IPv4 checksum is dropped and counted");
	f = good, f.resize(59);
	give(f);
	tap.check(c.counter(0x4000 + 1 * 16) == 1, "a runt is dropped and counted");
	f = good, f.resize(9729);
	give(f);
	tap.check(c.counter(0x4000 + 2 * 16) == 1,
		  "a frame beyond 9728 bytes is dropped and counted");
	give(good, true);
	tap.check(c.counter(0x4000 + 4 * 16) == 1,
		  "a frame that the MAC marks bad is dropped and counted");
	f = good, f.resize(9728);
	give(f);
	tap.check(c.counter(0x5000 + 3 * 16) == 1,
		  "a frame beyond MAX_FRAME is dropped and counted");
	c.write(card::window(0) + 0x40, 0);
	give(good);
	tap.check(c.counter(0x5000 + 1 * 16) == 1,
		  "a frame for a disabled function is dropped and counted");
	c.write(0x100, 0);
	give(good);
	tap.check(c.counter(0x4000 + 5 * 16) == 1,
		  "a frame at a disabled port is dropped and counted");
	std::string why = sums(c, offered);
	tap.check(why.empty(), "the sums hold after every drop", why);
}

/* Frames over several buffers of random lengths, short rings, buffers that are not there. */
static void test_scatter(unsigned int width, bool rough, unsigned int frames)
{
	struct sent {
		bytes frame;
		unsigned int sum;
	};
	card c(config_of(width, rough));
	uint64_t offered[2] = {}, completed = 0, refused = 0, truncated = 0, lost = 0, cut = 0,
		 long_frames = 0;
	std::vector<sent> list[2];
	std::set<unsigned int> sums_of[2];
	size_t at_frame[2][4] = {}; /* behind the frame that the queue gave last */
	unsigned int lengths[2][4][16], pieces[2][4] = {};
	uint64_t addresses[2][4][16];
	size_t offset[2][4] = {};
	bool bad[2][4] = {};
	std::string error;
	auto fail = [&](const char *why) {
		if (error.empty())
			error = why;
	};
	auto post = [&](unsigned int f, unsigned int q) {
		host::ring &r = c.rings[f][0][q];
		unsigned int n = rnd() % 4 ? r.size - (uint16_t)(r.tail - r.seen) : rnd() % 3;
		for (; n && (uint16_t)(r.tail - r.seen) < r.size; n--) {
			unsigned int i = r.tail % r.size;
			uint64_t a = c.buffer(r, i) + 1 + rnd() % 63;
			unsigned int length = rnd() % 8 ? 64 + rnd() % 1000 : 64 + rnd() % 16320;
			memset(c.memory(f, c.buffer(r, i)), 0xa5, 16448);
			lengths[f][q][i] = length;
			addresses[f][q][i] = a;
			c.describe(f, false, q, rnd() % 32 ? a : 0x1000, length);
		}
		c.doorbell(f, false, q);
	};
	auto drain = [&](unsigned int f, unsigned int q) {
		host::completion done;
		while (c.next_completion(f, false, q, done)) {
			unsigned int i = done.index() % c.rings[f][0][q].size, n = done.length();
			size_t &at = at_frame[f][q], &from = offset[f][q];
			if (!from) {
				while (at < list[f].size() &&
				       list[f][at].sum != done.raw_sum() % 65535)
					at++;
				at++;
				bad[f][q] = false;
				pieces[f][q] = 0;
			}
			if (at > list[f].size())
				return fail("a completion of no frame");
			const sent &s = list[f][at - 1];
			size_t left = s.frame.size() - from;
			bool whole = left <= lengths[f][q][i], ends = !whole && !done.more();
			if (n != (whole ? left : lengths[f][q][i] & ~63u) ||
			    (whole && done.more()) || s.sum != done.raw_sum() % 65535)
				return fail(
					("wrong length or words of a piece: " + std::to_string(n) +
					 " bytes, " + std::to_string(left) + " left, buffer of " +
					 std::to_string(lengths[f][q][i]) + ", status " +
					 std::to_string(done.status()) + ", more " +
					 std::to_string(done.more()) + ", piece " +
					 std::to_string(pieces[f][q]))
						.c_str());
			if (ends && !pieces[f][q])
				fail("truncated in the first piece");
			if (done.status() != 1) {
				uint8_t *p = c.memory(f, addresses[f][q][i]);
				if (done.status() != (ends ? 4u : 0u))
					fail("wrong status");
				if (memcmp(p, &s.frame[from], n))
					fail("data differs");
				if (p[-1] != 0xa5 || p[n] != 0xa5)
					fail("a byte outside the piece");
			}
			bad[f][q] |= done.status() == 1;
			pieces[f][q]++;
			cut += !whole;
			from = done.more() ? from + n : 0;
			if (done.more())
				continue;
			if (bad[f][q])
				refused++;
			else if (ends)
				truncated++;
			else
				completed++, long_frames += pieces[f][q] > 1;
		}
	};
	for (unsigned int f = 0; f < 2; f++) {
		for (unsigned int w = 0; w < 10; w++)
			c.write(card::window(f) + 0x80 + 4 * w, 0x6d5a56da + w * 0x01234567);
		for (unsigned int e = 0; e < 128; e++)
			c.write(card::window(f) + 0x200 + 4 * e, e % 4);
		c.write(card::window(f) + 0x54, 0x3f);
		enable(c, f, 0x41);
		c.write(card::window(f) + 0x50, 9728);
		for (unsigned int q = 0; q < 4; q++) {
			c.start(f, false, q, 3 + q % 2, 16384);
			post(f, q);
		}
	}
	for (unsigned int i = 0; i < frames; i++) {
		unsigned int port = rnd() % 2;
		sent s;
		/*
		 * With wrong checksums the raw sum is as good as random: it names the frame, if no
		 * other one of the port has the same.
		 */
		do {
			size_t payload = rnd() % (rnd() % 4 ? 600 : rnd() % 4 ? 2000 : 9680);
			layout at;
			s.frame = make_frame(i % 2 ? UDP4 : TCP4, payload, i, false, false, at);
			s.sum = sum_mod(&s.frame[at.l4], at.end - at.l4);
		} while (!sums_of[port].insert(s.sum).second);
		list[port].push_back(s);
		c.offer(port, s.frame);
		offered[port]++;
		sekisho_engine_run(c.engine, rnd() % 400);
		for (unsigned int q = 0; q < 4; q++) {
			drain(port, q);
			if (rnd() % (width == 64 ? 8 : 4) == 0)
				post(port, q);
		}
	}
	bool idle = c.settle();
	std::string at = rough ? " (slow, disordered host)" : "";
	uint64_t counted[5] = {};
	for (unsigned int f = 0; f < 2; f++)
		for (unsigned int q = 0; q < 4; q++) {
			drain(f, q);
			for (unsigned int r = 0; r < 5; r++)
				counted[r] += c.counter(0x6000 + (f * 32 + q * 8 + r) * 16);
			if (offset[f][q])
				fail("the last piece of a frame is missing");
		}
	lost = counted[1] - truncated;
	printf("# %lu frames: %lu whole, %lu of them in pieces, %lu truncated, %lu refused, %lu "
	       "lost\n",
	       (unsigned long)frames, (unsigned long)completed, (unsigned long)long_frames,
	       (unsigned long)truncated, (unsigned long)refused, (unsigned long)lost);
	tap.check(idle && error.empty(), "frames are cut into their buffers" + at, error);
	tap.check(counted[0] == completed && counted[3] == refused && counted[1] >= truncated &&
			  !counted[2] && !counted[4],
		  "each frame is counted once, by what became of the worst of it" + at);
	tap.check(long_frames > frames / 8 && truncated && refused && lost,
		  "every end of a frame occurs" + at);
	std::string why = sums(c, offered);
	tap.check(why.empty(), "the sums hold" + at, why);
	bool stopped = true;
	for (unsigned int f = 0; f < 2; f++)
		for (unsigned int q = 0; q < 4; q++)
			stopped &= c.stop(f, false, q);
	tap.check(stopped, "the queues stop" + at);
}

/* --- flow rules --------------------------------------------------------------------------------- */

static void set_rule(card &c, unsigned int f, unsigned int n, const sekisho_flow_rule &rule)
{
	uint32_t at = card::window(f) + SEKISHO_NETWORK_FLOW_ENABLE;
	uint32_t others = c.read(at) & ~(1u << n);
	uint32_t words[sizeof(rule) / 4];

	memcpy(words, &rule, sizeof(words));
	c.write(at, others);
	for (unsigned int w = 0; w < sizeof(words) / 4; w++)
		c.write(card::window(f) +
				SEKISHO_NETWORK_FLOW_RULES(n * SEKISHO_FLOW_RULE_WORDS + w),
			words[w]);
	c.write(at, others | 1u << n);
}

static sekisho_flow_rule marks(uint32_t id)
{
	sekisho_flow_rule rule = {};
	rule.action = SEKISHO_FLOW_RULE_ACTION_MARKED_MASK;
	rule.mark = id;
	return rule;
}

static bool is_marked(const received &r, uint32_t id)
{
	return (r.c.words[3] & SEKISHO_RX_COMPLETION_OFFSETS_MARKED_MASK) != 0 &&
	       r.c.words[5] == id;
}

static bool is_unmarked(const received &r)
{
	return (r.c.words[3] & SEKISHO_RX_COMPLETION_OFFSETS_MARKED_MASK) == 0 && r.c.words[5] == 0;
}

/* A card whose functions receive everything, in queue 0 without a rule. */
static std::unique_ptr<card> flow_card(unsigned int width, uint32_t control = 0x5)
{
	auto c = std::make_unique<card>(config_of(width, true));
	for (unsigned int f = 0; f < 2; f++) {
		enable(*c, f, control);
		for (unsigned int q = 0; q < 4; q++) {
			c->start(f, false, q, 6, 2048);
			c->post(f, q, 64);
		}
	}
	return c;
}

static bool receive(card &c, unsigned int f, unsigned int q, const bytes &frame, received &r)
{
	c.offer(f, frame);
	c.settle();
	return c.receive(f, q, r) && r.frame == frame;
}

/* Of every kind of word: a frame that the rule holds for, and one that differs in a bit of the mask. */
static void test_flow_keys(unsigned int width)
{
	typedef std::function<void(sekisho_flow_rule &)> make_rule;
	typedef std::function<void(bytes &, const layout &)> change;
	auto flip = [](size_t layout::*header, size_t byte) {
		return [=](bytes &f, const layout &at) { f[at.*header + byte] ^= 1; };
	};
	auto word = [](uint32_t &value, uint32_t &mask, uint32_t v, uint32_t m) {
		value = v, mask = m;
	};
#define WORD(name, v, m) [=](sekisho_flow_rule &r) { word(r.value.name, r.mask.name, v, m); }
	auto icmp = [](bytes &f, const layout &at) {
		f[at.l3 + 9] = 1, f[at.l4] = 8, f[at.l4 + 1] = 0;
	};
	auto second_tag = [](bytes &f, const layout &) {
		f.insert(f.begin() + 12, { 0x88, 0xa8, 0x00, 0x07 });
	};
	auto nothing = [](bytes &, const layout &) {};
	const struct {
		const char *name;
		kind k;
		bool tag;
		make_rule rule;
		change yes, no;
	} rows[] = {
		{ "IPv4 source, a prefix", TCP4, false, WORD(source[3], 0xc6120000, 0xffff0000),
		  nothing, flip(&layout::l3, 13) },
		{ "IPv4 destination", UDP4, true, WORD(destination[3], 0xc6130001, ~0u), nothing,
		  flip(&layout::l3, 19) },
		{ "IPv6 source, first word", UDP6, false, WORD(source[0], 0x20010db8, ~0u), nothing,
		  flip(&layout::l3, 8) },
		{ "IPv6 source, third word", TCP6, true, WORD(source[2], 0, 1), nothing,
		  flip(&layout::l3, 19) },
		{ "IPv6 destination, last bits", TCP6, false, WORD(destination[3], 2, 3), nothing,
		  flip(&layout::l3, 39) },
		{ "destination port", TCP4, false, WORD(layer4, 80, 0xffff), nothing,
		  flip(&layout::l4, 3) },
		{ "source port", UDP6, true, WORD(layer4, (1024 + 77) << 16, 0xffff0000), nothing,
		  flip(&layout::l4, 0) },
		{ "ICMP type and code", UDP4, false, WORD(layer4, 8u << 24, 0xffff0000), icmp,
		  [=](bytes &f, const layout &at) {
			  icmp(f, at);
			  f[at.l4 + 1] = 1;
		  } },
		{ "protocol", TCP4, false, WORD(packet, 6, SEKISHO_FLOW_KEY_PACKET_PROTOCOL_MASK),
		  nothing, flip(&layout::l3, 9) },
		{ "IPv6, layer 4 found", UDP6, false, WORD(packet, 17u | 3u << 9, 0xff | 3u << 9),
		  nothing, [](bytes &f, const layout &at) { f[at.l3 + 6] = 132; } },
		{ "a fragment", UDP4, false,
		  WORD(packet, SEKISHO_FLOW_KEY_PACKET_FRAGMENT_MASK,
		       SEKISHO_FLOW_KEY_PACKET_FRAGMENT_MASK),
		  [](bytes &f, const layout &at) { f[at.l3 + 6] = 0x20; }, nothing },
		{ "a VLAN", TCP6, true, WORD(packet, 0x123u << 16, 0xfffu << 16), nothing,
		  [](bytes &f, const layout &) { f[15] ^= 1; } },
		{ "two tags", UDP4, true,
		  WORD(packet, SEKISHO_FLOW_KEY_PACKET_TWO_TAGS_MASK,
		       SEKISHO_FLOW_KEY_PACKET_TWO_TAGS_MASK),
		  second_tag, nothing },
		{ "no tag", TCP4, false, WORD(packet, 0, SEKISHO_FLOW_KEY_PACKET_TAGGED_MASK),
		  nothing, second_tag },
		{ "an EtherType behind a tag", UDP6, true, WORD(ethernet, 0x86dd, 0xffff), nothing,
		  [](bytes &f, const layout &) { f[17] ^= 1; } },
	};
#undef WORD
	auto c = flow_card(width);
	uint32_t id = 0;
	for (auto &row : rows) {
		sekisho_flow_rule rule = marks(0xf0000000 | ++id);
		layout at;
		bytes yes = make_frame(row.k, 40, 77, row.tag, true, at), no = yes;
		received r;
		row.rule(rule);
		row.yes(yes, at);
		row.no(no, at);
		set_rule(*c, 0, id % 8, rule);
		bool right = receive(*c, 0, 0, yes, r) && is_marked(r, 0xf0000000 | id);
		right = receive(*c, 0, 0, no, r) && is_unmarked(r) && right;
		c->write(card::window(0) + SEKISHO_NETWORK_FLOW_ENABLE, 0);
		tap.check(right && receive(*c, 0, 0, yes, r) && is_unmarked(r),
			  std::string("a flow rule compares: ") + row.name);
	}
}

/*
 * Of TCP with an owner option of (tenant 7, uid 1234), its tag that of the golden values, among options of Linux and
 * at each byte: the rule for this owner holds. It does not for another owner, nor where the options say nothing for sure.
 */
static void test_flow_owner(unsigned int width)
{
	const bytes tag64 = { 254,  19,	  0x53, 0x4b, 0x40, 0,	  7,	0,    0,   4,
			      0xd2, 0x01, 0x0d, 0x8d, 0x53, 0xe5, 0xb4, 0x66, 0x57 };
	const bytes tag32 = {
		254, 15, 0x53, 0x4b, 0x40, 0, 7, 0, 0, 4, 0xd2, 0xd3, 0x54, 0x61, 0x85
	};
	const bytes mss = { 2, 4, 5, 0xb4 }, sack = { 4, 2 },
		    stamps = { 8, 10, 1, 2, 3, 4, 0, 0, 0, 0 }, nop = { 1 }, scale = { 3, 3, 7 },
		    end = { 0 };
	/* An owner option in the data of another one; and as tcpriv has it, with an identifier of 0 */
	const bytes hidden = {
		253, 17, 254, 15, 0x53, 0x4b, 0x40, 0, 7, 0, 0, 4, 0xd2, 0, 0, 0, 0
	};
	const bytes tcpriv = { 254, 10, 0, 0, 0xf9, 0x91, 0, 0, 4, 0xd2 };
	bytes other_uid = tag64, other_tenant = tag32, other_identifier = tag64, short_tag = tag32;
	other_uid[10] = 0xd3;
	other_tenant[6] = 8;
	other_identifier[3] = 0x4c;
	short_tag[1] = 14, short_tag.resize(14);
	const struct {
		const char *name;
		std::vector<bytes> options;
		bool owner;
	} rows[] = {
		{ "a SYN of Linux, 64-bit tag",
		  { mss, sack, stamps, nop, scale, tag64, nop },
		  true },
		{ "32-bit tag", { mss, sack, stamps, nop, scale, nop, tag32 }, true },
		{ "at byte 1", { nop, tag64 }, true },
		{ "at byte 2", { nop, nop, tag32, nop, nop, nop }, true },
		{ "at byte 3", { nop, nop, nop, tag64, nop, nop }, true },
		{ "at the end", { scale, tag32, end, end }, true },
		{ "none", { mss, sack, stamps }, false },
		{ "no options", {}, false },
		{ "another uid", { nop, other_uid }, false },
		{ "another tenant", { nop, other_tenant }, false },
		{ "another identifier", { nop, other_identifier }, false },
		{ "another length", { nop, nop, short_tag }, false },
		{ "two of them", { nop, tag32, nop, tag32 }, false },
		{ "two owners", { nop, tag32, nop, tag32, nop, nop, nop, nop }, false },
		{ "within another option", { hidden, nop, nop, nop }, false },
		{ "of tcpriv", { nop, nop, tcpriv }, false },
		{ "behind the end of the list", { end, tag64 }, false },
		{ "something behind the end", { tag64, end, nop, nop, nop, nop }, false },
		{ "a length of 0", { tag64, { 5, 0, 0, 0, 0 } }, false },
		{ "a length of 1", { tag64, { 5, 1, 1, 1, 1 } }, false },
		{ "a length beyond the header", { tag64, { 5, 6, 1, 1, 1 } }, false },
		{ "a kind without a length", { tag64, { 1, 1, 1, 1, 5 } }, false },
		{ "cut by the header's end",
		  { nop, nop, nop, nop, nop, { 254, 19, 0x53, 0x4b, 0x40, 0, 7, 0, 0, 4, 0xd2 } },
		  false },
	};
	auto c = flow_card(width);
	sekisho_flow_rule rule = marks(1234);
	rule.value.packet = rule.mask.packet = SEKISHO_FLOW_KEY_PACKET_OWNER_MASK;
	rule.value.owner_id = 1234, rule.mask.owner_id = ~0u;
	rule.value.owner = 7, rule.mask.owner = SEKISHO_FLOW_KEY_OWNER_TENANT_MASK;
	set_rule(*c, 0, 0, rule);
	for (auto &row : rows) {
		bool right = true;
		for (kind k : { TCP4, TCP6 }) {
			layout at;
			received r;
			bytes f = make_frame(k, 60, 77, k == TCP6, true, at), options;
			for (auto &o : row.options)
				options.insert(options.end(), o.begin(), o.end());
			right = right && options.size() % 4 == 0 && options.size() <= 40;
			f[at.l4 + 12] = (uint8_t)((5 + options.size() / 4) << 4);
			std::copy(options.begin(), options.end(),
				  f.begin() + (ptrdiff_t)at.l4 + 20);
			right = receive(*c, 0, 0, f, r) && right &&
				(row.owner ? is_marked(r, 1234) : is_unmarked(r));
		}
		tap.check(right, std::string("the owner of a connection: ") + row.name);
	}
}

static void test_flow_actions(unsigned int width)
{
	auto c = flow_card(width);
	layout at;
	bytes frame = make_frame(UDP4, 40, 7, false, true, at);
	uint64_t offered[2] = {};
	received r;
	sekisho_flow_rule rule = marks(1);

	set_rule(*c, 0, 2, rule);
	rule = marks(2);
	set_rule(*c, 0, 6, rule);
	tap.check(receive(*c, 0, 0, frame, r) && is_marked(r, 1),
		  "of two rules the first one counts");
	tap.check(receive(*c, 1, 0, frame, r) && is_unmarked(r), "a function's rules are its own");
	c->write(card::window(0) + SEKISHO_NETWORK_FLOW_ENABLE, 1u << 6);
	tap.check(receive(*c, 0, 0, frame, r) && is_marked(r, 2), "a disabled one does not");
	tap.check(c->counter(0x5c20) == 1 && c->counter(0x5c60) == 1 &&
			  c->counter(card::window(0) + 0x2c68) == frame.size() &&
			  c->counter(0x5c00 + 128 + 0x20) == 0,
		  "each rule counts its frames and bytes");
	rule.action |=
		SEKISHO_FLOW_RULE_ACTION_STEER_MASK | 3u << SEKISHO_FLOW_RULE_ACTION_QUEUE_SHIFT;
	set_rule(*c, 0, 0, rule);
	tap.check(receive(*c, 0, 3, frame, r) && is_marked(r, 2), "a rule chooses the queue");
	rule.action |= 6u << SEKISHO_FLOW_RULE_ACTION_QUEUE_SHIFT;
	set_rule(*c, 0, 0, rule);
	c->offer(0, frame);
	c->settle();
	tap.check(c->counter(0x6000 + (3 * 8 + 4) * 16) == 1,
		  "a queue that does not exist counts as one that is disabled");
	rule.action |= SEKISHO_FLOW_RULE_ACTION_DROP_MASK;
	set_rule(*c, 0, 0, rule);
	c->offer(0, frame);
	c->settle();
	tap.check(c->counter(0x5000 + SEKISHO_DELIVER_RESULT_FLOW_RULE * 16) == 1 &&
			  c->counter(0x5c00) == 3,
		  "a rule drops, counted twice: as dropped, and as its own");
	bool kept = true;
	uint32_t words[32];
	memcpy(words, &rule, sizeof(words));
	c->write(card::window(0) + SEKISHO_NETWORK_RESET, 1);
	c->settle();
	for (unsigned int w = 0; w < 32; w++)
		kept &= c->read(card::window(0) + SEKISHO_NETWORK_FLOW_RULES(w)) == words[w];
	tap.check(kept && c->read(card::window(0) + SEKISHO_NETWORK_FLOW_ENABLE) == 0,
		  "a function's reset disables the rules and keeps their words");
	offered[0] = 5, offered[1] = 1;
	std::string why = sums(*c, offered);
	tap.check(why.empty(), "the sums hold", why);
}

/* --- flow rules that change frames ---------------------------------------------------------------- */

static const uint8_t new_mac[] = { 0x02, 0x11, 0x22, 0x33, 0x44, 0x55 };
static const uint32_t new_address = 0xc613c007;
static const unsigned int new_port = 8080;

/* A rule of all changes, for frames to the address and port of make_frame. */
static sekisho_flow_rule edits()
{
	const uint8_t old_address[] = { 0xc6, 0x13, 0, 1 };
	unsigned int address =
		(new_address >> 16) + (new_address & 0xffff) + 2 * 65535u - sum_mod(old_address, 4);
	sekisho_flow_rule rule = {};

	rule.action = SEKISHO_FLOW_RULE_ACTION_SET_MAC_MASK |
		      SEKISHO_FLOW_RULE_ACTION_SET_IPV4_MASK |
		      SEKISHO_FLOW_RULE_ACTION_SET_PORT_MASK |
		      new_port << SEKISHO_FLOW_RULE_ACTION_PORT_SHIFT;
	memcpy(&rule.mac_lo, new_mac, 4);
	memcpy(&rule.mac_hi, new_mac + 4, 2);
	rule.ipv4 = new_address;
	rule.change = address % 65535 | (address + new_port + 65535 - 80) % 65535 << 16;
	return rule;
}

/* What the rule makes of a frame; wrong: by how much its checksums are. */
static void edit(bytes &f, const layout &at, unsigned int wrong_ip = 0, unsigned int wrong_l4 = 0)
{
	uint8_t *ip = &f[at.l3];
	uint64_t pseudo = at.end - at.l4 + (at.udp ? 17 : 6);

	memcpy(f.data(), new_mac, 6);
	if (at.ipv4) {
		put16(ip + 10, 0);
		put16(ip + 16, new_address >> 16);
		put16(ip + 18, new_address & 0xffff);
		put16(ip + 10, (complement(sum_mod(ip, 20)) + wrong_ip) % 65535);
	}
	pseudo += at.ipv4 ? sum_mod(ip + 12, 8) : sum_mod(ip + 8, 32);
	put16(&f[at.l4 + 2], new_port);
	put16(&f[at.checksum], 0);
	unsigned int sum = complement(sum_mod(&f[at.l4], at.end - at.l4, pseudo));
	put16(&f[at.checksum], (sum + wrong_l4) % 65535);
}

static bool is_edited(const received &r)
{
	return (r.c.words[3] & SEKISHO_RX_COMPLETION_OFFSETS_EDITED_MASK) != 0;
}

static bool edited_to(card &c, const bytes &frame, const bytes &wanted, received &r)
{
	c.offer(0, frame);
	c.settle();
	return c.receive(0, 0, r) && is_edited(r) && r.frame == wanted;
}

static void test_flow_edit(unsigned int width)
{
	auto c = flow_card(width);
	sekisho_flow_rule rule = edits();
	layout at;
	received r;

	set_rule(*c, 0, 7, rule);
	for (unsigned int i = 0; i < 2 * KINDS; i++) {
		bytes frame = make_frame((kind)(i % KINDS), 30 + i, i, i >= KINDS, true, at);
		bytes wanted = frame;
		/* The change is one of both: of IPv6, only the port's belongs. */
		rule.change = edits().change;
		if (!at.ipv4)
			rule.change = (new_port - 80u) << 16;
		set_rule(*c, 0, 7, rule);
		edit(wanted, at);
		bool right = edited_to(*c, frame, wanted, r);
		unsigned int l4 =
			SEKISHO_FIELD_GET(SEKISHO_RX_COMPLETION_PACKET_L4_VERDICT, r.c.words[0]);
		tap.check(right && l4 == SEKISHO_CHECKSUM_VERDICT_GOOD,
			  std::string("a flow rule gives another destination: ") +
				  (at.udp ? "UDP" : "TCP") +
				  (at.ipv4 ? " over IPv4" : " over IPv6") +
				  (i >= KINDS ? ", tagged" : ""));
	}
	set_rule(*c, 0, 7, rule = edits());

	bytes frame = make_frame(TCP4, 33, 5, true, true, at), wanted = frame;
	edit(wanted, at, 3, 7);
	put16(&frame[at.l3 + 10], (frame[at.l3 + 10] << 8 | frame[at.l3 + 11]) + 3);
	put16(&frame[at.checksum], (frame[at.checksum] << 8 | frame[at.checksum + 1]) + 7);
	bool bad = edited_to(*c, frame, wanted, r);
	tap.check(bad && SEKISHO_FIELD_GET(SEKISHO_RX_COMPLETION_PACKET_L4_VERDICT, r.c.words[0]) ==
				  SEKISHO_CHECKSUM_VERDICT_BAD,
		  "wrong checksums stay wrong by as much");

	frame = make_frame(UDP4, 33, 5, false, true, at), wanted = frame;
	put16(&frame[at.checksum], 0);
	edit(wanted, at);
	put16(&wanted[at.checksum], 0);
	tap.check(edited_to(*c, frame, wanted, r), "UDP without a checksum stays so");

	/* The last two bytes of data make the new checksum what they want. */
	frame = make_frame(UDP4, 32, 5, false, true, at), wanted = frame;
	edit(wanted, at);
	unsigned int now = wanted[at.checksum] << 8 | wanted[at.checksum + 1];
	unsigned int data = frame[at.end - 2] << 8 | frame[at.end - 1];
	unsigned int old = frame[at.checksum] << 8 | frame[at.checksum + 1];
	put16(&frame[at.end - 2], (data + now) % 65535);
	put16(&frame[at.checksum], (old + 65535 - now) % 65535);
	wanted = frame;
	edit(wanted, at);
	bool zero = wanted[at.checksum] == 0 && wanted[at.checksum + 1] == 0;
	put16(&wanted[at.checksum], 0xffff);
	tap.check(zero && edited_to(*c, frame, wanted, r), "a UDP checksum never becomes 0");

	frame = make_frame(TCP4, 40, 5, false, true, at), wanted = frame;
	put16(&frame[at.l3 + 6], 0x2000);
	put16(&frame[at.l3 + 10], 0);
	put16(&frame[at.l3 + 10], complement(sum_mod(&frame[at.l3], 20)));
	wanted = frame;
	edit(wanted, at);
	memcpy(&wanted[at.l4], &frame[at.l4], at.end - at.l4);
	tap.check(edited_to(*c, frame, wanted, r), "of a fragment only the addresses change");

	rule.action &=
		~(SEKISHO_FLOW_RULE_ACTION_SET_IPV4_MASK | SEKISHO_FLOW_RULE_ACTION_SET_PORT_MASK);
	set_rule(*c, 0, 7, rule);
	wanted = frame = bytes(60, 0x5a);
	memcpy(wanted.data(), new_mac, 6);
	tap.check(edited_to(*c, frame, wanted, r),
		  "a frame that is not IP gets the station address");
}

/* Frames of all kinds and sizes in a flood; those of every second flow are changed. */
static void test_flow_edit_flood(unsigned int width, unsigned int frames)
{
	auto c = flow_card(width);
	sekisho_flow_rule rule = edits();
	std::deque<bytes> wanted;
	unsigned int wrong = 0, got = 0, edited = 0;

	rule.value.source[3] = rule.mask.source[3] = 1;
	rule.value.packet = rule.mask.packet = SEKISHO_FLOW_KEY_PACKET_IPV4_MASK;
	set_rule(*c, 0, 1, rule);
	while (got < frames) {
		for (unsigned int i = 0; i < 40; i++) {
			layout at;
			kind k = rnd() % 2 ? UDP4 : TCP4;
			unsigned int flow = rnd() % 64;
			size_t payload = rnd() % 4 ? rnd() % 60 : rnd() % 1400;
			bytes frame = make_frame(k, payload, flow, rnd() % 2, true, at);
			c->offer(0, frame);
			if (flow % 2)
				edit(frame, at);
			if (flow % 2 && at.udp && !frame[at.checksum] && !frame[at.checksum + 1])
				put16(&frame[at.checksum], 0xffff);
			wanted.push_back(frame);
			edited += flow % 2;
		}
		c->settle();
		received r;
		unsigned int n = 0;
		for (; c->receive(0, 0, r) && !wanted.empty(); n++) {
			wrong += r.frame != wanted.front();
			wanted.pop_front();
		}
		if (n == 0)
			break;
		got += n;
		c->post(0, 0, n);
	}
	tap.check(got >= frames && !wrong && edited > 300 && wanted.empty(),
		  "a flood of frames, half of them changed",
		  std::to_string(wrong) + " wrong of " + std::to_string(got));
}

static const unsigned int CLOCKS_PER_US = 125; /* sim/engine.h: time_from_clock */

/* --- meters -------------------------------------------------------------------------------------- */

/* Offers a frame of a size at a port; true: function 0 got it. */
static bool gets(card &c, size_t size)
{
	bytes frame(size, 0x5a);
	received r;

	c.offer(0, frame);
	c.settle();
	bool got = c.receive(0, 0, r) && r.frame == frame;
	if (got)
		c.post(0, 0, 1);
	return got;
}

/* Time passes with clocks: frames for a function that has no rules. */
static void pass_time(card &c, unsigned int microseconds)
{
	uint64_t until = sekisho_engine_clocks(c.engine) + microseconds * CLOCKS_PER_US;

	while (sekisho_engine_clocks(c.engine) < until) {
		for (unsigned int i = 0; i < 64; i++)
			c.offer(1, bytes(1000, 0x11));
		c.settle();
	}
}

static sekisho_flow_rule metered(unsigned int index, uint32_t rate, uint32_t burst)
{
	sekisho_flow_rule rule = {};

	rule.meter =
		SEKISHO_FLOW_RULE_METER_METERED_MASK | index << SEKISHO_FLOW_RULE_METER_INDEX_SHIFT;
	rule.meter_rate = rate;
	rule.meter_burst = burst;
	return rule;
}

static void test_flow_meter(unsigned int width)
{
	auto c = flow_card(width);
	sekisho_flow_rule rule = metered(5, 0, 1000);

	set_rule(*c, 0, 5, rule);
	bool first = gets(*c, 400) && gets(*c, 400) && !gets(*c, 300) && gets(*c, 140) &&
		     gets(*c, 60) && !gets(*c, 60);
	pass_time(*c, 40);
	tap.check(first && !gets(*c, 60),
		  "a meter lets its burst through, byte by byte, and without a rate no more");
	/* Deliver's METER, and the rule: frames that are over are frames of it. */
	tap.check(c->counter(0x5070) == 3 && c->counter(0x5000) == 4 && c->counter(0x5c50) == 7,
		  "what is over is dropped and counted");
	set_rule(*c, 0, 5, rule);
	tap.check(gets(*c, 1000) && !gets(*c, 60), "a write of the burst fills the meter");

	rule.meter |= SEKISHO_FLOW_RULE_METER_PACKETS_MASK;
	rule.meter_burst = 2;
	set_rule(*c, 0, 5, rule);
	tap.check(gets(*c, 1500) && gets(*c, 60) && !gets(*c, 60), "a meter of packets");

	/* Rule 2 has no meter and is first, then none of them has one. */
	set_rule(*c, 0, 2, marks(3));
	received r;
	c->offer(0, bytes(60, 0x5a));
	c->settle();
	tap.check(c->receive(0, 0, r) && is_marked(r, 3), "a rule without a meter passes all");
	c->write(card::window(0) + SEKISHO_NETWORK_FLOW_ENABLE, 0);
	tap.check(gets(*c, 60), "as do frames without a rule");

	/* Frames to 0x33.. pay at meter 1 of rule 0, the others at the same of rule 1. */
	rule = metered(1, 0, 700);
	rule.mask.ethernet = 0xffff0000;
	rule.value.ethernet = 0x5a5a0000;
	set_rule(*c, 0, 1, rule);
	rule.value.ethernet = 0x33330000;
	set_rule(*c, 0, 0, rule);
	set_rule(*c, 1, 1, metered(1, 0, 0));
	c->offer(0, bytes(400, 0x33));
	c->settle();
	tap.check(c->receive(0, 0, r) && r.frame[0] == 0x33 && !gets(*c, 301) && gets(*c, 300),
		  "two rules share a meter, and a function's are its own");
	c->write(card::window(1) + SEKISHO_NETWORK_FLOW_ENABLE, 0);

	/* 2 bytes and a half a microsecond. */
	set_rule(*c, 0, 0, metered(0, 5 << 15, 1000));
	bool full = gets(*c, 1000) && !gets(*c, 900);
	uint64_t begin = sekisho_engine_clocks(c->engine), passed = 0;
	for (unsigned int i = 0; i < 400; i++) {
		passed += gets(*c, 60) ? 60 : 0;
		if (i % 8 == 0)
			pass_time(*c, 10);
	}
	double wanted = 2.5 * (double)(sekisho_engine_clocks(c->engine) - begin) / CLOCKS_PER_US;
	tap.check(full && passed > wanted - 70 && passed < wanted + 70 && passed > 1000 &&
			  passed < 400 * 60,
		  "a meter gets its rate",
		  std::to_string(passed) + " bytes, not " + std::to_string(wanted));
	pass_time(*c, 1000);
	tap.check(gets(*c, 900) && gets(*c, 90) && !gets(*c, 200), "but never more than its burst");
}

/* What is dropped for another reason is no frame of a rule. */
static void test_flow_order(unsigned int width)
{
	auto c = flow_card(width, 0x31); /* bad checksums are dropped, addresses are looked at */
	layout at;
	bytes frame = make_frame(UDP4, 40, 7, false, true, at);
	sekisho_flow_rule rule = marks(1);
	rule.action |= SEKISHO_FLOW_RULE_ACTION_DROP_MASK;
	set_rule(*c, 0, 0, rule);
	bytes stranger = frame, bad_ip = frame, bad_l4 = frame;
	stranger[5] ^= 4;
	bad_ip[at.l3 + 8] ^= 1;
	bad_l4[at.end - 1] ^= 1;
	for (auto &f : { stranger, bad_ip, bad_l4 })
		c->offer(0, f);
	c->settle();
	c->write(card::window(0) + 0x50, 60);
	c->offer(0, frame);
	c->settle();
	c->write(card::window(0) + 0x50, 9700);
	c->write(card::window(0) + 0x40, 0);
	c->offer(0, frame);
	c->settle();
	bool none = c->counter(0x5c00) == 0 && c->counter(0x5060) == 0;
	c->write(card::window(0) + 0x40, 0x31);
	c->offer(0, frame);
	c->settle();
	tap.check(none && c->counter(0x5c00) == 1 && c->counter(0x5060) == 1 &&
			  c->counter(0x5010) == 1 && c->counter(0x5020) == 1 &&
			  c->counter(0x5030) == 1 && c->counter(0x5040) == 1 &&
			  c->counter(0x5050) == 1,
		  "every other reason to drop a frame comes before the rules");
}

/* A rule turns to and fro between two sources while frames of both come: no frame meets half of one. */
static void test_flow_rewrite(unsigned int width)
{
	auto c = flow_card(width);
	layout at;
	unsigned int wrong = 0, hits[2] = {}, got = 0;
	const unsigned int rounds = 200, burst = 12;
	for (unsigned int round = 0; round < rounds; round++) {
		sekisho_flow_rule rule = marks(100 + round % 2);
		rule.value.source[3] = round % 2;
		rule.mask.source[3] = 0xffff;
		rule.value.layer4 = 1024 + round % 2;
		rule.value.layer4 <<= 16;
		rule.mask.layer4 = 0xffff0000;
		rule.action |= SEKISHO_FLOW_RULE_ACTION_SET_MAC_MASK |
			       SEKISHO_FLOW_RULE_ACTION_SET_PORT_MASK |
			       (100 + round % 2) << SEKISHO_FLOW_RULE_ACTION_PORT_SHIFT;
		rule.mac_lo = rule.mac_hi = 100 + round % 2;
		for (unsigned int i = 0; i < burst; i++)
			c->offer(0, make_frame(UDP4, 18, rnd() % 2, i % 3 == 0, true, at));
		sekisho_engine_run(c->engine, rnd() % 60);
		set_rule(*c, 0, 5, rule);
		c->settle();
		received r;
		unsigned int n = 0;
		while (c->receive(0, 0, r)) {
			unsigned int l3 = r.frame[12] == 0x81 ? 18 : 14, flow = r.frame[l3 + 15];
			bool marked = !is_unmarked(r);
			n++;
			wrong += marked && !is_marked(r, 100 + flow);
			unsigned int is = marked ? 100 + flow : 0;
			wrong += r.frame[0] != (marked ? is : 2) ||
				 r.frame[4] != (marked ? is : 0) ||
				 r.frame[l3 + 23] != (marked ? is : 80);
			hits[flow] += marked;
		}
		got += n;
		c->post(0, 0, n);
	}
	tap.check(got == rounds * burst && !wrong && hits[0] && hits[1],
		  "no frame meets half of a rule that is rewritten",
		  std::to_string(wrong) + " do, of " + std::to_string(got));
}

int main(int argc, char **argv)
{
	unsigned int width = argc > 1 ? atoi(argv[1]) : 64;
	if (argc > 1 && !strcmp(argv[1], "model")) {
		kind_of_engine = SEKISHO_ENGINE_MODEL;
		width = 64;
	}
	unsigned int frames = argc > 2 ? atoi(argv[2]) : 4000;
	if (argc > 3)
		rnd.seed(strtoull(argv[3], nullptr, 0));
	test_identity(width);
	test_receive(width, false, frames);
	test_receive(width, true, frames);
	test_transmit(width, false, frames);
	test_transmit(width, true, frames);
	test_bad_addresses(width);
	test_doorbells(width);
	test_refused_completions(width);
	test_stop(width, false);
	test_stop(width, true);
	test_interrupts(width);
	test_events(width);
	test_filters(width);
	test_scatter(width, false, frames / 4);
	test_scatter(width, true, frames / 4);
	test_flow_keys(width);
	test_flow_owner(width);
	test_flow_actions(width);
	test_flow_order(width);
	test_flow_edit(width);
	test_flow_edit_flood(width, frames / 4);
	test_flow_meter(width);
	test_flow_rewrite(width);
	return tap.finish();
}
