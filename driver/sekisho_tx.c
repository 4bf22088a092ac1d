/* SPDX-License-Identifier: BSD-3-Clause */

/*
 * Transmit. One descriptor a frame: a frame in several mbufs, and one that gets a VLAN tag and has no
 * room for it, is sent as a copy. A completion answers for every descriptor up to the one that it
 * names. The counts of descriptors and completions run freely in 16 bits, as the card's do.
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <rte_errno.h>
#include <rte_malloc.h>

#include "sekisho_ethdev.h"

/* Descriptor bits by the checksum requests in ol_flags; they are three neighbouring bits. */
#define CHECKSUM_SHIFT 52
#define CHECKSUM_INDEX(flags) (((flags) >> CHECKSUM_SHIFT) & 7)
static_assert(CHECKSUM_INDEX(RTE_MBUF_F_TX_L4_MASK | RTE_MBUF_F_TX_IP_CKSUM) == 7, "mbuf flags");

/* Packets with these flags are what one descriptor can serve by itself. */
#define PLAIN_FLAGS \
	(RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IPV6 | RTE_MBUF_F_TX_IP_CKSUM | RTE_MBUF_F_TX_L4_MASK)

/* The parser reads headers up to here. */
#define SEKISHO_LAST_L4_OFFSET 255

#define IP_BIT SEKISHO_TX_DESCRIPTOR_CONTROL_IP_CHECKSUM_MASK
#define L4_BIT SEKISHO_TX_DESCRIPTOR_CONTROL_L4_CHECKSUM_MASK
#define REFUSED 0x80000000u /* not a bit of the descriptor */
static const uint32_t checksum_bits[8] = {
	[CHECKSUM_INDEX(RTE_MBUF_F_TX_IP_CKSUM)] = IP_BIT,
	[CHECKSUM_INDEX(RTE_MBUF_F_TX_TCP_CKSUM)] = L4_BIT,
	[CHECKSUM_INDEX(RTE_MBUF_F_TX_UDP_CKSUM)] = L4_BIT,
	[CHECKSUM_INDEX(RTE_MBUF_F_TX_IP_CKSUM | RTE_MBUF_F_TX_TCP_CKSUM)] = IP_BIT | L4_BIT,
	[CHECKSUM_INDEX(RTE_MBUF_F_TX_IP_CKSUM | RTE_MBUF_F_TX_UDP_CKSUM)] = IP_BIT | L4_BIT,
	/* SCTP's checksum is none that the card knows. */
	[CHECKSUM_INDEX(RTE_MBUF_F_TX_SCTP_CKSUM)] = REFUSED,
	[CHECKSUM_INDEX(RTE_MBUF_F_TX_IP_CKSUM | RTE_MBUF_F_TX_SCTP_CKSUM)] = REFUSED,
};

static inline uint16_t in_flight(const struct sekisho_tx_queue *txq)
{
	return txq->tail - txq->done;
}

/*
 * The completion with that free-running number: true when the card has written it. Pairs with the
 * card writing its status word last; the mbufs of what it completes may be reused when it is there.
 */
static inline bool completion_ready(const struct sekisho_tx_queue *txq, uint16_t number,
				    uint32_t *status)
{
	uint32_t phase = (number & txq->size) ? 0 : SEKISHO_TX_COMPLETION_STATUS_PHASE_MASK;

	*status = __atomic_load_n(&txq->completions[number & txq->mask].status, __ATOMIC_ACQUIRE);
	return ((*status ^ phase) & SEKISHO_TX_COMPLETION_STATUS_PHASE_MASK) == 0;
}

/* Descriptors that a completion answers for, counted from the free-running number first. */
static inline uint16_t completed_from(const struct sekisho_tx_queue *txq, uint16_t number,
				      uint16_t first)
{
	uint16_t index = txq->completions[number & txq->mask].descriptor;

	return ((index - first) & txq->mask) + 1;
}

