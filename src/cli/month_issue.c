/* cli/month_issue.c - a month becomes the next revision, unless the one that stands still holds. */
#include "cli/month.h"

#include "base/file.h"
#include "cli/keys.h"
#include "cli/stamping.h"
#include "crypto/cert.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool output_dirs(struct cla_month_run *run, struct cla_buf *own, const char **dir,
			struct cla_err *err)
{
	if (!cla_path_join(own, cla_store_dir(run->p->store), "bundles", err))
		return false;
	*dir = run->opts->output ? run->opts->output : cla_buf_cstr(own);
	return cla_dir_make(*dir, 0755, err);
}

/* Where a document is shown: other months ask for it. */
static bool remember_use(struct cla_month_run *run, const struct cla_gathered_file *file,
			 const struct cla_judgement *j, struct cla_err *err)
{
	struct cla_use use = {
		.entity = cla_str_from(run->entity->name),
		.month = cla_str_from(run->out->month),
		.kind = cla_str_from(cla_expense_kind_name(file->kind)),
		.uuid = file->expense,
		.object = file->object,
	};
	bool any = false;

	for (const struct cla_document *d = j ? j->documents : NULL; d; d = d->next) {
		if (cla_str_absent(d->id))
			continue;
		any = true;
		if (!cla_store_use_put(run->p->store, d->id, &use, err))
			return false;
	}
	return any || cla_store_use_put(run->p->store, CLA_STR(""), &use, err);
}

/* Hook of the bundle writer. */
static bool judge_and_remember(void *ctx, const struct cla_gathered_file *file,
			       const struct cla_judgement **ret, struct cla_err *err)
{
	return cla_month_judge(ctx, file, ret, err) && remember_use(ctx, file, *ret, err);
}

bool cla_month_paths(struct cla_month_run *run, const char *dir, struct cla_str base,
		     const struct cla_digest *sha256, struct cla_err *err)
{
	cla_auto_buf struct cla_buf path = CLA_BUF_INIT(8192);
	char hex[CLA_DIGEST_HEX];

	cla_buf_addf(&path, "%s/" CLA_STR_FMT ".%s.tar", dir, CLA_STR_ARG(base),
		     cla_digest_hex(sha256, hex));
	if (!cla_buf_ok(&path, err) ||
	    !cla_month_keep(run, cla_buf_str(&path), &run->out->bundle, err))
		return false;
	cla_buf_reset(&path);
	cla_buf_addf(&path, "%s/" CLA_STR_FMT ".statement.json", dir, CLA_STR_ARG(base));
	return cla_buf_ok(&path, err) &&
	       cla_month_keep(run, cla_buf_str(&path), &run->out->statement, err);
}

static bool absolute_path(struct cla_month_run *run, const char *path, struct cla_str *ret,
			  struct cla_err *err)
{
	cla_auto_free char *real = realpath(path, NULL);

	if (!real)
		return cla_err_sys(err, CLA_ERR_IO, errno, "looking for '%s'", path);
	return cla_month_keep(run, cla_str_from(real), ret, err);
}

bool cla_month_archive(struct cla_month_run *run, const char *dir, uint64_t revision,
		       struct cla_bundle_made *ret, struct cla_err *err)
{
	struct cla_pipeline *p = run->p;
	cla_auto_buf struct cla_buf salt = CLA_BUF_INIT(64);
	struct cla_bundle_hooks hooks = { run, judge_and_remember, cla_month_match_json };
	struct cla_bundle_opts opts = { .dir = dir, .revision = revision };

	if (!cla_key_salt(p->store, run->entity, p->cli->ctx.log, &salt, err))
		return false;
	opts.salt_key = cla_buf_str(&salt);
	opts.rules_json = cla_buf_str(&p->rules_json);
	return cla_bundle_write(run->gather, &opts, &hooks, ret, err);
}

/* What lies beside the archive becomes objects as well: it can be handed out again after its files
 * are lost. */
static bool keep_sidecars(struct cla_store *store, struct cla_str statement, struct cla_str cms,
			  struct cla_str seal_pem, struct cla_issued *issued, struct cla_err *err)
{
	return cla_store_put(store, statement, &issued->statement_sha256, err) &&
	       cla_store_put(store, cms, &issued->signature_sha256, err) &&
	       cla_store_put(store, seal_pem, &issued->seal_sha256, err);
}

/* What is sealed with a certificate that has ended is refused by whoever judges its chain. */
static void warn_of_end(struct cla_month_run *run, struct cla_str pem, struct cla_time now)
{
	const struct cla_cli *cli = run->p->cli;
	cla_auto_cert struct cla_cert *cert = NULL;
	char text[CLA_TIME_TEXT];

	if (cla_cert_decode_pem(pem, &cert, NULL) &&
	    cla_time_cmp(cla_cert_not_after(cert), now) < 0)
		cla_log(cli->ctx.log, CLA_LOG_WARN,
			cla_tr(cli, "entity '%s' seals with a certificate that ended at %s: see "
				    "'clara-audit seal'"),
			run->entity->name, cla_time_format(cla_cert_not_after(cert), text));
}

/* Beyond the signature: nothing that fails here takes the bundle back. */
static bool keep_stamp(struct cla_month_run *run, struct cla_str base,
		       const struct cla_digest *signature, const char *dir, const char *own,
		       struct cla_err *err)
{
	cla_auto_buf struct cla_buf p7s = CLA_BUF_INIT(1 << 20);
	char at[CLA_TIME_TEXT];
	struct cla_stamping s = {
		.cli = run->p->cli,
		.store = run->p->store,
		.entity = run->entity,
		.base = base,
		.own = own,
		.other = strcmp(dir, own) != 0 ? dir : NULL,
		.may_ask = !run->opts->offline,
		.failed = &run->p->tsa_failed,
	};

