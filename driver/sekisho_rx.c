/* SPDX-License-Identifier: BSD-3-Clause */

/*
 * Receive. The ring of descriptors holds empty buffers; completion number n of a queue belongs to
 * descriptor number n. Both counts run freely in 16 bits, as the card's do.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_errno.h>
#include <rte_malloc.h>
#include <rte_mbuf_dyn.h>

#include "sekisho_rx.h"

struct sekisho_type_entry sekisho_types[256];

static inline void fill_mbuf(const struct sekisho_rx_queue *rxq,
			     const struct sekisho_rx_completion *completion, uint16_t length,
			     struct rte_mbuf *mbuf)
{
	const struct sekisho_type_entry *type = &sekisho_types[(completion->packet >> 16) & 0xff];

	*sekisho_mbuf_rearm(mbuf) = rxq->rearm;
	mbuf->ol_flags = sekisho_rx_flags(rxq, completion) | type->flags;
	mbuf->packet_type = type->packet_type;
	mbuf->pkt_len = length;
	mbuf->data_len = length;
	mbuf->vlan_tci = SEKISHO_FIELD_GET(SEKISHO_RX_COMPLETION_SUM_VLAN_TCI, completion->sum);
	mbuf->hash.rss = completion->rss_hash;
	sekisho_rx_mark(completion, mbuf);
}

/*
 * A completion that is not the plain next one. Returns false when the card has not written it yet.
 * Otherwise the descriptor was used without a frame: its buffer goes back to the pool.
 */
static bool take_error(struct sekisho_rx_queue *rxq, uint32_t difference)
{
	if (difference & SEKISHO_RX_COMPLETION_STATUS_PHASE_MASK)
		return false;
	rxq->stats->errors++;
	rte_mempool_put(rxq->pool, rxq->mbufs[rxq->head & rxq->mask]);
	rxq->head++;
	return true;
}

uint16_t sekisho_rx_burst(void *queue, struct rte_mbuf **mbufs, uint16_t count)
{
	struct sekisho_rx_queue *rxq = queue;
	uint64_t bytes = 0;
	uint16_t received = 0, held;

	if (unlikely(!sekisho_gate_enter(&rxq->gate))) {
		sekisho_gate_leave(&rxq->gate);
		return 0;
	}
	/* Never past what the card was given, whatever the completions say. */
	held = rxq->tail - rxq->head;
	while (received < count && held-- != 0) {
		uint16_t at = rxq->head & rxq->mask;
		const struct sekisho_rx_completion *completion = &rxq->completions[at];
		/* Pairs with the card writing the status word last: the rest is there when it is. */
		uint32_t status = __atomic_load_n(&completion->status, __ATOMIC_ACQUIRE);
		uint32_t difference = status ^ sekisho_rx_expected(rxq, rxq->head);
		uint16_t length;
		struct rte_mbuf *mbuf;

		length = SEKISHO_FIELD_GET(SEKISHO_RX_COMPLETION_PACKET_LENGTH, completion->packet);
		if (unlikely((difference &
			      (SEKISHO_RX_STATUS_BITS | SEKISHO_RX_COMPLETION_STATUS_MORE_MASK)) ||
			     length > rxq->buffer_size)) {
			if (!take_error(rxq, difference))
				break;
			continue;
		}
		mbuf = rxq->mbufs[at];
		rte_prefetch0(&rxq->completions[(at + 2) & rxq->mask]);
		rte_prefetch0(rxq->mbufs[(at + 2) & rxq->mask]);
		fill_mbuf(rxq, completion, length, mbuf);
		bytes += length;
		mbufs[received++] = mbuf;
		rxq->head++;
	}
	rxq->stats->packets += received;
	rxq->stats->bytes += bytes;
	if (sekisho_rx_free(rxq) >= rxq->refill)
		sekisho_rx_refill(rxq);
	sekisho_gate_leave(&rxq->gate);
	return received;
}

