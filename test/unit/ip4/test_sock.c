/* SPDX-License-Identifier: BSD-3-Clause */
/* Local consumers: who gets which datagram, what the others are told, and what errors reach whom.
 */
#include <rte_udp.h>
#include "fixture.h"
#include "ip4/ip4_sock.h"

#define PORT(n) RTE_BE16(n)

/* What arrived at each of a few sockets. */
static struct consumer {
	struct ip4_sock sk;
	unsigned int ready, errors;
	struct ip4_answer last;
	struct ip4_sock *close; /* closed from within */
} c[4];

static struct consumer *
of(struct ip4_sock *sk)
{
	return (struct consumer *)((char *)sk - offsetof(struct consumer, sk));
}
static void
on_data(struct ip4_sock *sk)
{
	role_enter_ctl();
	of(sk)->ready++;
	if (of(sk)->close != NULL) {
		ip4_sock_close(of(sk)->close);
		memset(of(sk)->close, 0, sizeof(*sk)); /* its memory is the caller's again */
	}
}
static void
on_error(struct ip4_sock *sk, const struct ip4_answer *a)
{
	of(sk)->errors++;
	of(sk)->last = *a;
}

static int
start(unsigned int i, struct ip4_sock sk)
{
	role_enter_ctl();
	memset(&c[i], 0, sizeof(c[i]));
	c[i].sk = sk;
	c[i].sk.data_ready = on_data;
	c[i].sk.error_report = on_error;
	return ip4_sock_open(&c[i].sk);
}
#define UDP_SOCK(i, ...)                                                                           \
	assert_int_equal(start(i, (struct ip4_sock){ .type = IP4_SOCK_UDP, __VA_ARGS__ }), 0)
#define RAW_SOCK(i, ...)                                                                           \
	assert_int_equal(start(i, (struct ip4_sock){ .type = IP4_SOCK_RAW, __VA_ARGS__ }), 0)

static void
stop(unsigned int n)
{
	role_enter_ctl();
	for (unsigned int i = 0; i < n; i++)
		ip4_sock_close(&c[i].sk);
}

/* How many wait; they are read and compared with @p text. */
static unsigned int
read_all(unsigned int i, const char *text)
{
	unsigned int n = 0;
	struct sk_buff *skb;

	role_enter_ctl();
	role_borrow_dp();
	for (; (skb = ip4_sock_recv(&c[i].sk)) != NULL; n++) {
		assert_int_equal(skb_len(skb), strlen(text));
		assert_memory_equal(skb_data(skb), text, strlen(text));
		consume_skb(worker_ctl(), skb);
	}
	return n;
}

struct udp_in {
	rte_be32_t src, dst;
	uint16_t sport, dport;
	const char *text;
	const struct rte_ether_addr *mac;
	const struct net_device *dev;
};

/* A datagram with a right checksum. */
static void
rx_udp(const struct udp_in *u)
{
	uint8_t data[1500] = { 0 };
	struct rte_udp_hdr *udp = (struct rte_udp_hdr *)data;
	const char *text = u->text != NULL ? u->text : "hello";
	uint16_t len = (uint16_t)(8 + strlen(text));
	struct rte_ipv4_hdr pseudo = { .version_ihl = 0x45,
				       .next_proto_id = IPPROTO_UDP,
				       .total_length = rte_cpu_to_be_16(20 + len),
				       .src_addr = u->src != 0 ? u->src : PEER0,
				       .dst_addr = u->dst != 0 ? u->dst : OUR0 };

	memcpy(data + 8, text, strlen(text));
	*udp = (struct rte_udp_hdr){ rte_cpu_to_be_16(u->sport ? u->sport : 4000),
				     rte_cpu_to_be_16(u->dport ? u->dport : 5000),
				     rte_cpu_to_be_16(len), 0 };
	udp->dgram_cksum = rte_ipv4_udptcp_cksum(&pseudo, udp);
	n_frames = 0;
	icmp_limits_reset();
	rx_pkt(&(struct pkt){ .src = pseudo.src_addr,
			      .dst = pseudo.dst_addr,
			      .data = data,
			      .payload = len,
			      .mac = u->mac,
			      .dev = u->dev },
	       true);
	settle();
}

