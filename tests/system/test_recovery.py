#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""kill -9 of the simulator under traffic, and a new one at its sockets: the application goes on.

Nobody tells the application anything: the driver finds the new card, and packets flow again. Four
times; twenty times where SEKISHO_SEED is set, as `make test-long` does.
"""

import os
import re
import signal
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "common"))
import bench
import netns
import tap

ROUNDS = 20 if "SEKISHO_SEED" in os.environ else 4


def library(name):
    return netns.command("gcc", "-print-file-name=%s" % name).strip()


def buffers_missing(pmd):
    """mbufs that are in nobody's hands: neither in testpmd's pool nor in its caches."""
    text = pmd.command("dump_mempool mb_pool_0")
    numbers = {name: int(value) for name, value in re.findall(r"^\s*(\w+)=(\d+)$", text, re.M)}
    return numbers["size"] - numbers["common_pool_count"] - numbers["total_cache_count"]


def events(setup, text, number, seconds=20):
    """Reads testpmd until it has reported the event that often since the text was cleared."""
    end = time.monotonic() + seconds
    while setup.pmd.text.count(text) < number:
        assert setup.pmd.process.alive(), "testpmd died:\n" + setup.pmd.text[-3000:]
        assert time.monotonic() < end, "no %r:\n%s" % (text, setup.pmd.text[-3000:])
        setup.pmd.pump(0.2)


FLOOD = """
import socket, sys, time
sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
while True:
    for number in range(20):
        try:
            sender.sendto(bytes(1000), (sys.argv[1], 10000 + number))
        except OSError:
            pass
    time.sleep(0.005)
"""


class Flood:
    """UDP both ways, as fast as the simulated card takes it, until it is ended."""

    def __init__(self, setup, number):
        before = [setup.pmd.stats(port)["RX-packets"] for port in (0, 1)]
        self.processes = [
            netns.Process([sys.executable, "-c", FLOOD, "198.18.0.%d" % (2 - index)],
                          os.path.join(setup.folder, "flood%d%s.log" % (number, side)),
                          namespace=setup.ns[side])
            for index, side in enumerate("ab")]
        for port in (0, 1):
            netns.wait_for(lambda: setup.pmd.stats(port)["RX-packets"] > before[port] + 200, 30,
                           "traffic at port %d, round %d" % (port, number))

    def end(self):
        for process in self.processes:
            process.end()


def start_card(setup):
    """A new simulator at the same sockets, with the hosts behind its ports set up again."""
    # The driver sees the sockets go; the killed one's TAP devices may go later.
    setup.sim.process.wait(10)
    setup.sim = bench.Sim(setup.folder, ["tap:tapa", "tap:tapb"], namespace=setup.ns["s"])
    setup.stack.append(setup.sim.end)
    for number, side in enumerate("ab", 1):
        setup.set_up_host(side, number, True)


def recoveries(queues, rounds, **options):
    with bench.Bench(queues=queues, devargs={"recovery": 1, "audit": 4}, start=False,
                     pmd_options=["--print-event", "all"], **options) as setup:
        process = setup.pmd.process
        setup.pmd.command("start")
        for number in range(1, rounds + 1):
            flood = Flood(setup, number)
            xstats = [setup.pmd.xstats(port) for port in (0, 1)]
            setup.pmd.text = ""
            setup.sim.process.kill(signal.SIGKILL)
            events(setup, "error recovering event", 2)
            flood.end()
            time.sleep(0.05 * (number % 4))  # gone for a shorter or a longer time
            start_card(setup)
            events(setup, "error recovery successful event", 2)
            for side in "ab":
                setup.ns.ip(side, "link", "set", "tap" + side, "up")
            assert process.alive(), "testpmd died"
            for port in (0, 1):
                now = setup.pmd.xstats(port)
                tap.equal(now["recoveries"], number, "recoveries of port %d" % port)
                back = [name for name in now if now[name] < xstats[port][name]]
                tap.equal(back, [], "statistics of port %d that went back" % port)
                assert now["audit_packets"] > 0
                tap.equal(now["audit_disagreements"], 0, "packets judged differently by software")
        flood = Flood(setup, 0)
        flood.end()
        setup.sim.check_balance()
        setup.pmd.command("stop")
        for port in (0, 1):
            tap.equal(setup.pmd.stats(port)["RX-errors"], 0, "receive errors of port %d" % port)
        setup.pmd.command("port stop all")
        tap.equal(buffers_missing(setup.pmd), 0, "mbufs leaked")
        status = setup.pmd.quit()
        log = process.log()
        tap.equal(status, 0, "testpmd's exit status:\n" + log[-3000:])
        for word in ("Segmentation", "AddressSanitizer", "runtime error", "panic"):
            assert word not in log, "%r in testpmd's output:\n%s" % (word, log[-3000:])
        setup.sim.finish()


def sanitized():
    tap.need_root()
    tap.need_file(bench.ASAN_DRIVER, "the sanitized driver")
    recoveries(1, ROUNDS, driver=bench.ASAN_DRIVER,
               preload=[library("libasan.so"), library("libubsan.so")],
               environment={"ASAN_OPTIONS": "detect_leaks=0:abort_on_error=0:exitcode=99",
                            "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1"})


if __name__ == "__main__":
    tap.run([
        ("the driver recovers %d times, sanitized" % ROUNDS, sanitized),
        ("the driver recovers on 4 queues", lambda: recoveries(4, 2)),
    ], time_limit=1200 if ROUNDS > 4 else 200)