SEKISHO_QUEUE_COUNT sekisho_rx_queue_count(void *queue)
{
	const struct sekisho_rx_queue *rxq = queue;
	uint16_t held = rxq->tail - rxq->head;
	uint32_t count;

	for (count = 0; count < held; count++)
		if (sekisho_rx_descriptor_status(queue, count) != RTE_ETH_RX_DESC_DONE)
			break;
	return count;
}

int sekisho_rx_descriptor_status(void *queue, uint16_t offset)
{
	const struct sekisho_rx_queue *rxq = queue;
	uint16_t number = rxq->head + offset;
	uint32_t status;

	if (offset >= rxq->size)
		return -EINVAL;
	if (offset >= (uint16_t)(rxq->tail - rxq->head))
		return RTE_ETH_RX_DESC_UNAVAIL;
	/* Only looked at, nothing is read after it. */
	status = __atomic_load_n(&rxq->completions[number & rxq->mask].status, __ATOMIC_RELAXED);
	if ((status ^ sekisho_rx_expected(rxq, number)) & SEKISHO_RX_COMPLETION_STATUS_PHASE_MASK)
		return RTE_ETH_RX_DESC_AVAIL;
	return RTE_ETH_RX_DESC_DONE;
}

int sekisho_rx_burst_mode_get(struct rte_eth_dev *dev, uint16_t id __rte_unused,
			      struct rte_eth_burst_mode *mode)
{
	const char *name = sekisho_rx_needs_full(dev) ? "Scalar, all offloads" : "Scalar";

	if (sekisho_adapter_state(sekisho_adapter(dev)) != SEKISHO_PRESENT)
		name = "Removed";
	else if (dev->data->scattered_rx)
		name = "Scalar, all offloads, scattered";
	snprintf(mode->info, sizeof(mode->info), "%s", name);
	return 0;
}

void sekisho_rxq_info_get(struct rte_eth_dev *dev, uint16_t id, struct rte_eth_rxq_info *info)
{
	const struct sekisho_rx_queue *rxq = dev->data->rx_queues[id];

	info->mp = rxq->pool;
	info->scattered_rx = dev->data->scattered_rx;
	info->nb_desc = rxq->size;
	info->rx_buf_size = rxq->buffer_size;
	info->conf.rx_free_thresh = rxq->refill;
	info->conf.rx_drop_en = 1;
	info->conf.rx_deferred_start = rxq->deferred_start;
	info->conf.offloads = rxq->offloads;
}

bool sekisho_rx_needs_full(const struct rte_eth_dev *dev)
{
	const struct sekisho_adapter *adapter = sekisho_adapter(dev);

	if (dev->data->scattered_rx || adapter->evidence || adapter->audit_interval != 0)
		return true;
	for (uint16_t id = 0; id < dev->data->nb_rx_queues; id++) {
		const struct sekisho_rx_queue *rxq = dev->data->rx_queues[id];

		if (rxq != NULL && (rxq->strip || rxq->timestamp_offset >= 0))
			return true;
	}
	return false;
}

/* --- control path --------------------------------------------------------------------------- */

/* The mbuf flags of every pair of verdicts, for the offloads that are on. */
static void init_verdict_flags(struct sekisho_rx_queue *rxq)
{
	static const uint32_t ip_flags[4] = {
		RTE_MBUF_F_RX_IP_CKSUM_UNKNOWN,
		RTE_MBUF_F_RX_IP_CKSUM_BAD,
		RTE_MBUF_F_RX_IP_CKSUM_GOOD,
		RTE_MBUF_F_RX_IP_CKSUM_NONE,
	};
	static const uint32_t l4_flags[4] = {
		RTE_MBUF_F_RX_L4_CKSUM_UNKNOWN,
		RTE_MBUF_F_RX_L4_CKSUM_BAD,
		RTE_MBUF_F_RX_L4_CKSUM_GOOD,
		RTE_MBUF_F_RX_L4_CKSUM_NONE,
	};
	bool ip = rxq->offloads & RTE_ETH_RX_OFFLOAD_IPV4_CKSUM;
	/* The completion says of which protocol the verdict is; either offload turns it on. */
	bool l4 = rxq->offloads & (RTE_ETH_RX_OFFLOAD_UDP_CKSUM | RTE_ETH_RX_OFFLOAD_TCP_CKSUM);

	for (uint32_t i = 0; i < RTE_DIM(rxq->verdict_flags); i++) {
		uint32_t word = i << 28;
		uint32_t flags = 0;

		if (ip)
			flags |= ip_flags[SEKISHO_FIELD_GET(SEKISHO_RX_COMPLETION_PACKET_IP_VERDICT,
							    word)];
		if (l4)
			flags |= l4_flags[SEKISHO_FIELD_GET(SEKISHO_RX_COMPLETION_PACKET_L4_VERDICT,
							    word)];
		rxq->verdict_flags[i] = flags;
	}
}

