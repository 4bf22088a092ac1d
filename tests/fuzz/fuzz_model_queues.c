/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * libFuzzer target: what a hostile host may do to the reference model. The bytes are a list of
 * register writes and reads, stores into the host's memory (descriptors), frames and clocks. The
 * host's memory is small and holds the rings, so that bytes become descriptors. Nothing but a clean
 * refusal may come of it: every access must keep the contract of engine.h, the model must become
 * idle, a network function must see only its own memory, and stopped queues must become inactive.
 */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sekisho/registers.h>

#include "engine.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ARENA 0x10000u /* of each function, from address 0 on; its last page is read only */
#define READ_ONLY 0xf000u

static uint8_t arena[SEKISHO_FUNCTIONS][ARENA];

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
	CHECK(function < SEKISHO_FUNCTIONS);
	CHECK(length >= 1 && length <= 4096 && address % 4096 + length <= 4096);
	if (address >= ARENA || (write && address >= READ_ONLY))
		return NULL;
	return &arena[function][address];
}

static void interrupt(void *context, unsigned int function, unsigned int vector)
{
	(void)context;
	CHECK(function < SEKISHO_FUNCTIONS && vector < 256);
}

static void transmit(void *context, unsigned int port, const uint8_t *frame, uint32_t length)
{
	volatile uint8_t last;

	(void)context;
	CHECK(port < SEKISHO_PORTS);
	CHECK(length >= 60 && length <= SEKISHO_ENGINE_MAX_FRAME);
	last = frame[length - 1];
	(void)last;
}

struct input {
	const uint8_t *data;
	size_t size;
};

static uint32_t take(struct input *in, unsigned int bytes)
{
	uint32_t value = 0;

	for (unsigned int i = 0; i < bytes && in->size > 0; i++) {
		value |= (uint32_t)*in->data++ << 8 * i;
		in->size--;
	}
	return value;
}

/* All queues on, each ring in a page of its own, so that a store and a doorbell is enough. */
static void set_up(struct sekisho_engine *engine)
{
	for (unsigned int f = 0; f < SEKISHO_FUNCTIONS; f++) {
		uint32_t window = SEKISHO_WINDOW_NETWORK(f);

		sekisho_engine_reg_write(engine, window + SEKISHO_NETWORK_CONTROL, 7);
		sekisho_engine_reg_write(engine, window + SEKISHO_NETWORK_RSS_TYPES, 0x3f);
		for (unsigned int q = 0; q < 8; q++) {
			uint32_t registers =
				window + (q < 4 ? SEKISHO_NETWORK_RX_QUEUE_CONTROL(q) :
						  SEKISHO_NETWORK_TX_QUEUE_CONTROL(q - 4));

			sekisho_engine_reg_write(engine, registers + 0x08, 3 | q << 8);
			sekisho_engine_reg_write(engine, registers + 0x10, q << 8);
			sekisho_engine_reg_write(engine, registers + 0x18, 0x1000 | q << 8);
			sekisho_engine_reg_write(engine, registers, 1);
		}
	}
}

static void settle(struct sekisho_engine *engine)
{
	for (unsigned int i = 0; i < 1000; i++)
		if (sekisho_engine_run(engine, 10000) < 10000)
			return;
	CHECK(!"idle");
}

static void act(struct sekisho_engine *engine, struct input *in)
{
	uint32_t kind = take(in, 1), f = kind >> 7, q = kind >> 4 & 7, address, length;
	uint8_t frame[512];

	switch (kind & 15) {
	case 0: /* any register */
	case 1:
		address = take(in, 3) & 0x3fffc;
		sekisho_engine_reg_write(engine, address, take(in, 4));
		break;
	case 2:
		(void)sekisho_engine_reg_read(engine, take(in, 3) & 0x3fffc);
		break;
	case 3: /* a register of a queue */
	case 4:
		address = (q < 4 ? SEKISHO_NETWORK_RX_QUEUE_CONTROL(q) :
				   SEKISHO_NETWORK_TX_QUEUE_CONTROL(q - 4)) +
			  (take(in, 1) & 0x3c);
		sekisho_engine_reg_write(engine, SEKISHO_WINDOW_NETWORK(f) + address, take(in, 4));
		break;
	case 5: /* a doorbell, or a request for an interrupt */
	case 6:
	case 7:
		address = (q < 4 ? SEKISHO_NETWORK_RX_DOORBELL_TAIL(q) :
				   SEKISHO_NETWORK_TX_DOORBELL_TAIL(q - 4)) +
			  ((kind & 15) == 7 ? 4 : 0);
		sekisho_engine_reg_write(engine, SEKISHO_WINDOW_NETWORK(f) + address,
					 take(in, 2) | q << 31);
		break;
	case 8: /* a descriptor */
	case 9:
	case 10:
		address = q << 8 | (take(in, 1) & 7) << 4;
		for (unsigned int i = 0; i < 16; i++)
			arena[f][address + i] = i < 8 && i > 2 ? 0 : take(in, 1);
		break;
	case 11: /* any bytes */
		address = take(in, 2);
		length = take(in, 1);
		for (uint32_t i = 0; i < length && address + i < ARENA; i++)
			arena[f][address + i] = take(in, 1);
		break;
	case 12: /* a frame */
	case 13:
		length = 1 + take(in, 1) * 2;
		memset(frame, 0, sizeof(frame));
		for (uint32_t i = 0; i < length && i < 64; i++)
			frame[i] = take(in, 1);
		(void)sekisho_engine_receive(engine, f, frame, length, q == 7);
		break;
	case 14:
		sekisho_engine_set_link(engine, f, q & 1, take(in, 3));
		break;
	default:
		(void)sekisho_engine_run(engine, take(in, 1));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct sekisho_engine_callbacks callbacks = { NULL, dma, interrupt, transmit };
	const struct sekisho_engine_config config = {
		.kind = SEKISHO_ENGINE_MODEL,
		.data_width = 64,
		.time_from_clock = true,
	};
	struct input in = { data, size };
	struct sekisho_engine *engine;

	if (size < 1 || size > 4096)
		return 0;
	engine = sekisho_engine_create(&config, &callbacks);
	CHECK(engine != NULL);
	memset(arena, 0, sizeof(arena));
	if ((take(&in, 1) & 1) == 0)
		set_up(engine);
	while (in.size > 0)
		act(engine, &in);
	settle(engine);
	for (unsigned int f = 0; f < SEKISHO_FUNCTIONS; f++)
		sekisho_engine_reg_write(engine, SEKISHO_WINDOW_NETWORK(f) + SEKISHO_NETWORK_RESET,
					 1);
	settle(engine);
	for (unsigned int f = 0; f < SEKISHO_FUNCTIONS; f++)
		for (unsigned int q = 0; q < 4; q++) {
			uint32_t window = SEKISHO_WINDOW_NETWORK(f);

			CHECK((sekisho_engine_reg_read(
				       engine, window + SEKISHO_NETWORK_RX_QUEUE_STATUS(q)) &
			       SEKISHO_QUEUE_STATUS_ACTIVE_MASK) == 0);
			CHECK((sekisho_engine_reg_read(
				       engine, window + SEKISHO_NETWORK_TX_QUEUE_STATUS(q)) &
			       SEKISHO_QUEUE_STATUS_ACTIVE_MASK) == 0);
		}
	sekisho_engine_destroy(engine);
	return 0;
}
