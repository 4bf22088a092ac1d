/* SPDX-License-Identifier: BSD-3-Clause */

/*
 * A function whose BAR0 is mapped into this process: by the library itself through sysfs ("pci:"),
 * or by a caller that has it from elsewhere, as DPDK's EAL does (sekisho_open_bar()).
 *
 * Only registers go this way. Memory for DMA is a matter of the IOMMU, interrupts one of VFIO or
 * UIO: whoever mapped the BAR has those in hand.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "internal.h"

#define ALL_ONES 0xffffffffu /* what the host reads when no function answers */

const char *sek_pci_devices = "/sys/bus/pci/devices";

struct bar {
	struct sekisho_device *device;
	volatile uint32_t *words;
	atomic_bool gone;
	/* Of "pci:" only. */
	void *mapping;
	char folder[64]; /* of the function in sysfs */
	bool enabled; /* by us: to be taken back */
};

/* --- the function in sysfs ------------------------------------------------------------------- */

/* "0000:01:00.0" or "01:00.0", and nothing else: it becomes a path. */
static int find_folder(struct bar *bar, const char *where)
{
	unsigned int domain = 0, bus, slot, function;
	int end = 0;

	if (strspn(where, "0123456789abcdefABCDEF:.") != strlen(where))
		return -EINVAL;
	if (sscanf(where, "%4x:%2x:%2x.%1x%n", &domain, &bus, &slot, &function, &end) != 4 ||
	    where[end]) {
		domain = 0;
		end = 0;
		if (sscanf(where, "%2x:%2x.%1x%n", &bus, &slot, &function, &end) != 3 || where[end])
			return -EINVAL;
	}
	if (slot > 31 || function > 7)
		return -EINVAL;
	end = snprintf(bar->folder, sizeof(bar->folder), "%s/%04x:%02x:%02x.%x", sek_pci_devices,
		       domain, bus, slot, function);
	return (size_t)end < sizeof(bar->folder) ? 0 : -ENAMETOOLONG;
}

