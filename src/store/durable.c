/* store/durable.c - makes a batch durable beside the work that goes on: first the objects, then the
 * lines of the logs that speak of them. One batch at a time, in a thread of its own. */
#include "store/store_priv.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

enum state { REST, WORK, QUIT };

struct cla_durable {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	/* under the lock */
	enum state state;
	/* the thread's own while it is at work, the store's otherwise */
	struct cla_batch batch;
	bool ok; /* of all batches so far */
	struct cla_err err;
};

void cla_batch_init(struct cla_batch *b)
{
	*b = (struct cla_batch){ .objects_fd = -1 };
	b->journal.lines = b->custody.lines = (struct cla_buf)CLA_BUF_INIT(CLA_CHAIN_PENDING);
}

void cla_batch_clear(struct cla_batch *b)
{
	cla_buf_clear(&b->journal.lines);
	cla_buf_clear(&b->custody.lines);
}

bool cla_batch_write(const struct cla_batch *b, struct cla_err *err)
{
	bool objects = b->objects_fd >= 0;

	/* One sync makes all objects of the batch durable, data and names, and the custody log. */
	if (objects && !cla_chain_part_write(&b->custody, false, err))
		return false;
	if (objects && syncfs(b->objects_fd))
		return cla_err_sys(err, CLA_ERR_IO, errno, "syncing objects");
	return cla_chain_part_write(&b->journal, true, err) &&
	       (objects || cla_chain_part_write(&b->custody, true, err));
}

static void *work(void *ctx)
{
	struct cla_durable *d = ctx;

	pthread_mutex_lock(&d->lock);
	for (;;) {
		while (d->state != WORK && d->state != QUIT)
			pthread_cond_wait(&d->changed, &d->lock);
		if (d->state == QUIT)
			break;
		pthread_mutex_unlock(&d->lock);
		d->ok = d->ok && cla_batch_write(&d->batch, &d->err);
		pthread_mutex_lock(&d->lock);
		d->state = REST;
		pthread_cond_signal(&d->changed);
	}
	pthread_mutex_unlock(&d->lock);
	return NULL;
}

/* Signals are the main thread's to see. */
static int start_thread(struct cla_durable *d)
{
	sigset_t all, before;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int failed = pthread_create(&d->thread, NULL, work, d);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return failed;
}

bool cla_durable_new(struct cla_durable **ret, struct cla_err *err)
{
	struct cla_durable *d = calloc(1, sizeof(*d));

	if (!d)
		return cla_err_oom(err);
	cla_batch_init(&d->batch);
	d->ok = true;
	d->err = (struct cla_err)CLA_ERR_INIT;
	pthread_mutex_init(&d->lock, NULL);
	pthread_cond_init(&d->changed, NULL);
	int failed = start_thread(d);
	if (failed) {
		free(d);
		return cla_err_sys(err, CLA_ERR_IO, failed, "starting a thread");
	}
	*ret = d;
	return true;
}

static void set_state(struct cla_durable *d, enum state state)
{
	pthread_mutex_lock(&d->lock);
	d->state = state;
	pthread_cond_signal(&d->changed);
	pthread_mutex_unlock(&d->lock);
}

void cla_durable_free(struct cla_durable *d)
{
	if (!d)
		return;
	bool ok = cla_durable_wait(d, NULL); /* nobody is left to be told */
	(void)ok;
	set_state(d, QUIT);
	pthread_join(d->thread, NULL);
	pthread_mutex_destroy(&d->lock);
	pthread_cond_destroy(&d->changed);
	cla_batch_clear(&d->batch);
	free(d);
}

struct cla_batch *cla_durable_batch(struct cla_durable *d)
{
	return &d->batch;
}

void cla_durable_begin(struct cla_durable *d)
{
	set_state(d, WORK);
}

bool cla_durable_wait(struct cla_durable *d, struct cla_err *err)
{
	pthread_mutex_lock(&d->lock);
	while (d->state == WORK)
		pthread_cond_wait(&d->changed, &d->lock);
	pthread_mutex_unlock(&d->lock);
	if (d->ok)
		return true;
	if (err)
		*err = d->err;
	return false;
}
