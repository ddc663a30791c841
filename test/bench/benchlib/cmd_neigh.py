# SPDX-License-Identifier: BSD-3-Clause
"""bench.py neigh: neighbours resolved, requests answered, forwarding beside a scan and a storm."""
import re
import statistics
import subprocess

from .duts import WORKER_CPU
from .env import BenchError, micro, say
from .tables import save, table

LINE = re.compile(r"^(\S+) (?:rate )?([0-9.]+)")

WORDS = {"answers_Mps": "ARP requests answered, M/s", "cold_s": "all hosts resolved from cold by traffic, s",
         "pairs_Mps": "packets forwarded by a worker that gets as many ARP requests, M/s of each"}


def add_parser(sub, common):
    p = sub.add_parser("neigh", parents=[common], help=__doc__.split(": ")[1])
    p.add_argument("--hosts", type=int, default=100000, help="neighbours to resolve from cold")
    p.set_defaults(func=main)


def one(program, hosts):
    """{name: the line that neigh_micro printed about it}, of one start on one core."""
    argv = ["taskset", "-c", str(WORKER_CPU), program, str(hosts)]
    r = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=600)
    if r.returncode:
        raise BenchError("neigh_micro: " + r.stderr[-1000:])
    return {m.group(1): line for line in r.stdout.splitlines() if (m := LINE.match(line))}


def number(line, pattern):
    return float(re.search(pattern, line).group(1))


def main(args):
    program = micro(args, "neigh_micro")
    starts = []
    for i in range(args.starts):
        starts.append(one(program, args.hosts))
        for line in starts[-1].values():
            say(f"start {i + 1}/{args.starts}: {line}")
    rows = {"answers_Mps": [number(s["answers"], r"([0-9.]+) M/s") for s in starts],
            "cold_s": [number(s["cold"], r"([0-9.]+) s") for s in starts]}
    for name in ("scan", "unread-1:16", "flood-1:16", "among-1:16", "unread-1:1", "flood-1:1"):
        rows[name] = [number(s[name], r"rate ([0-9.]+)") for s in starts]
    rows["pairs_Mps"] = [number(s["flood-1:1"], r"([0-9.]+) M/s") for s in starts]
    table(["", "median", "lowest .. highest start"],
          [[WORDS.get(n, f"forwarding beside it, of its rate alone: {n}"), f"{statistics.median(v):.2f}",
            f"{min(v):.2f} .. {max(v):.2f}"] for n, v in rows.items()])
    save(args.json, {"command": "neigh", "hosts": args.hosts, "rows": rows})
