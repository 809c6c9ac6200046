/* clara/tokens.c - few sets of credentials, so a list will do. */
#include "clara/tokens.h"

#include <stdlib.h>

struct kept {
	struct kept *next;
	struct cla_digest key;
	struct cla_token token;
};

struct cla_tokens {
	struct kept *first;
};

bool cla_tokens_new(struct cla_tokens **ret, struct cla_err *err)
{
	*ret = calloc(1, sizeof(**ret));
	return *ret || cla_err_oom(err);
}

void cla_tokens_free(struct cla_tokens *tokens)
{
	struct kept *next;

	for (struct kept *k = tokens ? tokens->first : NULL; k; k = next) {
		next = k->next;
		cla_token_clear(&k->token);
		free(k);
	}
	free(tokens);
}

static struct kept *find(const struct cla_tokens *tokens, const struct cla_digest *key)
{
	struct kept *k = tokens ? tokens->first : NULL;

	while (k && !cla_digest_eq(&k->key, key))
		k = k->next;
	return k;
}

static void copy(struct cla_token *to, const struct cla_token *from)
{
	cla_buf_reset(&to->header);
	cla_buf_add(&to->header, cla_buf_str(&from->header));
	to->renew_at_ms = from->renew_at_ms;
	to->serial++;
	to->valid = from->valid && !to->header.failed;
}

void cla_tokens_get(const struct cla_tokens *tokens, const struct cla_digest *key, int64_t now_ms,
		    struct cla_token *to)
{
	const struct kept *k = find(tokens, key);

	if (k && cla_token_fresh(&k->token, now_ms))
		copy(to, &k->token);
}

void cla_tokens_put(struct cla_tokens *tokens, const struct cla_digest *key,
		    const struct cla_token *token)
{
	struct kept *k = find(tokens, key);

	if (!k && tokens && (k = calloc(1, sizeof(*k)))) {
		k->key = *key;
		cla_token_init(&k->token);
		k->next = tokens->first;
		tokens->first = k;
	}
	if (k)
		copy(&k->token, token);
}

void cla_tokens_drop(struct cla_tokens *tokens, const struct cla_digest *key,
		     const struct cla_token *token)
{
	struct kept *k = find(tokens, key);

	if (k && cla_str_eq(cla_buf_str(&k->token.header), cla_buf_str(&token->header)))
		k->token.valid = false;
}
