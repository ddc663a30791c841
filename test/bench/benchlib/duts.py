# SPDX-License-Identifier: BSD-3-Clause
"""The programs under test. Each forwards from a net_pcap port to a net_null port on one lcore."""
import contextlib
import copy
import glob
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import time

from . import l3fwd, traffic
from .scenarios import merge
from .env import BenchError, TaskClock, end_process, wait_stopped

CONTROL_CPU, WORKER_CPU = 0, 1
POOL = 65536
START_LIMIT, CLIENT_LIMIT = 180, 120


def vdevs(pcap):
    """From a file that is played over and over, to where all packets go."""
    return [f"net_pcap0,rx_pcap={pcap},infinite_rx=1", "net_null0,no-rx=1"]


class Setup:
    """What every program of one run shares: files, memory, devices."""

    def __init__(self, args, table, dsts, pages):
        self.work, self.build_dir, self.table = args.work, args.build, table
        self.gateways = getattr(args, "gateways", 1)
        self.interfaces, self.patch = 2, {}
        self.memory = 512  # MB that each program begins with
        self.huge = pages >= 1024
        self.pcap = self.path("traffic.pcap")
        traffic.write_pcap(self.pcap, dsts)
        self.vdevs = vdevs(self.pcap)

    def but(self, **changes):
        """The same with another table, or other devices."""
        other = copy.copy(self)
        other.__dict__.update(changes)
        return other

    def eal(self, prefix, vdevs=True):
        """EAL options equal for all: one lcore for packets, same memory, same devices."""
        mem = ["--in-memory", "-m", str(self.memory)] if self.huge else ["--no-huge", "-m", "1024"]
        out = ["--no-pci", "--file-prefix", prefix, *mem]
        return out + [f"--vdev={v}" for v in self.vdevs] if vdevs else out

    def path(self, name):
        return os.path.join(self.work, name)


class Telemetry:
    """One connection to a DPDK program's telemetry socket."""

    def __init__(self, prefix, proc, seconds):
        end = time.monotonic() + seconds
        pattern = f"/var/run/dpdk/{prefix}/dpdk_telemetry.v2*"
        while True:
            try:
                self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
                self.sock.settimeout(5)
                self.sock.connect((glob.glob(pattern) or [""])[0] or pattern)
                break
            except OSError as e:
                self.sock.close()
                if proc.poll() is not None or time.monotonic() > end:
                    raise BenchError(f"{prefix}: no telemetry socket: {e}") from e
                time.sleep(0.005)
        self.sock.recv(16384)

    def ask(self, command):
        self.sock.send(command.encode())
        reply = json.loads(self.sock.recv(65536))
        return reply[command.split(",")[0]]

    def close(self):
        self.sock.close()


