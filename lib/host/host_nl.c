/* SPDX-License-Identifier: BSD-3-Clause */
/* Talking to the kernel of the host: rtnetlink by libmnl, in the host's namespace. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <net/if.h>
#include <sys/stat.h>
#include <rte_common.h>
#include "host/host.h"
#include "host/host_nl_priv.h"

#define EVENTS_RCVBUF (16 << 20) /* bytes of news that may wait: some 100,000 routes */

static struct mnl_socket *requests, *dump, *news;
static uint32_t seq;
static int ns_host = -1, ns_own = -1;

/* --- the namespace --- */

int
host_nl_enter(void)
{
	if (ns_host < 0)
		return 0;
	return setns(ns_host, CLONE_NEWNET) == 0 ? 0 : -errno;
}

void
host_nl_leave(void)
{
	if (ns_host >= 0 && setns(ns_own, CLONE_NEWNET) != 0)
		abort(); /* a thread in the wrong namespace would do its work to strangers */
}

static int
open_namespace(const char *netns, const char **why)
{
	char path[HOST_NETNS_MAX + 16];
	int fd;

	snprintf(path, sizeof(path), "/run/netns/%s", netns);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	*why = "there is no network namespace of that name (ip netns add)";
	return fd < 0 ? -errno : fd;
}

int
host_nl_check(const char *netns, const char **why)
{
	int fd = netns[0] != '\0' ? open_namespace(netns, why) : -1;

	if (fd >= 0)
		close(fd);
	return netns[0] == '\0' || fd >= 0 ? 0 : fd;
}

bool
host_nl_is_in(const char *netns)
{
	struct stat here, there;
	const char *why;
	int fd = netns[0] != '\0' ? open_namespace(netns, &why) : -1;
	bool same = netns[0] == '\0' ||
		    (fd >= 0 && fstat(fd, &there) == 0 && fstat(ns_host, &here) == 0 &&
		     there.st_dev == here.st_dev && there.st_ino == here.st_ino);

	if (fd >= 0)
		close(fd);
	return same;
}

static int
open_namespaces(const char *netns, const char **why)
{
	if (netns[0] == '\0')
		return 0;
	ns_host = open_namespace(netns, why);
	if (ns_host < 0)
		return ns_host;
	ns_own = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	*why = "can not open the daemon's own network namespace";
	return ns_own < 0 ? -errno : 0;
}

static void
close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* --- sockets --- */

static int
open_socket(struct mnl_socket **to, int flags, unsigned int groups)
{
	*to = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC | flags);
	if (*to == NULL)
		return -errno;
	return mnl_socket_bind(*to, groups, MNL_SOCKET_AUTOPID) < 0 ? -errno : 0;
}

static int
open_sockets(void)
{
	const int size = EVENTS_RCVBUF;
	int group = RTNLGRP_NEXTHOP, on = 1;
	int rc = open_socket(&requests, 0, 0);

	if (rc == 0)
		rc = open_socket(&dump, SOCK_NONBLOCK, 0);
	if (rc == 0)
		rc = open_socket(&news, SOCK_NONBLOCK,
				 RTMGRP_IPV4_ROUTE | RTMGRP_IPV4_IFADDR | RTMGRP_LINK);
	if (rc != 0)
		return rc;
	/* More than the administrator of the host allows others to have; without it, losses are
	 * made good by reading all. A kernel without next hop objects has no news of them. */
	setsockopt(mnl_socket_get_fd(news), SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	mnl_socket_setsockopt(news, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group));
	/* What is refused need not come back: a route of many next hops is long. */
	mnl_socket_setsockopt(requests, NETLINK_CAP_ACK, &on, sizeof(on));
	return 0;
}

static void
close_socket(struct mnl_socket **s)
{
	if (*s != NULL)
		mnl_socket_close(*s);
	*s = NULL;
}

