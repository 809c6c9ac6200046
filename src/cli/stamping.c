#include "cli/stamping.h"

#include "base/file.h"
#include "net/net.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ANSWER_MAX ((size_t)64 * 1024)
#define TOKEN_MAX ((size_t)1 << 20)
#define TIMEOUT_MS 10000
#define RENEWALS_MAX 99

/* ---- asking ---- */

struct asking {
	struct cla_buf *out;
	struct cla_net_header headers[2];
	struct cla_err *err;
	bool ok;
};

static const struct cla_net_header *on_turn(void *ctx, size_t *count)
{
	struct asking *a = ctx;

	a->headers[0] =
		(struct cla_net_header){ "Content-Type", CLA_STR("application/timestamp-query") };
	a->headers[1] = (struct cla_net_header){ "Accept", CLA_STR("application/timestamp-reply") };
	*count = CLA_LEN(a->headers);
	return a->headers;
}

static bool on_data(void *ctx, struct cla_str bytes)
{
	struct asking *a = ctx;

	cla_buf_add(a->out, bytes);
	return cla_buf_ok(a->out, NULL);
}

static void on_done(void *ctx, const struct cla_net_answer *answer)
{
	struct asking *a = ctx;

	if (answer->fail == CLA_NET_CANCELLED)
		cla_err_set(a->err, CLA_ERR_INTERRUPTED, "interrupted");
	else if (answer->fail != CLA_NET_OK)
		cla_err_set(a->err, CLA_ERR_REMOTE, "%s", answer->detail);
	else if (answer->status != 200)
		cla_err_set(a->err, CLA_ERR_REMOTE, "it answered with status %d", answer->status);
	else
		a->ok = true;
}

static bool post(struct cla_cli *cli, const struct cla_entity *entity,
		 const struct cla_net_identity *identity, struct cla_str request,
		 struct cla_buf *out, struct cla_err *err)
{
	unsigned limit = cla_cli_env_number("CLARA_AUDIT_TSA_TIMEOUT_MS");
	struct cla_net_opts opts = { .max_in_flight = 1,
				     .proxied = cla_cli_proxied(),
				     .user_agent = "clara-audit" };
	struct asking asking = { .out = out, .err = err };
	struct cla_net_request q = {
		.method = "POST",
		.url = entity->tsa_url,
		.identity = identity,
		.body = request,
		.max_body = out->max,
		.total_timeout_ms = limit ? limit : TIMEOUT_MS,
		.allow_private = true,
		.allow_plain = true,
		.turn = on_turn,
		.data = on_data,
		.done = on_done,
		.ctx = &asking,
	};
	struct cla_net *net = NULL;

	if (!cla_net_open(&cli->ctx, &opts, &net, err))
		return false;
	bool ok = cla_net_submit(net, &q, err) && cla_net_run(net, err) && asking.ok;
	cla_net_close(net);
	return ok;
}

/* The system's trust store, and the entity's ca_file. */
static bool make_identity(const struct cla_entity *entity, struct cla_net_identity **ret,
			  struct cla_err *err)
{
	cla_auto_buf struct cla_buf ca = CLA_BUF_INIT(TOKEN_MAX);
	struct cla_net_identity_opts opts = { .ca_pem = CLA_STR_NONE };

	if (entity->ca_file && !cla_file_read(entity->ca_file, &ca, err))
		return false;
	if (entity->ca_file)
		opts.ca_pem = cla_buf_str(&ca);
	return cla_net_identity_new(&opts, ret, err);
}

static bool read_anchors(const struct cla_entity *entity, struct cla_buf *pem, struct cla_str *ret,
			 struct cla_err *err)
{
	*ret = CLA_STR_NONE;
	if (!entity->tsa_ca)
		return true;
	if (!cla_file_read(entity->tsa_ca, pem, err))
		return cla_err_wrap(err, "tsa_ca");
	*ret = cla_buf_str(pem);
	return true;
}

bool cla_stamping_ask(struct cla_cli *cli, const struct cla_entity *entity, struct cla_str data,
		      struct cla_buf *out, struct cla_stamp_info *info, struct cla_err *err)
{
	cla_auto_buf struct cla_buf request = CLA_BUF_INIT(4096), pem = CLA_BUF_INIT(TOKEN_MAX),
				    answer = CLA_BUF_INIT(ANSWER_MAX);
	struct cla_net_identity *identity = NULL;
	struct cla_str anchors;

