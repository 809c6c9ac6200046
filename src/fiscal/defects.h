/* fiscal/defects.h - what goes wrong with files on their way from the issuer (private to fiscal/):
 * copied out of a mail, encoded again, stitched together. Nothing is repaired. */
#ifndef CLA_FISCAL_DEFECTS_H
#define CLA_FISCAL_DEFECTS_H

#include "xml/doc.h"
#include "xml/scan.h"

/* The first letter of Latin-1 whose two bytes of UTF-8 were taken for letters themselves and encoded
 * again: "ñ" made "Ã" and "±". Absent when there is none. */
struct cla_str cla_defect_encoded_twice(struct cla_str bytes);

/* The first prefix of elements that stands for two namespaces; absent when there is none. */
struct cla_str cla_defect_rebound(const struct cla_xml *top);

/* The fiscal document that stands among other text, scanned; false when there is none. */
bool cla_defect_text_around(struct cla_str bytes, const struct cla_xml_limits *limits,
			    struct cla_str *inside, struct cla_xml_scan *scan);

/* Where, in bytes that were scanned and found broken, the first fiscal document ends and another one
 * begins: files that were put one behind the other. 0: that is not what is wrong. */
size_t cla_defect_next_document(struct cla_str bytes, const struct cla_xml_limits *limits,
				const struct cla_xml_scan *scan);

#endif
