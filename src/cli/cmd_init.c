/* clara-audit init: writes a commented configuration, and never over one that is there. */
#include "cli/config.h"

#include "base/file.h"
#include "cli/cli.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MAX 16384

enum { OPT_COUNTRY = CLA_OPT, OPT_NAME, OPT_TAX_ID, OPT_CREDENTIALS, OPT_SANDBOX };

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
	{ "sandbox",
	  NULL,
	  OPT_SANDBOX,
	  { { "Clara's test environment", "el ambiente de pruebas de Clara",
	      "o ambiente de testes da Clara" } } },
	{ NULL, NULL, 0, { { NULL } } },
};

struct init {
	const char *country, *name, *tax_id, *credentials;
	bool sandbox;
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
	default:
		i->sandbox = true;
	}
	return true;
}

/* The file. What was not given stands as a comment, to be filled in. */
static void compose(const struct init *i, const char *entity, struct cla_buf *out)
{
	const char *off = i->country && i->tax_id ? "" : "; ";

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
	cla_buf_addf(out, "%scredentials    = %s\n", i->credentials ? off : "; ",
		     i->credentials ? i->credentials : "acme.json");
	cla_buf_addf(out, "; Where they are not inside the JSON:\n"
			  "; client_cert    = acme.crt\n"
			  "; client_key     = acme.key\n"
			  "; Other tax ids of the group, so that an invoice made out to one of "
			  "them is told apart:\n"
			  "; sister_tax_ids = ACM020202DEF, ACM030303GHI\n"
			  "; max_in_flight  = 64\n"
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
	const char *const values[] = { entity, i->country, i->name, i->tax_id, i->credentials };

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
	if (!i->country || !i->tax_id)
		return true;
	const struct cla_entity *e = config->entities;
	if (config->count != 1 || !same(entity, e->name) || !same(i->tax_id, e->tax_id) ||
	    !same(i->name, e->legal_name) || !same(i->credentials, e->credentials))
		return cla_err_set(err, CLA_ERR_USAGE,
				   "a value has blanks at an end or ' ;' in it");
	return true;
}

static bool absolute(const char *path, struct cla_buf *out, struct cla_err *err)
{
	cla_auto_free char *real = realpath(path, NULL);

	/* Relative to where the user stands, not to the configuration. */
	if (!real)
		return cla_err_sys(err, CLA_ERR_CONFIG, errno, "credentials '%s'", path);
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

static int init(struct cla_cli *cli, int argc, char **argv)
{
	cla_auto_buf struct cla_buf path = CLA_BUF_INIT(4096), text = CLA_BUF_INIT(TEXT_MAX),
				    name = CLA_BUF_INIT(256), credentials = CLA_BUF_INIT(8192);
	struct init i = { .country = NULL };
	struct cla_err err = CLA_ERR_INIT;
	char shown[CLA_SHOWN];
	int first, status;

	if (!cla_cli_parse(cli, &cla_cmd_init, take, &i, argc, argv, &first, &status))
		return status;
	if (first < argc)
		return cla_cli_usage(cli, cla_tr(cli, "init takes no operands"));
	if (i.credentials) {
		if (!absolute(i.credentials, &credentials, &err))
			return cla_cli_fail(cli, &err);
		i.credentials = cla_buf_cstr(&credentials);
	}
	if (!cla_cli_config_path(cli, &path, &err) || !entity_name(cli, &i, &name, &err))
		return cla_cli_fail(cli, &err);
	compose(&i, cla_buf_cstr(&name), &text);
	if (!cla_buf_ok(&text, &err) ||
	    !check(cla_buf_cstr(&path), &i, cla_buf_cstr(&name), cla_buf_str(&text), &err) ||
	    !write_config(cla_buf_cstr(&path), cla_buf_str(&text), &err))
		return cla_cli_fail(cli, &err);
	cla_shown(cla_buf_str(&path), 0, shown);
	cla_cli_say(cli, cla_tr(cli, "written: %s"), shown);
	if (i.country && i.tax_id)
		cla_cli_say(cli, "%s", cla_tr(cli, "next: clara-audit doctor"));
	else
		cla_cli_say(cli, "%s",
			    cla_tr(cli, "next: fill in the section of your company, then "
					"clara-audit doctor"));
	return CLA_EXIT_OK;
}

const struct cla_command cla_cmd_init = {
	.name = "init",
	.usage = "init [--entity NAME] [--country mx|br|co] [--name TEXT] [--tax-id ID] "
		 "[--credentials FILE] [--sandbox]",
	.text = { { "write a configuration to start from", "escribir una configuración inicial",
		    "escrever uma configuração inicial" } },
	.options = options,
	.run = init,
};
