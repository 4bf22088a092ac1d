#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The table of docs/audit.md: sekisho-audit on this card and on drivers of DPDK (root).

usage: table.py [PAIR...]    prints Markdown; what was found wrong, and the whole JSON of every run,
                             goes to build/audit/PAIR.json
"""

import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "tests",
                                "common"))
import audit
import bench
import netns
from audit import RECEIVE, TRANSMIT


def run_pair(name):
    """(title, report); classes that end the process are run apart."""
    with netns.scratch() as folder:
        if name == "sekisho":
            sim = bench.Sim(folder, audit.cable(folder))
            try:
                pair = audit.Pair("net_sekisho, the RTL", audit.sekisho_vdevs(sim))
                return pair.title, audit.run(pair, driver=bench.DRIVER).report()
            finally:
                sim.end()
        pair = audit.dpdk_pairs(folder)[name]
        options = ["--json", "--timeout", "500"]
        report = audit.run(pair, options=options).report()
        ended = ended_in(report)
    if ended:
        with netns.scratch() as folder:  # the first run left its sockets
            rest = audit.run(audit.dpdk_pairs(folder)[name],
                             options=options + ["--except", str(ended)]).report()
        rest["classes"][ended - 1] = report["classes"][ended - 1]
        report = rest
    return pair.title, report


def ended_in(report):
    for entry in report["classes"]:
        if any(case["name"] == "the drivers survive" for case in entry["cases"]):
            return entry["class"]
    return 0


def word(entry, direction):
    counts = entry[direction]
    if any(case["name"] == "the drivers survive" and case["direction"] == direction
           for case in entry["cases"]):
        return "**ends**"
    if counts["result"] == "wrong":
        return "**wrong**"
    if counts["result"] == "right":
        return "right" if counts["not_verified"] == 0 else "partly"
    return {"not offered": "-", "-": "", "not verified": "silent",
            "not testable here": "?"}[counts["result"]]


def cell(entry):
    words = [word(entry, direction) for direction in (RECEIVE, TRANSMIT)]
    return " / ".join(words) if all(words) else "".join(words)


def main():
    names = sys.argv[1:] or ["sekisho", "tap", "virtio", "vhost", "af_packet", "memif", "ring"]
    os.makedirs(os.path.join(netns.BUILD, "audit"), exist_ok=True)
    runs = []
    for name in names:
        title, report = run_pair(name)
        runs.append((name, title, report))
        with open(os.path.join(netns.BUILD, "audit", name + ".json"), "w") as file:
            json.dump(report, file, indent=1)
        print("%s: done" % name, file=sys.stderr)
    print("| class | " + " | ".join(name for name, _, _ in runs) + " |")
    print("|---|" + "---|" * len(runs))
    for index in range(audit.CLASSES):
        entry = runs[0][2]["classes"][index]
        print("| %02d %s | %s |" % (entry["class"], entry["title"], " | ".join(
            cell(report["classes"][index]) for _, _, report in runs)))
    print("| **classes wrong** | " + " | ".join("**%d**" % sum(
        "wrong" in (entry[RECEIVE]["result"], entry[TRANSMIT]["result"])
        for entry in report["classes"]) for _, _, report in runs) + " |")


if __name__ == "__main__":
    main()
