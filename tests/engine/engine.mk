# SPDX-License-Identifier: BSD-3-Clause

$(BUILD)/tests/engine_test: tests/engine/engine_test.cc tests/engine/host.h tests/rtl/common/axis.h $(MODEL_SANITIZED) $(ENGINE_LIB)
	@mkdir -p $(@D)
	$(CXX) -std=gnu++17 -O1 -g -Wall -Wextra $(SANITIZE) -Ihost-lib/include -isystem $(VERILATOR_ROOT)/include -isystem $(VERILATOR_ROOT)/include/vltstd $< $(MODEL_SANITIZED) $(ENGINE_LIBS) -o $@

TESTS += "$(BUILD)/tests/engine_test 64" "$(BUILD)/tests/engine_test 512" "$(BUILD)/tests/engine_test model 40000"
TEST_DEPS += $(BUILD)/tests/engine_test

# What the model is made of is built with sanitizers; the Verilated core is not needed, but linked.
$(BUILD)/tests/model_test: tests/engine/model_test.cc tests/engine/host.h tests/rtl/common/axis.h tests/rtl/common/vectors.h $(MODEL_SANITIZED) $(ENGINE_LIB)
	@mkdir -p $(@D)
	$(CXX) -std=gnu++17 -O1 -g -Wall -Wextra $(SANITIZE) -Ihost-lib/include -isystem $(VERILATOR_ROOT)/include -isystem $(VERILATOR_ROOT)/include/vltstd $< $(MODEL_SANITIZED) $(ENGINE_LIBS) -o $@

TESTS += "$(BUILD)/tests/model_test $(BUILD)/rtl/vectors.txt"
TEST_DEPS += $(BUILD)/tests/model_test $(BUILD)/rtl/vectors.txt
