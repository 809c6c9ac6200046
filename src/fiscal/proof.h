/* fiscal/proof.h - what a signature and its certificate tell: rows and functions that NF-e, CT-e, MDF-e,
 * NFS-e and their events share (private to fiscal/).
 *
 * A signature fails in ways that have a rule each; the way is what follows "signature-" in the rule's id.
 * Codes are the authority's rejection numbers, NULL where it has none that we have read.
 */
#ifndef CLA_FISCAL_PROOF_H
#define CLA_FISCAL_PROOF_H

#include "fiscal/rule.h"
#include "fiscal/xmldsig.h"

/* Whether the certificate leads to a root that the user gave (rule 72): proof.untrusted, a warning. Where
 * no Brazilian root was given it is not asked. Revocation cannot be known off-line. */
void cla_proof_trust(struct cla_case *c, const struct cla_dsig *sig);
/* `when` NULL: the date is not readable. */
void cla_proof_signature(struct cla_case *c, const struct cla_rule *r, const struct cla_dsig *sig);
void cla_proof_cert_unreadable(struct cla_case *c, const struct cla_rule *r,
			       const struct cla_dsig *sig);
void cla_proof_cert_dates(struct cla_case *c, const struct cla_rule *r, const struct cla_dsig *sig,
			  const struct cla_time *when);
void cla_proof_cert_authority(struct cla_case *c, const struct cla_rule *r,
			      const struct cla_dsig *sig);
/* Whether its key may make signatures of documents (key usage digitalSignature or nonRepudiation, or no
 * usage named). */
void cla_proof_cert_usage(struct cla_case *c, const struct cla_rule *r, const struct cla_dsig *sig);
void cla_proof_cert_nameless(struct cla_case *c, const struct cla_rule *r,
			     const struct cla_dsig *sig);
/* Whether the certificate is made out to `due`: a company by the first eight places, a person
 * whole. */
void cla_proof_cert_owner(struct cla_case *c, const struct cla_rule *r, const struct cla_dsig *sig,
			  struct cla_str due, enum cla_verdict severity);

/* clang-format off */

#define CLA_PROOF_SIGNATURE_ROW(id, code, fn, en, es, pt)                                          \
	{ id, code, CLA_CHECK_SIGNATURE, CLA_VERDICT_FAIL, NULL, NULL, fn, CLA_TEXT(en, es, pt) }
/* Of a signature that there is; with the row for one that there is not. */
#define CLA_PROOF_SIGNED_ROWS(prefix, fn, form_code, content_code) \
	CLA_PROOF_SIGNATURE_ROW(prefix "signature-place", form_code, fn,                           \
		"There must be exactly one Signature, right behind what it signs",                 \
		"Debe haber una sola Signature, después de lo que firma",                          \
		"Deve haver uma só Signature, depois do que ela assina"),                          \
	CLA_PROOF_SIGNATURE_ROW(prefix "signature-form", form_code, fn,                            \
		"The signature does not have the parts that the layout fixes",                     \
		"La firma no tiene las partes que fija el esquema",                                \
		"A assinatura não tem as partes que o leiaute fixa"),                              \
	CLA_PROOF_SIGNATURE_ROW(prefix "signature-algorithm", form_code, fn,                       \
		"The signature uses another algorithm than the layout fixes",                      \
		"La firma usa un algoritmo distinto del que fija el esquema",                      \
		"A assinatura usa algoritmo diferente do que o leiaute fixa"),                     \
	CLA_PROOF_SIGNATURE_ROW(prefix "signature-reference", form_code, fn,                       \
		"The signature is of another element than this document",                          \
		"La firma es de otro elemento, no de este documento",                              \
		"A assinatura é de outro elemento, não deste documento"),                          \
	CLA_PROOF_SIGNATURE_ROW(prefix "signature-repeated-id", form_code, fn,                     \
		"Another element of the file has the same Id as the signed one",                   \
		"Otro elemento del archivo tiene el mismo Id que el firmado",                      \
		"Outro elemento do arquivo tem o mesmo Id do assinado"),                           \
	CLA_PROOF_SIGNATURE_ROW(prefix "signature-key", form_code, fn,                             \
		"The signature cannot be checked: its certificate is not readable or its key is "  \
		"not RSA",                                                                         \
		"La firma no se puede comprobar: su certificado es ilegible o su llave no es RSA", \
		"A assinatura não pode ser conferida: certificado ilegível ou chave que não é RSA"), \
	CLA_PROOF_SIGNATURE_ROW(prefix "signature-digest", content_code, fn,                       \
		"The content was changed after signing",                                           \
		"El contenido se modificó después de la firma",                                    \
		"O conteúdo foi alterado depois da assinatura"),                                   \
	CLA_PROOF_SIGNATURE_ROW(prefix "signature-value", content_code, fn,                        \
		"The signature was not made with the key of its certificate",                      \
		"La firma no se hizo con la llave de su certificado",                              \
		"A assinatura não foi feita com a chave do seu certificado"),                      \
	CLA_PROOF_SIGNATURE_ROW(prefix "signature-blanks", content_code, fn,                       \
		"The file was re-indented after signing, and what was signed over its digest was changed as well", \
		"El archivo se reformateó (sangría) después de la firma, y también se modificó lo " \
		"firmado sobre su resumen",                                                        \
		"O arquivo foi reindentado depois da assinatura, e o que foi assinado sobre o seu " \
		"resumo também foi alterado"),                                                     \
	CLA_PROOF_SIGNATURE_ROW(prefix "signature-reindented", content_code, fn,                   \
		"The file was re-indented after signing; its content is intact: ask for the original", \
		"El archivo se reformateó (sangría) después de la firma; su contenido está "       \
		"íntegro: pida el original",                                                       \
		"O arquivo foi reindentado depois da assinatura; seu conteúdo está íntegro: "      \
		"peça o original"),                                                                \
	CLA_PROOF_SIGNATURE_ROW(prefix "signature-rewrapped", content_code, fn,                    \
		"An envelope added namespaces after signing; the content is intact: ask for the "  \
		"original",                                                                        \
		"Un sobre añadió espacios de nombres después de la firma; el contenido está "      \
		"íntegro: pida el original",                                                       \
		"Um envelope acrescentou namespaces depois da assinatura; o conteúdo está "        \
		"íntegro: peça o original")

