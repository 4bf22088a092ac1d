/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The differential test: the same frames, descriptors and register writes through two engines; all
 * that they give back must be equal. pair.h says what is compared and how, round.h how a round runs.
 *
 *	diff_test [--frames N] [--seed S] [--pair A,B] [--round R] [--batch N] [--pcap FILE]
 *		  [--trace PREFIX] [--progress] [--no-coverage]
 *
 * An engine is rtl-64, rtl-512 or model. Without --pair each width takes turns against the model.
 * A frame counts once, though it goes through two engines. To look into a difference: repeat its
 * round with --batch 1, which compares after each frame, and --pcap for the frames.
 */

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>

#include <pcap/pcap.h>

#include "round.h"

using namespace pair_test;

static const char *const pairs[][2] = {
	{ "rtl-64", "model" },
	{ "rtl-512", "model" },
};
constexpr unsigned int PAIRS = std::size(pairs);

static unsigned int tests, failures;

static void report(bool ok, const std::string &name, const std::string &why = "")
{
	printf("%sok %u - %s\n", ok ? "" : "not ", ++tests, name.c_str());
	failures += !ok;
	for (size_t at = 0; !ok && at < why.size();) {
		size_t end = why.find('\n', at);
		end = end == std::string::npos ? why.size() : end;
		printf("# %s\n", why.substr(at, end - at).c_str());
		at = end + 1;
	}
	fflush(stdout);
}

static void write_pcap(const char *path, const std::vector<bytes> &frames)
{
	pcap_t *pcap = pcap_open_dead(DLT_EN10MB, 65535);
	pcap_dumper_t *file = pcap ? pcap_dump_open(pcap, path) : nullptr;
	if (!file) {
		fprintf(stderr, "diff_test: %s: %s\n", path,
			pcap ? pcap_geterr(pcap) : "no memory");
		exit(1);
	}
	for (const bytes &frame : frames) {
		struct pcap_pkthdr header = {};
		header.caplen = header.len = frame.size();
		pcap_dump((u_char *)file, &header, frame.data());
	}
	pcap_dump_close(file);
	pcap_close(pcap);
}

/* --- what must have been seen ------------------------------------------------------------------------ */

struct value {
	unsigned int number;
	const char *name;
};

static void must_see(const char *what, const uint64_t *counts, const std::vector<value> &values)
{
	std::string all, missing;
	for (const value &v : values) {
		all += format("%s%s %llu", all.empty() ? "" : ", ", v.name,
			      (unsigned long long)counts[v.number]);
		if (!counts[v.number])
			missing += format(" %s", v.name);
	}
	report(missing.empty(), format("every %s was seen: ", what) + all, "never seen:" + missing);
}

#define V(kind, name)                          \
	{                                      \
		SEKISHO_##kind##_##name, #name \
	}

