/* cli/bag.h - a bundle opened for people to look into: show and diff.
 *
 * Read by the walker of tar/ and by json/, never by what writes bundles. It is not verified here,
 * but what is plainly not as it was written is refused: an archive that deviates from the canonical
 * tar, or whose name has another digest. Held is the index, data/bundle.json; evidence of expenses
 * is handed out one at a time to who wants it.
 */
#ifndef CLA_CLI_BAG_H
#define CLA_CLI_BAG_H

#include "cli/cli.h"
#include "crypto/digest.h"
#include "json/json.h"

struct cla_bag {
	struct cla_buf bytes;	  /* data/bundle.json */
	struct cla_json_doc *doc; /* the same, parsed */
	const struct cla_json *index;
	char base[96];
	struct cla_digest sha256, rules; /* of the archive, of data/rules.json */
	uint64_t size;
};
void cla_bag_clear(struct cla_bag *bag);
#define cla_auto_bag CLA_CLEANUP(cla_bag_clear)

/* One evidence.json that was wanted; `json` is its bytes. */
struct cla_bag_expense {
	struct cla_str kind, uuid, json; /* kind "tx" or "reimbursement" */
};
struct cla_bag_reader {
	void *ctx;
	bool (*wants)(void *ctx, struct cla_str uuid); /* NULL: none is wanted */
	bool (*expense)(void *ctx, const struct cla_bag_expense *e, struct cla_err *err);
};

/* CLA_ERR_FORMAT: no bundle, or one of another format; CLA_ERR_INTEGRITY: damaged, the member is
 * named. *ret is cleared by the caller after success. */
CLA_USE bool cla_bag_read(struct cla_cli *cli, const char *path,
			  const struct cla_bag_reader *reader, struct cla_bag *ret,
			  struct cla_err *err);

#endif
