#!/usr/bin/env python3
"""Turn a schema in the project's notation (xsd/README) into XSD 1.0.

    python3 xsd/compile.py OUTDIR IN.sch...

Each NAME.sch becomes OUTDIR/NAME.xsd; what is the same for all of them is listed in
OUTDIR/schemas.list (xsd/README).  Both depend on the input files only.  A mistake in the notation is
reported as file:line and ends with status 1; that file and those behind it are not written then.
"""

import os
import re
import sys
from dataclasses import dataclass, field
from typing import Optional
from xml.sax.saxutils import quoteattr

XSD = 'http://www.w3.org/2001/XMLSchema'

# The built-in types that the notation may name.  A short list on purpose: a checker generated from
# the notation has to know each of them.
BUILTIN = {'anySimpleType', 'string', 'NMTOKEN', 'decimal', 'integer', 'long', 'int', 'short',
           'date', 'dateTime', 'time', 'gYearMonth', 'anyURI', 'base64Binary', 'ID', 'anyType'}
BOUNDS = {'min': 'minInclusive', 'max': 'maxInclusive', 'digits': 'totalDigits',
          'fraction': 'fractionDigits'}
SPACES = {'preserve', 'replace', 'collapse'}
NAME = r'[^\W\d][\w.-]*'
OCCURS = r'(\?|\*|\+|\{\d+(?:,\d*)?\})?'


class SchemaError(Exception):
    """A mistake in the notation; `where` is a Line."""

    def __init__(self, where, text):
        super().__init__(f'{where.path}:{where.number}: {text}')


@dataclass
class Line:
    """A line of the notation with the lines nested below it."""
    path: str
    number: int
    text: str
    nested: list = field(default_factory=list)


@dataclass
class Simple:
    """A simple type: a base (built-in or named) and what restricts it further."""
    base: str
    where: Line
    facets: list = field(default_factory=list)  # (XSD facet, value), in the order written


@dataclass
class Occurs:
    least: int = 1
    most: Optional[int] = 1  # None: no upper bound


@dataclass
class Element:
    name: str
    occurs: Occurs
    type: object  # Simple, Struct or the name of a shared one
    where: Line
    unique: list = field(default_factory=list)  # (name, selector, field)


@dataclass
class Reference:
    """A global element of an imported namespace, as prefix:name."""
    name: str
    occurs: Occurs


@dataclass
class Group:
    kind: str  # sequence, choice or all
    occurs: Occurs
    items: list


@dataclass
class Any:
    occurs: Occurs
    process: str
    namespaces: str


@dataclass
class Attribute:
    name: str
    required: bool
    fixed: Optional[str]
    type: object
    where: Line


@dataclass
class Struct:
    """Content of an element: children in order, attributes, or text with attributes."""
    where: Line
    items: list = field(default_factory=list)
    attributes: list = field(default_factory=list)
    text: object = None
    mixed: bool = False  # text may stand between the children
    any_attribute: Optional[str] = None  # what is done with attributes that are not listed


@dataclass
class Schema:
    namespace: str = ''
    lets: dict = field(default_factory=dict)  # name -> text that patterns take up as ${name}
    imports: list = field(default_factory=list)  # (prefix, namespace, file)
    types: dict = field(default_factory=dict)  # name -> Simple or Struct, in the order written
    roots: list = field(default_factory=list)
    cadena: Optional[str] = None  # '' in the order written, None not known
    part_of: list = field(default_factory=list)  # schemas of the documents whose seal covers it


@dataclass
class Flags:
    on: set = field(default_factory=set)  # by `with`
    known: set = field(default_factory=set)  # by `flags`
    shared: set = field(default_factory=set)  # paths of files with a line `shared`


