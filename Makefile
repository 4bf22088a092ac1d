# SPDX-License-Identifier: BSD-3-Clause
#
# The only entry: `make help` lists the targets.

MAKEFLAGS += --no-builtin-rules
SHELL := /bin/bash
.SHELLFLAGS := -o pipefail -c
.DELETE_ON_ERROR:

# As many jobs as there are processors; `make -jN` overrides it.
ifeq ($(filter -j%,$(MAKEFLAGS)),)
MAKEFLAGS += -j$(shell nproc)
endif

BUILD := build
PYTHON := $(BUILD)/venv/bin/python
CC ?= gcc
CXX ?= g++
VERILATOR ?= verilator
YOSYS ?= yosys
CFLAGS_COMMON := -std=gnu11 -O2 -g -Wall -Wextra -Wmissing-prototypes -Werror -fno-strict-aliasing
SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer

RTL_DIRS := $(sort $(dir $(wildcard rtl/*.v rtl/*/*.v rtl/csr/generated/*.v)))
RTL_SOURCES := $(wildcard rtl/*.v rtl/*/*.v rtl/*/*.vh rtl/csr/generated/*.v*)

# Compiling once what many benches share (Verilator's own library) saves minutes.
export OBJCACHE := $(shell command -v ccache)
# $(QUIET) LOG COMMAND...: what the command prints is shown only when it fails.
QUIET := scripts/quiet.sh

TESTS :=
TEST_DEPS :=
LINT :=

.PHONY: help
help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sort | awk -F ':.*## ' '{ printf "  %-12s %s\n", $$1, $$2 }'

.DEFAULT_GOAL := help

# The packages are there before anything else is looked at: make makes an included file first, then
# starts anew.
ifneq ($(filter-out help clean,$(or $(MAKECMDGOALS),help)),)
-include $(BUILD)/packages.stamp
endif

# Each area's targets; an area adds to TESTS, TEST_DEPS and LINT.
-include scripts/setup.mk
-include scripts/synth.mk
-include rtl/csr/csr.mk
-include sim/model/model.mk
-include sim/rtl/engine.mk
-include sim/sim.mk
-include tests/engine/engine.mk
-include tests/model/model.mk
-include host-lib/host-lib.mk
-include driver/driver.mk
-include driver/audit/audit.mk
-include tests/rtl/rtl.mk
-include tests/bench/bench.mk
-include tests/fuzz/fuzz.mk
-include tests/formal/formal.mk
-include tests/tests.mk

.PHONY: clean
clean: ## Remove everything that was built
	rm -rf $(BUILD)
