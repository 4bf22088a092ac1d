/* SPDX-License-Identifier: BSD-3-Clause */
/* Classes 12 and 22: the same frames in other configurations of the port. */

#include <stdio.h>

#include <rte_vect.h>

#include "special.h"

static struct frame frame;

/* --- 12: families --------------------------------------------------------------------------- */

static void family_frames(struct items *items, struct test *test)
{
	for (unsigned int l = 0; l < LAYERS; l++) {
		for (unsigned int damage = 0; damage < 3; damage++) {
			frame_plain(&frame, l, 50 + damage);
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
	for (unsigned int l = 0; l < LAYERS; l++) {
		frame_plain(&frame, l, 50);
		items_add(&items, test, &frame, 0);
	}
	exchange(&items);
	for (unsigned int l = 0; l < LAYERS; l++)
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

void families_received(void)
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

void families_sent(void)
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
		for (unsigned int l = 0; l < LAYERS; l++) {
			for (unsigned int want = 0; want <= WANT_ALL; want++) {
				frame_plain(&frame, l, 50 + want);
				items_add_transmit(&items, test, &frame, want, 0);
			}
		}
		run_items(&items);
		items_free(&items);
	}
}

/* --- 22: burst functions -------------------------------------------------------------------- */

static uint64_t checksum_flags(uint64_t flags)
{
	return flags & (RTE_MBUF_F_RX_IP_CKSUM_MASK | RTE_MBUF_F_RX_L4_CKSUM_MASK |
			RTE_MBUF_F_RX_OUTER_L4_CKSUM_MASK | RTE_MBUF_F_RX_OUTER_IP_CKSUM_BAD);
}

static bool contradict(enum verdict one, enum verdict other)
{
	return one != other && one != VERDICT_UNKNOWN && other != VERDICT_UNKNOWN;
}

/* A function that says less than another is told; one that says something else is wrong. */
static void compare_flags(const struct items *first, const struct items *now, const char *mode)
{
	for (unsigned int i = 0; i < now->count; i++) {
		const struct item *item = &now->list[i];
		const uint64_t before = first->list[i].flags;
		const enum verdict ip = ip_verdict(item->flags), l4 = l4_verdict(item->flags);

		if (item->came == 0)
			report_wrong(item->test, item, "%s: the frame did not come", mode);
		else if (contradict(ip, ip_verdict(before)) || contradict(l4, l4_verdict(before)))
			report_wrong(
				item->test, item,
				"%s: IP %s and layer 4 %s, the first configuration said %s and %s",
				mode, oracle_verdict_name(ip), oracle_verdict_name(l4),
				oracle_verdict_name(ip_verdict(before)),
				oracle_verdict_name(l4_verdict(before)));
		else if (checksum_flags(item->flags) != checksum_flags(before))
			test_result(item->test, NOT_VERIFIED,
				    "%s: not the flags of the first configuration", mode);
		else
			test_result(item->test, RIGHT, NULL);
	}
}

/* Offloads for which drivers choose another function. */
static const struct {
	uint64_t offload;
	const char *name;
} choosers[] = {
	{ 0, "" },
	{ RTE_ETH_RX_OFFLOAD_SCATTER, ", scatter" },
	{ RTE_ETH_RX_OFFLOAD_VLAN_STRIP, ", VLAN strip" },
	{ RTE_ETH_RX_OFFLOAD_TIMESTAMP, ", timestamp" },
	{ RTE_ETH_RX_OFFLOAD_RSS_HASH, ", RSS hash" },
};

/* False: the port does not come back, the rest is left out. */
static bool burst_function(struct items *first, unsigned int chooser, uint16_t width,
			   unsigned int burst)
{
	struct rte_eth_burst_mode mode = { 0 };
	struct items items = { 0 };
	struct port_config config;
	struct test *test;

	port_base_config(&dut, &config);
	config.rx_offloads |= choosers[chooser].offload;
	if (config.rx_offloads & ~dut.info.rx_offload_capa)
		return true;
	if (choosers[chooser].offload == RTE_ETH_RX_OFFLOAD_SCATTER)
		config.buffer = RTE_MAX(SMALL_BUFFER, dut.info.min_rx_bufsize);
	if (choosers[chooser].offload == RTE_ETH_RX_OFFLOAD_RSS_HASH) {
		config.rss_key = rss_key();
		config.rss_types = rss_types();
	}
	rte_vect_set_max_simd_bitwidth(width);
	test = test_get(22, RECEIVE, "SIMD up to %u bits%s, bursts of %u", width,
			choosers[chooser].name, burst);
	if (!configure(&config, test))
		return false;
	if (rte_eth_rx_burst_mode_get(dut.id, 0, &mode) != 0)
		snprintf(mode.info, sizeof(mode.info), "unnamed");
	test_result(test, RIGHT, "burst function: %s", mode.info);
	dut.burst = burst;
	catalogue_sample(&items, test, 22);
	exchange(&items);
	dut.burst = 0;
	/* The first configuration is judged, the others are compared with it. */
	if (first->count == 0) {
		judge_items(&items);
		*first = items;
		return true;
	}
	compare_flags(first, &items, mode.info);
	items_free(&items);
	return true;
}

void burst_functions(void)
{
	static const uint16_t widths[] = { RTE_VECT_SIMD_DISABLED, RTE_VECT_SIMD_128,
					   RTE_VECT_SIMD_256 };
	const uint16_t before = rte_vect_get_max_simd_bitwidth();
	struct items first = { 0 };
	bool goes_on = true;

	if (rx_checksums(&dut) == 0) {
		test_result(test_get(22, RECEIVE, "every burst function"), NOT_OFFERED,
			    "no receive checksum offload");
		return;
	}
	for (unsigned int c = 0; c < RTE_DIM(choosers); c++) {
		for (unsigned int w = 0; w < RTE_DIM(widths) && goes_on; w++)
			goes_on = burst_function(&first, c, widths[w], BURST);
		/* Small bursts take the ends of a vector function. */
		for (unsigned int burst = 1; burst <= 5 && goes_on; burst += 4)
			goes_on = burst_function(&first, c, RTE_VECT_SIMD_256, burst);
	}
	items_free(&first);
	rte_vect_set_max_simd_bitwidth(before);
}
