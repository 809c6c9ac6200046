#!/usr/bin/env python3
"""Turn schemas in the project's notation (xsd/README) into the tables of src/xml/checker.c.

    python3 xsd/checker.py OUT.c IN.sch...

The tables say less than the schema: what they cannot express for certain, they mark as such, and
the checker then leaves the document to libxml2.  A schema of which nothing could be said is left out.
"""

import os
import sys

import compile as notation
from automaton import Automaton, Pattern, Unsupported
from compile import Any, Element, Group, Reference, Simple, Struct

UNBOUNDED = 0xFFFF
NONE = 0xFFFF
MOST_ATTRIBUTES = 64
MOST_MOVES = 40000  # of an automaton: a QR code has 35,000, a page of prescribed text is not worth it

# What of a built-in type is certain to be accepted, without blanks around it.
BASES = {
    'decimal': '[0-9]{1,18}(\\.[0-9]{1,6})?|[0-9]{1,12}\\.[0-9]{1,12}',
    'integer': '[0-9]{1,18}',
    'long': '[0-9]{1,18}',
    'int': '[0-9]{1,9}|1[0-9]{9}',
    'short': '[0-9]{1,4}',
    'date': '[1-9][0-9]{3}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])',
    'dateTime': '[1-9][0-9]{3}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])'
                'T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]',
    'time': '([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]',
    'NMTOKEN': '[A-Za-z0-9._-]+',
    'ID': '[A-Za-z_][A-Za-z0-9._-]*',
    'base64Binary': '([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{4}|[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=|'
                    '[A-Za-z0-9+/][AQgw]==)',
}
NUMBERS = ('decimal', 'integer', 'long', 'int', 'short')
FRAGMENT = '#[A-Za-z0-9]+'


def one_set(tree):
    """(set, least, most) of a pattern that is one set, repeated; else None."""
    while tree[0] in ('or', 'seq') and len(tree[1]) == 1:
        tree = tree[1][0]
    if tree[0] != 'times':
        return None
    inner = tree[1]
    while inner[0] in ('or', 'seq') and len(inner[1]) == 1:
        inner = inner[1][0]
    return (inner, tree[2], tree[3]) if inner[0] == 'set' else None


def unfold(types, kind):
    """(built-in base, facets of each level from the type itself down to it)"""
    levels = []
    while isinstance(kind, Simple) or kind not in notation.BUILTIN:
        simple = kind if isinstance(kind, Simple) else types[kind]
        levels.append(simple.facets)
        kind = simple.base
    return kind, levels


