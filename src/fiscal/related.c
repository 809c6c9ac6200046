/* fiscal/related.c - notes keys of documents and events, and tells what they mean for each other. */
#include "fiscal/related.h"

#include "fiscal/rule.h"
#include "model/id/taxid.h"

#include <stdlib.h>
#include <string.h>

#define BUCKETS 4096
#define MOST 20000 /* documents and events */

#define TEXT CLA_TEXT
#define FAIL CLA_VERDICT_FAIL
#define WARN CLA_VERDICT_WARN

enum { CANCELLED, OTHER_PROTOCOL, CORRECTED, REFUSED, OTHER_CONTENT, NUMBER_TWICE };

static const struct cla_rule rules[] = {
	[CANCELLED] = { "related.cancelled", NULL, CLA_CHECK_STAMP, FAIL, NULL, NULL, NULL,
			TEXT("The document is void: its cancellation is at hand",
			     "El documento no vale: se tiene su cancelación",
			     "O documento não vale: seu cancelamento está em mãos") },
	[OTHER_PROTOCOL] = { "related.cancelled-protocol", "222", CLA_CHECK_STAMP, WARN, NULL, NULL,
			     NULL,
			     TEXT("The cancellation at hand names another protocol than the "
				  "document's",
				  "La cancelación que se tiene nombra otro protocolo que el del "
				  "documento",
				  "O cancelamento em mãos cita protocolo diferente do documento") },
	[CORRECTED] = { "related.corrected", NULL, CLA_CHECK_STAMP, WARN, NULL, NULL, NULL,
			TEXT("A correction letter is at hand; the last one counts",
			     "Se tiene una carta de corrección; cuenta la última",
			     "Há carta de correção em mãos; vale a última") },
	[REFUSED] = { "related.refused", NULL, CLA_CHECK_STAMP, WARN, NULL, NULL, NULL,
		      TEXT("The receiver does not know the operation, or says that it was not "
			   "performed",
			   "El destinatario desconoce la operación o dice que no se realizó",
			   "O destinatário desconhece a operação ou diz que não foi realizada") },
	[OTHER_CONTENT] = { "related.other-content", "204", CLA_CHECK_IDENTITY, FAIL, NULL, NULL,
			    NULL,
			    TEXT("Another document at hand has the same key and other content",
				 "Otro documento que se tiene lleva la misma clave y otro "
				 "contenido",
				 "Outro documento em mãos tem a mesma chave e outro conteúdo") },
	[NUMBER_TWICE] = { "related.number-twice", "539", CLA_CHECK_IDENTITY, FAIL, NULL, NULL,
			   NULL,
			   TEXT("Another document at hand has the same number under another key",
				"Otro documento que se tiene lleva el mismo número con otra clave",
				"Outro documento em mãos tem o mesmo número com outra chave") },
};

const struct cla_rule_table cla_related_rules = { "related", rules, CLA_LEN(rules) };

/* ---- what events mean ---- */

enum effect { NO_EFFECT, CANCELS, CORRECTS, REFUSES, RECONSIDERS };

static const struct {
	enum cla_doc_kind kind; /* of the event */
	const char *type;
	enum effect effect;
} effects[] = {
	{ CLA_DOC_NFE_EVENT, "110111", CANCELS },     { CLA_DOC_NFE_EVENT, "110112", CANCELS },
	{ CLA_DOC_NFE_EVENT, "110110", CORRECTS },    { CLA_DOC_NFE_EVENT, "210220", REFUSES },
	{ CLA_DOC_NFE_EVENT, "210240", REFUSES },     { CLA_DOC_NFE_EVENT, "210200", RECONSIDERS },
	{ CLA_DOC_NFE_EVENT, "210210", RECONSIDERS }, { CLA_DOC_CTE, "110111", CANCELS },
	{ CLA_DOC_CTE, "110110", CORRECTS },	      { CLA_DOC_CTE, "610110", REFUSES },
	{ CLA_DOC_CTE, "610111", RECONSIDERS },	      { CLA_DOC_MDFE, "110111", CANCELS },
	{ CLA_DOC_NFSE, "101101", CANCELS },	      { CLA_DOC_NFSE, "105102", CANCELS },
	{ CLA_DOC_NFSE, "105104", CANCELS },	      { CLA_DOC_NFSE, "305101", CANCELS },
	{ CLA_DOC_NFSE, "202205", REFUSES },	      { CLA_DOC_NFSE, "203206", REFUSES },
	{ CLA_DOC_NFSE, "204207", REFUSES },	      { CLA_DOC_NFSE, "205208", RECONSIDERS },
};

