/* SPDX-License-Identifier: BSD-3-Clause */

/*
 * A DPDK application that sleeps: it sends back what port 0 receives with the first EtherType for
 * experiments, drops what else a host says, and between packets it waits for the queue's interrupt.
 *
 * usage: interrupt_echo EAL-OPTIONS -- PACKETS
 * Prints "ready" with the port's address, and when it has sent so many packets and then nothing comes
 * for a while, "echoed N, dropped N, woken N, processor N ms".
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <rte_eal.h>
#include <rte_ethdev.h>
#include <rte_interrupts.h>
#include <rte_mbuf.h>

#define RING 256
#define BURST 32
#define PATIENCE_MS 60000
#define LINGER_MS 500 /* a port that stops at once would take its last packet with it */
#define EXPERIMENT 0x88b5 /* IEEE Std 802, local experimental EtherType 1 */

static int fail(const char *what, int error)
{
	printf("%s: %s\n", what, rte_strerror(error < 0 ? -error : rte_errno));
	return 1;
}

static unsigned int processor_ms(void)
{
	struct timespec used;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
	return used.tv_sec * 1000 + used.tv_nsec / 1000000;
}

/* A burst: how many packets came; adds to what was sent back and dropped. */
static unsigned int echo(unsigned int *echoed, unsigned int *dropped)
{
	struct rte_mbuf *mbufs[BURST];
	uint16_t count = rte_eth_rx_burst(0, 0, mbufs, BURST);
	uint16_t ours = 0, sent;

	for (uint16_t i = 0; i < count; i++) {
		const struct rte_ether_hdr *header =
			rte_pktmbuf_mtod(mbufs[i], const struct rte_ether_hdr *);

		if (header->ether_type == rte_cpu_to_be_16(EXPERIMENT))
			mbufs[ours++] = mbufs[i];
		else
			rte_pktmbuf_free(mbufs[i]);
	}
	sent = rte_eth_tx_burst(0, 0, mbufs, ours);
	rte_pktmbuf_free_bulk(mbufs + sent, ours - sent);
	*echoed += sent;
	*dropped += count - sent;
	return count;
}

int main(int argc, char **argv)
{
	const struct rte_eth_conf config = { .intr_conf.rxq = 1 };
	unsigned int wanted, echoed = 0, dropped = 0, woken = 0, start;
	struct rte_ether_addr address;
	struct rte_mempool *pool;
	int used = rte_eal_init(argc, argv);
	int ret;

	if (used < 0 || argc - used < 2)
		return fail("EAL", -EINVAL);
	wanted = atoi(argv[used + 1]);
	pool = rte_pktmbuf_pool_create("pool", 1023, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE,
				       SOCKET_ID_ANY);
	if (pool == NULL)
		return fail("no mbufs", 0);
	ret = rte_eth_dev_configure(0, 1, 1, &config);
	if (ret == 0)
		ret = rte_eth_rx_queue_setup(0, 0, RING, SOCKET_ID_ANY, NULL, pool);
	if (ret == 0)
		ret = rte_eth_tx_queue_setup(0, 0, RING, SOCKET_ID_ANY, NULL);
	if (ret == 0)
		ret = rte_eth_dev_start(0);
	if (ret == 0)
		ret = rte_eth_macaddr_get(0, &address);
	if (ret == 0)
		ret = rte_eth_dev_rx_intr_ctl_q(0, 0, RTE_EPOLL_PER_THREAD, RTE_INTR_EVENT_ADD,
						NULL);
	if (ret < 0)
		return fail("port 0", ret);
	printf("ready " RTE_ETHER_ADDR_PRT_FMT "\n", RTE_ETHER_ADDR_BYTES(&address));
	fflush(stdout);
	start = processor_ms();
	for (;;) {
		struct rte_epoll_event event;

		/* Armed first, so that what comes after the look wakes us. */
		rte_eth_dev_rx_intr_enable(0, 0);
		if (echo(&echoed, &dropped) != 0)
			continue;
		ret = rte_epoll_wait(RTE_EPOLL_PER_THREAD, &event, 1,
				     echoed < wanted ? PATIENCE_MS : LINGER_MS);
		if (ret <= 0)
			break;
		rte_eth_dev_rx_intr_disable(0, 0);
		woken++;
	}
	printf("echoed %u, dropped %u, woken %u, processor %u ms\n", echoed, dropped, woken,
	       processor_ms() - start);
	fflush(stdout);
	ret = rte_eth_dev_stop(0);
	if (ret == 0)
		ret = rte_eth_dev_close(0);
	rte_eal_cleanup();
	return ret < 0 ? fail("the end", ret) : 0;
}
