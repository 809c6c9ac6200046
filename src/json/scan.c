/* json/scan.c - the tokenizer, and the two readers that need nothing more: array rows and canonical
 * form. */
#include "json/scan.h"

#include "base/buf.h"
#include "json/json_priv.h"

#include <string.h>

/* What the text must go on with. */
enum scan_state {
	WANT_VALUE,
	WANT_VALUE_OR_END, /* after '[' */
	WANT_KEY,
	WANT_KEY_OR_END, /* after '{' */
	WANT_COLON,
	WANT_COMMA_OR_END,
	WANT_NOTHING, /* the value is complete */
};

void cla_json_scan_init(struct cla_json_scan *s, struct cla_str text)
{
	*s = (struct cla_json_scan){ .text = text, .state = WANT_VALUE };
}

static bool scan_fail(struct cla_json_scan *s, size_t pos, const char *error)
{
	s->error = error;
	s->pos = pos;
	return false;
}

/* The byte at `at`, or -1 behind the end. */
static int byte_at(struct cla_str text, size_t at)
{
	return at < text.len ? (unsigned char)text.ptr[at] : -1;
}

static bool is_digit(int c)
{
	return c >= '0' && c <= '9';
}

/* The four hex digits at `at`, or -1. */
static int32_t hex4(struct cla_str text, size_t at)
{
	int32_t n = 0;

	for (size_t i = 0; i < 4; i++) {
		int digit = cla_hex_digit(byte_at(text, at + i));

		if (digit < 0)
			return -1;
		n = n * 16 + digit;
	}
	return n;
}

static bool is_high_surrogate(int32_t c)
{
	return c >= 0xd800 && c <= 0xdbff;
}

static bool is_low_surrogate(int32_t c)
{
	return c >= 0xdc00 && c <= 0xdfff;
}

/* The character that the \u escape (or pair of them) at `at` stands for, -1 when it is none; *len
 * is what it takes. */
static int32_t unicode_escape(struct cla_str text, size_t at, size_t *len)
{
	int32_t c = hex4(text, at + 2);

	*len = 6;
	if (is_low_surrogate(c))
		return -1;
	if (!is_high_surrogate(c))
		return c;
	if (byte_at(text, at + 6) != '\\' || byte_at(text, at + 7) != 'u')
		return -1;
	int32_t low = hex4(text, at + 8);
	if (!is_low_surrogate(low))
		return -1;
	*len = 12;
	return 0x10000 + (c - 0xd800) * 0x400 + (low - 0xdc00);
}

/* What follows the backslash in an escape of two bytes, -1 when it is no such escape. */
static int short_escape(int c)
{
	switch (c) {
	case '"':
	case '\\':
	case '/':
		return c;
	case 'b':
		return '\b';
	case 'f':
		return '\f';
	case 'n':
		return '\n';
	case 'r':
		return '\r';
	case 't':
		return '\t';
	default:
		return -1;
	}
}

/* From the opening quote to behind the closing one. */
static bool scan_string(struct cla_json_scan *s, size_t *end)
{
	size_t from = s->pos, at = cla_json_skip_plain(s->text, from + 1), bad, len;
	bool ascii = true;

	for (;;) {
		int c = byte_at(s->text, at);

		if (c < 0)
			return scan_fail(s, from, "string without an end");
		if (c == '"')
			break;
		if (c < 0x20)
			return scan_fail(s, at, "control character in a string");
		if (c >= 0x80)
			ascii = false;
		if (c != '\\') {
			at++;
		} else if (byte_at(s->text, at + 1) != 'u') {
			if (short_escape(byte_at(s->text, at + 1)) < 0)
				return scan_fail(s, at, "unknown escape");
			at += 2;
		} else {
			if (hex4(s->text, at + 2) < 0)
				return scan_fail(s, at, "unknown escape");
			if (unicode_escape(s->text, at, &len) < 0)
				return scan_fail(s, at, "lone surrogate");
			at += len;
		}
	}
	*end = at + 1;
	if (!ascii && !cla_utf8_valid(cla_str_sub(s->text, from, *end - from), &bad))
		return scan_fail(s, from + bad, "invalid UTF-8");
	return true;
}

static size_t skip_digits(struct cla_str text, size_t at)
{
	while (is_digit(byte_at(text, at)))
		at++;
	return at;
}

