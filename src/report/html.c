/* report/html.c - one file that needs nothing else: no script, no network, no font. Charts are inline
 * SVG; what comes from outside is text and never markup. */
#include "report/tables.h"

#include <inttypes.h>

static const char style[] =
	"body{font:15px/1.45 system-ui,sans-serif;margin:2em auto;max-width:1200px;padding:0 1em;"
	"color:#1b1b1f;background:#fff}"
	"h1{font-size:1.6em;margin:0}h2{font-size:1.15em;margin:2em 0 .5em}"
	"p.sub{color:#555;margin:.2em 0}p.state{font-weight:600}"
	".scroll{overflow-x:auto}table{border-collapse:collapse;width:100%}"
	"th,td{text-align:left;padding:.3em .6em;border-bottom:1px solid #ddd;vertical-align:top;"
	"unicode-bidi:isolate;overflow-wrap:anywhere}"
	"th{position:sticky;top:0;background:#f3f3f6;white-space:nowrap}"
	"td.n{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}"
	"td.d{white-space:nowrap}"
	".m{display:inline-block;padding:0 .5em;border-radius:.6em;white-space:nowrap}"
	".g{background:#d8f0dc;color:#0b4d1c}.y{background:#fff0c2;color:#5c4300}"
	".r{background:#fadada;color:#7a1010}.x{background:#e6e6ea;color:#3f3f46}"
	"svg{max-width:100%;height:auto}svg text{font:13px system-ui,sans-serif;fill:#1b1b1f}"
	"footer{margin:2.5em 0;color:#555;font-size:.9em}"
	"@media print{th{position:static}body{margin:0;max-width:none}tr{break-inside:avoid}}";

#define MOST_BYTES 200 /* of a text; JSON and CSV have the whole */

static const char classes[CLA_COLOURS] = { 'g', 'y', 'r', 'x' };

static void escaped(struct cla_buf *out, struct cla_str s)
{
	cla_auto_buf struct cla_buf clean = CLA_BUF_INIT(1 << 20);

	cla_report_clean(&clean, s);
	if (clean.failed) {
		out->failed = true;
		return;
	}
	for (size_t i = 0; i < clean.len; i++) {
		switch (clean.ptr[i]) {
		case '&':
			cla_buf_addc(out, "&amp;");
			break;
		case '<':
			cla_buf_addc(out, "&lt;");
			break;
		case '>':
			cla_buf_addc(out, "&gt;");
			break;
		case '"':
			cla_buf_addc(out, "&quot;");
			break;
		case '\'':
			cla_buf_addc(out, "&#39;");
			break;
		default:
			cla_buf_byte(out, clean.ptr[i]);
		}
	}
}

static void words(struct cla_buf *out, struct cla_str s, enum cla_lang lang)
{
	struct cla_str word;

	for (bool more = s.len > 0, first = true; more; first = false) {
		more = cla_str_cut(s, ' ', &word, &s);
		cla_buf_addc(out, first ? "" : "; ");
		escaped(out, cla_report_word(word, lang));
	}
}

static void cell(struct cla_buf *out, const struct cla_column *column, struct cla_str s,
		 enum cla_lang lang)
{
	switch (column->cell) {
	case CLA_CELL_MONEY:
	case CLA_CELL_NUMBER:
		cla_buf_addc(out, "<td class=\"n\">");
		escaped(out, s);
		break;
	case CLA_CELL_DATE:
		cla_buf_addc(out, "<td class=\"d\">");
		escaped(out, s);
		break;
	case CLA_CELL_STANDING:
	case CLA_CELL_VERDICT:
		cla_buf_addf(out, "<td><span class=\"m %c\">", classes[cla_report_colour(s)]);
		escaped(out, cla_report_word(s, lang));
		cla_buf_addc(out, "</span>");
		break;
	case CLA_CELL_WORD:
	case CLA_CELL_WORDS:
		cla_buf_addc(out, "<td>");
		words(out, s, lang);
		break;
	case CLA_CELL_TEXT:
		cla_buf_addc(out, "<td>");
		escaped(out, cla_str_sub(s, 0, MOST_BYTES));
		cla_buf_addc(out, s.len > MOST_BYTES ? "…" : "");
		break;
	}
	cla_buf_addc(out, "</td>");
}

