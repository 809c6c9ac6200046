/* cli/recap.c - the summary at the end of validate. */
#include "cli/recap.h"

#include "base/grow.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define FEW 10		  /* documents whose findings one looks through anyway */
#define FAILURES_SHOWN 12 /* rules of the table */
#define OTHERS_SHOWN 5
#define ISSUERS_SHOWN 10
#define LACKING_SHOWN 250
#define ISSUERS_MOST 4096
#define RULES_MOST 4096

static void free_rule(struct cla_recap_rule *r)
{
	free(r->example);
	free(r->lacking);
}

void cla_recap_clear(struct cla_recap *t)
{
	for (size_t i = 0; i < t->rule_count; i++)
		free_rule(&t->rules[i]);
	free(t->rules);
	free(t->issuers);
	*t = (struct cla_recap){ .documents = 0 };
}

/* ---- counting ---- */

bool cla_lacks_input(const struct cla_finding *f)
{
	return f->severity == CLA_VERDICT_UNKNOWN && !cla_str_absent(f->expected) &&
	       !cla_str_starts(cla_str_from(f->rule), "doc.");
}

static bool is_of(const struct cla_recap_rule *r, const struct cla_finding *f)
{
	return r->severity == f->severity && !strcmp(r->rule, f->rule) &&
	       !strcmp(r->code ? r->code : "", f->code ? f->code : "");
}

/* What could not be had; NULL: nothing was missing, or no memory. */
static char *lacking_of(const struct cla_finding *f)
{
	return cla_lacks_input(f) ? cla_str_dup(cla_str_sub(f->expected, 0, LACKING_SHOWN)) : NULL;
}

static bool new_rule(const char *path, const struct cla_finding *f, struct cla_recap_rule *r,
		     struct cla_err *err)
{
	*r = (struct cla_recap_rule){
		.rule = f->rule, .code = f->code, .text = f->text, .severity = f->severity
	};
	r->example = cla_str_dup(cla_str_from(path));
	r->lacking = lacking_of(f);
	if (r->example && (r->lacking || !cla_lacks_input(f)))
		return true;
	free_rule(r);
	return cla_err_oom(err);
}

/* Rules are few. */
static bool add_finding(struct cla_recap *t, const char *path, const struct cla_finding *f,
			struct cla_err *err)
{
	size_t i = 0;

	while (i < t->rule_count && !is_of(&t->rules[i], f))
		i++;
	if (i == RULES_MOST)
		return true;
	if (i == t->rule_count) {
		if (!cla_grow(&t->rules, &t->rule_cap, i, sizeof(*t->rules), err) ||
		    !new_rule(path, f, &t->rules[i], err))
			return false;
		t->rule_count++;
	}
	t->rules[i].documents += t->rules[i].last != t->documents;
	t->rules[i].last = t->documents;
	return true;
}

static bool add_issuer(struct cla_recap *t, const struct cla_document *d, struct cla_err *err)
{
	char id[sizeof(t->issuers->id)];
	size_t i = 0;

	if (cla_str_absent(d->issuer) || !cla_str_cstr(d->issuer, id, sizeof(id), NULL))
		return true;
	while (i < t->issuer_count && strcmp(t->issuers[i].id, id) != 0)
		i++;
	if (i == t->issuer_count) {
		if (i == ISSUERS_MOST)
			return true;
		if (!cla_grow(&t->issuers, &t->issuer_cap, i, sizeof(*t->issuers), err))
			return false;
		t->issuers[i] = (struct cla_recap_issuer){ .documents = 0 };
		memcpy(t->issuers[i].id, id, sizeof(id));
		t->issuer_count++;
	}
	t->issuers[i].documents++;
	t->issuers[i].failed += d->verdict == CLA_VERDICT_FAIL;
	return true;
}

bool cla_recap_add(struct cla_recap *t, const char *path, const struct cla_document *d,
		   struct cla_err *err)
{
	t->documents++;
	t->by_verdict[d->verdict]++;
	t->by_kind[d->kind]++;
	for (const struct cla_finding *f = d->findings; f; f = f->next)
		if (f->severity > CLA_VERDICT_PASS && !add_finding(t, path, f, err))
			return false;
	return add_issuer(t, d, err);
}

/* ---- telling ---- */

static int worse_rule(const void *a, const void *b)
{
	const struct cla_recap_rule *x = a, *y = b;

	if (x->severity != y->severity)
		return x->severity > y->severity ? -1 : 1;
	if (x->documents != y->documents)
		return x->documents > y->documents ? -1 : 1;
	return strcmp(x->rule, y->rule);
}

static int worse_issuer(const void *a, const void *b)
{
	const struct cla_recap_issuer *x = a, *y = b;

	if (x->failed != y->failed)
		return x->failed > y->failed ? -1 : 1;
	if (x->documents != y->documents)
		return x->documents > y->documents ? -1 : 1;
	return strcmp(x->id, y->id);
}