class Dut:
    """A started program. Between start() and end() it is stopped except while being measured."""
    def __init__(self, name, setup):
        self.name, self.setup = name, setup
        self.prefix = f"bench-{os.getpid()}-{re.sub('[^a-z0-9]', '', name)}"
        self.proc = self.tel = self.clock = self.tid = self.port = None

    def argv(self):
        raise NotImplementedError

    def launch(self):
        """Begin the process; seconds of monotonic time at which it was begun."""
        with open(self.setup.path(self.name + ".log"), "wb") as log:
            argv = self.argv()
            begun = time.monotonic()
            self.proc = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=log, stderr=log)
        return begun

    def start(self):
        """Until packets leave; then worker at FIFO 50, process stopped. Seconds it took."""
        begun = self.launch()
        try:
            self.tel = Telemetry(self.prefix, self.proc, START_LIMIT)
            self._wait_forwarding()
        except (BenchError, OSError) as e:
            raise BenchError(f"{self.name} does not start: {e}\n{self.log_tail()}") from e
        took = time.monotonic() - begun
        self.tid = self.worker_tid()
        os.sched_setscheduler(self.tid, os.SCHED_FIFO, os.sched_param(50))
        self.clock = TaskClock(self.proc.pid, self.tid)
        self.stop()
        return took

    def log_tail(self):
        with open(self.setup.path(self.name + ".log"), errors="replace", encoding="utf-8") as f:
            return "".join(f.readlines()[-15:])

    def _tx_port(self):
        for port in self.tel.ask("/ethdev/list"):
            if self.tel.ask(f"/ethdev/info,{port}")["name"].startswith("net_null"):
                return port
        return None

    def _wait_forwarding(self):
        end = time.monotonic() + START_LIMIT
        while time.monotonic() < end:
            if self.proc.poll() is not None:
                raise BenchError(f"exit code {self.proc.returncode}")
            self.port = self._tx_port() if self.port is None else self.port
            if self.port is not None and self.packets() > 0:
                return
            time.sleep(0.005)
        raise BenchError(f"no packet leaves in {START_LIMIT} s")

    def worker_tid(self):
        """The busiest of the threads that may run on the worker's core alone."""
        found = []
        for tid in map(int, os.listdir(f"/proc/{self.proc.pid}/task")):
            if os.sched_getaffinity(tid) == {WORKER_CPU}:
                clock = TaskClock(self.proc.pid, tid)
                with open(clock.path, encoding="ascii") as f:
                    found.append((int(f.read().split()[0]), tid))
                clock.close()
        if not found:
            raise BenchError(f"{self.name}: no thread is pinned to core {WORKER_CPU}")
        return max(found)[1]

    def packets(self):
        return self.tel.ask(f"/ethdev/stats,{self.port}")["opackets"]

    def sample(self):
        """(packets out, CPU ns of the worker), the clock read on both sides of the counter."""
        a = self.clock.ns()
        n = self.packets()
        return n, (a + self.clock.ns()) / 2

    def cont(self):
        self.proc.send_signal(signal.SIGCONT)

    def stop(self):
        self.proc.send_signal(signal.SIGSTOP)
        wait_stopped(self.proc.pid, self.tid)

    def relax(self):
        """Ordinary priority: one busy FIFO thread keeps the others of its core even from dying."""
        if self.tid is not None and self.proc.poll() is None:
            with contextlib.suppress(ProcessLookupError):  # a process that is ending has no threads before it has ended
                os.sched_setscheduler(self.tid, os.SCHED_OTHER, os.sched_param(0))

    def end(self):
        self.relax()
        for x in (self.tel, self.clock):
            if x is not None:
                x.close()
        if self.proc is not None:
            self.proc.stdin.close()  # what testpmd waits for; signals do not wake it
        end_process(self.proc)
        shutil.rmtree(f"/var/run/dpdk/{self.prefix}", ignore_errors=True)


class Testpmd(Dut):
    def argv(self):
        return ["dpdk-testpmd", "--lcores", f"{CONTROL_CPU}@{CONTROL_CPU},{WORKER_CPU}@{WORKER_CPU}",
                "--main-lcore", str(CONTROL_CPU), *self.setup.eal(self.prefix), "--",
                "--forward-mode=mac", "--nb-cores=1", f"--total-num-mbufs={POOL}", "--no-flush-rx",
                "--burst=32"]


class L3fwd(Dut):
    def argv(self):
        rules = self.setup.path(self.name + "-v4.cfg")
        traffic.write_l3fwd_routes(rules, self.setup.table)
        rules6 = self.setup.path(self.name + "-v6.cfg")
        with open(rules6, "w", encoding="ascii") as f:
            f.write("R2001:0db8:0000:0000:0000:0000:0000:0000/32 1\n")
        lookup = "lpm" if len(self.setup.table) <= 100000 else "fib"
        return [l3fwd.build(self.setup.work), "--lcores", f"{WORKER_CPU}@{WORKER_CPU}",
                *self.setup.eal(self.prefix), "--", "-p", "3", "-P",
                f"--config=(0,0,{WORKER_CPU}),(1,0,{WORKER_CPU})", f"--lookup={lookup}", "--parse-ptype",
                f"--rule_ipv4={rules}", f"--rule_ipv6={rules6}"]


