/* SPDX-License-Identifier: BSD-3-Clause */

/* Opening, register access, DMA maps, interrupts: what every function has, whatever carries it. */

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "internal.h"

#define DEFAULT_TIMEOUT_MS 5000

/* A new way to reach a card is a file that fills a struct sek_transport, and a row here. */
static const struct sek_transport *const transports[] = {
	&sek_vfio_user_transport,
	&sek_pci_transport,
};

void sek_log(struct sekisho_device *device, enum sekisho_log_level level, const char *format, ...)
{
	char message[256];
	va_list arguments;

	if (!device->log)
		return;
	va_start(arguments, format);
	vsnprintf(message, sizeof(message), format, arguments);
	va_end(arguments);
	device->log(device->log_context, level, message);
}

uint64_t sek_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

const char *sekisho_version(void)
{
	return SEKISHO_VERSION; /* from the build */
}

/* --- opening --------------------------------------------------------------------------------- */

/* The identification block stands at offset 0 of all kinds of function. */
static int identify(struct sekisho_device *device)
{
	static const uint32_t offsets[] = {
		SEKISHO_IDENTIFICATION_MAGIC,	     SEKISHO_IDENTIFICATION_MAP_VERSION,
		SEKISHO_IDENTIFICATION_RTL_HASH,     SEKISHO_IDENTIFICATION_FUNCTION_INFO,
		SEKISHO_IDENTIFICATION_CAPABILITIES, SEKISHO_IDENTIFICATION_BUILD,
		SEKISHO_IDENTIFICATION_LIMITS,
	};
	uint32_t magic, version, hash, info, capabilities, build, limits;
	uint32_t *const values[] = {
		&magic, &version, &hash, &info, &capabilities, &build, &limits
	};
	struct sekisho_identity *identity = &device->identity;
	unsigned int i;

	for (i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++) {
		int error = device->transport->read(device->link, offsets[i], values[i]);

		if (error)
			return error;
		if (values[i] == &magic &&
		    magic != SEKISHO_IDENTIFICATION_MAGIC_VALUE_RESET_VALUE) {
			sek_log(device, SEKISHO_LOG_ERROR,
				"not a Sekisho: the identification reads 0x%08x", magic);
			return -ENODEV;
		}
		if (values[i] == &version &&
		    version >> 16 != SEKISHO_IDENTIFICATION_MAP_VERSION_MAJOR_RESET_VALUE) {
			sek_log(device, SEKISHO_LOG_ERROR,
				"the card's register map is version %u.%u, this library's %u",
				version >> 16, version & 0xffff,
				SEKISHO_IDENTIFICATION_MAP_VERSION_MAJOR_RESET_VALUE);
			return -ENODEV;
		}
	}
#define FIELD(word, name) SEKISHO_FIELD_GET(SEKISHO_IDENTIFICATION_##name, word)
	identity->kind = FIELD(info, FUNCTION_INFO_KIND);
	identity->index = FIELD(info, FUNCTION_INFO_INDEX);
	identity->port = FIELD(info, FUNCTION_INFO_PORT);
	identity->rx_queues = FIELD(capabilities, CAPABILITIES_RX_QUEUES);
	identity->tx_queues = FIELD(capabilities, CAPABILITIES_TX_QUEUES);
	identity->ports = FIELD(capabilities, CAPABILITIES_PORTS);
	identity->functions = FIELD(capabilities, CAPABILITIES_FUNCTIONS);
	identity->data_width = FIELD(build, BUILD_DATA_WIDTH);
	identity->dma_width = FIELD(build, BUILD_DMA_WIDTH);
	identity->max_frame = FIELD(limits, LIMITS_MAX_FRAME);
	identity->map_major = FIELD(version, MAP_VERSION_MAJOR);
	identity->map_minor = FIELD(version, MAP_VERSION_MINOR);
	identity->rtl_hash = hash;
	i = FIELD(capabilities, CAPABILITIES_MAX_RING_LOG2);
	/* The management function may leave these 0; its banks have the map's number for each. */
	if (identity->kind == SEKISHO_MANAGEMENT && !identity->rx_queues)
		identity->rx_queues = SEKISHO_RX_QUEUES;
	if (identity->kind == SEKISHO_MANAGEMENT && !identity->tx_queues)
		identity->tx_queues = SEKISHO_TX_QUEUES;
	/* More queues, or larger rings, than the map has room for would be read from elsewhere. */
	if (identity->rx_queues > SEKISHO_RX_QUEUES || identity->tx_queues > SEKISHO_TX_QUEUES ||
	    identity->ports > SEKISHO_PORTS || identity->functions > SEKISHO_FUNCTIONS || i > 15) {
		sek_log(device, SEKISHO_LOG_ERROR, "impossible capabilities 0x%08x", capabilities);
		return -ENODEV;
	}
	identity->max_ring_size = 1u << i;
	return 0;
}

