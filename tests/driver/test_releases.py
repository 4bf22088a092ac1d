#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The driver on every release of DPDK that it is for: it builds without a warning, and that release's
own testpmd passes traffic with it, over a simulated card whose two ports a cable joins.

The releases come as Debian's packages, unpacked below build/dpdk and not installed, by
scripts/fetch-dpdk-release.sh. One that cannot be had is skipped, with the reason.
"""

import glob
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "common"))
import bench
import netns
import tap

# Debian's release that has DPDK's. The newest first: an older one may need its headers.
RELEASES = (("25.11", "forky"), ("24.11", "trixie"))
FETCH = os.path.join(netns.ROOT, "scripts", "fetch-dpdk-release.sh")
QUEUES = 2
LAYOUT = """
#include <stddef.h>
#include <ethdev_driver.h>
_Static_assert(offsetof(struct rte_eth_dev, dev_ops) == 0x%s, "struct rte_eth_dev");
_Static_assert(offsetof(struct eth_dev_ops, get_restore_flags) == 0x%s, "struct eth_dev_ops");
"""


def configuration(pmd):
    """Calls of many kinds, far apart in the table of the driver's operations, with what they must do."""
    for command, wanted in (
            ("show port info 0", "Driver name: net_sekisho.*Firmware-version: rtl.*Link status: up.*"
                                 "Promiscuous mode: enabled"),
            ("set promisc 0 off", None),
            ("set allmulti 0 on", None),
            ("show port info 0", "Promiscuous mode: disabled\nAllmulticast mode: enabled"),
            ("set promisc 0 on", None),
            ("mac_addr add 0 02:00:00:00:00:55", None),
            ("show port 0 macs", "02:00:00:00:00:55"),
            ("mcast_addr add 0 01:00:5e:00:00:01", None),
            ("show rxq info 0 1", "Number of RXDs: 512\n.*Burst mode: \\w+"),
            ("show txq info 0 1", "Number of TXDs: 256\n.*Burst mode: \\w+"),
            ("show port 0 ptypes", "TCP"),
            ("port config all rss all", None),
            ("show port 0 rss-hash key", "ipv4.*RSS key:\n[0-9A-F]{80}"),
            ("port 0 rxq 1 stop", None),
            ("show rxq info 0 1", "Rx queue state: stopped"),
            ("port 0 rxq 1 start", None),
            ("show rxq info 0 1", "Rx queue state: started"),
            ("show port 0 rxq 0 desc 0 status", "AVAILABLE"),
            ("show port 0 rxq 0 desc used count", "(?i)used desc count = 0"),
            ("port config mtu 0 1400", None),
            ("show port info 0", "MTU: 1400"),
            ("port config mtu 0 1500", None)):
        said = pmd.command(command)
        if wanted:
            assert re.search(wanted, said, re.S), "%s: %s" % (command, said)
        else:
            assert not re.search("fail|error|bad|not supported|invalid", said, re.I), said


def traffic(version=None, program="dpdk-testpmd", driver=bench.DRIVER):
    scratch = netns.scratch()
    sim = pmd = None
    try:
        cable = "link:" + os.path.join(scratch.name, "cable")
        sim = bench.Sim(scratch.name, [cable, cable], bench.MODEL)
        pmd = bench.Testpmd(scratch.name, [bench.device(sim, "net0"), bench.device(sim, "net1")],
                            queues=QUEUES, driver=driver, program=program)
        if version:
            assert "RTE Version: 'DPDK %s." % version in pmd.process.log(), pmd.process.log()
        configuration(pmd)
        pmd.command("set fwd io")
        pmd.command("start tx_first 8")
        netns.wait_for(lambda: pmd.stats(0)["RX-packets"] >= 1000, 20, "traffic")
        pmd.command("stop")
        pmd.command("set fwd rxonly")
        pmd.command("start")
        counters = sim.check_balance()
        for port in (0, 1):
            stats = pmd.stats(port)
            tap.equal(stats["RX-packets"], counters.completed(port), "port %d: received" % port)
            tap.equal(stats["TX-packets"], counters.sent(port), "port %d: sent" % port)
            assert stats["RX-packets"] >= 1000, stats
            xstats = pmd.xstats(port)
            tap.equal(xstats["rx_good_packets"], counters.completed(port), "port %d: xstat" % port)
            tap.equal(sum(xstats["rx_q%d_packets" % queue] for queue in range(QUEUES)),
                      counters.completed(port), "port %d: queues' xstats" % port)
        tap.equal(pmd.quit(), 0, "testpmd's exit status")
        sim.finish()
    finally:
        if pmd:
            pmd.kill()
        if sim:
            sim.end()
        scratch.cleanup()


def layout(folder):
    """The library finds the last of a driver's operations where the headers have it."""
    if netns.command("uname", "-m").strip() != "x86_64":
        return
    multiarch = netns.multiarch()
    usr = os.path.join(folder, "root", "usr")
    library, = glob.glob(os.path.join(usr, "lib", multiarch, "librte_ethdev.so.*.*"))
    code = netns.command("objdump", "-d", "--disassemble=rte_eth_get_restore_flags", library)
    offsets = re.findall(r"mov\s+0x(\w+)\(%r\w\w\),%r\w\w", code)
    tap.equal(len(offsets), 2, "loads in " + code)
    paths = (os.path.join(folder, "include"), os.path.join(usr, "include", "dpdk"),
             os.path.join(usr, "include", multiarch, "dpdk"))
    netns.command("gcc", "-fsyntax-only", "-march=corei7", "-include", "rte_config.h",
                  *("-isystem" + path for path in paths), "-x", "c", "-",
                  input=LAYOUT % tuple(offsets))


def release(version, suite):
    folder = os.path.join(netns.BUILD, "dpdk", suite)
    fetched = subprocess.run([FETCH, os.path.dirname(folder), suite], capture_output=True, text=True,
                             timeout=400)
    if fetched.returncode:
        raise tap.Skip("DPDK %s cannot be had: %s" % (version, fetched.stderr.splitlines()[-1]))
    with open(os.path.join(folder, "origin")) as file:
        tap.note("headers for drivers: " + file.read().strip())
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    netns.command("make", "-C", netns.ROOT, "driver", "DPDK=" + folder, "BUILD=" + netns.BUILD,
                  timeout=200, env=environment)
    layout(folder)
    traffic(version, os.path.join(folder, "dpdk-testpmd"),
            os.path.join(folder, "driver", "librte_net_sekisho.so"))


if __name__ == "__main__":
    tap.run([("the installed DPDK", traffic)] +
            [("DPDK %s of Debian %s" % names, lambda names=names: release(*names))
             for names in RELEASES], time_limit=900)