def read_lines(path, flags, includer=None):
    """The lines of a file as a forest: guards applied, includes replaced by their contents."""
    try:
        with open(path, encoding='utf-8') as f:
            raw = f.read().split('\n')
    except (OSError, UnicodeDecodeError) as e:
        raise SchemaError(includer or Line(path, 0, ''), f'cannot read {path}: {e}') from e

    top = []
    levels = [top]  # levels[d]: where a line at depth d goes; None: below a guard that is off
    for number, text in enumerate(raw, 1):
        body = text.lstrip('\t')
        depth = len(text) - len(body)
        line = Line(path, number, body.rstrip())
        if not line.text or body.startswith('#'):
            continue
        if body.startswith(' '):
            raise SchemaError(line, 'indent with tabs')
        if depth >= len(levels):
            raise SchemaError(line, 'indented deeper than the line above allows')
        del levels[depth + 1:]
        guard = re.match(r'\[(!?)([\w-]+)\]\s*', line.text)
        if guard:
            line.text = line.text[guard.end():]
            if guard[2] not in flags.known:
                raise SchemaError(line, f'no line `flags` above names {guard[2]}')
        if levels[depth] is None or guard and (guard[2] in flags.on) == bool(guard[1]):
            levels.append(None)
            continue
        word, _, rest = line.text.partition(' ')
        if depth == 0 and word == 'with':
            flags.on.update(rest.split())
        elif depth == 0 and word == 'flags':
            flags.known.update(rest.split())
        elif depth == 0 and line.text == 'shared':
            flags.shared.add(path)
        elif depth == 0 and word == 'include':
            other = os.path.join(os.path.dirname(path), rest.strip())
            top.extend(read_lines(other, flags, line))
        else:
            levels[depth].append(line)
        levels.append(line.nested)
    return top


def parse_occurs(mark):
    fixed = {None: (1, 1), '': (1, 1), '?': (0, 1), '*': (0, None), '+': (1, None)}
    if mark in fixed:
        return Occurs(*fixed[mark])
    low, comma, high = mark.strip('{}').partition(',')
    return Occurs(int(low), int(high) if high else None if comma else int(low))


def parse_words(line, text):
    """The codes of a list; `01..12` stands for all numbers between, written in the same width."""
    words = []
    for word in text.split():
        span = re.fullmatch(r'(\d+)\.\.(\d+)', word)
        if not span:
            words.append(word)
            continue
        if int(span[1]) >= int(span[2]):
            raise SchemaError(line, f'empty range {word}')
        words.extend(str(n).zfill(len(span[1])) for n in range(int(span[1]), int(span[2]) + 1))
    return words


def parse_pattern(line, text, lets):
    if len(text) < 2 or text[-1] != '/':
        raise SchemaError(line, 'a pattern ends the line and is closed by /')

    def replace(m):
        if m[1] not in lets:
            raise SchemaError(line, f'no let defines {m[1]}')
        return lets[m[1]]

    return 'pattern', re.sub(r'\$\{([\w-]+)\}', replace, text[1:-1])


def parse_simple(line, text, lets):
    """BASE facets..., then a pattern or a list of codes; nested lines hold more of these two.

    Without a BASE (text begins with a pattern or a list) it is string."""
    text = text.strip()
    if not text and not line.nested:
        raise SchemaError(line, 'a type is missing')
    base = 'string'
    head = re.match(NAME + r'(?=\s|$)', text)
    if head:
        base, text = head[0], text[head.end():].strip()
    simple = Simple(base, line)
    words = []
    while text:
        if text[0] == '/':
            simple.facets.append(parse_pattern(line, text, lets))
            break
        if text[0] == ':':
            words = parse_words(line, text[1:]) or [None]
            break
        word, _, text = text.partition(' ')
        text = text.strip()
        span = re.fullmatch(r'(\d*)(\.\.)?(\d*)', word)
        if word in SPACES:
            simple.facets.append(('whiteSpace', word))
        elif span and span[2]:
            ends = (('minLength', span[1]), ('maxLength', span[3]))
            simple.facets += [(facet, value) for facet, value in ends if value]
        elif span:
            simple.facets.append(('length', word))
        elif word in BOUNDS:
            value, _, text = text.partition(' ')
            text = text.strip()
            if not value:
                raise SchemaError(line, f'{word} needs a value')
            simple.facets.append((BOUNDS[word], value))
        else:
            raise SchemaError(line, f'unknown word {word!r} in a type')
    for more in line.nested:
        if more.text.startswith('/'):
            simple.facets.append(parse_pattern(more, more.text, lets))
        elif words:
            words += parse_words(more, more.text)
        elif not more.text.startswith('.unique '):
            raise SchemaError(more, 'what has a type cannot have content too')
    words = [word for word in words if word is not None]
    if len(set(words)) != len(words):
        raise SchemaError(line, 'a code stands twice in the list')
    simple.facets += [('enumeration', word) for word in words]
    return simple


