# SPDX-License-Identifier: BSD-3-Clause
"""The packet filter: chains at the hooks, verdicts, answers, counters, configuration."""
import json

import pytest
from conftest import lab_of
from dut import merge
from pkt import carries, control, is_error, probe, token, warm_up
from scapy.all import ICMP, IP, TCP, UDP, Raw

pytestmark = pytest.mark.ours("its own rule language; the test machines have no nft to give the kernel the same")

FORWARD = {"policy": "accept", "rules": [
    {"protocol": "udp", "dport": 9, "action": "count", "comment": "seen"},
    {"src": "10.0.1.0/24", "protocol": "udp", "dport": "7000-7009", "action": "drop"},
    {"protocol": "udp", "dport": 7100, "action": "reject", "reject_with": "admin-prohibited"},
    {"protocol": "tcp", "dport": 7200, "action": "reject", "reject_with": "tcp-reset"},
    {"protocol": "icmp", "icmp_type": "timestamp-request", "action": "drop"},
    {"fragment": "later", "dst": "10.0.2.77", "action": "drop"},
    {"dscp": 46, "iif": "r1", "oif": "r2", "action": "drop"},
]}


@pytest.fixture(scope="module")
def flab():
    with lab_of(2, {"filter": {"forward": FORWARD,
                               "input": {"rules": [{"protocol": "udp", "dport": 500, "action": "drop"}]}}}) as made:
        warm_up(made)
        yield made


def rows(lab, chain="forward"):
    return lab.dut.cli(f"filter show {chain}")


def packets(lab, position, chain="forward"):
    return next(r["packets"] for r in rows(lab, chain) if r.get("position", 0) == position)


def judge(lab, packet, mark, passes):
    """The packet reaches h2, or does not; an echo sent behind it makes its way."""
    with lab.h1.wire() as w1, lab.h2.wire() as w2:
        w1.send(packet)
        control(lab.h1, w1, lab.h2.ip)
        if passes:
            return w2.expect(carries(mark))
        w2.none(carries(mark), "what the filter drops")
        return None


def udp(lab, dport, **ip):
    mark = token()
    return probe(lab.h1, lab.h2, payload=mark, dport=dport, **ip), mark


@pytest.mark.parametrize("dport,passes", [(6999, True), (7000, False), (7009, False), (7010, True)])
def test_ports(flab, dport, passes):
    before = packets(flab, 2)
    judge(flab, *udp(flab, dport), passes)
    assert packets(flab, 2) == before + (not passes)


def test_source_decides(flab):
    mark = token()
    judge(flab, flab.h1.to(flab.h2, src="10.0.9.9") / UDP(dport=7000) / Raw(mark), mark, True)


def test_drops_have_a_reason(flab):
    with flab.dut.expect_drops(filter_drop=1, filter_reject=0):
        judge(flab, *udp(flab, 7005), False)


def test_count_goes_on(flab):
    before = packets(flab, 1)
    judge(flab, *udp(flab, 9), True)
    row = rows(flab)[1]
    assert row["packets"] == before + 1 and row["comment"] == "seen" and row["bytes"] >= 40


def test_reject_tells_the_source(flab):
    packet, mark = udp(flab, 7100)
    with flab.h1.wire() as wire, flab.dut.expect_drops(filter_reject=1, filter_drop=0):
        wire.send(packet)
        error = wire.expect(is_error(3, 13, about=packet))
        assert error[IP].src == flab.h1.gw and error[IP].dst == flab.h1.ip
    judge(flab, packet, mark, False)


def test_tcp_reset_ends_a_connect_at_once(flab):
    """The host's TCP takes the reset for h2's: refused, instead of a time out."""
    done = flab.h1.run(f"bash -c 'exec 3<>/dev/tcp/{flab.h2.ip}/7200'", check=False, timeout=20)
    assert done.returncode != 0 and "refused" in done.stderr
    with flab.h1.wire() as wire:
        wire.send(flab.h1.to(flab.h2) / TCP(sport=4000, dport=7200, flags="S", seq=41))
        reset = wire.expect(lambda f: TCP in f and f[TCP].dport == 4000)
        assert reset[TCP].flags == "RA" and reset[TCP].ack == 42 and reset[IP].src == flab.h2.ip


