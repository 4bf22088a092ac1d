/* SPDX-License-Identifier: BSD-3-Clause */
/* What classes need besides frames: other configurations, counters, segmentation, hashes. */

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_errno.h>
#include <rte_mbuf.h>
#include <rte_vect.h>

#include "audit.h"

#define SMALL_BUFFER 320u
#define RSS_KEY 40u

static struct frame frame;

static const struct {
	uint8_t version, protocol;
	const char *name;
} layers[] = {
	{ 4, P_TCP, "IPv4 TCP" },
	{ 4, P_UDP, "IPv4 UDP" },
	{ 6, P_TCP, "IPv6 TCP" },
	{ 6, P_UDP, "IPv6 UDP" },
};

static void build(unsigned int layer, uint32_t payload)
{
	const struct recipe recipe = { .version = layers[layer].version,
				       .protocol = layers[layer].protocol,
				       .payload = payload };

	frame_build(&frame, &recipe);
}

/* Configures the port under test; false, and a result, when it does not come back. */
static bool configure(const struct port_config *config, struct test *test)
{
	int ret = port_configure(&dut, config);

	if (ret == 0 && wire_works()) {
		drain();
		return true;
	}
	if (ret == 0 || dut.dead)
		test_result(test, NOT_TESTABLE,
			    "the port passes no frames after it was stopped and started");
	else
		test_result(test, NOT_TESTABLE, "the port refuses this configuration: %s",
			    rte_strerror(-ret));
	/* One that cannot be stopped and started is not asked again. */
	if (ret == 0)
		dut.dead = true;
	return false;
}

static bool configure_base(struct test *test)
{
	struct port_config config;

	port_base_config(&dut, &config);
	return configure(&config, test);
}

/* --- what is not offered must be refused ---------------------------------------------------- */

static void refusal(unsigned int class, enum direction direction, uint64_t offload,
		    const char *name)
{
	const bool receive = direction == RECEIVE;
	struct test *test =
		test_get(class, direction, "%s is refused where it is not offered", name);
	int ret;

	if ((receive ? dut.info.rx_offload_capa : dut.info.tx_offload_capa) & offload)
		return;
	ret = port_try(&dut, receive ? offload : 0, receive ? 0 : offload);
	if (ret == 0)
		report_wrong(test, NULL, "%s is not offered, and accepted", name);
	else
		test_result(test, NOT_OFFERED, "refused: %s", rte_strerror(-ret));
}

void special_first(unsigned int class)
{
	if (class == 14) {
		refusal(14, RECEIVE, RTE_ETH_RX_OFFLOAD_OUTER_IPV4_CKSUM, "outer IPv4 checksum");
		refusal(14, RECEIVE, RTE_ETH_RX_OFFLOAD_OUTER_UDP_CKSUM, "outer UDP checksum");
		refusal(14, TRANSMIT, RTE_ETH_TX_OFFLOAD_OUTER_IPV4_CKSUM, "outer IPv4 checksum");
		refusal(14, TRANSMIT, RTE_ETH_TX_OFFLOAD_OUTER_UDP_CKSUM, "outer UDP checksum");
		refusal(14, TRANSMIT, RTE_ETH_TX_OFFLOAD_VXLAN_TNL_TSO, "TSO in VXLAN");
	}
	if (class == 16) {
		refusal(16, RECEIVE, RTE_ETH_RX_OFFLOAD_SCTP_CKSUM, "SCTP checksum");
		refusal(16, TRANSMIT, RTE_ETH_TX_OFFLOAD_SCTP_CKSUM, "SCTP checksum");
	}
	if (class == 17) {
		refusal(17, RECEIVE, RTE_ETH_RX_OFFLOAD_SCATTER, "scattered receive");
		refusal(17, TRANSMIT, RTE_ETH_TX_OFFLOAD_MULTI_SEGS, "multi-segment transmit");
	}
	if (class == 20) {
		refusal(20, RECEIVE, RTE_ETH_RX_OFFLOAD_TCP_LRO, "LRO");
		refusal(20, TRANSMIT, RTE_ETH_TX_OFFLOAD_TCP_TSO, "TSO");
		refusal(20, TRANSMIT, RTE_ETH_TX_OFFLOAD_UDP_TSO, "UDP segmentation");
	}
}

/* --- 5 and 24: counters --------------------------------------------------------------------- */

struct snapshot {
	struct rte_eth_stats stats;
	unsigned int count;
	struct rte_eth_xstat_name *names;
	struct rte_eth_xstat *values;
};

static void snapshot_take(struct snapshot *snapshot)
{
	int count = rte_eth_xstats_get_names(dut.id, NULL, 0);

	memset(snapshot, 0, sizeof(*snapshot));
	rte_eth_stats_get(dut.id, &snapshot->stats);
	if (count <= 0)
		return;
	snapshot->names = calloc((size_t)count, sizeof(*snapshot->names));
	snapshot->values = calloc((size_t)count, sizeof(*snapshot->values));
	if (snapshot->names == NULL || snapshot->values == NULL ||
	    rte_eth_xstats_get_names(dut.id, snapshot->names, (unsigned int)count) != count ||
	    rte_eth_xstats_get(dut.id, snapshot->values, (unsigned int)count) != count)
		return;
	snapshot->count = (unsigned int)count;
}

