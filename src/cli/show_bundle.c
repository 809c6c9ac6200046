#include "cli/show.h"

#include "cli/bag.h"

#include <string.h>

static void put_str(const struct cla_cli *cli, const char *label, const struct cla_json *node)
{
	char word[CLA_SHOWN], value[CLA_SHOWN];

	cla_cli_print("%s %s\n", cla_column(cla_str_from(cla_tr(cli, label)), 14, word),
		      cla_shown(cla_json_text(node), 0, value));
}

static void put_totals(const struct cla_cli *cli, const struct cla_json *totals)
{
	uint64_t tx = 0, reimbursements = 0, documents = 0;

	if (cla_json_u64(cla_json_get(totals, "transactions"), &tx) &&
	    cla_json_u64(cla_json_get(totals, "reimbursements"), &reimbursements) &&
	    cla_json_u64(cla_json_get(totals, "documents"), &documents))
		cla_cli_print(
			cla_tr(cli, "%llu transactions, %llu reimbursements, %llu documents\n"),
			(unsigned long long)tx, (unsigned long long)reimbursements,
			(unsigned long long)documents);
}

static void put_verdicts(const struct cla_cli *cli, const struct cla_json *expenses)
{
	static const enum cla_verdict order[] = { CLA_VERDICT_FAIL, CLA_VERDICT_UNKNOWN,
						  CLA_VERDICT_WARN, CLA_VERDICT_PASS,
						  CLA_VERDICT_NA };
	uint64_t counts[CLA_LEN(order)] = { 0 };

	for (const struct cla_json *e = cla_json_first(expenses); e; e = cla_json_next(e)) {
		enum cla_verdict v;
		if (!cla_verdict_parse(cla_json_string(cla_json_get(e, "verdict")), &v))
			continue;
		for (size_t i = 0; i < CLA_LEN(order); i++)
			counts[i] += order[i] == v;
	}
	cla_cli_print("%s\n", cla_tr(cli, "Expenses by the worst of their documents:"));
	for (size_t i = 0; i < CLA_LEN(order); i++) {
		char word[CLA_SHOWN];
		if (!counts[i])
			continue;
		cla_cli_print("  ");
		cla_cli_paint(cli, order[i],
			      cla_column(cla_str_from(cla_verdict_word(cli, order[i])), 15, word));
		cla_cli_print("%llu\n", (unsigned long long)counts[i]);
	}
}

static void put_sums(const struct cla_cli *cli, const struct cla_json *sums)
{
	if (!cla_json_first(sums))
		return;
	cla_cli_print("%s\n", cla_tr(cli, "Sums:"));
	for (const struct cla_json *s = cla_json_first(sums); s; s = cla_json_next(s)) {
		static const char *const keys[] = { "kind",	"type",	 "status",
						    "currency", "count", "amount" };
		static const size_t widths[] = { 13, 18, 14, 3, 6, 0 };
		for (size_t i = 0; i < CLA_LEN(keys); i++) {
			struct cla_str text = cla_json_text(cla_json_get(s, keys[i]));
			char shown[CLA_SHOWN];
			if (cla_str_absent(text))
				text = CLA_STR("-");
			cla_cli_print("  %s", widths[i] ? cla_column(text, widths[i], shown)
							: cla_shown(text, 0, shown));
		}
		cla_cli_print("\n");
	}
}

static void put_missing(const struct cla_cli *cli, const struct cla_json *missing)
{
	if (!cla_json_first(missing)) {
		cla_cli_print("%s\n", cla_tr(cli, "Complete: nothing is missing"));
		return;
	}
	cla_cli_print("%s\n", cla_tr(cli, "Missing:"));
	for (const struct cla_json *m = cla_json_first(missing); m; m = cla_json_next(m)) {
		struct cla_str uuid = cla_json_string(cla_json_get(m, "uuid"));
		char resource[CLA_SHOWN], id[CLA_SHOWN], reason[CLA_SHOWN];
		cla_cli_print(
			"  %s %s  %s\n",
			cla_column(cla_json_string(cla_json_get(m, "resource")), 20, resource),
			cla_column(cla_str_absent(uuid) ? CLA_STR("-") : uuid, 36, id),
			cla_shown(cla_json_string(cla_json_get(m, "reason")), 0, reason));
	}
}

bool cla_show_bundle(struct cla_cli *cli, const char *path, struct cla_err *err)
{
	cla_auto_bag struct cla_bag bag = { .bytes = CLA_BUF_INIT(1) };
	char base[CLA_SHOWN], hex[CLA_DIGEST_HEX];

	if (!cla_bag_read(cli, path, NULL, &bag, err))
		return false;
	if (cli->json) {
		cla_cli_line(cla_buf_str(&bag.bytes));
		return true;
	}
	const struct cla_json *index = bag.index;
	cla_cli_print("%s\nSHA-256 %s\n", cla_shown(cla_str_from(bag.base), 0, base),
		      cla_digest_hex(&bag.sha256, hex));
	put_str(cli, "entity", cla_json_get(index, "entity"));
	put_str(cli, "tax id", cla_json_get(index, "tax_id"));
	put_str(cli, "month", cla_json_get(index, "month"));
	put_str(cli, "revision", cla_json_get(index, "revision"));
	put_str(cli, "cut-off", cla_json_get(index, "cutoff"));
	if (cla_json_is_true(cla_json_get(index, "open")))
		cla_cli_print("%s\n", cla_tr(cli, "The month was not over at the cut-off."));
	put_totals(cli, cla_json_get(index, "totals"));
	put_verdicts(cli, cla_json_get(index, "expenses"));
	put_sums(cli, cla_json_get(index, "sums"));
	put_missing(cli, cla_json_get(index, "missing"));
	return true;
}
