/* clara/check.c - the doctor's questions: can this entity's credentials work, and do they? */
#include "clara/collect.h"

#include "clara/credentials.h"
#include "clara/session.h"
#include "crypto/cert.h"
#include "json/json.h"
#include "model/plan.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define DAY_S 86400
#define SOON_DAYS 30
#define SKEW_S 30

struct check {
	const struct cla_ctx *ctx;
	const struct cla_entity *entity;
	cla_health_fn *line;
	void *line_ctx;
};

static void say(const struct check *c, enum cla_health health, const char *what, const char *fix)
{
	c->line(c->line_ctx, health, what, fix);
}

static int64_t now_s(const struct check *c)
{
	return c->ctx->clock.now(c->ctx->clock.ctx).sec;
}

/* ---- without a network ------------------------------------------------------- */

static void check_certificate(const struct check *c, struct cla_str pem)
{
	cla_auto_cert struct cla_cert *cert = NULL;
	char text[200], day[CLA_TIME_TEXT];
	struct cla_err err = CLA_ERR_INIT;

	if (!cla_cert_decode_pem(pem, &cert, &err)) {
		say(c, CLA_HEALTH_FAIL, "the client certificate cannot be read",
		    "download the credentials again from Clara's portal");
		return;
	}
	int64_t end = cla_cert_not_after(cert).sec, start = cla_cert_not_before(cert).sec,
		now = now_s(c);
	cla_time_format(cla_cert_not_after(cert), day);
	if (now > end) {
		(void)snprintf(text, sizeof(text), "the client certificate ended on %.10s", day);
		say(c, CLA_HEALTH_FAIL, text, "make new credentials in Clara's portal");
	} else if (now < start) {
		say(c, CLA_HEALTH_FAIL, "the client certificate is not valid yet",
		    "check this machine's clock");
	} else if (end - now < SOON_DAYS * DAY_S) {
		(void)snprintf(text, sizeof(text),
			       "the client certificate ends on %.10s, in %" PRId64 " days", day,
			       (end - now) / DAY_S);
		say(c, CLA_HEALTH_WARN, text, "make new credentials in Clara's portal in time");
	} else {
		(void)snprintf(text, sizeof(text), "client certificate valid until %.10s", day);
		say(c, CLA_HEALTH_OK, text, NULL);
	}
}

static bool check_files(const struct check *c, struct cla_credentials *credentials)
{
	struct cla_err err = CLA_ERR_INIT;

	if (!cla_credentials_load(c->entity, credentials, &err)) {
		say(c, CLA_HEALTH_FAIL, err.msg,
		    "put the files in place as the configuration names them");
		return false;
	}
	say(c, CLA_HEALTH_OK, "credentials file readable, by its owner alone", NULL);
	if (!cla_credentials_check(credentials, &err)) {
		say(c, CLA_HEALTH_FAIL, err.msg,
		    "use certificate, key and ca_file as they were downloaded together");
		return false;
	}
	if (credentials->cert_pem.len)
		check_certificate(c, cla_buf_str(&credentials->cert_pem));
	else
		say(c, CLA_HEALTH_WARN, "no client certificate is configured",
		    "set client_cert and client_key: Clara wants one on nearly every request");
	return true;
}

/* ---- with it ----------------------------------------------------------------- */

/* One row of the listing, asked for once. */
struct probe {
	struct cla_call call;
	const struct check *check;
	char reason[32];
	char detail[256];
	int64_t skew_s;
	bool has_skew;
};

static const char *probe_attempt(struct cla_call *call, const struct cla_net_answer *a,
				 const char *reason)
{
	struct probe *p = (struct probe *)call;
	cla_auto_json struct cla_json_doc *doc = NULL;
	struct cla_time date;

	(void)snprintf(p->detail, sizeof(p->detail), "%s", a->detail);
	if (!cla_str_absent(a->date) && cla_time_parse_http(a->date, &date)) {
		p->skew_s = a->time.sec - date.sec;
		p->has_skew = true;
	}
	if (!reason && !cla_json_parse(cla_buf_str(&call->body), &doc, NULL))
		reason = "not-json";
	return reason;
}

