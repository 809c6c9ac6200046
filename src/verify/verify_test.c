/* Bundles are made here from the format's description alone (bundle/ is not used), whole or with
 * one fault, and the checker must name the fault by member and field. Unless said otherwise
 * everything that depends on the faulty part is made anew, digests, manifests, statement and
 * signature included: as somebody would who holds the sealing key. */
#include "verify/chain.h"
#include "verify/verify_priv.h"

#include "base/file.h"
#include "crypto/cert.h"
#include "crypto/merkle.h"
#include "crypto/seal.h"
#include "tar/header.h"
#include "tar/write.h"

#include <fcntl.h>
#include <fnmatch.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#define BASE "clara_mx_acme-mx_2024-11_r0"
#define CUTOFF "2024-12-03T06:00:00Z"
#define MTIME INT64_C(1733205600)
#define TX_A "11111111-1111-4111-8111-111111111111"
#define RE_B "22222222-2222-4222-8222-222222222222"
#define TX_C "33333333-3333-4333-8333-33333333333c"
#define DIR_A "data/tx/" TX_A
#define DIR_B "data/reimbursement/" RE_B
#define DIR_C "data/tx/" TX_C
#define EMPTY_SHA "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

enum op {
	NONE,
	REPLACE, /* in the member (or "statement") when it is made: what depends on it follows */
	APPEND,	 /* to it */
	DROP, /* the member, or a file beside the tar: "statement.json", "statement.p7s", "seal.pem"
	       */
	ADD,  /* a member with content `to`, listed in the manifests */
	LATE, /* a member with content `to` that the manifests do not list */
	RAW,  /* as LATE, with the type of member in `from`; its name may lie outside the top
		 directory */
	TAR,  /* in the bytes of the tar, before it is hashed and signed */
	TAR_TAIL, /* bytes after the tar's end, before it is hashed and signed */
	TAR_CUT,  /* the tar up to `from`, before it is hashed and signed */
	FLIP,	  /* in the bytes of the tar after it was signed */
	BESIDE,	  /* in a file beside the tar after signing */
	RENAME,	  /* the tar's file, to `to` */
};

struct edit {
	enum op op;
	const char *path; /* below the top directory, with wildcards; of sidecars: what follows the
			     base */
	const char *from, *to;
};

#define MAX_MEMBERS 40
#define MAX_EDITS 3

struct member {
	char path[300];
	char type;
	struct cla_buf bytes;
};

struct maker {
	char dir[64];
	const struct edit *edits;
	struct member m[MAX_MEMBERS];
	size_t count;
	bool raw;
	struct cla_buf tar, statement;
	char tar_name[200];
};

/* One key for all bundles: made once, read only. */
struct fixture {
	struct cla_seal *seal, *other;
	struct cla_buf pem, other_pem;
	struct cla_cert *cert;
};

/* --- edits --- */

static bool hits(const struct edit *e, enum op op, const char *path)
{
	return e->op == op && fnmatch(e->path, path, 0) == 0;
}

static void replace(struct cla_buf *b, const char *from, const char *to)
{
	struct cla_buf out = CLA_BUF_INIT(1 << 20);
	size_t len = strlen(from);
	char *at = memmem(b->ptr, b->len, from, len);
	if (!at)
		fail_msg("'%s' is not there to be replaced in '%.*s'", from, (int)b->len, b->ptr);
	size_t before = (size_t)(at - b->ptr);
	cla_buf_add(&out, (struct cla_str){ b->ptr, before });
	cla_buf_addc(&out, to);
	cla_buf_add(&out, cla_str_sub(cla_buf_str(b), before + len, b->len));
	assert_true(cla_buf_ok(&out, NULL));
	cla_buf_clear(b);
	*b = out;
}

static void apply(const struct maker *k, const char *path, struct cla_buf *bytes)
{
	for (size_t i = 0; i < MAX_EDITS; i++) {
		const struct edit *e = &k->edits[i];
		if (hits(e, REPLACE, path))
			replace(bytes, e->from, e->to);
		if (hits(e, APPEND, path))
			cla_buf_addc(bytes, e->to);
	}
}

static bool dropped(const struct maker *k, const char *path)
{
	for (size_t i = 0; i < MAX_EDITS; i++)
		if (hits(&k->edits[i], DROP, path))
			return true;
	return false;
}

/* --- making --- */

static struct member *put_type(struct maker *k, const char *path, struct cla_str bytes, char type)
{
	static struct member nowhere;
	if (dropped(k, path)) {
		cla_buf_clear(&nowhere.bytes);
		nowhere.bytes = (struct cla_buf)CLA_BUF_INIT(1 << 20);
		cla_buf_add(&nowhere.bytes, bytes);
		return &nowhere;
	}
	assert_true(k->count < MAX_MEMBERS);
	struct member *m = &k->m[k->count++];
	snprintf(m->path, sizeof(m->path), "%s", path);
	m->type = type;
	m->bytes = (struct cla_buf)CLA_BUF_INIT(1 << 20);
	cla_buf_add(&m->bytes, bytes);
	apply(k, path, &m->bytes);
	return m;
}

static struct member *put(struct maker *k, const char *path, struct cla_str bytes)
{
	return put_type(k, path, bytes, '0');
}

static struct cla_digest digest_of(struct cla_str bytes)
{
	struct cla_digest d;
	assert_true(cla_digest_of(bytes, &d, NULL));
	return d;
}

static const char *hex_of(struct cla_str bytes, char out[CLA_DIGEST_HEX])
{
	struct cla_digest d = digest_of(bytes);
	return cla_digest_hex(&d, out);
}

/* A file named by its digest; `path` and `hex` are filled. */
static void put_file(struct maker *k, const char *dir, const char *role, const char *ext,
		     const char *content, char path[300], char hex[CLA_DIGEST_HEX])
{
	hex_of(cla_str_from(content), hex);
	snprintf(path, 300, "%s/%s.%s.%s", dir, role, hex, ext);
	put(k, path, cla_str_from(content));
}

static void capture(struct cla_buf *out, unsigned n, const char *resource, const char *sha256,
		    size_t size)
{
	cla_buf_addf(
		out,
		"{\"attempt\":1,\"body_sha256\":\"%s\",\"body_size\":%zu,\"client_id\":\"id\","
		"\"content_type\":\"application/json\",\"etag\":null,\"method\":\"GET\",\"n\":%u,"
		"\"query_keys\":[\"page\",\"size\"],\"reason\":null,\"resource\":\"%s\","
		"\"status\":200,\"stored_sha256\":\"%s\",\"stored_size\":%zu,"
		"\"time\":\"2024-12-03T05:00:0%uZ\",\"tls\":{\"peer_spki_sha256\":\"%s\","
		"\"version\":\"TLSv1.3\"},\"url\":\"https://localhost/api/v3/%s\"}\n",
		sha256, size, n, resource, sha256, size, n, sha256, resource);
}

static void document(struct cla_buf *out, const char *comma, unsigned capture_n, const char *media,
		     const char *path, const char *role, const char *hex, size_t size)
{
	cla_buf_addf(out,
		     "%s{\"captures\":[%u],\"media\":\"%s\",\"original_name\":null,\"path\":\"%s\","
		     "\"role\":\"%s\",\"sha256\":\"%s\",\"size\":%zu}",
		     comma, capture_n, media, path, role, hex, size);
}

#define BILL "55555555-5555-4555-8555-555555555555"
#define NO_APPROVAL "\"approval\":null"
#define NO_CARD "\"card\":null"
#define NO_BILL "\"statement\":null"
#define APPROVAL                                                                                   \
	"\"approval\":{\"approved_on\":\"2024-11-08\",\"paid_on\":null,\"payment_method\":null,"   \
	"\"policy_rule\":\"Viajes\",\"receipts\":[\"" TX_C "\"],\"requested_on\":null,"            \
	"\"steps\":[{\"actor\":\"Ana\",\"comment\":null,\"date\":\"2024-11-08\","                  \
	"\"status\":\"APPROVED\"}],\"transaction\":null}"
#define CARD                                                                                       \
	"\"card\":{\"alias\":\"Viajes\",\"clara_status\":null,\"holder\":null,"                    \
	"\"limit\":\"1000.00\",\"limit_currency\":null,\"lock_code\":null,\"masked_pan\":null,"    \
	"\"periodicity\":null,\"status\":null,\"type\":null,\"uuid\":null}"
#define NAMES_BILL                                                                                 \
	"\"statement\":{\"currency\":null,\"end\":null,\"start\":null,\"status\":null,"            \
	"\"total\":null,\"uuid\":\"" BILL "\"}"

static void facts(struct cla_buf *out, const char *amount, const char *currency, const char *status,
		  const char *type, const char *approval, const char *card, const char *bill)
{
	cla_buf_addf(
		out,
		"\"facts\":{\"accounting_date\":null,\"amount\":\"%s\","
		"\"authorization_number\":null,\"context\":{%s,%s,\"groups\":[],"
		"\"holder\":{\"erp_id\":null,\"name\":\"Ana\",\"role\":null,\"status\":null,"
		"\"uuid\":null},\"labels\":[{\"code\":null,\"name\":\"Viajes\",\"status\":null,"
		"\"uuid\":null}],\"locations\":[],%s},"
		"\"currency\":%s,\"date\":\"2024-11-05\","
		"\"last_update_date\":null,\"masked_pan\":null,\"merchant\":\"Papelería\","
		"\"original_amount\":null,\"original_currency\":null,\"status\":%s,\"type\":%s,"
		"\"user\":null}",
		amount, approval, card, bill, currency, status, type);
}

#define SALT "0123456789abcdef0123456789abcdef"
#define NO_MATCH                                                                                   \
	"\"match\":{\"candidates\":[],\"documents\":[],\"receiver\":\"unknown\",\"reused\":[],"    \
	"\"state\":\"missing\"}"

static void verdict(struct cla_buf *out, const char *hex)
{
	cla_buf_addf(
		out,
		"{\"checks\":{\"catalogs\":\"pass\",\"certificate\":\"pass\",\"identity\":\"n/a\","
		"\"schema\":\"pass\",\"signature\":\"pass\",\"stamp\":\"unknown\","
		"\"totals\":\"pass\",\"wellformed\":\"pass\"},\"findings\":[{\"code\":null,"
		"\"result\":\"unknown\",\"rule\":\"tfd.seal\"}],\"id\":null,\"index\":0,"
		"\"kind\":\"cfdi\",\"sha256\":\"%s\",\"verdict\":\"unknown\",\"version\":\"4.0\"}",
		hex);
}

#define CFDI "<cfdi:Comprobante/>"
#define TX_ROW(uuid, amount, more)                                                                 \
	"{\"amount\":{\"value\":" amount                                                           \
	",\"currency\":\"MXN\"}, \"audit\":{\"operationDate\":\"2024-11-05T10:00:00Z\"},"          \
	"\"merchant\":{\"name\":\"Papelería\"},\"status\":{\"code\":\"OP\"},\"type\":"            \
	"\"PURCHASE\",\"labels\":[{\"name\":\"Viajes\"}]," more "\"uuid\":\"" uuid "\"}"
#define ROW_A TX_ROW(TX_A, "400.00", "\"billingStatement\":{\"uuid\":\"" BILL "\"},")
#define ROW_B                                                                                      \
	"{\"amountValue\":\"50\",\"currency\":\"MXN\",\"description\":\"Papelería\","             \
	"\"expenseDate\":\"2024-11-05\",\"validationStatus\":\"PAID\",\"labels\":[{}],"            \
	"\"policyRule\":\"Viajes\",\"attachments\":[{\"uuid\":\"" TX_C "\"}],\"audit\":"           \
	"{\"finalApprovalDate\":\"2024-11-08\",\"approvals\":[{\"user\":\"Ana\",\"date\":"         \
	"\"2024-11-08\",\"status\":\"APPROVED\"}]},\"uuid\":\"" RE_B "\"}"
#define ROW_C TX_ROW(TX_C, "99.5", "")
#define PAGE_TX "[" ROW_A "," ROW_C "]"
#define PAGE_RE "[" ROW_B "]"
#define INVOICE "{\"folio\":\"F-102\"}"
#define RECEIPT "\xff\xd8\xff receipt"
#define PDF "%PDF-1.4 attachment"

