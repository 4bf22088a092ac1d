/* SPDX-License-Identifier: BSD-3-Clause */
/* Messages of the simulator, on stderr. */

#include <stdarg.h>
#include <stdio.h>

#include "log.h"

enum log_level log_limit = LOG_INFO;

void sim_log(enum log_level level, const char *format, ...)
{
	va_list arguments;

	if (level > log_limit)
		return;
	fputs("sekisho-sim: ", stderr);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
}
