/* clara-audit seal: the pair that bundles are sealed with - its fingerprint for the engagement letter,
 * and a new pair in its place - and the time-stamps over what it sealed. */
#include "cli/cli.h"

#include "base/file.h"
#include "base/grow.h"
#include "cli/config.h"
#include "cli/keys.h"
#include "cli/stamping.h"
#include "crypto/cert.h"
#include "json/out.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WITHIN_DAYS 180
#define WITHIN_MOST 36500

enum { OPT_WITHIN = CLA_OPT };

static const struct cla_opt options[] = {
	{ "within",
	  "DAYS",
	  OPT_WITHIN,
	  { { "renew the stamps whose authority's certificate ends within so many days (180)",
	      "renovar los sellos de tiempo cuyo certificado vence en tantos días (180)",
	      "renovar os carimbos do tempo cujo certificado vence em tantos dias (180)" } } },
	{ NULL, NULL, 0, { { NULL } } },
};

struct sealed { /* a bundle that was issued */
	const struct cla_entity *entity;
	struct cla_str base;
	struct cla_digest signature;
};

struct seal_cmd {
	struct cla_cli *cli;
	struct cla_store *store;
	bool retired; /* what is shown now */
	uint64_t within;
	/* renew */
	struct cla_arena arena;
	const struct cla_entity *const *chosen;
	size_t chosen_count;
	struct sealed *list;
	size_t count, room;
	const char *tsa_failed;
	int status;
};

static bool take(void *ctx, int val, const char *arg)
{
	struct seal_cmd *s = ctx;
	char shown[CLA_SHOWN];

	(void)val;
	if (!cla_cli_u64(s->cli, "--within", arg, 0, &s->within))
		return false;
	if (s->within <= WITHIN_MOST)
		return true;
	cla_cli_usage(s->cli, cla_tr(s->cli, "%s takes a number, not '%s'"), "--within",
		      cla_shown(cla_str_from(arg), 40, shown));
	return false;
}

/* ---- show ---- */

static const char *state_of(const struct seal_cmd *s, const struct cla_cert *cert)
{
	struct cla_time now = cla_cli_now(s->cli);

	if (s->retired)
		return "retired";
	if (cla_time_cmp(cla_cert_not_after(cert), now) < 0)
		return "ended";
	return cla_time_cmp(cla_cert_not_before(cert), now) > 0 ? "not-yet" : "in-use";
}

static const char *state_in_words(const struct cla_cli *cli, const char *state)
{
	if (!strcmp(state, "retired"))
		return cla_tr(cli, "retired");
	if (!strcmp(state, "ended"))
		return cla_tr(cli, "ended");
	return !strcmp(state, "not-yet") ? cla_tr(cli, "not valid yet") : cla_tr(cli, "in use");
}

static bool put_json(const struct cla_cert *cert, const char *state, const char *entity,
		     struct cla_err *err)
{
	cla_auto_buf struct cla_buf line = CLA_BUF_INIT(64 * 1024);
	struct cla_digest id = cla_cert_fingerprint(cert);
	char from[CLA_TIME_TEXT], to[CLA_TIME_TEXT], key[CLA_CERT_KEY];
	struct cla_json_out o;

	cla_json_out_begin_unordered(&o, &line);
	cla_json_out_object(&o);
	cla_json_out_kcstr(&o, "entity", entity);
	cla_json_out_kcstr(&o, "state", state);
	cla_json_out_khex(&o, "sha256", id.bytes, sizeof(id.bytes));
	cla_json_out_kstr(&o, "subject", cla_cert_subject_line(cert));
	cla_json_out_kcstr(&o, "not_before", cla_time_format(cla_cert_not_before(cert), from));
	cla_json_out_kcstr(&o, "not_after", cla_time_format(cla_cert_not_after(cert), to));
	cla_json_out_kcstr(&o, "key", cla_cert_key(cert, key));
	cla_json_out_close(&o);
	if (!cla_json_out_end(&o, err))
		return false;
	cla_cli_line(cla_buf_str(&line));
	return true;
}

/* AB:CD:…, as openssl prints it and people read it out. */
static void put_fingerprint(const struct cla_cert *cert)
{
	struct cla_digest id = cla_cert_fingerprint(cert);

	for (size_t i = 0; i < sizeof(id.bytes); i++)
		cla_cli_print("%s%02X", i ? ":" : "", id.bytes[i]);
	cla_cli_print("\n");
}

static bool put_seal(const struct seal_cmd *s, struct cla_str pem, const char *entity,
		     struct cla_err *err)
{
	cla_auto_cert struct cla_cert *cert = NULL;
	char from[CLA_TIME_TEXT], to[CLA_TIME_TEXT], key[CLA_CERT_KEY], shown[CLA_SHOWN];

