/* fiscal/cfdi_seal.c - the issuer's seal and certificate, and SAT's stamp. */
#include "fiscal/cfdi.h"

#include "base/file.h"
#include "crypto/cert.h"
#include "model/id/taxid.h"

#include <string.h>

/* Longest cadena that is made: a document within the parse limit cannot have a longer one by much.
 */
#define CADENA_MAX (64u << 20)
#define SEAL_MAX (64 * 1024)

#define OID_NAME "2.5.4.41"
#define OID_COMMON_NAME "2.5.4.3"
#define OID_UNIT "2.5.4.11"
#define OID_UNIQUE_ID "2.5.4.45"

/* Mexico's zones are five to eight hours behind UTC. Fecha is local, certificates are in UTC. */
#define ZONE_LEAST (5 * 3600)
#define ZONE_MOST (8 * 3600)

static cla_rule_fn certificate_decodes, certificate_number, certificate_rfc, certificate_name;
static cla_rule_fn certificate_begun, certificate_not_ended, certificate_is_csd;
static cla_rule_fn certificate_is_rsa, seal_is_base64, seal_verifies;
static cla_rule_fn stamp_exists, stamp_is_one, stamp_version, stamp_copies_seal, stamp_number,
	stamp_verifies;
static cla_rule_fn stamp_date, stamp_pac_rfc;

