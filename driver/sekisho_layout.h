/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef SEKISHO_LAYOUT_H
#define SEKISHO_LAYOUT_H

/*
 * The few places in a function's window that the driver names itself, made from the generated
 * register map. No number of the map is written in the driver.
 */

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include <sekisho/registers.h>

/* Word of the doorbell page that holds a queue's tail; the page starts with receive queue 0. */
#define SEKISHO_DOORBELL_PAGE SEKISHO_NETWORK_RX_DOORBELL_TAIL(0)
#define SEKISHO_RX_TAIL_WORD(queue) \
	((SEKISHO_NETWORK_RX_DOORBELL_TAIL(queue) - SEKISHO_DOORBELL_PAGE) / 4)
#define SEKISHO_TX_TAIL_WORD(queue) \
	((SEKISHO_NETWORK_TX_DOORBELL_TAIL(queue) - SEKISHO_DOORBELL_PAGE) / 4)
#define SEKISHO_RX_ARM_WORD(queue) \
	((SEKISHO_NETWORK_RX_DOORBELL_ARM(queue) - SEKISHO_DOORBELL_PAGE) / 4)
static_assert((SEKISHO_DOORBELL_PAGE & 0xfff) == 0, "the doorbells have a page of their own");

/* Window offsets of counters of frames, by what became of them. */
#define SEKISHO_RX_QUEUE_RESULTS                                                \
	(sizeof(((struct sekisho_network_registers *)0)->rx_queue_statistics) / \
	 sizeof(struct sekisho_counter_registers) / SEKISHO_RX_QUEUES)
#define SEKISHO_RX_QUEUE_COUNTER(queue, result)                                           \
	SEKISHO_NETWORK_RX_QUEUE_STATISTICS_PACKETS_LO((queue)*SEKISHO_RX_QUEUE_RESULTS + \
						       SEKISHO_RX_QUEUE_RESULT_##result)
#define SEKISHO_DELIVER_COUNTER(result) \
	SEKISHO_NETWORK_DELIVER_STATISTICS_PACKETS_LO(SEKISHO_DELIVER_RESULT_##result)

#define SEKISHO_RSS_TABLE_SIZE \
	(sizeof(((struct sekisho_network_registers *)0)->rss_table) / sizeof(uint32_t))
#define SEKISHO_RSS_KEY_SIZE sizeof(((struct sekisho_network_registers *)0)->rss_key)

#endif
