/* xml/official.h - the authorities' own schema files, known by their SHA-256.
 *
 * None of their bytes are in the program. The table xsd/official.tsv says which files there are, by
 * the path that they have among themselves, and which of our schemas they stand beside. SAT's are
 * those of the collection phpcfdi/resources-sat-xml, in which imports are relative; those of NF-e
 * are the packages of Portal da NF-e.
 */
#ifndef CLA_XML_OFFICIAL_H
#define CLA_XML_OFFICIAL_H

#include "base/str.h"

struct cla_official {
	struct cla_str path;	   /* "www.sat.gob.mx/sitio_internet/cfd/4/cfdv40.xsd" */
	struct cla_str sha256;	   /* in hex */
	struct cla_str namespace;  /* "": none of its own */
	struct cla_str stands_for; /* words: "cfdi-4.0", or "nfe-4.00-pl010e:nfeProc" where each
				      root has a file; "": only others use it */
};

/* The rows in the order of their paths; false behind the last. */
bool cla_official_at(size_t i, struct cla_official *ret);

/* What is at hand of them: as many pieces as there are rows, absent where a file is not. Whoever
 * fills it has held the bytes against the digest, and keeps them while they are used. */
struct cla_official_set {
	struct cla_str *bytes;
	size_t count;
};

#endif
