/* nfe_test.c - every rule of the NF-e family with a document that it must reject and one that it
 * must not. */
#include "fiscal/nfe_fixture.h"
#include "fiscal/rule.h"

#define NOTE "note.xml"
#define CONSUMER "consumer.xml"
#define EVENT "event.xml"

#define NS "http://www.portalfiscal.inf.br/nfe"
#define REFERENCE "35231011222333000181550010000000991122334452"

struct edit {
	const char *after, *old, *new;
};

struct sample {
	const char *rule, *file;
	struct edit edits[4];
	const char *flip; /* change the character behind it */
	const char *cert; /* put this file's certificate in the place of the right one */
	bool indent;
	enum cla_verdict severity; /* of the finding; 0: as the rule's row says */
};

static void apply(const struct sample *s, struct cla_buf *b)
{
	cla_auto_buf struct cla_buf cert = CLA_BUF_INIT(65536), tag = CLA_BUF_INIT(65536);

	fixture_load(s->file, b);
	for (size_t i = 0; i < CLA_LEN(s->edits) && s->edits[i].old; i++)
		fixture_swap(b, s->edits[i].after, s->edits[i].old, s->edits[i].new);
	if (s->flip)
		fixture_flip(b, s->flip);
	if (s->cert) {
		cla_buf_add(&tag, fixture_part(b, "<X509Certificate>", "</X509Certificate>"));
		fixture_load(s->cert, &cert);
		fixture_swap(b, NULL, cla_buf_cstr(&tag), "<X509Certificate></X509Certificate>");
		fixture_swap(b, "<X509Certificate>", "", cla_buf_cstr(&cert));
	}
	if (s->indent)
		fixture_indent(b);
}

/* clang-format off */
#define SUM(field)                                                                             \
	{ "nfe.total-" field, NOTE,                                                            \
	  .edits = { { "<ICMSTot>", "<" field ">", "<" field ">9" } } }
#define SUM_ADDED(field, behind)                                                               \
	{ "nfe.total-" field, NOTE,                                                            \
	  .edits = { { "<ICMSTot>", "</" behind ">", "</" behind "><" field ">1.00</" field ">" } } }
#define SERVICES(field)                                                                        \
	{ "nfe.services-" field, NOTE,                                                         \
	  .edits = { { "<ISSQNtot>", "<" field ">", "<" field ">9" } } }

/* The same for a note and an event: `id` is the whole Id, `content` a signed text. */
#define PROOF(prefix, file, id, content)                                                       \
	{ prefix "signature-missing", file,                                                    \
	  .edits = { { NULL, "<Signature xmlns", "<Nothing xmlns" },                           \
		     { NULL, "</Signature>", "</Nothing>" } } },                               \
	{ prefix "signature-place", file,                                                      \
	  .edits = { { NULL, "</Signature>",                                                   \
		       "</Signature><Signature xmlns=\"http://www.w3.org/2000/09/xmldsig#\"/>" } } }, \
	{ prefix "signature-form", file,                                                       \
	  .edits = { { NULL, "<KeyInfo>", "<KeyInfo><KeyName>x</KeyName>" } } },               \
	{ prefix "signature-form", file,                                                       \
	  .edits = { { NULL, "<DigestValue>", "<DigestValue>AAAA" } } },                       \
	{ prefix "signature-form", file,                                                       \
	  .edits = { { NULL, "<SignatureValue>", "<SignatureValue>=*" } } },                   \
	{ prefix "signature-algorithm", file,                                                  \
	  .edits = { { NULL, "2000/09/xmldsig#rsa-sha1", "2001/04/xmldsig-more#rsa-sha256" } } }, \
	{ prefix "signature-reference", file, .edits = { { NULL, "URI=\"#", "URI=\"#X" } } },  \
	{ prefix "signature-repeated-id", file,                                                \
	  .edits = { { NULL, "<cStat>", "<cStat ID=\"" id "\">" } } },                         \
	{ prefix "signature-key", file, .flip = "<X509Certificate>MII" },                      \
	{ prefix "signature-key", file, .cert = "curve.cer.txt" },                              \
	{ prefix "signature-digest", file, .edits = { { NULL, content, content "X" } } },      \
	{ prefix "signature-value", file, .flip = "<SignatureValue>" },                        \
	{ prefix "signature-value", file, .cert = "other.cer.txt" },                           \
	{ prefix "signature-reindented", file, .indent = true },                               \
	{ prefix "signature-rewrapped", file,                                                  \
	  .edits = { { NULL, "xmlns=\"" NS "\"", "xmlns=\"" NS "\" xmlns:e=\"urn:envelope\"" } } }, \
	{ prefix "certificate-unreadable", file, .flip = "<X509Certificate>MII" },             \
	{ prefix "certificate-unreadable", file,                                               \
	  .edits = { { NULL, "<X509Data>", "<X509Date>" },                                     \
		     { NULL, "</X509Data>", "</X509Date>" } },                                 \
	  .severity = CLA_VERDICT_UNKNOWN },                                                   \
	{ prefix "certificate-authority", file, .cert = "authority.cer.txt" },                 \
	{ prefix "certificate-nameless", file, .cert = "nameless.cer.txt" },                   \
	{ prefix "certificate-owner", file, .cert = "other.cer.txt" }
/* clang-format on */

