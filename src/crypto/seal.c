#include "crypto/crypto_priv.h"

#include "crypto/seal.h"

#include <limits.h>
#include <openssl/cms.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/ess.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_CHAIN 8 /* certificates beside the signer's */
#define MAX_PASS 1024
#define MIN_RSA_BITS 2048

struct cla_seal {
	EVP_PKEY *key;
	X509 *cert;
	STACK_OF(X509) * chain; /* further certificates of the file: they go into each signature */
};

void cla_seal_free(struct cla_seal *seal)
{
	if (!seal)
		return;
	EVP_PKEY_free(seal->key);
	X509_free(seal->cert);
	sk_X509_pop_free(seal->chain, X509_free);
	free(seal);
}

static ASN1_TIME *asn1_time_new(struct cla_time t)
{
	return ASN1_TIME_set(NULL, (time_t)t.sec);
}

/* The same day of the year that many years on; 29 February becomes 28. */
static struct cla_time years_after(struct cla_time t, int years)
{
	int64_t days = t.sec / 86400 - (t.sec % 86400 < 0);
	struct cla_date d = cla_date_from_days(days);
	int64_t rest = t.sec - days * 86400;
	d.year += years;
	if (!cla_date_exists(d.year, d.month, d.day))
		d.day = 28;
	return (struct cla_time){ cla_date_to_days(d) * 86400 + rest, 0 };
}

static bool add_extension(X509 *cert, int nid, const char *value)
{
	X509V3_CTX ctx;
	X509V3_set_ctx(&ctx, cert, cert, NULL, NULL, 0);
	X509_EXTENSION *ext = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	bool ok = ext && X509_add_ext(cert, ext, -1) == 1;
	X509_EXTENSION_free(ext);
	return ok;
}

static bool set_serial(X509 *cert, struct cla_err *err)
{
	unsigned char bytes[16];
	if (!cla_random(bytes, sizeof(bytes), err))
		return false;
	/* Positive and of full length. */
	bytes[0] = (unsigned char)((bytes[0] & 0x7f) | 0x40);
	BIGNUM *bn = BN_bin2bn(bytes, sizeof(bytes), NULL);
	bool ok = bn && BN_to_ASN1_INTEGER(bn, X509_get_serialNumber(cert));
	BN_free(bn);
	return ok || cla_crypto_fail(err, CLA_ERR_INTERNAL, "making a serial number");
}

static bool set_subject(X509 *cert, const char *name)
{
	X509_NAME *subject = X509_get_subject_name(cert);
	return X509_NAME_add_entry_by_NID(subject, NID_commonName, MBSTRING_UTF8,
					  (const unsigned char *)name, -1, -1, 0) == 1 &&
	       X509_set_issuer_name(cert, subject) == 1;
}

static bool set_validity(X509 *cert, struct cla_time from, struct cla_time to)
{
	cla_auto_asn1_time ASN1_TIME *start = asn1_time_new(from);
	cla_auto_asn1_time ASN1_TIME *end = asn1_time_new(to);
	return start && end && X509_set1_notBefore(cert, start) == 1 &&
	       X509_set1_notAfter(cert, end) == 1;
}

static bool bio_take(BIO *mem, struct cla_buf *out)
{
	char *text = NULL;
	long len = BIO_get_mem_data(mem, &text);
	if (len <= 0)
		return false;
	cla_buf_add(out, (struct cla_str){ text, (size_t)len });
	return true;
}

bool cla_seal_generate(const char *name, struct cla_time now, int years, struct cla_buf *key_pem,
		       struct cla_buf *cert_pem, struct cla_err *err)
{
	cla_auto_pkey EVP_PKEY *key = EVP_EC_gen("P-256");
	cla_auto_x509 X509 *cert = X509_new();
	cla_auto_md EVP_MD *md = EVP_MD_fetch(NULL, "SHA2-256", NULL);
	/* The private key's text lives in memory that OpenSSL wipes. */
	cla_auto_bio BIO *key_out = BIO_new(BIO_s_secmem());
	cla_auto_bio BIO *cert_out = BIO_new(BIO_s_mem());

