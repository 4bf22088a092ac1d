/* SPDX-License-Identifier: BSD-3-Clause */
/* One PCIe function: BAR0, the shared doorbell page, MSI-X, DMA map, reset. */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <sekisho/registers.h>
#include <sekisho/sekisho.h>

#include "dma_map.h"
#include "function.h"
#include "log.h"
#include "pci_config.h"
#include "vfio_user.h"

#define BAR0_SIZE SEKISHO_WINDOW_SIZE
#define DOORBELL_PAGE 0x1000u
#define DOORBELL_PAGE_SIZE 0x1000u
#define VECTORS 9u
#define MSIX_TABLE 0x3000u
#define MSIX_PENDING 0x3800u
#define MSIX_END 0x4000u
#define CLASS_ETHERNET 0x020000
#define CLASS_OTHER_MEMORY 0x058000

/* Clocks that a function's queues get to come to rest after a reset, and a slice of them. */
#define RESET_CLOCKS 500000u
#define RESET_SLICE 1000u

/* The receive queues, then the transmit queues. */
#define RX_QUEUES SEKISHO_RX_QUEUES
#define QUEUES (SEKISHO_RX_QUEUES + SEKISHO_TX_QUEUES)

static_assert(SEKISHO_NETWORK_RX_DOORBELL_TAIL(0) >= DOORBELL_PAGE &&
		      SEKISHO_NETWORK_TX_DOORBELL_ARM(SEKISHO_TX_QUEUES - 1) <
			      DOORBELL_PAGE + DOORBELL_PAGE_SIZE,
	      "the doorbells are the mapped page");
static_assert(MSIX_TABLE + 16 * VECTORS <= MSIX_PENDING && MSIX_PENDING < MSIX_END, "no overlap");

struct function {
	struct sekisho_engine *engine;
	struct vfu_server *server;
	int network; /* -1: management */
	char name[8]; /* for messages, as on the command line */
	uint32_t base; /* of its window in the core's address space */
	struct pci_config config;
	struct dma_map dma;

	/* A file of BAR0's size; only the doorbell page is used. */
	int file;
	uint8_t *memory;
	/* What the core was told last, by queue. */
	uint32_t tail[QUEUES], arm[QUEUES];
	bool enabled[QUEUES];
	unsigned int enabled_count;
	bool receiving;

	uint8_t msix_table[16 * VECTORS];
	int eventfd[VECTORS];
	bool masked[VECTORS];
	uint64_t pending;
};

/* ---- Doorbells ---- */

static uint32_t tail_offset(unsigned int queue)
{
	return queue < RX_QUEUES ? SEKISHO_NETWORK_RX_DOORBELL_TAIL(queue) :
				   SEKISHO_NETWORK_TX_DOORBELL_TAIL(queue - RX_QUEUES);
}

static uint32_t arm_offset(unsigned int queue)
{
	return queue < RX_QUEUES ? SEKISHO_NETWORK_RX_DOORBELL_ARM(queue) :
				   SEKISHO_NETWORK_TX_DOORBELL_ARM(queue - RX_QUEUES);
}

static uint32_t control_offset(unsigned int queue)
{
	return queue < RX_QUEUES ? SEKISHO_NETWORK_RX_QUEUE_CONTROL(queue) :
				   SEKISHO_NETWORK_TX_QUEUE_CONTROL(queue - RX_QUEUES);
}

static uint32_t status_offset(unsigned int queue)
{
	return queue < RX_QUEUES ? SEKISHO_NETWORK_RX_QUEUE_STATUS(queue) :
				   SEKISHO_NETWORK_TX_QUEUE_STATUS(queue - RX_QUEUES);
}

static uint32_t *page_word(const struct function *function, uint32_t offset)
{
	return (uint32_t *)(function->memory + offset);
}

static void forward(struct function *function, uint32_t offset, uint32_t value)
{
	sekisho_engine_reg_write(function->engine, function->base + offset, value);
}

