/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef SEKISHO_SIM_PCI_CONFIG_H
#define SEKISHO_SIM_PCI_CONFIG_H

/* The PCI configuration space of one function: header, PCI Express and MSI-X capabilities. */

#include <stdbool.h>
#include <stdint.h>

#define PCI_CONFIG_SIZE 4096u
#define PCI_CONFIG_EXPRESS 0x40u /* offset of the PCI Express capability */
#define PCI_CONFIG_MSIX 0x80u /* offset of the MSI-X capability */

struct pci_config_identity {
	uint16_t vendor, device;
	uint32_t class_code; /* 24 bits */
	uint32_t bar0_size; /* power of 2 */
	unsigned int msix_vectors; /* 0: no MSI-X capability */
	uint32_t msix_table, msix_pending; /* offsets in BAR0, multiples of 8 */
};

struct pci_config {
	uint8_t bytes[PCI_CONFIG_SIZE];
	uint8_t writable[PCI_CONFIG_SIZE]; /* bits that software may change */
};

void pci_config_init(struct pci_config *config, const struct pci_config_identity *identity);

/* Any range inside the space. 0 or -EINVAL. */
int pci_config_read(const struct pci_config *config, uint64_t offset, void *data, uint32_t count);

/* *reset becomes true when the write starts a function level reset. 0 or -EINVAL. */
int pci_config_write(struct pci_config *config, uint64_t offset, const void *data, uint32_t count,
		     bool *reset);

#endif
