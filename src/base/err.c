/* base/err.c - the table of codes and the setters of struct cla_err. */
#include "base/err.h"

#include "base/base_priv.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct err_row {
	const char *name;
	const char *text;
	int exit;
};

static const struct err_row err_rows[] = {
#define X(name, exit, text) [CLA_ERR_##name] = { #name, text, exit },
	CLA_ERR_LIST(X)
#undef X
};

static const struct err_row *err_row(enum cla_err_code code)
{
	if ((size_t)code >= CLA_LEN(err_rows))
		code = CLA_ERR_INTERNAL;
	return &err_rows[code];
}

/* Length of the UTF-8 sequence that `lead` begins, 1 for anything that begins none. */
static size_t sequence_length(unsigned char lead)
{
	if (lead >= 0xf0 && lead <= 0xf4)
		return 4;
	if (lead >= 0xe0 && lead <= 0xef)
		return 3;
	if (lead >= 0xc2 && lead <= 0xdf)
		return 2;
	return 1;
}

void cla_text_plain(char *text)
{
	size_t len = strlen(text);

	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];
		unsigned char next = (unsigned char)text[i + 1];

		if (c < 0x20 || c == 0x7f) {
			text[i] = '?';
		} else if (c == 0xc2 && next >= 0x80 && next <= 0x9f) {
			text[i] = '?';
			text[++i] = '?';
		}
	}
	/* A fixed buffer may have cut the last character in two. */
	for (size_t back = 1; back <= 3 && back <= len; back++) {
		unsigned char c = (unsigned char)text[len - back];

		if ((c & 0xc0) == 0x80)
			continue;
		if (sequence_length(c) > back)
			text[len - back] = '\0';
		break;
	}
}

bool cla_err_set(struct cla_err *err, enum cla_err_code code, const char *fmt, ...)
{
	va_list ap;

	if (!err)
		return false;
	/* The arguments may point into err->msg: format aside, then replace. */
	char msg[sizeof(err->msg)];
	va_start(ap, fmt);
	vsnprintf(msg, sizeof(msg), fmt, ap);
	va_end(ap);
	cla_text_plain(msg);
	err->code = code;
	err->sys = 0;
	memcpy(err->msg, msg, sizeof(msg));
	return false;
}

bool cla_err_sys(struct cla_err *err, enum cla_err_code code, int sys, const char *fmt, ...)
{
	va_list ap;

	if (!err)
		return false;
	char msg[sizeof(err->msg)];
	va_start(ap, fmt);
	vsnprintf(msg, sizeof(msg), fmt, ap);
	va_end(ap);

	char text[128];
	cla_err_set(err, code, "%s: %s", msg, strerror_r(sys, text, sizeof(text)));
	err->sys = sys;
	if (sys == ENOSPC || sys == EDQUOT)
		err->code = CLA_ERR_DISK;
	return false;
}

bool cla_err_wrap(struct cla_err *err, const char *fmt, ...)
{
	va_list ap;

	if (!err)
		return false;
	char front[sizeof(err->msg)];
	va_start(ap, fmt);
	vsnprintf(front, sizeof(front), fmt, ap);
	va_end(ap);

	enum cla_err_code code = err->code;
	int sys = err->sys;
	cla_err_set(err, code, "%s: %s", front, err->msg);
	err->sys = sys;
	return false;
}

bool cla_err_oom(struct cla_err *err)
{
	return cla_err_set(err, CLA_ERR_MEMORY, "out of memory");
}

const char *cla_err_name(enum cla_err_code code)
{
	return err_row(code)->name;
}

const char *cla_err_text(enum cla_err_code code)
{
	return err_row(code)->text;
}

int cla_err_exit(enum cla_err_code code)
{
	return err_row(code)->exit;
}
