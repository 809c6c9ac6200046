/* clara-audit diff A.tar B.tar: what changed from one bundle to another, in words. */
#include "cli/show.h"

#include "base/dec.h"
#include "base/grow.h"
#include "cli/bag.h"
#include "json/out.h"

#include <stdlib.h>
#include <string.h>

/* Evidence of one expense that differs, in both bundles. */
struct side {
	struct cla_str json; /* in the arena; absent when the bundle has no such expense */
	struct cla_json_doc *doc;
	const struct cla_json *root;
};

struct changed {
	struct cla_str uuid; /* borrowed from an index */
	struct side side[2];
};

struct diff {
	struct cla_cli *cli;
	struct cla_bag bag[2];
	struct cla_arena arena;
	struct changed *list; /* by uuid */
	size_t count, cap;
	int reading;		    /* which bundle is read */
	const struct changed *told; /* the expense whose first line was printed */
	uint64_t changes;
};

/* ---- telling ---- */

/* One change. For people the line is made of words; with --json it is an object. */
struct change {
	const struct changed *of;     /* NULL: of the bundle as a whole */
	const char *what;	      /* stable */
	struct cla_str field;	      /* which fact, which role, which rule */
	struct cla_str before, after; /* absent: there was, or is, none */
};

static const char *what_in_words(const struct cla_cli *cli, const char *what)
{
	static const struct {
		const char *what, *words;
	} rows[] = {
		{ "new", "new expense" },
		{ "gone", "gone" },
		{ "amount", "amount changed" },
		{ "status", "status changed" },
		{ "fact", "changed" },
		{ "new-document", "new receipt" },
		{ "gone-document", "receipt gone" },
		{ "verdict", "verdict changed" },
		{ "match", "match changed" },
		{ "receiver", "receiver changed" },
		{ "new-finding", "new finding" },
		{ "gone-finding", "finding gone" },
		{ "absent", "not there" },
		{ "not-absent", "no longer named as absent" },
		{ "details", "only details changed: captures, candidates, equations" },
		{ "missing", "missing now" },
		{ "not-missing", "no longer missing" },
		{ "about", "changed" },
		{ "rules", "judged by other rules" },
	};

	for (size_t i = 0; i < CLA_LEN(rows); i++)
		if (!strcmp(rows[i].what, what))
			return cla_tr(cli, rows[i].words);
	return what;
}

static const struct cla_json *facts_of(const struct changed *c)
{
	const struct side *s = &c->side[cla_str_absent(c->side[1].json) ? 0 : 1];
	return cla_json_get(s->root, "facts");
}

static struct cla_str kind_of(const struct changed *c)
{
	const struct side *s = &c->side[cla_str_absent(c->side[1].json) ? 0 : 1];
	return cla_json_string(cla_json_get(s->root, "kind"));
}

static void put_value(struct cla_str s)
{
	char shown[CLA_SHOWN];
	cla_cli_print("%s", cla_str_absent(s) ? "-" : cla_shown(s, 0, shown));
}

static void tell_text(struct diff *d, const struct change *c)
{
	char field[CLA_SHOWN];

	if (c->of && d->told != c->of)
		cla_show_facts(kind_of(c->of), c->of->uuid, facts_of(c->of));
	d->told = c->of;
	cla_cli_print("%s%s", c->of ? "    " : "", what_in_words(d->cli, c->what));
	if (c->field.len)
		cla_cli_print(" (%s)", cla_shown(c->field, 0, field));
	if (!cla_str_absent(c->before) && !cla_str_absent(c->after)) {
		cla_cli_print(": ");
		put_value(c->before);
		cla_cli_print(" → ");
		put_value(c->after);
	} else if (!cla_str_absent(c->before) || !cla_str_absent(c->after)) {
		cla_cli_print(": ");
		put_value(cla_str_absent(c->after) ? c->before : c->after);
	}
	cla_cli_print("\n");
}

