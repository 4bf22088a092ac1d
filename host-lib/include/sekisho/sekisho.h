/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef SEKISHO_SEKISHO_H
#define SEKISHO_SEKISHO_H

/*
 * libsekisho: the host's side of a Sekisho function.
 *
 * Every function returns 0 or a negative errno value unless its comment says otherwise. There is no
 * global state and nothing is printed: messages go to the log callback. A lock in the device makes
 * its calls safe from several threads at once; only sekisho_close() must be the last and alone. The
 * mapped doorbells have no lock: each belongs to its queue's thread. Once the device has gone every
 * call that needs it returns -ENODEV at once.
 * Register offsets and layouts are in <sekisho/registers.h>, generated from rtl/csr/sekisho.rdl.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Which PCI functions are Sekisho. */
#define SEKISHO_PCI_VENDOR 0x1234
#define SEKISHO_PCI_DEVICE_NETWORK 0x5345
#define SEKISHO_PCI_DEVICE_MANAGEMENT 0x5346

struct sekisho_device;

enum sekisho_log_level {
	SEKISHO_LOG_ERROR,
	SEKISHO_LOG_WARNING,
	SEKISHO_LOG_INFO,
	SEKISHO_LOG_DEBUG,
};

/* message has no newline and is valid during the call, which may come from any calling thread. */
typedef void (*sekisho_log_fn)(void *context, enum sekisho_log_level level, const char *message);

struct sekisho_open_options {
	sekisho_log_fn log; /* NULL: messages are dropped */
	void *log_context;
	unsigned int timeout_ms; /* of every request to the device; 0: 5000 */
};

/*
 * Opens one function of a card.
 *
 * @param uri "vfio-user:PATH", the function's socket of a running sekisho-sim; "pci:DDDD:BB:DD.F",
 *	  a function on this host's PCI, for registers alone (see sekisho_open_bar()).
 * @param options NULL for the defaults.
 * @param device set on success; release it with sekisho_close().
 * @return 0; -EINVAL for an unknown URI; -ENODEV when what answers is not a Sekisho or its map
 *	   version differs; -ETIMEDOUT; the errno of connecting (-ENOENT, -ECONNREFUSED, -EBUSY,
 *	   -EACCES).
 */
int sekisho_open(const char *uri, const struct sekisho_open_options *options,
		 struct sekisho_device **device);

/*
 * Opens a function whose BAR0 the caller has mapped, and keeps mapped until sekisho_close(). DMA and
 * interrupts are the caller's matter: sekisho_dma_map(), sekisho_dma_unmap(),
 * sekisho_vector_eventfd() and sekisho_removal_fd() return -ENOTSUP. A function that has gone is
 * noticed when its registers read as all ones.
 *
 * @param address of the window, aligned to 4.
 * @param size of the mapping; -EINVAL when the window does not fit.
 * @return as sekisho_open().
 */
int sekisho_open_bar(volatile void *address, size_t size,
		     const struct sekisho_open_options *options, struct sekisho_device **device);

/* Unmaps all DMA, closes the transport and frees the device. NULL is allowed. */
void sekisho_close(struct sekisho_device *device);

/* --- registers ------------------------------------------------------------------------------ */

/*
 * offset: in the function's window, a multiple of 4, otherwise -EINVAL. -ENODEV once the device is
 * gone, -ETIMEDOUT, -EPROTO for an answer that makes no sense, or the error that the device gives
 * (-EIO or -EINVAL for a register that is not there).
 */
int sekisho_read32(struct sekisho_device *device, uint32_t offset, uint32_t *value);
int sekisho_write32(struct sekisho_device *device, uint32_t offset, uint32_t value);
/* A 64-bit counter: low word first, as the register map asks. */
int sekisho_read64(struct sekisho_device *device, uint32_t offset, uint64_t *value);

/*
 * The doorbell page (offset 0x1000 of the window), mapped; NULL for a function without one. It stays
 * valid memory until sekisho_close(), also when the device goes away.
 */
volatile uint32_t *sekisho_doorbells(struct sekisho_device *device);

struct sekisho_register {
	const char *name; /* as in the register map: "rx_queue[0].control" */
	uint32_t offset;
	bool readable, writable;
	const char *description;
};

/* The register of that name in this kind of function, or -ENOENT. */
int sekisho_register_find(struct sekisho_device *device, const char *name,
			  struct sekisho_register *reg);
