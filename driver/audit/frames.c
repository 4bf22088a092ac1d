/* SPDX-License-Identifier: BSD-3-Clause */

#include "frames.h"

#include <string.h>

#include "oracle.h"

const struct layer layers[LAYERS] = {
	{ 4, P_TCP, "IPv4 TCP" },
	{ 4, P_UDP, "IPv4 UDP" },
	{ 6, P_TCP, "IPv6 TCP" },
	{ 6, P_UDP, "IPv6 UDP" },
};

static uint64_t state = 1;

void random_seed(uint64_t seed)
{
	state = seed * UINT64_C(0x9e3779b97f4a7c15) | 1;
}

/* xorshift64* */
uint32_t random32(void)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return (uint32_t)(state * UINT64_C(0x2545f4914f6cdd1d) >> 32);
}

uint32_t random_below(uint32_t limit)
{
	return (uint32_t)((uint64_t)random32() * limit >> 32);
}

static void fill_random(uint8_t *bytes, uint32_t length)
{
	for (uint32_t i = 0; i < length; i++)
		bytes[i] = (uint8_t)random32();
}

uint16_t frame_get16(const struct frame *frame, uint32_t at)
{
	return (uint16_t)(frame->bytes[at] << 8 | frame->bytes[at + 1]);
}

void frame_put16(struct frame *frame, uint32_t at, uint16_t value)
{
	frame->bytes[at] = (uint8_t)(value >> 8);
	frame->bytes[at + 1] = (uint8_t)value;
}

static void add8(struct frame *frame, uint8_t value)
{
	frame->bytes[frame->length++] = value;
}

static void add16(struct frame *frame, uint16_t value)
{
	frame_put16(frame, frame->length, value);
	frame->length += 2;
}

static void add_bytes(struct frame *frame, const uint8_t *bytes, uint32_t length)
{
	if (bytes == NULL)
		fill_random(frame->bytes + frame->length, length);
	else
		memcpy(frame->bytes + frame->length, bytes, length);
	frame->length += length;
}

/* --- headers -------------------------------------------------------------------------------- */

static void add_ethernet(struct frame *frame, const struct recipe *recipe, uint16_t type)
{
	static const uint8_t addresses[12] = { 0x02, 0, 0, 0, 0, 2, 0x02, 0x5e, 0, 0, 0, 1 };

	add_bytes(frame, addresses, sizeof(addresses));
	for (unsigned int i = 0; i < recipe->tags; i++) {
		add16(frame, recipe->tpid[i] != 0 ? recipe->tpid[i] : 0x8100);
		add16(frame, recipe->tci[i] != 0 ? recipe->tci[i] : (uint16_t)(0x2064 + i));
	}
	add16(frame, type);
	frame->l2_length = (uint16_t)frame->length;
}

static void add_ipv4(struct frame *frame, const struct recipe *recipe)
{
	/* 198.18.0.0/15: the range for tests of devices, RFC 2544. */
	const uint8_t usual[8] = { 198, 18, (uint8_t)random32(), (uint8_t)random32(),
				   198, 19, (uint8_t)random32(), (uint8_t)random32() };
	const unsigned int words = recipe->ihl != 0 ? recipe->ihl : 5;

	add8(frame, (uint8_t)(0x40 | words));
	add8(frame, 0);
	add16(frame, 0); /* total length: later */
	add16(frame, (uint16_t)random32());
	add16(frame, 0);
	add8(frame, 64);
	add8(frame, recipe->protocol);
	add16(frame, 0);
	add_bytes(frame, recipe->addresses != NULL ? recipe->addresses : usual, 8);
	for (unsigned int i = 20; i < words * 4; i++)
		add8(frame, recipe->fill == FILL_ONES ? 0xff : 1); /* no operation */
}

