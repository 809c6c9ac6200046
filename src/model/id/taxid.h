/* model/id/taxid.h - tax ids of Mexico, Brazil and Colombia, and the NF-e access key.
 *
 * Inputs are never "cleaned to digits": since July 2026 a CNPJ may hold letters (IN RFB 2229/2024),
 * an RFC always does. Normalising drops only '.', '/', '-' and blanks and makes ASCII letters upper
 * case.
 */
#ifndef CLA_MODEL_ID_TAXID_H
#define CLA_MODEL_ID_TAXID_H

#include "base/buf.h"
#include "base/clock.h"

#define CLA_TAXID_MAX 32 /* bytes with the NUL */

/* Into `out`; false when longer than CLA_TAXID_MAX - 1 bytes or empty. */
CLA_USE bool cla_taxid_normalize(struct cla_str id, char out[CLA_TAXID_MAX]);
bool cla_taxid_same(struct cla_str a, struct cla_str b); /* after normalising */

enum cla_rfc {
	CLA_RFC_BAD,	 /* pattern or date wrong */
	CLA_RFC_DIGIT,	 /* check digit differs: SAT has issued such, a warning */
	CLA_RFC_GENERIC, /* XAXX010101000 or XEXX010101000 */
	CLA_RFC_LEGAL,	 /* 12 characters, moral */
	CLA_RFC_NATURAL, /* 13 characters, física */
};
enum cla_rfc cla_rfc_check(struct cla_str rfc); /* characters, not bytes: Ñ is two bytes */
size_t cla_rfc_length(struct cla_str rfc);	/* in characters */

/* 14 places, digits and upper-case letters, check digits, not all equal */
bool cla_cnpj_valid(struct cla_str cnpj);
bool cla_cpf_valid(struct cla_str cpf); /* 11 digits */
/* first 8 places: same company, any branch */
bool cla_cnpj_same_base(struct cla_str a, struct cla_str b);
bool cla_nit_valid(
	struct cla_str nit); /* digits with the check digit last, "800197268-4" or "8001972684" */

/* Access key of NF-e, NFC-e, CT-e, MDF-e: 44 places [0-9]{6}[0-9A-Z]{12}[0-9]{26}, check digit mod
 * 11 with character value ASCII-48 (NT conjunta 2025.001). */
bool cla_access_key_form(struct cla_str key);
bool cla_access_key_digit(struct cla_str key); /* form and digit */
/* Parts of a key of right form, borrowed. */
struct cla_access_key {
	struct cla_str uf, yymm, issuer, model, series, number, emission, code, digit;
};
CLA_USE bool cla_access_key_split(struct cla_str key, struct cla_access_key *ret);

/* Key of a national NFS-e: 50 places [0-9]{9}[0-9A-Z]{12}[0-9]{29}, check digit like that of an
 * access key. Source: the Id's pattern in the schemas of NFS-e 1.00 and 1.01 (that with letters: its
 * set for the alphanumeric CNPJ). */
bool cla_nfse_key_form(struct cla_str key);
bool cla_nfse_key_digit(struct cla_str key); /* form and digit */
/* Parts of a key of right form, borrowed. `person`: 1 CPF, 2 CNPJ; `issuer` has 14 places, a CPF in
 * the last eleven. */
struct cla_nfse_key {
	struct cla_str city, generator, person, issuer, number, yymm, code, digit;
};
CLA_USE bool cla_nfse_key_split(struct cla_str key, struct cla_nfse_key *ret);

/* UUID: 8-4-4-4-12 hex digits in either case. */
bool cla_uuid_form(struct cla_str s);
/* Upper case, as SAT prints a stamp's UUID; lower case, as the API prints its own. `out` has 37
 * bytes. */
CLA_USE bool cla_uuid_upper(struct cla_str s, char out[37]);
CLA_USE bool cla_uuid_lower(struct cla_str s, char out[37]);

#endif
