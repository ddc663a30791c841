/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What net_af_xdp of DPDK 22.11 leaves behind. Its close() does not close the sockets of its
 * queues: the kernel takes the interface's queue for bound, refuses it to the next one, and the
 * buffers in the sockets' rings are lost to their pool. Both are had back here: the rings are
 * mapped once more, what lies in them goes home, the socket is closed. A driver that closes its
 * sockets leaves nothing to find.
 */
#include <dirent.h>
#include <errno.h>
#include <linux/if_xdp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include "core/log.h"
#include "ethdev/ethdev_priv.h"

LOG_MODULE(ethdev_xdp);

#ifndef SOL_XDP
#define SOL_XDP 283
#endif
#define RING_MIN 512 /* a page of them at least, so that mapping tells their number */
#define RING_MAX 65536

/*
 * The kernel frees a closed socket's queue in a work item of its own, which waits for the same lock
 * as whoever makes or removes interfaces. Until then a bind() is refused, and a refused one costs
 * the driver 2,048 buffers for ever: so it is not tried before a bind() that can not succeed
 * says that the queue is free.
 */
#define SETTLE_MS 100  /* where nobody can be asked */
#define WAIT_MS	  3000 /* after that the queue is somebody else's */
#define LOOK_MS	  5
#define QUIET_MS  5 /* for frames that the kernel had in hand when the driver let go */

/* A socket of the process: a descriptor alone may be another's by now. */
struct ethdev_xdp_sock {
	int fd;
	ino_t ino;
};

bool
ethdev_is_xdp(const struct ethdev_port *port)
{
	return port->ctl->info.driver_name != NULL &&
	       strcmp(port->ctl->info.driver_name, "net_af_xdp") == 0;
}

static bool
is_xdp_socket(int fd, ino_t *ino)
{
	socklen_t len = sizeof(int);
	int domain = 0;
	struct stat st;

	if (fstat(fd, &st) < 0 || !S_ISSOCK(st.st_mode) ||
	    getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) < 0)
		return false;
	*ino = st.st_ino;
	return domain == AF_XDP;
}

static CTL_ONLY bool
is_known(int fd, ino_t ino)
{
	for (const struct ethdev_port *p = ethdev_first(); p != NULL; p = p->ctl->next)
		for (unsigned int i = 0; i < p->ctl->n_xdp; i++)
			if (p->ctl->xdp[i].fd == fd && p->ctl->xdp[i].ino == ino)
				return true;
	return false;
}

void
ethdev_xdp_note(struct ethdev_port *port)
{
	struct ethdev_port_ctl *c = port->ctl;
	struct ethdev_xdp_sock *grown;
	struct dirent *e;
	ino_t ino;
	DIR *d;

	if (!ethdev_is_xdp(port) || (d = opendir("/proc/self/fd")) == NULL)
		return;
	while ((e = readdir(d)) != NULL) {
		int fd = atoi(e->d_name);

		if (e->d_name[0] == '.' || fd == dirfd(d) || !is_xdp_socket(fd, &ino) ||
		    is_known(fd, ino))
			continue;
		grown = realloc(c->xdp, (c->n_xdp + 1) * sizeof(*grown));
		if (grown == NULL)
			break;
		c->xdp = grown;
		c->xdp[c->n_xdp++] = (struct ethdev_xdp_sock){ .fd = fd, .ino = ino };
	}
	closedir(d);
}

/* A ring of a socket, mapped a second time. */
struct ring {
	uint8_t *map;
	size_t len;
	const uint32_t *producer, *consumer;
	const uint8_t *desc;
	uint32_t size; /* entries */
	size_t entry;  /* bytes of one */
};

static bool
ring_map(struct ring *r, int fd, const struct xdp_ring_offset *off, uint64_t page)
{
	r->len = off->desc + r->size * r->entry;
	r->map = mmap(NULL, r->len, PROT_READ, MAP_SHARED, fd, (off_t)page);
	if (r->map == MAP_FAILED)
		return false;
	r->producer = (const uint32_t *)(r->map + off->producer);
	r->consumer = (const uint32_t *)(r->map + off->consumer);
	r->desc = r->map + off->desc;
	return true;
}

/* How long the umem's rings are is the driver's secret; the kernel maps no more than there is. */
static bool
ring_find(struct ring *r, int fd, const struct xdp_ring_offset *off, uint64_t page)
{
	for (r->size = RING_MAX; r->size >= RING_MIN; r->size /= 2)
		if (ring_map(r, fd, off, page))
			return true;
	return false;
}

/* An address in the ring is an offset from the pool's first page to where its object begins. */
static CTL_ONLY bool
give_back(struct rte_mempool *pool, uint64_t addr)
{
	const struct rte_mempool_memhdr *mem = STAILQ_FIRST(&pool->mem_list);
	uintptr_t base = (uintptr_t)mem->addr & ~((uintptr_t)getpagesize() - 1);
	uintptr_t at = base + (addr & XSK_UNALIGNED_BUF_ADDR_MASK) + pool->header_size;

	if (at < (uintptr_t)mem->addr || at >= (uintptr_t)mem->addr + mem->len)
		return false;
	skb_buffer_reclaim((struct rte_mbuf *)at);
	return true;
}

