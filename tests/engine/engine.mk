# SPDX-License-Identifier: BSD-3-Clause

$(BUILD)/tests/engine_test: tests/engine/engine_test.cc tests/engine/host.h tests/rtl/common/axis.h $(ENGINE_LIB)
	@mkdir -p $(@D)
	$(CXX) -std=gnu++17 -O1 -g -Wall -Wextra -Ihost-lib/include -isystem $(VERILATOR_ROOT)/include -isystem $(VERILATOR_ROOT)/include/vltstd $< $(ENGINE_LIBS) -o $@

TESTS += "$(BUILD)/tests/engine_test 64" "$(BUILD)/tests/engine_test 512"
TEST_DEPS += $(BUILD)/tests/engine_test
