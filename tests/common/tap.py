# SPDX-License-Identifier: BSD-3-Clause
"""TAP for the tests that are written in Python: a case is a function that raises when it fails."""

import os
import shutil
import signal
import sys
import time
import traceback


class Skip(Exception):
    """Raised by a case that cannot run here; the text is the reason."""


class Terminated(BaseException):
    """The runner asked us to end: the cases' clean-up code still runs."""


def note(text):
    for line in str(text).splitlines() or [""]:
        print("# " + line, flush=True)


def equal(got, wanted, what):
    assert got == wanted, "%s: got %r, wanted %r" % (what, got, wanted)


def seed(number):
    """A seed for random cases: the same in each run, unless SEKISHO_SEED asks for others."""
    return number + int(os.environ.get("SEKISHO_SEED", "0"))


def need_root():
    if os.geteuid() != 0:
        raise Skip("needs root: makes network namespaces and TAP devices")


def need_program(*names):
    for name in names:
        if not shutil.which(name):
            raise Skip("%s is not installed" % name)


def need_file(path, what):
    """A part that the build makes: its absence is a failure, not a skip."""
    assert os.path.exists(path), "%s is missing: %s" % (what, path)


def _terminate(number, frame):
    raise Terminated()


def run(cases, time_limit=None):
    """Runs (name, function) pairs and exits with 0 when none failed."""
    signal.signal(signal.SIGTERM, _terminate)
    if time_limit:
        print("# time limit %d" % time_limit, flush=True)
    only = sys.argv[1:]
    if only:
        cases = [case for case in cases if any(text in case[0] for text in only)]
    print("1..%d" % len(cases), flush=True)
    failed = 0
    for number, (name, function) in enumerate(cases, 1):
        start = time.monotonic()
        try:
            function()
        except Skip as reason:
            print("ok %d - %s # SKIP %s" % (number, name, reason), flush=True)
            continue
        except Exception as error:  # a failing case must not stop the others
            failed += 1
            print("not ok %d - %s" % (number, name), flush=True)
            note("".join(traceback.format_exception(type(error), error, error.__traceback__)))
            continue
        except Terminated:
            print("not ok %d - %s" % (number, name), flush=True)
            note("ended from outside")
            sys.exit(1)
        print("ok %d - %s" % (number, name), flush=True)
        note("%.1f s" % (time.monotonic() - start))
    sys.exit(1 if failed else 0)
