# SPDX-License-Identifier: BSD-3-Clause
"""Several workers and queues, floods, links that flap, and workers that stop."""
import contextlib
import ctypes
import os
import threading
import time

import pytest
from netlab import sh
from pkt import carries, probe, warm_up
from scapy.all import UDP, raw
from test_ports import NO_R3, eventually, reaches, third_port

pytestmark = pytest.mark.ours("polluxd's own")
TWO = {"dpdk": {"control": 0, "workers": [0, 1]}}


def fast_packets(dut):
    """Packets of the fast lane, by worker."""
    out = {}
    for row in dut.cli("show stats stages"):
        if row["stage"] == "ip4_fast":
            out[row["worker"]] = out.get(row["worker"], 0) + row["packets"]
    return out


def many_flows(made, n=400):
    """n datagrams of as many flows from h1 to h2: all arrive. What each worker made of them."""
    before = fast_packets(made.dut)
    with made.h1.wire() as w1, made.h2.wire() as w2:
        frames = [raw(probe(made.h1, made.h2, sport=2000 + i)) for i in range(n)]
        tokens = {f[42:54] for f in frames}
        for i in range(0, n, 50):
            w1.send(*frames[i:i + 50])
            time.sleep(0.01)
        last = probe(made.h1, made.h2)
        w1.send(last)
        w2.expect(carries(raw(last[UDP].payload)))
        assert len(tokens & {raw(f)[42:54] for f in w2.drain(1)}) == n
    after = fast_packets(made.dut)
    return [after[w] - before.get(w, 0) for w in sorted(after)]


def test_several_queues_on_each_worker(fresh):
    """Four queues a port, two workers: each polls four, all of them carry traffic."""
    made = fresh(config=TWO | {"ports": {
        f"r{i}": {"device": f"net_af_packet{i},iface=r{i},qpairs=4", "rx_queues": 4, "tx_queues": 4}
        for i in (1, 2)}})
    rows = made.dut.cli("show worker all")
    assert [len(r["rxq"]) for r in rows] == [4, 4]
    assert {(q["port"], q["queue"]) for r in rows for q in r["rxq"]} == \
        {(p, q) for p in ("r1", "r2") for q in range(4)}
    warm_up(made)
    shares = many_flows(made)
    assert all(n > 50 for n in shares), shares
    assert all(r["packets"] > 0 for r in made.dut.cli("show port rxq r1"))
    made.dut.cli("set worker rxq r1 2 lcore 1")
    many_flows(made)
    for how in ("off", "l4"):  # TCP does not like its segments out of order
        made.dut.cli(f"port config r1 spread {how}")
        server = made.h2.popen("iperf3 -s -1")
        eventually(lambda: ":5201" in made.h2.run("ss -Hltn").stdout, "iperf3 does not listen")
        made.h1.run(f"iperf3 -c {made.h2.ip} -t 1 -P 4")
        server.communicate(timeout=30)


def test_flows_of_one_queue_on_two_workers(fresh):
    """AF_XDP has one queue: `spread` hands flows to both workers, in order, fragments too."""
    made = fresh(config=TWO | {"ports": {"r1": {"spread": "l4"}, "r2": {"spread": "l3"}}})
    assert [r["spread"] for r in made.dut.cli("show port info all")] == ["l4", "l3"]
    warm_up(made)
    shares = many_flows(made)
    assert all(n > 50 for n in shares), shares
    made.h1.ping(made.h2.ip, count=5, args="-s 5000")
    made.h1.ping(made.h1.gw, count=5, args="-s 5000")
    made.dut.cli("port config r1 spread off")
    before = fast_packets(made.dut)
    made.h1.ping(made.h2.ip, count=3)
    assert fast_packets(made.dut) != before
    assert made.dut.drops().get("netdev_spread_full", 0) == 0


def test_rss_is_configured_and_shown(fresh):
    """A device with RSS gets a queue for each worker, and an even redirection table."""
    made = fresh(config=TWO | {"ports": {"n0": {"device": "net_null0"}}})
    info = made.dut.cli("show port info n0")[0]
    assert info["rx_queues"] == 2 and info["reta_size"] > 0 and len(info["rss_key"]) >= 80
    assert {"ipv4", "ipv4-tcp", "ipv4-udp"} <= set(info["rss"])
    rows = made.dut.cli("show port rxq n0")
    assert [r["reta_share"] for r in rows] == [0.5, 0.5]
    assert len({r["worker"] for r in rows}) == 2
    made.h1.ping(made.h2.ip)


@contextlib.contextmanager
def flood(host, frame):
    """The frame, over and over, as fast as a thread sends."""
    stop = threading.Event()

    def run(wire):
        while not stop.is_set():
            with contextlib.suppress(OSError):  # the veth's queue is full
                wire.sock.send(frame)
    with host.wire() as wire:
        thread = threading.Thread(target=run, args=(wire,))
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()


