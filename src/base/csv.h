/* base/csv.h - cells of comma-separated lines (RFC 4180) that people open in a sheet.
 */
#ifndef CLA_BASE_CSV_H
#define CLA_BASE_CSV_H

#include "base/buf.h"

/* Appends a cell in quotes, after a comma unless it is the first of its line. Control characters
 * become blanks; text that a sheet would take for a formula begins with an apostrophe, unless it is
 * a `number`. The caller ends the line with '\n'. */
void cla_csv_cell(struct cla_buf *out, struct cla_str s, bool number);

#endif