struct sekisho_device *sek_device_create(const struct sekisho_open_options *options)
{
	struct sekisho_device *device = calloc(1, sizeof(*device));
	pthread_mutexattr_t recursive;

	if (!device)
		return NULL;
	device->timeout_ms = DEFAULT_TIMEOUT_MS;
	if (options) {
		device->log = options->log;
		device->log_context = options->log_context;
		if (options->timeout_ms)
			device->timeout_ms = options->timeout_ms;
	}
	pthread_mutexattr_init(&recursive);
	pthread_mutexattr_settype(&recursive, PTHREAD_MUTEX_RECURSIVE);
	pthread_mutex_init(&device->lock, &recursive);
	pthread_mutexattr_destroy(&recursive);
	return device;
}

int sek_device_begin(struct sekisho_device *device, const struct sek_transport *transport,
		     void *link, struct sekisho_device **result)
{
	int error;

	device->transport = transport;
	device->link = link;
	error = identify(device);
	if (!error)
		error = sek_counters_create(device);
	if (error) {
		sekisho_close(device);
		return error;
	}
	*result = device;
	return 0;
}

int sekisho_open(const char *uri, const struct sekisho_open_options *options,
		 struct sekisho_device **result)
{
	const struct sek_transport *transport = NULL;
	struct sekisho_device *device;
	size_t length = 0;
	unsigned int i;
	void *link;
	int error;

	if (!uri || !result)
		return -EINVAL;
	device = sek_device_create(options);
	if (!device)
		return -ENOMEM;
	for (i = 0; i < sizeof(transports) / sizeof(transports[0]) && !transport; i++) {
		length = strlen(transports[i]->prefix);
		if (!strncmp(uri, transports[i]->prefix, length))
			transport = transports[i];
	}
	if (transport) {
		error = transport->open(device, uri + length, &link);
	} else {
		sek_log(device, SEKISHO_LOG_ERROR, "\"%s\" begins with no known transport", uri);
		error = -EINVAL;
	}
	if (error) {
		sekisho_close(device);
		return error;
	}
	return sek_device_begin(device, transport, link, result);
}

void sekisho_close(struct sekisho_device *device)
{
	unsigned int i;

	if (!device)
		return;
	if (device->transport) {
		for (i = 0; i < device->range_count; i++) {
			int err = device->transport->dma_unmap(device->link, device->ranges[i].iova,
							       device->ranges[i].size);

			/* Closing ends every map; no time-out for each of them. */
			if (err == -ENODEV || err == -ETIMEDOUT)
				break;
		}
		device->transport->close(device->link);
	}
	pthread_mutex_destroy(&device->lock);
	free(device->ranges);
	free(device->counters);
	free(device);
}

int sekisho_identify(struct sekisho_device *device, struct sekisho_identity *identity)
{
	*identity = device->identity;
	return device->transport->removed(device->link) ? -ENODEV : 0;
}

/* --- registers ------------------------------------------------------------------------------- */

int sekisho_read32(struct sekisho_device *device, uint32_t offset, uint32_t *value)
{
	int error;

	if (offset % 4 || offset >= SEKISHO_WINDOW_SIZE)
		return -EINVAL;
	sek_lock(device);
	error = device->transport->read(device->link, offset, value);
	sek_unlock(device);
	return error;
}

