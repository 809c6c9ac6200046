/* fiscal/nomina.h - the complement Nómina 1.2 of a payroll receipt (private to fiscal/nomina*.c and
 * cfdi.c). A rule's function stands for one row or for several of one kind; these find what the row
 * is about by its id in a table. */
#ifndef CLA_FISCAL_NOMINA_H
#define CLA_FISCAL_NOMINA_H

#include "fiscal/cfdi.h"

#define CLA_NOMINA_NS "http://www.sat.gob.mx/nomina12"

/* Runs the rules when the document is a payroll receipt or carries the complement. */
void cla_nomina_run(struct cla_case *c);

/* Walks the Nomina elements: first with NULL. */
const struct cla_xml *cla_nomina_next(const struct cla_case *c, const struct cla_xml *nomina);

typedef void cla_nomina_fn(struct cla_case *c, const struct cla_rule *r,
			   const struct cla_xml *nomina);
void cla_nomina_each(struct cla_case *c, const struct cla_rule *r, cla_nomina_fn *fn);
/* The function of a rule that is about each Nomina by itself. */
#define CLA_NOMINA_EACH(rule, check)                                                               \
	void cla_nomina_##rule(struct cla_case *c, const struct cla_rule *r)                       \
	{                                                                                          \
		cla_nomina_each(c, r, check);                                                      \
	}

/* Reports an amount that is not what is due; `unknown` when either cannot be read. */
void cla_nomina_expect(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *el,
		       const char *attr, struct cla_dec due);

/* nomina_rules.c */
extern const struct cla_old_code cla_nomina33_codes[];
extern const size_t cla_nomina33_code_count;

cla_rule_fn cla_nomina_type_is_payroll, cla_nomina_complement_is_there, cla_nomina_field_is,
	cla_nomina_form_of_33, cla_nomina_global_absent, cla_nomina_curp_of_legal,
	cla_nomina_curp_of_natural, cla_nomina_receiver_is_natural, cla_nomina_receiver_is_named,
	cla_nomina_line_is_one, cla_nomina_line_is_sum, cla_nomina_line_has_no,
	cla_nomina_taxes_absent, cla_nomina_not_of_line, cla_nomina_amounts_there,
	cla_nomina_code_listed, cla_nomina_period_of_ordinary, cla_nomina_period_of_extra,
	cla_nomina_dates_in_order, cla_nomina_total_of_nothing, cla_nomina_total_is_sum,
	cla_nomina_others_are_sum, cla_nomina_registry_required, cla_nomina_registry_forbidden,
	cla_nomina_registry_data, cla_nomina_own_required, cla_nomina_own_forbidden,
	cla_nomina_own_in_range, cla_nomina_start_before_end, cla_nomina_weeks_fit,
	cla_nomina_span_fits, cla_nomina_regime_of_contract, cla_nomina_regime_of_none,
	cla_nomina_account_length, cla_nomina_bank_forbidden, cla_nomina_clabe_digit,
	cla_nomina_bank_required, cla_nomina_shares_are_100, cla_nomina_parts_agree,
	cla_nomina_kind_is_sum, cla_nomina_perception_positive, cla_nomina_kind_required,
	cla_nomina_pension_once, cla_nomina_pension_parts, cla_nomina_child_required,
	cla_nomina_child_forbidden, cla_nomina_sick_required, cla_nomina_sick_is_sum,
	cla_nomina_pension_not_both, cla_nomina_pension_daily, cla_nomina_withheld_is_sum,
	cla_nomina_withheld_of_nothing, cla_nomina_deduction_positive, cla_nomina_other_positive,
	cla_nomina_subsidy_covers, cla_nomina_balance_covers, cla_nomina_balance_year,
	cla_nomina_subsidy_of_month, cla_nomina_subsidy_of_days, cla_nomina_subsidy_is_told,
	cla_nomina_subsidy_of_regime, cla_nomina_rfc_has_digit, cla_nomina_receiver_has_digit;

#endif