def parse_type(line, text, lets):
    """The type of an element or attribute: the name of a shared type, or one written in place."""
    simple = parse_simple(line, text, lets)
    return simple if simple.facets else simple.base


def parse_element(line, lets):
    m = re.match(rf'({NAME}){OCCURS}(?:\s+|$)', line.text)
    if not m:
        raise SchemaError(line, 'an element, @attribute or .directive was expected')
    element = Element(m[1], parse_occurs(m[2]), None, line)
    rest = line.text[m.end():]
    body = [n for n in line.nested if not n.text.startswith('.unique ')]
    if rest:
        element.type = parse_type(line, rest, lets)
    elif body:
        element.type = parse_struct(line, body, lets)
    else:
        raise SchemaError(line, f'element {m[1]} has neither a type nor content')
    for nested in line.nested:
        if nested.text.startswith('.unique '):
            words = nested.text.split()
            if len(words) != 4:
                raise SchemaError(nested, '.unique NAME SELECTOR FIELD')
            element.unique.append(tuple(words[1:]))
    return element


def parse_attribute(line, lets):
    m = re.match(rf'@({NAME})(\?)?(?:=("[^"]+"|\S+))?(?:\s+|$)', line.text)
    if not m:
        raise SchemaError(line, '@NAME, @NAME? or @NAME=FIXED and a type were expected')
    return Attribute(m[1], not m[2], m[3] and m[3].strip('"'), parse_type(line, line.text[m.end():], lets), line)


def parse_directive(line, struct, lets):
    """One line that begins with a dot; returns a particle or None when it only changed `struct`."""
    m = re.match(rf'\.([a-z]+){OCCURS}(?:\s+|$)', line.text)
    word, rest = (m[1], line.text[m.end():].split()) if m else (None, [])
    if word in ('choice', 'sequence', 'all') and not rest and line.nested:
        inner = parse_struct(line, line.nested, lets)
        if inner.attributes or inner.text or inner.mixed:
            raise SchemaError(line, f'only elements stand in a .{word}')
        return Group(word, parse_occurs(m[2]), inner.items)
    if word == 'empty' and not rest and not m[2]:
        return None
    if word == 'mixed' and not rest and not m[2]:
        struct.mixed = True
        return None
    if word == 'any' and rest and rest[0] in ('strict', 'lax', 'skip'):
        return Any(parse_occurs(m[2]), rest[0], ' '.join(rest[1:]) or '##any')
    if word == 'use' and len(rest) == 1 and not m[2]:
        return ('use', rest[0], line)
    if word == 'text' and rest and not m[2]:
        struct.text = parse_type(line, line.text[m.end():], lets)
        return None
    raise SchemaError(line, f'cannot read {line.text!r}')


def parse_struct(line, body, lets):
    struct = Struct(line)
    for nested in body:
        other = re.fullmatch(r'@\* (strict|lax|skip)', nested.text)
        if other:
            struct.any_attribute = other[1]
            continue
        if nested.text.startswith('@'):
            struct.attributes.append(parse_attribute(nested, lets))
            continue
        ref = re.fullmatch(rf'({NAME}:{NAME}){OCCURS}', nested.text)
        if ref:
            struct.items.append(Reference(ref[1], parse_occurs(ref[2])))
        elif nested.text.startswith('.'):
            particle = parse_directive(nested, struct, lets)
            if particle:
                struct.items.append(particle)
        else:
            struct.items.append(parse_element(nested, lets))
    if struct.text and struct.items:
        raise SchemaError(line, 'text and child elements exclude each other')
    if struct.mixed and not struct.items:
        raise SchemaError(line, 'nothing to mix with text')
    return struct


