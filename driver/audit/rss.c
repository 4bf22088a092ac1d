/* SPDX-License-Identifier: BSD-3-Clause */
/* Class 21, and class 8's fragments: RSS. */

#include <string.h>

#include "special.h"

#define RSS_KEY 40u

static struct frame frame;

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

	for (unsigned int l = 0; l < LAYERS; l++) {
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
		frame_plain(&frame, i % 4, 40);
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

uint64_t rss_types(void)
{
	return dut.info.flow_type_rss_offloads &
	       (RTE_ETH_RSS_IP | RTE_ETH_RSS_TCP | RTE_ETH_RSS_UDP);
}

/* Turns RSS on over all that the port offers; the types, or 0 with a result. */
static uint64_t turn_on_rss(struct test *test, const uint8_t *key)
{
	struct port_config config;
	const uint64_t types = rss_types();

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
const uint8_t *rss_key(void)
{
	static uint8_t key[UINT8_MAX];

	memcpy(key, microsoft_key, sizeof(microsoft_key));
	return key;
}

void hashes(void)
{
	const uint8_t *key = rss_key();
	uint64_t types = turn_on_rss(test_get(21, RECEIVE, "RSS can be turned on"), key);

	if (types == 0)
		return;
	hash_flows(key, types, "Microsoft's flows");
	if (dut.info.rx_offload_capa & RTE_ETH_RX_OFFLOAD_RSS_HASH)
		hash_queues(key);
	key_update(key, types);
}

void fragment_hashes(void)
{
	if (turn_on_rss(test_get(8, RECEIVE, "RSS can be turned on"), rss_key()) != 0)
		hash_fragments();
}
