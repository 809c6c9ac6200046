/* xml/checker_priv.h - the tables that xsd/checker.py makes of the schemas: gen/checker_tables.c.
 *
 * They refer to each other by place, so that they need no relocation.
 */
#ifndef CLA_XML_CHECKER_PRIV_H
#define CLA_XML_CHECKER_PRIV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CLA_TABLES_NONE 0xffff
#define CLA_TABLES_UNBOUNDED 0xffff

/* A deterministic automaton over bytes. State 0 is the dead one. */
struct cla_tables_automaton {
	uint32_t moves; /* its first in `moves`: a row a state, a column a class of bytes */
	uint16_t classes, columns;
	uint16_t start, first_accepting;
};

enum {
	CLA_TABLES_COLLAPSE = 1, /* blanks are collapsed before anything is compared */
	CLA_TABLES_BARE =
		2,	    /* the automaton admits no blank, so that nothing has to be collapsed */
	CLA_TABLES_DAY = 4, /* begins with a date, whose day has to be one of the month's */
	CLA_TABLES_IDENTITY = 8, /* no two of a document are the same */
	CLA_TABLES_BOUNDS = 16,
	CLA_TABLES_LENGTH = 32,
};

/* A simple type. Places are NONE where there is none. */
struct cla_tables_value {
	uint16_t automaton;
	uint16_t flags;
	uint32_t least, most; /* characters */
	int64_t low, high;    /* units of 10^-scale, included */
	uint8_t low_scale, high_scale;
	bool has_high;
};

/* `name` and the like are places in `names`; 0 is "". */
struct cla_tables_attribute {
	uint16_t name;
	uint16_t value; /* NONE: not for the checker */
	bool required;
	uint16_t fixed; /* 0: it is not */
};

enum cla_tables_particle_kind {
	CLA_TABLES_ELEMENT,
	CLA_TABLES_REFERENCE,
	CLA_TABLES_WILDCARD, /* a root of the schema, or of those that it imports */
	CLA_TABLES_ANYTHING, /* an element, whatever it is and holds */
	CLA_TABLES_SEQUENCE,
	CLA_TABLES_CHOICE,
};

struct cla_tables_particle {
	enum cla_tables_particle_kind kind : 8;
	uint16_t least, most;
	uint16_t what; /* ELEMENT: its declaration; REFERENCE: a root's name; groups: their first */
	uint16_t count; /* groups: particles; REFERENCE: the schema */
};

struct cla_tables_content {
	uint16_t attribute, attributes; /* first, and how many: at most 64 */
	uint16_t particle;		/* NONE: no children */
	uint16_t text;			/* the value of simple content */
	bool has_text;
};

/* An element's declaration. Neither content nor value: not for the checker. */
struct cla_tables_element {
	uint16_t name;
	uint16_t content, value;
	uint16_t unique; /* an attribute that no two children share; 0: none */
};

struct cla_tables_root {
	uint16_t name, element;
};

struct cla_tables_schema {
	uint16_t file, space;
	uint16_t root, roots;
	uint16_t import, imports; /* the schemas that a wildcard may name besides this one */
};

extern const char cla_tables_names[];
extern const unsigned char cla_tables_classes[][256];
extern const uint16_t cla_tables_moves[];
extern const struct cla_tables_automaton cla_tables_automata[];
extern const struct cla_tables_value cla_tables_values[];
extern const struct cla_tables_attribute cla_tables_attributes[];
extern const struct cla_tables_particle cla_tables_particles[];
extern const struct cla_tables_content cla_tables_contents[];
extern const struct cla_tables_element cla_tables_elements[];
extern const struct cla_tables_root cla_tables_roots[];
extern const uint16_t cla_tables_imports[];
extern const struct cla_tables_schema cla_tables_schemas[]; /* sorted by file */
extern const size_t cla_tables_schema_count;

#endif
