/* clara-audit sample BUNDLE.tar --method random|mus|top --seed S --size N: an auditor's draw. Needs no store
 * and no configuration. */
#include "cli/bag.h"
#include "cli/checking.h"

#include "base/csv.h"
#include "cli/progress.h"
#include "json/out.h"
#include "verify/draw.h"

#include <string.h>

enum { OPT_METHOD = CLA_OPT, OPT_SEED, OPT_SIZE, OPT_FORMAT, OPT_TRUST };

static const struct cla_opt options[] = {
	{ "method",
	  "METHOD",
	  OPT_METHOD,
	  { { "random, mus (by monetary unit) or top (the largest)",
	      "random (al azar), mus (por unidad monetaria) o top (los mayores)",
	      "random (ao acaso), mus (por unidade monetária) ou top (as maiores)" } } },
	{ "seed",
	  "TEXT",
	  OPT_SEED,
	  { { "what decides the draw: the same seed draws the same",
	      "lo que decide la muestra: la misma semilla da la misma",
	      "o que decide a amostra: a mesma semente dá a mesma" } } },
	{ "size",
	  "N",
	  OPT_SIZE,
	  { { "how many; of mus and top, in each currency",
	      "cuántos; con mus y top, en cada moneda",
	      "quantas; com mus e top, em cada moeda" } } },
	{ "format",
	  "FORMAT",
	  OPT_FORMAT,
	  { { "text or csv", "text (texto) o csv", "text (texto) ou csv" } } },
	CLA_OPT_TRUST(OPT_TRUST),
	{ NULL, NULL, 0, { { NULL } } },
};

static const char *const methods[] = {
	[CLA_DRAW_RANDOM] = "random",
	[CLA_DRAW_MUS] = "mus",
	[CLA_DRAW_TOP] = "top",
};

struct sample {
	struct cla_cli *cli;
	struct cla_draw *draw;
	const char *path, *seed, *trust;
	enum cla_draw_method method;
	bool has_method, csv;
	uint64_t size;
	struct cla_digest sha256, frame;
};

static bool take_method(struct sample *s, const char *arg)
{
	char shown[CLA_SHOWN];

	for (size_t i = 0; i < CLA_LEN(methods); i++) {
		if (strcmp(arg, methods[i]) != 0)
			continue;
		s->method = (enum cla_draw_method)i;
		s->has_method = true;
		return true;
	}
	cla_cli_usage(s->cli, cla_tr(s->cli, "--method takes random, mus or top, not '%s'"),
		      cla_shown(cla_str_from(arg), 40, shown));
	return false;
}

static bool take(void *ctx, int val, const char *arg)
{
	struct sample *s = ctx;
	char shown[CLA_SHOWN];

	switch (val) {
	case OPT_METHOD:
		return take_method(s, arg);
	case OPT_SEED:
		s->seed = arg;
		return true;
	case OPT_SIZE:
		return cla_cli_u64(s->cli, "--size", arg, 1, &s->size);
	case OPT_TRUST:
		s->trust = arg;
		return true;
	default:
		s->csv = !strcmp(arg, "csv");
		if (s->csv || !strcmp(arg, "text"))
			return true;
		cla_cli_usage(s->cli, cla_tr(s->cli, "--format takes text or csv, not '%s'"),
			      cla_shown(cla_str_from(arg), 40, shown));
		return false;
	}
}

/* ---- reading ---- */

static bool wants(void *ctx, struct cla_str uuid)
{
	(void)ctx, (void)uuid;
	return true;
}

static struct cla_str worst_verdict(const struct cla_json *verdicts)
{
	enum cla_verdict worst = CLA_VERDICT_NA, v;

	for (const struct cla_json *e = cla_json_first(verdicts); e; e = cla_json_next(e))
		if (cla_verdict_parse(cla_json_string(cla_json_get(e, "verdict")), &v))
			worst = cla_verdict_worst(worst, v);
	return cla_str_from(cla_verdict_name(worst));
}

