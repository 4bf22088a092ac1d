/* SPDX-License-Identifier: BSD-3-Clause */
/* sekisho-audit: the command line. */

#include <errno.h>
#include <getopt.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_cycles.h>
#include <rte_dev.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_log.h>

#include "audit.h"

#define MAX_ATTACH 4u
#define ERROR 2 /* exit status; 1 is for a device that is wrong */

static const char usage[] =
	"Usage: sekisho-audit [EAL OPTION]... -- [OPTION]...\n"
	"\n"
	"Runs the catalogue of checksum-offload bugs against a DPDK port.\n"
	"\n"
	"  --port N         the port under test (default 0)\n"
	"  --peer N         the port at the other end of its wire (default 1); the same number: "
	"the\n"
	"                   port is joined to itself\n"
	"  --attach DEV     make this device when the ports before it run: DEV is the text of a "
	"--vdev\n"
	"  --class C        only this class, by number or name; may be given again\n"
	"  --except C       not this class\n"
	"  --list           list the classes and end\n"
	"  --json           print JSON\n"
	"  --verbose        print every case\n"
	"  --pcap FILE      write the frames that failed: what was expected, then what came\n"
	"  --timeout MS     how long a frame is waited for (default 3000)\n"
	"  --help           this text\n"
	"\n"
	"Exit status: 0 nothing is wrong, 1 something is wrong, 2 the audit could not be made.\n";

static struct options {
	unsigned int port, peer;
	const char *attach[MAX_ATTACH];
	unsigned int attached;
	bool class[CLASSES + 1];
	bool chosen;
	struct report_options report;
} options = { .port = 0, .peer = 1, .class = { [1 ... CLASSES] = true } };

static const struct option long_options[] = {
	{ "port", required_argument, NULL, 'p' },   { "peer", required_argument, NULL, 'q' },
	{ "attach", required_argument, NULL, 'a' }, { "class", required_argument, NULL, 'c' },
	{ "except", required_argument, NULL, 'x' }, { "list", no_argument, NULL, 'l' },
	{ "json", no_argument, NULL, 'j' },	    { "verbose", no_argument, NULL, 'v' },
	{ "pcap", required_argument, NULL, 'w' },   { "timeout", required_argument, NULL, 't' },
	{ "help", no_argument, NULL, 'h' },	    { NULL, 0, NULL, 0 },
};

static bool number(const char *text, unsigned int limit, unsigned int *value)
{
	char *end;
	unsigned long result;

	errno = 0;
	result = strtoul(text, &end, 10);
	if (errno != 0 || end == text || *end != '\0' || *text == '-' || result > limit)
		return false;
	*value = (unsigned int)result;
	return true;
}

static bool choose_class(const char *text, bool wanted)
{
	unsigned int class = 0;

	if (!number(text, CLASSES, &class)) {
		for (unsigned int i = 1; i <= CLASSES; i++) {
			if (strcmp(text, class_texts[i].key) == 0)
				class = i;
		}
	}
	if (wanted && !options.chosen)
		memset(options.class, 0, sizeof(options.class));
	options.chosen = true;
	options.class[class] = wanted;
	return class != 0;
}

static void list(void)
{
	for (unsigned int i = 1; i <= CLASSES; i++)
		printf("%02u %-16s %s\n", i, class_texts[i].key, class_texts[i].title);
}

/* 0: go on; 1: done; -1: wrong. */
static int parse(int argc, char **argv)
{
	int option;

	while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
		bool fine = true;

		switch (option) {
		case 'p':
			fine = number(optarg, UINT16_MAX, &options.port);
			break;
		case 'q':
			fine = number(optarg, UINT16_MAX, &options.peer);
			break;
		case 'a':
			fine = options.attached < MAX_ATTACH;
			if (fine)
				options.attach[options.attached++] = optarg;
			break;
		case 'c':
			fine = choose_class(optarg, true);
			break;
		case 'x':
			fine = choose_class(optarg, false);
			break;
		case 'l':
			list();
			return 1;
		case 'j':
			options.report.json = true;
			break;
		case 'v':
			options.report.verbose = true;
			break;
		case 'w':
			options.report.pcap = optarg;
			break;
		case 't':
			fine = number(optarg, 600000, &timeout_ms) && timeout_ms != 0;
			break;
		case 'h':
			fputs(usage, stdout);
			return 1;
		default:
			return -1;
		}
		if (!fine) {
			fprintf(stderr, "sekisho-audit: \"%s\" cannot be used here\n", optarg);
			return -1;
		}
	}
	if (optind < argc) {
		fprintf(stderr, "sekisho-audit: what is \"%s\"?\n", argv[optind]);
		return -1;
	}
	return 0;
}

static int fail(const char *what, unsigned int port, int error)
{
	fprintf(stderr, "sekisho-audit: port %u: %s: %s\n", port, what, rte_strerror(-error));
	return ERROR;
}

