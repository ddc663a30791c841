/* SPDX-License-Identifier: BSD-3-Clause */
/* Devices: names, indices, registration, states, settings, events and veto, statistics. */
#include <errno.h>
#include "fixture.h"

static unsigned int events[64], n_events;
static unsigned int veto; /* event to refuse */

static int
note_event(struct notifier *self, unsigned int event, void *obj)
{
	if (n_events < RTE_DIM(events))
		events[n_events++] = event;
	return event == veto ? -EPERM : NOTIFY_OK;
}
static struct notifier listener = { .fn = note_event, .prio = NOTIFIER_PRIO_MONITOR };

static bool
heard(unsigned int event)
{
	for (unsigned int i = 0; i < n_events; i++)
		if (events[i] == event)
			return true;
	return false;
}

static int
setup(void **state)
{
	role_enter_ctl();
	if (fixture_setup(state) != 0)
		return -1;
	notifier_add(&netdev_chain, &listener);
	return 0;
}

static int
before(void **state)
{
	n_events = 0;
	veto = 0;
	return 0;
}

static void
test_names(void **state)
{
	static const char *const bad[] = {
		"", "1234567890123456", "a/b", "a:b", "a%b", "a b", "a\tb", ".", ".."
	};
	struct net_device *dev;

	role_enter_ctl();
	dev = alloc_netdev("fake", NULL, NULL, NULL);
	for (unsigned int i = 0; i < RTE_DIM(bad); i++)
		assert_int_equal(register_netdevice(dev, bad[i]), -EINVAL);
	assert_int_equal(register_netdevice(dev, "123456789012345"), 0);
	assert_ptr_equal(dev_get_by_name("123456789012345"), dev);
	assert_null(dev_get_by_name("12345678901234"));
	dev = alloc_netdev("fake", NULL, NULL, NULL);
	assert_int_equal(register_netdevice(dev, "123456789012345"), -EEXIST);
	free_netdev(dev);
}

static void
test_lookup_and_index(void **state)
{
	struct net_device *a = fake_dev("a", 1), *b = fake_dev("b", 2), *c;
	int32_t gone = a->ifindex;

	role_enter_ctl();
	assert_int_equal(b->ifindex, a->ifindex + 1);
	assert_ptr_equal(dev_get_by_index((uint32_t)b->ifindex), b);
	assert_null(dev_get_by_index(0));
	assert_null(dev_get_by_index(NETDEV_MAX));
	assert_ptr_equal(dev_get_by_mac(&(struct rte_ether_addr){ { 2, 0, 0, 0, 0, 2 } }), b);
	assert_ptr_equal(dev_first(), a);
	assert_ptr_equal(a->ctl->next, b);
	unregister_netdevice(a);
	assert_null(dev_get_by_index((uint32_t)gone));
	c = fake_dev("a", 3); /* the name is free, the index not reused at once */
	assert_int_equal(c->ifindex, b->ifindex + 1);
	assert_ptr_equal(dev_first(), b);
}

static void
test_index_wraps(void **state)
{
	struct net_device *keep = fake_dev("keep", 1), *dev;
	int32_t last = 0;

	role_enter_ctl();
	for (unsigned int i = 0; i < NETDEV_MAX + 5; i++) {
		dev = alloc_netdev("fake", NULL, NULL, NULL);
		assert_int_equal(register_netdevice(dev, "x"), 0);
		assert_int_not_equal(dev->ifindex, keep->ifindex);
		assert_in_range(dev->ifindex, 1, NETDEV_MAX - 1);
		assert_int_not_equal(dev->ifindex, last);
		last = dev->ifindex;
		unregister_netdevice(dev);
		rcu_barrier();
	}
}

static void
test_rename(void **state)
{
	struct net_device *a = fake_dev("a", 1);

	role_enter_ctl();
	fake_dev("b", 2);
	n_events = 0;
	assert_int_equal(dev_change_name(a, "b"), -EEXIST);
	assert_int_equal(dev_change_name(a, "a/"), -EINVAL);
	assert_int_equal(dev_change_name(a, "a"), 0);
	assert_int_equal(n_events, 0);
	assert_int_equal(dev_change_name(a, "c"), 0);
	assert_int_equal(n_events, 1);
	assert_int_equal(events[0], NETDEV_CHANGENAME);
	assert_null(dev_get_by_name("a"));
	assert_ptr_equal(dev_get_by_name("c"), a);
	assert_int_equal(get_sysctl("net.ipv4.conf.c.send_redirects"), 1);
}

