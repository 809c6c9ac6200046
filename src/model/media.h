/* model/media.h - what a file is, by its first bytes; never by its name or by what a server claims.
 */
#ifndef CLA_MODEL_MEDIA_H
#define CLA_MODEL_MEDIA_H

#include "base/str.h"

#define CLA_MEDIA_PREFIX 1024 /* bytes that are looked at */

struct cla_media {
	const char *ext;  /* xml pdf jpg png zip json html txt bin */
	const char *type; /* IANA media type */
};

/* `start` holds the first CLA_MEDIA_PREFIX bytes, or all when there are fewer. An empty file is
 * bin. */
struct cla_media cla_media_of(struct cla_str start);
/* The media type that goes with an extension; that of bin for one that is none of these. */
const char *cla_media_type(struct cla_str ext);

#endif
