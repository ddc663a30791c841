# SPDX-License-Identifier: BSD-3-Clause
"""bench.py scale: cost of a forwarded packet as tables grow and features go on."""
import os

from . import duts, scenarios, traffic
from .env import BenchError, Hugepages, need, need_root, say
from .harness import compare
from .tables import save, table

BASE = "testpmd"


def add_parser(sub, common):
    p = sub.add_parser("scale", parents=[common], help=__doc__.split(": ")[1])
    p.add_argument("--only", metavar="NAME,...", help="sweeps: " + ", ".join(s["name"] for s in scenarios.SWEEPS))
    p.add_argument("--base", default=BASE, help="the program that the ratios are to")
    p.set_defaults(func=main)


def chosen(only):
    names = [s["name"] for s in scenarios.SWEEPS]
    want = only.split(",") if only else names
    for n in want:
        if n not in names:
            raise BenchError(f"{n}: no such sweep; there are {', '.join(names)}")
    return [s for s in scenarios.SWEEPS if s["name"] in want]


class Tables:
    """Route tables and traffic files, made once for each of what the points differ in."""

    def __init__(self, work):
        self.work, self.known = work, {}

    def get(self, s):
        key = (s["routes"], s["dests"], s["interfaces"])
        if key not in self.known:
            tab, origin = traffic.prefixes(s["routes"], s.get("table"))
            vids = traffic.vids(s["interfaces"], s["dests"])
            path = os.path.join(self.work, "traffic-{}-{}-{}.pcap".format(*key))
            traffic.write_pcap(path, traffic.destinations(tab, s["dests"]), vids)
            self.known[key] = tab, origin, path
        return self.known[key]


def point_setup(common, tables, s):
    tab, _, pcap = tables.get(s)
    return common.but(table=tab, pcap=pcap, vdevs=duts.vdevs(pcap), gateways=s["gateways"],
                      interfaces=s["interfaces"], patch=s["config"])


def sweep_rows(sweep, common, tables, args):
    base = scenarios.settings(sweep, sweep["points"][0])
    plain = point_setup(common, tables, {**scenarios.DEFAULTS, "table": args.table})

    def programs():
        out = [duts.make(args.base, plain)]
        for p in sweep["points"]:
            s = {**base, **scenarios.settings(sweep, p), "table": args.table}
            out.append(duts.make("polluxd", point_setup(common, tables, s), f"polluxd-{p}"))
            out += [duts.make(k, point_setup(common, tables, s), f"{k}-{p}")
                    for k, at in sweep.get("peers", {}).items() if p in at]
        return out

    rows, _ = compare(programs, args.starts, args.rounds, args.base)
    return rows


def show(sweep, rows, base):
    table([sweep["title"], "program", f"ratio to {base}", "lowest .. highest start", "cycles per packet"],
          [[f"{int(r['point']):,}", r["program"], f"{r['ratio']:.2f}", f"{r['low']:.2f} .. {r['high']:.2f}",
            f"{r['cycles']:.0f}"] for r in rows])


def main(args):
    need_root()
    need("dpdk-testpmd")
    result = []
    with Hugepages(args.hugepages) as huge:
        tables = Tables(args.work)
        # Less each: more programs are up than elsewhere.
        common = duts.Setup(args, [], [], huge.pages).but(memory=320)
        for sweep in chosen(args.only):
            say(f"{sweep['name']}: {', '.join(map(str, sweep['points']))}")
            rows = [r for r in sweep_rows(sweep, common, tables, args) if r["name"] != args.base]
            for r in rows:
                r["program"], r["point"] = r["name"].rsplit("-", 1)
            show(sweep, rows, args.base)
            result.append({"name": sweep["name"], "title": sweep["title"], "rows": rows,
                           "points": [str(p) for p in sweep["points"]]})
    save(args.json, {"command": "scale", "base": args.base, "rounds": args.rounds, "starts": args.starts,
                     "sweeps": result})
