/* bundle/text.h - the fixed texts of a bag: VERIFY.txt, bagit.txt, bag-info.txt (private to
 * bundle/). */
#ifndef CLA_BUNDLE_TEXT_H
#define CLA_BUNDLE_TEXT_H

#include "base/buf.h"
#include "base/clock.h"

void cla_text_verify(const char *base, struct cla_buf *out);
void cla_text_bagit(struct cla_buf *out);
void cla_text_bag_info(const char *base, struct cla_time cutoff, uint64_t payload_bytes,
		       uint64_t payload_files, struct cla_buf *out);

#endif