static bool scan_queue(struct function *function, unsigned int queue)
{
	/*
	 * Pairs with the client's stores, tail before arm: whoever sees the arm sees the tail. The
	 * acquire also covers the descriptors that were written before the tail.
	 */
	uint32_t arm = __atomic_load_n(page_word(function, arm_offset(queue)), __ATOMIC_ACQUIRE);
	uint32_t tail = __atomic_load_n(page_word(function, tail_offset(queue)), __ATOMIC_ACQUIRE);
	bool changed = false;

	if (tail != function->tail[queue]) {
		function->tail[queue] = tail;
		forward(function, tail_offset(queue), tail);
		changed = true;
	}
	if (arm != function->arm[queue]) {
		function->arm[queue] = arm;
		forward(function, arm_offset(queue), arm);
		changed = true;
	}
	return changed;
}

bool function_scan_doorbells(struct function *function)
{
	bool changed = false;

	if (function->enabled_count == 0)
		return false;
	for (unsigned int queue = 0; queue < QUEUES; queue++) {
		if (function->enabled[queue])
			changed |= scan_queue(function, queue);
	}
	return changed;
}

static void queue_set(struct function *function, unsigned int queue, bool enable)
{
	if (function->enabled[queue] != enable) {
		function->enabled[queue] = enable;
		function->enabled_count += enable ? 1 : -1;
	}
	/* The core counts from 0 again. */
	function->tail[queue] = 0;
	function->arm[queue] = 0;
	if (enable) {
		/* What the client stored before the enable applies now. */
		scan_queue(function, queue);
		return;
	}
	__atomic_store_n(page_word(function, tail_offset(queue)), 0, __ATOMIC_RELAXED);
	__atomic_store_n(page_word(function, arm_offset(queue)), 0, __ATOMIC_RELAXED);
}

static void all_queues_off(struct function *function)
{
	for (unsigned int queue = 0; queue < QUEUES; queue++)
		queue_set(function, queue, false);
	function->receiving = false;
}

bool function_is_running(const struct function *function)
{
	return function->enabled_count > 0;
}

bool function_is_receiving(const struct function *function)
{
	return function->receiving;
}

/* ---- Registers ---- */

/* Follows what a register write means for the doorbell page. */
static void registers_written(struct function *function, uint32_t offset, uint32_t value)
{
	if (offset == SEKISHO_NETWORK_CONTROL) {
		function->receiving = (value & SEKISHO_NETWORK_CONTROL_RX_ENABLE_MASK) != 0;
	} else if (offset == SEKISHO_NETWORK_RESET) {
		if ((value & SEKISHO_NETWORK_RESET_RESET_MASK) != 0)
			all_queues_off(function);
	} else {
		for (unsigned int queue = 0; queue < QUEUES; queue++) {
			if (offset == control_offset(queue))
				queue_set(function, queue,
					  (value & SEKISHO_QUEUE_CONTROL_ENABLE_MASK) != 0);
		}
	}
}

static void register_write(struct function *function, uint32_t offset, uint32_t value)
{
	forward(function, offset, value);
	if (function->network >= 0)
		registers_written(function, offset, value);
}

/* Registers are 32 bits: a part of one or two is read by words. */
static void registers_read(struct function *function, uint32_t offset, void *data, uint32_t count)
{
	uint32_t base = function->base + (offset & ~3u);
	uint32_t words[2];

	/* The low word first: it holds the high word of a counter. */
	words[0] = sekisho_engine_reg_read(function->engine, base);
	if (count == 8)
		words[1] = sekisho_engine_reg_read(function->engine, base + 4);
	memcpy(data, (uint8_t *)words + (offset & 3), count);
}

static void doorbells_access(struct function *function, uint32_t offset, void *data, uint32_t count,
			     bool write)
{
	uint8_t *at = function->memory + offset;

	if (!write) {
		memcpy(data, at, count);
		return;
	}
	memcpy(at, data, count);
	function_scan_doorbells(function);
}

/*
 * The MSI-X table is memory and no more: interrupts go where SET_IRQS says, as with a kernel's
 * vfio, and the client's own table is the one that counts.
 */
