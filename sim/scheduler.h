/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef SEKISHO_SIM_SCHEDULER_H
#define SEKISHO_SIM_SCHEDULER_H

/* The server: an engine, its PCIe functions on sockets, its ports on wires, and the loop over them. */

#include <stdbool.h>

#include <sekisho/registers.h>

#include "engine.h"

struct scheduler_options {
	struct sekisho_engine_config engine;
	const char *network[SEKISHO_FUNCTIONS]; /* socket paths; NULL: no such function */
	const char *management;
	const char *port[SEKISHO_PORTS]; /* descriptions; NULL: a port without link */
	const char *trace; /* waveform file, or NULL */
	const char *statistics; /* JSON file that is written at the end, or NULL */
	bool quiet; /* no summary */
};

/* Serves until SIGTERM or SIGINT. The exit status of the process. */
int scheduler_main(const struct scheduler_options *options);

#endif
