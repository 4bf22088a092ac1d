/* SPDX-License-Identifier: BSD-3-Clause */

/*
 * Flow rules. A frame gets the first matching rule's action. A handle points into the adapter: one that is out of
 * date is recognized. What the card gets for all rules together is made in sekisho_flow_table.c.
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <rte_errno.h>
#include <rte_flow_driver.h>

#include "sekisho_ethdev.h"

static int check_attributes(const struct rte_flow_attr *attr, struct rte_flow_error *error)
{
	if (attr == NULL)
		return rte_flow_error_set(error, EINVAL, RTE_FLOW_ERROR_TYPE_ATTR, NULL,
					  "a rule needs attributes");
	if (attr->priority != 0)
		return rte_flow_error_set(error, ENOTSUP, RTE_FLOW_ERROR_TYPE_ATTR_PRIORITY, attr,
					  "there is one priority, 0");
	if (attr->egress)
		return rte_flow_error_set(error, ENOTSUP, RTE_FLOW_ERROR_TYPE_ATTR_EGRESS, attr,
					  "rules are for received frames only, not for egress");
	if (attr->transfer)
		return rte_flow_error_set(error, ENOTSUP, RTE_FLOW_ERROR_TYPE_ATTR_TRANSFER, attr,
					  "rules are a port's own: transfer is not supported");
	if (!attr->ingress)
		return rte_flow_error_set(error, EINVAL, RTE_FLOW_ERROR_TYPE_ATTR_INGRESS, attr,
					  "rules are for received frames: ingress must be set");
	return 0;
}

static int parse(struct rte_eth_dev *dev, const struct rte_flow_attr *attr,
		 const struct rte_flow_item *items, const struct rte_flow_action *actions,
		 struct rte_flow *flow, struct rte_flow_error *error)
{
	int ret;

	ret = check_attributes(attr, error);
	if (ret == 0)
		flow->group = attr->group;
	if (ret == 0)
		ret = sekisho_flow_parse_pattern(items, &flow->rule, error);
	if (ret == 0)
		ret = sekisho_flow_parse_actions(dev, actions, flow, error);
	return ret;
}

/* Takes a rule away. Called within the control lock. */
static int remove_rule(struct sekisho_adapter *adapter, struct rte_flow *flow)
{
	unsigned int needed;
	int ret;

	flow->used = false;
	ret = sekisho_flow_table_update(adapter, &needed);
	if (ret < 0)
		flow->used = true;
	else
		memset(flow, 0, sizeof(*flow));
	return ret;
}

int sekisho_flows_clear(struct rte_eth_dev *dev)
{
	struct sekisho_adapter *adapter = sekisho_adapter(dev);
	int ret = 0;

	for (unsigned int i = 0; i < RTE_DIM(adapter->flows); i++)
		if (adapter->flows[i].used)
			ret = RTE_MIN(ret, remove_rule(adapter, &adapter->flows[i]));
	return ret;
}

int sekisho_flows_check_queues(const struct rte_eth_dev *dev)
{
	const struct sekisho_adapter *adapter = sekisho_adapter(dev);

	for (unsigned int i = 0; i < RTE_DIM(adapter->flows); i++) {
		uint32_t action = adapter->flows[i].rule.action;
		unsigned int queue = SEKISHO_FIELD_GET(SEKISHO_FLOW_RULE_ACTION_QUEUE, action);

		if (!(action & SEKISHO_FLOW_RULE_ACTION_STEER_MASK) ||
		    queue < dev->data->nb_rx_queues)
			continue;
		PMD_DRV_LOG(ERR,
			    "port %u: a flow rule gives frames to rx queue %u, which %u queues do "
			    "not have: destroy the rule first",
			    dev->data->port_id, queue, dev->data->nb_rx_queues);
		return -EINVAL;
	}
	return 0;
}

/* --- operations ------------------------------------------------------------------------------ */

static int begin(struct rte_eth_dev *dev, struct rte_flow_error *error)
{
	int ret = sekisho_control_begin(dev);

	if (ret < 0)
		return rte_flow_error_set(error, -ret, RTE_FLOW_ERROR_TYPE_STATE, NULL,
					  ret == -EBUSY ? "the card is looked for" :
							  "the card is gone");
	return 0;
}

