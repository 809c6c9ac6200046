/* report/words.c - the report's own words in three languages. */
#include "report/tables.h"

#define TEXT CLA_TEXT

static const struct word {
	const char *word;
	struct cla_text text;
} words[] = {
	{ "proven", TEXT("Proven", "Comprobado", "Comprovado") },
	{ "review", TEXT("To review", "Por revisar", "A revisar") },
	{ "not-proven", TEXT("Not proven", "Sin comprobar", "Sem comprovação") },
	{ "not-needed", TEXT("Not needed", "No requiere", "Não requer") },

	{ "missing-document", TEXT("no document", "sin comprobante", "sem documento") },
	{ "document-fails",
	  TEXT("the document fails a check", "el comprobante no pasa una revisión",
	       "o documento não passa em uma verificação") },
	{ "receiver-other",
	  TEXT("made out to somebody else", "a nombre de otro", "em nome de outro") },
	{ "receiver-sister",
	  TEXT("made out to another company of the group", "a nombre de otra empresa del grupo",
	       "em nome de outra empresa do grupo") },
	{ "reused", TEXT("used for another expense too", "usado también en otro gasto",
			 "usado também em outra despesa") },
	{ "ambiguous", TEXT("several documents fit", "varios comprobantes corresponden",
			    "vários documentos correspondem") },
	{ "document-unknown", TEXT("not everything could be checked", "no todo se pudo revisar",
				   "nem tudo pôde ser verificado") },
	{ "document-warns", TEXT("with warnings", "con advertencias", "com avisos") },
	{ "receiver-unknown", TEXT("receiver not established", "receptor sin determinar",
				   "destinatário não determinado") },

	{ "matched", TEXT("matched", "conciliado", "conciliado") },
	{ "missing", TEXT("missing", "falta", "falta") },
	{ "ours", TEXT("us", "nosotros", "nós") },
	{ "sister", TEXT("sister company", "empresa hermana", "empresa irmã") },
	{ "other", TEXT("somebody else", "otro", "outro") },
	{ "unknown", TEXT("unknown", "sin determinar", "indeterminado") },
	{ "tx", TEXT("card charge", "cargo con tarjeta", "despesa no cartão") },
	{ "reimbursement", TEXT("reimbursement", "reembolso", "reembolso") },

	{ "pass", TEXT("valid", "válido", "válido") },
	{ "warn", TEXT("warning", "advertencia", "aviso") },
	{ "fail", TEXT("not valid", "no válido", "inválido") },
	{ "n/a", TEXT("-", "-", "-") },

	{ "not-had", TEXT("A list could not be had", "No se pudo obtener una lista",
			  "Uma lista não pôde ser obtida") },
	{ "statement-differs", TEXT("The billing statement differs from its charges",
				    "El estado de cuenta no coincide con sus cargos",
				    "A fatura não coincide com suas despesas") },
	{ "statement-unknown", TEXT("The billing statement cannot be compared with its charges",
				    "El estado de cuenta no se puede comparar con sus cargos",
				    "A fatura não pode ser comparada com suas despesas") },

	{ "entity", TEXT("Entity", "Entidad", "Entidade") },
	{ "name", TEXT("Name", "Nombre", "Nome") },
	{ "tax_id", TEXT("Tax id", "RFC, CNPJ o NIT", "CNPJ, RFC ou NIT") },
	{ "country", TEXT("Country", "País", "País") },
	{ "month", TEXT("Month", "Mes", "Mês") },
	{ "month_basis", TEXT("Month by date of", "Mes por fecha de", "Mês pela data de") },
	{ "cutoff", TEXT("Evidence up to", "Evidencia hasta", "Evidência até") },
	{ "complete", TEXT("Complete", "Completo", "Completo") },
	{ "archive", TEXT("Archive", "Archivo de evidencia", "Arquivo de evidência") },
	{ "archive_sha256", TEXT("SHA-256 of the archive", "SHA-256 del archivo de evidencia",
				 "SHA-256 do arquivo de evidência") },
	{ "rules_sha256",
	  TEXT("SHA-256 of the rules", "SHA-256 de las reglas", "SHA-256 das regras") },
	{ "source", TEXT("Had from", "Obtenido de", "Obtido de") },
};

struct cla_str cla_report_word(struct cla_str word, enum cla_lang lang)
{
	for (size_t i = 0; i < CLA_LEN(words); i++) {
		if (cla_str_eqc(word, words[i].word))
			return cla_str_from(words[i].text.in[lang]);
	}
	return word;
}

enum cla_colour cla_report_colour(struct cla_str word)
{
	static const char *const green[] = { "proven", "pass" };
	static const char *const yellow[] = { "review", "warn", "unknown" };
	static const char *const red[] = { "not-proven", "fail" };

	if (cla_str_one_of(word, green, CLA_LEN(green)))
		return CLA_COLOUR_GREEN;
	if (cla_str_one_of(word, yellow, CLA_LEN(yellow)))
		return CLA_COLOUR_YELLOW;
	return cla_str_one_of(word, red, CLA_LEN(red)) ? CLA_COLOUR_RED : CLA_COLOUR_GREY;
}

const char *cla_report_phrase(enum cla_phrase phrase, enum cla_lang lang)
{
	static const struct cla_text phrases[CLA_PHRASE_COUNT] = {
		[CLA_PHRASE_TITLE] = TEXT("Evidence of expenses", "Comprobación de gastos",
					  "Comprovação de despesas"),
		[CLA_PHRASE_COMPLETE] =
			TEXT("Complete: all that Clara announces for the month is here.",
			     "Completo: está todo lo que Clara anuncia para el mes.",
			     "Completo: está tudo o que a Clara anuncia para o mês."),
		[CLA_PHRASE_INCOMPLETE] = TEXT("Incomplete: what is missing is listed below.",
					       "Incompleto: abajo se enumera lo que falta.",
					       "Incompleto: o que falta está listado abaixo."),
		[CLA_PHRASE_SPEND] =
			TEXT("Spend with and without proof", "Gasto con y sin comprobante",
			     "Gasto com e sem comprovação"),
		[CLA_PHRASE_CHARGES] = TEXT("charges", "cargos", "despesas"),
		[CLA_PHRASE_REASONS] = TEXT("Why charges are not proven or need a look",
					    "Por qué hay cargos sin comprobar o por revisar",
					    "Por que há despesas sem comprovação ou a revisar"),
		[CLA_PHRASE_NOTHING] = TEXT("Nothing.", "Nada.", "Nada."),
		[CLA_PHRASE_NO_ARCHIVE] =
			TEXT("No archive of this month has been issued yet: clara-audit bundle.",
			     "Aún no se ha emitido el archivo de este mes: clara-audit bundle.",
			     "O arquivo deste mês ainda não foi emitido: clara-audit bundle."),
		[CLA_PHRASE_VERIFY] =
			TEXT("This report is a view. The proof is the signed archive; its file "
			     "VERIFY.txt says how anybody checks it.",
			     "Este reporte es una vista. La prueba es el archivo firmado; su "
			     "VERIFY.txt dice cómo puede verificarlo cualquiera.",
			     "Este relatório é uma visão. A prova é o arquivo assinado; o seu "
			     "VERIFY.txt diz como qualquer pessoa o verifica."),
	};

	return phrases[phrase].in[lang];
}
