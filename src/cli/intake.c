/* cli/intake.c - files from elsewhere: documents, and what documents are inside of. */
#include "cli/intake.h"

#include "base/file.h"
#include "cli/apart.h"
#include "fiscal/judge.h"
#include "model/media.h"
#include "pdf/embedded.h"
#include "xml/doc.h"
#include "xml/scan.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define CHUNK (64 * 1024)
#define HEAD CHUNK		 /* bytes by which a file is known */
#define FILE_MAX (512ull << 20)	 /* of a file given */
#define ENTRY_MAX (100ull << 20) /* of one inside: what is scanned of a document at most */
#define TOTAL_MAX (1ull << 30)	 /* out of one file given */
#define ENTRIES_MAX 100000	 /* likewise */
#define RATIO_MAX 250		 /* XML of one shape was seen to grow sixtyfold */
#define GRACE (16ull << 20)
#define DEPTH_MAX 4		  /* containers in one another */
#define PACKAGE_MAX (64ull << 20) /* of an answer that holds documents */
#define PDF_MAX (64ull << 20)
#define INNER_NAME 512

/* A file given. */
struct parcel {
	const struct cla_intake *in;
	const char *path;
	struct cla_str base; /* last part of the path */
	bool named;
	struct cla_put *put; /* the file's bytes, until it is kept or given up */
	uint64_t size;
	struct cla_digest id;
	bool kept, is_new;
	uint64_t inside; /* documents and flaws found in it */
	struct cla_unpack_budget budget;
};

/* The file itself, or something inside of it. */
struct piece {
	struct parcel *parcel;
	struct cla_put *put; /* NULL: the parcel's own */
	struct cla_buf name; /* behind the file's own; "" for the file itself */
	struct cla_buf head;
	uint64_t size;
	unsigned depth;
};

static bool take(struct piece *p, struct cla_err *err);

static void piece_init(struct piece *p, struct parcel *parcel, unsigned depth)
{
	*p = (struct piece){ .parcel = parcel,
			     .name = CLA_BUF_INIT((INNER_NAME + 1) * (DEPTH_MAX + 1)),
			     .head = CLA_BUF_INIT(HEAD),
			     .depth = depth };
}

static void piece_clear(struct piece *p)
{
	cla_store_abort(p->put);
	cla_buf_clear(&p->name);
	cla_buf_clear(&p->head);
}
#define auto_piece CLA_CLEANUP(piece_clear)

static struct cla_put *put_of(const struct piece *p)
{
	return p->depth ? p->put : p->parcel->put;
}

static bool add(struct piece *p, struct cla_str bytes, struct cla_err *err)
{
	size_t room = p->head.max - p->head.len;

	if (cla_ctx_cancelled(&p->parcel->in->cli->ctx))
		return cla_err_set(err, CLA_ERR_INTERRUPTED, "interrupted");
	cla_buf_add(&p->head, cla_str_sub(bytes, 0, room));
	p->size += bytes.len;
	return cla_buf_ok(&p->head, err) && cla_store_write(put_of(p), bytes, err);
}

/* ---- telling ---- */

static bool tell(const struct parcel *parcel, struct cla_str inner, struct cla_intake_item item,
		 struct cla_err *err)
{
	cla_auto_buf struct cla_buf file = CLA_BUF_INIT(16384);

	cla_buf_addc(&file, parcel->path);
	if (inner.len) {
		cla_buf_byte(&file, '/');
		cla_buf_add(&file, inner);
	}
	item.file = cla_buf_str(&file);
	return cla_buf_ok(&file, err) && parcel->in->fn(parcel->in->ctx, &item, err);
}

static bool skip(struct parcel *parcel, struct cla_str inner, const char *reason, bool matters,
		 struct cla_err *err)
{
	parcel->inside += matters;
	return tell(parcel, inner,
		    (struct cla_intake_item){
			    .result = CLA_INTAKE_SKIPPED, .reason = reason, .matters = matters },
		    err);
}

/* ---- keeping ---- */

