/* clara/record.h - writes the folder of recorded answers that clara/replay.h reads.
 *
 * Nothing secret goes in: API answers in their stored form, no request headers, no token answers,
 * no signed or volatile query parameters. Lines are appended, so several months may be recorded
 * into one folder; bodies are named by their SHA-256 and written once.
 */
#ifndef CLA_CLARA_RECORD_H
#define CLA_CLARA_RECORD_H

#include "model/capture.h"
#include "store/store.h"

struct cla_record;

CLA_USE bool cla_record_open(const char *dir, struct cla_record **ret, struct cla_err *err);
/* Ends with the last line on disk. Accepts NULL. */
CLA_USE bool cla_record_close(struct cla_record *r, struct cla_err *err);

/* The answer to GET `target_or_url` that the capture describes; its body, where one was kept, is
 * copied out of the store. An attempt without an answer (status 0) is not recorded. */
CLA_USE bool cla_record_answer(struct cla_record *r, struct cla_store *store,
			       struct cla_str target_or_url, const struct cla_capture *capture,
			       struct cla_err *err);

#endif