static int open_file(const struct bar *bar, const char *name, int flags)
{
	char path[sizeof(bar->folder) + 16];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", bar->folder, name);
	fd = open(path, flags | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* A number as sysfs writes it. */
static int read_number(const struct bar *bar, const char *name, unsigned long *number)
{
	char text[32];
	ssize_t length;
	int fd = open_file(bar, name, O_RDONLY);

	if (fd < 0)
		return fd;
	length = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (length <= 0)
		return -EIO;
	text[length] = 0;
	*number = strtoul(text, NULL, 0);
	return 0;
}

static int write_enable(const struct bar *bar, const char *text)
{
	int fd = open_file(bar, "enable", O_WRONLY);
	int error = 0;

	if (fd < 0)
		return fd;
	if (write(fd, text, 1) != 1)
		error = -errno;
	close(fd);
	return error;
}

/* Reading another kind of device may change it: the ids come first. */
static int check_identity(const struct bar *bar)
{
	unsigned long vendor, device;
	int error = read_number(bar, "vendor", &vendor);

	if (!error)
		error = read_number(bar, "device", &device);
	if (error)
		return error;
	if (vendor == SEKISHO_PCI_VENDOR &&
	    (device == SEKISHO_PCI_DEVICE_NETWORK || device == SEKISHO_PCI_DEVICE_MANAGEMENT))
		return 0;
	sek_log(bar->device, SEKISHO_LOG_ERROR, "%s is %04lx:%04lx, not a Sekisho", bar->folder,
		vendor, device);
	return -ENODEV;
}

/* A function that no driver has taken answers nothing until it is enabled. */
static int enable_function(struct bar *bar)
{
	unsigned long enabled;
	int error = read_number(bar, "enable", &enabled);

	if (!error && !enabled) {
		error = write_enable(bar, "1");
		bar->enabled = !error;
	}
	return error;
}

static int map_window(struct bar *bar)
{
	struct stat status;
	int fd = open_file(bar, "resource0", O_RDWR);
	int error = 0;

	if (fd < 0)
		return fd;
	if (fstat(fd, &status)) {
		error = -errno;
	} else if (status.st_size < (off_t)SEKISHO_WINDOW_SIZE) {
		sek_log(bar->device, SEKISHO_LOG_ERROR, "BAR0 has %lld bytes, a Sekisho %u",
			(long long)status.st_size, SEKISHO_WINDOW_SIZE);
		error = -ENODEV;
	} else {
		bar->mapping =
			mmap(NULL, SEKISHO_WINDOW_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		if (bar->mapping == MAP_FAILED) {
			bar->mapping = NULL;
			error = -errno;
		}
		bar->words = bar->mapping;
	}
	close(fd);
	return error;
}

/* --- the transport's functions --------------------------------------------------------------- */

static void bar_close(void *link)
{
	struct bar *bar = link;

	if (bar->mapping)
		munmap(bar->mapping, SEKISHO_WINDOW_SIZE);
	if (bar->enabled)
		(void)write_enable(bar, "0"); /* nobody is left to tell */
	free(bar);
}

static struct bar *bar_create(struct sekisho_device *device)
{
	struct bar *bar = calloc(1, sizeof(*bar));

	if (bar)
		bar->device = device;
	return bar;
}

static int pci_open(struct sekisho_device *device, const char *where, void **link)
{
	struct bar *bar = bar_create(device);
	int error;

	if (!bar)
		return -ENOMEM;
	error = find_folder(bar, where);
	if (!error)
		error = check_identity(bar);
	if (!error)
		error = enable_function(bar);
	if (!error)
		error = map_window(bar);
	if (error) {
		bar_close(bar);
		return error;
	}
	*link = bar;
	return 0;
}

static bool bar_gone(struct bar *bar)
{
	if (atomic_load(&bar->gone))
		return true;
	/* A register may hold all ones, the identification never does. */
	if (bar->words[SEKISHO_IDENTIFICATION_MAGIC / 4] != ALL_ONES)
		return false;
	if (!atomic_exchange(&bar->gone, true))
		sek_log(bar->device, SEKISHO_LOG_ERROR, "the function does not answer any more");
	return true;
}

static int bar_read(void *link, uint32_t offset, uint32_t *value)
{
	struct bar *bar = link;

	if (atomic_load(&bar->gone))
		return -ENODEV;
	*value = bar->words[offset / 4];
	return *value == ALL_ONES && bar_gone(bar) ? -ENODEV : 0;
}

static int bar_write(void *link, uint32_t offset, uint32_t value)
{
	struct bar *bar = link;

	if (atomic_load(&bar->gone))
		return -ENODEV;
	/* What the card shall find in memory is there before it is told. */
	atomic_thread_fence(memory_order_seq_cst);
	bar->words[offset / 4] = value;
	return 0;
}

static volatile uint32_t *bar_doorbells(void *link)
{
	const struct bar *bar = link;

	return bar->device->identity.kind == SEKISHO_NETWORK ?
		       bar->words + SEK_DOORBELL_OFFSET / 4 :
		       NULL;
}

/* One for each queue and one for the events. */
static unsigned int bar_vectors(void *link)
{
	const struct bar *bar = link;
	const struct sekisho_identity *identity = &bar->device->identity;

	return identity->kind == SEKISHO_NETWORK ? identity->rx_queues + identity->tx_queues + 1 :
						   0;
}

static int bar_reset(void *link)
{
	(void)link;
	return -ENOTSUP;
}

static bool bar_removed(void *link)
{
	return bar_gone(link);
}

const struct sek_transport sek_pci_transport = {
	.prefix = "pci:",
	.open = pci_open,
	.close = bar_close,
	.read = bar_read,
	.write = bar_write,
	.doorbells = bar_doorbells,
	.vectors = bar_vectors,
	.reset = bar_reset,
	.removed = bar_removed,
};

int sekisho_open_bar(volatile void *address, size_t size,
		     const struct sekisho_open_options *options, struct sekisho_device **result)
{
	struct sekisho_device *device;
	struct bar *bar;

	if (!address || (uintptr_t)address % sizeof(uint32_t) || size < SEKISHO_WINDOW_SIZE ||
	    !result)
		return -EINVAL;
	device = sek_device_create(options);
	bar = device ? bar_create(device) : NULL;
	if (!bar) {
		sekisho_close(device);
		return -ENOMEM;
	}
	bar->words = address;
	return sek_device_begin(device, &sek_pci_transport, bar, result);
}
