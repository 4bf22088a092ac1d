/* SPDX-License-Identifier: BSD-3-Clause */

/*
 * Meters (rte_mtr) for flow rules. The card has a token bucket each: of a frame that comes too fast
 * nothing is left, so a profile has one rate and one burst, and a policy passes green and drops red.
 * Names of profiles, policies and meters are the application's; here they are places of tables.
 */

#include <errno.h>
#include <string.h>

#include <rte_mtr_driver.h>

#include "sekisho_ethdev.h"

#define MAX_BURST SEKISHO_FLOW_RULE_METER_BURST_VALUE_MASK
#define MICROSECONDS 1000000
/* A second: the card counts in 1/65536 a microsecond, to 2^32 of them. */
#define MIN_RATE UINT64_C(16)
#define MAX_RATE UINT64_C(65535000000)

static int refuse(struct rte_mtr_error *error, int code, enum rte_mtr_error_type type,
		  const char *message)
{
	return -rte_mtr_error_set(error, code, type, NULL, message);
}

/* --- profiles and policies ------------------------------------------------------------------- */

static struct sekisho_meter_profile *find_profile(struct sekisho_adapter *adapter, uint32_t id)
{
	for (unsigned int i = 0; i < RTE_DIM(adapter->meter_profiles); i++)
		if (adapter->meter_profiles[i].used && adapter->meter_profiles[i].id == id)
			return &adapter->meter_profiles[i];
	return NULL;
}

static struct sekisho_meter_policy *find_policy(struct sekisho_adapter *adapter, uint32_t id)
{
	for (unsigned int i = 0; i < RTE_DIM(adapter->meter_policies); i++)
		if (adapter->meter_policies[i].used && adapter->meter_policies[i].id == id)
			return &adapter->meter_policies[i];
	return NULL;
}

/* A rate of the card's, in 1/65536 a microsecond, the nearest. */
static uint64_t card_rate(uint64_t per_second)
{
	return (per_second * 65536 + MICROSECONDS / 2) / MICROSECONDS;
}

static const char *check_profile(const struct rte_mtr_meter_profile *profile)
{
	uint64_t rate = profile->srtcm_rfc2697.cir, burst = profile->srtcm_rfc2697.cbs;

	if (profile->alg != RTE_MTR_SRTCM_RFC2697)
		return "the algorithm is not supported: srtcm_rfc2697 is";
	if (profile->srtcm_rfc2697.ebs != 0)
		return "ebs must be 0: there is no excess burst, so nothing is yellow";
	if (rate < MIN_RATE || rate > MAX_RATE)
		return "cir is out of range: 16 to 65535000000 a second are possible";
	if (burst == 0 || burst > MAX_BURST)
		return "cbs is out of range: 1 to 16777215 are possible";
	return NULL;
}

static int profile_add(struct rte_eth_dev *dev, uint32_t id, struct rte_mtr_meter_profile *profile,
		       struct rte_mtr_error *error)
{
	struct sekisho_adapter *adapter = sekisho_adapter(dev);
	struct sekisho_meter_profile *place = NULL;
	const char *message = check_profile(profile);
	int ret = 0;

	if (message != NULL)
		return refuse(error, EINVAL, RTE_MTR_ERROR_TYPE_METER_PROFILE, message);
	pthread_mutex_lock(&adapter->control);
	for (unsigned int i = 0; i < RTE_DIM(adapter->meter_profiles) && place == NULL; i++)
		if (!adapter->meter_profiles[i].used)
			place = &adapter->meter_profiles[i];
	if (find_profile(adapter, id) != NULL)
		ret = refuse(error, EEXIST, RTE_MTR_ERROR_TYPE_METER_PROFILE_ID,
			     "there is a profile with this id");
	else if (place == NULL)
		ret = refuse(error, ENOSPC, RTE_MTR_ERROR_TYPE_UNSPECIFIED,
			     "the driver holds " RTE_STR(SEKISHO_MAX_METER_PROFILES) " profiles");
	else
		*place = (struct sekisho_meter_profile){
			.used = true,
			.id = id,
			.rate = (uint32_t)card_rate(profile->srtcm_rfc2697.cir),
			.burst = (uint32_t)profile->srtcm_rfc2697.cbs,
			.packets = profile->packet_mode != 0,
		};
	pthread_mutex_unlock(&adapter->control);
	return ret;
}

