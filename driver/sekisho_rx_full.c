/* SPDX-License-Identifier: BSD-3-Clause */

/*
 * The receive burst with everything: frames in several buffers, VLAN stripping, timestamps, evidence
 * and audit. It works on the same rings as sekisho_rx_burst(); which one runs is chosen at start.
 */

#include <string.h>

#include "sekisho_audit.h"
#include "sekisho_pmd.h"
#include "sekisho_rx.h"

#define VLAN_HEADERS (RTE_ETHER_HDR_LEN + RTE_VLAN_HLEN)

/* The first frame that card and software judge differently, with all that either says of it. */
static void tell_disagreement(const struct sekisho_rx_queue *rxq, const struct sekisho_audit *card,
			      const struct sekisho_audit *software, const uint8_t *frame,
			      unsigned int length)
{
	PMD_DRV_LOG(ERR,
		    "audit: port %u, rx queue %u: the card says IP %u, layer 4 %u, reason %u, "
		    "offsets %u and %u, sum 0x%04x; software IP %u, layer 4 %u, reason %u, offsets "
		    "%u and %u, sum 0x%04x; %u bytes (further disagreements are counted only):",
		    rxq->data->port_id, rxq->id, card->ip_verdict, card->l4_verdict, card->reason,
		    card->l3_offset, card->l4_offset, card->raw_sum, software->ip_verdict,
		    software->l4_verdict, software->reason, software->l3_offset,
		    software->l4_offset, software->raw_sum, length);
	for (unsigned int at = 0; at < length; at += 32) {
		char text[2 * 32 + 1];

		for (unsigned int i = 0; i < 32 && at + i < length; i++)
			snprintf(text + 2 * i, 3, "%02x", frame[at + i]);
		PMD_DRV_LOG(ERR, "audit: %04x %s", at, text);
	}
}

/* Recomputes what the card says of a frame. */
static __rte_noinline void audit(struct sekisho_rx_queue *rxq,
				 const struct sekisho_rx_completion *completion,
				 const struct rte_mbuf *mbuf)
{
	struct sekisho_adapter *adapter = sekisho_adapter(rxq->dev);
	struct sekisho_audit_stats *stats = &adapter->audit_stats[rxq->id];
	uint32_t packet = completion->packet;
	const struct sekisho_audit card = {
		.ip_verdict = SEKISHO_FIELD_GET(SEKISHO_RX_COMPLETION_PACKET_IP_VERDICT, packet),
		.l4_verdict = SEKISHO_FIELD_GET(SEKISHO_RX_COMPLETION_PACKET_L4_VERDICT, packet),
		.reason = SEKISHO_FIELD_GET(SEKISHO_RX_COMPLETION_PACKET_REASON, packet),
		.l3_offset = SEKISHO_FIELD_GET(SEKISHO_RX_COMPLETION_OFFSETS_L3_OFFSET,
					       completion->offsets),
		.l4_offset = SEKISHO_FIELD_GET(SEKISHO_RX_COMPLETION_OFFSETS_L4_OFFSET,
					       completion->offsets),
		.raw_sum = SEKISHO_FIELD_GET(SEKISHO_RX_COMPLETION_SUM_RAW_SUM, completion->sum),
	};
	struct sekisho_audit software;
	const uint8_t *frame;

	rxq->audit_left = rxq->audit_interval;
	if (mbuf->pkt_len < RTE_ETHER_HDR_LEN || mbuf->pkt_len > adapter->identity.max_frame)
		return;
	frame = rte_pktmbuf_read(mbuf, 0, mbuf->pkt_len, rxq->audit_frame);
	sekisho_audit_frame(frame, mbuf->pkt_len, &software);
	stats->packets++;
	if (card.ip_verdict == software.ip_verdict && card.l4_verdict == software.l4_verdict &&
	    card.reason == software.reason && card.l3_offset == software.l3_offset &&
	    card.l4_offset == software.l4_offset &&
	    /* The sum is of the frame before a flow rule changed port and checksum. */
	    (card.raw_sum == software.raw_sum ||
	     (completion->offsets & SEKISHO_RX_COMPLETION_OFFSETS_EDITED_MASK) != 0))
		return;
	stats->disagreements++;
	if (!__atomic_exchange_n(&adapter->audit_told, true, __ATOMIC_RELAXED))
		tell_disagreement(rxq, &card, &software, frame, mbuf->pkt_len);
}

static void drop_pieces(struct sekisho_rx_queue *rxq)
{
	rte_pktmbuf_free(rxq->first);
	rxq->first = rxq->last = NULL;
}

/*
 * Adds a buffer to the frame that it belongs to. Returns the frame when this was its last piece,
 * NULL when more of it follows or when it is dropped.
 */
static struct rte_mbuf *add_piece(struct sekisho_rx_queue *rxq, struct rte_mbuf *mbuf, bool more,
				  bool error)
{
	struct rte_mbuf *frame;

	if (likely(!more && !error && rxq->first == NULL && !rxq->spoilt))
		return mbuf;
	if (rxq->first != NULL && rxq->first->nb_segs >= SEKISHO_MAX_RX_SEGMENTS)
		error = true;
	if (error || rxq->spoilt) {
		rte_pktmbuf_free(mbuf);
		drop_pieces(rxq);
		/* Counted once, with its last piece. */
		rxq->spoilt = more;
		if (!more)
			rxq->stats->errors++;
		return NULL;
	}
	if (rxq->first == NULL) {
		rxq->first = mbuf;
	} else {
		rxq->last->next = mbuf;
		rxq->first->nb_segs++;
		rxq->first->pkt_len += mbuf->data_len;
	}
	rxq->last = mbuf;
	if (more)
		return NULL;
	frame = rxq->first;
	rxq->first = rxq->last = NULL;
	return frame;
}