/* What sekisho_rx_burst_full() does beyond the plain burst. */
static int init_extras(struct sekisho_rx_queue *rxq, struct sekisho_adapter *adapter)
{
	rxq->strip = rxq->offloads & RTE_ETH_RX_OFFLOAD_VLAN_STRIP;
	rxq->timestamp_offset = rxq->evidence_offset = -1;
	rxq->clock = &adapter->clock;
	if (rxq->offloads & RTE_ETH_RX_OFFLOAD_TIMESTAMP) {
		if (rte_mbuf_dyn_rx_timestamp_register(&adapter->timestamp_offset,
						       &adapter->timestamp_flag) < 0) {
			PMD_DRV_LOG(ERR, "no room in the mbuf for a timestamp: %s",
				    rte_strerror(rte_errno));
			return -rte_errno;
		}
		rxq->timestamp_offset = adapter->timestamp_offset;
		rxq->timestamp_flag = adapter->timestamp_flag;
	}
	if (adapter->evidence) {
		rxq->evidence_offset = adapter->evidence_offset;
		rxq->evidence_flag = adapter->evidence_flag;
	}
	rxq->audit_interval = rxq->audit_left = adapter->audit_interval;
	return 0;
}

void sekisho_rx_init_types(void)
{
	static const uint32_t l3_types[8] = {
		[SEKISHO_L3_TYPE_IPV4] = RTE_PTYPE_L3_IPV4,
		[SEKISHO_L3_TYPE_IPV4_OPT] = RTE_PTYPE_L3_IPV4_EXT,
		[SEKISHO_L3_TYPE_IPV6] = RTE_PTYPE_L3_IPV6,
		[SEKISHO_L3_TYPE_IPV6_EXT] = RTE_PTYPE_L3_IPV6_EXT,
	};
	static const uint32_t l4_types[8] = {
		[SEKISHO_L4_TYPE_TCP] = RTE_PTYPE_L4_TCP,
		[SEKISHO_L4_TYPE_UDP] = RTE_PTYPE_L4_UDP,
		[SEKISHO_L4_TYPE_ICMP] = RTE_PTYPE_L4_ICMP,
		[SEKISHO_L4_TYPE_FRAGMENT] = RTE_PTYPE_L4_FRAG,
	};

	for (uint32_t i = 0; i < RTE_DIM(sekisho_types); i++) {
		uint32_t word = i << 16;
		unsigned int l3 = SEKISHO_FIELD_GET(SEKISHO_RX_COMPLETION_PACKET_L3_TYPE, word);
		unsigned int l4 = SEKISHO_FIELD_GET(SEKISHO_RX_COMPLETION_PACKET_L4_TYPE, word);
		unsigned int tags = SEKISHO_FIELD_GET(SEKISHO_RX_COMPLETION_PACKET_VLAN_TAGS, word);
		uint32_t type;

		if (tags == 0)
			type = l3 == SEKISHO_L3_TYPE_ARP ? RTE_PTYPE_L2_ETHER_ARP :
							   RTE_PTYPE_L2_ETHER;
		else
			type = tags == 1 ? RTE_PTYPE_L2_ETHER_VLAN : RTE_PTYPE_L2_ETHER_QINQ;
		sekisho_types[i].packet_type = type | l3_types[l3] | l4_types[l4];
		/* The tag stays in the frame; the outermost one's control information is given. */
		sekisho_types[i].flags = tags != 0 ? RTE_MBUF_F_RX_VLAN : 0;
	}
}