static int profile_delete(struct rte_eth_dev *dev, uint32_t id, struct rte_mtr_error *error)
{
	struct sekisho_adapter *adapter = sekisho_adapter(dev);
	struct sekisho_meter_profile *profile;
	bool in_use = false;
	int ret = 0;

	pthread_mutex_lock(&adapter->control);
	profile = find_profile(adapter, id);
	for (unsigned int i = 0; i < RTE_DIM(adapter->meters); i++)
		in_use |= profile != NULL && adapter->meters[i].used &&
			  adapter->meters[i].profile == profile;
	if (profile == NULL)
		ret = refuse(error, ENOENT, RTE_MTR_ERROR_TYPE_METER_PROFILE_ID,
			     "there is no such profile");
	else if (in_use)
		ret = refuse(error, EBUSY, RTE_MTR_ERROR_TYPE_METER_PROFILE_ID,
			     "a meter has this profile: destroy it first");
	else
		profile->used = false;
	pthread_mutex_unlock(&adapter->control);
	return ret;
}

/* The one action of a color, END when it has none; NULL when it has several. */
static const struct rte_flow_action *only_action(const struct rte_flow_action *action)
{
	static const struct rte_flow_action none = { .type = RTE_FLOW_ACTION_TYPE_END };
	const struct rte_flow_action *found = &none;

	for (; action != NULL && action->type != RTE_FLOW_ACTION_TYPE_END; action++) {
		if (action->type == RTE_FLOW_ACTION_TYPE_VOID)
			continue;
		if (found != &none)
			return NULL;
		found = action;
	}
	return found;
}

/* True for a color whose frames go the way of their rule. */
static bool passes(const struct rte_flow_action *action)
{
	const struct rte_flow_action_meter_color *color;

	if (action == NULL)
		return false;
	color = action->conf;
	return action->type == RTE_FLOW_ACTION_TYPE_END ||
	       action->type == RTE_FLOW_ACTION_TYPE_PASSTHRU ||
	       (action->type == RTE_FLOW_ACTION_TYPE_METER_COLOR &&
		(color == NULL || color->color == RTE_COLOR_GREEN));
}

/* Nothing is yellow, so what a policy would do with it does not matter. */
static int policy_validate(struct rte_eth_dev *dev __rte_unused,
			   struct rte_mtr_meter_policy_params *policy, struct rte_mtr_error *error)
{
	const struct rte_flow_action *red = only_action(policy->actions[RTE_COLOR_RED]);

	if (!passes(only_action(policy->actions[RTE_COLOR_GREEN])))
		return refuse(error, ENOTSUP, RTE_MTR_ERROR_TYPE_METER_POLICY,
			      "green frames go the way of their rule: they can have no action");
	if (red == NULL || red->type != RTE_FLOW_ACTION_TYPE_DROP)
		return refuse(error, ENOTSUP, RTE_MTR_ERROR_TYPE_METER_POLICY,
			      "red frames are dropped: their action must be drop");
	return 0;
}

static int policy_add(struct rte_eth_dev *dev, uint32_t id,
		      struct rte_mtr_meter_policy_params *policy, struct rte_mtr_error *error)
{
	struct sekisho_adapter *adapter = sekisho_adapter(dev);
	struct sekisho_meter_policy *place = NULL;
	int ret = policy_validate(dev, policy, error);

