/* SPDX-License-Identifier: BSD-3-Clause */

/* Which frames a port takes, and what becomes of their VLAN tags. */

#include <errno.h>
#include <string.h>

#include "sekisho_ethdev.h"

static int change_control(struct rte_eth_dev *dev, uint32_t set, uint32_t clear)
{
	int ret = sekisho_control_begin(dev);

	if (ret < 0)
		return ret;
	ret = sekisho_control_bits(dev, set, clear);
	sekisho_control_end(dev);
	return ret;
}

int sekisho_promiscuous_enable(struct rte_eth_dev *dev)
{
	return change_control(dev, SEKISHO_NETWORK_CONTROL_PROMISCUOUS_MASK, 0);
}

int sekisho_promiscuous_disable(struct rte_eth_dev *dev)
{
	return change_control(dev, 0, SEKISHO_NETWORK_CONTROL_PROMISCUOUS_MASK);
}

int sekisho_allmulticast_enable(struct rte_eth_dev *dev)
{
	return change_control(dev, SEKISHO_NETWORK_CONTROL_ALL_MULTICAST_MASK, 0);
}

int sekisho_allmulticast_disable(struct rte_eth_dev *dev)
{
	return change_control(dev, 0, SEKISHO_NETWORK_CONTROL_ALL_MULTICAST_MASK);
}

/* --- addresses ------------------------------------------------------------------------------- */

int sekisho_mac_addr_set(struct rte_eth_dev *dev, struct rte_ether_addr *address)
{
	struct sekisho_adapter *adapter = sekisho_adapter(dev);
	int ret = sekisho_control_begin(dev);

	if (ret < 0)
		return ret;
	sekisho_lock(adapter);
	ret = sekisho_mac_set(adapter->device, address->addr_bytes);
	sekisho_unlock(adapter);
	sekisho_control_end(dev);
	return ret;
}

/* Gives a filter of the card another use. Called within sekisho_control_begin(). */
static int use_filter(struct sekisho_adapter *adapter, unsigned int index,
		      enum sekisho_filter_use use, const struct rte_ether_addr *address)
{
	struct sekisho_filter *filter = &adapter->filters[index];
	int ret;

	sekisho_lock(adapter);
	ret = sekisho_mac_filter_set(adapter->device, index,
				     use == SEKISHO_FILTER_FREE ? NULL : address->addr_bytes);
	sekisho_unlock(adapter);
	if (ret < 0)
		return ret;
	filter->use = use;
	if (use != SEKISHO_FILTER_FREE)
		filter->address = *address;
	return 0;
}

/* The filter of that use and address, or a free one where use is that; -1: none. */
static int find_filter(const struct sekisho_adapter *adapter, enum sekisho_filter_use use,
		       const struct rte_ether_addr *address)
{
	for (unsigned int i = 0; i < RTE_DIM(adapter->filters); i++)
		if (adapter->filters[i].use == use &&
		    (use == SEKISHO_FILTER_FREE ||
		     rte_is_same_ether_addr(&adapter->filters[i].address, address)))
			return i;
	return -1;
}

int sekisho_mac_addr_add(struct rte_eth_dev *dev, struct rte_ether_addr *address,
			 uint32_t index __rte_unused, uint32_t pool __rte_unused)
{
	struct sekisho_adapter *adapter = sekisho_adapter(dev);
	int ret = sekisho_control_begin(dev), place;

	if (ret < 0)
		return ret;
	/* The library adds all addresses again when the port starts. */
	if (find_filter(adapter, SEKISHO_FILTER_ADDRESS, address) < 0) {
		place = find_filter(adapter, SEKISHO_FILTER_FREE, NULL);
		if (place < 0) {
			PMD_DRV_LOG(ERR,
				    "no room for another address: all %u filters of the card are "
				    "in use, by addresses and by multicast groups",
				    SEKISHO_MAC_FILTERS);
			ret = -ENOSPC;
		} else {
			ret = use_filter(adapter, place, SEKISHO_FILTER_ADDRESS, address);
		}
	}
	sekisho_control_end(dev);
	return ret;
}

void sekisho_mac_addr_remove(struct rte_eth_dev *dev, uint32_t index)
{
	struct sekisho_adapter *adapter = sekisho_adapter(dev);
	const struct rte_ether_addr *address = &dev->data->mac_addrs[index];
	int place;

	/* Also while the card is looked for: the new one must not get the address. */
	pthread_mutex_lock(&adapter->control);
	place = find_filter(adapter, SEKISHO_FILTER_ADDRESS, address);
	if (place >= 0 && use_filter(adapter, place, SEKISHO_FILTER_FREE, NULL) < 0)
		adapter->filters[place].use = SEKISHO_FILTER_FREE;
	pthread_mutex_unlock(&adapter->control);
}

