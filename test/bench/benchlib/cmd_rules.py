# SPDX-License-Identifier: BSD-3-Clause
"""bench.py rules: what policy rules cost a forwarded packet, against none in the same run."""
import os
import re
import statistics
import subprocess

from .duts import WORKER_CPU
from .env import BenchError, say
from .tables import save

LINE = re.compile(r"^(\S+) ([0-9.]+) ratio ([0-9.]+) more (-?[0-9.]+)$")


def add_parser(sub, common):
    p = sub.add_parser("rules", parents=[common], help=__doc__.split(": ")[1])
    p.set_defaults(func=main)


def main(args):
    program = os.path.join(args.build, "test/dp/rules_micro")
    if not os.path.exists(program):
        raise BenchError(f"{program}: build with -Dtests=true --buildtype=release")
    rows = {}
    for i in range(args.starts):
        r = subprocess.run(["taskset", "-c", str(WORKER_CPU), program, str(args.rounds)], capture_output=True,
                           text=True, check=False, timeout=600)
        if r.returncode:
            raise BenchError("rules_micro: " + r.stderr[-1000:])
        for m in filter(None, map(LINE.match, r.stdout.splitlines())):
            rows.setdefault(m.group(1), []).append(tuple(float(m.group(k)) for k in (3, 4)))
        say(f"start {i + 1}/{args.starts}: " + ", ".join(f"{k} {v[-1][0]:.2f}" for k, v in rows.items()))
    print(f"{'rules':24} {'ratio to none':>14} {'cycles more':>12}")
    for name, values in rows.items():
        ratio, more = (statistics.median(v[k] for v in values) for k in (0, 1))
        print(f"{name:24} {ratio:14.2f} {more:12.1f}   {min(v[0] for v in values):.2f} .. {max(v[0] for v in values):.2f}")
    save(args.json, {"command": "rules", "rows": rows})
