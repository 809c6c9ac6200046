#include "base/csv.h"

#include <string.h>

void cla_csv_cell(struct cla_buf *out, struct cla_str s, bool number)
{
	if (out->len && out->ptr[out->len - 1] != '\n')
		cla_buf_byte(out, ',');
	cla_buf_byte(out, '"');
	if (!number && s.len && strchr("=+-@\t\r", s.ptr[0]))
		cla_buf_byte(out, '\'');
	for (size_t i = 0; i < s.len; i++) {
		char c = s.ptr[i];
		if (c == '"')
			cla_buf_byte(out, '"');
		cla_buf_byte(out, (unsigned char)c < 0x20 || c == 0x7f ? ' ' : c);
	}
	cla_buf_byte(out, '"');
}
