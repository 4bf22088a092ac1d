# SPDX-License-Identifier: BSD-3-Clause
#
# Tools and checks of the source: setup, lint, format, regs.
#
# A target that needs the system's packages or the Python environment takes
# $(BUILD)/packages.stamp or $(BUILD)/venv.stamp as an order-only prerequisite.

.PHONY: setup
setup: $(BUILD)/packages.stamp $(BUILD)/venv.stamp ## Install what is missing to build and test

$(BUILD)/packages.stamp: scripts/setup.sh
	@mkdir -p $(@D)
	scripts/setup.sh packages
	@touch $@

$(BUILD)/venv.stamp: scripts/requirements.txt | $(BUILD)/packages.stamp
	@mkdir -p $(@D)
	scripts/setup.sh venv $(BUILD)/venv
	@touch $@

# Each area adds its checks to LINT, later than here: hence the second make.
.PHONY: lint
lint: ## Check the source: RTL, C, scripts, generated files
	@+$(MAKE) --no-print-directory $(LINT)
	@echo "lint: ok"

LINT += lint-verilator lint-yosys lint-regs lint-c lint-scripts

.PHONY: lint-verilator lint-yosys lint-c lint-scripts
lint-verilator: | $(BUILD)/packages.stamp
	@VERILATOR=$(VERILATOR) BUILD=$(BUILD) scripts/lint.sh verilator

lint-yosys: | $(BUILD)/packages.stamp
	@YOSYS=$(YOSYS) BUILD=$(BUILD) scripts/lint.sh yosys

lint-c: | $(BUILD)/packages.stamp
	@scripts/lint.sh c

lint-scripts: | $(BUILD)/packages.stamp
	@BUILD=$(BUILD) scripts/lint.sh scripts

.PHONY: format
format: | $(BUILD)/packages.stamp ## Bring C and C++ files into the project's form
	@scripts/lint.sh format
