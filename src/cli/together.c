/* cli/together.c - finds the events among files that are to be judged. */
#include "cli/together.h"

#include "base/file.h"

#include <string.h>
#include <sys/stat.h>

struct look {
	struct cla_cli *cli;
	struct cla_judge *judge;
	struct cla_related *related;
	struct cla_buf *bytes; /* of one file, used again */
};

static bool note_events(struct look *l, const char *path, struct cla_err *err)
{
	cla_auto_judgement struct cla_judgement j;

	if (!cla_judge_bytes(l->judge, cla_buf_str(l->bytes), &j, err))
		return false;
	for (const struct cla_document *d = j.documents; d; d = d->next) {
		if (!cla_related_note_event(l->related, d, cla_str_from(path), err))
			return false;
	}
	return true;
}

/* Every layout of an event signs an element of this name, whatever it is called around it. */
static bool look_at(void *ctx, const char *path, struct cla_err *err)
{
	struct cla_err unread = CLA_ERR_INIT;
	struct look *l = ctx;

	if (cla_ctx_cancelled(&l->cli->ctx))
		return cla_err_set(err, CLA_ERR_INTERRUPTED, "interrupted");
	cla_buf_reset(l->bytes);
	if (!cla_file_read(path, l->bytes, &unread) ||
	    !cla_str_contains(cla_buf_str(l->bytes), "infEvento"))
		return true;
	return note_events(l, path, err);
}

/* A pipe can be read once only. */
static bool is_looked_at(const char *path, bool alone)
{
	struct stat st;

	return stat(path, &st) == 0 && (S_ISDIR(st.st_mode) || (S_ISREG(st.st_mode) && !alone));
}

bool cla_together_look(struct cla_cli *cli, struct cla_judge *judge, int argc, char **argv,
		       struct cla_related *related, struct cla_err *err)
{
	cla_auto_buf struct cla_buf bytes = CLA_BUF_INIT((size_t)cla_xml_limits_default.parse);
	struct look l = { .cli = cli, .judge = judge, .related = related, .bytes = &bytes };
	bool ok = true;

	for (int i = 0; ok && i < argc; i++) {
		struct cla_err why = CLA_ERR_INIT;

		if (!is_looked_at(argv[i], argc == 1) || cla_path_walk(argv[i], look_at, &l, &why))
			continue;
		ok = why.code != CLA_ERR_INTERRUPTED && why.code != CLA_ERR_MEMORY;
		if (!ok && err)
			*err = why;
	}
	return ok;
}
