/* SPDX-License-Identifier: BSD-3-Clause */

/* sekishoctl stat */

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "ctl.h"

static double rate(uint64_t now, uint64_t before, double seconds)
{
	/* A counter that went back was reset in between: no rate. */
	return seconds > 0 && now >= before ? (double)(now - before) / seconds : 0;
}

static bool shown(const struct ctl *ctl, const struct snapshot *now, unsigned int i,
		  const char *pattern)
{
	return (ctl->all || now->values[i]) && ctl_match(pattern, now->counters[i].name);
}

static void print_json(const struct ctl *ctl, const struct snapshot *now,
		       const struct snapshot *before, double seconds, const char *pattern)
{
	char name[16];
	bool first = true;
	unsigned int i;

	fputs("{\"function\": ", stdout);
	json_string(ctl_function_name(&ctl->identity, name));
	fputs(", \"counters\": {", stdout);
	for (i = 0; i < now->count; i++) {
		if (!shown(ctl, now, i, pattern))
			continue;
		json_separator(&first);
		json_string(now->counters[i].name);
		printf(": %" PRIu64, now->values[i]);
	}
	fputs("}", stdout);
	if (before) {
		fputs(", \"rates\": {", stdout);
		first = true;
		for (i = 0; i < now->count; i++) {
			if (!shown(ctl, now, i, pattern))
				continue;
			json_separator(&first);
			json_string(now->counters[i].name);
			printf(": %.1f", rate(now->values[i], before->values[i], seconds));
		}
		fputs("}", stdout);
	}
	fputs("}\n", stdout);
}

static void print_text(const struct ctl *ctl, const struct snapshot *now,
		       const struct snapshot *before, double seconds, const char *pattern)
{
	bool any = false;
	unsigned int i;

	for (i = 0; i < now->count; i++) {
		if (!shown(ctl, now, i, pattern))
			continue;
		any = true;
		printf("%-44s %20" PRIu64, now->counters[i].name, now->values[i]);
		if (before)
			printf(" %16.1f/s", rate(now->values[i], before->values[i], seconds));
		putchar('\n');
	}
	if (!any)
		puts(ctl->all ? "no counter has such a name" :
				"nothing counted yet (--all shows the zeros)");
}

int ctl_stat(struct ctl *ctl, int argc, char **argv)
{
	const char *pattern = argc ? argv[0] : NULL;
	bool terminal = isatty(STDOUT_FILENO);
	struct snapshot now = { 0 }, before = { 0 };
	double when = 0, last = 0;
	unsigned long round;
	int error;

	if (argc > 1)
		return ctl_usage("'stat' takes one pattern, not %d", argc);
	error = snapshot_create(ctl, &now);
	if (!error && ctl->watch > 0)
		error = snapshot_create(ctl, &before);
	for (round = 0; !error; round++) {
		error = snapshot_read(ctl, &now);
		if (error)
			break;
		when = ctl_now();
		if (ctl->json) {
			print_json(ctl, &now, round ? &before : NULL, when - last, pattern);
		} else {
			if (ctl->watch > 0 && terminal)
				fputs("\033[H\033[2J", stdout);
			else if (round)
				putchar('\n');
			print_text(ctl, &now, round ? &before : NULL, when - last, pattern);
		}
		if (fflush(stdout) || !(ctl->watch > 0) || (ctl->count && round + 1 >= ctl->count))
			break;
		memcpy(before.values, now.values, now.count * sizeof(*now.values));
		last = when;
		ctl_sleep(ctl->watch - (ctl_now() - when));
	}
	snapshot_release(&now);
	snapshot_release(&before);
	if (error)
		return ctl_error("cannot read the counters: %s", ctl_reason(error));
	return CTL_OK;
}
