#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Runs TAP programs and tallies what they say.

usage: run.py [-j N] [--time-limit S] [--alone TEXT] [--logs DIR] PROGRAM...

Each program's output goes to a log of its own. A program may print `# time limit N` before its first
result to ask for another limit than the default. The last line is `N passed, N failed, N skipped`;
above it stand the name of every failure and the reason of every skip. Beside its `not ok` lines a
program fails when it ends by a signal, with a status other than 0 though nothing failed, without a
plan, with a plan that it does not keep, without any result, or too late.
"""

import argparse
import os
import re
import selectors
import signal
import subprocess
import sys
import threading
import time

RESULT = re.compile(r"^(not )?ok\b\s*(\d+)?\s*(?:- ?)?(.*)$")
PLAN = re.compile(r"^1\.\.(\d+)\s*(?:#\s*SKIP\S*\s*(.*))?$", re.IGNORECASE)
DIRECTIVE = re.compile(r"(?:^|\s)#\s*SKIP\S*\s*(.*)$", re.IGNORECASE)
COMMENT_LINES = 30  # shown of what a program says behind a failure
LIMIT = re.compile(r"^# time limit (\d+)\s*$")
GRACE = 15  # seconds between SIGTERM, which lets a test remove its namespaces, and SIGKILL


class Outcome:
    """What one program's TAP and its end say."""

    def __init__(self):
        self.passed = 0
        self.failures = []  # name
        self.comments = {}  # what is said behind a failure: lines, by its place in failures
        self.failing = False  # the last result was one
        self.skips = []  # (name, reason)
        self.planned = None
        self.results = 0
        self.skip_all = False
        self.bail_out = None

    def line(self, text):
        """Takes one line; returns a time limit when the line asks for one."""
        match = PLAN.match(text)
        if match:
            self.planned = (self.planned or 0) + int(match.group(1))
            if int(match.group(1)) == 0 and text.find("#") >= 0:
                self.skip_all = True
                self.skips.append(("everything", match.group(2) or "no reason given"))
            return None
        match = RESULT.match(text)
        if match:
            self.results += 1
            self.failing = False
            name = match.group(3).strip()
            skip = DIRECTIVE.search(match.group(3))
            if skip:
                name = match.group(3)[: skip.start()].strip() or "test %d" % self.results
                self.skips.append((name, skip.group(1).strip() or "no reason given"))
            elif match.group(1):
                self.failures.append(name or "test %d" % self.results)
                self.failing = True
            else:
                self.passed += 1
            return None
        if self.failing and text.startswith("#"):
            self.comments.setdefault(len(self.failures) - 1, []).append(text)
        if text.startswith("Bail out!"):
            self.bail_out = text[9:].strip()
        match = LIMIT.match(text)
        if match and self.results == 0:
            return int(match.group(1))
        return None

    def end(self, status, timed_out):
        """Adds what the way the program ended says. status as subprocess gives it."""
        if timed_out:
            self.failures.append("ran longer than %d s" % timed_out)
            return
        if status < 0:
            self.failures.append("ended by signal %d" % -status)
            return
        if self.bail_out is not None:
            self.failures.append("gave up: " + self.bail_out)
        elif self.planned is None:
            self.failures.append("printed no plan")
        elif self.results == 0 and not self.skip_all:
            self.failures.append("ran no test")
        elif self.planned != self.results:
            self.failures.append("planned %d tests, ran %d" % (self.planned, self.results))
        if status != 0 and not self.failures:
            self.failures.append("ended with status %d though no test failed" % status)


def log_name(program):
    return re.sub(r"[^A-Za-z0-9_.-]+", "_", program.lstrip("./")) + ".log"


def command(program):
    words = program.split()
    if words[0].endswith(".py"):
        words.insert(0, sys.executable)
    elif "/" not in words[0]:
        words[0] = "./" + words[0]
    return words


def end_group(process):
    """Ends the program's process group, and nothing else."""
    for number, patience in ((signal.SIGTERM, GRACE), (signal.SIGKILL, 5)):
        try:
            os.killpg(process.pid, number)
        except ProcessLookupError:
            return
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            continue
        # The leader is gone; whatever is left of the group gets no more patience.
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        return


live = set()  # running programs, for the signal handler


def interrupted(number, frame):
    for process in list(live):
        end_group(process)
    print("ended by signal %d" % number, flush=True)
    os._exit(1)


