/* fiscal/nfe_qr.c - the QR code of a consumer's note (rule 80).
 *
 * It stands in infNFeSupl, outside of what the note's signature covers, and repeats parts of the note:
 * these are compared. Three versions: 1 names its fields, 2 and 3 have them in order, and more of them
 * when the note was made off-line (tpEmis 9). The hash of 1 and 2 needs the issuer's secret and is
 * not checked; version 3 has a signature in its place when off-line: RSA-SHA1 over the parts before
 * it, by the issuer's certificate, which is the one in the note. Sources: manual of the DANFE NFC-e
 * and QR code, versions 5 and 6, NT 2025.001.
 */
#include "fiscal/nfe.h"

#include "crypto/cert.h"
#include "crypto/digest.h"

#include <string.h>

#define PARTS 8 /* of an off-line code, version 2 or 3 */

/* Absent where the version does not have them. */
struct qr {
	struct cla_str version, key, environment, day, total, icms, digest;
	struct cla_str issued;			/* version 1: all of dhEmi, in hex */
	struct cla_str receiver_kind, receiver; /* kind: 1 CNPJ, 2 CPF, 3 abroad */
	struct cla_str before, signature;	/* version 3: what is signed, and by what */
	bool ordered;				/* 2, 3 */
	size_t count;				/* of parts, when ordered */
};

static const struct cla_xml *code_of(const struct cla_nfe *n)
{
	return cla_str_eqc(n->model, "65") ? cla_nfe_find(n->note, "infNFeSupl/qrCode") : NULL;
}

/* "&" may have been escaped twice on the way. */
static void read_named(struct cla_str query, struct qr *qr)
{
	const struct {
		const char *name;
		struct cla_str *value;
	} fields[] = {
		{ "nVersao", &qr->version },   { "chNFe", &qr->key },
		{ "tpAmb", &qr->environment }, { "dhEmi", &qr->issued },
		{ "vNF", &qr->total },	       { "vICMS", &qr->icms },
		{ "digVal", &qr->digest },     { "cDest", &qr->receiver },
	};
	struct cla_str field, name, value;

	do {
		(void)cla_str_cut(query, '&', &field, &query);
		if (cla_str_starts(field, "amp;"))
			field = cla_str_sub(field, 4, field.len);
		(void)cla_str_cut(field, '=', &name, &value);
		for (size_t i = 0; i < CLA_LEN(fields); i++) {
			if (cla_str_eqc(name, fields[i].name))
				*fields[i].value = value;
		}
	} while (!cla_str_absent(query));
}

/* key|version|environment, on-line behind it nothing (3) or two parts of the hash (2); off-line
 * day|total, then digest and hash (2) or receiver and signature (3). */
static void read_ordered(struct cla_str query, struct qr *qr)
{
	struct cla_str whole = query, part[PARTS] = { 0 };

	qr->ordered = true;
	while (!cla_str_absent(query)) {
		struct cla_str next;

		(void)cla_str_cut(query, '|', &next, &query);
		if (qr->count < PARTS)
			part[qr->count] = next;
		qr->count++;
	}
	qr->key = part[0];
	qr->version = part[1];
	qr->environment = part[2];
	if (qr->count != PARTS)
		return;
	qr->day = part[3];
	qr->total = part[4];
	if (cla_str_eqc(qr->version, "2"))
		qr->digest = part[5];
	if (cla_str_eqc(qr->version, "3")) {
		qr->receiver_kind = part[5];
		qr->receiver = part[6];
		qr->signature = part[7];
		qr->before = cla_str_sub(whole, 0, whole.len - part[7].len - 1);
	}
}

/* False when there is no code, or nothing in it to read. */
static bool read_qr(const struct cla_nfe *n, struct qr *qr)
{
	struct cla_str text = cla_str_trim(cla_xml_text(code_of(n))), site, query;

	*qr = (struct qr){ 0 };
	if (!cla_str_cut(text, '?', &site, &query))
		return false;
	if (cla_str_starts(query, "p="))
		read_ordered(cla_str_sub(query, 2, query.len), qr);
	else
		read_named(query, qr);
	return true;
}

static bool is_offline(const struct cla_nfe *n)
{
	return cla_str_eqc(cla_nfe_text(n->ide, "tpEmis"), "9");
}

static void missing(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_nfe *n = cla_nfe_of(c);

	if (cla_str_eqc(n->model, "65") && !cla_str_trim(cla_xml_text(code_of(n))).len)
		cla_case_fail(c, r, n->note, NULL, CLA_STR("infNFeSupl/qrCode"), CLA_STR_NONE);
}

/* A simplified print of model 55 (tpImp 6, since 2026) may have a code too. */
static void undue(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_nfe *n = cla_nfe_of(c);
	const struct cla_xml *el = cla_nfe_find(n->note, "infNFeSupl");

	if (el && cla_str_eqc(n->model, "55") && !cla_str_eqc(cla_nfe_text(n->ide, "tpImp"), "6"))
		cla_case_fail(c, r, el, NULL, CLA_STR_NONE, CLA_STR_NONE);
}

