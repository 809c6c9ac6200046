/* report/tables.c - what the tables of a report show. */
#include "report/tables.h"

#include <inttypes.h>
#include <stdio.h>

#define TEXT CLA_TEXT

static struct cla_str number(struct cla_row_cells *c, uint64_t n)
{
	char *to = c->room[c->used++];

	(void)snprintf(to, sizeof(c->room[0]), "%" PRIu64, n);
	return cla_str_from(to);
}

static struct cla_str money(struct cla_row_cells *c, struct cla_dec d)
{
	return cla_str_from(cla_dec_format(d, c->room[c->used++]));
}

static struct cla_str digest(struct cla_row_cells *c, const struct cla_digest *d)
{
	return cla_str_from(cla_digest_hex(d, c->hex));
}

static const struct cla_report_charge *charge_at(const struct cla_report *r, size_t at)
{
	static const struct cla_report_charge none;

	return at == CLA_REPORT_MONTH ? &none : &r->charges[at];
}

/*
 * Charges
 */

static const struct cla_column charge_columns[] = {
	{ "standing", TEXT("Standing", "Situación", "Situação"), CLA_CELL_STANDING, 14, false },
	{ "why", TEXT("Why", "Por qué", "Por quê"), CLA_CELL_WORDS, 34, false },
	{ "date", TEXT("Date", "Fecha", "Data"), CLA_CELL_DATE, 11, false },
	{ "merchant", TEXT("Merchant", "Comercio", "Estabelecimento"), CLA_CELL_TEXT, 30, false },
	{ "amount", TEXT("Amount", "Importe", "Valor"), CLA_CELL_MONEY, 13, false },
	{ "currency", TEXT("Currency", "Moneda", "Moeda"), CLA_CELL_TEXT, 9, false },
	{ "person", TEXT("Person", "Persona", "Pessoa"), CLA_CELL_TEXT, 22, false },
	{ "documents", TEXT("Documents", "Comprobantes", "Documentos"), CLA_CELL_NUMBER, 12, true },
	{ "document_ids", TEXT("Document", "Comprobante", "Documento"), CLA_CELL_TEXT, 46, false },
	{ "match", TEXT("Match", "Conciliación", "Conciliação"), CLA_CELL_WORD, 16, true },
	{ "receiver", TEXT("Made out to", "A nombre de", "Em nome de"), CLA_CELL_WORD, 14, true },
	{ "verdict", TEXT("Verdict", "Dictamen", "Parecer"), CLA_CELL_VERDICT, 12, true },
	{ "kind", TEXT("Kind", "Clase", "Classe"), CLA_CELL_WORD, 14, true },
	{ "type", TEXT("Type", "Tipo", "Tipo"), CLA_CELL_TEXT, 14, true },
	{ "status", TEXT("Status", "Estado", "Status"), CLA_CELL_TEXT, 14, true },
	{ "original_amount", TEXT("Original amount", "Importe original", "Valor original"),
	  CLA_CELL_MONEY, 15, true },
	{ "original_currency", TEXT("Original currency", "Moneda original", "Moeda original"),
	  CLA_CELL_TEXT, 10, true },
	{ "uuid", TEXT("Clara's UUID", "UUID de Clara", "UUID da Clara"), CLA_CELL_TEXT, 38, true },
};

static size_t charge_rows(const struct cla_report *r)
{
	return r->charge_count;
}

static struct cla_str reason_words(unsigned reasons, struct cla_row_cells *c)
{
	char *to = c->reasons;
	size_t len = 0;

	for (int i = 0; i < CLA_REASON_COUNT; i++) {
		if (reasons & 1u << i)
			len += (size_t)snprintf(to + len, sizeof(c->reasons) - len, "%s%s",
						len ? " " : "",
						cla_reason_name((enum cla_reason)i));
	}
	return (struct cla_str){ to, len };
}

static void charge_row(const struct cla_report *r, size_t at, enum cla_lang lang,
		       struct cla_row_cells *c)
{
	const struct cla_report_charge *e = &r->charges[at];
	size_t n = 0;

	(void)lang;
	c->cell[n++] = cla_str_from(cla_standing_name(e->standing));
	c->cell[n++] = reason_words(e->reasons, c);
	c->cell[n++] = e->date;
	c->cell[n++] = e->merchant;
	c->cell[n++] = e->amount.amount;
	c->cell[n++] = e->amount.currency;
	c->cell[n++] = e->person;
	c->cell[n++] = number(c, e->documents);
	c->cell[n++] = e->document_ids;
	c->cell[n++] = cla_str_from(e->state);
	c->cell[n++] = cla_str_from(e->receiver);
	c->cell[n++] = cla_str_from(cla_verdict_name(e->verdict));
	c->cell[n++] = cla_str_from(cla_expense_kind_name(e->kind));
	c->cell[n++] = e->type;
	c->cell[n++] = e->status;
	c->cell[n++] = e->original.amount;
	c->cell[n++] = e->original.currency;
	c->cell[n++] = e->uuid;
}

