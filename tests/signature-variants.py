#!/usr/bin/env python3
"""Makes signed documents that were tampered with or wrapped: signature-variants.py CONTROLS OUT

From the signed documents of CONTROLS (src/fiscal/controls). OUT gets the files and `variants`, one line each: file, the rule
that must name the kind of failure, what xmlsec1 is due to say of the signature (bad, good, or - where it is not asked), and
where it says good, why that is no contradiction. Lines are parted by tabs.
"""
import base64, hashlib, os, re, sys

controls, out = sys.argv[1:]
NFE = 'http://www.portalfiscal.inf.br/nfe'
DS = 'http://www.w3.org/2000/09/xmldsig#'
C14N = 'http://www.w3.org/TR/2001/REC-xml-c14n-20010315'
table = []


def read(name):
	with open(os.path.join(controls, name), encoding='utf-8') as f:
		return f.read()


DOCS = {name: read(name + '.xml') for name in ('note', 'event', 'cte', 'mdfe', 'nfse')}
PREFIX = {'note': 'nfe.', 'event': 'nfe-event.', 'cte': 'dfe.', 'mdfe': 'dfe.', 'nfse': 'nfse.'}


def write(doc, name, text, rule, xmlsec='bad', why=''):
	file = f'{doc}-{name}.xml'
	with open(os.path.join(out, file), 'w', encoding='utf-8') as f:
		f.write(text)
	table.append('\t'.join((file, rule if '.' in rule else PREFIX[doc] + rule, xmlsec, why)))


def edit(doc, *changes):
	"""(old, new) or (behind, old, new), as in the controls."""
	text = DOCS[doc]
	for change in changes:
		behind, old, new = ('',) * (3 - len(change)) + change
		at = text.index(old, text.index(behind) + len(behind))
		text = text[:at] + new + text[at + len(old):]
	return text


def variant(doc, name, rule, *changes, **more):
	write(doc, name, edit(doc, *changes), rule, **more)


def part(text, start, end):
	at = text.index(start)
	return text[at:text.index(end, at) + len(end)]


# ---- content: one value, one blank, one element, one attribute ----

variant('note', 'value', 'signature-digest', ('<vNF>202.04', '<vNF>902.04'))
variant('note', 'blank-in-value', 'signature-digest', ('<vNF>202.04', '<vNF>202.04 '))
variant('note', 'removed', 'signature-digest', ('<tBand>02</tBand>', ''))
variant('note', 'added', 'signature-digest', ('<indFinal>1</indFinal>', '<indFinal>1</indFinal><indFinal>0</indFinal>'))
variant('note', 'attribute', 'signature-digest', ('<det nItem="1"', '<det nItem="3"'))
variant('note', 'order', 'signature-digest', ('<cEAN>SEM GTIN</cEAN>', ''), ('<NCM>', '<cEAN>SEM GTIN</cEAN><NCM>'))
variant('note', 'namespace', 'signature-digest', ('<pag>', '<pag xmlns="">'))
variant('note', 'instruction', 'signature-digest', ('<pag>', '<pag><?pay more?>'))
variant('note', 'letter-case', 'signature-digest', ('<cAut>A1B2C3', '<cAut>a1b2c3'))
variant('event', 'value', 'signature-digest', ('<nProt>135240000000017', '<nProt>135240000000018'))
variant('cte', 'value', 'signature-digest', ('<vTPrest>150.00', '<vTPrest>950.00'))
variant('mdfe', 'value', 'signature-digest', ('<vCarga>1000.00', '<vCarga>9000.00'))
variant('nfse', 'value', 'signature-digest', ('<vLiq>190.00', '<vLiq>910.00'))
variant('nfse', 'declared-value', 'nfse.dps-signature-digest', ('<vServ>200.00', '<vServ>900.00'))
variant('note', 'comment-split', 'signature-digest', ('<vNF>202.04', '<vNF>902<!-- -->.04'))

# ---- what was done to the whole file: not evidence, but recoverable ----

def indent(text):
	return re.sub(r'><', '>\n\t<', text)


write('note', 'indented', indent(DOCS['note']), 'signature-reindented')
write('cte', 'indented', indent(DOCS['cte']), 'signature-reindented')
write('nfse', 'indented', indent(DOCS['nfse']), 'signature-reindented')
write('note', 'indented-edited', indent(edit('note', ('<vNF>202.04', '<vNF>902.04'))), 'signature-digest')
write('note', 'one-blank', edit('note', ('<pag>', ' <pag>')), 'signature-reindented')
# an envelope around the whole is left off; namespaces that were added inside are not
variant('note', 'namespaces', 'signature-rewrapped', ('<nfeProc ', '<nfeProc xmlns:e="urn:e" xmlns:x="urn:x" '))
variant('cte', 'namespaces', 'signature-rewrapped', ('<CTe ', '<CTe xmlns:e="urn:e" '))
write('note', 'indented-refilled', indent(edit('note', ('<DigestMethod', '<DigestMethod  x=""'))), 'signature-blanks')

