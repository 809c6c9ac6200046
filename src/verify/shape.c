#include "verify/verify_priv.h"

#include "json/scan.h"
#include "model/id/taxid.h"

#include <stdio.h>
#include <string.h>

static const char *const kinds[] = { "tx", "reimbursement", NULL };
static const char *const verdicts[] = { "pass", "warn", "unknown", "fail", "n/a", NULL };

const struct cla_shape cla_shape_any = { .type = CLA_SHAPE_ANY };
const struct cla_shape cla_shape_str = { .type = CLA_SHAPE_STR };
const struct cla_shape cla_shape_str_or_null = { .type = CLA_SHAPE_STR, .nullable = true };
const struct cla_shape cla_shape_int = { .type = CLA_SHAPE_INT };
const struct cla_shape cla_shape_int_or_null = { .type = CLA_SHAPE_INT, .nullable = true };
const struct cla_shape cla_shape_bool = { .type = CLA_SHAPE_BOOL };
const struct cla_shape cla_shape_digest = { .type = CLA_SHAPE_HEX, .size = 64 };
const struct cla_shape cla_shape_digest_or_null = { .type = CLA_SHAPE_HEX,
						    .size = 64,
						    .nullable = true };
const struct cla_shape cla_shape_time = { .type = CLA_SHAPE_TIME };
const struct cla_shape cla_shape_date = { .type = CLA_SHAPE_DATE };
const struct cla_shape cla_shape_uuid = { .type = CLA_SHAPE_UUID };
const struct cla_shape cla_shape_kind = { .type = CLA_SHAPE_CHOICE, .choices = kinds };
const struct cla_shape cla_shape_verdict = { .type = CLA_SHAPE_CHOICE, .choices = verdicts };
const struct cla_shape cla_shape_strings = { .type = CLA_SHAPE_ARRAY, .item = &cla_shape_str };
const struct cla_shape cla_shape_ints = { .type = CLA_SHAPE_ARRAY, .item = &cla_shape_int };

static void describe_due(const struct cla_shape *shape, char out[256])
{
	const char *const names[] = { "any value",     "a string",   "an integer of at least 0",
				      "true or false", "hex digits", "YYYY-MM-DDThh:mm:ssZ",
				      "YYYY-MM-DD",    "a uuid",     "one of",
				      "an array",      "an object",  "an object" };
	size_t o = (size_t)snprintf(out, 256, "%s", names[shape->type]);
	if (shape->type == CLA_SHAPE_HEX)
		o = (size_t)snprintf(out, 256, "%zu lower-case hex digits", shape->size);
	for (size_t i = 0; shape->type == CLA_SHAPE_CHOICE && shape->choices[i] && o < 200; i++)
		o += (size_t)snprintf(out + o, 256 - o, "%s %s", i ? "," : "", shape->choices[i]);
	if (shape->nullable && o < 240)
		snprintf(out + o, 256 - o, " or null");
}

static struct cla_str describe_found(const struct cla_json *node)
{
	switch (cla_json_type(node)) {
	case CLA_JSON_ABSENT:
		return CLA_STR("nothing");
	case CLA_JSON_NULL:
		return CLA_STR("null");
	case CLA_JSON_BOOL:
		return cla_json_is_true(node) ? CLA_STR("true") : CLA_STR("false");
	case CLA_JSON_NUMBER:
	case CLA_JSON_STRING:
		return cla_json_text(node);
	case CLA_JSON_ARRAY:
		return CLA_STR("an array");
	case CLA_JSON_OBJECT:
		return CLA_STR("an object");
	}
	return CLA_STR("");
}

static bool is_hex(struct cla_str s, size_t digits)
{
	struct cla_digest bytes;
	return digits / 2 <= sizeof(bytes.bytes) && s.len == digits &&
	       cla_hex_decode(s, bytes.bytes, digits / 2);
}

/* The one spelling that our writers use. */
static bool is_time(struct cla_str s)
{
	struct cla_time t;
	char text[CLA_TIME_TEXT];
	bool zone;
	return cla_time_parse(s, &t, &zone) && zone && cla_str_eqc(s, cla_time_format(t, text));
}

static bool is_choice(struct cla_str s, const char *const *choices)
{
	for (; *choices; choices++)
		if (cla_str_eqc(s, *choices))
			return true;
	return false;
}

