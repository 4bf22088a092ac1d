/* SPDX-License-Identifier: BSD-3-Clause */

/* Device arguments: what a bus front finds behind the device's name, made into probe parameters. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_kvargs.h>

#include "sekisho_ethdev.h"

static int take_string(const char *key, const char *value, void *opaque)
{
	char *string = opaque;

	if (value == NULL || value[0] == '\0') {
		PMD_INIT_LOG(ERR, "%s needs a value", key);
		return -EINVAL;
	}
	if (strlen(value) >= SEKISHO_URI_SIZE) {
		PMD_INIT_LOG(ERR, "%s is too long", key);
		return -EINVAL;
	}
	strcpy(string, value);
	return 0;
}

static int take_bool(const char *key, const char *value, void *opaque)
{
	bool *flag = opaque;

	if (value == NULL || (strcmp(value, "0") != 0 && strcmp(value, "1") != 0)) {
		PMD_INIT_LOG(ERR, "%s is 0 or 1, not '%s'", key, value == NULL ? "" : value);
		return -EINVAL;
	}
	*flag = value[0] == '1';
	return 0;
}

static int take_recovery(const char *key, const char *value, void *opaque)
{
	enum sekisho_recovery_mode *mode = opaque;
	bool on;
	int ret = take_bool(key, value, &on);

	if (ret == 0)
		*mode = on ? SEKISHO_RECOVERY_ON : SEKISHO_RECOVERY_OFF;
	return ret;
}

static int take_count(const char *key, const char *value, void *opaque)
{
	uint32_t *count = opaque;
	unsigned long long number;
	char *end;

	errno = 0;
	number = value == NULL ? 0 : strtoull(value, &end, 10);
	if (value == NULL || errno != 0 || end == value || *end != '\0' || value[0] == '-' ||
	    number > UINT32_MAX) {
		PMD_INIT_LOG(ERR, "%s is a number from 0 to 4294967295, not '%s'", key,
			     value == NULL ? "" : value);
		return -EINVAL;
	}
	*count = number;
	return 0;
}

static const struct {
	const char *key;
	arg_handler_t take;
	size_t offset; /* in struct sekisho_probe_params */
} arguments[] = {
	{ SEKISHO_ARG_DEVICE, take_string, offsetof(struct sekisho_probe_params, uri) },
	{ SEKISHO_ARG_DROP_BAD_CHECKSUM, take_bool,
	  offsetof(struct sekisho_probe_params, drop_bad_checksum) },
	{ SEKISHO_ARG_RECOVERY, take_recovery, offsetof(struct sekisho_probe_params, recovery) },
	{ SEKISHO_ARG_EVIDENCE, take_bool, offsetof(struct sekisho_probe_params, evidence) },
	{ SEKISHO_ARG_AUDIT, take_count, offsetof(struct sekisho_probe_params, audit_interval) },
};

/* Every key must be known and come once. */
static int check_keys(const char *name, const struct rte_kvargs *list)
{
	for (unsigned int i = 0; i < list->count; i++) {
		const char *key = list->pairs[i].key;
		unsigned int known;

		for (known = 0; known < RTE_DIM(arguments); known++)
			if (strcmp(key, arguments[known].key) == 0)
				break;
		if (known == RTE_DIM(arguments)) {
			PMD_INIT_LOG(ERR, "%s: unknown argument '%s'; known are %s", name, key,
				     SEKISHO_ARGUMENTS);
			return -EINVAL;
		}
		if (rte_kvargs_count(list, key) > 1) {
			PMD_INIT_LOG(ERR, "%s: %s is given more than once", name, key);
			return -EINVAL;
		}
	}
	return 0;
}

int sekisho_parse_arguments(const char *name, const char *text, struct sekisho_probe_params *params)
{
	struct rte_kvargs *list = rte_kvargs_parse(text == NULL ? "" : text, NULL);
	int ret;

	if (list == NULL) {
		PMD_INIT_LOG(ERR, "%s: cannot parse the arguments '%s'", name, text);
		return -EINVAL;
	}
	ret = check_keys(name, list);
	for (unsigned int i = 0; i < RTE_DIM(arguments) && ret == 0; i++) {
		void *place = (char *)params + arguments[i].offset;

		/* The library folds a handler's error into -1. */
		if (rte_kvargs_process(list, arguments[i].key, arguments[i].take, place) < 0)
			ret = -EINVAL;
	}
	rte_kvargs_free(list);
	return ret;
}
