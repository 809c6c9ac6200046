/* cli/talk.c - everything that is said: results on stdout, talk and errors on stderr, JSON lines
 * for programs. */
#include "cli/cli.h"
#include "cli/progress.h"
#include "json/out.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TALK_MAX (1024 * 1024)

/* Escapes all that a terminal obeys but line ends and tabs, which are the program's own: arguments
 * from outside have gone through cla_shown(). */
static void put(FILE *to, struct cla_str s)
{
	while (s.len) {
		size_t plain = 0;

		while (plain < s.len && s.ptr[plain] != '\n' && s.ptr[plain] != '\t')
			plain++;
		cla_auto_buf struct cla_buf safe = CLA_BUF_INIT(6 * TALK_MAX);
		cla_text_safe(&safe, cla_str_sub(s, 0, plain));
		if (safe.failed)
			fputs("(out of memory)", to);
		else if (safe.len)
			fwrite(safe.ptr, 1, safe.len, to);
		if (plain < s.len)
			fputc(s.ptr[plain++], to);
		s = cla_str_sub(s, plain, s.len);
	}
}

static void put_formatted(FILE *to, const char *fmt, va_list ap) CLA_PRINTF(2, 0);
static void put_formatted(FILE *to, const char *fmt, va_list ap)
{
	char small[1024];
	va_list again;

	va_copy(again, ap);
	int len = vsnprintf(small, sizeof(small), fmt, ap);
	if (len < 0 || len >= TALK_MAX) {
		fputs("(text too long)", to);
	} else if ((size_t)len < sizeof(small)) {
		put(to, (struct cla_str){ small, (size_t)len });
	} else {
		char *large = malloc((size_t)len + 1);

		if (large) {
			vsnprintf(large, (size_t)len + 1, fmt, again);
			put(to, (struct cla_str){ large, (size_t)len });
		} else {
			put(to, (struct cla_str){ small, sizeof(small) - 1 });
		}
		free(large);
	}
	va_end(again);
}

void cla_cli_print(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	put_formatted(stdout, fmt, ap);
	va_end(ap);
}

void cla_cli_say(struct cla_cli *cli, const char *fmt, ...)
{
	va_list ap;

	if (cli->quiet)
		return;
	cla_bar_clear(cli);
	va_start(ap, fmt);
	put_formatted(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
}

void cla_cli_line(struct cla_str line)
{
	cla_auto_buf struct cla_buf safe = CLA_BUF_INIT(64 * TALK_MAX);

	cla_text_json(&safe, line);
	if (safe.failed)
		fputs("{\"error\":{\"code\":\"MEMORY\",\"message\":\"out of memory\",\"exit\":6}}",
		      stdout);
	else if (safe.len)
		fwrite(safe.ptr, 1, safe.len, stdout);
	fputc('\n', stdout);
}

void cla_cli_paint(const struct cla_cli *cli, enum cla_verdict how, const char *word)
{
	static const char *const codes[] = {
		[CLA_VERDICT_NA] = "2",	     [CLA_VERDICT_PASS] = "32",
		[CLA_VERDICT_WARN] = "33",   [CLA_VERDICT_UNKNOWN] = "35",
		[CLA_VERDICT_FAIL] = "1;31",
	};

	if (cli->colour)
		printf("\033[%sm", codes[how]);
	cla_cli_print("%s", word);
	if (cli->colour)
		fputs("\033[0m", stdout);
}

/* What helps, by kind of error; NULL where the message says it all. */
static const char *advice(const struct cla_cli *cli, enum cla_err_code code)
{
	switch (code) {
	case CLA_ERR_AUTH:
		return cla_tr(cli, "check the credentials with 'clara-audit doctor'");
	case CLA_ERR_DISK:
		return cla_tr(
			cli,
			"nothing stored is lost: free some space and run the same command again");
	case CLA_ERR_REMOTE:
		return cla_tr(cli, "nothing stored is lost: run the same command again later");
	case CLA_ERR_LOCKED:
		return cla_tr(cli, "wait for the other run, or give each its own --data-dir");
	case CLA_ERR_INTERRUPTED:
		return cla_tr(cli, "nothing stored is lost: the same command goes on from here");
	case CLA_ERR_INTERNAL:
		return cla_tr(cli, "this is a fault of the program: please report it");
	default:
		return NULL;
	}
}

static void error_object(const struct cla_err *err, int status)
{
	cla_auto_buf struct cla_buf line = CLA_BUF_INIT(64 * 1024);
	struct cla_json_out o;

	cla_json_out_begin_unordered(&o, &line);
	cla_json_out_object(&o);
	cla_json_out_key(&o, "error");
	cla_json_out_object(&o);
	cla_json_out_kcstr(&o, "code", cla_err_name(err->code));
	cla_json_out_kcstr(&o, "message", err->msg);
	cla_json_out_kint(&o, "exit", status);
	cla_json_out_close(&o);
	cla_json_out_close(&o);
	if (cla_json_out_end(&o, NULL))
		cla_cli_line(cla_buf_str(&line));
}

int cla_cli_fail(struct cla_cli *cli, const struct cla_err *err)
{
	int status = cla_err_exit(err->code);

	/* A failed step never ends in 0, whatever the error says. */
	if (!status)
		status = CLA_EXIT_IO;
	cla_bar_clear(cli);
	if (cli->json) {
		error_object(err, status);
		return status;
	}
	fflush(stdout);
	cla_auto_buf struct cla_buf text = CLA_BUF_INIT(8 * sizeof(err->msg));
	cla_text_safe(&text, cla_str_from(*err->msg ? err->msg : cla_err_text(err->code)));
	fprintf(stderr, "clara-audit: %s: %s\n", cla_tr(cli, "error"), cla_buf_cstr(&text));
	const char *help = advice(cli, err->code);
	if (help && !cli->quiet)
		fprintf(stderr, "clara-audit: %s\n", help);
	return status;
}

int cla_cli_usage(struct cla_cli *cli, const char *fmt, ...)
{
	struct cla_err err = CLA_ERR_INIT;
	char msg[sizeof(err.msg)];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(msg, sizeof(msg), fmt, ap);
	va_end(ap);
	cla_err_set(&err, CLA_ERR_USAGE, "%s", msg);
	int status = cla_cli_fail(cli, &err);
	if (cli->json || cli->quiet)
		return status;
	fprintf(stderr, "clara-audit: %s clara-audit help%s%s\n", cla_tr(cli, "more:"),
		cli->command ? " " : "", cli->command ? cli->command : "");
	return status;
}
