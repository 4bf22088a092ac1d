# SPDX-License-Identifier: BSD-3-Clause
#
# What is generated from the register map, and the benches of the register block.

REGS_GENERATED := rtl/csr/generated/network_function_regs.v \
	rtl/csr/generated/management_function_regs.v rtl/csr/generated/sekisho.vh \
	host-lib/include/sekisho/registers.h host-lib/src/register_table.c

.PHONY: regs
regs: | $(BUILD)/venv.stamp ## Generate the files that come from the register map
	$(PYTHON) rtl/csr/generate.py .

# The HTML reference is not kept in the repository: its fonts are larger than all of it.
.PHONY: regs-html
regs-html: $(BUILD)/docs/registers/index.html ## Make the HTML register reference below build/docs
$(BUILD)/docs/registers/index.html: rtl/csr/sekisho.rdl rtl/csr/generate.py | $(BUILD)/venv.stamp
	@rm -rf $(@D)
	@mkdir -p $(@D)
	$(PYTHON) rtl/csr/generate.py . --html $(@D)
	@echo "open $@"

# The committed files are what the map gives now
.PHONY: lint-regs
lint-regs: | $(BUILD)/venv.stamp
	@rm -rf $(BUILD)/regs-check
	@$(PYTHON) rtl/csr/generate.py $(BUILD)/regs-check
	@for file in $(REGS_GENERATED); do \
		diff -u $$file $(BUILD)/regs-check/$$file || \
			{ echo "$$file is not what rtl/csr/sekisho.rdl gives: run make regs"; exit 1; }; \
	done
	@echo "lint-regs: $(words $(REGS_GENERATED)) generated files are current"
