# SPDX-License-Identifier: BSD-3-Clause
"""Frames that are wrong at every layer: each is dropped under its own reason while good packets
around it pass unharmed (RFC 1812 5.2.2, 5.3.7; RFC 826; RFC 1122 3.2.2; IEEE 802.3, 802.1Q)."""
import struct

import pytest
from dut import LINUX
from pkt import carries, control, probe, token, warm_up
from scapy.all import ARP, ICMP, IP, LLC, SNAP, UDP, Dot1Q, Dot3, Ether, Raw, raw

pytestmark = pytest.mark.core


def patched(packet, offset, data):
    """The packet with bytes of its IP header replaced, the header checksum made right again."""
    frame = bytearray(raw(packet))
    frame[14 + offset:14 + offset + len(data)] = data
    head = (frame[14] & 15) * 4
    if head >= 20 and len(frame) >= 14 + head:
        frame[24:26] = b"\0\0"
        total = sum(struct.unpack(f"!{head // 2}H", bytes(frame[14:14 + head])))
        total = (total & 0xffff) + (total >> 16)
        frame[24:26] = struct.pack("!H", ~((total & 0xffff) + (total >> 16)) & 0xffff)
    return bytes(frame)


def bad_checksum(lab):
    packet = IP(raw(probe(lab.h1, lab.h2)[IP]))
    packet.chksum ^= 0x0100
    return lab.h1.eth() / packet


def source(address):
    return lambda lab: probe(lab.h1, lab.h2, src=address)


def dest(address):
    return lambda lab: probe(lab.h1, address)


def to_router(upper):
    return lambda lab: lab.h1.to(lab.h1.gw) / upper


def to_router_udp(**fields):
    return lambda lab: lab.h1.to(lab.h1.gw) / UDP(sport=4000, dport=33333, **fields) / Raw(token())


def option(data):
    """A packet whose IP options are these bytes, whatever they mean."""
    def make(lab):
        head = bytearray(raw(IP(src=lab.h1.ip, dst=lab.h2.ip, proto=17, ihl=5 + len(data) // 4,
                                len=28 + len(data), chksum=0))[:20])
        body = bytes(head) + data + raw(UDP(sport=1, dport=9, len=8))
        return patched(lab.h1.eth() / Raw(body), 0, b"")
    return make


def ip_type(frame):
    """scapy does not set the ethertype for Raw: make it IPv4."""
    return frame[:12] + b"\x08\x00" + frame[14:]


