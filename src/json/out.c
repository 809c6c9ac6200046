/* json/out.c - the streaming writer of canonical JSON. */
#include "json/out.h"

#include "json/json_priv.h"

#include <string.h>

#define SAFE_INTEGER ((INT64_C(1) << 53) - 1)

static void out_begin(struct cla_json_out *o, struct cla_buf *buf, bool unordered)
{
	*o = (struct cla_json_out){ .buf = buf, .unordered_allowed = unordered };
}

void cla_json_out_begin(struct cla_json_out *o, struct cla_buf *buf)
{
	out_begin(o, buf, false);
}

void cla_json_out_begin_unordered(struct cla_json_out *o, struct cla_buf *buf)
{
	out_begin(o, buf, true);
}

static void out_bug(struct cla_json_out *o, const char *bug)
{
	if (!o->bug)
		o->bug = bug;
}

/* level[depth] is the container that is being filled; level[0] stands for the text itself, which
 * takes one value. */
static bool inside_object(const struct cla_json_out *o)
{
	return o->depth > 0 && o->level[o->depth].is_object;
}

/* Puts the comma before a value where one is due. False when no value may stand here, or nothing
 * can be written. */
static bool value_begins(struct cla_json_out *o)
{
	if (o->bug || o->buf->failed)
		return false;
	if (o->after_key) {
		o->after_key = false;
		return true;
	}
	if (inside_object(o)) {
		out_bug(o, "value without a key");
		return false;
	}
	if (o->depth == 0 && o->level[0].any) {
		out_bug(o, "second value");
		return false;
	}
	if (o->level[o->depth].any)
		cla_buf_byte(o->buf, ',');
	o->level[o->depth].any = true;
	return true;
}

static void open_container(struct cla_json_out *o, bool object)
{
	if (!value_begins(o))
		return;
	if (o->depth + 1 == CLA_JSON_OUT_DEPTH) {
		out_bug(o, "nested too deep");
		return;
	}
	cla_buf_byte(o->buf, object ? '{' : '[');
	o->depth++;
	o->level[o->depth].is_object = object;
	o->level[o->depth].any = false;
}

void cla_json_out_object(struct cla_json_out *o)
{
	open_container(o, true);
}

void cla_json_out_array(struct cla_json_out *o)
{
	open_container(o, false);
}

void cla_json_out_close(struct cla_json_out *o)
{
	if (o->bug || o->buf->failed)
		return;
	if (o->depth == 0 || o->after_key) {
		out_bug(o, o->depth ? "key without a value" : "close without an open container");
		return;
	}
	cla_buf_byte(o->buf, inside_object(o) ? '}' : ']');
	o->depth--;
}

/* Valid UTF-8 in the shortest escapes. */
static void add_escaped(struct cla_buf *b, struct cla_str s)
{
	size_t from = 0;

	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.ptr[i];
		const char *letters = "btn?fr"; /* of 0x08 to 0x0d; 0x0b has none */

		if (c >= 0x20 && c != '"' && c != '\\')
			continue;
		cla_buf_add(b, cla_str_sub(s, from, i - from));
		from = i + 1;
		if (c >= 0x20)
			cla_buf_addf(b, "\\%c", c);
		else if (c >= 0x08 && c <= 0x0d && c != 0x0b)
			cla_buf_addf(b, "\\%c", letters[c - 0x08]);
		else
			cla_buf_addf(b, "\\u%04x", c);
	}
	cla_buf_add(b, cla_str_sub(s, from, s.len));
}

/* Whether all of it stands for itself in a string. */
static bool is_plain(struct cla_str s)
{
	size_t i = cla_json_skip_plain(s, 0);

	while (i < s.len && s.ptr[i] >= 0x20 && s.ptr[i] < 0x7f && s.ptr[i] != '"' &&
	       s.ptr[i] != '\\')
		i++;
	return i == s.len;
}

static void add_quoted(struct cla_buf *b, struct cla_str s)
{
	cla_buf_byte(b, '"');
	cla_buf_add(b, s);
	cla_buf_byte(b, '"');
}

static void add_string(struct cla_buf *b, struct cla_str s)
{
	size_t bad;

	if (is_plain(s)) {
		add_quoted(b, s);
		return;
	}
	cla_buf_byte(b, '"');
	while (!cla_utf8_valid(s, &bad)) {
		add_escaped(b, cla_str_sub(s, 0, bad));
		cla_buf_addc(b, "\xef\xbf\xbd");
		s = cla_str_sub(s, bad + 1, s.len);
	}
	add_escaped(b, s);
	cla_buf_byte(b, '"');
}

static bool is_printable(struct cla_str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.ptr[i] < 0x20 || s.ptr[i] > 0x7e)
			return false;
	return true;
}

