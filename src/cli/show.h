/* cli/show.h - what show prints of a bundle and of an expense, and what diff shares with it. */
#ifndef CLA_CLI_SHOW_H
#define CLA_CLI_SHOW_H

#include "cli/cli.h"
#include "json/json.h"
#include "store/store.h"

/* A bundle's index in words; with --json its data/bundle.json. */
CLA_USE bool cla_show_bundle(struct cla_cli *cli, const char *path, struct cla_err *err);

/* What is known of an expense: its evidence in the latest bundle of each month that holds it, and
 * what was asked about it. CLA_ERR_NOT_FOUND when there is neither. `uuid` in lower case. */
CLA_USE bool cla_show_expense(struct cla_cli *cli, struct cla_store *store, struct cla_str uuid,
			      struct cla_err *err);

/* One line on an expense by the facts of its evidence. */
void cla_show_facts(struct cla_str kind, struct cla_str uuid, const struct cla_json *facts);

#endif
