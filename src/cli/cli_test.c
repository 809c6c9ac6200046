/* cli/cli_test.c - configuration, options, text made safe, messages, exit statuses, and that help
 * and the man page tell of the program as it is. Finds the sources through $srcdir, as automake
 * sets it. */
#include "cli/checking.h"
#include "cli/cli.h"
#include "cli/config.h"

#include "base/file.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* ---- a command line interface without a program around it
 * --------------------------------------------------------- */

static struct cla_time fixed_now(void *ctx)
{
	(void)ctx;
	return (struct cla_time){ 1733184000, 0 }; /* 2024-12-03 */
}

static int64_t fixed_ms(void *ctx)
{
	(void)ctx;
	return 0;
}

static struct cla_cli plain_cli(void)
{
	struct cla_cli cli = { .lang = CLA_LANG_EN };

	cli.ctx.clock = (struct cla_clock){ fixed_now, fixed_ms, NULL };
	return cli;
}

/* What is written to a standard stream goes into a file until it is read back. */
struct capture {
	FILE *stream;
	int saved, fd;
};

static struct capture capture_begin(FILE *stream)
{
	struct capture c = { .stream = stream };
	FILE *file = tmpfile();

	assert_non_null(file);
	fflush(stream);
	c.saved = dup(fileno(stream));
	c.fd = dup(fileno(file));
	assert_true(c.saved >= 0 && c.fd >= 0);
	assert_true(dup2(c.fd, fileno(stream)) >= 0);
	fclose(file);
	return c;
}

static const char *capture_end(struct capture *c, struct cla_buf *out)
{
	char chunk[4096];
	size_t got;

	fflush(c->stream);
	dup2(c->saved, fileno(c->stream));
	close(c->saved);
	assert_int_equal(lseek(c->fd, 0, SEEK_SET), 0);
	cla_buf_reset(out);
	do {
		assert_true(cla_fd_read(c->fd, chunk, sizeof(chunk), &got, NULL));
		cla_buf_add(out, (struct cla_str){ chunk, got });
	} while (got == sizeof(chunk));
	close(c->fd);
	return cla_buf_cstr(out);
}

/* ---- configuration
 * -------------------------------------------------------------------------------------------------
 */

#define MX "[entity acme-mx]\ncountry = mx\ntax_id = DEM200115DE6\n"

static const char *no_env(const char *name)
{
	(void)name;
	return NULL;
}

static struct cla_config *load(const char *text, cla_env_fn *env)
{
	struct cla_config *config = NULL;
	struct cla_err err = CLA_ERR_INIT;

	if (!cla_config_parse("conf/config", cla_str_from(text), env, &config, &err))
		fail_msg("%s", err.msg);
	return config;
}

static void config_reads_every_key(void **state)
{
	static const char text[] =
		"[defaults]\n"
		"data_dir = data ; beside the file\n"
		"[entity Acme MX]\n"
		"country = mx\nenvironment = sandbox\ntax_id = DEM200115DE6\nname = ACME SA DE CV\n"
		"credentials = acme.json\nclient_cert = /etc/acme.crt\nclient_key = "
		"acme.key\nca_file = ca.pem\n"
		"base_url = https://localhost:8443/\ndownload_hosts = localhost:8444, "
		"*.s3.amazonaws.com\n"
		"max_in_flight = 7\nmax_file = 9\nmonth_basis = accounting\nseal_cert = "
		"s.pem\nseal_key = "
		"s.key\nsalt_key = salt\n"
		"tsa_url = http://tsa.example\ntsa_ca = tsa.pem\nretain_years = 12\nsister_tax_ids "
		"= DSG190402DE2\n"
		"[entity br]\ncountry = br\ntax_id = 99.000.001/0001-01\nbase_url = replay:br\n"
		"[entity co]\ncountry = co\ntax_id = 9990000012\n";
	cla_auto_config struct cla_config *c = load(text, no_env);

	(void)state;
	assert_int_equal(c->count, 3);
	assert_string_equal(c->data_dir, "conf/data");
	const struct cla_entity *e = &c->entities[0];
	assert_string_equal(e->name, "Acme MX");
	assert_string_equal(e->slug, "acme-mx");
	assert_int_equal(e->country, CLA_COUNTRY_MX);
	assert_true(e->sandbox);
	assert_string_equal(e->tax_id, "DEM200115DE6");
	assert_string_equal(e->legal_name, "ACME SA DE CV");
	assert_string_equal(e->credentials, "conf/acme.json");
	assert_string_equal(e->client_cert, "/etc/acme.crt");
	assert_string_equal(e->client_key, "conf/acme.key");
	assert_string_equal(e->ca_file, "conf/ca.pem");
	assert_string_equal(e->base_url, "https://localhost:8443");
	assert_null(e->replay_dir);
	assert_string_equal(e->download_hosts[0], "localhost:8444");
	assert_string_equal(e->download_hosts[1], "*.s3.amazonaws.com");
	assert_null(e->download_hosts[2]);
	assert_int_equal(e->max_in_flight, 7);
	assert_int_equal(e->max_file_mib, 9);
	assert_int_equal(e->basis, CLA_BASIS_ACCOUNTING);
	assert_string_equal(e->seal_key, "conf/s.key");
	assert_string_equal(e->salt_key, "conf/salt");
	assert_string_equal(e->tsa_url, "http://tsa.example");
	assert_int_equal(e->retain_years, 12);
	/* named ones first, then the other entities */
	assert_string_equal(e->sisters[0], "DSG190402DE2");
	assert_string_equal(e->sisters[1], "99.000.001/0001-01");
	assert_string_equal(e->sisters[2], "9990000012");
	assert_null(e->sisters[3]);

	e = &c->entities[1];
	assert_false(e->sandbox);
	assert_string_equal(e->base_url, "replay");
	assert_string_equal(e->replay_dir, "conf/br");
	assert_null(e->download_hosts);
	assert_int_equal(e->max_in_flight, 64);
	assert_int_equal(e->max_file_mib, 512);
	assert_int_equal(e->basis, CLA_BASIS_OPERATION);
	assert_int_equal(e->retain_years, 11);
	e = &c->entities[2];
	assert_string_equal(e->base_url, "https://public-api.co.clara.com");
	assert_int_equal(e->retain_years, 10);
	assert_null(e->credentials);
}

