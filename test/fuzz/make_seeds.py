#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Write the first inputs of the fuzz targets into DIR/<target>/: make_seeds.py DIR."""
import json
import pathlib
import struct
import sys

PORT2, TO_US, CSUM, IP4, VLAN, LONG, RUN, SEG = (1 << i for i in range(8))
P1, P2 = bytes.fromhex("020000000001"), bytes.fromhex("020000000002")
H1, H2 = bytes.fromhex("020000000102"), bytes.fromhex("020000000103")


def ip(a: str) -> bytes:
    return bytes(int(x) for x in a.split("."))


def cksum(b: bytes) -> int:
    b += b"\0" * (len(b) % 2)
    s = sum(struct.unpack(f"!{len(b) // 2}H", b))
    s = (s & 0xFFFF) + (s >> 16)
    return ~((s & 0xFFFF) + (s >> 16)) & 0xFFFF


def ipv4(src, dst, proto, data, ttl=64, frag=0, opts=b"", tos=0, ident=7) -> bytes:
    opts += b"\0" * (-len(opts) % 4)
    return struct.pack("!BBHHHBBH", 0x45 + len(opts) // 4, tos, 20 + len(opts) + len(data), ident,
                       frag, ttl, proto, 0) + ip(src) + ip(dst) + opts + data


def udp(n=8) -> bytes:
    return struct.pack("!HHHH", 4000, 9, 8 + n, 0) + bytes(n)


def icmp(kind, code, rest: bytes) -> bytes:
    head = struct.pack("!BBH", kind, code, 0)
    return struct.pack("!BBH", kind, code, cksum(head + rest)) + rest