	if (ret < 0)
		return ret;
	pthread_mutex_lock(&adapter->control);
	for (unsigned int i = 0; i < RTE_DIM(adapter->meter_policies) && place == NULL; i++)
		if (!adapter->meter_policies[i].used)
			place = &adapter->meter_policies[i];
	if (find_policy(adapter, id) != NULL)
		ret = refuse(error, EEXIST, RTE_MTR_ERROR_TYPE_METER_POLICY_ID,
			     "there is a policy with this id");
	else if (place == NULL)
		ret = refuse(error, ENOSPC, RTE_MTR_ERROR_TYPE_UNSPECIFIED,
			     "the driver holds " RTE_STR(SEKISHO_MAX_METER_PROFILES) " policies");
	else
		*place = (struct sekisho_meter_policy){ .used = true, .id = id };
	pthread_mutex_unlock(&adapter->control);
	return ret;
}

static int policy_delete(struct rte_eth_dev *dev, uint32_t id, struct rte_mtr_error *error)
{
	struct sekisho_adapter *adapter = sekisho_adapter(dev);
	struct sekisho_meter_policy *policy;
	bool in_use = false;
	int ret = 0;

	pthread_mutex_lock(&adapter->control);
	policy = find_policy(adapter, id);
	for (unsigned int i = 0; i < RTE_DIM(adapter->meters); i++)
		in_use |= policy != NULL && adapter->meters[i].used &&
			  adapter->meters[i].policy == policy;
	if (policy == NULL)
		ret = refuse(error, ENOENT, RTE_MTR_ERROR_TYPE_METER_POLICY_ID,
			     "there is no such policy");
	else if (in_use)
		ret = refuse(error, EBUSY, RTE_MTR_ERROR_TYPE_METER_POLICY_ID,
			     "a meter has this policy: destroy it first");
	else
		policy->used = false;
	pthread_mutex_unlock(&adapter->control);
	return ret;
}

/* --- meters ---------------------------------------------------------------------------------- */

static struct sekisho_meter *find_meter(struct sekisho_adapter *adapter, uint32_t id)
{
	for (unsigned int i = 0; i < RTE_DIM(adapter->meters); i++)
		if (adapter->meters[i].used && adapter->meters[i].id == id)
			return &adapter->meters[i];
	return NULL;
}

static unsigned int count_rules(const struct sekisho_adapter *adapter,
				const struct sekisho_meter *meter)
{
	unsigned int count = 0;

	for (unsigned int i = 0; i < RTE_DIM(adapter->flows); i++)
		count += adapter->flows[i].used && adapter->flows[i].meter == meter;
	return count;
}

/* What a rule with the meter says of it. */
static uint32_t meter_word(const struct sekisho_adapter *adapter, const struct sekisho_meter *meter)
{
	if (!meter->enabled)
		return 0;
	return SEKISHO_FLOW_RULE_METER_METERED_MASK |
	       SEKISHO_FIELD_PUT(SEKISHO_FLOW_RULE_METER_PACKETS, meter->profile->packets) |
	       SEKISHO_FIELD_PUT(SEKISHO_FLOW_RULE_METER_INDEX,
				 (uint32_t)(meter - adapter->meters));
}

/* Writes rate and burst of a meter to the card, which fills it. */
static int write_meter(struct sekisho_adapter *adapter, const struct sekisho_meter *meter)
{
	int ret;

	sekisho_lock(adapter);
	ret = sekisho_flow_meter_set(adapter->device, (unsigned int)(meter - adapter->meters),
				     meter->profile->rate, meter->profile->burst);
	sekisho_unlock(adapter);
	return ret;
}

/* Puts what a meter has become into the rules that have it. */
static int update_rules(struct sekisho_adapter *adapter, const struct sekisho_meter *meter)
{
	unsigned int needed;

	for (unsigned int i = 0; i < RTE_DIM(adapter->flows); i++)
		if (adapter->flows[i].used && adapter->flows[i].meter == meter)
			adapter->flows[i].rule.meter = meter_word(adapter, meter);
	return sekisho_flow_table_update(adapter, &needed);
}

static int begin(struct rte_eth_dev *dev, struct rte_mtr_error *error)
{
	int ret = sekisho_control_begin(dev);

	if (ret < 0)
		return refuse(error, -ret, RTE_MTR_ERROR_TYPE_UNSPECIFIED,
			      ret == -EBUSY ? "the card is looked for" : "the card is gone");
	return 0;
}