static const char *home_env(const char *name)
{
	return strcmp(name, "HOME") ? NULL : "/home/ana";
}

static void config_expands_home(void **state)
{
	cla_auto_config struct cla_config *c =
		load("[defaults]\ndata_dir = ~\n" MX "credentials = ~/x.json\nsalt_key = ~x\n",
		     home_env);

	(void)state;
	assert_string_equal(c->data_dir, "/home/ana/");
	assert_string_equal(c->entities[0].credentials, "/home/ana/x.json");
	assert_string_equal(c->entities[0].salt_key, "conf/~x");
}

static const char *some_env(const char *name)
{
	static const char *const rows[][2] = {
		{ "CLARA_AUDIT_DATA_DIR", "here/data" },
		{ "CLARA_AUDIT_ACME_MX_BASE_URL", "replay:there" },
		{ "CLARA_AUDIT_ACME_MX_MAX_IN_FLIGHT", "3" },
		{ "CLARA_AUDIT_ACME_MX_CREDENTIALS", "own.json" },
	};

	for (size_t i = 0; i < CLA_LEN(rows); i++)
		if (!strcmp(name, rows[i][0]))
			return rows[i][1];
	return NULL;
}

static void config_environment_wins(void **state)
{
	cla_auto_config struct cla_config *c =
		load("[defaults]\ndata_dir = data\n" MX
		     "base_url = https://a.example\ncredentials = file.json\n",
		     some_env);

	(void)state;
	assert_string_equal(c->data_dir, "here/data");
	assert_string_equal(c->entities[0].base_url, "replay");
	assert_string_equal(c->entities[0].replay_dir, "there");
	assert_int_equal(c->entities[0].max_in_flight, 3);
	/* relative to the current folder, not to the file */
	assert_string_equal(c->entities[0].credentials, "own.json");
}

static const char *bad_env(const char *name)
{
	return strcmp(name, "CLARA_AUDIT_ACME_MX_RETAIN_YEARS") ? NULL : "many";
}

struct wrong {
	const char *text;
	const char *message; /* a part of it, with the place */
};