def execute(program, limit, log_path):
    """Runs one program; returns (outcome, seconds)."""
    outcome = Outcome()
    start = time.monotonic()
    environment = dict(os.environ, CMOCKA_MESSAGE_OUTPUT="TAP", PYTHONUNBUFFERED="1",
                       # Another status than any program's own for what a sanitizer finds.
                       ASAN_OPTIONS="exitcode=99", UBSAN_OPTIONS="exitcode=99",
                       PYTHONDONTWRITEBYTECODE="1")
    with open(log_path, "wb") as log:
        try:
            process = subprocess.Popen(command(program), stdin=subprocess.DEVNULL,
                                       stdout=subprocess.PIPE, stderr=log, env=environment,
                                       start_new_session=True)
        except OSError as error:
            outcome.failures.append("cannot start: %s" % error.strerror)
            log.write(("cannot start: %s\n" % error).encode())
            return outcome, 0.0
        live.add(process)
        timed_out = 0
        rest = b""
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            while True:
                left = start + limit - time.monotonic()
                if left <= 0:
                    timed_out = limit
                    break
                if not selector.select(min(left, 1.0)):
                    if process.poll() is not None:
                        break  # a child of its own holds the pipe open
                    continue
                data = os.read(process.stdout.fileno(), 65536)
                if not data:
                    break
                log.write(data)
                log.flush()
                rest += data
                while b"\n" in rest:
                    line, rest = rest.split(b"\n", 1)
                    asked = outcome.line(line.decode("utf-8", "replace").rstrip())
                    if asked:
                        limit = asked
        if rest:
            outcome.line(rest.decode("utf-8", "replace").rstrip())
        if not timed_out:
            try:
                process.wait(max(0.1, start + limit - time.monotonic()))
            except subprocess.TimeoutExpired:
                timed_out = limit
        end_group(process)
        live.discard(process)
        process.stdout.close()
        outcome.end(process.returncode if process.returncode is not None else -9, timed_out)
    return outcome, time.monotonic() - start


def main():
    parser = argparse.ArgumentParser(description="Runs TAP programs and tallies what they say.")
    parser.add_argument("-j", type=int, default=1, metavar="N", help="programs at a time")
    parser.add_argument("--time-limit", type=int, default=300, metavar="S",
                        help="seconds that a program may run (default 300)")
    parser.add_argument("--alone", action="append", default=[], metavar="TEXT",
                        help="programs whose name holds TEXT run last, one at a time")
    parser.add_argument("--logs", default="build/logs", metavar="DIR")
    parser.add_argument("programs", nargs="*", metavar="PROGRAM")
    options = parser.parse_args()

    os.makedirs(options.logs, exist_ok=True)
    signal.signal(signal.SIGINT, interrupted)
    signal.signal(signal.SIGTERM, interrupted)
    programs = list(dict.fromkeys(options.programs))
    alone = [p for p in programs if any(text in p for text in options.alone)]
    together = [p for p in programs if p not in alone]
    outcomes = {}
    lock = threading.Lock()
    queue = list(together)

    def one(program):
        log_path = os.path.join(options.logs, log_name(program))
        outcome, seconds = execute(program, options.time_limit, log_path)
        with lock:
            outcomes[program] = (outcome, log_path)
            word = "FAIL" if outcome.failures else ("ok" if outcome.passed else "skip")
            print("%-4s %s  %d passed, %d failed, %d skipped, %.1f s  [%d/%d]" % (
                word, program, outcome.passed, len(outcome.failures), len(outcome.skips), seconds,
                len(outcomes), len(programs)), flush=True)

    def worker():
        while True:
            with lock:
                if not queue:
                    return
                program = queue.pop(0)
            one(program)

    workers = [threading.Thread(target=worker) for _ in range(max(1, options.j))]
    for thread in workers:
        thread.start()
    for thread in workers:
        thread.join()
    for program in alone:
        one(program)

    passed = failed = skipped = 0
    for program in programs:
        outcome, log_path = outcomes[program]
        passed += outcome.passed
        failed += len(outcome.failures)
        skipped += len(outcome.skips)
        for name, reason in outcome.skips:
            print("skipped: %s: %s (%s)" % (program, name, reason))
    for program in programs:
        outcome, log_path = outcomes[program]
        for place, name in enumerate(outcome.failures):
            print("failed: %s: %s (see %s)" % (program, name, log_path))
            for line in outcome.comments.get(place, [])[-COMMENT_LINES:]:
                print("    " + line[:300])
    if not programs:
        print("failed: no program given")
        failed += 1
    print("%d passed, %d failed, %d skipped" % (passed, failed, skipped), flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
