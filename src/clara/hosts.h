/* clara/hosts.h - which hosts files may be downloaded from. */
#ifndef CLA_CLARA_HOSTS_H
#define CLA_CLARA_HOSTS_H

#include "model/entity.h"

enum cla_host {
	CLA_HOST_REFUSED,
	CLA_HOST_ALLOWED, /* by a pattern: must not lead to a private address */
	CLA_HOST_NAMED,	  /* written out in the configuration: may be private */
};

/* `host` is host[:port] of a URL; 443 may be written or not. Patterns are the entity's
 * download_hosts, exact names or
 * "*.suffix" for one or more labels before the suffix; without them *.s3.amazonaws.com and
 * *.s3.<region>.amazonaws.com. */
enum cla_host cla_host_judge(const struct cla_entity *entity, struct cla_str host);

#endif