/*
 * Documents
 */

static const struct cla_column document_columns[] = {
	{ "verdict", TEXT("Verdict", "Dictamen", "Parecer"), CLA_CELL_VERDICT, 12, false },
	{ "kind", TEXT("Kind", "Clase", "Classe"), CLA_CELL_TEXT, 10, false },
	{ "issued_at", TEXT("Issued", "Emitido", "Emitido"), CLA_CELL_TEXT, 21, false },
	{ "issuer_name", TEXT("Issuer", "Emisor", "Emitente"), CLA_CELL_TEXT, 30, false },
	{ "issuer", TEXT("Issuer's tax id", "RFC o CNPJ del emisor", "CNPJ ou CPF do emitente"),
	  CLA_CELL_TEXT, 18, false },
	{ "receiver",
	  TEXT("Receiver's tax id", "RFC o CNPJ del receptor", "CNPJ ou CPF do destinatário"),
	  CLA_CELL_TEXT, 18, false },
	{ "total", TEXT("Total", "Total", "Total"), CLA_CELL_MONEY, 13, false },
	{ "currency", TEXT("Currency", "Moneda", "Moeda"), CLA_CELL_TEXT, 9, false },
	{ "id", TEXT("Folio or key", "Folio fiscal o clave", "Chave de acesso"), CLA_CELL_TEXT, 46,
	  false },
	{ "file", TEXT("File", "Archivo", "Arquivo"), CLA_CELL_TEXT, 30, false },
	{ "version", TEXT("Version", "Versión", "Versão"), CLA_CELL_TEXT, 8, true },
	{ "wellformed", TEXT("XML", "XML", "XML"), CLA_CELL_VERDICT, 12, true },
	{ "schema", TEXT("Schema", "Esquema", "Esquema"), CLA_CELL_VERDICT, 12, true },
	{ "signature", TEXT("Seal", "Sello", "Assinatura"), CLA_CELL_VERDICT, 12, true },
	{ "certificate", TEXT("Certificate", "Certificado", "Certificado"), CLA_CELL_VERDICT, 12,
	  true },
	{ "stamp", TEXT("Stamp", "Timbre", "Protocolo"), CLA_CELL_VERDICT, 12, true },
	{ "identity", TEXT("Identity", "Identidad", "Identidade"), CLA_CELL_VERDICT, 12, true },
	{ "totals", TEXT("Totals", "Totales", "Totais"), CLA_CELL_VERDICT, 12, true },
	{ "catalogs", TEXT("Catalogs", "Catálogos", "Tabelas"), CLA_CELL_VERDICT, 12, true },
	{ "sha256", TEXT("SHA-256", "SHA-256", "SHA-256"), CLA_CELL_TEXT, 66, true },
	{ "expense", TEXT("Clara's UUID", "UUID de Clara", "UUID da Clara"), CLA_CELL_TEXT, 38,
	  true },
};

static size_t document_rows(const struct cla_report *r)
{
	return r->document_count;
}

static void document_row(const struct cla_report *r, size_t at, enum cla_lang lang,
			 struct cla_row_cells *c)
{
	const struct cla_report_document *d = &r->documents[at];
	size_t n = 0;

	(void)lang;
	c->cell[n++] = cla_str_from(cla_verdict_name(d->verdict));
	c->cell[n++] = cla_str_from(cla_doc_kind_name(d->kind));
	c->cell[n++] = d->issued_at;
	c->cell[n++] = d->issuer_name;
	c->cell[n++] = d->issuer;
	c->cell[n++] = d->receiver;
	c->cell[n++] = d->total;
	c->cell[n++] = d->currency;
	c->cell[n++] = d->id;
	c->cell[n++] = d->file;
	c->cell[n++] = d->version;
	for (int i = 0; i < CLA_CHECK_COUNT; i++)
		c->cell[n++] = cla_str_from(cla_verdict_name(d->checks[i]));
	c->cell[n++] = digest(c, &d->sha256);
	c->cell[n++] = r->charges[d->charge].uuid;
}

/*
 * Findings
 */