static void snapshot_free(struct snapshot *snapshot)
{
	free(snapshot->names);
	free(snapshot->values);
}

static bool contains(const char *text, const char *words)
{
	char word[16];

	while (*words != '\0') {
		const size_t length = strcspn(words, " ");

		snprintf(word, sizeof(word), "%.*s", (int)length, words);
		if (strcasestr(text, word) != NULL)
			return true;
		words += length;
		while (*words == ' ')
			words++;
	}
	return false;
}

enum checksum_counter {
	COUNTS_NOTHING = 0,
	COUNTS_IP = 1,
	COUNTS_L4 = 2,
};

/* What a counter of wrong checksums counts, by its name: that is all that an application has. */
static unsigned int counted(const char *name)
{
	unsigned int what = COUNTS_NOTHING;

	if (contains(name, "byte octet"))
		return COUNTS_NOTHING;
	if (contains(name, "ip_bad"))
		what |= COUNTS_IP;
	if (contains(name, "l4_bad"))
		what |= COUNTS_L4;
	if (what != 0 || !contains(name, "csum cksum checksum") ||
	    !contains(name, "err bad fail invalid") || contains(name, "tx drop"))
		return what;
	if (contains(name, "l4 tcp udp"))
		return COUNTS_L4;
	return contains(name, "ip l3 hdr") ? COUNTS_IP : COUNTS_IP | COUNTS_L4;
}

/* By how much the counters of wrong checksums have grown; false: there are none. */
static bool checksum_errors(const struct snapshot *before, const struct snapshot *after,
			    uint64_t *ip, uint64_t *l4)
{
	bool any = false;

	*ip = *l4 = 0;
	for (unsigned int i = 0; i < RTE_MIN(before->count, after->count); i++) {
		const unsigned int what = counted(after->names[i].name);
		const uint64_t grown = after->values[i].value - before->values[i].value;

		any |= what != 0;
		if (what & COUNTS_IP)
			*ip += grown;
		if (what & COUNTS_L4)
			*l4 += grown;
	}
	return any;
}

static void no_checksum_no_error(void)
{
	struct test *test = test_get(5, RECEIVE, "counters of wrong checksums stand still");
	struct recipe recipe = { .version = 4, .protocol = P_UDP, .no_checksum = true };
	struct snapshot before, after;
	struct items items = { 0 };
	uint64_t ip, l4;

	snapshot_take(&before);
	for (unsigned int i = 0; i < 20; i++) {
		recipe.payload = 20 + i;
		frame_build(&frame, &recipe);
		items_add(&items, test, &frame, 0);
	}
	exchange(&items);
	snapshot_take(&after);
	if (!checksum_errors(&before, &after, &ip, &l4))
		test_result(test, NOT_OFFERED, "no counter of wrong checksums");
	else if (ip + l4 != 0)
		report_wrong(test, NULL,
			     "20 UDP packets without checksum moved counters of wrong checksums by "
			     "%" PRIu64,
			     ip + l4);
	else
		test_result(test, RIGHT, NULL);
	items_free(&items);
	snapshot_free(&before);
	snapshot_free(&after);
}

static void expect_count(struct test *test, const char *what, uint64_t got, uint64_t wanted)
{
	if (got == wanted)
		test_result(test, RIGHT, NULL);
	else
		report_wrong(test, NULL, "%s: counted %" PRIu64 ", there were %" PRIu64, what, got,
			     wanted);
}

/* Bytes may be counted with the FCS or without it. */
static void expect_bytes(struct test *test, uint64_t got, uint64_t wanted, uint64_t frames)
{
	if (got == wanted + 4 * frames)
		test_result(test, RIGHT, NULL);
	else
		expect_count(test, "bytes", got, wanted);
}

