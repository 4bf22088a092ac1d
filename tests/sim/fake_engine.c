/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A stand-in for the card, for tests of the server alone: registers that remember, queues that move
 * frames in order without looking into them, one frame a call of run. It knows no checksums.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <sekisho/registers.h>

#include "engine.h"

#define FUNCTIONS SEKISHO_FUNCTIONS
#define RX_QUEUES SEKISHO_RX_QUEUES
#define QUEUES (SEKISHO_RX_QUEUES + SEKISHO_TX_QUEUES)
#define WORDS (SEKISHO_WINDOW_NETWORK(FUNCTIONS) / 4)
#define INPUTS 4

struct queue {
	uint16_t fetched, completed, tail, seen;
	uint32_t arm;
	bool armed;
};

struct sekisho_engine {
	struct sekisho_engine_callbacks callbacks;
	uint32_t words[WORDS];
	struct queue queues[FUNCTIONS][QUEUES];
	struct {
		uint8_t frame[16384];
		uint32_t length;
	} input[SEKISHO_PORTS][INPUTS];
	unsigned int inputs[SEKISHO_PORTS];
	uint64_t clocks;
};

bool sekisho_engine_kind_of(const char *name, enum sekisho_engine_kind *kind)
{
	*kind = SEKISHO_ENGINE_RTL;
	return strcmp(name, "rtl") == 0;
}

struct sekisho_engine *sekisho_engine_create(const struct sekisho_engine_config *config,
					     const struct sekisho_engine_callbacks *callbacks)
{
	struct sekisho_engine *engine = calloc(1, sizeof(*engine));

	(void)config;
	if (engine == NULL)
		return NULL;
	engine->callbacks = *callbacks;
	for (unsigned int i = 0; i <= FUNCTIONS; i++) {
		uint32_t *words = &engine->words[i * SEKISHO_WINDOW_SIZE / 4];

		words[SEKISHO_IDENTIFICATION_MAGIC / 4] =
			SEKISHO_IDENTIFICATION_MAGIC_VALUE_RESET_VALUE;
		words[SEKISHO_IDENTIFICATION_MAP_VERSION / 4] = 2 << 16;
		words[SEKISHO_IDENTIFICATION_FUNCTION_INFO / 4] =
			i == 0 ? SEKISHO_FUNCTION_KIND_MANAGEMENT :
				 SEKISHO_FUNCTION_KIND_NETWORK | (i - 1) << 8 | (i - 1) << 16;
		words[SEKISHO_IDENTIFICATION_CAPABILITIES / 4] =
			RX_QUEUES | SEKISHO_TX_QUEUES << 8 | SEKISHO_PORTS << 16 | FUNCTIONS << 20 |
			15u << 24;
		words[SEKISHO_IDENTIFICATION_LIMITS / 4] = SEKISHO_ENGINE_MAX_FRAME;
	}
	return engine;
}

void sekisho_engine_destroy(struct sekisho_engine *engine)
{
	free(engine);
}

static uint32_t *network(struct sekisho_engine *engine, unsigned int function, uint32_t offset)
{
	return &engine->words[(SEKISHO_WINDOW_NETWORK(function) + offset) / 4];
}

static uint32_t queue_base(unsigned int queue)
{
	return queue < RX_QUEUES ? SEKISHO_NETWORK_RX_QUEUE_CONTROL(queue) :
				   SEKISHO_NETWORK_TX_QUEUE_CONTROL(queue - RX_QUEUES);
}

/* A 64-bit value in the two words at an offset from a queue's first register. */
static uint64_t queue_address(struct sekisho_engine *engine, unsigned int function,
			      unsigned int queue, uint32_t offset)
{
	const uint32_t *low = network(engine, function, queue_base(queue) + offset);

	return (uint64_t)low[1] << 32 | low[0];
}

static void set_enable(struct sekisho_engine *engine, unsigned int function, unsigned int queue,
		       bool enable)
{
	*network(engine, function, queue_base(queue)) = enable;
	*network(engine, function, queue_base(queue) + 4) = enable;
	memset(&engine->queues[function][queue], 0, sizeof(engine->queues[0][0]));
}

