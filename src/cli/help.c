/* cli/help.c - help, made from the same tables that the parser reads. */
#include "cli/cli.h"

#include <stdio.h>

static const struct cla_opt global_rows[] = {
	{ "config",
	  "FILE",
	  0,
	  { { "configuration file", "archivo de configuración", "arquivo de configuração" } } },
	{ "data-dir", "DIR", 0, { { "data directory", "carpeta de datos", "pasta de dados" } } },
	{ "entity",
	  "NAME",
	  0,
	  { { "only this entity (repeatable; default: all)",
	      "sólo esta entidad (repetible; por omisión, todas)",
	      "somente esta entidade (repetível; padrão: todas)" } } },
	{ "json",
	  NULL,
	  0,
	  { { "one JSON object per line on stdout", "un objeto JSON por línea en la salida",
	      "um objeto JSON por linha na saída" } } },
	{ "lang",
	  "es|pt|en",
	  0,
	  { { "language of messages", "idioma de los mensajes", "idioma das mensagens" } } },
	{ "quiet",
	  NULL,
	  0,
	  { { "(-q) only results and errors", "(-q) sólo resultados y errores",
	      "(-q) somente resultados e erros" } } },
	{ "verbose",
	  NULL,
	  0,
	  { { "(-v) more talk; twice: still more", "(-v) más mensajes; dos veces: aún más",
	      "(-v) mais mensagens; duas vezes: ainda mais" } } },
	{ "help", NULL, 0, { { "(-h) this help", "(-h) esta ayuda", "(-h) esta ajuda" } } },
	{ "version", NULL, 0, { { "(-V) version", "(-V) versión", "(-V) versão" } } },
	{ NULL, NULL, 0, { { NULL } } },
};

#define WIDTH 80
#define COLUMN 27 /* where the explanations begin */

/* The text from column `at` on, broken between words at WIDTH, further lines indented by `indent`.
 */
static void wrap(const char *text, size_t at, size_t indent)
{
	struct cla_str rest = cla_str_from(text), word;
	bool any = false;

	while (rest.len) {
		cla_str_cut(rest, ' ', &word, &rest);
		size_t width = cla_utf8_count(word);

		if (any && at + 1 + width > WIDTH) {
			cla_cli_print("\n%*s", (int)indent, "");
			at = indent;
		} else if (any) {
			cla_cli_print(" ");
			at++;
		}
		cla_cli_print(CLA_STR_FMT, CLA_STR_ARG(word));
		at += width;
		any = true;
	}
	cla_cli_print("\n");
}

static void row(const char *left, const char *text)
{
	char column[CLA_SHOWN];

	cla_cli_print("%s", cla_column(cla_str_from(left), COLUMN, column));
	wrap(text, COLUMN, COLUMN);
}

static void option_rows(const struct cla_cli *cli, const struct cla_opt *rows)
{
	for (; rows && rows->name; rows++) {
		cla_auto_buf struct cla_buf left = CLA_BUF_INIT(256);

		cla_buf_addf(&left, "  --%s%s%s", rows->name, rows->arg ? " " : "",
			     rows->arg ? rows->arg : "");
		row(cla_buf_cstr(&left), cla_text_in(cli, &rows->text));
	}
}

void cla_help_general(struct cla_cli *cli)
{
	char left[32];

	wrap(cla_tr(cli, "Collects, checks and seals a month of Clara expenses, so that anyone can "
			 "verify it."),
	     0, 0);
	cla_cli_print("\n%s clara-audit [%s] %s …\n\n", cla_tr(cli, "Usage:"),
		      cla_tr(cli, "options"), cla_tr(cli, "COMMAND"));
	cla_cli_print("%s\n", cla_tr(cli, "Commands:"));
	for (size_t i = 0; cla_commands[i]; i++) {
		snprintf(left, sizeof(left), "  %s", cla_commands[i]->name);
		row(left, cla_text_in(cli, &cla_commands[i]->text));
	}
	cla_cli_print("\n%s\n", cla_tr(cli, "Options of every command:"));
	option_rows(cli, global_rows);
	cla_cli_print("\n%s\n", cla_tr(cli, "Exit status:"));
	for (size_t i = 0; cla_exit_rows[i].text.in[0]; i++) {
		cla_cli_print("  %3d  ", cla_exit_rows[i].status);
		wrap(cla_text_in(cli, &cla_exit_rows[i].text), 7, 7);
	}
	cla_cli_print("\n%s\n", cla_tr(cli, "First time? Try: clara-audit demo"));
}

void cla_help_command(struct cla_cli *cli, const struct cla_command *command)
{
	cla_auto_buf struct cla_buf usage = CLA_BUF_INIT(1024);

	cla_buf_addf(&usage, "%s clara-audit %s", cla_tr(cli, "Usage:"), command->usage);
	wrap(cla_buf_cstr(&usage), 0, 8);
	cla_cli_print("\n");
	wrap(cla_text_in(cli, &command->text), 0, 0);
	if (command->options) {
		cla_cli_print("\n%s\n", cla_tr(cli, "Options:"));
		option_rows(cli, command->options);
	}
	cla_cli_print("\n%s\n",
		      cla_tr(cli, "The options of every command are listed by: clara-audit help"));
}

static int help(struct cla_cli *cli, int argc, char **argv)
{
	int first, status;

	if (!cla_cli_parse(cli, &cla_cmd_help, NULL, NULL, argc, argv, &first, &status))
		return status;
	if (first == argc) {
		cla_help_general(cli);
		return CLA_EXIT_OK;
	}
	const struct cla_command *command = cla_command_find(cla_str_from(argv[first]));
	if (!command) {
		char shown[CLA_SHOWN];

		return cla_cli_usage(cli, cla_tr(cli, "unknown command '%s'"),
				     cla_shown(cla_str_from(argv[first]), 40, shown));
	}
	cla_help_command(cli, command);
	return CLA_EXIT_OK;
}

const struct cla_command cla_cmd_help = {
	.name = "help",
	.usage = "help [COMMAND]",
	.text = { { "explain a command", "explicar un comando", "explicar um comando" } },
	.run = help,
};
