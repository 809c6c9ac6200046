/* dfe_schema.c - the layouts of CT-e, MDF-e, NFS-e, of their events and of voided numbers. */
#include "fiscal/dfe.h"
#include "fiscal/package.h"

#include <stdio.h>

struct layout {
	enum cla_doc_kind kind;
	const char *version;
	struct cla_package packages[2]; /* oldest first */
};

/* Newest first in each kind: by it is judged what does not say its version. */
static const struct layout layouts[] = {
	{ CLA_DOC_CTE,
	  "4.00",
	  { { "cte-4.00-pl400", NULL, "2026-12-31" }, { "cte-4.00-rtc", "2026-01-01", NULL } } },
	{ CLA_DOC_CTE, "3.00", { { "cte-3.00", NULL, NULL } } },
	{ CLA_DOC_MDFE, "3.00", { { "mdfe-3.00", NULL, NULL } } },
	{ CLA_DOC_NFSE,
	  "1.01",
	  { { "nfse-1.01-digits", NULL, "2026-12-31" },
	    { "nfse-1.01-lettered", "2026-07-01", NULL } } },
	{ CLA_DOC_NFSE, "1.00", { { "nfse-1.00", NULL, NULL } } },
	{ CLA_DOC_NFE_EVENT, "4.00", { { "nfe-void", NULL, NULL } } },
};

static const struct layout *layout_of(const struct cla_dfe *d, struct cla_str version)
{
	const struct layout *newest = NULL;

	for (size_t i = 0; i < CLA_LEN(layouts); i++) {
		if (layouts[i].kind != d->family->kind)
			continue;
		if (cla_str_eqc(version, layouts[i].version))
			return &layouts[i];
		if (!newest)
			newest = &layouts[i];
	}
	return cla_is_version(version) ? NULL : newest;
}

/* What the layout leaves open, and a schema of its own holds: what the mode of transport adds, what
 * an event says. */
static const struct cla_xml *left_open(const struct cla_dfe *d)
{
	static const char *const places[] = { "infCTeNorm/infModal", "infModal", "detEvento" };
	const struct cla_xml *el = NULL;

	for (size_t i = 0; !el && i < CLA_LEN(places); i++)
		el = cla_dfe_find(d, d->inf, places[i]);
	return cla_xml_child(el);
}

void cla_dfe_schema(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_dfe *d = cla_dfe_of(c);
	const struct layout *layout = layout_of(d, c->document->version);
	const struct cla_xml *detail = left_open(d);
	struct cla_parts parts = { { c->root }, 1 };
	const char *name = cla_doc_kind_name(d->family->kind);

	if (!layout) {
		cla_case_unknown(
			c, r, c->root,
			cla_case_text(c, "xsd %s " CLA_STR_FMT, name,
				      CLA_STR_ARG(cla_str_sub(c->document->version, 0, 20))));
		return;
	}
	size_t count = layout->packages[1].schema ? 2 : 1;
	if (detail && cla_schema_has_root(layout->packages[count - 1].schema, detail))
		parts.el[parts.count++] = detail;
	else if (detail)
		cla_case_unknown(
			c, r, detail,
			cla_case_text(c, "xsd %s " CLA_STR_FMT, name,
				      CLA_STR_ARG(cla_str_sub(cla_xml_name(detail), 0, 60))));
	cla_case_packages(c, r, &parts, layout->packages, count);
}
