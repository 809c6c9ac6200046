/* fiscal/dfe.c - reads CT-e, MDF-e, NFS-e and their events, and fills the facts. */
#include "fiscal/dfe.h"

#include <string.h>

static const struct cla_dfe_family families[] = {
	{
		.kind = CLA_DOC_CTE,
		.ns = "http://www.portalfiscal.inf.br/cte",
		.inf = "infCte",
		.prefix = "CTe",
		.key = "chCTe",
		.number = "nCT",
		.code = "cCT",
		.protocol = "protCTe",
		.answer = "retEventoCTe",
		.author = "CNPJ",
		.person = "CPF",
	},
	{
		.kind = CLA_DOC_NFE_EVENT, /* voiding of numbers only */
		.ns = "http://www.portalfiscal.inf.br/nfe",
		.author = "CNPJ",
		.person = "CPF",
	},
	{
		.kind = CLA_DOC_MDFE,
		.ns = "http://www.portalfiscal.inf.br/mdfe",
		.inf = "infMDFe",
		.prefix = "MDFe",
		.key = "chMDFe",
		.number = "nMDF",
		.code = "cMDF",
		.protocol = "protMDFe",
		.answer = "retEventoMDFe",
		.author = "CNPJ",
		.person = "CPF",
	},
	{
		.kind = CLA_DOC_NFSE,
		.ns = "http://www.sped.fazenda.gov.br/nfse",
		.inf = "infNFSe",
		.prefix = "NFS",
		.key = "chNFSe",
		.author = "CNPJAutor",
		.person = "CPFAutor",
	},
};

const struct cla_xml *cla_dfe_find(const struct cla_dfe *d, const struct cla_xml *el,
				   const char *path)
{
	return cla_xml_at(el, d->family->ns, path);
}

struct cla_str cla_dfe_text(const struct cla_dfe *d, const struct cla_xml *el, const char *path)
{
	return cla_xml_text(cla_dfe_find(d, el, path));
}

static struct cla_str first_of(const struct cla_dfe *d, const struct cla_xml *party,
			       const char *company, const char *person, const struct cla_xml **el)
{
	const struct cla_xml *id = cla_dfe_find(d, party, company);

	if (!id)
		id = cla_dfe_find(d, party, person);
	if (el)
		*el = id;
	return cla_xml_text(id);
}

struct cla_str cla_dfe_tax_id(const struct cla_dfe *d, const struct cla_xml *party,
			      const struct cla_xml **el)
{
	return first_of(d, party, "CNPJ", "CPF", el);
}

/*
 * Reading
 */

/* The root itself, or the first of its children, by one of the names. */
static const struct cla_xml *root_or_child(const struct cla_dfe *d, const struct cla_xml *root,
					   const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (cla_xml_is(root, d->family->ns, names[i]))
			return root;
	}
	for (size_t i = 0; i < count; i++) {
		const struct cla_xml *el = cla_dfe_find(d, root, names[i]);

		if (el)
			return el;
	}
	return NULL;
}

static void read_instant(struct cla_dfe *d, struct cla_str text)
{
	bool zone;

	if (!cla_date_parse(cla_str_sub(text, 0, 10), &d->issue_date) ||
	    !cla_time_parse(text, &d->issued, &zone))
		d->issue_date.year = 0;
}

static void read_key(struct cla_dfe *d, struct cla_str key)
{
	bool right = d->family->kind == CLA_DOC_NFSE ? cla_nfse_key_split(key, &d->nfse)
						     : cla_access_key_split(key, &d->part);

	if (right)
		d->key = key;
}

static void read_id(struct cla_dfe *d)
{
	struct cla_str id = cla_xml_attr(d->inf, "Id");

	if (cla_str_starts(id, d->family->prefix))
		read_key(d, cla_str_sub(id, strlen(d->family->prefix), id.len));
}

/* Who pays for the carriage, the receiver of the invoice: one of the parties by its number, or one
 * written out. In CT-e OS and Simplified it has an element of its own. */
