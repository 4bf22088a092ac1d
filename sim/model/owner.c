/* SPDX-License-Identifier: BSD-3-Clause */

#include "owner.h"

#include <sekisho/registers.h>

enum { END = 0, NO_OPERATION = 1 };

static bool is_owner(const uint8_t *option)
{
	return option[0] == SEKISHO_OWNER_OPTION_KIND &&
	       (option[1] == SEKISHO_OWNER_OPTION_LENGTH ||
		option[1] == SEKISHO_OWNER_OPTION_LENGTH_SHORT) &&
	       (option[2] << 8 | option[3]) == SEKISHO_OWNER_OPTION_EXPERIMENT;
}

struct owner owner_find(const uint8_t *options, size_t length)
{
	struct owner owner = { 0 };
	const struct owner none = { 0 };
	unsigned int count = 0;
	size_t at = 0;

	while (at < length && options[at] != END) {
		const uint8_t *option = options + at;

		if (option[0] == NO_OPERATION) {
			at++;
			continue;
		}
		if (length - at < 2 || option[1] < 2 || option[1] > length - at)
			return none;
		if (is_owner(option)) {
			count++;
			owner.id = (uint32_t)option[7] << 24 | (uint32_t)option[8] << 16 |
				   (uint32_t)option[9] << 8 | option[10];
			owner.owner = (uint32_t)option[1] << SEKISHO_FLOW_KEY_OWNER_LENGTH_SHIFT |
				      (uint32_t)option[4] << SEKISHO_FLOW_KEY_OWNER_CONTROL_SHIFT |
				      (uint32_t)option[5] << 8 | option[6];
		}
		at += option[1];
	}
	for (; at < length; at++)
		if (options[at] != END)
			return none;
	owner.found = count == 1;
	return owner.found ? owner : none;
}