void
host_nl_close(void)
{
	close_socket(&requests);
	close_socket(&dump);
	close_socket(&news);
	close_fd(&ns_host);
	close_fd(&ns_own);
}

int
host_nl_open(const char *netns, const char **why)
{
	int rc = open_namespaces(netns, why);

	if (rc == 0) {
		*why = "can not enter the network namespace";
		rc = host_nl_enter();
	}
	if (rc == 0) {
		*why = "can not talk to the kernel by netlink";
		rc = open_sockets();
		host_nl_leave();
	}
	if (rc != 0)
		host_nl_close();
	return rc;
}

/* --- requests --- */

struct nlmsghdr *
host_nl_msg(void *buf, uint16_t type, uint16_t flags, size_t len)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);

	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = NLM_F_REQUEST | flags;
	memset(mnl_nlmsg_put_extra_header(nlh, len), 0, len);
	return nlh;
}

int
host_nl_talk(struct nlmsghdr *nlh)
{
	char buf[HOST_NL_MSG_MAX];
	ssize_t n;

	nlh->nlmsg_flags |= NLM_F_ACK;
	nlh->nlmsg_seq = ++seq;
	if (mnl_socket_sendto(requests, nlh, nlh->nlmsg_len) < 0)
		return -errno;
	do { /* the kernel has done it when sendto() returns: this does not wait */
		n = mnl_socket_recvfrom(requests, buf, sizeof(buf));
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	return mnl_cb_run(buf, (size_t)n, seq, mnl_socket_get_portid(requests), NULL, NULL) < 0
		       ? -errno
		       : 0;
}

uint32_t
host_nl_ifindex(const char *name)
{
	uint32_t i;

	if (host_nl_enter() != 0)
		return 0;
	i = if_nametoindex(name);
	host_nl_leave();
	return i;
}

int
host_nl_link(uint32_t ifindex, bool up, uint32_t mtu, const struct rte_ether_addr *mac)
{
	char buf[HOST_NL_MSG_MAX];
	struct nlmsghdr *nlh = host_nl_msg(buf, RTM_NEWLINK, 0, sizeof(struct ifinfomsg));
	struct ifinfomsg *ifi = mnl_nlmsg_get_payload(nlh);

	ifi->ifi_index = (int)ifindex;
	ifi->ifi_flags = up ? IFF_UP : 0;
	ifi->ifi_change = IFF_UP;
	if (mtu != 0) {
		/* The router resolves neighbours: the kernel is not to ask. */
		ifi->ifi_flags |= IFF_NOARP;
		ifi->ifi_change |= IFF_NOARP;
		mnl_attr_put_u32(nlh, IFLA_MTU, mtu);
	}
	if (mac != NULL)
		mnl_attr_put(nlh, IFLA_ADDRESS, RTE_ETHER_ADDR_LEN, mac);
	return host_nl_talk(nlh);
}

/* A group that no other program's devices are in, most likely. Of two routers in a namespace each
 * has its own, unless their processes have one number, in two namespaces of those. */
static struct nlmsghdr *
group_msg(void *buf, uint16_t type, uint32_t ifindex) CTL_ONLY
{
	struct nlmsghdr *nlh = host_nl_msg(buf, type, 0, sizeof(struct ifinfomsg));
	struct ifinfomsg *ifi = mnl_nlmsg_get_payload(nlh);

	ifi->ifi_index = (int)ifindex;
	mnl_attr_put_u32(nlh, IFLA_GROUP, (uint32_t)HOST_PROTOCOL << 24 | (uint32_t)getpid());
	return nlh;
}

int
host_nl_doom(uint32_t ifindex)
{
	char buf[HOST_NL_MSG_MAX];

	return host_nl_talk(group_msg(buf, RTM_NEWLINK, ifindex));
}

int
host_nl_doom_all(void)
{
	char buf[HOST_NL_MSG_MAX];

	return host_nl_talk(group_msg(buf, RTM_DELLINK, 0));
}

int
host_nl_addr(uint32_t ifindex, const struct host_nl_addr *a, bool add)
{
	char buf[HOST_NL_MSG_MAX];
	struct nlmsghdr *nlh =
		host_nl_msg(buf, add ? RTM_NEWADDR : RTM_DELADDR,
			    add ? NLM_F_CREATE | NLM_F_REPLACE : 0, sizeof(struct ifaddrmsg));
	struct ifaddrmsg *ifa = mnl_nlmsg_get_payload(nlh);

	ifa->ifa_family = AF_INET;
	ifa->ifa_prefixlen = a->plen;
	ifa->ifa_scope = a->scope;
	ifa->ifa_index = ifindex;
	mnl_attr_put_u32(nlh, IFA_LOCAL, a->local);
	mnl_attr_put_u32(nlh, IFA_ADDRESS, a->peer);
	if (a->broadcast != 0)
		mnl_attr_put_u32(nlh, IFA_BROADCAST, a->broadcast);
	if (add) /* whose it is; kernels before 5.18 do not keep it */
		mnl_attr_put_u8(nlh, IFA_PROTO, HOST_PROTOCOL);
	return host_nl_talk(nlh);
}

/* --- what it says --- */

struct listening {
	const struct host_nl_listener *to;
};

static void
on_link(const struct nlmsghdr *nlh, const struct host_nl_listener *l)
{
	const struct ifinfomsg *ifi = mnl_nlmsg_get_payload(nlh);

	if (mnl_nlmsg_get_payload_len(nlh) >= sizeof(*ifi) &&
	    (nlh->nlmsg_type == RTM_DELLINK || !(ifi->ifi_flags & IFF_UP)))
		l->link_down((uint32_t)ifi->ifi_index);
}

/* With a device's last address, or the source of some routes, these go. */
static void
on_address_gone(const struct nlmsghdr *nlh, const struct host_nl_listener *l)
{
	const struct ifaddrmsg *ifa = mnl_nlmsg_get_payload(nlh);

	if (mnl_nlmsg_get_payload_len(nlh) >= sizeof(*ifa))
		l->link_down(ifa->ifa_index);
}

static int
on_msg(const struct nlmsghdr *nlh, void *data)
{
	static struct host_nl_route r;
	struct listening *l = data;

	switch (nlh->nlmsg_type) {
	case RTM_NEWROUTE:
	case RTM_DELROUTE:
		if (host_nl_route_read(nlh, &r))
			l->to->route(&r, nlh->nlmsg_type == RTM_DELROUTE);
		break;
	case RTM_NEWLINK:
	case RTM_DELLINK:
		on_link(nlh, l->to);
		break;
	case RTM_DELADDR:
		on_address_gone(nlh, l->to);
		break;
	case RTM_DELNEXTHOP:
		l->to->nexthop_gone();
		break;
	}
	return MNL_CB_OK;
}

int
host_nl_dump_fd(void)
{
	return mnl_socket_get_fd(dump);
}

int
host_nl_news_fd(void)
{
	return mnl_socket_get_fd(news);
}

/* In place of the one there is, which may hold what is left of a dump: while nobody has read that
 * to its end, the kernel begins no other there. */
static int
fresh_dump(void) CTL_ONLY
{
	struct mnl_socket *s = NULL;
	int rc = host_nl_enter();

	if (rc != 0)
		return rc;
	rc = open_socket(&s, SOCK_NONBLOCK, 0);
	host_nl_leave();
	close_socket(rc == 0 ? &dump : &s);
	if (rc == 0)
		dump = s;
	return rc;
}

int
host_nl_dump_start(void)
{
	char buf[HOST_NL_MSG_MAX];
	struct nlmsghdr *nlh = host_nl_msg(buf, RTM_GETROUTE, NLM_F_DUMP, sizeof(struct rtmsg));
	struct rtmsg *rtm = mnl_nlmsg_get_payload(nlh);
	int rc = fresh_dump();

	if (rc != 0)
		return rc;
	rtm->rtm_family = AF_INET;
	return mnl_socket_sendto(dump, nlh, nlh->nlmsg_len) < 0 ? -errno : 0;
}

/* Remove an address that a daemon before this one has given. */
static int
clear_addr(const struct nlmsghdr *nlh, void *data)
{
	const struct ifaddrmsg *ifa = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *at;
	struct host_nl_addr a = { .plen = ifa->ifa_prefixlen };
	bool ours = false;

	role_enter_ctl();
	if (nlh->nlmsg_type != RTM_NEWADDR || ifa->ifa_index != *(const uint32_t *)data)
		return MNL_CB_OK;
	mnl_attr_for_each(at, nlh, sizeof(*ifa))
	{
		if (mnl_attr_get_type(at) == IFA_LOCAL)
			a.local = mnl_attr_get_u32(at);
		if (mnl_attr_get_type(at) == IFA_ADDRESS)
			a.peer = mnl_attr_get_u32(at);
		if (mnl_attr_get_type(at) == IFA_PROTO)
			ours = mnl_attr_get_u8(at) == HOST_PROTOCOL;
	}
	if (ours)
		host_nl_addr(ifa->ifa_index, &a, false);
	return MNL_CB_OK;
}

static char *
buffer(size_t *len)
{
	static char buf[1 << 16];

	*len = sizeof(buf);
	return buf;
}

/* Not by mnl_cb_run(): it ends at the first message that says the dump is torn, and so would miss
 * the last one. */
int
host_nl_dump_some(const struct host_nl_listener *to, bool *torn)
{
	struct listening l = { .to = to };
	const struct nlmsghdr *nlh;
	size_t size;
	char *buf = buffer(&size);
	ssize_t n = mnl_socket_recvfrom(dump, buf, size);
	int len = (int)n;

	if (n < 0)
		return errno == EINTR ? -EAGAIN : -errno;
	for (nlh = (const void *)buf; mnl_nlmsg_ok(nlh, len); nlh = mnl_nlmsg_next(nlh, &len)) {
		*torn |= nlh->nlmsg_flags & NLM_F_DUMP_INTR;
		if (nlh->nlmsg_type == NLMSG_DONE)
			return 0;
		if (nlh->nlmsg_type == NLMSG_ERROR)
			return -EIO;
		on_msg(nlh, &l);
	}
	return 1;
}

void
host_nl_news_drop(void)
{
	size_t len;
	char *buf = buffer(&len);

	while (mnl_socket_recvfrom(news, buf, len) >= 0 || errno == ENOBUFS)
		;
}

int
host_nl_news_some(const struct host_nl_listener *to)
{
	struct listening l = { .to = to };
	size_t len;
	char *buf = buffer(&len);
	ssize_t n = mnl_socket_recvfrom(news, buf, len);

	if (n < 0)
		return errno == ENOBUFS ? -ENOBUFS : 0;
	mnl_cb_run(buf, (size_t)n, 0, 0, on_msg, &l);
	return 1;
}

void
host_nl_addr_clear(uint32_t ifindex)
{
	char msg[HOST_NL_MSG_MAX], *buf;
	struct nlmsghdr *nlh = host_nl_msg(msg, RTM_GETADDR, NLM_F_DUMP, sizeof(struct ifaddrmsg));
	struct ifaddrmsg *ifa = mnl_nlmsg_get_payload(nlh);
	ssize_t n = 0;
	size_t len;

	ifa->ifa_family = AF_INET;
	if (mnl_socket_sendto(dump, nlh, nlh->nlmsg_len) < 0)
		return;
	buf = buffer(&len);
	do
		n = mnl_socket_recvfrom(dump, buf, len);
	while (n > 0 && mnl_cb_run(buf, (size_t)n, 0, 0, clear_addr, &ifindex) == MNL_CB_OK);
}
