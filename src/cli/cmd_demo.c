/* clara-audit demo [DIR]: the whole chain on three invented companies, offline, in a folder of its
 * own. */
#include "cli/checking.h"
#include "cli/config.h"
#include "cli/progress.h"
#include "cli/summary.h"

#include "base/file.h"
#include "tar/walk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_BYTES 8192
#define FILE_MAX (16 * 1024 * 1024)
#define STORY_LINES 200

enum { OPT_TAMPER = CLA_OPT };

static const struct cla_opt options[] = {
	{ "tamper",
	  NULL,
	  OPT_TAMPER,
	  { { "then change one byte in a copy of a bundle and watch verify find it (exit 5)",
	      "después cambiar un byte en una copia y ver cómo verify lo encuentra (termina en 5)",
	      "depois mudar um byte em uma cópia e ver o verify encontrá-lo (termina em 5)" } } },
	{ NULL, NULL, 0, { { NULL } } },
};

/* The keys and the generator are of no use to a demonstration. */
static const char *const left_out[] = { "authority/", "maker/", "generate.py" };

struct demo {
	struct cla_cli *cli;
	bool tamper;
	struct cla_buf samples, dir; /* folders */
	struct cla_buf bundle;	     /* the first one made: what is tampered with */
	struct cla_cli inner; /* the run inside: the demo's configuration, its own data directory */
};

static bool take(void *ctx, int val, const char *arg)
{
	struct demo *d = ctx;

	(void)val, (void)arg;
	d->tamper = true;
	return true;
}

/* ---- the folder
 * ---------------------------------------------------------------------------------------------------
 */

static bool try_samples(struct demo *d, const char *base, size_t base_len, const char *tail)
{
	cla_auto_buf struct cla_buf probe = CLA_BUF_INIT(PATH_BYTES);

	cla_buf_reset(&d->samples);
	cla_buf_add(&d->samples, (struct cla_str){ base, base_len });
	cla_buf_addc(&d->samples, tail);
	cla_buf_addf(&probe, "%s/mx/answers.jsonl", cla_buf_cstr(&d->samples));
	return cla_buf_ok(&d->samples, NULL) && cla_buf_ok(&probe, NULL) &&
	       cla_path_exists(cla_buf_cstr(&probe));
}

/* CLARA_AUDIT_SAMPLES, then beside the program (a build tree, an unpacked archive), then where
 * `make install` put them. */
static bool find_samples(struct demo *d, struct cla_err *err)
{
	static const char *const places[] = { "/../samples", "/samples",
					      "/../share/clara-audit/samples" };
	const char *named = cla_cli_env("CLARA_AUDIT_SAMPLES");
	char self[4096];

	if (named) {
		if (try_samples(d, named, strlen(named), ""))
			return true;
		return cla_err_set(err, CLA_ERR_NOT_FOUND,
				   "CLARA_AUDIT_SAMPLES: no samples in '%s'", named);
	}
	ssize_t len = readlink("/proc/self/exe", self, sizeof(self));
	struct cla_str exe = { self, len > 0 && (size_t)len < sizeof(self) ? (size_t)len : 0 };
	while (exe.len && exe.ptr[exe.len - 1] != '/')
		exe.len--;
	for (size_t i = 0; exe.len && i < CLA_LEN(places); i++)
		if (try_samples(d, exe.ptr, exe.len - 1, places[i]))
			return true;
	if (try_samples(d, PKGDATADIR, strlen(PKGDATADIR), "/samples"))
		return true;
	return cla_err_set(err, CLA_ERR_NOT_FOUND,
			   "the samples are not found: set CLARA_AUDIT_SAMPLES to the folder "
			   "'samples' of the sources");
}

static bool is_empty_dir(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	bool empty = true;

	if (!dir)
		return false;
	while (empty && (entry = readdir(dir)))
		empty = !strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..");
	closedir(dir);
	return empty;
}

/* Absolute, so that the commands printed at the end work from anywhere. */
static bool make_folder(struct demo *d, const char *given, struct cla_err *err)
{
	cla_auto_buf struct cla_buf path = CLA_BUF_INIT(PATH_BYTES);

	if (given) {
		cla_buf_addc(&path, given);
		if (cla_path_exists(given) && !is_empty_dir(given))
			return cla_err_set(err, CLA_ERR_USAGE,
					   "'%s' is there already and not an empty folder", given);
		if (!cla_dir_make(given, 0700, err))
			return false;
	} else {
		const char *tmp = cla_cli_env("TMPDIR");

		cla_buf_addf(&path, "%s/clara-audit-demo-XXXXXX", tmp ? tmp : "/tmp");
		if (!cla_buf_ok(&path, err))
			return false;
		if (!mkdtemp(path.ptr))
			return cla_err_sys(err, CLA_ERR_IO, errno, "making a folder in '%s'",
					   tmp ? tmp : "/tmp");
	}
	if (!cla_buf_ok(&path, err))
		return false;
	cla_auto_free char *real = realpath(cla_buf_cstr(&path), NULL);
	if (!real)
		return cla_err_sys(err, CLA_ERR_IO, errno, "looking for '%s'", cla_buf_cstr(&path));
	cla_buf_addc(&d->dir, real);
	return cla_buf_ok(&d->dir, err);
}