	bool ok = read_anchors(entity, &pem, &anchors, err) &&
		  cla_stamp_request(data, &request, err) && make_identity(entity, &identity, err) &&
		  post(cli, entity, identity, cla_buf_str(&request), &answer, err);
	cla_net_identity_free(identity);
	if (!ok)
		return false;
	if (cla_stamp_check_answer(cla_buf_str(&answer), cla_buf_str(&request), data, anchors,
				   info) != CLA_STAMP_GOOD)
		return cla_err_set(err, CLA_ERR_REMOTE, "its answer is not kept: %s", info->detail);
	cla_buf_add(out, cla_buf_str(&answer));
	return cla_buf_ok(out, err);
}

/* ---- keeping ---- */

/* Folder, base and ".statement.p7s.tsr", then ".<n>.tsr" from 1 on. */
static bool stamp_path(const struct cla_stamping *s, const char *dir, unsigned n,
		       struct cla_buf *out, struct cla_err *err)
{
	cla_buf_reset(out);
	cla_buf_addf(out, "%s/" CLA_STR_FMT ".statement.p7s.tsr", dir, CLA_STR_ARG(s->base));
	if (n)
		cla_buf_addf(out, ".%u.tsr", n);
	return cla_buf_ok(out, err);
}

static bool tell_stamped(const struct cla_stamping *s, unsigned n, struct cla_str tsr,
			 const struct cla_stamp_info *info, struct cla_err *err)
{
	cla_auto_buf struct cla_buf subject = CLA_BUF_INIT(4096);
	struct cla_digest digest;
	char text[CLA_TIME_TEXT];

	cla_buf_addf(&subject, CLA_STR_FMT ": %s at %s by %s", CLA_STR_ARG(s->base),
		     n ? "stamped again" : "stamped", cla_time_format(info->time, text),
		     info->subject);
	struct cla_event e = { .type = "stamped",
			       .entity = cla_str_from(s->entity->name),
			       .object = &digest,
			       .subject = cla_buf_str(&subject),
			       .time = cla_cli_now(s->cli) };
	return cla_buf_ok(&subject, err) && cla_digest_of(tsr, &digest, err) &&
	       cla_store_custody(s->store, &e, err) && cla_store_flush(s->store, err);
}

/* Asks for stamp number n over `data`. *got false, and a warning, when there is none to be had. */
static bool get_stamp(const struct cla_stamping *s, unsigned n, struct cla_str data,
		      struct cla_stamp_info *info, bool *got, struct cla_err *err)
{
	cla_auto_buf struct cla_buf tsr = CLA_BUF_INIT(ANSWER_MAX), path = CLA_BUF_INIT(8192);
	struct cla_err why = CLA_ERR_INIT;
	char base[CLA_SHOWN];

	if (*s->failed && !strcmp(*s->failed, s->entity->tsa_url))
		*got = cla_err_set(&why, CLA_ERR_REMOTE, "it failed before in this run");
	else
		*got = cla_stamping_ask(s->cli, s->entity, data, &tsr, info, &why);
	if (!*got && (why.code == CLA_ERR_MEMORY || why.code == CLA_ERR_INTERRUPTED)) {
		if (err)
			*err = why;
		return false;
	}
	if (!*got) {
		*s->failed = s->entity->tsa_url;
		cla_log(s->cli->ctx.log, CLA_LOG_WARN,
			cla_tr(s->cli,
			       "no time-stamp for %s (%s); the bundle stands without it, and "
			       "the next run asks again"),
			cla_shown(s->base, 0, base), why.msg);
		return true;
	}
	return stamp_path(s, s->own, n, &path, err) &&
	       cla_file_create(cla_buf_cstr(&path), cla_buf_str(&tsr), 0644, err) &&
	       tell_stamped(s, n, cla_buf_str(&tsr), info, err);
}

static bool moved_away(const char *path, const char *why, struct cla_err *err)
{
	return cla_err_set(err, CLA_ERR_INTEGRITY,
			   "'%s' does not hold (%s); move it away, and the next run asks for "
			   "another",
			   path, why);
}

/* Stamp number n in `dir` over `data`, appended to `out`; *found false when there is none. */
static bool read_stamp(const struct cla_stamping *s, const char *dir, unsigned n,
		       struct cla_str data, struct cla_buf *out, struct cla_stamp_info *info,
		       bool *found, struct cla_err *err)
{
	cla_auto_buf struct cla_buf path = CLA_BUF_INIT(8192);

	if (!stamp_path(s, dir, n, &path, err))
		return false;
	*found = cla_path_exists(cla_buf_cstr(&path));
	if (!*found)
		return true;
	if (!cla_file_read(cla_buf_cstr(&path), out, err))
		return false;
	return cla_stamp_verify(cla_buf_str(out), data, CLA_STR_NONE, info) == CLA_STAMP_GOOD ||
	       moved_away(cla_buf_cstr(&path), info->detail, err);
}

