#include "crypto/crypto_priv.h"

#include <limits.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>

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
