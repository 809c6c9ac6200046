/* fiscal/xmldsig.h - the XML signature beside one element, as the NF-e family fixes it (private to
 * fiscal/).
 *
 * The question is narrow on purpose: does the Signature that follows `el` under the same parent
 * sign exactly `el`? The caller names the element whose content it reads; the digest is taken of
 * that element and never of one that the reference leads to. So moving, nesting or repeating signed
 * elements (signature wrapping) gains nothing.
 *
 * Accepted is one Reference "#Id", enveloped-signature then C14N 1.0, one X.509 certificate inside,
 * no comment and no processing instruction anywhere in the Signature, and the algorithms of the kind:
 * inclusive C14N, SHA-1 and RSA-SHA1 (source: MOC 7.0 and xmldsig-core-schema_v1.01.xsd of the NF-e
 * packages), for NFS-e also exclusive C14N, SHA-256 and RSA-SHA256, each by itself (its schema 1.01
 * fixes none; its two signatures in one file were seen to differ). A reference "#Id" never includes
 * comments, also where the algorithm's name ends in #WithComments. Whoever the certificate names, and
 * whether anyone trusts it, is not judged here.
 *
 * When digest or value differ, the canonical form is taken again without blank text nodes (a file
 * that was pretty-printed after signing) and without namespace declarations that the element
 * inherits but does not use (a file that was put into an envelope). Such a document is still no
 * evidence, but its content is intact: a person can be told so.
 */
#ifndef CLA_FISCAL_XMLDSIG_H
#define CLA_FISCAL_XMLDSIG_H

#include "fiscal/judge.h"
#include "xml/doc.h"

#define CLA_DSIG_NS "http://www.w3.org/2000/09/xmldsig#"

/* The algorithms that are admitted. */
enum cla_dsig_suite {
	CLA_DSIG_NFE,  /* and CT-e, MDF-e, events of them */
	CLA_DSIG_NFSE, /* and its events */
};

/* What keeps the signature from being looked at. */
enum cla_dsig_fault {
	CLA_DSIG_NO_FAULT,
	CLA_DSIG_ABSENT,
	CLA_DSIG_PLACE, /* more than one, or not behind the element */
	CLA_DSIG_FORM, /* a part is missing, repeated or foreign, is no base64, or has a comment inside */
	CLA_DSIG_ALGORITHM,
	CLA_DSIG_REFERENCE,   /* the reference names something else than the element */
	CLA_DSIG_REPEATED_ID, /* all holds, but another element of the file has the same Id */
	CLA_DSIG_TOO_LARGE,   /* the canonical form is beyond 32 MiB */
};

enum cla_dsig_match {
	CLA_DSIG_UNCHECKED, /* a fault, no certificate, or its key is not RSA */
	CLA_DSIG_HOLDS,
	CLA_DSIG_REINDENTED, /* holds without blank text nodes */
	CLA_DSIG_REWRAPPED,  /* holds without namespaces of an envelope */
	CLA_DSIG_DIFFERS,
};

struct cla_cert;

/* Slices and elements are borrowed from the document, `cert` from the judge. */
struct cla_dsig {
	enum cla_dsig_fault fault;
	const struct cla_xml *at;	/* where the fault is; NULL: nothing to point at */
	struct cla_str expected, found; /* of the fault, may be absent */
	enum cla_dsig_match digest;	/* of the element */
	enum cla_dsig_match value;	/* of SignedInfo, by the certificate inside */
	const struct cla_xml *signature;
	struct cla_str digest_value;   /* base64 as written, trimmed */
	const struct cla_xml *cert_at; /* X509Certificate */
	const struct cla_cert *cert;   /* NULL: none, or not readable */
};

/* Fails only for memory and internal faults. */
CLA_USE bool cla_dsig_check(struct cla_judge *judge, const struct cla_xml_doc *doc,
			    const struct cla_xml *el, enum cla_dsig_suite suite,
			    struct cla_dsig *ret, struct cla_err *err);

/* Both hold, in whatever reading, and there is no fault. */
bool cla_dsig_intact(const struct cla_dsig *sig);

#endif
