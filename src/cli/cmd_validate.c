/* clara-audit validate PATH…: judges fiscal XML files. Needs no configuration and no network. */
#include "cli/crew.h"
#include "cli/judging.h"
#include "cli/official.h"
#include "cli/progress.h"
#include "cli/recap.h"
#include "cli/together.h"

#include "base/file.h"
#include "fiscal/efos.h"
#include "json/out.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define MANY 100 /* files, beyond which each is one line at most */

enum {
	OPT_FAIL_ON = CLA_OPT,
	OPT_FORMAT,
	OPT_LIMIT,
	OPT_CERTS,
	OPT_SCHEMAS,
	OPT_EFOS,
	OPT_TOLERANCE
};

static const struct cla_opt options[] = {
	{ "fail-on",
	  "unknown|warn",
	  OPT_FAIL_ON,
	  { { "exit 1 from this verdict on (default: fail)",
	      "terminar en 1 desde este veredicto (por omisión: fail)",
	      "terminar em 1 a partir deste veredito (padrão: fail)" } } },
	{ "format",
	  "text|junit",
	  OPT_FORMAT,
	  { { "for people, or JUnit XML for CI", "para personas, o XML de JUnit para CI",
	      "para pessoas, ou XML do JUnit para CI" } } },
	{ "limit",
	  "NAME=N",
	  OPT_LIMIT,
	  { { "change a limit of the hostile-input scan (man page: LIMITS)",
	      "cambiar un límite del examen previo (manual: LIMITS)",
	      "mudar um limite do exame prévio (manual: LIMITS)" } } },
	{ "certs",
	  "DIR",
	  OPT_CERTS,
	  { { "certificates that stamps are checked with (default: certs in the data directory)",
	      "certificados con que se verifican los timbres (por omisión: certs en la carpeta de "
	      "datos)",
	      "certificados com que se verificam os carimbos (padrão: certs na pasta de "
	      "dados)" } } },
	{ "schemas",
	  "own|official",
	  OPT_SCHEMAS,
	  { { "judge by the authorities' own schema files, brought in by 'schemas import' "
	      "(default: "
	      "own)",
	      "evaluar con los archivos de esquema oficiales, traídos con 'schemas import' (por "
	      "omisión: own)",
	      "avaliar com os arquivos de esquema oficiais, trazidos com 'schemas import' (padrão: "
	      "own)" } } },
	{ "efos",
	  "FILE",
	  OPT_EFOS,
	  { { "SAT's list of article 69-B (CSV), which issuers are looked up in",
	      "lista del artículo 69-B del SAT (CSV), en la que se busca a los emisores",
	      "lista do artigo 69-B do SAT (CSV), em que se procuram os emissores" } } },
	{ "tolerance",
	  "AMOUNT",
	  OPT_TOLERANCE,
	  { { "how far sums of NF-e may be off, up to 1.00 (default: not at all)",
	      "cuánto pueden diferir las sumas de NF-e, hasta 1.00 (por omisión: nada)",
	      "quanto podem diferir as somas de NF-e, até 1.00 (padrão: nada)" } } },
	{ NULL, NULL, 0, { { NULL } } },
};

struct validate {
	struct cla_cli *cli;
	struct cla_judge *judge;
	struct cla_crew *crew;
	struct cla_xml_limits limits;
	enum cla_verdict bar; /* exit 1 from here on */
	const char *certs, *efos;
	struct cla_dec tolerance;
	bool junit, official;
	bool brief;  /* text: too many files for all findings of each */
	FILE *cases; /* JUnit: test cases, until their number is known */
	struct cla_recap recap;
	struct cla_related
		*related; /* what the documents so far, and all events, say of each other */
	uint64_t files, done, errors; /* files: 0 when not counted */
	int status;
};

