#include "bundle/evidence.h"

#include "json/out.h"
#include "model/media.h"

#include <stdio.h>
#include <string.h>

void cla_expense_dir(enum cla_expense_kind kind, struct cla_str uuid, char out[CLA_EXPENSE_DIR])
{
	(void)snprintf(out, CLA_EXPENSE_DIR, "data/%s/" CLA_STR_FMT "/",
		       cla_expense_kind_name(kind), CLA_STR_ARG(uuid));
}

const char *cla_evidence_role(enum cla_expense_kind kind, const struct cla_judgement *judgement)
{
	enum cla_doc_kind doc =
		judgement && judgement->documents ? judgement->documents->kind : CLA_DOC_NOT_XML;

	switch (doc) {
	case CLA_DOC_CFDI:
	case CLA_DOC_CFDI_RETENCIONES:
		return "cfdi";
	case CLA_DOC_NFE:
	case CLA_DOC_NFCE:
		return "nfe";
	case CLA_DOC_NFE_EVENT:
		return "event";
	default:
		return kind == CLA_EXPENSE_TX ? "attachment" : "receipt";
	}
}

static bool make_salt(const struct cla_gather *g, struct cla_str uuid, struct cla_str key,
		      char out[33], struct cla_err *err)
{
	cla_auto_buf struct cla_buf msg = CLA_BUF_INIT(1024);
	struct cla_digest mac;
	char hex[CLA_DIGEST_HEX];

	cla_buf_addc(&msg, "clara-audit/salt/1");
	cla_buf_byte(&msg, '\0');
	cla_buf_addc(&msg, g->entity->name);
	cla_buf_byte(&msg, '\0');
	cla_buf_add(&msg, uuid);
	if (!cla_buf_ok(&msg, err) || !cla_hmac_sha256(key, cla_buf_str(&msg), &mac, err))
		return false;
	(void)snprintf(out, 33, "%.32s", cla_digest_hex(&mac, hex));
	return true;
}

static bool add_absent(struct cla_gather *g, struct cla_str uuid, struct cla_json_out *o,
		       struct cla_err *err)
{
	cla_auto_reset struct cla_db_stmt *stmt = NULL;
	bool row;

	if (!cla_db_once(g->db,
			 "SELECT role, reason, capture FROM absent WHERE uuid=? ORDER BY role, "
			 "reason, capture",
			 &stmt, err))
		return false;
	cla_db_bind_str(stmt, 1, uuid);
	cla_json_out_key(o, "absent");
	cla_json_out_array(o);
	for (;;) {
		if (!cla_db_step(stmt, &row, err))
			return false;
		if (!row)
			break;
		cla_json_out_object(o);
		cla_json_out_key(o, "captures");
		cla_json_out_array(o);
		if (cla_db_int(stmt, 2))
			cla_json_out_int(o, cla_db_int(stmt, 2));
		cla_json_out_close(o);
		cla_json_out_kstr(o, "reason", cla_db_str(stmt, 1));
		cla_json_out_kstr(o, "role", cla_db_str(stmt, 0));
		cla_json_out_close(o);
	}
	cla_json_out_close(o);
	return true;
}

static void add_document(struct cla_json_out *o, const char *path, const char *media,
			 const struct cla_gathered_file *f)
{
	cla_json_out_object(o);
	cla_json_out_key(o, "captures");
	cla_json_out_array(o);
	if (f->capture)
		cla_json_out_int(o, (int64_t)f->capture);
	cla_json_out_close(o);
	cla_json_out_kcstr(o, "media", media);
	cla_json_out_kstr(o, "original_name", f->name);
	cla_json_out_kcstr(o, "path", path);
	cla_json_out_kcstr(o, "role", f->role);
	cla_json_out_khex(o, "sha256", f->object.bytes, sizeof(f->object.bytes));
	cla_json_out_kint(o, "size", (int64_t)f->size);
	cla_json_out_close(o);
}

/* Documents go into `o`, their verdicts - entries of several arrays made one - into `verdicts`. */
static bool add_documents(struct cla_gather *g, const struct cla_row *row, struct cla_str uuid,
			  const struct cla_bundle_hooks *hooks, cla_evidence_file_fn *file,
			  void *file_ctx, struct cla_json_out *o, struct cla_buf *verdicts,
			  struct cla_evidence *ret, struct cla_err *err)
{
	cla_auto_reset struct cla_db_stmt *stmt = NULL;
	char dir[CLA_EXPENSE_DIR], path[256], last[256] = "", role[32];
	bool more;

