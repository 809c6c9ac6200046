/* xml/slice.c - follows the tags of a well-formed document. */
#include "xml/slice.h"

#include <string.h>

/* Behind the first `end` from `at` on; the length of all when there is none. */
static size_t behind(struct cla_str s, size_t at, const char *end)
{
	size_t len = strlen(end);

	for (; at + len <= s.len; at++) {
		const char *next = memchr(s.ptr + at, end[0], s.len - at - len + 1);

		if (!next)
			break;
		at = (size_t)(next - s.ptr);
		if (!memcmp(next, end, len))
			return at + len;
	}
	return s.len;
}

/* Behind the '>' of the tag that begins at `at`; one inside a value does not count. */
static size_t behind_tag(struct cla_str s, size_t at)
{
	char quote = 0;

	for (; at < s.len; at++) {
		char c = s.ptr[at];

		if (quote)
			quote = c == quote ? 0 : quote;
		else if (c == '"' || c == '\'')
			quote = c;
		else if (c == '>')
			return at + 1;
	}
	return s.len;
}

/* Behind a comment, a CDATA section or an instruction at `at`; `at` when it is a tag. */
static size_t behind_other(struct cla_str s, size_t at)
{
	struct cla_str rest = cla_str_sub(s, at, s.len - at);

	if (cla_str_starts(rest, "<!--"))
		return behind(s, at + 4, "-->");
	if (cla_str_starts(rest, "<![CDATA["))
		return behind(s, at + 9, "]]>");
	if (cla_str_starts(rest, "<?"))
		return behind(s, at + 2, "?>");
	return at;
}

struct cla_str cla_xml_slice(struct cla_xml_slicer *s, size_t n)
{
	struct cla_str bytes = s->bytes;
	size_t start = 0, depth = 0; /* of the element: 1, once it has begun */

	if (n < s->seen)
		return CLA_STR_NONE;
	for (;;) {
		size_t tag =
			s->at + cla_str_find(cla_str_sub(bytes, s->at, bytes.len - s->at), '<');

		if (tag + 1 >= bytes.len)
			return CLA_STR_NONE;
		s->at = behind_other(bytes, tag);
		if (s->at > tag)
			continue;
		bool ends = bytes.ptr[tag + 1] == '/';
		s->at = behind_tag(bytes, tag);
		bool empty = !ends && bytes.ptr[s->at - 2] == '/';
		if (!ends) {
			if (!depth && s->seen == n)
				start = tag;
			if (depth || s->seen == n)
				depth++;
			s->seen++;
		}
		if (depth && (ends || empty) && !--depth)
			return cla_str_sub(bytes, start, s->at - start);
	}
}
