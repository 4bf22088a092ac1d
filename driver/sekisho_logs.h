/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef SEKISHO_LOGS_H
#define SEKISHO_LOGS_H

#include <rte_log.h>

/* Log types pmd.net.sekisho.init and pmd.net.sekisho.driver; levels by --log-level. */
extern int sekisho_logtype_init;
extern int sekisho_logtype_driver;

/* Probe, remove, device arguments. */
#define PMD_INIT_LOG(level, ...) SEKISHO_LOG(level, init, __VA_ARGS__)
/* Configuration and everything while the port runs; never in the burst functions. */
#define PMD_DRV_LOG(level, ...) SEKISHO_LOG(level, driver, __VA_ARGS__)

#define SEKISHO_LOG(level, type, format, ...) \
	rte_log(RTE_LOG_##level, sekisho_logtype_##type, "net_sekisho: " format "\n", ##__VA_ARGS__)

#endif
