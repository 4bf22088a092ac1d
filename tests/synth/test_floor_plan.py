#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Where block RAMs stand: each on a site of the device, no two on one, in the order of their modules."""

import json
import os
import re
import sys
import tempfile

TOP = os.path.join(os.path.dirname(__file__), "../..")
sys.path.insert(0, os.path.join(TOP, "tests/common"))
sys.path.insert(0, os.path.join(TOP, "scripts"))
import tap
import floor_plan


def column(site):
    return int(re.match(r"X(\d+)/Y(\d+)/EBR[0-3]$", site).group(1))


def rams(module, count):
    return [f"dut.{module}.mem.0.{i}" for i in range(count)]


def refused(names, answer):
    try:
        floor_plan.assign(names)
    except SystemExit as error:
        assert answer in str(error), error
    else:
        raise AssertionError("no error")


def modules_in_order():
    names = rams("deliver_inst.buffer", 4) + rams("rx_ports[1]", 12) + rams("rx_ports[0]", 12)
    sites = floor_plan.assign(reversed(names))
    tap.equal(set(sites), set(names), "block RAMs")
    tap.equal(len(set(sites.values())), len(names), "sites")
    columns = [column(sites[name]) for name in rams("rx_ports[0]", 12) + rams("rx_ports[1]", 12) +
               rams("deliver_inst.buffer", 4)]
    tap.equal(columns, sorted(columns, reverse=True), "columns, 2 before 10")


def both_ends_of_a_row():
    names = rams("tx_ports[0]", 30) + rams("csr_inst", 8)
    sites = floor_plan.assign(names)
    tap.equal(len(set(sites.values())), len(names), "sites")
    # Of the 52 sites of the row csr takes none of the first 14
    refused(rams("tx_ports[0]", 30) + rams("csr_inst", 9), "dut.csr_inst.mem.0.8")


def no_place():
    refused(rams("unheard_of", 1), "dut.unheard_of.mem.0.0")
    refused(rams("tx_parse_inst", 53), "dut.tx_parse_inst.mem.0.52")


def only_block_rams_of_a_netlist():
    cells = {"dut.csr_inst.mem.0.0": {"type": "DP16KD", "attributes": {"src": "a.v"}},
             "dut.csr_inst.mem.0.1": {"type": "DP16KD"}, "dut.csr_inst.flop": {"type": "TRELLIS_FF"}}
    wanted = floor_plan.assign(name for name in cells if "mem" in name)
    with tempfile.NamedTemporaryFile("w+", suffix=".json") as f:
        json.dump({"modules": {"wrapper": {"cells": cells}}}, f)
        f.flush()
        floor_plan.place(f.name, "wrapper")
        f.seek(0)
        placed = json.load(f)["modules"]["wrapper"]["cells"]
    tap.equal(placed.pop("dut.csr_inst.flop"), {"type": "TRELLIS_FF"}, "what is no block RAM")
    tap.equal({name: cell["attributes"]["BEL"] for name, cell in placed.items()}, wanted, "sites")
    tap.equal(placed["dut.csr_inst.mem.0.0"]["attributes"]["src"], "a.v", "other attributes")


if __name__ == "__main__":
    tap.run([("modules in the order of the plan", modules_in_order),
             ("two modules from both ends of a row", both_ends_of_a_row),
             ("no place is an error", no_place),
             ("only the block RAMs of a netlist", only_block_rams_of_a_netlist)])