static void config_names_what_is_wrong(void **state)
{
	static const struct wrong rows[] = {
		{ "country = mx\n", "conf/config:1: 'country' stands before the first section" },
		{ "[defaults]\ncolour = red\n",
		  "conf/config:2: unknown key 'colour' in [defaults]" },
		{ "[defaults]\ncountry = mx\n",
		  "conf/config:2: unknown key 'country' in [defaults]" },
		{ MX "colour = red\n", "conf/config:4: unknown key 'colour' in [entity]" },
		{ MX "data_dir = x\n", "conf/config:4: unknown key 'data_dir'" },
		{ MX "country = br\n", "conf/config:4: second 'country', the first is in line 2" },
		{ MX "name =\n", "conf/config:4: 'name' has no value" },
		{ MX "name = \xff\n", "conf/config:4: value of 'name' is not UTF-8" },
		{ MX "just words\n", "conf/config:4: " },
		{ "[entities]\n", "conf/config:1: unknown section '[entities]'" },
		{ "[entity]\n", "conf/config:1: unknown section '[entity]'" },
		{ "[defaults x]\n", "conf/config:1: unknown section" },
		{ "[defaults]\n[defaults]\n",
		  "conf/config:2: second section [defaults], the first is in line 1" },
		{ MX "\n" MX, "conf/config:5: second entity 'acme-mx', the first is in line 1" },
		{ MX "[entity ACME.mx]\ncountry = mx\ntax_id = DEM200115DE6\n",
		  "conf/config:4: entities 'acme-mx' and 'ACME.mx' would share the file name "
		  "'acme-mx'" },
		{ "[entity aaaaaaaaaabbbbbbbbbbccccccccccddddddddddx]\n",
		  "conf/config:1: name of the entity over 40" },
		{ "[entity a]\ntax_id = DEM200115DE6\n",
		  "conf/config:1: entity 'a' has no country" },
		{ "\n[entity a]\ncountry = mx\n", "conf/config:2: entity 'a' has no tax_id" },
		{ "[entity a]\ncountry = ar\ntax_id = 1\n",
		  "conf/config:2: country is mx, br or co" },
		{ "[entity a]\ncountry = mx\ntax_id = 12345\n",
		  "conf/config:3: tax_id is not an RFC" },
		{ "[entity a]\ncountry = mx\ntax_id = ABCD010101ABCD\n",
		  "conf/config:3: tax_id is not an RFC" },
		{ "[entity a]\ncountry = br\ntax_id = 9900000100010\n",
		  "conf/config:3: tax_id is not a CNPJ" },
		{ "[entity a]\ncountry = co\ntax_id = 90037A\n",
		  "conf/config:3: tax_id is not a NIT" },
		{ MX "environment = test\n",
		  "conf/config:4: environment is production or sandbox" },
		{ MX "month_basis = booking\n",
		  "conf/config:4: month_basis is operation or accounting" },
		{ MX "max_in_flight = 0\n",
		  "conf/config:4: max_in_flight is a number from 1 to 1024" },
		{ MX "max_in_flight = 1025\n", "conf/config:4: max_in_flight" },
		{ MX "max_in_flight = -3\n", "conf/config:4: max_in_flight" },
		{ MX "max_file = 0\n", "conf/config:4: max_file is a number of MiB" },
		{ MX "max_file = 8192\n", "conf/config:4: max_file is a number of MiB" },
		{ MX "retain_years = 4\n", "conf/config:4: retain_years is a number from 5 to 30" },
		{ MX "retain_years = 31\n", "conf/config:4: retain_years" },
		{ MX "base_url = http://public-api.mx.clara.com\n",
		  "conf/config:4: base_url begins with https://" },
		{ MX "base_url = https://user@host\n", "conf/config:4: base_url is https://host" },
		{ MX "base_url = https://host/api\n", "conf/config:4: base_url is https://host" },
		{ MX "base_url = https://host:99999\n", "conf/config:4: base_url is https://host" },
		{ MX "base_url = https://\n", "conf/config:4: base_url is https://host" },
		{ MX "base_url = replay:\n", "conf/config:4: base_url names no folder" },
		{ MX "download_hosts = a.example,,b.example\n",
		  "conf/config:4: download_hosts is a comma list" },
		{ MX "download_hosts = https://a.example\n", "conf/config:4: download_hosts" },
		{ MX "download_hosts = a.*.example\n", "conf/config:4: download_hosts" },
		{ MX "sister_tax_ids = X\n", "conf/config:4: sister_tax_ids is a comma list" },
		{ MX "client_cert = a.crt\n",
		  "conf/config:1: entity 'acme-mx' has client_cert but no client_key" },
		{ MX "seal_cert = a.pem\n",
		  "conf/config:1: entity 'acme-mx' has seal_cert but no seal_key" },
		{ MX "seal_pass = fd:3\n",
		  "conf/config:1: entity 'acme-mx' has seal_pass but no seal_key" },
		{ MX "seal_key = a.key\nseal_pass = open:sesame\n",
		  "conf/config:5: seal_pass is file:PATH, fd:NUMBER or command:LINE, never the "
		  "passphrase itself" },
		{ MX "seal_key = a.key\nseal_pass = sesame\n",
		  "conf/config:5: seal_pass is file:" },
		{ MX "seal_key = a.key\nseal_pass = fd:2\n", "conf/config:5: seal_pass = fd:" },
		{ MX "seal_key = a.key\nseal_pass = command:\n",
		  "conf/config:5: seal_pass is file:" },
		{ MX "tsa_url = tsa.example\n", "conf/config:4: tsa_url begins with" },
		{ MX "credentials = ~/x\n", "conf/config:4: '~' is used, but HOME is not set" },
	};

	(void)state;
	for (size_t i = 0; i < CLA_LEN(rows); i++) {
		struct cla_config *c = NULL;
		struct cla_err err = CLA_ERR_INIT;

		if (cla_config_parse("conf/config", cla_str_from(rows[i].text), no_env, &c, &err))
			fail_msg("accepted: %s", rows[i].text);
		assert_null(c);
		assert_int_equal(err.code, CLA_ERR_CONFIG);
		if (strncmp(err.msg, rows[i].message, strlen(rows[i].message)) != 0)
			fail_msg("'%s' is not '%s'", err.msg, rows[i].message);
	}
	struct cla_config *c = NULL;
	struct cla_err err = CLA_ERR_INIT;
	assert_false(cla_config_parse("conf/config", cla_str_from(MX), bad_env, &c, &err));
	assert_non_null(
		strstr(err.msg, "environment CLARA_AUDIT_ACME_MX_RETAIN_YEARS: retain_years"));
}

