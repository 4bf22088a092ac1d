/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef SEKISHOCTL_CTL_H
#define SEKISHOCTL_CTL_H

/* What sekishoctl's commands share. A command returns the exit status. */

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <sekisho/sekisho.h>

enum ctl_status {
	CTL_OK = 0,
	CTL_FAILED = 1, /* the device, or a check, says no */
	CTL_USAGE = 2,
	CTL_MOVING = 3, /* check: the counters did not come to rest */
};

struct ctl {
	struct sekisho_device *device;
	const char *uri;
	struct sekisho_identity identity;
	bool json, all;
	double watch; /* seconds, 0: once */
	unsigned long count; /* with watch: how often, 0: for ever */
	double wait; /* check: how long to wait for rest, seconds */
};

int ctl_info(struct ctl *ctl, int argc, char **argv);
int ctl_port(struct ctl *ctl, int argc, char **argv);
int ctl_stat(struct ctl *ctl, int argc, char **argv);
int ctl_regs(struct ctl *ctl, int argc, char **argv);
int ctl_check(struct ctl *ctl, int argc, char **argv);
int ctl_selftest(struct ctl *ctl, int argc, char **argv);

/* 'regs diff' of two files: no function is opened for it, ctl->device is NULL. */
bool ctl_regs_offline(int argc, char **argv);

/* Prints "sekishoctl: " and the message to stderr; returns CTL_FAILED. */
int ctl_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The same, with a pointer to the help; returns CTL_USAGE. */
int ctl_usage(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* What a negative errno value of the library means, in words. */
const char *ctl_reason(int error);
/* CTL_OK, or complains and says where such a function is found. */
int ctl_need_management(struct ctl *ctl, const char *command);

/* "net0", "mgmt0": the function's short name. */
const char *ctl_function_name(const struct sekisho_identity *identity, char name[16]);

/* Writes text as a JSON string, quotes and all. */
void json_string(const char *text);
/* "," between members: call before each; *first starts as true. */
void json_separator(bool *first);

/* True when pattern is NULL, is a part of name, or, with * ? [, matches all of it. */
bool ctl_match(const char *pattern, const char *name);

struct snapshot {
	unsigned int count;
	struct sekisho_counter *counters;
	uint64_t *values;
};

/* Learns the counters' names; 0 or a negative errno value. Release in any case. */
int snapshot_create(struct ctl *ctl, struct snapshot *snapshot);
int snapshot_read(struct ctl *ctl, struct snapshot *snapshot);
void snapshot_release(struct snapshot *snapshot);
/* Sum of the counters whose names begin with prefix and end with suffix. */
uint64_t snapshot_sum(const struct snapshot *snapshot, const char *suffix, const char *prefix, ...)
	__attribute__((format(printf, 3, 4)));

/* CLOCK_MONOTONIC in seconds. */
double ctl_now(void);
void ctl_sleep(double seconds);

#endif
