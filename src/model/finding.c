/* model/finding.c - judgements: names, encoding for evidence, keeping for the catalogue. */
#include "model/finding.h"

#include "json/json.h"
#include "json/out.h"

#include <string.h>

static const char *const verdict_names[] = {
	[CLA_VERDICT_NA] = "n/a",	   [CLA_VERDICT_PASS] = "pass", [CLA_VERDICT_WARN] = "warn",
	[CLA_VERDICT_UNKNOWN] = "unknown", [CLA_VERDICT_FAIL] = "fail",
};

static const char *const check_names[CLA_CHECK_COUNT] = {
	[CLA_CHECK_WELLFORMED] = "wellformed", [CLA_CHECK_SCHEMA] = "schema",
	[CLA_CHECK_SIGNATURE] = "signature",   [CLA_CHECK_CERTIFICATE] = "certificate",
	[CLA_CHECK_STAMP] = "stamp",	       [CLA_CHECK_IDENTITY] = "identity",
	[CLA_CHECK_TOTALS] = "totals",	       [CLA_CHECK_CATALOGS] = "catalogs",
};

static const char *const kind_names[] = {
	[CLA_DOC_NOT_XML] = "not-xml",
	[CLA_DOC_XML] = "xml",
	[CLA_DOC_CFDI] = "cfdi",
	[CLA_DOC_CFDI_RETENCIONES] = "cfdi-retenciones",
	[CLA_DOC_NFE] = "nfe",
	[CLA_DOC_NFCE] = "nfce",
	[CLA_DOC_NFE_EVENT] = "nfe-event",
	[CLA_DOC_CTE] = "cte",
	[CLA_DOC_MDFE] = "mdfe",
	[CLA_DOC_NFSE] = "nfse",
	[CLA_DOC_DIAN] = "dian",
};

static bool name_index(struct cla_str s, const char *const *names, size_t count, size_t *ret)
{
	for (size_t i = 0; i < count; i++) {
		if (cla_str_eqc(s, names[i])) {
			*ret = i;
			return true;
		}
	}
	return false;
}

const char *cla_verdict_name(enum cla_verdict v)
{
	return (size_t)v < CLA_LEN(verdict_names) ? verdict_names[v] : "unknown";
}

bool cla_verdict_parse(struct cla_str s, enum cla_verdict *ret)
{
	size_t i;

	if (!name_index(s, verdict_names, CLA_LEN(verdict_names), &i))
		return false;
	*ret = (enum cla_verdict)i;
	return true;
}

const char *cla_check_name(enum cla_check c)
{
	return (size_t)c < CLA_CHECK_COUNT ? check_names[c] : "unknown";
}

static bool check_parse(struct cla_str s, enum cla_check *ret)
{
	size_t i;

	if (!name_index(s, check_names, CLA_CHECK_COUNT, &i))
		return false;
	*ret = (enum cla_check)i;
	return true;
}

const char *cla_doc_kind_name(enum cla_doc_kind k)
{
	return (size_t)k < CLA_LEN(kind_names) ? kind_names[k] : "not-xml";
}

bool cla_doc_kind_parse(struct cla_str s, enum cla_doc_kind *ret)
{
	size_t i;

	if (!name_index(s, kind_names, CLA_LEN(kind_names), &i))
		return false;
	*ret = (enum cla_doc_kind)i;
	return true;
}

bool cla_doc_kind_is_fiscal(enum cla_doc_kind k)
{
	return k != CLA_DOC_NOT_XML && k != CLA_DOC_XML;
}

void cla_judgement_init(struct cla_judgement *j)
{
	*j = (struct cla_judgement){ .arena = CLA_ARENA_INIT };
	j->documents_end = &j->documents;
}

void cla_judgement_clear(struct cla_judgement *j)
{
	cla_arena_clear(&j->arena);
	cla_judgement_init(j);
}

struct cla_document *cla_judgement_add(struct cla_judgement *j)
{
	struct cla_document *d = cla_arena_alloc(&j->arena, sizeof(*d));

