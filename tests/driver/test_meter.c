/* SPDX-License-Identifier: BSD-3-Clause */

/*
 * Meters: what rte_mtr's profiles, policies and meters become in the card's words, what is refused, and
 * flow rules with the action meter. The expected words are written out by hand from
 * docs/registers.md.
 *
 * usage: build/tests/test_meter [PART-OF-A-NAME...]
 */

#include "calls.h"

#include <rte_flow.h>
#include <rte_mtr.h>

#define METER_WORD 38
#define RATE_WORD 39
#define BURST_WORD 40

#define METER(number)                                                                             \
	{                                                                                         \
		.type = RTE_FLOW_ACTION_TYPE_METER, .conf = &(const struct rte_flow_action_meter) \
		{                                                                                 \
			number                                                                    \
		}                                                                                 \
	}
#define ACTION(name)                                \
	{                                           \
		.type = RTE_FLOW_ACTION_TYPE_##name \
	}

static const struct rte_eth_conf plain = { 0 };
static const struct rte_flow_attr ingress = { .ingress = 1 };
static const struct rte_flow_item any[] = { { .type = RTE_FLOW_ITEM_TYPE_END } };
static const struct rte_flow_action nothing[] = { ACTION(END) };
static const struct rte_flow_action drop[] = { ACTION(DROP), ACTION(END) };
static const struct rte_flow_action meter_7[] = { METER(7), ACTION(END) };

static uint32_t rule_word(unsigned int rule, unsigned int word)
{
	return card_register(SEKISHO_NETWORK_FLOW_RULES(rule * 64 + word));
}

static void check_error(const struct rte_mtr_error *error, enum rte_mtr_error_type type,
			const char *message)
{
	EQUAL(error->type, type);
	CHECK(error->message != NULL && strstr(error->message, message) != NULL);
	if (error->message != NULL && strstr(error->message, message) == NULL)
		printf("# %s\n", error->message);
}

static int add_profile(uint32_t id, uint64_t cir, uint64_t cbs, uint64_t ebs, bool packets,
		       struct rte_mtr_error *error)
{
	struct rte_mtr_meter_profile profile = { .alg = RTE_MTR_SRTCM_RFC2697,
						 .packet_mode = packets,
						 .srtcm_rfc2697 = { cir, cbs, ebs } };

	return rte_mtr_meter_profile_add(0, id, &profile, error);
}

static int add_policy(uint32_t id, const struct rte_flow_action *green,
		      const struct rte_flow_action *red, struct rte_mtr_error *error)
{
	struct rte_mtr_meter_policy_params policy = { { green, NULL, red } };

	return rte_mtr_meter_policy_add(0, id, &policy, error);
}

static int make_meter(uint32_t id, uint32_t profile, bool shared, struct rte_mtr_error *error)
{
	struct rte_mtr_params params = { .meter_profile_id = profile,
					 .meter_policy_id = 1,
					 .meter_enable = 1 };

	return rte_mtr_create(0, id, &params, shared, error);
}

/* A port with policy 1, profile 1 of 1 MB/s and 10,000 bytes, and profile 2 of 1,000 packets/s and 5. */
static void open_metered(const char *options)
{
	struct rte_mtr_error error;

	open_port(options);
	start_port(&plain, 2);
	EQUAL(add_profile(1, 1000000, 10000, 0, false, &error), 0);
	EQUAL(add_profile(2, 1000, 5, 0, true, &error), 0);
	EQUAL(add_policy(1, nothing, drop, &error), 0);
}

static struct rte_flow *create(const struct rte_flow_action *actions)
{
	struct rte_flow_error error = { 0 };
	struct rte_flow *flow = rte_flow_create(0, &ingress, any, actions, &error);

	CHECK(flow != NULL);
	if (flow == NULL)
		printf("# %s\n", error.message);
	return flow;
}

static void check_refused(const struct rte_flow_action *actions, const char *message)
{
	struct rte_flow_error error = { 0 };

	CHECK(rte_flow_create(0, &ingress, any, actions, &error) == NULL);
	EQUAL(rte_errno, EINVAL);
	CHECK(error.message != NULL && strstr(error.message, message) != NULL);
}

