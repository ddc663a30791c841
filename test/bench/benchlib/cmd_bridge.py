# SPDX-License-Identifier: BSD-3-Clause
"""bench.py bridge: known unicast between two ports of a bridge, against testpmd mac."""
from . import duts, traffic
from .env import BenchError, Hugepages, need_root, say
from .harness import compare, stage_cycles
from .tables import save, table

BATCH = 4000  # commands in one file for the client


class Bridge(duts.Polluxd):
    """polluxd with both ports in a bridge that knows every host, and perhaps many more, behind p1."""

    def __init__(self, name, setup, entries):
        super().__init__(name, setup)
        self.entries = entries

    def config(self):
        config = super().config()
        for key in ("vlans", "addresses", "neighbours", "routes_file"):
            config.pop(key, None)
        config["bridges"] = {"br0": {"ports": {"p0": {}, "p1": {}}}}
        return config

    def wait_routes(self):
        for first in range(0, self.entries, BATCH):
            path = self.setup.path(f"{self.name}-fdb.txt")
            with open(path, "w", encoding="ascii") as f:
                for k in range(first, min(first + BATCH, self.entries)):
                    mac = traffic.host_mac(k).hex(":")
                    f.write(f"bridge fdb replace {mac} dev p1 master static\n")
            if self.client("-f", path) is None:
                raise BenchError(f"{self.name} does not take its table\n{self.log_tail()}")


def add_parser(sub, common):
    p = sub.add_parser("bridge", parents=[common], help=__doc__.split(": ")[1])
    p.add_argument("--hosts", type=int, default=4096, help="destination MAC addresses")
    p.add_argument("--entries", default="4096,100000", help="sizes of the forwarding database")
    p.set_defaults(func=main)


def main(args):
    need_root()
    sizes = [int(n) for n in args.entries.split(",")]
    tab, _ = traffic.prefixes(16)
    with Hugepages(args.hugepages) as huge:
        dsts = traffic.destinations(tab, args.hosts)
        setup = duts.Setup(args, tab, dsts, huge.pages)
        step = {n: max(1, n // args.hosts) for n in sizes}
        say(f"{args.hosts} hosts in tables of {args.entries} entries")
        rows = []
        for n in sizes:
            macs = [traffic.host_mac(k * step[n]) for k in range(args.hosts)]
            traffic.write_pcap(setup.pcap, dsts, macs=macs)
            found, extras = compare(lambda n=n: [duts.Testpmd("testpmd", setup),
                                                 Bridge(f"bridge-{n}", setup, max(n, args.hosts))],
                                    args.starts, args.rounds, "testpmd", stage_cycles)
            rows += [{**r, "entries": n} for r in found if r["name"] != "testpmd"]
    table(["entries", "ratio to testpmd mac", "lowest .. highest start", "cycles per packet"],
          [[r["entries"], f"{r['ratio']:.2f}", f"{r['low']:.2f} .. {r['high']:.2f}", f"{r['cycles']:.0f}"]
           for r in rows])
    save(args.json, {"command": "bridge", "hosts": args.hosts, "rows": rows, "stages": extras})
