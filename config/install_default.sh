#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Install the default configuration, unless there is one: an upgrade keeps what runs.
#   install_default.sh FROM TO
to=${DESTDIR:-}$2
if [ -e "$to" ]; then
	echo "keeping $to"
	exit 0
fi
mkdir -p "$(dirname "$to")" && cp "$1" "$to" && chmod 0644 "$to"
