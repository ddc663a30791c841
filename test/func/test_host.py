# SPDX-License-Identifier: BSD-3-Clause
"""Programs of the Linux host beside the router, in a namespace where each of its ports has a counterpart: what
comes for the router and nobody in it claims is theirs, what they send goes by its routes and neighbours.
With DUT=linux they run where the kernel routes."""
import contextlib
import errno
import hashlib
import os
import re
import socket
import threading

import pytest
from conftest import behind, given, lab_of
from netlab import SLOW, eventually, sh
from pkt import carries, control, echo, is_error, is_reply_to, probe, token
from scapy.all import IP, TCP, UDP, Raw

GROUP, OTHER_GROUP = "239.1.2.3", "239.9.9.9"
IP_MTU_DISCOVER, IP_PMTUDISC_DO, IP_MTU = 10, 2, 14


@pytest.fixture(scope="module")
def lab():
    with lab_of(2, host={}) as made:
        yield made


@pytest.mark.core
def test_ping(lab):
    for host in lab.hosts:
        lab.apps.ping(host.ip, 5)
        lab.apps.ping(host.ip, args="-s 8000")
        host.ping(host.gw, 5)
    lab.h1.ping(lab.h2.gw, args="-s 8000")


@pytest.mark.core
def test_behind_a_gateway(lab):
    """By a route of the router's, that the host's kernel knows; each hop says who it is."""
    with behind(lab, lab.h2) as far:
        eventually(lambda: lab.apps.ping("20.9.0.2", check=False), "the far node does not answer")
        said = lab.apps.run("traceroute -n -q 1 -w 5 20.9.0.2").stdout
        assert re.findall(r"^ *\d+ +(\S+)", said, re.M) == [lab.h2.ip, "20.9.0.2"], said
        said = far.run(f"traceroute -n -q 1 -w 5 {lab.h2.gw}").stdout
        assert re.findall(r"^ *\d+ +(\S+)", said, re.M) == ["20.9.0.1", lab.h2.gw], said


def received(sock):
    """The checksum of all that comes until the other end is done."""
    total = hashlib.sha256()
    while data := sock.recv(1 << 16):
        total.update(data)
    return total.digest()


def tcp_both_ways(server, address, client, size):
    """`size` bytes each way, at the same time; what one sent is what the other one received."""
    sent, got = [os.urandom(size), os.urandom(size)], [None, None]
    listener = server.socket(socket.SOCK_STREAM, (address, 0))
    listener.listen()
    caller = client.socket(socket.SOCK_STREAM)
    caller.connect(listener.getsockname())
    called, _ = listener.accept()
    called.settimeout(4 * SLOW)
    caller.settimeout(4 * SLOW)
    with listener, called, caller:
        def receive(n, sock):
            got[n] = received(sock)

        def send(n, sock):
            sock.sendall(sent[n])
            sock.shutdown(socket.SHUT_WR)
        threads = [threading.Thread(target=work, args=(n, sock))
                   for n, sock in enumerate((called, caller)) for work in (receive, send)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert got == [hashlib.sha256(data).digest() for data in reversed(sent)]


@pytest.mark.core
def test_tcp(lab):
    tcp_both_ways(lab.apps, lab.h1.gw, lab.h1, 4 << 20)
    tcp_both_ways(lab.h2, lab.h2.ip, lab.apps, 4 << 20)
    tcp_both_ways(lab.apps, lab.h2.gw, lab.h1, 1 << 20)  # the far address of the router


@pytest.mark.core
def test_udp(lab):
    """Datagrams of all sizes, the larger ones in fragments, both ways."""
    with lab.apps.socket(socket.SOCK_DGRAM, (lab.h1.gw, 0)) as ours, \
            lab.h1.socket(socket.SOCK_DGRAM, (lab.h1.ip, 0)) as theirs:
        for a, b in ((ours, theirs), (theirs, ours)):
            for size in (0, 1, 1472, 1473, 8000, 65507):
                data = os.urandom(size)
                a.sendto(data, b.getsockname())
                got, source = b.recvfrom(1 << 16)
                assert got == data and source == a.getsockname(), size


def test_nobody_listens(lab):
    """What the kernel answers for the router's addresses."""
    with lab.h1.wire() as wire:
        for dst in (lab.h1.gw, lab.h2.gw):
            closed = probe(lab.h1, dst, dport=7)
            wire.send(closed)
            assert wire.expect(is_error(3, 3, about=closed), "port unreachable")[IP].src == dst
            unknown = lab.h1.to(dst, proto=253) / Raw(token())
            wire.send(unknown)
            assert wire.expect(is_error(3, 2, about=unknown), "protocol unreachable")[IP].src == dst
            wire.send(lab.h1.to(dst) / TCP(sport=4444, dport=9, flags="S", seq=77))
            reset = wire.expect(lambda f: TCP in f and f[TCP].dport == 4444, "a reset")
            assert reset[TCP].flags == "RA" and reset[TCP].ack == 78 and reset[IP].src == dst


def test_echo_is_answered_once(lab):
    request = echo(lab.h1, lab.h1.gw)
    with lab.h1.wire() as wire:
        wire.send(request)
        control(lab.h1, wire, lab.h1.gw)
        assert len([f for f in wire.drain() if is_reply_to(request)(f)]) == 1


def member(node, group, address, port):
    """A socket that has joined the group on the device with that address."""
    sock = node.socket(socket.SOCK_DGRAM, ("", port))
    sock.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP,
                    socket.inet_aton(group) + socket.inet_aton(address))
    return sock


