/* clara/record.c - lines of answers.jsonl and files below bodies/. */
#include "clara/record.h"

#include "base/file.h"
#include "clara/replay.h"
#include "json/out.h"
#include "model/api.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_LINE (1u << 20)

struct cla_record {
	char *dir;
	int fd;
};

static bool open_folder(struct cla_record *r, struct cla_err *err)
{
	cla_auto_buf struct cla_buf path = CLA_BUF_INIT(8192);

	if (!cla_path_join(&path, r->dir, "bodies", err) ||
	    !cla_dir_make(cla_buf_cstr(&path), 0700, err))
		return false;
	cla_buf_reset(&path);
	if (!cla_path_join(&path, r->dir, "answers.jsonl", err))
		return false;
	r->fd = open(cla_buf_cstr(&path), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	return r->fd >= 0 ||
	       cla_err_sys(err, CLA_ERR_IO, errno, "opening '%s'", cla_buf_cstr(&path));
}

static void free_record(struct cla_record *r)
{
	cla_fd_close(&r->fd);
	free(r->dir);
	free(r);
}

bool cla_record_open(const char *dir, struct cla_record **ret, struct cla_err *err)
{
	struct cla_record *r = calloc(1, sizeof(*r));

	if (!r)
		return cla_err_oom(err);
	r->fd = -1;
	r->dir = strdup(dir);
	if (!r->dir || !open_folder(r, err)) {
		if (!r->dir)
			cla_err_oom(err);
		free_record(r);
		return cla_err_wrap(err, "recording into '%s'", dir);
	}
	*ret = r;
	return true;
}

bool cla_record_close(struct cla_record *r, struct cla_err *err)
{
	if (!r)
		return true;
	bool ok = cla_fd_sync(r->fd, r->dir, err);
	free_record(r);
	return ok;
}

static bool put_query(struct cla_json_out *o, struct cla_str query, struct cla_err *err)
{
	cla_auto_buf struct cla_buf plain = CLA_BUF_INIT(MAX_LINE);

	if (!cla_replay_query(query, &plain, err))
		return false;
	struct cla_str rest = cla_buf_str(&plain), param, key, value;
	cla_json_out_key(o, "query");
	cla_json_out_object(o);
	while (rest.len && cla_str_cut(rest, '\0', &param, &rest)) {
		cla_str_cut(param, '=', &key, &value);
		cla_json_out_keys(o, key);
		cla_json_out_str(o, value);
	}
	cla_json_out_close(o);
	return true;
}

static void put_headers(struct cla_json_out *o, const struct cla_capture *c)
{
	cla_json_out_key(o, "headers");
	cla_json_out_object(o);
	if (!cla_str_absent(c->content_type))
		cla_json_out_kstr(o, "Content-Type", c->content_type);
	if (!cla_str_absent(c->etag))
		cla_json_out_kstr(o, "ETag", c->etag);
	cla_json_out_close(o);
}

static bool write_piece(void *ctx, struct cla_str bytes, struct cla_err *err)
{
	return cla_fd_write(*(int *)ctx, bytes, err);
}

/* Copied beside its place and renamed: a body that is there is whole. */
static bool copy_body(struct cla_record *r, struct cla_store *store,
		      const struct cla_digest *sha256, const char *name, struct cla_err *err)
{
	cla_auto_buf struct cla_buf path = CLA_BUF_INIT(8192), part = CLA_BUF_INIT(8192);

	if (!cla_path_join(&path, r->dir, name, err))
		return false;
	if (cla_path_exists(cla_buf_cstr(&path)))
		return true;
	cla_buf_addf(&part, "%s.part", cla_buf_cstr(&path));
	if (!cla_buf_ok(&part, err))
		return false;
	cla_auto_fd int fd =
		open(cla_buf_cstr(&part), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return cla_err_sys(err, CLA_ERR_IO, errno, "creating '%s'", cla_buf_cstr(&part));
	if (!cla_store_stream(store, sha256, write_piece, &fd, err) ||
	    rename(cla_buf_cstr(&part), cla_buf_cstr(&path))) {
		if (!err || err->code == CLA_ERR_NONE)
			cla_err_sys(err, CLA_ERR_IO, errno, "renaming '%s'", cla_buf_cstr(&part));
		(void)unlink(cla_buf_cstr(&part));
		return false;
	}
	return true;
}

bool cla_record_answer(struct cla_record *r, struct cla_store *store, struct cla_str target_or_url,
		       const struct cla_capture *c, struct cla_err *err)
{
	cla_auto_buf struct cla_buf line = CLA_BUF_INIT(MAX_LINE), name = CLA_BUF_INIT(128);
	char time[CLA_TIME_TEXT];
	struct cla_json_out o;
	struct cla_url url;

	if (!c->status || !cla_str_eqc(c->method, "GET")) /* a token is no answer to keep */
		return true;
	if (!cla_url_split(target_or_url, &url)) {
		size_t q = cla_str_find(target_or_url, '?');
		url.path = cla_str_sub(target_or_url, 0, q);
		url.query = cla_str_sub(target_or_url, q + 1, target_or_url.len);
	}
	cla_json_out_begin_unordered(&o, &line);
	cla_json_out_object(&o);
	cla_json_out_kcstr(&o, "method", "GET");
	cla_json_out_kstr(&o, "path", url.path);
	if (!put_query(&o, url.query, err))
		return false;
	/* a file that came in parts is recorded as a whole */
	cla_json_out_kint(&o, "status", c->status == 206 ? 200 : c->status);
	cla_json_out_kcstr(&o, "time", cla_time_format(c->time, time));
	put_headers(&o, c);
	if (c->stored) {
		cla_buf_addc(&name, "bodies/");
		cla_buf_hex(&name, c->stored_sha256.bytes, sizeof(c->stored_sha256.bytes));
		cla_json_out_kstr(&o, "body", cla_buf_str(&name));
	}
	cla_json_out_close(&o);
	if (!cla_json_out_end(&o, err))
		return false;
	cla_buf_byte(&line, '\n');
	return cla_buf_ok(&line, err) && cla_buf_ok(&name, err) &&
	       (!c->stored || copy_body(r, store, &c->stored_sha256, cla_buf_cstr(&name), err)) &&
	       cla_fd_write(r->fd, cla_buf_str(&line), err);
}