def test_icmp_types(flab):
    mark = token()
    judge(flab, flab.h1.to(flab.h2) / ICMP(type=13) / Raw(mark), mark, False)
    mark = token()
    judge(flab, flab.h1.to(flab.h2) / ICMP(type=17) / Raw(mark), mark, True)


def test_fragments(flab):
    """RFC 1858 3: later fragments have no ports, whatever stands there; they have a match of their own."""
    flab.dut.ip("neigh replace 10.0.2.77 lladdr 02:00:00:00:02:77 dev r2")
    mark = token()
    first = flab.h1.to(flab.h2, flags="MF", proto=17, id=7) / Raw(b"\x0f\xa0\x1b\x58" + mark)
    judge(flab, first, mark, False)  # port 7000
    mark = token()
    later = flab.h1.to(flab.h2, frag=2, proto=17, id=7) / Raw(b"\x0f\xa0\x1b\x58" + mark)
    judge(flab, later, mark, True)
    with flab.dut.expect_drops(filter_drop=1):
        judge(flab, flab.h1.to("10.0.2.77", frag=2, proto=17, id=8) / Raw(mark + b"1234"), mark, False)


def test_dscp_and_devices(flab):
    judge(flab, *udp(flab, 8000, tos=0xb8), False)
    judge(flab, *udp(flab, 8000, tos=0xb9), False)  # the ECN bits are not DSCP's
    judge(flab, *udp(flab, 8000, tos=0xbc), True)
    mark = token()
    with flab.h1.wire() as w1, flab.h2.wire() as w2:  # the other way
        w2.send(flab.h2.to(flab.h1, tos=0xb8) / UDP(dport=8000) / Raw(mark))
        w1.expect(carries(mark))


def test_input_chain(flab):
    dropped, answered = (probe(flab.h1, flab.h1.gw, dport=dport) for dport in (500, 501))
    with flab.h1.wire() as wire, flab.dut.expect_drops(filter_drop=1):
        wire.send(dropped, answered)
        wire.expect(is_error(3, 3, about=answered))
        wire.none(is_error(about=dropped), "an answer from port 500")


def test_output_chain(flab):
    dut = flab.dut
    dut.client(f"filter add output dst {flab.h2.ip} protocol icmp reject with host-prohibited")
    try:
        done = dut.client(f"ping {flab.h2.ip} count 1 timeout 2000")
        assert done.returncode != 0
        assert packets(flab, 1, "output") == 1
        assert dut.client(f"ping {flab.h1.ip} count 1 timeout 5000").returncode == 0
        flab.h1.ping(flab.h2.ip)  # forwarding is another chain's business
    finally:
        dut.client("filter flush output")
    assert dut.client(f"ping {flab.h2.ip} count 1 timeout 5000").returncode == 0


def test_commands(flab):
    dut = flab.dut
    assert dut.client("filter add prerouting src 10.0.1.0/24 protocol udp dport 4444 drop").returncode == 0
    assert dut.client("filter add prerouting position 1 protocol udp dport 4444 tos 0x10/0x1e accept").returncode == 0
    judge(flab, *udp(flab, 4444), False)
    judge(flab, *udp(flab, 4444, tos=0x10), True)
    assert [r["action"] for r in rows(flab, "prerouting")[1:]] == ["accept", "drop"]
    text = dut.client("filter show prerouting").stdout
    assert "chain prerouting policy accept" in text and "src 10.0.1.0/24 protocol udp dport 4444 drop" in text
    dut.client("filter del prerouting position 2")
    judge(flab, *udp(flab, 4444), True)
    dut.client("clear filter prerouting")
    assert packets(flab, 1, "prerouting") == 0
    dut.client("filter policy prerouting drop")
    with flab.h1.wire() as w1, flab.h2.wire() as w2:
        packet, mark = udp(flab, 4444)
        passing, seen = udp(flab, 4444, tos=0x10)
        w1.send(packet, passing)
        w2.expect(carries(seen))
        w2.none(carries(mark))
    dut.client("filter policy prerouting accept")
    dut.client("filter flush prerouting")
    assert rows(flab, "prerouting") == [{**rows(flab, "prerouting")[0], "policy": "accept", "rules": 0}]
    flab.h1.ping(flab.h2.ip)


