/* SPDX-License-Identifier: BSD-3-Clause */

/*
 * The virtual device bus: --vdev=net_sekisho0,device=vfio-user:PATH[,drop_bad_checksum=1]
 * Only the device arguments are handled here; the rest is sekisho_ethdev_probe().
 */

#include <errno.h>
#include <string.h>

#include <rte_kvargs.h>
#include <rte_errno.h>
#include <bus_vdev_driver.h>
#include <ethdev_vdev.h>

#include "sekisho_ethdev.h"

#define ARG_DEVICE "device"
#define ARG_DROP_BAD_CHECKSUM "drop_bad_checksum"

static int take_string(const char *key, const char *value, void *opaque)
{
	const char **string = opaque;

	if (value == NULL || value[0] == '\0') {
		PMD_INIT_LOG(ERR, "%s needs a value", key);
		return -EINVAL;
	}
	*string = value;
	return 0;
}

static int take_bool(const char *key, const char *value, void *opaque)
{
	bool *flag = opaque;

	if (value == NULL || (strcmp(value, "0") != 0 && strcmp(value, "1") != 0)) {
		PMD_INIT_LOG(ERR, "%s is 0 or 1, not '%s'", key, value == NULL ? "" : value);
		return -EINVAL;
	}
	*flag = value[0] == '1';
	return 0;
}

static const struct {
	const char *key;
	arg_handler_t take;
	size_t offset; /* in struct sekisho_probe_params */
} arguments[] = {
	{ ARG_DEVICE, take_string, offsetof(struct sekisho_probe_params, uri) },
	{ ARG_DROP_BAD_CHECKSUM, take_bool,
	  offsetof(struct sekisho_probe_params, drop_bad_checksum) },
};

/* Every key must be known and come once. */
static int check_keys(const char *name, const struct rte_kvargs *list)
{
	for (unsigned int i = 0; i < list->count; i++) {
		const char *key = list->pairs[i].key;
		unsigned int known;

		for (known = 0; known < RTE_DIM(arguments); known++)
			if (strcmp(key, arguments[known].key) == 0)
				break;
		if (known == RTE_DIM(arguments)) {
			PMD_INIT_LOG(ERR,
				     "%s: unknown argument '%s'; known are " ARG_DEVICE
				     " and " ARG_DROP_BAD_CHECKSUM,
				     name, key);
			return -EINVAL;
		}
		if (rte_kvargs_count(list, key) > 1) {
			PMD_INIT_LOG(ERR, "%s: %s is given more than once", name, key);
			return -EINVAL;
		}
	}
	return 0;
}

static int parse_arguments(const char *name, const struct rte_kvargs *list,
			   struct sekisho_probe_params *params)
{
	int ret = check_keys(name, list);

	for (unsigned int i = 0; i < RTE_DIM(arguments) && ret == 0; i++) {
		void *place = (char *)params + arguments[i].offset;

		/* The library folds a handler's error into -1. */
		if (rte_kvargs_process(list, arguments[i].key, arguments[i].take, place) < 0)
			ret = -EINVAL;
	}
	if (ret == 0 && params->uri == NULL) {
		PMD_INIT_LOG(ERR,
			     "%s: " ARG_DEVICE " is missing: --vdev=%s," ARG_DEVICE
			     "=vfio-user:PATH",
			     name, name);
		ret = -EINVAL;
	}
	return ret;
}

static int probe(struct rte_vdev_device *vdev)
{
	const char *name = rte_vdev_device_name(vdev);
	const char *text = rte_vdev_device_args(vdev);
	struct sekisho_probe_params params = { 0 };
	struct rte_eth_dev *dev;
	struct rte_kvargs *list;
	int ret;

	if (rte_eal_process_type() != RTE_PROC_PRIMARY) {
		PMD_INIT_LOG(ERR, "%s: secondary processes are not supported", name);
		return -ENOTSUP;
	}
	list = rte_kvargs_parse(text == NULL ? "" : text, NULL);
	if (list == NULL) {
		PMD_INIT_LOG(ERR, "%s: cannot parse the arguments '%s'", name, text);
		return -EINVAL;
	}
	ret = parse_arguments(name, list, &params);
	if (ret == 0) {
		dev = rte_eth_vdev_allocate(vdev, sizeof(struct sekisho_adapter));
		if (dev == NULL) {
			ret = -ENOMEM;
		} else {
			ret = sekisho_ethdev_probe(dev, &params);
			if (ret < 0)
				rte_eth_dev_release_port(dev);
			else
				rte_eth_dev_probing_finish(dev);
		}
	}
	rte_kvargs_free(list);
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
RTE_PMD_REGISTER_PARAM_STRING(net_sekisho, ARG_DEVICE "=<uri> " ARG_DROP_BAD_CHECKSUM "=<0|1>");

/* What dpdk-pmdinfo.py reads; inside DPDK's own build a tool writes it. */
extern const char sekisho_pmd_info[];
__attribute__((used)) const char sekisho_pmd_info[] =
	"PMD_INFO_STRING= {\"name\": \"net_sekisho\", \"params\": \"" ARG_DEVICE
	"=<uri> " ARG_DROP_BAD_CHECKSUM "=<0|1>\", \"pci_ids\": []}";