static void leaf(struct cla_str evidence, char out[CLA_DIGEST_HEX], struct cla_digest *ret)
{
	assert_true(cla_merkle_leaf(evidence, ret, NULL));
	cla_digest_hex(ret, out);
}

/* The three evidence files; their leaves. */
static void put_expenses(struct maker *k, struct cla_digest leaves[3], char hex[3][CLA_DIGEST_HEX])
{
	struct cla_buf e = CLA_BUF_INIT(1 << 20);
	char path[5][300], sha[5][CLA_DIGEST_HEX];

	put_file(k, DIR_A, "attachment", "pdf", PDF, path[0], sha[0]);
	put_file(k, DIR_A, "cfdi", "xml", CFDI, path[1], sha[1]);
	put_file(k, DIR_A, "invoice", "json", INVOICE, path[2], sha[2]);
	put_file(k, DIR_A, "transaction", "json", ROW_A, path[3], sha[3]);
	cla_buf_addc(&e,
		     "{\"absent\":[{\"captures\":[5],\"reason\":\"empty\",\"role\":\"extracted\"}],"
		     "\"documents\":[");
	document(&e, "", 4, "application/pdf", path[0], "attachment", sha[0], strlen(PDF));
	document(&e, ",", 3, "application/xml", path[1], "cfdi", sha[1], strlen(CFDI));
	document(&e, ",", 6, "application/json", path[2], "invoice", sha[2], strlen(INVOICE));
	document(&e, ",", 1, "application/json", path[3], "transaction", sha[3], strlen(ROW_A));
	cla_buf_addc(&e, "],");
	facts(&e, "400.00", "\"MXN\"", "\"AUTHORIZED\"", "\"PURCHASE\"", NO_APPROVAL, CARD,
	      NAMES_BILL);
	cla_buf_addc(&e, ",\"kind\":\"tx\"," NO_MATCH ",\"salt\":\"" SALT "\",\"uuid\":\"" TX_A
			 "\",\"verdicts\":[");
	verdict(&e, sha[1]);
	cla_buf_addc(&e, "]}");
	struct member *a = put(k, DIR_A "/evidence.json", cla_buf_str(&e));
	leaf(cla_buf_str(&a->bytes), hex[0], &leaves[0]);
	cla_buf_reset(&e);

	put_file(k, DIR_B, "receipt", "jpg", RECEIPT, path[0], sha[0]);
	put_file(k, DIR_B, "reimbursement", "json", ROW_B, path[1], sha[1]);
	cla_buf_addc(&e, "{\"absent\":[],\"documents\":[");
	document(&e, "", 7, "image/jpeg", path[0], "receipt", sha[0], strlen(RECEIPT));
	document(&e, ",", 2, "application/json", path[1], "reimbursement", sha[1], strlen(ROW_B));
	cla_buf_addc(&e, "],");
	facts(&e, "50", "null", "\"PAID\"", "\"REIMBURSEMENT\"", APPROVAL, NO_CARD, NO_BILL);
	cla_buf_addc(&e, ",\"kind\":\"reimbursement\"," NO_MATCH ",\"salt\":\"" SALT
			 "\",\"uuid\":\"" RE_B "\",\"verdicts\":[]}");
	struct member *b = put(k, DIR_B "/evidence.json", cla_buf_str(&e));
	leaf(cla_buf_str(&b->bytes), hex[1], &leaves[1]);
	cla_buf_reset(&e);

	put_file(k, DIR_C, "transaction", "json", ROW_C, path[0], sha[0]);
	cla_buf_addc(&e, "{\"absent\":[{\"captures\":[],\"reason\":\"flag-false\","
			 "\"role\":\"attachment\"}],\"documents\":[");
	document(&e, "", 1, "application/json", path[0], "transaction", sha[0], strlen(ROW_C));
	cla_buf_addc(&e, "],");
	facts(&e, "99.5", "\"MXN\"", "\"AUTHORIZED\"", "\"PURCHASE\"", NO_APPROVAL, NO_CARD,
	      NO_BILL);
	cla_buf_addc(&e, ",\"kind\":\"tx\"," NO_MATCH ",\"salt\":\"" SALT "\",\"uuid\":\"" TX_C
			 "\",\"verdicts\":[]}");
	struct member *c = put(k, DIR_C "/evidence.json", cla_buf_str(&e));
	leaf(cla_buf_str(&c->bytes), hex[2], &leaves[2]);
	cla_buf_clear(&e);
}

static void put_answers_and_captures(struct maker *k, char page[2][CLA_DIGEST_HEX],
				     char page_path[2][300])
{
	struct cla_buf lines = CLA_BUF_INIT(1 << 20);
	char sha[CLA_DIGEST_HEX];

	hex_of(CLA_STR(PAGE_TX), page[0]);
	hex_of(CLA_STR(PAGE_RE), page[1]);
	snprintf(page_path[0], 300, "data/api/transactions.%s.json", page[0]);
	snprintf(page_path[1], 300, "data/api/reimbursements.%s.json", page[1]);
	put(k, page_path[0], CLA_STR(PAGE_TX));
	put(k, page_path[1], CLA_STR(PAGE_RE));
	capture(&lines, 1, "transactions", page[0], strlen(PAGE_TX));
	capture(&lines, 2, "reimbursements", page[1], strlen(PAGE_RE));
	capture(&lines, 3, "download", hex_of(CLA_STR(CFDI), sha), strlen(CFDI));
	capture(&lines, 4, "download", hex_of(CLA_STR(PDF), sha), strlen(PDF));
	capture(&lines, 5, "extracted-documents", EMPTY_SHA, 0);
	capture(&lines, 6, "invoices", hex_of(CLA_STR(INVOICE), sha), strlen(INVOICE));
	capture(&lines, 7, "download", hex_of(CLA_STR(RECEIPT), sha), strlen(RECEIPT));
	put(k, "data/captures.jsonl", cla_buf_str(&lines));
	cla_buf_clear(&lines);
}

/* Of its two transactions one is not held. */
#define TIEOUT                                                                                     \
	"\"tieout\":[{\"currency\":\"MXN\",\"difference\":\"0.00\",\"end\":\"2024-11-30\","        \
	"\"held\":{\"amount\":\"400.00\",\"count\":1},\"reasons\":[{\"amount\":\"99.00\","         \
	"\"count\":1,\"reason\":\"not-held\"}],\"result\":\"differs\",\"rows\":"                   \
	"{\"amount\":\"499.00\",\"count\":2},\"start\":\"2024-11-01\",\"statement\":\"" BILL       \
	"\",\"status\":null,\"total\":\"499\"}]"

static void put_bundle(struct maker *k, char page[2][CLA_DIGEST_HEX], char page_path[2][300],
		       char leaves[3][CLA_DIGEST_HEX])
{
	struct cla_buf b = CLA_BUF_INIT(1 << 20);

	cla_buf_addf(
		&b,
		"{\"answers\":[{\"captures\":[2],\"path\":\"%s\",\"resource\":\"reimbursements\","
		"\"sha256\":\"%s\",\"size\":%zu},{\"captures\":[1],\"path\":\"%s\","
		"\"resource\":\"transactions\",\"sha256\":\"%s\",\"size\":%zu}],"
		"\"country\":\"mx\",\"cutoff\":\"" CUTOFF "\",\"entity\":\"Acme MX\","
		"\"expenses\":[{\"kind\":\"tx\",\"leaf\":\"%s\",\"uuid\":\"" TX_A
		"\",\"verdict\":\"unknown\"},{\"kind\":\"reimbursement\",\"leaf\":\"%s\","
		"\"uuid\":\"" RE_B "\",\"verdict\":\"n/a\"},{\"kind\":\"tx\",\"leaf\":\"%s\","
		"\"uuid\":\"" TX_C "\",\"verdict\":\"n/a\"}],\"format\":1,",
		page_path[1], page[1], strlen(PAGE_RE), page_path[0], page[0], strlen(PAGE_TX),
		leaves[0], leaves[1], leaves[2]);
	cla_buf_addc(&b, "\"listing\":{\"reimbursements\":{\"pages\":1,\"received\":1,"
			 "\"total_elements_first\":1,\"total_elements_last\":1,\"unique\":1},"
			 "\"transactions\":{\"pages\":1,\"received\":2,\"total_elements_first\":2,"
			 "\"total_elements_last\":null,\"unique\":2}},"
			 "\"missing\":[],\"month\":\"2024-11\",\"month_basis\":\"operation\","
			 "\"open\":false,\"revision\":0,"
			 "\"sums\":[{\"amount\":\"50\",\"count\":1,\"currency\":null,"
			 "\"kind\":\"reimbursement\",\"status\":\"PAID\","
			 "\"type\":\"REIMBURSEMENT\"},"
			 "{\"amount\":\"499.50\",\"count\":2,\"currency\":\"MXN\",\"kind\":\"tx\","
			 "\"status\":\"AUTHORIZED\",\"type\":\"PURCHASE\"}],"
			 "\"tax_id\":\"ACM010101ABC\"," TIEOUT ","
			 "\"totals\":{\"documents\":3,\"reimbursements\":1,\"transactions\":2}}");
	put(k, "data/bundle.json", cla_buf_str(&b));
	cla_buf_clear(&b);
}

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct member *)a)->path, ((const struct member *)b)->path);
}

static void sort_members(struct maker *k)
{
	qsort(k->m, k->count, sizeof(k->m[0]), by_path);
}

static void put_manifest(struct maker *k, const char *name, bool payload)
{
	struct cla_buf b = CLA_BUF_INIT(1 << 20);
	char hex[CLA_DIGEST_HEX];

	sort_members(k);
	for (size_t i = 0; i < k->count; i++)
		if (!strncmp(k->m[i].path, "data/", 5) == payload)
			cla_buf_addf(&b, "%s  %s\n", hex_of(cla_buf_str(&k->m[i].bytes), hex),
				     k->m[i].path);
	put(k, name, cla_buf_str(&b));
	cla_buf_clear(&b);
}

static void put_bag(struct maker *k)
{
	struct cla_buf b = CLA_BUF_INIT(1 << 20);
	uint64_t bytes = 0, count = 0;

	for (size_t i = 0; i < k->count; i++) {
		if (strncmp(k->m[i].path, "data/", 5) != 0)
			continue;
		bytes += k->m[i].bytes.len;
		count++;
	}
	put(k, "bagit.txt", CLA_STR("BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"));
	cla_buf_addf(&b,
		     "BagIt-Profile-Identifier: urn:clara-audit:bagit-profile:1\n"
		     "Bag-Software-Agent: clara-audit\nBagging-Date: 2024-12-03\n"
		     "External-Identifier: " BASE "\nPayload-Oxum: %llu.%llu\n",
		     (unsigned long long)bytes, (unsigned long long)count);
	put(k, "bag-info.txt", cla_buf_str(&b));
	cla_buf_clear(&b);
	put(k, "VERIFY.txt", CLA_STR("How to check this bundle.\n"));
	put_manifest(k, "manifest-sha256.txt", true);
	put_manifest(k, "tagmanifest-sha256.txt", false);
}

/* --- the tar --- */

static void raw_member(struct maker *k, const struct member *m)
{
	unsigned char header[CLA_TAR_BLOCK];
	char name[400], zeros[CLA_TAR_BLOCK] = { 0 };
	bool outside = m->path[0] == '~';
	snprintf(name, sizeof(name), "%s%s", outside ? "" : BASE "/", m->path + outside);
	bool dir = name[strlen(name) - 1] == '/';
	if (dir)
		name[strlen(name) - 1] = '\0';
	assert_true(cla_tar_header(cla_str_from(name), m->bytes.len, MTIME, header));
	if (dir)
		header[strlen(name)] = '/';
	header[156] = (unsigned char)m->type;
	unsigned sum = 8 * ' ';
	for (size_t i = 0; i < CLA_TAR_BLOCK; i++)
		sum += i >= 148 && i < 156 ? 0U : header[i];
	snprintf((char *)header + 148, 7, "%06o", sum);
	cla_buf_add(&k->tar, (struct cla_str){ (char *)header, sizeof(header) });
	cla_buf_add(&k->tar, cla_buf_str(&m->bytes));
	cla_buf_add(&k->tar, (struct cla_str){ zeros, (512 - m->bytes.len % 512) % 512 });
}

