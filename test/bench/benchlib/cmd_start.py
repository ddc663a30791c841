# SPDX-License-Identifier: BSD-3-Clause
"""bench.py start: from the start of the process to the first forwarded packet."""
import signal
import statistics
import subprocess

from . import duts, traffic
from .env import BenchError, Hugepages, end_process, need, need_root, say
from .netns import Hosts, first_line
from .tables import save, table

LIMIT_S = 60


def add_parser(sub, common):
    p = sub.add_parser("start", parents=[common], help=__doc__.split(": ")[1])
    p.set_defaults(func=main)


class PingPolluxd(duts.Polluxd):
    """The daemon as a router between two hosts."""

    def config(self):
        hosts = self.setup.hosts
        return {
            "version": 1,
            "system": {"hostname": "bench", "socket": self.setup.path(self.name + ".sock")},
            "dpdk": {"control": duts.CONTROL_CPU, "workers": [duts.WORKER_CPU], "hugepages": self.setup.huge,
                     "memory_mb": 512 if self.setup.huge else 1024},
            "ports": {f"p{i}": {"device": v} for i, v in enumerate(self.setup.vdevs)},
            "addresses": {f"p{i}": [f"10.0.{i}.1/24"] for i in range(2)},
            "neighbours": [{"dst": f"10.0.{i}.2", "dev": f"p{i}", "lladdr": hosts.host_mac(i)} for i in range(2)],
        }


class PingTestpmd(duts.Testpmd):
    """A wire between the two hosts: the least that a DPDK program can do."""

    def argv(self):
        return [a.replace("--forward-mode=mac", "--forward-mode=io") for a in super().argv()]


ROUTED = [("10.0.0.2/24", "10.0.0.1"), ("10.0.1.2/24", "10.0.1.1")]
WIRED = [("10.0.0.2/16", None), ("10.0.1.2/16", None)]


def ping_once(cls, name, setup, addresses):
    """Seconds from start to the first answered ping between two hosts."""
    with Hosts(addresses) as hosts:
        dut = cls(name, setup.but(hosts=hosts, vdevs=hosts.vdevs()))
        ping = subprocess.Popen(["ip", "netns", "exec", hosts.ns[0], "ping", "-n", "-i", "0.01", "10.0.1.2"],
                                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        try:
            begun = dut.launch()
            signal.alarm(LIMIT_S)
            answered = first_line(ping, "bytes from", LIMIT_S)
        except TimeoutError as e:
            raise BenchError(f"{name}: no ping answered in {LIMIT_S} s\n{dut.log_tail()}") from e
        finally:
            signal.alarm(0)
            end_process(ping)
            dut.end()
    return answered - begun


def forward_once(name, setup):
    dut = duts.make(name, setup)
    try:
        return dut.start()
    finally:
        dut.end()


def _alarm(*_):
    raise TimeoutError


def main(args):
    need_root()
    need("dpdk-testpmd", "ip", "ping", "ethtool")
    signal.signal(signal.SIGALRM, _alarm)
    tab, _ = traffic.prefixes(10000, args.table)
    results = {}
    with Hugepages(args.hugepages) as huge:
        setup = duts.Setup(args, tab, traffic.destinations(tab, 4096), huge.pages)
        cases = {
            "first packet, 10k routes: testpmd": lambda: forward_once("testpmd", setup),
            "first packet, 10k routes: l3fwd": lambda: forward_once("l3fwd", setup),
            "first packet, 10k routes: polluxd": lambda: forward_once("polluxd", setup),
            "first ping between hosts: testpmd as a wire":
                lambda: ping_once(PingTestpmd, "testpmd", setup, WIRED),
            "first ping between hosts: polluxd": lambda: ping_once(PingPolluxd, "polluxd", setup, ROUTED),
        }
        for _ in range(args.starts):
            for name, case in cases.items():
                results.setdefault(name, []).append(case())
                say(f"{name}: {results[name][-1]:.3f} s")
    show(results)
    save(args.json, {"command": "start", "seconds": results, "hugepages": setup.huge})


def show(results):
    rows, base = [], 1.0
    for name, seconds in results.items():
        m = statistics.median(seconds)
        base = m if "testpmd" in name else base
        rows.append([name, f"{m / base:.2f}", f"{m * 1000:.0f} ms"])
    table(["from process start to", "ratio to testpmd", "median"], rows)