int sekisho_mc_addr_list(struct rte_eth_dev *dev, struct rte_ether_addr *list, uint32_t count)
{
	struct sekisho_adapter *adapter = sekisho_adapter(dev);
	unsigned int room = 0;
	int ret = sekisho_control_begin(dev), place;

	if (ret < 0)
		return ret;
	for (unsigned int i = 0; i < RTE_DIM(adapter->filters); i++)
		room += adapter->filters[i].use != SEKISHO_FILTER_ADDRESS;
	if (count > room) {
		PMD_DRV_LOG(ERR,
			    "%u multicast addresses, but only %u of the card's %u filters are not "
			    "in use by addresses; all multicast takes every group",
			    count, room, SEKISHO_MAC_FILTERS);
		ret = -ENOSPC;
	}
	for (unsigned int i = 0; i < RTE_DIM(adapter->filters) && ret == 0; i++)
		if (adapter->filters[i].use == SEKISHO_FILTER_MULTICAST)
			ret = use_filter(adapter, i, SEKISHO_FILTER_FREE, NULL);
	for (uint32_t i = 0; i < count && ret == 0; i++) {
		place = find_filter(adapter, SEKISHO_FILTER_FREE, NULL);
		ret = use_filter(adapter, place, SEKISHO_FILTER_MULTICAST, &list[i]);
	}
	sekisho_control_end(dev);
	return ret;
}

int sekisho_filters_apply(struct rte_eth_dev *dev)
{
	struct sekisho_adapter *adapter = sekisho_adapter(dev);
	uint32_t on = 0;
	int ret;

	sekisho_lock(adapter);
	ret = sekisho_mac_set(adapter->device, dev->data->mac_addrs[0].addr_bytes);
	for (unsigned int i = 0; i < RTE_DIM(adapter->filters) && ret == 0; i++)
		if (adapter->filters[i].use != SEKISHO_FILTER_FREE)
			ret = sekisho_mac_filter_set(adapter->device, i,
						     adapter->filters[i].address.addr_bytes);
	sekisho_unlock(adapter);
	if (dev->data->promiscuous)
		on |= SEKISHO_NETWORK_CONTROL_PROMISCUOUS_MASK;
	if (dev->data->all_multicast)
		on |= SEKISHO_NETWORK_CONTROL_ALL_MULTICAST_MASK;
	if (ret == 0 && on != 0)
		ret = sekisho_control_bits(dev, on, 0);
	return ret;
}

/* --- VLAN ------------------------------------------------------------------------------------ */

static void set_strip(struct rte_eth_dev *dev, uint16_t id, bool on)
{
	struct sekisho_rx_queue *rxq = dev->data->rx_queues[id];

	if (rxq == NULL)
		return;
	rxq->strip = on;
	if (on)
		rxq->offloads |= RTE_ETH_RX_OFFLOAD_VLAN_STRIP;
	else
		rxq->offloads &= ~RTE_ETH_RX_OFFLOAD_VLAN_STRIP;
}

/* The plain burst function strips nothing: a running port may need the other one now. */
static void choose_bursts(struct rte_eth_dev *dev)
{
	if (dev->data->dev_started &&
	    sekisho_adapter_state(sekisho_adapter(dev)) == SEKISHO_PRESENT)
		sekisho_enable_bursts(dev);
}

int sekisho_vlan_offload_set(struct rte_eth_dev *dev, int mask)
{
	bool on = dev->data->dev_conf.rxmode.offloads & RTE_ETH_RX_OFFLOAD_VLAN_STRIP;
	int ret = sekisho_control_begin(dev);

	if (ret < 0)
		return ret;
	/* The library lets nothing else through: no other offload of VLANs is offered. */
	if (mask & RTE_ETH_VLAN_STRIP_MASK) {
		for (uint16_t id = 0; id < dev->data->nb_rx_queues; id++)
			set_strip(dev, id, on);
		choose_bursts(dev);
	}
	sekisho_control_end(dev);
	return 0;
}

void sekisho_vlan_strip_queue_set(struct rte_eth_dev *dev, uint16_t id, int on)
{
	if (sekisho_control_begin(dev) < 0)
		return;
	set_strip(dev, id, on != 0);
	choose_bursts(dev);
	sekisho_control_end(dev);
}
