/* SPDX-License-Identifier: BSD-3-Clause */

#include <stdbool.h>
#include <string.h>

#include <sekisho/registers.h>

#include "sekisho_audit.h"

#define ETHERTYPE_PLACE 12
#define MAX_TAGS 2
#define MAX_EXTENSIONS 8
#define IP6_HEADER 40
/* Layer 4 headers that start later than this are not looked for. */
#define LAST_L4_OFFSET 255

enum protocol {
	HOP_BY_HOP = 0,
	ICMP = 1,
	TCP = 6,
	UDP = 17,
	ROUTING = 43,
	FRAGMENT = 44,
	ESP = 50,
	AUTHENTICATION = 51,
	ICMP6 = 58,
	DESTINATION = 60,
	MOBILITY = 135,
	HIP = 139,
	SHIM6 = 140,
	EXPERIMENT_1 = 253,
	EXPERIMENT_2 = 254,
};

/* A frame under examination. */
struct look {
	const uint8_t *frame;
	unsigned int length; /* of the frame */
	unsigned int end; /* of the IP datagram */
	unsigned int at; /* of the header that is looked at */
	unsigned int protocol;
	uint64_t pseudo; /* sum of the pseudo header's addresses */
};

static unsigned int word(const uint8_t *bytes)
{
	return bytes[0] << 8 | bytes[1];
}

/* Sum of big-endian words; an odd last byte is a word's upper half. */
static uint64_t sum(const uint8_t *bytes, unsigned int count)
{
	uint64_t total = 0;

	for (; count >= 2; bytes += 2, count -= 2)
		total += word(bytes);
	return count ? total + (bytes[0] << 8) : total;
}

static uint16_t fold(uint64_t total)
{
	while (total >> 16)
		total = (total & 0xffff) + (total >> 16);
	return (uint16_t)total;
}

/* True when the sum with its checksum is one of the two zeros of one's complement. */
static bool is_zero(uint16_t total)
{
	return total == 0xffff || total == 0;
}

/* Looks at an IPv4 header. CHECKED: layer 4 is at look->at. */
static int walk_ip4(struct look *look, struct sekisho_audit *audit)
{
	const uint8_t *header = look->frame + look->at;
	unsigned int left = look->length - look->at, size, total;

	if (left < 20)
		return SEKISHO_CHECKSUM_REASON_TRUNCATED;
	if (header[0] >> 4 != 4)
		return SEKISHO_CHECKSUM_REASON_NOT_IP;
	size = 4 * (header[0] & 15);
	if (size < 20)
		return SEKISHO_CHECKSUM_REASON_IP_LENGTH;
	if (left < size)
		return SEKISHO_CHECKSUM_REASON_TRUNCATED;
	audit->ip_verdict = fold(sum(header, size)) == 0xffff ? SEKISHO_CHECKSUM_VERDICT_GOOD :
								SEKISHO_CHECKSUM_VERDICT_BAD;
	total = word(header + 2);
	if (total < size)
		return SEKISHO_CHECKSUM_REASON_IP_LENGTH;
	if (total > left)
		return SEKISHO_CHECKSUM_REASON_TRUNCATED;
	look->end = look->at + total;
	if (word(header + 6) & 0x3fff) /* more fragments, or an offset */
		return SEKISHO_CHECKSUM_REASON_FRAGMENT;
	look->pseudo = sum(header + 12, 8);
	look->protocol = header[9];
	look->at += size;
	return SEKISHO_CHECKSUM_REASON_CHECKED;
}

static bool is_walked(unsigned int protocol)
{
	return protocol == HOP_BY_HOP || protocol == ROUTING || protocol == FRAGMENT ||
	       protocol == AUTHENTICATION || protocol == DESTINATION;
}

static bool is_other_extension(unsigned int protocol)
{
	return protocol == ESP || protocol == MOBILITY || protocol == HIP || protocol == SHIM6 ||
	       protocol == EXPERIMENT_1 || protocol == EXPERIMENT_2;
}

/* Walks over an IPv6 header and its extension headers. */
static int walk_ip6(struct look *look, struct sekisho_audit *audit)
{
	const uint8_t *header = look->frame + look->at;
	unsigned int left = look->length - look->at;

	if (left < IP6_HEADER)
		return SEKISHO_CHECKSUM_REASON_TRUNCATED;
	if (header[0] >> 4 != 6)
		return SEKISHO_CHECKSUM_REASON_NOT_IP;
	audit->ip_verdict = SEKISHO_CHECKSUM_VERDICT_GOOD;
	if (IP6_HEADER + word(header + 4) > left)
		return SEKISHO_CHECKSUM_REASON_TRUNCATED;
	look->end = look->at + IP6_HEADER + word(header + 4);
	look->pseudo = sum(header + 8, 32);
	look->protocol = header[6];
	look->at += IP6_HEADER;
	for (unsigned int count = 0; is_walked(look->protocol); count++) {
		const uint8_t *extension = look->frame + look->at;
		unsigned int size;

		if (count == MAX_EXTENSIONS)
			return SEKISHO_CHECKSUM_REASON_EXTENSION;
		if (look->at + 8 > look->end)
			return SEKISHO_CHECKSUM_REASON_TRUNCATED;
		if (look->at > LAST_L4_OFFSET)
			return SEKISHO_CHECKSUM_REASON_TOO_DEEP;
		if (look->protocol == FRAGMENT)
			size = 8;
		else if (look->protocol == AUTHENTICATION)
			size = 4 * (extension[1] + 2);
		else
			size = 8 * (extension[1] + 1);
		if (look->at + size > look->end)
			return SEKISHO_CHECKSUM_REASON_TRUNCATED;
		/* With segments left the checksum covers another address than the header's. */
		if (look->protocol == ROUTING && extension[3] != 0)
			return SEKISHO_CHECKSUM_REASON_EXTENSION;
		if (look->protocol == FRAGMENT && word(extension + 2) & 0xfff9)
			return SEKISHO_CHECKSUM_REASON_FRAGMENT;
		look->protocol = extension[0];
		look->at += size;
	}
	return is_other_extension(look->protocol) ? SEKISHO_CHECKSUM_REASON_EXTENSION :
						    SEKISHO_CHECKSUM_REASON_CHECKED;
}

