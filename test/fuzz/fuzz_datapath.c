/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Frames into the whole router. An input is a list of records: a byte of flags, a byte of length
 * (in units that the flags choose), then that many bytes of a frame. After each input nothing may
 * be lost, whatever was on the wire.
 */
#include <string.h>
#include "../dp/dp.h"
#include "fuzz.h"
#include "ip4/ip4_sock.h"

enum {
	F_PORT2 = 1 << 0,    /* arrives by p2, else by p1 */
	F_TO_US = 1 << 1,    /* destination MAC: the port's */
	F_CHECKSUM = 1 << 2, /* IPv4 header checksum made right */
	F_IP4 = 1 << 3,	     /* bytes begin with the IPv4 header: an Ethernet header comes before */
	F_VLAN = 1 << 4,     /* VLAN 100 goes in */
	F_LONG = 1 << 5,     /* the length counts in eights */
	F_RUN = 1 << 6,	     /* let it be handled before the next one comes */
	F_SEGMENTS = 1 << 7, /* in a chain of small buffers */
};
#define FRAMES_MAX 64

/* Consumers of what is for us: they read everything, look at every error, and throw it away. */
static void
on_data(struct ip4_sock *sk)
{
	struct sk_buff *skb;

	role_enter_ctl();
	role_borrow_dp();
	while ((skb = ip4_sock_recv(sk)) != NULL)
		consume_skb(worker_ctl(), skb);
}
static void
on_error(struct ip4_sock *sk, const struct ip4_answer *a)
{
	(void)sk;
	fuzz_require(a->is_error && a->optlen <= sizeof(a->opt), "an error that is none");
}

static struct ip4_sock socks[] = {
	{ .type = IP4_SOCK_UDP, .lport = RTE_BE16(9) },
	{ .type = IP4_SOCK_UDP, .lport = RTE_BE16(4000), .rport = RTE_BE16(9) },
	{ .type = IP4_SOCK_PING, .lport = RTE_BE16(1) },
	{ .type = IP4_SOCK_RAW, .proto = 2, .router_alert = true },
	{ .type = IP4_SOCK_RAW, .proto = IPPROTO_ICMP, .icmp_types = 1 << 8 | 1 << 13 | 1 << 31 },
};

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	fuzz_router_start();
	dp_cmd("sysctl net.ipv4.conf.all.icmp_mask_reply=1 net.ipv4.icmp_information_reply=1 "
	       "net.ipv4.conf.p1.log_martians=1 net.ipv4.icmp_ignore_bogus_error_responses=0 "
	       "net.core.message_burst=2");
	role_enter_ctl();
	for (unsigned int i = 0; i < RTE_DIM(socks); i++) {
		socks[i].data_ready = on_data;
		socks[i].error_report = on_error;
		fuzz_require(ip4_sock_open(&socks[i]) == 0, "a socket does not open");
	}
	return 0;
}

/* Where the IPv4 header is, or NULL. */
static struct rte_ipv4_hdr *
ip4_of(struct dp_frame *f)
{
	struct rte_ipv4_hdr *ip = dp_ip4(f);

	if (f->len < RTE_ETHER_HDR_LEN + sizeof(*ip) || f->b[12] != 0x08 || f->b[13] != 0x00 ||
	    rte_ipv4_hdr_len(ip) < sizeof(*ip) || f->len < RTE_ETHER_HDR_LEN + rte_ipv4_hdr_len(ip))
		return NULL;
	return ip;
}

static void
one_frame(struct fuzz_in *in)
{
	uint8_t flags = fuzz_u8(in);
	size_t len = (size_t)fuzz_u8(in) * (flags & F_LONG ? 8 : 1);
	unsigned int n = flags & F_PORT2 ? 2 : 1;
	struct dp_frame f = { 0 };
	struct rte_ether_addr mac = dp_port_mac(n), from = dp_host_mac((uint8_t)(n + 1));

	if (len > RTE_ETHER_MAX_LEN)
		len = RTE_ETHER_MAX_LEN;
	if (flags & F_IP4) {
		memcpy(f.b, &mac, sizeof(mac));
		memcpy(f.b + 6, &from, sizeof(from));
		f.b[12] = 0x08;
		f.len = RTE_ETHER_HDR_LEN;
	}
	f.len += (uint32_t)fuzz_bytes(in, f.b + f.len, len);
	if ((flags & F_TO_US) && f.len >= sizeof(mac))
		memcpy(f.b, &mac, sizeof(mac));
	if ((flags & F_CHECKSUM) && ip4_of(&f) != NULL)
		dp_fix_checksum(&f);
	if ((flags & F_VLAN) && f.len >= RTE_ETHER_HDR_LEN)
		dp_tag(&f, 100);
	if (flags & F_SEGMENTS)
		dp_inject_segments(n, &f, 1 + f.len / 4);
	else
		dp_inject(n, &f);
	if (flags & F_RUN)
		dp_run();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_in in = { data, size };

	for (unsigned int i = 0; i < FRAMES_MAX && in.left > 0; i++)
		one_frame(&in);
	fuzz_router_settle();
	return 0;
}
