# SPDX-License-Identifier: BSD-3-Clause
"""Packets to send and predicates for packets to expect."""
import itertools
import os

from scapy.all import ARP, ICMP, IP, UDP, Raw, raw

_serial = itertools.count(int.from_bytes(os.urandom(2), "big"))
ERRORS = (3, 4, 5, 11, 12)  # ICMP types that report about another packet


def token():
    """Twelve bytes that no other packet of this run carries."""
    return b"TK%010d" % next(_serial)


def probe(host, dst, payload=None, sport=4000, dport=9, **ip):
    """A UDP datagram from host by way of the router."""
    return host.to(dst, **ip) / UDP(sport=sport, dport=dport) / Raw(payload or token())


def echo(host, dst, payload=None, **ip):
    serial = next(_serial)
    return (host.to(dst, **ip) / ICMP(type=8, id=serial >> 16 & 0xffff, seq=serial & 0xffff)
            / Raw(payload or token()))


def carries(payload, outside_icmp=True):
    """Frames whose bytes hold payload; errors that quote it do not count."""
    def match(f):
        if outside_icmp and ICMP in f and f[ICMP].type in ERRORS:
            return False
        return payload in raw(f)
    return match


def is_reply_to(request):
    want = request[ICMP]

    def match(f):
        return (ICMP in f and f[ICMP].type == 0 and f[ICMP].id == want.id
                and f[ICMP].seq == want.seq and f[IP].src == request[IP].dst)
    return match


def is_error(kind=None, code=None, about=None, to=None):
    """ICMP errors; about: the packet whose header and first 8 bytes they quote."""
    def match(f):
        if ICMP not in f or f[ICMP].type not in ERRORS or f[IP].frag:
            return False
        if kind is not None and f[ICMP].type != kind:
            return False
        if code is not None and f[ICMP].code != code:
            return False
        if to is not None and f[IP].dst != to:
            return False
        return about is None or quotes(f, about)
    return match


def quotes(error, packet):
    """Does the ICMP error quote this packet? The TTL and the checksum may have changed."""
    quoted = quoted_bytes(error)
    sent = raw(packet[IP])
    hl = (sent[0] & 15) * 4
    return (len(quoted) >= hl + 8 and quoted[:6] == sent[:6] and quoted[9] == sent[9]
            and quoted[12:hl] == sent[12:hl] and quoted[hl:hl + 8] == sent[hl:hl + 8])


def quoted_bytes(error):
    """What follows the eight bytes of the ICMP header, without Ethernet padding."""
    ip = raw(error[IP])[:error[IP].len]
    return ip[(ip[0] & 15) * 4 + 8:]


def same_packet(a, b):
    """Equal bytes of IP packets, apart from TTL and header checksum: a router may have changed
    them before it noticed what it reports."""
    blank = [x[:8] + b"\0" + x[9:10] + b"\0\0" + x[12:] for x in (a, b)]
    return blank[0] == blank[1]


def is_arp(op, target=None, sender=None):
    def match(f):
        return (ARP in f and f[ARP].op == op and (target is None or f[ARP].pdst == target)
                and (sender is None or f[ARP].psrc == sender))
    return match


def warm_up(lab):
    """Resolve neighbours on both sides, so that what follows is not held back by ARP."""
    lab.h1.ping(lab.h2.ip)


def control(host, wire, dst):
    """Positive control and fence: an echo makes its way there and back."""
    request = echo(host, dst)
    wire.send(request)
    return wire.expect(is_reply_to(request), f"control: the echo reply of {dst}")
