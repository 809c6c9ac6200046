/* clara-audit schemas: the schema set and the code tables that documents are judged by. */
#include "cli/cli.h"

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

static bool put_file(const struct cla_cli *cli, const struct cla_embedded *file,
		     struct cla_err *err)
{
	cla_auto_buf struct cla_buf line = CLA_BUF_INIT(64 * 1024);
	cla_auto_xml struct cla_xml_doc *doc = NULL;
	char hex[CLA_DIGEST_HEX], name[CLA_SHOWN];
	struct cla_digest id;
	struct cla_json_out o;
	struct cla_str space;

	if (!cla_digest_of(file->bytes, &id, err) || !namespace_of(file, &doc, &space, err))
		return false;
	if (!cli->json) {
		cla_cli_print("%s  %.16s  " CLA_STR_FMT "\n",
			      cla_column(cla_str_from(file->name), 40, name),
			      cla_digest_hex(&id, hex), CLA_STR_ARG(space));
		return true;
	}
	cla_json_out_begin_unordered(&o, &line);
	cla_json_out_object(&o);
	cla_json_out_kcstr(&o, "name", file->name);
	cla_json_out_kstr(&o, "namespace", space);
	cla_json_out_kint(&o, "bytes", (int64_t)file->bytes.len);
	cla_json_out_khex(&o, "sha256", id.bytes, sizeof(id.bytes));
	cla_json_out_close(&o);
	if (!cla_json_out_end(&o, err))
		return false;
	cla_cli_line(cla_buf_str(&line));
	return true;
}

static bool list(const struct cla_cli *cli, struct cla_err *err)
{
	struct cla_embedded file;

	for (size_t i = 0; cla_embedded_at(i, &file); i++)
		if (!put_file(cli, &file, err))
			return false;
	return true;
}

/* The bytes as they are; a schema's name may be given without its ending. */
static bool show(const struct cla_cli *cli, const char *name, struct cla_err *err)
{
	cla_auto_buf struct cla_buf full = CLA_BUF_INIT(1024);
	struct cla_str bytes = cla_embedded_find(name);
	char shown[CLA_SHOWN];

	cla_buf_addf(&full, "%s.xsd", name);
	if (cla_str_absent(bytes) && !full.failed)
		bytes = cla_embedded_find(cla_buf_cstr(&full));
	if (cla_str_absent(bytes))
		return cla_err_set(err, CLA_ERR_NOT_FOUND,
				   cla_tr(cli, "no schema and no table '%s': see 'schemas list'"),
				   cla_shown(cla_str_from(name), 60, shown));
	if (fwrite(bytes.ptr, 1, bytes.len, stdout) != bytes.len)
		return cla_err_set(err, CLA_ERR_IO, "writing the standard output");
	return true;
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
	return cla_cli_usage(cli, cla_tr(cli, "schemas what? Give one of: list, show NAME"));
}

const struct cla_command cla_cmd_schemas = {
	.name = "schemas",
	.usage = "schemas list | schemas show NAME",
	.text = { { "the schemas and code tables that documents are judged by",
		    "los esquemas y catálogos con que se evalúan los documentos",
		    "os esquemas e tabelas com que os documentos são avaliados" } },
	.run = schemas,
};
