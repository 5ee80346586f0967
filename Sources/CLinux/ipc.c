#define _GNU_SOURCE
#include "ipc.h"

#include <errno.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>

/* semctl(2): the caller has to define it. */
union argument {
  int val;
  struct semid_ds *buf;
  unsigned short *array;
};

int64_t inquest_semaphore_set(int32_t set, struct inquest_semaphore_set *result) {
  struct semid_ds state;
  union argument argument = {.buf = &state};
  if (semctl(set, 0, IPC_STAT, argument) < 0) return -errno;
  result->key = state.sem_perm.__key;
  result->count = (uint32_t)state.sem_nsems;
  return 0;
}

int64_t inquest_semaphore(int32_t set, int32_t number, int32_t *value, int32_t *last_process) {
  int is = semctl(set, number, GETVAL);
  if (is < 0) return -errno;
  int process = semctl(set, number, GETPID);
  if (process < 0) return -errno;
  *value = is;
  *last_process = process;
  return 0;
}

int64_t inquest_message_queue(int32_t queue, struct inquest_message_queue *result) {
  struct msqid_ds state;
  if (msgctl(queue, IPC_STAT, &state) < 0) return -errno;
  result->key = state.msg_perm.__key;
  result->messages = state.msg_qnum;
  result->bytes = state.__msg_cbytes;
  result->limit = state.msg_qbytes;
  result->last_sender = state.msg_lspid;
  result->last_receiver = state.msg_lrpid;
  return 0;
}