static const struct cla_rule rules[] = {
	CLA_CFDI_RULE("cfdi.certificate", "CFDI40106", CERTIFICATE, FAIL, certificate_decodes,
		      "Certificado holds no readable X.509 certificate.",
		      "Certificado no contiene un certificado X.509 legible.",
		      "Certificado não contém um certificado X.509 legível."),
	CLA_CFDI_RULE("cfdi.certificate-number", NULL, CERTIFICATE, FAIL, certificate_number,
		      "NoCertificado is not the serial number of the certificate.",
		      "NoCertificado no es el número de serie del certificado.",
		      "NoCertificado não é o número de série do certificado."),
	CLA_CFDI_RULE("cfdi.certificate-rfc", NULL, CERTIFICATE, FAIL, certificate_rfc,
		      "The certificate belongs to another RFC than the issuer's.",
		      "El certificado pertenece a un RFC distinto del emisor.",
		      "O certificado pertence a um RFC diferente do emissor."),
	CLA_CFDI_RULE("cfdi.certificate-name", "CFDI40139", CERTIFICATE, WARN, certificate_name,
		      "The issuer's name differs from the certificate's.",
		      "El nombre del emisor difiere del nombre en el certificado.",
		      "O nome do emissor difere do nome no certificado."),
	CLA_CFDI_RULE("cfdi.certificate-not-before", NULL, CERTIFICATE, FAIL, certificate_begun,
		      "The document is older than the certificate.",
		      "El documento es anterior al certificado.",
		      "O documento é anterior ao certificado."),
	CLA_CFDI_RULE("cfdi.certificate-not-after", NULL, CERTIFICATE, FAIL, certificate_not_ended,
		      "The certificate had expired when the document was issued.",
		      "El certificado ya había vencido cuando se emitió el documento.",
		      "O certificado já havia expirado quando o documento foi emitido."),
	CLA_CFDI_RULE(
		"cfdi.certificate-csd", NULL, CERTIFICATE, FAIL, certificate_is_csd,
		"The certificate is no seal certificate (CSD) but looks like an e.firma.",
		"El certificado no es un certificado de sello digital (CSD); parece una e.firma.",
		"O certificado não é um certificado de selo digital (CSD); parece uma e.firma."),
	CLA_CFDI_RULE("cfdi.certificate-key", NULL, CERTIFICATE, FAIL, certificate_is_rsa,
		      "The certificate's key is not RSA: SAT issues no such seal certificate.",
		      "La llave del certificado no es RSA: el SAT no emite certificados así.",
		      "A chave do certificado não é RSA: o SAT não emite certificados assim."),
	CLA_CFDI_RULE("cfdi.seal-base64", NULL, SIGNATURE, FAIL, seal_is_base64,
		      "Sello is missing or not base64.", "Sello falta o no está en base64.",
		      "Sello está ausente ou não está em base64."),
	CLA_CFDI_RULE("cfdi.seal", "CFDI40102", SIGNATURE, FAIL, seal_verifies,
		      "The seal does not fit the document: it was changed after sealing, or sealed "
		      "by another key.",
		      "El sello no corresponde al documento: se modificó después de sellarse o se "
		      "selló con otra llave.",
		      "O selo não corresponde ao documento: ele foi alterado após a selagem ou "
		      "selado com outra chave."),
	CLA_CFDI_RULE(
		"cfdi.stamp-missing", NULL, STAMP, FAIL, stamp_exists,
		"There is no stamp (TimbreFiscalDigital): the document was never certified.",
		"No hay timbre (TimbreFiscalDigital): el documento nunca fue certificado.",
		"Não há selo fiscal (TimbreFiscalDigital): o documento nunca foi certificado."),
	CLA_CFDI_RULE("cfdi.stamp-several", NULL, STAMP, FAIL, stamp_is_one,
		      "There is more than one stamp.", "Hay más de un timbre.",
		      "Há mais de um selo fiscal."),
	CLA_CFDI_RULE("cfdi.stamp-version", NULL, STAMP, FAIL, stamp_version,
		      "The version of the stamp must be 1.1.",
		      "La versión del timbre debe ser 1.1.",
		      "A versão do selo fiscal deve ser 1.1."),
	CLA_CFDI_RULE("cfdi.stamp-seal-copy", NULL, STAMP, FAIL, stamp_copies_seal,
		      "The stamp was made for another seal: SelloCFD differs from Sello.",
		      "El timbre corresponde a otro sello: SelloCFD difiere de Sello.",
		      "O selo fiscal foi emitido para outro selo: SelloCFD difere de Sello."),
	CLA_CFDI_RULE("cfdi.stamp-number", NULL, STAMP, FAIL, stamp_number,
		      "NoCertificadoSAT must be 20 digits.",
		      "NoCertificadoSAT debe tener 20 dígitos.",
		      "NoCertificadoSAT deve ter 20 dígitos."),
	CLA_CFDI_RULE("cfdi.stamp-seal", NULL, STAMP, FAIL, stamp_verifies,
		      "The seal of the stamp (SelloSAT) does not verify.",
		      "El sello del timbre (SelloSAT) no se verifica.",
		      "O selo do timbre (SelloSAT) não se verifica."),
	CLA_CFDI_RULE("cfdi.stamp-date", NULL, STAMP, WARN, stamp_date,
		      "FechaTimbrado is before Fecha or more than 72 hours after it.",
		      "FechaTimbrado es anterior a Fecha o posterior por más de 72 horas.",
		      "FechaTimbrado é anterior a Fecha ou posterior em mais de 72 horas."),
	CLA_CFDI_RULE(
		"cfdi.stamp-pac-rfc", NULL, STAMP, WARN, stamp_pac_rfc,
		"RfcProvCertif is no legal person's RFC or not that of the stamp's certificate.",
		"RfcProvCertif no es RFC de persona moral o no es el del certificado del timbre.",
		"RfcProvCertif não é RFC de pessoa jurídica ou não é o do certificado do timbre."),
};

const struct cla_rule_table cla_cfdi_seal_rules = { "cfdi-seal", rules, CLA_LEN(rules) };

const struct cla_cert *cla_cfdi_read_cert(struct cla_case *c, const char *attr)
{
	struct cla_str text = cla_xml_attr(c->root, attr);
	cla_auto_buf struct cla_buf der = CLA_BUF_INIT(SEAL_MAX);

	if (!text.len || text.len > SEAL_MAX || !cla_base64_decode(text, true, &der))
		return NULL;
	return cla_judge_cert(c->judge, cla_buf_str(&der));
}

