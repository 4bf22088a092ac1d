/* SPDX-License-Identifier: BSD-3-Clause */
/* Compares a frame with flow rules, changes and meters it, as the register map says under "Flow rule". */

#include "checksum.h"
#include "flow.h"
#include "owner.h"

static uint32_t get32(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static bool same(uint32_t word, uint32_t value, uint32_t mask)
{
	return ((word ^ value) & mask) == 0;
}

/* IPv4's are compared with the last words. */
static bool same_addresses(const struct sekisho_flow_rule *rule, const uint8_t *addresses,
			   unsigned int words)
{
	for (unsigned int i = 4 - words; i < 4; i++, addresses += 4) {
		if (!same(get32(addresses), rule->value.source[i], rule->mask.source[i]) ||
		    !same(get32(addresses + 4 * words), rule->value.destination[i],
			  rule->mask.destination[i]))
			return false;
	}
	return true;
}

static uint32_t packet_word(const struct headers *headers, bool owned)
{
#define PUT(field, value) SEKISHO_FIELD_PUT(SEKISHO_FLOW_KEY_PACKET_##field, value)
	return PUT(PROTOCOL, headers->protocol) | PUT(IPV4, headers->hashed == 8) |
	       PUT(IPV6, headers->hashed == 32) | PUT(LAYER4_FOUND, headers->l4_offset != 0) |
	       PUT(FRAGMENT, headers->l4_type == SEKISHO_L4_TYPE_FRAGMENT) |
	       PUT(TAGGED, headers->vlan_tags > 0) | PUT(TWO_TAGS, headers->vlan_tags > 1) |
	       PUT(OWNER, owned) | PUT(VLAN_TCI, headers->vlan_tci);
#undef PUT
}

static bool holds(const struct sekisho_flow_rule *rule, const struct headers *headers,
		  const struct owner *owner, const uint8_t *frame)
{
	const uint8_t *type = frame + 12 + headers->vlan_tags * 4;

	return same(packet_word(headers, owner->found), rule->value.packet, rule->mask.packet) &&
	       same(get32(type - 2), rule->value.ethernet, rule->mask.ethernet) &&
	       (headers->hashed == 0 ||
		same_addresses(rule, frame + headers->addresses, headers->hashed / 8)) &&
	       (headers->l4_offset == 0 ||
		same(get32(frame + headers->l4_offset), rule->value.layer4, rule->mask.layer4)) &&
	       (!owner->found || (same(owner->id, rule->value.owner_id, rule->mask.owner_id) &&
				  same(owner->owner, rule->value.owner, rule->mask.owner)));
}

int flow_lookup(const struct flow_rules *rules, const struct headers *headers, const uint8_t *frame)
{
	struct owner owner = { 0 };

	/* A data offset that is wrong leaves no payload. */
	if (rules->enabled != 0 && headers->l4_type == SEKISHO_L4_TYPE_TCP &&
	    headers->payload_offset != 0)
		owner = owner_find(frame + headers->l4_offset + 20,
				   headers->payload_offset - headers->l4_offset - 20u);
	for (int i = 0; i < (int)SEKISHO_FLOW_RULES; i++) {
		if ((rules->enabled >> i & 1) != 0 &&
		    holds(&rules->rule[i], headers, &owner, frame))
			return i;
	}
	return -1;
}

static void put16(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

/* RFC 1624, eq. 3: what the checksum at a place becomes when the sum that it covers grows. */
static uint16_t grown(const uint8_t *at, uint16_t change)
{
	uint16_t old = (uint16_t)(at[0] << 8 | at[1]);

	return (uint16_t)~checksum_fold((uint64_t)(uint16_t)~old + change);
}

static void change_layer4(uint8_t *at, bool udp, uint16_t change)
{
	uint8_t *checksum = at + (udp ? 6 : 16);
	uint16_t value = grown(checksum, change);

	/* UDP: 0 says that there is none. */
	if (udp && checksum[0] == 0 && checksum[1] == 0)
		return;
	put16(checksum, udp && value == 0 ? 0xffff : value);
}

void flow_edit(const struct sekisho_flow_rule *rule, const struct headers *headers, uint8_t *frame)
{
#define SETS(what) ((rule->action & SEKISHO_FLOW_RULE_ACTION_SET_##what##_MASK) != 0)
	bool udp = headers->l4_type == SEKISHO_L4_TYPE_UDP;
	bool layer4 = udp || headers->l4_type == SEKISHO_L4_TYPE_TCP;
	bool ipv4 = SETS(IPV4) && headers->hashed == 8, port = SETS(PORT) && layer4;
	uint8_t *ip = frame + headers->l3_offset, *l4 = frame + headers->l4_offset;

	if (layer4 && (ipv4 || port))
		change_layer4(l4, udp,
			      SEKISHO_FIELD_GET(SEKISHO_FLOW_RULE_CHANGE_LAYER4_SUM, rule->change));
	if (port)
		put16(l4 + 2, SEKISHO_FIELD_GET(SEKISHO_FLOW_RULE_ACTION_PORT, rule->action));
	if (ipv4) {
		put16(ip + 10, grown(ip + 10, SEKISHO_FIELD_GET(SEKISHO_FLOW_RULE_CHANGE_IP_SUM,
								rule->change)));
		put16(ip + 16, rule->ipv4 >> 16);
		put16(ip + 18, rule->ipv4);
	}
	if (SETS(MAC)) {
		for (unsigned int i = 0; i < 6; i++)
			frame[i] = (uint8_t)((i < 4 ? rule->mac_lo : rule->mac_hi) >> i % 4 * 8);
	}
#undef SETS
}

static uint64_t burst(const struct flow_rules *rules, unsigned int number)
{
	return (uint64_t)SEKISHO_FIELD_GET(SEKISHO_FLOW_RULE_METER_BURST_VALUE,
					   rules->rule[number].meter_burst)
	       << 16;
}

void flow_meter_fill(struct flow_rules *rules, unsigned int number, uint32_t now)
{
	rules->meter[number] = (struct flow_meter){ burst(rules, number), now };
}

bool flow_meter_pay(struct flow_rules *rules, const struct sekisho_flow_rule *rule, uint32_t length,
		    uint32_t now)
{
	unsigned int number = SEKISHO_FIELD_GET(SEKISHO_FLOW_RULE_METER_INDEX, rule->meter);
	struct flow_meter *meter = &rules->meter[number];
	bool packets = (rule->meter & SEKISHO_FLOW_RULE_METER_PACKETS_MASK) != 0;
	uint64_t price = (uint64_t)(packets ? 1 : length) << 16, most = burst(rules, number);
	uint64_t gain = (uint64_t)rules->rule[number].meter_rate * (uint32_t)(now - meter->given);

	if ((rule->meter & SEKISHO_FLOW_RULE_METER_METERED_MASK) == 0)
		return true;
	meter->tokens = gain < most - meter->tokens ? meter->tokens + gain : most;
	meter->given = now;
	if (meter->tokens < price)
		return false;
	meter->tokens -= price;
	return true;
}