def test_flooded_port_does_not_starve_others(fresh):
    """One worker, r3 flooded with datagrams to nowhere: h1 <-> h2 loses nothing, nor do answers to ARP."""
    made = fresh(hosts=3, config={"routes": [{"dst": "198.51.100.0/24", "type": "blackhole"}]})
    warm_up(made)
    with flood(made.h3, raw(probe(made.h3, "198.51.100.1"))):
        before = made.dut.drops().get("ip4_blackhole", 0)
        made.h1.ping(made.h2.ip, count=50)
        made.h1.run("ip neigh flush dev eth0")
        made.h1.ping(made.h1.gw)
        assert made.dut.drops().get("ip4_blackhole", 0) - before > 1000


def test_flood_of_arp_leaves_the_rest_alive(fresh):
    made = fresh(hosts=3)
    warm_up(made)
    request = made.h3.eth(dst="ff:ff:ff:ff:ff:ff") / made.h3.arp(op=1, pdst=made.h3.gw)
    with flood(made.h3, raw(request)):
        made.h1.ping(made.h2.ip, count=30)
        made.h1.ping(made.h1.gw, count=3, args="-s 4000")
        made.dut.cli("show version")


def test_port_without_buffers_recovers(fresh):
    """Every buffer of a small pool waits for neighbours that do not answer; then all is well again."""
    made = fresh(hosts=3, config=NO_R3 | {"ports": {"r3": None, "p3": {
        "device": "net_af_packet9,iface=r3", "rx_desc": 64, "mbufs": 512}},
        "addresses": {"r3": None, "p3": ["10.0.3.1/24"]}})
    reaches(made, "no ping before")
    with made.h3.wire() as wire:
        for i in range(40):
            wire.send(*[raw(probe(made.h3, f"10.0.2.{100 + i}")) for _ in range(40)])
    pool = made.dut.cli("show port info p3")[0]["mempool"]

    def avail():
        return [r["avail"] for r in made.dut.cli("show mempool") if r["name"] == pool][0]
    eventually(lambda: avail() >= 300, f"{avail()} buffers are back")
    eventually(lambda: made.h3.ping(made.h1.ip, args="-W 1", check=False) == 1, "no ping after")


def test_flapping_link_is_held_back(fresh):
    """A loss is told at once, a return later the more often it flaps; the routes follow."""
    made = fresh(hosts=3, config=NO_R3)
    third_port(made, "af_packet")
    dut = made.dut
    reaches(made, "no ping before")

    def link(state):
        sh(f"ip -n {made.h3.ns} link set eth0 {state}")

    def carrier():
        return dut.cli("show port info p3")[0]["carrier"]

    def flap():
        link("down")
        eventually(lambda: not carrier(), "the loss is not told")
        link("up")
        start = time.monotonic()
        eventually(carrier, "the return is never told", 30)
        return time.monotonic() - start
    assert dut.cli("show port info p3")[0]["damping"] == 30
    flap()
    waits = [flap() for _ in range(2)]
    assert waits[1] > 1.5, waits
    link("down")
    eventually(lambda: not carrier(), "the loss is not told")
    link("up")
    eventually(lambda: dut.cli("show port info p3")[0]["held_ms"] > 0, "nothing is held back")
    row = dut.ip_json("-d link show p3")[0]
    assert row["carrier_flaps"] == 4 and row["carrier_held_ms"] > 0
    assert "carrier_flaps 4" in dut.client("ip -d link show p3").stdout
    assert any("p3" in w for w in dut.cli("show health")["warnings"])
    dut.cli("port config p3 damping 0")
    eventually(carrier, "still held back though damping is off")
    sh(f"ip -n {made.h3.ns} route replace default via {made.h3.gw}")
    reaches(made, "no ping after")
    assert dut.cli("show health")["status"] == "ready"


PTRACE_ATTACH, PTRACE_DETACH, WALL = 16, 17, 0x40000000


@contextlib.contextmanager
def stopped(tid):
    """One thread of another process stands still, as a debugger makes it."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.ptrace(PTRACE_ATTACH, tid, 0, 0) != 0:
        pytest.skip(f"ptrace: {os.strerror(ctypes.get_errno())}")
    try:
        os.waitpid(tid, WALL)
        yield
    finally:
        libc.ptrace(PTRACE_DETACH, tid, 0, 0)


def worker_thread(pid):
    for tid in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{tid}/comm", encoding="ascii") as f:
            if f.read().startswith(("rte-worker", "lcore-worker")):
                return int(tid)
    raise AssertionError("no worker thread")


def daemon_of(dut):
    """`ip netns exec` becomes the program it starts."""
    with open(f"/proc/{dut.proc.pid}/comm", encoding="ascii") as f:
        assert f.read().strip() == "polluxd"
    return dut.proc.pid


def test_stalled_worker_is_reported(fresh):
    made = fresh()
    dut = made.dut
    made.h1.ping(made.h2.ip)
    assert dut.cli("show health")["warnings"] == []
    with stopped(worker_thread(daemon_of(dut))):
        eventually(lambda: dut.cli("show health")["status"] == "warning", "the stall is not noticed")
        assert "worker 1" in dut.cli("show health")["warnings"][0]
        assert "does not move" in dut.log_tail()
    eventually(lambda: dut.cli("show health")["status"] == "ready", "the worker is not seen to move")
    assert "moves again" in dut.log_tail()
    eventually(lambda: made.h1.ping(made.h2.ip, check=False) == 1, "no ping after the stall")
