/* clara/check_way.c - the way to the server: its name, its certificate, its token, its clock. */
#include "clara/check_priv.h"

#include <inttypes.h>
#include <stdio.h>

#define SKEW_S 30

void cla_way_note(struct cla_way *w, const struct cla_net_answer *a)
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

void cla_way_token(void *ctx, const struct cla_net_answer *a, unsigned attempt, const char *reason)
{
	struct cla_way *w = ctx;

	(void)attempt;
	cla_way_note(w, a);
	w->token = w->token || !reason;
}

/* False: the way ends here. */
bool cla_way_tell(struct cla_checkup *c, const struct cla_way *w)
{
	const char *host = c->entity->base_url;

	if (!w->resolved) {
		cla_check_fail(
			c, CLA_ERR_REMOTE, "dns",
			CLA_CHECK_TEXT("the server's name does not resolve",
				       "el nombre del servidor no se resuelve",
				       "o nome do servidor não resolve"),
			host,
			CLA_CHECK_TEXT("check base_url, the network and its name servers",
				       "revise base_url, la red y sus servidores de nombres",
				       "verifique base_url, a rede e seus servidores de nomes"));
		return false;
	}
	cla_check_say(c, CLA_HEALTH_OK, "dns",
		      CLA_CHECK_TEXT("the server's name resolves",
				     "el nombre del servidor se resuelve",
				     "o nome do servidor resolve"),
		      host, NULL);
	if (!w->connected) {
		cla_check_fail(c, CLA_ERR_REMOTE, "tls",
			       CLA_CHECK_TEXT("no connection to the server",
					      "no hay conexión con el servidor",
					      "não há conexão com o servidor"),
			       w->detail,
			       CLA_CHECK_TEXT("check base_url, the firewall and the proxy settings",
					      "revise base_url, el cortafuegos y el proxy",
					      "verifique base_url, o firewall e o proxy"));
		return false;
	}
	if (!w->trusted) {
		cla_check_fail(c, CLA_ERR_AUTH, "tls",
			       CLA_CHECK_TEXT("the server's certificate is not accepted",
					      "no se acepta el certificado del servidor",
					      "o certificado do servidor não é aceito"),
			       w->detail,
			       CLA_CHECK_TEXT("set ca_file to the authority that Clara hands out; "
					      "behind an inspecting "
					      "proxy, to that proxy's",
					      "ponga en ca_file la autoridad que entrega Clara; "
					      "tras un proxy que "
					      "inspecciona, la de ese proxy",
					      "ponha em ca_file a autoridade que a Clara entrega; "
					      "atrás de um proxy que "
					      "inspeciona, a desse proxy"));
		return false;
	}
	cla_check_say(c, CLA_HEALTH_OK, "tls",
		      CLA_CHECK_TEXT("the server's certificate is accepted",
				     "se acepta el certificado del servidor",
				     "o certificado do servidor é aceito"),
		      w->version, NULL);
	return true;
}

void cla_way_tell_token(struct cla_checkup *c, const struct cla_way *w, const struct cla_err *err)
{
	if (w->token)
		cla_check_say(c, CLA_HEALTH_OK, "token",
			      CLA_CHECK_TEXT("a token is given", "se otorga un token",
					     "um token é concedido"),
			      NULL, NULL);
	else
		cla_check_fail(c, err->code, "token",
			       CLA_CHECK_TEXT("no token is given", "no se otorga un token",
					      "nenhum token é concedido"),
			       err->msg,
			       CLA_CHECK_TEXT("check that certificate, key and client secret are "
					      "of the same, current set",
					      "revise que certificado, llave y secreto sean del "
					      "mismo juego vigente",
					      "verifique que certificado, chave e segredo sejam do "
					      "mesmo conjunto "
					      "vigente"));
}

void cla_way_tell_skew(struct cla_checkup *c, const struct cla_way *w)
{
	int64_t skew = w->skew_s < 0 ? -w->skew_s : w->skew_s;
	char detail[32];

	if (!w->has_skew)
		return;
	(void)snprintf(detail, sizeof(detail), "%" PRId64 " s", skew);
	cla_check_say(
		c, skew > SKEW_S ? CLA_HEALTH_WARN : CLA_HEALTH_OK, "clock",
		CLA_CHECK_TEXT("this machine's clock and the server's differ by",
			       "el reloj de este equipo y el del servidor difieren en",
			       "o relógio deste equipamento e o do servidor diferem em"),
		detail,
		skew <= SKEW_S
			? NULL
			: CLA_CHECK_TEXT(
				  "set the clock: download links are only good for a time",
				  "ajuste el reloj: los enlaces de descarga sólo valen un tiempo",
				  "acerte o relógio: os links de download só valem por um tempo"));
}
