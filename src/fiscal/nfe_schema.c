/* nfe_schema.c - the layout of a note, of an event and of what an event says. */
#include "fiscal/nfe.h"
#include "fiscal/package.h"

#include <stdio.h>

static const struct cla_package packages[] = {
	{ "nfe-4.00-pl009o", NULL, "2025-12-31" },
	{ "nfe-4.00-pl010b", "2025-07-01", "2026-10-31" },
	{ "nfe-4.00-pl010d", "2026-07-01", NULL },
	{ "nfe-4.00-pl010e", "2026-08-01", NULL },
};

void cla_nfe_schema(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_nfe *n = cla_nfe_of(c);
	struct cla_str version = cla_xml_attr(n->inf, "versao");

	struct cla_parts note = { { c->root }, 1 };

	if (!cla_str_eqc(version, "4.00") && cla_is_version(version)) {
		cla_case_unknown(c, r, n->inf,
				 cla_case_text(c, "xsd nfe " CLA_STR_FMT, CLA_STR_ARG(version)));
		return;
	}
	cla_case_packages(c, r, &note, packages, CLA_LEN(packages));
}

/* EPEC has a form of its own for consumers' notes. */
static const char *variant(const struct cla_nfe_event *e)
{
	struct cla_access_key part;

	return cla_str_eqc(e->type, "110140") && cla_access_key_split(e->key, &part) &&
			       cla_str_eqc(part.model, "65")
		       ? "-nfce"
		       : "";
}

/* The layout of events leaves open what detEvento holds; each type has a schema for that, which is
 * the second half. Of a type that has none here, nobody can say that it is right. */
void cla_nfe_event_schema(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_nfe_event *e = cla_nfe_event_of(c);
	const struct cla_xml *detail = cla_nfe_find(e->inf, "detEvento");
	char schema[32], file[40];

	if (cla_case_schema(c, r, "nfe-event.xsd", c->root, NULL, 0) != CLA_VERDICT_PASS && !detail)
		return;
	(void)snprintf(schema, sizeof(schema), "nfe-event-" CLA_STR_FMT "%s",
		       CLA_STR_ARG(cla_str_sub(e->type, 0, 6)), variant(e));
	if (e->type.len != 6 || !cla_str_digits(e->type) || !cla_schema_known(schema)) {
		cla_case_unknown(c, r, detail,
				 cla_case_text(c, "xsd nfe event " CLA_STR_FMT,
					       CLA_STR_ARG(cla_str_sub(e->type, 0, 20))));
		return;
	}
	(void)snprintf(file, sizeof(file), "%s.xsd", schema);
	if (cla_case_schema(c, r, file, detail, NULL, 0) == CLA_VERDICT_PASS &&
	    c->document->checks[CLA_CHECK_SCHEMA] == CLA_VERDICT_PASS)
		c->document->schema = cla_case_text(c, "%s", schema);
}