/* What lies in our folder over this signature is copied where it is not, and must be the same where it
 * is. */
struct copying {
	const struct cla_stamping *s;
	char prefix[128];
};

static bool copy_one(void *ctx, const char *path, struct cla_err *err)
{
	const struct copying *c = ctx;
	cla_auto_buf struct cla_buf to = CLA_BUF_INIT(8192), here = CLA_BUF_INIT(TOKEN_MAX),
				    there = CLA_BUF_INIT(TOKEN_MAX);
	const char *name = strrchr(path, '/');

	name = name ? name + 1 : path;
	if (!cla_str_starts(cla_str_from(name), c->prefix))
		return true;
	if (!cla_path_join(&to, c->s->other, name, err) || !cla_file_read(path, &here, err))
		return false;
	if (!cla_path_exists(cla_buf_cstr(&to)))
		return cla_file_replace(cla_buf_cstr(&to), cla_buf_str(&here), 0644, err);
	if (!cla_file_read(cla_buf_cstr(&to), &there, err))
		return false;
	return cla_str_eq(cla_buf_str(&here), cla_buf_str(&there)) ||
	       cla_err_set(err, CLA_ERR_INTEGRITY, "'%s' is not '%s': move one of them away",
			   cla_buf_cstr(&to), path);
}

static bool copy_all(const struct cla_stamping *s, struct cla_err *err)
{
	struct copying c = { .s = s };

	(void)snprintf(c.prefix, sizeof(c.prefix), CLA_STR_FMT ".statement.p7s.",
		       CLA_STR_ARG(s->base));
	return cla_dir_each(s->own, copy_one, &c, err);
}

bool cla_stamping_keep(const struct cla_stamping *s, char at[CLA_TIME_TEXT], struct cla_err *err)
{
	cla_auto_buf struct cla_buf tsr = CLA_BUF_INIT(TOKEN_MAX);
	struct cla_stamp_info info;
	bool there;

	at[0] = '\0';
	if (!read_stamp(s, s->own, 0, s->p7s, &tsr, &info, &there, err))
		return false;
	if (!there && s->may_ask && s->entity->tsa_url &&
	    !get_stamp(s, 0, s->p7s, &info, &there, err))
		return false;
	if (there)
		cla_time_format(info.time, at);
	return !s->other || copy_all(s, err);
}

/* ---- renewing ---- */

bool cla_stamping_renew(const struct cla_stamping *s, struct cla_time until, enum cla_renewal *ret,
			struct cla_err *err)
{
	cla_auto_buf struct cla_buf last = CLA_BUF_INIT(TOKEN_MAX), next = CLA_BUF_INIT(TOKEN_MAX);
	struct cla_stamp_info info, new_info;
	struct cla_time ends = { 0, 0 };
	unsigned n = 0;
	bool there, got;

	/* Along the chain: what the stamp at hand is over is what was read before it. */
	cla_buf_add(&last, s->p7s);
	for (; n <= RENEWALS_MAX; n++) {
		cla_buf_reset(&next);
		if (!cla_buf_ok(&last, err) ||
		    !read_stamp(s, s->own, n, cla_buf_str(&last), &next, &info, &there, err))
			return false;
		if (!there)
			break;
		ends = info.until;
		cla_buf_reset(&last);
		cla_buf_add(&last, cla_buf_str(&next));
	}
	*ret = CLA_RENEWAL_NONE;
	if (n && cla_time_cmp(ends, until) >= 0)
		return true;
	*ret = CLA_RENEWAL_WITHOUT;
	if (!s->entity->tsa_url)
		return true;
	if (n > RENEWALS_MAX)
		return cla_err_set(err, CLA_ERR_LIMIT, "more than %d renewals", RENEWALS_MAX);
	if (!get_stamp(s, n, cla_buf_str(&last), &new_info, &got, err))
		return false;
	*ret = !got					    ? CLA_RENEWAL_FAILED
	       : n && cla_time_cmp(new_info.time, ends) > 0 ? CLA_RENEWAL_LATE
							    : CLA_RENEWAL_MADE;
	return true;
}
