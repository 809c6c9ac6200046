/* cli/checking.c - a bundle checked and told. */
#include "cli/checking.h"

#include "cli/progress.h"
#include "fiscal/judge.h"
#include "json/out.h"
#include "verify/extract.h"

#include <string.h>

#define LINES_MAX 200 /* problems shown to people; --json has them all */

/* The replay's side of verify's callbacks: only here do the two stages meet. */
struct replay {
	struct cla_cli *cli;
	struct cla_judge *judge;
};

static bool replay_rules(void *ctx, struct cla_str rules_json, struct cla_err *err)
{
	cla_auto_buf struct cla_buf ours = CLA_BUF_INIT(64 * 1024 * 1024);
	struct replay *r = ctx;

	if (!cla_rules_json(&ours, err))
		return false;
	if (!cla_str_eq(cla_buf_str(&ours), rules_json))
		cla_cli_say(r->cli, "%s",
			    cla_tr(r->cli, "note: this bundle was judged by another rule pack; "
					   "verdicts that differ "
					   "may come from the rules, not from the documents"));
	return true;
}

static bool replay_cert(void *ctx, struct cla_str der, struct cla_err *err)
{
	struct replay *r = ctx;
	bool used;

	return cla_judge_add_cert(r->judge, der, &used, err);
}

static bool replay_judge(void *ctx, struct cla_str bytes, struct cla_time cutoff,
			 struct cla_buf *verdicts, struct cla_err *err)
{
	cla_auto_judgement struct cla_judgement j;
	struct replay *r = ctx;

	cla_judgement_init(&j);
	cla_judge_set_now(r->judge, cutoff);
	return cla_judge_bytes(r->judge, bytes, &j, err) && cla_judgement_encode(&j, verdicts, err);
}

bool cla_checking_run(struct cla_cli *cli, const char *path, const struct cla_checking *how,
		      struct cla_verify_report *report, struct cla_err *err)
{
	cla_auto_judge struct cla_judge *judge = NULL;
	struct cla_judge_opts judge_opts = { .now = cla_cli_now(cli) };
	struct replay replay = { .cli = cli };
	struct cla_verify_opts opts = { .trust_path = how->trust, .now = cla_cli_now(cli) };

	if (cla_extract_is(path))
		return cla_extract_check(&cli->ctx, path, &opts, report, err);
	if (how->replay) {
		if (!cla_judge_new(&judge_opts, &judge, err))
			return false;
		replay.judge = judge;
		opts.judge = replay_judge;
		opts.add_cert = replay_cert;
		opts.rules = replay_rules;
		opts.judge_ctx = &replay;
	}
	bool ok = cla_verify_bundle(&cli->ctx, path, &opts, report, err);
	cla_bar_clear(cli);
	return ok;
}

int cla_checking_exit(enum cla_verify_result result)
{
	switch (result) {
	case CLA_VERIFY_PASS:
		return CLA_EXIT_OK;
	case CLA_VERIFY_UNKNOWN:
		return CLA_EXIT_FINDINGS;
	case CLA_VERIFY_NOT_BUNDLE:
		return CLA_EXIT_USAGE;
	case CLA_VERIFY_FAIL:
	default:
		return CLA_EXIT_INTEGRITY;
	}
}

const char *cla_checking_name(enum cla_verify_result result)
{
	static const char *const names[] = {
		[CLA_VERIFY_PASS] = "pass",
		[CLA_VERIFY_UNKNOWN] = "unknown",
		[CLA_VERIFY_FAIL] = "fail",
		[CLA_VERIFY_NOT_BUNDLE] = "not-bundle",
	};

	return names[result];
}

static void put_problems(struct cla_json_out *o, const struct cla_verify_report *report)
{
	cla_json_out_key(o, "problems");
	cla_json_out_array(o);
	for (const struct cla_verify_problem *p = report->problems; p; p = p->next) {
		cla_json_out_object(o);
		cla_json_out_kcstr(o, "member", p->member);
		cla_json_out_kcstr(o, "field", p->field);
		cla_json_out_kcstr(o, "found", p->found);
		cla_json_out_kcstr(o, "due", p->due);
		cla_json_out_close(o);
	}
	cla_json_out_close(o);
	cla_json_out_key(o, "notes");
	cla_json_out_array(o);
	for (const struct cla_verify_note *n = report->notes; n; n = n->next)
		cla_json_out_cstr(o, n->text);
	cla_json_out_close(o);
}

