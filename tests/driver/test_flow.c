/* SPDX-License-Identifier: BSD-3-Clause */

/*
 * Flow rules: the words that the card gets for each item and action, every refusal with its cause,
 * and what becomes of rules, counts and marks. The expected words are written out by hand from
 * docs/registers.md.
 *
 * usage: build/tests/test_flow [PART-OF-A-NAME...]
 */

#include "calls.h"

#include <ctype.h>
#include <dlfcn.h>

#include <rte_alarm.h>
#include <rte_flow.h>
#include <rte_mtr.h>

#define BE16(value) RTE_BE16(value)
#define BE32(value) RTE_BE32(value)

#define ITEM(name, ...)                                        \
	{                                                      \
		.type = RTE_FLOW_ITEM_TYPE_##name, __VA_ARGS__ \
	}
#define ETH(...) (&(const struct rte_flow_item_eth){ __VA_ARGS__ })
#define VLAN(...) (&(const struct rte_flow_item_vlan){ __VA_ARGS__ })
#define IPV4(...) (&(const struct rte_flow_item_ipv4){ .hdr = { __VA_ARGS__ } })
#define IPV6(...) (&(const struct rte_flow_item_ipv6){ .hdr = { __VA_ARGS__ } })
#define TCP(...) (&(const struct rte_flow_item_tcp){ .hdr = { __VA_ARGS__ } })
#define UDP(...) (&(const struct rte_flow_item_udp){ .hdr = { __VA_ARGS__ } })
#define SCTP(...) (&(const struct rte_flow_item_sctp){ .hdr = { __VA_ARGS__ } })
#define ICMP(...) (&(const struct rte_flow_item_icmp){ .hdr = { __VA_ARGS__ } })
#define ICMP6(...) (&(const struct rte_flow_item_icmp6){ __VA_ARGS__ })

#define ACTION(name, ...)                                        \
	{                                                        \
		.type = RTE_FLOW_ACTION_TYPE_##name, __VA_ARGS__ \
	}
#define QUEUE(number) ACTION(QUEUE, .conf = &(const struct rte_flow_action_queue){ number })
#define MARK(number) ACTION(MARK, .conf = &(const struct rte_flow_action_mark){ number })
#define JUMP(number) ACTION(JUMP, .conf = &(const struct rte_flow_action_jump){ number })
#define AGE(...) ACTION(AGE, .conf = &(const struct rte_flow_action_age){ __VA_ARGS__ })
#define METER(number) ACTION(METER, .conf = &(const struct rte_flow_action_meter){ number })
#define SET_MAC(...) \
	ACTION(SET_MAC_DST, .conf = &(const struct rte_flow_action_set_mac){ { __VA_ARGS__ } })
#define SET_IPV4(address) \
	ACTION(SET_IPV4_DST, .conf = &(const struct rte_flow_action_set_ipv4){ BE32(address) })
#define SET_PORT(number) \
	ACTION(SET_TP_DST, .conf = &(const struct rte_flow_action_set_tp){ BE16(number) })
#define RSS(...) ACTION(RSS, .conf = &(const struct rte_flow_action_rss){ __VA_ARGS__ })

/* Words of a rule */
#define SOURCE 0
#define DESTINATION 4
#define LAYER4 8
#define PACKET 9
#define ETHERNET 10
#define OWNER_ID 11
#define OWNER 12
#define MASK 16
#define ACTION_WORD 32
#define MARK_WORD 33
#define MAC_LO_WORD 34
#define MAC_HI_WORD 35
#define IPV4_WORD 36
#define CHANGE_WORD 37

static const struct rte_flow_attr ingress = { .ingress = 1 };
static const struct rte_flow_action drop[] = { ACTION(DROP), ACTION(END) };
static const struct rte_flow_action count[] = { ACTION(COUNT), ACTION(END) };
static const struct rte_flow_item any[] = { ITEM(END) };
static const struct rte_flow_item one_flow[] = {
	ITEM(IPV4, .spec = IPV4(.dst_addr = BE32(0xc6120002)),
	     .mask = IPV4(.dst_addr = BE32(0xffffffff))),
	ITEM(TCP, .spec = TCP(.dst_port = BE16(80)), .mask = TCP(.dst_port = BE16(0xffff))),
	ITEM(END),
};

/* raw as testpmd makes it: what is named has a whole mask */
#define OWNER_BYTES(...) ((const uint8_t[]){ __VA_ARGS__ })
#define RAW_OF(relative_is, search_is, offset_is, limit_is, length_is, pattern_is) \
	(&(const struct rte_flow_item_raw){ .relative = relative_is,               \
					    .search = search_is,                   \
					    .offset = offset_is,                   \
					    .limit = limit_is,                     \
					    .length = length_is,                   \
					    .pattern = pattern_is })
#define RAW_FULL(bytes) RAW_OF(1, 1, 0, 40, sizeof(bytes), bytes)
#define RAW_MASK(pattern_is) RAW_OF(1, 1, -1, UINT16_MAX, UINT16_MAX, pattern_is)
#define TAG(...) (&(const struct rte_flow_item_tag){ __VA_ARGS__ })
#define META(...) (&(const struct rte_flow_item_meta){ __VA_ARGS__ })
static const uint8_t uid_1000[] = { 254, 19, 0x53, 0x4b, 0x40, 0, 7, 0, 0, 3, 0xe8 };
static const uint8_t any_owner[] = { 254, 15, 0x53, 0x4b };
static const uint8_t other_kind[] = { 253, 19, 0x53, 0x4b };
static const uint8_t other_experiment[] = { 254, 19, 0xf0, 0x0d };
static const uint8_t other_length[] = { 254, 11, 0x53, 0x4b };
static const uint8_t with_tag[] = { 254, 15, 0x53, 0x4b, 0x40, 0, 7, 0, 0, 3, 0xe8, 1 };

static const struct rte_eth_conf with_rss = {
	.rxmode = { .mq_mode = RTE_ETH_MQ_RX_RSS },
	.rx_adv_conf.rss_conf.rss_hf = RTE_ETH_RSS_IPV4 | RTE_ETH_RSS_IPV6,
};

static uint32_t rule_word(unsigned int rule, unsigned int word)
{
	return card_register(SEKISHO_NETWORK_FLOW_RULES(rule * 64 + word));
}

static uint32_t enabled(void)
{
	return card_register(SEKISHO_NETWORK_FLOW_ENABLE);
}

static struct rte_flow *create(const struct rte_flow_item *items,
			       const struct rte_flow_action *actions)
{
	struct rte_flow_error error = { 0 };
	struct rte_flow *flow = rte_flow_create(0, &ingress, items, actions, &error);

	CHECK(flow != NULL);
	if (flow == NULL)
		printf("# %s\n", error.message);
	return flow;
}

/* --- what the card gets ---------------------------------------------------------------------- */

