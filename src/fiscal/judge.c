/* fiscal/judge.c - from bytes to a judgement. */
#include "fiscal/judge.h"

#include "base/file.h"
#include "crypto/cert.h"
#include "fiscal/common.h"
#include "fiscal/defects.h"
#include "fiscal/judge_priv.h"
#include "fiscal/related.h"
#include "tar/gunzip.h"
#include "xml/schema.h"
#include "xml/slice.h"

#include <stdlib.h>
#include <string.h>

/* Decoded certificates: a table of chains by fingerprint. A month has some hundred issuers. */
#define CERT_SLOTS 1024
#define CERT_MOST 4096

struct cached_cert {
	struct cached_cert *next;
	struct cla_digest sha256;
	struct cla_cert *cert; /* NULL: the bytes are no certificate */
	uint64_t used_in;      /* the document that asked last: what it holds is not dropped */
};

struct known_cert {
	struct cla_digest sha256;
	struct cla_cert *cert;
};

struct cla_judge {
	struct cla_judge_opts opts;
	struct cla_schemas *schemas;
	struct cached_cert *slots[CERT_SLOTS];
	size_t cached;
	uint64_t document;	  /* ordinal of the document under judgement */
	struct known_cert *known; /* sorted by fingerprint */
	size_t known_count, known_cap;
	struct cla_rule_log *log; /* NULL unless controls run */
};

bool cla_judge_new(const struct cla_judge_opts *opts, struct cla_judge **ret, struct cla_err *err)
{
	static const struct cla_xml_limits unset = { 0 };
	cla_auto_judge struct cla_judge *judge = calloc(1, sizeof(*judge));

	if (!judge)
		return cla_err_oom(err);
	judge->opts = *opts;
	if (!memcmp(&judge->opts.limits, &unset, sizeof(unset)))
		judge->opts.limits = cla_xml_limits_default;
	if (!cla_schemas_new(&judge->schemas, err))
		return false;
	cla_schemas_use_official(judge->schemas, judge->opts.official);
	*ret = cla_steal(&judge);
	return true;
}

void cla_judge_free(struct cla_judge *judge)
{
	if (!judge)
		return;
	for (size_t i = 0; i < CERT_SLOTS; i++) {
		while (judge->slots[i]) {
			struct cached_cert *next = judge->slots[i]->next;
			cla_cert_free(judge->slots[i]->cert);
			free(judge->slots[i]);
			judge->slots[i] = next;
		}
	}
	cla_judge_forget_certs(judge);
	free(judge->known);
	cla_schemas_free(judge->schemas);
	free(judge);
}

void cla_judge_set_now(struct cla_judge *judge, struct cla_time now)
{
	judge->opts.now = now;
}

struct cla_dec cla_judge_tolerance(const struct cla_judge *judge)
{
	return judge->opts.tolerance.ok ? judge->opts.tolerance : CLA_DEC_ZERO;
}

const struct cla_efos *cla_judge_efos(const struct cla_judge *judge)
{
	return judge->opts.efos;
}

const struct cla_xml_limits *cla_judge_limits(const struct cla_judge *judge)
{
	return &judge->opts.limits;
}

void cla_judge_log(struct cla_judge *judge, struct cla_rule_log *log)
{
	judge->log = log;
}

void cla_judge_note_rule(struct cla_judge *judge, const struct cla_rule *rule)
{
	if (judge->log && judge->log->count < CLA_LEN(judge->log->ran))
		judge->log->ran[judge->log->count++] = rule;
}

struct cla_schemas *cla_judge_schemas(struct cla_judge *judge)
{
	return judge->schemas;
}

static void drop_unused_certs(struct cla_judge *judge)
{
	for (size_t i = 0; i < CERT_SLOTS; i++) {
		struct cached_cert **at = &judge->slots[i];
		while (*at) {
			struct cached_cert *entry = *at;
			if (entry->used_in == judge->document) {
				at = &entry->next;
				continue;
			}
			*at = entry->next;
			cla_cert_free(entry->cert);
			free(entry);
			judge->cached--;
		}
	}
}

