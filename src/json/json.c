/* json/json.c - builds a cJSON tree from our own tokens.
 *
 * cJSON's parser is not used: it would lose digits, and it writes a process-wide error pointer.
 * Each token becomes a node; a number becomes a "raw" node, which is a string that is marked as not
 * being one.
 */
#include "json/json.h"

#include "base/buf.h"
#include "base/file.h"
#include "json/scan.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

/* A node takes some hundred bytes where the text takes two. */
#define JSON_NODES 1000000

struct cla_json_doc {
	cJSON *root;
};

static const cJSON *node_in(const struct cla_json *node)
{
	return (const cJSON *)node;
}

static const struct cla_json *node_out(const cJSON *node)
{
	return (const struct cla_json *)node;
}

struct builder {
	struct cla_json_doc *doc;
	cJSON *open[CLA_JSON_MAX_DEPTH];
	int depth;
	struct cla_buf key;
	struct cla_buf text;
	size_t nodes;
};

static void builder_clear(struct builder *b)
{
	cla_buf_clear(&b->key);
	cla_buf_clear(&b->text);
	cla_json_free(b->doc);
}

static cJSON *make_node(struct builder *b, const struct cla_json_tok *tok)
{
	cla_buf_reset(&b->text);
	switch (tok->type) {
	case CLA_TOK_OBJECT_BEGIN:
		return cJSON_CreateObject();
	case CLA_TOK_ARRAY_BEGIN:
		return cJSON_CreateArray();
	case CLA_TOK_STRING:
		cla_json_unescape(tok->raw, &b->text);
		return b->text.failed ? NULL : cJSON_CreateString(cla_buf_cstr(&b->text));
	case CLA_TOK_NUMBER:
		cla_buf_add(&b->text, tok->raw);
		return b->text.failed ? NULL : cJSON_CreateRaw(cla_buf_cstr(&b->text));
	case CLA_TOK_TRUE:
		return cJSON_CreateTrue();
	case CLA_TOK_FALSE:
		return cJSON_CreateFalse();
	case CLA_TOK_NULL:
		return cJSON_CreateNull();
	case CLA_TOK_KEY:
	case CLA_TOK_OBJECT_END:
	case CLA_TOK_ARRAY_END:
		break;
	}
	return NULL;
}

/* Puts the node where it belongs; false when out of memory (the node is freed then). */
static bool place_node(struct builder *b, cJSON *node)
{
	cJSON *parent = b->depth ? b->open[b->depth - 1] : NULL;
	bool placed = node;

	if (!parent)
		b->doc->root = node;
	else if (cJSON_IsObject(parent))
		placed = node && cJSON_AddItemToObject(parent, cla_buf_cstr(&b->key), node);
	else
		placed = node && cJSON_AddItemToArray(parent, node);
	if (!placed)
		cJSON_Delete(node);
	return placed;
}

static int by_bytes(const void *a, const void *b)
{
	const char *const *x = a;
	const char *const *y = b;

	return strcmp(*x, *y);
}

static bool check_keys(const cJSON *object, size_t pos, struct cla_err *err)
{
	size_t room = (size_t)cJSON_GetArraySize(object), count = 0;
	const cJSON *child = NULL;

	if (room < 2)
		return true;
	cla_auto_free const char **keys = calloc(room, sizeof(*keys));
	if (!keys)
		return cla_err_oom(err);
	cJSON_ArrayForEach(child, object)
	{
		keys[count++] = child->string;
	}
	qsort(keys, count, sizeof(*keys), by_bytes);
	for (size_t i = 1; i < count; i++)
		if (!strcmp(keys[i - 1], keys[i]))
			return cla_err_set(err, CLA_ERR_FORMAT,
					   "malformed JSON: key '%.80s' twice in the object that "
					   "ends at byte %zu",
					   keys[i], pos);
	return true;
}

static bool take_token(struct builder *b, const struct cla_json_tok *tok, struct cla_err *err)
{
	if (tok->type == CLA_TOK_KEY) {
		cla_buf_reset(&b->key);
		cla_json_unescape(tok->raw, &b->key);
		return cla_buf_ok(&b->key, err);
	}
	if (tok->type == CLA_TOK_ARRAY_END || tok->type == CLA_TOK_OBJECT_END) {
		const cJSON *closed = b->depth ? b->open[--b->depth] : NULL;

		return tok->type == CLA_TOK_ARRAY_END || check_keys(closed, tok->pos, err);
	}
	if (b->nodes++ == JSON_NODES)
		return cla_err_set(err, CLA_ERR_LIMIT, "JSON with more than %d values", JSON_NODES);
	cJSON *node = make_node(b, tok);
	if (!place_node(b, node))
		return cla_err_oom(err);
	if (tok->type == CLA_TOK_OBJECT_BEGIN || tok->type == CLA_TOK_ARRAY_BEGIN)
		b->open[b->depth++] = node;
	return true;
}