static void msix_access(struct function *function, uint32_t offset, void *data, uint32_t count,
			bool write)
{
	if (offset + count <= MSIX_TABLE + sizeof(function->msix_table)) {
		uint8_t *at = function->msix_table + (offset - MSIX_TABLE);

		if (write)
			memcpy(at, data, count);
		else
			memcpy(data, at, count);
		return;
	}
	if (write)
		return;
	memset(data, 0, count);
	if (offset >= MSIX_PENDING && offset + count <= MSIX_PENDING + sizeof(function->pending))
		memcpy(data, (uint8_t *)&function->pending + (offset - MSIX_PENDING), count);
}

static int bar0_access(struct function *function, uint64_t offset, void *data, uint32_t count,
		       bool write)
{
	const uint8_t *bytes = data;

	if ((count != 1 && count != 2 && count != 4 && count != 8) || offset % count != 0 ||
	    offset >= BAR0_SIZE)
		return -EINVAL;
	if (function->network >= 0 && offset >= DOORBELL_PAGE &&
	    offset < DOORBELL_PAGE + DOORBELL_PAGE_SIZE) {
		doorbells_access(function, (uint32_t)offset, data, count, write);
		return 0;
	}
	if (function->network >= 0 && offset >= MSIX_TABLE && offset < MSIX_END) {
		msix_access(function, (uint32_t)offset, data, count, write);
		return 0;
	}
	if (!write) {
		registers_read(function, (uint32_t)offset, data, count);
		return 0;
	}
	/* Registers are 32 bits; a narrower write has no effect. */
	for (uint32_t i = 0; i + 4 <= count; i += 4) {
		uint32_t value;

		memcpy(&value, bytes + i, sizeof(value));
		register_write(function, (uint32_t)offset + i, value);
	}
	return 0;
}

/* ---- Interrupts ---- */

static void signal_vector(struct function *function, unsigned int vector)
{
	struct pollfd state = { .fd = function->eventfd[vector], .events = POLLOUT };
	const uint64_t one = 1;

	/* A counter that its owner has filled up would block; it is readable as it is. */
	if (state.fd >= 0 && poll(&state, 1, 0) == 1 && (state.revents & POLLOUT) != 0)
		(void)!write(state.fd, &one, sizeof(one));
}

void function_interrupt(struct function *function, unsigned int vector)
{
	if (vector >= VECTORS) {
		sim_log(LOG_DEBUG, "%s: no vector %u", function->name, vector);
		return;
	}
	if (function->masked[vector])
		function->pending |= UINT64_C(1) << vector;
	else
		signal_vector(function, vector);
}

static void set_mask(struct function *function, unsigned int vector, bool masked)
{
	function->masked[vector] = masked;
	if (!masked && (function->pending >> vector & 1) != 0) {
		function->pending &= ~(UINT64_C(1) << vector);
		signal_vector(function, vector);
	}
}

static void release_eventfds(struct function *function, unsigned int first, unsigned int count)
{
	for (unsigned int i = first; i < first + count; i++) {
		if (function->eventfd[i] >= 0)
			close(function->eventfd[i]);
		function->eventfd[i] = -1;
	}
}

/* Writing to anything else could block, or be a message to somebody. */
static bool is_eventfd(int fd)
{
	static const char kind[] = "anon_inode:[eventfd]";
	char path[40], target[sizeof(kind)];
	ssize_t length;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	length = readlink(path, target, sizeof(target));
	return length == (ssize_t)sizeof(kind) - 1 && memcmp(target, kind, sizeof(kind) - 1) == 0;
}