const struct cla_cert *cla_judge_cert(struct cla_judge *judge, struct cla_str der)
{
	struct cla_digest sha256;

	if (!der.len || !cla_digest_of(der, &sha256, NULL))
		return NULL;
	size_t slot = ((size_t)sha256.bytes[0] << 8 | sha256.bytes[1]) % CERT_SLOTS;
	for (struct cached_cert *e = judge->slots[slot]; e; e = e->next) {
		if (cla_digest_eq(&e->sha256, &sha256)) {
			e->used_in = judge->document;
			return e->cert;
		}
	}
	if (judge->cached >= CERT_MOST)
		drop_unused_certs(judge);
	struct cached_cert *entry = calloc(1, sizeof(*entry));
	if (!entry)
		return NULL;
	if (!cla_cert_decode(der, &entry->cert, NULL))
		entry->cert = NULL;
	entry->sha256 = sha256;
	entry->used_in = judge->document;
	entry->next = judge->slots[slot];
	judge->slots[slot] = entry;
	judge->cached++;
	return entry->cert;
}

bool cla_judge_add_cert(struct cla_judge *judge, struct cla_str der, bool *used,
			struct cla_err *err)
{
	cla_auto_cert struct cla_cert *cert = NULL;
	struct cla_err why = CLA_ERR_INIT;

	if (!cla_cert_decode(der, &cert, &why)) {
		if (why.code == CLA_ERR_MEMORY)
			return cla_err_oom(err);
		*used = false;
		return true;
	}
	*used = true;
	struct cla_digest sha256 = cla_cert_fingerprint(cert);
	size_t at = 0;
	while (at < judge->known_count && cla_digest_cmp(&judge->known[at].sha256, &sha256) < 0)
		at++;
	if (at < judge->known_count && cla_digest_eq(&judge->known[at].sha256, &sha256))
		return true;
	if (judge->known_count == judge->known_cap) {
		size_t cap = judge->known_cap ? 2 * judge->known_cap : 64;
		struct known_cert *bigger = realloc(judge->known, cap * sizeof(*bigger));
		if (!bigger)
			return cla_err_oom(err);
		judge->known = bigger;
		judge->known_cap = cap;
	}
	memmove(&judge->known[at + 1], &judge->known[at],
		(judge->known_count - at) * sizeof(*judge->known));
	judge->known[at] = (struct known_cert){ sha256, cla_steal(&cert) };
	judge->known_count++;
	return true;
}

void cla_judge_forget_certs(struct cla_judge *judge)
{
	while (judge->known_count)
		cla_cert_free(judge->known[--judge->known_count].cert);
}

bool cla_judge_copy_certs(struct cla_judge *judge, const struct cla_judge *from,
			  struct cla_err *err)
{
	bool used;

	for (size_t i = 0; i < from->known_count; i++)
		if (!cla_judge_add_cert(judge, cla_cert_der(from->known[i].cert), &used, err))
			return false;
	return true;
}

bool cla_judge_cert_set(const struct cla_judge *judge, struct cla_digest *ret, struct cla_err *err)
{
	cla_auto_hasher struct cla_hasher *hasher = NULL;

	if (!cla_hasher_new(CLA_HASH_SHA256, &hasher, err))
		return false;
	for (size_t i = 0; i < judge->known_count; i++)
		cla_hasher_update(hasher,
				  (struct cla_str){ (const char *)judge->known[i].sha256.bytes,
						    sizeof(judge->known[i].sha256.bytes) });
	return cla_hasher_finish(hasher, ret->bytes, err);
}

static void note_used(struct cla_case *c, const struct known_cert *known)
{
	struct cla_used_cert **end = &c->document->certs;
	bool ok = true;

	for (; *end; end = &(*end)->next) {
		if (cla_digest_eq(&(*end)->sha256, &known->sha256))
			return;
	}
	struct cla_used_cert *used = cla_arena_alloc(&c->judgement->arena, sizeof(*used));
	if (!used) {
		c->oom = true;
		return;
	}
	used->sha256 = known->sha256;
	used->der = cla_arena_str(&c->judgement->arena, cla_cert_der(known->cert), &ok);
	if (!ok)
		c->oom = true;
	*end = used;
}