static bool scan_number(struct cla_json_scan *s, size_t *end)
{
	size_t at = s->pos, from;

	if (byte_at(s->text, at) == '-')
		at++;
	from = at;
	at = byte_at(s->text, at) == '0' ? at + 1 : skip_digits(s->text, at);
	if (at == from)
		return scan_fail(s, at, "number without digits");
	if (byte_at(s->text, at) == '.') {
		from = ++at;
		at = skip_digits(s->text, at);
		if (at == from)
			return scan_fail(s, at, "number without decimals after the point");
	}
	if (byte_at(s->text, at) == 'e' || byte_at(s->text, at) == 'E') {
		at++;
		if (byte_at(s->text, at) == '+' || byte_at(s->text, at) == '-')
			at++;
		from = at;
		at = skip_digits(s->text, at);
		if (at == from)
			return scan_fail(s, at, "number without an exponent after 'e'");
	}
	*end = at;
	return true;
}

static bool scan_word(struct cla_json_scan *s, const char *word, size_t *end)
{
	struct cla_str rest = cla_str_sub(s->text, s->pos, s->text.len);

	if (!cla_str_starts(rest, word))
		return scan_fail(s, s->pos, "not a JSON value");
	*end = s->pos + cla_str_from(word).len;
	return true;
}

static bool give(struct cla_json_scan *s, struct cla_json_tok *tok, enum cla_json_tok_type type,
		 size_t end)
{
	*tok = (struct cla_json_tok){
		.type = type,
		.raw = cla_str_sub(s->text, s->pos, end - s->pos),
		.pos = s->pos,
		.depth = s->depth,
	};
	s->pos = end;
	return true;
}

static void value_done(struct cla_json_scan *s)
{
	s->state = s->depth ? WANT_COMMA_OR_END : WANT_NOTHING;
}

static bool open_container(struct cla_json_scan *s, struct cla_json_tok *tok, bool object)
{
	if (s->depth == CLA_JSON_MAX_DEPTH)
		return scan_fail(s, s->pos, "nested too deep");
	give(s, tok, object ? CLA_TOK_OBJECT_BEGIN : CLA_TOK_ARRAY_BEGIN, s->pos + 1);
	s->is_object[s->depth++] = object;
	s->state = object ? WANT_KEY_OR_END : WANT_VALUE_OR_END;
	return true;
}

static bool close_container(struct cla_json_scan *s, struct cla_json_tok *tok)
{
	bool object = s->is_object[--s->depth];

	give(s, tok, object ? CLA_TOK_OBJECT_END : CLA_TOK_ARRAY_END, s->pos + 1);
	value_done(s);
	return true;
}

static bool scan_value(struct cla_json_scan *s, struct cla_json_tok *tok)
{
	enum cla_json_tok_type type;
	size_t end;
	bool ok;

	switch (byte_at(s->text, s->pos)) {
	case '{':
		return open_container(s, tok, true);
	case '[':
		return open_container(s, tok, false);
	case '"':
		type = CLA_TOK_STRING;
		ok = scan_string(s, &end);
		break;
	case 't':
		type = CLA_TOK_TRUE;
		ok = scan_word(s, "true", &end);
		break;
	case 'f':
		type = CLA_TOK_FALSE;
		ok = scan_word(s, "false", &end);
		break;
	case 'n':
		type = CLA_TOK_NULL;
		ok = scan_word(s, "null", &end);
		break;
	case '-':
	case '0':
	case '1':
	case '2':
	case '3':
	case '4':
	case '5':
	case '6':
	case '7':
	case '8':
	case '9':
		type = CLA_TOK_NUMBER;
		ok = scan_number(s, &end);
		break;
	case -1:
		return scan_fail(s, s->pos, "text ends before the value does");
	default:
		return scan_fail(s, s->pos, "not a JSON value");
	}
	if (!ok)
		return false;
	give(s, tok, type, end);
	value_done(s);
	return true;
}

static bool scan_key(struct cla_json_scan *s, struct cla_json_tok *tok)
{
	size_t end;

	if (byte_at(s->text, s->pos) != '"')
		return scan_fail(s, s->pos, "expected a key");
	if (!scan_string(s, &end))
		return false;
	give(s, tok, CLA_TOK_KEY, end);
	s->state = WANT_COLON;
	return true;
}

static void skip_blanks(struct cla_json_scan *s)
{
	int c;

	while ((c = byte_at(s->text, s->pos)) == ' ' || c == '\t' || c == '\n' || c == '\r')
		s->pos++;
}

