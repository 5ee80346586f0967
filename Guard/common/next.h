#ifndef GUARD_NEXT_H
#define GUARD_NEXT_H

/// The definition of a function that stands behind ours: that of the first module behind this library, in the order in
/// which they were loaded, which exports it; of several versions the default one. Null where there is none (yet): libpthread of glibc
/// before 2.34 may be loaded later. `name` is one of the table in next.c.
///
/// Not dlsym(RTLD_NEXT): before glibc 2.34 that is in a library of its own, which a program need not have. Takes the
/// dynamic linker's lock the first time that a name is asked for, and none after that.
enum next_function {
  next_pthread_create,
  next_pthread_join,
  next_pthread_tryjoin_np,
  next_pthread_timedjoin_np,
  next_pthread_clockjoin_np,
  next_pthread_detach,
  next_pthread_exit,
  next_thrd_create,
  next_thrd_join,
  next_thrd_detach,
  next_thrd_exit,
  next_sigaction,
  next_signal,
  next_sysv_signal,
  next_sigset,
  next_sigaltstack,
  next_getenv,
  next_setenv,
  next_putenv,
  next_unsetenv,
  next_clearenv,
  next_pthread_cancel,
  next_pthread_setcancelstate,
  next_pthread_setcanceltype,
  next_pthread_testcancel,
  next___pthread_register_cancel_defer,
  next___pthread_unregister_cancel_restore,
  next___register_atfork,
  next_pthread_atfork,
  next_setuid,
  next_seteuid,
  next_setreuid,
  next_setresuid,
  next_chroot,
  next_count
};

void *next(enum next_function name);

/// `(next_as(pthread_join))(thread, result)`: with the type of the function itself.
#define next_as(function) ((__typeof__(&function))next(next_##function))

#endif