const struct cla_cert *cla_judge_known_cert(struct cla_case *c, struct cla_str serial)
{
	for (size_t i = 0; i < c->judge->known_count; i++) {
		const struct known_cert *known = &c->judge->known[i];
		if (!cla_str_absent(serial) &&
		    cla_str_eq(cla_cert_serial_ascii(known->cert), serial)) {
			note_used(c, known);
			return known->cert;
		}
	}
	return NULL;
}

#define CHAIN_MOST 8

static const struct known_cert *issuer_of(const struct cla_judge *judge,
					  const struct cla_cert *cert)
{
	for (size_t i = 0; i < judge->known_count; i++) {
		if (cla_cert_issued_by(cert, judge->known[i].cert))
			return &judge->known[i];
	}
	return NULL;
}

static bool is_root(const struct cla_cert *cert, const char *country)
{
	return cla_cert_is_ca(cert) && cla_str_eqc(cla_cert_subject(cert, "2.5.4.6"), country) &&
	       cla_cert_issued_by(cert, cert);
}

/* Where nothing leads to them, the roots are what the verdict used: without them it would not be the
 * same. */
static enum cla_trust broken(struct cla_case *c, const char *country)
{
	enum cla_trust trust = CLA_TRUST_UNASKED;

	for (size_t i = 0; i < c->judge->known_count; i++) {
		if (!is_root(c->judge->known[i].cert, country))
			continue;
		trust = CLA_TRUST_BROKEN;
		note_used(c, &c->judge->known[i]);
	}
	return trust;
}

enum cla_trust cla_judge_trust(struct cla_case *c, const struct cla_cert *cert, const char *country)
{
	const struct known_cert *chain[CHAIN_MOST];

	for (size_t count = 0; count < CHAIN_MOST;) {
		chain[count] = issuer_of(c->judge, cert);
		if (!chain[count])
			break;
		cert = chain[count++]->cert;
		if (!is_root(cert, country))
			continue;
		while (count)
			note_used(c, chain[--count]);
		return CLA_TRUST_HOLDS;
	}
	return broken(c, country);
}

/* Fiscal documents of one envelope: a lot of NF-e holds at most 50. */
#define MAX_DOCUMENTS 500

/* What is known of the file before its documents are looked at. */
struct file_facts {
	bool bom, leading_bytes, utf16, schema_location;
	size_t before, behind;	      /* bytes of text around the XML that were cut off */
	struct cla_str encoded_twice; /* the first such letter; absent: none */
	struct cla_str rebound;	      /* a prefix of two namespaces; absent: none */
	struct cla_str encoding;
	struct cla_xml_slicer slicer; /* through what was parsed */
};

static bool is_utf8_name(struct cla_str encoding)
{
	return cla_str_absent(encoding) || cla_str_eq_nocase(encoding, CLA_STR("UTF-8")) ||
	       cla_str_eq_nocase(encoding, CLA_STR("UTF8")) ||
	       cla_str_eq_nocase(encoding, CLA_STR("US-ASCII")) ||
	       cla_str_eq_nocase(encoding, CLA_STR("ASCII"));
}

