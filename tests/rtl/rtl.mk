# SPDX-License-Identifier: BSD-3-Clause
#
# Module benches: tests/rtl/<module>/bench.cpp with rtl/*/<module>.v, at each width of RTL_WIDTHS.
#
# To add one: `RTL_BENCHES += name` below. A bench that wants input made before it runs adds a
# prerequisite to $(BUILD)/rtl/<module>_w<width>/<module>; it runs in the project's top folder and
# gets its width from -DDATA_W. Files of tests/rtl/common are on its include path.
# RTL_FLAGS_<module> adds Verilator flags; RTL_WIDTHS_<module> replaces the widths.
# A module with other parameters: RTL_PARAMS_<module>, in which @ stands for the width
# (default: -GDATA_W=@).

RTL_WIDTHS := 64 512

RTL_BENCHES :=
# Receive
RTL_BENCHES += axis_register axis_frame_mux axis_frame_demux port_rx parse csum_verify deliver
RTL_BENCHES += frame_buffer header_walk toeplitz_hash
# It has no parameter, and words of 32 bits
RTL_PARAMS_toeplitz_hash := -Wall
RTL_WIDTHS_toeplitz_hash := 32
# header_walker and header_result together, in a top of the bench's own
RTL_FLAGS_header_walk := tests/rtl/header_walk/header_walk.v
RTL_PARAMS_frame_buffer := -GDATA_W=@ -GRAM_BYTES=2048 -GFRAMES=16
RTL_PARAMS_port_rx := -GDATA_W=@ -GPORT=1
# Flow rules; but for frame_edit the width is that of a function's number here
RTL_BENCHES += flow_match flow_table flow_meter frame_edit
# Words of 32 bits
RTL_BENCHES += owner_option
RTL_PARAMS_owner_option := -Wall
RTL_WIDTHS_owner_option := 32
RTL_PARAMS_flow_match := -GFUNCTION_W=@ -GFUNCTIONS=$$(if $$(filter 1,@),2,16)
RTL_WIDTHS_flow_match := 1 4
RTL_PARAMS_flow_table := -GFUNCTION_W=@
RTL_WIDTHS_flow_table := 1 4
RTL_PARAMS_flow_meter := -GFUNCTION_W=@
RTL_WIDTHS_flow_meter := 1 4
# Receive DMA
RTL_BENCHES += dma_write rx_dma completion_writer interrupt rx_path
# rx_dma, dma_write and completion_writer together, in a top of the bench's own
RTL_FLAGS_rx_path := tests/rtl/rx_path/rx_path.v
RTL_BENCHES += dma_fifo
RTL_PARAMS_dma_fifo := -GWIDTH=@ $$(if $$(filter 64,@),-GDEPTH=16 -GMARGIN=4,-GDEPTH=4 -GMARGIN=2)
RTL_BENCHES += dma_fifo_short
RTL_PARAMS_dma_fifo_short := -GWIDTH=@ $$(if $$(filter 64,@),-GDEPTH=16 -GMARGIN=4,-GDEPTH=4 -GMARGIN=3)
# The width is the host bus here
RTL_PARAMS_dma_write := -GDMA_W=@
RTL_WIDTHS_dma_write := 128 256 512
RTL_PARAMS_completion_writer := -GDMA_W=@
RTL_WIDTHS_completion_writer := 128 256 512
RTL_PARAMS_rx_dma := -GDATA_W=@ -GDMA_W=$$(if $$(filter 64,@),128,@)
RTL_WIDTHS_rx_dma := 64 128 512
RTL_PARAMS_interrupt := -GQUEUES=16
RTL_WIDTHS_interrupt := 16
RTL_BENCHES += event_detect
# The width is the queues of a function in one direction here
RTL_PARAMS_event_detect := -GRX_QUEUES=@ -GTX_QUEUES=@
RTL_WIDTHS_event_detect := 4

# Transmit
RTL_BENCHES += dma_read descriptor_fetch tx_path csum_insert port_tx
RTL_BENCHES += tx_dma
RTL_PARAMS_tx_dma := -GDATA_W=@ -GDMA_W=$$(if $$(filter 64,@),128,@)
# At 128 the data of a short frame may be one beat, and its padding more
RTL_WIDTHS_tx_dma := 64 128 512
# The width is the host bus here
RTL_PARAMS_dma_read := -GDMA_W=@
RTL_WIDTHS_dma_read := 128 256 512
RTL_PARAMS_descriptor_fetch := -GDMA_W=@
RTL_WIDTHS_descriptor_fetch := 128 256 512
# descriptor_fetch, dma_read and tx_dma together, in a top of the bench's own
RTL_FLAGS_tx_path := tests/rtl/tx_path/tx_path.v

