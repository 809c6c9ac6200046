#include "cli/passphrase.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define LINE_BYTES 1000
#define COMMAND_SECONDS 60

bool cla_private_read(const char *path, struct cla_buf *out, struct cla_err *err)
{
	struct stat st;

	if (stat(path, &st))
		return cla_err_sys(err, CLA_ERR_CONFIG, errno, "'%s'", path);
	if (st.st_mode & 077)
		return cla_err_set(err, CLA_ERR_CONFIG,
				   "'%s' can be read by others than its owner: chmod 600 '%s'",
				   path, path);
	return cla_file_read(path, out, err);
}

/* Byte by byte: what comes after the line's end is for the next who asks. */
static bool read_line(int fd, struct cla_buf *out, struct cla_err *err)
{
	char c;
	size_t got;

	for (size_t n = 0; n <= LINE_BYTES; n++) {
		if (!cla_fd_read(fd, &c, 1, &got, err))
			return false;
		if (!got || c == '\n')
			return true;
		cla_buf_byte(out, c);
	}
	return cla_err_set(err, CLA_ERR_CONFIG, "a passphrase has at most %d bytes", LINE_BYTES);
}

/* Files that we opened ourselves are close-on-exec: what is not was handed to us. */
static bool from_fd(int fd, struct cla_buf *out, struct cla_err *err)
{
	int flags = fcntl(fd, F_GETFD);

	if (flags < 0 || (flags & FD_CLOEXEC))
		return cla_err_set(err, CLA_ERR_CONFIG,
				   "descriptor %d was not open when the program started", fd);
	return read_line(fd, out, err) || cla_err_wrap(err, "descriptor %d", fd);
}

static bool from_file(const char *path, struct cla_buf *out, struct cla_err *err)
{
	cla_auto_buf struct cla_buf text = CLA_BUF_SECRET(64 * 1024);

	if (!cla_private_read(path, &text, err))
		return false;
	struct cla_str line = cla_buf_str(&text), rest;
	(void)cla_str_cut(line, '\n', &line, &rest);
	cla_buf_add(out, line);
	return cla_buf_ok(out, err);
}

static void be_shell(const char *line, int out)
{
	int in = open("/dev/null", O_RDONLY);

	if (in < 0 || dup2(in, STDIN_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0)
		_exit(126);
	(void)alarm(COMMAND_SECONDS);
	execl("/bin/sh", "sh", "-c", line, (char *)NULL);
	_exit(126);
}

static bool ended_well(pid_t child, struct cla_err *err)
{
	int status;

	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return cla_err_sys(err, CLA_ERR_IO, errno, "waiting for the command");
	if (WIFEXITED(status) && !WEXITSTATUS(status))
		return true;
	if (WIFSIGNALED(status))
		return cla_err_set(err, CLA_ERR_CONFIG, "the command was ended by signal %d",
				   WTERMSIG(status));
	return cla_err_set(err, CLA_ERR_CONFIG, "the command ended with status %d",
			   WEXITSTATUS(status));
}

static bool from_command(const char *line, struct cla_buf *out, struct cla_err *err)
{
	cla_auto_fd int in = -1;
	int ends[2];

	if (pipe2(ends, O_CLOEXEC))
		return cla_err_sys(err, CLA_ERR_IO, errno, "making a pipe");
	in = ends[0];
	pid_t child = fork();
	if (!child)
		be_shell(line, ends[1]);
	cla_fd_close(&ends[1]);
	if (child < 0)
		return cla_err_sys(err, CLA_ERR_IO, errno, "starting the command");
	bool ok = read_line(in, out, err);
	cla_fd_close(&in);
	return ended_well(child, ok ? err : NULL) && ok;
}

bool cla_passphrase_read(const struct cla_pass *pass, struct cla_buf *out, struct cla_err *err)
{
	bool ok = true;

	switch (pass->from) {
	case CLA_PASS_NONE:
		return true;
	case CLA_PASS_FILE:
		ok = from_file(pass->text, out, err);
		break;
	case CLA_PASS_FD:
		ok = from_fd(pass->fd, out, err);
		break;
	case CLA_PASS_COMMAND:
		ok = from_command(pass->text, out, err);
		break;
	}
	while (ok && out->len && out->ptr[out->len - 1] == '\r')
		out->len--;
	ok = ok && cla_buf_ok(out, err) &&
	     (out->len || cla_err_set(err, CLA_ERR_CONFIG, "it is empty"));
	return ok || cla_err_wrap(err, "passphrase (seal_pass)");
}
