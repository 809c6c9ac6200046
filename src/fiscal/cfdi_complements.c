/* fiscal/cfdi_complements.c - what complements have to add up to, and what they ask of the document
 * around them: local taxes, fuel, goods on the road (Carta Porte 2.0 on), foreign trade.
 *
 * SAT's matrices for Carta Porte and Comercio Exterior are not at hand: their rules have no code and
 * warn. Amounts are compared exactly, in decimals.
 */
#include "fiscal/cfdi.h"

#include "fiscal/layout.h"
#include "xml/schema.h"

#include <regex.h>
#include <string.h>

#define LOCAL_NS "http://www.sat.gob.mx/implocal"
#define FUEL_NS "http://www.sat.gob.mx/hidrocarburospetroliferos"
#define STATEMENT_NS "http://www.sat.gob.mx/EstadoDeCuentaCombustible12"
#define GOODS_NS "http://www.sat.gob.mx/CartaPorte"
#define TRADE_NS "http://www.sat.gob.mx/ComercioExterior"

static cla_rule_fn local_withheld, local_transferred, fuel_permit, fuel_kind;
static cla_rule_fn statement_type, statement_subtotal, statement_total;
static cla_rule_fn goods_type, goods_places, goods_distance, goods_count, goods_weight;
static cla_rule_fn trade_total, trade_certificate, trade_reason;

static const struct cla_rule rules[] = {
	CLA_CFDI_RULE("local.withheld", NULL, TOTALS, WARN, local_withheld,
		      "TotaldeRetenciones is not the sum of the local withholdings.",
		      "TotaldeRetenciones no es la suma de las retenciones locales.",
		      "TotaldeRetenciones não é a soma das retenções locais."),
	CLA_CFDI_RULE("local.transferred", NULL, TOTALS, WARN, local_transferred,
		      "TotaldeTraslados is not the sum of the local transfers.",
		      "TotaldeTraslados no es la suma de los traslados locales.",
		      "TotaldeTraslados não é a soma das transferências locais."),
	CLA_CFDI_RULE("fuel.permit", "CCHYP107", CATALOGS, FAIL, fuel_permit,
		      "NumeroPermiso does not have the form of its TipoPermiso.",
		      "NumeroPermiso no tiene la forma de su TipoPermiso.",
		      "NumeroPermiso não tem a forma do seu TipoPermiso."),
	CLA_CFDI_RULE("fuel.kind", "CCHYP110", CATALOGS, FAIL, fuel_kind,
		      "SubProductoHYP does not belong to ClaveHYP.",
		      "SubProductoHYP no corresponde a ClaveHYP.",
		      "SubProductoHYP não corresponde a ClaveHYP."),
	CLA_CFDI_RULE("fuel.statement-subtotal", "ECC121", TOTALS, WARN, statement_subtotal,
		      "SubTotal of the fuel card's statement is not the sum of its purchases.",
		      "SubTotal del estado de cuenta de combustible no es la suma de sus compras.",
		      "SubTotal do extrato de combustível não é a soma das suas compras."),
	CLA_CFDI_RULE("fuel.statement-total", "ECC122", TOTALS, WARN, statement_total,
		      "Total of the fuel card's statement is not SubTotal plus taxes.",
		      "Total del estado de cuenta de combustible no es SubTotal más impuestos.",
		      "Total do extrato de combustível não é SubTotal mais impostos."),
	CLA_CFDI_RULE("fuel.statement-type", "ECC124", CATALOGS, WARN, statement_type,
		      "A fuel card's statement belongs to a document of type I.",
		      "Un estado de cuenta de combustible corresponde a un comprobante de tipo I.",
		      "Um extrato de combustível pertence a um documento do tipo I."),
	CLA_CFDI_RULE("goods.type", NULL, CATALOGS, WARN, goods_type,
		      "Carta Porte belongs to documents of type I or T.",
		      "Carta Porte corresponde a comprobantes de tipo I o T.",
		      "Carta Porte pertence a documentos do tipo I ou T."),
	CLA_CFDI_RULE("goods.places", NULL, CATALOGS, WARN, goods_places,
		      "Carta Porte needs a place of origin and one of destination.",
		      "Carta Porte requiere una ubicación de origen y una de destino.",
		      "Carta Porte requer um local de origem e um de destino."),
	CLA_CFDI_RULE("goods.distance", NULL, TOTALS, WARN, goods_distance,
		      "TotalDistRec is not the sum of the distances.",
		      "TotalDistRec no es la suma de las distancias.",
		      "TotalDistRec não é a soma das distâncias."),
	CLA_CFDI_RULE("goods.count", NULL, TOTALS, WARN, goods_count,
		      "NumTotalMercancias is not the number of goods.",
		      "NumTotalMercancias no es el número de mercancías.",
		      "NumTotalMercancias não é o número de mercadorias."),
	CLA_CFDI_RULE("goods.weight", NULL, TOTALS, WARN, goods_weight,
		      "PesoBrutoTotal is not the sum of the weights.",
		      "PesoBrutoTotal no es la suma de los pesos.",
		      "PesoBrutoTotal não é a soma dos pesos."),
	CLA_CFDI_RULE("trade.total", NULL, TOTALS, WARN, trade_total,
		      "TotalUSD is not the sum of ValorDolares.",
		      "TotalUSD no es la suma de ValorDolares.",
		      "TotalUSD não é a soma de ValorDolares."),
	CLA_CFDI_RULE("trade.certificate", NULL, CATALOGS, WARN, trade_certificate,
		      "NumCertificadoOrigen is for CertificadoOrigen 1 alone.",
		      "NumCertificadoOrigen es solo para CertificadoOrigen 1.",
		      "NumCertificadoOrigen é só para CertificadoOrigen 1."),
	CLA_CFDI_RULE("trade.reason", NULL, CATALOGS, WARN, trade_reason,
		      "MotivoTraslado goes with type T, and only so.",
		      "MotivoTraslado corresponde al tipo T, y solo a él.",
		      "MotivoTraslado é do tipo T, e só dele."),
};

