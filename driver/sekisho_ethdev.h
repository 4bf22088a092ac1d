/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef SEKISHO_ETHDEV_H
#define SEKISHO_ETHDEV_H

/*
 * What the driver's files share. Everything of the card goes through libsekisho; the rings and the
 * doorbell page are the only memory that the driver and the card touch together.
 */

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include <rte_ether.h>
#include <rte_mbuf.h>
#include <rte_mempool.h>
#include <ethdev_driver.h>

#include <sekisho/sekisho.h>

#include "sekisho_compat.h"
#include "sekisho_layout.h"
#include "sekisho_logs.h"

#define SEKISHO_MAX_QUEUES 16
#define SEKISHO_MIN_RING 8
#define SEKISHO_RING_ALIGN 128
/* The largest buffer length that a receive descriptor can hold. */
#define SEKISHO_MAX_RX_BUFFER SEKISHO_RX_DESCRIPTOR_BUFFER_LENGTH_MASK
#define SEKISHO_MIN_RX_BUFFER 64
/* From an MTU to a frame without FCS: Ethernet header and two VLAN tags. */
#define SEKISHO_FRAME_OVERHEAD (RTE_ETHER_HDR_LEN + 2 * RTE_VLAN_HLEN)
#define SEKISHO_DEFAULT_RING 512
#define SEKISHO_BURST 32

/* Counters of a queue. Written by the queue's thread alone; resets are offsets taken elsewhere. */
struct __rte_cache_aligned sekisho_queue_stats {
	uint64_t packets;
	uint64_t bytes;
	uint64_t errors;
};

/* What the packet word's bits 23:16 (layer types and tag count) mean in an mbuf. */
struct sekisho_type_entry {
	uint32_t packet_type;
	uint32_t flags; /* the low half of ol_flags */
};
extern struct sekisho_type_entry sekisho_types[256];

struct sekisho_rx_queue {
	/* Data path, in the order of use. */
	struct sekisho_rx_completion *completions;
	struct rte_mbuf **mbufs; /* by descriptor index */
	uint32_t verdict_flags[16]; /* ol_flags by the packet word's bits 31:28 */
	uint64_t rearm; /* data_off, refcnt, nb_segs and port of a fresh mbuf */
	uint32_t rss_flag; /* RTE_MBUF_F_RX_RSS_HASH when that offload is on, else 0 */
	uint16_t head; /* completions consumed, free running */
	uint16_t tail; /* descriptors made ready, free running */
	uint16_t mask; /* ring size - 1 */
	uint16_t refill; /* descriptors filled at once; a power of two */
	uint16_t buffer_size;
	struct sekisho_rx_descriptor *ring;
	struct rte_mempool *pool;
	volatile uint32_t *doorbell;
	struct rte_eth_dev_data *data;
	struct sekisho_queue_stats *stats;

	/* Control path. */
	struct rte_eth_dev *dev;
	uint64_t offloads;
	uint32_t size;
	uint16_t id;
	bool deferred_start;
	const struct rte_memzone *ring_zone;
	const struct rte_memzone *completion_zone;
};

struct sekisho_tx_queue {
	/* Data path, in the order of use. */
	struct sekisho_tx_descriptor *ring;
	struct rte_mbuf **mbufs; /* by descriptor index */
	uint16_t tail; /* descriptors made ready, free running */
	uint16_t done; /* descriptors whose mbufs were freed, free running */
	uint16_t completed; /* completions consumed, free running */
	uint16_t mask; /* ring size - 1 */
	uint16_t free_threshold; /* mbufs in the ring from which completions are looked for */
	uint16_t max_length; /* longest frame */
	bool fast_free; /* every mbuf is of one pool and has one reference */
	volatile uint32_t *doorbell;
	struct sekisho_tx_completion *completions;
	struct sekisho_queue_stats *stats;

	/* Control path. */
	struct rte_eth_dev *dev;
	uint64_t offloads;
	uint32_t size;
	uint16_t id;
	bool deferred_start;
	const struct rte_memzone *ring_zone;
	const struct rte_memzone *completion_zone;
};

struct sekisho_dma_region {
	uint64_t iova;
	uint64_t size;
};

