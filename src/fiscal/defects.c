/* fiscal/defects.c - what goes wrong with files on their way, found in bytes and trees. */
#include "fiscal/defects.h"

#include "fiscal/judge_priv.h"

#include <string.h>

/* A blank that does not break may well follow an "Ã". */
struct cla_str cla_defect_encoded_twice(struct cla_str bytes)
{
	const char *at = bytes.ptr, *end = bytes.ptr + bytes.len;

	while (end - at >= 4 && (at = memchr(at, 0xc3, (size_t)(end - at) - 3)) != NULL) {
		const unsigned char *b = (const unsigned char *)at;
		if ((b[1] == 0x83 || b[1] == 0x82) && b[2] == 0xc2 && b[3] > 0xa0 && b[3] < 0xc0)
			return (struct cla_str){ at, 4 };
		at++;
	}
	return CLA_STR_NONE;
}

/* Who has more prefixes than this is not worth the time. */
#define MOST_PREFIXES 32

struct cla_str cla_defect_rebound(const struct cla_xml *top)
{
	struct {
		struct cla_str prefix, ns;
	} seen[MOST_PREFIXES];
	size_t count = 0;

	for (const struct cla_xml *el = top; el; el = cla_xml_walk(top, el)) {
		struct cla_str prefix = cla_xml_prefix(el), ns = cla_xml_ns(el);
		size_t i = 0;
		if (cla_str_absent(prefix))
			continue;
		while (i < count && !cla_str_eq(seen[i].prefix, prefix))
			i++;
		if (i < count && !cla_str_eq(seen[i].ns, ns))
			return prefix;
		if (i == count && count < MOST_PREFIXES) {
			seen[count].prefix = prefix;
			seen[count++].ns = ns;
		}
	}
	return CLA_STR_NONE;
}

/* How far into a file an XML document may begin behind other text. */
#define MOST_BEFORE 65536

/* What stands between the first tag and the last, when there is text around it, as of a mail that
 * the document was copied from; else all. */
static struct cla_str without_text(struct cla_str bytes)
{
	struct cla_str head = cla_str_sub(bytes, 0, MOST_BEFORE);
	size_t start = cla_str_find(head, '<'), end = bytes.len;

	while (end > start && bytes.ptr[end - 1] != '>')
		end--;
	return start < head.len && end > start ? cla_str_sub(bytes, start, end - start) : bytes;
}

bool cla_defect_text_around(struct cla_str bytes, const struct cla_xml_limits *limits,
			    struct cla_str *inside, struct cla_xml_scan *scan)
{
	*inside = without_text(bytes);
	if (inside->len == bytes.len || strcmp(cla_sniff_name(bytes), "text") != 0 ||
	    cla_kind_of_head(*inside) == CLA_DOC_XML)
		return false;
	cla_xml_scan(*inside, limits, scan);
	return scan->shape == CLA_XML_SHAPE_OK && !scan->utf16;
}

/* The declaration of the document behind, and blanks, are no part of the one before. */
static size_t before_declaration(struct cla_str bytes, size_t at)
{
	static const char opens[] = "<?xml ";
	size_t end = at;

	while (end && strchr(" \t\r\n", bytes.ptr[end - 1]))
		end--;
	if (!cla_str_ends(cla_str_sub(bytes, 0, end), "?>"))
		return at;
	for (size_t back = sizeof(opens) - 1; back <= 256 && back <= end; back++) {
		if (cla_str_starts(cla_str_sub(bytes, end - back, back), opens))
			return end - back;
	}
	return at;
}

size_t cla_defect_next_document(struct cla_str bytes, const struct cla_xml_limits *limits,
				const struct cla_xml_scan *scan)
{
	size_t at = (size_t)scan->offset, cut = before_declaration(bytes, at);
	struct cla_xml_scan alone;

	if (scan->shape != CLA_XML_SHAPE_BROKEN || scan->utf16 || !cut || cut >= bytes.len ||
	    cla_kind_of_head(cla_str_sub(bytes, cut, bytes.len)) == CLA_DOC_XML ||
	    cla_kind_of_head(bytes) == CLA_DOC_XML)
		return 0;
	cla_xml_scan(cla_str_sub(bytes, 0, cut), limits, &alone);
	return alone.shape == CLA_XML_SHAPE_OK ? cut : 0;
}
