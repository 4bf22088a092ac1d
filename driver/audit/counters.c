/* SPDX-License-Identifier: BSD-3-Clause */
/* Classes 5 and 24: what the counters say. */

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "special.h"

static struct frame frame;

void snapshot_take(struct snapshot *snapshot)
{
	int count = rte_eth_xstats_get_names(dut.id, NULL, 0);

	memset(snapshot, 0, sizeof(*snapshot));
	rte_eth_stats_get(dut.id, &snapshot->stats);
	if (count <= 0)
		return;
	snapshot->names = calloc((size_t)count, sizeof(*snapshot->names));
	snapshot->values = calloc((size_t)count, sizeof(*snapshot->values));
	if (snapshot->names == NULL || snapshot->values == NULL ||
	    rte_eth_xstats_get_names(dut.id, snapshot->names, (unsigned int)count) != count ||
	    rte_eth_xstats_get(dut.id, snapshot->values, (unsigned int)count) != count)
		return;
	snapshot->count = (unsigned int)count;
}

void snapshot_free(struct snapshot *snapshot)
{
	free(snapshot->names);
	free(snapshot->values);
}

bool contains(const char *text, const char *words)
{
	char word[16];

	while (*words != '\0') {
		const size_t length = strcspn(words, " ");

		snprintf(word, sizeof(word), "%.*s", (int)length, words);
		if (strcasestr(text, word) != NULL)
			return true;
		words += length;
		while (*words == ' ')
			words++;
	}
	return false;
}

enum checksum_counter {
	COUNTS_NOTHING = 0,
	COUNTS_IP = 1,
	COUNTS_L4 = 2,
};

/* What a counter of wrong checksums counts, by its name: that is all that an application has. */
static unsigned int counted(const char *name)
{
	unsigned int what = COUNTS_NOTHING;

	if (contains(name, "byte octet"))
		return COUNTS_NOTHING;
	if (contains(name, "ip_bad"))
		what |= COUNTS_IP;
	if (contains(name, "l4_bad"))
		what |= COUNTS_L4;
	if (what != 0 || !contains(name, "csum cksum checksum") ||
	    !contains(name, "err bad fail invalid") || contains(name, "tx drop"))
		return what;
	if (contains(name, "l4 tcp udp"))
		return COUNTS_L4;
	return contains(name, "ip l3 hdr") ? COUNTS_IP : COUNTS_IP | COUNTS_L4;
}

/* By how much the counters of wrong checksums have grown; false: there are none. */
static bool checksum_errors(const struct snapshot *before, const struct snapshot *after,
			    uint64_t *ip, uint64_t *l4)
{
	bool any = false;

	*ip = *l4 = 0;
	for (unsigned int i = 0; i < RTE_MIN(before->count, after->count); i++) {
		const unsigned int what = counted(after->names[i].name);
		const uint64_t grown = after->values[i].value - before->values[i].value;

		any |= what != 0;
		if (what & COUNTS_IP)
			*ip += grown;
		if (what & COUNTS_L4)
			*l4 += grown;
	}
	return any;
}

void no_checksum_no_error(void)
{
	struct test *test = test_get(5, RECEIVE, "counters of wrong checksums stand still");
	struct recipe recipe = { .version = 4, .protocol = P_UDP, .no_checksum = true };
	struct snapshot before, after;
	struct items items = { 0 };
	uint64_t ip, l4;

	snapshot_take(&before);
	for (unsigned int i = 0; i < 20; i++) {
		recipe.payload = 20 + i;
		frame_build(&frame, &recipe);
		items_add(&items, test, &frame, 0);
	}
	exchange(&items);
	snapshot_take(&after);
	if (!checksum_errors(&before, &after, &ip, &l4))
		test_result(test, NOT_OFFERED, "no counter of wrong checksums");
	else if (ip + l4 != 0)
		report_wrong(test, NULL,
			     "20 UDP packets without checksum moved counters of wrong checksums by "
			     "%" PRIu64,
			     ip + l4);
	else
		test_result(test, RIGHT, NULL);
	items_free(&items);
	snapshot_free(&before);
	snapshot_free(&after);
}

static void expect_count(struct test *test, const char *what, uint64_t got, uint64_t wanted)
{
	if (got == wanted)
		test_result(test, RIGHT, NULL);
	else
		report_wrong(test, NULL, "%s: counted %" PRIu64 ", there were %" PRIu64, what, got,
			     wanted);
}

/* Bytes may be counted with the FCS or without it. */
static void expect_bytes(struct test *test, uint64_t got, uint64_t wanted, uint64_t frames)
{
	if (got == wanted + 4 * frames)
		test_result(test, RIGHT, NULL);
	else
		expect_count(test, "bytes", got, wanted);
}

void count_received(void)
{
	struct test *basic = test_get(24, RECEIVE, "packets and bytes are the oracle's");
	struct test *errors =
		test_get(24, RECEIVE, "wrong checksums are counted as the oracle counts");
	uint64_t bytes = 0, bad_ip = 0, bad_l4 = 0, ip, l4;
	struct snapshot before, after;
	struct items items = { 0 };

	drain();
	snapshot_take(&before);
	for (unsigned int i = 0; i < 60; i++) {
		frame_plain(&frame, i % 4, 20 + i);
		if (i % 6 == 1) {
			frame_spoil_l4(&frame);
			bad_l4++;
		} else if (i % 6 == 4 && i % 4 < 2) {
			frame_spoil_ip(&frame);
			bad_ip++;
		}
		items_add(&items, basic, &frame, 0);
		bytes += frame.length;
	}
	exchange(&items);
	for (unsigned int i = 0; i < items.count; i++) {
		/* What is lost or sent again cannot be counted right. */
		if (items.list[i].came != 1 || items.list[i].resent) {
			test_result(basic, NOT_TESTABLE, "the wire lost frames");
			goto end;
		}
	}
	snapshot_take(&after);
	expect_count(basic, "packets", after.stats.ipackets - before.stats.ipackets, items.count);
	expect_bytes(basic, after.stats.ibytes - before.stats.ibytes, bytes, items.count);
	if (!checksum_errors(&before, &after, &ip, &l4)) {
		test_result(errors, NOT_OFFERED, "no counter of wrong checksums");
	} else {
		expect_count(errors, "wrong IP headers", ip, bad_ip);
		expect_count(errors, "wrong layer 4 checksums", l4, bad_l4);
	}
	snapshot_free(&after);
end:
	snapshot_free(&before);
	items_free(&items);
}

void count_sent(void)
{
	struct test *test = test_get(24, TRANSMIT, "packets and bytes are the oracle's");
	struct snapshot before, after;
	struct items items = { 0 };
	uint64_t bytes = 0;

	snapshot_take(&before);
	for (unsigned int i = 0; i < 40; i++) {
		frame_plain(&frame, i % 4, 20 + i);
		items_add_transmit(&items, test, &frame, 0, 0);
		bytes += frame.length;
	}
	exchange(&items);
	for (unsigned int i = 0; i < items.count; i++) {
		if (items.list[i].came != 1 || items.list[i].resent) {
			test_result(test, NOT_TESTABLE, "the wire lost frames");
			goto end;
		}
	}
	snapshot_take(&after);
	expect_count(test, "packets", after.stats.opackets - before.stats.opackets, items.count);
	expect_bytes(test, after.stats.obytes - before.stats.obytes, bytes, items.count);
	snapshot_free(&after);
end:
	snapshot_free(&before);
	items_free(&items);
}
