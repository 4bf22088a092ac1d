/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * libFuzzer target: a frame to the reference model, and the same bytes as a frame that the host
 * sends. The first byte is the control register's drop and filter bits and the hash types, the
 * second what a descriptor asks for, and whether there is a flow rule: it demands that bits of the
 * frame are 0, those that are 1 in the frame's last bytes, and may change the frame. The rest is the
 * frame. Whatever the frame is, it must be counted once everywhere, be in memory as it came but for
 * what the rule changes, and be told of without a contradiction.
 */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sekisho/registers.h>

#include "engine.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define IOVA 0x100000u
#define RING 8u
#define BUFFER 9728u
/* One page or more for each ring, then the buffers. */
#define RX_RING (IOVA + 0x0000u)
#define RX_COMPLETIONS (IOVA + 0x1000u)
#define TX_RING (IOVA + 0x2000u)
#define TX_COMPLETIONS (IOVA + 0x3000u)
#define RX_BUFFERS (IOVA + 0x4000u)
#define TX_BUFFER (RX_BUFFERS + RING * 0x4000u)
#define MARK 0x5eed1234u
/* The same bits in the input's second byte. */
#define EDITS                                                                             \
	(SEKISHO_FLOW_RULE_ACTION_SET_MAC_MASK | SEKISHO_FLOW_RULE_ACTION_SET_IPV4_MASK | \
	 SEKISHO_FLOW_RULE_ACTION_SET_PORT_MASK)
#define ARENA (TX_BUFFER + 0x4000u - IOVA)

static uint8_t arena[ARENA];
static uint8_t sent[BUFFER];
static uint32_t sent_length;
static unsigned int sent_count;
static struct sekisho_engine *engine;
static uint16_t received, transmitted; /* descriptors given, of each direction */

#define CHECK(condition)                                                            \
	do {                                                                        \
		if (!(condition)) {                                                 \
			fprintf(stderr, "line %d: not %s\n", __LINE__, #condition); \
			abort();                                                    \
		}                                                                   \
	} while (0)

static void *dma(void *context, unsigned int function, uint64_t address, uint32_t length,
		 bool write)
{
	(void)context;
	(void)write;
	CHECK(function == 0);
	CHECK(length >= 1 && length <= 4096 && address % 4096 + length <= 4096);
	CHECK(address >= IOVA && address - IOVA <= ARENA - length);
	return &arena[address - IOVA];
}

static void interrupt(void *context, unsigned int function, unsigned int vector)
{
	(void)context;
	(void)function;
	(void)vector;
	CHECK(!"an interrupt that nobody asked for");
}

static void transmit(void *context, unsigned int port, const uint8_t *frame, uint32_t length)
{
	(void)context;
	CHECK(port == 0);
	CHECK(length >= 60 && length <= SEKISHO_ENGINE_MAX_FRAME);
	memcpy(sent, frame, length);
	sent_length = length;
	sent_count++;
}

static uint32_t read_register(uint32_t offset)
{
	return sekisho_engine_reg_read(engine, SEKISHO_WINDOW_NETWORK(0) + offset);
}

static void write_register(uint32_t offset, uint32_t value)
{
	sekisho_engine_reg_write(engine, SEKISHO_WINDOW_NETWORK(0) + offset, value);
}

static void setup(void)
{
	const struct sekisho_engine_callbacks callbacks = { NULL, dma, interrupt, transmit };
	const struct sekisho_engine_config config = {
		.kind = SEKISHO_ENGINE_MODEL,
		.data_width = 64,
		.time_from_clock = true,
	};

	engine = sekisho_engine_create(&config, &callbacks);
	CHECK(engine != NULL);
	write_register(SEKISHO_NETWORK_MAC_LO, 0x00000002);
	write_register(SEKISHO_NETWORK_MAC_HI, 0x0100);
	write_register(SEKISHO_NETWORK_MAX_FRAME, BUFFER);
	for (unsigned int i = 0; i < 10; i++)
		write_register(SEKISHO_NETWORK_RSS_KEY(i), 0x6d5a56da + i * 0x01234567);
	for (unsigned int i = 0; i < 128; i++)
		write_register(SEKISHO_NETWORK_RSS_TABLE(i), 0);
	write_register(SEKISHO_NETWORK_RX_QUEUE_CONFIG(0), 3);
	write_register(SEKISHO_NETWORK_RX_QUEUE_RING_LO(0), RX_RING);
	write_register(SEKISHO_NETWORK_RX_QUEUE_COMPLETION_LO(0), RX_COMPLETIONS);
	write_register(SEKISHO_NETWORK_TX_QUEUE_CONFIG(0), 3);
	write_register(SEKISHO_NETWORK_TX_QUEUE_RING_LO(0), TX_RING);
	write_register(SEKISHO_NETWORK_TX_QUEUE_COMPLETION_LO(0), TX_COMPLETIONS);
	write_register(SEKISHO_NETWORK_RX_QUEUE_CONTROL(0), 1);
	write_register(SEKISHO_NETWORK_TX_QUEUE_CONTROL(0), 1);
}

static void describe(uint32_t ring, uint16_t count, uint32_t address, uint32_t control)
{
	const uint32_t words[4] = { address, 0, control, 0 };

	memcpy(&arena[ring - IOVA + count % RING * 16], words, sizeof(words));
}

static void settle(void)
{
	for (unsigned int i = 0; i < 100; i++)
		if (sekisho_engine_run(engine, 10000) < 10000)
			return;
	CHECK(!"idle");
}

static uint64_t bank(uint32_t first, unsigned int n)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < n; i++)
		sum += read_register(first + 16 * i);
	return sum;
}