static int no_meter(struct rte_mtr_error *error)
{
	return refuse(error, ENOENT, RTE_MTR_ERROR_TYPE_MTR_ID, "there is no such meter");
}

static int card_refuses(struct rte_mtr_error *error, int ret)
{
	return refuse(error, -ret, RTE_MTR_ERROR_TYPE_UNSPECIFIED,
		      "the card does not take the meter");
}

static int create(struct rte_eth_dev *dev, uint32_t id, const struct rte_mtr_params *params,
		  bool shared, struct rte_mtr_error *error)
{
	struct sekisho_adapter *adapter = sekisho_adapter(dev);
	struct sekisho_meter_profile *profile = find_profile(adapter, params->meter_profile_id);
	struct sekisho_meter_policy *policy = find_policy(adapter, params->meter_policy_id);
	struct sekisho_meter *meter = adapter->meters;
	int ret;

	if (find_meter(adapter, id) != NULL)
		return refuse(error, EEXIST, RTE_MTR_ERROR_TYPE_MTR_ID,
			      "there is a meter with this id");
	if (profile == NULL)
		return refuse(error, ENOENT, RTE_MTR_ERROR_TYPE_METER_PROFILE_ID,
			      "there is no such profile");
	if (policy == NULL)
		return refuse(error, ENOENT, RTE_MTR_ERROR_TYPE_METER_POLICY_ID,
			      "there is no such policy");
	if (params->stats_mask != 0)
		return refuse(error, ENOTSUP, RTE_MTR_ERROR_TYPE_STATS_MASK,
			      "a meter counts nothing: give its rules the action count, and see "
			      "the extended statistic deliver_meter_packets");
	while (meter->used)
		if (++meter == adapter->meters + RTE_DIM(adapter->meters))
			return refuse(error, ENOSPC, RTE_MTR_ERROR_TYPE_UNSPECIFIED,
				      "all of the card's meters are in use");
	*meter = (struct sekisho_meter){ .used = true,
					 .id = id,
					 .shared = shared,
					 .enabled = params->meter_enable != 0,
					 .profile = profile,
					 .policy = policy };
	ret = write_meter(adapter, meter);
	if (ret == 0)
		return 0;
	meter->used = false;
	return card_refuses(error, ret);
}

static int meter_create(struct rte_eth_dev *dev, uint32_t id, struct rte_mtr_params *params,
			int shared, struct rte_mtr_error *error)
{
	int ret = begin(dev, error);

	if (ret < 0)
		return ret;
	ret = create(dev, id, params, shared != 0, error);
	sekisho_control_end(dev);
	return ret;
}

static int meter_destroy(struct rte_eth_dev *dev, uint32_t id, struct rte_mtr_error *error)
{
	struct sekisho_adapter *adapter = sekisho_adapter(dev);
	struct sekisho_meter *meter;
	int ret = 0;

	pthread_mutex_lock(&adapter->control);
	meter = find_meter(adapter, id);
	if (meter == NULL)
		ret = no_meter(error);
	else if (count_rules(adapter, meter) != 0)
		ret = refuse(error, EBUSY, RTE_MTR_ERROR_TYPE_MTR_ID,
			     "a flow rule has this meter: destroy it first");
	else
		meter->used = false;
	pthread_mutex_unlock(&adapter->control);
	return ret;
}

static int set_enabled(struct rte_eth_dev *dev, uint32_t id, bool enabled,
		       struct rte_mtr_error *error)
{
	struct sekisho_adapter *adapter = sekisho_adapter(dev);
	struct sekisho_meter *meter;
	int ret = begin(dev, error);

	if (ret < 0)
		return ret;
	meter = find_meter(adapter, id);
	if (meter == NULL) {
		ret = no_meter(error);
	} else {
		meter->enabled = enabled;
		ret = update_rules(adapter, meter);
		if (ret < 0)
			ret = card_refuses(error, ret);
	}
	sekisho_control_end(dev);
	return ret;
}

static int meter_enable(struct rte_eth_dev *dev, uint32_t id, struct rte_mtr_error *error)
{
	return set_enabled(dev, id, true, error);
}

