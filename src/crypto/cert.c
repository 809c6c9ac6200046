#include "crypto/crypto_priv.h"

#include "base/arena.h"
#include "crypto/cert.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_DER (256 * 1024)
#define MAX_NAMES 256
#define MAX_VALUE 4096

/* One attribute of the subject, or one otherName, under its dotted OID. */
struct named {
	const char *oid;
	struct cla_str value;
};

/* Everything is read at decoding: later readers in other threads touch no OpenSSL state that could
 * change. */
struct cla_cert {
	X509 *x509;
	EVP_PKEY *key; /* borrowed from x509; NULL when the key cannot be read */
	struct cla_arena arena;
	struct cla_str der, serial_hex, serial_ascii, subject_line;
	struct cla_digest fingerprint;
	struct cla_time not_before, not_after;
	bool is_ca, may_sign;
	struct named *subject, *other;
	size_t subject_count, other_count;
};

void cla_cert_free(struct cla_cert *cert)
{
	if (!cert)
		return;
	X509_free(cert->x509);
	cla_arena_clear(&cert->arena);
	free(cert);
}

static const char *oid_text(struct cla_arena *arena, const ASN1_OBJECT *obj)
{
	char text[128];
	int len = OBJ_obj2txt(text, sizeof(text), obj, 1);
	bool ok = true;
	if (len <= 0 || (size_t)len >= sizeof(text))
		return NULL;
	return cla_arena_str(arena, cla_str_from(text), &ok).ptr;
}

/* The characters of an ASN.1 string as UTF-8; absent when it has none. Bit and octet strings carry
 * no character set: they count when their bytes are UTF-8 (x500UniqueIdentifier is a bit string by
 * its definition). */
static struct cla_str string_value(struct cla_arena *arena, const ASN1_STRING *s, bool *ok)
{
	unsigned char *utf8 = NULL;
	int type = ASN1_STRING_type(s);
	struct cla_str value = CLA_STR_NONE;

	if (type == V_ASN1_BIT_STRING || type == V_ASN1_OCTET_STRING) {
		struct cla_str raw = { (const char *)ASN1_STRING_get0_data(s),
				       (size_t)ASN1_STRING_length(s) };
		if (raw.ptr && raw.len <= MAX_VALUE && cla_utf8_valid(raw, NULL))
			value = cla_arena_str(arena, raw, ok);
		return value;
	}
	int len = ASN1_STRING_to_UTF8(&utf8, s);
	if (len >= 0 && len <= MAX_VALUE)
		value = cla_arena_str(arena, (struct cla_str){ (const char *)utf8, (size_t)len },
				      ok);
	OPENSSL_free(utf8);
	return value;
}

static bool read_subject(struct cla_cert *c)
{
	const X509_NAME *name = X509_get_subject_name(c->x509);
	int count = X509_NAME_entry_count(name);
	bool ok = true;

	if (count > MAX_NAMES)
		count = MAX_NAMES;
	c->subject = cla_arena_array(&c->arena, (size_t)count + 1, sizeof(*c->subject));
	if (!c->subject)
		return false;
	for (int i = 0; i < count; i++) {
		const X509_NAME_ENTRY *e = X509_NAME_get_entry(name, i);
		struct named *n = &c->subject[c->subject_count];
		n->oid = oid_text(&c->arena, X509_NAME_ENTRY_get_object(e));
		n->value = string_value(&c->arena, X509_NAME_ENTRY_get_data(e), &ok);
		if (n->oid && !cla_str_absent(n->value))
			c->subject_count++;
	}
	cla_auto_buf struct cla_buf line = CLA_BUF_INIT(MAX_DER);
	if (cla_x509_name_line(name, &line))
		c->subject_line = cla_arena_str(&c->arena, cla_buf_str(&line), &ok);
	else
		c->subject_line = CLA_STR("");
	return ok;
}

static const ASN1_STRING *as_string(const ASN1_TYPE *value)
{
	switch (ASN1_TYPE_get(value)) {
	case V_ASN1_UTF8STRING:
	case V_ASN1_PRINTABLESTRING:
	case V_ASN1_IA5STRING:
	case V_ASN1_T61STRING:
	case V_ASN1_BMPSTRING:
	case V_ASN1_UNIVERSALSTRING:
	case V_ASN1_VISIBLESTRING:
	case V_ASN1_NUMERICSTRING:
	case V_ASN1_OCTET_STRING:
		return value->value.asn1_string;
	default:
		return NULL;
	}
}

