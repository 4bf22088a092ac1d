#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The demo: Linux TCP through the simulated card and an unmodified dpdk-testpmd on our driver.

Every sentence that it prints with "ok" before it was checked; the first that does not hold ends the
demo with status 1.
"""

import argparse
import hashlib
import json
import os
import re
import signal
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tests", "common"))
import bench
import netns
import tap

SERVER = {"IPv4": "198.18.0.2", "IPv6": "[2001:db8::2]"}
CORRUPT = 40  # in the second part one TCP frame of so many is damaged on its way

PICTURE = """
  curl, iperf3 client                                                nginx, iperf3 server
  namespace a                                                        namespace b
       |                                                                  |
     TAP --- port 0 [ sekisho-sim: the RTL, %3d bits, Verilator ] port 1 --- TAP
                        |                          |
                  function net0              function net1        (PCIe, by vfio-user)
                        \\___ net_sekisho, DPDK ___/
                             dpdk-testpmd, csum
"""


def say(text=""):
    print(text, flush=True)


def claim(text, holds, detail=""):
    if not holds:
        say("  WRONG  %s" % text)
        raise AssertionError("%s %s" % (text, detail))
    say("  ok  %s" % text)


def millions(number):
    return "%.1f MB" % (number / 1e6)


class Server:
    """nginx, run by hand in namespace b with a configuration of its own; not a service."""

    def __init__(self, setup, size):
        self.folder = os.path.join(setup.folder, "www")
        os.makedirs(self.folder)
        os.chmod(setup.folder, 0o755)
        self.content = os.urandom(size)
        with open(os.path.join(self.folder, "file"), "wb") as file:
            file.write(self.content)
        configuration = os.path.join(setup.folder, "nginx.conf")
        places = "".join("%s_temp_path %s/%s;\n" % (kind, setup.folder, kind) for kind in (
            "client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        with open(configuration, "w") as file:
            file.write("daemon off; master_process off; user root; pid %s/nginx.pid;\n"
                       "error_log stderr notice;\nevents { worker_connections 64; }\n"
                       "http { access_log off; %s server { listen %s:80; listen %s:80; root %s; } }\n"
                       % (setup.folder, places, SERVER["IPv4"], SERVER["IPv6"], self.folder))
        self.process = netns.Process(["nginx", "-p", setup.folder, "-e", "stderr",
                                      "-c", configuration],
                                     os.path.join(setup.folder, "nginx.log"),
                                     namespace=setup.ns["b"])
        setup.stack.append(self.process.end)
        netns.wait_for(lambda: self.listening(setup), 10, "nginx listens\n" + self.process.log())

    def listening(self, setup):
        assert self.process.alive(), "nginx ended:\n" + self.process.log()
        return ":80 " in setup.ns.run("b", "ss", "-ltnH") + " "


def download(setup, server, family):
    """Fetches the file; returns seconds, after comparing its hash."""
    path = os.path.join(setup.folder, "downloaded")
    url = "http://%s/file" % SERVER[family]
    start = time.monotonic()
    setup.ns.run("a", "curl", "-sS", "--fail", "--max-time", "110", "-o", path, url, timeout=120)
    seconds = time.monotonic() - start
    with open(path, "rb") as file:
        got = hashlib.sha256(file.read()).hexdigest()
    os.unlink(path)
    claim("curl fetched %s from nginx over %s in %.1f s (%.1f Mbit/s); SHA-256 the same at both ends"
          % (millions(len(server.content)), family, seconds, len(server.content) * 8e-6 / seconds),
          got == hashlib.sha256(server.content).hexdigest())


def iperf(setup, seconds, reverse):
    server = netns.Process(["iperf3", "-s", "-1", "--forceflush"],
                           os.path.join(setup.folder, "iperf-%s.log" % ("to-a" if reverse else "to-b")),
                           namespace=setup.ns["b"])
    setup.stack.append(server.end)
    netns.wait_for(lambda: "listening" in server.log(), 10, "iperf3 listens")
    report = json.loads(setup.ns.run(
        "a", "iperf3", "-J", "-c", SERVER["IPv4"], "-t", seconds, "-P", 4,
        *(["-R"] if reverse else []), timeout=60))
    assert "error" not in report, "iperf3: %s\nits server: %s" % (report["error"], server.log())
    tap.equal(server.wait(20), 0, "the iperf3 server's status")
    received = report["end"]["sum_received"]
    claim("iperf3, 4 streams %s: %s moved, %.1f Mbit/s" % (
        "from b to a" if reverse else "from a to b", millions(received["bytes"]),
        received["bits_per_second"] / 1e6), received["bytes"] > 100000)


def counted(setup):
    """What holds for every run: nothing lost without a reason, and all parts agree."""
    counters = setup.check()  # raises when it is not so
    say("  ok  `sekishoctl check`: received = delivered + drops by reason, over the whole card, "
        "and testpmd counts the same")
    return counters


def tcp_count(setup, side, name):
    """A counter of the TCP of a namespace's kernel."""
    text = setup.ns.run(side, "cat", "/proc/net/snmp")
    names, values = [line.split() for line in text.splitlines() if line.startswith("Tcp:")]
    return int(values[names.index(name)])


