/* nfe_rules.c - the rules of NF-e, NFC-e and their events, one row each.
 *
 * Codes are SEFAZ's rejection numbers; a rule without one is not tested by SEFAZ or has a number we
 * have not read. The rows of events begin with "nfe-event." and stand last.
 */
#include "fiscal/nfe.h"

#include <string.h>

#define TEXT CLA_TEXT

#define SCHEMA CLA_CHECK_SCHEMA
#define STAMP CLA_CHECK_STAMP
#define IDENTITY CLA_CHECK_IDENTITY
#define TOTALS CLA_CHECK_TOTALS
#define CATALOGS CLA_CHECK_CATALOGS
#define FAIL CLA_VERDICT_FAIL
#define WARN CLA_VERDICT_WARN

/* clang-format off */

/* A total of the note that is the sum of its items. */
#define SUM_ROW(id, code, field) TOTAL_ROW(id, code, FAIL, field)
#define SERVICE_ROW(id, code, field) TOTAL_ROW(id, code, WARN, field)
#define TOTAL_ROW(id, code, severity, field)                                                      \
	{ id, code, TOTALS, severity, NULL, NULL, cla_nfe_sum,                                    \
	  TEXT("Total " field " is not the sum of the items",                                     \
	       "El total " field " no es la suma de las partidas",                                \
	       "O total " field " difere do somatório dos itens") }

/* A city's number: its check digit, and that it lies in the state. */
#define CITY_ROWS(id, digit_code, uf_code, en, es, pt)                                            \
	{ id "-digit", digit_code, CATALOGS, FAIL, NULL, NULL, cla_nfe_city_digit,                \
	  TEXT("City number of " en ": wrong check digit",                                        \
	       "Número de municipio " es ": dígito verificador incorrecto",                       \
	       "Código do município " pt ": dígito verificador inválido") },                      \
	{ id "-state", uf_code, CATALOGS, FAIL, NULL, NULL, cla_nfe_city_uf,                      \
	  TEXT("City number of " en " is of another state",                                       \
	       "El número de municipio " es " es de otro estado",                                 \
	       "O código do município " pt " é de outra UF") }

/* A further party's tax id. */
#define ID_ROW(id, code, kind, en, es, pt)                                                        \
	{ id, code, IDENTITY, WARN, NULL, NULL, cla_nfe_further_id,                               \
	  TEXT(kind " of " en " is wrong", kind " " es " incorrecto", kind " " pt " inválido") }

/* A state registration that no state has given like this. */
#define IE_ROW(id, code, fn, en, es, pt)                                                          \
	{ id, code, IDENTITY, WARN, NULL, NULL, fn,                                               \
	  TEXT("State registration of " en ": length or check digit is not its state's",          \
	       "Inscripción estatal " es ": longitud o dígito verificador no son los de su estado", \
	       "IE " pt ": tamanho ou dígito verificador não é o da sua UF") }

/* clang-format on */