static void
test_unregister(void **state)
{
	struct net_device *a = fake_dev("a", 1);

	role_enter_ctl();
	n_events = 0;
	unregister_netdevice(a);
	assert_int_equal(fake.stops, 1);
	assert_int_equal(events[0], NETDEV_GOING_DOWN);
	assert_int_equal(events[1], NETDEV_DOWN);
	assert_int_equal(events[2], NETDEV_UNREGISTER);
	rcu_barrier();
	assert_int_equal(fake.destroyed, 1);
}

static void
test_up_down(void **state)
{
	struct net_device *a = fake_dev("a", 1);

	role_enter_ctl();
	assert_int_equal(fake.opens, 1);
	assert_true(netif_running(a) && !(a->rx_off & NETDEV_RXF_DOWN));
	n_events = 0;
	assert_int_equal(dev_open(a), 0);
	assert_int_equal(n_events, 0);
	dev_close(a);
	dev_close(a);
	assert_int_equal(n_events, 2);
	assert_true(!netif_running(a) && a->rx_off & NETDEV_RXF_DOWN);

	n_events = 0;
	veto = NETDEV_PRE_UP;
	assert_int_equal(dev_open(a), -EPERM);
	assert_false(netif_running(a));
	assert_false(heard(NETDEV_UP));
	veto = 0;
	fake.open_rc = -EIO;
	assert_int_equal(dev_open(a), -EIO);
	assert_true(!netif_running(a) && a->rx_off & NETDEV_RXF_DOWN);
	assert_false(heard(NETDEV_UP));
	fake.open_rc = 0;
	assert_int_equal(dev_open(a), 0);
	assert_true(heard(NETDEV_UP));
}

static void
test_carrier(void **state)
{
	struct net_device *a = fake_dev("a", 1);

	role_enter_ctl();
	n_events = 0;
	netif_carrier_set(a, true);
	assert_int_equal(n_events, 0);
	netif_carrier_set(a, false);
	assert_int_equal(events[0], NETDEV_CARRIER);
	assert_false(netif_carrier_ok(a));
	netif_carrier_set(a, true);
	assert_int_equal(a->ctl->carrier_changes, 2);
}

static void
test_mtu_and_mac(void **state)
{
	struct net_device *a = fake_dev("a", 1);
	struct rte_ether_addr mac = { { 2, 0, 0, 0, 0, 77 } }, now;

	role_enter_ctl();
	n_events = 0;
	assert_int_equal(dev_set_mtu(a, 67), -ERANGE);
	assert_int_equal(dev_set_mtu(a, 9001), -ERANGE);
	assert_int_equal(dev_set_mtu(a, 1500), 0);
	assert_int_equal(n_events, 0);
	assert_int_equal(dev_set_mtu(a, 9000), 0);
	assert_int_equal(a->mtu, 9000);
	assert_int_equal(events[0], NETDEV_CHANGEMTU);
	assert_int_equal(dev_set_mac_address(a, &(struct rte_ether_addr){ { 0 } }), -EINVAL);
	assert_int_equal(dev_set_mac_address(a, &(struct rte_ether_addr){ { 1 } }), -EINVAL);
	assert_int_equal(dev_set_mac_address(a, &mac), 0);
	assert_int_equal(events[1], NETDEV_CHANGEADDR);
	netdev_addr(a, &now);
	assert_memory_equal(&now, &mac, sizeof(mac));
}

static void
test_promisc_counts(void **state)
{
	struct net_device *a = fake_dev("a", 1);

	role_enter_ctl();
	assert_int_equal(dev_set_promiscuity(a, -1), -EINVAL);
	assert_int_equal(dev_set_promiscuity(a, 1), 0);
	assert_int_equal(dev_set_promiscuity(a, 2), 0);
	assert_int_equal(fake.promisc_calls, 1);
	assert_true(a->flags & IFF_PROMISC);
	assert_int_equal(dev_set_promiscuity(a, -2), 0);
	assert_true(a->flags & IFF_PROMISC);
	assert_int_equal(dev_set_promiscuity(a, -1), 0);
	assert_int_equal(fake.promisc_calls, 2);
	assert_int_equal(fake.promisc_on, 0);
	assert_false(a->flags & IFF_PROMISC);
}

