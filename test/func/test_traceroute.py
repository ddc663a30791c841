# SPDX-License-Identifier: BSD-3-Clause
"""The path as tools see it: traceroute by UDP, ICMP and TCP, tracepath, hping3; and the router's own
traceroute. RFC 1812 5.3.1, RFC 1191, RFC 1393's purpose without its option."""
import re

import pytest
from pkt import warm_up
from scapy.all import ICMP, IP, UDP, raw

core = pytest.mark.core


def hops_of(text):
    """The first address of each numbered line."""
    return re.findall(r"^\s*\d+\s+(\d+\.\d+\.\d+\.\d+)", text, re.M)


@core
@pytest.mark.parametrize("how", ["-U", "-I", "-T -p 9", "-U -p 53 -q 1 -f 1"])
def test_traceroute_through(lab, how):
    warm_up(lab)
    done = lab.h1.run(f"traceroute -n -w 3 {how} {lab.h2.ip}", check=False)
    assert hops_of(done.stdout) == [lab.h1.gw, lab.h2.ip], done.stdout + done.stderr


@core
@pytest.mark.parametrize("how", ["-U", "-I"])
def test_traceroute_to_the_router(lab, how):
    done = lab.h1.run(f"traceroute -n -w 3 {how} {lab.h2.gw}", check=False)
    assert hops_of(done.stdout) == [lab.h2.gw], done.stdout + done.stderr


@core
def test_tracepath_finds_the_mtu(lab):
    """RFC 1191: by the next-hop MTU in code 4; and the TTL that comes back tells the hops."""
    warm_up(lab)
    lab.dut.ip("link set r2 mtu 1300")
    try:
        done = lab.h1.run(f"tracepath -n -m 4 {lab.h2.ip}", check=False, timeout=90)
    finally:
        lab.dut.ip("link set r2 mtu 1500")
        lab.h1.run("ip route flush cache", check=False)
    assert "pmtu 1300" in done.stdout and lab.h1.gw in done.stdout, done.stdout + done.stderr
    assert re.search(rf"{lab.h2.ip} .*reached", done.stdout), done.stdout


@core
def test_hping_timestamp(lab):
    """RFC 1122 3.2.2.8, by a tool that reads the answer."""
    done = lab.h1.run(f"hping3 -n -c 1 --icmp-ts {lab.h1.gw}", check=False)
    text = done.stdout + done.stderr
    assert "ICMP timestamp" in text and "0% packet loss" in text, text


@core
def test_hping_ttl_and_unreachable(lab):
    warm_up(lab)
    done = lab.h1.run(f"hping3 -n -c 1 --udp -p 9 -t 1 {lab.h2.ip}", check=False)
    assert f"TTL 0 during transit from ip={lab.h1.gw}" in done.stdout, done.stdout + done.stderr
    done = lab.h1.run(f"hping3 -n -c 1 --udp -p 33333 {lab.h1.gw}", check=False)
    assert f"ICMP Port Unreachable from ip={lab.h1.gw}" in done.stdout, done.stdout + done.stderr
    done = lab.h1.run(f"hping3 -n -c 1 --rawip --ipproto 253 {lab.h1.gw}", check=False)
    assert f"ICMP Protocol Unreachable from ip={lab.h1.gw}" in done.stdout, done.stdout + done.stderr


@core
def test_hping_records_the_route(lab):
    warm_up(lab)
    done = lab.h1.run(f"hping3 -n -c 1 -1 --rroute {lab.h2.ip}", check=False)
    assert "RR:" in done.stdout and lab.h2.gw in done.stdout, done.stdout + done.stderr


@pytest.mark.ours("polluxd's own command")
def test_own_traceroute(lab):
    """UDP and ICMP; the flags of traceroute(8) show in the probes."""
    warm_up(lab)
    for flags in ("", "-I"):
        got = lab.dut.cli(f"traceroute {flags} -q 2 {lab.h2.ip}")
        assert got["reached"] and len(got["hops"]) == 1
        assert [p["from"] for p in got["hops"][0]["probes"]] == [lab.h2.ip] * 2
    with lab.h2.wire() as wire:
        got = lab.dut.cli(f"traceroute -q 1 -m 1 -p 40000 -t 32 -F -w 2 {lab.h2.ip} 200")
        seen = wire.expect(lambda f: UDP in f and f[UDP].dport == 40000)
        assert (seen[IP].len, seen[IP].tos, seen[IP].ttl) == (200, 32, 1) and seen[IP].flags.DF
        assert seen[UDP].chksum != 0 and UDP(raw(seen[UDP])[:180]).len == 180
        lab.dut.cli(f"traceroute -I -q 1 -f 3 {lab.h2.ip}")
        seen = wire.expect(lambda f: ICMP in f and f[ICMP].type == 8 and f[IP].ttl == 3)
    done = lab.dut.client(f"traceroute -n {lab.h2.ip} -q 1")
    assert done.stdout.startswith(f"traceroute to {lab.h2.ip} ({lab.h2.ip}), 30 hops max, 60 byte")
    assert hops_of(done.stdout) == [lab.h2.ip]
    assert lab.dut.client(f"traceroute -f 5 -m 2 {lab.h2.ip}").returncode == 1