class Value:
    """What a simple type admits: an automaton, a length in characters, and bounds."""

    def __init__(self, base, levels):
        self.base, self.levels = base, levels
        self.automaton, self.least, self.most = None, 0, None
        self.low = self.high = None
        self.blanks = next((value for facets in levels for facet, value in facets
                            if facet == 'whiteSpace'),
                           'preserve' if base in ('string', 'anySimpleType') else 'collapse')
        if self.blanks == 'replace':
            raise Unsupported('replace')
        self.take_base()
        for facets in self.levels:
            self.take(facets)

    def also(self, automaton):
        self.automaton = self.automaton.also(automaton) if self.automaton else automaton

    def also_pattern(self, text):
        self.also(Automaton.of(Pattern(text).parse()))

    def listed(self):
        return any(facet == 'enumeration' for facets in self.levels for facet, _ in facets)

    def take_base(self):
        if self.base in BASES:
            self.also_pattern(BASES[self.base])
        elif self.base == 'anyURI':
            if not self.listed():
                self.also_pattern(FRAGMENT)
        elif self.base not in ('string', 'anySimpleType'):
            raise Unsupported(self.base)

    def take(self, facets):
        patterns = [value for facet, value in facets if facet == 'pattern']
        words = [value for facet, value in facets if facet == 'enumeration']
        if patterns:
            self.take_patterns(patterns)
        if words:
            self.also(Automaton.of_words(words))
        for facet, value in facets:
            if self.base == 'base64Binary' and facet == 'length':
                self.take_octets(int(value))
                continue
            if facet in ('length', 'minLength'):
                self.least = max(self.least, int(value))
            if facet in ('length', 'maxLength'):
                self.most = min(int(value), self.most if self.most is not None else int(value))
            if facet in ('length', 'minLength', 'maxLength') and self.base not in ('string', 'NMTOKEN',
                                                                                   'anyURI'):
                raise Unsupported('length of ' + self.base)
            if facet in ('minInclusive', 'maxInclusive'):
                self.take_bound(facet, value)
            if facet == 'fractionDigits':
                self.also_pattern('[0-9]+(\\.[0-9]{1,%s})?' % value if int(value) else '[0-9]+')
            if facet == 'totalDigits':
                n = int(value)
                self.also_pattern('|'.join(['[0-9]{1,%d}' % n] + [
                    '[0-9]{1,%d}\\.[0-9]{1,%d}' % (i, n - i) for i in range(1, n)]))

    def take_octets(self, count):
        whole, rest = divmod(count, 3)
        tail = ('', '[A-Za-z0-9+/][AQgw]==', '[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=')[rest]
        self.also_pattern('([A-Za-z0-9+/]{4}){%d}%s' % (whole, tail))

    def take_patterns(self, patterns):
        trees = [Pattern(text).parse() for text in patterns]
        simple = one_set(trees[0]) if len(trees) == 1 and self.base == 'string' else None
        if simple:
            inner, least, most = simple
            self.least = max(self.least, least)
            if most is not None:
                self.most = min(most, self.most if self.most is not None else most)
            trees = [('times', inner, 0, None)]
        self.also(Automaton.of(('or', trees)))

    def take_bound(self, facet, value):
        """Numbers without sign are at least zero, and above it when a digit is."""
        if self.base in ('date', 'dateTime'):
            self.take_day_bound(facet, value)
            return
        if self.base not in NUMBERS:
            raise Unsupported('bounds of ' + self.base)
        whole, _, part = value.partition('.')
        fraction = [int(v) for facets in self.levels for f, v in facets if f == 'fractionDigits']
        if facet == 'minInclusive' and not (whole + part).strip('0'):
            return
        if facet == 'minInclusive' and fraction and whole == '0' and \
                part == '0' * (min(fraction) - 1) + '1':
            self.also_pattern('[0-9.]*[1-9][0-9.]*')
        elif facet == 'minInclusive':
            self.low = max(self.low or (0, 0), (int(whole + part), len(part)))
        else:
            self.high = (int(whole + part), len(part)) if self.high is None else None
            if self.high is None:
                raise Unsupported('two bounds')


    def take_day_bound(self, facet, value):
        """Days and times without zone are in the order of their characters."""
        if not Automaton.of(Pattern(BASES[self.base]).parse()).admits(value):
            raise Unsupported('bounds of ' + self.base)
        words = [value]
        for at, c in enumerate(value):
            beyond = [d for d in '0123456789' if (d > c if facet == 'minInclusive' else d < c)]
            if c.isdigit() and beyond:
                words.append(value[:at] + '[' + ''.join(beyond) + '][0-9T:-]*')
        self.also_pattern('|'.join(words))


class Tables:
    """All that the schemas come to, in arrays that refer to each other by place."""

    def __init__(self):
        self.names, self.name_places = bytearray(b'\0'), {}
        self.classes, self.moves, self.automata, self.values = [], [], [], []
        self.attributes, self.particles, self.contents, self.elements = [], [], [], []
        self.schemas, self.roots, self.known = [], [], {}
        self.said = {}

    def name(self, text):
        if text not in self.name_places:
            self.name_places[text] = len(self.names)
            self.names += text.encode() + b'\0'
        return self.name_places[text]

    def once(self, rows, row):
        key = id(rows), tuple(row)
        if key not in self.known:
            self.known[key] = len(rows)
            rows.append(row)
        return self.known[key]

    def automaton(self, automaton):
        classes, moves = automaton.columns()
        if len(moves) * len(moves[0]) > MOST_MOVES:
            raise Unsupported('large')
        flat = [then for row in moves for then in row]
        if (tuple(flat), len(moves[0])) not in self.said:
            self.said[tuple(flat), len(moves[0])] = len(self.moves)
            self.moves += flat
        place = self.said[tuple(flat), len(moves[0])]
        return self.once(self.automata, (place, self.once(self.classes, tuple(classes)), len(moves[0]),
                                         automaton.start, automaton.first_accepting))

    def value(self, types, kind):
        """The place of a simple type among the values; NONE: not for the checker."""
        base, levels = unfold(types, kind)
        key = base, repr(levels)
        if key not in self.known:
            try:
                self.known[key] = self.add_value(Value(base, levels))
            except Unsupported:
                self.known[key] = NONE
        return self.known[key]

    def add_value(self, value):
        flags = []
        # libxml2 refuses blanks around some values of other types, whatever they say
        if value.blanks == 'collapse' and value.base == 'string':
            flags.append('CLA_TABLES_COLLAPSE')
        if value.automaton and not value.automaton.has_blanks():
            flags.append('CLA_TABLES_BARE')
        if value.base in ('date', 'dateTime'):
            flags.append('CLA_TABLES_DAY')
        if value.base == 'ID':
            flags.append('CLA_TABLES_IDENTITY')
        if value.low is not None or value.high is not None:
            flags.append('CLA_TABLES_BOUNDS')
        if value.least or value.most is not None:
            flags.append('CLA_TABLES_LENGTH')
        return self.once(self.values, (
            self.automaton(value.automaton) if value.automaton else NONE,
            ' | '.join(flags) or '0', value.least, 0xFFFFFFFF if value.most is None else value.most,
            value.low or (0, 0), value.high or (0, 0), 1 if value.high else 0))


