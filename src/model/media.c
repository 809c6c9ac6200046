#include "model/media.h"

#include <string.h>

static const struct cla_media xml = { "xml", "application/xml" };
static const struct cla_media pdf = { "pdf", "application/pdf" };
static const struct cla_media jpg = { "jpg", "image/jpeg" };
static const struct cla_media png = { "png", "image/png" };
static const struct cla_media zip = { "zip", "application/zip" };
static const struct cla_media json = { "json", "application/json" };
static const struct cla_media html = { "html", "text/html" };
static const struct cla_media text = { "txt", "text/plain" };
static const struct cla_media other = { "bin", "application/octet-stream" };

const char *cla_media_type(struct cla_str ext)
{
	static const struct cla_media *const all[] = { &xml, &pdf,  &jpg,  &png,
						       &zip, &json, &html, &text };

	for (size_t i = 0; i < CLA_LEN(all); i++)
		if (cla_str_eqc(ext, all[i]->ext))
			return all[i]->type;
	return other.type;
}

static bool starts_nocase(struct cla_str s, const char *prefix)
{
	struct cla_str due = cla_str_from(prefix);

	return cla_str_eq_nocase(cla_str_sub(s, 0, due.len), due);
}

static bool is_text(struct cla_str s)
{
	size_t bad;

	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.ptr[i];
		if (c < 0x20 && c != '\t' && c != '\n' && c != '\r')
			return false;
	}
	/* a character may be cut at the end of what was looked at */
	return cla_utf8_valid(s, &bad) || bad + 4 > s.len;
}

struct cla_media cla_media_of(struct cla_str start)
{
	static const struct {
		const char *magic;
		size_t len;
		const struct cla_media *media;
	} table[] = {
		{ "%PDF-", 5, &pdf },
		{ "\xff\xd8\xff", 3, &jpg },
		{ "\x89PNG\r\n\x1a\n", 8, &png },
		{ "PK\x03\x04", 4, &zip },
		{ "PK\x05\x06", 4, &zip },
		/* '<' in UTF-16, with its mark or without */
		{ "\xff\xfe<\0", 4, &xml },
		{ "\xfe\xff\0<", 4, &xml },
		{ "<\0?\0", 4, &xml },
		{ "\0<\0?", 4, &xml },
	};

	start = cla_str_sub(start, 0, CLA_MEDIA_PREFIX);
	for (size_t i = 0; i < CLA_LEN(table); i++)
		if (start.len >= table[i].len && !memcmp(start.ptr, table[i].magic, table[i].len))
			return *table[i].media;
	if (start.len >= 3 && !memcmp(start.ptr, "\xef\xbb\xbf", 3))
		start = cla_str_sub(start, 3, start.len);
	struct cla_str s = cla_str_trim(start);
	if (!s.len || !s.ptr)
		return start.len ? text : other;
	if (starts_nocase(s, "<!doctype html") || starts_nocase(s, "<html"))
		return html;
	if (s.ptr[0] == '<' && s.len > 1 &&
	    (strchr("?!_:", s.ptr[1]) || (s.ptr[1] | 32) >= 'a' || s.ptr[1] < 0))
		return xml;
	if ((s.ptr[0] == '{' || s.ptr[0] == '[') && is_text(s))
		return json;
	return is_text(s) ? text : other;
}
