/* clara/check.c - what the server answers: a few rows, then each other resource once. */
#include "clara/check_priv.h"

#include "clara/rowmap.h"
#include "clara/session.h"
#include "json/json.h"
#include "model/plan.h"

#include <stdio.h>
#include <string.h>

#define PROBE_ROWS 20

void cla_check_say(struct cla_checkup *c, enum cla_health health, const char *id,
		   const struct cla_text *what, const char *detail, const struct cla_text *fix)
{
	const struct cla_check_line line = {
		.health = health, .id = id, .what = what, .detail = detail ? detail : "", .fix = fix
	};

	c->fn(c->fn_ctx, &line);
}

void cla_check_fail(struct cla_checkup *c, enum cla_err_code kind, const char *id,
		    const struct cla_text *what, const char *detail, const struct cla_text *fix)
{
	const struct cla_check_line line = { .health = CLA_HEALTH_FAIL,
					     .id = id,
					     .what = what,
					     .detail = detail,
					     .fix = fix,
					     .kind = kind };

	c->failed = true;
	c->fn(c->fn_ctx, &line);
}

/* The variants that the documents about the API name, as seen in rows. */
enum shape {
	STATUS_TEXT,
	STATUS_OBJECT,
	AMOUNT_AMOUNT,
	AMOUNT_VALUE,
	FLAG_BOOL,
	FLAG_OBJECT,
	CARD_MASKED,
	CARD_DIGITS,
	USER_HOLDER,
	USER_NAME,
	PAGE_BARE,
	PAGE_REDUCED,
	PAGE_FULL,
	SHAPES,
};

struct probe {
	struct cla_call call;
	struct cla_way *way;
	bool rows; /* the first one, whose rows are looked at */
	const struct cla_entity *entity;
	char reason[32];
	char uuid[CLA_RES_DOWNLOAD][40]; /* of a row that announces such a resource, or "" */
	bool any_body;			 /* it need not be JSON */
	char attachment[40];		 /* uuid of one that the answer names, or "" */
	bool seen[SHAPES];
	unsigned count;
};

static void look_at_row(struct probe *p, const struct cla_json *node)
{
	enum cla_json_type status = cla_json_type(cla_json_get(node, "status"));
	enum cla_json_type flag = cla_json_type(cla_json_get(node, "hasAttachments"));
	const struct cla_json *amount = cla_json_get(node, "amountValue"),
			      *card = cla_json_get(node, "card"),
			      *user = cla_json_get(node, "user");
	struct cla_row row;

	p->seen[STATUS_TEXT] |= status == CLA_JSON_STRING;
	p->seen[STATUS_OBJECT] |= status == CLA_JSON_OBJECT;
	p->seen[AMOUNT_AMOUNT] |= cla_json_get(amount, "amount") != NULL;
	p->seen[AMOUNT_VALUE] |= cla_json_get(amount, "value") != NULL;
	p->seen[FLAG_BOOL] |= flag == CLA_JSON_BOOL;
	p->seen[FLAG_OBJECT] |= flag == CLA_JSON_OBJECT;
	p->seen[CARD_MASKED] |= cla_json_get(card, "maskedPan") != NULL;
	p->seen[CARD_DIGITS] |= cla_json_get(card, "lastFourDigits") != NULL;
	p->seen[USER_HOLDER] |= cla_json_get(user, "holderName") != NULL;
	p->seen[USER_NAME] |= cla_json_get(user, "name") != NULL;
	if (!cla_row_read(CLA_EXPENSE_TX, node, &row, NULL))
		return;
	for (int r = CLA_RES_DOCUMENTS; r <= CLA_RES_EXTRACTED; r++)
		if (!p->uuid[r][0] &&
		    cla_plan_ask(p->entity, &row, (enum cla_resource)r) == CLA_ASK_YES)
			(void)snprintf(p->uuid[r], sizeof(p->uuid[r]), CLA_STR_FMT,
				       CLA_STR_ARG(row.uuid));
}

