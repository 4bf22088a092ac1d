# SPDX-License-Identifier: BSD-3-Clause
"""The benches of the system tests: the simulator, testpmd on our driver, two hosts around them.

    namespace a           namespace s                                        namespace b
    kernel, TAP tapa <--> port 0 of sekisho-sim <- testpmd -> port 1  <--> TAP tapb, kernel
"""

import errno
import json
import os
import pty
import re
import shutil
import signal
import sys
import termios
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import netns
import tap
import vfio_user

SIM = os.path.join(netns.BUILD, "sim", "sekisho-sim")
CTL = os.path.join(netns.BUILD, "sekishoctl")
DRIVER = os.path.join(netns.BUILD, "driver", "librte_net_sekisho.so")
ASAN_DRIVER = os.path.join(netns.BUILD, "driver-asan", "librte_net_sekisho.so")
HEADERS = 22  # Ethernet and two VLAN tags: what the driver adds to an MTU
PORTS = FUNCTIONS = 2
MODEL = "model"  # in the place of a width: the reference model, not the Verilated core
QUEUES = 4

PORT_RX = ("accepted", "runt", "oversize", "overflow", "mac_error", "disabled")
PORT_TX = ("sent", "disabled")
DELIVER = ("delivered", "function_disabled", "mac_filter", "too_long", "bad_ip_checksum",
           "bad_l4_checksum", "flow_rule", "meter")
RX_QUEUE = ("completed", "no_descriptor", "buffer_too_small", "dma_error", "queue_disabled")
TX_QUEUE = ("sent", "dma_error", "length_error", "unsupported")
TX_CHECKSUM = ("not_requested", "inserted", "skipped")
VERDICT = ("unknown", "bad", "good", "none")
FLOW = tuple("rule%d" % n for n in range(8))

# (name, offset in the management function's window, kinds, entries kept for each, number of them)
BANKS = (
    ("port_rx", 0x4000, PORT_RX, 8, PORTS),
    ("port_tx", 0x4400, PORT_TX, 8, PORTS),
    ("deliver", 0x5000, DELIVER, 16, FUNCTIONS),
    ("tx_checksum", 0x5800, TX_CHECKSUM, 4, FUNCTIONS),
    ("flow", 0x5c00, FLOW, 8, FUNCTIONS),
    ("rx_queue", 0x6000, RX_QUEUE, 8, FUNCTIONS * QUEUES),
    ("tx_queue", 0x7000, TX_QUEUE, 8, FUNCTIONS * QUEUES),
)


class Counters:
    """Packets by what became of them, read over the protocol at the register map's addresses."""

    def __init__(self, client):
        self.banks = {}
        for name, base, kinds, width, number in BANKS:
            self.banks[name] = [
                {kind: client.counter(base + 16 * (width * i + k)) for k, kind in enumerate(kinds)}
                for i in range(number)]
        self.verdicts = [
            {(VERDICT[ip], VERDICT[l4]): client.counter(0x5400 + 16 * (16 * f + 4 * ip + l4))
             for ip in range(4) for l4 in range(4)}
            for f in range(FUNCTIONS)]

    def __getattr__(self, name):
        try:
            return self.banks[name]
        except KeyError:
            raise AttributeError(name)

    def __eq__(self, other):
        return self.banks == other.banks and self.verdicts == other.verdicts

    def l4(self, function, verdict):
        return sum(n for (_, l4), n in self.verdicts[function].items() if l4 == verdict)

    def ip(self, function, verdict):
        return sum(n for (ip, _), n in self.verdicts[function].items() if ip == verdict)

    def queue(self, direction, function, number):
        return self.banks[direction + "_queue"][function * QUEUES + number]

    def completed(self, function):
        return sum(self.queue("rx", function, q)["completed"] for q in range(QUEUES))

    def sent(self, function):
        return sum(self.queue("tx", function, q)["sent"] for q in range(QUEUES))

    def queues_used(self, function, packets=1):
        """Receive queues that took at least so many packets."""
        return sum(self.queue("rx", function, q)["completed"] >= packets for q in range(QUEUES))

    def balance(self):
        """What does not add up, as sentences; empty when every packet is accounted for."""
        wrong = []

        def same(what, came, went):
            if came != went:
                wrong.append("%s: %d came, %d went on or were dropped" % (what, came, went))

        for i in range(FUNCTIONS):
            same("deliver of function %d" % i, self.port_rx[i]["accepted"],
                 sum(self.deliver[i].values()))
            same("verdicts of function %d" % i, self.port_rx[i]["accepted"],
                 sum(self.verdicts[i].values()))
            same("receive queues of function %d" % i, self.deliver[i]["delivered"],
                 sum(sum(self.queue("rx", i, q).values()) for q in range(QUEUES)))
            same("transmit checksums of function %d" % i, self.sent(i),
                 sum(self.tx_checksum[i].values()))
            same("transmit port %d" % i, self.sent(i), sum(self.port_tx[i].values()))
        return wrong


