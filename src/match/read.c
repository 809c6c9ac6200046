#include "match/match_priv.h"

#include <string.h>

/* "MXN" as a number; 0 for what is no currency code. */
static uint64_t currency_number(struct cla_str s)
{
	uint64_t n = 0;

	if (!s.len || s.len > sizeof(n))
		return 0;
	for (size_t i = 0; i < s.len; i++) {
		char c = s.ptr[i];
		if (c >= 'a' && c <= 'z')
			c = (char)(c - 32);
		n |= (uint64_t)(unsigned char)c << (8 * (sizeof(n) - 1 - i));
	}
	return n;
}

static struct cla_match_money read_money(struct cla_str amount, struct cla_str currency)
{
	return (struct cla_match_money){ .currency = currency_number(currency),
					 .amount = cla_dec_abs(cla_dec_parse(amount)),
					 .currency_text = currency };
}

static bool read_day(struct cla_str s, int64_t *day)
{
	struct cla_date date;

	if (!cla_date_parse(cla_str_sub(s, 0, 10), &date))
		return false;
	*day = cla_date_to_days(date);
	return true;
}

/* Numbers that are there and not zero. */
static struct cla_dec read_part(struct cla_str s)
{
	struct cla_dec d = cla_dec_parse(s);

	if (d.ok && !cla_dec_sign(d))
		d.ok = false;
	return d;
}

static bool one_of(struct cla_str s, const char *const *words)
{
	for (; *words; words++)
		if (cla_str_eqc(s, *words))
			return true;
	return false;
}

/* ---- merchants that are tipped ---- */

