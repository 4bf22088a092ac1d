# SPDX-License-Identifier: BSD-3-Clause
"""Says where the core's block RAMs stand on an LFE5UM(5G)-85F, between Yosys and nextpnr.

The placer moves the logic to the block RAMs. Left alone it takes whatever site is free for the last of them, half the
device away from the module they belong to. The device has four rows of 52 sites. Received frames go from right to left
along the two upper rows, frames to send from left to right along the lowest, into the ports at the right end
of the row above.
"""

import json
import re

COLUMNS = [4, 6, 8, 10, 13, 15, 17, 19, 22, 24, 26, 28, 31, 33, 35, 37, 40, 42, 44, 46, 49, 51, 53, 55, 58, 60, 62, 64,
           69, 71, 73, 75, 78, 80, 82, 84, 87, 89, 91, 93, 96, 98, 100, 102, 105, 107, 109, 111, 114, 116, 118, 120]


def sites(columns, *rows):
    return [f"X{COLUMNS[c]}/Y{y}/EBR{c % 4}" for c in columns for y in rows]


LEFT, RIGHT = range(len(COLUMNS)), range(len(COLUMNS) - 1, -1, -1)
# Sites, and the modules whose block RAMs take them in this order
PLAN = [
    (sites(RIGHT, 70, 82), ["rx_ports[0]", "rx_ports[1]", "rx_parse_inst.g_walker[0]", "rx_parse_inst.fifo",
                            "rx_parse_inst.g_flow", "rx_parse_inst.g_key", "rx_parse_inst.g_walker[1]",
                            "deliver_inst.rss_table", "deliver_inst.buffer", "frame_edit_inst", "dma_write_inst",
                            "completion_writer_inst"]),
    (sites(LEFT, 22), ["rx_descriptor_fetch_inst", "tx_descriptor_fetch_inst", "dma_read_inst", "tx_dma_inst",
                       "tx_parse_inst", "csum_insert_inst"]),
    (sites(RIGHT, 46), ["tx_ports"]),
    (sites(LEFT[14:], 46), ["csr_inst"]),
]


def in_order(name):
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", name)]


def assign(names):
    """{block RAM: its site}, no site twice; an error where one is in no module of the plan, or finds none."""
    waiting = sorted(names, key=in_order)
    assigned = {}
    for row, modules in PLAN:
        free = [site for site in row if site not in assigned.values()]
        here = [name for module in modules for name in waiting if name.startswith("dut." + module)]
        assigned.update(zip(here, free))
    if missing := [name for name in waiting if name not in assigned]:
        raise SystemExit(f"floor_plan.py has no place for {', '.join(missing)}")
    return assigned


def place(path, top):
    """Gives each block RAM of the netlist its site."""
    with open(path) as f:
        design = json.load(f)
    cells = design["modules"][top]["cells"]
    for name, site in assign(name for name, cell in cells.items() if cell["type"] == "DP16KD").items():
        cells[name].setdefault("attributes", {})["BEL"] = site
    with open(path, "w") as f:
        json.dump(design, f)
