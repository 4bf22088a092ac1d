#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The demo runs to its end: status 0, last line `demo: ok`."""

import os
import subprocess
import sys

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
sys.path.insert(0, os.path.join(TOP, "tests", "common"))
import tap


def demo():
    tap.need_root()
    run = subprocess.run([sys.executable, os.path.join(TOP, "demo", "demo.py")], text=True,
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=200)
    last = run.stdout.rstrip().rpartition("\n")[2]
    assert run.returncode == 0 and last == "demo: ok", "status %d\n%s" % (run.returncode, run.stdout[-4000:])


if __name__ == "__main__":
    tap.run([("the demo shows what it claims", demo)], time_limit=220)
