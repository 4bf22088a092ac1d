/* SPDX-License-Identifier: BSD-3-Clause */

/*
 * Cycles that the driver's burst functions take per packet, receive and transmit together.
 *
 * The stand-in card runs in this very process, and its data path in this very thread, between the
 * timed calls: the figure is the driver's own work with the rings in the cache, free of waiting and
 * of the other side's speed. The median over many bursts is not moved by what else the machine does.
 *
 * usage: LD_LIBRARY_PATH=build/driver build/tests/pmd_cost [BURST [FRAME]]
 */

#include "in_process.h"

#include <rte_bus_vdev.h>
#include <rte_cycles.h>

#define BURSTS 20000
#define MAX_BURST 256

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static int setup_port(struct rte_mempool *pool)
{
	struct rte_eth_conf config = {
		.rxmode = { .mq_mode = RTE_ETH_MQ_RX_RSS, .offloads = RTE_ETH_RX_OFFLOAD_CHECKSUM },
		.txmode = { .offloads = RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE },
	};
	int ret = rte_eth_dev_configure(0, 1, 1, &config);

	if (ret == 0)
		ret = rte_eth_rx_queue_setup(0, 0, 512, 0, NULL, pool);
	if (ret == 0)
		ret = rte_eth_tx_queue_setup(0, 0, 512, 0, NULL);
	return ret != 0 ? ret : rte_eth_dev_start(0);
}

int main(int argc, char **argv)
{
	static const uint32_t words[4] = { 0xa0090000, 0x12345678, 0, 1u << 25 };
	static double cost[BURSTS];
	static char frame[2048];
	unsigned int burst = argc > 1 ? atoi(argv[1]) : 32;
	unsigned int length = argc > 2 ? atoi(argv[2]) : 64;
	struct rte_mbuf *mbufs[MAX_BURST];
	struct rte_mempool *pool;
	char arguments[128];

	if (burst < 1 || burst > MAX_BURST || length < 60 || length > 1518) {
		fprintf(stderr, "usage: pmd_cost [BURST 1..%d [FRAME 60..1518]]\n", MAX_BURST);
		return 2;
	}
	if (start_card_and_eal(argv[0], "4") < 0)
		return 1;
	snprintf(arguments, sizeof(arguments), "device=vfio-user:%s", path);
	if (rte_vdev_init("net_sekisho0", arguments) < 0)
		return 1;
	pool = rte_pktmbuf_pool_create("pool", 4096, 256, 0, RTE_MBUF_DEFAULT_BUF_SIZE, 0);
	if (pool == NULL || setup_port(pool) < 0) {
		fprintf(stderr, "pmd_cost: the port does not start\n");
		return 1;
	}

	for (unsigned int i = 0; i < BURSTS; i++) {
		uint64_t start, end;
		uint16_t received, sent;

		pthread_mutex_lock(&control);
		for (unsigned int n = 0; n < burst; n++)
			deliver(&queues[0][0], words, 0, frame, length);
		while (transmit(&queues[1][0]))
			;
		pthread_mutex_unlock(&control);

		start = rte_rdtsc_precise();
		received = rte_eth_rx_burst(0, 0, mbufs, burst);
		sent = rte_eth_tx_burst(0, 0, mbufs, received);
		end = rte_rdtsc_precise();
		if (received != burst || sent != received) {
			fprintf(stderr, "pmd_cost: %u received, %u sent\n", received, sent);
			return 1;
		}
		cost[i] = (double)(end - start) / burst;
	}
	qsort(cost, BURSTS, sizeof(*cost), by_value);
	printf("burst %u, %u bytes: %.1f cycles per packet (median), %.1f (best 1 %%), %.1f ns\n",
	       burst, length, cost[BURSTS / 2], cost[BURSTS / 100],
	       cost[BURSTS / 2] * 1e9 / rte_get_tsc_hz());
	rte_eth_dev_stop(0);
	rte_eth_dev_close(0);
	rte_eal_cleanup();
	unlink(path);
	return 0;
}
