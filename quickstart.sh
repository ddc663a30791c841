#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# See Pollux route: builds it, starts it between three hosts in network namespaces, sends real
# traffic through it, shows what it counted, and leaves you at its command line.
#
#   ./quickstart.sh [--seconds N] [--tap] [--no-cli]
#
#   --seconds N  how long each iperf3 run lasts (default 5)
#   --tap        TAP devices as ports instead of AF_XDP on veth pairs (older kernels)
#   --no-cli     no interactive command line at the end
#
# Needs root. No network card, no hugepages. Everything it made is removed when it ends.
set -uo pipefail
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "$ROOT" || exit 1
# shellcheck source=test/tools/packages.sh
. test/tools/packages.sh
export LC_ALL=C.UTF-8 PATH=$PATH:/usr/sbin:/sbin

seconds=5 kind=xdp cli=1
while [ $# -gt 0 ]; do
	case $1 in
	--seconds) seconds=${2:?--seconds needs a number}; shift ;;
	--tap) kind=tap ;;
	--no-cli) cli=0 ;;
	-h | --help) sed -n '3,12s/^# \{0,1\}//p' "$0"; exit 0 ;;
	*) echo "$0: '$1' is not an option; see --help" >&2; exit 2 ;;
	esac
	shift
done

bold='' dim='' green='' red='' cyan='' off=''
if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then
	bold=$'\e[1m' dim=$'\e[2m' green=$'\e[32m' red=$'\e[31m' cyan=$'\e[36m' off=$'\e[0m'
fi
TAG=$$ WORK='' DAEMON='' failures=0
DUT=pollux-demo-$TAG
POLLUXD=$ROOT/build/app/polluxd/polluxd POLLUX=$ROOT/build/app/pollux/pollux

host() { echo "demo-h$1-$TAG"; }

cleanup() {
	local code=$? i
	trap '' INT TERM
	trap - EXIT
	[ -z "$DAEMON" ] || kill "$DAEMON" 2>/dev/null
	for i in 1 2 3; do # whatever still runs in the hosts: the iperf3 server
		ip netns pids "$(host $i)" 2>/dev/null | xargs -r kill 2>/dev/null
	done
	if [ -n "$DAEMON" ]; then
		for ((i = 0; i < 100; i++)); do
			kill -0 "$DAEMON" 2>/dev/null || break
			sleep 0.1
		done
		kill -9 "$DAEMON" 2>/dev/null
	fi
	wait 2>/dev/null
	for i in "$(host 1)" "$(host 2)" "$(host 3)" "$DUT"; do ip netns del "$i" 2>/dev/null; done
	[ -z "$WORK" ] || rm -rf "$WORK" "/var/run/dpdk/$DUT"
	exit "$code"
}

say() { printf '\n%s%s%s\n' "$bold$cyan" "$*" "$off"; }
note() { printf '%s%s%s\n' "$dim" "$*" "$off"; }
die() { printf '%s%s%s\n' "$red" "$*" "$off" >&2; exit 1; }

# step WANT TEXT COMMAND...: show and run a command; WANT is ok or fail, how it must end.
step() {
	local want=$1 text=$2 code
	shift 2
	printf '\n%s# %s%s\n%s$ %s%s\n' "$bold" "$text" "$off" "$green" "$*" "$off"
	"$@"
	code=$?
	if { [ "$want" = ok ] && [ $code != 0 ]; } || { [ "$want" = fail ] && [ $code = 0 ]; }; then
		printf '%sunexpected: exit code %d%s\n' "$red" $code "$off"
		failures=$((failures + 1))
	fi
}

# What the demo's commands are called on screen.
h1() { ip netns exec "$(host 1)" "$@"; }
h2() { ip netns exec "$(host 2)" "$@"; }
pollux() { "$POLLUX" -S "$WORK/pollux.sock" "$@"; }

h1_iperf3() { # the lines with a rate as they come, and the totals
	h1 iperf3 --forceflush "$@" | grep --line-buffered -E 'sec .*bits/sec|error|refused'
}

prepare() {
	packages_install build demo || die "packages are missing"
	say "Building"
	if [ ! -f build/build.ninja ]; then
		meson setup build -Dtests=false >"$WORK/setup.log" 2>&1 || { cat "$WORK/setup.log"; die "meson setup failed"; }
	fi
	ninja -C build app/polluxd/polluxd app/pollux/pollux >"$WORK/build.log" 2>&1 || { tail -n 40 "$WORK/build.log"; die "the build failed"; }
	note "build/app/polluxd/polluxd, build/app/pollux/pollux"
}

make_host() { # make_host I: a namespace and a veth pair into the router's
	local i=$1 end ns
	ns=$(host "$i") end=$([ $kind = xdp ] && echo "p$1" || echo "v$1")
	ip netns add "$ns" && ip -n "$ns" link set lo up &&
		ip -n "$ns" link add eth0 type veth peer name "$end" netns "$DUT" &&
		ip netns exec "$DUT" ethtool -K "$end" rx off tx off tso off gso off gro off >/dev/null &&
		ip -n "$DUT" link set "$end" up promisc on
}

# --tap: the TAP device's kernel side and the veth as two ports of a bridge, which must not take
# the router's MAC address for its own.
bridge_tap() {
	ip -n "$DUT" link add "b$1" type bridge &&
		ip -n "$DUT" link set "p$1" address "02:00:00:00:77:0$1" &&
		ip -n "$DUT" link set "p$1" master "b$1" &&
		ip -n "$DUT" link set "v$1" master "b$1" && ip -n "$DUT" link set "b$1" up
}

