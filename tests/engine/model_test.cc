/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The reference model alone: the frames and expected values of tests/rtl/common/vectors.py, which
 * come from Python, scapy and Microsoft's published hashes; then what the register map says of
 * scatter, filters, events, resets, doorbells and counters.
 *
 *	model_test VECTORS
 */

#include <cstdio>
#include <cstdlib>
#include <memory>

#include "../rtl/common/vectors.h"
#include "host.h"

extern "C" {
#include "../../sim/model/headers.h"
}

using axis::bytes;
using host::card;

static axis::tap tap;
static std::mt19937_64 rnd(1);

static sekisho_engine_config model()
{
	sekisho_engine_config c = {};
	c.kind = SEKISHO_ENGINE_MODEL;
	c.data_width = 64;
	c.time_from_clock = true;
	return c;
}

static const uint32_t NET = card::window(0);

static void enable(card &c, uint32_t control, unsigned int function = 0)
{
	c.write(card::window(function) + SEKISHO_NETWORK_MAC_LO, 0x00000002);
	c.write(card::window(function) + SEKISHO_NETWORK_MAC_HI, 0x0100);
	c.write(card::window(function) + SEKISHO_NETWORK_MAX_FRAME, SEKISHO_ENGINE_MAX_FRAME);
	c.write(card::window(function) + SEKISHO_NETWORK_CONTROL, control);
}

/* To the station; what follows the addresses counts up from start. */
static bytes plain_frame(size_t length, unsigned int start = 0)
{
	bytes f(length);
	for (size_t i = 0; i < length; i++)
		f[i] = (uint8_t)(i + start);
	memcpy(f.data(), "\x02\0\0\0\0\x01\x02\0\0\0\0\x02\x88\xb5", 14);
	return f;
}

static uint64_t deliver(card &c, unsigned int result)
{
	return c.counter(NET + SEKISHO_NETWORK_DELIVER_STATISTICS_PACKETS_LO(result));
}

static uint64_t rx_result(card &c, unsigned int result)
{
	return c.counter(NET + SEKISHO_NETWORK_RX_QUEUE_STATISTICS_PACKETS_LO(result));
}

/* --- vectors ------------------------------------------------------------------------------------ */

static void set_hash(card &c, const axis::vector_set &set)
{
	for (unsigned int f = 0; f < 2; f++) {
		for (unsigned int i = 0; i < 10; i++)
			c.write(card::window(f) + SEKISHO_NETWORK_RSS_KEY(i),
				(uint32_t)set.key[f][4 * i] << 24 | set.key[f][4 * i + 1] << 16 |
					set.key[f][4 * i + 2] << 8 | set.key[f][4 * i + 3]);
		c.write(card::window(f) + SEKISHO_NETWORK_RSS_TYPES, set.types[f]);
	}
}

/* What a completion tells, under the names of the vectors. */
static std::map<unsigned int, uint64_t> fields_of(const host::completion &c)
{
	return {
		{ axis::L3_TYPE, c.l3_type() },
		{ axis::L4_TYPE, c.l4_type() },
		{ axis::VLAN_TAGS, c.words[0] >> 22 & 3 },
		{ axis::VLAN_TCI, c.words[2] >> 16 },
		{ axis::L3_OFFSET, c.words[3] & 0xff },
		{ axis::L4_OFFSET, c.words[3] >> 8 & 0xff },
		{ axis::PAYLOAD_OFFSET, c.words[3] >> 16 & 0x1ff },
		{ axis::IP_VERDICT, c.ip_verdict() },
		{ axis::REASON, c.reason() },
		{ axis::RSS_HASH, c.hash() },
		{ axis::HASH_TYPE, c.words[3] >> 25 & 3 },
		{ axis::RAW_SUM, c.words[2] & 0xffff },
		{ axis::L4_VERDICT, c.l4_verdict() },
	};
}