static const struct cla_column finding_columns[] = {
	{ "severity", TEXT("Severity", "Gravedad", "Gravidade"), CLA_CELL_VERDICT, 12, false },
	{ "date", TEXT("Date", "Fecha", "Data"), CLA_CELL_DATE, 11, false },
	{ "merchant", TEXT("Merchant", "Comercio", "Estabelecimento"), CLA_CELL_TEXT, 30, false },
	{ "amount", TEXT("Amount", "Importe", "Valor"), CLA_CELL_MONEY, 13, false },
	{ "currency", TEXT("Currency", "Moneda", "Moeda"), CLA_CELL_TEXT, 9, false },
	{ "message", TEXT("Finding", "Hallazgo", "Achado"), CLA_CELL_TEXT, 70, false },
	{ "code", TEXT("Code", "Código", "Código"), CLA_CELL_TEXT, 12, false },
	{ "expected", TEXT("Expected", "Esperado", "Esperado"), CLA_CELL_TEXT, 26, false },
	{ "found", TEXT("Found", "Encontrado", "Encontrado"), CLA_CELL_TEXT, 26, false },
	{ "file", TEXT("File", "Archivo", "Arquivo"), CLA_CELL_TEXT, 30, true },
	{ "where", TEXT("Where", "Dónde", "Onde"), CLA_CELL_TEXT, 30, true },
	{ "rule", TEXT("Rule", "Regla", "Regra"), CLA_CELL_TEXT, 28, true },
	{ "expense", TEXT("Clara's UUID", "UUID de Clara", "UUID da Clara"), CLA_CELL_TEXT, 38,
	  true },
};

static size_t finding_rows(const struct cla_report *r)
{
	return r->finding_count;
}

static void finding_row(const struct cla_report *r, size_t at, enum cla_lang lang,
			struct cla_row_cells *c)
{
	const struct cla_report_finding *f = &r->findings[at];
	const struct cla_report_charge *e = charge_at(r, f->charge);
	size_t n = 0;

	c->cell[n++] = cla_str_from(cla_verdict_name(f->severity));
	c->cell[n++] = e->date;
	c->cell[n++] = e->merchant;
	c->cell[n++] = e->amount.amount;
	c->cell[n++] = e->amount.currency;
	c->cell[n++] = f->text ? cla_str_from(f->text->in[lang]) : cla_report_word(f->rule, lang);
	c->cell[n++] = cla_str_from(f->code);
	c->cell[n++] = f->expected;
	c->cell[n++] = f->found;
	c->cell[n++] = f->file;
	c->cell[n++] = f->where;
	c->cell[n++] = f->rule;
	c->cell[n++] = e->uuid;
}

/*
 * What is missing
 */

static const struct cla_column missing_columns[] = {
	{ "resource", TEXT("What", "Qué", "O quê"), CLA_CELL_TEXT, 24, false },
	{ "uuid", TEXT("Of", "De", "De"), CLA_CELL_TEXT, 38, false },
	{ "reason", TEXT("Why", "Por qué", "Por quê"), CLA_CELL_TEXT, 30, false },
};

static size_t missing_rows(const struct cla_report *r)
{
	return r->gap_count;
}

static void missing_row(const struct cla_report *r, size_t at, enum cla_lang lang,
			struct cla_row_cells *c)
{
	(void)lang;
	c->cell[0] = r->gaps[at].resource;
	c->cell[1] = r->gaps[at].uuid;
	c->cell[2] = r->gaps[at].reason;
}

/*
 * Sums
 */

static const struct cla_column sum_columns[] = {
	{ "currency", TEXT("Currency", "Moneda", "Moeda"), CLA_CELL_TEXT, 9, false },
	{ "standing", TEXT("Standing", "Situación", "Situação"), CLA_CELL_STANDING, 16, false },
	{ "charges", TEXT("Charges", "Cargos", "Despesas"), CLA_CELL_NUMBER, 10, false },
	{ "amount", TEXT("Amount", "Importe", "Valor"), CLA_CELL_MONEY, 16, false },
};

static size_t sum_rows(const struct cla_report *r)
{
	struct cla_report_sum sum;
	size_t n = 0;

	while (cla_report_sum(r, n, &sum))
		n++;
	return n * CLA_STANDING_COUNT;
}

static void sum_row(const struct cla_report *r, size_t at, enum cla_lang lang,
		    struct cla_row_cells *c)
{
	enum cla_standing s = (enum cla_standing)(at % CLA_STANDING_COUNT);
	struct cla_report_sum sum;

	(void)lang;
	if (!cla_report_sum(r, at / CLA_STANDING_COUNT, &sum))
		return;
	c->cell[0] = sum.currency;
	c->cell[1] = cla_str_from(cla_standing_name(s));
	c->cell[2] = number(c, sum.count[s]);
	c->cell[3] = money(c, sum.amount[s]);
}

/*
 * How the population was had
 */

