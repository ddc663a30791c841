#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Fuzz: run.sh [SECONDS [TARGET...]]. SECONDS are shared among the targets (default 40, and all of
# them). Builds in $FUZZ_BUILD (default build-fuzz), keeps what was found in its corpus/, and
# leaves inputs that crash in its crashes/<target>-*. Exit 1 when there was one.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
build=${FUZZ_BUILD:-$root/build-fuzz}
seconds=${1:-40}
[ $# -gt 0 ] && shift
[ $# -gt 0 ] || set -- datapath reasm config cli client_proto

[ -f "$build/build.ninja" ] ||
	CC=clang meson setup "$build" "$root" -Dfuzz=true --buildtype=debugoptimized >/dev/null
for t in "$@"; do
	targets="${targets:-} test/fuzz/fuzz_$t"
done
# shellcheck disable=SC2086 # a list of words
ninja -C "$build" $targets >"$build/fuzz-build.log" 2>&1 || { cat "$build/fuzz-build.log"; exit 2; }
python3 "$here/make_seeds.py" "$build/seeds"
mkdir -p "$build/crashes"

each=$((seconds / $#))
[ "$each" -ge 1 ] || each=1
failed=0
for t in "$@"; do
	mkdir -p "$build/corpus/$t"
	log=$build/fuzz-$t.log
	dict=
	case $t in cli | config) dict=-dict=$build/seeds/words.dict ;; esac
	# Leaks are looked for at the end only: what DPDK's memory points to, the sanitizer cannot
	# see before the router is taken down.
	if ASAN_OPTIONS=detect_leaks=1 "$build/test/fuzz/fuzz_$t" -max_total_time="$each" \
		-rss_limit_mb=2048 -timeout=20 -max_len=4096 -detect_leaks=0 -print_final_stats=1 \
		-artifact_prefix="$build/crashes/$t-" $dict "$build/corpus/$t" "$build/seeds/$t" \
		>"$log" 2>&1; then
		echo "fuzz $t: $(sed -n 's/^stat::number_of_executed_units: *//p' "$log") inputs, ok"
	else
		failed=1
		echo "fuzz $t: FAILED, see $log; inputs:"
		ls "$build/crashes/$t-"* 2>/dev/null || echo "(none was kept)"
		tail -n 40 "$log"
	fi
done
exit $failed