/* The rule of a handle; NULL after an error. */
static struct rte_flow *find_rule(struct sekisho_adapter *adapter, const struct rte_flow *handle,
				  struct rte_flow_error *error)
{
	for (unsigned int i = 0; i < RTE_DIM(adapter->flows); i++)
		if (&adapter->flows[i] == handle && handle->used)
			return &adapter->flows[i];
	rte_flow_error_set(error, ENOENT, RTE_FLOW_ERROR_TYPE_HANDLE, handle,
			   "there is no such rule any more");
	return NULL;
}

static int flow_validate(struct rte_eth_dev *dev, const struct rte_flow_attr *attr,
			 const struct rte_flow_item items[], const struct rte_flow_action actions[],
			 struct rte_flow_error *error)
{
	struct rte_flow flow = { 0 };
	int ret = begin(dev, error);

	if (ret < 0)
		return ret;
	ret = parse(dev, attr, items, actions, &flow, error);
	sekisho_control_end(dev);
	return ret;
}

/* Gives the card a rule that is in its place among the others. */
static int add_rule(struct rte_eth_dev *dev, struct rte_flow *flow, struct rte_flow_error *error)
{
	struct sekisho_adapter *adapter = sekisho_adapter(dev);
	const char *message = "the card does not take the rule";
	unsigned int needed, unused;
	int ret = sekisho_flow_table_update(adapter, &needed);

	if (ret == 0 && flow->timeout != 0) {
		message = "no alarm, so the rule would not age";
		ret = sekisho_flow_age_start(dev);
	}
	if (ret == 0)
		return 0;
	memset(flow, 0, sizeof(*flow));
	if (ret == -ENOSPC) {
		snprintf(adapter->flow_message, sizeof(adapter->flow_message),
			 "all of the card's rules are in use: with this one it would need %u of "
			 "them, and has %zu",
			 needed, RTE_DIM(adapter->flow_places));
		return rte_flow_error_set(error, ENOSPC, RTE_FLOW_ERROR_TYPE_UNSPECIFIED, NULL,
					  adapter->flow_message);
	}
	/* A part of the rule may be in the card. Should this fail, too, the next change mends it. */
	(void)sekisho_flow_table_update(adapter, &unused);
	return rte_flow_error_set(error, -ret, RTE_FLOW_ERROR_TYPE_UNSPECIFIED, NULL, message);
}

static struct rte_flow *flow_create(struct rte_eth_dev *dev, const struct rte_flow_attr *attr,
				    const struct rte_flow_item items[],
				    const struct rte_flow_action actions[],
				    struct rte_flow_error *error)
{
	struct sekisho_adapter *adapter = sekisho_adapter(dev);
	struct rte_flow flow = { .used = true }, *place = adapter->flows;
	int ret;

	if (begin(dev, error) < 0)
		return NULL;
	ret = parse(dev, attr, items, actions, &flow, error);
	while (ret == 0 && place->used)
		if (++place == adapter->flows + RTE_DIM(adapter->flows))
			ret = rte_flow_error_set(error, ENOSPC, RTE_FLOW_ERROR_TYPE_UNSPECIFIED,
						 NULL,
						 "the driver holds " RTE_STR(
							 SEKISHO_MAX_FLOWS) " rules of all groups");
	if (ret == 0) {
		*place = flow;
		ret = add_rule(dev, place, error);
	}
	sekisho_control_end(dev);
	return ret == 0 ? place : NULL;
}

/* Allowed in every state of the card, as flush. */
static int flow_destroy(struct rte_eth_dev *dev, struct rte_flow *handle,
			struct rte_flow_error *error)
{
	struct sekisho_adapter *adapter = sekisho_adapter(dev);
	struct rte_flow *flow;
	int ret;

	pthread_mutex_lock(&adapter->control);
	flow = find_rule(adapter, handle, error);
	ret = flow != NULL ? remove_rule(adapter, flow) : -rte_errno;
	if (flow != NULL && ret < 0)
		rte_flow_error_set(error, -ret, RTE_FLOW_ERROR_TYPE_HANDLE, handle,
				   "the card keeps the rule");
	pthread_mutex_unlock(&adapter->control);
	return ret;
}