static bool take(void *ctx, int val, const char *arg)
{
	struct cla_str name, text;
	struct validate *v = ctx;
	char shown[CLA_SHOWN];
	uint64_t n;

	cla_shown(cla_str_from(arg), 60, shown);
	switch (val) {
	case OPT_FAIL_ON:
		if (cla_verdict_parse(cla_str_from(arg), &v->bar) && v->bar >= CLA_VERDICT_WARN)
			return true;
		cla_cli_usage(v->cli, cla_tr(v->cli, "--fail-on takes unknown or warn, not '%s'"),
			      shown);
		return false;
	case OPT_FORMAT:
		v->junit = !strcmp(arg, "junit");
		if (v->junit || !strcmp(arg, "text"))
			return true;
		cla_cli_usage(v->cli, cla_tr(v->cli, "--format takes text or junit, not '%s'"),
			      shown);
		return false;
	case OPT_LIMIT:
		if (cla_str_cut(cla_str_from(arg), '=', &name, &text) && cla_str_to_u64(text, &n) &&
		    n && n <= SIZE_MAX / 2 && cla_xml_limit_set(&v->limits, name, n))
			return true;
		cla_cli_usage(
			v->cli,
			cla_tr(v->cli,
			       "--limit takes NAME=N with a limit's name and a number, not '%s'"),
			shown);
		return false;
	case OPT_EFOS:
		v->efos = arg;
		return true;
	case OPT_TOLERANCE:
		v->tolerance = cla_dec_parse(cla_str_from(arg));
		if (v->tolerance.ok && cla_dec_sign(v->tolerance) >= 0 &&
		    cla_dec_cmp(v->tolerance, cla_dec_from(1, 0)) <= 0)
			return true;
		cla_cli_usage(
			v->cli,
			cla_tr(v->cli, "--tolerance takes an amount from 0 to 1.00, not '%s'"),
			shown);
		return false;
	case OPT_SCHEMAS:
		v->official = !strcmp(arg, "official");
		if (v->official || !strcmp(arg, "own"))
			return true;
		cla_cli_usage(v->cli, cla_tr(v->cli, "--schemas takes own or official, not '%s'"),
			      shown);
		return false;
	default:
		v->certs = arg;
		return true;
	}
}

/* ---- one document, three ways
 * ------------------------------------------------------------------------------------ */

static const char *message(const struct cla_cli *cli, const struct cla_finding *f,
			   char out[CLA_SHOWN])
{
	char lacking[CLA_SHOWN];

	if (!cla_lacks_input(f))
		return cla_text_in(cli, f->text);
	(void)snprintf(out, CLA_SHOWN, cla_tr(cli, "Not checked, for lack of: %s"),
		       cla_shown(f->expected, 200, lacking));
	return out;
}

static void put_finding(struct cla_json_out *o, const struct cla_cli *cli,
			const struct cla_finding *f)
{
	char text[CLA_SHOWN];

	cla_json_out_object(o);
	cla_json_out_kcstr(o, "rule", f->rule);
	cla_json_out_kcstr(o, "code", f->code);
	cla_json_out_kcstr(o, "severity", cla_verdict_name(f->severity));
	cla_json_out_kstr(o, "where", f->where);
	cla_json_out_kstr(o, "expected", f->expected);
	cla_json_out_kstr(o, "found", f->found);
	cla_json_out_kcstr(o, "message", message(cli, f, text));
	cla_json_out_close(o);
}

static bool print_json(const struct cla_cli *cli, const char *path, const struct cla_judgement *j,
		       bool hashed, const struct cla_document *d, struct cla_err *err)
{
	cla_auto_buf struct cla_buf line = CLA_BUF_INIT(16 * 1024 * 1024);
	struct cla_json_out o;

	cla_json_out_begin_unordered(&o, &line);
	cla_json_out_object(&o);
	cla_json_out_kcstr(&o, "file", path);
	cla_json_out_kint(&o, "index", (int64_t)d->index);
	if (hashed)
		cla_json_out_khex(&o, "sha256", j->sha256.bytes, sizeof(j->sha256.bytes));
	else
		cla_json_out_kcstr(&o, "sha256", NULL);
	cla_json_out_kcstr(&o, "kind", cla_doc_kind_name(d->kind));
	cla_json_out_kstr(&o, "version", d->version);
	cla_json_out_kstr(&o, "id", d->id);
	cla_json_out_kstr(&o, "issuer", d->issuer);
	cla_json_out_kstr(&o, "receiver", d->receiver);
	cla_json_out_kstr(&o, "issued_at", d->issued_at);
	cla_json_out_kstr(&o, "total", d->total);
	cla_json_out_kstr(&o, "currency", d->currency);
	cla_json_out_kcstr(&o, "verdict", cla_verdict_name(d->verdict));
	cla_json_out_key(&o, "checks");
	cla_json_out_object(&o);
	for (int c = 0; c < CLA_CHECK_COUNT; c++)
		cla_json_out_kcstr(&o, cla_check_name((enum cla_check)c),
				   cla_verdict_name(d->checks[c]));
	cla_json_out_close(&o);
	cla_json_out_key(&o, "findings");
	cla_json_out_array(&o);
	for (const struct cla_finding *f = d->findings; f; f = f->next)
		put_finding(&o, cli, f);
	cla_json_out_close(&o);
	cla_json_out_close(&o);
	if (!cla_json_out_end(&o, err))
		return false;
	cla_cli_line(cla_buf_str(&line));
	return true;
}

