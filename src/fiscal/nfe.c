#include "fiscal/nfe.h"

#include "fiscal/common.h"

const struct cla_xml *cla_nfe_find(const struct cla_xml *el, const char *path)
{
	return cla_xml_at(el, CLA_NFE_NS, path);
}

struct cla_str cla_nfe_text(const struct cla_xml *el, const char *path)
{
	return cla_xml_text(cla_nfe_find(el, path));
}

struct cla_str cla_nfe_tax_id(const struct cla_xml *party, const struct cla_xml **el)
{
	const struct cla_xml *id = cla_nfe_find(party, "CNPJ");

	if (!id)
		id = cla_nfe_find(party, "CPF");
	if (el)
		*el = id;
	return cla_xml_text(id);
}

const struct cla_xml *cla_nfe_item(const struct cla_nfe *n)
{
	return cla_nfe_find(n->inf, "det");
}

const struct cla_xml *cla_nfe_next_item(const struct cla_xml *det)
{
	return cla_xml_find_next(det, CLA_NFE_NS, "det");
}

bool cla_nfe_instant(struct cla_str text, struct cla_date *date, struct cla_time *time)
{
	struct cla_date day;
	struct cla_time instant;
	bool zone;

	if (!cla_date_parse(cla_str_sub(text, 0, 10), &day) ||
	    !cla_time_parse(text, &instant, &zone))
		return false;
	*date = day;
	*time = instant;
	return true;
}

static void check_signature(struct cla_case *c, const struct cla_xml *el, struct cla_dsig *sig)
{
	struct cla_err err = CLA_ERR_INIT;

	sig->fault = CLA_DSIG_ABSENT;
	if (el && !cla_dsig_check(c->judge, c->doc, el, CLA_DSIG_NFE, sig, &err))
		cla_case_error(c, &err);
	cla_proof_trust(c, sig);
}

/*
 * The note
 */

static void read_note(struct cla_case *c, struct cla_nfe *n)
{
	struct cla_str id;

	if (cla_xml_is(c->root, CLA_NFE_NS, "nfeProc")) {
		n->proc = c->root;
		n->note = cla_nfe_find(c->root, "NFe");
		n->protocol = cla_nfe_find(c->root, "protNFe");
		n->prot = cla_nfe_find(n->protocol, "infProt");
	} else {
		n->note = c->root;
	}
	n->inf = cla_nfe_find(n->note, "infNFe");
	n->ide = cla_nfe_find(n->inf, "ide");
	n->emit = cla_nfe_find(n->inf, "emit");
	n->dest = cla_nfe_find(n->inf, "dest");
	n->total = cla_nfe_find(n->inf, "total/ICMSTot");
	n->services = cla_nfe_find(n->inf, "total/ISSQNtot");
	n->model = cla_nfe_text(n->ide, "mod");

	for (const struct cla_xml *det = cla_nfe_item(n); det; det = cla_nfe_next_item(det)) {
		n->items++;
		n->reform = n->reform || cla_nfe_find(det, "imposto/IBSCBS");
	}

	id = cla_xml_attr(n->inf, "Id");
	if (cla_str_starts(id, "NFe") && cla_access_key_split(cla_str_sub(id, 3, id.len), &n->part))
		n->key = cla_str_sub(id, 3, id.len);
}

/* Layout 4.00 has pag/detPag; in 3.10 each pag is a payment. */
static const struct cla_xml *first_payment(const struct cla_nfe *n)
{
	const struct cla_xml *pag = cla_nfe_find(n->inf, "pag");
	const struct cla_xml *detail = cla_nfe_find(pag, "detPag");

	return detail ? detail : pag;
}

/* Of a note from the first on; or of an event (ECONF), which has a card's fields beside the others. */
static void read_payments(struct cla_case *c, const struct cla_xml *el, bool event)
{
	const char *name = cla_str_eqc(cla_xml_name(el), "detPag") ? "detPag" : "pag";
	struct cla_payment **end = &c->document->payments;

	for (size_t i = 0; el && i < CLA_MAX_PAYMENTS;
	     el = cla_xml_find_next(el, CLA_NFE_NS, name), i++) {
		const struct cla_xml *card = event ? el : cla_nfe_find(el, "card");
		struct cla_payment *p = cla_arena_alloc(&c->judgement->arena, sizeof(*p));

		if (!p) {
			c->oom = true;
			return;
		}
		p->form = cla_case_keep(c, cla_nfe_text(el, "tPag"));
		p->amount = cla_case_keep(c, cla_nfe_text(el, "vPag"));
		p->day = cla_case_keep(c, cla_nfe_text(el, "dPag"));
		p->payer = cla_case_keep(c, cla_nfe_text(el, "CNPJPag"));
		p->authorization = cla_case_keep(c, cla_nfe_text(card, "cAut"));
		p->brand = cla_case_keep(c, cla_nfe_text(card, "tBand"));
		p->terminal = cla_case_keep(c, cla_nfe_text(card, "idTermPag"));
		p->institution = cla_case_keep(c, cla_nfe_text(card, event ? "CNPJIF" : "CNPJ"));
		p->payee = cla_case_keep(c, cla_nfe_text(card, "CNPJReceb"));
		*end = p;
		end = &p->next;
	}
}