	if (!key || !cert || !md || !key_out || !cert_out)
		return cla_crypto_fail(err, CLA_ERR_INTERNAL, "making a sealing key");
	if (!set_serial(cert, err))
		return false;
	if (X509_set_version(cert, X509_VERSION_3) != 1 || !set_subject(cert, name) ||
	    !set_validity(cert, now, years_after(now, years)) || X509_set_pubkey(cert, key) != 1 ||
	    !add_extension(cert, NID_basic_constraints, "critical,CA:FALSE") ||
	    !add_extension(cert, NID_key_usage, "critical,digitalSignature") ||
	    !add_extension(cert, NID_subject_key_identifier, "hash") ||
	    X509_sign(cert, key, md) <= 0)
		return cla_crypto_fail(err, CLA_ERR_INTERNAL, "making the certificate of '%s'",
				       name);
	if (PEM_write_bio_PKCS8PrivateKey(key_out, key, NULL, NULL, 0, NULL, NULL) != 1 ||
	    PEM_write_bio_X509(cert_out, cert) != 1 || !bio_take(key_out, key_pem) ||
	    !bio_take(cert_out, cert_pem))
		return cla_crypto_fail(err, CLA_ERR_INTERNAL, "writing a sealing key");
	return cla_buf_ok(key_pem, err) && cla_buf_ok(cert_pem, err);
}

static bool read_chain(struct cla_seal *s, BIO *pem, struct cla_err *err)
{
	bool bad = false;
	X509 *x;

	s->chain = sk_X509_new_null();
	if (!s->chain)
		return cla_err_oom(err);
	while ((x = cla_pem_next_cert(pem, &bad))) {
		if (sk_X509_num(s->chain) == MAX_CHAIN) {
			X509_free(x);
			return cla_err_set(err, CLA_ERR_CONFIG,
					   "more than %d certificates after the signer's",
					   MAX_CHAIN);
		}
		if (sk_X509_push(s->chain, x) <= 0) {
			X509_free(x);
			return cla_err_oom(err);
		}
	}
	return !bad || cla_err_set(err, CLA_ERR_CONFIG, "malformed certificate in the PEM text");
}

static bool belong_together(const struct cla_seal *s, struct cla_err *err)
{
	if (X509_check_private_key(s->cert, s->key) == 1)
		return true;
	ERR_clear_error();
	return cla_err_set(err, CLA_ERR_CONFIG,
			   "sealing key and certificate do not belong together");
}

static bool read_certs(struct cla_seal *s, struct cla_str pem, struct cla_err *err)
{
	cla_auto_bio BIO *in = cla_bio_over(pem);
	bool bad = false;

	if (!in)
		return cla_err_oom(err);
	s->cert = cla_pem_next_cert(in, &bad);
	if (!s->cert)
		return cla_err_set(err, CLA_ERR_CONFIG, "no readable certificate for sealing");
	return read_chain(s, in, err);
}

bool cla_seal_load(struct cla_str key_pem, struct cla_str cert_pem, struct cla_seal **ret,
		   struct cla_err *err)
{
	cla_auto_bio BIO *key_in = cla_bio_over(key_pem);
	cla_auto_seal struct cla_seal *s = calloc(1, sizeof(*s));

	if (!s || !key_in)
		return cla_err_oom(err);
	ERR_clear_error();
	s->key = PEM_read_bio_PrivateKey(key_in, NULL, cla_no_passphrase, NULL);
	if (!s->key)
		return cla_crypto_fail(err, CLA_ERR_CONFIG,
				       "reading the sealing key (PEM without passphrase is due)");
	if (!read_certs(s, cert_pem, err) || !belong_together(s, err))
		return false;
	*ret = cla_steal(&s);
	return true;
}

/* --- other forms of keys --- */

static int give_pass(char *out, int size, int writing, void *ctx)
{
	const struct cla_str *pass = ctx;

	(void)writing;
	if (cla_str_absent(*pass) || size < 0 || pass->len > (size_t)size)
		return -1;
	memcpy(out, pass->ptr, pass->len);
	return (int)pass->len;
}

static bool is_der(struct cla_str s)
{
	return s.len && s.ptr[0] == 0x30;
}

