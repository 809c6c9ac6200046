/* fiscal/rule.c - the frame: runs tables of rules and turns reports into findings. */
#include "fiscal/rule.h"

#include "crypto/cert.h"
#include "fiscal/common.h"
#include "fiscal/judge_priv.h"
#include "json/out.h"
#include "xml/schema.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define MAX_VALUE 240

const struct cla_rule_table *const cla_rule_tables[] = {
	&cla_common_rules,	 &cla_cfdi_rules,
	&cla_cfdi_seal_rules,	 &cla_cfdi_total_rules,
	&cla_cfdi_catalog_rules, &cla_cfdi_form_rules,
	&cla_cfdi_line_rules,	 &cla_cfdi_complement_rules,
	&cla_pagos_rules,	 &cla_nomina_rules,
	&cla_retenciones_rules,	 &cla_nfe_rules,
	&cla_dfe_rules,		 &cla_dian_rules,
	&cla_nfe_header_rules,	 &cla_nfe_code_rules,
	&cla_nfe_consumer_rules, &cla_nfe_reform_rules,
	&cla_nfe_tax_rules,	 &cla_nfe_payment_rules,
	&cla_nfe_qr_rules,	 &cla_related_rules,
	&cla_proof_rules,
};
const size_t cla_rule_table_count = CLA_LEN(cla_rule_tables);

struct cla_str cla_case_keep(struct cla_case *c, struct cla_str s)
{
	bool ok = true;

	s = cla_arena_str(&c->judgement->arena, s, &ok);
	if (!ok)
		c->oom = true;
	return s;
}

/* A value for a person, cut at a character. */
static struct cla_str keep_short(struct cla_case *c, struct cla_str s)
{
	size_t len = s.len > MAX_VALUE ? MAX_VALUE : s.len;

	while (len < s.len && len && ((unsigned char)s.ptr[len] & 0xc0) == 0x80)
		len--;
	struct cla_str kept = cla_case_keep(c, cla_str_absent(s) ? s : cla_str_sub(s, 0, len));
	/* One line: control characters are no use to a reader and a danger to a terminal. */
	for (size_t i = 0; i < kept.len; i++) {
		char *at = (char *)(uintptr_t)&kept.ptr[i];
		if ((unsigned char)*at < 0x20 || *at == 0x7f)
			*at = ' ';
	}
	return kept;
}

static struct cla_str keep_path(struct cla_case *c, const struct cla_xml *el, const char *attr)
{
	cla_auto_buf struct cla_buf path = CLA_BUF_INIT(1 << 20);

	if (!el)
		return CLA_STR_NONE;
	cla_xml_path(el, attr, &path);
	if (!cla_buf_ok(&path, NULL)) {
		if (!path.too_long)
			c->oom = true;
		return CLA_STR_NONE;
	}
	return keep_short(c, cla_buf_str(&path));
}

static const struct cla_old_code *old_code(const struct cla_case *c, const struct cla_rule *r)
{
	for (size_t i = 0; i < c->old_code_count; i++) {
		if (!strcmp(c->old_codes[i].rule, r->id))
			return &c->old_codes[i];
	}
	return NULL;
}

static struct cla_finding *append(struct cla_case *c, const struct cla_rule *r,
				  enum cla_check check, enum cla_verdict severity)
{
	struct cla_document *d = c->document;
	struct cla_finding *f = cla_arena_alloc(&c->judgement->arena, sizeof(*f));

	if (!f) {
		c->oom = true;
		return NULL;
	}
	f->check = check;
	f->severity = severity;
	f->rule = r->id;
	f->code = old_code(c, r) ? old_code(c, r)->code : r->code;
	f->text = &r->text;
	*d->findings_end = f;
	d->findings_end = &f->next;
	d->finding_count++;
	d->checks[check] = cla_verdict_worst(d->checks[check], severity);
	return f;
}

void cla_case_report(struct cla_case *c, const struct cla_rule *r, enum cla_verdict severity,
		     const struct cla_xml *el, const char *attr, struct cla_str expected,
		     struct cla_str found)
{
	struct cla_document *d = c->document;

	/* When there are many, those that change a check's outcome are still kept: a check is the
	 * worst of its findings. */
	if (d->finding_count >= CLA_MAX_FINDINGS && severity <= d->checks[r->check]) {
		if (d->finding_count == CLA_MAX_FINDINGS)
			append(c, &cla_common_rule[CLA_COMMON_MORE], r->check, severity);
		return;
	}
	struct cla_finding *f = append(c, r, r->check, severity);
	if (!f)
		return;
	f->where = keep_path(c, el, attr);
	f->expected = keep_short(c, expected);
	f->found = keep_short(c, found);
}

void cla_case_fail(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *el,
		   const char *attr, struct cla_str expected, struct cla_str found)
{
	cla_case_report(c, r, r->severity, el, attr, expected, found);
}