static void probe_done(struct cla_call *call, const char *reason)
{
	struct probe *p = (struct probe *)call;

	(void)snprintf(p->reason, sizeof(p->reason), "%s", reason ? reason : "");
}

static const struct cla_call_ops probe_ops = { .attempt = probe_attempt, .done = probe_done };

static const char *fix_of(enum cla_err_code code)
{
	if (code == CLA_ERR_AUTH)
		return "check that certificate, key and client secret are of the same, current set";
	if (code == CLA_ERR_REMOTE)
		return "check base_url, the network and the proxy settings";
	return "see the message";
}

static void judge_probe(const struct check *c, const struct probe *p)
{
	char text[400];

	if (!strcmp(p->reason, "http-403")) {
		say(c, CLA_HEALTH_FAIL, "the list of transactions is forbidden (HTTP 403)",
		    "give the credentials the permission to read transactions; check tax_id");
	} else if (p->reason[0]) {
		(void)snprintf(text, sizeof(text), "the list of transactions cannot be had: %s%s%s",
			       p->reason, p->detail[0] ? ": " : "", p->detail);
		say(c, CLA_HEALTH_FAIL, text, fix_of(CLA_ERR_REMOTE));
	} else {
		say(c, CLA_HEALTH_OK, "token given, transactions can be read", NULL);
	}
	if (!p->has_skew)
		return;
	int64_t skew = p->skew_s < 0 ? -p->skew_s : p->skew_s;
	(void)snprintf(text, sizeof(text),
		       "this machine's clock and the server's differ by %" PRId64 " s", skew);
	say(c, skew > SKEW_S ? CLA_HEALTH_WARN : CLA_HEALTH_OK, text,
	    skew > SKEW_S ? "set the clock: download links are only good for a time" : NULL);
}

static bool check_online(const struct check *c, struct cla_err *err)
{
	struct cla_session_opts opts = { 0 };
	struct cla_session *session = NULL;
	struct probe p = { .check = c };
	cla_auto_buf struct cla_buf target = CLA_BUF_INIT(4096);
	struct cla_err local = CLA_ERR_INIT;

	cla_buf_addf(&target, "%s/v3/transactions?page=0&size=1",
		     c->entity->sandbox ? "/api-test" : "/api");
	if (!cla_buf_ok(&target, err))
		return false;
	if (!cla_session_open(c->ctx, c->entity, &opts, &session, &local)) {
		say(c, CLA_HEALTH_FAIL, local.msg, fix_of(local.code));
		return true;
	}
	p.call.ops = &probe_ops;
	p.call.target = cla_buf_cstr(&target);
	cla_session_submit(session, &p.call);
	if (cla_session_run(session, &local))
		judge_probe(c, &p);
	else
		say(c, CLA_HEALTH_FAIL, local.msg, fix_of(local.code));
	cla_session_close(session);
	cla_buf_clear(&p.call.body);
	if (local.code == CLA_ERR_INTERRUPTED && err)
		*err = local;
	return local.code != CLA_ERR_INTERRUPTED;
}

static bool check_replay(const struct check *c)
{
	struct cla_session_opts opts = { 0 };
	struct cla_session *session = NULL;
	struct cla_err local = CLA_ERR_INIT;

	if (cla_session_open(c->ctx, c->entity, &opts, &session, &local))
		say(c, CLA_HEALTH_OK, "recorded answers can be read", NULL);
	else
		say(c, CLA_HEALTH_FAIL, local.msg, "base_url = replay:DIR needs DIR/answers.jsonl");
	cla_session_close(session);
	return true;
}

bool cla_collect_check(const struct cla_ctx *ctx, const struct cla_entity *entity, bool online,
		       cla_health_fn *line, void *line_ctx, struct cla_err *err)
{
	const struct check c = { ctx, entity, line, line_ctx };
	cla_auto_credentials struct cla_credentials credentials;

	cla_credentials_init(&credentials);
	if (entity->replay_dir)
		return check_replay(&c);
	if (!check_files(&c, &credentials)) {
		say(&c, CLA_HEALTH_SKIPPED, "connection not tried", NULL);
		return true;
	}
	if (!online) {
		say(&c, CLA_HEALTH_SKIPPED, "connection not tried (offline)", NULL);
		return true;
	}
	return check_online(&c, err);
}
