/* clara-audit rules: what documents are judged by. */
#include "cli/cli.h"

#include "fiscal/control.h"
#include "fiscal/judge.h"
#include "json/out.h"

#include <string.h>

static bool has_code(const struct cla_rule_info *rule, const char *code)
{
	const char *version, *old;

	for (size_t i = 0; cla_rule_before(rule->id, i, &version, &old); i++) {
		if (old && !strcmp(old, code))
			return true;
	}
	return rule->code && !strcmp(rule->code, code);
}

static bool put_json(const struct cla_cli *cli, const struct cla_rule_info *rule,
		     struct cla_err *err)
{
	cla_auto_buf struct cla_buf line = CLA_BUF_INIT(16384);
	const char *version, *code;
	struct cla_json_out o;

	cla_json_out_begin_unordered(&o, &line);
	cla_json_out_object(&o);
	cla_json_out_kcstr(&o, "rule", rule->id);
	cla_json_out_kcstr(&o, "code", rule->code);
	cla_json_out_kcstr(&o, "table", rule->table);
	cla_json_out_kcstr(&o, "check", cla_check_name(rule->check));
	cla_json_out_kcstr(&o, "severity", cla_verdict_name(rule->severity));
	cla_json_out_kcstr(&o, "message", cla_text_in(cli, rule->text));
	cla_json_out_key(&o, "older");
	cla_json_out_array(&o);
	for (size_t i = 0; cla_rule_before(rule->id, i, &version, &code); i++) {
		cla_json_out_object(&o);
		cla_json_out_kcstr(&o, "version", version);
		cla_json_out_kcstr(&o, "code", code);
		cla_json_out_close(&o);
	}
	cla_json_out_close(&o);
	cla_json_out_close(&o);
	if (!cla_json_out_end(&o, err))
		return false;
	cla_cli_line(cla_buf_str(&line));
	return true;
}

static void put_row(const struct cla_cli *cli, const struct cla_rule_info *rule)
{
	char id[CLA_SHOWN], code[CLA_SHOWN], check[CLA_SHOWN], severity[CLA_SHOWN];

	cla_cli_print("%s  %s  %s  %s  %s\n", cla_column(cla_str_from(rule->id), 32, id),
		      cla_column(cla_str_from(rule->code ? rule->code : "-"), 10, code),
		      cla_column(cla_str_from(cla_check_name(rule->check)), 11, check),
		      cla_column(cla_str_from(cla_verdict_name(rule->severity)), 4, severity),
		      cla_text_in(cli, rule->text));
}

/* A row, what earlier versions say, and the texts. */
static void put_whole(const struct cla_cli *cli, const struct cla_rule_info *rule)
{
	const char *version, *code;
	char shown[CLA_SHOWN];

	put_row(cli, rule);
	for (size_t i = 0; cla_rule_before(rule->id, i, &version, &code); i++)
		cla_cli_print("  %s  %s\n", cla_column(cla_str_from(version), 16, shown),
			      code ? code : "-");
	for (size_t i = 0; i < CLA_LEN(rule->text->in); i++)
		cla_cli_print("  %s\n", rule->text->in[i]);
}

/* Those with the id or code, or all of them; *count tells how many. */
static bool put_rules(const struct cla_cli *cli, const char *what, size_t *count,
		      struct cla_err *err)
{
	struct cla_rule_info rule;

	*count = 0;
	for (size_t i = 0; cla_rule_at(i, &rule); i++) {
		if (what && strcmp(rule.id, what) != 0 && !has_code(&rule, what))
			continue;
		++*count;
		if (!cli->json)
			(what ? put_whole : put_row)(cli, &rule);
		else if (!put_json(cli, &rule, err))
			return false;
	}
	return true;
}

static int fail_unknown(struct cla_cli *cli, const char *what)
{
	struct cla_err err = CLA_ERR_INIT;
	char shown[CLA_SHOWN];

	cla_err_set(&err, CLA_ERR_NOT_FOUND, cla_tr(cli, "no rule has the id or code '%s'"),
		    cla_shown(cla_str_from(what), 100, shown));
	return cla_cli_fail(cli, &err);
}

static int list_rules(struct cla_cli *cli, const char *what)
{
	struct cla_err err = CLA_ERR_INIT;
	size_t count;

	if (!put_rules(cli, what, &count, &err))
		return cla_cli_fail(cli, &err);
	return count ? CLA_EXIT_OK : fail_unknown(cli, what);
}

/*
 * Controls
 */

/* What is wrong with the controls of one rule, as text or as elements of a JSON array. */
struct faults {
	const struct cla_cli *cli;
	struct cla_buf text;
	struct cla_json_out *json;
};

