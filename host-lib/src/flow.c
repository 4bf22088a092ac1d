/* SPDX-License-Identifier: BSD-3-Clause */

/* The flow rules of a network function. */

#include <assert.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "internal.h"

#define RULE_WORDS (sizeof(struct sekisho_flow_rule) / sizeof(uint32_t))
#define KEY_WORDS (sizeof(struct sekisho_flow_key_registers) / sizeof(uint32_t))
#define WORD(member) (offsetof(struct sekisho_flow_rule, member) / sizeof(uint32_t))

static_assert(RULE_WORDS == SEKISHO_FLOW_RULE_WORDS, "flow_rules[]");

/* What a rule has: from the first word of each to before the second. The words behind are a meter's. */
static const uint8_t rule_words[][2] = {
	{ WORD(value), WORD(value) + KEY_WORDS },
	{ WORD(mask), WORD(mask) + KEY_WORDS },
	{ WORD(action), WORD(meter_rate) },
};

static int check(struct sekisho_device *device, unsigned int index)
{
	if (device->identity.kind != SEKISHO_NETWORK)
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
		for (unsigned int part = 0; part < 3; part++)
			for (i = rule_words[part][0]; i < rule_words[part][1] && !error; i++)
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

	if (!error && burst > SEKISHO_FLOW_RULE_METER_BURST_VALUE_MASK)
		error = -EINVAL;
	if (!error)
		error = sekisho_write32(
			device, SEKISHO_NETWORK_FLOW_RULES(index * RULE_WORDS + WORD(meter_rate)),
			rate);
	/* The burst last: it fills the meter. */
	if (!error)
		error = sekisho_write32(
			device, SEKISHO_NETWORK_FLOW_RULES(index * RULE_WORDS + WORD(meter_burst)),
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
