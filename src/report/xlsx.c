/* report/xlsx.c - the tables as sheets of a workbook, by libxlsxwriter, which is loaded when one is
 * written.
 *
 * Ids, keys and folios are text, or a sheet would round them. Amounts become numbers, so that they can
 * be added up: a sheet's numbers are binary with 15 decimal digits, the only place of the program where
 * money takes that form; an amount with more digits stays text.
 */
#ifndef XLSX_SONAME

#include "report/tables.h"

bool cla_report_xlsx(const struct cla_report *r, enum cla_lang lang, const char *path,
		     struct cla_err *err)
{
	(void)r, (void)lang, (void)path;
	return cla_err_set(err, CLA_ERR_CONFIG, "this program was built without libxlsxwriter");
}

#else

#include "report/tables.h"

#include "base/late.h"

#include <string.h>
#include <xlsxwriter.h>

#define FUNCTIONS(X)                                                                               \
	X(format_set_bg_color)                                                                     \
	X(format_set_bold)                                                                         \
	X(format_set_num_format)                                                                   \
	X(lxw_strerror)                                                                            \
	X(workbook_add_format)                                                                     \
	X(workbook_add_worksheet)                                                                  \
	X(workbook_close)                                                                          \
	X(workbook_new_opt)                                                                        \
	X(workbook_set_properties)                                                                 \
	X(worksheet_autofilter)                                                                    \
	X(worksheet_fit_to_pages)                                                                  \
	X(worksheet_freeze_panes)                                                                  \
	X(worksheet_repeat_rows)                                                                   \
	X(worksheet_set_column)                                                                    \
	X(worksheet_set_landscape)                                                                 \
	X(worksheet_write_datetime)                                                                \
	X(worksheet_write_number)                                                                  \
	X(worksheet_write_string)

struct library {
	FUNCTIONS(CLA_LATE_MEMBER)
};

struct book {
	struct library lib;
	const struct cla_report *report;
	enum cla_lang lang;
	lxw_workbook *workbook;
	lxw_format *title, *money, *date, *marked[CLA_COLOURS];
	lxw_error failed; /* the first one */
};

#define MOST_ROWS 1048575	   /* of a sheet, below its heading */
#define MOST_BYTES 32000	   /* of a cell */
#define MOST_UNITS 999999999999999 /* 15 digits */

static void note(struct book *b, lxw_error e)
{
	if (b->failed == LXW_NO_ERROR)
		b->failed = e;
}

static void put_text(struct book *b, lxw_worksheet *sheet, lxw_row_t row, lxw_col_t col,
		     struct cla_str s, lxw_format *format)
{
	cla_auto_buf struct cla_buf text = CLA_BUF_INIT(4 * MOST_BYTES);

	cla_report_clean(&text, cla_str_sub(s, 0, MOST_BYTES));
	if (!cla_buf_ok(&text, NULL))
		note(b, LXW_ERROR_MEMORY_MALLOC_FAILED);
	else if (text.len)
		note(b,
		     b->lib.worksheet_write_string(sheet, row, col, cla_buf_cstr(&text), format));
}

static void put_words(struct book *b, lxw_worksheet *sheet, lxw_row_t row, lxw_col_t col,
		      struct cla_str s)
{
	cla_auto_buf struct cla_buf text = CLA_BUF_INIT(MOST_BYTES);
	struct cla_str word;

	for (bool more = s.len > 0; more;) {
		more = cla_str_cut(s, ' ', &word, &s);
		cla_buf_addc(&text, text.len ? "; " : "");
		cla_buf_add(&text, cla_report_word(word, b->lang));
	}
	put_text(b, sheet, row, col, cla_buf_str(&text), NULL);
}

static void put_number(struct book *b, lxw_worksheet *sheet, lxw_row_t row, lxw_col_t col,
		       struct cla_str s, lxw_format *format)
{
	struct cla_dec d = cla_dec_parse(s);
	double power = 1, value;

	if (!d.ok || d.units > MOST_UNITS || d.units < -MOST_UNITS) {
		put_text(b, sheet, row, col, s, NULL);
		return;
	}
	/* Both are whole, of at most 15 digits and a power of ten below 10^22: the quotient is the
	 * nearest. */
	for (int i = 0; i < d.scale; i++)
		power *= 10;
	value = (double)d.units / power;
	note(b, b->lib.worksheet_write_number(sheet, row, col, value, format));
}

static void put_date(struct book *b, lxw_worksheet *sheet, lxw_row_t row, lxw_col_t col,
		     struct cla_str s)
{
	struct cla_date d;

	if (!cla_date_parse(s, &d) || d.year < 1900) {
		put_text(b, sheet, row, col, s, NULL);
		return;
	}
	lxw_datetime day = { .year = d.year, .month = d.month, .day = d.day };
	note(b, b->lib.worksheet_write_datetime(sheet, row, col, &day, b->date));
}

