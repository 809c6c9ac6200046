/* xmldsig_test.c - what a signature covers: harmless rewriting is admitted, tampering and wrapping
 * are not. */
#include "crypto/digest.h"
#include "fiscal/nfe_fixture.h"
#include "fiscal/xmldsig.h"

#define NFE "http://www.portalfiscal.inf.br/nfe"

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

/* The signature beside the first infNFe of the first NFe, as the judge takes them. */
static struct cla_dsig check(struct cla_judge *judge, const struct cla_buf *b,
			     struct cla_xml_doc **doc)
{
	const struct cla_xml *el;
	struct cla_xml_problem problem = { 0 };
	struct cla_err err = CLA_ERR_INIT;
	struct cla_dsig sig = { 0 };
	bool well_formed = false, tolerated = false;

	if (!cla_xml_parse(cla_buf_str(b), doc, &well_formed, &problem, &tolerated, &err))
		fail_msg("%s", err.msg);
	if (!well_formed)
		fail_msg("%s", problem.text);
	el = cla_xml_root(*doc);
	if (!cla_xml_is(el, NFE, "NFe"))
		el = cla_xml_find(el, NFE, "NFe");
	el = cla_xml_find(el, NFE, "infNFe");
	assert_non_null(el);
	if (!cla_dsig_check(judge, *doc, el, CLA_DSIG_NFE, &sig, &err))
		fail_msg("%s", err.msg);
	return sig;
}

struct edit {
	const char *after, *old, *new;
};

/*
 * Rewriting that canonical XML does not see
 */

static void harmless_rewriting_is_admitted(void **state)
{
	static const struct edit edits[] = {
		{ NULL, "", "" },
		{ NULL, "<infNFe Id=", "<infNFe   Id = " },
		{ NULL, "<vNF>202.04<", "<vNF >202.04<" },
		{ NULL, "<vNF>202.04<", "<vNF>2&#48;2.04<" },
		{ NULL, "<vNF>202.04<", "<vNF><![CDATA[202.04]]><" },
		{ NULL, "<vNF>202.04<", "<vNF>202<!-- not signed -->.04<" },
		{ "<infNFe", "versao=\"4.00\"", "versao='4.00'" },
		{ NULL, "<det nItem=\"1\">", "<det xmlns=\"" NFE "\" nItem=\"1\">" },
		{ NULL, "</infNFe>", "</infNFe>\n\n" },
		{ NULL, "</protNFe>", "</protNFe><other/>" },
	};

	for (size_t i = 0; i < CLA_LEN(edits); i++) {
		cla_auto_buf struct cla_buf b = CLA_BUF_INIT(FIXTURE_MAX);
		cla_auto_xml struct cla_xml_doc *doc = NULL;
		struct cla_dsig sig;

		fixture_load("note.xml", &b);
		fixture_swap(&b, edits[i].after, edits[i].old, edits[i].new);
		sig = check(*state, &b, &doc);
		if (sig.fault || sig.digest != CLA_DSIG_HOLDS || sig.value != CLA_DSIG_HOLDS)
			fail_msg("rewriting %zu: fault %d, digest %d, value %d", i, (int)sig.fault,
				 (int)sig.digest, (int)sig.value);
		assert_true(cla_dsig_intact(&sig));
		assert_non_null(sig.cert);
	}
}

/* What the canonical form joins is read joined: a comment cannot hide a digit from a reader. */
static void values_are_read_as_they_are_signed(void **state)
{
	static const char *const writings[] = { "202<!-- -->.04", "2&#x30;2.04",
						"<![CDATA[202]]>.04" };

	for (size_t i = 0; i < CLA_LEN(writings); i++) {
		cla_auto_buf struct cla_buf b = CLA_BUF_INIT(FIXTURE_MAX);
		cla_auto_judgement struct cla_judgement out;

		fixture_load("note.xml", &b);
		fixture_swap(&b, "<vNF>", "202.04", writings[i]);
		fixture_run(*state, &b, &out);
		assert_int_equal(out.documents->checks[CLA_CHECK_SIGNATURE], CLA_VERDICT_PASS);
		assert_true(cla_str_eqc(out.documents->total, "202.04"));
	}
}