/* Frees a run of mbufs that does not wrap. */
static inline void free_run(struct sekisho_tx_queue *txq, struct rte_mbuf **mbufs, uint16_t count)
{
	if (txq->fast_free)
		rte_mempool_put_bulk(mbufs[0]->pool, (void **)mbufs, count);
	else
		rte_pktmbuf_free_bulk(mbufs, count);
}

static void free_done(struct sekisho_tx_queue *txq, uint16_t count)
{
	uint16_t at = txq->done & txq->mask;
	uint16_t first = RTE_MIN(count, (uint16_t)(txq->size - at));

	if (count == 0)
		return;
	free_run(txq, &txq->mbufs[at], first);
	if (count > first)
		free_run(txq, &txq->mbufs[0], count - first);
	txq->done += count;
}

/* Frees what the card has completed. */
static void reclaim(struct sekisho_tx_queue *txq)
{
	uint16_t end = txq->done; /* descriptors completed, free running */
	uint32_t status;

	while (completion_ready(txq, txq->completed, &status)) {
		uint16_t count = completed_from(txq, txq->completed, end);

		/* Never past what the card was given, whatever the completion says. */
		if (unlikely(count > (uint16_t)(txq->tail - end)))
			break;
		end += count;
		txq->completed++;
		if (unlikely(status & SEKISHO_TX_COMPLETION_STATUS_STATUS_MASK)) {
			/* The last one of them was refused and did not leave the card. */
			const struct rte_mbuf *mbuf = txq->mbufs[(end - 1) & txq->mask];

			txq->stats->packets--;
			txq->stats->bytes -= mbuf->pkt_len;
			txq->stats->errors++;
		}
	}
	free_done(txq, end - txq->done);
}

static void insert_tag(uint8_t *frame, uint16_t tci)
{
	const uint8_t tag[RTE_VLAN_HLEN] = { RTE_ETHER_TYPE_VLAN >> 8, RTE_ETHER_TYPE_VLAN & 0xff,
					     tci >> 8, tci & 0xff };

	memcpy(frame + 2 * RTE_ETHER_ADDR_LEN, tag, sizeof(tag));
}

/* The tag goes into the frame itself when the frame is nobody else's and has room in front. */
static bool tag_in_place(struct rte_mbuf *mbuf)
{
	uint8_t *data;

	if (mbuf->nb_segs != 1 || !RTE_MBUF_DIRECT(mbuf) || rte_mbuf_refcnt_read(mbuf) != 1)
		return false;
	data = (uint8_t *)rte_pktmbuf_prepend(mbuf, RTE_VLAN_HLEN);
	if (data == NULL)
		return false;
	memmove(data, data + RTE_VLAN_HLEN, 2 * RTE_ETHER_ADDR_LEN);
	insert_tag(data, mbuf->vlan_tci);
	mbuf->ol_flags &= ~RTE_MBUF_F_TX_VLAN;
	return true;
}

/* A copy of the frame in one piece, with its tag; NULL: no room for it at present. */
static struct rte_mbuf *copy_frame(struct sekisho_tx_queue *txq, const struct rte_mbuf *mbuf)
{
	unsigned int tag = mbuf->ol_flags & RTE_MBUF_F_TX_VLAN ? RTE_VLAN_HLEN : 0;
	struct rte_mbuf *copy = rte_pktmbuf_alloc(txq->copies);
	uint8_t *data;

	if (copy == NULL) {
		reclaim(txq);
		copy = rte_pktmbuf_alloc(txq->copies);
		if (copy == NULL)
			return NULL;
	}
	data = rte_pktmbuf_mtod(copy, uint8_t *) + tag;
	for (const struct rte_mbuf *part = mbuf; part != NULL; part = part->next) {
		memcpy(data, rte_pktmbuf_mtod(part, const uint8_t *), part->data_len);
		data += part->data_len;
	}
	if (tag != 0) {
		data = rte_pktmbuf_mtod(copy, uint8_t *);
		memmove(data, data + tag, 2 * RTE_ETHER_ADDR_LEN);
		insert_tag(data, mbuf->vlan_tci);
	}
	copy->data_len = mbuf->pkt_len + tag;
	copy->pkt_len = copy->data_len;
	copy->ol_flags = mbuf->ol_flags & PLAIN_FLAGS;
	return copy;
}

