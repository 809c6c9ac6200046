/* cli/exit.c - the exit statuses: the one table of them, and which of two is worse. */
#include "cli/cli.h"

const struct cla_exit_row cla_exit_rows[] = {
	{ CLA_EXIT_OK, { { "done", "hecho", "feito" } } },
	{ CLA_EXIT_FINDINGS,
	  { { "findings: a document or bundle does not pass",
	      "hallazgos: un documento o paquete no pasa",
	      "constatações: um documento ou pacote não passa" } } },
	{ CLA_EXIT_USAGE,
	  { { "wrong usage or configuration, or a file to verify that is no bundle",
	      "uso o configuración incorrectos, o un archivo por verificar que no es un paquete",
	      "uso ou configuração incorretos, ou um arquivo a verificar que não é um pacote" } } },
	{ CLA_EXIT_INCOMPLETE,
	  { { "done but incomplete: what is missing is listed",
	      "hecho pero incompleto: se enumera lo que falta",
	      "feito, mas incompleto: o que falta está listado" } } },
	{ CLA_EXIT_AUTH,
	  { { "authentication: token, client or server certificate refused or expired",
	      "autenticación: token, certificado de cliente o de servidor rechazado o vencido",
	      "autenticação: token, certificado de cliente ou de servidor recusado ou "
	      "vencido" } } },
	{ CLA_EXIT_INTEGRITY,
	  { { "integrity: a bundle or stored object is not what its hash or signature says",
	      "integridad: un paquete u objeto guardado no es lo que dice su hash o firma",
	      "integridade: um pacote ou objeto guardado não é o que diz seu hash ou "
	      "assinatura" } } },
	{ CLA_EXIT_IO,
	  { { "local input or output failed: disk full, permissions",
	      "falló la lectura o escritura local: disco lleno, permisos",
	      "falha de leitura ou escrita local: disco cheio, permissões" } } },
	{ CLA_EXIT_REMOTE,
	  { { "remote unavailable after retries, nothing usable collected",
	      "servicio remoto no disponible tras reintentos, nada utilizable obtenido",
	      "serviço remoto indisponível após novas tentativas, nada útil obtido" } } },
	{ CLA_EXIT_LOCKED,
	  { { "another run holds the lock", "otra ejecución tiene el bloqueo",
	      "outra execução detém o bloqueio" } } },
	{ CLA_EXIT_INTERRUPTED,
	  { { "interrupted; the same command goes on from there",
	      "interrumpido; el mismo comando continúa desde ahí",
	      "interrompido; o mesmo comando continua dali" } } },
	{ 0, { { NULL } } },
};

int cla_exit_worst(int a, int b)
{
	static const int order[] = {
		CLA_EXIT_INTERRUPTED, CLA_EXIT_IO,     CLA_EXIT_INTEGRITY, CLA_EXIT_AUTH,
		CLA_EXIT_REMOTE,      CLA_EXIT_LOCKED, CLA_EXIT_USAGE,	   CLA_EXIT_INCOMPLETE,
		CLA_EXIT_FINDINGS,    CLA_EXIT_OK,
	};

	for (size_t i = 0; i < CLA_LEN(order); i++)
		if (a == order[i] || b == order[i])
			return order[i];
	return CLA_EXIT_IO;
}