# The parts of dma_write, rx_dma, completion_writer and dma_read
RTL_BENCHES += dma_write_slots dma_write_align dma_read_align rx_descriptors completion_tx completion_line
RTL_PARAMS_dma_write_slots := -GSLOTS=@
RTL_WIDTHS_dma_write_slots := 16 62
RTL_PARAMS_dma_write_align := -GDMA_W=@
RTL_WIDTHS_dma_write_align := 128 256 512
RTL_PARAMS_dma_read_align := -GDMA_W=@ -GBYTE_W=$$(patsubst 128,4,$$(patsubst 256,5,$$(patsubst 512,6,@)))
RTL_WIDTHS_dma_read_align := 128 256 512
RTL_PARAMS_rx_descriptors := -GQUEUES=@
RTL_WIDTHS_rx_descriptors := 8
RTL_PARAMS_completion_tx := -GQUEUES=@
RTL_WIDTHS_completion_tx := 8
RTL_PARAMS_completion_line := -GDMA_W=@
RTL_WIDTHS_completion_line := 128 256 512

# The parts of the register block: receive queues, ports
RTL_BENCHES += csr_doorbells csr_counters
RTL_PARAMS_csr_doorbells := -GRX_QUEUES=@
RTL_WIDTHS_csr_doorbells := 4 8
RTL_PARAMS_csr_counters := -GPORTS=@
RTL_WIDTHS_csr_counters := 2


RTL_VFLAGS := --cc --exe --build -j 1 -O3 -CFLAGS -O2 -CFLAGS -std=c++17 -Wall \
	--x-assign fast --x-initial fast +libext+.v -Irtl/common -Irtl/csr/generated \
	$(addprefix -y ,$(RTL_DIRS))

# $(1) module, $(2) width
define RTL_BENCH
$(BUILD)/rtl/$(1)_w$(2)/$(1): tests/rtl/$(1)/bench.cpp $(RTL_SOURCES) $(wildcard tests/rtl/common/*.h)
	@mkdir -p $(BUILD)/rtl/$(1)_w$(2)
	@echo "building the bench of $(1), $(2)"
	@$(QUIET) $(BUILD)/rtl/$(1)_w$(2).log $(VERILATOR) $(RTL_VFLAGS) $(RTL_FLAGS_$(1)) --top-module $(1) \
		$(if $(RTL_PARAMS_$(1)),$(subst @,$(2),$(RTL_PARAMS_$(1))),-GDATA_W=$(2)) \
		--Mdir $(BUILD)/rtl/$(1)_w$(2) --prefix V$(1) -o $(1) \
		-CFLAGS "-I$(CURDIR)/tests/rtl/common -DDATA_W=$(2)" \
		$$(firstword $$(wildcard rtl/*/$(1).v rtl/$(1).v)) $(CURDIR)/tests/rtl/$(1)/bench.cpp
	@touch $$@
TESTS += $(BUILD)/rtl/$(1)_w$(2)/$(1)
TEST_DEPS += $(BUILD)/rtl/$(1)_w$(2)/$(1)
endef
$(foreach m,$(RTL_BENCHES),\
	$(foreach w,$(or $(RTL_WIDTHS_$(m)),$(RTL_WIDTHS)),$(eval $(call RTL_BENCH,$(m),$(w)))))

# Frames with what the receive path must say of them
$(BUILD)/rtl/vectors.txt: tests/rtl/common/vectors.py | $(BUILD)/venv.stamp
	@mkdir -p $(@D)
	$(PYTHON) $< $@.new
	@mv $@.new $@
$(foreach m,parse header_walk csum_verify frame_edit,$(foreach w,$(RTL_WIDTHS),$(BUILD)/rtl/$(m)_w$(w)/$(m))): | $(BUILD)/rtl/vectors.txt

# Frames whose checksums scapy has computed
$(BUILD)/rtl/csum_insert/vectors.bin: tests/rtl/csum_insert/vectors.py | $(BUILD)/venv.stamp
	@mkdir -p $(@D)
	$(PYTHON) $< $@.new
	@mv $@.new $@
$(foreach w,$(RTL_WIDTHS),$(BUILD)/rtl/csum_insert_w$(w)/csum_insert): | $(BUILD)/rtl/csum_insert/vectors.bin