/*
 * Tampering: the document is changed in one place
 */

static void tampering_is_rejected(void **state)
{
	static const struct edit edits[] = {
		/* content */
		{ NULL, "<vNF>202.04", "<vNF>902.04" },
		{ NULL, "<vNF>202.04", "<vNF>202.04 " },
		{ NULL, "<xProd>PRODUTO DEMO", "<xProd>PRODUTO  DEMO" },
		{ NULL, "<det nItem=\"1\"", "<det nItem=\"3\"" },
		{ NULL, "<det nItem=\"1\"", "<det x=\"\" nItem=\"1\"" },
		{ NULL, "<tBand>02</tBand>", "" },
		{ NULL, "<indFinal>1</indFinal>", "<indFinal>1</indFinal><indFinal>1</indFinal>" },
		{ NULL, "<cAut>A1B2C3", "<cAut>a1b2c3" },
		{ NULL, "<infNFe ", "<infNFe xmlns:a=\"urn:a\" a:b=\"c\" " },
		{ NULL, "<pag>", "<pag><?note ?>" },
		{ NULL, "<pag>", "<pag xmlns=\"\">" },
		{ "<infNFe", "versao=\"4.00\"", "versao=\"3.10\"" },
		/* what is signed, and how */
		{ NULL, "URI=\"#NFe" FIXTURE_NOTE_KEY "\"", "URI=\"\"" },
		{ NULL, "URI=\"#NFe" FIXTURE_NOTE_KEY "\"", "" },
		{ NULL, "URI=\"#NFe" FIXTURE_NOTE_KEY "\"",
		  "URI=\"#xpointer(id('NFe" FIXTURE_NOTE_KEY "'))\"" },
		{ NULL, "URI=\"#NFe" FIXTURE_NOTE_KEY "\"", "URI=\"#nfe" FIXTURE_NOTE_KEY "\"" },
		{ NULL, "<Transform ",
		  "<Transform "
		  "Algorithm=\"http://www.w3.org/TR/1999/REC-xpath-19991116\"><XPath>true()</"
		  "XPath></Transform><Transform " },
		{ NULL, "#enveloped-signature\"/>",
		  "#enveloped-signature\"><XPath>true()</XPath></Transform>" },
		{ NULL,
		  "<Transform "
		  "Algorithm=\"http://www.w3.org/2000/09/xmldsig#enveloped-signature\"/>",
		  "" },
		{ NULL, "xmldsig#rsa-sha1\"/>",
		  "xmldsig#hmac-sha1\"><HMACOutputLength>1</HMACOutputLength></SignatureMethod>" },
		{ NULL, "xmldsig#rsa-sha1", "xmldsig#dsa-sha1" },
		{ NULL, "xmldsig#sha1", "xmldsig#md5" },
		{ NULL, "</Reference>", "</Reference><Reference URI=\"\"/>" },
		{ NULL, "<SignedInfo>", "<SignedInfo Id=\"x\">" },
		{ NULL, "<DigestValue>", "<DigestValue/><DigestValue>" },
		{ NULL, "</DigestValue>", "\n</DigestValue>" },
		/* the value and its key */
		{ NULL, "<SignatureValue>", "<SignatureValue/><SignatureValue>" },
		{ NULL, "<SignatureValue>", "<SignatureValue>AAAA" },
		{ NULL, "<X509Certificate>", "<X509Certificate/><X509Certificate>" },
		{ NULL, "<X509Data>", "<X509Data><X509SKI>AAAA</X509SKI>" },
		{ NULL, "<KeyInfo>", "<KeyInfo><KeyValue/>" },
		{ NULL, "</KeyInfo>", "</KeyInfo><Object/>" },
		/* another element of the file claims the Id */
		{ NULL, "<infProt>", "<infProt Id=\"NFe" FIXTURE_NOTE_KEY "\">" },
		{ NULL, "<infProt>", "<infProt xml:id=\"NFe" FIXTURE_NOTE_KEY "\">" },
	};

	for (size_t i = 0; i < CLA_LEN(edits); i++) {
		cla_auto_buf struct cla_buf b = CLA_BUF_INIT(FIXTURE_MAX);
		cla_auto_xml struct cla_xml_doc *doc = NULL;
		struct cla_dsig sig;

		fixture_load("note.xml", &b);
		fixture_swap(&b, edits[i].after, edits[i].old, edits[i].new);
		sig = check(*state, &b, &doc);
		if (cla_dsig_intact(&sig))
			fail_msg("tampering %zu is admitted", i);
	}
}