static void
test_open_and_closed(void **state)
{
	UDP_SOCK(0, .lport = PORT(5000));
	rx_udp(&(struct udp_in){ .text = "one" });
	assert_int_equal(n_frames, 0);
	assert_int_equal(c[0].ready, 1);
	assert_int_equal(read_all(0, "one"), 1);
	assert_int_equal(mib(&udp_mib, UDP_InDatagrams), 1);
	rx_udp(&(struct udp_in){ .dport = 5001 });
	assert_icmp(0, PEER0, ICMP4_UNREACH, ICMP4_PORT_UNREACH);
	assert_int_equal(drops(DROP_IP4_NO_SOCKET), 1);
	assert_int_equal(mib(&udp_mib, UDP_NoPorts), 1);
	stop(1);
	rx_udp(&(struct udp_in){ 0 });
	assert_icmp(0, PEER0, ICMP4_UNREACH, ICMP4_PORT_UNREACH);
	assert_int_equal(c[0].ready, 1);
	stop(1); /* once more is nothing */
	(void)state;
}

/* RFC 768, RFC 1122 4.1.3.4: nothing malformed gets in, nor is it answered. */
static void
test_malformed_udp(void **state)
{
	/* ports 4000, 5000 */
	uint8_t d[] = { 0x0f, 0xa0, 0x13, 0x88, 0, 12, 0, 0, 'a', 'b', 'c', 'd' };
	struct pkt p = { .dst = OUR0, .data = d, .payload = 12 };

	UDP_SOCK(0, .lport = PORT(5000));
	p.payload = 7;
	rx_pkt(&p, true);
	assert_int_equal(drops(DROP_UDP_TRUNCATED), 1);
	p.payload = 12;
	d[5] = 7;
	rx_pkt(&p, true);
	d[5] = 13;
	rx_pkt(&p, true);
	assert_int_equal(drops(DROP_UDP_BAD_LENGTH), 2);
	d[5] = 12;
	d[6] = 0xde;
	rx_pkt(&p, true);
	assert_int_equal(drops(DROP_UDP_BAD_CHECKSUM), 1);
	assert_int_equal(mib(&udp_mib, UDP_InErrors), 4);
	assert_int_equal(mib(&udp_mib, UDP_InCsumErrors), 1);
	settle();
	assert_int_equal(c[0].ready, 0);
	assert_int_equal(n_frames, 0);
	/* Without a checksum, and with data behind the length, it is good. */
	d[6] = 0;
	d[5] = 10;
	rx_pkt(&p, true);
	settle();
	assert_int_equal(read_all(0, "ab"), 1);
	stop(1);
	(void)state;
}

/* The more a socket asks for, the better it fits. */
static void
test_best_match(void **state)
{
	/* Not the one that was opened last. */
	UDP_SOCK(1, .lport = PORT(5000), .laddr = OUR1, .raddr = PEER0, .rport = PORT(4000));
	UDP_SOCK(0, .lport = PORT(5000), .laddr = OUR1);
	UDP_SOCK(2, .lport = PORT(5000), .laddr = OUR0, .ifindex = p1->ifindex);
	rx_udp(&(struct udp_in){ .dst = OUR1 });
	assert_int_equal(c[1].ready, 1);
	rx_udp(&(struct udp_in){ .dst = OUR1, .sport = 4001 });
	assert_int_equal(c[0].ready, 1);
	/* Another device: as if there were no socket. */
	rx_udp(&(struct udp_in){ 0 });
	assert_icmp(0, PEER0, ICMP4_UNREACH, ICMP4_PORT_UNREACH);
	assert_int_equal(mib(&udp_mib, UDP_NoPorts), 1);
	rx_udp(&(struct udp_in){ .src = PEER1, .dev = p1 });
	assert_int_equal(c[2].ready, 1);
	assert_int_equal(c[0].ready + c[1].ready, 2);
	stop(3);
	(void)state;
}

