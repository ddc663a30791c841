/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <rte_udp.h>
#include "core/held.h"
#include "core/sysctl.h"
#include "fib/fib.h"
#include "ip4/ip4_exc.h"
#include "ip4/ip4_priv.h"
#include "ip4/ip4_sock.h"
#include "netdev/inetdev.h"
#include "netdev/netdev.h"

struct ip4_wanted ip4_wanted;
int ip4_msg_sock = -1;
static struct ip4_sock *socks;
static struct ip4_sock *cursor; /* where a walk goes on: a callback may close any socket */

/* --- what workers know --- */

static void
publish(uint64_t *to, const uint64_t *bits, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		__atomic_store_n(&to[i], bits[i], __ATOMIC_RELAXED);
}

static void
publish_wanted(void) CTL_ONLY
{
	static struct ip4_wanted now;

	memset(&now, 0, sizeof(now));
	for (const struct ip4_sock *sk = socks; sk != NULL; sk = sk->next) {
		uint16_t port = rte_be_to_cpu_16(sk->lport);

		now.any = 1;
		if (sk->type == IP4_SOCK_UDP)
			now.port[port / 64] |= UINT64_C(1) << (port % 64);
		else if (sk->type == IP4_SOCK_PING)
			now.ping = 1;
		else if (sk->proto == IPPROTO_ICMP)
			now.icmp_types |= sk->icmp_types != 0 ? sk->icmp_types : UINT32_MAX;
		if (sk->type == IP4_SOCK_RAW)
			now.raw[sk->proto / 64] |= UINT64_C(1) << (sk->proto % 64);
		if (sk->type == IP4_SOCK_RAW && sk->router_alert)
			now.alert[sk->proto / 64] |= UINT64_C(1) << (sk->proto % 64);
	}
	publish(ip4_wanted.port, now.port, RTE_DIM(now.port));
	publish(ip4_wanted.raw, now.raw, RTE_DIM(now.raw));
	publish(ip4_wanted.alert, now.alert, RTE_DIM(now.alert));
	__atomic_store_n(&ip4_wanted.icmp_types, now.icmp_types, __ATOMIC_RELAXED);
	__atomic_store_n(&ip4_wanted.ping, now.ping, __ATOMIC_RELAXED);
	__atomic_store_n(&ip4_wanted.any, now.any, __ATOMIC_RELAXED);
}

/* --- open and close --- */

/* Could one datagram be for both? Then it would be nobody's in particular. */
static bool
in_conflict(const struct ip4_sock *a, const struct ip4_sock *b)
{
	return a->type == b->type && a->lport == b->lport &&
	       (a->laddr == b->laddr || a->laddr == 0 || b->laddr == 0) &&
	       (a->ifindex == b->ifindex || a->ifindex == 0 || b->ifindex == 0) &&
	       a->raddr == b->raddr && a->rport == b->rport;
}

static bool
is_taken(const struct ip4_sock *sk)
{
	for (const struct ip4_sock *o = socks; o != NULL; o = o->next)
		if (in_conflict(sk, o))
			return true;
	return false;
}

/* RFC 6056 3.3.1: anywhere in the range, then upwards. */
static int
choose_port(struct ip4_sock *sk) CTL_ONLY
{
	unsigned int low = (unsigned int)net_ipv4.ip_local_port_range[0], at;
	unsigned int n = (unsigned int)net_ipv4.ip_local_port_range[1] - low + 1;

	role_borrow_dp();
	at = worker_rand(worker_ctl()) % n;
	for (unsigned int i = 0; i < n; i++) {
		sk->lport = rte_cpu_to_be_16((uint16_t)(low + (at + i) % n));
		if (!is_taken(sk))
			return 0;
	}
	sk->lport = 0;
	return -EADDRINUSE;
}

/* May packets to @p addr be ours? */
static bool
may_bind(rte_be32_t addr)
{
	uint32_t a = rte_be_to_cpu_32(addr);
	const struct adj *way = ip4_lookup(0, addr);

	return addr == 0 || net_ipv4.ip_nonlocal_bind || ip4_is_multicast(a) ||
	       a == IP4_LIMITED_BROADCAST || way->type == ADJ_LOCAL || way->type == ADJ_BROADCAST;
}

