/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Replay: a small host in this process (rings and buffers in plain memory) sends every frame of a
 * capture through a port, alone, and prints what the card reports of it: the completion, or the
 * counter that says why there is none.
 */

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pcap/pcap.h>

#include <sekisho/registers.h>

#include "engine.h"
#include "log.h"
#include "port.h"
#include "replay.h"

#define RING_LOG2 6u
#define RING (1u << RING_LOG2)
#define QUEUES SEKISHO_RX_QUEUES
#define BUFFER 16384u
#define BUFFER_LENGTH 16383u
#define IOVA UINT64_C(0x10000000) /* where the card sees the host's memory */
#define SLICE 1000u
#define MAX_CLOCKS 200000u /* that one frame may take */

static_assert(SEKISHO_ENGINE_MAX_FRAME <= BUFFER_LENGTH, "any frame fits");

/* What the card may reach; laid out as the card wants it. */
struct memory {
	_Alignas(4096) struct sekisho_rx_descriptor descriptors[QUEUES][RING];
	_Alignas(4096) struct sekisho_rx_completion completions[QUEUES][RING];
	_Alignas(4096) uint8_t buffers[QUEUES][RING][BUFFER];
};

/* A counter of dropped frames and what it means. */
struct drop {
	uint32_t address; /* low word of its packet count */
	const char *stage, *reason;
	uint32_t value;
};

struct replay {
	struct sekisho_engine *engine;
	struct memory *memory;
	unsigned int port, queues;
	uint16_t completed[QUEUES]; /* completions seen */
	uint16_t tail[QUEUES];
	struct drop drops[64];
	unsigned int drop_count;
	bool json;
	uint64_t limit;
	uint64_t packets, delivered, dropped, bad;
};

static void *replay_dma(void *context, unsigned int function, uint64_t address, uint32_t length,
			bool write)
{
	struct replay *replay = context;

	(void)write;
	if (function != replay->port || address < IOVA || address - IOVA > sizeof(struct memory) ||
	    length > sizeof(struct memory) - (address - IOVA))
		return NULL;
	return (uint8_t *)replay->memory + (address - IOVA);
}

static void replay_interrupt(void *context, unsigned int function, unsigned int vector)
{
	(void)context;
	(void)function;
	(void)vector;
}

static void replay_transmit(void *context, unsigned int port, const uint8_t *frame, uint32_t length)
{
	(void)context;
	(void)port;
	(void)frame;
	(void)length;
}

/* ---- The host side ---- */

static void network_write(struct replay *replay, uint32_t offset, uint32_t value)
{
	sekisho_engine_reg_write(replay->engine, SEKISHO_WINDOW_NETWORK(replay->port) + offset,
				 value);
}

static uint64_t address_of(const struct replay *replay, const void *at)
{
	return IOVA + (uint64_t)((const uint8_t *)at - (const uint8_t *)replay->memory);
}

static void start_queue(struct replay *replay, unsigned int queue)
{
	uint64_t ring = address_of(replay, replay->memory->descriptors[queue]);
	uint64_t completions = address_of(replay, replay->memory->completions[queue]);

	for (unsigned int i = 0; i < RING; i++) {
		struct sekisho_rx_descriptor *descriptor = &replay->memory->descriptors[queue][i];
		uint64_t buffer = address_of(replay, replay->memory->buffers[queue][i]);

		descriptor->address_lo = (uint32_t)buffer;
		descriptor->address_hi = (uint32_t)(buffer >> 32);
		descriptor->buffer = BUFFER_LENGTH;
	}
	network_write(replay, SEKISHO_NETWORK_RX_QUEUE_CONFIG(queue),
		      SEKISHO_FIELD_PUT(SEKISHO_QUEUE_CONFIG_SIZE_LOG2, RING_LOG2));
	network_write(replay, SEKISHO_NETWORK_RX_QUEUE_RING_LO(queue), (uint32_t)ring);
	network_write(replay, SEKISHO_NETWORK_RX_QUEUE_RING_HI(queue), (uint32_t)(ring >> 32));
	network_write(replay, SEKISHO_NETWORK_RX_QUEUE_COMPLETION_LO(queue), (uint32_t)completions);
	network_write(replay, SEKISHO_NETWORK_RX_QUEUE_COMPLETION_HI(queue),
		      (uint32_t)(completions >> 32));
	network_write(replay, SEKISHO_NETWORK_RX_QUEUE_CONTROL(queue), 1);
	replay->tail[queue] = RING;
	network_write(replay, SEKISHO_NETWORK_RX_DOORBELL_TAIL(queue), RING);
}