/* " (expected …, found …)" as far as there is something to say. */
static void add_values(const struct cla_cli *cli, const struct cla_finding *f, struct cla_buf *out)
{
	char expected[CLA_SHOWN], found[CLA_SHOWN];
	bool has_expected = !cla_str_absent(f->expected), has_found = !cla_str_absent(f->found);

	cla_shown(f->expected, 60, expected);
	cla_shown(f->found, 60, found);
	if (has_expected && has_found)
		cla_buf_addf(out, cla_tr(cli, " (expected %s, found %s)"), expected, found);
	else if (has_expected)
		cla_buf_addf(out, cla_tr(cli, " (expected %s)"), expected);
	else if (has_found)
		cla_buf_addf(out, cla_tr(cli, " (found %s)"), found);
}

static void finding_line(const struct cla_cli *cli, const struct cla_finding *f,
			 struct cla_buf *out)
{
	char where[CLA_SHOWN], text[CLA_SHOWN];

	cla_buf_addf(out, "%s%s%s", f->rule, f->code ? " " : "", f->code ? f->code : "");
	if (!cla_str_absent(f->where))
		cla_buf_addf(out, " %s", cla_shown(f->where, 0, where));
	cla_buf_addf(out, ": %s", message(cli, f, text));
	if (!cla_lacks_input(f))
		add_values(cli, f, out);
}

static void print_text(const struct cla_cli *cli, const char *path, const struct cla_document *d,
		       bool brief)
{
	char file[CLA_SHOWN], word[CLA_SHOWN], a[CLA_SHOWN], b[CLA_SHOWN];

	cla_cli_paint(cli, d->verdict,
		      cla_column(cla_str_from(cla_verdict_word(cli, d->verdict)), 15, word));
	cla_cli_print("%s  %s", cla_shown(cla_str_from(path), 0, file), cla_doc_kind_name(d->kind));
	if (!cla_str_absent(d->id))
		cla_cli_print(" %s", cla_shown(d->id, 64, a));
	if (!cla_str_absent(d->issuer) || !cla_str_absent(d->receiver))
		cla_cli_print("  %s → %s",
			      cla_str_absent(d->issuer) ? "?" : cla_shown(d->issuer, 20, a),
			      cla_str_absent(d->receiver) ? "?" : cla_shown(d->receiver, 20, b));
	if (!cla_str_absent(d->total))
		cla_cli_print("  %s %s", cla_shown(d->total, 24, a),
			      cla_str_absent(d->currency) ? "" : cla_shown(d->currency, 3, b));
	cla_cli_print("\n");
	if (cli->verbose && !cla_str_absent(d->schema))
		cla_cli_print("    %s %s\n", cla_tr(cli, "schema:"), cla_shown(d->schema, 0, a));
	if (cli->verbose && !cla_str_absent(d->query))
		cla_cli_print("    %s %s\n", cla_tr(cli, "status at SAT:"),
			      cla_shown(d->query, 0, a));
	for (const struct cla_finding *f = brief ? NULL : d->findings; f; f = f->next) {
		cla_auto_buf struct cla_buf line = CLA_BUF_INIT(64 * 1024);

		finding_line(cli, f, &line);
		cla_cli_print("    ");
		cla_cli_paint(
			cli, f->severity,
			cla_column(cla_str_from(cla_verdict_word(cli, f->severity)), 15, word));
		cla_cli_print("%s\n", cla_buf_cstr(&line));
	}
}

/* Text and attribute values of JUnit XML. */
static void put_xml(FILE *to, struct cla_str s)
{
	cla_auto_buf struct cla_buf safe = CLA_BUF_INIT(256 * 1024);

	cla_text_safe(&safe, s);
	for (size_t i = 0; i < safe.len; i++) {
		switch (safe.ptr[i]) {
		case '&':
			fputs("&amp;", to);
			break;
		case '<':
			fputs("&lt;", to);
			break;
		case '>':
			fputs("&gt;", to);
			break;
		case '"':
			fputs("&quot;", to);
			break;
		default:
			fputc(safe.ptr[i], to);
		}
	}
}