uint32_t sekisho_engine_reg_read(struct sekisho_engine *engine, uint32_t address)
{
	return address / 4 < WORDS ? engine->words[address / 4] : 0;
}

static void queue_write(struct sekisho_engine *engine, unsigned int function, unsigned int queue,
			uint32_t offset, uint32_t value)
{
	struct queue *state = &engine->queues[function][queue];
	uint32_t doorbell = queue < RX_QUEUES ? SEKISHO_NETWORK_RX_DOORBELL_TAIL(queue) :
						SEKISHO_NETWORK_TX_DOORBELL_TAIL(queue - RX_QUEUES);

	if (offset == queue_base(queue)) {
		set_enable(engine, function, queue, (value & 1) != 0);
	} else if (offset == doorbell) {
		state->tail = (uint16_t)value;
	} else if (offset == doorbell + 4) {
		state->armed |= (value ^ state->arm) >> 31 != 0;
		state->arm = value;
		state->seen = (uint16_t)value;
	}
}

void sekisho_engine_reg_write(struct sekisho_engine *engine, uint32_t address, uint32_t value)
{
	unsigned int function = address / SEKISHO_WINDOW_SIZE - 1;
	uint32_t offset = address % SEKISHO_WINDOW_SIZE;

	if (address / 4 >= WORDS ||
	    (offset < SEKISHO_IDENTIFICATION_TIME && offset != SEKISHO_IDENTIFICATION_SCRATCH))
		return;
	if (address < SEKISHO_WINDOW_SIZE) {
		engine->words[address / 4] = value;
		return;
	}
	if (offset == SEKISHO_NETWORK_RESET) {
		for (unsigned int queue = 0; (value & 1) != 0 && queue < QUEUES; queue++)
			set_enable(engine, function, queue, false);
		*network(engine, function, SEKISHO_NETWORK_CONTROL) = 0;
		return;
	}
	engine->words[address / 4] = value;
	for (unsigned int queue = 0; queue < QUEUES; queue++)
		queue_write(engine, function, queue, offset, value);
}

bool sekisho_engine_can_receive(struct sekisho_engine *engine, unsigned int port)
{
	return engine->inputs[port] < INPUTS;
}

bool sekisho_engine_receive(struct sekisho_engine *engine, unsigned int port, const uint8_t *frame,
			    uint32_t length, bool error)
{
	(void)error;
	if (engine->inputs[port] == INPUTS || length > sizeof(engine->input[0][0].frame))
		return false;
	memcpy(engine->input[port][engine->inputs[port]].frame, frame, length);
	engine->input[port][engine->inputs[port]++].length = length;
	return true;
}

void sekisho_engine_set_link(struct sekisho_engine *engine, unsigned int port, bool up,
			     unsigned int mbps)
{
	*network(engine, port, SEKISHO_NETWORK_LINK) = mbps << 8 | up;
}

/* Copies to or from host memory in pieces that end at 4 KiB boundaries. */
static bool copy(struct sekisho_engine *engine, unsigned int function, uint64_t address, void *data,
		 uint32_t length, bool write)
{
	uint8_t *bytes = data;

	while (length > 0) {
		uint32_t piece = 4096 - (uint32_t)(address % 4096);
		void *memory;

		if (piece > length)
			piece = length;
		memory = engine->callbacks.dma(engine->callbacks.context, function, address, piece,
					       write);
		if (memory == NULL)
			return false;
		memcpy(write ? memory : bytes, write ? bytes : memory, piece);
		address += piece;
		bytes += piece;
		length -= piece;
	}
	return true;
}

/* The next descriptor of a queue; false when there is none. */
static bool fetch(struct sekisho_engine *engine, unsigned int function, unsigned int queue,
		  struct sekisho_rx_descriptor *descriptor, uint16_t *index)
{
	struct queue *state = &engine->queues[function][queue];
	uint32_t log2 = *network(engine, function, queue_base(queue) + 8) & 15;

