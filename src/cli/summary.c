/* cli/summary.c - a month told to a person. */
#include "cli/summary.h"

#include "json/out.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define STORY_BYTES (1024 * 1024)
#define MISSING_LINES 100

/* What the matcher says, in words; rules bring their own. */
struct saying {
	const char *what;
	struct cla_text text;
};

static const struct saying sayings[] = {
	{ "missing-document",
	  { { "no fiscal document proves this charge",
	      "ningún comprobante fiscal ampara este cargo",
	      "nenhum documento fiscal comprova esta despesa" } } },
	{ "receiver-other",
	  { { "the document is made out to somebody else",
	      "el comprobante está a nombre de otro receptor",
	      "o documento está em nome de outro destinatário" } } },
	{ "receiver-sister",
	  { { "the document is made out to another company of the group",
	      "el comprobante está a nombre de otra empresa del grupo",
	      "o documento está em nome de outra empresa do grupo" } } },
	{ "reused",
	  { { "the same document is used for another expense too",
	      "el mismo comprobante se usa también en otro gasto",
	      "o mesmo documento é usado também em outra despesa" } } },
	{ "explained-tip",
	  { { "the charge is the document and a tip", "el cargo es el comprobante más una propina",
	      "a despesa é o documento mais uma gorjeta" } } },
	{ "explained-discount",
	  { { "the charge is the document less a discount",
	      "el cargo es el comprobante menos un descuento",
	      "a despesa é o documento menos um desconto" } } },
	{ "explained-local-tax",
	  { { "the charge is the document and a local tax",
	      "el cargo es el comprobante más un impuesto local",
	      "a despesa é o documento mais um imposto local" } } },
	{ "explained-cents",
	  { { "charge and document differ by cents",
	      "el cargo y el comprobante difieren en centavos",
	      "a despesa e o documento diferem em centavos" } } },
	{ "explained-fx",
	  { { "the document is in another currency", "el comprobante está en otra moneda",
	      "o documento está em outra moeda" } } },
	{ "odd-name",
	  { { "an odd file name: kept as data, never used as a path",
	      "nombre de archivo extraño: se guarda como dato, nunca se usa como ruta",
	      "nome de arquivo estranho: guardado como dado, nunca usado como caminho" } } },
	{ "not-had",
	  { { "could not be had; the month is complete without it",
	      "no se pudo obtener; el mes está completo sin ello",
	      "não foi possível obter; o mês está completo sem isso" } } },
	{ "statement-differs",
	  { { "the billing statement and the charges differ: see tieout in bundle.json",
	      "el estado de cuenta y los cargos difieren: vea tieout en bundle.json",
	      "a fatura e as despesas diferem: veja tieout em bundle.json" } } },
	{ "statement-unknown",
	  { { "the billing statement could not be compared with the charges",
	      "no se pudo comparar el estado de cuenta con los cargos",
	      "não foi possível comparar a fatura com as despesas" } } },
	{ "ambiguous",
	  { { "several documents fit equally well", "varios comprobantes corresponden por igual",
	      "vários documentos correspondem igualmente" } } },
};

void cla_story_init(struct cla_story *story, struct cla_cli *cli, size_t most)
{
	*story = (struct cla_story){
		.cli = cli,
		.most = most,
		.fails = CLA_BUF_INIT(STORY_BYTES),
		.others = CLA_BUF_INIT(STORY_BYTES),
	};
}

void cla_story_clear(struct cla_story *story)
{
	cla_buf_clear(&story->fails);
	cla_buf_clear(&story->others);
}

static const char *explain(const struct cla_cli *cli, const struct cla_highlight *h)
{
	if (h->text)
		return cla_text_in(cli, h->text);
	for (size_t i = 0; i < CLA_LEN(sayings); i++)
		if (cla_str_eqc(h->what, sayings[i].what))
			return cla_text_in(cli, &sayings[i].text);
	return "";
}

static void add_line(const struct cla_cli *cli, const struct cla_highlight *h, struct cla_buf *out)
{
	char word[CLA_SHOWN], date[CLA_SHOWN], merchant[CLA_SHOWN], amount[CLA_SHOWN],
		currency[CLA_SHOWN], what[CLA_SHOWN], document[CLA_SHOWN], detail[CLA_SHOWN];

	/* A rule's text tells of a violation; where the rule could not be checked, it is not known
	 * to be one. The rules about files (doc.…) say themselves that something is not at hand. */
	bool unchecked =
		h->text && h->severity == CLA_VERDICT_UNKNOWN && !cla_str_starts(h->what, "doc.");
	const char *before = unchecked ? cla_tr(cli, "not checked: ") : "";

	cla_buf_addf(out, "    %s %s %s %12s %s  %s: %s%s",
		     cla_column(cla_str_from(h->severity == CLA_VERDICT_PASS
						     ? cla_tr(cli, "note")
						     : cla_verdict_word(cli, h->severity)),
				13, word),
		     cla_column(cla_str_sub(h->date, 0, 10), 10, date),
		     cla_column(h->merchant, 26, merchant), cla_shown(h->amount, 24, amount),
		     cla_shown(h->currency, 3, currency), cla_shown(h->what, 60, what), before,
		     explain(cli, h));
	if (!cla_str_absent(h->detail))
		cla_buf_addf(out, " [%s]", cla_shown(h->detail, 80, detail));
	if (!cla_str_absent(h->document))
		cla_buf_addf(out, " [%s]", cla_shown(h->document, 48, document));
	cla_buf_byte(out, '\n');
}

