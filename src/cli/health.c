/* cli/health.c - one line of a diagnosis. */
#include "cli/health.h"

#include "json/out.h"

static const char *health_word(const struct cla_cli *cli, enum cla_health h)
{
	switch (h) {
	case CLA_HEALTH_OK:
		return cla_tr(cli, "ok");
	case CLA_HEALTH_WARN:
		return cla_tr(cli, "warn");
	case CLA_HEALTH_FAIL:
		return cla_tr(cli, "fail");
	case CLA_HEALTH_SKIPPED:
	default:
		return cla_tr(cli, "skipped");
	}
}

static void say_json(const struct cla_health_page *page, enum cla_health h, const char *id,
		     const char *what, const char *fix)
{
	static const char *const names[] = {
		[CLA_HEALTH_OK] = "ok",
		[CLA_HEALTH_WARN] = "warn",
		[CLA_HEALTH_FAIL] = "fail",
		[CLA_HEALTH_SKIPPED] = "skipped",
	};
	cla_auto_buf struct cla_buf line = CLA_BUF_INIT(64 * 1024);
	struct cla_json_out o;

	cla_json_out_begin_unordered(&o, &line);
	cla_json_out_object(&o);
	cla_json_out_kint(&o, "check", (int64_t)page->n);
	cla_json_out_kcstr(&o, "id", id);
	cla_json_out_kcstr(&o, "entity", page->entity);
	cla_json_out_kcstr(&o, "result", names[h]);
	cla_json_out_kcstr(&o, "what", what);
	cla_json_out_kcstr(&o, "fix", fix);
	cla_json_out_close(&o);
	if (cla_json_out_end(&o, NULL))
		cla_cli_line(cla_buf_str(&line));
}

static void say_text(const struct cla_health_page *page, enum cla_health h, const char *what,
		     const char *fix)
{
	static const enum cla_verdict colours[] = {
		[CLA_HEALTH_OK] = CLA_VERDICT_PASS,
		[CLA_HEALTH_WARN] = CLA_VERDICT_WARN,
		[CLA_HEALTH_FAIL] = CLA_VERDICT_FAIL,
		[CLA_HEALTH_SKIPPED] = CLA_VERDICT_NA,
	};
	char word[CLA_SHOWN], shown[CLA_SHOWN];

	cla_cli_print("%3u. ", page->n);
	cla_cli_paint(page->cli, colours[h],
		      cla_column(cla_str_from(health_word(page->cli, h)), 9, word));
	if (page->entity)
		cla_cli_print("%s: ", cla_shown(cla_str_from(page->entity), 40, shown));
	cla_cli_print("%s\n", cla_shown(cla_str_from(what), 0, shown));
	if (fix)
		cla_cli_print("     → %s\n", cla_shown(cla_str_from(fix), 0, shown));
}

static void put_line(struct cla_health_page *page, enum cla_health h, const char *id,
		     const char *what, const char *fix)
{
	page->n++;
	if (page->cli->json)
		say_json(page, h, id, what, fix);
	else
		say_text(page, h, what, fix);
}

void cla_health_say(struct cla_health_page *page, enum cla_health h, const char *id,
		    const char *what, const char *fix)
{
	put_line(page, h, id, what, fix);
	if (h == CLA_HEALTH_FAIL)
		page->status = cla_exit_worst(page->status, CLA_EXIT_USAGE);
}

void cla_health_check(void *ctx, const struct cla_check_line *line)
{
	struct cla_health_page *page = ctx;
	cla_auto_buf struct cla_buf what = CLA_BUF_INIT(4096);

	cla_buf_addc(&what, cla_text_in(page->cli, line->what));
	if (*line->detail)
		cla_buf_addf(&what, ": %s", line->detail);
	put_line(page, line->health, line->id, cla_buf_cstr(&what),
		 line->fix ? cla_text_in(page->cli, line->fix) : NULL);
	if (line->health == CLA_HEALTH_FAIL)
		page->status = cla_exit_worst(page->status, cla_err_exit(line->kind));
}