/* A key that may stand in order, as nearly all do: written in one piece when it stands for itself. */
static void add_key(struct cla_json_out *o, struct cla_str key)
{
	bool comma = o->level[o->depth].any;
	char text[CLA_JSON_OUT_KEY + 4];
	size_t len = 0;

	if (comma)
		text[len++] = ',';
	text[len++] = '"';
	for (size_t i = 0; i < key.len && i < CLA_JSON_OUT_KEY; i++)
		if (key.ptr[i] != '"' && key.ptr[i] != '\\')
			text[len++] = key.ptr[i];
	if (len == comma + 1 + key.len) {
		text[len++] = '"';
		text[len++] = ':';
		cla_buf_add(o->buf, (struct cla_str){ text, len });
		return;
	}
	if (comma)
		cla_buf_byte(o->buf, ',');
	add_string(o->buf, key);
	cla_buf_byte(o->buf, ':');
}

/* Is the key behind the one that was written last? */
static bool in_order(const struct cla_json_out *o, struct cla_str key)
{
	struct cla_str last = { o->level[o->depth].last_key, o->level[o->depth].last_key_len };

	return cla_str_cmp(last, key) < 0;
}

void cla_json_out_keys(struct cla_json_out *o, struct cla_str key)
{
	if (o->bug || o->buf->failed)
		return;
	if (!inside_object(o) || o->after_key) {
		out_bug(o, "key outside an object");
		return;
	}
	if (!o->unordered_allowed && !is_printable(key)) {
		out_bug(o, "key beyond printable ASCII");
		return;
	}
	if (!o->unordered_allowed) {
		if (key.len > CLA_JSON_OUT_KEY) {
			out_bug(o, "key too long");
			return;
		}
		if (o->level[o->depth].any && !in_order(o, key)) {
			out_bug(o, "key twice or out of order");
			return;
		}
		memcpy(o->level[o->depth].last_key, key.ptr, key.len);
		o->level[o->depth].last_key_len = key.len;
	}
	if (!o->unordered_allowed) {
		add_key(o, key);
	} else {
		if (o->level[o->depth].any)
			cla_buf_byte(o->buf, ',');
		add_string(o->buf, key);
		cla_buf_byte(o->buf, ':');
	}
	o->level[o->depth].any = true;
	o->after_key = true;
}

void cla_json_out_str(struct cla_json_out *o, struct cla_str s)
{
	if (cla_str_absent(s))
		cla_json_out_null(o);
	else if (value_begins(o))
		add_string(o->buf, s);
}

void cla_json_out_cstr(struct cla_json_out *o, const char *s)
{
	cla_json_out_str(o, cla_str_from(s));
}

static void add_int(struct cla_buf *b, int64_t n)
{
	char digits[20]; /* of 2^64 */
	uint64_t left = n < 0 ? 0 - (uint64_t)n : (uint64_t)n;
	size_t at = sizeof(digits);

	do
		digits[--at] = (char)('0' + left % 10);
	while (left /= 10);
	if (n < 0)
		cla_buf_byte(b, '-');
	cla_buf_add(b, (struct cla_str){ digits + at, sizeof(digits) - at });
}

void cla_json_out_int(struct cla_json_out *o, int64_t n)
{
	if (!o->unordered_allowed && (n > SAFE_INTEGER || n < -SAFE_INTEGER))
		out_bug(o, "integer beyond 2^53-1");
	if (value_begins(o))
		add_int(o->buf, n);
}

void cla_json_out_bool(struct cla_json_out *o, bool b)
{
	if (value_begins(o))
		cla_buf_addc(o->buf, b ? "true" : "false");
}

void cla_json_out_null(struct cla_json_out *o)
{
	if (value_begins(o))
		cla_buf_addc(o->buf, "null");
}

void cla_json_out_raw(struct cla_json_out *o, struct cla_str canonical)
{
	if (!canonical.len)
		out_bug(o, "empty value");
	if (value_begins(o))
		cla_buf_add(o->buf, canonical);
}

void cla_json_out_hex(struct cla_json_out *o, const void *bytes, size_t len)
{
	if (!value_begins(o))
		return;
	cla_buf_byte(o->buf, '"');
	cla_buf_hex(o->buf, bytes, len);
	cla_buf_byte(o->buf, '"');
}

bool cla_json_out_end(struct cla_json_out *o, struct cla_err *err)
{
	if (!cla_buf_ok(o->buf, err))
		return false;
	if (!o->bug && (o->depth || !o->level[0].any))
		out_bug(o, o->depth ? "container left open" : "no value");
	if (o->bug)
		return cla_err_set(err, CLA_ERR_INTERNAL, "writing JSON: %s", o->bug);
	return true;
}

bool cla_json_out_drain(struct cla_json_out *o, cla_json_out_sink *sink, void *ctx,
			struct cla_err *err)
{
	if (!cla_buf_ok(o->buf, err) || !sink(ctx, cla_buf_str(o->buf), err))
		return false;
	cla_buf_reset(o->buf);
	return true;
}
