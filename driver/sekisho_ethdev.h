/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef SEKISHO_ETHDEV_H
#define SEKISHO_ETHDEV_H

/*
 * What the driver's files share. Everything of the card goes through libsekisho; the rings and the
 * doorbell page are the only memory that the driver and the card touch together.
 */

#include <errno.h>
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

/* Flow rules of the application; those of groups to which no rule jumps take no place in the card. */
#define SEKISHO_MAX_FLOWS 32
#define SEKISHO_MAX_IDLE 0xffffff /* seconds that rte_flow can tell */
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
/* Segments of a frame to send, at most; and of one received, more than the longest frame can have. */
#define SEKISHO_MAX_TX_SEGMENTS 64
#define SEKISHO_MAX_RX_SEGMENTS 256
/* Frames that a transmit queue can hold as copies at a time. */
#define SEKISHO_TX_COPIES 64

/*
 * Tells whether a queue's thread is inside a burst function, and keeps it out. The thread's side is
 * two plain stores and a load; membarrier() on the other side makes them as good as full fences.
 */
struct sekisho_gate {
	bool busy; /* the queue's thread is inside; written by it alone */
	bool closed; /* no burst may touch the queue */
};

/* False: the gate is closed. sekisho_gate_leave() follows in any case. */
static inline bool sekisho_gate_enter(struct sekisho_gate *gate)
{
	__atomic_store_n(&gate->busy, true, __ATOMIC_RELAXED);
	__atomic_signal_fence(__ATOMIC_SEQ_CST); /* pairs with membarrier() */
	return !__atomic_load_n(&gate->closed, __ATOMIC_ACQUIRE);
}

static inline void sekisho_gate_leave(struct sekisho_gate *gate)
{
	/* Pairs with sekisho_gate_close(): what the burst did is done when this is seen. */
	__atomic_store_n(&gate->busy, false, __ATOMIC_RELEASE);
}

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
	struct sekisho_gate gate;
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

	/* Data path of sekisho_rx_burst_full() alone. */
	struct rte_mbuf *first, *last; /* the frame whose end has not come yet */
	bool spoilt; /* a piece of it had an error: the rest of it is dropped */
	bool strip; /* takes the outermost VLAN tag off */
	int timestamp_offset, evidence_offset; /* in the mbuf; below 0: not wanted */
	uint64_t timestamp_flag, evidence_flag;
	const uint64_t *clock; /* the adapter's */
	uint32_t audit_interval, audit_left; /* 0: no audit */
	uint8_t *audit_frame; /* room for a frame in pieces */

	/* Control path. */
	struct rte_eth_dev *dev;
	uint64_t offloads;
	uint32_t size;
	uint16_t id;
	bool deferred_start;
	bool armed; /* an interrupt is wanted */
	uint32_t request; /* the arm doorbell's request bit */
	const struct rte_memzone *ring_zone;
	const struct rte_memzone *completion_zone;
};

struct sekisho_tx_queue {
	/* Data path, in the order of use. */
	struct sekisho_gate gate;
	struct sekisho_tx_descriptor *ring;
	struct rte_mbuf **mbufs; /* by descriptor index */
	uint16_t tail; /* descriptors made ready, free running */
	uint16_t done; /* descriptors whose mbufs were freed, free running */
	uint16_t completed; /* completions consumed, free running */
	uint16_t mask; /* ring size - 1 */
	uint16_t free_threshold; /* mbufs in the ring from which completions are looked for */
	uint16_t max_length; /* longest frame */
	bool fast_free; /* every mbuf is of one pool and has one reference */
	uint64_t not_plain; /* flags of a packet that one descriptor alone does not serve */
	volatile uint32_t *doorbell;
	struct sekisho_tx_completion *completions;
	struct sekisho_queue_stats *stats;
	uint64_t refused; /* flags of a packet that is dropped */
	struct rte_mempool *copies; /* for frames that are not in one piece; NULL: none is taken */

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
	bool stale; /* its memory went, and the card has not said that it let go */
};

#define SEKISHO_URI_SIZE 256

