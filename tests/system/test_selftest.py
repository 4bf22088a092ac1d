#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""sekishoctl selftest on the simulated card, with a loop and without one."""

import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "common"))
import bench
import netns
import tap


def selftest(sim, function):
    done = subprocess.run([bench.CTL, "selftest", sim.uri(function), "--json"],
                          capture_output=True, text=True, timeout=60)
    tap.equal(done.returncode, 0, "status; %s%s" % (done.stdout, done.stderr))
    return {step["step"]: step for step in json.loads(done.stdout)["steps"]}


def looped(width):
    with netns.scratch() as folder:
        sim = bench.Sim(folder, ["loop", "loop"], width)
        try:
            for function in ("net0", "net1", "net0"):
                steps = selftest(sim, function)
                tap.equal({step["result"] for step in steps.values()}, {"passed"}, "results")
                frames = [step for step in steps if step.startswith("frame of")]
                tap.equal(len(frames), 10, "frames")
                for name in frames:
                    tap.equal(steps[name]["detail"], "sent and received", name)
            counters = sim.check_balance()
            tap.equal((counters.sent(0), counters.sent(1)), (20, 10), "frames that the card counted")
        finally:
            sim.end()


def unplugged():
    with netns.scratch() as folder:
        sim = bench.Sim(folder, ["pcap:,%s/out%d" % (folder, port) for port in (0, 1)])
        try:
            steps = selftest(sim, "net0")
            tap.equal(steps["loop"]["result"], "skipped", "the loop")
            tap.equal(steps["frame of 9000 bytes"]["detail"], "sent", "a frame")
            tap.equal(steps["counters"]["result"], "passed", "counters")
        finally:
            sim.end()


if __name__ == "__main__":
    tap.run([
        ("every frame comes back through a loop, 64 bits", lambda: looped(64)),
        ("every frame comes back through a loop, 512 bits", lambda: looped(512)),
        ("without a loop: completions and counters", unplugged),
    ], time_limit=90)
