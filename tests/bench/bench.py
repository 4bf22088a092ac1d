#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Runs the benchmarks, prints a table, writes build/bench.json: flat "name": number pairs and what
machine it was.

    bench.py PROGRAM...     each prints lines `name value`
"""

import json
import os
import platform
import shlex
import subprocess
import sys


def machine():
    model = "unknown"
    with open("/proc/cpuinfo") as f:
        for line in f:
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    return {"processor": model, "processors": os.cpu_count(), "kernel": platform.release(),
            "load": os.getloadavg()[0]}


def table(results):
    """clocks a frame: a row for each direction, width and latency, a column for each size"""
    rows, sizes = {}, []
    for name, value in results.items():
        parts = name.split(".")
        if parts[0] != "rtl":
            continue
        _, direction, width, size, latency, _ = parts
        rows.setdefault((direction, width, latency), {})[size] = value
        if size not in sizes:
            sizes.append(size)
    print("\nclocks a frame".ljust(25) + "".join(f"{s[1:]:>10}" for s in sizes))
    for (direction, width, latency), cells in rows.items():
        name = f"{direction} {width[1:]:>3} bits latency {latency[3:]}"
        print(name.ljust(24) + "".join(f"{cells[s]:10.2f}" for s in sizes if s in cells))
    print()
    for name, value in results.items():
        if not name.startswith("rtl."):
            print(f"{name:40} {value:12.0f}")


def main():
    results = {}
    for command in sys.argv[1:]:
        print(f"running {command}", file=sys.stderr)
        run = subprocess.run(shlex.split(command), stdout=subprocess.PIPE, text=True, check=True)
        for line in run.stdout.splitlines():
            name, value = line.split()
            results[name] = float(value)
    table(results)
    with open("build/bench.json", "w") as f:
        json.dump({**results, "machine": machine()}, f, indent=1)
        f.write("\n")


if __name__ == "__main__":
    main()
