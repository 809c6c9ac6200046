#include "bundle/text.h"

enum words { SIGNED, STAMPED, HASHED, UNPACK, WHOLE, LAST, WORDS };

/* The commands are the same in the three languages; only the words around them differ. What is said
 * of a time-stamp holds whether there is one or not: it comes after these bytes. */
static void commands(const char *base, struct cla_buf *out, const char *const words[WORDS])
{
	cla_buf_addf(out, "1. %s\n\n", words[SIGNED]);
	cla_buf_addf(out,
		     "   openssl cms -verify -binary -cades -inform DER -in %s.statement.p7s "
		     "-content %s.statement.json "
		     "-CAfile %s.seal.pem -partial_chain -purpose any -out /dev/null\n"
		     "   openssl x509 -in %s.seal.pem -noout -fingerprint -sha256\n\n",
		     base, base, base, base);
	cla_buf_addf(out, "   %s\n\n", words[STAMPED]);
	cla_buf_addf(out,
		     "   openssl ts -verify -data %s.statement.p7s -in %s.statement.p7s.tsr "
		     "-CAfile tsa-ca.pem\n"
		     "   openssl ts -reply -in %s.statement.p7s.tsr -text\n\n",
		     base, base, base);
	cla_buf_addf(out,
		     "2. %s\n\n   sha256sum %s.*.tar\n   grep -o '\"sha256\":\"[0-9a-f]*\"' "
		     "%s.statement.json\n\n",
		     words[HASHED], base, base);
	cla_buf_addf(out, "3. %s\n\n   tar -xf %s.*.tar\n\n", words[UNPACK], base);
	cla_buf_addf(out,
		     "4. %s\n\n   cd %s\n   sha256sum --strict -c manifest-sha256.txt "
		     "tagmanifest-sha256.txt\n\n",
		     words[WHOLE], base);
	cla_buf_addf(out, "%s\n", words[LAST]);
}

void cla_text_verify(const char *base, struct cla_buf *out)
{
	static const char *const es[WORDS] = {
		"Firma de la declaración. La respuesta debe ser «Verification successful». Compare "
		"después la huella"
		" con la que conoce por otra vía (la carta de encargo), nunca solo con este "
		"archivo.",
		"Solo si hay un archivo .statement.p7s.tsr (sello de tiempo, RFC 3161): tsa-ca.pem "
		"es el certificado de su autoridad, obtenido por otra vía. Vencido este, agregue "
		"-attime con los segundos (date -u -d HORA +%s) de la hora que muestra el segundo "
		"comando.",
		"El SHA-256 del tar es el de su nombre y el que da la declaración (subject, "
		"digest).",
		"Desempaquete.",
		"Todos los archivos son los que se sellaron. Cada línea debe terminar en OK.",
		"Los pasos 3 y 4 no notan un archivo añadido: por eso el paso 2 va antes. Con "
		"clara-audit basta"
		" «clara-audit verify».",
	};
	static const char *const pt[WORDS] = {
		"Assinatura da declaração. A resposta deve ser «Verification successful». Depois "
		"compare a impressão"
		" digital com a que conhece por outra via (a carta de contratação), nunca só com "
		"este arquivo.",
		"Só se houver um arquivo .statement.p7s.tsr (carimbo do tempo, RFC 3161): "
		"tsa-ca.pem é o certificado da sua autoridade, obtido por outra via. Vencido este, "
		"acrescente -attime com os segundos (date -u -d HORA +%s) da hora que o segundo "
		"comando mostra.",
		"O SHA-256 do tar é o do seu nome e o que a declaração dá (subject, digest).",
		"Desempacote.",
		"Todos os arquivos são os que foram selados. Cada linha deve terminar em OK.",
		"Os passos 3 e 4 não percebem um arquivo acrescentado: por isso o passo 2 vem "
		"antes. Com clara-audit"
		" basta «clara-audit verify».",
	};
	static const char *const en[WORDS] = {
		"Signature of the statement. The answer must be \"Verification successful\". Then "
		"compare the"
		" fingerprint with the one you know from elsewhere (the engagement letter), never "
		"only with this file.",
		"Only where there is a file .statement.p7s.tsr (time-stamp, RFC 3161): tsa-ca.pem "
		"is the certificate of its authority, had from elsewhere. Once that has ended, add "
		"-attime with the seconds (date -u -d TIME +%s) of the time that the second "
		"command "
		"shows.",
		"The SHA-256 of the tar is the one in its name and the one in the statement "
		"(subject, digest).",
		"Unpack.",
		"All files are those that were sealed. Each line must end in OK.",
		"Steps 3 and 4 do not notice an added file: that is why step 2 comes first. With "
		"clara-audit,"
		" \"clara-audit verify\" does it all.",
	};

	cla_buf_addf(out, "%s\n\n", base);
	cla_buf_addc(
		out,
		"ESPAÑOL - Cómo verificar este paquete\n\n"
		"Linux: los comandos tal cual, en la carpeta del archivo tar.\n"
		"macOS: lo mismo con el openssl de Homebrew (brew install openssl@3); en vez de "
		"sha256sum, shasum -a 256; en el paso 4, shasum -a 256 -c con cada uno de los dos "
		"archivos.\n"
		"Windows: los comandos tal cual en Git Bash (Git for Windows los trae) o en WSL; "
		"el paso 2 también con certutil -hashfile ARCHIVO SHA256.\n\n");
	commands(base, out, es);
	cla_buf_addc(
		out,
		"\nPORTUGUÊS - Como verificar este pacote\n\n"
		"Linux: os comandos como estão, na pasta do arquivo tar.\n"
		"macOS: o mesmo com o openssl do Homebrew (brew install openssl@3); em vez de "
		"sha256sum, shasum -a 256; no passo 4, shasum -a 256 -c com cada um dos dois "
		"arquivos.\n"
		"Windows: os comandos como estão no Git Bash (o Git for Windows os traz) ou no "
		"WSL; o passo 2 também com certutil -hashfile ARQUIVO SHA256.\n\n");
	commands(base, out, pt);
	cla_buf_addc(
		out,
		"\nENGLISH - How to verify this bundle\n\n"
		"Linux: the commands as they are, in the folder of the tar file.\n"
		"macOS: the same with Homebrew's openssl (brew install openssl@3); shasum -a 256 "
		"in place of sha256sum, and in step 4 shasum -a 256 -c on each of the two "
		"files.\n"
		"Windows: the commands as they are in Git Bash (Git for Windows brings them) or "
		"in WSL; step 2 also with certutil -hashfile FILE SHA256.\n\n");
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