static void config_only_warns_of_digits(void **state)
{
	cla_auto_config struct cla_config *c =
		load("[entity a]\ncountry = mx\ntax_id = ACM010101ABC\n[entity b]\ncountry = "
		     "co\ntax_id = 999000001-1\n"
		     "[entity c]\ncountry = co\ntax_id = 999000001-2\n",
		     no_env);

	(void)state;
	assert_int_equal(c->warning_count, 2);
	assert_non_null(strstr(c->warnings[0], "conf/config:3: "));
	assert_non_null(strstr(c->warnings[1], "conf/config:6: "));
}

static void config_same_company_is_no_sister(void **state)
{
	cla_auto_config struct cla_config *c =
		load(MX "[entity cards]\ncountry = mx\ntax_id = DEM-200115-DE6\n", no_env);

	(void)state;
	assert_null(c->entities[0].sisters[0]);
	assert_null(c->entities[1].sisters[0]);
}

static void slug_is_safe(void **state)
{
	static const char *const rows[][2] = {
		{ "acme-mx", "acme-mx" },
		{ "ACME S.A. de C.V.", "acme-s-a--de-c-v-" },
		{ "Ñandú", "--and--" },
		{ "012345678901234567890123456789ABC", "012345678901234567890123456789" },
		{ "", "" },
	};
	char slug[31];

	(void)state;
	for (size_t i = 0; i < CLA_LEN(rows); i++) {
		cla_config_slug(rows[i][0], slug);
		assert_string_equal(slug, rows[i][1]);
	}
}

/* ---- options
 * -------------------------------------------------------------------------------------------------------
 */

struct seen {
	int val[8];
	const char *arg[8];
	size_t count;
};

static bool note(void *ctx, int val, const char *arg)
{
	struct seen *s = ctx;

	assert_true(s->count < CLA_LEN(s->val));
	s->val[s->count] = val;
	s->arg[s->count++] = arg;
	return true;
}

static const struct cla_opt test_options[] = {
	{ "month", "YYYY-MM", CLA_OPT, { { "m", "m", "m" } } },
	{ "offline", NULL, CLA_OPT + 1, { { "o", "o", "o" } } },
	{ NULL, NULL, 0, { { NULL } } },
};
static const struct cla_command test_command = { .name = "bundle",
						 .usage = "bundle",
						 .options = test_options };

#define ARGV(...)                                                                                  \
	{                                                                                          \
		(char *)(uintptr_t) "x", __VA_ARGS__, NULL                                         \
	}
#define S(text) (char *)(uintptr_t)text

static void options_may_stand_anywhere(void **state)
{
	char *argv[] = ARGV(S("one"), S("--month=2024-11"), S("--entity"), S("a"), S("two"),
			    S("-q"), S("--offline"), S("--entity=b"), S("--json"), S("--lang"),
			    S("pt"), S("--"), S("--three"));
	struct cla_cli cli = plain_cli();
	struct seen seen = { .count = 0 };
	int first, status;

	(void)state;
	assert_true(cla_cli_parse(&cli, &test_command, note, &seen, (int)CLA_LEN(argv) - 1, argv,
				  &first, &status));
	assert_int_equal(seen.count, 2);
	assert_int_equal(seen.val[0], CLA_OPT);
	assert_string_equal(seen.arg[0], "2024-11");
	assert_int_equal(seen.val[1], CLA_OPT + 1);
	assert_true(cli.json && cli.quiet);
	assert_int_equal(cli.lang, CLA_LANG_PT);
	assert_int_equal(cli.entity_count, 2);
	assert_string_equal(cli.entities[0], "a");
	assert_string_equal(cli.entities[1], "b");
	assert_string_equal(argv[first], "one");
	assert_string_equal(argv[first + 1], "two");
	assert_string_equal(argv[first + 2], "--three");
	assert_null(argv[first + 3]);
	free(cli.entities);
}

static void globals_end_at_the_command(void **state)
{
	char *argv[] =
		ARGV(S("--json"), S("--config"), S("c"), S("bundle"), S("--month"), S("2024-11"));
	struct cla_cli cli = plain_cli();
	int first, status;

	(void)state;
	assert_true(cla_cli_parse_globals(&cli, (int)CLA_LEN(argv) - 1, argv, &first, &status));
	assert_int_equal(first, 4);
	assert_string_equal(cli.config_path, "c");
}