static void add_drop(struct replay *replay, uint32_t address, const char *stage, const char *reason)
{
	replay->drops[replay->drop_count++] = (struct drop){ address, stage, reason, 0 };
}

static void list_drops(struct replay *replay)
{
	static const struct {
		unsigned int index;
		const char *name;
	} port[] = {
		{ SEKISHO_PORT_RX_RESULT_RUNT, "runt" },
		{ SEKISHO_PORT_RX_RESULT_OVERSIZE, "oversize" },
		{ SEKISHO_PORT_RX_RESULT_OVERFLOW, "overflow" },
		{ SEKISHO_PORT_RX_RESULT_MAC_ERROR, "mac_error" },
		{ SEKISHO_PORT_RX_RESULT_DISABLED, "disabled" },
	}, deliver[] = {
		{ SEKISHO_DELIVER_RESULT_FUNCTION_DISABLED, "function_disabled" },
		{ SEKISHO_DELIVER_RESULT_MAC_FILTER, "mac_filter" },
		{ SEKISHO_DELIVER_RESULT_TOO_LONG, "too_long" },
		{ SEKISHO_DELIVER_RESULT_BAD_IP_CHECKSUM, "bad_ip_checksum" },
		{ SEKISHO_DELIVER_RESULT_BAD_L4_CHECKSUM, "bad_l4_checksum" },
		{ SEKISHO_DELIVER_RESULT_FLOW_RULE, "flow_rule" },
		{ SEKISHO_DELIVER_RESULT_METER, "meter" },
	}, queue[] = {
		{ SEKISHO_RX_QUEUE_RESULT_NO_DESCRIPTOR, "no_descriptor" },
		{ SEKISHO_RX_QUEUE_RESULT_BUFFER_TOO_SMALL, "buffer_too_small" },
		{ SEKISHO_RX_QUEUE_RESULT_QUEUE_DISABLED, "queue_disabled" },
	};
	uint32_t network = SEKISHO_WINDOW_NETWORK(replay->port);

	for (unsigned int i = 0; i < sizeof(port) / sizeof(*port); i++)
		add_drop(replay,
			 SEKISHO_WINDOW_MANAGEMENT +
				 SEKISHO_MANAGEMENT_PORT_RX_STATISTICS_PACKETS_LO(replay->port * 8 +
										  port[i].index),
			 "port", port[i].name);
	for (unsigned int i = 0; i < sizeof(deliver) / sizeof(*deliver); i++)
		add_drop(replay,
			 network + SEKISHO_NETWORK_DELIVER_STATISTICS_PACKETS_LO(deliver[i].index),
			 "deliver", deliver[i].name);
	for (unsigned int q = 0; q < QUEUES; q++) {
		for (unsigned int i = 0; i < sizeof(queue) / sizeof(*queue); i++)
			add_drop(replay,
				 network + SEKISHO_NETWORK_RX_QUEUE_STATISTICS_PACKETS_LO(
						   q * 8 + queue[i].index),
				 "queue", queue[i].name);
	}
}

/* The counter that moved since the last look, or NULL. */
static const struct drop *find_drop(struct replay *replay)
{
	const struct drop *found = NULL;

	for (unsigned int i = 0; i < replay->drop_count; i++) {
		struct drop *drop = &replay->drops[i];
		uint32_t value = sekisho_engine_reg_read(replay->engine, drop->address);

		/* The high word is read too, as the low one holds it. */
		(void)sekisho_engine_reg_read(replay->engine, drop->address + 4);
		if (value != drop->value)
			found = drop;
		drop->value = value;
	}
	return found;
}