static void make_raw_tar(struct maker *k)
{
	char zeros[2 * CLA_TAR_BLOCK] = { 0 };
	for (size_t i = 0; i < k->count; i++)
		raw_member(k, &k->m[i]);
	cla_buf_add(&k->tar, (struct cla_str){ zeros, sizeof(zeros) });
}

static void make_tar(struct maker *k)
{
	cla_auto_fd int fd = memfd_create("tar", MFD_CLOEXEC);
	cla_auto_tar_writer struct cla_tar_writer *w = NULL;
	struct cla_err err = CLA_ERR_INIT;
	uint64_t size;
	char name[400], chunk[65536];
	size_t got;

	assert_true(fd >= 0 && cla_tar_writer_new(fd, MTIME, NULL, NULL, &w, &err));
	for (size_t i = 0; i < k->count; i++) {
		snprintf(name, sizeof(name), BASE "/%s", k->m[i].path);
		if (!cla_tar_member(w, name, cla_buf_str(&k->m[i].bytes), &err))
			fail_msg("%s", err.msg);
	}
	assert_true(cla_tar_finish(w, &size, &err));
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	do {
		assert_true(cla_fd_read(fd, chunk, sizeof(chunk), &got, NULL));
		cla_buf_add(&k->tar, (struct cla_str){ chunk, got });
	} while (got);
	assert_int_equal(k->tar.len, size);
}

static void edit_tar(struct maker *k, enum op op)
{
	for (size_t i = 0; i < MAX_EDITS; i++) {
		const struct edit *e = &k->edits[i];
		if (e->op != op)
			continue;
		if (op == TAR_TAIL) {
			cla_buf_addc(&k->tar, e->to);
			continue;
		}
		char *at = memmem(k->tar.ptr, k->tar.len, e->from, strlen(e->from));
		if (!at)
			fail_msg("'%s' is not in the tar", e->from);
		if (op == TAR_CUT)
			k->tar.len = (size_t)(at - k->tar.ptr);
		else
			memcpy(at, e->to, strlen(e->to));
	}
}

/* --- statement and signature --- */

static void make_statement(struct maker *k, const struct cla_digest leaves[3])
{
	struct cla_merkle tree;
	struct cla_digest root, tar = digest_of(cla_buf_str(&k->tar));
	char root_hex[CLA_DIGEST_HEX], tar_hex[CLA_DIGEST_HEX], rules[CLA_DIGEST_HEX] = "";

	cla_merkle_init(&tree);
	for (int i = 0; i < 3; i++)
		assert_true(cla_merkle_add(&tree, &leaves[i], NULL));
	assert_true(cla_merkle_root(&tree, &root, NULL));
	cla_digest_hex(&root, root_hex);
	cla_digest_hex(&tar, tar_hex);
	for (size_t i = 0; i < k->count; i++)
		if (!strcmp(k->m[i].path, "data/rules.json"))
			hex_of(cla_buf_str(&k->m[i].bytes), rules);
	cla_buf_addf(
		&k->statement,
		"{\"_type\":\"https://in-toto.io/Statement/v1\",\"predicate\":{\"country\":\"mx\","
		"\"custody\":{\"n\":9,\"sha256\":\"" EMPTY_SHA "\"},\"cutoff\":\"" CUTOFF
		"\",\"entity\":\"Acme MX\",\"month\":\"2024-11\",\"prev\":null,"
		"\"retain_until\":\"2034-11-30\",\"revision\":0,\"seq\":0,\"supersedes\":null,"
		"\"tax_id\":\"ACM010101ABC\",\"tool\":{\"rules_sha256\":\"%s\","
		"\"version\":\"1.0.0\"},\"tree\":{\"hash\":\"rfc9162-sha256\",\"root\":\"%s\","
		"\"size\":3}},\"predicateType\":\"urn:clara-audit:bundle:1\","
		"\"subject\":[{\"digest\":{\"sha256\":\"%s\"},\"name\":\"" BASE ".tar\"}]}",
		rules, root_hex, tar_hex);
	apply(k, "statement", &k->statement);
	snprintf(k->tar_name, sizeof(k->tar_name), BASE ".%s.tar", tar_hex);
}

static void write_file(const struct maker *k, const char *name, struct cla_str bytes)
{
	char path[400];
	struct cla_err err = CLA_ERR_INIT;
	snprintf(path, sizeof(path), "%s/%s", k->dir, name);
	/* Not cla_file_replace: hundreds of syncs would take their time. */
	cla_auto_fd int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || !cla_fd_write(fd, bytes, &err))
		fail_msg("%s: %s", path, err.msg);
}

static void write_sidecar(const struct maker *k, const char *suffix, const struct cla_buf *bytes)
{
	struct cla_buf copy = CLA_BUF_INIT(1 << 20);
	char name[200];

	if (dropped(k, suffix))
		return;
	cla_buf_add(&copy, cla_buf_str(bytes));
	for (size_t i = 0; i < MAX_EDITS; i++)
		if (hits(&k->edits[i], BESIDE, suffix))
			replace(&copy, k->edits[i].from, k->edits[i].to);
	snprintf(name, sizeof(name), BASE ".%s", suffix);
	write_file(k, name, cla_buf_str(&copy));
	cla_buf_clear(&copy);
}

static const struct edit no_edits[MAX_EDITS];

/* Makes the bundle with its faults in a new folder. */
static void make(struct maker *k, const struct fixture *f, const struct edit *edits,
		 const struct cla_seal *signer, const struct cla_buf *pem)
{
	struct cla_digest leaves[3];
	char page[2][CLA_DIGEST_HEX], page_path[2][300], hex[3][CLA_DIGEST_HEX];
	char path[300], cert_hex[CLA_DIGEST_HEX];
	struct cla_buf p7s = CLA_BUF_INIT(65536);

	memset(k, 0, sizeof(*k));
	k->edits = edits ? edits : no_edits;
	k->tar = (struct cla_buf)CLA_BUF_INIT(1 << 22);
	k->statement = (struct cla_buf)CLA_BUF_INIT(1 << 20);
	strcpy(k->dir, "/tmp/cla-verify-XXXXXX");
	assert_non_null(mkdtemp(k->dir));

	put_answers_and_captures(k, page, page_path);
	put_expenses(k, leaves, hex);
	put_bundle(k, page, page_path, hex);
	put(k, "data/index.csv", CLA_STR("kind,uuid\r\n"));
	put(k, "data/rules.json", CLA_STR("{\"rules\":[]}"));
	snprintf(path, sizeof(path), "data/certs/%s.cer", hex_of(cla_cert_der(f->cert), cert_hex));
	put(k, path, cla_cert_der(f->cert));
	for (size_t i = 0; i < MAX_EDITS; i++)
		if (k->edits[i].op == ADD)
			put(k, k->edits[i].path, cla_str_from(k->edits[i].to));
	put_bag(k);
	for (size_t i = 0; i < MAX_EDITS; i++) {
		const struct edit *e = &k->edits[i];
		if (e->op == LATE)
			put(k, e->path, cla_str_from(e->to));
		if (e->op == RAW) {
			put_type(k, e->path, cla_str_from(e->to), *e->from);
			k->raw = true;
		}
	}
	sort_members(k);
	if (k->raw)
		make_raw_tar(k);
	else
		make_tar(k);
	edit_tar(k, TAR);
	edit_tar(k, TAR_TAIL);
	edit_tar(k, TAR_CUT);
	make_statement(k, leaves);
	assert_true(cla_seal_sign(signer, cla_buf_str(&k->statement),
				  (struct cla_time){ MTIME + 60, 0 }, &p7s, NULL));
	edit_tar(k, FLIP);
	for (size_t i = 0; i < MAX_EDITS; i++)
		if (k->edits[i].op == RENAME)
			snprintf(k->tar_name, sizeof(k->tar_name), "%s", k->edits[i].to);
	write_file(k, k->tar_name, cla_buf_str(&k->tar));
	write_sidecar(k, "statement.json", &k->statement);
	write_sidecar(k, "statement.p7s", &p7s);
	write_sidecar(k, "seal.pem", pem);
	cla_buf_clear(&p7s);
}

static void make_clear(struct maker *k)
{
	static const char *const suffixes[] = { "statement.json", "statement.p7s", "seal.pem",
						"statement.p7s.tsr" };
	char path[400];
	for (size_t i = 0; i < CLA_LEN(suffixes); i++) {
		snprintf(path, sizeof(path), "%s/" BASE ".%s", k->dir, suffixes[i]);
		unlink(path);
	}
	snprintf(path, sizeof(path), "%s/%s", k->dir, k->tar_name);
	unlink(path);
	assert_int_equal(rmdir(k->dir), 0);
	for (size_t i = 0; i < k->count; i++)
		cla_buf_clear(&k->m[i].bytes);
	cla_buf_clear(&k->tar);
	cla_buf_clear(&k->statement);
}

/* --- names --- */

static void base_names(void **state)
{
	static const char *const good[] = { BASE, "clara_br_a_2024-01_r12",
					    "clara_co_a--b9_2099-12_r0" };
	static const char *const bad[] = {
		"",
		"clara",
		"Clara_mx_a_2024-11_r0",
		"clara_us_a_2024-11_r0",
		"clara_mx__2024-11_r0",
		"clara_mx_A_2024-11_r0",
		"clara_mx_a_b_2024-11_r0",
		"clara_mx_a_2024-13_r0",
		"clara_mx_a_2024-11-01_r0",
		"clara_mx_a_2024-11_0",
		"clara_mx_a_2024-11_r",
		"clara_mx_a_2024-11_r01",
		"clara_mx_a_2024-11_r-1",
		"clara_mx_a_2024-11_r0.tar",
		"clara_mx_abcdefghijabcdefghijabcdefghijk_2024-11_r0",
		"clara_mx_abcdefghijabcdefghijabcdefghij_2024-11_r1234567890123456",
	};
	struct cla_base_name b;
	(void)state;
	for (size_t i = 0; i < CLA_LEN(good); i++)
		if (!cla_base_name_read(cla_str_from(good[i]), &b) || strcmp(b.text, good[i]) != 0)
			fail_msg("'%s' refused", good[i]);
	for (size_t i = 0; i < CLA_LEN(bad); i++)
		if (cla_base_name_read(cla_str_from(bad[i]), &b))
			fail_msg("'%s' accepted", bad[i]);
	assert_true(cla_base_name_read(CLA_STR("clara_br_a-b_2024-02_r7"), &b));
	assert_string_equal(b.country, "br");
	assert_string_equal(b.slug, "a-b");
	assert_string_equal(b.month, "2024-02");
	assert_int_equal(b.revision, 7);
}

static void member_names(void **state)
{
	static const struct {
		const char *path;
		enum cla_place place;
	} t[] = {
		{ "bagit.txt", CLA_PLACE_BAGIT },
		{ "data/index.html", CLA_PLACE_INDEX_HTML },
		{ "data/api/digital-accounts." EMPTY_SHA ".json", CLA_PLACE_API },
		{ "data/api/list-pages." EMPTY_SHA ".json", CLA_PLACE_UNKNOWN },
		{ "data/certs/" EMPTY_SHA ".cer", CLA_PLACE_CERT },
		{ DIR_A "/evidence.json", CLA_PLACE_EVIDENCE },
		{ DIR_B "/receipt." EMPTY_SHA ".jpg", CLA_PLACE_FILE },
		{ "data/tx/11111111-1111-4111-8111-11111111111A/nfe." EMPTY_SHA ".xml",
		  CLA_PLACE_FILE },
		{ "Bagit.txt", CLA_PLACE_UNKNOWN },
		{ "data/bagit.txt", CLA_PLACE_UNKNOWN },
		{ "data/api/." EMPTY_SHA ".json", CLA_PLACE_UNKNOWN },
		{ "data/api/Pages." EMPTY_SHA ".json", CLA_PLACE_UNKNOWN },
		{ "data/api/pages." EMPTY_SHA ".xml", CLA_PLACE_UNKNOWN },
		{ "data/api/x/pages." EMPTY_SHA ".json", CLA_PLACE_UNKNOWN },
		{ "data/certs/x." EMPTY_SHA ".cer", CLA_PLACE_UNKNOWN },
		{ DIR_A, CLA_PLACE_UNKNOWN },
		{ DIR_A "/Evidence.json", CLA_PLACE_UNKNOWN },
		{ DIR_A "/x/evidence.json", CLA_PLACE_UNKNOWN },
		{ DIR_A "/cfdi." EMPTY_SHA ".xml.exe", CLA_PLACE_UNKNOWN },
		{ DIR_A "/cfdi." EMPTY_SHA "0.xml", CLA_PLACE_UNKNOWN },
		{ "data/tx/11111111-1111-4111-8111-1111111111111/evidence.json",
		  CLA_PLACE_UNKNOWN },
		{ "data/tx/1111111101111-4111-8111-111111111111/evidence.json", CLA_PLACE_UNKNOWN },
	};
	(void)state;
	for (size_t i = 0; i < CLA_LEN(t); i++) {
		struct cla_member_name n;
		cla_member_name_read(cla_str_from(t[i].path), &n);
		if (n.place != t[i].place)
			fail_msg("'%s' is place %d", t[i].path, (int)n.place);
		assert_int_equal(n.has_digest, n.place == CLA_PLACE_API ||
						       n.place == CLA_PLACE_CERT ||
						       n.place == CLA_PLACE_FILE);
	}
}

