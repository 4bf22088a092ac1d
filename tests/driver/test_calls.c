/* SPDX-License-Identifier: BSD-3-Clause */

/*
 * The driver through DPDK's calls, on the stand-in card in this very process: what a test with
 * testpmd cannot ask for, or cannot see. This program and the driver are built with the sanitizers.
 *
 * usage: build/tests/test_calls [PART-OF-A-NAME...]
 */

#include "calls.h"

#include <rte_dev_info.h>
#include <rte_epoll.h>
#include <rte_interrupts.h>

#include "../../driver/sekisho_pmd.h"

/* --- receive --------------------------------------------------------------------------------- */

static void scattered(void)
{
	const struct rte_eth_conf config = {
		.rxmode = { .offloads = RTE_ETH_RX_OFFLOAD_SCATTER, .mtu = 9000 },
	};
	const unsigned int lengths[] = { 60, ROOM, ROOM + 1, 2 * ROOM, 2 * ROOM + 64, 9000, 9022 };
	const uint32_t words[4] = { 0xa0090000, 0x12345678, 0, 1u << 25 };
	const char *reason;
	struct rte_mbuf *mbuf;

	open_port("");
	start_port(&config, 1);
	CHECK(burst_mode_is("Scalar, all offloads, scattered"));
	CHECK(card_register(SEKISHO_NETWORK_CONTROL) & SEKISHO_NETWORK_CONTROL_SCATTER_MASK);
	EQUAL(card_register(SEKISHO_NETWORK_MAX_FRAME), 9022);
	for (unsigned int round = 0; round < 50; round++) {
		unsigned int length = lengths[round % RTE_DIM(lengths)];

		card_deliver(words, 0, pattern, length);
		mbuf = receive_one();
		CHECK(same_bytes(mbuf, pattern, length));
		EQUAL(mbuf->nb_segs, (length + ROOM - 1) / ROOM);
		EQUAL(mbuf->packet_type, RTE_PTYPE_L2_ETHER | RTE_PTYPE_L3_IPV4 | RTE_PTYPE_L4_TCP);
		CHECK(rte_mbuf_check(mbuf, 1, &reason) == 0);
		rte_pktmbuf_free(mbuf);
	}
	EQUAL(STATISTIC(ipackets), 50);
	EQUAL(STATISTIC(ierrors), 0);

	/* The queue ran out within the frame: it counts once, and its pieces come back. */
	card_deliver(words, SEKISHO_COMPLETION_STATUS_TRUNCATED, pattern, 5000);
	card_deliver(words, 0, pattern, 100);
	mbuf = receive_one();
	EQUAL(mbuf->pkt_len, 100);
	rte_pktmbuf_free(mbuf);
	EQUAL(STATISTIC(ierrors), 1);

	/* An error in a piece in the middle, and what follows it. */
	pthread_mutex_lock(&control);
	for (unsigned int i = 0; i < 4; i++) {
		struct queue *queue = &queues[0][0];
		uint16_t at = queue->completed & (queue->size - 1);
		struct sekisho_rx_completion *completion;

		deliver_piece(queue, words, i == 1 ? SEKISHO_COMPLETION_STATUS_DMA_ERROR : 0,
			      pattern, ROOM, true);
		completion = dma(queue->completions + 32ul * at, 32, true);
		if (i < 3)
			completion->status |= SEKISHO_RX_COMPLETION_STATUS_MORE_MASK;
	}
	pthread_mutex_unlock(&control);
	card_deliver(words, 0, pattern, 200);
	mbuf = receive_one();
	EQUAL(mbuf->pkt_len, 200);
	EQUAL(mbuf->nb_segs, 1);
	rte_pktmbuf_free(mbuf);
	EQUAL(STATISTIC(ierrors), 2);

	/* A frame whose end has not come when the port stops. */
	pthread_mutex_lock(&control);
	deliver_piece(&queues[0][0], words, 0, pattern, ROOM + 1, true);
	pthread_mutex_unlock(&control);
	EQUAL(rte_eth_rx_burst(0, 0, &mbuf, 1), 0);
	close_port();
}

static void scatter_by_the_mtu(void)
{
	const struct rte_eth_conf config = {
		.rxmode = { .offloads = RTE_ETH_RX_OFFLOAD_SCATTER },
	};
	struct rte_eth_rxq_info info;
	const struct rte_eth_conf plain = { .rxmode.mtu = 9000 };

	open_port("");
	start_port(&config, 1);
	/* Every frame fits a buffer: the fast function serves. */
	CHECK(burst_mode_is("Scalar"));
	EQUAL(card_register(SEKISHO_NETWORK_CONTROL) & SEKISHO_NETWORK_CONTROL_SCATTER_MASK, 0);
	EQUAL(rte_eth_dev_set_mtu(0, 9000), -EBUSY);
	CHECK(logged("stop the port first"));
	EQUAL(rte_eth_dev_stop(0), 0);
	EQUAL(rte_eth_dev_set_mtu(0, 9000), 0);
	EQUAL(rte_eth_dev_start(0), 0);
	CHECK(burst_mode_is("Scalar, all offloads, scattered"));
	EQUAL(rte_eth_rx_queue_info_get(0, 0, &info), 0);
	EQUAL(info.scattered_rx, 1);
	EQUAL(rte_eth_dev_stop(0), 0);
	EQUAL(rte_eth_dev_configure(0, 1, 1, &plain), 0);
	EQUAL(rte_eth_rx_queue_setup(0, 0, RING, 0, NULL, pool), -EINVAL);
	CHECK(logged("RTE_ETH_RX_OFFLOAD_SCATTER"));
	close_port();
}

/* A card that says what cannot be. */
static void impossible_completions(void)
{
	const struct rte_eth_conf config = { 0 };
	struct rte_mbuf *mbuf;

	for (int full = 0; full < 2; full++) {
		open_port(full ? ",evidence=1" : "");
		start_port(&config, 1);
		for (int i = 0; i < 3; i++) {
			struct queue *queue = &queues[0][0];
			struct sekisho_rx_completion *completion;

			card_deliver(plain_words, 0, pattern, 100);
			pthread_mutex_lock(&control);
			completion = dma(queue->completions +
						 32ul * ((queue->completed - 1u) & (RING - 1)),
					 32, true);
			if (i == 0)
				completion->packet = ROOM + 1; /* longer than the buffer */
			else if (i == 1)
				completion->status ^= 5; /* another descriptor's */
			else if (!full)
				completion->status |= SEKISHO_RX_COMPLETION_STATUS_MORE_MASK;
			else
				completion->status |= 7 << 16; /* an unknown status */
			pthread_mutex_unlock(&control);
			EQUAL(rte_eth_rx_burst(0, 0, &mbuf, 1), 0);
			EQUAL(STATISTIC(ierrors), i + 1);
		}
		card_deliver(plain_words, 0, pattern, 100);
		rte_pktmbuf_free(receive_one());
		close_port();
	}
}

