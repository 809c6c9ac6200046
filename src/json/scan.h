/* json/scan.h - a strict tokenizer over JSON text as received (RFC 8259).
 *
 * It gives every token with its place in the text, so that a number's digits, a row's exact bytes
 * or a string's raw spelling are never lost. It allocates nothing. The text is checked on the way:
 * UTF-8, escapes (lone surrogates are refused), numbers, structure, nothing after the value; depth
 * is bounded.
 *
 *	struct cla_json_scan s;
 *	cla_json_scan_init(&s, text);
 *	while (cla_json_scan_next(&s, &tok)) …
 *	if (s.error) …            // s.error says what, s.pos where
 */
#ifndef CLA_JSON_SCAN_H
#define CLA_JSON_SCAN_H

#include "base/str.h"

#define CLA_JSON_MAX_DEPTH 64

enum cla_json_tok_type {
	CLA_TOK_OBJECT_BEGIN,
	CLA_TOK_OBJECT_END,
	CLA_TOK_ARRAY_BEGIN,
	CLA_TOK_ARRAY_END,
	CLA_TOK_KEY,
	CLA_TOK_STRING,
	CLA_TOK_NUMBER,
	CLA_TOK_TRUE,
	CLA_TOK_FALSE,
	CLA_TOK_NULL,
};

struct cla_json_tok {
	enum cla_json_tok_type type;
	struct cla_str raw; /* the token's bytes; keys and strings with their quotes */
	size_t pos;	    /* offset of raw in the text */
	/* containers open around the token; a container's begin and end have the same depth */
	int depth;
};

struct cla_json_scan {
	struct cla_str text;
	size_t pos;
	int depth;
	const char *error; /* NULL while all is well; constant text */
	unsigned char state;
	bool is_object[CLA_JSON_MAX_DEPTH];
	bool done;
};

void cla_json_scan_init(struct cla_json_scan *s, struct cla_str text);

/* The next token; false at the end of a complete value and on an error. */
bool cla_json_scan_next(struct cla_json_scan *s, struct cla_json_tok *tok);

/* Decodes a raw string token (with quotes) and appends its characters to `out`. \u0000 becomes
 * U+FFFD. */
struct cla_buf;
void cla_json_unescape(struct cla_str raw, struct cla_buf *out);

/* Raw bytes of each element of an array: of the array that is the value itself when `key` is NULL,
 * or of the one under the top-level member `key`. `found` tells whether there was such an array. fn
 * returning false stops. */
typedef bool cla_json_item_fn(void *ctx, struct cla_str raw, struct cla_err *err);
CLA_USE bool cla_json_items(struct cla_str text, const char *key, cla_json_item_fn *fn, void *ctx,
			    bool *found, struct cla_err *err);

/* True when the text is what our own writers make: RFC 8785 restricted to objects with unique
 * printable-ASCII keys in order, arrays, strings, booleans, null and integers within ±(2^53-1); no
 * blanks; strings valid UTF-8 and escaped in the shortest way. Otherwise err (CLA_ERR_FORMAT) names
 * the first offence and its offset. Works by scanning: it shares nothing with the writer. */
CLA_USE bool cla_json_canonical(struct cla_str text, struct cla_err *err);

#endif
