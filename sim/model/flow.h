/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef SEKISHO_SIM_MODEL_FLOW_H
#define SEKISHO_SIM_MODEL_FLOW_H

/* Which flow rule holds for a frame, what it changes there, and whether its meter lets it through. */

#include <stdbool.h>

#include <sekisho/registers.h>

#include "headers.h"

struct flow_meter {
	uint64_t tokens; /* in 1/65536 */
	uint32_t given; /* the microsecond up to which it has got its rate */
};

struct flow_rules {
	uint32_t enabled; /* bit n: rule n */
	struct sekisho_flow_rule rule[SEKISHO_FLOW_RULES];
	struct flow_meter meter[SEKISHO_FLOW_RULES];
};

/* The first enabled rule that holds, or -1. */
int flow_lookup(const struct flow_rules *rules, const struct headers *headers,
		const uint8_t *frame);

#define FLOW_EDITS                                                                        \
	(SEKISHO_FLOW_RULE_ACTION_SET_MAC_MASK | SEKISHO_FLOW_RULE_ACTION_SET_IPV4_MASK | \
	 SEKISHO_FLOW_RULE_ACTION_SET_PORT_MASK)

/* Changes a frame, whose headers these are, as a rule with one of FLOW_EDITS says. */
void flow_edit(const struct sekisho_flow_rule *rule, const struct headers *headers, uint8_t *frame);

/* Fills a meter, as a write of its burst does; now in microseconds. */
void flow_meter_fill(struct flow_rules *rules, unsigned int number, uint32_t now);

/* Takes a frame's tokens from the meter of a rule; false: there are too few, and the frame is to be dropped. */
bool flow_meter_pay(struct flow_rules *rules, const struct sekisho_flow_rule *rule, uint32_t length,
		    uint32_t now);

#endif