static void check_coverage(const coverage &c)
{
	must_see("layer 3 type", c.l3_type,
		 { V(L3_TYPE, NONE), V(L3_TYPE, IPV4), V(L3_TYPE, IPV4_OPT), V(L3_TYPE, IPV6),
		   V(L3_TYPE, IPV6_EXT), V(L3_TYPE, ARP) });
	must_see("layer 4 type", c.l4_type,
		 { V(L4_TYPE, NONE), V(L4_TYPE, TCP), V(L4_TYPE, UDP), V(L4_TYPE, ICMP),
		   V(L4_TYPE, FRAGMENT), V(L4_TYPE, OTHER) });
	must_see("number of tags", c.tags, { { 0, "none" }, { 1, "one" }, { 2, "two" } });
	must_see("IPv4 header verdict", c.ip_verdict,
		 { V(CHECKSUM_VERDICT, UNKNOWN), V(CHECKSUM_VERDICT, BAD),
		   V(CHECKSUM_VERDICT, GOOD) });
	must_see("layer 4 verdict", c.l4_verdict,
		 { V(CHECKSUM_VERDICT, UNKNOWN), V(CHECKSUM_VERDICT, BAD),
		   V(CHECKSUM_VERDICT, GOOD), V(CHECKSUM_VERDICT, NONE) });
	must_see("reason", c.reason,
		 { V(CHECKSUM_REASON, CHECKED), V(CHECKSUM_REASON, NOT_IP),
		   V(CHECKSUM_REASON, TRUNCATED), V(CHECKSUM_REASON, IP_LENGTH),
		   V(CHECKSUM_REASON, FRAGMENT), V(CHECKSUM_REASON, NOT_TCP_UDP),
		   V(CHECKSUM_REASON, EXTENSION), V(CHECKSUM_REASON, TOO_DEEP),
		   V(CHECKSUM_REASON, L4_LENGTH), V(CHECKSUM_REASON, UDP_NO_CHECKSUM),
		   V(CHECKSUM_REASON, UDP6_NO_CHECKSUM), V(CHECKSUM_REASON, TOO_MANY_TAGS) });
	must_see("hash type", c.hash_type,
		 { { 0, "nothing" }, { 1, "addresses" }, { 2, "addresses and ports" } });
	must_see("receive completion status", c.rx_status,
		 { V(COMPLETION_STATUS, OK), V(COMPLETION_STATUS, DMA_ERROR),
		   V(COMPLETION_STATUS, TRUNCATED) });
	must_see("transmit completion status", c.tx_status,
		 { V(COMPLETION_STATUS, OK), V(COMPLETION_STATUS, DMA_ERROR),
		   V(COMPLETION_STATUS, LENGTH_ERROR), V(COMPLETION_STATUS, UNSUPPORTED) });
	must_see("receive port's result but overflow", c.port_rx,
		 { V(PORT_RX_RESULT, ACCEPTED), V(PORT_RX_RESULT, RUNT),
		   V(PORT_RX_RESULT, OVERSIZE), V(PORT_RX_RESULT, MAC_ERROR),
		   V(PORT_RX_RESULT, DISABLED) });
	must_see("transmit port's result", c.port_tx,
		 { V(PORT_TX_RESULT, SENT), V(PORT_TX_RESULT, DISABLED) });
	must_see("function's result", c.deliver,
		 { V(DELIVER_RESULT, DELIVERED), V(DELIVER_RESULT, FUNCTION_DISABLED),
		   V(DELIVER_RESULT, MAC_FILTER), V(DELIVER_RESULT, TOO_LONG),
		   V(DELIVER_RESULT, BAD_IP_CHECKSUM), V(DELIVER_RESULT, BAD_L4_CHECKSUM),
		   V(DELIVER_RESULT, FLOW_RULE) });
	must_see("flow rule's frames", c.flow_rule,
		 { { 0, "first" }, { 3, "fourth" }, { 7, "last" } });
	must_see("receive queue's result", c.rx_queue,
		 { V(RX_QUEUE_RESULT, COMPLETED), V(RX_QUEUE_RESULT, NO_DESCRIPTOR),
		   V(RX_QUEUE_RESULT, BUFFER_TOO_SMALL), V(RX_QUEUE_RESULT, DMA_ERROR),
		   V(RX_QUEUE_RESULT, QUEUE_DISABLED) });
	must_see("transmit queue's result", c.tx_queue,
		 { V(TX_QUEUE_RESULT, SENT), V(TX_QUEUE_RESULT, DMA_ERROR),
		   V(TX_QUEUE_RESULT, LENGTH_ERROR), V(TX_QUEUE_RESULT, UNSUPPORTED) });
	must_see("transmit checksum's result", c.tx_checksum,
		 { V(TX_CHECKSUM_RESULT, NOT_REQUESTED), V(TX_CHECKSUM_RESULT, INSERTED),
		   V(TX_CHECKSUM_RESULT, SKIPPED) });
	const uint64_t events[] = { c.interrupts, c.ring_errors, c.doorbell_errors,
				    c.more,	  c.marked,	 c.edited };
	must_see("kind of event", events,
		 { { 0, "interrupt" },
		   { 1, "ring error" },
		   { 2, "doorbell error" },
		   { 3, "completion with more" },
		   { 4, "completion with a mark" },
		   { 5, "completion of a changed frame" } });
	uint64_t errors = c.ring_errors + c.doorbell_errors;
	report(c.events_met * 50 <= errors,
	       format("few events met another: %llu of %llu", (unsigned long long)c.events_met,
		      (unsigned long long)errors),
	       "the model tells them apart, and so should the card nearly always");
}

/* --- runs ---------------------------------------------------------------------------------------------- */

struct options {
	round_options round;
	uint64_t frames = 100000;
	long only = -1;
	const char *pcap = nullptr;
	std::string pair[2];
	bool progress = false, coverage = true;
};

static bool parse(int argc, char **argv, options &o)
{
	for (int i = 1; i < argc; i++) {
		std::string name = argv[i];
		if (name == "--progress") {
			o.progress = true;
		} else if (name == "--no-coverage") {
			o.coverage = false;
		} else if (i + 1 == argc) {
			return false;
		} else if (name == "--frames") {
			o.frames = strtoull(argv[++i], nullptr, 0);
		} else if (name == "--seed") {
			o.round.seed = strtoull(argv[++i], nullptr, 0);
		} else if (name == "--round") {
			o.only = atol(argv[++i]);
		} else if (name == "--batch") {
			o.round.batch = atoi(argv[++i]);
		} else if (name == "--pcap") {
			o.pcap = argv[++i];
		} else if (name == "--trace") {
			o.round.trace = argv[++i];
		} else if (name == "--pair") {
			std::string both = argv[++i];
			size_t comma = both.find(',');
			sekisho_engine_config c;
			if (comma == std::string::npos)
				return false;
			o.pair[0] = both.substr(0, comma);
			o.pair[1] = both.substr(comma + 1);
			if (!engine_config(o.pair[0], c) || !engine_config(o.pair[1], c))
				return false;
		} else {
			return false;
		}
	}
	return true;
}