/* When a card goes away: look for it again, or tell the application that it is removed. */
enum sekisho_recovery_mode {
	SEKISHO_RECOVERY_AUTO, /* look for it unless the application asks for removal events */
	SEKISHO_RECOVERY_OFF,
	SEKISHO_RECOVERY_ON,
};

struct sekisho_probe_params {
	/*
	 * A device that the bus front has opened, or NULL: then uri is opened. One that libsekisho
	 * does no DMA maps for (-ENOTSUP) has all of DPDK's memory mapped by its bus. It belongs to
	 * the probe from the call on, whatever that returns.
	 */
	struct sekisho_device *device;
	struct rte_intr_handle *bus_handle; /* of a bus with a vector for each queue, or NULL */
	char uri[SEKISHO_URI_SIZE]; /* as sekisho_open() takes it; with device set, its name */
	bool drop_bad_checksum;
	enum sekisho_recovery_mode recovery;
	bool evidence;
	uint32_t audit_interval; /* one packet in so many is recomputed; 0: none */
};

enum sekisho_state {
	SEKISHO_PRESENT,
	SEKISHO_RECOVERING, /* it went away, and is looked for */
	SEKISHO_GONE,
};

/* What an address filter of the card is used for. */
enum sekisho_filter_use { SEKISHO_FILTER_FREE, SEKISHO_FILTER_ADDRESS, SEKISHO_FILTER_MULTICAST };

struct sekisho_filter {
	enum sekisho_filter_use use;
	struct rte_ether_addr address;
};

/* Profiles, policies and meters as the application has made them; a meter's place is its number in the card. */
#define SEKISHO_MAX_METER_PROFILES 32

struct sekisho_meter_profile {
	bool used, packets; /* packets: not bytes are counted */
	uint32_t id, rate, burst; /* as the card has them */
};

struct sekisho_meter_policy {
	bool used;
	uint32_t id;
};

struct sekisho_meter {
	bool used, shared, enabled;
	uint32_t id;
	const struct sekisho_meter_profile *profile;
	const struct sekisho_meter_policy *policy;
};

/* A flow rule of the application. */
struct rte_flow {
	bool used, counts;
	uint32_t group, jump; /* jump: the group where it leads, 0: none */
	struct sekisho_flow_rule rule;
	const struct sekisho_meter *meter; /* NULL: none */
	uint64_t packets, bytes; /* counted since the last reset of the count */
	/* Ageing */
	uint32_t timeout; /* seconds, 0: the rule does not age */
	void *context;
	uint64_t hits, hits_seen, last_hit; /* packets in all, at the last look, timer cycles */
	bool aged;
};

/* A place of the card's table of rules, as the card has it or must have it again. */
struct sekisho_flow_place {
	/* A rule alone, one where a jump leads, or a jump: frames for which none of its group holds. */
	struct rte_flow *jump, *rule;
	uint64_t packets, bytes; /* the card's counters when last looked at */
	struct sekisho_flow_rule content;
};

/* What audits found, by queue: each is written by the queue's thread alone. */
struct __rte_cache_aligned sekisho_audit_stats {
	uint64_t packets, disagreements;
};

/* The driver's own extended statistics, after those of the card. */
enum sekisho_own_counter {
	SEKISHO_AUDIT_PACKETS,
	SEKISHO_AUDIT_DISAGREEMENTS,
	SEKISHO_TX_COPIED,
	SEKISHO_RECOVERIES,
	SEKISHO_OWN_COUNTERS,
};

/*
 * A function of a card, the port's dev_private.
 *
 * Locks, in the order of taking: control (what changes the port as a whole, recursive); DPDK's own
 * memory lock; lock (calls of libsekisho and which device it is).
 */
struct sekisho_adapter {
	struct sekisho_device *device;
	pthread_mutex_t control, lock;
	struct sekisho_identity identity;
	volatile uint32_t *doorbells;
	struct rte_eth_dev_data *data;
	char uri[SEKISHO_URI_SIZE];
	bool drop_bad_checksum, evidence;
	uint32_t audit_interval;

