/* clara-audit rules: what documents are judged by. */
#include "cli/cli.h"

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

static int run_rules(struct cla_cli *cli, int argc, char **argv)
{
	struct cla_err err = CLA_ERR_INIT;
	char shown[CLA_SHOWN];
	int first, status;
	size_t count;

	if (!cla_cli_parse(cli, &cla_cmd_rules, NULL, NULL, argc, argv, &first, &status))
		return status;
	const char *verb = first < argc ? argv[first] : "";
	bool one = !strcmp(verb, "show");
	if ((!one && strcmp(verb, "list") != 0) || argc - first != 1 + one)
		return cla_cli_usage(
			cli,
			cla_tr(cli, "rules list, or rules show with the id or code of a rule"));
	const char *what = one ? argv[first + 1] : NULL;
	if (!put_rules(cli, what, &count, &err))
		return cla_cli_fail(cli, &err);
	if (count)
		return CLA_EXIT_OK;
	cla_err_set(&err, CLA_ERR_NOT_FOUND, cla_tr(cli, "no rule has the id or code '%s'"),
		    cla_shown(cla_str_from(what), 100, shown));
	return cla_cli_fail(cli, &err);
}

const struct cla_command cla_cmd_rules = {
	.name = "rules",
	.usage = "rules list | rules show ID|CODE",
	.text = { { "the rules that documents are judged by",
		    "las reglas con que se juzgan los documentos",
		    "as regras pelas quais os documentos são julgados" } },
	.run = run_rules,
};