static void put_case(struct validate *v, const char *path, const struct cla_document *d)
{
	bool failed = d->verdict >= v->bar, skipped = !failed && d->verdict == CLA_VERDICT_UNKNOWN;
	const char *element = failed ? "failure" : skipped ? "skipped" : "system-out";
	FILE *to = v->cases;

	fputs("    <testcase classname=\"", to);
	put_xml(to, cla_str_from(path));
	fprintf(to, "\" name=\"%zu %s ", d->index, cla_doc_kind_name(d->kind));
	put_xml(to, cla_str_absent(d->id) ? CLA_STR("-") : d->id);
	fputs(d->findings ? "\">\n" : "\"/>\n", to);
	if (!d->findings)
		return;
	fprintf(to, "      <%s", element);
	if (failed || skipped)
		fprintf(to, " message=\"%s\"", cla_verdict_name(d->verdict));
	fputc('>', to);
	for (const struct cla_finding *f = d->findings; f; f = f->next) {
		cla_auto_buf struct cla_buf line = CLA_BUF_INIT(64 * 1024);

		cla_buf_addf(&line, "%s ", cla_verdict_name(f->severity));
		finding_line(v->cli, f, &line);
		put_xml(to, cla_buf_str(&line));
		fputc('\n', to);
	}
	fprintf(to, "</%s>\n    </testcase>\n", element);
}

/* ---- files
 * --------------------------------------------------------------------------------------------------------
 */

/* Of many files those are told that one has to look at. */
static bool is_told(const struct validate *v, const struct cla_document *d)
{
	return !v->brief || d->verdict > CLA_VERDICT_PASS;
}

/* What other documents say of those of this file. */
static bool relate(struct validate *v, const char *path, struct cla_judgement *j,
		   struct cla_err *err)
{
	bool full = cla_related_full(v->related);
	struct cla_document *d;

	for (d = j->documents; d; d = d->next) {
		if (!cla_related_note(v->related, d, cla_str_from(path), err))
			return false;
	}
	for (d = j->documents; d; d = d->next) {
		if (!cla_related_tell(v->related, j, d, err))
			return false;
	}
	if (!full && cla_related_full(v->related))
		cla_log(v->cli->ctx.log, CLA_LOG_WARN, "%s",
			cla_tr(v->cli,
			       "many documents: further ones are not compared with each other"));
	return true;
}

static bool report(struct validate *v, const char *path, struct cla_judgement *j, bool hashed,
		   struct cla_err *err)
{
	if (isatty(STDOUT_FILENO))
		cla_bar_clear(v->cli);
	if (!relate(v, path, j, err))
		return false;
	for (const struct cla_document *d = j->documents; d; d = d->next) {
		if (!cla_recap_add(&v->recap, path, d, err))
			return false;
		if (d->verdict >= v->bar)
			v->status = cla_exit_worst(v->status, CLA_EXIT_FINDINGS);
		if (v->junit)
			put_case(v, path, d);
		else if (v->cli->json && !print_json(v->cli, path, j, hashed, d, err))
			return false;
		else if (!v->cli->json && is_told(v, d))
			print_text(v->cli, path, d, v->brief);
	}
	return true;
}

/* A file that cannot be read is told and counted; the others are judged all the same. */
static bool complain(struct validate *v, const struct cla_err *err)
{
	int status = cla_cli_fail(v->cli, err);

	v->errors++;
	v->status =
		cla_exit_worst(v->status, err->code == CLA_ERR_NOT_FOUND ? CLA_EXIT_IO : status);
	return err->code != CLA_ERR_INTERRUPTED;
}

/* A file judged, or not. */
static bool on_result(void *ctx, struct cla_crew_result *r, struct cla_err *err)
{
	struct validate *v = ctx;

	cla_ctx_progress(&v->cli->ctx, "validate", ++v->done, v->files);
	if (r->err.code == CLA_ERR_INTERRUPTED)
		return cla_err_set(err, CLA_ERR_INTERRUPTED, "interrupted");
	if (r->err.code == CLA_ERR_NONE)
		return report(v, r->path, &r->judgement, r->hashed, err);
	complain(v, &r->err);
	return true;
}

static bool judge_stdin(struct validate *v, struct cla_err *err)
{
	cla_auto_judgement struct cla_judgement j;
	bool hashed;

	cla_judgement_init(&j);
	if (!cla_crew_finish(v->crew, err))
		return false;
	if (!cla_judging_fd(v->cli, v->judge, &v->limits, STDIN_FILENO, &j, &hashed, err))
		return cla_err_wrap(err, "'-'");
	return report(v, "-", &j, hashed, err);
}

