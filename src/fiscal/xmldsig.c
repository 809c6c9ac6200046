#include "fiscal/xmldsig.h"

#include "crypto/cert.h"
#include "fiscal/rule.h"

#include <string.h>

#define C14N "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
#define EXCLUSIVE_C14N "http://www.w3.org/2001/10/xml-exc-c14n#"
#define CANONICAL_MAX ((size_t)32 << 20)
/* A larger element gets no second look: the time of a hostile file stays bounded. Real notes are
 * below 1 MiB. */
#define SECOND_LOOK_MAX ((size_t)4 << 20)
#define KEY_MATERIAL_MAX ((size_t)64 << 10)

/* The parts of a signature of the right form, and what its algorithms mean. */
struct parts {
	bool info_exclusive, content_exclusive; /* C14N of SignedInfo, of the element */
	enum cla_hash_alg value_hash, digest_hash;
	const struct cla_xml *info, *c14n, *method, *reference, *digest_method;
	const struct cla_xml *transforms;
	const struct cla_xml *digest, *value, *certificate;
};

static bool fault(struct cla_dsig *sig, enum cla_dsig_fault what, const struct cla_xml *at)
{
	sig->fault = what;
	sig->at = at;
	return false;
}

/* Whether the element children of `el` are exactly these, in this order. */
static bool children_are(const struct cla_xml *el, const char *const *names, size_t count,
			 const struct cla_xml **out)
{
	const struct cla_xml *child = cla_xml_child(el);

	for (size_t i = 0; i < count; i++) {
		if (!cla_xml_is(child, CLA_DSIG_NS, names[i]))
			return false;
		out[i] = child;
		child = cla_xml_sibling(child);
	}
	return !child;
}

static bool find_signature(const struct cla_xml *el, struct cla_dsig *sig)
{
	const struct cla_xml *first = cla_xml_find(cla_xml_parent(el), CLA_DSIG_NS, "Signature");
	const struct cla_xml *behind = cla_xml_find_next(el, CLA_DSIG_NS, "Signature");
	const struct cla_xml *second = cla_xml_find_next(first, CLA_DSIG_NS, "Signature");

	if (!first)
		return fault(sig, CLA_DSIG_ABSENT, NULL);
	sig->signature = first;
	if (second)
		return fault(sig, CLA_DSIG_PLACE, second);
	if (behind != first)
		return fault(sig, CLA_DSIG_PLACE, first);
	return true;
}

static bool read_parts(struct cla_dsig *sig, struct parts *p)
{
	static const char *const in_signature[] = { "SignedInfo", "SignatureValue", "KeyInfo" };
	static const char *const in_info[] = { "CanonicalizationMethod", "SignatureMethod",
					       "Reference" };
	static const char *const in_reference[] = { "Transforms", "DigestMethod", "DigestValue" };
	static const char *const in_key[] = { "X509Data" };
	static const char *const in_data[] = { "X509Certificate" };
	const struct cla_xml *top[3], *info[3], *reference[3], *data;

	if (cla_xml_has_remarks(sig->signature) ||
	    !children_are(sig->signature, in_signature, 3, top))
		return fault(sig, CLA_DSIG_FORM, sig->signature);
	if (!children_are(top[0], in_info, 3, info))
		return fault(sig, CLA_DSIG_FORM, top[0]);
	if (!children_are(info[2], in_reference, 3, reference))
		return fault(sig, CLA_DSIG_FORM, info[2]);
	if (!children_are(top[2], in_key, 1, &data) ||
	    !children_are(data, in_data, 1, &p->certificate))
		return fault(sig, CLA_DSIG_FORM, top[2]);
	p->info = top[0];
	p->value = top[1];
	p->c14n = info[0];
	p->method = info[1];
	p->reference = info[2];
	p->digest_method = reference[1];
	p->digest = reference[2];
	sig->digest_value = cla_str_trim(cla_xml_text(p->digest));
	sig->cert_at = p->certificate;
	p->transforms = reference[0];
	return true;
}

struct algorithm {
	const char *name;
	bool nfse; /* admitted for NFS-e only */
	bool exclusive;
	enum cla_hash_alg hash;
};

static const struct algorithm c14ns[] = {
	{ C14N, false, false, CLA_HASH_SHA1 },
	{ C14N "#WithComments", true, false, CLA_HASH_SHA1 },
	{ EXCLUSIVE_C14N, true, true, CLA_HASH_SHA1 },
	{ EXCLUSIVE_C14N "WithComments", true, true, CLA_HASH_SHA1 },
};
static const struct algorithm methods[] = {
	{ CLA_DSIG_NS "rsa-sha1", false, false, CLA_HASH_SHA1 },
	{ "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256", true, false, CLA_HASH_SHA256 },
};
static const struct algorithm digests[] = {
	{ CLA_DSIG_NS "sha1", false, false, CLA_HASH_SHA1 },
	{ "http://www.w3.org/2001/04/xmlenc#sha256", true, false, CLA_HASH_SHA256 },
};
static const struct algorithm envelopes[] = {
	{ CLA_DSIG_NS "enveloped-signature", false, false, CLA_HASH_SHA1 },
};