#define CLA_PROOF_SIGNATURE_ROWS(prefix, fn, form_code, content_code)                              \
	CLA_PROOF_SIGNATURE_ROW(prefix "signature-missing", form_code, fn,                         \
		"The document is not signed",                                                      \
		"El documento no está firmado",                                                    \
		"O documento não está assinado"),                                                  \
	CLA_PROOF_SIGNED_ROWS(prefix, fn, form_code, content_code)

#define CLA_PROOF_CERTIFICATE_ROW(id, code, severity, fn, en, es, pt)                              \
	{ id, code, CLA_CHECK_CERTIFICATE, severity, NULL, NULL, fn, CLA_TEXT(en, es, pt) }
/* Whether it may be used at all; and also to whom it is made out. */
#define CLA_PROOF_CERTIFICATE_VALID_ROWS(prefix, fn, code, dates_code)                             \
	CLA_PROOF_CERTIFICATE_ROW(prefix "certificate-unreadable", code, CLA_VERDICT_FAIL, fn##_unreadable, \
		"The certificate inside is not readable",                                          \
		"El certificado incluido es ilegible",                                             \
		"O certificado incluído é ilegível"),                                              \
	CLA_PROOF_CERTIFICATE_ROW(prefix "certificate-dates", dates_code, CLA_VERDICT_FAIL, fn##_dates, \
		"The certificate was not valid at the time of issue",                              \
		"El certificado no estaba vigente al emitir",                                      \
		"O certificado não estava válido na emissão"),                                     \
	CLA_PROOF_CERTIFICATE_ROW(prefix "certificate-authority", code, CLA_VERDICT_FAIL, fn##_authority, \
		"Signed with the certificate of an authority, which signs no documents",           \
		"Firmado con el certificado de una autoridad, que no firma documentos",            \
		"Assinado com certificado de autoridade, que não assina documentos"),              \
	CLA_PROOF_CERTIFICATE_ROW(prefix "certificate-usage", code, CLA_VERDICT_FAIL, fn##_usage,  \
		"The certificate is not made for signatures",                                      \
		"El certificado no es para firmar",                                                \
		"O certificado não é para assinatura")

#define CLA_PROOF_CERTIFICATE_OWNER_ROW(prefix, fn, severity, owner_code)                          \
	CLA_PROOF_CERTIFICATE_ROW(prefix "certificate-owner", owner_code, severity, fn##_owner, \
		"The certificate is made out to somebody else",                                    \
		"El certificado está a nombre de otro",                                            \
		"O certificado está em nome de outro")

#define CLA_PROOF_CERTIFICATE_ROWS(prefix, fn, code, dates_code, nameless_code, owner_code)        \
	CLA_PROOF_CERTIFICATE_VALID_ROWS(prefix, fn, code, dates_code),                            \
	CLA_PROOF_CERTIFICATE_ROW(prefix "certificate-nameless", nameless_code, CLA_VERDICT_WARN, fn##_nameless, \
		"The certificate names no CNPJ or CPF",                                            \
		"El certificado no nombra CNPJ ni CPF",                                            \
		"O certificado não traz CNPJ nem CPF"),                                            \
	CLA_PROOF_CERTIFICATE_OWNER_ROW(prefix, fn, CLA_VERDICT_FAIL, owner_code)

/* clang-format on */

#endif
