/* SPDX-License-Identifier: BSD-3-Clause */
/* IPv4 addresses and net.ipv4.conf: order, promotion, labels, lifetimes, inheritance. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include "fixture.h"
#include "vtime.h"

static char log_[512]; /* "+192.0.2.1 ~192.0.2.1 m192.0.2.1 -192.0.2.1 ": events in order */

static int
note_event(struct notifier *self, unsigned int event, void *obj)
{
	const struct in_ifaddr *ifa = obj;
	char text[INET_ADDRSTRLEN];
	size_t n = strlen(log_);

	inet_ntop(AF_INET, &ifa->ifa_local, text, sizeof(text));
	snprintf(log_ + n, sizeof(log_) - n, "%c%s ", " +-~m"[event], text);
	return NOTIFY_OK;
}
static struct notifier listener = { .fn = note_event };

static int
setup(void **state)
{
	role_enter_ctl();
	if (fixture_setup(state) != 0)
		return -1;
	notifier_add(&inetaddr_chain, &listener);
	return 0;
}

static int
before(void **state)
{
	log_[0] = '\0';
	return 0;
}

static rte_be32_t
ip(const char *text)
{
	rte_be32_t a;

	assert_int_equal(inet_pton(AF_INET, text, &a), 1);
	return a;
}

static int
add_scope(struct net_device *dev, const char *addr, uint8_t len, uint8_t scope)
{
	role_enter_ctl();
	return inet_addr_add(dev, &(struct inet_addr_spec){
					  .local = ip(addr), .prefixlen = len, .scope = scope });
}

static int
add(struct net_device *dev, const char *addr, uint8_t len)
{
	return add_scope(dev, addr, len, SCOPE_UNIVERSE);
}

static int
del(struct net_device *dev, const char *addr, uint8_t len)
{
	role_enter_ctl();
	return inet_addr_del(dev, ip(addr), len);
}

/* The list as text: last bytes, "s" behind a secondary. */
static void
assert_list(struct net_device *dev, const char *expected)
{
	char text[128] = "", one[8];

	role_enter_ctl();
	for (const struct in_ifaddr *a = inet_addr_first(dev); a != NULL; a = a->ifa_next) {
		snprintf(one, sizeof(one), "%u%s ", rte_be_to_cpu_32(a->ifa_local) & 0xff,
			 a->ifa_flags & IFA_SECONDARY ? "s" : "");
		strcat(text, one);
	}
	assert_string_equal(text, expected);
}

static void
test_order(void **state)
{
	struct net_device *p0 = fake_dev("p0", 1);

	assert_true(p0->rx_off & NETDEV_RXF_NO_IP);
	assert_int_equal(add(p0, "192.0.2.1", 24), 0);
	assert_false(p0->rx_off & NETDEV_RXF_NO_IP);
	assert_int_equal(add(p0, "192.0.2.2", 24), 0);
	assert_int_equal(add(p0, "198.51.100.3", 24), 0);
	assert_int_equal(add_scope(p0, "203.0.113.4", 24, SCOPE_LINK), 0);
	assert_int_equal(add(p0, "192.0.2.5", 25), 0); /* another mask: another subnet */
	assert_int_equal(add(p0, "198.51.100.6", 24), 0);
	/* primaries: narrower scopes in front, then by age; secondaries behind them all */
	assert_list(p0, "4 1 3 5 2s 6s ");
	assert_int_equal(add(p0, "192.0.2.2", 24), -EEXIST);
	assert_int_equal(add_scope(p0, "192.0.2.7", 24, SCOPE_LINK), -EINVAL);
	assert_string_equal(log_, "+192.0.2.1 +192.0.2.2 +198.51.100.3 +203.0.113.4 +192.0.2.5 "
				  "+198.51.100.6 ");
}

static void
test_delete_without_promotion(void **state)
{
	struct net_device *p0 = fake_dev("p0", 1);

	add(p0, "192.0.2.1", 24);
	add(p0, "192.0.2.2", 24);
	add(p0, "198.51.100.3", 24);
	add(p0, "192.0.2.4", 24);
	log_[0] = '\0';
	assert_int_equal(del(p0, "192.0.2.1", 25), -EADDRNOTAVAIL);
	assert_int_equal(del(p0, "192.0.2.1", 24), 0);
	assert_string_equal(log_, "-192.0.2.2 -192.0.2.4 -192.0.2.1 ");
	assert_list(p0, "3 ");
	assert_int_equal(del(p0, "198.51.100.3", 24), 0);
	assert_true(p0->rx_off & NETDEV_RXF_NO_IP);
}

