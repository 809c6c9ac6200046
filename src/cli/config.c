/* cli/config.c - reads the configuration in two steps: lines into a table of raw values, then raw
 * values, overridden by the environment, into checked entities. */
#include "cli/config.h"

#include "base/file.h"
#include "ini/ini.h"
#include "model/id/taxid.h"

#include <stdlib.h>
#include <string.h>

#define NAME_MAX_BYTES 40
#define ENTITIES_MAX 1000
#define LIST_MAX 64 /* elements of a comma list */
#define FILE_MAX (1024 * 1024)
#define TEXT_MAX 8192

enum key {
	KEY_COUNTRY,
	KEY_ENVIRONMENT,
	KEY_TAX_ID,
	KEY_NAME,
	KEY_CREDENTIALS,
	KEY_CLIENT_CERT,
	KEY_CLIENT_KEY,
	KEY_CA_FILE,
	KEY_BASE_URL,
	KEY_DOWNLOAD_HOSTS,
	KEY_MAX_IN_FLIGHT,
	KEY_MAX_FILE,
	KEY_MONTH_BASIS,
	KEY_SEAL_CERT,
	KEY_SEAL_KEY,
	KEY_SEAL_PASS,
	KEY_SALT_KEY,
	KEY_TSA_URL,
	KEY_TSA_CA,
	KEY_RETAIN_YEARS,
	KEY_SISTERS,
	KEY_COUNT,
};

static const char *const key_names[KEY_COUNT] = {
	[KEY_COUNTRY] = "country",
	[KEY_ENVIRONMENT] = "environment",
	[KEY_TAX_ID] = "tax_id",
	[KEY_NAME] = "name",
	[KEY_CREDENTIALS] = "credentials",
	[KEY_CLIENT_CERT] = "client_cert",
	[KEY_CLIENT_KEY] = "client_key",
	[KEY_CA_FILE] = "ca_file",
	[KEY_BASE_URL] = "base_url",
	[KEY_DOWNLOAD_HOSTS] = "download_hosts",
	[KEY_MAX_IN_FLIGHT] = "max_in_flight",
	[KEY_MAX_FILE] = "max_file",
	[KEY_MONTH_BASIS] = "month_basis",
	[KEY_SEAL_CERT] = "seal_cert",
	[KEY_SEAL_KEY] = "seal_key",
	[KEY_SEAL_PASS] = "seal_pass",
	[KEY_SALT_KEY] = "salt_key",
	[KEY_TSA_URL] = "tsa_url",
	[KEY_TSA_CA] = "tsa_ca",
	[KEY_RETAIN_YEARS] = "retain_years",
	[KEY_SISTERS] = "sister_tax_ids",
};

/* A value and where it stands. */
struct raw {
	struct cla_str text; /* absent: not given */
	unsigned line;
	const char *variable; /* of the environment, NULL when it stands in the file */
};

struct section {
	struct section *next;
	const char *name; /* of the entity; NULL for [defaults] */
	unsigned line;
	struct raw values[KEY_COUNT];
};

struct reader {
	struct cla_config *config;
	cla_env_fn *env;
	const char *folder; /* of the file, "" for the current one */
	struct section *sections, **end, *now;
	struct section *defaults;
	struct raw data_dir;
	size_t count;
};

void cla_config_slug(const char *name, char out[31])
{
	size_t i;

	for (i = 0; name[i] && i < 30; i++) {
		char c = name[i];

		if (c >= 'A' && c <= 'Z')
			c = (char)(c - 'A' + 'a');
		out[i] = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ? c : '-';
	}
	out[i] = '\0';
}

static const char *keep(struct cla_config *config, struct cla_str s)
{
	bool ok = true;

	return cla_arena_str(&config->arena, s, &ok).ptr;
}

/* ---- lines into raw values
 * --------------------------------------------------------------------------------------- */

