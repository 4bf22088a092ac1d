/* SPDX-License-Identifier: BSD-3-Clause */
#define _GNU_SOURCE

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

/* --- diff ------------------------------------------------------------------------------------ */

struct value {
	char *name;
	uint32_t value;
};

struct dump {
	struct value *values;
	unsigned int count, space;
};

static int dump_add(struct dump *dump, const char *name, size_t length, uint32_t value)
{
	if (dump->count == dump->space) {
		unsigned int space = dump->space ? 2 * dump->space : 256;
		struct value *larger = realloc(dump->values, space * sizeof(*larger));

		if (!larger)
			return -ENOMEM;
		dump->values = larger;
		dump->space = space;
	}
	dump->values[dump->count].name = strndup(name, length);
	if (!dump->values[dump->count].name)
		return -ENOMEM;
	dump->values[dump->count++].value = value;
	return 0;
}

static void dump_release(struct dump *dump)
{
	while (dump->count)
		free(dump->values[--dump->count].name);
	free(dump->values);
}

static const struct value *dump_find(const struct dump *dump, const char *name)
{
	unsigned int i;

	for (i = 0; i < dump->count; i++)
		if (!strcmp(dump->values[i].name, name))
			return &dump->values[i];
	return NULL;
}

static const char *skip_space(const char *c)
{
	return c + strspn(c, " \t\r\n");
}

/* What 'regs dump --json' writes: one object of names and numbers. -EINVAL for anything else. */
static int dump_parse(struct dump *dump, const char *c)
{
	c = skip_space(c);
	if (*c++ != '{')
		return -EINVAL;
	c = skip_space(c);
	while (*c == '"') {
		const char *name = c + 1, *end = strpbrk(name, "\"\\");
		unsigned long long value;
		char *behind;
		int error;

		if (!end || *end != '"')
			return -EINVAL;
		c = skip_space(end + 1);
		if (*c++ != ':')
			return -EINVAL;
		c = skip_space(c);
		if (*c < '0' || *c > '9')
			return -EINVAL;
		errno = 0;
		value = strtoull(c, &behind, 10);
		if (errno || value > UINT32_MAX)
			return -EINVAL;
		error = dump_add(dump, name, end - name, (uint32_t)value);
		if (error)
			return error;
		c = skip_space(behind);
		if (*c == ',' && *(c = skip_space(c + 1)) != '"')
			return -EINVAL;
	}
	if (*c++ != '}')
		return -EINVAL;
	return *skip_space(c) ? -EINVAL : 0;
}

static int dump_load(struct dump *dump, const char *path)
{
	FILE *file = fopen(path, "r");
	char *text = NULL;
	size_t size = 0;
	int error;

	if (!file)
		return ctl_error("cannot open %s: %s", path, strerror(errno));
	/* All of it: a file holds no NUL before its end. */
	if (getdelim(&text, &size, '\0', file) < 0)
		error = ferror(file) ? -errno : -EINVAL;
	else
		error = dump_parse(dump, text);
	free(text);
	fclose(file);
	if (error == -EINVAL)
		return ctl_error("%s is not what 'regs dump --json' writes", path);
	return error ? ctl_error("cannot read %s: %s", path, strerror(-error)) : CTL_OK;
}

static int dump_card(struct dump *dump, struct ctl *ctl)
{
	struct sekisho_register reg;
	unsigned int i;

	for (i = 0; !sekisho_register_at(ctl->device, i, &reg); i++) {
		uint32_t value;
		int error;

		if (!reg.readable)
			continue;
		error = sekisho_read32(ctl->device, reg.offset, &value);
		if (!error)
			error = dump_add(dump, reg.name, strlen(reg.name), value);
		if (error)
			return ctl_error("cannot read %s: %s", reg.name, ctl_reason(error));
	}
	return CTL_OK;
}

/* What moves by itself says nothing about how a card is set. */
static bool moves(const char *name)
{
	return strstr(name, "_statistics[") || !strcmp(name, "identification.time");
}

static void show_side(const struct value *value, bool json)
{
	if (json && !value)
		fputs("null", stdout);
	else if (json)
		printf("%" PRIu32, value->value);
	else if (!value)
		printf("%-10s", "-");
	else
		printf("0x%08" PRIx32, value->value);
}

static void show_difference(struct ctl *ctl, const char *name, const struct value *before,
			    const struct value *after, bool *first)
{
	if (ctl->json) {
		json_separator(first);
		fputs("{\"name\": ", stdout);
		json_string(name);
		fputs(", \"before\": ", stdout);
		show_side(before, true);
		fputs(", \"after\": ", stdout);
		show_side(after, true);
		putchar('}');
		return;
	}
	printf("%-36s ", name);
	show_side(before, false);
	fputs(" -> ", stdout);
	show_side(after, false);
	putchar('\n');
}

static int diff(struct ctl *ctl, int argc, char **argv)
{
	struct dump before = { 0 }, after = { 0 };
	bool first = true;
	unsigned int i, count = 0;
	int status;

	if (argc < 1 || argc > 2)
		return ctl_usage("'regs diff' needs one dump, or two");
	status = dump_load(&before, argv[0]);
	if (status == CTL_OK)
		status = argc == 2 ? dump_load(&after, argv[1]) : dump_card(&after, ctl);
	if (status == CTL_OK && ctl->json)
		putchar('[');
	for (i = 0; status == CTL_OK && i < before.count; i++) {
		const struct value *old = &before.values[i];
		const struct value *new = dump_find(&after, old->name);

		if ((new &&new->value == old->value) || (moves(old->name) && !ctl->all))
			continue;
		show_difference(ctl, old->name, old, new, &first);
		count++;
	}
	for (i = 0; status == CTL_OK && i < after.count; i++) {
		const struct value *new = &after.values[i];

		if (dump_find(&before, new->name) || (moves(new->name) && !ctl->all))
			continue;
		show_difference(ctl, new->name, NULL, new, &first);
		count++;
	}
	if (status == CTL_OK && ctl->json)
		puts("]");
	dump_release(&before);
	dump_release(&after);
	if (status == CTL_OK && count)
		return ctl_error("%u registers differ", count);
	return status;
}

bool ctl_regs_offline(int argc, char **argv)
{
	return argc == 3 && !strcmp(argv[0], "diff");
}

int ctl_regs(struct ctl *ctl, int argc, char **argv)
{
	const char *action = argc ? argv[0] : "";
	const char *pattern = argc > 1 ? argv[1] : NULL;

	if (ctl->all && strcmp(action, "diff"))
		return ctl_usage("only 'regs diff' has the option --all");
	if (!strcmp(action, "diff"))
		return diff(ctl, argc - 1, argv + 1);
	if (!strcmp(action, "read"))
		return read_named(ctl, argc - 1, argv + 1);
	if (!strcmp(action, "write"))
		return write_named(ctl, argc - 1, argv + 1);
	if (!strcmp(action, "list") || !strcmp(action, "dump")) {
		if (argc > 2)
			return ctl_usage("'regs %s' takes one pattern, not %d", action, argc - 1);
		return *action == 'l' ? list(ctl, pattern) : dump(ctl, pattern);
	}
	return ctl_usage("'regs' needs one of list, read, write, dump, diff");
}
