/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef SEKISHO_INTERNAL_H
#define SEKISHO_INTERNAL_H

/* What the library's files share. Nothing here is exported: libsekisho.map hides it. */

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sekisho/registers.h>
#include <sekisho/sekisho.h>

#define SEK_DOORBELL_OFFSET 0x1000u
#define SEK_DOORBELL_SIZE 0x1000u

/*
 * A way to reach a function. The device holds its lock around every call but removed(), so a
 * transport needs no lock of its own. All return 0 or a negative errno value unless said otherwise;
 * -ENODEV, at once, when the device has gone.
 */
struct sek_transport {
	const char *prefix; /* of the URI, with its colon */

	/* where: the URI behind the prefix. The device is there for sek_log() and timeout_ms. */
	int (*open)(struct sekisho_device *device, const char *where, void **link);
	void (*close)(void *link);

	/* Registers of the function's window: 4 bytes at offset. */
	int (*read)(void *link, uint32_t offset, uint32_t *value);
	int (*write)(void *link, uint32_t offset, uint32_t value);
	/* The mapped doorbell page, or NULL. It stays mapped until close(), whatever happens. */
	volatile uint32_t *(*doorbells)(void *link);

	/* NULL when the transport has no say in it: DMA (both), interrupts, removal. */
	int (*dma_map)(void *link, uint64_t iova, uint64_t size, int fd, uint64_t offset,
		       bool read_only);
	int (*dma_unmap)(void *link, uint64_t iova, uint64_t size);

	int (*vector_eventfd)(void *link, unsigned int vector, int eventfd);
	int (*removal_fd)(void *link); /* the descriptor */

	unsigned int (*vectors)(void *link);
	int (*reset)(void *link);
	bool (*removed)(void *link); /* from any thread, without the lock */
};

extern const struct sek_transport sek_vfio_user_transport;
extern const struct sek_transport sek_pci_transport;
/* Where sysfs lists the PCI functions; the tests look elsewhere. */
extern const char *sek_pci_devices;

struct sek_dma_range {
	uint64_t iova, size;
};

struct sekisho_device {
	const struct sek_transport *transport;
	void *link;
	/*
	 * Recursive: a call that must be one step (a 64-bit read, a read-modify-write) holds it
	 * around the calls that it is made of.
	 */
	pthread_mutex_t lock;
	sekisho_log_fn log;
	void *log_context;
	unsigned int timeout_ms;

	struct sekisho_identity identity;

	struct sek_dma_range *ranges;
	unsigned int range_count, range_space;

	struct sekisho_counter *counters;
	unsigned int counter_count;
};

void sek_log(struct sekisho_device *device, enum sekisho_log_level level, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* CLOCK_MONOTONIC in milliseconds. */
uint64_t sek_now_ms(void);

static inline void sek_lock(struct sekisho_device *device)
{
	pthread_mutex_lock(&device->lock);
}

static inline void sek_unlock(struct sekisho_device *device)
{
	pthread_mutex_unlock(&device->lock);
}

/* A device with its options and nothing behind it; NULL without memory. */
struct sekisho_device *sek_device_create(const struct sekisho_open_options *options);
/* Identifies what is behind link, which the device owns now. On an error the device is freed. */
int sek_device_begin(struct sekisho_device *device, const struct sek_transport *transport,
		     void *link, struct sekisho_device **result);

/* Fills device->counters from device->identity. */
int sek_counters_create(struct sekisho_device *device);

#endif
