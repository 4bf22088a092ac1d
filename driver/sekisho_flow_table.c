/* SPDX-License-Identifier: BSD-3-Clause */

/*
 * From the application's flow rules to the places of the card's table. The card has no groups: a rule
 * that jumps takes a place for each rule of its group, with the demands of both, and one behind these for
 * the frames for which none of them holds. A rule keeps its places as long as it can, so that a change
 * leaves the others alone. All functions here are called within the adapter's control lock.
 */

#include <errno.h>
#include <string.h>

#include "sekisho_ethdev.h"

#define KEY_WORDS (sizeof(struct sekisho_flow_key_registers) / sizeof(uint32_t))

static bool in_use(const struct sekisho_flow_place *place)
{
	return place->jump != NULL || place->rule != NULL;
}

/* True when a place needs no change to become another one. */
static bool same_place(const struct sekisho_flow_place *one, const struct sekisho_flow_place *other)
{
	return one->jump == other->jump && one->rule == other->rule &&
	       memcmp(&one->content, &other->content, sizeof(one->content)) == 0;
}

static bool same_rules(const struct sekisho_flow_place *one, const struct sekisho_flow_place *other)
{
	return one->jump == other->jump && one->rule == other->rule;
}

/* The first place of these rules, or NULL. */
static struct sekisho_flow_place *find(struct sekisho_flow_place places[SEKISHO_FLOW_RULES],
				       const struct sekisho_flow_place *wanted)
{
	for (unsigned int i = 0; i < SEKISHO_FLOW_RULES; i++)
		if (same_rules(&places[i], wanted))
			return &places[i];
	return NULL;
}

/* Adds a jump's demands to those of a rule that it leads to; false when no frame can meet both. */
static bool merge(const struct sekisho_flow_rule *jump, struct sekisho_flow_rule *rule)
{
	const uint32_t *value = (const uint32_t *)&jump->value;
	const uint32_t *mask = (const uint32_t *)&jump->mask;
	uint32_t *values = (uint32_t *)&rule->value, *masks = (uint32_t *)&rule->mask;

	for (unsigned int i = 0; i < KEY_WORDS; i++) {
		if ((values[i] ^ value[i]) & masks[i] & mask[i])
			return false;
		values[i] |= value[i];
		masks[i] |= mask[i];
	}
	return true;
}

static void add(struct sekisho_flow_place *wanted, unsigned int *count,
		const struct sekisho_flow_place *place)
{
	if (*count < SEKISHO_FLOW_RULES)
		wanted[*count] = *place;
	++*count;
}

/* The places of a jump. */
static void list_jump(struct sekisho_adapter *adapter, struct rte_flow *jump,
		      struct sekisho_flow_place *wanted, unsigned int *count)
{
	struct sekisho_flow_place rest = { .jump = jump, .content = jump->rule };

	for (unsigned int i = 0; i < RTE_DIM(adapter->flows); i++) {
		struct rte_flow *rule = &adapter->flows[i];
		struct sekisho_flow_place both = { jump, rule, .content = rule->rule };

		if (rule->used && rule->group == jump->jump && merge(&jump->rule, &both.content))
			add(wanted, count, &both);
	}
	add(wanted, count, &rest);
}

/* The places that the rules need, in the order of the rules. Returns how many; more may be than fit. */
static unsigned int list_wanted(struct sekisho_adapter *adapter, struct sekisho_flow_place *wanted)
{
	unsigned int count = 0;

	for (unsigned int i = 0; i < RTE_DIM(adapter->flows); i++) {
		struct rte_flow *flow = &adapter->flows[i];
		struct sekisho_flow_place alone = { .rule = flow, .content = flow->rule };

		if (!flow->used || flow->group != 0)
			continue;
		if (flow->jump == 0)
			add(wanted, &count, &alone);
		else
			list_jump(adapter, flow, wanted, &count);
	}
	return count;
}

/* What is behind a jump's rules must have the last of its places. */
static void put_rests_last(struct sekisho_flow_place next[SEKISHO_FLOW_RULES])
{
	for (unsigned int i = 0; i < SEKISHO_FLOW_RULES; i++) {
		if (next[i].jump == NULL || next[i].rule != NULL)
			continue;
		for (unsigned int j = SEKISHO_FLOW_RULES - 1; j > i; j--) {
			if (next[j].jump == next[i].jump) {
				RTE_SWAP(next[i], next[j]);
				break;
			}
		}
	}
}

static void attribute(struct rte_flow *flow, uint64_t packets, uint64_t bytes)
{
	if (flow == NULL)
		return;
	flow->packets += packets;
	flow->bytes += bytes;
	flow->hits += packets;
}

