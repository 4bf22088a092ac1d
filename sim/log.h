/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef SEKISHO_SIM_LOG_H
#define SEKISHO_SIM_LOG_H

/* Messages of the simulator, on stderr. */

enum log_level { LOG_NONE, LOG_ERROR, LOG_INFO, LOG_DEBUG };

extern enum log_level log_limit; /* what is printed */

void sim_log(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
