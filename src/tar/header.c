#include "tar/tar_priv.h"

#include <string.h>

#define NAME_MAX_LAST 100
#define NAME_MAX_DIR 155
#define MTIME_MAX INT64_C(2147483646)

const struct cla_tar_field cla_tar_fields[CLA_TAR_FIELDS] = {
	[CLA_TAR_NAME] = { "name", 0, 100 },
	[CLA_TAR_MODE] = { "mode", 100, 8 },
	[CLA_TAR_UID] = { "uid", 108, 8 },
	[CLA_TAR_GID] = { "gid", 116, 8 },
	[CLA_TAR_SIZE] = { "size", 124, 12 },
	[CLA_TAR_MTIME] = { "mtime", 136, 12 },
	[CLA_TAR_TYPE] = { "type", 156, 1 },
	[CLA_TAR_LINK] = { "link name", 157, 100 },
	[CLA_TAR_MAGIC] = { "magic", 257, 6 },
	[CLA_TAR_VERSION] = { "version", 263, 2 },
	[CLA_TAR_UNAME] = { "user name", 265, 32 },
	[CLA_TAR_GNAME] = { "group name", 297, 32 },
	[CLA_TAR_DEVMAJOR] = { "device major", 329, 8 },
	[CLA_TAR_DEVMINOR] = { "device minor", 337, 8 },
	[CLA_TAR_PREFIX] = { "name prefix", 345, 155 },
	[CLA_TAR_REST] = { "header padding", 500, 12 },
	[CLA_TAR_CHECKSUM] = { "checksum", 148, 8 },
};

static bool name_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '.' || c == '_' || c == '-';
}

const char *cla_tar_name_problem(struct cla_str name)
{
	size_t start = 0; /* of the part at hand */

	if (name.len == 0)
		return "empty name";
	for (size_t i = 0; i <= name.len; i++) {
		if (i < name.len && name.ptr[i] != '/') {
			if (!name_byte(name.ptr[i]))
				return "byte outside [A-Za-z0-9._/-]";
			continue;
		}
		struct cla_str part = cla_str_sub(name, start, i - start);
		if (part.len == 0)
			return "empty part";
		if (cla_str_eqc(part, ".") || cla_str_eqc(part, ".."))
			return "part '.' or '..'";
		if (i < name.len)
			start = i + 1;
	}
	if (name.len - start > NAME_MAX_LAST)
		return "last part beyond 100 bytes";
	if (start > NAME_MAX_DIR + 1)
		return "directory beyond 155 bytes";
	return NULL;
}

/* Where a name is cut into prefix and rest: a name of up to 100 bytes is not; of a longer one the
 * rest takes as much as fits. The result is the length of the prefix, the '/' after it belongs to
 * neither. */
static size_t name_prefix(struct cla_str name)
{
	if (name.len <= cla_tar_fields[CLA_TAR_NAME].len)
		return 0;
	size_t at = name.len - cla_tar_fields[CLA_TAR_NAME].len - 1;
	if (at == 0)
		at = 1;
	return at + cla_str_find(cla_str_sub(name, at, name.len), '/');
}

/* `digits` octal digits, then what the field ends with. */
static void put_octal(unsigned char *block, enum cla_tar_field_index field, uint64_t value,
		      int digits, const char *end)
{
	unsigned char *p = block + cla_tar_fields[field].at;
	for (int i = digits - 1; i >= 0; i--, value >>= 3)
		p[i] = (unsigned char)('0' + (value & 7));
	memcpy(p + digits, end, cla_tar_fields[field].len - (size_t)digits);
}

unsigned cla_tar_checksum(const unsigned char block[CLA_TAR_BLOCK])
{
	const struct cla_tar_field *field = &cla_tar_fields[CLA_TAR_CHECKSUM];
	unsigned sum = 0;
	for (size_t i = 0; i < CLA_TAR_BLOCK; i++)
		sum += i >= field->at && i < field->at + field->len ? ' ' : block[i];
	return sum;
}

bool cla_tar_header(struct cla_str name, uint64_t size, int64_t mtime,
		    unsigned char out[CLA_TAR_BLOCK])
{
	if (cla_tar_name_problem(name) || size > CLA_TAR_MAX_SIZE || mtime < 0 || mtime > MTIME_MAX)
		return false;

	size_t prefix = name_prefix(name);
	struct cla_str rest = prefix ? cla_str_sub(name, prefix + 1, name.len) : name;
	memset(out, 0, CLA_TAR_BLOCK);
	memcpy(out + cla_tar_fields[CLA_TAR_NAME].at, rest.ptr, rest.len);
	memcpy(out + cla_tar_fields[CLA_TAR_PREFIX].at, name.ptr, prefix);
	put_octal(out, CLA_TAR_MODE, 0644, 6, " \0");
	put_octal(out, CLA_TAR_UID, 0, 6, " \0");
	put_octal(out, CLA_TAR_GID, 0, 6, " \0");
	put_octal(out, CLA_TAR_SIZE, size, 11, " ");
	put_octal(out, CLA_TAR_MTIME, (uint64_t)mtime, 11, " ");
	out[cla_tar_fields[CLA_TAR_TYPE].at] = '0';
	memcpy(out + cla_tar_fields[CLA_TAR_MAGIC].at, "ustar", 6);
	memcpy(out + cla_tar_fields[CLA_TAR_VERSION].at, "00", 2);
	put_octal(out, CLA_TAR_DEVMAJOR, 0, 6, " \0");
	put_octal(out, CLA_TAR_DEVMINOR, 0, 6, " \0");
	put_octal(out, CLA_TAR_CHECKSUM, cla_tar_checksum(out), 6, "\0 ");
	return true;
}

const struct cla_tar_field *cla_tar_field_differs(const unsigned char found[CLA_TAR_BLOCK],
						  const unsigned char due[CLA_TAR_BLOCK])
{
	for (size_t i = 0; i < CLA_TAR_FIELDS; i++) {
		const struct cla_tar_field *f = &cla_tar_fields[i];
		if (memcmp(found + f->at, due + f->at, f->len) != 0)
			return f;
	}
	return NULL;
}
