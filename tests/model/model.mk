# SPDX-License-Identifier: BSD-3-Clause
#
# The differential test: two engines, the same input, all that comes back compared. The sanitized one
# has the model's sanitized objects in front of the library's.

DIFF_SOURCES := $(wildcard tests/model/*.cc)
DIFF_BUILD := $(BUILD)/tests/model
DIFF_CXXFLAGS := -std=gnu++17 -O2 -g -Wall -Wextra -Ihost-lib/include -MMD -MP

$(DIFF_BUILD)/objects/%.o: tests/model/%.cc
	@mkdir -p $(@D)
	$(CXX) $(DIFF_CXXFLAGS) -c $< -o $@

$(DIFF_BUILD)/sanitized/%.o: tests/model/%.cc
	@mkdir -p $(@D)
	$(CXX) $(DIFF_CXXFLAGS) $(SANITIZE) -c $< -o $@

$(DIFF_BUILD)/diff_test: $(DIFF_SOURCES:tests/model/%.cc=$(DIFF_BUILD)/objects/%.o) $(ENGINE_LIB)
	$(CXX) $(filter %.o,$^) $(ENGINE_LIBS) -lpcap -o $@

$(DIFF_BUILD)/diff_test_sanitized: $(DIFF_SOURCES:tests/model/%.cc=$(DIFF_BUILD)/sanitized/%.o) $(MODEL_SANITIZED) $(ENGINE_LIB)
	$(CXX) $(SANITIZE) $(filter %.o,$^) $(ENGINE_LIBS) -lpcap -o $@

.PHONY: diff-test
diff-test: $(DIFF_BUILD)/diff_test

TESTS += $(DIFF_BUILD)/diff_test "$(DIFF_BUILD)/diff_test_sanitized --frames 10000 --seed 2 --pair rtl-512,model --no-coverage"
TEST_DEPS += $(DIFF_BUILD)/diff_test $(DIFF_BUILD)/diff_test_sanitized

-include $(wildcard $(DIFF_BUILD)/*/*.d)