static void test_vectors(const char *path)
{
	unsigned int frames = 0, wrong = 0;
	card c(model());
	for (unsigned int f = 0; f < 2; f++) {
		enable(c,
		       SEKISHO_NETWORK_CONTROL_RX_ENABLE_MASK |
			       SEKISHO_NETWORK_CONTROL_PROMISCUOUS_MASK,
		       f);
		c.start(f, false, 0, 4, 16383);
		c.post(f, 0, 8);
	}
	for (const axis::vector_set &set : axis::load_vectors(path)) {
		set_hash(c, set);
		for (const axis::vector_frame &v : set.frames) {
			host::received r;
			if (v.data.size() < 60)
				continue;
			frames++;
			c.offer(v.function, v.data);
			c.settle();
			if (!c.receive(v.function, 0, r) || r.frame != v.data) {
				wrong++;
				printf("# %s: not received\n", v.name.c_str());
				continue;
			}
			c.post(v.function, 0, 1);
			bool right = true;
			for (auto &[field, value] : fields_of(r.c)) {
				if (value == v.field[field])
					continue;
				right = false;
				printf("# %s: %s is %llx, expected %llx\n", v.name.c_str(),
				       axis::META[field].name, (unsigned long long)value,
				       (unsigned long long)v.field[field]);
			}
			wrong += !right;
		}
	}
	tap.check(frames > 1000 && !wrong, "every frame of the vectors is told as expected",
		  std::to_string(wrong) + " of " + std::to_string(frames) + " are not");
}

/* Any bytes of any length, in memory that ends with them: the sanitizer sees what is read beyond. */
static void test_headers(const char *path)
{
	unsigned int frames = 0, outside = 0;
	for (const axis::vector_set &set : axis::load_vectors(path))
		for (const axis::vector_frame &v : set.frames) {
			if (v.data.size() < 14)
				continue;
			size_t length = 14 + rnd() % (v.data.size() - 13);
			std::unique_ptr<uint8_t[]> f(new uint8_t[length]);
			memcpy(f.get(), v.data.data(), length);
			for (unsigned int i = rnd() % 3; i; i--)
				f[12 + rnd() % (length - 12)] ^= 1 << rnd() % 8;
			struct headers h;
			headers_parse(&h, f.get(), length);
			frames++;
			outside += h.sum_start > h.sum_end || h.sum_end > length ||
				   h.l4_offset > length || h.payload_offset > length;
		}
	tap.check(frames > 1000 && !outside, "cut and damaged frames are read within their ends",
		  std::to_string(outside) + " of " + std::to_string(frames) + " are not");
}

/* --- scatter ------------------------------------------------------------------------------------ */

struct piece {
	host::completion c;
	bytes data;
};

/* The pieces that came, and the whole that they make. */
static std::vector<piece> pieces_of(card &c, bytes &whole)
{
	std::vector<piece> all;
	host::received r;
	whole.clear();
	while (c.receive(0, 0, r)) {
		all.push_back({ r.c, r.frame });
		whole.insert(whole.end(), r.frame.begin(), r.frame.end());
	}
	return all;
}

