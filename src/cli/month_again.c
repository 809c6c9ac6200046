/* cli/month_again.c - the revision that stands is handed out again: what is there is checked against
 * what was issued, what is gone is written anew from what is stored. */
#include "cli/month.h"

#include "base/file.h"
#include "crypto/cert.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Reads all of `path`; `to` (-1: nowhere) gets its bytes. */
static bool hash_file(const char *path, int to, struct cla_digest *ret, struct cla_err *err)
{
	cla_auto_fd int in = open(path, O_RDONLY | O_CLOEXEC);

	if (in < 0)
		return cla_err_sys(err, CLA_ERR_IO, errno, "opening '%s'", path);
	return cla_digest_fd(in, to, ret, NULL, err) || cla_err_wrap(err, "'%s'", path);
}

static bool as_issued(const char *path, const struct cla_digest *found,
		      const struct cla_digest *due, struct cla_err *err)
{
	char hex[2][CLA_DIGEST_HEX];

	if (cla_digest_eq(found, due))
		return true;
	return cla_err_set(err, CLA_ERR_INTEGRITY,
			   "'%s' is not what was issued: its sha256 is %s and not %s; move it "
			   "away, and the next run writes it anew",
			   path, cla_digest_hex(found, hex[0]), cla_digest_hex(due, hex[1]));
}

static bool check_file(const char *path, const struct cla_digest *due, struct cla_err *err)
{
	struct cla_digest found;

	return hash_file(path, -1, &found, err) && as_issued(path, &found, due, err);
}

static bool copy_file(const char *from, const char *to, const struct cla_digest *due,
		      struct cla_err *err)
{
	cla_auto_buf struct cla_buf partial = CLA_BUF_INIT(8192);
	struct cla_digest found;

