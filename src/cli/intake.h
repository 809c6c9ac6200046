/* cli/intake.h - files from elsewhere on their way into the store, and what is inside of them.
 *
 * A document is an XML file. Others may hold documents: zip archives, gzip files, PDF files with
 * embedded ones, answers of the tax authorities (NFeDistribuicaoDFe's docZip, the packages of SAT's
 * bulk download), and each of these one of the others. What holds a document is kept too, whole, so
 * that nothing is lost; documents out of it are named "outer/inner", which is data and never a
 * path. Everything is bounded: bytes of a file, entries and bytes that come out of one, how much it
 * may grow, how deep it may be nested.
 */
#ifndef CLA_CLI_INTAKE_H
#define CLA_CLI_INTAKE_H

#include "cli/cli.h"
#include "store/store.h"

enum cla_intake_result {
	CLA_INTAKE_STORED,
	CLA_INTAKE_KNOWN,  /* its bytes were there */
	CLA_INTAKE_OPENED, /* documents came out of it; it is kept */
	CLA_INTAKE_SKIPPED,
};

struct cla_intake_item {
	struct cla_str file; /* as given, then "/inner" */
	enum cla_intake_result result;
	const struct cla_digest *id; /* NULL when skipped */
	const char *kind;	     /* of document or container, NULL when skipped */
	const char *reason;	     /* why it was skipped, in the user's language */
	bool matters;		     /* skipped, and a document may have been lost by it */
};
typedef bool cla_intake_fn(void *ctx, const struct cla_intake_item *item, struct cla_err *err);

struct cla_intake {
	struct cla_cli *cli;
	struct cla_store *store;
	cla_intake_fn *fn;
	void *ctx;
};

/* Takes one file in. `named`: it was named, not found in a folder; then it matters when it is no
 * document. *fatal with an error: the store failed, so that going on makes no sense; otherwise only
 * this file could not be read. */
CLA_USE bool cla_intake_file(const struct cla_intake *in, const char *path, bool named, bool *fatal,
			     struct cla_err *err);

#endif
