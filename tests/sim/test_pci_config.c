/* SPDX-License-Identifier: BSD-3-Clause */
/* Configuration space: what a guest's PCI core would read and try. */

#include "tap_main.h"

#include <errno.h>
#include <string.h>

#include <linux/pci_regs.h>

#include "pci_config.h"

static const struct pci_config_identity network = {
	.vendor = 0x1234,
	.device = 0x5345,
	.class_code = 0x020000,
	.bar0_size = 0x10000,
	.msix_vectors = 9,
	.msix_table = 0x3000,
	.msix_pending = 0x3800,
};

static uint32_t get(const struct pci_config *config, uint32_t offset, uint32_t count)
{
	uint32_t value = 0;

	assert_int_equal(pci_config_read(config, offset, &value, count), 0);
	return value;
}

static bool put(struct pci_config *config, uint32_t offset, uint32_t value, uint32_t count)
{
	bool reset;

	assert_int_equal(pci_config_write(config, offset, &value, count, &reset), 0);
	return reset;
}

static void header_says_who(void **state)
{
	struct pci_config config;

	(void)state;
	pci_config_init(&config, &network);
	assert_int_equal(get(&config, PCI_VENDOR_ID, 2), 0x1234);
	assert_int_equal(get(&config, PCI_DEVICE_ID, 2), 0x5345);
	assert_int_equal(get(&config, PCI_CLASS_REVISION, 4) >> 8, 0x020000);
	assert_int_equal(get(&config, PCI_HEADER_TYPE, 1), PCI_HEADER_TYPE_NORMAL);
	assert_int_equal(get(&config, PCI_INTERRUPT_PIN, 1), 0);
	/* No extended capability. */
	assert_int_equal(get(&config, 0x100, 4), 0);
}

/* The list ends, stays in the space and holds each capability once. */
static void capabilities_are_a_list(void **state)
{
	unsigned int express = 0, msix = 0, steps = 0;
	struct pci_config config;
	uint32_t at;

	(void)state;
	pci_config_init(&config, &network);
	assert_true((get(&config, PCI_STATUS, 2) & PCI_STATUS_CAP_LIST) != 0);
	for (at = get(&config, PCI_CAPABILITY_LIST, 1); at != 0; at = get(&config, at + 1, 1)) {
		assert_true(at >= 0x40 && at % 4 == 0);
		assert_true(++steps < 48);
		express += get(&config, at, 1) == PCI_CAP_ID_EXP;
		msix += get(&config, at, 1) == PCI_CAP_ID_MSIX;
	}
	assert_int_equal(express, 1);
	assert_int_equal(msix, 1);
	assert_int_equal(get(&config, PCI_CONFIG_MSIX + PCI_MSIX_FLAGS, 2), 8);
	assert_int_equal(get(&config, PCI_CONFIG_MSIX + PCI_MSIX_TABLE, 4), 0x3000);
	assert_int_equal(get(&config, PCI_CONFIG_MSIX + PCI_MSIX_PBA, 4), 0x3800);
}

static void no_vectors_no_capability(void **state)
{
	struct pci_config_identity plain = network;
	struct pci_config config;

	(void)state;
	plain.msix_vectors = 0;
	pci_config_init(&config, &plain);
	assert_int_equal(get(&config, get(&config, PCI_CAPABILITY_LIST, 1) + 1, 1), 0);
}

static void bars_are_sized(void **state)
{
	struct pci_config config;

	(void)state;
	pci_config_init(&config, &network);
	put(&config, PCI_BASE_ADDRESS_0, 0xffffffff, 4);
	assert_int_equal(get(&config, PCI_BASE_ADDRESS_0, 4), 0xffff0000);
	put(&config, PCI_BASE_ADDRESS_0, 0xfebd1234, 4);
	assert_int_equal(get(&config, PCI_BASE_ADDRESS_0, 4), 0xfebd0000);
	for (uint32_t bar = PCI_BASE_ADDRESS_1; bar <= PCI_BASE_ADDRESS_5; bar += 4) {
		put(&config, bar, 0xffffffff, 4);
		assert_int_equal(get(&config, bar, 4), 0);
	}
	put(&config, PCI_ROM_ADDRESS, 0xffffffff, 4);
	assert_int_equal(get(&config, PCI_ROM_ADDRESS, 4), 0);
}

