/* dfe_rules.c - the rules of CT-e, MDF-e, NFS-e and their events, one row each.
 *
 * The first part of an id says what a row holds for: "dfe." a CT-e or MDF-e, "dfe-event." an event of
 * one, "nfse.", "nfse-event."; rows of one kind stand together. Codes are SEFAZ's rejection numbers where
 * CT-e and MDF-e have the same one; NFS-e has none that we have read.
 */
#include "fiscal/dfe.h"

#include <string.h>

#define TEXT(en, es, pt)                                                                           \
	{                                                                                          \
		{                                                                                  \
			[CLA_LANG_EN] = en, [CLA_LANG_ES] = es, [CLA_LANG_PT] = pt                 \
		}                                                                                  \
	}

#define IDENTITY CLA_CHECK_IDENTITY
#define FAIL CLA_VERDICT_FAIL

/*
 * Key and Id
 */

static void id_form(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_dfe *d = cla_dfe_of(c);

	if (d->body && !d->key.len)
		cla_case_fail(c, r, d->inf ? d->inf : d->body, "Id", CLA_STR_NONE,
			      cla_xml_attr(d->inf, "Id"));
}

static void key_digit(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_dfe *d = cla_dfe_of(c);
	bool right = d->family->kind == CLA_DOC_NFSE ? cla_nfse_key_digit(d->key)
						     : cla_access_key_digit(d->key);

	if (d->key.len && !right)
		cla_case_fail(c, r, d->inf, "Id", CLA_STR_NONE, d->key);
}

/* The key of the document that an event names, form and digit. */
static void event_key(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_dfe *d = cla_dfe_of(c);
	bool note = d->form == CLA_DFE_NFSE_EVENT;
	const struct cla_xml *inf = note ? d->inner_inf : d->inf;
	const struct cla_xml *el = cla_dfe_find(d, inf, d->family->key);

	if (!(note ? cla_nfse_key_digit : cla_access_key_digit)(cla_xml_text(el)))
		cla_case_fail(c, r, el ? el : c->root, NULL, CLA_STR_NONE, cla_xml_text(el));
}

/* Id = "ID", type, key, sequence number in two places, three since CT-e 4.00. */
static void event_id(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_dfe *d = cla_dfe_of(c);
	struct cla_str id = cla_xml_attr(d->inf, "Id"), seq = cla_dfe_text(d, d->inf, "nSeqEvento");
	struct cla_str stem =
		cla_case_text(c, "ID" CLA_STR_FMT CLA_STR_FMT,
			      CLA_STR_ARG(cla_str_sub(d->type, 0, 6)), CLA_STR_ARG(d->key));
	struct cla_str tail = cla_str_sub(id, stem.len, id.len);
	uint64_t in_id, written;

	if (!cla_str_eq(cla_str_sub(id, 0, stem.len), stem) || tail.len < 2 || tail.len > 3 ||
	    !cla_str_to_u64(tail, &in_id) || !cla_str_to_u64(seq, &written) || in_id != written)
		cla_case_fail(c, r, d->inf ? d->inf : c->root, "Id",
			      cla_case_text(c, CLA_STR_FMT CLA_STR_FMT, CLA_STR_ARG(stem),
					    CLA_STR_ARG(cla_str_sub(seq, 0, 3))),
			      id);
}

/* Id = "EVT", key, type, and in the layout 1.01 the number of the request in three places. */
static void nfse_event_id(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_dfe *d = cla_dfe_of(c);
	struct cla_str id = cla_xml_attr(d->inf, "Id");
	struct cla_str due = cla_case_text(c, "EVT" CLA_STR_FMT CLA_STR_FMT, CLA_STR_ARG(d->key),
					   CLA_STR_ARG(d->type));
	struct cla_str tail = cla_str_sub(id, due.len, id.len);

	if (d->body && (!cla_str_starts(id, "EVT") || !d->key.len || !d->type.len ||
			!cla_str_eq(cla_str_sub(id, 0, due.len), due) ||
			(tail.len && (tail.len != 3 || !cla_str_digits(tail)))))
		cla_case_fail(c, r, d->inf ? d->inf : d->body, "Id", due, id);
}

static const struct cla_rule rules[] = {
	/* CT-e, MDF-e */
	{ "dfe.id-form", "227", IDENTITY, FAIL, NULL, NULL, id_form,
	  TEXT("Id is not the literal of its kind and an access key of 44 places",
	       "Id no es el literal de su tipo más una clave de acceso de 44 posiciones",
	       "O Id não é o literal do seu tipo seguido da chave de acesso de 44 posições") },
	{ "dfe.key-digit", "236", IDENTITY, FAIL, NULL, NULL, key_digit,
	  TEXT("Access key: wrong check digit", "Clave de acceso: dígito verificador incorrecto",
	       "Chave de acesso com dígito verificador inválido") },

	/* their events */
	{ "dfe-event.id", NULL, IDENTITY, FAIL, NULL, NULL, event_id,
	  TEXT("Id is not \"ID\", type, key and sequence number of the event",
	       "Id no es \"ID\", tipo, clave y número de secuencia del evento",
	       "O Id não corresponde a \"ID\", tipo, chave e sequência do evento") },
	{ "dfe-event.key", "236", IDENTITY, FAIL, NULL, NULL, event_key,
	  TEXT("Access key of the document is wrong",
	       "La clave de acceso del documento es incorrecta",
	       "Chave de acesso do documento inválida") },

	/* NFS-e */
	{ "nfse.id-form", NULL, IDENTITY, FAIL, NULL, NULL, id_form,
	  TEXT("Id is not \"NFS\" and a key of 50 places",
	       "Id no es \"NFS\" más una clave de 50 posiciones",
	       "O Id não é \"NFS\" seguido da chave de 50 posições") },
	{ "nfse.key-digit", NULL, IDENTITY, FAIL, NULL, NULL, key_digit,
	  TEXT("Key of the NFS-e: wrong check digit",
	       "Clave de la NFS-e: dígito verificador incorrecto",
	       "Chave da NFS-e com dígito verificador inválido") },

	/* its events */
	{ "nfse-event.id", NULL, IDENTITY, FAIL, NULL, NULL, nfse_event_id,
	  TEXT("Id is not \"EVT\", key and type of the event",
	       "Id no es \"EVT\", clave y tipo del evento",
	       "O Id não corresponde a \"EVT\", chave e tipo do evento") },
	{ "nfse-event.key", NULL, IDENTITY, FAIL, NULL, NULL, event_key,
	  TEXT("Key of the NFS-e is wrong", "La clave de la NFS-e es incorrecta",
	       "Chave da NFS-e inválida") },
};

const struct cla_rule_table cla_dfe_rules = { "dfe", rules, CLA_LEN(rules) };

void cla_dfe_run(struct cla_case *c)
{
	static const char *const prefixes[] = {
		[CLA_DFE_DOCUMENT] = "dfe.",
		[CLA_DFE_EVENT] = "dfe-event.",
		[CLA_DFE_NFSE] = "nfse.",
		[CLA_DFE_NFSE_EVENT] = "nfse-event.",
	};
	const char *prefix = prefixes[cla_dfe_of(c)->form];
	size_t from = 0, to;

	while (from < CLA_LEN(rules) && strncmp(rules[from].id, prefix, strlen(prefix)) != 0)
		from++;
	for (to = from; to < CLA_LEN(rules); to++) {
		if (strncmp(rules[to].id, prefix, strlen(prefix)) != 0)
			break;
	}
	cla_rules_run(c, rules + from, to - from);
}
