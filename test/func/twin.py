# SPDX-License-Identifier: BSD-3-Clause
"""A kernel beside the router, with devices of the same names and MAC addresses, and a quick way to
give commands to both: one session each, not one process a command."""
import contextlib
import json
import socket
import struct
import subprocess

from netlab import sh

EXEC, OUT, ERR, END = 1, 16, 17, 18  # lib/ctl/cli_proto.h
WITH_JSON = 1


class Twin:
    """A kernel with devices of the router's names and MAC addresses, and no wire."""

    def __init__(self, lab):
        self.ns = f"twin-{lab.tag}"
        sh(f"ip netns add {self.ns} && ip -n {self.ns} link set lo up")
        for host in lab.hosts:
            sh(f"ip -n {self.ns} link add {host.port} address {host.gw_mac} type veth "
               f"peer name w{host.port} && ip -n {self.ns} link set w{host.port} up && "
               f"ip netns exec {self.ns} sysctl -qw net.ipv6.conf.{host.port}.disable_ipv6=1 && "
               f"ip -n {self.ns} link set {host.port} up")

    def close(self):
        sh(["ip", "netns", "del", self.ns], check=False)

    def try_ip(self, words):
        done = sh(f"ip -n {self.ns} {words}", check=False)
        return done.returncode == 0, done.stdout + done.stderr

    def ip_json(self, words):
        return json.loads(sh(f"ip -n {self.ns} -j {words}").stdout or "[]")

    def sysctl(self, key, value):
        sh(["ip", "netns", "exec", self.ns, "sysctl", "-qw", f"{key}={value}"])


class KernelSession(contextlib.AbstractContextManager):
    """`ip -batch` in a namespace. What a command says ends where the next, which is none, is refused."""

    def __init__(self, ns):
        self.proc = subprocess.Popen(
            ["stdbuf", "-o0", "ip", "-n", ns, "-j", "-force", "-batch", "-"], text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, bufsize=1)
        self.count = 0

    def __exit__(self, *exc):
        self.proc.stdin.close()
        self.proc.stdout.close()
        self.proc.wait()

    def __call__(self, words):
        """(done, what it said: JSON, or the complaint)."""
        self.count += 1
        mark = f"end{self.count}"
        self.proc.stdin.write(f"{words}\n{mark}\n")
        self.proc.stdin.flush()
        said = []
        while f'Object "{mark}" is unknown' not in (said[-1] if said else ""):
            line = self.proc.stdout.readline()
            assert line, f"ip ended: {said}"
            said.append(line)
        self.proc.stdout.readline()  # "Command failed", of the mark
        text = "".join(said[:-1])
        if "Command failed -:" in text:
            return False, text
        return True, json.loads(text) if text.strip() else []


class RouterSession(contextlib.AbstractContextManager):
    """The daemon's socket, as its client speaks to it."""

    def __init__(self, path):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.connect(str(path))
        self.file = self.sock.makefile("rb")

    def __exit__(self, *exc):
        self.file.close()
        self.sock.close()

    def __call__(self, words):
        data = f"ip {words}".encode()
        self.sock.sendall(struct.pack("=IBBH", len(data), 1, EXEC, WITH_JSON) + data)
        said = {OUT: b"", ERR: b""}
        while True:
            size, _, kind, flags = struct.unpack("=IBBH", self.file.read(8))
            payload = self.file.read(size)
            if kind == END:
                break
            said[kind] += payload
        if flags & 0xff:
            return False, said[ERR].decode()
        return True, json.loads(said[OUT]) if said[OUT].strip() else []


def router_session(dut):
    return RouterSession(dut.sock) if hasattr(dut, "sock") else KernelSession(dut.ns)