static bool read_other_names(struct cla_cert *c)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(c->x509, NID_subject_alt_name, NULL, NULL);
	int count = sk_GENERAL_NAME_num(names);
	bool ok = true;

	if (count > MAX_NAMES)
		count = MAX_NAMES;
	if (count > 0)
		c->other = cla_arena_array(&c->arena, (size_t)count, sizeof(*c->other));
	for (int i = 0; i < count && c->other && ok; i++) {
		int type;
		OTHERNAME *other = GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(names, i), &type);
		const ASN1_STRING *s = type == GEN_OTHERNAME ? as_string(other->value) : NULL;
		if (!s)
			continue;
		struct named *n = &c->other[c->other_count];
		n->oid = oid_text(&c->arena, other->type_id);
		n->value = string_value(&c->arena, s, &ok);
		if (n->oid && !cla_str_absent(n->value))
			c->other_count++;
	}
	if (count > 0 && !c->other)
		ok = false;
	GENERAL_NAMES_free(names);
	return ok;
}

static bool read_serial(struct cla_cert *c)
{
	const ASN1_INTEGER *serial = X509_get0_serialNumber(c->x509);
	const unsigned char *bytes = ASN1_STRING_get0_data(serial);
	size_t len = (size_t)ASN1_STRING_length(serial);
	cla_auto_buf struct cla_buf hex = CLA_BUF_INIT(MAX_DER * 2);
	bool ok = true;

	if (ASN1_STRING_type(serial) == V_ASN1_NEG_INTEGER)
		cla_buf_byte(&hex, '-');
	cla_buf_hex(&hex, bytes, len);
	if (hex.failed)
		return false;
	c->serial_hex = cla_arena_str(&c->arena, cla_buf_str(&hex), &ok);
	struct cla_str text = { (const char *)bytes, len };
	if (ASN1_STRING_type(serial) == V_ASN1_INTEGER && cla_str_digits(text))
		c->serial_ascii = cla_arena_str(&c->arena, text, &ok);
	return ok;
}

/* Takes over x509. */
static bool cert_fill(X509 *x509, struct cla_cert **ret, struct cla_err *err)
{
	unsigned char *der = NULL;
	cla_auto_cert struct cla_cert *c = calloc(1, sizeof(*c));
	if (!c) {
		X509_free(x509);
		return cla_err_oom(err);
	}
	c->x509 = x509;
	int len = i2d_X509(x509, &der);
	if (len <= 0)
		return cla_crypto_fail(err, CLA_ERR_FORMAT, "reading a certificate");
	bool ok = true;
	c->der = cla_arena_str(&c->arena, (struct cla_str){ (const char *)der, (size_t)len }, &ok);
	OPENSSL_free(der);
	if (!ok || !read_subject(c) || !read_other_names(c) || !read_serial(c))
		return cla_err_oom(err);
	if (!cla_asn1_time(X509_get0_notBefore(x509), &c->not_before) ||
	    !cla_asn1_time(X509_get0_notAfter(x509), &c->not_after))
		return cla_err_set(err, CLA_ERR_FORMAT,
				   "reading a certificate: its validity is no time");
	if (!cla_digest_of(c->der, &c->fingerprint, err))
		return false;
	c->is_ca = X509_check_ca(x509) == 1;
	c->may_sign = X509_get_key_usage(x509) & (KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION);
	c->key = X509_get0_pubkey(x509);
	ERR_clear_error();
	*ret = cla_steal(&c);
	return true;
}

bool cla_cert_decode(struct cla_str der, struct cla_cert **ret, struct cla_err *err)
{
	if (der.len > MAX_DER)
		return cla_err_set(err, CLA_ERR_LIMIT, "certificate of more than %d bytes",
				   MAX_DER);
	const unsigned char *start = (const unsigned char *)der.ptr, *p = start;
	X509 *x509 = der.len ? d2i_X509(NULL, &p, (long)der.len) : NULL;
	if (!x509)
		return cla_crypto_fail(err, CLA_ERR_FORMAT, "reading a certificate");
	if (p != start + der.len) {
		X509_free(x509);
		return cla_err_set(err, CLA_ERR_FORMAT,
				   "reading a certificate: bytes after its end");
	}
	return cert_fill(x509, ret, err);
}

bool cla_cert_decode_pem(struct cla_str pem, struct cla_cert **ret, struct cla_err *err)
{
	cla_auto_bio BIO *in = cla_bio_over(pem);
	bool bad = false;
	if (!in)
		return cla_err_oom(err);
	X509 *x509 = cla_pem_next_cert(in, &bad);
	if (!x509)
		return cla_err_set(err, CLA_ERR_FORMAT, "%s",
				   bad ? "malformed certificate in the PEM text"
				       : "no certificate in the PEM text");
	return cert_fill(x509, ret, err);
}

struct cla_str cla_cert_der(const struct cla_cert *cert)
{
	return cert->der;
}

struct cla_digest cla_cert_fingerprint(const struct cla_cert *cert)
{
	return cert->fingerprint;
}

struct cla_time cla_cert_not_before(const struct cla_cert *cert)
{
	return cert->not_before;
}

struct cla_time cla_cert_not_after(const struct cla_cert *cert)
{
	return cert->not_after;
}

bool cla_cert_is_ca(const struct cla_cert *cert)
{
	return cert->is_ca;
}

