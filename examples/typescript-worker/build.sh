#!/usr/bin/env bash
# Installs what the lock file says and builds dist/main.js, unless that is done.
# Whoever comes while it runs waits: tests of several packages use one build.
set -euo pipefail
cd "$(dirname "$0")"
for tool in node npm; do
	command -v "$tool" >/dev/null || { echo "$tool is missing: apt-get install nodejs npm" >&2; exit 1; }
done
node -e 'process.exit(parseInt(process.versions.node) < 18 ? 1 : 0)' || { echo "this is Node $(node --version); 18.3 or newer is needed" >&2; exit 1; }
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