BAD = [
    # --- IPv4 header
    ("ip4_truncated", "3 bytes of header", lambda lab: raw(lab.h1.eth(type=0x800)) + b"\x45\0\0"),
    ("ip4_truncated", "no header at all", lambda lab: raw(lab.h1.eth(type=0x800))),
    ("ip4_truncated", "19 bytes of header", lambda lab: raw(probe(lab.h1, lab.h2))[:14 + 19]),
    ("ip4_bad_version", "version 6", lambda lab: patched(probe(lab.h1, lab.h2), 0, b"\x65")),
    ("ip4_bad_version", "version 0", lambda lab: patched(probe(lab.h1, lab.h2), 0, b"\x05")),
    ("ip4_bad_ihl", "IHL 4", lambda lab: patched(probe(lab.h1, lab.h2), 0, b"\x44")),
    ("ip4_bad_ihl", "IHL 0", lambda lab: patched(probe(lab.h1, lab.h2), 0, b"\x40")),
    ("ip4_bad_ihl", "IHL past the frame",
     lambda lab: patched(probe(lab.h1, lab.h2), 0, b"\x4f")),
    ("ip4_bad_length", "total length 19",
     lambda lab: patched(probe(lab.h1, lab.h2), 2, b"\0\x13")),
    ("ip4_bad_length", "total length 0", lambda lab: patched(probe(lab.h1, lab.h2), 2, b"\0\0")),
    ("ip4_bad_length", "total length past the frame",
     lambda lab: patched(probe(lab.h1, lab.h2), 2, b"\x05\x00")),
    ("ip4_bad_checksum", "checksum", bad_checksum),
    # --- addresses
    ("ip4_martian_source", "from 0.0.0.0", source("0.0.0.0")),
    ("ip4_martian_source", "from 0/8", source("0.1.2.3")),
    ("ip4_martian_source", "from 127/8", source("127.0.0.1")),
    ("ip4_martian_source", "from multicast", source("224.1.1.1")),
    ("ip4_martian_source", "from broadcast", source("255.255.255.255")),
    ("ip4_martian_source", "from the router's own address", source("10.0.1.1")),
    ("ip4_martian_source", "from the router's far address", source("10.0.2.1")),
    ("ip4_martian_destination", "to 0.0.0.0", dest("0.0.0.0")),
    ("ip4_martian_destination", "to 0/8", dest("0.1.2.3")),
    ("ip4_martian_destination", "to 127/8", dest("127.0.0.1")),
    # --- options
    ("ip4_source_route", "loose source route",
     option(b"\x83\x07\x04" + bytes([10, 0, 2, 2]) + b"\0")),
    ("ip4_source_route", "strict source route",
     option(b"\x89\x07\x04" + bytes([10, 0, 2, 2]) + b"\0")),
    ("ip4_bad_option", "record route of length 2", option(b"\x07\x02\x04\0")),
    ("ip4_bad_option", "option past the header", option(b"\x07\x0b\x04\0")),
    ("ip4_bad_option", "option of length 0", option(b"\x94\0\0\0")),
    # --- UDP (RFC 768, RFC 1122 4.1.3.4)
    ("udp_truncated", "7 bytes of UDP", lambda lab: lab.h1.to(lab.h1.gw, proto=17) / Raw(b"\0" * 7)),
    ("udp_bad_length", "UDP length 7", to_router_udp(len=7)),
    ("udp_bad_length", "UDP length past the datagram", to_router_udp(len=99)),
    ("udp_bad_checksum", "UDP checksum", to_router_udp(chksum=0x1234)),
    # --- link
    ("netdev_otherhost", "to another station",
     lambda lab: lab.h1.eth(dst="02:00:00:00:09:09") / probe(lab.h1, lab.h2)[IP]),
    ("netdev_bad_source_mac", "group source address",
     lambda lab: lab.h1.eth(src="03:00:00:00:00:01") / probe(lab.h1, lab.h2)[IP]),
    ("netdev_bad_source_mac", "zero source address",
     lambda lab: lab.h1.eth(src="00:00:00:00:00:00") / probe(lab.h1, lab.h2)[IP]),
    ("netdev_unknown_proto", "ethertype 88b5", lambda lab: lab.h1.eth(type=0x88b5) / Raw(token())),
    ("netdev_unknown_proto", "IPv6", lambda lab: lab.h1.eth(type=0x86dd) / Raw(b"\x60" + b"\0" * 60)),
    ("netdev_unknown_proto", "unknown SAP",
     lambda lab: Dot3(src=lab.h1.mac, dst=lab.h1.gw_mac) / LLC(dsap=0xe0, ssap=0xe0, ctrl=3)
     / Raw(token())),
    ("netdev_unknown_proto", "unknown SNAP protocol",
     lambda lab: Dot3(src=lab.h1.mac, dst=lab.h1.gw_mac) / LLC(dsap=0xaa, ssap=0xaa, ctrl=3)
     / SNAP(OUI=0x00000c, code=0x2000) / Raw(token())),
    ("netdev_bad_llc", "802.3 length past the frame",
     lambda lab: raw(Ether(src=lab.h1.mac, dst=lab.h1.gw_mac, type=400)) + b"\x42\x42\x03" + b"x" * 40),
    ("netdev_bad_llc", "LLC header cut short",
     lambda lab: raw(Ether(src=lab.h1.mac, dst=lab.h1.gw_mac, type=2)) + b"\xaa\xaa"),
    ("netdev_unknown_vlan", "VLAN 7",
     lambda lab: lab.h1.eth() / Dot1Q(vlan=7) / probe(lab.h1, lab.h2)[IP]),
    ("netdev_bad_vlan", "VLAN 4095",
     lambda lab: lab.h1.eth() / Dot1Q(vlan=4095) / probe(lab.h1, lab.h2)[IP]),
    ("netdev_bad_vlan", "tag cut short", lambda lab: raw(lab.h1.eth(type=0x8100)) + b"\0"),
    ("ip4_link_broadcast", "link broadcast, unicast destination",
     lambda lab: lab.h1.eth(dst="ff:ff:ff:ff:ff:ff") / probe(lab.h1, lab.h2)[IP]),
    ("ip4_multicast", "multicast nobody joined",
     lambda lab: lab.h1.eth(dst="01:00:5e:01:02:03") / probe(lab.h1, "224.1.2.3")[IP]),
    ("ip4_broadcast", "subnet broadcast",
     lambda lab: lab.h1.eth(dst="ff:ff:ff:ff:ff:ff") / probe(lab.h1, "10.0.1.255")[IP]),
    ("ip4_broadcast", "limited broadcast",
     lambda lab: lab.h1.eth(dst="ff:ff:ff:ff:ff:ff") / probe(lab.h1, "255.255.255.255")[IP]),
    # --- ICMP to the router
    ("icmp_truncated", "7 bytes of ICMP",
     lambda lab: lab.h1.to(lab.h1.gw, proto=1) / Raw(b"\x08\0\xf7\xff\0\0\0")),
    ("icmp_bad_checksum", "ICMP checksum", to_router(ICMP(chksum=0x1234) / Raw(token()))),
    ("icmp_bad_type", "ICMP type 255", to_router(ICMP(type=255) / Raw(token()))),
    ("icmp_bad_type", "ICMP type 44", to_router(ICMP(type=44) / Raw(token()))),
    # --- ARP
    ("arp_runt", "20 bytes of ARP", lambda lab: raw(lab.h1.eth() / lab.h1.arp(pdst=lab.h1.gw))[:34]),
    ("arp_bad_htype", "hardware type 7", lambda lab: lab.h1.eth() / lab.h1.arp(hwtype=7, pdst=lab.h1.gw)),
    ("arp_bad_ptype", "protocol type IPX",
     lambda lab: lab.h1.eth() / lab.h1.arp(ptype=0x8137, pdst=lab.h1.gw)),
    ("arp_bad_hlen", "hardware length 8",
     lambda lab: raw(lab.h1.eth() / ARP(hwlen=6, pdst=lab.h1.gw, psrc=lab.h1.ip,
                                        hwsrc=lab.h1.mac)).replace(b"\x06\x04\0\x01", b"\x08\x04\0\x01")),
    ("arp_bad_plen", "protocol length 6",
     lambda lab: raw(lab.h1.eth() / ARP(hwlen=6, pdst=lab.h1.gw, psrc=lab.h1.ip,
                                        hwsrc=lab.h1.mac)).replace(b"\x06\x04\0\x01", b"\x06\x06\0\x01")),
    ("arp_bad_op", "operation 9", lambda lab: lab.h1.eth() / lab.h1.arp(op=9, pdst=lab.h1.gw)),
    ("arp_bad_sender_mac", "group address as sender",
     lambda lab: lab.h1.eth() / lab.h1.arp(hwsrc="01:00:5e:00:00:01", pdst=lab.h1.gw)),
    ("arp_bad_sender_ip", "multicast sender",
     lambda lab: lab.h1.eth() / lab.h1.arp(psrc="224.0.0.1", pdst=lab.h1.gw)),
    ("arp_bad_sender_ip", "loopback sender",
     lambda lab: lab.h1.eth() / lab.h1.arp(psrc="127.0.0.1", pdst=lab.h1.gw)),
    ("arp_not_for_us", "a request for another station",
     lambda lab: lab.h1.eth(dst="ff:ff:ff:ff:ff:ff") / lab.h1.arp(pdst="10.0.1.99")),
    ("arp_own_address", "a claim to the router's address",
     lambda lab: lab.h1.eth(dst="ff:ff:ff:ff:ff:ff")
     / lab.h1.arp(op=2, psrc=lab.h1.gw, hwdst="ff:ff:ff:ff:ff:ff", pdst=lab.h1.gw)),
]