static void vlan_strip(void)
{
	const struct rte_eth_conf config = {
		.rxmode = { .offloads = RTE_ETH_RX_OFFLOAD_VLAN_STRIP },
	};
	const uint32_t one[4] = { 1u << 22 | 1u << 16 | 2u << 19, 0, 0x07d50000, 18 };
	const uint32_t two[4] = { 2u << 22 | 1u << 16 | 2u << 19, 0, 0x00640000, 22 };
	unsigned char frame[200], stripped[200];
	struct rte_mbuf *mbuf;

	memcpy(frame, pattern, sizeof(frame));
	memcpy(frame + 12, "\x81\x00\x07\xd5", 4);
	memcpy(stripped, frame, 12);
	memcpy(stripped + 12, frame + 16, sizeof(frame) - 16);
	open_port("");
	start_port(&config, 1);
	EQUAL(rte_eth_dev_get_vlan_offload(0), RTE_ETH_VLAN_STRIP_OFFLOAD);
	card_deliver(one, 0, frame, sizeof(frame));
	mbuf = receive_one();
	CHECK(same_bytes(mbuf, stripped, sizeof(frame) - 4));
	EQUAL(mbuf->vlan_tci, 0x7d5);
	EQUAL(mbuf->ol_flags & (RTE_MBUF_F_RX_VLAN | RTE_MBUF_F_RX_VLAN_STRIPPED),
	      RTE_MBUF_F_RX_VLAN | RTE_MBUF_F_RX_VLAN_STRIPPED);
	EQUAL(mbuf->packet_type, RTE_PTYPE_L2_ETHER | RTE_PTYPE_L3_IPV4 | RTE_PTYPE_L4_UDP);
	rte_pktmbuf_free(mbuf);
	/* The outermost of two goes. */
	card_deliver(two, 0, frame, sizeof(frame));
	mbuf = receive_one();
	EQUAL(mbuf->pkt_len, sizeof(frame) - 4);
	EQUAL(mbuf->vlan_tci, 100);
	EQUAL(mbuf->packet_type, RTE_PTYPE_L2_ETHER_VLAN | RTE_PTYPE_L3_IPV4 | RTE_PTYPE_L4_UDP);
	rte_pktmbuf_free(mbuf);
	card_deliver(plain_words, 0, frame, sizeof(frame));
	mbuf = receive_one();
	CHECK(same_bytes(mbuf, frame, sizeof(frame)));
	EQUAL(mbuf->ol_flags & RTE_MBUF_F_RX_VLAN, 0);
	rte_pktmbuf_free(mbuf);
	/* Off and on while the port runs. */
	for (int on = 0; on < 2; on++) {
		EQUAL(rte_eth_dev_set_vlan_offload(0, on ? RTE_ETH_VLAN_STRIP_OFFLOAD : 0), 0);
		CHECK(burst_mode_is(on ? "Scalar, all offloads" : "Scalar"));
		card_deliver(one, 0, frame, sizeof(frame));
		mbuf = receive_one();
		EQUAL(mbuf->pkt_len, sizeof(frame) - (on ? 4 : 0));
		EQUAL(!!(mbuf->ol_flags & RTE_MBUF_F_RX_VLAN_STRIPPED), on);
		rte_pktmbuf_free(mbuf);
	}
	EQUAL(rte_eth_dev_set_vlan_strip_on_queue(0, 0, 0), 0);
	card_deliver(one, 0, frame, sizeof(frame));
	mbuf = receive_one();
	EQUAL(mbuf->pkt_len, sizeof(frame));
	rte_pktmbuf_free(mbuf);
	close_port();
}

static void timestamps(void)
{
	const struct rte_eth_conf config = {
		.rxmode = { .offloads = RTE_ETH_RX_OFFLOAD_TIMESTAMP },
	};
	const uint32_t times[] = { 0xfffffff0, 0xffffffff, 0x00000010, 0x10000000, 0x0fffffff };
	uint64_t clock, flag, last = 0;
	struct rte_mbuf *mbuf;
	int offset, bit;

	card_set(SEKISHO_IDENTIFICATION_TIME, 0xffffff00);
	open_port("");
	start_port(&config, 1);
	offset = rte_mbuf_dynfield_lookup(RTE_MBUF_DYNFIELD_TIMESTAMP_NAME, NULL);
	bit = rte_mbuf_dynflag_lookup(RTE_MBUF_DYNFLAG_RX_TIMESTAMP_NAME, NULL);
	CHECK(offset >= 0 && bit >= 0);
	flag = 1ull << bit;
	EQUAL(rte_eth_read_clock(0, &clock), 0);
	EQUAL((uint32_t)clock, 0xffffff00);
	for (unsigned int i = 0; i < RTE_DIM(times); i++) {
		uint64_t time;

		card_set(SEKISHO_IDENTIFICATION_TIME, times[i]);
		card_deliver(plain_words, 0, pattern, 100);
		mbuf = receive_one();
		CHECK(mbuf->ol_flags & flag);
		time = *RTE_MBUF_DYNFIELD(mbuf, offset, uint64_t *);
		EQUAL((uint32_t)time, times[i]);
		/* The low word turns over and the count goes on; the last one is a step back. */
		if (i != 0)
			EQUAL(time - last, (int32_t)(times[i] - times[i - 1]));
		last = time;
		rte_pktmbuf_free(mbuf);
	}
	EQUAL(rte_eth_read_clock(0, &clock), 0);
	EQUAL(clock, last);
	close_port();
	card_set(SEKISHO_IDENTIFICATION_TIME, 0);
}

static void evidence(void)
{
	const struct rte_eth_conf config = {
		.rxmode = { .offloads = RTE_ETH_RX_OFFLOAD_VLAN_STRIP },
	};
	/* IP BAD, layer 4 GOOD, reason 0; a tag; sum 0xbeef; offsets 18 and 38. */
	const uint32_t words[4] = { 0x90000000u | 1 << 22, 0, 0x0001beef, 18 | 38 << 8 };
	const uint32_t none[4] = { 1 << 24, 0, 0x00001234, 14 };
	struct sekisho_evidence_place place;
	const struct sekisho_evidence *found;
	struct rte_mbuf *mbuf;

	open_port(",evidence=1");
	start_port(&config, 1);
	EQUAL(sekisho_evidence_find(&place), 0);
	card_deliver(words, 0, pattern, 100);
	mbuf = receive_one();
	found = sekisho_evidence_of(&place, mbuf);
	CHECK(found != NULL);
	if (found != NULL) {
		EQUAL(found->raw_sum, 0xbeef);
		EQUAL(found->l3_offset, 14); /* the tag is gone */
		EQUAL(found->l4_offset, 34);
		EQUAL(sekisho_ip_verdict(found), SEKISHO_VERDICT_BAD);
		EQUAL(sekisho_l4_verdict(found), SEKISHO_VERDICT_GOOD);
		EQUAL(found->reason, SEKISHO_CHECKSUM_REASON_CHECKED);
	}
	rte_pktmbuf_free(mbuf);
	card_deliver(none, 0, pattern, 100);
	mbuf = receive_one();
	found = sekisho_evidence_of(&place, mbuf);
	CHECK(found != NULL && found->l4_offset == 0 && found->raw_sum == 0x1234 &&
	      found->reason == SEKISHO_CHECKSUM_REASON_NOT_IP);
	rte_pktmbuf_free(mbuf);
	close_port();
}

