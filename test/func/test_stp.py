# SPDX-License-Identifier: BSD-3-Clause
"""A ring of three bridges, two of them the kernel's in the hosts: STP opens it at one place, the place
that the standard's priorities say, and opens another way when a cable is cut."""
import sys
import time

import pytest
from bridges import MAX_AGE, ROUTER, STP, KernelBridge, Mesh, RouterBridge
from dut import LINUX

# Broadcasts as fast as one core sends them, each from one of 131,072 addresses.
FLOOD = r"""
import socket
sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
sock.bind(("eth0", 0))
n, head, tail = 0, b"\xff" * 6 + bytes([6, 0, 0]), bytes.fromhex("88b6") + bytes(46)
while True:
    n = (n + 1) % 131072
    try:
        sock.send(head + n.to_bytes(3, "big") + tail)
    except OSError:  # no room
        pass
"""


def ring(lab, own, h1, h2):
    """The ring, with these bridge priorities."""
    bridges = {ROUTER: RouterBridge(lab.dut, STP), "h1": KernelBridge(lab.h1), "h2": KernelBridge(lab.h2)}
    return Mesh(lab, bridges, {ROUTER: own, "h1": h1, "h2": h2})


def test_router_is_the_root(fresh):
    lab = fresh()
    with ring(lab, 4096, 8192, 12288) as mesh:
        mesh.settle()
        for host in (lab.h1, lab.h2):
            host.run(f"ip addr add 10.9.0.{host.i}/24 dev brh")
        assert lab.h1.run("ping -n -q -c 3 -i 0.2 10.9.0.2").stdout.count(" 3 received") == 1
        root = lab.h2.run("cat /sys/class/net/brh/bridge/root_id").stdout.strip()
        assert root == "1000.020000000101"


def test_router_closes_the_ring_and_opens_it(fresh):
    """h1 is the root. The cable between the hosts is cut: the router's closed port takes over."""
    lab = fresh()
    with ring(lab, 61440, 4096, 8192) as mesh:
        mesh.settle()
        assert mesh.bridges[ROUTER].forwarding() == {"r1"}
        mesh.links.cut("h1", "h2")
        mesh.settle()
        mesh.links.mend("h1", "h2")
        mesh.settle()
        assert mesh.bridges[ROUTER].forwarding() == {"r1"}


@pytest.mark.parametrize("priority", [4096, 61440], ids=["root", "closes"])
def test_tree_stands_under_a_flood(fresh, priority):
    """h3 floods the ring for three times Max Age. As the root the router must be heard through what it floods, and
    keep hearing its neighbours with the port that closes the ring: else somebody opens it, and the flood goes round
    for ever."""
    lab = fresh(hosts=3)
    dut = lab.dut
    bridges = {ROUTER: RouterBridge(dut, STP, edges=["r3"]), "h1": KernelBridge(lab.h1), "h2": KernelBridge(lab.h2)}
    with Mesh(lab, bridges, {ROUTER: priority, "h1": 8192, "h2": 12288}) as mesh:
        mesh.settle()
        tree, before = mesh.forwarding(), history(dut)
        sent = packets(lab.h3, "tx")
        (lab.tmp / "flood.py").write_text(FLOOD)
        flood = lab.h3.popen(f"{sys.executable} {lab.tmp}/flood.py")
        try:
            end = time.monotonic() + 3 * MAX_AGE
            while time.monotonic() < end:
                assert mesh.forwarding() == tree
                time.sleep(0.5)
        finally:
            flood.kill()
            flood.communicate()
        sent = packets(lab.h3, "tx") - sent
        assert mesh.forwarding() == tree and history(dut) == before
        passed = packets(lab.h1, "rx")
        time.sleep(2)
        rest = packets(lab.h1, "rx")
        time.sleep(2)
        assert packets(lab.h1, "rx") - rest < 1000, "it goes round"
        print(f"flood of {sent / 3 / MAX_AGE:.0f} frames a second; {passed} came to h1")
        assert sent > 100000 and passed > 10000
        mesh.settle()


def packets(host, way):
    return int(host.run(f"cat /sys/class/net/eth0/statistics/{way}_packets").stdout)


def history(dut):
    """What the router's tree has gone through."""
    return None if LINUX else dut.cli("stp show br0 detail")["history"]
