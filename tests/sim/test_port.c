/* SPDX-License-Identifier: BSD-3-Clause */
/* Faults on the wire: which frames, which bits, how many; and what a port's description may say. */

#include "tap_main.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "port.h"

/* A frame of length bytes with tags VLAN tags; IPv4 or IPv6; the datagram is shorter by trailer. */
static void make_frame(uint8_t *frame, uint32_t length, unsigned int tags, int version,
		       uint8_t protocol, uint32_t trailer)
{
	uint32_t at = 12, size;

	memset(frame, 0x5a, length);
	for (unsigned int i = 0; i < tags; i++, at += 4)
		memcpy(frame + at, i == 0 && tags == 2 ? "\x88\xa8\x00\x05" : "\x81\x00\x00\x05",
		       4);
	memcpy(frame + at, version == 4 ? "\x08\x00" : "\x86\xdd", 2);
	at += 2;
	size = length - at - trailer;
	if (version == 4) {
		memset(frame + at, 0, 20);
		frame[at] = 0x45;
		frame[at + 2] = (uint8_t)(size >> 8);
		frame[at + 3] = (uint8_t)size;
		frame[at + 9] = protocol;
	} else {
		memset(frame + at, 0, 40);
		frame[at] = 0x60;
		frame[at + 4] = (uint8_t)((size - 40) >> 8);
		frame[at + 5] = (uint8_t)(size - 40);
		frame[at + 6] = protocol;
	}
}

static struct port faulty(uint32_t one_of)
{
	return (struct port){ .corrupt = one_of, .random = 12345 };
}

/* Exactly one bit, in the last 8 bytes of the datagram. */
static void one_bit_near_the_end(void **state)
{
	uint8_t frame[1600], before[1600];

	(void)state;
	for (unsigned int i = 0; i < 3 * 2 * 2 * 2 * 16; i++) {
		unsigned int tags = i % 3, trailer = i / 3 % 2 * 6;
		int version = i / 6 % 2 ? 4 : 6;
		uint32_t length = 101 + i % 1400, bits = 0;
		struct port port = faulty(1);

		port.random += i;
		make_frame(frame, length, tags, version, i / 12 % 2 ? 6 : 17, trailer);
		memcpy(before, frame, length);
		assert_true(port_corrupt(&port, frame, length));
		for (uint32_t at = 0; at < length; at++) {
			bits += (uint32_t)__builtin_popcount(frame[at] ^ before[at]);
			if (frame[at] != before[at])
				assert_in_range(at, length - trailer - 8, length - trailer - 1);
		}
		assert_int_equal(bits, 1);
		assert_int_equal(port.counters.corrupted, 1);
	}
}

static void other_frames_pass(void **state)
{
	uint8_t frame[400];
	struct port port = faulty(1);

	(void)state;
	make_frame(frame, 100, 0, 4, 17, 0);
	assert_false(port_corrupt(&port, frame, 100));
	make_frame(frame, 200, 0, 4, 1, 0);
	assert_false(port_corrupt(&port, frame, 200));
	make_frame(frame, 200, 0, 4, 6, 0);
	frame[20] = 0x20; /* a fragment */
	assert_false(port_corrupt(&port, frame, 200));
	make_frame(frame, 200, 0, 4, 17, 0);
	frame[40] = 0; /* no UDP checksum */
	frame[41] = 0;
	assert_false(port_corrupt(&port, frame, 200));
	make_frame(frame, 200, 0, 4, 6, 0);
	frame[17] = 0xff; /* longer than the frame */
	assert_false(port_corrupt(&port, frame, 200));
	make_frame(frame, 200, 0, 6, 6, 0);
	frame[12] = 0x12; /* no IP */
	assert_false(port_corrupt(&port, frame, 200));
	assert_int_equal(port.counters.corrupted, 0);
	port.corrupt = 0;
	make_frame(frame, 200, 0, 4, 6, 0);
	assert_false(port_corrupt(&port, frame, 200));
}

