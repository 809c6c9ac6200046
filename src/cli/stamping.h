/* cli/stamping.h - time-stamps (RFC 3161) over signatures: asked for, kept beside them, renewed.
 *
 * A stamp lies in bundles/ of the data directory as <base>.statement.p7s.tsr, over the bytes of the
 * signature; a renewal as <base>.statement.p7s.tsr.<n>.tsr, n from 1, over the bytes of the stamp
 * before it. What else lies there as <base>.statement.p7s.token.<name> - a token of another kind, as
 * of NOM-151 or ICP-Brasil - is kept and handed out, never looked into.
 *
 * An authority that fails costs a warning: the bundle is there, and the next run asks again.
 */
#ifndef CLA_CLI_STAMPING_H
#define CLA_CLI_STAMPING_H

#include "cli/cli.h"
#include "crypto/stamp.h"

/* Asks the entity's authority for a stamp over `data`: SHA-256, nonce, certificate. The answer is
 * appended to `out` when it is granted, is about this data and this request, is signed by a
 * certificate for time-stamping, and its chain ends in tsa_ca (where that is given). Otherwise, and
 * when nothing came within 10 seconds (CLARA_AUDIT_TSA_TIMEOUT_MS), CLA_ERR_REMOTE says why. */
CLA_USE bool cla_stamping_ask(struct cla_cli *cli, const struct cla_entity *entity,
			      struct cla_str data, struct cla_buf *out, struct cla_stamp_info *info,
			      struct cla_err *err);

/* One signature and where it lies. */
struct cla_stamping {
	struct cla_cli *cli;
	struct cla_store *store;
	const struct cla_entity *entity;
	struct cla_str base;
	struct cla_str p7s; /* its bytes */
	const char *own;    /* bundles/ of the data directory */
	const char *other;  /* a folder that gets copies, or NULL */
	bool may_ask;	    /* false: only what is there counts */
	/* In: an authority (tsa_url) that failed in this run already, which is not waited for again;
	 * out: the one that failed now. */
	const char **failed;
};
/* Sees to it that there is a stamp in `own`, and that `other` has what lies in `own` over this
 * signature. CLA_ERR_INTEGRITY names a stamp that is over other bytes. *at becomes the time of the
 * first stamp, "" when there is none. */
CLA_USE bool cla_stamping_keep(const struct cla_stamping *s, char at[CLA_TIME_TEXT],
			       struct cla_err *err);

enum cla_renewal {
	CLA_RENEWAL_NONE,    /* the last stamp serves beyond `until` */
	CLA_RENEWAL_MADE,    /* it is stamped now, or the signature for the first time */
	CLA_RENEWAL_LATE,    /* made, but the authority's certificate had ended before */
	CLA_RENEWAL_FAILED,  /* the authority failed: warned of */
	CLA_RENEWAL_WITHOUT, /* no stamp, and no authority to ask */
};
/* Stamps the last stamp again when its authority's certificate ends before `until`. */
CLA_USE bool cla_stamping_renew(const struct cla_stamping *s, struct cla_time until,
				enum cla_renewal *ret, struct cla_err *err);

#endif
