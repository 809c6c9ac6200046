/* xml/slice.h - the bytes of an element within its document. */
#ifndef CLA_XML_SLICE_H
#define CLA_XML_SLICE_H

#include "base/str.h"

/* Goes through bytes once: from one element to a later one that is not inside of it. Only for bytes
 * that were parsed, so that they are well formed, and that are no UTF-16. Start with all but the bytes
 * zero. */
struct cla_xml_slicer {
	struct cla_str bytes;
	size_t at;   /* where it stands */
	size_t seen; /* elements that begin before */
};

/* The bytes from the start tag of the n-th element in document order (0: the root) to the end of its
 * end tag, untouched. Absent when there are not so many elements, or it was passed already. */
struct cla_str cla_xml_slice(struct cla_xml_slicer *s, size_t n);

#endif
