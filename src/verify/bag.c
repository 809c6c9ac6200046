#include "verify/verify_priv.h"

#include "tar/header.h"

#include <stdio.h>
#include <string.h>

/* --- lines of a text that is too long to keep --- */

static bool end_line(struct cla_verify *v, const char *member, cla_verify_line_fn *fn,
		     struct cla_err *err)
{
	struct cla_verify_lines *l = &v->lines;
	bool ok = true;

	l->number++;
	if (l->overlong) {
		char field[32];
		snprintf(field, sizeof(field), "line %llu", (unsigned long long)l->number);
		cla_verify_problemf(v, member, field, "a shorter line", "more than %zu bytes",
				    CLA_VERIFY_LINE_MAX);
	} else {
		ok = fn(v, cla_buf_str(&l->line), err);
	}
	l->overlong = false;
	cla_buf_reset(&l->line);
	return ok;
}

bool cla_verify_lines_feed(struct cla_verify *v, struct cla_str bytes, const char *member,
			   cla_verify_line_fn *fn, struct cla_err *err)
{
	struct cla_verify_lines *l = &v->lines;

	while (bytes.len) {
		struct cla_str piece, rest;
		bool whole = cla_str_cut(bytes, '\n', &piece, &rest);
		if (!l->overlong)
			cla_buf_add(&l->line, piece);
		if (l->line.failed) {
			if (!l->line.too_long)
				return cla_err_oom(err);
			l->overlong = true;
			cla_buf_reset(&l->line);
		}
		if (!whole)
			break;
		if (!end_line(v, member, fn, err))
			return false;
		bytes = rest;
	}
	return true;
}

void cla_verify_lines_end(struct cla_verify *v, const char *member)
{
	struct cla_verify_lines *l = &v->lines;

	if (l->line.len || l->overlong)
		cla_verify_problemf(v, member, "line end", "every line ended", "an open last line");
	l->number = 0;
	l->overlong = false;
	cla_buf_reset(&l->line);
}

/* --- bagit.txt and bag-info.txt --- */

void cla_verify_bagit(struct cla_verify *v, struct cla_str text)
{
	static const char due[] = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n";
	if (!cla_str_eqc(text, due))
		cla_verify_problem(v, "bagit.txt", "content", text, cla_str_from(due));
}

void cla_verify_baginfo(struct cla_verify *v)
{
	char day[CLA_TIME_TEXT], oxum[64];
	int64_t mtime = v->mtime < 0 ? 0 : v->mtime;
	cla_date_format(cla_date_from_days(mtime / 86400), day);
	snprintf(oxum, sizeof(oxum), "%llu.%llu", (unsigned long long)v->payload_bytes,
		 (unsigned long long)v->payload_count);
	const struct {
		const char *tag, *due;
	} tags[] = {
		{ "BagIt-Profile-Identifier", "urn:clara-audit:bagit-profile:1" },
		{ "Bag-Software-Agent", "clara-audit" },
		{ "Bagging-Date", day },
		{ "External-Identifier", v->base },
		{ "Payload-Oxum", oxum },
	};
	static const char file[] = "bag-info.txt";
	struct cla_str rest = cla_buf_str(&v->baginfo), line, tag, value;

	for (size_t i = 0; i < CLA_LEN(tags); i++) {
		bool ended = cla_str_cut(rest, '\n', &line, &rest);
		if (!ended || !cla_str_cut(line, ':', &tag, &value) ||
		    !cla_str_eqc(tag, tags[i].tag) || value.len < 2 || value.ptr[0] != ' ') {
			cla_verify_problemf(v, file, tags[i].tag, "this tag and its value",
					    "'" CLA_STR_FMT "'",
					    CLA_STR_ARG(cla_str_sub(line, 0, 200)));
			return;
		}
		value = cla_str_sub(value, 1, value.len);
		if (!cla_str_eqc(value, tags[i].due))
			cla_verify_problem(v, file, tags[i].tag, value, cla_str_from(tags[i].due));
	}
	if (rest.len)
		cla_verify_problem(v, file, "content", rest, CLA_STR("no further tag"));
}