static void put_cell(struct book *b, lxw_worksheet *sheet, lxw_row_t row, lxw_col_t col,
		     const struct cla_column *column, struct cla_str s)
{
	if (!s.len)
		return;
	switch (column->cell) {
	case CLA_CELL_MONEY:
		put_number(b, sheet, row, col, s, b->money);
		break;
	case CLA_CELL_NUMBER:
		put_number(b, sheet, row, col, s, NULL);
		break;
	case CLA_CELL_DATE:
		put_date(b, sheet, row, col, s);
		break;
	case CLA_CELL_STANDING:
	case CLA_CELL_VERDICT:
		put_text(b, sheet, row, col, cla_report_word(s, b->lang),
			 b->marked[cla_report_colour(s)]);
		break;
	case CLA_CELL_WORD:
	case CLA_CELL_WORDS:
		put_words(b, sheet, row, col, s);
		break;
	case CLA_CELL_TEXT:
		put_text(b, sheet, row, col, s, NULL);
		break;
	}
}

static void put_head(struct book *b, lxw_worksheet *sheet, const struct cla_report_table *table,
		     size_t rows)
{
	lxw_col_t last = (lxw_col_t)(table->column_count - 1);

	for (size_t i = 0; i < table->column_count; i++) {
		lxw_col_t col = (lxw_col_t)i;

		note(b,
		     b->lib.worksheet_set_column(sheet, col, col, table->columns[i].width, NULL));
		put_text(b, sheet, 0, col, cla_str_from(table->columns[i].title.in[b->lang]),
			 b->title);
	}
	b->lib.worksheet_freeze_panes(sheet, 1, 0);
	b->lib.worksheet_set_landscape(sheet);
	b->lib.worksheet_fit_to_pages(sheet, 1, 0);
	note(b, b->lib.worksheet_repeat_rows(sheet, 0, 0));
	if (rows)
		note(b, b->lib.worksheet_autofilter(sheet, 0, 0, (lxw_row_t)rows, last));
}

/* Rows from top to bottom: the library keeps one at a time in memory. */
static void put_sheet(struct book *b, const struct cla_report_table *table)
{
	lxw_worksheet *sheet = b->lib.workbook_add_worksheet(b->workbook, table->title.in[b->lang]);
	size_t rows = table->rows(b->report);

	if (!sheet) {
		note(b, LXW_ERROR_MEMORY_MALLOC_FAILED);
		return;
	}
	if (rows > MOST_ROWS) {
		note(b, LXW_ERROR_WORKSHEET_INDEX_OUT_OF_RANGE);
		return;
	}
	put_head(b, sheet, table, rows);
	for (size_t at = 0; at < rows; at++) {
		struct cla_row_cells cells = { 0 };

		table->row(b->report, at, b->lang, &cells);
		for (size_t i = 0; i < table->column_count; i++)
			put_cell(b, sheet, (lxw_row_t)(at + 1), (lxw_col_t)i, &table->columns[i],
				 cells.cell[i]);
	}
}

static bool make_formats(struct book *b)
{
	static const lxw_color_t fills[CLA_COLOURS] = { 0xd8f0dc, 0xfff0c2, 0xfadada, 0xe6e6ea };

	b->title = b->lib.workbook_add_format(b->workbook);
	b->money = b->lib.workbook_add_format(b->workbook);
	b->date = b->lib.workbook_add_format(b->workbook);
	if (!b->title || !b->money || !b->date)
		return false;
	b->lib.format_set_bold(b->title);
	b->lib.format_set_bg_color(b->title, 0xf3f3f6);
	b->lib.format_set_num_format(b->money, "#,##0.00");
	b->lib.format_set_num_format(b->date, "yyyy-mm-dd");
	for (int i = 0; i < CLA_COLOURS; i++) {
		b->marked[i] = b->lib.workbook_add_format(b->workbook);
		if (!b->marked[i])
			return false;
		b->lib.format_set_bg_color(b->marked[i], fills[i]);
	}
	return true;
}

static void put_all(struct book *b)
{
	static const int order[] = {
		CLA_TABLE_SUMS,	     CLA_TABLE_CHARGES, CLA_TABLE_FINDINGS, CLA_TABLE_MISSING,
		CLA_TABLE_DOCUMENTS, CLA_TABLE_LISTS,	CLA_TABLE_ABOUT,
	};
	/* the present would make each run's bytes others */
	lxw_doc_properties properties = { .created = (time_t)b->report->cutoff.sec };

	note(b, b->lib.workbook_set_properties(b->workbook, &properties));
	if (!make_formats(b)) {
		note(b, LXW_ERROR_MEMORY_MALLOC_FAILED);
		return;
	}
	for (size_t i = 0; i < CLA_LEN(order); i++)
		put_sheet(b, &cla_report_tables[order[i]]);
}

bool cla_report_xlsx(const struct cla_report *r, enum cla_lang lang, const char *path,
		     struct cla_err *err)
{
	static const char *const names[] = { FUNCTIONS(CLA_LATE_NAME) };
	struct book b = { .report = r, .lang = lang };
	lxw_workbook_options options = { .constant_memory = LXW_TRUE };

	if (!cla_late_load(XLSX_SONAME, names, CLA_LEN(names), &b.lib, err))
		return false;
	b.workbook = b.lib.workbook_new_opt(path, &options);
	if (!b.workbook)
		return cla_err_oom(err);
	put_all(&b);
	note(&b, b.lib.workbook_close(b.workbook));
	return b.failed == LXW_NO_ERROR ||
	       cla_err_set(err, CLA_ERR_IO, "libxlsxwriter: %s", b.lib.lxw_strerror(b.failed));
}

#endif