	if (!cla_cert_decode_pem(pem, &cert, err))
		return false;
	const char *state = state_of(s, cert);
	if (s->cli->json)
		return put_json(cert, state, entity, err);
	cla_cli_print("%s%s%s\n", state_in_words(s->cli, state), entity ? ": " : "",
		      entity ? cla_shown(cla_str_from(entity), 0, shown) : "");
	cla_cli_print("  SHA-256  ");
	put_fingerprint(cert);
	cla_cli_print("  %s\n", cla_shown(cla_cert_subject_line(cert), 0, shown));
	cla_cli_print("  %.10s - %.10s, %s\n", cla_time_format(cla_cert_not_before(cert), from),
		      cla_time_format(cla_cert_not_after(cert), to), cla_cert_key(cert, key));
	return true;
}

static bool show_one(const struct seal_cmd *s, const struct cla_entity *entity, struct cla_err *err)
{
	cla_auto_buf struct cla_buf pem = CLA_BUF_INIT(1 << 20);
	cla_auto_seal struct cla_seal *seal = NULL;

	if (!cla_key_seal(s->store, entity, cla_cli_now(s->cli), &seal, &pem, err))
		return !entity ? false : cla_err_wrap(err, "entity '%s'", entity->name);
	return put_seal(s, cla_buf_str(&pem), entity ? entity->name : NULL, err);
}

static bool on_old(void *ctx, const char *path, struct cla_str pem, struct cla_err *err)
{
	char shown[CLA_SHOWN];

	return put_seal(ctx, pem, NULL, err) ||
	       cla_err_wrap(err, "'%s'", cla_shown(cla_str_from(path), 0, shown));
}

/* The pair of the data directory, for all that have none of their own; then theirs; then the old
 * ones. */
static bool show_all(struct seal_cmd *s, struct cla_err *err)
{
	const struct cla_entity *const *chosen = NULL;
	size_t count = 0, own = 0;

	if (cla_cli_has_config(s->cli) && !cla_cli_chosen(s->cli, &chosen, &count, err))
		return false;
	for (size_t i = 0; i < count; i++)
		own += chosen[i]->seal_key != NULL;
	if ((!count || own < count) && !show_one(s, NULL, err))
		return false;
	for (size_t i = 0; i < count; i++)
		if (chosen[i]->seal_key && !show_one(s, chosen[i], err))
			return false;
	s->retired = true;
	return cla_key_each_old(s->store, on_old, s, err);
}

/* Only where there is no pair yet is the directory written to: the fingerprint belongs into a letter
 * that is signed before the first bundle. */
static bool show(struct seal_cmd *s, struct cla_err *err)
{
	cla_auto_buf struct cla_buf dir = CLA_BUF_INIT(8192);
	cla_auto_store struct cla_store *store = NULL;
	struct cla_err absent = CLA_ERR_INIT;

	if (!cla_cli_data_dir(s->cli, &dir, err))
		return false;
	bool ok = cla_store_open(&s->cli->ctx, cla_buf_cstr(&dir), CLA_STORE_READ, &store, &absent);
	s->store = store;
	if (ok)
		ok = show_all(s, &absent);
	if (ok || absent.code != CLA_ERR_NOT_FOUND) {
		if (!ok && err)
			*err = absent;
		return ok;
	}
	cla_store_closep(&store);
	if (!cla_store_open(&s->cli->ctx, cla_buf_cstr(&dir), CLA_STORE_WRITE, &store, err))
		return false;
	s->store = store;
	return show_all(s, err);
}

/* ---- rotate ---- */

static bool rotate(struct seal_cmd *s, struct cla_err *err)
{
	cla_auto_store struct cla_store *store = NULL;
	struct cla_digest old, next;
	char hex[CLA_DIGEST_HEX];

	if (!cla_cli_store(s->cli, CLA_STORE_WRITE, &store, err) ||
	    !cla_key_rotate(store, cla_cli_now(s->cli), &old, &next, err))
		return false;
	s->store = store;
	cla_cli_say(s->cli,
		    cla_tr(s->cli,
			   "a new pair seals from now on; the certificate of the one before "
			   "is kept as keys/seal.%s.pem, and what it sealed still verifies"),
		    cla_digest_hex(&old, hex));
	return show_one(s, NULL, err);
}

/* ---- renew ---- */

static bool on_issued(void *ctx, const struct cla_issued *b, struct cla_err *err)
{
	struct seal_cmd *s = ctx;
	bool mem = true;

	for (size_t i = 0; i < s->chosen_count; i++) {
		if (!cla_str_eqc(b->entity, s->chosen[i]->name))
			continue;
		if (!cla_grow(&s->list, &s->room, s->count, sizeof(*s->list), err))
			return false;
		s->list[s->count++] = (struct sealed){
			.entity = s->chosen[i],
			.base = cla_arena_str(&s->arena, b->base, &mem),
			.signature = b->signature_sha256,
		};
	}
	return mem || cla_err_oom(err);
}

static const char *renewal_in_words(const struct cla_cli *cli, enum cla_renewal r)
{
	switch (r) {
	case CLA_RENEWAL_NONE:
		return cla_tr(cli, "serves on");
	case CLA_RENEWAL_MADE:
		return cla_tr(cli, "stamped");
	case CLA_RENEWAL_LATE:
		return cla_tr(cli, "stamped, after the last one had ended");
	case CLA_RENEWAL_FAILED:
		return cla_tr(cli, "failed");
	case CLA_RENEWAL_WITHOUT:
	default:
		return cla_tr(cli, "no authority configured");
	}
}

