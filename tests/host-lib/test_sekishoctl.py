#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""sekishoctl, run as a program against a fake function."""

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
sys.path.insert(0, os.path.join(ROOT, "tests", "common"))
import tap  # noqa: E402
from tap import equal  # noqa: E402

BUILD = os.environ.get("BUILD", os.path.join(ROOT, "build"))
TOOL = os.path.join(BUILD, "host-lib", "test", "sekishoctl")
FAKE = os.path.join(BUILD, "host-lib", "test", "fake_sekisho")
REGISTERS = os.path.join(ROOT, "host-lib", "include", "sekisho", "registers.h")


class Fake:
    """A running fake function."""

    def __init__(self, kind):
        self.kind = kind

    def __enter__(self):
        self.directory = tempfile.TemporaryDirectory(prefix="sekishoctl-")
        self.path = os.path.join(self.directory.name, self.kind + ' "\\ä')
        self.uri = "vfio-user:" + self.path
        self.process = subprocess.Popen([FAKE, self.kind, self.path], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True, bufsize=1)
        equal(self.process.stdout.readline(), "ready\n", "start")
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.say("quit")
            self.process.wait(10)
        self.process.stdin.close()
        self.process.stdout.close()
        self.directory.cleanup()

    def say(self, text):
        self.process.stdin.write(text + "\n")

    def set(self, offset, value):
        self.say("set %#x %#x" % (offset, value))
        equal(self.process.stdout.readline(), "ok\n", "set")

    def get(self, offset):
        self.say("get %#x" % offset)
        return int(self.process.stdout.readline(), 16)

    def run(self, offset, interval):
        self.say("run %#x %d" % (offset, interval))
        equal(self.process.stdout.readline(), "ok\n", "run")

    def tool(self, *arguments, status=0, environment=None):
        return tool("-d", self.uri, *arguments, status=status, environment=environment)


def tool(*arguments, status=0, environment=None):
    """Runs sekishoctl; returns what it printed, (stdout, stderr)."""
    variables = {**os.environ, "LC_ALL": "C.UTF-8"}
    variables.pop("SEKISHO_DEVICE", None)
    variables.update(environment or {})
    done = subprocess.run([TOOL, *arguments], capture_output=True, text=True, timeout=60,
                          env=variables)
    assert done.returncode == status, "%r: status %d, wanted %d\n%s%s" % (
        arguments, done.returncode, status, done.stdout, done.stderr)
    if status:
        assert done.stderr.startswith("sekishoctl: ") or "unrecognized" in done.stderr or \
            "invalid option" in done.stderr or "requires an argument" in done.stderr, done.stderr
    else:
        equal(done.stderr, "", "stderr of %r" % (arguments,))
    return done.stdout, done.stderr


# Banks of the management function: (offset, entry) -> offset of the packets' low word.
def entry(bank, number):
    return bank + 16 * number


PORT_RX, PORT_TX = 0x4000, 0x4400
DELIVER, VERDICT, CHECKSUM, RX_QUEUE, TX_QUEUE = 0x5000, 0x5400, 0x5800, 0x6000, 0x7000


def count(fake, bank, number, packets, octets):
    fake.set(entry(bank, number), packets)
    fake.set(entry(bank, number) + 8, octets)


def balanced(fake):
    """Counters of a card on which every packet is accounted for."""
    count(fake, PORT_RX, 0, 100, 10000)  # port0: 100 accepted
    count(fake, PORT_RX, 3, 7, 700)  # and 7 lost in an overflow
    count(fake, DELIVER, 0, 90, 9000)  # net0: 90 delivered
    count(fake, DELIVER, 2, 8, 800)  # 8 not for its address
    count(fake, DELIVER, 6, 2, 200)  # 2 that a flow rule drops
    count(fake, VERDICT, 10, 99, 9900)  # all but one good
    count(fake, VERDICT, 4, 1, 100)
    count(fake, RX_QUEUE, 0, 50, 5000)
    count(fake, RX_QUEUE, 24, 30, 3000)  # queue 3
    count(fake, RX_QUEUE, 25, 10, 1000)  # without descriptor
    count(fake, TX_QUEUE, 4 * 8, 20, 1000)  # net1, queue 0: 20 short frames
    count(fake, CHECKSUM, 4, 15, 900)  # as padded
    count(fake, CHECKSUM, 5, 5, 300)
    count(fake, PORT_TX, 8, 19, 1140)
    count(fake, PORT_TX, 9, 1, 60)  # port1: one came while it was disabled


