#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Which flip-flops move into a block RAM's output register, and that nothing else changes."""

import copy
import os
import sys

TOP = os.path.join(os.path.dirname(__file__), "../..")
sys.path.insert(0, os.path.join(TOP, "tests/common"))
sys.path.insert(0, os.path.join(TOP, "scripts"))
import tap
from block_ram_registers import use_output_registers

CLOCK, OTHER_CLOCK, ENABLE, OTHER_ENABLE, RESET = 2, 3, 4, 5, 6


def flop(data, output, ce=None):
    return {"type": "TRELLIS_FF",
            "parameters": {"CLKMUX": "CLK", "CEMUX": "CE" if ce else "1 ", "LSRMUX": "LSR", "REGSET": "RESET"},
            "port_directions": {"CLK": "input", "DI": "input", "LSR": "input", "CE": "input", "Q": "output"},
            "connections": {"CLK": [CLOCK], "DI": [data], "LSR": ["0"], "CE": [ce or "1"], "Q": [output]}}


def netlist(width=18, ce=None):
    """A RAM that drives net 10 + i from pin DOBi or DOAi, and flip-flop ffi from there to net 20 + i"""
    pins = {"DOB0": [10], "DOB1": [11], "DOB2": [12], "DOA0": [13], "DOA1": [14],
            "CLKA": [CLOCK], "CLKB": [CLOCK], "RSTA": ["0"], "RSTB": ["0"], "OCEA": ["1"], "OCEB": ["1"]}
    ram = {"type": "DP16KD", "connections": pins,
           "parameters": {"DATA_WIDTH_A": f"{width:032b}", "DATA_WIDTH_B": f"{width:032b}",
                          "REGMODE_A": "NOREG", "REGMODE_B": "NOREG"},
           "port_directions": {p: "output" if p.startswith("DO") else "input" for p in pins}}
    cells = {"ram": ram, "ff0": flop(10, 20, ce), "ff1": flop(11, 21, ce)}
    if width == 36:
        cells["ff3"] = flop(13, 23, ce)
    return {"cells": cells, "ports": {"q": {"direction": "output", "bits": [20, 21, 23]}}}


def moves(module, sides, ce="1"):
    """All of the module's flip-flops go into one port of these sides, and the RAM drives their nets"""
    ram = module["cells"]["ram"]
    pins = ram["connections"]
    source = {bits[0]: pin for pin, bits in pins.items() if pin[:2] == "DO"}
    flops = [c["connections"] for n, c in module["cells"].items() if n.startswith("ff")]
    wanted = copy.deepcopy(pins)
    wanted.update({source[f["DI"][0]]: f["Q"] for f in flops})
    wanted.update({"OCE" + side: [ce] for side in sides})
    tap.equal(use_output_registers(module), 1, "ports")
    tap.equal(list(module["cells"]), ["ram"], "cells left")
    tap.equal(pins, wanted, "nets")
    for side in "AB":
        tap.equal(ram["parameters"]["REGMODE_" + side], "OUTREG" if side in sides else "NOREG", side)


def stays(module):
    before = copy.deepcopy(module)
    tap.equal(use_output_registers(module), 0, "ports")
    tap.equal(module, before, "netlist")


def changed(change, **settings):
    module = netlist(**settings)
    change(module["cells"])
    return module


# What a port's flip-flops may not have
REFUSED = {
    "an output that goes elsewhere, too": lambda c: c.update(ff4=flop(10, 24)),
    "an output that goes to logic": lambda c: c["ff0"].update(
        type="LUT4", connections={"A": [10], "Z": [20]}, port_directions={"A": "input", "Z": "output"}),
    "a reset": lambda c: c["ff1"]["connections"].update(LSR=[RESET]),
    "two enables": lambda c: (c["ff1"]["connections"].update(CE=[ENABLE]), c["ff1"]["parameters"].update(CEMUX="CE")),
    "an inverted enable": lambda c: [c[f]["parameters"].update(CEMUX="INV") for f in ("ff0", "ff1")],
    "another clock": lambda c: [c[f]["connections"].update(CLK=[OTHER_CLOCK]) for f in ("ff0", "ff1")],
    "the clock's other edge": lambda c: [c[f]["parameters"].update(CLKMUX="INV") for f in ("ff0", "ff1")],
    "a RAM with a reset": lambda c: c["ram"]["connections"].update(RSTB=[RESET]),
    "an output register in use": lambda c: c["ram"]["parameters"].update(REGMODE_B="OUTREG"),
}


def an_output_that_is_a_port():
    module = netlist()
    module["ports"]["q"]["bits"].append(11)
    stays(module)


tap.run([
    ("flip-flops without an enable", lambda: moves(netlist(), "B")),
    ("flip-flops with an enable", lambda: moves(netlist(ce=ENABLE), "B", ENABLE)),
    ("both halves of a RAM of 36 bits", lambda: moves(netlist(width=36, ce=ENABLE), "AB", ENABLE)),
    ("not one half of it", lambda: stays(changed(
        lambda c: c["ff3"]["connections"].update(CE=[OTHER_ENABLE]), width=36, ce=ENABLE))),
    *[("not with " + name, lambda change=change: stays(changed(change))) for name, change in REFUSED.items()],
    ("not with an output that is a port", an_output_that_is_a_port),
])