static void test_scatter()
{
	card c(model());
	bytes whole, frame = plain_frame(1000);
	enable(c, SEKISHO_NETWORK_CONTROL_RX_ENABLE_MASK | SEKISHO_NETWORK_CONTROL_SCATTER_MASK);
	c.start(0, false, 0, 4, 300); /* a piece is 256 bytes */

	c.post(0, 0, 4);
	c.offer(0, frame);
	c.settle();
	std::vector<piece> p = pieces_of(c, whole);
	bool good = p.size() == 4 && whole == frame;
	for (size_t i = 0; good && i < 4; i++)
		good = p[i].data.size() == (i < 3 ? 256u : 232u) &&
		       (p[i].c.words[7] >> 20 & 1) == (i < 3) && p[i].c.status() == 0 &&
		       p[i].c.index() == i && p[i].c.words[2] == p[0].c.words[2] &&
		       p[i].c.words[3] == p[0].c.words[3] && p[i].c.words[4] == p[0].c.words[4] &&
		       (p[i].c.words[0] ^ p[0].c.words[0]) >> 14 == 0;
	tap.check(good, "a long frame goes on in the next buffers, by multiples of 64 bytes");
	tap.check(rx_result(c, SEKISHO_RX_QUEUE_RESULT_COMPLETED) == 1 &&
			  c.counter(NET + SEKISHO_NETWORK_RX_QUEUE_STATISTICS_BYTES_LO(0)) == 1000,
		  "and counts once, with its whole length");

	c.post(0, 0, 1);
	c.offer(0, plain_frame(300));
	c.settle();
	p = pieces_of(c, whole);
	tap.check(p.size() == 1 && whole == plain_frame(300) && !(p[0].c.words[7] >> 20 & 1),
		  "a frame as long as the buffer takes one");

	c.post(0, 0, 1);
	c.offer(0, plain_frame(301));
	c.settle();
	tap.check(pieces_of(c, whole).empty() &&
			  rx_result(c, SEKISHO_RX_QUEUE_RESULT_NO_DESCRIPTOR) == 1,
		  "a long frame that finds one descriptor is dropped whole");
	c.offer(0, plain_frame(60, 3));
	c.settle();
	p = pieces_of(c, whole);
	tap.check(p.size() == 1 && whole == plain_frame(60, 3),
		  "and the descriptor serves the next");

	c.post(0, 0, 2);
	c.offer(0, frame);
	c.settle();
	p = pieces_of(c, whole);
	tap.check(p.size() == 2 && p[0].c.status() == 0 && (p[0].c.words[7] >> 20 & 1) == 1 &&
			  p[1].c.status() == SEKISHO_COMPLETION_STATUS_TRUNCATED &&
			  (p[1].c.words[7] >> 20 & 1) == 0 &&
			  whole == bytes(&frame[0], &frame[512]),
		  "a frame that runs out of descriptors is cut and ends with TRUNCATED");
	tap.check(rx_result(c, SEKISHO_RX_QUEUE_RESULT_NO_DESCRIPTOR) == 2,
		  "and counts as NO_DESCRIPTOR, once");

	host::ring &r = c.rings[0][0][0];
	c.post(0, 0, 1);
	c.describe(0, false, 0, 0x1000, 300);
	c.post(0, 0, 2);
	c.offer(0, frame);
	c.settle();
	host::completion done;
	std::string statuses;
	uint64_t first = r.seen;
	while (c.next_completion(0, false, 0, done))
		statuses += std::to_string(done.status());
	tap.check(statuses == "0100" && r.seen == first + 4 &&
			  rx_result(c, SEKISHO_RX_QUEUE_RESULT_DMA_ERROR) == 1,
		  "a refused piece has DMA_ERROR, and the frame counts as that, once", statuses);

	c.write(NET + SEKISHO_NETWORK_CONTROL, SEKISHO_NETWORK_CONTROL_RX_ENABLE_MASK);
	c.post(0, 0, 4);
	c.offer(0, frame);
	c.settle();
	tap.check(pieces_of(c, whole).empty() &&
			  rx_result(c, SEKISHO_RX_QUEUE_RESULT_BUFFER_TOO_SMALL) == 1,
		  "without scatter a long frame is dropped");
}

/* --- filters ------------------------------------------------------------------------------------ */

static void test_filters()
{
	card c(model());
	enable(c, SEKISHO_NETWORK_CONTROL_RX_ENABLE_MASK);
	c.start(0, false, 0, 5, 2048);
	c.post(0, 0, 32);
	uint64_t given = 0;
	auto taken = [&](uint64_t address) {
		bytes f = plain_frame(60);
		for (unsigned int i = 0; i < 6; i++)
			f[i] = (uint8_t)(address >> 8 * i);
		c.offer(0, f);
		c.settle();
		bool yes = deliver(c, SEKISHO_DELIVER_RESULT_DELIVERED) > given;
		given += yes;
		return yes;
	};
	const uint64_t unicast = 0x665544332202, multicast = 0x0100005e0001;
	tap.check(!taken(unicast) && !taken(multicast), "other addresses are dropped");
	auto filter = [&](unsigned int i, uint64_t address, bool valid) {
		c.write(NET + SEKISHO_NETWORK_MAC_FILTER_LO(i), (uint32_t)address);
		c.write(NET + SEKISHO_NETWORK_MAC_FILTER_HI(i),
			(uint32_t)(address >> 32) | (valid ? 0x80000000u : 0));
	};
	filter(0, unicast, true);
	filter(7, multicast, true);
	tap.check(taken(unicast) && taken(multicast), "an address in a filter is taken");
	tap.check(!taken(unicast + 0x10000000000) && !taken(multicast + 1),
		  "one that differs in a byte is not");
	filter(0, unicast, false);
	tap.check(!taken(unicast) && taken(multicast), "a filter that is not valid takes nothing");
	c.write(NET + SEKISHO_NETWORK_CONTROL, SEKISHO_NETWORK_CONTROL_RX_ENABLE_MASK |
						       SEKISHO_NETWORK_CONTROL_ALL_MULTICAST_MASK);
	tap.check(taken(0x0200005e0001) && !taken(unicast), "all_multicast takes multicast only");
	c.write(NET + SEKISHO_NETWORK_CONTROL,
		SEKISHO_NETWORK_CONTROL_RX_ENABLE_MASK | SEKISHO_NETWORK_CONTROL_PROMISCUOUS_MASK);
	tap.check(taken(unicast), "promiscuous takes every address");
}

