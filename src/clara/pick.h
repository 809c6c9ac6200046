/* clara/pick.h - takes named members out of a JSON text without building a tree of it.
 *
 * Credentials and tokens pass through here: apart from the text itself and the buffers asked for,
 * which are the caller's to make secret, no copy of a value stays in memory. Members of the top object and of the objects right below it
 * are seen.
 */
#ifndef CLA_CLARA_PICK_H
#define CLA_CLARA_PICK_H

#include "base/buf.h"

struct cla_pick {
	const char
		*name; /* several rows may name one member in different spellings and share `out` */
	struct cla_buf *out; /* a string's characters, a number's digits; the first non-empty one
				found is kept */
};

/* CLA_ERR_FORMAT when the text is not one JSON object. What is not there leaves its buffer empty.
 */
CLA_USE bool cla_pick(struct cla_str json, const struct cla_pick *picks, size_t count,
		      struct cla_err *err);

#endif