static void
test_open_refused(void **state)
{
	UDP_SOCK(0, .lport = PORT(5000), .laddr = OUR0);
	assert_int_equal(start(1, (struct ip4_sock){ .lport = PORT(5000) }), -EADDRINUSE);
	assert_int_equal(start(1, (struct ip4_sock){ .lport = PORT(5000), .laddr = OUR0 }),
			 -EADDRINUSE);
	UDP_SOCK(1, .lport = PORT(5000), .laddr = OUR1);
	assert_int_equal(start(2, (struct ip4_sock){ .lport = PORT(6000), .laddr = PEER0 }),
			 -EADDRNOTAVAIL);
	net_ipv4.ip_nonlocal_bind = 1;
	UDP_SOCK(2, .lport = PORT(6000), .laddr = PEER0);
	net_ipv4.ip_nonlocal_bind = 0;
	assert_int_equal(start(3, (struct ip4_sock){ .type = 9 }), -EINVAL);
	UDP_SOCK(3, .lport = 0);
	assert_true(rte_be_to_cpu_16(c[3].sk.lport) >= 32768);
	rx_udp(&(struct udp_in){ .dport = rte_be_to_cpu_16(c[3].sk.lport) });
	assert_int_equal(c[3].ready, 1);
	stop(4);
	(void)state;
}

/* ip_local_port_range: two ports for three that name none. */
static void
test_port_range(void **state)
{
	net_ipv4.ip_local_port_range[0] = 7000;
	net_ipv4.ip_local_port_range[1] = 7001;
	UDP_SOCK(0, .lport = 0);
	UDP_SOCK(1, .lport = 0);
	assert_int_equal(c[0].sk.lport ^ c[1].sk.lport, PORT(7000) ^ PORT(7001));
	assert_true(c[0].sk.lport == PORT(7000) || c[0].sk.lport == PORT(7001));
	assert_int_equal(start(2, (struct ip4_sock){ .lport = 0 }), -EADDRINUSE);
	UDP_SOCK(2, .lport = PORT(7002));
	stop(3);
	net_ipv4.ip_local_port_range[0] = 32768;
	net_ipv4.ip_local_port_range[1] = 60999;
	(void)state;
}

/* Every queue is bounded, in packets and in bytes. */
static void
test_bounds(void **state)
{
	static char kilo[1001];

	UDP_SOCK(0, .lport = PORT(5000));
	for (unsigned int i = 0; i < IP4_SOCK_QUEUE + 5; i++)
		rx_udp(&(struct udp_in){ 0 });
	assert_int_equal(c[0].ready, IP4_SOCK_QUEUE);
	assert_int_equal(drops(DROP_IP4_SOCKET_FULL), 5);
	assert_int_equal(mib(&udp_mib, UDP_RcvbufErrors), 5);
	assert_int_equal(c[0].sk.queue.drops, 5);
	stop(1); /* what nobody read */
	assert_int_equal(drops(DROP_IP4_SOCKET_CLOSED), IP4_SOCK_QUEUE);
	memset(kilo, 'k', 1000);
	UDP_SOCK(0, .lport = PORT(5000), .rcvbuf = 4500);
	for (unsigned int i = 0; i < 6; i++)
		rx_udp(&(struct udp_in){ .text = kilo });
	assert_int_equal(c[0].ready, 4);
	assert_int_equal(read_all(0, kilo), 4);
	rx_udp(&(struct udp_in){ .text = kilo }); /* there is room again */
	assert_int_equal(read_all(0, kilo), 1);
	stop(1);
	/* The administrator's limits: for those who ask for nothing, and for those who ask for all.
	 */
	net_core.rmem_default = 1500;
	net_core.rmem_max = 2500;
	UDP_SOCK(0, .lport = PORT(5000), .laddr = OUR0);
	UDP_SOCK(1, .lport = PORT(5000), .laddr = OUR1, .rcvbuf = 1 << 20);
	for (unsigned int i = 0; i < 4; i++) {
		rx_udp(&(struct udp_in){ .text = kilo });
		rx_udp(&(struct udp_in){ .text = kilo, .dst = OUR1 });
	}
	net_core.rmem_default = net_core.rmem_max = 212992;
	assert_int_equal(c[0].ready, 1);
	assert_int_equal(c[1].ready, 2);
	stop(2);
	(void)state;
}