/* Nothing changes but what a rule may set, and the checksums of these. */
static void check_frame(const uint8_t *got, const uint8_t *frame, uint32_t length, uint32_t l3,
			uint32_t l4, bool edited)
{
	uint32_t changed = 0;

	CHECK(edited || memcmp(got, frame, length) == 0);
	for (uint32_t i = 0; edited && i < length; i++) {
		if (got[i] == frame[i])
			continue;
		CHECK(i < 6 || i - (l3 + 10) < 2 || i - (l3 + 16) < 4 ||
		      (l4 != 0 && (i - (l4 + 2) < 2 || i - (l4 + 6) < 2 || i - (l4 + 16) < 2)));
		changed++;
	}
	CHECK(changed <= 6 + 2 + 4 + 2 + 2);
}

static void check_completion(const uint32_t *words, const uint8_t *frame, uint32_t length,
			     uint32_t index)
{
	uint32_t packet = words[0], offsets = words[3];
	uint32_t l3 = SEKISHO_FIELD_GET(SEKISHO_RX_COMPLETION_OFFSETS_L3_OFFSET, offsets);
	uint32_t l4 = SEKISHO_FIELD_GET(SEKISHO_RX_COMPLETION_OFFSETS_L4_OFFSET, offsets);
	uint32_t payload = SEKISHO_FIELD_GET(SEKISHO_RX_COMPLETION_OFFSETS_PAYLOAD_OFFSET, offsets);
	uint32_t reason = SEKISHO_FIELD_GET(SEKISHO_RX_COMPLETION_PACKET_REASON, packet);
	uint32_t l3_type = SEKISHO_FIELD_GET(SEKISHO_RX_COMPLETION_PACKET_L3_TYPE, packet);
	uint32_t l4_type = SEKISHO_FIELD_GET(SEKISHO_RX_COMPLETION_PACKET_L4_TYPE, packet);
	uint32_t verdict = SEKISHO_FIELD_GET(SEKISHO_RX_COMPLETION_PACKET_L4_VERDICT, packet);

	CHECK(SEKISHO_FIELD_GET(SEKISHO_RX_COMPLETION_PACKET_LENGTH, packet) == length);
	CHECK((words[7] & 0xffff) == index);
	CHECK(SEKISHO_FIELD_GET(SEKISHO_RX_COMPLETION_STATUS_STATUS, words[7]) == 0);
	CHECK(words[5] ==
	      (SEKISHO_FIELD_GET(SEKISHO_RX_COMPLETION_OFFSETS_MARKED, offsets) ? MARK : 0));
	CHECK(words[5] == 0 || read_register(SEKISHO_NETWORK_FLOW_ENABLE) != 0);
	CHECK(words[6] == 0);
	check_frame(&arena[RX_BUFFERS - IOVA + index * 0x4000], frame, length, l3, l4,
		    (offsets & SEKISHO_RX_COMPLETION_OFFSETS_EDITED_MASK) != 0);
	CHECK(l3_type <= SEKISHO_L3_TYPE_ARP && l4_type <= SEKISHO_L4_TYPE_OTHER);
	CHECK(reason <= SEKISHO_CHECKSUM_REASON_TOO_MANY_TAGS);
	CHECK(l3 >= 14 && l3 <= length && l3 <= 14 + 2 * 4);
	CHECK(l4 == 0 || (l4 >= l3 + 20 && l4 + 8 <= length));
	CHECK(payload == 0 || (l4 != 0 && payload >= l4 + 8 && payload <= length));
	CHECK((l4 != 0) == (l4_type >= SEKISHO_L4_TYPE_TCP && l4_type <= SEKISHO_L4_TYPE_ICMP));
	CHECK((reason == SEKISHO_CHECKSUM_REASON_CHECKED ||
	       reason == SEKISHO_CHECKSUM_REASON_UDP6_NO_CHECKSUM) ==
	      (verdict == SEKISHO_CHECKSUM_VERDICT_GOOD ||
	       verdict == SEKISHO_CHECKSUM_VERDICT_BAD));
	CHECK((reason == SEKISHO_CHECKSUM_REASON_UDP_NO_CHECKSUM) ==
	      (verdict == SEKISHO_CHECKSUM_VERDICT_NONE));
	CHECK(SEKISHO_FIELD_GET(SEKISHO_RX_COMPLETION_OFFSETS_HASH_TYPE, offsets) != 0 ||
	      words[1] == 0);
}

