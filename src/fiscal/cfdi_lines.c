/* fiscal/cfdi_lines.c - what the lines of a CFDI and its summary of taxes have to hold: which taxes a
 * line needs, that a tax is one, that nothing is said twice, and the decimals of the summary. Sums
 * and amounts are in cfdi_totals.c. */
#include "fiscal/cfdi.h"

#include "fiscal/layout.h"

#include <string.h>

static cla_rule_fn discount_decimals, taxes_required, taxes_forbidden, taxes_hold;
static cla_rule_fn transfer_base, transfer_tax, transfer_factor, withheld_base, withheld_tax,
	withheld_factor, withheld_rate;
static cla_rule_fn third_party_valid, third_party_differs, third_party_regime, customs_absent,
	part_customs_absent;
static cla_rule_fn part_value, part_amount, taxes_absent, customs_number, part_customs_number;
static cla_rule_fn summary_decimals, summary_tax, summary_twice, summary_exempt, summary_rate;

static const struct cla_rule rules[] = {
	CLA_CFDI_RULE("cfdi.line-discount-decimals", "CFDI40168", TOTALS, FAIL, discount_decimals,
		      "Descuento of a line has more decimals than its Importe.",
		      "Descuento de un concepto tiene más decimales que su Importe.",
		      "Descuento de um item tem mais casas decimais que o seu Importe."),
	CLA_CFDI_RULE("cfdi.line-taxes-missing", "CFDI40171", TOTALS, FAIL, taxes_required,
		      "ObjetoImp 02 needs Impuestos.", "ObjetoImp 02 requiere Impuestos.",
		      "ObjetoImp 02 requer Impuestos."),
	CLA_CFDI_RULE("cfdi.line-taxes-excess", "CFDI40172", TOTALS, FAIL, taxes_forbidden,
		      "This ObjetoImp admits no Impuestos.", "Este ObjetoImp no admite Impuestos.",
		      "Este ObjetoImp não admite Impuestos."),
	CLA_CFDI_RULE("cfdi.line-taxes-empty", "CFDI40173", TOTALS, FAIL, taxes_hold,
		      "Impuestos of a line holds no tax.",
		      "Impuestos de un concepto no contiene impuestos.",
		      "Impuestos de um item não contém impostos."),
	CLA_CFDI_RULE("cfdi.line-transfer-base", "CFDI40174", TOTALS, FAIL, transfer_base,
		      "Base of a transfer must be greater than zero.",
		      "Base de un traslado debe ser mayor que cero.",
		      "Base de uma transferência deve ser maior que zero."),
	CLA_CFDI_RULE("cfdi.line-transfer-tax", "CFDI40175", CATALOGS, FAIL, transfer_tax,
		      "Impuesto of a transfer is not in catalog c_Impuesto.",
		      "Impuesto de un traslado no está en el catálogo c_Impuesto.",
		      "Impuesto de uma transferência não está no catálogo c_Impuesto."),
	CLA_CFDI_RULE("cfdi.line-transfer-factor", "CFDI40176", CATALOGS, FAIL, transfer_factor,
		      "TipoFactor of a transfer is not in catalog c_TipoFactor.",
		      "TipoFactor de un traslado no está en el catálogo c_TipoFactor.",
		      "TipoFactor de uma transferência não está no catálogo c_TipoFactor."),
	CLA_CFDI_RULE("cfdi.line-withholding-base", "CFDI40181", TOTALS, FAIL, withheld_base,
		      "Base of a withholding must be greater than zero.",
		      "Base de una retención debe ser mayor que cero.",
		      "Base de uma retenção deve ser maior que zero."),
	CLA_CFDI_RULE("cfdi.line-withholding-tax", "CFDI40182", CATALOGS, FAIL, withheld_tax,
		      "Impuesto of a withholding is not in catalog c_Impuesto.",
		      "Impuesto de una retención no está en el catálogo c_Impuesto.",
		      "Impuesto de uma retenção não está no catálogo c_Impuesto."),
	CLA_CFDI_RULE("cfdi.line-withholding-factor", "CFDI40183", CATALOGS, FAIL, withheld_factor,
		      "TipoFactor of a withholding is not in catalog c_TipoFactor.",
		      "TipoFactor de una retención no está en el catálogo c_TipoFactor.",
		      "TipoFactor de uma retenção não está no catálogo c_TipoFactor."),
	CLA_CFDI_RULE("cfdi.line-withholding-rate", "CFDI40185", CATALOGS, FAIL, withheld_rate,
		      "TasaOCuota of a withholding is not in catalog c_TasaOCuota.",
		      "TasaOCuota de una retención no está en el catálogo c_TasaOCuota.",
		      "TasaOCuota de uma retenção não está no catálogo c_TasaOCuota."),
	CLA_CFDI_RULE("cfdi.third-party-rfc", "CFDI40187", IDENTITY, WARN, third_party_valid,
		      "RfcACuentaTerceros is no valid RFC.",
		      "RfcACuentaTerceros no es un RFC válido.",
		      "RfcACuentaTerceros não é um RFC válido."),
	CLA_CFDI_RULE("cfdi.third-party", "CFDI40188", IDENTITY, FAIL, third_party_differs,
		      "RfcACuentaTerceros is that of the issuer or the receiver.",
		      "RfcACuentaTerceros es el del emisor o el del receptor.",
		      "RfcACuentaTerceros é o do emissor ou o do receptor."),
	CLA_CFDI_RULE("cfdi.third-party-regime", "CFDI40191", CATALOGS, FAIL, third_party_regime,
		      "RegimenFiscalACuentaTerceros does not fit the kind of person.",
		      "RegimenFiscalACuentaTerceros no corresponde al tipo de persona.",
		      "RegimenFiscalACuentaTerceros não corresponde ao tipo de pessoa."),
	CLA_CFDI_RULE("cfdi.line-customs", "CFDI40195", CATALOGS, FAIL, customs_absent,
		      "InformacionAduanera must be absent with Comercio Exterior.",
		      "InformacionAduanera debe omitirse con Comercio Exterior.",
		      "InformacionAduanera deve ser omitida com Comercio Exterior."),
	CLA_CFDI_RULE("cfdi.part-value", "CFDI40197", TOTALS, FAIL, part_value,
		      "ValorUnitario of a part must be greater than zero.",
		      "ValorUnitario de una parte debe ser mayor que cero.",
		      "ValorUnitario de uma parte deve ser maior que zero."),
	CLA_CFDI_RULE("cfdi.part-amount", "CFDI40198", TOTALS, FAIL, part_amount,
		      "Importe of a part is not Cantidad by ValorUnitario.",
		      "Importe de una parte no es Cantidad por ValorUnitario.",
		      "Importe de uma parte não é Cantidad vezes ValorUnitario."),
	CLA_CFDI_RULE("cfdi.part-customs", "CFDI40200", CATALOGS, FAIL, part_customs_absent,
		      "InformacionAduanera of a part must be absent with Comercio Exterior.",
		      "InformacionAduanera de una parte debe omitirse con Comercio Exterior.",
		      "InformacionAduanera de uma parte deve ser omitida com Comercio Exterior."),
	CLA_CFDI_RULE("cfdi.customs-number", "CFDI40194", CATALOGS, FAIL, customs_number,
		      "NumeroPedimento is not valid.", "NumeroPedimento no es válido.",
		      "NumeroPedimento não é válido."),
	CLA_CFDI_RULE("cfdi.part-customs-number", "CFDI40199", CATALOGS, FAIL, part_customs_number,
		      "NumeroPedimento of a part is not valid.",
		      "NumeroPedimento de una parte no es válido.",
		      "NumeroPedimento de uma parte não é válido."),
	CLA_CFDI_RULE("cfdi.taxes-absent", "CFDI40201", TOTALS, FAIL, taxes_absent,
		      "Impuestos must be absent in transfers of goods and payments.",
		      "Impuestos debe omitirse en traslados y pagos.",
		      "Impuestos deve ser omitido em transportes e pagamentos."),
	CLA_CFDI_RULE("cfdi.withheld-total-decimals", "CFDI40202", TOTALS, FAIL, summary_decimals,
		      "TotalImpuestosRetenidos has more decimals than the currency.",
		      "TotalImpuestosRetenidos tiene más decimales que la moneda.",
		      "TotalImpuestosRetenidos tem mais casas decimais que a moeda."),
	CLA_CFDI_RULE("cfdi.transferred-total-decimals", "CFDI40204", TOTALS, FAIL,
		      summary_decimals,
		      "TotalImpuestosTrasladados has more decimals than the currency.",
		      "TotalImpuestosTrasladados tiene más decimales que la moneda.",
		      "TotalImpuestosTrasladados tem mais casas decimais que a moeda."),
	CLA_CFDI_RULE(
		"cfdi.withholding-tax", "CFDI40207", CATALOGS, FAIL, summary_tax,
		"Impuesto of a withholding of the document is not in catalog c_Impuesto.",
		"Impuesto de una retención del comprobante no está en el catálogo c_Impuesto.",
		"Impuesto de uma retenção do documento não está no catálogo c_Impuesto."),
	CLA_CFDI_RULE("cfdi.withholding-twice", "CFDI40208", TOTALS, FAIL, summary_twice,
		      "The document has a withheld tax twice.",
		      "El comprobante tiene dos veces un impuesto retenido.",
		      "O documento tem duas vezes um imposto retido."),
	CLA_CFDI_RULE("cfdi.withholding-decimals", "CFDI40210", TOTALS, FAIL, summary_decimals,
		      "Importe of a withholding has more decimals than the currency.",
		      "Importe de una retención tiene más decimales que la moneda.",
		      "Importe de uma retenção tem mais casas decimais que a moeda."),
	CLA_CFDI_RULE("cfdi.transfer-exempt", "CFDI40213", TOTALS, FAIL, summary_exempt,
		      "An exempt transfer of the document has neither TasaOCuota nor Importe.",
		      "Un traslado exento del comprobante no lleva TasaOCuota ni Importe.",
		      "Uma transferência isenta do documento não tem TasaOCuota nem Importe."),
	CLA_CFDI_RULE("cfdi.transfer-base-decimals", "CFDI40214", TOTALS, FAIL, summary_decimals,
		      "Base of a transfer has more decimals than the currency.",
		      "Base de un traslado tiene más decimales que la moneda.",
		      "Base de uma transferência tem mais casas decimais que a moeda."),
	CLA_CFDI_RULE("cfdi.transfer-tax", "CFDI40217", CATALOGS, FAIL, summary_tax,
		      "Impuesto of a transfer of the document is not in catalog c_Impuesto.",
		      "Impuesto de un traslado del comprobante no está en el catálogo c_Impuesto.",
		      "Impuesto de uma transferência do documento não está no catálogo "
		      "c_Impuesto."),
	CLA_CFDI_RULE(
		"cfdi.transfer-twice", "CFDI40218", TOTALS, FAIL, summary_twice,
		"The document has a transfer of the same tax, factor and rate twice.",
		"El comprobante tiene dos veces un traslado del mismo impuesto, factor y tasa.",
		"O documento tem duas vezes uma transferência do mesmo imposto, fator e taxa."),
	CLA_CFDI_RULE("cfdi.transfer-rate", "CFDI40219", CATALOGS, FAIL, summary_rate,
		      "TasaOCuota of a transfer of the document is not in catalog c_TasaOCuota.",
		      "TasaOCuota de un traslado del comprobante no está en el catálogo "
		      "c_TasaOCuota.",
		      "TasaOCuota de uma transferência do documento não está no catálogo "
		      "c_TasaOCuota."),
	CLA_CFDI_RULE("cfdi.transfer-decimals", "CFDI40220", TOTALS, FAIL, summary_decimals,
		      "Importe of a transfer has more decimals than the currency.",
		      "Importe de un traslado tiene más decimales que la moneda.",
		      "Importe de uma transferência tem mais casas decimais que a moeda."),
};