static void count_received(void)
{
	struct test *basic = test_get(24, RECEIVE, "packets and bytes are the oracle's");
	struct test *errors =
		test_get(24, RECEIVE, "wrong checksums are counted as the oracle counts");
	uint64_t bytes = 0, bad_ip = 0, bad_l4 = 0, ip, l4;
	struct snapshot before, after;
	struct items items = { 0 };

	drain();
	snapshot_take(&before);
	for (unsigned int i = 0; i < 60; i++) {
		build(i % 4, 20 + i);
		if (i % 6 == 1) {
			frame_spoil_l4(&frame);
			bad_l4++;
		} else if (i % 6 == 4 && i % 4 < 2) {
			frame_spoil_ip(&frame);
			bad_ip++;
		}
		items_add(&items, basic, &frame, 0);
		bytes += frame.length;
	}
	exchange(&items);
	for (unsigned int i = 0; i < items.count; i++) {
		/* What is lost or sent again cannot be counted right. */
		if (items.list[i].came != 1 || items.list[i].resent) {
			test_result(basic, NOT_TESTABLE, "the wire lost frames");
			goto end;
		}
	}
	snapshot_take(&after);
	expect_count(basic, "packets", after.stats.ipackets - before.stats.ipackets, items.count);
	expect_bytes(basic, after.stats.ibytes - before.stats.ibytes, bytes, items.count);
	if (!checksum_errors(&before, &after, &ip, &l4)) {
		test_result(errors, NOT_OFFERED, "no counter of wrong checksums");
	} else {
		expect_count(errors, "wrong IP headers", ip, bad_ip);
		expect_count(errors, "wrong layer 4 checksums", l4, bad_l4);
	}
	snapshot_free(&after);
end:
	snapshot_free(&before);
	items_free(&items);
}

static void count_sent(void)
{
	struct test *test = test_get(24, TRANSMIT, "packets and bytes are the oracle's");
	struct snapshot before, after;
	struct items items = { 0 };
	uint64_t bytes = 0;

	snapshot_take(&before);
	for (unsigned int i = 0; i < 40; i++) {
		build(i % 4, 20 + i);
		items_add_transmit(&items, test, &frame, 0, 0);
		bytes += frame.length;
	}
	exchange(&items);
	for (unsigned int i = 0; i < items.count; i++) {
		if (items.list[i].came != 1 || items.list[i].resent) {
			test_result(test, NOT_TESTABLE, "the wire lost frames");
			goto end;
		}
	}
	snapshot_take(&after);
	expect_count(test, "packets", after.stats.opackets - before.stats.opackets, items.count);
	expect_bytes(test, after.stats.obytes - before.stats.obytes, bytes, items.count);
	snapshot_free(&after);
end:
	snapshot_free(&before);
	items_free(&items);
}

/* --- 12: families --------------------------------------------------------------------------- */

static void family_frames(struct items *items, struct test *test)
{
	for (unsigned int l = 0; l < RTE_DIM(layers); l++) {
		for (unsigned int damage = 0; damage < 3; damage++) {
			build(l, 50 + damage);
			if (damage == 1)
				frame_spoil_l4(&frame);
			if (damage == 2 && layers[l].version == 4)
				frame_spoil_ip(&frame);
			items_add(items, test, &frame, 0);
		}
	}
}

/* With everything off there may be no verdicts, or some; not of one family only. */
static void families_off(void)
{
	struct test *test = test_get(12, RECEIVE, "every offload off: off for both families");
	struct port_config config;
	struct items items = { 0 };
	enum verdict verdicts[4];

	port_base_config(&dut, &config);
	config.rx_offloads = 0;
	if (!configure(&config, test))
		return;
	for (unsigned int l = 0; l < RTE_DIM(layers); l++) {
		build(l, 50);
		items_add(&items, test, &frame, 0);
	}
	exchange(&items);
	for (unsigned int l = 0; l < RTE_DIM(layers); l++)
		verdicts[l] = l4_verdict(items.list[l].flags);
	if (verdicts[0] != verdicts[2] || verdicts[1] != verdicts[3])
		report_wrong(test, &items.list[2],
			     "IPv4 TCP %s, IPv6 TCP %s, IPv4 UDP %s, IPv6 UDP %s",
			     oracle_verdict_name(verdicts[0]), oracle_verdict_name(verdicts[2]),
			     oracle_verdict_name(verdicts[1]), oracle_verdict_name(verdicts[3]));
	else
		test_result(test, RIGHT, NULL);
	items_free(&items);
}

static void families_received(void)
{
	static const struct {
		uint64_t offloads;
		const char *name;
	} sets[] = {
		{ RTE_ETH_RX_OFFLOAD_IPV4_CKSUM, "IPv4 only" },
		{ RTE_ETH_RX_OFFLOAD_TCP_CKSUM, "TCP only" },
		{ RTE_ETH_RX_OFFLOAD_UDP_CKSUM, "UDP only" },
		{ RTE_ETH_RX_OFFLOAD_TCP_CKSUM | RTE_ETH_RX_OFFLOAD_UDP_CKSUM, "TCP and UDP" },
		{ RTE_ETH_RX_OFFLOAD_CHECKSUM, "all" },
	};
	struct port_config config;

	for (unsigned int i = 0; i < RTE_DIM(sets); i++) {
		struct test *test = test_get(12, RECEIVE, "%s on", sets[i].name);
		struct items items = { 0 };

		if ((dut.info.rx_offload_capa & sets[i].offloads) != sets[i].offloads) {
			test_result(test, NOT_OFFERED, "the port does not offer it");
			continue;
		}
		port_base_config(&dut, &config);
		config.rx_offloads = sets[i].offloads;
		if (!configure(&config, test))
			continue;
		family_frames(&items, test);
		run_items(&items);
		items_free(&items);
	}
	if (rx_checksums(&dut) != 0)
		families_off();
}

