/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef SEKISHO_SIM_VFIO_USER_PROTOCOL_H
#define SEKISHO_SIM_VFIO_USER_PROTOCOL_H

/*
 * What is on the wire of vfio-user, version 0.1, little endian. The public specification is QEMU's
 * docs/interop/vfio-user.rst; the payloads follow linux/vfio.h.
 */

#include <assert.h>
#include <stdint.h>

#define VFU_MAJOR 0
#define VFU_MINOR 1

enum vfu_command {
	VFU_VERSION = 1,
	VFU_DMA_MAP = 2,
	VFU_DMA_UNMAP = 3,
	VFU_DEVICE_GET_INFO = 4,
	VFU_DEVICE_GET_REGION_INFO = 5,
	VFU_DEVICE_GET_REGION_IO_FDS = 6,
	VFU_DEVICE_GET_IRQ_INFO = 7,
	VFU_DEVICE_SET_IRQS = 8,
	VFU_REGION_READ = 9,
	VFU_REGION_WRITE = 10,
	VFU_DMA_READ = 11, /* server to client only */
	VFU_DMA_WRITE = 12, /* server to client only */
	VFU_DEVICE_RESET = 13,
	VFU_REGION_WRITE_MULTI = 15,
	VFU_DEVICE_FEATURE = 16,
	VFU_MIG_DATA_READ = 17,
	VFU_MIG_DATA_WRITE = 18,
};

#define VFU_FLAG_TYPE 0x0fu
#define VFU_FLAG_REPLY 0x01u /* of the type: command 0, reply 1 */
#define VFU_FLAG_NO_REPLY 0x10u
#define VFU_FLAG_ERROR 0x20u

/* Starts every message; size counts it too. */
struct vfu_header {
	uint16_t id;
	uint16_t command;
	uint32_t size;
	uint32_t flags;
	uint32_t error; /* errno value, with VFU_FLAG_ERROR */
};
static_assert(sizeof(struct vfu_header) == 16, "wire layout");

/* Followed by JSON text that ends with a NUL. */
struct vfu_version {
	uint16_t major, minor;
};
static_assert(sizeof(struct vfu_version) == 4, "wire layout");

struct vfu_dma_map {
	uint32_t argsz;
	uint32_t flags; /* 1 readable, 2 writable */
	uint64_t offset; /* in the file */
	uint64_t address;
	uint64_t size;
};
static_assert(sizeof(struct vfu_dma_map) == 32, "wire layout");

#define VFU_UNMAP_DIRTY_BITMAP 1u
#define VFU_UNMAP_ALL 2u

struct vfu_dma_unmap {
	uint32_t argsz;
	uint32_t flags;
	uint64_t address;
	uint64_t size;
};
static_assert(sizeof(struct vfu_dma_unmap) == 24, "wire layout");

#define VFU_DEVICE_RESETTABLE 1u
#define VFU_DEVICE_PCI 2u

struct vfu_device_info {
	uint32_t argsz;
	uint32_t flags;
	uint32_t regions;
	uint32_t irqs;
};
static_assert(sizeof(struct vfu_device_info) == 16, "wire layout");

#define VFU_REGION_BAR0 0
#define VFU_REGION_CONFIG 7
#define VFU_REGIONS 9

#define VFU_REGION_READABLE 1u
#define VFU_REGION_WRITABLE 2u
#define VFU_REGION_MMAP 4u
#define VFU_REGION_CAPS 8u

struct vfu_region_info {
	uint32_t argsz;
	uint32_t flags;
	uint32_t index;
	uint32_t capability; /* offset of the first one from the start of this structure */
	uint64_t size;
	uint64_t offset; /* of the region in the file that comes along */
};
static_assert(sizeof(struct vfu_region_info) == 32, "wire layout");

#define VFU_CAPABILITY_SPARSE_MMAP 1

/* A sparse mmap capability with one area. */
struct vfu_sparse_mmap {
	uint16_t id;
	uint16_t version;
	uint32_t next;
	uint32_t areas;
	uint32_t reserved;
	uint64_t offset; /* in the region */
	uint64_t size;
};
static_assert(sizeof(struct vfu_sparse_mmap) == 32, "wire layout");

struct vfu_region_io_fds {
	uint32_t argsz;
	uint32_t flags;
	uint32_t index;
	uint32_t count;
};
static_assert(sizeof(struct vfu_region_io_fds) == 16, "wire layout");

#define VFU_IRQ_MSIX 2
#define VFU_IRQS 5

#define VFU_IRQ_EVENTFD 1u
#define VFU_IRQ_MASKABLE 2u

struct vfu_irq_info {
	uint32_t argsz;
	uint32_t flags;
	uint32_t index;
	uint32_t count;
};
static_assert(sizeof(struct vfu_irq_info) == 16, "wire layout");

#define VFU_IRQ_DATA_NONE 0x01u
#define VFU_IRQ_DATA_BOOL 0x02u
#define VFU_IRQ_DATA_EVENTFD 0x04u
#define VFU_IRQ_MASK 0x08u
#define VFU_IRQ_UNMASK 0x10u
#define VFU_IRQ_TRIGGER 0x20u

struct vfu_irq_set {
	uint32_t argsz;
	uint32_t flags;
	uint32_t index;
	uint32_t start;
	uint32_t count;
};
static_assert(sizeof(struct vfu_irq_set) == 20, "wire layout");

/* Followed by count bytes in a read's reply and in a write's request. */
struct vfu_region_access {
	uint64_t offset;
	uint32_t region;
	uint32_t count;
};
static_assert(sizeof(struct vfu_region_access) == 16, "wire layout");

#define VFU_MULTI_MAX 200

struct vfu_write_multi {
	uint64_t count;
};
static_assert(sizeof(struct vfu_write_multi) == 8, "wire layout");

struct vfu_write_one {
	uint64_t offset;
	uint32_t region;
	uint32_t count; /* 1 to 8 */
	uint8_t data[8];
};
static_assert(sizeof(struct vfu_write_one) == 24, "wire layout");

#endif
