/* clara/pick.c - named members of a JSON text. */
#include "clara/pick.h"

#include "json/scan.h"

static struct cla_buf *wanted(const struct cla_pick *picks, size_t count, struct cla_str name)
{
	for (size_t i = 0; i < count; i++)
		if (cla_str_eqc(name, picks[i].name))
			return picks[i].out->len ? NULL : picks[i].out;
	return NULL;
}

static void take(const struct cla_json_tok *tok, struct cla_buf *out)
{
	if (tok->type == CLA_TOK_NUMBER)
		cla_buf_add(out, tok->raw);
	if (tok->type == CLA_TOK_STRING)
		cla_json_unescape(tok->raw, out);
}

bool cla_pick(struct cla_str json, const struct cla_pick *picks, size_t count, struct cla_err *err)
{
	struct cla_json_scan scan;
	struct cla_json_tok tok;
	struct cla_buf *out = NULL;
	bool object = false, first = true;

	cla_json_scan_init(&scan, json);
	while (cla_json_scan_next(&scan, &tok)) {
		object = object || (first && tok.type == CLA_TOK_OBJECT_BEGIN);
		first = false;
		if (tok.type == CLA_TOK_KEY) {
			/* Our names hold nothing that JSON would have to escape. */
			out = tok.depth <= 2 ? wanted(picks, count,
						      cla_str_sub(tok.raw, 1, tok.raw.len - 2))
					     : NULL;
		} else if (out) {
			take(&tok, out);
			out = NULL;
		}
	}
	if (scan.error)
		return cla_err_set(err, CLA_ERR_FORMAT, "not JSON: %s at offset %zu", scan.error,
				   scan.pos);
	if (!object)
		return cla_err_set(err, CLA_ERR_FORMAT, "not a JSON object");
	for (size_t i = 0; i < count; i++)
		if (!cla_buf_ok(picks[i].out, err))
			return cla_err_wrap(err, "member '%s'", picks[i].name);
	return true;
}
