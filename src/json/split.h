/* json/split.h - the objects of one long array, while the text goes by in pieces of any length.
 *
 * For texts of our own whose bytes are known by their digest, and that are too long to be held: of
 * the text only as much is looked at as it takes to find the objects, and one of them is held at a
 * time. Whether the text is well-formed nobody asks here.
 */
#ifndef CLA_JSON_SPLIT_H
#define CLA_JSON_SPLIT_H

#include "base/buf.h"
#include "json/scan.h"

struct cla_json_split {
	struct cla_str key; /* of the array, a member of the outermost object; without escapes */
	cla_json_item_fn *fn;
	void *ctx;
	struct cla_buf held; /* the key or the object at hand */
	int depth;	     /* containers that are open */
	bool in_string, escaped;
	bool wanted; /* the next value of the outermost object is the array */
	bool inside; /* of the array */
};

/* fn gets the bytes of each object (or array) that is an element of the array. It may have `max`
 * bytes. */
void cla_json_split_init(struct cla_json_split *s, struct cla_str key, size_t max,
			 cla_json_item_fn *fn, void *ctx);
CLA_USE bool cla_json_split_feed(struct cla_json_split *s, struct cla_str bytes,
				 struct cla_err *err);
void cla_json_split_clear(struct cla_json_split *s);
#define cla_auto_split CLA_CLEANUP(cla_json_split_clear)

#endif