static const struct sample rejected[] = {
	/* layout */
	{ "nfe.schema", NOTE, .edits = { { NULL, "<CRT>3</CRT>", "<CRT>9</CRT>" } } },
	{ "nfe.schema", NOTE, .edits = { { "<infNFe", "versao=\"4.00\"", "versao=\"3.10\"" } },
	  .severity = CLA_VERDICT_UNKNOWN },
	{ "nfe.version", NOTE, .edits = { { "<nfeProc", "versao=\"4.00\"", "versao=\"3.10\"" } } },
	{ "nfe.version", NOTE, .edits = { { "<protNFe", "versao=\"4.00\"", "versao=\"3.10\"" } } },
	{ "nfe.version", NOTE, .edits = { { "<infNFe", "versao=\"4.00\"", "versao=\"5.00\"" } } },
	{ "nfe.version", NOTE, .edits = { { "<infNFe", " versao=\"4.00\"", "" } } },
	{ "nfe.prefix", NOTE,
	  .edits = { { NULL, "<NFe xmlns=", "<n:NFe xmlns:n=" }, { NULL, "</NFe>", "</n:NFe>" } } },
	{ "nfe.prefix", NOTE,
	  .edits = { { NULL, "<qCom>2.0000</qCom>",
		       "<n:qCom xmlns:n=\"" NS "\">2.0000</n:qCom>" } } },

	/* access key */
	{ "nfe.id-form", NOTE, .edits = { { NULL, "Id=\"NFe3", "Id=\"NFX3" } } },
	{ "nfe.id-form", NOTE, .edits = { { NULL, "Id=\"NFe3", "Id=\"NFea" } } },
	{ "nfe.key-digit", NOTE, .edits = { { "Id=\"NFe", "543209\"", "543208\"" } } },
	{ "nfe.key-digit", NOTE, .edits = { { "Id=\"NFe", "1876", "1786" } } },
	{ "nfe.key-state-unknown", NOTE, .edits = { { NULL, "Id=\"NFe35", "Id=\"NFe34" } } },
	{ "nfe.key-state", NOTE, .edits = { { NULL, "<cUF>35<", "<cUF>33<" } } },
	{ "nfe.key-month", NOTE, .edits = { { NULL, "<dhEmi>2024-11", "<dhEmi>2024-12" } } },
	{ "nfe.key-issuer", NOTE, .edits = { { "<emit>", "11222333000181", "11444777000161" } } },
	{ "nfe.key-model", NOTE, .edits = { { NULL, "<mod>55<", "<mod>65<" } } },
	{ "nfe.key-series", NOTE, .edits = { { NULL, "<serie>1<", "<serie>2<" } } },
	{ "nfe.key-number", NOTE, .edits = { { NULL, "<nNF>123<", "<nNF>124<" } } },
	{ "nfe.key-emission", NOTE, .edits = { { NULL, "<tpEmis>1<", "<tpEmis>6<" } } },
	{ "nfe.key-code", NOTE, .edits = { { NULL, "<cNF>87654320<", "<cNF>87654321<" } } },
	{ "nfe.key-check-digit", NOTE, .edits = { { NULL, "<cDV>9<", "<cDV>8<" } } },
	{ "nfe.key-code-trivial", NOTE, .edits = { { "Id=\"NFe", "87654320", "55555555" } } },
	{ "nfe.key-code-trivial", NOTE, .edits = { { "Id=\"NFe", "87654320", "78901234" } } },
	{ "nfe.key-code-trivial", NOTE, .edits = { { "Id=\"NFe", "87654320", "00000123" } } },

	/* header */
	{ "nfe.contingency-unasked", NOTE,
	  .edits = { { NULL, "</verProc>",
		       "</verProc><dhCont>2024-11-05T09:00:00-03:00</dhCont>" } } },
	{ "nfe.contingency-reason", NOTE, .edits = { { NULL, "<tpEmis>1<", "<tpEmis>6<" } } },
	{ "nfe.leaves-early", NOTE,
	  .edits = { { NULL, "<dhSaiEnt>2024-11-05T11:00:00", "<dhSaiEnt>2024-11-05T09:59:59" } } },
	{ "nfe.leaves-early", NOTE,
	  .edits = { { NULL, "<dhSaiEnt>2024-11-05T11:00:00-03:00",
		       "<dhSaiEnt>2024-11-05T11:00:00-01:00" } } },
	{ "nfe.complement-reference", NOTE,
	  .edits = { { NULL, "<finNFe>1", "<finNFe>2" },
		     { NULL, "<NFref>", "<NFrex>" },
		     { NULL, "</NFref>", "</NFrex>" } } },
	{ "nfe.return-reference", NOTE,
	  .edits = { { NULL, "<finNFe>1", "<finNFe>4" },
		     { NULL, "<NFref>", "<NFrex>" },
		     { NULL, "</NFref>", "</NFrex>" } } },
	{ "nfe.reference-digit", NOTE, .edits = { { NULL, "<refNFe>3523", "<refNFe>3623" } } },
	{ "nfe.reference-twice", NOTE,
	  .edits = { { NULL, "</NFref>",
		       "</NFref><NFref><refNFe>" REFERENCE "</refNFe></NFref>" } } },
	{ "nfe.reference-self", NOTE,
	  .edits = { { NULL, "<refNFe>" REFERENCE, "<refNFe>" FIXTURE_NOTE_KEY } } },

	/* parties */
	{ "nfe.issuer-id", NOTE, .edits = { { "<emit>", "11222333000181", "11222333000182" } } },
	{ "nfe.issuer-id", NOTE,
	  .edits = { { "<emit>", "<CNPJ>11222333000181</CNPJ>", "<CPF>11144477736</CPF>" } } },
	{ "nfe.issuer-id", NOTE, .edits = { { "<emit>", "<CNPJ>11222333000181</CNPJ>", "" } },
	  .severity = CLA_VERDICT_UNKNOWN },
	{ "nfe.receiver-cnpj", NOTE,
	  .edits = { { "<dest>", "12ABC34501DE35", "12ABD34501DE35" } } },
	{ "nfe.receiver-cpf", CONSUMER, .edits = { { "<dest>", "11144477735", "11144477753" } } },
	{ "nfe.other-id", NOTE, .edits = { { "<autXML>", "11144477735", "11144477736" } } },
	{ "nfe.other-id", NOTE,
	  .edits = { { "<transporta>", "11444777000161", "11444777000162" } } },
	{ "nfe.other-id", NOTE, .edits = { { "<card>", "11444777000161", "11444777000162" } } },
	{ "nfe.other-id", NOTE, .edits = { { "<entrega>", "11444777000161", "11444777000162" } } },
	{ "nfe.issuer-ie", NOTE, .edits = { { "<emit>", "<IE>110042490114", "<IE>11004249011" } } },
	{ "nfe.receiver-ie", NOTE,
	  .edits = { { "<dest>", "<IE>110042490114", "<IE>1100424901145" } } },
	{ "nfe.receiver-ie", NOTE, .edits = { { "<dest>", "<IE>110042490114</IE>", "" } } },
	{ "nfe.receiver-ie-exempt", NOTE, .edits = { { NULL, "<indIEDest>1", "<indIEDest>2" } } },
	{ "nfe.nfce-to-company", CONSUMER,
	  .edits = { { "<dest>", "<CPF>11144477735</CPF>", "<CNPJ>11222333000181</CNPJ>" } } },
	{ "nfe.nfce-to-company", CONSUMER,
	  .edits = { { "<dest>", "<CPF>11144477735</CPF>", "<CNPJ>11222333000181</CNPJ>" },
		     { NULL, "<dhEmi>2026-07-05", "<dhEmi>2026-05-04" } } },
	{ "nfe.nfce-to-company", CONSUMER,
	  .edits = { { "<dest>", "<CPF>11144477735</CPF>", "<CNPJ>11222333000181</CNPJ>" },
		     { NULL, "<dhEmi>2026-07-05", "<dhEmi>2026-05-03" } },
	  .severity = CLA_VERDICT_WARN },

	/* places */
	{ "nfe.foreign-city", NOTE, .edits = { { "<enderDest>", "<UF>SP", "<UF>EX" } } },
	{ "nfe.foreign-city", NOTE, .edits = { { "<enderDest>", "3550308", "9999999" } } },
	{ "nfe.foreign-country", NOTE, .edits = { { "<enderDest>", "<UF>SP", "<UF>EX" } } },
	{ "nfe.city-taxable-digit", NOTE, .edits = { { "<ide>", "3550308", "3550309" } } },
	{ "nfe.city-taxable-state", NOTE, .edits = { { "<ide>", "3550308", "3304557" } } },
	{ "nfe.city-issuer-digit", NOTE, .edits = { { "<enderEmit>", "3550308", "3550318" } } },
	{ "nfe.city-issuer-state", NOTE, .edits = { { "<enderEmit>", "3550308", "3304557" } } },
	{ "nfe.city-receiver-digit", NOTE, .edits = { { "<enderDest>", "3550308", "355030" } } },
	{ "nfe.city-receiver-state", NOTE, .edits = { { "<enderDest>", "3550308", "3304557" } } },
	{ "nfe.city-pickup-digit", NOTE, .edits = { { "<retirada>", "3550308", "3550380" } } },
	{ "nfe.city-pickup-state", NOTE, .edits = { { "<retirada>", "3550308", "3304557" } } },
	{ "nfe.city-delivery-digit", NOTE, .edits = { { "<entrega>", "3550308", "35503o8" } } },
	{ "nfe.city-delivery-state", NOTE, .edits = { { "<entrega>", "3550308", "3304557" } } },
	{ "nfe.city-service-digit", NOTE, .edits = { { "<ISSQN>", "3550308", "3550300" } } },
	{ "nfe.city-transport-digit", NOTE, .edits = { { "<retTransp>", "3304557", "3304558" } } },

	/* arithmetic: a product of 100.02 or more is beyond the cent */
	{ "nfe.item-sold", NOTE, .edits = { { NULL, "<qCom>2.0000", "<qCom>2.0003" } } },
	{ "nfe.item-sold", NOTE, .edits = { { NULL, "<qCom>2.0000", "<qCom>2,0000" } },
	  .severity = CLA_VERDICT_UNKNOWN },
	{ "nfe.item-sold", NOTE,
	  .edits = { { NULL, "<qCom>2.0000", "<qCom>2.0003" }, { NULL, "<finNFe>1", "<finNFe>2" } },
	  .severity = CLA_VERDICT_WARN },
	{ "nfe.item-sold", NOTE, .edits = { { NULL, "<qCom>2.0000</qCom>", "" } },
	  .severity = CLA_VERDICT_UNKNOWN },
	{ "nfe.item-sold", NOTE, .edits = { { NULL, "<vUnCom>50.0000000000</vUnCom>", "" } },
	  .severity = CLA_VERDICT_UNKNOWN },
	{ "nfe.item-taxed", NOTE,
	  .edits = { { NULL, "<vUnTrib>25.0000000000", "<vUnTrib>25.0037500000" } } },
	SUM("vBC"),
	SUM("vICMS"),
	SUM("vICMSDeson"),
	SUM("vBCST"),
	SUM("vST"),
	SUM("vProd"),
	SUM("vFrete"),
	SUM("vSeg"),
	SUM("vDesc"),
	SUM("vOutro"),
	SUM("vII"),
	SUM("vIPI"),
	SUM("vIPIDevol"),
	SUM("vPIS"),
	SUM("vCOFINS"),
	SUM("vFCP"),
	SUM("vFCPST"),
	SUM("vFCPSTRet"),
	SUM("vTotTrib"),
	SUM("vNF"),
	SUM_ADDED("vFCPUFDest", "vICMSDeson"),
	SUM_ADDED("vICMSUFDest", "vICMSDeson"),
	SUM_ADDED("vICMSUFRemet", "vICMSDeson"),
	SUM_ADDED("qBCMono", "vFCPSTRet"),
	SUM_ADDED("vICMSMono", "vFCPSTRet"),
	SUM_ADDED("qBCMonoReten", "vFCPSTRet"),
	SUM_ADDED("vICMSMonoReten", "vFCPSTRet"),
	SUM_ADDED("qBCMonoRet", "vFCPSTRet"),
	SUM_ADDED("vICMSMonoRet", "vFCPSTRet"),
	SERVICES("vServ"),
	SERVICES("vBC"),
	SERVICES("vISS"),
	SERVICES("vPIS"),
	SERVICES("vCOFINS"),
	{ "nfe.total-vBC", NOTE, .edits = { { "<ICMSTot>", "<vBC>108.00", "<vBC>108.01" } } },
	{ "nfe.total-vBC", NOTE, .edits = { { "<ICMSTot>", "<vBC>108.00", "<vBC>many" } },
	  .severity = CLA_VERDICT_UNKNOWN },
	{ "nfe.total-vProd", NOTE, .edits = { { "<det ", "<indTot>1", "<indTot>0" } } },
	{ "nfe.total-vIS", NOTE,
	  .edits = { { NULL, "</ISSQNtot>", "</ISSQNtot><ISTot><vIS>1.00</vIS></ISTot>" } } },
	{ "nfe.total-vNF", NOTE, .edits = { { NULL, "<vNF>202.04", "<vNF>202.05" } } },
	{ "nfe.total-vNF", NOTE, .edits = { { NULL, "<vNF>202.04</vNF>", "" } },
	  .severity = CLA_VERDICT_UNKNOWN },
	/* imports may hold taxes paid at customs */
	{ "nfe.total-vNF", NOTE,
	  .edits = { { NULL, "<vNF>202.04", "<vNF>202.05" }, { NULL, "<CFOP>5403", "<CFOP>3102" } },
	  .severity = CLA_VERDICT_WARN },
	/* the items say that the relief is not deducted, the total deducts it */
	{ "nfe.total-vNF", NOTE,
	  .edits = { { "<ICMSTot>", "<vICMSDeson>0.00", "<vICMSDeson>10.00" },
		     { NULL, "<vNF>202.04", "<vNF>192.04" },
		     { NULL, "</ICMS10>",
		       "<vICMSDeson>10.00</vICMSDeson><indDeduzDeson>0</indDeduzDeson></"
		       "ICMS10>" } } },
	{ "nfe.total-vNFTot", NOTE,
	  .edits = { { NULL, "</ISSQNtot>", "</ISSQNtot><vNFTot>202.05</vNFTot>" } } },
	{ "nfe.payment-short", NOTE, .edits = { { NULL, "<vPag>202.04", "<vPag>202.03" } } },
	{ "nfe.payment-change", CONSUMER, .edits = { { NULL, "<vTroco>8.02", "<vTroco>8.01" } } },
	{ "nfe.payment-change", CONSUMER, .edits = { { NULL, "<vTroco>8.02</vTroco>", "" } } },
	{ "nfe.invoice-net", NOTE, .edits = { { NULL, "<vLiq>202.04", "<vLiq>202.05" } } },
	{ "nfe.invoice-instalments", NOTE, .edits = { { NULL, "<vDup>101.02", "<vDup>101.03" } } },

	/* proof */
	PROOF("nfe.", NOTE, "NFe" FIXTURE_NOTE_KEY, "PRODUTO DEMO"),
	{ "nfe.signature-place", NOTE,
	  .edits = { { NULL, "<infNFe ",
		       "<Signature xmlns=\"http://www.w3.org/2000/09/xmldsig#\"/><infNFe " },
		     { NULL, "<Signature xmlns=\"http://www.w3.org/2000/09/xmldsig#\"><",
		       "<Nothing><" },
		     { NULL, "</Signature>", "</Nothing>" } } },
	{ "nfe.signature-algorithm", NOTE,
	  .edits = { { "<Transforms>", "2000/09/xmldsig#enveloped-signature",
		       "TR/2001/REC-xml-c14n-20010315" } } },
	{ "nfe.signature-algorithm", NOTE,
	  .edits = { { "<CanonicalizationMethod", "TR/2001/REC-xml-c14n-20010315",
		       "2001/10/xml-exc-c14n#" } } },
	{ "nfe.certificate-dates", NOTE,
	  .edits = { { NULL, "<dhEmi>2024-11", "<dhEmi>2023-11" } } },
	{ "nfe.certificate-dates", NOTE,
	  .edits = { { NULL, "<dhEmi>2024-11", "<dhEmi>2027-11" } } },
	{ "nfe.certificate-dates", NOTE, .edits = { { NULL, "<dhEmi>2024-11", "<dhEmi>2024-13" } },
	  .severity = CLA_VERDICT_UNKNOWN },
	{ "nfe.homologation", NOTE, .edits = { { "<ide>", "<tpAmb>1", "<tpAmb>2" } } },
	{ "nfe.homologation", NOTE, .edits = { { "<ide>", "<tpAmb>1</tpAmb>", "" } } },
	{ "nfe.protocol-missing", NOTE,
	  .edits = { { NULL, "<protNFe", "<protMDFe" }, { NULL, "</protNFe>", "</protMDFe>" } } },
	{ "nfe.protocol-missing", NOTE,
	  .edits = { { NULL, "<infProt>", "<infProx>" }, { NULL, "</infProt>", "</infProx>" } } },
	{ "nfe.protocol-key", NOTE, .edits = { { "<infProt>", "<chNFe>3524", "<chNFe>3624" } } },
	{ "nfe.protocol-environment", NOTE, .edits = { { "<infProt>", "<tpAmb>1", "<tpAmb>2" } } },
	{ "nfe.protocol-status", NOTE, .edits = { { NULL, "<cStat>100", "<cStat>217" } } },
	{ "nfe.protocol-status", NOTE, .edits = { { NULL, "<cStat>100</cStat>", "" } } },
	{ "nfe.protocol-void", NOTE, .edits = { { NULL, "<cStat>100", "<cStat>101" } } },
	{ "nfe.protocol-void", NOTE, .edits = { { NULL, "<cStat>100", "<cStat>302" } } },
	{ "nfe.protocol-void", NOTE,
	  .edits = { { NULL, "</protNFe>",
		       "</protNFe><retEvento><infEvento><cStat>135</cStat><tpEvento>110111</"
		       "tpEvento></"
		       "infEvento></retEvento>" } } },
	{ "nfe.protocol-late", NOTE, .edits = { { NULL, "<cStat>100", "<cStat>150" } } },
	{ "nfe.protocol-number", NOTE,
	  .edits = { { NULL, "<nProt>135240000000017", "<nProt>1352400000000170" } } },
	{ "nfe.protocol-number", NOTE,
	  .edits = { { NULL, "<nProt>135240000000017</nProt>", "" } } },
	{ "nfe.protocol-place", NOTE, .edits = { { NULL, "<nProt>13524", "<nProt>13324" } } },
	{ "nfe.protocol-place", NOTE, .edits = { { NULL, "<nProt>13524", "<nProt>13523" } } },
	{ "nfe.protocol-early", NOTE,
	  .edits = { { NULL, "<dhRecbto>2024-11-05T10:00:05", "<dhRecbto>2024-11-05T09:54:59" } } },
	{ "nfe.protocol-early", NOTE,
	  .edits = { { NULL, "<dhRecbto>2024-11-05T10:00:05", "<dhRecbto>2024-11-05T09:55:00" } },
	  .severity = CLA_VERDICT_WARN },
	{ "nfe.protocol-digest", NOTE,
	  .edits = { { NULL, "<digVal>", "<digVax>" }, { NULL, "</digVal>", "</digVax>" } } },
	{ "nfe.protocol-other-content", NOTE, .flip = "<digVal>" },
	{ "nfe.protocol-other-content", NOTE,
	  .edits = { { NULL, "<Signature xmlns", "<Nothing xmlns" },
		     { NULL, "</Signature>", "</Nothing>" } },
	  .severity = CLA_VERDICT_UNKNOWN },
	{ "nfe.qr-missing", CONSUMER,
	  .edits = { { NULL, "<qrCode>", "<qrCodx>" }, { NULL, "</qrCode>", "</qrCodx>" } } },
	{ "nfe.qr-key", CONSUMER, .edits = { { NULL, "qrcode?p=3526", "qrcode?p=3626" } } },
	{ "nfe.qr-key", CONSUMER, .edits = { { NULL, "qrcode?p=3526", "qrcode/p=3526" } } },
	{ "nfe.qr-content", CONSUMER, .edits = { { NULL, "|2|1|1|", "|2|2|1|" } } },
	/* off-line, version 2: day, total, digest in hex */
	{ "nfe.qr-content", CONSUMER, .edits = { { NULL, "|2|1|1|", "|2|1|06|41.98|00|1|" } } },
	{ "nfe.qr-content", CONSUMER,
	  .edits = { { NULL, "|2|1|1|", "|3|1|05|41.99|2|11144477735|" } } },
	{ "nfe.qr-content", CONSUMER,
	  .edits = { { NULL, "|2|1|1|", "|3|1|15|41.98|2|11144477735|" } } },
	{ "nfe.qr-content", CONSUMER,
	  .edits = { { NULL,
		       "qrcode?p=", "qrcode?nVersao=100&amp;tpAmb=1&amp;vNF=4.00&amp;chNFe=" } } },

	/* events */
	{ "nfe-event.schema", EVENT, .severity = CLA_VERDICT_UNKNOWN },
	{ "nfe-event.id", EVENT, .edits = { { NULL, "Id=\"ID110111", "Id=\"ID110112" } } },
	{ "nfe-event.id", EVENT, .edits = { { NULL, "<nSeqEvento>1<", "<nSeqEvento>2<" } } },
	{ "nfe-event.key", EVENT, .edits = { { NULL, "<chNFe>3524", "<chNFe>3624" } } },
	{ "nfe-event.author-id", EVENT,
	  .edits = { { NULL, "<CNPJ>11222333000181", "<CNPJ>11222333000182" } } },
	{ "nfe-event.author", EVENT,
	  .edits = { { NULL, "<CNPJ>11222333000181", "<CNPJ>11444777000161" } } },
	{ "nfe-event.office", EVENT, .edits = { { NULL, "<cOrgao>35", "<cOrgao>33" } } },
	PROOF("nfe-event.", EVENT, "ID110111" FIXTURE_NOTE_KEY "01", "mercadoria devolvida"),
	{ "nfe-event.certificate-dates", EVENT,
	  .edits = { { NULL, "<dhEvento>2024", "<dhEvento>2023" } } },
	{ "nfe-event.homologation", EVENT, .edits = { { NULL, "<tpAmb>1", "<tpAmb>2" } } },
	{ "nfe-event.unregistered", EVENT,
	  .edits = { { NULL, "<retEvento ", "<retEventx " },
		     { NULL, "</retEvento>", "</retEventx>" } } },
	/* without procEventoNFe nobody says that the answer was there */
	{ "nfe-event.unregistered", EVENT,
	  .edits = { { NULL, "<procEventoNFe ", "<e " }, { NULL, "</procEventoNFe>", "</e>" } },
	  .severity = CLA_VERDICT_UNKNOWN },
	{ "nfe-event.status", EVENT, .edits = { { NULL, "<cStat>135", "<cStat>573" } } },
	{ "nfe-event.answer", EVENT,
	  .edits = { { "<retEvento", "<tpEvento>110111", "<tpEvento>110110" } } },
	{ "nfe-event.answer", EVENT, .edits = { { "<retEvento", "<chNFe>3524", "<chNFe>3424" } } },
};