static const struct cla_xml *payer(const struct cla_dfe *d)
{
	static const char *const roles[] = { "rem", "exped", "receb", "dest" };
	static const char *const valuables[] = { "rem", "dest" };
	static const char *const by_number[] = { "toma3", "toma03", "toma" };
	static const char *const written[] = { "toma4", "tomaTerceiro" };
	bool guarded = cla_str_eqc(cla_xml_name(d->body), "GTVe");
	const struct cla_xml *el = cla_dfe_find(d, d->inf, "toma");
	uint64_t role;

	for (size_t i = 0; !el && i < CLA_LEN(written); i++)
		el = cla_dfe_find(d, d->ide, written[i]);
	for (size_t i = 0; !el && i < CLA_LEN(by_number); i++) {
		struct cla_str number =
			cla_dfe_text(d, cla_dfe_find(d, d->ide, by_number[i]), "toma");

		if (cla_str_to_u64(number, &role) && role < (guarded ? 2U : 4U))
			el = cla_dfe_find(d, d->inf, guarded ? valuables[role] : roles[role]);
	}
	return el;
}

static void read_document(struct cla_case *c, struct cla_dfe *d)
{
	static const char *const bodies[] = { "CTe", "CTeOS", "CTeSimp", "GTVe", "MDFe" };

	d->body = root_or_child(d, c->root, bodies, CLA_LEN(bodies));
	d->proc = d->body == c->root ? NULL : c->root;
	d->inf = cla_dfe_find(d, d->body, d->family->inf);
	d->ide = cla_dfe_find(d, d->inf, "ide");
	d->emit = cla_dfe_find(d, d->inf, "emit");
	d->proof = cla_dfe_find(d, cla_dfe_find(d, d->proc, d->family->protocol), "infProt");
	d->model = cla_dfe_text(d, d->ide, "mod");
	if (d->family->kind == CLA_DOC_CTE)
		d->receiver = payer(d);
	read_id(d);
	read_instant(d, cla_dfe_text(d, d->ide, "dhEmi"));
}

static void read_event(struct cla_case *c, struct cla_dfe *d)
{
	static const char *const bodies[] = { "eventoCTe", "eventoMDFe" };

	d->body = root_or_child(d, c->root, bodies, CLA_LEN(bodies));
	d->proc = d->body == c->root ? NULL : c->root;
	d->inf = cla_dfe_find(d, d->body, "infEvento");
	d->proof = cla_dfe_find(d, cla_dfe_find(d, d->proc, d->family->answer), "infEvento");
	d->type = cla_dfe_text(d, d->inf, "tpEvento");
	d->author = cla_dfe_tax_id(d, d->inf, NULL);
	read_key(d, cla_dfe_text(d, d->inf, d->family->key));
	read_instant(d, cla_dfe_text(d, d->inf, "dhEvento"));
}

/* A declaration (DPS) alone is what a provider sends: the note is made of it. */
static void read_nfse(struct cla_case *c, struct cla_dfe *d)
{
	static const char *const notes[] = { "NFSe" }, *const declarations[] = { "DPS" };

	d->body = root_or_child(d, c->root, notes, CLA_LEN(notes));
	d->inf = cla_dfe_find(d, d->body, "infNFSe");
	d->emit = cla_dfe_find(d, d->inf, "emit");
	d->inner = d->body ? cla_dfe_find(d, d->inf, "DPS")
			   : root_or_child(d, c->root, declarations, CLA_LEN(declarations));
	d->inner_inf = cla_dfe_find(d, d->inner, "infDPS");
	d->receiver = cla_dfe_find(d, d->inner_inf, "toma");
	read_id(d);
	read_instant(d, cla_dfe_text(d, d->inner_inf, "dhEmi"));
}

/* The code of an event is the name of its element: e101101. */
static struct cla_str nfse_event_type(const struct cla_dfe *d)
{
	for (const struct cla_xml *el = cla_xml_child(d->inner_inf); el; el = cla_xml_sibling(el)) {
		struct cla_str name = cla_xml_name(el);

		if (name.len == 7 && name.ptr[0] == 'e' && cla_str_digits(cla_str_sub(name, 1, 6)))
			return cla_str_sub(name, 1, 6);
	}
	return CLA_STR_NONE;
}

