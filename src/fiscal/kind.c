/* fiscal/kind.c - what a file or an element is. */
#include "fiscal/common.h"
#include "fiscal/judge_priv.h"

#include <string.h>

#define NS_NFE "http://www.portalfiscal.inf.br/nfe"
#define NS_CTE "http://www.portalfiscal.inf.br/cte"
#define NS_MDFE "http://www.portalfiscal.inf.br/mdfe"
#define NS_NFSE "http://www.sped.fazenda.gov.br/nfse"
#define NS_UBL "urn:oasis:names:specification:ubl:schema:xsd:"

struct magic {
	const char *name;
	const char *bytes;
	size_t len;
};

#define MAGIC(name, literal)                                                                       \
	{                                                                                          \
		name, literal, sizeof(literal) - 1                                                 \
	}
static const struct magic magics[] = {
	MAGIC("pdf", "%PDF-"),	     MAGIC("zip", "PK\003\004"),
	MAGIC("zip", "PK\005\006"),  MAGIC("jpg", "\xff\xd8\xff"),
	MAGIC("png", "\x89PNG\r\n"), MAGIC("gif", "GIF8"),
	MAGIC("gzip", "\x1f\x8b"),   MAGIC("ole", "\xd0\xcf\x11\xe0\xa1\xb1"),
	MAGIC("cms", "\x30\x82"),    MAGIC("cms", "\x30\x83"),
	MAGIC("cms", "\x30\x80"),    MAGIC("rtf", "{\\rtf"),
};

static bool begins(struct cla_str s, const char *bytes, size_t len)
{
	return s.len >= len && !memcmp(s.ptr, bytes, len);
}

static struct cla_str after_bom(struct cla_str s)
{
	return begins(s, "\xef\xbb\xbf", 3) ? cla_str_sub(s, 3, s.len - 3) : s;
}

static bool starts_nocase(struct cla_str s, const char *lower)
{
	return cla_str_eq_nocase(cla_str_sub(s, 0, strlen(lower)), cla_str_from(lower));
}

bool cla_sniff_is_html(struct cla_str bytes)
{
	static const char *const tags[] = { "<!doctype html", "<html", "<head", "<body",
					    "<script" };
	struct cla_str head = cla_str_trim(cla_str_sub(after_bom(bytes), 0, 1024));

	for (size_t i = 0; i < CLA_LEN(tags); i++) {
		if (starts_nocase(head, tags[i]))
			return true;
	}
	return false;
}

const char *cla_sniff_name(struct cla_str bytes)
{
	struct cla_str head = cla_str_sub(after_bom(bytes), 0, 1024);
	struct cla_str text = cla_str_trim(head);

	if (!bytes.len)
		return "empty";
	if (!text.len && bytes.len <= 1024)
		return "blank";
	for (size_t i = 0; i < CLA_LEN(magics); i++) {
		if (begins(head, magics[i].bytes, magics[i].len))
			return magics[i].name;
	}
	if (cla_sniff_is_html(bytes))
		return "html";
	if (cla_str_contains(head, "%PDF-"))
		return "pdf";
	if (text.len && (text.ptr[0] == '{' || text.ptr[0] == '['))
		return "json";
	for (size_t i = 0; i < head.len; i++) {
		unsigned char c = (unsigned char)head.ptr[i];
		if (c < 0x20 && c != '\t' && c != '\n' && c != '\r')
			return "binary";
	}
	return "text";
}

struct kind_row {
	const char *ns; /* NULL: the row before's */
	const char *name;
	enum cla_doc_kind kind;
};

static const struct kind_row kind_rows[] = {
	{ "http://www.sat.gob.mx/cfd/4", "Comprobante", CLA_DOC_CFDI },
	{ "http://www.sat.gob.mx/cfd/3", "Comprobante", CLA_DOC_CFDI },
	{ "http://www.sat.gob.mx/esquemas/retencionpago/2", "Retenciones",
	  CLA_DOC_CFDI_RETENCIONES },
	{ "http://www.sat.gob.mx/esquemas/retencionpago/1", "Retenciones",
	  CLA_DOC_CFDI_RETENCIONES },
	{ NS_NFE, "nfeProc", CLA_DOC_NFE },
	{ NS_NFE, "NFe", CLA_DOC_NFE },
	{ NS_NFE, "procEventoNFe", CLA_DOC_NFE_EVENT },
	{ NS_NFE, "evento", CLA_DOC_NFE_EVENT },
	{ NS_NFE, "ProcInutNFe", CLA_DOC_NFE_EVENT },
	{ NS_NFE, "inutNFe", CLA_DOC_NFE_EVENT },
	{ NS_CTE, "cteProc", CLA_DOC_CTE },
	{ NS_CTE, "CTe", CLA_DOC_CTE },
	{ NS_CTE, "cteOSProc", CLA_DOC_CTE },
	{ NS_CTE, "CTeOS", CLA_DOC_CTE },
	{ NS_CTE, "cteSimpProc", CLA_DOC_CTE },
	{ NS_CTE, "CTeSimp", CLA_DOC_CTE },
	{ NS_CTE, "GTVeProc", CLA_DOC_CTE },
	{ NS_CTE, "GTVe", CLA_DOC_CTE },
	{ NS_CTE, "procEventoCTe", CLA_DOC_CTE },
	{ NS_CTE, "eventoCTe", CLA_DOC_CTE },
	{ NS_CTE, "procInutCTe", CLA_DOC_CTE },
	{ NS_CTE, "inutCTe", CLA_DOC_CTE },
	{ NS_MDFE, "mdfeProc", CLA_DOC_MDFE },
	{ NS_MDFE, "MDFe", CLA_DOC_MDFE },
	{ NS_MDFE, "procEventoMDFe", CLA_DOC_MDFE },
	{ NS_MDFE, "eventoMDFe", CLA_DOC_MDFE },
	{ NS_NFSE, "NFSe", CLA_DOC_NFSE },
	{ NS_NFSE, "DPS", CLA_DOC_NFSE },
	{ NS_NFSE, "evento", CLA_DOC_NFSE },
	{ NS_NFSE, "pedRegEvento", CLA_DOC_NFSE },
	{ NS_UBL "Invoice-2", "Invoice", CLA_DOC_DIAN },
	{ NS_UBL "CreditNote-2", "CreditNote", CLA_DOC_DIAN },
	{ NS_UBL "DebitNote-2", "DebitNote", CLA_DOC_DIAN },
	{ NS_UBL "AttachedDocument-2", "AttachedDocument", CLA_DOC_DIAN },
	{ NS_UBL "ApplicationResponse-2", "ApplicationResponse", CLA_DOC_DIAN },
};

