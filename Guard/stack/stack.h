#ifndef GUARD_STACK_H
#define GUARD_STACK_H

/* That a stack has run out is told, whichever thread and whichever stack it is; then the program's own handler runs, or the
   default action does what it does. README.md says how. */

#include <stddef.h>
#include <stdint.h>

#include "../common/signals.h"

struct thread_record;

/// The size of the alternate signal stacks that threads are given: the kernel's frame with AVX-512 or AMX takes up to 11 KiB.
enum { alternate_size = 64 << 10 };

/// Whether threads are to be made with a stack that has room for an alternate one.
int stack_wants_room(void);

/// Gives the thread that runs an alternate signal stack: in the room, where there is any, else in a mapping of its own.
void stack_enter_thread(struct thread_record *record, uintptr_t room, size_t size);
/// Takes it away again, before the room is gone.
void stack_leave_thread(struct thread_record *record);

/// Takes the handling of SIGSEGV and SIGBUS over, and gives the main thread an alternate signal stack.
void stack_start(void);

/* stack_action.c: what the program believes to be the actions of SIGSEGV and SIGBUS. */

/// The program's action of a signal, as a handler may ask for it.
struct kernel_action stack_program_action(int number);
/// SA_RESETHAND: the program's handler runs for the last time.
void stack_reset_action(int number);
/// Whether the program's handler is known to do what it does with stacks that it guards itself (the JVM's).
int stack_is_left_to_program(int number);
void stack_start_actions(void);
int stack_is_started(void);
void actions_before_fork(void);
void actions_after_fork(void);
void actions_in_child(void);
/// Whether this is the process whose actions they are: not the child of a vfork.
int stack_is_own_process(void);

/* stack_maps.c: /proc/self/maps, read with nothing but system calls. */

struct region {
  uintptr_t start, end;
  size_t offset;       /* In the file. */
  unsigned long inode; /* 0 where there is no file. */
  uint8_t is_readable, is_writable, is_executable;
  char name[256]; /* The path, "[stack]", or "". */
};

/// Opens a file, close-on-exec and with the mode 0644 where it is made; also where the program has no descriptor left, if its
/// limit can be raised for a moment.
long open_anyway(const char *path, int flags);

/// The mapping that holds an address, and the one above it. Returns 0 where the maps cannot be read.
/// - here: `end` is 0 where nothing is mapped at the address.
/// - above: the first one that begins above the address and may be read or written; `end` is 0 where there is none.
/// - below: where the last one ends that lies below the address, and may be read, written or executed; or 0.
int maps_find(uintptr_t address, struct region *here, struct region *above, uintptr_t *below);

/* stack_instruction.c: what the code at a place says of the stack. */

struct instruction_facts {
  uint8_t is_push;     /* It stores below the stack pointer: a push, a call. */
  uint8_t is_by_stack; /* Its address is the stack pointer and a constant. */
  size_t frame;        /* The bytes that the function takes just before, at once; 0 where it cannot be told. */
};

struct instruction_facts instruction_at(uintptr_t pc);

/* stack_limits.c: whether a fault is the end of a stack. */

struct fault {
  uintptr_t address, pc, sp, frame_pointer;
  struct kernel_stack alternate; /* As the kernel knew it when the signal came. */
  int is_undeliverable;          /* The kernel could not write another signal's frame. */
};

enum stack_kind { stack_none, stack_main, stack_thread, stack_alternate, stack_other };

struct exhaustion {
  enum stack_kind kind;
  uintptr_t start, end;
  size_t limit;  /* Of the main thread's: RLIMIT_STACK; of a thread's, what was asked for; else 0. */
  size_t wanted; /* What the frame takes; 0 where it cannot be told. */
  size_t left;   /* What was left of the stack; 0 where the stack pointer has gone beyond. */
  size_t beyond; /* How far below its end the access was. */
  char name[64]; /* Of the mapping, if it has one. */
};

/// Whether this fault is one that a stack which ran out may have; made without a system call for most that are not.
int fault_may_be_exhaustion(const struct fault *fault, struct instruction_facts *facts);
struct exhaustion exhaustion_of(const struct fault *fault, const struct instruction_facts *facts);

/* stack_symbol.c: the name of a function, from its file. */

/// Writes "name+0x12 in file+0x1234".
struct log_line;
void log_code(struct log_line *line, uintptr_t address);
/// The same of the call that returns to an address. Not in signal handlers: without /proc it takes the dynamic linker's lock.
void log_return(struct log_line *line, const void *address);

#endif
