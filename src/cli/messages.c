/* cli/messages.c - what the program says, in Spanish and Portuguese, by its English text.
 *
 * A row is found by the literal given to cla_tr(); a test holds that each such literal has a row
 * and that all three texts take the same arguments in the same order. Texts of options, commands,
 * rules and exit statuses stand in their own tables.
 */
#include "cli/cli.h"

#include <string.h>

static const struct cla_text rows[] = {
	/* talk.c, main.c, options.c, session.c */
	{ { "error", "error", "erro" } },
	{ { "warning", "aviso", "aviso" } },
	{ { "note", "nota", "nota" } },
	{ { "check the credentials with 'clara-audit doctor'",
	    "revise las credenciales con 'clara-audit doctor'",
	    "verifique as credenciais com 'clara-audit doctor'" } },
	{ { "nothing stored is lost: free some space and run the same command again",
	    "nada de lo guardado se pierde: libere espacio y ejecute de nuevo el mismo comando",
	    "nada do que foi guardado se perde: libere espaço e execute de novo o mesmo "
	    "comando" } },
	{ { "nothing stored is lost: run the same command again later",
	    "nada de lo guardado se pierde: ejecute más tarde el mismo comando",
	    "nada do que foi guardado se perde: execute mais tarde o mesmo comando" } },
	{ { "wait for the other run, or give each its own --data-dir",
	    "espere a la otra ejecución, o dé a cada una su propio --data-dir",
	    "espere a outra execução, ou dê a cada uma seu próprio --data-dir" } },
	{ { "nothing stored is lost: the same command goes on from here",
	    "nada de lo guardado se pierde: el mismo comando continúa desde aquí",
	    "nada do que foi guardado se perde: o mesmo comando continua daqui" } },
	{ { "this is a fault of the program: please report it",
	    "es una falla del programa: por favor repórtela",
	    "é uma falha do programa: por favor relate-a" } },
	{ { "more:", "más:", "mais:" } },
	{ { "writing the standard output failed", "falló la escritura de la salida estándar",
	    "falhou a escrita da saída padrão" } },
	{ { "which command? To see what this program does: clara-audit demo",
	    "¿qué comando? Para ver lo que hace este programa: clara-audit demo",
	    "qual comando? Para ver o que este programa faz: clara-audit demo" } },
	{ { "unknown command '%s'", "comando desconocido '%s'", "comando desconhecido '%s'" } },
	{ { "unknown command '%s'; did you mean '%s'?",
	    "comando desconocido '%s'; ¿quiso decir '%s'?",
	    "comando desconhecido '%s'; quis dizer '%s'?" } },
	{ { "unknown option '%s'", "opción desconocida '%s'", "opção desconhecida '%s'" } },
	{ { "unknown option '%s'; did you mean '--%s'?",
	    "opción desconocida '%s'; ¿quiso decir '--%s'?",
	    "opção desconhecida '%s'; quis dizer '--%s'?" } },
	{ { "option '%s' needs a value", "la opción '%s' requiere un valor",
	    "a opção '%s' requer um valor" } },
	{ { "option '--%s' takes no value", "la opción '--%s' no lleva valor",
	    "a opção '--%s' não leva valor" } },
	{ { "--lang takes es, pt or en, not '%s'", "--lang admite es, pt o en, no '%s'",
	    "--lang aceita es, pt ou en, não '%s'" } },
	{ { "'%s' is not a month: write it as YYYY-MM, like 2024-11",
	    "'%s' no es un mes: escríbalo como AAAA-MM, por ejemplo 2024-11",
	    "'%s' não é um mês: escreva-o como AAAA-MM, por exemplo 2024-11" } },
	{ { "month %s has not begun yet", "el mes %s aún no comienza",
	    "o mês %s ainda não começou" } },
	{ { "%s takes a number, not '%s'", "%s admite un número, no '%s'",
	    "%s aceita um número, não '%s'" } },
	{ { "there is no configuration '%s': make one with 'clara-audit init', or see 'clara-audit "
	    "demo'",
	    "no hay configuración '%s': haga una con 'clara-audit init', o vea 'clara-audit demo'",
	    "não há configuração '%s': faça uma com 'clara-audit init', ou veja 'clara-audit "
	    "demo'" } },
	{ { "unknown entity '%s'; configured are: %s",
	    "entidad desconocida '%s'; están configuradas: %s",
	    "entidade desconhecida '%s'; estão configuradas: %s" } },

	/* help.c */
	{ { "Collects, checks and seals a month of Clara expenses, so that anyone can verify it.",
	    "Recopila, revisa y sella un mes de gastos de Clara, para que cualquiera pueda "
	    "verificarlo.",
	    "Coleta, confere e sela um mês de despesas da Clara, para que qualquer um possa "
	    "verificá-lo." } },
	{ { "Usage:", "Uso:", "Uso:" } },
	{ { "options", "opciones", "opções" } },
	{ { "COMMAND", "COMANDO", "COMANDO" } },
	{ { "Commands:", "Comandos:", "Comandos:" } },
	{ { "Options:", "Opciones:", "Opções:" } },
	{ { "Options of every command:", "Opciones de todos los comandos:",
	    "Opções de todos os comandos:" } },
	{ { "Exit status:", "Código de salida:", "Código de saída:" } },
	{ { "First time? Try: clara-audit demo", "¿Primera vez? Pruebe: clara-audit demo",
	    "Primeira vez? Experimente: clara-audit demo" } },
	{ { "The options of every command are listed by: clara-audit help",
	    "Las opciones de todos los comandos se ven con: clara-audit help",
	    "As opções de todos os comandos aparecem com: clara-audit help" } },

	/* checking.c, cmd_verify.c */
	{ { "note: this bundle was judged by another rule pack; verdicts that differ may come from "
	    "the rules, not from "
	    "the documents",
	    "nota: este paquete se evaluó con otro conjunto de reglas; los veredictos distintos "
	    "pueden venir de las "
	    "reglas, no de los documentos",
	    "nota: este pacote foi avaliado com outro conjunto de regras; vereditos diferentes "
	    "podem vir das regras, "
	    "não dos documentos" } },
	{ { "archive", "archivo tar", "arquivo tar" } },
	{ { "found %s, due %s\n", "se encontró %s, debía ser %s\n",
	    "encontrado %s, devia ser %s\n" } },
	{ { "    and %llu more\n", "    y %llu más\n", "    e mais %llu\n" } },
	{ { "signer", "firmante", "signatário" } },
	{ { "chains to the given anchors", "su cadena termina en las anclas dadas",
	    "sua cadeia termina nas âncoras dadas" } },
	{ { "not established", "no establecido", "não estabelecido" } },
	{ { "no bundle", "no es paquete", "não é pacote" } },
	{ { "%s revision %llu, cut-off %s: %llu expenses, %llu documents, %llu members, %s\n",
	    "%s revisión %llu, corte %s: %llu gastos, %llu documentos, %llu miembros, %s\n",
	    "%s revisão %llu, corte %s: %llu despesas, %llu documentos, %llu membros, %s\n" } },
	{ { "complete", "completo", "completo" } },
	{ { "incomplete", "incompleto", "incompleto" } },
	{ { "note", "nota", "nota" } },
	{ { "which bundle? Name its .tar file, or '-' for standard input",
	    "¿qué paquete? Indique su archivo .tar, o '-' para la entrada estándar",
	    "qual pacote? Indique seu arquivo .tar, ou '-' para a entrada padrão" } },

	/* cmd_bundle.c, summary.c */
	{ { "usage: clara-audit bundle --month YYYY-MM", "uso: clara-audit bundle --month AAAA-MM",
	    "uso: clara-audit bundle --month AAAA-MM" } },
	{ { "--cutoff takes a time like 2024-12-05T00:00:00Z, not '%s'",
	    "--cutoff admite una hora como 2024-12-05T00:00:00Z, no '%s'",
	    "--cutoff aceita um instante como 2024-12-05T00:00:00Z, não '%s'" } },
	{ { "cut-off %s lies in the future", "el corte %s está en el futuro",
	    "o corte %s está no futuro" } },
	{ { "--fail-on takes finding, not '%s'", "--fail-on admite finding, no '%s'",
	    "--fail-on aceita finding, não '%s'" } },
	{ { "  Verify it with:    %s verify '%s'\n\n", "  Verifíquelo con:   %s verify '%s'\n\n",
	    "  Verifique-o com:   %s verify '%s'\n\n" } },
	{ { "Findings", "Hallazgos", "Constatações" } },
	{ { "not checked: ", "sin verificar: ", "não verificado: " } },
	{ { "Population", "Población", "População" } },
	{ { "charges: %llu, reimbursements: %llu, %s", "cargos: %llu, reembolsos: %llu, %s",
	    "despesas: %llu, reembolsos: %llu, %s" } },
	{ { "incomplete: something could not be had", "incompleta: algo no se pudo obtener",
	    "incompleta: algo não pôde ser obtido" } },
	{ { "complete: nothing is missing", "completa: no falta nada",
	    "completa: não falta nada" } },
	{ { "complete so far: the month is not over",
	    "completa hasta ahora: el mes no ha terminado",
	    "completa até agora: o mês não terminou" } },
	{ { "With document", "Con comprobante", "Com documento" } },
	{ { "%llu matched, %llu ambiguous", "%llu conciliados, %llu ambiguos",
	    "%llu conciliadas, %llu ambíguas" } },
	{ { "Without document", "Sin comprobante", "Sem documento" } },
	{ { "Wrong receiver", "Otro receptor", "Outro destinatário" } },
	{ { "Used twice", "Usado dos veces", "Usado duas vezes" } },
	{ { "%llu expenses", "%llu gastos", "%llu despesas" } },
	{ { "Files", "Archivos", "Arquivos" } },
	{ { "%llu, of which %llu fail, %llu warn, %llu unknown",
	    "%llu; de los documentos: %llu con falla, %llu con aviso, %llu sin verificar",
	    "%llu; dos documentos: %llu com falha, %llu com aviso, %llu não verificados" } },
	{ { "Bundle", "Paquete", "Pacote" } },
	{ { "Sealed by", "Sellado por", "Selado por" } },
	{ { "nothing new: the bundle issued before stands; it was judged by another rule pack "
	    "(--rejudge makes the next "
	    "revision)",
	    "nada nuevo: sigue vigente el paquete ya emitido; se evaluó con otro conjunto de "
	    "reglas (--rejudge hace la "
	    "siguiente revisión)",
	    "nada novo: o pacote já emitido continua valendo; foi avaliado com outro conjunto de "
	    "regras (--rejudge faz a "
	    "próxima revisão)" } },
	{ { "nothing new: the bundle issued before stands",
	    "nada nuevo: sigue vigente el paquete ya emitido",
	    "nada novo: o pacote já emitido continua valendo" } },
	{ { "  (revision %llu)\n", "  (revisión %llu)\n", "  (revisão %llu)\n" } },
	{ { "%s %s: %llu missing", "%s %s: faltan %llu", "%s %s: faltam %llu" } },
	{ { "written anew, as it was issued: %s", "escrito de nuevo, tal como se emitió: %s",
	    "escrito de novo, tal como foi emitido: %s" } },
	{ { "  and %llu more (-v names all)", "  y %llu más (-v nombra todos)",
	    "  e mais %llu (-v nomeia todos)" } },

	/* cmd_demo.c */
	{ { "Verified", "Verificado", "Verificado" } },
	{ { ": every byte of %llu members is what the signed statement says\n\n",
	    ": cada byte de %llu miembros es lo que dice la declaración firmada\n\n",
	    ": cada byte de %llu membros é o que diz a declaração assinada\n\n" } },
	{ { "All companies, documents and keys are invented (DEMO). Look here:",
	    "Todas las empresas, documentos y claves son inventados (DEMO). Vea aquí:",
	    "Todas as empresas, documentos e chaves são inventados (DEMO). Veja aqui:" } },
	{ { "Next:", "Siguiente:", "A seguir:" } },
	{ { "One bit of byte %llu was changed in a copy, inside\n  %s\nand this is what verify "
	    "says:\n\n",
	    "Se cambió un bit del byte %llu en una copia, dentro de\n  %s\ny esto dice verify:\n\n",
	    "Mudou-se um bit do byte %llu em uma cópia, dentro de\n  %s\ne isto diz o "
	    "verify:\n\n" } },
	{ { "demo takes one folder at most", "demo admite a lo más una carpeta",
	    "demo aceita no máximo uma pasta" } },

	/* cmd_doctor.c */
	{ { "ok", "bien", "ok" } },
	{ { "warn", "aviso", "aviso" } },
	{ { "fail", "falla", "falha" } },
	{ { "skipped", "omitido", "omitido" } },
	{ { "set the clock of this machine", "ajuste el reloj de este equipo",
	    "acerte o relógio desta máquina" } },
	{ { "the clock says %s", "el reloj marca %s", "o relógio marca %s" } },
	{ { "mend that line, or start with: clara-audit init",
	    "corrija esa línea, o comience con: clara-audit init",
	    "corrija essa linha, ou comece com: clara-audit init" } },
	{ { "configuration '%s' is readable", "la configuración '%s' se puede leer",
	    "a configuração '%s' pode ser lida" } },
	{ { "no entity is configured", "no hay ninguna entidad configurada",
	    "não há nenhuma entidade configurada" } },
	{ { "add a section [entity NAME] with country, tax_id and credentials",
	    "agregue una sección [entity NOMBRE] con country, tax_id y credentials",
	    "acrescente uma seção [entity NOME] com country, tax_id e credentials" } },
	{ { "entities configured: %llu", "entidades configuradas: %llu",
	    "entidades configuradas: %llu" } },
	{ { "compare it with the tax document", "compárelo con la constancia fiscal",
	    "compare-o com o cadastro fiscal" } },
	{ { "free space of '%s' is not known", "no se conoce el espacio libre de '%s'",
	    "não se conhece o espaço livre de '%s'" } },
	{ { "free some space, or choose another data_dir", "libere espacio, o elija otro data_dir",
	    "libere espaço, ou escolha outro data_dir" } },
	{ { "%llu MiB are free for the data directory",
	    "hay %llu MiB libres para la carpeta de datos",
	    "há %llu MiB livres para a pasta de dados" } },
	{ { "choose another data_dir", "elija otro data_dir", "escolha outro data_dir" } },
	{ { "data directory '%s' is not a folder", "la carpeta de datos '%s' no es una carpeta",
	    "a pasta de dados '%s' não é uma pasta" } },
	{ { "give this user the right to write there, or choose another data_dir",
	    "dé a este usuario permiso de escribir ahí, o elija otro data_dir",
	    "dê a este usuário permissão de escrever ali, ou escolha outro data_dir" } },
	{ { "'%s' cannot be written", "no se puede escribir en '%s'",
	    "não se pode escrever em '%s'" } },
	{ { "data directory '%s' can be written", "se puede escribir en la carpeta de datos '%s'",
	    "pode-se escrever na pasta de dados '%s'" } },
	{ { "data directory '%s' will be made at first need",
	    "la carpeta de datos '%s' se creará cuando haga falta",
	    "a pasta de dados '%s' será criada quando for preciso" } },
	{ { "key '%s' can be read by others", "otros pueden leer la clave '%s'",
	    "outros podem ler a chave '%s'" } },
	{ { "sealing key: made at first need", "clave de sellado: se crea cuando haga falta",
	    "chave de selagem: criada quando for preciso" } },
	{ { "keys are readable by this user only", "sólo este usuario puede leer las claves",
	    "somente este usuário pode ler as chaves" } },
	{ { "install the program again", "instale de nuevo el programa",
	    "instale o programa novamente" } },
	{ { "%u schemas compile", "%u esquemas compilan", "%u esquemas compilam" } },
	{ { "rule pack %s", "conjunto de reglas %s", "conjunto de regras %s" } },
	{ { "certificates known for stamps: %llu", "certificados conocidos para timbres: %llu",
	    "certificados conhecidos para carimbos: %llu" } },
	{ { "put the certificates (.cer) of SAT and the stamping providers there",
	    "ponga ahí los certificados (.cer) del SAT y de los PAC",
	    "ponha ali os certificados (.cer) do SAT e dos provedores de carimbo" } },
	{ { "no certificates in '%s': stamps of CFDI stay unknown",
	    "no hay certificados en '%s': los timbres de CFDI quedan sin verificar",
	    "não há certificados em '%s': os carimbos de CFDI ficam não verificados" } },
	{ { "doctor takes no operands", "doctor no lleva argumentos",
	    "doctor não leva argumentos" } },

	/* cmd_fetch.c */
	{ { "'%s' is not a day: write it as YYYY-MM-DD",
	    "'%s' no es un día: escríbalo como AAAA-MM-DD",
	    "'%s' não é um dia: escreva-o como AAAA-MM-DD" } },
	{ { "%s %s: charges: %llu, reimbursements: %llu (new: %llu, changed: %llu); ",
	    "%s %s: cargos: %llu, reembolsos: %llu (nuevos: %llu, cambiados: %llu); ",
	    "%s %s: despesas: %llu, reembolsos: %llu (novos: %llu, alterados: %llu); " } },
	{ { "calls that a run would make: %llu\n", "llamadas que haría una ejecución: %llu\n",
	    "chamadas que uma execução faria: %llu\n" } },
	{ { "documents held: %llu, downloaded: %llu; calls: %llu, bytes: %llu\n",
	    "documentos guardados: %llu, descargados: %llu; llamadas: %llu, bytes: %llu\n",
	    "documentos guardados: %llu, baixados: %llu; chamadas: %llu, bytes: %llu\n" } },
	{ { "which months? Give one of: --month YYYY-MM, --from DAY [--to DAY], --since-last",
	    "¿qué meses? Dé uno de: --month AAAA-MM, --from DÍA [--to DÍA], --since-last",
	    "quais meses? Dê um de: --month AAAA-MM, --from DIA [--to DIA], --since-last" } },
	{ { "--from lies after --to, or in the future",
	    "--from es posterior a --to, o está en el futuro",
	    "--from é posterior a --to, ou está no futuro" } },
	{ { "--to lies in the future", "--to está en el futuro", "--to está no futuro" } },
	{ { "--from lies before the year 2000", "--from es anterior al año 2000",
	    "--from é anterior ao ano 2000" } },
	{ { "fetch takes no operands", "fetch no lleva argumentos", "fetch não leva argumentos" } },
	{ { "the budget of --max-calls is used up: run again to go on",
	    "se agotó el límite de --max-calls: ejecute de nuevo para continuar",
	    "esgotou-se o limite de --max-calls: execute de novo para continuar" } },

	/* cmd_import.c */
	{ { "stored", "guardado", "guardado" } },
	{ { "known", "conocido", "conhecido" } },
	{ { "opened", "abierto", "aberto" } },
	{ { "encrypted: unpack it yourself and import what comes out",
	    "cifrado: descomprímalo usted e importe el resultado",
	    "cifrado: descompacte-o você mesmo e importe o resultado" } },
	{ { "holds more than 100000 entries: the rest was not read",
	    "contiene más de 100000 entradas: el resto no se leyó",
	    "contém mais de 100000 entradas: o resto não foi lido" } },
	{ { "holds more than 1 GiB: the rest was not read",
	    "contiene más de 1 GiB: el resto no se leyó",
	    "contém mais de 1 GiB: o resto não foi lido" } },
	{ { "an entry of more than 100 MiB is not read", "una entrada de más de 100 MiB no se lee",
	    "uma entrada de mais de 100 MiB não é lida" } },
	{ { "grows more than 250 times: the rest was not read",
	    "crece más de 250 veces: el resto no se leyó",
	    "cresce mais de 250 vezes: o resto não foi lido" } },
	{ { "damaged or cut short", "dañado o incompleto", "danificado ou incompleto" } },
	{ { "nested too deep: not opened", "anidado en exceso: no se abrió",
	    "aninhado demais: não foi aberto" } },
	{ { "holds no XML file", "no contiene ningún archivo XML",
	    "não contém nenhum arquivo XML" } },
	{ { "a file of more than 512 MiB is not read", "un archivo de más de 512 MiB no se lee",
	    "um arquivo de mais de 512 MiB não é lido" } },
	{ { "not an XML file", "no es un archivo XML", "não é um arquivo XML" } },
	{ { "which files? Name XML files, archives of them or folders",
	    "¿qué archivos? Indique archivos XML, comprimidos o carpetas",
	    "quais arquivos? Indique arquivos XML, compactados ou pastas" } },
	{ { "%llu stored, %llu known already, %llu skipped",
	    "%llu guardados, %llu ya conocidos, %llu omitidos",
	    "%llu guardados, %llu já conhecidos, %llu omitidos" } },

	/* cmd_init.c */
	{ { "init takes no operands", "init no lleva argumentos", "init não leva argumentos" } },
	{ { "written: %s", "escrito: %s", "escrito: %s" } },
	{ { "next: clara-audit doctor", "siguiente: clara-audit doctor",
	    "a seguir: clara-audit doctor" } },
	{ { "next: fill in the section of your company, then clara-audit doctor",
	    "siguiente: complete la sección de su empresa, después clara-audit doctor",
	    "a seguir: preencha a seção da sua empresa, depois clara-audit doctor" } },

	/* cmd_list.c, cmd_show.c */
	{ { "Bundles issued:", "Paquetes emitidos:", "Pacotes emitidos:" } },
	{ { "Months held:", "Meses guardados:", "Meses guardados:" } },
	{ { "  (not there any more)", "  (ya no está)", "  (não está mais)" } },
	{ { "listing complete", "listado completo", "listagem completa" } },
	{ { "listing incomplete", "listado incompleto", "listagem incompleta" } },
	{ { "list takes no operands", "list no lleva argumentos", "list não leva argumentos" } },
	{ { "nothing stored yet: there is no folder '%s'",
	    "aún no hay nada guardado: no existe la carpeta '%s'",
	    "ainda não há nada guardado: não existe a pasta '%s'" } },
	{ { "it does not verify (%s)", "no pasa la verificación (%s)",
	    "não passa na verificação (%s)" } },
	{ { "recovered: %s %s revision %llu from '%s'\n",
	    "recuperado: %s %s revisión %llu de '%s'\n",
	    "recuperado: %s %s revisão %llu de '%s'\n" } },
	{ { "not recovered: the bundle of '%s'", "no recuperado: el paquete de '%s'",
	    "não recuperado: o pacote de '%s'" } },
	{ { "catalogue made again: %llu journal lines; bundles: %llu known, %llu recovered, %llu "
	    "not",
	    "catálogo rehecho: %llu líneas de bitácora; paquetes: %llu conocidos, %llu "
	    "recuperados, "
	    "%llu no",
	    "catálogo refeito: %llu linhas do diário; pacotes: %llu conhecidos, %llu recuperados, "
	    "%llu não" } },
	{ { "both chains hold; %llu statements and %llu events name heads of them that hold",
	    "ambas cadenas son íntegras; %llu declaraciones y %llu eventos citan sus extremos "
	    "y concuerdan",
	    "ambas as cadeias estão íntegras; %llu declarações e %llu eventos citam suas pontas "
	    "e conferem" } },
	{ { "note: %llu events name journal lines that a rebuild found lost",
	    "nota: %llu eventos citan líneas de la bitácora que una reconstrucción halló perdidas",
	    "nota: %llu eventos citam linhas do diário que uma reconstrução achou perdidas" } },
	{ { "journal: %llu lines, custody log: %llu lines, both chains hold\n",
	    "bitácora: %llu líneas, registro de custodia: %llu líneas, ambas cadenas son "
	    "íntegras\n",
	    "diário: %llu linhas, registro de custódia: %llu linhas, ambas as cadeias estão "
	    "íntegras\n" } },
	{ { "show what? Give one of: --journal, --custody, SHA256",
	    "¿mostrar qué? Dé uno de: --journal, --custody, SHA256",
	    "mostrar o quê? Dê um de: --journal, --custody, SHA256" } },

	/* cmd_match.c */
	{ { "usage: clara-audit match --month YYYY-MM", "uso: clara-audit match --month AAAA-MM",
	    "uso: clara-audit match --month AAAA-MM" } },
	{ { "  used elsewhere too: %llu", "  usado también en otro lugar: %llu",
	    "  usado também em outro lugar: %llu" } },
	{ { "%s %s: %llu matched, %llu without document, %llu ambiguous, %llu made out to others, "
	    "%llu used twice\n",
	    "%s %s: %llu conciliados, %llu sin comprobante, %llu ambiguos, %llu a nombre de otros, "
	    "%llu usados dos veces\n",
	    "%s %s: %llu conciliadas, %llu sem documento, %llu ambíguas, %llu em nome de outros, "
	    "%llu usadas duas "
	    "vezes\n" } },
	{ { "%s %s: incomplete, not everything announced is stored",
	    "%s %s: incompleto, no todo lo anunciado está guardado",
	    "%s %s: incompleto, nem tudo o que foi anunciado está guardado" } },

	/* cmd_validate.c */
	{ { "--fail-on takes unknown or warn, not '%s'", "--fail-on admite unknown o warn, no '%s'",
	    "--fail-on aceita unknown ou warn, não '%s'" } },
	{ { "--format takes text or junit, not '%s'", "--format admite text o junit, no '%s'",
	    "--format aceita text ou junit, não '%s'" } },
	{ { "--limit takes NAME=N with a limit's name and a number, not '%s'",
	    "--limit admite NOMBRE=N con el nombre de un límite y un número, no '%s'",
	    "--limit aceita NOME=N com o nome de um limite e um número, não '%s'" } },
	{ { "Not checked, for lack of: %s", "Sin verificar, por falta de: %s",
	    "Não verificado, por falta de: %s" } },
	{ { " (expected %s, found %s)", " (se esperaba %s, se encontró %s)",
	    " (esperado %s, encontrado %s)" } },
	{ { " (expected %s)", " (se esperaba %s)", " (esperado %s)" } },
	{ { " (found %s)", " (se encontró %s)", " (encontrado %s)" } },
	{ { "no documents", "ningún documento", "nenhum documento" } },
	{ { "1 document: ", "1 documento: ", "1 documento: " } },
	{ { "%llu documents: ", "%llu documentos: ", "%llu documentos: " } },
	{ { "which files? Name XML files or folders, or '-' for standard input",
	    "¿qué archivos? Indique archivos XML o carpetas, o '-' para la entrada estándar",
	    "quais arquivos? Indique arquivos XML ou pastas, ou '-' para a entrada padrão" } },
};

