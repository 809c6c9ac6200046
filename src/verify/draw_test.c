/* The draw at its edges; that it draws what the algorithm says is for tests/t5200-sample.sh. */
#include "verify/draw.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ROWS 64

/* What a draw told. */
struct told {
	struct cla_digest frame;
	uint64_t expenses, rows, hits;
	unsigned strata;
	char currency[ROWS][8], total[ROWS][CLA_DEC_TEXT], uuid[ROWS][40];
	uint64_t count[ROWS], left_out[ROWS], times[ROWS];
};

static bool on_frame(void *ctx, const struct cla_digest *frame, uint64_t count, struct cla_err *err)
{
	struct told *t = ctx;

	(void)err;
	t->frame = *frame;
	t->expenses = count;
	return true;
}

static bool on_stratum(void *ctx, const struct cla_draw_stratum *s, struct cla_err *err)
{
	struct told *t = ctx;

	assert_true(cla_str_cstr(s->currency, t->currency[t->strata], 8, err));
	cla_dec_format(s->total, t->total[t->strata]);
	t->left_out[t->strata] = s->left_out;
	t->count[t->strata++] = s->count;
	return true;
}

static bool on_row(void *ctx, uint64_t n, const struct cla_draw_row *row, uint64_t hits,
		   struct cla_err *err)
{
	struct told *t = ctx;

	assert_int_equal(n, t->rows + 1);
	assert_true(cla_str_cstr(row->uuid, t->uuid[t->rows], 40, err));
	t->times[t->rows++] = hits;
	t->hits += hits;
	return true;
}

struct given {
	const char *uuid, *currency, *amount;
};

/* The draw of `rows`, added from the last to the first when `backwards`. */
static bool draw(const struct given *rows, size_t count, bool backwards,
		 enum cla_draw_method method, const char *seed, uint64_t size, struct told *t,
		 struct cla_err *err)
{
	const struct cla_draw_fn fn = { t, on_frame, on_stratum, on_row };
	cla_auto_draw struct cla_draw *d = NULL;

	memset(t, 0, sizeof(*t));
	assert_true(cla_draw_new(&d, err));
	for (size_t i = 0; i < count; i++) {
		const struct given *g = &rows[backwards ? count - 1 - i : i];
		const struct cla_draw_row row = { .kind = CLA_STR("tx"),
						  .uuid = cla_str_from(g->uuid),
						  .currency = cla_str_from(g->currency),
						  .amount = cla_str_from(g->amount) };
		assert_true(cla_draw_add(d, &row, err));
	}
	return cla_draw_run(d, method, cla_str_from(seed), size, &fn, err);
}

static const struct given mixed[] = {
	{ "a", "MXN", "10.00" }, { "b", "MXN", "-5" },	      { "c", "USD", "0.001" },
	{ "d", NULL, "7" },	 { "e", "MXN", NULL },	      { "f", "MXN", "much" },
	{ "g", "MXN", "0" },	 { "h", "USD", "99999.999" }, { "i", "MXN", "10" },
	{ "j", "MXN", "2.5" },
};

static void order_of_input_is_nothing(void **state)
{
	struct told one, two;

	(void)state;
	for (int m = CLA_DRAW_RANDOM; m <= CLA_DRAW_TOP; m++) {
		assert_true(draw(mixed, CLA_LEN(mixed), false, (enum cla_draw_method)m, "s", 4,
				 &one, NULL));
		assert_true(draw(mixed, CLA_LEN(mixed), true, (enum cla_draw_method)m, "s", 4, &two,
				 NULL));
		assert_memory_equal(&one, &two, sizeof(one));
		assert_int_equal(one.expenses, CLA_LEN(mixed));
	}
}

static void random_takes_each_once(void **state)
{
	struct told t;

	(void)state;
	assert_true(draw(mixed, CLA_LEN(mixed), false, CLA_DRAW_RANDOM, "s", 100, &t, NULL));
	assert_int_equal(t.rows, CLA_LEN(mixed));
	assert_int_equal(t.strata, 0);
	for (size_t i = 0; i < t.rows; i++)
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(t.uuid[i], t.uuid[k]);
}

static void top_is_sorted(void **state)
{
	static const char *const due[] = { "a", "i", "b", "j", "g", "h", "c" };
	struct told t;

	(void)state;
	assert_true(draw(mixed, CLA_LEN(mixed), false, CLA_DRAW_TOP, "s", 100, &t, NULL));
	assert_int_equal(t.strata, 2);
	assert_string_equal(t.currency[0], "MXN");
	assert_string_equal(t.total[0], "17.50");
	assert_int_equal(t.count[0], 5);
	assert_int_equal(t.left_out[0], 2);
	assert_int_equal(t.rows, CLA_LEN(due));
	for (size_t i = 0; i < t.rows; i++)
		assert_string_equal(t.uuid[i], due[i]);
}