/* One extension header; its next header is filled in by the next one. */
static void add_extension(struct frame *frame, const struct recipe *recipe, unsigned int index)
{
	const uint8_t next =
		index + 1 < recipe->extensions ? recipe->extension[index + 1] : recipe->protocol;
	static const uint8_t stops[2][16] = {
		{ 0x20, 0x01, 0x0d, 0xb8, 9, 9, [15] = 1 },
		{ 0x20, 0x01, 0x0d, 0xb8, 9, 9, [15] = 2 },
	};

	add8(frame, next);
	switch (recipe->extension[index]) {
	case P_ROUTING:
		/* Type 2 has one address, the others two. */
		add8(frame, recipe->routing_type == 2 ? 2 : 4);
		add8(frame, recipe->routing_type);
		add8(frame, recipe->segments_left);
		add8(frame, recipe->routing_type == 4 ? 1 : 0);
		add8(frame, 0);
		add16(frame, 0);
		add_bytes(frame, stops[0], recipe->routing_type == 2 ? 16 : 32);
		break;
	case P_FRAGMENT:
		/* Offset 0 and no more fragments: the whole packet is here (RFC 6946). */
		add8(frame, 0);
		add16(frame, 0);
		add_bytes(frame, NULL, 4);
		break;
	case P_AUTHENTICATION:
		add8(frame, 4);
		add16(frame, 0);
		add_bytes(frame, NULL, 20);
		break;
	default: { /* options: padding, of 8 or 16 bytes */
		const uint8_t words = index % 2;

		add8(frame, words);
		add8(frame, 1);
		add8(frame, (uint8_t)(words * 8 + 4));
		memset(frame->bytes + frame->length, 0, words * 8u + 4);
		frame->length += words * 8u + 4;
		break;
	}
	}
}

static void add_ipv6(struct frame *frame, const struct recipe *recipe)
{
	uint8_t usual[32] = { 0x20, 0x01, 0x0d, 0xb8, [16] = 0x20, 0x01, 0x0d, 0xb8 };

	fill_random(usual + 8, 8);
	fill_random(usual + 24, 8);
	add8(frame, 0x60);
	add_bytes(frame, NULL, 3); /* flow label */
	frame->bytes[frame->length - 3] &= 0x0f;
	add16(frame, 0); /* payload length: later */
	add8(frame, recipe->extensions != 0 ? recipe->extension[0] : recipe->protocol);
	add8(frame, 64);
	add_bytes(frame, recipe->addresses != NULL ? recipe->addresses : usual, 32);
	for (unsigned int i = 0; i < recipe->extensions; i++)
		add_extension(frame, recipe, i);
}

static void add_l4(struct frame *frame, const struct recipe *recipe)
{
	if (recipe->protocol != P_TCP && recipe->protocol != P_UDP)
		return;
	add16(frame, recipe->source_port != 0 ? recipe->source_port : 40000);
	add16(frame, recipe->destination_port != 0 ? recipe->destination_port : 7);
	if (recipe->protocol == P_UDP) {
		add16(frame, (uint16_t)(8 + recipe->payload));
		add16(frame, 0);
		return;
	}
	add_bytes(frame, NULL, 8); /* sequence numbers */
	add8(frame, (uint8_t)((5 + recipe->tcp_options) << 4));
	add8(frame, recipe->tcp_flags != 0 ? recipe->tcp_flags : 0x10);
	add16(frame, 0xffff);
	add16(frame, 0);
	add16(frame, 0);
	for (unsigned int i = 0; i < recipe->tcp_options * 4; i++)
		add8(frame, 1);
}

void frame_build(struct frame *frame, const struct recipe *recipe)
{
	frame->length = 0;
	frame->version = recipe->version;
	frame->protocol = recipe->protocol;
	add_ethernet(frame, recipe, recipe->version == 4 ? 0x0800 : 0x86dd);
	if (recipe->version == 4)
		add_ipv4(frame, recipe);
	else
		add_ipv6(frame, recipe);
	frame->l3_length = (uint16_t)(frame->length - frame->l2_length);
	add_l4(frame, recipe);
	frame->l4_length = (uint16_t)(frame->length - frame_l4(frame));
	if (recipe->data != NULL || recipe->fill == FILL_RANDOM) {
		add_bytes(frame, recipe->data, recipe->payload);
	} else {
		memset(frame->bytes + frame->length, recipe->fill == FILL_ONES ? 0xff : 0,
		       recipe->payload);
		frame->length += recipe->payload;
	}
	if (recipe->version == 4)
		frame_put16(frame, frame->l2_length + 2u,
			    (uint16_t)(frame->length - frame->l2_length));
	else
		frame_put16(frame, frame->l2_length + 4u,
			    (uint16_t)(frame->length - frame->l2_length - 40));
	frame_correct(frame);
	if (recipe->no_checksum)
		frame_put16(frame, frame_l4_field(frame), 0);
}

void frame_plain(struct frame *frame, unsigned int layer, uint32_t payload)
{
	const struct recipe recipe = { .version = layers[layer].version,
				       .protocol = layers[layer].protocol,
				       .payload = payload };

	frame_build(frame, &recipe);
}

