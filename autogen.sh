#!/bin/sh
# autogen.sh - from a bare clone to a configured tree: installs what is missing (Debian packages by name), then runs
# autoreconf and configure. Options are handed to configure. --no-configure stops before it.
set -eu

packages="gcc make autoconf automake pkg-config python3
	libxml2-dev libcurl4-openssl-dev libssl-dev libarchive-dev libcjson-dev libsqlite3-dev libinih-dev libqpdf-dev zlib1g-dev
	libcmocka-dev openssl curl xsltproc libxml2-utils xmlsec1 libarchive-tools faketime xxd procps
	ca-certificates"

missing=
if command -v dpkg-query >/dev/null 2>&1; then
	for package in $packages; do
		state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) || state=
		[ "$state" = installed ] || missing="$missing $package"
	done
else
	for tool in gcc make autoconf automake pkg-config python3 openssl; do
		command -v "$tool" >/dev/null 2>&1 || missing="$missing $tool"
	done
fi

if [ -n "$missing" ]; then
	install="apt-get install -y --no-install-recommends$missing"
	if ! command -v apt-get >/dev/null 2>&1; then
		echo "autogen.sh: not found:$missing" >&2
		exit 1
	elif [ "$(id -u)" = 0 ]; then
		as_root=
	elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
		as_root=sudo
	else
		echo "autogen.sh: these packages are missing; type:" >&2
		echo "  sudo $install" >&2
		exit 1
	fi
	echo "autogen.sh: installing$missing" >&2
	# shellcheck disable=SC2086 # words on purpose
	if ! { $as_root apt-get -qq update && $as_root env DEBIAN_FRONTEND=noninteractive $install; } >&2; then
		echo "autogen.sh: installing failed; type: $as_root $install" >&2
		exit 1
	fi
fi

srcdir=$(dirname "$0")
(cd "$srcdir" && autoreconf --install)
case " $* " in
*" --no-configure "*) exit 0 ;;
esac
exec "$srcdir/configure" "$@"
