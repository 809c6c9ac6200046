/* fiscal/efos.c - reads the list of article 69-B and finds taxpayers in it. */
#include "fiscal/efos.h"

#include "base/grow.h"

#include <stdlib.h>
#include <string.h>

#define RFC_MAX 16 /* 13 characters, of which some are an Ñ of two bytes */

struct taxpayer {
	char rfc[RFC_MAX];
	enum cla_efos_state state;
};

struct cla_efos {
	struct taxpayer *all; /* sorted by RFC */
	size_t count, cap;
};

/* Where a field that begins with a quote ends: commas and line breaks up to the closing one are its
 * own, a doubled quote is one inside. Beyond the text when it is never closed. */
static size_t quoted_end(struct cla_str text)
{
	size_t i = 1;

	while (i < text.len && (text.ptr[i] != '"' || (i + 1 < text.len && text.ptr[i + 1] == '"')))
		i += text.ptr[i] == '"' ? 2 : 1;
	return i + 1;
}

/* Takes the next field of a line from *rest: up to a comma or the line's end, where *end is set. False
 * when a quote is not closed: what follows cannot be told from its inside. */
static bool next_field(struct cla_str *rest, struct cla_str *field, bool *end)
{
	while (cla_str_starts(*rest, " "))
		*rest = cla_str_sub(*rest, 1, rest->len);
	bool quoted = cla_str_starts(*rest, "\"");
	size_t i = quoted ? quoted_end(*rest) : 0;

	if (i > rest->len)
		return false;
	while (i < rest->len && rest->ptr[i] != ',' && rest->ptr[i] != '\n')
		i++;
	*end = i == rest->len || rest->ptr[i] == '\n';
	*field = cla_str_trim(cla_str_sub(*rest, 0, i));
	*rest = cla_str_sub(*rest, i + 1, rest->len);
	if (quoted && field->ptr[field->len - 1] == '"')
		*field = cla_str_trim(cla_str_sub(*field, 1, field->len - 2));
	return true;
}

/* An RFC in UTF-8: of what else may be in a field only the Ñ is no ASCII. */
static bool read_rfc(struct cla_str text, char out[RFC_MAX])
{
	size_t len = 0;

	for (size_t i = 0; i < text.len; i++) {
		unsigned char b = (unsigned char)text.ptr[i];
		if (len + 3 > RFC_MAX)
			return false;
		if (b == 0xd1) {
			out[len++] = (char)0xc3;
			out[len++] = (char)0x91;
		} else {
			out[len++] = text.ptr[i];
		}
	}
	out[len] = '\0';
	return len >= 12;
}

static enum cla_efos_state read_state(struct cla_str text)
{
	static const struct {
		const char *name;
		enum cla_efos_state state;
	} states[] = {
		{ "Definitivo", CLA_EFOS_DEFINITE },
		{ "Presunto", CLA_EFOS_PRESUMED },
		{ "Desvirtuado", CLA_EFOS_CLEARED },
		{ "Sentencia Favorable", CLA_EFOS_CLEARED },
	};

	for (size_t i = 0; i < CLA_LEN(states); i++) {
		if (cla_str_eq_nocase(text, cla_str_from(states[i].name)))
			return states[i].state;
	}
	return CLA_EFOS_NONE;
}

static int compare(const void *a, const void *b)
{
	return strcmp(((const struct taxpayer *)a)->rfc, ((const struct taxpayer *)b)->rfc);
}

static bool read_lines(struct cla_efos *list, struct cla_str csv, struct cla_err *err)
{
	while (csv.len) {
		struct cla_str fields[4] = { CLA_STR_NONE, CLA_STR_NONE, CLA_STR_NONE,
					     CLA_STR_NONE };
		struct taxpayer *next;
		bool end = false;
		for (size_t i = 0; !end; i++) {
			struct cla_str field;
			if (!next_field(&csv, &field, &end))
				return cla_err_set(err, CLA_ERR_FORMAT, "a quote is not closed");
			if (i < CLA_LEN(fields))
				fields[i] = field;
		}
		enum cla_efos_state state = read_state(fields[3]);
		if (state == CLA_EFOS_NONE)
			continue;
		if (!cla_grow(&list->all, &list->cap, list->count, sizeof(*list->all), err))
			return false;
		next = &list->all[list->count];
		next->state = state;
		list->count += read_rfc(fields[1], next->rfc);
	}
	return true;
}

bool cla_efos_read(struct cla_str csv, struct cla_efos **ret, size_t *count, struct cla_err *err)
{
	cla_auto_efos struct cla_efos *list = calloc(1, sizeof(*list));

	if (!list)
		return cla_err_oom(err);
	if (!read_lines(list, csv, err))
		return false;
	if (!list->count)
		return cla_err_set(err, CLA_ERR_FORMAT, "no taxpayer of article 69-B in it");
	qsort(list->all, list->count, sizeof(*list->all), compare);
	*count = list->count;
	*ret = cla_steal(&list);
	return true;
}

void cla_efos_free(struct cla_efos *list)
{
	if (list)
		free(list->all);
	free(list);
}

enum cla_efos_state cla_efos_find(const struct cla_efos *list, struct cla_str rfc)
{
	const struct taxpayer *found;
	struct taxpayer key;

	if (!cla_str_cstr(rfc, key.rfc, sizeof(key.rfc), NULL))
		return CLA_EFOS_NONE;
	found = bsearch(&key, list->all, list->count, sizeof(*list->all), compare);
	return found ? found->state : CLA_EFOS_NONE;
}
