#!/bin/sh
# The sealing key: shown for the engagement letter, rotated so that a cut leaves a usable pair, or one's own in every form.

# shellcheck source=tests/lib.sh disable=SC2016,SC2317
. "${CLA_SRCDIR:-$(dirname "$0")/..}/tests/lib.sh"
need openssl

seed=${CLA_SEED:-$(od -An -N4 -tu4 /dev/urandom | tr -d ' ')}
echo "# CLA_SEED=$seed"
demo_data "$work/a"
keys=$work/a/data/keys

# with ARGUMENT…: of the demo's Brazilian company, the smallest
with() {
	run --config "$work/a/config" --entity demo-br "$@"
}
month() {
	with --json bundle --month 2024-11 "$@"
}
fingerprint() { # of a PEM file, as hex digits
	openssl x509 -in "$1" -outform DER | sha256sum | cut -c 1-64
}
sealed_by() { # the fingerprint that `verify` finds
	run --json verify "$1"
	helper json "$work/out" 'd[0]["signer"]["sha256"] if isinstance(d[0]["signer"], dict) else d[0]["signer"]'
}

# ---- show

with seal show
judged 0 'SHA-256  [0-9A-F:]{95}$' 'before the first bundle there is a fingerprint to write down'
check 'its pair was made' test -s "$keys/seal.key"
first=$(fingerprint "$keys/seal.pem")
check 'it is what openssl says' sh -c 'openssl x509 -in "$1" -noout -fingerprint -sha256 | sed "s/.*=//" | xargs -I{} grep -q {} "$2"' - "$keys/seal.pem" "$work/out"
check 'with subject, dates and kind' sh -c 'grep -q "CN=clara-audit seal" "$1" && grep -E -q "20[0-9-]+ - 20[0-9-]+, EC prime256v1$" "$1"' - "$work/out"
with --json seal show
check 'the same as JSON' json "$work/out" "len(d) == 1 and d[0]['sha256'] == '$first' and d[0]['state'] == 'in-use' and d[0]['entity'] is None
	and d[0]['key'] == 'EC prime256v1' and d[0]['subject'] == 'CN=clara-audit seal'"
with --lang es seal show
check 'in Spanish' grep -q '^en uso$' "$work/out"
with --lang pt seal show
check 'in Portuguese' grep -q '^em uso$' "$work/out"
expect 2 'show, rotate' 'seal of nothing' seal
expect 2 'show, rotate' 'seal of something else' seal turn
expect 2 'nothing|no such|not' 'no pair to rotate where nothing is' --data-dir "$work/nowhere" seal rotate

# ---- rotate

month
judged 0 '"revision":0' 'a bundle sealed with the first pair'
one=$(helper json "$work/out" 'd[0]["bundle"]')
cp -R "$keys" "$work/keys.before"
with seal rotate
judged 0 "keys/seal.$first.pem" 'rotated, and told where the old certificate is'
second=$(fingerprint "$keys/seal.pem")
check 'another pair' not same "$first" "$second"
check 'key and certificate belong together' sh -c 'openssl pkey -in "$1/seal.key" -pubout >"$2/public" && openssl x509 -in "$1/seal.pem" -noout -pubkey | cmp - "$2/public"' - "$keys" "$work"
check 'nobody else may read it' same "$(stat -c %a "$keys/seal.key")" 600
check 'the old certificate is kept' same "$(fingerprint "$keys/seal.$first.pem")" "$first"
check 'the old private key is not' not grep -r -q -F -e "$(sed -n 2p "$work/keys.before/seal.key")" "$work/a/data"
check 'what was sealed before verifies with the old one' same "$(sealed_by "$one")" "$first"
expect 0 "rotated.*$second.*after $first" 'the custody log tells' --config "$work/a/config" show --custody
with --json seal show
check 'both are shown' json "$work/out" "[(x['sha256'], x['state']) for x in d] == [('$second', 'in-use'), ('$first', 'retired')]"
month --rejudge
judged 0 '"revision":1' 'the next bundle'
two=$(helper json "$work/out" 'd[0]["bundle"]')
check 'is sealed with the new one' same "$(sealed_by "$two")" "$second"
expect 0 '.' 'the two are one chain' verify "$one" "$two"

with doctor --offline
judged 0 'sealing certificate .EC prime256v1. valid until 20' 'doctor shows until when it serves'

# ---- cut short

cp "$work/keys.before/seal.pem" "$keys/seal.pem"
month --rejudge
judged 0 '"revision":2' 'a new key with the certificate of the one before is usable'
check 'its certificate is written' same "$(fingerprint "$keys/seal.pem")" "$second"
rm "$keys/seal.pem"
with --json seal show
check 'it is shown without one too' json "$work/out" "d[0]['sha256'] == '$second'"
check 'and nothing is written by looking' not test -e "$keys/seal.pem"
month --rejudge
judged 0 '"revision":3' 'a new key without a certificate is usable'
check 'it is written again' same "$(fingerprint "$keys/seal.pem")" "$second"
echo nonsense >"$keys/seal.pem"
sed '/BEGIN CERT/,$d' "$keys/seal.key" >"$work/bare"
cp "$keys/seal.key" "$work/full"
cat "$work/bare" >"$keys/seal.key"
month --rejudge
judged 2 'certificate' 'a key without any readable certificate is named'
cat "$work/full" >"$keys/seal.key"