/* An event has a type of six digits; a document of the same kind (CT-e) has none so long. */
static bool is_event(const struct cla_document *d)
{
	return d->kind == CLA_DOC_NFE_EVENT || d->type.len == 6;
}

static enum effect effect_of(const struct cla_document *d)
{
	for (size_t i = 0; i < CLA_LEN(effects); i++) {
		if (effects[i].kind == d->kind && cla_str_eqc(d->type, effects[i].type))
			return effects[i].effect;
	}
	return NO_EFFECT;
}

static bool is_registered(const struct cla_document *d)
{
	enum cla_verdict stamp = d->checks[CLA_CHECK_STAMP];

	return stamp == CLA_VERDICT_PASS || stamp == CLA_VERDICT_WARN;
}

static bool is_document(const struct cla_document *d)
{
	switch (d->kind) {
	case CLA_DOC_NFE:
	case CLA_DOC_NFCE:
	case CLA_DOC_CTE:
	case CLA_DOC_MDFE:
	case CLA_DOC_NFSE:
		return d->id.len && !is_event(d);
	default:
		return false;
	}
}

/* ---- what was noted ---- */

enum entry_kind { EVENT, DOCUMENT, NUMBER };

/* Under a key: an event of the document, the document. Under issuer, model, series and number: its key. */
struct entry {
	struct entry *next;
	enum entry_kind kind;
	struct cla_str under;
	struct cla_str key;		       /* NUMBER */
	struct cla_str content;		       /* DOCUMENT */
	struct cla_str type, issued, protocol; /* EVENT */
	enum effect effect;
	bool sound;
	struct cla_time time;
	bool production;
	struct cla_str file;
};

struct cla_related {
	struct cla_arena arena;
	struct entry *buckets[BUCKETS];
	size_t count;
};

bool cla_related_new(struct cla_related **ret, struct cla_err *err)
{
	*ret = calloc(1, sizeof(**ret));
	return *ret || cla_err_oom(err);
}

void cla_related_free(struct cla_related *r)
{
	if (!r)
		return;
	cla_arena_clear(&r->arena);
	free(r);
}

bool cla_related_full(const struct cla_related *r)
{
	return r->count >= MOST;
}

/* Any spread will do: a crowded bucket costs time only, and there are MOST at most. */
static size_t bucket_of(struct cla_str s)
{
	uint32_t hash = 2166136261u;

	for (size_t i = 0; i < s.len; i++)
		hash = (hash ^ (unsigned char)s.ptr[i]) * 16777619u;
	return hash % BUCKETS;
}

static const struct entry *next_entry(const struct entry *e, enum entry_kind kind,
				      struct cla_str under, bool production)
{
	while (e &&
	       (e->kind != kind || e->production != production || !cla_str_eq(e->under, under)))
		e = e->next;
	return e;
}

static const struct entry *first_entry(const struct cla_related *r, enum entry_kind kind,
				       struct cla_str under, bool production)
{
	return next_entry(r->buckets[bucket_of(under)], kind, under, production);
}

static struct cla_str keep(struct cla_related *r, struct cla_str s, bool *ok)
{
	return cla_str_absent(s) ? s : cla_arena_str(&r->arena, s, ok);
}

