/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Frames between the router and the host. What the host's kernel sends is read from its TAP: an
 * IPv4 packet goes the way of the router's own, by its routes and neighbours; any other frame
 * leaves as it is by the device. What nobody in the router claims is written to the TAP.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <linux/if_tun.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <rte_memcpy.h>
#include "core/evloop.h"
#include "core/msg.h"
#include "host/host_dp.h"
#include "host/host_priv.h"
#include "ip4/ip4_proto.h"
#include "neigh/neigh_dp.h"

#define READ_BURST   64 /* frames of one TAP before others have their turn */
#define SEGMENTS_MAX 64 /* a packet of more is copied together first */
#define FRAME_MAX    (RTE_ETHER_HDR_LEN + 2 * RTE_VLAN_HLEN + IP4_LEN_MAX)

/* --- open and close --- */

int
host_tap_open(const char *name, bool ip_only)
{
	struct ifreq ifr = { 0 };
	int fd, rc = host_nl_enter();

	if (rc != 0)
		return rc;
	fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", name);
	ifr.ifr_flags = (short)(IFF_NO_PI | IFF_TUN_EXCL | (ip_only ? IFF_TUN : IFF_TAP));
	if (fd < 0) {
		rc = -errno;
	} else if (ioctl(fd, TUNSETIFF, &ifr) < 0) {
		rc = errno == EBUSY ? -EEXIST : -errno;
		close(fd);
	}
	host_nl_leave();
	return rc != 0 ? rc : fd;
}

void
host_tap_carrier(struct host_port *hp, bool on)
{
	int carrier = on;

	ioctl(hp->fd, TUNSETCARRIER, &carrier);
}

void
host_tap_close(struct host_port *hp)
{
	if (hp->fd < 0)
		return;
	ev_del(hp->fd);
	close(hp->fd);
	hp->fd = -1;
}

/* --- from the host --- */

/* A packet with a copy of @p len bytes, headroom in front, of as many segments as it takes. */
static struct sk_buff *
packet_of(struct worker *w, const uint8_t *from, uint32_t len) DP_ONLY
{
	struct sk_buff *skb = alloc_skb(w, SKB_HEADROOM);
	struct rte_mbuf *m = skb != NULL ? skb_mbuf(skb) : NULL, *last = m;

	while (m != NULL && len > 0) {
		uint16_t n = (uint16_t)RTE_MIN(len, (uint32_t)rte_pktmbuf_tailroom(last));

		if (n == 0) {
			last->next = rte_pktmbuf_alloc(w->pool);
			if (last->next == NULL) {
				kfree_skb_reason(w, skb, DROP_SKB_NO_MBUF);
				return NULL;
			}
			last = last->next;
			m->nb_segs++;
			continue;
		}
		rte_memcpy(rte_pktmbuf_mtod_offset(last, void *, last->data_len), from, n);
		last->data_len = (uint16_t)(last->data_len + n);
		m->pkt_len += n;
		from += n;
		len -= n;
	}
	return skb;
}

/* By the router's routes; to a group or to all, by the device that the host has chosen. */
static void
send_packet(struct worker *w, struct host_port *hp, const uint8_t *from, uint32_t len) DP_ONLY
{
	struct sk_buff *skb = packet_of(w, from, len);
	const struct rte_ipv4_hdr *iph;
	enum drop_reason why;

	if (skb == NULL) {
		hp->tx_dropped++;
		return;
	}
	iph = (const struct rte_ipv4_hdr *)skb_data(skb);
	why = ip4_header_check(iph, skb_headlen(skb), skb_len(skb), true);
	if (why != DROP_MAX) {
		hp->tx_dropped++;
		kfree_skb_reason(w, skb, why);
		return;
	}
	skb_trim(skb, rte_be_to_cpu_16(iph->total_length));
	skb->dev = hp->dev;
	ip_local_out_host(w, skb);
}

/* A frame of anything else: as it is. */
static void
send_frame(struct worker *w, struct host_port *hp, const uint8_t *from, uint32_t len) DP_ONLY
{
	struct sk_buff *skb = packet_of(w, from, len);
	struct rte_mbuf *m;

	if (skb == NULL) {
		hp->tx_dropped++;
		return;
	}
	m = skb_mbuf(skb);
	dev_queue_xmit(w, hp->dev, &m, 1);
}

