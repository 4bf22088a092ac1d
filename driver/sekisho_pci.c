/* SPDX-License-Identifier: BSD-3-Clause */

/*
 * The PCI bus: a function that is bound to vfio-pci, or to a UIO driver. EAL has mapped its BAR
 * already, and memory and interrupts are EAL's too; the rest is sekisho_ethdev_probe().
 */

#include <assert.h>
#include <errno.h>
#include <stdio.h>

#include <rte_errno.h>
#include <bus_pci_driver.h>
#include <ethdev_pci.h>

#include "sekisho_ethdev.h"

#define SEKISHO_KERNEL_DRIVERS "* vfio-pci | igb_uio | uio_pci_generic"
#define SEKISHO_PCI_ARGUMENTS                                                                    \
	SEKISHO_ARG_DROP_BAD_CHECKSUM "=<0|1> " SEKISHO_ARG_EVIDENCE "=<0|1> " SEKISHO_ARG_AUDIT \
				      "=<N>"

static int init_port(struct rte_eth_dev *dev)
{
	const struct sekisho_open_options options = { .log = sekisho_library_log };
	struct rte_pci_device *pci = RTE_ETH_DEV_TO_PCI(dev);
	const struct rte_mem_resource *bar = &pci->mem_resource[0];
	const struct rte_devargs *devargs = pci->device.devargs;
	struct sekisho_probe_params params = { 0 };
	int ret;

	ret = sekisho_parse_arguments(pci->name, devargs == NULL ? NULL : devargs->args, &params);
	if (ret < 0)
		return ret;
	if (params.uri[0] != '\0') {
		PMD_INIT_LOG(ERR, "%s: " SEKISHO_ARG_DEVICE " is for --vdev only", pci->name);
		return -EINVAL;
	}
	/* UIO has no MSI-X. */
	if (rte_intr_cap_multiple(pci->intr_handle))
		params.bus_handle = pci->intr_handle;
	snprintf(params.uri, sizeof(params.uri), "pci:%s", pci->name);
	ret = sekisho_open_bar(bar->addr, bar->len, &options, &params.device);
	if (ret < 0) {
		PMD_INIT_LOG(ERR, "cannot open %s: %s", params.uri, rte_strerror(-ret));
		return ret;
	}
	return sekisho_ethdev_probe(dev, &params);
}

static int probe(struct rte_pci_driver *driver __rte_unused, struct rte_pci_device *pci)
{
	if (rte_eal_process_type() != RTE_PROC_PRIMARY) {
		PMD_INIT_LOG(ERR, "%s: secondary processes are not supported", pci->name);
		return -ENOTSUP;
	}
	return rte_eth_dev_pci_generic_probe(pci, sizeof(struct sekisho_adapter), init_port);
}

static int remove_device(struct rte_pci_device *pci)
{
	return rte_eth_dev_pci_generic_remove(pci, sekisho_dev_close);
}

static const struct rte_pci_id ids[] = {
	{ RTE_PCI_DEVICE(SEKISHO_PCI_VENDOR, SEKISHO_PCI_DEVICE_NETWORK) },
	{ .vendor_id = 0 },
};

/* No word on addresses: physical ones and virtual ones by an IOMMU are the same to the card. */
static struct rte_pci_driver sekisho_pci = {
	.id_table = ids,
	.drv_flags = RTE_PCI_DRV_NEED_MAPPING,
	.probe = probe,
	.remove = remove_device,
};

RTE_PMD_REGISTER_PCI(net_sekisho_pci, sekisho_pci);
RTE_PMD_REGISTER_PCI_TABLE(net_sekisho_pci, ids);
RTE_PMD_REGISTER_KMOD_DEP(net_sekisho_pci, SEKISHO_KERNEL_DRIVERS);
RTE_PMD_REGISTER_PARAM_STRING(net_sekisho_pci, SEKISHO_PCI_ARGUMENTS);

/* What dpdk-pmdinfo.py reads: the ids in decimal, 65535 stands for any. */
extern const char sekisho_pci_pmd_info[];
__attribute__((used)) const char sekisho_pci_pmd_info[] =
	"PMD_INFO_STRING= {\"name\": \"net_sekisho_pci\", \"kmod\": \"" SEKISHO_KERNEL_DRIVERS
	"\", \"params\": \"" SEKISHO_PCI_ARGUMENTS
	"\", \"pci_ids\": [[4660, 21317, 65535, 65535]]}";
static_assert(SEKISHO_PCI_VENDOR == 4660 && SEKISHO_PCI_DEVICE_NETWORK == 21317,
	      "the ids of sekisho_pci_pmd_info");