def parse_schema(path):
    schema, flags = Schema(), Flags()
    lines = read_lines(path, flags)
    if flags.on - flags.known:
        raise SchemaError(Line(path, 0, ''), f'no line `flags` names {min(flags.on - flags.known)}')
    for line in lines:
        word, _, rest = line.text.partition(' ')
        words = rest.split()
        name = words[0] if words else ''
        if word == 'namespace' and len(words) == 1:
            schema.namespace = name
        elif word == 'import' and len(words) == 3:
            schema.imports.append(tuple(words))
        elif word == 'let' and len(words) == 2:
            schema.lets[name] = parse_pattern(line, '/' + words[1] + '/', schema.lets)[1]
        elif word == 'cadena':
            schema.cadena = ' '.join(' '.join([rest] + [n.text for n in line.nested]).split())
            if schema.cadena.count('(') != schema.cadena.count(')'):
                raise SchemaError(line, 'a parenthesis is missing')
        elif word == 'part-of' and words:
            schema.part_of = words
        elif word == 'root' and words:
            line.text = rest
            schema.roots.append(parse_element(line, schema.lets))
        elif word in ('type', 'struct') and re.fullmatch(NAME, name):
            if name in schema.types or name in BUILTIN:
                raise SchemaError(line, f'{name} is defined already')
            if word == 'struct':
                schema.types[name] = parse_struct(line, line.nested, schema.lets)
            else:
                schema.types[name] = parse_simple(line, rest[len(name):], schema.lets)
        else:
            raise SchemaError(line, f'cannot read {line.text!r}')
    if not schema.namespace or not schema.roots:
        raise SchemaError(Line(path, 0, ''), 'a schema needs a namespace and a root')
    Resolver(schema, flags.shared).run()
    return schema


class Resolver:
    """Replaces `.use` by what it names and checks that every name exists and every type is used.

    Of shared files what nothing uses is left out."""

    def __init__(self, schema, shared):
        self.schema = schema
        self.shared = shared
        self.seen = set()
        self.used = set()
        self.prefixes = {prefix for prefix, _, _ in schema.imports}
        self.open = []

    def run(self):
        types = self.schema.types
        for name, kind in types.items():
            self.expand(name, kind)
        for root in self.schema.roots:
            self.splice([root], Struct(root.where))
            self.element(root)
        for name, kind in types.items():
            if kind.where.path not in self.shared:
                self.visit(name)
        for name, kind in list(types.items()):
            if kind.where.path in self.shared:
                if name not in self.seen:
                    del types[name]
            elif name not in self.used:
                raise SchemaError(kind.where, f'{name} is used nowhere')

    def visit(self, name):
        kind = self.schema.types.get(name)
        if kind is None or name in self.seen:
            return
        self.seen.add(name)
        if isinstance(kind, Simple):
            self.value(kind, kind.where)
        else:
            self.struct(kind)

    def expand(self, name, kind):
        if not isinstance(kind, Struct):
            return
        if name in self.open:
            raise SchemaError(kind.where, f'{name} uses itself')
        self.open.append(name)
        self.splice(kind.items, kind)
        self.open.pop()

    def splice(self, items, owner):
        """Expand the `.use` lines in a list of particles, in place."""
        out = []
        for item in items:
            if isinstance(item, tuple):
                _, name, where = item
                kind = self.schema.types.get(name)
                if not isinstance(kind, Struct) or kind.text or kind.mixed:
                    raise SchemaError(where, f'{name} is no struct with elements')
                self.expand(name, kind)
                self.used.add(name)
                out.extend(kind.items)
                owner.attributes.extend(kind.attributes)
                continue
            if isinstance(item, Group):
                self.splice(item.items, owner)
            elif isinstance(item, Element) and isinstance(item.type, Struct):
                self.splice(item.type.items, item.type)
            out.append(item)
        items[:] = out

    def name(self, name, where, simple):
        kind = self.schema.types.get(name)
        if kind is None and name not in BUILTIN:
            raise SchemaError(where, f'there is no type {name}')
        if simple and isinstance(kind, Struct):
            raise SchemaError(where, f'{name} is a struct, a plain value was expected')
        self.used.add(name)
        self.visit(name)

    def value(self, kind, where):
        self.name(kind.base if isinstance(kind, Simple) else kind, where, simple=True)

    def element(self, element):
        if isinstance(element.type, Struct):
            self.struct(element.type)
        elif isinstance(element.type, Simple):
            self.value(element.type, element.where)
        else:
            self.name(element.type, element.where, simple=False)

    def struct(self, struct):
        names = [a.name for a in struct.attributes]
        if len(set(names)) != len(names):
            raise SchemaError(struct.where, 'an attribute is declared twice')
        for attribute in struct.attributes:
            self.value(attribute.type, attribute.where)
        if struct.text:
            self.value(struct.text, struct.where)
        self.items(struct.items, struct.where)

    def items(self, items, where):
        for item in items:
            if isinstance(item, Group):
                self.items(item.items, where)
            elif isinstance(item, Element):
                self.element(item)
            elif isinstance(item, Reference) and item.name.split(':')[0] not in self.prefixes:
                raise SchemaError(where, f'no import has the prefix of {item.name}')


