#!/bin/sh
# The command line: usage and configuration errors, exit statuses, languages, what goes where.

# shellcheck source=tests/lib.sh disable=SC2016,SC2317
. "${CLA_SRCDIR:-$(dirname "$0")/..}/tests/lib.sh"

good=$samples/documents/mx/good/papeleria-1.xml
bad=$samples/documents/mx/bad/sello-roto.xml
demo_data "$work/demo" || bail_out 'the samples cannot be copied'
config=$work/demo/config

# ---- usage

expect 2 'clara-audit demo' 'without a command: what to try'
expect 2 "unknown command 'frobnicate'" 'an unknown command' frobnicate
expect 2 "did you mean 'bundle'" 'a mistyped command is guessed' bundel
expect 2 'unknown option .*--monht.*--month' 'a mistyped option is guessed' bundle --monht 2024-11
expect 2 'unknown option' 'an unknown option' validate --frobnicate "$good"
expect 2 'needs a value' 'an option without its value' bundle --month
expect 2 'takes no value' 'a value that an option does not take' --json=yes validate "$good"
expect 2 '--lang takes' 'a language that is not spoken' --lang xx validate "$good"
check 'talk about errors leaves stdout empty' not test -s "$work/out"
expect 2 'month' 'bundle without a month' --config "$config" bundle
for month in 2024-13 2024-00 2024-1 24-11 2024-11-01 nonsense '' ' 2024-11' 2024-11x; do
	expect 2 'YYYY-MM' "'$month' is not a month" --config "$config" bundle --month "$month"
done
expect 2 'not begun' 'a month of the future' --config "$config" bundle --month 2098-12
expect 2 "unknown entity 'nobody'.*demo-mx, demo-br, demo-co" 'an unknown entity names the known ones' \
	--config "$config" --entity nobody bundle --month 2024-11
check 'no usage error made a store' not test -e "$work/demo/data/journal"
expect 2 '.' 'validate without a path' validate
expect 2 'fail-on' 'a bar that does not exist' validate --fail-on nothing "$good"
expect 2 'format' 'a format that does not exist' validate --format yaml "$good"
expect 6 'no-such-file' 'a file that is not there' validate "$work/no-such-file.xml"

# ---- help

run --help
judged 0 'exit status' '--help'
check '--help says nothing on stderr' not test -s "$work/err"
for word in bundle fetch import validate match verify report list show init doctor demo rules; do
	check "--help lists $word" grep -q "^  $word " "$work/out"
	expect 0 "usage: clara-audit $word" "help $word" help "$word"
	cp "$work/out" "$work/help"
	run "$word" --help
	check "$word --help is the same" cmp "$work/out" "$work/help"
	run --help
done
for status in 0 1 2 3 4 5 6 7 8 130; do
	check "--help explains status $status" grep -q "^ *$status  [^ ]" "$work/out"
	check "the man page explains status $status" grep -E -q "^\.It (Er |Li )?$status\$|^\.(B|IP|TP) .*\b$status\b|^\.It $status" \
		"$CLA_SRCDIR/docs/man/clara-audit.1"
done
expect 0 '^clara-audit [0-9]+\.[0-9]+' '--version' --version

# ---- JSON

run --json bundle --month 2024-13
check 'an error with --json is an object on stdout' json "$work/out" \
	'len(d) == 1 and d[0]["error"]["exit"] == 2 and d[0]["error"]["message"] and d[0]["error"]["code"]'
check 'and nothing on stderr' not test -s "$work/err"
check 'with the status it names' same "$code" 2
cp "$work/out" "$work/english"
run --lang es --json bundle --month 2024-13
helper json "$work/english" 'd[0]["error"]["code"]' >"$work/code.en"
helper json "$work/out" 'd[0]["error"]["code"]' >"$work/code.es"
check 'its code is not translated' cmp "$work/code.en" "$work/code.es"

# ---- configuration

# wrong LINE-NUMBER PATTERN DESCRIPTION: the configuration $work/c, from stdin, is refused and the line named.
wrong() {
	cat >"$work/c"
	expect 2 "/c:$1: .*$2" "$3" --config "$work/c" bundle --month 2024-11
}

