/* clara-audit doctor: checks the set-up line by line and names the fix. */
#include "cli/config.h"

#include "base/file.h"
#include "cli/health.h"
#include "cli/judging.h"
#include "cli/keys.h"
#include "cli/rebuild.h"
#include "crypto/cert.h"
#include "xml/schema.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define CATALOG_DAYS 180
#define SEAL_DAYS 60	    /* before its end, a warning */
#define PLENTY (1ull << 30) /* bytes free, below which a warning */

enum { OPT_OFFLINE = CLA_OPT, OPT_REBUILD };

static const struct cla_opt options[] = {
	{ "offline",
	  NULL,
	  OPT_OFFLINE,
	  { { "leave out what needs the network", "omitir lo que requiere la red",
	      "omitir o que requer a rede" } } },
	{ "rebuild",
	  NULL,
	  OPT_REBUILD,
	  { { "make the catalogue again from journal, objects and bundles, and check the logs",
	      "rehacer el catálogo con bitácora, objetos y paquetes, y verificar los registros",
	      "refazer o catálogo com diário, objetos e pacotes, e verificar os registros" } } },
	{ NULL, NULL, 0, { { NULL } } },
};

struct doctor {
	struct cla_cli *cli;
	struct cla_health_page page;
	bool offline, rebuild;
	const char *data_dir;
};

static bool take(void *ctx, int val, const char *arg)
{
	struct doctor *d = ctx;

	(void)arg;
	*(val == OPT_REBUILD ? &d->rebuild : &d->offline) = true;
	return true;
}

static void line(struct doctor *d, const char *id, enum cla_health h, const char *what,
		 const char *fix)
{
	cla_health_say(&d->page, h, id, what, fix);
}

static void linef(struct doctor *d, const char *id, enum cla_health h, const char *fix,
		  const char *fmt, ...) CLA_PRINTF(5, 6);
