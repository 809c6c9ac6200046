#!/bin/sh
# What documents arrive in - SOAP, batches, answers of the distribution services, files put one behind the other, other
# encodings: each document inside is judged as it would be alone, and the file's bytes are what the report names.

# shellcheck source=tests/lib.sh disable=SC2016,SC2317
. "${CLA_SRCDIR:-$(dirname "$0")/..}/tests/lib.sh"
samples=$CLA_SRCDIR/src/fiscal/controls

mkdir "$work/in"
"$CLA_PYTHON" - "$samples" "$work/in" <<'END'
import base64, gzip, os, sys
samples, out = sys.argv[1:]


def read(name):
	with open(os.path.join(samples, name), 'rb') as f:
		return f.read()


def bare(name):
	"""Without the declaration."""
	return read(name).partition(b'?>')[2].strip()


def write(name, data):
	with open(os.path.join(out, name), 'wb') as f:
		f.write(data)


def packed(data, number):
	return b'<docZip NSU="%015d" schema="x">%s</docZip>' % (number, base64.b64encode(gzip.compress(data, 6, mtime=0)))


def answer(*entries):
	lot = b''.join(entries)
	return (b'<soap:Envelope xmlns:soap="http://www.w3.org/2003/05/soap-envelope"><soap:Body><retDistDFeInt '
		b'xmlns="http://www.portalfiscal.inf.br/nfe" versao="1.01"><loteDistDFeInt>%s</loteDistDFeInt></retDistDFeInt>'
		b'</soap:Body></soap:Envelope>' % lot)


note, consumer, event, cte = (name + '.xml' for name in ('note', 'consumer', 'event', 'cte'))
for name in (note, consumer, event, cte):
	write('alone-' + name, read(name))
soap = (b'<?xml version="1.0"?>\n<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope">\n<s:Body>'
	b'<nfeResultMsg xmlns="http://www.portalfiscal.inf.br/nfe/wsdl/NFeConsultaProtocolo4">%s</nfeResultMsg></s:Body>\n'
	b'</s:Envelope>')
write('soap.xml', soap % bare(note))
inner = bare(note)
inner = inner[inner.index(b'<NFe '):inner.index(b'</NFe>') + 6]
write('note-alone.xml', inner)
batch = b'<enviNFe xmlns="http://www.portalfiscal.inf.br/nfe" versao="4.00"><idLote>1</idLote><indSinc>0</indSinc>%s</enviNFe>'
write('batch.xml', batch % (inner + b'\n' + inner.replace(b'<CRT>3</CRT>', b'<CRT>9</CRT>')))
whole = bare(event)
whole = whole[whole.index(b'<evento '):whole.index(b'</evento>') + 9]
write('event-alone.xml', whole)
write('event-batch.xml', b'<envEvento xmlns="http://www.portalfiscal.inf.br/nfe" versao="1.00"><idLote>1</idLote>%s%s</envEvento>'
      % (whole, whole))
write('carriage.xml', b'<enviCTe xmlns="http://www.portalfiscal.inf.br/cte" versao="4.00"><idLote>1</idLote>%s</enviCTe>' % bare(cte))
write('behind.xml', read(note) + b'\n' + b'\xef\xbb\xbf' + read(consumer) + b'\r\n' + bare(cte))
write('distribution.xml', answer(packed(read(note), 1), packed(read(consumer), 2),
      packed(b'<resNFe xmlns="http://www.portalfiscal.inf.br/nfe" versao="1.01"/>', 3),
      b'<docZip NSU="4">!</docZip>', packed(read(note), 5).replace(b'H4sI', b'H4sJ'), packed(b'not XML', 6)))
write('nested.xml', answer(packed(answer(packed(read(note), 1)), 2)))
write('bomb.xml', answer(packed(b' ' * (64 << 20), 1), packed(read(consumer), 2)))
write('latin-soap.xml', (soap % bare(note)).replace(b'"1.0"?', b'"1.0" encoding="ISO-8859-1"?').replace(
      'Ñ'.encode(), b'\xd1'))
write('leans.xml', b'<n:lot xmlns:n="http://www.portalfiscal.inf.br/nfe">%s</n:lot>' % whole.replace(
      b' xmlns="http://www.portalfiscal.inf.br/nfe"', b'').replace(b'<evento', b'<n:evento').replace(b'</evento', b'</n:evento'))