static int meter_disable(struct rte_eth_dev *dev, uint32_t id, struct rte_mtr_error *error)
{
	return set_enabled(dev, id, false, error);
}

static int profile_update(struct rte_eth_dev *dev, uint32_t id, uint32_t profile_id,
			  struct rte_mtr_error *error)
{
	struct sekisho_adapter *adapter = sekisho_adapter(dev);
	struct sekisho_meter_profile *profile;
	struct sekisho_meter *meter;
	int ret = begin(dev, error);

	if (ret < 0)
		return ret;
	meter = find_meter(adapter, id);
	profile = find_profile(adapter, profile_id);
	if (meter == NULL) {
		ret = no_meter(error);
	} else if (profile == NULL) {
		ret = refuse(error, ENOENT, RTE_MTR_ERROR_TYPE_METER_PROFILE_ID,
			     "there is no such profile");
	} else {
		meter->profile = profile;
		ret = write_meter(adapter, meter);
		if (ret == 0)
			ret = update_rules(adapter, meter);
		if (ret < 0)
			ret = card_refuses(error, ret);
	}
	sekisho_control_end(dev);
	return ret;
}

static int capabilities_get(struct rte_eth_dev *dev __rte_unused,
			    struct rte_mtr_capabilities *capabilities,
			    struct rte_mtr_error *error __rte_unused)
{
	*capabilities = (struct rte_mtr_capabilities){
		.n_max = SEKISHO_FLOW_RULES,
		.n_shared_max = SEKISHO_FLOW_RULES,
		.identical = 1,
		.shared_identical = 1,
		.shared_n_flows_per_mtr_max = SEKISHO_FLOW_RULES,
		.chaining_n_mtrs_per_flow_max = 1,
		.meter_srtcm_rfc2697_n_max = SEKISHO_FLOW_RULES,
		.meter_rate_max = MAX_RATE,
		.meter_policy_n_max = SEKISHO_MAX_METER_PROFILES,
		.srtcm_rfc2697_byte_mode_supported = 1,
		.srtcm_rfc2697_packet_mode_supported = 1,
	};
	return 0;
}

static const struct rte_mtr_ops meter_ops = {
	.capabilities_get = capabilities_get,
	.meter_profile_add = profile_add,
	.meter_profile_delete = profile_delete,
	.meter_policy_validate = policy_validate,
	.meter_policy_add = policy_add,
	.meter_policy_delete = policy_delete,
	.create = meter_create,
	.destroy = meter_destroy,
	.meter_enable = meter_enable,
	.meter_disable = meter_disable,
	.meter_profile_update = profile_update,
};

int sekisho_meter_ops_get(struct rte_eth_dev *dev __rte_unused, void *ops)
{
	*(const struct rte_mtr_ops **)ops = &meter_ops;
	return 0;
}

/* --- for the flow rules ---------------------------------------------------------------------- */

const char *sekisho_meter_use(struct sekisho_adapter *adapter, uint32_t id, struct rte_flow *flow)
{
	struct sekisho_meter *meter = find_meter(adapter, id);

	if (meter == NULL)
		return "meter: there is no meter with this id";
	if (!meter->shared && count_rules(adapter, meter) != 0)
		return "meter: another rule has this one, and it is not shared";
	flow->meter = meter;
	flow->rule.meter = meter_word(adapter, meter);
	return NULL;
}

int sekisho_meters_apply(struct sekisho_adapter *adapter)
{
	int ret = 0;

	for (unsigned int i = 0; i < RTE_DIM(adapter->meters) && ret == 0; i++)
		if (adapter->meters[i].used)
			ret = write_meter(adapter, &adapter->meters[i]);
	return ret;
}

void sekisho_meters_forget(struct sekisho_adapter *adapter)
{
	memset(adapter->meters, 0, sizeof(adapter->meters));
	memset(adapter->meter_profiles, 0, sizeof(adapter->meter_profiles));
	memset(adapter->meter_policies, 0, sizeof(adapter->meter_policies));
}
