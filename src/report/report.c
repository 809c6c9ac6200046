/* report/report.c - a report's rows, what each charge comes to, and the files. */
#include "report/tables.h"

#include "base/file.h"
#include "base/grow.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define OUT_MAX ((size_t)1 << 30)

void cla_report_clear(struct cla_report *r)
{
	cla_arena_clear(&r->arena);
	free(r->charges);
	free(r->documents);
	free(r->findings);
	free(r->gaps);
	free(r->lists);
	memset(r, 0, sizeof(*r));
}

bool cla_report_keep(struct cla_report *r, struct cla_str s, struct cla_str *ret,
		     struct cla_err *err)
{
	bool ok = true;

	*ret = cla_arena_str(&r->arena, s, &ok);
	return ok || cla_err_oom(err);
}

#define ADD(type, list)                                                                            \
	struct type *cla_report_add_##list(struct cla_report *r, struct cla_err *err)              \
	{                                                                                          \
		if (!cla_grow(&r->list##s, &r->list##_cap, r->list##_count, sizeof(*r->list##s),   \
			      err))                                                                \
			return NULL;                                                               \
		memset(&r->list##s[r->list##_count], 0, sizeof(*r->list##s));                      \
		return &r->list##s[r->list##_count++];                                             \
	}
ADD(cla_report_charge, charge)
ADD(cla_report_document, document)
ADD(cla_report_finding, finding)
ADD(cla_report_gap, gap)
ADD(cla_report_list, list)

/*
 * What a charge comes to
 */

const char *cla_standing_name(enum cla_standing s)
{
	static const char *const names[] = { "proven", "review", "not-proven", "not-needed" };

	return names[s];
}

const char *cla_reason_name(enum cla_reason reason)
{
	static const char *const names[] = {
		[CLA_REASON_MISSING] = "missing-document",
		[CLA_REASON_FAILED] = "document-fails",
		[CLA_REASON_OTHER] = "receiver-other",
		[CLA_REASON_SISTER] = "receiver-sister",
		[CLA_REASON_REUSED] = "reused",
		[CLA_REASON_AMBIGUOUS] = "ambiguous",
		[CLA_REASON_UNKNOWN] = "document-unknown",
		[CLA_REASON_WARNED] = "document-warns",
		[CLA_REASON_NO_RECEIVER] = "receiver-unknown",
	};

	return names[reason];
}

#define BIT(reason) (1u << (reason))
#define NOT_PROVEN                                                                                 \
	(BIT(CLA_REASON_MISSING) | BIT(CLA_REASON_FAILED) | BIT(CLA_REASON_OTHER) |                \
	 BIT(CLA_REASON_SISTER) | BIT(CLA_REASON_REUSED))

static void settle(struct cla_report_charge *c)
{
	if (c->verdict == CLA_VERDICT_FAIL)
		c->reasons |= BIT(CLA_REASON_FAILED);
	if (c->verdict == CLA_VERDICT_UNKNOWN)
		c->reasons |= BIT(CLA_REASON_UNKNOWN);
	if (c->verdict == CLA_VERDICT_WARN)
		c->reasons |= BIT(CLA_REASON_WARNED);
	if (c->reasons & NOT_PROVEN)
		c->standing = CLA_STANDING_NOT_PROVEN;
	else if (!c->needed)
		c->standing = CLA_STANDING_NOT_NEEDED;
	else
		c->standing = c->reasons ? CLA_STANDING_REVIEW : CLA_STANDING_PROVEN;
}

/* A charge and where it stood. */
struct placed {
	struct cla_report_charge charge;
	size_t was;
};

static int by_date(const void *a, const void *b)
{
	const struct cla_report_charge *one = &((const struct placed *)a)->charge;
	const struct cla_report_charge *two = &((const struct placed *)b)->charge;
	int order = cla_str_cmp(one->date, two->date);

	return order ? order : cla_str_cmp(one->uuid, two->uuid);
}

static int by_place(size_t a, size_t b)
{
	return a < b ? -1 : a > b;
}

static int documents_order(const void *a, const void *b)
{
	const struct cla_report_document *one = a, *two = b;
	int order = by_place(one->charge, two->charge);

	if (!order)
		order = cla_str_cmp(one->file, two->file);
	return order ? order : memcmp(one->sha256.bytes, two->sha256.bytes, sizeof(one->sha256));
}

static int findings_order(const void *a, const void *b)
{
	const struct cla_report_finding *one = a, *two = b;
	int order = by_place(one->charge, two->charge);

	if (!order && one->severity != two->severity)
		return one->severity > two->severity ? -1 : 1;
	if (!order)
		order = cla_str_cmp(one->rule, two->rule);
	if (!order)
		order = cla_str_cmp(one->file, two->file);
	return order ? order : cla_str_cmp(one->where, two->where);
}

/* Charges by day, what belongs to them in their order. */
static bool sort_rows(struct cla_report *r, struct cla_err *err)
{
	cla_auto_free struct placed *placed = calloc(r->charge_count + 1, sizeof(*placed));
	cla_auto_free size_t *place = calloc(r->charge_count + 1, sizeof(*place));

	if (!placed || !place)
		return cla_err_oom(err);
	for (size_t i = 0; i < r->charge_count; i++)
		placed[i] = (struct placed){ r->charges[i], i };
	qsort(placed, r->charge_count, sizeof(*placed), by_date);
	for (size_t i = 0; i < r->charge_count; i++) {
		r->charges[i] = placed[i].charge;
		place[placed[i].was] = i;
	}
	for (size_t i = 0; i < r->document_count; i++)
		r->documents[i].charge = place[r->documents[i].charge];
	for (size_t i = 0; i < r->finding_count; i++) {
		if (r->findings[i].charge != CLA_REPORT_MONTH)
			r->findings[i].charge = place[r->findings[i].charge];
	}
	if (r->document_count)
		qsort(r->documents, r->document_count, sizeof(*r->documents), documents_order);
	if (r->finding_count)
		qsort(r->findings, r->finding_count, sizeof(*r->findings), findings_order);
	return true;
}

bool cla_report_settle(struct cla_report *r, struct cla_err *err)
{
	for (size_t i = 0; i < r->charge_count; i++)
		settle(&r->charges[i]);
	return sort_rows(r, err);
}

/*
 * Sums
 */

static bool is_before(struct cla_str a, struct cla_str b)
{
	return cla_str_cmp(a, b) < 0;
}

bool cla_report_sum(const struct cla_report *r, size_t at, struct cla_report_sum *ret)
{
	struct cla_str currency = CLA_STR_NONE;

	for (size_t nth = 0; nth <= at; nth++) {
		struct cla_str next = CLA_STR_NONE;

		for (size_t i = 0; i < r->charge_count; i++) {
			struct cla_str c = r->charges[i].amount.currency;

			if (cla_str_absent(c))
				c = CLA_STR("");
			if ((cla_str_absent(currency) || is_before(currency, c)) &&
			    (cla_str_absent(next) || is_before(c, next)))
				next = c;
		}
		if (cla_str_absent(next))
			return false;
		currency = next;
	}
	*ret = (struct cla_report_sum){ .currency = currency };
	for (int s = 0; s < CLA_STANDING_COUNT; s++)
		ret->amount[s] = cla_dec_from(0, 2);
	for (size_t i = 0; i < r->charge_count; i++) {
		const struct cla_report_charge *c = &r->charges[i];

		if (!cla_str_eq(c->amount.currency, currency) &&
		    !(cla_str_absent(c->amount.currency) && !currency.len))
			continue;
		ret->count[c->standing]++;
		ret->amount[c->standing] =
			cla_dec_add(ret->amount[c->standing], cla_dec_parse(c->amount.amount));
	}
	return true;
}

uint64_t cla_report_count(const struct cla_report *r, enum cla_reason reason)
{
	uint64_t n = 0;

	for (size_t i = 0; i < r->charge_count; i++)
		n += (r->charges[i].reasons & BIT(reason)) != 0;
	return n;
}

/*
 * Files
 */

const char *cla_report_format_name(enum cla_report_format f)
{
	static const char *const names[] = {
		[CLA_REPORT_HTML] = "html",
		[CLA_REPORT_XLSX] = "xlsx",
		[CLA_REPORT_CSV] = "csv",
		[CLA_REPORT_JSON] = "json",
	};

	return names[f];
}

/* What the text of a file is made by, for those that are made in memory. */
static bool make(const struct cla_report *r, enum cla_report_format format, enum cla_lang lang,
		 const struct cla_report_table *table, struct cla_buf *out, struct cla_err *err)
{
	switch (format) {
	case CLA_REPORT_HTML:
		return cla_report_html(r, lang, out, err);
	case CLA_REPORT_CSV:
		return cla_report_csv(r, table, lang, out, err);
	default:
		return cla_report_json(r, lang, out, err);
	}
}

/* The workbook's library writes a file of its own: beside the place, then moved there. */
static bool write_workbook(const struct cla_report *r, enum cla_lang lang, const char *path,
			   struct cla_err *err)
{
	cla_auto_buf struct cla_buf part = CLA_BUF_INIT(8192), bytes = CLA_BUF_INIT(OUT_MAX);
	bool ok;

	cla_buf_addf(&part, "%s.part", path);
	if (!cla_buf_ok(&part, err))
		return false;
	ok = cla_report_xlsx(r, lang, cla_buf_cstr(&part), err) &&
	     cla_file_read(cla_buf_cstr(&part), &bytes, err);
	(void)unlink(cla_buf_cstr(&part));
	return ok && cla_file_replace(path, cla_buf_str(&bytes), 0644, err);
}

static bool write_one(const struct cla_report *r, enum cla_report_format format, enum cla_lang lang,
		      const char *dir, const struct cla_report_table *table,
		      cla_report_wrote_fn *wrote, void *ctx, struct cla_err *err)
{
	cla_auto_buf struct cla_buf out = CLA_BUF_INIT(OUT_MAX), path = CLA_BUF_INIT(8192);
	cla_auto_buf struct cla_buf name = CLA_BUF_INIT(256);

	cla_buf_addf(&name, "clara_%s_%s_%04d-%02d%s%s.%s", cla_country_code(r->entity->country),
		     r->entity->slug, r->month.year % 10000, r->month.month % 100, table ? "_" : "",
		     table ? table->key : "", cla_report_format_name(format));
	if (!cla_buf_ok(&name, err) || !cla_path_join(&path, dir, cla_buf_cstr(&name), err))
		return false;
	const char *to = cla_buf_cstr(&path);
	if (format == CLA_REPORT_XLSX) {
		if (!write_workbook(r, lang, to, err))
			return cla_err_wrap(err, "'%s'", to);
	} else if (!make(r, format, lang, table, &out, err) || !cla_buf_ok(&out, err) ||
		   !cla_file_replace(to, cla_buf_str(&out), 0644, err)) {
		return cla_err_wrap(err, "'%s'", to);
	}
	return wrote(ctx, format, to, err);
}

bool cla_report_write(const struct cla_report *r, enum cla_report_format format, enum cla_lang lang,
		      const char *dir, cla_report_wrote_fn *wrote, void *ctx, struct cla_err *err)
{
	if (format != CLA_REPORT_CSV)
		return write_one(r, format, lang, dir, NULL, wrote, ctx, err);
	for (size_t i = 0; i < CLA_TABLE_COUNT; i++) {
		if (!write_one(r, format, lang, dir, &cla_report_tables[i], wrote, ctx, err))
			return false;
	}
	return true;
}