/* Near misses: changed documents that the rule must not touch. That it leaves the three unchanged
 * ones alone is a test of its own. */
static const struct sample admitted[] = {
	{ "nfe.schema", NOTE, .edits = { { NULL, "<procEmi>0", "<procEmi>3" } } },
	/* what only one of the packages admits: PL_010e the printing form 6, PL_010d pISEspec */
	{ "nfe.schema", NOTE, .edits = { { NULL, "<tpImp>1", "<tpImp>6" } } },
	{ "nfe.schema", NOTE,
	  .edits = { { NULL, "</COFINS>",
		       "</COFINS><IS><CSTIS>000</CSTIS><cClassTribIS>000001</"
		       "cClassTribIS><vBCIS>1.00</"
		       "vBCIS><pIS>0.00</pIS>"
		       "<pISEspec>0.00</pISEspec><vIS>0.00</vIS></IS>" } } },
	/* half an hour before December where it was issued, December in UTC */
	{ "nfe.key-month", NOTE,
	  .edits = { { NULL, "<dhEmi>2024-11-05T10:00:00", "<dhEmi>2024-11-30T23:30:00" } } },
	{ "nfe.key-code-trivial", NOTE,
	  .edits = { { "Id=\"NFe", "87654320", "55555555" },
		     { NULL, "<dhEmi>2024", "<dhEmi>2018" } } },
	{ "nfe.key-code-trivial", NOTE, .edits = { { "Id=\"NFe", "87654320", "12345687" } } },
	{ "nfe.contingency-reason", NOTE,
	  .edits = { { NULL, "<tpEmis>1<", "<tpEmis>6<" },
		     { NULL, "</verProc>",
		       "</verProc><dhCont>2024-11-05T09:00:00-03:00</dhCont><xJust>SEFAZ fora do "
		       "ar</xJust>" } } },
	{ "nfe.leaves-early", NOTE,
	  .edits = { { NULL, "<dhSaiEnt>2024-11-05T11:00:00-03:00",
		       "<dhSaiEnt>2024-11-05T08:00:00-05:00" } } },
	{ "nfe.leaves-early", NOTE,
	  .edits = { { NULL, "<dhSaiEnt>2024-11-05T11", "<dhSaiEnt>2024-11-05T09" },
		     { NULL, "<tpNF>1", "<tpNF>0" } } },
	{ "nfe.complement-reference", NOTE, .edits = { { NULL, "<finNFe>1", "<finNFe>2" } } },
	{ "nfe.return-reference", NOTE, .edits = { { NULL, "<finNFe>1", "<finNFe>4" } } },
	{ "nfe.return-reference", NOTE,
	  .edits = { { NULL, "<finNFe>1", "<finNFe>4" },
		     { NULL, "<NFref>", "<NFrex>" },
		     { NULL, "</NFref>", "</NFrex>" },
		     { NULL, "</imposto></det>",
		       "</imposto><DFeReferenciado><chaveAcesso>" REFERENCE
		       "</chaveAcesso></DFeReferenciado></det>" } } },
	{ "nfe.issuer-id", NOTE, .edits = { { "<emit>", "11222333000181", "B4K7Z9QW000149" } } },
	{ "nfe.receiver-cnpj", NOTE,
	  .edits = { { "<dest>", "<CNPJ>12ABC34501DE35</CNPJ>",
		       "<idEstrangeiro>AB123456</idEstrangeiro>" } } },
	{ "nfe.issuer-ie", NOTE,
	  .edits = { { "<emit>", "<IE>110042490114", "<IE>P110042490114" } } },
	{ "nfe.nfce-to-company", NOTE,
	  .edits = { { NULL, "<dhEmi>2024-11-05", "<dhEmi>2026-11-05" } } },
	{ "nfe.foreign-city", NOTE,
	  .edits = { { "<enderDest>", "<UF>SP", "<UF>EX" },
		     { "<enderDest>", "3550308", "9999999" } } },
	{ "nfe.city-receiver-digit", NOTE,
	  .edits = { { "<enderDest>", "<UF>SP", "<UF>EX" },
		     { "<enderDest>", "3550308", "9999999" } } },
	{ "nfe.city-receiver-state", NOTE,
	  .edits = { { "<enderDest>", "<UF>SP", "<UF>EX" },
		     { "<enderDest>", "3550308", "9999999" } } },
	{ "nfe.foreign-country", NOTE,
	  .edits = { { "<enderDest>", "<UF>SP", "<UF>EX" },
		     { "<enderDest>", "<cPais>1058", "<cPais>2496" } } },
	{ "nfe.city-pickup-digit", NOTE,
	  .edits = { { "<retirada>", "3550308", "2201919" } } }, /* from before the rule */
	{ "nfe.item-sold", NOTE,
	  .edits = { { NULL, "<qCom>2.0000", "<qCom>2.0002" } } }, /* 100.01 */
	{ "nfe.item-sold", NOTE,
	  .edits = { { NULL, "<qCom>2.0000", "<qCom>2" },
		     { NULL, "<vUnCom>50.0000000000", "<vUnCom>50" } } },
	{ "nfe.total-vBC", NOTE, .edits = { { "<ICMSTot>", "<vBC>108.00", "<vBC>108.0" } } },
	{ "nfe.services-vServ", NOTE,
	  .edits = { { "<det nItem=\"2\"", "<indTot>1", "<indTot>0" } } },
	/* relief deducted: where the items say so, and always before they could */
	{ "nfe.total-vNF", NOTE,
	  .edits = { { "<ICMSTot>", "<vICMSDeson>0.00", "<vICMSDeson>10.00" },
		     { NULL, "<vNF>202.04", "<vNF>192.04" },
		     { NULL, "</ICMS10>",
		       "<vICMSDeson>10.00</vICMSDeson><indDeduzDeson>1</indDeduzDeson></"
		       "ICMS10>" } } },
	{ "nfe.total-vNF", NOTE,
	  .edits = { { "<ICMSTot>", "<vICMSDeson>0.00", "<vICMSDeson>10.00" },
		     { NULL, "<vNF>202.04", "<vNF>192.04" },
		     { NULL, "</ICMS10>", "<vICMSDeson>10.00</vICMSDeson></ICMS10>" } } },
	/* PIS and COFINS of substitution count where the item says so */
	{ "nfe.total-vNF", NOTE,
	  .edits = { { NULL, "</COFINS>",
		       "</COFINS><COFINSST><vBC>1.00</vBC><pCOFINS>1.00</pCOFINS><vCOFINS>3.00</"
		       "vCOFINS><indSomaCOFINSST>1</indSomaCOFINSST></COFINSST>" },
		     { NULL, "<vNF>202.04", "<vNF>205.04" } } },
	/* groups of the tax reform are no part of vNF in 2026 */
	{ "nfe.total-vNF", CONSUMER,
	  .edits = { { NULL, "</ICMSTot>",
		       "</ICMSTot><IBSCBSTot><vBCIBSCBS>41.98</vBCIBSCBS><gCBS><vDif>0.00</"
		       "vDif><vDevTrib>0.00</vDevTrib><vCBS>0.38</vCBS></gCBS></IBSCBSTot>" } } },
	{ "nfe.total-vNFTot", NOTE,
	  .edits = { { NULL, "</ISSQNtot>", "</ISSQNtot><vNFTot>202.04</vNFTot>" } } },
	{ "nfe.total-vNFTot", NOTE,
	  .edits = { { NULL, "</ISSQNtot>",
		       "</ISSQNtot><ISTot><vIS>1.00</vIS></ISTot><vNFTot>203.04</vNFTot>" } } },
	{ "nfe.payment-short", NOTE,
	  .edits = { { NULL, "<tPag>03</tPag><vPag>202.04", "<tPag>90</tPag><vPag>0.00" } } },
	{ "nfe.protocol-status", NOTE, .edits = { { NULL, "<cStat>100", "<cStat>150" } } },
	{ "nfe.protocol-number", NOTE,
	  .edits = { { NULL, "<nProt>135240000000017", "<nProt>13524000000001700" } } },
	{ "nfe.protocol-place", NOTE, .edits = { { NULL, "<nProt>13524", "<nProt>89124" } } },
	{ "nfe.protocol-early", NOTE,
	  .edits = { { NULL, "<dhRecbto>2024-11-05T10:00:05-03:00",
		       "<dhRecbto>2024-11-05T09:00:05-04:00" } } },
	{ "nfe.protocol-void", NOTE,
	  .edits = { { NULL, "</protNFe>",
		       "</protNFe><retEvento><infEvento><cStat>135</cStat><tpEvento>110110</"
		       "tpEvento></"
		       "infEvento></retEvento>" } } },
	{ "nfe.qr-content", CONSUMER,
	  .edits = { { NULL, "|2|1|1|", "|3|1|05|41.98|2|11144477735|" } } },
	{ "nfe.qr-key", CONSUMER,
	  .edits = { { NULL, "qrcode?p=", "qrcode?nVersao=100&amp;tpAmb=1&amp;chNFe=" },
		     { NULL, "|2|1|1|", "&amp;x=" } } },
	{ "nfe.certificate-owner", NOTE,
	  .edits = { { "<emit>", "11222333000181", "11222333000262" } } }, /* a branch */
	{ "nfe-event.author", EVENT,
	  .edits = { { NULL, "<tpEvento>110111", "<tpEvento>210200" },
		     { NULL, "<CNPJ>11222333000181", "<CNPJ>11444777000161" } } },
	{ "nfe-event.office", EVENT,
	  .edits = { { NULL, "<tpEvento>110111", "<tpEvento>210200" },
		     { NULL, "<cOrgao>35", "<cOrgao>91" } } },
	{ "nfe-event.status", EVENT, .edits = { { NULL, "<cStat>135", "<cStat>155" } } },
};

