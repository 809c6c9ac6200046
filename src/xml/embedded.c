/* xml/embedded.c - the files that the build put into the program (see embed.sh). */
#include "xml/schema.h"

#include <string.h>

struct blob {
	const char *name;
	const char *start, *end;
};

/* Generated: declares the symbols of embedded_data.S and gives CLA_EMBEDDED_LIST, sorted by name.
 */
#include "embedded_list.h"

static const struct blob blobs[] = { CLA_EMBEDDED_LIST };

static struct cla_str blob_bytes(const struct blob *b)
{
	return (struct cla_str){ b->start, (size_t)(b->end - b->start) };
}

struct cla_str cla_embedded_find(const char *name)
{
	size_t from = 0, to = CLA_LEN(blobs);

	while (from < to) {
		size_t mid = from + (to - from) / 2;
		int order = strcmp(name, blobs[mid].name);
		if (!order)
			return blob_bytes(&blobs[mid]);
		if (order < 0)
			to = mid;
		else
			from = mid + 1;
	}
	return CLA_STR_NONE;
}

bool cla_embedded_at(size_t i, struct cla_embedded *ret)
{
	if (i >= CLA_LEN(blobs))
		return false;
	*ret = (struct cla_embedded){ blobs[i].name, blob_bytes(&blobs[i]) };
	return true;
}

bool cla_table_find(struct cla_str table, struct cla_str code, struct cla_str *row)
{
	size_t from = 0, to = table.len;

	if (cla_str_absent(table) || !code.len)
		return false;
	/* Between `from` and `to` lie whole lines. */
	while (from < to) {
		size_t mid = from + (to - from) / 2;
		while (mid > from && table.ptr[mid - 1] != '\n')
			mid--;
		struct cla_str rest = { table.ptr + mid, to - mid };
		struct cla_str line = cla_str_sub(rest, 0, cla_str_find(rest, '\n'));
		struct cla_str key = cla_str_sub(line, 0, cla_str_find(line, '\t'));
		int order = cla_str_cmp(code, key);
		if (!order) {
			*row = line;
			return true;
		}
		if (order < 0)
			to = mid;
		else
			from = mid + line.len + 1;
	}
	return false;
}

struct cla_str cla_table_column(struct cla_str row, int column)
{
	struct cla_str head, tail = row;

	if (cla_str_absent(row))
		return CLA_STR_NONE;
	while (!cla_str_absent(tail)) {
		if (!cla_str_cut(tail, '\t', &head, &tail))
			head = cla_str_absent(tail) ? head : tail;
		if (column-- == 0)
			return head;
	}
	return CLA_STR_NONE;
}