static bool record(struct parcel *parcel, struct cla_str inner, const struct cla_digest *id,
		   uint64_t size, bool outer, bool *is_new, struct cla_err *err)
{
	cla_auto_buf struct cla_buf name = CLA_BUF_INIT(16384);
	struct cla_time now = cla_cli_now(parcel->in->cli);

	cla_buf_add(&name, parcel->base);
	if (inner.len) {
		cla_buf_byte(&name, '/');
		cla_buf_add(&name, inner);
	}
	struct cla_import in = { .object = *id,
				 .size = size,
				 .name = cla_buf_str(&name),
				 .of = inner.len ? &parcel->id : NULL,
				 .outer = outer,
				 .time = now };
	struct cla_event e = { .type = "imported",
			       .entity = CLA_STR(""),
			       .object = id,
			       .subject = in.name,
			       .time = now };
	return cla_buf_ok(&name, err) && cla_store_import(parcel->in->store, &in, is_new, err) &&
	       (!*is_new || cla_store_custody(parcel->in->store, &e, err));
}

/* A document came out of the file: the file is kept with it. */
static bool keep(struct parcel *parcel, struct cla_err *err)
{
	if (parcel->kept)
		return true;
	struct cla_put *put = parcel->put;
	parcel->put = NULL;
	parcel->kept = true;
	return cla_store_commit(put, &parcel->id, NULL, NULL, err) &&
	       record(parcel, CLA_STR(""), &parcel->id, parcel->size, true, &parcel->is_new, err);
}

static bool document(struct piece *p, enum cla_doc_kind kind, struct cla_err *err)
{
	struct parcel *parcel = p->parcel;
	struct cla_str inner = cla_buf_str(&p->name);
	struct cla_put **slot = p->depth ? &p->put : &parcel->put;
	struct cla_digest id;
	bool is_new;

	if (p->depth && !keep(parcel, err))
		return false;
	struct cla_put *put = *slot;
	*slot = NULL;
	parcel->inside++;
	return cla_store_commit(put, &id, NULL, NULL, err) &&
	       record(parcel, inner, &id, p->size, false, &is_new, err) &&
	       tell(parcel, inner,
		    (struct cla_intake_item){ .result =
						      is_new ? CLA_INTAKE_STORED : CLA_INTAKE_KNOWN,
					      .id = &id,
					      .kind = cla_doc_kind_name(kind) },
		    err);
}

/* ---- something inside ---- */

/* A name from an archive: readable, bounded, and never empty. */
static void add_name(struct cla_buf *to, struct cla_str name)
{
	size_t bad;

	name = cla_str_sub(name, 0, INNER_NAME);
	while (name.len) {
		bool valid = cla_utf8_valid(name, &bad);
		cla_buf_add(to, valid ? name : cla_str_sub(name, 0, bad));
		if (valid)
			return;
		cla_buf_byte(to, '?');
		name = cla_str_sub(name, bad + 1, name.len);
	}
}

static bool begin_inner(const struct piece *outer, struct cla_str name, struct piece *inner,
			struct cla_err *err)
{
	piece_init(inner, outer->parcel, outer->depth + 1);
	cla_buf_add(&inner->name, cla_buf_str(&outer->name));
	if (inner->name.len)
		cla_buf_byte(&inner->name, '/');
	add_name(&inner->name, name.len ? name : CLA_STR("?"));
	if (!cla_buf_ok(&inner->name, err))
		return false;
	inner->put = cla_store_begin(outer->parcel->in->store, err);
	return inner->put;
}

/* The content of a gzip file is called like it, without the ending; inside of something else it
 * takes its place. */
static bool begin_unzipped(const struct piece *outer, struct piece *inner, struct cla_err *err)
{
	struct cla_str name = outer->depth ? cla_buf_str(&outer->name) : outer->parcel->base;

	if (cla_str_ends(name, ".gz") && name.len > 3)
		name.len -= 3;
	piece_init(inner, outer->parcel, outer->depth + 1);
	if (outer->depth)
		cla_buf_add(&inner->name, name);
	else
		add_name(&inner->name, name);
	if (!cla_buf_ok(&inner->name, err))
		return false;
	inner->put = cla_store_begin(outer->parcel->in->store, err);
	return inner->put;
}

/* ---- zip and gzip ---- */

struct opening {
	struct piece *outer;
	enum cla_unpack_kind kind;
	struct piece inner;
	bool has_inner;
};

static void end_inner(struct opening *o)
{
	if (o->has_inner)
		piece_clear(&o->inner);
	o->has_inner = false;
}

static bool on_begin(void *ctx, struct cla_str name, bool *wanted, struct cla_err *err)
{
	struct opening *o = ctx;

	*wanted = true;
	o->has_inner = true;
	return o->kind == CLA_UNPACK_GZIP ? begin_unzipped(o->outer, &o->inner, err)
					  : begin_inner(o->outer, name, &o->inner, err);
}