/* --- checking --- */

static const struct cla_ctx quiet = { .log = NULL };

static void check(const struct maker *k, const struct cla_verify_opts *opts,
		  struct cla_verify_report *report)
{
	char path[400];
	struct cla_err err = CLA_ERR_INIT;
	snprintf(path, sizeof(path), "%s/%s", k->dir, k->tar_name);
	if (!cla_verify_bundle(&quiet, path, opts, report, &err))
		fail_msg("%s", err.msg);
}

static void print_report(const struct cla_verify_report *r)
{
	for (const struct cla_verify_problem *p = r->problems; p; p = p->next)
		print_message("  problem [%s] [%s] found [%s] due [%s]\n", p->member, p->field,
			      p->found, p->due);
	for (const struct cla_verify_note *n = r->notes; n; n = n->next)
		print_message("  note [%s]\n", n->text);
}

static bool has_problem(const struct cla_verify_report *r, const char *member, const char *field)
{
	for (const struct cla_verify_problem *p = r->problems; p; p = p->next)
		if (!fnmatch(member, p->member, 0) && !strcmp(field, p->field))
			return true;
	return false;
}

static bool has_note(const struct cla_verify_report *r, const char *part)
{
	for (const struct cla_verify_note *n = r->notes; n; n = n->next)
		if (strstr(n->text, part))
			return true;
	return false;
}

static const struct cla_verify_opts plain = { .now = { MTIME + 120, 0 } };

static void good_bundle(void **state)
{
	const struct fixture *f = *state;
	struct maker k;
	cla_auto_verify_report struct cla_verify_report r;
	char hex[CLA_DIGEST_HEX];

	make(&k, f, NULL, f->seal, &f->pem);
	check(&k, &plain, &r);
	if (r.problem_count)
		print_report(&r);
	assert_int_equal(r.problem_count, 0);
	assert_int_equal(r.result, CLA_VERIFY_PASS);
	assert_string_equal(r.base, BASE);
	assert_string_equal(r.entity, "Acme MX");
	assert_string_equal(r.month, "2024-11");
	assert_string_equal(r.tax_id, "ACM010101ABC");
	assert_string_equal(r.cutoff, CUTOFF);
	assert_int_equal(r.revision, 0);
	assert_int_equal(r.expenses, 3);
	assert_int_equal(r.documents, 3);
	assert_int_equal(r.members, k.count);
	assert_int_equal(r.size, k.tar.len);
	assert_true(r.complete);
	assert_true(r.has_statement && r.has_signature);
	assert_false(r.signer_anchored);
	struct cla_digest print = cla_cert_fingerprint(f->cert),
			  tar = digest_of(cla_buf_str(&k.tar));
	assert_string_equal(r.signer, cla_digest_hex(&print, hex));
	assert_true(cla_digest_eq(&r.sha256, &tar));
	assert_true(has_note(&r, "the signer is not established"));
	make_clear(&k);
}

/* --- faults --- */

struct fault {
	const char *name;
	struct edit edits[MAX_EDITS];
	const char *member, *field; /* the member with wildcards */
	uint64_t count; /* exact number of problems; 0: any, the fault shows in several places */
};

#define EV_A DIR_A "/evidence.json"
#define EV_B DIR_B "/evidence.json"
#define EV_C DIR_C "/evidence.json"
#define STATEMENT BASE ".statement.json"
#define P7S BASE ".statement.p7s"
#define PEM BASE ".seal.pem"
#define BJ "data/bundle.json"
#define CAPS "data/captures.jsonl"