static int make_judge(void **state)
{
	*state = fixture_judge();
	return 0;
}

static int free_judge(void **state)
{
	cla_judge_free(*state);
	return 0;
}

static const struct cla_rule *row_of(const char *id)
{
	for (size_t i = 0; i < cla_nfe_rules.count; i++) {
		if (strcmp(cla_nfe_rules.rules[i].id, id) == 0)
			return &cla_nfe_rules.rules[i];
	}
	return NULL;
}

static void each_rule_rejects_its_sample(void **state)
{
	for (size_t i = 0; i < CLA_LEN(rejected); i++) {
		cla_auto_buf struct cla_buf b = CLA_BUF_INIT(FIXTURE_MAX);
		cla_auto_judgement struct cla_judgement out;
		const struct cla_rule *row = row_of(rejected[i].rule);
		enum cla_verdict due = rejected[i].severity;
		const struct cla_finding *f;

		if (!row)
			fail_msg("sample %zu is of no rule: %s", i, rejected[i].rule);
		if (due == CLA_VERDICT_NA)
			due = row->severity;
		apply(&rejected[i], &b);
		fixture_run(*state, &b, &out);
		f = fixture_finding(out.documents, row->id);
		if (!f)
			fail_msg("sample %zu is not rejected by %s", i, row->id);
		if (f->severity != due)
			fail_msg("sample %zu: %s gives %s", i, row->id,
				 cla_verdict_name(f->severity));
		assert_int_equal(f->check, row->check);
		assert_true(out.documents->checks[row->check] >= due);
		assert_true(out.documents->verdict >= due);
	}
}

