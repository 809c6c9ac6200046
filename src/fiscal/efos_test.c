/* fiscal/efos_test.c - the list of article 69-B as SAT writes it. */
#include "fiscal/efos.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define HEAD                                                                                       \
	"Informaci\xf3n actualizada al 31 de diciembre de 2025,,,\r\n"                             \
	"Listado completo de contribuyentes,,,\r\n"                                                \
	"No,RFC,Nombre del Contribuyente,Situaci\xf3n del contribuyente,N\xfamero y fecha\r\n"

static void states_are_found(void **state)
{
	static const char csv[] =
		HEAD "1,DPC180910DE1,\"DEMO, S.A. \"\"X\"\" DE C.V.\",Definitivo,\"500, de 2020\r\n"
		     "y otra\",,,\r\n"
		     "2,CACX7605101P8,DEMO,Presunto,x\n"
		     "3, \"\xd1IX890823MM5\" ,DEMO,Desvirtuado\n"
		     "4,EKU9003173C9,DEMO,Sentencia Favorable,\n"
		     "5,XXXXXXXXXXXX,DEMO,Definitivo\n"
		     "6,\xc3\x91\xc3\x91\xc3\x91\xc3\x91"
		     "890823MM5,DEMO,definitivo";
	static const struct {
		const char *rfc;
		enum cla_efos_state state;
	} cases[] = {
		{ "DPC180910DE1", CLA_EFOS_DEFINITE },
		{ "CACX7605101P8", CLA_EFOS_PRESUMED },
		{ "\xc3\x91IX890823MM5", CLA_EFOS_CLEARED },
		{ "EKU9003173C9", CLA_EFOS_CLEARED },
		{ "DPC180910DE", CLA_EFOS_NONE },
		{ "DPC180910DE11", CLA_EFOS_NONE },
		{ "COSC8001137NA", CLA_EFOS_NONE },
		{ "", CLA_EFOS_NONE },
		{ "a name that is much longer than any RFC", CLA_EFOS_NONE },
	};
	cla_auto_efos struct cla_efos *list = NULL;
	struct cla_err err = CLA_ERR_INIT;
	size_t count;

	(void)state;
	if (!cla_efos_read(cla_str_from(csv), &list, &count, &err))
		fail_msg("%s", err.msg);
	assert_int_equal(count, 5);
	for (size_t i = 0; i < CLA_LEN(cases); i++) {
		if (cla_efos_find(list, cla_str_from(cases[i].rfc)) != cases[i].state)
			fail_msg("%s", cases[i].rfc);
	}
	assert_int_equal(cla_efos_find(list, CLA_STR_NONE), CLA_EFOS_NONE);
}

/* What is no such list is refused, whatever it is. */
static void other_files_are_refused(void **state)
{
	static const struct cla_str files[] = {
		{ "", 0 },
		{ HEAD, sizeof(HEAD) - 1 },
		{ "\"", 1 },
		{ ",,,Definitivo", 14 },
		{ "\0\0\0", 3 },
		{ "1,A,B,Definitivo\n", 17 },
		{ "\n\n,\"\n,,,", 9 },
		/* a quote that is not closed hides all that follows */
		CLA_STR("1,AAA010101AAA,X,Definitivo\n2,BBB010101BBB,\"Y,Definitivo\n3,C\n"),
	};

	(void)state;
	for (size_t i = 0; i < CLA_LEN(files); i++) {
		cla_auto_efos struct cla_efos *list = NULL;
		struct cla_err err = CLA_ERR_INIT;
		size_t count;
		assert_false(cla_efos_read(files[i], &list, &count, &err));
		assert_int_equal(err.code, CLA_ERR_FORMAT);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(states_are_found),
		cmocka_unit_test(other_files_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
