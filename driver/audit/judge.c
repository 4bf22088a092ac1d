/* SPDX-License-Identifier: BSD-3-Clause */
/* Judges what came of a frame, by the oracle. */

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_mbuf.h>
#include <rte_mbuf_ptype.h>

#include "audit.h"

enum verdict ip_verdict(uint64_t flags)
{
	switch (flags & RTE_MBUF_F_RX_IP_CKSUM_MASK) {
	case RTE_MBUF_F_RX_IP_CKSUM_GOOD:
		return VERDICT_GOOD;
	case RTE_MBUF_F_RX_IP_CKSUM_BAD:
		return VERDICT_BAD;
	case RTE_MBUF_F_RX_IP_CKSUM_NONE:
		return VERDICT_NONE;
	default:
		return VERDICT_UNKNOWN;
	}
}

enum verdict l4_verdict(uint64_t flags)
{
	switch (flags & RTE_MBUF_F_RX_L4_CKSUM_MASK) {
	case RTE_MBUF_F_RX_L4_CKSUM_GOOD:
		return VERDICT_GOOD;
	case RTE_MBUF_F_RX_L4_CKSUM_BAD:
		return VERDICT_BAD;
	case RTE_MBUF_F_RX_L4_CKSUM_NONE:
		return VERDICT_NONE;
	default:
		return VERDICT_UNKNOWN;
	}
}