def usage_and_version():
    out, _ = tool("--help")
    for word in ("info", "port", "stat", "regs", "check", "SEKISHO_DEVICE", "--json", "--watch"):
        assert word in out, word
    out, _ = tool("-V")
    assert re.fullmatch(r"sekishoctl \d+\.\d+\.\d+\n", out), out


def wrong_usage_is_status_2():
    rows = [
        ((), "which command?"),
        (("frobnicate",), "no command 'frobnicate'"),
        (("--frobnicate",), "unrecognized"),
        (("-d",), "requires an argument"),
        (("info",), "SEKISHO_DEVICE"),
        (("info", "--all"), "no option --all"),
        (("port", "--watch"), "no option --watch"),
        (("stat", "--wait", "3"), "no option --wait"),
        (("check", "--watch"), "no option --watch"),
        (("stat", "--watch=0"), "--watch needs"),
        (("stat", "--watch=-1"), "--watch needs"),
        (("stat", "--watch=nan"), "--watch needs"),
        (("stat", "--count", "0"), "--count needs"),
        (("stat", "--count", "3"), "goes with --watch"),
        (("check", "--wait", "soon"), "--wait needs"),
        (("--timeout", "0", "info"), "--timeout needs"),
    ]
    for arguments, text in rows:
        _, err = tool(*arguments, status=2)
        assert text in err, (arguments, err)
        assert "--help" in err, err


def wrong_usage_of_a_command():
    rows = [
        (("info", "x"), "takes no arguments"),
        (("check", "x"), "takes no arguments"),
        (("stat", "a", "b"), "one pattern"),
        (("port", "x"), "not a port's number"),
        (("port", "-1"), "invalid option"),
        (("port", "0", "sideways"), "'up' or 'down'"),
        (("port", "0", "up", "x"), "'up' or 'down'"),
        (("regs",), "list, read, write, dump"),
        (("regs", "frobnicate"), "list, read, write, dump"),
        (("regs", "read"), "name of a register"),
        (("regs", "write", "port[0].control"), "a value"),
        (("regs", "write", "port[0].control", "x"), "not a 32-bit number"),
        (("regs", "write", "port[0].control", "0x100000000"), "not a 32-bit number"),
        (("regs", "write", "port[0].control", ""), "not a 32-bit number"),
        (("regs", "list", "a", "b"), "one pattern"),
        (("regs", "list", "--all"), "only 'regs diff'"),
        (("regs", "diff"), "one dump, or two"),
    ]
    with Fake("mgmt") as fake:
        for arguments, text in rows:
            _, err = fake.tool(*arguments, status=2)
            assert text in err, (arguments, err)
        _, err = fake.tool("port", "2", status=1)
        assert "ports 0 to 1" in err, err


def errors_say_what_to_do():
    with tempfile.TemporaryDirectory() as directory:
        _, err = tool("-d", "vfio-user:%s/none" % directory, "info", status=1)
        assert "sekisho-sim running" in err, err
        _, err = tool("-d", "%s/none" % directory, "info", status=1)
        assert "write vfio-user:PATH" in err, err
        _, err = tool("-d", "pci:ffff:ff:1f.7", "info", status=1)
        assert "no such PCI function" in err, err
    with Fake("net") as fake:
        fake.set(0, 0x12345678)
        _, err = fake.tool("info", status=1)
        assert "not a Sekisho" in err and "0x12345678" in err, err
    with Fake("net") as fake:
        for command in ("check", "port"):
            _, err = fake.tool(command, status=1)
            assert "management function" in err and "net1" in err, err
    with Fake("mgmt") as fake:
        fake.process.send_signal(signal.SIGSTOP)
        _, err = fake.tool("--timeout", "0.2", "info", status=1)
        fake.process.send_signal(signal.SIGCONT)
        assert "in time" in err, err


def device_from_the_environment():
    with Fake("mgmt") as fake:
        out, _ = tool("info", "--json", environment={"SEKISHO_DEVICE": fake.uri})
        equal(json.loads(out)["kind"], "management", "kind")
        # -d goes first.
        out, _ = fake.tool("info", "--json", environment={"SEKISHO_DEVICE": "nonsense"})
        equal(json.loads(out)["device"], fake.uri, "device")


