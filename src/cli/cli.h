/* cli/cli.h - what every command is handed, and how it answers.
 *
 * main.c parses the global options (accepted before and after the command), looks the command up in
 * the table, hands it a struct cla_cli and turns its result into the exit status after stdout was
 * flushed without error. A command is one file cmd_<verb>.c, which holds its row (name, usage,
 * options with their help), and one line of the table.
 *
 * Data goes to stdout, talk to stderr. With --json every line of stdout is one JSON object, errors
 * too. What comes from outside (merchants, file names, members of a bundle) is shown through
 * cla_shown() or cla_text_safe(): no control character of it reaches a terminal.
 */
#ifndef CLA_CLI_CLI_H
#define CLA_CLI_CLI_H

#include "base/buf.h"
#include "base/ctx.h"
#include "model/entity.h"
#include "model/finding.h"
#include "store/store.h"

struct cla_config; /* cli/config.h */
struct cla_bar;	   /* cli/progress.h */

struct cla_cli {
	struct cla_ctx ctx;
	struct cla_log log;
	const char *program;	 /* as it was invoked: for the commands that are suggested */
	const char *config_path; /* --config, or NULL: the default place */
	const char *data_dir;	 /* --data-dir, or NULL */
	const char **entities;	 /* --entity, in the order given; none: all */
	size_t entity_count, entity_room;
	bool json, quiet, verbose;
	bool colour; /* of stdout */
	bool tty;    /* stderr is a terminal */
	enum cla_lang lang;
	const char *command;
	struct cla_config *config; /* loaded at first need by cla_cli_config() */
	struct cla_bar *bar;	   /* progress display; NULL: none */
};

/* Exit statuses of the contract (design 3); CLA_ERR_* map to them through cla_err_exit(). */
enum cla_exit {
	CLA_EXIT_OK = 0,
	CLA_EXIT_FINDINGS = 1,
	CLA_EXIT_USAGE = 2,
	CLA_EXIT_INCOMPLETE = 3,
	CLA_EXIT_AUTH = 4,
	CLA_EXIT_INTEGRITY = 5,
	CLA_EXIT_IO = 6,
	CLA_EXIT_REMOTE = 7,
	CLA_EXIT_LOCKED = 8,
	CLA_EXIT_INTERRUPTED = 130,
};
/* The one table of them, for --help and the man page. Ends with a row whose text is NULL. */
struct cla_exit_row {
	int status;
	struct cla_text text;
};
extern const struct cla_exit_row cla_exit_rows[];
/* The worst of two in the order 130, 6, 5, 4, 7, 8, 2, 3, 1, 0 (2 and 8 stop a run before any
 * entity as a rule). */
int cla_exit_worst(int a, int b);

/* One long option of a command: the parser, --help and the man page's test read the same row. */
struct cla_opt {
	const char *name;     /* "month"; NULL ends a table */
	const char *arg;      /* "YYYY-MM"; NULL: the option takes none */
	int val;	      /* handed to the command; from CLA_OPT on */
	struct cla_text text; /* one line */
};
#define CLA_OPT 1024 /* first value of commands; lower ones are main's */

struct cla_command {
	const char *name;
	const char *usage;	       /* "bundle --month YYYY-MM [--output DIR] …" */
	struct cla_text text;	       /* one line */
	const struct cla_opt *options; /* NULL: none of its own */
	bool net;		       /* may talk to the network */
	int (*run)(struct cla_cli *cli, int argc, char **argv); /* argv[0] is the command's name */
};
extern const struct cla_command cla_cmd_bundle, cla_cmd_certs, cla_cmd_demo, cla_cmd_diff,
	cla_cmd_doctor, cla_cmd_extract, cla_cmd_fetch, cla_cmd_help, cla_cmd_import, cla_cmd_init,
	cla_cmd_list, cla_cmd_match, cla_cmd_report, cla_cmd_rules, cla_cmd_sample, cla_cmd_schemas,
	cla_cmd_seal, cla_cmd_show, cla_cmd_validate, cla_cmd_verify;
extern const struct cla_command *const cla_commands[];		 /* ends with NULL */
const struct cla_command *cla_command_find(struct cla_str name); /* NULL when there is none */

/* Parses the command line of `command` with its options and the global ones beside them. `take` is
 * called for each of the command's own; returning false means that it has complained already. A
 * command without options of its own gives NULL.
 * Operands are left in argv[*first…argc). True: go on. False: return *status (a complaint was made,
 * or --help or --version was answered). */
typedef bool cla_option_fn(void *ctx, int val, const char *arg);
CLA_USE bool cla_cli_parse(struct cla_cli *cli, const struct cla_command *command,
			   cla_option_fn *take, void *ctx, int argc, char **argv, int *first,
			   int *status);
/* The global options up to the command's name, in *first. */
CLA_USE bool cla_cli_parse_globals(struct cla_cli *cli, int argc, char **argv, int *first,
				   int *status);