/* --- manifests: both lists are sorted, so one pass over each tells what is missing where --- */

/* Steps to the next member that the manifest should list. */
static bool next_member(struct cla_verify_manifest *m, struct cla_err *err)
{
	return cla_db_step(m->members, &m->row, err);
}

bool cla_verify_manifest_begin(struct cla_verify *v, const char *path, bool payload,
			       struct cla_err *err)
{
	struct cla_verify_manifest *m = &v->manifest;

	*m = (struct cla_verify_manifest){ .path = path,
					   .payload = payload,
					   .merge = !v->unordered };
	if (!m->merge)
		return true;
	if (!cla_db_once(v->db, "SELECT path, sha256 FROM member WHERE payload=? ORDER BY n",
			 &m->members, err))
		return false;
	cla_db_bind_int(m->members, 1, payload);
	return next_member(m, err);
}

/* Passes over the members before `path`, none of which is listed, to that of `path`: *found, and
 * its digest. NULL for `path`: all. */
static bool advance(struct cla_verify *v, const char *path, bool *found, struct cla_digest *digest,
		    struct cla_err *err)
{
	struct cla_verify_manifest *m = &v->manifest;

	*found = false;
	while (m->row) {
		char at[sizeof(v->path)];
		if (!cla_str_cstr(cla_db_str(m->members, 0), at, sizeof(at), err))
			return false;
		int cmp = path ? strcmp(at, path) : -1;
		if (cmp > 0)
			return true;
		*found = cmp == 0;
		if (!cla_db_bytes(m->members, 1, digest->bytes, sizeof(digest->bytes), err) ||
		    !next_member(m, err))
			return false;
		if (cmp == 0)
			return true;
		cla_verify_problem(v, at, m->path, CLA_STR("not listed"), CLA_STR("listed"));
	}
	return true;
}

bool cla_verify_manifest_line(struct cla_verify *v, struct cla_str line, struct cla_err *err)
{
	struct cla_verify_manifest *m = &v->manifest;
	struct cla_str path = cla_str_sub(line, 66, line.len);
	struct cla_digest digest, held;
	char field[32], name[sizeof(m->last)];
	bool found;

	snprintf(field, sizeof(field), "line %llu", (unsigned long long)v->lines.number);
	if (line.len < 67 || !cla_digest_parse(cla_str_sub(line, 0, 64), &digest) ||
	    line.ptr[64] != ' ' || line.ptr[65] != ' ' || cla_tar_name_problem(path)) {
		cla_verify_problem(v, m->path, field, line,
				   CLA_STR("64 hex digits, two blanks, a path"));
		return true;
	}
	if (!cla_str_cstr(path, name, sizeof(name), NULL)) {
		cla_verify_problem(v, m->path, field, path, CLA_STR("a shorter path"));
		return true;
	}
	if (strcmp(m->last, name) >= 0) {
		cla_verify_problem(v, m->path, field, path, CLA_STR("paths in bytewise order"));
		return true;
	}
	memcpy(m->last, name, path.len + 1);
	if (!m->merge)
		return true;
	if (!advance(v, name, &found, &held, err))
		return false;
	if (!found)
		cla_verify_problemf(v, name, "member", "a member", "listed in %s, but missing",
				    m->path);
	else if (!cla_digest_eq(&held, &digest))
		cla_verify_differ(v, name, m->path, &held, &digest);
	return true;
}

bool cla_verify_manifest_end(struct cla_verify *v, struct cla_err *err)
{
	struct cla_verify_manifest *m = &v->manifest;
	struct cla_digest digest;
	bool found;

	if (!m->merge)
		return true;
	if (!advance(v, NULL, &found, &digest, err))
		return false;
	cla_db_reset(m->members);
	return true;
}