bool cla_cert_may_sign(const struct cla_cert *cert)
{
	return cert->may_sign;
}

struct cla_str cla_cert_serial_hex(const struct cla_cert *cert)
{
	return cert->serial_hex;
}

struct cla_str cla_cert_serial_ascii(const struct cla_cert *cert)
{
	return cert->serial_ascii;
}

static struct cla_str named_find(const struct named *list, size_t count, const char *oid)
{
	for (size_t i = 0; i < count; i++)
		if (!strcmp(list[i].oid, oid))
			return list[i].value;
	return CLA_STR_NONE;
}

struct cla_str cla_cert_subject(const struct cla_cert *cert, const char *oid)
{
	return named_find(cert->subject, cert->subject_count, oid);
}

struct cla_str cla_cert_subject_line(const struct cla_cert *cert)
{
	return cert->subject_line;
}

struct cla_str cla_cert_other_name(const struct cla_cert *cert, const char *oid)
{
	return named_find(cert->other, cert->other_count, oid);
}

const char *cla_cert_key(const struct cla_cert *cert, char out[CLA_CERT_KEY])
{
	char curve[CLA_CERT_KEY - 3];

	if (cla_cert_is_rsa(cert))
		snprintf(out, CLA_CERT_KEY, "RSA %d", EVP_PKEY_get_bits(cert->key));
	else if (cert->key && EVP_PKEY_is_a(cert->key, "EC") &&
		 EVP_PKEY_get_group_name(cert->key, curve, sizeof(curve), NULL) == 1)
		snprintf(out, CLA_CERT_KEY, "EC %s", curve);
	else
		snprintf(out, CLA_CERT_KEY, "unknown");
	return out;
}

bool cla_cert_is_rsa(const struct cla_cert *cert)
{
	return cert->key && EVP_PKEY_is_a(cert->key, "RSA");
}

/* What the issuer signed: the first thing inside of the certificate, header and all. */
static struct cla_str signed_part(const struct cla_cert *cert)
{
	const unsigned char *start = (const unsigned char *)cert->der.ptr, *p = start, *tbs;
	long left = (long)cert->der.len, len;
	int tag, class;

	if (ASN1_get_object(&p, &len, &tag, &class, left) & 0x80)
		return CLA_STR_NONE;
	tbs = p;
	left -= p - start;
	if (ASN1_get_object(&p, &len, &tag, &class, left) & 0x80)
		return CLA_STR_NONE;
	return (struct cla_str){ (const char *)tbs, (size_t)(p - tbs + len) };
}

/* X509_verify() finds digests only where all of them were loaded (see cla_crypto_plain). */
static bool signature_holds(const struct cla_cert *cert, EVP_PKEY *key)
{
	cla_auto_md_ctx EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	struct cla_str part = signed_part(cert);
	const ASN1_BIT_STRING *signature;
	int digest;

	X509_get0_signature(&signature, NULL, cert->x509);
	if (!ctx || !signature || cla_str_absent(part) ||
	    !OBJ_find_sigid_algs(X509_get_signature_nid(cert->x509), &digest, NULL) ||
	    digest == NID_undef)
		return false;
	return EVP_DigestVerifyInit_ex(ctx, NULL, OBJ_nid2sn(digest), NULL, NULL, key, NULL) == 1 &&
	       EVP_DigestVerify(ctx, ASN1_STRING_get0_data(signature),
				(size_t)ASN1_STRING_length(signature),
				(const unsigned char *)part.ptr, part.len) == 1;
}

bool cla_cert_issued_by(const struct cla_cert *cert, const struct cla_cert *issuer)
{
	bool is = issuer->is_ca && issuer->key &&
		  X509_check_issued(issuer->x509, cert->x509) == X509_V_OK &&
		  signature_holds(cert, issuer->key);

	ERR_clear_error();
	return is;
}

enum cla_sig cla_cert_verify(const struct cla_cert *cert, enum cla_hash_alg alg,
			     struct cla_str data, struct cla_str signature)
{
	enum cla_sig result = CLA_SIG_UNUSABLE;
	cla_auto_md_ctx EVP_MD_CTX *ctx = NULL;

	if (!cla_cert_is_rsa(cert))
		return CLA_SIG_UNUSABLE;
	ctx = EVP_MD_CTX_new();
	if (ctx && EVP_DigestVerifyInit_ex(ctx, NULL, cla_hash_name(alg), NULL, NULL, cert->key,
					   NULL) == 1) {
		const char *sig = signature.len ? signature.ptr : "";
		const char *msg = data.len ? data.ptr : "";
		result = EVP_DigestVerify(ctx, (const unsigned char *)sig, signature.len,
					  (const unsigned char *)msg, data.len) == 1
				 ? CLA_SIG_GOOD
				 : CLA_SIG_BAD;
	}
	ERR_clear_error();
	return result;
}