	cla_expense_dir(row->kind, uuid, dir);
	if (!cla_db_once(g->db,
			 "SELECT id, role, object, size, name, format, capture, ext FROM file "
			 "WHERE uuid=?"
			 " ORDER BY role, object, capture, id",
			 &stmt, err))
		return false;
	cla_db_bind_str(stmt, 1, uuid);
	cla_json_out_key(o, "documents");
	cla_json_out_array(o);
	for (;;) {
		const struct cla_judgement *judgement = NULL;
		char hex[CLA_DIGEST_HEX];
		if (!cla_db_step(stmt, &more, err))
			return false;
		if (!more)
			break;
		struct cla_gathered_file f = {
			.id = cla_db_int(stmt, 0),
			.expense = uuid,
			.kind = row->kind,
			.role = role,
			.size = (uint64_t)cla_db_int(stmt, 3),
			.name = cla_db_str(stmt, 4),
			.format = cla_db_str(stmt, 5),
			.capture = (uint64_t)cla_db_int(stmt, 6),
			.ext = cla_db_str(stmt, 7),
		};
		struct cla_str as = cla_db_str(stmt, 1);
		if (!cla_db_bytes(stmt, 2, f.object.bytes, sizeof(f.object.bytes), err))
			return false;
		(void)snprintf(role, sizeof(role), CLA_STR_FMT, CLA_STR_ARG(as));
		(void)snprintf(path, sizeof(path), "%s%s.%s." CLA_STR_FMT, dir, role,
			       cla_digest_hex(&f.object, hex), CLA_STR_ARG(f.ext));
		bool first = strcmp(path, last) != 0;
		(void)snprintf(last, sizeof(last), "%s", path);
		bool fixed = !strcmp(role, "transaction") || !strcmp(role, "reimbursement") ||
			     !strcmp(role, "invoice") || !strcmp(role, "extracted");
		if (!fixed && !hooks->judge(hooks->ctx, &f, &judgement, err))
			return false;
		add_document(o, path, cla_media_type(f.ext), &f);
		if (first && judgement) {
			cla_auto_buf struct cla_buf one = CLA_BUF_INIT(64u << 20);
			if (!cla_judgement_encode(judgement, &one, err))
				return false;
			if (verdicts->len)
				cla_buf_byte(verdicts, ',');
			cla_buf_add(verdicts, cla_str_sub(cla_buf_str(&one), 1, one.len - 2));
			for (const struct cla_document *d = judgement->documents; d; d = d->next)
				ret->verdict = cla_verdict_worst(ret->verdict, d->verdict);
		}
		if (first && !fixed)
			ret->documents++;
		if (!file(file_ctx, path, &f, judgement, first, err))
			return false;
	}
	cla_json_out_close(o);
	return true;
}

static bool add_facts(struct cla_gather *g, struct cla_json_out *o, const struct cla_row *row,
		      struct cla_err *err)
{
	cla_json_out_key(o, "facts");
	cla_json_out_object(o);
	cla_json_out_kstr(o, "accounting_date", row->accounting_date);
	cla_json_out_kstr(o, "amount", row->amount.amount);
	cla_json_out_kstr(o, "authorization_number", row->authorization_number);
	cla_json_out_key(o, "context");
	if (!cla_context_write(g, row, o, err))
		return false;
	cla_json_out_kstr(o, "currency", row->amount.currency);
	cla_json_out_kstr(o, "date", row->operation_date);
	cla_json_out_kstr(o, "last_update_date", row->last_update_date);
	cla_json_out_kstr(o, "masked_pan", row->masked_pan);
	cla_json_out_kstr(o, "merchant", row->merchant);
	cla_json_out_kstr(o, "original_amount", row->original.amount);
	cla_json_out_kstr(o, "original_currency", row->original.currency);
	cla_json_out_kstr(o, "status", row->status);
	cla_json_out_kstr(o, "type", row->type);
	cla_json_out_kstr(o, "user", row->user);
	cla_json_out_close(o);
	return true;
}

bool cla_evidence_build(struct cla_gather *g, size_t index, const struct cla_row *row,
			struct cla_str uuid, struct cla_str salt_key,
			const struct cla_bundle_hooks *hooks, cla_evidence_file_fn *file,
			void *file_ctx, struct cla_buf *out, struct cla_evidence *ret,
			struct cla_err *err)
{
	cla_auto_buf struct cla_buf verdicts = CLA_BUF_INIT(256u << 20),
				    match = CLA_BUF_INIT(64u << 20);
	struct cla_evidence e = { .verdict = CLA_VERDICT_NA };
	struct cla_json_out o;
	char salt[33];

	if (!make_salt(g, uuid, salt_key, salt, err) ||
	    !hooks->match(hooks->ctx, index, &match, err))
		return false;
	cla_json_out_begin(&o, out);
	cla_json_out_object(&o);
	if (!add_absent(g, uuid, &o, err) ||
	    !add_documents(g, row, uuid, hooks, file, file_ctx, &o, &verdicts, &e, err) ||
	    !add_facts(g, &o, row, err))
		return false;
	cla_json_out_kcstr(&o, "kind", cla_expense_kind_name(row->kind));
	cla_json_out_key(&o, "match");
	cla_json_out_raw(&o, cla_buf_str(&match));
	cla_json_out_kcstr(&o, "salt", salt);
	cla_json_out_kstr(&o, "uuid", uuid);
	cla_json_out_key(&o, "verdicts");
	cla_json_out_array(&o);
	if (verdicts.len)
		cla_json_out_raw(&o, cla_buf_str(&verdicts));
	cla_json_out_close(&o);
	cla_json_out_close(&o);
	if (!cla_buf_ok(&verdicts, err) || !cla_json_out_end(&o, err))
		return false;
	*ret = e;
	return true;
}