/* --- events and resets -------------------------------------------------------------------------- */

static void test_events()
{
	card c(model());
	auto raised = [&]() {
		c.settle();
		unsigned int n = c.interrupts[8];
		c.interrupts.clear();
		return n;
	};
	sekisho_engine_set_link(c.engine, 0, false, 0);
	tap.check(raised() == 0, "a change of the link raises nothing that is not enabled");
	c.write(NET + SEKISHO_NETWORK_EVENT, 0x80000008);
	tap.check(raised() == 0, "nor is it told later");
	sekisho_engine_set_link(c.engine, 0, true, 10000);
	tap.check(raised() == 1 && c.read(NET + SEKISHO_NETWORK_LINK) == (10000 << 8 | 1),
		  "the link's rise is an event");
	sekisho_engine_set_link(c.engine, 0, true, 1000);
	tap.check(raised() == 1, "so is another speed");
	sekisho_engine_set_link(c.engine, 0, true, 1000);
	sekisho_engine_set_link(c.engine, 1, false, 0);
	tap.check(raised() == 0, "the same again, and another port's link, are not");

	enable(c, 3);
	c.start(0, false, 0, 4, 2048);
	c.write(NET + SEKISHO_NETWORK_RX_DOORBELL_TAIL(0), 17);
	tap.check(raised() == 1 && c.read(NET + SEKISHO_NETWORK_RX_QUEUE_STATUS(0)) == 5,
		  "a doorbell beyond the ring is an error and an event");
	c.write(NET + SEKISHO_NETWORK_RX_DOORBELL_TAIL(0), 17);
	tap.check(raised() == 0, "the same error again is none");
	tap.check(c.stop(0, false, 0) && c.read(NET + SEKISHO_NETWORK_RX_QUEUE_STATUS(0)) == 0,
		  "disabling the queue clears the error");
	c.start(0, false, 0, 4, 2048);
	c.write(NET + SEKISHO_NETWORK_RX_DOORBELL_TAIL(0), 8);
	c.write(NET + SEKISHO_NETWORK_RX_DOORBELL_TAIL(0), 7);
	tap.check(raised() == 1 && c.read(NET + SEKISHO_NETWORK_RX_QUEUE_STATUS(0)) == 5,
		  "a doorbell that goes back is an error, too");
	c.stop(0, false, 0);
	c.write(NET + SEKISHO_NETWORK_RX_QUEUE_RING_HI(0), 1);
	c.write(NET + SEKISHO_NETWORK_RX_QUEUE_CONTROL(0), 1);
	c.write(NET + SEKISHO_NETWORK_RX_DOORBELL_TAIL(0), 8);
	tap.check(raised() == 1 && c.read(NET + SEKISHO_NETWORK_RX_QUEUE_STATUS(0)) == 3,
		  "a descriptor ring outside the map is a ring error and an event");
	c.offer(0, plain_frame(60));
	c.settle();
	tap.check(rx_result(c, SEKISHO_RX_QUEUE_RESULT_QUEUE_DISABLED) == 1,
		  "and its queue takes no frames");
}

