/* report/tables.h - the tables of a report, whatever they are written as (private to report/).
 *
 * A table is columns and a function that gives one row's cells. A cell is a stable text; a word (state,
 * verdict) is shown in the reader's language by those who write for people (cla_report_word).
 */
#ifndef CLA_REPORT_TABLES_H
#define CLA_REPORT_TABLES_H

#include "base/dec.h"
#include "report/report.h"

enum cla_cell {
	CLA_CELL_TEXT,
	CLA_CELL_WORD,	   /* of the words that cla_report_word() knows */
	CLA_CELL_WORDS,	   /* several, with blanks between */
	CLA_CELL_STANDING, /* a word that has a colour */
	CLA_CELL_VERDICT,  /* likewise */
	CLA_CELL_MONEY,	   /* digits */
	CLA_CELL_NUMBER,
	CLA_CELL_DATE, /* YYYY-MM-DD */
};

struct cla_column {
	const char *key; /* stable */
	struct cla_text title;
	enum cla_cell cell;
	unsigned width; /* in characters, of a sheet */
	bool detail;	/* left out where room is scarce: in HTML */
};

#define CLA_TABLE_COLUMNS 24
struct cla_row_cells {
	struct cla_str cell[CLA_TABLE_COLUMNS]; /* absent: empty */
	char room[16][CLA_DEC_TEXT];		/* for numbers, in order of need */
	size_t used;
	char hex[CLA_DIGEST_HEX], reasons[256];
};

struct cla_report_table {
	const char *key; /* stable; part of a CSV file's name */
	struct cla_text title;
	const struct cla_column *columns;
	size_t column_count;
	size_t (*rows)(const struct cla_report *r);
	/* `lang` is for what has no stable word: the text of a rule */
	void (*row)(const struct cla_report *r, size_t at, enum cla_lang lang,
		    struct cla_row_cells *cells);
};

enum {
	CLA_TABLE_CHARGES,
	CLA_TABLE_DOCUMENTS,
	CLA_TABLE_FINDINGS,
	CLA_TABLE_MISSING,
	CLA_TABLE_SUMS,
	CLA_TABLE_LISTS,
	CLA_TABLE_ABOUT,
	CLA_TABLE_COUNT,
};
extern const struct cla_report_table cla_report_tables[CLA_TABLE_COUNT];

/* The sums of one currency: by standing, exact; ok is false where an amount cannot be read. */
struct cla_report_sum {
	struct cla_str currency;
	struct cla_dec amount[CLA_STANDING_COUNT];
	uint64_t count[CLA_STANDING_COUNT];
};
/* Of the currency at place `at`, by name; false behind the last. */
bool cla_report_sum(const struct cla_report *r, size_t at, struct cla_report_sum *ret);

/* How many charges have that reason. */
uint64_t cla_report_count(const struct cla_report *r, enum cla_reason reason);
const char *cla_reason_name(enum cla_reason reason); /* "missing-document" */

/* The colour of a standing or a verdict; the word beside it says the same. */
enum cla_colour {
	CLA_COLOUR_GREEN,
	CLA_COLOUR_YELLOW,
	CLA_COLOUR_RED,
	CLA_COLOUR_GREY,
	CLA_COLOURS
};
enum cla_colour cla_report_colour(struct cla_str word);

/* A stable word in the reader's language; the word itself where it has no other. */
struct cla_str cla_report_word(struct cla_str word, enum cla_lang lang);
/* Fixed texts of HTML and workbook. */
enum cla_phrase {
	CLA_PHRASE_TITLE,
	CLA_PHRASE_COMPLETE,
	CLA_PHRASE_INCOMPLETE,
	CLA_PHRASE_SPEND,
	CLA_PHRASE_CHARGES,
	CLA_PHRASE_REASONS,
	CLA_PHRASE_NOTHING,
	CLA_PHRASE_NO_ARCHIVE,
	CLA_PHRASE_VERIFY,
	CLA_PHRASE_COUNT,
};
const char *cla_report_phrase(enum cla_phrase phrase, enum cla_lang lang);

/* Appends `s` for a place where no control character and no bad byte may stand: these become blanks,
 * U+FFFD. */
void cla_report_clean(struct cla_buf *out, struct cla_str s);

/* The writers. */
CLA_USE bool cla_report_html(const struct cla_report *r, enum cla_lang lang, struct cla_buf *out,
			     struct cla_err *err);
CLA_USE bool cla_report_json(const struct cla_report *r, enum cla_lang lang, struct cla_buf *out,
			     struct cla_err *err);
CLA_USE bool cla_report_csv(const struct cla_report *r, const struct cla_report_table *table,
			    enum cla_lang lang, struct cla_buf *out, struct cla_err *err);
/* Straight into a file that is not there yet. */
CLA_USE bool cla_report_xlsx(const struct cla_report *r, enum cla_lang lang, const char *path,
			     struct cla_err *err);

#endif
