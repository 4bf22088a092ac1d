/* SPDX-License-Identifier: BSD-3-Clause */

/*
 * Cycles that the driver's burst functions take for a packet that is received and sent.
 *
 * The card is the reference model behind the simulator's own vfio-user server, in this process: its
 * data path runs in this very thread between the timed calls, so the figure is the driver's work
 * alone, with completions, descriptors and frames as another agent left them, free of waiting and of
 * the card's speed. Frames are UDP over IPv4; checksum flags, packet type and hash are asked for and
 * checked. The median over many bursts is not moved by what else the machine does.
 *
 * usage: LD_LIBRARY_PATH=build/driver build/tests/pmd_cycles [BURST [FRAME [DEVICE-ARGUMENTS]]]
 * Prints lines `name value`.
 */

#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_ethdev.h>
#include <rte_ip.h>
#include <rte_mbuf.h>
#include <rte_udp.h>

#include "engine.h"
#include "function.h"
#include "vfio_user.h"

#define BURSTS 20000
#define WARM_UP 2000 /* bursts before the first that counts: every descriptor and mbuf was used */
#define MAX_BURST 64
#define RING 512

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of the card */
static struct sekisho_engine *engine;
static struct function *function;
static uint64_t frames_out;

static void *dma(void *context, unsigned int number, uint64_t address, uint32_t length, bool write)
{
	(void)context;
	return number == 0 ? function_dma(function, address, length, write) : NULL;
}

static void interrupt(void *context, unsigned int number, unsigned int vector)
{
	(void)context;
	if (number == 0)
		function_interrupt(function, vector);
}

static void transmit(void *context, unsigned int port, const uint8_t *frame, uint32_t length)
{
	(void)context;
	(void)port;
	(void)frame;
	(void)length;
	frames_out++;
}

/* Answers the driver's control messages. */
static void *control_thread(void *arg)
{
	struct vfu_server *server = function_server(function);
	struct pollfd entry = { .fd = vfu_server_fd(server), .events = POLLIN };

	(void)arg;
	for (;;) {
		poll(&entry, 1, -1);
		pthread_mutex_lock(&lock);
		vfu_server_poll(server);
		while (sekisho_engine_run(engine, 1000) > 0)
			;
		pthread_mutex_unlock(&lock);
	}
	return NULL;
}

static int start_card(const char *path)
{
	const struct sekisho_engine_config config = {
		.kind = SEKISHO_ENGINE_MODEL,
		.data_width = 64,
		.time_from_clock = true,
	};
	const struct sekisho_engine_callbacks callbacks = {
		.dma = dma,
		.interrupt = interrupt,
		.transmit = transmit,
	};
	pthread_t thread;

	engine = sekisho_engine_create(&config, &callbacks);
	if (engine == NULL)
		return -1;
	sekisho_engine_set_link(engine, 0, true, 1000);
	function = function_create(engine, 0, path);
	if (function == NULL)
		return -1;
	return pthread_create(&thread, NULL, control_thread, NULL);
}

static void make_frame(uint8_t *frame, uint32_t length, uint16_t source_port)
{
	struct rte_ether_hdr *ethernet = (struct rte_ether_hdr *)frame;
	struct rte_ipv4_hdr *ip = (struct rte_ipv4_hdr *)(ethernet + 1);
	struct rte_udp_hdr *udp = (struct rte_udp_hdr *)(ip + 1);

	memset(frame, 0x5a, length);
	memset(&ethernet->dst_addr, 0xff, sizeof(ethernet->dst_addr));
	memset(&ethernet->src_addr, 0x02, sizeof(ethernet->src_addr));
	ethernet->ether_type = RTE_BE16(RTE_ETHER_TYPE_IPV4);
	*ip = (struct rte_ipv4_hdr){
		.version_ihl = 0x45,
		.total_length = rte_cpu_to_be_16(length - sizeof(*ethernet)),
		.time_to_live = 64,
		.next_proto_id = IPPROTO_UDP,
		.src_addr = RTE_BE32(RTE_IPV4(198, 18, 0, 1)),
		.dst_addr = RTE_BE32(RTE_IPV4(198, 18, 0, 2)),
	};
	ip->hdr_checksum = rte_ipv4_cksum(ip);
	*udp = (struct rte_udp_hdr){
		.src_port = rte_cpu_to_be_16(source_port),
		.dst_port = RTE_BE16(9),
		.dgram_len = rte_cpu_to_be_16(length - sizeof(*ethernet) - sizeof(*ip)),
	};
	udp->dgram_cksum = rte_ipv4_udptcp_cksum(ip, udp);
}

/* The card takes what the driver sent and gave back, then receives so many frames. */
static bool serve_card(uint8_t *frame, uint32_t length, unsigned int count)
{
	bool taken = true;

	pthread_mutex_lock(&lock);
	while (function_scan_doorbells(function) | (sekisho_engine_run(engine, 1000) > 0))
		;
	for (unsigned int i = 0; i < count && taken; i++) {
		taken = sekisho_engine_receive(engine, 0, frame, length, false);
		if (!taken || i % 8 == 7)
			while (sekisho_engine_run(engine, 1000) > 0)
				;
	}
	while (sekisho_engine_run(engine, 1000) > 0)
		;
	pthread_mutex_unlock(&lock);
	return taken;
}