static const struct fault faults[] = {
	/* the thirteen of the table of readers: most pass with tar, sha256sum or both */
	{ "payload bit flipped",
	  { { FLIP, "", "Comprobante", "comprobante" } },
	  DIR_A "/cfdi.*.xml",
	  "sha256",
	  0 },
	{ "payload bit flipped, archive",
	  { { FLIP, "", "Comprobante", "comprobante" } },
	  "",
	  "sha256",
	  0 },
	{ "payload bit flipped, file name",
	  { { FLIP, "", "Comprobante", "comprobante" } },
	  "",
	  "file name",
	  0 },
	{ "payload bit flipped, manifest",
	  { { FLIP, "", "Comprobante", "comprobante" } },
	  DIR_A "/cfdi.*.xml",
	  "manifest-sha256.txt",
	  0 },
	{ "payload file missing",
	  { { DROP, DIR_A "/cfdi.*", "", "" } },
	  DIR_A "/cfdi.*.xml",
	  "member",
	  0 },
	{ "manifest line removed",
	  { { REPLACE, "manifest-sha256.txt", "data/index.csv\n", "data/index.csw\n" } },
	  "data/index.csv",
	  "manifest-sha256.txt",
	  2 },
	{ "truncated half-way", { { TAR_CUT, "", CFDI, "" } }, "*", "truncated", 0 },
	{ "extra payload file, listed",
	  { { ADD, "data/extra.txt", "", "x" } },
	  "data/extra.txt",
	  "member",
	  1 },
	{ "extra payload file",
	  { { LATE, "data/extra.txt", "", "x" } },
	  "data/extra.txt",
	  "manifest-sha256.txt",
	  0 },
	{ "extra symlink", { { RAW, "data/link", "2", "" } }, "data/link", "type", 1 },
	{ "extra tag file", { { LATE, "extra.txt", "", "x" } }, "extra.txt", "member", 0 },
	{ "extra empty directory", { { RAW, "data/empty/", "5", "" } }, "data/empty/", "type", 1 },
	{ "same name twice",
	  { { RAW, "data/index.csv", "0", "evil" } },
	  "data/index.csv",
	  "order",
	  0 },
	{ "second index", { { RAW, BJ, "0", "{\"answers\":[" } }, BJ, "order", 0 },
	{ "second top directory", { { RAW, "~zzz/file", "0", "x" } }, "zzz/file", "name", 1 },
	{ "second top directory in front", { { RAW, "~a/file", "0", "x" } }, "a/file", "name", 0 },
	{ "member outside any directory", { { RAW, "~zzz", "0", "x" } }, "zzz", "name", 1 },
	{ "bytes after the end", { { TAR_TAIL, "", "", "x" } }, "", "trailing bytes", 1 },
	{ "padding not zero",
	  { { TAR, "", "kind,uuid\r\n\0", "kind,uuid\r\nx" } },
	  "data/index.csv",
	  "padding",
	  1 },

	/* the bag */
	{ "bagit version", { { REPLACE, "bagit.txt", "1.0", "0.97" } }, "bagit.txt", "content", 1 },
	{ "bag agent with a version",
	  { { REPLACE, "bag-info.txt", "clara-audit\n", "clara-audit 1.0\n" } },
	  "bag-info.txt",
	  "Bag-Software-Agent",
	  1 },
	{ "bag profile",
	  { { REPLACE, "bag-info.txt", "profile:1", "profile:2" } },
	  "bag-info.txt",
	  "BagIt-Profile-Identifier",
	  1 },
	{ "bagging date",
	  { { REPLACE, "bag-info.txt", "2024-12-03", "2024-12-04" } },
	  "bag-info.txt",
	  "Bagging-Date",
	  1 },
	{ "oxum",
	  { { REPLACE, "bag-info.txt", "Oxum: ", "Oxum: 1" } },
	  "bag-info.txt",
	  "Payload-Oxum",
	  1 },
	{ "bag identifier",
	  { { REPLACE, "bag-info.txt", "2024-11_r0", "2024-11_r1" } },
	  "bag-info.txt",
	  "External-Identifier",
	  1 },
	{ "bag tag missing",
	  { { REPLACE, "bag-info.txt", "Bagging-Date: 2024-12-03\n", "" } },
	  "bag-info.txt",
	  "Bagging-Date",
	  1 },
	{ "bag tag added",
	  { { APPEND, "bag-info.txt", "", "X: y\n" } },
	  "bag-info.txt",
	  "content",
	  1 },
	{ "blank before the colon",
	  { { REPLACE, "bag-info.txt", "Bagging-Date:", "Bagging-Date :" } },
	  "bag-info.txt",
	  "Bagging-Date",
	  1 },
	{ "member of the bag missing",
	  { { DROP, "VERIFY.txt", "", "" } },
	  "VERIFY.txt",
	  "member",
	  1 },
	{ "manifest missing",
	  { { DROP, "manifest-sha256.txt", "", "" } },
	  "manifest-sha256.txt",
	  "member",
	  1 },
	{ "manifest with one blank",
	  { { REPLACE, "manifest-sha256.txt", "  data/rules.json", " data/rules.json" } },
	  "manifest-sha256.txt",
	  "line 10",
	  2 },
	{ "manifest digest in capitals",
	  { { REPLACE, "manifest-sha256.txt", "a", "A" } },
	  "manifest-sha256.txt",
	  "line 1",
	  2 },
	{ "manifest of another digest",
	  { { REPLACE, "tagmanifest-sha256.txt", "  bagit.txt", "  bagit.txT" } },
	  "bagit.txt",
	  "tagmanifest-sha256.txt",
	  2 },
	{ "manifest out of order",
	  { { APPEND, "manifest-sha256.txt", "", EMPTY_SHA "  data/a.txt\n" } },
	  "manifest-sha256.txt",
	  "line 18",
	  1 },
	{ "manifest line not ended",
	  { { APPEND, "manifest-sha256.txt", "", "x" } },
	  "manifest-sha256.txt",
	  "line end",
	  1 },
	{ "manifest path goes up",
	  { { APPEND, "manifest-sha256.txt", "", EMPTY_SHA "  data/../x\n" } },
	  "manifest-sha256.txt",
	  "line 18",
	  1 },
	{ "listed but missing",
	  { { APPEND, "manifest-sha256.txt", "", EMPTY_SHA "  data/zzz\n" } },
	  "data/zzz",
	  "member",
	  1 },

	/* names */
	{ "unknown role",
	  { { ADD, DIR_A "/secret." EMPTY_SHA ".xml", "", "" } },
	  DIR_A "/secret.*",
	  "member",
	  1 },
	{ "unknown extension",
	  { { ADD, DIR_A "/cfdi." EMPTY_SHA ".exe", "", "" } },
	  DIR_A "/cfdi.*",
	  "member",
	  1 },
	{ "file without a digest",
	  { { ADD, DIR_A "/cfdi.xml", "", "x" } },
	  DIR_A "/cfdi.xml",
	  "member",
	  1 },
	{ "expense that is no uuid",
	  { { ADD, "data/tx/abc/evidence.json", "", "{}" } },
	  "data/tx/abc/evidence.json",
	  "member",
	  1 },
	{ "file not what its name says",
	  { { REPLACE, DIR_A "/attachment.*", "attach", "Attach" } },
	  DIR_A "/attachment.*",
	  "sha256",
	  2 },
	{ "answer not what its name says",
	  { { REPLACE, "data/api/tr*", "[", "[ " } },
	  "data/api/transactions.*",
	  "sha256",
	  3 },
	{ "certificate that is none",
	  { { ADD, "data/certs/" EMPTY_SHA ".cer", "", "" } },
	  "data/certs/" EMPTY_SHA ".cer",
	  "content",
	  1 },
	{ "name of the tar",
	  { { RENAME, "", "", BASE "." EMPTY_SHA ".tar" } },
	  "",
	  "file name",
	  1 },
	{ "name of another bundle",
	  { { RENAME, "", "", "clara_mx_acme-mx_2024-10_r0.tar" } },
	  "",
	  "top directory",
	  0 },

	/* evidence */
	{ "evidence missing", { { DROP, EV_B, "", "" } }, EV_B, "member", 0 },
	{ "evidence not canonical",
	  { { REPLACE, EV_A, "{\"absent\"", "{ \"absent\"" } },
	  EV_A,
	  "content",
	  0 },
	{ "evidence with a float",
	  { { REPLACE, EV_A, "\"index\":0", "\"index\":0.0" } },
	  EV_A,
	  "content",
	  0 },
	{ "evidence with a key twice",
	  { { REPLACE, EV_A, "\"kind\":\"tx\"", "\"kind\":\"tx\",\"kind\":\"tx\"" } },
	  EV_A,
	  "content",
	  0 },
	{ "evidence with a newline", { { APPEND, EV_A, "", "\n" } }, EV_A, "content", 0 },
	{ "evidence with a new key",
	  { { REPLACE, EV_A, "\"kind\"", "\"keen\":1,\"kind\"" } },
	  EV_A,
	  "keen",
	  0 },
	{ "evidence without salt",
	  { { REPLACE, EV_A, "\"salt\":\"" SALT "\",", "" } },
	  EV_A,
	  "salt",
	  0 },
	{ "salt too short", { { REPLACE, EV_A, SALT, "0123" } }, EV_A, "salt", 0 },
	{ "amount as a number",
	  { { REPLACE, EV_A, "\"400.00\"", "400" } },
	  EV_A,
	  "facts.amount",
	  0 },
	{ "fact that the row does not hold",
	  { { REPLACE, EV_A, "Papelería", "Papeleria" } },
	  EV_A,
	  "facts.merchant",
	  1 },
	{ "fact that the row holds no more",
	  { { REPLACE, EV_A, "\"2024-11-05\"", "null" } },
	  EV_A,
	  "facts.date",
	  1 },
	{ "fact that the row never held",
	  { { REPLACE, EV_B, "\"user\":null", "\"user\":\"Ana\"" } },
	  EV_B,
	  "facts.user",
	  1 },
	{ "amount of an expense and its sum",
	  { { REPLACE, EV_C, "\"99.5\"", "\"99.6\"" },
	    { REPLACE, BJ, "\"499.50\"", "\"499.60\"" } },
	  EV_C,
	  "facts.amount",
	  1 },
	{ "row of another expense",
	  { { REPLACE, DIR_C "/transaction.*", "3333c", "3333d" } },
	  DIR_C "/transaction.*",
	  "uuid",
	  0 },
	{ "row that is none",
	  { { REPLACE, DIR_C "/transaction.*", "\"uuid\"", "\"type\"" } },
	  DIR_C "/transaction.*",
	  "content",
	  0 },
	{ "expense without its row", { { DROP, DIR_C "/tran*", "", "" } }, EV_C, "facts", 0 },
	{ "expense with two rows",
	  { { ADD, DIR_C "/transaction." EMPTY_SHA ".bin", "", "" } },
	  EV_C,
	  "facts",
	  2 },
	{ "row of the other kind",
	  { { ADD, DIR_B "/transaction." EMPTY_SHA ".bin", "", "" } },
	  DIR_B "/transaction.*",
	  "member",
	  1 },
	{ "extension that the content is not",
	  { { ADD, DIR_C "/event." EMPTY_SHA ".pdf", "", "" },
	    { REPLACE, BJ, "\"documents\":3", "\"documents\":4" } },
	  DIR_C "/event.*",
	  "extension",
	  2 },
	{ "media type of another extension",
	  { { REPLACE, EV_A, "application/pdf", "image/png" } },
	  EV_A,
	  "documents[0]",
	  1 },
	{ "no context",
	  { { REPLACE, EV_C, "\"context\"", "\"contexts\"" } },
	  EV_C,
	  "facts.context",
	  0 },
	{ "limit as a number",
	  { { REPLACE, EV_A, "\"1000.00\"", "1000" } },
	  EV_A,
	  "facts.context.card.limit",
	  0 },
	{ "label with a new key",
	  { { REPLACE, EV_C, "\"name\":\"Viajes\"", "\"name\":\"Viajes\",\"nick\":1" } },
	  EV_C,
	  "facts.context.labels[0].nick",
	  0 },
	{ "step without a date",
	  { { REPLACE, EV_B, "\"date\":\"2024-11-08\",", "" } },
	  EV_B,
	  "facts.context.approval.steps[0].date",
	  0 },
	{ "charge that was approved",
	  { { REPLACE, EV_C, NO_APPROVAL, APPROVAL } },
	  EV_C,
	  "facts.context.approval",
	  2 },
	{ "reimbursement of a card",
	  { { REPLACE, EV_B, NO_CARD, CARD } },
	  EV_B,
	  "facts.context.card",
	  1 },
	{ "reimbursement on a statement",
	  { { REPLACE, EV_B, NO_BILL, NAMES_BILL } },
	  EV_B,
	  "facts.context.statement",
	  2 },
	{ "statement that the row does not name",
	  { { REPLACE, EV_C, NO_BILL, NAMES_BILL } },
	  EV_C,
	  "facts.context.statement",
	  0 },
	{ "statement of another charge",
	  { { REPLACE, EV_A, "\"uuid\":\"5555", "\"uuid\":\"6555" } },
	  EV_A,
	  "facts.context.statement",
	  0 },
	{ "policy that the row does not name",
	  { { REPLACE, EV_B, "\"policy_rule\":\"Viajes\"", "\"policy_rule\":null" } },
	  EV_B,
	  "facts.context.approval",
	  1 },
	{ "step that nobody took",
	  { { REPLACE, EV_B, "\"steps\":[",
	      "\"steps\":[{\"actor\":null,\"comment\":null,"
	      "\"date\":null,\"status\":\"APPROVED\"}," } },
	  EV_B,
	  "facts.context.approval",
	  1 },
	{ "label that the row does not have",
	  { { REPLACE, EV_C, "\"labels\":[",
	      "\"labels\":[{\"code\":null,\"name\":null,"
	      "\"status\":null,\"uuid\":null}," } },
	  EV_C,
	  "facts.context.labels",
	  1 },
	{ "wrong kind",
	  { { REPLACE, EV_B, "\"kind\":\"reimbursement\"", "\"kind\":\"tx\"" } },
	  EV_B,
	  "kind",
	  1 },
	{ "uuid of another",
	  { { REPLACE, EV_B, "\"uuid\":\"2", "\"uuid\":\"4" } },
	  EV_B,
	  "uuid",
	  1 },
	{ "document not listed",
	  { { ADD, DIR_C "/event." EMPTY_SHA ".bin", "", "" },
	    { REPLACE, BJ, "\"documents\":3", "\"documents\":4" } },
	  DIR_C "/event.*",
	  "documents",
	  1 },
	{ "document size",
	  { { REPLACE, EV_A, "\"size\":19}", "\"size\":20}" } },
	  EV_A,
	  "documents[0]",
	  1 },
	{ "document role",
	  { { REPLACE, EV_A, "\"role\":\"cfdi\"", "\"role\":\"nfe\"" } },
	  EV_A,
	  "documents[1]",
	  1 },
	{ "document of another expense",
	  { { REPLACE, EV_A, "\"path\":\"" DIR_A "/cfdi", "\"path\":\"" DIR_C "/cfdi" } },
	  EV_A,
	  "documents[1]",
	  3 },
	{ "unknown capture",
	  { { REPLACE, EV_A, "\"captures\":[4]", "\"captures\":[44]" } },
	  EV_A,
	  "documents[0]",
	  1 },
	{ "capture of other bytes",
	  { { REPLACE, EV_A, "\"captures\":[4]", "\"captures\":[3]" } },
	  EV_A,
	  "documents[0]",
	  1 },
	{ "unknown capture of what is absent",
	  { { REPLACE, EV_A, "\"captures\":[5]", "\"captures\":[55]" } },
	  EV_A,
	  "absent[0].captures",
	  1 },
	{ "verdict with a long digest",
	  { { REPLACE, EV_A, "\"kind\":\"cfdi\",\"sha256\":\"",
	      "\"kind\":\"cfdi\",\"sha256\":\"00" } },
	  EV_A,
	  "verdicts[0].sha256",
	  0 },
	{ "verdict missing",
	  { { REPLACE, EV_A, "\"verdicts\":[{", "\"verdicts\":[],\"x\":[{" } },
	  EV_A,
	  "x",
	  0 },
	{ "verdict better than its checks",
	  { { REPLACE, EV_A, "\"verdict\":\"unknown\"", "\"verdict\":\"pass\"" },
	    { REPLACE, BJ, "\"verdict\":\"unknown\"", "\"verdict\":\"pass\"" } },
	  EV_A,
	  "verdicts[0].verdict",
	  1 },
	{ "verdict of no such name",
	  { { REPLACE, EV_A, "\"stamp\":\"unknown\"", "\"stamp\":\"fine\"" } },
	  EV_A,
	  "verdicts[0].checks.stamp",
	  0 },
	{ "state of no such name",
	  { { REPLACE, EV_A, "\"missing\"}", "\"lost\"}" } },
	  EV_A,
	  "match.state",
	  0 },

	/* bundle.json */
	{ "index missing", { { DROP, BJ, "", "" } }, BJ, "member", 1 },
	{ "index not canonical",
	  { { REPLACE, BJ, ",\"cutoff\"", ", \"cutoff\"" } },
	  BJ,
	  "content",
	  1 },
	{ "index of another format",
	  { { REPLACE, BJ, "\"format\":1", "\"format\":2" } },
	  BJ,
	  "format",
	  1 },
	{ "index with a new key",
	  { { REPLACE, BJ, "\"format\"", "\"flavour\":1,\"format\"" } },
	  BJ,
	  "\"flavour\"",
	  1 },
	{ "index without a key", { { REPLACE, BJ, TIEOUT ",", "" } }, BJ, "tieout", 1 },
	{ "country",
	  { { REPLACE, BJ, "\"country\":\"mx\"", "\"country\":\"br\"" } },
	  BJ,
	  "country",
	  2 },
	{ "entity", { { REPLACE, BJ, "Acme MX", "Acne MX" } }, BJ, "entity", 2 },
	{ "month",
	  { { REPLACE, BJ, "\"month\":\"2024-11\"", "\"month\":\"2024-10\"" } },
	  BJ,
	  "month",
	  2 },
	{ "month basis",
	  { { REPLACE, BJ, "\"operation\"", "\"posting\"" } },
	  BJ,
	  "month_basis",
	  1 },
	{ "cut-off", { { REPLACE, BJ, CUTOFF, "2024-12-03T06:00:01Z" } }, BJ, "cutoff", 2 },
	{ "open", { { REPLACE, BJ, "\"open\":false", "\"open\":true" } }, BJ, "open", 1 },
	{ "revision", { { REPLACE, BJ, "\"revision\":0", "\"revision\":1" } }, BJ, "revision", 2 },
	{ "total of transactions",
	  { { REPLACE, BJ, "\"transactions\":2", "\"transactions\":3" } },
	  BJ,
	  "totals.transactions",
	  1 },
	{ "total of reimbursements",
	  { { REPLACE, BJ, "\"reimbursements\":1,", "\"reimbursements\":0," } },
	  BJ,
	  "totals.reimbursements",
	  1 },
	{ "total of documents",
	  { { REPLACE, BJ, "\"documents\":3", "\"documents\":2" } },
	  BJ,
	  "totals.documents",
	  1 },
	{ "sum", { { REPLACE, BJ, "\"499.50\"", "\"499.51\"" } }, BJ, "sums[1].amount", 1 },
	{ "sum as a float",
	  { { REPLACE, BJ, "\"499.50\"", "\"499.5e\"" } },
	  BJ,
	  "sums[1].amount",
	  1 },
	{ "count of a sum",
	  { { REPLACE, BJ, "\"count\":2", "\"count\":1" } },
	  BJ,
	  "sums[1].count",
	  1 },
	{ "currency of a sum",
	  { { REPLACE, BJ, "\"currency\":\"MXN\",\"kind\":\"tx\"",
	      "\"currency\":\"USD\",\"kind\":\"tx\"" } },
	  BJ,
	  "sums[1]",
	  2 },
	{ "statement that no entry compares",
	  { { REPLACE, BJ, TIEOUT, "\"tieout\":[]" } },
	  BJ,
	  "tieout of " BILL,
	  1 },
	{ "charge moved to another statement",
	  { { REPLACE, EV_A, "\"uuid\":\"5555", "\"uuid\":\"6555" } },
	  BJ,
	  "tieout[0].held.count",
	  0 },
	{ "sum held of a statement",
	  { { REPLACE, BJ, "\"amount\":\"400.00\",", "\"amount\":\"400.01\"," } },
	  BJ,
	  "tieout[0].held.amount",
	  1 },
	{ "difference of a statement",
	  { { REPLACE, BJ, "\"difference\":\"0.00\"", "\"difference\":\"0.01\"" } },
	  BJ,
	  "tieout[0].difference",
	  1 },
	{ "total of a statement",
	  { { REPLACE, BJ, "\"total\":\"499\"", "\"total\":\"500\"" } },
	  BJ,
	  "tieout[0].reasons",
	  2 },
	{ "result of a statement",
	  { { REPLACE, BJ, "\"result\":\"differs\"", "\"result\":\"agrees\"" } },
	  BJ,
	  "tieout[0].result",
	  1 },
	{ "reason of another format",
	  { { REPLACE, BJ, "\"not-held\"", "\"not-sold\"" } },
	  BJ,
	  "tieout[0].reasons",
	  0 },
	{ "transactions of a statement withheld",
	  { { REPLACE, BJ, "\"rows\":{\"amount\":\"499.00\",\"count\":2}", "\"rows\":null" } },
	  BJ,
	  "tieout[0].rows",
	  0 },
	{ "total of a statement withheld",
	  { { REPLACE, BJ, "\"difference\":\"0.00\"", "\"difference\":null" },
	    { REPLACE, BJ, "\"total\":\"499\"", "\"total\":null" } },
	  BJ,
	  "tieout[0].total",
	  1 },
	{ "total called missing that is there",
	  { { REPLACE, BJ, "\"reason\":\"not-held\"}",
	      "\"reason\":\"not-held\"},{\"amount\":\"0\",\"count\":1,\"reason\":\"total-"
	      "missing\"}" } },
	  BJ,
	  "tieout[0].total",
	  1 },
	{ "leaf",
	  { { REPLACE, BJ, "\"leaf\":\"", "\"leaf\":\"" EMPTY_SHA "\",\"leap\":\"" } },
	  BJ,
	  "expenses[0].leap",
	  0 },
	{ "verdict of an expense",
	  { { REPLACE, BJ, "\"verdict\":\"unknown\"", "\"verdict\":\"pass\"" } },
	  BJ,
	  "expenses[0].verdict",
	  1 },
	{ "kind of an expense",
	  { { REPLACE, BJ, "\"kind\":\"tx\"", "\"kind\":\"reimbursement\"" } },
	  BJ,
	  "expenses[0].kind",
	  1 },
	{ "expense that is no uuid",
	  { { REPLACE, BJ, "\"uuid\":\"" TX_C, "\"uuid\":\"4" TX_C } },
	  BJ,
	  "expenses[2].uuid",
	  1 },
	{ "expense not listed",
	  { { REPLACE, BJ, "\"uuid\":\"33333333", "\"uuid\":\"43333333" } },
	  DIR_C "/evidence.json",
	  "expenses",
	  2 },
	{ "expense listed, but missing",
	  { { REPLACE, BJ, "\"uuid\":\"33333333", "\"uuid\":\"43333333" } },
	  "data/tx/43333333-*/evidence.json",
	  "member",
	  2 },
	{ "expenses out of order",
	  { { REPLACE, BJ, "\"uuid\":\"22222222", "\"uuid\":\"02222222" } },
	  BJ,
	  "expenses[1]",
	  0 },
	{ "answer not listed",
	  { { ADD, "data/api/cards." EMPTY_SHA ".json", "", "" } },
	  "data/api/cards.*",
	  "answers",
	  1 },
	{ "answer listed, but missing",
	  { { DROP, "data/api/re*", "", "" } },
	  "data/api/re*",
	  "member",
	  1 },
	{ "answer's size", { { REPLACE, BJ, "\"size\":", "\"size\":1" } }, BJ, "answers[0]", 1 },
	{ "answer's capture",
	  { { REPLACE, BJ, "\"captures\":[2]", "\"captures\":[1]" } },
	  BJ,
	  "answers[0]",
	  1 },
	{ "more unique than received",
	  { { REPLACE, BJ, "\"received\":2", "\"received\":1" } },
	  BJ,
	  "listing.transactions.unique",
	  1 },
	{ "list and bag differ",
	  { { REPLACE, BJ, "\"unique\":2", "\"unique\":1" } },
	  BJ,
	  "listing.transactions.unique",
	  1 },
	{ "total of the first page",
	  { { REPLACE, BJ, "\"total_elements_first\":2", "\"total_elements_first\":3" } },
	  BJ,
	  "listing.transactions.total_elements_first",
	  1 },
	{ "rows without a page",
	  { { REPLACE, BJ, "\"transactions\":{\"pages\":1", "\"transactions\":{\"pages\":0" } },
	  BJ,
	  "listing.transactions.unique",
	  1 },
	{ "list of another format",
	  { { REPLACE, BJ, "\"transactions\":{\"pages\"",
	      "\"transacciones\":{\"pages\":0,\"received\":0,\"total_elements_first\":null,"
	      "\"total_elements_last\":null,\"unique\":0},\"transactions\":{\"pages\"" } },
	  BJ,
	  "listing.transacciones.unique",
	  1 },
	{ "list vanished",
	  { { REPLACE, BJ, "\"transactions\":{\"pages\"", "\"users\":{\"pages\"" } },
	  BJ,
	  "listing.transactions",
	  1 },

	{ "missing out of order",
	  { { REPLACE, BJ, "\"missing\":[]",
	      "\"missing\":[{\"reason\":\"http-404\",\"resource\":\"invoices\",\"uuid\":null},"
	      "{\"reason\":\"http-404\",\"resource\":\"invoices\",\"uuid\":\"" TX_A "\"},"
	      "{\"reason\":\"http-403\",\"resource\":\"invoices\",\"uuid\":\"" TX_A "\"}]" } },
	  BJ,
	  "missing[2]",
	  1 },
	{ "missing twice",
	  { { REPLACE, BJ, "\"missing\":[]",
	      "\"missing\":[{\"reason\":\"http-404\",\"resource\":\"users\",\"uuid\":null},"
	      "{\"reason\":\"http-404\",\"resource\":\"users\",\"uuid\":null}]" } },
	  BJ,
	  "missing[1]",
	  1 },
	{ "tieout of something",
	  { { REPLACE, BJ, TIEOUT, "\"tieout\":[\"x\"]" } },
	  BJ,
	  "tieout[0]",
	  1 },
	{ "list that is none",
	  { { REPLACE, BJ, "\"missing\":[]", "\"missing\":{}" } },
	  BJ,
	  "missing",
	  1 },
	{ "scalar that is a list",
	  { { REPLACE, BJ, "\"revision\":0", "\"revision\":[0]" } },
	  BJ,
	  "revision",
	  1 },
	{ "blank in a list",
	  { { REPLACE, BJ, "\"missing\":[]", "\"missing\":[ ]" } },
	  BJ,
	  "content",
	  1 },

	/* captures */
	{ "captures missing", { { DROP, CAPS, "", "" } }, CAPS, "member", 1 },
	{ "capture twice", { { REPLACE, CAPS, "\"n\":6", "\"n\":5" } }, CAPS, "line 6", 2 },
	{ "capture after the cut-off",
	  { { REPLACE, CAPS, "2024-12-03T05:00:05Z", "2024-12-03T06:00:01Z" } },
	  CAPS,
	  "line 5",
	  1 },
	{ "capture with a query",
	  { { REPLACE, CAPS, "v3/download", "v3/download?X-Amz-Signature=1" } },
	  CAPS,
	  "line 3",
	  1 },
	{ "capture without method",
	  { { REPLACE, CAPS, "\"method\":\"GET\",", "" } },
	  CAPS,
	  "line 1.method",
	  0 },
	{ "capture half stored",
	  { { REPLACE, CAPS, "\"stored_size\":0", "\"stored_size\":null" } },
	  CAPS,
	  "line 5",
	  1 },
	{ "captures with an open end", { { APPEND, CAPS, "", "{}" } }, CAPS, "line end", 1 },
	{ "captures with an empty line", { { APPEND, CAPS, "", "\n" } }, CAPS, "line 8", 1 },

	/* statement, signature, certificate */
	{ "rules not canonical",
	  { { REPLACE, "data/rules.json", "[]", "[ ]" } },
	  "data/rules.json",
	  "content",
	  1 },
	{ "statement not canonical",
	  { { APPEND, "statement", "", "\n" } },
	  STATEMENT,
	  "content",
	  1 },
	{ "statement type",
	  { { REPLACE, "statement", "Statement/v1", "Statement/v2" } },
	  STATEMENT,
	  "_type",
	  1 },
	{ "predicate type",
	  { { REPLACE, "statement", "bundle:1", "bundle:2" } },
	  STATEMENT,
	  "predicateType",
	  1 },
	{ "subject name",
	  { { REPLACE, "statement", BASE ".tar", BASE ".tgz" } },
	  STATEMENT,
	  "subject[0].name",
	  1 },
	{ "two subjects",
	  { { REPLACE, "statement", "\"subject\":[",
	      "\"subject\":[{\"digest\":{\"sha256\":\"" EMPTY_SHA "\"},\"name\":\"x\"}," } },
	  STATEMENT,
	  "subject",
	  1 },
	{ "statement's month",
	  { { REPLACE, "statement", "2024-11\"", "2024-12\"" } },
	  STATEMENT,
	  "predicate.month",
	  1 },
	{ "statement's entity",
	  { { REPLACE, "statement", "Acme", "Acne" } },
	  STATEMENT,
	  "predicate.entity",
	  1 },
	{ "statement's tax id",
	  { { REPLACE, "statement", "\"ACM010101ABC\"", "null" } },
	  STATEMENT,
	  "predicate.tax_id",
	  1 },
	{ "tree size",
	  { { REPLACE, "statement", "\"size\":3", "\"size\":2" } },
	  STATEMENT,
	  "predicate.tree.size",
	  1 },
	{ "tree hash",
	  { { REPLACE, "statement", "rfc9162", "rfc6962" } },
	  STATEMENT,
	  "predicate.tree.hash",
	  1 },
	{ "retention without a day",
	  { { REPLACE, "statement", "2034-11-30", "2034-11-31" } },
	  STATEMENT,
	  "predicate.retain_until",
	  1 },
	{ "revision that supersedes nothing",
	  { { REPLACE, "statement", "\"revision\":0", "\"revision\":1" } },
	  STATEMENT,
	  "predicate.supersedes",
	  2 },
	{ "first statement after another",
	  { { REPLACE, "statement", "\"seq\":0", "\"seq\":1" } },
	  STATEMENT,
	  "predicate.prev",
	  1 },
	{ "statement without custody",
	  { { REPLACE, "statement", "\"custody\":{\"n\":9,\"sha256\":\"" EMPTY_SHA "\"},", "" } },
	  STATEMENT,
	  "predicate.custody",
	  1 },
	{ "statement edited after signing",
	  { { BESIDE, "statement.json", "2034", "2035" } },
	  P7S,
	  "signature",
	  1 },
	{ "signature damaged",
	  { { BESIDE, "statement.p7s", "clara-audit", "clara-Audit" } },
	  P7S,
	  "signature",
	  0 },
	{ "certificate damaged", { { BESIDE, "seal.pem", "BEGIN", "begin" } }, PEM, "content", 1 },
};

