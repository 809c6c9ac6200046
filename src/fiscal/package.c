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

static bool admits(struct cla_case *c, const struct cla_xml *el, const struct cla_package *package)
{
	struct cla_err err = CLA_ERR_INIT;
	char file[NAME_MAX_BYTES];
	bool valid = false;

	if (file_of(package->schema, file) &&
	    !cla_schema_validate(cla_judge_schemas(c->judge), file, el, NULL, 0, NULL, NULL, &valid,
				 &err) &&
	    err.code != CLA_ERR_NOT_FOUND)
		cla_case_error(c, &err);
	return valid;
}

/* The newest that was there on the day; without a readable date the newest of all. */
static size_t of_the_day(const struct cla_case *c, const struct cla_package *packages, size_t count)
{
	struct cla_str day = cla_str_sub(c->document->issued_at, 0, 10);
	struct cla_date date;
	size_t at = count - 1;

	if (!cla_date_parse(day, &date))
		return at;
	while (at && packages[at].since && cla_str_cmp(day, cla_str_from(packages[at].since)) < 0)
		at--;
	return at;
}

enum cla_verdict cla_case_packages(struct cla_case *c, const struct cla_rule *rule,
				   const struct cla_xml *el, const struct cla_package *packages,
				   size_t count)
{
	size_t first = of_the_day(c, packages, count);
	char file[NAME_MAX_BYTES];

	for (size_t tried = 0; tried < count && !c->failed; tried++) {
		size_t at = tried <= first ? first - tried : tried;

		if (!admits(c, el, &packages[at]))
			continue;
		c->document->schema = cla_str_from(packages[at].schema);
		cla_case_pass(c, CLA_CHECK_SCHEMA);
		return CLA_VERDICT_PASS;
	}
	if (c->failed || !file_of(packages[first].schema, file))
		return CLA_VERDICT_UNKNOWN;
	return cla_case_schema(c, rule, file, el, NULL, 0);
}
