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

#define main fake_card_main
#include "fake_card.c"
#undef main

#include <pthread.h>

#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>

#define BURSTS 20000
#define MAX_BURST 256

static char path[64];
static pthread_mutex_t control = PTHREAD_MUTEX_INITIALIZER;

/* Answers the driver's control messages. */
static void *control_thread(void *arg)
{
	int listener = *(int *)arg;
	int connection = accept(listener, NULL, NULL);

	for (;;) {
		struct pollfd entry = { .fd = connection, .events = POLLIN };
		bool alive = true;

		poll(&entry, 1, -1);
		pthread_mutex_lock(&control);
		alive = serve(connection);
		pthread_mutex_unlock(&control);
		if (!alive)
			return NULL;
	}
}

static int listen_at(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(path, sizeof(path), "/tmp/pmd_cost.%d", (int)getpid());
	strcpy(address.sun_path, path);
	if (listener < 0 || bind(listener, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    listen(listener, 1) < 0)
		return -1;
	return listener;
}

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
	char vdev[128];
	char *options[] = { argv[0],
			    "-d",
			    "librte_net_sekisho.so",
			    "--no-huge",
			    "-m",
			    "256",
			    "--no-pci",
			    "--no-telemetry",
			    "--file-prefix",
			    path + 5,
			    "-l",
			    "0",
			    "--log-level=4",
			    vdev };
	pthread_t thread;
	int listener;

	if (burst < 1 || burst > MAX_BURST || length < 60 || length > 1518) {
		fprintf(stderr, "usage: pmd_cost [BURST 1..%d [FRAME 60..1518]]\n", MAX_BURST);
		return 2;
	}
	page_fd = memfd_create("doorbells", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (page_fd < 0 || ftruncate(page_fd, 2 * PAGE) < 0)
		return 1;
	page = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, page_fd, 0);
	page += PAGE / sizeof(*page);
	power_on();
	listener = listen_at();
	if (listener < 0 || pthread_create(&thread, NULL, control_thread, &listener) != 0) {
		perror("pmd_cost");
		return 1;
	}
	snprintf(vdev, sizeof(vdev), "--vdev=net_sekisho0,device=vfio-user:%s", path);
	if (rte_eal_init(RTE_DIM(options), options) < 0)
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
