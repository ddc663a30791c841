# SPDX-License-Identifier: BSD-3-Clause
"""Workers that sleep: what wakes them, how long they nap, and that nothing is lost by it."""
import time

import pytest
from netlab import sh
from pkt import carries, probe, warm_up
from scapy.all import UDP, raw
from test_ports import NO_R3, apart, eventually, third_port

pytestmark = pytest.mark.ours("polluxd's own")


def rxq(made, port):
    return made.dut.cli(f"show port rxq {port}")[0]


def sleeps_in(made, seconds):
    before = made.dut.cli("show worker all")[0]["sleeps"]
    time.sleep(seconds)
    return made.dut.cli("show worker all")[0]["sleeps"] - before


def proves(made, port, kind):
    """Frames after pauses show that the queue wakes its worker."""
    def once():
        for host in made.hosts:  # the first frame after a pause, by each port in turn
            time.sleep(0.05)
            host.ping(host.gw)
        row = rxq(made, port)
        assert row["wake"] == kind, row
        return row["proven"]
    eventually(once, f"{port} is never proven: {rxq(made, port)}")


@pytest.mark.parametrize("kind,wake", [("af_packet", "socket"), ("tap", "interrupt")])
def test_queue_wakes_its_worker(fresh, kind, wake):
    """Proven once, the worker sleeps until something comes; and it comes through, every time."""
    made = fresh(hosts=3, config=NO_R3)
    third_port(made, kind)
    apart(made, kind)
    eventually(lambda: made.h1.ping(made.h3.ip, check=False) == 1, "no ping by the third port")
    for port, how in (("r1", "socket"), ("r2", "socket"), ("p3", wake)):
        proves(made, port, how)
    eventually(lambda: sleeps_in(made, 1) < 60, "the worker naps though all queues wake it")
    wakes = rxq(made, "p3")["wakes"]
    for _ in range(5):
        time.sleep(0.3)
        made.h3.ping(made.h1.ip)
    assert rxq(made, "p3")["wakes"] > wakes


def test_queue_that_wakes_nobody_is_looked_at(fresh):
    """A port without interrupts keeps its worker napping, at the length its ring allows."""
    made = fresh(config={"ports": {"n0": {"device": "net_null0,no-rx=1", "rx_desc": 1024}}})
    warm_up(made)
    assert rxq(made, "n0")["wake"] == "nap"
    eventually(lambda: 200 < sleeps_in(made, 1) < 1000, "naps are not of 1 to 5 ms")
    made.dut.cli("set power auto burst 5000000")
    eventually(lambda: sleeps_in(made, 1) > 1200, "naps do not follow the stated burst")
    made.dut.cli("set power auto max-sleep 2000 burst 500000")


def test_burst_after_silence_is_not_lost(fresh):
    """As many frames as the ring holds, at once, after the longest nap has set in."""
    made = fresh()
    warm_up(made)
    count = 400
    for _ in range(3):
        time.sleep(1.5)
        with made.h1.wire() as w1, made.h2.wire() as w2:
            frames = [raw(probe(made.h1, made.h2)) for _ in range(count)]
            tokens = {f[42:54] for f in frames}
            w1.send(*frames)
            last = probe(made.h1, made.h2)
            w1.send(last)
            w2.expect(carries(raw(last[UDP].payload)))
            got = {raw(f)[42:54] for f in w2.seen}
            assert len(tokens & got) == count
