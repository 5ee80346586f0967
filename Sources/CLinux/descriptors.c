#define _GNU_SOURCE
#include "descriptors.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif
#ifndef SYS_pidfd_getfd
#define SYS_pidfd_getfd 438
#endif

static int is_timed(int fd, int option) {
  struct timeval time = {0, 0};
  socklen_t size = sizeof time;
  return getsockopt(fd, SOL_SOCKET, option, &time, &size) == 0 && (time.tv_sec != 0 || time.tv_usec != 0);
}

int64_t inquest_look_at_descriptor(
    int32_t process, int32_t descriptor, int32_t events, struct inquest_descriptor_state *state) {
  int holder = (int)syscall(SYS_pidfd_open, process, 0);
  if (holder < 0) return -errno;
  int copy = (int)syscall(SYS_pidfd_getfd, holder, descriptor, 0);
  int error = errno;
  close(holder);
  if (copy < 0) return -error;
  struct pollfd one = {copy, (short)events, 0};
  int count = poll(&one, 1, 0);
  error = errno;
  if (count >= 0) {
    int flags = fcntl(copy, F_GETFL);
    state->events = one.revents;
    state->is_nonblocking = flags >= 0 && (flags & O_NONBLOCK) != 0;
    state->is_timed = is_timed(copy, SO_RCVTIMEO) || is_timed(copy, SO_SNDTIMEO);
  }
  close(copy);
  return count < 0 ? -error : 0;
}

/* The peer's inode of one answer; 0 where it has none. */
static uint32_t peer_of(const struct nlmsghdr *header) {
  const struct unix_diag_msg *message = NLMSG_DATA(header);
  if (header->nlmsg_len < NLMSG_LENGTH(sizeof *message)) return 0;
  uint32_t size = header->nlmsg_len - (uint32_t)NLMSG_LENGTH(sizeof *message);
  const struct rtattr *attribute = (const struct rtattr *)(message + 1);
  for (; RTA_OK(attribute, size); attribute = RTA_NEXT(attribute, size)) {
    uint32_t peer;
    if (attribute->rta_type != UNIX_DIAG_PEER || RTA_PAYLOAD(attribute) < sizeof peer) continue;
    memcpy(&peer, RTA_DATA(attribute), sizeof peer);
    return peer;
  }
  return 0;
}

int64_t inquest_unix_peers(void (*visit)(void *context, uint32_t inode, uint32_t peer), void *context) {
  int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
  if (fd < 0) return -errno;
  struct {
    struct nlmsghdr header;
    struct unix_diag_req request;
  } question;
  memset(&question, 0, sizeof question);
  question.header.nlmsg_len = sizeof question;
  question.header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
  question.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  question.request.sdiag_family = AF_UNIX;
  question.request.udiag_states = ~0u;
  question.request.udiag_show = UDIAG_SHOW_PEER;
  struct timeval limit = {2, 0};
  int64_t result = 0;
  if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) < 0 ||
      send(fd, &question, sizeof question, 0) < 0) {
    result = -errno;
    close(fd);
    return result;
  }
  _Alignas(struct nlmsghdr) char answer[32768];
  for (int is_over = 0; !is_over;) {
    ssize_t got = recv(fd, answer, sizeof answer, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) {
      result = got < 0 ? -errno : -EIO;
      break;
    }
    uint32_t size = (uint32_t)got;
    for (const struct nlmsghdr *header = (const struct nlmsghdr *)answer; NLMSG_OK(header, size);
         header = NLMSG_NEXT(header, size)) {
      if (header->nlmsg_type == NLMSG_DONE || header->nlmsg_type == NLMSG_ERROR) {
        if (header->nlmsg_type == NLMSG_ERROR) result = -EPROTO;
        is_over = 1;
        break;
      }
      uint32_t peer = peer_of(header);
      if (peer != 0) visit(context, ((const struct unix_diag_msg *)NLMSG_DATA(header))->udiag_ino, peer);
    }
  }
  close(fd);
  return result;
}