class Writer:
    """Writes a Schema as XSD, one tag a line, without indentation."""

    def __init__(self, schema):
        self.schema = schema
        self.out = []

    def tag(self, name, attributes, close=True):
        text = ''.join(f' {k}={quoteattr(v)}' for k, v in attributes if v is not None)
        self.out.append(f'<{name}{text}{"/" if close else ""}>')

    def end(self, name):
        self.out.append(f'</{name}>')

    def qname(self, name):
        return name if name in BUILTIN else 't:' + name

    def shared(self, kind):
        return self.qname(kind) if isinstance(kind, str) else None

    def occurs(self, occurs):
        most = 'unbounded' if occurs.most is None else str(occurs.most)
        return [('minOccurs', None if occurs.least == 1 else str(occurs.least)),
            ('maxOccurs', None if most == '1' else most)]

    def run(self):
        schema = self.schema
        names = [('xmlns', XSD), ('xmlns:t', schema.namespace)]
        names += [('xmlns:' + prefix, uri) for prefix, uri, _ in schema.imports]
        self.tag('schema', names + [('targetNamespace', schema.namespace),
                        ('elementFormDefault', 'qualified')], close=False)
        for _, uri, file in schema.imports:
            self.tag('import', [('namespace', uri), ('schemaLocation', file)])
        for name, kind in schema.types.items():
            self.type(kind, name)
        for root in schema.roots:
            self.element(root)
        self.end('schema')
        return '<?xml version="1.0" encoding="UTF-8"?>\n' + '\n'.join(self.out) + '\n'

    def type(self, kind, name=None):
        if isinstance(kind, Struct):
            self.struct(kind, name)
            return
        self.tag('simpleType', [('name', name)], close=False)
        self.tag('restriction', [('base', self.qname(kind.base))], close=not kind.facets)
        for facet, value in kind.facets:
            self.tag(facet, [('value', value)])
        if kind.facets:
            self.end('restriction')
        self.end('simpleType')

    def struct(self, struct, name=None):
        self.tag('complexType', [('name', name), ('mixed', 'true' if struct.mixed else None)],
                 close=False)
        if struct.text:
            self.tag('simpleContent', [], close=False)
            self.tag('extension', [('base', self.qname(struct.text))], close=False)
        elif len(struct.items) == 1 and isinstance(struct.items[0], Group):
            self.particle(struct.items[0])
        elif struct.items:
            self.particle(Group('sequence', Occurs(), struct.items))
        for a in struct.attributes:
            shared = isinstance(a.type, str)
            self.tag('attribute', [('name', a.name), ('type', self.shared(a.type)),
                                   ('use', 'required' if a.required else None), ('fixed', a.fixed)],
                     close=shared)
            if not shared:
                self.type(a.type)
                self.end('attribute')
        if struct.any_attribute:
            self.tag('anyAttribute', [('processContents', struct.any_attribute)])
        if struct.text:
            self.end('extension')
            self.end('simpleContent')
        self.end('complexType')

    def particle(self, item):
        if isinstance(item, Element):
            self.element(item, self.occurs(item.occurs))
        elif isinstance(item, Reference):
            self.tag('element', [('ref', item.name)] + self.occurs(item.occurs))
        elif isinstance(item, Any):
            self.tag('any', [('namespace', None if item.namespaces == '##any' else item.namespaces),
                     ('processContents', None if item.process == 'strict' else item.process)]
                 + self.occurs(item.occurs))
        else:
            self.tag(item.kind, self.occurs(item.occurs), close=False)
            for inner in item.items:
                self.particle(inner)
            self.end(item.kind)

    def element(self, element, occurs=()):
        shared = isinstance(element.type, str)
        attributes = [('name', element.name), ('type', self.shared(element.type))]
        self.tag('element', attributes + list(occurs), close=shared and not element.unique)
        if not shared:
            self.type(element.type)
        for name, selector, key in element.unique:
            self.tag('unique', [('name', name)], close=False)
            self.tag('selector', [('xpath', selector)])
            self.tag('field', [('xpath', key)])
            self.end('unique')
        if not shared or element.unique:
            self.end('element')