static int open_port(struct port *port, unsigned int id)
{
	struct port_config config;
	int ret = port_init(port, (uint16_t)id);

	if (ret == 0 && port == &dut) {
		for (unsigned int class = 0; class <= CLASSES; class ++) {
			if (options.class[class])
				special_first(class);
		}
	}
	if (ret == 0) {
		port_base_config(port, &config);
		if (port->started)
			return 0;
		ret = port_configure(port, &config);
	}
	return ret == 0 ? 0 : fail("cannot be used", id, ret);
}

/* A device that waits for its peer to listen comes after the peer runs. */
static int open_ports(void)
{
	struct port *ports[2] = { &dut, &peer_port };
	unsigned int ids[2] = { options.port, options.peer };
	const unsigned int count = options.peer == options.port ? 1 : 2;
	bool done[2] = { false, false };

	if (count == 1)
		peer = &dut;
	for (unsigned int attached = 0;; attached++) {
		for (unsigned int i = 0; i < count; i++) {
			if (done[i] || !rte_eth_dev_is_valid_port((uint16_t)ids[i]))
				continue;
			if (open_port(ports[i], ids[i]) != 0)
				return ERROR;
			done[i] = true;
		}
		if (attached == options.attached)
			break;
		if (rte_dev_probe(options.attach[attached]) != 0) {
			fprintf(stderr, "sekisho-audit: %s cannot be attached\n",
				options.attach[attached]);
			return ERROR;
		}
	}
	for (unsigned int i = 0; i < count; i++) {
		if (!done[i])
			return fail("there is no such port", ids[i], -ENODEV);
	}
	return 0;
}

static void run_class(unsigned int class)
{
	struct items items = { 0 };

	catalogue(&items, class);
	if (class == 23)
		exchange_flood(&items);
	else
		exchange(&items);
	judge_items(&items);
	items_free(&items);
}

/*
 * A driver that a frame makes fault is wrong, and the report shall say so: what was found until then
 * is printed, and nothing else is done in this process. A sanitized build leaves it to the sanitizer.
 */
static sigjmp_buf fault;
static volatile sig_atomic_t fault_number;
static unsigned int present_class;

#ifndef __SANITIZE_ADDRESS__
static void on_fault(int signal_number)
{
	fault_number = signal_number;
	siglongjmp(fault, 1);
}

static void catch_faults(void)
{
	static const int numbers[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL };
	const struct sigaction action = { .sa_handler = on_fault };

	for (unsigned int i = 0; i < RTE_DIM(numbers); i++)
		sigaction(numbers[i], &action, NULL);
}
#else
static void catch_faults(void) {}
#endif

static void report_fault(void)
{
	struct test *test = test_get(present_class, TRANSMIT, "the drivers survive");

	report_wrong(
		test, NULL,
		"the process got signal %d (%s) in a driver while frames of this class were on "
		"their way; later classes did not run",
		(int)fault_number, strsignal((int)fault_number));
	report_print(&options.report);
	fflush(NULL);
	_exit(EXIT_FAILURE);
}

static void run_all(void)
{
	for (unsigned int class = 1; class <= CLASSES; class ++) {
		present_class = class;
		if (options.class[class])
			run_class(class);
	}
	for (unsigned int part = 0; part < special_parts; part++) {
		present_class = special_class(part);
		if (options.class[present_class])
			special_run(part);
	}
}

static int audit(void)
{
	unsigned int wrong;

	if (open_ports() != 0)
		return ERROR;
	if (!wire_works()) {
		fprintf(stderr, "sekisho-audit: no frame passes between port %u and port %u\n",
			dut.id, peer->id);
		return ERROR;
	}
	drain();
	catch_faults();
	if (sigsetjmp(fault, 1) != 0)
		report_fault();
	run_all();
	wrong = report_print(&options.report);
	/* Whatever the drivers do at their end, the report is out. */
	fflush(stdout);
	port_close(&dut);
	if (peer != &dut)
		port_close(peer);
	return wrong == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* The help and the list need no EAL. */
static bool early(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--list") == 0) {
			list();
			return true;
		}
		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
			fputs(usage, stdout);
			return true;
		}
	}
	return false;
}

int main(int argc, char **argv)
{
	int used, status;

	if (early(argc, argv))
		return EXIT_SUCCESS;
	/* A device whose peer is closed first may write to a socket that nobody reads. */
	signal(SIGPIPE, SIG_IGN);
	/* Standard output is the report's. */
	rte_openlog_stream(stderr);
	used = rte_eal_init(argc, argv);
	if (used < 0) {
		fprintf(stderr, "sekisho-audit: EAL: %s\n", rte_strerror(rte_errno));
		return ERROR;
	}
	optind = 1;
	argv[used] = argv[0];
	status = parse(argc - used, argv + used);
	if (status == 0) {
		int ret = report_open(&options.report);

		if (ret != 0) {
			fprintf(stderr, "sekisho-audit: %s: %s\n", options.report.pcap,
				strerror(-ret));
			status = ERROR;
		} else {
			status = audit();
			report_close();
		}
	} else {
		if (status < 0)
			fputs("Try sekisho-audit --help.\n", stderr);
		status = status < 0 ? ERROR : EXIT_SUCCESS;
	}
	rte_eal_cleanup();
	return status;
}