# ---- the Signature: its parts, its place ----

sig = part(DOCS['note'], '<Signature ', '</Signature>')
key = part(DOCS['note'], 'NFe35', '"')[:-1]
variant('note', 'unsigned', 'signature-missing', (sig, ''))
variant('note', 'foreign-namespace', 'signature-missing', ('<Signature xmlns="' + DS, '<Signature xmlns="urn:' + DS))
variant('note', 'empty', 'signature-form', (sig, f'<Signature xmlns="{DS}"/>'))
variant('note', 'twice', 'signature-place', (sig, sig + sig), xmlsec='good', why='looks at the first one only')
variant('note', 'before', 'signature-place', (sig, ''), ('<infNFe ', sig + '<infNFe '), xmlsec='good',
	why='the place is fixed by the layout alone')
variant('note', 'outside', 'signature-missing', (sig + '</NFe>', '</NFe>' + sig), xmlsec='good',
	why='the place is fixed by the layout alone')
variant('note', 'object', 'signature-form', ('</KeyInfo>', '</KeyInfo><Object/>'), xmlsec='good',
	why='the layout admits no Object')
variant('note', 'key-value', 'signature-form', ('<KeyInfo>', '<KeyInfo><KeyName>x</KeyName>'), xmlsec='good',
	why='the layout admits a certificate alone')
variant('note', 'comment', 'signature-form', ('<SignedInfo>', '<SignedInfo><!-- x -->'), xmlsec='good',
	why='a comment changes no canonical form; no program of the field writes one')
variant('note', 'comment-in-digest', 'signature-form', ('<DigestValue>', '<DigestValue>AAAA<!-- -->'))
variant('note', 'two-digests', 'signature-form', ('<DigestValue>', '<DigestValue/><DigestValue>'))
variant('note', 'short-digest', 'signature-form', ('<DigestValue>', '<DigestValue>AAAA'))
variant('note', 'no-base64', 'signature-form', ('<SignatureValue>', '<SignatureValue>=*'))
variant('note', 'two-references', 'signature-form', ('</Reference>', '</Reference><Reference URI=""/>'))
variant('note', 'value-flipped', 'signature-value', ('<SignatureValue>V', '<SignatureValue>A'))
variant('note', 'other-certificate', 'signature-value',
	(part(DOCS['note'], '<X509Certificate>', '</X509Certificate>'),
	 '<X509Certificate>' + read('other.b64').strip() + '</X509Certificate>'))
variant('note', 'curve', 'signature-key',
	(part(DOCS['note'], '<X509Certificate>', '</X509Certificate>'),
	 '<X509Certificate>' + read('curve.b64').strip() + '</X509Certificate>'))
variant('note', 'broken-certificate', 'certificate-unreadable', ('<X509Certificate>MIID', '<X509Certificate>MIIA'))

# ---- algorithms and transforms ----

variant('note', 'hmac', 'signature-algorithm', ('xmldsig#rsa-sha1"/>', 'xmldsig#hmac-sha1"><HMACOutputLength>1</HMACOutputLength></SignatureMethod>'))
variant('note', 'dsa', 'signature-algorithm', ('xmldsig#rsa-sha1', 'xmldsig#dsa-sha1'))
variant('note', 'sha256', 'signature-algorithm', ('2000/09/xmldsig#rsa-sha1', '2001/04/xmldsig-more#rsa-sha256'))
variant('note', 'md5', 'signature-algorithm', ('2000/09/xmldsig#sha1', '2001/04/xmldsig-more#md5'))
variant('note', 'exclusive', 'signature-algorithm', ('<CanonicalizationMethod', C14N, 'http://www.w3.org/2001/10/xml-exc-c14n#'))
variant('note', 'with-comments', 'signature-algorithm', ('<CanonicalizationMethod', C14N, C14N + '#WithComments'))
variant('note', 'not-enveloped', 'signature-algorithm',
	(f'<Transform Algorithm="{DS}enveloped-signature"/>', ''))
variant('note', 'swapped', 'signature-algorithm',
	('<Transforms>', f'{DS}enveloped-signature', C14N), (f'{C14N}"/></Transforms>', f'{DS}enveloped-signature"/></Transforms>'))
variant('note', 'xpath', 'signature-algorithm',
	('<Transforms>', '<Transforms><Transform Algorithm="http://www.w3.org/TR/1999/REC-xpath-19991116"><XPath>not(ancestor-or-self::*[local-name()="pag"])</XPath></Transform>'))
variant('note', 'xslt', 'signature-algorithm',
	('<Transforms>', '<Transforms><Transform Algorithm="http://www.w3.org/TR/1999/REC-xslt-19991116"><s:stylesheet xmlns:s="http://www.w3.org/1999/XSL/Transform" version="1.0"/></Transform>'))
