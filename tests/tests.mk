# SPDX-License-Identifier: BSD-3-Clause
#
# What runs the tests, the system tests and the demo. Included last: TESTS and TEST_DEPS are complete.

SYSTEM_TESTS := $(sort $(wildcard tests/system/test_*.py))
TESTS += tests/common/test_run.py $(SYSTEM_TESTS)
TEST_DEPS += $(BUILD)/venv.stamp sim tools driver driver-asan

# An application that sleeps until packets come.
$(BUILD)/tests/interrupt_echo: tests/system/interrupt_echo.c | $(BUILD)/packages.stamp
	@mkdir -p $(@D)
	$(CC) $(CFLAGS_COMMON) $(subst -I/,-isystem /,$(shell pkg-config --cflags libdpdk)) $< \
		-lrte_ethdev -lrte_mbuf -lrte_mempool -lrte_eal -o $@
TEST_DEPS += $(BUILD)/tests/interrupt_echo

# System tests measure and pass traffic in real time: they run one at a time, when the rest is done.
# The tests look for what was built there.
RUN_TESTS := BUILD=$(abspath $(BUILD)) $(PYTHON) tests/run.py

.PHONY: test
test: $(TEST_DEPS) ## Build and run all tests
	@$(RUN_TESTS) -j 2 --alone tests/system/ --logs $(BUILD)/logs $(TESTS)

# The modules' benches and the system tests again, with other random numbers each time; then the fuzz
# targets for FUZZ_SECONDS each, and LONG_FRAMES through the differential test, a tenth of them with each
# of ten seeds, on all processors.
LONG_ROUNDS ?= 10
LONG_FRAMES ?= 10000000
LONG_SEEDS := 1001 1002 1003 1004 1005 1006 1007 1008 1009 1010
LONG_DIFF_TESTS = $(foreach seed,$(LONG_SEEDS),"$(DIFF_BUILD)/diff_test --frames $$(($(LONG_FRAMES) / 10)) --seed $(seed) --progress")
.PHONY: test-long
test-long: $(TEST_DEPS) ## The tests LONG_ROUNDS times (10) with other seeds, fuzzing, 10 million frames of the differential test
	@for round in $$(seq $(LONG_ROUNDS)); do \
		echo "round $$round of $(LONG_ROUNDS)"; \
		SEKISHO_SEED=$$((round * 1000)) $(RUN_TESTS) -j 2 --alone tests/system/ \
			--time-limit 1800 --logs $(BUILD)/logs/round-$$round $(TESTS) || exit 1; \
	done
	@FUZZ_SECONDS=$(FUZZ_SECONDS) $(RUN_TESTS) --logs $(BUILD)/logs/fuzz tests/fuzz/test_fuzz.py
	@$(RUN_TESTS) -j $$(nproc) --logs $(BUILD)/logs/diff $(LONG_DIFF_TESTS)

.PHONY: test-system
test-system: $(BUILD)/venv.stamp sim tools driver driver-asan $(BUILD)/tests/interrupt_echo ## Only the system tests
	@$(RUN_TESTS) --logs $(BUILD)/logs $(SYSTEM_TESTS)

.PHONY: demo
demo: $(BUILD)/venv.stamp sim tools driver ## Linux TCP through the card and an unmodified dpdk-testpmd (root)
	@BUILD=$(abspath $(BUILD)) PYTHONDONTWRITEBYTECODE=1 $(PYTHON) demo/demo.py

.PHONY: guest
guest: $(BUILD)/venv.stamp sim tools driver ## A shell in a virtual machine that has the card
	@BUILD=$(abspath $(BUILD)) PYTHONDONTWRITEBYTECODE=1 $(PYTHON) demo/guest.py
