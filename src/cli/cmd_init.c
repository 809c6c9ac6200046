/* clara-audit init: writes a commented configuration, and never over one that is there; from the
 * folder downloaded from Clara only when its locks can be opened. */
#include "cli/config.h"

#include "base/file.h"
#include "clara/folder.h"
#include "cli/health.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MAX 16384

enum {
	OPT_COUNTRY = CLA_OPT,
	OPT_NAME,
	OPT_TAX_ID,
	OPT_CREDENTIALS,
	OPT_FROM_DIR,
	OPT_SANDBOX,
	OPT_OFFLINE
};

static const struct cla_opt options[] = {
	{ "country",
	  "mx|br|co",
	  OPT_COUNTRY,
	  { { "country of the company", "país de la empresa", "país da empresa" } } },
	{ "name",
	  "TEXT",
	  OPT_NAME,
	  { { "its legal name", "su razón social", "sua razão social" } } },
	{ "tax-id",
	  "ID",
	  OPT_TAX_ID,
	  { { "its RFC, CNPJ or NIT", "su RFC, CNPJ o NIT", "seu RFC, CNPJ ou NIT" } } },
	{ "credentials",
	  "FILE",
	  OPT_CREDENTIALS,
	  { { "the JSON file downloaded from Clara", "el archivo JSON descargado de Clara",
	      "o arquivo JSON baixado da Clara" } } },
	{ "from-dir",
	  "DIR",
	  OPT_FROM_DIR,
	  { { "the folder downloaded from Clara: find and try what is in it",
	      "la carpeta descargada de Clara: hallar y probar lo que contiene",
	      "a pasta baixada da Clara: achar e testar o que contém" } } },
	{ "offline",
	  NULL,
	  OPT_OFFLINE,
	  { { "do not ask the server for a token and a row",
	      "no pedir al servidor un token y una fila",
	      "não pedir ao servidor um token e uma linha" } } },
	{ "sandbox",
	  NULL,
	  OPT_SANDBOX,
	  { { "Clara's test environment", "el ambiente de pruebas de Clara",
	      "o ambiente de testes da Clara" } } },
	{ NULL, NULL, 0, { { NULL } } },
};

struct init {
	const char *country, *name, *tax_id, *credentials, *from_dir;
	const char *client_cert, *client_key, *ca_file;
	bool sandbox, offline;
};

static bool take(void *ctx, int val, const char *arg)
{
	struct init *i = ctx;

	switch (val) {
	case OPT_COUNTRY:
		i->country = arg;
		break;
	case OPT_NAME:
		i->name = arg;
		break;
	case OPT_TAX_ID:
		i->tax_id = arg;
		break;
	case OPT_CREDENTIALS:
		i->credentials = arg;
		break;
	case OPT_FROM_DIR:
		i->from_dir = arg;
		break;
	case OPT_OFFLINE:
		i->offline = true;
		break;
	default:
		i->sandbox = true;
	}
	return true;
}

static bool is_whole(const struct init *i)
{
	return i->country && i->tax_id;
}

/* "key = value"; a comment with an example where there is no value, or the section is one. */
static void path_line(struct cla_buf *out, const char *off, const char *key, const char *value,
		      const char *example)
{
	cla_buf_addf(out, "%s%-14s = %s\n", value ? off : "; ", key, value ? value : example);
}

/* The file. What was not given stands as a comment, to be filled in. */
static void compose(const struct init *i, const char *entity, struct cla_buf *out)
{
	const char *off = is_whole(i) ? "" : "; ";

	cla_buf_addf(
		out,
		"; clara-audit configuration. Relative paths are relative to this file.\n"
		"; The next steps: clara-audit doctor, then clara-audit bundle --month YYYY-MM\n\n"
		"[defaults]\n"
		"; data_dir = ~/.local/share/clara-audit\n\n"
		"; One section for each company; its name goes into the names of its bundles.\n");
	cla_buf_addf(out, "%s[entity %s]\n", off, entity);
	cla_buf_addf(out, "%scountry        = %s\n", off, i->country ? i->country : "mx");
	cla_buf_addf(out, "%senvironment    = %s\n", off, i->sandbox ? "sandbox" : "production");
	cla_buf_addf(out, "; The RFC, CNPJ or NIT that invoices must name:\n");
	cla_buf_addf(out, "%stax_id         = %s\n", off, i->tax_id ? i->tax_id : "ACM010101ABC");
	cla_buf_addf(out, "%sname           = %s\n", i->name ? off : "; ",
		     i->name ? i->name : "ACME SA DE CV");
	cla_buf_addf(out, "; As downloaded from Clara; nobody else may read it (chmod 600):\n");
	path_line(out, off, "credentials", i->credentials, "acme.json");
	cla_buf_addc(out, "; Where they are not inside the JSON:\n");
	path_line(out, off, "client_cert", i->client_cert, "acme.crt");
	path_line(out, off, "client_key", i->client_key, "acme.key");
	cla_buf_addc(out, "; Certificates added to the system's trust store:\n");
	path_line(out, off, "ca_file", i->ca_file, "ca.pem");
	cla_buf_addf(out, "; Other tax ids of the group, so that an invoice made out to one of "
			  "them is told apart:\n"
			  "; sister_tax_ids = ACM020202DEF, ACM030303GHI\n"
			  "; max_in_flight  = 64\n"
			  "; max_file       = 512\n"
			  "; month_basis    = operation\n"
			  "; retain_years   = 10\n");
}