wrong 4 'colour' 'an unknown key' <<'END'
[entity a]
country = mx
tax_id = EKU9003173C9
colour = blue
END
wrong 1 'defautls' 'an unknown section' <<'END'
[defautls]
data_dir = x
END
wrong 3 'country' 'a key given twice' <<'END'
[entity a]
country = mx
country = br
END
wrong 4 'a' 'an entity given twice' <<'END'
[entity a]
country = mx
tax_id = EKU9003173C9
[entity a]
country = mx
tax_id = EKU9003173C9
END
wrong 4 'acme' 'two entities with one slug' <<'END'
[entity acme-mx]
country = mx
tax_id = EKU9003173C9
[entity Acme MX]
country = mx
tax_id = EKU9003173C9
END
wrong 1 'country' 'an entity without a country' <<'END'
[entity a]
tax_id = EKU9003173C9
END
wrong 1 'tax_id' 'an entity without a tax id' <<'END'
[entity a]
country = mx
END
wrong 2 'country' 'a country that is not served' <<'END'
[entity a]
country = us
tax_id = EKU9003173C9
END
wrong 3 'tax_id' 'a tax id of another shape' <<'END'
[entity a]
country = mx
tax_id = 123
END
wrong 4 'base_url.*https' 'plain http' <<'END'
[entity a]
country = mx
tax_id = EKU9003173C9
base_url = http://localhost:1
END
wrong 4 'max_in_flight' 'a number out of range' <<'END'
[entity a]
country = mx
tax_id = EKU9003173C9
max_in_flight = 0
END
wrong 2 '.' 'a line that is neither key nor section' <<'END'
[entity a]
country
END
wrong 1 '40' 'a name over 40 bytes' <<'END'
[entity aaaaaaaaaabbbbbbbbbbccccccccccddddddddddX]
country = mx
tax_id = EKU9003173C9
END
{
	printf '[entity a]\ncountry = mx\ntax_id = EKU9003173C9\nname = '
	head -c 300 /dev/zero | tr '\0' x
	echo
} >"$work/c"
expect 2 "'nobody'; configured are: a$" 'a line of 300 bytes is one line' --config "$work/c" --entity nobody bundle --month 2024-11
expect 2 'clara-audit init' 'no configuration: what to do' bundle --month 2024-11
expect 2 'no-such-config' 'the configuration named is not there' --config "$work/no-such-config" bundle --month 2024-11
CLARA_AUDIT_DEMO_MX_COUNTRY=br
export CLARA_AUDIT_DEMO_MX_COUNTRY
expect 2 'CLARA_AUDIT_DEMO_MX_COUNTRY|tax_id' 'the environment comes before the file' --config "$config" bundle --month 2024-11
unset CLARA_AUDIT_DEMO_MX_COUNTRY

# ---- keys and credentials

openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=x -days 2 -keyout "$work/k.key" -out "$work/k.crt" 2>/dev/null
echo '{"clientId": "id", "clientSecret": "canary-secret"}' >"$work/cred.json"
cat >"$work/keys" <<'END'
[defaults]
data_dir = keydata
[entity a]
country = mx
tax_id = EKU9003173C9
credentials = cred.json
client_cert = k.crt
client_key = k.key
base_url = https://127.0.0.1:9
END
chmod 600 "$work/k.key" "$work/cred.json"
for file in k.key cred.json; do
	chmod 644 "$work/$file"
	expect 2 "$file.*chmod 600" "a world-readable $file is refused" --config "$work/keys" fetch --month 2024-11
	chmod 640 "$work/$file"
	expect 2 "$file.*chmod 600" "a group-readable $file is refused" --config "$work/keys" fetch --month 2024-11
	chmod 600 "$work/$file"
	mv "$work/$file" "$work/away"
	expect 2 "$file" "a missing $file is named" --config "$work/keys" fetch --month 2024-11
	mv "$work/away" "$work/$file"
done
echo '{"clientId": "id"}' >"$work/cred.json"
expect 2 'cred.json.*secret' 'credentials without a secret' --config "$work/keys" fetch --month 2024-11
echo 'clientSecret: canary-secret' >"$work/cred.json"
expect 2 'cred.json' 'credentials that are no JSON' --config "$work/keys" fetch --month 2024-11
check 'what the file holds is not shown' not grep -q canary-secret "$work/err" "$work/out"

# ---- output that cannot be written

if [ -c /dev/full ]; then
	for words in '--help' '--version' "validate $good" "--json validate $good" 'help bundle'; do
		# shellcheck disable=SC2086 # words
		"$CLARA_AUDIT" $words >/dev/full 2>"$work/err"
		check "a full stdout is an error: $words" same $? 6
		check "and is said: $words" grep -q output "$work/err"
	done