/* Which of them the element names; NULL and the fault when none. A child would be a parameter (XPath, a
 * truncated HMAC, a list of prefixes): none is due. */
static const struct algorithm *algorithm_of(struct cla_dsig *sig, const struct cla_xml *el,
					    const struct algorithm *known, size_t count,
					    enum cla_dsig_suite suite)
{
	struct cla_str found = cla_xml_attr(el, "Algorithm");

	for (size_t i = 0; i < count && !cla_xml_child(el); i++) {
		if (cla_str_eqc(found, known[i].name) && (!known[i].nfse || suite == CLA_DSIG_NFSE))
			return &known[i];
	}
	sig->expected = cla_str_from(known[0].name);
	sig->found = found;
	fault(sig, CLA_DSIG_ALGORITHM, el);
	return NULL;
}

static bool check_algorithms(struct cla_dsig *sig, struct parts *p, enum cla_dsig_suite suite)
{
	static const char *const in_transforms[] = { "Transform", "Transform" };
	const struct algorithm *info, *content, *method, *digest;
	const struct cla_xml *transform[2];

	if (!children_are(p->transforms, in_transforms, 2, transform))
		return fault(sig, CLA_DSIG_ALGORITHM, p->transforms);
	info = algorithm_of(sig, p->c14n, c14ns, CLA_LEN(c14ns), suite);
	method = info ? algorithm_of(sig, p->method, methods, CLA_LEN(methods), suite) : NULL;
	if (!method || !algorithm_of(sig, transform[0], envelopes, CLA_LEN(envelopes), suite))
		return false;
	content = algorithm_of(sig, transform[1], c14ns, CLA_LEN(c14ns), suite);
	digest = content ? algorithm_of(sig, p->digest_method, digests, CLA_LEN(digests), suite)
			 : NULL;
	if (!digest)
		return false;
	p->info_exclusive = info->exclusive;
	p->content_exclusive = content->exclusive;
	p->value_hash = method->hash;
	p->digest_hash = digest->hash;
	return true;
}

static bool check_reference(struct cla_dsig *sig, const struct parts *p, const struct cla_xml *el)
{
	struct cla_str uri = cla_xml_attr(p->reference, "URI");
	struct cla_str id = cla_xml_attr(el, "Id");

	if (id.len && uri.len == id.len + 1 && uri.ptr[0] == '#' &&
	    cla_str_eq(cla_str_sub(uri, 1, id.len), id))
		return true;
	sig->expected = id;
	sig->found = uri;
	return fault(sig, CLA_DSIG_REFERENCE, p->reference);
}

/*
 * Readings: the canonical form as it stands, then those that forgive what was done to a whole file
 */

static const struct reading {
	enum cla_dsig_match match;
	bool drop_blank, exclusive;
} readings[] = {
	{ CLA_DSIG_HOLDS, false, false },
	{ CLA_DSIG_REINDENTED, true, false },
	{ CLA_DSIG_REWRAPPED, false, true },
	{ CLA_DSIG_REINDENTED, true, true },
};

typedef bool try_fn(void *ctx, struct cla_str canonical, bool *holds, struct cla_err *err);

/* Sets *match to the first reading under which `try` is content, or to DIFFERS. Where exclusive form
 * is due, an envelope's namespaces are no part of it. */
static bool try_readings(const struct cla_xml *el, const struct cla_xml *skip, bool exclusive,
			 try_fn *try, void *ctx, struct cla_dsig *sig, enum cla_dsig_match *match,
			 struct cla_err *err)
{
	cla_auto_buf struct cla_buf text = CLA_BUF_INIT(CANONICAL_MAX);

	for (size_t i = 0; i < CLA_LEN(readings); i++) {
		const struct cla_xml_c14n how = {
			.skip = skip,
			.exclusive = exclusive || readings[i].exclusive,
			.drop_blank = readings[i].drop_blank,
		};
		struct cla_err why = CLA_ERR_INIT;
		bool holds = false;

		if (i && text.len > SECOND_LOOK_MAX)
			break;
		if (exclusive && readings[i].exclusive)
			continue;
		cla_buf_reset(&text);
		if (!cla_xml_canonical(el, &how, &text, &why)) {
			if (why.code != CLA_ERR_LIMIT) {
				if (err)
					*err = why;
				return cla_err_wrap(err, "bringing XML into canonical form");
			}
			fault(sig, CLA_DSIG_TOO_LARGE, el);
			return true;
		}
		if (!try(ctx, cla_buf_str(&text), &holds, err))
			return false;
		if (holds) {
			*match = readings[i].match;
			return true;
		}
	}
	*match = CLA_DSIG_DIFFERS;
	return true;
}

struct digested {
	enum cla_hash_alg hash;
	struct cla_str due;
};

static size_t digest_len(enum cla_hash_alg hash)
{
	return hash == CLA_HASH_SHA1 ? 20 : 32;
}