static const struct cla_rule rules[] = {
	/* layout */
	{ "nfe.schema", "225", SCHEMA, FAIL, NULL, NULL, cla_nfe_schema,
	  TEXT("The document is not as the layout requires", "El documento no cumple el esquema",
	       "O documento não atende ao leiaute") },
	{ "nfe.version", "239", SCHEMA, FAIL, NULL, NULL, cla_nfe_versions,
	  TEXT("Layout version not known, or not the same in all parts of the file",
	       "Versión de esquema desconocida o distinta entre las partes del archivo",
	       "Versão de leiaute desconhecida ou diferente entre as partes do arquivo") },
	{ "nfe.prefix", "404", SCHEMA, FAIL, NULL, NULL, cla_nfe_prefix,
	  TEXT("Namespace prefixes are not admitted in a note",
	       "No se admiten prefijos de espacio de nombres en la nota",
	       "Uso de prefixo de namespace não permitido na nota") },

	/* access key */
	{ "nfe.id-form", "227", IDENTITY, FAIL, NULL, NULL, cla_nfe_id_form,
	  TEXT("Id is not \"NFe\" and an access key of 44 places",
	       "Id no es \"NFe\" más una clave de acceso de 44 posiciones",
	       "O Id não é \"NFe\" seguido da chave de acesso de 44 posições") },
	{ "nfe.key-digit", "236", IDENTITY, FAIL, NULL, NULL, cla_nfe_key_digit,
	  TEXT("Access key: wrong check digit", "Clave de acceso: dígito verificador incorrecto",
	       "Chave de acesso com dígito verificador inválido") },
	{ "nfe.key-state-unknown", "614", IDENTITY, FAIL, NULL, NULL, cla_nfe_key_uf,
	  TEXT("Access key: no such state", "Clave de acceso: no existe ese estado",
	       "Chave de acesso: código de UF inexistente") },
	{ "nfe.key-state", "502", IDENTITY, FAIL, NULL, NULL, cla_nfe_key_part,
	  TEXT("Access key and note name different states",
	       "La clave de acceso y la nota indican estados distintos",
	       "A chave de acesso e a nota indicam UF diferentes") },
	{ "nfe.key-month", "561", IDENTITY, FAIL, NULL, NULL, cla_nfe_key_month,
	  TEXT("Access key and date of issue name different months",
	       "La clave de acceso y la fecha de emisión indican meses distintos",
	       "O mês da chave de acesso difere do mês de emissão") },
	{ "nfe.key-issuer", "502", IDENTITY, FAIL, NULL, NULL, cla_nfe_key_issuer,
	  TEXT("Access key and note name different issuers",
	       "La clave de acceso y la nota indican emisores distintos",
	       "A chave de acesso e a nota indicam emitentes diferentes") },
	{ "nfe.key-model", "502", IDENTITY, FAIL, NULL, NULL, cla_nfe_key_part,
	  TEXT("Access key and note name different models",
	       "La clave de acceso y la nota indican modelos distintos",
	       "A chave de acesso e a nota indicam modelos diferentes") },
	{ "nfe.key-series", "502", IDENTITY, FAIL, NULL, NULL, cla_nfe_key_part,
	  TEXT("Access key and note name different series",
	       "La clave de acceso y la nota indican series distintas",
	       "A chave de acesso e a nota indicam séries diferentes") },
	{ "nfe.key-number", "502", IDENTITY, FAIL, NULL, NULL, cla_nfe_key_part,
	  TEXT("Access key and note name different numbers",
	       "La clave de acceso y la nota indican números distintos",
	       "A chave de acesso e a nota indicam números diferentes") },
	{ "nfe.key-emission", "502", IDENTITY, FAIL, NULL, NULL, cla_nfe_key_part,
	  TEXT("Access key and note name different kinds of emission",
	       "La clave de acceso y la nota indican tipos de emisión distintos",
	       "A chave de acesso e a nota indicam tipos de emissão diferentes") },
	{ "nfe.key-code", "502", IDENTITY, FAIL, NULL, NULL, cla_nfe_key_part,
	  TEXT("Access key and note have different numeric codes",
	       "La clave de acceso y la nota tienen códigos numéricos distintos",
	       "O código numérico da chave de acesso difere do da nota") },
	{ "nfe.key-check-digit", "253", IDENTITY, FAIL, NULL, NULL, cla_nfe_key_part,
	  TEXT("The check digit of the key and cDV differ",
	       "El dígito verificador de la clave y cDV difieren",
	       "O dígito verificador da chave difere de cDV") },
	{ "nfe.key-code-trivial", "897", IDENTITY, WARN, "2019-09-02", NULL, cla_nfe_key_trivial,
	  TEXT("The numeric code of the key can be guessed",
	       "El código numérico de la clave es previsible",
	       "O código numérico da chave é previsível") },

	/* header */
	{ "nfe.contingency-unasked", "556", IDENTITY, FAIL, NULL, NULL, cla_nfe_contingency,
	  TEXT("A normal emission states a contingency", "Una emisión normal declara contingencia",
	       "Emissão normal com data ou justificativa de contingência") },
	{ "nfe.contingency-reason", "557", IDENTITY, FAIL, NULL, NULL, cla_nfe_contingency_reason,
	  TEXT("A contingency without time and reason", "Contingencia sin fecha ni motivo",
	       "Contingência sem data e justificativa") },
	{ "nfe.leaves-early", "506", IDENTITY, WARN, NULL, NULL, cla_nfe_leaves_early,
	  TEXT("The goods left before the note was issued",
	       "La mercancía salió antes de emitirse la nota",
	       "Data de saída menor que a data de emissão") },
	{ "nfe.complement-reference", "254", IDENTITY, FAIL, NULL, NULL, cla_nfe_reference_missing,
	  TEXT("A complementary note names no note that it completes",
	       "La nota complementaria no indica la nota que completa",
	       "NF-e complementar sem documento referenciado") },
	{ "nfe.return-reference", "321", IDENTITY, FAIL, NULL, NULL, cla_nfe_reference_missing,
	  TEXT("A return of goods names no document that they came with",
	       "La devolución no indica el documento de la mercancía",
	       "NF-e de devolução sem documento fiscal referenciado") },
	{ "nfe.reference-digit", "547", IDENTITY, FAIL, NULL, NULL, cla_nfe_reference_digit,
	  TEXT("The key of a document referred to is wrong",
	       "La clave de un documento referenciado es incorrecta",
	       "Chave de acesso de documento referenciado inválida") },
	{ "nfe.reference-twice", "680", IDENTITY, FAIL, NULL, NULL, cla_nfe_reference_twice,
	  TEXT("A document is referred to twice", "Un documento está referenciado dos veces",
	       "Documento referenciado mais de uma vez") },
	{ "nfe.reference-self", "316", IDENTITY, FAIL, NULL, NULL, cla_nfe_reference_self,
	  TEXT("The note refers to itself", "La nota se referencia a sí misma",
	       "A nota referencia a si mesma") },

	/* parties */
	{ "nfe.issuer-id", "207", IDENTITY, FAIL, NULL, NULL, cla_nfe_issuer_id,
	  TEXT("CNPJ or CPF of the issuer is wrong", "CNPJ o CPF del emisor incorrecto",
	       "CNPJ ou CPF do emitente inválido") },
	{ "nfe.receiver-cnpj", "208", IDENTITY, FAIL, NULL, NULL, cla_nfe_receiver_cnpj,
	  TEXT("CNPJ of the receiver is wrong", "CNPJ del destinatario incorrecto",
	       "CNPJ do destinatário inválido") },
	{ "nfe.receiver-cpf", "237", IDENTITY, FAIL, NULL, NULL, cla_nfe_receiver_cpf,
	  TEXT("CPF of the receiver is wrong", "CPF del destinatario incorrecto",
	       "CPF do destinatário inválido") },
	ID_ROW("nfe.pickup-cnpj", "512", "CNPJ", "the place of pick-up", "del lugar de retiro",
	       "do local de retirada"),
	ID_ROW("nfe.pickup-cpf", "540", "CPF", "the place of pick-up", "del lugar de retiro",
	       "do local de retirada"),
	ID_ROW("nfe.delivery-cnpj", "514", "CNPJ", "the place of delivery", "del lugar de entrega",
	       "do local de entrega"),
	ID_ROW("nfe.delivery-cpf", "541", "CPF", "the place of delivery", "del lugar de entrega",
	       "do local de entrega"),
	ID_ROW("nfe.carrier-cnpj", "542", "CNPJ", "the carrier", "del transportista",
	       "do transportador"),
	ID_ROW("nfe.carrier-cpf", "543", "CPF", "the carrier", "del transportista",
	       "do transportador"),
	ID_ROW("nfe.reader-cnpj", "323", "CNPJ", "who may fetch the XML",
	       "de quien puede descargar el XML", "de quem pode baixar o XML"),
	ID_ROW("nfe.reader-cpf", "325", "CPF", "who may fetch the XML",
	       "de quien puede descargar el XML", "de quem pode baixar o XML"),
	ID_ROW("nfe.technician-cnpj", "973", "CNPJ", "the program's maker",
	       "del responsable técnico", "do responsável técnico"),
	{ "nfe.other-id", NULL, IDENTITY, WARN, NULL, NULL, cla_nfe_other_ids,
	  TEXT("CNPJ or CPF of a further party is wrong",
	       "CNPJ o CPF de otro participante incorrecto",
	       "CNPJ ou CPF de outro participante inválido") },
	IE_ROW("nfe.issuer-ie", "209", cla_nfe_issuer_ie, "the issuer", "del emisor",
	       "do emitente"),
	{ "nfe.issuer-ie-missing", "229", IDENTITY, WARN, NULL, NULL, cla_nfe_issuer_ie_missing,
	  TEXT("State registration of the issuer is missing",
	       "Falta la inscripción estatal del emisor", "Falta a IE do emitente") },
	IE_ROW("nfe.substitute-ie", "211", cla_nfe_substitute_ie,
	       "the issuer as substitute in the receiver's state",
	       "del emisor como sustituto en el estado del destinatario",
	       "do emitente como substituto na UF do destinatário"),
	IE_ROW("nfe.receiver-ie", "210", cla_nfe_receiver_ie, "the receiver", "del destinatario",
	       "do destinatário"),
	{ "nfe.receiver-ie-missing", "232", IDENTITY, WARN, NULL, NULL, cla_nfe_receiver_ie_missing,
	  TEXT("State registration of the receiver is missing: it is said to have one",
	       "Falta la inscripción estatal del destinatario, que se declara inscrito",
	       "Falta a IE do destinatário, indicado como contribuinte") },
	IE_ROW("nfe.carrier-ie", "544", cla_nfe_carrier_ie, "the carrier", "del transportista",
	       "do transportador"),
	{ "nfe.receiver-ie-exempt", "791", IDENTITY, WARN, NULL, NULL, cla_nfe_receiver_ie_exempt,
	  TEXT("A receiver exempt from registration has one",
	       "Un destinatario exento tiene inscripción estatal",
	       "Destinatário isento de IE com IE informada") },
	{ "nfe.nfce-to-company", NULL, IDENTITY, FAIL, NULL, NULL, cla_nfe_nfce_to_company,
	  TEXT("A consumer's note (NFC-e) was issued to a company: not admitted since 2026-05-04",
	       "NFC-e emitida a una empresa: no se admite desde el 2026-05-04",
	       "NFC-e emitida para pessoa jurídica: vedada desde 2026-05-04") },

	/* places */
	{ "nfe.foreign-city", "509", CATALOGS, FAIL, NULL, NULL, cla_nfe_foreign_city,
	  TEXT("City 9999999 and state EX go together: receiver abroad",
	       "Municipio 9999999 y estado EX van juntos: destinatario en el exterior",
	       "Município 9999999 e UF EX andam juntos: destinatário no exterior") },
	{ "nfe.foreign-country", "510", CATALOGS, FAIL, NULL, NULL, cla_nfe_foreign_country,
	  TEXT("A receiver abroad whose country is Brazil or not given",
	       "Destinatario en el exterior con país Brasil o sin país",
	       "Destinatário no exterior com país Brasil ou não informado") },
	CITY_ROWS("nfe.city-taxable", "270", "271", "the taxable event", "del hecho generador",
		  "do fato gerador"),
	CITY_ROWS("nfe.city-issuer", "272", "273", "the issuer", "del emisor", "do emitente"),
	CITY_ROWS("nfe.city-receiver", "274", "275", "the receiver", "del destinatario",
		  "do destinatário"),
	CITY_ROWS("nfe.city-pickup", "276", "277", "the place of pick-up", "del lugar de retiro",
		  "do local de retirada"),
	CITY_ROWS("nfe.city-delivery", "278", "279", "the place of delivery",
		  "del lugar de entrega", "do local de entrega"),
	{ "nfe.city-service-digit", "287", CATALOGS, FAIL, NULL, NULL, cla_nfe_city_digit_services,
	  TEXT("City number of a service: wrong check digit",
	       "Número de municipio de un servicio: dígito verificador incorrecto",
	       "Código do município do serviço: dígito verificador inválido") },
	{ "nfe.city-transport-digit", "288", CATALOGS, FAIL, NULL, NULL, cla_nfe_city_digit,
	  TEXT("City number of the transport: wrong check digit",
	       "Número de municipio del transporte: dígito verificador incorrecto",
	       "Código do município do transporte: dígito verificador inválido") },

	/* arithmetic */
	{ "nfe.item-sold", "629", TOTALS, FAIL, NULL, NULL, cla_nfe_item_sold,
	  TEXT("Value of the item is not quantity by price as sold",
	       "El valor de la partida no es cantidad por precio de venta",
	       "O valor do produto difere da quantidade vezes o valor unitário comercial") },
	{ "nfe.item-taxed", "630", TOTALS, FAIL, NULL, NULL, cla_nfe_item_taxed,
	  TEXT("Value of the item is not quantity by price as taxed",
	       "El valor de la partida no es cantidad por precio tributable",
	       "O valor do produto difere da quantidade vezes o valor unitário tributável") },
	SUM_ROW("nfe.total-vBC", "531", "vBC"),
	SUM_ROW("nfe.total-vICMS", "532", "vICMS"),
	SUM_ROW("nfe.total-vICMSDeson", "795", "vICMSDeson"),
	SUM_ROW("nfe.total-vBCST", "533", "vBCST"),
	SUM_ROW("nfe.total-vST", "534", "vST"),
	SUM_ROW("nfe.total-vProd", "564", "vProd"),
	SUM_ROW("nfe.total-vFrete", "535", "vFrete"),
	SUM_ROW("nfe.total-vSeg", "536", "vSeg"),
	SUM_ROW("nfe.total-vDesc", "537", "vDesc"),
	SUM_ROW("nfe.total-vOutro", "604", "vOutro"),
	SUM_ROW("nfe.total-vII", "601", "vII"),
	SUM_ROW("nfe.total-vIPI", "538", "vIPI"),
	SUM_ROW("nfe.total-vIPIDevol", "863", "vIPIDevol"),
	SUM_ROW("nfe.total-vPIS", "602", "vPIS"),
	SUM_ROW("nfe.total-vCOFINS", "603", "vCOFINS"),
	SUM_ROW("nfe.total-vFCP", "861", "vFCP"),
	SUM_ROW("nfe.total-vFCPST", "862", "vFCPST"),
	SUM_ROW("nfe.total-vFCPSTRet", "859", "vFCPSTRet"),
	SUM_ROW("nfe.total-vFCPUFDest", "798", "vFCPUFDest"),
	SUM_ROW("nfe.total-vICMSUFDest", "799", "vICMSUFDest"),
	SUM_ROW("nfe.total-vICMSUFRemet", "800", "vICMSUFRemet"),
	SUM_ROW("nfe.total-qBCMono", NULL, "qBCMono"),
	SUM_ROW("nfe.total-vICMSMono", "967", "vICMSMono"),
	SUM_ROW("nfe.total-qBCMonoReten", NULL, "qBCMonoReten"),
	SUM_ROW("nfe.total-vICMSMonoReten", "968", "vICMSMonoReten"),
	SUM_ROW("nfe.total-qBCMonoRet", NULL, "qBCMonoRet"),
	SUM_ROW("nfe.total-vICMSMonoRet", "969", "vICMSMonoRet"),
	SUM_ROW("nfe.total-vTotTrib", "685", "vTotTrib"),
	SUM_ROW("nfe.services-vServ", "605", "vServ"),
	SUM_ROW("nfe.services-vBC", "606", "vBC"),
	SUM_ROW("nfe.services-vISS", "607", "vISS"),
	SERVICE_ROW("nfe.services-vDeducao", "364", "vDeducao"),
	SERVICE_ROW("nfe.services-vOutro", "365", "vOutro"),
	SERVICE_ROW("nfe.services-vDescIncond", "366", "vDescIncond"),
	SERVICE_ROW("nfe.services-vDescCond", "367", "vDescCond"),
	SERVICE_ROW("nfe.services-vISSRet", "368", "vISSRet"),
	SUM_ROW("nfe.services-vPIS", "608", "vPIS"),
	SUM_ROW("nfe.services-vCOFINS", "609", "vCOFINS"),
	{ "nfe.total-vNF", "610", TOTALS, FAIL, NULL, NULL, cla_nfe_note_total,
	  TEXT("The note's total is not made of its parts",
	       "El total de la nota no resulta de sus componentes",
	       "O total da NF difere do somatório dos valores que o compõem") },

	/* proof */
	CLA_PROOF_SIGNATURE_ROWS("nfe.", cla_nfe_signature, "298", "297"),
	CLA_PROOF_CERTIFICATE_ROWS("nfe.", cla_nfe_cert, "290", "291", "292", "213"),
	{ "nfe.homologation", "252", STAMP, FAIL, NULL, NULL, cla_nfe_environment,
	  TEXT("Issued in the test environment: no fiscal value",
	       "Emitida en el ambiente de pruebas: sin valor fiscal",
	       "Emitida em ambiente de homologação: sem valor fiscal") },
	{ "nfe.protocol-missing", NULL, STAMP, FAIL, NULL, NULL, cla_nfe_protocol_missing,
	  TEXT("No authorisation evidence: the file has no protocol of SEFAZ",
	       "Sin prueba de autorización: el archivo no trae el protocolo de la SEFAZ",
	       "Sem prova de autorização: o arquivo não traz o protocolo da SEFAZ") },
	{ "nfe.protocol-key", NULL, STAMP, FAIL, NULL, NULL, cla_nfe_protocol_key,
	  TEXT("The protocol is of another note", "El protocolo es de otra nota",
	       "O protocolo é de outra nota") },
	{ "nfe.protocol-environment", "252", STAMP, FAIL, NULL, NULL, cla_nfe_protocol_environment,
	  TEXT("Protocol and note are of different environments",
	       "El protocolo y la nota son de ambientes distintos",
	       "O protocolo e a nota são de ambientes diferentes") },
	{ "nfe.protocol-status", NULL, STAMP, FAIL, NULL, NULL, cla_nfe_protocol_status,
	  TEXT("SEFAZ did not authorise the note", "La SEFAZ no autorizó la nota",
	       "A SEFAZ não autorizou a nota") },
	{ "nfe.protocol-void", NULL, STAMP, FAIL, NULL, NULL, cla_nfe_protocol_void,
	  TEXT("The note is void: cancelled, or its use denied",
	       "La nota no vale: cancelada o con uso denegado",
	       "A nota não vale: cancelada ou com uso denegado") },
	{ "nfe.protocol-late", NULL, STAMP, WARN, NULL, NULL, cla_nfe_protocol_late,
	  TEXT("Authorised late", "Autorizada fuera de plazo", "Autorizada fora de prazo") },
	{ "nfe.protocol-number", NULL, STAMP, FAIL, NULL, NULL, cla_nfe_protocol_number,
	  TEXT("The protocol has no number of 15 or 17 digits",
	       "El protocolo no tiene número de 15 o 17 dígitos",
	       "O protocolo não tem número de 15 ou 17 dígitos") },
	{ "nfe.protocol-place", NULL, STAMP, WARN, NULL, NULL, cla_nfe_protocol_place,
	  TEXT("State or year in the protocol's number is not that of the note",
	       "El estado o el año del número de protocolo no es el de la nota",
	       "A UF ou o ano do número do protocolo não é o da nota") },
	{ "nfe.protocol-early", "703", STAMP, FAIL, NULL, NULL, cla_nfe_protocol_early,
	  TEXT("Received by SEFAZ before it was issued",
	       "Recibida por la SEFAZ antes de ser emitida",
	       "Recebida pela SEFAZ antes da emissão") },
	{ "nfe.protocol-digest", NULL, STAMP, FAIL, NULL, NULL, cla_nfe_protocol_digest,
	  TEXT("The protocol does not say what was authorised (digVal)",
	       "El protocolo no indica lo que se autorizó (digVal)",
	       "O protocolo não indica o que foi autorizado (digVal)") },
	{ "nfe.protocol-other-content", NULL, STAMP, FAIL, NULL, NULL, cla_nfe_digest_differs,
	  TEXT("SEFAZ authorised another content than the one signed here",
	       "La SEFAZ autorizó un contenido distinto del firmado",
	       "A SEFAZ autorizou conteúdo diferente do assinado") },

	/* events */
	{ "nfe-event.schema", "493", SCHEMA, FAIL, NULL, NULL, cla_nfe_event_schema,
	  TEXT("The event is not as its layout requires", "El evento no cumple su esquema",
	       "O evento não atende ao seu leiaute") },
	{ "nfe-event.id", "572", IDENTITY, FAIL, NULL, NULL, cla_nfe_event_id,
	  TEXT("Id is not \"ID\", type, key and sequence number of the event",
	       "Id no es \"ID\", tipo, clave y número de secuencia del evento",
	       "O Id não corresponde a \"ID\", tipo, chave e sequência do evento") },
	{ "nfe-event.key", "236", IDENTITY, FAIL, NULL, NULL, cla_nfe_event_key,
	  TEXT("Access key of the note is wrong", "La clave de acceso de la nota es incorrecta",
	       "Chave de acesso da nota inválida") },
	{ "nfe-event.author-id", "489", IDENTITY, FAIL, NULL, NULL, cla_nfe_event_author_id,
	  TEXT("CNPJ or CPF of the author is wrong", "CNPJ o CPF del autor incorrecto",
	       "CNPJ ou CPF do autor inválido") },
	{ "nfe-event.author", "574", IDENTITY, FAIL, NULL, NULL, cla_nfe_event_author,
	  TEXT("Only the issuer of the note may make this event",
	       "Solo el emisor de la nota puede hacer este evento",
	       "O autor do evento diverge do emissor da NF-e") },
	{ "nfe-event.office", "455", IDENTITY, FAIL, NULL, NULL, cla_nfe_event_office,
	  TEXT("The event was sent to another state than that of the note",
	       "El evento se envió a un estado distinto al de la nota",
	       "O órgão do evento difere da UF da chave de acesso") },
	CLA_PROOF_SIGNATURE_ROWS("nfe-event.", cla_nfe_event_signature, "298", "297"),
	CLA_PROOF_CERTIFICATE_ROWS("nfe-event.", cla_nfe_event_cert, "290", "291", "292", NULL),
	{ "nfe-event.homologation", "252", STAMP, FAIL, NULL, NULL, cla_nfe_event_environment,
	  TEXT("Made in the test environment: no fiscal value",
	       "Hecho en el ambiente de pruebas: sin valor fiscal",
	       "Feito em ambiente de homologação: sem valor fiscal") },
	{ "nfe-event.unregistered", NULL, STAMP, FAIL, NULL, NULL, cla_nfe_event_unregistered,
	  TEXT("No evidence that SEFAZ registered the event",
	       "Sin prueba de que la SEFAZ registró el evento",
	       "Sem prova de que a SEFAZ registrou o evento") },
	{ "nfe-event.status", NULL, STAMP, FAIL, NULL, NULL, cla_nfe_event_status,
	  TEXT("SEFAZ did not register the event", "La SEFAZ no registró el evento",
	       "A SEFAZ não registrou o evento") },
	{ "nfe-event.answer", NULL, STAMP, FAIL, NULL, NULL, cla_nfe_event_answer,
	  TEXT("The answer is to another event", "La respuesta es de otro evento",
	       "A resposta é de outro evento") },
};