void cla_case_unknown(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *el,
		      struct cla_str what)
{
	cla_case_report(c, r, CLA_VERDICT_UNKNOWN, el, NULL, what, CLA_STR_NONE);
}

void cla_common_no_schema(struct cla_case *c, struct cla_str what)
{
	cla_case_unknown(c, &cla_common_rule[CLA_COMMON_NO_SCHEMA], NULL, what);
}

void cla_common_no_rules(struct cla_case *c, enum cla_check check, struct cla_str what)
{
	struct cla_finding *f =
		append(c, &cla_common_rule[CLA_COMMON_NO_RULES], check, CLA_VERDICT_UNKNOWN);

	if (f)
		f->expected = keep_short(c, what);
}

void cla_case_error(struct cla_case *c, const struct cla_err *err)
{
	if (!c->failed)
		*c->err = *err;
	c->failed = true;
}

void cla_case_pass(struct cla_case *c, enum cla_check check)
{
	c->document->checks[check] =
		cla_verdict_worst(c->document->checks[check], CLA_VERDICT_PASS);
}

/* Whether the rule was in force at the document's date; a document without a readable date meets
 * every rule. */
static bool in_force(const struct cla_rule *r, struct cla_str day)
{
	struct cla_date date;

	if (!cla_date_parse(day, &date))
		return true;
	return (!r->since || cla_str_cmp(day, cla_str_from(r->since)) >= 0) &&
	       (!r->until || cla_str_cmp(day, cla_str_from(r->until)) <= 0);
}

void cla_rules_run(struct cla_case *c, const struct cla_rule *rules, size_t count)
{
	struct cla_str day = cla_str_sub(c->document->issued_at, 0, 10);
	bool ran[CLA_CHECK_COUNT] = { false };

	for (size_t i = 0; i < count; i++) {
		if (!rules[i].fn || !in_force(&rules[i], day) ||
		    (c->old_codes && !old_code(c, &rules[i])))
			continue;
		cla_judge_note_rule(c->judge, &rules[i]);
		rules[i].fn(c, &rules[i]);
		ran[rules[i].check] = true;
	}
	for (int check = 0; check < CLA_CHECK_COUNT; check++) {
		if (ran[check])
			cla_case_pass(c, (enum cla_check)check);
	}
}

struct schema_report {
	struct cla_case *c;
	const struct cla_rule *rule;
};

/* The library's sentence without the element's name in front, which `where` says better. */
static struct cla_str bare_text(const char *text)
{
	const char *colon = strstr(text, "': ");

	return cla_str_from(colon ? colon + 3 : text);
}

static bool on_schema_issue(void *ctx, const struct cla_schema_issue *issue)
{
	struct schema_report *r = ctx;
	char attr[128];
	bool named =
		!cla_str_absent(issue->attr) && cla_str_cstr(issue->attr, attr, sizeof(attr), NULL);

	cla_case_fail(r->c, r->rule, issue->element, named ? attr : NULL, bare_text(issue->text),
		      cla_str_absent(issue->value) ? cla_str_from(issue->kind) : issue->value);
	return !r->c->oom && !r->c->failed;
}

enum cla_verdict cla_case_schema(struct cla_case *c, const struct cla_rule *rule,
				 const char *schema, const struct cla_xml *el,
				 const struct cla_xml *const *leave_out, size_t leave_out_count)
{
	struct schema_report report = { .c = c, .rule = rule };
	struct cla_err err = CLA_ERR_INIT;
	bool valid = false;

	if (!cla_schema_validate(cla_judge_schemas(c->judge), schema, el, leave_out,
				 leave_out_count, on_schema_issue, &report, &valid, &err)) {
		if (err.code == CLA_ERR_NOT_FOUND) {
			cla_case_unknown(c, rule, el, cla_case_text(c, "%s", err.msg));
			return CLA_VERDICT_UNKNOWN;
		}
		cla_case_error(c, &err);
		return CLA_VERDICT_UNKNOWN;
	}
	if (valid) {
		cla_case_pass(c, CLA_CHECK_SCHEMA);
		return CLA_VERDICT_PASS;
	}
	/* refused, whether or not the library said where */
	if (c->document->checks[CLA_CHECK_SCHEMA] != CLA_VERDICT_FAIL)
		cla_case_fail(c, rule, el, NULL, CLA_STR_NONE, CLA_STR_NONE);
	return CLA_VERDICT_FAIL;
}

struct cla_str cla_case_text(struct cla_case *c, const char *fmt, ...)
{
	char text[512];
	va_list args;

	va_start(args, fmt);
	int len = vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	if (len < 0)
		return CLA_STR("");
	return cla_case_keep(c, cla_str_from(text));
}

static const struct cla_rule *find_rule(struct cla_str id)
{
	for (size_t t = 0; t < cla_rule_table_count; t++) {
		for (size_t i = 0; i < cla_rule_tables[t]->count; i++) {
			if (cla_str_eqc(id, cla_rule_tables[t]->rules[i].id))
				return &cla_rule_tables[t]->rules[i];
		}
	}
	return NULL;
}

