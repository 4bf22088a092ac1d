# SPDX-License-Identifier: BSD-3-Clause
"""A Linux guest in QEMU with functions of a sekisho-sim as its PCI devices, by QEMU's vfio-user-pci.

What runs in it is this system's own dpdk-testpmd with our driver, sekishoctl and busybox, and a
Debian kernel, in an initramfs: the guest has no disk. Its memory is a file that the simulator maps.
An IOMMU that QEMU emulates stands between the card and that memory, as on a real machine.

The first serial line is a shell without a prompt; the second is testpmd's terminal.
"""

import glob
import gzip
import json
import lzma
import os
import re
import shutil
import socket
import stat
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import bench
import netns
import tap

FETCH = os.path.join(netns.ROOT, "scripts", "fetch-qemu.sh")
MEGABYTES = 512
HUGE_PAGES = 96  # of 2 MiB
MODULES = ("vfio-pci", "vfio_iommu_type1", "uio_pci_generic")
# Slot of each function on the guest's bus 0.
SLOTS = {"net0": 4, "net1": 5, "mgmt": 6}

TESTPMD = ["dpdk-testpmd", "-d", "librte_mempool_ring.so", "-d", "librte_net_sekisho.so",
           "--lcores", "0@0,1@0", "--in-memory", "-m", str(2 * HUGE_PAGES), "--no-telemetry", "--",
           "-i", "--no-mlockall", "--total-num-mbufs=4096", "--rxd=256", "--txd=256",
           "--enable-rx-cksum"]

INIT = r"""#!/bin/busybox sh
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mkdir -p /dev/hugepages
mount -t hugetlbfs huge /dev/hugepages
for module in $(cat /modules/order); do
	insmod /modules/$module.ko || echo "guest: no module $module"
done
export PATH=/bin LD_LIBRARY_PATH=/lib HOME=/
if grep -q sekisho.shell /proc/cmdline; then
	echo
	cat /welcome
	export PS1='guest# '
	setsid cttyhack sh
	poweroff -f
fi
stty -echo
echo "guest: ready"
while read -r line; do
	eval "$line"
	echo "@@$?"
done < /dev/console
poweroff -f
"""


def need_amd64():
    if os.uname().machine != "x86_64":
        raise tap.Skip("the guest is made for amd64 only")


def files():
    """The folder with QEMU and a kernel; fetched now, unless SEKISHO_QEMU names one."""
    need_amd64()
    folder = os.environ.get("SEKISHO_QEMU") or os.path.join(netns.BUILD, "qemu")
    if not os.path.exists(os.path.join(folder, "complete")):
        start = time.monotonic()
        try:
            netns.command(FETCH, folder, timeout=240)
        except (AssertionError, subprocess.TimeoutExpired) as error:
            raise tap.Skip("QEMU with vfio-user cannot be had: " + str(error).splitlines()[-1])
        tap.note("fetched QEMU and a kernel in %.0f s" % (time.monotonic() - start))
    return folder


def first(*patterns):
    for pattern in patterns:
        found = sorted(glob.glob(pattern))
        if found:
            return found[0]
    raise AssertionError("there is no " + " or ".join(patterns))


class Archive:
    """A cpio archive of the "newc" kind, which the kernel unpacks as its first file system."""

    def __init__(self):
        self.parts = []
        self.names = set()

    def add(self, name, mode, data=b""):
        if name in self.names:
            return
        self.names.add(name)
        encoded = name.encode() + b"\0"
        fields = (len(self.names), mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(encoded), 0)
        self.parts.append(self.pad(b"070701" + b"".join(b"%08X" % f for f in fields) + encoded))
        self.parts.append(self.pad(data))

    @staticmethod
    def pad(data):
        return data + bytes(-len(data) % 4)

    def folder(self, name):
        self.add(name, stat.S_IFDIR | 0o755)

    def file(self, name, data, mode=0o755):
        self.add(name, stat.S_IFREG | mode, data)

    def copy(self, name, path):
        with open(path, "rb") as file:
            self.file(name, file.read())

    def program(self, path, name=None):
        """An executable or shared library, and the libraries that it needs."""
        self.copy(name or "bin/" + os.path.basename(path), path)
        for library in re.findall(r"(/\S+) \(0x", netns.command("ldd", path)):
            self.copy(("lib64/" if "ld-linux" in library else "lib/") + os.path.basename(library),
                      library)

    def bytes(self):
        self.add("TRAILER!!!", 0)
        return b"".join(self.parts)


