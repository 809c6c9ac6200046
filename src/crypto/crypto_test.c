/* Digests, base64, Merkle trees, certificates, sealing. Expected values come from the standards'
 * own examples, from a second implementation in this file, or from the openssl command. */
#include "crypto/cert.h"
#include "crypto/merkle.h"
#include "crypto/seal.h"
#include "crypto/stamp.h"
#include "crypto/shadow.h"

#include "base/file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct cla_str buf_str(const struct cla_buf *b)
{
	return cla_buf_str(b);
}

/* --- digests --- */

static void digest_known(void **state)
{
	/* FIPS 180-4 examples: the empty message and "abc". */
	static const struct {
		const char *text, *hex;
	} t[] = {
		{ "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
		{ "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
	};
	(void)state;
	for (size_t i = 0; i < CLA_LEN(t); i++) {
		struct cla_digest d, parsed;
		char hex[CLA_DIGEST_HEX];
		assert_true(cla_digest_of(cla_str_from(t[i].text), &d, NULL));
		assert_string_equal(cla_digest_hex(&d, hex), t[i].hex);
		assert_true(cla_digest_parse(cla_str_from(t[i].hex), &parsed));
		assert_true(cla_digest_eq(&d, &parsed));
		assert_int_equal(cla_digest_cmp(&d, &parsed), 0);
	}
}

static void digest_parse_refuses(void **state)
{
	static const char *const bad[] = {
		"",
		"BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD",
		"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015a",
		"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad0",
		"ga7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
	};
	struct cla_digest d;
	(void)state;
	for (size_t i = 0; i < CLA_LEN(bad); i++)
		assert_false(cla_digest_parse(cla_str_from(bad[i]), &d));
}

static void hasher_streams_and_restarts(void **state)
{
	static const struct {
		enum cla_hash_alg alg;
		size_t size;
		const char *hex; /* of "abc" */
	} t[] = {
		{ CLA_HASH_SHA1, 20, "a9993e364706816aba3e25717850c26c9cd0d89d" },
		{ CLA_HASH_SHA256, 32,
		  "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
		{ CLA_HASH_SHA512, 64,
		  "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
		  "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f" },
	};
	(void)state;
	for (size_t i = 0; i < CLA_LEN(t); i++) {
		cla_auto_hasher struct cla_hasher *h = NULL;
		assert_true(cla_hasher_new(t[i].alg, &h, NULL));
		for (int round = 0; round < 2; round++) {
			uint8_t out[64];
			char hex[129];
			cla_hasher_update(h, CLA_STR("a"));
			cla_hasher_update(h, CLA_STR(""));
			cla_hasher_update(h, CLA_STR("bc"));
			assert_true(cla_hasher_finish(h, out, NULL));
			cla_hex_encode(out, t[i].size, hex);
			assert_string_equal(hex, t[i].hex);
		}
	}
}

static void shadow_hashes_the_same(void **state)
{
	static const size_t sizes[] = { 0,	 1,	  65536,   131072, 131073,
					1048575, 1048576, 1048577, 5000000 };
	cla_auto_free char *bytes = malloc(5000000);

	(void)state;
	assert_non_null(bytes);
	for (size_t i = 0; i < 5000000; i++)
		bytes[i] = (char)(i * 7 >> 3);
	for (size_t i = 0; i < CLA_LEN(sizes); i++) {
		for (size_t piece = 4099; piece <= 5000000; piece *= 5) {
			cla_auto_shadow struct cla_shadow *s = NULL;
			struct cla_str all = { bytes, sizes[i] };
			struct cla_digest due, found;
			assert_true(cla_shadow_new(&s, NULL));
			for (size_t at = 0; at < all.len; at += piece)
				cla_shadow_update(s, cla_str_sub(all, at, piece));
			assert_true(cla_shadow_finish(s, &found, NULL));
			assert_true(cla_digest_of(all, &due, NULL));
			assert_true(cla_digest_eq(&found, &due));
		}
	}
	/* given up half-way */
	cla_auto_shadow struct cla_shadow *s = NULL;
	assert_true(cla_shadow_new(&s, NULL));
	cla_shadow_update(s, (struct cla_str){ bytes, 5000000 });
	cla_shadow_free(NULL);
}

static void hmac_known(void **state)
{
	/* RFC 4231 test case 2. */
	struct cla_digest d;
	char hex[CLA_DIGEST_HEX];
	(void)state;
	assert_true(cla_hmac_sha256(CLA_STR("Jefe"), CLA_STR("what do ya want for nothing?"), &d,
				    NULL));
	assert_string_equal(cla_digest_hex(&d, hex),
			    "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
	assert_true(cla_hmac_sha256(CLA_STR(""), CLA_STR(""), &d, NULL));
	assert_string_equal(cla_digest_hex(&d, hex),
			    "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

static void random_differs(void **state)
{
	char a[32] = { 0 }, b[32] = { 0 };
	(void)state;
	assert_true(cla_random(a, sizeof(a), NULL));
	assert_true(cla_random(b, sizeof(b), NULL));
	assert_memory_not_equal(a, b, sizeof(a));
}

/* --- base64 --- */

static void base64_round(void **state)
{
	/* RFC 4648 section 10. */
	static const struct {
		const char *plain, *coded;
	} t[] = {
		{ "", "" },
		{ "f", "Zg==" },
		{ "fo", "Zm8=" },
		{ "foo", "Zm9v" },
		{ "foob", "Zm9vYg==" },
		{ "fooba", "Zm9vYmE=" },
		{ "foobar", "Zm9vYmFy" },
	};
	(void)state;
	for (size_t i = 0; i < CLA_LEN(t); i++) {
		cla_auto_buf struct cla_buf out = CLA_BUF_INIT(100), back = CLA_BUF_INIT(100);
		cla_base64_encode(cla_str_from(t[i].plain), &out);
		assert_string_equal(cla_buf_cstr(&out), t[i].coded);
		assert_true(cla_base64_decode(cla_str_from(t[i].coded), false, &back));
		assert_string_equal(cla_buf_cstr(&back), t[i].plain);
	}
	cla_auto_buf struct cla_buf all = CLA_BUF_INIT(1000), back = CLA_BUF_INIT(1000);
	char bytes[256];
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)i;
	cla_base64_encode((struct cla_str){ bytes, sizeof(bytes) }, &all);
	assert_true(cla_base64_decode(buf_str(&all), false, &back));
	assert_int_equal(back.len, sizeof(bytes));
	assert_memory_equal(back.ptr, bytes, sizeof(bytes));
}

static void base64_refuses(void **state)
{
	static const char *const bad[] = {
		"Z",	"Zg",	"Zg=",	 "Zg===",    "Zm9vYg=", "=",	 "====", "Z===",
		"Zh==", "Zm9=", "Zm9v=", "Zg==Zg==", "Zm9v\n",	"Zm 9v", "Zm9-", "Zm9_",
	};
	(void)state;
	for (size_t i = 0; i < CLA_LEN(bad); i++) {
		cla_auto_buf struct cla_buf out = CLA_BUF_INIT(100);
		cla_buf_addc(&out, "kept");
		if (cla_base64_decode(cla_str_from(bad[i]), false, &out))
			fail_msg("accepted '%s'", bad[i]);
		assert_string_equal(cla_buf_cstr(&out), "kept");
	}
	cla_auto_buf struct cla_buf out = CLA_BUF_INIT(100), small = CLA_BUF_INIT(2);
	assert_true(cla_base64_decode(CLA_STR(" Zm9v\r\n\tYg= =\n"), true, &out));
	assert_string_equal(cla_buf_cstr(&out), "foob");
	assert_false(cla_base64_decode(CLA_STR("Zm9v*"), true, &out));
	assert_false(cla_base64_decode(CLA_STR("Zm9v"), false, &small));
}

/* --- Merkle tree: the definition of RFC 9162 2.1.1 written down as it stands --- */

static struct cla_digest tree_hash(const struct cla_digest *leaves, size_t n)
{
	struct cla_digest d;
	if (n == 0) {
		assert_true(cla_digest_of(CLA_STR(""), &d, NULL));
		return d;
	}
	if (n == 1)
		return leaves[0];
	size_t k = 1;
	while (k * 2 < n)
		k *= 2;
	struct cla_digest l = tree_hash(leaves, k), r = tree_hash(leaves + k, n - k);
	char node[65] = { 1 };
	memcpy(node + 1, l.bytes, 32);
	memcpy(node + 33, r.bytes, 32);
	assert_true(cla_digest_of((struct cla_str){ node, sizeof(node) }, &d, NULL));
	return d;
}

#define MAX_LEAVES 33

static void make_leaves(struct cla_digest *leaves)
{
	for (size_t i = 0; i < MAX_LEAVES; i++) {
		char bytes[2] = { 0, (char)i };
		/* A leaf is the hash of 00 and the bytes: here of one byte i. */
		assert_true(cla_digest_of((struct cla_str){ bytes, 2 }, &leaves[i], NULL));
		struct cla_digest d;
		assert_true(cla_merkle_leaf((struct cla_str){ bytes + 1, 1 }, &d, NULL));
		assert_true(cla_digest_eq(&d, &leaves[i]));
	}
}

static void merkle_roots(void **state)
{
	struct cla_digest leaves[MAX_LEAVES];
	struct cla_merkle m;
	(void)state;
	make_leaves(leaves);
	cla_merkle_init(&m);
	for (size_t n = 0; n <= MAX_LEAVES; n++) {
		struct cla_digest due = tree_hash(leaves, n), root;
		assert_true(cla_merkle_root(&m, &root, NULL));
		assert_true(cla_digest_eq(&root, &due));
		assert_int_equal(m.size, n);
		if (n < MAX_LEAVES)
			assert_true(cla_merkle_add(&m, &leaves[n], NULL));
	}
}

static void merkle_proofs(void **state)
{
	struct cla_digest leaves[MAX_LEAVES];
	(void)state;
	make_leaves(leaves);
	for (size_t n = 1; n <= MAX_LEAVES; n++) {
		struct cla_digest root = tree_hash(leaves, n);
		for (size_t i = 0; i < n; i++) {
			struct cla_digest proof[64];
			size_t len;
			assert_true(cla_merkle_prove(leaves, n, i, proof, &len, NULL));
			assert_true(cla_merkle_check(&leaves[i], i, n, proof, len, &root));
			/* Nothing else passes by this proof. */
			assert_false(cla_merkle_check(&leaves[(i + 1) % MAX_LEAVES], i, n, proof,
						      len, &root));
			for (size_t j = 0; j < n + 2; j++)
				if (j != i)
					assert_false(cla_merkle_check(&leaves[i], j, n, proof, len,
								      &root));
			assert_false(cla_merkle_check(&leaves[i], i, n, proof, len + 1, &root));
			if (len == 0)
				continue;
			assert_false(cla_merkle_check(&leaves[i], i, n, proof, len - 1, &root));
			proof[len / 2].bytes[7] ^= 1;
			assert_false(cla_merkle_check(&leaves[i], i, n, proof, len, &root));
		}
	}
}

static void merkle_refuses(void **state)
{
	struct cla_digest leaves[MAX_LEAVES], proof[64];
	size_t len = 77;
	(void)state;
	make_leaves(leaves);
	assert_false(cla_merkle_prove(leaves, 5, 5, proof, &len, NULL));
	assert_false(cla_merkle_prove(leaves, 0, 0, proof, &len, NULL));
	assert_int_equal(len, 77);
	assert_false(cla_merkle_check(&leaves[0], 0, 0, NULL, 0, &leaves[0]));
	assert_false(cla_merkle_check(&leaves[0], 1, 1, NULL, 0, &leaves[0]));
	assert_true(cla_merkle_check(&leaves[0], 0, 1, NULL, 0, &leaves[0]));
	/* The largest sizes neither loop nor overflow. */
	memset(proof, 0, sizeof(proof));
	assert_false(
		cla_merkle_check(&leaves[0], UINT64_MAX - 1, UINT64_MAX, proof, 64, &leaves[0]));
}

/* Public vectors: the inclusion cases of transparency-dev/merkle (testdata/inclusion), in our form.
 * The trees are over its eight known leaves: "", 00, 10, 20 21, 30 31, 40-43, 50-57, 60-6f. */
#define KNOWN_LEAVES 8
static const struct cla_str known_leaves[KNOWN_LEAVES] = {
	CLA_STR(""),
	{ "\0", 1 },
	CLA_STR("\x10"),
	CLA_STR("\x20\x21"),
	CLA_STR("\x30\x31"),
	CLA_STR("\x40\x41\x42\x43"),
	CLA_STR("\x50\x51\x52\x53\x54\x55\x56\x57"),
	CLA_STR("\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f"),
};

static const struct public_case {
	uint64_t index, size;
	const char *root, *leaf;
	const char *proof[3];
} public_cases[] = {
	{ 0,
	  1,
	  "bjQLnP+zepicpUTmu3gKLHiQHT+zNzh2hRGjBhevoB0=",
	  "bjQLnP+zepicpUTmu3gKLHiQHT+zNzh2hRGjBhevoB0=",
	  { 0 } },
	{ 0,
	  8,
	  "XcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=",
	  "bjQLnP+zepicpUTmu3gKLHiQHT+zNzh2hRGjBhevoB0=",
	  { "lqKW0iTyhcZ77pPDD4owkVfw2qNdxbh+QQt4YwoJz8c=",
	    "Xwg/ChozygdqlSeYMlgNs+DvRYS9/x9UyKNg9Q3jAx4=",
	    "a0eq8p7jwq+a+Im8H7klTavTEXfxYjLdaqsDXKOb9uQ=" } },
	{ 5,
	  8,
	  "XcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=",
	  "QnGia+DYqE8L1UyMMC58s6O10fpngKQLzOKHNHfatlg=",
	  { "vBoGQ7EuTS18d5GPROD095qDi2z57FtcKD4fTYhZnms=",
	    "yoVOoSjtBQtBs1/8G4e46yveRh6eO1WW7Oa51ZdaCuA=",
	    "037kGJdt2VdTwcc4Yrk5j6Kiz5tP8P3+izDNlSCWFLc=" } },
	{ 2,
	  3,
	  "rra8/idLcKFPsGel5VeCZNsPqbUa9eC6FZFY8yngbnc=",
	  "ApjRIpBtz8EIkstTpzmS/FufST6kybrbJ7eRtBJ6f+c=",
	  { "+sVCA+fMaWzw38tCySodnbr3CtnmIfS9jZhmLwDjwSU=" } },
	{ 1,
	  5,
	  "Tju7H3tHjc/nH7YxYxUZo7yhLJrvyhYSv85ME6hiZNQ=",
	  "lqKW0iTyhcZ77pPDD4owkVfw2qNdxbh+QQt4YwoJz8c=",
	  { "bjQLnP+zepicpUTmu3gKLHiQHT+zNzh2hRGjBhevoB0=",
	    "Xwg/ChozygdqlSeYMlgNs+DvRYS9/x9UyKNg9Q3jAx4=",
	    "vBoGQ7EuTS18d5GPROD095qDi2z57FtcKD4fTYhZnms=" } },
};

static struct cla_digest digest_of_base64(const char *text)
{
	cla_auto_buf struct cla_buf bytes = CLA_BUF_INIT(32);
	struct cla_digest d;

	assert_true(cla_base64_decode(cla_str_from(text), false, &bytes));
	assert_int_equal(cla_buf_str(&bytes).len, sizeof(d.bytes));
	memcpy(d.bytes, cla_buf_str(&bytes).ptr, sizeof(d.bytes));
	return d;
}

/* The cases of that suite that must be refused, made from one that must be accepted. */
static void refuse_the_rest(const struct public_case *k, const struct cla_digest *leaf,
			    const struct cla_digest *path, size_t len,
			    const struct cla_digest *root)
{
	static const struct cla_digest empty, wrong = { { 'w', 'r', 'o', 'n', 'g' } };
	struct cla_digest proof[5];

	assert_false(cla_merkle_check(&wrong, k->index, k->size, path, len, root));
	assert_false(cla_merkle_check(leaf, k->index, k->size, path, len, &empty));
	assert_false(cla_merkle_check(leaf, k->index, k->size, path, len, &wrong));
	assert_false(cla_merkle_check(leaf, k->index - 1, k->size, path, len, root));
	assert_false(cla_merkle_check(leaf, k->index + 1, k->size, path, len, root));
	assert_false(cla_merkle_check(leaf, k->index ^ 2, k->size, path, len, root));
	assert_false(cla_merkle_check(leaf, k->index, k->size * 2, path, len, root));
	assert_false(cla_merkle_check(leaf, k->index, k->size / 2, path, len, root));

	const struct cla_digest *const strangers[] = { &empty, &wrong, root, leaf };
	for (size_t s = 0; s < CLA_LEN(strangers); s++) {
		for (size_t at = 0; at <= len; at++) {
			memcpy(proof, path, at * sizeof(*proof));
			proof[at] = *strangers[s];
			memcpy(proof + at + 1, path + at, (len - at) * sizeof(*proof));
			assert_false(
				cla_merkle_check(leaf, k->index, k->size, proof, len + 1, root));
		}
	}
	for (size_t at = 0; at < len; at++) {
		memcpy(proof, path, at * sizeof(*proof));
		memcpy(proof + at, path + at + 1, (len - at - 1) * sizeof(*proof));
		assert_false(cla_merkle_check(leaf, k->index, k->size, proof, len - 1, root));
		for (unsigned bit = 0; bit < 256; bit++) {
			memcpy(proof, path, len * sizeof(*proof));
			proof[at].bytes[bit / 8] ^= (unsigned char)(1U << bit % 8);
			assert_false(cla_merkle_check(leaf, k->index, k->size, proof, len, root));
		}
	}
}

static void merkle_public_cases(void **state)
{
	struct cla_digest leaves[KNOWN_LEAVES];
	(void)state;
	for (size_t i = 0; i < KNOWN_LEAVES; i++)
		assert_true(cla_merkle_leaf(known_leaves[i], &leaves[i], NULL));
	for (size_t i = 0; i < CLA_LEN(public_cases); i++) {
		const struct public_case *k = &public_cases[i];
		struct cla_digest root = digest_of_base64(k->root),
				  leaf = digest_of_base64(k->leaf);
		struct cla_digest path[3], made[64];
		size_t len = 0, made_len;

		while (len < CLA_LEN(k->proof) && k->proof[len]) {
			path[len] = digest_of_base64(k->proof[len]);
			len++;
		}
		assert_true(cla_merkle_check(&leaf, k->index, k->size, path, len, &root));
		refuse_the_rest(k, &leaf, path, len, &root);

		assert_true(cla_digest_eq(&leaf, &leaves[k->index]));
		assert_true(cla_merkle_prove(leaves, k->size, k->index, made, &made_len, NULL));
		assert_int_equal(made_len, len);
		for (size_t at = 0; at < len; at++)
			assert_true(cla_digest_eq(&made[at], &path[at]));
	}
}

/* --- sealing and certificates: with the openssl command as the second opinion --- */

struct folder {
	char path[64];
};

static int folder_make(void **state)
{
	struct folder *f = calloc(1, sizeof(*f));
	if (!f)
		return -1;
	strcpy(f->path, "/tmp/cla-crypto-XXXXXX");
	*state = f;
	return mkdtemp(f->path) ? 0 : -1;
}

/* Runs a shell command in the folder; its exit status. */
static int run(const struct folder *f, const char *command)
{
	cla_auto_buf struct cla_buf line = CLA_BUF_INIT(8192);
	cla_buf_addf(&line, "cd %s && { %s\n} >log 2>&1", f->path, command);
	return system(cla_buf_cstr(&line)); /* NOLINT: fixed commands */
}

static int folder_remove(void **state)
{
	struct folder *f = *state;
	int rc = run(f, "rm -f ./*");
	rmdir(f->path);
	free(f);
	return rc;
}

static void put(const struct folder *f, const char *name, struct cla_str bytes)
{
	cla_auto_buf struct cla_buf path = CLA_BUF_INIT(4096);
	struct cla_err err = CLA_ERR_INIT;
	assert_true(cla_path_join(&path, f->path, name, &err));
	if (!cla_file_replace(cla_buf_cstr(&path), bytes, 0600, &err))
		fail_msg("%s", err.msg);
}

static void get(const struct folder *f, const char *name, struct cla_buf *out)
{
	cla_auto_buf struct cla_buf path = CLA_BUF_INIT(4096);
	struct cla_err err = CLA_ERR_INIT;
	assert_true(cla_path_join(&path, f->path, name, &err));
	if (!cla_file_read(cla_buf_cstr(&path), out, &err))
		fail_msg("%s", err.msg);
}

static const struct cla_time test_now = { 1733205600, 0 }; /* 2024-12-03T06:00:00Z */

static void seal_make(struct cla_seal **seal, struct cla_buf *cert)
{
	cla_auto_buf struct cla_buf key = CLA_BUF_INIT(8192);
	struct cla_err err = CLA_ERR_INIT;
	if (!cla_seal_generate("clara-audit señal", test_now, 12, &key, cert, &err) ||
	    !cla_seal_load(buf_str(&key), buf_str(cert), seal, &err))
		fail_msg("%s", err.msg);
}

static void seal_certificate(void **state)
{
	cla_auto_seal struct cla_seal *seal = NULL;
	cla_auto_buf struct cla_buf pem = CLA_BUF_INIT(8192);
	cla_auto_cert struct cla_cert *cert = NULL;
	(void)state;
	seal_make(&seal, &pem);
	assert_true(cla_cert_decode_pem(buf_str(&pem), &cert, NULL));
	char text[CLA_TIME_TEXT];
	assert_string_equal(cla_time_format(cla_cert_not_before(cert), text),
			    "2024-12-03T06:00:00Z");
	assert_string_equal(cla_time_format(cla_cert_not_after(cert), text),
			    "2036-12-03T06:00:00Z");
	assert_false(cla_cert_is_ca(cert));
	assert_true(cla_str_eqc(cla_cert_subject(cert, "2.5.4.3"), "clara-audit señal"));
	assert_true(cla_str_eqc(cla_cert_subject_line(cert), "CN=clara-audit señal"));
	assert_true(cla_str_absent(cla_cert_subject(cert, "2.5.4.10")));
	assert_true(cla_str_absent(cla_cert_serial_ascii(cert)));
	assert_int_equal(cla_cert_serial_hex(cert).len, 32);
	struct cla_digest a, b = cla_cert_fingerprint(cert);
	assert_true(cla_seal_fingerprint(seal, &a, NULL));
	assert_true(cla_digest_eq(&a, &b));
	assert_true(cla_digest_of(cla_cert_der(cert), &a, NULL));
	assert_true(cla_digest_eq(&a, &b));
}

static void seal_leap_day(void **state)
{
	cla_auto_buf struct cla_buf key = CLA_BUF_INIT(8192), pem = CLA_BUF_INIT(8192);
	cla_auto_cert struct cla_cert *cert = NULL;
	struct cla_time leap = { 1709164800, 0 }; /* 2024-02-29 */
	char text[CLA_TIME_TEXT];
	(void)state;
	assert_true(cla_seal_generate("x", leap, 27, &key, &pem, NULL));
	assert_true(cla_cert_decode_pem(buf_str(&pem), &cert, NULL));
	/* From 2050 on a certificate spells its times in another way. */
	assert_string_equal(cla_time_format(cla_cert_not_after(cert), text),
			    "2051-02-28T00:00:00Z");
}

static void seal_accepted_by_openssl(void **state)
{
	const struct folder *f = *state;
	cla_auto_seal struct cla_seal *seal = NULL;
	cla_auto_buf struct cla_buf pem = CLA_BUF_INIT(8192), p7s = CLA_BUF_INIT(65536);
	seal_make(&seal, &pem);
	struct cla_str content = CLA_STR("{\"line\":\"one\"}\r\nnot text\n");
	assert_true(cla_seal_sign(seal, content, test_now, &p7s, NULL));
	put(f, "content", content);
	put(f, "sig", buf_str(&p7s));
	put(f, "cert.pem", buf_str(&pem));
	static const char check[] =
		"openssl cms -verify -binary -cades -inform DER -in sig -content content "
		"-CAfile cert.pem -partial_chain -purpose any -attime 1733205600 -out out && "
		"cmp content out";
	assert_int_equal(run(f, check), 0);
	put(f, "content", CLA_STR("{\"line\":\"two\"}\r\nnot text\n"));
	assert_int_not_equal(run(f, check), 0);
	/* The time of signing is the one handed in. */
	put(f, "content", content);
	assert_int_equal(run(f, "openssl cms -cmsout -print -noout -inform DER -in sig | "
				"grep -q 'UTCTIME:Dec  3 06:00:00 2024 GMT'"),
			 0);
}

static void seal_verified(void **state)
{
	cla_auto_seal struct cla_seal *seal = NULL, *other = NULL;
	cla_auto_buf struct cla_buf pem = CLA_BUF_INIT(8192), p7s = CLA_BUF_INIT(65536);
	cla_auto_buf struct cla_buf other_pem = CLA_BUF_INIT(8192);
	struct cla_cms_info info;
	struct cla_digest due;
	struct cla_str content = CLA_STR("content"), none = CLA_STR_NONE;
	(void)state;
	seal_make(&seal, &pem);
	seal_make(&other, &other_pem);
	assert_true(cla_seal_sign(seal, content, test_now, &p7s, NULL));
	assert_true(cla_seal_fingerprint(seal, &due, NULL));

	assert_int_equal(cla_cms_verify(buf_str(&p7s), content, none, test_now, &info),
			 CLA_CMS_GOOD);
	assert_false(info.anchored);
	assert_true(cla_digest_eq(&info.signer, &due));
	assert_string_equal(info.subject, "CN=clara-audit señal");
	assert_string_equal(info.signing_time, "2024-12-03T06:00:00Z");
	assert_string_equal(info.detail, "");

	assert_int_equal(cla_cms_verify(buf_str(&p7s), content, buf_str(&pem), test_now, &info),
			 CLA_CMS_GOOD);
	assert_true(info.anchored);

	/* Another anchor, a time beyond the certificate, anchors that are none. */
	struct cla_time late = { test_now.sec + (int64_t)13 * 366 * 86400, 0 };
	assert_int_equal(
		cla_cms_verify(buf_str(&p7s), content, buf_str(&other_pem), test_now, &info),
		CLA_CMS_UNTRUSTED);
	assert_false(info.anchored);
	assert_int_equal(cla_cms_verify(buf_str(&p7s), content, buf_str(&pem), late, &info),
			 CLA_CMS_UNTRUSTED);
	assert_non_null(strstr(info.detail, "expired"));
	assert_int_equal(cla_cms_verify(buf_str(&p7s), content, CLA_STR("no PEM"), test_now, &info),
			 CLA_CMS_UNTRUSTED);

	assert_int_equal(cla_cms_verify(buf_str(&p7s), CLA_STR("Content"), none, test_now, &info),
			 CLA_CMS_BAD_SIGNATURE);
	assert_int_not_equal(strlen(info.detail), 0);
	assert_int_equal(cla_cms_verify(buf_str(&p7s), CLA_STR(""), none, test_now, &info),
			 CLA_CMS_BAD_SIGNATURE);
}

static void seal_every_byte_counts(void **state)
{
	cla_auto_seal struct cla_seal *seal = NULL;
	cla_auto_buf struct cla_buf pem = CLA_BUF_INIT(8192), p7s = CLA_BUF_INIT(65536);
	struct cla_cms_info info;
	struct cla_digest due;
	(void)state;
	seal_make(&seal, &pem);
	assert_true(cla_seal_sign(seal, CLA_STR("content"), test_now, &p7s, NULL));
	assert_true(cla_seal_fingerprint(seal, &due, NULL));
	/* One flipped bit anywhere: refused, or the certificate inside is visibly another one (its
	 * own signature is nobody's business without anchors; its key and the attribute that names
	 * it are). */
	for (size_t i = 0; i < p7s.len; i++) {
		p7s.ptr[i] = (char)(p7s.ptr[i] ^ 1);
		if (cla_cms_verify(buf_str(&p7s), CLA_STR("content"), CLA_STR_NONE, test_now,
				   &info) == CLA_CMS_GOOD &&
		    !cla_digest_eq(&info.signer, &due))
			fail_msg("bit of byte %zu: another signer accepted", i);
		assert_int_not_equal(cla_cms_verify(buf_str(&p7s), CLA_STR("content"),
						    buf_str(&pem), test_now,
						    &info) == CLA_CMS_GOOD &&
					     !cla_digest_eq(&info.signer, &due),
				     true);
		p7s.ptr[i] = (char)(p7s.ptr[i] ^ 1);
	}
	for (size_t len = 0; len < p7s.len; len += 7)
		assert_int_equal(cla_cms_verify(cla_str_sub(buf_str(&p7s), 0, len),
						CLA_STR("content"), CLA_STR_NONE, test_now, &info),
				 CLA_CMS_UNREADABLE);
	cla_buf_byte(&p7s, 0);
	assert_int_equal(
		cla_cms_verify(buf_str(&p7s), CLA_STR("content"), CLA_STR_NONE, test_now, &info),
		CLA_CMS_UNREADABLE);
	assert_string_equal(info.detail, "bytes after the CMS structure");
}

/* What other tools may hand us as a signature. */
static void seal_refuses_other_kinds(void **state)
{
	static const struct {
		const char *options;
		enum cla_cms_result due;
	} t[] = {
		{ "-cades", CLA_CMS_GOOD },
		{ "", CLA_CMS_NO_CADES },
		{ "-noattr", CLA_CMS_NO_CADES },
		{ "-cades -nocerts", CLA_CMS_NO_SIGNER },
		{ "-cades -nodetach", CLA_CMS_UNREADABLE },
		{ "-cades -md sha1", CLA_CMS_BAD_SIGNATURE },
		{ "-cades -md sha512", CLA_CMS_GOOD },
		{ "-cades -signer s2.pem -inkey s2.key", CLA_CMS_UNREADABLE },
	};
	const struct folder *f = *state;
	struct cla_cms_info info;
	put(f, "content", CLA_STR("content"));
	assert_int_equal(run(f,
			     "for n in 1 2; do openssl req -x509 -newkey rsa:2048 -nodes -days 9 "
			     "-keyout s$n.key -out s$n.pem -subj /CN=s$n || exit 1; done"),
			 0);
	for (size_t i = 0; i < CLA_LEN(t); i++) {
		cla_auto_buf struct cla_buf line = CLA_BUF_INIT(4096), p7s = CLA_BUF_INIT(65536);
		cla_buf_addf(&line,
			     "openssl cms -sign -binary -outform DER -in content -out sig "
			     "-signer s1.pem -inkey s1.key %s",
			     t[i].options);
		assert_int_equal(run(f, cla_buf_cstr(&line)), 0);
		get(f, "sig", &p7s);
		enum cla_cms_result got = cla_cms_verify(buf_str(&p7s), CLA_STR("content"),
							 CLA_STR_NONE, test_now, &info);
		if (got != t[i].due)
			fail_msg("'%s': %d, due %d (%s)", t[i].options, (int)got, (int)t[i].due,
				 info.detail);
	}
	/* The attribute of one certificate beside the signature of another is what CAdES guards
	 * against; a structure of another type is no signature at all. */
	assert_int_equal(run(f, "openssl cms -encrypt -outform DER -in content -out sig s1.pem"),
			 0);
	cla_auto_buf struct cla_buf p7s = CLA_BUF_INIT(65536);
	get(f, "sig", &p7s);
	assert_int_equal(
		cla_cms_verify(buf_str(&p7s), CLA_STR("content"), CLA_STR_NONE, test_now, &info),
		CLA_CMS_UNREADABLE);
}

static void seal_chain(void **state)
{
	const struct folder *f = *state;
	cla_auto_seal struct cla_seal *seal = NULL;
	cla_auto_buf struct cla_buf key = CLA_BUF_INIT(65536), chain = CLA_BUF_INIT(65536),
				    root = CLA_BUF_INIT(65536), p7s = CLA_BUF_INIT(65536);
	struct cla_cms_info info;
	static const char make[] =
		"openssl req -x509 -newkey rsa:2048 -nodes -days 30 -keyout r.key -out r.pem "
		"-subj /CN=root && "
		"printf 'basicConstraints=critical,CA:TRUE\\n' >ca.ext && "
		"openssl req -newkey rsa:2048 -nodes -keyout i.key -out i.csr -subj /CN=middle && "
		"openssl x509 -req -in i.csr -CA r.pem -CAkey r.key -CAcreateserial -days 20 "
		"-extfile ca.ext -out i.pem && "
		"openssl req -newkey rsa:2048 -nodes -keyout s.key -out s.csr -subj /CN=signer && "
		"openssl x509 -req -in s.csr -CA i.pem -CAkey i.key -CAcreateserial -days 10 "
		"-out s.pem && cat s.pem i.pem >chain.pem && "
		"openssl rsa -in s.key -traditional -out s1.key && date +%s >now";
	assert_int_equal(run(f, make), 0);
	get(f, "s1.key", &key);
	get(f, "chain.pem", &chain);
	get(f, "r.pem", &root);
	assert_true(cla_seal_load(buf_str(&key), buf_str(&chain), &seal, NULL));
	cla_auto_buf struct cla_buf now_text = CLA_BUF_INIT(64);
	get(f, "now", &now_text);
	struct cla_time now = { 0, 0 };
	assert_true(cla_str_to_i64(cla_str_trim(buf_str(&now_text)), &now.sec));
	assert_true(cla_seal_sign(seal, CLA_STR("x"), now, &p7s, NULL));
	/* The middle certificate travels in the signature, so the root alone is enough. */
	assert_int_equal(cla_cms_verify(buf_str(&p7s), CLA_STR("x"), buf_str(&root), now, &info),
			 CLA_CMS_GOOD);
	assert_true(info.anchored);
	now.sec += 11 * 86400;
	assert_int_equal(cla_cms_verify(buf_str(&p7s), CLA_STR("x"), buf_str(&root), now, &info),
			 CLA_CMS_UNTRUSTED);
}

static void seal_load_refuses(void **state)
{
	const struct folder *f = *state;
	cla_auto_buf struct cla_buf key1 = CLA_BUF_INIT(8192), pem1 = CLA_BUF_INIT(8192);
	cla_auto_buf struct cla_buf key2 = CLA_BUF_INIT(8192), pem2 = CLA_BUF_INIT(8192);
	cla_auto_buf struct cla_buf locked = CLA_BUF_INIT(8192), sec1 = CLA_BUF_INIT(8192);
	struct cla_seal *seal = NULL;
	struct cla_err err = CLA_ERR_INIT;
	assert_true(cla_seal_generate("a", test_now, 1, &key1, &pem1, NULL));
	assert_true(cla_seal_generate("b", test_now, 1, &key2, &pem2, NULL));
	assert_false(cla_seal_load(buf_str(&key1), buf_str(&pem2), &seal, &err));
	assert_int_equal(err.code, CLA_ERR_CONFIG);
	assert_non_null(strstr(err.msg, "do not belong together"));
	assert_false(cla_seal_load(CLA_STR("x"), buf_str(&pem1), &seal, &err));
	assert_int_equal(err.code, CLA_ERR_CONFIG);
	assert_false(cla_seal_load(buf_str(&key1), CLA_STR(""), &seal, &err));
	assert_int_equal(err.code, CLA_ERR_CONFIG);
	put(f, "key", buf_str(&key1));
	assert_int_equal(run(f, "openssl ec -in key -out sec1 && "
				"openssl pkcs8 -topk8 -in key -out locked -passout pass:secret"),
			 0);
	get(f, "locked", &locked);
	get(f, "sec1", &sec1);
	assert_false(cla_seal_load(buf_str(&locked), buf_str(&pem1), &seal, &err));
	assert_int_equal(err.code, CLA_ERR_CONFIG);
	assert_null(seal);
	assert_non_null(strstr(cla_buf_cstr(&sec1), "BEGIN EC PRIVATE KEY"));
	assert_true(cla_seal_load(buf_str(&sec1), buf_str(&pem1), &seal, &err));
	cla_seal_free(seal);
}

/* Certificates as the tax authorities issue them: serial of ASCII digits, RFC in
 * x500UniqueIdentifier, CNPJ in an otherName, validity before and after 2050. */
static void cert_reads(void **state)
{
	const struct folder *f = *state;
	static const char config[] =
		"[req]\ndistinguished_name=dn\nprompt=no\nx509_extensions=ext\nutf8=yes\n"
		"string_mask=utf8only\n"
		"[dn]\nCN=DEMO COMPAÑÍA\nO=DEMO\nOU=Unidad 1\n2.OU=Unidad 2\n"
		"x500UniqueIdentifier=DEM010101AB1 / PERS800101AB2\n"
		"[ext]\nsubjectAltName=@alt\nbasicConstraints=critical,CA:TRUE\n"
		"[alt]\notherName.1=2.16.76.1.3.3;UTF8:11222333000181\n"
		"otherName.2=2.16.76.1.3.2;PRINTABLE:Responsable\n"
		"otherName.3=2.16.76.1.3.4;FORMAT:HEX,OCT:313233\n"
		"otherName.4=2.16.76.1.3.7;FORMAT:HEX,OCT:ff00\n"
		"otherName.5=2.16.76.1.3.8;IA5:abc\nemail=x@example.com\n";
	put(f, "config", (struct cla_str){ config, sizeof(config) - 1 });
	assert_int_equal(
		run(f, "openssl req -x509 -newkey rsa:2048 -nodes -days 12000 -config config "
		       "-set_serial 0x3330303031303030303030353030303033343136 "
		       "-keyout c.key -out c.pem && openssl x509 -in c.pem -outform DER -out c.der"
		       " && printf abc >data && openssl dgst -sha256 -sign c.key -out sig data && "
		       "openssl dgst -sha1 -sign c.key -out sig1 data && "
		       "openssl req -x509 -newkey ed25519 -nodes -days 9 -subj /CN=ed "
		       "-keyout e.key -out e.pem && "
		       "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 "
		       "-nodes -days 9 -subj /CN=ec -keyout k.key -out k.pem && "
		       "openssl dgst -sha256 -sign k.key -out sigk data"),
		0);
	cla_auto_buf struct cla_buf der = CLA_BUF_INIT(65536), sig = CLA_BUF_INIT(65536),
				    sig1 = CLA_BUF_INIT(65536), ed = CLA_BUF_INIT(65536),
				    curve = CLA_BUF_INIT(65536), sigk = CLA_BUF_INIT(65536);
	cla_auto_cert struct cla_cert *c = NULL, *e = NULL, *k = NULL;
	get(f, "c.der", &der);
	get(f, "sig", &sig);
	get(f, "sig1", &sig1);
	get(f, "e.pem", &ed);
	get(f, "k.pem", &curve);
	get(f, "sigk", &sigk);
	assert_true(cla_cert_decode(buf_str(&der), &c, NULL));
	assert_true(cla_str_eq(cla_cert_der(c), buf_str(&der)));
	assert_true(cla_str_eqc(cla_cert_serial_ascii(c), "30001000000500003416"));
	assert_true(
		cla_str_eqc(cla_cert_serial_hex(c), "3330303031303030303030353030303033343136"));
	assert_true(cla_str_eqc(cla_cert_subject(c, "2.5.4.45"), "DEM010101AB1 / PERS800101AB2"));
	assert_true(cla_str_eqc(cla_cert_subject(c, "2.5.4.3"), "DEMO COMPAÑÍA"));
	assert_true(cla_str_eqc(cla_cert_subject(c, "2.5.4.11"), "Unidad 1"));
	assert_true(cla_str_eqc(cla_cert_other_name(c, "2.16.76.1.3.3"), "11222333000181"));
	assert_true(cla_str_eqc(cla_cert_other_name(c, "2.16.76.1.3.2"), "Responsable"));
	assert_true(cla_str_eqc(cla_cert_other_name(c, "2.16.76.1.3.4"), "123"));
	assert_true(cla_str_absent(cla_cert_other_name(c, "2.16.76.1.3.7")));
	assert_true(cla_str_eqc(cla_cert_other_name(c, "2.16.76.1.3.8"), "abc"));
	assert_true(cla_str_absent(cla_cert_other_name(c, "2.16.76.1.3.9")));
	assert_true(cla_cert_is_ca(c));
	assert_true(cla_cert_may_sign(c));
	assert_true(cla_cert_issued_by(c, c));
	assert_true(cla_cert_not_after(c).sec - cla_cert_not_before(c).sec ==
		    (int64_t)12000 * 86400);

	struct cla_str data = CLA_STR("abc");
	assert_int_equal(cla_cert_verify(c, CLA_HASH_SHA256, data, buf_str(&sig)), CLA_SIG_GOOD);
	assert_int_equal(cla_cert_verify(c, CLA_HASH_SHA1, data, buf_str(&sig1)), CLA_SIG_GOOD);
	assert_int_equal(cla_cert_verify(c, CLA_HASH_SHA1, data, buf_str(&sig)), CLA_SIG_BAD);
	assert_int_equal(cla_cert_verify(c, CLA_HASH_SHA256, CLA_STR("abd"), buf_str(&sig)),
			 CLA_SIG_BAD);
	assert_int_equal(cla_cert_verify(c, CLA_HASH_SHA256, data, CLA_STR("")), CLA_SIG_BAD);
	assert_true(cla_cert_decode_pem(buf_str(&ed), &e, NULL));
	assert_false(cla_cert_issued_by(e, c));
	assert_int_equal(cla_cert_verify(e, CLA_HASH_SHA256, data, buf_str(&sig)),
			 CLA_SIG_UNUSABLE);
	/* A true ECDSA signature is none that a fiscal document may have. */
	assert_true(cla_cert_decode_pem(buf_str(&curve), &k, NULL));
	assert_int_equal(cla_cert_verify(k, CLA_HASH_SHA256, data, buf_str(&sigk)),
			 CLA_SIG_UNUSABLE);
	assert_true(cla_cert_is_rsa(c));
	assert_false(cla_cert_is_rsa(k));

	/* Every cut and every flipped byte is either refused or read without harm. */
	struct cla_err err = CLA_ERR_INIT;
	struct cla_cert *none = NULL;
	for (size_t len = 0; len < der.len; len += 3)
		assert_false(cla_cert_decode(cla_str_sub(buf_str(&der), 0, len), &none, &err));
	for (size_t i = 0; i < der.len; i++) {
		cla_auto_cert struct cla_cert *m = NULL;
		der.ptr[i] = (char)(der.ptr[i] ^ 0x41);
		if (cla_cert_decode(buf_str(&der), &m, NULL))
			(void)cla_cert_verify(m, CLA_HASH_SHA256, data, buf_str(&sig));
		der.ptr[i] = (char)(der.ptr[i] ^ 0x41);
	}
	cla_buf_byte(&der, 0);
	assert_false(cla_cert_decode(buf_str(&der), &none, &err));
	assert_non_null(strstr(err.msg, "bytes after its end"));
	assert_false(cla_cert_decode_pem(CLA_STR("nothing here"), &none, &err));
	assert_string_equal(err.msg, "no certificate in the PEM text");
}

/* --- time-stamps: the authority is the openssl command --- */

/* Two authorities below one root, and the stamps that the tests look at. */
static const char make_stamps[] =
	"cat >cnf <<'END'\n"
	"[req]\ndistinguished_name=dn\n[dn]\n"
	"[root]\nbasicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n"
	"[tsa_ext]\nextendedKeyUsage=critical,timeStamping\n"
	"[tsa]\ndefault_tsa=t\n"
	"[t]\nserial=serial\nsigner_cert=tsa.pem\nsigner_key=tsa.key\nsigner_digest=sha256\n"
	"default_policy=1.2.3.4\ndigests=sha1,sha256\ness_cert_id_alg=sha256\n"
	"[old]\nserial=serial\nsigner_cert=old.pem\nsigner_key=tsa.key\nsigner_digest=sha256\n"
	"default_policy=1.2.3.4\ndigests=sha256\ness_cert_id_alg=sha256\n"
	"END\n"
	"set -e\n"
	"key='-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -config cnf'\n"
	"openssl req -x509 $key -days 3650 -extensions root -subj /CN=root -keyout ca.key -out "
	"ca.pem\n"
	"openssl req -x509 $key -days 3650 -extensions root -subj /CN=x -keyout x.key -out x.pem\n"
	"openssl req -new $key -subj '/CN=the authority' -keyout tsa.key -out tsa.csr\n"
	"sign='openssl x509 -req -in tsa.csr -CA ca.pem -CAkey ca.key -extfile cnf'\n"
	"$sign -extensions tsa_ext -set_serial 2 -days 30 -out tsa.pem\n"
	"echo 01 >serial\nprintf hello >data\n"
	"openssl ts -query -data data -sha256 -cert -out q\n"
	"openssl ts -query -data data -sha256 -out q.bare\n"
	"openssl ts -query -data data -sha1 -cert -out q.sha1\n"
	"openssl ts -query -data data -sha384 -cert -out q.refused\n"
	"for i in '' .bare .sha1 .refused; do\n"
	" openssl ts -reply -config cnf -queryfile q$i -out stamp$i || [ $i = .refused ]\ndone\n"
	"openssl ts -reply -config cnf -queryfile q -token_out -out stamp.token\n"
	"openssl ts -verify -data data -in stamp -CAfile ca.pem\n";

static enum cla_stamp_result stamp(const struct folder *f, const char *name, const char *data,
				   const char *anchors, struct cla_stamp_info *info)
{
	cla_auto_buf struct cla_buf tsr = CLA_BUF_INIT(65536), pem = CLA_BUF_INIT(65536);

	get(f, name, &tsr);
	if (anchors)
		get(f, anchors, &pem);
	return cla_stamp_verify(buf_str(&tsr), cla_str_from(data),
				anchors ? buf_str(&pem) : CLA_STR_NONE, info);
}

static void stamps_are_checked(void **state)
{
	static const struct {
		const char *name, *data, *anchors;
		enum cla_stamp_result result;
	} t[] = {
		{ "stamp", "hello", NULL, CLA_STAMP_GOOD },
		{ "stamp", "hello", "ca.pem", CLA_STAMP_GOOD },
		{ "stamp", "hello", "tsa.pem", CLA_STAMP_GOOD },
		{ "stamp", "hello", "x.pem", CLA_STAMP_UNTRUSTED },
		{ "stamp", "hello", "data", CLA_STAMP_UNTRUSTED },
		{ "stamp", "hallo", NULL, CLA_STAMP_OTHER_DATA },
		{ "stamp", "hallo", "ca.pem", CLA_STAMP_OTHER_DATA },
		{ "stamp", "", "ca.pem", CLA_STAMP_OTHER_DATA },
		{ "stamp.sha1", "hello", "ca.pem", CLA_STAMP_OTHER_DATA },
		{ "stamp.bare", "hello", "ca.pem", CLA_STAMP_NO_SIGNER },
		{ "stamp.refused", "hello", "ca.pem", CLA_STAMP_UNREADABLE },
		{ "stamp.token", "hello", "ca.pem", CLA_STAMP_UNREADABLE },
		{ "data", "hello", NULL, CLA_STAMP_UNREADABLE },
		{ "q", "hello", NULL, CLA_STAMP_UNREADABLE },
	};
	const struct folder *f = *state;
	cla_auto_buf struct cla_buf pem = CLA_BUF_INIT(65536), log = CLA_BUF_INIT(65536);
	cla_auto_cert struct cla_cert *cert = NULL;
	struct cla_stamp_info info;

	if (run(f, make_stamps) != 0) {
		get(f, "log", &log);
		fail_msg("%s", cla_buf_cstr(&log));
	}
	get(f, "tsa.pem", &pem);
	assert_true(cla_cert_decode_pem(buf_str(&pem), &cert, NULL));
	struct cla_digest print = cla_cert_fingerprint(cert);
	for (size_t i = 0; i < CLA_LEN(t); i++) {
		enum cla_stamp_result result = stamp(f, t[i].name, t[i].data, t[i].anchors, &info);
		if (result != t[i].result)
			fail_msg("%s over '%s' by %s: %d (%s)", t[i].name, t[i].data,
				 t[i].anchors ? t[i].anchors : "none", (int)result, info.detail);
		bool good = result == CLA_STAMP_GOOD;
		assert_int_equal(*info.detail == '\0', good);
		assert_int_equal(info.anchored, good && t[i].anchors);
		if (!good)
			continue;
		assert_string_equal(info.subject, "CN=the authority");
		assert_true(cla_digest_eq(&info.signer, &print));
		/* now, as the authority's certificate says as well */
		assert_in_range(info.time.sec - cla_cert_not_before(cert).sec, 0, 600);
	}
}

/* A flipped bit never makes another stamp of it: it is refused, or says the same. */
static void stamps_say_nothing_else_when_damaged(void **state)
{
	const struct folder *f = *state;
	cla_auto_buf struct cla_buf tsr = CLA_BUF_INIT(65536), pem = CLA_BUF_INIT(65536);
	struct cla_stamp_info good, info;
	size_t passed = 0;

	assert_int_equal(run(f, make_stamps), 0);
	get(f, "stamp", &tsr);
	get(f, "ca.pem", &pem);
	assert_int_equal(stamp(f, "stamp", "hello", "ca.pem", &good), CLA_STAMP_GOOD);
	for (size_t at = 0; at < tsr.len; at++) {
		tsr.ptr[at] = (char)(tsr.ptr[at] ^ (1 << at % 8));
		if (cla_stamp_verify(buf_str(&tsr), CLA_STR("hello"), buf_str(&pem), &info) ==
		    CLA_STAMP_GOOD) {
			passed++;
			assert_int_equal(info.time.sec, good.time.sec);
			assert_true(cla_digest_eq(&info.signer, &good.signer));
		}
		tsr.ptr[at] = (char)(tsr.ptr[at] ^ (1 << at % 8));
		struct cla_str cut = cla_str_sub(buf_str(&tsr), 0, at);
		assert_int_equal(cla_stamp_verify(cut, CLA_STR("hello"), buf_str(&pem), &info),
				 CLA_STAMP_UNREADABLE);
	}
	/* Nothing signs: "granted" or "with modifications" (1), two versions (2), and the algorithm
	 * that the certificate's key says as well (10), beside the digest's parameters. */
	assert_in_range(passed, 0, 16);
	cla_buf_byte(&tsr, '\0');
	assert_int_equal(cla_stamp_verify(buf_str(&tsr), CLA_STR("hello"), buf_str(&pem), &info),
			 CLA_STAMP_UNREADABLE);
}

/* An authority's certificate counts at the time of the stamp, whether it has ended since or not. */
static void stamps_outlive_their_authority(void **state)
{
	static const char command[] =
		"set -e\n"
		"faketime '2020-06-01 12:00:00' openssl req -x509 -newkey ec -pkeyopt"
		" ec_paramgen_curve:P-256 -nodes -config cnf -days 36500 -extensions root"
		" -subj /CN=root -keyout ca.key -out ca.pem\n"
		"faketime '2020-06-02 12:00:00' openssl x509 -req -in tsa.csr -CA ca.pem -CAkey"
		" ca.key -extfile cnf -extensions tsa_ext -set_serial 3 -days 10 -out old.pem\n"
		"faketime '2020-06-07 12:00:00' openssl ts -reply -config cnf -section old"
		" -queryfile q -out stamp.then\n"
		"openssl ts -reply -config cnf -section old -queryfile q -out stamp.late\n";
	const struct folder *f = *state;
	struct cla_stamp_info info;

	if (run(f, "faketime 2020-01-01 true") != 0)
		skip();
	assert_int_equal(run(f, make_stamps), 0);
	assert_int_equal(run(f, command), 0);
	assert_int_equal(stamp(f, "stamp.then", "hello", "ca.pem", &info), CLA_STAMP_GOOD);
	assert_in_range(info.time.sec - 1591531200, 0, 60);
	assert_int_equal(stamp(f, "stamp.then", "hello", NULL, &info), CLA_STAMP_GOOD);
	assert_int_equal(stamp(f, "stamp.late", "hello", "ca.pem", &info), CLA_STAMP_BAD_SIGNATURE);
	assert_int_equal(stamp(f, "stamp.late", "hello", NULL, &info), CLA_STAMP_BAD_SIGNATURE);
}

/* What we ask is answered, and an answer to anything else is not taken for it. */
static void stamps_are_asked_for(void **state)
{
	const struct folder *f = *state;
	cla_auto_buf struct cla_buf one = CLA_BUF_INIT(4096), two = CLA_BUF_INIT(4096),
				    other = CLA_BUF_INIT(4096), ca = CLA_BUF_INIT(65536);
	cla_auto_buf struct cla_buf reply = CLA_BUF_INIT(65536);
	struct cla_str hello = CLA_STR("hello"), bye = CLA_STR("bye");
	struct cla_stamp_info info;

	assert_int_equal(run(f, make_stamps), 0);
	assert_true(cla_stamp_request(hello, &one, NULL));
	assert_true(cla_stamp_request(hello, &two, NULL));
	assert_true(cla_stamp_request(bye, &other, NULL));
	assert_false(cla_str_eq(buf_str(&one), buf_str(&two)));
	put(f, "ours", buf_str(&one));
	assert_int_equal(run(f, "set -e\nopenssl ts -query -in ours -text >text\n"
				"grep -q 'Hash Algorithm: sha256' text\n"
				"grep -q 'Certificate required: yes' text\n"
				"grep -q 'Nonce: 0x[0-9A-F]\\{32\\}' text\n"
				"openssl ts -reply -config cnf -queryfile ours -out reply\n"
				"openssl ts -verify -queryfile ours -in reply -CAfile ca.pem\n"),
			 0);
	get(f, "reply", &reply);
	get(f, "ca.pem", &ca);
	assert_int_equal(
		cla_stamp_check_answer(buf_str(&reply), buf_str(&one), hello, buf_str(&ca), &info),
		CLA_STAMP_GOOD);
	assert_true(info.anchored);
	assert_in_range(info.until.sec - info.time.sec, 29 * 86400, 31 * 86400);
	assert_int_equal(
		cla_stamp_check_answer(buf_str(&reply), buf_str(&two), hello, buf_str(&ca), &info),
		CLA_STAMP_OTHER_REQUEST);
	assert_non_null(strstr(info.detail, "to another request: nonce mismatch"));
	assert_int_equal(
		cla_stamp_check_answer(buf_str(&reply), buf_str(&other), bye, buf_str(&ca), &info),
		CLA_STAMP_OTHER_DATA);
	assert_int_equal(
		cla_stamp_check_answer(buf_str(&reply), CLA_STR("x"), hello, buf_str(&ca), &info),
		CLA_STAMP_OTHER_REQUEST);
	/* A request without a nonce was answered with any. */
	reply.len = 0;
	get(f, "stamp", &reply);
	assert_int_equal(
		cla_stamp_check_answer(buf_str(&reply), buf_str(&one), hello, buf_str(&ca), &info),
		CLA_STAMP_OTHER_REQUEST);
}

/* Each form of a key that may seal; which others are refused stands in tests/t4200-seal.sh. */
static void seal_opens(void **state)
{
	const struct folder *f = *state;
	static const struct {
		const char *key, *certs, *pass;
		bool good;
	} t[] = {
		{ "rsa.key", "rsa.pem", NULL, true },
		{ "rsa.key", "rsa.cer", NULL, true },
		{ "rsa.key", "rsa.pem", "unused", true },
		{ "both", NULL, NULL, true },
		{ "locked", "rsa.pem", "sesame", true },
		{ "locked.der", "rsa.pem", "sesame", true },
		{ "bare.der", "rsa.pem", NULL, true },
		{ "p12", NULL, "sesame", true },
		{ "p12", "rsa.pem", "sesame", true },
		{ "locked", "rsa.pem", "sesam", false },
		{ "locked", "rsa.pem", NULL, false },
		{ "p12", NULL, NULL, false },
		{ "p12", NULL, "sesam", false },
		{ "rsa.key", NULL, NULL, false },
		{ "bare.der", NULL, NULL, false },
		{ "rsa.pem", "rsa.pem", NULL, false },
		{ "rsa.cer", "rsa.cer", NULL, false },
		{ "other", "rsa.pem", NULL, false },
	};
	struct cla_str content = CLA_STR("content");
	cla_auto_buf struct cla_buf first = CLA_BUF_INIT(65536);

	assert_int_equal(
		run(f,
		    "set -e\n"
		    "openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=rsa -keyout rsa.key -out "
		    "rsa.pem\n"
		    "openssl x509 -in rsa.pem -outform DER -out rsa.cer\n"
		    "cat rsa.pem rsa.key >both\n"
		    "openssl pkcs8 -topk8 -v2 aes-256-cbc -in rsa.key -passout pass:sesame -out "
		    "locked\n"
		    "openssl pkcs8 -topk8 -v2 aes-256-cbc -in rsa.key -passout pass:sesame "
		    "-outform DER -out locked.der\n"
		    "openssl pkcs8 -topk8 -nocrypt -in rsa.key -outform DER -out bare.der\n"
		    "openssl pkcs12 -export -inkey rsa.key -in rsa.pem -passout pass:sesame -out "
		    "p12\n"
		    "openssl ecparam -name prime256v1 -genkey -noout -out other\n"),
		0);
	for (size_t i = 0; i < CLA_LEN(t); i++) {
		cla_auto_buf struct cla_buf key = CLA_BUF_INIT(65536), certs = CLA_BUF_INIT(65536);
		cla_auto_buf struct cla_buf pem = CLA_BUF_INIT(65536), p7s = CLA_BUF_INIT(65536);
		cla_auto_seal struct cla_seal *seal = NULL;
		struct cla_err err = CLA_ERR_INIT;
		struct cla_cms_info info;

		get(f, t[i].key, &key);
		if (t[i].certs)
			get(f, t[i].certs, &certs);
		const struct cla_seal_source source = {
			.key = buf_str(&key),
			.certs = t[i].certs ? buf_str(&certs) : CLA_STR_NONE,
			.pass = cla_str_from(t[i].pass),
		};
		if (cla_seal_open(&source, &seal, &err) != t[i].good)
			fail_msg("%s with %s: %s", t[i].key, t[i].certs ? t[i].certs : "none",
				 err.msg);
		if (!t[i].good) {
			assert_int_equal(err.code, CLA_ERR_CONFIG);
			assert_null(strstr(err.msg, "sesam"));
			continue;
		}
		assert_true(cla_seal_certs(seal, &pem, NULL));
		if (!first.len)
			cla_buf_add(&first, buf_str(&pem));
		assert_true(cla_str_eq(buf_str(&pem), buf_str(&first)));
		assert_true(cla_seal_sign(seal, content, test_now, &p7s, NULL));
		assert_int_equal(
			cla_cms_verify(buf_str(&p7s), content, CLA_STR_NONE, test_now, &info),
			CLA_CMS_GOOD);
		assert_string_equal(info.subject, "CN=rsa");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(digest_known),
		cmocka_unit_test(digest_parse_refuses),
		cmocka_unit_test(hasher_streams_and_restarts),
		cmocka_unit_test(shadow_hashes_the_same),
		cmocka_unit_test(hmac_known),
		cmocka_unit_test(random_differs),
		cmocka_unit_test(base64_round),
		cmocka_unit_test(base64_refuses),
		cmocka_unit_test(merkle_roots),
		cmocka_unit_test(merkle_proofs),
		cmocka_unit_test(merkle_refuses),
		cmocka_unit_test(merkle_public_cases),
		cmocka_unit_test(seal_certificate),
		cmocka_unit_test(seal_leap_day),
		cmocka_unit_test_setup_teardown(seal_accepted_by_openssl, folder_make,
						folder_remove),
		cmocka_unit_test(seal_verified),
		cmocka_unit_test(seal_every_byte_counts),
		cmocka_unit_test_setup_teardown(seal_refuses_other_kinds, folder_make,
						folder_remove),
		cmocka_unit_test_setup_teardown(seal_chain, folder_make, folder_remove),
		cmocka_unit_test_setup_teardown(seal_load_refuses, folder_make, folder_remove),
		cmocka_unit_test_setup_teardown(cert_reads, folder_make, folder_remove),
		cmocka_unit_test_setup_teardown(stamps_are_checked, folder_make, folder_remove),
		cmocka_unit_test_setup_teardown(stamps_say_nothing_else_when_damaged, folder_make,
						folder_remove),
		cmocka_unit_test_setup_teardown(seal_opens, folder_make, folder_remove),
		cmocka_unit_test_setup_teardown(stamps_are_asked_for, folder_make, folder_remove),
		cmocka_unit_test_setup_teardown(stamps_outlive_their_authority, folder_make,
						folder_remove),
	};
	return cmocka_run_group_tests_name("crypto", tests, NULL, NULL);
}