/* <folder>/<name> with the folders above it. */
static bool place(const struct demo *d, const char *name, struct cla_buf *out, struct cla_err *err)
{
	cla_auto_buf struct cla_buf folder = CLA_BUF_INIT(PATH_BYTES);

	if (!cla_path_join(out, cla_buf_cstr(&d->dir), name, err))
		return false;
	const char *slash = strrchr(out->ptr, '/');
	cla_buf_add(&folder, (struct cla_str){ out->ptr, (size_t)(slash - out->ptr) });
	return cla_buf_ok(&folder, err) && cla_dir_make(cla_buf_cstr(&folder), 0700, err);
}

/* Plain copies: a demonstration need not survive a power cut, and a sync for each of 200 files
 * would be slow. */
static bool copy(const char *from, const char *to, mode_t mode, struct cla_err *err)
{
	cla_auto_buf struct cla_buf bytes = CLA_BUF_INIT(FILE_MAX);

	if (!cla_file_read(from, &bytes, err))
		return false;
	cla_auto_fd int fd = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
	if (fd < 0)
		return cla_err_sys(err, CLA_ERR_IO, errno, "creating '%s'", to);
	return cla_fd_write(fd, cla_buf_str(&bytes), err) || cla_err_wrap(err, "'%s'", to);
}

static bool copy_sample(void *ctx, const char *path, struct cla_err *err)
{
	cla_auto_buf struct cla_buf to = CLA_BUF_INIT(PATH_BYTES), cert = CLA_BUF_INIT(PATH_BYTES);
	const struct demo *d = ctx;
	const char *name = path + d->samples.len + 1;

	for (size_t i = 0; i < CLA_LEN(left_out); i++)
		if (cla_str_starts(cla_str_from(name), left_out[i]))
			return true;
	if (!place(d, name, &to, err) || !copy(path, cla_buf_cstr(&to), 0600, err))
		return false;
	if (!cla_str_starts(cla_str_from(name), "certs/"))
		return true;
	/* Known to the judge from there. */
	cla_auto_buf struct cla_buf known = CLA_BUF_INIT(PATH_BYTES);
	cla_buf_addf(&known, "data/%s", name);
	return cla_buf_ok(&known, err) && place(d, cla_buf_cstr(&known), &cert, err) &&
	       copy(path, cla_buf_cstr(&cert), 0600, err);
}

/* ---- the run
 * ------------------------------------------------------------------------------------------------------
 */

static bool check_bundle(struct demo *d, const char *path, int *status, struct cla_err *err)
{
	cla_auto_verify_report struct cla_verify_report report = { .arena = CLA_ARENA_INIT };
	struct cla_checking how = { .trust = NULL };
	char label[CLA_SHOWN];

	if (!cla_checking_run(d->cli, path, &how, &report, err))
		return false;
	*status = cla_exit_worst(*status, cla_checking_exit(report.result));
	if (d->cli->json)
		return cla_checking_print(d->cli, path, &report, err);
	cla_cli_print("  %s ", cla_column(cla_str_from(cla_tr(d->cli, "Verified")), 18, label));
	if (report.result == CLA_VERIFY_PASS) {
		cla_cli_paint(d->cli, CLA_VERDICT_PASS, cla_verdict_word(d->cli, CLA_VERDICT_PASS));
		cla_cli_print(cla_tr(d->cli, ": every byte of %llu members is what the signed "
					     "statement says\n\n"),
			      (unsigned long long)report.members);
		return true;
	}
	cla_cli_print("\n");
	return cla_checking_print(d->cli, path, &report, err);
}

static bool run_entity(struct demo *d, struct cla_pipeline *pipeline,
		       const struct cla_entity *entity, int *status, struct cla_err *err)
{
	struct cla_pipeline_opts opts = { .month = { 2024, 11 } };
	struct cla_outcome outcome = { .entity = entity };
	cla_auto_story struct cla_story story;

	cla_story_init(&story, d->cli, STORY_LINES);
	cla_pipeline_highlight(pipeline, d->cli->json ? NULL : cla_story_add, &story);
	bool ok = (cla_pipeline_fetch(pipeline, entity, &opts, &outcome, err) &&
		   cla_pipeline_bundle(pipeline, entity, &opts, &outcome, err)) ||
		  cla_err_wrap(err, "entity '%s'", entity->name);
	cla_bar_clear(d->cli);
	if (ok) {
		cla_auto_buf struct cla_buf path = CLA_BUF_INIT(PATH_BYTES);

		if (!outcome.complete)
			*status = cla_exit_worst(*status, CLA_EXIT_INCOMPLETE);
		cla_summary_missing(d->cli, &outcome);
		cla_buf_add(&path, outcome.bundle);
		if (!d->bundle.len)
			cla_buf_add(&d->bundle, outcome.bundle);
		if (d->cli->json)
			ok = cla_summary_json(&outcome, err);
		else
			cla_summary_print(d->cli, &outcome, &story);
		ok = ok && cla_buf_ok(&path, err) &&
		     check_bundle(d, cla_buf_cstr(&path), status, err);
	}
	cla_outcome_clear(&outcome);
	return ok;
}

