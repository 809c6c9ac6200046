#include "crypto/crypto_priv.h"

#include "crypto/stamp.h"

#include <limits.h>
#include <openssl/err.h>
#include <openssl/ts.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

CLA_SSL_AUTO(TS_RESP, resp, TS_RESP_free)
CLA_SSL_AUTO(TS_VERIFY_CTX, check, TS_VERIFY_CTX_free)
CLA_SSL_AUTO(TS_REQ, req, TS_REQ_free)
CLA_SSL_AUTO(TS_MSG_IMPRINT, imprint, TS_MSG_IMPRINT_free)
CLA_SSL_AUTO(ASN1_INTEGER, integer, ASN1_INTEGER_free)
CLA_SSL_AUTO(X509_ALGOR, algor, X509_ALGOR_free)
#define auto_req CLA_CLEANUP(req_freep)
#define auto_imprint CLA_CLEANUP(imprint_freep)
#define auto_integer CLA_CLEANUP(integer_freep)
#define auto_algor CLA_CLEANUP(algor_freep)
#define auto_resp CLA_CLEANUP(resp_freep)
#define auto_check CLA_CLEANUP(check_freep)

static enum cla_stamp_result verdict(struct cla_stamp_info *info, enum cla_stamp_result result,
				     const char *detail)
{
	cla_crypto_detail(info->detail, detail);
	return result;
}

/* NULL with a sentence in `why` unless the bytes are one answer that grants a token, and nothing
 * else. */
static TS_RESP *read_answer(struct cla_str der, const char **why)
{
	const unsigned char *start = (const unsigned char *)der.ptr, *p = start;

	*why = "not a TimeStampResp";
	if (!der.len || der.len > INT_MAX)
		return NULL;
	TS_RESP *resp = d2i_TS_RESP(NULL, &p, (long)der.len);
	if (!resp)
		return NULL;
	long status = ASN1_INTEGER_get(TS_STATUS_INFO_get0_status(TS_RESP_get_status_info(resp)));
	*why = NULL;
	if (p != start + der.len)
		*why = "bytes after the TimeStampResp";
	else if (i2d_TS_RESP(resp, NULL) != (int)der.len)
		*why = "not encoded in DER";
	else if (status != TS_STATUS_GRANTED && status != TS_STATUS_GRANTED_WITH_MODS)
		*why = "the authority refused";
	else if (!TS_RESP_get_token(resp) || !TS_RESP_get_tst_info(resp))
		*why = "no time-stamp token inside";
	if (*why) {
		TS_RESP_free(resp);
		ERR_clear_error();
		return NULL;
	}
	return resp;
}

/* The certificate of the one signer. */
static X509 *find_signer(PKCS7 *token)
{
	STACK_OF(PKCS7_SIGNER_INFO) *infos = PKCS7_get_signer_info(token);
	if (sk_PKCS7_SIGNER_INFO_num(infos) != 1)
		return NULL;
	STACK_OF(X509) *signers = PKCS7_get0_signers(token, NULL, 0);
	X509 *signer = sk_X509_value(signers, 0);
	sk_X509_free(signers);
	return signer;
}

static bool digests_are_strong(PKCS7 *token, TS_TST_INFO *tst)
{
	X509_ALGOR *alg = NULL;
	PKCS7_SIGNER_INFO_get0_algs(sk_PKCS7_SIGNER_INFO_value(PKCS7_get_signer_info(token), 0),
				    NULL, &alg, NULL);
	return cla_algor_is_strong(alg) &&
	       cla_algor_is_strong(TS_MSG_IMPRINT_get_algo(TS_TST_INFO_get_msg_imprint(tst)));
}

