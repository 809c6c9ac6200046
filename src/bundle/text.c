#include "bundle/text.h"

/* The commands are the same in the three languages; only the words around them differ. */
static void commands(const char *base, struct cla_buf *out, const char *const words[5])
{
	cla_buf_addf(out, "1. %s\n\n", words[0]);
	cla_buf_addf(out,
		     "   openssl cms -verify -binary -cades -inform DER -in %s.statement.p7s "
		     "-content %s.statement.json "
		     "-CAfile %s.seal.pem -partial_chain -purpose any -out /dev/null\n"
		     "   openssl x509 -in %s.seal.pem -noout -fingerprint -sha256\n\n",
		     base, base, base, base);
	cla_buf_addf(out,
		     "2. %s\n\n   sha256sum %s.*.tar\n   grep -o '\"sha256\":\"[0-9a-f]*\"' "
		     "%s.statement.json\n\n",
		     words[1], base, base);
	cla_buf_addf(out, "3. %s\n\n   tar -xf %s.*.tar\n\n", words[2], base);
	cla_buf_addf(out,
		     "4. %s\n\n   cd %s\n   sha256sum --strict -c manifest-sha256.txt "
		     "tagmanifest-sha256.txt\n\n",
		     words[3], base);
	cla_buf_addf(out, "%s\n", words[4]);
}

void cla_text_verify(const char *base, struct cla_buf *out)
{
	static const char *const es[5] = {
		"Firma de la declaración. La respuesta debe ser «Verification successful». Compare "
		"después la huella"
		" con la que conoce por otra vía (la carta de encargo), nunca solo con este "
		"archivo.",
		"El SHA-256 del tar es el de su nombre y el que da la declaración (subject, "
		"digest).",
		"Desempaquete.",
		"Todos los archivos son los que se sellaron. Cada línea debe terminar en OK "
		"(macOS: shasum -a 256 -c).",
		"Los pasos 3 y 4 no notan un archivo añadido: por eso el paso 2 va antes. Con "
		"clara-audit basta"
		" «clara-audit verify».",
	};
	static const char *const pt[5] = {
		"Assinatura da declaração. A resposta deve ser «Verification successful». Depois "
		"compare a impressão"
		" digital com a que conhece por outra via (a carta de contratação), nunca só com "
		"este arquivo.",
		"O SHA-256 do tar é o do seu nome e o que a declaração dá (subject, digest).",
		"Desempacote.",
		"Todos os arquivos são os que foram selados. Cada linha deve terminar em OK "
		"(macOS: shasum -a 256 -c).",
		"Os passos 3 e 4 não percebem um arquivo acrescentado: por isso o passo 2 vem "
		"antes. Com clara-audit"
		" basta «clara-audit verify».",
	};
	static const char *const en[5] = {
		"Signature of the statement. The answer must be \"Verification successful\". Then "
		"compare the"
		" fingerprint with the one you know from elsewhere (the engagement letter), never "
		"only with this file.",
		"The SHA-256 of the tar is the one in its name and the one in the statement "
		"(subject, digest).",
		"Unpack.",
		"All files are those that were sealed. Each line must end in OK (macOS: shasum -a "
		"256 -c).",
		"Steps 3 and 4 do not notice an added file: that is why step 2 comes first. With "
		"clara-audit,"
		" \"clara-audit verify\" does it all.",
	};

	cla_buf_addf(out, "%s\n\n", base);
	cla_buf_addc(out, "ESPAÑOL - Cómo verificar este paquete (Linux, macOS, Windows con WSL o "
			  "Git Bash)\n\n");
	commands(base, out, es);
	cla_buf_addc(out, "\nPORTUGUÊS - Como verificar este pacote (Linux, macOS, Windows com WSL "
			  "ou Git Bash)\n\n");
	commands(base, out, pt);
	cla_buf_addc(out, "\nENGLISH - How to verify this bundle (Linux, macOS, Windows with WSL "
			  "or Git Bash)\n\n");
	commands(base, out, en);
}

void cla_text_bagit(struct cla_buf *out)
{
	cla_buf_addc(out, "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n");
}

void cla_text_bag_info(const char *base, struct cla_time cutoff, uint64_t payload_bytes,
		       uint64_t payload_files, struct cla_buf *out)
{
	char time[CLA_TIME_TEXT];

	cla_time_format(cutoff, time);
	cla_buf_addf(out,
		     "BagIt-Profile-Identifier: urn:clara-audit:bagit-profile:1\n"
		     "Bag-Software-Agent: clara-audit\n"
		     "Bagging-Date: %.10s\n"
		     "External-Identifier: %s\n"
		     "Payload-Oxum: %llu.%llu\n",
		     time, base, (unsigned long long)payload_bytes,
		     (unsigned long long)payload_files);
}
