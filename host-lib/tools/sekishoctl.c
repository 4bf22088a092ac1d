/* SPDX-License-Identifier: BSD-3-Clause */

/* sekishoctl: looks at a Sekisho and sets it up. Options, opening, and the choice of the command. */

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ctl.h"

static const char help[] =
	"usage: sekishoctl [-d URI] COMMAND [ARGUMENT...] [OPTION...]\n"
	"\n"
	"Commands:\n"
	"  info                   what the function and its card are\n"
	"  port [N]               ports: link, and what was received, sent and dropped\n"
	"  port N up|down         enable or disable a port\n"
	"  stat [PATTERN]         counters that are not 0\n"
	"  check                  is every packet accounted for? status 1 names the sum that is "
	"not\n"
	"  regs list [PATTERN]    registers of the function\n"
	"  regs read NAME...      their values\n"
	"  regs write NAME VALUE  set one\n"
	"  regs dump [PATTERN]    all that can be read\n"
	"  regs diff FILE [FILE]  what differs between two dumps (--json), or a dump and the card\n"
	"  selftest [URI]         test a network function that nobody uses; frames leave its port\n"
	"'port' and 'check' need the management function. A PATTERN is a part of a name, or has * "
	"? [].\n"
	"\n"
	"Options:\n"
	"  -d, --device URI       vfio-user:PATH, a function's socket of sekisho-sim, or\n"
	"                         pci:ADDRESS, a PCI function of this host (root);\n"
	"                         default: the environment's SEKISHO_DEVICE\n"
	"  -j, --json             write JSON\n"
	"  -a, --all              stat: counters that are 0 as well; regs diff: counters, too\n"
	"  -w, --watch[=SECONDS]  stat: again and again, with rates; default 1 second\n"
	"  -n, --count N          stat --watch: stop after N times\n"
	"      --wait SECONDS     check: wait so long for the counters to rest; default 2\n"
	"  -t, --timeout SECONDS  how long to wait for the device's answers; default 5\n"
	"  -v, --verbose          say what the library does\n"
	"  -V, --version          print the version\n"
	"  -h, --help             print this\n"
	"\n"
	"Exit status: 0 done, 1 failed, 2 wrong usage, 3 check: the counters do not rest.\n";

enum option_id { OPTION_WAIT = 256 };

/* Options that only some commands know. */
enum {
	HAS_ALL = 1,
	HAS_WATCH = 2,
	HAS_COUNT = 4,
	HAS_WAIT = 8,
};