const struct cla_rule *cla_rule_find(const char *id)
{
	return find_rule(cla_str_from(id));
}

const struct cla_text *cla_rule_text(struct cla_str id)
{
	const struct cla_rule *rule = find_rule(id);

	return rule ? &rule->text : NULL;
}

/* The rule at that place of all, with its table. */
static const struct cla_rule *rule_at(size_t at, const struct cla_rule_table **table)
{
	for (size_t t = 0; t < cla_rule_table_count; t++) {
		*table = cla_rule_tables[t];
		if (at < (*table)->count)
			return &(*table)->rules[at];
		at -= (*table)->count;
	}
	return NULL;
}

bool cla_rule_at(size_t at, struct cla_rule_info *ret)
{
	const struct cla_rule_table *table;
	const struct cla_rule *r = rule_at(at, &table);

	if (!r)
		return false;
	*ret = (struct cla_rule_info){
		.id = r->id,
		.code = r->code,
		.table = table->name,
		.check = r->check,
		.severity = r->severity,
		.text = &r->text,
	};
	return true;
}

bool cla_rule_before(const char *id, size_t at, const char **version, const char **code)
{
	for (size_t t = 0; t < cla_old_table_count; t++) {
		for (size_t i = 0; i < *cla_old_tables[t].count; i++) {
			if (strcmp(cla_old_tables[t].codes[i].rule, id) != 0 || at--)
				continue;
			*version = cla_old_tables[t].name;
			*code = cla_old_tables[t].codes[i].code;
			return true;
		}
	}
	return false;
}

static void put_old_tables(struct cla_json_out *o)
{
	cla_json_out_key(o, "older");
	cla_json_out_array(o);
	for (size_t t = 0; t < cla_old_table_count; t++) {
		cla_json_out_object(o);
		cla_json_out_kcstr(o, "name", cla_old_tables[t].name);
		cla_json_out_key(o, "rules");
		cla_json_out_array(o);
		for (size_t i = 0; i < *cla_old_tables[t].count; i++) {
			cla_json_out_object(o);
			cla_json_out_kcstr(o, "code", cla_old_tables[t].codes[i].code);
			cla_json_out_kcstr(o, "id", cla_old_tables[t].codes[i].rule);
			cla_json_out_close(o);
		}
		cla_json_out_close(o);
		cla_json_out_close(o);
	}
	cla_json_out_close(o);
}

/* Controls of rules change no verdict. */
static bool is_for_controls(struct cla_str name)
{
	return cla_str_ends(name, ".controls") || cla_str_ends(name, ".xml") ||
	       cla_str_ends(name, ".cer") || cla_str_ends(name, ".b64") ||
	       cla_str_ends(name, ".csv");
}

static bool put_files(struct cla_json_out *o, struct cla_err *err)
{
	struct cla_embedded file;

	cla_json_out_key(o, "files");
	cla_json_out_array(o);
	for (size_t i = 0; cla_embedded_at(i, &file); i++) {
		if (is_for_controls(cla_str_from(file.name)))
			continue;
		struct cla_digest digest;
		char hex[CLA_DIGEST_HEX];
		if (!cla_digest_of(file.bytes, &digest, err))
			return false;
		cla_json_out_object(o);
		cla_json_out_kcstr(o, "name", file.name);
		cla_json_out_kcstr(o, "sha256", cla_digest_hex(&digest, hex));
		cla_json_out_close(o);
	}
	cla_json_out_close(o);
	return true;
}

bool cla_rules_json(struct cla_buf *out, struct cla_err *err)
{
	struct cla_json_out o;

	cla_json_out_begin(&o, out);
	cla_json_out_object(&o);
	if (!put_files(&o, err))
		return cla_err_wrap(err, "rule pack");
	cla_json_out_kint(&o, "format", 1);
	put_old_tables(&o);
	cla_json_out_key(&o, "rules");
	cla_json_out_array(&o);
	for (size_t t = 0; t < cla_rule_table_count; t++) {
		for (size_t i = 0; i < cla_rule_tables[t]->count; i++) {
			const struct cla_rule *r = &cla_rule_tables[t]->rules[i];
			cla_json_out_object(&o);
			cla_json_out_kcstr(&o, "check", cla_check_name(r->check));
			cla_json_out_kcstr(&o, "code", r->code);
			cla_json_out_kcstr(&o, "id", r->id);
			cla_json_out_kcstr(&o, "severity", cla_verdict_name(r->severity));
			cla_json_out_kcstr(&o, "since", r->since);
			cla_json_out_kcstr(&o, "until", r->until);
			cla_json_out_close(&o);
		}
	}
	cla_json_out_close(&o);
	cla_json_out_close(&o);
	return cla_json_out_end(&o, err);
}
