#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The library as a stranger gets it: installed, found by pkg-config, linked both ways."""

import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
sys.path.insert(0, os.path.join(ROOT, "tests", "common"))
import tap  # noqa: E402
from tap import equal  # noqa: E402

PREFIX = tempfile.mkdtemp(prefix="sekisho-install-")
HEADER = os.path.join(ROOT, "host-lib", "include", "sekisho", "sekisho.h")

PROGRAM = r"""
#include <sekisho/registers.h>
#include <sekisho/sekisho.h>
#include <stdio.h>
#include <string.h>
int main(void)
{
	struct sekisho_device *device;
	puts(sekisho_version());
	return sekisho_open("vfio-user:/nowhere/at/all", NULL, &device) == -2 ? 0 : 1;
}
"""


def run(*command, **options):
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, **options)
    assert done.returncode == 0, "%r:\n%s%s" % (command, done.stdout, done.stderr)
    return done.stdout


def public_functions():
    with open(HEADER, encoding="ascii") as file:
        text = re.sub(r"/\*.*?\*/", "", file.read(), flags=re.S)
    return set(re.findall(r"\b(sekisho_\w+)\(", text))


def flags(*arguments):
    environment = {**os.environ, "PKG_CONFIG_PATH": PREFIX + "/lib/pkgconfig"}
    return run("pkg-config", *arguments, "libsekisho", env=environment).split()


def installs():
    tap.need_program("make", "pkg-config")
    # A make of its own: nothing of the one that runs the tests.
    environment = {name: value for name, value in os.environ.items()
                   if name not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "DESTDIR", "PREFIX")}
    run("make", "-C", ROOT, "install-lib", "PREFIX=" + PREFIX, env=environment)
    for name in ("lib/libsekisho.so", "lib/libsekisho.so.0", "lib/libsekisho.a",
                 "lib/pkgconfig/libsekisho.pc", "include/sekisho/sekisho.h",
                 "include/sekisho/registers.h", "bin/sekishoctl", "share/man/man1/sekishoctl.1",
                 "share/man/man7/libsekisho.7"):
        tap.need_file(os.path.join(PREFIX, name), name)
    run(PREFIX + "/bin/sekishoctl", "--version")


def installs_below_destdir():
    environment = {name: value for name, value in os.environ.items()
                   if name not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "DESTDIR", "PREFIX")}
    stage = PREFIX + "/stage"
    run("make", "-C", ROOT, "install-lib", "DESTDIR=" + stage, "PREFIX=/usr", env=environment)
    tap.need_file(stage + "/usr/lib/libsekisho.so.0", "the library")
    with open(stage + "/usr/lib/pkgconfig/libsekisho.pc", encoding="ascii") as file:
        text = file.read()
    assert "prefix=/usr\n" in text and stage not in text, text


def build(name, compiler, suffix, *options):
    source = os.path.join(PREFIX, name + suffix)
    with open(source, "w", encoding="ascii") as file:
        file.write(PROGRAM)
    program = os.path.join(PREFIX, name)
    run(compiler, "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-o", program, source, *options)
    return program


def links_dynamically():
    program = build("dynamic", "cc", ".c", *flags("--cflags", "--libs"))
    assert "libsekisho.so.0" in run("readelf", "-d", program)
    run(program, env={**os.environ, "LD_LIBRARY_PATH": PREFIX + "/lib"})


def links_statically():
    libraries = [PREFIX + "/lib/libsekisho.a" if flag == "-lsekisho" else flag
                 for flag in flags("--cflags", "--libs", "--static")]
    program = build("static", "cc", ".c", *libraries)
    assert "libsekisho" not in run("readelf", "-d", program)
    run(program)


def compiles_as_cplusplus_and_as_old_c():
    tap.need_program("c++")
    build("cplusplus", "c++", ".cc", *flags("--cflags", "--libs"))
    build("old", "cc", ".c", "-std=c11", *flags("--cflags", "--libs"))


def exports_the_api_and_nothing_else():
    lines = run("nm", "-D", "--defined-only", PREFIX + "/lib/libsekisho.so.0").splitlines()
    exported = {line.split()[-1].split("@")[0] for line in lines if " T " in line}
    others = [line for line in lines if " T " not in line and "SEKISHO_0" not in line]
    equal(exported, public_functions(), "exported functions")
    equal(others, [], "other symbols")
    assert all("@@SEKISHO_0" in line for line in lines if " T " in line), lines


def has_a_page_for_every_function():
    tap.need_program("man")
    for function in sorted(public_functions()):
        page = run("man", "-M", PREFIX + "/share/man", "--warnings", "3", function,
                   env={**os.environ, "MANWIDTH": "200", "LC_ALL": "C.UTF-8"})
        page = re.sub(".\b", "", page)
        assert function + "(" in page, "%s is not in its page" % function


def pages_have_no_mistakes():
    tap.need_program("groff")
    pages = glob.glob(PREFIX + "/share/man/man?/*")
    assert len(pages) > 30, pages
    for page in pages:
        done = subprocess.run(["groff", "-man", "-ww", "-b", "-z", "-I", PREFIX + "/share/man",
                               page], capture_output=True, text=True, timeout=60,
                              cwd=PREFIX + "/share/man")
        equal(done.stderr, "", page)


CASES = [(function.__name__.replace("_", " "), function) for function in (
    installs, installs_below_destdir, links_dynamically, links_statically,
    compiles_as_cplusplus_and_as_old_c, exports_the_api_and_nothing_else,
    has_a_page_for_every_function, pages_have_no_mistakes)]

if __name__ == "__main__":
    try:
        tap.run(CASES)
    finally:
        shutil.rmtree(PREFIX)
