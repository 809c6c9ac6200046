/* report/text.c - the tables as CSV and as JSON, and text made harmless. */
#include "report/tables.h"

#include "base/csv.h"
#include "json/out.h"

static size_t utf8_length(const unsigned char *p, size_t len)
{
	size_t want = *p < 0x80 ? 1 : *p >= 0xf0 ? 4 : *p >= 0xe0 ? 3 : 2;

	if (want > len || !cla_utf8_valid((struct cla_str){ (const char *)p, want }, NULL))
		return 0;
	return want;
}

/* C0 and C1 controls, DEL, and the two that are no characters. */
static bool is_control(const unsigned char *p, size_t len)
{
	return *p < 0x20 || *p == 0x7f || (len == 2 && *p == 0xc2 && p[1] < 0xa0) ||
	       (len == 3 && *p == 0xef && p[1] == 0xbf && p[2] >= 0xbe);
}

void cla_report_clean(struct cla_buf *out, struct cla_str s)
{
	for (size_t at = 0; at < s.len;) {
		const unsigned char *p = (const unsigned char *)s.ptr + at;
		size_t len = utf8_length(p, s.len - at);

		if (!len)
			cla_buf_addc(out, "\xef\xbf\xbd");
		else if (is_control(p, len))
			cla_buf_byte(out, ' ');
		else
			cla_buf_add(out, cla_str_sub(s, at, len));
		at += len ? len : 1;
	}
}

static bool is_number(const struct cla_column *column, struct cla_str s)
{
	return (column->cell == CLA_CELL_MONEY || column->cell == CLA_CELL_NUMBER) &&
	       cla_dec_parse(s).ok;
}

bool cla_report_csv(const struct cla_report *r, const struct cla_report_table *table,
		    enum cla_lang lang, struct cla_buf *out, struct cla_err *err)
{
	/* Without the mark at the start a sheet takes the text for another encoding. */
	cla_buf_addc(out, "\xef\xbb\xbf");
	for (size_t i = 0; i < table->column_count; i++)
		cla_buf_addf(out, "%s%s", i ? "," : "", table->columns[i].key);
	cla_buf_byte(out, '\n');
	for (size_t at = 0; at < table->rows(r); at++) {
		struct cla_row_cells cells = { 0 };

		table->row(r, at, lang, &cells);
		for (size_t i = 0; i < table->column_count; i++) {
			cla_auto_buf struct cla_buf text = CLA_BUF_INIT(1 << 20);

			cla_report_clean(&text, cells.cell[i]);
			if (!cla_buf_ok(&text, err))
				return false;
			cla_csv_cell(out, cla_buf_str(&text),
				     is_number(&table->columns[i], cells.cell[i]));
		}
		cla_buf_byte(out, '\n');
	}
	return cla_buf_ok(out, err);
}

static void json_cell(struct cla_json_out *o, const struct cla_column *column, struct cla_str s)
{
	uint64_t n;

	cla_json_out_key(o, column->key);
	if (column->cell == CLA_CELL_NUMBER && cla_str_to_u64(s, &n) && n <= INT64_MAX)
		cla_json_out_int(o, (int64_t)n);
	else
		cla_json_out_str(o, s);
}

bool cla_report_json(const struct cla_report *r, enum cla_lang lang, struct cla_buf *out,
		     struct cla_err *err)
{
	struct cla_json_out o;

	cla_json_out_begin_unordered(&o, out);
	cla_json_out_object(&o);
	for (size_t t = 0; t < CLA_TABLE_COUNT; t++) {
		const struct cla_report_table *table = &cla_report_tables[t];

		cla_json_out_key(&o, table->key);
		cla_json_out_array(&o);
		for (size_t at = 0; at < table->rows(r); at++) {
			struct cla_row_cells cells = { 0 };

			table->row(r, at, lang, &cells);
			cla_json_out_object(&o);
			for (size_t i = 0; i < table->column_count; i++)
				json_cell(&o, &table->columns[i], cells.cell[i]);
			cla_json_out_close(&o);
		}
		cla_json_out_close(&o);
	}
	cla_json_out_close(&o);
	return cla_json_out_end(&o, err);
}
