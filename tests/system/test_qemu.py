#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""A client that we did not write: QEMU's vfio-user-pci makes the card's functions PCI devices of a
Linux guest, and the distribution's testpmd in it forwards between two hosts, on our driver.

    namespace a            namespace s                                      namespace b
    kernel, TAP tapa <--> port 0 of sekisho-sim <- guest -> port 1 <--> TAP tapb, kernel

One guest serves all cases, in their order. SEKISHO_QEMU=DIR takes QEMU and the kernel from DIR, as
scripts/fetch-qemu.sh made it, in place of build/qemu, which is made when it is not there.
"""

import json
import os
import re
import socket
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "common"))
import bench
import guest
import netns
import packets
import tap

ECHO = os.path.join(netns.BUILD, "tests", "interrupt_echo")
TRAFFIC = os.path.join(netns.ROOT, "tests", "common", "traffic.py")
SERVER = {4: "198.18.0.2", 6: "2001:db8::2"}


class Lab(bench.Bench):
    """The card, the guest, and a host at each port."""

    def __init__(self):
        self.mtu, self.vlan, self.stack = 1500, 0, []
        tap.need_root()
        tap.need_program("dpdk-testpmd", "ldd")
        qemu = guest.files()
        try:
            scratch = netns.scratch()
            self.stack.append(scratch.cleanup)
            self.folder = scratch.name
            self.ns = netns.Namespaces("a", "b", "s")
            self.stack.append(self.ns.remove)
            self.sim = bench.Sim(self.folder, ["tap:tapa", "tap:tapb"], namespace=self.ns["s"])
            self.stack.append(self.sim.end)
            for number, side in enumerate("ab", 1):
                self.set_up_host(side, number, True)
                self.ns.ip(side, "link", "set", "tap" + side, "up")
            self.guest = guest.Guest(self.folder, qemu, self.sim, programs=[ECHO])
            self.stack.append(self.guest.end)
        except BaseException:
            self.close()
            raise
        tap.note("the guest is up after %.0f s" % self.guest.boot_seconds)


lab = skip = None


def in_lab(case):
    """The case with the lab, which the first one makes."""
    def run():
        global lab, skip
        try:
            if lab is None and skip is None:
                lab = Lab()
        except tap.Skip as reason:
            skip = reason
        if skip:
            raise skip
        assert lab.guest.process.alive(), "QEMU has ended:\n" + lab.guest.process.log()
        case(lab)
    return run


def functions_are_there(lab):
    for function, device, kind in (("net0", "0x5345", "0x020000"), ("net1", "0x5345", "0x020000"),
                                   ("mgmt", "0x5346", "0x058000")):
        found = lab.guest.run("for file in vendor device class; do cat /sys/bus/pci/devices/%s/$file; "
                              "done" % guest.address(function))
        tap.equal(found.split(), ["0x1234", device, kind], function)


def registers_by_sysfs(lab):
    """sekishoctl through resource0, without any driver."""
    info = json.loads(lab.guest.ctl("info --json"))
    tap.equal((info["kind"], info["ports"], info["functions"]), ("management", 2, 2), "mgmt")
    for index in (0, 1):
        function = "net%d" % index
        info = json.loads(lab.guest.ctl("info --json", function=function))
        tap.equal((info["kind"], info["index"]), ("network", index), function)
        lab.guest.ctl("regs write mac_lo 0x%x" % (0xabc0002 + index), function=function)
    for index in (0, 1):
        got = json.loads(lab.guest.ctl("regs read mac_lo --json", function="net%d" % index))
        tap.equal(got, {"mac_lo": 0xabc0002 + index}, "net%d" % index)
    enabled = "/sys/bus/pci/devices/%s/enable" % guest.address("mgmt")
    tap.equal(lab.guest.run("cat " + enabled).strip(), "0", "enabled afterwards")
    lab.guest.ctl("check")
    said = lab.guest.run("sekishoctl -d pci:0000:00:1f.2 info", check=False)
    assert "not a Sekisho" in said, said


def transfer(lab, label, family, size):
    """TCP from a to b and back, the content compared on both ends."""
    words = [sys.executable, TRAFFIC]
    server = netns.Process(words + ["serve", SERVER[family], "--connections", 4],
                           os.path.join(lab.folder, "serve-%s%d.log" % (label, family)),
                           namespace=lab.ns["b"])
    try:
        netns.wait_for(lambda: "listening" in server.log(), 10, "the server listens")
        said = lab.ns.run("a", *words, "fetch", SERVER[family], "--connections", 4, "--up", size,
                          "--down", size, "--seed", tap.seed(100 * family), timeout=90)
        tap.equal(server.wait(20), 0, "the server's status:\n" + server.log())
    finally:
        server.end()
    rows = json.loads(said.splitlines()[-1])
    tap.equal(rows, json.loads(server.log().splitlines()[-1]), "hashes at the two ends")
    assert len(rows) == 4 and all(row["right"] for row in rows), rows


def counters(lab):
    return json.loads(lab.guest.ctl("stat --all --json"))["counters"]


def total(values, *words):
    """The sum of the packet counters of that kind over the queues."""
    start, end = words
    found = [n for name, n in values.items() if name.startswith(start) and name.endswith(end)]
    assert len(found) == bench.QUEUES, "%d counters %s...%s" % (len(found), start, end)
    return sum(found)


def same_counts(lab, pmd, before):
    """testpmd and the card agree, and the card's sums add up. Returns the counters."""
    for _ in range(10):
        lab.guest.ctl("check")
        now = counters(lab)
        stats = [pmd.stats(port) for port in (0, 1)]
        # The kernels send something of their own now and then: read all again.
        if counters(lab) == now:
            break
    for port in (0, 1):
        for kind, direction, end in (("RX-packets", "rx", "_completed_packets"),
                                     ("TX-packets", "tx", "_sent_packets")):
            start = "net%d_%s_queue" % (port, direction)
            tap.equal(stats[port][kind], total(now, start, end) - total(before, start, end),
                      "port %d: %s" % (port, kind))
    return now