/* What the unique identifier says before " / ": legal persons have their representative's RFC
 * behind it. */
static struct cla_str rfc_of_cert(const struct cla_cert *cert)
{
	struct cla_str id = cla_cert_subject(cert, OID_UNIQUE_ID), head, tail;

	if (cla_str_cut(id, '/', &head, &tail))
		id = head;
	return cla_str_trim(id);
}

static void certificate_decodes(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_cfdi *f = cla_cfdi_of(c);

	if (!f->cert)
		cla_case_fail(c, r, c->root, f->names->certificate, CLA_STR_NONE, CLA_STR_NONE);
}

static void certificate_number(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_cfdi *f = cla_cfdi_of(c);
	struct cla_str number = cla_xml_attr(c->root, f->names->number);

	if (!f->cert)
		return;
	struct cla_str serial = cla_cert_serial_ascii(f->cert);
	if (cla_str_absent(serial) || !cla_str_eq(serial, number))
		cla_case_fail(c, r, c->root, f->names->number,
			      cla_str_absent(serial) ? cla_cert_serial_hex(f->cert) : serial,
			      number);
}

/* SAT itself seals for issuers that use its own service (complement registrofiscal). */
static bool sealed_by_sat(const struct cla_case *c)
{
	const struct cla_cfdi *f = cla_cfdi_of(c);
	struct cla_str number = cla_xml_attr(c->root, f->names->number);

	return f->fiscal_registry && number.len &&
	       cla_str_eq(number, cla_xml_attr(f->stamp, f->stamp_names->number));
}

/* Whether there is a certificate to hold the issuer against; `unknown` when not. */
static bool certificate_there(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_cfdi *f = cla_cfdi_of(c);

	if (!f->cert)
		cla_case_unknown(c, r, f->issuer ? f->issuer : c->root,
				 cla_str_from(f->names->certificate));
	return f->cert != NULL;
}

static void certificate_rfc(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_cfdi *f = cla_cfdi_of(c);

	if (!certificate_there(c, r) || sealed_by_sat(c))
		return;
	struct cla_str rfc = rfc_of_cert(f->cert);
	if (!rfc.len || !cla_str_eq(rfc, f->issuer_rfc))
		cla_case_fail(c, r, f->issuer, f->names->rfc, rfc, f->issuer_rfc);
}

/* Whether the text is nothing but parts of a legal form: "SA DE CV", "S. DE R.L. DE C.V.",
 * "S.A.P.I. DE C.V.". */
static bool is_legal_form(struct cla_str text)
{
	static const char *const parts[] = {
		"SA", "DE",  "CV",  "S",   "RL",  "R",	 "L",	   "C",	    "V",  "A",
		"P",  "I",   "SC",  "AC",  "SAS", "SAB", "SAPI",   "SOFOM", "ER", "ENR",
		"MI", "SNC", "SPR", "IAP", "ABP", "SCP", "SOFIPO", "B",
	};
	struct cla_str word, rest = cla_str_trim(text);

	while (rest.len) {
		struct cla_str tail;
		if (!cla_str_cut(rest, ' ', &word, &tail)) {
			word = rest;
			tail = CLA_STR("");
		}
		char plain[16];
		size_t len = 0;
		for (size_t i = 0; i < word.len; i++) {
			if (word.ptr[i] == '.' || word.ptr[i] == ',')
				continue;
			if (len + 1 == sizeof(plain))
				return false;
			plain[len++] = word.ptr[i];
		}
		plain[len] = '\0';
		bool known = len == 0;
		for (size_t i = 0; i < CLA_LEN(parts) && !known; i++)
			known = !strcmp(plain, parts[i]);
		if (!known)
			return false;
		rest = cla_str_trim(tail);
	}
	return true;
}

/* A name as capital letters and digits without accents; before 4.0 names were compared like this. */
static struct cla_str bare_name(struct cla_case *c, struct cla_str name)
{
	static const char plain[] = "AAAAAAACEEEEIIIIDNOOOOO*OUUUUY*S"; /* U+00C0 on, and again */
	cla_auto_buf struct cla_buf out = CLA_BUF_INIT(4096);