class Schema:
    """Adds one schema to the tables."""

    def __init__(self, tables, path):
        self.tables, self.path = tables, path
        self.schema = notation.parse_schema(path)
        self.contents = {}  # id of a struct -> place
        self.number = len(tables.schemas)
        base = os.path.dirname(path)
        self.imports = {prefix: file for prefix, _, file in self.schema.imports}
        name = os.path.splitext(os.path.basename(path))[0] + '.xsd'
        tables.schemas.append([tables.name(name), tables.name(self.schema.namespace), 0, 0,
                               list(self.imports.values()), base])
        self.file = name

    def run(self):
        roots = [(self.tables.name(root.name), self.element(root)) for root in self.schema.roots]
        row = self.tables.schemas[self.number]
        row[2], row[3] = len(self.tables.roots), len(roots)
        self.tables.roots += roots

    def element(self, element):
        """The place of an element's declaration."""
        kind = element.type
        if isinstance(kind, str) and isinstance(self.schema.types.get(kind), Struct):
            kind = self.schema.types[kind]
        unique = self.unique(element)
        if isinstance(kind, Struct):
            content, value = self.content(kind), NONE
        else:
            content, value = NONE, self.tables.value(self.schema.types, kind)
        if unique is None:
            content = value = NONE
        return self.tables.once(self.tables.elements, (
            self.tables.name(element.name), content, value, unique or 0))

    def unique(self, element):
        """The attribute that no two children share; '' for no such, None for another constraint."""
        if not element.unique:
            return ''
        _, selector, field = element.unique[0]
        if len(element.unique) > 1 or selector != './*' or not field.startswith('@'):
            return None
        return self.tables.name(field[1:])

    def content(self, struct):
        if id(struct) not in self.contents:
            try:
                self.contents[id(struct)] = self.make_content(struct)
            except Unsupported:
                self.contents[id(struct)] = NONE
        return self.contents[id(struct)]

    def make_content(self, struct):
        if struct.mixed or len(struct.attributes) > MOST_ATTRIBUTES:
            raise Unsupported('mixed')
        tables = self.tables
        rows = [(tables.name(a.name), tables.value(self.schema.types, self.attribute_type(a)),
                 1 if a.required else 0, tables.name(a.fixed) if a.fixed is not None else 0)
                for a in struct.attributes]
        first = len(tables.attributes)
        tables.attributes += rows
        text = tables.value(self.schema.types, struct.text) if struct.text else NONE
        if struct.text and text == NONE:
            raise Unsupported('text')
        particle = NONE
        if struct.items:
            particle = self.particles([Group('sequence', notation.Occurs(), struct.items)])
        return tables.once(tables.contents, (first, len(rows), particle, text, 1 if struct.text else 0))

    def attribute_type(self, attribute):
        """Of a fixed one: a list of that value alone."""
        if attribute.fixed is None:
            return attribute.type
        return Simple(attribute.type, attribute.where, [('enumeration', attribute.fixed)])

    def particles(self, items):
        """The place of the first of several particles that stand side by side."""
        rows = [self.particle(item) for item in items]
        first = len(self.tables.particles)
        self.tables.particles += rows
        return first

    def particle(self, item):
        least = item.occurs.least
        most = UNBOUNDED if item.occurs.most is None else item.occurs.most
        if max(least, 0 if item.occurs.most is None else most) >= UNBOUNDED:
            raise Unsupported('occurrence')
        if isinstance(item, Element):
            return 'ELEMENT', least, most, self.element(item), 0
        if isinstance(item, Reference):
            prefix, _, name = item.name.partition(':')
            return 'REFERENCE', least, most, self.tables.name(name), self.tables.name(
                self.imports[prefix])
        if isinstance(item, Any):
            if item.process == 'lax' or item.namespaces != '##any':
                raise Unsupported('any')
            return 'WILDCARD' if item.process == 'strict' else 'ANYTHING', least, most, 0, 0
        if not isinstance(item, Group) or item.kind == 'all':
            raise Unsupported('all')
        return item.kind.upper(), least, most, self.particles(item.items), len(item.items)


