#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""kill -9 of the simulator under traffic: the application lives, hears of it and ends in order."""

import os
import re
import signal
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "common"))
import bench
import netns
import tap


def library(name):
    return netns.command("gcc", "-print-file-name=%s" % name).strip()


def sockets(pid):
    """UNIX and other sockets that a process holds."""
    links = []
    for name in os.listdir("/proc/%d/fd" % pid):
        try:
            links.append(os.readlink("/proc/%d/fd/%s" % (pid, name)))
        except OSError:
            pass
    return sum(link.startswith("socket:") for link in links)


def buffers_missing(pmd):
    """mbufs that are in nobody's hands: neither in testpmd's pool nor in its caches."""
    text = pmd.command("dump_mempool mb_pool_0")
    numbers = {name: int(value) for name, value in re.findall(r"^\s*(\w+)=(\d+)$", text, re.M)}
    return numbers["size"] - numbers["common_pool_count"] - numbers["total_cache_count"]


def settle(setup, text_so_far):
    """Reads testpmd until it has reported the removal of both ports."""
    end = time.monotonic() + 15
    while len(re.findall(r"device removal event", setup.pmd.text)) < 2:
        assert setup.pmd.process.alive(), "testpmd died:\n" + text_so_far + setup.pmd.text
        assert time.monotonic() < end, "no removal event:\n" + setup.pmd.text
        setup.pmd.pump(0.2)


def removal(queues, **options):
    with bench.Bench(queues=queues, **options) as setup:
        process, prefix = setup.pmd.process, setup.pmd.prefix
        before = sockets(process.pid)
        server = netns.Process(["iperf3", "-s", "--forceflush"], os.path.join(setup.folder, "server.log"),
                               namespace=setup.ns["b"])
        netns.wait_for(lambda: "listening" in server.log(), 10, "iperf3 listens")
        setup.ns.run("a", "iperf3", "-c", "198.18.0.2", "-t", "1", "-P", queues, timeout=30)
        served = setup.pmd.stats(0)["RX-packets"]
        setup.check()  # nothing of the card can be read once it is killed
        client = netns.Process(["iperf3", "-c", "198.18.0.2", "-t", "60", "-P", queues],
                               os.path.join(setup.folder, "client.log"), namespace=setup.ns["a"])
        netns.wait_for(lambda: setup.pmd.stats(0)["RX-packets"] > served + 500, 20, "traffic")

        setup.pmd.text = ""
        setup.sim.process.kill(signal.SIGKILL)
        settle(setup, "")
        # It lives on: its ports are gone, its prompt answers.
        time.sleep(1)
        assert process.alive(), "testpmd died"
        setup.pmd.send("show config fwd")
        setup.pmd.read_until(bench.Testpmd.PROMPT, 10)
        netns.wait_for(lambda: sockets(process.pid) < before, 5, "testpmd closes its sockets")
        tap.equal(buffers_missing(setup.pmd), 0, "mbufs leaked")
        status = setup.pmd.quit()
        tap.equal(status, 0, "testpmd's exit status:\n" + process.log()[-3000:])
        log = process.log()
        for word in ("Segmentation", "AddressSanitizer", "runtime error", "panic"):
            assert word not in log, "%r in testpmd's output:\n%s" % (word, log[-3000:])
        client.end()
        server.end()
        namespaces = setup.ns
        folder = setup.folder
    tap.equal(namespaces.leaked(), [], "namespaces left")
    assert not os.path.exists(folder), "files left in " + folder
    assert not os.path.exists("/var/run/dpdk/" + prefix), "files left by EAL"
    assert not os.path.exists("/proc/%d" % process.pid), "process left"


def removal_sanitized():
    tap.need_root()
    tap.need_file(bench.ASAN_DRIVER, "the sanitized driver")
    removal(1, driver=bench.ASAN_DRIVER, preload=[library("libasan.so"), library("libubsan.so")],
            environment={"ASAN_OPTIONS": "detect_leaks=0:abort_on_error=0:exitcode=99",
                         "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1"})


def restart():
    """After the kill a new simulator takes a new testpmd on the same socket paths."""
    with bench.Bench() as setup:
        setup.sim.process.kill(signal.SIGKILL)
        settle(setup, "")
        tap.equal(setup.pmd.quit(), 0, "testpmd's exit status")
        setup.sim.process.end()
        sim = bench.Sim(setup.folder, ["tap:tapa", "tap:tapb"], namespace=setup.ns["s"])
        setup.stack.append(sim.end)
        pmd = bench.Testpmd(setup.folder, [bench.device(sim, "net0"), bench.device(sim, "net1")],
                            name="second")
        setup.stack.append(pmd.kill)
        pmd.command("start")
        sim.check_balance()
        tap.equal(pmd.quit(), 0, "the second testpmd's exit status")
        sim.finish()


if __name__ == "__main__":
    tap.run([
        ("testpmd survives kill -9 of the simulator under traffic, 1 queue", lambda: removal(1)),
        ("testpmd survives kill -9 of the simulator under traffic, 4 queues", lambda: removal(4)),
        ("the same with the driver built with ASan and UBSan", removal_sanitized),
        ("a new simulator serves a new testpmd at the same paths", restart),
    ], time_limit=120)
