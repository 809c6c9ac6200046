/* clara/check_priv.h - what the parts of the diagnosis share.
 *
 *	check_files.c	what can be told without a network
 *	check_way.c	how far connections came, step by step
 *	check.c		what the server answers
 */
#ifndef CLA_CLARA_CHECK_PRIV_H
#define CLA_CLARA_CHECK_PRIV_H

#include "clara/check.h"
#include "net/net.h"

#define CLA_CHECK_DAY_S 86400

/* A text for one call: it lives as long as the block that it is written in. */
#define CLA_CHECK_TEXT(en, es, pt)                                                                 \
	(&(const struct cla_text){                                                                 \
		{ [CLA_LANG_EN] = (en), [CLA_LANG_ES] = (es), [CLA_LANG_PT] = (pt) } })

struct cla_checkup {
	const struct cla_ctx *ctx;
	const struct cla_entity *entity;
	cla_check_fn *fn;
	void *fn_ctx;
	bool failed;
};

/* A line that is no failure; detail may be NULL. And one that is. */
void cla_check_say(struct cla_checkup *c, enum cla_health health, const char *id,
		   const struct cla_text *what, const char *detail, const struct cla_text *fix);
void cla_check_fail(struct cla_checkup *c, enum cla_err_code kind, const char *id,
		    const struct cla_text *what, const char *detail, const struct cla_text *fix);

/* How far attempts came, the furthest of them. */
struct cla_way {
	bool resolved, connected, trusted, answered, token;
	char version[CLA_NET_TLS_VERSION];
	char detail[256]; /* of the last failure */
	bool has_skew;
	int64_t skew_s;
};
void cla_way_note(struct cla_way *w, const struct cla_net_answer *a);
/* For cla_session_opts.token_attempt; the context is the way. */
void cla_way_token(void *way, const struct cla_net_answer *a, unsigned attempt, const char *reason);
/* dns and tls; false: the way ends there. */
bool cla_way_tell(struct cla_checkup *c, const struct cla_way *w);
/* `err`: why there was none. */
void cla_way_tell_token(struct cla_checkup *c, const struct cla_way *w, const struct cla_err *err);
void cla_way_tell_skew(struct cla_checkup *c, const struct cla_way *w);

#endif