/* Reads it as an encrypted PKCS#8, then as any key without one. */
static EVP_PKEY *key_from_der(struct cla_str der, struct cla_str *pass)
{
	cla_auto_bio BIO *in = cla_bio_over(der);
	const unsigned char *p = (const unsigned char *)der.ptr;
	EVP_PKEY *key = in ? d2i_PKCS8PrivateKey_bio(in, NULL, give_pass, pass) : NULL;

	return key || der.len > LONG_MAX ? key : d2i_AutoPrivateKey(NULL, &p, (long)der.len);
}

static bool read_key(struct cla_seal *s, const struct cla_seal_source *source, struct cla_err *err)
{
	struct cla_str pass = source->pass;

	if (is_der(source->key)) {
		s->key = key_from_der(source->key, &pass);
	} else {
		cla_auto_bio BIO *in = cla_bio_over(source->key);
		s->key = in ? PEM_read_bio_PrivateKey(in, NULL, give_pass, &pass) : NULL;
	}
	if (s->key) {
		ERR_clear_error();
		return true;
	}
	return cla_crypto_fail(err, CLA_ERR_CONFIG, "reading the sealing key (%s)",
			       cla_str_absent(pass) ? "without a passphrase"
						    : "with the passphrase given");
}

CLA_SSL_AUTO(PKCS12, p12, PKCS12_free)
#define auto_p12 CLA_CLEANUP(p12_freep)

/* Key and certificates of a PKCS#12; *is_p12 false, and nothing else, when it is none. */
static bool read_p12(struct cla_seal *s, const struct cla_seal_source *source, bool *is_p12,
		     struct cla_err *err)
{
	const unsigned char *p = (const unsigned char *)source->key.ptr;
	char pass[MAX_PASS + 1] = "";

	auto_p12 PKCS12 *p12 = is_der(source->key) && source->key.len <= LONG_MAX
				       ? d2i_PKCS12(NULL, &p, (long)source->key.len)
				       : NULL;
	*is_p12 = p12 != NULL;
	ERR_clear_error();
	if (!p12)
		return true;
	if (!cla_str_absent(source->pass) && !cla_str_cstr(source->pass, pass, sizeof(pass), err))
		return cla_err_wrap(err, "passphrase");
	bool ok = PKCS12_parse(p12, pass, &s->key, &s->cert, &s->chain) == 1;
	OPENSSL_cleanse(pass, sizeof(pass));
	if (!ok)
		return cla_crypto_fail(err, CLA_ERR_CONFIG, "reading the PKCS#12 file (%s)",
				       cla_str_absent(source->pass) ? "without a passphrase"
								    : "with the passphrase given");
	if (!s->key || !s->cert)
		return cla_err_set(err, CLA_ERR_CONFIG,
				   "the PKCS#12 file lacks the key or its certificate");
	return sk_X509_num(s->chain) <= MAX_CHAIN ||
	       cla_err_set(err, CLA_ERR_CONFIG, "more than %d certificates after the signer's",
			   MAX_CHAIN);
}

static bool read_cert(struct cla_seal *s, const struct cla_seal_source *source, struct cla_err *err)
{
	struct cla_str certs = source->certs;

	if (cla_str_absent(certs) && is_der(source->key))
		return cla_err_set(err, CLA_ERR_CONFIG, "the key comes without its certificate");
	if (cla_str_absent(certs))
		certs = source->key;
	if (!is_der(certs))
		return read_certs(s, certs, err);
	const unsigned char *p = (const unsigned char *)certs.ptr;
	s->cert = certs.len <= LONG_MAX ? d2i_X509(NULL, &p, (long)certs.len) : NULL;
	return s->cert || cla_crypto_fail(err, CLA_ERR_CONFIG, "reading the sealing certificate");
}

/* What was named by itself goes before what came with the key. */
static void forget_certs(struct cla_seal *s)
{
	X509_free(s->cert);
	sk_X509_pop_free(s->chain, X509_free);
	s->cert = NULL;
	s->chain = NULL;
}

