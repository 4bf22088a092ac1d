/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef SEKISHO_TESTS_MODEL_RULES_H
#define SEKISHO_TESTS_MODEL_RULES_H

#include <sekisho/registers.h>

#include "frames.h"

namespace frames {

/*
 * A flow rule that holds for some of the frames that make() gives with these wishes: values of one of
 * them, under masks of nothing, of all, of some bits. queues: those that it may steer to, and seldom
 * to one beyond.
 */
sekisho_flow_rule make_rule(rng &random, const wishes &w, unsigned int queues);

} // namespace frames

#endif
