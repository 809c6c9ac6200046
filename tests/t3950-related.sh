#!/bin/sh
# What documents at hand say of each other: a cancellation voids its note whichever file comes first, the last letter of
# correction counts, a receiver's refusal warns, a key or number is not used twice; alone each keeps its verdict.

# shellcheck source=tests/lib.sh
. "${CLA_SRCDIR:-$(dirname "$0")/..}/tests/lib.sh"
controls=$CLA_SRCDIR/src/fiscal/controls
key=35241111222333000181550010000001231876543209

# verdicts FOLDER: file, verdict and the findings of this kind, a line for each document
verdicts() {
	"$CLARA_AUDIT" --json validate "$@" >"$work/out" 2>"$work/err"
	"$CLA_PYTHON" - "$work/out" <<'END'
import json, os, sys
with open(sys.argv[1], encoding='utf-8') as f:
	for d in map(json.loads, f):
		said = [x['rule'][8:] + '=' + x['severity'] + ':' + str(x['found']) for x in d['findings'] if x['rule'].startswith('related.')]
		print(os.path.basename(d['file']), d['verdict'], *said)
END
}

# event NAME TYPE DATE: the cancellation made another event; its signature is none any more
event() {
	sed -e "s/110111/$2/g" -e "s/2024-11-05T15:00:00/$3T15:00:00/" "$controls/event.xml" >"$work/$1"
}

# says DESCRIPTION PATTERN PATH…
says() {
	says_text=$1 says_pattern=$2
	shift 2
	verdicts "$@" >"$work/said"
	check "$says_text" grep -E -q "$says_pattern" "$work/said"
}

for order in 'a-note.xml b-event.xml' 'b-note.xml a-event.xml'; do
	rm -rf "$work/pair" && mkdir "$work/pair"
	cp "$controls/note.xml" "$work/pair/${order% *}"
	cp "$controls/event.xml" "$work/pair/${order#* }"
	says "cancelled, in the order $order" 'note.xml fail cancelled=fail:110111 2024-11-05 .*event.xml$' "$work/pair"
	check 'one line a document' same 2 "$(wc -l <"$work/said" | tr -d ' ')"
done
says 'named one by one' 'note.xml fail cancelled=fail' "$controls/note.xml" "$controls/event.xml"
says 'alone it keeps its verdict' '^note.xml pass$' "$controls/note.xml"
expect 1 'related.cancelled' 'people are told' --lang en validate "$work/pair"

mkdir "$work/forged" "$work/refused" "$work/letters" "$work/answers" "$work/copies" "$work/twins"
cp "$controls/note.xml" "$work/forged/"
sed 's/mercadoria devolvida/mercadoria devolvidx/' "$controls/event.xml" >"$work/forged/event.xml"
says 'a forged cancellation only warns' '^note.xml warn cancelled=warn' "$work/forged"

cp "$controls/note.xml" "$work/refused/"
sed 's/<cStat>135/<cStat>217/' "$controls/event.xml" >"$work/refused/event.xml"
says 'one that was not registered says nothing' '^note.xml pass$' "$work/refused"

cp "$controls/note.xml" "$work/letters/"
event letters/a.xml 110110 2024-11-09
event letters/b.xml 110110 2024-11-07
says 'the last letter of correction counts' '^note.xml warn corrected=warn:110110 2024-11-09' "$work/letters"

cp "$controls/note.xml" "$work/answers/"
event answers/a.xml 210240 2024-11-09
event answers/b.xml 210200 2024-11-07
says 'the receiver says that it was not performed' '^note.xml warn refused=warn:210240 2024-11-09' "$work/answers"
event answers/b.xml 210200 2024-11-11
says 'the last word of the receiver counts' '^note.xml pass$' "$work/answers"

cp "$controls/note.xml" "$work/copies/a.xml"
cp "$controls/note.xml" "$work/copies/b.xml"
says 'copies say nothing of each other' '^b.xml pass$' "$work/copies"

cp "$controls/note.xml" "$work/twins/a.xml"
sed 's/<DigestValue>./<DigestValue>A/' "$controls/note.xml" >"$work/twins/b.xml"
sed 's/1876543209"/1876543217"/' "$controls/note.xml" >"$work/twins/c.xml"
says 'a key with other content' '^b.xml fail other-content=fail:' "$work/twins"
check 'a number under another key' grep -E -q "^c.xml fail .*number-twice=fail:$key" "$work/said"

finish