const struct cla_rule_table cla_cfdi_line_rules = { "cfdi-lines", rules, CLA_LEN(rules) };

static bool is_exempt(const struct cla_xml *tax)
{
	return cla_str_eqc(cla_xml_attr(tax, "TipoFactor"), "Exento");
}

/*
 * Lines
 */

typedef void line_fn(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *line);

static void each_line(struct cla_case *c, const struct cla_rule *r, line_fn *fn)
{
	const struct cla_cfdi *f = cla_cfdi_of(c);

	for (const struct cla_xml *line = cla_cfdi_next_line(f, NULL); line;
	     line = cla_cfdi_next_line(f, line))
		fn(c, r, line);
}

#define EACH_LINE(rule, check)                                                                     \
	static void rule(struct cla_case *c, const struct cla_rule *r)                             \
	{                                                                                          \
		each_line(c, r, check);                                                            \
	}

static void check_discount(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *line)
{
	if (!cla_cfdi_has(line, "Descuento"))
		return;
	struct cla_dec discount = cla_cfdi_number(line, "Descuento"),
		       amount = cla_cfdi_number(line, "Importe");
	/* what cannot be read is told with the range of the discount */
	if (discount.ok && amount.ok && discount.scale > amount.scale)
		cla_case_fail(c, r, line, "Descuento", cla_case_text(c, "%d", amount.scale),
			      cla_xml_attr(line, "Descuento"));
}
EACH_LINE(discount_decimals, check_discount)