	for (size_t i = 0; i < name.len; i++) {
		unsigned char b = (unsigned char)name.ptr[i];
		unsigned char low = i + 1 < name.len ? (unsigned char)name.ptr[i + 1] & 0x1f : 0;
		if (b >= 'a' && b <= 'z')
			cla_buf_byte(&out, (char)(b - 'a' + 'A'));
		else if ((b >= 'A' && b <= 'Z') || (b >= '0' && b <= '9'))
			cla_buf_byte(&out, (char)b);
		else if (b == 0xc3)
			cla_buf_byte(&out, plain[low]);
	}
	return cla_case_keep(c, cla_buf_str(&out));
}

/* CFDI 4.0 writes a legal person's name without its legal form, the certificate with it. */
static bool same_name(struct cla_str in_cert, struct cla_str name, bool legal)
{
	if (cla_str_eq(in_cert, name))
		return true;
	if (!legal || !name.len || in_cert.len <= name.len ||
	    !cla_str_eq(cla_str_sub(in_cert, 0, name.len), name))
		return false;
	struct cla_str rest = cla_str_sub(in_cert, name.len, in_cert.len - name.len);
	return (rest.ptr[0] == ' ' || rest.ptr[0] == ',') && is_legal_form(rest);
}

static void certificate_name(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_cfdi *f = cla_cfdi_of(c);
	struct cla_str name = cla_xml_attr(f->issuer, f->names->name);

	if (!certificate_there(c, r) || sealed_by_sat(c))
		return;
	struct cla_str in_cert = cla_cert_subject(f->cert, OID_NAME);
	if (!in_cert.len)
		in_cert = cla_cert_subject(f->cert, OID_COMMON_NAME);
	bool same = c->old_codes == cla_cfdi33_codes
			    ? !name.len || cla_str_eq(bare_name(c, in_cert), bare_name(c, name))
			    : same_name(cla_str_trim(in_cert), name,
					cla_rfc_length(f->issuer_rfc) == 12);
	if (!same)
		cla_case_fail(c, r, f->issuer, f->names->name, in_cert, name);
}

/* The instants that a time of a document may mean: one when it names its zone, else any of
 * Mexico's. */
static bool span_of(struct cla_str text, int64_t *first, int64_t *last)
{
	struct cla_time t;
	bool zone;

	if (!cla_time_parse(text, &t, &zone))
		return false;
	*first = t.sec + (zone ? 0 : ZONE_LEAST);
	*last = t.sec + (zone ? 0 : ZONE_MOST);
	return true;
}

/* The same for the date of issue; when it cannot be read the rule is unknown. */
static bool issued_span(struct cla_case *c, const struct cla_rule *r, int64_t *first, int64_t *last)
{
	const struct cla_cfdi *f = cla_cfdi_of(c);

	if (span_of(f->issued_at, first, last))
		return true;
	cla_case_unknown(c, r, c->root, cla_str_from(f->names->date));
	return false;
}

static void fail_date(struct cla_case *c, const struct cla_rule *r, struct cla_time due)
{
	const struct cla_cfdi *f = cla_cfdi_of(c);
	char text[CLA_TIME_TEXT];

	cla_case_fail(c, r, c->root, f->names->date,
		      cla_case_text(c, "%s", cla_time_format(due, text)), f->issued_at);
}

static void certificate_begun(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_cert *cert = cla_cfdi_of(c)->cert;
	int64_t first, last;

	if (cert && issued_span(c, r, &first, &last) && last < cla_cert_not_before(cert).sec)
		fail_date(c, r, cla_cert_not_before(cert));
}

static void certificate_not_ended(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_cert *cert = cla_cfdi_of(c)->cert;
	int64_t first, last;

	if (cert && issued_span(c, r, &first, &last) && first > cla_cert_not_after(cert).sec)
		fail_date(c, r, cla_cert_not_after(cert));
}

