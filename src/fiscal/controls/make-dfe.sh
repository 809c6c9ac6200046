#!/bin/sh
# Makes the signed documents of CT-e, MDF-e and NFS-e anew: sh src/fiscal/controls/make-dfe.sh
#
# cte.xml        CT-e 4.00 by road, paid for by the addressee, authorised
# cte-event.xml  cancellation of cte.xml, registered
# mdfe.xml       MDF-e 3.00 over cte.xml, authorised
# nfse.xml       NFS-e 1.01: the provider's declaration signed with SHA-1 and inclusive C14N, the note by
#                the authority with SHA-256 and exclusive C14N
# nfse-event.xml cancellation of nfse.xml, signed like it
# void.xml       voiding of ten numbers of NF-e
# root.cer       the authority (DER) that the certificates of all of them lead to
# usage.b64      a certificate (DER) whose key is not for signatures, for controls
#
# Keys are made for the run and thrown away. Needs openssl, xmlsec1, faketime.
set -eu

cd "$(dirname "$0")"
# shellcheck source=src/fiscal/controls/make-lib.sh
. ./make-lib.sh

leaf='basicConstraints=critical,CA:FALSE'
company='subjectAltName=otherName:2.16.76.1.3.3;PRINTABLESTRING:11222333000181'
rsa='-algorithm RSA -pkeyopt rsa_keygen_bits:2048'
# issued NAME SUBJECT EXTENSIONS KEY-OPTIONS…: as certificate(), by the authority.
issued() {
	certificate "$@"
	name=$1 subject=$2
	openssl req -new -key "$work/$name.key" -subj "$subject" -config "$work/$name.cnf" -out "$work/csr"
	TZ=UTC faketime '2024-01-01 00:00:00' openssl x509 -req -sha256 -days 1095 -in "$work/csr" -CA "$work/root.pem" \
		-CAkey "$work/root.key" -set_serial "0x$(openssl rand -hex 8)" -extfile "$work/$name.cnf" -extensions ext \
		-outform DER 2>/dev/null | openssl base64 -A >"$work/$name.txt"
}

# shellcheck disable=SC2086 # the options are words
{
	certificate root '/C=BR/O=TEST/CN=TEST ROOT' 'basicConstraints=critical,CA:TRUE
keyUsage=critical,keyCertSign' $rsa
	issued issuer '/C=BR/O=TEST/CN=TEST CARRIER' "$leaf
keyUsage=critical,digitalSignature,nonRepudiation
$company" $rsa
	issued office '/C=BR/O=TEST/CN=TEST OFFICE:33683111000107' "$leaf
keyUsage=critical,nonRepudiation" $rsa
	certificate usage '/C=BR/O=TEST/CN=TEST CARRIER' "$leaf
keyUsage=critical,keyEncipherment
$company" $rsa
}
cp "$work/usage.txt" usage.b64
openssl x509 -in "$work/root.pem" -outform DER -out root.cer

# modern ID SIGNER: as of NFS-e 1.01, SHA-256 and exclusive C14N with comments.
modern() {
	signature "$1" "$2" | sed \
		-e 's,http://www.w3.org/TR/2001/REC-xml-c14n-20010315,http://www.w3.org/2001/10/xml-exc-c14n#WithComments,g' \
		-e 's,http://www.w3.org/2000/09/xmldsig#rsa-sha1,http://www.w3.org/2001/04/xmldsig-more#rsa-sha256,' \
		-e 's,http://www.w3.org/2000/09/xmldsig#sha1,http://www.w3.org/2001/04/xmlenc#sha256,'
}

# address STATE-FIRST: of CT-e; MDF-e has the state behind the postcode as well.
address() {
	printf '<xLgr>Rua DEMO</xLgr><nro>1</nro><xBairro>Centro</xBairro><cMun>3550308</cMun>'
	printf '<xMun>Sao Paulo</xMun><CEP>01001000</CEP><UF>SP</UF>'
}

# finish SIGNED ROOT NAMESPACE VERSION ANSWER: in its wrapper, on one line.
finish() {
	printf '<?xml version="1.0" encoding="UTF-8"?>\n<%s xmlns="%s" versao="%s">' "$2" "$3" "$4"
	sed -e 1d "$1"
	printf '%s</%s>\n' "$5" "$2"
}

digest() {
	sed -n 's/.*<DigestValue>\([^<]*\)<.*/\1/p' "$1"
}

# --- CT-e -------------------------------------------------------------------------------------------------------

ns=http://www.portalfiscal.inf.br/cte
stem=3525011122233300018157001000000123187654320
key=$stem$(digit $stem)
qr="https://nfe.fazenda.sp.gov.br/CTeConsulta/qrCode?chCTe=$key&amp;tpAmb=1"

