/* SPDX-License-Identifier: BSD-3-Clause */
/* What was found: as a table, as JSON, and the failing frames as a capture. */

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <rte_version.h>

#include "audit.h"

#define MAX_TESTS 512u

const struct class_text class_texts[CLASSES + 1] = {
	{ "", "" },
	{ "padding", "short-frame padding" },
	{ "trailer", "trailer and FCS behind the packet, odd lengths" },
	{ "tiny", "tiny payloads, each followed by a normal packet" },
	{ "udp-zero-sum", "UDP sum 0 sent as 0xffff" },
	{ "udp-no-checksum", "UDP without checksum" },
	{ "tcp-zero", "both zeros in TCP and IPv4" },
	{ "carry", "carries of the fold" },
	{ "fragments", "IP fragments" },
	{ "ipv4-options", "IPv4 options" },
	{ "lengths", "bogus lengths" },
	{ "ipv6-extensions", "IPv6 extension headers" },
	{ "families", "IPv4 and IPv6 offloads on and off" },
	{ "vlan", "VLAN, QinQ and other tags" },
	{ "tunnels", "tunnels: which layer is summed" },
	{ "tunnel-ports", "plain UDP to a tunnel's port" },
	{ "protocols", "neither TCP nor UDP" },
	{ "segments", "frames over several buffers" },
	{ "long", "long and too long frames" },
	{ "seed", "what the checksum field held before" },
	{ "tso", "TSO and LRO" },
	{ "rss", "RSS hash and key" },
	{ "burst-functions", "the same flags from every burst function" },
	{ "leakage", "state between packets, back-pressure" },
	{ "counters", "statistics" },
};

static const char *const result_names[RESULTS] = {
	[NO_RESULT] = "-",
	[NOT_TESTABLE] = "not testable here",
	[NOT_OFFERED] = "not offered",
	[NOT_VERIFIED] = "not verified",
	[RIGHT] = "right",
	[WRONG] = "wrong",
};

static const char *const direction_names[] = { "receive", "transmit" };

static struct test tests[MAX_TESTS];
static unsigned int test_count;
static FILE *capture;

struct test *test_get(unsigned int class, enum direction direction, const char *format, ...)
{
	char name[sizeof(tests[0].name)];
	struct test *test;
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(name, sizeof(name), format, arguments);
	va_end(arguments);
	for (unsigned int i = 0; i < test_count; i++) {
		test = &tests[i];
		if (test->class == class && test->direction == direction &&
		    strcmp(test->name, name) == 0)
			return test;
	}
	if (test_count == MAX_TESTS)
		rte_exit(2, "sekisho-audit: more than %u cases\n", MAX_TESTS);
	test = &tests[test_count++];
	test->class = class;
	test->direction = direction;
	snprintf(test->name, sizeof(test->name), "%s", name);
	return test;
}

void test_result(struct test *test, enum result result, const char *format, ...)
{
	va_list arguments;

	test->counts[result]++;
	if (format == NULL || result == WRONG || test->reason[0] != '\0')
		return;
	va_start(arguments, format);
	vsnprintf(test->reason, sizeof(test->reason), format, arguments);
	va_end(arguments);
}

static enum result worst(const unsigned int *counts)
{
	enum result result = NO_RESULT;

	if (counts[WRONG] != 0)
		return WRONG;
	/* A verdict that is there for some packets is there; the counts tell the share. */
	for (unsigned int i = 0; i < RESULTS; i++) {
		if (counts[i] != 0)
			result = i;
	}
	return result;
}

enum result test_worst(const struct test *test)
{
	return worst(test->counts);
}

/* --- evidence ------------------------------------------------------------------------------- */

static void write32(uint32_t value)
{
	fwrite(&value, sizeof(value), 1, capture);
}

static void capture_frame(const uint8_t *bytes, uint32_t length)
{
	if (capture == NULL || bytes == NULL)
		return;
	write32(0);
	write32(0);
	write32(length);
	write32(length);
	fwrite(bytes, 1, length, capture);
}

int report_open(const struct report_options *options)
{
	if (options->pcap == NULL)
		return 0;
	capture = fopen(options->pcap, "wb");
	if (capture == NULL)
		return -errno;
	write32(0xa1b2c3d4);
	write32(4u << 16 | 2); /* version 2.4 */
	write32(0);
	write32(0);
	write32(FRAME_ROOM);
	write32(1); /* Ethernet */
	return 0;
}