static void check_required(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *line)
{
	if (cla_cfdi_one_of(line, "ObjetoImp", "02") && !cla_cfdi_child(line, "Impuestos"))
		cla_case_fail(c, r, line, NULL, CLA_STR("Impuestos"), CLA_STR_NONE);
}
EACH_LINE(taxes_required, check_required)

static void check_forbidden(struct cla_case *c, const struct cla_rule *r,
			    const struct cla_xml *line)
{
	if (cla_cfdi_one_of(line, "ObjetoImp", "01 03 04 05") && cla_cfdi_child(line, "Impuestos"))
		cla_case_fail(c, r, line, "ObjetoImp", CLA_STR_NONE,
			      cla_xml_attr(line, "ObjetoImp"));
}
EACH_LINE(taxes_forbidden, check_forbidden)

static void check_hold(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *line)
{
	const struct cla_xml *taxes = cla_cfdi_child(line, "Impuestos");

	if (taxes && !cla_cfdi_first_tax(taxes, "Traslados") &&
	    !cla_cfdi_first_tax(taxes, "Retenciones"))
		cla_case_fail(c, r, taxes, NULL, CLA_STR_NONE, CLA_STR_NONE);
}
EACH_LINE(taxes_hold, check_hold)

static void check_third_rfc(struct cla_case *c, const struct cla_rule *r,
			    const struct cla_xml *line)
{
	cla_cfdi_check_rfc(c, r, cla_cfdi_child(line, "ACuentaTerceros"), "RfcACuentaTerceros",
			   false);
}
EACH_LINE(third_party_valid, check_third_rfc)

