/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Finds the headers of a frame (RFC 791, 8200, 768, 793; IEEE 802.1Q). Every step either goes on to
 * the next header or ends with the reason why layer 4 is not to be checked.
 */

#include <arpa/inet.h>
#include <stdbool.h>
#include <string.h>

#include <sekisho/registers.h>

#include "checksum.h"
#include "headers.h"

#define DEPTH 256u /* bytes that the card's parser reads */
#define MAX_EXTENSIONS 8u

enum ethertype {
	ETHERTYPE_IPV4 = 0x0800,
	ETHERTYPE_ARP = 0x0806,
	ETHERTYPE_TAG = 0x8100,
	ETHERTYPE_IPV6 = 0x86dd,
	ETHERTYPE_SERVICE_TAG = 0x88a8,
	ETHERTYPE_OLD_TAG = 0x9100,
};

/* Numbers of IANA's list of IP protocols and IPv6 extension headers. */
enum protocol {
	PROTOCOL_HOP_BY_HOP = 0,
	PROTOCOL_ICMP = 1,
	PROTOCOL_TCP = 6,
	PROTOCOL_UDP = 17,
	PROTOCOL_ROUTING = 43,
	PROTOCOL_FRAGMENT = 44,
	PROTOCOL_ESP = 50,
	PROTOCOL_AUTHENTICATION = 51,
	PROTOCOL_ICMPV6 = 58,
	PROTOCOL_NONE = 59,
	PROTOCOL_DESTINATION = 60,
	PROTOCOL_MOBILITY = 135,
	PROTOCOL_HIP = 139,
	PROTOCOL_SHIM6 = 140,
	PROTOCOL_TEST1 = 253,
	PROTOCOL_TEST2 = 254,
};

static uint32_t get16(const uint8_t *at)
{
	return (uint32_t)at[0] << 8 | at[1];
}

static bool is_walked(uint8_t protocol)
{
	return protocol == PROTOCOL_HOP_BY_HOP || protocol == PROTOCOL_ROUTING ||
	       protocol == PROTOCOL_FRAGMENT || protocol == PROTOCOL_AUTHENTICATION ||
	       protocol == PROTOCOL_DESTINATION;
}

static bool is_other_extension(uint8_t protocol)
{
	return protocol == PROTOCOL_ESP || protocol == PROTOCOL_MOBILITY ||
	       protocol == PROTOCOL_HIP || protocol == PROTOCOL_SHIM6 ||
	       protocol == PROTOCOL_TEST1 || protocol == PROTOCOL_TEST2;
}

/* Source and destination as they stand in the frame, the length of layer 4, its protocol. */
static void set_pseudo(struct headers *headers, const uint8_t *frame, uint32_t length,
		       uint8_t protocol)
{
	headers->pseudo_sum = checksum_add(0, frame + headers->addresses, headers->hashed) +
			      htons((uint16_t)length) + htons(protocol);
}

static uint8_t parse_udp(struct headers *headers, const uint8_t *frame, uint32_t at, uint32_t end,
			 bool ipv6)
{
	uint32_t length = get16(frame + at + 4);

	headers->l4_type = SEKISHO_L4_TYPE_UDP;
	headers->payload_offset = (uint16_t)(at + 8);
	if (length < 8 || length > end - at)
		return SEKISHO_CHECKSUM_REASON_L4_LENGTH;
	headers->sum_end = at + length;
	set_pseudo(headers, frame, length, PROTOCOL_UDP);
	if (get16(frame + at + 6) == 0)
		return ipv6 ? SEKISHO_CHECKSUM_REASON_UDP6_NO_CHECKSUM :
			      SEKISHO_CHECKSUM_REASON_UDP_NO_CHECKSUM;
	return SEKISHO_CHECKSUM_REASON_CHECKED;
}

static uint8_t parse_tcp(struct headers *headers, const uint8_t *frame, uint32_t at, uint32_t end)
{
	uint32_t header = (frame[at + 12] >> 4) * 4u;

	headers->l4_type = SEKISHO_L4_TYPE_TCP;
	if (header < 20 || header > end - at)
		return SEKISHO_CHECKSUM_REASON_L4_LENGTH;
	headers->payload_offset = (uint16_t)(at + header);
	set_pseudo(headers, frame, end - at, PROTOCOL_TCP);
	return SEKISHO_CHECKSUM_REASON_CHECKED;
}