# The host's side of the link: DPDK hands frames on as they are, so the sender must finish its
# checksums and do its own segmentation.
address_host() {
	local i=$1 ns
	ns=$(host "$i")
	[ $kind = xdp ] || bridge_tap "$i" || return
	ip netns exec "$ns" sysctl -eqw net.ipv6.conf.all.disable_ipv6=1
	ip netns exec "$ns" ethtool -K eth0 rx off tx off tso off gso off gro off >/dev/null &&
		ip -n "$ns" addr add "10.0.$i.2/24" dev eth0 &&
		ip -n "$ns" link set eth0 up mtu $([ "$i" = 3 ] && echo 1300 || echo 1500) &&
		ip -n "$ns" route add default via "10.0.$i.1"
}

start_router() {
	local i devices=(-e "s#\"/run/pollux/pollux.sock\"#\"$WORK/pollux.sock\"#")
	[ $kind = xdp ] || devices+=(-e 's#net_af_xdp\([0-9]\),iface=\(p[0-9]\),force_copy=1#net_tap\1,iface=\2#')
	[ "$(nproc)" -gt 1 ] || devices+=(-e 's#"workers": \[1\]#"workers": [0]#')
	sed "${devices[@]}" config/examples/demo.json >"$WORK/demo.json"
	setsid ip netns exec "$DUT" "$POLLUXD" --file-prefix="$DUT" -- -c "$WORK/demo.json" \
		</dev/null >"$WORK/polluxd.log" 2>&1 &
	DAEMON=$!
	for ((i = 0; i < 300; i++)); do
		pollux show health >/dev/null 2>&1 && return 0
		kill -0 "$DAEMON" 2>/dev/null || break
		sleep 0.1
	done
	tail -n 30 "$WORK/polluxd.log"
	return 1
}

picture() {
	cat <<END
$bold
    h1 10.0.1.2              $cyan+------------+$off$bold              h2 10.0.2.2
   (namespace) -------- p1 $cyan|            |$off$bold p2 -------- (namespace)
                 10.0.1.1  $cyan|   pollux   |$off$bold  10.0.2.1
                           $cyan|            |$off$bold
                           $cyan+------------+$off$bold
                                 p3 10.0.3.1, MTU 1300
                                 |
                                 |      routes: 192.0.2.0/24 via h3
                           h3 10.0.3.2          198.51.100.0/24 blackhole
                            (namespace)         203.0.113.0/24 prohibit
$off
END
	note "$(pollux show version 2>/dev/null | head -n 1); ports: $([ $kind = xdp ] && echo "AF_XDP on veth pairs" || echo "TAP devices"), no hugepages"
}

demo() {
	local server
	step ok "Packets pass from h1 to h2, the first one included, which waits for ARP" \
		h1 ping -n -c 3 -i 0.3 10.0.2.2
	step ok "The router shows itself on the way" h1 traceroute -n -q 1 -w 3 -m 5 10.0.2.2
	step fail "A packet too large for p3 that may not be fragmented is refused, with the MTU that fits" \
		h1 ping -n -c 2 -i 0.3 -W 1 -M do -s 1400 10.0.3.2
	step ok "Without that flag the router (or by now h1, which has learned the MTU) cuts it up" \
		h1 ping -n -c 2 -i 0.3 -M dont -s 3000 10.0.3.2
	step fail "A prohibited destination is refused, a blackhole is silent" \
		h1 ping -n -c 1 -W 1 203.0.113.1
	step fail "(silence)" h1 ping -n -c 1 -W 1 198.51.100.1
	step ok "Routes change while it runs" pollux ip route add 198.51.101.0/24 via 10.0.2.2
	step ok "and lookups explain themselves" pollux ip route get 198.51.101.9

	h2 iperf3 -s >/dev/null 2>&1 &
	for server in 1 2 3 4 5 6 7 8 9 10; do
		h2 ss -Hltn 'sport = :5201' | grep -q . && break
		sleep 0.2
	done
	step ok "TCP through the router, one worker core" h1_iperf3 -c 10.0.2.2 -t "$seconds" -i 1
	step ok "UDP, 1,000-byte datagrams, 100 Mbit/s" \
		h1_iperf3 -c 10.0.2.2 -u -b 100M -l 1000 -t "$seconds" -i 1

	say "What the router counted"
	step ok "Ports" pollux show port stats all
	step ok "Every packet that died, by reason" pollux show drops
	step ok "The stages of the data path, cycles per packet" pollux show stats stages
	step ok "Routes" pollux ip route show
	step ok "Neighbours" pollux ip neigh show
	step ok "Received + originated = sent + dropped + consumed + held" pollux show stats balance
}

[ "$(id -u)" = 0 ] || die "$0 makes network namespaces: run it as root"
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
WORK=$(mktemp -d /tmp/pollux-demo.XXXXXX) || exit 1
prepare
say "Starting the router between three hosts"
ip netns add "$DUT" && ip -n "$DUT" link set lo up || die "no network namespaces here"
ip netns exec "$DUT" sysctl -eqw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
for i in 1 2 3; do make_host $i || die "host $i could not be made"; done
start_router || die "polluxd did not start$([ $kind = tap ] || echo "; does --tap work here?")"
for i in 1 2 3; do address_host $i || die "host $i could not be set up"; done
picture
demo
if [ $failures = 0 ]; then
	say "All of the demonstration went as it should."
else
	printf '\n%s%d step(s) of the demonstration went wrong; the end of the log:%s\n' "$red" $failures "$off"
	tail -n 20 "$WORK/polluxd.log"
fi
if [ $cli = 1 ] && [ -t 0 ] && [ -t 1 ]; then
	say "Your turn: the command line of the router. 'help' lists commands, TAB completes, 'quit' ends."
	note "the hosts: ip netns exec $(host 1) ping 10.0.2.2 (in another terminal)"
	trap : INT # ^C is the client's while it runs
	pollux
fi
[ $failures = 0 ]