/* Adds what the card has counted at a place since the last look to the rules that are there. */
static int take_counts(struct sekisho_adapter *adapter, unsigned int number)
{
	struct sekisho_flow_place *place = &adapter->flow_places[number];
	uint64_t packets, bytes;
	int ret;

	sekisho_lock(adapter);
	ret = sekisho_flow_count_get(adapter->device, number, &packets, &bytes);
	sekisho_unlock(adapter);
	if (ret < 0)
		return ret;
	attribute(place->jump, packets - place->packets, bytes - place->bytes);
	attribute(place->rule, packets - place->packets, bytes - place->bytes);
	place->packets = packets;
	place->bytes = bytes;
	return 0;
}

int sekisho_flow_table_count(struct sekisho_adapter *adapter)
{
	int ret = 0;

	for (unsigned int i = 0; i < RTE_DIM(adapter->flow_places) && ret == 0; i++)
		if (in_use(&adapter->flow_places[i]))
			ret = take_counts(adapter, i);
	return ret;
}

/* Takes away what is at a place. */
static int clear_place(struct sekisho_adapter *adapter, unsigned int number)
{
	struct sekisho_flow_place *place = &adapter->flow_places[number];
	bool removed;
	int ret;

	/* What is off counts no more. */
	sekisho_lock(adapter);
	ret = sekisho_flow_rule_set(adapter->device, number, NULL);
	sekisho_unlock(adapter);
	if (ret == 0)
		ret = take_counts(adapter, number);
	sekisho_lock(adapter);
	removed = sekisho_removed(adapter->device);
	sekisho_unlock(adapter);
	/* A card that is gone has no rules; the one that comes does not get this one. */
	if (ret < 0 && !removed)
		return ret;
	place->jump = place->rule = NULL;
	memset(&place->content, 0, sizeof(place->content));
	return 0;
}

static int write_place(struct sekisho_adapter *adapter, unsigned int number,
		       const struct sekisho_flow_place *next)
{
	struct sekisho_flow_place *place = &adapter->flow_places[number];
	int ret = clear_place(adapter, number);

	if (ret < 0 || !in_use(next))
		return ret;
	sekisho_lock(adapter);
	ret = sekisho_flow_rule_set(adapter->device, number, &next->content);
	sekisho_unlock(adapter);
	if (ret < 0)
		return ret;
	place->jump = next->jump;
	place->rule = next->rule;
	place->content = next->content;
	return 0;
}

int sekisho_flow_table_update(struct sekisho_adapter *adapter, unsigned int *needed)
{
	static const struct sekisho_flow_place unused;
	struct sekisho_flow_place *places = adapter->flow_places;
	struct sekisho_flow_place next[SEKISHO_FLOW_RULES] = { 0 }, wanted[SEKISHO_FLOW_RULES];
	unsigned int count = list_wanted(adapter, wanted);
	int ret = 0;

	*needed = count;
	if (count > SEKISHO_FLOW_RULES)
		return -ENOSPC;
	/* What is there stays; what is new gets the first free places. */
	for (unsigned int i = 0; i < count; i++) {
		const struct sekisho_flow_place *place = find(places, &wanted[i]);

		if (place != NULL)
			next[place - places] = wanted[i];
	}
	for (unsigned int i = 0; i < count; i++)
		if (find(next, &wanted[i]) == NULL)
			*find(next, &unused) = wanted[i];
	put_rests_last(next);
	for (unsigned int i = 0; i < SEKISHO_FLOW_RULES && ret == 0; i++)
		if (!same_place(&places[i], &next[i]))
			ret = write_place(adapter, i, &next[i]);
	return ret;
}

int sekisho_flows_apply(struct rte_eth_dev *dev)
{
	struct sekisho_adapter *adapter = sekisho_adapter(dev);
	int ret = 0;

	for (unsigned int i = 0; i < RTE_DIM(adapter->flow_places) && ret == 0; i++) {
		struct sekisho_flow_place *place = &adapter->flow_places[i];

		if (!in_use(place))
			continue;
		/* What this card counted before is not the rules'. */
		sekisho_lock(adapter);
		ret = sekisho_flow_count_get(adapter->device, i, &place->packets, &place->bytes);
		if (ret == 0)
			ret = sekisho_flow_rule_set(adapter->device, i, &place->content);
		sekisho_unlock(adapter);
	}
	return ret;
}

void sekisho_flows_forget(struct sekisho_adapter *adapter)
{
	memset(adapter->flows, 0, sizeof(adapter->flows));
	memset(adapter->flow_places, 0, sizeof(adapter->flow_places));
}