/* Looks at the layer 4 header; *end is where what it sums ends. */
static int walk_l4(const struct look *look, bool ip6, struct sekisho_audit *audit,
		   unsigned int *end)
{
	const uint8_t *header = look->frame + look->at;
	unsigned int left = look->end - look->at;
	bool icmp = look->protocol == (ip6 ? ICMP6 : ICMP);

	if (look->protocol != TCP && look->protocol != UDP && !icmp)
		return SEKISHO_CHECKSUM_REASON_NOT_TCP_UDP;
	if (left < (look->protocol == TCP ? 20u : 8u))
		return SEKISHO_CHECKSUM_REASON_TRUNCATED;
	if (look->at > LAST_L4_OFFSET)
		return SEKISHO_CHECKSUM_REASON_TOO_DEEP;
	audit->l4_offset = look->at;
	*end = look->end;
	if (icmp)
		return SEKISHO_CHECKSUM_REASON_NOT_TCP_UDP;
	if (look->protocol == TCP) {
		unsigned int size = 4 * (header[12] >> 4);

		return size < 20 || size > left ? SEKISHO_CHECKSUM_REASON_L4_LENGTH :
						  SEKISHO_CHECKSUM_REASON_CHECKED;
	}
	if (word(header + 4) < 8 || word(header + 4) > left)
		return SEKISHO_CHECKSUM_REASON_L4_LENGTH;
	*end = look->at + word(header + 4);
	if (word(header + 6) != 0)
		return SEKISHO_CHECKSUM_REASON_CHECKED;
	return ip6 ? SEKISHO_CHECKSUM_REASON_UDP6_NO_CHECKSUM :
		     SEKISHO_CHECKSUM_REASON_UDP_NO_CHECKSUM;
}

void sekisho_audit_frame(const uint8_t *frame, unsigned int length, struct sekisho_audit *audit)
{
	struct look look = { .frame = frame, .length = length, .at = ETHERTYPE_PLACE };
	unsigned int tags = 0, type, end = length, start;
	int reason;

	memset(audit, 0, sizeof(*audit));
	type = word(frame + look.at);
	look.at += 2;
	while (type == 0x8100 || type == 0x88a8 || type == 0x9100) {
		if (tags == MAX_TAGS || look.at + 4 > length)
			break;
		type = word(frame + look.at + 2);
		look.at += 4;
		tags++;
	}
	audit->l3_offset = look.at;
	if (type == 0x0800)
		reason = walk_ip4(&look, audit);
	else if (type == 0x86dd)
		reason = walk_ip6(&look, audit);
	else if (type == 0x8100 || type == 0x88a8 || type == 0x9100)
		reason = tags == MAX_TAGS ? SEKISHO_CHECKSUM_REASON_TOO_MANY_TAGS :
					    SEKISHO_CHECKSUM_REASON_TRUNCATED;
	else
		reason = SEKISHO_CHECKSUM_REASON_NOT_IP;
	if (reason == SEKISHO_CHECKSUM_REASON_CHECKED)
		reason = walk_l4(&look, type == 0x86dd, audit, &end);
	audit->reason = reason;

	start = audit->l4_offset != 0 ? audit->l4_offset : audit->l3_offset;
	audit->raw_sum = fold(sum(frame + start, end - start));
	switch (reason) {
	case SEKISHO_CHECKSUM_REASON_CHECKED:
		/* The pseudo header: addresses, length, protocol. */
		audit->l4_verdict = is_zero(fold(look.pseudo + (end - start) + look.protocol +
						 audit->raw_sum)) ?
					    SEKISHO_CHECKSUM_VERDICT_GOOD :
					    SEKISHO_CHECKSUM_VERDICT_BAD;
		break;
	case SEKISHO_CHECKSUM_REASON_UDP_NO_CHECKSUM:
		audit->l4_verdict = SEKISHO_CHECKSUM_VERDICT_NONE;
		break;
	case SEKISHO_CHECKSUM_REASON_UDP6_NO_CHECKSUM:
		audit->l4_verdict = SEKISHO_CHECKSUM_VERDICT_BAD;
		break;
	default:
		audit->l4_verdict = SEKISHO_CHECKSUM_VERDICT_UNKNOWN;
	}
}