bool cla_json_parse(struct cla_str text, struct cla_json_doc **ret, struct cla_err *err)
{
	CLA_CLEANUP(builder_clear)
	struct builder b = {
		.doc = calloc(1, sizeof(*b.doc)),
		.key = CLA_BUF_INIT(SIZE_MAX), /* what is decoded is no longer than the text */
		.text = CLA_BUF_INIT(SIZE_MAX),
	};
	struct cla_json_scan s;
	struct cla_json_tok tok;

	if (!b.doc)
		return cla_err_oom(err);
	cla_json_scan_init(&s, text);
	while (cla_json_scan_next(&s, &tok))
		if (!take_token(&b, &tok, err))
			return false;
	if (s.error)
		return cla_err_set(err, CLA_ERR_FORMAT, "malformed JSON at byte %zu: %s", s.pos,
				   s.error);
	*ret = cla_steal(&b.doc);
	return true;
}

void cla_json_free(struct cla_json_doc *doc)
{
	if (!doc)
		return;
	cJSON_Delete(doc->root);
	free(doc);
}

const struct cla_json *cla_json_root(const struct cla_json_doc *doc)
{
	return doc ? node_out(doc->root) : NULL;
}

enum cla_json_type cla_json_type(const struct cla_json *node)
{
	if (!node)
		return CLA_JSON_ABSENT;
	switch (node_in(node)->type & 0xff) {
	case cJSON_NULL:
		return CLA_JSON_NULL;
	case cJSON_False:
	case cJSON_True:
		return CLA_JSON_BOOL;
	case cJSON_Raw:
		return CLA_JSON_NUMBER;
	case cJSON_String:
		return CLA_JSON_STRING;
	case cJSON_Array:
		return CLA_JSON_ARRAY;
	case cJSON_Object:
		return CLA_JSON_OBJECT;
	default:
		return CLA_JSON_ABSENT;
	}
}

const struct cla_json *cla_json_get(const struct cla_json *object, const char *key)
{
	if (cla_json_type(object) != CLA_JSON_OBJECT)
		return NULL;
	return node_out(cJSON_GetObjectItemCaseSensitive(node_in(object), key));
}

const struct cla_json *cla_json_first(const struct cla_json *container)
{
	return container ? node_out(node_in(container)->child) : NULL;
}

const struct cla_json *cla_json_next(const struct cla_json *node)
{
	return node ? node_out(node_in(node)->next) : NULL;
}

struct cla_str cla_json_key(const struct cla_json *node)
{
	return cla_str_from(node ? node_in(node)->string : NULL);
}

size_t cla_json_count(const struct cla_json *container)
{
	size_t count = 0;

	for (const struct cla_json *n = cla_json_first(container); n; n = cla_json_next(n))
		count++;
	return count;
}

struct cla_str cla_json_string(const struct cla_json *node)
{
	return cla_str_from(cla_json_type(node) == CLA_JSON_STRING ? node_in(node)->valuestring
								   : NULL);
}

struct cla_str cla_json_number(const struct cla_json *node)
{
	return cla_str_from(cla_json_type(node) == CLA_JSON_NUMBER ? node_in(node)->valuestring
								   : NULL);
}

struct cla_str cla_json_text(const struct cla_json *node)
{
	struct cla_str s = cla_json_string(node);

	return cla_str_absent(s) ? cla_json_number(node) : s;
}

bool cla_json_is_true(const struct cla_json *node)
{
	return node && cJSON_IsTrue(node_in(node));
}

bool cla_json_bool(const struct cla_json *node, bool *ret)
{
	if (cla_json_type(node) != CLA_JSON_BOOL)
		return false;
	*ret = cla_json_is_true(node);
	return true;
}

bool cla_json_u64(const struct cla_json *node, uint64_t *ret)
{
	return cla_str_to_u64(cla_json_number(node), ret);
}
