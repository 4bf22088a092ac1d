# SPDX-License-Identifier: BSD-3-Clause
#
# The DPDK driver, its sanitized variant, and their test.

# On the installed DPDK, or with DPDK=build/dpdk/SUITE on that of another release of Debian; then all
# of the driver's that is built is below that folder.
ifdef DPDK
DPDK_SDK := $(DPDK)
DRIVER_BUILD := $(DPDK)
DPDK_ROOT := $(abspath $(DPDK)/root)
DPDK_CONFIG = PKG_CONFIG_SYSROOT_DIR=$(DPDK_ROOT) PKG_CONFIG_LIBDIR="$$(echo $(DPDK_ROOT)/usr/lib/*/pkgconfig)" \
	pkg-config $(1) libdpdk-libs
else
DPDK_SDK := $(BUILD)/dpdk-sdk
DRIVER_BUILD := $(BUILD)
DPDK_CONFIG = pkg-config $(1) libdpdk
endif
DRIVER_SOURCES := $(wildcard driver/*.c)
DRIVER_HEADERS := $(wildcard driver/*.h host-lib/include/sekisho/*.h)
DRIVER_CFLAGS = $(CFLAGS_COMMON) -O3 -fPIC -DALLOW_INTERNAL_API -DALLOW_EXPERIMENTAL_API \
	-Ihost-lib/include -isystem $(DPDK_SDK)/include $(subst -I/,-isystem /,$(shell $(call DPDK_CONFIG,--cflags)))
DRIVER_LDFLAGS = -shared -Wl,--version-script=driver/sekisho.map -Wl,-z,defs -Wl,--as-needed
# DPDK's libraries are more in some releases: those that are needed of all.
DRIVER_LIBS = $(shell $(call DPDK_CONFIG,--libs)) -lrte_bus_pci -lrte_bus_vdev -lpthread
DRIVER_SO := $(DRIVER_BUILD)/driver/librte_net_sekisho.so
DRIVER_ASAN_SO := $(DRIVER_BUILD)/driver-asan/librte_net_sekisho.so

.PHONY: driver driver-asan
driver: $(DRIVER_SO) ## Build the DPDK driver
driver-asan: $(DRIVER_ASAN_SO)

ifdef DPDK
$(DPDK)/version: scripts/fetch-dpdk-release.sh
	scripts/fetch-dpdk-release.sh $(dir $(DPDK)) $(notdir $(DPDK))
	@touch $@
else
$(DPDK_SDK)/version: scripts/fetch-dpdk-sdk.sh | $(BUILD)/packages.stamp
	@mkdir -p $(@D)
	scripts/fetch-dpdk-sdk.sh $(DPDK_SDK)
	@touch $@
endif

$(DRIVER_BUILD)/driver/%.o: driver/%.c $(DRIVER_HEADERS) driver/driver.mk $(DPDK_SDK)/version
	@mkdir -p $(@D)
	$(CC) $(DRIVER_CFLAGS) -c $< -o $@

$(DRIVER_SO): $(DRIVER_SOURCES:driver/%.c=$(DRIVER_BUILD)/driver/%.o) $(BUILD)/host-lib/libsekisho.a driver/sekisho.map
	$(CC) $(DRIVER_LDFLAGS) $(filter %.o %.a,$^) $(DRIVER_LIBS) -o $@

# The library's own sources are sanitized too, so that a fault in either is seen.
$(DRIVER_BUILD)/driver-asan/%.o: driver/%.c $(DRIVER_HEADERS) driver/driver.mk $(DPDK_SDK)/version
	@mkdir -p $(@D)
	$(CC) $(DRIVER_CFLAGS) $(SANITIZE) -c $< -o $@

$(DRIVER_BUILD)/driver-asan/lib/%.o: host-lib/src/%.c $(LIB_HEADERS) driver/driver.mk
	@mkdir -p $(@D)
	$(CC) $(LIB_CFLAGS) $(SANITIZE) -fPIC -c $< -o $@

$(DRIVER_ASAN_SO): $(DRIVER_SOURCES:driver/%.c=$(DRIVER_BUILD)/driver-asan/%.o) $(LIB_SOURCES:%.c=$(DRIVER_BUILD)/driver-asan/lib/%.o) driver/sekisho.map
	$(CC) $(filter-out -Wl$(comma)-z$(comma)defs,$(DRIVER_LDFLAGS)) $(SANITIZE) $(filter %.o,$^) $(DRIVER_LIBS) -o $@

comma := ,

# A stand-in for the card, for the driver's unit test.
$(BUILD)/tests/fake_card: tests/driver/fake_card.c host-lib/src/vfio_user_client.h host-lib/include/sekisho/registers.h
	@mkdir -p $(@D)
	$(CC) $(CFLAGS_COMMON) -Ihost-lib/include $< -o $@

# The same inside the program that calls the driver.
IN_PROCESS_SOURCES := tests/driver/in_process.h tests/driver/fake_card.c host-lib/src/vfio_user_client.h \
	host-lib/include/sekisho/registers.h driver/sekisho_pmd.h
IN_PROCESS_CFLAGS = $(CFLAGS_COMMON) -Wno-unused-function -Wno-missing-prototypes -DALLOW_EXPERIMENTAL_API \
	-Ihost-lib/include $(subst -I/,-isystem /,$(shell pkg-config --cflags libdpdk))
IN_PROCESS_LIBS := -lrte_ethdev -lrte_bus_vdev -lrte_mbuf -lrte_mempool -lrte_eal -lpthread

# They find the sanitized driver by the path in themselves: EAL takes a driver by its name only.
CALLS_TESTS := $(BUILD)/tests/test_calls $(BUILD)/tests/test_flow $(BUILD)/tests/test_meter
$(CALLS_TESTS): $(BUILD)/tests/%: tests/driver/%.c tests/driver/calls.h $(IN_PROCESS_SOURCES) driver/driver.mk
	@mkdir -p $(@D)
	$(CC) $(IN_PROCESS_CFLAGS) $(SANITIZE) -DFEATURES='"$(abspath driver/features.ini)"' $< $(IN_PROCESS_LIBS) -Wl,--disable-new-dtags,-rpath,$(abspath $(BUILD)/driver-asan) -o $@

.PHONY: driver-tests
driver-tests: $(DRIVER_SO) $(DRIVER_ASAN_SO) $(BUILD)/tests/fake_card $(CALLS_TESTS)
TESTS += "$(PYTHON) tests/driver/test_driver.py" $(CALLS_TESTS) tests/driver/test_releases.py

.PHONY: driver-releases
driver-releases: $(DRIVER_SO) sim ## Build and run the driver on every release of DPDK that it is for
	@BUILD=$(abspath $(BUILD)) $(PYTHON) tests/driver/test_releases.py
TEST_DEPS += driver-tests