static bool fault_named(const struct fixture *f, const struct fault *t)
{
	struct maker k;
	cla_auto_verify_report struct cla_verify_report r;

	make(&k, f, t->edits, f->seal, &f->pem);
	check(&k, &plain, &r);
	bool named = r.result == CLA_VERIFY_FAIL && has_problem(&r, t->member, t->field) &&
		     (!t->count || r.problem_count == t->count);
	if (!named) {
		print_message("%s: due [%s] [%s], problems %llu\n", t->name, t->member, t->field,
			      (unsigned long long)t->count);
		print_report(&r);
	}
	make_clear(&k);
	return named;
}

static void faults_named(void **state)
{
	int wrong = 0;
	for (size_t i = 0; i < CLA_LEN(faults); i++)
		wrong += !fault_named(*state, &faults[i]);
	assert_int_equal(wrong, 0);
}

/* Every byte of the archive is covered by another one: a change shows even without the statement.
 */
static void every_byte_counts(void **state)
{
	const struct fixture *f = *state;
	static const struct edit edits[MAX_EDITS] = { { DROP, "statement.*", "", "" },
						      { RENAME, "", "", BASE ".tar" } };
	struct maker k;
	struct cla_verify_report r;

	make(&k, f, edits, f->seal, &f->pem);
	for (size_t at = 0; at < k.tar.len; at += 61) {
		k.tar.ptr[at] = (char)(k.tar.ptr[at] ^ 1);
		write_file(&k, k.tar_name, cla_buf_str(&k.tar));
		check(&k, &plain, &r);
		if (r.result != CLA_VERIFY_FAIL)
			fail_msg("byte %zu: result %d", at, (int)r.result);
		cla_verify_report_clear(&r);
		k.tar.ptr[at] = (char)(k.tar.ptr[at] ^ 1);
	}
	for (size_t len = 0; len < k.tar.len; len += 509) {
		write_file(&k, k.tar_name, cla_str_sub(cla_buf_str(&k.tar), 0, len));
		check(&k, &plain, &r);
		if (r.result != CLA_VERIFY_FAIL)
			fail_msg("cut to %zu: result %d", len, (int)r.result);
		cla_verify_report_clear(&r);
	}
	make_clear(&k);
}