int
ip4_sock_open(struct ip4_sock *sk)
{
	int rc = 0;

	if (sk->type > IP4_SOCK_RAW)
		return -EINVAL;
	if (!may_bind(sk->laddr))
		return -EADDRNOTAVAIL;
	if (sk->type != IP4_SOCK_RAW) {
		sk->proto = sk->type == IP4_SOCK_UDP ? IPPROTO_UDP : IPPROTO_ICMP;
		rc = sk->lport == 0 ? choose_port(sk) : is_taken(sk) ? -EADDRINUSE : 0;
	}
	if (rc != 0)
		return rc;
	skb_queue_head_init(&sk->queue, IP4_SOCK_QUEUE,
			    sk->rcvbuf != 0 ? RTE_MIN(sk->rcvbuf, (uint32_t)net_core.rmem_max)
					    : (uint32_t)net_core.rmem_default);
	sk->next = socks;
	socks = sk;
	publish_wanted();
	return 0;
}

void
ip4_sock_close(struct ip4_sock *sk)
{
	struct ip4_sock **at = &socks;

	role_borrow_dp();
	skb_queue_purge(worker_ctl(), &sk->queue, DROP_IP4_SOCKET_CLOSED);
	while (*at != NULL && *at != sk)
		at = &(*at)->next;
	if (*at == NULL)
		return;
	*at = sk->next;
	if (cursor == sk)
		cursor = sk->next;
	publish_wanted();
}

struct sk_buff *
ip4_sock_recv(struct ip4_sock *sk)
{
	return skb_dequeue(&sk->queue);
}

/* --- delivery --- */

static struct ip4_sock *
walk_start(void)
{
	return cursor = socks;
}

/* The socket that the walk is at; the walk moves on before anybody may close it. */
static struct ip4_sock *
walk_take(void)
{
	struct ip4_sock *sk = cursor;

	if (sk != NULL)
		cursor = sk->next;
	return sk;
}

static bool
from_right_place(const struct ip4_sock *sk, const struct sk_buff *skb)
{
	const struct rte_ipv4_hdr *iph = ip_hdr(skb);

	return (sk->laddr == 0 || sk->laddr == iph->dst_addr || sk->type == IP4_SOCK_PING) &&
	       (sk->raddr == 0 || sk->raddr == iph->src_addr) &&
	       (sk->ifindex == 0 || sk->ifindex == (int)skb->iif);
}

/* Takes the packet. */
static void
queue_rcv(struct ip4_sock *sk, struct sk_buff *skb) CTL_ONLY
{
	struct worker *w = worker_ctl();

	role_borrow_dp();
	if (skb_queue_tail(&sk->queue, skb) != 0) {
		if (sk->type == IP4_SOCK_UDP)
			UDP_INC_STATS(w, RcvbufErrors);
		kfree_skb_reason(w, skb, DROP_IP4_SOCKET_FULL);
		return;
	}
	if (sk->type == IP4_SOCK_UDP)
		UDP_INC_STATS(w, InDatagrams);
	if (sk->data_ready != NULL)
		sk->data_ready(sk);
}

/* A copy to one of several: the packet stays the caller's. */
static void
queue_copy(struct ip4_sock *sk, struct sk_buff *skb) CTL_ONLY
{
	struct sk_buff *copy;

	role_borrow_dp();
	copy = skb_clone(worker_ctl(), skb);
	if (copy != NULL)
		queue_rcv(sk, copy);
}

static void
deliver_raw(struct sk_buff *skb, bool alert) CTL_ONLY
{
	const struct rte_ipv4_hdr *iph = ip_hdr(skb);
	unsigned int n = 0;
	uint8_t type = 0;

	skb_copy_bits(skb, ip_hdrlen(iph), &type, 1);
	walk_start();
	for (struct ip4_sock *sk = walk_take(); sk != NULL; sk = walk_take()) {
		if (sk->type != IP4_SOCK_RAW || sk->proto != iph->next_proto_id ||
		    (alert && !sk->router_alert) || (!alert && !from_right_place(sk, skb)))
			continue;
		if (sk->proto == IPPROTO_ICMP && sk->icmp_types != 0 &&
		    (type > 31 || !(sk->icmp_types >> type & 1)))
			continue;
		n++;
		queue_copy(sk, skb);
	}
	role_borrow_dp();
	if (n == 0 && !alert && inet_protos[iph->next_proto_id] == NULL)
		ip4_no_proto(worker_ctl(), skb); /* all of them wanted other addresses */
	else
		consume_skb(worker_ctl(), skb);
}

/* Linux's compute_score(): the more a socket asks for, the better it fits; 0: it does not. */
static unsigned int
udp_score(const struct ip4_sock *sk, const struct sk_buff *skb, const struct rte_udp_hdr *udp)
{
	if (sk->type != IP4_SOCK_UDP || sk->lport != udp->dst_port ||
	    (sk->rport != 0 && sk->rport != udp->src_port) || !from_right_place(sk, skb))
		return 0;
	return 1 + (sk->laddr != 0) + (sk->raddr != 0) + (sk->rport != 0) + (sk->ifindex != 0);
}