/* The buffers that the card has completed and that no burst has handed out. */
static void free_pieces(struct sekisho_rx_queue *rxq)
{
	rte_pktmbuf_free(rxq->first);
	rxq->first = rxq->last = NULL;
	rxq->spoilt = false;
}

/* Empties the ring: what lies between head and tail is the queue's, the rest is not. */
static void free_mbufs(struct sekisho_rx_queue *rxq)
{
	free_pieces(rxq);
	for (; rxq->head != rxq->tail; rxq->head++)
		rte_mempool_put(rxq->pool, rxq->mbufs[rxq->head & rxq->mask]);
	rxq->head = rxq->tail = 0;
}

static void queue_free(struct sekisho_rx_queue *rxq)
{
	if (rxq == NULL)
		return;
	if (rxq->mbufs != NULL)
		free_mbufs(rxq);
	rte_memzone_free(rxq->ring_zone);
	rte_memzone_free(rxq->completion_zone);
	rte_free(rxq->audit_frame);
	rte_free(rxq->mbufs);
	rte_free(rxq);
}

/* Checks a buffer for a frame of the MTU. */
static int check_buffer(const struct rte_eth_dev *dev, uint32_t buffer_size, uint32_t frame,
			uint16_t id)
{
	bool scatter = dev->data->dev_conf.rxmode.offloads & RTE_ETH_RX_OFFLOAD_SCATTER;

	if (buffer_size >= frame || (scatter && dev->data->scattered_rx))
		return 0;
	if (scatter && !dev->data->dev_started)
		return 0;
	if (scatter) {
		PMD_DRV_LOG(
			ERR,
			"rx queue %u: a frame of %u bytes needs more than one buffer of %u; stop "
			"the port first, so that it starts with scattered receive",
			id, frame, buffer_size);
		return -EBUSY;
	}
	PMD_DRV_LOG(ERR,
		    "rx queue %u: its mbufs hold %u bytes after the headroom, a frame of this MTU "
		    "has %u: use larger mbufs, a smaller MTU, or RTE_ETH_RX_OFFLOAD_SCATTER",
		    id, buffer_size, frame);
	return -EINVAL;
}

int sekisho_rx_check_frame(struct rte_eth_dev *dev, uint32_t frame)
{
	for (uint16_t id = 0; id < dev->data->nb_rx_queues; id++) {
		const struct sekisho_rx_queue *rxq = dev->data->rx_queues[id];
		int ret = rxq == NULL ? 0 : check_buffer(dev, rxq->buffer_size, frame, id);

		if (ret < 0)
			return ret;
	}
	return 0;
}

bool sekisho_rx_needs_scatter(const struct rte_eth_dev *dev, uint32_t frame)
{
	for (uint16_t id = 0; id < dev->data->nb_rx_queues; id++) {
		const struct sekisho_rx_queue *rxq = dev->data->rx_queues[id];

		if (rxq != NULL && rxq->buffer_size < frame)
			return true;
	}
	return false;
}