void frame_other(struct frame *frame, uint16_t type, const uint8_t *data, uint32_t length)
{
	static const struct recipe none;

	frame->length = 0;
	frame->version = 0;
	frame->protocol = 0;
	frame->l3_length = frame->l4_length = 0;
	add_ethernet(frame, &none, type);
	add_bytes(frame, data, length);
}

/* --- parts ---------------------------------------------------------------------------------- */

uint32_t frame_fragmentable(const struct frame *frame)
{
	return frame->length - frame_l4(frame);
}

void frame_fragment(struct frame *part, const struct frame *whole, uint32_t offset, uint32_t size)
{
	const uint32_t start = frame_l4(whole);
	const bool more = offset + size < frame_fragmentable(whole);
	const uint32_t ip = whole->l2_length;

	*part = *whole;
	part->length = start;
	if (whole->version == 6) {
		/* Only packets without extension headers are cut. */
		part->bytes[ip + 6] = P_FRAGMENT;
		add8(part, whole->protocol);
		add8(part, 0);
		add16(part, (uint16_t)(offset | more));
		add16(part, 0x1234);
		add16(part, 0x5678);
	} else {
		frame_put16(part, ip + 6, (uint16_t)(offset / 8 | (more ? 0x2000 : 0)));
	}
	part->l3_length = (uint16_t)(part->length - ip);
	part->l4_length = 0;
	add_bytes(part, whole->bytes + start + offset, size);
	if (whole->version == 6)
		frame_put16(part, ip + 4, (uint16_t)(part->length - ip - 40));
	else
		frame_put16(part, ip + 2, (uint16_t)(part->length - ip));
	frame_correct(part);
}

void frame_trailer(struct frame *frame, uint32_t count, int value)
{
	for (uint32_t i = 0; i < count; i++)
		add8(frame, value < 0 ? (uint8_t)random32() : (uint8_t)value);
}

void frame_pad(struct frame *frame, uint32_t length, int value)
{
	if (frame->length < length)
		frame_trailer(frame, length - frame->length, value);
}

/* --- checksums ------------------------------------------------------------------------------ */

uint32_t frame_l4(const struct frame *frame)
{
	return (uint32_t)frame->l2_length + frame->l3_length;
}

uint32_t frame_l4_field(const struct frame *frame)
{
	return frame_l4(frame) + (frame->protocol == P_TCP ? 16 : 6);
}

void frame_correct(struct frame *frame)
{
	struct opinion opinion;

	oracle_judge(frame->bytes, frame->length, &opinion);
	oracle_insert(frame->bytes, &opinion, true, true);
}

void frame_spoil_l4(struct frame *frame)
{
	struct opinion opinion;
	uint32_t at;

	oracle_judge(frame->bytes, frame->length, &opinion);
	at = opinion.l4_end - 1;
	if (at < frame_l4(frame) + frame->l4_length)
		at = frame_l4_field(frame) + 1;
	frame->bytes[at] ^= 0x55;
	/* Not to the value that says that there is none. */
	if (frame_get16(frame, frame_l4_field(frame)) == 0)
		frame_put16(frame, frame_l4_field(frame), 0x1234);
}

void frame_spoil_ip(struct frame *frame)
{
	frame->bytes[frame->l2_length + 11u] ^= 0x55;
}

static uint16_t difference(uint16_t from, uint16_t to)
{
	/* One's complement: from + difference = to. */
	return (uint16_t)(((uint32_t)to + 0xffff - from) % 0xffff);
}

void frame_force_l4(struct frame *frame, uint16_t wanted)
{
	const uint32_t field = frame_l4_field(frame);
	const uint32_t at = frame_l4(frame) + frame->l4_length;

	frame_put16(frame, at, 0);
	frame_correct(frame);
	/* Adding d to the data takes d off the checksum. */
	frame_put16(frame, at, difference(wanted, frame_get16(frame, field)));
	frame_put16(frame, field, wanted);
}

void frame_force_ip(struct frame *frame, uint16_t wanted)
{
	const uint32_t ip = frame->l2_length;

	frame_put16(frame, ip + 4, 0);
	frame_correct(frame);
	frame_put16(frame, ip + 4, difference(wanted, frame_get16(frame, ip + 10)));
	frame_put16(frame, ip + 10, wanted);
}