static bool on_expense(void *ctx, const struct cla_bag_expense *e, struct cla_err *err)
{
	cla_auto_json struct cla_json_doc *doc = NULL;
	struct sample *s = ctx;

	if (!cla_json_parse(e->json, &doc, err))
		return false;
	const struct cla_json *root = cla_json_root(doc), *facts = cla_json_get(root, "facts");
	const struct cla_draw_row row = {
		.kind = e->kind,
		.uuid = e->uuid,
		.currency = cla_json_string(cla_json_get(facts, "currency")),
		.amount = cla_json_string(cla_json_get(facts, "amount")),
		.date = cla_json_string(cla_json_get(facts, "date")),
		.merchant = cla_json_string(cla_json_get(facts, "merchant")),
		.status = cla_json_string(cla_json_get(facts, "status")),
		.verdict = worst_verdict(cla_json_get(root, "verdicts")),
	};
	return cla_draw_add(s->draw, &row, err);
}

/* The bytes that were checked, read once more. */
static bool read_bundle(struct sample *s, struct cla_err *err)
{
	const struct cla_bag_reader reader = { s, wants, on_expense };
	cla_auto_bag struct cla_bag bag = { .size = 0 };

	if (!cla_bag_read(s->cli, s->path, &reader, &bag, err))
		return false;
	return cla_digest_eq(&bag.sha256, &s->sha256) ||
	       cla_err_set(err, CLA_ERR_INTEGRITY, "'%s' changed while it was read", s->path);
}

/* ---- telling ---- */

static bool put_line(struct cla_json_out *o, const struct cla_buf *line, struct cla_err *err)
{
	if (!cla_json_out_end(o, err))
		return false;
	cla_cli_line(cla_buf_str(line));
	return true;
}

static bool frame_json(const struct sample *s, uint64_t count, struct cla_err *err)
{
	cla_auto_buf struct cla_buf line = CLA_BUF_INIT(64 * 1024);
	struct cla_json_out o;

	cla_json_out_begin_unordered(&o, &line);
	cla_json_out_object(&o);
	cla_json_out_kcstr(&o, "bundle", s->path);
	cla_json_out_khex(&o, "sha256", s->sha256.bytes, sizeof(s->sha256.bytes));
	cla_json_out_khex(&o, "frame", s->frame.bytes, sizeof(s->frame.bytes));
	cla_json_out_kint(&o, "expenses", (int64_t)count);
	cla_json_out_kcstr(&o, "method", methods[s->method]);
	cla_json_out_kcstr(&o, "seed", s->seed);
	cla_json_out_kint(&o, "size", (int64_t)s->size);
	cla_json_out_close(&o);
	return put_line(&o, &line, err);
}

static void csv_head(void)
{
	static const char *const names[] = { "n",	 "uuid", "kind",     "date",   "amount",
					     "currency", "hits", "merchant", "status", "verdict",
					     "method",	 "seed", "size",     "frame",  "bundle" };

	for (size_t i = 0; i < CLA_LEN(names); i++)
		cla_cli_print("%s\"%s\"", i ? "," : "", names[i]);
	cla_cli_print("\n");
}

static bool on_frame(void *ctx, const struct cla_digest *frame, uint64_t count, struct cla_err *err)
{
	struct sample *s = ctx;
	char shown[CLA_SHOWN], hex[CLA_DIGEST_HEX];

	s->frame = *frame;
	if (s->cli->json)
		return frame_json(s, count, err);
	if (s->csv) {
		csv_head();
		return true;
	}
	cla_cli_print("%s\n", cla_shown(cla_str_from(s->path), 0, shown));
	cla_cli_print("SHA-256 %s\n", cla_digest_hex(&s->sha256, hex));
	cla_cli_print(cla_tr(s->cli, "frame   %s, %llu expenses\n"), cla_digest_hex(frame, hex),
		      (unsigned long long)count);
	cla_cli_print(cla_tr(s->cli, "method  %s, seed '%s', size %llu\n"), methods[s->method],
		      cla_shown(cla_str_from(s->seed), 0, shown), (unsigned long long)s->size);
	return true;
}

