#include "pdf/embedded.h"

#ifndef QPDF_SONAME
enum cla_pdf_state cla_pdf_embedded(struct cla_str pdf, cla_pdf_fn *fn, void *ctx)
{
	(void)pdf, (void)fn, (void)ctx;
	return CLA_PDF_NO_LIBRARY;
}
#else

#include <dlfcn.h>
#include <qpdf/qpdf-c.h>
#include <stdlib.h>
#include <string.h>

#define STEPS_MAX 50000 /* nodes looked at: a tree may lead back into itself */
#define DEPTH_MAX 64

#define FUNCTIONS(X)                                                                               \
	X(qpdf_init)                                                                               \
	X(qpdf_cleanup)                                                                            \
	X(qpdf_silence_errors)                                                                     \
	X(qpdf_set_suppress_warnings)                                                              \
	X(qpdf_read_memory)                                                                        \
	X(qpdf_get_error)                                                                          \
	X(qpdf_get_error_code)                                                                     \
	X(qpdf_get_root)                                                                           \
	X(qpdf_get_num_pages)                                                                      \
	X(qpdf_get_page_n)                                                                         \
	X(qpdf_get_last_string_length)                                                             \
	X(qpdf_oh_get_key)                                                                         \
	X(qpdf_oh_is_array)                                                                        \
	X(qpdf_oh_is_stream)                                                                       \
	X(qpdf_oh_is_string)                                                                       \
	X(qpdf_oh_get_array_n_items)                                                               \
	X(qpdf_oh_get_array_item)                                                                  \
	X(qpdf_oh_get_utf8_value)                                                                  \
	X(qpdf_oh_get_stream_data)

struct api {
#define X(name) __typeof__(name) *name;
	FUNCTIONS(X)
#undef X
};

struct reading {
	struct api api;
	qpdf_data pdf;
	cla_pdf_fn *fn;
	void *ctx;
	unsigned steps;
	unsigned found;
	bool stopped, damaged;
};

