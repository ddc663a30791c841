# SPDX-License-Identifier: BSD-3-Clause
"""bench.py latency: how long a packet takes over memif, at several loads and after silence."""
import json
import os
import shutil
import statistics
import subprocess
import time

from . import duts, traffic
from .env import BenchError, end_process, micro, need, need_root, say
from .tables import save, table

ROUTER = traffic.ROUTER_MAC.hex(":")
WINDOW = 256
LOW_PPS = 10000
# What is asked of each program, behind the measurement of its capacity: (name, share of that, or None: LOW_PPS).
LOADS = [("low", None), ("half", 0.5), ("full", 0.95)]
# (name, milliseconds of silence before each packet, packets)
SILENCE = [("after 20 ms", 20, 100), ("after 1.2 s", 1200, 8)]
CASES = [("testpmd", None), ("polluxd", "poll"), ("polluxd", "auto")]


def add_parser(sub, common):
    p = sub.add_parser("latency", parents=[common], help=__doc__.split(": ")[1])
    p.add_argument("--fifo", action="store_true",
                   help="generator and worker at real-time priority: for a machine that others use, too")
    p.add_argument("--seconds", type=float, default=1, help="length of each load")
    p.set_defaults(func=main)


def memif(role, i, more=""):
    """One end of the cable between generator and program."""
    return f"net_memif{i},role={role},id={i},socket=pollux-bench-{os.getpid()}-{i}{more}"


def prefer(tid, fifo, priority):
    """Before others. FIFO loses 50 ms of each second to the kernel's limit, and a p99 shows nothing else then."""
    if fifo:
        os.sched_setscheduler(tid, os.SCHED_FIFO, os.sched_param(priority))
    else:
        os.setpriority(os.PRIO_PROCESS, tid, -20)


class Generator:
    """The program that sends, receives and keeps time; on the core of the control threads."""

    def __init__(self, setup, program):
        dsts = setup.path("destinations.txt")
        with open(dsts, "w", encoding="ascii") as f:
            f.writelines(traffic.ntoa(d) + "\n" for d in setup.dsts)
        self.prefix = f"bench-{os.getpid()}-gen"
        eal = setup.but(vdevs=[memif("server", i) for i in range(2)]).eal(self.prefix)
        with open(setup.path("latency_gen.log"), "wb") as log:
            self.proc = subprocess.Popen([program, ROUTER, dsts, "-l", str(duts.CONTROL_CPU), *eal], text=True,
                                         stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log)
        prefer(self.proc.pid, setup.fifo, 30)
        self.answer()  # a router that comes earlier may be refused

    def answer(self):
        for text in self.proc.stdout:
            if text.startswith("{"):
                return json.loads(text)
        raise BenchError(f"latency_gen ended: exit code {self.proc.wait()}")

    def ask(self, *words):
        self.proc.stdin.write(" ".join(map(str, words)) + "\n")
        self.proc.stdin.flush()
        return self.answer()

    def end(self):
        self.proc.stdin.close()
        end_process(self.proc)
        shutil.rmtree(f"/var/run/dpdk/{self.prefix}", ignore_errors=True)


def started(name, power, setup):
    """The program, connected and forwarding."""
    dut = duts.make(name, setup.but(vdevs=[memif("client", i, f",mac={ROUTER[:-1]}{i}") for i in range(2)]))
    dut.launch()
    if name == "polluxd":
        dut.wait_ready()
        dut.wait_routes()
        dut.client("set", "power", power)
    return dut


def measure(gen, seconds):
    """{load: what the generator says}."""
    ms = int(seconds * 1000)
    gen.ask("closed", WINDOW, ms)  # warm
    out = {"capacity": gen.ask("closed", WINDOW, ms)}
    for name, share in LOADS:
        pps = LOW_PPS if share is None else int(out["capacity"]["pps"] * share)
        out[name] = dict(gen.ask("rate", max(pps, 1), ms), offered=pps)
    for name, gap, n in SILENCE:
        out[name] = gen.ask("idle", gap, n)
    return out


def once(case, setup, program, seconds):
    name, power = case
    gen, dut = Generator(setup, program), None
    try:
        dut = started(name, power, setup)
        gen.answer()
        time.sleep(0.5)
        dut.tid = dut.worker_tid()
        prefer(dut.tid, setup.fifo, 50)
        return measure(gen, seconds)
    finally:
        if dut is not None:
            dut.relax()
        gen.end()
        if dut is not None:
            dut.end()


def label(case):
    return case[0] if case[1] is None else f"{case[0]}, power {case[1]}"


def rows_of(results):
    """Medians over the starts, by program and load."""
    out = []
    for case in CASES:
        runs = results[label(case)]
        for load in runs[0]:
            values = {k: statistics.median(r[load][k] for r in runs) for k in ("pps", "p50", "p99", "p999", "max")}
            sent, got = (sum(r[load][k] for r in runs) for k in ("sent", "received"))
            out.append({"program": label(case), "load": load, **values, "sent": sent, "lost": sent - got})
    return out


def main(args):
    need_root()
    need("dpdk-testpmd")
    program = micro(args, "latency_gen")
    tab, _ = traffic.prefixes(10000, args.table)
    results = {label(c): [] for c in CASES}
    # The memif driver does not go with EAL's --in-memory: no program has large pages here.
    setup = duts.Setup(args, tab, [], 0).but(dsts=traffic.destinations(tab, 4096), fifo=args.fifo)
    for i in range(args.starts):
        for case in CASES:
            results[label(case)].append(once(case, setup, program, args.seconds))
            half = results[label(case)][-1]["half"]
            say(f"start {i + 1}/{args.starts}: {label(case)}: half load {half['pps']:.0f}/s, p50 {half['p50']} us, "
                f"p99 {half['p99']} us")
    rows = rows_of(results)
    table(["program", "load", "packets per second", "p50 us", "p99 us", "p99.9 us", "lost"],
          [[r["program"], r["load"], f"{r['pps']:.0f}", f"{r['p50']:.1f}", f"{r['p99']:.1f}", f"{r['p999']:.1f}",
            f"{r['lost']} of {r['sent']}"] for r in rows])
    save(args.json, {"command": "latency", "starts": args.starts, "rows": rows})