/* at and end: the datagram behind its IP headers, all of it inside the frame. */
static uint8_t parse_l4(struct headers *headers, const uint8_t *frame, uint32_t at, uint32_t end,
			uint8_t protocol, bool ipv6)
{
	bool icmp = protocol == (ipv6 ? PROTOCOL_ICMPV6 : PROTOCOL_ICMP);

	if (protocol != PROTOCOL_TCP && protocol != PROTOCOL_UDP && !icmp) {
		/* "No next header" is not a protocol. */
		if (!ipv6 || protocol != PROTOCOL_NONE) {
			headers->l4_type = SEKISHO_L4_TYPE_OTHER;
			headers->protocol = protocol;
		}
		return SEKISHO_CHECKSUM_REASON_NOT_TCP_UDP;
	}
	if (at + (protocol == PROTOCOL_TCP ? 20 : 8) > end)
		return SEKISHO_CHECKSUM_REASON_TRUNCATED;
	if (at >= DEPTH)
		return SEKISHO_CHECKSUM_REASON_TOO_DEEP;
	headers->l4_offset = (uint8_t)at;
	headers->protocol = protocol;
	headers->sum_start = at;
	headers->sum_end = end;
	if (protocol == PROTOCOL_UDP)
		return parse_udp(headers, frame, at, end, ipv6);
	if (protocol == PROTOCOL_TCP)
		return parse_tcp(headers, frame, at, end);
	headers->l4_type = SEKISHO_L4_TYPE_ICMP;
	headers->payload_offset = (uint16_t)(at + 8);
	return SEKISHO_CHECKSUM_REASON_NOT_TCP_UDP;
}

static uint8_t parse_ipv4(struct headers *headers, const uint8_t *frame, uint32_t at,
			  uint32_t length)
{
	uint32_t header, total;

	if (at + 20 > length)
		return SEKISHO_CHECKSUM_REASON_TRUNCATED;
	if (frame[at] >> 4 != 4)
		return SEKISHO_CHECKSUM_REASON_NOT_IP;
	header = (frame[at] & 15u) * 4;
	if (header < 20)
		return SEKISHO_CHECKSUM_REASON_IP_LENGTH;
	if (at + header > length)
		return SEKISHO_CHECKSUM_REASON_TRUNCATED;
	headers->l3_type = header == 20 ? SEKISHO_L3_TYPE_IPV4 : SEKISHO_L3_TYPE_IPV4_OPT;
	headers->ip_length = (uint8_t)header;
	headers->ip_verdict = checksum_fold(checksum_add(0, frame + at, header)) == 0xffff ?
				      SEKISHO_CHECKSUM_VERDICT_GOOD :
				      SEKISHO_CHECKSUM_VERDICT_BAD;
	headers->addresses = (uint8_t)(at + 12);
	headers->hashed = 8;
	total = get16(frame + at + 2);
	if (total < header)
		return SEKISHO_CHECKSUM_REASON_IP_LENGTH;
	if (at + total > length)
		return SEKISHO_CHECKSUM_REASON_TRUNCATED;
	/* More fragments, or not at the datagram's start. */
	if ((get16(frame + at + 6) & 0x3fff) != 0) {
		headers->l4_type = SEKISHO_L4_TYPE_FRAGMENT;
		headers->protocol = frame[at + 9];
		return SEKISHO_CHECKSUM_REASON_FRAGMENT;
	}
	return parse_l4(headers, frame, at + header, at + total, frame[at + 9], false);
}

/*
 * Walks over an extension header: *at and *protocol become those of what follows. CHECKED: go on.
 */