/* A function of a card, the port's dev_private. */
struct sekisho_adapter {
	struct sekisho_device *device;
	/* libsekisho serves one thread at a time; statistics and events come from others. */
	pthread_mutex_t lock;
	struct sekisho_identity identity;
	volatile uint32_t *doorbells;
	struct rte_eth_dev_data *data;
	bool drop_bad_checksum;
	bool removed; /* set once, by the removal handler */
	bool watching_removal;
	struct rte_intr_handle *intr_handle;

	/* DMA map (sekisho_dma.c) */
	bool dma_dynamic; /* memory can come and go: a callback is registered */
	struct sekisho_dma_region *regions;
	unsigned int region_count, region_capacity;
	char dma_callback[32];

	/* RSS (sekisho_rss.c): what the card has */
	uint64_t rss_hf;
	uint8_t rss_key[40];
	uint8_t rss_table[128];

	/* Statistics (sekisho_stats.c). The queues' own live here: a queue is set up anew often. */
	struct sekisho_queue_stats rx_stats[SEKISHO_MAX_QUEUES], rx_base[SEKISHO_MAX_QUEUES];
	struct sekisho_queue_stats tx_stats[SEKISHO_MAX_QUEUES], tx_base[SEKISHO_MAX_QUEUES];
	uint64_t missed_base, rx_error_base; /* at the last reset */
	uint64_t missed_last, rx_error_last; /* as last read, for a card that is gone */
	unsigned int counter_count;
	struct sekisho_counter *counters;
	uint64_t *counter_base;
	uint64_t *counter_last;
};

static inline struct sekisho_adapter *sekisho_adapter(const struct rte_eth_dev *dev)
{
	return dev->data->dev_private;
}

static inline void sekisho_lock(struct sekisho_adapter *adapter)
{
	pthread_mutex_lock(&adapter->lock);
}

static inline void sekisho_unlock(struct sekisho_adapter *adapter)
{
	pthread_mutex_unlock(&adapter->lock);
}

static inline bool sekisho_adapter_removed(const struct sekisho_adapter *adapter)
{
	return __atomic_load_n(&adapter->removed, __ATOMIC_ACQUIRE);
}

/* sekisho_ethdev.c: the probe that every bus front calls. */

#define SEKISHO_URI_SIZE 256

struct sekisho_probe_params {
	/*
	 * A device that the bus front has opened, or NULL: then uri is opened. One that libsekisho
	 * does no DMA maps for (-ENOTSUP) has all of DPDK's memory mapped by its bus. It belongs to
	 * the probe from the call on, whatever that returns.
	 */
	struct sekisho_device *device;
	char uri[SEKISHO_URI_SIZE]; /* as sekisho_open() takes it; with device set, its name */
	bool drop_bad_checksum;
};

/* sekisho_devargs.c */

#define SEKISHO_ARG_DEVICE "device"
#define SEKISHO_ARG_DROP_BAD_CHECKSUM "drop_bad_checksum"
#define SEKISHO_ARGUMENTS SEKISHO_ARG_DEVICE "=<uri> " SEKISHO_ARG_DROP_BAD_CHECKSUM "=<0|1>"

/**
 * Makes device arguments into probe parameters; what is not named stays as it is.
 *
 * @param name the device's, for messages.
 * @param text "key=value,key=value", NULL for none.
 * @return 0 on success, -EINVAL after a message otherwise.
 */
int sekisho_parse_arguments(const char *name, const char *text,
			    struct sekisho_probe_params *params);

/**
 * Opens the card's function behind an allocated port and fills the port.
 *
 * @param dev a port whose dev_private is a zeroed struct sekisho_adapter.
 * @param params what the bus front found out.
 * @return 0 on success, a negative errno value otherwise; nothing is left behind then.
 */
int sekisho_ethdev_probe(struct rte_eth_dev *dev, const struct sekisho_probe_params *params);

/** Hands a message of libsekisho to DPDK's log: the log of struct sekisho_open_options. */
void sekisho_library_log(void *context, enum sekisho_log_level level, const char *message);

/** Stops and closes the port: the dev_close operation. */
int sekisho_dev_close(struct rte_eth_dev *dev);

/* sekisho_dma.c */

/** Gives the card access to all of DPDK's memory, now and as it changes. */
int sekisho_dma_init(struct sekisho_adapter *adapter);
void sekisho_dma_fini(struct sekisho_adapter *adapter);

/* sekisho_rx.c */

void sekisho_rx_init_types(void);
int sekisho_rx_queue_setup(struct rte_eth_dev *dev, uint16_t id, uint16_t size, unsigned int socket,
			   const struct rte_eth_rxconf *config, struct rte_mempool *pool);
