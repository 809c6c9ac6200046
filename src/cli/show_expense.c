#include "cli/show.h"

#include "base/file.h"
#include "cli/bag.h"
#include "fiscal/judge.h"
#include "json/out.h"

#include <string.h>

#define MAX_INDEX (256u << 20)

static struct cla_str text_of(const struct cla_json *node, const char *key)
{
	struct cla_str s = cla_json_text(cla_json_get(node, key));
	return cla_str_absent(s) ? CLA_STR("-") : s;
}

void cla_show_facts(struct cla_str kind, struct cla_str uuid, const struct cla_json *facts)
{
	static const char *const keys[] = { "date",	"merchant", "amount",
					    "currency", "status",   "type" };
	char shown[CLA_SHOWN];

	cla_cli_print("%s ", cla_shown(kind, 0, shown));
	cla_cli_print("%s ", cla_shown(uuid, 0, shown));
	for (size_t i = 0; i < CLA_LEN(keys); i++)
		cla_cli_print(" %s", cla_shown(text_of(facts, keys[i]), 0, shown));
	cla_cli_print("\n");
}

/* ---- the evidence in words ---- */

/* The ordinals of the captures that say so, and the end of the line. */
static void put_captures(const struct cla_json *of)
{
	const struct cla_json *n = cla_json_first(cla_json_get(of, "captures"));

	for (; n; n = cla_json_next(n))
		cla_cli_print("  #" CLA_STR_FMT, CLA_STR_ARG(cla_json_number(n)));
	cla_cli_print("\n");
}

static void put_documents(const struct cla_cli *cli, const struct cla_json *evidence)
{
	const struct cla_json *d = cla_json_first(cla_json_get(evidence, "documents"));

	for (; d; d = cla_json_next(d)) {
		char role[CLA_SHOWN], sha[CLA_SHOWN], name[CLA_SHOWN];
		cla_cli_print("  %s %s  %s", cla_column(text_of(d, "role"), 13, role),
			      cla_shown(text_of(d, "sha256"), 0, sha),
			      cla_shown(text_of(d, "original_name"), 0, name));
		put_captures(d);
	}
	d = cla_json_first(cla_json_get(evidence, "absent"));
	for (; d; d = cla_json_next(d)) {
		char role[CLA_SHOWN], reason[CLA_SHOWN];
		cla_cli_print("  %s %s: %s", cla_column(text_of(d, "role"), 13, role),
			      cla_tr(cli, "not there"), cla_shown(text_of(d, "reason"), 0, reason));
		put_captures(d);
	}
}

static void put_verdict(const struct cla_cli *cli, const struct cla_json *v)
{
	char kind[CLA_SHOWN], id[CLA_SHOWN], word[CLA_SHOWN], rule[CLA_SHOWN];
	enum cla_verdict verdict;

	if (!cla_verdict_parse(text_of(v, "verdict"), &verdict))
		return;
	cla_cli_print("  ");
	cla_cli_paint(cli, verdict,
		      cla_column(cla_str_from(cla_verdict_word(cli, verdict)), 13, word));
	cla_cli_print(" %s %s\n", cla_shown(text_of(v, "kind"), 0, kind),
		      cla_shown(text_of(v, "id"), 0, id));
	const struct cla_json *f = cla_json_first(cla_json_get(v, "findings"));
	for (; f; f = cla_json_next(f))
		cla_cli_print("      %s: %s\n", cla_shown(text_of(f, "rule"), 0, rule),
			      cla_text_in(cli, cla_rule_text(text_of(f, "rule"))));
}

static void put_evidence(const struct cla_cli *cli, const struct cla_bag_expense *e,
			 const struct cla_json *evidence)
{
	const struct cla_json *match = cla_json_get(evidence, "match");
	char state[CLA_SHOWN], receiver[CLA_SHOWN];

	cla_show_facts(e->kind, e->uuid, cla_json_get(evidence, "facts"));
	put_documents(cli, evidence);
	const struct cla_json *v = cla_json_first(cla_json_get(evidence, "verdicts"));
	for (; v; v = cla_json_next(v))
		put_verdict(cli, v);
	cla_cli_print(cla_tr(cli, "  match: %s, receiver: %s\n"),
		      cla_shown(text_of(match, "state"), 0, state),
		      cla_shown(text_of(match, "receiver"), 0, receiver));
}

/* ---- which bundles hold it ---- */

struct looking {
	struct cla_cli *cli;
	struct cla_store *store;
	struct cla_str uuid;
	struct cla_issued last; /* of the month at hand, when it holds the expense */
	bool holds;
	struct cla_arena arena; /* of `last` */
	uint64_t shown, asked;	/* bundles, captures */
	uint64_t unread;	/* bundles that hold it and are not there */
};

static bool wants(void *ctx, struct cla_str uuid)
{
	const struct looking *l = ctx;
	return cla_str_eq(uuid, l->uuid);
}

