/* fiscal/cfdi_checks.c - what the rules of CFDI and its complements ask of an attribute again and
 * again. */
#include "fiscal/cfdi.h"
#include "fiscal/layout.h"
#include "model/id/taxid.h"

struct cla_dec cla_cfdi_number(const struct cla_xml *el, const char *attr)
{
	return cla_dec_parse(cla_xml_attr(el, attr));
}

struct cla_dec cla_cfdi_number_or_zero(const struct cla_xml *el, const char *attr)
{
	return cla_cfdi_has(el, attr) ? cla_cfdi_number(el, attr) : CLA_DEC_ZERO;
}

bool cla_cfdi_has(const struct cla_xml *el, const char *attr)
{
	return !cla_str_absent(cla_xml_attr(el, attr));
}

bool cla_cfdi_one_of(const struct cla_xml *el, const char *attr, const char *words)
{
	return cla_has_word(cla_str_from(words), ' ', cla_xml_attr(el, attr));
}

void cla_cfdi_refuse(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *el,
		     const char *attr)
{
	if (cla_cfdi_has(el, attr))
		cla_case_fail(c, r, el, attr, CLA_STR_NONE, cla_xml_attr(el, attr));
}

void cla_cfdi_require(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *el,
		      const char *attr)
{
	if (!cla_cfdi_has(el, attr))
		cla_case_fail(c, r, el, attr, CLA_STR_NONE, CLA_STR_NONE);
}

void cla_cfdi_check_words(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *el,
			  const char *attr, const char *words)
{
	if (!cla_cfdi_one_of(el, attr, words))
		cla_case_fail(c, r, el, attr, cla_str_from(words), cla_xml_attr(el, attr));
}

void cla_cfdi_check_positive(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *el,
			     const char *attr, struct cla_dec amount)
{
	if (!amount.ok)
		cla_case_unknown(c, r, el, cla_str_from(attr));
	else if (cla_dec_sign(amount) <= 0)
		cla_case_fail(c, r, el, attr, CLA_STR_NONE, cla_xml_attr(el, attr));
}

void cla_cfdi_check_decimals(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *el,
			     const char *attr, int decimals, const char *currency)
{
	struct cla_dec value = cla_cfdi_number(el, attr);

	if (!value.ok || decimals < 0)
		cla_case_unknown(c, r, el, cla_str_from(value.ok ? currency : attr));
	else if (value.scale > decimals)
		cla_case_fail(c, r, el, attr, cla_case_text(c, "%d", decimals),
			      cla_xml_attr(el, attr));
}

void cla_cfdi_check_rfc(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *el,
			const char *attr, bool abroad)
{
	struct cla_str rfc = cla_xml_attr(el, attr);
	enum cla_rfc form = cla_rfc_check(rfc);

	if (cla_str_absent(rfc) || form == CLA_RFC_LEGAL || form == CLA_RFC_NATURAL ||
	    (abroad && cla_str_eqc(rfc, "XEXX010101000")))
		return;
	cla_case_fail(c, r, el, attr, CLA_STR_NONE, rfc);
}