/* Headers off, link padding and the like too: what is left is the payload. */
static void
strip_udp(struct sk_buff *skb, const struct rte_udp_hdr *udp)
{
	uint32_t hlen = ip_hdrlen(ip_hdr(skb));

	skb_trim(skb, hlen + rte_be_to_cpu_16(udp->dgram_len));
	skb_pull(skb, hlen + sizeof(*udp));
}

static void
deliver_udp(struct sk_buff *skb) CTL_ONLY
{
	const struct rte_udp_hdr *udp = skb_transport_header(skb);
	unsigned int best = 0, score;
	struct ip4_sock *to = NULL;

	role_borrow_dp();
	for (struct ip4_sock *sk = socks; sk != NULL; sk = sk->next) {
		score = udp_score(sk, skb, udp);
		if (score > best) {
			best = score;
			to = sk;
		}
	}
	if (to == NULL) { /* of that port, but for another address or device */
		skb_pull(skb, ip_hdrlen(ip_hdr(skb)));
		udp_no_port(worker_ctl(), skb);
		return;
	}
	if (skb->pkt_type == PACKET_HOST) {
		strip_udp(skb, udp);
		queue_rcv(to, skb);
		return;
	}
	/* RFC 1122 4.1.3.3 and Linux: what goes to many goes to all sockets that fit. */
	walk_start();
	for (struct ip4_sock *sk = walk_take(); sk != NULL; sk = walk_take()) {
		struct sk_buff *copy =
			udp_score(sk, skb, udp) == 0 ? NULL : skb_clone(worker_ctl(), skb);

		if (copy == NULL)
			continue;
		strip_udp(copy, udp);
		queue_rcv(sk, copy);
	}
	consume_skb(worker_ctl(), skb);
}

static void
deliver_ping(struct sk_buff *skb) CTL_ONLY
{
	const struct icmp4_hdr *icmph = skb_transport_header(skb);
	rte_be16_t id = icmph->echo.id;
	bool wanted = false;

	walk_start();
	for (struct ip4_sock *sk = walk_take(); sk != NULL; sk = walk_take())
		if (sk->type == IP4_SOCK_PING && sk->lport == id && from_right_place(sk, skb)) {
			queue_copy(sk, skb);
			wanted = true;
		}
	role_borrow_dp();
	if (wanted || !ip4_offer(worker_ctl(), skb))
		consume_skb(worker_ctl(), skb);
}

/* Is the quoted datagram one that @p sk has sent? */
static bool
has_sent(const struct ip4_sock *sk, const struct ip4_answer *a)
{
	if (sk->proto != a->proto || (sk->laddr != 0 && sk->laddr != a->src))
		return false;
	if (sk->type == IP4_SOCK_PING)
		return sk->lport == a->id;
	if (sk->raddr != 0 && sk->raddr != a->dst)
		return false;
	return sk->type == IP4_SOCK_RAW ||
	       (sk->lport == a->sport && (sk->rport == 0 || sk->rport == a->dport));
}

static void
deliver_error(struct sk_buff *skb) CTL_ONLY
{
	struct ip4_answer a;

	if (ip4_answer_read(skb, &a) && a.is_error) {
		walk_start();
		for (struct ip4_sock *sk = walk_take(); sk != NULL; sk = walk_take())
			if (sk->error_report != NULL && has_sent(sk, &a))
				sk->error_report(sk, &a);
	}
	role_borrow_dp();
	if (!ip4_offer(worker_ctl(), skb))
		consume_skb(worker_ctl(), skb);
}

static void
on_message(struct ctl_msg *msg)
{
	struct sk_buff *skb = msg->pkt;

	role_enter_ctl();
	if (!ip4_still_valid(skb))
		return;
	switch (msg->arg) {
	case IP4_TO_UDP:
		deliver_udp(skb);
		break;
	case IP4_TO_PING:
		deliver_ping(skb);
		break;
	case IP4_TO_ERROR:
		ip4_redirect_rcv(skb);
		deliver_error(skb);
		break;
	default:
		deliver_raw(skb, msg->arg == IP4_TO_ALERT);
		break;
	}
}

/* --- sending --- */

