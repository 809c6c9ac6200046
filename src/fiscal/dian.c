#include "fiscal/dian.h"

#include "fiscal/common.h"
#include "xml/scan.h"

#include <string.h>

#define UBL "urn:oasis:names:specification:ubl:schema:xsd:"

const struct cla_xml *cla_dian_find(const struct cla_xml *el, const char *path)
{
	while (el && *path) {
		char name[48];
		size_t len = strcspn(path, "/");

		if (len >= sizeof(name))
			return NULL;
		memcpy(name, path, len);
		name[len] = '\0';
		el = cla_xml_find(el, NULL, name);
		path += len + (path[len] == '/');
	}
	return el;
}

struct cla_str cla_dian_text(const struct cla_xml *el, const char *path)
{
	return cla_str_trim(cla_xml_text(cla_dian_find(el, path)));
}

const struct cla_xml *cla_dian_issuer(const struct cla_xml *bill)
{
	return cla_dian_find(bill, "AccountingSupplierParty/Party/PartyTaxScheme/CompanyID");
}

const struct cla_xml *cla_dian_receiver(const struct cla_xml *bill)
{
	return cla_dian_find(bill, "AccountingCustomerParty/Party/PartyTaxScheme/CompanyID");
}

const struct cla_xml *cla_dian_totals(const struct cla_xml *bill)
{
	const struct cla_xml *totals = cla_dian_find(bill, "LegalMonetaryTotal");

	return totals ? totals : cla_dian_find(bill, "RequestedMonetaryTotal");
}

static bool is_bill(const struct cla_xml *el)
{
	return cla_xml_is(el, UBL "Invoice-2", "Invoice") ||
	       cla_xml_is(el, UBL "CreditNote-2", "CreditNote") ||
	       cla_xml_is(el, UBL "DebitNote-2", "DebitNote");
}

static bool is_answer(const struct cla_xml *el)
{
	return cla_xml_is(el, UBL "ApplicationResponse-2", "ApplicationResponse");
}

/*
 * What an AttachedDocument holds as text: scanned and parsed as a file would be. All trees of a
 * file together keep to the limit of one.
 */

struct content {
	struct cla_xml_limits limits; /* that are left */
	struct cla_dian *into;
};

static void unread(struct content *content, const struct cla_xml *at, struct cla_str why)
{
	if (!content->into->unread_at) {
		content->into->unread_at = at;
		content->into->unread = why;
	}
}

static void open_text(struct cla_case *c, struct content *content, const struct cla_xml *at,
		      struct cla_xml_doc **doc)
{
	struct cla_str text = cla_str_trim(cla_xml_text(at));
	struct cla_err err = CLA_ERR_INIT;
	struct cla_xml_problem problem;
	struct cla_xml_scan scan;
	bool well_formed, tolerated;

	cla_xml_scan(text, &content->limits, &scan);
	switch (scan.shape) {
	case CLA_XML_SHAPE_NOT_XML:
	case CLA_XML_SHAPE_BROKEN:
		unread(content, at, CLA_STR("no XML"));
		return;
	case CLA_XML_SHAPE_DOCTYPE:
		unread(content, at, CLA_STR("DOCTYPE"));
		return;
	case CLA_XML_SHAPE_LIMIT:
		unread(content, at,
		       cla_case_text(c, "%s %llu", scan.limit,
				     (unsigned long long)scan.limit_value));
		return;
	case CLA_XML_SHAPE_OK:
		break;
	}
	content->limits.memory -= scan.memory;
	content->limits.nodes -= scan.nodes;
	if (!cla_xml_parse(text, doc, &well_formed, &problem, &tolerated, &err)) {
		cla_case_error(c, &err);
		return;
	}
	if (well_formed)
		return;
	unread(content, at, cla_case_text(c, "line %d: %s", problem.line, problem.text));
	cla_xml_freep(doc);
}

/* Files the root of what was opened where it belongs; another kind does not belong there. */
static void take(struct content *content, const struct cla_xml *at, const struct cla_xml_doc *doc)
{
	const struct cla_xml *root = doc ? cla_xml_root(doc) : NULL;

	if (!root)
		return;
	if (is_bill(root) && !content->into->bill)
		content->into->bill = root;
	else if (is_answer(root) && !content->into->answer)
		content->into->answer = root;
	else
		unread(content, at, cla_xml_name(root));
}

