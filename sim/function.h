/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef SEKISHO_SIM_FUNCTION_H
#define SEKISHO_SIM_FUNCTION_H

/*
 * One PCIe function of the simulated card: what a board's PCIe endpoint does around the core.
 * BAR0 is the core's register window, with two exceptions: the doorbell page is memory that is
 * shared with the client and watched here, and the MSI-X table and pending bits are kept here.
 */

#include <stdbool.h>
#include <stdint.h>

#include "engine.h"

struct function;

/* Listens at path (NULL: nowhere). network: its number; -1: the management function. */
struct function *function_create(struct sekisho_engine *engine, int network, const char *path);
void function_destroy(struct function *function);

struct vfu_server *function_server(struct function *function);

/* Forwards doorbells that the client stored since the last call; true when there was any. */
bool function_scan_doorbells(struct function *function);

/* True while a queue is enabled, so that doorbells must be watched. */
bool function_is_running(const struct function *function);

/* True while the function takes frames. */
bool function_is_receiving(const struct function *function);

/* The core's accesses to host memory and its interrupts. */
void *function_dma(struct function *function, uint64_t address, uint32_t length, bool write);
void function_interrupt(struct function *function, unsigned int vector);

#endif
