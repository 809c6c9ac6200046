#include "model/capture.h"

#include "json/out.h"

static void query_keys(struct cla_json_out *o, struct cla_str keys)
{
	cla_json_out_array(o);
	while (!cla_str_absent(keys) && keys.len) {
		struct cla_str key;
		cla_str_cut(keys, ',', &key, &keys);
		cla_json_out_str(o, key);
	}
	cla_json_out_close(o);
}

static void tls(struct cla_json_out *o, const struct cla_capture *c)
{
	if (cla_str_absent(c->tls_version)) {
		cla_json_out_null(o);
		return;
	}
	cla_json_out_object(o);
	cla_json_out_khex(o, "peer_spki_sha256", c->peer_spki.bytes, sizeof(c->peer_spki.bytes));
	cla_json_out_kstr(o, "version", c->tls_version);
	cla_json_out_close(o);
}

bool cla_capture_encode(const struct cla_capture *c, struct cla_buf *out, struct cla_err *err)
{
	struct cla_json_out o;
	char time[CLA_TIME_TEXT];

	cla_json_out_begin(&o, out);
	cla_json_out_object(&o);
	cla_json_out_kint(&o, "attempt", c->attempt);
	cla_json_out_khex(&o, "body_sha256", c->body_sha256.bytes, sizeof(c->body_sha256.bytes));
	cla_json_out_kint(&o, "body_size", (int64_t)c->body_size);
	cla_json_out_kstr(&o, "client_id", c->client_id);
	cla_json_out_kstr(&o, "content_type", c->content_type);
	cla_json_out_kstr(&o, "etag", c->etag);
	cla_json_out_kstr(&o, "method", c->method);
	cla_json_out_kint(&o, "n", (int64_t)c->n);
	cla_json_out_key(&o, "query_keys");
	query_keys(&o, c->query_keys);
	cla_json_out_kstr(&o, "reason", c->reason);
	cla_json_out_kstr(&o, "resource", c->resource);
	cla_json_out_kint(&o, "status", c->status);
	cla_json_out_key(&o, "stored_sha256");
	if (c->stored) {
		char hex[CLA_DIGEST_HEX];
		cla_json_out_cstr(&o, cla_digest_hex(&c->stored_sha256, hex));
		cla_json_out_kint(&o, "stored_size", (int64_t)c->stored_size);
	} else {
		cla_json_out_null(&o);
		cla_json_out_key(&o, "stored_size");
		cla_json_out_null(&o);
	}
	cla_json_out_kcstr(&o, "time", cla_time_format(c->time, time));
	cla_json_out_key(&o, "tls");
	tls(&o, c);
	cla_json_out_kstr(&o, "url", c->url);
	cla_json_out_close(&o);
	return cla_json_out_end(&o, err);
}

bool cla_capture_save(const struct cla_capture *c, struct cla_buf *out, struct cla_err *err)
{
	struct cla_json_out o;
	char time[CLA_TIME_TEXT];

	cla_json_out_begin(&o, out);
	cla_json_out_object(&o);
	cla_json_out_kint(&o, "attempt", c->attempt);
	cla_json_out_khex(&o, "body_sha256", c->body_sha256.bytes, sizeof(c->body_sha256.bytes));
	cla_json_out_kint(&o, "body_size", (int64_t)c->body_size);
	cla_json_out_kstr(&o, "client_id", c->client_id);
	cla_json_out_kstr(&o, "content_type", c->content_type);
	cla_json_out_kstr(&o, "entity", c->entity);
	cla_json_out_kstr(&o, "etag", c->etag);
	cla_json_out_khex(&o, "identity", c->identity.bytes, sizeof(c->identity.bytes));
	cla_json_out_kstr(&o, "key", c->key);
	cla_json_out_kstr(&o, "method", c->method);
	cla_json_out_kstr(&o, "month", c->month);
	cla_json_out_kint(&o, "n", (int64_t)c->n);
	cla_json_out_khex(&o, "peer_spki", c->peer_spki.bytes, sizeof(c->peer_spki.bytes));
	cla_json_out_kstr(&o, "query_keys", c->query_keys);
	cla_json_out_kstr(&o, "reason", c->reason);
	cla_json_out_kstr(&o, "resource", c->resource);
	cla_json_out_kint(&o, "status", c->status);
	cla_json_out_kbool(&o, "stored", c->stored);
	cla_json_out_khex(&o, "stored_sha256", c->stored_sha256.bytes,
			  sizeof(c->stored_sha256.bytes));
	cla_json_out_kint(&o, "stored_size", (int64_t)c->stored_size);
	cla_json_out_kcstr(&o, "time", cla_time_format(c->time, time));
	cla_json_out_kstr(&o, "tls_version", c->tls_version);
	cla_json_out_kstr(&o, "url", c->url);
	cla_json_out_kstr(&o, "uuid", c->uuid);
	cla_json_out_close(&o);
	return cla_json_out_end(&o, err);
}

static bool digest(const struct cla_json *node, const char *key, struct cla_digest *ret)
{
	return cla_digest_parse(cla_json_string(cla_json_get(node, key)), ret);
}

bool cla_capture_load(const struct cla_json *node, struct cla_arena *arena, struct cla_capture *ret,
		      struct cla_err *err)
{
	struct cla_capture c = { 0 };
	uint64_t attempt = 0, status = 0;
	bool zone, mem = true;

	if (!cla_json_u64(cla_json_get(node, "n"), &c.n) ||
	    !cla_json_u64(cla_json_get(node, "attempt"), &attempt) || attempt > 1000 ||
	    !cla_json_u64(cla_json_get(node, "status"), &status) || status > 999 ||
	    !cla_json_u64(cla_json_get(node, "body_size"), &c.body_size) ||
	    !cla_json_u64(cla_json_get(node, "stored_size"), &c.stored_size) ||
	    !cla_json_bool(cla_json_get(node, "stored"), &c.stored) ||
	    !digest(node, "body_sha256", &c.body_sha256) ||
	    !digest(node, "stored_sha256", &c.stored_sha256) ||
	    !digest(node, "identity", &c.identity) || !digest(node, "peer_spki", &c.peer_spki) ||
	    !cla_time_parse(cla_json_string(cla_json_get(node, "time")), &c.time, &zone))
		return cla_err_set(err, CLA_ERR_INTEGRITY,
				   "a capture in the journal is not readable");
	c.attempt = (unsigned)attempt;
	c.status = (int)status;

	struct {
		const char *key;
		struct cla_str *to;
	} texts[] = {
		{ "entity", &c.entity },
		{ "month", &c.month },
		{ "resource", &c.resource },
		{ "key", &c.key },
		{ "uuid", &c.uuid },
		{ "method", &c.method },
		{ "url", &c.url },
		{ "query_keys", &c.query_keys },
		{ "reason", &c.reason },
		{ "content_type", &c.content_type },
		{ "etag", &c.etag },
		{ "tls_version", &c.tls_version },
		{ "client_id", &c.client_id },
	};
	for (size_t i = 0; i < CLA_LEN(texts); i++)
		*texts[i].to = cla_arena_str(
			arena, cla_json_string(cla_json_get(node, texts[i].key)), &mem);
	if (!mem)
		return cla_err_oom(err);
	*ret = c;
	return true;
}
