# SPDX-License-Identifier: BSD-3-Clause
"""bench.py fib: route lookups alone, beside rte_fib's, or routes added and deleted by the API."""
import os
import statistics
import subprocess

from . import traffic
from .duts import WORKER_CPU
from .env import BenchError, Hugepages, micro, need_root, say
from .tables import save, table

LOADS = [("add-sorted", "added in order, M/s", 2), ("add-shuffled", "added in random order, M/s", 2),
         ("delete-shuffled", "deleted one by one in random order, M/s", 2), ("flush", "flushed, M/s", 2),
         ("bytes", "memory of what is remembered, B a route", 0)]


def add_parser(sub, common):
    p = sub.add_parser("fib", parents=[common], help=__doc__.split(": ")[1])
    p.add_argument("--routes", default="10000,1000000")
    p.add_argument("--dests", default="4096,4194304", help="distinct destinations, each multiple of 32")
    p.add_argument("--load", action="store_true", help="not lookups: rates of routes added and deleted, of the largest table")
    p.set_defaults(func=main)


def eal(huge):
    """Large pages for both tables: rte_fib's from EAL, ours ask the kernel for them."""
    memory = ["--in-memory", "-m", "512"] if huge.pages >= 1024 else ["--no-huge", "--no-shconf", "-m", "1536"]
    return [*memory, "--no-pci", "--no-telemetry", "--force-max-simd-bitwidth=512", "-l", str(WORKER_CPU)]


def one(argv):
    """{name: median cycles}, {name: median per-round ratio to rte_fib}."""
    r = subprocess.run(argv, capture_output=True, text=True, check=False)
    if r.returncode:
        raise BenchError("fib_micro: " + r.stderr[-1000:])
    turns = {}
    for line in r.stdout.splitlines():
        name, _, value = line.partition(" ")
        if name in ("ours", "rte_fib", "rte_fib-avx512"):
            turns.setdefault(name, []).append(float(value))
    base = turns["rte_fib"]
    return ({n: statistics.median(v) for n, v in turns.items()},
            {n: statistics.median(x / y for x, y in zip(v, base)) for n, v in turns.items()})


def write_prefixes(args, routes):
    """(file with a line for each prefix, where they are from)."""
    tab, origin = traffic.prefixes(routes, args.table)
    path = os.path.join(args.work, "prefixes.txt")
    with open(path, "w", encoding="ascii") as f:
        f.writelines(f"{traffic.ntoa(a)}/{ln}\n" for a, ln in tab)
    return path, origin


def load(args):
    """How fast routes come and go by fib_route_add() and its like, in one process without packets."""
    program, seen = micro(args, "load_micro"), {}
    routes = max(map(int, args.routes.split(",")))
    path, origin = write_prefixes(args, routes)
    say(f"{routes} routes ({origin})")
    for i in range(args.starts):
        r = subprocess.run(["taskset", "-c", str(WORKER_CPU), program, path], capture_output=True, text=True, check=False,
                           timeout=300)
        if r.returncode:
            raise BenchError("load_micro: " + r.stderr[-1000:])
        for name, value in map(str.split, r.stdout.splitlines()):
            seen.setdefault(name, []).append(float(value))
        say(f"start {i + 1}/{args.starts}: " + ", ".join(f"{k} {v[-1]}" for k, v in seen.items()))
    table([f"{routes} routes", "median", "lowest .. highest start"],
          [[what, f"{statistics.median(seen[k]):.{d}f}", f"{min(seen[k]):.{d}f} .. {max(seen[k]):.{d}f}"]
           for k, what, d in LOADS])
    save(args.json, {"command": "fib --load", "routes": routes, "table": origin, "seen": seen})


def main(args):
    if args.load:
        load(args)
        return
    need_root()
    program = micro(args, "fib_micro")
    rows = []
    with Hugepages(args.hugepages) as huge:
        for routes in map(int, args.routes.split(",")):
            path, origin = write_prefixes(args, routes)
            for dests in map(int, args.dests.split(",")):
                say(f"{routes} routes ({origin}), {dests} destinations")
                argv = [program, path, str(dests), str(args.rounds), *eal(huge)]
                rows += result_rows(routes, dests, [one(argv) for _ in range(args.starts)])
    table(["routes", "destinations", "lookup", "ratio to rte_fib scalar", "lowest .. highest start",
           "cycles per lookup"],
          [[r["routes"], r["dests"], r["name"], f"{r['ratio']:.2f}", f"{r['low']:.2f} .. {r['high']:.2f}",
            f"{r['cycles']:.1f}"] for r in rows])
    save(args.json, {"command": "fib", "rows": rows})


def result_rows(routes, dests, runs):
    out = []
    for name in runs[0][0]:
        ratios = [r[name] for _, r in runs]
        out.append({"routes": routes, "dests": dests, "name": name, "ratio": statistics.median(ratios),
                    "low": min(ratios), "high": max(ratios),
                    "cycles": statistics.median(c[name] for c, _ in runs)})
    return out