/* One check by OpenSSL: what `flags` ask for. Takes over `store`. */
static bool holds(TS_RESP *resp, int flags, X509_STORE *store, BIO *data)
{
	auto_check TS_VERIFY_CTX *check = TS_VERIFY_CTX_new();

	if (!check) {
		X509_STORE_free(store);
		BIO_free(data);
		return false;
	}
	TS_VERIFY_CTX_set_flags(check, flags);
	TS_VERIFY_CTX_set_store(check, store);
	TS_VERIFY_CTX_set_data(check, data);
	return TS_RESP_verify_response(check, resp) == 1;
}

/* Trusts what it is given as anchors, self-signed or not, at the time of the stamp. */
static X509_STORE *store_at(struct cla_time when)
{
	X509_STORE *store = X509_STORE_new();
	if (!store)
		return NULL;
	X509_VERIFY_PARAM *param = X509_STORE_get0_param(store);
	X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN);
	X509_VERIFY_PARAM_set_time(param, (time_t)when.sec);
	return store;
}

static enum cla_stamp_result check_signature(TS_RESP *resp, X509 *signer, struct cla_str anchors,
					     struct cla_stamp_info *info)
{
	X509_STORE *own = store_at(info->time), *given = NULL;

	/* The signature alone: the authority's own certificate is the anchor. */
	if (!own || X509_STORE_add_cert(own, signer) != 1) {
		X509_STORE_free(own);
		return verdict(info, CLA_STAMP_BAD_SIGNATURE, "the signature cannot be checked");
	}
	if (!holds(resp, TS_VFY_VERSION | TS_VFY_SIGNATURE, own, NULL))
		return verdict(info, CLA_STAMP_BAD_SIGNATURE, "the signature does not hold");
	if (cla_str_absent(anchors))
		return CLA_STAMP_GOOD;
	given = store_at(info->time);
	if (!given || !cla_store_add_anchors(given, anchors)) {
		X509_STORE_free(given);
		return verdict(info, CLA_STAMP_UNTRUSTED,
			       "the anchors are not certificates in PEM");
	}
	if (!holds(resp, TS_VFY_SIGNATURE, given, NULL))
		return verdict(info, CLA_STAMP_UNTRUSTED,
			       "the authority's chain does not end in the anchors");
	info->anchored = true;
	return CLA_STAMP_GOOD;
}

enum cla_stamp_result cla_stamp_verify(struct cla_str tsr_der, struct cla_str data,
				       struct cla_str anchors_pem, struct cla_stamp_info *info)
{
	const char *why;

	memset(info, 0, sizeof(*info));
	ERR_clear_error();
	auto_resp TS_RESP *resp = read_answer(tsr_der, &why);
	if (!resp)
		return verdict(info, CLA_STAMP_UNREADABLE, why);
	TS_TST_INFO *tst = TS_RESP_get_tst_info(resp);
	if (!cla_asn1_time(TS_TST_INFO_get_time(tst), &info->time))
		return verdict(info, CLA_STAMP_UNREADABLE, "its time cannot be read");
	X509 *signer = find_signer(TS_RESP_get_token(resp));
	if (!signer || !cla_x509_fingerprint(signer, &info->signer, NULL))
		return verdict(info, CLA_STAMP_NO_SIGNER,
			       "the authority's certificate is not inside");
	cla_x509_subject_text(signer, info->subject);
	if (!cla_asn1_time(X509_get0_notAfter(signer), &info->until))
		return verdict(info, CLA_STAMP_UNREADABLE,
			       "the end of the authority's certificate cannot be read");
	if (!digests_are_strong(TS_RESP_get_token(resp), tst))
		return verdict(info, CLA_STAMP_OTHER_DATA, "a digest weaker than SHA-256");
	BIO *in = cla_bio_over(data);
	if (!in || !holds(resp, TS_VFY_VERSION | TS_VFY_DATA, NULL, in))
		return verdict(info, CLA_STAMP_OTHER_DATA, "the stamp is over other bytes");
	return check_signature(resp, signer, anchors_pem, info);
}

/* --- asking --- */