static void open_container(struct cla_case *c, struct cla_dian *d)
{
	struct content content = { *cla_judge_limits(c->judge), d };
	const struct cla_xml *first =
		cla_dian_find(d->container, "Attachment/ExternalReference/Description");
	const struct cla_xml *second;

	content.limits.memory -=
		c->memory < content.limits.memory ? c->memory : content.limits.memory;
	d->line = cla_dian_find(d->container, "ParentDocumentLineReference/DocumentReference");
	second = cla_dian_find(d->line, "Attachment/ExternalReference/Description");
	if (first)
		open_text(c, &content, first, &d->bill_doc);
	if (second)
		open_text(c, &content, second, &d->answer_doc);
	take(&content, first, d->bill_doc);
	take(&content, second, d->answer_doc);
}

static struct cla_str keep(struct cla_case *c, struct cla_str s)
{
	return cla_case_keep(c, s);
}

static void describe_moment(struct cla_case *c, const struct cla_xml *el)
{
	struct cla_str date = cla_dian_text(el, "IssueDate"), time = cla_dian_text(el, "IssueTime");

	if (cla_str_absent(date) || cla_str_absent(time))
		c->document->issued_at = keep(c, date);
	else
		c->document->issued_at = cla_case_text(c, CLA_STR_FMT "T" CLA_STR_FMT,
						       CLA_STR_ARG(cla_str_sub(date, 0, 64)),
						       CLA_STR_ARG(cla_str_sub(time, 0, 64)));
}

static void describe_bill(struct cla_case *c, const struct cla_xml *bill)
{
	const struct cla_xml *totals = cla_dian_totals(bill);
	struct cla_document *d = c->document;

	d->id = keep(c, cla_dian_text(bill, "UUID"));
	d->issuer = keep(c, cla_str_trim(cla_xml_text(cla_dian_issuer(bill))));
	d->issuer_name = keep(
		c, cla_dian_text(bill,
				 "AccountingSupplierParty/Party/PartyTaxScheme/RegistrationName"));
	d->receiver = keep(c, cla_str_trim(cla_xml_text(cla_dian_receiver(bill))));
	d->total = keep(c, cla_dian_text(totals, "PayableAmount"));
	d->subtotal = keep(c, cla_dian_text(totals, "LineExtensionAmount"));
	d->discount = keep(c, cla_dian_text(totals, "AllowanceTotalAmount"));
	d->currency = keep(c, cla_dian_text(bill, "DocumentCurrencyCode"));
	d->payment_form = keep(c, cla_dian_text(bill, "PaymentMeans/PaymentMeansCode"));
}

/* An ApplicationResponse, or a container that could not be opened: id is the bill's, as an event's
 * is its note's. */
static void describe_other(struct cla_case *c, const struct cla_xml *el)
{
	struct cla_document *d = c->document;
	struct cla_str id = cla_dian_text(el, "DocumentResponse/DocumentReference/UUID");

	if (cla_str_absent(id))
		id = cla_dian_text(el, "ParentDocumentLineReference/DocumentReference/UUID");
	d->id = keep(c, id);
	d->issuer = keep(c, cla_dian_text(el, "SenderParty/PartyTaxScheme/CompanyID"));
	d->issuer_name = keep(c, cla_dian_text(el, "SenderParty/PartyTaxScheme/RegistrationName"));
	d->receiver = keep(c, cla_dian_text(el, "ReceiverParty/PartyTaxScheme/CompanyID"));
}

static void describe(struct cla_case *c, const struct cla_dian *f)
{
	const struct cla_xml *el = f->bill ? f->bill : c->root;

	c->document->version = keep(c, cla_dian_text(el, "UBLVersionID"));
	c->document->type = keep(c, cla_xml_name(el));
	c->document->production = !cla_str_eqc(cla_dian_text(el, "ProfileExecutionID"), "2");
	describe_moment(c, el);
	if (f->bill)
		describe_bill(c, f->bill);
	else
		describe_other(c, el);
}

void cla_dian_judge(struct cla_case *c)
{
	struct cla_dian d = { 0 };

	if (is_bill(c->root)) {
		d.bill = c->root;
	} else if (is_answer(c->root)) {
		d.answer = c->root;
	} else {
		d.container = c->root;
		open_container(c, &d);
	}
	describe(c, &d);
	cla_common_no_schema(
		c, cla_case_text(c, "xsd UBL 2.1 " CLA_STR_FMT, CLA_STR_ARG(c->document->type)));
	c->facts = &d;
	cla_dian_run(c);
	c->facts = NULL;
	cla_xml_free(d.bill_doc);
	cla_xml_free(d.answer_doc);
}
