# SPDX-License-Identifier: BSD-3-Clause
"""The machine the bench runs on: tools and their packages, hugepages, clocks, processes."""
import ctypes
import os
import shutil
import signal
import struct
import subprocess
import sys
import time

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", "..", ".."))
NR_HUGE = "/proc/sys/vm/nr_hugepages"
PACKAGE_OF = {
    "dpdk-testpmd": "dpdk-dev", "gcc": "gcc", "pkg-config": "pkg-config", "chrt": "util-linux",
    "ip": "iproute2", "sysctl": "procps", "ping": "iputils-ping", "ethtool": "ethtool",
    "l3fwd-sources": "dpdk-doc", "libdpdk": "libdpdk-dev",
}
L3FWD_SRC = "/usr/share/dpdk/examples/l3fwd"


class BenchError(Exception):
    """The run cannot go on; the text says what to do about it."""


def say(text):
    print(text, file=sys.stderr, flush=True)


def _present(tool):
    if tool == "l3fwd-sources":
        return os.path.isdir(L3FWD_SRC)
    if tool == "libdpdk":
        return shutil.which("pkg-config") and subprocess.run(["pkg-config", "--exists", "libdpdk"], check=False).returncode == 0
    return shutil.which(tool) is not None


def need(*tools):
    """Refuse with the package's name when a tool is missing."""
    missing = [f"{t} (Debian package {PACKAGE_OF.get(t, t)})" for t in tools if not _present(t)]
    if missing:
        raise BenchError(f"missing: {', '.join(missing)}; `test/bench/bench.py --install` installs what the bench needs")


def run_lines(*argv):
    return subprocess.run(argv, capture_output=True, text=True, check=True).stdout.split()


def micro(args, name):
    """The program of test/bench/micro/@name.c in the build folder."""
    program = os.path.join(args.build, "test/bench/micro", name)
    if not os.path.exists(program):
        raise BenchError(f"{program} is missing: meson setup {args.build} --buildtype=release; ninja -C {args.build} bench")
    return program


def need_root():
    if os.geteuid() != 0:
        raise BenchError("must run as root: real-time priority, hugepages and namespaces need it")


def bench_packages():
    """What packages.txt lists (GROUP PACKAGE lines) to build the daemon, drive it and measure it."""
    groups = {"build": [], "demo": [], "bench": []}
    try:
        with open(os.path.join(ROOT, "packages.txt"), encoding="ascii") as f:
            rows = [line.split("#")[0].split() for line in f]
    except FileNotFoundError as e:
        raise BenchError(f"{e.filename}: not found") from e
    for row in rows:
        if len(row) == 2 and row[0] in groups:
            groups[row[0]].append(row[1])
    if not groups["bench"]:
        raise BenchError("packages.txt has no lines of the group `bench`")
    return [name for group in groups.values() for name in group]


def install():
    need_root()
    names = bench_packages()
    subprocess.run(["apt-get", "update", "-q"], check=True)
    subprocess.run(["apt-get", "install", "-y", "-q", "--no-install-recommends", *names], check=True,
                   env=dict(os.environ, DEBIAN_FRONTEND="noninteractive"))


class Hugepages:
    """Raises the number of 2 MiB pages for the time of the run. `pages` is what was obtained."""

    def __init__(self, want):
        self.want, self.before, self.pages = want, None, 0

    def __enter__(self):
        try:
            with open(NR_HUGE, encoding="ascii") as f:
                self.before = int(f.read())
            if self.before < self.want:
                self._set(self.want)
            self.pages = free_hugepages()
        except OSError as e:
            say(f"no hugepages ({e}); all programs run with --no-huge")
        return self

    def __exit__(self, *exc):
        if self.before is not None and self.before < self.want:
            self._set(self.before)

    @staticmethod
    def _set(n):
        with open(NR_HUGE, "w", encoding="ascii") as f:
            f.write(str(n))


def meminfo(key):
    with open("/proc/meminfo", encoding="ascii") as f:
        for line in f:
            if line.startswith(key + ":"):
                return int(line.split()[1])
    return 0


def free_hugepages():
    return meminfo("HugePages_Free")


def tsc_hz():
    """The kernel derives bogomips from the TSC's rate where that is constant: 2 x MHz."""
    with open("/proc/cpuinfo", encoding="ascii") as f:
        text = f.read()
    if "constant_tsc" not in text:
        raise BenchError("this CPU has no constant TSC: cycles cannot be told from time")
    line = next(x for x in text.splitlines() if x.lower().startswith("bogomips"))
    return float(line.split(":")[1]) / 2 * 1e6


class TaskClock:
    """CPU time of one thread in ns, exact also while it runs on another core.

    /proc/PID/task/TID/schedstat is brought up to date only at ticks (4 ms), too coarse for windows
    of 80 ms; the kernel's task-clock event is read where the thread runs. Without it: schedstat.
    """
    _ATTR = struct.Struct("<IIQQQQQ")  # type, size, config, period, sample_type, read_format, flags
    _NR = {"x86_64": 298, "aarch64": 241}

    def __init__(self, pid, tid):
        self.path = f"/proc/{pid}/task/{tid}/schedstat"
        self.fd = -1
        nr = self._NR.get(os.uname().machine)
        if nr is not None:
            attr = ctypes.create_string_buffer(self._ATTR.pack(1, 64, 1, 0, 0, 0, 0), 64)
            libc = ctypes.CDLL(None, use_errno=True)
            self.fd = libc.syscall(nr, attr, tid, -1, -1, 8)

    def ns(self):
        if self.fd >= 0:
            return struct.unpack("<Q", os.read(self.fd, 8))[0]
        with open(self.path, encoding="ascii") as f:
            return int(f.read().split()[0])

    def close(self):
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1


def thread_times(pid):
    """{tid: (name, cpu ns)} of a process."""
    out = {}
    for tid in os.listdir(f"/proc/{pid}/task"):
        try:
            with open(f"/proc/{pid}/task/{tid}/comm", encoding="ascii") as f:
                name = f.read().strip()
            with open(f"/proc/{pid}/task/{tid}/schedstat", encoding="ascii") as f:
                out[int(tid)] = (name, int(f.read().split()[0]))
        except FileNotFoundError:
            pass
    return out


def proc_status(pid, key):
    """A kB value of /proc/PID/status."""
    with open(f"/proc/{pid}/status", encoding="ascii") as f:
        for line in f:
            if line.startswith(key + ":"):
                return int(line.split()[1])
    return 0


def wait_stopped(pid, tid, seconds=2.0):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with open(f"/proc/{pid}/task/{tid}/stat", encoding="ascii") as f:
            if f.read().rsplit(")", 1)[1].split()[0] == "T":
                return
        time.sleep(0.0005)
    raise BenchError(f"process {pid} does not stop")


def end_process(proc, seconds=5.0):
    """SIGTERM, then SIGKILL. For a stopped process too."""
    if proc is None or proc.poll() is not None:
        return
    for sig in (signal.SIGCONT, signal.SIGTERM):
        proc.send_signal(sig)
    try:
        proc.wait(seconds)
    except subprocess.TimeoutExpired:
        proc.kill()
        proc.wait()


def run(*argv, check=True):
    """A helper command, quiet; its stderr becomes the error."""
    r = subprocess.run(argv, capture_output=True, text=True, check=False)
    if check and r.returncode:
        raise BenchError(f"{' '.join(argv)}: {r.stderr.strip() or r.stdout.strip()}")
    return r