static void
test_promotion(void **state)
{
	struct net_device *p0 = fake_dev("p0", 1);

	add(p0, "192.0.2.1", 24);
	add(p0, "192.0.2.2", 24);
	add(p0, "198.51.100.3", 24);
	add(p0, "192.0.2.4", 24);
	set_sysctl("net.ipv4.conf.p0.promote_secondaries", 1);
	log_[0] = '\0';
	assert_int_equal(del(p0, "192.0.2.1", 24), 0);
	assert_list(p0, "3 2 4s ");
	assert_string_equal(log_, "-192.0.2.1 +192.0.2.2 ");
	assert_int_equal(del(p0, "192.0.2.4", 24), 0);
	assert_list(p0, "3 2 ");
	assert_int_equal(del(p0, "192.0.2.2", 24), 0);
	assert_list(p0, "3 ");
}

static void
test_flush(void **state)
{
	struct net_device *p0 = fake_dev("p0", 1);

	role_enter_ctl();
	add(p0, "192.0.2.1", 24);
	add(p0, "192.0.2.2", 24);
	set_sysctl("net.ipv4.conf.p0.promote_secondaries", 1);
	log_[0] = '\0';
	assert_int_equal(inet_addr_flush(p0), 2);
	assert_string_equal(log_, "-192.0.2.2 -192.0.2.1 "); /* nobody was promoted */
	assert_int_equal(inet_addr_flush(p0), 0);
	add(p0, "192.0.2.1", 24);
	log_[0] = '\0';
	unregister_netdevice(p0);
	assert_string_equal(log_, "-192.0.2.1 ");
}

static void
test_refused(void **state)
{
	static const char *const bad[] = { "0.0.0.0",	"0.1.2.3",   "127.0.0.1",      "224.0.0.1",
					   "240.0.0.1", "239.1.1.1", "255.255.255.255" };
	struct net_device *p0 = fake_dev("p0", 1);
	struct inet_addr_spec s = { .local = ip("192.0.2.1"), .prefixlen = 24, .label = "p1" };

	role_enter_ctl();
	for (unsigned int i = 0; i < RTE_DIM(bad); i++)
		assert_int_equal(add(p0, bad[i], 24), -EINVAL);
	assert_int_equal(add(p0, "192.0.2.1", 33), -EINVAL);
	assert_int_equal(add(p0, "192.0.2.0", 24), 0);
	assert_int_equal(add(p0, "192.0.2.255", 24), 0);
	assert_int_equal(inet_addr_add(p0, &s), -ERANGE);
	memcpy(s.label, "p0x", 4);
	assert_int_equal(inet_addr_add(p0, &s), -ERANGE);
	memcpy(s.label, "p0:x", 5);
	assert_int_equal(inet_addr_add(p0, &s), 0);
	s.lifetime_set = true;
	s.valid_s = 10;
	s.preferred_s = 11;
	s.local = ip("192.0.2.9");
	assert_int_equal(inet_addr_add(p0, &s), -EINVAL);
}

static void
test_broadcast_and_peer(void **state)
{
	struct net_device *p0 = fake_dev("p0", 1);
	struct inet_addr_spec s = { .local = ip("10.0.0.1"),
				    .peer = ip("10.9.9.9"),
				    .prefixlen = 32 };
	const struct in_ifaddr *a;

	role_enter_ctl();
	add(p0, "192.0.2.1", 25);
	assert_int_equal(inet_addr_first(p0)->ifa_broadcast, ip("192.0.2.127"));
	inet_addr_flush(p0);
	add(p0, "192.0.2.1", 31);
	assert_int_equal(inet_addr_first(p0)->ifa_broadcast, 0);
	inet_addr_flush(p0);
	add(p0, "192.0.2.1", 30);
	assert_int_equal(inet_addr_first(p0)->ifa_broadcast, ip("192.0.2.3"));
	inet_addr_flush(p0);
	assert_int_equal(inet_addr_add(p0, &s), 0);
	a = inet_addr_first(p0);
	assert_int_equal(a->ifa_address, ip("10.9.9.9"));
	assert_ptr_equal(inet_ifa_byprefix_rcu(p0->ip_ptr, ip("10.9.9.9")), a);
	assert_null(inet_ifa_byprefix_rcu(p0->ip_ptr, ip("10.0.0.1")));
	assert_true(inet_ifa_is_local(p0->ip_ptr, ip("10.0.0.1")));
	assert_false(inet_ifa_is_local(p0->ip_ptr, ip("10.9.9.9")));
	assert_ptr_equal(ip_dev_find(ip("10.0.0.1")), p0);
	assert_null(ip_dev_find(ip("10.9.9.9")));
}

