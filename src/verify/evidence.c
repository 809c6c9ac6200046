#include "verify/verify_priv.h"

#include "base/grow.h"

#include <stdio.h>
#include <string.h>

static const char *const states[] = { "matched", "ambiguous", "missing", "not-needed", NULL };
static const char *const receivers[] = { "ours", "sister", "other", "unknown", NULL };
static const char *const roles[] = { "transaction", "reimbursement", "invoice",
				     "extracted",   "cfdi",	     "nfe",
				     "event",	    "attachment",    "receipt",
				     NULL };

static const struct cla_shape any_array = { .type = CLA_SHAPE_ARRAY, .item = &cla_shape_any };
static const struct cla_shape salt_shape = { .type = CLA_SHAPE_HEX, .size = 32 };
static const struct cla_shape state_shape = { .type = CLA_SHAPE_CHOICE, .choices = states };
static const struct cla_shape receiver_shape = { .type = CLA_SHAPE_CHOICE, .choices = receivers };
static const struct cla_shape role_shape = { .type = CLA_SHAPE_CHOICE, .choices = roles };

/* An object whose members are all text or null, or null itself. */
#define TEXTS(name, ...)                                                                           \
	static const struct cla_shape name = {                                                     \
		.type = CLA_SHAPE_OBJECT,                                                          \
		.nullable = true,                                                                  \
		.fields = (const struct cla_shape_field[]){ __VA_ARGS__, { NULL, NULL } },         \
	}
#define TEXT(key)                                                                                  \
	{                                                                                          \
		key, &cla_shape_str_or_null                                                        \
	}

TEXTS(card_shape, TEXT("alias"), TEXT("clara_status"), TEXT("holder"), TEXT("limit"),
      TEXT("limit_currency"), TEXT("lock_code"), TEXT("masked_pan"), TEXT("periodicity"),
      TEXT("status"), TEXT("type"), TEXT("uuid"));
TEXTS(person_shape, TEXT("erp_id"), TEXT("name"), TEXT("role"), TEXT("status"), TEXT("uuid"));
TEXTS(named_shape, TEXT("code"), TEXT("name"), TEXT("status"), TEXT("uuid"));
TEXTS(bill_shape, TEXT("currency"), TEXT("end"), TEXT("start"), TEXT("status"), TEXT("total"),
      TEXT("uuid"));
TEXTS(step_shape, TEXT("actor"), TEXT("comment"), TEXT("date"), TEXT("status"));
static const struct cla_shape names_shape = { .type = CLA_SHAPE_ARRAY, .item = &named_shape };
static const struct cla_shape steps_shape = { .type = CLA_SHAPE_ARRAY, .item = &step_shape };
TEXTS(approval_shape, TEXT("approved_on"), TEXT("paid_on"), TEXT("payment_method"),
      TEXT("policy_rule"), { "receipts", &cla_shape_strings }, TEXT("requested_on"),
      { "steps", &steps_shape }, TEXT("transaction"));

static const struct cla_shape context_shape = {
	.type = CLA_SHAPE_OBJECT,
	.fields =
		(const struct cla_shape_field[]){
			{ "approval", &approval_shape },
			{ "card", &card_shape },
			{ "groups", &names_shape },
			{ "holder", &person_shape },
			{ "labels", &names_shape },
			{ "locations", &names_shape },
			{ "statement", &bill_shape },
			{ NULL, NULL },
		},
};

static const struct cla_shape facts_shape = {
	CLA_FIELDS(
		{ "accounting_date", &cla_shape_str_or_null }, { "amount", &cla_shape_str_or_null },
		{ "authorization_number", &cla_shape_str_or_null }, { "context", &context_shape },
		{ "currency", &cla_shape_str_or_null }, { "date", &cla_shape_str_or_null },
		{ "last_update_date", &cla_shape_str_or_null },
		{ "masked_pan", &cla_shape_str_or_null }, { "merchant", &cla_shape_str_or_null },
		{ "original_amount", &cla_shape_str_or_null },
		{ "original_currency", &cla_shape_str_or_null },
		{ "status", &cla_shape_str_or_null }, { "type", &cla_shape_str_or_null },
		{ "user", &cla_shape_str_or_null }),
};

