#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""A second application that we did not write, as the distribution installs it: dpdk-test's
pmd_perf_autotest, on two ports joined by a cable (a veth pair)."""

import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "common"))
import bench
import netns
import tap

def pmd_perf(width):
    tap.need_root()
    tap.need_program("dpdk-test")
    scratch = netns.scratch()
    namespaces = netns.Namespaces("s")
    sim = test = None
    try:
        namespaces.ip("s", "link", "add", "left", "mtu", 9000, "type", "veth", "peer", "name",
                      "right", "mtu", 9000)
        for interface in ("left", "right"):
            namespaces.sysctl("s", "net.ipv6.conf.%s.disable_ipv6" % interface, 1)
            namespaces.ip("s", "link", "set", interface, "up")
        sim = bench.Sim(scratch.name, ["veth:left,speed=1", "veth:right,speed=1"], width,
                        namespace=namespaces["s"])
        # The test moves two seconds' worth of packets at the speed that the link reports.
        test = bench.Application("dpdk-test", "RTE>>", scratch.name,
                                 [bench.device(sim, "net0"), bench.device(sim, "net1")],
                                 memory=512)
        answer = test.command("pmd_perf_autotest", 100)
        found = re.search(r"(\d+) cycles per packet", answer)
        assert "Test OK" in answer, "pmd_perf_autotest failed:\n" + answer[-3000:]
        assert found, "no figure in:\n" + answer[-3000:]
        counters = sim.check_balance()
        for port in (0, 1):
            assert counters.sent(port) >= 1000, "port %d sent %d" % (port, counters.sent(port))
            assert counters.completed(port) >= 1000, counters.rx_queue[port * bench.QUEUES]
        tap.note(found.group(0))
        tap.equal(test.quit(), 0, "dpdk-test's exit status")
        sim.finish()
    finally:
        if test:
            test.kill()
        if sim:
            sim.end()
        namespaces.remove()
        scratch.cleanup()


if __name__ == "__main__":
    tap.run([
        ("dpdk-test pmd_perf_autotest, 512 bits", lambda: pmd_perf(512)),
        ("dpdk-test pmd_perf_autotest, 64 bits", lambda: pmd_perf(64)),
    ], time_limit=240)