static bool judge_file(void *ctx, const char *path, struct cla_err *err)
{
	struct validate *v = ctx;

	if (cla_ctx_cancelled(&v->cli->ctx))
		return cla_err_set(err, CLA_ERR_INTERRUPTED, "interrupted");
	return cla_crew_give(v->crew, path, err);
}

static bool judge_path(struct validate *v, const char *path)
{
	struct cla_err err = CLA_ERR_INIT;

	if (!strcmp(path, "-") ? judge_stdin(v, &err) : cla_path_walk(path, judge_file, v, &err))
		return true;
	return complain(v, &err);
}

static bool judge_paths(struct validate *v, int argc, char **argv)
{
	struct cla_err err = CLA_ERR_INIT;

	for (int i = 0; i < argc; i++)
		if (!judge_path(v, argv[i]))
			return false;
	return cla_crew_finish(v->crew, &err) || complain(v, &err);
}

/* Files, as far as it matters how many there are. */
static bool count_file(void *ctx, const char *path, struct cla_err *err)
{
	struct validate *v = ctx;

	(void)path;
	v->files++;
	return v->cli->tty || v->files <= MANY || cla_err_set(err, CLA_ERR_LIMIT, "enough");
}

static void count_files(struct validate *v, int argc, char **argv)
{
	struct cla_err enough = CLA_ERR_INIT;

	for (int i = 0; i < argc; i++)
		if (strcmp(argv[i], "-") != 0 && !cla_path_walk(argv[i], count_file, v, &enough))
			break;
	v->brief = v->files > MANY && !v->cli->verbose;
	if (!v->cli->tty)
		v->files = 0;
}

/* ---- the whole
 * ----------------------------------------------------------------------------------------------------
 */

/* --certs must be there. The default folder is used where there is one; nothing is asked of the
 * configuration that validate does not need, so a broken one is only mentioned. */
static bool load_certs(struct validate *v, struct cla_err *err)
{
	cla_auto_buf struct cla_buf dir = CLA_BUF_INIT(8192), certs = CLA_BUF_INIT(8192);
	struct cla_err why = CLA_ERR_INIT;

	if (v->certs)
		return cla_judging_certs(v->cli, v->judge, v->certs, NULL, err);
	if (!cla_cli_data_dir(v->cli, &dir, &why)) {
		if (v->cli->config_path)
			return cla_err_set(err, why.code, "%s", why.msg);
		cla_log(v->cli->ctx.log, CLA_LOG_WARN, "%s", why.msg);
		return true;
	}
	if (!cla_path_join(&certs, cla_buf_cstr(&dir), "certs", err))
		return false;
	return !cla_path_is_dir(cla_buf_cstr(&certs)) ||
	       cla_judging_certs(v->cli, v->judge, cla_buf_cstr(&certs), NULL, err);
}

static void print_junit(const struct validate *v)
{
	char chunk[16384];
	const uint64_t *by_verdict = v->recap.by_verdict;
	uint64_t failures = 0,
		 skipped = v->bar > CLA_VERDICT_UNKNOWN ? by_verdict[CLA_VERDICT_UNKNOWN] : 0;
	size_t got;

	for (int i = (int)v->bar; i <= CLA_VERDICT_FAIL; i++)
		failures += by_verdict[i];
	printf("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n"
	       "  <testsuite name=\"clara-audit validate\" tests=\"%" PRIu64
	       "\" failures=\"%" PRIu64 "\" errors=\"%" PRIu64 "\" skipped=\"%" PRIu64 "\">\n",
	       v->recap.documents, failures, v->errors, skipped);
	rewind(v->cases);
	while ((got = fread(chunk, 1, sizeof(chunk), v->cases)))
		fwrite(chunk, 1, got, stdout);
	printf("  </testsuite>\n</testsuites>\n");
}

/* The official files, where they are asked for; without any there is nothing to judge by. */
static bool load_official(struct validate *v, struct cla_official_files *files,
			  struct cla_judge_opts *opts, struct cla_err *err)
{
	cla_auto_buf struct cla_buf dir = CLA_BUF_INIT(8192);

	if (!v->official)
		return true;
	if (!cla_official_dir(v->cli, &dir, err) ||
	    !cla_official_load(cla_buf_cstr(&dir), files, err))
		return false;
	if (!files->there)
		return cla_err_set(err, CLA_ERR_NOT_FOUND,
				   cla_tr(v->cli, "no official schemas are here: bring them in by "
						  "'schemas import PATH'"));
	opts->official = &files->set;
	return true;
}

