/* SPDX-License-Identifier: BSD-3-Clause */

/* Actions of flow rules. */

#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include <rte_flow_driver.h>

#include "sekisho_ethdev.h"

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

static int check_change(const struct rte_flow_action *action, const struct sekisho_flow_rule *rule,
			struct rte_flow_error *error)
{
	uint32_t is = rule->value.packet, known = rule->mask.packet;
	uint32_t protocol = is & known & SEKISHO_FLOW_KEY_PACKET_PROTOCOL_MASK;
	bool whole = (known & ~is & SEKISHO_FLOW_KEY_PACKET_FRAGMENT_MASK) ||
		     (known & is & SEKISHO_FLOW_KEY_PACKET_LAYER4_FOUND_MASK);
	const char *message = NULL;

	/* The checksums follow from the old value and the new one, so the old one has to be known. */
	if (action->type == RTE_FLOW_ACTION_TYPE_SET_IPV4_DST &&
	    (!(is & known & SEKISHO_FLOW_KEY_PACKET_IPV4_MASK) ||
	     rule->mask.destination[3] != UINT32_MAX || !whole))
		message = "set_ipv4_dst: the pattern must have an ipv4 item with all of dst_addr, "
			  "and one of tcp, udp, sctp and icmp";
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

static int parse_change(const struct rte_flow_action *action, struct sekisho_flow_rule *rule,
			struct rte_flow_error *error)
{
	const struct rte_flow_action_set_mac *mac = action->conf;
	const struct rte_flow_action_set_ipv4 *ipv4 = action->conf;
	const struct rte_flow_action_set_tp *tp = action->conf;
	uint32_t sum = SEKISHO_FIELD_GET(SEKISHO_FLOW_RULE_CHANGE_LAYER4_SUM, rule->change);
	uint32_t ip_sum = SEKISHO_FIELD_GET(SEKISHO_FLOW_RULE_CHANGE_IP_SUM, rule->change);
	int ret = check_change(action, rule, error);

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

static int parse_meter(struct rte_eth_dev *dev, const struct rte_flow_action *action,
		       struct rte_flow *flow, struct rte_flow_error *error)
{
	const struct rte_flow_action_meter *meter = action->conf;
	const char *message = sekisho_meter_use(sekisho_adapter(dev), meter->mtr_id, flow);

	if (message == NULL)
		return 0;
	return rte_flow_error_set(error, EINVAL, RTE_FLOW_ERROR_TYPE_ACTION_CONF, action, message);
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
enum kind_of_action { FATE, MARK, COUNT, AGE, METER, SET_MAC, SET_IPV4, SET_PORT, ACTION_KINDS };

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
	case RTE_FLOW_ACTION_TYPE_METER:
		return METER;
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
				"mark, count, age, meter, set_mac_dst, set_ipv4_dst and set_tp_dst "
				"are");
		if (found[kind] != NULL)
			return rte_flow_error_set(
				error, EINVAL, RTE_FLOW_ERROR_TYPE_ACTION, action,
				"a rule has one of queue, drop, rss, passthru and jump, "
				"and mark, count, age, meter and each of set_* once");
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
	static const enum kind_of_action shown[] = { MARK, METER, SET_MAC, SET_IPV4, SET_PORT };
	enum rte_flow_action_type fate =
		found[FATE] != NULL ? found[FATE]->type : RTE_FLOW_ACTION_TYPE_PASSTHRU;

	if (fate != RTE_FLOW_ACTION_TYPE_DROP && fate != RTE_FLOW_ACTION_TYPE_JUMP)
		return 0;
	for (unsigned int i = 0; i < RTE_DIM(shown); i++)
		if (found[shown[i]] != NULL)
			return rte_flow_error_set(
				error, EINVAL, RTE_FLOW_ERROR_TYPE_ACTION, found[shown[i]],
				fate == RTE_FLOW_ACTION_TYPE_DROP ?
					"nobody sees mark, meter and set_* of a frame that is "
					"dropped" :
					"beside jump there is no mark, no meter and no set_*: they "
					"are for the rules of the group");
	return 0;
}

int sekisho_flow_parse_actions(struct rte_eth_dev *dev, const struct rte_flow_action *actions,
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
			ret = parse_change(found[kind], &flow->rule, error);
	if (ret == 0 && found[METER] != NULL)
		ret = parse_meter(dev, found[METER], flow, error);
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