static int setup_port(struct rte_mempool *pool)
{
	struct rte_eth_conf config = {
		.rxmode = { .mq_mode = RTE_ETH_MQ_RX_RSS,
			    .offloads = RTE_ETH_RX_OFFLOAD_CHECKSUM | RTE_ETH_RX_OFFLOAD_RSS_HASH },
		.rx_adv_conf.rss_conf.rss_hf = RTE_ETH_RSS_IP | RTE_ETH_RSS_UDP | RTE_ETH_RSS_TCP,
		.txmode = { .offloads = RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE },
	};
	struct rte_eth_dev_info info;
	int ret = rte_eth_dev_info_get(0, &info);

	if (ret != 0)
		return ret;
	config.rx_adv_conf.rss_conf.rss_hf &= info.flow_type_rss_offloads;
	ret = rte_eth_dev_configure(0, 1, 1, &config);
	if (ret == 0)
		ret = rte_eth_rx_queue_setup(0, 0, RING, 0, NULL, pool);
	if (ret == 0)
		ret = rte_eth_tx_queue_setup(0, 0, RING, 0, NULL);
	return ret != 0 ? ret : rte_eth_dev_start(0);
}

static bool is_filled(const struct rte_mbuf *mbuf, uint32_t length)
{
	return mbuf->pkt_len == length && mbuf->hash.rss != 0 &&
	       (mbuf->ol_flags & RTE_MBUF_F_RX_RSS_HASH) != 0 &&
	       (mbuf->ol_flags & RTE_MBUF_F_RX_IP_CKSUM_MASK) == RTE_MBUF_F_RX_IP_CKSUM_GOOD &&
	       (mbuf->ol_flags & RTE_MBUF_F_RX_L4_CKSUM_MASK) == RTE_MBUF_F_RX_L4_CKSUM_GOOD &&
	       (mbuf->packet_type & RTE_PTYPE_L4_MASK) == RTE_PTYPE_L4_UDP;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
	static double cost[BURSTS];
	static uint8_t frame[2048];
	unsigned int burst = argc > 1 ? atoi(argv[1]) : 32;
	unsigned int length = argc > 2 ? atoi(argv[2]) : 60;
	struct rte_mbuf *mbufs[MAX_BURST];
	struct rte_mempool *pool;
	char path[64], prefix[32], vdev[256];
	char *options[] = { argv[0],
			    "-d",
			    "librte_net_sekisho.so",
			    "--no-huge",
			    "-m",
			    "256",
			    "--no-pci",
			    "--no-telemetry",
			    "--file-prefix",
			    prefix,
			    "-l",
			    "0",
			    "--log-level=4",
			    vdev };

	if (burst < 1 || burst > MAX_BURST || length < 60 || length > 1514) {
		fprintf(stderr, "usage: pmd_cycles [BURST 1..%d [FRAME 60..1514 [ARGUMENTS]]]\n",
			MAX_BURST);
		return 2;
	}
	snprintf(prefix, sizeof(prefix), "pmd_cycles.%d", (int)getpid());
	snprintf(path, sizeof(path), "/tmp/%s", prefix);
	snprintf(vdev, sizeof(vdev), "--vdev=net_sekisho0,device=vfio-user:%s%s%s", path,
		 argc > 3 ? "," : "", argc > 3 ? argv[3] : "");
	if (start_card(path) != 0) {
		perror("pmd_cycles: the card");
		return 1;
	}
	if (rte_eal_init(RTE_DIM(options), options) < 0)
		return 1;
	pool = rte_pktmbuf_pool_create("pool", 4096, 256, 0, RTE_MBUF_DEFAULT_BUF_SIZE, 0);
	if (pool == NULL || setup_port(pool) < 0) {
		fprintf(stderr, "pmd_cycles: the port does not start\n");
		return 1;
	}
	for (unsigned int i = 0; i < WARM_UP + BURSTS; i++) {
		uint64_t start, end;
		uint16_t received, sent;
		bool filled = true;

		make_frame(frame, length, 1024 + i % 1024);
		if (!serve_card(frame, length, burst)) {
			fprintf(stderr, "pmd_cycles: the card takes no frame\n");
			return 1;
		}
		start = rte_rdtsc_precise();
		received = rte_eth_rx_burst(0, 0, mbufs, burst);
		end = rte_rdtsc_precise();
		for (unsigned int n = 0; n < received; n++)
			filled &= is_filled(mbufs[n], length);
		if (received != burst || !filled) {
			fprintf(stderr, "pmd_cycles: %u of %u received, flags, type and hash %s\n",
				received, burst, filled ? "right" : "wrong");
			return 1;
		}
		/* The check brought the mbufs into the cache, where the receive burst left them. */
		end -= start;
		start = rte_rdtsc_precise();
		sent = rte_eth_tx_burst(0, 0, mbufs, received);
		end += rte_rdtsc_precise() - start;
		if (sent != received) {
			fprintf(stderr, "pmd_cycles: %u of %u sent\n", sent, received);
			return 1;
		}
		if (i >= WARM_UP)
			cost[i - WARM_UP] = (double)end / burst;
	}
	serve_card(frame, length, 0);
	if (frames_out != (uint64_t)(WARM_UP + BURSTS) * burst) {
		fprintf(stderr, "pmd_cycles: %lu frames left the card\n", frames_out);
		return 1;
	}
	qsort(cost, BURSTS, sizeof(*cost), by_value);
	printf("pmd.sekisho.cycles_per_packet %.1f\n", cost[BURSTS / 2]);
	printf("pmd.sekisho.cycles_per_packet_best %.1f\n", cost[BURSTS / 100]);
	printf("tsc_hz %.0f\n", (double)rte_get_tsc_hz());
	rte_eth_dev_stop(0);
	rte_eth_dev_close(0);
	rte_eal_cleanup();
	unlink(path);
	return 0;
}
