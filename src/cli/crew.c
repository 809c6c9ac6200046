/* cli/crew.c - threads, each with a judge, over a ring of batches of files. */
#include "cli/crew.h"

#include "base/file.h"
#include "cli/judging.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define BATCH 8		   /* files that a thread takes at a time */
#define BATCHES_A_THREAD 4 /* on their way */
#define MOST_THREADS 64
#define LARGE ((off_t)1 << 20) /* bytes from which a file is judged alone */

struct batch {
	struct cla_crew_result files[BATCH];
	size_t count;
	bool done;
};

struct worker {
	struct cla_crew *crew;
	struct cla_judge *judge;
	pthread_t thread;
};

struct cla_crew {
	struct cla_cli *cli;
	struct cla_judge *judge;
	struct cla_judge_opts opts;
	cla_crew_fn *fn;
	void *ctx;
	struct worker *workers;
	size_t slots, running;
	size_t wanted; /* threads; none on a single core */
	struct batch *ring;
	size_t room;
	/* Batches so far: handed out, taken by a thread, told. The one being filled is `given`. */
	uint64_t given, taken, told;
	pthread_mutex_t lock, large;
	pthread_cond_t work, done;
	bool ended;
};

static size_t cores(void)
{
	cpu_set_t set;
	int count = sched_getaffinity(0, sizeof(set), &set) ? 1 : CPU_COUNT(&set);

	return count > MOST_THREADS ? MOST_THREADS : count > 0 ? (size_t)count : 1;
}

/* ---- one file ---- */

static bool judge_open_file(struct cla_crew *crew, struct cla_judge *judge, int fd,
			    struct cla_crew_result *r, struct cla_err *err)
{
	struct stat st;
	bool large = !fstat(fd, &st) && st.st_size >= LARGE;

	if (large)
		pthread_mutex_lock(&crew->large);
	bool ok = cla_judging_fd(crew->cli, judge, &crew->opts.limits, fd, &r->judgement,
				 &r->hashed, err);
	if (large)
		pthread_mutex_unlock(&crew->large);
	return ok;
}