static bool tell(struct diff *d, struct change c, struct cla_err *err)
{
	cla_auto_buf struct cla_buf line = CLA_BUF_INIT(1 << 20);
	struct cla_json_out o;

	d->changes++;
	if (!d->cli->json) {
		tell_text(d, &c);
		return true;
	}
	cla_json_out_begin_unordered(&o, &line);
	cla_json_out_object(&o);
	cla_json_out_kstr(&o, "kind", c.of ? kind_of(c.of) : CLA_STR_NONE);
	cla_json_out_kstr(&o, "uuid", c.of ? c.of->uuid : CLA_STR_NONE);
	cla_json_out_kcstr(&o, "what", c.what);
	cla_json_out_kstr(&o, "field", c.field.len ? c.field : CLA_STR_NONE);
	cla_json_out_kstr(&o, "before", c.before);
	cla_json_out_kstr(&o, "after", c.after);
	cla_json_out_close(&o);
	if (!cla_json_out_end(&o, err))
		return false;
	cla_cli_line(cla_buf_str(&line));
	return true;
}

/* ---- one expense ---- */

static struct cla_str text_of(const struct cla_json *node, const char *key)
{
	return cla_json_text(cla_json_get(node, key));
}

static bool same(struct cla_str a, struct cla_str b)
{
	return cla_str_absent(a) == cla_str_absent(b) && cla_str_eq(a, b);
}

/* 1260.0 and 1260.00 are one amount, in other digits. */
static bool same_amount(struct cla_str a, struct cla_str b)
{
	return same(a, b) || (!cla_str_absent(a) && !cla_str_absent(b) &&
			      cla_dec_eq(cla_dec_parse(a), cla_dec_parse(b)));
}

static struct cla_str or_dash(struct cla_str s)
{
	return cla_str_absent(s) ? CLA_STR("-") : s;
}

static bool diff_text(struct diff *d, const struct changed *c, const char *what,
		      struct cla_str field, struct cla_str before, struct cla_str after,
		      struct cla_err *err)
{
	return same(before, after) ||
	       tell(d, (struct change){ c, what, field, or_dash(before), or_dash(after) }, err);
}

static bool diff_amount(struct diff *d, const struct changed *c, const struct cla_json *a,
			const struct cla_json *b, struct cla_err *err)
{
	cla_auto_buf struct cla_buf before = CLA_BUF_INIT(4096), after = CLA_BUF_INIT(4096);
	struct cla_str x = text_of(a, "amount"), y = text_of(b, "amount"),
		       xc = text_of(a, "currency"), yc = text_of(b, "currency");

	if (same_amount(x, y) && same(xc, yc))
		return true;
	cla_buf_addf(&before, CLA_STR_FMT " " CLA_STR_FMT, CLA_STR_ARG(or_dash(x)),
		     CLA_STR_ARG(or_dash(xc)));
	cla_buf_addf(&after, CLA_STR_FMT " " CLA_STR_FMT, CLA_STR_ARG(or_dash(y)),
		     CLA_STR_ARG(or_dash(yc)));
	return cla_buf_ok(&before, err) && cla_buf_ok(&after, err) &&
	       tell(d,
		    (struct change){ c, "amount", CLA_STR(""), cla_buf_str(&before),
				     cla_buf_str(&after) },
		    err);
}

static bool diff_facts(struct diff *d, const struct changed *c, const struct cla_json *a,
		       const struct cla_json *b, struct cla_err *err)
{
	if (!diff_text(d, c, "status", CLA_STR(""), text_of(a, "status"), text_of(b, "status"),
		       err) ||
	    !diff_amount(d, c, a, b, err))
		return false;
	for (const struct cla_json *f = cla_json_first(b); f; f = cla_json_next(f)) {
		char key[64];
		struct cla_str name = cla_json_key(f);
		if (cla_str_eqc(name, "status") || cla_str_eqc(name, "amount") ||
		    cla_str_eqc(name, "currency") || !cla_str_cstr(name, key, sizeof(key), NULL))
			continue;
		if (cla_str_eqc(name, "original_amount") &&
		    same_amount(text_of(a, key), cla_json_text(f)))
			continue;
		if (!diff_text(d, c, "fact", name, text_of(a, key), cla_json_text(f), err))
			return false;
	}
	return true;
}