/* 0, or why the packet cannot be sent: -ENOTSUP for what it asks for, -EINVAL for its form. */
static int check_packet(const struct sekisho_tx_queue *txq, const struct rte_mbuf *mbuf)
{
	unsigned int tag = mbuf->ol_flags & RTE_MBUF_F_TX_VLAN ? RTE_VLAN_HLEN : 0;
	unsigned int length = 0, segments = 0;

	if (mbuf->ol_flags & txq->refused ||
	    checksum_bits[CHECKSUM_INDEX(mbuf->ol_flags)] == REFUSED)
		return -ENOTSUP;
	if (mbuf->nb_segs > SEKISHO_MAX_TX_SEGMENTS || mbuf->pkt_len < RTE_ETHER_HDR_LEN ||
	    mbuf->pkt_len + tag > txq->max_length)
		return -EINVAL;
	if (mbuf->nb_segs != 1 && txq->copies == NULL)
		return -ENOTSUP;
	/* The chain must be what its head says: a copy must not run past its buffer. */
	for (const struct rte_mbuf *part = mbuf; part != NULL; part = part->next) {
		length += part->data_len;
		segments++;
	}
	if (length != mbuf->pkt_len || segments != mbuf->nb_segs)
		return -EINVAL;
	return 0;
}

/*
 * A packet that one descriptor does not serve as it is. Returns the mbuf to send in its place; NULL
 * when the packet was dropped, or, with *wait, when it must be offered again later.
 */
static __rte_noinline struct rte_mbuf *make_plain(struct sekisho_tx_queue *txq,
						  struct rte_mbuf *mbuf, bool *wait)
{
	struct rte_mbuf *copy;

	*wait = false;
	if (check_packet(txq, mbuf) < 0) {
		txq->stats->errors++;
		rte_pktmbuf_free(mbuf);
		return NULL;
	}
	if (mbuf->ol_flags & RTE_MBUF_F_TX_VLAN && tag_in_place(mbuf))
		return mbuf;
	copy = copy_frame(txq, mbuf);
	if (copy == NULL) {
		*wait = true;
		return NULL;
	}
	sekisho_adapter(txq->dev)->tx_copied[txq->id]++;
	rte_pktmbuf_free(mbuf);
	return copy;
}

uint16_t sekisho_tx_burst(void *queue, struct rte_mbuf **mbufs, uint16_t count)
{
	struct sekisho_tx_queue *txq = queue;
	uint64_t bytes = 0;
	uint16_t taken = 0, room, tail;

	if (unlikely(!sekisho_gate_enter(&txq->gate))) {
		sekisho_gate_leave(&txq->gate);
		return 0;
	}
	if (in_flight(txq) >= txq->free_threshold)
		reclaim(txq);
	tail = txq->tail;
	room = txq->size - in_flight(txq);

	while (taken < count && (uint16_t)(tail - txq->tail) < room) {
		struct rte_mbuf *mbuf = mbufs[taken];
		struct sekisho_tx_descriptor *descriptor = &txq->ring[tail & txq->mask];
		uint32_t bits = checksum_bits[CHECKSUM_INDEX(mbuf->ol_flags)];
		uint64_t address;

		if (unlikely((mbuf->ol_flags & txq->not_plain) || mbuf->nb_segs != 1 ||
			     mbuf->data_len > txq->max_length || (bits & REFUSED))) {
			bool wait;

			mbuf = make_plain(txq, mbuf, &wait);
			if (wait)
				break;
			if (mbuf == NULL) {
				taken++;
				continue;
			}
			bits = checksum_bits[CHECKSUM_INDEX(mbuf->ol_flags)];
		}
		taken++;
		address = rte_mbuf_data_iova(mbuf);
		descriptor->address_lo = (uint32_t)address;
		descriptor->address_hi = (uint32_t)(address >> 32);
		descriptor->control =
			mbuf->data_len | bits | SEKISHO_TX_DESCRIPTOR_CONTROL_END_OF_PACKET_MASK;
		descriptor->reserved = 0;
		txq->mbufs[tail & txq->mask] = mbuf;
		bytes += mbuf->data_len;
		tail++;
	}
	if (tail != txq->tail) {
		txq->stats->packets += (uint16_t)(tail - txq->tail);
		txq->stats->bytes += bytes;
		txq->tail = tail;
		/* Pairs with the card's read of the tail: descriptors and frames are written. */
		__atomic_store_n(txq->doorbell, tail, __ATOMIC_RELEASE);
	}
	sekisho_gate_leave(&txq->gate);
	return taken;
}