static const struct cla_column list_columns[] = {
	{ "resource", TEXT("List", "Lista", "Lista"), CLA_CELL_TEXT, 24, false },
	{ "pages", TEXT("Pages", "Páginas", "Páginas"), CLA_CELL_NUMBER, 10, false },
	{ "received", TEXT("Received", "Recibidos", "Recebidos"), CLA_CELL_NUMBER, 12, false },
	{ "unique", TEXT("Different", "Distintos", "Distintos"), CLA_CELL_NUMBER, 12, false },
	{ "total_first",
	  TEXT("Announced by the first page", "Anunciados por la primera página",
	       "Anunciados pela primeira página"),
	  CLA_CELL_NUMBER, 16, false },
	{ "total_last",
	  TEXT("Announced by the last page", "Anunciados por la última página",
	       "Anunciados pela última página"),
	  CLA_CELL_NUMBER, 16, false },
};

static size_t list_rows(const struct cla_report *r)
{
	return r->list_count;
}

static void list_row(const struct cla_report *r, size_t at, enum cla_lang lang,
		     struct cla_row_cells *c)
{
	const struct cla_report_list *l = &r->lists[at];

	(void)lang;
	c->cell[0] = l->resource;
	c->cell[1] = number(c, l->pages);
	c->cell[2] = number(c, l->received);
	c->cell[3] = number(c, l->unique);
	c->cell[4] = l->total_first;
	c->cell[5] = l->total_last;
}

/*
 * What this is about
 */

static const struct cla_column about_columns[] = {
	{ "item", TEXT("", "", ""), CLA_CELL_WORD, 26, false },
	{ "value", TEXT("", "", ""), CLA_CELL_TEXT, 80, false },
};

static const char *const about_items[] = {
	"entity", "name",     "tax_id",	 "country",	   "month",	   "month_basis",
	"cutoff", "complete", "archive", "archive_sha256", "rules_sha256", "source",
};

static size_t about_rows(const struct cla_report *r)
{
	(void)r;
	return CLA_LEN(about_items);
}

static struct cla_str about(const struct cla_report *r, size_t at, struct cla_row_cells *c)
{
	const struct cla_entity *e = r->entity;
	char *room = c->room[0];

	switch (at) {
	case 0:
		return cla_str_from(e->name);
	case 1:
		return cla_str_from(e->legal_name);
	case 2:
		return cla_str_from(e->tax_id);
	case 3:
		return cla_str_from(cla_country_code(e->country));
	case 4:
		(void)snprintf(room, sizeof(c->room[0]), "%04d-%02d", r->month.year % 10000,
			       r->month.month % 100);
		return cla_str_from(room);
	case 5:
		return cla_str_from(cla_basis_name(e->basis));
	case 6:
		return cla_str_from(cla_time_format(r->cutoff, room));
	case 7:
		return cla_str_from(r->complete ? "yes" : "no");
	case 8:
		return r->archive;
	case 9:
		return cla_str_absent(r->archive) ? CLA_STR_NONE : digest(c, &r->archive_sha256);
	case 10:
		return digest(c, &r->rules);
	default:
		return cla_str_from(e->base_url);
	}
}

static void about_row(const struct cla_report *r, size_t at, enum cla_lang lang,
		      struct cla_row_cells *c)
{
	(void)lang;
	c->cell[0] = cla_str_from(about_items[at]);
	c->cell[1] = about(r, at, c);
}

const struct cla_report_table cla_report_tables[CLA_TABLE_COUNT] = {
	[CLA_TABLE_CHARGES] = { "charges", TEXT("Charges", "Cargos", "Despesas"), charge_columns,
				CLA_LEN(charge_columns), charge_rows, charge_row },
	[CLA_TABLE_DOCUMENTS] = { "documents", TEXT("Documents", "Comprobantes", "Documentos"),
				  document_columns, CLA_LEN(document_columns), document_rows,
				  document_row },
	[CLA_TABLE_FINDINGS] = { "findings", TEXT("Findings", "Hallazgos", "Achados"),
				 finding_columns, CLA_LEN(finding_columns), finding_rows,
				 finding_row },
	[CLA_TABLE_MISSING] = { "missing", TEXT("Missing", "Faltantes", "Faltantes"),
				missing_columns, CLA_LEN(missing_columns), missing_rows,
				missing_row },
	[CLA_TABLE_SUMS] = { "sums", TEXT("Sums", "Sumas", "Somas"), sum_columns,
			     CLA_LEN(sum_columns), sum_rows, sum_row },
	[CLA_TABLE_LISTS] = { "population", TEXT("Population", "Población", "População"),
			      list_columns, CLA_LEN(list_columns), list_rows, list_row },
	[CLA_TABLE_ABOUT] = { "about", TEXT("About", "Acerca de", "Sobre"), about_columns,
			      CLA_LEN(about_columns), about_rows, about_row },
};
