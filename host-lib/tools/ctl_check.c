/* SPDX-License-Identifier: BSD-3-Clause */

/*
 * sekishoctl check: no packet disappears uncounted. What one stage hands on is what the next one
 * counts, delivered and dropped, over the whole card.
 */

#include <inttypes.h>
#include <string.h>

#include "ctl.h"

#define LOOK_INTERVAL 0.05 /* seconds between two looks at the counters */
#define MAX_SUMS (2 * (2 + 5 * 16)) /* of a card with 16 functions, the most it can say */

struct sum {
	char name[96];
	uint64_t left, right;
};

struct sums {
	unsigned int count;
	struct sum sum[MAX_SUMS];
};

static struct sum *new_sum(struct sums *sums)
{
	return &sums->sum[sums->count++];
}

/* unit: "_packets" or "_bytes" */
static void add_sums(const struct ctl *ctl, const struct snapshot *now, const char *unit,
		     struct sums *sums)
{
	const char *word = unit + 1;
	bool packets = !strcmp(word, "packets");
	/* Function i uses port i. With another number of ports only the totals can be compared. */
	bool by_port = ctl->identity.functions == ctl->identity.ports;
	unsigned int i, queue;
	struct sum *sum;

	if (!by_port) {
		sum = new_sum(sums);
		snprintf(sum->name, sizeof(sum->name),
			 "all ports' accepted %s = all functions' deliver results", word);
		for (i = 0; i < ctl->identity.ports; i++)
			sum->left += snapshot_sum(now, unit, "port%u_rx_accepted", i);
		for (i = 0; i < ctl->identity.functions; i++)
			sum->right += snapshot_sum(now, unit, "net%u_deliver_", i);
		sum = new_sum(sums);
		snprintf(sum->name, sizeof(sum->name),
			 "all functions' checksum results = all ports' transmit results, %s", word);
		for (i = 0; i < ctl->identity.functions; i++)
			sum->left += snapshot_sum(now, unit, "net%u_checksum_", i);
		for (i = 0; i < ctl->identity.ports; i++)
			sum->right += snapshot_sum(now, unit, "port%u_tx_", i);
	}
	for (i = 0; i < ctl->identity.functions; i++) {
		if (by_port) {
			sum = new_sum(sums);
			snprintf(sum->name, sizeof(sum->name),
				 "port%u accepted %s = net%u deliver results", i, word, i);
			sum->left = snapshot_sum(now, unit, "port%u_rx_accepted", i);
			sum->right = snapshot_sum(now, unit, "net%u_deliver_", i);
		}
		sum = new_sum(sums);
		snprintf(sum->name, sizeof(sum->name), "net%u deliver results = net%u verdicts, %s",
			 i, i, word);
		sum->left = snapshot_sum(now, unit, "net%u_deliver_", i);
		sum->right = snapshot_sum(now, unit, "net%u_verdict_", i);

		sum = new_sum(sums);
		snprintf(sum->name, sizeof(sum->name),
			 "net%u delivered %s = net%u receive queue results", i, word, i);
		sum->left = snapshot_sum(now, unit, "net%u_deliver_delivered", i);
		sum->right = snapshot_sum(now, unit, "net%u_rx_queue", i);

		/* Padding comes between the two, so bytes may differ. */
		if (packets) {
			sum = new_sum(sums);
			snprintf(sum->name, sizeof(sum->name),
				 "net%u transmit queues' sent packets = net%u checksum results", i,
				 i);
			for (queue = 0; queue < ctl->identity.tx_queues; queue++)
				sum->left +=
					snapshot_sum(now, unit, "net%u_tx_queue%u_sent", i, queue);
			sum->right = snapshot_sum(now, unit, "net%u_checksum_", i);
		}
		if (by_port) {
			sum = new_sum(sums);
			snprintf(sum->name, sizeof(sum->name),
				 "net%u checksum results = port%u transmit results, %s", i, i,
				 word);
			sum->left = snapshot_sum(now, unit, "net%u_checksum_", i);
			sum->right = snapshot_sum(now, unit, "port%u_tx_", i);
		}
	}
}

static unsigned int failures(const struct sums *sums)
{
	unsigned int i, count = 0;

	for (i = 0; i < sums->count; i++)
		count += sums->sum[i].left != sums->sum[i].right;
	return count;
}

