/* SPDX-License-Identifier: BSD-3-Clause */

/* Receive side scaling: hash types, key and redirection table. */

#include <errno.h>
#include <string.h>

#include <rte_errno.h>

#include "sekisho_ethdev.h"

static_assert(SEKISHO_RSS_KEY_SIZE == sizeof(((struct sekisho_adapter *)0)->rss_key), "key size");
static_assert(SEKISHO_RSS_TABLE_SIZE == sizeof(((struct sekisho_adapter *)0)->rss_table),
	      "table size");

/* The key of the Toeplitz hash's published test vectors, which most cards start with. */
static const uint8_t default_key[SEKISHO_RSS_KEY_SIZE] = {
	0x6d, 0x5a, 0x56, 0xda, 0x25, 0x5b, 0x0e, 0xc2, 0x41, 0x67, 0x25, 0x3d, 0x43, 0xa3,
	0x8f, 0xb0, 0xd0, 0xca, 0x2b, 0xcb, 0xae, 0x7b, 0x30, 0xb4, 0x77, 0xcb, 0x2d, 0xa3,
	0x80, 0x30, 0xf2, 0x0c, 0x6a, 0x42, 0xb7, 0x3b, 0xbe, 0xac, 0x01, 0xfa,
};

static const struct {
	uint64_t hf;
	uint32_t type;
} types[] = {
	{ RTE_ETH_RSS_IPV4, SEKISHO_NETWORK_RSS_TYPES_IPV4_MASK },
	{ RTE_ETH_RSS_NONFRAG_IPV4_TCP, SEKISHO_NETWORK_RSS_TYPES_IPV4_TCP_MASK },
	{ RTE_ETH_RSS_NONFRAG_IPV4_UDP, SEKISHO_NETWORK_RSS_TYPES_IPV4_UDP_MASK },
	{ RTE_ETH_RSS_IPV6, SEKISHO_NETWORK_RSS_TYPES_IPV6_MASK },
	{ RTE_ETH_RSS_NONFRAG_IPV6_TCP, SEKISHO_NETWORK_RSS_TYPES_IPV6_TCP_MASK },
	{ RTE_ETH_RSS_NONFRAG_IPV6_UDP, SEKISHO_NETWORK_RSS_TYPES_IPV6_UDP_MASK },
};

static uint32_t card_types(uint64_t hf)
{
	uint32_t value = 0;

	for (unsigned int i = 0; i < RTE_DIM(types); i++)
		if (hf & types[i].hf)
			value |= types[i].type;
	return value;
}

int sekisho_rss_configure(struct rte_eth_dev *dev)
{
	struct sekisho_adapter *adapter = sekisho_adapter(dev);
	const struct rte_eth_rss_conf *config = &dev->data->dev_conf.rx_adv_conf.rss_conf;
	bool on = dev->data->dev_conf.rxmode.mq_mode & RTE_ETH_MQ_RX_RSS_FLAG;

	adapter->rss_hf = on ? config->rss_hf & SEKISHO_RSS_HF : 0;
	memcpy(adapter->rss_key, default_key, sizeof(adapter->rss_key));
	if (on && config->rss_key != NULL) {
		if (config->rss_key_len != 0 && config->rss_key_len != sizeof(adapter->rss_key)) {
			PMD_DRV_LOG(ERR, "an RSS key has %zu bytes, not %u",
				    sizeof(adapter->rss_key), config->rss_key_len);
			return -EINVAL;
		}
		memcpy(adapter->rss_key, config->rss_key, sizeof(adapter->rss_key));
	}
	for (unsigned int i = 0; i < RTE_DIM(adapter->rss_table); i++)
		adapter->rss_table[i] =
			on && dev->data->nb_rx_queues != 0 ? i % dev->data->nb_rx_queues : 0;
	return 0;
}

int sekisho_rss_apply(struct rte_eth_dev *dev)
{
	struct sekisho_adapter *adapter = sekisho_adapter(dev);
	uint32_t value = card_types(adapter->rss_hf);
	int ret;

	sekisho_lock(adapter);
	ret = sekisho_rss_set(adapter->device, &value, adapter->rss_key, adapter->rss_table);
	sekisho_unlock(adapter);
	return ret;
}

