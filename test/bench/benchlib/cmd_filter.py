# SPDX-License-Identifier: BSD-3-Clause
"""bench.py filter: cost of the packet filter, by number of rules, against forwarding without one."""
import random

from . import duts, traffic
from .env import Hugepages, need_root, say
from .harness import compare
from .tables import save, table


class Filtered(duts.Polluxd):
    """polluxd with a chain at `forward`: n - 1 rules that the traffic misses, then one that accepts it."""

    def __init__(self, name, setup, rules):
        super().__init__(name, setup)
        self.rules = rules

    def chain(self):
        """Rules that name sources, destinations, protocols and ports, near what the traffic has."""
        rng = random.Random(3)
        out = []
        for _ in range(self.rules - 1):
            addr, length = rng.choice(self.setup.table)
            low = rng.randrange(10, 60000)
            out.append({"src": f"10.{rng.choice([0, 0, 1, 2])}.0.0/16", "dst": f"{traffic.ntoa(addr)}/{length}",
                        "protocol": rng.choice(["tcp", "udp"]), "dport": f"{low}-{low + rng.randrange(200)}",
                        "action": "drop"})
        out.append({"src": "10.0.0.0/8", "protocol": "udp", "dport": 9, "action": "accept"})
        return out

    def config(self):
        config = super().config()
        if self.rules:
            config["filter"] = {"forward": {"policy": "drop", "rules": self.chain()}}
        return config


def add_parser(sub, common):
    p = sub.add_parser("filter", parents=[common], help=__doc__.split(": ")[1])
    p.add_argument("--rules", default="1,100,10000", help="sizes of the chain, the first is the base")
    p.add_argument("--routes", type=int, default=10000)
    p.add_argument("--dests", type=int, default=4096)
    p.set_defaults(func=main)


def main(args):
    need_root()
    sizes = [int(n) for n in args.rules.split(",")]
    names = {n: f"polluxd-{n}" for n in [*sizes, 0]}
    tab, origin = traffic.prefixes(args.routes)
    with Hugepages(args.hugepages) as huge:
        setup = duts.Setup(args, tab, traffic.destinations(tab, args.dests), huge.pages)
        say(f"chains of {args.rules} rules, {len(tab)} routes ({origin}), {args.dests} destinations")
        rows, _ = compare(lambda: [Filtered(names[n], setup, n) for n in [*sizes, 0]], args.starts, args.rounds,
                          names[sizes[0]])
    none = rows[-1]["cycles"]
    table(["rules", f"ratio to {sizes[0]}", "lowest .. highest start", "cycles per packet", "more than without"],
          [[n, f"{r['ratio']:.2f}", f"{r['low']:.2f} .. {r['high']:.2f}", f"{r['cycles']:.0f}",
            f"{r['cycles'] - none:.0f}"] for n, r in zip([*sizes, "no filter"], rows)])
    save(args.json, {"command": "filter", "rules": sizes, "routes": len(tab), "dests": args.dests, "rows": rows})