static void words(void)
{
	struct rte_mtr_error error;
	struct rte_flow *flow;

	open_metered("");
	EQUAL(make_meter(7, 1, false, &error), 0);
	EQUAL(rule_word(0, RATE_WORD), 65536);
	EQUAL(rule_word(0, BURST_WORD), 10000);
	EQUAL(make_meter(8, 2, false, &error), 0);
	EQUAL(rule_word(1, RATE_WORD), 66); /* 65.5 */
	EQUAL(rule_word(1, BURST_WORD), 5);

	/* The rule's place and its meter's are not the same, and the meter's words stay. */
	flow = create((const struct rte_flow_action[]){ METER(8), ACTION(END) });
	EQUAL(rule_word(0, METER_WORD), 1 | 2 | 1 << 4);
	EQUAL(rule_word(0, RATE_WORD), 65536);
	EQUAL(rule_word(0, BURST_WORD), 10000);
	create(meter_7);
	EQUAL(rule_word(1, METER_WORD), 1);
	EQUAL(card_register(SEKISHO_NETWORK_FLOW_ENABLE), 3);

	EQUAL(rte_mtr_meter_disable(0, 8, &error), 0);
	EQUAL(rule_word(0, METER_WORD), 0);
	EQUAL(rule_word(1, METER_WORD), 1);
	EQUAL(rte_mtr_meter_profile_update(0, 8, 1, &error), 0);
	EQUAL(rule_word(1, RATE_WORD), 65536);
	EQUAL(rule_word(1, BURST_WORD), 10000);
	EQUAL(rte_mtr_meter_enable(0, 8, &error), 0);
	EQUAL(rule_word(0, METER_WORD), 1 | 1 << 4);

	EQUAL(rte_mtr_destroy(0, 8, &error), -EBUSY);
	check_error(&error, RTE_MTR_ERROR_TYPE_MTR_ID, "a flow rule has this meter");
	EQUAL(rte_flow_destroy(0, flow, NULL), 0);
	EQUAL(rte_mtr_destroy(0, 8, &error), 0);
	EQUAL(rte_mtr_destroy(0, 8, &error), -ENOENT);
	EQUAL(faults, 0);
	close_port();
}

static void refused(void)
{
	struct rte_mtr_meter_profile profile = { .alg = RTE_MTR_TRTCM_RFC2698 };
	struct rte_mtr_params params = { .meter_profile_id = 1,
					 .meter_policy_id = 1,
					 .stats_mask = RTE_MTR_STATS_N_PKTS_GREEN };
	struct rte_mtr_error error;

	open_metered("");
	EQUAL(rte_mtr_meter_profile_add(0, 3, &profile, &error), -EINVAL);
	check_error(&error, RTE_MTR_ERROR_TYPE_METER_PROFILE, "srtcm_rfc2697");
	EQUAL(add_profile(3, 15, 1, 0, false, &error), -EINVAL);
	check_error(&error, RTE_MTR_ERROR_TYPE_METER_PROFILE, "cir");
	EQUAL(add_profile(3, UINT64_C(65535000001), 1, 0, false, &error), -EINVAL);
	check_error(&error, RTE_MTR_ERROR_TYPE_METER_PROFILE, "cir");
	EQUAL(add_profile(3, 16, 0, 0, false, &error), -EINVAL);
	check_error(&error, RTE_MTR_ERROR_TYPE_METER_PROFILE, "cbs");
	EQUAL(add_profile(3, 16, 1 << 24, 0, false, &error), -EINVAL);
	check_error(&error, RTE_MTR_ERROR_TYPE_METER_PROFILE, "cbs");
	EQUAL(add_profile(3, 16, 1, 1, false, &error), -EINVAL);
	check_error(&error, RTE_MTR_ERROR_TYPE_METER_PROFILE, "ebs");
	EQUAL(add_profile(1, 16, 1, 0, false, &error), -EEXIST);
	/* The ends of what is possible */
	EQUAL(add_profile(3, 16, 1, 0, false, &error), 0);
	EQUAL(add_profile(4, UINT64_C(65535000000), (1 << 24) - 1, 0, false, &error), 0);
	EQUAL(make_meter(3, 3, false, &error), 0);
	EQUAL(rule_word(0, RATE_WORD), 1);
	EQUAL(make_meter(4, 4, false, &error), 0);
	EQUAL(rule_word(1, RATE_WORD), 65535u << 16);

	EQUAL(add_policy(2, drop, drop, &error), -ENOTSUP);
	check_error(&error, RTE_MTR_ERROR_TYPE_METER_POLICY, "green");
	EQUAL(add_policy(2, nothing, nothing, &error), -ENOTSUP);
	check_error(&error, RTE_MTR_ERROR_TYPE_METER_POLICY, "red");
	EQUAL(add_policy(2, NULL, NULL, &error), -ENOTSUP);
	EQUAL(add_policy(1, NULL, drop, &error), -EEXIST);
	EQUAL(add_policy(2, NULL, drop, &error), 0);

	EQUAL(make_meter(7, 9, false, &error), -ENOENT);
	check_error(&error, RTE_MTR_ERROR_TYPE_METER_PROFILE_ID, "profile");
	EQUAL(rte_mtr_create(0, 7, &params, 0, &error), -ENOTSUP);
	check_error(&error, RTE_MTR_ERROR_TYPE_STATS_MASK, "count");
	params.stats_mask = 0;
	params.meter_policy_id = 9;
	EQUAL(rte_mtr_create(0, 7, &params, 0, &error), -ENOENT);
	check_error(&error, RTE_MTR_ERROR_TYPE_METER_POLICY_ID, "policy");
	for (uint32_t id = 7; id < 13; id++)
		EQUAL(make_meter(id, 1, false, &error), 0);
	EQUAL(make_meter(12, 1, false, &error), -EEXIST);
	EQUAL(make_meter(13, 1, false, &error), -ENOSPC);
	check_error(&error, RTE_MTR_ERROR_TYPE_UNSPECIFIED, "in use");
	EQUAL(rte_mtr_meter_profile_delete(0, 1, &error), -EBUSY);
	EQUAL(rte_mtr_meter_profile_delete(0, 2, &error), 0);
	EQUAL(rte_mtr_meter_profile_delete(0, 2, &error), -ENOENT);
	EQUAL(rte_mtr_meter_policy_delete(0, 1, &error), -EBUSY);
	EQUAL(rte_mtr_meter_policy_delete(0, 2, &error), 0);
	EQUAL(rte_mtr_meter_policy_delete(0, 2, &error), -ENOENT);
	EQUAL(rte_mtr_meter_profile_update(0, 99, 1, &error), -ENOENT);
	EQUAL(rte_mtr_meter_profile_update(0, 7, 99, &error), -ENOENT);
	EQUAL(rte_mtr_meter_enable(0, 99, &error), -ENOENT);

	check_refused((const struct rte_flow_action[]){ METER(99), ACTION(END) }, "no meter");
	check_refused((const struct rte_flow_action[]){ METER(7), ACTION(DROP), ACTION(END) },
		      "dropped");
	check_refused((const struct rte_flow_action[]){ METER(7), METER(8), ACTION(END) }, "once");
	EQUAL(card_register(SEKISHO_NETWORK_FLOW_ENABLE), 0);
	EQUAL(faults, 0);
	close_port();
}