cat >"$work/cte.xml" <<EOF
<?xml version="1.0" encoding="UTF-8"?>
<CTe xmlns="$ns"><infCte versao="4.00" Id="CTe$key"><ide><cUF>35</cUF><cCT>87654320</cCT><CFOP>5353</CFOP><natOp>TRANSPORTE</natOp><mod>57</mod><serie>1</serie><nCT>123</nCT><dhEmi>2025-01-10T10:00:00-03:00</dhEmi><tpImp>1</tpImp><tpEmis>1</tpEmis><cDV>${key#"$stem"}</cDV><tpAmb>1</tpAmb><tpCTe>0</tpCTe><procEmi>0</procEmi><verProc>DEMO</verProc><cMunEnv>3550308</cMunEnv><xMunEnv>Sao Paulo</xMunEnv><UFEnv>SP</UFEnv><modal>01</modal><tpServ>0</tpServ><cMunIni>3550308</cMunIni><xMunIni>Sao Paulo</xMunIni><UFIni>SP</UFIni><cMunFim>3550308</cMunFim><xMunFim>Sao Paulo</xMunFim><UFFim>SP</UFFim><retira>1</retira><indIEToma>1</indIEToma><toma3><toma>3</toma></toma3></ide><emit><CNPJ>11222333000181</CNPJ><IE>110042490114</IE><xNome>DEMO CARGAS LTDA</xNome><enderEmit>$(address)</enderEmit><CRT>3</CRT></emit><rem><CNPJ>11444777000161</CNPJ><IE>110042490114</IE><xNome>DEMO REMETENTE LTDA</xNome><enderReme>$(address)</enderReme></rem><dest><CNPJ>12345678000195</CNPJ><IE>110042490114</IE><xNome>DEMO DESTINATARIO LTDA</xNome><enderDest>$(address)</enderDest></dest><vPrest><vTPrest>150.00</vTPrest><vRec>150.00</vRec><Comp><xNome>FRETE PESO</xNome><vComp>120.00</vComp></Comp><Comp><xNome>PEDAGIO</xNome><vComp>30.00</vComp></Comp></vPrest><imp><ICMS><ICMS00><CST>00</CST><vBC>150.00</vBC><pICMS>12.00</pICMS><vICMS>18.00</vICMS></ICMS00></ICMS></imp><infCTeNorm><infCarga><vCarga>1000.00</vCarga><proPred>DIVERSOS</proPred><infQ><cUnid>01</cUnid><tpMed>PESO BRUTO</tpMed><qCarga>10.0000</qCarga></infQ></infCarga><infDoc><infNFe><chave>35241111222333000181550010000001231876543209</chave></infNFe></infDoc><infModal versaoModal="4.00"><rodo><RNTRC>12345678</RNTRC></rodo></infModal></infCTeNorm></infCte><infCTeSupl><qrCodCTe>$qr</qrCodCTe></infCTeSupl>$(signature "CTe$key" issuer)</CTe>
EOF
sign "$work/cte.xml" infCte issuer "$work/cte.signed.xml"
finish "$work/cte.signed.xml" cteProc $ns 4.00 "<protCTe versao=\"4.00\"><infProt><tpAmb>1</tpAmb><verAplic>DEMO</verAplic><chCTe>$key</chCTe><dhRecbto>2025-01-10T10:00:05-03:00</dhRecbto><nProt>135250000000017</nProt><digVal>$(digest "$work/cte.signed.xml")</digVal><cStat>100</cStat><xMotivo>Autorizado o uso do CT-e</xMotivo></infProt></protCTe>" >cte.xml

cat >"$work/event.xml" <<EOF
<?xml version="1.0" encoding="UTF-8"?>
<eventoCTe xmlns="$ns" versao="4.00"><infEvento Id="ID110111${key}001"><cOrgao>35</cOrgao><tpAmb>1</tpAmb><CNPJ>11222333000181</CNPJ><chCTe>$key</chCTe><dhEvento>2025-01-11T10:00:00-03:00</dhEvento><tpEvento>110111</tpEvento><nSeqEvento>1</nSeqEvento><detEvento versaoEvento="4.00"><evCancCTe><descEvento>Cancelamento</descEvento><nProt>135250000000017</nProt><xJust>DEMO: carga recusada</xJust></evCancCTe></detEvento></infEvento>$(signature "ID110111${key}001" issuer)</eventoCTe>
EOF
sign "$work/event.xml" infEvento issuer "$work/event.signed.xml"
finish "$work/event.signed.xml" procEventoCTe $ns 4.00 "<retEventoCTe versao=\"4.00\"><infEvento><tpAmb>1</tpAmb><verAplic>DEMO</verAplic><cOrgao>35</cOrgao><cStat>135</cStat><xMotivo>Evento registrado</xMotivo><chCTe>$key</chCTe><tpEvento>110111</tpEvento><xEvento>Cancelamento</xEvento><nSeqEvento>1</nSeqEvento><dhRegEvento>2025-01-11T10:00:01-03:00</dhRegEvento><nProt>135250000000033</nProt></infEvento></retEventoCTe>" >cte-event.xml

# --- MDF-e ------------------------------------------------------------------------------------------------------

ns=http://www.portalfiscal.inf.br/mdfe
stem=3525011122233300018158001000000456187654320
mkey=$stem$(digit $stem)
qr="https://dfe-portal.svrs.rs.gov.br/mdfe/qrCode?chMDFe=$mkey&amp;tpAmb=1"

cat >"$work/mdfe.xml" <<EOF
<?xml version="1.0" encoding="UTF-8"?>
<MDFe xmlns="$ns"><infMDFe versao="3.00" Id="MDFe$mkey"><ide><cUF>35</cUF><tpAmb>1</tpAmb><tpEmit>1</tpEmit><mod>58</mod><serie>1</serie><nMDF>456</nMDF><cMDF>87654320</cMDF><cDV>${mkey#"$stem"}</cDV><modal>1</modal><dhEmi>2025-01-10T11:00:00-03:00</dhEmi><tpEmis>1</tpEmis><procEmi>0</procEmi><verProc>DEMO</verProc><UFIni>SP</UFIni><UFFim>SP</UFFim><infMunCarrega><cMunCarrega>3550308</cMunCarrega><xMunCarrega>Sao Paulo</xMunCarrega></infMunCarrega></ide><emit><CNPJ>11222333000181</CNPJ><IE>110042490114</IE><xNome>DEMO CARGAS LTDA</xNome><enderEmit>$(address)</enderEmit></emit><infModal versaoModal="3.00"><rodo><infANTT><RNTRC>12345678</RNTRC></infANTT><veicTracao><placa>ABC1D23</placa><tara>1000</tara><condutor><xNome>DEMO MOTORISTA</xNome><CPF>11144477735</CPF></condutor><tpRod>01</tpRod><tpCar>00</tpCar></veicTracao></rodo></infModal><infDoc><infMunDescarga><cMunDescarga>3550308</cMunDescarga><xMunDescarga>Sao Paulo</xMunDescarga><infCTe><chCTe>$key</chCTe></infCTe></infMunDescarga></infDoc><tot><qCTe>1</qCTe><vCarga>1000.00</vCarga><cUnid>01</cUnid><qCarga>10.0000</qCarga></tot></infMDFe><infMDFeSupl><qrCodMDFe>$qr</qrCodMDFe></infMDFeSupl>$(signature "MDFe$mkey" issuer)</MDFe>
EOF
sign "$work/mdfe.xml" infMDFe issuer "$work/mdfe.signed.xml"
finish "$work/mdfe.signed.xml" mdfeProc $ns 3.00 "<protMDFe versao=\"3.00\"><infProt><tpAmb>1</tpAmb><verAplic>DEMO</verAplic><chMDFe>$mkey</chMDFe><dhRecbto>2025-01-10T11:00:05-03:00</dhRecbto><nProt>935250000000019</nProt><digVal>$(digest "$work/mdfe.signed.xml")</digVal><cStat>100</cStat><xMotivo>Autorizado o uso do MDF-e</xMotivo></infProt></protMDFe>" >mdfe.xml

# --- NFS-e ------------------------------------------------------------------------------------------------------

ns=http://www.sped.fazenda.gov.br/nfse
stem=3550308221122233300018100000000000122601123456789
nkey=$stem$(digit $stem)
dps=DPS355030821122233300018100001000000000000012

cat >"$work/nfse.xml" <<EOF
<?xml version="1.0" encoding="UTF-8"?>
<NFSe xmlns="$ns" versao="1.01"><infNFSe Id="NFS$nkey"><xLocEmi>Sao Paulo</xLocEmi><xLocPrestacao>Sao Paulo</xLocPrestacao><nNFSe>12</nNFSe><cLocIncid>3550308</cLocIncid><xLocIncid>Sao Paulo</xLocIncid><xTribNac>Suporte tecnico em informatica</xTribNac><verAplic>DEMO_1.0</verAplic><ambGer>2</ambGer><tpEmis>1</tpEmis><procEmi>1</procEmi><cStat>100</cStat><dhProc>2026-01-15T14:30:00-03:00</dhProc><nDFSe>12345</nDFSe><emit><CNPJ>11222333000181</CNPJ><xNome>DEMO SERVICOS LTDA</xNome><enderNac><xLgr>Rua DEMO</xLgr><nro>1</nro><xBairro>Centro</xBairro><cMun>3550308</cMun><UF>SP</UF><CEP>01001000</CEP></enderNac></emit><valores><vBC>190.00</vBC><pAliqAplic>5.00</pAliqAplic><vISSQN>9.50</vISSQN><vTotalRet>0.00</vTotalRet><vLiq>190.00</vLiq></valores><DPS xmlns="$ns" versao="1.01"><infDPS Id="$dps"><tpAmb>1</tpAmb><dhEmi>2026-01-15T14:00:00-03:00</dhEmi><verAplic>DEMO_1.0</verAplic><serie>1</serie><nDPS>12</nDPS><dCompet>2026-01-15</dCompet><tpEmit>1</tpEmit><cLocEmi>3550308</cLocEmi><prest><CNPJ>11222333000181</CNPJ><regTrib><opSimpNac>1</opSimpNac><regEspTrib>0</regEspTrib></regTrib></prest><toma><CNPJ>12345678000195</CNPJ><xNome>DEMO CLIENTE LTDA</xNome></toma><serv><locPrest><cLocPrestacao>3550308</cLocPrestacao></locPrest><cServ><cTribNac>010701</cTribNac><xDescServ>SUPORTE DEMO</xDescServ></cServ></serv><valores><vServPrest><vServ>200.00</vServ></vServPrest><vDescCondIncond><vDescIncond>10.00</vDescIncond></vDescCondIncond><trib><tribMun><tribISSQN>1</tribISSQN><tpRetISSQN>1</tpRetISSQN></tribMun><totTrib><indTotTrib>0</indTotTrib></totTrib></trib></valores></infDPS>$(signature $dps issuer)</DPS></infNFSe>$(modern "NFS$nkey" office)</NFSe>
EOF
inner='//*[local-name()="infDPS"]/following-sibling::*[local-name()="Signature"]'
sign "$work/nfse.xml" infDPS issuer "$work/declared.xml" "$inner"
sign "$work/declared.xml" infNFSe office nfse.xml '/*/*[local-name()="Signature"]'

cat >"$work/nevent.xml" <<EOF
<?xml version="1.0" encoding="UTF-8"?>
<evento xmlns="$ns" versao="1.01"><infEvento Id="EVT${nkey}101101001"><verAplic>DEMO_1.0</verAplic><ambGer>2</ambGer><nSeqEvento>001</nSeqEvento><dhProc>2026-01-16T14:30:00-03:00</dhProc><nDFSe>12346</nDFSe><pedRegEvento xmlns="$ns" versao="1.01"><infPedReg Id="PRE${nkey}101101"><tpAmb>1</tpAmb><verAplic>DEMO_1.0</verAplic><dhEvento>2026-01-16T14:00:00-03:00</dhEvento><CNPJAutor>11222333000181</CNPJAutor><chNFSe>$nkey</chNFSe><e101101><xDesc>Cancelamento de NFS-e</xDesc><cMotivo>1</cMotivo><xMotivo>DEMO: valor errado na nota</xMotivo></e101101></infPedReg>$(signature "PRE${nkey}101101" issuer)</pedRegEvento></infEvento>$(modern "EVT${nkey}101101001" office)</evento>
EOF
inner='//*[local-name()="infPedReg"]/following-sibling::*[local-name()="Signature"]'
sign "$work/nevent.xml" infPedReg issuer "$work/asked.xml" "$inner"
sign "$work/asked.xml" infEvento office nfse-event.xml '/*/*[local-name()="Signature"]'

# --- numbers that were not used ---------------------------------------------------------------------------------

ns=http://www.portalfiscal.inf.br/nfe
id=ID35241122233300018155001000000200000000209

cat >"$work/void.xml" <<EOF
<?xml version="1.0" encoding="UTF-8"?>
<inutNFe xmlns="$ns" versao="4.00"><infInut Id="$id"><tpAmb>1</tpAmb><xServ>INUTILIZAR</xServ><cUF>35</cUF><ano>24</ano><CNPJ>11222333000181</CNPJ><mod>55</mod><serie>1</serie><nNFIni>200</nNFIni><nNFFin>209</nNFFin><xJust>DEMO: salto de numeracao</xJust></infInut>$(signature $id issuer)</inutNFe>
EOF
sign "$work/void.xml" infInut issuer "$work/void.signed.xml"
finish "$work/void.signed.xml" ProcInutNFe $ns 4.00 "<retInutNFe versao=\"4.00\"><infInut><tpAmb>1</tpAmb><verAplic>DEMO</verAplic><cStat>102</cStat><xMotivo>Inutilizacao de numero homologado</xMotivo><cUF>35</cUF><ano>24</ano><CNPJ>11222333000181</CNPJ><mod>55</mod><serie>1</serie><nNFIni>200</nNFIni><nNFFin>209</nNFFin><dhRecbto>2024-11-20T10:00:00-03:00</dhRecbto><nProt>135240000000041</nProt></infInut></retInutNFe>" >void.xml