/* A forger can make the digest fit what he wrote, not the value over it. */
static void fitted_digest_does_not_help(void **state)
{
	cla_auto_buf struct cla_buf b = CLA_BUF_INIT(FIXTURE_MAX),
				    canonical = CLA_BUF_INIT(FIXTURE_MAX);
	cla_auto_buf struct cla_buf digest = CLA_BUF_INIT(64), old = CLA_BUF_INIT(256);
	cla_auto_xml struct cla_xml_doc *doc = NULL, *forged = NULL;
	cla_auto_hasher struct cla_hasher *hasher = NULL;
	const struct cla_xml_c14n how = { 0 };
	struct cla_dsig sig;
	uint8_t sha1[20];

	fixture_load("note.xml", &b);
	fixture_swap(&b, NULL, "<vNF>202.04", "<vNF>902.04");
	sig = check(*state, &b, &doc);
	assert_int_equal(sig.digest, CLA_DSIG_DIFFERS);
	assert_int_equal(sig.value, CLA_DSIG_HOLDS);

	assert_true(cla_xml_canonical(
		cla_xml_find(cla_xml_find(cla_xml_root(doc), NFE, "NFe"), NFE, "infNFe"), &how,
		&canonical, NULL));
	assert_true(cla_hasher_new(CLA_HASH_SHA1, &hasher, NULL));
	cla_hasher_update(hasher, cla_buf_str(&canonical));
	assert_true(cla_hasher_finish(hasher, sha1, NULL));
	cla_base64_encode((struct cla_str){ (const char *)sha1, sizeof(sha1) }, &digest);
	cla_buf_add(&old, sig.digest_value);
	fixture_swap(&b, "<DigestValue>", cla_buf_cstr(&old), cla_buf_cstr(&digest));
	sig = check(*state, &b, &forged);
	assert_int_equal(sig.digest, CLA_DSIG_HOLDS);
	assert_int_equal(sig.value, CLA_DSIG_DIFFERS);
	assert_false(cla_dsig_intact(&sig));
}

/*
 * Wrapping: the signed element stays in the file, untouched, where a careless verifier finds it by
 * its Id, while a forged one stands where the program reads
 */

#define HEAD "<nfeProc xmlns=\"" NFE "\" versao=\"4.00\">"

/* %g: the genuine infNFe, %f: a forged one with the same Id, %o: forged with another Id, %s: the
 * Signature, %p: protNFe. */
static void compose(const char *pattern, struct cla_buf *note, struct cla_buf *out)
{
	cla_auto_buf struct cla_buf forged = CLA_BUF_INIT(FIXTURE_MAX),
				    other = CLA_BUF_INIT(FIXTURE_MAX);

	cla_buf_add(&forged, fixture_part(note, "<infNFe ", "</infNFe>"));
	fixture_swap(&forged, NULL, "<vNF>202.04", "<vNF>902.04");
	cla_buf_add(&other, cla_buf_str(&forged));
	fixture_swap(&other, NULL, "Id=\"NFe35", "Id=\"NFe33");
	for (const char *p = pattern; *p; p++) {
		if (*p != '%') {
			cla_buf_byte(out, *p);
			continue;
		}
		switch (*++p) {
		case 'g':
			cla_buf_add(out, fixture_part(note, "<infNFe ", "</infNFe>"));
			break;
		case 'f':
			cla_buf_add(out, cla_buf_str(&forged));
			break;
		case 'o':
			cla_buf_add(out, cla_buf_str(&other));
			break;
		case 's':
			cla_buf_add(out, fixture_part(note, "<Signature ", "</Signature>"));
			break;
		case 'p':
			cla_buf_add(out, fixture_part(note, "<protNFe ", "</protNFe>"));
			break;
		default:
			fail_msg("bad pattern");
		}
	}
	assert_true(cla_buf_ok(out, NULL));
}

