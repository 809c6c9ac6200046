/* xml/schema.h - XSD validation against the project's embedded schema set.
 *
 * Schemas are named by their file name ("cfdi-4.0.xsd"), compiled at the first document that may be
 * wrong (xml/checker.h) and kept by the set.
 * A set belongs to one thread. Imports between them are served from the embedded files only.
 */
#ifndef CLA_XML_SCHEMA_H
#define CLA_XML_SCHEMA_H

#include "xml/doc.h"

struct cla_official_set;
struct cla_schemas;

CLA_USE
bool cla_schemas_new(struct cla_schemas **ret, struct cla_err *err);
void cla_schemas_free(struct cla_schemas *set);
static inline void cla_schemas_freep(struct cla_schemas **set)
{
	cla_schemas_free(*set);
	*set = NULL;
}
#define cla_auto_schemas CLA_CLEANUP(cla_schemas_freep)

/* From now on each schema is the authority's own file of that name (xml/official.h), which is kept
 * by the caller. Where it, or one that it imports, is not at hand, validation ends in
 * CLA_ERR_NOT_FOUND. These take a hundred times as long, and tens of megabytes. */
void cla_schemas_use_official(struct cla_schemas *set, const struct cla_official_set *official);

/* Whether what the tables of xml/checker.h admit is taken for valid, as it is at first: then a right
 * document needs no compiled schema. False to hear libxml2 on each. An official schema has no tables.
 */
void cla_schemas_use_tables(struct cla_schemas *set, bool use);

/* One violation: the element's path is built with cla_xml_path, `attr` may be absent, `kind` is our
 * own stable word for the class of violation ("unexpected-element", "missing-element",
 * "missing-attribute", "unexpected-attribute", "value", "undeclared", "other"); `text` is the
 * library's wording, cut to 240 bytes: for people only. */
struct cla_schema_issue {
	const struct cla_xml *element;
	struct cla_str attr;
	const char *kind;
	struct cla_str value; /* the offending value, cut to 120 bytes; absent when none */
	char text[240];
};
typedef bool cla_schema_fn(void *ctx, const struct cla_schema_issue *issue); /* false: enough */

/* Validates `el` as a root against the schema; `leave_out` (may be NULL) are elements treated as
 * not there: unknown complements, an Addenda. *valid is the verdict; fn (NULL: only the verdict is
 * wanted) gets at most 100 issues (10 of an official schema), and then validation ends. CLA_ERR_NOT_FOUND for an unknown name.
 */
CLA_USE
bool cla_schema_validate(struct cla_schemas *set, const char *name, const struct cla_xml *el,
			 const struct cla_xml *const *leave_out, size_t leave_out_count,
			 cla_schema_fn *fn, void *ctx, bool *valid, struct cla_err *err);

/* The embedded files, for `rules.json` and lookups: code tables ("c_CodigoPostal.txt") and schemas.
 * Read-only data of the program; absent when there is no such name. Iterate with cla_embedded_at
 * until it is absent. */
struct cla_embedded {
	const char *name;
	struct cla_str bytes;
};
struct cla_str cla_embedded_find(const char *name);
bool cla_embedded_at(size_t i, struct cla_embedded *ret);

/* Whether a table (sorted lines, first column up to a tab) has a row for `code`; *row is the whole
 * line. */
bool cla_table_find(struct cla_str table, struct cla_str code, struct cla_str *row);
struct cla_str cla_table_column(struct cla_str row, int column); /* from 0; absent past the end */

#endif
