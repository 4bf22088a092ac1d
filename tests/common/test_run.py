#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The test runner itself: what it counts, and what it refuses to call a success."""

import os
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import tap

RUN = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "run.py")


def runner(scripts, *arguments):
    """Runs the runner over shell scripts; returns (exit status, lines, logs by name)."""
    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for name, text in scripts.items():
            path = os.path.join(folder, name)
            with open(path, "w") as file:
                file.write("#!/bin/sh\n" + text)
            os.chmod(path, 0o755)
            paths.append(path)
        logs = os.path.join(folder, "logs")
        result = subprocess.run([sys.executable, RUN, "--logs", logs, *arguments, *paths],
                                stdout=subprocess.PIPE, text=True, timeout=60)
        texts = {}
        for name in os.listdir(logs):
            with open(os.path.join(logs, name)) as file:
                texts[name] = file.read()
        return result.returncode, result.stdout.splitlines(), texts


def expect(text, status, last, *fragments, arguments=(), without=()):
    code, lines, logs = runner({"t": text}, *arguments)
    tap.equal(code, status, "exit status of: %s\n%s" % (text, "\n".join(lines)))
    tap.equal(lines[-1], last, "last line")
    for fragment in fragments:
        assert any(fragment in line for line in lines[:-1]), "%r not in %r" % (fragment, lines)
    for fragment in without:
        assert not any(fragment in line for line in lines), "%r in %r" % (fragment, lines)


def tally():
    expect("echo 1..3; echo ok 1 - a; echo ok 2 - b; echo 'ok 3 - c # SKIP no root'", 0,
           "2 passed, 0 failed, 1 skipped", "c (no root)")


def plan_at_the_end():
    expect("echo ok 1 - a; echo ok 2 - b; echo 1..2", 0, "2 passed, 0 failed, 0 skipped")


def failure_is_named():
    expect("echo 1..2; echo ok 1 - a; echo not ok 2 - the name; exit 1", 1,
           "1 passed, 1 failed, 0 skipped", "failed:", "the name")


def failure_is_explained():
    expect("echo 1..3; echo not ok 1 - a; echo '# because'; echo ok 2 - b; echo '# 0.1 s'; echo not ok 3; "
           "for i in $(seq 40); do echo \"# line $i.\"; done", 1, "1 passed, 2 failed, 0 skipped",
           "    # because", "    # line 11.", "    # line 40.", without=("0.1 s", "line 10."))


def failure_with_status_0():
    expect("echo 1..1; echo not ok 1 - a", 1, "0 passed, 1 failed, 0 skipped")


def status_without_failure():
    expect("echo 1..1; echo ok 1 - a; exit 3", 1, "1 passed, 1 failed, 0 skipped", "status 3")


def no_plan():
    expect("echo ok 1 - a", 1, "1 passed, 1 failed, 0 skipped", "no plan")


def no_test():
    expect("echo 1..0", 1, "0 passed, 1 failed, 0 skipped", "ran no test")


def silence():
    expect("exit 0", 1, "0 passed, 1 failed, 0 skipped", "no plan")


def short_plan():
    expect("echo 1..3; echo ok 1 - a", 1, "1 passed, 1 failed, 0 skipped", "planned 3 tests, ran 1")


def skip_all():
    expect("echo '1..0 # SKIP no compiler'", 0, "0 passed, 0 failed, 1 skipped", "(no compiler)")


def skip_marked_not_ok():
    expect("echo 1..1; echo 'not ok 1 # SKIP here'", 0, "0 passed, 0 failed, 1 skipped", "(here)")


def several_plans():
    expect("echo 1..1; echo ok 1 - a; echo 1..2; echo ok 1 - b; echo ok 2 - c", 0,
           "3 passed, 0 failed, 0 skipped")


def died_by_signal():
    expect("echo 1..1; echo ok 1 - a; kill -11 $$", 1, "1 passed, 1 failed, 0 skipped", "signal 11")


def bail_out():
    expect("echo 1..1; echo 'Bail out! no device'; exit 1", 1, "0 passed, 1 failed, 0 skipped",
           "no device")


def cannot_start():
    result = subprocess.run([sys.executable, RUN, "--logs", tempfile.gettempdir(), "/nonexistent/x"],
                            stdout=subprocess.PIPE, text=True, timeout=30)
    tap.equal(result.returncode, 1, "exit status")
    assert "cannot start" in result.stdout, result.stdout


def no_program():
    with tempfile.TemporaryDirectory() as logs:
        result = subprocess.run([sys.executable, RUN, "--logs", logs], stdout=subprocess.PIPE,
                                text=True, timeout=30)
    tap.equal(result.returncode, 1, "exit status")
    tap.equal(result.stdout.splitlines()[-1], "0 passed, 1 failed, 0 skipped", "last line")


def time_limit_ends_the_group():
    with tempfile.TemporaryDirectory() as folder:
        note = os.path.join(folder, "pid")
        start = time.monotonic()
        expect("echo 1..1; sleep 1000 & echo $! > %s; wait" % note, 1,
               "0 passed, 1 failed, 0 skipped", "ran longer than 1 s",
               arguments=("--time-limit", "1"))
        assert time.monotonic() - start < 25
        with open(note) as file:
            pid = int(file.read())
        for _ in range(50):
            if not os.path.exists("/proc/%d" % pid):
                return
            time.sleep(0.1)
        with open("/proc/%d/stat" % pid) as file:
            assert file.read().split()[2] == "Z", "the program's child survived"


def program_extends_its_limit():
    expect("echo '# time limit 20'; sleep 2; echo 1..1; echo ok 1 - a", 0,
           "1 passed, 0 failed, 0 skipped", arguments=("--time-limit", "1"))


def logs_hold_both_streams():
    code, lines, logs = runner({"t": "echo 1..1; echo ok 1 - a; echo words >&2"})
    tap.equal(code, 0, "status")
    text = "".join(logs.values())
    assert "ok 1 - a" in text and "words" in text, logs


def together_and_alone():
    scripts = {name: "echo 1..1; echo ok 1 - %s" % name for name in ("a1", "a2", "last")}
    code, lines, logs = runner(scripts, "-j", "2", "--alone", "last")
    tap.equal(code, 0, "status")
    tap.equal(lines[-1], "3 passed, 0 failed, 0 skipped", "last line")
    assert "last" in lines[2], lines
    tap.equal(len(logs), 3, "logs")


tap.run([
    ("passes, skips and their reasons are counted", tally),
    ("the plan may come last", plan_at_the_end),
    ("a failure is named", failure_is_named),
    ("what is said behind a failure is told", failure_is_explained),
    ("a failure counts though the program ends with 0", failure_with_status_0),
    ("a status other than 0 counts though no test failed", status_without_failure),
    ("a program without a plan fails", no_plan),
    ("a program that ran no test fails", no_test),
    ("a program that says nothing fails", silence),
    ("a broken plan fails", short_plan),
    ("a program may skip everything", skip_all),
    ("a skip marked as not ok is a skip", skip_marked_not_ok),
    ("several groups with a plan each", several_plans),
    ("death by a signal fails", died_by_signal),
    ("giving up fails", bail_out),
    ("a program that cannot start fails", cannot_start),
    ("no program at all fails", no_program),
    ("the time limit ends the whole process group", time_limit_ends_the_group),
    ("a program can ask for more time", program_extends_its_limit),
    ("logs hold both streams", logs_hold_both_streams),
    ("programs side by side, and one alone at the end", together_and_alone),
])
