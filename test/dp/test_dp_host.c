/* SPDX-License-Identifier: BSD-3-Clause */
/* Packets between the router and the host's programs, and the devices' counterparts there. */
#include <arpa/inet.h>
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>
#include "core/counter.h"
#include "core/msg.h"
#include "core/timer.h"
#include "ethdev/ethdev.h"
#include "host_lab.h"
#include "ip4/icmp_proto.h"

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

/* The same, to what comes by p1 now. */
static unsigned int
answer_to(const struct dp_frame *f)
{
	dp_inject(p1, f);
	settle();
	return answered();
}

static void
kernel_answers(void **state)
{
	struct dp_frame f = datagram(9, 0);
	(void)state;
	assert_int_equal(answer_to(&f), 303);
	dp_cmd("show host");
	assert_non_null(strstr(dp_cmd_output(), "p1              up"));
	/* It was not the router: that counts what it refuses. */
	assert_int_equal(dp_drops("ip4_no_socket"), 0);
	dp_ip4(&f)->next_proto_id = 253;
	dp_fix_checksum(&f);
	assert_int_equal(answer_to(&f), 302);
	assert_int_equal(dp_drops("ip4_unknown_proto"), 0);
}

static void
router_answers_without(void **state)
{
	struct dp_frame f = datagram(9, 0);

	(void)state;
	disable(NULL);
	dp_drops_clear();
	assert_int_equal(answer_to(&f), 303);
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
	assert_int_equal(answer_to(&f), 303);
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
	struct msg_class_stat host_class, routing;
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
	msg_class_stats(MSG_ROUTING, &routing);
	assert_int_equal(routing.now, 1);
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
	};

	return cmocka_run_group_tests_name("dp/host", tests, setup, dp_teardown);
}