static bool on_data(void *ctx, struct cla_str bytes, struct cla_err *err)
{
	struct opening *o = ctx;
	return add(&o->inner, bytes, err);
}

static bool on_end(void *ctx, struct cla_err *err)
{
	struct opening *o = ctx;
	bool ok = take(&o->inner, err);

	end_inner(o);
	return ok;
}

static const char *flaw_text(const struct cla_cli *cli, enum cla_unpack_flaw flaw)
{
	switch (flaw) {
	case CLA_FLAW_ENCRYPTED:
		return cla_tr(cli, "encrypted: unpack it yourself and import what comes out");
	case CLA_FLAW_ENTRIES:
		return cla_tr(cli, "holds more than 100000 entries: the rest was not read");
	case CLA_FLAW_BYTES:
		return cla_tr(cli, "holds more than 1 GiB: the rest was not read");
	case CLA_FLAW_ENTRY:
		return cla_tr(cli, "an entry of more than 100 MiB is not read");
	case CLA_FLAW_RATIO:
		return cla_tr(cli, "grows more than 250 times: the rest was not read");
	case CLA_FLAW_DAMAGED:
	default:
		return cla_tr(cli, "damaged or cut short");
	}
}

static bool on_flaw(void *ctx, struct cla_str name, bool inside, enum cla_unpack_flaw flaw,
		    struct cla_err *err)
{
	cla_auto_buf struct cla_buf full = CLA_BUF_INIT((INNER_NAME + 1) * (DEPTH_MAX + 2));
	struct opening *o = ctx;

	cla_buf_add(&full, cla_buf_str(inside ? &o->inner.name : &o->outer->name));
	if (inside) {
		end_inner(o);
	} else if (name.len) {
		if (full.len)
			cla_buf_byte(&full, '/');
		add_name(&full, name);
	}
	return cla_buf_ok(&full, err) &&
	       skip(o->outer->parcel, cla_buf_str(&full),
		    flaw_text(o->outer->parcel->in->cli, flaw), true, err);
}

static bool open_packed(struct piece *p, enum cla_unpack_kind kind, struct cla_err *err)
{
	static const struct cla_unpack_limits limits = { ENTRY_MAX, RATIO_MAX, GRACE };
	struct opening o = { .outer = p, .kind = kind };
	const struct cla_unpack fn = { &o, on_begin, on_data, on_end, on_flaw };
	cla_auto_fd int fd = -1;

	bool ok = cla_put_reopen(put_of(p), &fd, err) &&
		  cla_unpack_fd(fd, kind, &limits, &p->parcel->budget, &fn, err);
	end_inner(&o);
	return ok;
}

/* ---- PDF ---- */

static bool hand_out(void *ctx, struct cla_str name, struct cla_str bytes)
{
	return cla_apart_put(ctx, name, bytes);
}

/* In the child. */
static int read_pdf(void *ctx, struct cla_apart *out)
{
	cla_auto_buf struct cla_buf pdf = CLA_BUF_INIT(PDF_MAX);

	return cla_put_read(ctx, &pdf, NULL)
		       ? (int)cla_pdf_embedded(cla_buf_str(&pdf), hand_out, out)
		       : -1;
}

static const char *pdf_text(const struct cla_cli *cli, int state)
{
	switch (state) {
	case CLA_PDF_LOCKED:
		return cla_tr(cli, "a PDF that takes a password: not looked into");
	case CLA_PDF_NO_LIBRARY:
		return cla_tr(cli, "a PDF: files embedded in it were not looked for, which takes "
				   "libqpdf");
	case CLA_PDF_DAMAGED:
		return cla_tr(cli, "damaged or cut short");
	default:
		return cla_tr(cli, "a PDF that takes too much time or memory to look into");
	}
}

static bool open_pdf(struct piece *p, struct cla_err *err)
{
	static const struct cla_unpack_limits limits = { ENTRY_MAX, 0, 0 };
	struct opening o = { .outer = p, .kind = CLA_UNPACK_ZIP };
	const struct cla_unpack fn = { &o, on_begin, on_data, on_end, on_flaw };
	const struct cla_cli *cli = p->parcel->in->cli;
	int state;

	if (p->size > PDF_MAX)
		return skip(p->parcel, cla_buf_str(&p->name),
			    cla_tr(cli, "a PDF of more than 64 MiB is not looked into"), true, err);
	bool ok = cla_apart_run(read_pdf, put_of(p), &limits, &p->parcel->budget, &fn, &state, err);
	end_inner(&o);
	if (!ok || state == CLA_PDF_READ)
		return ok;
	return skip(p->parcel, cla_buf_str(&p->name), pdf_text(cli, state), true, err);
}