/* The nearest name of a list (ends with NULL) within a third of its letters, or NULL. */
const char *cla_nearest(const char *word, const char *const *names);

void cla_help_general(struct cla_cli *cli);
void cla_help_command(struct cla_cli *cli, const struct cla_command *command);

/* Prints an error (text on stderr, or an object {"error":{code,message,exit}} on stdout with
 * --json) and returns its exit status. */
int cla_cli_fail(struct cla_cli *cli, const struct cla_err *err);
/* A usage error with a pointer to --help; returns CLA_EXIT_USAGE. `fmt` through cla_tr(). */
int cla_cli_usage(struct cla_cli *cli, const char *fmt, ...) CLA_PRINTF(2, 3);
void cla_cli_say(struct cla_cli *cli, const char *fmt, ...)
	CLA_PRINTF(2, 3);				   /* a line on stderr, not with -q */
void cla_cli_print(const char *fmt, ...) CLA_PRINTF(1, 2); /* stdout; controls but '\n' escaped */
void cla_cli_line(struct cla_str line); /* a JSON line on stdout; what a terminal obeys is written
					   as \uXXXX */
/* A word on stdout in the colour of a verdict, where colour is wanted. */
void cla_cli_paint(const struct cla_cli *cli, enum cla_verdict how, const char *word);

/* Appends text from outside so that it stays on its line and obeys nothing: control characters,
 * text direction marks and bytes that are not UTF-8 become \xNN or \uNNNN. */
void cla_text_safe(struct cla_buf *out, struct cla_str s);
/* The same for a JSON text on one line, where such characters can only stand inside strings. */
void cla_text_json(struct cla_buf *out, struct cla_str json);
#define CLA_SHOWN 1024
/* As above into a fixed buffer, cut with "…" to at most `most` characters (0: as many as fit).
 * Returns out. */
const char *cla_shown(struct cla_str s, size_t most, char out[CLA_SHOWN]);
/* As above, then blanks up to `width` characters. */
const char *cla_column(struct cla_str s, size_t width, char out[CLA_SHOWN]);

/* A literal of the program in the user's language (gettext's place; the catalogue is in
 * messages.c). */
const char *cla_tr(const struct cla_cli *cli, const char *english) __attribute__((format_arg(2)));
const char *cla_tr_in(enum cla_lang lang, const char *english) __attribute__((format_arg(2)));
bool cla_lang_parse(const char *text, enum cla_lang *ret); /* "es", "pt", "en" */
const char *cla_text_in(const struct cla_cli *cli, const struct cla_text *text); /* "" when NULL */
const char *cla_verdict_word(const struct cla_cli *cli, enum cla_verdict v);	 /* for people */

/* The configuration, loaded once. NULL with err (CLA_ERR_CONFIG names file:line). */
struct cla_config *cla_cli_config(struct cla_cli *cli, struct cla_err *err);
/* Whether there is a configuration to read: it is named (and must be there), or lies in the default
 * place (and need not). */
bool cla_cli_has_config(struct cla_cli *cli);
/* Where the configuration is looked for: --config, CLARA_AUDIT_CONFIG, $XDG_CONFIG_HOME, ~/.config.
 * Into out. */
CLA_USE bool cla_cli_config_path(struct cla_cli *cli, struct cla_buf *out, struct cla_err *err);
/* The data directory: --data-dir, CLARA_AUDIT_DATA_DIR, the configuration where there is one, the
 * default. Into out. */
CLA_USE bool cla_cli_data_dir(struct cla_cli *cli, struct cla_buf *out, struct cla_err *err);
/* Opens the store of a data directory that is there; none is made. CLA_ERR_NOT_FOUND: nothing was
 * ever stored. */
CLA_USE bool cla_cli_store(struct cla_cli *cli, enum cla_store_mode mode, struct cla_store **ret,
			   struct cla_err *err);
/* The entities chosen by --entity, in the configuration's order; CLA_ERR_USAGE names an unknown one
 * and the known. */
CLA_USE bool cla_cli_chosen(struct cla_cli *cli, const struct cla_entity *const **ret,
			    size_t *count, struct cla_err *err);
/* An environment variable; NULL when it is not set or empty. */
const char *cla_cli_env(const char *name);

/* A number from the environment, 0 when it is not set or not one: knobs for tests and odd networks.
 */
unsigned cla_cli_env_number(const char *name);
/* Whether the environment names a proxy for the API. */
bool cla_cli_proxied(void);

/* The instant of this run, and a month given by the user: exactly YYYY-MM and not in the future (a
 * complaint was made when false). */
struct cla_time cla_cli_now(const struct cla_cli *cli);
CLA_USE bool cla_cli_month(struct cla_cli *cli, const char *text, struct cla_month *ret);
CLA_USE bool cla_cli_u64(struct cla_cli *cli, const char *option, const char *text, uint64_t least,
			 uint64_t *ret);

#endif