static void put_fault(void *ctx, const struct cla_control_fault *f)
{
	struct faults *faults = ctx;

	if (faults->json) {
		cla_json_out_object(faults->json);
		cla_json_out_kcstr(faults->json, "file", f->file);
		cla_json_out_kint(faults->json, "line", (int64_t)f->line);
		cla_json_out_kcstr(faults->json, "expected", cla_verdict_name(f->due));
		cla_json_out_kcstr(faults->json, "found", cla_verdict_name(f->found));
		cla_json_out_kcstr(faults->json, "code", f->code);
		cla_json_out_close(faults->json);
	} else if (!f->file) {
		cla_buf_addf(&faults->text, "    %s\n",
			     f->due == CLA_VERDICT_PASS
				     ? cla_tr(faults->cli, "nothing that it must let be")
				     : cla_tr(faults->cli, "nothing that it must reject"));
	} else {
		cla_buf_addf(&faults->text,
			     cla_tr(faults->cli, "    %s:%zu: expected %s, found %s%s%s\n"),
			     f->file, f->line, cla_verdict_name(f->due), cla_verdict_name(f->found),
			     f->code ? " " : "", f->code ? f->code : "");
	}
}

static bool test_rule(struct cla_cli *cli, struct cla_controls *controls,
		      const struct cla_rule_info *rule, struct cla_control_result *result,
		      struct cla_err *err)
{
	cla_auto_buf struct cla_buf line = CLA_BUF_INIT(1 << 20);
	struct faults faults = { .cli = cli, .text = CLA_BUF_INIT(1 << 20) };
	char id[CLA_SHOWN], code[CLA_SHOWN];
	struct cla_json_out o;

	if (cli->json) {
		faults.json = &o;
		cla_json_out_begin_unordered(&o, &line);
		cla_json_out_object(&o);
		cla_json_out_kcstr(&o, "rule", rule->id);
		cla_json_out_kcstr(&o, "code", rule->code);
		cla_json_out_key(&o, "faults");
		cla_json_out_array(&o);
	}
	bool ok = cla_controls_run(controls, rule->id, put_fault, &faults, result, err);
	if (ok && cli->json) {
		cla_json_out_close(&o);
		cla_json_out_kint(&o, "rejected", (int64_t)result->rejected);
		cla_json_out_kint(&o, "accepted", (int64_t)result->accepted);
		cla_json_out_kbool(&o, "ok", !result->faults);
		cla_json_out_close(&o);
		ok = cla_json_out_end(&o, err);
		if (ok)
			cla_cli_line(cla_buf_str(&line));
	} else if (ok) {
		cla_cli_print(cla_tr(cli, "%s  %s  %s  %zu rejected, %zu let be\n"),
			      result->faults ? "FAIL" : "ok  ",
			      cla_column(cla_str_from(rule->id), 32, id),
			      cla_column(cla_str_from(rule->code ? rule->code : "-"), 10, code),
			      result->rejected, result->accepted);
		ok = cla_buf_ok(&faults.text, err);
		if (ok)
			cla_cli_print("%s", cla_buf_cstr(&faults.text));
	}
	cla_buf_clear(&faults.text);
	return ok;
}

/* The rules with that id or code, or all; *count how many, *wrong those whose controls do not hold. */
static bool test_rules(struct cla_cli *cli, struct cla_controls *controls, const char *what,
		       size_t *count, size_t *wrong, struct cla_err *err)
{
	struct cla_control_result result;
	struct cla_rule_info rule;
	size_t matched = 0;

	for (size_t i = 0; cla_rule_at(i, &rule); i++) {
		if (what && strcmp(rule.id, what) != 0 && !has_code(&rule, what))
			continue;
		matched++;
		if (!test_rule(cli, controls, &rule, &result, err))
			return false;
		*wrong += result.faults > 0;
	}
	*count += matched;
	return true;
}

static int run_test(struct cla_cli *cli, char *const *ids, int id_count)
{
	cla_auto_controls struct cla_controls *controls = NULL;
	struct cla_err err = CLA_ERR_INIT;
	size_t count = 0, wrong = 0;

	if (!cla_controls_new(NULL, 0, &controls, &err))
		return cla_cli_fail(cli, &err);
	for (int i = 0; i < id_count || (!i && !id_count); i++) {
		size_t before = count;
		if (!test_rules(cli, controls, id_count ? ids[i] : NULL, &count, &wrong, &err))
			return cla_cli_fail(cli, &err);
		if (count == before)
			return fail_unknown(cli, ids[i]);
	}
	if (!cli->json)
		cla_cli_print(cla_tr(cli, "%zu rules, %zu with controls that do not hold\n"), count,
			      wrong);
	return wrong ? CLA_EXIT_FINDINGS : CLA_EXIT_OK;
}

static int run_rules(struct cla_cli *cli, int argc, char **argv)
{
	int first, status;

	if (!cla_cli_parse(cli, &cla_cmd_rules, NULL, NULL, argc, argv, &first, &status))
		return status;
	const char *verb = first < argc ? argv[first] : "";
	int words = argc - first;
	if (!strcmp(verb, "list") && words == 1)
		return list_rules(cli, NULL);
	if (!strcmp(verb, "show") && words == 2)
		return list_rules(cli, argv[first + 1]);
	if (!strcmp(verb, "test"))
		return run_test(cli, argv + first + 1, words - 1);
	return cla_cli_usage(
		cli,
		cla_tr(cli, "rules list, rules test, or rules show with the id or code of a rule"));
}

const struct cla_command cla_cmd_rules = {
	.name = "rules",
	.usage = "rules list | rules show ID|CODE | rules test [ID|CODE…]",
	.text = { { "the rules that documents are judged by",
		    "las reglas con que se juzgan los documentos",
		    "as regras pelas quais os documentos são julgados" } },
	.run = run_rules,
};