static ASN1_INTEGER *random_nonce(struct cla_err *err)
{
	unsigned char bytes[16];

	if (!cla_random(bytes, sizeof(bytes), err))
		return NULL;
	/* Positive and of full length. */
	bytes[0] = (unsigned char)((bytes[0] & 0x7f) | 0x40);
	BIGNUM *bn = BN_bin2bn(bytes, sizeof(bytes), NULL);
	ASN1_INTEGER *nonce = bn ? BN_to_ASN1_INTEGER(bn, NULL) : NULL;
	BN_free(bn);
	if (!nonce)
		cla_err_oom(err);
	return nonce;
}

static bool set_imprint(TS_REQ *req, struct cla_str data, struct cla_err *err)
{
	auto_imprint TS_MSG_IMPRINT *imprint = TS_MSG_IMPRINT_new();
	auto_algor X509_ALGOR *algor = X509_ALGOR_new();
	struct cla_digest digest;

	if (!cla_digest_of(data, &digest, err))
		return false;
	return (imprint && algor &&
		X509_ALGOR_set0(algor, OBJ_nid2obj(NID_sha256), V_ASN1_NULL, NULL) == 1 &&
		TS_MSG_IMPRINT_set_algo(imprint, algor) == 1 &&
		TS_MSG_IMPRINT_set_msg(imprint, digest.bytes, sizeof(digest.bytes)) == 1 &&
		TS_REQ_set_msg_imprint(req, imprint) == 1) ||
	       cla_crypto_fail(err, CLA_ERR_INTERNAL, "making a time-stamp request");
}

bool cla_stamp_request(struct cla_str data, struct cla_buf *out, struct cla_err *err)
{
	auto_req TS_REQ *req = TS_REQ_new();
	auto_integer ASN1_INTEGER *nonce = random_nonce(err);
	unsigned char *der = NULL;

	if (!nonce)
		return false;
	if (!req || !set_imprint(req, data, err))
		return req ? false : cla_err_oom(err);
	int len = TS_REQ_set_version(req, 1) == 1 && TS_REQ_set_nonce(req, nonce) == 1 &&
				  TS_REQ_set_cert_req(req, 1) == 1
			  ? i2d_TS_REQ(req, &der)
			  : 0;
	if (len <= 0)
		return cla_crypto_fail(err, CLA_ERR_INTERNAL, "making a time-stamp request");
	cla_buf_add(out, (struct cla_str){ (const char *)der, (size_t)len });
	OPENSSL_free(der);
	return cla_buf_ok(out, err);
}

/* Imprint and nonce; what the signature says is looked at elsewhere. */
static bool answers(TS_RESP *resp, struct cla_str request_der)
{
	const unsigned char *p = (const unsigned char *)request_der.ptr;
	auto_req TS_REQ *req =
		request_der.len > INT_MAX ? NULL : d2i_TS_REQ(NULL, &p, (long)request_der.len);
	auto_check TS_VERIFY_CTX *check = req ? TS_REQ_to_TS_VERIFY_CTX(req, NULL) : NULL;

	if (!check)
		return false;
	TS_VERIFY_CTX_set_flags(check, TS_VFY_VERSION | TS_VFY_IMPRINT | TS_VFY_NONCE);
	return TS_RESP_verify_response(check, resp) == 1;
}

enum cla_stamp_result cla_stamp_check_answer(struct cla_str tsr_der, struct cla_str request_der,
					     struct cla_str data, struct cla_str anchors_pem,
					     struct cla_stamp_info *info)
{
	enum cla_stamp_result result = cla_stamp_verify(tsr_der, data, anchors_pem, info);
	const char *why;

	if (result != CLA_STAMP_GOOD)
		return result;
	auto_resp TS_RESP *resp = read_answer(tsr_der, &why);
	if (!resp || !answers(resp, request_der))
		return verdict(info, CLA_STAMP_OTHER_REQUEST, "the answer is to another request");
	ERR_clear_error();
	return CLA_STAMP_GOOD;
}