static const struct option options[] = {
	{ "device", required_argument, NULL, 'd' },
	{ "json", no_argument, NULL, 'j' },
	{ "all", no_argument, NULL, 'a' },
	{ "watch", optional_argument, NULL, 'w' },
	{ "count", required_argument, NULL, 'n' },
	{ "wait", required_argument, NULL, OPTION_WAIT },
	{ "timeout", required_argument, NULL, 't' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "version", no_argument, NULL, 'V' },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

static const struct command {
	const char *name;
	int (*run)(struct ctl *ctl, int argc, char **argv);
	unsigned int has;
} commands[] = {
	{ "info", ctl_info, 0 },
	{ "port", ctl_port, 0 },
	{ "stat", ctl_stat, HAS_ALL | HAS_WATCH | HAS_COUNT },
	{ "check", ctl_check, HAS_WAIT },
	{ "regs", ctl_regs, HAS_ALL },
	{ "selftest", ctl_selftest, 0 },
};

/* A positive number of seconds, up to a day; false when text is none. */
static bool parse_seconds(const char *text, double *seconds)
{
	char *end;

	*seconds = strtod(text, &end);
	return end != text && !*end && isfinite(*seconds) && *seconds > 0 && *seconds <= 86400;
}

static bool is_number(const char *text)
{
	double ignored;

	return text && parse_seconds(text, &ignored);
}

static void log_message(void *context, enum sekisho_log_level level, const char *message)
{
	const bool *verbose = context;

	if (*verbose || level == SEKISHO_LOG_ERROR)
		ctl_error("%s", message);
}

static int open_error(const char *uri, int error)
{
	switch (-error) {
	case EINVAL:
		return ctl_error("'%s' is not a device: write vfio-user:PATH, with the PATH of a "
				 "--function option of sekisho-sim, or pci:ADDRESS",
				 uri);
	case ENOENT:
		if (!strncmp(uri, "pci:", 4))
			return ctl_error("cannot open %s: this host has no such PCI function", uri);
		return ctl_error("cannot open %s: there is no such socket. Is sekisho-sim running, "
				 "with a --function option that names this path?",
				 uri);
	case ECONNREFUSED:
		return ctl_error("cannot open %s: nobody listens there. The sekisho-sim that made "
				 "the socket has ended",
				 uri);
	case EBUSY:
		return ctl_error(
			"cannot open %s: another program uses this function, and a function "
			"serves one. The management function shows its counters, too",
			uri);
	case ENODEV:
		return ctl_error("cannot open %s: what answers there is not a Sekisho that this "
				 "version knows, or it closed the connection (-v tells more)",
				 uri);
	default:
		return ctl_error("cannot open %s: %s", uri, ctl_reason(error));
	}
}

int main(int argc, char **argv)
{
	struct ctl ctl = { .uri = getenv("SEKISHO_DEVICE"), .wait = 2 };
	bool verbose = false;
	struct sekisho_open_options open_options = { .log = log_message, .log_context = &verbose };
	const struct command *command = NULL;
	unsigned int given = 0, i;
	double seconds;
	char *end;
	int option, error, status;

	while ((option = getopt_long(argc, argv, "d:jaw::n:t:vVh", options, NULL)) != -1) {
		switch (option) {
		case 'd':
			ctl.uri = optarg;
			break;
		case 'j':
			ctl.json = true;
			break;
		case 'a':
			ctl.all = true;
			given |= HAS_ALL;
			break;
		case 'w':
			given |= HAS_WATCH;
			ctl.watch = 1;
			if (!optarg && optind < argc && is_number(argv[optind]))
				optarg = argv[optind++]; /* "--watch 2" is meant so, too */
			if (optarg && !parse_seconds(optarg, &ctl.watch))
				return ctl_usage("--watch needs a number of seconds, not '%s'",
						 optarg);
			break;
		case 'n':
			given |= HAS_COUNT;
			ctl.count = strtoul(optarg, &end, 10);
			if (*optarg < '0' || *optarg > '9' || *end || !ctl.count)
				return ctl_usage("--count needs a number above 0, not '%s'",
						 optarg);
			break;
		case OPTION_WAIT:
			given |= HAS_WAIT;
			if (!parse_seconds(optarg, &ctl.wait))
				return ctl_usage("--wait needs a number of seconds, not '%s'",
						 optarg);
			break;
		case 't':
			if (!parse_seconds(optarg, &seconds) || seconds < 0.001)
				return ctl_usage("--timeout needs a number of seconds, not '%s'",
						 optarg);
			open_options.timeout_ms = (unsigned int)(seconds * 1000);
			break;
		case 'v':
			verbose = true;
			break;
		case 'V':
			printf("sekishoctl %s\n", sekisho_version());
			return CTL_OK;
		case 'h':
			fputs(help, stdout);
			return CTL_OK;
		default: /* getopt_long() said what is wrong */
			fputs("Try 'sekishoctl --help'.\n", stderr);
			return CTL_USAGE;
		}
	}
	if (optind == argc)
		return ctl_usage("which command?");
	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (!strcmp(argv[optind], commands[i].name))
			command = &commands[i];
	if (!command)
		return ctl_usage("there is no command '%s'", argv[optind]);
	if (given & ~command->has)
		return ctl_usage("'%s' has no option %s", command->name,
				 given & ~command->has & HAS_ALL   ? "--all" :
				 given & ~command->has & HAS_WATCH ? "--watch" :
				 given & ~command->has & HAS_COUNT ? "--count" :
								     "--wait");
	if (ctl.count && !(ctl.watch > 0))
		return ctl_usage("--count goes with --watch");
	if (command->run == ctl_regs && ctl_regs_offline(argc - optind - 1, argv + optind + 1)) {
		status = command->run(&ctl, argc - optind - 1, argv + optind + 1);
		goto out;
	}
	if (command->run == ctl_selftest && argc > optind + 1)
		ctl.uri = argv[optind + 1];
	if (!ctl.uri || !*ctl.uri)
		return ctl_usage("which device? Give -d vfio-user:PATH, or set SEKISHO_DEVICE");

	error = sekisho_open(ctl.uri, &open_options, &ctl.device);
	if (error)
		return open_error(ctl.uri, error);
	error = sekisho_identify(ctl.device, &ctl.identity);
	status = error ? ctl_error("%s", ctl_reason(error)) :
			 command->run(&ctl, argc - optind - 1, argv + optind + 1);
	sekisho_close(ctl.device);
out:
	if (fflush(stdout) || ferror(stdout))
		status = ctl_error("cannot write the output: %s", strerror(errno));
	return status;
}