/* A UDP packet over IPv4 whose checksums are right, by hand. */
static const unsigned char udp_packet[60] = {
	2,    0,    0,	  0,	0, 2,  2,    0,	   0,  0,  0,	 1,    8,  0, /* Ethernet */
	0x45, 0,    0,	  32,	0, 1,  0,    0,	   64, 17, 0x66, 0xca, 10, 0,
	0,    1,    10,	  0,	0, 2, /* IPv4 */
	0x04, 0xd2, 0x16, 0x2e, 0, 12, 0x0c, 0x0d, /* UDP 1234 to 5678 */
	'a',  'b',  'c',  'd',	9, 9, /* four bytes, and padding */
};

static void audits(void)
{
	const struct rte_eth_conf config = {
		.rxmode = { .offloads = RTE_ETH_RX_OFFLOAD_SCATTER, .mtu = 9000 },
	};
	/* IP and layer 4 GOOD, IPv4, UDP; the sum of the UDP datagram; offsets. */
	uint32_t truth[4] = { 0xa0000000u | 1 << 16 | 2 << 19, 0, 0, 14 | 34 << 8 };
	uint32_t lie[4];
	uint32_t total = 0;
	unsigned int row;

	for (unsigned int i = 34; i < 46; i += 2)
		total += udp_packet[i] << 8 | udp_packet[i + 1];
	truth[2] = (total & 0xffff) + (total >> 16);
	open_port(",audit=1");
	start_port(&config, 1);
	card_deliver(truth, 0, udp_packet, sizeof(udp_packet));
	rte_pktmbuf_free(receive_one());
	EQUAL(xstat("audit_packets"), 1);
	EQUAL(xstat("audit_disagreements"), 0);
	for (row = 0; row < 6; row++) {
		memcpy(lie, truth, sizeof(lie));
		lie[0] ^= row == 0 ? 3u << 30 : row == 1 ? 3u << 28 : row == 2 ? 1u << 24 : 0;
		lie[2] ^= row == 3 ? 1 : 0;
		lie[3] ^= row == 4 ? 4 : row == 5 ? 4 << 8 : 0;
		card_deliver(lie, 0, udp_packet, sizeof(udp_packet));
		rte_pktmbuf_free(receive_one());
		EQUAL(xstat("audit_disagreements"), row + 1);
		/* The first one is told with the packet's bytes, the others are counted. */
		fflush(messages);
		if (row == 0)
			CHECK(logged("audit: 0000 020000000002020000000001080045"));
	}
	EQUAL(messages_read, (fseek(messages, 0, SEEK_END), ftell(messages)));
	EQUAL(xstat("audit_packets"), 7);
	/* A long frame in pieces, which is no IP at all. */
	memset(pattern + 12, 0x88, 2);
	total = 0;
	for (unsigned int i = 14; i < 5000; i += 2)
		total += pattern[i] << 8 | pattern[i + 1];
	while (total >> 16)
		total = (total & 0xffff) + (total >> 16);
	lie[0] = SEKISHO_CHECKSUM_REASON_NOT_IP << 24;
	lie[2] = total;
	lie[3] = 14;
	card_deliver(lie, 0, pattern, 5000);
	rte_pktmbuf_free(receive_one());
	EQUAL(xstat("audit_packets"), 8);
	EQUAL(xstat("audit_disagreements"), 6);
	EQUAL(rte_eth_xstats_reset(0), 0);
	EQUAL(xstat("audit_packets"), 0);
	close_port();

	open_port(",audit=3");
	start_port(&config, 1);
	for (int i = 0; i < 10; i++) {
		card_deliver(truth, 0, udp_packet, sizeof(udp_packet));
		rte_pktmbuf_free(receive_one());
	}
	EQUAL(xstat("audit_packets"), 3);
	close_port();
}

/* --- transmit -------------------------------------------------------------------------------- */

static void several_segments(void)
{
	const struct rte_eth_conf config = {
		.txmode = { .offloads = RTE_ETH_TX_OFFLOAD_MULTI_SEGS |
					RTE_ETH_TX_OFFLOAD_TCP_CKSUM |
					RTE_ETH_TX_OFFLOAD_IPV4_CKSUM },
	};
	const unsigned int parts[] = { 1, 2, 3, 7, 64 };
	static unsigned char frame[16384];
	struct rte_mbuf *many[2 * RING];
	uint32_t word = 0;
	uint16_t sent = 0;

	open_port("");
	start_port(&config, 1);
	for (unsigned int i = 0; i < RTE_DIM(parts); i++) {
		struct rte_mbuf *mbuf = new_packet(parts[i], 100);

		mbuf->ol_flags =
			RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IP_CKSUM | RTE_MBUF_F_TX_TCP_CKSUM;
		EQUAL(rte_eth_tx_prepare(0, 0, &mbuf, 1), 1);
		EQUAL(rte_eth_tx_burst(0, 0, &mbuf, 1), 1);
		EQUAL(card_take(frame, &word), 100 * parts[i]);
		CHECK(memcmp(frame, pattern, 100 * parts[i]) == 0);
		EQUAL(word >> 14, 7 << 2); /* both checksums, end of packet */
		card_complete();
	}
	EQUAL(xstat("tx_copied_packets"), RTE_DIM(parts) - 1);
	EQUAL(STATISTIC(opackets), RTE_DIM(parts));
	EQUAL(STATISTIC(obytes), 100 * (1 + 2 + 3 + 7 + 64));

	/* More than there is room for copies: what is not taken is offered again. */
	for (unsigned int i = 0; i < RTE_DIM(many); i++)
		many[i] = new_packet(2, 50);
	for (int round = 0; sent < RTE_DIM(many) && round < 100; round++) {
		sent += rte_eth_tx_burst(0, 0, &many[sent], RTE_DIM(many) - sent);
		if (round == 0)
			CHECK(sent != 0 && sent < RTE_DIM(many));
		card_complete();
	}
	EQUAL(sent, RTE_DIM(many));
	EQUAL(STATISTIC(oerrors), 0);
	EQUAL(STATISTIC(opackets), RTE_DIM(parts) + RTE_DIM(many));
	close_port();
}

