/* crypto/stamp.h - time-stamps of RFC 3161: an authority says that these bytes existed at an instant.
 *
 * Read is a whole TimeStampResp in DER as an authority answers it; its token carries the
 * authority's certificate. Checking answers with results, not errors.
 */
#ifndef CLA_CRYPTO_STAMP_H
#define CLA_CRYPTO_STAMP_H

#include "base/buf.h"
#include "base/clock.h"
#include "crypto/digest.h"

enum cla_stamp_result {
	CLA_STAMP_GOOD,
	CLA_STAMP_UNREADABLE,	 /* no TimeStampResp, bytes after it, or no time-stamp granted */
	CLA_STAMP_OTHER_DATA,	 /* over other bytes, or by a digest weaker than SHA-256 */
	CLA_STAMP_NO_SIGNER,	 /* no certificate of the authority inside */
	CLA_STAMP_BAD_SIGNATURE, /* also: a certificate that is not for time-stamping, or another one
				    than the signed attributes name (RFC 5816) */
	CLA_STAMP_OTHER_REQUEST, /* an answer to another request: not its nonce */
	CLA_STAMP_UNTRUSTED,	 /* anchors were given and the chain does not end there */
};

struct cla_stamp_info {
	struct cla_time time;	  /* genTime, whole seconds */
	struct cla_time until;	  /* the authority's certificate ends then */
	struct cla_digest signer; /* SHA-256 of the authority's certificate (DER) */
	char subject[256];
	bool anchored;	  /* anchors were given and hold */
	char detail[256]; /* one sentence on what failed */
};

/* `anchors_pem` absent: the signature is checked with the certificate it carries and the authority
 * stays not established. The chain is judged at the time of the stamp: an authority's certificate
 * ends years before the stamp has served. */
enum cla_stamp_result cla_stamp_verify(struct cla_str tsr_der, struct cla_str data,
				       struct cla_str anchors_pem, struct cla_stamp_info *info);

/* DER of a TimeStampReq over `data`, appended: SHA-256, a random nonce of 128 bits, and the wish for
 * the authority's certificate. */
CLA_USE bool cla_stamp_request(struct cla_str data, struct cla_buf *out, struct cla_err *err);
/* As cla_stamp_verify(), and the answer is one to this request: its nonce and imprint. */
enum cla_stamp_result cla_stamp_check_answer(struct cla_str tsr_der, struct cla_str request_der,
					     struct cla_str data, struct cla_str anchors_pem,
					     struct cla_stamp_info *info);

#endif