static void start_card(struct replay *replay)
{
	/* The key of Microsoft's RSS verification suite, so that hashes can be compared. */
	static const uint32_t key[10] = {
		0x6d5a56da, 0x255b0ec2, 0x4167253d, 0x43a38fb0, 0xd0ca2bcb,
		0xae7b30b4, 0x77cb2da3, 0x8030f20c, 0x6a42b73b, 0xbeac01fa,
	};

	sekisho_engine_set_link(replay->engine, replay->port, true, 10000);
	for (unsigned int i = 0; i < 10; i++)
		network_write(replay, SEKISHO_NETWORK_RSS_KEY(i), key[i]);
	for (unsigned int i = 0; i < 128; i++)
		network_write(replay, SEKISHO_NETWORK_RSS_TABLE(i), i % replay->queues);
	network_write(replay, SEKISHO_NETWORK_RSS_TYPES, 0x3f);
	network_write(replay, SEKISHO_NETWORK_MAX_FRAME, SEKISHO_ENGINE_MAX_FRAME);
	for (unsigned int queue = 0; queue < replay->queues; queue++)
		start_queue(replay, queue);
	network_write(replay, SEKISHO_NETWORK_CONTROL,
		      SEKISHO_NETWORK_CONTROL_RX_ENABLE_MASK |
			      SEKISHO_NETWORK_CONTROL_PROMISCUOUS_MASK |
			      SEKISHO_NETWORK_CONTROL_ALL_MULTICAST_MASK);
	list_drops(replay);
	find_drop(replay);
}

/* The next completion of any queue, whose buffer is given back; NULL: none. */
static const struct sekisho_rx_completion *take_completion(struct replay *replay,
							   unsigned int *queue)
{
	for (unsigned int q = 0; q < replay->queues; q++) {
		unsigned int slot = replay->completed[q] % RING;
		/* 1 on the first pass, turning with every pass. */
		uint32_t phase = ~(uint32_t)replay->completed[q] >> RING_LOG2 & 1;
		const struct sekisho_rx_completion *completion =
			&replay->memory->completions[q][slot];

		if (SEKISHO_FIELD_GET(SEKISHO_RX_COMPLETION_STATUS_PHASE, completion->status) !=
		    phase)
			continue;
		replay->completed[q]++;
		network_write(replay, SEKISHO_NETWORK_RX_DOORBELL_TAIL(q), ++replay->tail[q]);
		*queue = q;
		return completion;
	}
	return NULL;
}

/* ---- Output ---- */

static const char *name_of(const char *const *names, unsigned int count, uint32_t value)
{
	return value < count && names[value] != NULL ? names[value] : "?";
}

#define NAME(names, value) name_of(names, sizeof(names) / sizeof(*(names)), value)
#define PACKET(field) SEKISHO_FIELD_GET(SEKISHO_RX_COMPLETION_PACKET_##field, completion->packet)
#define OFFSET(field) SEKISHO_FIELD_GET(SEKISHO_RX_COMPLETION_OFFSETS_##field, completion->offsets)
#define SUM(field) SEKISHO_FIELD_GET(SEKISHO_RX_COMPLETION_SUM_##field, completion->sum)
#define STATUS(field) SEKISHO_FIELD_GET(SEKISHO_RX_COMPLETION_STATUS_##field, completion->status)