static void no_key(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_nfe *n = cla_nfe_of(c);
	const struct cla_xml *el = code_of(n);
	struct qr qr;

	if (cla_str_trim(cla_xml_text(el)).len && (!read_qr(n, &qr) || !qr.key.len))
		cla_case_fail(c, r, el, NULL, n->key, CLA_STR_NONE);
}

static void key(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_nfe *n = cla_nfe_of(c);
	struct qr qr;

	if (n->key.len && read_qr(n, &qr) && qr.key.len && !cla_str_eq(qr.key, n->key))
		cla_case_fail(c, r, code_of(n), NULL, n->key, qr.key);
}

/* The parser has taken away one escape: what is left of another is read by no telephone. */
static void escaped(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_xml *el = code_of(cla_nfe_of(c));

	if (cla_str_contains(cla_xml_text(el), "&amp;"))
		cla_case_fail(c, r, el, NULL, CLA_STR("&"), CLA_STR("&amp;"));
}

/* Version 1 ended with October 2018. */
static bool is_late_first(const struct cla_nfe *n, const struct qr *qr)
{
	static const struct cla_date end_of_first = { 2018, 10, 1 };

	return !qr->ordered && cla_str_eqc(qr->version, "100") && n->issue_date.year &&
	       cla_date_to_days(n->issue_date) >= cla_date_to_days(end_of_first);
}

static void version_over(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_nfe *n = cla_nfe_of(c);
	struct qr qr;

	if (read_qr(n, &qr) && is_late_first(n, &qr))
		cla_case_fail(c, r, code_of(n), NULL, CLA_STR("2, 3"), qr.version);
}

static void version(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_nfe *n = cla_nfe_of(c);
	struct qr qr;

	if (!read_qr(n, &qr))
		return;
	if (qr.ordered ? !cla_str_eqc(qr.version, "2") && !cla_str_eqc(qr.version, "3")
		       : !cla_str_eqc(qr.version, "100"))
		cla_case_fail(c, r, code_of(n), NULL, CLA_STR("100, 2, 3"), qr.version);
}

/* As many parts as the version has, on-line or off-line. */
static void form(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_nfe *n = cla_nfe_of(c);
	size_t due = PARTS;
	struct qr qr;

	if (!read_qr(n, &qr) || !qr.ordered)
		return;
	if (!is_offline(n))
		due = cla_str_eqc(qr.version, "3") ? 3 : 5;
	if (qr.count != due)
		cla_case_fail(c, r, code_of(n), NULL, cla_case_text(c, "%zu", due),
			      cla_case_text(c, "%zu", qr.count));
}

static bool is_hex_of(struct cla_str hex, struct cla_str text)
{
	if (hex.len != 2 * text.len)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		char due[3];

		cla_hex_encode(text.ptr + i, 1, due);
		if (!cla_str_eq_nocase(cla_str_sub(hex, 2 * i, 2), (struct cla_str){ due, 2 }))
			return false;
	}
	return true;
}

static void compare(struct cla_case *c, const struct cla_rule *r, struct cla_str due,
		    struct cla_str found, bool equal)
{
	if (!cla_str_absent(found) && !equal)
		cla_case_fail(c, r, code_of(cla_nfe_of(c)), NULL, due, found);
}

static bool same_amount(struct cla_str a, struct cla_str b)
{
	return cla_dec_eq(cla_dec_parse(a), cla_dec_parse(b));
}

static void content(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_nfe *n = cla_nfe_of(c);
	struct cla_str issued = cla_nfe_text(n->ide, "dhEmi"), day = cla_str_sub(issued, 8, 2);
	struct cla_str environment = cla_nfe_text(n->ide, "tpAmb");
	struct cla_str total = cla_nfe_text(n->total, "vNF"),
		       icms = cla_nfe_text(n->total, "vICMS");
	struct qr qr;

	if (!read_qr(n, &qr))
		return;
	if (!cla_str_eq(qr.environment, environment))
		cla_case_fail(c, r, code_of(n), NULL, environment, qr.environment);
	compare(c, r, day, qr.day, cla_str_eq(qr.day, day));
	compare(c, r, total, qr.total, same_amount(qr.total, total));
	compare(c, r, icms, qr.icms, same_amount(qr.icms, icms));
	compare(c, r, issued, qr.issued, is_hex_of(qr.issued, issued));
	if (n->sig.digest_value.len)
		compare(c, r, n->sig.digest_value, qr.digest,
			is_hex_of(qr.digest, n->sig.digest_value));
}

/* Whom the note names, and as what: 1 CNPJ, 2 CPF, 3 abroad; both empty when nobody. */
static void read_receiver(struct cla_case *c, struct cla_str *id, struct cla_str *kind)
{
	static const char *const kinds[] = { "CNPJ", "CPF", "idEstrangeiro" };
	const struct cla_nfe *n = cla_nfe_of(c);

	*id = *kind = CLA_STR("");
	for (size_t i = 0; i < CLA_LEN(kinds) && !id->len; i++) {
		*id = cla_nfe_text(n->dest, kinds[i]);
		*kind = cla_case_text(c, "%zu", i + 1);
	}
	if (!id->len)
		*id = *kind = CLA_STR("");
}

