# SPDX-License-Identifier: BSD-3-Clause
"""bench.py bridge: known unicast between two ports of a bridge, against testpmd mac."""
import re
import statistics
import subprocess

from . import duts, traffic
from .env import BenchError, Hugepages, micro, need_root, say
from .harness import compare, stage_cycles
from .tables import save, table

BATCH = 4000  # commands in one file for the client
LINE = re.compile(r"^(\S+) ([0-9.]+) ratio ([0-9.]+) a second ([0-9]+)$")


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
            self.client("-f", path)


def add_parser(sub, common):
    p = sub.add_parser("bridge", parents=[common], help=__doc__.split(": ")[1])
    p.add_argument("--hosts", type=int, default=4096, help="destination MAC addresses")
    p.add_argument("--entries", default="4096,100000", help="sizes of the forwarding database")
    p.add_argument("--functions", action="store_true",
                   help="in one process instead: a million entries, learning, floods and groups")
    p.set_defaults(func=main)


def functions(args):
    """Cases that take turns in bridge_micro, against known unicast among 4,096 hosts."""
    program, rows = micro(args, "bridge_micro"), {}
    for i in range(args.starts):
        r = subprocess.run(["taskset", "-c", str(duts.WORKER_CPU), program, str(args.rounds)],
                           capture_output=True, text=True, check=False, timeout=600)
        if r.returncode:
            raise BenchError("bridge_micro: " + r.stderr[-1000:])
        for m in filter(None, map(LINE.match, r.stdout.splitlines())):
            rows.setdefault(m.group(1), []).append(tuple(float(m.group(k)) for k in (3, 2, 4)))
        say(f"start {i + 1}/{args.starts}: " + ", ".join(f"{k} {v[-1][0]:.2f}" for k, v in rows.items()))
    table(["case", "ratio to known-4096", "lowest .. highest start", "cycles each", "a second"],
          [[name, f"{statistics.median(x[0] for x in v):.2f}", f"{min(v)[0]:.2f} .. {max(v)[0]:.2f}",
            f"{statistics.median(x[1] for x in v):.0f}", f"{statistics.median(x[2] for x in v):.2e}"]
           for name, v in rows.items()])
    save(args.json, {"command": "bridge --functions", "rows": rows})


def main(args):
    if args.functions:
        functions(args)
        return
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