class Sim:
    """A running sekisho-sim: two network functions, the management function, two ports."""

    def __init__(self, folder, ports, width=64, namespace=None, options=()):
        tap.need_file(SIM, "the simulator")
        self.folder = folder
        self.sockets = {name: os.path.join(folder, name + ".sock")
                        for name in ("net0", "net1", "mgmt")}
        for path in self.sockets.values():
            if os.path.exists(path):
                os.unlink(path)
        self.statistics = os.path.join(folder, "sim.json")
        words = [SIM, "--stats", self.statistics]
        if width == MODEL:
            words += ["--engine", "model"]
        else:
            words += ["--engine", "rtl", "--data-width", width]
        for name, path in self.sockets.items():
            words += ["--function", "%s=%s" % (name, path)]
        for number, port in enumerate(ports):
            words += ["--port", "%d=%s" % (number, port)]
        self.process = netns.Process(words + list(options), os.path.join(folder, "sim.log"),
                                     namespace=namespace)
        try:
            netns.wait_for(self.ready, 20, "the simulator's sockets")
        except AssertionError as error:
            self.process.end()
            raise AssertionError("%s\n%s" % (error, self.process.log()))

    def ready(self):
        assert self.process.alive(), "the simulator ended:\n" + self.process.log()
        return all(os.path.exists(path) for path in self.sockets.values())

    def uri(self, function):
        return "vfio-user:" + self.sockets[function]

    def client(self, function):
        """A client of a function. The simulator may not have seen yet that the last one has gone."""
        end = time.monotonic() + 5
        while True:
            try:
                return vfio_user.Client(self.sockets[function])
            except vfio_user.Refused as error:
                if error.errno != errno.EBUSY or time.monotonic() > end:
                    raise
                time.sleep(0.02)

    def counters(self):
        with self.client("mgmt") as client:
            return Counters(client)

    def quiet_counters(self, seconds=20, pause=0.3):
        """The counters once they have stopped moving."""
        end = time.monotonic() + seconds
        last = self.counters()
        while True:
            time.sleep(pause)
            now = self.counters()
            if now == last:
                return now
            assert time.monotonic() < end, "the counters never stopped moving"
            last = now

    def ctl(self, *words, check=True):
        tap.need_file(CTL, "sekishoctl")
        end = time.monotonic() + 5
        while True:
            try:
                return netns.command(CTL, "-d", self.uri("mgmt"), *words, check=check)
            except AssertionError as error:
                # The simulator has not yet seen that our own client has gone.
                if "another program uses this function" not in str(error) or \
                        time.monotonic() > end:
                    raise

    def check_balance(self):
        """rx = delivered + drops by reason, over the whole card, by two independent programs."""
        counters = self.quiet_counters()
        wrong = counters.balance()
        assert not wrong, "packets went uncounted: " + "; ".join(wrong)
        self.ctl("check")
        return counters

    def finish(self):
        """An orderly end. Every frame that the wires brought is one that the card counted, and
        every frame that it counts as sent went out. Returns what the simulator says of its run."""
        tap.equal(self.process.end(), 0, "the simulator's exit status:\n" + self.process.log()[-2000:])
        with open(self.statistics) as file:
            run = json.load(file)
        for port in run["ports"]:
            tap.equal(port["card_received"], port["frames_in"], "frames received at port %(port)d" % port)
            tap.equal(port["card_sent"], port["frames_out"] + port["dropped_out"],
                      "frames sent by port %(port)d" % port)
        return run

    def end(self):
        return self.process.end()


