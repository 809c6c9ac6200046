/* clara/tokens.h - the tokens that a run was given, for the entities that come after.
 *
 * A group's companies share one set of credentials and differ in the tax id that each request
 * names: the token of one is good for all. It is kept under a digest of where and by what it was
 * given - address, client id, secret, certificate - so that credentials which differ never share
 * one. A token that was refused is dropped by whoever met the refusal. Memory is wiped.
 */
#ifndef CLA_CLARA_TOKENS_H
#define CLA_CLARA_TOKENS_H

#include "clara/token.h"
#include "crypto/digest.h"

struct cla_tokens;

CLA_USE bool cla_tokens_new(struct cla_tokens **ret, struct cla_err *err);
void cla_tokens_free(struct cla_tokens *tokens); /* accepts NULL */

/* Copies a token that is fresh, if there is one, into *to; else leaves it as it is. `tokens` may be
 * NULL in all three. */
void cla_tokens_get(const struct cla_tokens *tokens, const struct cla_digest *key, int64_t now_ms,
		    struct cla_token *to);
/* Keeps a copy in place of the one before. Without memory nothing is kept. */
void cla_tokens_put(struct cla_tokens *tokens, const struct cla_digest *key,
		    const struct cla_token *token);
/* Forgets it, if it is this one. */
void cla_tokens_drop(struct cla_tokens *tokens, const struct cla_digest *key,
		     const struct cla_token *token);

#endif
