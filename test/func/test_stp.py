# SPDX-License-Identifier: BSD-3-Clause
"""A ring of three bridges, two of them the kernel's in the hosts: STP opens it at one place, the place
that the standard's priorities say, and opens another way when a cable is cut."""
import json
import time

import pytest
from netlab import Wire, sh
from pkt import carries, token
from scapy.all import Ether, Raw

ALL = "ff:ff:ff:ff:ff:ff"
TIMES = "hello_time 100 forward_delay 400 max_age 600"  # centiseconds, as short as 802.1D allows
CONVERGED = 40  # seconds on a busy machine; max age and twice the forward delay are 14


@pytest.fixture
def ring(fresh):
    """Bridge brh of either host: eth0 to the router, x to the other host."""
    lab = fresh()
    sh(f"ip -n {lab.h1.ns} link add x type veth peer name x netns {lab.h2.ns}")
    for n, host in enumerate((lab.h1, lab.h2), 1):
        host.run(f"ip link add name brh address 02:00:00:00:0b:0{n} type bridge {TIMES} stp_state 1")
        host.run("ip addr flush dev eth0")
        for dev in ("eth0", "x"):
            host.run(f"ip link set {dev} master brh up")
        host.run(f"ip addr add 10.9.0.{n}/24 dev brh")
        host.run("ip link set brh up")
    lab.dut.ip(f"link add br0 type bridge {TIMES} stp_state 1")
    lab.dut.ip("link set br0 up")
    for port in ("r1", "r2"):
        lab.dut.ip(f"link set {port} master br0")
        lab.dut.bridge(f"link set dev {port} cost 100")
    return lab


def prioritise(lab, own, h1, h2):
    lab.dut.ip(f"link set br0 type bridge priority {own}")
    lab.h1.run(f"ip link set brh type bridge priority {h1}")
    lab.h2.run(f"ip link set brh type bridge priority {h2}")


def closed(lab):
    """The ports of the ring that do not forward: "h2 x", "r2"."""
    rows = {p["ifname"]: p["state"] for p in lab.dut.bridge_json("link show")}
    for name, host in (("h1", lab.h1), ("h2", lab.h2)):
        rows.update({f"{name} {p['ifname']}": p["state"]
                     for p in json.loads(host.run("bridge -j link show").stdout)})
    return {port for port, state in rows.items() if state != "forwarding"}


def settles(lab, *where):
    end = time.monotonic() + CONVERGED
    while closed(lab) != set(where):
        assert time.monotonic() < end, f"closed: {closed(lab)}, not {where}"
        time.sleep(0.2)


def one_copy(lab):
    """A broadcast goes round to the other host once, and does not come back."""
    body = token()
    with Wire(lab.h1.ns, "brh") as w1, Wire(lab.h2.ns, "brh") as w2:
        w1.send(Ether(src="02:00:00:00:0b:01", dst=ALL, type=0x88b5) / Raw(body + b"." * 50))
        w2.expect(carries(body))
        w1.none(carries(body), seconds=1)
        assert sum(carries(body)(f) for f in w2.drain()) == 1


def test_router_is_the_root(ring):
    prioritise(ring, 4096, 8192, 12288)
    settles(ring, "h2 x")  # the cable between the hosts is h1's, whose identifier is the smaller
    one_copy(ring)
    assert ring.h1.run("ping -n -q -c 3 -i 0.2 10.9.0.2").stdout.count(" 3 received") == 1
    root = ring.h2.run("cat /sys/class/net/brh/bridge/root_id").stdout.strip()
    assert root == "1000.020000000101"


def test_router_closes_the_ring_and_opens_it(ring):
    """h1 is the root. The cable between the hosts is cut: the router's closed port takes over."""
    prioritise(ring, 61440, 4096, 8192)
    settles(ring, "r2")
    one_copy(ring)
    ring.h1.run("ip link set x down")
    settles(ring, "h1 x", "h2 x")
    end = time.monotonic() + CONVERGED
    while " 1 received" not in ring.h2.run("ping -n -q -c 1 -W 1 10.9.0.1", check=False).stdout:
        assert time.monotonic() < end, "no way round"
    one_copy(ring)
    ring.h1.run("ip link set x up")
    settles(ring, "r2")
    one_copy(ring)