static void vlan_insert(void)
{
	const struct rte_eth_conf config = {
		.txmode = { .offloads = RTE_ETH_TX_OFFLOAD_VLAN_INSERT |
					RTE_ETH_TX_OFFLOAD_MULTI_SEGS |
					RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE },
	};
	unsigned char frame[512], wanted[304];
	uint32_t word;

	memcpy(wanted, pattern, 12);
	memcpy(wanted + 12, "\x81\x00\x20\x64", 4);
	memcpy(wanted + 16, pattern + 12, 288);
	open_port("");
	start_port(&config, 1);
	/* In the frame itself; in a copy when somebody else has it too, or no room is in front. */
	for (int row = 0; row < 4; row++) {
		struct rte_mbuf *mbuf = new_packet(row == 3 ? 3 : 1, row == 3 ? 100 : 300), *other;

		other = mbuf;
		if (row == 1)
			rte_mbuf_refcnt_update(mbuf, 1);
		if (row == 2) {
			memmove(mbuf->buf_addr, pattern, 300);
			mbuf->data_off = 0;
		}
		mbuf->vlan_tci = 0x2064;
		mbuf->ol_flags = RTE_MBUF_F_TX_VLAN;
		EQUAL(rte_eth_tx_prepare(0, 0, &mbuf, 1), 1);
		EQUAL(rte_eth_tx_burst(0, 0, &mbuf, 1), 1);
		memset(frame, 0, sizeof(frame));
		EQUAL(card_take(frame, &word), 304);
		CHECK(memcmp(frame, wanted, 304) == 0);
		EQUAL(xstat("tx_copied_packets"), row);
		card_complete();
		if (row == 1) {
			CHECK(same_bytes(other, pattern, 300));
			EQUAL(rte_mbuf_refcnt_read(other), 1);
			rte_pktmbuf_free(other);
		}
	}
	close_port();
}

static void refused_packets(void)
{
	static const struct {
		uint64_t flags;
		unsigned int parts, bytes;
		int error;
	} rows[] = {
		{ RTE_MBUF_F_TX_TCP_SEG | RTE_MBUF_F_TX_TCP_CKSUM | RTE_MBUF_F_TX_IPV4, 1, 100,
		  ENOTSUP },
		{ RTE_MBUF_F_TX_UDP_SEG, 1, 100, ENOTSUP },
		{ RTE_MBUF_F_TX_SCTP_CKSUM, 1, 100, ENOTSUP },
		{ RTE_MBUF_F_TX_SCTP_CKSUM | RTE_MBUF_F_TX_IP_CKSUM, 1, 100, ENOTSUP },
		{ RTE_MBUF_F_TX_OUTER_IP_CKSUM | RTE_MBUF_F_TX_OUTER_IPV4, 1, 100, ENOTSUP },
		{ RTE_MBUF_F_TX_OUTER_UDP_CKSUM, 1, 100, ENOTSUP },
		{ RTE_MBUF_F_TX_TUNNEL_VXLAN | RTE_MBUF_F_TX_IP_CKSUM, 1, 100, ENOTSUP },
		{ RTE_MBUF_F_TX_QINQ, 1, 100, ENOTSUP },
		{ RTE_MBUF_F_TX_VLAN, 1, 100, ENOTSUP }, /* not configured */
		{ RTE_MBUF_F_TX_MACSEC, 1, 100, ENOTSUP },
		{ RTE_MBUF_F_TX_SEC_OFFLOAD, 1, 100, ENOTSUP },
		{ RTE_MBUF_F_TX_IEEE1588_TMST, 1, 100, ENOTSUP },
		{ 0, 65, 100, EINVAL }, /* too many segments */
		{ 0, 10, 1000, EINVAL }, /* too long */
		{ 0, 2, 6, EINVAL }, /* too short */
	};
	const struct rte_eth_conf config = {
		.txmode = { .offloads = RTE_ETH_TX_OFFLOAD_MULTI_SEGS },
	};
	const struct rte_eth_conf plain = { 0 };
	unsigned char frame[64];
	struct rte_mbuf *mbuf;
	uint32_t word;

	open_port("");
	start_port(&config, 1);
	for (unsigned int i = 0; i < RTE_DIM(rows); i++) {
		mbuf = new_packet(rows[i].parts, rows[i].bytes);
		mbuf->ol_flags = rows[i].flags;
		rte_errno = 0;
		EQUAL(rte_eth_tx_prepare(0, 0, &mbuf, 1), 0);
		EQUAL(rte_errno, rows[i].error);
		/* Sent all the same: taken, counted, never sent. */
		EQUAL(rte_eth_tx_burst(0, 0, &mbuf, 1), 1);
		EQUAL(card_take(frame, &word), 0);
		EQUAL(STATISTIC(oerrors), i + 1);
	}
	/* A chain that is longer than it says. */
	mbuf = new_packet(3, 100);
	mbuf->pkt_len = 120;
	EQUAL(rte_eth_tx_burst(0, 0, &mbuf, 1), 1);
	EQUAL(card_take(frame, &word), 0);
	EQUAL(STATISTIC(opackets), 0);
	close_port();

	open_port("");
	start_port(&plain, 1);
	mbuf = new_packet(2, 100); /* several segments are not configured */
	EQUAL(rte_eth_tx_prepare(0, 0, &mbuf, 1), 0);
	EQUAL(rte_errno, ENOTSUP);
	EQUAL(rte_eth_tx_burst(0, 0, &mbuf, 1), 1);
	EQUAL(STATISTIC(oerrors), 1);
	close_port();
}

/* --- configuration --------------------------------------------------------------------------- */

