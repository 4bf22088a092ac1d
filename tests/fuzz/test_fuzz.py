#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Runs the fuzz targets over their corpus, or with FUZZ_SECONDS in the environment from there on.

usage: [FUZZ_SECONDS=N] test_fuzz.py [TARGET...]

What the fuzzer finds on the way stays in build/fuzz/corpus/, a crash's input in build/fuzz/.
"""

import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "common"))

import tap  # noqa: E402

BUILD = os.environ.get("BUILD", "build")
SECONDS = int(os.environ.get("FUZZ_SECONDS", "0"))
CORPUS = os.path.join(HERE, "corpus")


def contents(directory):
    return {name: open(os.path.join(directory, name), "rb").read() for name in sorted(os.listdir(directory))}


def corpus_is_current():
    with tempfile.TemporaryDirectory() as directory:
        subprocess.run([sys.executable, os.path.join(HERE, "seeds.py"), directory], check=True)
        for target in os.listdir(directory):
            kept = contents(os.path.join(CORPUS, target))
            for name, data in contents(os.path.join(directory, target)).items():
                assert kept.get(name) == data, "%s/%s: run tests/fuzz/seeds.py" % (target, name)


def run(target):
    corpus = os.path.join(CORPUS, target)
    command = [os.path.join(BUILD, "fuzz", "fuzz_" + target), "-timeout=10", "-rss_limit_mb=1024",
               "-print_final_stats=1", "-artifact_prefix=%s/fuzz/" % BUILD]
    if SECONDS:
        found = os.path.join(BUILD, "fuzz", "corpus", target)
        os.makedirs(found, exist_ok=True)
        command += ["-max_total_time=%d" % SECONDS, "-max_len=4096", found, corpus]
    else:
        command += ["-runs=0", corpus]
    result = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                            errors="replace", check=False)
    assert result.returncode == 0, "status %d\n%s" % (result.returncode, result.stderr[-6000:])
    runs = re.search(r"stat::number_of_executed_units: (\d+)", result.stderr)
    tap.note("%s inputs" % (runs.group(1) if runs else "no"))
    assert runs and int(runs.group(1)) >= len(os.listdir(corpus)), "too few inputs\n" + result.stderr[-2000:]


def main():
    cases = [("the corpus holds what seeds.py writes", corpus_is_current)]
    for target in sorted(os.listdir(CORPUS)):
        what = "%d s of fuzzing" % SECONDS if SECONDS else "the corpus"
        cases.append(("%s: nothing is wrong in %s" % (target, what), lambda target=target: run(target)))
    tap.run(cases, time_limit=300 + 2 * SECONDS * len(cases))


if __name__ == "__main__":
    main()
