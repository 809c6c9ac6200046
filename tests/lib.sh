# shellcheck shell=sh disable=SC2034
# lib.sh - what every test script stands on: a fresh folder, a fixed environment, TAP lines, the fake server.
#
#	. "${CLA_SRCDIR:-$(dirname "$0")/..}/tests/lib.sh"
#	need openssl
#	expect 2 'unknown command' 'an unknown command is a usage error' frobnicate
#	finish
#
# A script runs by hand as well as by `make check`. Nothing outlives it: the folder $work is removed at its end and the
# servers that it started are ended by their own process id. CLA_LONG=1 asks for the long form of a test.

set -u
umask 022

CLA_SRCDIR=$(cd "${CLA_SRCDIR:-$(dirname "$0")/..}" && pwd)
CLA_BUILDDIR=$(cd "${CLA_BUILDDIR:-$CLA_SRCDIR}" && pwd)
CLARA_AUDIT=${CLARA_AUDIT:-$CLA_BUILDDIR/src/clara-audit}
CLA_PYTHON=${CLA_PYTHON:-python3}
CLA_LONG=${CLA_LONG:-0}
tests=$CLA_SRCDIR/tests
samples=$CLA_SRCDIR/samples
shared=${CLA_SHARED:-$CLA_SRCDIR/../shared}

for name in $(env | sed -n 's/^\(CLARA_AUDIT_[A-Z0-9_]*\)=.*/\1/p'); do
	unset "$name"
done
unset LANG LANGUAGE LC_MESSAGES LC_CTYPE NO_COLOR http_proxy https_proxy all_proxy no_proxy HTTPS_PROXY ALL_PROXY NO_PROXY
unset SSL_CERT_FILE SSL_CERT_DIR CURL_CA_BUNDLE
export LC_ALL=C TZ=UTC PYTHONDONTWRITEBYTECODE=1

work=$(mktemp -d "${TMPDIR:-/tmp}/clara-test.XXXXXX") || exit 99
mkdir "$work/home" "$work/tmp"
export HOME="$work/home" XDG_CONFIG_HOME="$work/home/config" XDG_DATA_HOME="$work/home/data"
export XDG_CACHE_HOME="$work/home/cache" XDG_STATE_HOME="$work/home/state" TMPDIR="$work/tmp"

count=0 failures=0 children=''

clean_up() {
	for child in $children; do
		kill "$child" 2>/dev/null && wait "$child" 2>/dev/null
	done
	cd /
	chmod -R u+rwX "$work" 2>/dev/null
	rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT TERM HUP

bail_out() {
	echo "Bail out! $1"
	shift
	show "$@"
	exit 99
}

# The files, as far as a reader has patience, as TAP comments.
show() {
	for file in "$@"; do
		[ -s "$file" ] || continue
		echo "# --- ${file#"$work"/}"
		tr -d '\000\r' <"$file" | head -n 40 | cut -c 1-400 | sed 's/^/# /'
	done
}

pass() {
	count=$((count + 1))
	echo "ok $count - $1"
}

# fail DESCRIPTION FILE…
fail() {
	count=$((count + 1)) failures=$((failures + 1))
	echo "not ok $count - $1"
	shift
	show "$@"
}

# skip DESCRIPTION REASON
skip() {
	count=$((count + 1))
	echo "ok $count - $1 # SKIP $2"
}

skip_all() {
	echo "1..0 # SKIP $1"
	exit 0
}

finish() {
	if sanitized; then
		check 'no sanitizer had anything to report' not cat "$work"/sanitizer.*
	fi
	echo "1..$count"
	[ "$failures" = 0 ]
	exit
}

# need TOOL…: without them the script is skipped as a whole.
need() {
	for tool in "$@"; do
		command -v "$tool" >/dev/null || skip_all "$tool is not installed"
	done
}

# ---- running -----------------------------------------------------------------------------------------------------

# run ARGUMENT…: leaves $work/out, $work/err and $code.
run() {
	ran=$*
	"$CLARA_AUDIT" "$@" >"$work/out" 2>"$work/err" </dev/null
	code=$?
}

# judged CODE PATTERN DESCRIPTION: about the run just made; CODE is a pattern of the shell, PATTERN (extended, in any case)
# is looked for in all it said.
judged() {
	# shellcheck disable=SC2254 # a pattern is wanted
	case $code in
	$1) judged_code=0 ;;
	*) judged_code=1 ;;
	esac
	if [ "$judged_code" = 1 ]; then
		fail "$3" "$work/out" "$work/err"
		echo "# exit status $code in place of $1: clara-audit $ran"
	elif ! cat "$work/out" "$work/err" | grep -a -E -i -q -e "$2"; then
		fail "$3" "$work/out" "$work/err"
		echo "# nothing like '$2': clara-audit $ran"
	else
		pass "$3"
	fi
}

