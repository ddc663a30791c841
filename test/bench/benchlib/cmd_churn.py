# SPDX-License-Identifier: BSD-3-Clause
"""bench.py churn: routes change while the worker forwards all it can: how many a second, what it costs the others."""
import json
import random
import statistics
import time

from . import duts, env, traffic
from .env import BenchError, Hugepages, need_root, say
from .tables import save, table

HELD_S = 0.4  # of forwarding alone, before and after the changes


def add_parser(sub, common):
    p = sub.add_parser("churn", parents=[common], help=__doc__.split(": ")[1])
    p.add_argument("--routes", type=int, default=10000)
    p.add_argument("--dests", type=int, default=4096)
    p.add_argument("--changes", type=int, default=300000, help="in one go")
    p.set_defaults(func=main, gateways=2)


def write_changes(path, tab, count):
    """Lines for `load`: every route that packets take gets another gateway, again and again, in random order."""
    draw = random.Random(5)
    with open(path, "w", encoding="ascii") as f:
        for i in range(count):
            a, ln = draw.choice(tab)
            f.write(f"ip route replace {traffic.ntoa(a)}/{ln} via {traffic.gateway(i & 1)}\n")


def drops(dut):
    """All drops, by reason."""
    rows = json.loads(dut.client("-j", "show", "stats", "drops"))
    return {r["reason"]: r["packets"] for r in rows if r["packets"]}


def cycles(dut, hz, wait):
    """(cycles per packet, seconds) while wait() goes on."""
    n0, t0 = dut.sample()
    begun = time.monotonic()
    wait()
    took = time.monotonic() - begun
    n1, t1 = dut.sample()
    return (t1 - t0) * hz / 1e9 / (n1 - n0), took


def control_seconds(dut):
    return env.thread_times(dut.proc.pid)[dut.proc.pid][1] / 1e9


def one(setup, changes, count):
    """(changes a second, the same of the control thread's CPU time, the worker's cycles per packet beside them by those
    alone), of one start."""
    dut, hz = duts.Polluxd("polluxd", setup), env.tsc_hz()
    try:
        dut.start()
        dut.cont()
        before, _ = cycles(dut, hz, lambda: time.sleep(HELD_S))
        used = control_seconds(dut)
        beside, took = cycles(dut, hz, lambda: dut.client("load", changes))
        used = control_seconds(dut) - used
        after, _ = cycles(dut, hz, lambda: time.sleep(HELD_S))
        if lost := drops(dut):
            raise BenchError(f"packets were dropped: {lost}")
        return count / took, count / used, 2 * beside / (before + after)
    finally:
        dut.end()


def main(args):
    need_root()
    tab, origin = traffic.prefixes(args.routes, args.table)
    starts = []
    with Hugepages(args.hugepages) as huge:
        setup = duts.Setup(args, tab, traffic.destinations(tab, args.dests), huge.pages)
        changes = setup.path("changes.txt")
        write_changes(changes, tab, args.changes)
        for i in range(args.starts):
            starts.append(one(setup, changes, args.changes))
            say(f"start {i + 1}/{args.starts}: {starts[-1][0]:.0f} changes a second, {starts[-1][1]:.0f} of CPU time, "
                f"cycles per packet x {starts[-1][2]:.3f}")
    what = ["route changes a second", "route changes a second of the control thread's CPU time",
            "cycles per packet beside them, by those alone"]
    table([f"{args.routes} routes", "median", "lowest .. highest start"],
          [[w, f"{statistics.median(v):.{d}f}", f"{min(v):.{d}f} .. {max(v):.{d}f}"]
           for w, v, d in zip(what, zip(*starts), (0, 0, 2))] + [["packets dropped", "0", ""]])
    save(args.json, {"command": "churn", "routes": args.routes, "table": origin, "changes": args.changes,
                     "starts": starts})
