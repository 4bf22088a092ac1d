#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Cycles that DPDK's own drivers take for a packet that is received and sent, measured with the
unmodified dpdk-testpmd: both ports of a pair in one process, one forwarding lcore, 60-byte frames,
bursts of 32, forward mode io.

Packets come from the telemetry socket, time from the forwarding thread's own CPU clock
(/proc/PID/task/TID/schedstat), so that a busy machine does not count. The rows take turns; a row's
figure is the median of its windows. Prints lines `name value`.

    pmd_peers.py [--windows N] [--seconds S] TSC_HZ [ROW...]
"""

import argparse
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time

TESTPMD = "dpdk-testpmd"
START = "set fwd io\nset txpkts 60\nset burst 32\nstart tx_first 8\n"


def pair(*vdevs):
    return [f"--vdev={v}" for v in vdevs], START


def memif(folder):
    path = os.path.join(folder, "memif.sock")
    return pair(f"net_memif0,role=server,socket={path},socket-abstract=no",
                f"net_memif1,role=client,socket={path},socket-abstract=no")


def virtio(folder, packed):
    # virtio_user connects to the vhost port of the same process, so it comes second
    path = os.path.join(folder, "vhost.sock")
    attach = f"port attach net_virtio_user0,path={path},queue_size=1024,packed_vq={packed}\n"
    return [f"--vdev=net_vhost0,iface={path}"], attach + "port start all\n" + START


ROWS = {
    "null": lambda folder: pair("net_null0", "net_null1"),
    "memif": memif,
    "virtio_packed": lambda folder: virtio(folder, 1),
    "virtio_split": lambda folder: virtio(folder, 0),
    "af_packet": lambda folder: pair("net_af_packet0,iface=veth0,qdisc_bypass=1",
                                     "net_af_packet1,iface=veth1,qdisc_bypass=1"),
}
NETWORK = ["ip link add veth0 type veth peer name veth1", "ip link set veth0 up", "ip link set veth1 up"]


class Telemetry:
    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.socket.connect(path)
        self.socket.recv(65536)

    def received(self, port):
        """Packets the port has received; 0 while it is not there"""
        self.socket.send(f"/ethdev/stats,{port}".encode())
        answer = self.socket.recv(65536)
        if not answer:
            raise RuntimeError("testpmd ended")
        statistics_of_port = json.loads(answer)["/ethdev/stats"]
        return statistics_of_port["ipackets"] if statistics_of_port else 0


class Testpmd:
    """A testpmd that forwards until it is closed."""

    def __init__(self, row):
        self.folder = tempfile.mkdtemp(prefix="pmd_peers.")
        vdevs, commands = ROWS[row](self.folder)
        self.runtime = os.path.join(self.folder, "dpdk", "rte")
        command = [TESTPMD, "--no-huge", "-m", "256", "--no-pci", "--lcores", "0@0,1@1",
                   "--log-level=3", *vdevs, "--", "-i", "--no-mlockall", "--total-num-mbufs=16384",
                   "--rxd=1024", "--txd=1024", "--no-lsc-interrupt"]
        if row == "af_packet":
            setup = "; ".join(NETWORK)
            command = ["unshare", "-n", "sh", "-ec", f'{setup}; exec "$@"', "sh", *command]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env={**os.environ, "XDG_RUNTIME_DIR": self.folder, "RUNTIME_DIRECTORY": self.folder}, text=True)
        self.process.stdin.write(commands)
        self.process.stdin.flush()
        self.telemetry = self.connect()
        self.clock = self.thread()

    def connect(self):
        for _ in range(200):
            for root, _, files in os.walk(self.folder):
                if "dpdk_telemetry.v2" in files:
                    try:
                        return Telemetry(os.path.join(root, "dpdk_telemetry.v2"))
                    except ConnectionRefusedError:
                        pass
            if self.process.poll() is not None:
                raise RuntimeError("testpmd ended")
            time.sleep(0.1)
        raise RuntimeError("testpmd has no telemetry")

    def thread(self):
        tasks = f"/proc/{self.process.pid}/task"
        for task in os.listdir(tasks):
            with open(f"{tasks}/{task}/comm") as f:
                if f.read().startswith(("lcore-worker", "rte-worker")):
                    return f"{tasks}/{task}/schedstat"
        raise RuntimeError("testpmd has no forwarding thread")

    def busy(self):
        """Nanoseconds that the forwarding thread ran"""
        with open(self.clock) as f:
            return int(f.read().split()[0])

    def sample(self):
        nanoseconds = self.busy()
        return self.telemetry.received(0) + self.telemetry.received(1), nanoseconds

    def close(self):
        try:
            self.process.communicate("stop\nquit\n", timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def measure(row, windows, seconds, hz):
    """Cycles a packet in each window"""
    testpmd = Testpmd(row)
    try:
        # To ask for the statistics of a port that is being set up may crash its driver: the
        # forwarding thread's use of its processor tells that all is up
        for _ in range(300):
            if testpmd.busy() > 200e6:
                break
            time.sleep(0.1)
        figures = []
        before = testpmd.sample()
        for _ in range(windows):
            time.sleep(seconds)
            now = testpmd.sample()
            packets, nanoseconds = now[0] - before[0], now[1] - before[1]
            if packets <= 0:
                raise RuntimeError("no packet is forwarded")
            figures.append(nanoseconds * hz / 1e9 / packets)
            before = now
        return figures
    finally:
        testpmd.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--windows", type=int, default=6)
    parser.add_argument("--seconds", type=float, default=0.5, help="of a window")
    parser.add_argument("tsc_hz", type=float)
    parser.add_argument("rows", nargs="*", choices=[[], *ROWS], metavar="ROW", help=", ".join(ROWS))
    options = parser.parse_args()
    rows = options.rows or list(ROWS)
    figures = {row: [] for row in rows}
    # Two rounds in turned order: what the machine does beside moves all rows alike
    for turn in rows, rows[::-1]:
        for row in turn:
            if figures[row] is None:
                continue
            try:
                figures[row] += measure(row, (options.windows + 1) // 2, options.seconds, options.tsc_hz)
            except (RuntimeError, OSError) as error:
                print(f"pmd.{row} is left out: {error}", file=sys.stderr)
                figures[row] = None
    for row in rows:
        if figures[row]:
            print(f"pmd.{row}.cycles_per_packet {statistics.median(figures[row]):.1f}")
            print(f"pmd.{row}.cycles_per_packet_best {min(figures[row]):.1f}")


if __name__ == "__main__":
    main()
