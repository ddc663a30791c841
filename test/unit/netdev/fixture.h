/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TEST_NETDEV_FIXTURE_H
#define TEST_NETDEV_FIXTURE_H
/** @file One worker, one pool, devices of a fake driver that keeps what is sent. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "core/sysctl.h"
#include "netdev/inetdev.h"
#include "netdev/netdev.h"

#define SENT_MAX 128

extern struct worker *w;
extern struct rte_mbuf *sent[SENT_MAX]; /* what the fake driver was given, in order */
extern unsigned int n_sent;
extern struct net_device *sent_by; /* device of the last one */

/* What the fake driver did, and what it shall answer. */
struct fake_driver {
	int opens, stops, destroyed;
	int open_rc, promisc_calls, promisc_on;
	int add_mac_rc;
	uint64_t linear_bytes; /* as the last dev_direct_xmit() said */
};
extern struct fake_driver fake;

int fixture_setup(void **state);
/** Free what was sent, remove every device, and check the balance and the pool. */
int fixture_balance(void **state);

/** A device of the fake driver with MAC 02:00:00:00:00:<last>, up, with carrier. */
struct net_device *fake_dev(const char *name, uint8_t last);
/** A frame: destination ..:<dst>, source ..:99, the given bytes behind. */
struct rte_mbuf *frame(uint8_t dst, const void *rest, uint16_t len);
struct rte_mbuf *frame_to(const uint8_t *dst, const uint8_t *src, const void *rest, uint16_t len);
/** Frame with an ethertype and a payload of one byte, @p id, and 45 of padding. */
struct rte_mbuf *frame_type(uint8_t dst, uint16_t type, uint8_t id);
void rx(struct net_device *dev, struct rte_mbuf **pkts, uint16_t n);
void rx1(struct net_device *dev, struct rte_mbuf *m);
uint64_t drops(enum drop_reason why);
uint64_t dev_drops(struct net_device *dev, enum drop_reason why);
void set_sysctl(const char *name, int value);
int get_sysctl(const char *name);

#define BYTES(...) (const uint8_t[]){ __VA_ARGS__ }, sizeof((const uint8_t[]){ __VA_ARGS__ })
#endif
