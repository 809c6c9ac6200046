/* json/out.h - writes canonical JSON (RFC 8785 restricted to strings, booleans, null and integers).
 *
 * The writer keeps no tree: keys must be given in ascending byte order, and it remembers the
 * mistake when they are not (cla_json_out_end then fails with CLA_ERR_INTERNAL: a bug, found by the
 * first test). No newline is written. Strings that are not valid UTF-8 have each bad byte replaced
 * by U+FFFD.
 *
 *	struct cla_json_out o;
 *	cla_json_out_begin(&o, &buf);
 *	cla_json_out_object(&o);
 *	cla_json_out_key(&o, "entity");
 *	cla_json_out_str(&o, name);
 *	cla_json_out_close(&o);
 *	return cla_json_out_end(&o, err);
 */
#ifndef CLA_JSON_OUT_H
#define CLA_JSON_OUT_H

#include "base/buf.h"

#include <stdint.h>
#include <string.h>

#define CLA_JSON_OUT_DEPTH 32
#define CLA_JSON_OUT_KEY 64 /* bytes of a key, where keys must be in order */

struct cla_json_out {
	struct cla_buf *buf;
	int depth;
	bool unordered_allowed;
	const char *bug;
	struct {
		bool is_object;
		bool any;
		size_t last_key_len;
		char last_key[CLA_JSON_OUT_KEY]; /* for the order of the next one */
	} level[CLA_JSON_OUT_DEPTH];
	bool after_key;
};

void cla_json_out_begin(struct cla_json_out *o, struct cla_buf *buf);
/* As above for text that people and programs read on stdout: keys may come in any order. */
void cla_json_out_begin_unordered(struct cla_json_out *o, struct cla_buf *buf);
void cla_json_out_object(struct cla_json_out *o);
void cla_json_out_array(struct cla_json_out *o);
void cla_json_out_close(struct cla_json_out *o); /* the innermost open container */
void cla_json_out_keys(struct cla_json_out *o, struct cla_str key);
static inline void cla_json_out_key(struct cla_json_out *o, const char *key)
{
	/* here, so that a literal's length is known when it is compiled */
	cla_json_out_keys(o, (struct cla_str){ key, strlen(key) });
}
void cla_json_out_str(struct cla_json_out *o, struct cla_str s); /* an absent slice is null */
void cla_json_out_cstr(struct cla_json_out *o, const char *s);	 /* NULL is null */
void cla_json_out_int(struct cla_json_out *o, int64_t n);
void cla_json_out_bool(struct cla_json_out *o, bool b);
void cla_json_out_null(struct cla_json_out *o);
void cla_json_out_hex(struct cla_json_out *o, const void *bytes, size_t len);
/* a value made earlier by this writer */
void cla_json_out_raw(struct cla_json_out *o, struct cla_str canonical);

/* Key and value in one line, for the many fields that are just that. */
static inline void cla_json_out_kstr(struct cla_json_out *o, const char *key, struct cla_str s)
{
	cla_json_out_key(o, key);
	cla_json_out_str(o, s);
}
static inline void cla_json_out_kcstr(struct cla_json_out *o, const char *key, const char *s)
{
	cla_json_out_key(o, key);
	cla_json_out_cstr(o, s);
}
static inline void cla_json_out_kint(struct cla_json_out *o, const char *key, int64_t n)
{
	cla_json_out_key(o, key);
	cla_json_out_int(o, n);
}
static inline void cla_json_out_kbool(struct cla_json_out *o, const char *key, bool b)
{
	cla_json_out_key(o, key);
	cla_json_out_bool(o, b);
}
static inline void cla_json_out_khex(struct cla_json_out *o, const char *key, const void *bytes,
				     size_t len)
{
	cla_json_out_key(o, key);
	cla_json_out_hex(o, bytes, len);
}

/* Hands over what is in the buffer so far and empties it: long arrays need no memory. May be called
 * between any two of the calls above. */
typedef bool cla_json_out_sink(void *ctx, struct cla_str piece, struct cla_err *err);
CLA_USE bool cla_json_out_drain(struct cla_json_out *o, cla_json_out_sink *sink, void *ctx,
				struct cla_err *err);

CLA_USE bool cla_json_out_end(struct cla_json_out *o, struct cla_err *err);

#endif