# expect CODE PATTERN DESCRIPTION ARGUMENT…: run and judged in one.
expect() {
	expect_code=$1 expect_pattern=$2 expect_text=$3
	shift 3
	run "$@"
	judged "$expect_code" "$expect_pattern" "$expect_text"
}

# check DESCRIPTION COMMAND…: the command's status decides.
check() {
	check_text=$1
	shift
	if "$@" >"$work/check" 2>&1; then
		pass "$check_text"
	else
		fail "$check_text" "$work/check"
		printf '# failed: %s\n' "$*" | head -n 3
	fi
}

# not COMMAND…: true when the command says no; one that could not even look (grep: status 2) is no proof.
not() {
	"$@"
	[ $? = 1 ]
}

same() {
	[ "$1" = "$2" ] || { echo "'$1' is not '$2'"; false; }
}

helper() {
	"$CLA_PYTHON" "$tests/helper.py" "$@"
}

# json FILE EXPRESSION: prints the value of a Python expression over d, the list of the file's objects; fails when false.
json() {
	helper json "$@"
}

# Whether the program was built with AddressSanitizer or ThreadSanitizer: then sizes and times mean nothing.
sanitized() {
	grep -a -q -e __asan_init -e __tsan_init "$CLARA_AUDIT"
}

# Reports go to files, where `finish` finds those of every run, whatever its exit status was.
for options in ASAN_OPTIONS UBSAN_OPTIONS LSAN_OPTIONS TSAN_OPTIONS; do
	eval "export $options=\"\${$options:+\$$options:}log_path=\$work/sanitizer\""
done

# ---- the demo companies ------------------------------------------------------------------------------------------