static const struct {
	const char *name;
	struct rte_flow_item items[8];
	/* All other words are 0. */
	struct {
		unsigned int word;
		uint32_t value, mask;
	} wanted[12];
} patterns[] = {
	{ "everything", { ITEM(END) }, { { 0 } } },
	{ "eth", { ITEM(VOID), ITEM(ETH), ITEM(VOID), ITEM(END) }, { { 0 } } },
	{ "eth type",
	  { ITEM(ETH, .spec = ETH(.hdr.ether_type = BE16(0x0806)),
		 .mask = ETH(.hdr.ether_type = BE16(0xffff))),
	    ITEM(END) },
	  { { PACKET, 0, 0x1000 }, { ETHERNET, 0x0806, 0xffff } } },
	{ "a part of eth type",
	  { ITEM(ETH, .spec = ETH(.hdr.ether_type = BE16(0x08ff)),
		 .mask = ETH(.hdr.ether_type = BE16(0xff00))),
	    ITEM(END) },
	  { { PACKET, 0, 0x1000 }, { ETHERNET, 0x0800, 0xff00 } } },
	{ "eth has_vlan",
	  { ITEM(ETH, .spec = ETH(.has_vlan = 1), .mask = ETH(.has_vlan = 1)), ITEM(END) },
	  { { PACKET, 0x1000, 0x1000 } } },
	{ "eth has no vlan",
	  { ITEM(ETH, .spec = ETH(.has_vlan = 0), .mask = ETH(.has_vlan = 1)), ITEM(END) },
	  { { PACKET, 0, 0x1000 } } },
	{ "vlan", { ITEM(ETH), ITEM(VLAN), ITEM(END) }, { { PACKET, 0x1000, 0x1000 } } },
	{ "vlan id, by the default mask",
	  { ITEM(VLAN, .spec = VLAN(.hdr.vlan_tci = BE16(0xa123))), ITEM(END) },
	  { { PACKET, 0x01231000, 0x0fff1000 } } },
	{ "vlan tci",
	  { ITEM(ETH),
	    ITEM(VLAN, .spec = VLAN(.hdr.vlan_tci = BE16(0xa123)),
		 .mask = VLAN(.hdr.vlan_tci = BE16(0xffff))),
	    ITEM(END) },
	  { { PACKET, 0xa1231000, 0xffff1000 } } },
	{ "vlan inner_type",
	  { ITEM(VLAN, .spec = VLAN(.hdr.eth_proto = BE16(0x86dd)),
		 .mask = VLAN(.hdr.eth_proto = BE16(0xffff))),
	    ITEM(END) },
	  { { PACKET, 0x1000, 0x3000 }, { ETHERNET, 0x86dd, 0xffff } } },
	{ "vlan has_more_vlan",
	  { ITEM(VLAN, .spec = VLAN(.has_more_vlan = 1), .mask = VLAN(.has_more_vlan = 1)),
	    ITEM(END) },
	  { { PACKET, 0x3000, 0x3000 } } },
	{ "vlan has no more vlan",
	  { ITEM(VLAN, .spec = VLAN(.has_more_vlan = 0), .mask = VLAN(.has_more_vlan = 1)),
	    ITEM(END) },
	  { { PACKET, 0x1000, 0x3000 } } },
	{ "two vlan",
	  { ITEM(ETH), ITEM(VLAN, .spec = VLAN(.hdr.vlan_tci = BE16(7))), ITEM(VOID), ITEM(VLAN),
	    ITEM(IPV4), ITEM(END) },
	  { { PACKET, 0x00073100, 0x0fff3100 } } },
	{ "inner_type of the second vlan",
	  { ITEM(VLAN),
	    ITEM(VLAN, .spec = VLAN(.hdr.eth_proto = BE16(0x0800)),
		 .mask = VLAN(.hdr.eth_proto = BE16(0xffff))),
	    ITEM(END) },
	  { { PACKET, 0x3000, 0x3000 }, { ETHERNET, 0x0800, 0xffff } } },
	{ "ipv4", { ITEM(ETH), ITEM(IPV4), ITEM(END) }, { { PACKET, 0x100, 0x100 } } },
	{ "ipv4 src and dst, by the default mask",
	  { ITEM(IPV4, .spec = IPV4(.src_addr = BE32(RTE_IPV4(10, 1, 2, 3)),
				    .dst_addr = BE32(RTE_IPV4(192, 168, 1, 2)), .next_proto_id = 9,
				    .time_to_live = 3)),
	    ITEM(END) },
	  { { SOURCE + 3, 0x0a010203, 0xffffffff },
	    { DESTINATION + 3, 0xc0a80102, 0xffffffff },
	    { PACKET, 0x100, 0x100 } } },
	{ "ipv4 src prefix",
	  { ITEM(IPV4, .spec = IPV4(.src_addr = BE32(RTE_IPV4(10, 1, 2, 3))),
		 .mask = IPV4(.src_addr = BE32(0xffff0000))),
	    ITEM(END) },
	  { { SOURCE + 3, 0x0a010000, 0xffff0000 }, { PACKET, 0x100, 0x100 } } },
	{ "ipv4 proto",
	  { ITEM(ETH),
	    ITEM(IPV4, .spec = IPV4(.next_proto_id = 47), .mask = IPV4(.next_proto_id = 0xff)),
	    ITEM(END) },
	  { { PACKET, 0x12f, 0x1ff } } },
	{ "ipv6", { ITEM(IPV6), ITEM(END) }, { { PACKET, 0x200, 0x200 } } },
	{ "ipv6 src and dst, by the default mask",
	  { ITEM(ETH),
	    ITEM(IPV6,
		 .spec = IPV6(.src_addr = { 0x20, 1, 0xd, 0xb8, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10,
					    11 },
			      .dst_addr = { 0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1 },
			      .proto = 77)),
	    ITEM(END) },
	  { { SOURCE, 0x20010db8, 0xffffffff },
	    { SOURCE + 1, 0x00010203, 0xffffffff },
	    { SOURCE + 2, 0x04050607, 0xffffffff },
	    { SOURCE + 3, 0x08090a0b, 0xffffffff },
	    { DESTINATION, 0xfe800000, 0xffffffff },
	    { DESTINATION + 1, 0, 0xffffffff },
	    { DESTINATION + 2, 0, 0xffffffff },
	    { DESTINATION + 3, 1, 0xffffffff },
	    { PACKET, 0x200, 0x200 } } },
	{ "ipv6 proto",
	  { ITEM(IPV6, .spec = IPV6(.proto = 17), .mask = IPV6(.proto = 0xff)), ITEM(END) },
	  { { PACKET, 0x211, 0x2ff } } },
	{ "tcp", { ITEM(ETH), ITEM(TCP), ITEM(END) }, { { PACKET, 0x406, 0x4ff } } },
	{ "tcp ports, by the default mask",
	  { ITEM(ETH), ITEM(IPV4),
	    ITEM(TCP, .spec = TCP(.src_port = BE16(0x1234), .dst_port = BE16(80), .tcp_flags = 2)),
	    ITEM(END) },
	  { { LAYER4, 0x12340050, 0xffffffff }, { PACKET, 0x506, 0x5ff } } },
	{ "a range of tcp ports by mask",
	  { ITEM(IPV6),
	    ITEM(TCP, .spec = TCP(.src_port = BE16(1025)), .mask = TCP(.src_port = BE16(0xfc00))),
	    ITEM(END) },
	  { { LAYER4, 0x04000000, 0xfc000000 }, { PACKET, 0x606, 0x6ff } } },
	{ "ipv4 proto and tcp agree",
	  { ITEM(IPV4, .spec = IPV4(.next_proto_id = 6), .mask = IPV4(.next_proto_id = 0xff)),
	    ITEM(TCP), ITEM(END) },
	  { { PACKET, 0x506, 0x5ff } } },
	{ "udp dst",
	  { ITEM(UDP, .spec = UDP(.dst_port = BE16(53)), .mask = UDP(.dst_port = BE16(0xffff))),
	    ITEM(END) },
	  { { LAYER4, 53, 0xffff }, { PACKET, 0x411, 0x4ff } } },
	{ "sctp", { ITEM(IPV4), ITEM(SCTP), ITEM(END) }, { { PACKET, 0x184, 0x9ff } } },
	{ "icmp", { ITEM(ETH), ITEM(ICMP), ITEM(END) }, { { PACKET, 0x501, 0x5ff } } },
	{ "icmp type and code, by the default mask",
	  { ITEM(IPV4), ITEM(ICMP, .spec = ICMP(.icmp_type = 8, .icmp_code = 1)), ITEM(END) },
	  { { LAYER4, 0x08010000, 0xffff0000 }, { PACKET, 0x501, 0x5ff } } },
	{ "icmp6 type",
	  { ITEM(IPV6), ITEM(ICMP6, .spec = ICMP6(.type = 135), .mask = ICMP6(.type = 0xff)),
	    ITEM(END) },
	  { { LAYER4, 0x87000000, 0xff000000 }, { PACKET, 0x63a, 0x6ff } } },
	{ "raw: an owner option, all of it",
	  { ITEM(ETH), ITEM(IPV4), ITEM(TCP), ITEM(RAW, .spec = RAW_FULL(uid_1000)), ITEM(END) },
	  { { PACKET, 0x4506, 0x45ff },
	    { OWNER_ID, 1000, 0xffffffff },
	    { OWNER, 0x13400007, 0xffffffff } } },
	{ "raw: of any length, control and tenant",
	  { ITEM(TCP),
	    ITEM(RAW, .spec = RAW_FULL(uid_1000),
		 .mask = RAW_MASK(OWNER_BYTES(255, 0, 255, 255, 0, 0, 0, 255, 255, 255, 254))),
	    ITEM(END) },
	  { { PACKET, 0x4406, 0x44ff }, { OWNER_ID, 1000, 0xfffffffe } } },
	{ "raw: any owner with a short tag",
	  { ITEM(IPV6), ITEM(TCP), ITEM(RAW, .spec = RAW_FULL(any_owner), .mask = RAW_MASK(NULL)),
	    ITEM(END) },
	  { { PACKET, 0x4606, 0x46ff }, { OWNER, 0x0f000000, 0xff000000 } } },
	{ "tag: a uid and a tenant",
	  { ITEM(TCP), ITEM(TAG, .spec = TAG(.data = 1000, .index = 0)),
	    ITEM(TAG, .spec = TAG(.data = 7, .index = 1)), ITEM(END) },
	  { { PACKET, 0x4406, 0x44ff },
	    { OWNER_ID, 1000, 0xffffffff },
	    { OWNER, 0x00400007, 0x00ccffff } } },
	{ "tag: some tenants",
	  { ITEM(TCP),
	    ITEM(TAG, .spec = TAG(.data = 0x120, .index = 1),
		 .mask = TAG(.data = 0xff0, .index = 255)),
	    ITEM(END) },
	  { { PACKET, 0x4406, 0x44ff }, { OWNER, 0x00400120, 0x00c00ff0 } } },
	{ "meta: a uid",
	  { ITEM(IPV4), ITEM(TCP), ITEM(META, .spec = META(1000)), ITEM(END) },
	  { { PACKET, 0x4506, 0x45ff },
	    { OWNER_ID, 1000, 0xffffffff },
	    { OWNER, 0x00400000, 0x00cc0000 } } },
	{ "meta: any owner", { ITEM(TCP), ITEM(META), ITEM(END) }, { { PACKET, 0x4406, 0x44ff } } },
	{ "last is 0, or as spec",
	  { ITEM(ETH),
	    ITEM(IPV4, .spec = IPV4(.src_addr = BE32(5), .dst_addr = BE32(6)),
		 .last = IPV4(.src_addr = BE32(5), .time_to_live = 9)),
	    ITEM(END) },
	  { { SOURCE + 3, 5, 0xffffffff },
	    { DESTINATION + 3, 6, 0xffffffff },
	    { PACKET, 0x100, 0x100 } } },
};

static void items(void)
{
	open_port("");
	start_port(&with_rss, 4);
	for (unsigned int i = 0; i < RTE_DIM(patterns); i++) {
		uint32_t wanted[33] = { [ACTION_WORD] = 1 };
		struct rte_flow *flow;
		bool before = failed;

		failed = false;
		EQUAL(rte_flow_validate(0, &ingress, patterns[i].items, drop, NULL), 0);
		EQUAL(enabled(), 0);
		for (unsigned int word = 0; word < RTE_DIM(wanted); word++)
			card_set(SEKISHO_NETWORK_FLOW_RULES(word), 0xdeadbeef);
		flow = create(patterns[i].items, drop);
		for (unsigned int k = 0; patterns[i].wanted[k].mask != 0; k++) {
			wanted[patterns[i].wanted[k].word] = patterns[i].wanted[k].value;
			wanted[MASK + patterns[i].wanted[k].word] = patterns[i].wanted[k].mask;
		}
		EQUAL(enabled(), 1);
		for (unsigned int word = 0; word < RTE_DIM(wanted); word++)
			if (word % MASK <= OWNER) /* the others are reserved */
				EQUAL(rule_word(0, word), wanted[word]);
		EQUAL(rte_flow_destroy(0, flow, NULL), 0);
		EQUAL(enabled(), 0);
		if (failed)
			printf("# in: %s\n", patterns[i].name);
		failed |= before;
	}
	EQUAL(faults, 0);
	close_port();
}

static const uint16_t all_queues[] = { 0, 1, 2, 3 };
/* The driver's own when the application gives none. */
static const uint8_t default_key[40] = {
	0x6d, 0x5a, 0x56, 0xda, 0x25, 0x5b, 0x0e, 0xc2, 0x41, 0x67, 0x25, 0x3d, 0x43, 0xa3,
	0x8f, 0xb0, 0xd0, 0xca, 0x2b, 0xcb, 0xae, 0x7b, 0x30, 0xb4, 0x77, 0xcb, 0x2d, 0xa3,
	0x80, 0x30, 0xf2, 0x0c, 0x6a, 0x42, 0xb7, 0x3b, 0xbe, 0xac, 0x01, 0xfa,
};