static void look_at_rows(struct probe *p, const struct cla_json *root)
{
	struct cla_page page;

	cla_page_read(root, "content", &page);
	p->seen[PAGE_BARE] = page.items && page.bare;
	p->seen[PAGE_FULL] = page.items && !page.bare && page.has_last;
	p->seen[PAGE_REDUCED] = page.items && !page.bare && !page.has_last;
	for (const struct cla_json *n = cla_json_first(page.items); n; n = cla_json_next(n)) {
		look_at_row(p, n);
		p->count++;
	}
}

static void look_for_attachment(struct probe *p, const struct cla_json *root)
{
	const struct cla_json *n = cla_json_first(cla_attachments(root));
	struct cla_attachment a;
	uint8_t bytes[16];

	for (; n && !p->attachment[0]; n = cla_json_next(n)) {
		cla_attachment_read(n, &a);
		if (cla_row_uuid(a.uuid, bytes))
			(void)snprintf(p->attachment, sizeof(p->attachment), CLA_STR_FMT,
				       CLA_STR_ARG(a.uuid));
	}
}

static const char *probe_attempt(struct cla_call *call, const struct cla_net_answer *a,
				 const char *reason)
{
	struct probe *p = (struct probe *)call;
	cla_auto_json struct cla_json_doc *doc = NULL;

	cla_way_note(p->way, a);
	if (reason || p->any_body)
		return reason;
	if (!cla_json_parse(cla_buf_str(&call->body), &doc, NULL))
		return "not-json";
	if (p->rows)
		look_at_rows(p, cla_json_root(doc));
	look_for_attachment(p, cla_json_root(doc));
	return NULL;
}

static void probe_done(struct cla_call *call, const char *reason)
{
	struct probe *p = (struct probe *)call;

	(void)snprintf(p->reason, sizeof(p->reason), "%s", reason ? reason : "");
}

static const struct cla_call_ops probe_ops = { .attempt = probe_attempt, .done = probe_done };

/* One call, seen through to its end. */
static bool ask(struct cla_session *session, struct probe *p, const char *target,
		struct cla_err *err)
{
	p->call.ops = &probe_ops;
	p->call.target = target;
	cla_session_submit(session, &p->call);
	bool ok = cla_session_run(session, err);
	cla_buf_clear(&p->call.body);
	return ok;
}

/* What belongs to an expense must be had; its surroundings, and a second way to its files, are worth
 * a warning. */
static void tell_trouble(struct cla_checkup *c, enum cla_resource r, enum cla_err_code kind,
			 const struct cla_text *what, const char *detail,
			 const struct cla_text *fix)
{
	if (cla_resource_is_context(r) || r == CLA_RES_ATTACHMENT)
		cla_check_say(c, CLA_HEALTH_WARN, "scope", what, detail, fix);
	else
		cla_check_fail(c, kind, "scope", what, detail, fix);
}

static void tell_scope(struct cla_checkup *c, enum cla_resource r, const char *reason)
{
	cla_auto_buf struct cla_buf detail = CLA_BUF_INIT(256);
	bool forbidden = !strcmp(reason, "http-403");

	cla_buf_addc(&detail, cla_resource_name(r));
	if (!*reason) {
		cla_check_say(c, CLA_HEALTH_OK, "scope",
			      CLA_CHECK_TEXT("may be read", "se puede leer", "pode ser lido"),
			      cla_buf_cstr(&detail), NULL);
		return;
	}
	cla_buf_addf(&detail, " (%s)", reason);
	if (forbidden)
		tell_trouble(
			c, r, CLA_ERR_AUTH,
			CLA_CHECK_TEXT("may not be read", "no se puede leer", "não pode ser lido"),
			cla_buf_cstr(&detail),
			CLA_CHECK_TEXT("give the credentials that permission in Clara's portal; "
				       "check tax_id",
				       "dé ese permiso a las credenciales en el portal de Clara; "
				       "revise tax_id",
				       "dê essa permissão às credenciais no portal da Clara; "
				       "verifique tax_id"));
	else
		tell_trouble(
			c, r, CLA_ERR_REMOTE,
			CLA_CHECK_TEXT("cannot be had", "no se pudo obtener",
				       "não pôde ser obtido"),
			cla_buf_cstr(&detail),
			CLA_CHECK_TEXT("try again later; if it stays, tell Clara's support",
				       "intente más tarde; si persiste, avise al soporte de Clara",
				       "tente mais tarde; se persistir, avise o suporte da Clara"));
}