def record(frame: bytes, flags=CSUM | RUN) -> bytes:
    if len(frame) > 255:
        frame += bytes(-len(frame) % 8)
        return bytes([flags | LONG, len(frame) // 8]) + frame
    return bytes([flags, len(frame)]) + frame


def arp(op, sip, tip, sha=H1, tha=bytes(6), dst=b"\xff" * 6) -> bytes:
    return (dst + sha + struct.pack("!HHHBBH", 0x0806, 1, 0x0800, 6, 4, op) + sha + ip(sip) + tha
            + ip(tip) + bytes(18))


def datapath() -> dict:
    echo = icmp(8, 0, struct.pack("!HH", 1, 1) + bytes(16))
    l3 = IP4 | CSUM | RUN
    far = ("10.0.1.2", "192.0.2.9")
    inner = ipv4("10.0.1.1", "10.0.1.2", 17, udp())
    out = {
        "udp": record(ipv4(*far, 17, udp()), l3),
        "options": b"".join(record(ipv4(*far, 17, udp(), opts=o), l3) for o in (
            b"\x07\x07\x04" + bytes(4), b"\x44\x0c\x05\x00" + bytes(8),
            b"\x83\x07\x04" + ip("192.0.2.9"), b"\x94\x04\0\0", b"\x89\x07\x04" + ip("10.0.1.1"))),
        "ttl": record(ipv4(*far, 17, udp(), ttl=1), l3),
        "too_big": record(ipv4("10.0.1.2", "198.18.0.9", 17, udp(1000), frag=0x4000), l3)
        + record(ipv4("10.0.1.2", "198.18.0.9", 17, udp(1000)), l3),
        "echo": record(ipv4("10.0.1.2", "10.0.1.1", 1, echo), l3)
        + record(ipv4("10.0.1.2", "10.0.1.255", 1, echo), l3),
        "fragments": record(ipv4("10.0.1.2", "10.0.1.1", 1, echo[:16], frag=0x2000), IP4 | CSUM)
        + record(ipv4("10.0.1.2", "10.0.1.1", 1, echo[16:], frag=2), l3)
        + record(ipv4("10.0.1.2", "10.0.1.1", 17, bytes(24), frag=0x2001, ident=8), l3 | SEG),
        "icmp_error": record(ipv4("10.0.1.2", "10.0.1.1", 1,
                                  icmp(3, 3, bytes(4) + inner[:28])), l3)
        + record(ipv4("10.0.1.2", "10.0.1.1", 1,
                      icmp(5, 1, ip("10.0.1.9") + inner[:28])), l3),
        "no_neighbour": record(ipv4("10.0.1.2", "203.0.113.1", 17, udp()), l3)
        + record(ipv4("10.0.1.2", "203.0.115.1", 17, udp()), l3),
        "multicast": record(ipv4("10.0.1.2", "224.0.0.1", 2, bytes(8)), l3)
        + record(ipv4("10.0.1.2", "255.255.255.255", 17, udp()), l3),
        "arp": record(arp(1, "10.0.1.7", "10.0.1.1")) + record(
            arp(2, "10.0.1.7", "10.0.1.1", tha=P1, dst=P1)) + record(
            arp(2, "203.0.113.77", "10.0.2.1", sha=H2, tha=P2, dst=P2), PORT2 | RUN),
        "vlan": record(ipv4("10.1.0.2", "192.0.2.9", 17, udp()), l3 | VLAN)
        + record(arp(1, "10.1.0.2", "10.1.0.1"), VLAN | RUN),
        "qinq": record(P1 + H1 + bytes.fromhex("88a800648100006408000000") + bytes(40)),
        "llc": record(bytes.fromhex("0180c2000000") + H1 + b"\x00\x26\x42\x42\x03" + bytes(40)),
        "llc_ip": record(P1 + H1 + struct.pack("!H", 36) + b"\xaa\xaa\x03\0\0\0\x08\x00"
                         + ipv4(*far, 17, udp(0))),
        "short": record(P1 + H1 + b"\x08\x00\x45") + record(P1) + record(b"\0"),
        "sockets": b"".join(record(ipv4("10.0.1.2", "10.0.1.1", 17, d), l3) for d in (
            udp(), udp()[:6], udp()[:5] + b"\x07" + udp()[6:], udp()[:6] + b"\1\1" + bytes(8)))
        + record(ipv4("10.0.1.2", "10.0.1.1", 2, bytes(8)), l3)
        + record(ipv4(*far, 2, bytes(8), opts=b"\x94\x04\0\0"), l3),
        "queries": b"".join(record(ipv4("10.0.1.2", "10.0.1.1", 1, icmp(t, 0, bytes(n))), l3)
                            for t, n in ((13, 16), (15, 4), (17, 8), (0, 4), (14, 16), (9, 4))),
        "error_options": b"".join(record(ipv4(*far, 17, udp(), ttl=1, opts=o), l3) for o in (
            b"\x83\x0b\x08" + ip("10.0.1.2") + ip("192.0.2.9"), b"\x07\x07\x04" + bytes(4),
            b"\x44\x0c\x05\x01" + bytes(8), b"\x44\x0c\x05\x03" + ip("10.0.1.1") + bytes(4))),
        "quoted": b"".join(record(ipv4("10.0.1.2", "10.0.1.1", 1, icmp(3, 3, bytes(4) + q)), l3)
                           for q in (ipv4("10.0.1.1", "192.0.2.9", 17, b"\x0f\xa0\0\x09\0\x08\0\0"),
                                     ipv4("10.0.1.1", "192.0.2.9", 1, b"\x08\0\0\0\0\1\0\1"),
                                     ipv4("10.0.1.1", "10.0.1.255", 17, udp()))),
        "martians": record(ipv4("127.0.0.1", "192.0.2.9", 17, udp()), l3)
        + record(ipv4("10.0.1.2", "0.1.2.3", 17, udp()), l3),
        "segments": record(ipv4(*far, 17, udp(400)), l3 | SEG),
    }
    return {k: v for k, v in out.items()}


CLI = """ip route add 192.0.2.0/24 via 10.0.2.2 metric 7 src 10.0.2.1
ip route show
ip route add 198.51.100.0/24 nexthop via 10.0.2.2 weight 3 nexthop dev p1
ip route replace 192.0.2.0/24 dev p1 scope link
ip route get 192.0.2.9 from 10.0.1.1
ip route del 192.0.2.0/24
ip route flush proto static
ip addr add 10.9.0.1/24 brd + dev p1 label p1:x valid_lft 100 preferred_lft 50
ip addr show dev p1
ip neigh replace 10.0.1.9 lladdr 02:00:00:00:09:09 dev p1 nud stale
ip neigh show nud all
ip link add link p1 name p1.7 type vlan id 7 protocol 802.1ad
ip link set p1 mtu 1400 alias xx promisc on
ip link show
sysctl net.ipv4.conf.p1.rp_filter=1 net.ipv4.ip_forward
sysctl -a net.ipv4.neigh
show stats ip
show port info all
show drops
port stop 0
port start 0
set power auto
ethtool -S p1
ping 10.0.2.2 count 1
ping -R -c 1 10.0.2.2
ping -T tsprespec 10.0.2.1,10.0.2.2 -c 1 10.0.2.2
traceroute 10.0.2.2
traceroute -I -q 1 -m 2 -f 1 -w 0.1 10.0.2.2 100
help
config diff
show config schema
show fib check
show worker all
clear port stats all
""".splitlines(keepends=True)

CONFIG = {"version": 1, "system": {"hostname": "r1", "log": {"level": "info"}},
          "dpdk": {"control": 0, "workers": [1], "memory_mb": 512, "hugepages": True, "eal": []},
          "ports": {"p0": {"device": "0000:03:00.0", "mtu": 1500, "rx_queues": 1,
                           "mac": "02:00:00:00:00:01"}, "p1": {"device": "net_null0"}},
          "vlans": {"p0.100": {"parent": "p0", "id": 100, "protocol": "802.1Q"}},
          "addresses": {"p0": ["192.0.2.1/24", {"local": "10.0.0.1/8", "label": "p0:1"}]},
          "neighbours": [{"dst": "192.0.2.9", "dev": "p0", "lladdr": "02:00:00:00:00:09"}],
          "tables": {"isp2": 100},
          "routes": [{"dst": "default", "gateway": "192.0.2.254", "table": "isp2"},
                     {"dst": "198.51.100.0/24", "nexthops": [{"gateway": "192.0.2.7",
                                                              "weight": 2}]},
                     {"dst": "203.0.113.0/24", "type": "blackhole", "metric": 4, "tos": 8}],
          "routes_file": "t", "sysctl": {"net.ipv4.conf.p0.rp_filter": 1,
                                         "net.ipv4.ip_forward": "0"}}


def config() -> dict:
    out = {k: json.dumps({k: v}).encode() for k, v in CONFIG.items()}
    out["all"] = json.dumps(CONFIG).encode()
    out["bad"] = b'{"ports": {"p0": {"device": 3, "mut": 1}}, "ports": [], "routes": {}}'
    return out


def proto() -> dict:
    def req(kind, line=b"", flags=0):
        return struct.pack("=IBBH", len(line), 1, kind, flags) + line
    whole = [req(1, b"help"), req(1, b"show version", 1), req(2, b"sh"), req(3),
             req(1, b"sysctl -a", 3) + req(3) + req(1, b"quit"), req(1, b"config diff") + req(9)]
    return {f"r{i}": b"\xff" + w for i, w in enumerate(whole)} | {"split": b"\0" + b"\0".join(
        bytes([b]) for b in req(1, b"help"))}


def cli() -> dict:
    out = {f"l{i}": line.encode() for i, line in enumerate(CLI)}
    out["lots"] = "".join(CLI[:12]).encode()
    return out


def reasm() -> dict:
    """Limits, then datagram, offset, length, flags, time for each piece."""
    last, odd, far, long_, expire = (1 << i for i in range(5))
    ordered = [(1, 0, 3, 0, 0), (1, 4, 3, 0, 1), (1, 8, 1, last | odd, 2)]
    out = {
        "ordered": ordered, "reversed": ordered[::-1], "twice": ordered[:2] * 2 + ordered[2:],
        "overlap": [ordered[0], (1, 3, 3, 0, 0), *ordered[1:]],
        "two_ends": [ordered[2], (1, 6, 0, last, 0), *ordered[:2]],
        "timeout": [ordered[0], *[(2, 0, 0, expire, 255)] * 3, *ordered[1:]],
        "largest": [(1, n * 4, 3, far | long_, 0) for n in range(63)] + [(1, 252, 2, far | last, 0)],
        "flood": [(n, 0, 9, 0, 1) for n in range(200)] + ordered,
    }
    return {k: bytes([0x37]) + b"".join(bytes(p) for p in v) for k, v in out.items()}


def igmp() -> dict:
    """The bridge, then IGMP messages: see fuzz_igmp.c."""
    group, a, b = bytes([239, 1, 2, 3]), bytes([10, 0, 0, 1]), bytes([10, 0, 0, 2])

    def say(kind, body, flags=2, to=1):
        return bytes([flags, len(body) + 4, to, kind, 1, 0, 0]) + body

    def v3(*records):
        return struct.pack("!HH", 0, len(records)) + b"".join(
            bytes([kind, 0]) + struct.pack("!H", len(src)) + group + b"".join(src)
            for kind, *src in records)

    data = bytes([16, 12, 1]) + bytes(4) + group + bytes(4)
    v2 = say(0x16, group) + say(0x11, bytes(4)) + data + say(0x17, group) + say(0x11, group)
    talk = say(0x22, v3((5, a), (6, a, b), (4, b), (3, a), (1, b), (2,))) + data
    return {"v2": bytes([0]) + v2, "querier": bytes([2]) + v2, "vlan": bytes([6]) + say(0x16, group, 6),
            "v3": bytes([3]) + talk + say(0x11, group + bytes([2, 0, 0, 1]) + a),
            "v3_as_v2": bytes([0]) + talk, "mrd": bytes([0]) + say(0x30, bytes(4), 2, 106),
            "pim": bytes([0]) + say(0x20, bytes(4), 8, 13)}


def bpdu() -> dict:
    """The bridge, then BPDUs, ticks and links: see fuzz_bpdu.c."""
    raw, rst, mst, config, tick, link = range(6)

    def hear(kind, port, b: bytes) -> bytes:
        b += bytes(-len(b) % 4)
        return bytes([kind | port << 3, len(b) // 4]) + b

    def common(flags, root=0x10, port=1, age=1) -> bytes:
        return (bytes([0, 0, 2, 2, flags, root, 0]) + P1 + bytes(4) + b"\x80\0" + P2
                + bytes([0x80, port, age, 0, 20, 0, 2, 0, 15, 0]))

    msti = bytes([0x7e, 0x10, 1]) + P1 + bytes(4) + bytes([0x80, 0x80, 20])
    region = bytes(2 + 51 + 4) + b"\x80\0" + P2 + b"\x14"
    seconds = bytes([tick | 3 << 5])
    out = {}
    for v, kinds in enumerate(((config,), (rst, config), (mst, rst), (mst,))):
        head = bytes([v | 2 << 2])
        for kind in kinds:
            for flags in (0x0c, 0x0e, 0x4d, 0x1c, 0x48, 0x44, 0x81):
                b = common(flags) + b"\0" + (region + 2 * msti if kind == mst else b"")
                out[f"v{v}_{kind}_{flags:02x}"] = (
                    head + hear(kind, 0, b) + seconds + hear(kind, 1, b) + seconds * 3
                    + hear(kind, 1, common(0x3e, root=0) + b"\0") + bytes([link]) + seconds * 8)
    out["tcn"] = b"\1" + hear(raw, 0, b"\0\0\0\x80") + seconds * 2
    out["short"] = b"\2" + b"".join(hear(raw, 0, common(0x0c)[:n]) for n in (0, 3, 4, 20, 35))
    return out


def dictionary() -> list[str]:
    words = set(" ".join(CLI).replace("/", " ").split())
    for v in [CONFIG, *[x for x in CONFIG.values() if isinstance(x, dict)]]:
        words |= set(v)
    return sorted(f'"{w}"' for w in words if w.isprintable() and '"' not in w and "\\" not in w)


def main() -> None:
    top = pathlib.Path(sys.argv[1])
    targets = {"datapath": datapath(), "reasm": reasm(), "config": config(),
               "cli": cli(), "client_proto": proto(), "bpdu": bpdu(), "igmp": igmp()}
    for target, files in targets.items():
        (top / target).mkdir(parents=True, exist_ok=True)
        for name, data in files.items():
            (top / target / name).write_bytes(data)
    (top / "words.dict").write_text("\n".join(dictionary()) + "\n")


main()