static void judge_file(struct cla_crew *crew, struct cla_judge *judge, struct cla_crew_result *r)
{
	cla_auto_fd int fd = open(r->path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	char shown[CLA_SHOWN];

	if (cla_ctx_cancelled(&crew->cli->ctx))
		cla_err_set(&r->err, CLA_ERR_INTERRUPTED, "interrupted");
	else if (fd < 0)
		cla_err_sys(&r->err, CLA_ERR_IO, errno, "opening '%s'",
			    cla_shown(cla_str_from(r->path), 0, shown));
	else if (!judge_open_file(crew, judge, fd, r, &r->err))
		cla_err_wrap(&r->err, "'%s'", cla_shown(cla_str_from(r->path), 0, shown));
}

static void judge_batch(struct cla_crew *crew, struct cla_judge *judge, struct batch *b)
{
	for (size_t i = 0; i < b->count; i++)
		judge_file(crew, judge, &b->files[i]);
}

/* ---- threads ---- */

static void *work(void *ctx)
{
	struct worker *w = ctx;
	struct cla_crew *crew = w->crew;

	pthread_mutex_lock(&crew->lock);
	for (;;) {
		while (crew->taken == crew->given && !crew->ended)
			pthread_cond_wait(&crew->work, &crew->lock);
		if (crew->ended)
			break;
		struct batch *b = &crew->ring[crew->taken++ % crew->room];
		pthread_mutex_unlock(&crew->lock);
		judge_batch(crew, w->judge, b);
		pthread_mutex_lock(&crew->lock);
		b->done = true;
		pthread_cond_signal(&crew->done);
	}
	pthread_mutex_unlock(&crew->lock);
	return NULL;
}

static bool start_one(struct cla_crew *crew, struct worker *w, struct cla_err *err)
{
	sigset_t all, before;

	w->crew = crew;
	if (!cla_judge_new(&crew->opts, &w->judge, err) ||
	    !cla_judge_copy_certs(w->judge, crew->judge, err))
		return false;
	/* a signal is for the thread that knows what to do with it */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	bool ok = !pthread_create(&w->thread, NULL, work, w);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	crew->running += ok;
	return true;
}

/* Fewer threads than wanted are no fault, and none at all are the same as one core. */
static bool start(struct cla_crew *crew, struct cla_err *err)
{
	for (size_t i = 0; i < crew->wanted && crew->running == i; i++)
		if (!start_one(crew, &crew->workers[i], err))
			return false;
	if (!crew->running)
		crew->wanted = 0;
	return true;
}

static void stop(struct cla_crew *crew)
{
	pthread_mutex_lock(&crew->lock);
	crew->ended = true;
	pthread_cond_broadcast(&crew->work);
	pthread_mutex_unlock(&crew->lock);
	for (size_t i = 0; i < crew->running; i++)
		pthread_join(crew->workers[i].thread, NULL);
}

/* ---- telling ---- */

static void clear_batch(struct batch *b)
{
	for (size_t i = 0; i < b->count; i++) {
		cla_judgement_clear(&b->files[i].judgement);
		free(b->files[i].path);
	}
	b->count = 0;
	b->done = false;
}

static bool tell_batch(struct cla_crew *crew, struct batch *b, struct cla_err *err)
{
	bool ok = true;

	for (size_t i = 0; i < b->count && ok; i++)
		ok = crew->fn(crew->ctx, &b->files[i], err);
	clear_batch(b);
	crew->told++;
	return ok;
}

/* Tells what is done, in order; waits until at most `left` batches are not told. */
static bool tell(struct cla_crew *crew, uint64_t left, struct cla_err *err)
{
	while (crew->told < crew->given) {
		struct batch *b = &crew->ring[crew->told % crew->room];

		pthread_mutex_lock(&crew->lock);
		while (!b->done && crew->given - crew->told > left)
			pthread_cond_wait(&crew->done, &crew->lock);
		bool done = b->done;
		pthread_mutex_unlock(&crew->lock);
		if (!done)
			break;
		if (!tell_batch(crew, b, err))
			return false;
	}
	return true;
}

/* The batch that was filled goes to the threads, or is done here where there are none. */
static bool hand_out(struct cla_crew *crew, struct cla_err *err)
{
	struct batch *b = &crew->ring[crew->given % crew->room];

	if (!crew->running) {
		crew->given++;
		judge_batch(crew, crew->judge, b);
		crew->taken++;
		return tell_batch(crew, b, err);
	}
	pthread_mutex_lock(&crew->lock);
	crew->given++;
	pthread_cond_signal(&crew->work);
	pthread_mutex_unlock(&crew->lock);
	return tell(crew, crew->room - 1, err);
}

/* ---- the whole ---- */

bool cla_crew_new(struct cla_cli *cli, struct cla_judge *judge, const struct cla_judge_opts *opts,
		  cla_crew_fn *fn, void *ctx, struct cla_crew **ret, struct cla_err *err)
{
	struct cla_crew *crew = calloc(1, sizeof(*crew));

	if (!crew)
		return cla_err_oom(err);
	*crew = (struct cla_crew){
		.cli = cli, .judge = judge, .opts = *opts, .fn = fn, .ctx = ctx
	};
	crew->wanted = opts->official || cores() == 1 ? 0 : cores();
	crew->slots = crew->wanted;
	crew->room = BATCHES_A_THREAD * crew->wanted + 1;
	crew->workers = calloc(crew->wanted + 1, sizeof(*crew->workers));
	crew->ring = calloc(crew->room, sizeof(*crew->ring));
	if (!crew->workers || !crew->ring) {
		free(crew->workers);
		free(crew->ring);
		free(crew);
		return cla_err_oom(err);
	}
	pthread_mutex_init(&crew->lock, NULL);
	pthread_mutex_init(&crew->large, NULL);
	pthread_cond_init(&crew->work, NULL);
	pthread_cond_init(&crew->done, NULL);
	*ret = crew;
	return true;
}

void cla_crew_free(struct cla_crew *crew)
{
	if (!crew)
		return;
	stop(crew);
	for (size_t i = 0; i < crew->slots; i++)
		cla_judge_free(crew->workers[i].judge);
	for (size_t i = 0; i < crew->room; i++)
		clear_batch(&crew->ring[i]);
	pthread_cond_destroy(&crew->done);
	pthread_cond_destroy(&crew->work);
	pthread_mutex_destroy(&crew->large);
	pthread_mutex_destroy(&crew->lock);
	free(crew->workers);
	free(crew->ring);
	free(crew);
}

bool cla_crew_give(struct cla_crew *crew, const char *path, struct cla_err *err)
{
	struct batch *b = &crew->ring[crew->given % crew->room];

	/* with the first batch full there is work for more than one */
	if (b->count == BATCH) {
		if (crew->wanted && !crew->running && !start(crew, err))
			return false;
		if (!hand_out(crew, err))
			return false;
		b = &crew->ring[crew->given % crew->room];
	}
	char *copy = cla_str_dup(cla_str_from(path));
	if (!copy)
		return cla_err_oom(err);
	struct cla_crew_result *r = &b->files[b->count];
	r->path = copy;
	r->err = (struct cla_err)CLA_ERR_INIT;
	cla_judgement_init(&r->judgement);
	b->count++;
	return true;
}

bool cla_crew_finish(struct cla_crew *crew, struct cla_err *err)
{
	if (crew->ring[crew->given % crew->room].count && !hand_out(crew, err))
		return false;
	return tell(crew, 0, err);
}
