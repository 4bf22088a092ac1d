/* SPDX-License-Identifier: BSD-3-Clause */

/*
 * Flow rules. The card compares a frame's key (addresses, ports, types; see the register map) with
 * each rule's value under its mask, and does the first matching rule's action. Keys are made here as
 * bytes in network order: a field of an item is then a copy of bytes, and an item a row of a table.
 *
 * A handle points into the adapter: one that is out of date is recognized. What the card gets for all
 * rules together is made in sekisho_flow_table.c.
 */

#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include <rte_errno.h>
#include <rte_flow_driver.h>

#include "sekisho_ethdev.h"

#define KEY_SIZE sizeof(struct sekisho_flow_key_registers)
/* The first byte of a word of the key is the word's bits 31:24. */
#define KEY(word) offsetof(struct sekisho_flow_key_registers, word)
#define KEY_IPV4_SOURCE (KEY(source) + 12)
#define KEY_IPV4_DESTINATION (KEY(destination) + 12)
#define KEY_SOURCE_PORT KEY(layer4)
#define KEY_DESTINATION_PORT (KEY(layer4) + 2)
#define KEY_ICMP_TYPE KEY(layer4)
#define KEY_ICMP_CODE (KEY(layer4) + 1)
#define KEY_VLAN_TCI KEY(packet)
#define KEY_PROTOCOL (KEY(packet) + 3)
#define KEY_ETHERTYPE (KEY(ethernet) + 2)

#define PACKET(field) SEKISHO_FLOW_KEY_PACKET_##field##_MASK

static_assert(KEY_SIZE % sizeof(uint32_t) == 0, "a key is made of words");

struct key {
	uint8_t value[KEY_SIZE], mask[KEY_SIZE];
};

static const char contradiction[] = "the item contradicts what is before it: no frame has both";

/* Adds a demand to a key; false when it contradicts an earlier one. */
static bool demand(struct key *key, unsigned int at, const uint8_t *value, const uint8_t *mask,
		   unsigned int size)
{
	for (unsigned int i = 0; i < size; i++) {
		if ((key->value[at + i] ^ value[i]) & key->mask[at + i] & mask[i])
			return false;
		key->value[at + i] |= value[i] & mask[i];
		key->mask[at + i] |= mask[i];
	}
	return true;
}

/* The same for the word of flags. */
static bool demand_packet(struct key *key, uint32_t value, uint32_t mask)
{
	rte_be32_t values = rte_cpu_to_be_32(value), masks = rte_cpu_to_be_32(mask);

	return demand(key, KEY(packet), (const uint8_t *)&values, (const uint8_t *)&masks,
		      sizeof(values));
}

static bool matches_one(unsigned int value, unsigned int mask, const uint16_t *list,
			unsigned int count)
{
	for (unsigned int i = 0; i < count; i++)
		if (((value ^ list[i]) & mask) == 0)
			return true;
	return false;
}

/* --- items ----------------------------------------------------------------------------------- */

/* What the card takes for a VLAN tag. */
static const uint16_t tag_types[] = { 0x8100, 0x88a8, 0x9100 };

static bool is_tag_type(rte_be16_t type, rte_be16_t mask)
{
	return matches_one(rte_be_to_cpu_16(type), rte_be_to_cpu_16(mask), tag_types,
			   RTE_DIM(tag_types));
}

/* An EtherType is the one behind the tags, so it says how many there are. */
static const char *convert_eth(const void *spec, const void *mask, struct key *key)
{
	const struct rte_flow_item_eth *value = spec, *wanted = mask;

	if (wanted->has_vlan)
		demand_packet(key, value->has_vlan ? PACKET(TAGGED) : 0, PACKET(TAGGED));
	if (wanted->hdr.ether_type == 0)
		return NULL;
	if (is_tag_type(value->hdr.ether_type, wanted->hdr.ether_type))
		return "eth: the card does not compare a tag's type; has_vlan or a vlan item "
		       "matches tagged frames";
	return demand_packet(key, 0, PACKET(TAGGED)) ? NULL : contradiction;
}

static const char *convert_vlan(const void *spec, const void *mask, struct key *key)
{
	const struct rte_flow_item_vlan *value = spec, *wanted = mask;

	if (wanted->has_more_vlan)
		demand_packet(key, value->has_more_vlan ? PACKET(TWO_TAGS) : 0, PACKET(TWO_TAGS));
	if (wanted->hdr.eth_proto == 0)
		return NULL;
	if (is_tag_type(value->hdr.eth_proto, wanted->hdr.eth_proto))
		return "vlan: the card does not compare a tag's type; has_more_vlan or a second "
		       "vlan item matches frames with two tags";
	return demand_packet(key, 0, PACKET(TWO_TAGS)) ? NULL : contradiction;
}

static const char *convert_ipv4(const void *spec, const void *mask, struct key *key __rte_unused)
{
	const struct rte_flow_item_ipv4 *value = spec, *wanted = mask;
	static const uint16_t not_found[] = { 0 };

	if (wanted->hdr.next_proto_id != 0 &&
	    matches_one(value->hdr.next_proto_id, wanted->hdr.next_proto_id, not_found, 1))
		return "ipv4: protocol 0 cannot be matched: it stands for a header that the card "
		       "could not read";
	return NULL;
}

static const char *convert_ipv6(const void *spec, const void *mask, struct key *key __rte_unused)
{
	const struct rte_flow_item_ipv6 *value = spec, *wanted = mask;
	static const uint16_t extensions[] = { 0, 43, 44, 50, 51, 60, 135, 139, 140, 253, 254 };

	if (wanted->hdr.proto != 0 &&
	    matches_one(value->hdr.proto, wanted->hdr.proto, extensions, RTE_DIM(extensions)))
		return "ipv6: an extension header's number cannot be matched: the card compares "
		       "proto with the last next header";
	return NULL;
}