const struct cla_rule_table cla_cfdi_complement_rules = { "cfdi-complements", rules,
							  CLA_LEN(rules) };

/* The first complement of that name whose namespace begins so. */
static const struct cla_xml *find_complement(const struct cla_case *c, const char *ns,
					     const char *name)
{
	const struct cla_xml *el = cla_cfdi_next_complement(c->root, NULL);

	while (el && (!cla_xml_is(el, NULL, name) || !cla_str_starts(cla_xml_ns(el), ns)))
		el = cla_cfdi_next_complement(c->root, el);
	return el;
}

/* An attribute that ought to be the sum of one of each child. */
static void expect_sum(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *el,
		       const char *attr, const struct cla_xml *first, const char *part)
{
	struct cla_dec sum = CLA_DEC_ZERO, value = cla_cfdi_number(el, attr);
	char text[CLA_DEC_TEXT];

	for (const struct cla_xml *e = first; e; e = cla_cfdi_next(e)) {
		if (cla_cfdi_has(e, part))
			sum = cla_dec_add(sum, cla_cfdi_number(e, part));
	}
	if (!sum.ok || !value.ok)
		cla_case_unknown(c, r, el, cla_case_text(c, "%s, %s", attr, part));
	else if (!cla_dec_eq(sum, value))
		cla_case_fail(c, r, el, attr, cla_case_text(c, "%s", cla_dec_format(sum, text)),
			      cla_xml_attr(el, attr));
}

/*
 * Local taxes
 */

static void local_withheld(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_xml *el = cla_cfdi_of(c)->local_taxes;

	if (el)
		expect_sum(c, r, el, "TotaldeRetenciones", cla_cfdi_child(el, "RetencionesLocales"),
			   "Importe");
}

static void local_transferred(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_xml *el = cla_cfdi_of(c)->local_taxes;

	if (el)
		expect_sum(c, r, el, "TotaldeTraslados", cla_cfdi_child(el, "TrasladosLocales"),
			   "Importe");
}

/*
 * Fuel
 */

/* The HidroYPetro of the next line that has one: the first with *line NULL. */
static const struct cla_xml *next_fuel(const struct cla_case *c, const struct cla_xml **line)
{
	const struct cla_cfdi *f = cla_cfdi_of(c);
	const struct cla_xml *el = NULL;

	while (!el && (*line = cla_cfdi_next_line(f, *line)) != NULL)
		el = cla_xml_find(cla_cfdi_child(*line, "ComplementoConcepto"), FUEL_NS,
				  "HidroYPetro");
	return el;
}

