/* clara/transport.c - forwards to net/ or to the replay. */
#include "clara/transport.h"

bool cla_transport_open(const struct cla_ctx *ctx, const struct cla_entity *entity,
			const struct cla_net_opts *opts, struct cla_transport *ret,
			struct cla_err *err)
{
	struct cla_transport t = { NULL, NULL };
	bool ok = entity->replay_dir ? cla_replay_open(ctx, entity->replay_dir, &t.replay, err)
				     : cla_net_open(ctx, opts, &t.net, err);

	if (ok)
		*ret = t;
	return ok;
}

void cla_transport_close(struct cla_transport *t)
{
	cla_replay_close(t->replay);
	cla_net_close(t->net);
	*t = (struct cla_transport){ NULL, NULL };
}

bool cla_transport_submit(struct cla_transport *t, const struct cla_net_request *request,
			  struct cla_err *err)
{
	return t->replay ? cla_replay_submit(t->replay, request, err)
			 : cla_net_submit(t->net, request, err);
}

bool cla_transport_run(struct cla_transport *t, struct cla_err *err)
{
	return t->replay ? cla_replay_run(t->replay, err) : cla_net_run(t->net, err);
}

void cla_transport_stop(struct cla_transport *t)
{
	if (t->replay)
		cla_replay_stop(t->replay);
	else
		cla_net_stop(t->net);
}

void cla_transport_pressure(struct cla_transport *t)
{
	if (t->net)
		cla_net_pressure(t->net);
}