	if (!d)
		return NULL;
	d->index = j->count++;
	d->findings_end = &d->findings;
	*j->documents_end = d;
	j->documents_end = &d->next;
	return d;
}

static void put_checks(struct cla_json_out *o, const struct cla_document *d)
{
	/* Canonical JSON wants the keys in order. */
	static const enum cla_check sorted[] = {
		CLA_CHECK_CATALOGS, CLA_CHECK_CERTIFICATE, CLA_CHECK_IDENTITY,
		CLA_CHECK_SCHEMA,   CLA_CHECK_SIGNATURE,   CLA_CHECK_STAMP,
		CLA_CHECK_TOTALS,   CLA_CHECK_WELLFORMED,
	};

	_Static_assert(CLA_LEN(sorted) == CLA_CHECK_COUNT, "every check is written");
	cla_json_out_key(o, "checks");
	cla_json_out_object(o);
	for (size_t i = 0; i < CLA_LEN(sorted); i++)
		cla_json_out_kcstr(o, cla_check_name(sorted[i]),
				   cla_verdict_name(d->checks[sorted[i]]));
	cla_json_out_close(o);
}

bool cla_judgement_encode(const struct cla_judgement *j, struct cla_buf *out, struct cla_err *err)
{
	struct cla_json_out o;

	cla_json_out_begin(&o, out);
	cla_json_out_array(&o);
	for (const struct cla_document *d = j->documents; d; d = d->next) {
		cla_json_out_object(&o);
		put_checks(&o, d);
		cla_json_out_key(&o, "findings");
		cla_json_out_array(&o);
		for (const struct cla_finding *f = d->findings; f; f = f->next) {
			cla_json_out_object(&o);
			cla_json_out_kcstr(&o, "code", f->code);
			cla_json_out_kcstr(&o, "result", cla_verdict_name(f->severity));
			cla_json_out_kcstr(&o, "rule", f->rule);
			cla_json_out_close(&o);
		}
		cla_json_out_close(&o);
		cla_json_out_kstr(&o, "id", d->id);
		cla_json_out_kint(&o, "index", (int64_t)d->index);
		cla_json_out_kcstr(&o, "kind", cla_doc_kind_name(d->kind));
		cla_json_out_khex(&o, "sha256", j->sha256.bytes, sizeof(j->sha256.bytes));
		cla_json_out_kcstr(&o, "verdict", cla_verdict_name(d->verdict));
		cla_json_out_kstr(&o, "version", d->version);
		cla_json_out_close(&o);
	}
	cla_json_out_close(&o);
	return cla_json_out_end(&o, err);
}

/* The texts of a document that are kept as they are: key in the saved object and place in the
 * struct. */
struct text_field {
	const char *key;
	size_t offset;
};

#define FIELD(name)                                                                                \
	{                                                                                          \
#name, offsetof(struct cla_document, name)                                         \
	}
static const struct text_field text_fields[] = {
	/* sorted by key */
	FIELD(content),	    FIELD(currency),	 FIELD(discount), FIELD(exchange_rate),
	FIELD(id),	    FIELD(issued_at),	 FIELD(issuer),	  FIELD(issuer_name),
	FIELD(local_taxes), FIELD(payment_form), FIELD(protocol), FIELD(receiver),
	FIELD(subtotal),    FIELD(total),	 FIELD(type),	  FIELD(version),
};
#undef FIELD

#define FIELD(name)                                                                                \
	{                                                                                          \
#name, offsetof(struct cla_payment, name)                                          \
	}
static const struct text_field payment_fields[] = {
	/* sorted by key */
	FIELD(amount),	    FIELD(authorization), FIELD(brand), FIELD(day),	 FIELD(form),
	FIELD(institution), FIELD(payee),	  FIELD(payer), FIELD(terminal),
};
#undef FIELD

static const struct cla_str *field_of(const void *of, const struct text_field *f)
{
	return (const struct cla_str *)(const void *)((const char *)of + f->offset);
}

