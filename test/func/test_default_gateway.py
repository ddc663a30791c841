# SPDX-License-Identifier: BSD-3-Clause
"""Several default routes of one metric: the first whose gateway answers is used.

    h1 10.0.1.2 --- r1 [ DUT ] r2 --- 10.0.2.2 h2, the first gateway
                               r3 --- 10.0.3.2 h3, the second
"""
import time

import pytest
from pkt import carries, token
from scapy.all import UDP, Raw

FAR = "198.51.100.9"
QUICK = {"delay_first_probe_time": 1, "base_reachable_time_ms": 1000, "retrans_time_ms": 200}
pytestmark = pytest.mark.ours("the kernel chooses so for its own packets only, forwarded ones go by the first")


def goes_by(lab):
    """The host that packets of h1 arrive at, or None."""
    mark = token()
    with lab.h1.wire() as w1, lab.h2.wire() as w2, lab.h3.wire() as w3:
        w1.send(lab.h1.to(FAR) / UDP(dport=9) / Raw(mark))
        two, three = (any(carries(mark)(f) for f in w.drain(0.2)) for w in (w2, w3))
        assert not (two and three)
        return 2 if two else 3 if three else None


def eventually_by(lab, host, seconds=40):
    end, seen = time.monotonic() + seconds, []
    while time.monotonic() < end:
        seen.append(goes_by(lab))
        if seen[-1] == host:
            return
        time.sleep(0.3)
    raise AssertionError(f"not by h{host} but {seen[-10:]}")


def test_the_first_that_answers(fresh):
    lab = fresh(hosts=3)
    for dev in ("r2", "r3"):
        for key, value in QUICK.items():
            lab.dut.sysctl(f"net.ipv4.neigh.{dev}.{key}", value)
    for host in lab.hosts:
        host.ping(host.gw)
    lab.dut.ip("route add default via 10.0.2.2")
    lab.dut.ip("route append default via 10.0.3.2")
    eventually_by(lab, 2)
    lab.h2.run("ip link set eth0 arp off")
    lab.h2.run("ip addr flush dev eth0")
    eventually_by(lab, 3)
    assert lab.dut.ip_json(f"route get {FAR}")[0]["gateway"] == "10.0.3.2"
    lab.h2.run("ip link set eth0 arp on")
    lab.h2.run(f"ip addr add {lab.h2.ip}/24 dev eth0")
    eventually_by(lab, 2)
    lab.dut.ip("route del default via 10.0.2.2")
    eventually_by(lab, 3)
