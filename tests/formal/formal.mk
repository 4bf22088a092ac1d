# SPDX-License-Identifier: BSD-3-Clause

.PHONY: formal
formal: | $(SETUP_STAMP) ## Prove the small modules (results in build/formal.json)
	$(PYTHON) tests/formal/formal.py

TESTS += "$(PYTHON) tests/formal/formal.py"
