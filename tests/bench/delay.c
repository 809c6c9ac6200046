/* tests/bench/delay.c - a line with latency: delay LISTEN_PORT TARGET_PORT MILLISECONDS
 *
 * Forwards TCP connections on loopback; every byte arrives half of the round trip later, in either
 * direction, without a bound on bandwidth. The TCP handshake itself is not delayed. Writes a line
 * when it listens, and runs until it is killed.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define PIECE 32768
#define MAX_HELD (64 << 20) /* bytes of one direction on their way */

struct piece {
	struct piece *next;
	int64_t due_us;
	size_t len, sent;
	char bytes[PIECE];
};

/* Bytes on their way to `fd`. */
struct lane {
	int fd;
	struct piece *first, *last;
	size_t held;
	int64_t end_us; /* when the other side's end arrives, 0: it has not ended */
	bool ended;	/* and has been passed on */
	bool blocked;	/* the socket takes no more for now */
};

struct line {
	struct line *next;
	struct lane lanes[2]; /* [i]: to the socket of side i */
	bool reading[2];      /* side i has not ended */
	bool broken;
};

static struct piece *spare;
static struct line *lines;

static int64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static struct piece *take_piece(void)
{
	struct piece *p = spare;

	if (p)
		spare = p->next;
	else
		p = malloc(sizeof(*p));
	if (!p)
		abort();
	p->next = NULL;
	p->sent = 0;
	return p;
}

static void drop_piece(struct lane *lane)
{
	struct piece *p = lane->first;

	lane->first = p->next;
	if (!lane->first)
		lane->last = NULL;
	lane->held -= p->len;
	p->next = spare;
	spare = p;
}

/* All that side `from` has to say goes into the lane to the other side. */
static void read_side(struct line *line, int from, int64_t half_us)
{
	struct lane *to = &line->lanes[!from];

	while (line->reading[from] && to->held < MAX_HELD) {
		struct piece *p = take_piece();
		ssize_t got = read(line->lanes[from].fd, p->bytes, PIECE);
		if (got <= 0) {
			p->next = spare;
			spare = p;
			if (got < 0 && (errno == EAGAIN || errno == EINTR))
				return;
			line->broken = line->broken || got < 0;
			line->reading[from] = false;
			to->end_us = now_us() + half_us;
			return;
		}
		p->len = (size_t)got;
		p->due_us = now_us() + half_us;
		if (to->last)
			to->last->next = p;
		else
			to->first = p;
		to->last = p;
		to->held += p->len;
	}
}

static void write_side(struct line *line, int side, int64_t now)
{
	struct lane *lane = &line->lanes[side];

	lane->blocked = false;
	while (lane->first && lane->first->due_us <= now) {
		struct piece *p = lane->first;
		ssize_t put = write(lane->fd, p->bytes + p->sent, p->len - p->sent);
		if (put < 0) {
			lane->blocked = true;
			line->broken = line->broken || (errno != EAGAIN && errno != EINTR);
			return;
		}
		p->sent += (size_t)put;
		if (p->sent == p->len)
			drop_piece(lane);
	}
	if (!lane->first && lane->end_us && lane->end_us <= now && !lane->ended) {
		(void)shutdown(lane->fd, SHUT_WR);
		lane->ended = true;
	}
}

static void add_line(int epoll, int client, int server)
{
	struct line *line = calloc(1, sizeof(*line));
	const int one = 1, fds[2] = { client, server };

	if (!line)
		abort();
	for (int i = 0; i < 2; i++) {
		line->lanes[i].fd = fds[i];
		line->reading[i] = true;
		(void)setsockopt(fds[i], IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
		/* events only wake us: every line is looked at then */
		struct epoll_event e = { .events = EPOLLIN | EPOLLOUT | EPOLLET | EPOLLRDHUP };
		if (epoll_ctl(epoll, EPOLL_CTL_ADD, fds[i], &e))
			abort();
	}
	line->next = lines;
	lines = line;
}

static void accept_all(int epoll, int listener, in_port_t port)
{
	for (;;) {
		int client = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (client < 0)
			return;
		struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = port };
		to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		int server = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		if (server < 0 || (connect(server, (struct sockaddr *)&to, sizeof(to)) &&
				   errno != EINPROGRESS)) {
			(void)close(client);
			(void)close(server);
			continue;
		}
		add_line(epoll, client, server);
	}
}

/* Moves what is due on every line; returns the time of what is due next, 0 for nothing. */
static int64_t move_all(int64_t half_us)
{
	int64_t next = 0;

	for (struct line **at = &lines; *at;) {
		struct line *line = *at;
		for (int i = 0; i < 2; i++) {
			read_side(line, i, half_us);
			write_side(line, i, now_us());
		}
		if (line->broken || (line->lanes[0].ended && line->lanes[1].ended)) {
			for (int i = 0; i < 2; i++) {
				while (line->lanes[i].first)
					drop_piece(&line->lanes[i]);
				(void)close(line->lanes[i].fd);
			}
			*at = line->next;
			free(line);
			continue;
		}
		for (int i = 0; i < 2; i++) {
			const struct lane *lane = &line->lanes[i];
			int64_t due = lane->blocked ? 0
				      : lane->first ? lane->first->due_us
				      : lane->ended ? 0
						    : lane->end_us;
			if (due && (!next || due < next))
				next = due;
		}
		at = &line->next;
	}
	return next;
}

int main(int argc, char **argv)
{
	if (argc != 4) {
		fprintf(stderr, "usage: delay LISTEN_PORT TARGET_PORT MILLISECONDS\n");
		return 2;
	}
	const int64_t half_us = (int64_t)(strtod(argv[3], NULL) * 500);
	struct sockaddr_in at = { .sin_family = AF_INET };
	at.sin_port = htons((in_port_t)strtoul(argv[1], NULL, 10));
	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	const in_port_t target = htons((in_port_t)strtoul(argv[2], NULL, 10));
	const int one = 1, epoll = epoll_create1(EPOLL_CLOEXEC),
		  listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	struct epoll_event e = { .events = EPOLLIN };

	(void)signal(SIGPIPE, SIG_IGN);
	(void)setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (epoll < 0 || bind(listener, (struct sockaddr *)&at, sizeof(at)) ||
	    listen(listener, 1024) || epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &e)) {
		perror("delay");
		return 1;
	}
	printf("listening\n");
	(void)fflush(stdout);
	for (;;) {
		struct epoll_event events[64];
		int64_t next = move_all(half_us), wait = next ? next - now_us() : 1000000;
		struct timespec t = { 0, (wait < 0 ? 0 : wait > 999999 ? 999999 : wait) * 1000 };
		(void)epoll_pwait2(epoll, events, 64, &t, NULL);
		accept_all(epoll, listener, target);
	}
}
