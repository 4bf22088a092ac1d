/* SPDX-License-Identifier: BSD-3-Clause */
/* PCI configuration space: what a guest's PCI core reads, and the few bits that it may write. */

#include <errno.h>
#include <string.h>

#include <linux/pci_regs.h>

#include "pci_config.h"

static void put16(uint8_t *at, uint16_t value)
{
	at[0] = (uint8_t)value;
	at[1] = (uint8_t)(value >> 8);
}

static void put32(uint8_t *at, uint32_t value)
{
	put16(at, (uint16_t)value);
	put16(at + 2, (uint16_t)(value >> 16));
}

static void add_express(struct pci_config *config, uint8_t next)
{
	uint8_t *bytes = config->bytes + PCI_CONFIG_EXPRESS;
	uint8_t *writable = config->writable + PCI_CONFIG_EXPRESS;

	bytes[PCI_CAP_LIST_ID] = PCI_CAP_ID_EXP;
	bytes[PCI_CAP_LIST_NEXT] = next;
	put16(bytes + PCI_EXP_FLAGS, 2 | PCI_EXP_TYPE_ENDPOINT << 4);
	/* 256-byte payloads, as the core's bursts; function level reset. */
	put32(bytes + PCI_EXP_DEVCAP, 1 | PCI_EXP_DEVCAP_RBER | PCI_EXP_DEVCAP_FLR);
	put16(bytes + PCI_EXP_DEVCTL, PCI_EXP_DEVCTL_RELAX_EN | PCI_EXP_DEVCTL_READRQ_512B);
	put32(bytes + PCI_EXP_LNKCAP, PCI_EXP_LNKCAP_SLS_8_0GB | 8 << 4);
	put16(bytes + PCI_EXP_LNKSTA, PCI_EXP_LNKSTA_CLS_8_0GB | 8 << 4);
	/* The reset bit is seen by pci_config_write() and never stored. */
	put16(writable + PCI_EXP_DEVCTL, 0x7fff);
	put16(writable + PCI_EXP_LNKCTL, PCI_EXP_LNKCTL_ASPMC | PCI_EXP_LNKCTL_CCC);
}

static void add_msix(struct pci_config *config, const struct pci_config_identity *identity)
{
	uint8_t *bytes = config->bytes + PCI_CONFIG_MSIX;

	bytes[PCI_CAP_LIST_ID] = PCI_CAP_ID_MSIX;
	bytes[PCI_CAP_LIST_NEXT] = 0;
	put16(bytes + PCI_MSIX_FLAGS, (uint16_t)(identity->msix_vectors - 1));
	put32(bytes + PCI_MSIX_TABLE, identity->msix_table);
	put32(bytes + PCI_MSIX_PBA, identity->msix_pending);
	put16(config->writable + PCI_CONFIG_MSIX + PCI_MSIX_FLAGS,
	      PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL);
}

void pci_config_init(struct pci_config *config, const struct pci_config_identity *identity)
{
	uint8_t *bytes = config->bytes, *writable = config->writable;

	memset(config, 0, sizeof(*config));
	put16(bytes + PCI_VENDOR_ID, identity->vendor);
	put16(bytes + PCI_DEVICE_ID, identity->device);
	put16(bytes + PCI_STATUS, PCI_STATUS_CAP_LIST);
	put32(bytes + PCI_CLASS_REVISION, identity->class_code << 8 | 1);
	put16(bytes + PCI_SUBSYSTEM_VENDOR_ID, identity->vendor);
	put16(bytes + PCI_SUBSYSTEM_ID, identity->device);
	bytes[PCI_CAPABILITY_LIST] = PCI_CONFIG_EXPRESS;
	put16(writable + PCI_COMMAND, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER | PCI_COMMAND_PARITY |
					      PCI_COMMAND_SERR | PCI_COMMAND_INTX_DISABLE);
	writable[PCI_CACHE_LINE_SIZE] = 0xff;
	writable[PCI_INTERRUPT_LINE] = 0xff;
	/* Sizing: the address bits below the size stay 0 whatever is written. */
	put32(writable + PCI_BASE_ADDRESS_0, ~(identity->bar0_size - 1));
	add_express(config, identity->msix_vectors > 0 ? PCI_CONFIG_MSIX : 0);
	if (identity->msix_vectors > 0)
		add_msix(config, identity);
}

static bool inside(uint64_t offset, uint32_t count)
{
	return count > 0 && offset < PCI_CONFIG_SIZE && count <= PCI_CONFIG_SIZE - offset;
}

int pci_config_read(const struct pci_config *config, uint64_t offset, void *data, uint32_t count)
{
	if (!inside(offset, count))
		return -EINVAL;
	memcpy(data, config->bytes + offset, count);
	return 0;
}

int pci_config_write(struct pci_config *config, uint64_t offset, const void *data, uint32_t count,
		     bool *reset)
{
	const uint32_t reset_byte = PCI_CONFIG_EXPRESS + PCI_EXP_DEVCTL + 1;
	const uint8_t *from = data;

	*reset = false;
	if (!inside(offset, count))
		return -EINVAL;
	for (uint32_t i = 0; i < count; i++) {
		uint64_t at = offset + i;
		uint8_t mask = config->writable[at];

		config->bytes[at] = (uint8_t)((config->bytes[at] & ~mask) | (from[i] & mask));
		if (at == reset_byte && (from[i] & PCI_EXP_DEVCTL_BCR_FLR >> 8) != 0)
			*reset = true;
	}
	return 0;
}
