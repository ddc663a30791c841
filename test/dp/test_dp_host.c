/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The Linux host behind the router: a real kernel, in a network namespace that this process makes
 * for itself.
 *
 *	10.0.1.0/24 p1 --- [router] --- p2 10.0.2.0/24
 */
#include "dp.h"
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "core/counter.h"
#include "core/evloop.h"
#include "core/msg.h"
#include "core/timer.h"
#include "ethdev/ethdev.h"
#include "fib/fib.h"
#include "host/host.h"
#include "ip4/icmp_proto.h"
#include "netdev/netdev.h"
#include "netns.h"

static unsigned int p1, p2;

/* The kernel has done a thing when the call that asked for it returns: look until nothing comes. */
static void
settle(void)
{
	for (int i = 0; i < 20; i++) {
		dp_run_ms(20);
		role_enter_ctl();
		while (ev_run_once(i < 2 ? 10 : 0) > 0)
			dp_run();
	}
}

static int
enable(void **state)
{
	(void)state;
	dp_cmd("host enable netns lab");
	settle();
	dp_discard(p1);
	dp_discard(p2);
	return 0;
}

static int
setup(void **state)
{
	dp_own_netns("lab");
	dp_setup(state);
	p1 = dp_lan(1);
	p2 = dp_lan(2);
	return enable(state);
}

static int
disable(void **state)
{
	(void)state;
	dp_cmd("host disable");
	settle();
	dp_discard(p1);
	dp_discard(p2);
	return 0;
}

/* Run a command in the namespace; what it says, without the last newline. */
static const char *
lab(const char *fmt, ...)
{
	static char out[8192];
	char args[400], cmd[512];
	va_list ap;
	size_t n;
	FILE *f;

	va_start(ap, fmt);
	vsnprintf(args, sizeof(args), fmt, ap);
	va_end(ap);
	snprintf(cmd, sizeof(cmd), "ip -n lab %s", args);
	f = popen(cmd, "r");
	assert_non_null(f);
	n = fread(out, 1, sizeof(out) - 1, f);
	if (pclose(f) != 0)
		fail_msg("%s fails", cmd);
	while (n > 0 && (out[n - 1] == '\n' || out[n - 1] == ' '))
		n--;
	out[n] = '\0';
	return out;
}

static bool
router_has(const char *text)
{
	dp_cmd("ip route show table all");
	return strstr(dp_cmd_output(), text) != NULL;
}

/* --- packets --- */

static struct dp_frame
datagram(uint16_t port, uint8_t tos)
{
	struct dp_frame f = dp_udp(p1, 2, "10.0.1.2", "10.0.1.1", 4);
	struct rte_udp_hdr *udp = (struct rte_udp_hdr *)(dp_ip4(&f) + 1);

	udp->dst_port = rte_cpu_to_be_16(port);
	udp->dgram_cksum = 0;
	dp_ip4(&f)->type_of_service = tos;
	dp_fix_checksum(&f);
	return f;
}

/* The ICMP error that came out of p1: type and code, 0: none came. */
static unsigned int
answered(void)
{
	const struct rte_icmp_hdr *icmp;
	struct dp_frame f;

	if (!dp_out(p1, &f) || dp_ip4(&f)->next_proto_id != IPPROTO_ICMP)
		return 0;
	icmp = (const struct rte_icmp_hdr *)(dp_ip4(&f) + 1);
	return icmp->icmp_type * 100u + icmp->icmp_code;
}

static void
kernel_answers(void **state)
{
	struct dp_frame f = datagram(9, 0);
	(void)state;
	dp_inject(p1, &f);
	settle();
	assert_int_equal(answered(), 303);
	dp_cmd("show host");
	assert_non_null(strstr(dp_cmd_output(), "p1              up"));
	/* It was not the router: that counts what it refuses. */
	assert_int_equal(dp_drops("ip4_no_socket"), 0);
	dp_ip4(&f)->next_proto_id = 253;
	dp_fix_checksum(&f);
	dp_inject(p1, &f);
	settle();
	assert_int_equal(answered(), 302);
	assert_int_equal(dp_drops("ip4_unknown_proto"), 0);
}

