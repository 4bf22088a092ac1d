/* SPDX-License-Identifier: BSD-3-Clause */
/* sekisho-sim: the command line. */

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "replay.h"
#include "scheduler.h"

#ifndef SEKISHO_VERSION
#define SEKISHO_VERSION "0.1"
#endif

static const char usage[] =
	"Usage: sekisho-sim --function NAME=PATH... --port N=WIRE... [OPTION]...\n"
	"       sekisho-sim replay CAPTURE [OPTION]...\n"
	"\n"
	"Serves the simulated card: every PCIe function on a UNIX socket (vfio-user), every port "
	"on a\n"
	"wire. With replay: sends a capture through the card and says what became of each packet.\n"
	"\n"
	"  --function NAME=PATH   net0, net1 or mgmt, on the socket PATH\n"
	"  --port N=WIRE          N is 0 or 1; WIRE is one of\n"
	"                           tap:NAME       a TAP interface, created if missing\n"
	"                           veth:IFACE     an existing interface, by a packet socket\n"
	"                           pcap:IN,OUT    captures; frames of IN wait for a running "
	"receiver\n"
	"                           link:SOCKET    another port that names the same SOCKET\n"
	"                           loop           what the port sends comes back to it\n"
	"                         then, after commas, any of\n"
	"                           netns=NAME     network namespace of the interface\n"
	"                           corrupt=N      flip a bit in one of N TCP and UDP frames\n"
	"                           speed=MBPS     what the link reports\n"
	"                           link=up|down   the link stays so; else that of tap and veth is "
	"the interface's\n"
	"  --engine rtl|model     what runs the card: the Verilated core (default) or its C "
	"reference model\n"
	"  --data-width BITS      packet bus: 64 or 512 (default 64)\n"
	"  --host-latency R,W     clocks until the host answers a read, a write (default 60,60)\n"
	"  --host-jitter N        up to N more clocks, at random (default 0)\n"
	"  --stall PERCENT        clocks in which the host side withholds a handshake (default 0)\n"
	"  --seed N               of every random choice (default 1)\n"
	"  --trace FILE           write a waveform (FST) from the start; SIGUSR1 turns it off and "
	"on\n"
	"  --stats FILE           write counters as JSON at the end\n"
	"  -q, --quiet            errors only\n"
	"  -v, --verbose          every refused message, too\n"
	"  -h, --help             this text\n"
	"  -V, --version\n";

enum option_value {
	OPTION_ENGINE = 256,
	OPTION_DATA_WIDTH,
	OPTION_FUNCTION,
	OPTION_PORT,
	OPTION_TRACE,
	OPTION_SEED,
	OPTION_LATENCY,
	OPTION_JITTER,
	OPTION_STALL,
	OPTION_STATS,
};

static const struct option long_options[] = {
	{ "engine", required_argument, NULL, OPTION_ENGINE },
	{ "data-width", required_argument, NULL, OPTION_DATA_WIDTH },
	{ "function", required_argument, NULL, OPTION_FUNCTION },
	{ "port", required_argument, NULL, OPTION_PORT },
	{ "trace", required_argument, NULL, OPTION_TRACE },
	{ "seed", required_argument, NULL, OPTION_SEED },
	{ "host-latency", required_argument, NULL, OPTION_LATENCY },
	{ "host-jitter", required_argument, NULL, OPTION_JITTER },
	{ "stall", required_argument, NULL, OPTION_STALL },
	{ "stats", required_argument, NULL, OPTION_STATS },
	{ "quiet", no_argument, NULL, 'q' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ NULL, 0, NULL, 0 },
};

/* A number up to limit; *rest (if not NULL) is where it ends, else nothing may follow. */
static bool number(const char *text, uint64_t limit, uint64_t *value, const char **rest)
{
	char *end;

	errno = 0;
	*value = strtoull(text, &end, 0);
	if (text[0] < '0' || text[0] > '9' || errno != 0 || *value > limit)
		return false;
	if (rest != NULL)
		*rest = end;
	return rest != NULL || *end == '\0';
}

