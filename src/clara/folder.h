/* clara/folder.h - finds the credentials in the folder that was downloaded from Clara.
 *
 * What a file is, its content says, never its name: a JSON object with
 * clientId and clientSecret, flat or nested; PEM texts of certificates and private keys, also with
 * literal \n or in quotes. Certificate and key inside the JSON go before separate files. Of separate
 * ones the pair is taken whose halves belong together, of several pairs the one that ends last; a
 * certificate of an authority is what the server may be checked with. Files of other kinds are passed
 * over.
 */
#ifndef CLA_CLARA_FOLDER_H
#define CLA_CLARA_FOLDER_H

#include "base/arena.h"

#define CLA_FOLDER_FILES 200 /* more of them: this is not that folder */

struct cla_folder {
	struct cla_arena arena;	 /* owns the texts */
	const char *credentials; /* paths; NULL when there is none, or none is needed */
	const char *client_cert, *client_key;
	const char *ca_file;
	bool nested; /* certificate and key are inside `credentials` */
};

/* CLA_ERR_CONFIG says what is missing, or which files stand against each other; CLA_ERR_AUTH when no
 * key belongs to a certificate. */
CLA_USE bool cla_folder_look(const char *dir, struct cla_folder *ret, struct cla_err *err);
void cla_folder_clear(struct cla_folder *folder);
#define cla_auto_folder CLA_CLEANUP(cla_folder_clear)

#endif
