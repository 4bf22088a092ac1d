#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The driver's source compiles, without a warning, on every release of DPDK that it is for.

The headers come from Debian's archive, unpacked and not installed. A release whose headers cannot be
had is skipped, with the reason.
"""

import glob
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "common"))
import netns
import tap

# DPDK's release, and Debian's that has it.
RELEASES = (("24.11", "trixie"), ("25.11", "forky"))
WARNINGS = ["-Wall", "-Wextra", "-Wmissing-prototypes", "-Werror"]


def compile_with(flags):
    sources = sorted(glob.glob(os.path.join(netns.ROOT, "driver", "*.c")))
    assert len(sources) > 10, sources
    for source in sources:
        words = ["gcc", "-std=gnu11", "-O3", "-fPIC", "-fno-strict-aliasing", *WARNINGS,
                 "-DALLOW_INTERNAL_API", "-DALLOW_EXPERIMENTAL_API",
                 "-I" + os.path.join(netns.ROOT, "host-lib", "include"), *flags,
                 "-c", source, "-o", "/dev/null"]
        done = subprocess.run(words, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr[:4000]


def installed():
    flags = netns.command("pkg-config", "--cflags", "libdpdk").split()
    compile_with(["-isystem", os.path.join(netns.BUILD, "dpdk-sdk", "include")] +
                 [re.sub("^-I", "-isystem", flag) for flag in flags])


def release(version, suite):
    sdk = os.path.join(netns.BUILD, "dpdk-sdk-" + suite)
    try:
        done = subprocess.run([os.path.join(netns.ROOT, "scripts", "fetch-dpdk-sdk.sh"), sdk, suite],
                              capture_output=True, text=True, timeout=150)
    except subprocess.TimeoutExpired:
        raise tap.Skip("the archive does not answer")
    if done.returncode:
        reason = [line for line in done.stderr.splitlines() if "fetch-dpdk-sdk:" in line]
        raise tap.Skip("no headers of %s: %s" % (version, " ".join(reason or ["?"])))
    packaged = os.path.join(sdk, "packaged", "usr", "include")
    with open(os.path.join(sdk, "version")) as file:
        assert file.read().startswith(version + "."), "%s has another DPDK than %s" % (suite, version)
    architecture = netns.command("gcc", "-print-multiarch").strip()
    compile_with(["-isystem", os.path.join(sdk, "include"), "-isystem", os.path.join(packaged, "dpdk"),
                  "-isystem", os.path.join(packaged, architecture, "dpdk"),
                  "-include", "rte_config.h", "-march=corei7"])


if __name__ == "__main__":
    tap.run([("the installed DPDK", installed)] +
            [("DPDK %s of Debian %s" % names, lambda names=names: release(*names))
             for names in RELEASES], time_limit=400)
