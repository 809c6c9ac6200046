#include "verify/extract_priv.h"

#include <stdio.h>
#include <string.h>

void cla_extract_dir(bool is_tx, const char *uuid, char out[CLA_EXTRACT_DIR])
{
	snprintf(out, CLA_EXTRACT_DIR, "data/%s/%s", is_tx ? "tx" : "reimbursement", uuid);
}

static bool is_number(struct cla_str s)
{
	return s.len <= 4 && cla_str_digits(s) && s.ptr[0] != '0';
}

static bool is_token_name(struct cla_str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!(s.ptr[i] >= 'a' && s.ptr[i] <= 'z') &&
		    !(s.ptr[i] >= '0' && s.ptr[i] <= '9') && s.ptr[i] != '-')
			return false;
	return s.len && s.len <= 32;
}

bool cla_extract_is_sidecar(struct cla_str name, const char *base)
{
	struct cla_str rest, n;

	if (!cla_str_starts(name, base))
		return false;
	rest = cla_str_sub(name, strlen(base), name.len);
	if (cla_str_eqc(rest, ".statement.json") || cla_str_eqc(rest, ".seal.pem") ||
	    cla_str_eqc(rest, ".statement.p7s") || cla_str_eqc(rest, ".statement.p7s.tsr"))
		return true;
	if (cla_str_starts(rest, ".statement.p7s.token."))
		return is_token_name(cla_str_sub(rest, 21, rest.len));
	if (!cla_str_starts(rest, ".statement.p7s.tsr.") || !cla_str_ends(rest, ".tsr") ||
	    rest.len < 23)
		return false;
	n = cla_str_sub(rest, 19, rest.len - 23);
	return is_number(n);
}

/* Plain sh. A hash is 64 hex digits in a variable; its bytes are made with printf where they are
 * hashed. Of JSON in canonical form sed finds what it needs: a quote inside a string has a backslash
 * before it. */
static const char script[] =
	"openssl cms -verify -binary -cades -inform DER -in $b.statement.p7s -content "
	"$b.statement.json \\\n"
	"\t-CAfile $b.seal.pem -partial_chain -purpose any -out /dev/null\n"
	"openssl x509 -in $b.seal.pem -noout -fingerprint -sha256\n"
	"sha() { openssl dgst -sha256 -r | cut -c1-64; }\n"
	"bin() { for o in $(printf %s \"$1\" | sed 's/../0x& /g'); do printf \"\\\\$(printf %03o "
	"\"$o\")\"; done; }\n"
	"node() { { printf '\\001'; bin \"$1\"; bin \"$2\"; } | sha; }\n"
	"tree='.*\"tree\":{\"hash\":\"rfc9162-sha256\",\"root\":\"\\([0-9a-f]*\\)\",\"size\":\\([0-"
	"9]*"
	"\\)}.*'\n"
	"root=$(sed -n \"s/$tree/\\1/p\" $b.statement.json) size=$(sed -n \"s/$tree/\\2/p\" "
	"$b.statement.json)\n"
	"i=$(sed -n 's/.*\"index\":\\([0-9]*\\),.*/\\1/p' proof.json) n=$((size - 1))\n"
	"h=$({ printf '\\000'; cat $d/evidence.json; } | sha)\n"
	"for s in $(sed 's/^{\"audit_path\":\\[\\([^]]*\\)\\].*/\\1/; s/[\",]/ /g' proof.json); "
	"do\n"
	"\tif [ $((i % 2)) = 1 ] || [ $i = $n ]; then\n"
	"\t\th=$(node $s $h)\n"
	"\t\twhile [ $((i % 2)) = 0 ] && [ $i != 0 ]; do i=$((i / 2)) n=$((n / 2)); done\n"
	"\telse\n"
	"\t\th=$(node $h $s)\n"
	"\tfi\n"
	"\ti=$((i / 2)) n=$((n / 2))\n"
	"done\n"
	"[ $n = 0 ] && [ \"$h\" = \"$root\" ] || { echo 'FAILED: evidence.json is not in the "
	"signed "
	"tree'; exit 1; }\n"
	"for f in $d/*.*.*; do\n"
	"\th=$(openssl dgst -sha256 -r $f | cut -c1-64)\n"
	"\tgrep -q \"\\\"path\\\":\\\"$f\\\".*\\\"sha256\\\":\\\"$h\\\"\" $d/evidence.json && case "
	"$f in "
	"*.$h.*) continue ;; esac\n"
	"\techo \"FAILED: $f is not what evidence.json names\"; exit 1\n"
	"done\n"
	"echo 'OK: compare the fingerprint with the one you know from elsewhere'\n";

void cla_extract_script(const char *base, const char *dir, struct cla_buf *out)
{
	cla_buf_addf(out,
		     "#!/bin/sh\n"
		     "# Is this expense in the signed tree (RFC 9162, 2.1.3.2), and are its files "
		     "those it names? With openssl alone.\n"
		     "set -eu\n"
		     "cd \"$(dirname \"$0\")\"\n"
		     "b=%s d=%s\n",
		     base, dir);
	cla_buf_addc(out, script);
}
