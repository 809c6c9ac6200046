/* model/api_priv.h - how single values of Clara's answers are read, whatever shape they take; for
 * the files of model/ that read answers.
 */
#ifndef CLA_MODEL_API_PRIV_H
#define CLA_MODEL_API_PRIV_H

#include "model/api.h"

/* The first of several members (NULL-terminated) that holds text. */
struct cla_str cla_api_text(const struct cla_json *node, const char *const *keys);
/* The first of several members that is there and is not null. */
const struct cla_json *cla_api_member(const struct cla_json *node, const char *const *keys);
/* The day of a date or an instant; absent when it does not begin with one. */
struct cla_str cla_api_day(struct cla_str s);
/* A number, or an object with `amount`, `value` or `total` and a currency. */
struct cla_money cla_api_money(const struct cla_json *node);
/* A string or {code, description}; a code alone is read as the word it stands for. */
struct cla_str cla_api_state(const struct cla_json *node);
/* What an object refers to: its uuid, or where only a link says it, the uuid that its `self` ends
 * with; a string may be the uuid itself. */
struct cla_str cla_api_reference(const struct cla_json *node);
/* NULL unless the member is a list. */
const struct cla_json *cla_api_list(const struct cla_json *node, const char *key);

#endif