static bool begin_section(struct reader *r, struct cla_str title, unsigned line,
			  struct cla_err *err)
{
	struct cla_str kind = title, name = CLA_STR_NONE;
	size_t blank = cla_str_find(title, ' ');

	if (blank < title.len) {
		kind = cla_str_sub(title, 0, blank);
		name = cla_str_trim(cla_str_sub(title, blank, title.len));
	}
	bool defaults = cla_str_eqc(kind, "defaults") && cla_str_absent(name);
	if (!defaults && (!cla_str_eqc(kind, "entity") || !name.len))
		return cla_err_set(err, CLA_ERR_CONFIG,
				   "unknown section '[" CLA_STR_FMT
				   "]': there are [defaults] and [entity NAME]",
				   CLA_STR_ARG(title));
	if (defaults && r->defaults)
		return cla_err_set(err, CLA_ERR_CONFIG,
				   "second section [defaults], the first is in line %u",
				   r->defaults->line);
	if (name.len > NAME_MAX_BYTES)
		return cla_err_set(err, CLA_ERR_CONFIG, "name of the entity over %d bytes",
				   NAME_MAX_BYTES);
	if (!cla_utf8_valid(title, NULL))
		return cla_err_set(err, CLA_ERR_CONFIG, "name of the entity is not UTF-8");
	for (const struct section *s = r->sections; !defaults && s; s = s->next)
		if (cla_str_eqc(name, s->name))
			return cla_err_set(err, CLA_ERR_CONFIG,
					   "second entity '%s', the first is in line %u", s->name,
					   s->line);
	if (!defaults && ++r->count > ENTITIES_MAX)
		return cla_err_set(err, CLA_ERR_CONFIG, "over %d entities", ENTITIES_MAX);

	struct section *s = cla_arena_alloc(&r->config->arena, sizeof(*s));
	if (!s)
		return cla_err_oom(err);
	s->line = line;
	r->now = s;
	if (defaults) {
		r->defaults = s;
		return true;
	}
	s->name = keep(r->config, name);
	*r->end = s;
	r->end = &s->next;
	return s->name || cla_err_oom(err);
}

static bool take_value(struct reader *r, struct raw *slot, struct cla_str key, struct cla_str value,
		       unsigned line, struct cla_err *err)
{
	bool ok = true;

	if (!cla_str_absent(slot->text))
		return cla_err_set(err, CLA_ERR_CONFIG,
				   "second '" CLA_STR_FMT "', the first is in line %u",
				   CLA_STR_ARG(key), slot->line);
	if (!value.len)
		return cla_err_set(err, CLA_ERR_CONFIG, "'" CLA_STR_FMT "' has no value",
				   CLA_STR_ARG(key));
	if (!cla_utf8_valid(value, NULL))
		return cla_err_set(err, CLA_ERR_CONFIG, "value of '" CLA_STR_FMT "' is not UTF-8",
				   CLA_STR_ARG(key));
	slot->text = cla_arena_str(&r->config->arena, value, &ok);
	slot->line = line;
	return ok || cla_err_oom(err);
}

static bool on_line(void *ctx, struct cla_str section, struct cla_str name, struct cla_str value,
		    unsigned line, struct cla_err *err)
{
	struct reader *r = ctx;

	if (cla_str_absent(name))
		return begin_section(r, section, line, err);
	if (!r->now)
		return cla_err_set(err, CLA_ERR_CONFIG,
				   "'" CLA_STR_FMT "' stands before the first section",
				   CLA_STR_ARG(name));
	bool defaults = r->now == r->defaults;
	if (defaults && cla_str_eqc(name, "data_dir"))
		return take_value(r, &r->data_dir, name, value, line, err);
	for (size_t key = 0; !defaults && key < KEY_COUNT; key++)
		if (cla_str_eqc(name, key_names[key]))
			return take_value(r, &r->now->values[key], name, value, line, err);
	return cla_err_set(err, CLA_ERR_CONFIG, "unknown key '" CLA_STR_FMT "' in [%s]",
			   CLA_STR_ARG(name), defaults ? "defaults" : "entity");
}