static enum cla_doc_kind kind_by_name(struct cla_str ns, struct cla_str name)
{
	for (size_t i = 0; i < CLA_LEN(kind_rows); i++) {
		if (cla_str_eqc(name, kind_rows[i].name) && cla_str_eqc(ns, kind_rows[i].ns))
			return kind_rows[i].kind;
	}
	return CLA_DOC_XML;
}

/* UBL is used in many countries: DIAN's documents say so in ProfileID, in their own extension
 * namespace, or by the agency 195 that issues the tax ids. */
static bool is_dian(const struct cla_xml *root)
{
	int looked = 0;

	for (const struct cla_xml *el = root; el && looked++ < 1000; el = cla_xml_walk(root, el)) {
		if (cla_str_starts(cla_xml_ns(el), "dian:gov:co"))
			return true;
		if (cla_xml_is(el, NULL, "ProfileID") && cla_str_contains(cla_xml_text(el), "DIAN"))
			return true;
		if (cla_xml_is(el, NULL, "CompanyID") &&
		    cla_str_eqc(cla_xml_attr(el, "schemeAgencyID"), "195"))
			return true;
	}
	return false;
}

static const struct cla_xml *info_of_note(const struct cla_xml *el)
{
	const struct cla_xml *note =
		cla_xml_is(el, NS_NFE, "NFe") ? el : cla_xml_find(el, NS_NFE, "NFe");

	return cla_xml_find(note, NS_NFE, "infNFe");
}

enum cla_doc_kind cla_kind_of(const struct cla_xml *el)
{
	enum cla_doc_kind kind = kind_by_name(cla_xml_ns(el), cla_xml_name(el));

	if (kind == CLA_DOC_DIAN)
		return is_dian(el) ? kind : CLA_DOC_XML;
	if (kind == CLA_DOC_NFE) {
		const struct cla_xml *ide = cla_xml_find(info_of_note(el), NS_NFE, "ide");
		return cla_str_eqc(cla_xml_child_text(ide, NS_NFE, "mod"), "65") ? CLA_DOC_NFCE
										 : kind;
	}
	return kind;
}

/* From the first '<' that opens an element to behind the '>' that ends its tag; absent when there
 * is none. */
static struct cla_str root_tag(struct cla_str s)
{
	size_t at = 0;

	for (;;) {
		at += cla_str_find(cla_str_sub(s, at, s.len - at), '<');
		if (at + 1 >= s.len)
			return CLA_STR_NONE;
		if (s.ptr[at + 1] != '?' && s.ptr[at + 1] != '!')
			break;
		at++;
	}
	char quote = 0;
	for (size_t end = at + 1; end < s.len; end++) {
		char c = s.ptr[end];
		if (quote)
			quote = c == quote ? 0 : quote;
		else if (c == '"' || c == '\'')
			quote = c;
		else if (c == '>')
			return cla_str_sub(s, at, end + 1 - at);
	}
	return CLA_STR_NONE;
}

#define HEAD_BYTES (64 * 1024)

enum cla_doc_kind cla_kind_of_head(struct cla_str bytes)
{
	struct cla_str head = cla_str_sub(bytes, 0, HEAD_BYTES);
	struct cla_str tag = root_tag(head);
	cla_auto_buf struct cla_buf alone = CLA_BUF_INIT(HEAD_BYTES + 8);
	cla_auto_xml struct cla_xml_doc *doc = NULL;
	struct cla_xml_problem problem;
	bool well_formed = false, tolerated;

	if (tag.len < 3)
		return CLA_DOC_XML;
	/* The start tag made an empty element is a document of its own. */
	bool empty = tag.ptr[tag.len - 2] == '/';
	cla_buf_add(&alone, cla_str_sub(tag, 0, tag.len - (empty ? 2 : 1)));
	cla_buf_addc(&alone, "/>");
	if (!cla_buf_ok(&alone, NULL) ||
	    !cla_xml_parse(cla_buf_str(&alone), &doc, &well_formed, &problem, &tolerated, NULL) ||
	    !well_formed)
		return CLA_DOC_XML;

	const struct cla_xml *root = cla_xml_root(doc);
	enum cla_doc_kind kind = kind_by_name(cla_xml_ns(root), cla_xml_name(root));
	if (kind == CLA_DOC_DIAN && !cla_str_contains(head, "dian:gov:co") &&
	    !cla_str_contains(head, "DIAN"))
		return CLA_DOC_XML;
	if (kind == CLA_DOC_NFE && cla_str_contains(head, "<mod>65</mod>"))
		return CLA_DOC_NFCE;
	return kind;
}