/* --- statement and signature that are not there, or not ours --- */

struct outcome {
	const char *name;
	struct edit edits[MAX_EDITS];
	enum cla_verify_result result;
	const char *note;
};

static const struct outcome outcomes[] = {
	{ "no statement",
	  { { DROP, "statement.json", "", "" },
	    { DROP, "statement.p7s", "", "" },
	    { DROP, "seal.pem", "", "" } },
	  CLA_VERIFY_UNKNOWN,
	  "no " BASE ".statement.json" },
	{ "signature without its statement",
	  { { DROP, "statement.json", "", "" } },
	  CLA_VERIFY_UNKNOWN,
	  "no " BASE ".statement.json" },
	{ "no signature",
	  { { DROP, "statement.p7s", "", "" } },
	  CLA_VERIFY_UNKNOWN,
	  "no " BASE ".statement.p7s" },
	{ "no certificate",
	  { { DROP, "seal.pem", "", "" } },
	  CLA_VERIFY_PASS,
	  "no " BASE ".seal.pem" },
	{ "name without digest",
	  { { RENAME, "", "", BASE ".tar" } },
	  CLA_VERIFY_PASS,
	  "does not carry the archive's SHA-256" },
	{ "another name",
	  { { RENAME, "", "", "copy.tar" } },
	  CLA_VERIFY_PASS,
	  "not that of a bundle" },
	{ "no statement, and a fault",
	  { { DROP, "statement.*", "", "" },
	    { FLIP, "", "Comprobante", "comprobante" },
	    { RENAME, "", "", "copy.tar" } },
	  CLA_VERIFY_FAIL,
	  "no " BASE ".statement.json" },
	{ "statement without signature, and a fault",
	  { { DROP, "statement.p7s", "", "" }, { BESIDE, "statement.json", "mx", "br" } },
	  CLA_VERIFY_FAIL,
	  "no " BASE ".statement.p7s" },
	{ "missing resource named",
	  { { REPLACE, BJ, "\"missing\":[]",
	      "\"missing\":[{\"reason\":\"http-404\","
	      "\"resource\":\"transactions\",\"uuid\":null}]" },
	    { REPLACE, BJ,
	      "\"received\":2,\"total_elements_first\":2,\"total_elements_last\":null,"
	      "\"unique\":2",
	      "\"received\":7,\"total_elements_first\":2,"
	      "\"total_elements_last\":null,\"unique\":7" } },
	  CLA_VERIFY_PASS,
	  "signed by" },
	{ "a page for people",
	  { { ADD, "data/index.html", "", "<html>" } },
	  CLA_VERIFY_PASS,
	  "signed by" },
};

static void outcomes_told(void **state)
{
	const struct fixture *f = *state;
	for (size_t i = 0; i < CLA_LEN(outcomes); i++) {
		const struct outcome *t = &outcomes[i];
		struct maker k;
		cla_auto_verify_report struct cla_verify_report r;
		make(&k, f, t->edits, f->seal, &f->pem);
		check(&k, &plain, &r);
		if (r.result != t->result || !has_note(&r, t->note)) {
			print_report(&r);
			fail_msg("%s: result %d, due %d", t->name, (int)r.result, (int)t->result);
		}
		if (i == 8)
			assert_false(r.complete);
		make_clear(&k);
	}
}

static void signed_by_another(void **state)
{
	const struct fixture *f = *state;
	struct maker k;
	cla_auto_verify_report struct cla_verify_report r;

	/* The certificate beside the tar is not that of the signature. */
	make(&k, f, NULL, f->other, &f->pem);
	check(&k, &plain, &r);
	assert_int_equal(r.result, CLA_VERIFY_FAIL);
	assert_int_equal(r.problem_count, 1);
	assert_true(has_problem(&r, PEM, "fingerprint"));
	make_clear(&k);
}

static void trust(void **state)
{
	const struct fixture *f = *state;
	struct maker k;
	struct cla_verify_report r;
	struct cla_err err = CLA_ERR_INIT;
	char anchors[400], tar[400];

	make(&k, f, NULL, f->seal, &f->pem);
	snprintf(anchors, sizeof(anchors), "%s/anchors", k.dir);
	snprintf(tar, sizeof(tar), "%s/%s", k.dir, k.tar_name);
	struct cla_verify_opts opts = { .now = { MTIME + 120, 0 }, .trust_path = anchors };

	assert_true(cla_file_replace(anchors, cla_buf_str(&f->pem), 0600, NULL));
	check(&k, &opts, &r);
	assert_int_equal(r.result, CLA_VERIFY_PASS);
	assert_true(r.signer_anchored);
	assert_false(has_note(&r, "not established"));
	cla_verify_report_clear(&r);

	assert_true(cla_file_replace(anchors, cla_buf_str(&f->other_pem), 0600, NULL));
	check(&k, &opts, &r);
	assert_int_equal(r.result, CLA_VERIFY_FAIL);
	assert_int_equal(r.problem_count, 1);
	assert_true(has_problem(&r, P7S, "signer"));
	assert_false(r.signer_anchored);
	cla_verify_report_clear(&r);

	/* The chain is judged at `now`. */
	assert_true(cla_file_replace(anchors, cla_buf_str(&f->pem), 0600, NULL));
	opts.now.sec += (int64_t)20 * 366 * 86400;
	check(&k, &opts, &r);
	assert_true(has_problem(&r, P7S, "signer"));
	cla_verify_report_clear(&r);

	assert_true(cla_file_replace(anchors, CLA_STR("no certificate"), 0600, NULL));
	assert_false(cla_verify_bundle(&quiet, tar, &opts, &r, &err));
	assert_int_equal(err.code, CLA_ERR_CONFIG);
	cla_verify_report_clear(&r);
	unlink(anchors);
	assert_false(cla_verify_bundle(&quiet, tar, &opts, &r, &err));
	assert_int_equal(err.code, CLA_ERR_NOT_FOUND);
	cla_verify_report_clear(&r);
	make_clear(&k);
}

static void not_bundles(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
	} t[] = { { "", 0 }, { "not a tar", 9 }, { "\x1f\x8b\x08", 3 } };
	char dir[] = "/tmp/cla-verify-XXXXXX", path[100];
	struct cla_verify_report r;
	struct cla_err err = CLA_ERR_INIT;
	(void)state;

	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/x.tar", dir);
	for (size_t i = 0; i < CLA_LEN(t); i++) {
		struct cla_str bytes = { t[i].bytes, t[i].len };
		assert_true(cla_file_replace(path, bytes, 0600, NULL));
		assert_true(cla_verify_bundle(&quiet, path, &plain, &r, &err));
		assert_int_equal(r.result, CLA_VERIFY_NOT_BUNDLE);
		cla_verify_report_clear(&r);
	}
	/* A canonical tar of something else. */
	cla_auto_fd int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
	cla_auto_tar_writer struct cla_tar_writer *w = NULL;
	uint64_t size;
	assert_true(fd >= 0 && cla_tar_writer_new(fd, MTIME, NULL, NULL, &w, NULL) &&
		    cla_tar_member(w, "other/file", CLA_STR("x"), NULL) &&
		    cla_tar_finish(w, &size, NULL));
	assert_true(cla_verify_bundle(&quiet, path, &plain, &r, &err));
	assert_int_equal(r.result, CLA_VERIFY_NOT_BUNDLE);
	cla_verify_report_clear(&r);
	unlink(path);
	assert_false(cla_verify_bundle(&quiet, path, &plain, &r, &err));
	assert_int_equal(err.code, CLA_ERR_NOT_FOUND);
	cla_verify_report_clear(&r);
	assert_false(cla_verify_bundle(&quiet, dir, &plain, &r, &err));
	assert_int_equal(err.code, CLA_ERR_USAGE);
	cla_verify_report_clear(&r);
	assert_int_equal(rmdir(dir), 0);
}

/* Whoever replaces the archive by garbage, but keeps its name or its statement, has not made it "no
 * bundle". */
static void garbage_with_a_statement(void **state)
{
	const struct fixture *f = *state;
	struct maker k;
	cla_auto_verify_report struct cla_verify_report r;

	make(&k, f, NULL, f->seal, &f->pem);
	write_file(&k, k.tar_name, CLA_STR("garbage"));
	check(&k, &plain, &r);
	assert_int_equal(r.result, CLA_VERIFY_FAIL);
	assert_true(has_problem(&r, "", "content"));
	assert_true(has_problem(&r, "", "sha256"));
	make_clear(&k);
}

static void other_sources(void **state)
{
	const struct fixture *f = *state;
	struct maker k;
	struct cla_verify_report r;
	struct cla_err err = CLA_ERR_INIT;
	char path[400];

	make(&k, f, NULL, f->seal, &f->pem);
	snprintf(path, sizeof(path), "%s/%s", k.dir, k.tar_name);
	int keep = dup(0), in = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(keep >= 0 && in >= 0 && dup2(in, 0) == 0);
	struct cla_verify_opts opts = plain;
	assert_true(cla_verify_bundle(&quiet, "-", &opts, &r, &err));
	assert_int_equal(r.result, CLA_VERIFY_UNKNOWN);
	assert_int_equal(r.problem_count, 0);
	assert_true(has_note(&r, "standard input"));
	cla_verify_report_clear(&r);

	assert_int_equal(lseek(in, 0, SEEK_SET), 0);
	opts.sidecar_dir = k.dir;
	assert_true(cla_verify_bundle(&quiet, "-", &opts, &r, &err));
	assert_int_equal(r.result, CLA_VERIFY_PASS);
	cla_verify_report_clear(&r);
	assert_int_equal(dup2(keep, 0), 0);
	close(keep);
	close(in);

	opts.sidecar_dir = "/";
	check(&k, &opts, &r);
	assert_int_equal(r.result, CLA_VERIFY_UNKNOWN);
	cla_verify_report_clear(&r);

	opts = plain;
	opts.max_members = 5;
	check(&k, &opts, &r);
	assert_int_equal(r.result, CLA_VERIFY_FAIL);
	assert_true(has_problem(&r, "", "members"));
	cla_verify_report_clear(&r);

	const atomic_int stop = 1;
	const struct cla_ctx stopped = { .cancelled = &stop };
	assert_false(cla_verify_bundle(&stopped, path, &plain, &r, &err));
	assert_int_equal(err.code, CLA_ERR_INTERRUPTED);
	cla_verify_report_clear(&r);
	make_clear(&k);
}

/* --- judging again --- */

struct judge {
	int documents, certs, rules;
	bool differs, other_rules, fails;
};

static bool judge_one(void *ctx, struct cla_str bytes, struct cla_time cutoff,
		      struct cla_buf *verdicts, struct cla_err *err)
{
	struct judge *j = ctx;
	char hex[CLA_DIGEST_HEX];