	/* Removal and recovery (sekisho_recovery.c) */
	enum sekisho_state state;
	enum sekisho_recovery_mode recovery;
	bool can_reopen; /* the driver opened it, and can do so again */
	unsigned int recovery_delay; /* microseconds to the next attempt */
	uint64_t recoveries;

	/* Interrupts (sekisho_intr.c) */
	struct rte_intr_handle *bus_handle; /* of a bus that interrupts by itself, or NULL */
	struct rte_intr_handle *removal_handle, *event_handle, *rx_handle;
	bool watching_removal, watching_events;
	int event_fd;
	unsigned int rx_fd_count;
	int rx_fds[SEKISHO_MAX_QUEUES];

	/* DMA map (sekisho_dma.c) */
	bool dma_dynamic; /* memory can come and go: a callback is registered */
	struct sekisho_dma_region *regions;
	unsigned int region_count, region_capacity;
	char dma_callback[32];

	/* Filters (sekisho_filter.c): what the card has, or must have again */
	struct sekisho_filter filters[SEKISHO_MAC_FILTERS];

	/* Flow rules (sekisho_flow.c, sekisho_flow_table.c, sekisho_flow_age.c) */
	struct rte_flow flows[SEKISHO_MAX_FLOWS];
	struct sekisho_flow_place flow_places[SEKISHO_FLOW_RULES];
	char flow_message[128]; /* of the last refusal for want of places */
	_Atomic bool age_runs; /* an alarm looks for rules that age; it may end without the lock */
	bool age_new, age_told; /* one has since the application asked; it was told to ask */

	/* Meters (sekisho_meter.c) */
	struct sekisho_meter_profile meter_profiles[SEKISHO_MAX_METER_PROFILES];
	struct sekisho_meter_policy meter_policies[SEKISHO_MAX_METER_PROFILES];
	struct sekisho_meter meters[SEKISHO_FLOW_RULES];

	/* RSS (sekisho_rss.c): what the card has */
	uint64_t rss_hf;
	uint8_t rss_key[40];
	uint8_t rss_table[128];

	/* The card's microseconds in 64 bits, as last looked at (sekisho_clock.c). */
	uint64_t clock;
	bool clock_runs;

	/* Evidence and timestamps: where in the mbuf; below 0: not asked for up to now */
	int timestamp_offset, evidence_offset;
	uint64_t timestamp_flag, evidence_flag;