static bool may_seal(const struct cla_seal *s, struct cla_err *err)
{
	if (EVP_PKEY_is_a(s->key, "EC"))
		return true;
	if (!EVP_PKEY_is_a(s->key, "RSA"))
		return cla_err_set(err, CLA_ERR_CONFIG, "sealing takes an EC or an RSA key");
	return EVP_PKEY_get_bits(s->key) >= MIN_RSA_BITS ||
	       cla_err_set(err, CLA_ERR_CONFIG, "an RSA key for sealing has at least %d bits",
			   MIN_RSA_BITS);
}

bool cla_seal_open(const struct cla_seal_source *source, struct cla_seal **ret, struct cla_err *err)
{
	cla_auto_seal struct cla_seal *s = calloc(1, sizeof(*s));
	bool is_p12;

	if (!s)
		return cla_err_oom(err);
	ERR_clear_error();
	if (!read_p12(s, source, &is_p12, err))
		return false;
	if (is_p12 && !cla_str_absent(source->certs))
		forget_certs(s);
	if ((!is_p12 && !read_key(s, source, err)) || (!s->cert && !read_cert(s, source, err)))
		return false;
	if (!belong_together(s, err) || !may_seal(s, err))
		return false;
	*ret = cla_steal(&s);
	return true;
}

bool cla_seal_certs(const struct cla_seal *seal, struct cla_buf *out, struct cla_err *err)
{
	cla_auto_bio BIO *pem = BIO_new(BIO_s_mem());
	bool ok = pem && PEM_write_bio_X509(pem, seal->cert) == 1;

	for (int i = 0; ok && i < sk_X509_num(seal->chain); i++)
		ok = PEM_write_bio_X509(pem, sk_X509_value(seal->chain, i)) == 1;
	if (!ok || !bio_take(pem, out))
		return cla_crypto_fail(err, CLA_ERR_INTERNAL, "writing the sealing certificate");
	return cla_buf_ok(out, err);
}

bool cla_seal_fingerprint(const struct cla_seal *seal, struct cla_digest *ret, struct cla_err *err)
{
	return cla_x509_fingerprint(seal->cert, ret, err);
}

static void cms_freep(CMS_ContentInfo **p)
{
	CMS_ContentInfo_free(*p);
}
#define auto_cms CLA_CLEANUP(cms_freep)

bool cla_seal_sign(const struct cla_seal *seal, struct cla_str content, struct cla_time now,
		   struct cla_buf *out, struct cla_err *err)
{
	const unsigned flags = CMS_BINARY | CMS_DETACHED | CMS_CADES | CMS_NOSMIMECAP;
	cla_auto_md EVP_MD *md = EVP_MD_fetch(NULL, "SHA2-256", NULL);
	cla_auto_bio BIO *in = cla_bio_over(content);
	cla_auto_asn1_time ASN1_TIME *time = asn1_time_new(now);
	auto_cms CMS_ContentInfo *cms =
		CMS_sign(NULL, NULL, seal->chain, NULL, flags | CMS_PARTIAL);
	unsigned char *der = NULL;

	if (!md || !in || !time || !cms)
		return cla_crypto_fail(err, CLA_ERR_INTERNAL, "preparing a signature");
	CMS_SignerInfo *si = CMS_add1_signer(cms, seal->cert, seal->key, md, flags);
	/* The time is put in before signing: otherwise OpenSSL would ask the system's clock. */
	if (!si ||
	    CMS_signed_add1_attr_by_NID(si, NID_pkcs9_signingTime, ASN1_STRING_type(time), time,
					-1) != 1 ||
	    CMS_final(cms, in, NULL, flags) != 1)
		return cla_crypto_fail(err, CLA_ERR_INTERNAL, "signing");
	int len = i2d_CMS_ContentInfo(cms, &der);
	if (len <= 0)
		return cla_crypto_fail(err, CLA_ERR_INTERNAL, "encoding a signature");
	cla_buf_add(out, (struct cla_str){ (const char *)der, (size_t)len });
	OPENSSL_free(der);
	return cla_buf_ok(out, err);
}

/* --- checking --- */

static enum cla_cms_result verdict(struct cla_cms_info *info, enum cla_cms_result result,
				   const char *detail)
{
	cla_crypto_detail(info->detail, detail);
	return result;
}

