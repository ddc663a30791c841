# SPDX-License-Identifier: BSD-3-Clause
"""bench.py idle: CPU of a daemon that has nothing to do."""
import os
import time

from . import duts, env, traffic
from .env import BenchError, Hugepages, need_root, say
from .tables import save, table

NO_TRAFFIC = ["net_null0,no-rx=1", "net_null1,no-rx=1"]


def add_parser(sub, common):
    p = sub.add_parser("idle", parents=[common], help=__doc__.split(": ")[1])
    p.add_argument("--seconds", type=float, default=10)
    p.set_defaults(func=main)


def measure(pid, seconds):
    """{thread name: share of one core}."""
    a, t0 = env.thread_times(pid), time.monotonic()
    time.sleep(seconds)
    b, t1 = env.thread_times(pid), time.monotonic()
    out = {}
    for tid, (name, ns) in b.items():
        out[name] = out.get(name, 0) + (ns - a.get(tid, (name, 0))[1]) / 1e9 / (t1 - t0)
    return out


def main(args):
    need_root()
    tab, _ = traffic.prefixes(10000, args.table)
    shares = {}
    with Hugepages(args.hugepages) as huge:
        setup = duts.Setup(args, tab, traffic.destinations(tab, 16), huge.pages).but(vdevs=NO_TRAFFIC)
        dut = duts.Polluxd("polluxd", setup)
        try:
            dut.launch()
            dut.wait_ready()
            tid = dut.worker_tid()
            os.sched_setscheduler(tid, os.SCHED_FIFO, os.sched_param(50))
            for mode in ("poll", "auto"):
                if dut.client("set", "power", mode) is None:
                    raise BenchError(f"`set power {mode}` failed")
                time.sleep(1)
                shares[mode] = measure(dut.proc.pid, args.seconds)
                say(f"power {mode}: {sum(shares[mode].values()):.2%} of a core")
        finally:
            dut.end()
    names = sorted({n for m in shares.values() for n in m})
    rows = [[n, *(f"{100 * shares[m].get(n, 0):.2f} %" for m in shares)] for n in names]
    rows.append(["whole process", *(f"{100 * sum(s.values()):.2f} %" for s in shares.values())])
    table(["thread", *(f"power {m}" for m in shares)], rows)
    save(args.json, {"command": "idle", "seconds": args.seconds, "shares": shares})