/* Extended regular expressions of a table, by its row; compiled when first met, since there may be
 * many lines. */
struct pattern {
	const char *row;
	regex_t compiled;
	bool good;
};
#define MOST_PATTERNS 64

static const struct pattern *pattern_of(struct pattern *all, size_t *count, struct cla_str row)
{
	cla_auto_buf struct cla_buf whole = CLA_BUF_INIT(256);
	struct pattern *p;

	for (size_t i = 0; i < *count; i++) {
		if (all[i].row == row.ptr)
			return &all[i];
	}
	if (*count == MOST_PATTERNS)
		return NULL;
	p = &all[(*count)++];
	p->row = row.ptr;
	cla_buf_addf(&whole, "^(" CLA_STR_FMT ")$", CLA_STR_ARG(cla_table_column(row, 1)));
	p->good = cla_buf_ok(&whole, NULL) &&
		  regcomp(&p->compiled, cla_buf_cstr(&whole), REG_EXTENDED | REG_NOSUB) == 0;
	return p;
}

static bool matches(const struct pattern *p, struct cla_str text)
{
	char value[64];

	return p && p->good && cla_str_cstr(text, value, sizeof(value), NULL) &&
	       regexec(&p->compiled, value, 0, NULL, 0) == 0;
}

/* A type that is not listed is the schema's to refuse; so is a number that is missing. */
static void fuel_permit(struct cla_case *c, const struct cla_rule *r)
{
	struct pattern patterns[MOST_PATTERNS];
	const struct cla_xml *line = NULL, *fuel;
	size_t count = 0;

	while ((fuel = next_fuel(c, &line)) != NULL) {
		struct cla_str number = cla_xml_attr(fuel, "NumeroPermiso"),
			       type = cla_str_trim(cla_xml_attr(fuel, "TipoPermiso")), row;
		if (!cla_str_absent(number) && cla_cfdi_code("c_TipoPermisoHYP.tsv", type, &row) &&
		    !matches(pattern_of(patterns, &count, row), cla_str_trim(number)))
			cla_case_fail(c, r, fuel, "NumeroPermiso", cla_table_column(row, 1),
				      number);
	}
	for (size_t i = 0; i < count; i++) {
		if (patterns[i].good)
			regfree(&patterns[i].compiled);
	}
}

static void fuel_kind(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_xml *line = NULL, *fuel;

	while ((fuel = next_fuel(c, &line)) != NULL) {
		struct cla_str kind = cla_xml_attr(fuel, "SubProductoHYP"),
			       key = cla_str_trim(cla_xml_attr(fuel, "ClaveHYP")), row;
		if (!cla_str_absent(kind) && cla_cfdi_code("c_ClaveHYP.tsv", key, &row) &&
		    !cla_has_word(cla_table_column(row, 1), ',', cla_str_trim(kind)))
			cla_case_fail(c, r, fuel, "SubProductoHYP", cla_table_column(row, 1), kind);
	}
}

/*
 * Statement of a fuel card
 */

static const struct cla_xml *statement_of(const struct cla_case *c)
{
	return find_complement(c, STATEMENT_NS, "EstadoDeCuentaCombustible");
}

static const struct cla_xml *first_purchase(const struct cla_case *c)
{
	return cla_cfdi_child(cla_cfdi_child(statement_of(c), "Conceptos"),
			      "ConceptoEstadoDeCuentaCombustible");
}

static void statement_type(struct cla_case *c, const struct cla_rule *r)
{
	if (statement_of(c))
		cla_cfdi_check_words(c, r, c->root, "TipoDeComprobante", "I");
}

static void statement_subtotal(struct cla_case *c, const struct cla_rule *r)
{
	if (statement_of(c))
		expect_sum(c, r, statement_of(c), "SubTotal", first_purchase(c), "Importe");
}

static void statement_total(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_xml *el = statement_of(c);
	struct cla_dec due = cla_cfdi_number(el, "SubTotal"), value = cla_cfdi_number(el, "Total");
	char text[CLA_DEC_TEXT];

	if (!el)
		return;
	for (const struct cla_xml *e = first_purchase(c); e; e = cla_cfdi_next(e)) {
		const struct cla_xml *tax = cla_cfdi_first_tax(e, "Traslados");
		for (; tax; tax = cla_cfdi_next(tax))
			due = cla_dec_add(due, cla_cfdi_number(tax, "Importe"));
	}
	if (!due.ok || !value.ok)
		cla_case_unknown(c, r, el, CLA_STR("SubTotal, Total, Importe"));
	else if (!cla_dec_eq(due, value))
		cla_case_fail(c, r, el, "Total", cla_case_text(c, "%s", cla_dec_format(due, text)),
			      cla_xml_attr(el, "Total"));
}

