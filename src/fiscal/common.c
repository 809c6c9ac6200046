/* fiscal/common.c - rules about the file itself. They are reported by judge.c while it finds out
 * what the bytes are. */
#include "fiscal/common.h"

#define ROW(place, name, check_, severity_, en, es, pt)                                            \
	[place] = { .id = name, .check = check_, .severity = severity_, .text = { { en, es, pt } } }

const struct cla_rule cla_common_rule[CLA_COMMON_COUNT] = {
	ROW(CLA_COMMON_NOT_XML, "doc.not-xml", CLA_CHECK_WELLFORMED, CLA_VERDICT_FAIL,
	    "The file is not an XML document.", "El archivo no es un documento XML.",
	    "O arquivo não é um documento XML."),
	ROW(CLA_COMMON_DOCTYPE, "doc.doctype", CLA_CHECK_WELLFORMED, CLA_VERDICT_FAIL,
	    "The document has a DOCTYPE; fiscal documents have none, and it is not processed.",
	    "El documento tiene un DOCTYPE; los documentos fiscales no lo llevan y no se procesa.",
	    "O documento tem um DOCTYPE; documentos fiscais não o têm, e ele não é processado."),
	ROW(CLA_COMMON_LIMIT, "doc.limit", CLA_CHECK_WELLFORMED, CLA_VERDICT_FAIL,
	    "The document is beyond a processing limit.",
	    "El documento rebasa un límite de procesamiento.",
	    "O documento ultrapassa um limite de processamento."),
	ROW(CLA_COMMON_MALFORMED, "doc.malformed", CLA_CHECK_WELLFORMED, CLA_VERDICT_FAIL,
	    "The XML is not well formed.", "El XML no está bien formado.",
	    "O XML não está bem formado."),
	ROW(CLA_COMMON_NOT_UTF8, "doc.not-utf8", CLA_CHECK_WELLFORMED, CLA_VERDICT_FAIL,
	    "The bytes are not in the encoding that the document declares.",
	    "Los bytes no están en la codificación que el documento declara.",
	    "Os bytes não estão na codificação que o documento declara."),
	ROW(CLA_COMMON_FOREIGN_TEXT, "doc.foreign-text", CLA_CHECK_WELLFORMED, CLA_VERDICT_FAIL,
	    "There is text before or behind the XML; what stands between was judged.",
	    "Hay texto antes o después del XML; se evaluó lo que está en medio.",
	    "Há texto antes ou depois do XML; foi avaliado o que está no meio."),
	ROW(CLA_COMMON_SEVERAL, "doc.several", CLA_CHECK_WELLFORMED, CLA_VERDICT_WARN,
	    "Documents follow each other in one file; each was judged.",
	    "Hay varios documentos seguidos en un archivo; se evaluó cada uno.",
	    "Há vários documentos seguidos em um arquivo; cada um foi avaliado."),
	ROW(CLA_COMMON_PACKED, "doc.packed", CLA_CHECK_WELLFORMED, CLA_VERDICT_FAIL,
	    "What is packed into the file cannot be unpacked.",
	    "Lo comprimido dentro del archivo no se puede descomprimir.",
	    "O que está compactado no arquivo não pode ser descompactado."),
	ROW(CLA_COMMON_BOM, "doc.bom", CLA_CHECK_WELLFORMED, CLA_VERDICT_WARN,
	    "The file begins with a UTF-8 byte order mark.",
	    "El archivo comienza con una marca de orden de bytes (BOM) de UTF-8.",
	    "O arquivo começa com uma marca de ordem de bytes (BOM) UTF-8."),
	ROW(CLA_COMMON_LEADING_BYTES, "doc.leading-bytes", CLA_CHECK_WELLFORMED, CLA_VERDICT_WARN,
	    "There are blanks before the XML begins; they were skipped.",
	    "Hay espacios antes del inicio del XML; se omitieron.",
	    "Há espaços antes do início do XML; eles foram ignorados."),
	ROW(CLA_COMMON_ENCODING, "doc.encoding", CLA_CHECK_WELLFORMED, CLA_VERDICT_WARN,
	    "The document is not encoded in UTF-8.", "El documento no está codificado en UTF-8.",
	    "O documento não está codificado em UTF-8."),
	ROW(CLA_COMMON_SCHEMA_LOCATION, "doc.schema-location", CLA_CHECK_WELLFORMED,
	    CLA_VERDICT_WARN,
	    "schemaLocation is declared as a namespace (xmlns:schemaLocation) instead of the "
	    "attribute "
	    "xsi:schemaLocation.",
	    "schemaLocation está declarado como espacio de nombres (xmlns:schemaLocation) en lugar "
	    "del "
	    "atributo xsi:schemaLocation.",
	    "schemaLocation está declarado como namespace (xmlns:schemaLocation) em vez do "
	    "atributo "
	    "xsi:schemaLocation."),
	ROW(CLA_COMMON_TWICE_ENCODED, "doc.encoded-twice", CLA_CHECK_WELLFORMED, CLA_VERDICT_WARN,
	    "Letters with accents look as if they had been encoded twice.",
	    "Las letras con acento parecen codificadas dos veces.",
	    "As letras com acento parecem codificadas duas vezes."),
	ROW(CLA_COMMON_REBOUND_PREFIX, "doc.prefix-rebound", CLA_CHECK_WELLFORMED, CLA_VERDICT_WARN,
	    "A namespace prefix stands for two namespaces.",
	    "Un prefijo designa dos espacios de nombres.",
	    "Um prefixo designa dois espaços de nomes."),
	ROW(CLA_COMMON_KIND_UNKNOWN, "doc.kind-unknown", CLA_CHECK_SCHEMA, CLA_VERDICT_FAIL,
	    "The XML is of no known fiscal kind; it cannot be judged.",
	    "El XML no es de ningún tipo fiscal conocido; no se puede evaluar.",
	    "O XML não é de nenhum tipo fiscal conhecido; não pode ser avaliado."),
	ROW(CLA_COMMON_NO_SCHEMA, "doc.no-schema", CLA_CHECK_SCHEMA, CLA_VERDICT_FAIL,
	    "No schema for this document is at hand.",
	    "No se dispone del esquema de este documento.",
	    "O esquema deste documento não está disponível."),
	ROW(CLA_COMMON_NO_RULES, "doc.no-rules", CLA_CHECK_SCHEMA, CLA_VERDICT_FAIL,
	    "The rules for this check of this kind of document are not at hand.",
	    "No se dispone de las reglas de esta verificación para este tipo de documento.",
	    "As regras desta verificação para este tipo de documento não estão disponíveis."),
	ROW(CLA_COMMON_MORE, "doc.more-findings", CLA_CHECK_SCHEMA, CLA_VERDICT_FAIL,
	    "There are more findings than are listed.", "Hay más hallazgos que los enumerados.",
	    "Há mais constatações do que as listadas."),
};

const struct cla_rule_table cla_common_rules = { "common", cla_common_rule, CLA_COMMON_COUNT };
