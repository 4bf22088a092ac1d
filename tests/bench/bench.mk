# SPDX-License-Identifier: BSD-3-Clause

$(BUILD)/tests/rtl_bench: tests/bench/rtl_bench.cc tests/engine/host.h $(ENGINE_LIB)
	@mkdir -p $(@D)
	$(CXX) -std=gnu++17 -O2 -g -Wall -Wextra -Ihost-lib/include $< $(ENGINE_LIBS) -o $@

$(BUILD)/tests/model_bench: tests/bench/model_bench.c $(ENGINE_LIB)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS_COMMON) -Isim -Ihost-lib/include $< $(ENGINE_LIBS) -o $@

# The card in the driver's own process, behind the simulator's server.
PMD_CYCLES_OBJECTS := $(addprefix $(BUILD)/sim/objects/,function.o vfio_user.o dma_map.o pci_config.o log.o)

$(BUILD)/tests/pmd_cycles: tests/bench/pmd_cycles.c $(PMD_CYCLES_OBJECTS) $(ENGINE_LIB)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS_COMMON) -D_GNU_SOURCE -Isim -Ihost-lib/include $(subst -I/,-isystem /,$(shell pkg-config --cflags libdpdk)) \
		$< $(PMD_CYCLES_OBJECTS) $(ENGINE_LIBS) -lrte_ethdev -lrte_mbuf -lrte_mempool -lrte_eal -o $@

$(BUILD)/tests/spin_rtt: tests/bench/spin_rtt.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS_COMMON) $< -lpthread -o $@

BENCH_PROGRAMS := $(addprefix $(BUILD)/tests/,rtl_bench model_bench pmd_cycles spin_rtt)

# All rows in one run; BENCH="pmd" (or rtl, sim) makes only those.
BENCH ?= rtl sim pmd
.PHONY: bench
bench: $(BENCH_PROGRAMS) driver | $(BUILD)/venv.stamp ## Measure the card, the driver and the simulator (build/bench.json); BENCH="rtl sim pmd"
	@BUILD=$(BUILD) $(PYTHON) tests/bench/bench.py $(BENCH)