static void test_reset()
{
	card c(model());
	enable(c, 0x7f);
	c.write(NET + SEKISHO_NETWORK_RSS_TYPES, 0x3f);
	c.write(NET + SEKISHO_NETWORK_RSS_KEY(3), 0x12345678);
	c.write(NET + SEKISHO_NETWORK_RSS_TABLE(5), 3);
	c.write(NET + SEKISHO_NETWORK_EVENT, 0x80000008);
	c.write(NET + SEKISHO_NETWORK_MAC_FILTER_LO(2), 0x11223344);
	c.write(NET + SEKISHO_NETWORK_MAC_FILTER_HI(2), 0x80005566);
	c.write(NET + 0x1008, 1); /* no doorbell */
	tap.check(c.read(NET + SEKISHO_NETWORK_ERROR) == 1, "a write to no doorbell is an error");
	for (unsigned int q = 0; q < 4; q++)
		c.start(0, false, q, 4, 2048), c.start(0, true, q, 4, 2048);
	c.write(NET + SEKISHO_NETWORK_RESET, 1);
	bool off = true;
	for (unsigned int q = 0; q < 4; q++)
		off = off && !c.read(NET + SEKISHO_NETWORK_RX_QUEUE_STATUS(q)) &&
		      !c.read(NET + SEKISHO_NETWORK_TX_QUEUE_CONTROL(q));
	tap.check(off, "a reset stops every queue");
	tap.check(
		!c.read(NET + SEKISHO_NETWORK_CONTROL) && !c.read(NET + SEKISHO_NETWORK_ERROR) &&
			!c.read(NET + SEKISHO_NETWORK_RSS_TYPES) &&
			c.read(NET + SEKISHO_NETWORK_EVENT) == 8 &&
			c.read(NET + SEKISHO_NETWORK_MAC_FILTER_HI(2)) == 0x5566,
		"clears control, rss_types, error, the event's enable and the filters' valid bits");
	tap.check(c.read(NET + SEKISHO_NETWORK_MAC_LO) == 2 &&
			  c.read(NET + SEKISHO_NETWORK_MAX_FRAME) == SEKISHO_ENGINE_MAX_FRAME &&
			  c.read(NET + SEKISHO_NETWORK_RSS_KEY(3)) == 0x12345678 &&
			  c.read(NET + SEKISHO_NETWORK_RSS_TABLE(5)) == 3,
		  "and leaves the address, max_frame, the key and the table");
	c.offer(0, plain_frame(60));
	c.settle();
	tap.check(deliver(c, SEKISHO_DELIVER_RESULT_FUNCTION_DISABLED) == 1,
		  "the function takes nothing until it is set up again");
}

/* --- counters ----------------------------------------------------------------------------------- */

static void test_counters()
{
	card c(model());
	bytes frame = plain_frame(SEKISHO_ENGINE_MAX_FRAME);
	const uint32_t bank =
		SEKISHO_MANAGEMENT_PORT_RX_STATISTICS_BYTES_LO(SEKISHO_PORT_RX_RESULT_DISABLED);
	uint64_t bytes_in = 0;
	auto give = [&](uint64_t until) {
		for (; bytes_in < until; bytes_in += frame.size())
			c.offer(0, frame);
		c.settle();
	};
	c.write(SEKISHO_MANAGEMENT_PORT_CONTROL(0), 0);
	give(0xffff0000);
	uint32_t low = c.read(bank);
	uint64_t before = bytes_in;
	give(0x100010000);
	tap.check((c.read(bank + 4) == 0 && low == (uint32_t)before),
		  "the low word holds the high word");
	tap.check(c.read(bank + 4) == 1, "for one read");
	low = c.read(bank);
	tap.check((low | (uint64_t)c.read(bank + 4) << 32) == bytes_in,
		  "a counter is 64 bits wide");
}

/* --- checksums on transmit ---------------------------------------------------------------------- */

static unsigned int sum_of(const uint8_t *p, size_t n, uint64_t start = 0)
{
	for (size_t i = 0; i < n; i++)
		start += i & 1 ? p[i] : p[i] << 8;
	return start % 65535;
}

/* TCP or UDP over IPv4 whose layer 4 checksum, with the field as 0, comes to 0. */
static bytes zero_frame(bool udp)
{
	bytes f = plain_frame(14 + 20 + (udp ? 8 : 20) + 20, 7);
	size_t l4 = 34, length = f.size() - l4;
	const uint8_t ip[] = { 0x45, 0,
			       0,    (uint8_t)(20 + length),
			       0,    0,
			       0,    0,
			       64,   (uint8_t)(udp ? 17 : 6),
			       0x12, 0x34,
			       198,  18,
			       0,    1,
			       198,  19,
			       0,    1 };
	f[12] = 8, f[13] = 0;
	memcpy(&f[14], ip, sizeof(ip));
	if (udp)
		f[l4 + 4] = 0, f[l4 + 5] = (uint8_t)length;
	else
		f[l4 + 12] = 0x50;
	uint8_t *field = &f[l4 + (udp ? 6 : 16)], *last = &f[f.size() - 2];
	memset(field, 0, 2);
	memset(last, 0, 2);
	unsigned int sum = sum_of(&f[l4], length, sum_of(&f[26], 8) + length + (udp ? 17 : 6));
	last[0] = (65535 - sum) >> 8, last[1] = (uint8_t)(65535 - sum);
	field[0] = 0xab; /* what is in memory does not matter */
	return f;
}

