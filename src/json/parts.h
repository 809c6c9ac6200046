/* json/parts.h - a JSON object of any length, read in constant memory.
 *
 * Fed with the text as it comes, it hands out each element of the arrays at one level (1: members of
 * the outermost object, 2: of an object in it, and so on), and keeps the rest: the same text with
 * these arrays empty. Nothing is judged here: but for the limit of depth, the text is well-formed
 * (or canonical) exactly when the rest and every element are, which the caller checks with
 * json/scan.h.
 */
#ifndef CLA_JSON_PARTS_H
#define CLA_JSON_PARTS_H

#include "base/buf.h"

struct cla_json_part {
	struct cla_str key; /* the member's, raw, without quotes; absent when there is none */
	uint64_t index;	    /* within the array */
	uint64_t pos, size; /* where it stands in the text, and how long it is */
	struct cla_str raw; /* its bytes; absent when there are more than the limit */
};

/* Returning false with err ends the reading. */
typedef bool cla_json_part_fn(void *ctx, const struct cla_json_part *part, struct cla_err *err);

struct cla_json_parts {
	unsigned level;
	struct cla_buf rest; /* too_long when there is more than its limit */
	struct cla_buf part; /* an element that began in an earlier piece */
	uint64_t pos;	     /* of the next byte */
	uint64_t begin;	     /* of the element at hand */
	uint64_t index;
	unsigned depth;
	bool inside; /* in an array whose elements are handed out */
	bool in_string, escaped;
	size_t key_from, key_to; /* the last string at the level, in rest */
};

void cla_json_parts_init(struct cla_json_parts *p, unsigned level, size_t rest_max,
			 size_t part_max);
void cla_json_parts_clear(struct cla_json_parts *p);
/* False out of memory, or when fn said so. */
CLA_USE bool cla_json_parts_feed(struct cla_json_parts *p, struct cla_str bytes,
				 cla_json_part_fn *fn, void *ctx, struct cla_err *err);

#endif