class Application:
    """A DPDK application as the distribution installs it, with our driver, driven by its prompt."""

    ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[=>78DM]|\r")

    def __init__(self, program, prompt, folder, devices, options=(), driver=DRIVER, preload=(),
                 name="pmd", environment=None, memory=256, namespace=None):
        tap.need_file(driver, "the driver")
        tap.need_program(program)
        self.prompt = prompt
        self.prefix = "sek%d%s" % (os.getpid(), name)
        # EAL refuses a driver by its path when a parent folder is writable by everyone; by its name
        # it comes through the library path.
        env = dict(os.environ, TERM="dumb", LD_LIBRARY_PATH=":".join(
            filter(None, (os.path.dirname(driver), os.environ.get("LD_LIBRARY_PATH")))))
        if preload:
            env["LD_PRELOAD"] = " ".join(preload)
        env.update(environment or {})
        words = [program, "-d", os.path.basename(driver), "--no-huge", "-m", memory, "--no-pci",
                 "--no-telemetry", "--file-prefix", self.prefix, "--lcores", "0@(0-1),1@(0-1)"]
        for device in devices:
            words += ["--vdev", device]
        # A terminal as output, so that it writes line by line; a pipe as input.
        self.master, slave = pty.openpty()
        attributes = termios.tcgetattr(slave)
        attributes[1] &= ~termios.OPOST
        termios.tcsetattr(slave, termios.TCSANOW, attributes)
        read_end, self.input = os.pipe()
        self.log_path = os.path.join(folder, name + ".log")
        self.process = netns.Process(words + list(options), self.log_path, namespace=namespace,
                                     stdin=read_end, stdout=slave, env=env)
        os.close(slave)
        os.close(read_end)
        os.set_blocking(self.master, False)
        self.text = ""
        try:
            self.read_until(self.prompt, 60)
        except AssertionError:
            self.kill()
            raise

    # testpmd's other threads tell of events, in the middle of a prompt too.
    EVENT = re.compile(r"Port \d+: [a-z ]+ event\n")

    def pump(self, seconds=0.0):
        """Reads what there is, waits at most the given time for it; True when something came."""
        end = time.monotonic() + seconds
        while True:
            try:
                data = os.read(self.master, 65536)
            except BlockingIOError:
                data = None
            except OSError:
                return False  # the other side has closed
            if data:
                text = self.ESCAPES.sub("", data.decode("utf-8", "replace"))
                self.text += text
                with open(self.log_path, "a") as log:
                    log.write(text)
                return True
            if data == b"" or time.monotonic() >= end:
                return False
            time.sleep(0.01)

    def read_until(self, wanted, seconds):
        """Everything up to wanted, which is taken away as well."""
        end = time.monotonic() + seconds
        while wanted not in self.text:
            whole = self.EVENT.sub("", self.text)
            if whole != self.text and whole.replace("\n", "").endswith(wanted):
                before, self.text = self.text, ""
                return before
            assert time.monotonic() < end, \
                "the application does not say %r:\n%s" % (wanted, self.text[-3000:])
            if not self.pump(0.2) and not self.process.alive():
                with open(self.log_path, errors="replace") as log:
                    raise AssertionError("the application ended:\n" + log.read()[-4000:])
        before, self.text = self.text.split(wanted, 1)
        return before

    def send(self, line):
        os.write(self.input, (line + "\n").encode())

    def command(self, line, seconds=20):
        """Types a line and returns what the application answers."""
        self.send(line)
        return self.read_until(self.prompt, seconds)

    def quit(self, seconds=30):
        """Ends it as a person would; returns its exit status."""
        if self.process.alive():
            try:
                self.send("quit")
            except OSError:
                pass
            end = time.monotonic() + seconds
            while self.process.alive() and time.monotonic() < end:
                self.pump(0.1)
        status = self.process.wait(0.1) if self.process.alive() else self.process.popen.returncode
        while self.pump(0.0):
            pass
        self.close()
        return status

    def kill(self):
        """Ends it at once, if it still runs, and removes what EAL left."""
        self.process.kill()
        self.process.popen.wait()
        self.close()

    def close(self):
        for descriptor in (self.master, self.input):
            try:
                os.close(descriptor)
            except OSError:
                pass
        self.master = self.input = -1
        shutil.rmtree("/var/run/dpdk/" + self.prefix, ignore_errors=True)