static bool set_function(struct scheduler_options *options, const char *text)
{
	const char *path = strchr(text, '=');
	const char **place;

	if (path == NULL || path[1] == '\0')
		return false;
	if (strncmp(text, "mgmt=", 5) == 0)
		place = &options->management;
	else if (strncmp(text, "net", 3) == 0 && text[3] >= '0' &&
		 text[3] < '0' + (int)SEKISHO_FUNCTIONS && path == text + 4)
		place = &options->network[text[3] - '0'];
	else
		return false;
	if (*place != NULL)
		return false;
	*place = path + 1;
	return true;
}

static bool set_port(struct scheduler_options *options, const char *text)
{
	const char *rest;
	uint64_t port;

	if (!number(text, SEKISHO_PORTS - 1, &port, &rest) || *rest != '=' ||
	    options->port[port] != NULL)
		return false;
	options->port[port] = rest + 1;
	return true;
}

static bool set_latency(struct sekisho_engine_config *engine, const char *text)
{
	uint64_t read, write;
	const char *rest;

	if (!number(text, 100000, &read, &rest) || *rest != ',' ||
	    !number(rest + 1, 100000, &write, NULL))
		return false;
	engine->read_latency = (unsigned int)read;
	engine->write_latency = (unsigned int)write;
	return true;
}

static bool set_option(struct scheduler_options *options, int option, const char *text)
{
	struct sekisho_engine_config *engine = &options->engine;
	uint64_t value = 0;

	switch (option) {
	case OPTION_ENGINE:
		return sekisho_engine_kind_of(text, &engine->kind);
	case OPTION_DATA_WIDTH:
		if (!number(text, 512, &value, NULL) || (value != 64 && value != 512))
			return false;
		engine->data_width = (unsigned int)value;
		return true;
	case OPTION_FUNCTION:
		return set_function(options, text);
	case OPTION_PORT:
		return set_port(options, text);
	case OPTION_TRACE:
		options->trace = text;
		return true;
	case OPTION_STATS:
		options->statistics = text;
		return true;
	case OPTION_SEED:
		return number(text, UINT64_MAX, &engine->seed, NULL);
	case OPTION_LATENCY:
		return set_latency(engine, text);
	case OPTION_JITTER:
		if (!number(text, 100000, &value, NULL))
			return false;
		engine->read_jitter = (unsigned int)value;
		engine->write_jitter = (unsigned int)value;
		return true;
	case OPTION_STALL:
		if (!number(text, 99, &value, NULL))
			return false;
		engine->stall_percent = (unsigned int)value;
		return true;
	default:
		return false;
	}
}

static const char *option_name(int value)
{
	for (const struct option *option = long_options; option->name != NULL; option++) {
		if (option->val == value)
			return option->name;
	}
	return "?";
}

int main(int argc, char **argv)
{
	struct scheduler_options options = {
		.engine = { .data_width = 64, .seed = 1, .read_latency = 60, .write_latency = 60 },
	};
	int option;

	if (argc > 1 && strcmp(argv[1], "replay") == 0)
		return replay_main(argc - 1, argv + 1);
	while ((option = getopt_long(argc, argv, "qvhV", long_options, NULL)) != -1) {
		switch (option) {
		case 'q':
			log_limit = LOG_ERROR;
			options.quiet = true;
			break;
		case 'v':
			log_limit = LOG_DEBUG;
			break;
		case 'h':
			fputs(usage, stdout);
			return EXIT_SUCCESS;
		case 'V':
			puts("sekisho-sim " SEKISHO_VERSION);
			return EXIT_SUCCESS;
		case '?':
			fputs("Try sekisho-sim --help.\n", stderr);
			return 2;
		default:
			if (!set_option(&options, option, optarg)) {
				fprintf(stderr,
					"sekisho-sim: --%s: \"%s\" cannot be used here; "
					"try sekisho-sim --help\n",
					option_name(option), optarg);
				return 2;
			}
		}
	}
	if (optind < argc) {
		fprintf(stderr, "sekisho-sim: what is \"%s\"? Try sekisho-sim --help.\n",
			argv[optind]);
		return 2;
	}
	if (options.management == NULL && options.network[0] == NULL &&
	    options.network[1] == NULL) {
		fputs("sekisho-sim: no --function; try sekisho-sim --help\n", stderr);
		return 2;
	}
	if (options.trace != NULL && options.engine.kind != SEKISHO_ENGINE_RTL) {
		fputs("sekisho-sim: only the engine rtl has waveforms for --trace\n", stderr);
		return 2;
	}
	return scheduler_main(&options);
}
