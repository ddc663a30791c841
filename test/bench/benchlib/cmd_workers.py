# SPDX-License-Identifier: BSD-3-Clause
"""bench.py workers: two workers against one, with queues of their own and with flows spread by software."""
import contextlib
import os
import statistics
import time

from . import duts, traffic
from .env import BenchError, Hugepages, TaskClock, need_root, say
from .harness import SKIP_S, compare
from .tables import save, table

POOL = 32768  # infinite_rx keeps the whole file of each queue
WALL_S = 0.3


def add_parser(sub, common):
    p = sub.add_parser("workers", parents=[common], help=__doc__.split(": ")[1])
    p.add_argument("--routes", type=int, default=10000)
    p.add_argument("--dests", type=int, default=4096)
    p.set_defaults(func=main)


class Workers(duts.Polluxd):
    """The daemon with some workers. All of their CPU time counts."""

    def __init__(self, name, setup, cpus, queues, spread):
        files = ",".join(f"rx_pcap={setup.pcap}" for _ in range(queues))
        vdevs = [f"net_pcap0,{files},infinite_rx=1", "net_null0,no-rx=1"]
        super().__init__(name, setup.but(vdevs=vdevs))
        self.cpus, self.queues, self.spread, self.clocks = cpus, queues, spread, []

    def config(self):
        doc = super().config()
        doc["dpdk"]["workers"] = self.cpus
        doc["ports"]["p0"] |= {"rx_queues": self.queues, "mbufs": POOL, "spread": self.spread}
        return doc

    def threads(self):
        """({workers}, {all others})."""
        mine, others = set(), set()
        for tid in map(int, os.listdir(f"/proc/{self.proc.pid}/task")):
            with open(f"/proc/{self.proc.pid}/task/{tid}/comm", encoding="ascii") as f:
                (mine if f.read().startswith("rte-worker") else others).add(tid)
        if len(mine) != len(self.cpus):
            raise BenchError(f"{self.name}: {len(mine)} worker threads, {len(self.cpus)} wanted")
        return mine, others

    def worker_tid(self):
        return min(self.threads()[0])

    def start(self):
        took = super().start()
        mine, others = self.threads()
        self.clocks = [TaskClock(self.proc.pid, tid) for tid in sorted(mine)]
        self._priority(mine, 50)
        self._priority(others, 60)  # one of them shares a core with a worker that never sleeps
        return took

    @staticmethod
    def _priority(tids, level):
        policy = os.SCHED_FIFO if level else os.SCHED_OTHER
        for tid in tids:
            with contextlib.suppress(ProcessLookupError):
                os.sched_setscheduler(tid, policy, os.sched_param(level))

    def sample(self):
        a = sum(c.ns() for c in self.clocks)
        n = self.packets()
        return n, (a + sum(c.ns() for c in self.clocks)) / 2

    def relax(self):
        if self.proc is not None and self.proc.poll() is None and self.clocks:
            mine, others = self.threads()
            self._priority(mine | others, 0)

    def end(self):
        super().end()
        for c in self.clocks:
            c.close()

    def rate(self):
        """Packets a second by the clock on the wall, of a short stretch; (that, CPUs' share of it)."""
        self.cont()
        time.sleep(SKIP_S)
        (n0, c0), t0 = self.sample(), time.monotonic()
        time.sleep(WALL_S)
        (n1, c1), t1 = self.sample(), time.monotonic()
        self.stop()
        return (n1 - n0) / (t1 - t0), (c1 - c0) / 1e9 / (t1 - t0) / len(self.cpus)


CASES = [("one worker, two queues", [1], 2, "off"), ("two workers, two queues", [1, 0], 2, "off"),
         ("one worker, one queue", [1], 1, "off"), ("two workers, one queue spread", [1, 0], 1, "l4")]


def main(args):
    need_root()
    if os.cpu_count() < 2:
        raise BenchError("two workers need two cores")
    tab, origin = traffic.prefixes(args.routes, args.table)
    # The workers leave nothing to others; what is started from here must not have the same priority.
    os.sched_setscheduler(0, os.SCHED_FIFO | os.SCHED_RESET_ON_FORK, os.sched_param(70))
    with Hugepages(args.hugepages) as huge:
        setup = duts.Setup(args, tab, traffic.destinations(tab, args.dests), huge.pages)
        say(f"{len(tab)} routes ({origin}), {args.dests} destinations, {args.starts} x {args.rounds} rounds")
        rows, walls = [], []
        for a, b in ((CASES[0], CASES[1]), (CASES[2], CASES[3])):  # each pair in turns
            got, extras = compare(lambda pair=(a, b): [Workers(c[0], setup, *c[1:]) for c in pair],
                                  args.starts, args.rounds, a[0], Workers.rate)
            rows += got
            walls += extras
    show(rows, walls)
    save(args.json, {"command": "workers", "routes": len(tab), "dests": args.dests, "rows": rows, "walls": walls})


def show(rows, walls):
    out = []
    for r in rows:
        n = 2 if r["name"].startswith("two") else 1
        wall = [w[r["name"]] for w in walls if r["name"] in w]
        out.append([r["name"], f"{n / r['ratio']:.2f}", f"{n / r['high']:.2f} .. {n / r['low']:.2f}",
                    f"{r['cycles']:.0f}", f"{statistics.median(w[0] for w in wall) / 1e6:.1f}",
                    f"{statistics.median(w[1] for w in wall):.0%}"])
    table(["", "times one worker, by CPU time", "lowest .. highest start", "cycles per packet, all workers",
           "Mpps by the wall", "of its cores it had"], out)
