# SPDX-License-Identifier: BSD-3-Clause

.PHONY: formal
formal: | $(BUILD)/venv.stamp ## Prove the small modules (results in build/formal.json)
	$(PYTHON) tests/formal/formal.py

TESTS += "$(PYTHON) tests/formal/formal.py"
