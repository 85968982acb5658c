/*
 * A server that costs less than its clients: it parses the request's head and lets the kernel throw the body away
 * (recv with MSG_TRUNC copies nothing). Answers as Gladia's API does.
 *
 *   drain [bytes per second and connection, 0 for as fast as it goes]
 *
 * Prints its port, ends when its standard input does. GET /stats tells how many connections carried a request.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MOST = 4096, HEAD = 16384, TICK = 20 };
enum state { IN_HEAD, IN_BODY, IN_CHUNK_SIZE };

struct connection {
  int open, counted, chunked, last, slow;
  enum state state;
  long long left;
  const char *status, *answer;
};

static struct connection all[MOST];
static int queue, connections;
static long long requests, rate;

static const char *UPLOAD =
    "{\"audio_url\":\"http://127.0.0.1/file/4b9f2c0e-6a1d-4a57-9c1e-0d7c5f3a2b10\",\"audio_metadata\":{\"id\":"
    "\"4b9f2c0e-6a1d-4a57-9c1e-0d7c5f3a2b10\",\"filename\":\"audio.wav\",\"extension\":\"wav\",\"size\":1,"
    "\"audio_duration\":1,\"number_of_channels\":1,\"source\":null}}";
static const char *CREATED =
    "{\"id\":\"45463597-20b7-4af7-b3b3-f5fb778203ab\",\"result_url\":"
    "\"http://127.0.0.1/v2/pre-recorded/45463597-20b7-4af7-b3b3-f5fb778203ab\"}";
static const char *JOB =
    "{\"id\":\"45463597-20b7-4af7-b3b3-f5fb778203ab\",\"request_id\":\"G-45463597\",\"version\":2,\"status\":"
    "\"processing\",\"created_at\":\"2026-01-01T00:00:00.000Z\",\"kind\":\"pre-recorded\",\"file\":null,"
    "\"request_params\":{\"audio_url\":\"http://127.0.0.1/file/4b9f2c0e-6a1d-4a57-9c1e-0d7c5f3a2b10\"},"
    "\"completed_at\":null,\"error_code\":null,\"result\":null}";

static void watch(int fd, int operation, unsigned events) {
  struct epoll_event event = {.events = events, .data.fd = fd};
  epoll_ctl(queue, operation, fd, &event);
}

static void hang_up(int fd) {
  close(fd);
  memset(&all[fd], 0, sizeof all[fd]);
}

static void answer(int fd) {
  struct connection *c = &all[fd];
  char text[2048], stats[128];
  if (!c->answer) {
    snprintf(stats, sizeof stats, "{\"connections\":%d,\"requests\":%lld}", connections, requests);
    c->answer = stats;
  }
  int length = snprintf(text, sizeof text, "HTTP/1.1 %s\r\ncontent-type: application/json\r\ncontent-length: %zu\r\n\r\n%s",
                        c->status, strlen(c->answer), c->answer);
  if (send(fd, text, length, MSG_NOSIGNAL) != length) perror("send");
  if (c->slow) watch(fd, EPOLL_CTL_MOD, EPOLLIN);
  c->state = IN_HEAD;
  c->slow = 0;
}

/* Reads the head by peeking, so that not one byte of the body is taken with it. Gives 0 while it is incomplete. */
static int read_head(int fd) {
  static char head[HEAD + 1];
  struct connection *c = &all[fd];
  ssize_t got = recv(fd, head, HEAD, MSG_PEEK);
  if (got == 0 || (got < 0 && errno != EAGAIN)) return hang_up(fd), 0;
  if (got < 0) return 0;
  head[got] = 0;
  char *end = strstr(head, "\r\n\r\n");
  if (!end) return got == HEAD ? (hang_up(fd), 0) : 0;
  end[2] = 0;
  recv(fd, NULL, end + 4 - head, MSG_TRUNC);

  int stats = !strncmp(head, "GET /stats", 10);
  if (!stats) {
    requests++;
    connections += !c->counted;
    c->counted = 1;
  }
  int post = !strncmp(head, "POST ", 5);
  c->status = post && strncmp(head, "POST /v2/upload", 15) ? "201 Created" : "200 OK";
  c->answer = stats ? NULL : !post ? JOB : strncmp(head, "POST /v2/upload", 15) ? CREATED : UPLOAD;
  char *length = strcasestr(head, "\r\ncontent-length:");
  c->left = length ? atoll(length + 17) : 0;
  c->chunked = strcasestr(head, "\r\ntransfer-encoding: chunked") != NULL;
  c->last = 0;
  c->state = c->chunked ? IN_CHUNK_SIZE : IN_BODY;
  if (strcasestr(head, "\r\nexpect: 100-continue")) send(fd, "HTTP/1.1 100 Continue\r\n\r\n", 25, MSG_NOSIGNAL);
  return 1;
}

