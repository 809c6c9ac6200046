/* fiscal/cfdi_query.c - what SAT is asked about a document, and what its QR code says: issuer,
 * receiver, total, stamp and the end of the seal (Anexo 20; the service's document version 1.4). */
#include "fiscal/cfdi.h"

#include "base/dec.h"

#include <string.h>

#define QUERY_MAX 512
#define SEAL_END 8 /* characters of the seal */

/* As XML text: SAT compares the names written so. */
static void add_escaped(struct cla_buf *out, struct cla_str s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] == '&')
			cla_buf_addc(out, "&amp;");
		else
			cla_buf_byte(out, s.ptr[i]);
	}
}

/* From 3.3 on without zeros at the end, but for one decimal; before with six decimals in 17
 * places. False when it is no amount. */
static bool add_total(struct cla_buf *out, struct cla_str total, bool old)
{
	struct cla_dec amount = cla_dec_parse(cla_str_trim(total));
	char text[CLA_DEC_TEXT];

	if (!amount.ok || cla_dec_sign(amount) < 0)
		return false;
	amount = cla_dec_round(amount, old ? 6 : amount.scale > 6 ? 6 : amount.scale);
	struct cla_str digits = cla_str_from(cla_dec_format(amount, text));
	if (old) {
		for (size_t i = digits.len; i < 17; i++)
			cla_buf_byte(out, '0');
		cla_buf_add(out, digits);
		return true;
	}
	if (!amount.scale) {
		cla_buf_add(out, digits);
		cla_buf_addc(out, ".0");
		return true;
	}
	while (cla_str_ends(digits, "0") && digits.ptr[digits.len - 2] != '.')
		digits = cla_str_sub(digits, 0, digits.len - 1);
	cla_buf_add(out, digits);
	return true;
}

void cla_cfdi_make_query(struct cla_case *c)
{
	cla_auto_buf struct cla_buf out = CLA_BUF_INIT(QUERY_MAX);
	struct cla_document *d = c->document;
	struct cla_str seal = cla_str_trim(cla_xml_attr(c->root, "Sello"));
	bool old = cla_str_absent(cla_xml_attr(c->root, "Version"));

	if (cla_str_absent(d->id) || !d->issuer.len || !d->receiver.len)
		return;
	cla_buf_addc(&out, "?re=");
	add_escaped(&out, d->issuer);
	cla_buf_addc(&out, "&rr=");
	add_escaped(&out, d->receiver);
	cla_buf_addc(&out, "&tt=");
	if (!add_total(&out, d->total, old))
		return;
	cla_buf_addf(&out, "&id=" CLA_STR_FMT, CLA_STR_ARG(d->id));
	if (!old && seal.len >= SEAL_END) {
		cla_buf_addc(&out, "&fe=");
		cla_buf_add(&out, cla_str_sub(seal, seal.len - SEAL_END, SEAL_END));
	}
	if (cla_buf_ok(&out, NULL))
		d->query = cla_case_keep(c, cla_buf_str(&out));
}
