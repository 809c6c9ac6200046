/* model/id/ie.h - state registrations of Brazil (inscrição estadual).
 *
 * Each of the 27 states has a length and a check digit of its own; São Paulo has a second kind for
 * rural producers ("P" and 12 digits). What is told here is the form alone: whether a registration
 * exists, and whose it is, only a state's register says. Source: the states' own descriptions, as
 * Sintegra collects them.
 */
#ifndef CLA_MODEL_ID_IE_H
#define CLA_MODEL_ID_IE_H

#include "base/str.h"

enum cla_ie {
	CLA_IE_GOOD,
	CLA_IE_NO_STATE, /* no such state: nothing can be said */
	CLA_IE_LENGTH,	 /* not digits, or not as many as the state has */
	CLA_IE_DIGIT,	 /* a check digit differs */
};

/* `state` by its two letters; `ie` without separators. */
enum cla_ie cla_ie_check(struct cla_str state, struct cla_str ie);

/* How many digits a state's registrations have, for people: "9", "8-9", absent: no such state. */
struct cla_str cla_ie_length(struct cla_str state);

#endif
