/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef SEKISHO_COMPAT_H
#define SEKISHO_COMPAT_H

/*
 * What differs between the DPDK releases that the driver builds on: 22.11, 24.11 and 25.11. The
 * release is known from RTE_VERSION alone; nothing has to be chosen by hand.
 */

#include <stdbool.h>
#include <string.h>

#include <rte_string_fns.h>
#include <rte_version.h>
#include <ethdev_driver.h>

/* 24.03: dev_supported_ptypes_get() tells the number of elements instead of ending the list. */
#if RTE_VERSION >= RTE_VERSION_NUM(24, 3, 0, 0)
#define SEKISHO_PTYPES_PARAMS struct rte_eth_dev *dev, size_t *no_of_elements
#define SEKISHO_PTYPES_COUNT(n) (*no_of_elements = (n))
#else
#define SEKISHO_PTYPES_PARAMS struct rte_eth_dev *dev
#define SEKISHO_PTYPES_COUNT(n) ((void)(n))
#endif

/* 25.11: per-queue statistics leave struct rte_eth_stats and come as an argument of their own. */
#if RTE_VERSION >= RTE_VERSION_NUM(25, 11, 0, 0)
#define SEKISHO_STATS_PARAMS \
	struct rte_eth_dev *dev, struct rte_eth_stats *stats, struct eth_queue_stats *queues
#define SEKISHO_QUEUE_STATS(stats, queues) (queues)
#else
#define SEKISHO_STATS_PARAMS struct rte_eth_dev *dev, struct rte_eth_stats *stats
#define SEKISHO_QUEUE_STATS(stats, queues) (stats)
#endif

/* 25.11: a queue's count of used descriptors may be an error. */
#if RTE_VERSION >= RTE_VERSION_NUM(25, 11, 0, 0)
#define SEKISHO_QUEUE_COUNT int
#else
#define SEKISHO_QUEUE_COUNT uint32_t
#endif

/* 24.11: a register dump may ask for names, and for a part of them. */
#if RTE_VERSION >= RTE_VERSION_NUM(24, 11, 0, 0)
#define SEKISHO_REGISTER_WANTED(info, register_name) \
	((info)->filter == NULL || strstr(register_name, (info)->filter) != NULL)
#define SEKISHO_REGISTER_NAME(info, at, register_name)                     \
	do {                                                               \
		if ((info)->names != NULL)                                 \
			rte_strscpy((info)->names[at].name, register_name, \
				    sizeof((info)->names[at].name));       \
	} while (0)
#else
#define SEKISHO_REGISTER_WANTED(info, register_name) true
#define SEKISHO_REGISTER_NAME(info, at, register_name) ((void)0)
#endif

/* 23.11: the mbuf's marker rearm_data is a plain 8-byte array. */
static inline uint64_t *sekisho_mbuf_rearm(struct rte_mbuf *mbuf)
{
	return (uint64_t *)(uintptr_t)&mbuf->data_off;
}

#endif