/* A resource of a row, of which no row among those seen announces one: nothing can be asked. */
static void tell_not_announced(struct cla_checkup *c, enum cla_resource r)
{
	cla_check_say(c, CLA_HEALTH_SKIPPED, "scope",
		      CLA_CHECK_TEXT("not asked: no recent charge announces one",
				     "no se preguntó: ningún cargo reciente lo anuncia",
				     "não perguntado: nenhuma despesa recente o anuncia"),
		      cla_resource_name(r), NULL);
}

static bool check_scope(struct cla_checkup *c, struct cla_session *session, struct probe *first,
			enum cla_resource r, struct cla_err *err)
{
	struct cla_date today =
		cla_date_from_days(c->ctx->clock.now(c->ctx->clock.ctx).sec / CLA_CHECK_DAY_S);
	struct cla_month month = { today.year, today.month };
	cla_auto_buf struct cla_buf target = CLA_BUF_INIT(4096);
	struct probe p = { .way = first->way, .entity = c->entity };
	bool of_row = r >= CLA_RES_DOCUMENTS && r <= CLA_RES_EXTRACTED;
	const char *uuid = of_row ? first->uuid[r] : "";

	if (r == CLA_RES_INVOICES && c->entity->country != CLA_COUNTRY_MX)
		return true;
	if (of_row && !*uuid) {
		tell_not_announced(c, r);
		return true;
	}
	if (!cla_plan_target(c->entity, r, of_row ? cla_str_from(uuid) : CLA_STR_NONE, month, 0,
			     &target, err) ||
	    !ask(session, &p, cla_buf_cstr(&target), err))
		return false;
	tell_scope(c, r, p.reason);
	if (r == CLA_RES_DOCUMENTS)
		memcpy(first->attachment, p.attachment, sizeof(first->attachment));
	return true;
}

/* The second way to a file, which counts where the host of its link does not answer. Optional: a 404
 * says that the older version of the API knows the file by another name. */
static bool check_second_way(struct cla_checkup *c, struct cla_session *session,
			     const struct probe *first, struct cla_err *err)
{
	cla_auto_buf struct cla_buf target = CLA_BUF_INIT(4096);
	struct probe p = { .way = first->way, .entity = c->entity, .any_body = true };
	struct cla_month none = { 1970, 1 }; /* it belongs to no month */

	if (!first->attachment[0]) {
		tell_not_announced(c, CLA_RES_ATTACHMENT);
		return true;
	}
	if (!cla_plan_target(c->entity, CLA_RES_ATTACHMENT, cla_str_from(first->attachment), none,
			     0, &target, err) ||
	    !ask(session, &p, cla_buf_cstr(&target), err))
		return false;
	tell_scope(c, CLA_RES_ATTACHMENT, strcmp(p.reason, "too-large") != 0 ? p.reason : "");
	return true;
}

static bool check_scopes(struct cla_checkup *c, struct cla_session *session, struct probe *first,
			 struct cla_err *err)
{
	static const enum cla_resource expense[] = { CLA_RES_DOCUMENTS, CLA_RES_INVOICES,
						     CLA_RES_EXTRACTED, CLA_RES_REIMBURSEMENTS };
	enum cla_resource r;

	for (size_t i = 0; i < CLA_LEN(expense); i++)
		if (!check_scope(c, session, first, expense[i], err))
			return false;
	for (size_t i = 0; (r = cla_plan_context_list(c->entity, i)) != CLA_RES_COUNT; i++)
		if (!check_scope(c, session, first, r, err))
			return false;
	return check_second_way(c, session, first, err);
}

