/* SPDX-License-Identifier: BSD-3-Clause */

/* The flow rules of a network function. */

#include <assert.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "internal.h"

#define RULE_WORDS (sizeof(struct sekisho_flow_rule) / sizeof(uint32_t))

static_assert(SEKISHO_FLOW_RULES * RULE_WORDS ==
		      sizeof(((struct sekisho_network_registers *)0)->flow_rules) /
			      sizeof(uint32_t),
	      "flow_rules[]");

/* Words of a rule that are a meter's. */
#define METER_RATE_WORD (offsetof(struct sekisho_flow_rule, meter_rate) / sizeof(uint32_t))
#define METER_BURST_WORD (offsetof(struct sekisho_flow_rule, meter_burst) / sizeof(uint32_t))

bool sek_has_flow_rules(const struct sekisho_identity *identity)
{
	return identity->map_major > 1 || identity->map_minor >= 2;
}

static int check(struct sekisho_device *device, unsigned int index)
{
	if (device->identity.kind != SEKISHO_NETWORK || !sek_has_flow_rules(&device->identity))
		return -ENOTSUP;
	return index < SEKISHO_FLOW_RULES ? 0 : -EINVAL;
}

int sekisho_flow_rule_set(struct sekisho_device *device, unsigned int index,
			  const struct sekisho_flow_rule *rule)
{
	uint32_t words[RULE_WORDS], enabled;
	unsigned int i;
	int error = check(device, index);

	if (error)
		return error;
	sek_lock(device);
	error = sekisho_read32(device, SEKISHO_NETWORK_FLOW_ENABLE, &enabled);
	/* Not enabled while its words change: half a rule would be another one. */
	enabled &= ~(1u << index);
	if (!error)
		error = sekisho_write32(device, SEKISHO_NETWORK_FLOW_ENABLE, enabled);
	if (rule) {
		memcpy(words, rule, sizeof(words));
		for (i = 0; i < RULE_WORDS && !error; i++)
			if (i != METER_RATE_WORD && i != METER_BURST_WORD)
				error = sekisho_write32(
					device, SEKISHO_NETWORK_FLOW_RULES(index * RULE_WORDS + i),
					words[i]);
		if (!error)
			error = sekisho_write32(device, SEKISHO_NETWORK_FLOW_ENABLE,
						enabled | 1u << index);
	}
	sek_unlock(device);
	return error;
}

int sekisho_flow_meter_set(struct sekisho_device *device, unsigned int index, uint32_t rate,
			   uint32_t burst)
{
	int error = check(device, index);

	if (!error && device->identity.map_major == 1 && device->identity.map_minor < 4)
		error = -ENOTSUP;
	if (!error && burst > SEKISHO_FLOW_RULE_METER_BURST_VALUE_MASK)
		error = -EINVAL;
	if (!error)
		error = sekisho_write32(
			device, SEKISHO_NETWORK_FLOW_RULES(index * RULE_WORDS + METER_RATE_WORD),
			rate);
	/* The burst last: it fills the meter. */
	if (!error)
		error = sekisho_write32(
			device, SEKISHO_NETWORK_FLOW_RULES(index * RULE_WORDS + METER_BURST_WORD),
			burst);
	return error;
}

int sekisho_flow_count_get(struct sekisho_device *device, unsigned int index, uint64_t *packets,
			   uint64_t *bytes)
{
	int error = check(device, index);

	if (!error)
		error = sekisho_read64(device, SEKISHO_NETWORK_FLOW_STATISTICS_PACKETS_LO(index),
				       packets);
	if (!error)
		error = sekisho_read64(device, SEKISHO_NETWORK_FLOW_STATISTICS_BYTES_LO(index),
				       bytes);
	return error;
}