/* The entity's name: --entity, or the slug of the company's name with its country. */
static bool entity_name(const struct cla_cli *cli, const struct init *i, struct cla_buf *out,
			struct cla_err *err)
{
	char slug[31];

	if (cli->entity_count) {
		cla_buf_addc(out, cli->entities[0]);
		return cla_buf_ok(out, err);
	}
	cla_config_slug(i->name ? i->name : "acme", slug);
	/* "acme-s-a-" reads badly at its end */
	for (size_t len = strlen(slug); len && slug[len - 1] == '-'; len--)
		slug[len - 1] = '\0';
	cla_buf_addf(out, "%s-%s", *slug ? slug : "acme", i->country ? i->country : "mx");
	return cla_buf_ok(out, err);
}

static bool same(const char *given, const char *read)
{
	return !given || (read && !strcmp(given, read));
}

/* Lines that are commented out are not read back: a value must not leave its line there either. */
static bool on_one_line(const struct init *i, const char *entity)
{
	const char *const values[] = { entity,	       i->country,     i->name,	      i->tax_id,
				       i->credentials, i->client_cert, i->client_key, i->ca_file };

	for (size_t v = 0; v < CLA_LEN(values); v++)
		for (const char *c = values[v]; c && *c; c++)
			if ((unsigned char)*c < 0x20 || *c == 0x7f)
				return false;
	return true;
}

/* What was composed must read back as what was given: a value cannot smuggle in a line or lose its
 * end to a comment. */
static bool check(const char *path, const struct init *i, const char *entity, struct cla_str text,
		  struct cla_err *err)
{
	cla_auto_config struct cla_config *config = NULL;

	if (!on_one_line(i, entity))
		return cla_err_set(err, CLA_ERR_USAGE, "a value has control characters in it");
	if (!cla_config_parse(path, text, NULL, &config, err))
		return false;
	if (!is_whole(i))
		return true;
	const struct cla_entity *e = config->entities;
	if (config->count != 1 || !same(entity, e->name) || !same(i->tax_id, e->tax_id) ||
	    !same(i->name, e->legal_name) || !same(i->credentials, e->credentials) ||
	    !same(i->client_cert, e->client_cert) || !same(i->client_key, e->client_key) ||
	    !same(i->ca_file, e->ca_file))
		return cla_err_set(err, CLA_ERR_USAGE,
				   "a value has blanks at an end or ' ;' in it");
	return true;
}

static bool absolute(const char *what, const char *path, struct cla_buf *out, struct cla_err *err)
{
	cla_auto_free char *real = realpath(path, NULL);

	/* Relative to where the user stands, not to the configuration. */
	if (!real)
		return cla_err_sys(err, CLA_ERR_CONFIG, errno, "%s '%s'", what, path);
	cla_buf_addc(out, real);
	return cla_buf_ok(out, err);
}

static bool write_config(const char *path, struct cla_str text, struct cla_err *err)
{
	cla_auto_buf struct cla_buf folder = CLA_BUF_INIT(8192);
	const char *slash = strrchr(path, '/');

	if (slash && slash != path) {
		cla_buf_add(&folder, (struct cla_str){ path, (size_t)(slash - path) });
		if (!cla_buf_ok(&folder, err) || !cla_dir_make(cla_buf_cstr(&folder), 0700, err))
			return false;
	}
	if (cla_file_create(path, text, 0600, err))
		return true;
	if (err->sys == EEXIST)
		return cla_err_set(err, CLA_ERR_CONFIG,
				   "'%s' is there already; it is left as it is", path);
	return false;
}

/* ---- the folder downloaded from Clara ---- */

static bool look_into_folder(struct init *i, struct cla_buf *dir, struct cla_folder *folder,
			     struct cla_err *err)
{
	if (!absolute("folder", i->from_dir, dir, err) ||
	    !cla_folder_look(cla_buf_cstr(dir), folder, err))
		return false;
	i->credentials = folder->credentials;
	i->client_cert = folder->client_cert;
	i->client_key = folder->client_key;
	i->ca_file = folder->ca_file;
	return true;
}

