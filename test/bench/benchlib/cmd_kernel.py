# SPDX-License-Identifier: BSD-3-Clause
"""bench.py kernel: the kernel and polluxd as routers between the same namespaces, over veth.

A testpmd sends the traffic file into a veth as fast as it can; the router under test has the other
end and a second veth, at whose far end packets are counted and, being for another station, dropped.
Both routers pay the kernel for veth; cores busy are counted, as polluxd's poll loop takes one.
"""
import json
import os
import statistics
import time

from . import duts, env, traffic
from .env import BenchError, Hugepages, need, need_root, run, say
from .tables import save, table

WINDOW_S = 2.0
START_S = 30.0
DRIVERS = ["net_af_packet", "net_af_xdp"]
FIRST = ["nice", "-n", "-20"]  # not FIFO: the kernel's softirq threads need the core as well


def add_parser(sub, common):
    p = sub.add_parser("kernel", parents=[common], help=__doc__.split("\n", maxsplit=1)[0].split(": ")[1])
    p.add_argument("--routes", type=int, default=10000)
    p.add_argument("--drivers", default=",".join(DRIVERS), metavar="NAME,...")
    p.set_defaults(func=main)


class Path:
    """Namespaces of generator, router and sink; veths a0-r0 and r1-b0."""

    def __init__(self):
        tag = os.getpid() % 100000
        self.gen, self.router, self.sink = (f"pbench{tag}-{x}" for x in ("gen", "router", "sink"))

    def __enter__(self):
        for ns in (self.gen, self.router, self.sink):
            run("ip", "netns", "add", ns)
        self._veth("r0", traffic.ROUTER_MAC.hex(":"), "a0", self.gen)
        self._veth("r1", "02:70:63:61:70:01", "b0", self.sink)
        return self

    def __exit__(self, *exc):
        for ns in (self.gen, self.router, self.sink):
            run("ip", "netns", "del", ns, check=False)

    def _veth(self, dev, mac, far, ns):
        run("ip", "-n", self.router, "link", "add", dev, "address", mac, "type", "veth", "peer", "name", far,
            "netns", ns)
        for space, name in ((self.router, dev), (ns, far)):
            self.inside(space, "sysctl", "-qw", f"net.ipv6.conf.{name}.disable_ipv6=1")
            self.inside(space, "ethtool", "-K", name, "rx", "off", "tx", "off", "tso", "off", "gso", "off", "gro", "off")
            run("ip", "-n", space, "link", "set", name, "up")

    @staticmethod
    def inside(ns, *argv):
        return run("ip", "netns", "exec", ns, *argv)

    def received(self):
        text = run("ip", "-n", self.sink, "-s", "-j", "link", "show", "b0").stdout
        return json.loads(text)[0]["stats64"]["rx"]["packets"]


class Generator(duts.Testpmd):
    """The traffic file, over and over, into a0. Core 0: the router's end of veth runs there too."""

    def __init__(self, setup, path):
        super().__init__("generator", setup.but(vdevs=[setup.vdevs[0], "net_af_packet0,iface=a0"]))
        self.path = path

    def argv(self):
        argv = [a.replace("--forward-mode=mac", "--forward-mode=io") for a in super().argv()]
        at = argv.index("--lcores")
        argv[at + 1] = "0@0,1@0"
        return ["ip", "netns", "exec", self.path.gen, *FIRST, *argv]


class VethPolluxd(duts.Polluxd):
    """The daemon, inside the router's namespace."""

    def __init__(self, setup, path, driver):
        extra = ",force_copy=1" if driver == "net_af_xdp" else ""
        super().__init__("polluxd", setup.but(vdevs=[f"{driver}{i},iface=r{i}{extra}" for i in range(2)]))
        self.path = path

    def argv(self):
        return ["ip", "netns", "exec", self.path.router, *FIRST, *super().argv()]


