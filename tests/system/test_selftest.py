#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""sekishoctl selftest on the simulated card: with a loop, without one, and on cards and wires that lie."""

import json
import os
import struct
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "common"))
import bench
import liar
import netns
import tap
from vfio_user import REGION_READ, REGION_WRITE, SET_IRQS

SCRATCH, TX_CONTROL, TX_STATUS, TX_RING = 0x0c, 0x800, 0x804, 0x810
TX_PACKETS, TX_BYTES = 0x2800, 0x2808


def selftest(uri, status=0):
    end = time.monotonic() + 5
    while True:
        done = subprocess.run([bench.CTL, "selftest", uri, "--json"], capture_output=True, text=True,
                              timeout=60)
        # The simulator may not have seen yet that the last client has gone.
        if "another program uses this function" not in done.stderr or time.monotonic() > end:
            break
        time.sleep(0.02)
    tap.equal(done.returncode, status, "status; %s%s" % (done.stdout, done.stderr))
    return {step["step"]: step for step in json.loads(done.stdout)["steps"]}


def looped(width):
    with netns.scratch() as folder:
        sim = bench.Sim(folder, ["loop", "loop"], width)
        try:
            for function in ("net0", "net1", "net0"):
                steps = selftest(sim.uri(function))
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
            steps = selftest(sim.uri("net0"))
            tap.equal(steps["loop"]["result"], "skipped", "the loop")
            tap.equal(steps["frame of 9000 bytes"]["detail"], "sent", "a frame")
            tap.equal(steps["counters"]["result"], "passed", "counters")
        finally:
            sim.end()


def honest(number, frame):
    return frame


def truth(command, offset, data):
    return data


def word(change, where, direction):
    """A lie about one register."""
    def lie(command, offset, data):
        if command == direction and offset == where and len(data) >= 4:
            return struct.pack("<I", change(struct.unpack_from("<I", data)[0])) + data[4:]
        return data
    return lie


def no_interrupt(command, _, data):
    return None if command == SET_IRQS else data


def never_idle():
    """The transmit queue's status is active for ever once it is to stop."""
    stopping = []

    def lie(command, offset, data):
        if command == REGION_WRITE and offset == TX_CONTROL and not any(data):
            stopping.append(True)
        if command == REGION_READ and offset == TX_STATUS and stopping:
            return bytes([data[0] | 1]) + data[1:]
        return data
    return lie


def second_only(change):
    return lambda number, frame: change(frame) if number == 1 else frame


# What lies, and how the step that sees it is called and what it says.
LIES = (
    ("a register loses a bit", word(lambda v: v & ~4, SCRATCH, REGION_READ), honest,
     "registers", "Input/output error"),
    ("one sent frame is not counted", word(lambda v: v - (v > 0), TX_PACKETS, REGION_READ), honest,
     "counters", "9 packets"),
    ("bytes are counted twice", word(lambda v: 2 * v, TX_BYTES, REGION_READ), honest,
     "counters", "10 packets"),
    ("no interrupt comes", no_interrupt, honest, "interrupt", "timed out"),
    ("descriptors are read elsewhere", word(lambda v: v + (1 << 20), TX_RING, REGION_WRITE), honest,
     "frame of 60 bytes", "no transmit completion"),
    ("a queue never comes to rest", never_idle(), honest,
     "queues stop", "timed out"),
    ("a bit flips on the wire", truth,
     second_only(lambda frame: frame[:40] + bytes([frame[40] ^ 1]) + frame[41:]),
     "frame of 61 bytes", "as another one"),
    ("a frame loses its end", truth, second_only(lambda frame: frame[:-1]),
     "frame of 61 bytes", "as another one, 60 bytes"),
    ("a frame grows", truth, second_only(lambda frame: frame + b"x"),
     "frame of 61 bytes", "as another one, 62 bytes"),
    ("a frame is lost", truth, second_only(lambda frame: b""),
     "frame of 61 bytes", "does not come back"),
)


def lies():
    with netns.scratch() as folder:
        cable = os.path.join(folder, "cable")
        sim = bench.Sim(folder, ["link:" + cable, "loop"], bench.MODEL)
        path = os.path.join(folder, "liar.sock")
        try:
            for name, lie, change, step, detail in LIES + (("nothing", truth, honest, None, ""),):
                card, echo = liar.Liar(path, sim.sockets["net0"], lie), liar.Echo(cable, change)
                try:
                    steps = selftest("vfio-user:" + path, 1 if step else 0)
                finally:
                    card.close()
                    echo.close()
                failed = [key for key, value in steps.items() if value["result"] == "failed"]
                tap.equal(failed[:1], [step] if step else [], "the first step to fail when " + name)
                if step:
                    assert detail in steps[step]["detail"], "%s: %s" % (name, steps[step])
                else:
                    tap.equal(steps["frame of 9000 bytes"]["detail"], "sent and received", name)
        finally:
            sim.end()


if __name__ == "__main__":
    tap.run([
        ("every frame comes back through a loop, 64 bits", lambda: looped(64)),
        ("every frame comes back through a loop, 512 bits", lambda: looped(512)),
        ("without a loop: completions and counters", unplugged),
        ("every lie of a card or a wire is a failed step", lies),
    ], time_limit=150)