/* "" is what the report has for something that it could not read. */
static const char *or_null(const char *text)
{
	return *text ? text : NULL;
}

static bool print_json(const char *path, const struct cla_verify_report *r, struct cla_err *err)
{
	cla_auto_buf struct cla_buf line = CLA_BUF_INIT(64 * 1024 * 1024);
	bool bundle = r->result != CLA_VERIFY_NOT_BUNDLE;
	struct cla_json_out o;

	cla_json_out_begin_unordered(&o, &line);
	cla_json_out_object(&o);
	cla_json_out_kcstr(&o, "bundle", path);
	cla_json_out_kcstr(&o, "result", cla_checking_name(r->result));
	cla_json_out_khex(&o, "sha256", r->sha256.bytes, sizeof(r->sha256.bytes));
	cla_json_out_kcstr(&o, "entity", or_null(r->entity));
	cla_json_out_kcstr(&o, "month", or_null(r->month));
	cla_json_out_key(&o, "revision");
	if (*r->month)
		cla_json_out_int(&o, (int64_t)r->revision);
	else
		cla_json_out_null(&o);
	cla_json_out_kbool(&o, "complete", bundle && r->complete);
	cla_json_out_kint(&o, "expenses", (int64_t)r->expenses);
	cla_json_out_kint(&o, "documents", (int64_t)r->documents);
	cla_json_out_kint(&o, "members", (int64_t)r->members);
	cla_json_out_kcstr(&o, "signer", or_null(r->signer));
	cla_json_out_kbool(&o, "anchored", r->signer_anchored);
	cla_json_out_kcstr(&o, "stamped_at", or_null(r->stamped_at));
	cla_json_out_kbool(&o, "stamp_anchored", r->stamp_anchored);
	put_problems(&o, r);
	cla_json_out_close(&o);
	if (!cla_json_out_end(&o, err))
		return false;
	cla_cli_line(cla_buf_str(&line));
	return true;
}

static void print_problems(const struct cla_cli *cli, const struct cla_verify_report *r)
{
	char member[CLA_SHOWN], found[CLA_SHOWN], due[CLA_SHOWN];
	uint64_t shown = 0;

	for (const struct cla_verify_problem *p = r->problems; p && shown < LINES_MAX;
	     p = p->next, shown++) {
		cla_cli_print("    %s: %s: ",
			      *p->member ? cla_shown(cla_str_from(p->member), 0, member)
					 : cla_tr(cli, "archive"),
			      p->field);
		cla_cli_print(cla_tr(cli, "found %s, due %s\n"),
			      cla_shown(cla_str_from(p->found), 0, found),
			      cla_shown(cla_str_from(p->due), 0, due));
	}
	if (r->problem_count > shown)
		cla_cli_print(cla_tr(cli, "    and %llu more\n"),
			      (unsigned long long)(r->problem_count - shown));
}

static void print_signer(const struct cla_cli *cli, const struct cla_verify_report *r)
{
	if (!*r->signer)
		return;
	cla_cli_print("    %s %s (%s)\n", cla_tr(cli, "signer"), r->signer,
		      r->signer_anchored ? cla_tr(cli, "chains to the given anchors")
					 : cla_tr(cli, "not established"));
}

static void print_notes(const struct cla_cli *cli, const struct cla_verify_report *r)
{
	char shown[CLA_SHOWN];

	for (const struct cla_verify_note *n = r->notes; n; n = n->next)
		cla_cli_print("    %s: %s\n", cla_tr(cli, "note"),
			      cla_shown(cla_str_from(n->text), 0, shown));
}