class Modules:
    """The kernel's modules that are wanted, in the order of their dependencies."""

    def __init__(self, folder):
        self.paths = {}
        for pattern in ("lib", "usr/lib"):
            for path in glob.glob(os.path.join(folder, pattern, "modules/**/*.ko*"), recursive=True):
                self.paths[self.name(os.path.basename(path).split(".ko")[0])] = path
        self.order = {}

    @staticmethod
    def name(text):
        return text.replace("-", "_")

    def add(self, name):
        name = self.name(name)
        if name in self.order:
            return
        assert name in self.paths, "the kernel has no module " + name
        path = self.paths[name]
        reader = {"xz": lzma.open, "gz": gzip.open}.get(path.rsplit(".", 1)[1], open)
        with reader(path, "rb") as file:
            data = file.read()
        for needed in re.search(rb"\0depends=([^\0]*)\0", data).group(1).decode().split(","):
            if needed:
                self.add(needed)
        self.order[name] = data


def initramfs(folder, programs=()):
    """What the guest boots into, as an archive. programs: more for its /bin."""
    tap.need_file(bench.DRIVER, "the driver")
    archive = Archive()
    for name in ("bin", "dev", "lib", "lib64", "modules", "proc", "run", "sys", "tmp", "var",
                 "var/run"):
        archive.folder(name)
    guest = os.path.join(folder, "guest")
    archive.copy("bin/busybox", first(guest + "/bin/busybox", guest + "/usr/bin/busybox"))
    archive.program(shutil.which("dpdk-testpmd"))
    for path in (bench.CTL,) + tuple(programs):
        archive.program(path)
    plugins = netns.command("pkg-config", "--variable=libdir", "libdpdk").strip()
    archive.program(first(plugins + "/dpdk/pmds-*/librte_mempool_ring.so"),
                    "lib/librte_mempool_ring.so")
    archive.program(bench.DRIVER, "lib/librte_net_sekisho.so")
    modules = Modules(guest)
    for name in MODULES:
        modules.add(name)
    for name, data in modules.order.items():
        archive.file("modules/%s.ko" % name, data)
    archive.file("modules/order", " ".join(modules.order).encode())
    archive.file("init", INIT.encode())
    return archive


class Line:
    """A serial line of the guest: the connected socket of it."""

    def __init__(self, connected, log):
        self.socket = connected
        self.socket.setblocking(False)
        self.log = log
        self.text = ""

    def pump(self, seconds):
        """Waits at most so long for more; True when something came."""
        end = time.monotonic() + seconds
        while True:
            try:
                data = self.socket.recv(65536)
            except BlockingIOError:
                data = None
            except OSError:
                return False
            if data:
                text = bench.Application.ESCAPES.sub("", data.decode("utf-8", "replace"))
                self.text += text
                with open(self.log, "a") as log:
                    log.write(text)
                return True
            if data == b"" or time.monotonic() >= end:
                return False
            time.sleep(0.01)

    def send(self, text):
        self.socket.setblocking(True)
        self.socket.sendall(text.encode())
        self.socket.setblocking(False)

    def read_until(self, pattern, seconds, alive):
        """What comes before the pattern, and its match; both are taken away."""
        end = time.monotonic() + seconds
        while True:
            match = re.search(pattern, self.text)
            if match:
                before = self.text[:match.start()]
                self.text = self.text[match.end():]
                return before, match
            assert time.monotonic() < end, \
                "the guest does not say %r:\n%s" % (pattern, self.text[-3000:])
            if not self.pump(0.2):
                assert alive(), "QEMU ended:\n" + self.text[-3000:]


def machine(folder, qemu, sim, initrd, functions, kernel=""):
    """QEMU's command line, without the serial lines. functions: those that the guest has."""
    root = os.path.join(qemu, "qemu")
    path = os.path.join(folder, "initrd")
    with open(path, "wb") as file:
        file.write(initrd)
    # By its own loader and libraries, so it needs nothing of the system around it.
    words = [first(root + "/usr/lib64/ld-linux-x86-64.so.2", root + "/lib64/ld-linux-x86-64.so.2"),
             "--library-path", root + "/usr/lib/x86_64-linux-gnu",
             root + "/usr/bin/qemu-system-x86_64",
             "-L", root + "/usr/share/seabios", "-L", root + "/usr/share/qemu",
             "-nodefaults", "-no-user-config", "-no-reboot", "-display", "none",
             "-machine", "q35,memory-backend=memory", "-accel", "tcg", "-cpu", "max",
             "-m", MEGABYTES,
             "-object", "memory-backend-memfd,id=memory,size=%dM,share=on" % MEGABYTES,
             "-device", "intel-iommu,intremap=on,caching-mode=on",
             "-kernel", first(qemu + "/guest/boot/vmlinuz-*"), "-initrd", path,
             "-append", "console=ttyS0 quiet loglevel=3 panic=-1 no_timer_check intel_iommu=on "
             "iommu=pt hugepages=%d %s" % (HUGE_PAGES, kernel)]
    for function in functions:
        words += ["-device", json.dumps({
            "driver": "vfio-user-pci", "addr": "%d.0" % SLOTS[function], "rombar": 0,
            "socket": {"path": sim.sockets[function], "type": "unix"}})]
    return words