/* Register number index in address order; -ENOENT past the last. */
int sekisho_register_at(struct sekisho_device *device, unsigned int index,
			struct sekisho_register *reg);

/* --- identity ------------------------------------------------------------------------------- */

enum sekisho_function_kind { SEKISHO_MANAGEMENT = 0, SEKISHO_NETWORK = 1, SEKISHO_BLACK_BOX = 2 };

struct sekisho_identity {
	enum sekisho_function_kind kind;
	unsigned int index; /* among functions of its kind */
	unsigned int port; /* network function: its port */
	unsigned int rx_queues, tx_queues;
	unsigned int max_ring_size; /* descriptors */
	unsigned int ports, functions; /* of the card */
	unsigned int data_width, dma_width; /* bits */
	unsigned int max_frame; /* bytes, without FCS */
	unsigned int map_major, map_minor;
	uint32_t rtl_hash; /* first 32 bits of the git commit of the RTL, 0 unknown */
};

int sekisho_identify(struct sekisho_device *device, struct sekisho_identity *identity);

/* --- memory and interrupts ------------------------------------------------------------------ */

/*
 * Gives the function access to size bytes at iova: the file descriptor's bytes from offset on. The
 * descriptor is only borrowed for the call. read_only: the function may not write there.
 * -EEXIST when it overlaps an earlier map.
 */
int sekisho_dma_map(struct sekisho_device *device, uint64_t iova, uint64_t size, int fd,
		    uint64_t offset, bool read_only);
/*
 * iova and size as they were mapped, otherwise -ENOENT. When it returns 0 or -ENODEV, the function
 * accesses nothing of the range any more.
 */
int sekisho_dma_unmap(struct sekisho_device *device, uint64_t iova, uint64_t size);

/* Number of MSI-X vectors of the function. */
unsigned int sekisho_vectors(struct sekisho_device *device);
/* eventfd is signalled when the vector fires; -1 disconnects it. The descriptor is borrowed. */
int sekisho_vector_eventfd(struct sekisho_device *device, unsigned int vector, int eventfd);

/*
 * A descriptor that becomes readable when the device goes away (the simulator ended). It belongs to
 * the device: poll it, never read it.
 */
int sekisho_removal_fd(struct sekisho_device *device);
/* True once the device is gone. */
bool sekisho_removed(struct sekisho_device *device);

/* --- network functions: -ENOTSUP on another kind, -EINVAL for a value out of range ------------ */

struct sekisho_queue_config {
	uint64_t ring; /* iova of the descriptors, aligned to 128 */
	uint64_t completions; /* iova of the completion ring, aligned to 128 */
	unsigned int size; /* descriptors, a power of two from 8 to max_ring_size */
	unsigned int vector; /* MSI-X vector */
};

/*
 * Starts a queue whose completion ring the caller has filled with zeros; all counts start at 0.
 * -EBUSY when it runs already.
 */
int sekisho_rx_queue_start(struct sekisho_device *device, unsigned int queue,
			   const struct sekisho_queue_config *config);
int sekisho_tx_queue_start(struct sekisho_device *device, unsigned int queue,
			   const struct sekisho_queue_config *config);
/* Stops a queue and waits until nothing of it is in flight; -ETIMEDOUT. */
int sekisho_rx_queue_stop(struct sekisho_device *device, unsigned int queue);
int sekisho_tx_queue_stop(struct sekisho_device *device, unsigned int queue);

/*
 * Sets and clears bits of the function's control register (SEKISHO_NETWORK_CONTROL_*_MASK): receive,
 * transmit, promiscuous, all multicast, drop bad checksums, scatter.
 */
int sekisho_control(struct sekisho_device *device, uint32_t set, uint32_t clear);
int sekisho_mac_get(struct sekisho_device *device, uint8_t mac[6]);
int sekisho_mac_set(struct sekisho_device *device, const uint8_t mac[6]);
/* Addresses, unicast or multicast, that a function can take beside its station address. */
#define SEKISHO_MAC_FILTERS 8
/* Sets filter number index; NULL: it takes nothing. */
int sekisho_mac_filter_set(struct sekisho_device *device, unsigned int index, const uint8_t *mac);
/* *valid: it is in use; mac is then its address. */
int sekisho_mac_filter_get(struct sekisho_device *device, unsigned int index, uint8_t mac[6],
			   bool *valid);
