# SPDX-License-Identifier: BSD-3-Clause
"""Random packets against the running router, as isic makes them: wrong versions, lengths, options,
fragments, ICMP and ARP, with right and wrong checksums. Afterwards it forwards, every packet is
accounted for, and every buffer is back."""
import os
import random
import struct
import time

import pytest
from dut import SEED
from netlab import sh
from pkt import warm_up

COUNT = int(os.environ.get("RANDOM_PACKETS", "8000"))  # from each side


def cksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    total = (total & 0xffff) + (total >> 16)
    return ~((total & 0xffff) + (total >> 16)) & 0xffff


def address(rng, lab):
    """Ours, a host's, a group's, a broadcast, or anybody's."""
    known = [h.ip for h in lab.hosts] + [h.gw for h in lab.hosts]
    known += ["10.0.1.255", "255.255.255.255", "224.0.0.1", "127.0.0.1", "0.0.0.0", "10.0.2.77"]
    if rng.random() < 0.85:
        return bytes(int(x) for x in rng.choice(known).split("."))
    return rng.randbytes(4)


def options(rng):
    if rng.random() < 0.7:
        return b""
    kind = rng.choice([0, 1, 7, 68, 131, 137, 148, rng.randrange(256)])
    length = rng.randrange(2, 40)
    pointer = rng.choice([4, 5, 8, rng.randrange(256)])
    data = (bytes([kind, length, pointer]) + rng.randbytes(40))[:length]
    return data + b"\0" * (-len(data) % 4)


def payload(rng, proto):
    body = rng.randbytes(rng.choice([0, 7, 8, 20, 60, rng.randrange(1400)]))
    if proto == 1 and len(body) >= 8 and rng.random() < 0.8:
        kind = rng.choice([0, 3, 4, 5, 8, 11, 12, 13, 15, 17, rng.randrange(256)])
        body = bytes([kind, rng.randrange(16), 0, 0]) + body[4:8]
        body += struct.pack("!BBHIBBH", 0x45, 0, 40, 7, 64, 17, 0) + rng.randbytes(16 + 20)
        body = body[:rng.choice([8, 11, 12, 19, 20, 27, len(body), len(body)])]  # queries cut short
        body = body[:2] + struct.pack("!H", cksum(body)) + body[4:]
    elif proto == 17 and len(body) >= 8 and rng.random() < 0.8:
        body = body[:4] + struct.pack("!HH", len(body), 0) + body[8:]
    return body


def ip_packet(rng, lab):
    proto = rng.choice([1, 1, 17, 17, 6, 2, rng.randrange(256)])
    opts, data = options(rng), None
    data = payload(rng, proto)
    version = 0x45 + len(opts) // 4 if rng.random() < 0.95 else rng.randrange(256)
    total = 20 + len(opts) + len(data) if rng.random() < 0.95 else rng.randrange(65536)
    frag = rng.choice([0, 0, 0, 0x4000, 0x2000, 0x2000 | rng.randrange(64), rng.randrange(65536)])
    head = struct.pack("!BBHHHBBH", version & 255, rng.randrange(256), total, rng.randrange(8), frag,
                       rng.choice([0, 1, 2, 64, 255]), proto, 0)
    head += address(rng, lab) + address(rng, lab) + opts
    if rng.random() < 0.95:
        head = head[:10] + struct.pack("!H", cksum(head)) + head[12:]
    return head + data


def frame(rng, lab, host):
    dst = rng.choice([host.gw_mac] * 8 + ["ff:ff:ff:ff:ff:ff", "01:00:5e:00:00:01"])
    eth = bytes.fromhex(dst.replace(":", "") + host.mac.replace(":", ""))
    if rng.random() < 0.05:
        return eth + struct.pack("!HHHBBH", 0x0806, 1, 0x800, 6, 4, rng.randrange(4)) + rng.randbytes(20)
    if rng.random() < 0.02:
        return eth + rng.randbytes(rng.randrange(2, 200))
    data = eth + b"\x08\x00" + ip_packet(rng, lab)
    return data[:rng.randrange(14, len(data) + 1)] if rng.random() < 0.03 else data


def in_use(dut):
    return sum(p["in_use"] for p in dut.cli("show mempool") if "pollux" in p["name"] or p["in_use"])


def held(dut):
    return dut.cli("show stats balance")["held"]


@pytest.mark.ours("it is the daemon's buffers that are counted")
def test_random_packets(fresh):
    lab = fresh(hosts=2, config={"sysctl": {
        "net.ipv4.ipfrag_time": 1, "net.ipv4.conf.all.accept_source_route": 1,
        "net.ipv4.icmp_ratelimit": 0, "net.ipv4.conf.all.icmp_mask_reply": 1,
        "net.ipv4.icmp_information_reply": 1, "net.ipv4.conf.all.log_martians": 1}})
    rng = random.Random(SEED)
    warm_up(lab)
    before = in_use(lab.dut)
    with lab.h1.wire() as w1, lab.h2.wire() as w2:
        for n in range(COUNT):
            for host, wire in ((lab.h1, w1), (lab.h2, w2)):
                wire.send(frame(rng, lab, host)[:1514])
            if n % 500 == 0:
                lab.dut.check_balance()
    assert lab.dut.drops(), "nothing at all was dropped: the packets did not arrive"
    for host in lab.hosts:  # what it learned from random ARP is not its fault
        sh(f"ip -n {host.ns} neigh flush dev eth0", check=False)
    lab.dut.ip("neigh flush dev r1", check=False)
    lab.dut.ip("neigh flush dev r2", check=False)
    end = time.monotonic() + 60
    while (held(lab.dut) or in_use(lab.dut) > before) and time.monotonic() < end:
        # an AF_XDP port takes back what it has sent when it sends again
        lab.h1.ping(lab.h2.ip, check=False)
        time.sleep(0.5)
    lab.dut.check_balance()
    assert held(lab.dut) == 0
    assert in_use(lab.dut) <= before, f"seed {seed}: buffers are missing"
    assert lab.h1.ping(lab.h2.ip, count=5) == 5, f"seed {seed}"
    assert lab.h1.ping(lab.h1.gw, count=2, args="-s 4000") == 2
