/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef SEKISHO_SIM_MODEL_MODEL_H
#define SEKISHO_SIM_MODEL_MODEL_H

/*
 * The state of the reference model, and what its parts offer each other.
 *
 * Nothing takes time inside: a frame that run() begins is received or sent, completed and counted
 * before the next one. A clock is a frame, in either direction.
 */

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <sekisho/registers.h>

#include "engine_operations.h"
#include "flow.h"
#include "toeplitz.h"

#define FUNCTIONS SEKISHO_FUNCTIONS
#define PORTS SEKISHO_PORTS
#define MAX_FRAME SEKISHO_ENGINE_MAX_FRAME
#define MIN_FRAME 60u
#define FILTERS 8u
#define TABLE 128u /* entries of the RSS table */
#define RESULTS 8u /* counters of a port or queue */
#define HELD 64u /* descriptors that a queue fetches ahead, a power of two */
#define INPUT_FRAMES 64u /* that wait at a port */
#define BATCH 32u /* frames of one port or queue before the next one has its turn */
#define CLOCKS_PER_US 125u
#define PAGE 4096u /* the host's memory is looked up in pieces that do not cross one */

/* Both directions: 16 bytes as in the host's memory. */
struct descriptor {
	uint32_t address_lo, address_hi;
	uint32_t control; /* receive: the buffer's length */
	uint32_t reserved;
};

static_assert(sizeof(struct descriptor) == sizeof(struct sekisho_rx_descriptor) &&
		      sizeof(struct descriptor) == sizeof(struct sekisho_tx_descriptor),
	      "one layout");

struct counter {
	uint64_t packets, bytes;
};

struct queue {
	bool enable, ring_error, doorbell_error;
	bool stopped; /* a completion was refused: nothing is begun any more */
	bool armed;
	uint8_t function;
	uint32_t config;
	uint64_t ring, completion_ring;
	uint32_t tail_word, arm_word; /* what the doorbells were last written */
	/* Counts of descriptors since enable: made ready, fetched, done with. */
	uint16_t tail, fetched, done;
	uint16_t completed; /* completions written */
	uint16_t seen; /* of them, as the arm doorbell said */

	/* Where the next completions go, for the rest of the call of run() with this number. */
	uint8_t *place;
	uint32_t place_room;
	uint64_t place_run;

	struct descriptor held[HELD]; /* [fetched] behind [done], modulo HELD */
	struct counter results[RESULTS];
};

/* The counter whose high word is kept for the next read. */
struct held_word {
	bool valid;
	uint32_t address;
	uint32_t value;
};

struct function {
	uint32_t scratch;
	uint32_t control, max_frame, rss_types, error, event;
	uint32_t mac[2];
	uint32_t filter[FILTERS][2];
	unsigned int filters; /* valid ones */
	uint32_t rss_key[10];
	uint8_t rss_table[TABLE];
	struct flow_rules flow;
	bool toeplitz_stale;
	bool link; /* as it was when last looked at */
	unsigned int mbps;
	struct held_word held;
	struct queue rx[SEKISHO_RX_QUEUES], tx[SEKISHO_TX_QUEUES];
	struct counter deliver[16], verdict[16], checksum[4], flow_rule[SEKISHO_FLOW_RULES];
	struct toeplitz toeplitz;
};

/* A frame at a port; its bytes follow it. */
struct input_frame {
	uint32_t length; /* only MAX_FRAME of them are kept */
	bool error;
};

struct port {
	bool enable;
	bool link;
	unsigned int mbps;
	unsigned int frames; /* that wait */
	uint32_t first, end; /* the waiting bytes of input */
	uint8_t *input;
	struct counter rx[RESULTS], tx[RESULTS];
};

