# SPDX-License-Identifier: BSD-3-Clause
"""IP options on the wire: RFC 791 3.1; RFC 1122 3.2.1.8, 3.2.2.5, 3.2.2.6; RFC 1812 4.2.2.1,
4.3.2.6, 5.2.4.1; RFC 2113; RFC 7126 4.3."""
import contextlib
import re
import time

import pytest
from dut import LINUX
from netlab import sh
from pkt import carries, control, echo, is_error, is_reply_to, probe, quoted_bytes, token, warm_up
from scapy.all import ICMP, IP, UDP, IPOption, Raw, raw

core = pytest.mark.core


def addr(text):
    return bytes(int(x) for x in text.split("."))


def with_options(packet, data):
    """The packet with these bytes as its IP options."""
    packet[IP].options = [IPOption(data)]
    return packet


def malformed(packet, data):
    """The same as bytes, for options that scapy would not write."""
    frame = bytearray(raw(packet))
    frame[14] += len(data) // 4
    frame[16:18] = (int.from_bytes(frame[16:18], "big") + len(data)).to_bytes(2, "big")
    frame[24:26] = b"\0\0"
    frame[34:34] = data
    words = [int.from_bytes(frame[i:i + 2], "big") for i in range(14, 34 + len(data), 2)]
    total = sum(words)
    total = (total & 0xffff) + (total >> 16)
    frame[24:26] = (~((total & 0xffff) + (total >> 16)) & 0xffff).to_bytes(2, "big")
    return bytes(frame)


def options_of(frame):
    ip = raw(frame[IP])
    return ip[20:(ip[0] & 15) * 4]


@contextlib.contextmanager
def source_routes(dut, port="r1"):
    keys = [f"net.ipv4.conf.{n}.accept_source_route" for n in ("all", port)]
    was = [dut.sysctl(k) for k in keys]
    for k in keys:
        dut.sysctl(k, 1)
    try:
        yield
    finally:
        for k, v in zip(keys, was):
            dut.sysctl(k, v)


