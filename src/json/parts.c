#include "json/parts.h"

#include <string.h>

void cla_json_parts_init(struct cla_json_parts *p, unsigned level, size_t rest_max, size_t part_max)
{
	memset(p, 0, sizeof(*p));
	p->level = level;
	p->rest.max = rest_max;
	p->part.max = part_max;
}

void cla_json_parts_clear(struct cla_json_parts *p)
{
	cla_buf_clear(&p->rest);
	cla_buf_clear(&p->part);
}

static bool keep(struct cla_buf *b, struct cla_str s, struct cla_err *err)
{
	cla_buf_add(b, s);
	return !b->failed || b->too_long || cla_err_oom(err);
}

/* The element ends with `last`; what came of it before is in `part`. */
static bool give(struct cla_json_parts *p, struct cla_str last, uint64_t end, cla_json_part_fn *fn,
		 void *ctx, struct cla_err *err)
{
	struct cla_json_part part = {
		.index = p->index++, .pos = p->begin, .size = end - p->begin, .raw = last
	};

	if (p->key_to)
		part.key = cla_str_sub(cla_buf_str(&p->rest), p->key_from, p->key_to - p->key_from);
	if (p->part.len || p->part.failed) {
		if (!keep(&p->part, last, err))
			return false;
		part.raw = cla_buf_str(&p->part);
	}
	if (part.size > p->part.max)
		part.raw = CLA_STR_NONE;
	bool ok = fn(ctx, &part, err);
	cla_buf_reset(&p->part);
	p->begin = end + 1;
	return ok;
}

/* A byte outside of strings. `run` is what precedes it in this piece and belongs to the rest or to
 * the element; *taken tells that the run was put away. */
static bool structure(struct cla_json_parts *p, char c, struct cla_str run, uint64_t pos,
		      bool *taken, cla_json_part_fn *fn, void *ctx, struct cla_err *err)
{
	*taken = false;
	if (c == '[' && p->depth == p->level && !p->inside) {
		*taken = true;
		p->inside = true;
		p->index = 0;
		p->begin = pos + 1;
		p->depth++;
		return keep(&p->rest, run, err) && keep(&p->rest, CLA_STR("["), err);
	}
	if (c == '[' || c == '{') {
		p->depth++;
		return true;
	}
	bool ends = p->inside && p->depth == p->level + 1;
	if (c == ',') {
		*taken = ends;
		return !ends || give(p, run, pos, fn, ctx, err);
	}
	p->depth -= p->depth > 0;
	if (p->depth < p->level)
		p->key_to = 0;
	if (!ends)
		return true;
	/* nothing between the brackets is no element; nothing behind a comma is a bad one */
	if ((p->index || pos > p->begin) && !give(p, run, pos, fn, ctx, err))
		return false;
	*taken = true;
	p->inside = false;
	p->key_to = 0;
	return keep(&p->rest, (struct cla_str){ &c, 1 }, err);
}

static void string_edge(struct cla_json_parts *p, size_t at)
{
	p->in_string = !p->in_string;
	if (p->depth != p->level)
		return;
	if (p->in_string)
		p->key_from = at + 1;
	else
		p->key_to = at;
}

bool cla_json_parts_feed(struct cla_json_parts *p, struct cla_str bytes, cla_json_part_fn *fn,
			 void *ctx, struct cla_err *err)
{
	size_t from = 0;
	bool taken;

	for (size_t i = 0; i < bytes.len; i++) {
		char c = bytes.ptr[i];
		if (p->escaped) {
			p->escaped = false;
		} else if (p->in_string && c == '\\') {
			p->escaped = true;
		} else if (c == '"') {
			string_edge(p, p->rest.len + (i - from));
		} else if (!p->in_string && c && strchr("[]{},", c)) {
			if (!structure(p, c, cla_str_sub(bytes, from, i - from), p->pos + i, &taken,
				       fn, ctx, err))
				return false;
			if (taken)
				from = i + 1;
		}
	}
	p->pos += bytes.len;
	return keep(p->inside ? &p->part : &p->rest, cla_str_sub(bytes, from, bytes.len), err);
}