static void print_result(const struct cla_cli *cli, enum cla_verify_result result)
{
	static const enum cla_verdict verdicts[] = {
		[CLA_VERIFY_PASS] = CLA_VERDICT_PASS,
		[CLA_VERIFY_UNKNOWN] = CLA_VERDICT_UNKNOWN,
		[CLA_VERIFY_FAIL] = CLA_VERDICT_FAIL,
		[CLA_VERIFY_NOT_BUNDLE] = CLA_VERDICT_FAIL,
	};
	char word[CLA_SHOWN];
	const char *what = cla_verdict_word(cli, verdicts[result]);

	if (result == CLA_VERIFY_NOT_BUNDLE)
		what = cla_tr(cli, "no bundle");
	cla_cli_paint(cli, verdicts[result], cla_column(cla_str_from(what), 15, word));
}

static void print_text(const struct cla_cli *cli, const char *path,
		       const struct cla_verify_report *r)
{
	char shown[CLA_SHOWN], hex[CLA_DIGEST_HEX];

	print_result(cli, r->result);
	cla_cli_print("%s\n", cla_shown(cla_str_from(path), 0, shown));
	if (*r->month && r->extract) {
		cla_cli_print("    %s ", cla_shown(cla_str_from(r->entity), 64, shown));
		cla_cli_print(cla_tr(cli, "%s revision %llu, cut-off %s: one expense, %llu "
					  "documents\n"),
			      r->month, (unsigned long long)r->revision, r->cutoff,
			      (unsigned long long)r->documents);
	} else if (*r->month) {
		cla_cli_print("    %s ", cla_shown(cla_str_from(r->entity), 64, shown));
		cla_cli_print(cla_tr(cli, "%s revision %llu, cut-off %s: %llu expenses, %llu "
					  "documents, %llu members, %s\n"),
			      r->month, (unsigned long long)r->revision, r->cutoff,
			      (unsigned long long)r->expenses, (unsigned long long)r->documents,
			      (unsigned long long)r->members,
			      r->complete ? cla_tr(cli, "complete") : cla_tr(cli, "incomplete"));
	}
	if (r->result != CLA_VERIFY_NOT_BUNDLE)
		cla_cli_print("    SHA-256 %s\n", cla_digest_hex(&r->sha256, hex));
	print_signer(cli, r);
	print_problems(cli, r);
	print_notes(cli, r);
}

static bool print_chain_json(const struct cla_verify_chain_report *c, struct cla_err *err)
{
	cla_auto_buf struct cla_buf line = CLA_BUF_INIT(64 * 1024 * 1024);
	struct cla_json_out o;

	cla_json_out_begin_unordered(&o, &line);
	cla_json_out_object(&o);
	cla_json_out_kcstr(&o, "chain", c->report.entity);
	cla_json_out_kcstr(&o, "country", c->country);
	cla_json_out_kcstr(&o, "result", cla_checking_name(c->report.result));
	cla_json_out_kint(&o, "statements", (int64_t)c->statements);
	cla_json_out_kint(&o, "first", (int64_t)c->first);
	cla_json_out_kint(&o, "last", (int64_t)c->last);
	put_problems(&o, &c->report);
	cla_json_out_close(&o);
	if (!cla_json_out_end(&o, err))
		return false;
	cla_cli_line(cla_buf_str(&line));
	return true;
}

bool cla_checking_print_chain(struct cla_cli *cli, const struct cla_verify_chain_report *c,
			      struct cla_err *err)
{
	char shown[CLA_SHOWN];

	if (cli->json)
		return print_chain_json(c, err);
	print_result(cli, c->report.result);
	cla_cli_print(cla_tr(cli, "chain of %s (%s): %llu statements, %llu to %llu\n"),
		      cla_shown(cla_str_from(c->report.entity), 64, shown), c->country,
		      (unsigned long long)c->statements, (unsigned long long)c->first,
		      (unsigned long long)c->last);
	print_problems(cli, &c->report);
	print_notes(cli, &c->report);
	return true;
}

bool cla_checking_print(struct cla_cli *cli, const char *path,
			const struct cla_verify_report *report, struct cla_err *err)
{
	if (cli->json)
		return print_json(path, report, err);
	print_text(cli, path, report);
	return true;
}