void report_close(void)
{
	if (capture != NULL)
		fclose(capture);
	for (unsigned int i = 0; i < test_count; i++) {
		free(tests[i].evidence.sent);
		free(tests[i].evidence.expected);
		free(tests[i].evidence.got);
	}
}

static uint8_t *copy(const uint8_t *bytes, uint32_t length)
{
	uint8_t *result = bytes == NULL ? NULL : malloc(length);

	if (result != NULL)
		memcpy(result, bytes, length);
	return result;
}

/* The capture gets all of them; the report keeps the first. */
void report_wrong(struct test *test, const struct item *item, const char *format, ...)
{
	struct evidence *evidence = &test->evidence;
	va_list arguments;

	test->counts[WRONG]++;
	if (item != NULL) {
		capture_frame(item->expected != NULL ? item->expected : item->sent, item->length);
		capture_frame(item->got, item->got_length);
	}
	if (evidence->text[0] != '\0')
		return;
	va_start(arguments, format);
	vsnprintf(evidence->text, sizeof(evidence->text), format, arguments);
	va_end(arguments);
	if (item == NULL)
		return;
	evidence->sent = copy(item->sent, item->length);
	evidence->sent_length = item->length;
	evidence->expected = copy(item->expected, item->length);
	evidence->expected_length = item->length;
	evidence->got = copy(item->got, item->got_length);
	evidence->got_length = item->got_length;
}

/* --- output --------------------------------------------------------------------------------- */

static void sum_class(unsigned int class, enum direction direction, unsigned int *counts)
{
	memset(counts, 0, RESULTS * sizeof(*counts));
	for (unsigned int i = 0; i < test_count; i++) {
		if (tests[i].class != class || tests[i].direction != direction)
			continue;
		for (unsigned int r = 0; r < RESULTS; r++)
			counts[r] += tests[i].counts[r];
	}
}

static void print_hex(const uint8_t *bytes, uint32_t length)
{
	for (uint32_t i = 0; i < length; i++)
		printf("%02x", bytes[i]);
}

static void print_frame(const char *what, const uint8_t *bytes, uint32_t length, uint32_t limit)
{
	if (bytes == NULL)
		return;
	printf("      %-9s ", what);
	print_hex(bytes, RTE_MIN(length, limit));
	printf("%s\n", length > limit ? "..." : "");
}

static void print_string(const char *text)
{
	putchar('"');
	for (; *text != '\0'; text++) {
		if (*text == '"' || *text == '\\')
			putchar('\\');
		putchar(*text);
	}
	putchar('"');
}

static void print_json_frame(const char *name, const uint8_t *bytes, uint32_t length)
{
	if (bytes == NULL)
		return;
	printf(",\"%s\":\"", name);
	print_hex(bytes, length);
	putchar('"');
}

static void print_json_counts(const unsigned int *counts)
{
	printf("\"result\":\"%s\"", result_names[worst(counts)]);
	for (unsigned int r = NOT_TESTABLE; r < RESULTS; r++) {
		static const char *const names[] = {
			"", "not_testable", "not_offered", "not_verified", "right", "wrong"
		};

		printf(",\"%s\":%u", names[r], counts[r]);
	}
}

static void print_json_test(const struct test *test)
{
	printf("{\"name\":");
	print_string(test->name);
	printf(",\"direction\":\"%s\",", direction_names[test->direction]);
	print_json_counts(test->counts);
	if (test->reason[0] != '\0') {
		printf(",\"reason\":");
		print_string(test->reason);
	}
	if (test->evidence.text[0] != '\0') {
		printf(",\"wrong_first\":");
		print_string(test->evidence.text);
	}
	print_json_frame("sent_bytes", test->evidence.sent, test->evidence.sent_length);
	print_json_frame("expected_bytes", test->evidence.expected, test->evidence.expected_length);
	print_json_frame("got_bytes", test->evidence.got, test->evidence.got_length);
	putchar('}');
}

static void print_json_port(const char *key, const struct port *port)
{
	printf("\"%s\":{\"number\":%u,\"name\":", key, port->id);
	print_string(port->name);
	printf(",\"driver\":");
	print_string(port->info.driver_name);
	putchar('}');
}