static void save_document(struct cla_json_out *o, const struct cla_document *d)
{
	cla_json_out_object(o);
	cla_json_out_key(o, "certs");
	cla_json_out_array(o);
	for (const struct cla_used_cert *c = d->certs; c; c = c->next) {
		char hex[CLA_DIGEST_HEX];
		cla_json_out_object(o);
		cla_json_out_khex(o, "der", c->der.ptr, c->der.len);
		cla_json_out_kcstr(o, "sha256", cla_digest_hex(&c->sha256, hex));
		cla_json_out_close(o);
	}
	cla_json_out_close(o);
	put_checks(o, d);
	cla_json_out_key(o, "findings");
	cla_json_out_array(o);
	for (const struct cla_finding *f = d->findings; f; f = f->next) {
		cla_json_out_object(o);
		cla_json_out_kcstr(o, "check", cla_check_name(f->check));
		cla_json_out_kcstr(o, "code", f->code);
		cla_json_out_kstr(o, "expected", f->expected);
		cla_json_out_kstr(o, "found", f->found);
		cla_json_out_kcstr(o, "result", cla_verdict_name(f->severity));
		cla_json_out_kcstr(o, "rule", f->rule);
		cla_json_out_kstr(o, "where", f->where);
		cla_json_out_close(o);
	}
	cla_json_out_close(o);
	cla_json_out_kcstr(o, "kind", cla_doc_kind_name(d->kind));
	cla_json_out_key(o, "payments");
	cla_json_out_array(o);
	for (const struct cla_payment *p = d->payments; p; p = p->next) {
		cla_json_out_object(o);
		for (size_t i = 0; i < CLA_LEN(payment_fields); i++)
			cla_json_out_kstr(o, payment_fields[i].key,
					  *field_of(p, &payment_fields[i]));
		cla_json_out_close(o);
	}
	cla_json_out_close(o);
	cla_json_out_kbool(o, "production", d->production);
	cla_json_out_key(o, "text");
	cla_json_out_object(o);
	for (size_t i = 0; i < CLA_LEN(text_fields); i++)
		cla_json_out_kstr(o, text_fields[i].key, *field_of(d, &text_fields[i]));
	cla_json_out_close(o);
	cla_json_out_kcstr(o, "verdict", cla_verdict_name(d->verdict));
	cla_json_out_close(o);
}

bool cla_judgement_save(const struct cla_judgement *j, struct cla_buf *out, struct cla_err *err)
{
	struct cla_json_out o;

	cla_json_out_begin(&o, out);
	cla_json_out_object(&o);
	cla_json_out_key(&o, "documents");
	cla_json_out_array(&o);
	for (const struct cla_document *d = j->documents; d; d = d->next)
		save_document(&o, d);
	cla_json_out_close(&o);
	cla_json_out_khex(&o, "sha256", j->sha256.bytes, sizeof(j->sha256.bytes));
	cla_json_out_close(&o);
	return cla_json_out_end(&o, err);
}

/* Reading back. `ok` gathers whether memory lasted, the result whether the shape is right. */
struct load {
	struct cla_arena *arena;
	bool ok;
};

static struct cla_str load_text(struct load *l, const struct cla_json *object, const char *key)
{
	return cla_arena_str(l->arena, cla_json_string(cla_json_get(object, key)), &l->ok);
}

static bool load_verdict(const struct cla_json *object, const char *key, enum cla_verdict *ret)
{
	return cla_verdict_parse(cla_json_string(cla_json_get(object, key)), ret);
}

static bool load_finding(struct load *l, const struct cla_json *node, struct cla_document *d)
{
	struct cla_finding *f = cla_arena_alloc(l->arena, sizeof(*f));

	if (!f) {
		l->ok = false;
		return true;
	}
	if (!check_parse(cla_json_string(cla_json_get(node, "check")), &f->check) ||
	    !load_verdict(node, "result", &f->severity))
		return false;
	f->rule = load_text(l, node, "rule").ptr;
	f->code = load_text(l, node, "code").ptr;
	f->where = load_text(l, node, "where");
	f->expected = load_text(l, node, "expected");
	f->found = load_text(l, node, "found");
	if (!f->rule && l->ok)
		return false;
	*d->findings_end = f;
	d->findings_end = &f->next;
	d->finding_count++;
	return true;
}

