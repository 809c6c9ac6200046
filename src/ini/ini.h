/* ini/ini.h - configuration files, read with inih fed by our own line reader.
 *
 * inih 55 cuts names over 49 bytes and splits lines over 200 bytes silently and reports only the
 * first bad line; so each line is checked first: a line over 4,096 bytes, a name over 49, a NUL or
 * a line that is neither section, pair, comment nor blank is refused with file:line. A value keeps
 * inner blanks; a comment begins with ';' or '#' at the start of a line, or " ;" after a value.
 * Multi-line values do not exist.
 */
#ifndef CLA_INI_INI_H
#define CLA_INI_INI_H

#include "base/str.h"

/* fn may refuse (CLA_ERR_CONFIG): the error is wrapped as "file:line: …". All slices are borrowed
 * for the call. */
typedef bool cla_ini_fn(void *ctx, struct cla_str section, struct cla_str name,
			struct cla_str value, unsigned line, struct cla_err *err);

/* `path` names the file in errors only. Also calls fn with an absent name at each section line. Reports the first refused line. */
CLA_USE bool cla_ini_parse(const char *path, struct cla_str text, cla_ini_fn *fn, void *ctx,
			   struct cla_err *err);

#endif