# Linux takes these. 0/8: RFC 1122 3.2.1.3 (a) and RFC 1812 5.3.7 do not; group addresses as the
# source of a frame: IEEE 802-2014 8.2.
LINUX_TAKES = ["from 0/8", "group source address", "zero source address"]


@pytest.mark.parametrize("reason, what, make", BAD, ids=[f"{r}: {w}" for r, w, _ in BAD])
def test_dropped_for_its_reason(lab, reason, what, make):
    if LINUX and what in LINUX_TAKES:
        pytest.skip("Linux takes it")
    warm_up(lab)
    bad = make(lab)
    if what.startswith(("record", "option", "loose", "strict")):
        bad = ip_type(bad)
    good = [probe(lab.h1, lab.h2, payload=token()) for _ in range(9)]
    with lab.h1.wire() as w1, lab.h2.wire() as w2, lab.dut.expect_drops(**{reason: 3}):
        for n in range(0, 9, 3):
            w1.send(good[n], good[n + 1], bad, good[n + 2])
        for packet in good:
            w2.expect(carries(raw(packet[UDP].payload)), f"a good packet around {what}")
        control(lab.h1, w1, lab.h1.gw)
        mine = {raw(p[UDP].payload) for p in good}
        w2.none(lambda f: IP in f and f[IP].dst == lab.h2.ip and f[IP].proto == 17
                and raw(f[UDP].payload)[:12] not in mine, f"the frame ({what})", seconds=0.1)


