#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The link of a port follows the interface at the end of its wire, and testpmd is told by the card's
event interrupt."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "common"))
import bench
import netns
import packets
import tap

ROUNDS = 5
EVENT = "link state change event"


def frame(number):
    return bytes.fromhex("020000000099 020000000001 88b5") + bytes([number]) * 46


def change(setup, side, state):
    """Sets a TAP up or down; testpmd tells it once, of this port, and has the link so."""
    port = "ab".index(side)
    setup.ns.ip(side, "link", "set", "tap" + side, state)
    said = setup.pmd.read_until(EVENT, 5)
    assert said.rstrip().endswith("Port %d:" % port), said
    tap.equal(setup.pmd.link(port), state == "up", "the link in testpmd")
    assert setup.pmd.link(1 - port), "the other port's link went, too"


def tap_up_and_down(width):
    with bench.Bench(width=width, addresses=False, port_options=("", ",speed=25000")) as setup:
        setup.pmd.text = ""  # the links came when the interfaces were set up
        for number in range(ROUNDS):
            change(setup, "b", "down")
            assert "Link speed: None" in setup.pmd.command("show port info 1")
            # The card sends as ever; there is nobody to get it.
            near = packets.Wire(setup.ns["a"], "tapa")  # one that saw it go down would report that
            near.send(frame(number))
            netns.wait_for(lambda: setup.pmd.stats(1)["TX-packets"] == 2 * number + 1, 5,
                           "the frame at port 1")
            change(setup, "b", "up")
            assert "Link speed: 25 Gbps" in setup.pmd.command("show port info 1")
            far = packets.Wire(setup.ns["b"], "tapb")
            near.send(frame(100 + number))
            tap.equal(far.collect(1, 5), [frame(100 + number)], "frames after the link is back")
            near.close()
            far.close()
            change(setup, "a", "down")
            change(setup, "a", "up")
        assert EVENT not in setup.pmd.command(""), "more events than changes"
        setup.check()
        # An interface that is gone is a cable that is pulled.
        setup.ns.ip("a", "link", "del", "tapa")
        setup.pmd.read_until(EVENT, 5)
        assert not setup.pmd.link(0)
        setup.sim.check_balance()
        tap.equal(setup.pmd.quit(), 0, "testpmd's exit status")
        run = setup.sim.finish()
        tap.equal(run["ports"][1]["dropped_out"], ROUNDS, "frames for which there was no link")


def veth_carrier():
    """The other end of a veth pair goes down: that is a carrier which goes."""
    tap.need_root()
    scratch = netns.scratch()
    namespaces = netns.Namespaces("s")
    sim = None

    def link():
        with sim.client("net0") as client:
            return client.read32(0x44) & 1

    try:
        namespaces.ip("s", "link", "add", "left", "type", "veth", "peer", "name", "right")
        for interface in ("left", "right"):
            namespaces.ip("s", "link", "set", interface, "up")
        sim = bench.Sim(scratch.name, ["veth:left", "loop"], bench.MODEL, namespace=namespaces["s"])
        for state in ("down", "up", "down", "up"):
            namespaces.ip("s", "link", "set", "right", state)
            netns.wait_for(lambda: link() == (state == "up"), 5, "link " + state)
        sim.finish()
    finally:
        if sim:
            sim.end()
        namespaces.remove()
        scratch.cleanup()


def link_that_stays():
    """With link=up an interface that is down changes nothing."""
    options = (",link=up", ",link=up")
    with bench.Bench(width=bench.MODEL, addresses=False, port_options=options) as setup:
        setup.pmd.text = ""
        setup.ns.ip("a", "link", "set", "tapa", "down")
        setup.pmd.pump(0.5)
        assert EVENT not in setup.pmd.text, setup.pmd.text
        assert setup.pmd.link(0)
        setup.finish()


if __name__ == "__main__":
    tap.run([
        ("a TAP goes down and up, 64 bits", lambda: tap_up_and_down(64)),
        ("a TAP goes down and up, 512 bits", lambda: tap_up_and_down(512)),
        ("a TAP goes down and up, model", lambda: tap_up_and_down(bench.MODEL)),
        ("a veth pair's other end goes down and up", veth_carrier),
        ("link=up stays", link_that_stays),
    ], time_limit=120)
