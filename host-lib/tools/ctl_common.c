/* SPDX-License-Identifier: BSD-3-Clause */

/* Messages, JSON and counter snapshots of sekishoctl. */

#include <errno.h>
#include <fnmatch.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ctl.h"

static void complain(const char *format, va_list arguments)
{
	fflush(stdout); /* keep the order where both go to the same place */
	fputs("sekishoctl: ", stderr);
	vfprintf(stderr, format, arguments);
	fputc('\n', stderr);
}

int ctl_error(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	complain(format, arguments);
	va_end(arguments);
	return CTL_FAILED;
}

int ctl_usage(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	complain(format, arguments);
	va_end(arguments);
	fputs("Try 'sekishoctl --help'.\n", stderr);
	return CTL_USAGE;
}

const char *ctl_reason(int error)
{
	switch (-error) {
	case ENODEV:
		return "the device is gone (the simulator has ended, or it closed the connection)";
	case ETIMEDOUT:
		return "the device does not answer in time";
	case EPROTO:
		return "the device's answer makes no sense";
	default:
		return strerror(-error);
	}
}

const char *ctl_function_name(const struct sekisho_identity *identity, char name[16])
{
	static const char *const kinds[] = { "mgmt", "net", "blackbox" };

	if (identity->kind == SEKISHO_MANAGEMENT)
		return "mgmt";
	snprintf(name, 16, "%s%u",
		 (unsigned int)identity->kind < 3 ? kinds[identity->kind] : "unknown",
		 identity->index % 1000);
	return name;
}

int ctl_need_management(struct ctl *ctl, const char *command)
{
	char name[16];

	if (ctl->identity.kind == SEKISHO_MANAGEMENT)
		return CTL_OK;
	return ctl_error("'%s' needs the management function; %s is %s. Give the socket of "
			 "sekisho-sim's --function mgmt=PATH to -d",
			 command, ctl->uri, ctl_function_name(&ctl->identity, name));
}

/* Bytes of the UTF-8 character at c, 0 where there is none. */
static unsigned int utf8_length(const unsigned char *c)
{
	unsigned int length = *c >= 0xf0 ? 4 : *c >= 0xe0 ? 3 : 2, i;
	uint32_t code = *c & (0x7f >> length);

	if (*c < 0xc2 || *c > 0xf4)
		return 0;
	for (i = 1; i < length; i++) {
		if ((c[i] & 0xc0) != 0x80) /* the final NUL, too */
			return 0;
		code = code << 6 | (c[i] & 0x3f);
	}
	/* Not shorter written longer, no surrogates, nothing beyond Unicode. */
	if ((length == 3 && code < 0x800) || (length == 4 && code < 0x10000) || code > 0x10ffff ||
	    (code >= 0xd800 && code <= 0xdfff))
		return 0;
	return length;
}

void json_string(const char *text)
{
	const unsigned char *c = (const unsigned char *)text;

	putchar('"');
	while (*c) {
		unsigned int length = *c < 0x80 ? 1 : utf8_length(c);

		if (*c == '"' || *c == '\\')
			printf("\\%c", *c);
		else if (*c < 0x20 || *c == 0x7f)
			printf("\\u%04x", *c);
		else if (!length) /* a path may hold any bytes, JSON may not */
			fputs("\\ufffd", stdout);
		else
			fwrite(c, 1, length, stdout);
		c += length ? length : 1;
	}
	putchar('"');
}

void json_separator(bool *first)
{
	if (!*first)
		fputs(", ", stdout);
	*first = false;
}

bool ctl_match(const char *pattern, const char *name)
{
	if (!pattern)
		return true;
	if (!strpbrk(pattern, "*?[") || !strcmp(pattern, name))
		return strstr(name, pattern);
	/* Register names hold brackets: rx_queue[0] finds itself as a part, too. */
	return strstr(name, pattern) || !fnmatch(pattern, name, 0);
}

int snapshot_create(struct ctl *ctl, struct snapshot *snapshot)
{
	unsigned int i;

	snapshot->count = sekisho_counter_count(ctl->device);
	snapshot->counters = calloc(snapshot->count + 1, sizeof(*snapshot->counters));
	snapshot->values = calloc(snapshot->count + 1, sizeof(*snapshot->values));
	if (!snapshot->counters || !snapshot->values)
		return -ENOMEM;
	for (i = 0; i < snapshot->count; i++)
		sekisho_counter_at(ctl->device, i, &snapshot->counters[i]);
	return 0;
}

int snapshot_read(struct ctl *ctl, struct snapshot *snapshot)
{
	return sekisho_counters_read(ctl->device, 0, snapshot->count, snapshot->values);
}

void snapshot_release(struct snapshot *snapshot)
{
	free(snapshot->counters);
	free(snapshot->values);
}

uint64_t snapshot_sum(const struct snapshot *snapshot, const char *suffix, const char *format, ...)
{
	char prefix[64];
	va_list arguments;
	size_t begin, end = strlen(suffix);
	uint64_t sum = 0;
	unsigned int i;

	va_start(arguments, format);
	vsnprintf(prefix, sizeof(prefix), format, arguments);
	va_end(arguments);
	begin = strlen(prefix);
	for (i = 0; i < snapshot->count; i++) {
		const char *name = snapshot->counters[i].name;
		size_t length = strlen(name);

		if (length >= begin + end && !strncmp(name, prefix, begin) &&
		    !strcmp(name + length - end, suffix))
			sum += snapshot->values[i];
	}
	return sum;
}

double ctl_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec + now.tv_nsec * 1e-9;
}

void ctl_sleep(double seconds)
{
	struct timespec time;

	if (seconds <= 0)
		return;
	time.tv_sec = (time_t)seconds;
	time.tv_nsec = (long)((seconds - (double)time.tv_sec) * 1e9);
	nanosleep(&time, NULL);
}