/* The API's row is told by its facts. */
static bool is_row(const struct cla_json *doc)
{
	struct cla_str role = text_of(doc, "role");
	return cla_str_eqc(role, "transaction") || cla_str_eqc(role, "reimbursement");
}

static const struct cla_json *find_by(const struct cla_json *list, const struct cla_json *like,
				      const char *const *keys)
{
	for (const struct cla_json *e = cla_json_first(list); e; e = cla_json_next(e)) {
		size_t i = 0;
		while (keys[i] && same(text_of(e, keys[i]), text_of(like, keys[i])))
			i++;
		if (!keys[i])
			return e;
	}
	return NULL;
}

/* Documents of `from` that `in` has not. */
static bool diff_documents(struct diff *d, const struct changed *c, const struct cla_json *from,
			   const struct cla_json *in, const char *what, struct cla_err *err)
{
	static const char *const keys[] = { "role", "sha256", NULL };
	bool is_new = !strcmp(what, "new-document");

	for (const struct cla_json *e = cla_json_first(from); e; e = cla_json_next(e)) {
		if (is_row(e) || find_by(in, e, keys))
			continue;
		struct cla_str name = text_of(e, "original_name");
		if (cla_str_absent(name))
			name = text_of(e, "sha256");
		struct change change = { c, what, text_of(e, "role"), CLA_STR_NONE, CLA_STR_NONE };
		*(is_new ? &change.after : &change.before) = name;
		if (!tell(d, change, err))
			return false;
	}
	return true;
}

/* Entries of `from` that `in` has not, by what `keys` hold; told by the first two. */
static bool diff_entries(struct diff *d, const struct changed *c, const struct cla_json *from,
			 const struct cla_json *in, const char *const *keys, const char *what,
			 struct cla_err *err)
{
	for (const struct cla_json *e = cla_json_first(from); e; e = cla_json_next(e)) {
		struct change change = { c, what, text_of(e, keys[0]), CLA_STR_NONE,
					 text_of(e, keys[1]) };
		if (!find_by(in, e, keys) && !tell(d, change, err))
			return false;
	}
	return true;
}

static bool diff_findings(struct diff *d, const struct changed *c, const struct cla_json *a,
			  const struct cla_json *b, struct cla_err *err)
{
	static const char *const keys[] = { "rule", "result", "code", NULL };

	a = cla_json_get(a, "findings");
	b = cla_json_get(b, "findings");
	return diff_entries(d, c, b, a, keys, "new-finding", err) &&
	       diff_entries(d, c, a, b, keys, "gone-finding", err);
}

static bool diff_absent(struct diff *d, const struct changed *c, const struct cla_json *a,
			const struct cla_json *b, struct cla_err *err)
{
	static const char *const keys[] = { "role", "reason", NULL };

	return diff_entries(d, c, b, a, keys, "absent", err) &&
	       diff_entries(d, c, a, b, keys, "not-absent", err);
}

static bool diff_verdicts(struct diff *d, const struct changed *c, const struct cla_json *a,
			  const struct cla_json *b, struct cla_err *err)
{
	static const char *const keys[] = { "sha256", "index", NULL };

	for (const struct cla_json *v = cla_json_first(b); v; v = cla_json_next(v)) {
		const struct cla_json *old = find_by(a, v, keys);
		struct cla_str id = text_of(v, "id");
		if (!old)
			continue; /* a new document says so itself */
		if (!diff_text(d, c, "verdict", cla_str_absent(id) ? text_of(v, "kind") : id,
			       text_of(old, "verdict"), text_of(v, "verdict"), err) ||
		    !diff_findings(d, c, old, v, err))
			return false;
	}
	return true;
}