static const struct {
	struct rte_flow_action actions[5];
	uint32_t action, mark;
} action_words[] = {
	{ { ACTION(VOID), ACTION(DROP), ACTION(END) }, 1, 0 },
	{ { QUEUE(0), ACTION(END) }, 2, 0 },
	{ { QUEUE(3), ACTION(END) }, 0x302, 0 },
	{ { ACTION(PASSTHRU), ACTION(END) }, 0, 0 },
	{ { ACTION(COUNT), ACTION(END) }, 0, 0 },
	{ { MARK(0xfedcba98), ACTION(END) }, 4, 0xfedcba98 },
	{ { MARK(0), ACTION(COUNT), QUEUE(2), ACTION(END) }, 0x206, 0 },
	{ { ACTION(COUNT, .conf = &(const struct rte_flow_action_count){ .id = 5 }), ACTION(DROP),
	    ACTION(END) },
	  1,
	  0 },
	{ { RSS(.queue_num = 0), ACTION(END) }, 0, 0 },
	{ { MARK(9), RSS(.queue_num = 4, .queue = all_queues), ACTION(END) }, 4, 9 },
	{ { RSS(.func = RTE_ETH_HASH_FUNCTION_TOEPLITZ, .level = 1,
		.types = RTE_ETH_RSS_IPV4 | RTE_ETH_RSS_IPV6, .key_len = 40, .key = default_key),
	    ACTION(END) },
	  0,
	  0 },
};

static void actions(void)
{
	open_port("");
	start_port(&with_rss, 4);
	for (unsigned int i = 0; i < RTE_DIM(action_words); i++) {
		struct rte_flow *flow = create(any, action_words[i].actions);

		EQUAL(rule_word(0, ACTION_WORD), action_words[i].action);
		EQUAL(rule_word(0, MARK_WORD), action_words[i].mark);
		EQUAL(rte_flow_destroy(0, flow, NULL), 0);
	}
	close_port();
}

/* --- what is refused ------------------------------------------------------------------------- */

#define ATTRIBUTES 100 /* as the place of the cause; items are from here on */
#define ITEM_AT(n) (200 + (n))
#define ACTION_AT(n) (300 + (n))

#define NOT_FULL(item_name, text, ...)                                                            \
	{                                                                                         \
		"a field of " #item_name, .items = { ITEM(item_name, __VA_ARGS__), ITEM(END) },   \
					  .actions = { ACTION(DROP), ACTION(END) },               \
					  .code = ENOTSUP, .type = RTE_FLOW_ERROR_TYPE_ITEM_MASK, \
					  .cause = ITEM_AT(0), .message = text                    \
	}
#define ACTION_REFUSED(refused, number, kind, text)                                   \
	{                                                                             \
#refused, .items = { ITEM(END) }, .actions = {                        \
				  ACTION(COUNT), refused, ACTION(END) },              \
				  .code = number, .type = RTE_FLOW_ERROR_TYPE_##kind, \
				  .cause = ACTION_AT(1), .message = text              \
	}
#define ITEM_REFUSED(before, refused, number, kind, text)                              \
	{                                                                              \
#refused, .items = { before, refused, ITEM(END) },                     \
				     .actions = { ACTION(DROP), ACTION(END) },         \
						  .code = number,                      \
						  .type = RTE_FLOW_ERROR_TYPE_##kind,  \
						  .cause = ITEM_AT(1), .message = text \
	}
#define ATTRIBUTE_REFUSED(number, kind, text, ...)                                          \
	{                                                                                   \
#__VA_ARGS__, .attr = { __VA_ARGS__ }, .items = {                           \
				      ITEM(END) },                                          \
				      .actions = { ACTION(DROP), ACTION(END) },             \
						   .code = number,                          \
						   .type = RTE_FLOW_ERROR_TYPE_ATTR_##kind, \
						   .cause = ATTRIBUTES, .message = text     \
	}
#define RAW_REFUSED(text, spec_of, mask_of)                                                      \
	ITEM_REFUSED(ITEM(TCP), ITEM(RAW, .spec = spec_of, .mask = mask_of), ENOTSUP, ITEM_SPEC, \
		     text)
#define TYPE_IS(number) \
	.spec = ETH(.hdr.ether_type = BE16(number)), .mask = ETH(.hdr.ether_type = BE16(0xffff))

/* The checksums follow from the old value, which the pattern must name. */
#define WHOLE_IPV4 \
	.spec = IPV4(.dst_addr = BE32(0xc6120002)), .mask = IPV4(.dst_addr = BE32(0xffffffff))
#define CHANGE_REFUSED(text, refused, ...)                                                \
	{                                                                                 \
#refused " of " #__VA_ARGS__, .items = {                                  \
			__VA_ARGS__, ITEM(END) },                                         \
			.actions = { refused, ACTION(END) },                              \
				     .code = ENOTSUP, .type = RTE_FLOW_ERROR_TYPE_ACTION, \
				     .cause = ACTION_AT(0), .message = text               \
	}

