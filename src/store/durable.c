/* store/durable.c - makes batches durable beside the work that goes on, in a thread of its own: first
 * the objects, then the lines of the logs that speak of them. Those that have come while the disk was
 * busy share the next sync. */
#include "store/store_priv.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#define QUEUE 4 /* batches: a disk that is slow for a moment holds nobody up */

struct cla_durable {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	/* those from `first` on are the thread's, the others the store's */
	struct cla_batch batches[QUEUE];
	struct cla_err err; /* the thread's while `ok` */
	/* under the lock */
	unsigned first, count;
	bool ok; /* of all batches so far */
	bool quit;
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

/* Parts of one log, in order; one sync behind the last of them. */
static bool write_parts(const struct cla_chain_part *const *parts, unsigned count, bool sync,
			struct cla_err *err)
{
	while (count && !parts[count - 1]->lines.len)
		count--;
	for (unsigned i = 0; i < count; i++)
		if (!cla_chain_part_write(parts[i], sync && i + 1 == count, err))
			return false;
	return true;
}

/* The batches from `first` on. */
static bool write_batches(struct cla_durable *d, unsigned first, unsigned count)
{
	const struct cla_chain_part *journal[QUEUE], *custody[QUEUE];
	int objects_fd = -1;

	for (unsigned i = 0; i < count; i++) {
		const struct cla_batch *b = &d->batches[(first + i) % QUEUE];
		journal[i] = &b->journal;
		custody[i] = &b->custody;
		objects_fd = b->objects_fd >= 0 ? b->objects_fd : objects_fd;
	}
	bool objects = objects_fd >= 0;
	/* One sync makes all objects durable, data and names, and the custody log. */
	if (objects && !write_parts(custody, count, false, &d->err))
		return false;
	if (objects && syncfs(objects_fd))
		return cla_err_sys(&d->err, CLA_ERR_IO, errno, "syncing objects");
	return write_parts(journal, count, true, &d->err) &&
	       (objects || write_parts(custody, count, true, &d->err));
}

static void *work(void *ctx)
{
	struct cla_durable *d = ctx;

	pthread_mutex_lock(&d->lock);
	for (;;) {
		while (!d->count && !d->quit)
			pthread_cond_wait(&d->changed, &d->lock);
		if (!d->count)
			break;
		bool ok = d->ok;
		unsigned first = d->first, count = d->count;
		pthread_mutex_unlock(&d->lock);
		/* what comes behind one that failed must not be written: it refers to it */
		ok = ok && write_batches(d, first, count);
		pthread_mutex_lock(&d->lock);
		d->ok = ok;
		d->first = (first + count) % QUEUE;
		d->count -= count;
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
	for (size_t i = 0; i < QUEUE; i++)
		cla_batch_init(&d->batches[i]);
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

void cla_durable_free(struct cla_durable *d)
{
	if (!d)
		return;
	pthread_mutex_lock(&d->lock);
	d->quit = true; /* when all is written; nobody is left to be told how it went */
	pthread_cond_signal(&d->changed);
	pthread_mutex_unlock(&d->lock);
	pthread_join(d->thread, NULL);
	pthread_mutex_destroy(&d->lock);
	pthread_cond_destroy(&d->changed);
	for (size_t i = 0; i < QUEUE; i++)
		cla_batch_clear(&d->batches[i]);
	free(d);
}

/* Until no more than so many batches are left to be written. */
static bool wait_for(struct cla_durable *d, unsigned left, struct cla_err *err)
{
	pthread_mutex_lock(&d->lock);
	while (d->count > left)
		pthread_cond_wait(&d->changed, &d->lock);
	bool ok = d->ok;
	pthread_mutex_unlock(&d->lock);
	if (!ok && err)
		*err = d->err;
	return ok;
}

struct cla_batch *cla_durable_batch(struct cla_durable *d, struct cla_err *err)
{
	if (!wait_for(d, QUEUE - 1, err))
		return NULL;
	pthread_mutex_lock(&d->lock);
	struct cla_batch *next = &d->batches[(d->first + d->count) % QUEUE];
	pthread_mutex_unlock(&d->lock);
	return next;
}

void cla_durable_begin(struct cla_durable *d)
{
	pthread_mutex_lock(&d->lock);
	d->count++;
	pthread_cond_signal(&d->changed);
	pthread_mutex_unlock(&d->lock);
}

bool cla_durable_wait(struct cla_durable *d, struct cla_err *err)
{
	return wait_for(d, 0, err);
}