static bool on_stratum(void *ctx, const struct cla_draw_stratum *m, struct cla_err *err)
{
	struct sample *s = ctx;
	cla_auto_buf struct cla_buf line = CLA_BUF_INIT(64 * 1024);
	char total[CLA_DEC_TEXT], start[CLA_DEC_TEXT], shown[CLA_SHOWN];
	struct cla_json_out o;

	cla_dec_format(m->total, total);
	cla_dec_format(m->start, start);
	if (s->csv)
		return true;
	if (!s->cli->json) {
		cla_cli_print(cla_tr(s->cli, "%s: %llu expenses, total %s; %llu left out\n"),
			      cla_shown(m->currency, 10, shown), (unsigned long long)m->count,
			      total, (unsigned long long)m->left_out);
		return true;
	}
	cla_json_out_begin_unordered(&o, &line);
	cla_json_out_object(&o);
	cla_json_out_kstr(&o, "currency", m->currency);
	cla_json_out_kint(&o, "expenses", (int64_t)m->count);
	cla_json_out_kint(&o, "left_out", (int64_t)m->left_out);
	cla_json_out_kcstr(&o, "total", total);
	cla_json_out_kcstr(&o, "start", s->method == CLA_DRAW_MUS ? start : NULL);
	cla_json_out_close(&o);
	return put_line(&o, &line, err);
}

static bool row_json(uint64_t n, const struct cla_draw_row *r, uint64_t hits, struct cla_err *err)
{
	cla_auto_buf struct cla_buf line = CLA_BUF_INIT(1 << 20);
	struct cla_json_out o;

	cla_json_out_begin_unordered(&o, &line);
	cla_json_out_object(&o);
	cla_json_out_kint(&o, "n", (int64_t)n);
	cla_json_out_kstr(&o, "uuid", r->uuid);
	cla_json_out_kstr(&o, "kind", r->kind);
	cla_json_out_kstr(&o, "date", r->date);
	cla_json_out_kstr(&o, "amount", r->amount);
	cla_json_out_kstr(&o, "currency", r->currency);
	cla_json_out_kint(&o, "hits", (int64_t)hits);
	cla_json_out_kstr(&o, "merchant", r->merchant);
	cla_json_out_kstr(&o, "status", r->status);
	cla_json_out_kstr(&o, "verdict", r->verdict);
	cla_json_out_close(&o);
	return put_line(&o, &line, err);
}

static void number_cell(struct cla_buf *out, uint64_t n)
{
	cla_auto_buf struct cla_buf digits = CLA_BUF_INIT(32);

	cla_buf_addf(&digits, "%llu", (unsigned long long)n);
	cla_csv_cell(out, cla_buf_str(&digits), true);
}

static bool row_csv(const struct sample *s, uint64_t n, const struct cla_draw_row *r, uint64_t hits,
		    struct cla_err *err)
{
	cla_auto_buf struct cla_buf line = CLA_BUF_INIT(1 << 20);
	char hex[CLA_DIGEST_HEX];

	number_cell(&line, n);
	cla_csv_cell(&line, r->uuid, false);
	cla_csv_cell(&line, r->kind, false);
	cla_csv_cell(&line, r->date, false);
	cla_csv_cell(&line, r->amount, cla_dec_parse(r->amount).ok);
	cla_csv_cell(&line, r->currency, false);
	number_cell(&line, hits);
	cla_csv_cell(&line, r->merchant, false);
	cla_csv_cell(&line, r->status, false);
	cla_csv_cell(&line, r->verdict, false);
	cla_csv_cell(&line, cla_str_from(methods[s->method]), false);
	cla_csv_cell(&line, cla_str_from(s->seed), false);
	number_cell(&line, s->size);
	cla_csv_cell(&line, cla_str_from(cla_digest_hex(&s->frame, hex)), false);
	cla_csv_cell(&line, cla_str_from(cla_digest_hex(&s->sha256, hex)), false);
	if (!cla_buf_ok(&line, err))
		return false;
	cla_cli_print("%s\n", cla_buf_cstr(&line));
	return true;
}