static void test_insertion()
{
	card c(model());
	enable(c, SEKISHO_NETWORK_CONTROL_TX_ENABLE_MASK);
	c.start(0, true, 0, 4, 2048);
	auto checksums = [&](unsigned int result) {
		return c.counter(NET + SEKISHO_NETWORK_CHECKSUM_STATISTICS_PACKETS_LO(result));
	};
	auto sent = [&](const bytes &frame, unsigned int flags) {
		c.send(0, 0, frame, flags);
		c.doorbell(0, true, 0);
		c.settle();
		bytes f = c.sent[0].empty() ? bytes(60) : c.sent[0].back();
		c.sent[0].clear();
		return f;
	};
	bytes udp = zero_frame(true), tcp = zero_frame(false), f = sent(udp, 2);
	tap.check(f[40] == 0xff && f[41] == 0xff, "a UDP checksum of 0 is sent as 0xffff");
	tap.check(f[24] == 0x12 && f[25] == 0x34, "an IPv4 checksum that is not asked for stays");
	udp[40] = udp[41] = 0;
	f = sent(udp, 2);
	tap.check(f[40] == 0xff && f[41] == 0xff,
		  "a 0 in the field's memory is no \"no checksum\"");
	f = sent(tcp, 3);
	tap.check(!f[50] && !f[51], "a TCP checksum of 0 is sent as 0");
	tap.check(sum_of(&f[14], 20) == 0 && checksums(SEKISHO_TX_CHECKSUM_RESULT_INSERTED) == 3,
		  "an IPv4 checksum is inserted");
	bytes fragment = udp;
	fragment[20] = 0x20; /* more fragments */
	f = sent(fragment, 3);
	tap.check(sum_of(&f[14], 20) == 0 &&
			  bytes(&f[26], &f[60]) == bytes(&fragment[26], &fragment[60]) &&
			  checksums(SEKISHO_TX_CHECKSUM_RESULT_SKIPPED) == 1,
		  "of a fragment only the IPv4 checksum is inserted: SKIPPED");
	bytes other = plain_frame(61);
	tap.check(sent(other, 3) == other && checksums(SEKISHO_TX_CHECKSUM_RESULT_SKIPPED) == 2,
		  "a frame without IP leaves as it is: SKIPPED");
	tap.check(sent(fragment, 0) == fragment &&
			  checksums(SEKISHO_TX_CHECKSUM_RESULT_NOT_REQUESTED) == 1,
		  "and so does one that asks for nothing");
}

/* A ring whose pages are apart: descriptors, completions and buffers across 4 KiB. */
static void test_pages()
{
	card c(model());
	enable(c, 3);
	c.start(0, false, 0, 9, 9728, 4001);
	c.start(0, true, 0, 9, 9728, 4003);
	unsigned int wrong = 0, got = 0;
	for (unsigned int round = 0; round < 40; round++) {
		std::deque<bytes> sent;
		c.post(0, 0, 29);
		for (unsigned int i = 0; i < 29; i++) {
			sent.push_back(plain_frame(60 + rnd() % 9669, rnd()));
			c.send(0, 0, sent.back(), 0);
		}
		c.doorbell(0, true, 0);
		c.settle();
		wrong += c.sent[0] != sent;
		for (const bytes &f : sent)
			c.offer(0, f);
		c.sent[0].clear();
		c.settle();
		host::received r;
		for (; c.receive(0, 0, r); sent.pop_front(), got++)
			wrong += sent.empty() || r.frame != sent.front();
		host::completion done;
		unsigned int last = 0;
		while (c.next_completion(0, true, 0, done))
			last = done.words[0] & 0xffff;
		wrong += last != (29 * (round + 1) - 1) % 512;
	}
	tap.check(!wrong && got == 29 * 40, "rings and buffers go on behind the ends of pages",
		  std::to_string(wrong) + " wrong, " + std::to_string(got) + " received");
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "model_test VECTORS\n");
		return 2;
	}
	test_vectors(argv[1]);
	test_headers(argv[1]);
	test_scatter();
	test_filters();
	test_events();
	test_reset();
	test_counters();
	test_insertion();
	test_pages();
	return tap.finish();
}
