# SPDX-License-Identifier: BSD-3-Clause
#
# sekisho-sim and its tests. The card itself is built by sim/rtl/engine.mk.

SIM_BUILD := $(BUILD)/sim
SIM_CFLAGS := $(CFLAGS_COMMON) -D_GNU_SOURCE -Isim -Ihost-lib/include -MMD -MP
# The engines are a library of their own.
SIM_SOURCES := $(filter-out sim/engine.c,$(wildcard sim/*.c))
SIM_OBJECTS := $(SIM_SOURCES:sim/%.c=$(SIM_BUILD)/objects/%.o)
SIM_SANITIZED := $(SIM_SOURCES:sim/%.c=$(SIM_BUILD)/sanitized/%.o)
SIM_LIBS := -lpcap

.PHONY: sim sim-tests
sim: $(SIM_BUILD)/sekisho-sim ## Build the simulator

$(SIM_BUILD)/objects/%.o: sim/%.c
	@mkdir -p $(@D)
	$(CC) $(SIM_CFLAGS) $(CFLAGS) -c $< -o $@

$(SIM_BUILD)/sanitized/%.o: sim/%.c
	@mkdir -p $(@D)
	$(CC) $(SIM_CFLAGS) $(SANITIZE) -c $< -o $@

$(SIM_BUILD)/sanitized/%.o: tests/sim/%.c
	@mkdir -p $(@D)
	$(CC) $(SIM_CFLAGS) $(SANITIZE) -c $< -o $@

# The card's library is C++.
$(SIM_BUILD)/sekisho-sim: $(SIM_OBJECTS) $(ENGINE_LIB)
	$(CXX) -o $@ $(filter %.o,$^) $(ENGINE_LIBS) $(SIM_LIBS) $(LDFLAGS)

# The server with sanitizers, on the card and on the stand-in of tests/sim.
$(SIM_BUILD)/sekisho-sim-sanitized: $(SIM_SANITIZED) $(MODEL_SANITIZED) $(ENGINE_LIB)
	$(CXX) $(SANITIZE) -o $@ $(filter %.o,$^) $(ENGINE_LIBS) $(SIM_LIBS)

$(SIM_BUILD)/sekisho-sim-fake: $(SIM_SANITIZED) $(SIM_BUILD)/sanitized/fake_engine.o
	$(CC) $(SANITIZE) -o $@ $^ $(SIM_LIBS)

# ---- Tests ----

SIM_TESTS := test_dma_map test_pci_config test_port test_protocol
SIM_TEST_PROGRAMS := $(SIM_TESTS:%=$(SIM_BUILD)/%)
SIM_UNDER_TEST := $(filter-out $(SIM_BUILD)/sanitized/main.o,$(SIM_SANITIZED))

$(SIM_TEST_PROGRAMS): $(SIM_BUILD)/%: $(SIM_BUILD)/sanitized/%.o $(SIM_UNDER_TEST) \
		$(SIM_BUILD)/sanitized/fake_engine.o
	$(CC) $(SANITIZE) -o $@ $^ $(SIM_LIBS) -lcmocka

# Without the card, to work on the server alone: SEKISHO_SIM=build/sim/sekisho-sim-fake TEST.
sim-tests: $(SIM_TEST_PROGRAMS) $(SIM_BUILD)/sekisho-sim $(SIM_BUILD)/sekisho-sim-sanitized \
		$(SIM_BUILD)/sekisho-sim-fake

TESTS += $(SIM_TEST_PROGRAMS) tests/sim/test_vfio_user.py tests/sim/test_sim.py "tests/sim/test_sim.py model"
TEST_DEPS += sim-tests

-include $(wildcard $(SIM_BUILD)/objects/*.d $(SIM_BUILD)/sanitized/*.d)
