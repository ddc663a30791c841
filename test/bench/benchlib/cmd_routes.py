# SPDX-License-Identifier: BSD-3-Clause
"""bench.py routes: loading a million routes, their memory, and forwarding with them."""
import os
import random
import resource
import statistics

from . import duts, env, traffic
from .cmd_forward import show
from .env import BenchError, Hugepages, need, need_root, run, say
from .harness import compare
from .tables import save, table


def add_parser(sub, common):
    p = sub.add_parser("routes", parents=[common], help=__doc__.split(": ")[1])
    p.add_argument("--routes", type=int, default=1000000)
    p.add_argument("--small", type=int, default=10000, help="the table to compare with, a part of the large one")
    p.add_argument("--dests", type=int, default=4096)
    p.add_argument("--loads", type=int, default=3, help="how often each table is loaded")
    p.add_argument("--no-forward", action="store_true", help="only load")
    p.set_defaults(func=main)


def main_thread_seconds(dut):
    """The thread that loads. CPU time: what else runs on the machine does not lengthen it."""
    return env.thread_times(dut.proc.pid)[dut.proc.pid][1] / 1e9


def load_polluxd(name, setup):
    """(CPU seconds of the control thread until the whole table is in, kB resident, in hugepages)."""
    dut = duts.Polluxd(name, setup)
    try:
        dut.launch()
        dut.wait_ready()
        dut.wait_routes()
        took = main_thread_seconds(dut)
        return took, env.proc_status(dut.proc.pid, "VmRSS"), env.proc_status(dut.proc.pid, "HugetlbPages")
    finally:
        dut.end()


def load_l3fwd(name, setup):
    """The same for l3fwd, ready when the first packet leaves."""
    dut = duts.L3fwd(name, setup)
    try:
        dut.start()
        took = main_thread_seconds(dut)
        return took, env.proc_status(dut.proc.pid, "VmRSS"), env.proc_status(dut.proc.pid, "HugetlbPages")
    finally:
        dut.end()


def load_kernel(name, setup):
    """The kernel: `ip -batch` in a namespace; memory is what its slabs grow by."""
    path, ns = setup.path(name + ".batch"), f"pbench{os.getpid()}-k"
    with open(path, "w", encoding="ascii") as f:
        f.writelines(f"route add {traffic.ntoa(a)}/{ln} via {traffic.gateway(0)}\n" for a, ln in setup.table)
    run("ip", "netns", "add", ns)
    try:
        run("ip", "-n", ns, "link", "add", "p1", "type", "veth", "peer", "name", "p1x")
        for dev in ("p1", "p1x"):
            run("ip", "-n", ns, "link", "set", dev, "up")
        run("ip", "-n", ns, "addr", "add", "172.16.0.1/16", "dev", "p1")
        before, begun = env.meminfo("Slab"), resource.getrusage(resource.RUSAGE_CHILDREN)
        run("ip", "-n", ns, "-batch", path)
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        took = used.ru_utime + used.ru_stime - begun.ru_utime - begun.ru_stime
        return took, env.meminfo("Slab") - before, 0
    finally:
        run("ip", "netns", "del", ns, check=False)


LOADERS = {"polluxd": load_polluxd, "l3fwd (fib)": load_l3fwd, "kernel (ip -batch)": load_kernel}


def loads(cases, times):
    """{case: (median seconds, kB)}."""
    out = {}
    for _ in range(times):
        for name, (loader, setup) in cases.items():
            took, rss, huge = loader(name.split(" ")[0], setup)
            out.setdefault(name, []).append((took, rss + huge))
            say(f"{name}: {took:.2f} s, {rss + huge} kB")
    return {n: tuple(statistics.median(x) for x in zip(*v)) for n, v in out.items()}


def show_loads(med, small, large):
    """Time as a ratio to polluxd's, memory for each route beyond the small table."""
    base = med["polluxd, sorted"][0]
    rows = []
    for name, (took, kb) in med.items():
        if "small" in name:
            continue
        kind = name.split(",")[0]
        less = med.get(f"{kind}, small", (0, 0))[1]
        n = large - small if less else large
        rows.append([name, f"{took / base:.2f}", f"{took:.2f} s", f"{1024 * (kb - less) / n:.0f} B"])
    table([f"{large} routes", "CPU time / polluxd's", "CPU time", "memory per route"], rows)


def load_cases(small, large):
    shuffled = list(large.table)
    random.Random(3).shuffle(shuffled)
    cases = {}
    for name, loader in LOADERS.items():
        if not name.startswith("kernel"):
            cases[f"{name}, small"] = (loader, small)
        cases[f"{name}, sorted"] = (loader, large)
        if name == "polluxd":
            cases[f"{name}, shuffled"] = (loader, large.but(table=shuffled))
    return cases


def forward(args, small, large):
    def make_duts():
        return [duts.make("testpmd", small), duts.make("polluxd-small", small),
                duts.make("polluxd-large", large), duts.make("l3fwd-large", large)]

    rows, _ = compare(make_duts, args.starts, args.rounds, "testpmd")
    show(rows, "testpmd")
    return rows


def main(args):
    need_root()
    need("dpdk-testpmd", "ip")
    tab, origin = traffic.prefixes(args.routes, args.table)
    if args.small >= args.routes:
        raise BenchError("--small must be smaller than --routes")
    part = sorted(random.Random(4).sample(tab, args.small))
    say(f"{len(tab)} routes: {origin}")
    with Hugepages(args.hugepages) as huge:
        large = duts.Setup(args, tab, traffic.destinations(part, args.dests), huge.pages)
        small = large.but(table=part)
        med = loads(load_cases(small, large), args.loads)
        show_loads(med, args.small, args.routes)
        rows = [] if args.no_forward else forward(args, small, large)
    save(args.json, {"command": "routes", "routes": len(tab), "table": origin, "loads": med, "rows": rows})
