# SPDX-License-Identifier: BSD-3-Clause
"""Fragments and path MTUs beyond plain forwarding: RFC 791 3.2, RFC 1191, RFC 1858, RFC 5927, RFC 6864."""
import json
import re

import pytest
from pkt import control, echo, is_error, is_reply_to, token, warm_up
from scapy.all import ICMP, IP, Raw, TCP, raw


def pieces(host, dst, payload, size, **ip):
    """Fragments of a datagram of any protocol; scapy's own fragment() would want to build it."""
    for at in range(0, len(payload), size):
        part = payload[at:at + size]
        more = "MF" if at + size < len(payload) else 0
        yield host.to(dst, frag=at // 8, flags=more, **ip) / Raw(part)


@pytest.mark.core
def test_largest_ping(lab):
    """65,507 bytes and the headers are 65,535: there is no more."""
    assert lab.h1.ping(lab.h1.gw, count=2, args="-s 65507") == 2
    assert lab.h1.ping(lab.h2.ip, count=2, args="-s 65507") == 2


@pytest.mark.core
def test_changed_mtu_is_effective_at_once(lab):
    """RFC 1191 4: what fits passes, what does not is refused with the MTU of now."""
    warm_up(lab)
    try:
        for mtu in (1000, 600, 1400, 1500):
            lab.dut.ip(f"link set r2 mtu {mtu}")
            lab.h2.run(f"ip link set eth0 mtu {mtu}")
            lab.h1.run("ip route flush cache")
            assert lab.h1.ping(lab.h2.ip, args=f"-M do -s {mtu - 28}") == 1
            done = lab.h1.run(f"ping -n -c 1 -W 2 -M do -s {mtu - 27} {lab.h2.ip}", check=False)
            assert done.returncode != 0
            if mtu < 1500:
                assert re.search(rf"mtu ?= ?{mtu}\b", done.stdout + done.stderr), done.stdout + done.stderr
            assert lab.h1.ping(lab.h2.ip, args="-M dont -s 3000") == 1
    finally:
        lab.dut.ip("link set r2 mtu 1500")
        lab.h2.run("ip link set eth0 mtu 1500")
        lab.h1.run("ip route flush cache")


@pytest.mark.parametrize("dst", ["gw", "far"])
def test_hping_fragments(lab, dst):
    """hping3 -f sends fragments of 16 bytes."""
    target = lab.h1.gw if dst == "gw" else lab.h2.ip
    done = lab.h1.run(f"hping3 -n --icmp -f -d 400 -c 3 --fast {target}", check=False)
    assert "3 packets received" in done.stdout + done.stderr, done.stdout + done.stderr


@pytest.mark.ours("Linux leaves tiny fragments to its packet filter")
def test_tiny_fragments_of_tcp(lab):
    """RFC 1858 3, RFC 3128: dropped where datagrams are put together, passed on where not."""
    syn = raw(TCP(sport=1, dport=2, flags="S")) + bytes(20)
    parts = list(pieces(lab.h1, lab.h1.gw, syn, 8, proto=6, id=500))
    with lab.h1.wire() as wire, lab.dut.expect_drops(ip4_frag_tiny=2):
        wire.send(*parts[:2])
        control(lab.h1, wire, lab.h1.gw)
    with lab.h1.wire() as w1, lab.h2.wire() as w2:
        w1.send(*pieces(lab.h1, lab.h2.ip, syn, 8, proto=6, id=501))
        w2.expect(lambda f: IP in f and f[IP].id == 501 and f[IP].frag == 1, "a tiny fragment, forwarded")


def test_more_than_a_datagram_holds(lab):
    """RFC 791: 65,535 bytes and no more; what claims to reach further is refused."""
    good = echo(lab.h1, lab.h1.gw, payload=token() + bytes(1000), id=601)
    body = raw(good[ICMP])
    with lab.h1.wire() as wire, lab.dut.expect_drops(ip4_reasm_oversize=1):
        wire.send(lab.h1.to(lab.h1.gw, frag=8191, proto=1, id=600) / Raw(bytes(100)))
        wire.send(*pieces(lab.h1, lab.h1.gw, body, 256, proto=1, id=601))
        wire.expect(is_reply_to(good), "control: the reply to a good one")


def test_flood_of_fragments_spares_others(lab):
    """One source's first fragments without end; another's large pings are answered all the while."""
    flood = [raw(lab.h1.to(lab.h1.gw, id=n, flags="MF", proto=17) / Raw(bytes(1400))) for n in range(400)]
    warm_up(lab)
    with lab.h1.wire() as wire:
        for _ in range(10):
            for frame in flood:
                wire.sock.send(frame)
            assert lab.h2.ping(lab.h2.gw, args="-s 20000") == 1


def fields(lab, name):
    return lab.dut.cli("show stats frag")[name] if name else lab.dut.cli("show stats frag")


def ping(lab, words):
    got = lab.dut.cli(f"ping {words}")
    return got[0] if isinstance(got, list) else got


@pytest.mark.ours("polluxd's own ping")
def test_path_mtu_is_learned(lab):
    """RFC 1191 3, RFC 5927 4: a router behind h2 says 1000. A message that quotes what was never sent is not
    believed; the true one is, and what follows is cut to it."""
    with lab.h2.wire() as wire:
        ping(lab, f"{lab.h2.ip} count 1 size 1400 df")
        sent = wire.expect(lambda f: ICMP in f and f[ICMP].type == 8 and f[IP].len == 1428)
        assert sent[IP].flags.DF
        quote = raw(sent[IP])[:28]

        def needed(mtu, quoted):
            return lab.h2.to(lab.h2.gw, src=lab.h2.ip) / ICMP(type=3, code=4, nexthopmtu=mtu) / Raw(quoted)
        before = fields(lab, "Frag")
        wire.send(needed(1000, quote[:4] + bytes([quote[4] ^ 1]) + quote[5:]))
        control(lab.h2, wire, lab.h2.gw)
        ping(lab, f"{lab.h2.ip} count 1 size 1400")
        wire.expect(lambda f: ICMP in f and f[ICMP].type == 8 and f[IP].len == 1428, "an uncut request")
        wire.send(needed(1000, quote))
        control(lab.h2, wire, lab.h2.gw)
        assert ping(lab, f"{lab.h2.ip} count 1 size 1400")["received"] == 1
        first = wire.expect(lambda f: IP in f and f[IP].src == lab.h2.gw and f[IP].flags.MF, "a fragment")
        assert first[IP].len <= 1000
    after = fields(lab, "Frag")
    assert after["PmtuRefused"] == before["PmtuRefused"] + 1
    assert after["PmtuLearned"] == before["PmtuLearned"] + 1
    # What others send keeps to the link.
    assert lab.h1.ping(lab.h2.ip, args="-M do -s 1472") == 1


@pytest.mark.ours("Linux numbers replies by counters of its own")
def test_identifications_count_per_destination(lab):
    """RFC 6864: consecutive numbers to one destination, whatever others get."""
    idents = {lab.h1: [], lab.h2: []}
    for _ in range(5):
        for host, seen in idents.items():
            with host.wire() as wire:
                seen.append(control(host, wire, host.gw)[IP].id)
    for seen in idents.values():
        assert [(b - a) & 0xffff for a, b in zip(seen, seen[1:])] == [1] * 4, seen
    assert (idents[lab.h1][0] - idents[lab.h2][0]) & 0xffff not in (1, 0xffff)


@pytest.mark.ours("show stats")
def test_every_counter_of_fragments_has_its_name(lab):
    warm_up(lab)
    lab.h1.ping(lab.h1.gw, args="-s 3000")
    stats = fields(lab, None)
    for name in ("ReasmReqds", "ReasmOKs", "FragOKs", "FragCreates"):
        assert stats["Ip"][name] > 0, json.dumps(stats)
    for name in ("Duplicates", "Evicted", "Purged", "TooFar", "HandedOver", "PmtuLearned", "PmtuRefused",
                 "InUse", "Fragments", "Memory"):
        assert name in stats["Frag"]