static void read_nfse_event(struct cla_case *c, struct cla_dfe *d)
{
	static const char *const events[] = { "evento" }, *const orders[] = { "pedRegEvento" };

	d->body = root_or_child(d, c->root, events, CLA_LEN(events));
	d->inf = cla_dfe_find(d, d->body, "infEvento");
	d->inner = root_or_child(d, d->body ? d->inf : c->root, orders, CLA_LEN(orders));
	d->inner_inf = cla_dfe_find(d, d->inner, "infPedReg");
	d->type = nfse_event_type(d);
	d->author = first_of(d, d->inner_inf, d->family->author, d->family->person, NULL);
	read_key(d, cla_dfe_text(d, d->inner_inf, d->family->key));
	read_instant(d, cla_dfe_text(d, d->inner_inf, "dhEvento"));
}

static void read_voiding(struct cla_case *c, struct cla_dfe *d)
{
	static const char *const bodies[] = { "inutNFe", "inutCTe" };
	static const char *const answers[] = { "retInutNFe", "retInutCTe" };

	d->body = root_or_child(d, c->root, bodies, CLA_LEN(bodies));
	d->proc = d->body == c->root ? NULL : c->root;
	d->inf = cla_dfe_find(d, d->body, "infInut");
	d->proof = cla_dfe_find(d, root_or_child(d, d->proc, answers, CLA_LEN(answers)), "infInut");
	d->author = cla_dfe_tax_id(d, d->inf, NULL);
	read_instant(d, cla_dfe_text(d, d->proof, "dhRecbto"));
}

static void read_any(struct cla_case *c, struct cla_dfe *d)
{
	static const struct {
		const char *name;
		enum cla_dfe_form form;
	} forms[] = {
		{ "procEventoCTe", CLA_DFE_EVENT },  { "eventoCTe", CLA_DFE_EVENT },
		{ "procEventoMDFe", CLA_DFE_EVENT }, { "eventoMDFe", CLA_DFE_EVENT },
		{ "evento", CLA_DFE_NFSE_EVENT },    { "pedRegEvento", CLA_DFE_NFSE_EVENT },
	};

	d->form = d->family->kind == CLA_DOC_NFSE ? CLA_DFE_NFSE : CLA_DFE_DOCUMENT;
	for (size_t i = 0; i < CLA_LEN(forms); i++) {
		if (cla_str_eqc(cla_xml_name(c->root), forms[i].name))
			d->form = forms[i].form;
	}
	if (cla_dfe_is_voiding(c->root))
		d->form = CLA_DFE_VOIDING;
	switch (d->form) {
	case CLA_DFE_VOIDING:
		read_voiding(c, d);
		break;
	case CLA_DFE_DOCUMENT:
		read_document(c, d);
		break;
	case CLA_DFE_EVENT:
		read_event(c, d);
		break;
	case CLA_DFE_NFSE:
		read_nfse(c, d);
		break;
	case CLA_DFE_NFSE_EVENT:
		read_nfse_event(c, d);
		break;
	}
}

/*
 * Facts
 */

static struct cla_str keep(struct cla_case *c, struct cla_str s)
{
	return cla_case_keep(c, cla_str_trim(s));
}

static struct cla_str or_else(struct cla_str a, struct cla_str b)
{
	return cla_str_absent(a) ? b : a;
}

static void describe_document(struct cla_case *c, const struct cla_dfe *d)
{
	struct cla_document *out = c->document;

	out->issuer = keep(c, cla_dfe_tax_id(d, d->emit, NULL));
	out->issuer_name = keep(c, cla_dfe_text(d, d->emit, "xNome"));
	out->issued_at = keep(c, cla_dfe_text(d, d->ide, "dhEmi"));
	out->protocol = keep(c, cla_dfe_text(d, d->proof, "nProt"));
	out->production = cla_str_eqc(cla_dfe_text(d, d->ide, "tpAmb"), "1");
	if (d->family->kind != CLA_DOC_CTE)
		return;
	out->receiver = keep(c, cla_dfe_tax_id(d, d->receiver, NULL));
	out->total = keep(c, or_else(cla_dfe_text(d, d->inf, "vPrest/vTPrest"),
				     cla_dfe_text(d, d->inf, "total/vTPrest")));
	out->type = keep(c, cla_dfe_text(d, d->ide, "tpCTe"));
	out->currency = CLA_STR("BRL");
}

