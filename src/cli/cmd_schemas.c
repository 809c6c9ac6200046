/* clara-audit schemas: the schema set and the code tables that documents are judged by, and the
 * authorities' own schema files beside them. */
#include "cli/official.h"

#include "base/file.h"
#include "crypto/digest.h"
#include "json/out.h"
#include "xml/doc.h"
#include "xml/schema.h"

#include <stdio.h>
#include <string.h>

/* The namespace that a schema describes; absent for a code table. */
static bool namespace_of(const struct cla_embedded *file, struct cla_xml_doc **doc,
			 struct cla_str *ret, struct cla_err *err)
{
	struct cla_xml_problem problem;
	bool well_formed, tolerated;

	*ret = CLA_STR_NONE;
	if (!cla_str_ends(cla_str_from(file->name), ".xsd"))
		return true;
	if (!cla_xml_parse(file->bytes, doc, &well_formed, &problem, &tolerated, err))
		return false;
	if (well_formed)
		*ret = cla_xml_attr(cla_xml_root(*doc), "targetNamespace");
	return true;
}

/* One line. `sha256` in hex; bytes < 0: not at hand. */
static bool put(const struct cla_cli *cli, bool official, struct cla_str name, struct cla_str space,
		int64_t bytes, const char *sha256, struct cla_err *err)
{
	cla_auto_buf struct cla_buf line = CLA_BUF_INIT(64 * 1024);
	char shown[CLA_SHOWN];
	struct cla_json_out o;

	if (!cli->json) {
		cla_cli_print("%s  %.16s  " CLA_STR_FMT "\n", cla_column(name, 40, shown), sha256,
			      CLA_STR_ARG(space));
		return true;
	}
	cla_json_out_begin_unordered(&o, &line);
	cla_json_out_object(&o);
	cla_json_out_kcstr(&o, "set", official ? "official" : "own");
	cla_json_out_kstr(&o, "name", name);
	cla_json_out_kstr(&o, "namespace", space);
	cla_json_out_key(&o, "bytes");
	if (bytes < 0)
		cla_json_out_null(&o);
	else
		cla_json_out_int(&o, bytes);
	cla_json_out_kcstr(&o, "sha256", sha256);
	cla_json_out_close(&o);
	if (!cla_json_out_end(&o, err))
		return false;
	cla_cli_line(cla_buf_str(&line));
	return true;
}

static bool put_own(const struct cla_cli *cli, const struct cla_embedded *file, struct cla_err *err)
{
	cla_auto_xml struct cla_xml_doc *doc = NULL;
	char hex[CLA_DIGEST_HEX];
	struct cla_digest id;
	struct cla_str space;

	return cla_digest_of(file->bytes, &id, err) && namespace_of(file, &doc, &space, err) &&
	       put(cli, false, cla_str_from(file->name), space, (int64_t)file->bytes.len,
		   cla_digest_hex(&id, hex), err);
}

/* People see those that are here, --json also what is missing. */
static bool list_official(struct cla_cli *cli, struct cla_err *err)
{
	cla_auto_official struct cla_official_files files = { .there = 0 };
	cla_auto_buf struct cla_buf dir = CLA_BUF_INIT(8192);
	struct cla_official file;
	char hex[CLA_DIGEST_HEX];

	if (!cla_official_dir(cli, &dir, err) ||
	    !cla_official_load(cla_buf_cstr(&dir), &files, err))
		return false;
	for (size_t i = 0; i < files.set.count && cla_official_at(i, &file); i++) {
		struct cla_str bytes = files.set.bytes[i];
		bool there = !cla_str_absent(bytes);

		if ((there || cli->json) &&
		    (!cla_str_cstr(file.sha256, hex, sizeof(hex), err) ||
		     !put(cli, true, file.path, file.namespace.len ? file.namespace : CLA_STR_NONE,
			  there ? (int64_t)bytes.len : -1, hex, err)))
			return false;
	}
	if (files.there)
		cla_cli_say(cli, cla_tr(cli, "%llu of the %llu official files are here"),
			    (unsigned long long)files.there, (unsigned long long)files.set.count);
	return true;
}

static bool list(struct cla_cli *cli, struct cla_err *err)
{
	struct cla_embedded file;

	for (size_t i = 0; cla_embedded_at(i, &file); i++)
		if (!put_own(cli, &file, err))
			return false;
	return list_official(cli, err);
}

static bool write_bytes(struct cla_str bytes, struct cla_err *err)
{
	if (fwrite(bytes.ptr, 1, bytes.len, stdout) != bytes.len)
		return cla_err_set(err, CLA_ERR_IO, "writing the standard output");
	return true;
}

static bool show_official(struct cla_cli *cli, const char *name, struct cla_err *err)
{
	cla_auto_buf struct cla_buf dir = CLA_BUF_INIT(8192), bytes = CLA_BUF_INIT(16u << 20);
	struct cla_official file;
	char shown[CLA_SHOWN];
	bool there = false;

	for (size_t i = 0; cla_official_at(i, &file); i++) {
		if (!cla_str_eqc(file.path, name))
			continue;
		if (!cla_official_dir(cli, &dir, err) ||
		    !cla_official_read(cla_buf_cstr(&dir), &file, &bytes, &there, err))
			return false;
		if (there)
			return write_bytes(cla_buf_str(&bytes), err);
	}
	return cla_err_set(err, CLA_ERR_NOT_FOUND,
			   cla_tr(cli, "no schema and no table '%s': see 'schemas list'"),
			   cla_shown(cla_str_from(name), 60, shown));
}

/* The bytes as they are; a schema's name may be given without its ending. */
static bool show(struct cla_cli *cli, const char *name, struct cla_err *err)
{
	cla_auto_buf struct cla_buf full = CLA_BUF_INIT(1024);
	struct cla_str bytes = cla_embedded_find(name);

	cla_buf_addf(&full, "%s.xsd", name);
	if (cla_str_absent(bytes) && !full.failed)
		bytes = cla_embedded_find(cla_buf_cstr(&full));
	return cla_str_absent(bytes) ? show_official(cli, name, err) : write_bytes(bytes, err);
}

static int schemas(struct cla_cli *cli, int argc, char **argv)
{
	struct cla_err err = CLA_ERR_INIT;
	int first, status;

	if (!cla_cli_parse(cli, &cla_cmd_schemas, NULL, NULL, argc, argv, &first, &status))
		return status;
	const char *verb = first < argc ? argv[first] : "";
	if (!strcmp(verb, "list") && argc - first == 1)
		return list(cli, &err) ? CLA_EXIT_OK : cla_cli_fail(cli, &err);
	if (!strcmp(verb, "show") && argc - first == 2)
		return show(cli, argv[first + 1], &err) ? CLA_EXIT_OK : cla_cli_fail(cli, &err);
	if (!strcmp(verb, "import") && argc - first == 2) {
		status = CLA_EXIT_OK;
		return cla_official_import(cli, argv[first + 1], &status, &err)
			       ? status
			       : cla_cli_fail(cli, &err);
	}
	return cla_cli_usage(
		cli, cla_tr(cli, "schemas what? Give one of: list, show NAME, import PATH"));
}

const struct cla_command cla_cmd_schemas = {
	.name = "schemas",
	.usage = "schemas list | schemas show NAME | schemas import PATH",
	.text = { { "the schemas and code tables that documents are judged by",
		    "los esquemas y catálogos con que se evalúan los documentos",
		    "os esquemas e tabelas com que os documentos são avaliados" } },
	.run = schemas,
};