	if (*network(engine, function, queue_base(queue)) == 0 || state->fetched == state->tail)
		return false;
	*index = state->fetched & ((1u << log2) - 1);
	if (!copy(engine, function, queue_address(engine, function, queue, 0x10) + *index * 16u,
		  descriptor, sizeof(*descriptor), false)) {
		*network(engine, function, queue_base(queue) + 4) |= 2;
		return false;
	}
	state->fetched++;
	return true;
}

static void complete(struct sekisho_engine *engine, unsigned int function, unsigned int queue,
		     void *completion, uint32_t size, uint32_t *status)
{
	struct queue *state = &engine->queues[function][queue];
	uint32_t log2 = *network(engine, function, queue_base(queue) + 8) & 15;
	uint32_t slot = state->completed & ((1u << log2) - 1);

	*status |= (~(uint32_t)state->completed >> log2 & 1) << 31;
	copy(engine, function, queue_address(engine, function, queue, 0x18) + slot * size,
	     completion, size, true);
	state->completed++;
}

static void receive(struct sekisho_engine *engine, unsigned int port)
{
	struct sekisho_rx_completion completion = { 0 };
	struct sekisho_rx_descriptor descriptor;
	uint32_t length = engine->input[port][0].length;
	uint16_t index;

	if ((*network(engine, port, SEKISHO_NETWORK_CONTROL) & 1) == 0) {
		++*network(engine, port, SEKISHO_NETWORK_DELIVER_STATISTICS_PACKETS_LO(1));
	} else if (!fetch(engine, port, 0, &descriptor, &index)) {
		++*network(engine, port, SEKISHO_NETWORK_RX_QUEUE_STATISTICS_PACKETS_LO(1));
	} else {
		uint64_t address = (uint64_t)descriptor.address_hi << 32 | descriptor.address_lo;
		bool good = copy(engine, port, address, engine->input[port][0].frame, length, true);

		completion.packet = length | SEKISHO_CHECKSUM_REASON_NOT_IP << 24;
		completion.status = index | (good ? 0u : 1u << 16);
		complete(engine, port, 0, &completion, sizeof(completion), &completion.status);
	}
	memmove(&engine->input[port][0], &engine->input[port][1],
		(INPUTS - 1) * sizeof(engine->input[0][0]));
	engine->inputs[port]--;
}

static bool transmit(struct sekisho_engine *engine, unsigned int function, unsigned int queue)
{
	struct sekisho_tx_completion completion = { 0 };
	struct sekisho_rx_descriptor descriptor;
	static uint8_t frame[16384];
	uint16_t index;
	uint32_t length;

	if (!fetch(engine, function, queue, &descriptor, &index))
		return false;
	length = descriptor.buffer & 0x3fff;
	completion.descriptor = index;
	memset(frame, 0, 60);
	if (copy(engine, function, (uint64_t)descriptor.address_hi << 32 | descriptor.address_lo,
		 frame, length, false))
		engine->callbacks.transmit(engine->callbacks.context, function, frame,
					   length < 60 ? 60 : length);
	else
		completion.status = 1;
	complete(engine, function, queue, &completion, sizeof(completion), &completion.status);
	return true;
}

uint32_t sekisho_engine_run(struct sekisho_engine *engine, uint32_t clocks)
{
	bool worked = false;

	for (unsigned int i = 0; i < FUNCTIONS; i++) {
		if (engine->inputs[i] > 0) {
			receive(engine, i);
			worked = true;
		}
		for (unsigned int queue = 0; queue < QUEUES; queue++) {
			struct queue *state = &engine->queues[i][queue];

			if (queue >= RX_QUEUES)
				worked |= transmit(engine, i, queue);
			if (!state->armed || state->completed == state->seen)
				continue;
			state->armed = false;
			engine->callbacks.interrupt(
				engine->callbacks.context, i,
				*network(engine, i, queue_base(queue) + 8) >> 8 & 0xff);
		}
	}
	engine->clocks += worked ? clocks : 0;
	return worked ? clocks : 0;
}

uint64_t sekisho_engine_clocks(const struct sekisho_engine *engine)
{
	return engine->clocks;
}

int sekisho_engine_trace(struct sekisho_engine *engine, const char *path)
{
	(void)engine;
	(void)path;
	return -ENOTSUP;
}