static void
router_answers_without(void **state)
{
	struct dp_frame f = datagram(9, 0);

	(void)state;
	disable(NULL);
	dp_drops_clear();
	dp_inject(p1, &f);
	settle();
	assert_int_equal(answered(), 303);
	assert_int_equal(dp_drops("ip4_no_socket"), 1);
	enable(NULL);
}

static void
unnamed_device_stays_out(void **state)
{
	struct dp_frame f = datagram(9, 0);

	(void)state;
	dp_drops_clear();
	dp_cmd("host enable netns lab dev p2");
	settle();
	dp_inject(p1, &f);
	settle();
	assert_int_equal(answered(), 303);
	assert_int_equal(dp_drops("ip4_no_socket"), 1);
	enable(NULL);
}

static void
program_hears_and_speaks(void **state)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(5000) };
	struct dp_frame f = datagram(5000, 0), out;
	socklen_t len = sizeof(a);
	char buf[64];
	int s;

	(void)state;
	dp_enter_netns(true);
	s = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	dp_enter_netns(false);
	assert_int_equal(bind(s, (struct sockaddr *)&a, sizeof(a)), 0);
	dp_inject(p1, &f);
	settle();
	assert_int_equal(recvfrom(s, buf, sizeof(buf), 0, (struct sockaddr *)&a, &len), 4);
	assert_int_equal(a.sin_addr.s_addr, dp_ip("10.0.1.2"));
	assert_int_equal(sendto(s, "hello", 5, 0, (struct sockaddr *)&a, len), 5);
	settle();
	assert_true(dp_out(p1, &out));
	assert_int_equal(dp_ip4(&out)->dst_addr, dp_ip("10.0.1.2"));
	assert_int_equal(dp_ip4(&out)->src_addr, dp_ip("10.0.1.1"));
	assert_int_equal(dp_ip4(&out)->time_to_live, 64);
	/* The way is the router's: what it says leads elsewhere, goes there. */
	dp_cmd("ip route add 10.0.1.2/32 via 10.0.2.2");
	assert_int_equal(sendto(s, "hello", 5, 0, (struct sockaddr *)&a, len), 5);
	settle();
	assert_true(dp_out(p2, &out));
	assert_false(dp_out(p1, &out));
	dp_cmd("ip route del 10.0.1.2/32");
	settle();
	close(s);
}

/* Fragments reach the program whole; what it sends in fragments leaves so. */
static void
large_datagrams(void **state)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
				 .sin_port = htons(5001),
				 .sin_addr.s_addr = dp_ip("10.0.1.2") };
	static char buf[4000];
	struct dp_frame out;
	unsigned int n = 0;
	int s;

	(void)state;
	dp_enter_netns(true);
	s = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	dp_enter_netns(false);
	assert_int_equal(sendto(s, buf, sizeof(buf), 0, (struct sockaddr *)&a, sizeof(a)), 4000);
	settle();
	while (dp_out(p1, &out))
		n++;
	assert_int_equal(n, 3);
	close(s);
}

static void
other_frames_leave_as_they_are(void **state)
{
	static const uint8_t frame[60] = {
		1, 0x80, 0xc2, 0, 0, 0xe, 2, 0, 0, 0, 9, 0xaa, 0x88, 0xcc
	};
	struct dp_frame out;

	(void)state;
	dp_netns_send("p2", frame, sizeof(frame));
	settle();
	assert_true(dp_out(p2, &out));
	assert_int_equal(out.len, sizeof(frame));
	assert_memory_equal(out.b, frame, sizeof(frame));
}