static void report_file(struct cla_case *c, const struct file_facts *facts)
{
	const struct cla_rule *rule = cla_common_rule;

	if (facts->bom)
		cla_case_fail(c, &rule[CLA_COMMON_BOM], NULL, NULL, CLA_STR_NONE, CLA_STR_NONE);
	if (facts->leading_bytes)
		cla_case_fail(c, &rule[CLA_COMMON_LEADING_BYTES], NULL, NULL, CLA_STR_NONE,
			      CLA_STR_NONE);
	if (facts->utf16 || !is_utf8_name(facts->encoding))
		cla_case_fail(c, &rule[CLA_COMMON_ENCODING], NULL, NULL, CLA_STR("UTF-8"),
			      facts->utf16 ? CLA_STR("UTF-16") : facts->encoding);
	if (facts->schema_location)
		cla_case_fail(c, &rule[CLA_COMMON_SCHEMA_LOCATION], NULL, NULL,
			      CLA_STR("xsi:schemaLocation"), CLA_STR("xmlns:schemaLocation"));
	if (facts->before || facts->behind)
		cla_case_fail(c, &rule[CLA_COMMON_FOREIGN_TEXT], NULL, NULL, CLA_STR_NONE,
			      cla_case_text(c, "%zu bytes before, %zu behind", facts->before,
					    facts->behind));
	if (c->several)
		cla_case_fail(c, &rule[CLA_COMMON_SEVERAL], NULL, NULL, CLA_STR_NONE, CLA_STR_NONE);
	if (!cla_str_absent(facts->encoded_twice))
		cla_case_fail(c, &rule[CLA_COMMON_TWICE_ENCODED], NULL, NULL, CLA_STR_NONE,
			      facts->encoded_twice);
	if (!cla_str_absent(facts->rebound))
		cla_case_fail(c, &rule[CLA_COMMON_REBOUND_PREFIX], NULL, NULL, CLA_STR_NONE,
			      facts->rebound);
	cla_case_pass(c, CLA_CHECK_WELLFORMED);
}

static void judge_kind(struct cla_case *c)
{
	switch (c->document->kind) {
	case CLA_DOC_CFDI:
		cla_cfdi_judge(c);
		break;
	case CLA_DOC_NFE:
	case CLA_DOC_NFCE:
		cla_nfe_judge(c);
		break;
	case CLA_DOC_NFE_EVENT:
		cla_dfe_is_voiding(c->root) ? cla_dfe_judge(c) : cla_nfe_event_judge(c);
		break;
	case CLA_DOC_NOT_XML:
	case CLA_DOC_XML:
		cla_case_unknown(
			c, &cla_common_rule[CLA_COMMON_KIND_UNKNOWN], c->root,
			cla_case_text(c, "{" CLA_STR_FMT "}" CLA_STR_FMT,
				      CLA_STR_ARG(cla_str_sub(cla_xml_ns(c->root), 0, 120)),
				      CLA_STR_ARG(cla_str_sub(cla_xml_name(c->root), 0, 80))));
		break;
	case CLA_DOC_CFDI_RETENCIONES:
		cla_retenciones_judge(c);
		break;
	case CLA_DOC_CTE:
	case CLA_DOC_MDFE:
	case CLA_DOC_NFSE:
		cla_dfe_judge(c);
		break;
	case CLA_DOC_DIAN:
		cla_dian_judge(c);
		break;
	}
}

/* Ends a document: its verdict, and whether judging it worked at all. */
static bool finish(struct cla_case *c, struct cla_err *err)
{
	c->document->verdict = CLA_VERDICT_NA;
	for (int i = 0; i < CLA_CHECK_COUNT; i++)
		c->document->verdict =
			cla_verdict_worst(c->document->verdict, c->document->checks[i]);
	if (c->failed)
		return cla_err_wrap(err, "judging a document");
	return c->oom ? cla_err_oom(err) : true;
}

static bool begin(struct cla_case *c, enum cla_doc_kind kind, struct cla_err *err)
{
	c->document = cla_judgement_add(c->judgement);
	if (!c->document)
		return cla_err_oom(err);
	c->document->kind = kind;
	c->judge->document++;
	c->facts = NULL;
	return true;
}

static bool judge_element(struct cla_case *c, const struct cla_xml *root, enum cla_doc_kind kind,
			  const struct file_facts *facts, struct cla_err *err)
{
	if (!begin(c, kind, err))
		return false;
	c->root = root;
	report_file(c, facts);
	judge_kind(c);
	return finish(c, err);
}

/* A file that cannot be parsed is one document with one finding. */
static bool judge_unreadable(struct cla_case *c, enum cla_doc_kind kind, enum cla_common rule,
			     struct cla_str expected, struct cla_str found, struct cla_err *err)
{
	if (!begin(c, kind, err))
		return false;
	c->root = NULL;
	cla_case_fail(c, &cla_common_rule[rule], NULL, NULL, expected, found);
	return finish(c, err);
}