# a disk without room for one byte more
before=$(sha256sum "$keys/seal.key")
(
	ulimit -f 0
	trap '' XFSZ
	"$CLARA_AUDIT" --config "$work/a/config" seal rotate >/dev/null 2>&1 </dev/null
	[ $? = 6 ]
)
check 'without room it ends in 6' same $? 0
check 'without room the pair is the one before' same "$(sha256sum "$keys/seal.key")" "$before"

kills=4
[ "$CLA_LONG" = 0 ] || kills=60
while [ "$kills" -gt 0 ]; do
	kills=$((kills - 1))
	"$CLARA_AUDIT" --config "$work/a/config" seal rotate >/dev/null 2>&1 </dev/null &
	victim=$!
	sleep "0.0$(helper random "$seed" "$kills" 10 60)"
	kill -9 "$victim" 2>/dev/null
	wait "$victim" 2>/dev/null
	with --json seal show
	judged 0 in-use "killed, $kills to go: there is a pair"
	shown=$(helper json "$work/out" 'd[0]["sha256"]')
	check 'it is the one that a bundle would be sealed with' sh -c '"$1" --config "$2" --json seal rotate >"$3" 2>&1 && test -e "$4/seal.$5.pem"' - \
		"$CLARA_AUDIT" "$work/a/config" "$work/rotated" "$keys" "$shown"
done
expect 0 'both chains hold' 'the logs hold' --config "$work/a/config" show --journal

# ---- keys of one's own