static const char *const l3_names[] = {
	[SEKISHO_L3_TYPE_NONE] = "none",	 [SEKISHO_L3_TYPE_IPV4] = "ipv4",
	[SEKISHO_L3_TYPE_IPV4_OPT] = "ipv4_opt", [SEKISHO_L3_TYPE_IPV6] = "ipv6",
	[SEKISHO_L3_TYPE_IPV6_EXT] = "ipv6_ext", [SEKISHO_L3_TYPE_ARP] = "arp",
};
static const char *const l4_names[] = {
	[SEKISHO_L4_TYPE_NONE] = "none",	 [SEKISHO_L4_TYPE_TCP] = "tcp",
	[SEKISHO_L4_TYPE_UDP] = "udp",		 [SEKISHO_L4_TYPE_ICMP] = "icmp",
	[SEKISHO_L4_TYPE_FRAGMENT] = "fragment", [SEKISHO_L4_TYPE_OTHER] = "other",
};
static const char *const verdict_names[] = {
	[SEKISHO_CHECKSUM_VERDICT_UNKNOWN] = "unknown",
	[SEKISHO_CHECKSUM_VERDICT_BAD] = "bad",
	[SEKISHO_CHECKSUM_VERDICT_GOOD] = "good",
	[SEKISHO_CHECKSUM_VERDICT_NONE] = "none",
};
static const char *const reason_names[] = {
	[SEKISHO_CHECKSUM_REASON_CHECKED] = "checked",
	[SEKISHO_CHECKSUM_REASON_NOT_IP] = "not_ip",
	[SEKISHO_CHECKSUM_REASON_TRUNCATED] = "truncated",
	[SEKISHO_CHECKSUM_REASON_IP_LENGTH] = "ip_length",
	[SEKISHO_CHECKSUM_REASON_FRAGMENT] = "fragment",
	[SEKISHO_CHECKSUM_REASON_NOT_TCP_UDP] = "not_tcp_udp",
	[SEKISHO_CHECKSUM_REASON_EXTENSION] = "extension",
	[SEKISHO_CHECKSUM_REASON_TOO_DEEP] = "too_deep",
	[SEKISHO_CHECKSUM_REASON_L4_LENGTH] = "l4_length",
	[SEKISHO_CHECKSUM_REASON_UDP_NO_CHECKSUM] = "udp_no_checksum",
	[SEKISHO_CHECKSUM_REASON_UDP6_NO_CHECKSUM] = "udp6_no_checksum",
	[SEKISHO_CHECKSUM_REASON_TOO_MANY_TAGS] = "too_many_tags",
};
static const char *const hash_names[] = { "none", "addresses", "addresses_ports" };
static const char *const status_names[] = { "ok", "dma_error", "length_error", "unsupported" };

static void print_start(const struct replay *replay, uint32_t length, bool padded)
{
	if (replay->json)
		printf("{\"packet\":%" PRIu64 ",\"length\":%u,\"padded\":%s", replay->packets,
		       length, padded ? "true" : "false");
	else
		printf("%" PRIu64 ": %u bytes%s", replay->packets, length,
		       padded ? " (padded)" : "");
}

static void print_completion(const struct replay *replay,
			     const struct sekisho_rx_completion *completion, unsigned int queue)
{
	static const char json[] =
		",\"l3\":\"%s\",\"l3_offset\":%u,\"l4\":\"%s\",\"l4_offset\":%u,"
		"\"payload_offset\":%u,\"vlan_tags\":%u,\"vlan_tci\":%u,\"ip_verdict\":\"%s\","
		"\"l4_verdict\":\"%s\",\"reason\":\"%s\",\"raw_sum\":%u,\"rss_hash\":%u,"
		"\"hash_type\":\"%s\",\"queue\":%u,\"status\":\"%s\"}\n";
	static const char text[] =
		", l3 %s@%u, l4 %s@%u, payload @%u, vlan tags %u tci 0x%04x, "
		"ip %s, l4 %s (%s), sum 0x%04x, hash 0x%08x (%s), queue %u, status %s\n";

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	printf(replay->json ? json : text, NAME(l3_names, PACKET(L3_TYPE)), OFFSET(L3_OFFSET),
	       NAME(l4_names, PACKET(L4_TYPE)), OFFSET(L4_OFFSET), OFFSET(PAYLOAD_OFFSET),
	       PACKET(VLAN_TAGS), SUM(VLAN_TCI), NAME(verdict_names, PACKET(IP_VERDICT)),
	       NAME(verdict_names, PACKET(L4_VERDICT)), NAME(reason_names, PACKET(REASON)),
	       SUM(RAW_SUM), completion->rss_hash, NAME(hash_names, OFFSET(HASH_TYPE)), queue,
	       NAME(status_names, STATUS(STATUS)));
#pragma GCC diagnostic pop
}

static void print_drop(const struct replay *replay, const struct drop *drop)
{
	if (replay->json)
		printf(",\"dropped\":\"%s\",\"stage\":\"%s\"}\n", drop->reason, drop->stage);
	else
		printf(", dropped by %s: %s\n", drop->stage, drop->reason);
}

/* ---- A packet ---- */

/* The delivered bytes must be those that were sent. */
static bool same_bytes(const struct replay *replay, const struct sekisho_rx_completion *completion,
		       unsigned int queue, const uint8_t *frame, uint32_t length)
{
	uint32_t index = STATUS(INDEX) % RING;

	return PACKET(LENGTH) == length &&
	       memcmp(replay->memory->buffers[queue][index], frame, length) == 0;
}