static void wrong_options_are_named(void **state)
{
	static const struct {
		const char *word, *message;
	} rows[] = {
		{ "--mnth=3", "unknown option '--mnth=3'; did you mean '--month'?" },
		{ "--offlin3", "did you mean '--offline'?" },
		{ "--jsno", "did you mean '--json'?" },
		{ "--zzzzzzzz", "unknown option '--zzzzzzzz'\n" },
		{ "--offline=yes", "option '--offline' takes no value" },
		{ "--quiet=1", "option '--quiet' takes no value" },
		{ "--month", "option '--month' needs a value" },
		{ "-x", "unknown option '-x'\n" },
		{ "-qx", "unknown option '-x'\n" },
		{ "--lang=fr", "--lang takes es, pt or en, not 'fr'" },
		{ "--e\033]0;x\007=1", "unknown option '--e\\x1b]0;x\\x07=1'" },
	};
	cla_auto_buf struct cla_buf out = CLA_BUF_INIT(65536);

	(void)state;
	for (size_t i = 0; i < CLA_LEN(rows); i++) {
		char *argv[] = ARGV(S(rows[i].word));
		struct cla_cli cli = plain_cli();
		struct seen seen = { .count = 0 };
		int first, status = -1;

		struct capture c = capture_begin(stderr);
		bool ok = cla_cli_parse(&cli, &test_command, note, &seen, 2, argv, &first, &status);
		const char *said = capture_end(&c, &out);
		assert_false(ok);
		assert_int_equal(status, CLA_EXIT_USAGE);
		if (!strstr(said, rows[i].message))
			fail_msg("'%s' does not say '%s'", said, rows[i].message);
	}
}

static void nearest_is_near(void **state)
{
	static const char *const names[] = {
		"bundle", "fetch", "validate", "verify", "list", NULL
	};
	static const char *const rows[][2] = {
		{ "bundel", "bundle" }, { "vaildate", "validate" }, { "verfy", "verify" },
		{ "lst", "list" },	{ "extract", NULL },	    { "xyz", NULL },
		{ "", NULL },
	};

	(void)state;
	for (size_t i = 0; i < CLA_LEN(rows); i++) {
		const char *found = cla_nearest(rows[i][0], names);

		if (!rows[i][1])
			assert_null(found);
		else
			assert_string_equal(found, rows[i][1]);
	}
}

static void months_are_checked(void **state)
{
	static const struct {
		const char *text;
		bool good;
	} rows[] = {
		{ "2024-11", true },   { "2024-12", true }, { "2025-01", false },
		{ "2024-13", false },  { "2024-1", false }, { "11-2024", false },
		{ "2024-11x", false }, { "", false },	    { "2000-01", true },
	};
	cla_auto_buf struct cla_buf out = CLA_BUF_INIT(65536);

	(void)state;
	for (size_t i = 0; i < CLA_LEN(rows); i++) {
		struct cla_cli cli = plain_cli();
		struct cla_month m;
		struct capture c = capture_begin(stderr);
		bool good = cla_cli_month(&cli, rows[i].text, &m);

		(void)capture_end(&c, &out);
		assert_int_equal(good, rows[i].good);
		assert_int_equal(out.len > 0, !rows[i].good);
	}
}

static void errors_are_objects_with_json(void **state)
{
	cla_auto_buf struct cla_buf out = CLA_BUF_INIT(65536);
	struct cla_cli cli = plain_cli();
	struct cla_err err = CLA_ERR_INIT;

	(void)state;
	cli.json = true;
	cla_err_set(&err, CLA_ERR_AUTH, "a \"b\"");
	struct capture c = capture_begin(stdout);
	assert_int_equal(cla_cli_fail(&cli, &err), CLA_EXIT_AUTH);
	assert_string_equal(
		capture_end(&c, &out),
		"{\"error\":{\"code\":\"AUTH\",\"message\":\"a \\\"b\\\"\",\"exit\":4}}\n");
	/* no failed step ends in 0, even when the error forgot to say what it is */
	err = (struct cla_err)CLA_ERR_INIT;
	c = capture_begin(stdout);
	int status = cla_cli_fail(&cli, &err);
	(void)capture_end(&c, &out);
	assert_int_equal(status, CLA_EXIT_IO);
}

/* ---- text from outside
 * --------------------------------------------------------------------------------------------- */

static void outside_text_obeys_nothing(void **state)
{
	static const char *const rows[][2] = {
		{ "plain text", "plain text" },
		{ "Ñandú — “x”", "Ñandú — “x”" },
		{ "a\033[31mb", "a\\x1b[31mb" },
		{ "a\nb\tc\r", "a\\x0ab\\x09c\\x0d" },
		{ "\x7f", "\\x7f" },
		{ "a\xc2\x9b"
		  "31m",
		  "a\\u009b31m" },
		{ "gpj\u202efdp", "gpj\\u202efdp" },
		{ "\u2066x\u2069\u200f", "\\u2066x\\u2069\\u200f" },
		{ "\xff\xc3", "\\xff\\xc3" },
		{ "\xc0\x80", "\\xc0\\x80" },
		{ "\xed\xa0\x80", "\\xed\\xa0\\x80" },
		{ "𝄞", "𝄞" },
	};

	(void)state;
	for (size_t i = 0; i < CLA_LEN(rows); i++) {
		cla_auto_buf struct cla_buf out = CLA_BUF_INIT(1024);

		cla_text_safe(&out, cla_str_from(rows[i][0]));
		assert_string_equal(cla_buf_cstr(&out), rows[i][1]);
	}
}

