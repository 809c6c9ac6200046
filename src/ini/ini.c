/* ini/ini.c - checks each line, then lets inih split it.
 *
 * inih is fed "[section]" and "name=" only: short lines that it can neither cut nor fold. The
 * value, which may be longer than inih's line, goes past it to the caller.
 */
#include "ini/ini.h"

#include "base/buf.h"

#include <ini.h>
#include <string.h>

#define INI_LINE_MAX 4096
#define INI_NAME_MAX 49 /* inih's, of names and sections */

struct feed {
	const char *path;
	struct cla_str rest;
	unsigned line;
	struct cla_str value; /* of the pair that inih is reading */
	cla_ini_fn *fn;
	void *ctx;
	bool refused;
	struct cla_err *err;
};

static bool refuse(struct feed *f, const char *why)
{
	f->refused = true;
	return cla_err_set(f->err, CLA_ERR_CONFIG, "%s:%u: %s", f->path, f->line, why);
}

static bool call(struct feed *f, struct cla_str section, struct cla_str name, struct cla_str value)
{
	if (f->fn(f->ctx, section, name, value, f->line, f->err))
		return true;
	f->refused = true;
	return cla_err_wrap(f->err, "%s:%u", f->path, f->line);
}

static bool is_name(struct cla_str s)
{
	for (size_t i = 0; i < s.len; i++) {
		char c = s.ptr[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') &&
		    !strchr("_-.", c))
			return false;
	}
	return s.len > 0;
}

static bool has_control(struct cla_str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (((unsigned char)s.ptr[i] < 0x20 && s.ptr[i] != '\t') || s.ptr[i] == 0x7f)
			return true;
	return false;
}

/* Up to a ';' that has a blank before it. */
static struct cla_str without_comment(struct cla_str s)
{
	for (size_t i = 1; i < s.len; i++)
		if (s.ptr[i] == ';' && (s.ptr[i - 1] == ' ' || s.ptr[i - 1] == '\t'))
			return cla_str_sub(s, 0, i);
	return s;
}

static bool take_section(struct feed *f, struct cla_str line, struct cla_buf *out)
{
	struct cla_str name, after;

	if (!cla_str_cut(cla_str_sub(line, 1, line.len), ']', &name, &after))
		return refuse(f, "section without ']'");
	after = cla_str_trim(after);
	if (after.len && after.ptr[0] != ';')
		return refuse(f, "text after the section");
	name = cla_str_trim(name);
	if (!name.len)
		return refuse(f, "section without a name");
	if (name.len > INI_NAME_MAX)
		return refuse(f, "section name over 49 bytes");
	if (cla_str_contains(name, ";"))
		return refuse(f, "section name with ';'");
	cla_buf_addf(out, "[" CLA_STR_FMT "]\n", CLA_STR_ARG(name));
	return call(f, name, CLA_STR_NONE, CLA_STR_NONE);
}

static bool take_pair(struct feed *f, struct cla_str line, struct cla_buf *out)
{
	struct cla_str name, value;

	if (!cla_str_cut(line, '=', &name, &value))
		return refuse(f, "neither a section, nor 'name = value', nor a comment");
	name = cla_str_trim(name);
	if (!is_name(name))
		return refuse(f, "a name has letters, digits, '_', '-' and '.' only");
	if (name.len > INI_NAME_MAX)
		return refuse(f, "name over 49 bytes");
	f->value = cla_str_trim(without_comment(value));
	cla_buf_addf(out, CLA_STR_FMT "=\n", CLA_STR_ARG(name));
	return true;
}

/* Turns one line of the file into one for inih. */
static bool take_line(struct feed *f, struct cla_str line, struct cla_buf *out)
{
	if (line.len && line.ptr[line.len - 1] == '\r')
		line.len--;
	if (line.len > INI_LINE_MAX)
		return refuse(f, "line over 4096 bytes");
	if (has_control(line))
		return refuse(f, "control character");
	line = cla_str_trim(line);
	if (!line.len || line.ptr[0] == ';' || line.ptr[0] == '#') {
		cla_buf_byte(out, '\n');
		return true;
	}
	return line.ptr[0] == '[' ? take_section(f, line, out) : take_pair(f, line, out);
}

/* What inih calls in place of fgets(). */
static char *next_line(char *out, int size, void *stream)
{
	cla_auto_buf struct cla_buf b = CLA_BUF_INIT(INI_NAME_MAX + 4);
	struct feed *f = stream;
	struct cla_str line;

	if (f->refused || !f->rest.len)
		return NULL;
	f->line++;
	cla_str_cut(f->rest, '\n', &line, &f->rest);
	if (!take_line(f, line, &b))
		return NULL;
	if (!cla_buf_ok(&b, f->err) ||
	    !cla_str_cstr(cla_buf_str(&b), out, size > 0 ? (size_t)size : 0, f->err)) {
		f->refused = true;
		return NULL;
	}
	return out;
}

static int on_pair(void *user, const char *section, const char *name, const char *value)
{
	struct feed *f = user;

	(void)value; /* always empty, see above */
	if (f->refused)
		return 0;
	return call(f, cla_str_from(section), cla_str_from(name), f->value);
}

bool cla_ini_parse(const char *path, struct cla_str text, cla_ini_fn *fn, void *ctx,
		   struct cla_err *err)
{
	struct feed f = { .path = path, .rest = text, .fn = fn, .ctx = ctx, .err = err };

	if (cla_str_starts(text, "\xef\xbb\xbf"))
		f.rest = cla_str_sub(text, 3, text.len);
	int rc = ini_parse_stream(next_line, &f, on_pair, &f);
	if (f.refused)
		return false;
	if (rc < 0)
		return cla_err_oom(err);
	if (rc > 0)
		return cla_err_set(err, CLA_ERR_CONFIG, "%s:%d: not understood", path, rc);
	return true;
}