static int replay_frame(struct replay *replay, const uint8_t *frame, uint32_t length, bool padded)
{
	const struct sekisho_rx_completion *completion = NULL;
	const struct drop *drop;
	unsigned int queue;
	uint32_t clocks = 0, ran;

	replay->packets++;
	while (!sekisho_engine_receive(replay->engine, replay->port, frame, length, false)) {
		if (clocks > MAX_CLOCKS) {
			sim_log(LOG_ERROR, "packet %" PRIu64 ": the port takes no frame",
				replay->packets);
			return -EIO;
		}
		sekisho_engine_run(replay->engine, SLICE);
		clocks += SLICE;
	}
	clocks = 0;
	do {
		ran = sekisho_engine_run(replay->engine, SLICE);
		clocks += ran;
	} while (ran > 0 && clocks < MAX_CLOCKS);
	print_start(replay, length, padded);
	completion = take_completion(replay, &queue);
	if (completion != NULL) {
		print_completion(replay, completion, queue);
		if (STATUS(STATUS) == SEKISHO_COMPLETION_STATUS_OK &&
		    !same_bytes(replay, completion, queue, frame, length)) {
			sim_log(LOG_ERROR, "packet %" PRIu64 ": delivered with other bytes",
				replay->packets);
			return -EIO;
		}
		replay->delivered++;
		if (PACKET(IP_VERDICT) == SEKISHO_CHECKSUM_VERDICT_BAD ||
		    PACKET(L4_VERDICT) == SEKISHO_CHECKSUM_VERDICT_BAD)
			replay->bad++;
		return 0;
	}
	drop = find_drop(replay);
	if (drop == NULL) {
		fputs(replay->json ? ",\"dropped\":\"lost\"}\n" : ", lost\n", stdout);
		sim_log(LOG_ERROR, "packet %" PRIu64 ": neither delivered nor counted as dropped",
			replay->packets);
		return -EIO;
	}
	print_drop(replay, drop);
	replay->dropped++;
	return 0;
}

static int replay_capture(struct replay *replay, pcap_t *capture, const char *path)
{
	static uint8_t frame[PORT_BUFFER];
	struct pcap_pkthdr *header;
	const u_char *bytes;
	int result, err;

	while (replay->packets < replay->limit &&
	       (result = pcap_next_ex(capture, &header, &bytes)) != PCAP_ERROR_BREAK) {
		uint32_t length;

		if (result != 1) {
			sim_log(LOG_ERROR, "%s: %s", path, pcap_geterr(capture));
			return -EIO;
		}
		length = header->caplen;
		if (length != header->len || length > sizeof(frame)) {
			sim_log(LOG_ERROR,
				"%s: packet %" PRIu64 ": %u bytes, of which %u are in the "
				"capture",
				path, replay->packets + 1, header->len, header->caplen);
			return -EINVAL;
		}
		memcpy(frame, bytes, length);
		if (length < PORT_MIN_FRAME)
			memset(frame + length, 0, PORT_MIN_FRAME - length);
		err = replay_frame(replay, frame, length < PORT_MIN_FRAME ? PORT_MIN_FRAME : length,
				   length < PORT_MIN_FRAME);
		if (err != 0)
			return err;
	}
	return 0;
}

static const char usage[] = "Usage: sekisho-sim replay CAPTURE [OPTION]...\n"
			    "\n"
			    "Sends each frame of a pcap or pcapng file through a port and prints "
			    "what the card reports of it.\n"
			    "\n"
			    "  --json             one JSON object a line\n"
			    "  --engine NAME      rtl or model (default rtl)\n"
			    "  --data-width BITS  packet bus: 64 or 512 (default 64)\n"
			    "  --queues N         receive queues, 1 to 4 (default 4)\n"
			    "  --port N           0 or 1 (default 0)\n"
			    "  --limit N          only the first N packets\n"
			    "  -h, --help         this text\n";

static bool parse(const char *text, unsigned long low, unsigned long high, unsigned long *value)
{
	char *end;

	errno = 0;
	*value = strtoul(text, &end, 10);
	return errno == 0 && text[0] >= '0' && text[0] <= '9' && *end == '\0' && *value >= low &&
	       *value <= high;
}