static bool load(void *library, struct api *api)
{
	void *symbol;

#define X(name)                                                                                    \
	symbol = dlsym(library, #name);                                                            \
	if (!symbol)                                                                               \
		return false;                                                                      \
	memcpy(&api->name, &symbol, sizeof(symbol));
	FUNCTIONS(X)
#undef X
	return true;
}

/* Asked when there is one more node: not looked at, it must not pass for one that was. */
static bool goes_on(struct reading *r)
{
	if (r->stopped)
		return false;
	if (r->steps < STEPS_MAX) {
		r->steps++;
		return true;
	}
	r->damaged = true;
	return false;
}

static qpdf_oh key(struct reading *r, qpdf_oh oh, const char *name)
{
	return r->api.qpdf_oh_get_key(r->pdf, oh, name);
}

static int length(struct reading *r, qpdf_oh oh)
{
	return r->api.qpdf_oh_is_array(r->pdf, oh) ? r->api.qpdf_oh_get_array_n_items(r->pdf, oh)
						   : 0;
}

/* The first of two keys that has what is asked for. */
static qpdf_oh either(struct reading *r, qpdf_oh oh, const char *first, const char *second,
		      __typeof__(qpdf_oh_is_stream) *is)
{
	qpdf_oh value = key(r, oh, first);
	return is(r->pdf, value) ? value : key(r, oh, second);
}

/* A file specification: dictionary with the file's name and, in EF, its bytes. */
static void read_file(struct reading *r, qpdf_oh spec)
{
	qpdf_oh stream = either(r, key(r, spec, "/EF"), "/UF", "/F", r->api.qpdf_oh_is_stream);
	qpdf_oh name = either(r, spec, "/UF", "/F", r->api.qpdf_oh_is_string);
	unsigned char *bytes = NULL;
	QPDF_BOOL filtered = QPDF_FALSE;
	size_t len = 0;

	if (!r->api.qpdf_oh_is_stream(r->pdf, stream))
		return; /* a file elsewhere */
	if ((r->api.qpdf_oh_get_stream_data(r->pdf, stream, qpdf_dl_generalized, &filtered, &bytes,
					    &len) &
	     QPDF_ERRORS) ||
	    !filtered) {
		r->damaged = true;
		free(bytes);
		return;
	}
	struct cla_str text = CLA_STR("");
	if (r->api.qpdf_oh_is_string(r->pdf, name)) {
		const char *utf8 = r->api.qpdf_oh_get_utf8_value(r->pdf, name);
		text = (struct cla_str){ utf8, r->api.qpdf_get_last_string_length(r->pdf) };
	}
	r->found++;
	r->stopped = !r->fn(r->ctx, text, (struct cla_str){ (const char *)bytes, len });
	free(bytes);
}

/* Leaves hold names and values in turn. */
static void read_tree(struct reading *r, qpdf_oh node, unsigned depth)
{
	qpdf_oh names = key(r, node, "/Names"), kids = key(r, node, "/Kids");

	if (depth > DEPTH_MAX) {
		r->damaged = true;
		return;
	}
	for (int i = 1, n = length(r, names); i < n && goes_on(r); i += 2)
		read_file(r, r->api.qpdf_oh_get_array_item(r->pdf, names, i));
	for (int i = 0, n = length(r, kids); i < n && goes_on(r); i++)
		read_tree(r, r->api.qpdf_oh_get_array_item(r->pdf, kids, i), depth + 1);
}

static void read_list(struct reading *r, qpdf_oh list, const char *within)
{
	for (int i = 0, n = length(r, list); i < n && goes_on(r); i++) {
		qpdf_oh item = r->api.qpdf_oh_get_array_item(r->pdf, list, i);
		read_file(r, within ? key(r, item, within) : item);
	}
}

static void read_all(struct reading *r)
{
	qpdf_oh root = r->api.qpdf_get_root(r->pdf);

	read_tree(r, key(r, key(r, root, "/Names"), "/EmbeddedFiles"), 0);
	/* what a document is associated with is in that tree too, as a rule */
	if (!r->found)
		read_list(r, key(r, root, "/AF"), NULL);
	int pages = r->api.qpdf_get_num_pages(r->pdf);
	r->damaged = r->damaged || pages < 0;
	for (int i = 0; i < pages && goes_on(r); i++)
		read_list(r, key(r, r->api.qpdf_get_page_n(r->pdf, (size_t)i), "/Annots"), "/FS");
}

static enum cla_pdf_state read_pdf(struct reading *r, struct cla_str pdf)
{
	r->pdf = r->api.qpdf_init();
	if (!r->pdf)
		return CLA_PDF_DAMAGED;
	r->api.qpdf_silence_errors(r->pdf);
	r->api.qpdf_set_suppress_warnings(r->pdf, QPDF_TRUE);
	if (r->api.qpdf_read_memory(r->pdf, "", pdf.ptr, pdf.len, NULL) & QPDF_ERRORS) {
		qpdf_error why = r->api.qpdf_get_error(r->pdf);
		if (why && r->api.qpdf_get_error_code(r->pdf, why) == qpdf_e_password)
			return CLA_PDF_LOCKED;
		return CLA_PDF_DAMAGED;
	}
	read_all(r);
	return r->damaged ? CLA_PDF_DAMAGED : CLA_PDF_READ;
}

enum cla_pdf_state cla_pdf_embedded(struct cla_str pdf, cla_pdf_fn *fn, void *ctx)
{
	struct reading r = { .fn = fn, .ctx = ctx };
	void *library = dlopen(QPDF_SONAME, RTLD_NOW | RTLD_LOCAL);

	if (!library || !load(library, &r.api))
		return CLA_PDF_NO_LIBRARY;
	enum cla_pdf_state state = read_pdf(&r, pdf);
	if (r.pdf)
		r.api.qpdf_cleanup(&r.pdf);
	(void)dlclose(library);
	return state;
}
#endif