/* True for headers at which the card does not look. Lengths of 0 leave it to the card. */
static inline bool beyond_card(const struct rte_mbuf *mbuf)
{
	const uint64_t wishes = RTE_MBUF_F_TX_IP_CKSUM | RTE_MBUF_F_TX_L4_MASK;

	return mbuf->ol_flags & wishes && (mbuf->l2_len > RTE_ETHER_HDR_LEN + 2 * RTE_VLAN_HLEN ||
					   mbuf->l2_len + mbuf->l3_len > SEKISHO_LAST_L4_OFFSET);
}

/*
 * The card needs nothing of the packet prepared. This refuses what would be dropped, and does for
 * the card what it would not do.
 */
uint16_t sekisho_tx_prepare(void *queue, struct rte_mbuf **mbufs, uint16_t count)
{
	const struct sekisho_tx_queue *txq = queue;

	for (uint16_t i = 0; i < count; i++) {
		int ret = check_packet(txq, mbufs[i]);

		if (ret == 0 && unlikely(beyond_card(mbufs[i])))
			ret = sekisho_tx_insert_checksums(mbufs[i]);
		if (ret < 0) {
			rte_errno = -ret;
			return i;
		}
	}
	return count;
}

int sekisho_tx_done_cleanup(void *queue, uint32_t count __rte_unused)
{
	struct sekisho_tx_queue *txq = queue;
	uint16_t before = txq->done;

	/* Everything that is completed: freeing fewer would save nothing. */
	if (sekisho_gate_enter(&txq->gate))
		reclaim(txq);
	sekisho_gate_leave(&txq->gate);
	return (uint16_t)(txq->done - before);
}

int sekisho_tx_descriptor_status(void *queue, uint16_t offset)
{
	const struct sekisho_tx_queue *txq = queue;
	uint16_t number = txq->completed, end = txq->done;
	uint32_t status;

	if (offset >= txq->size)
		return -EINVAL;
	/* Completions that the burst function has not taken yet count too. */
	while (completion_ready(txq, number, &status)) {
		uint16_t count = completed_from(txq, number, end);

		if (count > (uint16_t)(txq->tail - end))
			break;
		end += count;
		number++;
	}
	/* Offset 0 is where the next frame goes: the ring's oldest descriptors are the last ones. */
	return offset < txq->size - (uint16_t)(txq->tail - end) ? RTE_ETH_TX_DESC_DONE :
								  RTE_ETH_TX_DESC_FULL;
}

int sekisho_tx_burst_mode_get(struct rte_eth_dev *dev, uint16_t id __rte_unused,
			      struct rte_eth_burst_mode *mode)
{
	bool here = sekisho_adapter_state(sekisho_adapter(dev)) == SEKISHO_PRESENT;

	snprintf(mode->info, sizeof(mode->info), "%s", here ? "Scalar" : "Removed");
	return 0;
}

void sekisho_txq_info_get(struct rte_eth_dev *dev, uint16_t id, struct rte_eth_txq_info *info)
{
	const struct sekisho_tx_queue *txq = dev->data->tx_queues[id];

	info->nb_desc = txq->size;
	info->conf.tx_free_thresh = txq->free_threshold;
	info->conf.tx_deferred_start = txq->deferred_start;
	info->conf.offloads = txq->offloads;
}