static bool run_chain(struct demo *d, int *status, struct cla_err *err)
{
	const struct cla_entity *const *chosen;
	struct cla_pipeline *pipeline = NULL;
	size_t count;
	bool ok = true;

	if (!cla_cli_chosen(&d->inner, &chosen, &count, err) ||
	    !cla_pipeline_open(&d->inner, &pipeline, err))
		return false;
	for (size_t i = 0; ok && i < count; i++)
		ok = run_entity(d, pipeline, chosen[i], status, err);
	cla_pipeline_close(pipeline);
	return ok;
}

static void print_next(const struct demo *d)
{
	const struct cla_cli *cli = d->cli;
	char dir[CLA_SHOWN];

	cla_shown(cla_buf_str(&d->dir), 0, dir);
	cla_cli_print(
		"%s\n",
		cla_tr(cli, "All companies, documents and keys are invented (DEMO). Look here:"));
	cla_cli_print("  %s/data/bundles\n  %s/documents\n", dir, dir);
	cla_cli_print("%s\n", cla_tr(cli, "Next:"));
	cla_cli_print("  %s verify %s/data/bundles/*.tar\n", cli->program, dir);
	cla_cli_print("  %s --config %s/config match --month 2024-11 --entity demo-mx\n",
		      cli->program, dir);
	cla_cli_print("  %s validate --certs %s/certs %s/documents\n", cli->program, dir, dir);
	cla_cli_print("  %s demo --tamper\n", cli->program);
	cla_cli_print("  %s init\n", cli->program);
}

/* ---- one byte
 * -----------------------------------------------------------------------------------------------------
 */

/* Where the content of a member lies: found by following the archive's own layout. */
struct find_member {
	uint64_t at;	  /* of the next header */
	uint64_t content; /* of the member, 0 when not found */
	uint64_t size;
	struct cla_buf name;
};

static bool on_member(void *ctx, struct cla_str name, uint64_t size, struct cla_err *err)
{
	struct find_member *f = ctx;

	(void)err;
	if (!f->content && size && cla_str_contains(name, "/cfdi.")) {
		f->content = f->at + 512;
		f->size = size;
		cla_buf_add(&f->name, name);
	}
	f->at += 512 + (size + 511) / 512 * 512;
	return true;
}

static bool flip_byte(int fd, struct find_member *f, uint64_t *at, struct cla_err *err)
{
	struct cla_tar_walk walk = { .ctx = f, .begin = on_member };
	struct cla_tar_stats stats;
	unsigned char byte;

	if (!cla_tar_walk_fd(fd, 1000000, &walk, &stats, err))
		return false;
	if (!f->content)
		return cla_err_set(err, CLA_ERR_INTERNAL, "the bundle holds no CFDI");
	*at = f->content + f->size / 2;
	if (pread(fd, &byte, 1, (off_t)*at) != 1)
		return cla_err_sys(err, CLA_ERR_IO, errno, "reading the copy");
	byte ^= 1;
	if (pwrite(fd, &byte, 1, (off_t)*at) != 1)
		return cla_err_sys(err, CLA_ERR_IO, errno, "changing the copy");
	return true;
}

/* Copies archive and sidecars into <folder>/tampered; the archive's copy in *out. */
static bool copy_bundle(struct demo *d, struct cla_buf *out, struct cla_err *err)
{
	static const char *const sidecars[] = { ".statement.json", ".statement.p7s", ".seal.pem" };
	cla_auto_buf struct cla_buf name = CLA_BUF_INIT(PATH_BYTES);
	const char *path = cla_buf_cstr(&d->bundle), *slash = strrchr(path, '/'), *dot;

	if (!slash || !(dot = strchr(slash, '.')))
		return cla_err_set(err, CLA_ERR_INTERNAL,
				   "bundle '%s' has another name than expected", path);
	cla_buf_addf(&name, "tampered%s", slash);
	if (!cla_buf_ok(&name, err) || !place(d, cla_buf_cstr(&name), out, err) ||
	    !copy(path, cla_buf_cstr(out), 0600, err))
		return false;
	for (size_t i = 0; i < CLA_LEN(sidecars); i++) {
		cla_auto_buf struct cla_buf from = CLA_BUF_INIT(PATH_BYTES),
					    to = CLA_BUF_INIT(PATH_BYTES);

		cla_buf_addf(&from, "%.*s%s", (int)(dot - path), path, sidecars[i]);
		cla_buf_addf(&to, "%s/tampered%.*s%s", cla_buf_cstr(&d->dir), (int)(dot - slash),
			     slash, sidecars[i]);
		if (!cla_buf_ok(&from, err) || !cla_buf_ok(&to, err) ||
		    !copy(cla_buf_cstr(&from), cla_buf_cstr(&to), 0600, err))
			return false;
	}
	return true;
}

