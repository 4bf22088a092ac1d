/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How fast the reference model is: minimum frames leave a transmit queue, come back to the same
 * port and end in the receive queues, with descriptors, completions, both checksums inserted and
 * verified, and RSS. Prints `sim.model.packets_per_s`: frames that went both ways in a second of
 * processor time, with the host's part of rings and doorbells.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <sekisho/registers.h>

#include "engine.h"

#define IOVA UINT64_C(0x100000000)
#define RING_LOG2 9u
#define RING (1u << RING_LOG2)
#define BURST 32u
#define BUFFER 2048u
#define FRAME 60u /* and the FCS */
#define QUEUES SEKISHO_RX_QUEUES
#define FLOWS 64u
#define PACKETS 4000000u
#define ROUNDS 5

struct memory {
	_Alignas(4096) struct sekisho_rx_descriptor rx_ring[QUEUES][RING];
	_Alignas(4096) struct sekisho_rx_completion rx_done[QUEUES][RING];
	_Alignas(4096) struct sekisho_tx_descriptor tx_ring[RING];
	_Alignas(4096) struct sekisho_tx_completion tx_done[RING];
	_Alignas(4096) uint8_t rx_buffers[QUEUES][RING][BUFFER];
	_Alignas(4096) uint8_t tx_buffers[FLOWS][BUFFER];
};

struct bench {
	struct sekisho_engine *engine;
	struct memory *memory;
	uint16_t tail[QUEUES], seen[QUEUES]; /* receive */
	uint16_t sent, sent_seen; /* transmit */
	uint32_t received, bad;
};

static void *bench_dma(void *context, unsigned int function, uint64_t address, uint32_t length,
		       bool write)
{
	struct bench *bench = context;

	(void)write;
	if (function != 0 || address < IOVA || address - IOVA > sizeof(struct memory) - length)
		return NULL;
	return (uint8_t *)bench->memory + (address - IOVA);
}

static void bench_interrupt(void *context, unsigned int function, unsigned int vector)
{
	(void)context;
	(void)function;
	(void)vector;
}

/* Frames on the wire; a plug turns it back into the port. */
static uint8_t wire[BURST][FRAME];
static uint32_t on_wire;

static void bench_transmit(void *context, unsigned int port, const uint8_t *frame, uint32_t length)
{
	(void)context;
	if (port == 0 && length == FRAME && on_wire < BURST)
		memcpy(wire[on_wire++], frame, FRAME);
}

static uint64_t iova(const struct bench *bench, const void *at)
{
	return IOVA + (uint64_t)((const uint8_t *)at - (const uint8_t *)bench->memory);
}

static void network_write(struct bench *bench, uint32_t offset, uint32_t value)
{
	sekisho_engine_reg_write(bench->engine, SEKISHO_WINDOW_NETWORK(0) + offset, value);
}

static void start_queue(struct bench *bench, uint32_t base, const void *ring, const void *done)
{
	const uint32_t offset = base - SEKISHO_NETWORK_RX_QUEUE_CONTROL(0);

	network_write(bench, SEKISHO_NETWORK_RX_QUEUE_CONFIG(0) + offset,
		      SEKISHO_FIELD_PUT(SEKISHO_QUEUE_CONFIG_SIZE_LOG2, RING_LOG2));
	network_write(bench, SEKISHO_NETWORK_RX_QUEUE_RING_LO(0) + offset,
		      (uint32_t)iova(bench, ring));
	network_write(bench, SEKISHO_NETWORK_RX_QUEUE_RING_HI(0) + offset,
		      (uint32_t)(iova(bench, ring) >> 32));
	network_write(bench, SEKISHO_NETWORK_RX_QUEUE_COMPLETION_LO(0) + offset,
		      (uint32_t)iova(bench, done));
	network_write(bench, SEKISHO_NETWORK_RX_QUEUE_COMPLETION_HI(0) + offset,
		      (uint32_t)(iova(bench, done) >> 32));
	network_write(bench, base, 1);
}

/* A UDP datagram of a flow; the card inserts the checksums. */
static void make_frame(uint8_t *frame, unsigned int flow)
{
	/* clang-format off */
	static const uint8_t headers[] = {
		2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0,
		0x45, 0, 0, FRAME - 14, 0, 0, 0x40, 0, 64, 17, 0, 0, 198, 18, 0, 1, 198, 19, 0, 1,
		0, 0, 0, 80, 0, FRAME - 34,
	};
	/* clang-format on */

	memset(frame, 0, FRAME);
	memcpy(frame, headers, sizeof(headers));
	frame[29] = (uint8_t)flow;
	frame[34] = 4;
	frame[35] = (uint8_t)flow;
}

