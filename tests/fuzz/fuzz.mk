# SPDX-License-Identifier: BSD-3-Clause
#
# libFuzzer targets (clang): tests/fuzz/fuzz_<target>.c with its first inputs in corpus/<target>/,
# which seeds.py writes. `make test` runs each over its corpus, `make test-long` fuzzes each for
# FUZZ_SECONDS; by hand: make fuzz-<target> FUZZ_SECONDS=600.

FUZZ_SECONDS ?= 60
FUZZ_BUILD := $(BUILD)/fuzz
FUZZ_TARGETS := vfio_user model_frame model_queues
FUZZ_PROGRAMS := $(FUZZ_TARGETS:%=$(FUZZ_BUILD)/fuzz_%)
FUZZ_CC := clang $(CFLAGS_COMMON) -D_GNU_SOURCE -Isim -Ihost-lib/include \
	-fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined

FUZZ_SOURCES_vfio_user := tests/sim/fake_engine.c \
	$(filter-out sim/main.c sim/scheduler.c sim/replay.c,$(SIM_SOURCES))
FUZZ_SOURCES_model_frame := tests/fuzz/no_rtl.c $(MODEL_SOURCES)
FUZZ_SOURCES_model_queues := $(FUZZ_SOURCES_model_frame)

define fuzz_target
$$(FUZZ_BUILD)/fuzz_$(1): tests/fuzz/fuzz_$(1).c $$(FUZZ_SOURCES_$(1)) $$(wildcard sim/*.h sim/model/*.h) host-lib/include/sekisho/registers.h | $$(BUILD)/packages.stamp
	@mkdir -p $$(@D)
	$$(FUZZ_CC) -o $$@ $$(filter %.c,$$^) $$(SIM_LIBS)

.PHONY: fuzz-$(subst _,-,$(1))
fuzz-$(subst _,-,$(1)): $$(FUZZ_BUILD)/fuzz_$(1)
	@BUILD=$$(BUILD) FUZZ_SECONDS=$$(FUZZ_SECONDS) $$(PYTHON) tests/fuzz/test_fuzz.py $(1)
endef
$(foreach t,$(FUZZ_TARGETS),$(eval $(call fuzz_target,$(t))))

TESTS += tests/fuzz/test_fuzz.py
TEST_DEPS += $(FUZZ_PROGRAMS)
