#!/usr/bin/env bash
# Installs what the lock file says and builds dist/main.js, unless that is done.
# Whoever comes while it runs waits: tests of several packages use one build.
set -euo pipefail
cd "$(dirname "$0")"
for tool in node npm; do
	command -v "$tool" >/dev/null || { echo "$tool is missing: apt-get install nodejs npm" >&2; exit 1; }
done
# What package.json asks for: the major and the minor version.
needed=$(node -p 'require("./package.json").engines.node.match(/\d+\.\d+/)[0]')
node -e '
	const [major, minor] = process.versions.node.split(".").map(Number);
	const [least, below] = process.argv[1].split(".").map(Number);
	process.exit(major > least || major === least && minor >= below ? 0 : 1);
' "$needed" || { echo "this is Node $(node -p process.versions.node); $needed or newer is needed" >&2; exit 1; }
if command -v flock >/dev/null; then
	exec 9>.build.lock
	flock 9
fi
# Both marks are made last, so that what was broken off is done again.
if [ node_modules/.installed -ot package-lock.json ] || [ node_modules/.installed -ot .npmrc ]; then
	npm ci
	touch node_modules/.installed
fi
if [ ! -e dist/.built ] || [ -n "$(find src package.json tsconfig.json node_modules/.installed -newer dist/.built -print -quit)" ]; then
	rm -rf dist
	npm run build
	touch dist/.built
fi