static const struct refusal {
	const char *name;
	struct rte_flow_attr attr; /* all 0: ingress */
	struct rte_flow_item items[4];
	struct rte_flow_action actions[4];
	int code;
	enum rte_flow_error_type type;
	int cause;
	const char *message; /* a part of it */
} refusals[] = {
	ATTRIBUTE_REFUSED(ENOTSUP, PRIORITY, "priority", .ingress = 1, .priority = 1),
	ATTRIBUTE_REFUSED(ENOTSUP, EGRESS, "egress", .egress = 1),
	ATTRIBUTE_REFUSED(ENOTSUP, EGRESS, "egress", .ingress = 1, .egress = 1),
	ATTRIBUTE_REFUSED(ENOTSUP, TRANSFER, "transfer", .transfer = 1),
	ATTRIBUTE_REFUSED(EINVAL, INGRESS, "ingress", .reserved = 1),

	NOT_FULL(ETH, "not src and dst", .spec = ETH(.hdr.ether_type = BE16(0x0800))),
	NOT_FULL(ETH, "not src and dst", .spec = ETH(),
		 .mask = ETH(.hdr.dst_addr.addr_bytes = { 1 })),
	NOT_FULL(ETH, "not src and dst", .spec = ETH(),
		 .mask = ETH(.hdr.src_addr.addr_bytes = { [5] = 1 })),
	NOT_FULL(IPV4, "src_addr, dst_addr and next_proto_id", .spec = IPV4(),
		 .mask = IPV4(.fragment_offset = BE16(0x3fff))),
	NOT_FULL(IPV4, "src_addr, dst_addr and next_proto_id", .spec = IPV4(),
		 .mask = IPV4(.type_of_service = 0xff)),
	NOT_FULL(IPV6, "src_addr, dst_addr and proto", .spec = IPV6(),
		 .mask = IPV6(.hop_limits = 0xff)),
	NOT_FULL(IPV6, "src_addr, dst_addr and proto", .spec = IPV6(),
		 .mask = &(const struct rte_flow_item_ipv6){ .has_frag_ext = 1 }),
	NOT_FULL(TCP, "src_port and dst_port", .spec = TCP(), .mask = TCP(.tcp_flags = 2)),
	NOT_FULL(UDP, "src_port and dst_port", .spec = UDP(), .mask = UDP(.dgram_len = 1)),
	NOT_FULL(SCTP, "no field", .spec = SCTP(.src_port = BE16(1))),
	NOT_FULL(ICMP, "icmp_type and icmp_code", .spec = ICMP(),
		 .mask = ICMP(.icmp_ident = BE16(1))),
	NOT_FULL(ICMP6, "type and code", .spec = ICMP6(), .mask = ICMP6(.checksum = BE16(1))),

	ITEM_REFUSED(ITEM(VLAN), ITEM(VLAN, .spec = VLAN(.hdr.vlan_tci = BE16(1))), ENOTSUP,
		     ITEM_MASK, "second tag"),
	ITEM_REFUSED(ITEM(VLAN),
		     ITEM(VLAN, .spec = VLAN(.hdr.vlan_tci = 0), .mask = VLAN(.has_more_vlan = 1)),
		     ENOTSUP, ITEM_MASK, "has_more_vlan"),
	ITEM_REFUSED(ITEM(VOID), ITEM(ETH, TYPE_IS(0x8100)), ENOTSUP, ITEM_SPEC, "has_vlan"),
	ITEM_REFUSED(ITEM(VOID), ITEM(ETH, TYPE_IS(0x88a8)), ENOTSUP, ITEM_SPEC, "has_vlan"),
	ITEM_REFUSED(ITEM(VOID), ITEM(ETH, TYPE_IS(0x9100)), ENOTSUP, ITEM_SPEC, "has_vlan"),
	ITEM_REFUSED(ITEM(VOID),
		     ITEM(ETH, .spec = ETH(.hdr.ether_type = BE16(0x0800)),
			  .mask = ETH(.hdr.ether_type = BE16(0x00ff))),
		     ENOTSUP, ITEM_SPEC, "a tag's type"),
	ITEM_REFUSED(ITEM(VOID),
		     ITEM(VLAN, .spec = VLAN(.hdr.eth_proto = BE16(0x8100)),
			  .mask = VLAN(.hdr.eth_proto = BE16(0xffff))),
		     ENOTSUP, ITEM_SPEC, "second vlan item"),
	ITEM_REFUSED(
		ITEM(ETH),
		ITEM(IPV4, .spec = IPV4(.next_proto_id = 0), .mask = IPV4(.next_proto_id = 0xff)),
		ENOTSUP, ITEM_SPEC, "protocol 0"),
	ITEM_REFUSED(ITEM(ETH), ITEM(IPV6, .spec = IPV6(.proto = 44), .mask = IPV6(.proto = 0xff)),
		     ENOTSUP, ITEM_SPEC, "extension header"),
	ITEM_REFUSED(ITEM(ETH), ITEM(IPV4, .mask = IPV4(.src_addr = 1)), EINVAL, ITEM_SPEC,
		     "without a spec"),
	ITEM_REFUSED(ITEM(ETH), ITEM(IPV4, .last = IPV4(.src_addr = 1)), EINVAL, ITEM_SPEC,
		     "without a spec"),
	ITEM_REFUSED(
		ITEM(ETH),
		ITEM(TCP, .spec = TCP(.dst_port = BE16(80)), .last = TCP(.dst_port = BE16(90))),
		ENOTSUP, ITEM_LAST, "range"),
	ITEM_REFUSED(
		ITEM(ETH),
		ITEM(TCP, .spec = TCP(.dst_port = BE16(80)), .last = TCP(.dst_port = BE16(64))),
		ENOTSUP, ITEM_LAST, "range"),

	/* What no frame can have */
	ITEM_REFUSED(ITEM(ETH, TYPE_IS(0x0800)), ITEM(VLAN), EINVAL, ITEM, "contradicts"),
	ITEM_REFUSED(ITEM(ETH, .spec = ETH(.has_vlan = 0), .mask = ETH(.has_vlan = 1)), ITEM(VLAN),
		     EINVAL, ITEM, "contradicts"),
	ITEM_REFUSED(ITEM(VLAN, .spec = VLAN(.hdr.eth_proto = BE16(0x0800)),
			  .mask = VLAN(.hdr.eth_proto = BE16(0xffff))),
		     ITEM(VLAN), EINVAL, ITEM, "contradicts"),
	ITEM_REFUSED(ITEM(VOID),
		     ITEM(ETH, .spec = ETH(.hdr.ether_type = BE16(0x0800), .has_vlan = 1),
			  .mask = ETH(.hdr.ether_type = BE16(0xffff), .has_vlan = 1)),
		     EINVAL, ITEM_SPEC, "contradicts"),
	ITEM_REFUSED(
		ITEM(IPV4, .spec = IPV4(.next_proto_id = 17), .mask = IPV4(.next_proto_id = 0xff)),
		ITEM(TCP), EINVAL, ITEM, "contradicts"),
	ITEM_REFUSED(ITEM(VOID),
		     ITEM(VLAN, .spec = VLAN(.hdr.eth_proto = BE16(0x0800), .has_more_vlan = 1),
			  .mask = VLAN(.hdr.eth_proto = BE16(0xffff), .has_more_vlan = 1)),
		     EINVAL, ITEM_SPEC, "contradicts"),

	/* Items out of order, and those that the card does not know */
	ITEM_REFUSED(ITEM(IPV4), ITEM(ETH), ENOTSUP, ITEM, "order"),
	ITEM_REFUSED(ITEM(IPV4), ITEM(IPV4), ENOTSUP, ITEM, "order"),
	ITEM_REFUSED(ITEM(IPV4), ITEM(VLAN), ENOTSUP, ITEM, "order"),
	ITEM_REFUSED(ITEM(IPV4), ITEM(ICMP6), ENOTSUP, ITEM, "order"),
	ITEM_REFUSED(ITEM(IPV6), ITEM(ICMP), ENOTSUP, ITEM, "order"),
	ITEM_REFUSED(ITEM(TCP), ITEM(UDP), ENOTSUP, ITEM, "order"),
	ITEM_REFUSED(ITEM(TCP), ITEM(IPV4), ENOTSUP, ITEM, "order"),
	ITEM_REFUSED(ITEM(UDP), ITEM(VXLAN), ENOTSUP, ITEM, "not supported"),
	ITEM_REFUSED(ITEM(VOID), ITEM(INVERT), ENOTSUP, ITEM, "not supported"),
	ITEM_REFUSED(ITEM(VOID), ITEM(MARK), ENOTSUP, ITEM, "not supported"),
	ITEM_REFUSED(ITEM(VOID), { .type = (enum rte_flow_item_type) - 1 }, ENOTSUP, ITEM,
		     "not supported"),
	ITEM_REFUSED(ITEM(UDP), ITEM(RAW), ENOTSUP, ITEM, "follow tcp"),
	ITEM_REFUSED(ITEM(IPV4), ITEM(TAG), ENOTSUP, ITEM, "follow tcp"),
	ITEM_REFUSED(ITEM(VOID), ITEM(META), ENOTSUP, ITEM, "follow tcp"),

	/* Any raw but the owner option */
	RAW_REFUSED("offset 0, limit 40", RAW_OF(0, 1, 0, 40, 11, uid_1000), RAW_MASK(NULL)),
	RAW_REFUSED("offset 0, limit 40", RAW_OF(1, 0, 0, 40, 11, uid_1000), RAW_MASK(NULL)),
	RAW_REFUSED("offset 0, limit 40", RAW_OF(1, 1, 4, 40, 11, uid_1000), RAW_MASK(NULL)),
	RAW_REFUSED("offset 0, limit 40", RAW_OF(1, 1, 0, 0, 11, uid_1000), RAW_MASK(NULL)),
	RAW_REFUSED("offset 0, limit 40", RAW_FULL(uid_1000),
		    RAW_OF(0, 1, -1, UINT16_MAX, UINT16_MAX, NULL)),
	RAW_REFUSED("offset 0, limit 40", RAW_FULL(uid_1000),
		    RAW_OF(1, 0, -1, UINT16_MAX, UINT16_MAX, NULL)),
	RAW_REFUSED("offset 0, limit 40", RAW_FULL(uid_1000),
		    RAW_OF(1, 1, 0, UINT16_MAX, UINT16_MAX, NULL)),
	RAW_REFUSED("offset 0, limit 40", RAW_FULL(uid_1000),
		    RAW_OF(1, 1, -1, 40, UINT16_MAX, NULL)),
	RAW_REFUSED("4 to 11 bytes", RAW_FULL(uid_1000), RAW_OF(1, 1, -1, UINT16_MAX, 11, NULL)),
	RAW_REFUSED("4 to 11 bytes", RAW_OF(1, 1, 0, 40, 3, uid_1000), RAW_MASK(NULL)),
	RAW_REFUSED("4 to 11 bytes", RAW_FULL(with_tag), RAW_MASK(NULL)),
	RAW_REFUSED("4 to 11 bytes", RAW_OF(1, 1, 0, 40, 11, NULL), RAW_MASK(NULL)),
	RAW_REFUSED("kind 254", RAW_FULL(other_kind), RAW_MASK(NULL)),
	RAW_REFUSED("kind 254", RAW_FULL(other_experiment), RAW_MASK(NULL)),
	RAW_REFUSED("kind 254", RAW_FULL(any_owner), RAW_MASK(OWNER_BYTES(254, 255, 255, 255))),
	RAW_REFUSED("kind 254", RAW_FULL(any_owner), RAW_MASK(OWNER_BYTES(255, 255, 255, 0))),
	RAW_REFUSED("19 or 15", RAW_FULL(other_length), RAW_MASK(NULL)),
	ITEM_REFUSED(ITEM(TCP), ITEM(TAG, .spec = TAG(.data = 1, .index = 2)), ENOTSUP, ITEM_SPEC,
		     "no other"),
	ITEM_REFUSED(ITEM(TCP), ITEM(TAG, .spec = TAG(.data = 1), .mask = TAG(.data = UINT32_MAX)),
		     ENOTSUP, ITEM_SPEC, "no other"),
	ITEM_REFUSED(ITEM(TCP), ITEM(TAG, .spec = TAG(.data = 0x10000, .index = 1)), ENOTSUP,
		     ITEM_SPEC, "16 bits"),
	ITEM_REFUSED(ITEM(TCP), ITEM(META, .spec = META(1), .last = META(2)), ENOTSUP, ITEM_LAST,
		     "range"),
	{ "two owners",
	  .items = { ITEM(TCP), ITEM(META, .spec = META(1)), ITEM(TAG, .spec = TAG(.data = 2)),
		     ITEM(END) },
	  .actions = { ACTION(DROP), ACTION(END) }, .code = EINVAL,
	  .type = RTE_FLOW_ERROR_TYPE_ITEM_SPEC, .cause = ITEM_AT(2), .message = "contradicts" },
	{ "three tags", .items = { ITEM(VLAN), ITEM(VLAN), ITEM(VLAN), ITEM(END) },
	  .actions = { ACTION(DROP), ACTION(END) }, .code = ENOTSUP,
	  .type = RTE_FLOW_ERROR_TYPE_ITEM, .cause = ITEM_AT(2), .message = "order" },

	ACTION_REFUSED(QUEUE(4), EINVAL, ACTION_CONF, "fewer receive queues"),
	ACTION_REFUSED(QUEUE(256), EINVAL, ACTION_CONF, "fewer receive queues"),
	ACTION_REFUSED(ACTION(QUEUE), EINVAL, ACTION_CONF, "no configuration"),
	ACTION_REFUSED(ACTION(MARK), EINVAL, ACTION_CONF, "no configuration"),
	ACTION_REFUSED(ACTION(RSS), EINVAL, ACTION_CONF, "no configuration"),
	ACTION_REFUSED(ACTION(COUNT), EINVAL, ACTION, "once"),
	ACTION_REFUSED(RSS(.func = RTE_ETH_HASH_FUNCTION_SIMPLE_XOR), ENOTSUP, ACTION_CONF,
		       "Toeplitz"),
	ACTION_REFUSED(RSS(.level = 2), ENOTSUP, ACTION_CONF, "outermost"),
	ACTION_REFUSED(RSS(.types = RTE_ETH_RSS_IPV4), ENOTSUP, ACTION_CONF, "hash types"),
	ACTION_REFUSED(RSS(.key_len = 40, .key = pattern), ENOTSUP, ACTION_CONF, "key"),
	ACTION_REFUSED(RSS(.key_len = 39, .key = default_key), ENOTSUP, ACTION_CONF, "key"),
	ACTION_REFUSED(RSS(.queue_num = 3, .queue = all_queues), ENOTSUP, ACTION_CONF, "queues"),
	ACTION_REFUSED(RSS(.queue_num = 4, .queue = (const uint16_t[]){ 0, 1, 3, 2 }), ENOTSUP,
		       ACTION_CONF, "table"),
	ACTION_REFUSED(ACTION(METER), EINVAL, ACTION_CONF, "no configuration"),
	ACTION_REFUSED(METER(1), EINVAL, ACTION_CONF, "no meter with this id"),
	{ "jump beside meter", .items = { ITEM(END) },
	  .actions = { JUMP(1), METER(1), ACTION(END) }, .code = EINVAL,
	  .type = RTE_FLOW_ERROR_TYPE_ACTION, .cause = ACTION_AT(1), .message = "beside jump" },
	ACTION_REFUSED(ACTION(JUMP), EINVAL, ACTION_CONF, "no configuration"),
	ACTION_REFUSED(JUMP(0), EINVAL, ACTION_CONF, "from group 0 to another one"),
	{ "a jump out of another group", .attr = { .ingress = 1, .group = 1 },
	  .items = { ITEM(END) }, .actions = { JUMP(2), ACTION(END) }, .code = EINVAL,
	  .type = RTE_FLOW_ERROR_TYPE_ACTION_CONF, .cause = ACTION_AT(0), .message = "jump" },
	{ "jump beside mark", .items = { ITEM(END) }, .actions = { JUMP(1), MARK(1), ACTION(END) },
	  .code = EINVAL, .type = RTE_FLOW_ERROR_TYPE_ACTION, .cause = ACTION_AT(1),
	  .message = "beside jump" },
	{ "jump beside set_mac_dst", .items = { ITEM(END) },
	  .actions = { JUMP(1), SET_MAC(2), ACTION(END) }, .code = EINVAL,
	  .type = RTE_FLOW_ERROR_TYPE_ACTION, .cause = ACTION_AT(1), .message = "beside jump" },
	ACTION_REFUSED(ACTION(AGE), EINVAL, ACTION_CONF, "no configuration"),
	ACTION_REFUSED(AGE(.timeout = 0), EINVAL, ACTION_CONF, "1 second"),
	ACTION_REFUSED(ACTION(SET_MAC_DST), EINVAL, ACTION_CONF, "no configuration"),
	{ "a change of a dropped frame", .items = { ITEM(END) },
	  .actions = { ACTION(DROP), SET_MAC(2), ACTION(END) }, .code = EINVAL,
	  .type = RTE_FLOW_ERROR_TYPE_ACTION, .cause = ACTION_AT(1), .message = "dropped" },
	{ "two changes of a kind", .items = { ITEM(END) },
	  .actions = { SET_MAC(2), SET_MAC(4), ACTION(END) }, .code = EINVAL,
	  .type = RTE_FLOW_ERROR_TYPE_ACTION, .cause = ACTION_AT(1), .message = "once" },
	CHANGE_REFUSED("set_ipv4_dst: ", SET_IPV4(9), ITEM(IPV4, WHOLE_IPV4), ITEM(VOID)),
	CHANGE_REFUSED("set_ipv4_dst: ", SET_IPV4(9), ITEM(IPV4), ITEM(TCP)),
	CHANGE_REFUSED("set_ipv4_dst: ", SET_IPV4(9),
		       ITEM(IPV4, .spec = IPV4(.dst_addr = BE32(0xc6120002)),
			    .mask = IPV4(.dst_addr = BE32(0xfffffffe))),
		       ITEM(UDP)),
	CHANGE_REFUSED("set_ipv4_dst: ", SET_IPV4(9), ITEM(IPV6), ITEM(TCP)),
	CHANGE_REFUSED("set_tp_dst: ", SET_PORT(9), ITEM(IPV4), ITEM(TCP)),
	CHANGE_REFUSED("set_tp_dst: ", SET_PORT(9), ITEM(IPV4), ITEM(ICMP)),
	CHANGE_REFUSED("set_tp_dst: ", SET_PORT(9), ITEM(IPV4, WHOLE_IPV4), ITEM(SCTP)),
	CHANGE_REFUSED("set_tp_dst: ", SET_PORT(9), ITEM(IPV6),
		       ITEM(UDP, .spec = UDP(.dst_port = BE16(53)),
			    .mask = UDP(.dst_port = BE16(0xfffe)))),
	ACTION_REFUSED(ACTION(FLAG), ENOTSUP, ACTION, "not supported"),
	{ "two fates", .items = { ITEM(END) }, .actions = { QUEUE(1), ACTION(DROP), ACTION(END) },
	  .code = EINVAL, .type = RTE_FLOW_ERROR_TYPE_ACTION, .cause = ACTION_AT(1),
	  .message = "one of queue, drop, rss, passthru and jump" },
	{ "two marks", .items = { ITEM(END) }, .actions = { MARK(1), MARK(1), ACTION(END) },
	  .code = EINVAL, .type = RTE_FLOW_ERROR_TYPE_ACTION, .cause = ACTION_AT(1),
	  .message = "mark, count, age, meter and each of set_* once" },
	{ "the mark of a dropped frame", .items = { ITEM(END) },
	  .actions = { ACTION(DROP), MARK(1), ACTION(END) }, .code = EINVAL,
	  .type = RTE_FLOW_ERROR_TYPE_ACTION, .cause = ACTION_AT(1), .message = "dropped" },
	{ "no action", .items = { ITEM(END) }, .actions = { ACTION(VOID), ACTION(END) },
	  .code = EINVAL, .type = RTE_FLOW_ERROR_TYPE_ACTION_NUM, .cause = ACTION_AT(0),
	  .message = "does nothing" },
};