static void families_sent(void)
{
	static const struct {
		uint64_t offloads;
		const char *name;
	} sets[] = {
		{ RTE_ETH_TX_OFFLOAD_IPV4_CKSUM, "IPv4 only" },
		{ RTE_ETH_TX_OFFLOAD_TCP_CKSUM, "TCP only" },
		{ RTE_ETH_TX_OFFLOAD_UDP_CKSUM, "UDP only" },
	};
	struct port_config config;

	for (unsigned int i = 0; i < RTE_DIM(sets); i++) {
		struct test *test = test_get(12, TRANSMIT, "%s on", sets[i].name);
		struct items items = { 0 };

		if ((dut.info.tx_offload_capa & sets[i].offloads) != sets[i].offloads) {
			test_result(test, NOT_OFFERED, "the port does not offer it");
			continue;
		}
		port_base_config(&dut, &config);
		config.tx_offloads = sets[i].offloads;
		if (!configure(&config, test))
			continue;
		for (unsigned int l = 0; l < RTE_DIM(layers); l++) {
			for (unsigned int want = 0; want <= WANT_ALL; want++) {
				build(l, 50 + want);
				items_add_transmit(&items, test, &frame, want, 0);
			}
		}
		run_items(&items);
		items_free(&items);
	}
}

/* --- 17: segments --------------------------------------------------------------------------- */

static void segments_received(void)
{
	struct test *test = test_get(17, RECEIVE, "frames over 1 to 5 buffers");
	const uint32_t buffer = RTE_MAX(SMALL_BUFFER, dut.info.min_rx_bufsize);
	struct port_config config;
	struct items items = { 0 };
	unsigned int split = 0;

	if (!(dut.info.rx_offload_capa & RTE_ETH_RX_OFFLOAD_SCATTER))
		return;
	port_base_config(&dut, &config);
	config.rx_offloads |= RTE_ETH_RX_OFFLOAD_SCATTER;
	config.buffer = buffer;
	if (!configure(&config, test))
		return;
	for (unsigned int count = 1; count <= 5; count++) {
		for (uint32_t size = count * buffer - 1; size <= count * buffer + 1; size++) {
			const unsigned int l = size % 4;

			if (size > config.mtu + 14)
				continue;
			for (unsigned int damage = 0; damage < 2; damage++) {
				build(l, size - 14 - (l < 2 ? 20 : 40) - (l % 2 ? 8 : 20));
				if (damage)
					frame_spoil_l4(&frame);
				items_add(&items, test, &frame, 0);
			}
		}
	}
	run_items(&items);
	for (unsigned int i = 0; i < items.count; i++)
		split += items.list[i].segments > 1;
	if (split == 0)
		test_result(test, NOT_TESTABLE, "the port used one buffer for every frame");
	items_free(&items);
}

static void segments_sent(void)
{
	static uint16_t splits[64][6];
	struct test *test = test_get(17, TRANSMIT, "frames from 1 to 5 buffers, odd lengths too");
	struct port_config config;
	struct items items = { 0 };

	if (!(dut.info.tx_offload_capa & RTE_ETH_TX_OFFLOAD_MULTI_SEGS))
		return;
	port_base_config(&dut, &config);
	config.tx_offloads |= RTE_ETH_TX_OFFLOAD_MULTI_SEGS;
	if (!configure(&config, test))
		return;
	for (unsigned int i = 0; i < RTE_DIM(splits); i++) {
		const unsigned int l = i % 4, count = 1 + i / 4 % 4;
		struct item *item;

		build(l, 700 + i);
		item = items_add_transmit(&items, test, &frame, WANT_ALL, 0);
		/* The headers stay together, which every driver may ask for. */
		splits[i][0] = (uint16_t)(frame_l4(&frame) + frame.l4_length + i % 2);
		for (unsigned int s = 1; s < count; s++)
			splits[i][s] = (uint16_t)(1 + random_below(150));
		item->split = splits[i];
	}
	run_items(&items);
	items_free(&items);
}

/* --- 18: long frames ------------------------------------------------------------------------ */

static void long_frames(void)
{
	struct test *in = test_get(18, RECEIVE, "frames up to the MTU");
	struct test *out = test_get(18, TRANSMIT, "frames up to the MTU");
	struct port_config config;
	struct items items = { 0 };

	port_base_config(&dut, &config);
	config.mtu = RTE_MIN(9000u, RTE_MIN(port_max_mtu(&dut), port_max_mtu(peer)));
	if (!configure(&config, in)) {
		test_result(out, NOT_TESTABLE, "%s", in->reason);
		return;
	}
	if (peer != &dut)
		rte_eth_dev_set_mtu(peer->id, (uint16_t)port_max_mtu(peer));
	for (unsigned int l = 0; l < RTE_DIM(layers); l++) {
		const uint32_t sizes[] = { 1501, 2047, 2048,	       2049,
					   4096, 8191, config.mtu - 1, config.mtu };

		for (unsigned int i = 0; i < RTE_DIM(sizes); i++) {
			const uint32_t payload = sizes[i] - (l < 2 ? 20 : 40) - (l % 2 ? 8 : 20);

			if (sizes[i] > config.mtu)
				continue;
			build(l, payload);
			items_add(&items, in, &frame, 0);
			frame_spoil_l4(&frame);
			items_add(&items, in, &frame, 0);
			build(l, payload);
			items_add_transmit(&items, out, &frame, WANT_ALL, 0);
		}
	}
	run_items(&items);
	items_free(&items);
}

