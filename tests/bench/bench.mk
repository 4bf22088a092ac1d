# SPDX-License-Identifier: BSD-3-Clause

$(BUILD)/tests/rtl_bench: tests/bench/rtl_bench.cc tests/engine/host.h $(ENGINE_LIB)
	@mkdir -p $(@D)
	$(CXX) -std=gnu++17 -O2 -g -Wall -Wextra -Ihost-lib/include $< $(ENGINE_LIBS) -o $@

$(BUILD)/tests/model_bench: tests/bench/model_bench.c $(ENGINE_LIB)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS_COMMON) -Isim -Ihost-lib/include $< $(ENGINE_LIBS) -o $@

.PHONY: bench
bench: $(BUILD)/tests/rtl_bench $(BUILD)/tests/model_bench | $(BUILD)/venv.stamp ## Measure clocks a frame and simulation speed (build/bench.json)
	@$(PYTHON) tests/bench/bench.py "$(BUILD)/tests/rtl_bench 64" "$(BUILD)/tests/rtl_bench 512" $(BUILD)/tests/model_bench