const struct cla_rule_table cla_nfe_rules = { "nfe", rules, CLA_LEN(rules) };

static size_t first_of_events(void)
{
	size_t i = 0;

	while (i < CLA_LEN(rules) && strncmp(rules[i].id, "nfe-event.", 10) != 0)
		i++;
	return i;
}

void cla_nfe_run_note(struct cla_case *c)
{
	static const struct cla_rule_table *const further[] = {
		&cla_nfe_header_rules,
		&cla_nfe_payment_rules,
		&cla_nfe_qr_rules,
	};
	/* Of items there are too many in a file that means harm: told by nfe.items. */
	static const struct cla_rule_table *const of_items[] = {
		&cla_nfe_code_rules,
		&cla_nfe_consumer_rules,
		&cla_nfe_reform_rules,
		&cla_nfe_tax_rules,
	};
	bool bounded = cla_nfe_of(c)->items <= CLA_NFE_MAX_ITEMS;

	cla_rules_run(c, rules, first_of_events());
	for (size_t i = 0; i < CLA_LEN(further) && !c->failed; i++)
		cla_rules_run(c, further[i]->rules, further[i]->count);
	for (size_t i = 0; i < CLA_LEN(of_items) && bounded && !c->failed; i++)
		cla_rules_run(c, of_items[i]->rules, of_items[i]->count);
}

void cla_nfe_run_event(struct cla_case *c)
{
	size_t first = first_of_events();

	cla_rules_run(c, rules + first, CLA_LEN(rules) - first);
}