static void refused_configurations(void)
{
	static const struct {
		struct rte_eth_conf config;
		int error;
		const char *message;
	} rows[] = {
		{ { .rxmode.offloads = RTE_ETH_RX_OFFLOAD_TCP_LRO }, -EINVAL, "Rx offloads" },
		{ { .rxmode.offloads = RTE_ETH_RX_OFFLOAD_QINQ_STRIP }, -EINVAL, "Rx offloads" },
		{ { .rxmode.offloads = RTE_ETH_RX_OFFLOAD_BUFFER_SPLIT }, -EINVAL, "Rx offloads" },
		{ { .rxmode.offloads = RTE_ETH_RX_OFFLOAD_SECURITY }, -EINVAL, "Rx offloads" },
		{ { .rxmode.offloads = RTE_ETH_RX_OFFLOAD_OUTER_IPV4_CKSUM },
		  -EINVAL,
		  "Rx offloads" },
		{ { .rxmode.offloads = RTE_ETH_RX_OFFLOAD_KEEP_CRC }, -EINVAL, "Rx offloads" },
		{ { .rxmode.offloads = RTE_ETH_RX_OFFLOAD_VLAN_FILTER }, -EINVAL, "Rx offloads" },
		{ { .txmode.offloads = RTE_ETH_TX_OFFLOAD_TCP_TSO }, -EINVAL, "Tx offloads" },
		{ { .txmode.offloads = RTE_ETH_TX_OFFLOAD_QINQ_INSERT }, -EINVAL, "Tx offloads" },
		{ { .txmode.offloads = RTE_ETH_TX_OFFLOAD_SCTP_CKSUM }, -EINVAL, "Tx offloads" },
		{ { .txmode.offloads = RTE_ETH_TX_OFFLOAD_OUTER_IPV4_CKSUM },
		  -EINVAL,
		  "Tx offloads" },
		{ { .rxmode.mq_mode = RTE_ETH_MQ_RX_VMDQ_ONLY }, -ENOTSUP, "not DCB or VMDq" },
		{ { .txmode.mq_mode = RTE_ETH_MQ_TX_DCB }, -ENOTSUP, "DCB and VMDq" },
		{ { .txmode.hw_vlan_insert_pvid = 1 }, -ENOTSUP, "port VLAN" },
		{ { .dcb_capability_en = 1 }, -ENOTSUP, "DCB is not supported" },
	};
	const struct rte_eth_rxconf shared = { .share_group = 1 };
	const struct rte_eth_rxconf strip = { .offloads = RTE_ETH_RX_OFFLOAD_SCATTER };
	const struct rte_eth_conf good = { 0 };

	open_port("");
	for (unsigned int i = 0; i < RTE_DIM(rows); i++) {
		(void)rte_eth_dev_configure(0, 1, 1, &good);
		EQUAL(rte_eth_dev_configure(0, 1, 1, &rows[i].config), rows[i].error);
		CHECK(logged(rows[i].message));
	}
	EQUAL(rte_eth_dev_configure(0, 1, 1, &good), 0);
	EQUAL(rte_eth_rx_queue_setup(0, 0, RING, 0, &shared, pool), -EINVAL);
	EQUAL(rte_eth_rx_queue_setup(0, 0, RING, 0, &strip, pool), -EINVAL); /* for ports only */
	EQUAL(rte_eth_dev_set_link_down(0), -ENOTSUP);
	close_port();
}

static void address_filters(void)
{
	const struct rte_eth_conf config = { 0 };
	struct rte_ether_addr address = { { 2, 0x11, 0x22, 0x33, 0x44, 0 } };
	struct rte_ether_addr groups[8];
	unsigned int valid;

	for (int i = 0; i < 8; i++)
		groups[i] = (struct rte_ether_addr){ { 0x01, 0, 0x5e, 0, 0, i } };
	open_port("");
	start_port(&config, 1);
	for (int i = 0; i < 5; i++) {
		address.addr_bytes[5] = i;
		EQUAL(rte_eth_dev_mac_addr_add(0, &address, 0), 0);
	}
	EQUAL(card_register(SEKISHO_NETWORK_MAC_FILTER_LO(4)), 0x33221102);
	EQUAL(card_register(SEKISHO_NETWORK_MAC_FILTER_HI(4)), 0x80000444);
	EQUAL(rte_eth_dev_set_mc_addr_list(0, groups, 3), 0);
	EQUAL(card_register(SEKISHO_NETWORK_MAC_FILTER_HI(7)), 0x80000200);
	address.addr_bytes[5] = 9;
	EQUAL(rte_eth_dev_mac_addr_add(0, &address, 0), -ENOSPC);
	CHECK(logged("all 8 filters of the card are in use"));
	EQUAL(rte_eth_dev_set_mc_addr_list(0, groups, 4), -ENOSPC);
	CHECK(logged("only 3 of the card's 8 filters"));
	EQUAL(rte_eth_dev_set_mc_addr_list(0, groups, 1), 0);
	EQUAL(rte_eth_dev_mac_addr_add(0, &address, 0), 0);
	address.addr_bytes[5] = 2;
	EQUAL(rte_eth_dev_mac_addr_remove(0, &address), 0);
	EQUAL(card_register(SEKISHO_NETWORK_MAC_FILTER_HI(2)), 0);
	/* A port that starts again has what it had. */
	EQUAL(rte_eth_dev_stop(0), 0);
	EQUAL(rte_eth_dev_start(0), 0);
	valid = 0;
	for (int i = 0; i < 8; i++)
		valid += card_register(SEKISHO_NETWORK_MAC_FILTER_HI(i)) >> 31;
	EQUAL(valid, 4 + 1 + 1);
	close_port();
}

static void register_dump(void)
{
	const struct rte_eth_conf config = { 0 };
	struct rte_dev_reg_info info = { 0 };
	uint32_t *data;

	open_port("");
	start_port(&config, 1);
	EQUAL(rte_eth_dev_get_reg_info(0, &info), 0);
	CHECK(info.length > 300);
	EQUAL(info.width, 4);
	EQUAL(info.version, 0x20000);
	data = calloc(info.length, 4);
	info.data = data;
	EQUAL(rte_eth_dev_get_reg_info(0, &info), 0);
	EQUAL(data[0], 0x494b4553);
	EQUAL(data[9], card_register(SEKISHO_NETWORK_CONTROL));
	CHECK(data[9] & 1);
	info.offset = 9;
	info.length = 1;
	EQUAL(rte_eth_dev_get_reg_info(0, &info), 0);
	EQUAL(data[0], card_register(SEKISHO_NETWORK_CONTROL));
	free(data);
	close_port();
}

static void queues_at_run_time(void)
{
	const struct rte_eth_conf config = { 0 };
	struct rte_eth_dev_info info;
	struct rte_mbuf *mbuf;

	open_port("");
	start_port(&config, 2);
	EQUAL(rte_eth_dev_info_get(0, &info), 0);
	EQUAL(info.max_mac_addrs, 9);
	EQUAL(info.tx_desc_lim.nb_seg_max, 64);
	CHECK(info.dev_capa & RTE_ETH_DEV_CAPA_RUNTIME_RX_QUEUE_SETUP);
	EQUAL(rte_eth_rx_queue_setup(0, 0, 2 * RING, 0, NULL, pool), -EBUSY);
	for (int round = 0; round < 3; round++) {
		EQUAL(rte_eth_dev_rx_queue_stop(0, 0), 0);
		EQUAL(rte_eth_dev_tx_queue_stop(0, 0), 0);
		/* Polling a queue that is stopped touches nothing. */
		EQUAL(rte_eth_rx_burst(0, 0, &mbuf, 1), 0);
		mbuf = new_packet(1, 100);
		EQUAL(rte_eth_tx_burst(0, 0, &mbuf, 1), 0);
		rte_pktmbuf_free(mbuf);
		EQUAL(rte_eth_rx_queue_setup(0, 0, RING << round, 0, NULL, pool), 0);
		EQUAL(rte_eth_tx_queue_setup(0, 0, RING << round, 0, NULL), 0);
		EQUAL(rte_eth_dev_rx_queue_start(0, 0), 0);
		EQUAL(rte_eth_dev_tx_queue_start(0, 0), 0);
		card_deliver(plain_words, 0, pattern, 100);
		rte_pktmbuf_free(receive_one());
	}
	close_port();
}

/* --- interrupts ------------------------------------------------------------------------------ */