void sekisho_rx_queue_release(struct rte_eth_dev *dev, uint16_t id);
int sekisho_rx_queue_run(struct rte_eth_dev *dev, uint16_t id);
int sekisho_rx_queue_halt(struct rte_eth_dev *dev, uint16_t id);
void sekisho_rxq_info_get(struct rte_eth_dev *dev, uint16_t id, struct rte_eth_rxq_info *info);
int sekisho_rx_burst_mode_get(struct rte_eth_dev *dev, uint16_t id,
			      struct rte_eth_burst_mode *mode);
uint32_t sekisho_rx_queue_count(void *queue);
int sekisho_rx_descriptor_status(void *queue, uint16_t offset);
uint16_t sekisho_rx_burst(void *queue, struct rte_mbuf **mbufs, uint16_t count);

/** Checks that a frame of that many bytes fits the buffers of every configured receive queue. */
int sekisho_rx_check_frame(struct rte_eth_dev *dev, uint32_t frame);

/* sekisho_tx.c */

int sekisho_tx_queue_setup(struct rte_eth_dev *dev, uint16_t id, uint16_t size, unsigned int socket,
			   const struct rte_eth_txconf *config);
void sekisho_tx_queue_release(struct rte_eth_dev *dev, uint16_t id);
int sekisho_tx_queue_run(struct rte_eth_dev *dev, uint16_t id);
int sekisho_tx_queue_halt(struct rte_eth_dev *dev, uint16_t id);
void sekisho_txq_info_get(struct rte_eth_dev *dev, uint16_t id, struct rte_eth_txq_info *info);
int sekisho_tx_burst_mode_get(struct rte_eth_dev *dev, uint16_t id,
			      struct rte_eth_burst_mode *mode);
int sekisho_tx_descriptor_status(void *queue, uint16_t offset);
int sekisho_tx_done_cleanup(void *queue, uint32_t count);
uint16_t sekisho_tx_burst(void *queue, struct rte_mbuf **mbufs, uint16_t count);
uint16_t sekisho_tx_prepare(void *queue, struct rte_mbuf **mbufs, uint16_t count);

/* sekisho_stats.c */

int sekisho_stats_init(struct sekisho_adapter *adapter);
void sekisho_stats_fini(struct sekisho_adapter *adapter);
int sekisho_stats_get(SEKISHO_STATS_PARAMS);
int sekisho_stats_reset(struct rte_eth_dev *dev);
int sekisho_xstats_get(struct rte_eth_dev *dev, struct rte_eth_xstat *stats, unsigned int count);
int sekisho_xstats_get_names(struct rte_eth_dev *dev, struct rte_eth_xstat_name *names,
			     unsigned int count);
int sekisho_xstats_get_by_id(struct rte_eth_dev *dev, const uint64_t *ids, uint64_t *values,
			     unsigned int count);
int sekisho_xstats_get_names_by_id(struct rte_eth_dev *dev, const uint64_t *ids,
				   struct rte_eth_xstat_name *names, unsigned int count);
int sekisho_xstats_reset(struct rte_eth_dev *dev);

/* sekisho_rss.c */

#define SEKISHO_RSS_HF                                                                    \
	(RTE_ETH_RSS_IPV4 | RTE_ETH_RSS_NONFRAG_IPV4_TCP | RTE_ETH_RSS_NONFRAG_IPV4_UDP | \
	 RTE_ETH_RSS_IPV6 | RTE_ETH_RSS_NONFRAG_IPV6_TCP | RTE_ETH_RSS_NONFRAG_IPV6_UDP)

/** Sets up hash types, key and table as the port is configured. */
int sekisho_rss_configure(struct rte_eth_dev *dev);
/** Writes what sekisho_rss_configure() and the updates chose to the card. */
int sekisho_rss_apply(struct rte_eth_dev *dev);
int sekisho_rss_hash_update(struct rte_eth_dev *dev, struct rte_eth_rss_conf *config);
int sekisho_rss_hash_conf_get(struct rte_eth_dev *dev, struct rte_eth_rss_conf *config);
int sekisho_reta_update(struct rte_eth_dev *dev, struct rte_eth_rss_reta_entry64 *reta,
			uint16_t size);
int sekisho_reta_query(struct rte_eth_dev *dev, struct rte_eth_rss_reta_entry64 *reta,
		       uint16_t size);

#endif
