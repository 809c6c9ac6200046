/* clara/hosts.c - host names against patterns. */
#include "clara/hosts.h"

#include <string.h>

static bool ends_nocase(struct cla_str s, const char *suffix, struct cla_str *before)
{
	size_t len = strlen(suffix);

	if (s.len < len ||
	    !cla_str_eq_nocase(cla_str_sub(s, s.len - len, len), (struct cla_str){ suffix, len }))
		return false;
	*before = cla_str_sub(s, 0, s.len - len);
	return true;
}

/* Letters, digits, '-' and single dots between them: no empty label, nothing that another reader
 * could take apart differently. A port has been cut off. */
static bool clean_name(struct cla_str name)
{
	bool label = false;

	for (size_t i = 0; i < name.len; i++) {
		char c = name.ptr[i];
		if (c == '.') {
			if (!label)
				return false;
			label = false;
		} else if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			   (c >= '0' && c <= '9') || c == '-' || c == '_') {
			label = true;
		} else {
			return false;
		}
	}
	return label;
}

static struct cla_str without_default_port(struct cla_str host)
{
	struct cla_str before;

	return ends_nocase(host, ":443", &before) ? before : host;
}

/* bucket.s3.amazonaws.com, bucket.s3.us-east-1.amazonaws.com; a bucket's name may hold dots. */
static bool s3_host(struct cla_str host)
{
	struct cla_str rest, bucket;

	if (!ends_nocase(host, ".amazonaws.com", &rest))
		return false;
	if (!ends_nocase(rest, ".s3", &bucket)) {
		size_t dot = rest.len;
		while (dot && rest.ptr[dot - 1] != '.')
			dot--;
		if (!dot || !ends_nocase(cla_str_sub(rest, 0, dot - 1), ".s3", &bucket))
			return false;
	}
	return clean_name(bucket) && clean_name(host);
}

static bool matches(const char *pattern, struct cla_str host)
{
	struct cla_str p = without_default_port(cla_str_from(pattern)), before;

	if (!cla_str_starts(p, "*."))
		return cla_str_eq_nocase(p, host);
	char suffix[256];
	return cla_str_cstr(cla_str_sub(p, 1, p.len), suffix, sizeof(suffix), NULL) &&
	       ends_nocase(host, suffix, &before) && clean_name(before);
}

enum cla_host cla_host_judge(const struct cla_entity *entity, struct cla_str host)
{
	host = without_default_port(host);
	if (!entity->download_hosts)
		return s3_host(host) ? CLA_HOST_ALLOWED : CLA_HOST_REFUSED;
	enum cla_host best = CLA_HOST_REFUSED;
	for (const char *const *p = entity->download_hosts; *p; p++) {
		if (!matches(*p, host))
			continue;
		if (!cla_str_starts(cla_str_from(*p), "*."))
			return CLA_HOST_NAMED;
		best = CLA_HOST_ALLOWED;
	}
	return best;
}