struct model {
	struct sekisho_engine engine;
	struct sekisho_engine_callbacks callbacks;
	bool time_from_clock;
	unsigned int data_width;
	uint64_t clocks;
	uint64_t runs; /* calls of run() */
	uint32_t now; /* microseconds, for the frames of this call of run() */
	uint32_t scratch; /* of the management function */
	struct held_word held; /* of the management function */
	struct port ports[PORTS];
	struct function functions[FUNCTIONS];
	uint8_t frame[MAX_FRAME]; /* that is being sent */
	uint8_t edited[MAX_FRAME]; /* that a flow rule has changed */
};

static inline void count(struct counter *counter, uint32_t bytes)
{
	counter->packets++;
	counter->bytes += bytes;
}

static inline void *host_memory(struct model *model, unsigned int function, uint64_t address,
				uint32_t length, bool write)
{
	return model->callbacks.dma(model->callbacks.context, function, address, length, write);
}

/*
 * memcpy() for frames: most of them are short, and the string instructions that compilers make of a
 * memcpy() of at most a page are slow at those.
 */
static inline void copy_bytes(uint8_t *to, const uint8_t *from, uint32_t length)
{
	if (length < 16 || length > 256) {
		memmove(to, from, length);
		return;
	}
	for (uint32_t at = 0; at < length - 16; at += 16)
		memcpy(to + at, from + at, 16);
	memcpy(to + length - 16, from + length - 16, 16);
}

/* The low word of the card's time. */
uint32_t model_microseconds(const struct model *model);

/* ---- registers.c ---- */

uint32_t model_reg_read(struct sekisho_engine *engine, uint32_t address);
void model_reg_write(struct sekisho_engine *engine, uint32_t address, uint32_t value);

/* ---- events.c ---- */

/* The interrupt of the function's events, if it is enabled. */
void event_raise(struct model *model, unsigned int function);
/* Tells functions whose link is another one than before. */
void event_links(struct model *model);
/* Raises the interrupts of armed queues that have more completions than seen. */
void event_queues(struct model *model);

/* ---- queue.c ---- */

void queue_enable(struct queue *queue, bool enable);
void queue_doorbell(struct model *model, struct queue *queue, uint32_t word);
void queue_arm(struct queue *queue, uint32_t word);
/* Fetches descriptors that are ready, as many as there is room for. */
void queue_fetch(struct model *model, struct queue *queue);
/* Writes a completion whose last 32-bit word gets the phase. */
void queue_complete(struct model *model, struct queue *queue, uint32_t *words, unsigned int count);

static inline unsigned int queue_held(const struct queue *queue)
{
	return (uint16_t)(queue->fetched - queue->done);
}

static inline uint32_t queue_size(const struct queue *queue)
{
	return 1u << SEKISHO_FIELD_GET(SEKISHO_QUEUE_CONFIG_SIZE_LOG2, queue->config);
}

/* True when so many descriptors are there to be used; fetches more if they are not. */
static inline bool queue_has(struct model *model, struct queue *queue, unsigned int wanted)
{
	if (queue_held(queue) < wanted)
		queue_fetch(model, queue);
	return queue_held(queue) >= wanted && !queue->stopped;
}

/* The index in its ring of the oldest descriptor, and the descriptor itself. */
static inline uint32_t queue_index(const struct queue *queue)
{
	return queue->done & (queue_size(queue) - 1);
}

static inline const struct descriptor *queue_first(const struct queue *queue)
{
	return &queue->held[queue->done % HELD];
}

static inline uint64_t descriptor_address(const struct descriptor *descriptor)
{
	return descriptor->address_lo | (uint64_t)descriptor->address_hi << 32;
}

/* ---- receive.c, transmit.c ---- */

/* A frame from a port goes to its function, or is dropped and counted. */
void receive_frame(struct model *model, unsigned int port, const uint8_t *frame, uint32_t length,
		   bool error);

/* Sends at most limit frames of a queue; returns the descriptors done. */
uint32_t transmit_queue(struct model *model, unsigned int function, struct queue *queue,
			uint32_t limit);

#endif