static const struct cla_shape documents_shape = {
	CLA_LIST(CLA_FIELDS({ "captures", &cla_shape_ints }, { "media", &cla_shape_str },
			    { "original_name", &cla_shape_str_or_null }, { "path", &cla_shape_str },
			    { "role", &role_shape }, { "sha256", &cla_shape_digest },
			    { "size", &cla_shape_int })),
};

static const struct cla_shape absent_shape = {
	CLA_LIST(CLA_FIELDS({ "captures", &cla_shape_ints }, { "reason", &cla_shape_str },
			    { "role", &cla_shape_str })),
};

static const struct cla_shape checks_shape = {
	CLA_FIELDS({ "catalogs", &cla_shape_verdict }, { "certificate", &cla_shape_verdict },
		   { "identity", &cla_shape_verdict }, { "schema", &cla_shape_verdict },
		   { "signature", &cla_shape_verdict }, { "stamp", &cla_shape_verdict },
		   { "totals", &cla_shape_verdict }, { "wellformed", &cla_shape_verdict }),
};

static const struct cla_shape findings_shape = {
	CLA_LIST(CLA_FIELDS({ "code", &cla_shape_str_or_null }, { "result", &cla_shape_verdict },
			    { "rule", &cla_shape_str })),
};

static const struct cla_shape verdicts_shape = {
	CLA_LIST(CLA_FIELDS({ "checks", &checks_shape }, { "findings", &findings_shape },
			    { "id", &cla_shape_str_or_null }, { "index", &cla_shape_int },
			    { "kind", &cla_shape_str }, { "sha256", &cla_shape_digest },
			    { "verdict", &cla_shape_verdict },
			    { "version", &cla_shape_str_or_null })),
};

static const struct cla_shape match_shape = {
	CLA_FIELDS({ "candidates", &any_array }, { "documents", &any_array },
		   { "receiver", &receiver_shape }, { "reused", &any_array },
		   { "state", &state_shape }),
};

static const struct cla_shape evidence_shape = {
	CLA_FIELDS({ "absent", &absent_shape }, { "documents", &documents_shape },
		   { "facts", &facts_shape }, { "kind", &cla_shape_kind },
		   { "match", &match_shape }, { "salt", &salt_shape }, { "uuid", &cla_shape_uuid },
		   { "verdicts", &verdicts_shape }),
};

/* n/a does not count; unknown is worse than warn: see design, validate. */
static const char *const ranks[] = { "n/a", "pass", "warn", "unknown", "fail" };

int cla_verdict_rank(struct cla_str name)
{
	for (size_t i = 0; i < CLA_LEN(ranks); i++)
		if (cla_str_eqc(name, ranks[i]))
			return (int)i;
	return -1;
}

const char *cla_verdict_of_rank(int rank)
{
	return ranks[rank];
}

/* --- documents --- */

bool cla_verify_listed(struct cla_verify *v, const char *member, const char *field,
		       const struct cla_json *entry, struct cla_str said, struct cla_str due,
		       const struct cla_verify_file *file, bool whole, struct cla_err *err)
{
	struct cla_digest digest = { { 0 } };
	uint64_t size = 0;

	(void)!cla_digest_parse(cla_json_string(cla_json_get(entry, "sha256")), &digest);
	(void)!cla_json_u64(cla_json_get(entry, "size"), &size);
	if (!cla_str_eq(said, due))
		cla_verify_problem(v, member, field, said, due);
	if (file->complete && !cla_digest_eq(&digest, &file->digest))
		cla_verify_differ(v, member, field, &digest, &file->digest);
	if (size != file->size)
		cla_verify_differ_u64(v, member, field, size, file->size);
	return cla_verify_captures_hold(v, member, field, cla_json_get(entry, "captures"),
					whole ? &digest : NULL, err);
}

/* Files are sorted when the archive is; out of order a search may miss, which is one problem more
 * in an archive that has some already. */
