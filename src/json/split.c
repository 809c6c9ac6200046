#include "json/split.h"

void cla_json_split_init(struct cla_json_split *s, struct cla_str key, size_t max,
			 cla_json_item_fn *fn, void *ctx)
{
	*s = (struct cla_json_split){ .key = key, .fn = fn, .ctx = ctx, .held = CLA_BUF_INIT(max) };
}

void cla_json_split_clear(struct cla_json_split *s)
{
	cla_buf_clear(&s->held);
}

static bool is_key(const struct cla_json_split *s)
{
	struct cla_str held = cla_buf_str(&s->held);

	return held.len == s->key.len + 2 && cla_str_eq(cla_str_sub(held, 1, s->key.len), s->key);
}

/* A string of the outermost object is held because it may be a key; in the array, all of each
 * object. */
static bool is_held(const struct cla_json_split *s)
{
	return s->inside ? s->depth > 2 : s->depth == 1 && s->in_string;
}

static void string_byte(struct cla_json_split *s, char c)
{
	if (s->escaped)
		s->escaped = false;
	else if (c == '\\')
		s->escaped = true;
	else if (c == '"')
		s->in_string = false;
}

/* Ends a container; *whole tells that it was an object of the array. */
static void close_one(struct cla_json_split *s, bool *whole)
{
	s->depth--;
	*whole = s->inside && s->depth == 2;
	if (s->depth == 1)
		s->inside = false;
}

static void plain_byte(struct cla_json_split *s, char c, bool *whole)
{
	switch (c) {
	case '"':
		s->in_string = true;
		if (s->depth == 1)
			cla_buf_reset(&s->held);
		break;
	case ':':
		if (s->depth == 1)
			s->wanted = is_key(s);
		break;
	case ',':
		if (s->depth == 1)
			s->wanted = false;
		break;
	case '{':
	case '[':
		if (++s->depth == 2 && s->wanted && c == '[') {
			s->inside = true;
			cla_buf_reset(&s->held);
		}
		break;
	case '}':
	case ']':
		close_one(s, whole);
		break;
	default:
		break;
	}
}

bool cla_json_split_feed(struct cla_json_split *s, struct cla_str bytes, struct cla_err *err)
{
	for (size_t i = 0; i < bytes.len; i++) {
		char c = bytes.ptr[i];
		bool before = is_held(s), whole = false;
		if (s->in_string)
			string_byte(s, c);
		else
			plain_byte(s, c, &whole);
		if (before || is_held(s))
			cla_buf_byte(&s->held, c);
		if (!whole)
			continue;
		if (!cla_buf_ok(&s->held, err) || !s->fn(s->ctx, cla_buf_str(&s->held), err))
			return false;
		cla_buf_reset(&s->held);
	}
	/* a text of the outermost object that is too long is not the key */
	return !s->inside || cla_buf_ok(&s->held, err);
}
