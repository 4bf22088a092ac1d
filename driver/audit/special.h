/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef SEKISHO_AUDIT_SPECIAL_H
#define SEKISHO_AUDIT_SPECIAL_H

/* The parts of classes that need more than frames: a file a subject. */

#include "audit.h"

#define SMALL_BUFFER 320u /* bytes: five of them hold a frame of an MTU of 1500 */

/* Configures the port under test; false, and a result, when it does not come back. */
bool configure(const struct port_config *config, struct test *test);
bool configure_base(struct test *test);

/* counters.c */
struct snapshot {
	struct rte_eth_stats stats;
	unsigned int count;
	struct rte_eth_xstat_name *names;
	struct rte_eth_xstat *values;
};
void snapshot_take(struct snapshot *snapshot);
void snapshot_free(struct snapshot *snapshot);
/* True when text holds one of the words, which spaces separate. */
bool contains(const char *text, const char *words);
void no_checksum_no_error(void);
void count_received(void);
void count_sent(void);

/* configurations.c */
void families_received(void);
void families_sent(void);
void burst_functions(void);

/* segments.c */
void segments_received(void);
void segments_sent(void);
void long_frames(void);
void too_long_frames(void);

/* tso.c */
void tso(void);

/* rss.c: the types of flows, of this audit's, that the port hashes; a key of its length */
uint64_t rss_types(void);
const uint8_t *rss_key(void);
void hashes(void);
void fragment_hashes(void);

#endif
