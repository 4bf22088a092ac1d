#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The simulator sleeps when nothing happens."""

import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "common"))
import bench
import netns
import packets
import tap
from queues import RX
from test_isolation import BASE, BUFFERS, Card, frame

SECONDS = 3


def share(process):
    """Part of one core that a process uses, over a few seconds."""
    before, start = process.cpu_seconds(), time.monotonic()
    time.sleep(SECONDS)
    return (process.cpu_seconds() - before) / (time.monotonic() - start)


def no_client(width):
    tap.need_root()
    scratch = netns.scratch()
    namespaces = netns.Namespaces("s")
    try:
        sim = bench.Sim(scratch.name, ["tap:tapa", "tap:tapb"], width, namespace=namespaces["s"])
        try:
            time.sleep(0.5)
            used = share(sim.process)
            assert used < 0.03, "%.1f %% of a core without any client" % (100 * used)
            tap.note("%.2f %% of a core" % (100 * used))
            sim.check_balance()
            sim.finish()
        finally:
            sim.end()
    finally:
        namespaces.remove()
        scratch.cleanup()


def quiet_queues(width):
    with Card(width) as card:
        queues = [card.queue(function, RX, number) for function in (0, 1) for number in range(4)]
        for queue in queues:
            queue.post(BASE + BUFFERS, 2048)
            queue.ring_doorbell()
        time.sleep(0.5)
        used = share(card.sim.process)
        assert used < 0.10, "%.1f %% of a core with quiet queues" % (100 * used)
        tap.note("%.2f %% of a core" % (100 * used))
        # Asleep, not dead: a frame wakes it.
        card.wires[0].send(frame(1))
        tap.equal(queues[0].completion()[:2], (0, 0), "completion after the sleep")
        for queue in queues:
            queue.stop()
        card.sim.check_balance()


def quiet_testpmd(queues):
    with bench.Bench(queues=queues, addresses=False) as setup:
        time.sleep(0.5)
        used = share(setup.sim.process)
        assert used < 0.10, "%.1f %% of a core under a quiet testpmd" % (100 * used)
        tap.note("%.2f %% of a core" % (100 * used))
        near, far = packets.Wire(setup.ns["a"], "tapa"), packets.Wire(setup.ns["b"], "tapb")
        near.send(frame(2))
        tap.equal(far.collect(1, 5), [frame(2)], "frames through after the sleep")
        near.close()
        far.close()
        setup.finish()


if __name__ == "__main__":
    tap.run([
        ("no client: under 3 % of a core, 64 bits", lambda: no_client(64)),
        ("no client: under 3 % of a core, 512 bits", lambda: no_client(512)),
        ("8 quiet queues: under 10 % of a core", lambda: quiet_queues(64)),
        ("a quiet testpmd with 4 queues a port: under 10 % of a core", lambda: quiet_testpmd(4)),
    ], time_limit=90)