static const struct cla_text verdict_words[] = {
	[CLA_VERDICT_NA] = { { "n/a", "no aplica", "não se aplica" } },
	[CLA_VERDICT_PASS] = { { "pass", "correcto", "correto" } },
	[CLA_VERDICT_WARN] = { { "warn", "aviso", "aviso" } },
	[CLA_VERDICT_UNKNOWN] = { { "unknown", "sin verificar", "não verificado" } },
	[CLA_VERDICT_FAIL] = { { "fail", "falla", "falha" } },
};

const char *cla_tr_in(enum cla_lang lang, const char *english)
{
	if (lang == CLA_LANG_EN)
		return english;
	for (size_t i = 0; i < CLA_LEN(rows); i++)
		if (!strcmp(rows[i].in[CLA_LANG_EN], english))
			return rows[i].in[lang];
	return english;
}

const char *cla_tr(const struct cla_cli *cli, const char *english)
{
	return cla_tr_in(cli->lang, english);
}

const char *cla_text_in(const struct cla_cli *cli, const struct cla_text *text)
{
	return text && text->in[cli->lang] ? text->in[cli->lang] : "";
}

const char *cla_verdict_word(const struct cla_cli *cli, enum cla_verdict v)
{
	return (size_t)v < CLA_LEN(verdict_words) ? verdict_words[v].in[cli->lang] : "";
}
