#include "verify/verify_priv.h"

#include <stdio.h>

static const char file[] = "data/captures.jsonl";

static const struct cla_shape tls_shape = {
	.nullable = true,
	CLA_FIELDS({ "peer_spki_sha256", &cla_shape_digest }, { "version", &cla_shape_str }),
};

static const struct cla_shape line_shape = {
	CLA_FIELDS({ "attempt", &cla_shape_int }, { "body_sha256", &cla_shape_digest },
		   { "body_size", &cla_shape_int }, { "client_id", &cla_shape_str_or_null },
		   { "content_type", &cla_shape_str_or_null }, { "etag", &cla_shape_str_or_null },
		   { "method", &cla_shape_str }, { "n", &cla_shape_int },
		   { "query_keys", &cla_shape_strings }, { "reason", &cla_shape_str_or_null },
		   { "resource", &cla_shape_str }, { "status", &cla_shape_int },
		   { "stored_sha256", &cla_shape_digest_or_null },
		   { "stored_size", &cla_shape_int_or_null }, { "time", &cla_shape_time },
		   { "tls", &tls_shape }, { "url", &cla_shape_str }),
};

static bool add_capture(struct cla_verify *v, const struct cla_json *root, const char *field,
			struct cla_err *err)
{
	struct cla_db_stmt *put;
	struct cla_digest stored;
	uint64_t n = 0;

	(void)!cla_json_u64(cla_json_get(root, "n"), &n);
	if (v->any_capture && n <= v->last_capture) {
		cla_verify_problemf(v, file, field, "a greater n than on the line before", "n %llu",
				    (unsigned long long)n);
		return true;
	}
	v->any_capture = true;
	v->last_capture = n;
	if (!cla_db_once(v->db, "INSERT INTO capture(n, sha256) VALUES(?,?)", &put, err))
		return false;
	cla_db_bind_int(put, 1, (int64_t)n);
	if (cla_digest_parse(cla_json_string(cla_json_get(root, "stored_sha256")), &stored))
		cla_verify_bind_digest(put, 2, &stored);
	else
		cla_db_bind_null(put, 2);
	return cla_db_run(put, err);
}

bool cla_verify_capture_line(struct cla_verify *v, struct cla_str line, struct cla_err *err)
{
	cla_auto_json struct cla_json_doc *doc = NULL;
	char field[32];

	snprintf(field, sizeof(field), "line %llu", (unsigned long long)v->lines.number);
	if (!cla_verify_parse(v, file, field, line, 1000, &doc, err))
		return false;
	if (!doc)
		return true;
	const struct cla_json *root = cla_json_root(doc);
	if (!cla_shape_check(v, file, field, root, &line_shape))
		return true;
	bool has_size = cla_json_type(cla_json_get(root, "stored_size")) == CLA_JSON_NUMBER;
	bool has_digest = cla_json_type(cla_json_get(root, "stored_sha256")) == CLA_JSON_STRING;
	if (has_size != has_digest)
		cla_verify_problemf(v, file, field, "stored_sha256 and stored_size, or neither",
				    "one without the other");
	/* Times have one spelling each, so their order is that of their bytes. */
	struct cla_str time = cla_json_string(cla_json_get(root, "time"));
	if (v->index.readable && cla_str_cmp(time, v->index.cutoff) > 0)
		cla_verify_problem(v, file, field, time, CLA_STR("a time up to the cut-off"));
	if (cla_str_contains(cla_json_string(cla_json_get(root, "url")), "?"))
		cla_verify_problemf(v, file, field, "a url without its query",
				    "a url with a query");
	return add_capture(v, root, field, err);
}

/* Whether there is such a capture, and whether it stored `sha256`. */
static bool find_capture(struct cla_verify *v, uint64_t n, const struct cla_digest *sha256,
			 bool *found, bool *holds, struct cla_err *err)
{
	struct cla_db_stmt *get;
	struct cla_digest stored;

	if (!cla_db_once(v->db, "SELECT sha256 FROM capture WHERE n=?", &get, err))
		return false;
	cla_db_bind_int(get, 1, (int64_t)n);
	if (!cla_db_step(get, found, err))
		return false;
	*holds = false;
	if (!*found || !sha256 || cla_db_is_null(get, 0))
		return true;
	if (!cla_db_bytes(get, 0, stored.bytes, sizeof(stored.bytes), err))
		return false;
	*holds = cla_digest_eq(&stored, sha256);
	return true;
}

bool cla_verify_captures_hold(struct cla_verify *v, const char *member, const char *field,
			      const struct cla_json *captures, const struct cla_digest *sha256,
			      struct cla_err *err)
{
	bool any = false, lost = false, held = false;

	if (!v->seen[CLA_PLACE_CAPTURES])
		return true;
	for (const struct cla_json *c = cla_json_first(captures); c; c = cla_json_next(c)) {
		bool found, holds;
		uint64_t n = 0;
		(void)!cla_json_u64(c, &n);
		if (!find_capture(v, n, sha256, &found, &holds, err))
			return false;
		any = true;
		lost = lost || !found;
		held = held || holds;
		if (!found)
			cla_verify_problemf(v, member, field, "a line of data/captures.jsonl",
					    "capture %llu", (unsigned long long)n);
	}
	/* One that is not there has been named: that is enough. */
	if (any && sha256 && !held && !lost)
		cla_verify_problemf(v, member, field, "a capture that stored these bytes",
				    "captures that stored others");
	return true;
}
