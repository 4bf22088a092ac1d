/* SPDX-License-Identifier: BSD-3-Clause */

#include "oracle.h"

#include <stddef.h>
#include <string.h>

#define ETHERNET 14u
#define TYPE_IPV4 0x0800u
#define TYPE_IPV6 0x86ddu
#define TYPE_TEB 0x6558u /* an Ethernet frame inside */

enum protocol {
	HOP_BY_HOP = 0,
	IPV4_IN_IP = 4,
	TCP = 6,
	UDP = 17,
	IPV6_IN_IP = 41,
	ROUTING = 43,
	FRAGMENT = 44,
	GRE = 47,
	AUTHENTICATION = 51,
	DESTINATION_OPTIONS = 60,
	SCTP = 132,
};

static uint16_t get16(const uint8_t *bytes)
{
	return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

static void put16(uint8_t *bytes, uint16_t value)
{
	bytes[0] = (uint8_t)(value >> 8);
	bytes[1] = (uint8_t)value;
}

/* --- sums ----------------------------------------------------------------------------------- */

static uint64_t add_words(uint64_t sum, const uint8_t *bytes, uint32_t length)
{
	uint32_t at;

	for (at = 0; at + 1 < length; at += 2)
		sum += get16(bytes + at);
	if (at < length)
		sum += (uint64_t)bytes[at] << 8;
	return sum;
}

static uint16_t fold(uint64_t sum)
{
	while (sum > 0xffff)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

uint16_t oracle_sum(const uint8_t *bytes, uint32_t length)
{
	return fold(add_words(0, bytes, length));
}

static uint64_t pseudo_header(const uint8_t *frame, const struct opinion *opinion)
{
	const uint8_t *ip = frame + opinion->l3_offset;
	const uint32_t address = opinion->version == 4 ? 4 : 16;
	uint64_t sum = add_words(0, ip + (opinion->version == 4 ? 12 : 8), address);

	sum = add_words(sum, opinion->destination, address);
	return sum + opinion->protocol + (opinion->l4_end - opinion->l4_offset);
}

uint16_t oracle_seed(const uint8_t *frame, const struct opinion *opinion)
{
	return fold(pseudo_header(frame, opinion));
}

/* Of pseudo header and segment, with the checksum field as it is. */
static uint16_t l4_sum(const uint8_t *frame, const struct opinion *opinion)
{
	return fold(add_words(pseudo_header(frame, opinion), frame + opinion->l4_offset,
			      opinion->l4_end - opinion->l4_offset));
}

/* --- the walk ------------------------------------------------------------------------------- */

static void judge_tcp(const uint8_t *frame, struct opinion *opinion)
{
	const uint32_t size = opinion->l4_end - opinion->l4_offset;
	const uint32_t header = (frame[opinion->l4_offset + 12] >> 4) * 4u;
	const bool right = l4_sum(frame, opinion) == 0xffff;

	if (header < 20 || header > size)
		opinion->l4 = right ? TRUTH_EITHER : TRUTH_BROKEN;
	else
		opinion->l4 = right ? TRUTH_RIGHT : TRUTH_WRONG;
}

static void judge_udp(const uint8_t *frame, struct opinion *opinion)
{
	const uint8_t *udp = frame + opinion->l4_offset;
	const uint32_t size = get16(udp + 4);

	if (size < 8 || size > opinion->l4_end - opinion->l4_offset) {
		opinion->l4 = TRUTH_BROKEN;
		opinion->l4_end = 0;
		return;
	}
	/* The datagram may be shorter than the packet (UDP options, RFC 9868): the rest is not summed. */
	opinion->l4_end = opinion->l4_offset + size;
	if (get16(udp + 6) == 0)
		opinion->l4 = opinion->version == 4 ? TRUTH_ABSENT : TRUTH_ILLEGAL;
	else
		opinion->l4 = l4_sum(frame, opinion) == 0xffff ? TRUTH_RIGHT : TRUTH_WRONG;
}

static void judge_l4(const uint8_t *frame, uint32_t at, uint32_t end, struct opinion *opinion)
{
	const uint8_t protocol = opinion->protocol;

	if (protocol != TCP && protocol != UDP) {
		opinion->l4_offset = at;
		return;
	}
	opinion->l4 = TRUTH_BROKEN;
	if (at + (protocol == TCP ? 20u : 8u) > end)
		return;
	opinion->l4_offset = at;
	opinion->l4_end = end;
	if (protocol == TCP)
		judge_tcp(frame, opinion);
	else
		judge_udp(frame, opinion);
}

static void judge_ipv4(const uint8_t *frame, uint32_t length, struct opinion *opinion)
{
	const uint32_t at = opinion->l3_offset;
	const uint8_t *ip = frame + at;
	uint32_t header, total;
	bool right;

	opinion->ip = TRUTH_BROKEN;
	if (at + 20 > length || ip[0] >> 4 != 4)
		return;
	header = (ip[0] & 15u) * 4;
	total = get16(ip + 2);
	if (header < 20 || at + header > length)
		return;
	opinion->version = 4;
	opinion->options = header > 20;
	opinion->protocol = ip[9];
	opinion->destination = ip + 16;
	right = oracle_sum(ip, header) == 0xffff;
	opinion->l4 = TRUTH_BROKEN;
	if (total < header || at + total > length) {
		opinion->ip = right ? TRUTH_EITHER : TRUTH_BROKEN;
		return;
	}
	opinion->ip = right ? TRUTH_RIGHT : TRUTH_WRONG;
	/* The sum cannot tell it from 0; RFC 1624 says that no sender writes it. */
	if (right && get16(ip + 10) == 0xffff)
		opinion->ip = TRUTH_EITHER;
	opinion->l4 = TRUTH_NOTHING;
	if ((get16(ip + 6) & 0x3fff) != 0) {
		opinion->fragment = true;
		return;
	}
	judge_l4(frame, at + header, at + total, opinion);
}

/* The last stop of a routing header under way, which the pseudo header holds; NULL: not known. */
static const uint8_t *last_stop(const uint8_t *routing, uint32_t size)
{
	switch (routing[2]) {
	case 0:
		return size >= 24 && (size - 8) % 16 == 0 ? routing + size - 16 : NULL;
	case 2:
	case 4:
		return size >= 24 ? routing + 8 : NULL;
	default:
		return NULL;
	}
}

static uint32_t extension_size(const uint8_t *header, uint8_t protocol)
{
	if (protocol == FRAGMENT)
		return 8;
	return protocol == AUTHENTICATION ? (header[1] + 2u) * 4 : (header[1] + 1u) * 8;
}

static bool is_extension(uint8_t protocol)
{
	return protocol == HOP_BY_HOP || protocol == ROUTING || protocol == FRAGMENT ||
	       protocol == AUTHENTICATION || protocol == DESTINATION_OPTIONS;
}

static void judge_ipv6(const uint8_t *frame, uint32_t length, struct opinion *opinion)
{
	const uint8_t *ip = frame + opinion->l3_offset;
	uint32_t at = opinion->l3_offset + 40, end;
	uint8_t protocol;

	opinion->ip = TRUTH_BROKEN;
	if (at > length || ip[0] >> 4 != 6)
		return;
	opinion->version = 6;
	opinion->destination = ip + 24;
	protocol = ip[6];
	end = at + get16(ip + 4);
	if (end > length) {
		opinion->ip = TRUTH_EITHER;
		opinion->l4 = TRUTH_BROKEN;
		return;
	}
	opinion->ip = TRUTH_IPV6;
	while (is_extension(protocol)) {
		const uint8_t *header = frame + at;
		uint32_t size;

		opinion->options = true;
		if (at + 8 > end || at + extension_size(header, protocol) > end) {
			opinion->l4 = TRUTH_BROKEN;
			return;
		}
		size = extension_size(header, protocol);
		if (protocol == FRAGMENT && (get16(header + 2) & 0xfff9) != 0) {
			opinion->fragment = true;
			opinion->protocol = header[0];
			return;
		}
		if (protocol == ROUTING && header[3] != 0) {
			opinion->destination = last_stop(header, size);
			if (opinion->destination == NULL)
				return;
		}
		protocol = header[0];
		at += size;
	}
	opinion->protocol = protocol;
	judge_l4(frame, at, end, opinion);
}

void oracle_judge_at(const uint8_t *frame, uint32_t length, uint32_t offset, uint16_t type,
		     struct opinion *opinion)
{
	*opinion = (struct opinion){ .ip = TRUTH_NOTHING, .l4 = TRUTH_NOTHING };
	if (type != TYPE_IPV4 && type != TYPE_IPV6)
		return;
	opinion->l3_offset = offset;
	if (type == TYPE_IPV4)
		judge_ipv4(frame, length, opinion);
	else
		judge_ipv6(frame, length, opinion);
}

static bool is_tag(uint16_t type)
{
	return type == 0x8100 || type == 0x88a8 || type == 0x9100;
}

/* Behind the Ethernet header at offset and its tags; 0: the frame ends before. */
static uint32_t skip_ethernet(const uint8_t *frame, uint32_t length, uint32_t offset,
			      uint16_t *type)
{
	uint32_t at = offset + ETHERNET;

	if (at > length)
		return 0;
	*type = get16(frame + at - 2);
	while (is_tag(*type)) {
		at += 4;
		if (at > length)
			return 0;
		*type = get16(frame + at - 2);
	}
	return at;
}

void oracle_judge(const uint8_t *frame, uint32_t length, struct opinion *opinion)
{
	uint16_t type = 0;
	uint32_t at = skip_ethernet(frame, length, 0, &type);

	oracle_judge_at(frame, length, at, at == 0 ? 0 : type, opinion);
}

/* --- tunnels -------------------------------------------------------------------------------- */

static uint32_t inner_of_udp(const uint8_t *frame, uint32_t length, uint32_t at, uint16_t *type)
{
	const uint16_t port = get16(frame + at + 2);

	at += 8;
	if (at + 8 > length)
		return 0;
	if (port == 4789 && (frame[at] & 8) != 0)
		return skip_ethernet(frame, length, at + 8, type);
	if (port == 6081 && frame[at] >> 6 == 0) {
		*type = get16(frame + at + 2);
		at += 8 + (frame[at] & 63u) * 4;
		return *type == TYPE_TEB ? skip_ethernet(frame, length, at, type) : at;
	}
	if (port == 2152 && frame[at] >> 5 == 1 && frame[at + 1] == 255) {
		at += (frame[at] & 7) != 0 ? 12 : 8;
		if (at >= length)
			return 0;
		*type = frame[at] >> 4 == 4 ? TYPE_IPV4 : TYPE_IPV6;
		return at;
	}
	return 0;
}

static uint32_t inner_of_gre(const uint8_t *frame, uint32_t length, uint32_t at, uint16_t *type)
{
	uint32_t size = 4;

	if (at + 4 > length)
		return 0;
	for (unsigned int bit = 4; bit < 8; bit++) {
		/* Checksum, (routing), key and sequence number: a word each. */
		if ((frame[at] & 1u << bit) != 0)
			size += 4;
	}
	*type = get16(frame + at + 2);
	at += size;
	return *type == TYPE_TEB ? skip_ethernet(frame, length, at, type) : at;
}

uint32_t oracle_inner(const uint8_t *frame, uint32_t length, const struct opinion *outer,
		      uint16_t *type)
{
	uint32_t at = outer->l4_offset;

	if (at == 0 || outer->fragment)
		return 0;
	switch (outer->protocol) {
	case UDP:
		at = inner_of_udp(frame, length, at, type);
		break;
	case GRE:
		at = inner_of_gre(frame, length, at, type);
		break;
	case IPV4_IN_IP:
		*type = TYPE_IPV4;
		break;
	case IPV6_IN_IP:
		*type = TYPE_IPV6;
		break;
	default:
		return 0;
	}
	return at < length ? at : 0;
}

/* --- insertion ------------------------------------------------------------------------------ */

uint32_t oracle_l4_field(const struct opinion *opinion)
{
	if (opinion->l4_end == 0)
		return 0;
	return opinion->l4_offset + (opinion->protocol == TCP ? 16 : 6);
}

void oracle_insert(uint8_t *frame, const struct opinion *opinion, bool ip, bool l4)
{
	const uint32_t field = oracle_l4_field(opinion);
	uint16_t sum;

	if (ip && opinion->version == 4) {
		uint8_t *header = frame + opinion->l3_offset;

		put16(header + 10, 0);
		put16(header + 10, (uint16_t)~oracle_sum(header, (header[0] & 15u) * 4));
	}
	if (l4 && field != 0) {
		put16(frame + field, 0);
		sum = (uint16_t)~l4_sum(frame, opinion);
		/* RFC 768: 0 says that there is none. TCP has no such rule. */
		put16(frame + field, sum == 0 && opinion->protocol == UDP ? 0xffff : sum);
	}
}

/* --- verdicts ------------------------------------------------------------------------------- */

#define MAY(verdict) (1u << VERDICT_##verdict)

bool oracle_allows(enum truth truth, enum verdict verdict)
{
	/* NONE claims that the data is sound although the checksum in the packet is not. */
	static const unsigned int allowed[] = {
		[TRUTH_RIGHT] = MAY(UNKNOWN) | MAY(GOOD) | MAY(NONE),
		[TRUTH_WRONG] = MAY(UNKNOWN) | MAY(BAD),
		[TRUTH_ABSENT] = MAY(UNKNOWN) | MAY(NONE),
		[TRUTH_ILLEGAL] = MAY(UNKNOWN) | MAY(BAD),
		[TRUTH_NOTHING] = MAY(UNKNOWN),
		[TRUTH_IPV6] = MAY(UNKNOWN) | MAY(GOOD),
		[TRUTH_BROKEN] = MAY(UNKNOWN) | MAY(BAD),
		[TRUTH_EITHER] = MAY(UNKNOWN) | MAY(BAD) | MAY(GOOD) | MAY(NONE),
	};

	return allowed[truth] >> verdict & 1;
}

bool oracle_unverified(enum truth truth, enum verdict verdict)
{
	if (truth == TRUTH_RIGHT)
		return verdict != VERDICT_GOOD;
	return truth == TRUTH_WRONG && verdict != VERDICT_BAD;
}

const char *oracle_truth_name(enum truth truth)
{
	static const char *const names[] = {
		[TRUTH_RIGHT] = "right",     [TRUTH_WRONG] = "wrong",
		[TRUTH_ABSENT] = "absent",   [TRUTH_ILLEGAL] = "illegally absent",
		[TRUTH_NOTHING] = "nothing", [TRUTH_IPV6] = "ipv6",
		[TRUTH_BROKEN] = "broken",   [TRUTH_EITHER] = "either",
	};

	return names[truth];
}

const char *oracle_verdict_name(enum verdict verdict)
{
	static const char *const names[] = { "UNKNOWN", "BAD", "GOOD", "NONE" };

	return names[verdict];
}

/* --- other sums ----------------------------------------------------------------------------- */

uint32_t oracle_crc32c(const uint8_t *bytes, uint32_t length)
{
	uint32_t crc = 0xffffffff;

	for (uint32_t at = 0; at < length; at++) {
		crc ^= bytes[at];
		for (int bit = 0; bit < 8; bit++)
			crc = crc & 1 ? crc >> 1 ^ 0x82f63b78 : crc >> 1;
	}
	return ~crc;
}

uint32_t oracle_toeplitz(const uint8_t *key, const uint8_t *bytes, uint32_t length)
{
	uint32_t window =
		(uint32_t)key[0] << 24 | (uint32_t)key[1] << 16 | (uint32_t)key[2] << 8 | key[3];
	uint32_t hash = 0;

	for (uint32_t bit = 0; bit < length * 8; bit++) {
		const uint32_t next = bit + 32;

		if ((bytes[bit / 8] >> (7 - bit % 8) & 1) != 0)
			hash ^= window;
		window = window << 1 | (key[next / 8] >> (7 - next % 8) & 1);
	}
	return hash;
}

bool oracle_rss(const uint8_t *frame, const struct opinion *opinion, const uint8_t *key, bool ports,
		uint32_t *hash)
{
	const uint32_t size = opinion->version == 4 ? 8 : 32;
	const uint32_t first = opinion->version == 4 ? 12 : 8;
	uint8_t input[36];

	if (opinion->version == 0)
		return false;
	memcpy(input, frame + opinion->l3_offset + first, size);
	if (ports && !opinion->fragment && opinion->l4_offset != 0 &&
	    (opinion->protocol == TCP || opinion->protocol == UDP)) {
		memcpy(input + size, frame + opinion->l4_offset, 4);
		*hash = oracle_toeplitz(key, input, size + 4);
	} else {
		*hash = oracle_toeplitz(key, input, size);
	}
	return true;
}