static bool too_many(struct cla_case *c, enum cla_doc_kind kind, struct cla_err *err)
{
	return judge_unreadable(c, kind, CLA_COMMON_LIMIT,
				cla_case_text(c, "documents %d", MAX_DOCUMENTS), CLA_STR_NONE, err);
}

/* An entry of an answer of the distribution services: a document as gzip in base64. */
static bool is_packed(const struct cla_case *c, const struct cla_xml *el)
{
	return !c->packed && cla_str_eqc(cla_xml_name(el), "docZip") &&
	       cla_str_starts(cla_xml_ns(el), "http://www.portalfiscal.inf.br/");
}

static bool judge_scanned(struct cla_case *c, struct cla_str bytes, struct cla_err *err);

/* What one entry holds is judged as a file would be. All entries together may give as many bytes as
 * a file may have. */
static bool judge_packed(struct cla_case *c, const struct cla_xml *el, struct cla_err *err)
{
	struct cla_str text = cla_xml_text(el), number = cla_xml_attr(el, "NSU");
	cla_auto_buf struct cla_buf packed = CLA_BUF_INIT(text.len + 4);
	cla_auto_buf struct cla_buf bytes = CLA_BUF_INIT(c->room);
	struct cla_str which =
		cla_case_text(c, "docZip " CLA_STR_FMT, CLA_STR_ARG(cla_str_sub(number, 0, 40)));
	const struct cla_xml_doc *doc = c->doc;
	uint64_t memory = c->memory;
	bool several = c->several;
	struct cla_err why = CLA_ERR_INIT;

	if (!cla_base64_decode(text, true, &packed))
		return judge_unreadable(c, CLA_DOC_XML, CLA_COMMON_PACKED, CLA_STR("base64"), which,
					err);
	if (!cla_gunzip(cla_buf_str(&packed), &bytes, &why)) {
		if (why.code == CLA_ERR_MEMORY)
			return cla_err_oom(err);
		bool over = why.code == CLA_ERR_LIMIT;
		return judge_unreadable(
			c, CLA_DOC_XML, over ? CLA_COMMON_LIMIT : CLA_COMMON_PACKED,
			over ? cla_case_text(c, "parse %llu",
					     (unsigned long long)c->judge->opts.limits.parse)
			     : CLA_STR("gzip"),
			which, err);
	}
	c->room -= bytes.len;
	c->packed = true;
	c->several = false;
	bool ok = judge_scanned(c, cla_buf_str(&bytes), err);
	c->packed = false;
	c->several = several;
	c->doc = doc;
	c->memory = memory;
	return ok;
}

static bool same_element(const struct cla_xml *a, const struct cla_xml *b)
{
	return cla_str_eq(cla_xml_name(a), cla_xml_name(b)) &&
	       cla_str_eq(cla_xml_ns(a), cla_xml_ns(b));
}

/* The element as a document by itself, from its own bytes; NULL when it leans on what is around it
 * (a namespace that is declared there), or there is no room for another tree. */
static bool cut_out(struct cla_case *c, const struct cla_xml *el, size_t ordinal,
		    struct file_facts *facts, struct cla_buf *bytes, struct cla_xml_doc **ret,
		    struct cla_err *err)
{
	struct cla_xml_limits limits = c->judge->opts.limits;
	cla_auto_xml struct cla_xml_doc *doc = NULL;
	struct cla_xml_problem problem;
	struct cla_xml_scan scan;
	bool well_formed, tolerated;