static void print_json(unsigned int wrong)
{
	unsigned int counts[RESULTS];

	printf("{");
	print_json_port("port", &dut);
	printf(",");
	print_json_port("peer", peer);
	printf(",\"dpdk\":\"%s\",\"classes_wrong\":%u,\"classes\":[", rte_version(), wrong);
	for (unsigned int class = 1; class <= CLASSES; class ++) {
		const char *separator = "";

		printf("%s\n{\"class\":%u,\"key\":\"%s\",\"title\":", class > 1 ? "," : "", class,
		       class_texts[class].key);
		print_string(class_texts[class].title);
		for (enum direction d = RECEIVE; d <= TRANSMIT; d++) {
			sum_class(class, d, counts);
			printf(",\"%s\":{", direction_names[d]);
			print_json_counts(counts);
			printf("}");
		}
		printf(",\"cases\":[");
		for (unsigned int i = 0; i < test_count; i++) {
			if (tests[i].class != class || test_worst(&tests[i]) == NO_RESULT)
				continue;
			printf("%s\n ", separator);
			print_json_test(&tests[i]);
			separator = ",";
		}
		printf("]}");
	}
	printf("]}\n");
}

static void describe(const unsigned int *counts, char *text, size_t room)
{
	const enum result result = worst(counts);
	const unsigned int judged = counts[NOT_VERIFIED] + counts[RIGHT] + counts[WRONG];

	if (result == WRONG)
		snprintf(text, room, "WRONG %u of %u", counts[WRONG], judged);
	else if (result == RIGHT && counts[NOT_VERIFIED] != 0)
		snprintf(text, room, "right, %u of %u not verified", counts[NOT_VERIFIED], judged);
	else if (result == RIGHT)
		snprintf(text, room, "right (%u)", counts[RIGHT]);
	else
		snprintf(text, room, "%s", result_names[result]);
}

static void print_test(const struct test *test, bool verbose)
{
	const enum result result = test_worst(test);
	char text[64];

	if (result == NO_RESULT || (!verbose && result != WRONG))
		return;
	describe(test->counts, text, sizeof(text));
	printf("    %s: %s: %s\n", direction_names[test->direction], test->name, text);
	if (result == WRONG)
		printf("      %s\n", test->evidence.text);
	else if (test->reason[0] != '\0')
		printf("      %s\n", test->reason);
	print_frame("sent", test->evidence.sent, test->evidence.sent_length, verbose ? ~0u : 128);
	print_frame("expected", test->evidence.expected, test->evidence.expected_length,
		    verbose ? ~0u : 128);
	print_frame("got", test->evidence.got, test->evidence.got_length, verbose ? ~0u : 128);
}

static void print_table(bool verbose)
{
	printf("port %u: %s, driver %s; peer %u: %s, driver %s; %s\n\n", dut.id, dut.name,
	       dut.info.driver_name, peer->id, peer->name, peer->info.driver_name, rte_version());
	printf("%-55s %-31s %s\n", "class", "receive", "transmit");
	for (unsigned int class = 1; class <= CLASSES; class ++) {
		char text[2][64];
		unsigned int counts[RESULTS];
		bool any = false;

		for (enum direction d = RECEIVE; d <= TRANSMIT; d++) {
			sum_class(class, d, counts);
			any |= worst(counts) != NO_RESULT;
			describe(counts, text[d], sizeof(text[d]));
		}
		if (!any)
			continue;
		printf("%02u: %-51s %-31s %s\n", class, class_texts[class].title, text[RECEIVE],
		       text[TRANSMIT]);
		for (unsigned int i = 0; i < test_count; i++) {
			if (tests[i].class == class)
				print_test(&tests[i], verbose);
		}
	}
}

unsigned int report_print(const struct report_options *options)
{
	unsigned int wrong = 0, counts[RESULTS];

	for (unsigned int class = 1; class <= CLASSES; class ++) {
		bool bad = false;

		for (enum direction d = RECEIVE; d <= TRANSMIT; d++) {
			sum_class(class, d, counts);
			bad |= counts[WRONG] != 0;
		}
		wrong += bad;
	}
	if (options->json)
		print_json(wrong);
	else
		print_table(options->verbose);
	return wrong;
}