static void shared(void)
{
	struct rte_mtr_error error;

	open_metered("");
	EQUAL(make_meter(7, 1, false, &error), 0);
	EQUAL(make_meter(8, 2, true, &error), 0);
	create(meter_7);
	check_refused(meter_7, "not shared");
	for (unsigned int i = 0; i < 3; i++)
		create((const struct rte_flow_action[]){ METER(8), ACTION(END) });
	EQUAL(rule_word(3, METER_WORD), 1 | 2 | 1 << 4);
	EQUAL(rte_mtr_meter_disable(0, 8, &error), 0);
	for (unsigned int i = 0; i < 4; i++)
		EQUAL(rule_word(i, METER_WORD), i == 0 ? 1 : 0);
	EQUAL(rte_flow_flush(0, NULL), 0);
	create(meter_7);
	EQUAL(faults, 0);
	close_port();
}

static void capabilities(void)
{
	struct rte_mtr_capabilities answer = { 0 };
	struct rte_mtr_error error;

	open_metered("");
	EQUAL(rte_mtr_capabilities_get(0, &answer, &error), 0);
	EQUAL(answer.n_max, 8);
	EQUAL(answer.meter_srtcm_rfc2697_n_max, 8);
	EQUAL(answer.meter_trtcm_rfc2698_n_max, 0);
	EQUAL(answer.srtcm_rfc2697_packet_mode_supported, 1);
	EQUAL(answer.stats_mask, 0);
	close_port();
}

static void after_recovery(void)
{
	struct rte_mtr_error error;

	open_metered(",recovery=1");
	EQUAL(make_meter(3, 2, false, &error), 0);
	EQUAL(make_meter(7, 1, false, &error), 0);
	create(meter_7);
	for (unsigned int word = 0; word < 3 * 64; word++)
		card_set(SEKISHO_NETWORK_FLOW_RULES(word), 0);
	card_dies();
	EVENTUALLY(event_count(RTE_ETH_EVENT_RECOVERY_SUCCESS) == 1);
	EQUAL(rule_word(0, RATE_WORD), 66);
	EQUAL(rule_word(1, RATE_WORD), 65536);
	EQUAL(rule_word(1, BURST_WORD), 10000);
	EQUAL(rule_word(0, METER_WORD), 1 | 1 << 4);
	/* A reset of the port takes them away, as it does with the rules. */
	EQUAL(rte_eth_dev_stop(0), 0);
	EQUAL(rte_eth_dev_reset(0), 0);
	EQUAL(rte_mtr_destroy(0, 7, &error), -ENOENT);
	EQUAL(add_profile(1, 16, 1, 0, false, &error), 0);
	EQUAL(faults, 0);
	close_port();
}

int main(int argc, char **argv)
{
	static const struct test_case cases[] = {
		{ "meters and rules that use them, in the card's words", words },
		{ "what cannot be, with its cause", refused },
		{ "a meter of several rules", shared },
		{ "what a card says that it can", capabilities },
		{ "meters after a recovery and a reset", after_recovery },
	};

	return run_cases(argc, argv, cases, RTE_DIM(cases));
}