/* A company that is not ours is refused everything, a scope that is missing only its own. */
static bool check_entity(struct cla_checkup *c, struct cla_session *session,
			 const struct probe *first, struct cla_err *err)
{
	cla_auto_buf struct cla_buf target = CLA_BUF_INIT(4096);
	struct probe p = { .way = first->way, .entity = c->entity };
	struct cla_month some = { 1970, 1 };

	if (!strcmp(first->reason, "http-403") &&
	    (!cla_plan_target(c->entity, CLA_RES_REIMBURSEMENTS, CLA_STR_NONE, some, 0, &target,
			      err) ||
	     !ask(session, &p, cla_buf_cstr(&target), err)))
		return false;
	if (!strcmp(p.reason, "http-403"))
		cla_check_fail(
			c, CLA_ERR_AUTH, "entity",
			CLA_CHECK_TEXT("nothing may be read for this tax id",
				       "no se puede leer nada de esta clave fiscal",
				       "nada pode ser lido deste identificador fiscal"),
			c->entity->tax_id ? c->entity->tax_id : "",
			CLA_CHECK_TEXT("check tax_id; if it is right, give the credentials "
				       "their permissions in Clara's portal",
				       "revise tax_id; si es correcta, dé sus permisos a "
				       "las credenciales en el portal de Clara",
				       "verifique tax_id; se estiver certo, dê às credenciais "
				       "suas permissões no portal da Clara"));
	else if (!first->reason[0] || !strcmp(first->reason, "http-403"))
		cla_check_say(c, CLA_HEALTH_OK, "entity",
			      CLA_CHECK_TEXT("the tax id is accepted", "se acepta la clave fiscal",
					     "o identificador fiscal é aceito"),
			      c->entity->tax_id, NULL);
	return true;
}

static void tell_shapes(struct cla_checkup *c, const struct probe *p)
{
	static const struct {
		const char *name, *variant;
	} names[SHAPES] = {
		[STATUS_TEXT] = { "status", "text" },
		[STATUS_OBJECT] = { "status", "object" },
		[AMOUNT_AMOUNT] = { "amount", "amount" },
		[AMOUNT_VALUE] = { "amount", "value" },
		[FLAG_BOOL] = { "flags", "boolean" },
		[FLAG_OBJECT] = { "flags", "object" },
		[CARD_MASKED] = { "card", "maskedPan" },
		[CARD_DIGITS] = { "card", "lastFourDigits" },
		[USER_HOLDER] = { "user", "holderName" },
		[USER_NAME] = { "user", "name" },
		[PAGE_BARE] = { "page", "array" },
		[PAGE_REDUCED] = { "page", "reduced" },
		[PAGE_FULL] = { "page", "full" },
	};
	cla_auto_buf struct cla_buf detail = CLA_BUF_INIT(1024);
	const char *before = "";

	for (size_t i = 0; i < SHAPES; i++) {
		if (!p->seen[i])
			continue;
		if (!strcmp(before, names[i].name))
			cla_buf_addf(&detail, "+%s", names[i].variant);
		else
			cla_buf_addf(&detail, "%s%s=%s", *before ? " " : "", names[i].name,
				     names[i].variant);
		before = names[i].name;
	}
	cla_check_say(c, p->count ? CLA_HEALTH_OK : CLA_HEALTH_SKIPPED, "shapes",
		      CLA_CHECK_TEXT("variants of the API in use", "variantes de la API en uso",
				     "variantes da API em uso"),
		      cla_buf_cstr(&detail), NULL);
}

static bool check_answers(struct cla_checkup *c, struct cla_session *session, struct cla_way *way,
			  struct cla_err *err)
{
	cla_auto_buf struct cla_buf target = CLA_BUF_INIT(4096);
	struct probe p = { .way = way, .rows = true, .entity = c->entity };

