/* base/base_priv.h - shared between the files of base/ only. */
#ifndef CLA_BASE_BASE_PRIV_H
#define CLA_BASE_BASE_PRIV_H

/* Makes text safe for one line on a terminal: each control character (C0, DEL, and C1 in UTF-8)
 * becomes '?', and a character that was cut at the end is removed. Other bytes above 0x7f stay as
 * they are. */
void cla_text_plain(char *text);

#endif
