/* pdf/embedded.h - the files embedded in a PDF (ISO 32000-1, 7.11.4): those that its name tree
 * lists, those associated with the document, and those attached to a page.
 *
 * libqpdf reads it. It is loaded at the first call and not before: linked, it was measured to cost
 * each run of the program 1 ms, and most runs never see a PDF. It is C++ that takes as much memory
 * and time as a document makes it take: call this in a process of its own, with limits
 * (cli/apart.h).
 */
#ifndef CLA_PDF_EMBEDDED_H
#define CLA_PDF_EMBEDDED_H

#include "base/str.h"

enum cla_pdf_state {
	CLA_PDF_READ,
	CLA_PDF_LOCKED,	    /* it takes a password */
	CLA_PDF_DAMAGED,    /* or too much of a tangle to be looked at as a whole */
	CLA_PDF_NO_LIBRARY, /* built without, or not installed */
};

/* A file's name as the PDF has it, in UTF-8; "" when it has none. False stops. */
typedef bool cla_pdf_fn(void *ctx, struct cla_str name, struct cla_str bytes);

enum cla_pdf_state cla_pdf_embedded(struct cla_str pdf, cla_pdf_fn *fn, void *ctx);

#endif
