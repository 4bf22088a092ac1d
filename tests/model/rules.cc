/* SPDX-License-Identifier: BSD-3-Clause */

#include "rules.h"

namespace frames {

namespace {

uint32_t word(const bytes &b, size_t at)
{
	return (uint32_t)b[at] << 24 | b[at + 1] << 16 | b[at + 2] << 8 | b[at + 3];
}

/* As far as headers are where they mostly are: no options, no extension headers. */
sekisho_flow_key_registers key_of(const bytes &b)
{
	sekisho_flow_key_registers key = {};
	unsigned int tags = 0;
	size_t ip = 14;

	while (tags < 2 && (b[ip - 2] == 0x81 || b[ip - 2] == 0x88 || b[ip - 2] == 0x91)) {
		tags++;
		ip += 4;
	}
	bool v4 = b[ip] >> 4 == 4;
	for (size_t i = 0; i < 4; i++) {
		key.source[i] = v4 ? word(b, ip + 12) : word(b, ip + 8 + 4 * i);
		key.destination[i] = v4 ? word(b, ip + 16) : word(b, ip + 24 + 4 * i);
	}
	key.layer4 = word(b, ip + (v4 ? 20 : 40));
	key.packet = b[ip + (v4 ? 9 : 6)] | 1u << (v4 ? 8 : 9) | 1u << 10 | (tags > 0) << 12 |
		     (tags > 1) << 13 | (tags ? word(b, 12) << 16 : 0);
	key.ethernet = word(b, ip - 4);
	return key;
}

uint32_t some_mask(rng &random)
{
	switch (below(random, 10)) {
	case 0:
	case 1:
		return ~0u;
	case 2:
		return random();
	case 3:
		return 1u << below(random, 32);
	default:
		return 0;
	}
}

} // namespace

sekisho_flow_rule make_rule(rng &random, const wishes &w, unsigned int queues)
{
	sekisho_flow_rule rule;
	bytes like = make(random, w).data;

	/* What no rule looks at is random, too. */
	for (size_t i = 0; i < sizeof(rule) / 4; i++)
		((uint32_t *)&rule)[i] = random();
	like.resize(128);
	rule.value = key_of(like);
	for (size_t i = 0; i < sizeof(rule.mask) / 4; i++)
		((uint32_t *)&rule.mask)[i] = some_mask(random);
	if (chance(random, 70)) /* the kind of packet */
		rule.mask.packet = chance(random, 50) ? 0x7ff : 0x7fff & (uint32_t)random();
	if (chance(random, 20)) /* either a fragment or not, whatever it carries */
		rule.mask.packet = rule.value.packet = SEKISHO_FLOW_KEY_PACKET_FRAGMENT_MASK;
	if (chance(random, 25)) { /* an owner, as make() has them */
		rule.mask = {};
		rule.mask.packet = rule.value.packet = SEKISHO_FLOW_KEY_PACKET_OWNER_MASK;
		rule.value.owner_id = 1000 + below(random, 3);
		rule.value.owner =
			SEKISHO_OWNER_OPTION_LENGTH << 24 | 0x40 << 16 | (1 + below(random, 3));
		rule.mask.owner_id = some_mask(random);
		rule.mask.owner = chance(random, 50) ? 0xffff : some_mask(random);
	}
	rule.action &= ~(SEKISHO_FLOW_RULE_ACTION_DROP_MASK | SEKISHO_FLOW_RULE_ACTION_QUEUE_MASK);
	if (chance(random, 12))
		rule.action |= SEKISHO_FLOW_RULE_ACTION_DROP_MASK;
	if (chance(random, 50))
		rule.action &= ~(SEKISHO_FLOW_RULE_ACTION_SET_MAC_MASK |
				 SEKISHO_FLOW_RULE_ACTION_SET_IPV4_MASK |
				 SEKISHO_FLOW_RULE_ACTION_SET_PORT_MASK);
	if (chance(random, 75))
		rule.meter &= ~SEKISHO_FLOW_RULE_METER_METERED_MASK;
	/* The model knows no clocks: its meters get nothing, and let a burst through. */
	rule.meter_rate = 0;
	rule.meter_burst = chance(random, 50) ? below(random, 20000) : random();
	rule.action |= (chance(random, 5) ? random() & 0xff : below(random, queues))
		       << SEKISHO_FLOW_RULE_ACTION_QUEUE_SHIFT;
	return rule;
}

} // namespace frames
