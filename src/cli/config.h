/* cli/config.h - the configuration file (design 4): read once, checked whole, paths resolved.
 *
 * Order of authority: flag, environment, file, default. The environment is CLARA_AUDIT_DATA_DIR for
 * the key of [defaults], and CLARA_AUDIT_<ENTITY>_<KEY> for those of an entity, upper-cased, every
 * byte but A-Z and 0-9 made '_' (CLARA_AUDIT_ACME_MX_BASE_URL). Paths of the file are relative to
 * its folder, those of the environment to the current one; a leading "~/" is the home folder.
 *
 * A wrong line, key, value or a pair of entities with one slug is CLA_ERR_CONFIG and names
 * file:line (or the variable).
 */
#ifndef CLA_CLI_CONFIG_H
#define CLA_CLI_CONFIG_H

#include "base/arena.h"
#include "model/entity.h"

struct cla_config {
	struct cla_arena arena; /* owns all texts */
	const char *path;
	const char *data_dir; /* NULL: the default */
	struct cla_entity *entities;
	const struct cla_entity **chosen; /* room for all; filled by cla_cli_chosen() */
	size_t count;
	const char **warnings; /* "file:line: …": does not look right, but is used */
	size_t warning_count;
};

/* Looks a variable up; NULL when it is not set. Handed in so that tests need no environment of
 * their own. */
typedef const char *cla_env_fn(const char *name);

CLA_USE bool cla_config_load(const char *path, cla_env_fn *env, struct cla_config **ret,
			     struct cla_err *err);
CLA_USE bool cla_config_parse(const char *path, struct cla_str text, cla_env_fn *env,
			      struct cla_config **ret, struct cla_err *err);
void cla_config_free(struct cla_config *config);
static inline void cla_config_freep(struct cla_config **config)
{
	cla_config_free(*config);
	*config = NULL;
}
#define cla_auto_config CLA_CLEANUP(cla_config_freep)

/* The slug of a name: lower case, every byte but a-z and 0-9 made '-', cut to 30. */
void cla_config_slug(const char *name, char out[31]);

#endif