/* Everything that might tell of a lost frame. */
static uint64_t losses(const struct snapshot *snapshot)
{
	uint64_t sum =
		snapshot->stats.imissed + snapshot->stats.ierrors + snapshot->stats.rx_nombuf;

	for (unsigned int i = 0; i < snapshot->count; i++) {
		if (contains(snapshot->names[i].name,
			     "err drop miss long over giant jabber discard"))
			sum += snapshot->values[i].value;
	}
	return sum;
}

static void too_long_frames(void)
{
	struct test *test =
		test_get(18, RECEIVE, "a frame longer than the MTU is dropped and counted");
	const uint32_t most = port_max_mtu(peer);
	struct snapshot before, after;
	struct port_config config;

	if (peer == &dut) {
		test_result(test, NOT_TESTABLE, "the port is its own peer");
		return;
	}
	port_base_config(&dut, &config);
	if (!configure(&config, test))
		return;
	rte_eth_dev_set_mtu(peer->id, (uint16_t)most);
	for (unsigned int i = 0; i < 4; i++) {
		/* Past the MTU, with room for two tags; 9 KiB and a byte. */
		const uint32_t size = i % 2 ? RTE_MIN(9217u, most) : config.mtu + 9;
		struct items items = { 0 };
		unsigned int came;

		if (size > most) {
			test_result(test, NOT_TESTABLE, "the peer sends no longer frames");
			return;
		}
		snapshot_take(&before);
		build(i % 4, size - (i % 4 < 2 ? 20 : 40) - (i % 2 ? 8 : 20));
		items_add(&items, test, &frame, MAY_VANISH);
		for (unsigned int l = 0; l < 4; l++) {
			build(l, 100);
			items_add(&items, test, &frame, 0);
		}
		exchange(&items);
		came = items.list[0].came;
		snapshot_take(&after);
		if (came == 0 && losses(&after) == losses(&before)) {
			test_result(test, NOT_VERIFIED,
				    "a frame of %u bytes was lost, and no counter moved",
				    items.list[0].length);
			/* The frames behind it are judged all the same. */
			items.list[0].test =
				test_get(18, RECEIVE, "frames behind one that is too long");
		}
		judge_items(&items);
		items_free(&items);
		snapshot_free(&before);
		snapshot_free(&after);
	}
}

/* --- 19: forwarding ------------------------------------------------------------------------- */

static void forward(void)
{
	struct test *test =
		test_get(19, TRANSMIT, "a received frame sent on, its checksum wrong before");
	struct items items = { 0 };

	for (unsigned int i = 0; i < 16; i++) {
		build(i % 4, 40 + i);
		items_add_transmit(&items, test, &frame, WANT_ALL, i < 8 ? FIELD_GARBAGE : 0);
	}
	exchange_forward(&items);
	judge_items(&items);
	items_free(&items);
}

/* --- 20: TSO -------------------------------------------------------------------------------- */

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

static void tso(void)
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

/* --- 21, and 8's fragments: RSS ------------------------------------------------------------- */

/* The key and the flows of Microsoft's "Verifying the RSS Hash Calculation". */
static const uint8_t microsoft_key[RSS_KEY] = {
	0x6d, 0x5a, 0x56, 0xda, 0x25, 0x5b, 0x0e, 0xc2, 0x41, 0x67, 0x25, 0x3d, 0x43, 0xa3,
	0x8f, 0xb0, 0xd0, 0xca, 0x2b, 0xcb, 0xae, 0x7b, 0x30, 0xb4, 0x77, 0xcb, 0x2d, 0xa3,
	0x80, 0x30, 0xf2, 0x0c, 0x6a, 0x42, 0xb7, 0x3b, 0xbe, 0xac, 0x01, 0xfa,
};

