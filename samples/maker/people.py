"""Companies, issuers and providers of the demo. All invented; all carry the word DEMO."""

from dataclasses import dataclass

from . import taxid


@dataclass(frozen=True)
class Taxpayer:
    slug: str
    name: str
    tax_id: str
    regime: str = ""  # mx: RegimenFiscal; br: CRT
    postcode: str = ""
    serial: str = ""  # mx: the 20 digits of the certificate number
    representative: str = ""  # mx: RFC of the person who acts for a company
    state: str = ""  # br: UF
    state_id: str = ""  # br: IE


def _mx(slug, name, stem, regime, postcode, number=0):
    person = len(stem) == 12
    return Taxpayer(
        slug,
        name,
        taxid.rfc(stem),
        regime,
        postcode,
        serial=f"990010000000{number:08d}" if number else "",
        representative="" if person else taxid.rfc("DEMR800101DE"),
    )


MX_COMPANY = _mx("empresa", "DEMO AUDITORIA DE MEXICO", "DEM200115DE", "601", "06600")
MX_SISTER = _mx("hermana", "DEMO SERVICIOS DEL GRUPO", "DSG190402DE", "601", "06700")
MX_STRANGER = _mx("ajena", "DEMO COMERCIAL AJENA", "DCA150720DE", "601", "64000")
MX_PAC = _mx("pac", "DEMO PROVEEDOR DE CERTIFICACION", "DPC180910DE", "601", "03100", 90)

MX_ISSUERS = {
    issuer.slug: issuer
    for issuer in (
        _mx("papeleria", "DEMO PAPELERIA DEL CENTRO", "DPC010203DE", "601", "06600", 1),
        _mx("restaurante", "DEMO RESTAURANTE LA MILPA", "DRM120607DE", "601", "06700", 2),
        _mx("software", "DEMO SOFTWARE EN LA NUBE", "DSN160311DE", "601", "11520", 3),
        _mx("abarrotes", "DEMO ABARROTES EL ROBLE", "DAR090909DE", "601", "72000", 4),
        _mx("hotel", "DEMO HOTEL LAGUNA", "DHL050518DE", "601", "97000", 5),
        _mx("telefonia", "DEMO TELEFONIA MOVIL", "DTM110823DE", "601", "03100", 6),
        _mx("libreria", "DEMO LIBRERIA ÑANDU", "DLÑ081130DE", "601", "44100", 7),
        _mx("farmacia", "DEMO FARMACIA SALUD & VIDA", "D&V070214DE", "601", "76000", 8),
        _mx("instituto", "DEMO INSTITUTO DE CAPACITACION", "DIC130426DE", "601", "03100", 9),
        _mx("autobuses", "DEMO AUTOBUSES DEL SUR", "DAS040630DE", "601", "72000", 10),
        _mx("abogada", "DEMO ABOGADA EJEMPLO PEREZ", "DEPA850317DE", "612", "06600", 11),
        _mx("taller", "DEMO TALLER EJEMPLO LOPEZ", "DELT790912DE", "626", "44100", 12),
    )
}


def _br(slug, name, stem, crt, state, ie):
    registration = taxid.ie_sp(ie) if state == "SP" else taxid.ie_rj(ie)
    return Taxpayer(
        slug, name, taxid.cnpj(stem), crt, "01001000" if state == "SP" else "20010000",
        state=state, state_id=registration,
    )


BR_COMPANY = _br(
    "empresa", "DEMO AUDITORIA DO BRASIL LTDA", "990000010001", "3", "SP", "1990010001"
)
BR_STRANGER = _br("alheia", "DEMO COMERCIAL ALHEIA LTDA", "990000020001", "3", "SP", "1990020001")

BR_ISSUERS = {
    issuer.slug: issuer
    for issuer in (
        _br(
            "eletronicos", "DEMO ELETRONICOS PAULISTA LTDA", "990000110001", "3", "SP", "1990110001"
        ),
        _br("papelaria", "DEMO PAPELARIA SIMPLES LTDA", "990000120001", "1", "SP", "1990120001"),
        _br("alfa", "DEMO COMERCIO ALFANUMERICO LTDA", "12ABC34501DE", "3", "SP", "1990130001"),
        _br("moveis", "DEMO MOVEIS CARIOCA LTDA", "990000140001", "3", "RJ", "9901400"),
        _br("padaria", "DEMO PADARIA DA ESQUINA LTDA", "990000150001", "1", "SP", "1990150001"),
        _br("mercado", "DEMO MERCADO PAULISTA LTDA", "990000160001", "3", "SP", "1990160001"),
    )
}
BR_CARRIER = _br(
    "transportes", "DEMO TRANSPORTES PAULISTA LTDA", "990000170001", "3", "SP", "1990170001"
)
BR_HOTEL = _br("hotel", "DEMO HOTEL PAULISTA LTDA", "990000180001", "3", "SP", "1990180001")
# the national system of NFS-e, which signs what it registers
BR_SEFIN = _br("sefin", "DEMO SEFIN NACIONAL", "990000910001", "3", "SP", "1990910001")
BR_OF_2026 = ("alfa", "mercado")  # who issues in 2026, with certificates of that year

BR_ACQUIRER = taxid.cnpj("990000900001")  # the card institution named in the notes

CO_COMPANY = Taxpayer("empresa", "DEMO AUDITORIA DE COLOMBIA SAS", taxid.nit("999000001"))
CO_DIAN = Taxpayer("dian", "DEMO DIRECCION DE IMPUESTOS Y ADUANAS", taxid.nit("800197268"))
CO_PROVIDER = Taxpayer("proveedor", "DEMO PROVEEDOR TECNOLOGICO SAS", taxid.nit("999000090"))
CO_ISSUERS = {
    issuer.slug: issuer
    for issuer in (
        Taxpayer("papeleria", "DEMO PAPELERIA ANDINA SAS", taxid.nit("999000011")),
        Taxpayer("ferreteria", "DEMO FERRETERIA CENTRAL SAS", taxid.nit("999000012")),
        Taxpayer("mensajeria", "DEMO MENSAJERIA RAPIDA SAS", taxid.nit("999000013")),
    )
}