	/* Statistics (sekisho_stats.c). The queues' own live here: a queue is set up anew often. */
	struct sekisho_queue_stats rx_stats[SEKISHO_MAX_QUEUES], rx_base[SEKISHO_MAX_QUEUES];
	struct sekisho_queue_stats tx_stats[SEKISHO_MAX_QUEUES], tx_base[SEKISHO_MAX_QUEUES];
	struct sekisho_audit_stats audit_stats[SEKISHO_MAX_QUEUES];
	uint64_t tx_copied[SEKISHO_MAX_QUEUES];
	bool audit_told; /* the first disagreement has been logged */
	uint64_t missed_base, rx_error_base; /* at the last reset */
	uint64_t missed_last, rx_error_last; /* as last read, for a card that is gone */
	unsigned int counter_count; /* of the card */
	struct sekisho_counter *counters;
	uint64_t *counter_base; /* the card's and the driver's own */
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

static inline enum sekisho_state sekisho_adapter_state(const struct sekisho_adapter *adapter)
{
	return __atomic_load_n(&adapter->state, __ATOMIC_ACQUIRE);
}

/**
 * Begins an operation that changes the port or the card; sekisho_control_end() ends it.
 *
 * @return 0; -EBUSY while the card is looked for, -ENODEV when it is gone: nothing has begun then.
 */
int sekisho_control_begin(struct rte_eth_dev *dev);
void sekisho_control_end(struct rte_eth_dev *dev);

/* sekisho_ethdev.c: the probe that every bus front calls. */

/* sekisho_devargs.c */

#define SEKISHO_ARG_DEVICE "device"
#define SEKISHO_ARG_DROP_BAD_CHECKSUM "drop_bad_checksum"
#define SEKISHO_ARG_RECOVERY "recovery"
#define SEKISHO_ARG_EVIDENCE "evidence"
#define SEKISHO_ARG_AUDIT "audit"
#define SEKISHO_ARGUMENTS                                                                         \
	SEKISHO_ARG_DEVICE "=<uri> " SEKISHO_ARG_DROP_BAD_CHECKSUM "=<0|1> " SEKISHO_ARG_RECOVERY \
			   "=<0|1> " SEKISHO_ARG_EVIDENCE "=<0|1> " SEKISHO_ARG_AUDIT "=<N>"

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

/** Opens the card: device, or uri where that is NULL. Sets what depends on the device alone. */
int sekisho_open_card(struct sekisho_adapter *adapter, struct sekisho_device *device,
		      const char *uri, struct sekisho_device **result,
		      struct sekisho_identity *identity);

/** Writes all settings of the port to a card that has just been reset; queues stay stopped. */
int sekisho_restore_settings(struct rte_eth_dev *dev);
/** Enables the card's receiver and transmitter. */
int sekisho_enable_traffic(struct rte_eth_dev *dev);
/** Lets the application's bursts reach the queues, with the functions that the offloads need. */
void sekisho_enable_bursts(struct rte_eth_dev *dev);
/** Bursts find nothing and take nothing from now on. */
void sekisho_disable_bursts(struct rte_eth_dev *dev);
/** sekisho_control() under the adapter's lock. */
int sekisho_control_bits(struct rte_eth_dev *dev, uint32_t set, uint32_t clear);
int sekisho_link_update(struct rte_eth_dev *dev, int wait_to_complete);
/** Reads the link; tells an application that listens when it has changed. */
void sekisho_link_check(struct rte_eth_dev *dev);

/* sekisho_recovery.c */

/** False when the kernel lacks what recovery needs. */
bool sekisho_gate_init(void);
/** Keeps bursts out; returns when none is inside any more. False: one has not come out in 10 s. */
bool sekisho_gate_close(struct sekisho_gate *gate);
void sekisho_gate_open(struct sekisho_gate *gate);
/** The removal was seen: in EAL's interrupt thread. */
void sekisho_card_lost(struct rte_eth_dev *dev);
void sekisho_recovery_cancel(struct rte_eth_dev *dev);
bool sekisho_will_recover(const struct rte_eth_dev *dev);
/** The dev_reset operation: a card that is gone is opened again, the port is as after its probe. */
int sekisho_dev_reset(struct rte_eth_dev *dev);

/* sekisho_intr.c */

/* MSI-X vectors, as EAL has them: the events, the receive queues, the transmit queues. */
#define SEKISHO_EVENT_VECTOR RTE_INTR_VEC_ZERO_OFFSET
#define SEKISHO_QUEUE_VECTOR RTE_INTR_VEC_RXTX_OFFSET

int sekisho_removal_watch(struct rte_eth_dev *dev);
void sekisho_removal_unwatch(struct rte_eth_dev *dev);
int sekisho_events_init(struct rte_eth_dev *dev);
void sekisho_events_fini(struct rte_eth_dev *dev);
/** Connects all interrupts to a card that does not know them yet. */
int sekisho_vectors_connect(struct rte_eth_dev *dev);
/** Makes the receive interrupts that the configuration asks for. */
int sekisho_rx_intr_setup(struct rte_eth_dev *dev);
void sekisho_rx_intr_release(struct sekisho_adapter *adapter);
int sekisho_rx_intr_enable(struct rte_eth_dev *dev, uint16_t id);
int sekisho_rx_intr_disable(struct rte_eth_dev *dev, uint16_t id);
/** After a recovery: who sleeps looks again. */
void sekisho_rx_intr_wake(struct rte_eth_dev *dev);

/* sekisho_clock.c: the unit is a microsecond */

int sekisho_read_clock(struct rte_eth_dev *dev, uint64_t *clock);
/** Keeps the 64-bit count going, for receive queues with timestamps. */
int sekisho_clock_start(struct rte_eth_dev *dev);
void sekisho_clock_stop(struct rte_eth_dev *dev);

/* sekisho_filter.c */

int sekisho_promiscuous_enable(struct rte_eth_dev *dev);
int sekisho_promiscuous_disable(struct rte_eth_dev *dev);
int sekisho_allmulticast_enable(struct rte_eth_dev *dev);
int sekisho_allmulticast_disable(struct rte_eth_dev *dev);
int sekisho_mac_addr_set(struct rte_eth_dev *dev, struct rte_ether_addr *address);
int sekisho_mac_addr_add(struct rte_eth_dev *dev, struct rte_ether_addr *address, uint32_t index,
			 uint32_t pool);
void sekisho_mac_addr_remove(struct rte_eth_dev *dev, uint32_t index);
int sekisho_mc_addr_list(struct rte_eth_dev *dev, struct rte_ether_addr *list, uint32_t count);
/** Writes station address and filters to the card. */
int sekisho_filters_apply(struct rte_eth_dev *dev);
int sekisho_vlan_offload_set(struct rte_eth_dev *dev, int mask);
void sekisho_vlan_strip_queue_set(struct rte_eth_dev *dev, uint16_t id, int on);

/* sekisho_flow.c */

int sekisho_flow_ops_get(struct rte_eth_dev *dev, const struct rte_flow_ops **ops);
int sekisho_rx_metadata_negotiate(struct rte_eth_dev *dev, uint64_t *features);
/** Takes all rules away; called within the control lock, in every state of the card. */
int sekisho_flows_clear(struct rte_eth_dev *dev);
/** Checks that the queues are there to which rules give frames. */
int sekisho_flows_check_queues(const struct rte_eth_dev *dev);

/*
 * sekisho_flow_pattern.c: writes the key's value and mask into the rule. Returns 0, or a negative errno
 * with the error set. Keeps nothing of the items.
 */
int sekisho_flow_parse_pattern(const struct rte_flow_item *item, struct sekisho_flow_rule *rule,
			       struct rte_flow_error *error);

/*
 * sekisho_flow_action.c: writes into a rule that has its group and its pattern what it does, for the port
 * as it is configured now. Returns likewise; keeps the context of age.
 */
int sekisho_flow_parse_actions(struct rte_eth_dev *dev, const struct rte_flow_action *actions,
			       struct rte_flow *flow, struct rte_flow_error *error);

/* sekisho_flow_table.c; called within the control lock */

/**
 * Makes the card's table what the rules say. needed: the places that takes; -ENOSPC, with nothing
 * changed, when the card has fewer. After another error a part may be changed: call it again.
 */
int sekisho_flow_table_update(struct sekisho_adapter *adapter, unsigned int *needed);
/** Adds what the card has counted to the rules. */
int sekisho_flow_table_count(struct sekisho_adapter *adapter);
/** Writes the rules to a card that has none. */
int sekisho_flows_apply(struct rte_eth_dev *dev);
/** The card has lost its rules, and does not get them again. */
void sekisho_flows_forget(struct sekisho_adapter *adapter);

/* sekisho_flow_age.c; called within the control lock, but for sekisho_flow_age_stop() */

/** Looks which rules have aged. */
void sekisho_flows_age(struct sekisho_adapter *adapter);
/** Since the last look at which the rule had met a frame. */
uint32_t sekisho_flow_idle_seconds(const struct rte_flow *flow);
/** Looks for aged rules from now on, until there are none that can age. A negative errno after a message. */
int sekisho_flow_age_start(struct rte_eth_dev *dev);
void sekisho_flow_age_stop(struct rte_eth_dev *dev);

/* sekisho_meter.c */

int sekisho_meter_ops_get(struct rte_eth_dev *dev, void *ops);
/** Gives a rule the meter of this name; the reason when it cannot have it, else NULL. Called within the control lock. */
const char *sekisho_meter_use(struct sekisho_adapter *adapter, uint32_t id, struct rte_flow *flow);
/** Writes the meters to a card that has none. */
int sekisho_meters_apply(struct sekisho_adapter *adapter);
/** The application makes its meters anew. */
void sekisho_meters_forget(struct sekisho_adapter *adapter);

/* sekisho_dma.c */

/** Gives the card access to all of DPDK's memory, now and as it changes. */
int sekisho_dma_init(struct sekisho_adapter *adapter);
void sekisho_dma_fini(struct sekisho_adapter *adapter);
/** The same for a card that took the place of another; fresh: it has nothing of it yet. */
int sekisho_dma_again(struct sekisho_adapter *adapter, bool fresh);

/* sekisho_rx.c */

void sekisho_rx_init_types(void);
int sekisho_rx_queue_setup(struct rte_eth_dev *dev, uint16_t id, uint16_t size, unsigned int socket,
			   const struct rte_eth_rxconf *config, struct rte_mempool *pool);
void sekisho_rx_queue_release(struct rte_eth_dev *dev, uint16_t id);
int sekisho_rx_queue_run(struct rte_eth_dev *dev, uint16_t id);
int sekisho_rx_queue_halt(struct rte_eth_dev *dev, uint16_t id);
/** Starts a queue of a card that took the place of another, with the mbufs it has; gate closed. */
int sekisho_rx_queue_again(struct rte_eth_dev *dev, uint16_t id);
void sekisho_rxq_info_get(struct rte_eth_dev *dev, uint16_t id, struct rte_eth_rxq_info *info);
int sekisho_rx_burst_mode_get(struct rte_eth_dev *dev, uint16_t id,
			      struct rte_eth_burst_mode *mode);
SEKISHO_QUEUE_COUNT sekisho_rx_queue_count(void *queue);
int sekisho_rx_descriptor_status(void *queue, uint16_t offset);
/** One buffer a frame, no VLAN stripping, timestamps, evidence or audit: the fast one. */
uint16_t sekisho_rx_burst(void *queue, struct rte_mbuf **mbufs, uint16_t count);
/** Everything. */
uint16_t sekisho_rx_burst_full(void *queue, struct rte_mbuf **mbufs, uint16_t count);
bool sekisho_rx_needs_full(const struct rte_eth_dev *dev);

/** True when a frame of that many bytes does not fit every receive queue's buffers. */
bool sekisho_rx_needs_scatter(const struct rte_eth_dev *dev, uint32_t frame);
/** Checks that frames of that many bytes can be received as the port is configured. */
int sekisho_rx_check_frame(struct rte_eth_dev *dev, uint32_t frame);

/* sekisho_tx.c */

int sekisho_tx_queue_setup(struct rte_eth_dev *dev, uint16_t id, uint16_t size, unsigned int socket,
			   const struct rte_eth_txconf *config);
void sekisho_tx_queue_release(struct rte_eth_dev *dev, uint16_t id);
int sekisho_tx_queue_run(struct rte_eth_dev *dev, uint16_t id);
int sekisho_tx_queue_halt(struct rte_eth_dev *dev, uint16_t id);
/** Starts a queue of a card that took the place of another; frees its mbufs; gate closed. */
int sekisho_tx_queue_again(struct rte_eth_dev *dev, uint16_t id);
void sekisho_txq_info_get(struct rte_eth_dev *dev, uint16_t id, struct rte_eth_txq_info *info);
int sekisho_tx_burst_mode_get(struct rte_eth_dev *dev, uint16_t id,
			      struct rte_eth_burst_mode *mode);
int sekisho_tx_descriptor_status(void *queue, uint16_t offset);
int sekisho_tx_done_cleanup(void *queue, uint32_t count);
uint16_t sekisho_tx_burst(void *queue, struct rte_mbuf **mbufs, uint16_t count);
uint16_t sekisho_tx_prepare(void *queue, struct rte_mbuf **mbufs, uint16_t count);
/* Inserts what the mbuf asks for and takes the wish away: 0, or -EINVAL for impossible lengths. */
int sekisho_tx_insert_checksums(struct rte_mbuf *mbuf);

/* sekisho_stats.c */

int sekisho_stats_init(struct sekisho_adapter *adapter);
void sekisho_stats_fini(struct sekisho_adapter *adapter);
/** A card took the place of another, with counters of its own: the port's go on. */
void sekisho_stats_again(struct sekisho_adapter *adapter);
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
