/* SPDX-License-Identifier: BSD-3-Clause */
/* Compares a frame with flow rules, as the register map says under "Flow rule". */

#include <stdbool.h>

#include "flow.h"

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

static uint32_t packet_word(const struct headers *headers)
{
#define PUT(field, value) SEKISHO_FIELD_PUT(SEKISHO_FLOW_KEY_PACKET_##field, value)
	return PUT(PROTOCOL, headers->protocol) | PUT(IPV4, headers->hashed == 8) |
	       PUT(IPV6, headers->hashed == 32) | PUT(LAYER4_FOUND, headers->l4_offset != 0) |
	       PUT(FRAGMENT, headers->l4_type == SEKISHO_L4_TYPE_FRAGMENT) |
	       PUT(TAGGED, headers->vlan_tags > 0) | PUT(TWO_TAGS, headers->vlan_tags > 1) |
	       PUT(VLAN_TCI, headers->vlan_tci);
#undef PUT
}

static bool holds(const struct sekisho_flow_rule *rule, const struct headers *headers,
		  const uint8_t *frame)
{
	const uint8_t *type = frame + 12 + headers->vlan_tags * 4;

	return same(packet_word(headers), rule->value.packet, rule->mask.packet) &&
	       same(get32(type - 2), rule->value.ethernet, rule->mask.ethernet) &&
	       (headers->hashed == 0 ||
		same_addresses(rule, frame + headers->addresses, headers->hashed / 8)) &&
	       (headers->l4_offset == 0 ||
		same(get32(frame + headers->l4_offset), rule->value.layer4, rule->mask.layer4));
}

int flow_lookup(const struct flow_rules *rules, const struct headers *headers, const uint8_t *frame)
{
	for (int i = 0; i < (int)SEKISHO_FLOW_RULES; i++) {
		if ((rules->enabled >> i & 1) != 0 && holds(&rules->rule[i], headers, frame))
			return i;
	}
	return -1;
}