static void link_events(void)
{
	const struct rte_eth_conf config = { .intr_conf.lsc = 1 };
	struct rte_eth_link link;

	open_port("");
	start_port(&config, 1);
	EQUAL(rte_eth_link_get_nowait(0, &link), 0);
	EQUAL(link.link_status, 1);
	EQUAL(card_register(SEKISHO_NETWORK_EVENT), SEKISHO_NETWORK_EVENT_ENABLE_MASK);
	for (int round = 1; round <= 4; round++) {
		char text[16];

		snprintf(text, sizeof(text), "link %d", round % 2 ? 0 : 1000 * round);
		pthread_mutex_lock(&control);
		order(text);
		pthread_mutex_unlock(&control);
		EVENTUALLY(event_count(RTE_ETH_EVENT_INTR_LSC) == round);
		EQUAL(rte_eth_link_get_nowait(0, &link), 0);
		EQUAL(link.link_status, round % 2 == 0);
		EQUAL(link.link_speed, round % 2 ? 0 : 1000 * round);
	}
	close_port();
	card_set(SEKISHO_NETWORK_LINK, 10000 << 8 | 1);
}

/* A thread that sleeps until a queue has something, as in l3fwd-power. */
static void receive_interrupts(void)
{
	const struct rte_eth_conf config = { .intr_conf.rxq = 1 };
	struct rte_epoll_event event;

	open_port(",recovery=1");
	start_port(&config, 2);
	for (uint16_t id = 0; id < 2; id++)
		EQUAL(rte_eth_dev_rx_intr_ctl_q(0, id, RTE_EPOLL_PER_THREAD, RTE_INTR_EVENT_ADD,
						(void *)(uintptr_t)(100 + id)),
		      0);
	for (int round = 0; round < 5; round++) {
		EQUAL(rte_eth_dev_rx_intr_enable(0, 0), 0);
		pthread_mutex_lock(&control);
		check_arms();
		pthread_mutex_unlock(&control);
		EQUAL(rte_epoll_wait(RTE_EPOLL_PER_THREAD, &event, 1, 20), 0);
		card_deliver(plain_words, 0, pattern, 100);
		pthread_mutex_lock(&control);
		check_arms();
		pthread_mutex_unlock(&control);
		EQUAL(rte_epoll_wait(RTE_EPOLL_PER_THREAD, &event, 1, 5000), 1);
		EQUAL((uintptr_t)event.epdata.data, 100);
		EQUAL(rte_eth_dev_rx_intr_disable(0, 0), 0);
		/* Once: it has to be asked for again. */
		card_deliver(plain_words, 0, pattern, 100);
		pthread_mutex_lock(&control);
		check_arms();
		pthread_mutex_unlock(&control);
		EQUAL(rte_epoll_wait(RTE_EPOLL_PER_THREAD, &event, 1, 20), 0);
		rte_pktmbuf_free(receive_one());
		rte_pktmbuf_free(receive_one());
	}
	/* Who sleeps while the card is replaced is woken, and looks again. */
	EQUAL(rte_eth_dev_rx_intr_enable(0, 1), 0);
	card_dies();
	EQUAL(rte_epoll_wait(RTE_EPOLL_PER_THREAD, &event, 1, 10000), 1);
	EQUAL((uintptr_t)event.epdata.data, 101);
	EVENTUALLY(event_count(RTE_ETH_EVENT_RECOVERY_SUCCESS) == 1);
	for (uint16_t id = 0; id < 2; id++)
		rte_eth_dev_rx_intr_ctl_q(0, id, RTE_EPOLL_PER_THREAD, RTE_INTR_EVENT_DEL, NULL);
	close_port();
}

/* --- removal and recovery ---------------------------------------------------------------------- */

static void recovery(void)
{
	const struct rte_eth_conf config = {
		.rxmode = { .mq_mode = RTE_ETH_MQ_RX_RSS,
			    .mtu = 9000,
			    .offloads = RTE_ETH_RX_OFFLOAD_SCATTER | RTE_ETH_RX_OFFLOAD_TIMESTAMP },
		.rx_adv_conf.rss_conf.rss_hf = RTE_ETH_RSS_IPV4,
		.intr_conf.lsc = 1,
	};
	struct rte_ether_addr address = { { 2, 9, 8, 7, 6, 5 } };
	struct rte_eth_dev_info info;
	struct rte_mbuf *mbuf;

	open_port("");
	start_port(&config, 2);
	EQUAL(rte_eth_dev_info_get(0, &info), 0);
	EQUAL(info.err_handle_mode, RTE_ETH_ERROR_HANDLE_MODE_PROACTIVE);
	EQUAL(rte_eth_dev_mac_addr_add(0, &address, 0), 0);
	EQUAL(rte_eth_promiscuous_enable(0), 0);
	for (int round = 1; round <= 5; round++) {
		/* Frames in every state: half a frame, one not taken, some to be sent. */
		card_deliver(plain_words, 0, pattern, 100);
		rte_pktmbuf_free(receive_one());
		card_set(SEKISHO_NETWORK_RX_QUEUE_STATISTICS_PACKETS_LO(1), 7);
		EQUAL(STATISTIC(imissed), 7 * round);
		pthread_mutex_lock(&control);
		deliver_piece(&queues[0][0], plain_words, 0, pattern, ROOM + 1, true);
		pthread_mutex_unlock(&control);
		EQUAL(rte_eth_rx_burst(0, 0, &mbuf, 1), 0);
		card_deliver(plain_words, 0, pattern, 100);
		for (int i = 0; i < round; i++) {
			mbuf = new_packet(1, 100);
			EQUAL(rte_eth_tx_burst(0, 1, &mbuf, 1), 1);
		}
		pthread_mutex_lock(&control);
		shutdown(card_connection, SHUT_RDWR);
		/* The card that comes has counted nothing. */
		registers[SEKISHO_NETWORK_RX_QUEUE_STATISTICS_PACKETS_LO(1) / 4] = 0;
		registers[SEKISHO_NETWORK_MAC_LO / 4] = 0;
		registers[SEKISHO_NETWORK_MAX_FRAME / 4] = 0;
		EVENTUALLY(event_count(RTE_ETH_EVENT_ERR_RECOVERING) == round);
		/* Nobody answers while we hold the card: it is looked for. */
		EQUAL(rte_eth_rx_burst(0, 0, &mbuf, 1), 0);
		mbuf = new_packet(1, 100);
		EQUAL(rte_eth_tx_burst(0, 0, &mbuf, 1), 0);
		rte_pktmbuf_free(mbuf);
		EQUAL(rte_eth_dev_is_removed(0), 0);
		pthread_mutex_unlock(&control);
		EVENTUALLY(event_count(RTE_ETH_EVENT_RECOVERY_SUCCESS) == round);
		EQUAL(STATISTIC(imissed), 7 * round);
		EQUAL(xstat("recoveries"), round);
		EQUAL(card_register(SEKISHO_NETWORK_MAX_FRAME), 9022);
		EQUAL(card_register(SEKISHO_NETWORK_CONTROL), 0x47);
		EQUAL(card_register(SEKISHO_NETWORK_RSS_TYPES), 1);
		EQUAL(card_register(SEKISHO_NETWORK_MAC_FILTER_HI(0)), 0x80000506);
		EQUAL(card_register(SEKISHO_NETWORK_EVENT), SEKISHO_NETWORK_EVENT_ENABLE_MASK);
		CHECK(card_register(SEKISHO_NETWORK_MAC_LO) != 0);
	}
	/* What was lost with the card is nobody's; what comes now is received. */
	card_deliver(plain_words, 0, pattern, 5000);
	mbuf = receive_one();
	CHECK(same_bytes(mbuf, pattern, 5000));
	rte_pktmbuf_free(mbuf);
	EQUAL(STATISTIC(ierrors), 0);
	EQUAL(event_count(RTE_ETH_EVENT_INTR_RMV), 0);
	close_port();
}

