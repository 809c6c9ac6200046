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

static struct cla_xml_doc *parse(struct cla_str bytes)
{
	cla_auto_xml struct cla_xml_doc *doc = NULL;
	struct cla_xml_problem problem;
	struct cla_err err = CLA_ERR_INIT;
	bool well_formed, tolerated;

	if (!cla_xml_parse(bytes, &doc, &well_formed, &problem, &tolerated, &err) || !well_formed)
		return NULL;
	return cla_steal(&doc);
}

/* libxml2 remembers identities in the tree, and would hold those of one validation against the next:
 * each has a tree of its own. */
static void compare(struct cla_str bytes, const char *schema, size_t place)
{
	cla_auto_xml struct cla_xml_doc *doc = parse(bytes);
	const struct cla_xml *top = cla_xml_root(doc), *el = top;
	struct cla_err err = CLA_ERR_INIT;
	char name[64];
	bool valid = false;

	while (place--)
		el = cla_xml_walk(top, el);
	(void)snprintf(name, sizeof(name), "%s", schema);
	if (!cla_schema_validate(the_schemas(), schema, el, NULL, 0, say, name, &valid, &err) ||
	    !valid)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cla_str bytes = { (const char *)data, size };
	struct cla_embedded file;
	struct cla_xml_scan scan;
	size_t place = 0;

	(void)the_schemas();
	cla_xml_scan(bytes, &cla_xml_limits_default, &scan);
	if (scan.shape != CLA_XML_SHAPE_OK || scan.leading_bytes)
		return 0;
	cla_auto_xml struct cla_xml_doc *doc = parse(bytes);
	const struct cla_xml *top = cla_xml_root(doc);
	for (const struct cla_xml *el = top; el; el = cla_xml_walk(top, el), place++) {
		for (size_t i = 0; cla_embedded_at(i, &file); i++)
			if (cla_str_ends(cla_str_from(file.name), ".xsd") &&
			    cla_checker_admits(file.name, el))
				compare(bytes, file.name, place);
	}
	return 0;
}
