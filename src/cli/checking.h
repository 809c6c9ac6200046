/* cli/checking.h - a bundle checked and told: what verify and demo share. */
#ifndef CLA_CLI_CHECKING_H
#define CLA_CLI_CHECKING_H

#include "cli/cli.h"
#include "verify/chain.h"

/* Row of a command's options. */
#define CLA_OPT_TRUST(val)                                                                           \
	{                                                                                            \
		"trust", "CA.pem", (val),                                                            \
		{                                                                                    \
			{                                                                            \
				"anchors that the chains of signer and time-stamp must end in",      \
					"anclas en que deben terminar las cadenas del firmante y "   \
					"del "                                                       \
					"sello de tiempo",                                           \
					"âncoras em que as cadeias do signatário e do carimbo do " \
					"tempo "                                                     \
					"devem terminar"                                             \
			}                                                                            \
		}                                                                                    \
	}

struct cla_checking {
	const char *trust; /* PEM anchors, or NULL */
	bool replay;	   /* judge the documents again */
};

/* Checks one bundle, or the folder of an extract, into *report (cleared by the caller). err: it cannot be read. */
CLA_USE bool cla_checking_run(struct cla_cli *cli, const char *path, const struct cla_checking *how,
			      struct cla_verify_report *report, struct cla_err *err);
/* Prints it: text for people, or one JSON object. */
CLA_USE bool cla_checking_print(struct cla_cli *cli, const char *path,
				const struct cla_verify_report *report, struct cla_err *err);
/* The same for the bundles of one entity as a chain. */
CLA_USE bool cla_checking_print_chain(struct cla_cli *cli, const struct cla_verify_chain_report *r,
				      struct cla_err *err);
const char *cla_checking_name(enum cla_verify_result result); /* "pass", "unknown", … */
int cla_checking_exit(enum cla_verify_result result);

#endif