/* Broken packets of the host's are refused like any other's. */
static void
malformed_from_the_host(void **state)
{
	uint8_t frame[60] = { 2, 0, 0, 0, 9, 9, 2, 0, 0, 0, 9, 0xaa, 8, 0, 0x45, 0, 0xff, 0xff };
	struct dp_frame out;

	(void)state;
	dp_drops_clear();
	for (size_t len = 14; len <= sizeof(frame); len += 23)
		dp_netns_send("p2", frame, len);
	settle();
	assert_false(dp_out(p2, &out));
	assert_int_equal(dp_drops("ip4_bad_length") + dp_drops("ip4_truncated"), 3);
}

static int
udp_socket(const char *to)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
				 .sin_port = htons(9),
				 .sin_addr.s_addr = dp_ip(to) };
	int s;

	dp_enter_netns(true);
	s = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	assert_int_equal(connect(s, (struct sockaddr *)&a, sizeof(a)), 0);
	dp_enter_netns(false);
	return s;
}

/* errno of a datagram of @p len bytes to @p to, once the answer has had its time. */
static int
error_about(const char *to, size_t len)
{
	static char buf[2000];
	int s = udp_socket(to), on = IP_PMTUDISC_DO, err;
	socklen_t n = sizeof(err);

	setsockopt(s, IPPROTO_IP, IP_MTU_DISCOVER, &on, sizeof(on));
	on = 1;
	setsockopt(s, IPPROTO_IP, IP_RECVERR, &on, sizeof(on));
	assert_int_equal(send(s, buf, len, 0), len);
	settle();
	assert_int_equal(getsockopt(s, SOL_SOCKET, SO_ERROR, &err, &n), 0);
	close(s);
	return err;
}

/* The host's kernel leads everything to the router; that no way goes on, the program hears. */
static void
program_hears_of_no_way(void **state)
{
	(void)state;
	lab("route add 10.60.0.0/14 dev p1");
	settle();
	dp_cmd("ip route flush 10.60.0.0/14"); /* which was imported */
	dp_cmd("ip route add 10.60.0.0/16 via 10.0.2.2 table 9");
	dp_cmd("ip route add prohibit 10.61.0.0/16 table 9");
	dp_cmd("ip rule add to 10.60.0.0/14 table 9 pref 5");
	assert_int_equal(error_about("10.60.0.1", 10), 0);
	assert_int_equal(error_about("10.61.0.1", 10), EHOSTUNREACH);
	assert_int_equal(error_about("10.63.0.1", 10), ENETUNREACH);
	dp_cmd("ip rule del pref 5");
	dp_cmd("ip route flush table 9");
	lab("route del 10.60.0.0/14 dev p1");
	settle();
	dp_discard(p2);
}