static void fail(const struct item *item, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void fail(const struct item *item, const char *format, ...)
{
	char text[256];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	if (item->options & LENIENT)
		test_result(item->test, NOT_VERIFIED, "%s", text);
	else
		report_wrong(item->test, item, "%s", text);
}

/* Offset of the first byte that is not as wanted, or -1. Zeros up to the minimum may follow. */
static int first_difference(const struct item *item, const uint8_t *wanted)
{
	const uint32_t most = RTE_MAX(item->length, FRAME_MIN);

	for (uint32_t i = 0; i < RTE_MIN(item->length, item->got_length); i++) {
		if (item->tag_type_lost && (i == 12 || i == 13))
			continue;
		if (item->got[i] != wanted[i])
			return (int)i;
	}
	if (item->got_length < item->length || item->got_length > most)
		return (int)RTE_MIN(item->length, item->got_length);
	for (uint32_t i = item->length; i < item->got_length; i++) {
		if (item->got[i] != 0)
			return (int)i;
	}
	return -1;
}

static bool judge_arrival(const struct item *item)
{
	if (item->came > 1u + item->resent) {
		fail(item, "the frame of %u bytes came %u times", item->length, item->came);
		return false;
	}
	if (item->came != 0)
		return true;
	if (item->options & (MAY_VANISH | ANY_CONTENT))
		test_result(item->test, RIGHT, NULL);
	else
		fail(item, "the frame of %u bytes did not come, when sent again neither",
		     item->length);
	return false;
}

/* The packet inside a tunnel that the port has recognised; else, and true, the outer one. */
static bool inner_layer(const struct item *item, const struct opinion *outer, struct opinion *inner)
{
	uint16_t type;
	uint32_t at;

	*inner = *outer;
	if (!(item->packet_type & RTE_PTYPE_TUNNEL_MASK))
		return false;
	at = oracle_inner(item->sent, item->length, outer, &type);
	if (at == 0)
		return false;
	oracle_judge_at(item->sent, item->length, at, type, inner);
	return true;
}

static bool flags_allowed(const struct item *item, const struct opinion *layer)
{
	return oracle_allows(layer->ip, ip_verdict(item->flags)) &&
	       oracle_allows(layer->l4, l4_verdict(item->flags));
}

/*
 * A port that names a tunnel in the packet type speaks of the inner packet in its flags; some that
 * name it still speak of the outer one. Either will do, as long as it is the same in all of a case.
 */
static void choose_layers(const struct items *items)
{
	for (unsigned int i = 0; i < items->count; i++) {
		const struct item *item = &items->list[i];
		struct opinion outer, inner;

		if (item->test->direction != RECEIVE || item->came == 0)
			continue;
		oracle_judge(item->sent, item->length, &outer);
		if (!inner_layer(item, &outer, &inner))
			continue;
		item->test->inner_wrong += !flags_allowed(item, &inner);
		item->test->outer_wrong += !flags_allowed(item, &outer);
	}
}

/* The layers of which the flags speak. */
static void judged_layers(const struct item *item, struct opinion *outer, struct opinion *layer)
{
	oracle_judge(item->sent, item->length, outer);
	if (item->test->outer_wrong < item->test->inner_wrong)
		*layer = *outer;
	else
		inner_layer(item, outer, layer);
}

static bool judge_outer(const struct item *item, const struct opinion *outer)
{
	const uint64_t l4 = item->flags & RTE_MBUF_F_RX_OUTER_L4_CKSUM_MASK;

	if (item->flags & RTE_MBUF_F_RX_OUTER_IP_CKSUM_BAD &&
	    !oracle_allows(outer->ip, VERDICT_BAD)) {
		fail(item, "the outer IP header's checksum is right, the port says BAD");
		return false;
	}
	if ((l4 == RTE_MBUF_F_RX_OUTER_L4_CKSUM_BAD && !oracle_allows(outer->l4, VERDICT_BAD)) ||
	    (l4 == RTE_MBUF_F_RX_OUTER_L4_CKSUM_GOOD && !oracle_allows(outer->l4, VERDICT_GOOD))) {
		fail(item, "the outer layer 4 checksum is %s, the port says %s",
		     oracle_truth_name(outer->l4),
		     l4 == RTE_MBUF_F_RX_OUTER_L4_CKSUM_BAD ? "BAD" : "GOOD");
		return false;
	}
	return true;
}

/* SCTP's checksum is another one; a port that offers it may tell what it says. */
static enum truth sctp_truth(const struct item *item, const struct opinion *opinion)
{
	uint8_t bytes[2048];
	const uint32_t at = opinion->l4_offset;
	const uint32_t end =
		RTE_MIN(item->length, opinion->l3_offset + 20 + (uint32_t)sizeof(bytes));
	uint32_t crc;

	if (at == 0 || at + 12 > end || end - at > sizeof(bytes))
		return TRUTH_NOTHING;
	memcpy(bytes, item->sent + at, end - at);
	memset(bytes + 8, 0, 4);
	crc = oracle_crc32c(bytes, end - at);
	return memcmp(item->sent + at + 8, &crc, 4) == 0 ? TRUTH_RIGHT : TRUTH_WRONG;
}

static bool l4_enabled(const struct opinion *opinion)
{
	return dut.config.rx_offloads & (opinion->protocol == P_UDP ? RTE_ETH_RX_OFFLOAD_UDP_CKSUM :
								      RTE_ETH_RX_OFFLOAD_TCP_CKSUM);
}

static void judge_received(const struct item *item)
{
	const enum verdict ip = ip_verdict(item->flags), l4 = l4_verdict(item->flags);
	struct opinion outer, layer;
	int at;

	if (!judge_arrival(item))
		return;
	at = first_difference(item, item->sent);
	if (at >= 0) {
		fail(item, "the frame of %u bytes came with %u, other from byte %d on",
		     item->length, item->got_length, at);
		return;
	}
	judged_layers(item, &outer, &layer);
	if (item->options & NEEDS_CRC && l4 != VERDICT_UNKNOWN)
		layer.l4 = sctp_truth(item, &layer);
	if (!oracle_allows(layer.ip, ip)) {
		fail(item, "IP header checksum: %s, the port says %s", oracle_truth_name(layer.ip),
		     oracle_verdict_name(ip));
		return;
	}
	if (!oracle_allows(layer.l4, l4)) {
		fail(item, "layer 4 checksum: %s, the port says %s", oracle_truth_name(layer.l4),
		     oracle_verdict_name(l4));
		return;
	}
	if (!judge_outer(item, &outer))
		return;
	if (!(dut.config.rx_offloads & RTE_ETH_RX_OFFLOAD_CHECKSUM)) {
		test_result(item->test, NOT_OFFERED, "no receive checksum offload");
		return;
	}
	if (dut.config.rx_offloads & RTE_ETH_RX_OFFLOAD_IPV4_CKSUM &&
	    oracle_unverified(layer.ip, ip))
		test_result(item->test, NOT_VERIFIED, "IP header checksum: %s, the port says %s",
			    oracle_truth_name(layer.ip), oracle_verdict_name(ip));
	else if (l4_enabled(&layer) && oracle_unverified(layer.l4, l4))
		test_result(item->test, NOT_VERIFIED, "layer 4 checksum: %s, the port says %s",
			    oracle_truth_name(layer.l4), oracle_verdict_name(l4));
	else
		test_result(item->test, RIGHT, NULL);
}

enum plain_result {
	NOT_SENT,
	LOST,
	AS_OFFLOADED,
	OTHERWISE,
};

/* What comes of the same frame with its checksums by software: that much is the wire's doing. */
static enum plain_result send_plain(const struct item *offloaded)
{
	struct items items = { 0 };
	enum plain_result result = LOST;
	struct frame *frame = malloc(sizeof(*frame));
	struct item *item;

	if (frame == NULL)
		return NOT_SENT;
	memset(frame, 0, sizeof(*frame));
	memcpy(frame->bytes, offloaded->expected, offloaded->length);
	frame->length = offloaded->length;
	item = items_add_transmit(&items, offloaded->test, frame, 0, 0);
	free(frame);
	exchange_once(&items);
	if (item->came != 0) {
		const uint32_t length = item->got_length;

		/* But for the source address, which is the frame's number. */
		result = offloaded->came != 0 && length == offloaded->got_length &&
					 memcmp(item->got + 12, offloaded->got + 12, length - 12) ==
						 0 ?
				 AS_OFFLOADED :
				 OTHERWISE;
	}
	items_free(&items);
	return result;
}

static void judge_transmitted(const struct item *item)
{
	enum plain_result plain = NOT_SENT;
	int at;

	if (!item_offered(item)) {
		test_result(item->test, NOT_OFFERED, "no such transmit offload");
		return;
	}
	if (item->refused) {
		if (item->options & (ANY_CONTENT | LENIENT | MAY_VANISH))
			test_result(item->test, RIGHT, NULL);
		else
			fail(item, "rte_eth_tx_prepare() or the transmit queue refuses the frame");
		return;
	}
	if (item->options & ANY_CONTENT) {
		test_result(item->test, RIGHT, NULL);
		return;
	}
	if (item->came != 1 || first_difference(item, item->expected) >= 0)
		plain = send_plain(item);
	if (plain == LOST) {
		test_result(item->test, NOT_TESTABLE,
			    "the wire does not pass the frame, without an offload neither");
		return;
	}
	if (!judge_arrival(item))
		return;
	at = first_difference(item, item->expected);
	if (at < 0 || plain == AS_OFFLOADED)
		test_result(item->test, RIGHT, NULL);
	else if (l4_verdict(item->flags) == VERDICT_NONE)
		test_result(item->test, NOT_TESTABLE,
			    "the wire carries no checksums: the peer reports that the sender left "
			    "it out");
	else
		fail(item, "of %u bytes %u left the port, other from byte %d on", item->length,
		     item->got_length, at);
}

void judge_item(const struct item *item)
{
	if (item->test->direction == RECEIVE)
		judge_received(item);
	else
		judge_transmitted(item);
}

void judge_items(const struct items *items)
{
	choose_layers(items);
	for (unsigned int i = 0; i < items->count; i++)
		judge_item(&items->list[i]);
}

void run_items(struct items *items)
{
	exchange(items);
	judge_items(items);
}
