/* cli/rebuild.c - doctor --rebuild: the catalogue made anew from journal, objects and bundles. */
#include "cli/rebuild.h"

#include "base/file.h"
#include "bundle/recover.h"
#include "cli/checking.h"
#include "cli/progress.h"
#include "json/out.h"
#include "store/store.h"

#include <stdio.h>
#include <string.h>

struct rebuild {
	struct cla_cli *cli;
	struct cla_store *store;
	uint64_t known, recovered, lost;
	int status;
};

struct sought {
	const struct cla_issued *b;
	bool found;
};

static bool on_issued(void *ctx, const struct cla_issued *b, struct cla_err *err)
{
	struct sought *s = ctx;

	(void)err;
	s->found =
		s->found || (b->revision == s->b->revision && cla_str_eq(b->entity, s->b->entity) &&
			     cla_str_eq(b->month, s->b->month));
	return true;
}

/* Recovered is only what holds by itself: archive, statement and signature. */
static bool holds(struct rebuild *r, const char *tar, struct cla_err *err)
{
	cla_auto_verify_report struct cla_verify_report report = { .arena = CLA_ARENA_INIT };
	const struct cla_checking how = { .trust = NULL };

	if (!cla_checking_run(r->cli, tar, &how, &report, err))
		return false;
	return report.result == CLA_VERIFY_PASS ||
	       cla_err_set(err, CLA_ERR_INTEGRITY, cla_tr(r->cli, "it does not verify (%s)"),
			   cla_checking_name(report.result));
}

static bool put_line(const struct cla_cli *cli, const struct cla_issued *b, struct cla_err *err)
{
	cla_auto_buf struct cla_buf line = CLA_BUF_INIT(64 * 1024);
	char entity[CLA_SHOWN], file[CLA_SHOWN];
	struct cla_json_out o;

	if (!cli->json) {
		cla_cli_print(cla_tr(cli, "recovered: %s %s revision %llu from '%s'\n"),
			      cla_shown(b->entity, 40, entity), b->month.ptr,
			      (unsigned long long)b->revision, cla_shown(b->file, 0, file));
		return true;
	}
	cla_json_out_begin_unordered(&o, &line);
	cla_json_out_object(&o);
	cla_json_out_kcstr(&o, "result", "recovered");
	cla_json_out_kstr(&o, "entity", b->entity);
	cla_json_out_kstr(&o, "month", b->month);
	cla_json_out_kint(&o, "revision", (int64_t)b->revision);
	cla_json_out_kstr(&o, "bundle", b->file);
	cla_json_out_close(&o);
	if (!cla_json_out_end(&o, err))
		return false;
	cla_cli_line(cla_buf_str(&line));
	return true;
}

static bool recover(struct rebuild *r, const char *statement_path, struct cla_str statement,
		    struct cla_err *err)
{
	cla_auto_arena struct cla_arena arena = CLA_ARENA_INIT;
	cla_auto_buf struct cla_buf tar = CLA_BUF_INIT(8192);
	struct cla_issued b;
	struct sought sought = { .b = &b };
	char hex[CLA_DIGEST_HEX];

	if (!cla_bundle_stated(statement, &arena, &b, err) ||
	    !cla_store_each_issued(r->store, on_issued, &sought, err))
		return false;
	if (sought.found) {
		r->known++;
		return true;
	}
	const char *name = strrchr(statement_path, '/') + 1;
	cla_buf_add(&tar, (struct cla_str){ statement_path, (size_t)(name - statement_path) });
	cla_buf_addf(&tar, CLA_STR_FMT ".%s.tar", CLA_STR_ARG(b.base),
		     cla_digest_hex(&b.tar_sha256, hex));
	if (!cla_buf_ok(&tar, err) || !holds(r, cla_buf_cstr(&tar), err) ||
	    !cla_bundle_recover(r->store, cla_buf_cstr(&tar), statement, &arena, &b, err) ||
	    !cla_store_issue(r->store, &b, err) || !cla_store_flush(r->store, err))
		return false;
	r->recovered++;
	return put_line(r->cli, &b, err);
}

/* One statement in bundles/. What cannot be recovered is named, and the next one is looked at. */
static bool on_file(void *ctx, const char *path, struct cla_err *err)
{
	cla_auto_buf struct cla_buf statement = CLA_BUF_INIT(256u << 20);
	struct cla_err own = CLA_ERR_INIT;
	struct rebuild *r = ctx;
	char shown[CLA_SHOWN];

	if (!cla_str_ends(cla_str_from(path), ".statement.json"))
		return true;
	if (cla_ctx_cancelled(&r->cli->ctx))
		return cla_err_set(err, CLA_ERR_INTERRUPTED, "interrupted");
	if (cla_file_read(path, &statement, &own) &&
	    recover(r, path, cla_buf_str(&statement), &own))
		return true;
	cla_err_wrap(&own, cla_tr(r->cli, "not recovered: the bundle of '%s'"),
		     cla_shown(cla_str_from(path), 0, shown));
	r->lost++;
	int status = cla_cli_fail(r->cli, &own);
	r->status = cla_exit_worst(r->status, status == CLA_EXIT_INTEGRITY ? CLA_EXIT_INTEGRITY
									   : CLA_EXIT_INCOMPLETE);
	return true;
}

static bool rebuild(struct rebuild *r, struct cla_err *err)
{
	typedef unsigned long long llu;
	cla_auto_buf struct cla_buf dir = CLA_BUF_INIT(8192);
	struct cla_checked c;
	struct cla_cli *cli = r->cli;

	if (!cla_path_join(&dir, cla_store_dir(r->store), "bundles", err) ||
	    !cla_path_walk(cla_buf_cstr(&dir), on_file, r, err) ||
	    !cla_store_check(r->store, NULL, NULL, &c, err))
		return false;
	cla_cli_say(cli,
		    cla_tr(cli,
			   "catalogue made again: %llu journal lines; bundles: %llu known, %llu "
			   "recovered, %llu not"),
		    (llu)c.journal_lines, (llu)r->known, (llu)r->recovered, (llu)r->lost);
	if (c.lost)
		cla_cli_say(cli,
			    cla_tr(cli, "note: %llu events name journal lines that a rebuild found "
					"lost"),
			    (llu)c.lost);
	return true;
}

int cla_rebuild(struct cla_cli *cli)
{
	cla_auto_store struct cla_store *store = NULL;
	struct rebuild r = { .cli = cli };
	struct cla_err err = CLA_ERR_INIT;

	if (!cla_cli_store(cli, CLA_STORE_REBUILD, &store, &err))
		return cla_cli_fail(cli, &err);
	r.store = store;
	bool ok = rebuild(&r, &err);
	cla_bar_clear(cli);
	return ok ? r.status : cla_exit_worst(r.status, cla_cli_fail(cli, &err));
}
