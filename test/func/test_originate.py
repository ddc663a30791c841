# SPDX-License-Identifier: BSD-3-Clause
"""What the router sends of its own accord: its ping and traceroute commands."""
import pytest
from conftest import behind
from pkt import warm_up

pytestmark = pytest.mark.ours("polluxd's own commands")


@pytest.mark.core
def test_ping(lab):
    got = lab.dut.cli(f"ping {lab.h2.ip} count 3 interval 50")
    got = got[0] if isinstance(got, list) else got
    assert (got["transmitted"], got["received"], got["loss_percent"]) == (3, 3, 0)
    text = lab.dut.client(f"ping {lab.h1.ip} count 2 interval 50")
    assert text.returncode == 0 and "2 received" in text.stdout, text.stdout


def test_ping_large(lab):
    for size in (1472, 1473, 8000):
        got = lab.dut.cli(f"ping {lab.h2.ip} count 2 interval 50 size {size}")
        got = got[0] if isinstance(got, list) else got
        assert got["received"] == 2, size


def test_ping_from_the_other_address(lab):
    """source: h2 answers by way of the router to its far address."""
    got = lab.dut.cli(f"ping {lab.h2.ip} count 2 interval 50 source {lab.h1.gw}")
    got = got[0] if isinstance(got, list) else got
    assert got["received"] == 2


def test_ping_without_answer_fails(lab):
    done = lab.dut.client("ping 10.0.2.99 count 1 timeout 500")
    assert done.returncode == 1 and "0 received" in done.stdout + done.stderr
    done = lab.dut.client("ping 198.51.100.1 count 1 timeout 500")
    assert done.returncode == 1


def test_ping_itself(lab):
    for address in (lab.h1.gw, lab.h2.gw, "127.0.0.1"):
        got = lab.dut.cli(f"ping {address} count 2 interval 20")
        got = got[0] if isinstance(got, list) else got
        assert got["received"] == 2, address


def test_traceroute(lab):
    warm_up(lab)
    got = lab.dut.cli(f"traceroute {lab.h2.ip} queries 1")
    got = got[0] if isinstance(got, list) else got
    assert got["reached"] and len(got["hops"]) == 1
    assert got["hops"][0]["probes"][0]["from"] == lab.h2.ip


def test_traceroute_over_a_hop(lab):
    """h2 forwards in its turn: two hops to an address behind it."""
    with behind(lab, lab.h2):
        got = lab.dut.cli("traceroute 20.9.0.2 queries 1")
        got = got[0] if isinstance(got, list) else got
        assert [h["probes"][0]["from"] for h in got["hops"]] == [lab.h2.ip, "20.9.0.2"]


def test_interrupted_ping_leaves_nothing(lab):
    """A client that goes away ends its command; the daemon goes on."""
    import subprocess
    import time
    proc = subprocess.Popen([str(lab.dut.build / "app/pollux/pollux"), "-S", str(lab.dut.sock),
                             "ping", lab.h2.ip, "count", "1000"], stdout=subprocess.DEVNULL)
    time.sleep(0.5)
    proc.kill()
    proc.wait()
    assert lab.dut.cli(f"ping {lab.h2.ip} count 1") is not None