/* ---- answers of the tax authorities ---- */

/* Whether the element's text is a file in base64, and what to call it. */
static bool is_packed(const struct cla_xml *el, char name[64])
{
	static const char nsu[] = "NSU";
	struct cla_str ns = cla_xml_ns(el), number = cla_xml_attr(el, nsu);

	if (cla_str_eqc(cla_xml_name(el), "docZip") &&
	    cla_str_starts(ns, "http://www.portalfiscal.inf.br/")) {
		(void)snprintf(name, 64, CLA_STR_FMT ".xml.gz",
			       CLA_STR_ARG(cla_str_sub(number, 0, 40)));
		return true;
	}
	(void)snprintf(name, 64, "Paquete.zip");
	return cla_str_eqc(cla_xml_name(el), "Paquete") &&
	       cla_str_contains(ns, "DescargaMasivaTerceros");
}

static bool open_text(struct piece *p, const struct cla_xml *el, const char *name,
		      struct cla_err *err)
{
	cla_auto_buf struct cla_buf bytes = CLA_BUF_INIT(PACKAGE_MAX);
	struct cla_unpack_budget *budget = &p->parcel->budget;
	auto_piece struct piece inner;

	if (!begin_inner(p, cla_str_from(name), &inner, err))
		return false;
	budget->entries--;
	if (!cla_base64_decode(cla_xml_text(el), true, &bytes) || !bytes.len)
		return skip(p->parcel, cla_buf_str(&inner.name),
			    flaw_text(p->parcel->in->cli, CLA_FLAW_DAMAGED), true, err);
	budget->bytes -= bytes.len;
	return add(&inner, cla_buf_str(&bytes), err) && take(&inner, err);
}

/* Whether it is such an answer is known by its first bytes; *opened false: it is not, after all. */
static bool open_package(struct piece *p, bool *opened, struct cla_err *err)
{
	cla_auto_buf struct cla_buf bytes = CLA_BUF_INIT(PACKAGE_MAX);
	cla_auto_xml struct cla_xml_doc *doc = NULL;
	const struct cla_unpack_budget *budget = &p->parcel->budget;
	struct cla_xml_limits limits = cla_xml_limits_default;
	struct cla_xml_problem problem;
	struct cla_xml_scan scan;
	bool well_formed, tolerated;

	*opened = false;
	if (p->size > PACKAGE_MAX)
		return true;
	limits.parse = limits.text = PACKAGE_MAX;
	limits.memory = 3 * PACKAGE_MAX;
	if (!cla_put_read(put_of(p), &bytes, err))
		return false;
	cla_xml_scan(cla_buf_str(&bytes), &limits, &scan);
	if (scan.shape != CLA_XML_SHAPE_OK)
		return true;
	if (!cla_xml_parse(cla_buf_str(&bytes), &doc, &well_formed, &problem, &tolerated, err))
		return false;
	const struct cla_xml *top = well_formed ? cla_xml_root(doc) : NULL;
	for (const struct cla_xml *el = top; el; el = cla_xml_walk(top, el)) {
		char name[64];
		if (!is_packed(el, name))
			continue;
		*opened = true;
		if (!budget->entries || budget->bytes < cla_xml_text(el).len)
			return skip(p->parcel, cla_buf_str(&p->name),
				    flaw_text(p->parcel->in->cli,
					      budget->entries ? CLA_FLAW_BYTES : CLA_FLAW_ENTRIES),
				    true, err);
		if (!open_text(p, el, name, err))
			return false;
	}
	return true;
}

/* ---- what it is ---- */

static bool take_xml(struct piece *p, struct cla_err *err)
{
	struct cla_str head = cla_buf_str(&p->head);
	enum cla_doc_kind kind;
	bool opened = false;

	if (!cla_judge_kind(head, &kind, err))
		return false;
	if (kind == CLA_DOC_XML && p->depth < DEPTH_MAX &&
	    (cla_str_contains(head, "docZip") || cla_str_contains(head, "Paquete")) &&
	    !open_package(p, &opened, err))
		return false;
	return opened || document(p, kind, err);
}