def test_bad_option_is_told_with_a_pointer(lab):
    """RFC 792 and RFC 1122 3.2.2.5: parameter problem, the pointer at the option (Linux) or its length."""
    warm_up(lab)
    bad = ip_type(option(b"\x07\x0b\x04\0")(lab))
    with lab.h1.wire() as wire:
        wire.send(bad)
        got = wire.expect(lambda f: ICMP in f and f[ICMP].type == 12, "parameter problem")
    assert got[ICMP].code == 0 and raw(got[ICMP])[4] in (20, 21)


def test_priority_tag_is_no_vlan(lab):
    """IEEE 802.1Q 6.9: a frame tagged with VLAN 0 belongs to the untagged network."""
    warm_up(lab)
    packet = probe(lab.h1, lab.h2)
    with lab.h1.wire() as w1, lab.h2.wire() as w2:
        w1.send(lab.h1.eth() / Dot1Q(vlan=0, prio=5) / packet[IP])
        got = w2.expect(carries(raw(packet[UDP].payload)))
    assert Dot1Q not in got


@pytest.mark.ours("Linux has no IP over 802.3")
def test_ip_over_snap_is_forwarded(lab):
    """RFC 1042: IP in 802.3 with LLC and SNAP; it leaves as Ethernet II."""
    warm_up(lab)
    packet = probe(lab.h1, lab.h2)
    with lab.h1.wire() as w1, lab.h2.wire() as w2:
        w1.send(Dot3(src=lab.h1.mac, dst=lab.h1.gw_mac) / LLC(dsap=0xaa, ssap=0xaa, ctrl=3)
                / SNAP(OUI=0, code=0x800) / packet[IP])
        got = w2.expect(carries(raw(packet[UDP].payload)))
    assert got.type == 0x800


def test_directed_broadcast_is_not_forwarded(lab):
    """RFC 2644: neither with the link-layer broadcast nor as a unicast frame."""
    warm_up(lab)
    packet = probe(lab.h1, "10.0.2.255")
    with lab.h1.wire() as w1, lab.h2.wire() as w2:
        w1.send(packet)
        control(lab.h1, w1, lab.h2.ip)
        w2.none(carries(raw(packet[UDP].payload)), "a directed broadcast")


def test_pseudo_random_frames_do_no_harm(lab):
    """Two thousand mutations of good frames; the router lives, and the good flow with it."""
    import random
    rng = random.Random(20)
    warm_up(lab)
    seeds = [raw(probe(lab.h1, lab.h2)), raw(lab.h1.eth() / lab.h1.arp(pdst="10.0.1.9")),
             raw(lab.h1.to(lab.h1.gw) / ICMP() / Raw(token())),
             raw(lab.h1.eth() / Dot1Q(vlan=3) / probe(lab.h1, lab.h2)[IP]),
             raw(lab.h1.to(lab.h1.gw, flags="MF", frag=3) / UDP() / Raw(b"q" * 64))]
    with lab.h1.wire() as w1:
        for n in range(2000):
            frame = bytearray(rng.choice(seeds))
            for _ in range(rng.randint(1, 6)):
                frame[rng.randrange(12, len(frame))] = rng.randrange(256)
            if frame[12:14] == b"\x08\x06" and frame[28:32] == bytes([10, 0, 1, 2]):
                continue  # may not take over h1's own address
            w1.send(bytes(frame[:rng.randint(14, len(frame))]))
            if n % 100 == 0:
                control(lab.h1, w1, lab.h2.ip)
        control(lab.h1, w1, lab.h2.ip)