static bool on_expense(void *ctx, const struct cla_bag_expense *e, struct cla_err *err)
{
	cla_auto_json struct cla_json_doc *doc = NULL;
	cla_auto_buf struct cla_buf line = CLA_BUF_INIT(128u << 20);
	struct looking *l = ctx;
	char entity[CLA_SHOWN];
	struct cla_json_out o;

	l->shown++;
	if (!l->cli->json) {
		if (!cla_json_parse(e->json, &doc, err))
			return false;
		cla_cli_print(cla_tr(l->cli, "In the bundle of %s %s, revision %llu:\n"),
			      cla_shown(l->last.entity, 40, entity), l->last.month.ptr,
			      (unsigned long long)l->last.revision);
		put_evidence(l->cli, e, cla_json_root(doc));
		return true;
	}
	cla_json_out_begin_unordered(&o, &line);
	cla_json_out_object(&o);
	cla_json_out_kstr(&o, "bundle", l->last.file);
	cla_json_out_khex(&o, "sha256", l->last.tar_sha256.bytes, sizeof(l->last.tar_sha256.bytes));
	cla_json_out_kint(&o, "revision", (int64_t)l->last.revision);
	cla_json_out_key(&o, "evidence");
	cla_json_out_raw(&o, e->json);
	cla_json_out_close(&o);
	if (!cla_json_out_end(&o, err))
		return false;
	cla_cli_line(cla_buf_str(&line));
	return true;
}

/* The month at hand is over: its latest revision that holds the expense is looked into. */
static bool end_month(struct looking *l, struct cla_err *err)
{
	const struct cla_bag_reader reader = { l, wants, on_expense };
	cla_auto_bag struct cla_bag bag = { .bytes = CLA_BUF_INIT(1) };
	char shown[CLA_SHOWN];

	if (!l->holds)
		return true;
	l->holds = false;
	const char *path = l->last.file.ptr;
	if (!cla_path_exists(path)) {
		l->unread++;
		cla_cli_say(l->cli, cla_tr(l->cli, "the bundle '%s' holds it and is not there"),
			    cla_shown(l->last.file, 0, shown));
		return true;
	}
	return cla_bag_read(l->cli, path, &reader, &bag, err);
}

static bool holds(struct cla_store *store, const struct cla_digest *index, struct cla_str uuid,
		  bool *ret, struct cla_err *err)
{
	cla_auto_buf struct cla_buf bytes = CLA_BUF_INIT(MAX_INDEX);

	if (!cla_store_get(store, index, &bytes, err))
		return false;
	*ret = memmem(bytes.ptr, bytes.len, uuid.ptr, uuid.len) != NULL;
	return true;
}

/* Issued bundles come by entity, month and revision. */
static bool on_issued(void *ctx, const struct cla_issued *b, struct cla_err *err)
{
	struct looking *l = ctx;
	bool found, mem = true;

	if (l->holds &&
	    (!cla_str_eq(b->entity, l->last.entity) || !cla_str_eq(b->month, l->last.month)) &&
	    !end_month(l, err))
		return false;
	if (!holds(l->store, &b->index, l->uuid, &found, err))
		return false;
	if (!found)
		return true;
	l->holds = true;
	l->last = *b;
	l->last.entity = cla_arena_str(&l->arena, b->entity, &mem);
	l->last.month = cla_arena_str(&l->arena, b->month, &mem);
	l->last.file = cla_arena_str(&l->arena, b->file, &mem);
	return mem || cla_err_oom(err);
}

/* ---- what was asked about it ---- */

static bool on_capture(void *ctx, const struct cla_capture *c, bool same, struct cla_err *err)
{
	cla_auto_buf struct cla_buf line = CLA_BUF_INIT(64 * 1024);
	struct looking *l = ctx;
	char time[CLA_TIME_TEXT], resource[CLA_SHOWN], reason[CLA_SHOWN], hex[CLA_DIGEST_HEX];
	struct cla_json_out o;

	if (!l->asked++ && !l->cli->json)
		cla_cli_print("%s\n", cla_tr(l->cli, "Asked about it:"));
	if (!l->cli->json) {
		const char *what = !cla_str_absent(c->reason) ? cla_shown(c->reason, 0, reason)
				   : same		      ? cla_tr(l->cli, "nothing new")
				   : c->stored ? cla_digest_hex(&c->stored_sha256, hex)
					       : "-";
		cla_cli_print("  #%llu  %s  %s %d  %s\n", (unsigned long long)c->n,
			      cla_time_format(c->time, time), cla_column(c->resource, 20, resource),
			      c->status, what);
		return true;
	}
	cla_json_out_begin_unordered(&o, &line);
	cla_json_out_object(&o);
	cla_json_out_kint(&o, "n", (int64_t)c->n);
	cla_json_out_kstr(&o, "entity", c->entity);
	cla_json_out_kcstr(&o, "time", cla_time_format(c->time, time));
	cla_json_out_kstr(&o, "resource", c->resource);
	cla_json_out_kint(&o, "status", c->status);
	cla_json_out_kstr(&o, "reason", c->reason);
	cla_json_out_kbool(&o, "reaffirmed", same);
	cla_json_out_kcstr(&o, "stored_sha256",
			   c->stored ? cla_digest_hex(&c->stored_sha256, hex) : NULL);
	cla_json_out_close(&o);
	if (!cla_json_out_end(&o, err))
		return false;
	cla_cli_line(cla_buf_str(&line));
	return true;
}

bool cla_show_expense(struct cla_cli *cli, struct cla_store *store, struct cla_str uuid,
		      struct cla_err *err)
{
	struct looking l = { .cli = cli, .store = store, .uuid = uuid, .arena = CLA_ARENA_INIT };

	bool ok = cla_store_each_issued(store, on_issued, &l, err) && end_month(&l, err);
	cla_arena_clear(&l.arena);
	if (!ok)
		return false;
	if (!cla_store_about(store, uuid, on_capture, &l, err))
		return false;
	return l.shown || l.asked || l.unread ||
	       cla_err_set(err, CLA_ERR_NOT_FOUND, cla_tr(cli, "no expense '%s' is known here"),
			   uuid.ptr);
}
