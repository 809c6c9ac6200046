/* json/json_priv.h - what the files of json/ share. */
#ifndef CLA_JSON_JSON_PRIV_H
#define CLA_JSON_JSON_PRIV_H

#include "base/str.h"

#include <stdint.h>
#include <string.h>

#define CLA_JSON_EACH(c) (0x0101010101010101u * (c))

/* Behind the next bytes of a string that stand for themselves, eight at a time: none is a control
 * character, '"', '\\' or above 0x7f. */
static inline size_t cla_json_skip_plain(struct cla_str text, size_t at)
{
	for (; text.len - at >= 8; at += 8) {
		uint64_t x, quote, slash;

		memcpy(&x, text.ptr + at, sizeof(x));
		quote = x ^ CLA_JSON_EACH('"');
		slash = x ^ CLA_JSON_EACH('\\');
		if ((x | (x - CLA_JSON_EACH(0x20u)) | (quote - CLA_JSON_EACH(1u)) |
		     (slash - CLA_JSON_EACH(1u))) &
		    CLA_JSON_EACH(0x80u))
			break;
	}
	return at;
}

#endif