	if (!cla_store_get(run->p->store, signature, &p7s, err))
		return false;
	s.p7s = cla_buf_str(&p7s);
	return cla_stamping_keep(&s, at, err) &&
	       cla_month_keep(run, cla_str_from(at), &run->out->stamped_at, err);
}

/* A new revision: archive, statement, signature, and the note in the journal that makes it issued.
 */
static bool issue(struct cla_month_run *run, const struct cla_digest *evidence,
		  const struct cla_issued *present, const struct cla_issued *last, const char *dir,
		  const char *own, struct cla_err *err)
{
	struct cla_pipeline *p = run->p;
	cla_auto_buf struct cla_buf statement = CLA_BUF_INIT(256u << 20),
				    seal_pem = CLA_BUF_INIT(1 << 20), cms = CLA_BUF_INIT(1 << 20);
	cla_auto_seal struct cla_seal *seal = NULL;
	uint64_t revision = present ? present->revision + 1 : 0;
	struct cla_bundle_made made = { .path = NULL };
	struct cla_time now = p->cli->ctx.clock.now(p->cli->ctx.clock.ctx);
	struct cla_digest signer;
	char hex[CLA_DIGEST_HEX];

	if (!cla_key_seal(p->store, run->entity, now, &seal, &seal_pem, err) ||
	    !cla_seal_fingerprint(seal, &signer, err) ||
	    !cla_month_archive(run, dir, revision, &made, err))
		return false;
	cla_auto_free char *path = made.path;
	warn_of_end(run, cla_buf_str(&seal_pem), now);
	struct cla_statement_opts about = {
		.seq = last ? last->seq + 1 : 0,
		.prev = last,
		.supersedes = present,
		.reason = !present					? NULL
			  : cla_digest_eq(&present->evidence, evidence) ? "rules"
									: "evidence",
		.version = CLA_VERSION,
	};
	const char *dirs[3] = { own, strcmp(dir, own) != 0 ? dir : NULL, NULL };
	struct cla_issued issued = {
		.entity = cla_str_from(run->entity->name),
		.month = cla_str_from(run->out->month),
		.base = cla_str_from(made.base),
		.revision = revision,
		.seq = about.seq,
		.tar_sha256 = made.sha256,
		.evidence = *evidence,
		.rules = made.rules,
		.index = made.index,
		.cutoff = made.cutoff,
		.time = now,
	};
	struct cla_event bundled = { .type = "bundled",
				     .entity = issued.entity,
				     .object = &made.sha256,
				     .subject = issued.base,
				     .time = now };
	/* The note that makes the revision issued comes last: wherever the work ends before it, the
	 * next run does all of this again. And the statement names no line of the custody log that is
	 * not durable. */
	if (!cla_store_flush(p->store, err) ||
	    !cla_store_custody_head(p->store, &about.custody_n, &about.custody, err) ||
	    !cla_bundle_statement(run->gather, &made, &about, &statement, err) ||
	    !cla_bundle_sign(&made, cla_buf_str(&statement), seal, cla_buf_str(&seal_pem), now,
			     dirs, &cms, err) ||
	    !keep_sidecars(p->store, cla_buf_str(&statement), cla_buf_str(&cms),
			   cla_buf_str(&seal_pem), &issued, err) ||
	    !absolute_path(run, path, &issued.file, err) ||
	    !cla_store_custody(p->store, &bundled, err) || !cla_store_flush(p->store, err) ||
	    !cla_store_issue(p->store, &issued, err) || !cla_store_flush(p->store, err))
		return false;
	run->out->is_new = true;
	run->out->revision = revision;
	run->out->sha256 = made.sha256;
	run->out->open = made.open;
	return cla_month_keep(run, cla_str_from(cla_digest_hex(&signer, hex)), &run->out->signer,
			      err) &&
	       cla_month_paths(run, dir, issued.base, &made.sha256, err) &&
	       keep_stamp(run, issued.base, &issued.signature_sha256, dir, own, err);
}

bool cla_month_bundle(struct cla_month_run *run, struct cla_err *err)
{
	struct cla_pipeline *p = run->p;
	struct cla_outcome *out = run->out;
	cla_auto_buf struct cla_buf own = CLA_BUF_INIT(8192);
	struct cla_issued present, last;
	struct cla_digest evidence;
	bool has_present, has_last;
	const char *dir;

	if (!output_dirs(run, &own, &dir, err) ||
	    !cla_gather_evidence(run->gather, &evidence, err) ||
	    !cla_store_issued(p->store, cla_str_from(run->entity->name), cla_str_from(out->month),
			      &out->arena, &present, &has_present, err) ||
	    !cla_store_last_issued(p->store, cla_str_from(run->entity->name), &out->arena, &last,
				   &has_last, err))
		return false;
	if (!has_present || run->opts->rejudge || !cla_digest_eq(&present.evidence, &evidence))
		return issue(run, &evidence, has_present ? &present : NULL, has_last ? &last : NULL,
			     dir, cla_buf_cstr(&own), err);
	out->revision = present.revision;
	out->sha256 = present.tar_sha256;
	out->rules_changed = !cla_digest_eq(&present.rules, &p->rules);
	out->open = present.cutoff.sec <
		    (cla_date_to_days(cla_month_last(run->opts->month)) + 1) * 86400;
	return cla_month_again(run, &present, dir, cla_buf_cstr(&own), err) &&
	       keep_stamp(run, present.base, &present.signature_sha256, dir, cla_buf_cstr(&own),
			  err);
}
