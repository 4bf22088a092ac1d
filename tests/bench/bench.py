#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Runs the benchmarks, prints tables, writes build/bench.json: flat "name": number pairs and a
machine object. A group that is not asked for keeps the figures of the run before.

    bench.py rtl|sim|pmd...
"""

import json
import os
import platform
import re
import subprocess
import sys

from pmd_peers import ROWS

HERE = os.path.dirname(os.path.abspath(__file__))
BUILD = os.environ.get("BUILD", "build")
WITNESSES = ("tsc_hz", "spin_rtt_ns")  # of the run that the pmd figures are of


def machine():
    model = "unknown"
    with open("/proc/cpuinfo") as f:
        for line in f:
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    return {"processor": model, "processors": os.cpu_count(), "kernel": platform.release(),
            "load": os.getloadavg()[0]}


def tables(results):
    """Clocks a frame: a row for each direction, width and latency, a column for each size. Then the
    drivers side by side, then the rest."""
    rows, sizes = {}, []
    for name, value in results.items():
        parts = name.split(".")
        if parts[0] != "rtl":
            continue
        _, direction, width, size, latency, _ = parts
        rows.setdefault((direction, width, latency), {})[size] = value
        if size not in sizes:
            sizes.append(size)
    if rows:
        print("\nclocks a frame".ljust(25) + "".join(f"{size[1:]:>10}" for size in sizes))
    for (direction, width, latency), cells in rows.items():
        name = f"{direction} {width[1:]:>3} bits latency {latency[3:]}"
        print(name.ljust(24) + "".join(f"{cells[size]:10.2f}" for size in sizes if size in cells))
    drivers = [name.split(".")[1] for name in results if re.fullmatch(r"pmd\.\w+\.cycles_per_packet", name)]
    if drivers:
        print("\ncycles a packet received and sent     median      best")
    for driver in drivers:
        name = f"pmd.{driver}.cycles_per_packet"
        print(f"{driver:34} {results[name]:9.1f} {results[name + '_best']:9.1f}")
    print()
    for name, value in results.items():
        if not name.startswith(("rtl.", "pmd.")):
            print(f"{name:40} {value:12.0f}")


def run(name, *arguments):
    """The `name value` lines of a program of build/tests or tests/bench"""
    path = os.path.join(BUILD, "tests", name)
    command = [path] if os.path.exists(path) else [sys.executable, os.path.join(HERE, name)]
    command += [str(a) for a in arguments]
    print("running", " ".join(command), file=sys.stderr, flush=True)
    environment = {**os.environ, "LD_LIBRARY_PATH": os.path.join(BUILD, "driver")}
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, env=environment)
    return {name: float(value) for name, value in map(str.split, done.stdout.splitlines())}


def pmd():
    """The driver and its peers in one run, with the witness before and after"""
    before = run("spin_rtt")["spin_rtt_ns"]
    ours = run("pmd_cycles")
    tsc_hz = ours.pop("tsc_hz")
    peers = run("pmd_peers.py", tsc_hz)
    again = run("pmd_cycles")
    del again["tsc_hz"]
    ours = {name: (value + again[name]) / 2 for name, value in ours.items()}
    witness = {"tsc_hz": tsc_hz, "spin_rtt_ns": [before, run("spin_rtt")["spin_rtt_ns"]]}
    return {**ours, **peers}, witness


def main():
    groups = sys.argv[1:]
    if not groups or set(groups) - {"rtl", "sim", "pmd"}:
        sys.exit("usage: bench.py rtl|sim|pmd...")
    path = os.path.join(BUILD, "bench.json")
    results, witness = {}, {}
    if os.path.exists(path):
        with open(path) as f:
            results = json.load(f)
        witness = {k: v for k, v in results.pop("machine").items() if k in WITNESSES}
    # The figures of a group are of one run: those of before go first
    groups_of = {"rtl": ("rtl.", "sim.rtl."), "sim": ("sim.model.",), "pmd": ("pmd.",)}
    old = tuple(prefix for group in groups for prefix in groups_of[group])
    results = {name: value for name, value in results.items() if not name.startswith(old)}
    if "rtl" in groups:
        results.update({**run("rtl_bench", 64), **run("rtl_bench", 512)})
    if "sim" in groups:
        results.update(run("model_bench"))
    if "pmd" in groups:
        figures, witness = pmd()
        results.update(figures)
    tables(results)
    with open(path, "w") as f:
        json.dump({**results, "machine": {**machine(), **witness}}, f, indent=1)
        f.write("\n")
    missing = [row for row in ROWS if f"pmd.{row}.cycles_per_packet" not in results]
    if "pmd" in groups and missing:
        sys.exit(f"bench: no figure of {', '.join(missing)}: see above")


if __name__ == "__main__":
    main()