bool cla_json_scan_next(struct cla_json_scan *s, struct cla_json_tok *tok)
{
	if (s->error || s->done)
		return false;
	for (;;) {
		skip_blanks(s);
		int c = byte_at(s->text, s->pos);
		bool ends = s->depth && c == (s->is_object[s->depth - 1] ? '}' : ']');

		switch ((enum scan_state)s->state) {
		case WANT_VALUE_OR_END:
			if (ends)
				return close_container(s, tok);
			return scan_value(s, tok);
		case WANT_VALUE:
			return scan_value(s, tok);
		case WANT_KEY_OR_END:
			if (ends)
				return close_container(s, tok);
			return scan_key(s, tok);
		case WANT_KEY:
			return scan_key(s, tok);
		case WANT_COLON:
			if (c != ':')
				return scan_fail(s, s->pos, "expected ':'");
			s->state = WANT_VALUE;
			break;
		case WANT_COMMA_OR_END:
			if (ends)
				return close_container(s, tok);
			if (c != ',')
				return scan_fail(s, s->pos,
						 "expected ',' or the end of the container");
			s->state = s->is_object[s->depth - 1] ? WANT_KEY : WANT_VALUE;
			break;
		case WANT_NOTHING:
			if (c >= 0)
				return scan_fail(s, s->pos, "text after the value");
			s->done = true;
			return false;
		}
		s->pos++; /* the colon or comma */
	}
}

static void add_utf8(struct cla_buf *out, int32_t c)
{
	if (c < 0x80) {
		cla_buf_byte(out, (char)c);
		return;
	}
	if (c < 0x800) {
		cla_buf_byte(out, (char)(0xc0 | c >> 6));
	} else {
		if (c < 0x10000) {
			cla_buf_byte(out, (char)(0xe0 | c >> 12));
		} else {
			cla_buf_byte(out, (char)(0xf0 | c >> 18));
			cla_buf_byte(out, (char)(0x80 | (c >> 12 & 0x3f)));
		}
		cla_buf_byte(out, (char)(0x80 | (c >> 6 & 0x3f)));
	}
	cla_buf_byte(out, (char)(0x80 | (c & 0x3f)));
}

void cla_json_unescape(struct cla_str raw, struct cla_buf *out)
{
	struct cla_str s = cla_str_sub(raw, 1, raw.len >= 2 ? raw.len - 2 : 0);

	while (s.len) {
		size_t plain = cla_str_find(s, '\\'), taken = 2;
		int c;

		cla_buf_add(out, cla_str_sub(s, 0, plain));
		s = cla_str_sub(s, plain, s.len);
		if (!s.len)
			break;
		c = byte_at(s, 1);
		if (c == 'u') {
			int32_t wide = unicode_escape(s, 0, &taken);

			add_utf8(out, wide > 0 ? wide : 0xfffd);
		} else {
			c = short_escape(c);
			add_utf8(out, c > 0 ? c : 0xfffd);
		}
		s = cla_str_sub(s, taken, s.len);
	}
}

static bool text_fails(const struct cla_json_scan *s, struct cla_err *err)
{
	return cla_err_set(err, CLA_ERR_FORMAT, "malformed JSON at byte %zu: %s", s->pos, s->error);
}

#define ITEM_KEY_MAX 256 /* a longer key is not the one looked for */

static bool key_is(struct cla_str raw, const char *key)
{
	cla_auto_buf struct cla_buf b = CLA_BUF_INIT(ITEM_KEY_MAX);

	cla_json_unescape(raw, &b);
	return !b.failed && cla_str_eqc(cla_buf_str(&b), key);
}

static bool begins(enum cla_json_tok_type type)
{
	return type == CLA_TOK_OBJECT_BEGIN || type == CLA_TOK_ARRAY_BEGIN;
}

bool cla_json_items(struct cla_str text, const char *key, cla_json_item_fn *fn, void *ctx,
		    bool *found, struct cla_err *err)
{
	const int array_depth = key ? 1 : 0;
	struct cla_json_scan s;
	struct cla_json_tok tok;
	bool wanted = !key; /* the next value of array_depth is the array */
	bool inside = false, seen = false;
	size_t item = 0;

	cla_json_scan_init(&s, text);
	while (cla_json_scan_next(&s, &tok)) {
		if (tok.depth == array_depth) {
			if (tok.type == CLA_TOK_KEY) {
				wanted = s.is_object[0] && key_is(tok.raw, key);
			} else if (tok.type == CLA_TOK_ARRAY_END) {
				inside = false;
			} else {
				inside = wanted && tok.type == CLA_TOK_ARRAY_BEGIN;
				if (inside && seen)
					return cla_err_set(
						err, CLA_ERR_FORMAT,
						"malformed JSON at byte %zu: key '%s' twice",
						tok.pos, key);
				seen = seen || inside;
				wanted = false;
			}
			continue;
		}
		if (!inside || tok.depth != array_depth + 1)
			continue;
		if (tok.type != CLA_TOK_OBJECT_END && tok.type != CLA_TOK_ARRAY_END)
			item = tok.pos;
		if (!begins(tok.type) && !fn(ctx, cla_str_sub(text, item, s.pos - item), err))
			return false;
	}
	if (s.error)
		return text_fails(&s, err);
	*found = seen;
	return true;
}