static int read_chunk_size(int fd) {
  struct connection *c = &all[fd];
  char line[33];
  ssize_t got = recv(fd, line, 32, MSG_PEEK);
  if (got == 0 || (got < 0 && errno != EAGAIN)) return hang_up(fd), 0;
  if (got < 0) return 0;
  line[got] = 0;
  char *end = strstr(line, "\r\n");
  if (!end) return 0;
  recv(fd, NULL, end + 2 - line, MSG_TRUNC);
  c->left = strtoll(line, NULL, 16);
  c->last = c->left == 0;
  c->left += 2; /* the line end behind it */
  c->state = IN_BODY;
  return 1;
}

/* Throws away what is there, `most` bytes at a time. Gives 0 when there is nothing more for now. */
static int read_body(int fd, long long most) {
  struct connection *c = &all[fd];
  while (c->left > 0) {
    ssize_t got = recv(fd, NULL, c->left < most ? c->left : most, MSG_TRUNC);
    if (got == 0 || (got < 0 && errno != EAGAIN)) return hang_up(fd), 0;
    if (got < 0) return 0;
    c->left -= got;
    if (rate && c->left > 0) return 0;
  }
  if (!c->chunked || c->last) answer(fd);
  else c->state = IN_CHUNK_SIZE;
  return 1;
}

static void serve(int fd, int tick) {
  for (struct connection *c = &all[fd]; c->open;) {
    if (c->state == IN_HEAD && !read_head(fd)) return;
    if (c->state == IN_CHUNK_SIZE && !read_chunk_size(fd)) return;
    if (c->state == IN_BODY && rate && c->left > 65536 && !tick) {
      if (!c->slow) watch(fd, EPOLL_CTL_MOD, 0); /* from here on, only the clock reads */
      c->slow = 1;
      return;
    }
    if (c->state == IN_BODY && !read_body(fd, rate ? rate * TICK / 1000 + 1 : 1 << 24)) return;
    if (tick && c->state != IN_HEAD) return; /* one piece per tick, in chunks too */
  }
}

static long long now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000LL + time.tv_nsec / 1000000;
}

int main(int count, char **arguments) {
  rate = count > 1 ? atoll(arguments[1]) : 0;
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), on = 1, small = 128 * 1024;
  if (rate) setsockopt(listener, SOL_SOCKET, SO_RCVBUF, &small, sizeof small); /* the system must not hide the slowness */
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof address;
  if (bind(listener, (struct sockaddr *)&address, size) || listen(listener, 512)) return perror("listen"), 1;
  getsockname(listener, (struct sockaddr *)&address, &size);
  printf("%d\n", ntohs(address.sin_port));
  fflush(stdout);

  long long next = now();
  queue = epoll_create1(0);
  watch(listener, EPOLL_CTL_ADD, EPOLLIN);
  watch(STDIN_FILENO, EPOLL_CTL_ADD, EPOLLIN);
  for (;;) {
    struct epoll_event events[64];
    int ready = epoll_wait(queue, events, 64, rate ? TICK : -1);
    for (int i = 0; i < ready; i++) {
      int fd = events[i].data.fd;
      if (fd == STDIN_FILENO) return 0;
      if (fd != listener) {
        serve(fd, 0);
        continue;
      }
      int client = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
      if (client < 0) continue;
      if (client >= MOST) {
        close(client);
        continue;
      }
      setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      all[client].open = 1;
      watch(client, EPOLL_CTL_ADD, EPOLLIN);
    }
    if (!rate || now() < next) continue;
    next = now() + TICK;
    for (int fd = 0; fd < MOST; fd++) {
      if (all[fd].open && all[fd].slow) serve(fd, 1);
    }
  }
}
