# SPDX-License-Identifier: BSD-3-Clause
"""Route tables and the frames that use them. Everything is seeded: equal calls, equal files."""
import gzip
import ipaddress
import os
import random
import struct

from .env import ROOT, BenchError

REAL_TABLE = os.path.join(ROOT, "..", "shared", "data", "full_v4.txt.gz")
ROUTER_MAC = bytes.fromhex("027063617000")  # what the first net_pcap port always has
SENDER_MAC = bytes.fromhex("020000000001")
SENDER = "10.0.0.2"
# Share of each prefix length in a full Internet table of 2024 (per mille of prefixes).
LENGTH_MIX = {13: 1, 14: 1, 15: 2, 16: 15, 17: 9, 18: 15, 19: 28, 20: 47, 21: 56, 22: 120, 23: 107, 24: 598, 32: 1}
EXCLUDED = [ipaddress.ip_network(n) for n in (
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
    "192.0.0.0/24", "192.0.2.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24",
    "203.0.113.0/24", "224.0.0.0/3")]
_EXCL = [(int(n.network_address), int(n.broadcast_address)) for n in EXCLUDED]


def _usable(addr, length):
    last = addr | ((1 << (32 - length)) - 1)
    return all(last < lo or addr > hi for lo, hi in _EXCL)


def _read_table(path):
    with (gzip.open if path.endswith(".gz") else open)(path, "rt", encoding="ascii") as f:
        for line in f:
            net, _, length = line.strip().partition("/")
            a, b, c, d = net.split(".")
            yield (int(a) << 24 | int(b) << 16 | int(c) << 8 | int(d)), int(length)


def _random_prefixes(rng, have, n):
    lengths, weights = zip(*LENGTH_MIX.items())
    seen = set(have)
    out = []
    while len(out) < n:
        for length in rng.choices(lengths, weights, k=n - len(out)):
            addr = net(rng.getrandbits(32), length)
            if (addr, length) not in seen and _usable(addr, length):
                seen.add((addr, length))
                out.append((addr, length))
    return out


def prefixes(n, path=None, seed=1):
    """(sorted [(address, length)], where they are from). @path: of a real table, one prefix a line."""
    rng = random.Random(seed)
    real = []
    if n == 1:
        return [(8 << 24, 8)], "one prefix"  # room for as many destinations as are wanted
    if path is not None and not os.path.exists(path):
        raise BenchError(f"{path}: not found")
    if os.path.exists(path or REAL_TABLE):
        real = [p for p in _read_table(path or REAL_TABLE) if p[1] > 0 and _usable(*p)]
    if len(real) >= n:
        return sorted(rng.sample(real, n)), "a real Internet table"
    origin = "random prefixes with an Internet table's mix of lengths"
    if real:
        origin = f"a real Internet table of {len(real)} prefixes and {n - len(real)} random ones"
    return sorted(real + _random_prefixes(rng, real, n - len(real))), origin


def near_prefixes(n, seed=1):
    """As prefixes(), but /24s of 40.0.0.0/6: their entries lie within 1 MiB of a table of /24s."""
    tab = sorted(((40 << 24) + (k << 8), 24) for k in random.Random(seed).sample(range(4 << 16), n))
    return tab, "within 1 MiB of a table of /24s"


def net(addr, length):
    """The prefix of @length that @addr lies in."""
    return addr >> (32 - length) << (32 - length)


def ntoa(a):
    return f"{a >> 24}.{a >> 16 & 255}.{a >> 8 & 255}.{a & 255}"


def gateway(k):
    return ntoa((172 << 24 | 16 << 16 | 1 << 8) + k)


def vlan_gateway(vid):
    """The one neighbour behind VLAN @vid of the port that packets leave by."""
    return f"172.{16 + (vid >> 8)}.{vid & 255}.2"


def vlan_addresses(n):
    """The router's own addresses on VLANs 1 to @n of both ports."""
    out = {f"p0.{v}": [f"10.{v >> 8}.{v & 255}.1/24"] for v in range(1, n + 1)}
    return out | {f"p1.{v}": [f"172.{16 + (v >> 8)}.{v & 255}.1/24"] for v in range(1, n + 1)}


def vids(interfaces, n):
    """VLAN ids of n frames, in turn; None: untagged."""
    return [1 + i % (interfaces // 2) for i in range(n)] if interfaces > 2 else [None] * n


def write_pollux_routes(path, table, gateways):
    with open(path, "w", encoding="ascii") as f:
        f.writelines(f"{ntoa(a)}/{ln} via {gateways[i % len(gateways)]}\n" for i, (a, ln) in enumerate(table))


def write_l3fwd_routes(path, table):
    with open(path, "w", encoding="ascii") as f:
        f.writelines(f"R{ntoa(a)}/{ln} 1\n" for a, ln in table)


def destinations(table, n, seed=2):
    """n distinct addresses, each inside a prefix of its own while there are enough of them."""
    rng = random.Random(seed)
    chosen = rng.sample(table, n) if len(table) >= n else [rng.choice(table) for _ in range(n)]
    out, seen = [], set()
    for addr, length in chosen:
        for _ in range(64):
            dst = addr | rng.getrandbits(32 - length) if length < 32 else addr
            if dst not in seen:
                break
            addr, length = rng.choice(table)
        seen.add(dst)
        out.append(dst)
    return out


def _csum(data):
    s = sum(struct.unpack(f"!{len(data) // 2}H", data))
    s = (s & 0xffff) + (s >> 16)
    return ~((s & 0xffff) + (s >> 16)) & 0xffff


def frame(dst, ident, dst_mac=ROUTER_MAC, vid=None):
    """A minimal frame (60 bytes without FCS): UDP to port 9, no UDP checksum. A tag makes it 4 longer."""
    src = ipaddress.ip_address(SENDER).packed
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 46, ident & 0xffff, 0, 64, 17, 0, src, struct.pack("!I", dst))
    head = head[:10] + struct.pack("!H", _csum(head)) + head[12:]
    tag = b"" if vid is None else struct.pack("!HH", 0x8100, vid)
    return dst_mac + SENDER_MAC + tag + b"\x08\x00" + head + struct.pack("!HHHH", 4096, 9, 26, 0) + bytes(18)


def host_mac(k):
    """MAC address of the k-th host of a bridged network."""
    return bytes([2, 0, 1, k >> 16 & 255, k >> 8 & 255, k & 255])


def write_pcap(path, dsts, vlan_ids=None, macs=None):
    with open(path, "wb") as f:
        f.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
        for i, dst in enumerate(dsts):
            data = frame(dst, i, macs[i] if macs else ROUTER_MAC, vlan_ids[i] if vlan_ids else None)
            f.write(struct.pack("<IIII", 0, 0, len(data), len(data)) + data)
