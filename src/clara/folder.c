/* clara/folder.c - every file is read once and told apart; then what belongs together is looked for. */
#include "clara/folder.h"

#include "base/file.h"
#include "clara/credentials.h"
#include "clara/pick.h"
#include "crypto/cert.h"
#include "crypto/seal.h"

#include <string.h>

#define MAX_FILE (1u << 20)

/* A certificate or a private key, and where it lies. */
struct part {
	struct part *next;
	const char *path;
	struct cla_buf pem; /* wiped at the end */
	struct cla_time ends;
	bool authority;
};

struct search {
	struct cla_folder *folder;
	const char *dir;
	struct part *certs, *keys;
	unsigned files;
};

static const char *keep(struct search *s, const char *path, struct cla_err *err)
{
	bool ok = true;
	struct cla_str kept = cla_arena_str(&s->folder->arena, cla_str_from(path), &ok);

	if (!ok)
		cla_err_oom(err);
	return ok ? kept.ptr : NULL;
}

/* ---- what a file is ---- */

static bool take_json(struct search *s, const char *path, struct cla_str text, bool *taken,
		      struct cla_err *err)
{
	cla_auto_buf struct cla_buf id = CLA_BUF_SECRET(MAX_FILE),
				    secret = CLA_BUF_SECRET(MAX_FILE),
				    key = CLA_BUF_SECRET(MAX_FILE);
	const struct cla_pick picks[] = {
		{ "clientId", &id },  { "clientSecret", &secret },  { "privateKey", &key },
		{ "client_id", &id }, { "client_secret", &secret }, { "private_key", &key },
	};

	*taken = cla_pick(text, picks, CLA_LEN(picks), NULL) && id.len && secret.len;
	if (!*taken)
		return true;
	if (s->folder->credentials)
		return cla_err_set(err, CLA_ERR_CONFIG,
				   "two credentials files, '%s' and '%s': keep one of them there",
				   s->folder->credentials, path);
	s->folder->credentials = keep(s, path, err);
	s->folder->nested = key.len > 0;
	return s->folder->credentials != NULL;
}

static struct part *add_part(struct search *s, struct part **list, const char *path,
			     struct cla_str pem, struct cla_err *err)
{
	struct part *p = cla_arena_alloc(&s->folder->arena, sizeof(*p));

	if (!p) {
		cla_err_oom(err);
		return NULL;
	}
	p->pem = (struct cla_buf)CLA_BUF_SECRET(MAX_FILE + 1);
	cla_buf_add(&p->pem, pem);
	p->path = keep(s, path, err);
	p->next = *list;
	*list = p;
	return p->path && cla_buf_ok(&p->pem, err) ? p : NULL;
}

static bool take_pem(struct search *s, const char *path, struct cla_str pem, struct cla_err *err)
{
	cla_auto_cert struct cla_cert *cert = NULL;

	if (cla_str_contains(pem, "PRIVATE KEY-----") && !add_part(s, &s->keys, path, pem, err))
		return false;
	if (!cla_str_contains(pem, "-----BEGIN CERTIFICATE-----") ||
	    !cla_cert_decode_pem(pem, &cert, NULL))
		return true;
	struct part *p = add_part(s, &s->certs, path, pem, err);
	if (!p)
		return false;
	p->ends = cla_cert_not_after(cert);
	p->authority = cla_cert_is_ca(cert);
	return true;
}

static bool look_at(void *ctx, const char *path, struct cla_err *err)
{
	cla_auto_buf struct cla_buf raw = CLA_BUF_SECRET(MAX_FILE),
				    pem = CLA_BUF_SECRET(MAX_FILE + 1);
	struct search *s = ctx;
	bool taken;

	if (++s->files > CLA_FOLDER_FILES)
		return cla_err_set(err, CLA_ERR_CONFIG,
				   "over %d files in '%s': name the folder downloaded from Clara",
				   CLA_FOLDER_FILES, s->dir);
	/* what cannot be read, or is longer than such files are, is none of them */
	if (!cla_file_read(path, &raw, NULL))
		return true;
	if (!take_json(s, path, cla_buf_str(&raw), &taken, err))
		return false;
	if (taken || !cla_str_contains(cla_buf_str(&raw), "-----BEGIN "))
		return true;
	cla_pem_mend(cla_buf_str(&raw), &pem);
	return cla_buf_ok(&pem, err) && take_pem(s, path, cla_buf_str(&pem), err);
}

/* ---- what belongs together ---- */

static bool belong(const struct part *key, const struct part *cert)
{
	cla_auto_seal struct cla_seal *pair = NULL;

	return cla_seal_load(cla_buf_str(&key->pem), cla_buf_str(&cert->pem), &pair, NULL);
}

static bool choose_pair(struct search *s, struct cla_err *err)
{
	const struct part *found = NULL, *stray = NULL;

	for (const struct part *c = s->certs; c; c = c->next) {
		for (const struct part *k = s->keys; k; k = k->next) {
			if (!belong(k, c))
				continue;
			if (found && cla_time_cmp(c->ends, found->ends) <= 0)
				continue;
			found = c;
			s->folder->client_cert = c->path;
			s->folder->client_key = k->path;
		}
		if (!c->authority)
			stray = c;
	}
	if (found || s->folder->nested)
		return true;
	if (stray && s->keys)
		return cla_err_set(err, CLA_ERR_AUTH,
				   "the key '%s' does not belong to the certificate '%s'",
				   s->keys->path, stray->path);
	if (stray || s->keys)
		return cla_err_set(err, CLA_ERR_CONFIG, "'%s' holds a client %s ('%s') but no %s",
				   s->dir, stray ? "certificate" : "key",
				   stray ? stray->path : s->keys->path,
				   stray ? "key" : "certificate");
	return cla_err_set(err, CLA_ERR_CONFIG, "no client certificate and key in '%s'", s->dir);
}

static bool choose(struct search *s, struct cla_err *err)
{
	if (!s->folder->credentials)
		return cla_err_set(err, CLA_ERR_CONFIG,
				   "no file in '%s' holds clientId and clientSecret", s->dir);
	if (!choose_pair(s, err))
		return false;
	if (s->folder->nested)
		s->folder->client_cert = s->folder->client_key = NULL;
	for (const struct part *c = s->certs; c; c = c->next)
		if (c->authority &&
		    (!s->folder->client_cert || strcmp(c->path, s->folder->client_cert) != 0))
			s->folder->ca_file = c->path;
	return true;
}

bool cla_folder_look(const char *dir, struct cla_folder *ret, struct cla_err *err)
{
	struct search s = { .folder = ret, .dir = dir };

	memset(ret, 0, sizeof(*ret));
	bool ok = cla_path_walk(dir, look_at, &s, err) && choose(&s, err);
	for (struct part *p = s.certs; p; p = p->next)
		cla_buf_clear(&p->pem);
	for (struct part *p = s.keys; p; p = p->next)
		cla_buf_clear(&p->pem);
	if (!ok)
		cla_folder_clear(ret);
	return ok;
}

void cla_folder_clear(struct cla_folder *folder)
{
	cla_arena_clear(&folder->arena);
	memset(folder, 0, sizeof(*folder));
}
