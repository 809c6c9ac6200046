/* tar/gunzip.h - gzip that is in memory, as tax authorities pack a document into an answer. */
#ifndef CLA_TAR_GUNZIP_H
#define CLA_TAR_GUNZIP_H

#include "base/buf.h"

/* Appends what `packed` holds to `out`, as much as it takes. Several streams in a row are one content;
 * checksums are held against what comes out. CLA_ERR_FORMAT: no gzip, damaged or cut short.
 * CLA_ERR_LIMIT: more than `out` takes. After an error what was appended is of no use. */
CLA_USE bool cla_gunzip(struct cla_str packed, struct cla_buf *out, struct cla_err *err);

#endif
