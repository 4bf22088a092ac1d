# SPDX-License-Identifier: BSD-3-Clause
#
# libsekisho, sekishoctl and their tests.

LIB_VERSION := 0.1.0
LIB_BUILD := $(BUILD)/host-lib
LIB_SOURCES := device.c vfio_user_client.c pci.c network.c flow.c self_test.c counters.c registers.c register_table.c
LIB_HEADERS := $(wildcard host-lib/src/*.h host-lib/include/sekisho/*.h)
LIB_CFLAGS := $(CFLAGS_COMMON) -Ihost-lib/include -DSEKISHO_VERSION='"$(LIB_VERSION)"' -pthread
LIB_OBJECTS := $(LIB_SOURCES:%.c=$(LIB_BUILD)/%.o)
LIB_TEST_OBJECTS := $(LIB_SOURCES:%.c=$(LIB_BUILD)/test/%.o)
CTL_SOURCES := sekishoctl.c ctl_common.c ctl_info.c ctl_stat.c ctl_regs.c ctl_check.c ctl_selftest.c
CTL_HEADERS := $(wildcard host-lib/tools/*.h)

PREFIX ?= /usr/local
LIBDIR ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include
BINDIR ?= $(PREFIX)/bin
MANDIR ?= $(PREFIX)/share/man

.PHONY: lib tools lib-tests install-lib
lib: $(LIB_BUILD)/libsekisho.so $(LIB_BUILD)/libsekisho.a $(LIB_BUILD)/libsekisho.pc ## Build libsekisho
tools: $(BUILD)/sekishoctl ## Build sekishoctl

# One set of position-independent objects serves both libraries.
$(LIB_BUILD)/%.o: host-lib/src/%.c $(LIB_HEADERS) host-lib/host-lib.mk
	@mkdir -p $(@D)
	$(CC) $(LIB_CFLAGS) -fPIC -c -o $@ $<

$(LIB_BUILD)/libsekisho.a: $(LIB_OBJECTS)
	rm -f $@
	ar rcs $@ $^

$(LIB_BUILD)/libsekisho.so.0: $(LIB_OBJECTS) host-lib/libsekisho.map
	$(CC) -shared -pthread -Wl,-soname,libsekisho.so.0 -Wl,-z,defs \
		-Wl,--version-script=host-lib/libsekisho.map -o $@ $(LIB_OBJECTS)

$(LIB_BUILD)/libsekisho.so: $(LIB_BUILD)/libsekisho.so.0
	ln -sf libsekisho.so.0 $@

$(LIB_BUILD)/libsekisho.pc: host-lib/libsekisho.pc.in host-lib/host-lib.mk
	@mkdir -p $(@D)
	sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@LIBDIR@|$(LIBDIR)|' \
		-e 's|@INCLUDEDIR@|$(INCLUDEDIR)|' -e 's|@VERSION@|$(LIB_VERSION)|' $< > $@

# The tool carries the library with it, so that it runs from build/ and from anywhere.
$(BUILD)/sekishoctl: $(CTL_SOURCES:%=host-lib/tools/%) $(CTL_HEADERS) $(LIB_BUILD)/libsekisho.a
	$(CC) $(LIB_CFLAGS) -o $@ $(CTL_SOURCES:%=host-lib/tools/%) $(LIB_BUILD)/libsekisho.a

install-lib: lib tools ## Install library, tool and man pages (DESTDIR, PREFIX)
	install -d $(DESTDIR)$(LIBDIR)/pkgconfig $(DESTDIR)$(INCLUDEDIR)/sekisho $(DESTDIR)$(BINDIR)
	install -d $(DESTDIR)$(MANDIR)/man1 $(DESTDIR)$(MANDIR)/man3 $(DESTDIR)$(MANDIR)/man7
	install -m 755 $(LIB_BUILD)/libsekisho.so.0 $(DESTDIR)$(LIBDIR)/libsekisho.so.$(LIB_VERSION)
	ln -sf libsekisho.so.$(LIB_VERSION) $(DESTDIR)$(LIBDIR)/libsekisho.so.0
	ln -sf libsekisho.so.0 $(DESTDIR)$(LIBDIR)/libsekisho.so
	install -m 644 $(LIB_BUILD)/libsekisho.a $(DESTDIR)$(LIBDIR)
	sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@LIBDIR@|$(LIBDIR)|' -e 's|@INCLUDEDIR@|$(INCLUDEDIR)|' \
		-e 's|@VERSION@|$(LIB_VERSION)|' host-lib/libsekisho.pc.in \
		> $(DESTDIR)$(LIBDIR)/pkgconfig/libsekisho.pc
	install -m 644 host-lib/include/sekisho/*.h $(DESTDIR)$(INCLUDEDIR)/sekisho
	install -m 755 $(BUILD)/sekishoctl $(DESTDIR)$(BINDIR)
	install -m 644 host-lib/man/*.1 $(DESTDIR)$(MANDIR)/man1
	install -m 644 host-lib/man/*.3 $(DESTDIR)$(MANDIR)/man3
	install -m 644 host-lib/man/*.7 $(DESTDIR)$(MANDIR)/man7

# --- tests: the library, tool and fake server with the sanitizers -------------------------------

LIB_TEST_CFLAGS := $(LIB_CFLAGS) $(SANITIZE)
LIB_TEST_COMMON := tests/host-lib/fake_server.c tests/host-lib/common.c
LIB_TEST_HEADERS := tests/host-lib/fake_server.h tests/host-lib/common.h
LIB_TEST_PROGRAMS := $(LIB_BUILD)/test/test_device $(LIB_BUILD)/test/test_network \
	$(LIB_BUILD)/test/test_counters $(LIB_BUILD)/test/test_pci

$(LIB_BUILD)/test/%.o: host-lib/src/%.c $(LIB_HEADERS) host-lib/host-lib.mk
	@mkdir -p $(@D)
	$(CC) $(LIB_TEST_CFLAGS) -c -o $@ $<

$(LIB_BUILD)/test/test_%: tests/host-lib/test_%.c $(LIB_TEST_COMMON) $(LIB_TEST_HEADERS) $(LIB_TEST_OBJECTS)
	$(CC) $(LIB_TEST_CFLAGS) -o $@ $< $(LIB_TEST_COMMON) $(LIB_TEST_OBJECTS) -lcmocka

$(LIB_BUILD)/test/fake_sekisho: tests/host-lib/fake_sekisho.c tests/host-lib/fake_server.c $(LIB_TEST_HEADERS) $(LIB_HEADERS)
	@mkdir -p $(@D)
	$(CC) $(LIB_TEST_CFLAGS) -o $@ $(filter %.c,$^)

$(LIB_BUILD)/test/sekishoctl: $(CTL_SOURCES:%=host-lib/tools/%) $(CTL_HEADERS) $(LIB_TEST_OBJECTS)
	$(CC) $(LIB_TEST_CFLAGS) -o $@ $(filter %.c %.o,$^)

lib-tests: $(LIB_TEST_PROGRAMS) $(LIB_BUILD)/test/fake_sekisho $(LIB_BUILD)/test/sekishoctl lib tools

TESTS += $(LIB_TEST_PROGRAMS) tests/host-lib/test_sekishoctl.py tests/host-lib/test_install.py
TEST_DEPS += lib-tests