def forward(lab, driver, mode, queues, engine):
    """Bound to that driver of the kernel, testpmd carries TCP between the hosts."""
    for function in ("net0", "net1"):
        lab.guest.bind(function, driver)
    before = counters(lab)
    pmd = guest.Testpmd(lab.guest, options=("--rxq=%d" % queues, "--txq=%d" % queues))
    try:
        assert "Selected IOVA mode '%s'" % mode in pmd.banner, pmd.banner
        tap.equal(pmd.banner.count("Probe PCI driver: net_sekisho_pci (1234:5345)"), 2,
                  "functions probed")
        lab.configure(pmd, engine, queues)
        pmd.command("start")
        for family in (4, 6):
            transfer(lab, driver, family, 1 << 16)
        now = same_counts(lab, pmd, before)
        used = 0
        for queue in range(bench.QUEUES):
            name = "net0_rx_queue%d_completed_packets" % queue
            used += now[name] - before[name] > 0
        assert used == 1 if queues == 1 else used > 1, "%d receive queues used" % used
        inserted = [now[name] - before[name] for name in
                    ("net0_checksum_inserted_packets", "net1_checksum_inserted_packets")]
        assert all(n > 100 if engine == "csum" else n == 0 for n in inserted), inserted
        tap.note("port 0: %(RX-packets)d received, %(TX-packets)d sent" % pmd.stats(0))
    finally:
        tap.equal(pmd.quit(), 0, "testpmd's exit status")
    for function in ("net0", "net1"):
        lab.guest.bind(function, "")


def wakes_by_interrupt(lab):
    """MSI-X through vfio-pci and the guest's interrupt remapping: a wake-up for each packet."""
    packets_sent = 20
    lab.guest.bind("net0", "vfio-pci")
    wire = packets.Wire(lab.ns["a"], "tapa")
    try:
        said = lab.guest.run("interrupt_echo -d librte_mempool_ring.so -d librte_net_sekisho.so "
                             "--in-memory -m 32 --no-telemetry -l 0 -- %d > /tmp/echo 2>&1 & "
                             "while ! grep ready /tmp/echo; do sleep 0.2; done" % packets_sent, 40)
        address = bytes.fromhex(said.split()[-1].replace(":", ""))
        for number in range(packets_sent):
            # Ethernet's type for experiments: no kernel answers it.
            frame = address + bytes.fromhex("020000000001" "88b5") + bytes([number]) * 60
            wire.send(frame)
            answer = wire.receive(5)
            while answer is not None and answer[12:14] != b"\x88\xb5":
                answer = wire.receive(5)
            assert answer == frame, "packet %d: got %r" % (number, answer)
            time.sleep(0.05)
        said = lab.guest.run("wait; cat /tmp/echo")
        found = re.search(r"echoed (\d+), dropped (\d+), woken (\d+), processor (\d+) ms", said)
        assert found, said
        tap.note(found.group(0))
        echoed, dropped, woken, _ = map(int, found.groups())
        tap.equal(echoed, packets_sent, "packets sent back")
        # A packet may come just before it sleeps, and then leave an interrupt behind.
        assert packets_sent // 2 <= woken <= 2 * (echoed + dropped) + 1, said
    finally:
        wire.close()
    lab.guest.bind("net0", "")