static void
test_broadcast(void **state)
{
	static const struct rte_ether_addr all = { { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff } };
	struct udp_in u = { .dst = IP(192, 0, 2, 255), .mac = &all, .text = "all" };

	UDP_SOCK(0, .lport = PORT(5000), .ifindex = p0->ifindex);
	UDP_SOCK(1, .lport = PORT(5000), .ifindex = p1->ifindex);
	UDP_SOCK(2, .lport = PORT(5000), .ifindex = p0->ifindex, .raddr = PEER0);
	rx_udp(&u);
	assert_int_equal(read_all(0, "all"), 1);
	assert_int_equal(read_all(1, "all"), 0);
	assert_int_equal(read_all(2, "all"), 1);
	assert_int_equal(mib(&udp_mib, UDP_InDatagrams), 2);
	/* The first one closes the next in line while the packet goes round: the others get it. */
	c[2].close = &c[1].sk;
	rx_udp(&u);
	assert_int_equal(c[2].ready, 2);
	assert_int_equal(c[0].ready, 2);
	c[2].close = NULL;
	stop(3);
	u.dport = 5009; /* nobody: silence (RFC 1122 3.2.2) */
	rx_udp(&u);
	assert_int_equal(n_frames, 0);
	assert_int_equal(mib(&udp_mib, UDP_IgnoredMulti), 1);
	(void)state;
}

static int
send_udp(unsigned int i, rte_be32_t daddr, rte_be16_t dport)
{
	struct sk_buff *skb;

	role_enter_ctl();
	role_borrow_dp();
	skb = alloc_skb(worker_ctl(), SKB_HEADROOM);
	memcpy(skb_put(skb, 5), "hello", 5);
	return udp_sendmsg(&c[i].sk, skb, &(struct ip_out){ .daddr = daddr, .ttl = 9 }, dport);
}

/* An error from @p from that quotes the first frame. */
static void
rx_error(rte_be32_t from, uint8_t type, uint8_t code)
{
	uint8_t data[8 + 28] = { type, code };

	data[6] = 5; /* an MTU of 0x05dc, or nothing */
	data[7] = 0xdc;
	memcpy(data + 8, frames[0].bytes + 14, 28);
	*(uint16_t *)(data + 2) = (uint16_t)~rte_raw_cksum(data, sizeof(data));
	rx_pkt(&(struct pkt){ .src = from,
			      .dst = frame_ip(&frames[0])->src_addr,
			      .proto = IPPROTO_ICMP,
			      .data = data,
			      .payload = sizeof(data) },
	       true);
	settle();
}

static void
test_send_and_errors(void **state)
{
	struct rte_udp_hdr *udp = (struct rte_udp_hdr *)(frames[0].bytes + 34);
	uint16_t sum;

	UDP_SOCK(0, .lport = PORT(5000));
	UDP_SOCK(1, .lport = PORT(5001), .raddr = FAR, .rport = PORT(7));
	n_frames = 0;
	assert_int_equal(send_udp(0, FAR, PORT(7)), 0);
	assert_int_equal(n_frames, 1);
	assert_int_equal(frame_ip(&frames[0])->src_addr, OUR1); /* RFC 1122 3.3.4.3 */
	assert_int_equal(frame_ip(&frames[0])->time_to_live, 9);
	assert_int_equal(udp->dst_port, PORT(7));
	assert_int_equal(udp->src_port, PORT(5000));
	sum = udp->dgram_cksum;
	udp->dgram_cksum = 0;
	assert_int_equal(rte_ipv4_udptcp_cksum(frame_ip(&frames[0]), udp), sum);
	assert_int_equal(mib(&udp_mib, UDP_OutDatagrams), 1);
	rx_error(PEER0, ICMP4_UNREACH, ICMP4_FRAG_NEEDED);
	assert_int_equal(c[0].errors, 1);
	assert_int_equal(c[1].errors, 0);
	assert_int_equal(c[0].last.from, PEER0);
	assert_int_equal(c[0].last.mtu, 1500);
	assert_int_equal(c[0].last.dst, FAR);
	assert_int_equal(c[0].last.dport, PORT(7));
	/* Another port's, another peer's: not ours. */
	udp->src_port = PORT(5001);
	rx_error(PEER0, ICMP4_UNREACH, ICMP4_PORT_UNREACH);
	assert_int_equal(c[1].errors, 1);
	udp->dst_port = PORT(8);
	rx_error(PEER0, ICMP4_UNREACH, ICMP4_PORT_UNREACH);
	frame_ip(&frames[0])->dst_addr = PEER0;
	udp->dst_port = PORT(7);
	rx_error(PEER0, ICMP4_UNREACH, ICMP4_PORT_UNREACH);
	assert_int_equal(c[1].errors, 1);
	assert_int_equal(c[0].errors, 1);
	stop(2);
	(void)state;
}