static void json_lines_are_safe_too(void **state)
{
	cla_auto_buf struct cla_buf out = CLA_BUF_INIT(1024);

	(void)state;
	cla_text_json(&out, CLA_STR("{\"a\":\"\x7f\xc2\x9b…\u202e\"}"));
	assert_string_equal(cla_buf_cstr(&out), "{\"a\":\"\\u007f\\u009b…\\u202e\"}");
}

static void shown_text_is_cut_between_characters(void **state)
{
	char out[CLA_SHOWN], long_text[4 * CLA_SHOWN];

	(void)state;
	assert_string_equal(cla_shown(CLA_STR("ñandú"), 5, out), "ñandú");
	assert_string_equal(cla_shown(CLA_STR("ñandú"), 4, out), "ñan…");
	assert_string_equal(cla_shown(CLA_STR_NONE, 4, out), "");
	for (size_t i = 0; i < sizeof(long_text); i += 2)
		memcpy(long_text + i, "ñ", 2);
	cla_shown((struct cla_str){ long_text, sizeof(long_text) }, 0, out);
	assert_true(strlen(out) < CLA_SHOWN && strlen(out) > CLA_SHOWN - 8);
	assert_true(cla_utf8_valid(cla_str_from(out), NULL));
	assert_string_equal(cla_column(CLA_STR("ñu"), 4, out), "ñu  ");
	assert_string_equal(cla_column(CLA_STR("ñandú"), 3, out), "ñ"
								  "a…");
}

static void printed_text_is_safe(void **state)
{
	cla_auto_buf struct cla_buf out = CLA_BUF_INIT(65536);
	struct capture c = capture_begin(stdout);

	(void)state;
	cla_cli_print("a\n\tb%s\n", "\033[2J");
	assert_string_equal(capture_end(&c, &out), "a\n\tb\\x1b[2J\n");
}

/* ---- messages
 * ------------------------------------------------------------------------------------------------------
 */

/* The conversions of a format, one after another. */
static void conversions(const char *format, struct cla_buf *out)
{
	for (const char *p = format; *p; p++) {
		if (*p != '%')
			continue;
		size_t len = 1 + strcspn(p + 1, "dsuxc%") + 1;

		if (p[1] != '%')
			cla_buf_add(out, (struct cla_str){ p, len });
		p += len - 1;
	}
}

static void check_literal(const char *file, const char *english)
{
	cla_auto_buf struct cla_buf due = CLA_BUF_INIT(1024);

	conversions(english, &due);
	for (int lang = CLA_LANG_ES; lang < CLA_LANG_COUNT; lang++) {
		cla_auto_buf struct cla_buf found = CLA_BUF_INIT(1024);
		const char *text = cla_tr_in((enum cla_lang)lang, english);

		/* cla_tr() hands back its argument when it has no row */
		if (text == english)
			fail_msg("%s: no translation of \"%s\"", file, english);
		conversions(text, &found);
		assert_string_equal(cla_buf_cstr(&found), cla_buf_cstr(&due));
		/* a line that ends or not does so in every language */
		assert_int_equal(cla_str_ends(cla_str_from(text), "\n"),
				 cla_str_ends(cla_str_from(english), "\n"));
	}
}

/* Reads the C literals that stand at `s` one after another; false when there is none. */
static bool read_literal(struct cla_str s, struct cla_buf *out)
{
	size_t i = 0;
	bool any = false;

	for (;;) {
		while (i < s.len && strchr(" \t\n", s.ptr[i]))
			i++;
		if (i >= s.len || s.ptr[i] != '"')
			return any;
		any = true;
		for (i++; i < s.len && s.ptr[i] != '"'; i++) {
			char c = s.ptr[i];

			if (c == '\\') {
				c = s.ptr[++i];
				c = c == 'n' ? '\n' : c == 't' ? '\t' : c;
			}
			cla_buf_byte(out, c);
		}
		i++;
	}
}

struct scan {
	size_t literals;
};

static bool scan_source(void *ctx, const char *path, struct cla_err *err)
{
	cla_auto_buf struct cla_buf text = CLA_BUF_INIT(1 << 20);
	struct scan *scan = ctx;
	const char *at;

	if (!cla_str_ends(cla_str_from(path), ".c") || cla_str_ends(cla_str_from(path), "_test.c"))
		return true;
	if (!cla_file_read(path, &text, err))
		return false;
	for (at = cla_buf_cstr(&text); (at = strstr(at, "cla_tr(")); at += 7) {
		cla_auto_buf struct cla_buf literal = CLA_BUF_INIT(4096);
		const char *quote = strchr(at, '"'), *end = strchr(at, ';'),
			   *brace = strchr(at, '{');

		/* its declaration and definition hold no literal */
		if (!quote || (end && end < quote) || (brace && brace < quote))
			continue;
		assert_true(read_literal(cla_str_from(quote), &literal));
		check_literal(path, cla_buf_cstr(&literal));
		scan->literals++;
	}
	return true;
}