# demo_data DIR: a writable copy of samples/ with its certificates known, as `clara-audit demo` makes it.
demo_data() {
	mkdir -p "$1/data/certs" &&
		cp -R "$samples/config" "$samples/salt.key" "$samples/mx" "$samples/br" "$samples/co" "$1/" &&
		chmod -R u+w "$1" && chmod 600 "$1/salt.key" && cp "$samples"/certs/*.cer "$1/data/certs/"
}

# late_invoice FILE: the invoice that the month of demo-mx lacks, an altered copy of another one; $gap is the charge's uuid.
late_invoice() {
	sed -e 's/ Total="[^"]*"/ Total="389.50"/' -e 's/ Fecha="[^"T]*/ Fecha="2024-11-24/' \
		-e 's/\(UUID="[^"]*\)...."/\1ABCD"/' "$samples/documents/mx/good/papeleria-1.xml" >"$1"
	gap=$(sed -n 's/^missing-invoice\tdemo-mx\ttx\t\([^\t]*\).*/\1/p' "$samples/planted.tsv")
}

# ---- the fake server (fake-clara.md) -----------------------------------------------------------------------------

# await FILE WHO TALK: waits until a server that was started has written that file.
await() {
	tries=0
	while [ ! -e "$1" ]; do
		tries=$((tries + 1))
		[ "$tries" -lt 600 ] || bail_out "$2 does not start" "$3"
		sleep 0.05
	done
}

# start_fake NAME OPTION…: starts a server in $work/NAME, waits until it is ready, reads its addresses; sets $fake.
start_fake() {
	fake=$work/$1
	shift
	mkdir -p "$fake"
	rm -f "$fake/env" "$fake/reloads"
	[ -e "$fake/plan.json" ] || echo '{}' >"$fake/plan.json"
	"$CLA_PYTHON" "$tests/fake_clara.py" --dir "$fake" --plan "$fake/plan.json" --limit 3600 "$@" 2>"$fake/stderr" &
	children="$children $!"
	await "$fake/env" 'the fake server' "$fake/stderr"
	# shellcheck disable=SC1091
	. "$fake/env"
	reloads=0
}

stop_fake() {
	kill "$FAKE_PID" 2>/dev/null
	wait "$FAKE_PID" 2>/dev/null
	return 0
}

# start_tsa: a time-stamping authority (fake_tsa.py) in $work/tsa; sets $TSA_URL and $TSA_CA.
start_tsa() {
	mkdir "$work/tsa"
	"$CLA_PYTHON" "$tests/fake_tsa.py" "$work/tsa" 2>"$work/tsa.stderr" &
	children="$children $!"
	await "$work/tsa/tsa.env" 'the time-stamping authority' "$work/tsa.stderr"
	# shellcheck disable=SC1091
	. "$work/tsa/tsa.env"
}

# plan JSON: gives the running server another fault plan, waits until it is in force, and moves what the request log holds
# to requests.all, so that `requests` counts from here.
plan() {
	printf '%s' "$1" >"$fake/plan.json"
	kill -HUP "$FAKE_PID"
	reloads=$((reloads + 1)) tries=0
	while [ "$(cat "$fake/reloads" 2>/dev/null)" != "$reloads" ]; do
		tries=$((tries + 1))
		[ "$tries" -lt 300 ] || bail_out "the fake server refuses the plan $1" "$fake/stderr"
		sleep 0.02
	done
	cat "$fake/requests.jsonl" >>"$fake/requests.all"
	: >"$fake/requests.jsonl"
}

# requests EXPRESSION: how many logged requests satisfy a Python expression over r.
requests() {
	helper requests "$fake/requests.jsonl" "$1"
}

# write_config FILE [NAME [LINE…]]: a configuration for one company of the fake server, its data in the folder `data`
# beside it. A LINE replaces that of the same key; a LINE "key=" takes it away.
write_config() {
	config_file=$1 config_name=${2:-acme}
	[ $# -lt 2 ] || shift
	shift
	{
		printf '[defaults]\ndata_dir = data\n\n[entity %s]\n' "$config_name"
		{
			cat <<-END
				country = ${FAKE_COUNTRY:-mx}
				tax_id = $FAKE_TAX_ID
				name = EMPRESA DE PRUEBA
				credentials = $fake/credentials.json
				client_cert = $fake/client.crt
				client_key = $fake/client.key
				ca_file = $FAKE_CA
				base_url = $FAKE_API
				download_hosts = $FAKE_DOWNLOAD_HOST
			END
			for line in "$@"; do
				printf '%s\n' "$line"
			done
		} | awk -F ' *= *' '{ if (!($1 in line)) order[++n] = $1; line[$1] = $0 }
			END { for (i = 1; i <= n; i++) if (line[order[i]] !~ /= *$/) print line[order[i]] }'
	} >"$config_file"
}

# rule ROUTE NTH FAULT: a plan with one rule. The second way to a file is closed, so that a fault of the first one shows.
rule() {
	printf '{"scopes": ["-read:attachments"], "rules": [{"route": "%s", "nth": %s, "fault": %s}]}' "$1" "$2" "$3"
}

# month CODE PATTERN DESCRIPTION PLAN [LINE…]: bundles the month from an empty store in a new folder $dir under that plan;
# LINEs change the configuration. What was said stays in $dir/result and $dir/talk, the archive's name in $bundle.
# Whatever happened, no forbidden thing was done.
months=0
month() {
	months=$((months + 1)) month_code=$1 month_pattern=$2 month_text=$3
	dir=$work/month$months
	mkdir "$dir"
	plan "$4"
	shift 4
	write_config "$dir/config" acme "$@"
	month_again "$month_code" "$month_pattern" "$month_text"
}

# month_again CODE PATTERN DESCRIPTION: the month once more, into the store that is there.
month_again() {
	run -v -v --config "$dir/config" --json bundle --month 2024-11
	cat "$work/out" "$work/err" >>"$dir/talk"
	# -v tells of each thing that is missing: the test is about what is said without it
	sed -i '/^clara-audit: missing: /d' "$work/err"
	judged "$1" "$2" "$3"
	cp "$work/out" "$dir/result"
	bundle=$(helper json "$dir/result" 'd[0].get("bundle")' 2>/dev/null)
	if [ -e "$fake/violations.txt" ]; then
		fail "$3: nothing forbidden was done" "$fake/violations.txt"
		rm -f "$fake/violations.txt"
	fi
}

# asked DESCRIPTION LEAST MOST EXPRESSION: about the requests since the last plan.
asked() {
	asked_n=$(requests "$4")
	if [ "$asked_n" -ge "$2" ] && [ "$asked_n" -le "$3" ]; then
		pass "$1"
	else
		fail "$1: $asked_n requests in place of $2 to $3"
	fi
}

# no_secret DESCRIPTION PATH…: nothing that a server of this test handed out as a secret, and no sealing or salt key, is in
# these files and folders, but for those named keys/.
no_secret() {
	secret_text=$1
	shift
	tail -n 1 "$fake/secrets.txt" >"$work/planted"
	if helper secrets "$fake" "$work/planted" >/dev/null; then
		fail "$secret_text: what is planted is found"
	fi
	rm -f "$work/planted"
	check "$secret_text" helper secrets "$fake" "$@"
}
