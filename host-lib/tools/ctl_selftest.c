/* SPDX-License-Identifier: BSD-3-Clause */

/* sekishoctl selftest: the card's rings, registers and interrupts, without any other software. */

#include <errno.h>

#include "ctl.h"

struct output {
	bool json, first;
	unsigned int passed, failed, skipped;
};

static void show(void *context, const struct sekisho_test_step *step)
{
	static const char *const results[] = { "passed", "failed", "skipped" };
	struct output *output = context;

	output->passed += step->result == SEKISHO_TEST_PASSED;
	output->failed += step->result == SEKISHO_TEST_FAILED;
	output->skipped += step->result == SEKISHO_TEST_SKIPPED;
	if (output->json) {
		json_separator(&output->first);
		fputs("{\"step\": ", stdout);
		json_string(step->name);
		printf(", \"result\": \"%s\", \"detail\": ", results[step->result]);
		json_string(step->detail);
		putchar('}');
	} else {
		printf("%-8s %s%s%s\n", results[step->result], step->name,
		       *step->detail ? ": " : "", step->detail);
		fflush(stdout);
	}
}

int ctl_selftest(struct ctl *ctl, int argc, char **argv)
{
	struct output output = { .json = ctl->json, .first = true };
	int error;

	(void)argv;
	/* The argument, if any, is the function, which is open by now. */
	if (argc > 1)
		return ctl_usage("'selftest' takes one function");
	if (ctl->json)
		fputs("{\"steps\": [", stdout);
	error = sekisho_self_test(ctl->device, show, &output);
	if (ctl->json)
		printf("], \"ok\": %s}\n", error ? "false" : "true");
	if (error == -ENOTSUP)
		return ctl_error("'selftest' needs a network function");
	if (error == -EBUSY)
		return ctl_error("the function's queues run: stop who uses it first");
	if (error)
		return ctl_error("%s: %u passed, %u failed, %u skipped",
				 error == -EIO ? "the self-test fails" : ctl_reason(error),
				 output.passed, output.failed, output.skipped);
	return CTL_OK;
}
