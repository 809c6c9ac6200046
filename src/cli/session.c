/* cli/session.c - what a run is about: environment, configuration, data directory, chosen entities,
 * the present. */
#include "cli/cli.h"
#include "cli/config.h"
#include "base/file.h"

#include <stdlib.h>
#include <string.h>

#define PATH_MAX_BYTES 4096

const char *cla_cli_env(const char *name)
{
	const char *value = getenv(name);

	return value && *value ? value : NULL;
}

unsigned cla_cli_env_number(const char *name)
{
	const char *value = cla_cli_env(name);
	uint64_t n;

	return value && cla_str_to_u64(cla_str_from(value), &n) && n <= 1000000 ? (unsigned)n : 0;
}

/* libcurl reads these by itself; that there is one changes what a connection's address means. */
bool cla_cli_proxied(void)
{
	static const char *const names[] = { "https_proxy", "HTTPS_PROXY", "all_proxy",
					     "ALL_PROXY" };

	for (size_t i = 0; i < CLA_LEN(names); i++)
		if (cla_cli_env(names[i]))
			return true;
	return false;
}

struct cla_time cla_cli_now(const struct cla_cli *cli)
{
	return cli->ctx.clock.now(cli->ctx.clock.ctx);
}

/* <$xdg or ~/home>/clara-audit<tail> */
static bool user_path(const char *xdg, const char *home, const char *tail, struct cla_buf *out,
		      struct cla_err *err)
{
	const char *base = cla_cli_env(xdg);

	/* The XDG rules: a relative path there is to be ignored. */
	if (base && *base == '/') {
		cla_buf_addf(out, "%s/clara-audit%s", base, tail);
	} else if ((base = cla_cli_env("HOME"))) {
		cla_buf_addf(out, "%s/%s/clara-audit%s", base, home, tail);
	} else {
		return cla_err_set(err, CLA_ERR_CONFIG,
				   "HOME is not set: give --config and --data-dir");
	}
	return cla_buf_ok(out, err);
}

bool cla_cli_config_path(struct cla_cli *cli, struct cla_buf *out, struct cla_err *err)
{
	const char *path = cli->config_path ? cli->config_path : cla_cli_env("CLARA_AUDIT_CONFIG");

	if (!path)
		return user_path("XDG_CONFIG_HOME", ".config", "/config", out, err);
	cla_buf_addc(out, path);
	return cla_buf_ok(out, err);
}

static const char *process_env(const char *name)
{
	return cla_cli_env(name);
}

struct cla_config *cla_cli_config(struct cla_cli *cli, struct cla_err *err)
{
	cla_auto_buf struct cla_buf path = CLA_BUF_INIT(PATH_MAX_BYTES);

	if (cli->config)
		return cli->config;
	if (!cla_cli_config_path(cli, &path, err))
		return NULL;
	if (!cla_config_load(cla_buf_cstr(&path), process_env, &cli->config, err)) {
		if (err && err->code == CLA_ERR_NOT_FOUND) {
			char shown[CLA_SHOWN];

			cla_err_set(err, CLA_ERR_CONFIG,
				    cla_tr(cli, "there is no configuration '%s': make one with "
						"'clara-audit init', or see 'clara-audit demo'"),
				    cla_shown(cla_buf_str(&path), 0, shown));
		}
		return NULL;
	}
	for (size_t i = 0; i < cli->config->warning_count; i++)
		cla_log(cli->ctx.log, CLA_LOG_WARN, "%s", cli->config->warnings[i]);
	return cli->config;
}

bool cla_cli_has_config(struct cla_cli *cli)
{
	cla_auto_buf struct cla_buf path = CLA_BUF_INIT(PATH_MAX_BYTES);

	return cli->config || cli->config_path || cla_cli_env("CLARA_AUDIT_CONFIG") ||
	       (cla_cli_config_path(cli, &path, NULL) && cla_path_exists(cla_buf_cstr(&path)));
}

bool cla_cli_data_dir(struct cla_cli *cli, struct cla_buf *out, struct cla_err *err)
{
	const char *given = cli->data_dir ? cli->data_dir : cla_cli_env("CLARA_AUDIT_DATA_DIR");

	if (!given && cla_cli_has_config(cli)) {
		const struct cla_config *config = cla_cli_config(cli, err);

		if (!config)
			return false;
		given = config->data_dir;
	}
	if (!given)
		return user_path("XDG_DATA_HOME", ".local/share", "", out, err);
	cla_buf_addc(out, given);
	return cla_buf_ok(out, err);
}

bool cla_cli_store(struct cla_cli *cli, enum cla_store_mode mode, struct cla_store **ret,
		   struct cla_err *err)
{
	cla_auto_buf struct cla_buf dir = CLA_BUF_INIT(2 * PATH_MAX_BYTES);
	char shown[CLA_SHOWN];

	if (!cla_cli_data_dir(cli, &dir, err))
		return false;
	if (!cla_path_is_dir(cla_buf_cstr(&dir)))
		return cla_err_set(err, CLA_ERR_NOT_FOUND,
				   cla_tr(cli, "nothing stored yet: there is no folder '%s'"),
				   cla_shown(cla_buf_str(&dir), 0, shown));
	return cla_store_open(&cli->ctx, cla_buf_cstr(&dir), mode, ret, err);
}

/* "a, b, c" of the configured names. */
static void known_names(const struct cla_config *config, struct cla_buf *out)
{
	for (size_t i = 0; i < config->count; i++)
		cla_buf_addf(out, "%s%s", i ? ", " : "", config->entities[i].name);
}

static bool check_names(struct cla_cli *cli, const struct cla_config *config, struct cla_err *err)
{
	for (size_t i = 0; i < cli->entity_count; i++) {
		bool found = false;

		for (size_t j = 0; j < config->count; j++)
			found = found || !strcmp(cli->entities[i], config->entities[j].name);
		if (!found) {
			cla_auto_buf struct cla_buf known = CLA_BUF_INIT(64 * 1024);
			char shown[CLA_SHOWN];

			known_names(config, &known);
			return cla_err_set(err, CLA_ERR_USAGE,
					   cla_tr(cli, "unknown entity '%s'; configured are: %s"),
					   cla_shown(cla_str_from(cli->entities[i]), 60, shown),
					   cla_buf_cstr(&known));
		}
	}
	return true;
}

bool cla_cli_chosen(struct cla_cli *cli, const struct cla_entity *const **ret, size_t *count,
		    struct cla_err *err)
{
	struct cla_config *config = cla_cli_config(cli, err);
	size_t n = 0;

	if (!config || !check_names(cli, config, err))
		return false;
	if (!config->count)
		return cla_err_set(err, CLA_ERR_CONFIG, "%s: no [entity NAME] section",
				   config->path);
	for (size_t i = 0; i < config->count; i++) {
		bool wanted = !cli->entity_count;

		for (size_t j = 0; j < cli->entity_count; j++)
			wanted = wanted || !strcmp(cli->entities[j], config->entities[i].name);
		if (wanted)
			config->chosen[n++] = &config->entities[i];
	}
	*ret = config->chosen;
	*count = n;
	return true;
}
