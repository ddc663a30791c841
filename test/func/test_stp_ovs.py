# SPDX-License-Identifier: BSD-3-Clause
"""Rings and meshes of the router's bridge, Open vSwitch (RSTP and STP) and the kernel's bridge (STP): one tree,
whoever is its root, whatever fails, and at no time a frame that goes round."""
import time

import pytest
from bridges import ROUTER, RSTP, STP, KernelBridge, Mesh, OvsBridge, RouterBridge
from dut import LINUX

RAPID = 1.0  # seconds that RSTP may take for a link that is lost
UNDAMPED = {"ports": {f"r{n}": {"damping": 0} for n in (1, 2, 3)}}  # a link that is mended is used at once


def cut(mesh, links, a, b):
    """Cut links and mend them, three times at most: how long `b` did not hear `a` at best. A busy machine makes
    it longer, and the switch notes a lost link once a second; what waits for timers takes two seconds at least."""
    best = float("inf")
    for _ in range(3):
        since = time.monotonic()
        for link in links:
            mesh.links.cut(*link)
        mesh.settle()
        best = min(best, mesh.probes.outage(a, b, since))
        for link in links:
            mesh.links.mend(*link)
        mesh.settle()
        if best < RAPID:
            break
    return best


@pytest.mark.ours("the kernel's bridge has no RSTP")
def test_rstp_ring(fresh):
    """Two switches and the router, which is the root, then has the port that is closed, then is in between.
    h3 is a host at a port of the router."""
    lab = fresh(hosts=3, config=UNDAMPED)
    router = RouterBridge(lab.dut, RSTP, edges=["r3"])
    bridges = {ROUTER: router, "h1": OvsBridge(lab.h1, lab.tmp, RSTP), "h2": OvsBridge(lab.h2, lab.tmp, RSTP)}
    with Mesh(lab, bridges, {ROUTER: 36864, "h1": 40960, "h2": 45056}) as mesh:
        mesh.settle()
        took = {"a root's link": cut(mesh, [(ROUTER, "h1")], "h3", "h1")}
        mesh.prioritise(h1=32768, router=57344)  # a new root
        mesh.settle()
        assert router.roles() == {"r1": "root", "r2": "alternate", "r3": "designated"}
        took["the root port's link"] = cut(mesh, [(ROUTER, "h1")], "h3", "h1")
        took["a link far away"] = cut(mesh, [("h1", "h2")], "h3", "h2")
        mesh.prioritise(h2=28672, h1=61440)
        mesh.settle()
        assert router.roles() == {"r1": "designated", "r2": "root", "r3": "designated"}
        took["the root"] = cut(mesh, [("h2", ROUTER), ("h2", "h1")], "h3", "h1")
    print("seconds without a way:", took)
    assert max(took.values()) < RAPID, took


def test_mesh_and_ring_of_three_kinds(fresh):
    """h1 is the kernel's bridge, h2 a switch with STP, h3 one with RSTP; the router speaks RSTP, and STP where
    its neighbour does, then STP."""
    lab = fresh(hosts=3, config=UNDAMPED)
    router = RouterBridge(lab.dut, STP if LINUX else RSTP)
    bridges = {ROUTER: router, "h1": KernelBridge(lab.h1),
               "h2": OvsBridge(lab.h2, lab.tmp, STP), "h3": OvsBridge(lab.h3, lab.tmp, RSTP)}
    with Mesh(lab, bridges, {ROUTER: 36864, "h1": 40960, "h2": 45056, "h3": 49152}) as mesh:
        mesh.settle()
        mesh.links.cut(ROUTER, "h3")
        mesh.links.cut("h1", "h2")
        mesh.settle()  # a ring: router, h1, h3, h2
        mesh.prioritise(h3=32768)
        router.speak(STP)
        mesh.settle()
        assert router.forwarding() == {"r1"}
        mesh.links.cut("h1", "h3")
        mesh.settle()
        assert router.forwarding() == {"r1", "r2"}
        mesh.links.cut("h2", "h3")  # the root is gone
        mesh.settle()