/* "xml", "zip", "gz", "pdf"; all else is of no use here. */
static const char *form_of(const struct piece *p)
{
	struct cla_str head = cla_buf_str(&p->head);

	if (cla_str_starts(head, "\x1f\x8b"))
		return "gz";
	return cla_media_of(cla_str_sub(head, 0, CLA_MEDIA_PREFIX)).ext;
}

static bool take_form(struct piece *p, const char *form, struct cla_err *err)
{
	if (!strcmp(form, "xml"))
		return take_xml(p, err);
	if (!strcmp(form, "pdf"))
		return open_pdf(p, err);
	return open_packed(p, !strcmp(form, "gz") ? CLA_UNPACK_GZIP : CLA_UNPACK_ZIP, err);
}

static bool take(struct piece *p, struct cla_err *err)
{
	const struct cla_cli *cli = p->parcel->in->cli;
	const char *form = form_of(p);
	bool xml = !strcmp(form, "xml");

	if (!xml && strcmp(form, "gz") != 0 && strcmp(form, "pdf") != 0 && strcmp(form, "zip") != 0)
		return skip(p->parcel, cla_buf_str(&p->name), cla_tr(cli, "not an XML file"),
			    p->parcel->named && !p->depth, err);
	if (!xml && p->depth >= DEPTH_MAX)
		return skip(p->parcel, cla_buf_str(&p->name),
			    cla_tr(cli, "nested too deep: not opened"), true, err);
	if (!take_form(p, form, err))
		return false;
	if (p->depth || p->parcel->inside)
		return true;
	return skip(p->parcel, CLA_STR(""), cla_tr(cli, "holds no XML file"), p->parcel->named,
		    err);
}

static const char *container_kind(const struct piece *p)
{
	const char *form = form_of(p);

	return strcmp(form, "xml") != 0 ? form : "package";
}

/* All of the file into the store's keeping; *whole false: it is longer than is taken. */
static bool read_file(struct piece *p, int fd, bool *whole, bool *fatal, struct cla_err *err)
{
	char chunk[CHUNK];
	size_t got;

	*whole = true;
	do {
		*fatal = false;
		if (!cla_fd_read(fd, chunk, sizeof(chunk), &got, err))
			return false;
		*fatal = true;
		*whole = p->size + got <= FILE_MAX;
		if (*whole && !add(p, (struct cla_str){ chunk, got }, err))
			return false;
	} while (*whole && got == sizeof(chunk));
	p->parcel->size = p->size;
	return true;
}

static bool take_in(struct piece *p, int fd, bool *fatal, struct cla_err *err)
{
	struct parcel *parcel = p->parcel;
	struct stat st;
	bool whole = fstat(fd, &st) || st.st_size < 0 || (uint64_t)st.st_size <= FILE_MAX;

	if (whole && !read_file(p, fd, &whole, fatal, err))
		return false;
	if (!whole)
		return skip(parcel, CLA_STR(""),
			    cla_tr(parcel->in->cli, "a file of more than 512 MiB is not read"),
			    true, err);
	if (!take(p, err))
		return false;
	return !parcel->kept || tell(parcel, CLA_STR(""),
				     (struct cla_intake_item){ .result = CLA_INTAKE_OPENED,
							       .id = &parcel->id,
							       .kind = container_kind(p) },
				     err);
}

bool cla_intake_file(const struct cla_intake *in, const char *path, bool named, bool *fatal,
		     struct cla_err *err)
{
	cla_auto_fd int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	const char *slash = strrchr(path, '/');
	struct parcel parcel = { .in = in,
				 .path = path,
				 .base = cla_str_from(slash ? slash + 1 : path),
				 .named = named,
				 .budget = { ENTRIES_MAX, TOTAL_MAX } };
	auto_piece struct piece p;
	char shown[CLA_SHOWN];

	piece_init(&p, &parcel, 0);
	*fatal = false;
	if (fd < 0)
		return cla_err_sys(err, CLA_ERR_IO, errno, "opening '%s'",
				   cla_shown(cla_str_from(path), 0, shown));
	*fatal = true;
	parcel.put = cla_store_begin(in->store, err);
	if (!parcel.put)
		return false;
	bool ok = take_in(&p, fd, fatal, err);
	cla_store_abort(parcel.put);
	return ok || cla_err_wrap(err, "importing '%s'", cla_shown(cla_str_from(path), 0, shown));
}