void cla_story_add(void *ctx, const struct cla_highlight *h)
{
	struct cla_story *story = ctx;
	bool fail = h->severity == CLA_VERDICT_FAIL;
	uint64_t *count = fail ? &story->fail_count : &story->other_count;
	uint64_t *kept = fail ? &story->fails_kept : &story->others_kept;

	struct cla_buf *to = fail ? &story->fails : &story->others;
	size_t start = to->len;

	if (*kept == story->most) {
		(*count)++;
		return;
	}
	add_line(story->cli, h, to);
	/* One rule found in several places of a document is told once. */
	size_t len = to->len - start;
	if (start >= len && !memcmp(to->ptr + start, to->ptr + start - len, len)) {
		to->len = start;
		to->ptr[start] = '\0';
		return;
	}
	(*count)++;
	(*kept)++;
}

/* The first `most` lines. */
static struct cla_str lines(const struct cla_buf *b, uint64_t most)
{
	struct cla_str s = cla_buf_str(b);
	size_t at = 0;

	while (most-- && at < s.len)
		at += cla_str_find(cla_str_sub(s, at, s.len), '\n') + 1;
	return cla_str_sub(s, 0, at);
}

static void print_lines(struct cla_str s)
{
	struct cla_str line;

	while (s.len) {
		cla_str_cut(s, '\n', &line, &s);
		cla_cli_print(CLA_STR_FMT "\n", CLA_STR_ARG(line));
	}
}

static void print_story(const struct cla_story *story)
{
	const struct cla_cli *cli = story->cli;
	uint64_t all = story->fail_count + story->other_count, shown = story->fails_kept,
		 rest = story->most - shown;

	if (!all)
		return;
	cla_cli_print("  %s\n", cla_tr(cli, "Findings"));
	print_lines(cla_buf_str(&story->fails));
	if (rest > story->others_kept)
		rest = story->others_kept;
	print_lines(lines(&story->others, rest));
	shown += rest;
	if (all > shown)
		cla_cli_print(cla_tr(cli, "    and %llu more\n"),
			      (unsigned long long)(all - shown));
}

static void row(const char *label, const char *value)
{
	char column[CLA_SHOWN];

	cla_cli_print("  %s %s\n", cla_column(cla_str_from(label), 18, column), value);
}

static void counted_row(const char *label, const char *fmt, ...) CLA_PRINTF(2, 3);
static void counted_row(const char *label, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	row(label, text);
}

static void print_counts(const struct cla_cli *cli, const struct cla_outcome *o)
{
	typedef unsigned long long llu;

	counted_row(cla_tr(cli, "Population"),
		    cla_tr(cli, "charges: %llu, reimbursements: %llu, %s"), (llu)o->transactions,
		    (llu)o->reimbursements,
		    !o->complete ? cla_tr(cli, "incomplete: something could not be had")
		    : o->open	 ? cla_tr(cli, "complete so far: the month is not over")
				 : cla_tr(cli, "complete: nothing is missing"));
	counted_row(cla_tr(cli, "With document"), cla_tr(cli, "%llu matched, %llu ambiguous"),
		    (llu)o->charges_matched, (llu)o->charges_ambiguous);
	counted_row(cla_tr(cli, "Without document"), "%llu", (llu)o->charges_missing);
	counted_row(cla_tr(cli, "Wrong receiver"), "%llu", (llu)o->charges_other_receiver);
	counted_row(cla_tr(cli, "Used twice"), cla_tr(cli, "%llu expenses"), (llu)o->reused);
	counted_row(cla_tr(cli, "Files"),
		    cla_tr(cli, "%llu, of which %llu fail, %llu warn, %llu unknown"),
		    (llu)o->documents, (llu)o->failed, (llu)o->warned, (llu)o->unknown);
}

static void print_bundle(const struct cla_cli *cli, const struct cla_outcome *o)
{
	char path[CLA_SHOWN], hex[CLA_DIGEST_HEX];

	if (cla_str_absent(o->bundle))
		return;
	row(cla_tr(cli, "Bundle"), cla_shown(o->bundle, 0, path));
	row("SHA-256", cla_digest_hex(&o->sha256, hex));
	if (!cla_str_absent(o->signer))
		row(cla_tr(cli, "Sealed by"), cla_shown(o->signer, 0, path));
	if (o->stamped_at.len)
		row(cla_tr(cli, "Stamped at"), cla_shown(o->stamped_at, 0, path));
	if (!o->is_new)
		row("", o->rules_changed
				? cla_tr(cli, "nothing new: the bundle issued before stands; it "
					      "was judged by another rule "
					      "pack (--rejudge makes the next revision)")
				: cla_tr(cli, "nothing new: the bundle issued before stands"));
}

