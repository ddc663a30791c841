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
WANTED = 100000  # changes a second


def add_parser(sub, common):
    p = sub.add_parser("churn", parents=[common], help=__doc__.split(": ")[1])
    p.add_argument("--routes", type=int, default=10000)
    p.add_argument("--dests", type=int, default=4096)
    p.add_argument("--changes", type=int, default=300000, help="in one go")
    p.set_defaults(func=main, gateways=2)


class Churned(duts.Polluxd):
    """It knows the sender: errors sent while the table was loaded do not wait for ARP, to be dropped beside the changes."""

    def config(self):
        doc = super().config()
        doc["neighbours"].append({"dst": traffic.SENDER, "dev": "p0", "lladdr": traffic.SENDER_MAC.hex(":")})
        return doc


def inner_prefixes(draw, tab, dsts):
    """For each destination a prefix of any length beyond its route's: most are longer than /24."""
    known, out = set(tab), set()
    for dst in dsts:
        own = max(ln for ln in range(33) if (traffic.net(dst, ln), ln) in known)
        if own < 32:
            ln = draw.randint(own + 1, 32)
            out.add((traffic.net(dst, ln), ln))
    return sorted(out)


def write_changes(path, tab, dsts, count):
    """Lines for `load`, in random order: half of them give a route another gateway, the others add a longer prefix for
    destinations of a route, or delete one again. What packets fall back to then is never deleted."""
    draw, there = random.Random(5), set()
    inner = inner_prefixes(draw, tab, dsts)
    with open(path, "w", encoding="ascii") as f:
        for i in range(count):
            via = f" via {traffic.gateway(i & 1)}"
            if draw.random() < 0.5:
                word, prefix = "replace", draw.choice(tab)
            else:
                prefix = draw.choice(inner)
                word, via = ("del", "") if prefix in there else ("add", via)
                there ^= {prefix}
            f.write(f"ip route {word} {traffic.ntoa(prefix[0])}/{prefix[1]}{via}\n")


def drops(dut):
    """Packets dropped since the start, by reason. While the table was loaded there were some."""
    return {r["reason"]: r["packets"] for r in json.loads(dut.client("-j", "show", "drops"))}


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
    dut, hz = Churned("polluxd", setup), env.tsc_hz()
    try:
        dut.start()
        dut.cont()
        early = drops(dut)
        before, _ = cycles(dut, hz, lambda: time.sleep(HELD_S))
        used = control_seconds(dut)
        beside, took = cycles(dut, hz, lambda: dut.client("load", changes))
        used = control_seconds(dut) - used
        after, _ = cycles(dut, hz, lambda: time.sleep(HELD_S))
        if lost := {k: n - early.get(k, 0) for k, n in drops(dut).items() if n > early.get(k, 0)}:
            raise BenchError(f"packets were dropped: {lost}")
        return count / took, count / used, 2 * beside / (before + after)
    finally:
        dut.end()


def main(args):
    need_root()
    tab, origin = traffic.prefixes(args.routes, args.table)
    starts = []
    with Hugepages(args.hugepages) as huge:
        dsts = traffic.destinations(tab, args.dests)
        setup = duts.Setup(args, tab, dsts, huge.pages)
        changes = setup.path("changes.txt")
        write_changes(changes, tab, dsts, args.changes)
        for i in range(args.starts):
            starts.append(one(setup, changes, args.changes))
            say(f"start {i + 1}/{args.starts}: {starts[-1][0]:.0f} changes a second, {starts[-1][1]:.0f} of CPU time, "
                f"cycles per packet x {starts[-1][2]:.3f}")
    what = ["route changes a second", "route changes a second of the control thread's CPU time",
            "cycles per packet beside them, by those alone"]
    table([f"{args.routes} routes", "median", "lowest .. highest start"],
          [[w, f"{statistics.median(v):.{d}f}", f"{min(v):.{d}f} .. {max(v):.{d}f}"]
           for w, v, d in zip(what, zip(*starts), (0, 0, 2))] + [["packets dropped", "0", ""]])
    rate, alone = (statistics.median(v[k] for v in starts) for k in range(2))
    if rate < WANTED:
        why = "" if alone < WANTED else "; the control thread had to share its core with others"
        print(f"Too slow: {rate:.0f} changes a second, {WANTED} are wanted{why}.")
    save(args.json, {"command": "churn", "routes": args.routes, "table": origin, "changes": args.changes,
                     "starts": starts})