static int function_set_irqs(void *context, const struct vfu_irq_set *set, const uint8_t *bools,
			     int *fds, unsigned int fd_count)
{
	struct function *function = context;

	if (set->index != VFU_IRQ_MSIX || function->network < 0)
		return 0;
	if ((set->flags & VFU_IRQ_DATA_EVENTFD) != 0) {
		for (unsigned int i = 0; i < fd_count; i++) {
			if (!is_eventfd(fds[i]))
				return -EINVAL;
		}
		release_eventfds(function, set->start, set->count);
		for (unsigned int i = 0; i < fd_count; i++) {
			function->eventfd[set->start + i] = fds[i];
			fds[i] = -1;
		}
		return 0;
	}
	if (set->count == 0) {
		release_eventfds(function, 0, VECTORS);
		memset(function->masked, 0, sizeof(function->masked));
		function->pending = 0;
		return 0;
	}
	for (unsigned int i = 0; i < set->count; i++) {
		unsigned int vector = set->start + i;

		if ((set->flags & VFU_IRQ_DATA_BOOL) != 0 && bools[i] == 0)
			continue;
		if ((set->flags & VFU_IRQ_TRIGGER) != 0)
			function_interrupt(function, vector);
		else
			set_mask(function, vector, (set->flags & VFU_IRQ_MASK) != 0);
	}
	return 0;
}

static uint32_t function_irq_count(void *context, uint32_t index)
{
	const struct function *function = context;

	return index == VFU_IRQ_MSIX && function->network >= 0 ? VECTORS : 0;
}

/* ---- Regions, DMA, reset ---- */

static void function_region_info(void *context, uint32_t index, struct vfu_region *region)
{
	const struct function *function = context;

	*region = (struct vfu_region){ .fd = -1 };
	if (index == VFU_REGION_CONFIG) {
		region->size = PCI_CONFIG_SIZE;
	} else if (index == VFU_REGION_BAR0) {
		region->size = BAR0_SIZE;
		region->fd = function->file; /* -1: the management function has no doorbells */
		region->mmap_offset = DOORBELL_PAGE;
		region->mmap_size = DOORBELL_PAGE_SIZE;
	}
}

static bool at_rest(struct function *function)
{
	for (unsigned int queue = 0; queue < QUEUES; queue++) {
		uint32_t status = sekisho_engine_reg_read(function->engine,
							  function->base + status_offset(queue));

		if ((status & SEKISHO_QUEUE_STATUS_ACTIVE_MASK) != 0)
			return false;
	}
	return true;
}

/* The client's maps and interrupts stay; they are not the core's. */
static void function_reset(void *context)
{
	struct function *function = context;
	uint32_t clocks = 0;

	if (function->network < 0)
		return;
	register_write(function, SEKISHO_NETWORK_RESET, SEKISHO_NETWORK_RESET_RESET_MASK);
	while (!at_rest(function)) {
		if (clocks >= RESET_CLOCKS) {
			sim_log(LOG_ERROR, "%s: queues still active %u clocks after a reset",
				function->name, clocks);
			break;
		}
		/* An idle engine may return at once; the bound holds anyway. */
		sekisho_engine_run(function->engine, RESET_SLICE);
		clocks += RESET_SLICE;
	}
	function->pending = 0;
}

static int function_region_read(void *context, uint32_t index, uint64_t offset, void *data,
				uint32_t count)
{
	struct function *function = context;

	if (index == VFU_REGION_CONFIG)
		return pci_config_read(&function->config, offset, data, count);
	if (index == VFU_REGION_BAR0)
		return bar0_access(function, offset, data, count, false);
	return -EINVAL;
}

static int function_region_write(void *context, uint32_t index, uint64_t offset, const void *data,
				 uint32_t count)
{
	struct function *function = context;
	bool reset;
	int err;

	if (index == VFU_REGION_BAR0)
		return bar0_access(function, offset, (void *)data, count, true);
	if (index != VFU_REGION_CONFIG)
		return -EINVAL;
	err = pci_config_write(&function->config, offset, data, count, &reset);
	if (err == 0 && reset)
		function_reset(function);
	return err;
}

static int function_dma_map(void *context, uint64_t address, uint64_t size, uint32_t flags, int fd,
			    uint64_t offset)
{
	struct function *function = context;

	return dma_map_add(&function->dma, address, size, flags, fd, offset);
}

static int function_dma_unmap(void *context, uint64_t address, uint64_t size, uint64_t *removed)
{
	struct function *function = context;

	return dma_map_remove(&function->dma, address, size, removed);
}

static void function_dma_unmap_all(void *context)
{
	struct function *function = context;

	dma_map_clear(&function->dma);
}

