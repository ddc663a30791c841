# SPDX-License-Identifier: BSD-3-Clause
# Sourced by quickstart.sh and runtests.sh: install what packages.txt lists and the system lacks.

# packages_of GROUP...: the packages of these groups, one a line.
packages_of() {
	local group
	for group in "$@"; do
		awk -v g="$group" '$1 == g { print $2 }' "$ROOT/packages.txt"
	done
}

# packages_missing GROUP...: those of them that are not installed.
packages_missing() {
	local pkg
	for pkg in $(packages_of "$@"); do
		[ "$(dpkg-query -W -f '${db:Status-Status}' "$pkg" 2>/dev/null)" = installed ] || echo "$pkg"
	done
}

# packages_install GROUP...: install what is missing; says nothing when nothing is.
packages_install() {
	local missing
	missing=$(packages_missing "$@")
	[ -n "$missing" ] || return 0
	if [ "$(id -u)" != 0 ]; then
		echo "missing packages, and not root to install them:" $missing >&2
		return 1
	fi
	echo "installing:" $missing
	export DEBIAN_FRONTEND=noninteractive
	# shellcheck disable=SC2086
	apt-get -qq update </dev/null && without_services \
		apt-get -qq -y --no-install-recommends install $missing </dev/null
}

# without_services COMMAND...: packages that it installs do not start their daemons; the tests start their own.
without_services() (
	policy=/usr/sbin/policy-rc.d
	if [ ! -e $policy ]; then
		trap 'rm -f $policy' EXIT
		printf '#!/bin/sh\nexit 101\n' >$policy && chmod 755 $policy
	fi
	"$@"
)
