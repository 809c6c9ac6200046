/* clara-audit report --month YYYY-MM: what a finance person opens - from what is stored. */
#include "cli/entities.h"
#include "cli/progress.h"

#include "base/file.h"
#include "crypto/digest.h"
#include "json/out.h"
#include "report/report.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

enum { OPT_MONTH = CLA_OPT, OPT_FORMAT, OPT_OUTPUT };

static const struct cla_opt options[] = {
	{ "month",
	  "YYYY-MM",
	  OPT_MONTH,
	  { { "the month (required)", "el mes (obligatorio)", "o mês (obrigatório)" } } },
	{ "format",
	  "LIST",
	  OPT_FORMAT,
	  { { "html, xlsx, csv, json, with commas between; else html",
	      "html, xlsx, csv, json, separados por comas; si no, html",
	      "html, xlsx, csv, json, separados por vírgulas; senão html" } } },
	{ "output",
	  "DIR",
	  OPT_OUTPUT,
	  { { "where the files go; else reports/ in the data directory",
	      "dónde van los archivos; si no, reports/ del directorio de datos",
	      "onde ficam os arquivos; senão reports/ no diretório de dados" } } },
	{ NULL, NULL, 0, { { NULL } } },
};

struct report {
	struct cla_cli *cli;
	struct cla_pipeline_opts opts;
	const char *output;
	bool has_month, formats[CLA_REPORT_FORMATS], any;
};

static bool take_formats(struct report *r, const char *arg)
{
	struct cla_str word, rest = cla_str_from(arg);
	char shown[CLA_SHOWN];

	for (bool more = true; more;) {
		int f = 0;

		more = cla_str_cut(rest, ',', &word, &rest);
		while (f < CLA_REPORT_FORMATS &&
		       !cla_str_eqc(word, cla_report_format_name((enum cla_report_format)f)))
			f++;
		if (f == CLA_REPORT_FORMATS) {
			cla_cli_usage(r->cli,
				      cla_tr(r->cli, "--format takes html, xlsx, csv, json, not "
						     "'%s'"),
				      cla_shown(word, 40, shown));
			return false;
		}
		r->formats[f] = r->any = true;
	}
	return true;
}

static bool take(void *ctx, int val, const char *arg)
{
	struct report *r = ctx;

	switch (val) {
	case OPT_FORMAT:
		return take_formats(r, arg);
	case OPT_OUTPUT:
		r->output = arg;
		return true;
	default:
		r->has_month = true;
		return cla_cli_month(r->cli, arg, &r->opts.month);
	}
}

/* What one entity's run has told so far. */
struct telling {
	struct report *r;
	struct cla_json_out json;
};

static bool on_wrote(void *ctx, enum cla_report_format format, const char *path,
		     struct cla_err *err)
{
	struct telling *t = ctx;
	struct cla_digest sha256;
	char hex[CLA_DIGEST_HEX];

	if (!t->r->cli->json) {
		cla_cli_print("  %s\n", path);
		return true;
	}
	cla_auto_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return cla_err_sys(err, CLA_ERR_IO, errno, "opening '%s'", path);
	if (!cla_digest_fd(fd, -1, &sha256, NULL, err))
		return cla_err_wrap(err, "'%s'", path);
	cla_json_out_object(&t->json);
	cla_json_out_kcstr(&t->json, "format", cla_report_format_name(format));
	cla_json_out_kcstr(&t->json, "path", path);
	cla_json_out_kcstr(&t->json, "sha256", cla_digest_hex(&sha256, hex));
	cla_json_out_close(&t->json);
	return true;
}

static bool write_all(struct report *r, const struct cla_report *report, struct telling *t,
		      struct cla_err *err)
{
	cla_auto_buf struct cla_buf data = CLA_BUF_INIT(4096), dir = CLA_BUF_INIT(8192);

	if (r->output)
		cla_buf_addc(&dir, r->output);
	else if (!cla_cli_data_dir(r->cli, &data, err) ||
		 !cla_path_join(&dir, cla_buf_cstr(&data), "reports", err))
		return false;
	if (!cla_buf_ok(&dir, err) || !cla_dir_make(cla_buf_cstr(&dir), 0755, err))
		return false;
	for (int f = 0; f < CLA_REPORT_FORMATS; f++) {
		if (r->formats[f] &&
		    !cla_report_write(report, (enum cla_report_format)f, r->cli->lang,
				      cla_buf_cstr(&dir), on_wrote, t, err))
			return false;
	}
	return true;
}