	if (facts->utf16)
		return true;
	if (!is_utf8_name(facts->encoding))
		cla_buf_addf(bytes, "<?xml version=\"1.0\" encoding=\"" CLA_STR_FMT "\"?>",
			     CLA_STR_ARG(facts->encoding));
	cla_buf_add(bytes, cla_xml_slice(&facts->slicer, ordinal));
	if (!cla_buf_ok(bytes, err))
		return false;
	limits.memory -= c->memory < limits.memory ? c->memory : limits.memory;
	cla_xml_scan(cla_buf_str(bytes), &limits, &scan);
	if (scan.shape != CLA_XML_SHAPE_OK)
		return true;
	if (!cla_xml_parse(cla_buf_str(bytes), &doc, &well_formed, &problem, &tolerated, err))
		return false;
	if (!well_formed || !same_element(cla_xml_root(doc), el))
		return true;
	c->memory += scan.memory;
	*ret = cla_steal(&doc);
	return true;
}

/* A document in an envelope was signed without it: it is judged from its own bytes where it can
 * stand alone, else in its place. */
static bool judge_enclosed(struct cla_case *c, const struct cla_xml *el, size_t ordinal,
			   enum cla_doc_kind kind, struct file_facts *facts, struct cla_err *err)
{
	cla_auto_buf struct cla_buf bytes = CLA_BUF_INIT(facts->slicer.bytes.len + 128);
	cla_auto_xml struct cla_xml_doc *doc = NULL;
	const struct cla_xml_doc *around = c->doc;
	uint64_t memory = c->memory;

	if (!cut_out(c, el, ordinal, facts, &bytes, &doc, err))
		return false;
	if (doc) {
		c->doc = doc;
		el = cla_xml_root(doc);
	}
	bool ok = judge_element(c, el, kind, facts, err);
	c->doc = around;
	c->memory = memory;
	return ok;
}

static size_t elements_of(const struct cla_xml *top)
{
	size_t count = 0;

	for (const struct cla_xml *el = top; el; el = cla_xml_walk(top, el))
		count++;
	return count;
}

/* A root that is no fiscal document itself may be an envelope: then the outermost fiscal documents
 * below it are judged, in their order. */
static bool judge_tree(struct cla_case *c, struct file_facts *facts, struct cla_err *err)
{
	const struct cla_xml *top = cla_xml_root(c->doc), *el = top;
	size_t before = c->judgement->count, ordinal = 0;

	while (el) {
		enum cla_doc_kind kind = cla_kind_of(el);
		bool packed = kind == CLA_DOC_XML && is_packed(c, el), ok;

		if (kind == CLA_DOC_XML && !packed) {
			el = cla_xml_walk(top, el);
			ordinal++;
			continue;
		}
		if (c->judgement->count >= MAX_DOCUMENTS)
			return too_many(c, kind, err);
		if (packed)
			ok = judge_packed(c, el, err);
		else if (el == top)
			ok = judge_element(c, el, kind, facts, err);
		else
			ok = judge_enclosed(c, el, ordinal, kind, facts, err);
		if (!ok)
			return false;
		ordinal += elements_of(el);
		el = cla_xml_walk_past(top, el);
	}
	return c->judgement->count > before || judge_element(c, top, CLA_DOC_XML, facts, err);
}

/* Documents of one file may speak of each other: an answer of SEFAZ brings a note with its events. */
static bool relate(struct cla_judgement *j, struct cla_err *err)
{
	cla_auto_related struct cla_related *related = NULL;
	struct cla_document *d;

	if (j->count < 2)
		return true;
	if (!cla_related_new(&related, err))
		return false;
	for (d = j->documents; d; d = d->next) {
		if (!cla_related_note(related, d, CLA_STR_NONE, err))
			return false;
	}
	for (d = j->documents; d; d = d->next) {
		if (!cla_related_tell(related, j, d, err))
			return false;
	}
	return true;
}

static bool judge_malformed(struct cla_case *c, struct cla_str bytes, struct cla_str why,
			    struct cla_err *err)
{
	return judge_unreadable(c, cla_kind_of_head(bytes), CLA_COMMON_MALFORMED, CLA_STR_NONE, why,
				err);
}

/* The parser names the first offence; bytes of another encoding than is declared are the usual one,
 * and have a rule of their own. */