/* Bytes of an item, and where they are in the key. */
struct field {
	uint8_t from, to, size;
};
#define FIELD(type, member, place)                                         \
	{                                                                  \
		offsetof(struct rte_flow_item_##type, member), place,      \
			sizeof(((struct rte_flow_item_##type *)0)->member) \
	}
/* The bits behind the header, which the conversion function looks at. */
#define BITS(type)                                                              \
	{                                                                       \
		sizeof(((struct rte_flow_item_##type *)0)->hdr), NOWHERE,       \
			sizeof(struct rte_flow_item_##type) -                   \
				sizeof(((struct rte_flow_item_##type *)0)->hdr) \
	}
#define NOWHERE UINT8_MAX

#define ITEM(name) RTE_FLOW_ITEM_TYPE_##name
#define ITEMS(...)                        \
	(const enum rte_flow_item_type[]) \
	{                                 \
		__VA_ARGS__, ITEM(END)    \
	}
#define TRANSPORT ITEM(TCP), ITEM(UDP), ITEM(SCTP)
#define ABOVE_VLAN ITEM(IPV4), ITEM(IPV6), TRANSPORT, ITEM(ICMP), ITEM(ICMP6)

struct kind {
	unsigned int size; /* of the item's structure; 0: the item is not supported */
	const void *default_mask;
	const char *fields_only; /* a message, for any other field */
	struct field fields[4];
	uint32_t flags, flags_mask; /* of the packet word, that the item stands for by itself */
	/* What is more than a copy of the fields; NULL, or a message for a spec that is refused. */
	const char *(*convert)(const void *spec, const void *mask, struct key *key);
	const enum rte_flow_item_type *next; /* that may follow */
};

static const struct kind kinds[] = {
	/* No item before. */
	[ITEM(END)] = { .next = ITEMS(ITEM(ETH), ITEM(VLAN), ABOVE_VLAN) },
	[ITEM(ETH)] = {
		.size = sizeof(struct rte_flow_item_eth),
		.default_mask = &rte_flow_item_eth_mask,
		.fields_only = "eth: only type and has_vlan can be matched, not src and dst; a spec "
			       "without a mask asks for these",
		.fields = { FIELD(eth, hdr.ether_type, KEY_ETHERTYPE), BITS(eth) },
		.convert = convert_eth,
		.next = ITEMS(ITEM(VLAN), ABOVE_VLAN),
	},
	[ITEM(VLAN)] = {
		.size = sizeof(struct rte_flow_item_vlan),
		.default_mask = &rte_flow_item_vlan_mask,
		.fields = { FIELD(vlan, hdr.vlan_tci, KEY_VLAN_TCI),
			    FIELD(vlan, hdr.eth_proto, KEY_ETHERTYPE), BITS(vlan) },
		.flags = PACKET(TAGGED),
		.flags_mask = PACKET(TAGGED),
		.convert = convert_vlan,
		.next = ITEMS(ITEM(VLAN), ABOVE_VLAN),
	},
	[ITEM(IPV4)] = {
		.size = sizeof(struct rte_flow_item_ipv4),
		.default_mask = &rte_flow_item_ipv4_mask,
		.fields_only = "ipv4: only src_addr, dst_addr and next_proto_id can be matched",
		.fields = { FIELD(ipv4, hdr.src_addr, KEY_IPV4_SOURCE),
			    FIELD(ipv4, hdr.dst_addr, KEY_IPV4_DESTINATION),
			    FIELD(ipv4, hdr.next_proto_id, KEY_PROTOCOL) },
		.flags = PACKET(IPV4),
		.flags_mask = PACKET(IPV4),
		.convert = convert_ipv4,
		.next = ITEMS(TRANSPORT, ITEM(ICMP)),
	},
	[ITEM(IPV6)] = {
		.size = sizeof(struct rte_flow_item_ipv6),
		.default_mask = &rte_flow_item_ipv6_mask,
		.fields_only = "ipv6: only src_addr, dst_addr and proto can be matched",
		.fields = { FIELD(ipv6, hdr.src_addr, KEY(source)),
			    FIELD(ipv6, hdr.dst_addr, KEY(destination)),
			    FIELD(ipv6, hdr.proto, KEY_PROTOCOL) },
		.flags = PACKET(IPV6),
		.flags_mask = PACKET(IPV6),
		.convert = convert_ipv6,
		.next = ITEMS(TRANSPORT, ITEM(ICMP6)),
	},
	[ITEM(TCP)] = {
		.size = sizeof(struct rte_flow_item_tcp),
		.default_mask = &rte_flow_item_tcp_mask,
		.fields_only = "tcp: only src_port and dst_port can be matched",
		.fields = { FIELD(tcp, hdr.src_port, KEY_SOURCE_PORT),
			    FIELD(tcp, hdr.dst_port, KEY_DESTINATION_PORT) },
		.flags = PACKET(LAYER4_FOUND) | IPPROTO_TCP,
		.flags_mask = PACKET(LAYER4_FOUND) | PACKET(PROTOCOL),
		.next = ITEMS(ITEM(END)),
	},
	[ITEM(UDP)] = {
		.size = sizeof(struct rte_flow_item_udp),
		.default_mask = &rte_flow_item_udp_mask,
		.fields_only = "udp: only src_port and dst_port can be matched",
		.fields = { FIELD(udp, hdr.src_port, KEY_SOURCE_PORT),
			    FIELD(udp, hdr.dst_port, KEY_DESTINATION_PORT) },
		.flags = PACKET(LAYER4_FOUND) | IPPROTO_UDP,
		.flags_mask = PACKET(LAYER4_FOUND) | PACKET(PROTOCOL),
		.next = ITEMS(ITEM(END)),
	},
	[ITEM(SCTP)] = {
		.size = sizeof(struct rte_flow_item_sctp),
		.default_mask = &rte_flow_item_sctp_mask,
		.fields_only = "sctp: no field can be matched: the card compares ports of TCP and "
			       "UDP only",
		/* Not layer4_found, so fragments have to be told apart. */
		.flags = IPPROTO_SCTP,
		.flags_mask = PACKET(FRAGMENT) | PACKET(PROTOCOL),
		.next = ITEMS(ITEM(END)),
	},
	[ITEM(ICMP)] = {
		.size = sizeof(struct rte_flow_item_icmp),
		.default_mask = &rte_flow_item_icmp_mask,
		.fields_only = "icmp: only icmp_type and icmp_code can be matched",
		.fields = { FIELD(icmp, hdr.icmp_type, KEY_ICMP_TYPE),
			    FIELD(icmp, hdr.icmp_code, KEY_ICMP_CODE) },
		.flags = PACKET(IPV4) | PACKET(LAYER4_FOUND) | IPPROTO_ICMP,
		.flags_mask = PACKET(IPV4) | PACKET(LAYER4_FOUND) | PACKET(PROTOCOL),
		.next = ITEMS(ITEM(END)),
	},
	[ITEM(ICMP6)] = {
		.size = sizeof(struct rte_flow_item_icmp6),
		.default_mask = &rte_flow_item_icmp6_mask,
		.fields_only = "icmp6: only type and code can be matched",
		.fields = { FIELD(icmp6, type, KEY_ICMP_TYPE), FIELD(icmp6, code, KEY_ICMP_CODE) },
		.flags = PACKET(IPV6) | PACKET(LAYER4_FOUND) | IPPROTO_ICMPV6,
		.flags_mask = PACKET(IPV6) | PACKET(LAYER4_FOUND) | PACKET(PROTOCOL),
		.next = ITEMS(ITEM(END)),
	},
};

static const struct kind second_vlan = {
	.size = sizeof(struct rte_flow_item_vlan),
	.default_mask = &rte_flow_item_vlan_mask,
	.fields_only = "vlan: of a second tag only inner_type can be matched, not tci and "
		       "has_more_vlan; a spec without a mask asks for tci",
	.fields = { FIELD(vlan, hdr.eth_proto, KEY_ETHERTYPE) },
	.flags = PACKET(TWO_TAGS),
	.flags_mask = PACKET(TWO_TAGS),
	.next = ITEMS(ABOVE_VLAN),
};

/* The row for an item behind another one; NULL after an error. */
static const struct kind *find_kind(const struct rte_flow_item *item, const struct kind *previous,
				    struct rte_flow_error *error)
{
	const enum rte_flow_item_type *next = previous->next;

	switch (item->type) {
	case ITEM(RAW):
	case ITEM(TAG):
	case ITEM(META):
		rte_flow_error_set(
			error, ENOTSUP, RTE_FLOW_ERROR_TYPE_ITEM, item,
			"raw, tag and meta need a stage that finds the owner of a frame: "
			"this card has none");
		return NULL;
	default:
		break;
	}
	if ((unsigned int)item->type >= RTE_DIM(kinds) || kinds[item->type].size == 0) {
		rte_flow_error_set(error, ENOTSUP, RTE_FLOW_ERROR_TYPE_ITEM, item,
				   "the item is not supported: eth, vlan, ipv4, ipv6, tcp, udp, "
				   "sctp, icmp and icmp6 are");
		return NULL;
	}
	while (*next != item->type && *next != ITEM(END))
		next++;
	if (*next == ITEM(END)) {
		rte_flow_error_set(
			error, ENOTSUP, RTE_FLOW_ERROR_TYPE_ITEM, item,
			"the item cannot stand here: the order is eth, vlan, vlan, ipv4 "
			"or ipv6, and one of tcp, udp, sctp, icmp (after ipv4) and icmp6 "
			"(after ipv6); any may be left out");
		return NULL;
	}
	return previous == &kinds[ITEM(VLAN)] && item->type == ITEM(VLAN) ? &second_vlan :
									    &kinds[item->type];
}

/* True when a mask has bits outside the fields that can be matched. */
static bool masks_more(const struct kind *kind, const uint8_t *mask)
{
	for (unsigned int i = 0; i < kind->size; i++) {
		bool known = false;

		for (const struct field *field = kind->fields; field->size != 0; field++)
			known |= i - field->from < field->size;
		if (!known && mask[i] != 0)
			return true;
	}
	return false;
}

/* True unless last is 0, or the same as spec: a range. */
static bool is_range(const uint8_t *spec, const uint8_t *last, const uint8_t *mask,
		     unsigned int size)
{
	bool zero = true, same = true;

	for (unsigned int i = 0; i < size; i++) {
		zero &= (last[i] & mask[i]) == 0;
		same &= ((last[i] ^ spec[i]) & mask[i]) == 0;
	}
	return !zero && !same;
}

static int convert_item(const struct kind *kind, const struct rte_flow_item *item, struct key *key,
			struct rte_flow_error *error)
{
	const uint8_t *spec = item->spec, *last = item->last, *mask = item->mask;
	const char *message;

	if (!demand_packet(key, kind->flags, kind->flags_mask))
		return rte_flow_error_set(error, EINVAL, RTE_FLOW_ERROR_TYPE_ITEM, item,
					  contradiction);
	if (spec == NULL && (last != NULL || mask != NULL))
		return rte_flow_error_set(error, EINVAL, RTE_FLOW_ERROR_TYPE_ITEM_SPEC, item,
					  "the item has a mask or a last without a spec");
	if (spec == NULL)
		return 0;
	if (mask == NULL)
		mask = kind->default_mask;
	if (masks_more(kind, mask))
		return rte_flow_error_set(error, ENOTSUP, RTE_FLOW_ERROR_TYPE_ITEM_MASK, item,
					  kind->fields_only);
	for (const struct field *field = kind->fields; field->size != 0; field++) {
		unsigned int at = field->from;

		if (last != NULL && is_range(spec + at, last + at, mask + at, field->size))
			return rte_flow_error_set(error, ENOTSUP, RTE_FLOW_ERROR_TYPE_ITEM_LAST,
						  item,
						  "ranges are not supported: last must be 0 "
						  "or the same as spec");
		if (field->to != NOWHERE &&
		    !demand(key, field->to, spec + at, mask + at, field->size))
			return rte_flow_error_set(error, EINVAL, RTE_FLOW_ERROR_TYPE_ITEM_SPEC,
						  item, contradiction);
	}
	message = kind->convert != NULL ? kind->convert(spec, mask, key) : NULL;
	if (message != NULL)
		return rte_flow_error_set(error, message == contradiction ? EINVAL : ENOTSUP,
					  RTE_FLOW_ERROR_TYPE_ITEM_SPEC, item, message);
	return 0;
}

static void key_words(const uint8_t bytes[KEY_SIZE], struct sekisho_flow_key_registers *words)
{
	for (unsigned int at = 0; at < KEY_SIZE; at += sizeof(uint32_t)) {
		rte_be32_t big_endian;
		uint32_t word;

		memcpy(&big_endian, bytes + at, sizeof(big_endian));
		word = rte_be_to_cpu_32(big_endian);
		memcpy((uint8_t *)words + at, &word, sizeof(word));
	}
}

static int parse_pattern(const struct rte_flow_item *item, struct sekisho_flow_rule *rule,
			 struct rte_flow_error *error)
{
	const struct kind *kind = &kinds[ITEM(END)];
	struct key key = { 0 };
	int ret;

	if (item == NULL)
		return rte_flow_error_set(error, EINVAL, RTE_FLOW_ERROR_TYPE_ITEM_NUM, NULL,
					  "a rule needs a pattern");
	for (; item->type != ITEM(END); item++) {
		if (item->type == ITEM(VOID))
			continue;
		kind = find_kind(item, kind, error);
		if (kind == NULL)
			return -rte_errno;
		ret = convert_item(kind, item, &key, error);
		if (ret < 0)
			return ret;
	}
	key_words(key.value, &rule->value);
	key_words(key.mask, &rule->mask);
	return 0;
}

/* --- actions --------------------------------------------------------------------------------- */

static int check_rss(struct rte_eth_dev *dev, const struct rte_flow_action *action,
		     struct rte_flow_error *error)
{
	const struct sekisho_adapter *adapter = sekisho_adapter(dev);
	const struct rte_flow_action_rss *rss = action->conf;
	const char *message = NULL;

	/* The rule only leaves the frame to what the port does anyway. */
	if (adapter->rss_hf == 0)
		message = "rss: the port is configured without it";
	else if (rss->func != RTE_ETH_HASH_FUNCTION_DEFAULT &&
		 rss->func != RTE_ETH_HASH_FUNCTION_TOEPLITZ)
		message = "rss: the hash is Toeplitz's";
	else if (rss->level > 1)
		message = "rss: only the outermost headers are hashed";
	else if (rss->types != 0 && rss->types != adapter->rss_hf)
		message = "rss: a rule has no hash types of its own; 0 stands for the port's";
	else if (rss->key_len != 0 &&
		 (rss->key_len != sizeof(adapter->rss_key) || rss->key == NULL ||
		  memcmp(rss->key, adapter->rss_key, sizeof(adapter->rss_key)) != 0))
		message = "rss: a rule has no key of its own; length 0 stands for the port's";
	else if (rss->queue_num != 0 && rss->queue_num != dev->data->nb_rx_queues)
		message = "rss: a rule has no queues of its own; none, or all in order, stand for "
			  "the port's table";
	for (uint32_t i = 0; message == NULL && i < rss->queue_num; i++)
		if (rss->queue[i] != i)
			message = "rss: a rule has no table of its own; all queues in order stand "
				  "for the port's";
	if (message != NULL)
		return rte_flow_error_set(error, ENOTSUP, RTE_FLOW_ERROR_TYPE_ACTION_CONF, action,
					  message);
	return 0;
}

static int parse_fate(struct rte_eth_dev *dev, const struct rte_flow_action *action,
		      struct rte_flow *flow, struct rte_flow_error *error)
{
	const struct rte_flow_action_queue *queue = action->conf;
	const struct rte_flow_action_jump *jump = action->conf;
	struct sekisho_flow_rule *rule = &flow->rule;

	switch (action->type) {
	case RTE_FLOW_ACTION_TYPE_JUMP:
		if (flow->group != 0 || jump->group == 0)
			return rte_flow_error_set(
				error, EINVAL, RTE_FLOW_ERROR_TYPE_ACTION_CONF, action,
				"jump: from group 0 to another one only, so that no frame "
				"goes round");
		flow->jump = jump->group;
		return 0;
	case RTE_FLOW_ACTION_TYPE_DROP:
		rule->action |= SEKISHO_FLOW_RULE_ACTION_DROP_MASK;
		return 0;
	case RTE_FLOW_ACTION_TYPE_RSS:
		return check_rss(dev, action, error);
	case RTE_FLOW_ACTION_TYPE_QUEUE:
		if (queue->index >= dev->data->nb_rx_queues)
			return rte_flow_error_set(
				error, EINVAL, RTE_FLOW_ERROR_TYPE_ACTION_CONF, action,
				"queue: the port is configured with fewer receive "
				"queues");
		rule->action |= SEKISHO_FLOW_RULE_ACTION_STEER_MASK |
				(uint32_t)queue->index << SEKISHO_FLOW_RULE_ACTION_QUEUE_SHIFT;
		return 0;
	default: /* passthru */
		return 0;
	}
}

static int check_change(struct rte_eth_dev *dev, const struct rte_flow_action *action,
			const struct sekisho_flow_rule *rule, struct rte_flow_error *error)
{
	uint32_t is = rule->value.packet, known = rule->mask.packet;
	uint32_t protocol = is & known & PACKET(PROTOCOL);
	bool whole = (known & ~is & PACKET(FRAGMENT)) || (known & is & PACKET(LAYER4_FOUND));
	const char *message = NULL;

	/* The checksums follow from the old value and the new one, so the old one has to be known. */
	if (sekisho_adapter(dev)->identity.map_minor < SEKISHO_EDIT_MAP_MINOR)
		message = "this card does not change frames: its register map is older than "
			  "version 1.3";
	else if (action->type == RTE_FLOW_ACTION_TYPE_SET_IPV4_DST &&
		 (!(is & known & PACKET(IPV4)) || rule->mask.destination[3] != UINT32_MAX ||
		  !whole))
		message = "set_ipv4_dst: the pattern must have an ipv4 item with all of dst_addr, "
			  "and "
			  "one of tcp, udp, sctp and icmp";
	else if (action->type == RTE_FLOW_ACTION_TYPE_SET_TP_DST &&
		 (!whole || (protocol != IPPROTO_TCP && protocol != IPPROTO_UDP) ||
		  (rule->mask.layer4 & UINT16_MAX) != UINT16_MAX))
		message =
			"set_tp_dst: the pattern must have a tcp or udp item with all of dst_port";
	if (message == NULL)
		return 0;
	return rte_flow_error_set(error, ENOTSUP, RTE_FLOW_ERROR_TYPE_ACTION, action, message);
}

/* What a 32-bit word adds to the sum that a checksum covers when it is written over another one. */
static uint32_t change_of_sum(uint32_t to, uint32_t from)
{
	return (to >> 16) + (to & UINT16_MAX) + (~from >> 16) + (~from & UINT16_MAX);
}

static uint32_t fold(uint32_t sum)
{
	sum = (sum & UINT16_MAX) + (sum >> 16);
	return (sum & UINT16_MAX) + (sum >> 16);
}

static int parse_change(struct rte_eth_dev *dev, const struct rte_flow_action *action,
			struct sekisho_flow_rule *rule, struct rte_flow_error *error)
{
	const struct rte_flow_action_set_mac *mac = action->conf;
	const struct rte_flow_action_set_ipv4 *ipv4 = action->conf;
	const struct rte_flow_action_set_tp *tp = action->conf;
	uint32_t sum = SEKISHO_FIELD_GET(SEKISHO_FLOW_RULE_CHANGE_LAYER4_SUM, rule->change);
	uint32_t ip_sum = SEKISHO_FIELD_GET(SEKISHO_FLOW_RULE_CHANGE_IP_SUM, rule->change);
	int ret = check_change(dev, action, rule, error);

	if (ret < 0)
		return ret;
	switch (action->type) {
	case RTE_FLOW_ACTION_TYPE_SET_MAC_DST:
		rule->action |= SEKISHO_FLOW_RULE_ACTION_SET_MAC_MASK;
		rule->mac_lo = mac->mac_addr[0] | mac->mac_addr[1] << 8 | mac->mac_addr[2] << 16 |
			       (uint32_t)mac->mac_addr[3] << 24;
		rule->mac_hi = mac->mac_addr[4] | mac->mac_addr[5] << 8;
		break;
	case RTE_FLOW_ACTION_TYPE_SET_IPV4_DST:
		rule->action |= SEKISHO_FLOW_RULE_ACTION_SET_IPV4_MASK;
		rule->ipv4 = rte_be_to_cpu_32(ipv4->ipv4_addr);
		ip_sum = change_of_sum(rule->ipv4, rule->value.destination[3]);
		sum += ip_sum;
		break;
	default: /* set_tp_dst */
		rule->action |= SEKISHO_FLOW_RULE_ACTION_SET_PORT_MASK |
				(uint32_t)rte_be_to_cpu_16(tp->port)
					<< SEKISHO_FLOW_RULE_ACTION_PORT_SHIFT;
		sum += change_of_sum(rte_be_to_cpu_16(tp->port), rule->value.layer4 & UINT16_MAX);
		break;
	}
	rule->change = SEKISHO_FIELD_PUT(SEKISHO_FLOW_RULE_CHANGE_IP_SUM, fold(ip_sum)) |
		       SEKISHO_FIELD_PUT(SEKISHO_FLOW_RULE_CHANGE_LAYER4_SUM, fold(sum));
	return 0;
}

static int parse_age(const struct rte_flow_action *action, struct rte_flow *flow,
		     struct rte_flow_error *error)
{
	const struct rte_flow_action_age *age = action->conf;

	if (age->timeout == 0)
		return rte_flow_error_set(error, EINVAL, RTE_FLOW_ERROR_TYPE_ACTION_CONF, action,
					  "age: the timeout is 1 second or more");
	flow->timeout = age->timeout;
	flow->context = age->context;
	return 0;
}

/* Which actions cannot be together: of each kind there is one. */
enum kind_of_action { FATE, MARK, COUNT, AGE, SET_MAC, SET_IPV4, SET_PORT, ACTION_KINDS };

/* The action's kind, or -1 for one that is not supported. */
static int kind_of(const struct rte_flow_action *action)
{
	switch (action->type) {
	case RTE_FLOW_ACTION_TYPE_QUEUE:
	case RTE_FLOW_ACTION_TYPE_DROP:
	case RTE_FLOW_ACTION_TYPE_RSS:
	case RTE_FLOW_ACTION_TYPE_PASSTHRU:
	case RTE_FLOW_ACTION_TYPE_JUMP:
		return FATE;
	case RTE_FLOW_ACTION_TYPE_MARK:
		return MARK;
	case RTE_FLOW_ACTION_TYPE_COUNT:
		return COUNT;
	case RTE_FLOW_ACTION_TYPE_AGE:
		return AGE;
	case RTE_FLOW_ACTION_TYPE_SET_MAC_DST:
		return SET_MAC;
	case RTE_FLOW_ACTION_TYPE_SET_IPV4_DST:
		return SET_IPV4;
	case RTE_FLOW_ACTION_TYPE_SET_TP_DST:
		return SET_PORT;
	default:
		return -1;
	}
}

/* True for an action that cannot do without a configuration. */
static bool needs_conf(const struct rte_flow_action *action)
{
	return action->type != RTE_FLOW_ACTION_TYPE_DROP &&
	       action->type != RTE_FLOW_ACTION_TYPE_PASSTHRU &&
	       action->type != RTE_FLOW_ACTION_TYPE_COUNT;
}

static int find_actions(const struct rte_flow_action *actions,
			const struct rte_flow_action *found[ACTION_KINDS],
			struct rte_flow_error *error)
{
	bool any = false;

	for (const struct rte_flow_action *action = actions;
	     action->type != RTE_FLOW_ACTION_TYPE_END; action++) {
		int kind = kind_of(action);

		if (action->type == RTE_FLOW_ACTION_TYPE_VOID)
			continue;
		if (kind < 0)
			return rte_flow_error_set(
				error, ENOTSUP, RTE_FLOW_ERROR_TYPE_ACTION, action,
				"the action is not supported: queue, drop, rss, passthru, jump, "
				"mark, count, age, set_mac_dst, set_ipv4_dst and set_tp_dst are");
		if (found[kind] != NULL)
			return rte_flow_error_set(
				error, EINVAL, RTE_FLOW_ERROR_TYPE_ACTION, action,
				"a rule has one of queue, drop, rss, passthru and jump, "
				"and mark and count once, as age and each of set_*");
		if (needs_conf(action) && action->conf == NULL)
			return rte_flow_error_set(error, EINVAL, RTE_FLOW_ERROR_TYPE_ACTION_CONF,
						  action, "the action has no configuration");
		found[kind] = action;
		any = true;
	}
	if (!any)
		return rte_flow_error_set(error, EINVAL, RTE_FLOW_ERROR_TYPE_ACTION_NUM, actions,
					  "the rule does nothing: it needs an action");
	return 0;
}

/* Of a frame that is dropped nobody sees what became of it; of one that jumps the next rule decides. */
static int check_fate(const struct rte_flow_action *const found[ACTION_KINDS],
		      struct rte_flow_error *error)
{
	static const enum kind_of_action shown[] = { MARK, SET_MAC, SET_IPV4, SET_PORT };
	enum rte_flow_action_type fate =
		found[FATE] != NULL ? found[FATE]->type : RTE_FLOW_ACTION_TYPE_PASSTHRU;

	if (fate != RTE_FLOW_ACTION_TYPE_DROP && fate != RTE_FLOW_ACTION_TYPE_JUMP)
		return 0;
	for (unsigned int i = 0; i < RTE_DIM(shown); i++)
		if (found[shown[i]] != NULL)
			return rte_flow_error_set(
				error, EINVAL, RTE_FLOW_ERROR_TYPE_ACTION, found[shown[i]],
				fate == RTE_FLOW_ACTION_TYPE_DROP ?
					"nobody sees mark and set_* of a frame that is dropped" :
					"beside jump there is no mark and no set_*: they are for "
					"the rules of the group");
	return 0;
}

static int parse_actions(struct rte_eth_dev *dev, const struct rte_flow_action *actions,
			 struct rte_flow *flow, struct rte_flow_error *error)
{
	const struct rte_flow_action *found[ACTION_KINDS] = { NULL };
	int ret;

	if (actions == NULL)
		return rte_flow_error_set(error, EINVAL, RTE_FLOW_ERROR_TYPE_ACTION_NUM, NULL,
					  "a rule needs actions");
	ret = find_actions(actions, found, error);
	if (ret == 0)
		ret = check_fate(found, error);
	if (ret == 0 && found[FATE] != NULL)
		ret = parse_fate(dev, found[FATE], flow, error);
	for (unsigned int kind = SET_MAC; kind <= SET_PORT && ret == 0; kind++)
		if (found[kind] != NULL)
			ret = parse_change(dev, found[kind], &flow->rule, error);
	if (ret == 0 && found[AGE] != NULL)
		ret = parse_age(found[AGE], flow, error);
	if (found[MARK] != NULL) {
		const struct rte_flow_action_mark *conf = found[MARK]->conf;

		flow->rule.action |= SEKISHO_FLOW_RULE_ACTION_MARKED_MASK;
		flow->rule.mark = conf->id;
	}
	flow->counts = found[COUNT] != NULL;
	return ret;
}

/* --- rules ----------------------------------------------------------------------------------- */

static int check_attributes(const struct rte_flow_attr *attr, struct rte_flow_error *error)
{
	if (attr == NULL)
		return rte_flow_error_set(error, EINVAL, RTE_FLOW_ERROR_TYPE_ATTR, NULL,
					  "a rule needs attributes");
	if (attr->priority != 0)
		return rte_flow_error_set(error, ENOTSUP, RTE_FLOW_ERROR_TYPE_ATTR_PRIORITY, attr,
					  "there is one priority, 0");
	if (attr->egress)
		return rte_flow_error_set(error, ENOTSUP, RTE_FLOW_ERROR_TYPE_ATTR_EGRESS, attr,
					  "rules are for received frames only, not for egress");
	if (attr->transfer)
		return rte_flow_error_set(error, ENOTSUP, RTE_FLOW_ERROR_TYPE_ATTR_TRANSFER, attr,
					  "rules are a port's own: transfer is not supported");
	if (!attr->ingress)
		return rte_flow_error_set(error, EINVAL, RTE_FLOW_ERROR_TYPE_ATTR_INGRESS, attr,
					  "rules are for received frames: ingress must be set");
	return 0;
}

static int parse(struct rte_eth_dev *dev, const struct rte_flow_attr *attr,
		 const struct rte_flow_item *items, const struct rte_flow_action *actions,
		 struct rte_flow *flow, struct rte_flow_error *error)
{
	int ret;

	if (sekisho_adapter(dev)->identity.map_minor < SEKISHO_FLOW_MAP_MINOR)
		return rte_flow_error_set(error, ENOTSUP, RTE_FLOW_ERROR_TYPE_UNSPECIFIED, NULL,
					  "this card has no flow rules: its register map is older "
					  "than version 1.2");
	ret = check_attributes(attr, error);
	if (ret == 0)
		flow->group = attr->group;
	if (ret == 0)
		ret = parse_pattern(items, &flow->rule, error);
	if (ret == 0)
		ret = parse_actions(dev, actions, flow, error);
	return ret;
}

/* Takes a rule away. Called within the control lock. */
static int remove_rule(struct sekisho_adapter *adapter, struct rte_flow *flow)
{
	unsigned int needed;
	int ret;

	flow->used = false;
	ret = sekisho_flow_table_update(adapter, &needed);
	if (ret < 0)
		flow->used = true;
	else
		memset(flow, 0, sizeof(*flow));
	return ret;
}

int sekisho_flows_clear(struct rte_eth_dev *dev)
{
	struct sekisho_adapter *adapter = sekisho_adapter(dev);
	int ret = 0;

	for (unsigned int i = 0; i < RTE_DIM(adapter->flows); i++)
		if (adapter->flows[i].used)
			ret = RTE_MIN(ret, remove_rule(adapter, &adapter->flows[i]));
	return ret;
}

int sekisho_flows_check_queues(const struct rte_eth_dev *dev)
{
	const struct sekisho_adapter *adapter = sekisho_adapter(dev);

	for (unsigned int i = 0; i < RTE_DIM(adapter->flows); i++) {
		uint32_t action = adapter->flows[i].rule.action;
		unsigned int queue = SEKISHO_FIELD_GET(SEKISHO_FLOW_RULE_ACTION_QUEUE, action);

		if (!(action & SEKISHO_FLOW_RULE_ACTION_STEER_MASK) ||
		    queue < dev->data->nb_rx_queues)
			continue;
		PMD_DRV_LOG(ERR,
			    "port %u: a flow rule gives frames to rx queue %u, which %u queues do "
			    "not have: destroy the rule first",
			    dev->data->port_id, queue, dev->data->nb_rx_queues);
		return -EINVAL;
	}
	return 0;
}

/* --- operations ------------------------------------------------------------------------------ */

static int begin(struct rte_eth_dev *dev, struct rte_flow_error *error)
{
	int ret = sekisho_control_begin(dev);

	if (ret < 0)
		return rte_flow_error_set(error, -ret, RTE_FLOW_ERROR_TYPE_STATE, NULL,
					  ret == -EBUSY ? "the card is looked for" :
							  "the card is gone");
	return 0;
}

/* The rule of a handle; NULL after an error. */
static struct rte_flow *find_rule(struct sekisho_adapter *adapter, const struct rte_flow *handle,
				  struct rte_flow_error *error)
{
	for (unsigned int i = 0; i < RTE_DIM(adapter->flows); i++)
		if (&adapter->flows[i] == handle && handle->used)
			return &adapter->flows[i];
	rte_flow_error_set(error, ENOENT, RTE_FLOW_ERROR_TYPE_HANDLE, handle,
			   "there is no such rule any more");
	return NULL;
}

static int flow_validate(struct rte_eth_dev *dev, const struct rte_flow_attr *attr,
			 const struct rte_flow_item items[], const struct rte_flow_action actions[],
			 struct rte_flow_error *error)
{
	struct rte_flow flow = { 0 };
	int ret = begin(dev, error);

	if (ret < 0)
		return ret;
	ret = parse(dev, attr, items, actions, &flow, error);
	sekisho_control_end(dev);
	return ret;
}

/* Gives the card a rule that is in its place among the others. */
static int add_rule(struct rte_eth_dev *dev, struct rte_flow *flow, struct rte_flow_error *error)
{
	struct sekisho_adapter *adapter = sekisho_adapter(dev);
	unsigned int needed, unused;
	int ret = sekisho_flow_table_update(adapter, &needed);

	if (ret == 0 && flow->timeout != 0)
		ret = sekisho_flow_age_start(dev);
	if (ret == 0)
		return 0;
	memset(flow, 0, sizeof(*flow));
	if (ret == -ENOSPC) {
		snprintf(adapter->flow_message, sizeof(adapter->flow_message),
			 "all of the card's rules are in use: with this one it would need %u of "
			 "them, and has %zu",
			 needed, RTE_DIM(adapter->flow_places));
		return rte_flow_error_set(error, ENOSPC, RTE_FLOW_ERROR_TYPE_UNSPECIFIED, NULL,
					  adapter->flow_message);
	}
	/* A part of the rule may be in the card. Should this fail, too, the next change mends it. */
	(void)sekisho_flow_table_update(adapter, &unused);
	return rte_flow_error_set(error, -ret, RTE_FLOW_ERROR_TYPE_UNSPECIFIED, NULL,
				  "the card does not take the rule");
}

static struct rte_flow *flow_create(struct rte_eth_dev *dev, const struct rte_flow_attr *attr,
				    const struct rte_flow_item items[],
				    const struct rte_flow_action actions[],
				    struct rte_flow_error *error)
{
	struct sekisho_adapter *adapter = sekisho_adapter(dev);
	struct rte_flow flow = { .used = true }, *place = adapter->flows;
	int ret;

	if (begin(dev, error) < 0)
		return NULL;
	ret = parse(dev, attr, items, actions, &flow, error);
	while (ret == 0 && place->used)
		if (++place == adapter->flows + RTE_DIM(adapter->flows))
			ret = rte_flow_error_set(error, ENOSPC, RTE_FLOW_ERROR_TYPE_UNSPECIFIED,
						 NULL,
						 "the driver holds " RTE_STR(
							 SEKISHO_MAX_FLOWS) " rules of all groups");
	if (ret == 0) {
		*place = flow;
		ret = add_rule(dev, place, error);
	}
	sekisho_control_end(dev);
	return ret == 0 ? place : NULL;
}

/* Allowed in every state of the card, as flush. */
static int flow_destroy(struct rte_eth_dev *dev, struct rte_flow *handle,
			struct rte_flow_error *error)
{
	struct sekisho_adapter *adapter = sekisho_adapter(dev);
	struct rte_flow *flow;
	int ret;

	pthread_mutex_lock(&adapter->control);
	flow = find_rule(adapter, handle, error);
	ret = flow != NULL ? remove_rule(adapter, flow) : -rte_errno;
	if (flow != NULL && ret < 0)
		rte_flow_error_set(error, -ret, RTE_FLOW_ERROR_TYPE_HANDLE, handle,
				   "the card keeps the rule");
	pthread_mutex_unlock(&adapter->control);
	return ret;
}

static int flow_flush(struct rte_eth_dev *dev, struct rte_flow_error *error)
{
	struct sekisho_adapter *adapter = sekisho_adapter(dev);
	int ret;

	pthread_mutex_lock(&adapter->control);
	ret = sekisho_flows_clear(dev);
	if (ret < 0)
		rte_flow_error_set(error, -ret, RTE_FLOW_ERROR_TYPE_UNSPECIFIED, NULL,
				   "the card keeps some rules");
	pthread_mutex_unlock(&adapter->control);
	return ret;
}

static void query_count(struct rte_flow *flow, struct rte_flow_query_count *count)
{
	count->hits_set = count->bytes_set = 1;
	count->hits = flow->packets;
	count->bytes = flow->bytes;
	if (count->reset)
		flow->packets = flow->bytes = 0;
}

static void query_age(struct sekisho_adapter *adapter, struct rte_flow *flow,
		      struct rte_flow_query_age *age)
{
	sekisho_flows_age(adapter);
	age->aged = flow->aged;
	age->sec_since_last_hit_valid = 1;
	age->sec_since_last_hit = sekisho_flow_idle_seconds(flow);
}

static int flow_query(struct rte_eth_dev *dev, struct rte_flow *handle,
		      const struct rte_flow_action *action, void *data,
		      struct rte_flow_error *error)
{
	struct sekisho_adapter *adapter = sekisho_adapter(dev);
	bool age = action->type == RTE_FLOW_ACTION_TYPE_AGE;
	struct rte_flow *flow;
	int ret;

	if (!age && action->type != RTE_FLOW_ACTION_TYPE_COUNT)
		return rte_flow_error_set(error, ENOTSUP, RTE_FLOW_ERROR_TYPE_ACTION, action,
					  "only count and age can be asked for");
	ret = begin(dev, error);
	if (ret < 0)
		return ret;
	flow = find_rule(adapter, handle, error);
	if (flow == NULL)
		ret = -rte_errno;
	else if (age ? flow->timeout == 0 : !flow->counts)
		ret = rte_flow_error_set(error, EINVAL, RTE_FLOW_ERROR_TYPE_ACTION, action,
					 age ? "the rule was made without age" :
					       "the rule was made without count");
	else if (sekisho_flow_table_count(adapter) < 0)
		ret = rte_flow_error_set(error, EIO, RTE_FLOW_ERROR_TYPE_HANDLE, flow,
					 "the rule's counter cannot be read");
	else if (age)
		query_age(adapter, flow, data);
	else
		query_count(flow, data);
	sekisho_control_end(dev);
	return ret;
}

static int flow_get_aged(struct rte_eth_dev *dev, void **contexts, uint32_t count,
			 struct rte_flow_error *error)
{
	struct sekisho_adapter *adapter = sekisho_adapter(dev);
	uint32_t aged = 0;
	int ret;

	if (count != 0 && contexts == NULL)
		return rte_flow_error_set(error, EINVAL, RTE_FLOW_ERROR_TYPE_UNSPECIFIED, NULL,
					  "there is no place for the contexts");
	ret = begin(dev, error);
	if (ret < 0)
		return ret;
	sekisho_flows_age(adapter);
	adapter->age_new = adapter->age_told = false;
	for (unsigned int i = 0; i < RTE_DIM(adapter->flows); i++) {
		struct rte_flow *flow = &adapter->flows[i];

		if (!flow->used || !flow->aged || (count != 0 && aged == count))
			continue;
		if (count != 0)
			contexts[aged] = flow->context != NULL ? flow->context : flow;
		aged++;
	}
	sekisho_control_end(dev);
	return aged;
}

int sekisho_flow_ops_get(struct rte_eth_dev *dev __rte_unused, const struct rte_flow_ops **ops)
{
	static const struct rte_flow_ops flow_ops = {
		.validate = flow_validate,
		.create = flow_create,
		.destroy = flow_destroy,
		.flush = flow_flush,
		.query = flow_query,
		.get_aged_flows = flow_get_aged,
	};

	*ops = &flow_ops;
	return 0;
}

int sekisho_rx_metadata_negotiate(struct rte_eth_dev *dev __rte_unused, uint64_t *features)
{
	*features &= RTE_ETH_RX_METADATA_USER_MARK;
	return 0;
}