#define EFOS_MAX ((size_t)64 << 20) /* of the year 2025: 4.5 MB */

static bool load_efos(const struct validate *v, struct cla_efos **list, struct cla_err *err)
{
	cla_auto_buf struct cla_buf csv = CLA_BUF_INIT(EFOS_MAX);
	char shown[CLA_SHOWN];
	size_t count;

	return !v->efos ||
	       (cla_file_read(v->efos, &csv, err) &&
		(cla_efos_read(cla_buf_str(&csv), list, &count, err) ||
		 cla_err_wrap(err, "'%s'", cla_shown(cla_str_from(v->efos), 0, shown))));
}

static int judge_all(struct validate *v, int argc, char **argv)
{
	cla_auto_efos struct cla_efos *efos = NULL;
	cla_auto_official struct cla_official_files files = { .there = 0 };
	struct cla_judge_opts opts = { .now = cla_cli_now(v->cli), .limits = v->limits };
	cla_auto_judge struct cla_judge *judge = NULL;
	cla_auto_crew struct cla_crew *crew = NULL;
	cla_auto_related struct cla_related *related = NULL;
	struct cla_err err = CLA_ERR_INIT;

	if (!load_official(v, &files, &opts, &err) || !load_efos(v, &efos, &err))
		return cla_cli_fail(v->cli, &err);
	opts.efos = efos;
	opts.tolerance = v->tolerance;
	if (!cla_judge_new(&opts, &judge, &err))
		return cla_cli_fail(v->cli, &err);
	v->judge = judge;
	if (!load_certs(v, &err) || !cla_related_new(&related, &err) ||
	    !cla_together_look(v->cli, judge, argc, argv, related, &err))
		return cla_cli_fail(v->cli, &err);
	v->related = related;
	if (!cla_crew_new(v->cli, judge, &opts, on_result, v, &crew, &err))
		return cla_cli_fail(v->cli, &err);
	v->crew = crew;
	count_files(v, argc, argv);
	bool ended = judge_paths(v, argc, argv);
	cla_bar_clear(v->cli);
	if (ended && v->junit)
		print_junit(v);
	else if (ended && !v->cli->json)
		cla_recap_print(&v->recap, v->cli, v->brief);
	return v->status;
}

/* What a document took the next one takes again. glibc would give it back to the system in between,
 * and a page that comes anew costs as much as a line of an invoice. */
static void keep_freed_memory(void)
{
#ifdef M_TRIM_THRESHOLD
	(void)mallopt(M_MMAP_THRESHOLD, 4 << 20);
	(void)mallopt(M_TRIM_THRESHOLD, 32 << 20);
#endif
}

static int validate(struct cla_cli *cli, int argc, char **argv)
{
	struct validate v = { .cli = cli,
			      .limits = cla_xml_limits_default,
			      .bar = CLA_VERDICT_FAIL };
	struct cla_err err = CLA_ERR_INIT;
	int first, status;

	if (!cla_cli_parse(cli, &cla_cmd_validate, take, &v, argc, argv, &first, &status))
		return status;
	if (first == argc)
		return cla_cli_usage(cli, cla_tr(cli, "which files? Name XML files or folders, or "
						      "'-' for standard input"));
	cla_crypto_plain();
	keep_freed_memory();
	if (v.junit && !(v.cases = tmpfile())) {
		cla_err_sys(&err, CLA_ERR_IO, errno, "making a temporary file");
		return cla_cli_fail(cli, &err);
	}
	status = judge_all(&v, argc - first, argv + first);
	cla_recap_clear(&v.recap);
	if (v.cases && (ferror(v.cases) | fclose(v.cases)))
		status = cla_exit_worst(status, CLA_EXIT_IO);
	return status;
}

const struct cla_command cla_cmd_validate = {
	.name = "validate",
	.usage = "validate PATH… [--fail-on unknown|warn] [--format text|junit] "
		 "[--limit NAME=N]… [--certs DIR] [--schemas own|official] [--efos FILE] "
		 "[--tolerance AMOUNT]",
	.text = { { "judge fiscal XML files; no configuration needed",
		    "evaluar archivos XML fiscales; no requiere configuración",
		    "avaliar arquivos XML fiscais; não requer configuração" } },
	.options = options,
	.run = validate,
};