static void wrapping_is_rejected(void **state)
{
	static const char *const patterns[] = {
		/* beside: before and behind the genuine one */
		HEAD "<NFe>%f%g%s</NFe>%p</nfeProc>",
		HEAD "<NFe>%o%g%s</NFe>%p</nfeProc>",
		HEAD "<NFe>%f%s%g</NFe>%p</nfeProc>",
		HEAD "<NFe>%o%s%g</NFe>%p</nfeProc>",
		/* inside a wrapper, an Object, the supplement, the protocol */
		HEAD "<NFe>%o%s<wrapper>%g</wrapper></NFe>%p</nfeProc>",
		HEAD "<NFe>%f%s<infNFeSupl>%g</infNFeSupl></NFe>%p</nfeProc>",
		HEAD "<NFe>%f%s</NFe>%p<x>%g</x></nfeProc>",
		HEAD "<NFe>%o%s</NFe>%p%g</nfeProc>",
		HEAD "<x>%g</x><NFe>%o%s</NFe>%p</nfeProc>",
		/* the genuine note whole, behind or inside a forged one */
		HEAD "<NFe>%f</NFe><NFe>%g%s</NFe>%p</nfeProc>",
		HEAD "<NFe>%o</NFe><NFe>%g%s</NFe>%p</nfeProc>",
		HEAD "<NFe>%f<NFe>%g%s</NFe></NFe>%p</nfeProc>",
		HEAD "<NFe>%f%s<NFe>%g%s</NFe></NFe>%p</nfeProc>",
		/* the Signature elsewhere */
		HEAD "<NFe>%s%g</NFe>%p</nfeProc>",
		HEAD "<NFe>%g</NFe>%s%p</nfeProc>",
		HEAD "<NFe>%g<x>%s</x></NFe>%p</nfeProc>",
		HEAD "<NFe>%g%s%s</NFe>%p</nfeProc>",
		HEAD "<NFe><infNFe Id=\"NFe" FIXTURE_NOTE_KEY
		     "\" versao=\"4.00\">%g%s</infNFe></NFe>%p</nfeProc>",
		HEAD "<NFe><infNFe Id=\"NFe" FIXTURE_NOTE_KEY
		     "\" versao=\"4.00\">%g</infNFe>%s</NFe>%p</nfeProc>",
		HEAD "<NFe><infNFe Id=\"X\" versao=\"4.00\">%g</infNFe>%s</NFe>%p</nfeProc>",
		/* the genuine one under another namespace's NFe */
		HEAD "<NFe>%f%s</NFe><y:NFe xmlns:y=\"urn:y\">%g%s</y:NFe>%p</nfeProc>",
	};
	cla_auto_buf struct cla_buf note = CLA_BUF_INIT(FIXTURE_MAX),
				    good = CLA_BUF_INIT(FIXTURE_MAX);
	cla_auto_xml struct cla_xml_doc *good_doc = NULL;
	struct cla_dsig sig;

	fixture_load("note.xml", &note);
	compose(HEAD "<NFe>%g%s</NFe>%p</nfeProc>", &note, &good);
	sig = check(*state, &good, &good_doc);
	assert_true(cla_dsig_intact(&sig)); /* put together rightly, the parts are good */

	for (size_t i = 0; i < CLA_LEN(patterns); i++) {
		cla_auto_buf struct cla_buf b = CLA_BUF_INIT(FIXTURE_MAX);
		cla_auto_xml struct cla_xml_doc *doc = NULL;
		cla_auto_judgement struct cla_judgement out;

		compose(patterns[i], &note, &b);
		sig = check(*state, &b, &doc);
		if (cla_dsig_intact(&sig))
			fail_msg("wrapping %zu is admitted", i);
		fixture_run(*state, &b, &out);
		assert_int_equal(out.documents->checks[CLA_CHECK_SIGNATURE], CLA_VERDICT_FAIL);
		assert_int_equal(out.documents->verdict, CLA_VERDICT_FAIL);
	}
}

/*
 * What was done to the file as a whole
 */