/* --- control path --------------------------------------------------------------------------- */

static void queue_free(struct sekisho_tx_queue *txq)
{
	if (txq == NULL)
		return;
	/* What a card that did not stop never completed. */
	if (txq->mbufs != NULL)
		free_done(txq, in_flight(txq));
	rte_memzone_free(txq->ring_zone);
	rte_memzone_free(txq->completion_zone);
	rte_mempool_free(txq->copies);
	rte_free(txq->mbufs);
	rte_free(txq);
}

/* What the queue's offloads mean for the burst function. */
static int init_offloads(struct sekisho_tx_queue *txq, unsigned int socket)
{
	const struct sekisho_adapter *adapter = sekisho_adapter(txq->dev);
	const uint64_t copying = RTE_ETH_TX_OFFLOAD_MULTI_SEGS | RTE_ETH_TX_OFFLOAD_VLAN_INSERT;
	char name[RTE_MEMPOOL_NAMESIZE];

	txq->not_plain = RTE_MBUF_F_TX_OFFLOAD_MASK & ~PLAIN_FLAGS;
	txq->refused = txq->not_plain;
	if (txq->offloads & RTE_ETH_TX_OFFLOAD_VLAN_INSERT)
		txq->refused &= ~RTE_MBUF_F_TX_VLAN;
	txq->fast_free = txq->offloads & RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE;
	if (!(txq->offloads & copying))
		return 0;
	/* The copies are of another pool than the application's mbufs. */
	txq->fast_free = false;
	snprintf(name, sizeof(name), "sekisho_tx_%u_%u", txq->dev->data->port_id, txq->id);
	txq->copies =
		rte_pktmbuf_pool_create(name, RTE_MIN(txq->size, SEKISHO_TX_COPIES), 0, 0,
					RTE_PKTMBUF_HEADROOM + adapter->identity.max_frame, socket);
	return txq->copies == NULL ? -ENOMEM : 0;
}

int sekisho_tx_queue_setup(struct rte_eth_dev *dev, uint16_t id, uint16_t size, unsigned int socket,
			   const struct rte_eth_txconf *config)
{
	struct sekisho_adapter *adapter = sekisho_adapter(dev);
	struct sekisho_tx_queue *txq;
	uint32_t threshold;

	if (!rte_is_power_of_2(size)) {
		PMD_DRV_LOG(ERR, "tx queue %u: %u descriptors, must be a power of two", id, size);
		return -EINVAL;
	}
	txq = rte_zmalloc_socket("sekisho_tx_queue", sizeof(*txq), RTE_CACHE_LINE_SIZE, socket);
	if (txq == NULL)
		return -ENOMEM;
	txq->gate.closed = true;
	txq->dev = dev;
	txq->id = id;
	txq->size = size;
	txq->mask = size - 1;
	txq->deferred_start = config->tx_deferred_start;
	txq->offloads = config->offloads | dev->data->dev_conf.txmode.offloads;
	txq->max_length = adapter->identity.max_frame;
	txq->stats = &adapter->tx_stats[id];
	threshold = config->tx_free_thresh != 0 ? config->tx_free_thresh : SEKISHO_BURST;
	txq->free_threshold = RTE_MIN(threshold, (uint32_t)size / 2);

	txq->mbufs = rte_zmalloc_socket("sekisho_tx_mbufs", size * sizeof(*txq->mbufs),
					RTE_CACHE_LINE_SIZE, socket);
	txq->ring_zone = rte_eth_dma_zone_reserve(dev, "tx_ring", id, size * sizeof(*txq->ring),
						  SEKISHO_RING_ALIGN, socket);
	txq->completion_zone = rte_eth_dma_zone_reserve(dev, "tx_completions", id,
							size * sizeof(*txq->completions),
							SEKISHO_RING_ALIGN, socket);
	if (txq->mbufs == NULL || txq->ring_zone == NULL || txq->completion_zone == NULL ||
	    init_offloads(txq, socket) < 0) {
		PMD_DRV_LOG(ERR, "tx queue %u: no memory for a ring of %u", id, size);
		queue_free(txq);
		return -ENOMEM;
	}
	txq->ring = txq->ring_zone->addr;
	txq->completions = txq->completion_zone->addr;
	dev->data->tx_queues[id] = txq;
	return 0;
}

