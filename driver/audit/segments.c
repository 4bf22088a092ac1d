/* SPDX-License-Identifier: BSD-3-Clause */
/* Classes 17 and 18: frames over several buffers, long frames, frames that are too long. */

#include "special.h"

static struct frame frame;

/* --- 17: segments --------------------------------------------------------------------------- */

void segments_received(void)
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
				frame_plain(&frame, l,
					    size - 14 - (l < 2 ? 20 : 40) - (l % 2 ? 8 : 20));
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

void segments_sent(void)
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

		frame_plain(&frame, l, 700 + i);
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

void long_frames(void)
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
	for (unsigned int l = 0; l < LAYERS; l++) {
		const uint32_t sizes[] = { 1501, 2047, 2048,	       2049,
					   4096, 8191, config.mtu - 1, config.mtu };

		for (unsigned int i = 0; i < RTE_DIM(sizes); i++) {
			const uint32_t payload = sizes[i] - (l < 2 ? 20 : 40) - (l % 2 ? 8 : 20);

			if (sizes[i] > config.mtu)
				continue;
			frame_plain(&frame, l, payload);
			items_add(&items, in, &frame, 0);
			frame_spoil_l4(&frame);
			items_add(&items, in, &frame, 0);
			frame_plain(&frame, l, payload);
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

void too_long_frames(void)
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
		frame_plain(&frame, i % 4, size - (i % 4 < 2 ? 20 : 40) - (i % 2 ? 8 : 20));
		items_add(&items, test, &frame, MAY_VANISH);
		for (unsigned int l = 0; l < 4; l++) {
			frame_plain(&frame, l, 100);
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
