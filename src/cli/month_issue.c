/* cli/month_issue.c - a month becomes the next revision, or the one that stands is handed out. */
#include "cli/month.h"

#include "base/file.h"
#include "bundle/write.h"
#include "cli/keys.h"
#include "crypto/cert.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool output_dirs(struct cla_month_run *run, struct cla_buf *own, const char **dir,
			struct cla_err *err)
{
	if (!cla_path_join(own, cla_store_dir(run->p->store), "bundles", err))
		return false;
	*dir = run->opts->output ? run->opts->output : cla_buf_cstr(own);
	return cla_dir_make(*dir, 0755, err);
}

static bool remember_use(void *ctx, const struct cla_gathered_file *file, struct cla_err *err)
{
	struct cla_month_run *run = ctx;
	struct cla_use use = {
		.entity = cla_str_from(run->entity->name),
		.month = cla_str_from(run->out->month),
		.kind = cla_str_from(cla_expense_kind_name(file->kind)),
		.uuid = file->expense,
		.object = file->object,
	};
	const struct cla_judgement *j;

	if (!cla_month_judge(run, file, &j, err))
		return false;
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

static bool show_paths(struct cla_month_run *run, const char *dir, struct cla_str base,
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

static bool copy_file(const char *from, const char *to, const struct cla_digest *due,
		      struct cla_err *err)
{
	cla_auto_buf struct cla_buf partial = CLA_BUF_INIT(8192);
	cla_auto_hasher struct cla_hasher *hasher = NULL;
	cla_auto_fd int in = open(from, O_RDONLY | O_CLOEXEC);
	struct cla_digest found;
	char chunk[65536];
	size_t got;

	cla_buf_addf(&partial, "%s.partial", to);
	if (in < 0)
		return cla_err_sys(err, CLA_ERR_IO, errno, "opening '%s'", from);
	if (!cla_buf_ok(&partial, err) || !cla_hasher_new(CLA_HASH_SHA256, &hasher, err))
		return false;
	cla_auto_fd int out = open(cla_buf_cstr(&partial),
				   O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (out < 0)
		return cla_err_sys(err, CLA_ERR_IO, errno, "creating '%s'", cla_buf_cstr(&partial));
	bool ok = true;
	do {
		ok = cla_fd_read(in, chunk, sizeof(chunk), &got, err);
		if (ok) {
			cla_hasher_update(hasher, (struct cla_str){ chunk, got });
			ok = cla_fd_write(out, (struct cla_str){ chunk, got }, err);
		}
	} while (ok && got == sizeof(chunk));
	ok = ok && cla_hasher_finish(hasher, found.bytes, err) &&
	     cla_fd_sync(out, cla_buf_cstr(&partial), err);
	if (ok && due && !cla_digest_eq(&found, due))
		ok = cla_err_set(err, CLA_ERR_INTEGRITY, "'%s' is not the archive that was issued",
				 from);
	if (ok && rename(cla_buf_cstr(&partial), to))
		ok = cla_err_sys(err, CLA_ERR_IO, errno, "naming '%s'", to);
	if (!ok)
		(void)unlink(cla_buf_cstr(&partial));
	return ok;
}

/* The revision that stands is handed out again: from where it was issued, into the folder asked
 * for. */
static bool hand_out(struct cla_month_run *run, const struct cla_issued *present, const char *dir,
		     const char *own, struct cla_err *err)
{
	static const char *const sidecars[] = { "statement.json", "statement.p7s", "seal.pem" };
	cla_auto_buf struct cla_buf path = CLA_BUF_INIT(8192);
	char hex[CLA_DIGEST_HEX];

	if (!show_paths(run, dir, present->base, &present->tar_sha256, err))
		return false;
	cla_buf_addf(&path, CLA_STR_FMT, CLA_STR_ARG(present->file));
	const char *to = run->out->bundle.ptr;
	if (!cla_path_exists(to)) {
		if (!cla_path_exists(cla_buf_cstr(&path)))
			return cla_err_set(
				err, CLA_ERR_NOT_FOUND,
				"revision %llu of %s was issued as '%s' (sha256 %s), which is not "
				"there any"
				" more: put it back, or use --rejudge to issue the next revision",
				(unsigned long long)present->revision, run->out->month,
				cla_buf_cstr(&path), cla_digest_hex(&present->tar_sha256, hex));
		if (!copy_file(cla_buf_cstr(&path), to, &present->tar_sha256, err))
			return false;
	}
	for (size_t i = 0; i < CLA_LEN(sidecars) && strcmp(dir, own) != 0; i++) {
		cla_auto_buf struct cla_buf from = CLA_BUF_INIT(8192), beside = CLA_BUF_INIT(8192);
		cla_buf_addf(&from, "%s/" CLA_STR_FMT ".%s", own, CLA_STR_ARG(present->base),
			     sidecars[i]);
		cla_buf_addf(&beside, "%s/" CLA_STR_FMT ".%s", dir, CLA_STR_ARG(present->base),
			     sidecars[i]);
		if (!cla_path_exists(cla_buf_cstr(&beside)) &&
		    !copy_file(cla_buf_cstr(&from), cla_buf_cstr(&beside), NULL, err))
			return false;
	}
	return true;
}

/* The certificate beside the statement says who sealed the revision that stands; without it nobody
 * is named. */
static bool show_signer(struct cla_month_run *run, const char *own,
			const struct cla_issued *present, struct cla_err *err)
{
	cla_auto_buf struct cla_buf path = CLA_BUF_INIT(8192), pem = CLA_BUF_INIT(1 << 20);
	cla_auto_cert struct cla_cert *cert = NULL;
	char hex[CLA_DIGEST_HEX];

	cla_buf_addf(&path, "%s/" CLA_STR_FMT ".seal.pem", own, CLA_STR_ARG(present->base));
	if (!cla_buf_ok(&path, err))
		return false;
	if (!cla_file_read(cla_buf_cstr(&path), &pem, NULL) ||
	    !cla_cert_decode_pem(cla_buf_str(&pem), &cert, NULL))
		return true;
	struct cla_digest signer = cla_cert_fingerprint(cert);
	return cla_month_keep(run, cla_str_from(cla_digest_hex(&signer, hex)), &run->out->signer,
			      err);
}

static bool absolute_path(struct cla_month_run *run, const char *path, struct cla_str *ret,
			  struct cla_err *err)
{
	cla_auto_free char *real = realpath(path, NULL);

	if (!real)
		return cla_err_sys(err, CLA_ERR_IO, errno, "looking for '%s'", path);
	return cla_month_keep(run, cla_str_from(real), ret, err);
}

/* A new revision: archive, statement, signature, and the note in the journal that makes it issued.
 */
static bool issue(struct cla_month_run *run, const struct cla_digest *evidence,
		  const struct cla_issued *present, const struct cla_issued *last, const char *dir,
		  const char *own, struct cla_err *err)
{
	struct cla_pipeline *p = run->p;
	cla_auto_buf struct cla_buf salt = CLA_BUF_INIT(64), statement = CLA_BUF_INIT(256u << 20),
				    seal_pem = CLA_BUF_INIT(1 << 20);
	cla_auto_seal struct cla_seal *seal = NULL;
	struct cla_bundle_hooks hooks = { run, cla_month_judge, cla_month_match_json };
	struct cla_bundle_opts opts = { .dir = dir,
					.revision = present ? present->revision + 1 : 0 };
	struct cla_bundle_made made = { .path = NULL };
	struct cla_time now = p->cli->ctx.clock.now(p->cli->ctx.clock.ctx);
	struct cla_digest signer;
	char hex[CLA_DIGEST_HEX];

	if (!cla_key_salt(run->p->store, run->entity, run->p->cli->ctx.log, &salt, err) ||
	    !cla_key_seal(run->p->store, run->entity, now, &seal, &seal_pem, err) ||
	    !cla_seal_fingerprint(seal, &signer, err))
		return false;
	opts.salt_key = cla_buf_str(&salt);
	opts.rules_json = cla_buf_str(&p->rules_json);
	if (!cla_bundle_write(run->gather, &opts, &hooks, &made, err))
		return false;
	cla_auto_free char *path = made.path;
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
		.revision = opts.revision,
		.seq = about.seq,
		.tar_sha256 = made.sha256,
		.evidence = *evidence,
		.rules = made.rules,
		.index = made.index,
		.cutoff = made.cutoff,
		.time = now,
	};
	if (!cla_store_custody_head(p->store, &about.custody_n, &about.custody, err) ||
	    !cla_bundle_statement(run->gather, &made, &about, &statement, err) ||
	    !cla_digest_of(cla_buf_str(&statement), &issued.statement_sha256, err) ||
	    !cla_bundle_sign(&made, cla_buf_str(&statement), seal, cla_buf_str(&seal_pem), now,
			     dirs, err) ||
	    !absolute_path(run, path, &issued.file, err) ||
	    !cla_store_issue(p->store, &issued, err) ||
	    !cla_gather_files(run->gather, remember_use, run, err) ||
	    !cla_store_custody(p->store, "bundled", issued.entity, issued.base, now, err) ||
	    !cla_store_flush(p->store, err))
		return false;
	run->out->is_new = true;
	run->out->revision = opts.revision;
	run->out->sha256 = made.sha256;
	run->out->open = made.open;
	return cla_month_keep(run, cla_str_from(cla_digest_hex(&signer, hex)), &run->out->signer,
			      err) &&
	       show_paths(run, dir, issued.base, &made.sha256, err);
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
	return hand_out(run, &present, dir, cla_buf_cstr(&own), err) &&
	       show_signer(run, cla_buf_cstr(&own), &present, err);
}
