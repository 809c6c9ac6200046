/* fiscal/control.h - the samples that every rule is held to.
 *
 * A control is a small document and what a rule has to say of it: one that the rule must reject, or
 * one that it must not. Controls are files of our own under src/fiscal/controls/ that the build puts
 * into the program: documents (*.xml), certificates (*.cer), a list of article 69-B (efos.csv), and lists of
 * controls (*.controls):
 *
 *	# a remark
 *	base invoice                           a document by name; its lines are joined, before a
 *		<cfdi:Comprobante ...          '<' by nothing, else by a blank
 *	base note is note.xml                  ... or a whole file
 *	base export of invoice                 ... or another base with changes
 *		|Exportacion="01"|Exportacion="02"|
 *
 *	cfdi.total invoice                     a rule and a base: after the changes that follow the
 *		|Total="10"|Total="11"|        rule must report with its severity
 *	cfdi.total invoice unknown             ... with this one: fail, warn, unknown
 *	cfdi.total old fail CFDI33118          ... with this code, where the version has its own
 *	cfdi.total invoice pass                ... must have run and report nothing
 *	cfdi.total invoice n/a                 ... must not have run: it is not in force
 *
 * A change is |from|to| or |behind|from|to|: the first `from`, behind the first `behind`, becomes
 * `to`. Its first character, here '|', parts the fields; any other may. `from` may be START…END: all
 * from the one to the other. \xHH is a byte, \n a line break; {COUNT*TEXT} stands for repetitions,
 * {@FILE} for the content of a file.
 *
 * Every base is a positive control of each rule that has a negative one on it: the rule must run over
 * it and report nothing.
 */
#ifndef CLA_FISCAL_CONTROL_H
#define CLA_FISCAL_CONTROL_H

#include "fiscal/judge.h"

struct cla_controls;

/* A list of controls by name. */
struct cla_control_file {
	const char *name;
	struct cla_str text;
};

/* A control that does not do what it should. */
struct cla_control_fault {
	const char *file; /* NULL: the rule has no control of that kind */
	size_t line;
	enum cla_verdict due;
	enum cla_verdict
		found;	  /* NA: nothing was reported, and where PASS is due the rule did not run */
	const char *code; /* that was reported, NULL when none */
};
typedef void cla_control_fn(void *ctx, const struct cla_control_fault *fault);

struct cla_control_result {
	size_t rejected, accepted; /* controls that did as they should */
	size_t faults;
};

/* The controls of the program, or (count > 0) these, which are borrowed. Fails with CLA_ERR_FORMAT,
 * naming file and line, when one is malformed or names no rule or base. */
CLA_USE
bool cla_controls_new(const struct cla_control_file *files, size_t count, struct cla_controls **ret,
		      struct cla_err *err);
void cla_controls_free(struct cla_controls *controls);
static inline void cla_controls_freep(struct cla_controls **controls)
{
	cla_controls_free(*controls);
	*controls = NULL;
}
#define cla_auto_controls CLA_CLEANUP(cla_controls_freep)

/* Runs the controls of a rule through the judge and tells what is wrong, also that there is no
 * negative or no positive one. Fails for memory and internal faults only. */
CLA_USE
bool cla_controls_run(struct cla_controls *controls, const char *rule, cla_control_fn *fn,
		      void *ctx, struct cla_control_result *ret, struct cla_err *err);

/* A base by its name, with its changes made, for tests of other things. Not found: CLA_ERR_NOT_FOUND. */
CLA_USE
bool cla_controls_base(const struct cla_controls *controls, const char *name, struct cla_buf *out,
		       struct cla_err *err);

#endif