static void mus_hits_as_often_as_asked(void **state)
{
	struct told t;

	(void)state;
	for (uint64_t size = 1; size < 40; size++) {
		assert_true(draw(mixed, CLA_LEN(mixed), false, CLA_DRAW_MUS, "s", size, &t, NULL));
		assert_int_equal(t.hits, 2 * size);
		assert_int_equal(t.count[0], 3);
		assert_int_equal(t.left_out[0], 4);
		assert_string_equal(t.total[1], "100000.000");
	}
	/* 22.50 in steps of 2.25: each of 10.00 is hit four or five times */
	assert_true(draw(mixed, CLA_LEN(mixed), false, CLA_DRAW_MUS, "s", 10, &t, NULL));
	assert_string_equal(t.uuid[0], "a");
	assert_in_range(t.times[0], 4, 5);
}

static void nothing_to_draw_from(void **state)
{
	static const struct given none[] = { { "a", "MXN", "-1" }, { "b", "MXN", "0.00" } };
	struct told t;

	(void)state;
	for (int m = CLA_DRAW_RANDOM; m <= CLA_DRAW_TOP; m++) {
		assert_true(draw(NULL, 0, false, (enum cla_draw_method)m, "s", 3, &t, NULL));
		assert_int_equal(t.rows, 0);
	}
	assert_true(draw(none, CLA_LEN(none), false, CLA_DRAW_MUS, "s", 3, &t, NULL));
	assert_int_equal(t.rows, 0);
	assert_int_equal(t.left_out[0], 2);
}

static void the_seed_and_each_amount_count(void **state)
{
	struct given changed[CLA_LEN(mixed)];
	struct told one, two;

	(void)state;
	assert_true(draw(mixed, CLA_LEN(mixed), false, CLA_DRAW_RANDOM, "s", 10, &one, NULL));
	assert_true(draw(mixed, CLA_LEN(mixed), false, CLA_DRAW_RANDOM, "t", 10, &two, NULL));
	assert_true(cla_digest_eq(&one.frame, &two.frame));
	assert_memory_not_equal(one.uuid, two.uuid, sizeof(one.uuid));
	memcpy(changed, mixed, sizeof(mixed));
	changed[8].amount = "10.0";
	assert_true(draw(changed, CLA_LEN(changed), false, CLA_DRAW_RANDOM, "s", 10, &two, NULL));
	assert_false(cla_digest_eq(&one.frame, &two.frame));
}

static void large_amounts(void **state)
{
	static const struct given fits[] = { { "a", "COP", "9999999999999999999.99" },
					     { "b", "COP", "0.01" } },
				  widest[] = { { "a", "COP", "12345678901234567890" },
					       { "b", "COP", "99999999999999999999" },
					       { "c", "COP", "123456789012345678901234567890" },
					       { "d", "COP", "0.000000000000000001" } };
	struct cla_err err = CLA_ERR_INIT;
	struct told t;

	(void)state;
	assert_true(
		draw(fits, CLA_LEN(fits), false, CLA_DRAW_MUS, "s", CLA_DRAW_SIZE_MAX, &t, NULL));
	assert_string_equal(t.total[0], "10000000000000000000.00");
	assert_int_equal(t.hits, CLA_DRAW_SIZE_MAX);
	assert_false(draw(widest, CLA_LEN(widest), false, CLA_DRAW_MUS, "s", 2, &t, &err));
	assert_int_equal(err.code, CLA_ERR_LIMIT);
	/* without the small one the units are whole; what no decimal of ours can hold is left out */
	assert_true(draw(widest, 3, false, CLA_DRAW_TOP, "s", 9, &t, NULL));
	assert_int_equal(t.rows, 2);
	assert_int_equal(t.left_out[0], 1);
	assert_string_equal(t.uuid[0], "b");
}

static void what_is_refused(void **state)
{
	char longest[CLA_DRAW_SEED_MAX + 2];
	struct cla_err err = CLA_ERR_INIT;
	struct told t;

	(void)state;
	memset(longest, 'x', sizeof(longest));
	longest[sizeof(longest) - 1] = '\0';
	const char *const seeds[] = { "", "a\nb", "caf\xc3\xa9", "\x7f", longest };
	for (size_t i = 0; i < CLA_LEN(seeds); i++) {
		assert_false(draw(mixed, 1, false, CLA_DRAW_TOP, seeds[i], 1, &t, &err));
		assert_int_equal(err.code, CLA_ERR_USAGE);
	}
	longest[CLA_DRAW_SEED_MAX] = '\0';
	assert_true(draw(mixed, 1, false, CLA_DRAW_TOP, longest, 1, &t, NULL));
	assert_false(draw(mixed, 1, false, CLA_DRAW_TOP, "s", 0, &t, &err));
	assert_false(draw(mixed, 1, false, CLA_DRAW_TOP, "s", CLA_DRAW_SIZE_MAX + 1, &t, &err));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(order_of_input_is_nothing),
		cmocka_unit_test(random_takes_each_once),
		cmocka_unit_test(top_is_sorted),
		cmocka_unit_test(mus_hits_as_often_as_asked),
		cmocka_unit_test(nothing_to_draw_from),
		cmocka_unit_test(the_seed_and_each_amount_count),
		cmocka_unit_test(large_amounts),
		cmocka_unit_test(what_is_refused),
	};
	return cmocka_run_group_tests_name("draw", tests, NULL, NULL);
}