static int flow_flush(struct rte_eth_dev *dev, struct rte_flow_error *error)
{
	struct sekisho_adapter *adapter = sekisho_adapter(dev);
	int ret;

	pthread_mutex_lock(&adapter->control);
	ret = sekisho_flows_clear(dev);
	if (ret < 0)
		rte_flow_error_set(error, -ret, RTE_FLOW_ERROR_TYPE_UNSPECIFIED, NULL,
				   "the card keeps some rules");
	pthread_mutex_unlock(&adapter->control);
	return ret;
}

static void query_count(struct rte_flow *flow, struct rte_flow_query_count *count)
{
	count->hits_set = count->bytes_set = 1;
	count->hits = flow->packets;
	count->bytes = flow->bytes;
	if (count->reset)
		flow->packets = flow->bytes = 0;
}

static void query_age(struct sekisho_adapter *adapter, struct rte_flow *flow,
		      struct rte_flow_query_age *age)
{
	sekisho_flows_age(adapter);
	age->aged = flow->aged;
	age->sec_since_last_hit_valid = 1;
	age->sec_since_last_hit = sekisho_flow_idle_seconds(flow);
}

static int flow_query(struct rte_eth_dev *dev, struct rte_flow *handle,
		      const struct rte_flow_action *action, void *data,
		      struct rte_flow_error *error)
{
	struct sekisho_adapter *adapter = sekisho_adapter(dev);
	bool age = action->type == RTE_FLOW_ACTION_TYPE_AGE;
	struct rte_flow *flow;
	int ret;

	if (!age && action->type != RTE_FLOW_ACTION_TYPE_COUNT)
		return rte_flow_error_set(error, ENOTSUP, RTE_FLOW_ERROR_TYPE_ACTION, action,
					  "only count and age can be asked for");
	ret = begin(dev, error);
	if (ret < 0)
		return ret;
	flow = find_rule(adapter, handle, error);
	if (flow == NULL)
		ret = -rte_errno;
	else if (age ? flow->timeout == 0 : !flow->counts)
		ret = rte_flow_error_set(error, EINVAL, RTE_FLOW_ERROR_TYPE_ACTION, action,
					 age ? "the rule was made without age" :
					       "the rule was made without count");
	else if (sekisho_flow_table_count(adapter) < 0)
		ret = rte_flow_error_set(error, EIO, RTE_FLOW_ERROR_TYPE_HANDLE, flow,
					 "the rule's counter cannot be read");
	else if (age)
		query_age(adapter, flow, data);
	else
		query_count(flow, data);
	sekisho_control_end(dev);
	return ret;
}

static int flow_get_aged(struct rte_eth_dev *dev, void **contexts, uint32_t count,
			 struct rte_flow_error *error)
{
	struct sekisho_adapter *adapter = sekisho_adapter(dev);
	uint32_t aged = 0;
	int ret;

	if (count != 0 && contexts == NULL)
		return rte_flow_error_set(error, EINVAL, RTE_FLOW_ERROR_TYPE_UNSPECIFIED, NULL,
					  "there is no place for the contexts");
	ret = begin(dev, error);
	if (ret < 0)
		return ret;
	sekisho_flows_age(adapter);
	adapter->age_new = adapter->age_told = false;
	for (unsigned int i = 0; i < RTE_DIM(adapter->flows); i++) {
		struct rte_flow *flow = &adapter->flows[i];

		if (!flow->used || !flow->aged || (count != 0 && aged == count))
			continue;
		if (count != 0)
			contexts[aged] = flow->context != NULL ? flow->context : flow;
		aged++;
	}
	sekisho_control_end(dev);
	return aged;
}

int sekisho_flow_ops_get(struct rte_eth_dev *dev __rte_unused, const struct rte_flow_ops **ops)
{
	static const struct rte_flow_ops flow_ops = {
		.validate = flow_validate,
		.create = flow_create,
		.destroy = flow_destroy,
		.flush = flow_flush,
		.query = flow_query,
		.get_aged_flows = flow_get_aged,
	};

	*ops = &flow_ops;
	return 0;
}

int sekisho_rx_metadata_negotiate(struct rte_eth_dev *dev __rte_unused, uint64_t *features)
{
	*features &= RTE_ETH_RX_METADATA_USER_MARK;
	return 0;
}