static void
test_select_addr(void **state)
{
	struct net_device *p0 = fake_dev("p0", 1), *p1 = fake_dev("p1", 2), *p2 = fake_dev("p2", 3);

	add(p0, "192.0.2.1", 24);
	add(p0, "192.0.2.2", 24);
	add(p0, "198.51.100.3", 24);
	add_scope(p0, "203.0.113.4", 24, SCOPE_LINK);
	add_scope(p1, "169.254.0.1", 16, SCOPE_LINK);
	assert_int_equal(inet_select_addr(p0, ip("192.0.2.9"), SCOPE_UNIVERSE), ip("192.0.2.1"));
	assert_int_equal(inet_select_addr(p0, ip("198.51.100.9"), SCOPE_UNIVERSE),
			 ip("198.51.100.3"));
	assert_int_equal(inet_select_addr(p0, ip("10.0.0.1"), SCOPE_UNIVERSE), ip("192.0.2.1"));
	assert_int_equal(inet_select_addr(p0, ip("203.0.113.9"), SCOPE_LINK), ip("203.0.113.4"));
	assert_int_equal(inet_select_addr(p0, 0, SCOPE_LINK), ip("203.0.113.4"));
	assert_int_equal(inet_select_addr(p1, ip("10.0.0.1"), SCOPE_LINK), ip("169.254.0.1"));
	/* its own is of link scope: another device's, RFC 1812 2.2.7 */
	assert_int_equal(inet_select_addr(p1, ip("10.0.0.1"), SCOPE_UNIVERSE), ip("192.0.2.1"));
	assert_int_equal(inet_select_addr(p2, ip("10.0.0.1"), SCOPE_UNIVERSE), ip("192.0.2.1"));
	assert_int_equal(inet_select_addr(NULL, ip("10.0.0.1"), SCOPE_UNIVERSE), ip("192.0.2.1"));
	assert_int_equal(inet_select_addr(p2, ip("10.0.0.1"), SCOPE_LINK), ip("192.0.2.1"));
}

static void
set_preferred(struct net_device *dev, const char *addr, uint32_t preferred_s)
{
	role_enter_ctl();
	assert_int_equal(
		inet_addr_replace(dev, &(struct inet_addr_spec){ .local = ip(addr),
								 .prefixlen = 24,
								 .lifetime_set = true,
								 .valid_s = LIFETIME_FOREVER,
								 .preferred_s = preferred_s }),
		0);
}

/* Deprecated ones are the last to be chosen, wherever they stand. */
static void
test_select_addr_deprecated(void **state)
{
	struct net_device *p0 = fake_dev("p0", 1), *p1 = fake_dev("p1", 2);

	add(p0, "192.0.2.1", 24);
	add(p0, "192.0.2.2", 24);
	add(p0, "198.51.100.3", 24);
	set_preferred(p0, "192.0.2.1", 0);
	assert_true(inet_addr_is_deprecated(ip("192.0.2.1")));
	assert_false(inet_addr_is_deprecated(ip("192.0.2.2")));
	assert_int_equal(inet_select_addr(p0, ip("192.0.2.9"), SCOPE_UNIVERSE), ip("192.0.2.2"));
	assert_int_equal(inet_select_addr(p0, ip("10.0.0.1"), SCOPE_UNIVERSE), ip("198.51.100.3"));
	assert_int_equal(inet_select_addr(p1, 0, SCOPE_UNIVERSE), ip("198.51.100.3"));
	set_preferred(p0, "198.51.100.3", 0);
	assert_int_equal(inet_select_addr(p0, ip("10.0.0.1"), SCOPE_UNIVERSE), ip("192.0.2.2"));
	/* near beats far, and primary beats secondary, among those that are left */
	set_preferred(p0, "192.0.2.2", 0);
	assert_int_equal(inet_select_addr(p0, ip("198.51.100.9"), SCOPE_UNIVERSE),
			 ip("198.51.100.3"));
	assert_int_equal(inet_select_addr(p0, ip("192.0.2.9"), SCOPE_UNIVERSE), ip("192.0.2.1"));
	add(p1, "192.0.2.1", 24);
	assert_false(inet_addr_is_deprecated(ip("192.0.2.1"))); /* not there */
	set_preferred(p0, "192.0.2.1", LIFETIME_FOREVER);
	assert_int_equal(inet_select_addr(p0, 0, SCOPE_UNIVERSE), ip("192.0.2.1"));
}