static void say_found(struct cla_health_page *page, const char *what, const char *path)
{
	cla_auto_buf struct cla_buf text = CLA_BUF_INIT(16384);

	if (!path)
		return;
	cla_buf_addf(&text, "%s: %s", what, path);
	cla_health_say(page, CLA_HEALTH_OK, "folder", cla_buf_cstr(&text), NULL);
}

/* What was found, and whether it can be used. */
static bool try_files(struct cla_health_page *page, const struct init *i, const char *entity)
{
	struct cla_cli *cli = page->cli;
	const struct cla_entity e = {
		.name = entity,
		.credentials = i->credentials,
		.client_cert = i->client_cert,
		.client_key = i->client_key,
		.ca_file = i->ca_file,
	};

	say_found(page, cla_tr(cli, "client id and secret"), i->credentials);
	say_found(page, cla_tr(cli, "client certificate"),
		  i->client_cert ? i->client_cert : i->credentials);
	say_found(page, cla_tr(cli, "client key"), i->client_key ? i->client_key : i->credentials);
	say_found(page, cla_tr(cli, "certificate of an authority"), i->ca_file);
	return cla_check_files(&cli->ctx, &e, cla_health_check, page);
}

/* With the configuration as it will be read from now on. */
static int try_network(struct cla_health_page *page, const char *entity)
{
	struct cla_cli *cli = page->cli;
	struct cla_err err = CLA_ERR_INIT;
	const struct cla_config *config = cla_cli_config(cli, &err);

	if (!config)
		return cla_cli_fail(cli, &err);
	for (size_t n = 0; n < config->count; n++)
		if (!strcmp(config->entities[n].name, entity))
			(void)cla_check_network(&cli->ctx, &config->entities[n], cla_cli_proxied(),
						cla_health_check, page, &err);
	return err.code == CLA_ERR_INTERRUPTED ? cla_cli_fail(cli, &err) : page->status;
}

static int finish(struct cla_cli *cli, const struct init *i, const char *path)
{
	char shown[CLA_SHOWN];

	cla_cli_say(cli, cla_tr(cli, "written: %s"), cla_shown(cla_str_from(path), 0, shown));
	if (is_whole(i))
		cla_cli_say(cli, "%s", cla_tr(cli, "next: clara-audit doctor"));
	else
		cla_cli_say(cli, "%s",
			    cla_tr(cli, "next: fill in the section of your company, then "
					"clara-audit doctor"));
	return CLA_EXIT_OK;
}

static int init(struct cla_cli *cli, int argc, char **argv)
{
	cla_auto_buf struct cla_buf path = CLA_BUF_INIT(4096), text = CLA_BUF_INIT(TEXT_MAX),
				    name = CLA_BUF_INIT(256), given = CLA_BUF_INIT(8192);
	cla_auto_folder struct cla_folder folder = { .nested = false };
	struct cla_health_page page = { .cli = cli };
	struct init i = { .country = NULL };
	struct cla_err err = CLA_ERR_INIT;
	int first, status;

	if (!cla_cli_parse(cli, &cla_cmd_init, take, &i, argc, argv, &first, &status))
		return status;
	if (first < argc)
		return cla_cli_usage(cli, cla_tr(cli, "init takes no operands"));
	if (i.from_dir && i.credentials)
		return cla_cli_usage(cli, cla_tr(cli, "give one of --from-dir and --credentials"));
	if (i.credentials) {
		if (!absolute("credentials", i.credentials, &given, &err))
			return cla_cli_fail(cli, &err);
		i.credentials = cla_buf_cstr(&given);
	}
	if ((i.from_dir && !look_into_folder(&i, &given, &folder, &err)) ||
	    !cla_cli_config_path(cli, &path, &err) || !entity_name(cli, &i, &name, &err))
		return cla_cli_fail(cli, &err);
	const char *entity = page.entity = cla_buf_cstr(&name);
	compose(&i, entity, &text);
	if (!cla_buf_ok(&text, &err) ||
	    !check(cla_buf_cstr(&path), &i, entity, cla_buf_str(&text), &err))
		return cla_cli_fail(cli, &err);
	if (i.from_dir && !try_files(&page, &i, entity))
		return page.status;
	if (!write_config(cla_buf_cstr(&path), cla_buf_str(&text), &err))
		return cla_cli_fail(cli, &err);
	status = finish(cli, &i, cla_buf_cstr(&path));
	return i.from_dir && is_whole(&i) && !i.offline ? try_network(&page, entity) : status;
}

const struct cla_command cla_cmd_init = {
	.name = "init",
	.usage = "init [--entity NAME] [--country mx|br|co] [--name TEXT] [--tax-id ID] "
		 "[--credentials FILE | --from-dir DIR [--offline]] [--sandbox]",
	.text = { { "write a configuration to start from", "escribir una configuración inicial",
		    "escrever uma configuração inicial" } },
	.options = options,
	.net = true,
	.run = init,
};
