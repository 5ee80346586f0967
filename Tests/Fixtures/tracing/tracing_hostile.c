// Shows what is hard on a tracer: MODE is the argument, "list" lists all. What it prints and how it ends is the same whether it is traced or not.
#include "tracing_hostile/common.h"

#include "tracing_hostile/executions.h"
#include "tracing_hostile/births.h"
#include "tracing_hostile/signals.h"
#include "tracing_hostile/stops.h"
#include "tracing_hostile/processes.h"
#include "tracing_hostile/filters.h"

static const struct {
  const char *name;
  void (*run)(void);
} modes[] = {
#define MODE(name) {#name, name}
    MODE(exec_from_every_thread), MODE(leader_exits_while_others_exec), MODE(exec_while_others_make_threads),
    MODE(exit_group_races), MODE(exec_chain), MODE(exec_fails), MODE(fork_in_thread_then_exec), MODE(vfork_children),
    MODE(vfork_in_many_threads), MODE(vfork_in_vfork), MODE(spawn), MODE(parent_of_vfork_killed), MODE(clone_flags),
    MODE(clone3_flags), MODE(clone_set_tid), MODE(clone_parent), MODE(clone_vm_process_threads), MODE(raw_threads),
    MODE(signals_into_newborns), MODE(blocks_all_signals), MODE(kill_in_every_state), MODE(siginfo_is_kept),
    MODE(signal_order), MODE(restarted_calls), MODE(ignored_signals_interrupt_nothing), MODE(handled_signals_interrupt),
    MODE(own_traps), MODE(faults), MODE(signalfd_and_sigwait), MODE(auto_reaped_children), MODE(waitid_keeps),
    MODE(stop_and_go), MODE(stopped_stays_stopped), MODE(signals_while_stopped), MODE(terminal_job_control),
    MODE(stops_from_outside), MODE(daemon_reads_from_its_parent), MODE(pid_namespace), MODE(user_namespace),
    MODE(zombie_leader), MODE(leader_first), MODE(pidfds), MODE(fork_bomb), MODE(deep_family), MODE(own_filters),
    MODE(own_notifications), MODE(filter_for_all_threads), MODE(robust_mutex), MODE(priority_inheritance),
    MODE(what_it_was_given),
};

int main(int argc, char **argv) {
  self = argv[0];
  const char *mode = argc > 1 ? argv[1] : "list";
  int number = argc > 2 ? atoi(argv[2]) : 0;
  if (!strcmp(mode, "exit")) return number;
  if (!strcmp(mode, "chain")) {
    char next[16];
    snprintf(next, sizeof next, "%d", number - 1);
    if (number > 0) execl(argv[0], argv[0], "chain", next, NULL);
    return 7;
  }
  for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
    if (!strcmp(mode, "list")) puts(modes[i].name);
    if (!strcmp(mode, modes[i].name)) {
      modes[i].run();
      return 7;
    }
  }
  return !strcmp(mode, "list") ? 0 : 64;
}
