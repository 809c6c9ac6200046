/* clara-audit certs: the certificates that stamps are checked with - those of SAT and of the
 * stamping providers. They lie in the folder certs of the data directory, each under the SHA-256
 * of its bytes. */
#include "cli/cli.h"

#include "base/file.h"
#include "base/grow.h"
#include "crypto/cert.h"
#include "json/out.h"
#include "store/store.h"

#include <stdlib.h>
#include <string.h>

#define FILE_MAX (1u << 20)
#define PEM_BEGIN "-----BEGIN CERTIFICATE-----"
#define COMMON_NAME "2.5.4.3"

struct certs {
	struct cla_cli *cli;
	const char *dir; /* of those that are held */
	struct cla_digest *held;
	size_t held_count, held_room;
	bool named; /* the present path was named, not found in a folder */
	uint64_t stored, known, skipped;
	int status;
};

/* ---- one certificate, told ---- */

/* As SAT writes it, where it can be written so. */
static struct cla_str serial(const struct cla_cert *cert)
{
	struct cla_str ascii = cla_cert_serial_ascii(cert);

	return cla_str_absent(ascii) ? cla_cert_serial_hex(cert) : ascii;
}

static bool put_json(const struct cla_cert *cert, const char *result, const char *file,
		     struct cla_err *err)
{
	cla_auto_buf struct cla_buf line = CLA_BUF_INIT(64 * 1024);
	struct cla_digest id = cla_cert_fingerprint(cert);
	char from[CLA_TIME_TEXT], to[CLA_TIME_TEXT];
	struct cla_json_out o;

	cla_json_out_begin_unordered(&o, &line);
	cla_json_out_object(&o);
	cla_json_out_kcstr(&o, "file", file);
	cla_json_out_kcstr(&o, "result", result);
	cla_json_out_khex(&o, "sha256", id.bytes, sizeof(id.bytes));
	cla_json_out_kstr(&o, "serial", serial(cert));
	cla_json_out_kstr(&o, "subject", cla_cert_subject_line(cert));
	cla_json_out_kcstr(&o, "not_before", cla_time_format(cla_cert_not_before(cert), from));
	cla_json_out_kcstr(&o, "not_after", cla_time_format(cla_cert_not_after(cert), to));
	cla_json_out_kbool(&o, "authority", cla_cert_is_ca(cert));
	cla_json_out_close(&o);
	if (!cla_json_out_end(&o, err))
		return false;
	cla_cli_line(cla_buf_str(&line));
	return true;
}

static bool put_cert(const struct certs *c, const struct cla_cert *cert, const char *result,
		     const char *word, const char *file, struct cla_err *err)
{
	char column[CLA_SHOWN], name[CLA_SHOWN], from[CLA_TIME_TEXT], to[CLA_TIME_TEXT];
	struct cla_str subject = cla_cert_subject(cert, COMMON_NAME);

	if (c->cli->json)
		return put_json(cert, result, file, err);
	cla_cli_print("%s ", cla_column(cla_str_from(word), 9, column));
	cla_cli_print("%s  %.10s  %.10s  %s\n", cla_column(serial(cert), 20, column),
		      cla_time_format(cla_cert_not_before(cert), from),
		      cla_time_format(cla_cert_not_after(cert), to),
		      cla_shown(cla_str_absent(subject) ? cla_cert_subject_line(cert) : subject, 60,
				name));
	return true;
}

static bool put_skipped(const struct certs *c, const char *path, struct cla_err *err)
{
	cla_auto_buf struct cla_buf line = CLA_BUF_INIT(64 * 1024);
	const char *reason = cla_tr(c->cli, "no certificate");
	char column[CLA_SHOWN], shown[CLA_SHOWN];
	struct cla_json_out o;

	if (!c->cli->json) {
		cla_cli_print("%s %s: %s\n",
			      cla_column(cla_str_from(cla_tr(c->cli, "skipped")), 9, column),
			      cla_shown(cla_str_from(path), 0, shown), reason);
		return true;
	}
	cla_json_out_begin_unordered(&o, &line);
	cla_json_out_object(&o);
	cla_json_out_kcstr(&o, "file", path);
	cla_json_out_kcstr(&o, "result", "skipped");
	cla_json_out_kcstr(&o, "reason", reason);
	cla_json_out_close(&o);
	if (!cla_json_out_end(&o, err))
		return false;
	cla_cli_line(cla_buf_str(&line));
	return true;
}

/* ---- files ---- */

/* Calls fn for each certificate of a file: one as DER, or any number as PEM. */
typedef bool cert_fn(struct certs *c, const struct cla_cert *cert, const char *path,
		     struct cla_err *err);
static bool each_cert(struct certs *c, const char *path, cert_fn *fn, unsigned *count,
		      struct cla_err *err)
{
	cla_auto_buf struct cla_buf bytes = CLA_BUF_INIT(FILE_MAX);
	struct cla_err why = CLA_ERR_INIT;

	*count = 0;
	if (!cla_file_read(path, &bytes, &why)) {
		/* nothing that long is a certificate */
		if (why.code == CLA_ERR_LIMIT)
			return true;
		if (err)
			*err = why;
		return false;
	}
	const char *pem = strstr(cla_buf_cstr(&bytes), PEM_BEGIN);
	cla_auto_cert struct cla_cert *der = NULL;
	if (!pem && cla_cert_decode(cla_buf_str(&bytes), &der, NULL))
		return ++*count && fn(c, der, path, err);
	for (; pem; pem = strstr(pem + 1, PEM_BEGIN)) {
		cla_auto_cert struct cla_cert *cert = NULL;

		if (!cla_cert_decode_pem(cla_str_from(pem), &cert, NULL))
			continue;
		++*count;
		if (!fn(c, cert, path, err))
			return false;
	}
	return true;
}