	cla_buf_addf(&target, "%s/v3/transactions?page=0&size=%d",
		     c->entity->sandbox ? "/api-test" : "/api", PROBE_ROWS);
	if (!cla_buf_ok(&target, err))
		return false;
	bool ok = ask(session, &p, cla_buf_cstr(&target), err);
	if (err->code == CLA_ERR_INTERRUPTED || !cla_way_tell(c, way))
		return ok;
	cla_way_tell_token(c, way, err);
	cla_way_tell_skew(c, way);
	if (!way->token)
		return ok;
	if (!ok) {
		cla_check_fail(c, err->code, "entity",
			       CLA_CHECK_TEXT("the API refuses", "la API rechaza", "a API recusa"),
			       err->msg,
			       CLA_CHECK_TEXT("check certificate, key and tax_id",
					      "revise certificado, llave y tax_id",
					      "verifique certificado, chave e tax_id"));
		return false;
	}
	if (!check_entity(c, session, &p, err))
		return false;
	tell_scope(c, CLA_RES_TRANSACTIONS, p.reason);
	if (p.reason[0])
		return true;
	if (!check_scopes(c, session, &p, err))
		return false;
	tell_shapes(c, &p);
	return true;
}

static void check_replay(struct cla_checkup *c)
{
	struct cla_session_opts opts = { 0 };
	struct cla_session *session = NULL;
	struct cla_err err = CLA_ERR_INIT;

	if (cla_session_open(c->ctx, c->entity, &opts, &session, &err))
		cla_check_say(c, CLA_HEALTH_OK, "recording",
			      CLA_CHECK_TEXT("recorded answers can be read",
					     "las respuestas grabadas se pueden leer",
					     "as respostas gravadas podem ser lidas"),
			      NULL, NULL);
	else
		cla_check_fail(c, CLA_ERR_CONFIG, "recording",
			       CLA_CHECK_TEXT("recorded answers", "respuestas grabadas",
					      "respostas gravadas"),
			       err.msg,
			       CLA_CHECK_TEXT("base_url = replay:DIR needs DIR/answers.jsonl",
					      "base_url = replay:DIR requiere DIR/answers.jsonl",
					      "base_url = replay:DIR requer DIR/answers.jsonl"));
	cla_session_close(session);
}

bool cla_check_network(const struct cla_ctx *ctx, const struct cla_entity *entity, bool proxied,
		       cla_check_fn *fn, void *fn_ctx, struct cla_err *err)
{
	struct cla_checkup c = { ctx, entity, fn, fn_ctx, false };
	struct cla_way way = { .token = false };
	struct cla_session_opts opts = { .proxied = proxied,
					 .token_attempt = cla_way_token,
					 .ctx = &way };
	struct cla_session *session = NULL;
	struct cla_err local = CLA_ERR_INIT;

	if (entity->replay_dir) {
		check_replay(&c);
		return !c.failed;
	}
	if (!cla_session_open(ctx, entity, &opts, &session, &local))
		cla_check_fail(
			&c, CLA_ERR_AUTH, "credentials",
			CLA_CHECK_TEXT("credentials", "credenciales", "credenciais"), local.msg,
			CLA_CHECK_TEXT("see the message", "vea el mensaje", "veja a mensagem"));
	else if (!check_answers(&c, session, &way, &local) && !c.failed)
		cla_check_fail(
			&c, local.code, "scope",
			CLA_CHECK_TEXT("stopped", "interrumpido", "interrompido"), local.msg,
			CLA_CHECK_TEXT("see the message", "vea el mensaje", "veja a mensagem"));
	cla_session_close(session);
	if (local.code != CLA_ERR_INTERRUPTED)
		return !c.failed;
	if (err)
		*err = local;
	return false;
}

void cla_check_no_network(cla_check_fn *fn, void *fn_ctx)
{
	static const char *const ids[] = { "dns",    "tls",   "token", "clock",
					   "entity", "scope", "shapes" };
	struct cla_checkup c = { NULL, NULL, fn, fn_ctx, false };

	for (size_t i = 0; i < CLA_LEN(ids); i++)
		cla_check_say(&c, CLA_HEALTH_SKIPPED, ids[i],
			      CLA_CHECK_TEXT("not tried without the network",
					     "no se probó sin la red", "não tentado sem a rede"),
			      ids[i], NULL);
}
