#include "cli/apart.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define NAME_MAX_BYTES 4096
#define FAILED 101 /* the child could not even begin, or not write */

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define BOUND_MEMORY false /* they reserve terabytes of addresses */
#else
#define BOUND_MEMORY true
#endif

struct cla_apart {
	int fd;
};

/* What stands before each file in the pipe. */
struct head {
	uint64_t name, bytes;
};

/* ---- the child ---- */

bool cla_apart_put(struct cla_apart *out, struct cla_str name, struct cla_str bytes)
{
	name = cla_str_sub(name, 0, NAME_MAX_BYTES);
	struct head head = { name.len, bytes.len };

	return cla_fd_write(out->fd, (struct cla_str){ (const char *)&head, sizeof(head) }, NULL) &&
	       cla_fd_write(out->fd, name, NULL) && cla_fd_write(out->fd, bytes, NULL);
}

static bool bound(int what, rlim_t most)
{
	struct rlimit limit = { most, most };
	return !setrlimit(what, &limit);
}

static _Noreturn void be_child(int fd, pid_t parent, cla_apart_work *work, void *ctx)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGALRM, SIGXCPU };
	struct cla_apart out = { fd };

	(void)parent;
	for (size_t i = 0; i < CLA_LEN(signals); i++)
		(void)signal(signals[i], SIG_DFL);
#ifdef __linux__
	/* it has the lock of the data directory too, which must not outlive a run that is killed */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) || getppid() != parent)
		_exit(FAILED);
#endif
	(void)alarm(2 * CLA_APART_SECONDS);
	if (!bound(RLIMIT_CPU, CLA_APART_SECONDS) || !bound(RLIMIT_FSIZE, 0) ||
	    !bound(RLIMIT_CORE, 0) || (BOUND_MEMORY && !bound(RLIMIT_AS, CLA_APART_MEMORY)))
		_exit(FAILED);
	_exit(work(ctx, &out));
}

/* ---- the parent ---- */

struct receiving {
	int fd;
	const struct cla_unpack_limits *limits;
	struct cla_unpack_budget *budget;
	const struct cla_unpack *fn;
	bool ended; /* nothing more is expected, or wanted */
};

static bool receive_bytes(struct receiving *r, uint64_t left, struct cla_err *err)
{
	char chunk[65536];

	while (left) {
		size_t want = left < sizeof(chunk) ? (size_t)left : sizeof(chunk), got;
		if (!cla_fd_read(r->fd, chunk, want, &got, err) ||
		    !r->fn->data(r->fn->ctx, (struct cla_str){ chunk, got }, err))
			return false;
		left -= got;
		if (got < want) {
			r->ended = true;
			return r->fn->flaw(r->fn->ctx, CLA_STR(""), true, CLA_FLAW_DAMAGED, err);
		}
	}
	return r->fn->end(r->fn->ctx, err);
}

static bool receive(struct receiving *r, struct cla_err *err)
{
	char name[NAME_MAX_BYTES];
	struct head head;
	size_t got;
	bool take;

	if (!cla_fd_read(r->fd, &head, sizeof(head), &got, err))
		return false;
	r->ended = got < sizeof(head) || head.name > sizeof(name);
	if (r->ended)
		return true;
	if (!cla_fd_read(r->fd, name, (size_t)head.name, &got, err))
		return false;
	r->ended = got < head.name;
	if (r->ended)
		return true;
	struct cla_str as = { name, got };
	if (head.bytes > r->limits->entry || head.bytes > r->budget->bytes || !r->budget->entries) {
		r->ended = true;
		return r->fn->flaw(r->fn->ctx, as, false,
				   !r->budget->entries		   ? CLA_FLAW_ENTRIES
				   : head.bytes > r->limits->entry ? CLA_FLAW_ENTRY
								   : CLA_FLAW_BYTES,
				   err);
	}
	r->budget->entries--;
	r->budget->bytes -= head.bytes;
	return r->fn->begin(r->fn->ctx, as, &take, err) && receive_bytes(r, head.bytes, err);
}

static int end_child(pid_t child)
{
	int status;

	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return WIFEXITED(status) && WEXITSTATUS(status) < FAILED ? WEXITSTATUS(status) : -1;
}

bool cla_apart_run(cla_apart_work *work, void *work_ctx, const struct cla_unpack_limits *limits,
		   struct cla_unpack_budget *budget, const struct cla_unpack *fn, int *status,
		   struct cla_err *err)
{
	struct receiving r = { .limits = limits, .budget = budget, .fn = fn };
	int ends[2];

	if (pipe(ends))
		return cla_err_sys(err, CLA_ERR_IO, errno, "making a pipe");
	pid_t parent = getpid(), child = fork();
	if (!child) {
		(void)close(ends[0]);
		be_child(ends[1], parent, work, work_ctx);
	}
	cla_fd_close(&ends[1]);
	if (child < 0) {
		cla_err_sys(err, CLA_ERR_IO, errno, "starting a process");
		cla_fd_close(&ends[0]);
		return false;
	}
	r.fd = ends[0];
	bool ok = true;
	while (ok && !r.ended)
		ok = receive(&r, err);
	/* what it still has to say is not wanted: without a reader it ends */
	cla_fd_close(&ends[0]);
	*status = end_child(child);
	return ok;
}