else
	skip 'a full stdout is an error' 'no /dev/full'
fi
{ "$CLARA_AUDIT" --json validate "$samples/documents" "$samples/documents" "$samples/documents"; echo $? >"$work/code"; } \
	2>/dev/null | true
check 'a reader that goes away is an error, not a signal' same "$(cat "$work/code")" 6

# ---- languages

for lang in es pt en; do
	run --lang "$lang" validate "$bad"
	cp "$work/out" "$work/text.$lang"
	run --json --lang "$lang" validate "$bad"
	helper json "$work/out" '[(k, v) for k, v in sorted(d[0].items()) if k != "findings"], [(f["rule"], f["code"],
		f["severity"]) for f in d[0]["findings"]]' >"$work/codes.$lang"
	helper json "$work/out" '[f["message"] for f in d[0]["findings"]]' >"$work/messages.$lang"
done
check 'text differs between es and en' not cmp -s "$work/text.es" "$work/text.en"
check 'text differs between es and pt' not cmp -s "$work/text.es" "$work/text.pt"
check 'findings are told in es and en' not cmp -s "$work/messages.es" "$work/messages.en"
check 'findings are told in es and pt' not cmp -s "$work/messages.es" "$work/messages.pt"
check 'codes are equal in es and en' cmp "$work/codes.es" "$work/codes.en"
check 'codes are equal in pt and en' cmp "$work/codes.pt" "$work/codes.en"
while read -r variable value lang; do
	(
		export "$variable=$value"
		[ "$variable" = LC_ALL ] || unset LC_ALL
		run validate "$bad"
		cp "$work/out" "$work/text"
	)
	check "$variable=$value speaks $lang" cmp "$work/text" "$work/text.$lang"
done <<END
LC_ALL es_MX.UTF-8 es
LC_MESSAGES pt_BR.UTF-8 pt
LANG es_CO.UTF-8 es
LANG de_DE.UTF-8 en
LC_ALL C en
END

# ---- where it is said

if helper terminal true >/dev/null 2>&1; then
	helper terminal env TERM=xterm "$CLARA_AUDIT" validate "$bad" >"$work/seen"
	check 'colour on a terminal' grep -q "$(printf '\033\\[')" "$work/seen"
	helper terminal env TERM=xterm NO_COLOR=1 "$CLARA_AUDIT" validate "$bad" >"$work/seen"
	check 'something is shown with NO_COLOR' test -s "$work/seen"
	check 'no colour with NO_COLOR' not grep -q "$(printf '\033\\[')" "$work/seen"
	# It is drawn ten times a second: what is over sooner has none.
	mkdir "$work/many"
	cp "$samples/documents/mx/good/abarrotes-1.xml" "$work/one.xml"
	"$CLA_PYTHON" -c 'import os, sys
for n in range(4000):
	os.link(sys.argv[1], f"{sys.argv[2]}/{n}.xml")' "$work/one.xml" "$work/many"
	helper terminal env TERM=xterm "$CLARA_AUDIT" validate "$work/many" >"$work/seen"
	check 'a bar on a terminal' grep -q '\[[#.]*\] [0-9]*/[0-9]' "$work/seen"
	helper terminal env TERM=xterm "$CLARA_AUDIT" -q validate "$work/many" >"$work/seen"
	check 'none with -q' not grep -q '\[[#.]*\] [0-9]*/[0-9]' "$work/seen"
else
	skip 'colour and a bar on a terminal, neither with NO_COLOR and -q' 'no terminal can be opened here'
fi
run validate "$bad"
check 'no colour in a file' not grep -q "$(printf '\033')" "$work/out"
run --config "$config" --entity demo-br -q bundle --month 2024-11
judged 0 '.' 'bundle -q'
check '-q leaves stderr empty' not test -s "$work/err"
run validate -q --json "$bad" --lang es
check 'global options after the command' json "$work/out" 'd[0]["verdict"] == "fail"'
printf '\033[2Jx\nsello\007.xml' >"$work/name"
cp "$bad" "$work/$(cat "$work/name")"
run validate "$work/$(cat "$work/name")"
check 'a hostile file name does not reach the terminal' not grep -q "$(printf '\033\\|\007')" "$work/out" "$work/err"

finish
