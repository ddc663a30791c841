# SPDX-License-Identifier: BSD-3-Clause
"""bench.py frag: fragments out and in, beside DPDK's library and example; forwarding under a flood of them."""
import os
import shutil
import statistics
import struct
import subprocess

from . import duts, traffic
from .duts import WORKER_CPU
from .env import BenchError, Hugepages, micro, need_root, run_lines, say, tsc_hz
from .harness import compare
from .tables import save, table

EXAMPLE = "/usr/share/dpdk/examples/ip_fragmentation"
EDITS = [("RTE_ETH_RX_OFFLOAD_CHECKSUM |", "0 |"), ("RTE_ETH_RX_OFFLOAD_SCATTER),", "0),"),
         ("(RTE_ETH_TX_OFFLOAD_IPV4_CKSUM |\n\t\t\t     RTE_ETH_TX_OFFLOAD_MULTI_SEGS)", "0"),
         ("#define NB_MBUF   8192", "#define NB_MBUF   65536"),
         (".mtu = JUMBO_FRAME_MAX_SIZE - RTE_ETHER_HDR_LEN -\n\t\t\tRTE_ETHER_CRC_LEN,", ".mtu = 2000,"),
         ("if (ret < 0) {\n\t\t\tprintf(\"\\n\");\n\t\t\trte_exit(EXIT_FAILURE, \"Set MTU failed",
          "if (ret < 0 && ret != -ENOTSUP) {\n\t\t\tprintf(\"\\n\");\n\t\t\trte_exit(EXIT_FAILURE, \"Set MTU failed")]
FAR = (100 << 24) + (20 << 16)  # what the example routes to its second port: 100.20.0.0/16
FLOOD_PPS = 1e6
OTHERS = 7        # packets to be forwarded for each fragment
DATAGRAMS = 2048


def add_parser(sub, common):
    p = sub.add_parser("frag", parents=[common], help=__doc__.split(": ")[1])
    p.add_argument("--only", default="micro,out,flood", help="parts: micro, out, flood")
    p.set_defaults(func=main)


# --- functions alone ---

def alone(args, huge):
    memory = ["--in-memory", "-m", "256"] if huge.pages >= 1024 else ["--no-huge", "--no-shconf", "-m", "256"]
    argv = [micro(args, "frag_micro"), str(args.rounds), *memory, "--no-pci", "--no-telemetry", "-l", str(WORKER_CPU)]
    runs = []
    for _ in range(args.starts):
        r = subprocess.run(argv, capture_output=True, text=True, check=False)
        if r.returncode:
            raise BenchError("frag_micro: " + r.stderr[-1000:])
        turns = {}
        for line in r.stdout.splitlines():
            name, _, value = line.partition(" ")
            if name.startswith(("cut-", "join")):
                turns.setdefault(name, []).append(float(value))
        runs.append(turns)
    rows = []
    for name in runs[0]:
        base = name.split("-")[0] + "-rte_ip_frag"
        ratios = [statistics.median(a / b for a, b in zip(t[name], t[base])) for t in runs]
        rows.append({"name": name, "ratio": statistics.median(ratios), "low": min(ratios), "high": max(ratios),
                     "cycles": statistics.median(statistics.median(t[name]) for t in runs)})
    return rows


# --- programs ---

class IpFragmentation(duts.Dut):
    """DPDK's example, from the distribution's sources; nothing of it is kept here."""

    def argv(self):
        out = self.setup.path("ip_fragmentation")
        if not os.path.exists(out):
            source = self.setup.path("ip_fragmentation.c")
            shutil.copy(os.path.join(EXAMPLE, "main.c"), source)
            with open(source, encoding="utf-8") as f:
                text = f.read()
            for old, new in EDITS:
                if text.count(old) != 1:
                    raise BenchError(f"this DPDK's ip_fragmentation differs from the one the bench knows: {old!r}")
                text = text.replace(old, new)
            with open(source, "w", encoding="utf-8") as f:
                f.write(text)
            subprocess.run(["gcc", "-O3", "-w", *run_lines("pkg-config", "--cflags", "libdpdk"), source, "-o", out,
                            *run_lines("pkg-config", "--libs", "libdpdk")], check=True)
        return [out, "--lcores", f"{WORKER_CPU}@{WORKER_CPU}", *self.setup.eal(self.prefix), "--", "-p", "3", "-q", "2"]


class Fragmenting(duts.Polluxd):
    """2000 bytes come, 1500 may leave."""

    def config(self):
        conf = super().config()
        conf["ports"]["p0"]["mtu"] = 2000
        return conf


class Flooded(duts.Polluxd):
    """With buffers for all that the traffic file holds; reassembly holds a small part of its datagrams, so that
    when one comes again it is a new one."""

    def config(self):
        conf = super().config()
        conf["ports"]["p0"]["mbufs"] = 32768
        conf["sysctl"] = {"net.ipv4.ipfrag_low_thresh": 192 << 10, "net.ipv4.ipfrag_high_thresh": 256 << 10}
        return conf


