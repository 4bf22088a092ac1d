/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef SEKISHO_VFIO_USER_H
#define SEKISHO_VFIO_USER_H

/* The messages of the vfio-user protocol that the client sends. Host byte order. */

#include <assert.h>
#include <stdint.h>

enum vfio_user_command {
	VFIO_USER_VERSION = 1,
	VFIO_USER_DMA_MAP = 2,
	VFIO_USER_DMA_UNMAP = 3,
	VFIO_USER_DEVICE_GET_INFO = 4,
	VFIO_USER_DEVICE_GET_REGION_INFO = 5,
	VFIO_USER_DEVICE_GET_IRQ_INFO = 7,
	VFIO_USER_DEVICE_SET_IRQS = 8,
	VFIO_USER_REGION_READ = 9,
	VFIO_USER_REGION_WRITE = 10,
	VFIO_USER_DEVICE_RESET = 13,
};

#define VFIO_USER_TYPE_MASK 0xfu
#define VFIO_USER_TYPE_COMMAND 0u
#define VFIO_USER_TYPE_REPLY 1u
#define VFIO_USER_NO_REPLY 0x10u
#define VFIO_USER_ERROR 0x20u

struct vfio_user_header {
	uint16_t id;
	uint16_t command;
	uint32_t size; /* with the header */
	uint32_t flags;
	uint32_t error;
};

struct vfio_user_version {
	uint16_t major, minor;
	/* a NUL-terminated JSON text follows */
};

#define VFIO_USER_MAP_READ 1u
#define VFIO_USER_MAP_WRITE 2u

struct vfio_user_dma_map {
	uint32_t argsz;
	uint32_t flags;
	uint64_t offset;
	uint64_t address;
	uint64_t size;
};

struct vfio_user_dma_unmap {
	uint32_t argsz;
	uint32_t flags;
	uint64_t address;
	uint64_t size;
};

struct vfio_user_device_info {
	uint32_t argsz;
	uint32_t flags; /* VFIO_USER_DEVICE_* */
	uint32_t regions;
	uint32_t irqs;
};

#define VFIO_USER_DEVICE_RESETS 1u
#define VFIO_USER_DEVICE_PCI 2u

#define VFIO_USER_BAR0 0u
#define VFIO_USER_CONFIG_SPACE 7u

struct vfio_user_region_info {
	uint32_t argsz;
	uint32_t flags; /* VFIO_USER_REGION_* */
	uint32_t index;
	uint32_t cap_offset;
	uint64_t size;
	uint64_t offset;
};

#define VFIO_USER_REGION_MAPPABLE 4u
#define VFIO_USER_REGION_HAS_CAPS 8u

struct vfio_user_capability {
	uint16_t id;
	uint16_t version;
	uint32_t next; /* from the start of the region info, 0: the last */
};

#define VFIO_USER_CAP_SPARSE 1u

struct vfio_user_sparse {
	struct vfio_user_capability head;
	uint32_t areas;
	uint32_t reserved;
	/* struct vfio_user_area follow */
};

struct vfio_user_area {
	uint64_t offset;
	uint64_t size;
};

#define VFIO_USER_IRQ_MSIX 2u

struct vfio_user_irq_info {
	uint32_t argsz;
	uint32_t flags;
	uint32_t index;
	uint32_t count;
};

#define VFIO_USER_SET_EVENTFD 4u
#define VFIO_USER_SET_TRIGGER 0x20u

struct vfio_user_irq_set {
	uint32_t argsz;
	uint32_t flags;
	uint32_t index;
	uint32_t start;
	uint32_t count;
};

struct vfio_user_region_access {
	uint64_t offset;
	uint32_t region;
	uint32_t count;
	/* count bytes follow, in a write and in the reply to a read */
};

static_assert(sizeof(struct vfio_user_header) == 16, "layout of the protocol");
static_assert(sizeof(struct vfio_user_version) == 4, "layout of the protocol");
static_assert(sizeof(struct vfio_user_dma_map) == 32, "layout of the protocol");
static_assert(sizeof(struct vfio_user_dma_unmap) == 24, "layout of the protocol");
static_assert(sizeof(struct vfio_user_device_info) == 16, "layout of the protocol");
static_assert(sizeof(struct vfio_user_region_info) == 32, "layout of the protocol");
static_assert(sizeof(struct vfio_user_sparse) == 16, "layout of the protocol");
static_assert(sizeof(struct vfio_user_area) == 16, "layout of the protocol");
static_assert(sizeof(struct vfio_user_irq_info) == 16, "layout of the protocol");
static_assert(sizeof(struct vfio_user_irq_set) == 20, "layout of the protocol");
static_assert(sizeof(struct vfio_user_region_access) == 16, "layout of the protocol");

#endif
