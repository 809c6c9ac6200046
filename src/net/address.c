/* net/address.c - which addresses a download may not lead to. */
#include "net/net_priv.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

struct range4 {
	uint32_t base;
	int bits;
};

/* IANA special-purpose registry: what is not globally reachable, and multicast. */
static const struct range4 special4[] = {
	{ 0x00000000, 8 },  /* 0.0.0.0/8 this network */
	{ 0x0a000000, 8 },  /* 10.0.0.0/8 private */
	{ 0x64400000, 10 }, /* 100.64.0.0/10 shared by carriers */
	{ 0x7f000000, 8 },  /* 127.0.0.0/8 loopback */
	{ 0xa9fe0000, 16 }, /* 169.254.0.0/16 link-local, cloud metadata */
	{ 0xac100000, 12 }, /* 172.16.0.0/12 private */
	{ 0xc0000000, 24 }, /* 192.0.0.0/24 protocol assignments */
	{ 0xc0a80000, 16 }, /* 192.168.0.0/16 private */
	{ 0xc6120000, 15 }, /* 198.18.0.0/15 benchmarking */
	{ 0xe0000000, 3 },  /* 224.0.0.0/3 multicast, reserved, broadcast */
};

static bool private4(uint32_t address)
{
	for (size_t i = 0; i < CLA_LEN(special4); i++)
		if ((address ^ special4[i].base) >> (32 - special4[i].bits) == 0)
			return true;
	return false;
}

static uint32_t word(const uint8_t *b)
{
	return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

static bool private6(const uint8_t b[16])
{
	static const uint8_t zero[16], nat64[12] = { 0x00, 0x64, 0xff, 0x9b },
				       mapped[12] = { [10] = 0xff, 0xff };

	if (!memcmp(b, mapped, 12) || !memcmp(b, nat64, 12) || !memcmp(b, zero, 12))
		return private4(word(b + 12)); /* an IPv4 address inside; also :: and ::1 */
	if (b[0] == 0x20 && b[1] == 0x02)      /* 6to4 */
		return private4(word(b + 2));
	return (b[0] & 0xfe) == 0xfc ||			  /* fc00::/7 unique local */
	       (b[0] == 0xfe && (b[1] & 0x80) == 0x80) || /* fe80::/10, fec0::/10 */
	       b[0] == 0xff;				  /* multicast */
}

bool cla_net_address_private(const struct sockaddr *address)
{
	if (address->sa_family == AF_INET) {
		struct sockaddr_in in;
		memcpy(&in, address, sizeof(in));
		return private4(ntohl(in.sin_addr.s_addr));
	}
	if (address->sa_family == AF_INET6) {
		struct sockaddr_in6 in6;
		memcpy(&in6, address, sizeof(in6));
		return private6(in6.sin6_addr.s6_addr);
	}
	return true;
}

bool cla_net_text_private(struct cla_str host)
{
	char text[INET6_ADDRSTRLEN + 2];
	uint8_t bytes[16];

	if (host.len > 2 && host.ptr[0] == '[')
		host = cla_str_sub(host, 1, cla_str_find(host, ']') - 1);
	host = cla_str_sub(host, 0, cla_str_find(host, '%')); /* zone */
	if (!cla_str_cstr(host, text, sizeof(text), NULL))
		return false;
	if (inet_pton(AF_INET, text, bytes) == 1)
		return private4(word(bytes));
	return inet_pton(AF_INET6, text, bytes) == 1 && private6(bytes);
}