static void check_third_party(struct cla_case *c, const struct cla_rule *r,
			      const struct cla_xml *line)
{
	const struct cla_cfdi *f = cla_cfdi_of(c);
	const struct cla_xml *party = cla_cfdi_child(line, "ACuentaTerceros");
	struct cla_str rfc = cla_xml_attr(party, "RfcACuentaTerceros");

	if (!cla_str_absent(rfc) &&
	    (cla_str_eq(rfc, f->issuer_rfc) || cla_str_eq(rfc, f->receiver_rfc)))
		cla_case_fail(c, r, party, "RfcACuentaTerceros", CLA_STR_NONE, rfc);
}
EACH_LINE(third_party_differs, check_third_party)

static void check_third_regime(struct cla_case *c, const struct cla_rule *r,
			       const struct cla_xml *line)
{
	const struct cla_xml *party = cla_cfdi_child(line, "ACuentaTerceros");
	struct cla_str regime = cla_xml_attr(party, "RegimenFiscalACuentaTerceros"), row;

	if (!cla_str_absent(regime) &&
	    (!cla_cfdi_code("c_RegimenFiscal.tsv", regime, &row) ||
	     !cla_cfdi_fits_person(row, cla_xml_attr(party, "RfcACuentaTerceros"))))
		cla_case_fail(c, r, party, "RegimenFiscalACuentaTerceros",
			      cla_xml_attr(party, "RfcACuentaTerceros"), regime);
}
EACH_LINE(third_party_regime, check_third_regime)