/* Reads characters of a raw key that holds only printable ASCII, where each escape is a backslash
 * and the byte meant. -1 at the end. */
static int key_next(struct cla_str raw, size_t *at)
{
	if (*at + 1 >= raw.len)
		return -1;
	if (raw.ptr[*at] == '\\')
		++*at;
	return (unsigned char)raw.ptr[(*at)++];
}

static bool key_before(struct cla_str a, struct cla_str b)
{
	size_t i = 1, k = 1;
	int x, y;

	do {
		x = key_next(a, &i);
		y = key_next(b, &k);
	} while (x == y && x >= 0);
	return x < y;
}

/* What is wrong with the spelling of a string token, NULL when nothing is; *at is moved to the
 * place. */
static const char *string_offence(struct cla_str raw, size_t *at)
{
	for (size_t i = 1; i + 1 < raw.len; i++) {
		if (raw.ptr[i] != '\\')
			continue;
		*at += i;
		if (raw.ptr[i + 1] == '/')
			return "needless escape";
		if (raw.ptr[i + 1] == 'u') {
			int32_t c = hex4(raw, i + 2);
			bool has_short =
				c == '\b' || c == '\t' || c == '\n' || c == '\f' || c == '\r';

			if (c >= 0x20 || has_short)
				return "needless escape";
			if (raw.ptr[i + 5] >= 'A' && raw.ptr[i + 5] <= 'F')
				return "escape with a capital digit";
		}
		*at -= i;
		i++; /* the escaped byte, which may be a backslash */
	}
	return NULL;
}

static const char *key_offence(struct cla_str raw)
{
	for (size_t i = 1; i + 1 < raw.len; i++) {
		if (raw.ptr[i] < 0x20 || raw.ptr[i] > 0x7e)
			return "key beyond printable ASCII";
		if (raw.ptr[i] == '\\' && raw.ptr[++i] != '"' && raw.ptr[i] != '\\')
			return "key beyond printable ASCII";
	}
	return NULL;
}

static const char *number_offence(struct cla_str raw)
{
	const int64_t most = (INT64_C(1) << 53) - 1;
	int64_t n;

	if (cla_str_contains(raw, ".") || cla_str_contains(raw, "e") || cla_str_contains(raw, "E"))
		return "number that is no integer";
	if (cla_str_eqc(raw, "-0"))
		return "negative zero";
	if (!cla_str_to_i64(raw, &n) || n > most || n < -most)
		return "integer beyond 2^53-1";
	return NULL;
}

static bool has_blank(struct cla_str gap)
{
	for (size_t i = 0; i < gap.len; i++)
		if (gap.ptr[i] != ',' && gap.ptr[i] != ':')
			return true;
	return false;
}

bool cla_json_canonical(struct cla_str text, struct cla_err *err)
{
	struct cla_str last_key[CLA_JSON_MAX_DEPTH + 1];
	const char *offence = NULL;
	struct cla_json_scan s;
	struct cla_json_tok tok;
	size_t end = 0, at = 0;

	cla_json_scan_init(&s, text);
	while (!offence && cla_json_scan_next(&s, &tok)) {
		struct cla_str *last = &last_key[tok.depth];

		at = tok.pos;
		if (has_blank(cla_str_sub(text, end, tok.pos - end))) {
			at = end;
			offence = "blank between tokens";
			break;
		}
		end = s.pos;
		switch (tok.type) {
		case CLA_TOK_OBJECT_BEGIN:
			last_key[tok.depth + 1] = CLA_STR_NONE;
			break;
		case CLA_TOK_KEY:
			offence = key_offence(tok.raw);
			if (!offence && !cla_str_absent(*last) && !key_before(*last, tok.raw))
				offence = "key twice or out of order";
			*last = tok.raw;
			break;
		case CLA_TOK_STRING:
			offence = string_offence(tok.raw, &at);
			break;
		case CLA_TOK_NUMBER:
			offence = number_offence(tok.raw);
			break;
		default:
			break;
		}
	}
	if (s.error)
		return text_fails(&s, err);
	if (!offence && end != text.len) {
		at = end;
		offence = "blank after the value";
	}
	if (offence)
		return cla_err_set(err, CLA_ERR_FORMAT, "not canonical JSON at byte %zu: %s", at,
				   offence);
	return true;
}
