#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Build and run every test suite; the last line is "N passed, N failed".
#
#   ./runtests.sh [--quick | --long] [--suite NAME]... [--list]
#
# Needs root (network namespaces, AF_XDP); no hugepages, no network card, no terminal.
set -uo pipefail
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "$ROOT" || exit 1
# shellcheck source=test/tools/packages.sh
. test/tools/packages.sh
export HOME=${HOME:-/root} LC_ALL=C.UTF-8 PYTHONDONTWRITEBYTECODE=1
export PATH=$PATH:/usr/sbin:/sbin

BUILD=build-test BUILD_ASAN=build-asan BUILD_LEAN=build-lean LOGS=$ROOT/build-test/logs
PY=/usr/bin/python3
FUNC_JOBS=${FUNC_JOBS:-3}
OPTIONAL=bridge,ipip,macvlan,vlan # the modules that can be left out, as in meson_options.txt
ALL="unit budget func asan-unit asan-func options linux fuzz"

usage() {
	sed -n '3,8s/^# \{0,1\}//p' "$0"
	cat <<'END'
suites: unit       unit, datapath and lint tests (gcc, release)
        budget     instructions for a forwarded packet, counted, against test/bench/budget.txt
        func       the daemon between network namespaces
        asan-unit  unit and datapath tests (clang, address and undefined behaviour sanitizers)
        asan-func  the same as func against the sanitizer build
        options    a build without the modules that can be left out, and without stage counters
        linux      the core functional tests with the kernel as the router: do the tests hold?
        fuzz       each fuzz target for a minute, side by side (ten minutes with --long)
--quick: unit and the core functional tests; --long: all functional tests with the kernel too, and
other random numbers than the last time (TEST_SEED=N picks them; without, every run draws the same).
END
}

mode=normal suites=""
while [ $# -gt 0 ]; do
	case $1 in
	--quick) mode=quick ;;
	--long) mode=long ;;
	--suite) suites="$suites ${2:?--suite needs a name}"; shift ;;
	--list) echo "$ALL" | tr ' ' '\n'; exit 0 ;;
	-h | --help) usage; exit 0 ;;
	*) usage >&2; exit 2 ;;
	esac
	shift
done
[ -n "$suites" ] || { [ $mode = quick ] && suites="unit func" || suites=$ALL; }
for s in $suites; do
	case " $ALL " in *" $s "*) ;; *) echo "no suite '$s'; there are: $ALL" >&2; exit 2 ;; esac
done

if [ $mode = long ]; then
	export TEST_SEED=${TEST_SEED:-$((RANDOM * 32768 + RANDOM))}
	echo "TEST_SEED=$TEST_SEED"
fi

passed=0 failed=0

# count NAME FILE...: add up the results and say how the suite went.
count() {
	local name=$1 p f
	shift
	read -r p f < <("$PY" test/tools/tally.py "$@")
	passed=$((passed + p)) failed=$((failed + f))
	printf '%-10s %5d passed %5d failed  (%ds)\n' "$name" "$p" "$f" $((SECONDS - begun))
	if [ "$f" != 0 ]; then
		echo "---- the end of $LOGS/$name.log"
		# the totals of a suite are not the totals of the run: keep such lines out of the way
		grep -vE '^=+ .*(passed|failed).*=+$' "$LOGS/$name.log" | tail -n 120
		echo "----"
	fi
}

# build DIR MESON-OPTION...: configure once, compile.
build() {
	local dir=$1
	shift
	begun=$SECONDS
	if [ ! -f "$dir/build.ninja" ]; then
		meson setup "$dir" "$@" >"$LOGS/setup-$dir.log" 2>&1 ||
			{ tail -n 40 "$LOGS/setup-$dir.log"; return 1; }
	fi
	ninja -C "$dir" >"$LOGS/build-$dir.log" 2>&1 ||
		{ grep -E -A12 'FAILED|error:' "$LOGS/build-$dir.log" | head -n 80; return 1; }
	printf '%-10s built            (%ds)\n' "$dir" $((SECONDS - begun))
}

# meson_suite NAME DIR ARG...: run meson's tests of a build folder.
meson_suite() {
	local name=$1 dir=$2
	shift 2
	begun=$SECONDS
	rm -f "$dir/meson-logs/testlog.json"
	timeout -k 10 1200 meson test -C "$dir" --no-rebuild --print-errorlogs "$@" \
		>"$LOGS/$name.log" 2>&1 </dev/null
	count "$name" "$dir/meson-logs/testlog.json"
}

