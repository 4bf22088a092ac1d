/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef SEKISHO_TESTS_MODEL_ROUND_H
#define SEKISHO_TESTS_MODEL_ROUND_H

/*
 * A round: two fresh engines, a configuration of some class, traffic in steps. Between steps both
 * are at rest and are compared. Everything in it follows from the seed and the round's number, so
 * that any round can be had again alone.
 *
 * A step gives both engines the same at rest (configuration, descriptors, requests for interrupts),
 * then frames and transmit descriptors without waiting, then waits until both are idle. What a
 * frame meets is so the same in both, however fast they are: descriptors are given before the
 * frames that may use them. Frames never come faster than a port's FIFO takes them (overflow is a
 * matter of time alone), nor need more descriptors than the card has read ahead where those reads
 * may take longer than a frame waits (1000 clocks); rings that get refused are used a frame at a
 * time.
 */

#include <string>

#include "pair.h"

namespace pair_test {

struct plan {
	const char *name;
	/* Most frames of a step, for each port and for each function's transmit queues */
	unsigned int receive = 0, transmit = 0;
	/* In percent: how often a thing is done to a function or queue before a step */
	unsigned int rss = 0, control = 0, link = 0, max_frame = 0, reset = 0, strange_writes = 0;
	unsigned int restart = 0, interrupts = 0, bad_doorbells = 0;
	/* ... how many rings, buffers, frames are so */
	unsigned int bad_rings = 0, bad_buffers = 0, mac_errors = 0, odd_lengths = 0, jumbo = 0;
	/* Few descriptors and small buffers; addresses that a filter tells apart; few flows */
	bool short_rings = false, filters = false, flows = false;
	/* In percent: how many functions scatter */
	unsigned int scatter = 0;
};

extern const plan plans[];
extern const unsigned int plan_count;
const plan &plan_of(unsigned int round);

struct round_options {
	uint64_t seed = 1;
	/* Compare after this many frames, counters too; 0: after each step. */
	unsigned int batch = 0;
	const char *trace = nullptr;
};

struct outcome {
	uint64_t received = 0, transmitted = 0;
	std::string difference; /* empty: none */
	/* The frame that shows it, as far as is known; and the frames given since the last comparison */
	bytes frame;
	std::vector<bytes> recent;
	uint64_t first_recent = 0; /* its number in the round */
};

/* names: "rtl-64", "rtl-512" or "model" */
outcome run_round(const std::string names[2], unsigned int number, const round_options &options,
		  coverage &seen);

/* False when there is no such engine. */
bool engine_config(const std::string &name, sekisho_engine_config &config);

} // namespace pair_test

#endif