static void print_json(const struct ctl *ctl, const struct snapshot *now, const struct sums *sums,
		       bool rest)
{
	bool first = true;
	unsigned int i;

	printf("{\"ok\": %s, \"at_rest\": %s, \"ports\": [",
	       rest && !failures(sums) ? "true" : "false", rest ? "true" : "false");
	for (i = 0; i < ctl->identity.ports; i++) {
		json_separator(&first);
		printf("{\"port\": %u, \"offered_packets\": %" PRIu64
		       ", \"offered_bytes\": %" PRIu64 "}",
		       i, snapshot_sum(now, "_packets", "port%u_rx_", i),
		       snapshot_sum(now, "_bytes", "port%u_rx_", i));
	}
	fputs("], \"sums\": [", stdout);
	first = true;
	for (i = 0; i < sums->count; i++) {
		const struct sum *sum = &sums->sum[i];

		json_separator(&first);
		fputs("{\"name\": ", stdout);
		json_string(sum->name);
		printf(", \"left\": %" PRIu64 ", \"right\": %" PRIu64 ", \"ok\": %s}", sum->left,
		       sum->right, sum->left == sum->right ? "true" : "false");
	}
	puts("]}");
}

static void print_text(const struct ctl *ctl, const struct snapshot *now, const struct sums *sums)
{
	unsigned int i;

	for (i = 0; i < ctl->identity.ports; i++) {
		uint64_t offered = snapshot_sum(now, "_packets", "port%u_rx_", i);
		uint64_t accepted = snapshot_sum(now, "_packets", "port%u_rx_accepted", i);

		printf("port%u was offered %" PRIu64 " packets: %" PRIu64 " accepted, %" PRIu64
		       " dropped\n",
		       i, offered, accepted, offered - accepted);
	}
	for (i = 0; i < sums->count; i++) {
		const struct sum *sum = &sums->sum[i];
		bool right = sum->left == sum->right;

		printf("%-6s %s: %" PRIu64 " %s %" PRIu64 "\n", right ? "ok" : "WRONG", sum->name,
		       sum->left, right ? "=" : "!=", sum->right);
	}
}

int ctl_check(struct ctl *ctl, int argc, char **argv)
{
	struct snapshot now = { 0 }, before = { 0 };
	struct sums sums;
	double deadline;
	bool rest = false;
	unsigned int i;
	int error, status;

	(void)argv;
	if (argc)
		return ctl_usage("'check' takes no arguments");
	status = ctl_need_management(ctl, "check");
	if (status != CTL_OK)
		return status;

	error = snapshot_create(ctl, &now);
	if (!error)
		error = snapshot_create(ctl, &before);
	if (!error)
		error = snapshot_read(ctl, &before);
	deadline = ctl_now() + ctl->wait;
	/*
	 * A counter is read at a time, and a packet on its way is counted at some stages only: the
	 * sums are judged when two looks show the same. They may still be wrong for a packet that
	 * waits inside, so a wrong sum is looked at again until the time is over.
	 */
	while (!error) {
		ctl_sleep(LOOK_INTERVAL);
		error = snapshot_read(ctl, &now);
		if (error)
			break;
		rest = !memcmp(now.values, before.values, now.count * sizeof(*now.values));
		memset(&sums, 0, sizeof(sums));
		add_sums(ctl, &now, "_packets", &sums);
		add_sums(ctl, &now, "_bytes", &sums);
		if ((rest && !failures(&sums)) || ctl_now() >= deadline)
			break;
		memcpy(before.values, now.values, now.count * sizeof(*now.values));
	}
	if (error) {
		status = ctl_error("cannot read the counters: %s", ctl_reason(error));
	} else {
		if (ctl->json)
			print_json(ctl, &now, &sums, rest);
		else
			print_text(ctl, &now, &sums);
		if (!rest) {
			ctl_error("the counters still move after %g s: stop the traffic, or give "
				  "--wait more",
				  ctl->wait);
			status = CTL_MOVING;
		} else {
			for (i = 0; i < sums.count; i++)
				if (sums.sum[i].left != sums.sum[i].right)
					status = ctl_error("wrong: %s: %" PRIu64 " != %" PRIu64,
							   sums.sum[i].name, sums.sum[i].left,
							   sums.sum[i].right);
		}
	}
	snapshot_release(&now);
	snapshot_release(&before);
	return status;
}
