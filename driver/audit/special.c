/* SPDX-License-Identifier: BSD-3-Clause */
/* What classes need besides frames: which parts there are, and the small ones. */

#include "special.h"

#include <rte_errno.h>

static struct frame frame;

bool configure(const struct port_config *config, struct test *test)
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

bool configure_base(struct test *test)
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

/* --- 19: forwarding ------------------------------------------------------------------------- */

static void forward(void)
{
	struct test *test =
		test_get(19, TRANSMIT, "a received frame sent on, its checksum wrong before");
	struct items items = { 0 };

	for (unsigned int i = 0; i < 16; i++) {
		frame_plain(&frame, i % 4, 40 + i);
		items_add_transmit(&items, test, &frame, WANT_ALL, i < 8 ? FIELD_GARBAGE : 0);
	}
	exchange_forward(&items);
	judge_items(&items);
	items_free(&items);
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
