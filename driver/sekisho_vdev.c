/* SPDX-License-Identifier: BSD-3-Clause */

/*
 * The virtual device bus: --vdev=net_sekisho0,device=vfio-user:PATH[,ARGUMENT=VALUE]...
 * What the card is and does begins with sekisho_ethdev_probe().
 */

#include <errno.h>

#include <bus_vdev_driver.h>
#include <ethdev_vdev.h>

#include "sekisho_ethdev.h"

static int probe(struct rte_vdev_device *vdev)
{
	const char *name = rte_vdev_device_name(vdev);
	struct sekisho_probe_params params = { 0 };
	struct rte_eth_dev *dev;
	int ret;

	if (rte_eal_process_type() != RTE_PROC_PRIMARY) {
		PMD_INIT_LOG(ERR, "%s: secondary processes are not supported", name);
		return -ENOTSUP;
	}
	ret = sekisho_parse_arguments(name, rte_vdev_device_args(vdev), &params);
	if (ret < 0)
		return ret;
	if (params.uri[0] == '\0') {
		PMD_INIT_LOG(ERR,
			     "%s: " SEKISHO_ARG_DEVICE " is missing: --vdev=%s," SEKISHO_ARG_DEVICE
			     "=vfio-user:PATH",
			     name, name);
		return -EINVAL;
	}
	dev = rte_eth_vdev_allocate(vdev, sizeof(struct sekisho_adapter));
	if (dev == NULL)
		return -ENOMEM;
	ret = sekisho_ethdev_probe(dev, &params);
	if (ret < 0)
		rte_eth_dev_release_port(dev);
	else
		rte_eth_dev_probing_finish(dev);
	return ret;
}

static int remove_device(struct rte_vdev_device *vdev)
{
	struct rte_eth_dev *dev = rte_eth_dev_allocated(rte_vdev_device_name(vdev));

	/* Closed by the application before: nothing is left. */
	if (dev == NULL)
		return 0;
	sekisho_dev_close(dev);
	return rte_eth_dev_release_port(dev);
}

static struct rte_vdev_driver sekisho_vdev = {
	.probe = probe,
	.remove = remove_device,
	.drv_flags = RTE_VDEV_DRV_NEED_IOVA_AS_VA,
};

RTE_PMD_REGISTER_VDEV(net_sekisho, sekisho_vdev);
RTE_PMD_REGISTER_PARAM_STRING(net_sekisho, SEKISHO_ARGUMENTS);

/* What dpdk-pmdinfo.py reads; inside DPDK's own build a tool writes it. */
extern const char sekisho_pmd_info[];
__attribute__((used)) const char sekisho_pmd_info[] =
	"PMD_INFO_STRING= {\"name\": \"net_sekisho\", \"params\": \"" SEKISHO_ARGUMENTS
	"\", \"pci_ids\": []}";