/* The capture's path; NULL: *status is the exit status. */
static const char *parse_options(struct replay *replay, struct sekisho_engine_config *config,
				 int argc, char **argv, int *status)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "engine", required_argument, NULL, 'e' },
		{ "data-width", required_argument, NULL, 'w' },
		{ "queues", required_argument, NULL, 'n' },
		{ "port", required_argument, NULL, 'p' },
		{ "limit", required_argument, NULL, 'l' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	unsigned long value = 0;
	int option;

	*status = 2;
	while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		bool valid = true;

		if (option == 'j') {
			replay->json = true;
		} else if (option == 'e') {
			valid = sekisho_engine_kind_of(optarg, &config->kind);
		} else if (option == 'w') {
			valid = parse(optarg, 64, 512, &value) && (value == 64 || value == 512);
			config->data_width = (unsigned int)value;
		} else if (option == 'n') {
			valid = parse(optarg, 1, QUEUES, &value);
			replay->queues = (unsigned int)value;
		} else if (option == 'p') {
			valid = parse(optarg, 0, SEKISHO_PORTS - 1, &value);
			replay->port = (unsigned int)value;
		} else if (option == 'l') {
			valid = parse(optarg, 0, ULONG_MAX, &value);
			replay->limit = value;
		} else if (option == 'h') {
			fputs(usage, stdout);
			*status = EXIT_SUCCESS;
			return NULL;
		} else {
			return NULL;
		}
		if (!valid) {
			sim_log(LOG_ERROR, "replay: \"%s\" cannot be used here", optarg);
			return NULL;
		}
	}
	if (optind + 1 != argc) {
		fputs(usage, stderr);
		return NULL;
	}
	return argv[optind];
}

static int run(struct replay *replay, const struct sekisho_engine_config *config, const char *path)
{
	const struct sekisho_engine_callbacks callbacks = {
		.context = replay,
		.dma = replay_dma,
		.interrupt = replay_interrupt,
		.transmit = replay_transmit,
	};
	char error[PCAP_ERRBUF_SIZE];
	pcap_t *capture = pcap_open_offline(path, error);
	int err = -ENOMEM;

	if (capture == NULL) {
		sim_log(LOG_ERROR, "%s", error);
		return -EIO;
	}
	if (pcap_datalink(capture) != DLT_EN10MB) {
		sim_log(LOG_ERROR, "%s holds no Ethernet frames", path);
		pcap_close(capture);
		return -EINVAL;
	}
	replay->memory = aligned_alloc(4096, sizeof(*replay->memory));
	if (replay->memory != NULL) {
		memset(replay->memory, 0, sizeof(*replay->memory));
		replay->engine = sekisho_engine_create(config, &callbacks);
		if (replay->engine == NULL)
			err = -errno;
	}
	if (replay->engine == NULL) {
		sim_log(LOG_ERROR, "engine: %s", strerror(-err));
	} else {
		start_card(replay);
		err = replay_capture(replay, capture, path);
		fprintf(stderr,
			"sekisho-sim: %" PRIu64 " packets: %" PRIu64 " delivered (%" PRIu64
			" with a bad checksum), %" PRIu64 " dropped, %" PRIu64 " clocks\n",
			replay->packets, replay->delivered, replay->bad, replay->dropped,
			sekisho_engine_clocks(replay->engine));
		sekisho_engine_destroy(replay->engine);
	}
	free(replay->memory);
	pcap_close(capture);
	return err;
}

int replay_main(int argc, char **argv)
{
	/* Time comes from the clock count, so the same capture gives the same output. */
	struct sekisho_engine_config config = { .data_width = 64,
						.seed = 1,
						.read_latency = 60,
						.write_latency = 60,
						.time_from_clock = true };
	struct replay *replay = calloc(1, sizeof(*replay));
	const char *path;
	int status;

	if (replay == NULL)
		return EXIT_FAILURE;
	replay->queues = QUEUES;
	replay->limit = UINT64_MAX;
	path = parse_options(replay, &config, argc, argv, &status);
	if (path != NULL) {
		status = run(replay, &config, path) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
		if (fflush(stdout) != 0 || ferror(stdout)) {
			sim_log(LOG_ERROR, "standard output: %s", strerror(errno));
			status = EXIT_FAILURE;
		}
	}
	free(replay);
	return status;
}
