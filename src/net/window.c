/* net/window.c - how many requests may be in flight. */
#include "net/net_priv.h"

#define START 16
#define SLACK_MS 20	    /* latency that is never held against the server */
#define HALVE_EVERY_MS 1000 /* answers to one burst count once */

void cla_net_window_init(struct cla_net_window *w, unsigned max)
{
	*w = (struct cla_net_window){ .size = max < START ? max : START, .max = max };
}

void cla_net_window_answer(struct cla_net_window *w, uint32_t first_byte_ms)
{
	if (!w->has_best || first_byte_ms < w->best_ms) {
		w->best_ms = first_byte_ms;
		w->has_best = true;
	}
	/* A server that takes several times its best has enough to do. */
	if (w->size >= w->max || first_byte_ms > 4 * w->best_ms + SLACK_MS)
		return;
	if (w->careful && ++w->credit < w->size)
		return;
	w->credit = 0;
	w->size++;
}

void cla_net_window_pressure(struct cla_net_window *w, int64_t now_ms)
{
	if (w->careful && now_ms - w->halved_ms < HALVE_EVERY_MS)
		return;
	w->careful = true;
	w->halved_ms = now_ms;
	w->credit = 0;
	w->size = w->size > 1 ? w->size / 2 : 1;
}