static const struct flow {
	uint8_t version;
	uint8_t addresses[32];
	uint16_t source, destination;
	uint32_t with_ports, without;
} flows[] = {
	{ 4, { 66, 9, 149, 187, 161, 142, 100, 80 }, 2794, 1766, 0x51ccc178, 0x323e8fc2 },
	{ 4, { 199, 92, 111, 2, 65, 69, 140, 83 }, 14230, 4739, 0xc626b0ea, 0xd718262a },
	{ 4, { 24, 19, 198, 95, 12, 22, 207, 184 }, 12898, 38024, 0x5c2b394a, 0xd2d0a5de },
	{ 4, { 38, 27, 205, 30, 209, 142, 163, 6 }, 48228, 2217, 0xafc7327f, 0x82989176 },
	{ 4, { 153, 39, 163, 191, 202, 188, 127, 2 }, 44251, 1303, 0x10e828a2, 0x5d1809c5 },
	{ 6,
	  { 0x3f, 0xfe, 0x25, 0x01, 0x02, 0, 0x1f, 0xff, [15] = 7, 0x3f, 0xfe, 0x25, 0x01, 0x02, 0,
	    0, 3, [31] = 1 },
	  2794,
	  1766,
	  0x40207d3d,
	  0x2cc18cd5 },
	{ 6,
	  { 0x3f, 0xfe, 0x05, 0x01, 0, 8, 0, 0, 2, 0x60, 0x97, 0xff, 0xfe, 0x40, 0xef, 0xab, 0xff,
	    0x02, [31] = 1 },
	  14230,
	  4739,
	  0xdde51bbf,
	  0x0f0c461c },
	{ 6,
	  { 0x3f, 0xfe, 0x19, 0,    0x45, 0x45,	    0, 3,    2,	   0,	 0xf8, 0xff, 0xfe,
	    0x21, 0x67, 0xcf, 0xfe, 0x80, [24] = 2, 0, 0xf8, 0xff, 0xfe, 0x21, 0x67, 0xcf },
	  44251,
	  38024,
	  0x02d1feef,
	  0x4b61e985 },
};

static const struct {
	uint8_t version, protocol;
	uint64_t type;
} rss_kinds[] = {
	{ 4, P_TCP, RTE_ETH_RSS_NONFRAG_IPV4_TCP },
	{ 4, P_UDP, RTE_ETH_RSS_NONFRAG_IPV4_UDP },
	{ 6, P_TCP, RTE_ETH_RSS_NONFRAG_IPV6_TCP },
	{ 6, P_UDP, RTE_ETH_RSS_NONFRAG_IPV6_UDP },
};

static void judge_hash(const struct item *item, uint32_t wanted)
{
	if (item->came == 0)
		report_wrong(item->test, item, "the frame did not come");
	else if (!(item->flags & RTE_MBUF_F_RX_RSS_HASH))
		test_result(item->test, NOT_VERIFIED, "no hash in the mbuf");
	else if (item->hash != wanted)
		report_wrong(item->test, item, "hash %08x, it is %08x", item->hash, wanted);
	else
		test_result(item->test, RIGHT, NULL);
}

static void hash_flows(const uint8_t *key, uint64_t types, const char *name)
{
	for (unsigned int k = 0; k < RTE_DIM(rss_kinds); k++) {
		struct test *test =
			test_get(21, RECEIVE, "%s, IPv%u %s", name, rss_kinds[k].version,
				 rss_kinds[k].protocol == P_TCP ? "TCP" : "UDP");
		struct items items = { 0 };

		if (!(types & rss_kinds[k].type)) {
			test_result(test, NOT_OFFERED, "no hash over these");
			continue;
		}
		for (unsigned int i = 0; i < RTE_DIM(flows); i++) {
			const struct recipe recipe = { .version = flows[i].version,
						       .protocol = rss_kinds[k].protocol,
						       .payload = 30 + i,
						       .addresses = flows[i].addresses,
						       .source_port = flows[i].source,
						       .destination_port = flows[i].destination };

			if (flows[i].version != rss_kinds[k].version)
				continue;
			frame_build(&frame, &recipe);
			items_add(&items, test, &frame, 0);
		}
		exchange(&items);
		for (unsigned int i = 0; i < items.count; i++) {
			const struct item *item = &items.list[i];
			struct opinion opinion;
			uint32_t wanted = 0;

			oracle_judge(item->sent, item->length, &opinion);
			oracle_rss(item->sent, &opinion, key, true, &wanted);
			judge_hash(item, wanted);
		}
		items_free(&items);
	}
}

/* Every fragment of a datagram has the same hash, whatever it carries. */
static void hash_fragments(void)
{
	static struct frame whole;

	for (unsigned int l = 0; l < RTE_DIM(layers); l++) {
		struct test *test =
			test_get(8, RECEIVE, "%s, every fragment has the same hash and queue",
				 layers[l].name);
		const struct recipe recipe = { .version = layers[l].version,
					       .protocol = layers[l].protocol,
					       .payload = 1000 };
		struct items items = { 0 };

		frame_build(&whole, &recipe);
		for (uint32_t at = 0; at < 800; at += 200) {
			frame_fragment(&frame, &whole, at, 200);
			items_add(&items, test, &frame, 0);
		}
		exchange(&items);
		for (unsigned int i = 1; i < items.count; i++) {
			const struct item *first = &items.list[0], *other = &items.list[i];

			if (first->came == 0 || other->came == 0)
				report_wrong(test, other, "a fragment did not come");
			else if (first->queue != other->queue ||
				 (first->flags & other->flags & RTE_MBUF_F_RX_RSS_HASH &&
				  first->hash != other->hash))
				report_wrong(test, other,
					     "the first fragment has hash %08x, queue %u; this one "
					     "%08x, queue %u",
					     first->hash, first->queue, other->hash, other->queue);
			else
				test_result(test, RIGHT, NULL);
		}
		items_free(&items);
	}
}