def quote(data):
    out = []
    for byte in data:
        c = chr(byte)
        out.append(c if 32 <= byte < 127 and c not in '"\\?' else f'\\{byte:03o}')
    return '"' + ''.join(out) + '"'


def array(kind, name, rows, inner=''):
    yield f'const {kind} cla_tables_{name}[]{inner} = {{'
    for start in range(0, len(rows), 16):
        yield '\t' + ', '.join(rows[start:start + 16]) + ','
    yield '};'


def row(*fields):
    return '{ ' + ', '.join(str(f) for f in fields) + ' }'


def check_places(tables):
    """Places are 16 bits wide, and the last is NONE."""
    for rows in (tables.names, tables.classes, tables.automata, tables.values, tables.attributes,
                 tables.particles, tables.contents, tables.elements, tables.roots, tables.schemas):
        if len(rows) >= NONE:
            raise OverflowError('the tables of the checker have outgrown their 16 bits')


def write_tables(tables):
    by_name = {t[0]: n for n, t in enumerate(tables.schemas)}
    yield '/* Generated by xsd/checker.py. */'
    yield '#include "xml/checker_priv.h"'
    yield 'const char cla_tables_names[] ='
    for text in bytes(tables.names[:-1]).split(b'\0'):
        yield '\t' + quote(text + b'\0')
    yield '\t;'
    yield from array('unsigned char', 'classes', [row(*c) for c in tables.classes],
                     '[256]')
    yield from array('uint16_t', 'moves', [str(m) for m in tables.moves])
    yield from array('struct cla_tables_automaton', 'automata', [row(*a) for a in tables.automata])
    yield from array('struct cla_tables_value', 'values', [
        row(automaton, flags, least, most, low[0], high[0], low[1], high[1], bounded)
        for automaton, flags, least, most, low, high, bounded in tables.values])
    yield from array('struct cla_tables_attribute', 'attributes', [row(*a) for a in tables.attributes])
    yield from array('struct cla_tables_particle', 'particles', [
        row('CLA_TABLES_' + kind, least, most, what, by_name[count] if kind == 'REFERENCE' else count)
        for kind, least, most, what, count in tables.particles])
    yield from array('struct cla_tables_content', 'contents', [row(*c) for c in tables.contents])
    yield from array('struct cla_tables_element', 'elements', [row(*e) for e in tables.elements])
    yield from array('struct cla_tables_root', 'roots', [row(*r) for r in tables.roots])
    imports, out = [], []
    for _, _, _, _, files, _ in tables.schemas:
        imports.append((len(out), len(files)))
        out += [str(by_name[tables.name(file)]) for file in files]
    yield from array('uint16_t', 'imports', out or ['0'])
    yield from array('struct cla_tables_schema', 'schemas', [
        row(name, space, first, count, *place)
        for (name, space, first, count, _, _), place in zip(tables.schemas, imports)])
    yield f'const size_t cla_tables_schema_count = {len(tables.schemas)};'


def main(argv):
    if len(argv) < 3:
        print('usage: checker.py OUT.c IN.sch...', file=sys.stderr)
        return 2
    tables = Tables()
    try:
        for path in sorted(argv[2:], key=lambda p: os.path.splitext(os.path.basename(p))[0] + '.xsd'):
            Schema(tables, path).run()
        check_places(tables)
        text = '\n'.join(write_tables(tables)) + '\n'
        notation.write('', argv[1], text)
    except (notation.SchemaError, OSError, OverflowError) as e:
        print(e, file=sys.stderr)
        return 1
    return 0


if __name__ == '__main__':
    sys.exit(main(sys.argv))
