/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef DP_H
#define DP_H
/**
 * @file
 * The whole router in one process. A test starts it, adds ports in memory, types commands as a
 * user would, injects frames and looks at what comes out. Nothing runs by itself: dp_run() lets
 * worker and control thread take turns until nothing moves any more, dp_run_ms() lets time pass. A
 * slow or busy machine changes nothing; only with dp_setup_threads() is time what the clock says.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdbool.h>
#include <rte_arp.h>
#include <rte_ether.h>
#include <rte_icmp.h>
#include <rte_ip.h>
#include <rte_udp.h>
#include "core/role.h"

#define DP_FRAME_MAX 2048

/** A frame as a test sees it: bytes in one piece. */
struct dp_frame {
	uint32_t len;
	uint8_t b[DP_FRAME_MAX];
};

/** cmocka group fixtures: EAL and all modules; afterwards the balance and every pool are checked.
 */
int dp_setup(void **state);
/** dp_setup() with @p n workers instead of one; dp_run() lets them take turns. */
int dp_setup_workers(unsigned int n);
/** dp_setup() with @p n workers on threads of their own, as in the daemon. They run until
 * dp_teardown(); dp_run() is the control thread's turn only. */
int dp_setup_threads(unsigned int n);
int dp_teardown(void **state);

/** Add port @p name with MAC 02:00:00:00:00:<n>, n counting from 1, up. Returns n. */
unsigned int dp_port(const char *name);
/** Port p<i> with address 10.0.<i>.1/24 and, resolved, the host 10.0.<i>.2, whose MAC is
 * 02:00:00:00:01:<i + 1>. Returns its number. @p i: 1 to 8. */
unsigned int dp_lan(unsigned int i);
/** dp_port() with several queues: dp_inject() is queue 0; what leaves by any of @p txq comes out in
 * one order, as from one wire. */
unsigned int dp_port_queues(const char *name, unsigned int rxq, unsigned int txq);
/** Type a command; fails the test unless it succeeds. */
void dp_cmd(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/** Type a command that must fail; returns its error line (valid until the next call). */
const char *dp_cmd_fails(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/** Type a command in the form that @p flags (CLI_F_*) say, interrupt it when it does not end by
 * itself; returns how it ended, an enum cli_status. */
int dp_cmd_try(const char *line, unsigned int flags);
/** The error lines of the last command. */
const char *dp_cmd_error(void);
/** What the last command printed. */
const char *dp_cmd_output(void);

/** Put a frame on the wire towards port @p n. */
void dp_inject(unsigned int n, const struct dp_frame *f);
/** The same by receive queue @p q. */
void dp_inject_queue(unsigned int n, unsigned int q, const struct dp_frame *f);
/** dp_inject_queue() and dp_out() for one other thread that does nothing else with the router: no
 * frame for want of a buffer or room is false. */
bool dp_try_inject(unsigned int n, unsigned int q, const struct dp_frame *f);
/** How many more frames queue @p q takes now. */
unsigned int dp_room(unsigned int n, unsigned int q);
/** The same frame in a chain of buffers of at most @p seg bytes each. */
void dp_inject_segments(unsigned int n, const struct dp_frame *f, uint32_t seg);
/** How a frame lies in its buffers; all zero: in one, as from a card. */
struct dp_mbuf {
	uint32_t seg;	   /* chain of at most so many bytes each */
	uint16_t headroom; /* 1: none */
	uint16_t vlan_tci; /* with ol_flags of a stripped tag */
	uint64_t ol_flags;
	bool shared; /* somebody else holds it too, until dp_release_shared(), which looks whether
			its bytes are as they were */
};
void dp_inject_as(unsigned int n, const struct dp_frame *f, const struct dp_mbuf *how);
void dp_release_shared(void);
/** Let everything happen that can happen without time passing. */
void dp_run(void);
/** Let @p ms milliseconds of timers pass. */
void dp_run_ms(unsigned int ms);
/** A tap looks on at all devices (Linux's ETH_P_ALL). */
void dp_tap_on(void);
/** It goes; how many frames it has seen. */
unsigned int dp_tap_off(void);
/** Take the next frame that left by port @p n. False: none did. */
bool dp_out(unsigned int n, struct dp_frame *f);
/** Free all that came out of port @p n, as its driver does after sending; how many. */
unsigned int dp_discard(unsigned int n);
/** The next frame that left by port @p n must be exactly @p want. */
void dp_expect(unsigned int n, const struct dp_frame *want);
/** Nothing may have left by port @p n. */
void dp_expect_none(unsigned int n);
/** How often the drop reason of that name has been counted since the last dp_drops_clear(). */
uint64_t dp_drops(const char *reason);
void dp_drops_clear(void);

/** Every packet that came in went out, was consumed, dropped for a reason, or is held. */
void dp_check_balance(void);

/* --- frames --- */
/** 02:00:00:00:01:<host>: MAC address of a host of the tests. */
struct rte_ether_addr dp_host_mac(uint8_t host);
struct rte_ether_addr dp_port_mac(unsigned int n);
uint32_t dp_ip(const char *dotted); /* network order */
/** Ethernet + IPv4 + UDP with @p payload bytes; checksums right. From host @p host to port n. */
struct dp_frame dp_udp(unsigned int n, uint8_t host, const char *src, const char *dst,
		       uint16_t payload);
/** The same for ICMP echo request. */
struct dp_frame dp_echo(unsigned int n, uint8_t host, const char *src, const char *dst,
			uint16_t payload);
struct dp_frame dp_arp(uint16_t op, const struct rte_ether_addr *eth_dst, uint8_t host,
		       const char *sip, const struct rte_ether_addr *tha, const char *tip);
/** Insert an 802.1Q tag. */
void dp_tag(struct dp_frame *f, uint16_t vid);
struct rte_ipv4_hdr *dp_ip4(struct dp_frame *f); /* header behind Ethernet (untagged) */
/** Recompute the IPv4 header checksum. */
void dp_fix_checksum(struct dp_frame *f);
/** What a router must make of @p f: new MACs, TTL - 1, checksum. */
struct dp_frame dp_forwarded(const struct dp_frame *f, unsigned int out_port, uint8_t host);
#endif
