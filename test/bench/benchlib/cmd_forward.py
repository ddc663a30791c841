# SPDX-License-Identifier: BSD-3-Clause
"""bench.py forward: cost of a forwarded packet, against testpmd and l3fwd."""
from . import duts, traffic
from .env import Hugepages, need, need_root, say
from .harness import compare, stage_cycles
from .tables import save, table


def add_parser(sub, common):
    p = sub.add_parser("forward", parents=[common], help=__doc__.split(": ")[1])
    p.add_argument("--duts", default="testpmd,l3fwd,polluxd",
                   help="programs, the first is the base; a digit makes a further instance (testpmd,testpmd2), "
                        "polluxd@DIR is another build folder's")
    p.add_argument("--routes", type=int, default=10000)
    p.add_argument("--dests", type=int, default=4096, help="distinct destinations (at most 4096 leaves caches alone)")
    p.add_argument("--gateways", type=int, default=1, help="neighbours the routes point to (polluxd)")
    p.add_argument("--near", action="store_true", help="all routes within 1 MiB of the table: what is left when its pages are known")
    p.set_defaults(func=main)


def show(rows, base):
    table(["program", f"ratio to {base}", "lowest .. highest start", "cycles per packet"],
          [[r["name"], f"{r['ratio']:.2f}", f"{r['low']:.2f} .. {r['high']:.2f}", f"{r['cycles']:.0f}"]
           for r in rows])


def show_stages(extras):
    stages = next((v for e in extras for v in e.values() if v), [])
    if stages:
        table(["stage", "packets", "cycles per received packet"],
              [[s["stage"], s["packets"], f"{s['cycles']:.1f}"] for s in stages])


def main(args):
    need_root()
    names = args.duts.split(",")
    need(*(["dpdk-testpmd"] if any(n.startswith("testpmd") for n in names) else []))
    tab, origin = traffic.near_prefixes(args.routes) if args.near else traffic.prefixes(args.routes, args.table)
    with Hugepages(args.hugepages) as huge:
        setup = duts.Setup(args, tab, traffic.destinations(tab, args.dests), huge.pages)
        say(f"{len(tab)} routes ({origin}), {args.dests} destinations, "
            f"{'hugepages' if setup.huge else 'no hugepages'}, {args.starts} x {args.rounds} rounds")
        rows, extras = compare(lambda: [duts.make(n, setup) for n in names], args.starts, args.rounds,
                               names[0], stage_cycles)
    show(rows, names[0])
    show_stages(extras)
    save(args.json, {"command": "forward", "routes": len(tab), "table": origin, "dests": args.dests,
                     "gateways": args.gateways, "hugepages": setup.huge, "rounds": args.rounds,
                     "rows": rows, "stages": extras})