/* Stopped, closed and refused while the card is looked for. */
static void calls_during_recovery(void)
{
	const struct rte_eth_conf config = { 0 };
	struct rte_ether_addr address = { { 2, 9, 8, 7, 6, 5 } };
	char away[80];

	open_port(",recovery=1");
	start_port(&config, 2);
	pthread_mutex_lock(&control);
	shutdown(card_connection, SHUT_RDWR);
	EVENTUALLY(event_count(RTE_ETH_EVENT_ERR_RECOVERING) == 1);
	snprintf(away, sizeof(away), "%s.away", path);
	EQUAL(rename(path, away), 0);
	pthread_mutex_unlock(&control);
	rte_delay_us_sleep(50000); /* some attempts find nothing */
	EQUAL(rte_eth_promiscuous_enable(0), -EBUSY);
	EQUAL(rte_eth_dev_set_mtu(0, 1400), -EBUSY);
	EQUAL(rte_eth_dev_mac_addr_add(0, &address, 0), -EBUSY);
	EQUAL(rte_eth_dev_rx_queue_stop(0, 0), 0);
	EQUAL(rte_eth_dev_rx_queue_start(0, 0), -EBUSY);
	EQUAL(rte_eth_dev_stop(0), 0);
	EQUAL(rte_mempool_avail_count(pool), MBUFS);
	EQUAL(rte_eth_dev_start(0), -EBUSY);
	CHECK(logged("the card is looked for"));
	EQUAL(rte_vdev_uninit("net_sekisho0"), 0);
	EQUAL(rename(away, path), 0);
}

static void removal_and_reset(void)
{
	const struct rte_eth_conf config = { .intr_conf.rmv = 1 };
	struct rte_eth_dev_info info;
	struct rte_mbuf *mbuf;

	open_port("");
	start_port(&config, 1);
	EQUAL(rte_eth_dev_info_get(0, &info), 0);
	EQUAL(info.err_handle_mode, RTE_ETH_ERROR_HANDLE_MODE_NONE);
	card_dies();
	EVENTUALLY(event_count(RTE_ETH_EVENT_INTR_RMV) == 1);
	EQUAL(event_count(RTE_ETH_EVENT_ERR_RECOVERING), 0);
	EQUAL(rte_eth_dev_is_removed(0), 1);
	EQUAL(rte_eth_rx_burst(0, 0, &mbuf, 1), 0);
	CHECK(burst_mode_is("Removed"));
	/* The application asks for it: the port is as after its probe. */
	EQUAL(rte_eth_dev_reset(0), 0);
	EQUAL(rte_eth_dev_is_removed(0), 0);
	start_port(&config, 1);
	card_deliver(plain_words, 0, pattern, 100);
	rte_pktmbuf_free(receive_one());
	/* And of a card that is there. */
	EQUAL(rte_eth_dev_reset(0), 0);
	EQUAL(rte_eth_dev_start(0), 0);
	card_deliver(plain_words, 0, pattern, 100);
	rte_pktmbuf_free(receive_one());
	close_port();
}

static void another_card(void)
{
	const struct rte_eth_conf config = { 0 };
	uint32_t limits = card_register(SEKISHO_IDENTIFICATION_LIMITS);

	open_port("");
	start_port(&config, 1);
	card_set(SEKISHO_IDENTIFICATION_LIMITS, 2000);
	card_dies();
	EVENTUALLY(event_count(RTE_ETH_EVENT_RECOVERY_FAILED) == 1);
	CHECK(logged("is another card"));
	EQUAL(event_count(RTE_ETH_EVENT_RECOVERY_SUCCESS), 0);
	EQUAL(rte_eth_dev_is_removed(0), 1);
	close_port();
	card_set(SEKISHO_IDENTIFICATION_LIMITS, limits);
}

/* Bursts on another thread while the card goes and comes: no mbuf is lost, nothing is touched twice. */
static volatile bool polling;

static void *poll_thread(void *arg)
{
	struct rte_mbuf *mbufs[32];

	while (polling) {
		uint16_t count = rte_eth_rx_burst(0, 0, mbufs, 32);
		uint16_t sent = rte_eth_tx_burst(0, 0, mbufs, count);

		rte_pktmbuf_free_bulk(mbufs + sent, count - sent);
		(*(volatile uint64_t *)arg) += count;
	}
	return NULL;
}

static void recovery_under_traffic(void)
{
	const struct rte_eth_conf config = { 0 };
	volatile uint64_t count = 0;
	pthread_t thread;

	open_port(",recovery=1");
	start_port(&config, 1);
	polling = true;
	EQUAL(pthread_create(&thread, NULL, poll_thread, (void *)&count), 0);
	for (int round = 1; round <= 20; round++) {
		uint64_t before = count;

		for (int i = 0; i < 200; i++) {
			pthread_mutex_lock(&control);
			deliver(&queues[0][0], plain_words, 0, pattern, 100);
			transmit(&queues[1][0]);
			pthread_mutex_unlock(&control);
		}
		EVENTUALLY(count > before);
		card_dies();
		EVENTUALLY(event_count(RTE_ETH_EVENT_RECOVERY_SUCCESS) == round);
	}
	polling = false;
	pthread_join(thread, NULL);
	close_port();
}

/*
 * A thread that is inside a burst when the card goes: its last step there is to give a buffer back to
 * a pool which keeps it. The queue must not be set up anew under it; and a thread that comes late,
 * with the burst function of before, must do nothing.
 */
static __thread bool keep; /* this thread, at the pool */
static bool kept;

static const struct rte_mempool_ops *ring_ops(void)
{
	for (uint32_t i = 0; i < rte_mempool_ops_table.num_ops; i++)
		if (strcmp(rte_mempool_ops_table.ops[i].name, "ring_mp_mc") == 0)
			return &rte_mempool_ops_table.ops[i];
	return NULL;
}

static int keeping_alloc(struct rte_mempool *mempool)
{
	return ring_ops()->alloc(mempool);
}