static void check_error(const struct rte_flow_error *error, enum rte_flow_error_type type,
			const void *cause, const char *message)
{
	EQUAL(error->type, type);
	CHECK(error->cause == cause);
	CHECK(error->message != NULL && strstr(error->message, message) != NULL);
	if (error->message != NULL && strstr(error->message, message) == NULL)
		printf("# %s\n", error->message);
}

static void check_refusal(const struct refusal *refusal)
{
	const struct rte_flow_attr *attr =
		refusal->cause == ATTRIBUTES || refusal->attr.group ? &refusal->attr : &ingress;
	struct rte_flow_error error = { 0 };
	const void *cause = attr;

	if (refusal->cause >= ACTION_AT(0))
		cause = &refusal->actions[refusal->cause - ACTION_AT(0)];
	else if (refusal->cause >= ITEM_AT(0))
		cause = &refusal->items[refusal->cause - ITEM_AT(0)];
	EQUAL(rte_flow_validate(0, attr, refusal->items, refusal->actions, &error), -refusal->code);
	check_error(&error, refusal->type, cause, refusal->message);
	memset(&error, 0, sizeof(error));
	CHECK(rte_flow_create(0, attr, refusal->items, refusal->actions, &error) == NULL);
	EQUAL(rte_errno, refusal->code);
	check_error(&error, refusal->type, cause, refusal->message);
}

static void refused(void)
{
	const struct rte_eth_conf plain = { 0 };
	const struct rte_flow_action rss[] = { RSS(.queue_num = 0), ACTION(END) };
	struct rte_flow_error error;

	open_port("");
	start_port(&with_rss, 4);
	for (unsigned int i = 0; i < RTE_DIM(refusals); i++) {
		bool before = failed;

		failed = false;
		check_refusal(&refusals[i]);
		if (failed)
			printf("# in: %s\n", refusals[i].name);
		failed |= before;
	}
	EQUAL(rte_flow_validate(0, NULL, any, drop, &error), -EINVAL);
	check_error(&error, RTE_FLOW_ERROR_TYPE_ATTR, NULL, "attributes");
	EQUAL(rte_flow_validate(0, &ingress, NULL, drop, &error), -EINVAL);
	check_error(&error, RTE_FLOW_ERROR_TYPE_ITEM_NUM, NULL, "pattern");
	EQUAL(rte_flow_validate(0, &ingress, any, NULL, &error), -EINVAL);
	check_error(&error, RTE_FLOW_ERROR_TYPE_ACTION_NUM, NULL, "actions");
	EQUAL(rte_flow_isolate(0, 1, &error), -ENOSYS);
	EQUAL(enabled(), 0);
	close_port();

	open_port("");
	start_port(&plain, 2);
	EQUAL(rte_flow_validate(0, &ingress, any, rss, &error), -ENOTSUP);
	check_error(&error, RTE_FLOW_ERROR_TYPE_ACTION_CONF, rss, "configured without it");
	close_port();
}

/* The feature matrix lists what validate takes, and nothing else. */
static bool listed(const char *section, const char *name)
{
	static char text[8192];
	FILE *file = fopen(FEATURES, "r");
	char heading[32], row[80], *at, *end;
	bool found;

	CHECK(file != NULL);
	if (file == NULL)
		return false;
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	fclose(file);
	snprintf(heading, sizeof(heading), "[rte_flow %s]\n", section);
	snprintf(row, sizeof(row), "\n%s ", name);
	at = strstr(text, heading);
	CHECK(at != NULL);
	if (at == NULL)
		return false;
	end = strchr(at + 1, '[');
	if (end != NULL)
		*end = '\0';
	at = strstr(at, row);
	if (at == NULL)
		return false;
	found = strncmp(at + strcspn(at, "="), "= Y\n", 4) == 0;
	CHECK(found);
	return found;
}

static void check_listed(const char *section, enum rte_flow_conv_op op, int type, int result)
{
	const char *known = NULL;
	char name[64];

	if (rte_flow_conv(op, &known, sizeof(known), (void *)(uintptr_t)type, NULL) <= 0 ||
	    known == NULL)
		return;
	snprintf(name, sizeof(name), "%s", known);
	for (char *letter = name; *letter != '\0'; letter++)
		*letter = tolower(*letter);
	if (listed(section, name) == (result == 0))
		return;
	failed = true;
	printf("# %s of %s: validate says %d, the feature matrix says otherwise\n", name, section,
	       result);
}

/* Meter 0, for a rule. */
static void make_meter(void)
{
	struct rte_mtr_meter_profile profile = { .alg = RTE_MTR_SRTCM_RFC2697,
						 .srtcm_rfc2697 = { .cir = 1000, .cbs = 1000 } };
	struct rte_mtr_meter_policy_params policy = { .actions[RTE_COLOR_RED] = drop };
	struct rte_mtr_params params = { 0 };

	EQUAL(rte_mtr_meter_profile_add(0, 0, &profile, NULL), 0);
	EQUAL(rte_mtr_meter_policy_add(0, 0, &policy, NULL), 0);
	EQUAL(rte_mtr_create(0, 0, &params, 0, NULL), 0);
}