static void refuse_customs(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *el)
{
	const struct cla_xml *customs = cla_cfdi_child(el, "InformacionAduanera");

	if (customs && cla_cfdi_of(c)->trade)
		cla_case_fail(c, r, customs, NULL, CLA_STR_NONE,
			      cla_xml_attr(customs, "NumeroPedimento"));
}
EACH_LINE(customs_absent, refuse_customs)

static void each_part(struct cla_case *c, const struct cla_rule *r, line_fn *fn)
{
	const struct cla_cfdi *f = cla_cfdi_of(c);

	for (const struct cla_xml *line = cla_cfdi_next_line(f, NULL); line;
	     line = cla_cfdi_next_line(f, line)) {
		const struct cla_xml *part = cla_cfdi_child(line, "Parte");
		for (; part; part = cla_cfdi_next(part))
			fn(c, r, part);
	}
}

/* Year, customs office, agent's licence, seven digits, two blanks between them. The years and lists
 * are those that SAT's text is understood to mean: they warn. */
static void check_number(struct cla_case *c, const struct cla_rule *r,
			 const struct cla_xml *customs)
{
	struct cla_str text = cla_xml_attr(customs, "NumeroPedimento"), row;
	const struct cla_cfdi *f = cla_cfdi_of(c);
	uint64_t year, issued;
	const char *wrong = NULL;

	if (text.len != 21 || !cla_str_digits(cla_str_sub(text, 0, 2)) ||
	    !cla_str_digits(cla_str_sub(text, 4, 2)) || !cla_str_digits(cla_str_sub(text, 8, 4)) ||
	    !cla_str_digits(cla_str_sub(text, 14, 7)) ||
	    !cla_str_eqc(cla_str_sub(text, 2, 2), "  ") ||
	    !cla_str_eqc(cla_str_sub(text, 6, 2), "  ") ||
	    !cla_str_eqc(cla_str_sub(text, 12, 2), "  ")) {
		cla_case_fail(c, r, customs, "NumeroPedimento", CLA_STR("yy  aa  pppp  nnnnnnn"),
			      text);
		return;
	}
	if (!cla_cfdi_code("c_Aduana.tsv", cla_str_sub(text, 4, 2), &row))
		wrong = "c_Aduana";
	else if (!cla_cfdi_code("c_PatenteAduanal.tsv", cla_str_sub(text, 8, 4), &row))
		wrong = "c_PatenteAduanal";
	else if (cla_str_to_u64(cla_str_sub(text, 0, 2), &year) &&
		 cla_str_to_u64(cla_str_sub(f->issued_at, 0, 4), &issued) &&
		 (2000 + year > issued || 2000 + year + 10 < issued))
		wrong = "Fecha";
	if (wrong)
		cla_case_report(c, r, CLA_VERDICT_WARN, customs, "NumeroPedimento",
				cla_str_from(wrong), text);
}

static void check_numbers(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *el)
{
	const struct cla_xml *customs = cla_cfdi_child(el, "InformacionAduanera");

	for (; customs; customs = cla_cfdi_next(customs))
		check_number(c, r, customs);
}
EACH_LINE(customs_number, check_numbers)

static void part_customs_number(struct cla_case *c, const struct cla_rule *r)
{
	each_part(c, r, check_numbers);
}

static void part_customs_absent(struct cla_case *c, const struct cla_rule *r)
{
	each_part(c, r, refuse_customs);
}

static void check_part_value(struct cla_case *c, const struct cla_rule *r,
			     const struct cla_xml *part)
{
	if (!cla_str_absent(cla_xml_attr(part, "ValorUnitario")))
		cla_cfdi_check_positive(c, r, part, "ValorUnitario",
					cla_cfdi_number(part, "ValorUnitario"));
}

