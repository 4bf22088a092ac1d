/* SPDX-License-Identifier: BSD-3-Clause */
#include "common.h"

#include <dirent.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

unsigned int count_fds(void)
{
	DIR *directory = opendir("/proc/self/fd");
	unsigned int count = 0;

	while (readdir(directory))
		count++;
	closedir(directory);
	return count;
}

uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void take_message(void *context, enum sekisho_log_level level, const char *message)
{
	struct fixture *fixture = context;

	fixture->messages[level]++;
	snprintf(fixture->last_message, sizeof(fixture->last_message), "%s", message);
}

struct fixture *fixture_create(enum sekisho_function_kind kind)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	const char *base = getenv("TMPDIR");

	snprintf(fixture->directory, sizeof(fixture->directory), "%s/sekisho-XXXXXX",
		 base && strlen(base) < 40 ? base : "/tmp");
	assert_non_null(mkdtemp(fixture->directory));
	snprintf(fixture->path, sizeof(fixture->path), "%s/net0", fixture->directory);
	snprintf(fixture->uri, sizeof(fixture->uri), "vfio-user:%s", fixture->path);
	fixture->options.log = take_message;
	fixture->options.log_context = fixture;
	fixture->options.timeout_ms = 5000;
	fake_server_init(&fixture->server, kind);
	return fixture;
}

void fixture_start(struct fixture *fixture)
{
	fake_server_start(&fixture->server, fixture->path);
}

int fixture_open(struct fixture *fixture)
{
	return sekisho_open(fixture->uri, &fixture->options, &fixture->device);
}

void fixture_destroy(struct fixture *fixture)
{
	sekisho_close(fixture->device);
	fake_server_stop(&fixture->server);
	rmdir(fixture->directory);
	free(fixture);
}

static int setup(void **state, enum sekisho_function_kind kind)
{
	struct fixture *fixture = fixture_create(kind);

	fixture_start(fixture);
	*state = fixture;
	return fixture_open(fixture);
}

int setup_network(void **state)
{
	return setup(state, SEKISHO_NETWORK);
}

int setup_management(void **state)
{
	return setup(state, SEKISHO_MANAGEMENT);
}

int teardown(void **state)
{
	fixture_destroy(*state);
	return 0;
}