def ping_lines(host, args):
    done = host.run(f"ping -n -c 1 -W 8 {args}", check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@core
def test_ping_records_the_route(lab):
    """ping -R: out by the router's far address, back by its near one."""
    warm_up(lab)
    text = ping_lines(lab.h1, f"-R {lab.h2.ip}")
    hops = re.findall(r"^(?:RR:)?\s+(\d+\.\d+\.\d+\.\d+)$", text, re.M)
    assert hops[0] == lab.h1.ip and hops[1] == lab.h2.gw
    assert lab.h2.ip in hops and lab.h1.gw in hops[2:], text
    assert hops.index(lab.h2.ip) < hops.index(lab.h1.gw)


@core
def test_ping_records_the_router_itself(lab):
    """RFC 1122 3.2.2.6: the record of an echo request comes back in its reply. Linux signs twice,
    as it is both host and router; so it is the order that is looked at."""
    text = ping_lines(lab.h1, f"-R {lab.h1.gw}")
    hops = re.findall(r"^(?:RR:)?\s+(\d+\.\d+\.\d+\.\d+)$", text, re.M)
    assert hops[0] == lab.h1.ip and hops[1] == lab.h1.gw, text


@core
def test_ping_collects_timestamps(lab):
    """Each hop signs with an address: Linux with the one it was reached by, we with the one that the
    packet leaves by, as in a route record."""
    warm_up(lab)
    text = ping_lines(lab.h1, f"-T tsandaddr {lab.h2.ip}")
    assert lab.h2.gw in text or lab.h1.gw in text, text
    text = ping_lines(lab.h1, f"-T tsonly {lab.h2.ip}")
    assert len(re.findall(r"^(?:TS:)?\s+-?\d+", text, re.M)) >= 3, text


@core
def test_ping_prescribed_timestamps(lab):
    """Flag 3: only the hop that is named fills in its slot."""
    warm_up(lab)
    for hop, filled in ((lab.h2.gw, True), ("10.0.2.77", False)):
        request = with_options(echo(lab.h1, lab.h2.ip),
                               b"\x44\x0c\x05\x03" + addr(hop) + b"\xff" * 4)
        with lab.h1.wire() as w1, lab.h2.wire() as w2:
            w1.send(request)
            got = w2.expect(lambda f, r=request: ICMP in f and f[ICMP].id == r[ICMP].id
                            and f[ICMP].seq == r[ICMP].seq and f[ICMP].type == 8)
            opt = options_of(got)
        assert (opt[2] == 13 and opt[8:12] != b"\xff" * 4) == filled, opt.hex()


def ms_of_day():
    return int(time.time() * 1000) % 86400000


def is_now(data):
    """Milliseconds since midnight UT (RFC 791 3.1), of a moment ago."""
    return (ms_of_day() - int.from_bytes(data, "big")) % 86400000 < 30000


TIMES = {  # flag: option without its head, and how it comes back from a hop of these addresses
    "times alone": (0, lambda hops: bytes(8), lambda o, hops: o[2] >= 9 and is_now(o[4:8])),
    "times and addresses": (1, lambda hops: bytes(16), lambda o, hops: o[2] >= 13 and is_now(o[8:12]) and o[4:8] in hops),
    "prescribed, the first is ours": (3, lambda hops: hops[0] + bytes(4) + addr("10.9.9.9") + bytes(4),
                                      lambda o, hops: o[2] == 13 and is_now(o[8:12]) and o[16:20] == bytes(4)),
    "prescribed, the first is another's": (3, lambda hops: addr("10.9.9.9") + bytes(4) + hops[0] + bytes(4),
                                           lambda o, hops: o[2] == 5 and o[8:12] == bytes(4) == o[16:20]),
}


@core
@pytest.mark.parametrize("to", ["through", "the router"])
@pytest.mark.parametrize("kind", TIMES)
def test_timestamps_by_flag(lab, kind, to):
    """RFC 791 3.1: each flag, in forwarding and in local delivery."""
    warm_up(lab)
    flag, slots, filled = TIMES[kind]
    hops = [addr(lab.h1.gw), addr(lab.h2.gw)]
    data = slots(hops)
    request = with_options(echo(lab.h1, lab.h2.ip if to == "through" else lab.h1.gw),
                           bytes([0x44, 4 + len(data), 5, flag]) + data)
    there, type_ = (lab.h2, 8) if to == "through" else (lab.h1, 0)
    with lab.h1.wire() as w1, there.wire() as wire:
        w1.send(request)
        got = wire.expect(lambda f: ICMP in f and f[ICMP].type == type_ and f[ICMP].id == request[ICMP].id
                          and f[ICMP].seq == request[ICMP].seq)
    option = options_of(got)
    assert option[:2] == bytes([0x44, 4 + len(data)]) and option[3] & 0x0f == flag
    assert filled(option, hops), option.hex()


@core
def test_full_timestamp_counts_the_overflow(lab):
    """RFC 791 3.1: no room left; and when the count is full, too, parameter problem."""
    warm_up(lab)
    packet = with_options(probe(lab.h1, lab.h2), b"\x44\x08\x09\x20" + b"abcd")
    with lab.h1.wire() as w1, lab.h2.wire() as w2:
        w1.send(packet)
        got = w2.expect(carries(raw(packet[UDP].payload)[:12]))
        assert options_of(got) == b"\x44\x08\x09\x30abcd"
        packet = with_options(probe(lab.h1, lab.h2), b"\x44\x08\x09\xf0" + b"abcd")
        w1.send(packet)
        error = w1.expect(is_error(12, 0, about=packet))
        assert raw(error[ICMP])[4] == 23


BAD = {  # options, and the octet at fault counted from the start of the header (RFC 792)
    "record route with pointer 3": (b"\x07\x07\x03\0\0\0\0\0", 22),
    "record route with half a slot": (b"\x07\x07\x05\0\0\0\0\0", 22),
    "record route of length 2": (b"\x07\x02\x04\0", 21),
    "two record routes": (b"\x07\x03\x04\x07\x03\x04\0\0", 23),
    "timestamp with pointer 4": (b"\x44\x08\x04\0\0\0\0\0", 22),
    "timestamp without room for the address": (b"\x44\x08\x05\x01\0\0\0\0", 22),
    "option of length 1": (b"\x94\x01\0\0", 21),
    "option past the header": (b"\x07\x0b\x04\0", 21),
    "option without a length": (b"\x01\x01\x01\x07", 23),
}


@core
@pytest.mark.parametrize("what", BAD)
def test_bad_option_is_reported(lab, what):
    """RFC 1122 3.2.2.5: parameter problem, with the pointer. Linux points at the option's first octet
    where the length is at fault, we at the length itself: either is in the option. Of two record
    routes Linux takes offence at the second, too; it gives back the good options that came before,
    for which no standard asks."""
    data, pointer = BAD[what]
    packet = malformed(probe(lab.h1, lab.h2), data)
    with lab.h1.wire() as wire, lab.dut.expect_drops(ip4_bad_option=1):
        wire.send(packet)
        error = wire.expect(is_error(12, 0))
        control(lab.h1, wire, lab.h1.gw)
    assert pointer - 1 <= raw(error[ICMP])[4] <= pointer
    assert quoted_bytes(error)[20:20 + len(data)] == data
    assert error[IP].ihl == 5 or LINUX


@core
@pytest.mark.parametrize("data", [b"\x94\x04\0\0", b"\x5e\x04\x01\x02", b"\x01\x01\x01\x00"])
def test_other_options_pass(lab, data):
    """Router alert that nobody here asked for (RFC 2113), unknown (RFC 1122 3.2.1.8), padding."""
    warm_up(lab)
    packet = with_options(probe(lab.h1, lab.h2), data)
    with lab.h1.wire() as w1, lab.h2.wire() as w2:
        w1.send(packet)
        got = w2.expect(carries(raw(packet[UDP].payload)[:12]))
    assert options_of(got) == data and got[IP].ttl == packet[IP].ttl - 1


@core
def test_source_route_is_refused_unless_accepted(lab):
    """RFC 7126 4.3: dropped in silence."""
    warm_up(lab)
    packet = with_options(probe(lab.h1, lab.h1.gw), b"\x83\x07\x04" + addr(lab.h2.ip) + b"\0")
    with lab.h1.wire() as w1, lab.h2.wire() as w2:
        with lab.dut.expect_drops(ip4_source_route=1):
            w1.send(packet)
            control(lab.h1, w1, lab.h2.ip)
        w1.none(is_error(), "an error about a refused source route")
        w2.none(carries(raw(packet[UDP].payload)[:12]), "a source-routed packet")


@core
@pytest.mark.parametrize("kind", [0x83, 0x89])
def test_source_route_is_followed(lab, kind):
    """RFC 791 3.1: destination from the route, our address on the way out in its place."""
    warm_up(lab)
    route = bytes([kind]) + b"\x07\x04" + addr(lab.h2.ip) + b"\0"
    packet = with_options(probe(lab.h1, lab.h1.gw), route)
    with source_routes(lab.dut), lab.h1.wire() as w1, lab.h2.wire() as w2:
        w1.send(packet)
        got = w2.expect(carries(raw(packet[UDP].payload)[:12]))
    assert got[IP].dst == lab.h2.ip
    assert options_of(got) == bytes([kind]) + b"\x07\x08" + addr(lab.h2.gw) + b"\0"


@core
def test_strict_route_astray_is_reported(lab):
    """RFC 1812 5.2.4.1: the next stop of a strict route is not on a link of ours: code 5."""
    warm_up(lab)
    lab.dut.ip(f"route add 198.51.100.0/24 via {lab.h2.ip}")
    try:
        packet = with_options(probe(lab.h1, lab.h1.gw), b"\x89\x07\x04" + addr("198.51.100.9") + b"\0")
        with source_routes(lab.dut), lab.h1.wire() as wire:
            wire.send(packet)
            error = wire.expect(is_error(3, 5))
        assert error[IP].dst == lab.h1.ip
    finally:
        lab.dut.ip("route del 198.51.100.0/24")


@core
def test_echo_reply_reverses_the_route(lab):
    """RFC 1122 3.2.2.6: the reply goes back by the stop that the request came by."""
    sh(f"ip -n {lab.h1.ns} addr add 10.0.1.3/24 dev eth0")
    try:
        request = with_options(echo(lab.h1, lab.h1.gw, src="10.0.9.9"),
                               b"\x83\x07\x08" + addr("10.0.1.3") + b"\0")
        with source_routes(lab.dut), lab.h1.wire() as wire:
            lab.dut.ip(f"route add 10.0.9.0/24 via {lab.h1.ip}")
            wire.send(request)
            reply = wire.expect(lambda f: ICMP in f and f[ICMP].type == 0
                                and f[ICMP].id == request[ICMP].id)
        assert reply[IP].dst == "10.0.1.3"
        assert options_of(reply)[:7] == b"\x83\x07\x04" + addr("10.0.9.9")
    finally:
        lab.dut.ip("route del 10.0.9.0/24", check=False)
        sh(f"ip -n {lab.h1.ns} addr del 10.0.1.3/24 dev eth0")


@core
def test_error_reverses_the_route(lab):
    """RFC 1812 4.3.2.6: so does an error about a source-routed packet."""
    sh(f"ip -n {lab.h1.ns} addr add 10.0.1.3/24 dev eth0")
    try:
        route = b"\x83\x0b\x08" + addr("10.0.1.3") + addr("10.0.2.9") + b"\0"
        packet = with_options(probe(lab.h1, lab.h2, ttl=1), route)
        with source_routes(lab.dut), lab.h1.wire() as wire:
            wire.send(packet)
            error = wire.expect(is_error(11, 0))
        assert error[IP].dst == "10.0.1.3"
        assert options_of(error)[:7] == b"\x83\x07\x04" + addr(lab.h1.ip)
        assert quoted_bytes(error)[20:32] == route
    finally:
        sh(f"ip -n {lab.h1.ns} addr del 10.0.1.3/24 dev eth0")


@core
def test_error_carries_the_record(lab):
    """As Linux: the route record of the packet comes back in the error, the router added."""
    packet = with_options(probe(lab.h1, lab.h2, ttl=1), b"\x07\x0b\x08" + addr("10.9.9.9") + bytes(5))
    with lab.h1.wire() as wire:
        wire.send(packet)
        error = wire.expect(is_error(11, 0))
    assert options_of(error)[:11] == b"\x07\x0b\x0c" + addr("10.9.9.9") + addr(lab.h1.gw)


@core
def test_options_in_fragments(lab):
    """RFC 791 3.1: the copied ones stand in each fragment, the others in the first alone."""
    warm_up(lab)
    lab.dut.ip("link set r2 mtu 600")
    try:
        data = b"\x94\x04\0\0" + b"\x07\x07\x04\0\0\0\0\0"
        packet = with_options(probe(lab.h1, lab.h2, payload=token() + bytes(988)), data)
        with lab.h1.wire() as w1, lab.h2.wire() as w2:
            w1.send(packet)
            first = w2.expect(lambda f: IP in f and f[IP].flags.MF and f[IP].frag == 0)
            rest = w2.expect(lambda f: IP in f and f[IP].frag > 0)
    finally:
        lab.dut.ip("link set r2 mtu 1500")
    assert options_of(first) == b"\x94\x04\0\0\x07\x07\x08" + addr(lab.h2.gw) + b"\0"
    assert options_of(rest)[:4] == b"\x94\x04\0\0" and 0x07 not in options_of(rest)


@pytest.mark.ours("polluxd's own commands")
def test_own_ping_with_options(lab):
    """ping -R and -T of the router: RFC 791 in origination."""
    warm_up(lab)
    got = lab.dut.cli(f"ping -c 1 -R {lab.h2.ip}")["replies"][0]
    assert got["route"][0] == lab.h2.gw and lab.h2.ip in got["route"]
    got = lab.dut.cli(f"ping -c 1 -T tsandaddr {lab.h2.ip}")["replies"][0]["timestamps"]
    assert [t["address"] for t in got][:2] == [lab.h2.gw, lab.h2.ip]
    assert all(0 <= t["time_ms"] < 86400000 for t in got)
    assert len(lab.dut.cli(f"ping -c 1 -T tsonly {lab.h2.ip}")["replies"][0]["timestamps"]) >= 2
    got = lab.dut.cli(f"ping -c 1 -T tsprespec {lab.h2.gw},{lab.h2.ip} {lab.h2.ip}")["replies"][0]
    assert [t["address"] for t in got["timestamps"]] == [lab.h2.gw, lab.h2.ip]
    text = lab.dut.client(f"ping -c 1 -R {lab.h2.ip}").stdout
    assert f"RR: \t{lab.h2.gw}\n" in text and "124(132)" not in text and "56(124)" in text, text
    text = lab.dut.client(f"ping -c 1 -T tsonly {lab.h2.ip}").stdout
    assert "TS: " in text and " absolute" in text, text
    for wrong in ("-T tsprespec 10.0.2.1,x", "-T never", "-R -T tsonly"):
        done = lab.dut.client(f"ping -c 1 {wrong} {lab.h2.ip}")
        assert done.returncode != 0, wrong
    with lab.h2.wire() as wire:
        lab.dut.cli(f"ping -c 1 -Q 16 -M do {lab.h2.ip}")
        seen = wire.expect(lambda f: ICMP in f and f[ICMP].type == 8)
    assert seen[IP].tos == 16 and seen[IP].flags.DF and is_reply_to(seen) and Raw in seen
