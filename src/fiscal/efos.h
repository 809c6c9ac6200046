/* fiscal/efos.h - the list of article 69-B: taxpayers whose invoices SAT holds for simulated.
 *
 * SAT publishes it as a file with commas between and a line a taxpayer: number, RFC, name, state,
 * and columns that are of no matter here; some title lines before. It is in Windows-1252, later
 * editions may be in UTF-8. Only the present state of each is in it.
 */
#ifndef CLA_FISCAL_EFOS_H
#define CLA_FISCAL_EFOS_H

#include "base/err.h"
#include "base/str.h"

struct cla_efos;

enum cla_efos_state {
	CLA_EFOS_NONE,
	CLA_EFOS_PRESUMED,
	CLA_EFOS_DEFINITE,
	CLA_EFOS_CLEARED, /* rebutted, or a court has found for the taxpayer */
};

/* Reads the file's content. CLA_ERR_FORMAT when no taxpayer is found in it. *count: how many. */
CLA_USE
bool cla_efos_read(struct cla_str csv, struct cla_efos **ret, size_t *count, struct cla_err *err);
void cla_efos_free(struct cla_efos *list);
static inline void cla_efos_freep(struct cla_efos **list)
{
	cla_efos_free(*list);
	*list = NULL;
}
#define cla_auto_efos CLA_CLEANUP(cla_efos_freep)

enum cla_efos_state cla_efos_find(const struct cla_efos *list, struct cla_str rfc);

#endif