def acknowledged(setup, side):
    """Waits until the kernel of a namespace has nothing on its way that it would send again."""
    deadline = time.monotonic() + 10
    while any(line.split()[2] != "0" for line in setup.ns.run(side, "ss", "-Htn").splitlines()):
        if time.monotonic() > deadline:
            claim("the last segments are acknowledged within 10 s", False)
        time.sleep(0.05)


def end_bench(setup):
    """Ends testpmd and the simulator; returns what the simulator says of its run."""
    claim("testpmd ends with status 0", setup.pmd.quit() == 0)
    run = setup.sim.finish()  # raises when it is not so
    say("  ok  the simulator ends with status 0; the card counted every frame of the wires")
    return run


def plain(options):
    say("1. A download and iperf3 through the card")
    say(PICTURE % options.width)
    with bench.Bench(width=options.width, queues=4, engine="csum") as setup:
        server = Server(setup, int(options.megabytes * 1e6))
        for family in ("IPv4", "IPv6"):
            download(setup, server, family)
        iperf(setup, options.seconds, False)
        iperf(setup, options.seconds, True)
        say()
        say("  What the card did:")
        counters = counted(setup)
        for function in (0, 1):
            queues = [counters.queue("rx", function, q)["completed"] for q in range(bench.QUEUES)]
            claim("port %d received %d packets; queues 0 to 3: %s" % (
                function, counters.port_rx[function]["accepted"], ", ".join(map(str, queues))),
                sum(queues) == counters.deliver[function]["delivered"] and
                counters.queues_used(function, 50) > 1)
            verdicts = {name: counters.l4(function, name) for name in bench.VERDICT}
            claim("port %d verified: %d layer 4 checksums GOOD, %d BAD, %d packets without "
                  "one to check" % (function, verdicts["good"], verdicts["bad"],
                                    verdicts["unknown"] + verdicts["none"]),
                  verdicts["good"] > 500 and verdicts["bad"] == 0 and
                  counters.ip(function, "bad") == 0)
            inserted = counters.tx_checksum[function]["inserted"]
            claim("port %d sent %d packets, checksums inserted by the card into %d; the receiving "
                  "kernels took all" % (function, counters.port_tx[function]["sent"], inserted),
                  inserted > 500 and tcp_count(setup, "a", "InCsumErrors") == 0 and
                  tcp_count(setup, "b", "InCsumErrors") == 0)
        run = end_bench(setup)
        frames = sum(port["frames_in"] for port in run["ports"])
        moved = sum(port["bytes_in"] for port in run["ports"])
        busy = run["clocks_run"] - run["clocks_idle"]
        claim("%s in %d packets went in; %.1f clocks a packet while busy, %.1f bytes a packet"
              % (millions(moved), frames, busy / frames, moved / frames),
              frames == sum(port["card_received"] for port in run["ports"]) and busy > 0)
    say()


def corrupted(options):
    say("2. The same download while one TCP frame of %d is damaged before it reaches the card" % CORRUPT)
    say("   (sekisho-sim --port 1=tap:...,corrupt=%d; --vdev net_sekisho1,...,drop_bad_checksum=1)"
        % CORRUPT)
    with bench.Bench(width=options.width, queues=4, engine="csum",
                     devargs={"drop_bad_checksum": 1}, port_options=("", ",corrupt=%d" % CORRUPT)) as setup:
        server = Server(setup, int(options.megabytes * 1e6 / 2))
        before = tcp_count(setup, "b", "RetransSegs")
        download(setup, server, "IPv4")
        acknowledged(setup, "b")
        counters = counted(setup)
        again = tcp_count(setup, "b", "RetransSegs") - before
        bad, drops = counters.l4(1, "bad"), counters.deliver[1]
        delivered = drops["delivered"]
        run = end_bench(setup)
        damaged = run["ports"][1]["corrupted"]
        claim("the simulator damaged %d frames on port 1" % damaged, damaged > 5)
        claim("the card judged %d packets BAD: exactly those" % bad,
              bad == damaged and counters.ip(1, "bad") == 0, counters.port_rx[1])
        early = drops["function_disabled"]
        claim("it delivered none of them: of %d received %d were dropped as BAD, %d delivered; %d "
              "came before testpmd ran" % (counters.port_rx[1]["accepted"],
                                           drops["bad_l4_checksum"], delivered, early),
              drops["bad_l4_checksum"] == damaged and
              delivered + damaged + early == counters.port_rx[1]["accepted"])
        claim("nginx's kernel sent %d segments again, and the download was whole" % again,
              again > 0)
    say()


def interrupted(number, frame):
    raise SystemExit(1)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--width", type=int, choices=(64, 512), default=64,
                        help="the card's packet bus, bits (default 64)")
    parser.add_argument("--megabytes", type=float, default=4, help="size of the download")
    parser.add_argument("--seconds", type=int, default=3, help="length of an iperf3 run")
    options = parser.parse_args()
    if os.geteuid() != 0:
        say("demo: needs root, to make network namespaces and TAP devices: sudo make demo")
        return 1
    signal.signal(signal.SIGTERM, interrupted)
    try:
        for program in ("dpdk-testpmd", "nginx", "curl", "iperf3", "ip", "ss"):
            tap.need_program(program)
        plain(options)
        corrupted(options)
    except (AssertionError, tap.Skip, OSError) as error:
        say("demo: failed: %s" % error)
        return 1
    except KeyboardInterrupt:
        say("demo: interrupted")
        return 1
    say("demo: ok")
    return 0


if __name__ == "__main__":
    sys.exit(main())