static uint8_t walk_extension(struct headers *headers, const uint8_t *frame, uint32_t *at,
			      uint32_t end, uint8_t *protocol)
{
	const uint8_t *header = frame + *at;
	uint32_t size;

	if (*at + 8 > end)
		return SEKISHO_CHECKSUM_REASON_TRUNCATED;
	if (*at >= DEPTH)
		return SEKISHO_CHECKSUM_REASON_TOO_DEEP;
	if (*protocol == PROTOCOL_FRAGMENT)
		size = 8;
	else if (*protocol == PROTOCOL_AUTHENTICATION)
		size = (header[1] + 2u) * 4;
	else
		size = (header[1] + 1u) * 8;
	if (*at + size > end)
		return SEKISHO_CHECKSUM_REASON_TRUNCATED;
	/* Segments left: the address that the checksum covers is not in the IP header. */
	if (*protocol == PROTOCOL_ROUTING && header[3] != 0)
		return SEKISHO_CHECKSUM_REASON_EXTENSION;
	if (*protocol == PROTOCOL_FRAGMENT && (get16(header + 2) & 0xfff9) != 0) {
		headers->l4_type = SEKISHO_L4_TYPE_FRAGMENT;
		headers->protocol = header[0];
		return SEKISHO_CHECKSUM_REASON_FRAGMENT;
	}
	*protocol = header[0];
	*at += size;
	return SEKISHO_CHECKSUM_REASON_CHECKED;
}

static uint8_t parse_ipv6(struct headers *headers, const uint8_t *frame, uint32_t at,
			  uint32_t length)
{
	unsigned int extensions = 0;
	uint8_t protocol, reason;
	uint32_t end;

	if (at + 40 > length)
		return SEKISHO_CHECKSUM_REASON_TRUNCATED;
	if (frame[at] >> 4 != 6)
		return SEKISHO_CHECKSUM_REASON_NOT_IP;
	protocol = frame[at + 6];
	headers->l3_type = is_walked(protocol) || is_other_extension(protocol) ?
				   SEKISHO_L3_TYPE_IPV6_EXT :
				   SEKISHO_L3_TYPE_IPV6;
	headers->ip_verdict = SEKISHO_CHECKSUM_VERDICT_GOOD;
	headers->addresses = (uint8_t)(at + 8);
	headers->hashed = 32;
	end = at + 40 + get16(frame + at + 4);
	if (end > length)
		return SEKISHO_CHECKSUM_REASON_TRUNCATED;
	at += 40;
	while (is_walked(protocol)) {
		if (extensions++ == MAX_EXTENSIONS)
			return SEKISHO_CHECKSUM_REASON_EXTENSION;
		reason = walk_extension(headers, frame, &at, end, &protocol);
		if (reason != SEKISHO_CHECKSUM_REASON_CHECKED)
			return reason;
	}
	if (is_other_extension(protocol))
		return SEKISHO_CHECKSUM_REASON_EXTENSION;
	return parse_l4(headers, frame, at, end, protocol, true);
}

static bool is_tag(uint32_t type)
{
	return type == ETHERTYPE_TAG || type == ETHERTYPE_SERVICE_TAG || type == ETHERTYPE_OLD_TAG;
}

static uint8_t parse_ethernet(struct headers *headers, const uint8_t *frame, uint32_t length)
{
	uint32_t type = get16(frame + 12), at = 14;

	headers->l3_offset = (uint8_t)at;
	while (is_tag(type)) {
		if (headers->vlan_tags == 2)
			return SEKISHO_CHECKSUM_REASON_TOO_MANY_TAGS;
		if (at + 4 > length)
			return SEKISHO_CHECKSUM_REASON_TRUNCATED;
		if (headers->vlan_tags++ == 0)
			headers->vlan_tci = (uint16_t)get16(frame + at);
		type = get16(frame + at + 2);
		at += 4;
		headers->l3_offset = (uint8_t)at;
	}
	if (type == ETHERTYPE_IPV4)
		return parse_ipv4(headers, frame, at, length);
	if (type == ETHERTYPE_IPV6)
		return parse_ipv6(headers, frame, at, length);
	if (type == ETHERTYPE_ARP)
		headers->l3_type = SEKISHO_L3_TYPE_ARP;
	return SEKISHO_CHECKSUM_REASON_NOT_IP;
}

void headers_parse(struct headers *headers, const uint8_t *frame, uint32_t length)
{
	memset(headers, 0, sizeof(*headers));
	headers->sum_end = length;
	headers->reason = parse_ethernet(headers, frame, length);
	if (headers->l4_offset == 0)
		headers->sum_start = headers->l3_offset;
}
