/* cli/options.c - the command line: global options anywhere, a command's own beside them, near
 * misses named. */
#include "cli/cli.h"

#include "base/grow.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

enum {
	OPT_CONFIG = CLA_OPT - 32,
	OPT_DATA_DIR,
	OPT_ENTITY,
	OPT_JSON,
	OPT_LANG,
};

static const struct option globals[] = {
	{ "config", required_argument, NULL, OPT_CONFIG },
	{ "data-dir", required_argument, NULL, OPT_DATA_DIR },
	{ "entity", required_argument, NULL, OPT_ENTITY },
	{ "json", no_argument, NULL, OPT_JSON },
	{ "lang", required_argument, NULL, OPT_LANG },
	{ "quiet", no_argument, NULL, 'q' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
};
static const char short_globals[] = ":qvhV";

#define NAMES_MAX 64

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Edit distance in bytes with swaps of neighbours; words over 32 bytes are far from everything. */
static size_t distance(const char *a, const char *b)
{
	size_t la = strlen(a), lb = strlen(b), row[3][34];

	if (la > 32 || lb > 32)
		return 33;
	memset(row, 0, sizeof(row));
	for (size_t j = 0; j <= lb; j++)
		row[1][j] = j;
	for (size_t i = 1; i <= la; i++) {
		row[2][0] = i;
		for (size_t j = 1; j <= lb; j++) {
			size_t cost = a[i - 1] != b[j - 1];

			row[2][j] =
				least(least(row[1][j], row[2][j - 1]) + 1, row[1][j - 1] + cost);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				row[2][j] = least(row[2][j], row[0][j - 2] + 1);
		}
		memcpy(row[0], row[1], sizeof(row[0]));
		memcpy(row[1], row[2], sizeof(row[1]));
	}
	return row[1][lb];
}

const char *cla_nearest(const char *word, const char *const *names)
{
	size_t best = strlen(word) / 3 + 1;
	const char *found = NULL;

	for (; *names; names++) {
		size_t d = distance(word, *names);

		if (d < best || (d == best && !found)) {
			best = d;
			found = *names;
		}
	}
	return found;
}

/* getopt's table: the command's options, then the global ones. */
static bool table(const struct cla_opt *own, struct option *out, size_t room)
{
	size_t n = 0;

	for (; own && own->name; own++) {
		if (n + CLA_LEN(globals) + 1 >= room)
			return false;
		out[n++] = (struct option){ own->name, own->arg ? required_argument : no_argument,
					    NULL, own->val };
	}
	memcpy(out + n, globals, sizeof(globals));
	out[n + CLA_LEN(globals)] = (struct option){ NULL, 0, NULL, 0 };
	return true;
}

static bool add_entity(struct cla_cli *cli, const char *name)
{
	if (!cla_grow(&cli->entities, &cli->entity_room, cli->entity_count, sizeof(*cli->entities),
		      NULL))
		return false;
	cli->entities[cli->entity_count++] = name;
	return true;
}

bool cla_lang_parse(const char *text, enum cla_lang *ret)
{
	static const char *const names[] = {
		[CLA_LANG_EN] = "en", [CLA_LANG_ES] = "es", [CLA_LANG_PT] = "pt"
	};

	for (size_t i = 0; i < CLA_LEN(names); i++) {
		if (!strcmp(text, names[i])) {
			*ret = (enum cla_lang)i;
			return true;
		}
	}
	return false;
}

/* One global option; false: *status says how the program ends. */
static bool take_global(struct cla_cli *cli, int val, const char *arg,
			const struct cla_command *command, int *status)
{
	struct cla_err err = CLA_ERR_INIT;
	char shown[CLA_SHOWN];

	switch (val) {
	case OPT_CONFIG:
		cli->config_path = arg;
		return true;
	case OPT_DATA_DIR:
		cli->data_dir = arg;
		return true;
	case OPT_ENTITY:
		if (add_entity(cli, arg))
			return true;
		cla_err_oom(&err);
		*status = cla_cli_fail(cli, &err);
		return false;
	case OPT_JSON:
		cli->json = true;
		return true;
	case OPT_LANG:
		if (cla_lang_parse(arg, &cli->lang))
			return true;
		*status = cla_cli_usage(cli, cla_tr(cli, "--lang takes es, pt or en, not '%s'"),
					cla_shown(cla_str_from(arg), 40, shown));
		return false;
	case 'q':
		cli->quiet = true;
		cli->log.level = CLA_LOG_ERROR;
		return true;
	case 'v':
		cli->log.level = cli->verbose ? CLA_LOG_DEBUG : CLA_LOG_INFO;
		cli->verbose = true;
		return true;
	case 'h':
		if (command)
			cla_help_command(cli, command);
		else
			cla_help_general(cli);
		*status = CLA_EXIT_OK;
		return false;
	default: /* 'V' */
		cla_cli_print("clara-audit %s\n", CLA_VERSION);
		*status = CLA_EXIT_OK;
		return false;
	}
}

static void complain(struct cla_cli *cli, const struct option *all, int opt, const char *word,
		     int *status)
{
	const char *names[NAMES_MAX];
	char shown[CLA_SHOWN], plain[CLA_SHOWN];
	size_t n = 0;

	cla_shown(cla_str_from(word), 60, shown);
	if (opt == ':') {
		*status = cla_cli_usage(cli, cla_tr(cli, "option '%s' needs a value"), shown);
		return;
	}
	for (; all->name && n < NAMES_MAX - 1; all++)
		names[n++] = all->name;
	names[n] = NULL;

	struct cla_str bare = cla_str_from(word), value;
	while (bare.len && bare.ptr[0] == '-')
		bare = cla_str_sub(bare, 1, bare.len);
	cla_str_cut(bare, '=', &bare, &value);
	for (size_t i = 0; i < n; i++) {
		/* A known option that getopt refuses was given a value that it does not take. */
		if (cla_str_eqc(bare, names[i]) && !cla_str_absent(value)) {
			*status = cla_cli_usage(cli, cla_tr(cli, "option '--%s' takes no value"),
						names[i]);
			return;
		}
	}
	const char *near = cla_nearest(cla_shown(bare, 32, plain), names);
	if (near && bare.len > 1)
		*status = cla_cli_usage(
			cli, cla_tr(cli, "unknown option '%s'; did you mean '--%s'?"), shown, near);
	else
		*status = cla_cli_usage(cli, cla_tr(cli, "unknown option '%s'"), shown);
}

/* The word of the command line that getopt stumbled over. A letter of a bundle like -xq has only
 * its code; the code of a letter that we do take means its long form with a value that it does not
 * take. */
static const char *offending(char **argv, char letter[3])
{
	if (optopt && optopt < 128 && !strchr(short_globals, optopt)) {
		letter[0] = '-';
		letter[1] = (char)optopt;
		letter[2] = '\0';
		return letter;
	}
	return argv[optind - 1];
}

/* A command that writes to a folder or file takes -o for --output; 0 when there is no such option. */
static int output_of(const struct cla_command *command)
{
	for (const struct cla_opt *o = command ? command->options : NULL; o && o->name; o++)
		if (!strcmp(o->name, "output"))
			return o->val;
	return 0;
}

static bool parse(struct cla_cli *cli, const struct cla_command *command, cla_option_fn *take,
		  void *ctx, bool stop_early, int argc, char **argv, int *first, int *status)
{
	struct option all[NAMES_MAX];
	char shorts[sizeof(short_globals) + 3], letter[3];
	int opt, output = output_of(command);

	if (!table(command ? command->options : NULL, all, CLA_LEN(all))) {
		struct cla_err err = CLA_ERR_INIT;

		cla_err_set(&err, CLA_ERR_INTERNAL, "too many options");
		*status = cla_cli_fail(cli, &err);
		return false;
	}
	shorts[0] = '+';
	memcpy(shorts + stop_early, short_globals, sizeof(short_globals));
	if (output)
		memcpy(shorts + stop_early + sizeof(short_globals) - 1, "o:", sizeof("o:"));
	optind = 0; /* GNU: begin anew */
	opterr = 0;
	for (;;) {
		optopt = 0;
		opt = getopt_long(argc, argv, shorts, all, NULL);
		if (opt < 0)
			break;
		if (opt == 'o')
			opt = output;
		if (opt == '?' || opt == ':') {
			complain(cli, all, opt, offending(argv, letter), status);
			return false;
		}
		if (opt < CLA_OPT) {
			if (!take_global(cli, opt, optarg, command, status))
				return false;
		} else if (!take(ctx, opt, optarg)) {
			*status = CLA_EXIT_USAGE;
			return false;
		}
	}
	*first = optind;
	return true;
}

bool cla_cli_parse(struct cla_cli *cli, const struct cla_command *command, cla_option_fn *take,
		   void *ctx, int argc, char **argv, int *first, int *status)
{
	return parse(cli, command, take, ctx, false, argc, argv, first, status);
}

bool cla_cli_parse_globals(struct cla_cli *cli, int argc, char **argv, int *first, int *status)
{
	return parse(cli, NULL, NULL, NULL, true, argc, argv, first, status);
}

bool cla_cli_month(struct cla_cli *cli, const char *text, struct cla_month *ret)
{
	struct cla_time now = cla_cli_now(cli);
	struct cla_date today = cla_date_from_days(now.sec / 86400);
	struct cla_month m;
	char shown[CLA_SHOWN];

	cla_shown(cla_str_from(text), 40, shown);
	if (!cla_month_parse(cla_str_from(text), &m)) {
		cla_cli_usage(cli,
			      cla_tr(cli, "'%s' is not a month: write it as YYYY-MM, like 2024-11"),
			      shown);
		return false;
	}
	if (m.year > today.year || (m.year == today.year && m.month > today.month)) {
		cla_cli_usage(cli, cla_tr(cli, "month %s has not begun yet"), shown);
		return false;
	}
	*ret = m;
	return true;
}

bool cla_cli_u64(struct cla_cli *cli, const char *option, const char *text, uint64_t lowest,
		 uint64_t *ret)
{
	char shown[CLA_SHOWN];
	uint64_t n;

	if (cla_str_to_u64(cla_str_from(text), &n) && n >= lowest) {
		*ret = n;
		return true;
	}
	cla_cli_usage(cli, cla_tr(cli, "%s takes a number, not '%s'"), option,
		      cla_shown(cla_str_from(text), 40, shown));
	return false;
}