static bool judge_unparsed(struct cla_case *c, struct cla_str bytes, const struct file_facts *facts,
			   const struct cla_xml_problem *problem, struct cla_err *err)
{
	enum cla_doc_kind kind = cla_kind_of_head(bytes);
	size_t bad;

	if (facts->utf16)
		return judge_unreadable(c, kind, CLA_COMMON_NOT_UTF8, CLA_STR("UTF-8"),
					CLA_STR("UTF-16"), err);
	if (is_utf8_name(facts->encoding) && !cla_utf8_valid(bytes, &bad))
		return judge_unreadable(
			c, kind, CLA_COMMON_NOT_UTF8, CLA_STR("UTF-8"),
			cla_case_text(c,
				      "byte %zu is not UTF-8 (perhaps ISO-8859-1 or Windows-1252)",
				      bad),
			err);
	return judge_malformed(c, bytes,
			       cla_case_text(c, "line %d: %s", problem->line, problem->text), err);
}

static bool judge_xml(struct cla_case *c, struct cla_str bytes, struct file_facts *facts,
		      struct cla_err *err)
{
	cla_auto_xml struct cla_xml_doc *doc = NULL;
	struct cla_xml_problem problem;
	bool well_formed;

	if (!cla_xml_parse(bytes, &doc, &well_formed, &problem, &facts->schema_location, err))
		return false;
	facts->encoding = cla_xml_encoding(doc);
	if (!well_formed)
		return judge_unparsed(c, bytes, facts, &problem, err);
	facts->rebound = cla_defect_rebound(cla_xml_root(doc));
	if (!facts->utf16)
		facts->encoded_twice = cla_defect_encoded_twice(bytes);
	facts->slicer.bytes = bytes;
	c->doc = doc;
	bool ok = judge_tree(c, facts, err);
	c->doc = NULL;
	return ok;
}

/* Blanks before the declaration are an error to the parser and harmless to the content. */
static struct cla_str from_markup(struct cla_str bytes, const struct cla_xml_scan *scan)
{
	size_t start = scan->leading_bytes && !scan->utf16 ? cla_str_find(bytes, '<') : 0;

	return cla_str_sub(bytes, start, bytes.len - start);
}

/* Documents one behind the other; the first ends at `cut`. */
static bool judge_several(struct cla_case *c, struct cla_str bytes, size_t cut, struct cla_err *err)
{
	c->several = true;
	while (cut) {
		struct cla_xml_scan scan;

		if (!judge_scanned(c, cla_str_sub(bytes, 0, cut), err))
			return false;
		bytes = cla_str_sub(bytes, cut, bytes.len - cut);
		if (c->judgement->count >= MAX_DOCUMENTS)
			return too_many(c, cla_kind_of_head(bytes), err);
		cla_xml_scan(bytes, &c->judge->opts.limits, &scan);
		cut = cla_defect_next_document(bytes, &c->judge->opts.limits, &scan);
	}
	return judge_scanned(c, bytes, err);
}

