# SPDX-License-Identifier: BSD-3-Clause

.PHONY: synth
synth: | $(BUILD)/venv.stamp ## Synthesize, place and route for an ECP5 (build/synth.json); SYNTH="NAME..." for some
	@command -v nextpnr-ecp5 >/dev/null || $(PYTHON) -m pip install -q -r scripts/requirements-synth.txt
	@$(PYTHON) scripts/synth.py $(SYNTH)

TESTS += "$(PYTHON) tests/synth/test_block_ram_registers.py" "$(PYTHON) tests/synth/test_floor_plan.py"