/* What the completion says of the frame, and what the queue's offloads make of it. */
static void finish_frame(struct sekisho_rx_queue *rxq,
			 const struct sekisho_rx_completion *completion, struct rte_mbuf *mbuf)
{
	uint32_t packet = completion->packet;
	unsigned int index = (packet >> 16) & 0xff; /* in sekisho_types[] */
	unsigned int tags = SEKISHO_FIELD_GET(SEKISHO_RX_COMPLETION_PACKET_VLAN_TAGS, packet);
	uint64_t flags = sekisho_rx_flags(rxq, completion) | sekisho_types[index].flags;
	unsigned int removed = 0;

	if (rxq->audit_interval != 0 && --rxq->audit_left == 0)
		audit(rxq, completion, mbuf);
	if (rxq->strip && tags != 0 && mbuf->data_len >= VLAN_HEADERS) {
		uint8_t *data = rte_pktmbuf_mtod(mbuf, uint8_t *);

		removed = RTE_VLAN_HLEN;
		memmove(data + removed, data, 2 * RTE_ETHER_ADDR_LEN);
		mbuf->data_off += removed;
		mbuf->data_len -= removed;
		mbuf->pkt_len -= removed;
		flags |= RTE_MBUF_F_RX_VLAN_STRIPPED;
		/* The type of what is left: the same with a tag less. */
		index -= 1 << (SEKISHO_RX_COMPLETION_PACKET_VLAN_TAGS_SHIFT - 16);
	}
	mbuf->packet_type = sekisho_types[index].packet_type;
	mbuf->vlan_tci = SEKISHO_FIELD_GET(SEKISHO_RX_COMPLETION_SUM_VLAN_TCI, completion->sum);
	mbuf->hash.rss = completion->rss_hash;
	if (rxq->timestamp_offset >= 0) {
		/* The full count is near: it is looked at more often than half the low word turns. */
		uint64_t clock = __atomic_load_n(rxq->clock, __ATOMIC_RELAXED);

		*RTE_MBUF_DYNFIELD(mbuf, rxq->timestamp_offset, uint64_t *) =
			clock + (int32_t)(completion->timestamp - (uint32_t)clock);
		flags |= rxq->timestamp_flag;
	}
	if (rxq->evidence_offset >= 0) {
		struct sekisho_evidence *evidence =
			RTE_MBUF_DYNFIELD(mbuf, rxq->evidence_offset, struct sekisho_evidence *);
		uint8_t l3 = SEKISHO_FIELD_GET(SEKISHO_RX_COMPLETION_OFFSETS_L3_OFFSET,
					       completion->offsets);
		uint8_t l4 = SEKISHO_FIELD_GET(SEKISHO_RX_COMPLETION_OFFSETS_L4_OFFSET,
					       completion->offsets);

		evidence->raw_sum =
			SEKISHO_FIELD_GET(SEKISHO_RX_COMPLETION_SUM_RAW_SUM, completion->sum);
		evidence->l3_offset = l3 - removed;
		evidence->l4_offset = l4 != 0 ? l4 - removed : 0;
		evidence->verdicts = packet >> 28;
		evidence->reason = SEKISHO_FIELD_GET(SEKISHO_RX_COMPLETION_PACKET_REASON, packet);
		flags |= rxq->evidence_flag;
	}
	mbuf->ol_flags = flags;
	sekisho_rx_mark(completion, mbuf);
}

uint16_t sekisho_rx_burst_full(void *queue, struct rte_mbuf **mbufs, uint16_t count)
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
		struct rte_mbuf *mbuf = rxq->mbufs[at], *frame;
		uint16_t length;

		if (difference & SEKISHO_RX_COMPLETION_STATUS_PHASE_MASK)
			break;
		rte_prefetch0(&rxq->completions[(at + 2) & rxq->mask]);
		rte_prefetch0(rxq->mbufs[(at + 2) & rxq->mask]);
		length = SEKISHO_FIELD_GET(SEKISHO_RX_COMPLETION_PACKET_LENGTH, completion->packet);
		*sekisho_mbuf_rearm(mbuf) = rxq->rearm;
		mbuf->ol_flags = 0;
		mbuf->data_len = length;
		mbuf->pkt_len = length;
		rxq->head++;
		frame = add_piece(rxq, mbuf, status & SEKISHO_RX_COMPLETION_STATUS_MORE_MASK,
				  (difference & SEKISHO_RX_STATUS_BITS) != 0 ||
					  length > rxq->buffer_size);
		if (frame == NULL)
			continue;
		bytes += frame->pkt_len; /* as on the wire */
		finish_frame(rxq, completion, frame);
		mbufs[received++] = frame;
	}
	rxq->stats->packets += received;
	rxq->stats->bytes += bytes;
	if (sekisho_rx_free(rxq) >= rxq->refill)
		sekisho_rx_refill(rxq);
	sekisho_gate_leave(&rxq->gate);
	return received;
}