/* NULL with a sentence in `why` unless the bytes are one SignedData without content and nothing
 * else. */
static CMS_ContentInfo *cms_read(struct cla_str der, const char **why)
{
	const unsigned char *start = (const unsigned char *)der.ptr, *p = start;

	*why = "not a CMS structure";
	if (!der.len || der.len > INT_MAX)
		return NULL;
	CMS_ContentInfo *cms = d2i_CMS_ContentInfo(NULL, &p, (long)der.len);
	if (!cms)
		return NULL;
	*why = NULL;
	if (p != start + der.len)
		*why = "bytes after the CMS structure";
	else if (OBJ_obj2nid(CMS_get0_type(cms)) != NID_pkcs7_signed)
		*why = "a CMS structure, but not SignedData";
	else if (i2d_CMS_ContentInfo(cms, NULL) != (int)der.len)
		*why = "not encoded in DER";
	else if (CMS_is_detached(cms) != 1)
		*why = "the signature holds content of its own";
	else if (sk_CMS_SignerInfo_num(CMS_get0_SignerInfos(cms)) > 1)
		*why = "more than one signer";
	if (*why) {
		CMS_ContentInfo_free(cms);
		ERR_clear_error();
		return NULL;
	}
	return cms;
}

/* The one value of a signed attribute; NULL when there is none, or more than one. */
static const ASN1_TYPE *attribute(const CMS_SignerInfo *si, int nid)
{
	int at = CMS_signed_get_attr_by_NID(si, nid, -1);
	if (at < 0 || CMS_signed_get_attr_by_NID(si, nid, at) >= 0)
		return NULL;
	X509_ATTRIBUTE *attr = CMS_signed_get_attr(si, at);
	return X509_ATTRIBUTE_count(attr) == 1 ? X509_ATTRIBUTE_get0_type(attr, 0) : NULL;
}

/* Whether the signed attributes name this very certificate as the signer's (RFC 5035 section 3). */
static bool names_signer(const CMS_SignerInfo *si, X509 *signer, STACK_OF(X509) * certs)
{
	const ASN1_TYPE *value = attribute(si, NID_id_smime_aa_signingCertificateV2);
	if (!value || ASN1_TYPE_get(value) != V_ASN1_SEQUENCE)
		return false;

	const ASN1_STRING *seq = value->value.sequence;
	const unsigned char *p = ASN1_STRING_get0_data(seq), *start = p;
	long len = ASN1_STRING_length(seq);
	ESS_SIGNING_CERT_V2 *ess = d2i_ESS_SIGNING_CERT_V2(NULL, &p, len);
	STACK_OF(X509) *chain = sk_X509_new_null();
	bool ok = ess && p == start + len && chain && sk_X509_push(chain, signer) > 0;
	for (int i = 0; ok && i < sk_X509_num(certs); i++)
		if (sk_X509_value(certs, i) != signer)
			ok = sk_X509_push(chain, sk_X509_value(certs, i)) > 0;
	ok = ok && OSSL_ESS_check_signing_certs(NULL, ess, chain, 1) > 0;
	sk_X509_free(chain);
	ESS_SIGNING_CERT_V2_free(ess);
	return ok;
}

static bool digest_is_strong(CMS_SignerInfo *si)
{
	X509_ALGOR *alg = NULL;
	CMS_SignerInfo_get0_algs(si, NULL, NULL, &alg, NULL);
	return cla_algor_is_strong(alg);
}

/* The certificate that the check of the signature really used. */
static bool was_checked_with(CMS_SignerInfo *si, const X509 *signer)
{
	X509 *used = NULL;
	CMS_SignerInfo_get0_algs(si, NULL, &used, NULL, NULL);
	return used && X509_cmp(used, signer) == 0;
}

static X509 *find_signer(CMS_SignerInfo *si, STACK_OF(X509) * certs)
{
	for (int i = 0; i < sk_X509_num(certs); i++)
		if (CMS_SignerInfo_cert_cmp(si, sk_X509_value(certs, i)) == 0)
			return sk_X509_value(certs, i);
	return NULL;
}