def ip_frame(dst, ident, payload, frag=0, src=traffic.SENDER, proto=17):
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), ident & 0xffff, frag, 64, proto, 0,
                       bytes(int(x) for x in src.split(".")), struct.pack("!I", dst))
    head = head[:10] + struct.pack("!H", traffic._csum(head)) + head[12:]  # pylint: disable=protected-access
    return traffic.ROUTER_MAC + traffic.SENDER_MAC + b"\x08\x00" + head + payload


def write_frames(path, frames):
    with open(path, "wb") as f:
        f.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
        for data in frames:
            f.write(struct.pack("<IIII", 0, 0, len(data), len(data)) + data)


def with_traffic(setup, name, frames):
    path = setup.path(name)
    write_frames(path, frames)
    return setup.but(pcap=path, vdevs=[f"net_pcap0,rx_pcap={path},infinite_rx=1", "net_null0,no-rx=1"])


def out(args, setup):
    """Fragments that leave, by the whole program: cycles for each."""
    big = with_traffic(setup, "big.pcap", [ip_frame(FAR + i, i, bytes(1980)) for i in range(1024)])
    rows, _ = compare(lambda: [IpFragmentation("ip_fragmentation", big), Fragmenting("polluxd", big)],
                      args.starts, args.rounds, "ip_fragmentation")
    return rows


def left(cycles):
    """The part of a worker that is left for others when it spends so many cycles on each frame of the flood."""
    return 1 - FLOOD_PPS * cycles / tsc_hz()


def flood(args, setup):
    """Forwarding alone; with one first fragment for the router itself among eight packets; with the same frames
    addressed to another station, which are dropped unread; and with packets of that size to forward in their place.
    Cycles for each of the three, and what a million a second of fragments leaves of the others' rate: beside none,
    and beside as many frames of the same size that are dropped unread, or forwarded: these cost whoever makes and
    fetches them the same, copies of large ones among it."""
    router = 10 << 24 | 1
    kinds = {"alone": [], "unread": [], "forwarded": [], "flooded": []}
    for i in range(OTHERS * DATAGRAMS):
        f = traffic.frame(FAR + i, i)
        for frames in kinds.values():
            frames.append(f)
        if i % OTHERS == OTHERS - 1:
            source = f"198.18.{i >> 8 & 255}.{i & 255}" if args.spoofed else traffic.SENDER
            payload = bytes(1400 if args.large else 32)
            bad = ip_frame(router, i, payload, 0x2000, source)
            kinds["flooded"].append(bad)
            kinds["unread"].append(b"\x02\x00\x00\x00\xee\x01" + bad[6:])
            kinds["forwarded"].append(ip_frame(FAR + i, i, payload, 0, source))
    rows, _ = compare(lambda: [Flooded(n, with_traffic(setup, n + ".pcap", f)) for n, f in kinds.items()],
                      args.starts, args.rounds, "alone")
    alone_cycles = rows[0]["cycles"]
    each = {r["name"]: (r["cycles"] - alone_cycles) * OTHERS for r in rows}
    each["forwarded"] += rows[2]["cycles"]  # what leaves is counted: eight of eight
    return {"spoofed": args.spoofed, "large": args.large, "unread": each["unread"], "forwarded": each["forwarded"],
            "cycles": each["flooded"], "others": left(each["flooded"]),
            "beside_unread": left(each["flooded"]) / left(each["unread"]),
            "beside_forwarded": left(each["flooded"]) / left(each["forwarded"]), "rows": rows}


def main(args):
    need_root()
    parts, result = args.only.split(","), {"command": "frag"}
    with Hugepages(args.hugepages) as huge:
        setup = duts.Setup(args, [(FAR, 16)], [FAR], huge.pages)
        if "micro" in parts:
            say("functions alone")
            result["micro"] = alone(args, huge)
            table(["function", "ratio to rte_ip_frag", "lowest .. highest start", "cycles per fragment"],
                  [[r["name"], f"{r['ratio']:.2f}", f"{r['low']:.2f} .. {r['high']:.2f}", f"{r['cycles']:.0f}"]
                   for r in result["micro"]])
        if "out" in parts:
            say("2000 bytes in, 1500 out")
            result["out"] = out(args, setup)
            table(["program", "ratio", "lowest .. highest start", "cycles per fragment"],
                  [[r["name"], f"{r['ratio']:.2f}", f"{r['low']:.2f} .. {r['high']:.2f}", f"{r['cycles']:.0f}"]
                   for r in result["out"]])
        if "flood" in parts:
            result["flood"] = []
            for args.spoofed in (False, True):
                for args.large in (False, True):
                    say(f"a flood of fragments, {'spoofed sources' if args.spoofed else 'one source'}, "
                        f"{'1400' if args.large else '32'} bytes each")
                    result["flood"].append(flood(args, setup))
            table(["sources", "bytes", "cycles for each fragment", "unread", "forwarded", "others' rate at 1 M/s",
                   "beside unread ones", "beside forwarded ones"],
                  [["spoofed" if r["spoofed"] else "one", 1400 if r["large"] else 32, f"{r['cycles']:.0f}",
                    f"{r['unread']:.0f}", f"{r['forwarded']:.0f}", f"{r['others']:.2f}",
                    f"{r['beside_unread']:.2f}", f"{r['beside_forwarded']:.2f}"] for r in result["flood"]])
    save(args.json, result)