static void count_standings(const struct cla_report *report, uint64_t counts[CLA_STANDING_COUNT])
{
	memset(counts, 0, CLA_STANDING_COUNT * sizeof(*counts));
	for (size_t i = 0; i < report->charge_count; i++)
		counts[report->charges[i].standing]++;
}

static bool tell_json(struct report *r, const struct cla_report *report,
		      const struct cla_outcome *o, struct cla_err *err)
{
	cla_auto_buf struct cla_buf line = CLA_BUF_INIT(1 << 20);
	uint64_t counts[CLA_STANDING_COUNT];
	struct telling t = { .r = r };

	count_standings(report, counts);
	cla_json_out_begin_unordered(&t.json, &line);
	cla_json_out_object(&t.json);
	cla_json_out_kcstr(&t.json, "entity", report->entity->name);
	cla_json_out_kcstr(&t.json, "month", o->month);
	cla_json_out_kbool(&t.json, "complete", o->complete);
	for (int s = 0; s < CLA_STANDING_COUNT; s++)
		cla_json_out_kint(&t.json, cla_standing_name((enum cla_standing)s),
				  (int64_t)counts[s]);
	cla_json_out_key(&t.json, "files");
	cla_json_out_array(&t.json);
	if (!write_all(r, report, &t, err))
		return false;
	cla_json_out_close(&t.json);
	cla_json_out_close(&t.json);
	if (!cla_json_out_end(&t.json, err))
		return false;
	cla_cli_line(cla_buf_str(&line));
	return true;
}

static bool tell_text(struct report *r, const struct cla_report *report,
		      const struct cla_outcome *o, struct cla_err *err)
{
	typedef unsigned long long llu;
	uint64_t n[CLA_STANDING_COUNT];
	struct telling t = { .r = r };
	char name[CLA_SHOWN];

	count_standings(report, n);
	cla_cli_print(cla_tr(r->cli, "%s %s: %llu proven, %llu to review, %llu not proven, %llu "
				     "that need no document\n"),
		      cla_shown(cla_str_from(report->entity->name), 40, name), o->month,
		      (llu)n[CLA_STANDING_PROVEN], (llu)n[CLA_STANDING_REVIEW],
		      (llu)n[CLA_STANDING_NOT_PROVEN], (llu)n[CLA_STANDING_NOT_NEEDED]);
	return write_all(r, report, &t, err);
}

static int report_one(void *ctx, struct cla_pipeline *pipeline, struct cla_work *work)
{
	cla_auto_report struct cla_report report = { 0 };
	struct report *r = ctx;
	const struct cla_entity *entity = work->entity;
	struct cla_outcome *o = &work->outcome;
	struct cla_err err = CLA_ERR_INIT;
	char name[CLA_SHOWN];

	bool ok = cla_pipeline_report(pipeline, entity, &r->opts, &report, o, &err);
	cla_bar_clear(r->cli);
	ok = ok && (r->cli->json ? tell_json : tell_text)(r, &report, o, &err);
	if (!ok) {
		(void)cla_err_wrap(&err, "entity '%s'", entity->name);
		return cla_cli_fail(r->cli, &err);
	}
	if (o->complete)
		return CLA_EXIT_OK;
	cla_cli_say(r->cli, cla_tr(r->cli, "%s %s: incomplete, not everything announced is stored"),
		    cla_shown(cla_str_from(entity->name), 40, name), o->month);
	return CLA_EXIT_INCOMPLETE;
}

static int report(struct cla_cli *cli, int argc, char **argv)
{
	struct report r = { .cli = cli, .opts = { .offline = true } };
	int first, status;

	if (!cla_cli_parse(cli, &cla_cmd_report, take, &r, argc, argv, &first, &status))
		return status;
	if (first < argc || !r.has_month)
		return cla_cli_usage(cli, cla_tr(cli, "usage: clara-audit report --month YYYY-MM "
						      "[--format LIST] [--output DIR]"));
	if (!r.any)
		r.formats[CLA_REPORT_HTML] = true;
	return cla_entities_run(cli, &(struct cla_entities){ .finish = report_one, .ctx = &r });
}

const struct cla_command cla_cmd_report = {
	.name = "report",
	.usage = "report --month YYYY-MM [--format html,xlsx,csv,json] [--output DIR]",
	.text = { { "the month for people: what is proven, what is not, and why",
		    "el mes para las personas: qué está comprobado, qué no y por qué",
		    "o mês para as pessoas: o que está comprovado, o que não está e por quê" } },
	.options = options,
	.run = report,
};