def info():
    with Fake("net") as fake:
        fake.set(0x44, 1 | 25000 << 8)
        fake.set(0x48, 0x33221102)
        fake.set(0x4C, 0x5544)
        out, _ = fake.tool("info", "--json")
        got = json.loads(out)
        for key, value in {"device": fake.uri, "kind": "network", "index": 1, "port": 1,
                           "mac": "02:11:22:33:44:55", "link": True, "mbps": 25000,
                           "rx_queues": 4, "tx_queues": 4, "max_ring_size": 4096, "ports": 2,
                           "functions": 2, "data_width": 64, "dma_width": 128,
                           "max_frame": 9728, "vectors": 9, "map_version": "2.0",
                           "rtl_hash": "c0ffee01"}.items():
            equal(got[key], value, key)
        out, _ = fake.tool("info")
        for text in (fake.uri, "02:11:22:33:44:55", "up, 25000 Mbit/s", "c0ffee01", "9728"):
            assert text in out, (text, out)


def port_list():
    with Fake("mgmt") as fake:
        balanced(fake)
        fake.set(0x144, 0)
        out, _ = fake.tool("port", "--json")
        equal(json.loads(out), [
            {"port": 0, "enabled": True, "link": True, "mbps": 10000, "rx_packets": 100,
             "rx_bytes": 10000, "rx_dropped": 7, "tx_packets": 0, "tx_bytes": 0, "tx_dropped": 0},
            {"port": 1, "enabled": True, "link": False, "mbps": 0, "rx_packets": 0, "rx_bytes": 0,
             "rx_dropped": 0, "tx_packets": 19, "tx_bytes": 1140, "tx_dropped": 1},
        ], "ports")
        out, _ = fake.tool("port")
        assert "port 0: enabled, link up, 10000 Mbit/s" in out, out
        assert "received 100 packets, 10000 bytes; dropped 7 (overflow 7)" in out, out
        assert "port 1: enabled, link down\n" in out, out
        assert "sent     19 packets, 1140 bytes; dropped 1 (disabled 1)" in out, out
        out, _ = fake.tool("port", "1", "--json")
        equal([port["port"] for port in json.loads(out)], [1], "one port")


def port_up_and_down():
    with Fake("mgmt") as fake:
        fake.tool("port", "1", "down")
        equal((fake.get(0x100), fake.get(0x140)), (1, 0), "control registers")
        out, _ = fake.tool("port", "1")
        assert "port 1: disabled" in out, out
        fake.tool("port", "1", "up")
        equal(fake.get(0x140), 1, "control register")


def stat():
    with Fake("mgmt") as fake:
        out, _ = fake.tool("stat")
        assert "nothing counted" in out, out
        out, _ = fake.tool("stat", "--json")
        equal(json.loads(out), {"function": "mgmt", "counters": {}}, "empty")
        balanced(fake)
        fake.set(entry(PORT_RX, 0) + 4, 3)  # the high word
        out, _ = fake.tool("stat", "--json")
        got = json.loads(out)["counters"]
        equal(got["port0_rx_accepted_packets"], 3 * 2**32 + 100, "64 bits")
        equal(got["net0_rx_queue3_no_descriptor_bytes"], 1000, "queue")
        assert "net0_rx_queue1_completed_packets" not in got
        assert all(got.values())
        text, _ = fake.tool("stat")
        equal({line.split()[0]: int(line.split()[1]) for line in text.splitlines()}, got, "text")
        out, _ = fake.tool("stat", "--all", "--json")
        everything = json.loads(out)["counters"]
        equal(len(everything), 300, "number of counters")
        equal(everything["net0_rx_queue1_completed_packets"], 0, "zero")


def stat_patterns():
    with Fake("mgmt") as fake:
        balanced(fake)
        for pattern, wanted in (
                ("overflow", {"port0_rx_overflow_packets", "port0_rx_overflow_bytes"}),
                ("net1_tx*_packets", {"net1_tx_queue0_sent_packets"}),
                ("port?_tx_sent_bytes", {"port1_tx_sent_bytes"}),
                ("port[12]_tx_sent_b*", {"port1_tx_sent_bytes"}),
                ("nonsense", set())):
            out, _ = fake.tool("stat", pattern, "--json")
            equal(set(json.loads(out)["counters"]), wanted, pattern)
        out, _ = fake.tool("stat", "--all", "nonsense")
        assert "no counter has such a name" in out, out


