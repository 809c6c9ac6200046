/* model/entity.h - one configured company: what the configuration file says of it, checked and
 * resolved.
 *
 * Filled by cli/config; borrowed by every stage. Paths are absolute or relative to the current
 * folder, never to the configuration file any more. Strings are never NULL unless said so.
 */
#ifndef CLA_MODEL_ENTITY_H
#define CLA_MODEL_ENTITY_H

#include "base/clock.h"
#include "base/str.h"

enum cla_country { CLA_COUNTRY_MX, CLA_COUNTRY_BR, CLA_COUNTRY_CO };
enum cla_basis { CLA_BASIS_OPERATION, CLA_BASIS_ACCOUNTING };

/* Where a passphrase is had from; never the passphrase itself. */
enum cla_pass_from { CLA_PASS_NONE, CLA_PASS_FILE, CLA_PASS_FD, CLA_PASS_COMMAND };
struct cla_pass {
	enum cla_pass_from from;
	const char *text; /* path, or line for the shell */
	int fd;
};

struct cla_entity {
	const char *name; /* ≤ 40 bytes */
	char slug[31];	  /* lower case, every byte but a-z and 0-9 made '-', cut to 30 */
	enum cla_country country;
	bool sandbox; /* /api-test/ in place of /api/ */
	/* sent as X-Tax-Identifier; the receiver that invoices must name; NULL when not given */
	const char *tax_id;
	const char *legal_name;	    /* NULL when not given */
	const char *const *sisters; /* tax ids of the group's other companies, NULL-terminated */
	const char *base_url;	/* "https://host[:port]" without a slash at the end, or "replay" */
	const char *replay_dir; /* folder of recorded answers, NULL when the API is real */
	/* paths, NULL when not given */
	const char *credentials, *client_cert, *client_key, *ca_file;
	const char *const *
		download_hosts; /* patterns host[:port] with a leading "*." allowed, NULL-terminated; NULL: default */
	unsigned max_in_flight;
	unsigned max_file_mib; /* that a downloaded file may have; 0: 512 */
	enum cla_basis basis;
	/* paths, NULL: made in the data directory at first need; seal_cert may be NULL alone: then
	 * seal_key holds the certificate too */
	const char *seal_cert, *seal_key, *salt_key;
	struct cla_pass seal_pass; /* of seal_key */
	const char *tsa_url, *tsa_ca;
	unsigned retain_years;
};

const char *cla_country_code(enum cla_country c);     /* "mx" */
const char *cla_country_currency(enum cla_country c); /* "MXN" */
const char *cla_basis_name(enum cla_basis b);	      /* "operation" */

#endif
