# SPDX-License-Identifier: BSD-3-Clause
#
# sekisho-audit: the catalogue of checksum-offload bugs against any DPDK port.

AUDIT_BUILD := $(BUILD)/audit
AUDIT_SOURCES := $(wildcard driver/audit/*.c)
AUDIT_HEADERS := $(wildcard driver/audit/*.h)
AUDIT_CFLAGS = $(CFLAGS_COMMON) -D_GNU_SOURCE -DALLOW_EXPERIMENTAL_API \
	$(subst -I/,-isystem /,$(shell pkg-config --cflags libdpdk))
AUDIT_LIBS = -Wl,--as-needed -lrte_ethdev -lrte_mbuf -lrte_mempool -lrte_eal

.PHONY: audit audit-tests
audit: $(BUILD)/sekisho-audit ## Build sekisho-audit

$(AUDIT_BUILD)/%.o: driver/audit/%.c $(AUDIT_HEADERS) driver/audit/audit.mk | $(BUILD)/packages.stamp
	@mkdir -p $(@D)
	$(CC) $(AUDIT_CFLAGS) -c $< -o $@

$(BUILD)/sekisho-audit: $(AUDIT_SOURCES:driver/audit/%.c=$(AUDIT_BUILD)/%.o)
	$(CC) $^ $(AUDIT_LIBS) -o $@

# The one that the tests run.
$(AUDIT_BUILD)/sanitized/%.o: driver/audit/%.c $(AUDIT_HEADERS) driver/audit/audit.mk | $(BUILD)/packages.stamp
	@mkdir -p $(@D)
	$(CC) $(AUDIT_CFLAGS) $(SANITIZE) -c $< -o $@

$(AUDIT_BUILD)/sekisho-audit: $(AUDIT_SOURCES:driver/audit/%.c=$(AUDIT_BUILD)/sanitized/%.o)
	$(CC) $(SANITIZE) $^ $(AUDIT_LIBS) -o $@

# ---- Tests: tests/system/test_audit.py is the audit of this card ----

$(AUDIT_BUILD)/oracle: tests/driver/audit_oracle.c driver/audit/oracle.c $(AUDIT_HEADERS)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS_COMMON) -D_GNU_SOURCE $(SANITIZE) $(filter %.c,$^) -o $@

# A driver that lies, for the audit to find out.
$(AUDIT_BUILD)/plant.so: tests/driver/audit_plant.c | $(BUILD)/packages.stamp
	@mkdir -p $(@D)
	$(CC) $(AUDIT_CFLAGS) -fPIC -shared $< -o $@ -ldl

audit-tests: $(BUILD)/sekisho-audit $(AUDIT_BUILD)/sekisho-audit $(AUDIT_BUILD)/oracle $(AUDIT_BUILD)/plant.so
TESTS += tests/driver/test_audit_oracle.py
TEST_DEPS += audit-tests

.PHONY: audit-table
audit-table: audit sim driver $(BUILD)/venv.stamp ## The table of docs/audit.md, anew (root)
	@BUILD=$(abspath $(BUILD)) PYTHONDONTWRITEBYTECODE=1 $(PYTHON) driver/audit/table.py
