/* SPDX-License-Identifier: BSD-3-Clause */
/* Class 20: what comes of a packet that the port cuts into segments. */

#include <string.h>

#include <rte_cycles.h>
#include <rte_mbuf.h>

#include "special.h"

static struct frame frame;

struct tso {
	struct test *test;
	uint32_t number, mss, sequence, payload, covered;
	uint32_t first_header; /* where the payload starts in a segment */
	unsigned int segments;
	bool failed;
};

static uint32_t get32(const uint8_t *bytes)
{
	return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 |
	       bytes[3];
}

static void tso_wrong(struct tso *tso, const uint8_t *bytes, uint32_t length, const char *text)
{
	const struct item item = { .test = tso->test,
				   .sent = frame.bytes,
				   .length = frame.length,
				   .got = (uint8_t *)(uintptr_t)bytes,
				   .got_length = length };

	report_wrong(tso->test, &item, "%s", text);
	tso->failed = true;
}

/* One segment: sound checksums, the payload of its place, the headers of the whole. */
static void tso_segment(struct tso *tso, const uint8_t *bytes, uint32_t length)
{
	const uint32_t header = tso->first_header, l4 = frame_l4(&frame);
	struct opinion opinion;
	uint32_t offset, size;
	bool last;

	oracle_judge(bytes, length, &opinion);
	if (opinion.l4_offset != l4 || opinion.l4_end < header) {
		tso_wrong(tso, bytes, length, "a segment has other headers");
		return;
	}
	if (opinion.ip != TRUTH_RIGHT && opinion.ip != TRUTH_IPV6)
		tso_wrong(tso, bytes, length, "a segment's IP header checksum is wrong");
	else if (opinion.l4 != TRUTH_RIGHT)
		tso_wrong(tso, bytes, length, "a segment's TCP checksum is wrong");
	if (tso->failed)
		return;
	size = opinion.l4_end - header;
	offset = get32(bytes + l4 + 4) - tso->sequence;
	last = offset + size == tso->payload;
	if (size > tso->mss)
		tso_wrong(tso, bytes, length, "a segment is longer than the maximum segment size");
	else if (offset + size > tso->payload ||
		 memcmp(bytes + header, frame.bytes + header + offset, size) != 0)
		tso_wrong(tso, bytes, length, "a segment's payload is not that of its place");
	else if (memcmp(bytes + l4 + 20, frame.bytes + l4 + 20, header - l4 - 20) != 0)
		tso_wrong(tso, bytes, length, "the TCP options are not in every segment");
	else if (((bytes[l4 + 13] & 0x09) != 0) != last)
		tso_wrong(tso, bytes, length, "FIN and PSH are not in the last segment only");
	tso->covered += size;
	tso->segments++;
}

static bool tso_send(const struct tso *tso)
{
	struct rte_mbuf *mbuf = rte_pktmbuf_alloc(dut.pool);
	struct opinion opinion;
	uint8_t *data;
	uint32_t seed;

	if (mbuf == NULL)
		return false;
	data = (uint8_t *)rte_pktmbuf_append(mbuf, (uint16_t)frame.length);
	memcpy(data, frame.bytes, frame.length);
	oracle_judge(data, frame.length, &opinion);
	/* The pseudo header's sum without the length, as every driver expects it. */
	seed = oracle_seed(data, &opinion) + 0xffff - (opinion.l4_end - opinion.l4_offset);
	seed = (seed & 0xffff) + (seed >> 16);
	data[frame_l4_field(&frame)] = (uint8_t)(seed >> 8);
	data[frame_l4_field(&frame) + 1] = (uint8_t)seed;
	mbuf->ol_flags = RTE_MBUF_F_TX_TCP_SEG | RTE_MBUF_F_TX_TCP_CKSUM;
	if (frame.version == 4) {
		memset(data + frame.l2_length + 10, 0, 2);
		mbuf->ol_flags |= RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IP_CKSUM;
	} else {
		mbuf->ol_flags |= RTE_MBUF_F_TX_IPV6;
	}
	mbuf->l2_len = frame.l2_length;
	mbuf->l3_len = frame.l3_length;
	mbuf->l4_len = frame.l4_length;
	mbuf->tso_segsz = (uint16_t)tso->mss;
	return send_offloaded(mbuf);
}

static void tso_receive(struct tso *tso)
{
	const uint64_t end = rte_get_timer_cycles() + timeout_ms * rte_get_timer_hz() / 1000;
	struct rte_mbuf *mbufs[BURST];

	while (tso->covered < tso->payload && !tso->failed && rte_get_timer_cycles() < end) {
		const uint16_t count = receive_some(peer, mbufs, BURST);

		for (uint16_t i = 0; i < count; i++) {
			static uint8_t bytes[FRAME_ROOM];
			const uint32_t length = mbufs[i]->pkt_len;
			const uint8_t *data = length > sizeof(bytes) ?
						      NULL :
						      rte_pktmbuf_read(mbufs[i], 0, length, bytes);

			if (data != NULL && length > tso->first_header &&
			    memcmp(data + 6, frame.bytes + 6, 6) == 0 && !tso->failed)
				tso_segment(tso, data, length);
			rte_pktmbuf_free(mbufs[i]);
		}
		if (count == 0)
			rte_delay_us_sleep(100);
	}
}

static void tso_case(unsigned int version, unsigned int options, uint32_t payload)
{
	struct recipe recipe = { .version = (uint8_t)version,
				 .protocol = P_TCP,
				 .payload = payload,
				 .tcp_options = options,
				 .tcp_flags = 0x19 };
	struct tso tso = { .test = test_get(20, TRANSMIT, "TSO, IPv%u, %u bytes of options",
					    version, 4 * options),
			   .mss = 1000,
			   .payload = payload };

	frame_build(&frame, &recipe);
	memcpy(frame.bytes, &peer->address, 6);
	tso.sequence = get32(frame.bytes + frame_l4(&frame) + 4);
	tso.first_header = frame_l4(&frame) + frame.l4_length;
	if (!tso_send(&tso)) {
		report_wrong(tso.test, NULL,
			     "rte_eth_tx_prepare() or the transmit queue refuses it");
		return;
	}
	tso_receive(&tso);
	if (tso.failed)
		return;
	if (tso.covered != payload)
		report_wrong(tso.test, NULL, "of %u bytes in segments of %u, %u came", payload,
			     tso.mss, tso.covered);
	else
		test_result(tso.test, RIGHT, NULL);
}

void tso(void)
{
	struct test *test = test_get(20, TRANSMIT, "TSO can be turned on");
	struct port_config config;

	if (!(dut.info.tx_offload_capa & RTE_ETH_TX_OFFLOAD_TCP_TSO))
		return;
	port_base_config(&dut, &config);
	config.tx_offloads |= dut.info.tx_offload_capa &
			      (RTE_ETH_TX_OFFLOAD_TCP_TSO | RTE_ETH_TX_OFFLOAD_MULTI_SEGS);
	if (!configure(&config, test))
		return;
	test_result(test, RIGHT, NULL);
	for (unsigned int version = 4; version <= 6; version += 2) {
		for (unsigned int options = 0; options <= 3; options += 3) {
			static const uint32_t sizes[] = { 2000, 2001, 4999, 1001 };

			for (unsigned int i = 0; i < RTE_DIM(sizes); i++)
				tso_case(version, options, sizes[i]);
		}
	}
}