write('latin.xml', read(note).replace(b'UTF-8', b'ISO-8859-1', 1))
write('mark.xml', b'\xef\xbb\xbf' + read(note))
write('many.xml', b'<CTe xmlns="http://www.portalfiscal.inf.br/cte"/>' * 600)
END
"$CLARA_AUDIT" --json validate "$work/in" >"$work/all" 2>"$work/err"

# judged NAME EXPRESSION...: in Python, over the lines of that file; `doc` the lines of the file that holds it alone
judged() {
	"$CLA_PYTHON" - "$work" "$@" <<'END'
import hashlib, json, os, sys
work, name, expression = sys.argv[1:]
by_file = {}
with open(os.path.join(work, 'all'), encoding='utf-8') as f:
	for line in map(json.loads, f):
		by_file.setdefault(os.path.basename(line['file']), []).append(line)
d = by_file[name]
with open(os.path.join(work, 'in', name), 'rb') as f:
	digest = hashlib.sha256(f.read()).hexdigest()
assert [line['index'] for line in d] == list(range(len(d)))
assert {line['sha256'] for line in d} == {digest}, 'not the bytes of the file'
rules = [[f['rule'] for f in line['findings'] if f['rule'][:8] != 'related.'] for line in d]


def like(line, alone, but=()):
	"""Judged as alone, but for rules of the file; what the files say of each other is none of it."""
	other = by_file[alone][0]
	return (line['id'], line['total'], line['issuer']) == (other['id'], other['total'], other['issuer']) and [
		f['rule'] for f in line['findings'] if f['rule'] not in but and f['rule'][:8] != 'related.'] == [
		f['rule'] for f in other['findings'] if f['rule'][:8] != 'related.']


if not eval(expression):
	print(json.dumps(d, indent=1))
	sys.exit(1)
END
}

check 'a note in SOAP' judged soap.xml 'len(d) == 1 and like(d[0], "alone-note.xml")'
check 'two notes of one key in a batch, one of them changed' judged batch.xml \
	'len(d) == 2 and like(d[0], "note-alone.xml") and "nfe.schema" in rules[1] and "nfe.schema" not in rules[0]'
check 'a batch of events' judged event-batch.xml 'len(d) == 2 and all(like(x, "event-alone.xml") for x in d)'
check 'a carriage in its batch' judged carriage.xml 'len(d) == 1 and like(d[0], "alone-cte.xml")'
check 'three files one behind the other' judged behind.xml \
	'[x["kind"] for x in d] == ["nfe", "nfce", "cte"] and all(like(x, "alone-" + n, ["doc.several", "doc.bom", "doc.leading-bytes"]) for x, n in zip(d, ("note.xml", "consumer.xml", "cte.xml")))'
check '... which is told' judged behind.xml 'all("doc.several" in r for r in rules) and "doc.bom" in rules[1]'
check 'the documents of a distribution answer' judged distribution.xml \
	'len(d) == 6 and like(d[0], "alone-note.xml") and like(d[1], "alone-consumer.xml")'
check '... a summary among them is unknown, not good' judged distribution.xml \
	'd[2]["verdict"] == "unknown" and rules[2] == ["doc.kind-unknown"]'
check '... and what cannot be unpacked fails' judged distribution.xml \
	'rules[3] == rules[4] == ["doc.packed"] and rules[5] == ["doc.not-xml"]'
check 'an answer inside an answer is not opened' judged nested.xml 'rules == [["doc.kind-unknown"]]'
check 'what unpacks to more than a file may have is refused, the next is judged' judged bomb.xml \
	'rules[0] == ["doc.limit"] and like(d[1], "alone-consumer.xml")'
check 'another encoding is told, signature and all else hold' judged latin.xml 'rules == [["doc.encoding"]]'
check '... in SOAP as well' judged latin-soap.xml 'like(d[0], "alone-note.xml", ["doc.encoding"]) and "doc.encoding" in rules[0]'
check 'what leans on the namespaces around it is judged in its place' judged leans.xml \
	'len(d) == 1 and d[0]["findings"][0]["where"].startswith("/lot/evento")'
check 'a byte order mark likewise' judged mark.xml 'rules == [["doc.bom"]]'
check 'no more than 500 documents of a file' judged many.xml 'len(d) == 501 and rules[500] == ["doc.limit"]'
check 'nothing on stderr but the summary' not grep -E 'internal|fault' "$work/err"

finish
