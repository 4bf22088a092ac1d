/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef SEKISHO_SIM_ENGINE_H
#define SEKISHO_SIM_ENGINE_H

/*
 * An engine is the NIC itself, without any transport: registers, host memory by callbacks, ports.
 * The vfio-user server (sekisho-sim) is one user of it; deterministic tests link it directly.
 *
 * An engine is not thread safe: one thread makes all calls. Callbacks run inside
 * sekisho_engine_run() and sekisho_engine_reg_*() and must not call back into the engine.
 */

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SEKISHO_ENGINE_MAX_FRAME 9728 /* bytes, without FCS */

struct sekisho_engine;

struct sekisho_engine_callbacks {
	void *context;
	/*
	 * Host memory of a network function. Returns a pointer that is valid for length bytes (1 to
	 * 4096, never across a 4 KiB boundary of address), or NULL when any of them is outside the
	 * function's DMA map or may not be written (write true). The engine then answers the access
	 * with an error and touches nothing.
	 */
	void *(*dma)(void *context, unsigned int function, uint64_t address, uint32_t length,
		     bool write);
	/* The function raises an MSI-X vector. */
	void (*interrupt)(void *context, unsigned int function, unsigned int vector);
	/* A frame leaves by a port; length is 60 to SEKISHO_ENGINE_MAX_FRAME. */
	void (*transmit)(void *context, unsigned int port, const uint8_t *frame, uint32_t length);
};

enum sekisho_engine_kind {
	SEKISHO_ENGINE_RTL = 0, /* the Verilated core */
	SEKISHO_ENGINE_MODEL, /* the C reference model: no clocks inside a frame, no host model */
};

struct sekisho_engine_config {
	enum sekisho_engine_kind kind;
	unsigned int data_width; /* 64 or 512 bits */
	uint64_t seed; /* of every random choice */
	/* Host model, in clocks: a read's first data comes after read_latency + 0..read_jitter. */
	unsigned int read_latency, read_jitter;
	unsigned int write_latency, write_jitter;
	/* Probability in percent that a ready or valid of the host side is withheld in a clock. */
	unsigned int stall_percent;
	/* True: the microsecond input counts clocks (125 a microsecond). False: wall clock. */
	bool time_from_clock;
};

/* The kind of a name, "rtl" or "model"; false: there is no such name. */
bool sekisho_engine_kind_of(const char *name, enum sekisho_engine_kind *kind);

/* Returns NULL and sets errno on failure (ENOMEM, EINVAL). */
struct sekisho_engine *sekisho_engine_create(const struct sekisho_engine_config *config,
					     const struct sekisho_engine_callbacks *callbacks);
void sekisho_engine_destroy(struct sekisho_engine *engine);

/* Register access in the core's AXI4-Lite space (addrmap sekisho); address is a multiple of 4. */
uint32_t sekisho_engine_reg_read(struct sekisho_engine *engine, uint32_t address);
void sekisho_engine_reg_write(struct sekisho_engine *engine, uint32_t address, uint32_t value);

/* True when the port takes another frame now: its input of a few frames is not full. */
bool sekisho_engine_can_receive(struct sekisho_engine *engine, unsigned int port);
/*
 * Queues a frame as if it arrived on the port; it is copied. error: as if its FCS was wrong.
 * Frames go in as they are (a runt stays one). Returns false when the port's input is full.
 */
bool sekisho_engine_receive(struct sekisho_engine *engine, unsigned int port, const uint8_t *frame,
			    uint32_t length, bool error);

void sekisho_engine_set_link(struct sekisho_engine *engine, unsigned int port, bool up,
			     unsigned int mbps);

/*
 * Runs at most clocks clocks; returns the number run. Returns early when nothing is pending inside
 * (no frame, no DMA, no doorbell to act on), so 0 means that the NIC is idle until the next frame,
 * register write or timer.
 */
uint32_t sekisho_engine_run(struct sekisho_engine *engine, uint32_t clocks);

/* Clocks since creation. */
uint64_t sekisho_engine_clocks(const struct sekisho_engine *engine);

/* Starts (path) or stops (NULL) a waveform in FST format. 0 or -errno; -ENOTSUP without tracing. */
int sekisho_engine_trace(struct sekisho_engine *engine, const char *path);

#ifdef __cplusplus
}
#endif

#endif