static void print_rule(const struct cla_recap_rule *r, const struct cla_cli *cli)
{
	char word[CLA_SHOWN], shown[CLA_SHOWN];

	cla_cli_print("  %7" PRIu64 "  ", r->documents);
	cla_cli_paint(cli, r->severity,
		      cla_column(cla_str_from(cla_verdict_word(cli, r->severity)), 15, word));
	if (r->lacking)
		cla_cli_print(cla_tr(cli, "Not checked, for lack of: %s"),
			      cla_shown(cla_str_from(r->lacking), 120, shown));
	else
		cla_cli_print("%s", cla_text_in(cli, r->text));
	cla_cli_print("\n  %7s  %15s%s%s%s  ", "", "", r->rule, r->code ? " " : "",
		      r->code ? r->code : "");
	cla_cli_print(cla_tr(cli, "(for instance %s)\n"),
		      cla_shown(cla_str_from(r->example), 0, shown));
}

/* The first of each severity: what fails, what could not be checked, what is only odd. */
static void print_rules(struct cla_recap *t, const struct cla_cli *cli)
{
	static const size_t most[] = { [CLA_VERDICT_FAIL] = FAILURES_SHOWN,
				       [CLA_VERDICT_UNKNOWN] = OTHERS_SHOWN,
				       [CLA_VERDICT_WARN] = OTHERS_SHOWN };
	size_t shown[CLA_LEN(most)] = { 0 }, left_out = 0;

	if (!t->rule_count)
		return;
	qsort(t->rules, t->rule_count, sizeof(*t->rules), worse_rule);
	cla_cli_print("\n%s\n", cla_tr(cli, "What was found, in how many documents:"));
	for (size_t i = 0; i < t->rule_count; i++) {
		if (shown[t->rules[i].severity]++ < most[t->rules[i].severity])
			print_rule(&t->rules[i], cli);
		else
			left_out++;
	}
	if (left_out)
		cla_cli_print(cla_tr(cli, "  and %llu more rules\n"), (unsigned long long)left_out);
}

static void print_issuers(struct cla_recap *t, const struct cla_cli *cli)
{
	char shown[CLA_SHOWN];

	if (t->issuer_count)
		qsort(t->issuers, t->issuer_count, sizeof(*t->issuers), worse_issuer);
	if (!t->issuer_count || !t->issuers[0].failed)
		return;
	cla_cli_print("\n%s\n", cla_tr(cli, "Issuers of documents that fail:"));
	for (size_t i = 0; i < t->issuer_count && i < ISSUERS_SHOWN && t->issuers[i].failed; i++) {
		cla_cli_print("  %7" PRIu64 "  ", t->issuers[i].failed);
		cla_cli_print(cla_tr(cli, "of %llu by %s\n"),
			      (unsigned long long)t->issuers[i].documents,
			      cla_shown(cla_str_from(t->issuers[i].id), 0, shown));
	}
}

static void print_kinds(const struct cla_recap *t, const struct cla_cli *cli)
{
	const char *between = "";

	cla_cli_print("%s ", cla_tr(cli, "Kinds:"));
	for (int k = 0; k <= CLA_DOC_DIAN; k++) {
		if (!t->by_kind[k])
			continue;
		cla_cli_print("%s%" PRIu64 " %s", between, t->by_kind[k],
			      cla_doc_kind_name((enum cla_doc_kind)k));
		between = ", ";
	}
	cla_cli_print("\n");
}

static void print_line(const struct cla_recap *t, const struct cla_cli *cli)
{
	static const enum cla_verdict order[] = {
		CLA_VERDICT_PASS, CLA_VERDICT_WARN, CLA_VERDICT_UNKNOWN,
		CLA_VERDICT_FAIL, CLA_VERDICT_NA,
	};
	const char *between = "";

	if (!t->documents)
		cla_cli_print("%s", cla_tr(cli, "no documents"));
	else if (t->documents == 1)
		cla_cli_print("%s", cla_tr(cli, "1 document: "));
	else
		cla_cli_print(cla_tr(cli, "%llu documents: "), (unsigned long long)t->documents);
	for (size_t i = 0; i < CLA_LEN(order); i++) {
		if (!t->by_verdict[order[i]])
			continue;
		cla_cli_print("%s%" PRIu64 " %s", between, t->by_verdict[order[i]],
			      cla_verdict_word(cli, order[i]));
		between = ", ";
	}
	cla_cli_print("\n");
}

void cla_recap_print(struct cla_recap *t, const struct cla_cli *cli, bool brief)
{
	if (t->documents > FEW) {
		print_rules(t, cli);
		print_issuers(t, cli);
		cla_cli_print("\n");
		print_kinds(t, cli);
	}
	if (brief)
		cla_cli_print("%s\n", cla_tr(cli, "Documents that pass are not listed; what was "
						  "found in each is told with -v or --json."));
	print_line(t, cli);
}