class Lister:
    """The lines of schemas.list for one schema."""

    def __init__(self, schema, file):
        self.schema = schema
        self.file = file

    def run(self):
        for root in self.schema.roots:
            struct = self.content(root.type)
            fixed = next((a for a in struct.attributes if a.fixed), None) if struct else None
            cadena = self.schema.cadena
            yield '\t'.join([
                self.schema.namespace, root.name, fixed.name if fixed else '',
                fixed.fixed if fixed else '', self.file,
                '-' if cadena is None else cadena or ' '.join(self.order(struct)),
                ' '.join(self.schema.part_of)])

    def content(self, kind):
        """The struct of an element's type; None when it holds a plain value."""
        if isinstance(kind, str):
            kind = self.schema.types.get(kind)
        return kind if isinstance(kind, Struct) else None

    def order(self, struct):
        """The cadena of a struct in the order written: attributes, then what its children say."""
        words = [a.name + ('' if a.required else '?') for a in struct.attributes]
        return words + self.below(struct.items)

    def below(self, items):
        words = []
        for item in items:
            if isinstance(item, Group):
                words += self.below(item.items)
            elif isinstance(item, Element):
                inner = self.content(item.type)
                inside = self.order(inner) if inner else ['.']
                words += [item.name + '('] + inside + [')'] if inside else []
        return words


def write(folder, name, text):
    with open(os.path.join(folder, name), 'w', encoding='utf-8', newline='\n') as f:
        f.write(text)


def main(argv):
    if len(argv) < 3:
        print('usage: compile.py OUTDIR IN.sch...', file=sys.stderr)
        return 2
    listed = []
    try:
        for path in argv[2:]:
            schema = parse_schema(path)
            name = os.path.splitext(os.path.basename(path))[0] + '.xsd'
            write(argv[1], name, Writer(schema).run())
            listed += Lister(schema, name).run()
        write(argv[1], 'schemas.list', ''.join(line + '\n' for line in sorted(listed)))
    except (SchemaError, OSError) as e:
        print(e, file=sys.stderr)
        return 1
    return 0


if __name__ == '__main__':
    sys.exit(main(sys.argv))