static bool judge_scanned(struct cla_case *c, struct cla_str bytes, struct cla_err *err)
{
	struct cla_xml_limits limits = c->judge->opts.limits;
	struct file_facts facts = { 0 };
	struct cla_xml_scan scan, again;
	struct cla_str inside;
	uint64_t around = c->packed ? c->memory : 0;
	size_t cut;

	if (cla_sniff_is_html(bytes))
		return judge_unreadable(c, CLA_DOC_NOT_XML, CLA_COMMON_NOT_XML, CLA_STR("XML"),
					CLA_STR("html"), err);
	limits.memory -= around < limits.memory ? around : limits.memory;
	cla_xml_scan(bytes, &limits, &scan);
	cut = c->several ? 0 : cla_defect_next_document(bytes, &limits, &scan);
	if (cut)
		return judge_several(c, bytes, cut, err);
	if ((scan.shape == CLA_XML_SHAPE_NOT_XML || scan.shape == CLA_XML_SHAPE_BROKEN) &&
	    cla_defect_text_around(bytes, &limits, &inside, &again)) {
		facts.before = (size_t)(inside.ptr - bytes.ptr);
		facts.behind = bytes.len - facts.before - inside.len;
		bytes = inside;
		scan = again;
	}
	switch (scan.shape) {
	case CLA_XML_SHAPE_NOT_XML:
		return judge_unreadable(c, CLA_DOC_NOT_XML, CLA_COMMON_NOT_XML, CLA_STR("XML"),
					cla_str_from(cla_sniff_name(bytes)), err);
	case CLA_XML_SHAPE_DOCTYPE:
		return judge_unreadable(c, cla_kind_of_head(bytes), CLA_COMMON_DOCTYPE,
					CLA_STR_NONE, cla_case_text(c, "byte %zu", scan.offset),
					err);
	case CLA_XML_SHAPE_LIMIT:
		return judge_unreadable(c, cla_kind_of_head(bytes), CLA_COMMON_LIMIT,
					cla_case_text(c, "%s %llu", scan.limit,
						      (unsigned long long)scan.limit_value),
					cla_case_text(c, "byte %zu", scan.offset), err);
	case CLA_XML_SHAPE_BROKEN:
		return judge_malformed(
			c, bytes,
			cla_case_text(c, "byte %zu: broken or unfinished markup", scan.offset),
			err);
	case CLA_XML_SHAPE_OK:
		break;
	}

	facts.bom = scan.bom;
	facts.leading_bytes = scan.leading_bytes;
	facts.utf16 = scan.utf16;
	c->memory = around + scan.memory;
	return judge_xml(c, from_markup(bytes, &scan), &facts, err);
}

bool cla_judge_bytes(struct cla_judge *judge, struct cla_str bytes, struct cla_judgement *out,
		     struct cla_err *err)
{
	struct cla_err own = CLA_ERR_INIT;

	if (!err)
		err = &own;
	cla_judgement_init(out);
	if (cla_str_absent(bytes))
		bytes = CLA_STR("");
	if (!cla_digest_of(bytes, &out->sha256, err))
		return false;
	struct cla_case c = {
		.judge = judge,
		.judgement = out,
		.now = judge->opts.now,
		.err = err,
		.room = (size_t)judge->opts.limits.parse,
	};
	return judge_scanned(&c, bytes, err) && relate(out, err);
}

/* The first fiscal document inside an envelope. */
static bool kind_inside(struct cla_str bytes, enum cla_doc_kind *ret, struct cla_err *err)
{
	cla_auto_xml struct cla_xml_doc *doc = NULL;
	struct cla_xml_problem problem;
	struct cla_xml_scan scan;
	bool well_formed, tolerated;

	*ret = CLA_DOC_XML;
	cla_xml_scan(bytes, &cla_xml_limits_default, &scan);
	if (scan.shape != CLA_XML_SHAPE_OK)
		return true;
	if (!cla_xml_parse(from_markup(bytes, &scan), &doc, &well_formed, &problem, &tolerated,
			   err))
		return false;
	if (well_formed) {
		const struct cla_xml *top = cla_xml_root(doc);
		for (const struct cla_xml *el = top; el && *ret == CLA_DOC_XML;
		     el = cla_xml_walk(top, el))
			*ret = cla_kind_of(el);
	}
	return true;
}

bool cla_judge_kind(struct cla_str bytes, enum cla_doc_kind *ret, struct cla_err *err)
{
	struct cla_xml_limits head_only = cla_xml_limits_default;
	struct cla_xml_scan scan;

	*ret = CLA_DOC_NOT_XML;
	if (cla_str_absent(bytes) || cla_sniff_is_html(bytes))
		return true;
	/* One node is enough to see whether it begins like XML. */
	head_only.nodes = 1;
	cla_xml_scan(bytes, &head_only, &scan);
	if (scan.shape == CLA_XML_SHAPE_NOT_XML) {
		struct cla_str inside;
		if (cla_defect_text_around(bytes, &cla_xml_limits_default, &inside, &scan))
			*ret = cla_kind_of_head(inside);
		return true;
	}
	*ret = cla_kind_of_head(bytes);
	return *ret != CLA_DOC_XML || kind_inside(bytes, ret, err);
}