static bool add(struct cla_related *r, struct entry entry, struct cla_err *err)
{
	struct entry *e = cla_arena_alloc(&r->arena, sizeof(*e));
	bool ok = true;

	if (!e)
		return cla_err_oom(err);
	entry.under = keep(r, entry.under, &ok);
	entry.key = keep(r, entry.key, &ok);
	entry.content = keep(r, entry.content, &ok);
	entry.type = keep(r, entry.type, &ok);
	entry.issued = keep(r, entry.issued, &ok);
	entry.protocol = keep(r, entry.protocol, &ok);
	entry.file = keep(r, entry.file, &ok);
	if (!ok)
		return cla_err_oom(err);
	struct entry **bucket = &r->buckets[bucket_of(entry.under)];
	*e = entry;
	e->next = *bucket;
	*bucket = e;
	return true;
}

/* A copy of an event says nothing new. */
static bool is_noted(const struct cla_related *r, const struct entry *event)
{
	const struct entry *e = first_entry(r, EVENT, event->under, event->production);

	while (e && !(cla_str_eq(e->type, event->type) && cla_str_eq(e->issued, event->issued) &&
		      e->sound == event->sound))
		e = next_entry(e->next, EVENT, event->under, event->production);
	return e;
}

static bool note_event(struct cla_related *r, const struct cla_document *d, struct cla_str file,
		       struct cla_err *err)
{
	struct entry e = {
		.kind = EVENT,
		.under = d->id,
		.type = d->type,
		.issued = d->issued_at,
		.protocol = d->protocol,
		.effect = effect_of(d),
		.sound = d->verdict != CLA_VERDICT_FAIL,
		.production = d->production,
		.file = file,
	};
	bool zone;

	if (e.effect == NO_EFFECT || !d->id.len || !is_registered(d) || is_noted(r, &e))
		return true;
	if (!cla_time_parse(d->issued_at, &e.time, &zone))
		e.time = (struct cla_time){ 0 };
	r->count++;
	return add(r, e, err);
}

/* Issuer, model, series and number of an access key, which stand together in it; absent for others. */
static struct cla_str number_of(const struct cla_document *d)
{
	struct cla_access_key part;

	return cla_access_key_split(d->id, &part) ? cla_str_sub(d->id, 6, 28) : CLA_STR_NONE;
}

static bool note_document(struct cla_related *r, const struct cla_document *d, struct cla_str file,
			  struct cla_err *err)
{
	struct entry e = { .kind = DOCUMENT,
			   .under = d->id,
			   .content = d->content,
			   .production = d->production,
			   .file = file };
	struct cla_str number = number_of(d);

	for (const struct entry *known = first_entry(r, DOCUMENT, d->id, d->production); known;
	     known = next_entry(known->next, DOCUMENT, d->id, d->production)) {
		if (cla_str_eq(known->content, d->content))
			return true; /* a copy */
	}
	r->count++;
	if (!add(r, e, err))
		return false;
	e.kind = NUMBER;
	e.under = number;
	e.key = d->id;
	return !number.len || add(r, e, err);
}

bool cla_related_note_event(struct cla_related *r, const struct cla_document *d,
			    struct cla_str file, struct cla_err *err)
{
	return cla_related_full(r) || !is_event(d) || note_event(r, d, file, err);
}

bool cla_related_note(struct cla_related *r, const struct cla_document *d, struct cla_str file,
		      struct cla_err *err)
{
	if (cla_related_full(r))
		return true;
	if (is_event(d))
		return note_event(r, d, file, err);
	return !is_document(d) || note_document(r, d, file, err);
}

/* ---- what it means for a document ---- */

static bool has_finding(const struct cla_document *d, const struct cla_rule *rule)
{
	for (const struct cla_finding *f = d->findings; f; f = f->next) {
		if (!strcmp(f->rule, rule->id))
			return true;
	}
	return false;
}

static void report(struct cla_case *c, const struct cla_rule *rule, enum cla_verdict severity,
		   struct cla_str expected, struct cla_str found)
{
	if (!has_finding(c->document, rule))
		cla_case_report(c, rule, severity, NULL, NULL, expected, found);
}

#define NAME_SHOWN 40

/* The end of a path says most. */
static struct cla_str short_name(struct cla_str file)
{
	struct cla_str tail;