def address(function):
    """The function's place on the guest's PCI."""
    return "0000:00:%02x.0" % SLOTS[function]


class Guest:
    """A running guest for a test."""

    def __init__(self, folder, qemu, sim, functions=tuple(SLOTS), programs=()):
        self.folder = folder
        lines = [os.path.join(folder, name) for name in ("shell.sock", "terminal.sock")]
        words = machine(folder, qemu, sim, initramfs(qemu, programs).bytes(), functions)
        for number, path in enumerate(lines):
            words += ["-chardev", "socket,id=line%d,path=%s,server=on,wait=on" % (number, path),
                      "-serial", "chardev:line%d" % number]
        start = time.monotonic()
        self.process = netns.Process(words, os.path.join(folder, "qemu.log"))
        try:
            self.shell, self.terminal = [self.connect(path) for path in lines]
            self.shell.read_until("guest: ready\r?\n", 90, self.process.alive)
        except AssertionError as error:
            self.end()
            raise AssertionError("%s\n%s" % (error, self.process.log()))
        self.boot_seconds = time.monotonic() - start

    def connect(self, path):
        line = socket.socket(socket.AF_UNIX)

        def attempt():
            assert self.process.alive(), "QEMU ended"
            try:
                line.connect(path)
            except OSError:
                return None
            return Line(line, path.replace(".sock", ".log"))

        return netns.wait_for(attempt, 20, "QEMU's serial line")

    def run(self, command, seconds=30, check=True):
        """A line for the guest's shell: what it prints."""
        self.shell.send(command + "\n")
        text, match = self.shell.read_until(r"@@(\d+)\r?\n", seconds, self.process.alive)
        text = text.replace("\r\n", "\n")
        if check:
            assert match.group(1) == "0", "in the guest: %s: status %s\n%s" % (
                command, match.group(1), text)
        return text

    def bind(self, function, driver):
        """Gives a function to a driver of the guest's kernel; "" takes it back."""
        device = "/sys/bus/pci/devices/" + address(function)
        self.run("if [ -e %s/driver ]; then echo %s > %s/driver/unbind; fi; echo %s > "
                 "%s/driver_override" % (device, address(function), device,
                                         driver or "''", device))
        if driver:
            self.run("echo %s > /sys/bus/pci/drivers_probe" % address(function))
            tap.equal(self.run("basename $(readlink %s/driver)" % device).strip(), driver,
                      "the driver of " + function)

    def ctl(self, *words, function="mgmt", check=True):
        """sekishoctl in the guest."""
        return self.run("sekishoctl -d pci:%s %s" % (address(function), " ".join(words)),
                        check=check)

    def end(self):
        self.process.end()
        for line in (getattr(self, "shell", None), getattr(self, "terminal", None)):
            if line:
                line.socket.close()


class Testpmd(bench.Testpmd):
    """dpdk-testpmd in the guest, on the second serial line."""

    def __init__(self, guest, options=()):
        self.guest = guest
        self.process = guest.process
        self.text = ""
        self.prompt = self.PROMPT
        words = TESTPMD + list(options)
        guest.run("setsid sh -c '%s < /dev/ttyS1 > /dev/ttyS1 2>&1; echo @@$? > /dev/ttyS1' &"
                  % " ".join(words))
        self.banner = self.read_until(self.prompt, 60)

    def send(self, line):
        self.guest.terminal.send(line + "\n")

    def read_until(self, wanted, seconds):
        return self.guest.terminal.read_until(re.escape(wanted), seconds, self.process.alive)[0]

    def quit(self, seconds=30):
        self.send("quit")
        _, match = self.guest.terminal.read_until(r"@@(\d+)", seconds, self.process.alive)
        return int(match.group(1))
