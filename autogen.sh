#!/bin/sh
# autogen.sh - from a bare clone to a configured tree: installs what is missing (Debian packages by name), then runs
# autoreconf and configure. Options are handed to configure. --no-configure stops before it.
set -eu

packages="gcc make autoconf automake pkg-config python3
	libxml2-dev libcurl4-openssl-dev libssl-dev libarchive-dev libcjson-dev libsqlite3-dev libinih-dev zlib1g-dev
	libcmocka-dev openssl curl xsltproc libxml2-utils xmlsec1 libarchive-tools faketime xxd procps
	ca-certificates"

# Without them files embedded in PDF are not looked for, and there are no workbooks; all else works.
wanted="libqpdf-dev libxlsxwriter-dev"

# absent PACKAGE…: those that are not installed.
absent() {
	for package in "$@"; do
		state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) || state=
		[ "$state" = installed ] || printf ' %s' "$package"
	done
}

missing=''
better=''
if command -v dpkg-query >/dev/null 2>&1; then
	# shellcheck disable=SC2086 # words on purpose
	missing=$(absent $packages) better=$(absent $wanted)
else
	for tool in gcc make autoconf automake pkg-config python3 openssl; do
		command -v "$tool" >/dev/null 2>&1 || missing="$missing $tool"
	done
fi

as_root=none
if ! command -v apt-get >/dev/null 2>&1; then
	:
elif [ "$(id -u)" = 0 ]; then
	as_root=''
elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
	as_root=sudo
fi

# get PACKAGE…: installs them.
get() {
	echo "autogen.sh: installing $*" >&2
	{ $as_root apt-get -qq update &&
		$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@"; } >&2
}

if [ -n "$missing" ]; then
	type="apt-get install -y --no-install-recommends$missing$better"
	if ! command -v apt-get >/dev/null 2>&1; then
		echo "autogen.sh: not found:$missing" >&2
		exit 1
	elif [ "$as_root" = none ]; then
		echo "autogen.sh: these packages are missing; type:" >&2
		echo "  sudo $type" >&2
		exit 1
	fi
	# shellcheck disable=SC2086
	if ! get $missing; then
		echo "autogen.sh: installing failed; type: $as_root $type" >&2
		exit 1
	fi
fi
# may_get PACKAGE…: installs them, if they can be had within two minutes; what installs is never cut short.
may_get() {
	{ $as_root timeout 60 apt-get -qq update &&
		$as_root timeout 60 apt-get install -y -qq --download-only --no-install-recommends "$@"; } >&2 &&
		get "$@"
}

if [ -n "$better" ]; then
	# shellcheck disable=SC2086
	[ "$as_root" != none ] && may_get $better ||
		echo "autogen.sh: going on without$better: files embedded in PDF not looked for (libqpdf), no workbooks (libxlsxwriter)" >&2
fi

srcdir=$(dirname "$0")
(cd "$srcdir" && autoreconf --install)
case " $* " in
*" --no-configure "*) exit 0 ;;
esac
exec "$srcdir/configure" "$@"