static bool is_held(const struct certs *c, const struct cla_digest *id)
{
	for (size_t i = 0; i < c->held_count; i++)
		if (cla_digest_eq(&c->held[i], id))
			return true;
	return false;
}

static bool hold(struct certs *c, const struct cla_cert *cert, const char *path,
		 struct cla_err *err)
{
	(void)path;
	if (!cla_grow(&c->held, &c->held_room, c->held_count, sizeof(*c->held), err))
		return false;
	c->held[c->held_count++] = cla_cert_fingerprint(cert);
	return true;
}

static bool hold_file(void *ctx, const char *path, struct cla_err *err)
{
	unsigned count;

	return each_cert(ctx, path, hold, &count, err);
}

static bool take_cert(struct certs *c, const struct cla_cert *cert, const char *path,
		      struct cla_err *err)
{
	cla_auto_buf struct cla_buf to = CLA_BUF_INIT(8192);
	struct cla_digest id = cla_cert_fingerprint(cert);
	char hex[CLA_DIGEST_HEX];

	if (is_held(c, &id)) {
		c->known++;
		return put_cert(c, cert, "known", cla_tr(c->cli, "known"), path, err);
	}
	cla_buf_addf(&to, "%s/%s.cer", c->dir, cla_digest_hex(&id, hex));
	if (!cla_buf_ok(&to, err) ||
	    !cla_file_replace(cla_buf_cstr(&to), cla_cert_der(cert), 0644, err) ||
	    !hold(c, cert, path, err))
		return false;
	c->stored++;
	return put_cert(c, cert, "stored", cla_tr(c->cli, "stored"), path, err);
}

/* A file that was named and holds none leaves the import incomplete; a folder may hold other
 * things. */
static bool take_file(void *ctx, const char *path, struct cla_err *err)
{
	struct certs *c = ctx;
	unsigned count;

	if (!each_cert(c, path, take_cert, &count, err))
		return false;
	if (count)
		return true;
	c->skipped++;
	if (c->named)
		c->status = cla_exit_worst(c->status, CLA_EXIT_INCOMPLETE);
	return (!c->named && !c->cli->verbose) || put_skipped(c, path, err);
}

static bool list_cert(struct certs *c, const struct cla_cert *cert, const char *path,
		      struct cla_err *err)
{
	struct cla_time now = cla_cli_now(c->cli);
	bool ended = cla_time_cmp(cla_cert_not_after(cert), now) < 0;

	/* Stamps of its time stay good: an old certificate is worth as much. */
	return put_cert(c, cert, ended ? "ended" : "valid",
			ended ? cla_tr(c->cli, "ended") : cla_tr(c->cli, "valid"), path, err);
}

static bool list_file(void *ctx, const char *path, struct cla_err *err)
{
	unsigned count;

	return each_cert(ctx, path, list_cert, &count, err);
}

/* ---- the command ---- */

static bool import(struct certs *c, const char *data_dir, int argc, char **argv,
		   struct cla_err *err)
{
	cla_auto_store struct cla_store *store = NULL;

	/* The lock: no run shall find half of a set. */
	if (!cla_store_open(&c->cli->ctx, data_dir, CLA_STORE_WRITE, &store, err) ||
	    !cla_dir_make(c->dir, 0755, err) || !cla_path_walk(c->dir, hold_file, c, err))
		return false;
	for (int i = 0; i < argc; i++) {
		c->named = !cla_path_is_dir(argv[i]);
		if (!cla_path_walk(argv[i], take_file, c, err))
			return false;
	}
	cla_cli_say(c->cli, cla_tr(c->cli, "%llu stored, %llu known already, %llu skipped"),
		    (unsigned long long)c->stored, (unsigned long long)c->known,
		    (unsigned long long)c->skipped);
	return true;
}

static bool list(struct certs *c, struct cla_err *err)
{
	return !cla_path_is_dir(c->dir) || cla_path_walk(c->dir, list_file, c, err);
}

static int certs(struct cla_cli *cli, int argc, char **argv)
{
	cla_auto_buf struct cla_buf data = CLA_BUF_INIT(8192), dir = CLA_BUF_INIT(8192);
	struct certs c = { .cli = cli };
	struct cla_err err = CLA_ERR_INIT;
	int first, status;

	if (!cla_cli_parse(cli, &cla_cmd_certs, NULL, NULL, argc, argv, &first, &status))
		return status;
	bool wants_import = first + 1 < argc && !strcmp(argv[first], "import");
	if (!wants_import && !(first + 1 == argc && !strcmp(argv[first], "list")))
		return cla_cli_usage(cli,
				     cla_tr(cli, "certs what? Give one of: import PATH…, list"));
	bool ok = cla_cli_data_dir(cli, &data, &err) &&
		  cla_path_join(&dir, cla_buf_cstr(&data), "certs", &err);
	c.dir = cla_buf_cstr(&dir);
	if (ok && wants_import)
		ok = import(&c, cla_buf_cstr(&data), argc - first - 1, argv + first + 1, &err);
	else if (ok)
		ok = list(&c, &err);
	free(c.held);
	return ok ? c.status : cla_exit_worst(c.status, cla_cli_fail(cli, &err));
}

const struct cla_command cla_cmd_certs = {
	.name = "certs",
	.usage = "certs import PATH… | certs list",
	.text = { { "the certificates that stamps are checked with",
		    "los certificados con que se verifican los timbres",
		    "os certificados com que se verificam os selos" } },
	.run = certs,
};