own=$work/own
mkdir "$own"
printf 'sesame opens\nnot this\n' >"$own/pass"
chmod 600 "$own/pass"
openssl req -x509 -newkey rsa:2048 -nodes -subj '/CN=own seal' -days 400 -keyout "$own/rsa.key" -out "$own/rsa.pem" 2>/dev/null
openssl pkcs8 -topk8 -v2 aes-256-cbc -in "$own/rsa.key" -passout "file:$own/pass" -out "$own/locked.key"
openssl pkcs8 -topk8 -v2 aes-256-cbc -in "$own/rsa.key" -passout "file:$own/pass" -outform DER -out "$own/locked.der"
openssl x509 -in "$own/rsa.pem" -outform DER -out "$own/rsa.cer"
openssl pkcs12 -export -inkey "$own/rsa.key" -in "$own/rsa.pem" -passout "file:$own/pass" -out "$own/seal.p12" 2>/dev/null
openssl req -x509 -newkey rsa:1024 -nodes -subj '/CN=weak' -days 400 -keyout "$own/weak.key" -out "$own/weak.pem" 2>/dev/null
openssl req -x509 -newkey ed25519 -nodes -subj '/CN=ed' -days 400 -keyout "$own/ed.key" -out "$own/ed.pem" 2>/dev/null
chmod 600 "$own"/*
rsa=$(fingerprint "$own/rsa.pem")

# own CODE PATTERN DESCRIPTION LINE…: seal show of a company with these lines
own() {
	own_code=$1 own_pattern=$2 own_text=$3
	shift 3
	{
		printf '[defaults]\ndata_dir = %s\n[entity own]\ncountry = br\ntax_id = 99000001000101\nbase_url = replay:%s\n' "$own/data" "$samples/br"
		printf 'salt_key = %s\n' "$work/a/salt.key"
		for line in "$@"; do
			printf '%s\n' "$line"
		done
	} >"$own/config"
	"$CLARA_AUDIT" --config "$own/config" --json seal show >"$work/out" 2>"$work/err" 3<"$own/pass" </dev/null
	code=$? ran="seal show: $*"
	judged "$own_code" "$own_pattern" "$own_text"
	check "$own_text: no passphrase is said" not grep -q sesame "$work/out" "$work/err"
}
own 0 "\"own\".*$rsa.*RSA 2048" 'RSA, plain' "seal_key = $own/rsa.key" "seal_cert = $own/rsa.pem"
own 0 "$rsa" 'PKCS#8 with the passphrase from a file' "seal_key = $own/locked.key" "seal_cert = $own/rsa.pem" "seal_pass = file:pass"
own 0 "$rsa" 'from a descriptor' "seal_key = $own/locked.key" "seal_cert = $own/rsa.pem" "seal_pass = fd:3"
own 0 "$rsa" 'from a command' "seal_key = $own/locked.key" "seal_cert = $own/rsa.pem" "seal_pass = command:head -n 1 '$own/pass'"
own 0 "$rsa" 'PKCS#8 and certificate in DER' "seal_key = $own/locked.der" "seal_cert = $own/rsa.cer" "seal_pass = file:$own/pass"
own 0 "$rsa" 'PKCS#12' "seal_key = $own/seal.p12" "seal_pass = file:$own/pass"
"$CLARA_AUDIT" --config "$own/config" --json bundle --month 2024-11 >"$work/out" 2>"$work/err" </dev/null
code=$? ran='bundle with PKCS#12'
judged 0 '"revision":0' 'a bundle sealed with it'
check 'verifies' same "$(sealed_by "$(helper json "$work/out" 'd[0]["bundle"]')")" "$rsa"
printf 'sesame opens\nsesame opens\nsesame shuts\n' >"$own/three"
sed 's/entity own/entity second/; /data_dir/d; /defaults/d' "$own/config" >"$own/more"
sed 's/entity own/entity third/; /data_dir/d; /defaults/d' "$own/config" >>"$own/more"
cat "$own/more" >>"$own/config"
sed -i 's/^seal_pass.*/seal_pass = fd:3/' "$own/config"
"$CLARA_AUDIT" --config "$own/config" --entity own --entity second --json seal show >"$work/out" 2>"$work/err" 3<"$own/three" </dev/null
code=$? ran='seal show of two that share a descriptor'
judged 0 '"second"' 'two that share a descriptor read a line each'
"$CLARA_AUDIT" --config "$own/config" --json seal show >"$work/out" 2>"$work/err" 3<"$own/three" </dev/null
code=$? ran='seal show of three that share a descriptor'
judged 2 'third.*with the passphrase given' 'the third line does not fit'
cat "$own/rsa.pem" "$own/rsa.key" >"$own/both.pem"
chmod 600 "$own/both.pem"
own 0 "$rsa" 'certificate in the file of the key' "seal_key = $own/both.pem"
openssl req -new -key "$own/rsa.key" -subj '/CN=own seal' -out "$own/csr" 2>/dev/null
openssl x509 -req -in "$own/csr" -signkey "$own/rsa.key" -days 0 -out "$own/ended.pem" 2>/dev/null
sleep 1.1
own 0 '"ended"' 'a certificate that has ended' "seal_key = $own/rsa.key" "seal_cert = $own/ended.pem"
"$CLARA_AUDIT" --config "$own/config" bundle --month 2024-11 --rejudge >"$work/out" 2>"$work/err" </dev/null
code=$? ran='bundle with an ended certificate'
judged 0 "'own' seals with a certificate that ended at 20" 'is warned of when it seals'
run --config "$own/config" --json doctor --offline
judged 2 '"id":"seal","entity":"own","result":"fail","what":"the sealing certificate ended on 20' 'doctor names it'
own 2 'without a passphrase' 'a locked key without passphrase' "seal_key = $own/locked.key" "seal_cert = $own/rsa.pem"
printf 'wrong\n' >"$own/wrong"
chmod 600 "$own/wrong"
own 2 'with the passphrase given' 'a wrong passphrase' "seal_key = $own/locked.key" "seal_cert = $own/rsa.pem" "seal_pass = file:$own/wrong"
own 2 'with the passphrase given' 'of PKCS#12' "seal_key = $own/seal.p12" "seal_pass = file:$own/wrong"
own 2 'without a passphrase' 'PKCS#12 without one' "seal_key = $own/seal.p12"
run --config "$own/config" doctor --offline
judged 2 'mend seal_key' 'doctor names a key that cannot be opened'
own 2 'ended with status 3' 'a command that fails' "seal_key = $own/seal.p12" "seal_pass = command:exit 3"
own 2 'empty' 'a command that says nothing' "seal_key = $own/seal.p12" "seal_pass = command:true"
own 2 'descriptor 9 was not open' 'a descriptor that nobody opened' "seal_key = $own/seal.p12" "seal_pass = fd:9"
own 2 'seal_pass is file' 'the passphrase itself in the configuration' "seal_key = $own/seal.p12" "seal_pass = sesame opens"
own 2 'comes without its certificate' 'a key without certificate' "seal_key = $own/locked.der" "seal_pass = file:$own/pass"
own 2 'certificate' 'a PEM key without certificate' "seal_key = $own/rsa.key"
own 2 'do not belong together' 'another certificate' "seal_key = $own/rsa.key" "seal_cert = $own/ed.pem"
own 2 'at least 2048 bits' 'a short RSA key' "seal_key = $own/weak.key" "seal_cert = $own/weak.pem"
own 2 'an EC or an RSA key' 'another kind of key' "seal_key = $own/ed.key" "seal_cert = $own/ed.pem"
own 2 'No such file' 'a certificate that is not there' "seal_key = $own/rsa.key" "seal_cert = $own/none.pem"
chmod 644 "$own/pass"
own 2 'can be read by others' 'a passphrase that others can read' "seal_key = $own/seal.p12" "seal_pass = file:$own/pass"

finish
