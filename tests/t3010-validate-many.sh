#!/bin/sh
# Many files: judged on all cores, told in their order, and summed up for the person who has to act on them.

# shellcheck source=tests/lib.sh disable=SC2016,SC2317
. "${CLA_SRCDIR:-$(dirname "$0")/..}/tests/lib.sh"

# 300 files, from the samples in turn; the summary is counted from --json again.
mkdir "$work/many"
find "$samples/documents" -type f | LC_ALL=C sort >"$work/list"
"$CLA_PYTHON" - "$work" <<'END'
import os, shutil, sys
work = sys.argv[1]
paths = open(work + '/list').read().split('\n')[:-1]
for n in range(300):
	folder = f'{work}/many/{n // 50}'
	os.makedirs(folder, exist_ok=True)
	shutil.copyfile(paths[n % len(paths)], f'{folder}/{n:03}-{os.path.basename(paths[n % len(paths)])}')
END
run --json validate --certs "$samples/certs" "$work/many"
cp "$work/out" "$work/json"
check 'every file is judged once, in the order of the folder' json "$work/json" \
	'len({x["file"] for x in d}) == 300 and [x["file"] for x in d] == sorted(x["file"] for x in d)'
if command -v taskset >/dev/null; then
	for cores in 0 0-3; do
		taskset -c "$cores" "$CLARA_AUDIT" --json validate --certs "$samples/certs" "$work/many" >"$work/cores" 2>"$work/err"
		check "the same on cores $cores" cmp "$work/cores" "$work/json"
	done
else
	skip 'the same on one core' 'taskset is not installed'
fi

run validate --certs "$samples/certs" "$work/many"
cp "$work/out" "$work/text"
check 'ends in 1' same "$code" 1
"$CLA_PYTHON" - "$work/json" "$work/text" >"$work/table" <<'END'
import collections, json, re, sys
docs = [json.loads(line) for line in open(sys.argv[1], encoding='utf-8')]
text = open(sys.argv[2], encoding='utf-8').read()
head, _, table = text.partition('\nWhat was found, in how many documents:\n')
told = sum(d['verdict'] != 'pass' for d in docs)
if len(head.splitlines()) != told:
	print(f'{len(head.splitlines())} lines in place of {told}')
if any(line.startswith('pass') for line in head.splitlines()):
	print('one that passes is listed')
counts = collections.Counter()
for d in docs:
	counts.update({(f['rule'], f['code'] or '', f['severity']) for f in d['findings'] if f['severity'] != 'pass'})
rows = re.findall(r'^ +(\d+)  (fail|unknown|warn)\S* .*\n +(\S+)(?: (\S+))?  \(for instance (.*)\)$', table, re.M)
if len(rows) < 8:
	print('few rows', table)
for n, severity, rule, code, example in rows:
	if counts[rule, code, severity] != int(n):
		print('counted', rule, code, severity, n, counts[rule, code, severity])
	if not any(d['file'] == example and any(f['rule'] == rule for f in d['findings']) for d in docs):
		print('no such example', rule, example)
issuers = collections.Counter(d['issuer'] for d in docs if d['verdict'] == 'fail')
for failed, total, issuer in re.findall(r'^ +(\d+)  of (\d+) by (\S+)$', table, re.M):
	if issuers[issuer] != int(failed) or sum(d['issuer'] == issuer for d in docs) != int(total):
		print('issuer', issuer, failed, total)
kinds = collections.Counter(d['kind'] for d in docs)
if dict((k, int(n)) for n, k in re.findall(r'(\d+) ([a-z-]+)', re.search(r'^Kinds: (.*)$', table, re.M)[1])) != kinds:
	print('kinds', kinds)
verdicts = collections.Counter(d['verdict'] for d in docs)
last = text.splitlines()[-1]
words = {'pass': 'pass', 'fail': 'fail', 'unknown': 'unknown', 'warn': 'warn'}
for verdict, n in verdicts.items():
	if f'{n} {verdict}' not in last:
		print('last line', last, verdicts)
if not last.startswith('300 documents: '):
	print(last)
END
if [ -s "$work/table" ]; then
	fail 'the summary says what --json says' "$work/table" "$work/text"
else
	pass 'the summary says what --json says'
fi
run validate -v --certs "$samples/certs" "$work/many"
check 'with -v every document and finding is told' sh -c 'test "$(grep -c "^pass " "$1")" -gt 0 && test "$(wc -l <"$1")" -gt "$(wc -l <"$2")"' - "$work/out" "$work/text"
for lang in es pt; do
	run --lang "$lang" validate --certs "$samples/certs" "$work/many"
	check "the summary in $lang" sh -c 'grep -q "^300 documentos: " "$1" && ! grep -q "What was found" "$1"' - "$work/out"
done

# Standard input has its place among the others; a file that cannot be read keeps none of the rest.
set -- "$work"/many/0/00*.xml
"$CLARA_AUDIT" --json validate "$@" - "$work/many/1" <"$1" >"$work/out" 2>"$work/err"
check 'standard input in its place' json "$work/out" "d[$#]['file'] == '-' and len(d) == $# + 1 + 50"
if [ "$(id -u)" != 0 ]; then
	chmod 0 "$work/many/2/100"*
	run --json validate "$work/many"
	judged 6 'opening' 'a file that cannot be read'
	check 'the others are judged' json "$work/out" 'sum("verdict" in x for x in d) == 299'
else
	rm "$work/many/2/100"*
	mkdir "$work/gone"
	ln -s "$work/nowhere" "$work/many/2/100-link.xml"
	run --json validate "$work/many"
	check 'the others are judged' json "$work/out" 'sum("verdict" in x for x in d) == 299'
fi

# A stop ends all threads; what was not judged is not told.
mkfifo "$work/pipe"
"$CLARA_AUDIT" --json validate "$work/many" "$work/many" "$work/many" - <"$work/pipe" >"$work/out" 2>"$work/err" &
pid=$!
children="$children $pid"
exec 3>"$work/pipe"
kill -INT "$pid"
exec 3>&-
wait "$pid"
code=$?
case $code in 1 | 130) pass 'SIGINT ends it' ;; *) fail "SIGINT: exit $code" "$work/err" ;; esac
check 'whole lines only' json "$work/out" 'True'

finish
