#!/bin/sh
# The fiscal documents of the demo by others' measure: xmlsec1 on every signature, the authorities' own schemas on every
# document of Brazil (skipped where they are not).

# shellcheck source=tests/lib.sh disable=SC2016,SC2317
. "${CLA_SRCDIR:-$(dirname "$0")/..}/tests/lib.sh"
official=${CLA_SHARED:-$CLA_SRCDIR/../shared}/official/nfe
documents=$samples/documents

# verified FILE [OPTION…]: what xmlsec1 says of its first signature, or of that which the options name.
verified() {
	file=$1
	shift
	xmlsec1 --verify --enabled-key-data x509 --insecure --id-attr:Id infNFe --id-attr:Id infEvento --id-attr:Id infCte \
		--id-attr:Id infNFSe --id-attr:Id infDPS --id-attr:Id KeyInfo --id-attr:Id SignedProperties "$@" "$file" \
		>"$work/xmlsec" 2>&1
}

if command -v xmlsec1 >/dev/null; then
	for path in "$documents"/br/*/*.xml "$documents"/co/*/*.xml; do
		name=${path#"$documents/"}
		case $name in
		br/bad/reindentada.xml | br/bad/alterada.xml) check "xmlsec1 refuses $name" not verified "$path" ;;
		*) check "xmlsec1 verifies $name" verified "$path" ;;
		esac
	done
	inner="//*[local-name()='DPS']/*[local-name()='Signature']"
	check 'and the signature inside of the NFS-e' verified "$documents/br/good/hotel-1.xml" --node-xpath "$inner"
	# What stands in a container as text is a document of its own.
	"$CLA_PYTHON" - "$documents/co/good/contenedor-papeleria.xml" "$work" <<'PYEND'
import sys
from xml.etree import ElementTree
path, folder = sys.argv[1:]
texts = [e.text for e in ElementTree.parse(path).iter() if e.tag.endswith('}Description') and e.text.startswith('<?xml')]
for name, text in zip(('invoice', 'answer'), texts):
	with open(f'{folder}/{name}.xml', 'w', encoding='utf-8', newline='') as f:
		f.write(text)
PYEND
	check 'and the invoice in a container' verified "$work/invoice.xml"
	check "and DIAN's answer there" verified "$work/answer.xml"
else
	skip 'signatures by xmlsec1' 'no xmlsec1'
fi

# fits PACKAGE/SCHEMA FILE: 1 when the document is invalid, which xmllint tells by 3.
fits() {
	status=0
	xmllint --noout --nonet --schema "$official/$1" "$2" >"$work/xmllint" 2>&1 || status=$?
	[ "$status" != 3 ] || status=1
	return "$status"
}

if [ -d "$official" ] && command -v xmllint >/dev/null; then
	for path in "$documents"/br/*/*.xml; do
		name=${path#"$documents/"}
		case $name in
		*/cancelada-evento.xml) set -- PL_Evento_NFe_010d_NT2026.004/procEventoCancNFe_v1.00.xsd ;;
		*/corrigida-evento.xml) set -- PL_Evento_NFe_010d_NT2026.004/procCCeNFe_v1.00.xsd ;;
		*/frete-1.xml) set -- PL_CTe_400/procCTe_v4.00.xsd PL_CTe_400_NT2026.002_RTC_1.00/procCTe_v4.00.xsd ;;
		*/hotel-1.xml) set -- NFSe_nacional_v1.00/NFSe_v1.00.xsd ;;
		*/alfanumerico.xml) set -- PL_010d_NT2026.004_v1.02/procNFe_v4.00.xsd PL_010e_NT2025.002_v1.01/procNFe_v4.00.xsd ;;
		*/ibs-cbs.xml | */nfce-proibida.xml) set -- PL_010b_NT2025.002_v1.30/procNFe_v4.00.xsd PL_010e_NT2025.002_v1.01/procNFe_v4.00.xsd ;;
		*/sem-protocolo.xml) set -- PL_009o_NT2024.001_v1.00/nfe_v4.00.xsd ;;
		*) set -- PL_009o_NT2024.001_v1.00/procNFe_v4.00.xsd PL_010e_NT2025.002_v1.01/procNFe_v4.00.xsd ;;
		esac
		for schema; do
			check "$name follows ${schema%%/*}" fits "$schema" "$path"
		done
	done
	check 'letters in a CNPJ do not follow an older package' not fits PL_010b_NT2025.002_v1.30/procNFe_v4.00.xsd \
		"$documents/br/good/alfanumerico.xml"
else
	skip "documents by the authorities' schemas" 'they are not at hand'
fi

finish
