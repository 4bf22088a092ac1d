/* SPDX-License-Identifier: BSD-3-Clause */

/* sekishoctl regs */

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "ctl.h"

static int list(struct ctl *ctl, const char *pattern)
{
	struct sekisho_register reg;
	bool first = true;
	unsigned int i;

	if (ctl->json)
		putchar('[');
	for (i = 0; !sekisho_register_at(ctl->device, i, &reg); i++) {
		if (!ctl_match(pattern, reg.name))
			continue;
		if (ctl->json) {
			if (!first)
				fputs(",\n ", stdout);
			first = false;
			fputs("{\"name\": ", stdout);
			json_string(reg.name);
			printf(", \"offset\": %" PRIu32 ", \"readable\": %s, \"writable\": %s, "
			       "\"description\": ",
			       reg.offset, reg.readable ? "true" : "false",
			       reg.writable ? "true" : "false");
			json_string(reg.description ? reg.description : "");
			putchar('}');
		} else {
			printf("0x%04" PRIx32 " %s%s %-36s %s\n", reg.offset,
			       reg.readable ? "r" : "-", reg.writable ? "w" : "-", reg.name,
			       reg.description ? reg.description : "");
		}
	}
	if (ctl->json)
		puts("]");
	return CTL_OK;
}

static int find(struct ctl *ctl, const char *name, struct sekisho_register *reg)
{
	char function[16];

	if (!sekisho_register_find(ctl->device, name, reg))
		return CTL_OK;
	return ctl_error("%s has no register '%s'; 'sekishoctl regs list' shows them",
			 ctl_function_name(&ctl->identity, function), name);
}

static int show(struct ctl *ctl, const struct sekisho_register *reg, bool *first)
{
	uint32_t value;
	int error = sekisho_read32(ctl->device, reg->offset, &value);

	if (error)
		return ctl_error("cannot read %s: %s", reg->name, ctl_reason(error));
	if (ctl->json) {
		json_separator(first);
		json_string(reg->name);
		printf(": %" PRIu32, value);
	} else {
		printf("0x%04" PRIx32 " %-36s 0x%08" PRIx32 "\n", reg->offset, reg->name, value);
	}
	return CTL_OK;
}

static int read_named(struct ctl *ctl, int argc, char **argv)
{
	struct sekisho_register *regs;
	bool first = true;
	int i, status = CTL_OK;

	if (argc < 1)
		return ctl_usage("'regs read' needs the name of a register");
	/* All names are looked up before the first is read. */
	regs = calloc(argc, sizeof(*regs));
	if (!regs)
		return ctl_error("%s", strerror(ENOMEM));
	for (i = 0; i < argc && status == CTL_OK; i++) {
		status = find(ctl, argv[i], &regs[i]);
		if (status == CTL_OK && !regs[i].readable)
			status = ctl_error("%s cannot be read", argv[i]);
	}
	if (status == CTL_OK && ctl->json)
		putchar('{');
	for (i = 0; i < argc && status == CTL_OK; i++)
		status = show(ctl, &regs[i], &first);
	if (status == CTL_OK && ctl->json)
		puts("}");
	free(regs);
	return status;
}

static int dump(struct ctl *ctl, const char *pattern)
{
	struct sekisho_register reg;
	bool first = true;
	int status = CTL_OK;
	unsigned int i;

	if (ctl->json)
		putchar('{');
	for (i = 0; status == CTL_OK && !sekisho_register_at(ctl->device, i, &reg); i++)
		if (reg.readable && ctl_match(pattern, reg.name))
			status = show(ctl, &reg, &first);
	if (ctl->json)
		puts("}");
	return status;
}

static int write_named(struct ctl *ctl, int argc, char **argv)
{
	struct sekisho_register reg;
	unsigned long long value;
	char *end;
	int error, status;

	if (argc != 2)
		return ctl_usage("'regs write' needs a register's name and a value");
	errno = 0;
	value = strtoull(argv[1], &end, 0);
	if (errno || end == argv[1] || *end || strchr(argv[1], '-') || value > UINT32_MAX)
		return ctl_usage("'%s' is not a 32-bit number", argv[1]);
	status = find(ctl, argv[0], &reg);
	if (status != CTL_OK)
		return status;
	if (!reg.writable)
		return ctl_error("%s cannot be written", argv[0]);
	error = sekisho_write32(ctl->device, reg.offset, (uint32_t)value);
	if (error)
		return ctl_error("cannot write %s: %s", argv[0], ctl_reason(error));
	return CTL_OK;
}

int ctl_regs(struct ctl *ctl, int argc, char **argv)
{
	const char *action = argc ? argv[0] : "";
	const char *pattern = argc > 1 ? argv[1] : NULL;

	if (!strcmp(action, "read"))
		return read_named(ctl, argc - 1, argv + 1);
	if (!strcmp(action, "write"))
		return write_named(ctl, argc - 1, argv + 1);
	if (!strcmp(action, "list") || !strcmp(action, "dump")) {
		if (argc > 2)
			return ctl_usage("'regs %s' takes one pattern, not %d", action, argc - 1);
		return *action == 'l' ? list(ctl, pattern) : dump(ctl, pattern);
	}
	return ctl_usage("'regs' needs one of list, read, write, dump");
}