static void
send_one(struct host_port *hp, const uint8_t *buf, uint32_t len) CTL_ONLY
{
	const struct rte_ether_hdr *eth = (const void *)buf;

	role_borrow_dp();
	hp->tx_packets++;
	hp->tx_bytes += len;
	if (hp->ip_only)
		send_packet(worker_ctl(), hp, buf, len);
	else if (len >= sizeof(*eth) && eth->ether_type == RTE_BE16(RTE_ETHER_TYPE_IPV4))
		send_packet(worker_ctl(), hp, buf + sizeof(*eth), len - (uint32_t)sizeof(*eth));
	else
		send_frame(worker_ctl(), hp, buf, len);
}

static void
on_readable(int fd, uint32_t events, void *arg)
{
	static uint8_t buf[FRAME_MAX];
	struct host_port *hp = arg;

	(void)events;
	role_enter_ctl();
	for (unsigned int i = 0; i < READ_BURST; i++) {
		ssize_t n = read(fd, buf, sizeof(buf));

		if (n > 0) {
			send_one(hp, buf, (uint32_t)n);
			continue;
		}
		/* Somebody has removed the counterpart: it is not ours to make again. */
		if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
			hp->error = n == 0 ? -ENODEV : -errno;
			ev_del(fd);
			host_port_gone(hp);
		}
		return;
	}
}

int
host_tap_start(struct host_port *hp)
{
	return ev_add(hp->fd, EPOLLIN, on_readable, hp);
}

/* --- to the host --- */

/* The address of the link that the kernel takes for the packet's: its own, a group's, or all. */
static struct rte_ether_addr
link_address(const struct host_port *hp, const struct sk_buff *skb)
{
	struct rte_ether_addr to = { .addr_bytes = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff } };
	rte_be32_t dst = ip_hdr(skb)->dst_addr;

	if (skb->pkt_type == PACKET_HOST)
		return hp->mac;
	if (ip4_is_multicast(rte_be_to_cpu_32(dst)))
		neigh_mc_map(dst, &to);
	return to;
}

/* 0 or -errno. */
static int
write_packet(struct host_port *hp, struct sk_buff *skb)
{
	static uint8_t flat[IP4_LEN_MAX];
	struct iovec iov[1 + SEGMENTS_MAX];
	struct rte_ether_hdr eth = { .ether_type = RTE_BE16(RTE_ETHER_TYPE_IPV4) };
	int n = 0;

	eth.dst_addr = link_address(hp, skb);
	eth.src_addr = hp->mac;
	if (!hp->ip_only)
		iov[n++] = (struct iovec){ &eth, sizeof(eth) };
	if (skb_mbuf(skb)->nb_segs > SEGMENTS_MAX) {
		if (skb_copy_bits(skb, 0, flat, skb_len(skb)) != 0)
			return -EMSGSIZE;
		iov[n++] = (struct iovec){ flat, skb_len(skb) };
	} else {
		for (struct rte_mbuf *m = skb_mbuf(skb); m != NULL; m = m->next)
			iov[n++] = (struct iovec){ rte_pktmbuf_mtod(m, void *), m->data_len };
	}
	return writev(hp->fd, iov, n) < 0 ? -errno : 0;
}

/* Whose TAP it goes to; NULL: the device has gone meanwhile. */
static struct host_port *
port_for(struct sk_buff *skb) CTL_ONLY
{
	struct host_port *hp;

	skb->dev = dev_get_by_index(skb->iif);
	if (skb->dev == NULL)
		return NULL;
	hp = host_port_of(skb->dev);
	/* From ourselves: an error about what a program has sent. Any way into the kernel will do.
	 */
	for (unsigned int i = 0; skb->dev->flags & IFF_LOOPBACK && i < NETDEV_MAX; i++)
		if (host.ports[i] != NULL && host.ports[i]->fd >= 0 && host.ports[i]->up)
			return host.ports[i];
	return hp;
}

static void
on_packet(struct ctl_msg *msg)
{
	struct sk_buff *skb = msg->pkt;
	struct worker *w = worker_ctl();
	struct host_port *hp;

	role_enter_ctl();
	hp = port_for(skb);
	role_borrow_dp();
	if (hp == NULL || hp->fd < 0) {
		kfree_skb_reason(w, skb, DROP_NETDEV_GONE);
		return;
	}
	hp->rx_packets++;
	hp->rx_bytes += skb_len(skb);
	if (write_packet(hp, skb) == 0) {
		consume_skb(w, skb);
		return;
	}
	hp->rx_dropped++;
	kfree_skb_reason(w, skb, DROP_HOST_REFUSED);
}

int
host_tap_init(void)
{
	host_msg_control = msg_register(MSG_ROUTING, "host_routing", on_packet);
	if (host_msg_control < 0)
		return host_msg_control;
	host_msg_other = msg_register(MSG_HOST, "host", on_packet);
	return host_msg_other < 0 ? host_msg_other : 0;
}
