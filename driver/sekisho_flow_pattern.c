/* SPDX-License-Identifier: BSD-3-Clause */

/*
 * Patterns of flow rules. The card compares a frame's key (addresses, ports, types; see the register
 * map) with each rule's value under its mask. Keys are made here as bytes in network order: a field of
 * an item is then a copy of bytes, and an item a row of a table.
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
#define KEY_CONTROL (KEY(owner) + 1)
#define KEY_TENANT (KEY(owner) + 2)

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

/* --- the owner option: kind, length, experiment (2), control, tenant (2), id (4), tag ---------- */

/* Of the control byte: version 1, and an id that is a uid. */
#define CONTROL_VERSION 0x40
#define CONTROL_VERSION_MASK 0xc0
#define CONTROL_UID_MASK (CONTROL_VERSION_MASK | 0x0c)

static const char *demand_owner(struct key *key, uint8_t control_mask, unsigned int at,
				const void *value, const void *mask, unsigned int size)
{
	const uint8_t version = CONTROL_VERSION;

	return demand(key, KEY_CONTROL, &version, &control_mask, 1) &&
			       demand(key, at, value, mask, size) ?
		       NULL :
		       contradiction;
}

static const char *convert_uid(uint32_t value, uint32_t wanted, struct key *key)
{
	rte_be32_t id = rte_cpu_to_be_32(value), mask = rte_cpu_to_be_32(wanted);

	return demand_owner(key, CONTROL_UID_MASK, KEY(owner_id), &id, &mask, sizeof(id));
}

static const char *convert_meta(const void *spec, const void *mask, struct key *key)
{
	const struct rte_flow_item_meta *value = spec, *wanted = mask;

	return convert_uid(value->data, wanted->data, key);
}

static const char *convert_tag(const void *spec, const void *mask, struct key *key)
{
	const struct rte_flow_item_tag *value = spec, *wanted = mask;
	rte_be16_t tenant = rte_cpu_to_be_16((uint16_t)value->data);
	rte_be16_t tenant_mask = rte_cpu_to_be_16((uint16_t)wanted->data);

	if (wanted->index != UINT8_MAX || value->index > 1)
		return "tag: index 0 is the owner's uid and index 1 the tenant; there is no other";
	if (value->index == 0)
		return convert_uid(value->data, wanted->data, key);
	if ((value->data & wanted->data) > UINT16_MAX)
		return "tag: a tenant has 16 bits";
	return demand_owner(key, CONTROL_VERSION_MASK, KEY_TENANT, &tenant, &tenant_mask,
			    sizeof(tenant));
}

/* Bytes of the option that can be matched, and those before it. */
#define RAW_HEAD 4
#define RAW_SIZE 11

static const char *convert_raw(const void *spec, const void *mask, struct key *key)
{
	static const uint8_t head[RAW_HEAD] = { SEKISHO_OWNER_OPTION_KIND, 0,
						SEKISHO_OWNER_OPTION_EXPERIMENT >> 8,
						SEKISHO_OWNER_OPTION_EXPERIMENT & 0xff };
	const struct rte_flow_item_raw *value = spec, *wanted = mask;
	uint8_t bytes[RAW_SIZE] = { 0 }, masks[RAW_SIZE] = { 0 };

	if (!value->relative || !wanted->relative || !value->search || !wanted->search ||
	    value->offset != 0 || wanted->offset != -1 || value->limit != 40 ||
	    wanted->limit != UINT16_MAX)
		return "raw: only the owner option of TCP can be searched for: relative 1, search "
		       "1, offset 0, limit 40";
	if (value->pattern == NULL || wanted->length != UINT16_MAX || value->length < RAW_HEAD ||
	    value->length > RAW_SIZE)
		return "raw: the pattern is 4 to 11 bytes of an owner option: kind, length, two of "
		       "the experiment, control, two of the tenant, four of the id";
	memcpy(bytes, value->pattern, value->length);
	if (wanted->pattern != NULL)
		memcpy(masks, wanted->pattern, value->length);
	else
		memset(masks, 0xff, value->length);
	for (unsigned int i = 0; i < RAW_HEAD; i++)
		if (i != 1 && (bytes[i] != head[i] || masks[i] != 0xff))
			return "raw: only the owner option can be matched, kind 254 with "
			       "experiment "
			       "0x534b";
	if (masks[1] == 0xff && bytes[1] != SEKISHO_OWNER_OPTION_LENGTH &&
	    bytes[1] != SEKISHO_OWNER_OPTION_LENGTH_SHORT)
		return "raw: an owner option's length is 19 or 15";
	return demand(key, KEY(owner), bytes + 1, masks + 1, 1) &&
			       demand(key, KEY_CONTROL, bytes + RAW_HEAD, masks + RAW_HEAD, 3) &&
			       demand(key, KEY(owner_id), bytes + 7, masks + 7, 4) ?
		       NULL :
		       contradiction;
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
/* All of the item. */
#define WHOLE(type)                                             \
	{                                                       \
		0, NOWHERE, sizeof(struct rte_flow_item_##type) \
	}
#define NOWHERE UINT8_MAX

#define ITEM(name) RTE_FLOW_ITEM_TYPE_##name
#define ITEMS(...)                        \
	(const enum rte_flow_item_type[]) \
	{                                 \
		__VA_ARGS__, ITEM(END)    \
	}
#define TRANSPORT ITEM(TCP), ITEM(UDP), ITEM(SCTP)
#define OWNER ITEM(RAW), ITEM(TAG), ITEM(META)
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
		.next = ITEMS(OWNER),
	},
	[ITEM(RAW)] = {
		.size = sizeof(struct rte_flow_item_raw),
		.default_mask = &rte_flow_item_raw_mask,
		.fields = { WHOLE(raw) },
		.flags = PACKET(OWNER),
		.flags_mask = PACKET(OWNER),
		.convert = convert_raw,
		.next = ITEMS(OWNER),
	},
	[ITEM(TAG)] = {
		.size = sizeof(struct rte_flow_item_tag),
		.default_mask = &rte_flow_item_tag_mask,
		.fields = { WHOLE(tag) },
		.flags = PACKET(OWNER),
		.flags_mask = PACKET(OWNER),
		.convert = convert_tag,
		.next = ITEMS(OWNER),
	},
	[ITEM(META)] = {
		.size = sizeof(struct rte_flow_item_meta),
		.default_mask = &rte_flow_item_meta_mask,
		.fields = { WHOLE(meta) },
		.flags = PACKET(OWNER),
		.flags_mask = PACKET(OWNER),
		.convert = convert_meta,
		.next = ITEMS(OWNER),
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

	if ((unsigned int)item->type >= RTE_DIM(kinds) || kinds[item->type].size == 0) {
		rte_flow_error_set(error, ENOTSUP, RTE_FLOW_ERROR_TYPE_ITEM, item,
				   "the item is not supported: eth, vlan, ipv4, ipv6, tcp, udp, "
				   "sctp, icmp, icmp6, raw, tag and meta are");
		return NULL;
	}
	while (*next != item->type && *next != ITEM(END))
		next++;
	if (*next == ITEM(END)) {
		rte_flow_error_set(
			error, ENOTSUP, RTE_FLOW_ERROR_TYPE_ITEM, item,
			"the item cannot stand here: the order is eth, vlan, vlan, ipv4 "
			"or ipv6, and one of tcp, udp, sctp, icmp (after ipv4) and icmp6 "
			"(after ipv6), of which any may be left out; raw, tag and meta "
			"follow tcp");
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

int sekisho_flow_parse_pattern(const struct rte_flow_item *item, struct sekisho_flow_rule *rule,
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