# func_suite NAME ARG...: run the functional tests.
func_suite() {
	local name=$1
	shift
	begun=$SECONDS
	rm -f "$LOGS/$name.xml"
	timeout -k 30 1800 "$PY" -m pytest -q -n "$FUNC_JOBS" --dist loadfile --junitxml "$LOGS/$name.xml" \
		"$@" test/func >"$LOGS/$name.log" 2>&1 </dev/null
	count "$name" "$LOGS/$name.xml"
}

budget_suite() {
	begun=$SECONDS
	rm -f "$LOGS/budget.xml"
	timeout -k 10 900 "$PY" test/bench/budget.py --build $BUILD --junit "$LOGS/budget.xml" \
		>"$LOGS/budget.log" 2>&1 </dev/null
	count budget "$LOGS/budget.xml"
}

# fuzz_suite SECONDS: all targets together; each one is a pass or a failure.
fuzz_suite() {
	local p f
	begun=$SECONDS
	FUZZ_BUILD=$ROOT/build-fuzz timeout -k 10 $(($1 + 900)) test/fuzz/run.sh "$1" \
		>"$LOGS/fuzz.log" 2>&1 </dev/null
	p=$(grep -c '^fuzz [a-z_]*: .*, ok$' "$LOGS/fuzz.log")
	f=$(($(ls test/fuzz/fuzz_*.c | wc -l) - p))
	passed=$((passed + p)) failed=$((failed + f))
	printf '%-10s %5d passed %5d failed  (%ds)\n' fuzz "$p" "$f" $((SECONDS - begun))
	[ "$f" = 0 ] || tail -n 60 "$LOGS/fuzz.log"
}

run_suite() {
	local core=(-m core) fuzz=60
	[ $mode = long ] && fuzz=600
	[ $mode = long ] && core=()
	case $1 in
	unit) meson_suite unit $BUILD ;;
	budget) budget_suite ;;
	func)
		local some=()
		[ $mode = quick ] && some=(-m core)
		POLLUX_BUILD=$BUILD func_suite func "${some[@]}"
		;;
	asan-unit) meson_suite asan-unit $BUILD_ASAN --no-suite lint --timeout-multiplier 4 ;;
	asan-func) POLLUX_BUILD=$BUILD_ASAN func_suite asan-func ;;
	options) POLLUX_BUILD=$BUILD_LEAN func_suite options -m options ;;
	linux) # what a router that is not ours did once, it may do better the second time
		DUT=linux func_suite linux --reruns 1 -rR "${core[@]}"
		grep '^RERUN' "$LOGS/linux.log"
		;;
	fuzz) fuzz_suite $fuzz ;;
	esac
}

finish() {
	echo "$passed passed, $failed failed"
	[ "$failed" = 0 ] && [ "$passed" != 0 ]
	exit $?
}

begun=$SECONDS
packages_install build demo test || { echo "packages are missing"; failed=1; finish; }
mkdir -p "$LOGS"
export ASAN_OPTIONS=detect_stack_use_after_return=1 UBSAN_OPTIONS=print_stacktrace=1
export LSAN_OPTIONS=suppressions=$ROOT/test/tools/lsan.supp:print_suppressions=0

need_gcc=0 need_asan=0 need_lean=0
for s in $suites; do
	case $s in asan-*) need_asan=1 ;; options) need_lean=1 ;; linux | fuzz) ;; *) need_gcc=1 ;; esac
done
broken=""
if [ $need_gcc = 1 ]; then
	CC=gcc build $BUILD -Dbuildtype=release || { failed=$((failed + 1)); broken="$broken unit budget func"; }
fi
if [ $need_asan = 1 ]; then
	# clang, for its thread safety analysis too; -Wl,-z,undefs: the runtime is in the program
	CC=clang build $BUILD_ASAN -Dbuildtype=debugoptimized -Dsanitize=true -Db_lundef=false ||
		{ failed=$((failed + 1)); broken="$broken asan-unit asan-func"; }
fi
if [ $need_lean = 1 ]; then
	CC=gcc build $BUILD_LEAN -Dbuildtype=release -Dtests=false -Dstage_stats=false -Dwithout="$OPTIONAL" ||
		{ failed=$((failed + 1)); broken="$broken options"; }
fi
for s in $suites; do
	case " $broken " in *" $s "*) echo "$s: not run, its build failed"; continue ;; esac
	run_suite "$s"
done
finish
