# SPDX-License-Identifier: BSD-3-Clause
"""Real TCP and UDP streams, and a table of 100,000 routes."""
import json
import random
import signal
import time

import pytest
from netlab import SLOW, sh
from pkt import warm_up


@pytest.fixture
def iperf(lab):
    """iperf3 from h1 to a server on h2; the client's report as an object."""
    server = lab.h2.popen("iperf3 -s")
    end = time.monotonic() + SLOW
    while ":5201" not in lab.h2.run("ss -Hltn").stdout:
        assert time.monotonic() < end, "iperf3 does not listen"
        time.sleep(0.05)
    yield lambda args: json.loads(lab.h1.run(f"iperf3 -J -c {lab.h2.ip} {args}", timeout=90).stdout)
    server.terminate()
    server.communicate(timeout=30)


@pytest.mark.core
@pytest.mark.parametrize("args", ["", "-R", "-P 4"], ids=["there", "back", "four"])
def test_tcp(lab, iperf, args):
    warm_up(lab)
    end = iperf(f"-t 2 {args}")["end"]
    assert end["sum_received"]["bytes"] > 1_000_000


@pytest.mark.core
def test_udp_without_loss(lab, iperf):
    """A rate far below what the router can do: next to nothing may be lost on a busy machine."""
    warm_up(lab)
    total = iperf("-u -b 8M -l 1000 -t 3")["end"]["sum"]
    assert total["packets"] > 2000 and total["lost_percent"] < 1, total


@pytest.mark.core
def test_udp_datagrams_in_fragments(lab, iperf):
    warm_up(lab)
    total = iperf("-u -b 8M -l 8000 -t 2")["end"]["sum"]
    assert total["packets"] > 200 and total["lost_percent"] < 2, total


@pytest.mark.ours("polluxd's own")
def test_hundred_thousand_routes_from_a_file(fresh):
    """routes_file loads; lookups and forwarding follow it; the table is consistent."""
    rng = random.Random(7)
    prefixes = {f"{rng.randint(20, 99)}.{rng.randint(0, 255)}.{rng.randint(0, 255)}.0/24"
                for _ in range(100_000)}
    prefixes |= {"20.77.7.128/25", "20.0.0.0/8"}
    made = fresh(start=False, config={"routes_file": "table.txt"})
    (made.tmp / "table.txt").write_text("".join(f"{p} via {made.h2.ip}\n" for p in sorted(prefixes)))
    made.dut.start()
    end = time.monotonic() + 60  # the router is at work while the table loads
    while (n := len(made.dut.ip_json("route show"))) < len(prefixes) + 2:
        assert time.monotonic() < end, f"{n} routes of {len(prefixes)}"
        made.h1.ping(made.h2.ip)
        time.sleep(0.2)
    done = made.dut.client("-j show fib check", timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    sh(f"ip -n {made.h2.ns} addr add 20.77.7.129/32 dev lo")
    made.h1.ping("20.77.7.129")
    for prefix in rng.sample(sorted(prefixes), 20):
        got = made.dut.ip_json(f"route get {prefix.split('/')[0]}")[0]
        assert (got["gateway"], got["dev"]) == (made.h2.ip, "r2")
    made.h1.run(f"ping -n -q -f -c 500 {made.h2.ip}")


def settled(dut, want, timeout=60):
    """The static routes are those of want, prefix to gateway, once the router has got there."""
    end = time.monotonic() + timeout
    while (have := {r["dst"]: r["gateway"] for r in dut.ip_json("route show proto static")}) != want:
        odd = dict(list(set(have.items()) ^ set(want.items()))[:4])
        assert time.monotonic() < end, f"{len(have)} routes, not {len(want)}: {odd}"
        time.sleep(0.1)


@pytest.mark.ours("polluxd's own")
def test_reload_follows_the_routes_file(fresh):
    """SIGHUP: changed content, another path, no section; a routing daemon's routes are left alone."""
    made = fresh(start=False, config={"routes_file": "a.txt"})
    dut, gw = made.dut, made.h2.ip

    def write(name, routes):
        (made.tmp / name).write_text("".join(f"{p} via {via}\n" for p, via in routes.items()))

    def reload(config=None):
        if config is not None:
            dut.write_config(config)
        dut.proc.send_signal(signal.SIGHUP)

    old = {f"20.{i // 256}.{i % 256}.0/24": gw for i in range(6000)}
    write("a.txt", old)
    dut.start()
    settled(dut, old)
    dut.ip(f"route add 21.0.0.0/8 via {gw} proto bird")
    new = dict(list(old.items())[3000:]) | {"22.0.0.0/8": made.h1.ip, "20.20.0.0/24": made.h1.ip}
    write("a.txt", new)  # the same path, and the config does not change
    reload()
    settled(dut, new)
    other = {"23.0.0.0/8": gw, "22.0.0.0/8": gw}
    write("b.txt", other)
    reload(dut.config | {"routes_file": "b.txt"})
    settled(dut, other)
    reload({k: v for k, v in dut.config.items() if k != "routes_file"})
    settled(dut, {})
    assert [r["dst"] for r in dut.ip_json("route show 21.0.0.0/8")] == ["21.0.0.0/8"]
    done = dut.client("-j show fib check", timeout=120)
    assert done.returncode == 0 and json.loads(done.stdout)["differences"] == 0, done.stdout