static void near_misses_are_admitted(void **state)
{
	for (size_t i = 0; i < CLA_LEN(admitted); i++) {
		cla_auto_buf struct cla_buf b = CLA_BUF_INIT(FIXTURE_MAX);
		cla_auto_judgement struct cla_judgement out;

		if (!row_of(admitted[i].rule))
			fail_msg("sample %zu is of no rule: %s", i, admitted[i].rule);
		apply(&admitted[i], &b);
		fixture_run(*state, &b, &out);
		assert_int_equal(out.documents->checks[CLA_CHECK_WELLFORMED], CLA_VERDICT_PASS);
		if (fixture_finding(out.documents, admitted[i].rule))
			fail_msg("sample %zu is rejected by %s", i, admitted[i].rule);
	}
}

static void every_rule_has_a_sample(void **state CLA_UNUSED)
{
	bool events = false;

	for (size_t r = 0; r < cla_nfe_rules.count; r++) {
		const struct cla_rule *row = &cla_nfe_rules.rules[r];
		size_t i = 0;

		while (i < CLA_LEN(rejected) && strcmp(rejected[i].rule, row->id) != 0)
			i++;
		if (i == CLA_LEN(rejected))
			fail_msg("%s has no sample", row->id);
		/* the two runs part the table at the first row of an event */
		events = events || strncmp(row->id, "nfe-event.", 10) == 0;
		assert_true(events == (strncmp(row->id, "nfe-event.", 10) == 0));
		assert_ptr_equal(row_of(row->id), row);
		assert_non_null(row->fn);
		for (int lang = 0; lang < CLA_LANG_COUNT; lang++)
			assert_non_null(row->text.in[lang]);
	}
}

