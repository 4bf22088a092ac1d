# SPDX-License-Identifier: BSD-3-Clause
"""Runs sekisho-audit on pairs of DPDK ports."""

import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import bench
import netns
import tap

PROGRAM = os.path.join(netns.BUILD, "sekisho-audit")
SANITIZED = os.path.join(netns.BUILD, "audit", "sekisho-audit")
CLASSES = 24
RECEIVE, TRANSMIT = "receive", "transmit"

# A veth pair or a TAP carries the longest frame that an af_packet port of this size takes.
PACKET_ROOM = "framesz=9216,blocksz=36864"


class Pair:
    """Two ports: EAL's --vdev, the audit's own options, and shell commands before it."""

    def __init__(self, title, vdevs, options=(), before=(), private_network=False):
        self.title, self.vdevs, self.options = title, vdevs, options
        self.before, self.private_network = before, private_network


def dpdk_pairs(folder):
    """Ports of DPDK's own drivers; the first of each pair is the one under test."""
    vhost = ["net_vhost0,iface=%s/vhost.sock" % folder]
    virtio = ["--attach", "net_virtio_user0,path=%s/vhost.sock,queue_size=512" % folder]
    memif = "net_memif%d,role=%s,id=0,socket=" + folder + \
        "/memif.sock,socket-abstract=no,rsize=10,bsize=16384"
    return {
        "tap": Pair("net_tap (peer net_af_packet on its interface)",
                    ["net_tap0,iface=dtap0", "net_af_packet0,iface=dtap0," + PACKET_ROOM],
                    private_network=True),
        "virtio": Pair("net_virtio_user (peer net_vhost)", vhost,
                       ["--port", "1", "--peer", "0"] + virtio),
        "vhost": Pair("net_vhost (peer net_virtio_user)", vhost, virtio),
        "af_packet": Pair("net_af_packet on a veth pair",
                          ["net_af_packet0,iface=va," + PACKET_ROOM,
                           "net_af_packet1,iface=vb," + PACKET_ROOM],
                          before=["ip link add va mtu 9706 type veth peer name vb mtu 9706",
                                  "ip link set va up", "ip link set vb up"], private_network=True),
        "memif": Pair("net_memif", [memif % (0, "server"), memif % (1, "client")]),
        "ring": Pair("net_ring, joined to itself", ["net_ring0"], ["--peer", "0"]),
    }


def sekisho_vdevs(sim):
    return [bench.device(sim, "net0"), bench.device(sim, "net1")]


def cable(folder):
    """The simulator's two ports joined."""
    return ["link:%s/cable" % folder] * 2


class Run:
    """What one run said."""

    def __init__(self, status, output, errors):
        self.status, self.output, self.errors = status, output, errors

    def report(self):
        tap.equal(self.status in (0, 1), True, "status %d:\n%s" % (self.status, self.errors[-3000:]))
        return json.loads(self.output)


def sanitizer_environment(preload=()):
    """For a sanitized program with a sanitized driver."""
    libraries = [netns.command("gcc", "-print-file-name=%s" % name).strip()
                 for name in ("libasan.so", "libubsan.so")]
    return {"LD_PRELOAD": " ".join(libraries + list(preload)),
            "ASAN_OPTIONS": "detect_leaks=0:exitcode=99",
            "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1:exitcode=99"}


def words_of(pair, program=PROGRAM, driver=None, options=(), prefix="audit"):
    words = [program]
    if driver:
        words += ["-d", os.path.basename(driver)]
    for vdev in pair.vdevs:
        words += ["--vdev", vdev]
    words += ["--no-huge", "-m", "256", "--no-pci", "--no-telemetry", "--file-prefix", prefix,
              "-l", "0", "--"]
    return words + list(pair.options) + list(options)


def run(pair, program=PROGRAM, driver=None, options=("--json",), environment=None, seconds=200):
    """Runs the audit to its end."""
    tap.need_file(program, "sekisho-audit")
    prefix = "aud%d" % os.getpid()
    words = words_of(pair, program, driver, options, prefix)
    env = dict(os.environ, **(environment or {}))
    if driver:
        env["LD_LIBRARY_PATH"] = os.path.dirname(driver)
    if pair.private_network:
        tap.need_root()
        script = "".join(command + " && " for command in pair.before) + 'exec "$@"'
        words = ["unshare", "-n", "sh", "-c", script, "sh"] + words
    result = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                            errors="replace", timeout=seconds, env=env)
    return Run(result.returncode, result.stdout, result.stderr)