/* Longest frame to receive, bytes without FCS. */
int sekisho_max_frame_set(struct sekisho_device *device, unsigned int bytes);
int sekisho_link_get(struct sekisho_device *device, bool *up, unsigned int *mbps);
/*
 * enable: the vector fires once for every change of the link, and when a queue gets an error. What
 * it was is read with sekisho_link_get() and sekisho_rx_queue_error(), sekisho_tx_queue_error().
 */
int sekisho_event_set(struct sekisho_device *device, unsigned int vector, bool enable);
/* The errors that a queue shows, SEKISHO_QUEUE_STATUS_*_ERROR_MASK; 0 none. They last till a stop. */
int sekisho_rx_queue_error(struct sekisho_device *device, unsigned int queue, uint32_t *errors);
int sekisho_tx_queue_error(struct sekisho_device *device, unsigned int queue, uint32_t *errors);
/* Low word of the card's microsecond count, as receive completions carry it. */
int sekisho_time_get(struct sekisho_device *device, uint32_t *microseconds);
/* types: bits of rss_types. key: 40 bytes. table: 128 queue numbers. NULL: unchanged. */
int sekisho_rss_set(struct sekisho_device *device, const uint32_t *types, const uint8_t key[40],
		    const uint8_t table[128]);

struct sekisho_flow_rule; /* <sekisho/registers.h> */
/*
 * Puts a rule into place index, below SEKISHO_FLOW_RULES, and enables it; NULL: disables what is
 * there. Of the rules that hold for a frame the one with the lowest index counts. No frame meets half
 * a rule, but frames on their way may still meet the old one. The rule's meter_rate and meter_burst do not
 * count: see sekisho_flow_meter_set().
 */
int sekisho_flow_rule_set(struct sekisho_device *device, unsigned int index,
			  const struct sekisho_flow_rule *rule);
/*
 * Sets meter number index, below SEKISHO_FLOW_RULES, and fills it; rules name it in their word meter. rate: bytes or
 * packets a microsecond, in 1/65536; burst: bytes or packets, to 2^24 - 1.
 */
int sekisho_flow_meter_set(struct sekisho_device *device, unsigned int index, uint32_t rate,
			   uint32_t burst);
/* Frames whose action was that of the rules in this place since the card's reset. */
int sekisho_flow_count_get(struct sekisho_device *device, unsigned int index, uint64_t *packets,
			   uint64_t *bytes);

/*
 * Resets the function: queues stopped, enables cleared. Waits until nothing is in flight;
 * -ETIMEDOUT. On a function of another kind it is the transport's reset, -ENOTSUP without one.
 */
int sekisho_reset(struct sekisho_device *device);

/* --- self-test ------------------------------------------------------------------------------ */

enum sekisho_test_result { SEKISHO_TEST_PASSED, SEKISHO_TEST_FAILED, SEKISHO_TEST_SKIPPED };

struct sekisho_test_step {
	const char *name; /* "frame of 1514 bytes" */
	enum sekisho_test_result result;
	char detail[128]; /* what was wrong, or why it was skipped; may be empty */
};

/* Called after each step; step is valid during the call. */
typedef void (*sekisho_self_test_fn)(void *context, const struct sekisho_test_step *step);

/*
 * Tests a network function that nobody uses: registers, rings in memory of the test's own, frames of
 * several sizes, counters, an interrupt. The frames (EtherType 0x88b5) leave at the function's port;
 * where that loops them, they are received and compared. Afterwards the function is reset.
 *
 * @return 0 when no step failed, -EIO when one did, -EBUSY when its receiver or transmitter is
 *	   enabled, -ENOTSUP for another kind of function.
 */
int sekisho_self_test(struct sekisho_device *device, sekisho_self_test_fn report, void *context);

/* --- counters ------------------------------------------------------------------------------- */

struct sekisho_counter {
	char name[64]; /* "rx_queue0_no_descriptor_packets"; stable, for people and scripts */
	uint32_t offset; /* of its low word in the function's window */
};

/* Number of counters of this function. */
unsigned int sekisho_counter_count(struct sekisho_device *device);
int sekisho_counter_at(struct sekisho_device *device, unsigned int index,
		       struct sekisho_counter *counter);
/* Reads counters first .. first + count - 1 into values. */
int sekisho_counters_read(struct sekisho_device *device, unsigned int first, unsigned int count,
			  uint64_t *values);

/* The library's version, "0.1.0". */
const char *sekisho_version(void);

#ifdef __cplusplus
}
#endif

#endif