static void assert_text(struct cla_str s, const char *due)
{
	if (!due ? !cla_str_absent(s) : !cla_str_eqc(s, due))
		fail_msg("'" CLA_STR_FMT "' in place of '%s'", CLA_STR_ARG(s),
			 due ? due : "nothing");
}

/* The unchanged documents: no finding at all, so no rule touches what it should not; and what is
 * read of them. */
static void good_documents_pass(void **state)
{
	cla_auto_buf struct cla_buf note = CLA_BUF_INIT(FIXTURE_MAX),
				    consumer = CLA_BUF_INIT(FIXTURE_MAX);
	cla_auto_judgement struct cla_judgement a, b;
	const struct cla_document *d;

	fixture_load(NOTE, &note);
	fixture_run(*state, &note, &a);
	assert_int_equal(a.count, 1);
	d = a.documents;
	assert_null(d->findings);
	for (int check = 0; check < CLA_CHECK_COUNT; check++)
		assert_int_equal(d->checks[check], CLA_VERDICT_PASS);
	assert_int_equal(d->verdict, CLA_VERDICT_PASS);
	assert_int_equal(d->kind, CLA_DOC_NFE);
	assert_text(d->version, "4.00");
	assert_text(d->id, FIXTURE_NOTE_KEY);
	assert_text(d->issuer, "11222333000181");
	assert_text(d->issuer_name, "DEMO EMITENTE LTDA");
	assert_text(d->receiver, "12ABC34501DE35");
	assert_text(d->issued_at, "2024-11-05T10:00:00-03:00");
	assert_text(d->total, "202.04");
	assert_text(d->currency, "BRL");
	assert_text(d->type, "1");
	assert_text(d->payment_form, "03");
	assert_text(d->authorization, "A1B2C3");
	assert_true(d->production);

	fixture_load(CONSUMER, &consumer);
	fixture_run(*state, &consumer, &b);
	d = b.documents;
	assert_null(d->findings);
	assert_int_equal(d->verdict, CLA_VERDICT_PASS);
	assert_int_equal(d->kind, CLA_DOC_NFCE);
	assert_text(d->issuer, "12ABC34501DE35");
	assert_text(d->receiver, "11144477735");
	assert_text(d->authorization, NULL);
}

