/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TESTS_HOST_LIB_COMMON_H
#define TESTS_HOST_LIB_COMMON_H

/* The fixture of the library's tests: a fake server and a device that is open on it. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <sekisho/registers.h>
#include <sekisho/sekisho.h>

#include "fake_server.h"

struct fixture {
	struct fake_server server;
	char directory[64], path[96], uri[128];
	struct sekisho_device *device;
	unsigned int messages[4]; /* of the log, by level */
	char last_message[256];
	struct sekisho_open_options options;
};

/* Descriptors that this process has open. */
unsigned int count_fds(void);
uint64_t now_ms(void);

/* Prepares a server of that kind; the test may change it before fixture_start(). */
struct fixture *fixture_create(enum sekisho_function_kind kind);
void fixture_start(struct fixture *fixture);
int fixture_open(struct fixture *fixture);
void fixture_destroy(struct fixture *fixture);

/* For cmocka: *state is an open fixture. */
int setup_network(void **state);
int setup_management(void **state);
int teardown(void **state);

#endif