/* ---- the environment over them
 * ------------------------------------------------------------------------------------ */

static void add_upper(struct cla_buf *out, const char *s)
{
	for (; *s; s++) {
		char c = *s;

		if (c >= 'a' && c <= 'z')
			c = (char)(c - 'a' + 'A');
		cla_buf_byte(out, (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ? c : '_');
	}
}

static bool override(struct reader *r, const char *entity, const char *key, struct raw *slot,
		     struct cla_err *err)
{
	cla_auto_buf struct cla_buf variable = CLA_BUF_INIT(256);

	cla_buf_addc(&variable, "CLARA_AUDIT_");
	if (entity) {
		add_upper(&variable, entity);
		cla_buf_byte(&variable, '_');
	}
	add_upper(&variable, key);
	const char *value =
		r->env && cla_buf_ok(&variable, NULL) ? r->env(cla_buf_cstr(&variable)) : NULL;
	if (!value || !*value)
		return true;
	const char *name = keep(r->config, cla_buf_str(&variable)),
		   *text = keep(r->config, cla_str_from(value));
	if (!name || !text)
		return cla_err_oom(err);
	*slot = (struct raw){ .text = cla_str_from(text), .variable = name };
	return cla_utf8_valid(slot->text, NULL) ||
	       cla_err_set(err, CLA_ERR_CONFIG, "environment %s: not UTF-8", name);
}

static bool override_all(struct reader *r, struct cla_err *err)
{
	if (!override(r, NULL, "data_dir", &r->data_dir, err))
		return false;
	for (struct section *s = r->sections; s; s = s->next)
		for (size_t key = 0; key < KEY_COUNT; key++)
			if (!override(r, s->name, key_names[key], &s->values[key], err))
				return false;
	return true;
}

/* ---- raw values into an entity
 * ------------------------------------------------------------------------------------ */

/* "file:line: …" or "environment NAME: …"; always false. */
static bool wrong(const struct reader *r, const struct raw *raw, struct cla_err *err,
		  const char *why)
{
	if (raw->variable)
		return cla_err_set(err, CLA_ERR_CONFIG, "environment %s: %s", raw->variable, why);
	return cla_err_set(err, CLA_ERR_CONFIG, "%s:%u: %s", r->config->path, raw->line, why);
}

static bool warn(struct reader *r, const struct raw *raw, const char *what, struct cla_err *err)
{
	cla_auto_buf struct cla_buf text = CLA_BUF_INIT(TEXT_MAX);
	struct cla_config *c = r->config;

	if (!c->warnings)
		c->warnings = cla_arena_array(&c->arena, r->count, sizeof(*c->warnings));
	if (raw->variable)
		cla_buf_addf(&text, "environment %s: %s", raw->variable, what);
	else
		cla_buf_addf(&text, "%s:%u: %s", c->path, raw->line, what);
	const char *kept = c->warnings ? keep(c, cla_buf_str(&text)) : NULL;
	if (!kept)
		return cla_err_oom(err);
	c->warnings[c->warning_count++] = kept;
	return true;
}

/* Home folder expanded, relative to the file's folder (a variable's: to the current one). */
static bool path_value(struct reader *r, const struct raw *raw, const char **ret,
		       struct cla_err *err)
{
	cla_auto_buf struct cla_buf path = CLA_BUF_INIT(TEXT_MAX);
	const char *text = raw->text.ptr;

	if (cla_str_absent(raw->text))
		return true;
	if (!strcmp(text, "~") || !strncmp(text, "~/", 2)) {
		const char *home = r->env ? r->env("HOME") : NULL;

		if (!home)
			return wrong(r, raw, err, "'~' is used, but HOME is not set");
		if (!cla_path_join(&path, home, text[1] ? text + 2 : "", err))
			return false;
	} else if (!cla_path_join(&path, raw->variable ? "" : r->folder, text, err)) {
		return false;
	}
	*ret = keep(r->config, cla_buf_str(&path));
	return *ret || cla_err_oom(err);
}

static bool text_value(const struct raw *raw, const char **ret)
{
	*ret = raw->text.ptr; /* kept in the arena with its NUL, or absent */
	return true;
}

/* The place of the value in a list of words. */
static bool word_value(const struct reader *r, const struct raw *raw, const char *const *words,
		       size_t count, const char *why, size_t *ret, struct cla_err *err)
{
	if (cla_str_absent(raw->text))
		return true;
	for (size_t i = 0; i < count; i++) {
		if (cla_str_eqc(raw->text, words[i])) {
			*ret = i;
			return true;
		}
	}
	return wrong(r, raw, err, why);
}

static bool number_value(const struct reader *r, const struct raw *raw, uint64_t least,
			 uint64_t most, const char *why, unsigned *ret, struct cla_err *err)
{
	uint64_t n;

	if (cla_str_absent(raw->text))
		return true;
	if (!cla_str_to_u64(raw->text, &n) || n < least || n > most)
		return wrong(r, raw, err, why);
	*ret = (unsigned)n;
	return true;
}

static bool country(const struct reader *r, const struct section *s, struct cla_entity *e,
		    struct cla_err *err)
{
	static const char *const words[] = {
		[CLA_COUNTRY_MX] = "mx",
		[CLA_COUNTRY_BR] = "br",
		[CLA_COUNTRY_CO] = "co",
	};
	const struct raw *raw = &s->values[KEY_COUNTRY];
	size_t i = 0;

	if (cla_str_absent(raw->text))
		return cla_err_set(err, CLA_ERR_CONFIG, "%s:%u: entity '%s' has no country",
				   r->config->path, s->line, s->name);
	if (!word_value(r, raw, words, CLA_LEN(words), "country is mx, br or co", &i, err))
		return false;
	e->country = (enum cla_country)i;
	return true;
}

enum form { FORM_GOOD, FORM_DIGITS, FORM_BAD };

/* Three or four letters (Ñ and & among them), six digits, three letters or digits. */
static bool rfc_shape(struct cla_str s)
{
	size_t at = 0, letters = 0;

	for (; at < s.len; letters++) {
		if (cla_str_starts(cla_str_sub(s, at, 2), "Ñ"))
			at += 2;
		else if ((s.ptr[at] >= 'A' && s.ptr[at] <= 'Z') || s.ptr[at] == '&')
			at++;
		else
			break;
	}
	struct cla_str rest = cla_str_sub(s, at, s.len);
	if ((letters != 3 && letters != 4) || rest.len != 9 ||
	    !cla_str_digits(cla_str_sub(rest, 0, 6)))
		return false;
	for (size_t i = 6; i < 9; i++)
		if (!(rest.ptr[i] >= '0' && rest.ptr[i] <= '9') &&
		    !(rest.ptr[i] >= 'A' && rest.ptr[i] <= 'Z'))
			return false;
	return true;
}

/* Form is what the configuration insists on; check digits are left to a warning, since authorities
 * have issued ids with others. */
static enum form tax_id_form(enum cla_country where, struct cla_str id)
{
	char plain[CLA_TAXID_MAX];

	if (!cla_taxid_normalize(id, plain))
		return FORM_BAD;
	struct cla_str s = cla_str_from(plain);
	switch (where) {
	case CLA_COUNTRY_MX:
		if (!rfc_shape(s))
			return FORM_BAD;
		return cla_rfc_check(s) == CLA_RFC_BAD || cla_rfc_check(s) == CLA_RFC_DIGIT
			       ? FORM_DIGITS
			       : FORM_GOOD;
	case CLA_COUNTRY_BR:
		if (s.len != 14 || !cla_str_digits(cla_str_sub(s, 12, 2)))
			return FORM_BAD;
		for (size_t i = 0; i < s.len; i++)
			if (!(s.ptr[i] >= '0' && s.ptr[i] <= '9') &&
			    !(s.ptr[i] >= 'A' && s.ptr[i] <= 'Z'))
				return FORM_BAD;
		return cla_cnpj_valid(s) ? FORM_GOOD : FORM_DIGITS;
	case CLA_COUNTRY_CO:
	default:
		if (s.len < 6 || s.len > 15 || !cla_str_digits(s))
			return FORM_BAD;
		return cla_nit_valid(s) ? FORM_GOOD : FORM_DIGITS;
	}
}

static bool tax_id(struct reader *r, const struct section *s, struct cla_entity *e,
		   struct cla_err *err)
{
	static const char *const why[] = {
		[CLA_COUNTRY_MX] = "tax_id is not an RFC (12 or 13 characters)",
		[CLA_COUNTRY_BR] = "tax_id is not a CNPJ (14 places)",
		[CLA_COUNTRY_CO] = "tax_id is not a NIT (digits)",
	};
	const struct raw *raw = &s->values[KEY_TAX_ID];

	if (cla_str_absent(raw->text))
		return cla_err_set(err, CLA_ERR_CONFIG, "%s:%u: entity '%s' has no tax_id",
				   r->config->path, s->line, s->name);
	enum form form = tax_id_form(e->country, raw->text);
	if (form == FORM_BAD)
		return wrong(r, raw, err, why[e->country]);
	e->tax_id = raw->text.ptr;
	return form == FORM_GOOD ||
	       warn(r, raw, "date or check digit of tax_id does not fit: mistyped?", err);
}

/* host[:port], lower or upper case ASCII; a leading "*." where `pattern`. */
static bool host_form(struct cla_str s, bool pattern)
{
	struct cla_str host, port;
	uint64_t n;

	if (cla_str_cut(s, ':', &host, &port) &&
	    (!cla_str_to_u64(port, &n) || n < 1 || n > 65535 || port.len > 5))
		return false;
	if (pattern && cla_str_starts(host, "*."))
		host = cla_str_sub(host, 2, host.len);
	if (!host.len || host.len > 253 || host.ptr[0] == '.' || host.ptr[0] == '-')
		return false;
	for (size_t i = 0; i < host.len; i++) {
		char c = host.ptr[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') &&
		    c != '-' && c != '.')
			return false;
		if (c == '.' && (i + 1 == host.len || host.ptr[i + 1] == '.'))
			return false;
	}
	return true;
}

static bool base_url(struct reader *r, const struct section *s, struct cla_entity *e,
		     struct cla_err *err)
{
	/* reference: the API's introduction names one host per country */
	static const char *const defaults[] = {
		[CLA_COUNTRY_MX] = "https://public-api.mx.clara.com",
		[CLA_COUNTRY_BR] = "https://public-api.br.clara.com",
		[CLA_COUNTRY_CO] = "https://public-api.co.clara.com",
	};
	struct raw raw = s->values[KEY_BASE_URL];

	e->base_url = defaults[e->country];
	if (cla_str_absent(raw.text))
		return true;
	if (cla_str_starts(raw.text, "replay:")) {
		raw.text = cla_str_sub(raw.text, 7, raw.text.len);
		if (!raw.text.len)
			return wrong(r, &raw, err, "base_url names no folder after 'replay:'");
		e->base_url = "replay";
		return path_value(r, &raw, &e->replay_dir, err);
	}
	if (!cla_str_starts(raw.text, "https://"))
		return wrong(r, &raw, err, "base_url begins with https:// or replay:");
	struct cla_str host = cla_str_sub(raw.text, 8, raw.text.len);
	if (cla_str_ends(host, "/"))
		host.len--;
	if (!host_form(host, false))
		return wrong(r, &raw, err,
			     "base_url is https://host or https://host:port, without path");
	e->base_url = keep(r->config, cla_str_sub(raw.text, 0, 8 + host.len));
	return e->base_url || cla_err_oom(err);
}

/* A comma list; `fits` refuses an element. NULL-terminated into *ret. */
static bool list_value(struct reader *r, const struct raw *raw, bool (*fits)(struct cla_str s),
		       const char *why, const char ***ret, size_t *count, struct cla_err *err)
{
	struct cla_str rest = raw->text, item;
	size_t n = 0;

	*count = 0;
	if (cla_str_absent(rest))
		return true;
	const char **list = cla_arena_array(&r->config->arena, LIST_MAX + 1, sizeof(*list));
	if (!list)
		return cla_err_oom(err);
	while (!cla_str_absent(rest)) {
		cla_str_cut(rest, ',', &item, &rest);
		item = cla_str_trim(item);
		if (n == LIST_MAX || !item.len || !fits(item))
			return wrong(r, raw, err, why);
		list[n] = keep(r->config, item);
		if (!list[n++])
			return cla_err_oom(err);
	}
	*ret = list;
	*count = n;
	return true;
}

static bool is_pattern(struct cla_str s)
{
	return host_form(s, true);
}

static bool is_tax_id(struct cla_str s)
{
	char plain[CLA_TAXID_MAX];

	return s.len >= 6 && cla_taxid_normalize(s, plain);
}

static bool hosts(struct reader *r, const struct section *s, struct cla_entity *e,
		  struct cla_err *err)
{
	const char **list = NULL;
	size_t count;

	if (!list_value(r, &s->values[KEY_DOWNLOAD_HOSTS], is_pattern,
			"download_hosts is a comma list of host, host:port or *.domain", &list,
			&count, err))
		return false;
	e->download_hosts = list;
	return true;
}

/* The other companies of the group: those named, and all other entities of the file. */
static bool sisters(struct reader *r, const struct section *s, size_t self, struct cla_err *err)
{
	struct cla_config *c = r->config;
	const char **named = NULL;
	size_t count, n = 0;

	if (!list_value(r, &s->values[KEY_SISTERS], is_tax_id,
			"sister_tax_ids is a comma list of tax ids", &named, &count, err))
		return false;
	const char **all = cla_arena_array(&c->arena, count + c->count + 1, sizeof(*all));
	if (!all)
		return cla_err_oom(err);
	for (size_t i = 0; i < count; i++)
		all[n++] = named[i];
	for (size_t i = 0; i < c->count; i++) {
		/* Two entities of one company (two card programmes) are no sisters. */
		if (i != self && !cla_taxid_same(cla_str_from(c->entities[i].tax_id),
						 cla_str_from(c->entities[self].tax_id)))
			all[n++] = c->entities[i].tax_id;
	}
	c->entities[self].sisters = all;
	return true;
}

/* Keys that are of no use alone. */
static bool together(const struct reader *r, const struct section *s, enum key a, enum key b,
		     struct cla_err *err)
{
	bool has_a = !cla_str_absent(s->values[a].text), has_b = !cla_str_absent(s->values[b].text);

	if (has_a == has_b)
		return true;
	return cla_err_set(err, CLA_ERR_CONFIG, "%s:%u: entity '%s' has %s but no %s",
			   r->config->path, s->line, s->name, key_names[has_a ? a : b],
			   key_names[has_a ? b : a]);
}

static bool paths(struct reader *r, const struct section *s, struct cla_entity *e,
		  struct cla_err *err)
{
	return path_value(r, &s->values[KEY_CREDENTIALS], &e->credentials, err) &&
	       path_value(r, &s->values[KEY_CLIENT_CERT], &e->client_cert, err) &&
	       path_value(r, &s->values[KEY_CLIENT_KEY], &e->client_key, err) &&
	       path_value(r, &s->values[KEY_CA_FILE], &e->ca_file, err) &&
	       path_value(r, &s->values[KEY_SEAL_CERT], &e->seal_cert, err) &&
	       path_value(r, &s->values[KEY_SEAL_KEY], &e->seal_key, err) &&
	       path_value(r, &s->values[KEY_SALT_KEY], &e->salt_key, err) &&
	       path_value(r, &s->values[KEY_TSA_CA], &e->tsa_ca, err);
}

static bool choices(struct reader *r, const struct section *s, struct cla_entity *e,
		    struct cla_err *err)
{
	static const char *const environments[] = { "production", "sandbox" };
	static const char *const bases[] = {
		[CLA_BASIS_OPERATION] = "operation",
		[CLA_BASIS_ACCOUNTING] = "accounting",
	};
	/* How long receipts are kept by law in each country, rounded up to what auditors ask for.
	 */
	static const unsigned years[] = {
		[CLA_COUNTRY_MX] = 10, [CLA_COUNTRY_BR] = 11, [CLA_COUNTRY_CO] = 10
	};
	size_t environment = 0, basis = 0;

	e->max_in_flight = 64;
	e->max_file_mib = 512;
	e->retain_years = years[e->country];
	if (!word_value(r, &s->values[KEY_ENVIRONMENT], environments, CLA_LEN(environments),
			"environment is production or sandbox", &environment, err) ||
	    !word_value(r, &s->values[KEY_MONTH_BASIS], bases, CLA_LEN(bases),
			"month_basis is operation or accounting", &basis, err) ||
	    !number_value(r, &s->values[KEY_MAX_IN_FLIGHT], 1, 1024,
			  "max_in_flight is a number from 1 to 1024", &e->max_in_flight, err) ||
	    !number_value(r, &s->values[KEY_MAX_FILE], 1, 8191, /* what a bundle can hold */
			  "max_file is a number of MiB from 1 to 8191", &e->max_file_mib, err) ||
	    !number_value(r, &s->values[KEY_RETAIN_YEARS], 5, 30,
			  "retain_years is a number from 5 to 30", &e->retain_years, err))
		return false;
	e->sandbox = environment == 1;
	e->basis = (enum cla_basis)basis;
	return true;
}

/* What is written here names a place: a passphrase itself is refused without being repeated. */
static bool pass_value(struct reader *r, const struct raw *raw, struct cla_pass *ret,
		       struct cla_err *err)
{
	static const char why[] = "seal_pass is file:PATH, fd:NUMBER or command:LINE, never the "
				  "passphrase itself";
	struct cla_str kind, rest;
	uint64_t n;

	if (cla_str_absent(raw->text))
		return true;
	if (!cla_str_cut(raw->text, ':', &kind, &rest) || !rest.len)
		return wrong(r, raw, err, why);
	if (cla_str_eqc(kind, "file")) {
		struct raw path = *raw;

		path.text = rest;
		ret->from = CLA_PASS_FILE;
		return path_value(r, &path, &ret->text, err);
	}
	if (cla_str_eqc(kind, "fd")) {
		ret->from = CLA_PASS_FD;
		if (!cla_str_to_u64(rest, &n) || n < 3 || n > 1023)
			return wrong(r, raw, err, "seal_pass = fd:NUMBER takes one from 3 to 1023");
		ret->fd = (int)n;
		return true;
	}
	ret->from = CLA_PASS_COMMAND;
	ret->text = rest.ptr; /* ends where the value does, with its NUL */
	return cla_str_eqc(kind, "command") || wrong(r, raw, err, why);
}

static bool seal(struct reader *r, const struct section *s, struct cla_entity *e,
		 struct cla_err *err)
{
	static const enum key needing[] = { KEY_SEAL_CERT, KEY_SEAL_PASS };

	for (size_t i = 0; i < CLA_LEN(needing); i++)
		if (!cla_str_absent(s->values[needing[i]].text) &&
		    cla_str_absent(s->values[KEY_SEAL_KEY].text))
			return cla_err_set(
				err, CLA_ERR_CONFIG, "%s:%u: entity '%s' has %s but no seal_key",
				r->config->path, s->line, s->name, key_names[needing[i]]);
	return pass_value(r, &s->values[KEY_SEAL_PASS], &e->seal_pass, err);
}

static bool tsa(const struct reader *r, const struct section *s, struct cla_entity *e,
		struct cla_err *err)
{
	const struct raw *raw = &s->values[KEY_TSA_URL];

	if (!cla_str_absent(raw->text) && !cla_str_starts(raw->text, "https://") &&
	    !cla_str_starts(raw->text, "http://"))
		return wrong(r, raw, err, "tsa_url begins with https:// or http://");
	return text_value(raw, &e->tsa_url);
}

static bool entity(struct reader *r, const struct section *s, struct cla_entity *e,
		   struct cla_err *err)
{
	e->name = s->name;
	cla_config_slug(s->name, e->slug);
	for (const struct cla_entity *other = r->config->entities; other < e; other++)
		if (!strcmp(other->slug, e->slug))
			return cla_err_set(
				err, CLA_ERR_CONFIG,
				"%s:%u: entities '%s' and '%s' would share the file name '%s'",
				r->config->path, s->line, other->name, e->name, e->slug);
	return country(r, s, e, err) && tax_id(r, s, e, err) &&
	       text_value(&s->values[KEY_NAME], &e->legal_name) && base_url(r, s, e, err) &&
	       hosts(r, s, e, err) && choices(r, s, e, err) && paths(r, s, e, err) &&
	       tsa(r, s, e, err) && together(r, s, KEY_CLIENT_CERT, KEY_CLIENT_KEY, err) &&
	       seal(r, s, e, err);
}

static bool resolve(struct reader *r, struct cla_err *err)
{
	struct cla_config *c = r->config;
	size_t i = 0;

	c->entities = cla_arena_array(&c->arena, r->count + 1, sizeof(*c->entities));
	c->chosen = cla_arena_array(&c->arena, r->count + 1, sizeof(*c->chosen));
	if (!c->entities || !c->chosen)
		return cla_err_oom(err);
	if (!override_all(r, err) || !path_value(r, &r->data_dir, &c->data_dir, err))
		return false;
	for (const struct section *s = r->sections; s; s = s->next)
		if (!entity(r, s, &c->entities[c->count++], err))
			return false;
	for (const struct section *s = r->sections; s; s = s->next)
		if (!sisters(r, s, i++, err))
			return false;
	return true;
}

bool cla_config_parse(const char *path, struct cla_str text, cla_env_fn *env,
		      struct cla_config **ret, struct cla_err *err)
{
	cla_auto_config struct cla_config *config = calloc(1, sizeof(*config));
	struct reader r = { .config = config, .env = env };
	const char *slash = strrchr(path, '/');

	if (!config)
		return cla_err_oom(err);
	r.end = &r.sections;
	config->path = keep(config, cla_str_from(path));
	r.folder = keep(config,
			slash ? (struct cla_str){ path, (size_t)(slash - path) + 1 } : CLA_STR(""));
	if (!config->path || !r.folder)
		return cla_err_oom(err);
	if (!cla_ini_parse(path, text, on_line, &r, err) || !resolve(&r, err))
		return false;
	*ret = cla_steal(&config);
	return true;
}

bool cla_config_load(const char *path, cla_env_fn *env, struct cla_config **ret,
		     struct cla_err *err)
{
	cla_auto_buf struct cla_buf text = CLA_BUF_INIT(FILE_MAX);

	return cla_file_read(path, &text, err) &&
	       cla_config_parse(path, cla_buf_str(&text), env, ret, err);
}

void cla_config_free(struct cla_config *config)
{
	if (!config)
		return;
	cla_arena_clear(&config->arena);
	free(config);
}
