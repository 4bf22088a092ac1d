#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""A shell in a virtual machine that has the simulated card: `make guest`. Needs no root.

The card's two ports are joined by a cable. The guest is a Debian kernel with busybox, this system's
dpdk-testpmd, our driver and sekishoctl; QEMU comes from Debian testing (scripts/fetch-qemu.sh).
"""

import argparse
import os
import signal
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tests", "common"))
import bench
import guest
import netns
import tap

BIND = """#!/bin/sh
# bind DRIVER ADDRESS...
driver=$1
shift
for address in "$@"; do
	device=/sys/bus/pci/devices/$address
	if [ -e $device/driver ]; then echo $address > $device/driver/unbind; fi
	echo $driver > $device/driver_override
	echo $address > /sys/bus/pci/drivers_probe
	echo "$address: $(basename $(readlink $device/driver))"
done
"""

WELCOME = """The card's functions are PCI devices here, and its two ports are joined by a cable:
  %(net0)s network 0, %(net1)s network 1, %(mgmt)s management

  sekishoctl -d pci:%(mgmt)s info
  bind vfio-pci %(net0)s %(net1)s
  testpmd                        then: start tx_first, show port stats all, stop, quit
  poweroff -f                    ends it, as Ctrl-A X does

"""


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--width", type=int, default=64, help="the card's bus in bits (default 64)")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # through the clean-up below
    try:
        qemu = guest.files()
    except tap.Skip as reason:
        return "guest: %s" % reason
    archive = guest.initramfs(qemu)
    archive.file("bin/bind", BIND.encode())
    archive.file("bin/testpmd", ("#!/bin/sh\nexec %s \"$@\"\n" % " ".join(guest.TESTPMD)).encode())
    archive.file("welcome", (WELCOME % {name: guest.address(name) for name in guest.SLOTS}).encode())
    with netns.scratch() as folder:
        cable = "link:" + os.path.join(folder, "cable")
        sim = bench.Sim(folder, [cable, cable], options.width)
        try:
            words = guest.machine(folder, qemu, sim, archive.bytes(), tuple(guest.SLOTS),
                                  "sekisho.shell")
            words += ["-serial", "mon:stdio"]
            return subprocess.call([str(word) for word in words])
        finally:
            sim.end()


if __name__ == "__main__":
    sys.exit(main())