/* One letter in upper case without its accent; 0 where a word ends. *len: its bytes. */
static char plain_letter(struct cla_str s, size_t at, size_t *len)
{
	/* second bytes 0x80-0x9e of U+00C0-U+00DE; the small letters follow 0x20 later */
	static const char latin[] = "AAAAAAACEEEEIIII?NOOOOO?OUUUUY";
	unsigned char c = (unsigned char)s.ptr[at];

	*len = 1;
	if (c >= 'a' && c <= 'z')
		return (char)(c - 32);
	if ((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'))
		return (char)c;
	if (c != 0xc3 || at + 1 >= s.len)
		return 0;
	*len = 2;
	size_t i = ((unsigned char)s.ptr[at + 1] & 0x1f);
	return i < sizeof(latin) - 1 ? latin[i] : 0;
}

/* Only a name that says so: the API gives no category. */
static bool is_restaurant(struct cla_str merchant)
{
	static const char *const words[] = {
		"ASADOR",
		"BAR",
		"BISTRO",
		"BOTECO",
		"BURGER",
		"CAFE",
		"CAFETERIA",
		"CANTINA",
		"CERVECERIA",
		"CEVICHERIA",
		"CHURRASCARIA",
		"COCINA",
		"COFFEE",
		"COMEDOR",
		"FONDA",
		"GRILL",
		"HAMBURGUESERIA",
		"LANCHONETE",
		"MARISCOS",
		"MARISQUERIA",
		"PARRILLA",
		"PIZZA",
		"PIZZARIA",
		"PIZZERIA",
		"REST",
		"RESTAURANT",
		"RESTAURANTE",
		"RESTAURANTES",
		"SUSHI",
		"TACOS",
		"TAQUERIA",
		"TRATTORIA",
		NULL,
	};
	char word[24];
	size_t len = 0, bytes;

	for (size_t at = 0; at <= merchant.len; at += bytes) {
		bytes = 1;
		char c = at < merchant.len ? plain_letter(merchant, at, &bytes) : 0;
		if (c) {
			if (len < sizeof(word))
				word[len++] = c;
			continue;
		}
		if (len && one_of((struct cla_str){ word, len }, words))
			return true;
		len = 0;
	}
	return false;
}

/* ---- expenses ---- */

void cla_match_read_expense(const struct cla_match_opts *opts, const struct cla_match_expense *in,
			    struct cla_match_side *e)
{
	static const char *const free_types[] = { "FEE", "PAYMENT", "CREDIT", NULL };
	static const char *const dead_states[] = { "REJECTED", "FINANCE_REJECTED", "CANCELLED",
						   NULL };
	struct cla_str local = cla_str_from(cla_country_currency(opts->country));

	*e = (struct cla_match_side){ .in = *in };
	e->account = read_money(in->amount.amount,
				cla_str_absent(in->amount.currency) ? local : in->amount.currency);
	e->original = read_money(in->original.amount, in->original.currency);
	if (!e->original.amount.ok)
		e->original.currency = 0;
	e->tip = read_part(in->tip);
	if (cla_dec_sign(e->tip) < 0)
		e->tip.ok = false;
	e->has_day = read_day(in->date, &e->day);
	e->needed = !one_of(in->type, free_types) && !one_of(in->status, dead_states);
	e->refund = cla_str_eqc(in->type, "REFUND");
	e->restaurant = is_restaurant(in->merchant);
}

/* ---- documents ---- */

/* A NIT is written with its check digit or without. */
static bool same_nit(struct cla_str a, struct cla_str b)
{
	char x[CLA_TAXID_MAX], y[CLA_TAXID_MAX];

	if (!cla_taxid_normalize(a, x) || !cla_taxid_normalize(b, y))
		return false;
	struct cla_str shorter = cla_str_from(x), longer = cla_str_from(y);
	if (shorter.len > longer.len) {
		struct cla_str swap = shorter;
		shorter = longer;
		longer = swap;
	}
	return shorter.len + 1 == longer.len &&
	       cla_str_eq(cla_str_sub(longer, 0, shorter.len), shorter) && cla_nit_valid(longer);
}

static bool same_company(const struct cla_match_opts *opts, struct cla_str a, struct cla_str b)
{
	return cla_taxid_same(a, b) || (opts->country == CLA_COUNTRY_CO && same_nit(a, b));
}

static bool same_base(struct cla_str a, struct cla_str b)
{
	char x[CLA_TAXID_MAX], y[CLA_TAXID_MAX];

	return cla_taxid_normalize(a, x) && cla_taxid_normalize(b, y) && strlen(x) == 14 &&
	       strlen(y) == 14 && cla_cnpj_same_base(cla_str_from(x), cla_str_from(y));
}

enum cla_receiver cla_match_receiver(const struct cla_match_opts *opts, struct cla_str receiver)
{
	if (!receiver.len || !opts->tax_id.len)
		return CLA_RECEIVER_UNKNOWN;
	if (same_company(opts, receiver, opts->tax_id))
		return CLA_RECEIVER_OURS;
	for (const char *const *s = opts->sisters; s && *s; s++)
		if (same_company(opts, receiver, cla_str_from(*s)))
			return CLA_RECEIVER_SISTER;
	if (opts->country == CLA_COUNTRY_BR && same_base(receiver, opts->tax_id))
		return CLA_RECEIVER_SISTER;
	return CLA_RECEIVER_OTHER;
}

/* What the document's own type allows: CFDI TipoDeComprobante, NF-e finNFe (4 return, 5 credit
 * note), the name of DIAN's. */
static void read_type(struct cla_match_paper *d, struct cla_str type)
{
	static const char *const no_purchase[] = { "E", "P", "N", "T", NULL };

	switch (d->in.kind) {
	case CLA_DOC_CFDI:
		d->purchase = !one_of(type, no_purchase);
		d->refund = cla_str_eqc(type, "E");
		break;
	case CLA_DOC_NFE:
	case CLA_DOC_NFCE:
		d->refund = cla_str_eqc(type, "4");
		d->purchase = !d->refund && !cla_str_eqc(type, "5");
		break;
	case CLA_DOC_DIAN:
		d->refund = cla_str_eqc(type, "CreditNote");
		d->purchase = !d->refund && !cla_str_eqc(type, "ApplicationResponse");
		break;
	default:
		d->purchase = true;
		break;
	}
}

static bool proves_expenses(enum cla_doc_kind kind)
{
	switch (kind) {
	case CLA_DOC_CFDI:
	case CLA_DOC_NFE:
	case CLA_DOC_NFCE:
	case CLA_DOC_CTE:
	case CLA_DOC_MDFE:
	case CLA_DOC_NFSE:
	case CLA_DOC_DIAN:
		return true;
	case CLA_DOC_NOT_XML:
	case CLA_DOC_XML:
	case CLA_DOC_CFDI_RETENCIONES:
	case CLA_DOC_NFE_EVENT:
		return false;
	}
	return false;
}

struct cla_str cla_match_key(struct cla_str id, struct cla_arena *arena, bool *mem)
{
	struct cla_str key = cla_arena_str(arena, id, mem);
	char *p = (char *)(uintptr_t)key.ptr; /* our own copy */

	for (size_t i = 0; i < key.len; i++)
		if (p[i] >= 'a' && p[i] <= 'z')
			p[i] = (char)(p[i] - 32);
	return key;
}

/* tPag 03 and 04: credit and debit cards. A code is a card's whatever the form says. */
static bool read_parts(const struct cla_match_doc *in, struct cla_arena *arena,
		       struct cla_match_paper *d)
{
	size_t count = 0;

	for (const struct cla_payment *p = in->payments; p; p = p->next)
		count++;
	if (!count)
		return true;
	struct cla_match_part *parts = cla_arena_array(arena, count, sizeof(*parts));
	if (!parts)
		return false;
	d->parts = parts;
	for (const struct cla_payment *p = in->payments; p; p = p->next) {
		struct cla_dec amount = cla_dec_parse(p->amount);

		if (!amount.ok || cla_dec_sign(amount) <= 0)
			continue;
		parts[d->part_count++] = (struct cla_match_part){
			.amount = amount,
			.code = p->authorization,
			.by_card = p->authorization.len || cla_str_eqc(p->form, "03") ||
				   cla_str_eqc(p->form, "04"),
		};
	}
	return true;
}

bool cla_match_read_paper(const struct cla_match_doc *in, struct cla_arena *arena,
			  struct cla_match_paper *d, struct cla_err *err)
{
	bool mem = true;

	*d = (struct cla_match_paper){ .in = *in };
	d->fiscal = proves_expenses(in->kind);
	if (d->fiscal && in->id.len)
		d->key = cla_match_key(in->id, arena, &mem);
	d->total = read_money(in->total, in->currency);
	d->local_taxes = read_part(in->local_taxes);
	d->discount = read_part(in->discount);
	d->rate = read_part(in->exchange_rate);
	d->has_day = read_day(in->issued_at, &d->day);
	d->readable = d->total.amount.ok && d->total.currency && d->has_day;
	read_type(d, in->type);
	mem &= read_parts(in, arena, d);
	return mem || cla_err_oom(err);
}
