# SPDX-License-Identifier: BSD-3-Clause
#
# The engine "rtl", the Verilated core at both data widths, and with it the library of all engines.

# The commit that last changed rtl/; 0 when it is unknown or the files are not as committed.
RTL_HASH := $(shell git diff --quiet HEAD -- rtl 2>/dev/null && git log -1 --format=%H -- rtl | cut -c1-8)
RTL_HASH_FILE := $(BUILD)/sim/rtl_hash
$(shell mkdir -p $(BUILD)/sim; echo "$(or $(RTL_HASH),0)" | cmp -s - $(RTL_HASH_FILE) || echo "$(or $(RTL_HASH),0)" > $(RTL_HASH_FILE))
VERILATOR_ROOT := $(shell $(VERILATOR) --getenv VERILATOR_ROOT 2>/dev/null)
VERILATOR_FLAGS := -O3 --x-assign fast --x-initial fast --noassert --trace-fst -Wall $(addprefix -y ,$(RTL_DIRS)) $(addprefix -I,$(RTL_DIRS))
ENGINE_CXXFLAGS := -std=gnu++17 -O2 -g -Wall -Wextra -fPIC -Ihost-lib/include
# The compiler of what Verilator writes: clang's code of the core is 15 % faster than gcc 12's.
VERILATED_CXX ?= clang++
ENGINE_LIB := $(BUILD)/sim/libengine.a
# What a program that links the engine adds.
ENGINE_LIBS := $(ENGINE_LIB) -lstdc++ -lz -lm -lpthread

DMA_W_64 := 128
DMA_W_512 := 512

define engine_width
$$(BUILD)/sim/w$(1)/model.a: $$(RTL_SOURCES) $$(RTL_HASH_FILE) sim/rtl/public.vlt sim/rtl/engine.mk | $$(BUILD)/packages.stamp
	@mkdir -p $$(@D)
	@echo "verilating the core, $(1) bits"
	@$$(VERILATOR) --cc $$(VERILATOR_FLAGS) -GDATA_W=$(1) -GDMA_W=$(2) -GRTL_HASH="32'h$$(or $$(RTL_HASH),0)" --prefix Vcore_w$(1) --Mdir $$(@D) sim/rtl/public.vlt rtl/sekisho_core.v
	@$$(MAKE) --no-print-directory -s -C $$(@D) -f Vcore_w$(1).mk CXX=$$(VERILATED_CXX) OPT_FAST=-O2 OPT_SLOW=-O1 Vcore_w$(1)__ALL.a > $$(@D)/make.log
	@mv $$(@D)/Vcore_w$(1)__ALL.a $$@

$$(BUILD)/sim/w$(1)/engine.o: sim/rtl/rtl_engine.cc sim/rtl/rtl_engine.h sim/rtl/host_memory.h sim/engine.h sim/engine_operations.h $$(BUILD)/sim/w$(1)/model.a
	$$(CXX) $$(ENGINE_CXXFLAGS) -DCORE=Vcore_w$(1) -DCORE_HEADER='"Vcore_w$(1).h"' -DCORE_ROOT_HEADER='"Vcore_w$(1)___024root.h"' -DCREATE=sekisho_rtl_create_w$(1) -DDATA_BYTES=$(1)/8 -DDMA_BYTES=$(2)/8 -I$$(@D) -isystem $$(VERILATOR_ROOT)/include -isystem $$(VERILATOR_ROOT)/include/vltstd -c $$< -o $$@
endef
$(eval $(call engine_width,64,$(DMA_W_64)))
$(eval $(call engine_width,512,$(DMA_W_512)))

$(BUILD)/sim/verilated/%.o: | $(BUILD)/packages.stamp
	@mkdir -p $(@D)
	$(CXX) -std=gnu++17 -O2 -w -fPIC -DVM_TRACE=1 -DVM_TRACE_FST=1 -I$(VERILATOR_ROOT)/include -I$(VERILATOR_ROOT)/include/vltstd -c $(VERILATOR_ROOT)/include/$*.cpp -o $@

$(BUILD)/sim/rtl_operations.o: sim/rtl/engine.cc sim/rtl/rtl_engine.h sim/engine.h sim/engine_operations.h
	@mkdir -p $(@D)
	$(CXX) $(ENGINE_CXXFLAGS) -c $< -o $@

# One archive of archives: the models keep their own names, so the members can be merged.
$(ENGINE_LIB): $(foreach w,64 512,$(BUILD)/sim/w$(w)/model.a $(BUILD)/sim/w$(w)/engine.o) $(BUILD)/sim/rtl_operations.o $(MODEL_OBJECTS) $(addprefix $(BUILD)/sim/verilated/,verilated.o verilated_fst_c.o verilated_threads.o)
	@rm -f $@
	@printf '%s\n' 'create $@' $(patsubst %,'addlib %',$(filter %.a,$^)) $(patsubst %,'addmod %',$(filter %.o,$^)) save end | ar -M