static void start(struct bench *bench)
{
	struct memory *memory = bench->memory;

	for (unsigned int i = 0; i < 10; i++)
		network_write(bench, SEKISHO_NETWORK_RSS_KEY(i), 0x6d5a56da + i * 0x01234567);
	for (unsigned int i = 0; i < 128; i++)
		network_write(bench, SEKISHO_NETWORK_RSS_TABLE(i), i % QUEUES);
	network_write(bench, SEKISHO_NETWORK_RSS_TYPES, 0x3f);
	network_write(bench, SEKISHO_NETWORK_MAC_LO, 0x00000002);
	network_write(bench, SEKISHO_NETWORK_MAC_HI, 0x0100);
	for (unsigned int flow = 0; flow < FLOWS; flow++)
		make_frame(memory->tx_buffers[flow], flow);
	for (unsigned int q = 0; q < QUEUES; q++) {
		for (unsigned int i = 0; i < RING; i++) {
			uint64_t address = iova(bench, memory->rx_buffers[q][i]);

			memory->rx_ring[q][i] = (struct sekisho_rx_descriptor){
				.address_lo = (uint32_t)address,
				.address_hi = (uint32_t)(address >> 32),
				.buffer = BUFFER,
			};
		}
		start_queue(bench, SEKISHO_NETWORK_RX_QUEUE_CONTROL(q), memory->rx_ring[q],
			    memory->rx_done[q]);
		bench->tail[q] = RING;
		network_write(bench, SEKISHO_NETWORK_RX_DOORBELL_TAIL(q), RING);
	}
	start_queue(bench, SEKISHO_NETWORK_TX_QUEUE_CONTROL(0), memory->tx_ring, memory->tx_done);
	network_write(bench, SEKISHO_NETWORK_CONTROL,
		      SEKISHO_NETWORK_CONTROL_RX_ENABLE_MASK |
			      SEKISHO_NETWORK_CONTROL_TX_ENABLE_MASK);
}

static void send_burst(struct bench *bench)
{
	for (unsigned int i = 0; i < BURST; i++, bench->sent++) {
		struct sekisho_tx_descriptor *descriptor =
			&bench->memory->tx_ring[bench->sent % RING];
		uint64_t address = iova(bench, bench->memory->tx_buffers[bench->sent % FLOWS]);

		descriptor->address_lo = (uint32_t)address;
		descriptor->address_hi = (uint32_t)(address >> 32);
		descriptor->control = FRAME | SEKISHO_TX_DESCRIPTOR_CONTROL_IP_CHECKSUM_MASK |
				      SEKISHO_TX_DESCRIPTOR_CONTROL_L4_CHECKSUM_MASK |
				      SEKISHO_TX_DESCRIPTOR_CONTROL_END_OF_PACKET_MASK;
	}
	network_write(bench, SEKISHO_NETWORK_TX_DOORBELL_TAIL(0), bench->sent);
}

static bool is_new(uint32_t status, uint16_t seen)
{
	return SEKISHO_FIELD_GET(SEKISHO_RX_COMPLETION_STATUS_PHASE, status) ==
	       (~(uint32_t)seen >> RING_LOG2 & 1);
}

static void take_received(struct bench *bench, unsigned int queue)
{
	const uint32_t good = SEKISHO_FIELD_PUT(SEKISHO_RX_COMPLETION_PACKET_IP_VERDICT,
						SEKISHO_CHECKSUM_VERDICT_GOOD) |
			      SEKISHO_FIELD_PUT(SEKISHO_RX_COMPLETION_PACKET_L4_VERDICT,
						SEKISHO_CHECKSUM_VERDICT_GOOD);
	uint16_t before = bench->seen[queue];

	for (;; bench->seen[queue]++) {
		const struct sekisho_rx_completion *completion =
			&bench->memory->rx_done[queue][bench->seen[queue] % RING];

		if (!is_new(completion->status, bench->seen[queue]))
			break;
		bench->received++;
		bench->bad += completion->packet >> SEKISHO_RX_COMPLETION_PACKET_IP_VERDICT_SHIFT !=
			      good >> SEKISHO_RX_COMPLETION_PACKET_IP_VERDICT_SHIFT;
	}
	if (bench->seen[queue] != before) {
		/* The buffers go back as they are. */
		bench->tail[queue] = (uint16_t)(bench->tail[queue] + bench->seen[queue] - before);
		network_write(bench, SEKISHO_NETWORK_RX_DOORBELL_TAIL(queue), bench->tail[queue]);
	}
}

static double cpu_seconds(void)
{
	struct timespec time;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void run(struct bench *bench, uint32_t packets)
{
	for (uint32_t sent = 0; sent < packets; sent += BURST) {
		send_burst(bench);
		sekisho_engine_run(bench->engine, BURST);
		for (uint32_t i = 0; i < on_wire; i++)
			sekisho_engine_receive(bench->engine, 0, wire[i], FRAME, false);
		on_wire = 0;
		sekisho_engine_run(bench->engine, BURST);
		for (unsigned int q = 0; q < QUEUES; q++)
			take_received(bench, q);
	}
}

int main(void)
{
	const struct sekisho_engine_config config = { .kind = SEKISHO_ENGINE_MODEL,
						      .data_width = 64 };
	struct bench bench = { .memory = aligned_alloc(4096, sizeof(struct memory)) };
	const struct sekisho_engine_callbacks callbacks = {
		.context = &bench,
		.dma = bench_dma,
		.interrupt = bench_interrupt,
		.transmit = bench_transmit,
	};
	double best = 0;

	if (bench.memory == NULL)
		return EXIT_FAILURE;
	memset(bench.memory, 0, sizeof(*bench.memory));
	bench.engine = sekisho_engine_create(&config, &callbacks);
	if (bench.engine == NULL)
		return EXIT_FAILURE;
	start(&bench);
	for (int i = 0; i < ROUNDS; i++) {
		double begin, rate;

		bench.received = 0;
		begin = cpu_seconds();
		run(&bench, PACKETS);
		rate = PACKETS / (cpu_seconds() - begin);
		best = rate > best ? rate : best;
		if (bench.received != PACKETS || bench.bad != 0) {
			fprintf(stderr, "model_bench: %u of %u received, %u bad\n", bench.received,
				PACKETS, bench.bad);
			return EXIT_FAILURE;
		}
	}
	printf("sim.model.packets_per_s %.0f\n", best);
	sekisho_engine_destroy(bench.engine);
	free(bench.memory);
	return EXIT_SUCCESS;
}