@pytest.mark.parametrize("words,says", [
    ("add forward dport 80 drop", "ports need protocol"),
    ("add forward protocol tcp dport 80-70 drop", "range"),
    ("add forward protocol nonsense drop", "expected tcp"),
    ("add forward src 10.0.0.1/8 drop", "prefix"),
    ("add postrouting reject", "too late"),
    ("add output iif r1 drop", "iif"),
    ("add forward reject with tcp-reset", "protocol tcp"),
    ("add forward accept with tcp-reset", "only reject"),
    ("add forward iif nosuch drop", "nosuch"),
    ("add sideways drop", "prerouting"),
    ("del forward position 99", "there is no rule 99"),
])
def test_errors(flab, words, says):
    before = rows(flab)
    done = flab.dut.client("filter " + words)
    assert done.returncode != 0 and says in done.stderr, done.stderr
    assert [r.get("position") for r in rows(flab)] == [r.get("position") for r in before]


@pytest.mark.parametrize("chain,pointer", [
    ({"forwards": {}}, "/filter/forwards"),
    ({"forward": {"policy": "deny"}}, "/filter/forward/policy"),
    ({"forward": {"rules": {}}}, "/filter/forward/rules"),
    ({"forward": {"rules": [{"action": "drop"}, {"src": "10.0.0.0/8"}]}}, "/filter/forward/rules/1/action"),
    ({"forward": {"rules": [{"action": "drop", "sport": 80}]}}, "/filter/forward/rules/0"),
    ({"forward": {"rules": [{"action": "drop", "protocol": "tcp", "dport": "x"}]}}, "/filter/forward/rules/0/dport"),
    ({"forward": {"rules": [{"action": "drop", "iif": "r9"}]}}, "/filter/forward/rules/0/iif"),
    ({"forward": {"rules": [{"action": "drop", "port": 1}]}}, "/filter/forward/rules/0/port"),
    ({"forward": {"rules": [{"action": "mark"}]}}, "/filter/forward/rules/0/mark"),
    ({"forward": {"rules": [{"action": "accept", "reject_with": "tcp-reset"}]}},
     "/filter/forward/rules/0/reject_with"),
    ({"forward": {"rules": [{"action": "drop", "tos": 4, "dscp": 1}]}}, "/filter/forward/rules/0/dscp"),
    ({"forward": {"rules": [{"action": "drop", "src": "10.0.0.1/8"}]}}, "/filter/forward/rules/0/src"),
])
def test_config_is_checked(flab, tmp_path, chain, pointer):
    path = tmp_path / "bad.json"
    path.write_text(json.dumps(merge(flab.dut.config, {"filter": None}) | {"filter": chain}))
    done = flab.dut.client(f"config check {path}")
    assert done.returncode != 0 and pointer + ":" in done.stdout + done.stderr, done.stdout + done.stderr


def test_reload_replaces_a_chain(fresh, tmp_path):
    """The order of the document is the order of the rules; without the section nothing is filtered."""
    rules = [{"protocol": "udp", "dport": 1234, "action": "drop"}, {"action": "accept"}]
    lab = fresh(hosts=2, config={"filter": {"forward": {"policy": "drop", "rules": rules}}})
    warm_up(lab)
    path = tmp_path / "new.json"
    judge(lab, *udp(lab, 1234), False)
    for chain, passes in (({"policy": "drop", "rules": rules[::-1]}, True), ({"rules": rules[:1]}, False)):
        path.write_text(json.dumps(lab.dut.config | {"filter": {"forward": chain}}))
        assert lab.dut.client(f"config load {path}").returncode == 0
        judge(lab, *udp(lab, 1234), passes)
    path.write_text(json.dumps(merge(lab.dut.config, {"filter": None})))
    assert lab.dut.client(f"config load {path}").returncode == 0
    judge(lab, *udp(lab, 1234), True)
    assert all(r["policy"] == "accept" and r["rules"] == 0 for r in lab.dut.cli("filter show"))


def test_thousands_of_rules(fresh):
    """The last of 5,000 rules decides; loading them keeps the router responsive."""
    rules = [{"src": f"10.{100 + i // 250}.{i % 250}.0/24", "protocol": "tcp", "dport": 1 + i % 60000,
              "action": "drop"} for i in range(4999)]
    rules.append({"src": "10.0.1.0/24", "protocol": "udp", "dport": 4321, "action": "drop"})
    lab = fresh(hosts=2, config={"filter": {"forward": {"rules": rules}}})
    warm_up(lab)
    judge(lab, *udp(lab, 4321), False)
    judge(lab, *udp(lab, 4322), True)
    assert len(lab.dut.cli("filter show forward")) == 5001
