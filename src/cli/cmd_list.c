/* clara-audit list: the bundles issued and the months held. */
#include "cli/config.h"

#include "base/file.h"
#include "cli/cli.h"
#include "json/out.h"
#include "store/store.h"

#include <stdio.h>
#include <string.h>

#define LOOK_BACK_MONTHS 240

static bool wanted(const struct cla_cli *cli, struct cla_str entity)
{
	for (size_t i = 0; i < cli->entity_count; i++)
		if (cla_str_eqc(entity, cli->entities[i]))
			return true;
	return !cli->entity_count;
}

static bool line_end(struct cla_json_out *o, struct cla_buf *line, struct cla_err *err)
{
	cla_json_out_close(o);
	if (!cla_json_out_end(o, err))
		return false;
	cla_cli_line(cla_buf_str(line));
	return true;
}

static bool issued_json(const struct cla_issued *b, bool present, struct cla_err *err)
{
	cla_auto_buf struct cla_buf line = CLA_BUF_INIT(64 * 1024);
	char time[CLA_TIME_TEXT];
	struct cla_json_out o;

	cla_json_out_begin_unordered(&o, &line);
	cla_json_out_object(&o);
	cla_json_out_kstr(&o, "entity", b->entity);
	cla_json_out_kstr(&o, "month", b->month);
	cla_json_out_kint(&o, "revision", (int64_t)b->revision);
	cla_json_out_kstr(&o, "bundle", b->file);
	cla_json_out_khex(&o, "sha256", b->tar_sha256.bytes, sizeof(b->tar_sha256.bytes));
	cla_json_out_khex(&o, "statement_sha256", b->statement_sha256.bytes,
			  sizeof(b->statement_sha256.bytes));
	cla_json_out_kint(&o, "seq", (int64_t)b->seq);
	cla_json_out_kcstr(&o, "cutoff", cla_time_format(b->cutoff, time));
	cla_json_out_kcstr(&o, "issued_at", cla_time_format(b->time, time));
	cla_json_out_kbool(&o, "present", present);
	return line_end(&o, &line, err);
}

static bool on_issued(void *ctx, const struct cla_issued *b, struct cla_err *err)
{
	cla_auto_free char *file = cla_str_dup(b->file);
	const struct cla_cli *cli = ctx;
	char entity[CLA_SHOWN], month[CLA_SHOWN], path[CLA_SHOWN], time[CLA_TIME_TEXT];

	if (!file)
		return cla_err_oom(err);
	if (!wanted(cli, b->entity))
		return true;
	bool present = cla_path_exists(file);
	if (cli->json)
		return issued_json(b, present, err);
	cla_cli_print("%s  %s  r%llu  %s  %s%s\n", cla_column(b->entity, 20, entity),
		      cla_shown(b->month, 7, month), (unsigned long long)b->revision,
		      cla_time_format(b->time, time), cla_shown(b->file, 0, path),
		      present ? "" : cla_tr(cli, "  (not there any more)"));
	return true;
}

static bool held_json(const char *entity, const char *month, const struct cla_listing *l,
		      struct cla_err *err)
{
	cla_auto_buf struct cla_buf line = CLA_BUF_INIT(4096);
	char time[CLA_TIME_TEXT];
	struct cla_json_out o;

	cla_json_out_begin_unordered(&o, &line);
	cla_json_out_object(&o);
	cla_json_out_kcstr(&o, "entity", entity);
	cla_json_out_kcstr(&o, "month", month);
	cla_json_out_kcstr(&o, "held_since", cla_time_format(l->time, time));
	cla_json_out_kbool(&o, "listing_complete", l->complete);
	return line_end(&o, &line, err);
}

/* Which months of the entity were ever listed, oldest first. */
static bool months_held(const struct cla_cli *cli, struct cla_store *store,
			const struct cla_entity *entity, struct cla_err *err)
{
	struct cla_date today = cla_date_from_days(cla_cli_now(cli).sec / 86400);
	int now = today.year * 12 + today.month - 1;
	struct cla_time all = { INT64_MAX, 0 };

	for (int n = now - LOOK_BACK_MONTHS; n <= now; n++) {
		cla_auto_arena struct cla_arena arena = CLA_ARENA_INIT;
		char month[32], name[CLA_SHOWN], time[CLA_TIME_TEXT];
		struct cla_listing l;

		snprintf(month, sizeof(month), "%04d-%02d", n / 12, n % 12 + 1);
		if (!cla_store_get_listing(store, cla_str_from(entity->name), cla_str_from(month),
					   CLA_STR("transactions"), all, &arena, &l, err))
			return false;
		if (!l.found)
			continue;
		if (cli->json) {
			if (!held_json(entity->name, month, &l, err))
				return false;
			continue;
		}
		cla_cli_print("%s  %s  %s  %s\n", cla_column(cla_str_from(entity->name), 20, name),
			      month, cla_time_format(l.time, time),
			      l.complete ? cla_tr(cli, "listing complete")
					 : cla_tr(cli, "listing incomplete"));
	}
	return true;
}

static bool list_all(struct cla_cli *cli, struct cla_store *store, struct cla_err *err)
{
	const struct cla_entity *const *chosen;
	bool configured = cla_cli_has_config(cli);
	size_t count = 0;

	/* The store knows months by entity; which entities there are, the configuration says. */
	if (configured && !cla_cli_chosen(cli, &chosen, &count, err))
		return false;
	if (!cli->json)
		cla_cli_print("%s\n", cla_tr(cli, "Bundles issued:"));
	if (!cla_store_each_issued(store, on_issued, cli, err))
		return false;
	if (!configured)
		return true;
	if (!cli->json)
		cla_cli_print("%s\n", cla_tr(cli, "Months held:"));
	for (size_t i = 0; i < count; i++)
		if (!months_held(cli, store, chosen[i], err))
			return false;
	return true;
}

static int list(struct cla_cli *cli, int argc, char **argv)
{
	cla_auto_buf struct cla_buf dir = CLA_BUF_INIT(8192);
	cla_auto_store struct cla_store *store = NULL;
	struct cla_err err = CLA_ERR_INIT;
	char shown[CLA_SHOWN];
	int first, status;

	if (!cla_cli_parse(cli, &cla_cmd_list, NULL, NULL, argc, argv, &first, &status))
		return status;
	if (first < argc)
		return cla_cli_usage(cli, cla_tr(cli, "list takes no operands"));
	if (!cla_cli_data_dir(cli, &dir, &err))
		return cla_cli_fail(cli, &err);
	if (!cla_path_is_dir(cla_buf_cstr(&dir))) {
		cla_cli_say(cli, cla_tr(cli, "nothing stored yet: there is no folder '%s'"),
			    cla_shown(cla_buf_str(&dir), 0, shown));
		return CLA_EXIT_OK;
	}
	if (!cla_store_open(&cli->ctx, cla_buf_cstr(&dir), CLA_STORE_READ, &store, &err) ||
	    !list_all(cli, store, &err))
		return cla_cli_fail(cli, &err);
	return CLA_EXIT_OK;
}

const struct cla_command cla_cmd_list = {
	.name = "list",
	.usage = "list",
	.text = { { "the bundles issued and the months held",
		    "los paquetes emitidos y los meses guardados",
		    "os pacotes emitidos e os meses guardados" } },
	.run = list,
};
