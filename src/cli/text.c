/* cli/text.c - text from outside, made harmless for a terminal. */
#include "cli/cli.h"

#include <string.h>

/* Length of the UTF-8 character at the start of s, 0 when it is none. */
static size_t character(struct cla_str s)
{
	for (size_t len = 1; len <= 4 && len <= s.len; len++)
		if (cla_utf8_valid(cla_str_sub(s, 0, len), NULL))
			return len;
	return 0;
}

static unsigned code_point(struct cla_str s)
{
	unsigned char lead = (unsigned char)s.ptr[0];
	unsigned code = s.len == 1 ? lead : lead & (0x7fu >> s.len);

	for (size_t i = 1; i < s.len; i++)
		code = code << 6 | ((unsigned char)s.ptr[i] & 0x3f);
	return code;
}

/* What a terminal obeys, or what makes a line read other than it is written: C0, DEL, C1, marks of
 * text direction, line and paragraph separators, the byte order mark. */
static bool obeyed(unsigned code)
{
	return code < 0x20 || (code >= 0x7f && code <= 0x9f) || code == 0x061c || code == 0x200e ||
	       code == 0x200f || (code >= 0x2028 && code <= 0x202e) ||
	       (code >= 0x2066 && code <= 0x2069) || code == 0xfeff;
}

void cla_text_safe(struct cla_buf *out, struct cla_str s)
{
	while (s.len) {
		size_t len = character(s);
		struct cla_str c = cla_str_sub(s, 0, len ? len : 1);

		if (!len || (len == 1 && obeyed((unsigned char)c.ptr[0])))
			cla_buf_addf(out, "\\x%02x", (unsigned)(unsigned char)c.ptr[0]);
		else if (obeyed(code_point(c)))
			cla_buf_addf(out, "\\u%04x", code_point(c));
		else
			cla_buf_add(out, c);
		s = cla_str_sub(s, c.len, s.len);
	}
}

void cla_text_json(struct cla_buf *out, struct cla_str json)
{
	while (json.len) {
		size_t len = character(json);
		struct cla_str c = cla_str_sub(json, 0, len ? len : 1);

		if (len && obeyed(code_point(c)))
			cla_buf_addf(out, "\\u%04x", code_point(c));
		else
			cla_buf_add(out, c);
		json = cla_str_sub(json, c.len, json.len);
	}
}

/* As many characters of valid UTF-8 as fit into both limits. */
static struct cla_str first(struct cla_str s, size_t characters, size_t bytes)
{
	size_t at = 0;

	while (at < s.len && characters--) {
		size_t end = at + 1;

		while (end < s.len && ((unsigned char)s.ptr[end] & 0xc0) == 0x80)
			end++;
		if (end > bytes)
			break;
		at = end;
	}
	return cla_str_sub(s, 0, at);
}

const char *cla_shown(struct cla_str s, size_t most, char out[CLA_SHOWN])
{
	static const char more[] = "…";
	/* Each byte becomes six at most; what is beyond the cut need not be looked at. */
	cla_auto_buf struct cla_buf b = CLA_BUF_INIT(6 * CLA_SHOWN + 1);
	size_t room = CLA_SHOWN - sizeof(more);

	if (!most)
		most = CLA_SHOWN;
	cla_text_safe(&b, cla_str_sub(s, 0, CLA_SHOWN));
	struct cla_str text = cla_buf_str(&b), kept = first(text, most, room);
	if (kept.len == text.len) {
		memcpy(out, kept.ptr, kept.len);
		out[kept.len] = '\0';
		return out;
	}
	kept = first(text, most - 1, room);
	memcpy(out, kept.ptr, kept.len);
	memcpy(out + kept.len, more, sizeof(more));
	return out;
}

const char *cla_column(struct cla_str s, size_t width, char out[CLA_SHOWN])
{
	size_t have = cla_utf8_count(cla_str_from(cla_shown(s, width, out)));

	for (size_t at = strlen(out); have < width && at < CLA_SHOWN - 1; have++) {
		out[at++] = ' ';
		out[at] = '\0';
	}
	return out;
}
