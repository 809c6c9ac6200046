/* cli/judging.c - files and certificates brought to the judge. */
#include "cli/judging.h"

#include "base/file.h"
#include "crypto/cert.h"

#include <errno.h>
#include <unistd.h>

#define CERT_MAX (64 * 1024)
#define CHUNK (64 * 1024)

struct certs {
	struct cla_cli *cli;
	struct cla_judge *judge;
	size_t count;
};

static bool add_cert(void *ctx, const char *path, struct cla_err *err)
{
	cla_auto_buf struct cla_buf bytes = CLA_BUF_INIT(CERT_MAX);
	cla_auto_cert struct cla_cert *cert = NULL;
	struct cla_err why = CLA_ERR_INIT;
	struct certs *c = ctx;
	char shown[CLA_SHOWN];
	bool used = false;

	cla_shown(cla_str_from(path), 0, shown);
	if (!cla_file_read(path, &bytes, &why)) {
		cla_log(c->cli->ctx.log, CLA_LOG_WARN, "%s", why.msg);
		return true;
	}
	struct cla_str der = cla_buf_str(&bytes);
	if (cla_str_contains(der, "-----BEGIN") && cla_cert_decode_pem(der, &cert, NULL))
		der = cla_cert_der(cert);
	if (!cla_judge_add_cert(c->judge, der, &used, err))
		return false;
	if (used)
		c->count++;
	else
		cla_log(c->cli->ctx.log, CLA_LOG_WARN, "'%s' is no certificate", shown);
	return true;
}

bool cla_judging_certs(struct cla_cli *cli, struct cla_judge *judge, const char *dir, size_t *count,
		       struct cla_err *err)
{
	struct certs c = { .cli = cli, .judge = judge };

	if (!cla_path_walk(dir, add_cert, &c, err))
		return cla_err_wrap(err, "reading certificates");
	if (count)
		*count = c.count;
	return true;
}

/* What was read of a file. */
struct input {
	struct cla_buf head; /* one byte more than may be parsed, at most: enough to be refused for
				its size */
	uint64_t size;	     /* read; more than limits->file means that reading stopped there */
	struct cla_hasher *hasher; /* of what is longer than the head: the judge hashes the rest */
};

static void drop_input(struct input *in)
{
	cla_buf_clear(&in->head);
	cla_hasher_free(in->hasher);
}

static bool take_chunk(struct input *in, struct cla_str chunk, struct cla_err *err)
{
	uint64_t room = in->head.max - in->head.len;

	in->size += chunk.len;
	if (room < chunk.len && !in->hasher) {
		if (!cla_hasher_new(CLA_HASH_SHA256, &in->hasher, err))
			return false;
		cla_hasher_update(in->hasher, cla_buf_str(&in->head));
	}
	if (in->hasher)
		cla_hasher_update(in->hasher, chunk);
	cla_buf_add(&in->head, cla_str_sub(chunk, 0, room < chunk.len ? (size_t)room : chunk.len));
	return cla_buf_ok(&in->head, err);
}

/* One read. Unlike cla_fd_read() it gives way to a stop of the run: standard input may never end.
 */
static bool read_some(struct cla_cli *cli, int fd, char *out, size_t size, size_t *got,
		      struct cla_err *err)
{
	for (;;) {
		if (cla_ctx_cancelled(&cli->ctx))
			return cla_err_set(err, CLA_ERR_INTERRUPTED, "interrupted");
		ssize_t n = read(fd, out, size);

		if (n >= 0) {
			*got = (size_t)n;
			return true;
		}
		if (errno != EINTR)
			return cla_err_sys(err, CLA_ERR_IO, errno, "reading");
	}
}

static bool read_input(struct cla_cli *cli, int fd, uint64_t most, struct input *in,
		       struct cla_err *err)
{
	char chunk[CHUNK];
	size_t got = 0;

	do {
		if (!read_some(cli, fd, chunk, sizeof(chunk), &got, err) ||
		    !take_chunk(in, (struct cla_str){ chunk, got }, err))
			return false;
	} while (got && in->size <= most);
	return true;
}

bool cla_judging_fd(struct cla_cli *cli, struct cla_judge *judge,
		    const struct cla_xml_limits *limits, int fd, struct cla_judgement *out,
		    bool *hashed, struct cla_err *err)
{
	struct input in = { .head = CLA_BUF_INIT((size_t)limits->parse + 1) };

	cla_judgement_init(out);
	bool ok = read_input(cli, fd, limits->file, &in, err) &&
		  cla_judge_bytes(judge, cla_buf_str(&in.head), out, err) &&
		  (!in.hasher || cla_hasher_finish(in.hasher, out->sha256.bytes, err));
	drop_input(&in);
	*hashed = in.size <= limits->file;
	return ok;
}