/* The redirection table says the queue of a hash. */
static void hash_queues(const uint8_t *key)
{
	struct test *test = test_get(21, RECEIVE, "the queue is the table's for the hash");
	struct rte_eth_rss_reta_entry64 table[RTE_ETH_RSS_RETA_SIZE_512 / RTE_ETH_RETA_GROUP_SIZE];
	const uint16_t size = dut.info.reta_size;
	struct items items = { 0 };

	if (size == 0 || size > RTE_ETH_RSS_RETA_SIZE_512 || dut.config.queues < 2) {
		test_result(test, NOT_OFFERED, "no redirection table, or one queue");
		return;
	}
	memset(table, 0, sizeof(table));
	for (unsigned int i = 0; i < size; i++) {
		table[i / RTE_ETH_RETA_GROUP_SIZE].mask |= UINT64_C(1)
							   << i % RTE_ETH_RETA_GROUP_SIZE;
		table[i / RTE_ETH_RETA_GROUP_SIZE].reta[i % RTE_ETH_RETA_GROUP_SIZE] =
			(uint16_t)(i / 3 % dut.config.queues);
	}
	if (rte_eth_dev_rss_reta_update(dut.id, table, size) != 0) {
		test_result(test, NOT_OFFERED, "the table cannot be set");
		return;
	}
	for (unsigned int i = 0; i < 64; i++) {
		build(i % 4, 40);
		items_add(&items, test, &frame, 0);
	}
	exchange(&items);
	for (unsigned int i = 0; i < items.count; i++) {
		const struct item *item = &items.list[i];
		struct opinion opinion;
		uint32_t hash = 0;
		uint16_t wanted;

		oracle_judge(item->sent, item->length, &opinion);
		oracle_rss(item->sent, &opinion, key, true, &hash);
		wanted = (uint16_t)(hash % size / 3 % dut.config.queues);
		if (item->came == 0 || item->queue != wanted)
			report_wrong(test, item, "hash %08x: queue %u, the table says %u", hash,
				     item->queue, wanted);
		else
			test_result(test, RIGHT, NULL);
	}
	items_free(&items);
}

static void key_update(const uint8_t *first, uint64_t types)
{
	struct test *test = test_get(21, RECEIVE, "a key of one's own reads back");
	uint8_t key[UINT8_MAX] = { 0 }, back[UINT8_MAX] = { 0 };
	struct rte_eth_rss_conf conf = { .rss_key = key,
					 .rss_key_len = dut.info.hash_key_size,
					 .rss_hf = types };

	/* Bytes that are no palindrome: turned words or bytes would be seen. */
	for (unsigned int i = 0; i < dut.info.hash_key_size; i++)
		key[i] = (uint8_t)(i * 37 + first[i % RSS_KEY]);
	if (rte_eth_dev_rss_hash_update(dut.id, &conf) != 0) {
		test_result(test, NOT_OFFERED, "the key cannot be changed while the port runs");
		return;
	}
	conf.rss_key = back;
	if (rte_eth_dev_rss_hash_conf_get(dut.id, &conf) != 0)
		test_result(test, NOT_OFFERED, "the key cannot be read");
	else if (memcmp(key, back, dut.info.hash_key_size) != 0)
		report_wrong(test, NULL, "the key that was written is not the one that is read");
	else
		test_result(test, RIGHT, NULL);
	hash_flows(key, types, "another key");
}

/* Turns RSS on over all that the port offers; the types, or 0 with a result. */
static uint64_t turn_on_rss(struct test *test, const uint8_t *key)
{
	struct port_config config;
	uint64_t types = RTE_ETH_RSS_IP | RTE_ETH_RSS_TCP | RTE_ETH_RSS_UDP;

	types &= dut.info.flow_type_rss_offloads;
	if (types == 0 || dut.info.hash_key_size < RSS_KEY) {
		test_result(test, NOT_OFFERED, "no RSS");
		return 0;
	}
	port_base_config(&dut, &config);
	config.queues = RTE_MIN(4u, dut.info.max_rx_queues);
	config.rss_key = key;
	config.rss_types = types;
	config.rx_offloads |= dut.info.rx_offload_capa & RTE_ETH_RX_OFFLOAD_RSS_HASH;
	if (!configure(&config, test))
		return 0;
	test_result(test, RIGHT, NULL);
	return types;
}

/* A longer key of a device has zeros behind Microsoft's, which no hash here reaches. */
static const uint8_t *long_key(void)
{
	static uint8_t key[UINT8_MAX];

	memcpy(key, microsoft_key, sizeof(microsoft_key));
	return key;
}