static void matrix(void)
{
	static const uint8_t nothing[256];
	unsigned int taken = 0;

	open_port("");
	start_port(&with_rss, 4);
	for (int type = RTE_FLOW_ITEM_TYPE_VOID + 1; type < 128; type++) {
		bool owner = type == RTE_FLOW_ITEM_TYPE_RAW || type == RTE_FLOW_ITEM_TYPE_TAG ||
			     type == RTE_FLOW_ITEM_TYPE_META;
		const struct rte_flow_item items_of[] = {
			{ .type = owner ? RTE_FLOW_ITEM_TYPE_TCP : RTE_FLOW_ITEM_TYPE_VOID },
			{ .type = type },
			ITEM(END),
		};
		int result = rte_flow_validate(0, &ingress, items_of, drop, NULL);

		check_listed("items", RTE_FLOW_CONV_OP_ITEM_NAME_PTR, type, result);
		taken += result == 0;
	}
	EQUAL(taken, 12);
	make_meter();
	for (int type = RTE_FLOW_ACTION_TYPE_VOID + 1; type < 128; type++) {
		const struct rte_flow_action jump = JUMP(1), age = AGE(.timeout = 1);
		const struct rte_flow_action actions_of[] = {
			{ .type = type,
			  .conf = type == RTE_FLOW_ACTION_TYPE_JUMP ? jump.conf :
				  type == RTE_FLOW_ACTION_TYPE_AGE  ? age.conf :
								      nothing },
			ACTION(END)
		};
		int result = rte_flow_validate(0, &ingress, one_flow, actions_of, NULL);

		check_listed("actions", RTE_FLOW_CONV_OP_ACTION_NAME_PTR, type, result);
		taken += result == 0;
	}
	EQUAL(taken, 12 + 12);
	close_port();
}

/* --- what changes frames --------------------------------------------------------------------- */

/* RFC 1071: the words and carries of a sum, and the sum that a change of it is. */
static uint32_t sum_of(uint32_t a, uint32_t b, uint32_t c, uint32_t d)
{
	uint32_t sum = a + b + c + d;

	while (sum > 0xffff)
		sum = sum % 0x10000 + sum / 0x10000;
	return sum;
}

static void check_changed(const struct rte_flow_item *items_of,
			  const struct rte_flow_action *actions_of, uint32_t action,
			  uint32_t ip_sum, uint32_t layer4_sum)
{
	struct rte_flow *flow = create(items_of, actions_of);

	EQUAL(rule_word(0, ACTION_WORD), action);
	EQUAL(rule_word(0, CHANGE_WORD), ip_sum | layer4_sum << 16);
	EQUAL(rte_flow_destroy(0, flow, NULL), 0);
}

static void changes(void)
{
	/* From 198.18.0.2 to 203.0.113.7, from 80 to 8443 */
	const uint32_t address = sum_of(0xcb00, 0x7107, 0xffff - 0xc612, 0xffff - 0x0002);
	const uint32_t port = sum_of(8443, 0xffff - 80, 0, 0);
	const struct rte_flow_action mac[] = { SET_MAC(2, 0x12, 0x34, 0x56, 0x78, 0x9a),
					       ACTION(END) };
	const struct rte_flow_action ipv4[] = { SET_IPV4(0xcb007107), QUEUE(1), ACTION(END) };
	const struct rte_flow_action tp[] = { MARK(1), SET_PORT(8443), ACTION(END) };
	const struct rte_flow_action both[] = { SET_PORT(8443), SET_IPV4(0xcb007107), ACTION(END) };
	/* One more each: 0xc612 + 3 + 0x39ed + 0xfffd is 0x1ffff, which has to be folded twice. */
	const struct rte_flow_action next[] = { SET_PORT(81), SET_IPV4(0xc6120003), ACTION(END) };
	const struct rte_flow_item udp6[] = {
		ITEM(IPV6),
		ITEM(UDP, .spec = UDP(.dst_port = BE16(80)), .mask = UDP(.dst_port = BE16(0xffff))),
		ITEM(END),
	};
	const struct rte_flow_item sctp[] = {
		one_flow[0],
		ITEM(SCTP),
		ITEM(END),
	};

	open_port("");
	start_port(&with_rss, 4);
	check_changed(any, mac, 0x8, 0, 0);
	EQUAL(rule_word(0, MAC_LO_WORD), 0x56341202);
	EQUAL(rule_word(0, MAC_HI_WORD), 0x9a78);
	check_changed(one_flow, ipv4, 0x112, address, address);
	EQUAL(rule_word(0, IPV4_WORD), 0xcb007107);
	check_changed(sctp, ipv4, 0x112, address, address);
	check_changed(one_flow, tp, 8443u << 16 | 0x24, 0, port);
	check_changed(udp6, tp, 8443u << 16 | 0x24, 0, port);
	check_changed(one_flow, both, 8443u << 16 | 0x30, address, sum_of(address, port, 0, 0));
	check_changed(one_flow, next, 81u << 16 | 0x30, 1, 2);
	EQUAL(faults, 0);
	close_port();
}

/* --- rules come and go ----------------------------------------------------------------------- */

static void places(void)
{
	struct rte_flow *flows[9];
	struct rte_flow_error error;

	open_port("");
	start_port(&with_rss, 2);
	for (unsigned int i = 0; i < 8; i++) {
		const struct rte_flow_action mark[] = { MARK(i), ACTION(END) };

		flows[i] = create(any, mark);
		EQUAL(enabled(), (2u << i) - 1);
		EQUAL(rule_word(i, MARK_WORD), i);
	}
	EQUAL(rte_flow_validate(0, &ingress, any, drop, &error), 0);
	CHECK(rte_flow_create(0, &ingress, any, drop, &error) == NULL);
	EQUAL(rte_errno, ENOSPC);
	check_error(&error, RTE_FLOW_ERROR_TYPE_UNSPECIFIED, NULL, "in use");

	EQUAL(rte_flow_destroy(0, flows[5], NULL), 0);
	EQUAL(rte_flow_destroy(0, flows[2], NULL), 0);
	EQUAL(enabled(), 0xdb);
	EQUAL(rte_flow_destroy(0, flows[2], &error), -ENOENT);
	check_error(&error, RTE_FLOW_ERROR_TYPE_HANDLE, flows[2], "no such rule");
	EQUAL(rte_flow_destroy(0, (struct rte_flow *)&error, &error), -ENOENT);
	/* The first free place. */
	flows[2] = create(any, drop);
	EQUAL(enabled(), 0xdf);
	EQUAL(rule_word(2, ACTION_WORD), 1);
	EQUAL(rule_word(2, MARK_WORD), 0);
	EQUAL(rte_flow_flush(0, NULL), 0);
	EQUAL(enabled(), 0);
	EQUAL(rte_flow_flush(0, NULL), 0);
	EQUAL(rte_flow_destroy(0, flows[0], &error), -ENOENT);
	create(any, drop);
	EQUAL(enabled(), 1);
	EQUAL(faults, 0);
	left_enabled = ~0u;
	close_port();
	/* None is left behind. */
	EVENTUALLY(__atomic_load_n(&left_enabled, __ATOMIC_RELAXED) != ~0u);
	EQUAL(left_enabled, 0);
}

static void card_counts(unsigned int rule, uint64_t packets, uint64_t bytes)
{
	card_set(SEKISHO_NETWORK_FLOW_STATISTICS_PACKETS_LO(rule), packets);
	card_set(SEKISHO_NETWORK_FLOW_STATISTICS_PACKETS_HI(rule), packets >> 32);
	card_set(SEKISHO_NETWORK_FLOW_STATISTICS_BYTES_LO(rule), bytes);
	card_set(SEKISHO_NETWORK_FLOW_STATISTICS_BYTES_HI(rule), bytes >> 32);
}

static void check_count(struct rte_flow *flow, bool reset, uint64_t packets, uint64_t bytes)
{
	struct rte_flow_query_count answer = { .reset = reset };

	EQUAL(rte_flow_query(0, flow, count, &answer, NULL), 0);
	EQUAL(answer.hits_set, 1);
	EQUAL(answer.bytes_set, 1);
	EQUAL(answer.hits, packets);
	EQUAL(answer.bytes, bytes);
}

static void counts(void)
{
	struct rte_flow_query_count answer = { 0 };
	struct rte_flow_error error;
	struct rte_flow *flow, *other;

	open_port("");
	start_port(&with_rss, 2);
	card_counts(0, 1000, 64000);
	card_counts(1, 7, 700);
	flow = create(any, count);
	check_count(flow, false, 0, 0);
	card_counts(0, 0x300000005, 0x500000006);
	check_count(flow, false, 0x300000005 - 1000, 0x500000006 - 64000);
	check_count(flow, true, 0x300000005 - 1000, 0x500000006 - 64000);
	check_count(flow, false, 0, 0);
	card_counts(0, 0x300000006, 0x500000042);
	check_count(flow, false, 1, 60);

	other = create(any, drop);
	EQUAL(rte_flow_query(0, other, count, &answer, &error), -EINVAL);
	check_error(&error, RTE_FLOW_ERROR_TYPE_ACTION, count, "without count");
	EQUAL(rte_flow_query(0, flow, drop, &answer, &error), -ENOTSUP);
	check_error(&error, RTE_FLOW_ERROR_TYPE_ACTION, drop, "only count");
	/* Another rule at the same place counts from 0. */
	EQUAL(rte_flow_destroy(0, flow, NULL), 0);
	EQUAL(rte_flow_query(0, flow, count, &answer, &error), -ENOENT);
	check_error(&error, RTE_FLOW_ERROR_TYPE_HANDLE, flow, "no such rule");
	flow = create(any, count);
	check_count(flow, false, 0, 0);
	close_port();
}

static struct rte_flow *create_in(uint32_t group, const struct rte_flow_item *items_of,
				  const struct rte_flow_action *actions_of)
{
	const struct rte_flow_attr attr = { .ingress = 1, .group = group };
	struct rte_flow_error error = { 0 };
	struct rte_flow *flow = rte_flow_create(0, &attr, items_of, actions_of, &error);

	CHECK(flow != NULL);
	if (flow == NULL)
		printf("# %s\n", error.message);
	return flow;
}

