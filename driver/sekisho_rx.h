/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef SEKISHO_RX_H
#define SEKISHO_RX_H

/* What the receive burst functions and the receive queues' set-up share. */

#include "sekisho_ethdev.h"

/* What a completion word says beside the frame: it must be the next one, without an error. */
#define SEKISHO_RX_STATUS_BITS                                                                \
	(SEKISHO_RX_COMPLETION_STATUS_PHASE_MASK | SEKISHO_RX_COMPLETION_STATUS_STATUS_MASK | \
	 SEKISHO_RX_COMPLETION_STATUS_INDEX_MASK)

/* What the completion's status word must be, for the packet with that free-running number. */
static inline uint32_t sekisho_rx_expected(const struct sekisho_rx_queue *rxq, uint16_t number)
{
	/* The phase is 1 on the first pass; size is a power of two that divides 65536. */
	uint32_t phase = (number & rxq->size) ? 0 : SEKISHO_RX_COMPLETION_STATUS_PHASE_MASK;

	return phase | (number & rxq->mask); /* status OK is 0 */
}

/* Free descriptors: tail - head of them hold a buffer, of which the card has fetched some. */
static inline uint16_t sekisho_rx_free(const struct sekisho_rx_queue *rxq)
{
	return rxq->size - (uint16_t)(rxq->tail - rxq->head);
}

static inline void sekisho_rx_doorbell(const struct sekisho_rx_queue *rxq)
{
	/* Pairs with the card's read of the tail: it fetches only descriptors written before. */
	__atomic_store_n(rxq->doorbell, rxq->tail, __ATOMIC_RELEASE);
}

/* Writes the descriptors of count mbufs from place at on; none of them wraps. */
static inline void sekisho_rx_describe(const struct sekisho_rx_queue *rxq, uint16_t at,
				       uint16_t count)
{
	struct rte_mbuf **mbufs = &rxq->mbufs[at];
	struct sekisho_rx_descriptor *descriptor = &rxq->ring[at];

	for (unsigned int i = 0; i < count; i++) {
		uint64_t address = rte_mbuf_data_iova_default(mbufs[i]);

		descriptor[i].address_lo = (uint32_t)address;
		descriptor[i].address_hi = (uint32_t)(address >> 32);
		descriptor[i].buffer = rxq->buffer_size;
		descriptor[i].reserved = 0;
	}
}

/* Makes a batch of descriptors ready; the batch never wraps. The doorbell is left to the caller. */
static inline int sekisho_rx_refill_batch(struct sekisho_rx_queue *rxq)
{
	uint16_t at = rxq->tail & rxq->mask;

	if (unlikely(rte_mempool_get_bulk(rxq->pool, (void **)&rxq->mbufs[at], rxq->refill) < 0)) {
		rxq->data->rx_mbuf_alloc_failed += rxq->refill;
		return -ENOMEM;
	}
	sekisho_rx_describe(rxq, at, rxq->refill);
	rxq->tail += rxq->refill;
	return 0;
}

/* Gives the card the buffers that it has room for. */
static inline void sekisho_rx_refill(struct sekisho_rx_queue *rxq)
{
	uint16_t before = rxq->tail;

	while (sekisho_rx_free(rxq) >= rxq->refill && sekisho_rx_refill_batch(rxq) == 0)
		;
	if (rxq->tail != before)
		sekisho_rx_doorbell(rxq);
}

/* What the completion says of the packet, as mbuf flags; the verdicts are those of the offloads. */
static inline uint64_t sekisho_rx_flags(const struct sekisho_rx_queue *rxq,
					const struct sekisho_rx_completion *completion)
{
	uint64_t flags = rxq->verdict_flags[completion->packet >> 28];

	if (completion->offsets & SEKISHO_RX_COMPLETION_OFFSETS_HASH_TYPE_MASK)
		flags |= rxq->rss_flag;
	return flags;
}

/* A flow rule's mark, beside the hash. Last, so that the usual packet costs no more than the look. */
static inline void sekisho_rx_mark(const struct sekisho_rx_completion *completion,
				   struct rte_mbuf *mbuf)
{
	if (unlikely(completion->offsets & SEKISHO_RX_COMPLETION_OFFSETS_MARKED_MASK)) {
		mbuf->hash.fdir.hi = completion->flow_mark;
		mbuf->ol_flags |= RTE_MBUF_F_RX_FDIR | RTE_MBUF_F_RX_FDIR_ID;
	}
}

#endif