/*
 * Goods on the road
 */

static const struct cla_xml *goods_of(const struct cla_case *c)
{
	const struct cla_xml *el = find_complement(c, GOODS_NS, "CartaPorte");

	/* version 1.0 was built in another way */
	return el && !cla_str_eqc(cla_xml_ns(el), GOODS_NS) ? el : NULL;
}

static const struct cla_xml *first_place(const struct cla_case *c)
{
	return cla_cfdi_child(cla_cfdi_child(goods_of(c), "Ubicaciones"), "Ubicacion");
}

static void goods_type(struct cla_case *c, const struct cla_rule *r)
{
	if (goods_of(c))
		cla_cfdi_check_words(c, r, c->root, "TipoDeComprobante", "I T");
}

static void goods_places(struct cla_case *c, const struct cla_rule *r)
{
	static const char *const kinds[] = { "Origen", "Destino" };

	for (size_t i = 0; i < CLA_LEN(kinds) && goods_of(c); i++) {
		const struct cla_xml *el = first_place(c);
		while (el && !cla_cfdi_one_of(el, "TipoUbicacion", kinds[i]))
			el = cla_cfdi_next(el);
		if (!el)
			cla_case_fail(c, r, goods_of(c), NULL, cla_str_from(kinds[i]),
				      CLA_STR_NONE);
	}
}

static void goods_distance(struct cla_case *c, const struct cla_rule *r)
{
	if (cla_cfdi_has(goods_of(c), "TotalDistRec"))
		expect_sum(c, r, goods_of(c), "TotalDistRec", first_place(c), "DistanciaRecorrida");
}

static void goods_count(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_xml *all = cla_cfdi_child(goods_of(c), "Mercancias");
	struct cla_dec value = cla_cfdi_number(all, "NumTotalMercancias");
	int64_t count = 0;

	for (const struct cla_xml *el = cla_cfdi_child(all, "Mercancia"); el;
	     el = cla_cfdi_next(el))
		count++;
	if (all && !value.ok)
		cla_case_unknown(c, r, all, CLA_STR("NumTotalMercancias"));
	else if (all && !cla_dec_eq(value, cla_dec_from(count, 0)))
		cla_case_fail(c, r, all, "NumTotalMercancias",
			      cla_case_text(c, "%lld", (long long)count),
			      cla_xml_attr(all, "NumTotalMercancias"));
}

/* At sea and in the air the total is of what weighs with its packing; on roads and rails of the
 * kilograms of the goods. */
static void goods_weight(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_xml *all = cla_cfdi_child(goods_of(c), "Mercancias");

	if (cla_cfdi_one_of(all, "UnidadPeso", "KGM") &&
	    (cla_cfdi_child(all, "Autotransporte") || cla_cfdi_child(all, "TransporteFerroviario")))
		expect_sum(c, r, all, "PesoBrutoTotal", cla_cfdi_child(all, "Mercancia"),
			   "PesoEnKg");
}

/*
 * Foreign trade
 */

static const struct cla_xml *trade_of(const struct cla_case *c)
{
	return find_complement(c, TRADE_NS, "ComercioExterior");
}

static void trade_total(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_xml *el = trade_of(c), *all = cla_cfdi_child(el, "Mercancias");

	if (all)
		expect_sum(c, r, el, "TotalUSD", cla_cfdi_child(all, "Mercancia"), "ValorDolares");
}

static void trade_certificate(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_xml *el = trade_of(c);

	if (cla_cfdi_one_of(el, "CertificadoOrigen", "0"))
		cla_cfdi_refuse(c, r, el, "NumCertificadoOrigen");
}

static void trade_reason(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_xml *el = trade_of(c);

	if (el && cla_cfdi_of(c)->type == 'T')
		cla_cfdi_require(c, r, el, "MotivoTraslado");
	else if (el)
		cla_cfdi_refuse(c, r, el, "MotivoTraslado");
}