/* First it is deprecated, then it goes; one that is valid forever stays deprecated. */
static void
test_preferred_ends_first(void **state)
{
	struct net_device *p0 = fake_dev("p0", 1);
	struct inet_addr_spec s = { .local = ip("192.0.2.1"),
				    .prefixlen = 24,
				    .lifetime_set = true,
				    .valid_s = 2,
				    .preferred_s = 1 };
	uint64_t start = clock_ms();

	role_enter_ctl();
	assert_int_equal(inet_addr_add(p0, &s), 0);
	s.local = ip("198.51.100.1");
	s.valid_s = LIFETIME_FOREVER;
	assert_int_equal(inet_addr_add(p0, &s), 0);
	assert_true(inet_addr_first(p0)->ifa_next->ifa_flags & IFA_PERMANENT);
	log_[0] = '\0';
	while (clock_ms() < start + 20000 && inet_addr_first(p0)->ifa_next != NULL) {
		vtime_tick();
		timer_run();
	}
	assert_string_equal(log_, "~192.0.2.1 ~198.51.100.1 -192.0.2.1 ");
	assert_true(inet_addr_first(p0)->ifa_flags & IFA_DEPRECATED);
	assert_int_equal(timer_next_ms(5000), 5000);
	set_preferred(p0, "198.51.100.1", LIFETIME_FOREVER);
	assert_false(inet_addr_first(p0)->ifa_flags & IFA_DEPRECATED);
}

static void
test_lifetime(void **state)
{
	struct net_device *p0 = fake_dev("p0", 1);
	struct inet_addr_spec s = { .local = ip("192.0.2.1"),
				    .prefixlen = 24,
				    .lifetime_set = true,
				    .valid_s = 1,
				    .preferred_s = 1 };
	uint64_t start = clock_ms();

	role_enter_ctl();
	assert_int_equal(inet_addr_add(p0, &s), 0);
	s.local = ip("198.51.100.1");
	assert_int_equal(inet_addr_add(p0, &s), 0);
	assert_false(inet_addr_first(p0)->ifa_flags & IFA_PERMANENT);
	s.lifetime_set = false;
	log_[0] = '\0';
	assert_int_equal(inet_addr_replace(p0, &s), 0); /* for ever now */
	assert_string_equal(log_, "~198.51.100.1 ");
	log_[0] = '\0';
	s.metric = 44; /* it stays, and its routes change before it is told */
	assert_int_equal(inet_addr_replace(p0, &s), 0);
	assert_string_equal(log_, "m198.51.100.1 ~198.51.100.1 ");
	log_[0] = '\0';
	while (clock_ms() < start + 20000 && inet_addr_first(p0)->ifa_next != NULL) {
		vtime_tick();
		timer_run();
	}
	assert_list(p0, "1 ");
	assert_string_equal(log_, "-192.0.2.1 ");
	assert_true(inet_addr_first(p0)->ifa_flags & IFA_PERMANENT);
	assert_int_equal(timer_next_ms(5000), 5000); /* nothing armed any more */
}

static unsigned int refuse_malloc; /* 0: no; else how often it was refused, and one */
void *__real_malloc(size_t n);
void *__wrap_malloc(size_t n);

void *
__wrap_malloc(size_t n)
{
	if (refuse_malloc == 0)
		return __real_malloc(n);
	refuse_malloc++;
	return NULL;
}

/* An address whose heir finds no memory stays until there is some; nobody waits for it. */
static void
test_lifetime_without_memory(void **state)
{
	struct net_device *p0 = fake_dev("p0", 1);
	struct inet_addr_spec s = { .local = ip("192.0.2.1"),
				    .prefixlen = 24,
				    .lifetime_set = true,
				    .valid_s = 1,
				    .preferred_s = 1 };

	role_enter_ctl();
	set_sysctl("net.ipv4.conf.p0.promote_secondaries", 1);
	assert_int_equal(inet_addr_add(p0, &s), 0);
	add(p0, "192.0.2.2", 24);
	refuse_malloc = 1;
	for (unsigned int i = 0; i < 20000 && refuse_malloc < 2; i++) {
		vtime_tick();
		timer_run();
	}
	assert_int_equal(refuse_malloc, 2); /* tried once, then put off */
	refuse_malloc = 0;
	assert_list(p0, "1 2s ");
	assert_true(timer_next_ms(5000) > 0);
	for (unsigned int i = 0; i < 20000 && inet_addr_first(p0)->ifa_next != NULL; i++) {
		vtime_tick();
		timer_run();
	}
	assert_list(p0, "2 ");
}