/* A CSD names the branch it is for in OU; an e.firma has none. */
static void certificate_is_csd(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_cfdi *f = cla_cfdi_of(c);

	if (f->cert && !sealed_by_sat(c) && !cla_cert_subject(f->cert, OID_UNIT).len)
		cla_case_fail(c, r, c->root, f->names->certificate, CLA_STR("OU"),
			      cla_cert_subject_line(f->cert));
}

static void certificate_is_rsa(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_cfdi *f = cla_cfdi_of(c);

	if (f->cert && !cla_cert_is_rsa(f->cert))
		cla_case_fail(c, r, c->root, f->names->certificate, CLA_STR("RSA"), CLA_STR_NONE);
}

/* A seal's bytes; seals wrapped over several lines occur and are fine. */
static bool read_seal(const struct cla_xml *el, const char *attr, struct cla_buf *out)
{
	struct cla_str text = cla_xml_attr(el, attr);

	return text.len && text.len <= SEAL_MAX && cla_base64_decode(text, true, out) && out->len;
}

static void seal_is_base64(struct cla_case *c, const struct cla_rule *r)
{
	const char *attr = cla_cfdi_of(c)->names->seal;
	cla_auto_buf struct cla_buf seal = CLA_BUF_INIT(SEAL_MAX);

	if (!read_seal(c->root, attr, &seal))
		cla_case_fail(c, r, c->root, attr, CLA_STR("base64"), cla_xml_attr(c->root, attr));
}

/* Whether the seal is over the element's cadena; `unknown` when the cadena is not known. SHA-1 is
 * for what is old enough to be sealed so. */
static void check_seal(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *el,
		       const char *attr, const struct cla_cert *cert, bool sha1)
{
	cla_auto_buf struct cla_buf seal = CLA_BUF_INIT(SEAL_MAX);
	cla_auto_buf struct cla_buf cadena = CLA_BUF_INIT(CADENA_MAX);
	const struct cla_xml *unknown = NULL;

	if (!read_seal(el, attr, &seal))
		return; /* reported by the callers */
	if (!cla_cfdi_cadena(el, &cadena, &unknown)) {
		c->oom = true;
		return;
	}
	if (unknown) {
		cla_case_unknown(
			c, r, unknown,
			cla_case_text(c, "cadena original of " CLA_STR_FMT " (" CLA_STR_FMT ")",
				      CLA_STR_ARG(cla_str_sub(cla_xml_name(unknown), 0, 80)),
				      CLA_STR_ARG(cla_str_sub(cla_xml_ns(unknown), 0, 120))));
		return;
	}
	struct cla_str text = cla_buf_str(&cadena), value = cla_buf_str(&seal);
	if (cla_cert_verify(cert, CLA_HASH_SHA256, text, value) != CLA_SIG_GOOD &&
	    (!sha1 || cla_cert_verify(cert, CLA_HASH_SHA1, text, value) != CLA_SIG_GOOD))
		cla_case_fail(c, r, el, attr, CLA_STR_NONE, CLA_STR_NONE);
}

static void seal_verifies(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_cfdi *f = cla_cfdi_of(c);

	if (f->cert)
		check_seal(c, r, c->root, f->names->seal, f->cert, f->names->sha1);
	else
		cla_case_unknown(c, r, c->root, cla_str_from(f->names->certificate));
}

static void stamp_exists(struct cla_case *c, const struct cla_rule *r)
{
	if (!cla_cfdi_of(c)->stamp)
		cla_case_fail(c, r, c->root, NULL, CLA_STR("TimbreFiscalDigital"), CLA_STR_NONE);
}

static void stamp_is_one(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_cfdi *f = cla_cfdi_of(c);

	if (f->stamps > 1)
		cla_case_fail(c, r, f->stamp, NULL, CLA_STR("1"),
			      cla_case_text(c, "%zu", f->stamps));
}

