#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Fuzz: run.sh [SECONDS [TARGET...]]. The targets (default all of them) run side by side, SECONDS long
# (default 60). Builds in $FUZZ_BUILD (default build-fuzz), keeps what was found in its corpus/, and
# leaves inputs that crash in its crashes/<target>-*. Exit 1 when there was one.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
build=${FUZZ_BUILD:-$root/build-fuzz}
seconds=${1:-60}
[ $# -gt 0 ] && shift
[ $# -gt 0 ] || set -- datapath reasm bpdu igmp config cli client_proto

[ -f "$build/build.ninja" ] ||
	CC=clang meson setup "$build" "$root" -Dfuzz=true --buildtype=debugoptimized >/dev/null
for t in "$@"; do
	targets="${targets:-} test/fuzz/fuzz_$t"
done
# shellcheck disable=SC2086 # a list of words
ninja -C "$build" $targets >"$build/fuzz-build.log" 2>&1 || { cat "$build/fuzz-build.log"; exit 2; }
python3 "$here/make_seeds.py" "$build/seeds"
mkdir -p "$build/crashes"

# fuzz_one TARGET: run it and say how it went.
fuzz_one() {
	log=$build/fuzz-$1.log
	dict=
	case $1 in cli | config) dict=-dict=$build/seeds/words.dict ;; esac
	mkdir -p "$build/corpus/$1"
	# Leaks are looked for at the end only: what DPDK's memory points to, the sanitizer cannot
	# see before the router is taken down.
	if ASAN_OPTIONS=detect_leaks=1 "$build/test/fuzz/fuzz_$1" -max_total_time="$seconds" -seed="${TEST_SEED:-1}" \
		-rss_limit_mb=2048 -timeout=20 -max_len=4096 -detect_leaks=0 -print_final_stats=1 \
		-artifact_prefix="$build/crashes/$1-" $dict "$build/corpus/$1" "$build/seeds/$1" \
		>"$log" 2>&1; then
		echo "fuzz $1: $(sed -n 's/^stat::number_of_executed_units: *//p' "$log") inputs, ok"
		return 0
	fi
	echo "fuzz $1: FAILED, see $log; inputs:"
	ls "$build/crashes/$1-"* 2>/dev/null || echo "(none was kept)"
	tail -n 40 "$log"
	return 1
}

pids=
for t in "$@"; do
	fuzz_one "$t" >"$build/fuzz-$t.out" &
	pids="$pids $!"
done
failed=0
for pid in $pids; do
	wait "$pid" || failed=1
done
for t in "$@"; do
	cat "$build/fuzz-$t.out"
done
exit $failed