def link_changes(lab):
    """The card's event interrupt comes as MSI-X through vfio-pci: testpmd is told of the link."""
    for function in ("net0", "net1"):
        lab.guest.bind(function, "vfio-pci")
    pmd = guest.Testpmd(lab.guest)
    try:
        netns.wait_for(lambda: pmd.link(0) and pmd.link(1), 10, "both links up")
        for side, port in (("a", 0), ("b", 1), ("a", 0)):
            for state in ("down", "up"):
                lab.ns.ip(side, "link", "set", "tap" + side, state)
                said = pmd.read_until("link state change event", 10)
                assert said.rstrip().endswith("Port %d:" % port), said
                tap.equal(pmd.link(port), state == "up", "the link in testpmd")
                assert pmd.link(1 - port), "the other port's link went, too"
    finally:
        tap.equal(pmd.quit(), 0, "testpmd's exit status")
    for function in ("net0", "net1"):
        lab.guest.bind(function, "")


def card_goes_away(lab):
    """The last case: a card that does not answer reads as all ones. Driver and testpmd make a removal
    of it; the guest's kernel goes on to wait for the device for a minute, which is not waited for."""
    for function in ("net0", "net1"):
        lab.guest.bind(function, "vfio-pci")
    pmd = guest.Testpmd(lab.guest)
    assert "Link status: up" in pmd.command("show port info 0")
    pmd.command("start")
    lab.sim.process.kill()
    lab.sim.process.wait(5)
    said = ""
    for wanted in (r"port \d: the card is gone", r"device removal event", r"Port \d is closed"):
        text, match = lab.guest.terminal.read_until(wanted, 20, pmd.process.alive)
        said += text + match.group(0)
    assert "the function does not answer any more" in said, said
    said = lab.guest.ctl("info", check=False)
    assert "does not answer" in said, said
    assert lab.guest.process.alive(), lab.guest.process.log()


def guest_by_hand():
    """What `make guest` starts, driven as a person would, by its one terminal; needs no root."""
    tap.need_program("dpdk-testpmd", "ldd")
    guest.files()
    ours, its = socket.socketpair()
    with netns.scratch() as folder:
        log = os.path.join(folder, "guest.log")
        process = netns.Process([sys.executable, os.path.join(netns.ROOT, "demo", "guest.py")], log,
                                stdin=its, stdout=its)
        its.close()
        terminal = guest.Line(ours, log)

        def answer(line, end, seconds=30):
            terminal.send(line + "\r")
            return terminal.read_until(end, seconds, process.alive)[0]

        try:
            terminal.read_until("guest# ", 90, process.alive)
            said = answer("bind vfio-pci %s %s; echo bound" %
                          (guest.address("net0"), guest.address("net1")), "\nbound")
            tap.equal(said.count(": vfio-pci"), 2, "functions bound")
            answer("testpmd", "testpmd> ", 60)
            answer("start tx_first", "testpmd> ")
            time.sleep(1)
            said = answer("stop", "testpmd> ")
            found = re.findall(r"statistics for port (\d) .*?RX-packets: (\d+)", said, re.S)
            tap.equal([port for port, _ in found], ["0", "1"], "ports")
            # The first burst of each goes round and round.
            assert all(int(number) >= 64 for _, number in found), found
            answer("quit", "guest# ")
            terminal.send("poweroff -f\r")
            tap.equal(process.wait(20), 0, "the status of demo/guest.py")
        finally:
            process.end()
            ours.close()


if __name__ == "__main__":
    try:
        tap.run([
            ("the guest has the card's functions", in_lab(functions_are_there)),
            ("sekishoctl reaches them through sysfs", in_lab(registers_by_sysfs)),
            ("vfio-pci behind an IOMMU, 4 queues, checksums",
             in_lab(lambda lab: forward(lab, "vfio-pci", "VA", 4, "csum"))),
            ("uio_pci_generic by physical addresses",
             in_lab(lambda lab: forward(lab, "uio_pci_generic", "PA", 1, "io"))),
            ("a receive queue's interrupt wakes its application", in_lab(wakes_by_interrupt)),
            ("the link goes and comes back", in_lab(link_changes)),
            ("a card that goes away", in_lab(card_goes_away)),
            ("make guest: a shell, testpmd over a cable", guest_by_hand),
        ], time_limit=600)
    finally:
        if lab:
            lab.close()
