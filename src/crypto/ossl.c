#include "crypto/crypto_priv.h"

#include <limits.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define MAX_ANCHORS 512

bool cla_crypto_fail(struct cla_err *err, enum cla_err_code code, const char *fmt, ...)
{
	const char *data = NULL;
	int flags = 0;
	/* The oldest entry is where the trouble began; later ones only repeat it from further out.
	 */
	unsigned long first = ERR_peek_error_data(&data, &flags);
	const char *reason = first ? ERR_reason_error_string(first) : NULL;
	char text[512];

	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (ERR_GET_REASON(first) == ERR_R_MALLOC_FAILURE)
		code = CLA_ERR_MEMORY;
	if (!(flags & ERR_TXT_STRING) || !data || !*data)
		data = NULL;
	if (!reason)
		cla_err_set(err, code, "%s", text);
	else
		cla_err_set(err, code, "%s: %s%s%s%s", text, reason, data ? " (" : "",
			    data ? data : "", data ? ")" : "");
	ERR_clear_error();
	return false;
}

void cla_crypto_detail(char out[256], const char *what)
{
	const char *reason = ERR_reason_error_string(ERR_peek_error());
	snprintf(out, 256, "%s%s%s", what, reason ? ": " : "", reason ? reason : "");
	ERR_clear_error();
}

bool cla_asn1_time(const ASN1_TIME *t, struct cla_time *ret)
{
	struct tm tm;
	if (!t || ASN1_TIME_to_tm(t, &tm) != 1) {
		ERR_clear_error();
		return false;
	}
	struct cla_date day = { tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday };
	ret->sec = cla_date_to_days(day) * 86400 + tm.tm_hour * 3600 + tm.tm_min * 60 + tm.tm_sec;
	ret->nsec = 0;
	return true;
}

bool cla_x509_name_line(const X509_NAME *name, struct cla_buf *out)
{
	cla_auto_bio BIO *mem = BIO_new(BIO_s_mem());
	char *text = NULL;
	/* RFC 2253 escapes every byte above 0x7f; names of companies are full of them and people
	 * read this. */
	unsigned long flags = XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB;
	if (!mem || X509_NAME_print_ex(mem, name, 0, flags) < 0) {
		ERR_clear_error();
		return false;
	}
	long len = BIO_get_mem_data(mem, &text);
	if (len > 0)
		cla_buf_add(out, (struct cla_str){ text, (size_t)len });
	return !out->failed;
}

BIO *cla_bio_over(struct cla_str bytes)
{
	if (bytes.len > INT_MAX)
		return NULL;
	/* A NULL pointer would be refused, an empty text is none. */
	return BIO_new_mem_buf(bytes.len ? bytes.ptr : "", (int)bytes.len);
}

int cla_no_passphrase(char *buf, int size, int writing, void *ctx)
{
	(void)buf, (void)size, (void)writing, (void)ctx;
	return -1;
}

X509 *cla_pem_next_cert(BIO *pem, bool *bad)
{
	ERR_clear_error();
	X509 *x = PEM_read_bio_X509(pem, NULL, cla_no_passphrase, NULL);
	unsigned long e = ERR_peek_last_error();
	*bad = !x && !(ERR_GET_LIB(e) == ERR_LIB_PEM && ERR_GET_REASON(e) == PEM_R_NO_START_LINE);
	ERR_clear_error();
	return x;
}

bool cla_x509_fingerprint(const X509 *cert, struct cla_digest *ret, struct cla_err *err)
{
	unsigned char *der = NULL;
	int len = i2d_X509(cert, &der);
	if (len <= 0)
		return cla_crypto_fail(err, CLA_ERR_INTERNAL, "encoding a certificate");
	bool ok = cla_digest_of((struct cla_str){ (const char *)der, (size_t)len }, ret, err);
	OPENSSL_free(der);
	return ok;
}

void cla_x509_subject_text(const X509 *cert, char out[256])
{
	cla_auto_buf struct cla_buf line = CLA_BUF_INIT(64 * 1024);

	out[0] = '\0';
	if (!cla_x509_name_line(X509_get_subject_name(cert), &line))
		return;
	struct cla_str s = cla_str_sub(cla_buf_str(&line), 0, 255);
	while (s.len && !cla_utf8_valid(s, NULL))
		s.len--;
	memcpy(out, s.ptr, s.len);
	out[s.len] = '\0';
}

bool cla_algor_is_strong(const X509_ALGOR *alg)
{
	const ASN1_OBJECT *oid = NULL;

	if (!alg)
		return false;
	X509_ALGOR_get0(&oid, NULL, NULL, alg);
	int nid = OBJ_obj2nid(oid);
	return nid == NID_sha256 || nid == NID_sha384 || nid == NID_sha512;
}

bool cla_store_add_anchors(X509_STORE *store, struct cla_str pem)
{
	cla_auto_bio BIO *in = cla_bio_over(pem);
	bool bad = false;
	int count = 0;
	X509 *x;

	while (in && count < MAX_ANCHORS && (x = cla_pem_next_cert(in, &bad))) {
		count += X509_STORE_add_cert(store, x) == 1;
		X509_free(x);
	}
	return count > 0 && !bad;
}