class Testpmd(Application):
    PROMPT = "testpmd> "

    def __init__(self, folder, devices, queues=1, mtu=1500, options=(), rx_checksum=True,
                 program="dpdk-testpmd", **others):
        words = ["--", "-i", "--no-mlockall", "--nb-cores=1", "--rxq=%d" % queues,
                 "--txq=%d" % queues, "--rxd=%d" % (1024 // queues), "--txd=256",
                 "--total-num-mbufs=8192",
                 "--mbuf-size=%d" % (2304 if mtu <= 2000 else 10240),
                 "--max-pkt-len=%d" % (mtu + HEADERS)]
        if rx_checksum:
            words.append("--enable-rx-cksum")
        super().__init__(program, self.PROMPT, folder, devices,
                         options=words + list(options), **others)

    def stats(self, port):
        """`show port stats`: RX-packets and so on as numbers."""
        text = self.command("show port stats %d" % port)
        return {name: int(value)
                for name, value in re.findall(r"([RT]X-[a-z]+):\s+(\d+)", text)}

    def link(self, port):
        return "Link status: up" in self.command("show port info %d" % port)

    def xstats(self, port):
        text = self.command("show port xstats %d" % port)
        return {name: int(value) for name, value in re.findall(r"^(\w+): (\d+)$", text, re.M)}

    def checksum_offload(self, port):
        """Sends IPv4, TCP and UDP checksums of the csum engine to the hardware. Port stopped."""
        for kind in ("ip", "tcp", "udp"):
            self.command("csum set %s hw %d" % (kind, port))


def device(sim, function, **arguments):
    """The --vdev of a network function."""
    number = function[-1]
    words = ["net_sekisho%s" % number, "device=" + sim.uri(function)]
    words += ["%s=%s" % item for item in arguments.items()]
    return ",".join(words)


class Bench:
    """Two hosts, each in a namespace behind a TAP, joined by the NIC and testpmd. A context."""

    def __init__(self, width=64, queues=1, mtu=1500, vlan=0, engine="io", addresses=True,
                 devargs=None, port_options=("", ""), pmd_options=(), start=True, driver=DRIVER,
                 preload=(), environment=None):
        tap.need_root()
        self.queues, self.mtu, self.vlan = queues, mtu, vlan
        self.stack = []
        try:
            self.build(width, engine, addresses, devargs or {}, port_options, pmd_options, start,
                       driver, preload, environment)
        except BaseException:
            self.close()
            raise

    def build(self, width, engine, addresses, devargs, port_options, pmd_options, start, driver,
              preload, environment):
        scratch = netns.scratch()
        self.stack.append(scratch.cleanup)
        self.folder = scratch.name
        self.ns = netns.Namespaces("a", "b", "s")
        self.stack.append(self.ns.remove)
        ports = ["tap:tap%s%s" % (side, option) for side, option in zip("ab", port_options)]
        self.sim = Sim(self.folder, ports, width, namespace=self.ns["s"])
        self.stack.append(self.sim.end)
        for number, side in enumerate("ab", 1):
            self.set_up_host(side, number, addresses)
        self.pmd = Testpmd(self.folder, [device(self.sim, "net%d" % i, **devargs) for i in (0, 1)],
                           queues=self.queues, mtu=self.mtu, options=pmd_options, driver=driver,
                           preload=preload, environment=environment)
        self.stack.append(self.pmd.kill)
        self.configure(self.pmd, engine, self.queues)
        if start:
            self.pmd.command("start")
        # Only now, so that no frame of theirs comes before the card takes all of them.
        for side in "ab":
            self.ns.ip(side, "link", "set", "tap" + side, "up")
        for port in (0, 1):
            netns.wait_for(lambda: self.pmd.link(port) or "link=down" in port_options[port], 10,
                           "port %d's link" % port)

    @staticmethod
    def configure(pmd, engine, queues):
        """Chooses testpmd's engine, with what it needs of the ports."""
        if engine == "csum":
            pmd.command("port stop all")
            for port in (0, 1):
                pmd.checksum_offload(port)
            pmd.command("port start all")
            for port in (0, 1):
                pmd.command("csum mac-swap off %d" % port)
        if queues > 1:
            # Addresses and ports; a port that is configured again forgets it.
            pmd.command("port config all rss all")
        pmd.command("set fwd %s" % engine)

    def set_up_host(self, side, number, addresses):
        interface = "tap" + side
        self.ns.ip("s", "link", "set", interface, "netns", self.ns[side])
        if not addresses:
            self.ns.sysctl(side, "net.ipv6.conf.%s.disable_ipv6" % interface, 1)
        self.ns.ip(side, "link", "set", interface, "address", "02:00:00:00:00:0%d" % number,
                   "mtu", self.mtu, "txqueuelen", 200)
        if addresses:
            self.ns.ip(side, "addr", "add", "198.18.0.%d/24" % number, "dev", interface)
            self.ns.ip(side, "addr", "add", "2001:db8::%d/64" % number, "dev", interface, "nodad")
        if self.vlan:
            netns.tag_interface(self.ns, side, interface, self.vlan, self.folder)

    def check(self):
        """What must hold after every test: nothing uncounted, and testpmd agrees with the NIC."""
        for _ in range(10):
            counters = self.sim.check_balance()
            stats = [self.pmd.stats(port) for port in (0, 1)]
            # The kernels send something of their own now and then: read both again.
            if self.sim.counters() == counters:
                break
        for port in (0, 1):
            tap.equal(stats[port]["RX-packets"], counters.completed(port), "port %d: received" % port)
            tap.equal(stats[port]["TX-packets"], counters.sent(port), "port %d: sent" % port)
        return counters

    def finish(self):
        """The last check of a test, and an orderly end of every part."""
        self.check()
        tap.equal(self.pmd.quit(), 0, "testpmd's exit status")
        self.sim.finish()

    def close(self):
        while self.stack:
            self.stack.pop()()

    def __enter__(self):
        return self

    def __exit__(self, kind, error, _):
        if error is not None and not isinstance(error, tap.Skip):
            for name in ("sim.log", "pmd.log"):
                path = os.path.join(self.folder, name)
                if os.path.exists(path):
                    with open(path, errors="replace") as file:
                        tap.note("--- end of %s\n%s" % (name, file.read()[-2500:]))
        self.close()