static CTL_ONLY unsigned int
ring_drain(const struct ring *r, struct rte_mempool *pool)
{
	unsigned int n = 0;
	uint64_t addr;

	for (uint32_t i = *r->consumer; i != *r->producer && i - *r->consumer < r->size; i++) {
		/* the first member of a struct xdp_desc, or the whole entry */
		memcpy(&addr, r->desc + (i & (r->size - 1)) * r->entry, sizeof(addr));
		n += give_back(pool, addr);
	}
	munmap(r->map, r->len);
	return n;
}

static CTL_ONLY unsigned int
socket_drain(int fd, uint32_t descs, struct rte_mempool *pool)
{
	struct ring umem = { .entry = sizeof(uint64_t) };
	struct ring queue = { .entry = sizeof(struct xdp_desc), .size = descs };
	struct xdp_mmap_offsets off;
	socklen_t len = sizeof(off);
	unsigned int n = 0;

	if (getsockopt(fd, SOL_XDP, XDP_MMAP_OFFSETS, &off, &len) < 0 || len != sizeof(off))
		return 0;
	if (ring_find(&umem, fd, &off.fr, XDP_UMEM_PGOFF_FILL_RING))
		n += ring_drain(&umem, pool);
	if (ring_find(&umem, fd, &off.cr, XDP_UMEM_PGOFF_COMPLETION_RING))
		n += ring_drain(&umem, pool);
	if (ring_map(&queue, fd, &off.rx, XDP_PGOFF_RX_RING))
		n += ring_drain(&queue, pool);
	if (ring_map(&queue, fd, &off.tx, XDP_PGOFF_TX_RING))
		n += ring_drain(&queue, pool);
	return n;
}

static bool
set_ring(int fd, int which)
{
	int entries = 1;

	return setsockopt(fd, SOL_XDP, which, &entries, sizeof(entries)) == 0;
}

/* Bind without copying to queue @p q of an interface that can only copy: 0 where that worked all
 * the same, EBUSY when the queue is taken, else the interface's refusal, which comes behind that.
 */
static int
try_bind(uint32_t if_index, uint32_t q)
{
	size_t page = (size_t)getpagesize();
	void *mem = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct xdp_umem_reg umem = { .addr = (uintptr_t)mem,
				     .len = page,
				     .chunk_size = (uint32_t)page };
	struct sockaddr_xdp to = { .sxdp_family = AF_XDP,
				   .sxdp_flags = XDP_ZEROCOPY,
				   .sxdp_ifindex = if_index,
				   .sxdp_queue_id = q };
	int fd = mem != MAP_FAILED ? socket(AF_XDP, SOCK_RAW | SOCK_CLOEXEC, 0) : -1, err = 0;

	if (fd < 0 || setsockopt(fd, SOL_XDP, XDP_UMEM_REG, &umem, sizeof(umem)) < 0 ||
	    !set_ring(fd, XDP_UMEM_FILL_RING) || !set_ring(fd, XDP_UMEM_COMPLETION_RING) ||
	    !set_ring(fd, XDP_RX_RING) || bind(fd, (struct sockaddr *)&to, sizeof(to)) < 0)
		err = errno;
	if (fd >= 0)
		close(fd);
	if (mem != MAP_FAILED)
		munmap(mem, page);
	return err;
}

/* The interface's queue that is queue @p q of the port. */
static uint32_t
queue_of(const struct ethdev_port *port, uint16_t q)
{
	const char *start = strstr(port->ctl->conf.device, "start_queue=");

	return q + (start != NULL ? (uint32_t)atoi(strchr(start, '=') + 1) : 0);
}

int
ethdev_xdp_settle(const struct ethdev_port *port, uint16_t q)
{
	uint64_t end = clock_ms() + WAIT_MS;
	int err;

	if (!ethdev_is_xdp(port))
		return 0;
	while ((err = try_bind(port->ctl->info.if_index, queue_of(port, q))) == EBUSY &&
	       clock_ms() < end)
		usleep(LOOK_MS * 1000);
	if (err == 0) /* it can do without copying: now this socket is in the way */
		usleep(SETTLE_MS * 1000);
	return err == EBUSY ? -EBUSY : 0;
}

void
ethdev_xdp_release(struct ethdev_port *port)
{
	struct ethdev_port_ctl *c = port->ctl;
	ino_t ino;

	if (c->n_xdp > 0)
		usleep(QUIET_MS * 1000);
	for (unsigned int i = 0; i < c->n_xdp; i++) {
		unsigned int n;

		if (!is_xdp_socket(c->xdp[i].fd, &ino) || ino != c->xdp[i].ino)
			continue;
		n = socket_drain(c->xdp[i].fd, c->n_rxd, c->pool);
		close(c->xdp[i].fd);
		log_debug("device \"%s\": closed the socket its driver left, %u buffers back",
			  c->conf.device, n);
	}
	free(c->xdp);
	c->xdp = NULL;
	c->n_xdp = 0;
}