static void part_value(struct cla_case *c, const struct cla_rule *r)
{
	each_part(c, r, check_part_value);
}

static void check_part_amount(struct cla_case *c, const struct cla_rule *r,
			      const struct cla_xml *part)
{
	if (!cla_str_absent(cla_xml_attr(part, "ValorUnitario")) &&
	    !cla_str_absent(cla_xml_attr(part, "Importe")))
		cla_cfdi_check_limits(c, r, part, "Cantidad", "ValorUnitario", false);
}

static void part_amount(struct cla_case *c, const struct cla_rule *r)
{
	each_part(c, r, check_part_amount);
}

/*
 * Taxes of lines
 */

static void check_base(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *tax)
{
	cla_cfdi_check_positive(c, r, tax, "Base", cla_cfdi_number(tax, "Base"));
}

static void transfer_base(struct cla_case *c, const struct cla_rule *r)
{
	cla_cfdi_each_line_tax(c, r, "Traslados", check_base);
}

static void withheld_base(struct cla_case *c, const struct cla_rule *r)
{
	cla_cfdi_each_line_tax(c, r, "Retenciones", check_base);
}

static void check_tax(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *tax)
{
	cla_cfdi_check_words(c, r, tax, "Impuesto", "001 002 003");
}

static void transfer_tax(struct cla_case *c, const struct cla_rule *r)
{
	cla_cfdi_each_line_tax(c, r, "Traslados", check_tax);
}

static void withheld_tax(struct cla_case *c, const struct cla_rule *r)
{
	cla_cfdi_each_line_tax(c, r, "Retenciones", check_tax);
}

static void check_factor(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *tax)
{
	cla_cfdi_check_words(c, r, tax, "TipoFactor", "Tasa Cuota Exento");
}

static void transfer_factor(struct cla_case *c, const struct cla_rule *r)
{
	cla_cfdi_each_line_tax(c, r, "Traslados", check_factor);
}

static void withheld_factor(struct cla_case *c, const struct cla_rule *r)
{
	cla_cfdi_each_line_tax(c, r, "Retenciones", check_factor);
}

static void check_withheld_rate(struct cla_case *c, const struct cla_rule *r,
				const struct cla_xml *tax)
{
	cla_cfdi_check_rate(c, r, tax, true);
}

static void withheld_rate(struct cla_case *c, const struct cla_rule *r)
{
	cla_cfdi_each_line_tax(c, r, "Retenciones", check_withheld_rate);
}

/*
 * Summary of taxes
 */

static void taxes_absent(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_cfdi *f = cla_cfdi_of(c);

	if ((f->type == 'T' || f->type == 'P') && f->taxes)
		cla_case_fail(c, r, f->taxes, NULL, CLA_STR_NONE, CLA_STR_NONE);
}

/* What a rule of the summary is about: the amounts of one group, or the total of one (no group). */
static const struct summary {
	const char *rule, *group, *attr;
} summaries[] = {
	{ "cfdi.withheld-total-decimals", NULL, "TotalImpuestosRetenidos" },
	{ "cfdi.transferred-total-decimals", NULL, "TotalImpuestosTrasladados" },
	{ "cfdi.withholding-tax", "Retenciones", NULL },
	{ "cfdi.withholding-twice", "Retenciones", NULL },
	{ "cfdi.withholding-decimals", "Retenciones", "Importe" },
	{ "cfdi.transfer-exempt", "Traslados", NULL },
	{ "cfdi.transfer-base-decimals", "Traslados", "Base" },
	{ "cfdi.transfer-tax", "Traslados", NULL },
	{ "cfdi.transfer-twice", "Traslados", NULL },
	{ "cfdi.transfer-rate", "Traslados", NULL },
	{ "cfdi.transfer-decimals", "Traslados", "Importe" },
};