static void receive(const uint8_t *frame, uint32_t length)
{
	uint64_t completed = read_register(SEKISHO_NETWORK_RX_QUEUE_STATISTICS_PACKETS_LO(0));
	uint64_t seen = bank(SEKISHO_NETWORK_DELIVER_STATISTICS_PACKETS_LO(0), 16);
	bool wanted = length >= 60 && length <= BUFFER;
	uint32_t words[8], index = received % RING;

	/* As many descriptors as there are left; one is always there. */
	describe(RX_RING, received, RX_BUFFERS + index * 0x4000, BUFFER);
	write_register(SEKISHO_NETWORK_RX_DOORBELL_TAIL(0), (uint16_t)(received + 1));
	CHECK(sekisho_engine_receive(engine, 0, frame, length, false));
	settle();
	CHECK(bank(SEKISHO_NETWORK_DELIVER_STATISTICS_PACKETS_LO(0), 16) == seen + wanted);
	CHECK(bank(SEKISHO_NETWORK_VERDICT_STATISTICS_PACKETS_LO(0), 16) == seen + wanted);
	if (read_register(SEKISHO_NETWORK_RX_QUEUE_STATISTICS_PACKETS_LO(0)) == (uint32_t)completed)
		return;
	CHECK(wanted);
	memcpy(words, &arena[RX_COMPLETIONS - IOVA + index * 32], sizeof(words));
	CHECK(words[7] >> 31 == (received / RING + 1) % 2);
	check_completion(words, frame, length, index);
	received++;
}

static void send_frame(const uint8_t *frame, uint32_t length, uint32_t flags)
{
	uint32_t words[2];

	if (length < 14 || length > BUFFER)
		return;
	memcpy(&arena[TX_BUFFER - IOVA], frame, length);
	describe(TX_RING, transmitted, TX_BUFFER, length | (flags | 4) << 16);
	write_register(SEKISHO_NETWORK_TX_DOORBELL_TAIL(0), (uint16_t)(transmitted + 1));
	sent_count = 0;
	settle();
	memcpy(words, &arena[TX_COMPLETIONS - IOVA + transmitted % RING * 8], sizeof(words));
	CHECK(words[0] == transmitted % RING);
	CHECK(words[1] == (uint32_t)((transmitted / RING + 1) % 2) << 31);
	transmitted++;
	CHECK(sent_count == 1 && sent_length == (length < 60 ? 60 : length));
	if (flags == 0)
		CHECK(memcmp(sent, frame, length) == 0);
	for (uint32_t i = 0, changed = 0; i < sent_length; i++) {
		changed += sent[i] != (i < length ? frame[i] : 0);
		CHECK(changed <= 4); /* two checksums at most */
	}
}

static void set_rule(const uint8_t *frame, uint32_t length, uint32_t changes)
{
	struct sekisho_flow_rule rule = { .action = SEKISHO_FLOW_RULE_ACTION_MARKED_MASK |
						    (changes & EDITS) | 0x5a5a0000u,
					  .mark = MARK,
					  .mac_lo = 0x44332202,
					  .mac_hi = 0x6655,
					  .ipv4 = 0xc6120907,
					  .change = 0x12345678 };
	uint32_t words[sizeof(rule) / sizeof(uint32_t)];

	if (length < sizeof(rule.mask))
		return;
	memcpy(&rule.mask, frame + length - sizeof(rule.mask), sizeof(rule.mask));
	memcpy(words, &rule, sizeof(words));
	for (unsigned int i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		write_register(SEKISHO_NETWORK_FLOW_RULES(i), words[i]);
	write_register(SEKISHO_NETWORK_FLOW_ENABLE, 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (engine == NULL)
		setup();
	if (size < 3 || size > 16384)
		return 0;
	write_register(SEKISHO_NETWORK_RSS_TYPES, data[0] & 0x3f);
	write_register(
		SEKISHO_NETWORK_CONTROL,
		SEKISHO_NETWORK_CONTROL_RX_ENABLE_MASK | SEKISHO_NETWORK_CONTROL_TX_ENABLE_MASK |
			SEKISHO_NETWORK_CONTROL_PROMISCUOUS_MASK |
			((data[0] & 0x40) != 0 ? SEKISHO_NETWORK_CONTROL_DROP_BAD_IP_MASK : 0) |
			((data[0] & 0x80) != 0 ? SEKISHO_NETWORK_CONTROL_DROP_BAD_L4_MASK : 0));
	write_register(SEKISHO_NETWORK_FLOW_ENABLE, 0);
	if ((data[1] & 4) != 0)
		set_rule(data + 2, (uint32_t)size - 2, data[1]);
	receive(data + 2, size - 2);
	send_frame(data + 2, size - 2, data[1] & 3);
	return 0;
}