static void event_is_good_but_its_layout_unknown(void **state)
{
	cla_auto_buf struct cla_buf b = CLA_BUF_INIT(FIXTURE_MAX);
	cla_auto_judgement struct cla_judgement out;
	const struct cla_document *d;

	fixture_load(EVENT, &b);
	fixture_run(*state, &b, &out);
	d = out.documents;
	assert_int_equal(d->kind, CLA_DOC_NFE_EVENT);
	assert_int_equal(d->finding_count, 1);
	assert_string_equal(d->findings->rule, "nfe-event.schema");
	assert_int_equal(d->checks[CLA_CHECK_SIGNATURE], CLA_VERDICT_PASS);
	assert_int_equal(d->checks[CLA_CHECK_CERTIFICATE], CLA_VERDICT_PASS);
	assert_int_equal(d->checks[CLA_CHECK_STAMP], CLA_VERDICT_PASS);
	assert_int_equal(d->checks[CLA_CHECK_IDENTITY], CLA_VERDICT_PASS);
	assert_int_equal(d->checks[CLA_CHECK_TOTALS], CLA_VERDICT_NA);
	assert_int_equal(d->verdict, CLA_VERDICT_UNKNOWN);
	assert_text(d->id, FIXTURE_NOTE_KEY);
	assert_text(d->issuer, "11222333000181");
}

