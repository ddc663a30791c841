# SPDX-License-Identifier: BSD-3-Clause
"""bench.py rules: what policy rules and the filter cost a forwarded packet, against none in the same run.
bench.py cache: what the route cache costs and saves it, with rules and rp_filter, by the number of flows.
bench.py realms: what realms cost it, with the route cache and without, by the number of flows."""
import re
import statistics
import subprocess

from .duts import WORKER_CPU
from .env import BenchError, micro, say
from .tables import save, table

LINE = re.compile(r"^(\S+) ([0-9.]+) ratio ([0-9.]+) more (-?[0-9.]+)$")


def add_parser(sub, common):
    for line in __doc__.splitlines():
        name, text = line.removeprefix("bench.py ").split(": ")
        p = sub.add_parser(name, parents=[common], help=text)
        p.set_defaults(func=main, group=name)


def main(args):
    program = micro(args, "rules_micro")
    rows = {}
    for i in range(args.starts):
        r = subprocess.run(["taskset", "-c", str(WORKER_CPU), program, str(args.rounds), args.group],
                           capture_output=True, text=True, check=False, timeout=600)
        if r.returncode:
            raise BenchError("rules_micro: " + r.stderr[-1000:])
        for m in filter(None, map(LINE.match, r.stdout.splitlines())):
            rows.setdefault(m.group(1), []).append(tuple(float(m.group(k)) for k in (3, 4)))
        say(f"start {i + 1}/{args.starts}: " + ", ".join(f"{k} {v[-1][0]:.2f}" for k, v in rows.items()))
    table([args.group, "ratio to the first", "lowest .. highest start", "cycles more"],
          [[name, f"{statistics.median(r for r, _ in v):.2f}", f"{min(v)[0]:.2f} .. {max(v)[0]:.2f}",
            f"{statistics.median(more for _, more in v):.1f}"] for name, v in rows.items()])
    save(args.json, {"command": args.group, "rows": rows})
