#ifndef INQUEST_DESCRIPTORS_H
#define INQUEST_DESCRIPTORS_H

/* What the kernel tells of other processes' descriptors. Every function returns -errno where it fails. */

#include <stdint.h>

/// What a descriptor of another process is like at this moment.
struct inquest_descriptor_state {
  /// The events of poll that are there: POLLIN, POLLOUT, POLLHUP, ….
  int32_t events;
  /// Whether reading or writing it fails rather than waits: O_NONBLOCK.
  int32_t is_nonblocking;
  /// Whether it is a socket that waits for a limited time only: SO_RCVTIMEO, SO_SNDTIMEO.
  int32_t is_timed;
};

/// Looks at a descriptor of a process that we trace, by a copy of it that is closed at once. `events` are those that are
/// asked for. The corresponding system calls are pidfd_open, pidfd_getfd, poll and getsockopt.
int64_t inquest_look_at_descriptor(
    int32_t process, int32_t descriptor, int32_t events, struct inquest_descriptor_state *state);

/// Calls `visit` with the inode of each connected unix socket of our network namespace and that of its peer.
/// Returns 0, or -errno. The kernel's interface is sock_diag(7), UDIAG_SHOW_PEER.
int64_t inquest_unix_peers(void (*visit)(void *context, uint32_t inode, uint32_t peer), void *context);

#endif