/* All ones everywhere, in every width: only writable bits change. */
static void only_writable_bits_change(void **state)
{
	struct pci_config config, before;
	unsigned int changed = 0;

	(void)state;
	for (uint32_t width = 1; width <= 4; width *= 2) {
		pci_config_init(&config, &network);
		before = config;
		for (uint32_t at = 0; at < PCI_CONFIG_SIZE; at += width)
			put(&config, at, 0xffffffff, width);
		for (uint32_t at = 0; at < PCI_CONFIG_SIZE; at++) {
			assert_int_equal(config.bytes[at] & ~before.writable[at],
					 before.bytes[at] & ~before.writable[at]);
			changed += config.bytes[at] != before.bytes[at];
		}
	}
	assert_true(changed > 0);
	assert_int_equal(get(&config, PCI_COMMAND, 2), 0x546);
	assert_int_equal(get(&config, PCI_CONFIG_MSIX + PCI_MSIX_FLAGS, 2), 0xc008);
}

static void function_level_reset(void **state)
{
	struct pci_config config;

	(void)state;
	pci_config_init(&config, &network);
	assert_true((get(&config, PCI_CONFIG_EXPRESS + PCI_EXP_DEVCAP, 4) & PCI_EXP_DEVCAP_FLR) !=
		    0);
	assert_false(put(&config, PCI_CONFIG_EXPRESS + PCI_EXP_DEVCTL, 0x7fff, 2));
	assert_true(put(&config, PCI_CONFIG_EXPRESS + PCI_EXP_DEVCTL, 0x8000, 2));
	assert_true(put(&config, PCI_CONFIG_EXPRESS + PCI_EXP_DEVCTL + 1, 0x80, 1));
	assert_true(put(&config, PCI_CONFIG_EXPRESS + PCI_EXP_DEVCAP, 0xffffffff, 4) == false);
	assert_int_equal(get(&config, PCI_CONFIG_EXPRESS + PCI_EXP_DEVCTL, 2) & 0x8000, 0);
}

static void ranges_are_checked(void **state)
{
	uint8_t all[PCI_CONFIG_SIZE + 1];
	struct pci_config config;
	bool reset;

	(void)state;
	pci_config_init(&config, &network);
	assert_int_equal(pci_config_read(&config, 0, all, PCI_CONFIG_SIZE), 0);
	assert_int_equal(pci_config_read(&config, 0, all, PCI_CONFIG_SIZE + 1), -EINVAL);
	assert_int_equal(pci_config_read(&config, 1, all, PCI_CONFIG_SIZE), -EINVAL);
	assert_int_equal(pci_config_read(&config, 0, all, 0), -EINVAL);
	assert_int_equal(pci_config_read(&config, UINT64_MAX, all, 1), -EINVAL);
	assert_int_equal(pci_config_read(&config, UINT64_MAX - 1, all, 4), -EINVAL);
	assert_int_equal(pci_config_write(&config, PCI_CONFIG_SIZE, all, 1, &reset), -EINVAL);
	assert_int_equal(pci_config_write(&config, 4094, all, 4, &reset), -EINVAL);
	assert_int_equal(pci_config_write(&config, 0, all, UINT32_MAX, &reset), -EINVAL);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(header_says_who),	     cmocka_unit_test(capabilities_are_a_list),
	cmocka_unit_test(no_vectors_no_capability),  cmocka_unit_test(bars_are_sized),
	cmocka_unit_test(only_writable_bits_change), cmocka_unit_test(function_level_reset),
	cmocka_unit_test(ranges_are_checked),
};

TAP_MAIN(tests)