	cla_buf_addf(&partial, "%s.partial", to);
	if (!cla_buf_ok(&partial, err))
		return false;
	cla_auto_fd int out = open(cla_buf_cstr(&partial),
				   O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (out < 0)
		return cla_err_sys(err, CLA_ERR_IO, errno, "creating '%s'", cla_buf_cstr(&partial));
	bool ok = hash_file(from, out, &found, err) && as_issued(from, &found, due, err) &&
		  cla_fd_sync(out, cla_buf_cstr(&partial), err);
	if (ok && rename(cla_buf_cstr(&partial), to))
		ok = cla_err_sys(err, CLA_ERR_IO, errno, "naming '%s'", to);
	if (!ok)
		(void)unlink(cla_buf_cstr(&partial));
	return ok;
}

static void tell_written(struct cla_month_run *run, const char *path)
{
	struct cla_cli *cli = run->p->cli;
	char shown[CLA_SHOWN];

	cla_cli_say(cli, cla_tr(cli, "written anew, as it was issued: %s"),
		    cla_shown(cla_str_from(path), 0, shown));
}

/* The bytes follow from the evidence, the rules, the cut-off and the salt key; where one of them
 * is not what it was, the archive is lost. */
static bool write_archive(struct cla_month_run *run, const struct cla_issued *present,
			  const char *dir, struct cla_err *err)
{
	struct cla_bundle_made made = { .path = NULL };
	char time[CLA_TIME_TEXT], hex[CLA_DIGEST_HEX];
	cla_auto_buf struct cla_buf why = CLA_BUF_INIT(256);

	if (!cla_digest_eq(&present->rules, &run->p->rules)) {
		cla_buf_addc(&why, "it was judged by another rule pack");
	} else if (cla_time_cmp(present->cutoff, cla_gather_cutoff(run->gather)) != 0) {
		cla_buf_addf(&why, "its cut-off was another one: try --cutoff %s",
			     cla_time_format(present->cutoff, time));
	} else {
		if (!cla_month_archive(run, dir, present->revision, &made, err))
			return false;
		cla_auto_free char *path = made.path;
		if (cla_digest_eq(&made.sha256, &present->tar_sha256)) {
			tell_written(run, path);
			return true;
		}
		(void)unlink(path);
		cla_buf_addc(&why, "certificates, salt key or other months are not what they were");
	}
	return cla_err_set(err, CLA_ERR_IO,
			   "revision %llu of %s was issued as '" CLA_STR_FMT "' (sha256 %s), which "
			   "is gone and cannot be written anew (%s): put it back, or use "
			   "--rejudge to issue the next revision",
			   (unsigned long long)present->revision, run->out->month,
			   CLA_STR_ARG(present->file), cla_digest_hex(&present->tar_sha256, hex),
			   cla_buf_cstr(&why));
}

static bool give_archive(struct cla_month_run *run, const struct cla_issued *present,
			 const char *dir, struct cla_err *err)
{
	cla_auto_free char *issued = cla_str_dup(present->file);
	const char *to = run->out->bundle.ptr;

	if (!issued)
		return cla_err_oom(err);
	if (cla_path_exists(to))
		return check_file(to, &present->tar_sha256, err);
	if (cla_path_exists(issued))
		return copy_file(issued, to, &present->tar_sha256, err);
	return write_archive(run, present, dir, err);
}

static bool give_sidecar(struct cla_month_run *run, const char *path,
			 const struct cla_digest *object, bool gone, struct cla_err *err)
{
	cla_auto_buf struct cla_buf bytes = CLA_BUF_INIT(256u << 20);

	if (cla_path_exists(path))
		return check_file(path, object, err);
	if (!cla_store_get(run->p->store, object, &bytes, err) ||
	    !cla_file_replace(path, cla_buf_str(&bytes), 0644, err))
		return cla_err_wrap(err, "writing '%s' anew", path);
	if (gone)
		tell_written(run, path);
	return true;
}

/* Into the folder asked for, and always into our own, where nothing may be missing. */
static bool give_sidecars(struct cla_month_run *run, const struct cla_issued *present,
			  const char *dir, const char *own, struct cla_err *err)
{
	const struct {
		const char *suffix;
		const struct cla_digest *object;
	} all[] = {
		{ "statement.json", &present->statement_sha256 },
		{ "statement.p7s", &present->signature_sha256 },
		{ "seal.pem", &present->seal_sha256 },
	};
	const char *const folders[] = { own, strcmp(dir, own) != 0 ? dir : NULL };

	for (size_t i = 0; i < CLA_LEN(folders) && folders[i]; i++) {
		for (size_t k = 0; k < CLA_LEN(all); k++) {
			cla_auto_buf struct cla_buf path = CLA_BUF_INIT(8192);

			cla_buf_addf(&path, "%s/" CLA_STR_FMT ".%s", folders[i],
				     CLA_STR_ARG(present->base), all[k].suffix);
			if (!cla_buf_ok(&path, err) ||
			    !give_sidecar(run, cla_buf_cstr(&path), all[k].object, !i, err))
				return false;
		}
	}
	return true;
}

/* Who sealed the revision that stands. */
static bool show_signer(struct cla_month_run *run, const struct cla_issued *present,
			struct cla_err *err)
{
	cla_auto_buf struct cla_buf pem = CLA_BUF_INIT(1 << 20);
	cla_auto_cert struct cla_cert *cert = NULL;
	char hex[CLA_DIGEST_HEX];

	if (!cla_store_get(run->p->store, &present->seal_sha256, &pem, err) ||
	    !cla_cert_decode_pem(cla_buf_str(&pem), &cert, err))
		return cla_err_wrap(err, "certificate of the seal");
	struct cla_digest signer = cla_cert_fingerprint(cert);
	return cla_month_keep(run, cla_str_from(cla_digest_hex(&signer, hex)), &run->out->signer,
			      err);
}

bool cla_month_again(struct cla_month_run *run, const struct cla_issued *present, const char *dir,
		     const char *own, struct cla_err *err)
{
	return cla_month_paths(run, dir, present->base, &present->tar_sha256, err) &&
	       give_archive(run, present, dir, err) && give_sidecars(run, present, dir, own, err) &&
	       show_signer(run, present, err);
}
