#!/usr/bin/env python3
"""Tests of compile.py: what each line of the notation becomes, and where mistakes are reported.

    python3 xsd/compile_test.py
"""

import contextlib
import io
import os
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import compile as notation  # noqa: E402 (the folder of this file has to be known first)

HEAD = 'namespace urn:t\n'

# Notation after the namespace, what the XSD must hold.
WRITES = [
    ('root a string', '<element name="a" type="string"/>'),
    ('type n string 2..5\nroot a n', '<simpleType name="n">\n<restriction base="string">\n'
     '<minLength value="2"/>\n<maxLength value="5"/>\n</restriction>\n</simpleType>'),
    ('root a string collapse 7 /a|"&</',
     '<restriction base="string">\n<whiteSpace value="collapse"/>\n<length value="7"/>\n'
     "<pattern value='a|\"&amp;&lt;'/>"),
    ('root a decimal fraction 2 min 0.01 max 9',
     '<fractionDigits value="2"/>\n<minInclusive value="0.01"/>\n<maxInclusive value="9"/>'),
    ('root a : 08..10 X', '<enumeration value="08"/>\n<enumeration value="09"/>\n'
     '<enumeration value="10"/>\n<enumeration value="X"/>\n</restriction>'),
    ('root a :\n\tA B\n\tC', '<enumeration value="A"/>\n<enumeration value="B"/>\n'
     '<enumeration value="C"/>'),
    ('type p\n\t/x y/\n\t/z/\nroot a p', '<pattern value="x y"/>\n<pattern value="z"/>'),
    ('let d [0-9]\nlet dd ${d}{2}\nroot a /${dd}-${d}/', '<pattern value="[0-9]{2}-[0-9]"/>'),
    ('root a\n\tb? string\n\tc* string\n\td+ string\n\te{2} string\n\tf{0,9} string\n\tg{3,} string',
     '<sequence>\n<element name="b" type="string" minOccurs="0"/>\n'
     '<element name="c" type="string" minOccurs="0" maxOccurs="unbounded"/>\n'
     '<element name="d" type="string" maxOccurs="unbounded"/>\n'
     '<element name="e" type="string" minOccurs="2" maxOccurs="2"/>\n'
     '<element name="f" type="string" minOccurs="0" maxOccurs="9"/>\n'
     '<element name="g" type="string" minOccurs="3" maxOccurs="unbounded"/>\n</sequence>'),
    ('root a\n\t.choice?\n\t\tb string\n\t\t.sequence{0,5}\n\t\t\tc string',
     '<complexType>\n<choice minOccurs="0">\n<element name="b" type="string"/>\n'
     '<sequence minOccurs="0" maxOccurs="5">\n<element name="c" type="string"/>\n</sequence>\n'
     '</choice>\n</complexType>'),
    ('root a\n\tb anyType\n\t@x string\n\t@* skip',
     '<element name="b" type="anyType"/>\n</sequence>\n'
     '<attribute name="x" type="string" use="required"/>\n<anyAttribute processContents="skip"/>'),
    ('root a\n\t.any+ lax ##other\n\t@x? string\n\t@y=1 string',
     '<any namespace="##other" processContents="lax" maxOccurs="unbounded"/>\n</sequence>\n'
     '<attribute name="x" type="string"/>\n'
     '<attribute name="y" type="string" use="required" fixed="1"/>'),
    ('root a\n\t.text string\n\t@x string', '<simpleContent>\n<extension base="string">\n'
     '<attribute name="x" type="string" use="required"/>\n</extension>\n</simpleContent>'),
    ('root a\n\t.mixed\n\tb string', '<complexType mixed="true">\n<sequence>'),
    ('struct s\n\tb string\n\t@x string\nroot a\n\t.use s\n\tc s',
     '<element name="a">\n<complexType>\n<sequence>\n<element name="b" type="string"/>\n'
     '<element name="c" type="t:s"/>\n</sequence>\n'
     '<attribute name="x" type="string" use="required"/>'),
    ('root a\n\tb\n\t\tc\n\t\t\t@i string\n\t\t.unique u ./* @i',
     '<unique name="u">\n<selector xpath="./*"/>\n<field xpath="@i"/>\n</unique>\n</element>'),
    ('import q urn:q q.xsd\nroot a\n\tq:b?', '<import namespace="urn:q" schemaLocation="q.xsd"/>'),
    ('import q urn:q q.xsd\nroot a\n\tq:b?', '<element ref="q:b" minOccurs="0"/>'),
    ('flags f g\nwith f\nroot a\n\t[f] b string\n\t[g] c string\n\t[!g] d string\n'
     '\t[!f] e\n\t\tz string',
     '<sequence>\n<element name="b" type="string"/>\n<element name="d" type="string"/>\n'
     '</sequence>'),
    ('root a\n\t@x="1 2" string', '<attribute name="x" type="string" use="required" fixed="1 2"/>'),
    ('root a\n\t.all\n\t\tb string\n\t\tc? string',
     '<complexType>\n<all>\n<element name="b" type="string"/>\n'
     '<element name="c" type="string" minOccurs="0"/>\n</all>\n</complexType>'),
    ('root a\n\tb\n\t\t.empty', '<element name="b">\n<complexType>\n</complexType>\n</element>'),
    ('# note\n\nroot Año string', '<element name="Año" type="string"/>'),
]