static struct cla_str or_dash(struct cla_str s)
{
	return cla_str_absent(s) ? CLA_STR("-") : s;
}

static bool on_row(void *ctx, uint64_t n, const struct cla_draw_row *r, uint64_t hits,
		   struct cla_err *err)
{
	const struct sample *s = ctx;
	char uuid[CLA_SHOWN], date[CLA_SHOWN], amount[CLA_SHOWN], currency[CLA_SHOWN],
		merchant[CLA_SHOWN];
	enum cla_verdict v = CLA_VERDICT_NA;

	if (s->cli->json)
		return row_json(n, r, hits, err);
	if (s->csv)
		return row_csv(s, n, r, hits, err);
	(void)!cla_verdict_parse(r->verdict, &v);
	cla_cli_print("%5llu  %s  %s  %s  %14s %s  ", (unsigned long long)n,
		      cla_column(r->kind, 13, merchant), cla_shown(r->uuid, 40, uuid),
		      cla_column(or_dash(r->date), 10, date),
		      cla_shown(or_dash(r->amount), 30, amount),
		      cla_column(or_dash(r->currency), 3, currency));
	cla_cli_paint(s->cli, v, cla_column(cla_str_from(cla_verdict_word(s->cli, v)), 12, date));
	cla_cli_print("%s", cla_shown(or_dash(r->merchant), 60, merchant));
	if (hits > 1)
		cla_cli_print("  x%llu", (unsigned long long)hits);
	cla_cli_print("\n");
	return true;
}

/* ---- the command ---- */

static bool draw(struct sample *s, struct cla_err *err)
{
	const struct cla_draw_fn fn = { s, on_frame, on_stratum, on_row };
	cla_auto_draw struct cla_draw *d = NULL;

	if (!cla_draw_new(&d, err))
		return false;
	s->draw = d;
	return read_bundle(s, err) &&
	       cla_draw_run(d, s->method, cla_str_from(s->seed), s->size, &fn, err);
}

static int sample(struct cla_cli *cli, int argc, char **argv)
{
	cla_auto_verify_report struct cla_verify_report report = { .arena = CLA_ARENA_INIT };
	struct sample s = { .cli = cli };
	struct cla_err err = CLA_ERR_INIT;
	int first, status;

	if (!cla_cli_parse(cli, &cla_cmd_sample, take, &s, argc, argv, &first, &status))
		return status;
	if (first + 1 != argc || !s.has_method || !s.seed || !s.size || !strcmp(argv[first], "-"))
		return cla_cli_usage(cli,
				     cla_tr(cli, "usage: clara-audit sample BUNDLE.tar --method "
						 "random|mus|top --seed TEXT --size N"));
	s.path = argv[first];
	const struct cla_verify_opts opts = { .trust_path = s.trust, .now = cla_cli_now(cli) };
	bool ok = cla_verify_bundle(&cli->ctx, s.path, &opts, &report, &err);
	cla_bar_clear(cli);
	if (!ok)
		return cla_cli_fail(cli, &err);
	status = cla_checking_exit(report.result);
	if (report.result != CLA_VERIFY_PASS && report.result != CLA_VERIFY_UNKNOWN) {
		if (!cla_checking_print(cli, s.path, &report, &err))
			return cla_cli_fail(cli, &err);
		return status;
	}
	s.sha256 = report.sha256;
	if (report.result == CLA_VERIFY_UNKNOWN)
		cla_cli_say(cli, "%s",
			    cla_tr(cli, "nobody answers for this bundle: it lacks "
					"statement or signature"));
	return draw(&s, &err) ? status : cla_cli_fail(cli, &err);
}

const struct cla_command cla_cmd_sample = {
	.name = "sample",
	.usage = "sample BUNDLE.tar --method random|mus|top --seed TEXT --size N [--format csv] "
		 "[--trust CA.pem]",
	.text = { { "an auditor's draw that anybody can repeat",
		    "una muestra de auditoría que cualquiera puede repetir",
		    "uma amostra de auditoria que qualquer um pode repetir" } },
	.options = options,
	.run = sample,
};
