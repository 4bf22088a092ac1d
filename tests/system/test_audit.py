#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The catalogue of checksum-offload bugs against this card: sekisho-audit, both ways.

    sekisho-audit -> net_sekisho0 -> function 0, port 0 --- cable --- port 1, function 1 <- net_sekisho1

Every case of the 24 classes is a test here, named `class 01: TITLE, receive: CASE`. Then the audit
itself is tested: with drivers that lie, with a wire that damages frames, on drivers of DPDK.
"""

import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "common"))
import audit
import bench
import netns
import tap
from audit import RECEIVE, TRANSMIT

PLANT = os.path.join(netns.BUILD, "audit", "plant.so")
CTL = re.compile(r"requested [RT]x offloads 0x[0-9a-f]+ doesn't match")

# What this card says nothing about, or need not; anything else must be right.
EXPECTED = {
    # A routing header under way: the address that the checksum covers is not in the IP header.
    (11, RECEIVE, "routing header under way"): "not verified",
    (13, RECEIVE, "3 tags"): "not verified",
    # Nobody should ask for layer 4 of a fragment; what this card makes of it is judged as well.
    (14, RECEIVE, "is refused where it is not offered"): "not offered",
    (14, TRANSMIT, "is refused where it is not offered"): "not offered",
    (16, RECEIVE, "SCTP checksum is refused"): "not offered",
    (16, TRANSMIT, "SCTP checksum is refused"): "not offered",
    (20, RECEIVE, "LRO is refused where it is not offered"): "not offered",
    (20, TRANSMIT, "is refused where it is not offered"): "not offered",
}
# Directions that a class does not have.
ONE_WAY = {21: RECEIVE, 22: RECEIVE}


def audit_card(width=64, options=("--json",), sim_options=(), port_options="", environment=None,
               sanitized=True):
    """One run against the card; the report, and the simulator's check that nothing was lost."""
    with netns.scratch() as folder:
        ports = audit.cable(folder)
        ports[0] += port_options
        sim = bench.Sim(folder, ports, width=width, options=sim_options)
        try:
            env = audit.sanitizer_environment() if sanitized else {}
            env.update(environment or {})
            run = audit.run(audit.Pair("net_sekisho", audit.sekisho_vdevs(sim)),
                            program=audit.SANITIZED if sanitized else audit.PROGRAM,
                            driver=bench.ASAN_DRIVER if sanitized else bench.DRIVER,
                            options=options, environment=env)
            assert "Sanitizer" not in run.errors and "runtime error" not in run.errors, \
                run.errors[-4000:]
            sim.check_balance()
            sim.finish()
        finally:
            sim.end()
    return run


def expected(number, direction, name):
    for (wanted_number, wanted_direction, text), result in EXPECTED.items():
        if (wanted_number, wanted_direction) == (number, direction) and text in name:
            return result
    return "right"


def check_case(number, case):
    wanted = expected(number, case["direction"], case["name"])
    details = "\n".join("%s: %s" % (key, value) for key, value in case.items())
    tap.equal(case["result"], wanted, "the result of\n" + details)
    if wanted == "right":
        tap.equal((case["not_verified"], case["not_testable"]), (0, 0), "frames left out\n" + details)
        assert case["right"] > 0, details


def check_complete(report):
    """None of the 24 classes is missing, and none has lost a direction."""
    tap.equal([entry["class"] for entry in report["classes"]], list(range(1, audit.CLASSES + 1)),
              "classes")
    for entry in report["classes"]:
        for direction in (RECEIVE, TRANSMIT):
            number = entry["class"]
            if ONE_WAY.get(number, direction) != direction:
                continue
            cases = [case for case in entry["cases"] if case["direction"] == direction]
            assert cases, "class %d has no case, %s" % (number, direction)
            offered = [case for case in cases if case["result"] != "not offered"]
            assert offered or expected(number, direction, cases[0]["name"]) == "not offered", \
                "class %d, %s: nothing ran" % (number, direction)


