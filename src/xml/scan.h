/* xml/scan.h - a bounded look at bytes that claim to be XML, before libxml2 sees them.
 *
 * libxml2 2.9 was measured at 10 s for a long run of "--" in a comment, 20 s for 200,000 attributes
 * and 1.9 GB for 15 million elements. This scan walks markup boundaries once, in constant memory,
 * and refuses: a DOCTYPE (whatever it holds), and anything beyond the limits. A file beyond `parse`
 * is refused unread: no more than its first `parse` + 1 bytes need to be handed in. The scan does
 * not judge well-formedness beyond what it needs to follow tags. Input in UTF-16 is followed too
 * (by its byte order mark, or by zero bytes around '<').
 */
#ifndef CLA_XML_SCAN_H
#define CLA_XML_SCAN_H

#include "base/str.h"

#include <stdint.h>

struct cla_xml_limits {
	uint64_t file;	/* bytes scanned */
	uint64_t parse; /* bytes handed to the parser */
	uint64_t depth;
	uint64_t attributes; /* of one element */
	uint64_t namespaces; /* declared on one element */
	uint64_t name;	     /* bytes of an element or attribute name */
	uint64_t attribute;  /* bytes of a value */
	uint64_t text;	     /* bytes of one text, comment, CDATA or processing instruction */
	uint64_t nodes;	 /* elements and attributes together; comments, CDATA and instructions count
			    too */
	uint64_t memory; /* bytes of the file and, estimated, of the parser's tree together */
};

/* 100 MiB, 16 MiB, 256, 256, 64, 1 KiB, 1 MiB, 8 MiB, 250,000, 40 MiB. All namespaces in scope at
 * one place may be 16 times what one element may declare, and no limit lets a document be deeper
 * than 4,096. */
extern const struct cla_xml_limits cla_xml_limits_default;

/* Sets one limit by the name of its member above; false for an unknown name. */
CLA_USE
bool cla_xml_limit_set(struct cla_xml_limits *limits, struct cla_str name, uint64_t value);

enum cla_xml_shape {
	CLA_XML_SHAPE_OK,      /* may be parsed */
	CLA_XML_SHAPE_NOT_XML, /* does not begin like XML after BOM and blanks */
	CLA_XML_SHAPE_DOCTYPE,
	CLA_XML_SHAPE_LIMIT,  /* `limit` says which */
	CLA_XML_SHAPE_BROKEN, /* markup that never ends, or bytes after the root that cannot be */
};

struct cla_xml_scan {
	enum cla_xml_shape shape;
	const char *limit; /* name of the limit, as in cla_xml_limit_set */
	uint64_t limit_value;
	size_t offset; /* of the offence */
	bool bom;      /* UTF-8 byte order mark */
	bool utf16;
	bool leading_bytes;    /* blanks before '<' (after the BOM) */
	uint64_t nodes, depth; /* seen */
	uint64_t memory;       /* estimated */
};

void cla_xml_scan(struct cla_str bytes, const struct cla_xml_limits *limits,
		  struct cla_xml_scan *ret);

#endif
