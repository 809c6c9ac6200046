/* net/host.c - how many connections to a host are worth having.
 *
 * A host that multiplexes takes many requests over one connection; a handshake costs as much as a
 * hundred requests. libcurl opens a connection for each request that finds the present ones full,
 * also while one is being opened that would have room for all of them. So requests to such a host
 * are let go only while there is room, but for one at a time that opens the next connection. Before a
 * host has answered no more go than one connection would take: libcurl lets them wait for it.
 */
#include "net/net_priv.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_HOSTS 16 /* beyond, requests are not held back */

struct cla_net_host *cla_net_host_of(struct cla_net_hosts *all, struct cla_str name,
				     const struct cla_net_identity *identity)
{
	size_t count = 0;

	for (struct cla_net_host *h = all->first; h; h = h->next, count++)
		if (h->identity == identity && cla_str_eqc(name, h->name))
			return h;
	struct cla_net_host *h = count < MAX_HOSTS ? calloc(1, sizeof(*h)) : NULL;
	if (!h)
		return NULL;
	h->name = cla_str_dup(name);
	if (!h->name) {
		free(h);
		return NULL;
	}
	h->identity = identity;
	h->next = all->first;
	all->first = h;
	return h;
}

void cla_net_hosts_clear(struct cla_net_hosts *all)
{
	while (all->first) {
		struct cla_net_host *h = all->first;
		all->first = h->next;
		free(h->name);
		free(h);
	}
}

static bool full(const struct cla_net_host *h)
{
	return h->in_flight >= CLA_NET_STREAMS * (h->sockets - (h->opener && h->sockets));
}

bool cla_net_host_takes(const struct cla_net_host *h)
{
	if (!h)
		return true;
	if (!h->answered)
		return h->in_flight < CLA_NET_STREAMS;
	return !h->multiplexed || !h->opener || (!h->surprised && !full(h));
}

void cla_net_host_launch(struct cla_net_host *h, const struct cla_transfer *t)
{
	if (!h)
		return;
	if (h->multiplexed && !h->opener && full(h))
		h->opener = t;
	h->in_flight++;
}

void cla_net_host_opened(struct cla_net_host *h, const struct cla_transfer *t)
{
	if (!h)
		return;
	h->sockets++;
	/* a connection is about to close, or takes fewer requests than we believe */
	h->surprised = h->multiplexed && h->opener != t;
	h->opener = t;
}

void cla_net_host_ready(struct cla_net_host *h, const struct cla_transfer *t)
{
	if (!h || h->opener != t)
		return;
	h->opener = NULL;
	h->surprised = false;
}

void cla_net_host_land(struct cla_net_host *h, const struct cla_transfer *t)
{
	if (!h)
		return;
	cla_net_host_ready(h, t);
	h->in_flight--;
}

int cla_net_host_close(void *ctx, curl_socket_t socket)
{
	struct cla_net_host *h = ctx;

	if (h)
		h->sockets--;
	return close(socket);
}