int sekisho_write32(struct sekisho_device *device, uint32_t offset, uint32_t value)
{
	int error;

	if (offset % 4 || offset >= SEKISHO_WINDOW_SIZE)
		return -EINVAL;
	sek_lock(device);
	error = device->transport->write(device->link, offset, value);
	sek_unlock(device);
	return error;
}

int sekisho_read64(struct sekisho_device *device, uint32_t offset, uint64_t *value)
{
	uint32_t low, high;
	int error;

	/* The card holds the high word that belongs to the low one: nobody may read in between. */
	sek_lock(device);
	error = sekisho_read32(device, offset, &low);
	if (!error)
		error = sekisho_read32(device, offset + 4, &high);
	sek_unlock(device);
	if (!error)
		*value = (uint64_t)high << 32 | low;
	return error;
}

volatile uint32_t *sekisho_doorbells(struct sekisho_device *device)
{
	return device->transport->doorbells(device->link);
}

/* --- memory ---------------------------------------------------------------------------------- */

int sekisho_dma_map(struct sekisho_device *device, uint64_t iova, uint64_t size, int fd,
		    uint64_t offset, bool read_only)
{
	unsigned int i;
	int error = 0;

	if (!size || iova + size - 1 < iova || offset + size < offset || fd < 0)
		return -EINVAL;
	if (!device->transport->dma_map)
		return -ENOTSUP;
	sek_lock(device);
	for (i = 0; i < device->range_count && !error; i++) {
		const struct sek_dma_range *range = &device->ranges[i];

		if (iova <= range->iova + range->size - 1 && range->iova <= iova + size - 1)
			error = -EEXIST;
	}
	if (!error && device->range_count == device->range_space) {
		unsigned int space = device->range_space ? 2 * device->range_space : 16;
		struct sek_dma_range *larger = realloc(device->ranges, space * sizeof(*larger));

		if (larger) {
			device->ranges = larger;
			device->range_space = space;
		} else {
			error = -ENOMEM;
		}
	}
	if (!error)
		error = device->transport->dma_map(device->link, iova, size, fd, offset, read_only);
	if (!error)
		device->ranges[device->range_count++] = (struct sek_dma_range){ iova, size };
	sek_unlock(device);
	return error;
}

int sekisho_dma_unmap(struct sekisho_device *device, uint64_t iova, uint64_t size)
{
	unsigned int i;
	int error;

	if (!device->transport->dma_unmap)
		return -ENOTSUP;
	sek_lock(device);
	for (i = 0; i < device->range_count; i++)
		if (device->ranges[i].iova == iova && device->ranges[i].size == size)
			break;
	if (i < device->range_count) {
		error = device->transport->dma_unmap(device->link, iova, size);
		/* A device that is gone accesses nothing any more: the range is free as well. */
		if (!error || error == -ENODEV)
			device->ranges[i] = device->ranges[--device->range_count];
	} else {
		error = device->transport->removed(device->link) ? -ENODEV : -ENOENT;
	}
	sek_unlock(device);
	return error;
}

/* --- interrupts and removal ------------------------------------------------------------------ */

unsigned int sekisho_vectors(struct sekisho_device *device)
{
	return device->transport->vectors(device->link);
}

int sekisho_vector_eventfd(struct sekisho_device *device, unsigned int vector, int eventfd)
{
	int error;

	if (vector >= sekisho_vectors(device) || eventfd < -1)
		return -EINVAL;
	if (!device->transport->vector_eventfd)
		return -ENOTSUP;
	sek_lock(device);
	error = device->transport->vector_eventfd(device->link, vector, eventfd);
	sek_unlock(device);
	return error;
}

int sekisho_removal_fd(struct sekisho_device *device)
{
	if (!device->transport->removal_fd)
		return -ENOTSUP;
	return device->transport->removal_fd(device->link);
}

bool sekisho_removed(struct sekisho_device *device)
{
	return device->transport->removed(device->link);
}
