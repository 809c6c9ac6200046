/* cli/commands.c - the table of commands, in the order in which help lists them. */
#include "cli/cli.h"

/* clang-format off */
const struct cla_command *const cla_commands[] = {
	&cla_cmd_bundle,
	&cla_cmd_fetch,
	&cla_cmd_import,
	&cla_cmd_validate,
	&cla_cmd_match,
	&cla_cmd_verify,
	&cla_cmd_extract,
	&cla_cmd_sample,
	&cla_cmd_report,
	&cla_cmd_list,
	&cla_cmd_show,
	&cla_cmd_diff,
	&cla_cmd_init,
	&cla_cmd_doctor,
	&cla_cmd_rules,
	&cla_cmd_schemas,
	&cla_cmd_certs,
	&cla_cmd_seal,
	&cla_cmd_demo,
	&cla_cmd_help,
	NULL,
};
/* clang-format on */

const struct cla_command *cla_command_find(struct cla_str name)
{
	for (size_t i = 0; cla_commands[i]; i++)
		if (cla_str_eqc(name, cla_commands[i]->name))
			return cla_commands[i];
	return NULL;
}
