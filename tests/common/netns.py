# SPDX-License-Identifier: BSD-3-Clause
"""Network namespaces, processes and VLAN tags for the system tests. Everything made here is undone."""

import atexit
import os
import signal
import subprocess
import tempfile
import time

ROOT = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
BUILD = os.path.abspath(os.environ.get("BUILD", os.path.join(ROOT, "build")))


def command(*words, check=True, timeout=30, **options):
    """Runs a command to its end and returns what it printed; raises with its output on failure."""
    result = subprocess.run([str(word) for word in words], stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, text=True, timeout=timeout, **options)
    if check and result.returncode != 0:
        raise AssertionError("%s: status %d\n%s" % (" ".join(map(str, words)), result.returncode,
                                                    result.stdout))
    return result.stdout


def wait_for(condition, seconds, what):
    """Polls until condition() is true; its last value is returned."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < end, "after %g s still not: %s" % (seconds, what)
        time.sleep(0.02)


class Process:
    """A child with its output in a file. Ended by its own id, never by name."""

    def __init__(self, words, log, namespace=None, **options):
        words = [str(word) for word in words]
        if namespace:
            # `ip netns exec` replaces itself by the program: the id is the program's own.
            words = ["ip", "netns", "exec", namespace] + words
        self.log_path = log
        self.words = words
        with open(log, "ab") as file:
            options.setdefault("stdin", subprocess.DEVNULL)
            options.setdefault("stdout", file)
            self.popen = subprocess.Popen(words, stderr=file, **options)
        self.pid = self.popen.pid

    def alive(self):
        return self.popen.poll() is None

    def log(self):
        with open(self.log_path, errors="replace") as file:
            return file.read()

    def wait(self, seconds):
        try:
            return self.popen.wait(seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError("still running after %g s: %s" % (seconds, " ".join(self.words)))

    def kill(self, number=signal.SIGKILL):
        if self.alive():
            self.popen.send_signal(number)

    def end(self, seconds=5):
        """Asks it to end, then makes it. Returns its status."""
        if self.alive():
            self.popen.send_signal(signal.SIGTERM)
            try:
                self.popen.wait(seconds)
            except subprocess.TimeoutExpired:
                self.popen.kill()
                self.popen.wait()
        return self.popen.returncode

    def cpu_seconds(self):
        with open("/proc/%d/stat" % self.pid) as file:
            fields = file.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Namespaces:
    """Named network namespaces of this process; removed at the end whatever happens."""

    def __init__(self, *names):
        self.names = {}
        atexit.register(self.remove)
        for name in names:
            full = "sek%d%s" % (os.getpid(), name)
            command("ip", "netns", "add", full)
            self.names[name] = full
            self.ip(name, "link", "set", "lo", "up")
            # No router solicitations and no address detection in the traffic that is counted.
            self.sysctl(name, "net.ipv6.conf.all.accept_dad", 0)
            for scope in ("all", "default"):
                self.sysctl(name, "net.ipv6.conf.%s.router_solicitations" % scope, 0)

    def __getitem__(self, name):
        return self.names[name]

    def ip(self, name, *words, check=True):
        return command("ip", "-n", self.names[name], *words, check=check)

    def tc(self, name, *words, check=True):
        return command("tc", "-n", self.names[name], *words, check=check)

    def sysctl(self, name, key, value):
        # By its file: a small installation has no sysctl program. An interface may hold a dot.
        path = "/proc/sys/" + key.replace(".", "/")
        self.run(name, "sh", "-c", "echo %s > %s" % (value, path))

    def run(self, name, *words, **options):
        return command("ip", "netns", "exec", self.names[name], *words, **options)

    def remove(self):
        atexit.unregister(self.remove)
        for full in self.names.values():
            for pid in command("ip", "netns", "pids", full, check=False).split():
                if pid.isdigit() and int(pid) != os.getpid() and is_descendant(int(pid)):
                    os.kill(int(pid), signal.SIGKILL)
            command("ip", "netns", "del", full, check=False)
        self.names = {}

    def leaked(self):
        """Namespaces of this process that still exist."""
        prefix = "sek%d" % os.getpid()
        return [line.split()[0] for line in command("ip", "netns", "list").splitlines()
                if line.startswith(prefix) and line.split()[0][len(prefix):].isalpha()]


def is_descendant(pid):
    while pid > 1:
        if pid == os.getpid():
            return True
        try:
            with open("/proc/%d/stat" % pid) as file:
                pid = int(file.read().rpartition(")")[2].split()[1])
        except OSError:
            return False
    return False


VLAN_PROGRAM = r"""
#include <linux/bpf.h>
#include <linux/pkt_cls.h>

#define SECTION(name) __attribute__((section(name), used))

static long (*vlan_push)(struct __sk_buff *skb, __be16 protocol, __u16 tci) =
	(void *)BPF_FUNC_skb_vlan_push;
static long (*vlan_pop)(struct __sk_buff *skb) = (void *)BPF_FUNC_skb_vlan_pop;

SECTION("push") int tag(struct __sk_buff *skb)
{
	vlan_push(skb, __builtin_bswap16(VLAN_TPID), VLAN_TCI);
	return TC_ACT_OK;
}

/* A frame that arrives without a tag is not for this interface. */
SECTION("pop") int untag(struct __sk_buff *skb)
{
	if (!skb->vlan_present || (skb->vlan_tci & 0xfff) != (VLAN_TCI & 0xfff))
		return TC_ACT_SHOT;
	vlan_pop(skb);
	return TC_ACT_OK;
}

SECTION("license") char terms[] = "Dual BSD/GPL";
"""


def tag_interface(namespaces, name, interface, tci, folder, tpid=0x8100):
    """Every frame that leaves by interface gets a VLAN tag; arriving ones must have it and lose it.

    With BPF at the interface's traffic control, so the kernel needs no 8021q module.
    """
    source = os.path.join(folder, "vlan.c")
    program = os.path.join(folder, "vlan_%x_%x.o" % (tpid, tci))
    if not os.path.exists(program):
        with open(source, "w") as file:
            file.write(VLAN_PROGRAM)
        command("clang", "-O2", "-target", "bpf", "-I/usr/include/%s" % multiarch(),
                "-DVLAN_TCI=%d" % tci, "-DVLAN_TPID=%d" % tpid, "-c", source, "-o", program)
    namespaces.tc(name, "qdisc", "add", "dev", interface, "clsact")
    namespaces.tc(name, "filter", "add", "dev", interface, "egress", "bpf", "direct-action",
                  "object-file", program, "section", "push")
    namespaces.tc(name, "filter", "add", "dev", interface, "ingress", "bpf", "direct-action",
                  "object-file", program, "section", "pop")


def multiarch():
    return command("gcc", "-print-multiarch").strip()


def scratch():
    """A private folder for sockets and logs. Short: a UNIX socket's path has 107 bytes."""
    return tempfile.TemporaryDirectory(prefix="sek%d-" % os.getpid())