static void stamp_version(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_cfdi *f = cla_cfdi_of(c);
	struct cla_str version = cla_xml_attr(f->stamp, f->stamp_names->version);

	if (f->stamp && !cla_str_eqc(version, "1.1"))
		cla_case_fail(c, r, f->stamp, f->stamp_names->version, CLA_STR("1.1"), version);
}

/* Byte for byte, blanks included: what SAT confirmed is this very text. */
static void stamp_copies_seal(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_cfdi *f = cla_cfdi_of(c);
	struct cla_str copy = cla_xml_attr(f->stamp, f->stamp_names->seal_copy),
		       seal = cla_xml_attr(c->root, f->names->seal);

	if (f->stamp && (cla_str_absent(seal) || !cla_str_eq(copy, seal)))
		cla_case_fail(c, r, f->stamp, f->stamp_names->seal_copy, seal, copy);
}

static bool number_has_form(struct cla_str number)
{
	return number.len == 20 && cla_str_digits(number);
}

static void stamp_number(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_cfdi *f = cla_cfdi_of(c);
	struct cla_str number = cla_xml_attr(f->stamp, f->stamp_names->number);

	if (f->stamp && !number_has_form(number))
		cla_case_fail(c, r, f->stamp, f->stamp_names->number, CLA_STR_NONE, number);
}

static void stamp_verifies(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_cfdi *f = cla_cfdi_of(c);
	const char *attr = f->stamp_names->seal;
	struct cla_str number = cla_xml_attr(f->stamp, f->stamp_names->number);
	cla_auto_buf struct cla_buf seal = CLA_BUF_INIT(SEAL_MAX);

	if (!f->stamp)
		return;
	if (!read_seal(f->stamp, attr, &seal)) {
		cla_case_fail(c, r, f->stamp, attr, CLA_STR("base64"),
			      cla_xml_attr(f->stamp, attr));
		return;
	}
	if (!number_has_form(number))
		return; /* reported by stamp_number */
	const struct cla_cert *cert = cla_judge_known_cert(c, number);
	if (cert)
		check_seal(c, r, f->stamp, attr, cert, !f->stamp_names->pac);
	else
		cla_case_unknown(c, r, f->stamp,
				 cla_case_text(c, "certificate " CLA_STR_FMT, CLA_STR_ARG(number)));
}

/* Both are local times, of places that may lie three zones apart; clocks may differ by five
 * minutes. */
static void stamp_date(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_cfdi *f = cla_cfdi_of(c);
	struct cla_str text = cla_xml_attr(f->stamp, "FechaTimbrado");
	int64_t issued[2], stamped[2];

	if (!f->stamp)
		return;
	if (!span_of(f->issued_at, &issued[0], &issued[1]) ||
	    !span_of(text, &stamped[0], &stamped[1])) {
		cla_case_unknown(c, r, f->stamp, CLA_STR("Fecha, FechaTimbrado"));
		return;
	}
	if (stamped[1] + 300 < issued[0] || stamped[0] > issued[1] + 72 * 3600 + 300)
		cla_case_fail(c, r, f->stamp, "FechaTimbrado", f->issued_at, text);
}

static void stamp_pac_rfc(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_cfdi *f = cla_cfdi_of(c);
	const char *attr = f->stamp_names->pac;

	if (!f->stamp || !attr)
		return;
	struct cla_str rfc = cla_xml_attr(f->stamp, attr);
	enum cla_rfc form = cla_rfc_check(rfc);
	if ((form != CLA_RFC_LEGAL && form != CLA_RFC_DIGIT) || cla_rfc_length(rfc) != 12) {
		cla_case_fail(c, r, f->stamp, attr, CLA_STR_NONE, rfc);
		return;
	}
	const struct cla_cert *cert =
		cla_judge_known_cert(c, cla_xml_attr(f->stamp, f->stamp_names->number));
	struct cla_str in_cert = cert ? rfc_of_cert(cert) : CLA_STR_NONE;
	if (cert && !cla_str_eq(in_cert, rfc))
		cla_case_fail(c, r, f->stamp, attr, in_cert, rfc);
}