/* A note without its protocol: signed and right, but nothing says that it was authorised. */
static void note_alone_is_unproven(void **state)
{
	cla_auto_buf struct cla_buf b = CLA_BUF_INIT(FIXTURE_MAX),
				    alone = CLA_BUF_INIT(FIXTURE_MAX);
	cla_auto_judgement struct cla_judgement out;
	const struct cla_document *d;

	fixture_load(NOTE, &b);
	cla_buf_add(&alone, fixture_part(&b, "<NFe ", "</NFe>"));
	fixture_run(*state, &alone, &out);
	d = out.documents;
	assert_int_equal(d->checks[CLA_CHECK_SCHEMA], CLA_VERDICT_PASS);
	assert_int_equal(d->checks[CLA_CHECK_SIGNATURE], CLA_VERDICT_PASS);
	assert_int_equal(d->checks[CLA_CHECK_STAMP], CLA_VERDICT_UNKNOWN);
	assert_int_equal(d->finding_count, 1);
	assert_string_equal(d->findings->rule, "nfe.protocol-missing");
}

/* Nothing to read: nothing may pass. */
static void empty_notes_pass_nothing(void **state)
{
	static const char *const texts[] = {
		"<NFe xmlns='" NS "'/>",
		"<NFe xmlns='" NS "'><infNFe/></NFe>",
		"<NFe xmlns='" NS
		"'><infNFe versao='4.00'><ide/><emit/><det/><total/></infNFe></NFe>",
		"<nfeProc xmlns='" NS "'/>",
		"<nfeProc xmlns='" NS "'><NFe/><protNFe><infProt/></protNFe></nfeProc>",
		"<procEventoNFe xmlns='" NS "'/>",
		"<procEventoNFe xmlns='" NS "'><evento><infEvento/></evento><retEvento><infEvento/"
		"></retEvento></procEventoNFe>",
	};

	for (size_t i = 0; i < CLA_LEN(texts); i++) {
		cla_auto_buf struct cla_buf b = CLA_BUF_INIT(FIXTURE_MAX);
		cla_auto_judgement struct cla_judgement out;

		cla_buf_addc(&b, texts[i]);
		fixture_run(*state, &b, &out);
		for (int check = CLA_CHECK_SCHEMA; check <= CLA_CHECK_TOTALS; check++) {
			if (out.documents->checks[check] == CLA_VERDICT_PASS)
				fail_msg("document %zu passes %s", i,
					 cla_check_name((enum cla_check)check));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_documents_pass),
		cmocka_unit_test(event_is_good_but_its_layout_unknown),
		cmocka_unit_test(note_alone_is_unproven),
		cmocka_unit_test(each_rule_rejects_its_sample),
		cmocka_unit_test(near_misses_are_admitted),
		cmocka_unit_test(every_rule_has_a_sample),
		cmocka_unit_test(empty_notes_pass_nothing),
	};

	return cmocka_run_group_tests(tests, make_judge, free_judge);
}
