/* clara/check.c - the files first, then the way to the server step by step, then what it answers. */
#include "clara/check.h"

#include "clara/credentials.h"
#include "clara/session.h"
#include "crypto/cert.h"
#include "json/json.h"
#include "model/plan.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define DAY_S 86400
#define SKEW_S 30
#define PROBE_ROWS 20

#define T(en, es, pt)                                                                              \
	(&(const struct cla_text){                                                                 \
		{ [CLA_LANG_EN] = (en), [CLA_LANG_ES] = (es), [CLA_LANG_PT] = (pt) } })

struct check {
	const struct cla_ctx *ctx;
	const struct cla_entity *entity;
	cla_check_fn *fn;
	void *fn_ctx;
	bool failed;
};

static void say(struct check *c, enum cla_health health, const char *id,
		const struct cla_text *what, const char *detail, const struct cla_text *fix)
{
	const struct cla_check_line line = {
		.health = health, .id = id, .what = what, .detail = detail ? detail : "", .fix = fix
	};

	c->fn(c->fn_ctx, &line);
}

static void fail(struct check *c, enum cla_err_code kind, const char *id,
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

/* ---- without a network ------------------------------------------------------- */

static const struct cla_text *renewal(int64_t days)
{
	static const struct cla_text today = {
		{ [CLA_LANG_EN] = "make new credentials in Clara's portal today",
		  [CLA_LANG_ES] = "genere hoy mismo credenciales nuevas en el portal de Clara",
		  [CLA_LANG_PT] = "gere hoje mesmo novas credenciais no portal da Clara" }
	};
	static const struct cla_text now = {
		{ [CLA_LANG_EN] = "make new credentials in Clara's portal now",
		  [CLA_LANG_ES] = "genere ya credenciales nuevas en el portal de Clara",
		  [CLA_LANG_PT] = "gere já novas credenciais no portal da Clara" }
	};
	static const struct cla_text plan = {
		{ [CLA_LANG_EN] = "plan for new credentials from Clara's portal",
		  [CLA_LANG_ES] = "prevea credenciales nuevas del portal de Clara",
		  [CLA_LANG_PT] = "planeje novas credenciais do portal da Clara" }
	};

	return days < 7 ? &today : days < 30 ? &now : &plan;
}

static void check_dates(struct check *c, const struct cla_cert *cert)
{
	int64_t now = c->ctx->clock.now(c->ctx->clock.ctx).sec;
	int64_t left = cla_cert_not_after(cert).sec - now;
	char day[CLA_TIME_TEXT], detail[96];

	cla_time_format(cla_cert_not_after(cert), day);
	(void)snprintf(detail, sizeof(detail), "%.10s", day);
	if (left < 0) {
		fail(c, CLA_ERR_AUTH, "client-certificate",
		     T("the client certificate ended", "el certificado de cliente venció",
		       "o certificado de cliente venceu"),
		     detail,
		     T("make new credentials in Clara's portal",
		       "genere credenciales nuevas en el portal de Clara",
		       "gere novas credenciais no portal da Clara"));
	} else if (now < cla_cert_not_before(cert).sec) {
		cla_time_format(cla_cert_not_before(cert), day);
		fail(c, CLA_ERR_AUTH, "client-certificate",
		     T("the client certificate is not valid yet",
		       "el certificado de cliente aún no es válido",
		       "o certificado de cliente ainda não é válido"),
		     day,
		     T("check this machine's clock", "revise el reloj de este equipo",
		       "verifique o relógio deste equipamento"));
	} else if (left < (int64_t)60 * DAY_S) {
		(void)snprintf(detail, sizeof(detail), "%.10s (%" PRId64 " d)", day, left / DAY_S);
		say(c, CLA_HEALTH_WARN, "client-certificate",
		    T("the client certificate ends soon", "el certificado de cliente vence pronto",
		      "o certificado de cliente vence em breve"),
		    detail, renewal(left / DAY_S));
	} else {
		say(c, CLA_HEALTH_OK, "client-certificate",
		    T("client certificate, valid until", "certificado de cliente, válido hasta",
		      "certificado de cliente, válido até"),
		    detail, NULL);
	}
}

static void check_pair(struct check *c, const struct cla_credentials *credentials)
{
	cla_auto_cert struct cla_cert *cert = NULL;
	struct cla_err err = CLA_ERR_INIT;

	if (!cla_credentials_check(credentials, &err)) {
		fail(c, CLA_ERR_AUTH, "client-pair",
		     T("certificate and key", "certificado y llave", "certificado e chave"),
		     err.msg,
		     T("use certificate, key and ca_file as they were downloaded together",
		       "use certificado, llave y ca_file tal como se descargaron juntos",
		       "use certificado, chave e ca_file como foram baixados juntos"));
		return;
	}
	if (!credentials->cert_pem.len) {
		say(c, CLA_HEALTH_WARN, "client-pair",
		    T("no client certificate is configured",
		      "no hay certificado de cliente configurado",
		      "não há certificado de cliente configurado"),
		    NULL,
		    T("set client_cert and client_key: Clara wants one on nearly every request",
		      "indique client_cert y client_key: Clara lo pide en casi cada petición",
		      "indique client_cert e client_key: a Clara o pede em quase toda requisição"));
		return;
	}
	say(c, CLA_HEALTH_OK, "client-pair",
	    T("the key belongs to the certificate", "la llave corresponde al certificado",
	      "a chave corresponde ao certificado"),
	    NULL, NULL);
	if (cla_cert_decode_pem(cla_buf_str(&credentials->cert_pem), &cert, &err))
		check_dates(c, cert);
}

bool cla_check_files(const struct cla_ctx *ctx, const struct cla_entity *entity, cla_check_fn *fn,
		     void *fn_ctx)
{
	struct check c = { ctx, entity, fn, fn_ctx, false };
	cla_auto_credentials struct cla_credentials credentials;
	struct cla_err err = CLA_ERR_INIT;

	cla_credentials_init(&credentials);
	if (entity->replay_dir)
		return true;
	if (!cla_credentials_load(entity, &credentials, &err)) {
		fail(&c, CLA_ERR_AUTH, "credentials",
		     T("credentials", "credenciales", "credenciais"), err.msg,
		     T("put the files in place as the configuration names them",
		       "coloque los archivos donde los nombra la configuración",
		       "coloque os arquivos onde a configuração os nomeia"));
		return false;
	}
	say(&c, CLA_HEALTH_OK, "credentials",
	    T("credentials, readable by their owner alone",
	      "credenciales, legibles sólo por su dueño", "credenciais, legíveis só por seu dono"),
	    entity->credentials, NULL);
	check_pair(&c, &credentials);
	return !c.failed;
}

/* ---- the way to the server --------------------------------------------------- */

/* How far attempts came, the furthest of them. */
struct way {
	bool resolved, connected, trusted, answered, token;
	char version[CLA_NET_TLS_VERSION];
	char detail[256]; /* of the last failure */
	bool has_skew;
	int64_t skew_s;
};

static void note_way(struct way *w, const struct cla_net_answer *a)
{
	struct cla_time date;

	if (a->fail == CLA_NET_CANCELLED || a->fail == CLA_NET_HELD)
		return;
	if (a->detail[0])
		(void)snprintf(w->detail, sizeof(w->detail), "%s", a->detail);
	bool shaken = a->fail == CLA_NET_TLS_CLIENT || a->has_peer || a->status;
	bool met = shaken || a->fail == CLA_NET_TLS_SERVER || a->fail == CLA_NET_TLS ||
		   a->fail == CLA_NET_BROKEN;
	w->resolved = w->resolved || a->fail != CLA_NET_RESOLVE;
	w->connected = w->connected || met;
	w->trusted = w->trusted || shaken;
	w->answered = w->answered || a->status;
	if (a->tls_version[0])
		(void)snprintf(w->version, sizeof(w->version), "%s", a->tls_version);
	if (!cla_str_absent(a->date) && cla_time_parse_http(a->date, &date)) {
		w->skew_s = a->time.sec - date.sec;
		w->has_skew = true;
	}
}

static void on_token(void *ctx, const struct cla_net_answer *a, unsigned attempt,
		     const char *reason)
{
	struct way *w = ctx;

	(void)attempt;
	note_way(w, a);
	w->token = w->token || !reason;
}

/* False: the way ends here. */
static bool tell_way(struct check *c, const struct way *w)
{
	const char *host = c->entity->base_url;

	if (!w->resolved) {
		fail(c, CLA_ERR_REMOTE, "dns",
		     T("the server's name does not resolve",
		       "el nombre del servidor no se resuelve", "o nome do servidor não resolve"),
		     host,
		     T("check base_url, the network and its name servers",
		       "revise base_url, la red y sus servidores de nombres",
		       "verifique base_url, a rede e seus servidores de nomes"));
		return false;
	}
	say(c, CLA_HEALTH_OK, "dns",
	    T("the server's name resolves", "el nombre del servidor se resuelve",
	      "o nome do servidor resolve"),
	    host, NULL);
	if (!w->connected) {
		fail(c, CLA_ERR_REMOTE, "tls",
		     T("no connection to the server", "no hay conexión con el servidor",
		       "não há conexão com o servidor"),
		     w->detail,
		     T("check base_url, the firewall and the proxy settings",
		       "revise base_url, el cortafuegos y el proxy",
		       "verifique base_url, o firewall e o proxy"));
		return false;
	}
	if (!w->trusted) {
		fail(c, CLA_ERR_AUTH, "tls",
		     T("the server's certificate is not accepted",
		       "no se acepta el certificado del servidor",
		       "o certificado do servidor não é aceito"),
		     w->detail,
		     T("set ca_file to the authority that Clara hands out; behind an inspecting "
		       "proxy, to that proxy's",
		       "ponga en ca_file la autoridad que entrega Clara; tras un proxy que "
		       "inspecciona, la de ese proxy",
		       "ponha em ca_file a autoridade que a Clara entrega; atrás de um proxy que "
		       "inspeciona, a desse proxy"));
		return false;
	}
	say(c, CLA_HEALTH_OK, "tls",
	    T("the server's certificate is accepted", "se acepta el certificado del servidor",
	      "o certificado do servidor é aceito"),
	    w->version, NULL);
	return true;
}

static void tell_token(struct check *c, const struct way *w, const struct cla_err *err)
{
	if (w->token)
		say(c, CLA_HEALTH_OK, "token",
		    T("a token is given", "se otorga un token", "um token é concedido"), NULL,
		    NULL);
	else
		fail(c, err->code, "token",
		     T("no token is given", "no se otorga un token", "nenhum token é concedido"),
		     err->msg,
		     T("check that certificate, key and client secret are of the same, current set",
		       "revise que certificado, llave y secreto sean del mismo juego vigente",
		       "verifique que certificado, chave e segredo sejam do mesmo conjunto "
		       "vigente"));
}

static void tell_skew(struct check *c, const struct way *w)
{
	int64_t skew = w->skew_s < 0 ? -w->skew_s : w->skew_s;
	char detail[32];

	if (!w->has_skew)
		return;
	(void)snprintf(detail, sizeof(detail), "%" PRId64 " s", skew);
	say(c, skew > SKEW_S ? CLA_HEALTH_WARN : CLA_HEALTH_OK, "clock",
	    T("this machine's clock and the server's differ by",
	      "el reloj de este equipo y el del servidor difieren en",
	      "o relógio deste equipamento e o do servidor diferem em"),
	    detail,
	    skew <= SKEW_S ? NULL
			   : T("set the clock: download links are only good for a time",
			       "ajuste el reloj: los enlaces de descarga sólo valen un tiempo",
			       "acerte o relógio: os links de download só valem por um tempo"));
}

/* ---- what it answers --------------------------------------------------------- */

/* The variants that the documents about the API name (reference/clara-api.md 6), as seen in rows. */
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
	struct way *way;
	bool rows; /* the first one, whose rows are looked at */
	const struct cla_entity *entity;
	char reason[32];
	char uuid[CLA_RES_DOWNLOAD][40]; /* of a row that announces such a resource, or "" */
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

static const char *probe_attempt(struct cla_call *call, const struct cla_net_answer *a,
				 const char *reason)
{
	struct probe *p = (struct probe *)call;
	cla_auto_json struct cla_json_doc *doc = NULL;

	note_way(p->way, a);
	if (reason)
		return reason;
	if (!cla_json_parse(cla_buf_str(&call->body), &doc, NULL))
		return "not-json";
	if (p->rows)
		look_at_rows(p, cla_json_root(doc));
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

static void tell_scope(struct check *c, enum cla_resource r, const char *reason)
{
	cla_auto_buf struct cla_buf detail = CLA_BUF_INIT(256);
	bool forbidden = !strcmp(reason, "http-403");

	cla_buf_addc(&detail, cla_resource_name(r));
	if (!*reason) {
		say(c, CLA_HEALTH_OK, "scope", T("may be read", "se puede leer", "pode ser lido"),
		    cla_buf_cstr(&detail), NULL);
		return;
	}
	cla_buf_addf(&detail, " (%s)", reason);
	if (forbidden)
		fail(c, CLA_ERR_AUTH, "scope",
		     T("may not be read", "no se puede leer", "não pode ser lido"),
		     cla_buf_cstr(&detail),
		     T("give the credentials that permission in Clara's portal; check tax_id",
		       "dé ese permiso a las credenciales en el portal de Clara; revise tax_id",
		       "dê essa permissão às credenciais no portal da Clara; verifique tax_id"));
	else
		fail(c, CLA_ERR_REMOTE, "scope",
		     T("cannot be had", "no se pudo obtener", "não pôde ser obtido"),
		     cla_buf_cstr(&detail),
		     T("try again later; if it stays, tell Clara's support",
		       "intente más tarde; si persiste, avise al soporte de Clara",
		       "tente mais tarde; se persistir, avise o suporte da Clara"));
}

/* A resource of a row, of which no row among those seen announces one: nothing can be asked. */
static void tell_not_announced(struct check *c, enum cla_resource r)
{
	say(c, CLA_HEALTH_SKIPPED, "scope",
	    T("not asked: no recent charge announces one",
	      "no se preguntó: ningún cargo reciente lo anuncia",
	      "não perguntado: nenhuma despesa recente o anuncia"),
	    cla_resource_name(r), NULL);
}

static bool check_scopes(struct check *c, struct cla_session *session, struct probe *first,
			 struct cla_err *err)
{
	static const enum cla_resource all[] = { CLA_RES_DOCUMENTS, CLA_RES_INVOICES,
						 CLA_RES_EXTRACTED, CLA_RES_REIMBURSEMENTS };
	struct cla_date today =
		cla_date_from_days(c->ctx->clock.now(c->ctx->clock.ctx).sec / DAY_S);
	struct cla_month month = { today.year, today.month };

	for (size_t i = 0; i < CLA_LEN(all); i++) {
		cla_auto_buf struct cla_buf target = CLA_BUF_INIT(4096);
		struct probe p = { .way = first->way, .entity = c->entity };
		bool of_row = all[i] != CLA_RES_REIMBURSEMENTS;
		const char *uuid = of_row ? first->uuid[all[i]] : "";

		if (all[i] == CLA_RES_INVOICES && c->entity->country != CLA_COUNTRY_MX)
			continue;
		if (of_row && !*uuid) {
			tell_not_announced(c, all[i]);
			continue;
		}
		if (!cla_plan_target(c->entity, all[i], of_row ? cla_str_from(uuid) : CLA_STR_NONE,
				     month, 0, &target, err) ||
		    !ask(session, &p, cla_buf_cstr(&target), err))
			return false;
		tell_scope(c, all[i], p.reason);
	}
	return true;
}

static void tell_shapes(struct check *c, const struct probe *p)
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
	say(c, p->count ? CLA_HEALTH_OK : CLA_HEALTH_SKIPPED, "shapes",
	    T("variants of the API in use", "variantes de la API en uso",
	      "variantes da API em uso"),
	    cla_buf_cstr(&detail), NULL);
}

static bool check_answers(struct check *c, struct cla_session *session, struct way *way,
			  struct cla_err *err)
{
	cla_auto_buf struct cla_buf target = CLA_BUF_INIT(4096);
	struct probe p = { .way = way, .rows = true, .entity = c->entity };

	cla_buf_addf(&target, "%s/v3/transactions?page=0&size=%d",
		     c->entity->sandbox ? "/api-test" : "/api", PROBE_ROWS);
	if (!cla_buf_ok(&target, err))
		return false;
	bool ok = ask(session, &p, cla_buf_cstr(&target), err);
	if (err->code == CLA_ERR_INTERRUPTED || !tell_way(c, way))
		return ok;
	tell_token(c, way, err);
	tell_skew(c, way);
	if (!way->token)
		return ok;
	if (!ok) {
		fail(c, err->code, "entity", T("the API refuses", "la API rechaza", "a API recusa"),
		     err->msg,
		     T("check certificate, key and tax_id", "revise certificado, llave y tax_id",
		       "verifique certificado, chave e tax_id"));
		return false;
	}
	if (!p.reason[0])
		say(c, CLA_HEALTH_OK, "entity",
		    T("the tax id is accepted", "se acepta la clave fiscal",
		      "o identificador fiscal é aceito"),
		    c->entity->tax_id, NULL);
	tell_scope(c, CLA_RES_TRANSACTIONS, p.reason);
	if (p.reason[0])
		return true;
	if (!check_scopes(c, session, &p, err))
		return false;
	tell_shapes(c, &p);
	return true;
}

static void check_replay(struct check *c)
{
	struct cla_session_opts opts = { 0 };
	struct cla_session *session = NULL;
	struct cla_err err = CLA_ERR_INIT;

	if (cla_session_open(c->ctx, c->entity, &opts, &session, &err))
		say(c, CLA_HEALTH_OK, "recording",
		    T("recorded answers can be read", "las respuestas grabadas se pueden leer",
		      "as respostas gravadas podem ser lidas"),
		    NULL, NULL);
	else
		fail(c, CLA_ERR_CONFIG, "recording",
		     T("recorded answers", "respuestas grabadas", "respostas gravadas"), err.msg,
		     T("base_url = replay:DIR needs DIR/answers.jsonl",
		       "base_url = replay:DIR requiere DIR/answers.jsonl",
		       "base_url = replay:DIR requer DIR/answers.jsonl"));
	cla_session_close(session);
}

bool cla_check_network(const struct cla_ctx *ctx, const struct cla_entity *entity, bool proxied,
		       cla_check_fn *fn, void *fn_ctx, struct cla_err *err)
{
	struct check c = { ctx, entity, fn, fn_ctx, false };
	struct way way = { .token = false };
	struct cla_session_opts opts = { .proxied = proxied,
					 .token_attempt = on_token,
					 .ctx = &way };
	struct cla_session *session = NULL;
	struct cla_err local = CLA_ERR_INIT;

	if (entity->replay_dir) {
		check_replay(&c);
		return !c.failed;
	}
	if (!cla_session_open(ctx, entity, &opts, &session, &local))
		fail(&c, CLA_ERR_AUTH, "credentials",
		     T("credentials", "credenciales", "credenciais"), local.msg,
		     T("see the message", "vea el mensaje", "veja a mensagem"));
	else if (!check_answers(&c, session, &way, &local) && !c.failed)
		fail(&c, local.code, "scope", T("stopped", "interrumpido", "interrompido"),
		     local.msg, T("see the message", "vea el mensaje", "veja a mensagem"));
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
	struct check c = { NULL, NULL, fn, fn_ctx, false };

	for (size_t i = 0; i < CLA_LEN(ids); i++)
		say(&c, CLA_HEALTH_SKIPPED, ids[i],
		    T("not tried without the network", "no se probó sin la red",
		      "não tentado sem a rede"),
		    ids[i], NULL);
}