static void
test_extra_addresses(void **state)
{
	struct net_device *a = fake_dev("a", 1);
	struct rte_ether_addr mac = { { 2, 0, 0, 0, 1, 0 } }, other = { { 2, 0, 0, 0, 2, 0 } };

	role_enter_ctl();
	assert_int_equal(dev_uc_add(a, &(struct rte_ether_addr){ { 1 } }), -EINVAL);
	assert_int_equal(dev_uc_add(a, &(struct rte_ether_addr){ { 2, 0, 0, 0, 0, 1 } }), -EEXIST);
	for (uint8_t i = 0; i < NETDEV_UC_MAX; i++) {
		mac.addr_bytes[5] = i;
		assert_int_equal(dev_uc_add(a, &mac), 0);
	}
	assert_int_equal(dev_uc_add(a, &mac), -EEXIST);
	assert_int_equal(dev_uc_add(a, &other), -ENOSPC);
	assert_int_equal(a->ctl->promiscuity, 0); /* the driver filters */
	assert_int_equal(dev_uc_del(a, &other), -ENOENT);
	assert_int_equal(dev_uc_del(a, &mac), 0);
	fake.add_mac_rc = -ENOTSUP; /* now it can not */
	assert_int_equal(dev_uc_add(a, &other), 0);
	assert_int_equal(a->ctl->promiscuity, 1);
	mac.addr_bytes[5] = 3;
	assert_int_equal(dev_uc_del(a, &mac), 0); /* one that was filtered */
	assert_int_equal(a->ctl->promiscuity, 1);
	assert_int_equal(dev_uc_del(a, &other), 0);
	assert_int_equal(a->ctl->promiscuity, 0);
}

static enum rx_handler_result
handler(struct worker *self, struct sk_buff *skb)
{
	return RX_HANDLER_PASS;
}

static void
test_rx_handler_slot(void **state)
{
	struct net_device *a = fake_dev("a", 1);

	role_enter_ctl();
	assert_int_equal(netdev_rx_handler_register(a, handler, a), 0);
	assert_true(a->rx_off & NETDEV_RXF_HANDLER);
	assert_int_equal(netdev_rx_handler_register(a, handler, a), -EBUSY);
	netdev_rx_handler_unregister(a);
	assert_false(a->rx_off & NETDEV_RXF_HANDLER);
	assert_true(a->rx_handler == NULL && a->rx_handler_data == NULL);
	netdev_rx_handler_unregister(a);
}

static void
test_stats_clear(void **state)
{
	struct net_device *a = fake_dev("a", 1);
	struct netdev_stats_sum st;

	role_enter_ctl();
	rx1(a, frame_type(1, 0x1234, 0)); /* nobody handles it */
	dev_get_stats(a, &st);
	assert_int_equal(st.rx_packets, 1);
	assert_int_equal(st.rx_bytes, 60);
	assert_int_equal(st.rx_dropped, 1);
	assert_int_equal(st.tx_dropped, 0);
	assert_int_equal(st.drops[DROP_NETDEV_UNKNOWN_PROTO], 1);
	dev_clear_stats(a);
	dev_get_stats(a, &st);
	assert_int_equal(st.rx_packets + st.rx_bytes + st.rx_dropped, 0);
	netif_carrier_set(a, false);
	struct rte_mbuf *m = frame_type(1, 0x1234, 0);
	role_enter_dp();
	counter_inc(w, &skb_counters, SKB_CNT_ORIGINATED);
	dev_queue_xmit(w, a, &m, 1);
	dev_get_stats(a, &st);
	assert_int_equal(st.tx_dropped, 1);
	assert_int_equal(st.rx_dropped, 0);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, before, fixture_balance)
	const struct CMUnitTest tests[] = {
		T(test_names),		 T(test_lookup_and_index), T(test_index_wraps),
		T(test_rename),		 T(test_unregister),	   T(test_up_down),
		T(test_carrier),	 T(test_mtu_and_mac),	   T(test_promisc_counts),
		T(test_extra_addresses), T(test_rx_handler_slot),  T(test_stats_clear),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
