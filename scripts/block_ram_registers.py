#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Uses the output registers of an ECP5's block RAMs, which Yosys leaves alone.

A netlist between Yosys and nextpnr: where every output of a RAM's port goes into a flip-flop and
nowhere else, and these have the port's clock, one enable and no reset, they are replaced by the
port's own output register (REGMODE OUTREG, the enable at OCE). Nothing else changes: what the RAM
gives stands at the same places in the same clocks.

    block_ram_registers.py NETLIST.json [MODULE]     in place
"""

import collections
import json
import sys


def enable(flop):
    """Net of its clock enable; None where it is not a plain one"""
    mux = flop["parameters"]["CEMUX"].strip()
    return flop["connections"]["CE"] if mux == "CE" else ["1"] if mux == "1" else None


def plain(flop):
    """No reset, rising edge, an enable that a port can have"""
    parameters = flop["parameters"]
    reset = flop["connections"].get("LSR", ["0"]) if parameters["LSRMUX"] == "LSR" else None
    return flop["type"] == "TRELLIS_FF" and reset == ["0"] and parameters["CLKMUX"] == "CLK" and enable(flop)


def ports(ram):
    """Its ports, each as the sides that they take: a RAM of 36 bits has one, and half of its data on each side"""
    wide = any(int(ram["parameters"][f"DATA_WIDTH_{side}"], 2) == 36 for side in "AB")
    return ["AB"] if wide else ["A", "B"]


def use_output_registers(module):
    """Number of ports that have their output register now"""
    cells = module["cells"]
    loads = collections.defaultdict(list)
    for name, cell in cells.items():
        for pin, bits in cell["connections"].items():
            if cell["port_directions"][pin] != "output":
                for bit in bits:
                    loads[bit].append((name, pin))
    for port in module["ports"].values():
        for bit in port["bits"]:
            loads[bit].append((None, None))

    moved = 0
    for ram in [c for c in cells.values() if c["type"] == "DP16KD"]:
        pins = ram["connections"]
        for sides in ports(ram):
            used = [p for p in pins if p[:2] == "DO" and p[2] in sides and loads[pins[p][0]]]
            users = [loads[pins[p][0]] for p in used]
            if not used or any(len(u) != 1 or u[0][1] != "DI" for u in users):
                continue
            names = [u[0][0] for u in users]
            flops = [cells[n] for n in names]
            if (not all(plain(f) for f in flops)
                    or any(enable(f) != enable(flops[0]) for f in flops)
                    or any(f["connections"]["CLK"] != pins["CLK" + s] for f in flops for s in sides)
                    or any(pins["RST" + s] != ["0"] or ram["parameters"]["REGMODE_" + s] != "NOREG"
                           for s in sides)):
                continue
            for side in sides:
                ram["parameters"]["REGMODE_" + side] = "OUTREG"
                pins["OCE" + side] = enable(flops[0])
            for pin, name in zip(used, names):
                pins[pin] = cells[name]["connections"]["Q"]
                del cells[name]
            moved += 1
    return moved


def rewrite(path, module):
    with open(path) as f:
        netlist = json.load(f)
    moved = use_output_registers(netlist["modules"][module])
    with open(path, "w") as f:
        json.dump(netlist, f)
    return moved


if __name__ == "__main__":
    print(rewrite(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else "wrapper"), "ports")