void *function_dma(struct function *function, uint64_t address, uint32_t length, bool write)
{
	return dma_map_lookup(&function->dma, address, length, write);
}

static void set_identity(struct function *function)
{
	const struct pci_config_identity identity = {
		.vendor = SEKISHO_PCI_VENDOR,
		.device = function->network < 0 ? SEKISHO_PCI_DEVICE_MANAGEMENT :
						  SEKISHO_PCI_DEVICE_NETWORK,
		.class_code = function->network < 0 ? CLASS_OTHER_MEMORY : CLASS_ETHERNET,
		.bar0_size = BAR0_SIZE,
		.msix_vectors = function->network < 0 ? 0 : VECTORS,
		.msix_table = MSIX_TABLE,
		.msix_pending = MSIX_PENDING,
	};

	pci_config_init(&function->config, &identity);
	memset(function->msix_table, 0, sizeof(function->msix_table));
	for (unsigned int i = 0; i < VECTORS; i++)
		function->msix_table[16 * i + 12] = 1; /* masked, as out of reset */
}

static void function_attached(void *context)
{
	struct function *function = context;

	sim_log(LOG_DEBUG, "%s: client connected", function->name);
}

/* The next client finds the function as after power up. */
static void function_detached(void *context)
{
	struct function *function = context;

	sim_log(LOG_DEBUG, "%s: client gone", function->name);
	function_reset(function);
	dma_map_clear(&function->dma);
	release_eventfds(function, 0, VECTORS);
	memset(function->masked, 0, sizeof(function->masked));
	function->pending = 0;
	if (function->memory != NULL)
		memset(function->memory, 0, BAR0_SIZE);
	set_identity(function);
}

static const struct vfu_device device = {
	.region_info = function_region_info,
	.region_read = function_region_read,
	.region_write = function_region_write,
	.irq_count = function_irq_count,
	.set_irqs = function_set_irqs,
	.dma_map = function_dma_map,
	.dma_unmap = function_dma_unmap,
	.dma_unmap_all = function_dma_unmap_all,
	.reset = function_reset,
	.attached = function_attached,
	.detached = function_detached,
};

/* The seals keep the client from shrinking the page away under the server. */
static int create_page(struct function *function)
{
	function->file = memfd_create("sekisho-bar0", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (function->file < 0 || ftruncate(function->file, BAR0_SIZE) != 0 ||
	    fcntl(function->file, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0)
		return -errno;
	function->memory =
		mmap(NULL, BAR0_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, function->file, 0);
	if (function->memory == MAP_FAILED) {
		function->memory = NULL;
		return -errno;
	}
	return 0;
}

struct function *function_create(struct sekisho_engine *engine, int network, const char *path)
{
	struct function *function = calloc(1, sizeof(*function));
	int err = 0;

	if (function == NULL)
		return NULL;
	function->engine = engine;
	function->network = network;
	if (network < 0)
		snprintf(function->name, sizeof(function->name), "mgmt");
	else
		snprintf(function->name, sizeof(function->name), "net%u",
			 (unsigned int)network % 10);
	function->base =
		network < 0 ? SEKISHO_WINDOW_MANAGEMENT : SEKISHO_WINDOW_NETWORK((uint32_t)network);
	function->file = -1;
	for (unsigned int i = 0; i < VECTORS; i++)
		function->eventfd[i] = -1;
	dma_map_init(&function->dma);
	set_identity(function);
	if (network >= 0)
		err = create_page(function);
	if (err == 0) {
		function->server = vfu_server_create(path, &device, function);
		if (function->server == NULL)
			err = -errno;
	}
	if (err != 0) {
		function_destroy(function);
		errno = -err;
		return NULL;
	}
	return function;
}

void function_destroy(struct function *function)
{
	if (function == NULL)
		return;
	vfu_server_destroy(function->server);
	dma_map_clear(&function->dma);
	release_eventfds(function, 0, VECTORS);
	if (function->memory != NULL)
		munmap(function->memory, BAR0_SIZE);
	if (function->file >= 0)
		close(function->file);
	free(function);
}

struct vfu_server *function_server(struct function *function)
{
	return function->server;
}
