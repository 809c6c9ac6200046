/* clara/replay.h - answers recorded in a folder, served as if a server gave them (design: base_url
 * = replay:DIR).
 *
 * DIR/answers.jsonl holds one answer a line:
 * {"method","path","query":{…},"status","time","headers":{…}, "body":"bodies/NAME"}. The host of a
 * request plays no part. Queries are compared after percent-decoding, whatever their order; signed
 * and volatile parameters of the request are not looked at. An exact match is taken first, else an
 * answer recorded without `size`, `sort`, or without `page` where page 0 is asked for. Of several
 * lines for one request the last holds. An unknown request is answered with 404 and an empty body.
 * The recorded time is the answer's time; delays are not waited for; what was submitted first is
 * answered first.
 */
#ifndef CLA_CLARA_REPLAY_H
#define CLA_CLARA_REPLAY_H

#include "base/buf.h"
#include "base/ctx.h"
#include "net/net.h"

struct cla_replay;

/* Reads the index. CLA_ERR_CONFIG names folder or line of what cannot be used, also a body outside
 * of the folder. */
CLA_USE bool cla_replay_open(const struct cla_ctx *ctx, const char *dir, struct cla_replay **ret,
			     struct cla_err *err);
void cla_replay_close(struct cla_replay *r);

/* As their namesakes in net/net.h. The URL may also be "replay:" and a target. */
CLA_USE bool cla_replay_submit(struct cla_replay *r, const struct cla_net_request *request,
			       struct cla_err *err);
CLA_USE bool cla_replay_run(struct cla_replay *r, struct cla_err *err);
void cla_replay_stop(struct cla_replay *r);

/* The form in which queries are compared: "key=value" decoded, sorted, a NUL after each; volatile
 * ones left out. Shared with the recorder. */
CLA_USE bool cla_replay_query(struct cla_str query, struct cla_buf *out, struct cla_err *err);

#endif
