/// The functions of libc that the ledger watches, by all their names.
enum LibraryFunction: String, CaseIterable {
  case create = "pthread_create"
  case join = "pthread_join"
  case tryJoin = "pthread_tryjoin_np"
  case timedJoin = "pthread_timedjoin_np"
  case clockJoin = "pthread_clockjoin_np"
  case detach = "pthread_detach"
  case exit = "pthread_exit"
  case setName = "pthread_setname_np"
  case standardJoin = "thrd_join"
  case standardDetach = "thrd_detach"

  /// Whether its call returns at once, or when the joined thread has ended, with 0; nil for what is no join or detach.
  var kind: LedgerCall.Kind? {
    switch self {
    case .join, .tryJoin, .timedJoin, .clockJoin, .standardJoin: .join
    case .detach, .standardDetach: .detach
    default: nil
    }
  }

  /// Whether it may come back without having joined although all is well.
  var mayGiveUp: Bool { [.tryJoin, .timedJoin, .clockJoin].contains(self) }
}