static bool diff_one(struct diff *d, const struct changed *c, struct cla_err *err)
{
	const struct cla_json *a = c->side[0].root, *b = c->side[1].root;
	uint64_t before = d->changes;

	if (!a || !b)
		return tell(d, (struct change){ .of = c, .what = a ? "gone" : "new" }, err);
	const struct cla_json *ma = cla_json_get(a, "match"), *mb = cla_json_get(b, "match");
	if (!diff_facts(d, c, cla_json_get(a, "facts"), cla_json_get(b, "facts"), err) ||
	    !diff_documents(d, c, cla_json_get(b, "documents"), cla_json_get(a, "documents"),
			    "new-document", err) ||
	    !diff_documents(d, c, cla_json_get(a, "documents"), cla_json_get(b, "documents"),
			    "gone-document", err) ||
	    !diff_verdicts(d, c, cla_json_get(a, "verdicts"), cla_json_get(b, "verdicts"), err) ||
	    !diff_absent(d, c, cla_json_get(a, "absent"), cla_json_get(b, "absent"), err) ||
	    !diff_text(d, c, "match", CLA_STR(""), text_of(ma, "state"), text_of(mb, "state"),
		       err) ||
	    !diff_text(d, c, "receiver", CLA_STR(""), text_of(ma, "receiver"),
		       text_of(mb, "receiver"), err))
		return false;
	return d->changes != before || tell(d, (struct change){ .of = c, .what = "details" }, err);
}

/* ---- which differ ---- */

static bool add_changed(struct diff *d, struct cla_str uuid, struct cla_err *err)
{
	if (!cla_grow(&d->list, &d->cap, d->count, sizeof(*d->list), err))
		return false;
	d->list[d->count++] = (struct changed){ .uuid = uuid };
	return true;
}

/* Both indexes are in order of uuid. */
static bool find_changed(struct diff *d, struct cla_err *err)
{
	const struct cla_json *a = cla_json_first(cla_json_get(d->bag[0].index, "expenses"));
	const struct cla_json *b = cla_json_first(cla_json_get(d->bag[1].index, "expenses"));

	while (a || b) {
		struct cla_str x = text_of(a, "uuid"), y = text_of(b, "uuid");
		int c = !a ? 1 : !b ? -1 : cla_str_cmp(x, y);
		if (c || !same(text_of(a, "leaf"), text_of(b, "leaf")))
			if (!add_changed(d, c > 0 ? y : x, err))
				return false;
		if (c <= 0)
			a = cla_json_next(a);
		if (c >= 0)
			b = cla_json_next(b);
	}
	return true;
}

