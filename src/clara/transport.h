/* clara/transport.h - where requests go: to the network, or to a folder of recorded answers.
 *
 * Both ends behave alike (net/net.h): a request ends exactly once in its `done`, callbacks may
 * submit more.
 */
#ifndef CLA_CLARA_TRANSPORT_H
#define CLA_CLARA_TRANSPORT_H

#include "clara/replay.h"
#include "model/entity.h"
#include "net/net.h"

struct cla_transport {
	struct cla_net *net; /* one of the two */
	struct cla_replay *replay;
};

CLA_USE bool cla_transport_open(const struct cla_ctx *ctx, const struct cla_entity *entity,
				const struct cla_net_opts *opts, struct cla_transport *ret,
				struct cla_err *err);
void cla_transport_close(struct cla_transport *t);
CLA_USE bool cla_transport_submit(struct cla_transport *t, const struct cla_net_request *request,
				  struct cla_err *err);
CLA_USE bool cla_transport_run(struct cla_transport *t, struct cla_err *err);
void cla_transport_stop(struct cla_transport *t);
void cla_transport_pressure(struct cla_transport *t);

#endif