	if (file.len <= NAME_SHOWN)
		return file;
	tail = cla_str_sub(file, file.len - NAME_SHOWN, NAME_SHOWN);
	size_t slash = cla_str_find(tail, '/');
	return slash < tail.len ? cla_str_sub(tail, slash + 1, tail.len) : tail;
}

/* Which event, of which day, in which file. */
static struct cla_str name_of(struct cla_case *c, const struct entry *e)
{
	return cla_case_text(c, CLA_STR_FMT " " CLA_STR_FMT "%s" CLA_STR_FMT, CLA_STR_ARG(e->type),
			     CLA_STR_ARG(cla_str_sub(e->issued, 0, 10)), e->file.len ? " " : "",
			     CLA_STR_ARG(short_name(e->file)));
}

static bool is_later(const struct entry *a, const struct entry *b)
{
	return !b || cla_time_cmp(a->time, b->time) > 0;
}

static void tell_cancelled(struct cla_case *c, const struct entry *e)
{
	const struct cla_document *d = c->document;

	report(c, &rules[CANCELLED], e->sound ? FAIL : WARN, CLA_STR_NONE, name_of(c, e));
	if (e->protocol.len && d->protocol.len && !cla_str_eq(e->protocol, d->protocol))
		report(c, &rules[OTHER_PROTOCOL], WARN, d->protocol, e->protocol);
}

static void tell_events(const struct cla_related *r, struct cla_case *c)
{
	const struct cla_document *d = c->document;
	const struct entry *cancels = NULL, *corrects = NULL, *answer = NULL;

	for (const struct entry *e = first_entry(r, EVENT, d->id, d->production); e;
	     e = next_entry(e->next, EVENT, d->id, d->production)) {
		if (e->effect == CANCELS && (!cancels || (e->sound && !cancels->sound)))
			cancels = e;
		else if (e->effect == CORRECTS && is_later(e, corrects))
			corrects = e;
		else if ((e->effect == REFUSES || e->effect == RECONSIDERS) && is_later(e, answer))
			answer = e;
	}
	if (cancels)
		tell_cancelled(c, cancels);
	if (corrects)
		report(c, &rules[CORRECTED], WARN, CLA_STR_NONE, name_of(c, corrects));
	if (answer && answer->effect == REFUSES)
		report(c, &rules[REFUSED], WARN, CLA_STR_NONE, name_of(c, answer));
}

static void tell_twins(const struct cla_related *r, struct cla_case *c)
{
	const struct cla_document *d = c->document;
	struct cla_str number = number_of(d);
	const struct entry *e;

	for (e = first_entry(r, DOCUMENT, d->id, d->production); e;
	     e = next_entry(e->next, DOCUMENT, d->id, d->production)) {
		if (e->content.len && d->content.len && !cla_str_eq(e->content, d->content))
			report(c, &rules[OTHER_CONTENT], FAIL, CLA_STR_NONE, short_name(e->file));
	}
	for (e = number.len ? first_entry(r, NUMBER, number, d->production) : NULL; e;
	     e = next_entry(e->next, NUMBER, number, d->production)) {
		if (!cla_str_eq(e->key, d->id))
			report(c, &rules[NUMBER_TWICE], FAIL, CLA_STR_NONE,
			       cla_case_text(c, CLA_STR_FMT "%s" CLA_STR_FMT, CLA_STR_ARG(e->key),
					     e->file.len ? " " : "",
					     CLA_STR_ARG(short_name(e->file))));
	}
}

bool cla_related_tell(const struct cla_related *r, struct cla_judgement *j, struct cla_document *d,
		      struct cla_err *err)
{
	struct cla_case c = { .judgement = j, .document = d, .err = err };

	if (!is_document(d))
		return true;
	tell_events(r, &c);
	tell_twins(r, &c);
	for (int i = 0; i < CLA_CHECK_COUNT; i++)
		d->verdict = cla_verdict_worst(d->verdict, d->checks[i]);
	return !c.oom || cla_err_oom(err);
}