class Polluxd(Dut):
    def program(self, name):
        path = os.path.join(self.setup.build_dir, "app", name, name)
        if not os.path.exists(path):
            raise BenchError(f"{path}: not found; name the build folder with --build DIR")
        return path

    def config(self):
        s = self.setup
        routes = s.path(self.name + "-routes.txt")
        half = s.interfaces // 2 if s.interfaces > 2 else 0
        gateways = [traffic.vlan_gateway(v) for v in range(1, half + 1)] or [traffic.gateway(k) for k in range(s.gateways)]
        traffic.write_pollux_routes(routes, s.table, gateways)
        doc = {
            "version": 1,
            "system": {"hostname": "bench", "socket": s.path(self.name + ".sock"), "log": {"level": "warning"}},
            "dpdk": {"control": CONTROL_CPU, "workers": [WORKER_CPU], "memory_mb": 512 if s.huge else 1024,
                     "hugepages": s.huge},
            "ports": {"p0": {"device": s.vdevs[0]}, "p1": {"device": s.vdevs[1]}},
            "vlans": {f"{p}.{v}": {"parent": p, "id": v} for v in range(1, half + 1) for p in ("p0", "p1")},
            "addresses": {"p0": ["10.0.0.1/24"], "p1": ["172.16.0.1/12"]} if half == 0 else traffic.vlan_addresses(half),
            "neighbours": [{"dst": g, "dev": f"p1.{k + 1}" if half else "p1",
                            "lladdr": f"02:00:00:01:{k >> 8 & 255:02x}:{k & 255:02x}"}
                           for k, g in enumerate(gateways)],
            "routes_file": routes,
        }
        return merge(doc, s.patch)

    def argv(self):
        path = self.setup.path(self.name + ".json")
        with open(path, "w", encoding="ascii") as f:
            json.dump(self.config(), f, indent=1)
        eal = self.setup.eal(self.prefix, vdevs=False)
        return [self.program("polluxd"), *eal, "--", "-c", path]

    def client(self, *words):
        """Output of the client. BenchError with all that it said when the command fails."""
        r = subprocess.run([self.program("pollux"), "-S", self.setup.path(self.name + ".sock"), *words],
                           capture_output=True, text=True, check=False, timeout=CLIENT_LIMIT)
        if r.returncode:
            raise BenchError(f"{self.name}: pollux {' '.join(words)}: exit code {r.returncode}\n"
                             f"{(r.stdout + r.stderr)[-1000:]}\n{self.log_tail()}")
        return r.stdout

    def _wait_client(self, what, done):
        """Until done(), which asks the daemon; that need not answer yet."""
        end = time.monotonic() + START_LIMIT
        while True:
            try:
                if done():
                    return
                said = ""
            except BenchError as e:
                said = f"\n{e}"
            if self.proc.poll() is not None or time.monotonic() > end:
                raise BenchError(f"{self.name} {what}{said or chr(10) + self.log_tail()}")
            time.sleep(0.005)

    def wait_ready(self):
        """Until `pollux show health` is content."""
        self._wait_client("does not get ready", lambda: self.client("show", "health"))

    def routes(self):
        """Routes in the tables now, own addresses' included."""
        doc = json.loads(self.client("-j", "show", "fib", "summary"))
        return (doc[0] if isinstance(doc, list) else doc)["routes"]

    def wait_routes(self):
        """Until the whole table is in: the daemon forwards while it still loads."""
        want = len(self.setup.table)
        self._wait_client(f"does not load {want} routes", lambda: self.routes() >= want)

    def _wait_forwarding(self):
        super()._wait_forwarding()
        self.wait_routes()

    def stages(self):
        """{stage: (packets, cycles)} summed over the workers; {} when the build keeps no cycles."""
        return stage_rows(json.loads(self.client("-j", "show", "stats", "stages")))


def stage_rows(doc):
    """Finds rows that have a stage's name, packets and cycles, wherever they stand in the reply."""
    out = {}
    if isinstance(doc, list):
        for x in doc:
            for k, (p, c) in stage_rows(x).items():
                a, b = out.get(k, (0, 0))
                out[k] = (a + p, b + c)
    elif isinstance(doc, dict):
        name = doc.get("stage", doc.get("name"))
        if isinstance(name, str) and "packets" in doc and "cycles" in doc:
            return {name: (doc["packets"], doc["cycles"])}
        return stage_rows(list(doc.values()))
    return out


KINDS = {"testpmd": Testpmd, "l3fwd": L3fwd, "polluxd": Polluxd}


def make(name, setup, called=None):
    """A program; @called: its name in the results, else @name. `testpmd2` is a second instance of testpmd: what the harness gives for equal programs.
    `polluxd@DIR` is the daemon of another build folder."""
    name, _, folder = name.partition("@")
    kind = name.rstrip("0123456789").split("-")[0]
    if folder:
        name, setup = f"{name}-{os.path.basename(folder.rstrip('/'))}", setup.but(build_dir=folder)
    for key, cls in KINDS.items():
        if key == name or key == kind:
            return cls(called or name, setup)
    raise BenchError(f"{name}: no such program; known: {', '.join(KINDS)}")