static void receiver_undue(struct cla_case *c, const struct cla_rule *r)
{
	struct cla_str id, kind;
	struct qr qr;

	read_receiver(c, &id, &kind);
	if (!id.len && read_qr(cla_nfe_of(c), &qr) && (qr.receiver.len || qr.receiver_kind.len))
		cla_case_fail(c, r, code_of(cla_nfe_of(c)), NULL, CLA_STR_NONE, qr.receiver);
}

static void receiver(struct cla_case *c, const struct cla_rule *r)
{
	struct cla_str id, kind;
	struct qr qr;

	read_receiver(c, &id, &kind);
	if (!id.len || !read_qr(cla_nfe_of(c), &qr))
		return;
	compare(c, r, id, qr.receiver, cla_str_eq(qr.receiver, id));
	compare(c, r, kind, qr.receiver_kind, cla_str_eq(qr.receiver_kind, kind));
}

#define LONGEST_SIGNATURE 4096

static void signature(struct cla_case *c, const struct cla_rule *r)
{
	cla_auto_buf struct cla_buf bytes = CLA_BUF_INIT(LONGEST_SIGNATURE);
	const struct cla_nfe *n = cla_nfe_of(c);
	struct qr qr;

	if (!read_qr(n, &qr) || cla_str_absent(qr.signature))
		return;
	if (!n->sig.cert) {
		cla_case_unknown(c, r, code_of(n), CLA_STR("X509Certificate"));
		return;
	}
	if (!cla_base64_decode(qr.signature, false, &bytes) ||
	    cla_cert_verify(n->sig.cert, CLA_HASH_SHA1, qr.before, cla_buf_str(&bytes)) !=
		    CLA_SIG_GOOD)
		cla_case_fail(c, r, code_of(n), NULL, CLA_STR_NONE, qr.signature);
}

static const struct cla_rule rules[] = {
	CLA_NFE_RULE("nfe.qr-missing", "394", IDENTITY, WARN, missing,
		     "A consumer's note without QR code", "NFC-e sin código QR",
		     "NFC-e sem QR-Code"),
	CLA_NFE_RULE("nfe.qr-undue", "393", IDENTITY, WARN, undue,
		     "A QR code in a note that is no consumer's",
		     "Código QR en una nota que no es NFC-e",
		     "NF-e com o grupo de informações suplementares"),
	CLA_NFE_RULE("nfe.qr-no-key", "396", IDENTITY, WARN, no_key, "The QR code leads to no note",
		     "El código QR no lleva a ninguna nota", "O QR-Code não leva a nenhuma nota"),
	CLA_NFE_RULE("nfe.qr-key", "397", IDENTITY, WARN, key, "The QR code leads to another note",
		     "El código QR lleva a otra nota", "O QR-Code leva a outra nota"),
	CLA_NFE_RULE("nfe.qr-escaped", "813", IDENTITY, WARN, escaped,
		     "The QR code's separators are escaped twice",
		     "Los separadores del código QR están escapados dos veces",
		     "QR-Code com sequência de escape para o e-comercial"),
	CLA_NFE_RULE("nfe.qr-version", "398", IDENTITY, WARN, version,
		     "The QR code is of no version that there is",
		     "El código QR es de una versión que no existe",
		     "A versão do QR-Code difere da prevista"),
	CLA_NFE_RULE("nfe.qr-version-over", "903", IDENTITY, WARN, version_over,
		     "The QR code is of a version that no longer held",
		     "El código QR es de una versión que ya no estaba vigente",
		     "A versão do QR-Code não é mais válida para a data de emissão"),
	CLA_NFE_RULE("nfe.qr-form", NULL, IDENTITY, WARN, form,
		     "The QR code has not the parts of its version (on-line, off-line)",
		     "El código QR no tiene las partes de su versión (en línea, fuera de línea)",
		     "O QR-Code não tem as partes da sua versão (on-line, off-line)"),
	CLA_NFE_RULE("nfe.qr-content", "397", IDENTITY, WARN, content,
		     "The QR code says something else than the note",
		     "El código QR no coincide con la nota", "O QR-Code diverge da nota"),
	CLA_NFE_RULE("nfe.qr-receiver-undue", "399", IDENTITY, WARN, receiver_undue,
		     "The QR code names a receiver, the note none",
		     "El código QR indica un destinatario y la nota ninguno",
		     "O QR-Code identifica um destinatário e a nota não"),
	CLA_NFE_RULE("nfe.qr-receiver", "397", IDENTITY, WARN, receiver,
		     "The QR code names another receiver than the note",
		     "El código QR indica otro destinatario que la nota",
		     "O QR-Code indica outro destinatário"),
	CLA_NFE_RULE("nfe.qr-signature", "583", IDENTITY, WARN, signature,
		     "The QR code was not signed with the key of the note's certificate",
		     "El código QR no se firmó con la llave del certificado de la nota",
		     "A assinatura do QR-Code difere da calculada"),
};

const struct cla_rule_table cla_nfe_qr_rules = { "nfe-qr", rules, CLA_LEN(rules) };