def stat_watch():
    with Fake("mgmt") as fake:
        fake.run(entry(PORT_RX, 0), 5)
        start = time.monotonic()
        out, _ = fake.tool("stat", "--watch=0.3", "--count", "4", "--json")
        took = time.monotonic() - start
        rounds = [json.loads(line) for line in out.splitlines()]
        equal(len(rounds), 4, "rounds")
        assert "rates" not in rounds[0]
        values = [one["counters"]["port0_rx_accepted_packets"] for one in rounds[1:]]
        assert values == sorted(set(values)), values
        for one in rounds[1:]:  # 200 a second, less on a busy machine
            rate = one["rates"]["port0_rx_accepted_packets"]
            assert 1 < rate <= 260, rate
        assert 0.85 < took < 20, took
        fake.run(0, 0)
        fake.set(entry(PORT_RX, 1), 5)
        # The interval as the next word, the pattern behind it.
        out, _ = fake.tool("stat", "--watch", "0.1", "runt", "--count", "2")
        blocks = [line.split() for line in out.split("\n") if line]
        equal([b[0] for b in blocks], ["port0_rx_runt_packets"] * 2, "names")
        equal(blocks[1][2], "0.0/s", "rate")


def stat_watch_ends_with_the_device():
    with Fake("mgmt") as fake:
        watching = subprocess.Popen([TOOL, "-d", fake.uri, "stat", "--watch=0.1", "--json"],
                                    stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        watching.stdout.readline()
        fake.say("quit")
        _, err = watching.communicate(timeout=30)
        equal(watching.returncode, 1, "status")
        assert "device is gone" in err, err


def every_result_has_a_counter():
    """Each enumerator of the register map's result enumerations is a part of a counter's name."""
    banks = {"PORT_RX_RESULT": "port0_rx_", "PORT_TX_RESULT": "port0_tx_",
             "DELIVER_RESULT": "net0_deliver_", "RX_QUEUE_RESULT": "net1_rx_queue2_",
             "TX_QUEUE_RESULT": "net1_tx_queue2_", "TX_CHECKSUM_RESULT": "net1_checksum_"}
    with open(REGISTERS, encoding="ascii") as file:
        text = file.read()
    with Fake("mgmt") as fake:
        out, _ = fake.tool("stat", "--all", "--json")
        names = set(json.loads(out)["counters"])
    wanted = set()
    for bank, prefix in banks.items():
        found = re.findall(r"^\tSEKISHO_%s_(\w+) = \d+," % bank, text, re.M)
        assert found, bank
        wanted |= {prefix + result.lower() + unit for result in found
                   for unit in ("_packets", "_bytes")}
    verdicts = re.findall(r"^\tSEKISHO_CHECKSUM_VERDICT_(\w+) = \d+,", text, re.M)
    wanted |= {"net0_verdict_ip_%s_l4_%s%s" % (ip.lower(), l4.lower(), unit) for ip in verdicts
               for l4 in verdicts for unit in ("_packets", "_bytes") if ip != "NONE"}
    equal(wanted - names, set(), "results without a counter")
    prefixes = tuple(banks.values()) + ("net0_verdict_",)
    equal({name for name in names if name.startswith(prefixes)} - wanted, set(),
          "counters without a result")


def registers():
    with Fake("mgmt") as fake:
        out, _ = fake.tool("regs", "list", "--json")
        listed = {reg["name"]: reg for reg in json.loads(out)}
        equal(listed["port[1].control"]["offset"], 0x140, "offset")
        equal((listed["port[1].status"]["readable"], listed["port[1].status"]["writable"]),
              (True, False), "access")
        assert "link" in listed["port[0].status"]["description"]
        text, _ = fake.tool("regs", "list", "port[1]")
        equal(len(text.splitlines()), 2, "by pattern")
        assert text.startswith("0x0140 rw port[1].control"), text

        out, _ = fake.tool("regs", "read", "identification.magic", "port[0].status")
        equal([line.split() for line in out.splitlines()],
              [["0x0000", "identification.magic", "0x494b4553"],
               ["0x0104", "port[0].status", "0x00271001"]], "read")
        out, _ = fake.tool("regs", "read", "identification.magic", "--json")
        equal(json.loads(out), {"identification.magic": 0x494B4553}, "read")

        fake.tool("regs", "write", "identification.scratch", "0xdeadbeef")
        equal(fake.get(0xC), 0xDEADBEEF, "scratch")
        fake.tool("regs", "write", "identification.scratch", "10")
        equal(fake.get(0xC), 10, "scratch")

        out, _ = fake.tool("regs", "dump", "--json")
        dumped = json.loads(out)
        equal(set(dumped), {name for name in listed if listed[name]["readable"]}, "dump")
        equal(dumped["identification.scratch"], 10, "dump")
        out, _ = fake.tool("regs", "dump", "identification.*")
        equal(len(out.splitlines()), 9, "dump by pattern")

        for name in ("nonsense", "rx_queue[0].control"):
            _, err = fake.tool("regs", "read", "identification.magic", name, status=1)
            assert "no register '%s'" % name in err and "regs list" in err, err
        _, err = fake.tool("regs", "write", "identification.magic", "1", status=1)
        assert "cannot be written" in err, err


def register_differences():
    with Fake("mgmt") as fake, tempfile.TemporaryDirectory() as folder:
        first = folder + "/first"
        balanced(fake)
        with open(first, "w") as file:
            file.write(fake.tool("regs", "dump", "--json")[0])
        fake.tool("regs", "diff", first)
        fake.set(entry(PORT_RX, 0), 123)  # statistics move by themselves
        out, _ = fake.tool("regs", "diff", first)
        equal(out, "", "no difference")
        out, err = fake.tool("regs", "diff", first, "--all", status=1)
        assert "port_rx_statistics[0].packets_lo" in out and "0x00000064 -> 0x0000007b" in out, out
        assert "1 registers differ" in err, err
        fake.tool("regs", "write", "identification.scratch", "7")
        out, _ = fake.tool("regs", "diff", first, "--json", status=1)
        wanted = [{"name": "identification.scratch", "before": 0, "after": 7}]
        equal(json.loads(out), wanted, "against the card")
    # Two files need no card; what only one has is told.
    with tempfile.TemporaryDirectory() as folder:
        first, second, wrong = folder + "/a", folder + "/b", folder + "/c"
        for path, text in ((first, '{"one": 1, "two": 2}'), (second, '{"two": 4294967295,\n "six": 6}'),
                           (wrong, '{"one": 1,}')):
            with open(path, "w") as file:
                file.write(text)
        out, _ = tool("regs", "diff", first, second, "--json", status=1)
        equal(json.loads(out), [{"name": "one", "before": 1, "after": None},
                                {"name": "two", "before": 2, "after": 4294967295},
                                {"name": "six", "before": None, "after": 6}], "two files")
        tool("regs", "diff", first, first)
        _, err = tool("regs", "diff", first, wrong, status=1)
        assert "is not what 'regs dump --json' writes" in err, err
        _, err = tool("regs", "diff", first, folder + "/none", status=1)
        assert "No such file" in err, err


def selftest_that_fails():
    with Fake("mgmt") as fake:
        _, err = fake.tool("selftest", status=1)
        assert "needs a network function" in err, err
    with Fake("net") as fake:
        fake.set(0x40, 1)
        _, err = fake.tool("selftest", status=1)
        assert "stop who uses it first" in err, err
        # A card whose queues do nothing.
        fake.set(0x40, 0)
        out, err = fake.tool("selftest", "--json", status=1)
        steps = json.loads(out)
        equal(steps["ok"], False, "result")
        assert {"step": "frame of 60 bytes", "result": "failed",
                "detail": "no transmit completion in 2000 ms"} in steps["steps"], steps
        assert "1 failed" in err, err


def check_passes():
    with Fake("mgmt") as fake:
        out, _ = fake.tool("check")
        assert "WRONG" not in out and "port1 was offered 0 packets" in out, out
        balanced(fake)
        out, _ = fake.tool("check", "--json")
        got = json.loads(out)
        equal((got["ok"], got["at_rest"]), (True, True), "result")
        equal(got["ports"], [{"port": 0, "offered_packets": 107, "offered_bytes": 10700},
                             {"port": 1, "offered_packets": 0, "offered_bytes": 0}], "offered")
        equal(len(got["sums"]), 18, "sums")
        assert all(one["ok"] and one["left"] == one["right"] for one in got["sums"])
        out, _ = fake.tool("check")
        assert "port0 was offered 107 packets: 100 accepted, 7 dropped" in out, out
        assert "ok     net0 delivered packets = net0 receive queue results: 90 = 90" in out, out


def check_names_the_sum_that_fails():
    """One packet, or one byte, too many in each bank in turn: exactly the sums that hold it fail."""
    rows = [
        (PORT_RX, 0, 0, ["port0 accepted packets"]),
        (PORT_RX, 0, 8, ["port0 accepted bytes"]),
        (DELIVER, 1, 0, ["port0 accepted packets", "net0 deliver results = net0 verdicts, packets"]),
        (DELIVER, 16, 0, ["port1 accepted packets", "net1 deliver results = net1 verdicts, packets",
                          "net1 delivered packets"]),
        (DELIVER, 22, 8, ["port1 accepted bytes", "net1 deliver results = net1 verdicts, bytes"]),
        (VERDICT, 16 + 11, 8, ["net1 deliver results = net1 verdicts, bytes"]),
        (RX_QUEUE, 9, 0, ["net0 delivered packets"]),
        (RX_QUEUE, 63 - 3, 8, ["net1 delivered bytes"]),
        (TX_QUEUE, 8, 0, ["net0 transmit queues' sent packets"]),
        (CHECKSUM, 2, 0, ["net0 transmit queues' sent packets", "net0 checksum results = port0 transmit results, packets"]),
        (CHECKSUM, 6, 8, ["net1 checksum results = port1 transmit results, bytes"]),
        (PORT_TX, 1, 0, ["net0 checksum results = port0 transmit results, packets"]),
    ]
    with Fake("mgmt") as fake:
        balanced(fake)
        for bank, number, part, names in rows:
            offset = entry(bank, number) + part
            before = fake.get(offset)
            fake.set(offset, before + 1)
            out, err = fake.tool("check", "--wait", "0.1", "--json", status=1)
            got = json.loads(out)
            equal((got["ok"], got["at_rest"]), (False, True), "result")
            failed = [one["name"] for one in got["sums"] if not one["ok"]]
            equal(len(failed), len(names), "failed sums %r" % failed)
            for name, wanted in zip(sorted(failed), sorted(names)):
                assert name.startswith(wanted), (name, wanted)
                assert "wrong: " + name in err, err
            fake.set(offset, before)
        # Drops of a port, and what a transmit queue refuses, never entered the card.
        for bank, number in ((PORT_RX, 1), (PORT_RX, 5), (TX_QUEUE, 1), (TX_QUEUE, 3)):
            count(fake, bank, number, 9, 900)
        fake.tool("check")


def check_waits_for_rest():
    with Fake("mgmt") as fake:
        balanced(fake)
        fake.run(entry(PORT_RX, 3), 10)  # drops go on: no sum fails, but nothing rests
        start = time.monotonic()
        out, err = fake.tool("check", "--wait", "0.6", "--json", status=3)
        assert time.monotonic() - start > 0.55
        assert "still move" in err and "--wait" in err, err
        equal(json.loads(out)["at_rest"], False, "rest")
        equal(json.loads(out)["ok"], False, "ok")
        fake.run(0, 0)
        # A packet that is inside when the first look is taken, and out in time.
        count(fake, PORT_RX, 0, 101, 10100)
        checking = subprocess.Popen([TOOL, "-d", fake.uri, "check", "--wait", "20"],
                                    stdout=subprocess.PIPE, text=True)
        time.sleep(0.5)
        equal(checking.poll(), None, "waits")
        count(fake, PORT_RX, 0, 100, 10000)
        checking.communicate(timeout=30)
        equal(checking.returncode, 0, "status")


def full_output_is_an_error():
    with Fake("mgmt") as fake, open("/dev/full", "w", encoding="ascii") as full:
        done = subprocess.run([TOOL, "-d", fake.uri, "info"], stdout=full,
                              stderr=subprocess.PIPE, text=True, timeout=30)
        equal(done.returncode, 1, "status")
        assert "cannot write the output" in done.stderr, done.stderr


def manual_page_is_complete():
    with open(os.path.join(ROOT, "host-lib", "man", "sekishoctl.1"), encoding="utf-8") as file:
        page = file.read().replace("\\-", "-")
    out, _ = tool("--help")
    for option in re.findall(r"--[a-z]+", out):
        assert option in page, option
    for command in ("info", "port", "stat", "check", "regs", "selftest"):
        assert command in page, command


CASES = [(function.__name__.replace("_", " "), function) for function in (
    usage_and_version, wrong_usage_is_status_2, wrong_usage_of_a_command, errors_say_what_to_do,
    device_from_the_environment, info, port_list, port_up_and_down, stat, stat_patterns,
    stat_watch, stat_watch_ends_with_the_device, every_result_has_a_counter, registers,
    register_differences, selftest_that_fails, check_passes, check_names_the_sum_that_fails, check_waits_for_rest, full_output_is_an_error,
    manual_page_is_complete)]

if __name__ == "__main__":
    tap.run(CASES)
