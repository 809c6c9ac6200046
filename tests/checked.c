/* tests/checked.c - what the checker that is made of our schemas says of documents:
 *
 *	checked SCHEMA FILE...
 *
 * For each file a line "admits FILE" or "leaves FILE". tests/schema-equivalence.py holds it against
 * libxml2.
 */
#include "base/file.h"
#include "xml/checker.h"

#include <stdio.h>

int main(int argc, char **argv)
{
	cla_xml_init();
	for (int i = 2; i < argc; i++) {
		cla_auto_buf struct cla_buf bytes = CLA_BUF_INIT((size_t)256 << 20);
		cla_auto_xml struct cla_xml_doc *doc = NULL;
		struct cla_xml_problem problem;
		struct cla_err err = CLA_ERR_INIT;
		bool well_formed, tolerated;
		if (!cla_file_read(argv[i], &bytes, &err) ||
		    !cla_xml_parse(cla_buf_str(&bytes), &doc, &well_formed, &problem, &tolerated,
				   &err)) {
			(void)fprintf(stderr, "%s\n", err.msg);
			return 1;
		}
		bool admits = well_formed && cla_checker_admits(argv[1], cla_xml_root(doc));
		(void)printf("%s %s\n", admits ? "admits" : "leaves", argv[i]);
	}
	return 0;
}
