# shellcheck shell=sh
# make-lib.sh - for make-nfe.sh and make-dfe.sh: keys, certificates and signatures, in $work, which it makes.

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# digit KEY43: modulus 11 over ASCII less 48, weights 2 to 9 from the right.
digit() {
	awk -v key="$1" 'BEGIN {
		for (i = 48; i < 91; i++) value[sprintf("%c", i)] = i - 48
		weight = 2
		for (i = length(key); i > 0; i--) {
			sum += value[substr(key, i, 1)] * weight
			weight = weight == 9 ? 2 : weight + 1
		}
		print sum % 11 < 2 ? 0 : 11 - sum % 11
	}'
}

# certificate NAME SUBJECT EXTENSIONS KEY-OPTIONS…: self-signed, valid 2024-01-01 to 2026-12-31.
certificate() {
	name=$1 subject=$2 extensions=$3
	shift 3
	printf '[req]\ndistinguished_name=dn\n[dn]\n[ext]\n%s\n' "$extensions" >"$work/$name.cnf"
	openssl genpkey "$@" -out "$work/$name.key" 2>/dev/null
	TZ=UTC faketime '2024-01-01 00:00:00' openssl req -new -x509 -sha256 -days 1095 -utf8 \
		-config "$work/$name.cnf" -extensions ext -subj "$subject" \
		-key "$work/$name.key" -out "$work/$name.pem"
	openssl x509 -in "$work/$name.pem" -outform DER | openssl base64 -A >"$work/$name.txt"
}

# signature ID SIGNER: the template that xmlsec1 fills.
signature() {
	cat <<EOF
<Signature xmlns="http://www.w3.org/2000/09/xmldsig#"><SignedInfo><CanonicalizationMethod Algorithm="http://www.w3.org/TR/2001/REC-xml-c14n-20010315"/><SignatureMethod Algorithm="http://www.w3.org/2000/09/xmldsig#rsa-sha1"/><Reference URI="#$1"><Transforms><Transform Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"/><Transform Algorithm="http://www.w3.org/TR/2001/REC-xml-c14n-20010315"/></Transforms><DigestMethod Algorithm="http://www.w3.org/2000/09/xmldsig#sha1"/><DigestValue></DigestValue></Reference></SignedInfo><SignatureValue></SignatureValue><KeyInfo><X509Data><X509Certificate>$(cat "$work/$2.txt")</X509Certificate></X509Data></KeyInfo></Signature>
EOF
}

# sign TEMPLATE ELEMENT SIGNER OUT [XPATH]: fills the first Signature, or the one at XPATH.
sign() {
	xmlsec1 --sign --privkey-pem "$work/$3.key" --id-attr:Id "$2" ${5:+--node-xpath "$5"} \
		--output "$work/signed.xml" "$1" \
		2>"$work/log" || { cat "$work/log" >&2 && return 1; }
	# base64 as programs of the field write it, on one line
	awk '{ line = line $0 } /\?>$/ { print line; line = "" } END { printf "%s", line }' \
		"$work/signed.xml" >"$4"
}