static void each_summary(struct cla_case *c, const struct cla_rule *r,
			 void (*fn)(struct cla_case *c, const struct cla_rule *r,
				    const struct cla_xml *el, const struct summary *s))
{
	const struct cla_xml *taxes = cla_cfdi_of(c)->taxes;
	size_t i = 0;

	while (i < CLA_LEN(summaries) && strcmp(summaries[i].rule, r->id) != 0)
		i++;
	if (i == CLA_LEN(summaries) || !taxes)
		return;
	const char *group = summaries[i].group;
	const struct cla_xml *el = group ? cla_cfdi_first_tax(taxes, group) : taxes;
	for (; el; el = group ? cla_cfdi_next(el) : NULL)
		fn(c, r, el, &summaries[i]);
}

static void check_decimals(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *el,
			   const struct summary *s)
{
	if (cla_cfdi_has(el, s->attr))
		cla_cfdi_check_decimals(c, r, el, s->attr, cla_cfdi_of(c)->decimals, "Moneda");
}

static void summary_decimals(struct cla_case *c, const struct cla_rule *r)
{
	each_summary(c, r, check_decimals);
}

static void check_summary_tax(struct cla_case *c, const struct cla_rule *r,
			      const struct cla_xml *el, const struct summary *s CLA_UNUSED)
{
	check_tax(c, r, el);
}

static void summary_tax(struct cla_case *c, const struct cla_rule *r)
{
	each_summary(c, r, check_summary_tax);
}

static bool same_kind(const struct cla_xml *a, const struct cla_xml *b, const struct summary *s)
{
	if (!cla_str_eq(cla_xml_attr(a, "Impuesto"), cla_xml_attr(b, "Impuesto")))
		return false;
	if (!strcmp(s->group, "Retenciones"))
		return true;
	return cla_str_eq(cla_xml_attr(a, "TipoFactor"), cla_xml_attr(b, "TipoFactor")) &&
	       (is_exempt(a) ||
		cla_dec_eq(cla_cfdi_number(a, "TasaOCuota"), cla_cfdi_number(b, "TasaOCuota")));
}

static void check_twice(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *el,
			const struct summary *s)
{
	const struct cla_xml *other = cla_cfdi_next(el);

	while (other && !same_kind(el, other, s))
		other = cla_cfdi_next(other);
	if (other)
		cla_case_fail(c, r, el, "Impuesto", CLA_STR_NONE, cla_xml_attr(el, "Impuesto"));
}

/* There are less than a hundred kinds of taxes; who has more of them is not worth the time. */
#define MOST_TAXES 1000

static void summary_twice(struct cla_case *c, const struct cla_rule *r)
{
	static const char *const groups[] = { "Traslados", "Retenciones" };

	for (size_t i = 0; i < CLA_LEN(groups); i++) {
		const struct cla_xml *tax = cla_cfdi_first_tax(cla_cfdi_of(c)->taxes, groups[i]);
		size_t count = 0;
		for (; tax; tax = cla_cfdi_next(tax))
			count++;
		if (count > MOST_TAXES) {
			cla_case_unknown(c, r, cla_cfdi_of(c)->taxes, cla_str_from(groups[i]));
			return;
		}
	}
	each_summary(c, r, check_twice);
}

static void check_exempt(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *el,
			 const struct summary *s CLA_UNUSED)
{
	static const char *const attrs[] = { "TasaOCuota", "Importe" };

	for (size_t i = 0; i < CLA_LEN(attrs) && is_exempt(el); i++) {
		struct cla_str text = cla_xml_attr(el, attrs[i]);
		if (!cla_str_absent(text))
			cla_case_fail(c, r, el, attrs[i], CLA_STR_NONE, text);
	}
}

static void summary_exempt(struct cla_case *c, const struct cla_rule *r)
{
	each_summary(c, r, check_exempt);
}

static void check_summary_rate(struct cla_case *c, const struct cla_rule *r,
			       const struct cla_xml *el, const struct summary *s CLA_UNUSED)
{
	cla_cfdi_check_rate(c, r, el, false);
}

static void summary_rate(struct cla_case *c, const struct cla_rule *r)
{
	each_summary(c, r, check_summary_rate);
}