def check_report(run):
    report = run.report()
    check_complete(report)
    for entry in report["classes"]:
        for case in entry["cases"]:
            check_case(entry["class"], case)
    tap.equal((run.status, report["classes_wrong"]), (0, 0), "status, classes wrong")
    return report


def cases_of_the_card():
    """The test of every case, from one run; when that fails it is one test that fails."""
    try:
        run = audit_card()
        report = run.report()
    except tap.Skip:
        raise
    except Exception as problem:
        return [("the audit of the card runs", lambda error=problem: fail(error))]
    cases = [("none of the 24 classes is missing", lambda: check_complete(report)),
             ("what is not offered is refused, and the log says why", lambda: check_refusals(run)),
             ("class 22 has run every burst function", lambda: check_burst_functions(report))]
    for entry in report["classes"]:
        for case in entry["cases"]:
            name = "class %02d: %s, %s: %s" % (entry["class"], entry["title"], case["direction"],
                                              case["name"].replace("#", "number"))
            cases.append((name, lambda n=entry["class"], c=case: check_case(n, c)))
    return cases


def fail(error):
    raise error


def check_refusals(run):
    """DPDK asks the driver's capabilities and names the offload that is not among them."""
    refused = [case["name"] for entry in run.report()["classes"] for case in entry["cases"]
               if "is refused where it is not offered" in case["name"]]
    for name in ("TSO", "LRO", "outer IPv4 checksum", "outer UDP checksum", "SCTP checksum"):
        assert any(case.startswith(name) for case in refused), "%s was not tried" % name
    assert len(CTL.findall(run.errors)) >= len(refused), run.errors[-3000:]


def check_burst_functions(report):
    """Class 22 has run every receive function of the driver."""
    names = {case["reason"] for case in report["classes"][21]["cases"]}
    tap.equal(names, {"burst function: " + name for name in
                      ("Scalar", "Scalar, all offloads", "Scalar, all offloads, scattered")},
              "burst functions")


def back_pressure():
    """Classes 23, 18 and 1 while the host withholds a third of the handshakes."""
    options = ["--json"]
    for name in ("leakage", "long", "padding", "carry"):
        options += ["--class", name]
    for width in (64, 512):
        run = audit_card(width, options, ("--stall", "33", "--host-jitter", "200", "--seed", "3"))
        tap.equal((run.status, run.report()["classes_wrong"]), (0, 0), run.output[-3000:])


# lie -> what the audit must find wrong; other classes may see it, too
PLANTS = {
    "unknown-is-good": [(8, RECEIVE), (16, RECEIVE)],
    "none-is-bad": [(5, RECEIVE)],
    "padding-summed": [(1, RECEIVE), (2, RECEIVE)],
    "broadcast-is-bad": [(7, RECEIVE)],
    "options-unchecked": [(9, RECEIVE)],
    "ipv6-unchecked": [(3, RECEIVE), (12, RECEIVE)],
    "hash-turned": [(21, RECEIVE)],
    "flags-of-the-last": [(23, RECEIVE)],
    "udp-zero-sent": [(4, TRANSMIT)],
    "seed-sent": [(19, TRANSMIT)],
}


def wrong_of(report):
    return [(entry["class"], direction) for entry in report["classes"]
            for direction in (RECEIVE, TRANSMIT) if entry[direction]["result"] == "wrong"]


def plant(name):
    tap.need_file(PLANT, "the lying driver")
    options = ["--json"]
    for number, _ in PLANTS[name]:
        options += ["--class", number]
    run = audit_card(options=[str(word) for word in options], sanitized=False,
                     environment={"LD_PRELOAD": PLANT, "PLANT": name})
    tap.equal(run.status, 1, "status:\n" + run.errors[-2000:])
    report = run.report()
    tap.equal(sorted(wrong_of(report)), sorted(PLANTS[name]), "what is wrong")
    first = [case for entry in report["classes"] for case in entry["cases"]
             if case["result"] == "wrong"][0]
    assert first["wrong_first"], first
    tap.note("%s: %s" % (first["name"], first["wrong_first"]))