static struct changed *find(const struct diff *d, struct cla_str uuid)
{
	size_t lo = 0, hi = d->count;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int c = cla_str_cmp(d->list[mid].uuid, uuid);
		if (!c)
			return &d->list[mid];
		if (c < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

static bool wants(void *ctx, struct cla_str uuid)
{
	return find(ctx, uuid) != NULL;
}

static bool on_expense(void *ctx, const struct cla_bag_expense *e, struct cla_err *err)
{
	struct diff *d = ctx;
	struct side *side = &find(d, e->uuid)->side[d->reading];
	bool mem = true;

	side->json = cla_arena_str(&d->arena, e->json, &mem);
	return mem || cla_err_oom(err);
}

/* Parsed for as long as it is compared. */
static bool diff_expense(struct diff *d, struct changed *c, struct cla_err *err)
{
	bool ok = true;

	for (int i = 0; i < 2; i++) {
		struct side *s = &c->side[i];
		if (cla_str_absent(s->json))
			continue;
		ok = ok && cla_json_parse(s->json, &s->doc, err);
		s->root = cla_json_root(s->doc);
	}
	ok = ok && ((c->side[0].root || c->side[1].root)
			    ? diff_one(d, c, err)
			    : cla_err_set(err, CLA_ERR_INTEGRITY,
					  "neither bundle holds '" CLA_STR_FMT
					  "', which their indexes name",
					  CLA_STR_ARG(c->uuid)));
	for (int i = 0; i < 2; i++) {
		cla_json_free(c->side[i].doc);
		c->side[i].doc = NULL;
		c->side[i].root = NULL;
	}
	return ok;
}

/* ---- the bundles ---- */

static bool diff_missing(struct diff *d, int from, const char *what, struct cla_err *err)
{
	static const char *const keys[] = { "resource", "uuid", "reason", NULL };
	const struct cla_json *list = cla_json_get(d->bag[from].index, "missing");
	const struct cla_json *other = cla_json_get(d->bag[!from].index, "missing");

	for (const struct cla_json *m = cla_json_first(list); m; m = cla_json_next(m)) {
		cla_auto_buf struct cla_buf text = CLA_BUF_INIT(4096);
		struct change c = { NULL, what, text_of(m, "resource"), CLA_STR_NONE,
				    CLA_STR_NONE };
		if (find_by(other, m, keys))
			continue;
		cla_buf_addf(&text, CLA_STR_FMT " " CLA_STR_FMT,
			     CLA_STR_ARG(or_dash(text_of(m, "uuid"))),
			     CLA_STR_ARG(text_of(m, "reason")));
		*(from ? &c.after : &c.before) = cla_buf_str(&text);
		if (!cla_buf_ok(&text, err) || !tell(d, c, err))
			return false;
	}
	return true;
}

static bool diff_whole(struct diff *d, struct cla_err *err)
{
	static const char *const keys[] = { "entity",	   "tax_id",   "month",
					    "month_basis", "revision", "cutoff" };
	char hex[2][CLA_DIGEST_HEX];

	for (size_t i = 0; i < CLA_LEN(keys); i++)
		if (!diff_text(d, NULL, "about", cla_str_from(keys[i]),
			       text_of(d->bag[0].index, keys[i]), text_of(d->bag[1].index, keys[i]),
			       err))
			return false;
	return diff_text(d, NULL, "rules", CLA_STR(""),
			 cla_str_from(cla_digest_hex(&d->bag[0].rules, hex[0])),
			 cla_str_from(cla_digest_hex(&d->bag[1].rules, hex[1])), err) &&
	       diff_missing(d, 0, "not-missing", err) && diff_missing(d, 1, "missing", err);
}

static bool diff_bundles(struct diff *d, char **paths, struct cla_err *err)
{
	const struct cla_bag_reader reader = { d, wants, on_expense };

	for (int i = 0; i < 2; i++)
		if (!cla_bag_read(d->cli, paths[i], NULL, &d->bag[i], err))
			return false;
	if (cla_digest_eq(&d->bag[0].sha256, &d->bag[1].sha256))
		return true;
	if (!find_changed(d, err))
		return false;
	for (d->reading = 0; d->count && d->reading < 2; d->reading++) {
		cla_auto_bag struct cla_bag again = { .bytes = CLA_BUF_INIT(1) };
		if (!cla_bag_read(d->cli, paths[d->reading], &reader, &again, err))
			return false;
		if (!cla_digest_eq(&again.sha256, &d->bag[d->reading].sha256))
			return cla_err_set(err, CLA_ERR_IO, "'%s' changed while it was read",
					   paths[d->reading]);
	}
	if (!diff_whole(d, err))
		return false;
	for (size_t i = 0; i < d->count; i++)
		if (!diff_expense(d, &d->list[i], err))
			return false;
	return true;
}

static int diff(struct cla_cli *cli, int argc, char **argv)
{
	struct diff d = { .cli = cli,
			  .bag = { { .bytes = CLA_BUF_INIT(1) }, { .bytes = CLA_BUF_INIT(1) } },
			  .arena = CLA_ARENA_INIT };
	struct cla_err err = CLA_ERR_INIT;
	int first, status;

	if (!cla_cli_parse(cli, &cla_cmd_diff, NULL, NULL, argc, argv, &first, &status))
		return status;
	if (argc - first != 2)
		return cla_cli_usage(cli, cla_tr(cli, "which two bundles? Name the earlier one, "
						      "then the later one"));
	bool ok = diff_bundles(&d, argv + first, &err);
	if (ok && !d.changes)
		cla_cli_say(cli, "%s", cla_tr(cli, "the two bundles are the same"));
	for (int i = 0; i < 2; i++)
		cla_bag_clear(&d.bag[i]);
	cla_arena_clear(&d.arena);
	free(d.list);
	return ok ? CLA_EXIT_OK : cla_cli_fail(cli, &err);
}

const struct cla_command cla_cmd_diff = {
	.name = "diff",
	.usage = "diff A.tar B.tar",
	.text = { { "what changed from one bundle to another", "qué cambió de un paquete a otro",
		    "o que mudou de um pacote a outro" } },
	.run = diff,
};