static void table_head(struct cla_buf *out, const struct cla_report_table *table,
		       enum cla_lang lang)
{
	cla_buf_addc(out, "<thead><tr>");
	for (size_t i = 0; i < table->column_count; i++) {
		if (!table->columns[i].detail)
			cla_buf_addf(out, "<th scope=\"col\">%s</th>",
				     table->columns[i].title.in[lang]);
	}
	cla_buf_addc(out, "</tr></thead>\n<tbody>\n");
}

static void one_table(const struct cla_report *r, const struct cla_report_table *table,
		      enum cla_lang lang, struct cla_buf *out)
{
	size_t rows = table->rows(r);

	cla_buf_addf(out, "<section><h2 id=\"%s\">%s</h2>\n", table->key, table->title.in[lang]);
	if (!rows) {
		cla_buf_addf(out, "<p>%s</p></section>\n",
			     cla_report_phrase(CLA_PHRASE_NOTHING, lang));
		return;
	}
	cla_buf_addc(out, "<div class=\"scroll\"><table>");
	table_head(out, table, lang);
	for (size_t at = 0; at < rows; at++) {
		struct cla_row_cells cells = { 0 };

		table->row(r, at, lang, &cells);
		cla_buf_addc(out, "<tr>");
		for (size_t i = 0; i < table->column_count; i++) {
			if (!table->columns[i].detail)
				cell(out, &table->columns[i], cells.cell[i], lang);
		}
		cla_buf_addc(out, "</tr>\n");
	}
	cla_buf_addc(out, "</tbody></table></div></section>\n");
}

/*
 * Charts
 */

#define BAR_WIDTH 640

static const char *const fills[] = { "#5bb974", "#f2c14e", "#e07a7a" }; /* by standing */

/* How much of a bar of `width` belongs to `part`, when all of it is `whole`. */
static int share(struct cla_dec part, struct cla_dec whole, int width)
{
	int scale = part.scale > whole.scale ? part.scale : whole.scale;
	struct cla_dec a = cla_dec_round(part, scale), b = cla_dec_round(whole, scale);

	if (!a.ok || !b.ok || b.units <= 0)
		return 0;
	/* digits that do not fit are no matter: the bar is a picture, the sums stand beside it */
	__int128 some = a.units, all = b.units;
	for (; all > INT32_MAX; all /= 10)
		some /= 10;
	return (int)(some * width / all);
}

#define SPENT CLA_STANDING_NOT_NEEDED /* the standings before it are spend */

/* One bar a currency: what is proven, to be looked at, not proven. */
static void spend(const struct cla_report *r, enum cla_lang lang, struct cla_buf *out)
{
	struct cla_report_sum sum;

	cla_buf_addf(out, "<section><h2>%s</h2>\n", cla_report_phrase(CLA_PHRASE_SPEND, lang));
	for (size_t at = 0; cla_report_sum(r, at, &sum); at++) {
		struct cla_dec whole = CLA_DEC_ZERO;
		int x = 0;

		for (int s = 0; s < SPENT; s++)
			whole = cla_dec_add(whole, cla_dec_abs(sum.amount[s]));
		cla_buf_addf(out, "<svg viewBox=\"0 0 %d 26\" width=\"%d\" role=\"img\"><title>",
			     BAR_WIDTH, BAR_WIDTH);
		escaped(out, sum.currency);
		cla_buf_addc(out, "</title>");
		for (int s = 0; s < SPENT; s++) {
			int wide = share(cla_dec_abs(sum.amount[s]), whole, BAR_WIDTH);

			cla_buf_addf(
				out,
				"<rect x=\"%d\" y=\"4\" width=\"%d\" height=\"18\" fill=\"%s\"/>",
				x, wide, fills[s]);
			x += wide;
		}
		cla_buf_addc(out, "</svg>\n");
	}
	cla_buf_addc(out, "</section>\n");
	one_table(r, &cla_report_tables[CLA_TABLE_SUMS], lang, out);
}

