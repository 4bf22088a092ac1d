/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TESTS_DRIVER_CALLS_H
#define TESTS_DRIVER_CALLS_H

/*
 * What the tests share that call the driver through DPDK, on the stand-in card in their process:
 * checks, the port, frames that the card delivers and takes, and main()'s loop over the cases. To be
 * included once.
 */

#include "in_process.h"

#include <rte_bus_vdev.h>
#include <rte_cycles.h>
#include <rte_errno.h>

#define MBUFS 2047
#define RING 64
#define ROOM 2048 /* of an mbuf */

/* EAL keeps what it allocated. */
const char *__asan_default_options(void)
{
	return "detect_leaks=0";
}

const char *__ubsan_default_options(void)
{
	return "halt_on_error=1:print_stacktrace=1";
}

static struct rte_mempool *pool;
static FILE *messages; /* what EAL logs */
static long messages_read;
static bool failed;
static int events[RTE_ETH_EVENT_MAX]; /* raised, by number */

#define CHECK(condition)                                                                   \
	do {                                                                               \
		if (!(condition)) {                                                        \
			failed = true;                                                     \
			printf("# %s:%d: not true: %s\n", __FILE__, __LINE__, #condition); \
		}                                                                          \
	} while (0)
#define EQUAL(got, wanted)                                                                      \
	do {                                                                                    \
		long long got_ = (long long)(got), wanted_ = (long long)(wanted);               \
		if (got_ != wanted_) {                                                          \
			failed = true;                                                          \
			printf("# %s:%d: %s: %lld, not %lld\n", __FILE__, __LINE__, #got, got_, \
			       wanted_);                                                        \
		}                                                                               \
	} while (0)
#define EVENTUALLY(condition)                                               \
	do {                                                                \
		for (int wait_ = 0; !(condition) && wait_ < 10000; wait_++) \
			rte_delay_us_sleep(1000);                           \
		CHECK(condition);                                           \
	} while (0)

/* True when EAL has logged the text since the last call. */
static bool logged(const char *text)
{
	static char buffer[1 << 16];
	size_t count;

	fflush(messages);
	fseek(messages, messages_read, SEEK_SET);
	count = fread(buffer, 1, sizeof(buffer) - 1, messages);
	buffer[count] = '\0';
	fseek(messages, 0, SEEK_END);
	messages_read = ftell(messages);
	if (strstr(buffer, text) != NULL)
		return true;
	printf("# no \"%s\" in: %s\n", text, buffer);
	return false;
}

/* --- the port -------------------------------------------------------------------------------- */

static int on_event(uint16_t port, enum rte_eth_event_type type, void *context, void *result)
{
	(void)port, (void)context, (void)result;
	__atomic_add_fetch(&events[type], 1, __ATOMIC_SEQ_CST);
	return 0;
}

static int event_count(enum rte_eth_event_type type)
{
	return __atomic_load_n(&events[type], __ATOMIC_SEQ_CST);
}

static void open_port(const char *more)
{
	char arguments[160];

	memset(events, 0, sizeof(events));
	snprintf(arguments, sizeof(arguments), "device=vfio-user:%s%s", path, more);
	EQUAL(rte_vdev_init("net_sekisho0", arguments), 0);
	rte_eth_dev_callback_register(0, RTE_ETH_EVENT_INTR_LSC, on_event, NULL);
	rte_eth_dev_callback_register(0, RTE_ETH_EVENT_INTR_RMV, on_event, NULL);
	rte_eth_dev_callback_register(0, RTE_ETH_EVENT_ERR_RECOVERING, on_event, NULL);
	rte_eth_dev_callback_register(0, RTE_ETH_EVENT_RECOVERY_SUCCESS, on_event, NULL);
	rte_eth_dev_callback_register(0, RTE_ETH_EVENT_RECOVERY_FAILED, on_event, NULL);
	rte_eth_dev_callback_register(0, RTE_ETH_EVENT_FLOW_AGED, on_event, NULL);
}

static void start_port(const struct rte_eth_conf *config, uint16_t queues)
{
	EQUAL(rte_eth_dev_configure(0, queues, queues, config), 0);
	for (uint16_t i = 0; i < queues; i++) {
		EQUAL(rte_eth_rx_queue_setup(0, i, RING, 0, NULL, pool), 0);
		EQUAL(rte_eth_tx_queue_setup(0, i, RING, 0, NULL), 0);
	}
	EQUAL(rte_eth_dev_start(0), 0);
}

/* Stops and removes the port; every mbuf is back then. */
static void close_port(void)
{
	rte_eth_dev_stop(0);
	EQUAL(rte_mempool_avail_count(pool), MBUFS);
	rte_eth_dev_callback_unregister(0, RTE_ETH_EVENT_INTR_LSC, on_event, (void *)-1);
	EQUAL(rte_vdev_uninit("net_sekisho0"), 0);
	EQUAL(rte_mempool_avail_count(pool), MBUFS);
}

static uint64_t xstat(const char *name)
{
	uint64_t id, value = ~0ull;

	EQUAL(rte_eth_xstats_get_id_by_name(0, name, &id), 0);
	EQUAL(rte_eth_xstats_get_by_id(0, &id, &value, 1), 1);
	return value;
}

static uint64_t statistic(size_t offset)
{
	struct rte_eth_stats stats;

	EQUAL(rte_eth_stats_get(0, &stats), 0);
	return *(uint64_t *)((char *)&stats + offset);
}
#define STATISTIC(name) statistic(offsetof(struct rte_eth_stats, name))

static bool burst_mode_is(const char *wanted)
{
	struct rte_eth_burst_mode mode;

	EQUAL(rte_eth_rx_burst_mode_get(0, 0, &mode), 0);
	if (strcmp(mode.info, wanted) == 0)
		return true;
	printf("# burst mode: %s\n", mode.info);
	return false;
}

/* --- the card -------------------------------------------------------------------------------- */

static const uint32_t plain_words[4];
static unsigned char pattern[16384];

static void card_deliver(const uint32_t words[4], unsigned int status, const void *frame,
			 unsigned int length)
{
	pthread_mutex_lock(&control);
	CHECK(deliver(&queues[0][0], words, status, frame, length));
	pthread_mutex_unlock(&control);
}

/* Takes the next frame that was sent; its length and control word. */
static unsigned int card_take(void *frame, uint32_t *control_word)
{
	struct queue *queue = &queues[1][0];
	struct sekisho_tx_descriptor *descriptor;
	unsigned int length = 0;

	pthread_mutex_lock(&control);
	if (ready(queue) != 0) {
		void *place;

		descriptor =
			dma(queue->ring + 16ul * (queue->fetched & (queue->size - 1)), 16, false);
		length = descriptor->control & SEKISHO_TX_DESCRIPTOR_CONTROL_LENGTH_MASK;
		*control_word = descriptor->control;
		place = dma(descriptor->address_lo | (uint64_t)descriptor->address_hi << 32, length,
			    false);
		CHECK(place != NULL);
		if (place != NULL)
			memcpy(frame, place, length);
	}
	pthread_mutex_unlock(&control);
	return length;
}

static void card_complete(void)
{
	pthread_mutex_lock(&control);
	while (transmit(&queues[1][0]))
		;
	pthread_mutex_unlock(&control);
}

static uint32_t card_register(uint32_t offset)
{
	uint32_t value;

	pthread_mutex_lock(&control);
	value = read_register(offset);
	pthread_mutex_unlock(&control);
	return value;
}

static void card_set(uint32_t offset, uint32_t value)
{
	pthread_mutex_lock(&control);
	registers[offset / 4] = value;
	pthread_mutex_unlock(&control);
}

/* As the end of a simulator's process looks to the driver. */
static void card_dies(void)
{
	pthread_mutex_lock(&control);
	shutdown(card_connection, SHUT_RDWR);
	pthread_mutex_unlock(&control);
}

static struct rte_mbuf *receive_one(void)
{
	struct rte_mbuf *mbuf = NULL;

	if (rte_eth_rx_burst(0, 0, &mbuf, 1) != 1) {
		CHECK(!"a frame is received");
		return rte_pktmbuf_alloc(pool);
	}
	return mbuf;
}

static bool same_bytes(const struct rte_mbuf *mbuf, const void *bytes, unsigned int length)
{
	static unsigned char copy[16384];

	return mbuf->pkt_len == length &&
	       memcmp(rte_pktmbuf_read(mbuf, 0, length, copy), bytes, length) == 0;
}

/* A packet of that many parts of that many bytes each, out of the pattern. */
static struct rte_mbuf *new_packet(unsigned int parts, unsigned int bytes)
{
	struct rte_mbuf *first = NULL;

	for (unsigned int i = 0; i < parts; i++) {
		struct rte_mbuf *mbuf = rte_pktmbuf_alloc(pool);

		memcpy(rte_pktmbuf_append(mbuf, bytes), pattern + i * bytes, bytes);
		if (first == NULL)
			first = mbuf;
		else
			EQUAL(rte_pktmbuf_chain(first, mbuf), 0);
	}
	return first;
}

/* --- the cases ------------------------------------------------------------------------------- */

struct test_case {
	const char *name;
	void (*run)(void);
};

/* Runs the cases whose names contain one of the arguments, all without arguments; the exit status. */
static int run_cases(int argc, char **argv, const struct test_case *cases, unsigned int count)
{
	unsigned int failures = 0, number = 0;

	for (unsigned int i = 0; i < sizeof(pattern); i++)
		pattern[i] = i * 7 + (i >> 8);
	messages = tmpfile();
	rte_openlog_stream(messages);
	if (start_card_and_eal(argv[0], "notice") < 0)
		return 1;
	pool = rte_pktmbuf_pool_create("pool", MBUFS, 0, 0, ROOM + RTE_PKTMBUF_HEADROOM, 0);
	if (pool == NULL)
		return 1;
	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("# time limit 120\n");
	for (unsigned int i = 0; i < count; i++) {
		bool wanted = argc == 1;

		for (int k = 1; k < argc; k++)
			wanted |= strstr(cases[i].name, argv[k]) != NULL;
		if (!wanted)
			continue;
		failed = false;
		cases[i].run();
		printf("%sok %u - %s\n", failed ? "not " : "", ++number, cases[i].name);
		failures += failed;
		if (failed) {
			static char text[4096];
			long end;

			fflush(messages);
			fseek(messages, 0, SEEK_END);
			end = ftell(messages);
			fseek(messages, end > 1500 ? end - 1500 : 0, SEEK_SET);
			text[fread(text, 1, sizeof(text) - 1, messages)] = '\0';
			for (char *line_text = strtok(text, "\n"); line_text != NULL;
			     line_text = strtok(NULL, "\n"))
				printf("#   log: %s\n", line_text);
		}
	}
	printf("1..%u\n", number);
	unlink(path);
	rte_eal_cleanup();
	return failures != 0;
}

#endif