static void groups(void)
{
	static const struct rte_flow_item udp[] = { ITEM(UDP), ITEM(END) };
	const struct rte_flow_item from[] = {
		ITEM(IPV4, .spec = IPV4(.src_addr = BE32(0xc6120301)),
		     .mask = IPV4(.src_addr = BE32(0xffffffff))),
		ITEM(END),
	};
	const struct rte_flow_action queue_1[] = { QUEUE(1), ACTION(COUNT), ACTION(END) };
	const struct rte_flow_action queue_2[] = { QUEUE(2), ACTION(END) };
	const struct rte_flow_action jump[] = { JUMP(7), ACTION(COUNT), ACTION(END) };
	const struct rte_flow_action jump_tcp[] = { JUMP(8), ACTION(END) };
	static const struct rte_flow_item tcp[] = { ITEM(TCP), ITEM(END) };
	struct rte_flow *target, *leap, *second;
	struct rte_flow_error error;

	open_port("");
	start_port(&with_rss, 4);
	/* Where no rule leads. */
	target = create_in(7, one_flow, queue_1);
	EQUAL(enabled(), 0);
	leap = create_in(0, from, jump);
	EQUAL(enabled(), 3);
	/* The demands of both, and what the second one does; then what is left. */
	EQUAL(rule_word(0, SOURCE + 3), 0xc6120301);
	EQUAL(rule_word(0, MASK + SOURCE + 3), 0xffffffff);
	EQUAL(rule_word(0, DESTINATION + 3), 0xc6120002);
	EQUAL(rule_word(0, LAYER4), 80);
	EQUAL(rule_word(0, PACKET), 0x506);
	EQUAL(rule_word(0, ACTION_WORD), 0x102);
	EQUAL(rule_word(1, SOURCE + 3), 0xc6120301);
	EQUAL(rule_word(1, MASK + DESTINATION + 3), 0);
	EQUAL(rule_word(1, ACTION_WORD), 0);

	/* One more stands before what is left. Both rules count what their places count. */
	card_counts(0, 10, 600);
	card_counts(1, 5, 300);
	second = create_in(7, udp, queue_2);
	EQUAL(enabled(), 7);
	EQUAL(rule_word(1, ACTION_WORD), 0x202);
	EQUAL(rule_word(1, PACKET), 0x511);
	EQUAL(rule_word(2, ACTION_WORD), 0);
	EQUAL(rule_word(2, MASK + PACKET), 0x100);
	check_count(leap, false, 15, 900);
	check_count(target, false, 10, 600);
	card_counts(1, 6, 360);
	card_counts(2, 1, 60);
	check_count(leap, false, 17, 1020);
	check_count(target, false, 10, 600);

	/* What no frame can meet is left out: here a rule of TCP behind a jump of UDP. */
	create_in(8, one_flow, queue_1);
	create_in(0, udp, jump_tcp);
	EQUAL(enabled(), 0xf);
	EQUAL(rule_word(3, PACKET), 0x411);
	create_in(0, tcp, jump_tcp);
	EQUAL(enabled(), 0x3f);
	EQUAL(rule_word(4, PACKET), 0x506);
	EQUAL(rule_word(4, ACTION_WORD), 0x102);
	EQUAL(rule_word(5, PACKET), 0x406);

	/* Two more than fit, and nothing changes. */
	create_in(0, any, drop);
	CHECK(rte_flow_create(0, &ingress, from, jump, &error) == NULL);
	EQUAL(rte_errno, ENOSPC);
	check_error(&error, RTE_FLOW_ERROR_TYPE_UNSPECIFIED, NULL, "it would need 10 of them");
	EQUAL(enabled(), 0x7f);
	check_count(leap, false, 17, 1020);

	EQUAL(rte_flow_destroy(0, target, NULL), 0);
	EQUAL(enabled(), 0x7e);
	EQUAL(rte_flow_destroy(0, leap, NULL), 0);
	EQUAL(enabled(), 0x78);
	EQUAL(rte_flow_destroy(0, second, NULL), 0);
	EQUAL(enabled(), 0x78);
	EQUAL(rte_flow_flush(0, NULL), 0);
	EQUAL(enabled(), 0);
	for (unsigned int i = 0; i < 32; i++)
		create_in(9, any, drop);
	CHECK(rte_flow_create(0, &ingress, any, drop, &error) == NULL);
	check_error(&error, RTE_FLOW_ERROR_TYPE_UNSPECIFIED, NULL, "32 rules");
	EQUAL(faults, 0);
	close_port();
}

static void check_age(struct rte_flow *flow, bool aged)
{
	const struct rte_flow_action age[] = { AGE(.timeout = 1), ACTION(END) };
	struct rte_flow_query_age answer = { 0 };

	EQUAL(rte_flow_query(0, flow, age, &answer, NULL), 0);
	EQUAL(answer.aged, aged);
	EQUAL(answer.sec_since_last_hit_valid, 1);
	CHECK(answer.sec_since_last_hit < 60);
	CHECK(!aged || answer.sec_since_last_hit >= 2);
}

/* Seconds from a rule's first look, at which it is young, until it has aged. */
static double time_to_age(void)
{
	const struct rte_flow_action age[] = { AGE(.timeout = 1), ACTION(END) };
	struct rte_flow_query_age answer = { 0 };
	struct rte_flow *flow = create(any, age);
	uint64_t begin = rte_get_timer_cycles();

	EQUAL(rte_flow_query(0, flow, age, &answer, NULL), 0);
	EQUAL(answer.aged, 0);
	EVENTUALLY(rte_flow_query(0, flow, age, &answer, NULL) == 0 && answer.aged);
	EQUAL(rte_flow_destroy(0, flow, NULL), 0);
	return (double)(rte_get_timer_cycles() - begin) / rte_get_timer_hz();
}

static void never_early(void)
{
	open_port("");
	start_port(&with_rss, 2);
	/* Begun at different places of a second. */
	for (unsigned int i = 0; i < 4; i++) {
		double took = time_to_age();

		CHECK(took >= 1);
		if (took < 1)
			printf("# aged after %.3f s\n", took);
		usleep(270000);
	}
	EQUAL(faults, 0);
	close_port();
}

static void ages(void)
{
	int mine;
	const struct rte_flow_action with_context[] = { AGE(.timeout = 2, .context = &mine),
							ACTION(END) };
	const struct rte_flow_action old_slowly[] = { AGE(.timeout = 1000), ACTION(END) };
	const struct rte_flow_action without[] = { AGE(.timeout = 2), ACTION(DROP), ACTION(END) };
	struct rte_flow_query_age answer;
	struct rte_flow_error error;
	struct rte_flow *first, *slow, *other;
	void *contexts[4] = { NULL };

	open_port("");
	start_port(&with_rss, 2);
	first = create(any, with_context);
	slow = create(any, old_slowly);
	EQUAL(rte_flow_get_aged_flows(0, NULL, 0, &error), 0);
	check_age(first, false);
	EVENTUALLY(event_count(RTE_ETH_EVENT_FLOW_AGED) == 1);
	EQUAL(rte_flow_get_aged_flows(0, NULL, 0, &error), 1);
	EQUAL(rte_flow_get_aged_flows(0, contexts, 4, &error), 1);
	CHECK(contexts[0] == &mine);
	check_age(first, true);
	check_age(slow, false);

	/* A frame makes it young again. */
	card_counts(0, 1, 60);
	check_age(first, false);
	EQUAL(rte_flow_get_aged_flows(0, contexts, 4, &error), 0);

	/* One that is told of again, and a handle for want of a context. */
	other = create(any, without);
	EVENTUALLY(event_count(RTE_ETH_EVENT_FLOW_AGED) == 2);
	EVENTUALLY(rte_flow_get_aged_flows(0, NULL, 0, &error) == 2);
	EQUAL(rte_flow_get_aged_flows(0, contexts, 1, &error), 1);
	EQUAL(rte_flow_get_aged_flows(0, contexts, 4, &error), 2);
	CHECK(contexts[0] == &mine && contexts[1] == other);
	EQUAL(rte_flow_get_aged_flows(0, NULL, 1, &error), -EINVAL);
	EQUAL(rte_flow_query(0, other, count, &answer, &error), -EINVAL);
	EQUAL(rte_flow_destroy(0, slow, NULL), 0);
	slow = create(any, count);
	EQUAL(rte_flow_query(0, slow, old_slowly, &answer, &error), -EINVAL);
	check_error(&error, RTE_FLOW_ERROR_TYPE_ACTION, old_slowly, "without age");
	EQUAL(faults, 0);
	close_port();
}

static int refuse_alarms, refused_alarms;

/* The driver's calls come here, too. */
int rte_eal_alarm_set(uint64_t us, rte_eal_alarm_callback callback, void *arg)
{
	int (*set)(uint64_t, rte_eal_alarm_callback, void *) =
		(int (*)(uint64_t, rte_eal_alarm_callback, void *))dlsym(RTLD_NEXT,
									 "rte_eal_alarm_set");

	if (!__atomic_load_n(&refuse_alarms, __ATOMIC_SEQ_CST))
		return set(us, callback, arg);
	__atomic_add_fetch(&refused_alarms, 1, __ATOMIC_SEQ_CST);
	return -ENOMEM;
}

/* Has the port's lock until the card answers. */
static void *use_port(void *unused)
{
	CHECK(rte_flow_create(0, &ingress, any, count, NULL) != NULL);
	return unused;
}

static void without_alarms(void)
{
	const struct rte_flow_action soon[] = { AGE(.timeout = 1), ACTION(END) };
	const struct rte_flow_action late[] = { AGE(.timeout = 1000), ACTION(END) };
	struct rte_flow_error error;
	struct rte_flow *flow;
	pthread_t user;

	open_port("");
	start_port(&with_rss, 2);
	__atomic_store_n(&refuse_alarms, 1, __ATOMIC_SEQ_CST);
	CHECK(rte_flow_create(0, &ingress, any, soon, &error) == NULL);
	check_error(&error, RTE_FLOW_ERROR_TYPE_UNSPECIFIED, NULL, "no alarm");
	CHECK(logged("flow rules do not age: Cannot allocate memory"));
	EQUAL(enabled(), 0);
	create(any, drop);
	EQUAL(enabled(), 1);

	/* The next look at the rules is refused. */
	__atomic_store_n(&refuse_alarms, 0, __ATOMIC_SEQ_CST);
	flow = create(any, late);
	__atomic_store_n(&refuse_alarms, 1, __ATOMIC_SEQ_CST);
	EVENTUALLY(__atomic_load_n(&refused_alarms, __ATOMIC_SEQ_CST) == 2);
	/* Waits for who looks, too. */
	check_age(flow, false);
	CHECK(logged("flow rules do not age: Cannot allocate memory"));

	/* The next rule begins it anew. */
	__atomic_store_n(&refuse_alarms, 0, __ATOMIC_SEQ_CST);
	EQUAL(rte_flow_destroy(0, flow, NULL), 0);
	flow = create(any, soon);
	EVENTUALLY(event_count(RTE_ETH_EVENT_FLOW_AGED) == 1);

	/* And so it is where the refused look, a second after that, found the port in use. */
	EQUAL(rte_flow_get_aged_flows(0, NULL, 0, &error), 1);
	__atomic_store_n(&refuse_alarms, 1, __ATOMIC_SEQ_CST);
	pthread_mutex_lock(&control);
	EQUAL(pthread_create(&user, NULL, use_port, NULL), 0);
	EVENTUALLY(__atomic_load_n(&refused_alarms, __ATOMIC_SEQ_CST) == 3);
	pthread_mutex_unlock(&control);
	EQUAL(pthread_join(user, NULL), 0);
	__atomic_store_n(&refuse_alarms, 0, __ATOMIC_SEQ_CST);
	EQUAL(rte_flow_destroy(0, flow, NULL), 0);
	create(any, soon);
	EVENTUALLY(event_count(RTE_ETH_EVENT_FLOW_AGED) == 2);
	EQUAL(faults, 0);
	close_port();
}