static void one_of_n(void **state)
{
	struct port port = faulty(10);
	unsigned int places = 0;
	uint8_t frame[200];

	(void)state;
	for (unsigned int group = 0; group < 200; group++) {
		unsigned int hits = 0;

		for (unsigned int i = 0; i < 10; i++) {
			make_frame(frame, 200, 0, 4, 6, 0);
			if (port_corrupt(&port, frame, 200)) {
				hits++;
				places |= 1u << i;
			}
		}
		assert_int_equal(hits, 1);
	}
	assert_int_equal(places, 0x3ff);
	assert_int_equal(port.counters.corrupted, 200);
}

static void descriptions_are_checked(void **state)
{
	static const char *const bad[] = {
		"",
		"tap",
		"tun:x",
		"tap:x,",
		"tap:x,corrupt=",
		"tap:x,corrupt=-1",
		"tap:x,corrupt=1x",
		"tap:x,link=maybe",
		"tap:x,netns=",
		"tap:x,speed=0",
		"pcap:a",
		"tap:",
		"tap:a-name-that-is-too-long",
		"veth:no-such-if0",
		"pcap:/no/such/file,",
		"tap:x,netns=no-such-namespace",
		"pcap:,/no/such/folder/file",
		"link:",
		"link:/no/such/folder/cable",
		"loop:",
		"loop:again",
		"loop,again",
		"tap,x",
	};
	struct port port;

	(void)state;
	log_limit = LOG_NONE;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		assert_true(port_open(&port, 0, bad[i], 1) < 0);
		port_close(&port); /* does nothing */
	}
	assert_int_equal(port_open(&port, 1, "pcap:,,corrupt=7,link=down,speed=2500", 1), 0);
	assert_int_equal(port.corrupt, 7);
	assert_int_equal(port.mbps, 2500);
	assert_false(port.link);
	assert_true(port.ended);
	port_close(&port);
}

/* ---- A wire that takes nothing for a while ---- */

static bool blocked;
static unsigned int sent;

static int stuck_open(struct port *port, char **arguments)
{
	(void)port;
	(void)arguments;
	return 0;
}

static int stuck_send(struct port *port, const uint8_t *frame, uint32_t length)
{
	(void)port;
	(void)length;
	if (blocked)
		return -EAGAIN;
	/* In order. */
	assert_int_equal(frame[0] | frame[1] << 8, sent);
	sent++;
	return 0;
}

static void stuck_close(struct port *port)
{
	(void)port;
}

static void a_stuck_wire_drops_and_counts(void **state)
{
	static const struct port_kind kind = {
		.name = "stuck", .open = stuck_open, .send = stuck_send, .close = stuck_close
	};
	struct port port = { .kind = &kind, .link = true };
	uint8_t frame[60] = { 0 };

	(void)state;
	port.queue_end = &port.queue;
	blocked = true;
	for (unsigned int i = 0; i < PORT_QUEUE + 10; i++) {
		frame[0] = (uint8_t)i;
		frame[1] = (uint8_t)(i >> 8);
		port_send(&port, frame, sizeof(frame));
	}
	assert_int_equal(port.counters.dropped_out, 10);
	assert_int_equal(port.counters.frames_out, 0);
	assert_true(port_flush(&port));
	blocked = false;
	assert_false(port_flush(&port));
	assert_int_equal(sent, PORT_QUEUE);
	assert_int_equal(port.counters.frames_out, PORT_QUEUE);
	assert_int_equal(port.counters.bytes_out, PORT_QUEUE * sizeof(frame));
	port.link = false;
	port_send(&port, frame, sizeof(frame));
	assert_int_equal(port.counters.dropped_out, 11);
	port.link = true;
	blocked = true;
	port_send(&port, frame, sizeof(frame));
	port_close(&port);
	assert_int_equal(port.counters.dropped_out, 12);
}

/* ---- A plug ---- */