/* Groups that a program has joined; others die as what nobody has joined. */
static void
groups(void **state)
{
	struct ip_mreqn join = { .imr_multiaddr.s_addr = dp_ip("224.0.0.5") };
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(9) };
	struct dp_frame f = dp_udp(p1, 2, "10.0.1.2", "224.0.0.5", 4);
	char buf[64];
	int s;

	(void)state;
	dp_enter_netns(true);
	s = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	join.imr_ifindex = (int)if_nametoindex("p1");
	dp_enter_netns(false);
	assert_int_equal(bind(s, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(setsockopt(s, IPPROTO_IP, IP_ADD_MEMBERSHIP, &join, sizeof(join)), 0);
	settle();
	assert_true(dp_discard(p1) > 0); /* its IGMP report */
	memcpy(f.b, "\x01\x00\x5e\x00\x00\x05", 6);
	dp_inject(p1, &f);
	settle();
	assert_int_equal(recv(s, buf, sizeof(buf), 0), 4);
	setsockopt(s, IPPROTO_IP, IP_DROP_MEMBERSHIP, &join, sizeof(join));
	a.sin_addr.s_addr = join.imr_multiaddr.s_addr;
	/* ... and sent to one, by the device that it names. */
	assert_int_equal(setsockopt(s, IPPROTO_IP, IP_MULTICAST_IF, &join, sizeof(join)), 0);
	settle();
	dp_discard(p1);
	assert_int_equal(sendto(s, "hello", 5, 0, (struct sockaddr *)&a, sizeof(a)), 5);
	settle();
	assert_true(dp_out(p1, &f));
	assert_int_equal(dp_ip4(&f)->dst_addr, dp_ip("224.0.0.5"));
	assert_int_equal(dp_ip4(&f)->time_to_live, 1);
	assert_memory_equal(f.b, "\x01\x00\x5e\x00\x00\x05", 6);
	close(s);
	/* Without a counterpart nobody has joined anything. */
	dp_cmd("host enable netns lab dev p2");
	settle();
	dp_drops_clear();
	f = dp_udp(p1, 2, "10.0.1.2", "224.0.0.5", 4);
	memcpy(f.b, "\x01\x00\x5e\x00\x00\x05", 6);
	dp_inject(p1, &f);
	settle();
	assert_int_equal(dp_drops("ip4_multicast"), 1);
	enable(NULL);
}

/* What stands behind the packet in its frame does not leave with it. */
static void
padding_from_the_host(void **state)
{
	struct dp_frame f = dp_udp(p2, 1, "10.0.2.1", "10.0.2.2", 4), out;
	uint16_t len = rte_be_to_cpu_16(dp_ip4(&f)->total_length);

	(void)state;
	memset(f.b + 14 + len, 0xee, 20);
	dp_netns_send("p2", f.b, 14 + len + 20);
	settle();
	assert_true(dp_out(p2, &out));
	assert_int_equal(dp_ip4(&out)->total_length, rte_cpu_to_be_16(len));
	assert_int_equal(out.len, 14 + len);
}

/* The worker's turn only. */
static void
worker_turn(void)
{
	role_enter_dp();
	workers[1]->now = clock_tsc();
	ethdev_poll(workers[1]);
}

/* A flood to closed ports has a ring of its own: what routing protocols say is not behind it. */
static void
flood_delays_no_hello(void **state)
{
	struct dp_frame junk = datagram(9, 0), hello = datagram(9, 0xc0);
	struct msg_class_stat host_class, local;
	unsigned int sent = 0;

	(void)state;
	dp_drops_clear();
	role_enter_ctl();
	msg_class_stats(MSG_HOST, &host_class);
	while (dp_drops("msg_host_full") == 0 && sent < 10000) {
		dp_inject(p1, &junk);
		worker_turn();
		sent++;
	}
	assert_int_equal(sent, host_class.limit + 1);
	dp_inject(p1, &hello);
	worker_turn();
	msg_class_stats(MSG_LOCAL, &local);
	assert_int_equal(local.now, 1);
	settle();
	dp_discard(p1);
}

static void
explained(void **state)
{
	struct dp_frame f = datagram(9, 0);
	char hex[256] = "";

	(void)state;
	for (uint32_t i = 0; i < f.len; i++)
		sprintf(hex + 2 * i, "%02x", f.b[i]);
	dp_cmd("explain dev p1 hex %s", hex);
	assert_non_null(strstr(dp_cmd_output(), "for the host's programs"));
	assert_false(dp_out(p1, &f));
}

/* --- devices --- */

static void
counterpart_follows(void **state)
{
	(void)state;
	assert_non_null(strstr(lab("-br addr show p1"), "10.0.1.1/24"));
	assert_non_null(strstr(lab("link show p1"), "mtu 1500"));
	assert_non_null(strstr(lab("link show p1"), "UP"));
	dp_cmd("ip addr add 10.0.9.1/24 dev p1");
	dp_cmd("ip link set p1 mtu 1400");
	settle();
	assert_non_null(strstr(lab("-br addr show p1"), "10.0.9.1/24"));
	assert_non_null(strstr(lab("link show p1"), "mtu 1400"));
	dp_cmd("ip addr del 10.0.9.1/24 dev p1");
	dp_cmd("ip link set p1 mtu 1500");
	dp_cmd("ip link set p1 down");
	settle();
	assert_null(strstr(lab("-br addr show p1"), "10.0.9.1/24"));
	assert_null(strstr(lab("link show p1"), ",UP"));
	dp_cmd("ip link set p1 up");
	settle();
	assert_non_null(strstr(lab("link show p1"), ",UP"));
	dp_cmd("ip link add link p1 name p1.7 type vlan id 7");
	settle();
	assert_non_null(strstr(lab("-br link"), "p1.7"));
	dp_cmd("ip link del p1.7");
	settle();
	assert_null(strstr(lab("-br link"), "p1.7"));
	dp_cmd("ip addr add 10.255.0.1/32 dev lo");
	settle();
	assert_non_null(strstr(lab("-br addr show lo"), "10.255.0.1/32"));
	dp_cmd("ip addr del 10.255.0.1/32 dev lo");
	settle();
	assert_null(strstr(lab("-br addr show lo"), "10.255.0.1/32"));
}

static void
renamed(void **state)
{
	(void)state;
	lab("route add 10.70.0.0/16 via 10.0.2.2 proto static");
	settle();
	assert_true(router_has("10.70.0.0/16"));
	dp_cmd("ip link set p2 name uplink");
	settle();
	assert_non_null(strstr(lab("-br addr show uplink"), "10.0.2.1/24"));
	assert_null(strstr(lab("-br link"), "p2"));
	assert_false(router_has("10.70.0.0/16"));
	dp_cmd("ip link set uplink name p2");
	settle();
}

/* A tunnel has no frames: its counterpart is a TUN. */
static void
tunnel(void **state)
{
	struct dp_frame out;
	int s;

	(void)state;
	dp_cmd("ip tunnel add t0 mode ipip local 10.0.2.1 remote 10.0.2.2 ttl 64");
	dp_cmd("ip addr add 10.80.0.1/30 dev t0");
	dp_cmd("ip link set t0 up");
	settle();
	dp_discard(p2);
	assert_non_null(strstr(lab("-d link show t0"), "tun type tun"));
	s = udp_socket("10.80.0.2");
	assert_int_equal(send(s, "hello", 5, 0), 5);
	settle();
	assert_true(dp_out(p2, &out));
	assert_int_equal(dp_ip4(&out)->next_proto_id, IPPROTO_IPIP);
	assert_int_equal((dp_ip4(&out) + 1)->dst_addr, dp_ip("10.80.0.2"));
	close(s);
	dp_cmd("ip link del t0");
	settle();
}

/* A primary address that goes takes no secondary with it that the router keeps. */
static void
secondary_addresses(void **state)
{
	(void)state;
	dp_cmd("sysctl net.ipv4.conf.p2.promote_secondaries=1");
	dp_cmd("ip addr add 10.4.0.1/24 dev p2");
	dp_cmd("ip addr add 10.4.0.2/24 dev p2");
	settle();
	dp_cmd("ip addr del 10.4.0.1/24 dev p2");
	settle();
	assert_non_null(strstr(lab("-br addr show p2"), "10.4.0.2/24"));
	assert_null(strstr(lab("-br addr show p2"), "10.4.0.1/24"));
	dp_cmd("ip addr del 10.4.0.2/24 dev p2");
	settle();
}

static void
refusals(void **state)
{
	(void)state;
	disable(NULL);
	dp_cmd_fails("host enable netns nowhere");
	assert_non_null(strstr(dp_cmd_error(), "no network namespace"));
	dp_cmd_fails("host enable netns a/b");
	lab("link add p2 type veth peer name d1");
	dp_cmd_fails("host enable netns lab");
	assert_non_null(strstr(dp_cmd_error(), "\"p2\" of its own"));
	assert_null(strstr(lab("-br link"), "p1")); /* all or nothing */
	lab("link del p2");
	enable(NULL);
}

/* --- routes --- */

static void
routes_from_the_host(void **state)
{
	(void)state;
	lab("route add 10.20.0.0/16 via 10.0.2.2 proto ospf metric 20");
	lab("route add 10.21.0.0/16 proto bgp nexthop via 10.0.1.2 weight 3 nexthop via 10.0.2.2");
	lab("route add 10.25.0.0/16 via 10.0.2.2 mtu lock 1300 rtt 300ms advmss 1200 features ecn "
	    "rto_min 1.5s quickack 1 congctl lock cubic");
	lab("route add blackhole 10.22.0.0/16 table 77");
	lab("route add 10.24.0.0/16 via 10.0.1.2 mtu lock 1300 advmss 1000 hoplimit 9");
	lab("route add 10.23.0.0/16 dev lo"); /* by no device of the router's */
	settle();
	assert_true(router_has("10.20.0.0/16 via 10.0.2.2 dev p2 proto ospf metric 20"));
	assert_true(router_has("nexthop via 10.0.1.2 dev p1 weight 3"));
	assert_true(
		router_has("10.25.0.0/16 via 10.0.2.2 dev p2 mtu lock 1300 rtt 300ms advmss "
			   "1200 features ecn rto_min lock 1.5s quickack 1 congctl lock cubic"));
	assert_true(router_has("blackhole 10.22.0.0/16 table 77"));
	assert_true(router_has("mtu lock 1300 advmss 1000 hoplimit 9"));
	lab("route del 10.24.0.0/16");
	assert_false(router_has("10.23.0.0/16"));
	assert_null(strstr(lab("route"), "157")); /* the host is not told what it said */
	dp_cmd("show config running");
	assert_null(strstr(dp_cmd_output(), "10.20.0.0")); /* nor is it saved */
	lab("route replace 10.20.0.0/16 via 10.0.1.2 proto ospf metric 20");
	settle();
	assert_true(router_has("10.20.0.0/16 via 10.0.1.2 dev p1 proto ospf metric 20"));
	assert_false(router_has("10.20.0.0/16 via 10.0.2.2"));
	/* ... or by none of ours at all. */
	lab("route replace 10.20.0.0/16 dev lo proto ospf metric 20");
	settle();
	assert_false(router_has("10.20.0.0/16"));
	lab("route prepend 10.21.0.0/16 via 10.0.2.2 proto bgp");
	lab("route append 10.21.0.0/16 via 10.0.1.2 proto bgp");
	settle();
	dp_cmd("ip route show 10.21.0.0/16");
	assert_string_equal(dp_cmd_output(), "10.21.0.0/16 via 10.0.2.2 dev p2 proto bgp \n"
					     "10.21.0.0/16 proto bgp \n"
					     "\tnexthop via 10.0.1.2 dev p1 weight 3 \n"
					     "\tnexthop via 10.0.2.2 dev p2 weight 1 \n"
					     "10.21.0.0/16 via 10.0.1.2 dev p1 proto bgp \n");
	lab("route flush 10.21.0.0/16");
	settle();
	assert_false(router_has("10.21.0.0/16"));
	disable(NULL);
	assert_false(router_has("10.22.0.0/16"));
	enable(NULL);
	assert_true(router_has("10.22.0.0/16")); /* it was there all the time */
	lab("route del 10.22.0.0/16 table 77");
	settle();
	assert_false(router_has("10.22.0.0/16"));
}

static void
own_routes_stay(void **state)
{
	const struct fib_route_spec from_file = { .table = RT_TABLE_MAIN,
						  .dst = RTE_BE32(0x0a200000),
						  .plen = 16,
						  .type = FIB_BLACKHOLE,
						  .file = 1 };
	struct host_stats st;

	(void)state;
	dp_cmd("host enable netns lab routes import");
	dp_cmd("ip route add 10.30.0.0/16 via 10.0.1.2");
	dp_cmd("ip route add 10.31.0.0/16 via 10.0.2.2");
	lab("route add 10.31.0.0/16 via 10.0.2.2"); /* the same one */
	lab("route del 10.31.0.0/16");
	assert_int_equal(fib_route_add(&from_file, FIB_ADD, NULL), 0);
	lab("route add 10.30.0.0/16 via 10.0.2.2");
	settle();
	assert_true(router_has("10.30.0.0/16 via 10.0.1.2"));
	host_get_stats(&st);
	assert_true(st.refused > 0);
	lab("route del 10.30.0.0/16");
	settle();
	assert_true(router_has("10.30.0.0/16 via 10.0.1.2"));
	/* The host's comes when it makes room. */
	lab("route add 10.30.0.0/16 via 10.0.2.2");
	settle();
	assert_true(router_has("10.30.0.0/16 via 10.0.1.2"));
	dp_cmd("ip route del 10.30.0.0/16");
	settle();
	assert_true(router_has("10.30.0.0/16 via 10.0.2.2"));
	lab("route del 10.30.0.0/16");
	enable(NULL);
	assert_true(router_has("10.31.0.0/16"));
	assert_true(router_has("blackhole 10.32.0.0/16"));
	dp_cmd("ip route del 10.31.0.0/16");
	dp_cmd("ip route del blackhole 10.32.0.0/16");
}

/* What the kernel forgets without a word is found by reading all again. */
static void
silent_losses(void **state)
{
	(void)state;
	lab("route add 10.40.0.0/16 via 10.0.2.2 proto static");
	lab("nexthop add id 7 via 10.0.2.2 dev p2");
	lab("route add 10.41.0.0/16 nhid 7 proto bgp");
	settle();
	assert_true(router_has("10.40.0.0/16") && router_has("10.41.0.0/16"));
	lab("nexthop del id 7");
	settle();
	assert_true(router_has("10.40.0.0/16"));
	assert_false(router_has("10.41.0.0/16"));
	lab("link set p2 down"); /* by hand, there */
	settle();
	assert_false(router_has("10.40.0.0/16"));
	lab("link set p2 up");
	settle();
}

#define MANY 60000
/* More news than the socket holds: some are lost, and found again. */
static void
news_overflow(void **state)
{
	struct host_stats st;
	FILE *f = popen("ip -n lab -batch -", "w");

	(void)state;
	assert_non_null(f);
	for (unsigned int i = 0; i < MANY; i++)
		fprintf(f, "route add 11.%u.%u.%u/32 via 10.0.2.2 proto bgp\n", i >> 16,
			i >> 8 & 255, i & 255);
	assert_int_equal(pclose(f), 0);
	for (int i = 0; i < 200; i++)
		settle();
	host_get_stats(&st);
	assert_true(st.readings > 1);
	assert_false(st.reading);
	dp_cmd("ip route show proto bgp 11.0.0.0/8");
	for (unsigned int i = 0; i < MANY; i += 997) {
		char want[32];

		snprintf(want, sizeof(want), "11.%u.%u.%u via", i >> 16, i >> 8 & 255, i & 255);
		dp_cmd("ip route show %.*s", (int)(strlen(want) - 4), want);
		assert_non_null(strstr(dp_cmd_output(), want));
	}
	lab("route flush proto bgp");
	for (int i = 0; i < 200; i++)
		settle();
	assert_false(router_has("proto bgp"));
}

static void
routes_to_the_host(void **state)
{
	(void)state;
	lab("link add d0 type veth peer name d1");
	lab("link set d0 up");
	lab("link set d1 up");
	lab("route add default dev d0"); /* the host's own way out */
	dp_cmd("ip route add 10.50.0.0/16 via 10.0.2.2 mtu 1300 window lock 5 rttvar "
	       "2s hoplimit lock 0 fastopen_no_cookie 1 congctl nosuch");
	dp_cmd("ip route add default via 10.0.1.2");
	dp_cmd("ip route add unreachable 10.51.0.0/16 metric 9");
	dp_cmd("ip route add 10.52.0.0/16 nexthop via 10.0.1.2 weight 2 nexthop via 10.0.2.2");
	dp_cmd("ip route add 10.53.0.0/16 via 10.0.2.2 table 5"); /* not of table main */
	settle();
	assert_non_null(strstr(lab("route"),
			       "10.50.0.0/16 via 10.0.2.2 dev p2 proto 157 mtu 1300 window "
			       "lock 5 rttvar 2s hoplimit lock 0 fastopen_no_cookie 1"));
	assert_non_null(strstr(lab("route"), "unreachable 10.51.0.0/16 proto 157 metric 9"));
	assert_non_null(strstr(lab("route"), "nexthop via 10.0.1.2 dev p1 weight 2"));
	assert_null(strstr(lab("route show table all"), "10.53.0.0/16"));
	assert_ptr_equal(strstr(lab("route show default"), "default dev d0"),
			 lab("route show default"));
	dp_cmd("ip route change 10.50.0.0/16 via 10.0.1.2");
	dp_cmd("ip route del unreachable 10.51.0.0/16 metric 9");
	dp_cmd("ip route del default");
	settle();
	assert_non_null(strstr(lab("route"), "10.50.0.0/16 via 10.0.1.2 dev p1 proto 157"));
	assert_null(strstr(lab("route"), "10.51.0.0/16"));
	assert_string_equal(lab("route show default"), "default dev d0 scope link");
	/* One of two ways is away for a while. */
	dp_cmd("ip link set p1 down");
	settle();
	assert_string_equal(lab("route show 10.52.0.0/16"),
			    "10.52.0.0/16 via 10.0.2.2 dev p2 proto 157");
	dp_cmd("ip link set p1 up");
	dp_cmd("ip route replace 10.52.0.0/16 nexthop via 10.0.1.2 nexthop via 10.0.2.2");
	settle();
	assert_string_equal(lab("route show 10.52.0.0/16"),
			    "10.52.0.0/16 proto 157 \n"
			    "\tnexthop via 10.0.1.2 dev p1 weight 1 \n"
			    "\tnexthop via 10.0.2.2 dev p2 weight 1");
	/* Down and up again: the kernel has forgotten it, and is told again. */
	dp_cmd("ip route add blackhole 10.54.0.0/16");
	dp_cmd("ip link set p1 down");
	settle();
	assert_null(strstr(lab("route"), "10.50.0.0/16"));
	dp_cmd("ip link set p1 up");
	dp_cmd("ip route replace 10.50.0.0/16 via 10.0.1.2");
	settle();
	assert_non_null(strstr(lab("route"), "10.50.0.0/16"));
	disable(NULL);
	assert_null(strstr(lab("route"), "157"));	   /* the blackhole neither */
	lab("route add blackhole 10.55.0.0/16 proto 157"); /* of a daemon that was killed */
	enable(NULL);
	assert_null(strstr(lab("route"), "10.55.0.0/16"));
	disable(NULL);
	lab("link del d0");
	dp_cmd("ip route del 10.50.0.0/16");
	dp_cmd("ip route del 10.52.0.0/16");
	dp_cmd("ip route del blackhole 10.54.0.0/16");
	dp_cmd("ip route del 10.53.0.0/16 table 5");
	enable(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kernel_answers),
		cmocka_unit_test(router_answers_without),
		cmocka_unit_test(unnamed_device_stays_out),
		cmocka_unit_test(program_hears_and_speaks),
		cmocka_unit_test(program_hears_of_no_way),
		cmocka_unit_test(groups),
		cmocka_unit_test(large_datagrams),
		cmocka_unit_test(other_frames_leave_as_they_are),
		cmocka_unit_test(malformed_from_the_host),
		cmocka_unit_test(padding_from_the_host),
		cmocka_unit_test(flood_delays_no_hello),
		cmocka_unit_test(explained),
		cmocka_unit_test(counterpart_follows),
		cmocka_unit_test(renamed),
		cmocka_unit_test(tunnel),
		cmocka_unit_test(secondary_addresses),
		cmocka_unit_test(refusals),
		cmocka_unit_test(routes_from_the_host),
		cmocka_unit_test(own_routes_stay),
		cmocka_unit_test(silent_losses),
		cmocka_unit_test(news_overflow),
		cmocka_unit_test(routes_to_the_host),
	};

	return cmocka_run_group_tests_name("dp/host", tests, setup, dp_teardown);
}
