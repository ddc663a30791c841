# SPDX-License-Identifier: BSD-3-Clause
"""bench.py idle: CPU of a daemon that has nothing to do, and how long the first packet then takes."""
import contextlib
import ctypes
import os
import socket
import statistics
import struct
import time

from . import duts, env, traffic
from .cmd_start import ROUTED, PingPolluxd
from .env import BenchError, Hugepages, need_root, say
from .netns import Hosts
from .tables import save, table

NO_TRAFFIC = ["net_null0,no-rx=1", "net_null1,no-rx=1"]
SO_TIMESTAMPNS = 35
GAPS = [(0.001, 50), (1.0, 5), (10.0, 3)]  # seconds of silence before a packet, how often
PCAP_MAC = "02:70:63:61:70:{:02x}"  # of the PMD
KINDS = {  # what ends a worker's sleep: devices, and the MAC address of the i-th
    "socket": (Hosts.vdevs, Hosts.dut_mac),
    "naps": (lambda h: [f"net_pcap{i},rx_iface_in={h.dut_if[i]},tx_iface={h.dut_if[i]}" for i in range(2)],
             PCAP_MAC.format),
}
LIBC = ctypes.CDLL(None, use_errno=True)


def add_parser(sub, common):
    p = sub.add_parser("idle", parents=[common], help=__doc__.split(": ")[1])
    p.add_argument("--seconds", type=float, default=10)
    p.set_defaults(func=main)


def measure(pid, seconds):
    """{thread name: share of one core}."""
    a, t0 = env.thread_times(pid), time.monotonic()
    time.sleep(seconds)
    b, t1 = env.thread_times(pid), time.monotonic()
    out = {}
    for tid, (name, ns) in b.items():
        out[name] = out.get(name, 0) + (ns - a.get(tid, (name, 0))[1]) / 1e9 / (t1 - t0)
    return out


@contextlib.contextmanager
def daemon(dut):
    """Up, its worker at FIFO priority."""
    try:
        dut.launch()
        dut.wait_ready()
        os.sched_setscheduler(dut.worker_tid(), os.SCHED_FIFO, os.sched_param(50))
        yield dut
    finally:
        dut.end()


def power(dut, mode):
    dut.client("set", "power", mode)
    time.sleep(1)


def idle_shares(setup, seconds):
    """{mode: {thread: share}} of ports that can not wake anybody."""
    shares = {}
    with daemon(duts.Polluxd("polluxd", setup.but(vdevs=NO_TRAFFIC))) as dut:
        for mode in ("poll", "auto"):
            power(dut, mode)
            shares[mode] = measure(dut.proc.pid, seconds)
            say(f"power {mode}: {sum(shares[mode].values()):.2%} of a core")
    return shares


def raw_socket(ns, dev):
    """A packet socket of a namespace that tells when frames came."""
    with open("/proc/thread-self/ns/net", encoding="ascii") as home, open(f"/run/netns/{ns}", encoding="ascii") as there:
        if LIBC.setns(there.fileno(), 0) != 0:
            raise BenchError(f"setns {ns}: {os.strerror(ctypes.get_errno())}")
        try:
            s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0800))
        finally:
            LIBC.setns(home.fileno(), 0)
    s.bind((dev, 0x0800))
    s.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
    s.settimeout(5)
    return s


def one_way(tx, rx, frame):
    """Microseconds from the send call to the stamp of arrival behind the router."""
    t0 = time.clock_gettime_ns(time.CLOCK_REALTIME)
    tx.send(frame)
    while True:
        data, anc, _, _ = rx.recvmsg(2048, 64)
        if data[30:34] == frame[30:34]:
            break
    for level, kind, value in anc:
        if (level, kind) == (socket.SOL_SOCKET, SO_TIMESTAMPNS):
            sec, ns = struct.unpack("=qq", value[:16])
            return (sec * 10**9 + ns - t0) / 1000
    raise BenchError("the kernel stamps no packets")


def latencies(setup, kind):
    """{mode: {gap: [us]}} of packets from one host to the other."""
    out, (vdevs, mac) = {}, KINDS[kind]
    with Hosts(ROUTED) as hosts:
        dsts = [0x0A000102, 0x0A000002]
        frames = [traffic.frame(dst, 1, bytes.fromhex(mac(i).replace(":", ""))) for i, dst in enumerate(dsts)]
        with daemon(PingPolluxd(f"polluxd-{kind}", setup.but(hosts=hosts, vdevs=vdevs(hosts)))) as dut, \
                raw_socket(hosts.ns[0], hosts.host_if[0]) as a, raw_socket(hosts.ns[1], hosts.host_if[1]) as b:
            for mode in ("poll", "auto"):
                power(dut, mode)
                for _ in range(20):  # both ports prove themselves
                    one_way(a, b, frames[0])
                    time.sleep(0.01)
                    b.send(frames[1])
                    time.sleep(0.01)
                out[mode] = {gap: [first_after(a, b, frames[0], gap) for _ in range(times)] for gap, times in GAPS}
    return out


def first_after(a, b, frame, gap):
    time.sleep(gap)
    return one_way(a, b, frame)


def show(shares, waits):
    names = sorted({n for m in shares.values() for n in m})
    rows = [[n, *(f"{100 * shares[m].get(n, 0):.2f} %" for m in shares)] for n in names]
    rows.append(["whole process", *(f"{100 * sum(s.values()):.2f} %" for s in shares.values())])
    table(["thread", *(f"power {m}" for m in shares)], rows)
    rows = [[kind, mode, f"{gap:g} s", f"{statistics.median(us):.0f}", f"{max(us):.0f}"]
            for kind, modes in waits.items() for mode, gaps in modes.items() for gap, us in gaps.items()]
    table(["a sleep is ended by", "power", "silence before", "first packet, median us", "longest us"], rows)


def main(args):
    need_root()
    env.need("ip", "ethtool", "sysctl", "ping")
    tab, _ = traffic.prefixes(10000, args.table)
    with Hugepages(args.hugepages) as huge:
        setup = duts.Setup(args, tab, traffic.destinations(tab, 16), huge.pages)
        shares = idle_shares(setup, args.seconds)
        waits = {kind: latencies(setup, kind) for kind in KINDS}
    show(shares, waits)
    save(args.json, {"command": "idle", "seconds": args.seconds, "shares": shares, "first_packet_us": waits})