/* The value itself; what it contains is looked at by the caller. */
static bool value_fits(const struct cla_json *node, const struct cla_shape *shape)
{
	enum cla_json_type type = cla_json_type(node);
	struct cla_str s = cla_json_string(node);
	struct cla_date date;
	uint64_t n;

	switch (shape->type) {
	case CLA_SHAPE_ANY:
		return type != CLA_JSON_ABSENT;
	case CLA_SHAPE_STR:
		return type == CLA_JSON_STRING;
	case CLA_SHAPE_INT:
		return cla_json_u64(node, &n);
	case CLA_SHAPE_BOOL:
		return type == CLA_JSON_BOOL;
	case CLA_SHAPE_HEX:
		return type == CLA_JSON_STRING && is_hex(s, shape->size);
	case CLA_SHAPE_TIME:
		return type == CLA_JSON_STRING && is_time(s);
	case CLA_SHAPE_DATE:
		return type == CLA_JSON_STRING && cla_date_parse(s, &date);
	case CLA_SHAPE_UUID:
		return type == CLA_JSON_STRING && cla_uuid_form(s);
	case CLA_SHAPE_CHOICE:
		return type == CLA_JSON_STRING && is_choice(s, shape->choices);
	case CLA_SHAPE_ARRAY:
		return type == CLA_JSON_ARRAY;
	case CLA_SHAPE_OBJECT:
	case CLA_SHAPE_MAP:
		return type == CLA_JSON_OBJECT;
	}
	return false;
}

static const struct cla_shape *field_shape(const struct cla_shape *shape, struct cla_str key)
{
	if (shape->type == CLA_SHAPE_MAP)
		return shape->item;
	for (const struct cla_shape_field *f = shape->fields; f->key; f++)
		if (cla_str_eqc(key, f->key))
			return f->shape;
	return NULL;
}

static bool members_fit(struct cla_verify *v, const char *member, const char *field,
			const struct cla_json *node, const struct cla_shape *shape)
{
	const char *dot = *field ? "." : "";
	char at[256];
	bool fits = true;

	for (const struct cla_json *m = cla_json_first(node); m; m = cla_json_next(m)) {
		struct cla_str key = cla_json_key(m);
		const struct cla_shape *inner = field_shape(shape, key);
		snprintf(at, sizeof(at), "%s%s" CLA_STR_FMT, field, dot,
			 CLA_STR_ARG(cla_str_sub(key, 0, 64)));
		if (!inner) {
			cla_verify_problemf(v, member, at, "no such key", "a key");
			fits = false;
		} else if (!cla_shape_check(v, member, at, m, inner)) {
			fits = false;
		}
	}
	for (const struct cla_shape_field *f = shape->fields; f && f->key; f++) {
		if (cla_json_get(node, f->key))
			continue;
		char due[256];
		describe_due(f->shape, due);
		snprintf(at, sizeof(at), "%s%s%s", field, dot, f->key);
		cla_verify_problemf(v, member, at, due, "nothing");
		fits = false;
	}
	return fits;
}

bool cla_shape_check(struct cla_verify *v, const char *member, const char *field,
		     const struct cla_json *node, const struct cla_shape *shape)
{
	bool fits = true;

	if (shape->nullable && cla_json_type(node) == CLA_JSON_NULL)
		return true;
	if (!value_fits(node, shape)) {
		char due[256];
		describe_due(shape, due);
		cla_verify_problem(v, member, field, describe_found(node), cla_str_from(due));
		return false;
	}
	if (shape->type == CLA_SHAPE_OBJECT || shape->type == CLA_SHAPE_MAP)
		return members_fit(v, member, field, node, shape);
	if (shape->type != CLA_SHAPE_ARRAY)
		return true;
	size_t i = 0;
	for (const struct cla_json *e = cla_json_first(node); e; e = cla_json_next(e), i++) {
		char at[256];
		snprintf(at, sizeof(at), "%s[%zu]", field, i);
		if (!cla_shape_check(v, member, at, e, shape->item))
			fits = false;
	}
	return fits;
}

bool cla_verify_few_tokens(struct cla_str text, size_t max)
{
	struct cla_json_scan s;
	struct cla_json_tok tok;
	size_t count = 0;

	cla_json_scan_init(&s, text);
	while (cla_json_scan_next(&s, &tok))
		if (++count > max)
			return false;
	return true;
}

bool cla_verify_canonical(struct cla_verify *v, const char *member, const char *field,
			  struct cla_str text, bool *good, struct cla_err *err)
{
	struct cla_err why = CLA_ERR_INIT;

	*good = cla_json_canonical(text, &why);
	if (*good)
		return true;
	if (why.code == CLA_ERR_MEMORY)
		return cla_err_oom(err);
	cla_verify_problemf(v, member, field, "canonical JSON", "%s", why.msg);
	return true;
}

bool cla_verify_parse(struct cla_verify *v, const char *member, const char *field,
		      struct cla_str text, size_t max_tokens, struct cla_json_doc **ret,
		      struct cla_err *err)
{
	struct cla_err why = CLA_ERR_INIT;
	bool good;

	*ret = NULL;
	if (!cla_verify_canonical(v, member, field, text, &good, err))
		return false;
	if (!good)
		return true;
	if (!cla_verify_few_tokens(text, max_tokens)) {
		cla_verify_problemf(v, member, field, "less of it", "more than %zu JSON tokens",
				    max_tokens);
		return true;
	}
	if (cla_json_parse(text, ret, &why))
		return true;
	*ret = NULL;
	if (why.code == CLA_ERR_MEMORY)
		return cla_err_oom(err);
	cla_verify_problemf(v, member, field, "canonical JSON", "%s", why.msg);
	return true;
}
