/* xml/checker.h - says of many valid elements that they are valid, without libxml2's schemas.
 *
 * xsd/checker.py makes tables of the schemas when the program is built; this reads them. Its "yes"
 * means that libxml2 with the schema of that name has nothing to say against the element either. Its
 * "no" means nothing: the tables cannot say everything that a schema says, and what is wrong is for
 * libxml2 to find and to name. tests/schema-equivalence.py and checker_fuzz hold it to this.
 */
#ifndef CLA_XML_CHECKER_H
#define CLA_XML_CHECKER_H

#include "xml/doc.h"

/* `schema` as in cla_schema_validate(). */
bool cla_checker_admits(const char *schema, const struct cla_xml *el);

#endif