static void linef(struct doctor *d, const char *id, enum cla_health h, const char *fix,
		  const char *fmt, ...)
{
	char what[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	line(d, id, h, what, fix);
}

/* ---- the checks
 * ---------------------------------------------------------------------------------------------------
 */

static void check_clock(struct doctor *d)
{
	struct cla_time now = cla_cli_now(d->cli);
	char text[CLA_TIME_TEXT];

	/* Before the year this was written in, or beyond any certificate: certificates and tokens
	 * would be refused. */
	if (now.sec < 1767225600 || now.sec > 4102444800)
		linef(d, "local-clock", CLA_HEALTH_FAIL,
		      cla_tr(d->cli, "set the clock of this machine"),
		      cla_tr(d->cli, "the clock says %s"), cla_time_format(now, text));
	else
		linef(d, "local-clock", CLA_HEALTH_OK, NULL, cla_tr(d->cli, "the clock says %s"),
		      cla_time_format(now, text));
}

static const struct cla_config *check_config(struct doctor *d)
{
	struct cla_err err = CLA_ERR_INIT;
	const struct cla_config *config = cla_cli_config(d->cli, &err);

	if (!config) {
		line(d, "configuration", CLA_HEALTH_FAIL, err.msg,
		     cla_tr(d->cli, "mend that line, or start with: clara-audit init"));
		return NULL;
	}
	linef(d, "configuration", CLA_HEALTH_OK, NULL,
	      cla_tr(d->cli, "configuration '%s' is readable"), config->path);
	if (!config->count)
		line(d, "configuration", CLA_HEALTH_FAIL, cla_tr(d->cli, "no entity is configured"),
		     cla_tr(d->cli,
			    "add a section [entity NAME] with country, tax_id and credentials"));
	else
		linef(d, "configuration", CLA_HEALTH_OK, NULL,
		      cla_tr(d->cli, "entities configured: %llu"),
		      (unsigned long long)config->count);
	for (size_t i = 0; i < config->warning_count; i++)
		line(d, "configuration", CLA_HEALTH_WARN, config->warnings[i],
		     cla_tr(d->cli, "compare it with the tax document"));
	return config;
}

/* The nearest folder above that is there: where space would be used. */
static bool existing_parent(const char *dir, struct cla_buf *out)
{
	cla_buf_addc(out, dir);
	while (cla_buf_ok(out, NULL) && out->len && !cla_path_exists(cla_buf_cstr(out))) {
		char *slash = strrchr(out->ptr, '/');

		if (!slash) {
			cla_buf_reset(out);
			cla_buf_addc(out, ".");
			break;
		}
		out->len = slash == out->ptr ? 1 : (size_t)(slash - out->ptr);
		out->ptr[out->len] = '\0';
	}
	return cla_buf_ok(out, NULL);
}

static void check_space(struct doctor *d, const char *dir)
{
	struct statvfs fs;

	if (statvfs(dir, &fs)) {
		linef(d, "disk", CLA_HEALTH_WARN, NULL,
		      cla_tr(d->cli, "free space of '%s' is not known"), dir);
		return;
	}
	unsigned long long avail = (unsigned long long)fs.f_bavail * fs.f_frsize;
	linef(d, "disk", avail < PLENTY ? CLA_HEALTH_WARN : CLA_HEALTH_OK,
	      avail < PLENTY ? cla_tr(d->cli, "free some space, or choose another data_dir") : NULL,
	      cla_tr(d->cli, "%llu MiB are free for the data directory"), avail >> 20);
}

static void check_data_dir(struct doctor *d)
{
	cla_auto_buf struct cla_buf near = CLA_BUF_INIT(8192);
	bool there = cla_path_exists(d->data_dir);

	if (!existing_parent(d->data_dir, &near))
		return;
	if (there && !cla_path_is_dir(d->data_dir))
		linef(d, "data-dir", CLA_HEALTH_FAIL, cla_tr(d->cli, "choose another data_dir"),
		      cla_tr(d->cli, "data directory '%s' is not a folder"), d->data_dir);
	else if (access(cla_buf_cstr(&near), W_OK | X_OK))
		linef(d, "data-dir", CLA_HEALTH_FAIL,
		      cla_tr(d->cli,
			     "give this user the right to write there, or choose another data_dir"),
		      cla_tr(d->cli, "'%s' cannot be written"), cla_buf_cstr(&near));
	else if (there)
		linef(d, "data-dir", CLA_HEALTH_OK, NULL,
		      cla_tr(d->cli, "data directory '%s' can be written"), d->data_dir);
	else
		linef(d, "data-dir", CLA_HEALTH_OK, NULL,
		      cla_tr(d->cli, "data directory '%s' will be made at first need"),
		      d->data_dir);
	check_space(d, cla_buf_cstr(&near));
}

struct keys {
	struct doctor *doctor;
	unsigned bad;
};

static bool check_key(void *ctx, const char *path, struct cla_err *err)
{
	struct keys *k = ctx;
	struct stat st;
	char fix[1024];

	(void)err;
	bool secret = cla_str_ends(cla_str_from(path), ".key");
	if (!secret || (!stat(path, &st) && !(st.st_mode & 077)))
		return true;
	k->bad++;
	snprintf(fix, sizeof(fix), "chmod 600 '%s'", path);
	linef(k->doctor, "keys", CLA_HEALTH_FAIL, fix,
	      cla_tr(k->doctor->cli, "key '%s' can be read by others"), path);
	return true;
}

static void check_keys(struct doctor *d)
{
	cla_auto_buf struct cla_buf dir = CLA_BUF_INIT(8192);
	struct keys k = { .doctor = d };

	if (!cla_path_join(&dir, d->data_dir, "keys", NULL) ||
	    !cla_path_is_dir(cla_buf_cstr(&dir)) ||
	    !cla_path_walk(cla_buf_cstr(&dir), check_key, &k, NULL)) {
		line(d, "keys", CLA_HEALTH_SKIPPED,
		     cla_tr(d->cli, "sealing key: made at first need"), NULL);
		return;
	}
	if (!k.bad)
		line(d, "keys", CLA_HEALTH_OK,
		     cla_tr(d->cli, "keys are readable by this user only"), NULL);
}

/* ---- what bundles are sealed with ---- */

static void tell_seal(struct doctor *d, struct cla_str pem)
{
	cla_auto_cert struct cla_cert *cert = NULL;
	struct cla_time now = cla_cli_now(d->cli);
	char day[CLA_TIME_TEXT], kind[CLA_CERT_KEY];

	if (!cla_cert_decode_pem(pem, &cert, NULL))
		return; /* a run names it, or mends it */
	int64_t left = cla_cert_not_after(cert).sec - now.sec;
	cla_time_format(cla_cert_not_after(cert), day);
	if (left < 0)
		linef(d, "seal", CLA_HEALTH_FAIL,
		      cla_tr(d->cli, "a new pair: clara-audit seal rotate, "
				     "or another seal_key and seal_cert"),
		      cla_tr(d->cli, "the sealing certificate ended on %.10s"), day);
	else if (left < SEAL_DAYS * 86400)
		linef(d, "seal", CLA_HEALTH_WARN,
		      cla_tr(d->cli, "a new pair: clara-audit seal rotate, "
				     "or another seal_key and seal_cert"),
		      cla_tr(d->cli, "the sealing certificate ends on %.10s"), day);
	else
		linef(d, "seal", CLA_HEALTH_OK, NULL,
		      cla_tr(d->cli, "sealing certificate (%s) valid until %.10s"),
		      cla_cert_key(cert, kind), day);
}

/* That of the data directory, where there is one. */
static void check_own_seal(struct doctor *d)
{
	cla_auto_buf struct cla_buf path = CLA_BUF_INIT(8192), pem = CLA_BUF_INIT(1 << 20);

	if (cla_path_join(&path, d->data_dir, "keys/seal.pem", NULL) &&
	    cla_file_read(cla_buf_cstr(&path), &pem, NULL))
		tell_seal(d, cla_buf_str(&pem));
}

static void check_entity_seal(struct doctor *d, const struct cla_entity *entity)
{
	cla_auto_buf struct cla_buf pem = CLA_BUF_INIT(1 << 20);
	cla_auto_seal struct cla_seal *seal = NULL;
	struct cla_err err = CLA_ERR_INIT;

	if (!entity->seal_key)
		return;
	if (cla_key_seal(NULL, entity, cla_cli_now(d->cli), &seal, &pem, &err))
		tell_seal(d, cla_buf_str(&pem));
	else
		line(d, "seal", CLA_HEALTH_FAIL, err.msg,
		     cla_tr(d->cli, "mend seal_key, seal_cert or seal_pass"));
}

/* Each schema is compiled by validating a document that none of them accepts. */
static void check_schemas(struct doctor *d)
{
	cla_auto_schemas struct cla_schemas *set = NULL;
	cla_auto_xml struct cla_xml_doc *doc = NULL;
	struct cla_xml_problem problem;
	struct cla_err err = CLA_ERR_INIT;
	bool well_formed = false, tolerated, valid;
	struct cla_embedded file;
	unsigned count = 0;

	if (!cla_schemas_new(&set, &err) ||
	    !cla_xml_parse(CLA_STR("<x/>"), &doc, &well_formed, &problem, &tolerated, &err)) {
		line(d, "schemas", CLA_HEALTH_FAIL, err.msg, NULL);
		return;
	}
	for (size_t i = 0; cla_embedded_at(i, &file); i++) {
		if (!cla_str_ends(cla_str_from(file.name), ".xsd"))
			continue;
		if (!cla_schema_validate(set, file.name, cla_xml_root(doc), NULL, 0, NULL, NULL,
					 &valid, &err)) {
			linef(d, "schemas", CLA_HEALTH_FAIL,
			      cla_tr(d->cli, "install the program again"), "%s: %s", file.name,
			      err.msg);
			return;
		}
		count++;
	}
	linef(d, "schemas", count ? CLA_HEALTH_OK : CLA_HEALTH_FAIL,
	      count ? NULL : cla_tr(d->cli, "install the program again"),
	      cla_tr(d->cli, "%u schemas compile"), count);
}

static void check_rules(struct doctor *d)
{
	cla_auto_buf struct cla_buf rules = CLA_BUF_INIT(64 * 1024 * 1024);
	struct cla_err err = CLA_ERR_INIT;
	char hex[CLA_DIGEST_HEX];
	struct cla_digest id;

	if (!cla_rules_json(&rules, &err) || !cla_digest_of(cla_buf_str(&rules), &id, &err))
		line(d, "rules", CLA_HEALTH_FAIL, err.msg, NULL);
	else
		linef(d, "rules", CLA_HEALTH_OK, NULL, cla_tr(d->cli, "rule pack %s"),
		      cla_digest_hex(&id, hex));
}

/* What was a valid code last year may be none today: the oldest of the dated lists counts. */
static void check_catalogs(struct doctor *d)
{
	struct cla_str rest = cla_embedded_find("catalog-dates.tsv"), row, oldest = CLA_STR_NONE;
	char text[CLA_TIME_TEXT];
	struct cla_date date;

	while (rest.len) {
		cla_str_cut(rest, '\n', &row, &rest);
		struct cla_str day = cla_table_column(row, 1);
		if (cla_str_absent(oldest) || cla_str_cmp(day, oldest) < 0)
			oldest = day;
	}
	if (!cla_date_parse(oldest, &date)) {
		line(d, "catalogs", CLA_HEALTH_FAIL,
		     cla_tr(d->cli, "the age of the code lists is not known"),
		     cla_tr(d->cli, "install the program again"));
		return;
	}
	bool old = cla_cli_now(d->cli).sec / 86400 - cla_date_to_days(date) > CATALOG_DAYS;
	linef(d, "catalogs", old ? CLA_HEALTH_WARN : CLA_HEALTH_OK,
	      old ? cla_tr(d->cli, "install a newer version of this program") : NULL,
	      cla_tr(d->cli, "code lists of the tax authorities: as of %s"),
	      cla_date_format(date, text));
}

static void check_certs(struct doctor *d)
{
	struct cla_judge_opts opts = { .now = cla_cli_now(d->cli) };
	cla_auto_buf struct cla_buf dir = CLA_BUF_INIT(8192);
	cla_auto_judge struct cla_judge *judge = NULL;
	struct cla_err err = CLA_ERR_INIT;
	size_t count = 0;

	if (!cla_path_join(&dir, d->data_dir, "certs", &err) ||
	    !cla_judge_new(&opts, &judge, &err) ||
	    (cla_path_is_dir(cla_buf_cstr(&dir)) &&
	     !cla_judging_certs(d->cli, judge, cla_buf_cstr(&dir), &count, &err)))
		line(d, "certs", CLA_HEALTH_FAIL, err.msg, NULL);
	else if (count)
		linef(d, "certs", CLA_HEALTH_OK, NULL,
		      cla_tr(d->cli, "certificates known for stamps: %llu"),
		      (unsigned long long)count);
	else
		linef(d, "certs", CLA_HEALTH_WARN,
		      cla_tr(d->cli, "import those of SAT and the stamping providers: clara-audit "
				     "certs import DIR"),
		      cla_tr(d->cli, "no certificates in '%s': stamps of CFDI stay unknown"),
		      cla_buf_cstr(&dir));
}

static bool check_entity(struct doctor *d, const struct cla_entity *entity)
{
	struct cla_err err = CLA_ERR_INIT;

	d->page.entity = entity->name;
	check_entity_seal(d, entity);
	bool files = cla_check_files(&d->cli->ctx, entity, cla_health_check, &d->page);
	if (files && (!d->offline || entity->replay_dir))
		(void)cla_check_network(&d->cli->ctx, entity, cla_cli_proxied(), cla_health_check,
					&d->page, &err);
	else
		cla_check_no_network(cla_health_check, &d->page);
	d->page.entity = NULL;
	return err.code != CLA_ERR_INTERRUPTED;
}

static int doctor(struct cla_cli *cli, int argc, char **argv)
{
	cla_auto_buf struct cla_buf dir = CLA_BUF_INIT(8192);
	struct doctor d = { .cli = cli, .page = { .cli = cli } };
	const struct cla_entity *const *chosen;
	struct cla_err err = CLA_ERR_INIT;
	int first, status;
	size_t count;

	if (!cla_cli_parse(cli, &cla_cmd_doctor, take, &d, argc, argv, &first, &status))
		return status;
	if (first < argc)
		return cla_cli_usage(cli, cla_tr(cli, "doctor takes no operands"));
	if (d.rebuild)
		return cla_rebuild(cli);
	check_clock(&d);
	const struct cla_config *config = check_config(&d);
	check_schemas(&d);
	check_rules(&d);
	check_catalogs(&d);
	if (!config)
		return d.page.status;
	if (!cla_cli_data_dir(cli, &dir, &err))
		return cla_cli_fail(cli, &err);
	d.data_dir = cla_buf_cstr(&dir);
	check_data_dir(&d);
	check_keys(&d);
	check_own_seal(&d);
	check_certs(&d);
	if (!config->count)
		return d.page.status;
	if (!cla_cli_chosen(cli, &chosen, &count, &err))
		return cla_cli_fail(cli, &err);
	for (size_t i = 0; i < count; i++)
		if (!check_entity(&d, chosen[i]))
			return CLA_EXIT_INTERRUPTED;
	return d.page.status;
}

const struct cla_command cla_cmd_doctor = {
	.name = "doctor",
	.usage = "doctor [--offline] [--rebuild]",
	.text = { { "check the set-up, with the fix named",
		    "revisar la instalación e indicar la solución",
		    "verificar a instalação e indicar a solução" } },
	.options = options,
	.net = true,
	.run = doctor,
};
