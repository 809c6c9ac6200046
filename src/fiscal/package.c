/* fiscal/package.c - of several packages, the one that admits a document. */
#include "fiscal/package.h"

#include "xml/schema.h"

#include <stdio.h>

#define NAME_MAX_BYTES 64

static bool file_of(const char *schema, char *out)
{
	int len = snprintf(out, NAME_MAX_BYTES, "%s.xsd", schema);

	return len > 0 && len < NAME_MAX_BYTES;
}

bool cla_schema_known(const char *schema)
{
	char file[NAME_MAX_BYTES];

	return file_of(schema, file) && !cla_str_absent(cla_embedded_find(file));
}

bool cla_schema_has_root(const char *schema, const struct cla_xml *el)
{
	enum { NAMESPACE, ROOT, FILE_NAME = 4 };
	struct cla_str rest = cla_embedded_find("schemas.list"), row;
	char file[NAME_MAX_BYTES];

	while (file_of(schema, file) && rest.len) {
		(void)cla_str_cut(rest, '\n', &row, &rest);
		if (cla_str_eqc(cla_table_column(row, FILE_NAME), file) &&
		    cla_str_eq(cla_table_column(row, ROOT), cla_xml_name(el)) &&
		    cla_str_eq(cla_table_column(row, NAMESPACE), cla_xml_ns(el)))
			return true;
	}
	return false;
}

bool cla_is_version(struct cla_str s)
{
	size_t dot = cla_str_find(s, '.');

	return dot && dot + 1 < s.len && cla_str_digits(cla_str_sub(s, 0, dot)) &&
	       cla_str_digits(cla_str_sub(s, dot + 1, s.len));
}

static bool admits(struct cla_case *c, const struct cla_parts *parts, const char *schema)
{
	char file[NAME_MAX_BYTES];
	bool valid = file_of(schema, file);

	for (size_t i = 0; valid && i < parts->count; i++) {
		struct cla_err err = CLA_ERR_INIT;

		if (!cla_schema_validate(cla_judge_schemas(c->judge), file, parts->el[i], NULL, 0,
					 NULL, NULL, &valid, &err)) {
			valid = false;
			if (err.code != CLA_ERR_NOT_FOUND)
				cla_case_error(c, &err);
		}
	}
	return valid;
}

/* Whether documents of that day were made by it; without a readable date only by the newest. */
static bool is_of_the_day(const struct cla_case *c, const struct cla_package *package)
{
	struct cla_str day = cla_str_sub(c->document->issued_at, 0, 10);
	struct cla_date date;

	return cla_date_parse(day, &date) &&
	       (!package->since || cla_str_cmp(day, cla_str_from(package->since)) >= 0) &&
	       (!package->until || cla_str_cmp(day, cla_str_from(package->until)) <= 0);
}

/* Whether the package admits the document, which is then told. */
static bool settles(struct cla_case *c, const struct cla_parts *parts,
		    const struct cla_package *package)
{
	if (c->failed || !admits(c, parts, package->schema))
		return false;
	c->document->schema = cla_str_from(package->schema);
	cla_case_pass(c, CLA_CHECK_SCHEMA);
	return true;
}

void cla_case_packages(struct cla_case *c, const struct cla_rule *rule,
		       const struct cla_parts *parts, const struct cla_package *packages,
		       size_t count)
{
	const struct cla_package *newest = &packages[count - 1], *first = NULL;
	char file[NAME_MAX_BYTES];

	for (size_t at = count; at-- > 0;) {
		if (!is_of_the_day(c, &packages[at]))
			continue;
		if (!first)
			first = &packages[at];
		if (settles(c, parts, &packages[at]))
			return;
	}
	if (!is_of_the_day(c, newest) && settles(c, parts, newest))
		return;
	if (!first)
		first = newest;
	if (c->failed || !file_of(first->schema, file))
		return;
	for (size_t i = 0; i < parts->count; i++)
		(void)cla_case_schema(c, rule, file, parts->el[i], NULL, 0);
}
