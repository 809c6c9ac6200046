#include "crypto/shadow.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define RING ((size_t)1 << 20)
#define PIECE ((size_t)1 << 17) /* hashed at a time, so that room is made while there is more */

struct cla_shadow {
	struct cla_hasher *hasher; /* the thread's, until it has ended */
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	uint64_t filled, hashed; /* bytes so far */
	bool running, ended;
	char ring[RING];
};

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

static void *hash_along(void *ctx)
{
	struct cla_shadow *s = ctx;

	pthread_mutex_lock(&s->lock);
	for (;;) {
		while (s->filled == s->hashed && !s->ended)
			pthread_cond_wait(&s->changed, &s->lock);
		if (s->filled == s->hashed)
			break;
		size_t at = (size_t)(s->hashed % RING);
		size_t len = least((size_t)(s->filled - s->hashed), least(RING - at, PIECE));
		pthread_mutex_unlock(&s->lock);
		cla_hasher_update(s->hasher, (struct cla_str){ s->ring + at, len });
		pthread_mutex_lock(&s->lock);
		s->hashed += len;
		pthread_cond_signal(&s->changed);
	}
	pthread_mutex_unlock(&s->lock);
	return NULL;
}

bool cla_shadow_new(struct cla_shadow **ret, struct cla_err *err)
{
	struct cla_shadow *s = calloc(1, sizeof(*s));
	sigset_t all, before;

	if (!s)
		return cla_err_oom(err);
	if (!cla_hasher_new(CLA_HASH_SHA256, &s->hasher, err)) {
		free(s);
		return false;
	}
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->changed, NULL);
	/* a signal is for the thread that knows what to do with it */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	s->running = !pthread_create(&s->thread, NULL, hash_along, s);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	*ret = s;
	return true;
}

static void join(struct cla_shadow *s)
{
	if (!s->running)
		return;
	pthread_mutex_lock(&s->lock);
	s->ended = true;
	pthread_cond_signal(&s->changed);
	pthread_mutex_unlock(&s->lock);
	pthread_join(s->thread, NULL);
	s->running = false;
}

void cla_shadow_free(struct cla_shadow *s)
{
	if (!s)
		return;
	join(s);
	pthread_cond_destroy(&s->changed);
	pthread_mutex_destroy(&s->lock);
	cla_hasher_free(s->hasher);
	free(s);
}

void cla_shadow_update(struct cla_shadow *s, struct cla_str bytes)
{
	if (!s->running) {
		cla_hasher_update(s->hasher, bytes);
		return;
	}
	while (bytes.len) {
		pthread_mutex_lock(&s->lock);
		while (s->filled - s->hashed == RING)
			pthread_cond_wait(&s->changed, &s->lock);
		size_t room = RING - (size_t)(s->filled - s->hashed);
		pthread_mutex_unlock(&s->lock);
		/* only this thread fills, so what is free stays free */
		size_t at = (size_t)(s->filled % RING);
		size_t len = least(bytes.len, least(RING - at, room));
		memcpy(s->ring + at, bytes.ptr, len);
		bytes = cla_str_sub(bytes, len, bytes.len);
		pthread_mutex_lock(&s->lock);
		s->filled += len;
		pthread_cond_signal(&s->changed);
		pthread_mutex_unlock(&s->lock);
	}
}

bool cla_shadow_finish(struct cla_shadow *s, struct cla_digest *ret, struct cla_err *err)
{
	join(s);
	return cla_hasher_finish(s->hasher, ret->bytes, err);
}
