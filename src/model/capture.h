/* model/capture.h - one request and what came of it: a line of the journal, and of captures.jsonl.
 *
 * Ordinals n are given once per data directory and never reused. A capture holds no secret: of the
 * URL only scheme, host and path, of the query only the names of its parameters.
 */
#ifndef CLA_MODEL_CAPTURE_H
#define CLA_MODEL_CAPTURE_H

#include "base/arena.h"
#include "base/clock.h"
#include "crypto/digest.h"
#include "json/json.h"

struct cla_capture {
	uint64_t n;
	struct cla_time time;
	struct cla_str entity, month; /* what the request was made for; month "" when none */
	/* transactions, documents, invoices, extracted-documents, reimbursements, download, token
	 */
	struct cla_str resource;
	/* identity of the resource: method, host, path, query without signed parts; never printed
	 */
	struct cla_str key;
	struct cla_str uuid;	    /* expense or attachment it is about; absent for listings */
	struct cla_str method, url; /* url without query */
	struct cla_str query_keys;  /* names, sorted, joined by ',' ; "" when none */
	int status;		    /* 0: no answer */
	struct cla_str
		reason; /* absent when the answer is good; else "http-404", "timeout", "tls", "cut-short", … */
	struct cla_digest body_sha256; /* as received */
	uint64_t body_size;
	bool stored;
	struct cla_digest stored_sha256; /* what the store keeps */
	uint64_t stored_size;
	struct cla_digest identity; /* equal for answers that differ only in volatile parts */
	struct cla_str content_type, etag;
	struct cla_str tls_version; /* absent without TLS */
	struct cla_digest peer_spki;
	/* OAuth client id; absent for downloads and recorded answers */
	struct cla_str client_id;
	unsigned attempt; /* from 1 */
};

/* The line of captures.jsonl (docs/FORMATS.md 1.5), without newline. */
CLA_USE bool cla_capture_encode(const struct cla_capture *c, struct cla_buf *out,
				struct cla_err *err);

/* The journal's form: everything, canonical JSON object `capture`; and back. Slices go into the
 * arena. */
CLA_USE bool cla_capture_save(const struct cla_capture *c, struct cla_buf *out,
			      struct cla_err *err);
CLA_USE bool cla_capture_load(const struct cla_json *node, struct cla_arena *arena,
			      struct cla_capture *ret, struct cla_err *err);

#endif
