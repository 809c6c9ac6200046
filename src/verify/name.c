#include "verify/verify_priv.h"

#include "model/id/taxid.h"

#include <string.h>

static const char *const paths[CLA_PLACE_COUNT] = {
	[CLA_PLACE_BAGIT] = "bagit.txt",
	[CLA_PLACE_BAGINFO] = "bag-info.txt",
	[CLA_PLACE_MANIFEST] = "manifest-sha256.txt",
	[CLA_PLACE_TAGMANIFEST] = "tagmanifest-sha256.txt",
	[CLA_PLACE_VERIFY_TXT] = "VERIFY.txt",
	[CLA_PLACE_BUNDLE] = "data/bundle.json",
	[CLA_PLACE_CAPTURES] = "data/captures.jsonl",
	[CLA_PLACE_INDEX_CSV] = "data/index.csv",
	[CLA_PLACE_INDEX_HTML] = "data/index.html",
	[CLA_PLACE_RULES] = "data/rules.json",
};

const char *cla_place_path(enum cla_place place)
{
	return paths[place];
}

static bool in_list(struct cla_str s, const char *const *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (cla_str_eqc(s, list[i]))
			return true;
	return false;
}

bool cla_role_is_document(struct cla_str role)
{
	static const char *const roles[] = { "attachment", "cfdi", "event", "nfe", "receipt" };
	return in_list(role, roles, CLA_LEN(roles));
}

bool cla_role_is_known(struct cla_str role)
{
	static const char *const roles[] = { "transaction", "reimbursement", "invoice",
					     "extracted" };
	return in_list(role, roles, CLA_LEN(roles)) || cla_role_is_document(role);
}

bool cla_role_is_row(struct cla_str role)
{
	return cla_str_eqc(role, "transaction") || cla_str_eqc(role, "reimbursement");
}

bool cla_resource_is_known(struct cla_str resource)
{
	static const char *const resources[] = {
		"transactions",
		"reimbursements",
		"documents",
		"invoices",
		"extracted-documents",
		"billing-statements",
		"billing-statement",
		"billing-statement-transactions",
		"cards",
		"users",
		"labels",
		"groups",
		"locations",
		"digital-accounts",
	};
	return in_list(resource, resources, CLA_LEN(resources));
}

static bool ext_is_known(struct cla_str ext)
{
	static const char *const exts[] = { "xml",  "pdf",  "jpg", "png", "zip",
					    "json", "html", "txt", "bin" };
	return in_list(ext, exts, CLA_LEN(exts));
}

/* Lower-case letters, digits and '-'. */
static bool is_slug(struct cla_str s)
{
	for (size_t i = 0; i < s.len; i++) {
		char c = s.ptr[i];
		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'))
			return false;
	}
	return s.len > 0;
}

/* "<first>.<sha256>.<ext>" */
static bool read_hashed(struct cla_str file, struct cla_member_name *ret)
{
	struct cla_str hex, rest;
	if (!cla_str_cut(file, '.', &ret->role, &rest) ||
	    !cla_str_cut(rest, '.', &hex, &ret->ext) || !cla_digest_parse(hex, &ret->digest))
		return false;
	ret->has_digest = true;
	return true;
}

static void read_expense(struct cla_str path, struct cla_str rest, bool is_tx,
			 struct cla_member_name *ret)
{
	struct cla_str file;
	if (!cla_str_cut(rest, '/', &ret->uuid, &file) || !cla_uuid_form(ret->uuid))
		return;
	ret->is_tx = is_tx;
	ret->dir = cla_str_sub(path, 0, path.len - file.len - 1);
	if (cla_str_eqc(file, "evidence.json"))
		ret->place = CLA_PLACE_EVIDENCE;
	else if (read_hashed(file, ret) && cla_role_is_known(ret->role) && ext_is_known(ret->ext) &&
		 (!cla_role_is_row(ret->role) ||
		  cla_str_eqc(ret->role, is_tx ? "transaction" : "reimbursement")))
		ret->place = CLA_PLACE_FILE;
}

static struct cla_str after(struct cla_str s, const char *prefix)
{
	return cla_str_sub(s, strlen(prefix), s.len);
}

void cla_member_name_read(struct cla_str path, struct cla_member_name *ret)
{
	struct cla_str stem, ext;

	memset(ret, 0, sizeof(*ret));
	for (int i = 0; i < CLA_PLACE_COUNT; i++) {
		if (paths[i] && cla_str_eqc(path, paths[i])) {
			ret->place = (enum cla_place)i;
			return;
		}
	}
	if (cla_str_starts(path, "data/api/")) {
		if (read_hashed(after(path, "data/api/"), ret) &&
		    cla_resource_is_known(ret->role) && cla_str_eqc(ret->ext, "json"))
			ret->place = CLA_PLACE_API;
	} else if (cla_str_starts(path, "data/certs/")) {
		if (cla_str_cut(after(path, "data/certs/"), '.', &stem, &ext) &&
		    cla_digest_parse(stem, &ret->digest) && cla_str_eqc(ext, "cer")) {
			ret->has_digest = true;
			ret->place = CLA_PLACE_CERT;
		}
	} else if (cla_str_starts(path, "data/tx/")) {
		read_expense(path, after(path, "data/tx/"), true, ret);
	} else if (cla_str_starts(path, "data/reimbursement/")) {
		read_expense(path, after(path, "data/reimbursement/"), false, ret);
	}
	if (ret->place == CLA_PLACE_UNKNOWN)
		ret->has_digest = false;
}

static void keep(struct cla_str s, char *out)
{
	memcpy(out, s.ptr, s.len);
	out[s.len] = '\0';
}

bool cla_base_name_read(struct cla_str s, struct cla_base_name *ret)
{
	struct cla_str clara, country, slug, month, revision, rest;
	struct cla_base_name b;
	struct cla_month m;

	if (s.len > 60 || !cla_str_cut(s, '_', &clara, &rest) || !cla_str_eqc(clara, "clara") ||
	    !cla_str_cut(rest, '_', &country, &rest) || !cla_str_cut(rest, '_', &slug, &rest) ||
	    !cla_str_cut(rest, '_', &month, &revision))
		return false;
	if (!cla_str_eqc(country, "mx") && !cla_str_eqc(country, "br") &&
	    !cla_str_eqc(country, "co"))
		return false;
	if (!is_slug(slug) || slug.len > 30 || !cla_month_parse(month, &m))
		return false;
	if (revision.len < 2 || revision.ptr[0] != 'r' ||
	    (revision.ptr[1] == '0' && revision.len > 2) ||
	    !cla_str_to_u64(after(revision, "r"), &b.revision))
		return false;
	keep(s, b.text);
	keep(country, b.country);
	keep(slug, b.slug);
	keep(month, b.month);
	*ret = b;
	return true;
}