static struct cla_verify_file *find_file(const struct cla_verify_group *g, struct cla_str path)
{
	size_t low = 0, high = g->count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int cmp = cla_str_cmp(cla_str_from(g->files[mid].path), path);
		if (cmp == 0)
			return &g->files[mid];
		if (cmp < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

static bool check_document(struct cla_verify *v, const char *evidence, const char *field,
			   const struct cla_json *doc, struct cla_err *err)
{
	struct cla_str path = cla_json_string(cla_json_get(doc, "path"));
	struct cla_str role = cla_json_string(cla_json_get(doc, "role"));
	struct cla_member_name name;

	cla_member_name_read(path, &name);
	if (name.place != CLA_PLACE_FILE || !cla_str_eqc(name.dir, v->group.dir)) {
		cla_verify_problemf(v, evidence, field, "the path of a file beside evidence.json",
				    CLA_STR_FMT, CLA_STR_ARG(cla_str_sub(path, 0, 200)));
		return true;
	}
	struct cla_verify_file *f = find_file(&v->group, path);
	if (!f) {
		char shown[300];
		snprintf(shown, sizeof(shown), CLA_STR_FMT, CLA_STR_ARG(path));
		cla_verify_problemf(v, shown, "member", "a member", "listed in %s, but missing",
				    evidence);
		return true;
	}
	f->listed = true;
	/* A row is cut out of a list page; every other file is the whole of what some answer
	 * brought. */
	if (!cla_verify_listed(v, evidence, field, doc, role, name.role, f,
			       !cla_role_is_row(name.role), err))
		return false;
	struct cla_str media = cla_json_string(cla_json_get(doc, "media"));
	if (f->complete && !cla_str_eqc(media, f->media))
		cla_verify_problem(v, evidence, field, media, cla_str_from(f->media));
	return true;
}

static bool check_documents(struct cla_verify *v, const char *evidence, const struct cla_json *list,
			    struct cla_err *err)
{
	struct cla_str last = CLA_STR("");
	size_t i = 0;
	char field[64];

	for (const struct cla_json *d = cla_json_first(list); d; d = cla_json_next(d), i++) {
		struct cla_str path = cla_json_string(cla_json_get(d, "path"));
		snprintf(field, sizeof(field), "documents[%zu]", i);
		if (cla_str_cmp(path, last) < 0)
			cla_verify_problem(v, evidence, field, path,
					   CLA_STR("documents sorted by path"));
		last = path;
		if (!check_document(v, evidence, field, d, err))
			return false;
	}
	for (size_t at = 0; at < v->group.count; at++)
		if (!v->group.files[at].listed)
			cla_verify_problemf(v, v->group.files[at].path, "documents",
					    "listed in evidence.json", "not listed");
	return true;
}

static bool check_absent(struct cla_verify *v, const char *evidence, const struct cla_json *list,
			 struct cla_err *err)
{
	size_t i = 0;
	for (const struct cla_json *a = cla_json_first(list); a; a = cla_json_next(a), i++) {
		char field[64];
		snprintf(field, sizeof(field), "absent[%zu].captures", i);
		if (!cla_verify_captures_hold(v, evidence, field, cla_json_get(a, "captures"), NULL,
					      err))
			return false;
	}
	return true;
}

/* A reimbursement was approved, a charge was made with a card: each has the one and not the other.
 */
static void check_context(struct cla_verify *v, const char *evidence, const struct cla_json *facts)
{
	const struct cla_json *context = cla_json_get(facts, "context");
	bool approved = cla_json_type(cla_json_get(context, "approval")) == CLA_JSON_OBJECT;

	if (approved == v->group.is_tx)
		cla_verify_problemf(v, evidence, "facts.context.approval",
				    v->group.is_tx ? "null" : "an object",
				    approved ? "an object" : "null");
	if (v->group.is_tx)
		return;
	static const char *const none[] = { "card", "statement" };
	for (size_t i = 0; i < CLA_LEN(none); i++) {
		char field[64];
		snprintf(field, sizeof(field), "facts.context.%s", none[i]);
		if (cla_json_type(cla_json_get(context, none[i])) != CLA_JSON_NULL)
			cla_verify_problemf(v, evidence, field, "null", "an object");
	}
}

/* --- verdicts --- */

static bool names_document(const struct cla_json *documents, struct cla_str sha256)
{
	for (const struct cla_json *d = cla_json_first(documents); d; d = cla_json_next(d))
		if (cla_role_is_document(cla_json_string(cla_json_get(d, "role"))) &&
		    cla_str_eq(cla_json_string(cla_json_get(d, "sha256")), sha256))
			return true;
	return false;
}

static int worst_check(const struct cla_json *checks)
{
	int worst = 0;
	for (const struct cla_json *c = cla_json_first(checks); c; c = cla_json_next(c)) {
		int rank = cla_verdict_rank(cla_json_string(c));
		worst = rank > worst ? rank : worst;
	}
	return worst;
}

/* The worst of all verdicts. */
static int check_verdicts(struct cla_verify *v, const char *evidence, const struct cla_json *root)
{
	const struct cla_json *documents = cla_json_get(root, "documents");
	const struct cla_json *list = cla_json_get(root, "verdicts");
	int worst = 0;
	size_t i = 0;
	char field[64];

	for (const struct cla_json *e = cla_json_first(list); e; e = cla_json_next(e), i++) {
		struct cla_str sha256 = cla_json_string(cla_json_get(e, "sha256"));
		struct cla_str verdict = cla_json_string(cla_json_get(e, "verdict"));
		int rank = cla_verdict_rank(verdict);
		int due = worst_check(cla_json_get(e, "checks"));

		if (!names_document(documents, sha256)) {
			snprintf(field, sizeof(field), "verdicts[%zu].sha256", i);
			cla_verify_problem(v, evidence, field, sha256,
					   CLA_STR("the digest of one of its documents"));
		}
		if (rank != due) {
			snprintf(field, sizeof(field), "verdicts[%zu].verdict", i);
			cla_verify_problem(v, evidence, field, verdict,
					   cla_str_from(cla_verdict_of_rank(due)));
		}
		worst = rank > worst ? rank : worst;
	}
	/* An XML document that nobody judged would go unnoticed otherwise. */
	i = 0;
	for (const struct cla_json *d = cla_json_first(documents); d; d = cla_json_next(d), i++) {
		struct cla_str path = cla_json_string(cla_json_get(d, "path"));
		if (!cla_role_is_document(cla_json_string(cla_json_get(d, "role"))) ||
		    !cla_str_ends(path, ".xml"))
			continue;
		bool judged = false;
		struct cla_str sha256 = cla_json_string(cla_json_get(d, "sha256"));
		for (const struct cla_json *e = cla_json_first(list); e; e = cla_json_next(e))
			if (cla_str_eq(cla_json_string(cla_json_get(e, "sha256")), sha256))
				judged = true;
		if (!judged)
			cla_verify_problem(v, evidence, "verdicts", CLA_STR("no verdict"), path);
	}
	return worst;
}

/* --- the whole --- */

static bool check_evidence(struct cla_verify *v, const char *path, struct cla_verify_expense *e,
			   struct cla_err *err)
{
	cla_auto_json struct cla_json_doc *doc = NULL;
	struct cla_str text = cla_buf_str(&v->group.evidence);

	if (!cla_verify_parse(v, path, "content", text, CLA_VERIFY_TOKENS_MAX, &doc, err))
		return false;
	const struct cla_json *root = cla_json_root(doc);
	if (!doc || !cla_shape_check(v, path, "", root, &evidence_shape))
		return true;

	struct cla_str kind = cla_json_string(cla_json_get(root, "kind"));
	struct cla_str uuid = cla_json_string(cla_json_get(root, "uuid"));
	const char *kind_due = v->group.is_tx ? "tx" : "reimbursement";
	if (!cla_str_eqc(kind, kind_due))
		cla_verify_problem(v, path, "kind", kind, cla_str_from(kind_due));
	if (!cla_str_eqc(uuid, v->group.uuid))
		cla_verify_problem(v, path, "uuid", uuid, cla_str_from(v->group.uuid));
	if (!check_documents(v, path, cla_json_get(root, "documents"), err) ||
	    !check_absent(v, path, cla_json_get(root, "absent"), err))
		return false;
	check_context(v, path, cla_json_get(root, "facts"));
	e->verdict = check_verdicts(v, path, root);
	e->readable = true;
	if (!cla_verify_facts(v, path, cla_json_get(root, "facts"), err))
		return false;
	if (!cla_verify_sum_add(v, cla_json_get(root, "facts"), err) ||
	    !cla_verify_bill_add(v, cla_json_get(root, "facts"), err))
		return cla_err_wrap(err, "checking '%s'", path);
	if (!v->opts->judge)
		return true;
	return cla_verify_record(v, cla_json_get(root, "verdicts"), text, err);
}

void cla_verify_group_open(struct cla_verify *v)
{
	struct cla_verify_group *g = &v->group;

	g->open = true;
	g->is_tx = v->at.is_tx;
	g->has_evidence = false;
	g->rows = 0;
	g->count = 0;
	cla_arena_clear(&g->arena);
	snprintf(g->dir, sizeof(g->dir), CLA_STR_FMT, CLA_STR_ARG(v->at.dir));
	snprintf(g->uuid, sizeof(g->uuid), CLA_STR_FMT, CLA_STR_ARG(v->at.uuid));
}

bool cla_verify_group_add(struct cla_verify *v, struct cla_err *err)
{
	struct cla_verify_group *g = &v->group;
	struct cla_verify_file f = { .size = v->size };
	bool ok = true;

	if (g->count == CLA_VERIFY_FILES_MAX) {
		cla_verify_problemf(v, v->path, "member", "a file less",
				    "more than %d of one expense", CLA_VERIFY_FILES_MAX);
		return true;
	}
	f.path = cla_arena_str(&g->arena, cla_str_from(v->path), &ok).ptr;
	if (!ok)
		return cla_err_oom(err);
	if (!cla_grow(&g->files, &g->cap, g->count, sizeof(f), err))
		return false;
	g->files[g->count++] = f;
	v->file = &g->files[g->count - 1];
	return true;
}

static bool put_expense(struct cla_verify *v, const struct cla_verify_expense *e,
			struct cla_err *err)
{
	struct cla_db_stmt *put;

	if (!cla_db_once(v->db,
			 "INSERT INTO expense(uuid, n, is_tx, verdict, leaf) VALUES(?,?,?,?,?)",
			 &put, err))
		return false;
	cla_db_bind_str(put, 1, cla_str_from(e->uuid));
	cla_db_bind_int(put, 2, (int64_t)v->expenses++);
	cla_db_bind_int(put, 3, e->is_tx);
	if (e->readable)
		cla_db_bind_int(put, 4, e->verdict);
	else
		cla_db_bind_null(put, 4);
	cla_verify_bind_digest(put, 5, &e->leaf);
	if (e->is_tx)
		v->transactions++;
	else
		v->reimbursements++;
	return cla_db_run(put, err);
}

bool cla_verify_expenses(struct cla_verify *v, struct cla_db_stmt **ret, struct cla_err *err)
{
	return cla_db_once(v->db, "SELECT uuid, is_tx, verdict, leaf FROM expense ORDER BY uuid, n",
			   ret, err);
}

bool cla_verify_expense_next(struct cla_db_stmt *expenses, struct cla_verify_expense *ret,
			     bool *more, struct cla_err *err)
{
	if (!cla_db_step(expenses, more, err))
		return false;
	if (!*more)
		return true;
	ret->is_tx = cla_db_int(expenses, 1) != 0;
	ret->readable = !cla_db_is_null(expenses, 2);
	ret->verdict = (int)cla_db_int(expenses, 2);
	return cla_str_cstr(cla_db_str(expenses, 0), ret->uuid, sizeof(ret->uuid), err) &&
	       cla_db_bytes(expenses, 3, ret->leaf.bytes, sizeof(ret->leaf.bytes), err);
}

bool cla_verify_group_close(struct cla_verify *v, struct cla_err *err)
{
	struct cla_verify_group *g = &v->group;
	struct cla_verify_expense e = { .is_tx = g->is_tx };
	char path[96];

	if (!g->open)
		return true;
	g->open = false;
	snprintf(path, sizeof(path), "%s/evidence.json", g->dir);
	if (!g->has_evidence) {
		cla_verify_problemf(v, path, "member", "a member", "missing or incomplete");
		return true;
	}
	memcpy(e.uuid, g->uuid, sizeof(e.uuid));
	return cla_merkle_leaf(cla_buf_str(&g->evidence), &e.leaf, err) &&
	       check_evidence(v, path, &e, err) && put_expense(v, &e, err);
}