variant('note', 'base64-transform', 'signature-algorithm', (DS + 'enveloped-signature', DS + 'base64'))
variant('nfse', 'prefix-list', 'signature-algorithm',
	('</infNFSe>', 'exc-c14n#WithComments"/></Transforms>', 'exc-c14n#WithComments"><l:InclusiveNamespaces xmlns:l="http://www.w3.org/2001/10/xml-exc-c14n#" PrefixList="x"/></Transform></Transforms>'))
variant('nfse', 'digest-mixed', 'signature-form', ('</infNFSe>', '2001/04/xmlenc#sha256', '2000/09/xmldsig#sha1'))

# ---- the reference ----

for name, uri, xmlsec in (('whole-file', 'URI=""', 'bad'), ('no-uri', '', 'bad'), ('pointer', f'URI="#xpointer(id(\'{key}\'))"', 'bad'),
			  ('no-target', 'URI="#NFe0"', 'bad'), ('outside', 'URI="http://127.0.0.1:9/x"', 'bad'),
			  ('file', 'URI="file:///etc/hostname"', 'bad')):
	variant('note', 'reference-' + name, 'signature-reference', (f'URI="#{key}"', uri), xmlsec=xmlsec)

# ---- wrapping: the signed element stays, another is read ----

good = part(DOCS['note'], '<infNFe ', '</infNFe>')
prot = part(DOCS['note'], '<protNFe ', '</protNFe>')
same = good.replace('<vNF>202.04', '<vNF>902.04')
other = same.replace('Id="NFe35', 'Id="NFe33')
WRAPS = {
	'beside-same': ('<NFe>%f%g%s</NFe>%p', 'signature-digest', 'bad'),
	'beside-other': ('<NFe>%o%g%s</NFe>%p', 'signature-reference', 'good'),
	'behind-same': ('<NFe>%f%s%g</NFe>%p', 'signature-digest', 'bad'),
	'behind-other': ('<NFe>%o%s%g</NFe>%p', 'signature-reference', 'good'),
	'in-wrapper': ('<NFe>%o%s<wrapper>%g</wrapper></NFe>%p', 'signature-reference', 'good'),
	'in-supplement': ('<NFe>%f%s<infNFeSupl>%g</infNFeSupl></NFe>%p', 'signature-digest', 'bad'),
	'in-protocol': ('<NFe>%o%s</NFe>%p%g', 'signature-reference', 'good'),
	'before-note': ('<x>%g</x><NFe>%o%s</NFe>%p', 'signature-reference', 'good'),
	'second-note': ('<NFe>%o</NFe><NFe>%g%s</NFe>%p', 'signature-missing', 'good'),
	'nested-note': ('<NFe>%f<NFe>%g%s</NFe></NFe>%p', 'signature-missing', 'bad'),
	'nested-in-signed': ('<NFe><infNFe Id="X" versao="4.00">%g</infNFe>%s</NFe>%p', 'signature-reference', 'good'),
	'nested-same-id': (f'<NFe><infNFe Id="{key}" versao="4.00">%g</infNFe>%s</NFe>%p', 'signature-digest', 'bad'),
	'repeated-elsewhere': ('<NFe>%g%s</NFe>%p<x>%g</x>', 'signature-repeated-id', 'bad'),
	'other-namespace': ('<NFe>%o%s</NFe><y:NFe xmlns:y="urn:y">%g</y:NFe>%p', 'signature-reference', 'bad'),
}
for name, (pattern, rule, xmlsec) in WRAPS.items():
	text = re.sub('%(.)', lambda m: {'g': good, 'f': same, 'o': other, 's': sig, 'p': prot}[m[1]], pattern)
	write('note', 'wrap-' + name, f'<nfeProc xmlns="{NFE}" versao="4.00">{text}</nfeProc>', rule, xmlsec,
	      'verifies what the Id leads to, which is not what is read' if xmlsec == 'good' else '')
variant('note', 'id-in-protocol', 'signature-repeated-id', ('<infProt>', f'<infProt xml:id="{key}">'), xmlsec='-')
variant('note', 'id-in-lower-case', 'signature-repeated-id', ('<infProt>', f'<infProt id="{key}">'), xmlsec='good',
	why='Ids of other elements are not known to it')

# An NFS-e around another's declaration: the signatures of each hold, but the outer one is of the outer element.
inner = part(DOCS['nfse'], '<DPS ', '</DPS>')
variant('nfse', 'unsigned-outside', 'signature-missing',
	(DOCS['nfse'][DOCS['nfse'].index('</infNFSe>') + 10:DOCS['nfse'].index('</NFSe>')], ''), xmlsec='-')
variant('nfse', 'second-declaration', 'signature-digest', (inner, inner + inner), xmlsec='-')

with open(os.path.join(out, 'variants'), 'w', encoding='utf-8') as f:
	f.write('\n'.join(table) + '\n')