static void
test_rename_labels(void **state)
{
	struct net_device *p0 = fake_dev("p0", 1);
	struct inet_addr_spec s = { .local = ip("192.0.2.1"), .prefixlen = 24, .label = "p0:web" };

	role_enter_ctl();
	assert_int_equal(inet_addr_add(p0, &s), 0);
	add(p0, "198.51.100.1", 24);
	set_sysctl("net.ipv4.conf.p0.rp_filter", 2);
	assert_int_equal(dev_change_name(p0, "wan0"), 0);
	assert_string_equal(inet_addr_first(p0)->ifa_label, "wan0:web");
	assert_string_equal(inet_addr_first(p0)->ifa_next->ifa_label, "wan0");
	assert_int_equal(get_sysctl("net.ipv4.conf.wan0.rp_filter"), 2);
}

static void
test_conf_defaults(void **state)
{
	fake_dev("p0", 1);
	assert_int_equal(get_sysctl("net.ipv4.conf.all.forwarding"), 1);
	assert_int_equal(get_sysctl("net.ipv4.conf.p0.forwarding"), 1);
	assert_int_equal(get_sysctl("net.ipv4.conf.all.send_redirects"), 1);
	assert_int_equal(get_sysctl("net.ipv4.conf.all.accept_source_route"), 0);
	assert_int_equal(get_sysctl("net.ipv4.conf.p0.accept_source_route"), 1);
	assert_int_equal(get_sysctl("net.ipv4.conf.p0.rp_filter"), 0);
	assert_int_equal(get_sysctl("net.ipv4.conf.p0.promote_secondaries"), 0);
	assert_int_equal(get_sysctl("net.ipv4.conf.p0.arp_evict_nocarrier"), 1);
}

static void
test_conf_inheritance(void **state)
{
	struct sysctl_var v;

	role_enter_ctl();
	fake_dev("p0", 1);
	fake_dev("p1", 2);
	set_sysctl("net.ipv4.conf.p0.arp_ignore", 3);
	set_sysctl("net.ipv4.conf.default.arp_ignore", 1);
	assert_int_equal(get_sysctl("net.ipv4.conf.p0.arp_ignore"), 3); /* was told otherwise */
	assert_int_equal(get_sysctl("net.ipv4.conf.p1.arp_ignore"), 1);
	fake_dev("p2", 3);
	assert_int_equal(get_sysctl("net.ipv4.conf.p2.arp_ignore"), 1);
	set_sysctl("net.ipv4.conf.all.arp_ignore", 2); /* joined on reading, not copied */
	assert_int_equal(get_sysctl("net.ipv4.conf.p1.arp_ignore"), 1);
	set_sysctl("net.ipv4.conf.all.arp_ignore", 0);
	set_sysctl("net.ipv4.conf.default.arp_ignore", 0);
	assert_int_equal(sysctl_find("net.ipv4.conf.p0.rp_filter", &v), 0);
	assert_int_equal(sysctl_set(&v, 3), -ERANGE);
	unregister_netdevice(dev_get_by_name("p2"));
	assert_int_equal(sysctl_find("net.ipv4.conf.p2.rp_filter", &v), -ENOENT);
}

static int mirrored = -1;

static void
mirror(int on)
{
	mirrored = on;
}

static void
test_conf_forwarding(void **state)
{
	role_enter_ctl();
	fake_dev("p0", 1);
	inetdev_forwarding_hook = mirror;
	set_sysctl("net.ipv4.conf.p0.forwarding", 0); /* this one alone */
	assert_int_equal(mirrored, -1);
	assert_int_equal(get_sysctl("net.ipv4.conf.all.forwarding"), 1);
	set_sysctl("net.ipv4.conf.p0.forwarding", 1);
	set_sysctl("net.ipv4.conf.all.forwarding", 0);
	assert_int_equal(mirrored, 0);
	assert_int_equal(get_sysctl("net.ipv4.conf.p0.forwarding"), 0);
	assert_int_equal(get_sysctl("net.ipv4.conf.default.forwarding"), 0);
	mirrored = -1;
	inetdev_set_forwarding(1); /* from ip_forward: no echo */
	assert_int_equal(mirrored, -1);
	assert_int_equal(get_sysctl("net.ipv4.conf.p0.forwarding"), 1);
	inetdev_forwarding_hook = NULL;
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, before, fixture_balance)
	const struct CMUnitTest tests[] = {
		T(test_order),
		T(test_delete_without_promotion),
		T(test_promotion),
		T(test_flush),
		T(test_refused),
		T(test_broadcast_and_peer),
		T(test_select_addr),
		T(test_select_addr_deprecated),
		T(test_preferred_ends_first),
		T(test_lifetime),
		T(test_lifetime_without_memory),
		T(test_rename_labels),
		T(test_conf_defaults),
		T(test_conf_inheritance),
		T(test_conf_forwarding),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