# Notation after the namespace (which is line 1), line of the mistake, word of the message.
REFUSES = [
    ('root a nowhere', 2, 'no type nowhere'),
    ('type n string 2\nroot a string', 2, 'used nowhere'),
    ('type n string 2\ntype n string 3\nroot a n', 3, 'defined already'),
    ('type string string 2\nroot a string', 2, 'defined already'),
    ('root a\n\t/x/', 3, 'was expected'),
    ('root a\n\tb', 3, 'neither a type nor content'),
    ('root a string\n\tb string', 3, 'cannot have content'),
    ('root a\n  b string', 3, 'tabs'),
    ('root a\n\t\tb string', 3, 'deeper'),
    ('root a /x', 2, 'closed by /'),
    ('root a /${d}/', 2, 'no let defines d'),
    ('root a : X Y X', 2, 'twice'),
    ('root a : 9..5', 2, 'empty range'),
    ('root a string shiny', 2, 'shiny'),
    ('root a\n\t.perhaps\n\t\tb string', 3, '.perhaps'),
    ('root a\n\t.choice\n\t\t@x string', 3, 'only elements'),
    ('root a\n\t.use s', 3, 'no struct'),
    ('struct s\n\t.use s\nroot a s', 2, 'uses itself'),
    ('root a\n\t@x string\n\t@x string', 2, 'twice'),
    ('struct s\n\tb string\nroot a\n\t@x s', 5, 'struct'),
    ('root a\n\t.text string\n\tb string', 2, 'exclude'),
    ('root a\n\t.mixed\n\t@x string', 2, 'mix'),
    ('root a\n\tq:b', 2, 'prefix'),
    ('root a\n\t[f] b string', 3, 'flags'),
    ('include none.sch\nroot a string', 2, 'none.sch'),
    ('wishes a', 2, 'cannot read'),
]


def compile_text(text):
    """(exit status, XSD or None, what was said on stderr) of compile.py."""
    with tempfile.TemporaryDirectory() as work:
        source, out = os.path.join(work, 'in.sch'), os.path.join(work, 'in.xsd')
        with open(source, 'w', encoding='utf-8') as f:
            f.write(HEAD + text + '\n')
        with contextlib.redirect_stderr(io.StringIO()) as said:
            status = notation.main(['compile.py', work, source])
        if not os.path.exists(out):
            return status, None, said.getvalue()
        with open(out, encoding='utf-8') as f:
            return status, f.read(), said.getvalue()


class Compile(unittest.TestCase):
    def test_writes(self):
        for text, expected in WRITES:
            with self.subTest(text):
                status, xsd, said = compile_text(text)
                self.assertEqual(status, 0, said)
                self.assertIn(expected, xsd)

    def test_refuses(self):
        for text, line, word in REFUSES:
            with self.subTest(text):
                status, xsd, said = compile_text(text)
                self.assertEqual((status, xsd), (1, None))
                self.assertIn(f'in.sch:{line}: ', said)
                self.assertIn(word, said)

    def test_shared_files(self):
        """What nothing uses of a shared file is left out, and what that alone uses."""
        with tempfile.TemporaryDirectory() as work:
            library = ('shared\ntype n string 2\ntype m n 1..9\ntype k string 3\n'
                       'struct s\n\tb k\n')
            for name, text in (('lib.sch', library),
                               ('in.sch', HEAD + 'include lib.sch\nroot a n\n')):
                with open(os.path.join(work, name), 'w', encoding='utf-8') as f:
                    f.write(text)
            self.assertEqual(notation.main(['compile.py', work, os.path.join(work, 'in.sch')]), 0)
            with open(os.path.join(work, 'in.xsd'), encoding='utf-8') as f:
                xsd = f.read()
            self.assertIn('<simpleType name="n">', xsd)
            for name in 'mks':
                self.assertNotIn(f'name="{name}"', xsd)

    def test_list_of_schemas(self):
        """One line a root: namespace, name, version, file, cadena, documents."""
        body = '\tb? string\n\tc*\n\t\t@y? string\n\t.choice\n\t\td\n\t\t\t@z string\n\t@v=1.0 string\n'
        for head, cadena in (('', '-'), ('cadena\n', 'v b( . ) c( y? ) d( z )'),
                             ('cadena v c(\n\ty? )\n', 'v c( y? )')):
            with tempfile.TemporaryDirectory() as work:
                path = os.path.join(work, 'in.sch')
                with open(path, 'w', encoding='utf-8') as f:
                    f.write(HEAD + head + 'part-of x y\nroot a\n' + body)
                self.assertEqual(notation.main(['compile.py', work, path]), 0)
                with open(os.path.join(work, 'schemas.list'), encoding='utf-8') as f:
                    self.assertEqual(f.read(), f'urn:t\ta\tv\t1.0\tin.xsd\t{cadena}\tx y\n')

    def test_same_input_same_output(self):
        text = WRITES[9][0]
        self.assertEqual(compile_text(text), compile_text(text))


if __name__ == '__main__':
    unittest.main()