void sekisho_tx_queue_release(struct rte_eth_dev *dev, uint16_t id)
{
	queue_free(dev->data->tx_queues[id]);
	dev->data->tx_queues[id] = NULL;
}

/* Frees what is in the ring, sent or not. */
static void empty_ring(struct sekisho_tx_queue *txq)
{
	/* Errors are counted first. */
	reclaim(txq);
	free_done(txq, in_flight(txq));
	txq->tail = txq->done = txq->completed = 0;
	memset(txq->completions, 0, txq->size * sizeof(*txq->completions));
}

/* Starts the card's queue on an empty ring. Called with the gate closed. */
static int start_queue(struct sekisho_tx_queue *txq)
{
	struct sekisho_adapter *adapter = sekisho_adapter(txq->dev);
	struct sekisho_queue_config config = {
		.ring = txq->ring_zone->iova,
		.completions = txq->completion_zone->iova,
		.size = txq->size,
		.vector = SEKISHO_QUEUE_VECTOR + adapter->identity.rx_queues + txq->id,
	};
	int ret;

	sekisho_lock(adapter);
	txq->doorbell = &adapter->doorbells[SEKISHO_TX_TAIL_WORD(txq->id)];
	ret = sekisho_tx_queue_start(adapter->device, txq->id, &config);
	sekisho_unlock(adapter);
	if (ret < 0) {
		PMD_DRV_LOG(ERR, "tx queue %u does not start: %s", txq->id, rte_strerror(-ret));
		return ret;
	}
	sekisho_gate_open(&txq->gate);
	return 0;
}

int sekisho_tx_queue_run(struct rte_eth_dev *dev, uint16_t id)
{
	struct sekisho_tx_queue *txq = dev->data->tx_queues[id];
	int ret = sekisho_control_begin(dev);

	if (ret < 0)
		return ret;
	/* Zones come as they were left by who had them before. */
	memset(txq->completions, 0, txq->size * sizeof(*txq->completions));
	ret = start_queue(txq);
	if (ret == 0)
		dev->data->tx_queue_state[id] = RTE_ETH_QUEUE_STATE_STARTED;
	sekisho_control_end(dev);
	return ret;
}

int sekisho_tx_queue_again(struct rte_eth_dev *dev, uint16_t id)
{
	struct sekisho_tx_queue *txq = dev->data->tx_queues[id];

	empty_ring(txq);
	return start_queue(txq);
}

int sekisho_tx_queue_halt(struct rte_eth_dev *dev, uint16_t id)
{
	struct sekisho_adapter *adapter = sekisho_adapter(dev);
	struct sekisho_tx_queue *txq = dev->data->tx_queues[id];
	int ret = 0;

	/* Allowed in every state of the card: an application may stop while it is looked for. */
	pthread_mutex_lock(&adapter->control);
	if (dev->data->tx_queue_state[id] != RTE_ETH_QUEUE_STATE_STOPPED) {
		sekisho_gate_close(&txq->gate);
		sekisho_lock(adapter);
		ret = sekisho_tx_queue_stop(adapter->device, id);
		/* A card that is gone reads nothing any more. */
		if (ret < 0 && sekisho_removed(adapter->device))
			ret = 0;
		sekisho_unlock(adapter);
		if (ret < 0) {
			PMD_DRV_LOG(ERR, "tx queue %u does not stop: %s", id, rte_strerror(-ret));
		} else {
			empty_ring(txq);
			dev->data->tx_queue_state[id] = RTE_ETH_QUEUE_STATE_STOPPED;
		}
	}
	pthread_mutex_unlock(&adapter->control);
	return ret;
}
