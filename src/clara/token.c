/* clara/token.c - reads the token endpoint's answers. */
#include "clara/token.h"

#include "clara/pick.h"

#include <stdio.h>

#define MAX_TOKEN (64 * 1024)
#define ASSUMED_LIFE_S 3600
#define LONGEST_LIFE_S (30 * 86400)
#define SHORT_LIFE_S 120
#define MARGIN_S 60

void cla_token_init(struct cla_token *t)
{
	*t = (struct cla_token){ .header = CLA_BUF_SECRET(MAX_TOKEN + 16) };
}

void cla_token_clear(struct cla_token *t)
{
	cla_buf_clear(&t->header);
	t->valid = false;
}

bool cla_token_fresh(const struct cla_token *t, int64_t now_ms)
{
	return t->valid && now_ms < t->renew_at_ms;
}

uint64_t cla_token_life_s(struct cla_str expires_in)
{
	uint64_t s = 0;
	struct cla_str whole = cla_str_sub(expires_in, 0, cla_str_find(expires_in, '.'));

	if (cla_str_absent(expires_in) || !cla_str_to_u64(cla_str_trim(whole), &s) || !s ||
	    s > LONGEST_LIFE_S)
		return ASSUMED_LIFE_S;
	return s;
}

int64_t cla_token_renew_ms(uint64_t life_s)
{
	uint64_t margin_ms = life_s * 100; /* a tenth */

	if (life_s < SHORT_LIFE_S)
		margin_ms = life_s * 500;
	else if (margin_ms < MARGIN_S * 1000)
		margin_ms = MARGIN_S * 1000;
	return (int64_t)(life_s * 1000 - margin_ms);
}

/* RFC 6750: visible ASCII without blanks. Anything else would not survive a header line. */
static bool usable(struct cla_str token)
{
	for (size_t i = 0; i < token.len; i++)
		if (token.ptr[i] <= 0x20 || token.ptr[i] >= 0x7f)
			return false;
	return token.len;
}

bool cla_token_take(struct cla_token *t, struct cla_str answer, int64_t sent_ms,
		    struct cla_err *err)
{
	cla_auto_buf struct cla_buf token = CLA_BUF_SECRET(MAX_TOKEN);
	cla_auto_buf struct cla_buf life = CLA_BUF_INIT(256);
	const struct cla_pick picks[] = { { "access_token", &token }, { "expires_in", &life } };
	bool ok = cla_pick(answer, picks, CLA_LEN(picks), err);

	if (ok && !usable(cla_buf_str(&token)))
		ok = cla_err_set(err, CLA_ERR_FORMAT, "the answer holds no access_token");
	if (ok) {
		struct cla_buf header = CLA_BUF_SECRET(MAX_TOKEN + 16);
		cla_buf_addc(&header, "Bearer ");
		cla_buf_add(&header, cla_buf_str(&token));
		ok = cla_buf_ok(&header, err);
		cla_buf_clear(&t->header);
		t->header = header;
		t->valid = ok;
		t->serial++;
		t->renew_at_ms = sent_ms + cla_token_renew_ms(cla_token_life_s(cla_buf_str(&life)));
	}
	return ok;
}

static bool repeats(struct cla_str text, const char *const *secrets)
{
	for (; *secrets; secrets++)
		if (**secrets && cla_str_contains(text, *secrets))
			return true;
	return false;
}

void cla_token_refusal(struct cla_str answer, const char *const *secrets, char *out, size_t size)
{
	cla_auto_buf struct cla_buf description = CLA_BUF_INIT(MAX_TOKEN),
				    message = CLA_BUF_INIT(MAX_TOKEN),
				    error = CLA_BUF_INIT(MAX_TOKEN);
	const struct cla_pick picks[] = { { "error_description", &description },
					  { "message", &message },
					  { "error", &error } };
	struct cla_buf *const found[] = { &description, &message, &error };
	struct cla_err clean;

	*out = '\0';
	if (!cla_pick(answer, picks, CLA_LEN(picks), NULL))
		return;
	for (size_t i = 0; i < CLA_LEN(found) && !*out; i++) {
		if (repeats(cla_buf_str(found[i]), secrets))
			continue;
		/* An error's text has its control characters replaced. */
		cla_err_set(&clean, CLA_ERR_AUTH, "%.160s", cla_buf_cstr(found[i]));
		(void)snprintf(out, size, "%s", clean.msg);
	}
}