static void
test_send_refused(void **state)
{
	UDP_SOCK(0, .lport = PORT(5000));
	UDP_SOCK(1, .lport = PORT(5001), .laddr = OUR0, .raddr = PEER0, .rport = PORT(7));
	n_frames = 0;
	assert_int_equal(send_udp(0, 0, PORT(7)), -EDESTADDRREQ);
	assert_int_equal(send_udp(0, FAR, 0), -EDESTADDRREQ);
	assert_int_equal(send_udp(0, IP(8, 8, 8, 8), PORT(7)), -ENETUNREACH);
	assert_int_equal(send_udp(0, IP(10, 68, 0, 1), PORT(7)), -EACCES);
	assert_int_equal(n_frames, 0);
	assert_int_equal(send_udp(1, 0, 0), 0); /* connected */
	assert_int_equal(frame_ip(&frames[0])->src_addr, OUR0);
	stop(2);
	/* Loopback addresses stay inside (RFC 1122 3.2.1.3 (g)). */
	n_frames = 0;
	UDP_SOCK(0, .lport = PORT(5000), .laddr = IP(127, 0, 0, 1));
	assert_int_equal(send_udp(0, FAR, PORT(7)), -EINVAL);
	assert_int_equal(n_frames, 0);
	assert_int_equal(drops(DROP_IP4_MARTIAN_SOURCE), 1);
	assert_int_equal(send_udp(0, IP(127, 0, 0, 1), PORT(5000)), 0);
	settle();
	assert_int_equal(c[0].ready, 1);
	stop(1);
	(void)state;
}

/* Whom one device alone is heard by sends by it, whatever the routes say. */
static void
test_bound(void **state)
{
	struct sk_buff *skb;

	n_frames = 0;
	UDP_SOCK(0, .lport = PORT(5000));
	assert_int_equal(send_udp(0, PEER0, PORT(7)), 0);
	assert_int_equal(n_frames, 1);
	assert_ptr_equal(frames[0].dev, p0);
	UDP_SOCK(1, .lport = PORT(5001), .ifindex = p1->ifindex);
	assert_int_equal(send_udp(1, PEER0, PORT(7)), 0); /* asks who has it, there */
	RAW_SOCK(2, .proto = 89, .ifindex = p1->ifindex);
	role_borrow_dp();
	skb = alloc_skb(worker_ctl(), SKB_HEADROOM);
	skb_put(skb, 4);
	assert_int_equal(raw_sendmsg(&c[2].sk, skb, &(struct ip_out){ .daddr = PEER0 }), 0);
	settle();
	assert_true(n_frames > 1);
	for (unsigned int i = 1; i < n_frames; i++)
		assert_ptr_equal(frames[i].dev, p1);
	c[2].sk.ifindex = 4000;
	role_borrow_dp();
	skb = alloc_skb(worker_ctl(), SKB_HEADROOM);
	assert_int_equal(raw_sendmsg(&c[2].sk, skb, &(struct ip_out){ .daddr = PEER0 }), -ENODEV);
	stop(3);
	role_enter_ctl();
	neigh_admin_del(PEER0, p1);
	(void)state;
}

/* A checksum that comes out as zero is sent as ones (RFC 768). */
static void
test_checksum_zero(void **state)
{
	const struct rte_udp_hdr *udp = (const struct rte_udp_hdr *)(frames[0].bytes + 34);
	uint16_t word = 0;

	UDP_SOCK(0, .lport = PORT(5000), .laddr = OUR0);
	for (unsigned int pass = 0; pass < 2; pass++) {
		struct sk_buff *skb;

		role_enter_ctl();
		role_borrow_dp();
		skb = alloc_skb(worker_ctl(), SKB_HEADROOM);
		memcpy(skb_put(skb, 2), &word, 2);
		n_frames = 0;
		assert_int_equal(
			udp_sendmsg(&c[0].sk, skb, &(struct ip_out){ .daddr = PEER0 }, PORT(7)), 0);
		word = udp->dgram_cksum; /* as data it makes the sum all ones */
	}
	assert_int_equal(udp->dgram_cksum, 0xffff);
	stop(1);
	(void)state;
}

