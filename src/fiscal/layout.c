/* fiscal/layout.c - looks into schemas.list. */
#include "fiscal/layout.h"

#include "xml/schema.h"

enum { NAMESPACE, ROOT, ATTRIBUTE, VERSION, FILE_NAME, CADENA, PART_OF };

/* Whether the element has the version of a row. */
static bool has_version(const struct cla_xml *el, struct cla_str row)
{
	struct cla_str attribute = cla_table_column(row, ATTRIBUTE);
	char name[64];

	return cla_str_cstr(attribute, name, sizeof(name), NULL) &&
	       cla_str_eq(cla_str_trim(cla_xml_attr(el, name)), cla_table_column(row, VERSION));
}

static bool fill(struct cla_str row, struct cla_layout *ret)
{
	struct cla_str file = cla_table_column(row, FILE_NAME);

	*ret = (struct cla_layout){ .cadena = cla_table_column(row, CADENA),
				    .part_of = cla_table_column(row, PART_OF) };
	if (file.len < 4 || !cla_str_cstr(file, ret->schema, sizeof(ret->schema), NULL))
		return false;
	ret->name = cla_str_sub(file, 0, file.len - 4);
	if (cla_str_eqc(ret->cadena, "-"))
		ret->cadena = CLA_STR_NONE;
	return true;
}

bool cla_layout_of(const struct cla_xml *el, struct cla_layout *ret)
{
	struct cla_str rest = cla_embedded_find("schemas.list"), ns = cla_xml_ns(el), row;
	struct cla_str best = CLA_STR_NONE;

	while (!cla_str_absent(ns) && rest.len) {
		(void)cla_str_cut(rest, '\n', &row, &rest);
		if (!cla_str_eq(cla_table_column(row, NAMESPACE), ns))
			continue;
		if (has_version(el, row))
			return fill(row, ret);
		if (cla_str_absent(best) || cla_str_cmp(cla_table_column(row, VERSION),
							cla_table_column(best, VERSION)) > 0)
			best = row;
	}
	return !cla_str_absent(best) && fill(best, ret);
}

bool cla_has_word(struct cla_str list, char between, struct cla_str word)
{
	struct cla_str head;

	while (!cla_str_absent(list)) {
		(void)cla_str_cut(list, between, &head, &list);
		if (cla_str_eq(head, word))
			return true;
	}
	return false;
}