static void describe_nfse(struct cla_case *c, const struct cla_dfe *d)
{
	struct cla_document *out = c->document;

	out->issuer = keep(c, cla_dfe_tax_id(d, d->emit, NULL));
	if (!d->body)
		out->issuer =
			keep(c, cla_dfe_tax_id(d, cla_dfe_find(d, d->inner_inf, "prest"), NULL));
	out->issuer_name = keep(c, cla_dfe_text(d, d->emit, "xNome"));
	out->receiver = keep(c, cla_dfe_tax_id(d, d->receiver, NULL));
	out->issued_at = keep(c, or_else(cla_dfe_text(d, d->inner_inf, "dhEmi"),
					 cla_dfe_text(d, d->inf, "dhProc")));
	out->total = keep(c, cla_dfe_text(d, d->inf, "valores/vLiq"));
	out->production = cla_str_eqc(cla_dfe_text(d, d->inner_inf, "tpAmb"), "1");
	out->currency = CLA_STR("BRL");
}

static void describe_event(struct cla_case *c, const struct cla_dfe *d)
{
	const struct cla_xml *inf = d->form == CLA_DFE_EVENT ? d->inf : d->inner_inf;

	c->document->issuer = keep(c, d->author);
	c->document->issued_at = keep(c, cla_dfe_text(d, inf, "dhEvento"));
	c->document->type = keep(c, d->type);
	c->document->production = cla_str_eqc(cla_dfe_text(d, inf, "tpAmb"), "1");
}

static void describe_voiding(struct cla_case *c, const struct cla_dfe *d)
{
	c->document->issuer = keep(c, d->author);
	c->document->issued_at = keep(c, cla_dfe_text(d, d->proof, "dhRecbto"));
	c->document->production = cla_str_eqc(cla_dfe_text(d, d->inf, "tpAmb"), "1");
}

static void describe(struct cla_case *c, const struct cla_dfe *d)
{
	const struct cla_xml *carriers[] = { d->inf, d->body, d->inner, c->root };

	for (size_t i = 0; i < CLA_LEN(carriers) && cla_str_absent(c->document->version); i++)
		c->document->version = keep(c, cla_xml_attr(carriers[i], "versao"));
	c->document->id = keep(c, d->key);
	switch (d->form) {
	case CLA_DFE_DOCUMENT:
		describe_document(c, d);
		break;
	case CLA_DFE_NFSE:
		describe_nfse(c, d);
		break;
	case CLA_DFE_EVENT:
	case CLA_DFE_NFSE_EVENT:
		describe_event(c, d);
		break;
	case CLA_DFE_VOIDING:
		describe_voiding(c, d);
		break;
	}
}

static void check_signature(struct cla_case *c, const struct cla_dfe *d, const struct cla_xml *el,
			    struct cla_dsig *sig)
{
	enum cla_dsig_suite suite = d->family->kind == CLA_DOC_NFSE ? CLA_DSIG_NFSE : CLA_DSIG_NFE;
	struct cla_err err = CLA_ERR_INIT;

	sig->fault = CLA_DSIG_ABSENT;
	if (el && !cla_dsig_check(c->judge, c->doc, el, suite, sig, &err))
		cla_case_error(c, &err);
	cla_proof_trust(c, sig);
}

bool cla_dfe_is_voiding(const struct cla_xml *root)
{
	static const char *const names[] = { "ProcInutNFe", "inutNFe", "procInutCTe", "inutCTe" };
	bool is = false;

	for (size_t i = 0; i < CLA_LEN(names); i++)
		is = is || cla_str_eqc(cla_xml_name(root), names[i]);
	return is;
}

void cla_dfe_judge(struct cla_case *c)
{
	struct cla_dfe d = { 0 };

	for (size_t i = 0; i < CLA_LEN(families); i++) {
		if (families[i].kind == c->document->kind)
			d.family = &families[i];
	}
	read_any(c, &d);
	describe(c, &d);
	check_signature(c, &d, d.inf, &d.sig);
	check_signature(c, &d, d.inner_inf, &d.inner_sig);
	c->document->content = keep(c, d.sig.digest_value);
	c->facts = &d;
	cla_dfe_run(c);
	c->facts = NULL;
}