static void second_looks(void **state)
{
	static const struct {
		bool indent;
		struct edit edit;
		enum cla_dsig_match digest, value;
	} cases[] = {
		{ true, { NULL, "", "" }, CLA_DSIG_REINDENTED, CLA_DSIG_REINDENTED },
		{ false, { NULL, "<pag>", "\n  <pag>" }, CLA_DSIG_REINDENTED, CLA_DSIG_HOLDS },
		{ false,
		  { NULL, "<Reference", "\n  <Reference" },
		  CLA_DSIG_HOLDS,
		  CLA_DSIG_REINDENTED },
		{ false,
		  { NULL, "<nfeProc ", "<nfeProc xmlns:e=\"urn:e\" " },
		  CLA_DSIG_REWRAPPED,
		  CLA_DSIG_REWRAPPED },
		{ true,
		  { NULL, "<nfeProc ", "<nfeProc xmlns:e=\"urn:e\" " },
		  CLA_DSIG_REINDENTED,
		  CLA_DSIG_REINDENTED },
		{ true,
		  { NULL, "<vNF>202.04", "<vNF>902.04" },
		  CLA_DSIG_DIFFERS,
		  CLA_DSIG_REINDENTED },
	};

	for (size_t i = 0; i < CLA_LEN(cases); i++) {
		cla_auto_buf struct cla_buf b = CLA_BUF_INIT(FIXTURE_MAX);
		cla_auto_xml struct cla_xml_doc *doc = NULL;
		struct cla_dsig sig;

		fixture_load("note.xml", &b);
		fixture_swap(&b, cases[i].edit.after, cases[i].edit.old, cases[i].edit.new);
		if (cases[i].indent)
			fixture_indent(&b);
		sig = check(*state, &b, &doc);
		if (sig.fault || sig.digest != cases[i].digest || sig.value != cases[i].value)
			fail_msg("case %zu: fault %d, digest %d, value %d", i, (int)sig.fault,
				 (int)sig.digest, (int)sig.value);
	}
}

static void faults_point_at_their_place(void **state)
{
	static const struct {
		struct edit edit;
		enum cla_dsig_fault fault;
		const char *at;
	} cases[] = {
		{ { NULL, "<KeyInfo>", "<KeyInfo><KeyName/>" }, CLA_DSIG_FORM, "KeyInfo" },
		{ { NULL, "</DigestValue>", "A</DigestValue>" }, CLA_DSIG_FORM, "DigestValue" },
		{ { NULL, "xmldsig#rsa-sha1", "xmldsig#rsa-sha0" },
		  CLA_DSIG_ALGORITHM,
		  "SignatureMethod" },
		{ { NULL, "URI=\"#", "URI=\"##" }, CLA_DSIG_REFERENCE, "Reference" },
		{ { NULL, "<infProt>", "<infProt ID=\"NFe" FIXTURE_NOTE_KEY "\">" },
		  CLA_DSIG_REPEATED_ID,
		  "infProt" },
	};

	for (size_t i = 0; i < CLA_LEN(cases); i++) {
		cla_auto_buf struct cla_buf b = CLA_BUF_INIT(FIXTURE_MAX);
		cla_auto_xml struct cla_xml_doc *doc = NULL;
		struct cla_dsig sig;

		fixture_load("note.xml", &b);
		fixture_swap(&b, cases[i].edit.after, cases[i].edit.old, cases[i].edit.new);
		sig = check(*state, &b, &doc);
		if (sig.fault != cases[i].fault || !cla_str_eqc(cla_xml_name(sig.at), cases[i].at))
			fail_msg("case %zu: fault %d at " CLA_STR_FMT, i, (int)sig.fault,
				 CLA_STR_ARG(cla_xml_name(sig.at)));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(harmless_rewriting_is_admitted),
		cmocka_unit_test(values_are_read_as_they_are_signed),
		cmocka_unit_test(tampering_is_rejected),
		cmocka_unit_test(fitted_digest_does_not_help),
		cmocka_unit_test(wrapping_is_rejected),
		cmocka_unit_test(second_looks),
		cmocka_unit_test(faults_point_at_their_place),
	};

	return cmocka_run_group_tests(tests, make_judge, free_judge);
}