def plant_nothing():
    """The same wrapper without a lie: what is found above is the lie's doing."""
    numbers = sorted({number for wrong in PLANTS.values() for number, _ in wrong})
    options = ["--json"] + [word for number in numbers for word in ("--class", str(number))]
    run = audit_card(options=options, sanitized=False, environment={"LD_PRELOAD": PLANT})
    tap.equal((run.status, wrong_of(run.report())), (0, []), "what is wrong")


def damaging_wire():
    with netns.scratch() as folder:
        capture = os.path.join(folder, "failed.pcap")
        run = audit_card(options=["--json", "--class", "carry", "--pcap", capture],
                         port_options=",corrupt=20")
        tap.equal(run.status, 1, "status")
        tap.equal(wrong_of(run.report()), [(7, RECEIVE)], "what is wrong")
        from scapy.utils import rdpcap
        # What was expected and what came, one after the other.
        frames = [bytes(packet) for packet in rdpcap(capture)]
        assert len(frames) >= 2 and len(frames) % 2 == 0, len(frames)
        for wanted, got in zip(frames[::2], frames[1::2]):
            tap.equal((len(wanted), sum(bin(a ^ b).count("1") for a, b in zip(wanted, got))),
                      (len(got), 1), "bits that differ")


def dpdk_driver(name, right=(), offered=True, options=("--except", "lengths")):
    """An audit of a driver of DPDK: complete, and right where this release is."""
    with netns.scratch() as folder:
        pair = audit.dpdk_pairs(folder)[name]
        # What one release's driver makes of impossible lengths may end the process.
        run = audit.run(pair, program=audit.SANITIZED, environment=audit.sanitizer_environment(),
                        options=["--json", "--timeout", "500"] + list(options))
        report = run.report()
        tap.equal(len(report["classes"]), audit.CLASSES, "classes")
        for number, direction in right:
            tap.equal(report["classes"][number - 1][direction]["result"], "right",
                      "class %d, %s" % (number, direction))
        if not offered:
            tap.equal((run.status, wrong_of(report)), (0, []), "what is wrong")
            results = {report["classes"][n][d]["result"] for n in range(7) for d in (RECEIVE, TRANSMIT)}
            tap.equal(results, {"not offered"}, "results of classes 1 to 7")


def command_line():
    program = audit.PROGRAM
    tap.need_file(program, "sekisho-audit")
    listed = netns.command(program, "--list").splitlines()
    tap.equal([line[:2] for line in listed], ["%02d" % n for n in range(1, audit.CLASSES + 1)],
              "--list")
    assert "Exit status" in netns.command(program, "--help")
    pair = audit.Pair("none", [])
    for words in (["--class", "25"], ["--class", "no-such"], ["--port", "x"], ["--timeout", "0"],
                  ["what"], ["--port", "7"], []):
        run = audit.run(pair, options=words)
        tap.equal(run.status, 2, " ".join(words) + ":\n" + run.errors[-500:])
        tap.equal(run.output, "", "output of " + " ".join(words))


def main():
    cases = [("the command line", command_line)]
    cases += cases_of_the_card()
    cases += [("every class, 512 bits", lambda: check_report(audit_card(512))),
              ("back-pressure, 64 and 512 bits", back_pressure),
              ("no lie, nothing wrong", plant_nothing)]
    cases += [("a driver's lie is seen: " + name, lambda name=name: plant(name)) for name in PLANTS]
    cases += [("a damaging wire is seen, and captured", damaging_wire),
              ("net_virtio_user: an audit of DPDK's own",
               lambda: dpdk_driver("virtio", [(7, TRANSMIT), (9, TRANSMIT), (23, TRANSMIT)])),
              ("net_memif: nothing offered, nothing wrong",
               lambda: dpdk_driver("memif", offered=False)),
              ("net_tap: an audit of DPDK's own",
               # Not the fragments: the peer's socket joins them, and each is waited for.
               lambda: dpdk_driver("tap", [(1, RECEIVE), (7, RECEIVE), (9, TRANSMIT)],
                                   options=[word for name in ("1", "2", "7", "9", "20")
                                            for word in ("--class", name)]))]
    tap.run(cases, time_limit=400)


if __name__ == "__main__":
    main()
