#ifndef INQUEST_IPC_H
#define INQUEST_IPC_H

/* System V semaphores and message queues of our IPC namespace (sysvipc(7)). Every function returns -errno where it fails:
   EACCES where they may not be read, EINVAL or EIDRM where there are none. */

#include <stdint.h>

/// A set of semaphores.
struct inquest_semaphore_set {
  /// IPC_PRIVATE, 0, where nobody can find it by a key.
  int32_t key;
  uint32_t count;
};

/// A message queue.
struct inquest_message_queue {
  /// IPC_PRIVATE, 0, where nobody can find it by a key.
  int32_t key;
  /// The messages in it, their bytes, and how many bytes there may be.
  uint64_t messages, bytes, limit;
  /// Who sent and who received last; 0 for nobody.
  int32_t last_sender, last_receiver;
};

/// The corresponding C function is semctl with IPC_STAT.
int64_t inquest_semaphore_set(int32_t set, struct inquest_semaphore_set *result);

/// A semaphore's value, and which process changed it last, or tried to; 0 for nobody. The corresponding C function is semctl
/// with GETVAL and GETPID.
int64_t inquest_semaphore(int32_t set, int32_t number, int32_t *value, int32_t *last_process);

/// The corresponding C function is msgctl with IPC_STAT.
int64_t inquest_message_queue(int32_t queue, struct inquest_message_queue *result);

#endif