def test_multicast(lab):
    """A group that a program joins reaches it by the device where it joined; what it sends goes where it says."""
    with member(lab.apps, GROUP, lab.h1.gw, 5001) as ours, member(lab.h2, GROUP, lab.h2.ip, 5001) as theirs:
        with lab.h1.socket(socket.SOCK_DGRAM) as sender:
            for group in (OTHER_GROUP, GROUP):  # the first one is nobody's
                sender.sendto(group.encode(), (group, 5001))
            data, source = ours.recvfrom(100)
            assert (data, source[0]) == (GROUP.encode(), lab.h1.ip)
        with lab.apps.socket(socket.SOCK_DGRAM) as sender, lab.h1.wire() as wrong:
            sender.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(lab.h2.gw))
            sender.sendto(b"from the host", (GROUP, 5001))
            data, source = theirs.recvfrom(100)
            assert (data, source[0]) == (b"from the host", lab.h2.gw)
            wrong.none(carries(b"from the host"), "what is for the other device")


def test_broadcast(lab):
    for sender, source, receiver in ((lab.h1, lab.h1.ip, lab.apps), (lab.apps, lab.h1.gw, lab.h1)):
        with sender.socket(socket.SOCK_DGRAM) as sends, receiver.socket(socket.SOCK_DGRAM, ("", 5002)) as hears:
            sends.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
            data = token()
            sends.sendto(data, ("10.0.1.255", 5002))
            got, who = hears.recvfrom(100)
            assert (got, who[0]) == (data, source)


def test_raw_socket(lab):
    """As routing protocols have them: a protocol of their own, the header included."""
    with lab.apps.socket(socket.SOCK_RAW, proto=89) as ours, lab.h1.socket(socket.SOCK_RAW, proto=89) as theirs:
        for sender, receiver, to, source in ((theirs, ours, lab.h1.gw, lab.h1.ip), (ours, theirs, lab.h1.ip, lab.h1.gw)):
            data = token()
            sender.sendto(data, (to, 0))
            got = IP(receiver.recv(1500))
            assert got.src == source and got.dst == to and bytes(got.payload) == data


@pytest.mark.core
def test_error_reaches_the_program(lab):
    with lab.apps.socket(socket.SOCK_DGRAM) as sock:
        sock.connect((lab.h1.ip, 9))
        sock.send(b"anyone?")
        with pytest.raises(ConnectionRefusedError):
            sock.recv(1)
    with lab.apps.socket(socket.SOCK_STREAM) as sock, pytest.raises(ConnectionRefusedError):
        sock.connect((lab.h1.ip, 9))


def learns_mtu(lab, dst, mtu):
    """A program that forbids fragments is told how large they may be."""
    with lab.apps.socket(socket.SOCK_DGRAM) as sock:
        sock.setsockopt(socket.IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DO)
        sock.connect((dst, 9))

        def too_long():
            try:
                sock.send(bytes(1400))
            except OSError as why:
                return why.errno == errno.EMSGSIZE
            return False
        eventually(too_long, "no program is told")
        assert sock.getsockopt(socket.IPPROTO_IP, IP_MTU) == mtu


def test_path_mtu(lab):
    with behind(lab, lab.h2, mtu=1000):
        lab.h2.run(f"ip link set {lab.h2.dev} mtu 1500")
        learns_mtu(lab, "20.9.0.2", 1000)


def test_mtu_of_a_route(lab):
    with given(lab, f"route add 20.8.0.0/24 via {lab.h2.ip} mtu 1100"):
        learns_mtu(lab, "20.8.0.2", 1100)


@pytest.mark.ours("the host's packets go by the kernel's rules there")
def test_the_router_decides(lab):
    """By its policy, not the host's: h2's address is reached by way of h1 for what comes from one address."""
    mark = token()
    with given(lab, "route add 20.7.0.0/24 via 10.0.1.2", "route add 20.7.0.0/24 via 10.0.2.2 table 77",
               f"rule add from {lab.h2.gw} table 77"), lab.h1.wire() as w1, lab.h2.wire() as w2, \
            lab.apps.socket(socket.SOCK_DGRAM, (lab.h2.gw, 0)) as sock:
        eventually(lambda: lab.apps.ip_json("route show 20.7.0.0/24"), "the route is not known to the host")
        sock.sendto(mark, ("20.7.0.9", 9))
        w2.expect(carries(mark))
        w1.none(carries(mark))


@pytest.mark.ours("its own rule language")
def test_the_filter_decides(lab):
    """At output, as for what the router itself sends; at input, before the host hears of it."""
    lab.dut.cli("filter add output protocol udp dport 5555 drop")
    lab.dut.cli("filter add input protocol udp dport 5556 drop")
    try:
        with lab.apps.socket(socket.SOCK_DGRAM, (lab.h1.gw, 5556)) as ours, \
                lab.apps.socket(socket.SOCK_DGRAM, (lab.h1.gw, 5557)) as open_one, \
                lab.h1.socket(socket.SOCK_DGRAM, (lab.h1.ip, 5555)) as theirs, lab.h1.wire() as wire, \
                lab.dut.expect_drops(filter_drop=2):
            ours.sendto(b"dropped", theirs.getsockname())
            theirs.sendto(b"dropped", ours.getsockname())
            open_one.sendto(b"control", (lab.h1.ip, 5554))
            wire.expect(carries(b"control"))
            theirs.sendto(b"control", open_one.getsockname())
            assert open_one.recv(100) == b"control"
            wire.none(carries(b"dropped"))
            ours.setblocking(False)
            with pytest.raises(BlockingIOError):
                ours.recv(100)
    finally:
        lab.dut.cli("filter flush output")
        lab.dut.cli("filter flush input")