static void describe_note(struct cla_case *c, struct cla_nfe *n)
{
	struct cla_document *d = c->document;
	struct cla_str issued = cla_nfe_text(n->ide, "dhEmi");
	struct cla_str receiver = cla_nfe_tax_id(n->dest, NULL);
	struct cla_str key = n->key;

	if (cla_str_absent(issued))
		issued = cla_nfe_text(n->ide, "dEmi");
	if (!cla_nfe_instant(issued, &n->issue_date, &n->issued))
		n->issue_date.year = 0;
	if (cla_str_absent(receiver))
		receiver = cla_nfe_text(n->dest, "idEstrangeiro");
	if (cla_str_absent(key) && cla_access_key_form(cla_nfe_text(n->prot, "chNFe")))
		key = cla_nfe_text(n->prot, "chNFe");

	d->kind = cla_str_eqc(n->model, "65") ? CLA_DOC_NFCE : CLA_DOC_NFE;
	d->version = cla_case_keep(c, cla_xml_attr(n->inf, "versao"));
	d->id = cla_case_keep(c, key);
	d->issuer = cla_case_keep(c, cla_nfe_tax_id(n->emit, NULL));
	d->issuer_name = cla_case_keep(c, cla_nfe_text(n->emit, "xNome"));
	d->receiver = cla_case_keep(c, receiver);
	d->issued_at = cla_case_keep(c, issued);
	d->total = cla_case_keep(c, cla_nfe_text(n->total, "vNF"));
	d->subtotal = cla_case_keep(c, cla_nfe_text(n->total, "vProd"));
	d->discount = cla_case_keep(c, cla_nfe_text(n->total, "vDesc"));
	d->currency = CLA_STR("BRL");
	d->type = cla_case_keep(c, cla_nfe_text(n->ide, "finNFe"));
	d->payment_form = cla_case_keep(c, cla_nfe_text(first_payment(n), "tPag"));
	read_payments(c, first_payment(n), false);
	d->protocol = cla_case_keep(c, cla_nfe_text(n->prot, "nProt"));
	d->production = cla_str_eqc(cla_nfe_text(n->ide, "tpAmb"), "1");
}

void cla_nfe_judge(struct cla_case *c)
{
	struct cla_nfe note = { 0 };

	read_note(c, &note);
	describe_note(c, &note);
	check_signature(c, note.inf, &note.sig);
	c->document->content = cla_case_keep(c, note.sig.digest_value);
	cla_nfe_add_items(c, &note);
	c->facts = &note;
	cla_nfe_run_note(c);
	c->facts = NULL;
}

/*
 * The event
 */

/* The financial reconciliation (ECONF) tells how the note was paid. */
static void describe_payment(struct cla_case *c, const struct cla_nfe_event *e)
{
	const struct cla_xml *first = cla_nfe_find(e->inf, "detEvento/detPag");

	if (!first || !cla_str_eqc(e->type, "110750"))
		return;
	c->document->payment_form = cla_case_keep(c, cla_nfe_text(first, "tPag"));
	read_payments(c, first, true);
}

void cla_nfe_event_judge(struct cla_case *c)
{
	struct cla_nfe_event e = { 0 };
	struct cla_document *d = c->document;
	struct cla_str issued;

	e.event = cla_xml_is(c->root, CLA_NFE_NS, "evento") ? c->root
							    : cla_nfe_find(c->root, "evento");
	e.inf = cla_nfe_find(e.event, "infEvento");
	if (e.event != c->root)
		e.answer = cla_nfe_find(c->root, "retEvento/infEvento");
	e.key = cla_nfe_text(e.inf, "chNFe");
	if (!cla_access_key_form(e.key))
		e.key = CLA_STR_NONE;
	e.type = cla_nfe_text(e.inf, "tpEvento");
	e.author = cla_nfe_tax_id(e.inf, NULL);
	issued = cla_nfe_text(e.inf, "dhEvento");
	if (!cla_nfe_instant(issued, &e.issue_date, &e.issued))
		e.issue_date.year = 0;

	d->kind = CLA_DOC_NFE_EVENT;
	d->version = cla_case_keep(c, cla_xml_attr(e.event, "versao"));
	d->id = cla_case_keep(c, e.key);
	d->issuer = cla_case_keep(c, e.author);
	d->issued_at = cla_case_keep(c, issued);
	d->type = cla_case_keep(c, e.type);
	d->protocol = cla_case_keep(c, cla_nfe_text(e.inf, "detEvento/nProt"));
	d->production = cla_str_eqc(cla_nfe_text(e.inf, "tpAmb"), "1");

	describe_payment(c, &e);
	check_signature(c, e.inf, &e.sig);
	c->facts = &e;
	cla_nfe_run_event(c);
	c->facts = NULL;
}
