# SPDX-License-Identifier: BSD-3-Clause
"""bench.py report: every figure and plot of docs/performance.md, measured anew and written there."""
import datetime
import json
import os
import shlex
import subprocess
import sys
import time

from .env import ROOT, BenchError, need_root, say
from .svg import Logarithmic, Plot
from .tables import machine

DOCS = os.path.join(ROOT, "docs", "performance.md")
BEGIN, END = "<!-- bench:{} begin -->", "<!-- bench:{} end -->"
LIMIT_S = 600  # for one figure


def plot_scale(result, folder):
    out = []
    for sweep in result["sweeps"]:
        names = [f"{int(p):,}" for p in sweep["points"]]
        plot = Plot(f"A forwarded packet by {sweep['title'].lower()}", sweep["title"].lower(),
                    f"cycles per packet / {result['base']}'s", names)
        for program in dict.fromkeys(r["program"] for r in sweep["rows"]):
            at = {r["point"]: (r["ratio"], r["low"], r["high"]) for r in sweep["rows"] if r["program"] == program}
            plot.add(program, [at.get(p) for p in sweep["points"]])
        out.append((f"scale-{sweep['name']}.svg", plot))
    return save_plots(out, folder)


def plot_latency(result, folder):
    loads = ["low", "half", "full"]
    plot = Plot("Latency over memif: median, up to the 99th percentile", "load", "microseconds", loads, Logarithmic)
    for program in dict.fromkeys(r["program"] for r in result["rows"]):
        at = {r["load"]: (r["p50"], r["p50"], r["p99"]) for r in result["rows"] if r["program"] == program}
        plot.add(program, [at.get(x) for x in loads])
    return save_plots([("latency.svg", plot)], folder)


def save_plots(plots, folder):
    os.makedirs(folder, exist_ok=True)
    for name, plot in plots:
        plot.write(os.path.join(folder, name))
    return [name for name, _ in plots]


# A figure of the page: the name of its markers, the command, and what draws its plots. All together: 13 minutes.
FIGURES = [
    ("forward", "forward --starts 3 --rounds 20", None),
    ("near", "forward --near --starts 3 --rounds 15", None),
    ("scale", "scale --starts 2 --rounds 10", plot_scale),
    ("workers", "workers --starts 2 --rounds 10", None),
    ("routes", "routes --loads 1 --no-forward", None),
    ("churn", "churn --starts 3", None),
    ("fib", "fib --starts 2 --rounds 5", None),
    ("load", "fib --load --starts 3", None),
    ("frag", "frag --starts 2 --rounds 6", None),
    ("neigh", "neigh --starts 2", None),
    ("rules", "rules --starts 2", None),
    ("cache", "cache --starts 2 --rounds 5", None),
    ("realms", "realms --starts 2 --rounds 5", None),
    ("bridge", "bridge --starts 2 --rounds 10", None),
    ("bridge-functions", "bridge --functions --starts 5 --rounds 5", None),
    ("start", "start --starts 2", None),
    ("idle", "idle --seconds 5", None),
    ("latency", "latency --starts 2", plot_latency),
    ("kernel", "kernel --starts 2", None),
]


def add_parser(sub, common):
    p = sub.add_parser("report", parents=[common], help=__doc__.split(": ")[1])
    p.add_argument("--only", metavar="NAME,...", help="figures: " + ", ".join(n for n, _, _ in FIGURES))
    p.add_argument("--docs", metavar="FILE", default=DOCS, help="the page; its plots go to the folder perf beside it")
    p.set_defaults(func=main)


def measure(name, command, args):
    """(what the command printed, its result)."""
    out = os.path.join(args.work, name + ".json")
    argv = [sys.executable, os.path.join(ROOT, "test/bench/bench.py"), *shlex.split(command), "--json", out,
            "--build", args.build, "--work", args.work]
    if args.quick:
        argv.append("--quick")
    if args.table:
        argv += ["--table", args.table]
    r = subprocess.run(argv, stdout=subprocess.PIPE, text=True, check=False, timeout=LIMIT_S)
    if r.returncode:
        raise BenchError(f"{command}: exit code {r.returncode}, see above")
    with open(out, encoding="ascii") as f:
        return r.stdout.strip(), json.load(f)


def block(command, args, text, plots):
    m = machine()
    quick = " --quick" if args.quick else ""
    when = f"`bench.py {command}{quick}`, {datetime.date.today()}, {m['cpu']}, {m['cores']} cores, Linux {m['kernel']}:"
    images = "".join(f"\n\n![{p[:-4]}](perf/{p})" for p in plots)
    return f"{when}\n\n{text}{images}"


def put(page, name, text):
    """@page with @text between the markers of @name."""
    begin, end = BEGIN.format(name), END.format(name)
    head, found, rest = page.partition(begin + "\n")
    _, closed, tail = rest.partition(end)
    if not found or not closed:
        raise BenchError(f"the page has no markers {begin} ... {end}")
    return f"{head}{found}\n{text}\n\n{closed}{tail}"


def chosen(only):
    known = [n for n, _, _ in FIGURES]
    want = only.split(",") if only else known
    for n in want:
        if n not in known:
            raise BenchError(f"{n}: no such figure; there are {', '.join(known)}")
    return [f for f in FIGURES if f[0] in want]


def main(args):
    need_root()
    folder = os.path.join(os.path.dirname(os.path.abspath(args.docs)), "perf")
    begun, failed = time.monotonic(), []
    for name, command, draw in chosen(args.only):
        since = time.monotonic()
        try:
            text, result = measure(name, command, args)
            plots = draw(result, folder) if draw else []
            with open(args.docs, encoding="utf-8") as f:
                page = put(f.read(), name, block(command, args, text, plots))
        except (BenchError, subprocess.TimeoutExpired) as e:
            say(f"{name}: {e}; the page keeps what it has")
            failed.append(name)
            continue
        with open(args.docs, "w", encoding="utf-8") as f:
            f.write(page)
        print(f"== {name}, {time.monotonic() - since:.0f} s: written to {args.docs}"
              + "".join(f", {os.path.join(folder, p)}" for p in plots) + f"\n\n{text}\n", flush=True)
    say(f"{(time.monotonic() - begun) / 60:.1f} minutes; load of the machine now: {os.getloadavg()[0]:.1f}")
    if failed:
        raise BenchError(f"not measured: {', '.join(failed)}")