static int tamper(struct demo *d)
{
	cla_auto_verify_report struct cla_verify_report report = { .arena = CLA_ARENA_INIT };
	cla_auto_buf struct cla_buf path = CLA_BUF_INIT(PATH_BYTES);
	struct find_member f = { .name = CLA_BUF_INIT(PATH_BYTES) };
	struct cla_checking how = { .trust = NULL };
	struct cla_err err = CLA_ERR_INIT;
	char shown[CLA_SHOWN];
	uint64_t at = 0;

	bool ok = copy_bundle(d, &path, &err);
	if (ok) {
		cla_auto_fd int fd = open(cla_buf_cstr(&path), O_RDWR | O_CLOEXEC);

		ok = fd >= 0 ? flip_byte(fd, &f, &at, &err)
			     : cla_err_sys(&err, CLA_ERR_IO, errno, "opening '%s'",
					   cla_buf_cstr(&path));
	}
	if (ok && !d->cli->json)
		cla_cli_print(cla_tr(d->cli,
				     "One bit of byte %llu was changed in a copy, inside\n  %s\n"
				     "and this is what verify says:\n\n"),
			      (unsigned long long)at, cla_shown(cla_buf_str(&f.name), 0, shown));
	ok = ok && cla_checking_run(d->cli, cla_buf_cstr(&path), &how, &report, &err) &&
	     cla_checking_print(d->cli, cla_buf_cstr(&path), &report, &err);
	cla_buf_clear(&f.name);
	return ok ? cla_checking_exit(report.result) : cla_cli_fail(d->cli, &err);
}

/* ---- the whole
 * ----------------------------------------------------------------------------------------------------
 */

static int run(struct demo *d, const char *folder)
{
	cla_auto_buf struct cla_buf config = CLA_BUF_INIT(PATH_BYTES),
				    data = CLA_BUF_INIT(PATH_BYTES);
	struct cla_err err = CLA_ERR_INIT;
	int status = CLA_EXIT_OK;

	if (!find_samples(d, &err) || !make_folder(d, folder, &err) ||
	    !cla_path_walk(cla_buf_cstr(&d->samples), copy_sample, d, &err) ||
	    !cla_path_join(&config, cla_buf_cstr(&d->dir), "config", &err) ||
	    !cla_path_join(&data, cla_buf_cstr(&d->dir), "data", &err))
		return cla_cli_fail(d->cli, &err);
	d->inner = *d->cli;
	d->inner.config = NULL;
	d->inner.config_path = cla_buf_cstr(&config);
	d->inner.data_dir = cla_buf_cstr(&data);
	bool ok = run_chain(d, &status, &err);
	cla_config_free(d->inner.config);
	if (!ok)
		return cla_exit_worst(status, cla_cli_fail(d->cli, &err));
	if (d->tamper)
		return cla_exit_worst(status, tamper(d));
	if (!d->cli->json)
		print_next(d);
	return status;
}

static int demo(struct cla_cli *cli, int argc, char **argv)
{
	struct demo d = {
		.cli = cli,
		.samples = CLA_BUF_INIT(PATH_BYTES),
		.dir = CLA_BUF_INIT(PATH_BYTES),
		.bundle = CLA_BUF_INIT(PATH_BYTES),
	};
	int first, status;

	if (!cla_cli_parse(cli, &cla_cmd_demo, take, &d, argc, argv, &first, &status))
		return status;
	if (argc - first > 1)
		return cla_cli_usage(cli, cla_tr(cli, "demo takes one folder at most"));
	status = run(&d, first < argc ? argv[first] : NULL);
	cla_buf_clear(&d.samples);
	cla_buf_clear(&d.dir);
	cla_buf_clear(&d.bundle);
	return status;
}

const struct cla_command cla_cmd_demo = {
	.name = "demo",
	.usage = "demo [DIR] [--tamper]",
	.text = { { "the whole chain on invented companies, offline",
		    "toda la cadena con empresas inventadas, sin conexión",
		    "toda a cadeia com empresas inventadas, sem conexão" } },
	.options = options,
	.run = demo,
};