static void hashes(void)
{
	const uint8_t *key = long_key();
	uint64_t types = turn_on_rss(test_get(21, RECEIVE, "RSS can be turned on"), key);

	if (types == 0)
		return;
	hash_flows(key, types, "Microsoft's flows");
	if (dut.info.rx_offload_capa & RTE_ETH_RX_OFFLOAD_RSS_HASH)
		hash_queues(key);
	key_update(key, types);
}

static void fragment_hashes(void)
{
	if (turn_on_rss(test_get(8, RECEIVE, "RSS can be turned on"), long_key()) != 0)
		hash_fragments();
}

/* --- 22: burst functions -------------------------------------------------------------------- */

static uint64_t checksum_flags(uint64_t flags)
{
	return flags & (RTE_MBUF_F_RX_IP_CKSUM_MASK | RTE_MBUF_F_RX_L4_CKSUM_MASK |
			RTE_MBUF_F_RX_OUTER_L4_CKSUM_MASK | RTE_MBUF_F_RX_OUTER_IP_CKSUM_BAD);
}

static void compare_flags(const struct items *first, const struct items *now, const char *mode)
{
	for (unsigned int i = 0; i < now->count; i++) {
		const struct item *item = &now->list[i];

		if (item->came == 0)
			report_wrong(item->test, item, "%s: the frame did not come", mode);
		else if (checksum_flags(item->flags) != checksum_flags(first->list[i].flags))
			report_wrong(
				item->test, item,
				"%s: IP %s and layer 4 %s, the first configuration said %s and %s",
				mode, oracle_verdict_name(ip_verdict(item->flags)),
				oracle_verdict_name(l4_verdict(item->flags)),
				oracle_verdict_name(ip_verdict(first->list[i].flags)),
				oracle_verdict_name(l4_verdict(first->list[i].flags)));
		else
			test_result(item->test, RIGHT, NULL);
	}
}

static void burst_functions(void)
{
	static const uint16_t widths[] = { RTE_VECT_SIMD_DISABLED, RTE_VECT_SIMD_128,
					   RTE_VECT_SIMD_256 };
	static const unsigned int bursts[] = { BURST, 1, 5 };
	const uint16_t before = rte_vect_get_max_simd_bitwidth();
	struct items first = { 0 };

	for (unsigned int i = 0; i < RTE_DIM(widths) * RTE_DIM(bursts) * 2; i++) {
		const uint16_t width = widths[i / 6];
		const unsigned int burst = bursts[i / 2 % RTE_DIM(bursts)];
		struct rte_eth_burst_mode mode = { 0 };
		struct items items = { 0 };
		struct port_config config;
		struct test *test;

		port_base_config(&dut, &config);
		if (i % 2)
			config.rx_offloads |= RTE_ETH_RX_OFFLOAD_SCATTER;
		if (config.rx_offloads & ~dut.info.rx_offload_capa)
			continue;
		rte_vect_set_max_simd_bitwidth(width);
		test = test_get(22, RECEIVE, "SIMD up to %u bits%s, bursts of %u", width,
				i % 2 ? ", scatter" : "", burst);
		if (!configure(&config, test))
			break;
		if (rte_eth_rx_burst_mode_get(dut.id, 0, &mode) != 0)
			snprintf(mode.info, sizeof(mode.info), "unnamed");
		test_result(test, RIGHT, "burst function: %s", mode.info);
		dut.burst = burst;
		catalogue_sample(&items, test, 22);
		exchange(&items);
		dut.burst = 0;
		if (first.count == 0) {
			/* The first configuration is judged, the others are compared with it. */
			judge_items(&items);
			first = items;
			continue;
		}
		compare_flags(&first, &items, mode.info);
		items_free(&items);
	}
	items_free(&first);
	rte_vect_set_max_simd_bitwidth(before);
}

/* --- all of them ---------------------------------------------------------------------------- */

static const struct part {
	unsigned int class;
	void (*run)(void);
	bool base; /* wants the basic configuration */
} parts[] = {
	{ 5, no_checksum_no_error, true },
	{ 19, forward, true },
	{ 24, count_received, true },
	{ 24, count_sent, true },
	{ 12, families_received, false },
	{ 12, families_sent, false },
	{ 17, segments_received, false },
	{ 17, segments_sent, false },
	{ 18, long_frames, false },
	{ 18, too_long_frames, false },
	{ 20, tso, false },
	{ 21, hashes, false },
	{ 8, fragment_hashes, false },
	{ 22, burst_functions, false },
};

const unsigned int special_parts = RTE_DIM(parts);

unsigned int special_class(unsigned int part)
{
	return parts[part].class;
}

void special_run(unsigned int part)
{
	static bool changed;

	if (parts[part].base && changed &&
	    !configure_base(test_get(parts[part].class, RECEIVE, "the basic configuration")))
		return;
	changed = !parts[part].base;
	random_seed(100 + part);
	parts[part].run();
}