def set_up_kernel(path, setup):
    for dev, addr in (("r0", "10.0.0.1/24"), ("r1", "172.16.0.1/16")):
        run("ip", "-n", path.router, "addr", "add", addr, "dev", dev)
    path.inside(path.router, "sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv4.conf.all.rp_filter=0")
    run("ip", "-n", path.router, "neigh", "add", traffic.gateway(0), "lladdr", "02:00:00:01:00:00", "dev", "r1")
    batch = setup.path("kernel.batch")
    with open(batch, "w", encoding="ascii") as f:
        f.writelines(f"route add {traffic.ntoa(a)}/{ln} via {traffic.gateway(0)}\n" for a, ln in setup.table)
    run("ip", "-n", path.router, "-batch", batch)


def softirq_threads():
    """The kernel's own threads that may forward for it."""
    out = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/comm", encoding="ascii") as f:
                if f.read().startswith("ksoftirqd/"):
                    out.append(int(pid))
        except OSError:
            pass
    return out


def busy_seconds(pids):
    """CPU time of generator, router and softirq threads: other work on the machine is not theirs."""
    return sum(ns for pid in pids for _, ns in env.thread_times(pid).values()) / 1e9


def measure(path, pids):
    n0, t0, b0 = path.received(), time.monotonic(), busy_seconds(pids)
    time.sleep(WINDOW_S)
    n1, t1, b1 = path.received(), time.monotonic(), busy_seconds(pids)
    return (n1 - n0) / (t1 - t0), (b1 - b0) / (t1 - t0)


def wait_arriving(path):
    """Until the first packets are through, and a little longer; what never comes is measure()'s to tell."""
    end = time.monotonic() + START_S
    while path.received() == 0 and time.monotonic() < end:
        time.sleep(0.1)
    time.sleep(1)


def once(setup, driver):
    """(packets per second, cores busy) of one router, built up and taken down again."""
    with Path() as path:
        dut = VethPolluxd(setup, path, driver) if driver else None
        gen = Generator(setup, path)
        try:
            if dut:
                dut.launch()
                dut.wait_ready()
            else:
                set_up_kernel(path, setup)
            gen.launch()
            wait_arriving(path)
            pids = softirq_threads() + [d.proc.pid for d in (gen, dut) if d]
            own = busy_seconds([gen.proc.pid])
            rate, busy = measure(path, pids)
            own = (busy_seconds([gen.proc.pid]) - own) / WINDOW_S
            if own < 0.8:
                say(f"the generator gets {own:.0%} of its core: too much else runs here, these are not capacities")
            if rate == 0:
                raise BenchError(f"nothing arrives behind {'polluxd' if dut else 'the kernel'}\n{gen.log_tail()}")
            return rate, busy
        finally:
            gen.end()
            if dut:
                dut.end()


def main(args):
    need_root()
    need("dpdk-testpmd", "ip", "ethtool", "sysctl")
    drivers = args.drivers.split(",")
    if unknown := set(drivers) - set(DRIVERS):
        raise BenchError(f"{', '.join(sorted(unknown))}: no such driver; there are {', '.join(DRIVERS)}")
    tab, _ = traffic.prefixes(args.routes, args.table)
    rows = []
    with Hugepages(args.hugepages) as huge:
        setup = duts.Setup(args, tab, traffic.destinations(tab, 4096), huge.pages)
        for i in range(args.starts):
            row = {"kernel": once(setup, None)} | {d: once(setup, d) for d in drivers}
            say(f"start {i + 1}/{args.starts}: " + "; ".join(f"{n} {r:.0f}/s, {c:.2f} cores" for n, (r, c) in row.items()))
            rows.append(row)
    out = [["kernel", "1.00", "1.00"]]
    for d in drivers:
        rate = statistics.median(r[d][0] / r["kernel"][0] for r in rows)
        core = statistics.median(r[d][0] / r[d][1] / (r["kernel"][0] / r["kernel"][1]) for r in rows)
        out.append([f"polluxd on {d}", f"{rate:.2f}", f"{core:.2f}"])
    table(["router", "packets per second / kernel's", "per busy core / kernel's"], out)
    save(args.json, {"command": "kernel", "routes": len(tab), "rows": rows})