static void stop_and_start(void)
{
	const struct rte_flow_action queue[] = { QUEUE(2), ACTION(END) };
	struct rte_eth_dev_info info;
	struct rte_flow *flow;
	uint64_t features = RTE_ETH_RX_METADATA_USER_FLAG | RTE_ETH_RX_METADATA_USER_MARK |
			    RTE_ETH_RX_METADATA_TUNNEL_ID;

	open_port("");
	EQUAL(rte_eth_rx_metadata_negotiate(0, &features), 0);
	EQUAL(features, RTE_ETH_RX_METADATA_USER_MARK);
	EQUAL(rte_eth_dev_info_get(0, &info), 0);
	CHECK(info.dev_capa & RTE_ETH_DEV_CAPA_FLOW_RULE_KEEP);
	start_port(&with_rss, 4);
	flow = create(any, queue);
	EQUAL(rte_eth_dev_stop(0), 0);
	/* Also of a port that is stopped. */
	create(any, drop);
	EQUAL(enabled(), 3);
	EQUAL(rte_eth_dev_start(0), 0);
	EQUAL(enabled(), 3);
	EQUAL(rule_word(0, ACTION_WORD), 0x202);
	/* A queue that a rule needs cannot go. */
	EQUAL(rte_eth_dev_stop(0), 0);
	EQUAL(rte_eth_dev_configure(0, 2, 2, &with_rss), -EINVAL);
	CHECK(logged("a flow rule gives frames to rx queue 2"));
	start_port(&with_rss, 3);
	EQUAL(rte_eth_dev_stop(0), 0);
	EQUAL(rte_flow_destroy(0, flow, NULL), 0);
	start_port(&with_rss, 2);
	EQUAL(enabled(), 2);
	/* A reset leaves nothing. */
	EQUAL(rte_eth_dev_reset(0), 0);
	EQUAL(enabled(), 0);
	EQUAL(rte_flow_destroy(0, flow, NULL), -ENOENT);
	start_port(&with_rss, 2);
	EQUAL(enabled(), 0);
	close_port();
}

static void rules_after_recovery(void)
{
	static const struct rte_flow_item udp[] = { ITEM(UDP), ITEM(END) };
	struct rte_flow *flows[3];
	struct rte_flow_error error;
	char away[80];

	open_port(",recovery=1");
	start_port(&with_rss, 2);
	for (unsigned int i = 0; i < 3; i++) {
		card_counts(i, 100, 6000);
		flows[i] = create(udp, count);
	}
	card_counts(0, 150, 9000);
	check_count(flows[0], false, 50, 3000);

	pthread_mutex_lock(&control);
	shutdown(card_connection, SHUT_RDWR);
	snprintf(away, sizeof(away), "%s.away", path);
	EQUAL(rename(path, away), 0);
	pthread_mutex_unlock(&control);
	EVENTUALLY(event_count(RTE_ETH_EVENT_ERR_RECOVERING) == 1);
	CHECK(rte_flow_create(0, &ingress, any, drop, &error) == NULL);
	EQUAL(rte_errno, EBUSY);
	check_error(&error, RTE_FLOW_ERROR_TYPE_STATE, NULL, "looked for");
	/* The card that comes does not get a rule that was destroyed meanwhile. */
	EQUAL(rte_flow_destroy(0, flows[1], NULL), 0);
	for (unsigned int i = 0; i < 3; i++)
		card_counts(i, 2, 120);
	for (unsigned int word = 0; word < 3 * 64; word++)
		card_set(SEKISHO_NETWORK_FLOW_RULES(word), 0);
	/* Once the card has seen the connection's end */
	EVENTUALLY(enabled() == 0);
	EQUAL(rename(away, path), 0);
	EVENTUALLY(event_count(RTE_ETH_EVENT_RECOVERY_SUCCESS) == 1);
	EQUAL(enabled(), 5);
	for (unsigned int i = 0; i < 3; i++) {
		EQUAL(rule_word(i, PACKET), i == 1 ? 0 : 0x411);
		EQUAL(rule_word(i, MASK + PACKET), i == 1 ? 0 : 0x4ff);
	}
	/* What was counted stays; the new card's counts come on top. */
	check_count(flows[0], false, 50, 3000);
	card_counts(0, 12, 720);
	check_count(flows[0], true, 60, 3600);
	check_count(flows[0], false, 0, 0);
	EQUAL(faults, 0);
	close_port();
}

/* What a jump leads to is in the card that comes, too, and is counted there. */
static void groups_after_recovery(void)
{
	static const struct rte_flow_item udp[] = { ITEM(UDP), ITEM(END) };
	const struct rte_flow_action jump[] = { JUMP(7), ACTION(COUNT), ACTION(END) };
	struct rte_flow *leap;

	open_port(",recovery=1");
	start_port(&with_rss, 2);
	for (unsigned int i = 0; i < 3; i++)
		card_counts(i, 0, 0);
	create_in(7, one_flow, drop);
	create_in(7, udp, count);
	leap = create_in(0, any, jump);
	EQUAL(enabled(), 7);
	for (unsigned int word = 0; word < 3 * 64; word++)
		card_set(SEKISHO_NETWORK_FLOW_RULES(word), 0);
	card_dies();
	EVENTUALLY(event_count(RTE_ETH_EVENT_RECOVERY_SUCCESS) == 1);
	EQUAL(enabled(), 7);
	EQUAL(rule_word(0, ACTION_WORD), 1);
	EQUAL(rule_word(0, PACKET), 0x506);
	EQUAL(rule_word(1, PACKET), 0x411);
	EQUAL(rule_word(2, MASK + PACKET), 0);
	card_counts(1, 3, 180);
	card_counts(2, 2, 120);
	check_count(leap, false, 5, 300);
	EQUAL(faults, 0);
	close_port();
}

/* A card whose register map has less, in the place of the port's. */
static void older_card(void)
{
	card_set(SEKISHO_IDENTIFICATION_MAP_VERSION, 2 << 16 | 1);
	open_port(",recovery=1");
	start_port(&with_rss, 2);
	create(any, drop);
	card_set(SEKISHO_IDENTIFICATION_MAP_VERSION, 2 << 16);
	card_dies();
	EVENTUALLY(event_count(RTE_ETH_EVENT_RECOVERY_FAILED) == 1);
	CHECK(logged("is another card"));
	close_port();
}

/* --- marks ----------------------------------------------------------------------------------- */

/* A frame with these bits of the completion's offsets word. */
static void check_frame(uint32_t offsets, uint64_t flags)
{
	const uint64_t looked_at =
		RTE_MBUF_F_RX_FDIR | RTE_MBUF_F_RX_FDIR_ID | RTE_MBUF_F_RX_RSS_HASH;
	const uint32_t words[4] = { 0, 0x12345678, 0, offsets };
	struct rte_mbuf *mbuf;

	pthread_mutex_lock(&control);
	flow_mark = offsets & SEKISHO_RX_COMPLETION_OFFSETS_MARKED_MASK ? 0xfedcba98 : 0;
	pthread_mutex_unlock(&control);
	card_deliver(words, 0, pattern, 100);
	mbuf = receive_one();
	EQUAL(mbuf->ol_flags & looked_at, flags);
	if (flags & RTE_MBUF_F_RX_FDIR_ID)
		EQUAL(mbuf->hash.fdir.hi, 0xfedcba98);
	if (flags & RTE_MBUF_F_RX_RSS_HASH)
		EQUAL(mbuf->hash.rss, 0x12345678);
	rte_pktmbuf_free(mbuf);
}

static void marks(void)
{
	const uint32_t marked = 1u << 27, hashed = 1u << 25;
	const uint64_t mark = RTE_MBUF_F_RX_FDIR | RTE_MBUF_F_RX_FDIR_ID;
	struct rte_eth_conf config = with_rss;

	for (int full = 0; full < 2; full++) {
		open_port("");
		if (full)
			config.rxmode.offloads = RTE_ETH_RX_OFFLOAD_TIMESTAMP;
		start_port(&config, 1);
		CHECK(burst_mode_is(full ? "Scalar, all offloads" : "Scalar"));
		/* More than the pool's cache of mbufs that were marked before. */
		for (unsigned int i = 0; i < 3 * RING; i++) {
			check_frame(marked, mark);
			check_frame(marked | hashed, mark | RTE_MBUF_F_RX_RSS_HASH);
			check_frame(hashed, RTE_MBUF_F_RX_RSS_HASH);
			check_frame(0, 0);
		}
		close_port();
	}
}

int main(int argc, char **argv)
{
	static const struct test_case cases[] = {
		{ "every item and field, in the card's words", items },
		{ "every action, in the card's words", actions },
		{ "what cannot be, with its cause", refused },
		{ "the feature matrix lists what is taken", matrix },
		{ "what changes frames, in the card's words", changes },
		{ "jumps and groups", groups },
		{ "eight rules, in the first free place", places },
		{ "counts", counts },
		{ "ageing", ages },
		{ "no rule ages before its time", never_early },
		{ "ageing without alarms", without_alarms },
		{ "rules over stop, start, configure and reset", stop_and_start },
		{ "rules and counts after a recovery", rules_after_recovery },
		{ "jumps and groups after a recovery", groups_after_recovery },
		{ "an older card after a recovery", older_card },
		{ "marks in the mbuf", marks },
	};

	return run_cases(argc, argv, cases, RTE_DIM(cases));
}