static void reasons(const struct cla_report *r, enum cla_lang lang, struct cla_buf *out)
{
	uint64_t most = 0;
	int y = 0, rows = 0;

	for (int i = 0; i < CLA_REASON_COUNT; i++) {
		uint64_t n = cla_report_count(r, (enum cla_reason)i);
		most = n > most ? n : most;
		rows += n > 0;
	}
	cla_buf_addf(out, "<section><h2>%s</h2>\n", cla_report_phrase(CLA_PHRASE_REASONS, lang));
	if (!rows) {
		cla_buf_addf(out, "<p>%s</p></section>\n",
			     cla_report_phrase(CLA_PHRASE_NOTHING, lang));
		return;
	}
	cla_buf_addf(out, "<svg viewBox=\"0 0 %d %d\" width=\"%d\" role=\"img\">", BAR_WIDTH,
		     rows * 24, BAR_WIDTH);
	for (int i = 0; i < CLA_REASON_COUNT; i++) {
		uint64_t n = cla_report_count(r, (enum cla_reason)i);

		if (!n)
			continue;
		cla_buf_addf(out, "<text x=\"0\" y=\"%d\">", y + 16);
		escaped(out,
			cla_report_word(cla_str_from(cla_reason_name((enum cla_reason)i)), lang));
		cla_buf_addf(out,
			     "</text><rect x=\"300\" y=\"%d\" width=\"%" PRIu64
			     "\" height=\"16\" fill=\"%s\"/>"
			     "<text x=\"%" PRIu64 "\" y=\"%d\">%" PRIu64 "</text>",
			     y + 3, n * 280 / most,
			     i < CLA_REASON_AMBIGUOUS ? fills[CLA_STANDING_NOT_PROVEN]
						      : fills[CLA_STANDING_REVIEW],
			     306 + n * 280 / most, y + 16, n);
		y += 24;
	}
	cla_buf_addc(out, "</svg></section>\n");
}

static void head(const struct cla_report *r, enum cla_lang lang, struct cla_buf *out)
{
	static const char *const codes[CLA_LANG_COUNT] = { "en", "es", "pt" };
	const struct cla_entity *e = r->entity;

	cla_buf_addf(out,
		     "<!DOCTYPE html>\n<html lang=\"%s\"><head><meta charset=\"utf-8\">"
		     "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">"
		     "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none';"
		     "style-src 'unsafe-inline'\">\n<title>%s ",
		     codes[lang], cla_report_phrase(CLA_PHRASE_TITLE, lang));
	escaped(out, cla_str_from(e->name));
	cla_buf_addf(out, " %04d-%02d</title>\n<style>%s</style></head>\n<body>\n<h1>%s</h1>\n",
		     r->month.year, r->month.month, style,
		     cla_report_phrase(CLA_PHRASE_TITLE, lang));
	cla_buf_addc(out, "<p class=\"sub\">");
	escaped(out, cla_str_from(e->legal_name ? e->legal_name : e->name));
	cla_buf_addc(out, e->tax_id ? " · " : "");
	escaped(out, cla_str_from(e->tax_id));
	cla_buf_addf(
		out, " · %04d-%02d · %zu %s</p>\n<p class=\"state\">%s</p>\n", r->month.year,
		r->month.month, r->charge_count, cla_report_phrase(CLA_PHRASE_CHARGES, lang),
		cla_report_phrase(r->complete ? CLA_PHRASE_COMPLETE : CLA_PHRASE_INCOMPLETE, lang));
}

bool cla_report_html(const struct cla_report *r, enum cla_lang lang, struct cla_buf *out,
		     struct cla_err *err)
{
	static const int order[] = {
		CLA_TABLE_MISSING,   CLA_TABLE_CHARGES, CLA_TABLE_FINDINGS,
		CLA_TABLE_DOCUMENTS, CLA_TABLE_LISTS,	CLA_TABLE_ABOUT,
	};

	head(r, lang, out);
	spend(r, lang, out);
	reasons(r, lang, out);
	for (size_t i = 0; i < CLA_LEN(order); i++)
		one_table(r, &cla_report_tables[order[i]], lang, out);
	cla_buf_addf(out, "<footer><p>%s</p><p>%s</p></footer>\n</body></html>\n",
		     cla_report_phrase(CLA_PHRASE_VERIFY, lang),
		     cla_str_absent(r->archive) ? cla_report_phrase(CLA_PHRASE_NO_ARCHIVE, lang)
						: "");
	return cla_buf_ok(out, err);
}