int sekisho_rx_queue_setup(struct rte_eth_dev *dev, uint16_t id, uint16_t size, unsigned int socket,
			   const struct rte_eth_rxconf *config, struct rte_mempool *pool)
{
	struct sekisho_adapter *adapter = sekisho_adapter(dev);
	uint32_t room = rte_pktmbuf_data_room_size(pool) - RTE_PKTMBUF_HEADROOM;
	struct rte_mbuf template = { .nb_segs = 1, .data_off = RTE_PKTMBUF_HEADROOM };
	struct sekisho_rx_queue *rxq;
	uint32_t refill;
	int ret;

	if (!rte_is_power_of_2(size)) {
		PMD_DRV_LOG(ERR, "rx queue %u: %u descriptors, must be a power of two", id, size);
		return -EINVAL;
	}
	room = RTE_MIN(room, (uint32_t)SEKISHO_MAX_RX_BUFFER);
	if (config->share_group != 0) {
		PMD_DRV_LOG(ERR, "rx queue %u: shared receive queues are not supported", id);
		return -ENOTSUP;
	}
	ret = check_buffer(dev, room, dev->data->mtu + SEKISHO_FRAME_OVERHEAD, id);
	if (ret < 0)
		return ret;

	rxq = rte_zmalloc_socket("sekisho_rx_queue", sizeof(*rxq), RTE_CACHE_LINE_SIZE, socket);
	if (rxq == NULL)
		return -ENOMEM;
	rxq->gate.closed = true;
	rxq->dev = dev;
	rxq->data = dev->data;
	rxq->id = id;
	rxq->size = size;
	rxq->mask = size - 1;
	rxq->pool = pool;
	rxq->buffer_size = room;
	rxq->deferred_start = config->rx_deferred_start;
	rxq->offloads = config->offloads | dev->data->dev_conf.rxmode.offloads;
	rxq->stats = &adapter->rx_stats[id];
	/* A power of two of at most half the ring: batches then never wrap. */
	refill = config->rx_free_thresh != 0 ? config->rx_free_thresh : SEKISHO_BURST;
	refill = RTE_MIN(refill, (uint32_t)size / 2);
	rxq->refill = rte_align32prevpow2(refill);
	if (rxq->offloads & RTE_ETH_RX_OFFLOAD_RSS_HASH)
		rxq->rss_flag = RTE_MBUF_F_RX_RSS_HASH;
	init_verdict_flags(rxq);
	ret = init_extras(rxq, adapter);
	if (ret < 0) {
		queue_free(rxq);
		return ret;
	}

	rte_mbuf_refcnt_set(&template, 1);
	template.port = dev->data->port_id;
	rxq->rearm = *sekisho_mbuf_rearm(&template);

	rxq->mbufs = rte_zmalloc_socket("sekisho_rx_mbufs", size * sizeof(*rxq->mbufs),
					RTE_CACHE_LINE_SIZE, socket);
	rxq->ring_zone = rte_eth_dma_zone_reserve(dev, "rx_ring", id, size * sizeof(*rxq->ring),
						  SEKISHO_RING_ALIGN, socket);
	rxq->completion_zone = rte_eth_dma_zone_reserve(dev, "rx_completions", id,
							size * sizeof(*rxq->completions),
							SEKISHO_RING_ALIGN, socket);
	if (rxq->audit_interval != 0)
		rxq->audit_frame = rte_malloc_socket("sekisho_audit_frame",
						     adapter->identity.max_frame, 0, socket);
	if (rxq->mbufs == NULL || rxq->ring_zone == NULL || rxq->completion_zone == NULL ||
	    (rxq->audit_interval != 0 && rxq->audit_frame == NULL)) {
		PMD_DRV_LOG(ERR, "rx queue %u: no memory for a ring of %u", id, size);
		queue_free(rxq);
		return -ENOMEM;
	}
	rxq->ring = rxq->ring_zone->addr;
	rxq->completions = rxq->completion_zone->addr;
	dev->data->rx_queues[id] = rxq;
	return 0;
}

void sekisho_rx_queue_release(struct rte_eth_dev *dev, uint16_t id)
{
	queue_free(dev->data->rx_queues[id]);
	dev->data->rx_queues[id] = NULL;
}

