#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Every figure and plot of docs/performance.md, measured anew and written there: run.sh [--only NAME,...]
# [--quick] [--docs FILE]. Builds the release build that it measures. As root, on a machine that does nothing else;
# without --quick less than 15 minutes.
set -eu
cd "$(dirname "$0")/../.."
command -v dpdk-testpmd >/dev/null && [ -d /usr/share/dpdk/examples/l3fwd ] && command -v meson >/dev/null ||
	python3 test/bench/bench.py --install
[ -f build-bench/build.ninja ] || meson setup build-bench --buildtype=release
ninja -C build-bench bench
exec python3 test/bench/bench.py report --build build-bench "$@"
