# SPDX-License-Identifier: BSD-3-Clause
#
# What is generated from the register map, and the benches of the register block.

REGS_GENERATED := rtl/csr/generated/network_function_regs.v \
	rtl/csr/generated/management_function_regs.v rtl/csr/generated/sekisho.vh \
	host-lib/include/sekisho/registers.h host-lib/src/register_table.c \
	docs/registers.md docs/registers.html

.PHONY: regs
regs: | $(BUILD)/venv.stamp ## Generate the files that come from the register map
	$(PYTHON) rtl/csr/generate.py .

# Not kept in the repository: the pages carry scripts, styles and fonts of other projects.
.PHONY: docs
docs: $(BUILD)/docs/registers/index.html ## Make the register reference with search (build/docs)
$(BUILD)/docs/registers/index.html: rtl/csr/sekisho.rdl rtl/csr/generate.py | $(BUILD)/venv.stamp
	@rm -rf $(@D)
	@mkdir -p $(@D)
	$(PYTHON) rtl/csr/generate.py $(@D) --browse
	@echo "open $@"

# The committed files are what the map gives now
.PHONY: lint-regs
lint-regs: | $(BUILD)/venv.stamp
	@rm -rf $(BUILD)/regs-check
	@$(PYTHON) rtl/csr/generate.py $(BUILD)/regs-check
	@for file in $(REGS_GENERATED); do \
		diff -ru $$file $(BUILD)/regs-check/$$file || \
			{ echo "$$file is not what rtl/csr/sekisho.rdl gives: run make regs"; exit 1; }; \
	done
	@echo "lint-regs: $(words $(REGS_GENERATED)) generated files are current"

# Benches: name, module, Verilator parameters, C++ flags, more sources
define CSR_BENCH
$(BUILD)/rtl/$(1)/$(1): tests/rtl/$(2)/bench.cpp tests/rtl/common/axis.h $(wildcard rtl/csr/*.v) $(5) \
		$(REGS_GENERATED) | $(BUILD)/packages.stamp
	@mkdir -p $$(@D)
	@echo "building the bench of $(2)"
	@$(QUIET) $(BUILD)/rtl/$(1).log $(VERILATOR) --cc --exe --build -j 1 -O3 -CFLAGS -O2 -CFLAGS -std=c++17 -Wall \
		--x-assign unique --x-initial unique +libext+.v -y rtl/csr -y rtl/csr/generated \
		-Irtl/csr/generated --top-module $(2) $(3) --Mdir $$(@D) --prefix V$(2) -o $(1) \
		-CFLAGS "-I$(CURDIR)/tests/rtl/common -I$(CURDIR)/host-lib/include \
			-I$(CURDIR)/host-lib/src $(4)" \
		rtl/csr/$(2).v $(addprefix $(CURDIR)/,tests/rtl/$(2)/bench.cpp $(5))
	@touch $$@
TESTS += $(BUILD)/rtl/$(1)/$(1)
TEST_DEPS += $(BUILD)/rtl/$(1)/$(1)
endef
$(eval $(call CSR_BENCH,counter_bank_small,counter_bank,-GN=8 -GPACKETS_W=4 -GBYTES_W=15,-DN=8 -DPACKETS_W=4 -DBYTES_W=15))
$(eval $(call CSR_BENCH,counter_bank,counter_bank,-GN=64,-DN=64 -DPACKETS_W=11 -DBYTES_W=25))
$(eval $(call CSR_BENCH,csr,csr,-GDATA_W=512 -GDMA_W=256 -GRTL_HASH=305419896,-DRTL_HASH=305419896,\
	host-lib/src/register_table.c))