static void
test_raw(void **state)
{
	struct pkt p = { .dst = OUR0, .proto = 89 };
	struct sk_buff *skb;

	RAW_SOCK(0, .proto = 89);
	RAW_SOCK(1, .proto = 89, .raddr = PEER0);
	RAW_SOCK(2, .proto = 90);
	rx_pkt(&p, true);
	settle();
	assert_int_equal(n_frames, 0);
	assert_int_equal(c[0].ready, 1);
	assert_int_equal(c[1].ready, 1);
	assert_int_equal(c[2].ready, 0);
	assert_int_equal(mib(&ip_mib, IP_InDelivers), 1);
	stop(1);
	/* Nobody whom it fits: the sender is told, by the control thread this time. */
	rx_pkt(&(struct pkt){ .src = IP(10, 9, 9, 9), .dst = OUR0, .proto = 89 }, true);
	settle();
	assert_int_equal(n_frames, 1);
	assert_icmp(0, IP(10, 9, 9, 9), ICMP4_UNREACH, ICMP4_PROTO_UNREACH);
	stop(3);
	/* An error that quotes the protocol goes to its sockets. */
	n_frames = 0;
	RAW_SOCK(0, .proto = 89);
	role_borrow_dp();
	role_enter_ctl();
	skb = alloc_skb(worker_ctl(), SKB_HEADROOM);
	memset(skb_put(skb, 20), 1, 20);
	assert_int_equal(raw_sendmsg(&c[0].sk, skb, &(struct ip_out){ .daddr = FAR }), 0);
	assert_int_equal(n_frames, 1);
	assert_int_equal(frame_ip(&frames[0])->next_proto_id, 89);
	rx_error(PEER0, ICMP4_TIME_EXCEEDED, 0);
	assert_int_equal(c[0].errors, 1);
	assert_int_equal(c[0].last.type, ICMP4_TIME_EXCEEDED);
	stop(1);
	(void)state;
}

/* A raw ICMP socket sees the types it wants; they are answered all the same. */
static void
test_raw_icmp(void **state)
{
	uint8_t data[8] = { ICMP4_ECHO, 0, 0xf7, 0xff };
	struct pkt p = { .dst = OUR0, .proto = IPPROTO_ICMP, .data = data, .payload = 8 };

	RAW_SOCK(0, .proto = IPPROTO_ICMP, .icmp_types = 1 << ICMP4_ECHO);
	RAW_SOCK(1, .proto = IPPROTO_ICMP, .icmp_types = 1 << ICMP4_ECHO_REPLY);
	RAW_SOCK(2, .proto = IPPROTO_ICMP);
	rx_pkt(&p, true);
	settle();
	assert_icmp(0, PEER0, ICMP4_ECHO_REPLY, 0);
	assert_int_equal(c[0].ready, 1);
	assert_int_equal(c[1].ready, 0);
	assert_int_equal(c[2].ready, 1);
	stop(3);
	(void)state;
}

/* RFC 2113: who asked for it gets what passes by; without a taker it goes on. */
static void
test_router_alert(void **state)
{
	static const uint8_t opt[] = { 148, 4, 0, 0 };
	struct pkt p = { .proto = 46, .opt = opt, .optlen = 4 };

	RAW_SOCK(0, .proto = 46);
	rx_pkt(&p, true);
	settle();
	assert_int_equal(n_frames, 1);
	assert_int_equal(c[0].ready, 0);
	RAW_SOCK(1, .proto = 46, .router_alert = true);
	rx_pkt(&p, true);
	settle();
	assert_int_equal(n_frames, 1);
	assert_int_equal(c[1].ready, 1);
	assert_int_equal(c[0].ready, 0);
	rx_pkt(&(struct pkt){ .proto = 46 }, true); /* without the option it passes */
	assert_int_equal(n_frames, 2);
	stop(2);
	(void)state;
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, fixture_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
		T(test_open_and_closed), T(test_malformed_udp),	  T(test_best_match),
		T(test_open_refused),	 T(test_port_range),	  T(test_bounds),
		T(test_broadcast),	 T(test_send_and_errors), T(test_send_refused),
		T(test_bound),		 T(test_checksum_zero),	  T(test_raw),
		T(test_raw_icmp),	 T(test_router_alert),
	};

	if (fixture_eal() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
