#!/bin/sh
# import: documents from elsewhere, also inside of archives and answers of the tax authorities; nothing lost, everything bounded.

# shellcheck source=tests/lib.sh disable=SC2016,SC2317
. "${CLA_SRCDIR:-$(dirname "$0")/..}/tests/lib.sh"

mx=$samples/documents/mx/good br=$samples/documents/br/good
data=$work/data
set -- "$mx"/*.xml
first=$1 second=$2 third=$3
nfe=$(grep -l '<nfeProc' "$br"/*.xml | head -n 1)

# make FILE KIND [ARGUMENT…]: an archive; see below.
make() {
	"$CLA_PYTHON" - "$@" <<'END'
import base64, gzip, io, sys, zipfile, zlib
out, kind, *args = sys.argv[1:]

def data(path):
	with open(path, 'rb') as f:
		return f.read()

def zipped(entries, how=zipfile.ZIP_DEFLATED):
	buffer = io.BytesIO()
	with zipfile.ZipFile(buffer, 'w', how) as z:
		for name, content in entries:
			z.writestr(name, content)
	return buffer.getvalue()

def soap(inside):
	return ('<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body>' +
		inside + '</s:Body></s:Envelope>').encode()

def package(docs):
	return soap('<nfeDistDFeInteresseResponse xmlns="http://www.portalfiscal.inf.br/nfe/wsdl/NFeDistribuicaoDFe"><nfeDistDFeInteresseResult>'
		'<retDistDFeInt xmlns="http://www.portalfiscal.inf.br/nfe" versao="1.01"><tpAmb>1</tpAmb><cStat>138</cStat><loteDistDFeInt>' +
		''.join(f'<docZip NSU="{i:015d}" schema="procNFe_v4.00.xsd">{d}</docZip>' for i, d in docs) +
		'</loteDistDFeInt></retDistDFeInt></nfeDistDFeInteresseResult></nfeDistDFeInteresseResponse>')

def packed(content):
	return base64.b64encode(gzip.compress(content, mtime=0)).decode()

def pdf(objects, trailer=''):
	"""A PDF of objects: text, or (dictionary, stream)."""
	out, places = b'%PDF-1.7\n', []
	for i, o in enumerate(objects):
		places.append(len(out))
		text, stream = o if isinstance(o, tuple) else (o, None)
		if stream is not None:
			text = text[:-2] + f' /Length {len(stream)} >>'
		out += f'{i + 1} 0 obj\n{text}\n'.encode()
		if stream is not None:
			out += b'stream\n' + stream + b'\nendstream\n'
		out += b'endobj\n'
	start = len(out)
	out += f'xref\n0 {len(objects) + 1}\n0000000000 65535 f \n'.encode() + b''.join(f'{p:010d} 00000 n \n'.encode() for p in places)
	return out + f'trailer << /Size {len(objects) + 1} /Root 1 0 R {trailer} >>\nstartxref\n{start}\n%%EOF\n'.encode()

def embedding(files, tree=None, page='', trailer=''):
	"""A PDF with files (name, content), listed in its name tree; objects 5, 7, … are their specifications."""
	names = ' '.join(f'({n}) {5 + 2 * i} 0 R' for i, (n, _) in enumerate(files))
	objects = ['<< /Type /Catalog /Pages 2 0 R /Names << /EmbeddedFiles 4 0 R >> >>', '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
		f'<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] {page} >>', tree or f'<< /Names [{names}] >>']
	for i, (name, content) in enumerate(files):
		objects.append(f'<< /Type /Filespec /F ({name}) /UF ({name}) /EF << /F {6 + 2 * i} 0 R >> >>')
		objects.append(('<< /Type /EmbeddedFile /Filter /FlateDecode >>', zlib.compress(content, 9)))
	return pdf(objects, trailer)

if kind == 'pdf':	# NAME=FILE…
	result = embedding([(a.split('=', 1)[0], data(a.split('=', 1)[1])) for a in args])
elif kind == 'pdf-page':	# on a page only
	result = embedding([('a.xml', data(args[0]))], '<< /Names [] >>', '/Annots [<< /Type /Annot /Subtype /FileAttachment /FS 5 0 R >>]')
elif kind == 'pdf-loop':	# a tree that leads back into itself
	result = embedding([('a.xml', data(args[0]))], '<< /Kids [4 0 R 4 0 R] /Names [(a.xml) 5 0 R] >>')
elif kind == 'pdf-locked':
	result = embedding([('a.xml', data(args[0]))], trailer='/Encrypt << /Filter /Standard /V 1 /R 2 /P -4 /O <' + '41' * 32 +
		'> /U <' + '42' * 32 + '> >> /ID [<4143> <4143>]')
elif kind == 'pdf-bomb':
	result = embedding([('a.xml', b'<a>' + b' ' * int(args[0]) + b'</a>')])
elif kind == 'zip':	# NAME=FILE…
	result = zipped([(a.split('=', 1)[0], data(a.split('=', 1)[1])) for a in args])
elif kind == 'stored':
	result = zipped([(a.split('=', 1)[0], data(a.split('=', 1)[1])) for a in args], zipfile.ZIP_STORED)
elif kind == 'gz':
	result = gzip.compress(data(args[0]), mtime=0)
elif kind == 'nfe':
	result = package([(i + 1, packed(data(a))) for i, a in enumerate(args)])
elif kind == 'nfe-bad':
	result = package([(1, packed(data(args[0]))), (2, '!!no base64!!'), (3, base64.b64encode(b'\x1f\x8b no gzip').decode()), (4, '')])
elif kind == 'nfe-many':
	result = package([(i, packed(b'no document')) for i in range(int(args[0]))])
elif kind == 'sat':
	result = soap('<RespuestaDescargaMasivaTercerosSalida xmlns="http://DescargaMasivaTerceros.sat.gob.mx"><Paquete>' +
		base64.b64encode(data(args[0])).decode() + '</Paquete></RespuestaDescargaMasivaTercerosSalida>')
elif kind == 'encrypted':	# the second entry says so, in both its headers
	result = bytearray(zipped([(a.split('=', 1)[0], data(a.split('=', 1)[1])) for a in args]))
	for magic, flags in ((b'PK\3\4', 6), (b'PK\1\2', 8)):
		at = result.find(magic, result.find(magic) + 1)
		result[at + flags] |= 1
elif kind == 'nested':	# DEPTH FILE
	result = data(args[1])
	name = 'a.xml'
	for i in range(int(args[0])):
		result = zipped([(name, result)])
		name = f'n{i}.zip'
elif kind == 'bomb':	# BYTES: a document that grows
	result = zipped([('bomb.xml', b'<a>' + b' ' * int(args[0]) + b'</a>'), ('after.xml', b'<b/>')])
elif kind == 'gzbomb':
	result = gzip.compress(b'<a>' + b' ' * int(args[0]) + b'</a>', mtime=0)
elif kind == 'many':
	result = zipped([(f'{i}.xml', b'<x/>') for i in range(int(args[0]))], zipfile.ZIP_STORED)
elif kind == 'names':
	result = zipped([('../../../etc/passwd.xml', data(args[0])), ('/absolute/b.xml', data(args[1])), ('factura_ñandú.xml', data(args[2]))])
with open(out, 'wb') as f:
	f.write(result)
END
}

# items: what was imported, as "result kind name" lines without the folder.
items() {
	"$CLA_PYTHON" - "$work/out" "$work/" <<'END'
import json, sys
for line in open(sys.argv[1], encoding='utf-8'):
	item = json.loads(line)
	print(item['result'], item.get('kind', '-'), item['file'].replace(sys.argv[2], ''))
END
}

sha() {
	sha256sum "$1" | cut -d ' ' -f 1
}

# held FILE: the store has its bytes.
held() {
	name=$(sha "$1")
	cmp "$1" "$data/objects/sha256/$(printf %s "$name" | cut -c 1-2)/$(printf %s "$name" | cut -c 3-)"
}

import() {
	run --data-dir "$data" --json import "$@"
	items >"$work/items"
}

fresh() {
	chmod -R u+w "$data" 2>/dev/null
	rm -rf "$data"
}

# ---- what holds documents

printf '\377\330\377\340 picture' >"$work/a.jpg"
make "$work/post.zip" zip "2024/a.xml=$first" "2024/b.xml=$second" "photo.jpg=$work/a.jpg" "readme.txt=$0" "again.xml=$first"
import "$work/post.zip"
judged 0 stored 'a zip archive'
check 'its documents, and itself' same "$(cat "$work/items")" "stored cfdi post.zip/2024/a.xml
stored cfdi post.zip/2024/b.xml
known cfdi post.zip/again.xml
opened zip post.zip"
check 'documents are kept byte for byte' held "$first"
check 'so is the archive' held "$work/post.zip"
check 'the journal says what came out of what' json "$data/journal" "[(e['data']['name'], e['data']['outer'], e['data']['of'] and e['data']['of'][:8])
	for e in d] == [('post.zip', True, None), ('post.zip/2024/a.xml', False, '$(sha "$work/post.zip" | cut -c 1-8)'),
	('post.zip/2024/b.xml', False, '$(sha "$work/post.zip" | cut -c 1-8)')]"
check 'the custody log tells of each, once' json "$data/custody.jsonl" "[e['type'] for e in d] == ['imported'] * 3 and
	len({e['data']['object'] for e in d}) == 3"
check 'nothing else is kept' same "$(find "$data/objects" -type f | wc -l)" 3
import "$work/post.zip"
judged 0 known 'the same archive again'
check 'changes nothing' same "$(wc -l <"$data/journal")" 3
import "$first"
judged 0 known 'a document known from an archive'

make "$work/c.xml.gz" gz "$third"
import "$work/c.xml.gz"
judged 0 stored 'a gzip file'
check 'is named without its ending' same "$(cat "$work/items")" "stored cfdi c.xml.gz/c.xml
opened gz c.xml.gz"
check 'its document is kept' held "$third"

fresh
make "$work/stored.zip" stored "a.xml=$first" "c.xml.gz=$work/c.xml.gz"
make "$work/outer.zip" zip "inner.zip=$work/stored.zip" "b.xml=$second"
import "$work/outer.zip"
judged 0 stored 'archives in archives'
check 'are opened in turn' same "$(cat "$work/items")" "stored cfdi outer.zip/inner.zip/a.xml
stored cfdi outer.zip/inner.zip/c.xml
stored cfdi outer.zip/b.xml
opened zip outer.zip"
check 'only the outermost is kept beside its documents' same "$(find "$data/objects" -type f | wc -l)" 4

fresh
make "$work/dist.xml" nfe "$nfe" "$first"
import "$work/dist.xml"
judged 0 stored 'an answer of NFeDistribuicaoDFe'
check 'each docZip is a document' same "$(cat "$work/items")" "stored nfe dist.xml/000000000000001.xml
stored cfdi dist.xml/000000000000002.xml
opened package dist.xml"
check 'as it was' held "$nfe"
check 'the answer is kept' held "$work/dist.xml"
make "$work/dists.zip" zip "a/dist.xml=$work/dist.xml"
import "$work/dists.zip"
judged 0 known 'such an answer in an archive'
check 'is opened too' grep -q '^known nfe dists.zip/a/dist.xml/000000000000001.xml$' "$work/items"
make "$work/sat.xml" sat "$work/post.zip"
import "$work/sat.xml"
judged 0 stored 'a package of the bulk download'
check 'is opened' grep -q '^stored cfdi sat.xml/Paquete.zip/2024/b.xml$' "$work/items"
make "$work/bad.xml" nfe-bad "$nfe"
import "$work/bad.xml"
judged 3 damaged 'an answer with damaged parts'
check 'what is whole is taken, the rest is named' same "$(cat "$work/items")" "known nfe bad.xml/000000000000001.xml
skipped - bad.xml/000000000000002.xml.gz
skipped - bad.xml/000000000000003.xml.gz
skipped - bad.xml/000000000000004.xml.gz
opened package bad.xml"
make "$work/picture.xml" nfe "$work/a.jpg"
import "$work/picture.xml"
judged 3 'holds no XML' 'an answer with a picture alone'
check 'is not kept, and said not to be' same "$(cat "$work/items") $(grep -c picture "$data/journal")" 'skipped - picture.xml 0'

fresh
make "$work/f.pdf" pdf "f.xml=$first" "g.xml=$second" "h.jpg=$work/a.jpg"
import "$work/f.pdf"
if grep -q libqpdf "$work/out"; then
	check 'a PDF that could not be looked into: said, not swallowed' same "$code" 3
	skip 'files embedded in PDF' 'libqpdf is not there'
else
	judged 0 stored 'a PDF with embedded files'
	check 'is opened' same "$(cat "$work/items")" "stored cfdi f.pdf/f.xml
stored cfdi f.pdf/g.xml
opened pdf f.pdf"
	check 'they are kept as they were' held "$second"
	check 'and so is the PDF' held "$work/f.pdf"
	make "$work/page.pdf" pdf-page "$third"
	make "$work/pdfs.zip" zip "a/page.pdf=$work/page.pdf"
	import "$work/pdfs.zip"
	judged 0 stored 'a PDF in an archive'
	check 'a file on a page of it' grep -q '^stored cfdi pdfs.zip/a/page.pdf/a.xml$' "$work/items"
	make "$work/loop.pdf" pdf-loop "$third"
	import "$work/loop.pdf"
	judged 3 damaged 'a name tree that leads back into itself'
	check 'comes to an end' grep -q '^known cfdi loop.pdf/a.xml$' "$work/items"
	make "$work/empty.pdf" pdf
	import "$work/empty.pdf"
	judged 3 'holds no XML' 'a PDF without embedded files'
	make "$work/locked.pdf" pdf-locked "$third"
	import "$work/locked.pdf"
	judged 3 'password' 'a PDF that takes a password'
	size=$(wc -c <"$work/f.pdf")
	head -c $((size / 2)) "$work/f.pdf" >"$work/cut.pdf"
	import "$work/cut.pdf"
	judged 3 'cut.pdf' 'a PDF cut short'
	make "$work/bomb.pdf" pdf-bomb 120000000
	import "$work/bomb.pdf"
	judged 3 'more than 100 MiB|time or memory' 'a PDF whose file grows a thousandfold'
	if [ "$CLA_LONG" = 1 ] && ! sanitized; then
		make "$work/big.pdf" pdf-bomb 1500000000
		import "$work/big.pdf"
		judged 3 'time or memory|damaged' 'one that takes more memory than it gets'
	fi
	check 'nothing of these is kept' same "$(grep -c -e locked -e bomb -e big "$data/journal")" 0
fi

fresh
mkdir "$work/folder" "$work/folder/sub"
cp "$work/post.zip" "$work/a.jpg" "$work/folder"
cp "$third" "$work/folder/sub/c.xml"
make "$work/folder/pictures.zip" zip "a.jpg=$work/a.jpg"
import "$work/folder"
judged 0 stored 'a folder of all kinds'
check 'is walked; what holds no document is left out' same "$(grep -c . "$work/items")" 5
check 'and not kept' same "$(find "$data/objects" -type f | wc -l)" 4
import "$work/folder/pictures.zip"
judged 3 'holds no XML' 'named, it is said'
import "$work/a.jpg"
judged 3 'not an XML' 'a picture that was named too'

# ---- hostile ones

fresh
make "$work/names.zip" names "$first" "$second" "$third"
import "$work/names.zip"
judged 0 stored 'names that go up, absolute names, names in UTF-8'
check 'are data' same "$(cat "$work/items")" "stored cfdi names.zip/../../../etc/passwd.xml
stored cfdi names.zip//absolute/b.xml
stored cfdi names.zip/factura_ñandú.xml
opened zip names.zip"
check 'and nothing was written but objects' same "$(find "$work" -name '*passwd*' -o -name 'b.xml' -newer "$work/names.zip")" ''

fresh
make "$work/secret.zip" encrypted "a.xml=$first" "b.xml=$second" "c.xml=$third"
import "$work/secret.zip"
judged 3 encrypted 'an encrypted entry is named'
check 'the others are taken' same "$(cat "$work/items")" "stored cfdi secret.zip/a.xml
skipped - secret.zip/b.xml
stored cfdi secret.zip/c.xml
opened zip secret.zip"
run --data-dir "$data" --lang es import "$work/secret.zip"
judged 3 'cifrado' 'said in Spanish'
run --data-dir "$data" --lang pt import "$work/secret.zip"
judged 3 'descompacte' 'and in Portuguese'

fresh
size=$(wc -c <"$work/post.zip")
for cut in 1 30 400 $((size / 2)) $((size - 200)) $((size - 10)); do
	head -c "$cut" "$work/post.zip" >"$work/cut.zip"
	import "$work/cut.zip"
	check "a zip archive cut to $cut bytes ends with 3" same "$code" 3
	check "and holds no half document" sh -c 'find "$1" -type f -size -1000k | while read -r f; do head -c 5 "$f"; echo; done | sort -u |
		grep -v -e "^<?xml" -e "^<cfdi" -e "^PK" -e "^$"; [ $? = 1 ]' - "$data/objects"
done
head -c 300 "$work/c.xml.gz" >"$work/cut.xml.gz"
import "$work/cut.xml.gz"
judged 3 'damaged or cut short' 'a gzip file cut short'
check 'nothing of it is kept' same "$(grep -c '"name":"cut.xml.gz' "$data/journal")" 0
cp "$work/c.xml.gz" "$work/flip.xml.gz"
helper flip "$work/flip.xml.gz" $(($(wc -c <"$work/flip.xml.gz") - 8))
import "$work/flip.xml.gz"
judged 3 'damaged' 'a gzip file with a wrong checksum'
check 'is not taken' not grep -q 'flip.xml' "$data/journal"
cp "$work/stored.zip" "$work/flip.zip"
helper flip "$work/flip.zip" 300
import "$work/flip.zip"
judged 3 'flip.zip/a.xml' 'a wrong checksum inside'
check 'is not taken' not grep -q 'flip.zip/a.xml' "$data/journal"

fresh
begin=$(date +%s)
make "$work/bomb.zip" bomb 60000000
import "$work/bomb.zip"
judged 3 'grows more than 250' 'a document that grows a thousandfold'
make "$work/bomb.gz" gzbomb 50000000
import "$work/bomb.gz"
judged 3 'grows' 'a gzip file that does'
make "$work/long.zip" bomb 110000000
import "$work/long.zip"
judged 3 'more than 100 MiB' 'an entry that says that it is too long'
check 'is passed over, the next one is taken' same "$(cat "$work/items")" "skipped - long.zip/bomb.xml
stored xml long.zip/after.xml
opened zip long.zip"
make "$work/deep.zip" nested 4 "$first"
import "$work/deep.zip"
judged 0 stored 'four archives in one another'
make "$work/deeper.zip" nested 5 "$first"
import "$work/deeper.zip"
judged 3 'nested too deep' 'five'
make "$work/deepest.zip" nested 60 "$first"
import "$work/deepest.zip"
judged 3 'nested too deep' 'sixty'
make "$work/many.zip" many 100010
import "$work/many.zip"
judged 3 'more than 100000 entries' 'more entries than are read'
make "$work/part.xml" nfe-many 60000
make "$work/answers.zip" zip "1.xml=$work/part.xml" "2.xml=$work/part.xml"
import "$work/answers.zip"
judged 3 'more than 100000 entries' 'answers with more parts than are read'
check 'of the part and of what it lies in' same "$(grep -c 'more than 100000' "$work/out")" 3
if sanitized; then
	skip 'hostile ones do not take long' 'sanitizers distort it'
else
	check 'hostile ones do not take long' test $(($(date +%s) - begin)) -le 60
fi
check 'nothing is left behind' same "$(find "$data/tmp" -type f | wc -l)" 0
"$CLA_PYTHON" -c 'import os, sys; open(sys.argv[1], "wb").write(b"<a>"); os.truncate(sys.argv[1], 536870913)' "$work/huge.xml"
import "$work/huge.xml"
judged 3 'more than 512 MiB' 'a file that is too long'
rm -f "$work/huge.xml"
expect 0 'hold' 'the logs hold' --data-dir "$data" show --journal

# ---- bound to a charge, and remembered

demo_data "$work/demo"
config=$work/demo/config
run --config "$config" --entity demo-mx --json bundle --month 2024-11
late_invoice "$work/late.xml"
make "$work/late.zip" zip "x/late.xml=$work/late.xml"
expect 0 'stored' 'the missing invoice arrives in an archive' --config "$config" import "$work/late.zip"
run --config "$config" --entity demo-mx --json bundle --month 2024-11
judged 0 '"revision":1' 'it makes a new revision'
bundle=$(helper json "$work/out" 'd[0]["bundle"]')
helper digests "$bundle" >"$work/members"
check 'it lies beside its charge' grep -q "^$(sha "$work/late.xml") .*/tx/$gap/cfdi\." "$work/members"
check 'the archive does not' not grep -q "^$(sha "$work/late.zip") " "$work/members"
expect 0 'pass' 'the bundle verifies' --json verify "$bundle"
tar -xOf "$bundle" "$(tar -tf "$bundle" | grep "tx/$gap/evidence.json")" >"$work/evidence.json"
check 'its name says where it came from' json "$work/evidence.json" "'late.zip/x/late.xml' in [x['original_name'] for x in d[0]['documents']]"
rm -f "$work"/demo/data/catalogue.sqlite*
run --config "$config" --entity demo-mx --json bundle --month 2024-11 --offline
judged 0 '"revision":1' 'all of it is in the journal'
object=$work/demo/data/objects/sha256/$(sha "$work/late.zip" | cut -c 1-2)/$(sha "$work/late.zip" | cut -c 3-)
chmod u+w "$object"
helper flip "$object" 20
expect 5 "$(sha "$work/late.zip" | cut -c 3-)" 'the kept archive is held to its digest' --config "$config" show "$(sha "$work/late.zip")"

finish
