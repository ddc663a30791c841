# SPDX-License-Identifier: BSD-3-Clause
"""A ring of three bridges, two of them the kernel's in the hosts: STP opens it at one place, the place
that the standard's priorities say, and opens another way when a cable is cut."""
from bridges import ROUTER, STP, KernelBridge, Mesh, RouterBridge


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