/* Starts the card's queue with the buffers that are in the ring. Called with the gate closed. */
static int start_queue(struct sekisho_rx_queue *rxq)
{
	struct sekisho_adapter *adapter = sekisho_adapter(rxq->dev);
	struct sekisho_queue_config config = {
		.ring = rxq->ring_zone->iova,
		.completions = rxq->completion_zone->iova,
		.size = rxq->size,
		.vector = SEKISHO_QUEUE_VECTOR + rxq->id,
	};
	int ret;

	memset(rxq->completions, 0, rxq->size * sizeof(*rxq->completions));
	sekisho_lock(adapter);
	rxq->doorbell = &adapter->doorbells[SEKISHO_RX_TAIL_WORD(rxq->id)];
	rxq->request = 0; /* the card's doorbells start at 0 */
	ret = sekisho_rx_queue_start(adapter->device, rxq->id, &config);
	sekisho_unlock(adapter);
	if (ret < 0) {
		PMD_DRV_LOG(ERR, "rx queue %u does not start: %s", rxq->id, rte_strerror(-ret));
		return ret;
	}
	sekisho_rx_doorbell(rxq);
	sekisho_gate_open(&rxq->gate);
	return 0;
}

int sekisho_rx_queue_run(struct rte_eth_dev *dev, uint16_t id)
{
	struct sekisho_rx_queue *rxq = dev->data->rx_queues[id];
	int ret = sekisho_control_begin(dev);

	if (ret < 0)
		return ret;
	while (sekisho_rx_free(rxq) >= rxq->refill && ret == 0)
		ret = sekisho_rx_refill_batch(rxq);
	if (ret < 0)
		PMD_DRV_LOG(ERR, "rx queue %u: the mempool %s has too few mbufs for %u descriptors",
			    id, rxq->pool->name, rxq->size);
	else
		ret = start_queue(rxq);
	if (ret < 0)
		free_mbufs(rxq);
	else
		dev->data->rx_queue_state[id] = RTE_ETH_QUEUE_STATE_STARTED;
	sekisho_control_end(dev);
	return ret;
}

int sekisho_rx_queue_again(struct rte_eth_dev *dev, uint16_t id)
{
	struct sekisho_rx_queue *rxq = dev->data->rx_queues[id];
	uint16_t count = rxq->tail - rxq->head, kept;

	/* The buffers stay: an empty pool must not end the recovery. Whole batches from place 0 on. */
	free_pieces(rxq);
	kept = count - count % rxq->refill;
	for (; count != kept; count--)
		rte_mempool_put(rxq->pool, rxq->mbufs[--rxq->tail & rxq->mask]);
	if ((rxq->head & rxq->mask) != 0 && kept != 0) {
		struct rte_mbuf **mbufs = malloc(kept * sizeof(*mbufs));

		if (mbufs == NULL)
			return -ENOMEM;
		for (uint16_t i = 0; i < kept; i++)
			mbufs[i] = rxq->mbufs[(rxq->head + i) & rxq->mask];
		memcpy(rxq->mbufs, mbufs, kept * sizeof(*mbufs));
		free(mbufs);
	}
	rxq->head = 0;
	rxq->tail = kept;
	sekisho_rx_describe(rxq, 0, kept);
	return start_queue(rxq);
}

int sekisho_rx_queue_halt(struct rte_eth_dev *dev, uint16_t id)
{
	struct sekisho_adapter *adapter = sekisho_adapter(dev);
	struct sekisho_rx_queue *rxq = dev->data->rx_queues[id];
	int ret = 0;

	/* Allowed in every state of the card: an application may stop while it is looked for. */
	pthread_mutex_lock(&adapter->control);
	if (dev->data->rx_queue_state[id] != RTE_ETH_QUEUE_STATE_STOPPED) {
		sekisho_gate_close(&rxq->gate);
		sekisho_lock(adapter);
		ret = sekisho_rx_queue_stop(adapter->device, id);
		/* A card that is gone writes nothing any more. */
		if (ret < 0 && sekisho_removed(adapter->device))
			ret = 0;
		sekisho_unlock(adapter);
		if (ret < 0) {
			PMD_DRV_LOG(ERR, "rx queue %u does not stop: %s", id, rte_strerror(-ret));
		} else {
			free_mbufs(rxq);
			memset(rxq->completions, 0, rxq->size * sizeof(*rxq->completions));
			rxq->armed = false;
			dev->data->rx_queue_state[id] = RTE_ETH_QUEUE_STATE_STOPPED;
		}
	}
	pthread_mutex_unlock(&adapter->control);
	return ret;
}
