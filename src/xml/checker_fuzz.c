/* xml/checker_fuzz.c - any document to the checker and to libxml2: what the checker admits, libxml2
 * has nothing to say against. Every schema has its turn at every element, the way that complements are
 * judged by themselves.
 */
#include "xml/checker.h"
#include "xml/scan.h"
#include "xml/schema.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct cla_schemas *the_schemas(void)
{
	static struct cla_schemas *set;
	struct cla_err err = CLA_ERR_INIT;

	if (!set) {
		cla_xml_init();
		if (!cla_schemas_new(&set, &err))
			abort();
		cla_schemas_use_tables(set, false);
	}
	return set;
}

static bool say(void *ctx, const struct cla_schema_issue *issue)
{
	const char *schema = ctx;

	(void)fprintf(stderr, "checker_fuzz: %s: %s\n", schema, issue->text);
	return true;
}

static void compare(struct cla_schemas *set, const char *schema, const struct cla_xml *el)
{
	struct cla_err err = CLA_ERR_INIT;
	char name[64];
	bool valid = false;

	if (!cla_checker_admits(schema, el))
		return;
	(void)snprintf(name, sizeof(name), "%s", schema);
	if (!cla_schema_validate(set, schema, el, NULL, 0, say, name, &valid, &err) || !valid)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cla_schemas *set = the_schemas();
	cla_auto_xml struct cla_xml_doc *doc = NULL;
	struct cla_str bytes = { (const char *)data, size };
	struct cla_xml_problem problem;
	struct cla_xml_scan scan;
	struct cla_err err = CLA_ERR_INIT;
	struct cla_embedded file;
	bool well_formed, tolerated;

	cla_xml_scan(bytes, &cla_xml_limits_default, &scan);
	if (scan.shape != CLA_XML_SHAPE_OK || scan.leading_bytes ||
	    !cla_xml_parse(bytes, &doc, &well_formed, &problem, &tolerated, &err) || !well_formed)
		return 0;
	const struct cla_xml *top = cla_xml_root(doc);
	for (const struct cla_xml *el = top; el; el = cla_xml_walk(top, el)) {
		for (size_t i = 0; cla_embedded_at(i, &file); i++)
			if (cla_str_ends(cla_str_from(file.name), ".xsd"))
				compare(set, file.name, el);
	}
	return 0;
}