static const char *source(const char *name, struct cla_buf *out)
{
	const char *srcdir = getenv("srcdir");

	cla_buf_reset(out);
	assert_true(cla_path_join(out, srcdir ? srcdir : ".", name, NULL));
	return cla_buf_cstr(out);
}

static void every_message_is_translated(void **state)
{
	cla_auto_buf struct cla_buf path = CLA_BUF_INIT(4096);
	struct cla_err err = CLA_ERR_INIT;
	struct scan scan = { 0 };

	(void)state;
	if (!cla_path_walk(source("src/cli", &path), scan_source, &scan, &err))
		fail_msg("%s", err.msg);
	assert_true(scan.literals > 100);
}

static void check_text(const char *what, const struct cla_text *text)
{
	for (int lang = 0; lang < CLA_LANG_COUNT; lang++)
		if (!text->in[lang] || !*text->in[lang])
			fail_msg("%s lacks a language", what);
}

static void every_table_has_three_languages(void **state)
{
	(void)state;
	for (size_t i = 0; cla_commands[i]; i++) {
		const struct cla_command *c = cla_commands[i];

		check_text(c->name, &c->text);
		assert_ptr_equal(cla_command_find(cla_str_from(c->name)), c);
		assert_true(cla_str_starts(cla_str_from(c->usage), c->name));
		for (const struct cla_opt *o = c->options; o && o->name; o++) {
			char option[64];

			check_text(o->name, &o->text);
			(void)snprintf(option, sizeof(option), "--%s", o->name);
			if (!strstr(c->usage, option))
				fail_msg("the usage of %s lacks %s", c->name, option);
		}
	}
	for (size_t i = 0; cla_exit_rows[i].text.in[0]; i++)
		check_text("exit status", &cla_exit_rows[i].text);
}

/* ---- exit statuses, help, man page
 * --------------------------------------------------------------------------------- */

static const struct cla_exit_row *exit_row(int status)
{
	for (size_t i = 0; cla_exit_rows[i].text.in[0]; i++)
		if (cla_exit_rows[i].status == status)
			return &cla_exit_rows[i];
	return NULL;
}

static void worst_exit_wins(void **state)
{
	static const int order[] = { 130, 6, 5, 4, 7, 8, 2, 3, 1, 0 };

	(void)state;
	for (size_t i = 0; i < CLA_LEN(order); i++) {
		for (size_t j = i; j < CLA_LEN(order); j++) {
			assert_int_equal(cla_exit_worst(order[i], order[j]), order[i]);
			assert_int_equal(cla_exit_worst(order[j], order[i]), order[i]);
		}
	}
}