static bool put_renewal(const struct seal_cmd *s, const struct sealed *b, enum cla_renewal r,
			struct cla_err *err)
{
	static const char *const names[] = {
		[CLA_RENEWAL_NONE] = "serves",		[CLA_RENEWAL_MADE] = "stamped",
		[CLA_RENEWAL_LATE] = "stamped-late",	[CLA_RENEWAL_FAILED] = "failed",
		[CLA_RENEWAL_WITHOUT] = "no-authority",
	};
	cla_auto_buf struct cla_buf line = CLA_BUF_INIT(4096);
	char shown[CLA_SHOWN];
	struct cla_json_out o;

	if (!s->cli->json) {
		cla_cli_print("%s  %s\n", cla_shown(b->base, 0, shown),
			      renewal_in_words(s->cli, r));
		return true;
	}
	cla_json_out_begin_unordered(&o, &line);
	cla_json_out_object(&o);
	cla_json_out_kcstr(&o, "entity", b->entity->name);
	cla_json_out_kstr(&o, "bundle", b->base);
	cla_json_out_kcstr(&o, "result", names[r]);
	cla_json_out_close(&o);
	if (!cla_json_out_end(&o, err))
		return false;
	cla_cli_line(cla_buf_str(&line));
	return true;
}

static bool renew_one(struct seal_cmd *s, const struct sealed *b, const char *own,
		      struct cla_err *err)
{
	cla_auto_buf struct cla_buf p7s = CLA_BUF_INIT(1 << 20);
	struct cla_time until = cla_cli_now(s->cli);
	struct cla_stamping stamping = { .cli = s->cli,
					 .store = s->store,
					 .entity = b->entity,
					 .base = b->base,
					 .own = own,
					 .may_ask = true,
					 .failed = &s->tsa_failed };
	enum cla_renewal result;

	until.sec += (int64_t)s->within * 86400;
	if (cla_ctx_cancelled(&s->cli->ctx))
		return cla_err_set(err, CLA_ERR_INTERRUPTED, "interrupted");
	if (!cla_store_get(s->store, &b->signature, &p7s, err))
		return false;
	stamping.p7s = cla_buf_str(&p7s);
	if (!cla_stamping_renew(&stamping, until, &result, err))
		return false;
	if (result == CLA_RENEWAL_FAILED)
		s->status = CLA_EXIT_INCOMPLETE;
	return put_renewal(s, b, result, err);
}

/* One that does not hold is told, and the others are renewed all the same. */
static bool renew(struct seal_cmd *s, struct cla_err *err)
{
	cla_auto_buf struct cla_buf own = CLA_BUF_INIT(8192);
	cla_auto_store struct cla_store *store = NULL;

	if (!cla_cli_chosen(s->cli, &s->chosen, &s->chosen_count, err) ||
	    !cla_cli_store(s->cli, CLA_STORE_WRITE, &store, err) ||
	    !cla_path_join(&own, cla_store_dir(store), "bundles", err) ||
	    !cla_store_each_issued(store, on_issued, s, err))
		return false;
	s->store = store;
	for (size_t i = 0; i < s->count; i++) {
		struct cla_err why = CLA_ERR_INIT;

		if (renew_one(s, &s->list[i], cla_buf_cstr(&own), &why))
			continue;
		if (why.code != CLA_ERR_INTEGRITY) {
			if (err)
				*err = why;
			return false;
		}
		s->status = cla_exit_worst(s->status, cla_cli_fail(s->cli, &why));
	}
	return true;
}

/* ---- the command ---- */

static int seal(struct cla_cli *cli, int argc, char **argv)
{
	struct seal_cmd s = { .cli = cli, .within = WITHIN_DAYS };
	struct cla_err err = CLA_ERR_INIT;
	int first, status;

	if (!cla_cli_parse(cli, &cla_cmd_seal, take, &s, argc, argv, &first, &status))
		return status;
	const char *what = first + 1 == argc ? argv[first] : "";
	bool ok;
	if (!strcmp(what, "show"))
		ok = show(&s, &err);
	else if (!strcmp(what, "rotate"))
		ok = rotate(&s, &err);
	else if (!strcmp(what, "renew"))
		ok = renew(&s, &err);
	else
		return cla_cli_usage(cli,
				     cla_tr(cli, "seal what? Give one of: show, rotate, renew"));
	cla_arena_clear(&s.arena);
	free(s.list);
	return ok ? s.status : cla_exit_worst(s.status, cla_cli_fail(cli, &err));
}

const struct cla_command cla_cmd_seal = {
	.name = "seal",
	.usage = "seal show | seal rotate | seal renew [--within DAYS]",
	.text = { { "the sealing key: its fingerprint, a new pair; time-stamps before they end",
		    "la clave de sellado: su huella, un par nuevo; sellos de tiempo por vencer",
		    "a chave de selagem: sua impressão digital, um par novo; carimbos por "
		    "vencer" } },
	.options = options,
	.net = true,
	.run = seal,
};