static void keeping_free(struct rte_mempool *mempool)
{
	ring_ops()->free(mempool);
}

static int keeping_enqueue(struct rte_mempool *mempool, void *const *objects, unsigned int count)
{
	if (keep) {
		keep = false;
		__atomic_store_n(&kept, true, __ATOMIC_SEQ_CST);
		while (__atomic_load_n(&kept, __ATOMIC_SEQ_CST))
			rte_delay_us_sleep(100);
	}
	return ring_ops()->enqueue(mempool, objects, count);
}

static int keeping_dequeue(struct rte_mempool *mempool, void **objects, unsigned int count)
{
	return ring_ops()->dequeue(mempool, objects, count);
}

static unsigned int keeping_count(const struct rte_mempool *mempool)
{
	return ring_ops()->get_count(mempool);
}

static const struct rte_mempool_ops keeping_ops = {
	.name = "keeping",
	.alloc = keeping_alloc,
	.free = keeping_free,
	.enqueue = keeping_enqueue,
	.dequeue = keeping_dequeue,
	.get_count = keeping_count,
};

RTE_MEMPOOL_REGISTER_OPS(keeping_ops);

static void *receive_inside(void *arg)
{
	keep = true;
	EQUAL(rte_eth_rx_burst(0, 0, arg, 1), 0); /* the descriptor failed: its buffer goes back */
	return NULL;
}

static void *transmit_inside(void *arg)
{
	keep = true;
	EQUAL(rte_eth_tx_burst(0, 0, arg, 1), 1); /* refused and freed */
	return NULL;
}

static void recovery_waits(void *(*inside)(void *), struct rte_mbuf *mbuf, int round)
{
	pthread_t thread;

	kept = false;
	EQUAL(pthread_create(&thread, NULL, inside, &mbuf), 0);
	EVENTUALLY(__atomic_load_n(&kept, __ATOMIC_SEQ_CST));
	card_dies();
	EVENTUALLY(event_count(RTE_ETH_EVENT_ERR_RECOVERING) == round);
	rte_delay_us_sleep(200000);
	EQUAL(event_count(RTE_ETH_EVENT_RECOVERY_SUCCESS), round - 1);
	__atomic_store_n(&kept, false, __ATOMIC_SEQ_CST);
	pthread_join(thread, NULL);
	EVENTUALLY(event_count(RTE_ETH_EVENT_RECOVERY_SUCCESS) == round);
}

static void recovery_and_bursts(void)
{
	const struct rte_eth_conf config = { 0 };
	struct rte_mempool *usual = pool;
	struct rte_mbuf *mbuf;
	eth_rx_burst_t receive;
	eth_tx_burst_t send;
	char away[80];

	pool = rte_pktmbuf_pool_create_by_ops("keeping", MBUFS, 0, 0, ROOM + RTE_PKTMBUF_HEADROOM,
					      0, "keeping");
	CHECK(pool != NULL);
	open_port(",recovery=1");
	start_port(&config, 1);
	card_deliver(plain_words, SEKISHO_COMPLETION_STATUS_DMA_ERROR, NULL, 0);
	recovery_waits(receive_inside, NULL, 1);
	recovery_waits(transmit_inside, new_packet(2, 100), 2);

	receive = rte_eth_fp_ops[0].rx_pkt_burst;
	send = rte_eth_fp_ops[0].tx_pkt_burst;
	card_deliver(plain_words, 0, pattern, 100);
	pthread_mutex_lock(&control);
	shutdown(card_connection, SHUT_RDWR);
	snprintf(away, sizeof(away), "%s.away", path);
	EQUAL(rename(path, away), 0);
	pthread_mutex_unlock(&control);
	EVENTUALLY(event_count(RTE_ETH_EVENT_ERR_RECOVERING) == 3);
	rte_delay_us_sleep(50000); /* some attempts find nothing */
	EQUAL(receive(rte_eth_fp_ops[0].rxq.data[0], &mbuf, 1), 0);
	mbuf = new_packet(1, 100);
	EQUAL(send(rte_eth_fp_ops[0].txq.data[0], &mbuf, 1), 0);
	rte_pktmbuf_free(mbuf);
	EQUAL(rename(away, path), 0);
	EVENTUALLY(event_count(RTE_ETH_EVENT_RECOVERY_SUCCESS) == 3);
	card_deliver(plain_words, 0, pattern, 100);
	rte_pktmbuf_free(receive_one());
	close_port();
	rte_mempool_free(pool);
	pool = usual;
}

/* Queues that do not come to rest: close ends all the same, and every mbuf comes back. */
static void hung_card(void)
{
	const struct rte_eth_conf config = { 0 };

	open_port(",recovery=0");
	start_port(&config, 1);
	for (int i = 0; i < 10; i++) {
		struct rte_mbuf *mbuf = new_packet(1, 100);

		EQUAL(rte_eth_tx_burst(0, 0, &mbuf, 1), 1); /* never completed */
	}
	card_deliver(plain_words, 0, pattern, 100); /* never taken */
	hang = true;
	CHECK(rte_eth_dev_stop(0) != 0);
	CHECK(logged("tx queue 0 does not stop: Connection timed out"));
	CHECK(rte_mempool_avail_count(pool) < MBUFS);
	CHECK(rte_vdev_uninit("net_sekisho0") == 0);
	EQUAL(rte_mempool_avail_count(pool), MBUFS);
	pthread_mutex_lock(&control);
	EQUAL(map_count, 0);
	pthread_mutex_unlock(&control);
	hang = false;
}

int main(int argc, char **argv)
{
	static const struct test_case cases[] = {
		{ "frames in several buffers", scattered },
		{ "scattered receive is chosen by the MTU", scatter_by_the_mtu },
		{ "completions that cannot be", impossible_completions },
		{ "VLAN tags are stripped, by port and by queue", vlan_strip },
		{ "timestamps in 64 bits, and the clock", timestamps },
		{ "evidence in the mbuf", evidence },
		{ "audits agree with the truth and catch every lie", audits },
		{ "packets in several segments are sent as copies", several_segments },
		{ "VLAN tags are inserted", vlan_insert },
		{ "packets that ask for what there is not", refused_packets },
		{ "configurations that ask for what there is not", refused_configurations },
		{ "addresses and multicast groups share the card's filters", address_filters },
		{ "a dump of the registers", register_dump },
		{ "queues are set up while the port runs", queues_at_run_time },
		{ "changes of the link", link_events },
		{ "receive interrupts", receive_interrupts },
		{ "recovery: everything is as before", recovery },
		{ "calls while the card is looked for", calls_during_recovery },
		{ "removal, and a reset that brings the card back", removal_and_reset },
		{ "another card in the place of the lost one", another_card },
		{ "recovery under traffic, 20 times", recovery_under_traffic },
		{ "recovery and threads inside bursts", recovery_and_bursts },
		{ "a card that hangs", hung_card },
	};

	return run_cases(argc, argv, cases, RTE_DIM(cases));
}
