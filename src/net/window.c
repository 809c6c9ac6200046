/* net/window.c - how many requests may be in flight. */
#include "net/net_priv.h"

#define START 16
#define FIRST_STEP 4	    /* per answer, while the server has not asked for less */
#define SLACK_MS 50	    /* latency that is never held against the server */
#define HALVE_EVERY_MS 1000 /* answers to one burst count once */

void cla_net_window_init(struct cla_net_window *w, unsigned max)
{
	*w = (struct cla_net_window){ .size = max < START ? max : START, .max = max };
}

bool cla_net_latency_low(struct cla_net_latency *l, uint32_t first_byte_ms)
{
	if (!l->known || first_byte_ms < l->best_ms)
		*l = (struct cla_net_latency){ first_byte_ms, true };
	return first_byte_ms <= (uint64_t)4 * l->best_ms + SLACK_MS;
}

void cla_net_window_answer(struct cla_net_window *w, bool quick)
{
	if (w->size >= w->max || !quick)
		return;
	if (!w->careful) {
		w->size += FIRST_STEP;
		w->size = w->size < w->max ? w->size : w->max;
		return;
	}
	if (++w->credit < w->size)
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
