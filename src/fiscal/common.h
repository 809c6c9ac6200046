/* fiscal/common.h - rules that hold for every file, whatever its kind (private to fiscal/). */
#ifndef CLA_FISCAL_COMMON_H
#define CLA_FISCAL_COMMON_H

#include "fiscal/rule.h"

/* Places in cla_common_rule. */
enum cla_common {
	CLA_COMMON_NOT_XML,
	CLA_COMMON_DOCTYPE,
	CLA_COMMON_LIMIT,
	CLA_COMMON_MALFORMED,
	CLA_COMMON_NOT_UTF8,
	CLA_COMMON_FOREIGN_TEXT,
	CLA_COMMON_SEVERAL,
	CLA_COMMON_PACKED,
	CLA_COMMON_BOM,
	CLA_COMMON_LEADING_BYTES,
	CLA_COMMON_ENCODING,
	CLA_COMMON_SCHEMA_LOCATION,
	CLA_COMMON_TWICE_ENCODED,
	CLA_COMMON_REBOUND_PREFIX,
	CLA_COMMON_KIND_UNKNOWN,
	CLA_COMMON_NO_SCHEMA,
	CLA_COMMON_NO_RULES,
	CLA_COMMON_MORE,
	CLA_COMMON_COUNT,
};
extern const struct cla_rule cla_common_rule[CLA_COMMON_COUNT];

/* This program has no schema for the document, or no rules for one of its checks: `unknown`, naming
 * what is missing. */
void cla_common_no_schema(struct cla_case *c, struct cla_str what);
void cla_common_no_rules(struct cla_case *c, enum cla_check check, struct cla_str what);

#endif