int
udp_push_header(struct sk_buff *skb, rte_be32_t saddr, rte_be32_t daddr, rte_be16_t sport,
		rte_be16_t dport)
{
	struct rte_udp_hdr *udp;
	rte_be16_t sum;

	if (skb_len(skb) > IP4_LEN_MAX - IP4_HDR_MIN - sizeof(*udp))
		return -EMSGSIZE;
	udp = skb_push(skb, sizeof(*udp));
	if (udp == NULL)
		return -EMSGSIZE;
	*udp = (struct rte_udp_hdr){ sport, dport, rte_cpu_to_be_16((uint16_t)skb_len(skb)), 0 };
	sum = (rte_be16_t)~udp_sum(skb, saddr, daddr, skb_len(skb));
	/* RFC 768: 0 says that there is none. */
	udp->dgram_cksum = sum != 0 ? sum : 0xffff;
	return 0;
}

/* Who it is for and from, by the call or by the socket. */
static int
address(const struct ip4_sock *sk, struct ip_out *o) CTL_ONLY
{
	if (o->daddr == 0)
		o->daddr = sk->raddr;
	if (o->daddr == 0)
		return -EDESTADDRREQ;
	if (o->saddr == 0)
		o->saddr = sk->laddr;
	return 0;
}

/* As Linux's SO_BINDTODEVICE: what is heard by one device alone leaves by it. */
static int
bind_to_device(const struct ip4_sock *sk, struct ip_out *o, rte_be16_t dport,
	       struct sk_buff *skb) CTL_ONLY
{
	struct fib_query q = { .dst = o->daddr,
			       .src = o->saddr,
			       .tos = o->tos,
			       .proto = o->proto,
			       .sport = sk->type == IP4_SOCK_UDP ? rte_be_to_cpu_16(sk->lport) : 0,
			       .dport = rte_be_to_cpu_16(dport),
			       .oif = dev_get_by_index((uint32_t)sk->ifindex) };

	skb->dev = (struct net_device *)(uintptr_t)q.oif;
	return q.oif != NULL ? ip4_bound_way(o, &q) : -ENODEV;
}

int
udp_sendmsg(struct ip4_sock *sk, struct sk_buff *skb, const struct ip_out *to, rte_be16_t dport)
{
	struct worker *w = worker_ctl();
	struct ip_out o = *to;
	int rc = address(sk, &o);

	role_borrow_dp();
	o.proto = IPPROTO_UDP;
	dport = dport != 0 ? dport : sk->rport;
	if (rc == 0 && dport == 0)
		rc = -EDESTADDRREQ;
	if (rc == 0 && sk->ifindex != 0)
		rc = bind_to_device(sk, &o, dport, skb);
	if (rc == 0 && o.saddr == 0) /* the checksum must know */
		o.saddr = ip4_source_for(skb, &o, sk->lport, dport);
	if (rc == 0)
		rc = udp_push_header(skb, o.saddr, o.daddr, sk->lport, dport);
	if (rc != 0) {
		kfree_skb_reason(w, skb, DROP_SKB_TOO_SHORT);
		return rc;
	}
	rc = ip_build_and_send_pkt(w, skb, &o);
	if (rc == 0)
		UDP_INC_STATS(w, OutDatagrams);
	return rc;
}

int
raw_sendmsg(struct ip4_sock *sk, struct sk_buff *skb, const struct ip_out *to)
{
	struct worker *w = worker_ctl();
	struct ip_out o = *to;
	uint8_t type = 0;
	int rc = address(sk, &o);

	role_borrow_dp();
	o.proto = sk->proto;
	if (rc == 0 && sk->ifindex != 0)
		rc = bind_to_device(sk, &o, 0, skb);
	if (rc != 0) {
		kfree_skb_reason(w, skb, DROP_SKB_TOO_SHORT);
		return rc;
	}
	skb_copy_bits(skb, 0, &type, 1);
	rc = ip_build_and_send_pkt(w, skb, &o);
	if (rc == 0 && o.proto == IPPROTO_ICMP)
		icmp_out_count(w, type);
	return rc;
}

/* --- start and end --- */

static unsigned int
held(void)
{
	unsigned int n = 0;

	for (const struct ip4_sock *sk = socks; sk != NULL; sk = sk->next)
		n += sk->queue.qlen;
	return n;
}

int
ip4_sock_init(void)
{
	int rc;

	ip4_msg_sock = msg_register(MSG_LOCAL, "ip4_sock", on_message);
	if (ip4_msg_sock < 0)
		return ip4_msg_sock;
	rc = held_register("sockets", held);
	if (rc == 0)
		rc = counter_register(&udp_mib);
	return rc != 0 ? rc : inet_add_protocol(IPPROTO_UDP, udp_rcv);
}

void
ip4_sock_fini(void)
{
	inet_del_protocol(IPPROTO_UDP);
	while (socks != NULL)
		ip4_sock_close(socks);
	ip4_msg_sock = -1;
}
