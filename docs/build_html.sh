#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Every page of docs/ as HTML: build_html.sh SOURCE_ROOT OUTPUT_DIR. Links between pages follow.
set -eu
mkdir -p "$2"
out=$(cd "$2" && pwd)
cd "$1"
find README.md CHANGELOG.md CONTRIBUTING.md docs -name '*.md' | while read -r page; do
	to=$out/${page%.md}.html
	mkdir -p "$(dirname "$to")"
	pandoc --standalone --from gfm --to html5 --metadata title="$(sed -n 's/^# //p;T;q' "$page")" \
		"$page" | sed -E 's/href="([^":]*)\.md(#[^"]*)?"/href="\1.html\2"/g' >"$to"
done