void cla_summary_print(struct cla_cli *cli, const struct cla_outcome *o,
		       const struct cla_story *story)
{
	char name[CLA_SHOWN], legal[CLA_SHOWN];

	cla_cli_print("%s  %s  %s", cla_shown(cla_str_from(o->entity->name), 40, name), o->month,
		      o->entity->legal_name
			      ? cla_shown(cla_str_from(o->entity->legal_name), 80, legal)
			      : "");
	cla_cli_print(cla_tr(cli, "  (revision %llu)\n"), (unsigned long long)o->revision);
	print_counts(cli, o);
	print_story(story);
	print_bundle(cli, o);
}

static void say_about(struct cla_cli *cli, const struct cla_missing *m)
{
	char uuid[CLA_SHOWN], resource[CLA_SHOWN], reason[CLA_SHOWN];

	cla_cli_say(cli, "  %s %s %s", cla_shown(m->resource, 40, resource),
		    cla_str_absent(m->uuid) ? "-" : cla_shown(m->uuid, 40, uuid),
		    cla_shown(m->reason, 60, reason));
}

static size_t lines_to_say(const struct cla_cli *cli, size_t count)
{
	return cli->verbose || count < MISSING_LINES ? count : MISSING_LINES;
}

static void say_rest(struct cla_cli *cli, size_t count)
{
	size_t said = lines_to_say(cli, count);

	if (count > said)
		cla_cli_say(cli, cla_tr(cli, "  and %llu more (-v names all)"),
			    (unsigned long long)(count - said));
}

void cla_summary_missing(struct cla_cli *cli, const struct cla_outcome *o)
{
	if (!o->missing_count)
		return;
	cla_cli_say(cli, cla_tr(cli, "%s %s: %llu missing"), o->entity->name, o->month,
		    (unsigned long long)o->missing_count);
	for (size_t i = 0; i < lines_to_say(cli, o->missing_count); i++)
		say_about(cli, &o->missing[i]);
	say_rest(cli, o->missing_count);
}

static void say_remarks(struct cla_cli *cli, const struct cla_outcome *o, enum cla_remark what)
{
	size_t count = 0, said = 0;

	for (size_t i = 0; i < o->remark_count; i++)
		count += o->remarks[i].what == what;
	if (!count)
		return;
	cla_cli_say(cli,
		    what == CLA_REMARK_MOVED
			    ? cla_tr(cli, "%s %s: lists that moved and were walked again: %llu")
			    : cla_tr(cli, "%s %s: %llu could not be had; the month is complete "
					  "without it"),
		    o->entity->name, o->month, (unsigned long long)count);
	for (size_t i = 0; said < lines_to_say(cli, count); i++) {
		if (o->remarks[i].what != what)
			continue;
		say_about(cli, &o->remarks[i].about);
		said++;
	}
	say_rest(cli, count);
}

void cla_summary_remarks(struct cla_cli *cli, const struct cla_outcome *o)
{
	say_remarks(cli, o, CLA_REMARK_NOT_HAD);
	say_remarks(cli, o, CLA_REMARK_MOVED);
}

bool cla_summary_json(const struct cla_outcome *o, struct cla_err *err)
{
	cla_auto_buf struct cla_buf line = CLA_BUF_INIT(64 * 1024 * 1024);
	struct cla_json_out w;

	cla_json_out_begin_unordered(&w, &line);
	cla_json_out_object(&w);
	cla_json_out_kcstr(&w, "entity", o->entity->name);
	cla_json_out_kcstr(&w, "month", o->month);
	cla_json_out_kint(&w, "revision", (int64_t)o->revision);
	cla_json_out_kstr(&w, "bundle", o->bundle);
	cla_json_out_khex(&w, "sha256", o->sha256.bytes, sizeof(o->sha256.bytes));
	cla_json_out_kstr(&w, "statement", o->statement);
	cla_json_out_kbool(&w, "complete", o->complete);
	cla_json_out_kint(&w, "transactions", (int64_t)o->transactions);
	cla_json_out_kint(&w, "reimbursements", (int64_t)o->reimbursements);
	cla_json_out_kint(&w, "documents", (int64_t)o->documents);
	cla_json_out_kint(&w, "findings", (int64_t)o->findings);
	cla_json_out_key(&w, "missing");
	cla_json_out_array(&w);
	for (size_t i = 0; i < o->missing_count; i++) {
		cla_json_out_object(&w);
		cla_json_out_kstr(&w, "resource", o->missing[i].resource);
		cla_json_out_kstr(&w, "uuid", o->missing[i].uuid);
		cla_json_out_kstr(&w, "reason", o->missing[i].reason);
		cla_json_out_close(&w);
	}
	cla_json_out_close(&w);
	cla_json_out_close(&w);
	if (!cla_json_out_end(&w, err))
		return false;
	cla_cli_line(cla_buf_str(&line));
	return true;
}