	if (j->fails)
		return cla_err_oom(err);
	assert_int_equal(cutoff.sec, MTIME);
	assert_true(cla_str_eqc(bytes, CFDI));
	assert_true(j->certs == 1 && j->rules == 1);
	j->documents++;
	cla_buf_byte(verdicts, '[');
	verdict(verdicts, hex_of(bytes, hex));
	cla_buf_byte(verdicts, ']');
	if (j->differs)
		replace(verdicts, "\"stamp\":\"unknown\"", "\"stamp\":\"fail\"");
	return true;
}

static bool judge_cert(void *ctx, struct cla_str der, struct cla_err *err)
{
	struct judge *j = ctx;
	(void)err;
	assert_true(der.len > 100);
	j->certs++;
	return true;
}

static bool judge_rules(void *ctx, struct cla_str rules, struct cla_err *err)
{
	struct judge *j = ctx;
	assert_true(cla_str_eqc(rules, "{\"rules\":[]}"));
	j->rules++;
	return !j->other_rules || cla_err_set(err, CLA_ERR_NOT_FOUND, "rules of 2031");
}

static void replay(void **state)
{
	const struct fixture *f = *state;
	struct maker k;
	struct cla_verify_report r;
	struct cla_err err = CLA_ERR_INIT;
	struct judge j = { 0 };
	struct cla_verify_opts opts = plain;
	char path[400];

	opts.judge = judge_one;
	opts.add_cert = judge_cert;
	opts.rules = judge_rules;
	opts.judge_ctx = &j;
	make(&k, f, NULL, f->seal, &f->pem);
	check(&k, &opts, &r);
	assert_int_equal(r.result, CLA_VERIFY_PASS);
	assert_int_equal(j.documents, 1);
	assert_true(has_note(&r, "1 documents judged again"));
	cla_verify_report_clear(&r);

	j = (struct judge){ .differs = true };
	check(&k, &opts, &r);
	assert_int_equal(r.result, CLA_VERIFY_FAIL);
	assert_int_equal(r.problem_count, 1);
	assert_true(has_problem(&r, DIR_A "/cfdi.*.xml", "verdict"));
	assert_non_null(strstr(r.problems->found, "\"stamp\":\"unknown\""));
	assert_non_null(strstr(r.problems->due, "\"stamp\":\"fail\""));
	cla_verify_report_clear(&r);

	/* Another rule pack may judge otherwise: no fault of the bundle. */
	j = (struct judge){ .differs = true, .other_rules = true };
	check(&k, &opts, &r);
	assert_int_equal(r.result, CLA_VERIFY_PASS);
	assert_true(has_note(&r, "rules of 2031"));
	assert_true(has_note(&r, "judged now"));
	cla_verify_report_clear(&r);

	j = (struct judge){ .fails = true };
	snprintf(path, sizeof(path), "%s/%s", k.dir, k.tar_name);
	assert_false(cla_verify_bundle(&quiet, path, &opts, &r, &err));
	assert_int_equal(err.code, CLA_ERR_MEMORY);
	cla_verify_report_clear(&r);
	make_clear(&k);
}

/* --- several bundles --- */

/* A bundle as its report tells of it: month, revision, seq, and one letter for its statement; the
 * statements before and superseded by month, revision and letter. */
struct told {
	const char *base;
	uint64_t seq;
	char statement;
	const char *prev;
	char prev_statement;
	const char *old;
	char old_statement;
	uint64_t custody;
	char old_leaves; /* letter of the leaves that its changes lead back to, if not the due one */
};

#define M(month, revision) "clara_mx_acme_2024-" month "_r" revision

static struct cla_digest letter(char c)
{
	struct cla_digest d;
	memset(d.bytes, c, sizeof(d.bytes));
	return d;
}

static void tell(struct cla_verify_chain *chain, const struct told *t)
{
	struct cla_verify_report r = { .sha256 = letter(t->statement) };
	char path[32];

	snprintf(r.base, sizeof(r.base), "%s", t->base);
	snprintf(r.entity, sizeof(r.entity), "Acme");
	snprintf(path, sizeof(path), "%c.tar", t->statement);
	r.link = (struct cla_verify_link){ .present = true,
					   .seq = t->seq,
					   .custody = t->custody,
					   .statement = letter(t->statement),
					   .prev_statement = letter(t->prev_statement),
					   .old_tar = letter(t->old_statement),
					   .leaves = letter(t->statement),
					   .old_leaves = letter(t->old_leaves ? t->old_leaves
									      : t->old_statement) };
	snprintf(r.link.prev, sizeof(r.link.prev), "%s", t->prev ? t->prev : "");
	snprintf(r.link.old, sizeof(r.link.old), "%s", t->old ? t->old : "");
	assert_true(cla_verify_chain_add(chain, path, &r, NULL));
}

#define JAN                                                                                        \
	{                                                                                          \
		M("01", "0"), 0, 'a', NULL, 0, NULL, 0, 1, 0                                       \
	}
#define FEB                                                                                        \
	{                                                                                          \
		M("02", "0"), 1, 'b', M("01", "0"), 'a', NULL, 0, 2, 0                             \
	}
#define JAN_AGAIN                                                                                  \
	{                                                                                          \
		M("01", "1"), 2, 'c', M("02", "0"), 'b', M("01", "0"), 'a', 3, 0                   \
	}

static const struct {
	const char *name;
	struct told told[4];
	enum cla_verify_result result; /* of the whole */
	const char *file, *field;      /* the one problem; NULL for none */
} chains[] = {
	{ "one", { JAN }, CLA_VERIFY_PASS, NULL, NULL },
	{ "in order", { JAN, FEB, JAN_AGAIN }, CLA_VERIFY_PASS, NULL, NULL },
	{ "in another order", { JAN_AGAIN, JAN, FEB, JAN }, CLA_VERIFY_PASS, NULL, NULL },
	{ "gap in the middle", { JAN, JAN_AGAIN }, CLA_VERIFY_UNKNOWN, NULL, NULL },
	{ "gap at the beginning", { FEB, JAN_AGAIN }, CLA_VERIFY_UNKNOWN, NULL, NULL },
	{ "one, and a gap", { FEB }, CLA_VERIFY_UNKNOWN, NULL, NULL },
	{ "fork",
	  { JAN, FEB, { M("03", "0"), 1, 'x', M("01", "0"), 'a', NULL, 0, 3, 0 } },
	  CLA_VERIFY_FAIL,
	  "x.tar",
	  "predicate.seq" },
	{ "revision twice",
	  { JAN, FEB, { M("02", "0"), 2, 'x', M("02", "0"), 'b', NULL, 0, 3, 0 } },
	  CLA_VERIFY_FAIL,
	  "x.tar",
	  "predicate.revision" },
	{ "another bundle before",
	  { JAN, { M("02", "0"), 1, 'b', M("12", "0"), 'a', NULL, 0, 2, 0 } },
	  CLA_VERIFY_FAIL,
	  "b.tar",
	  "predicate.prev.name" },
	{ "another statement before",
	  { JAN, { M("02", "0"), 1, 'b', M("01", "0"), 'x', NULL, 0, 2, 0 } },
	  CLA_VERIFY_FAIL,
	  "b.tar",
	  "predicate.prev.statement_sha256" },
	{ "custody log cut",
	  { JAN, { M("02", "0"), 1, 'b', M("01", "0"), 'a', NULL, 0, 0, 0 } },
	  CLA_VERIFY_FAIL,
	  "b.tar",
	  "predicate.custody.n" },
	{ "another archive superseded",
	  { JAN, FEB, { M("01", "1"), 2, 'c', M("02", "0"), 'b', M("01", "0"), 'x', 3, 0 } },
	  CLA_VERIFY_FAIL,
	  "c.tar",
	  "predicate.supersedes.tar_sha256" },
	{ "changes of another tree",
	  { JAN, FEB, { M("01", "1"), 2, 'c', M("02", "0"), 'b', M("01", "0"), 'a', 3, 'x' } },
	  CLA_VERIFY_FAIL,
	  "c.tar",
	  "predicate.supersedes.changes" },
	{ "revision before the one it supersedes",
	  { { M("01", "1"), 0, 'a', NULL, 0, M("01", "0"), 'b', 1, 0 },
	    { M("01", "0"), 1, 'b', M("01", "1"), 'a', NULL, 0, 2, 0 } },
	  CLA_VERIFY_FAIL,
	  "a.tar",
	  "predicate.seq" },
};

static void chains_checked(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2 * CLA_LEN(chains); i++) {
		cla_auto_verify_chain struct cla_verify_chain *chain = NULL;
		struct cla_verify_chain_report c;
		bool whole = i % 2, more, fails = chains[i / 2].result == CLA_VERIFY_FAIL;
		size_t count = 0;

		assert_true(cla_verify_chain_new(&chain, NULL));
		/* another entity's, and one without a statement: of no concern */
		const struct told stranger = {
			"clara_br_acme_2024-01_r0", 0, 's', NULL, 0, NULL, 0, 9, 0
		};
		tell(chain, &stranger);
		struct cla_verify_report mute = { .base = M("05", "0") };
		assert_true(cla_verify_chain_add(chain, "mute", &mute, NULL));
		for (; count < 4 && chains[i / 2].told[count].base; count++)
			tell(chain, &chains[i / 2].told[count]);
		if (whole) {
			assert_true(cla_verify_chain_next(chain, whole, &c, &more, NULL) && more);
			assert_string_equal(c.country, "br");
			assert_int_equal(c.statements, 1);
			assert_int_equal(c.report.result, CLA_VERIFY_PASS);
			cla_verify_report_clear(&c.report);
		}
		assert_true(cla_verify_chain_next(chain, whole, &c, &more, NULL));
		assert_int_equal(more, whole || count > 1);
		if (!more)
			continue;
		bool named = !chains[i / 2].file ||
			     (c.report.problem_count == 1 &&
			      has_problem(&c.report, chains[i / 2].file, chains[i / 2].field));
		bool gap = chains[i / 2].result == CLA_VERIFY_UNKNOWN;
		if (!named || has_note(&c.report, "gap: ") != gap ||
		    c.report.result != (fails || whole ? chains[i / 2].result : CLA_VERIFY_PASS)) {
			print_report(&c.report);
			fail_msg("%s: result %d", chains[i / 2].name, (int)c.report.result);
		}
		assert_string_equal(c.report.entity, "Acme");
		cla_verify_report_clear(&c.report);
		assert_true(cla_verify_chain_next(chain, whole, &c, &more, NULL));
		assert_false(more);
	}
}

static int fixture_make(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct cla_buf key = CLA_BUF_INIT(8192), other_key = CLA_BUF_INIT(8192);
	struct cla_time now = { MTIME, 0 };
	bool ok;

	if (!f)
		return -1;
	*state = f;
	f->pem = (struct cla_buf)CLA_BUF_INIT(8192);
	f->other_pem = (struct cla_buf)CLA_BUF_INIT(8192);
	ok = cla_seal_generate("clara-audit seal", now, 12, &key, &f->pem, NULL) &&
	     cla_seal_generate("clara-audit seal", now, 12, &other_key, &f->other_pem, NULL) &&
	     cla_seal_load(cla_buf_str(&key), cla_buf_str(&f->pem), &f->seal, NULL) &&
	     cla_seal_load(cla_buf_str(&other_key), cla_buf_str(&f->other_pem), &f->other, NULL) &&
	     cla_cert_decode_pem(cla_buf_str(&f->pem), &f->cert, NULL);
	cla_buf_clear(&key);
	cla_buf_clear(&other_key);
	return ok ? 0 : -1;
}

static int fixture_free(void **state)
{
	struct fixture *f = *state;
	cla_seal_free(f->seal);
	cla_seal_free(f->other);
	cla_cert_free(f->cert);
	cla_buf_clear(&f->pem);
	cla_buf_clear(&f->other_pem);
	free(f);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(base_names),	     cmocka_unit_test(member_names),
		cmocka_unit_test(good_bundle),	     cmocka_unit_test(faults_named),
		cmocka_unit_test(every_byte_counts), cmocka_unit_test(outcomes_told),
		cmocka_unit_test(signed_by_another), cmocka_unit_test(trust),
		cmocka_unit_test(not_bundles),	     cmocka_unit_test(garbage_with_a_statement),
		cmocka_unit_test(other_sources),     cmocka_unit_test(replay),
		cmocka_unit_test(chains_checked),
	};
	return cmocka_run_group_tests_name("verify", tests, fixture_make, fixture_free);
}