int sekisho_rss_hash_update(struct rte_eth_dev *dev, struct rte_eth_rss_conf *config)
{
	struct sekisho_adapter *adapter = sekisho_adapter(dev);
	uint32_t value = card_types(config->rss_hf);
	int ret;

	if (config->rss_hf & ~SEKISHO_RSS_HF)
		return -EINVAL;
	if (config->rss_key != NULL && config->rss_key_len != sizeof(adapter->rss_key)) {
		PMD_DRV_LOG(ERR, "an RSS key has %zu bytes, not %u", sizeof(adapter->rss_key),
			    config->rss_key_len);
		return -EINVAL;
	}
	ret = sekisho_control_begin(dev);
	if (ret < 0)
		return ret;
	sekisho_lock(adapter);
	ret = sekisho_rss_set(adapter->device, &value, config->rss_key, NULL);
	sekisho_unlock(adapter);
	if (ret == 0) {
		adapter->rss_hf = config->rss_hf;
		if (config->rss_key != NULL)
			memcpy(adapter->rss_key, config->rss_key, sizeof(adapter->rss_key));
	}
	sekisho_control_end(dev);
	return ret;
}

int sekisho_rss_hash_conf_get(struct rte_eth_dev *dev, struct rte_eth_rss_conf *config)
{
	const struct sekisho_adapter *adapter = sekisho_adapter(dev);

	config->rss_hf = adapter->rss_hf;
	if (config->rss_key != NULL && config->rss_key_len >= sizeof(adapter->rss_key))
		memcpy(config->rss_key, adapter->rss_key, sizeof(adapter->rss_key));
	config->rss_key_len = sizeof(adapter->rss_key);
	return 0;
}

int sekisho_reta_update(struct rte_eth_dev *dev, struct rte_eth_rss_reta_entry64 *reta,
			uint16_t size)
{
	struct sekisho_adapter *adapter = sekisho_adapter(dev);
	uint8_t table[SEKISHO_RSS_TABLE_SIZE];
	int ret;

	if (size != RTE_DIM(table)) {
		PMD_DRV_LOG(ERR, "the redirection table has %zu entries, not %u", RTE_DIM(table),
			    size);
		return -EINVAL;
	}
	memcpy(table, adapter->rss_table, sizeof(table));
	for (unsigned int i = 0; i < size; i++) {
		const struct rte_eth_rss_reta_entry64 *group = &reta[i / RTE_ETH_RETA_GROUP_SIZE];
		unsigned int at = i % RTE_ETH_RETA_GROUP_SIZE;

		if (!(group->mask & (UINT64_C(1) << at)))
			continue;
		if (group->reta[at] >= dev->data->nb_rx_queues) {
			PMD_DRV_LOG(ERR, "redirection entry %u: there is no rx queue %u", i,
				    group->reta[at]);
			return -EINVAL;
		}
		table[i] = group->reta[at];
	}
	ret = sekisho_control_begin(dev);
	if (ret < 0)
		return ret;
	sekisho_lock(adapter);
	ret = sekisho_rss_set(adapter->device, NULL, NULL, table);
	sekisho_unlock(adapter);
	if (ret == 0)
		memcpy(adapter->rss_table, table, sizeof(table));
	sekisho_control_end(dev);
	return ret;
}

int sekisho_reta_query(struct rte_eth_dev *dev, struct rte_eth_rss_reta_entry64 *reta,
		       uint16_t size)
{
	const struct sekisho_adapter *adapter = sekisho_adapter(dev);

	if (size != RTE_DIM(adapter->rss_table))
		return -EINVAL;
	for (unsigned int i = 0; i < size; i++) {
		struct rte_eth_rss_reta_entry64 *group = &reta[i / RTE_ETH_RETA_GROUP_SIZE];
		unsigned int at = i % RTE_ETH_RETA_GROUP_SIZE;

		if (group->mask & (UINT64_C(1) << at))
			group->reta[at] = adapter->rss_table[i];
	}
	return 0;
}
