/* cli/main.c - start and end of the program: signals, language, the command, stdout checked at
 * last. */
#include "cli/cli.h"
#include "cli/config.h"
#include "cli/progress.h"
#include "net/net.h"
#include "xml/doc.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The one thing a signal handler may touch. */
static atomic_int cancelled;

static void cancel(int sig)
{
	(void)sig;
	cancelled = 1;
}

/* The first SIGINT or SIGTERM asks the run to stop where nothing is lost; a second one ends the
 * process at once. A closed pipe is an error of writing, reported as one. */
static void catch_signals(void)
{
	struct sigaction stop = { .sa_handler = cancel, .sa_flags = (int)SA_RESETHAND };
	struct sigaction ignore = { .sa_handler = SIG_IGN };

	sigemptyset(&stop.sa_mask);
	sigemptyset(&ignore.sa_mask);
	sigaction(SIGINT, &stop, NULL);
	sigaction(SIGTERM, &stop, NULL);
	sigaction(SIGPIPE, &ignore, NULL);
}

/* A file opened by us must never become somebody's standard output. A closed one stays unusable:
 * what would have been read from it or written to it is an error, not nothing. */
static bool standard_files(void)
{
	static const int useless[] = { O_WRONLY, O_RDONLY, O_WRONLY };

	for (int fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF &&
		    open("/dev/null", useless[fd]) != fd)
			return false;
	return true;
}

static void emit(void *ctx, enum cla_log_level level, const char *msg)
{
	struct cla_cli *cli = ctx;
	const char *what = level == CLA_LOG_ERROR ? cla_tr(cli, "error") : cla_tr(cli, "warning");

	cla_bar_clear(cli);
	if (level <= CLA_LOG_WARN)
		fprintf(stderr, "clara-audit: %s: %s\n", what, msg);
	else
		fprintf(stderr, "clara-audit: %s\n", msg);
}

static enum cla_lang language(void)
{
	static const char *const names[] = { "CLARA_AUDIT_LANG", "LC_ALL", "LC_MESSAGES", "LANG" };

	for (size_t i = 0; i < CLA_LEN(names); i++) {
		const char *value = cla_cli_env(names[i]);

		if (!value)
			continue;
		if (!strncmp(value, "es", 2))
			return CLA_LANG_ES;
		return strncmp(value, "pt", 2) ? CLA_LANG_EN : CLA_LANG_PT;
	}
	return CLA_LANG_EN;
}

static bool wants_colour(void)
{
	const char *term = cla_cli_env("TERM");

	return isatty(STDOUT_FILENO) && !cla_cli_env("NO_COLOR") &&
	       !(term && !strcmp(term, "dumb"));
}

static int unknown_command(struct cla_cli *cli, const char *word)
{
	const char *names[32];
	char shown[CLA_SHOWN];
	size_t n = 0;

	for (; cla_commands[n] && n < CLA_LEN(names) - 1; n++)
		names[n] = cla_commands[n]->name;
	names[n] = NULL;
	const char *near = cla_nearest(word, names);
	cla_shown(cla_str_from(word), 40, shown);
	if (near)
		return cla_cli_usage(cli, cla_tr(cli, "unknown command '%s'; did you mean '%s'?"),
				     shown, near);
	return cla_cli_usage(cli, cla_tr(cli, "unknown command '%s'"), shown);
}

/* Complaints about the command line itself come in the form and language asked for, wherever on it
 * that stands. */
static void look_ahead(struct cla_cli *cli, int argc, char **argv)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
		const char *lang = NULL;

		if (!strcmp(argv[i], "--json"))
			cli->json = true;
		else if (!strncmp(argv[i], "--lang=", 7))
			lang = argv[i] + 7;
		else if (!strcmp(argv[i], "--lang"))
			lang = argv[i + 1];
		if (lang)
			(void)cla_lang_parse(lang, &cli->lang);
	}
}

static int run(struct cla_cli *cli, int argc, char **argv)
{
	struct cla_err err = CLA_ERR_INIT;
	int first, status;

	look_ahead(cli, argc, argv);
	if (!cla_cli_parse_globals(cli, argc, argv, &first, &status))
		return status;
	if (first == argc)
		return cla_cli_usage(
			cli,
			cla_tr(cli,
			       "which command? To see what this program does: clara-audit demo"));
	const struct cla_command *command = cla_command_find(cla_str_from(argv[first]));
	if (!command)
		return unknown_command(cli, argv[first]);
	cli->command = command->name;
	cla_xml_init();
	if (command->net && !cla_net_init(&err))
		return cla_cli_fail(cli, &err);
	return command->run(cli, argc - first, argv + first);
}

/* Results that could not be written were not delivered, whatever the command thinks. */
static int finish_output(struct cla_cli *cli, int status)
{
	bool failed = ferror(stdout) != 0;

	errno = 0;
	if (fflush(stdout) || failed || fclose(stdout)) {
		/* Not as JSON: the place where it would go is the one that failed. */
		char text[128];

		fprintf(stderr, "clara-audit: %s: %s\n",
			cla_tr(cli, "writing the standard output failed"),
			errno ? strerror_r(errno, text, sizeof(text)) : "");
		return cla_exit_worst(status, CLA_EXIT_IO);
	}
	return status;
}

int main(int argc, char **argv)
{
	struct cla_cli cli = { .lang = language() };

	cli.program = argc > 0 && strchr(argv[0], '/') ? argv[0] : "clara-audit";
	struct cla_bar bar;

	if (!standard_files())
		return CLA_EXIT_IO;
	catch_signals();
	cli.log = (struct cla_log){ CLA_LOG_WARN, emit, &cli };
	cli.ctx = (struct cla_ctx){ .log = &cli.log,
				    .clock = cla_clock_system(),
				    .cancelled = &cancelled };
	cli.colour = wants_colour();
	cli.tty = isatty(STDERR_FILENO);
	cla_bar_init(&bar, &cli);

	int status = run(&cli, argc, argv);
	cla_bar_clear(&cli);
	status = finish_output(&cli, status);
	cla_config_free(cli.config);
	free(cli.entities);
	return status;
}