static void describe_signer(const CMS_SignerInfo *si, X509 *signer, struct cla_cms_info *info)
{
	struct cla_time when;
	const ASN1_TYPE *value = attribute(si, NID_pkcs9_signingTime);

	cla_x509_subject_text(signer, info->subject);
	int type = value ? ASN1_TYPE_get(value) : -1;
	if ((type == V_ASN1_UTCTIME || type == V_ASN1_GENERALIZEDTIME) &&
	    cla_asn1_time(value->value.asn1_string, &when))
		cla_time_format(when, info->signing_time);
}

/* Whether a chain leads from the signer to an anchor, judged at `when`. An anchor need not be
 * self-signed: whoever hands over a certificate as anchor trusts that one. Purposes are not asked:
 * tax certificates carry none for this. */
static enum cla_cms_result check_chain(X509 *signer, STACK_OF(X509) * certs, struct cla_str anchors,
				       struct cla_time when, struct cla_cms_info *info)
{
	X509_STORE *store = X509_STORE_new();
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	enum cla_cms_result result = CLA_CMS_UNTRUSTED;

	if (!store || !ctx) {
		verdict(info, result, "out of memory");
	} else if (!cla_store_add_anchors(store, anchors)) {
		verdict(info, result, "the anchors are not certificates in PEM");
	} else if (X509_STORE_CTX_init(ctx, store, signer, certs) != 1) {
		verdict(info, result, "the chain cannot be checked");
	} else {
		X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(ctx);
		X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN);
		X509_VERIFY_PARAM_set_time(param, (time_t)when.sec);
		if (X509_verify_cert(ctx) == 1) {
			info->anchored = true;
			result = CLA_CMS_GOOD;
		} else {
			ERR_clear_error();
			int e = X509_STORE_CTX_get_error(ctx);
			snprintf(info->detail, sizeof(info->detail),
				 "the signer's chain does not end in the anchors: %s",
				 X509_verify_cert_error_string(e));
		}
	}
	X509_STORE_CTX_free(ctx);
	X509_STORE_free(store);
	ERR_clear_error();
	return result;
}

enum cla_cms_result cla_cms_verify(struct cla_str cms_der, struct cla_str content,
				   struct cla_str anchors_pem, struct cla_time when,
				   struct cla_cms_info *info)
{
	const char *why;

	memset(info, 0, sizeof(*info));
	ERR_clear_error();
	auto_cms CMS_ContentInfo *cms = cms_read(cms_der, &why);
	if (!cms)
		return verdict(info, CLA_CMS_UNREADABLE, why);

	STACK_OF(CMS_SignerInfo) *infos = CMS_get0_SignerInfos(cms);
	CMS_SignerInfo *si = sk_CMS_SignerInfo_value(infos, 0);
	cla_auto_x509s STACK_OF(X509) *certs = CMS_get1_certs(cms);
	X509 *signer = si ? find_signer(si, certs) : NULL;
	if (!signer)
		return verdict(info, CLA_CMS_NO_SIGNER,
			       si ? "the signer's certificate is not inside" : "nobody signed");
	if (!cla_x509_fingerprint(signer, &info->signer, NULL))
		return verdict(info, CLA_CMS_UNREADABLE, "the signer's certificate is unreadable");
	describe_signer(si, signer, info);

	cla_auto_bio BIO *in = cla_bio_over(content);
	if (!in ||
	    CMS_verify(cms, NULL, NULL, in, NULL, CMS_BINARY | CMS_NO_SIGNER_CERT_VERIFY) != 1)
		return verdict(info, CLA_CMS_BAD_SIGNATURE, "the signature does not hold");
	if (!was_checked_with(si, signer))
		return verdict(info, CLA_CMS_BAD_SIGNATURE,
			       "two certificates claim to be the signer's");
	if (!digest_is_strong(si))
		return verdict(info, CLA_CMS_BAD_SIGNATURE,
			       "signed with a digest weaker than SHA-256");
	if (!names_signer(si, signer, certs))
		return verdict(info, CLA_CMS_NO_CADES,
			       "the signed attributes do not name the signer's certificate");
	if (cla_str_absent(anchors_pem))
		return CLA_CMS_GOOD;
	return check_chain(signer, certs, anchors_pem, when, info);
}