static double seconds()
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

struct tally {
	unsigned int rounds = 0, bad = 0;
	uint64_t received = 0, transmitted = 0;
	std::string why;
};

static std::string explain(const outcome &o, const std::string names[2], unsigned int round,
			   const options &given)
{
	uint64_t last = o.first_recent + o.recent.size();
	std::string out = format("seed %llu round %u (%s), in frames %llu to %llu of the round:\n",
				 (unsigned long long)given.round.seed, round, plan_of(round).name,
				 (unsigned long long)o.first_recent, (unsigned long long)last) +
			  o.difference + "\n";
	if (!o.frame.empty())
		out += "the frame:\n" + hex(o.frame.data(), o.frame.size()) + "\n";
	else if (given.round.batch == 1 && !o.recent.empty())
		out += "the frame:\n" + hex(o.recent.back().data(), o.recent.back().size()) + "\n";
	return out +
	       format("repeat: diff_test --seed %llu --round %u --pair %s,%s --batch 1 --pcap "
		      "frames.pcap",
		      (unsigned long long)given.round.seed, round, names[0].c_str(),
		      names[1].c_str());
}

int main(int argc, char **argv)
{
	options o;
	if (!parse(argc, argv, o)) {
		fprintf(stderr, "usage: diff_test [--frames N] [--seed S] [--pair A,B] [--round R] "
				"[--batch N] [--pcap FILE] [--trace PREFIX] [--progress] "
				"[--no-coverage]\n");
		return 2;
	}
	/* As in the other tests: other random numbers than the usual ones */
	const char *seed = getenv("SEKISHO_SEED");
	if (seed)
		o.round.seed += strtoull(seed, nullptr, 0);
	/* A line for each class and pair */
	std::vector<tally> tallies(plan_count * PAIRS);
	coverage seen;
	uint64_t frames = 0;
	unsigned int round = o.only >= 0 ? o.only : 0, differences = 0;
	double start = seconds(), shown = start;
	/* 100 frames a second are few even for a busy machine. */
	printf("# time limit %llu\n", (unsigned long long)o.frames / 100 + 200);
	do {
		unsigned int p = round / plan_count % PAIRS;
		std::string names[2] = { pairs[p][0], pairs[p][1] };
		if (!o.pair[0].empty())
			names[0] = o.pair[0], names[1] = o.pair[1], p = 0;
		tally &t = tallies[p * plan_count + round % plan_count];
		outcome result = run_round(names, round, o.round, seen);
		t.rounds++;
		t.received += result.received;
		t.transmitted += result.transmitted;
		frames += result.received + result.transmitted;
		if (!result.difference.empty()) {
			t.bad++;
			differences++;
			if (t.why.empty())
				t.why = explain(result, names, round, o);
			if (o.pcap)
				write_pcap(o.pcap, result.frame.empty() ?
							   result.recent :
							   std::vector<bytes>{ result.frame });
		}
		round++;
		if (o.progress && seconds() - shown > 10) {
			shown = seconds();
			printf("# %llu of %llu frames, %.0f a second, %u rounds, %u with a "
			       "difference\n",
			       (unsigned long long)frames, (unsigned long long)o.frames,
			       frames / (shown - start), round, differences);
			fflush(stdout);
		}
	} while (o.only < 0 && frames < o.frames && differences < 20);
	for (size_t i = 0; i < tallies.size(); i++) {
		const tally &t = tallies[i];
		const char *const *names = pairs[i / plan_count];
		if (!t.rounds)
			continue;
		std::string who = std::string(names[0]) + " and " + names[1];
		if (!o.pair[0].empty())
			who = o.pair[0] + " and " + o.pair[1];
		report(!t.bad,
		       who + " agree: " + plans[i % plan_count].name +
			       format(" (%u rounds, %llu frames received, %llu transmitted)",
				      t.rounds, (unsigned long long)t.received,
				      (unsigned long long)t.transmitted),
		       format("%u rounds differ; the first:\n", t.bad) + t.why);
	}
	if (o.coverage && o.only < 0)
		check_coverage(seen);
	printf("# %llu frames in %.1f s\n1..%u\n", (unsigned long long)frames, seconds() - start,
	       tests);
	return failures ? 1 : 0;
}