static bool load_cert(struct load *l, const struct cla_json *node, struct cla_used_cert ***end)
{
	struct cla_str hex = cla_json_string(cla_json_get(node, "der"));
	struct cla_used_cert *c = cla_arena_alloc(l->arena, sizeof(*c));
	char *der = cla_arena_alloc(l->arena, hex.len / 2 + 1);

	if (!c || !der) {
		l->ok = false;
		return true;
	}
	if (!cla_hex_decode(hex, der, hex.len / 2) ||
	    !cla_digest_parse(cla_json_string(cla_json_get(node, "sha256")), &c->sha256))
		return false;
	c->der = (struct cla_str){ der, hex.len / 2 };
	**end = c;
	*end = &c->next;
	return true;
}

static void load_payment(struct load *l, const struct cla_json *node, struct cla_payment ***end)
{
	struct cla_payment *p = cla_arena_alloc(l->arena, sizeof(*p));

	if (!p) {
		l->ok = false;
		return;
	}
	for (size_t i = 0; i < CLA_LEN(payment_fields); i++) {
		struct cla_str s = load_text(l, node, payment_fields[i].key);
		memcpy((char *)p + payment_fields[i].offset, &s, sizeof(s));
	}
	**end = p;
	*end = &p->next;
}

static bool load_document(struct load *l, const struct cla_json *node, struct cla_judgement *j)
{
	struct cla_document *d = cla_judgement_add(j);

	if (!d) {
		l->ok = false;
		return true;
	}
	const struct cla_json *checks = cla_json_get(node, "checks");
	for (int c = 0; c < CLA_CHECK_COUNT; c++) {
		if (!load_verdict(checks, check_names[c], &d->checks[c]))
			return false;
	}
	if (!load_verdict(node, "verdict", &d->verdict) ||
	    !cla_doc_kind_parse(cla_json_string(cla_json_get(node, "kind")), &d->kind) ||
	    !cla_json_bool(cla_json_get(node, "production"), &d->production))
		return false;

	const struct cla_json *text = cla_json_get(node, "text");
	for (size_t i = 0; i < CLA_LEN(text_fields); i++) {
		struct cla_str s = load_text(l, text, text_fields[i].key);
		memcpy((char *)d + text_fields[i].offset, &s, sizeof(s));
	}
	const struct cla_json *it;
	for (it = cla_json_first(cla_json_get(node, "findings")); it; it = cla_json_next(it)) {
		if (!load_finding(l, it, d))
			return false;
	}
	struct cla_payment **last = &d->payments;
	for (it = cla_json_first(cla_json_get(node, "payments")); it; it = cla_json_next(it))
		load_payment(l, it, &last);
	struct cla_used_cert **end = &d->certs;
	for (it = cla_json_first(cla_json_get(node, "certs")); it; it = cla_json_next(it)) {
		if (!load_cert(l, it, &end))
			return false;
	}
	return true;
}

bool cla_judgement_load(struct cla_str json, struct cla_judgement *j, struct cla_err *err)
{
	cla_auto_json struct cla_json_doc *doc = NULL;

	if (!cla_json_parse(json, &doc, err))
		return cla_err_wrap(err, "saved judgement");

	cla_auto_judgement struct cla_judgement loaded;
	cla_judgement_init(&loaded);
	struct load l = { .arena = &loaded.arena, .ok = true };
	const struct cla_json *root = cla_json_root(doc);
	bool shaped =
		cla_digest_parse(cla_json_string(cla_json_get(root, "sha256")), &loaded.sha256);
	const struct cla_json *it = cla_json_first(cla_json_get(root, "documents"));

	for (; it && shaped && l.ok; it = cla_json_next(it))
		shaped = load_document(&l, it, &loaded);
	if (!l.ok)
		return cla_err_oom(err);
	if (!shaped || !loaded.documents)
		return cla_err_set(err, CLA_ERR_FORMAT,
				   "saved judgement: not of the expected shape");

	/* The list ends point into the struct itself when it is empty, and it is not. */
	*j = loaded;
	cla_judgement_init(&loaded);
	return true;
}