static void every_error_has_a_known_exit(void **state)
{
	(void)state;
#define X(name, status, text)                                                                      \
	assert_non_null(exit_row(cla_err_exit(CLA_ERR_##name)));                                   \
	assert_int_equal(cla_err_exit(CLA_ERR_##name), status);
	CLA_ERR_LIST(X)
#undef X
	assert_int_equal(cla_checking_exit(CLA_VERIFY_PASS), 0);
	assert_int_equal(cla_checking_exit(CLA_VERIFY_UNKNOWN), 1);
	assert_int_equal(cla_checking_exit(CLA_VERIFY_NOT_BUNDLE), 2);
	assert_int_equal(cla_checking_exit(CLA_VERIFY_FAIL), 5);
}

static void expect_in_page(const char *page, const char *text)
{
	if (!strstr(page, text))
		fail_msg("the man page lacks \"%s\"", text);
}

static void man_page_agrees(void **state)
{
	static const char *const globals[] = { "config", "data-dir", "entity", "json",	 "lang",
					       "quiet",	 "verbose",  "help",   "version" };
	cla_auto_buf struct cla_buf path = CLA_BUF_INIT(4096), page = CLA_BUF_INIT(1 << 20),
				    text = CLA_BUF_INIT(4096);

	(void)state;
	assert_true(cla_file_read(source("docs/man/clara-audit.1", &path), &page, NULL));
	for (size_t i = 0; cla_exit_rows[i].text.in[0]; i++) {
		cla_buf_reset(&text);
		cla_buf_addf(&text, "\n.It %d\n%s\n", cla_exit_rows[i].status,
			     cla_exit_rows[i].text.in[CLA_LANG_EN]);
		expect_in_page(cla_buf_cstr(&page), cla_buf_cstr(&text));
	}
	for (size_t i = 0; cla_commands[i]; i++) {
		cla_buf_reset(&text);
		cla_buf_addf(&text, "\n.Ss %s\n", cla_commands[i]->name);
		expect_in_page(cla_buf_cstr(&page), cla_buf_cstr(&text));
		for (const struct cla_opt *o = cla_commands[i]->options; o && o->name; o++) {
			cla_buf_reset(&text);
			cla_buf_addf(&text, "Fl -%s%s%s", o->name, o->arg ? " " : "\n", "");
			expect_in_page(cla_buf_cstr(&page), cla_buf_cstr(&text));
		}
	}
	for (size_t i = 0; i < CLA_LEN(globals); i++) {
		cla_buf_reset(&text);
		cla_buf_addf(&text, "Fl -%s", globals[i]);
		expect_in_page(cla_buf_cstr(&page), cla_buf_cstr(&text));
	}
}

static void check_width(const char *what, struct cla_str text)
{
	struct cla_str line;

	while (text.len) {
		cla_str_cut(text, '\n', &line, &text);
		if (cla_utf8_count(line) > 80)
			fail_msg("%s: over 80 columns: " CLA_STR_FMT, what, CLA_STR_ARG(line));
	}
}

static void help_fits_a_terminal(void **state)
{
	cla_auto_buf struct cla_buf out = CLA_BUF_INIT(65536);
	struct cla_cli cli = plain_cli();

	(void)state;
	for (int lang = 0; lang < CLA_LANG_COUNT; lang++) {
		cli.lang = (enum cla_lang)lang;
		struct capture c = capture_begin(stdout);
		cla_help_general(&cli);
		capture_end(&c, &out);
		check_width("help", cla_buf_str(&out));
		for (size_t i = 0; cla_commands[i]; i++) {
			assert_non_null(strstr(cla_buf_cstr(&out), cla_commands[i]->name));
			cla_auto_buf struct cla_buf own = CLA_BUF_INIT(65536);
			c = capture_begin(stdout);
			cla_help_command(&cli, cla_commands[i]);
			capture_end(&c, &own);
			check_width(cla_commands[i]->name, cla_buf_str(&own));
			for (const struct cla_opt *o = cla_commands[i]->options; o && o->name; o++)
				assert_non_null(strstr(cla_buf_cstr(&own), o->name));
		}
	}
}

/* ---- entities chosen
 * -----------------------------------------------------------------------------------------------
 */

static void chosen_entities_keep_the_files_order(void **state)
{
	static const char *names[] = { "c", "a" };
	static const char *unknown[] = { "d" };
	cla_auto_config struct cla_config *config =
		load("[entity a]\ncountry = co\ntax_id = 900373115-0\n[entity b]\ncountry = "
		     "co\ntax_id = 900373115-0\n"
		     "[entity c]\ncountry = co\ntax_id = 900373115-0\n",
		     no_env);
	const struct cla_entity *const *chosen;
	struct cla_cli cli = plain_cli();
	struct cla_err err = CLA_ERR_INIT;
	size_t count;

	(void)state;
	cli.config = config;
	assert_true(cla_cli_chosen(&cli, &chosen, &count, &err));
	assert_int_equal(count, 3);
	cli.entities = names;
	cli.entity_count = 2;
	assert_true(cla_cli_chosen(&cli, &chosen, &count, &err));
	assert_int_equal(count, 2);
	assert_string_equal(chosen[0]->name, "a");
	assert_string_equal(chosen[1]->name, "c");
	cli.entities = unknown;
	cli.entity_count = 1;
	assert_false(cla_cli_chosen(&cli, &chosen, &count, &err));
	assert_int_equal(err.code, CLA_ERR_USAGE);
	assert_non_null(strstr(err.msg, "'d'"));
	assert_non_null(strstr(err.msg, "a, b, c"));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(config_reads_every_key),
		cmocka_unit_test(config_expands_home),
		cmocka_unit_test(config_environment_wins),
		cmocka_unit_test(config_names_what_is_wrong),
		cmocka_unit_test(config_only_warns_of_digits),
		cmocka_unit_test(config_same_company_is_no_sister),
		cmocka_unit_test(slug_is_safe),
		cmocka_unit_test(options_may_stand_anywhere),
		cmocka_unit_test(globals_end_at_the_command),
		cmocka_unit_test(wrong_options_are_named),
		cmocka_unit_test(nearest_is_near),
		cmocka_unit_test(months_are_checked),
		cmocka_unit_test(errors_are_objects_with_json),
		cmocka_unit_test(outside_text_obeys_nothing),
		cmocka_unit_test(json_lines_are_safe_too),
		cmocka_unit_test(shown_text_is_cut_between_characters),
		cmocka_unit_test(printed_text_is_safe),
		cmocka_unit_test(every_message_is_translated),
		cmocka_unit_test(every_table_has_three_languages),
		cmocka_unit_test(worst_exit_wins),
		cmocka_unit_test(every_error_has_a_known_exit),
		cmocka_unit_test(man_page_agrees),
		cmocka_unit_test(help_fits_a_terminal),
		cmocka_unit_test(chosen_entities_keep_the_files_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