static void a_plug_gives_back_what_was_sent(void **state)
{
	struct port port;
	uint8_t frame[PORT_BUFFER] = { 0 };
	unsigned int sent_frames = 0, seen = 0;

	(void)state;
	assert_int_equal(port_open(&port, 0, "loop,speed=25000", 1), 0);
	assert_int_equal(port.mbps, 25000);
	assert_int_equal(port_receive(&port, frame), -EAGAIN);
	/* Several times around the ring, with every length: a few on their way, then all of them. */
	for (unsigned int round = 0; round < 400; round++) {
		for (unsigned int i = 0; i < 7; i++, sent_frames++) {
			uint32_t length = 60 + sent_frames * 31 % 9669;

			memset(frame, (int)sent_frames, length);
			port_send(&port, frame, length);
		}
		while (seen < sent_frames - 5 || (round == 399 && seen < sent_frames)) {
			uint32_t length = 60 + seen * 31 % 9669;

			assert_int_equal(port_receive(&port, frame), length);
			assert_int_equal(frame[0], (uint8_t)seen);
			assert_int_equal(frame[length - 1], (uint8_t)seen);
			seen++;
		}
	}
	assert_int_equal(port_receive(&port, frame), -EAGAIN);
	/* A ring that is full and the queue behind it, then no more: dropped, in order, counted. */
	for (unsigned int i = 0; i < 1000; i++) {
		frame[0] = (uint8_t)i;
		port_send(&port, frame, 9728);
	}
	assert_int_not_equal(port.counters.dropped_out, 0);
	seen = 0;
	while (port_receive(&port, frame) == 9728) {
		assert_int_equal(frame[0], (uint8_t)seen);
		seen++;
		port_flush(&port);
	}
	assert_int_equal(seen + port.counters.dropped_out, 1000);
	port_close(&port);
}

/* ---- A cable ---- */

static void pass_frames(struct port *from, struct port *to, unsigned int count)
{
	uint8_t frame[PORT_BUFFER] = { 0 };
	uint32_t length = 9728;

	/* More than the socket holds: the rest waits at the sender, and keeps its order. */
	for (unsigned int i = 0; i < count; i++) {
		frame[0] = (uint8_t)i;
		port_send(from, frame, length - i);
	}
	for (unsigned int i = 0; i < count; i++) {
		if (i % 4 == 0)
			port_flush(from);
		assert_int_equal(port_receive(to, frame), length - i);
		assert_int_equal(frame[0], (uint8_t)i);
	}
	assert_int_equal(port_receive(to, frame), -EAGAIN);
}

static void a_cable_joins_two_ports(void **state)
{
	char folder[] = "/tmp/sekisho-port-XXXXXX", text[64];
	struct port near, far, third;
	uint8_t frame[PORT_BUFFER] = { 0 };

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(text, sizeof(text), "link:%s/cable", folder);
	assert_int_equal(port_open(&near, 0, text, 1), 0);
	/* Nobody at the other end. */
	port_send(&near, frame, 60);
	assert_int_equal(near.counters.dropped_out, 1);
	assert_int_equal(port_open(&far, 1, text, 1), 0);
	pass_frames(&near, &far, 60);
	pass_frames(&far, &near, 60);
	assert_int_equal(port_open(&third, 0, text, 1), -EADDRINUSE);
	/* An end goes and comes back. */
	port_close(&near);
	port_send(&far, frame, 60);
	assert_int_equal(far.counters.dropped_out, 1);
	assert_int_equal(port_open(&near, 0, text, 1), 0);
	pass_frames(&far, &near, 3);
	/* One that was killed leaves its file. */
	close(near.fd);
	assert_int_equal(port_open(&third, 0, text, 1), 0);
	pass_frames(&far, &third, 3);
	port_close(&third);
	near.fd = dup(0);
	port_close(&near);
	port_close(&far);
	assert_int_equal(rmdir(folder), 0); /* nothing is left in it */
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(one_bit_near_the_end),
	cmocka_unit_test(other_frames_pass),
	cmocka_unit_test(one_of_n),
	cmocka_unit_test(descriptions_are_checked),
	cmocka_unit_test(a_stuck_wire_drops_and_counts),
	cmocka_unit_test(a_plug_gives_back_what_was_sent),
	cmocka_unit_test(a_cable_joins_two_ports),
};

TAP_MAIN(tests)