static bool digest_holds(void *ctx, struct cla_str canonical, bool *holds, struct cla_err *err)
{
	cla_auto_hasher struct cla_hasher *hasher = NULL;
	const struct digested *d = ctx;
	uint8_t found[32];

	if (!cla_hasher_new(d->hash, &hasher, err))
		return false;
	cla_hasher_update(hasher, canonical);
	if (!cla_hasher_finish(hasher, found, err))
		return false;
	*holds = !memcmp(found, d->due.ptr, d->due.len);
	return true;
}

struct signed_by {
	const struct cla_cert *cert;
	enum cla_hash_alg hash;
	struct cla_str value;
};

static bool value_holds(void *ctx, struct cla_str canonical, bool *holds, struct cla_err *err)
{
	const struct signed_by *by = ctx;

	(void)err;
	*holds = cla_cert_verify(by->cert, by->hash, canonical, by->value) == CLA_SIG_GOOD;
	return true;
}

static bool decode(const struct cla_xml *el, struct cla_buf *out)
{
	cla_buf_reset(out);
	return cla_base64_decode(cla_str_trim(cla_xml_text(el)), true, out) && out->len;
}

static bool check_digest(const struct cla_xml *el, struct cla_dsig *sig, const struct parts *p,
			 struct cla_err *err)
{
	cla_auto_buf struct cla_buf due = CLA_BUF_INIT(KEY_MATERIAL_MAX);
	struct digested digested = { .hash = p->digest_hash };

	if (!decode(p->digest, &due) || due.len != digest_len(p->digest_hash)) {
		fault(sig, CLA_DSIG_FORM, p->digest);
		return true;
	}
	digested.due = cla_buf_str(&due);
	return try_readings(el, sig->signature, p->content_exclusive, digest_holds, &digested, sig,
			    &sig->digest, err);
}

static bool check_value(struct cla_dsig *sig, const struct parts *p, struct cla_err *err)
{
	cla_auto_buf struct cla_buf value = CLA_BUF_INIT(KEY_MATERIAL_MAX);
	struct signed_by by = { .hash = p->value_hash };

	if (!decode(p->value, &value)) {
		fault(sig, CLA_DSIG_FORM, p->value);
		return true;
	}
	if (!sig->cert || !cla_cert_is_rsa(sig->cert))
		return true;
	by.cert = sig->cert;
	by.value = cla_buf_str(&value);
	return try_readings(p->info, NULL, p->info_exclusive, value_holds, &by, sig, &sig->value,
			    err);
}

static void read_cert(struct cla_judge *judge, struct cla_dsig *sig)
{
	cla_auto_buf struct cla_buf der = CLA_BUF_INIT(KEY_MATERIAL_MAX);

	if (decode(sig->cert_at, &der))
		sig->cert = cla_judge_cert(judge, cla_buf_str(&der));
}

struct id_search {
	struct cla_str id;
	bool found;
};

static bool is_same_id(void *ctx, struct cla_str ns, struct cla_str name, struct cla_str value)
{
	struct id_search *search = ctx;

	(void)ns;
	search->found = cla_str_eq_nocase(name, CLA_STR("id")) && cla_str_eq(value, search->id);
	return !search->found;
}

/* Another element of the file with the same Id, whatever the attribute's namespace or case. */
static const struct cla_xml *find_repeated_id(const struct cla_xml_doc *doc,
					      const struct cla_xml *el)
{
	struct id_search search = { .id = cla_xml_attr(el, "Id") };
	const struct cla_xml *root = cla_xml_root(doc);

	for (const struct cla_xml *at = root; at; at = cla_xml_walk(root, at)) {
		if (at == el)
			continue;
		cla_xml_attrs(at, is_same_id, &search);
		if (search.found)
			return at;
	}
	return NULL;
}

bool cla_dsig_intact(const struct cla_dsig *sig)
{
	return sig->fault == CLA_DSIG_NO_FAULT && sig->digest != CLA_DSIG_UNCHECKED &&
	       sig->digest != CLA_DSIG_DIFFERS && sig->value != CLA_DSIG_UNCHECKED &&
	       sig->value != CLA_DSIG_DIFFERS;
}

bool cla_dsig_check(struct cla_judge *judge, const struct cla_xml_doc *doc,
		    const struct cla_xml *el, enum cla_dsig_suite suite, struct cla_dsig *ret,
		    struct cla_err *err)
{
	struct cla_dsig sig = { 0 };
	struct parts parts = { 0 };
	bool ok = true;

	if (find_signature(el, &sig) && read_parts(&sig, &parts)) {
		read_cert(judge, &sig);
		if (check_algorithms(&sig, &parts, suite) && check_reference(&sig, &parts, el))
			ok = check_digest(el, &sig, &parts, err) &&
			     (sig.fault || check_value(&sig, &parts, err));
	}
	if (!ok)
		return false;
	if (cla_dsig_intact(&sig)) {
		const struct cla_xml *other = find_repeated_id(doc, el);

		if (other)
			fault(&sig, CLA_DSIG_REPEATED_ID, other);
	}
	*ret = sig;
	return true;
}
