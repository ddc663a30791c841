/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef STP_FIX_H
#define STP_FIX_H
/**
 * @file
 * One bridge with ports 1 to 4, whose neighbours the test plays: what it asks for is kept.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "stp/stp_priv.h"

#define FIX_PORTS 4
#define OWN_MAC	  0x020000000050ULL
#define OWN_ID	  (0x8000ULL << 48 | OWN_MAC)
#define BETTER	  (0x1000ULL << 48 | 0x020000000001ULL) /* a root better than this bridge */
#define BEST	  (0x0000ULL << 48 | 0x020000000009ULL) /* better still */
#define WORSE	  (0xf000ULL << 48 | 0x0200000000f0ULL)
#define PEER	  (0x8000ULL << 48 | 0x020000000002ULL) /* a bridge between */

struct fix_port {
	struct stp_port *p;
	enum stp_state state[3]; /* by MSTID 0, 1, 2 */
	unsigned int order;	 /* of its last change of state among those of all ports */
	unsigned int sent, flushed, guarded;
	struct stp_bpdu last;
	uint8_t bytes[STP_BPDU_MAX];
	size_t len;
};

struct fix {
	struct stp_bridge *br;
	struct fix_port port[FIX_PORTS + 1]; /* by number */
	unsigned int ageing;		     /* as last set; 0: normal */
	unsigned int ageing_set, changes;
	uint64_t now_ms;
	struct stp_transition tr; /* the last one of a state */
};
extern struct fix fix;

/** A bridge of that version; its links are down. */
void fix_start(uint8_t version);
int fix_stop(void **state);
void fix_up(unsigned int port);
void fix_down(unsigned int port);
void fix_ticks(unsigned int n);
/** Forget what was sent and flushed. */
void fix_clear(void);
/** A bridge parameter by name: see FIX_SET. */
#define FIX_SET(field, value)                                                                      \
	do {                                                                                       \
		struct stp_bridge_conf c_;                                                         \
		stp_bridge_get(fix.br, &c_);                                                       \
		c_.field = (value);                                                                \
		assert_int_equal(stp_bridge_set(fix.br, &c_, NULL), 0);                            \
	} while (0)
#define FIX_PORT_SET(n, field, value)                                                              \
	do {                                                                                       \
		struct stp_port_conf c_;                                                           \
		stp_port_get(fix.port[n].p, &c_);                                                  \
		c_.field = (value);                                                                \
		assert_int_equal(stp_port_set(fix.port[n].p, &c_, NULL), 0);                       \
	} while (0)

/** An RST BPDU of a designated port: root, cost, bridge; port 0x8001, usual times, age 1. */
struct stp_bpdu fix_rst(uint64_t root, uint32_t cost, uint64_t bridge);
/** The same as a configuration BPDU. */
struct stp_bpdu fix_config(uint64_t root, uint32_t cost, uint64_t bridge);
struct stp_bpdu fix_tcn(void);
enum stp_rx fix_hear(unsigned int port, const struct stp_bpdu *b);
/** An RST BPDU as it stands, with other flags and role. */
void fix_hear_flags(unsigned int port, struct stp_bpdu b, uint8_t role, uint8_t flags);
/** The neighbour of a designated port agrees. */
void fix_agree(unsigned int port);

/** Port 1: root port towards BETTER, forwarding; 2: designated, agreed and forwarding. RSTP. */
void fix_between(void);
/** That root goes on. */
void fix_keep_root(void);

struct stp_ptree *fix_tree(unsigned int port, unsigned int t);
#define X(n)		   fix_tree(n, 0)
#define assert_role(n, r)  assert_string_equal(stp_role_name(X(n)->role), #r)
#define assert_state(n, s) assert_int_equal(fix.port[n].state[0], STP_##s)
#define assert_why(w)	   assert_string_equal(stp_why_name(fix.tr.why), stp_why_name(STP_WHY_##w))
#endif
