/* clara/check_files.c - can these credentials work? */
#include "clara/check_priv.h"

#include "clara/credentials.h"
#include "crypto/cert.h"

#include <inttypes.h>
#include <stdio.h>

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

static void check_dates(struct cla_checkup *c, const struct cla_cert *cert)
{
	int64_t now = c->ctx->clock.now(c->ctx->clock.ctx).sec;
	int64_t left = cla_cert_not_after(cert).sec - now;
	char day[CLA_TIME_TEXT], detail[96];

	cla_time_format(cla_cert_not_after(cert), day);
	(void)snprintf(detail, sizeof(detail), "%.10s", day);
	if (left < 0) {
		cla_check_fail(c, CLA_ERR_AUTH, "client-certificate",
			       CLA_CHECK_TEXT("the client certificate ended",
					      "el certificado de cliente venció",
					      "o certificado de cliente venceu"),
			       detail,
			       CLA_CHECK_TEXT("make new credentials in Clara's portal",
					      "genere credenciales nuevas en el portal de Clara",
					      "gere novas credenciais no portal da Clara"));
	} else if (now < cla_cert_not_before(cert).sec) {
		cla_time_format(cla_cert_not_before(cert), day);
		cla_check_fail(c, CLA_ERR_AUTH, "client-certificate",
			       CLA_CHECK_TEXT("the client certificate is not valid yet",
					      "el certificado de cliente aún no es válido",
					      "o certificado de cliente ainda não é válido"),
			       day,
			       CLA_CHECK_TEXT("check this machine's clock",
					      "revise el reloj de este equipo",
					      "verifique o relógio deste equipamento"));
	} else if (left < (int64_t)60 * CLA_CHECK_DAY_S) {
		(void)snprintf(detail, sizeof(detail), "%.10s (%" PRId64 " d)", day,
			       left / CLA_CHECK_DAY_S);
		cla_check_say(c, CLA_HEALTH_WARN, "client-certificate",
			      CLA_CHECK_TEXT("the client certificate ends soon",
					     "el certificado de cliente vence pronto",
					     "o certificado de cliente vence em breve"),
			      detail, renewal(left / CLA_CHECK_DAY_S));
	} else {
		cla_check_say(c, CLA_HEALTH_OK, "client-certificate",
			      CLA_CHECK_TEXT("client certificate, valid until",
					     "certificado de cliente, válido hasta",
					     "certificado de cliente, válido até"),
			      detail, NULL);
	}
}

static void check_pair(struct cla_checkup *c, const struct cla_credentials *credentials)
{
	cla_auto_cert struct cla_cert *cert = NULL;
	struct cla_err err = CLA_ERR_INIT;

	if (!cla_credentials_check(credentials, &err)) {
		cla_check_fail(
			c, CLA_ERR_AUTH, "client-pair",
			CLA_CHECK_TEXT("certificate and key", "certificado y llave",
				       "certificado e chave"),
			err.msg,
			CLA_CHECK_TEXT(
				"use certificate, key and ca_file as they were downloaded together",
				"use certificado, llave y ca_file tal como se descargaron juntos",
				"use certificado, chave e ca_file como foram baixados juntos"));
		return;
	}
	if (!credentials->cert_pem.len) {
		cla_check_say(c, CLA_HEALTH_WARN, "client-pair",
			      CLA_CHECK_TEXT("no client certificate is configured",
					     "no hay certificado de cliente configurado",
					     "não há certificado de cliente configurado"),
			      NULL,
			      CLA_CHECK_TEXT("set client_cert and client_key: Clara wants one on "
					     "nearly every request",
					     "indique client_cert y client_key: Clara lo pide en "
					     "casi cada petición",
					     "indique client_cert e client_key: a Clara o pede em "
					     "quase toda requisição"));
		return;
	}
	cla_check_say(c, CLA_HEALTH_OK, "client-pair",
		      CLA_CHECK_TEXT("the key belongs to the certificate",
				     "la llave corresponde al certificado",
				     "a chave corresponde ao certificado"),
		      NULL, NULL);
	if (cla_cert_decode_pem(cla_buf_str(&credentials->cert_pem), &cert, &err))
		check_dates(c, cert);
}

bool cla_check_files(const struct cla_ctx *ctx, const struct cla_entity *entity, cla_check_fn *fn,
		     void *fn_ctx)
{
	struct cla_checkup c = { ctx, entity, fn, fn_ctx, false };
	cla_auto_credentials struct cla_credentials credentials;
	struct cla_err err = CLA_ERR_INIT;

	cla_credentials_init(&credentials);
	if (entity->replay_dir)
		return true;
	if (!cla_credentials_load(entity, &credentials, &err)) {
		cla_check_fail(
			&c, CLA_ERR_AUTH, "credentials",
			CLA_CHECK_TEXT("credentials", "credenciales", "credenciais"), err.msg,
			CLA_CHECK_TEXT("put the files in place as the configuration names them",
				       "coloque los archivos donde los nombra la configuración",
				       "coloque os arquivos onde a configuração os nomeia"));
		return false;
	}
	cla_check_say(&c, CLA_HEALTH_OK, "credentials",
		      CLA_CHECK_TEXT("credentials, readable by their owner alone",
				     "credenciales, legibles sólo por su dueño",
				     "credenciais, legíveis só por seu dono"),
		      entity->credentials, NULL);
	check_pair(&c, &credentials);
	return !c.failed;
}
