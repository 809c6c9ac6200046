/* clara/credentials.h - what proves to Clara who we are: client id and secret, client certificate
 * and key.
 *
 * Sources: the JSON that Clara's portal hands out, flat {clientId,
 * clientSecret} or nested {credentials: {clientId, clientSecret, publicKey, privateKey}}, and
 * separate PEM files, which win over PEM texts inside the JSON. PEM texts are mended where people
 * are known to break them: a literal backslash-n for each line end, quotes around the whole. Files
 * that hold a secret must be readable by their owner alone.
 */
#ifndef CLA_CLARA_CREDENTIALS_H
#define CLA_CLARA_CREDENTIALS_H

#include "base/buf.h"
#include "model/entity.h"

struct cla_credentials {
	struct cla_buf client_id, client_secret;
	struct cla_buf cert_pem, key_pem; /* empty without a client certificate */
	struct cla_buf ca_pem;		  /* empty without a ca_file */
};

void cla_credentials_init(struct cla_credentials *c);
void cla_credentials_clear(struct cla_credentials *c); /* wipes */
#define cla_auto_credentials CLA_CLEANUP(cla_credentials_clear)

/* CLA_ERR_CONFIG names the file and what to do about it. A missing client certificate is no error:
 * whether one is needed is the server's to say. */
CLA_USE bool cla_credentials_load(const struct cla_entity *entity, struct cla_credentials *ret,
				  struct cla_err *err);

/* Whether the texts can be used: CLA_ERR_AUTH when certificate and key cannot be read or do not
 * belong together, CLA_ERR_CONFIG for a ca_file that holds no certificate. */
CLA_USE bool cla_credentials_check(const struct cla_credentials *c, struct cla_err *err);

/* "Basic …" for the token request, into a secret buffer. */
CLA_USE bool cla_credentials_basic(const struct cla_credentials *c, struct cla_buf *out,
				   struct cla_err *err);

/* The PEM text in its proper form into the empty buffer `out`. */
void cla_pem_mend(struct cla_str text, struct cla_buf *out);

#endif
