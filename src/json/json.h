/* json/json.h - JSON documents read with cJSON, without losing a digit.
 *
 * cJSON's parser turns numbers into doubles and cuts strings at NUL; so the text is tokenized by
 * json/scan.h and the cJSON tree built from the tokens, each number kept as its text (marked, so
 * that it stays a number for the reader). A number is read back as the digits that were received.
 * Duplicate keys of one object are refused; \u0000 in a string reads as U+FFFD.
 *
 * A document owns its nodes; every slice returned is borrowed from it. Getters accept NULL and
 * answer "absent", so that cla_json_get(cla_json_get(row, "merchant"), "name") is safe.
 */
#ifndef CLA_JSON_JSON_H
#define CLA_JSON_JSON_H

#include "base/str.h"

struct cla_json_doc; /* opaque, owns the tree */
struct cla_json;     /* opaque node */

enum cla_json_type {
	CLA_JSON_ABSENT,
	CLA_JSON_NULL,
	CLA_JSON_BOOL,
	CLA_JSON_NUMBER,
	CLA_JSON_STRING,
	CLA_JSON_ARRAY,
	CLA_JSON_OBJECT,
};

/* CLA_ERR_FORMAT with the offset for anything that is not one JSON value, CLA_ERR_LIMIT beyond
 * 1,000,000 values. The caller bounds the size of `text`. */
CLA_USE bool cla_json_parse(struct cla_str text, struct cla_json_doc **ret, struct cla_err *err);
void cla_json_free(struct cla_json_doc *doc);
static inline void cla_json_freep(struct cla_json_doc **doc)
{
	cla_json_free(*doc);
	*doc = NULL;
}
#define cla_auto_json CLA_CLEANUP(cla_json_freep)

const struct cla_json *cla_json_root(const struct cla_json_doc *doc);
enum cla_json_type cla_json_type(const struct cla_json *node);
/* case-sensitive */
const struct cla_json *cla_json_get(const struct cla_json *object, const char *key);
const struct cla_json *cla_json_first(const struct cla_json *container);
const struct cla_json *cla_json_next(const struct cla_json *node);
struct cla_str cla_json_key(const struct cla_json *node); /* of an object's member */
size_t cla_json_count(const struct cla_json *container);

struct cla_str cla_json_string(const struct cla_json *node); /* absent unless a string */
/* digits as received; absent unless a number */
struct cla_str cla_json_number(const struct cla_json *node);
struct cla_str cla_json_text(const struct cla_json *node); /* string or number */
bool cla_json_is_true(const struct cla_json *node);
CLA_USE bool cla_json_bool(const struct cla_json *node, bool *ret); /* false when not a boolean */
/* non-negative integer as written */
CLA_USE bool cla_json_u64(const struct cla_json *node, uint64_t *ret);

#endif
