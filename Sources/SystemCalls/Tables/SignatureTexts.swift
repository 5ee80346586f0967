/// The arguments of every system call, a line a call (Linux include/linux/syscalls.h; man 2).
///
/// `name argument:kind ... = result`. What a kind means says ``SignatureReader``: `<` stands before what the kernel writes,
/// `@N` tells which argument holds the length or the count, `flags.` and `one.` name a table of ``Constants``. Without
/// a result it is a plain number. A line that holds only for one architecture has it behind the name: `clone/aarch64`.
enum SignatureTexts {
  static let files: StaticString = """
    access path:path mode:access
    acct path:path
    cachestat fd:fd range:pointer stat:pointer flags:hex
    chdir path:path
    chmod path:path mode:mode
    chown path:path user:id group:id
    chroot path:path
    close fd:fd
    close_range first:uint last:uint flags:flags.closeRange
    copy_file_range in:fd inOffset:long* out:fd outOffset:long* length:size flags:hex = size
    creat path:path mode:mode = fd
    dup fd:fd = fd
    dup2 fd:fd to:fd = fd
    dup3 fd:fd to:fd flags:open = fd
    faccessat folder:dirfd path:path mode:access
    faccessat2 folder:dirfd path:path mode:access flags:flags.atAccess
    fadvise64 fd:fd offset:long length:size advice:one.fileAdvice
    fallocate fd:fd mode:flags.fallocate offset:long length:long
    fanotify_init flags:hex eventFlags:open = fd
    fanotify_mark fd:fd flags:hex mask:hex folder:dirfd path:path
    fchdir fd:fd
    fchmod fd:fd mode:mode
    fchmodat folder:dirfd path:path mode:mode
    fchmodat2 folder:dirfd path:path mode:mode flags:flags.at
    fchown fd:fd user:id group:id
    fchownat folder:dirfd path:path user:id group:id flags:flags.at
    fcntl fd:fd command:one.fcntl argument:fcntl
    fdatasync fd:fd
    fgetxattr fd:fd name:text value:<bytes@3 size:size = size
    file_getattr folder:dirfd path:path attributes:pointer size:size flags:flags.at
    file_setattr folder:dirfd path:path attributes:pointer size:size flags:flags.at
    flistxattr fd:fd list:<bytes@2 size:size = size
    flock fd:fd operation:flock
    fremovexattr fd:fd name:text
    fsconfig fd:fd command:uint key:text value:pointer aux:int
    fsetxattr fd:fd name:text value:bytes@3 size:size flags:flags.extendedAttribute
    fsmount fd:fd flags:hex attributes:hex = fd
    fsopen name:text flags:hex = fd
    fspick folder:dirfd path:path flags:hex = fd
    fstat fd:fd stat:<stat
    fstatfs fd:fd stat:<statfs
    fsync fd:fd
    ftruncate fd:fd length:long
    futimesat folder:dirfd path:path times:timeval2
    getcwd buffer:<string size:size = size
    getdents fd:fd entries:<entries32 size:size = size
    getdents64 fd:fd entries:<entries size:size = size
    getxattr path:path name:text value:<bytes@3 size:size = size
    getxattrat folder:dirfd path:path flags:flags.at name:text arguments:pointer size:size = size
    inotify_add_watch fd:fd path:path mask:flags.inotifyMask
    inotify_init = fd
    inotify_init1 flags:flags.inotifyCreate = fd
    inotify_rm_watch fd:fd watch:int
    ioctl fd:fd request:ioctl argument:ioctlArgument
    lchown path:path user:id group:id
    lgetxattr path:path name:text value:<bytes@3 size:size = size
    link old:path new:path
    linkat oldFolder:dirfd old:path newFolder:dirfd new:path flags:flags.at
    listmount request:pointer mounts:pointer count:size flags:hex
    listns request:pointer ids:pointer count:size flags:hex
    listxattr path:path list:<bytes@2 size:size = size
    listxattrat folder:dirfd path:path flags:flags.at list:<bytes@4 size:size = size
    llistxattr path:path list:<bytes@2 size:size = size
    lremovexattr path:path name:text
    lseek fd:fd offset:long whence:one.seek = size
    lsetxattr path:path name:text value:bytes@3 size:size flags:flags.extendedAttribute
    lstat path:path stat:<stat
    memfd_create name:text flags:flags.memoryFile = fd
    memfd_secret flags:open = fd
    mkdir path:path mode:mode
    mkdirat folder:dirfd path:path mode:mode
    mknod path:path mode:mode device:device
    mknodat folder:dirfd path:path mode:mode device:device
    mount source:path target:path type:text flags:flags.mount data:pointer
    mount_setattr folder:dirfd path:path flags:flags.at attributes:pointer size:size
    move_mount fromFolder:dirfd from:path toFolder:dirfd to:path flags:hex
    name_to_handle_at folder:dirfd path:path handle:pointer mount:<int* flags:flags.at
    newfstatat folder:dirfd path:path stat:<stat flags:flags.at
    open path:path flags:open mode:createMode = fd
    open_by_handle_at mount:fd handle:pointer flags:open = fd
    open_tree folder:dirfd path:path flags:hex = fd
    open_tree_attr folder:dirfd path:path flags:hex attributes:pointer size:size = fd
    openat folder:dirfd path:path flags:open mode:createMode = fd
    openat2 folder:dirfd path:path how:openHow size:size = fd
    pipe ends:<int2
    pipe2 ends:<int2 flags:open
    pivot_root new:path old:path
    pread64 fd:fd buffer:<bytes@2 count:size offset:long = size
    preadv fd:fd vectors:<iovec@2 count:size offset:long high:hex = size
    preadv2 fd:fd vectors:<iovec@2 count:size offset:long high:hex flags:hex = size
    pwrite64 fd:fd buffer:bytes@2 count:size offset:long = size
    pwritev fd:fd vectors:iovec@2 count:size offset:long high:hex = size
    pwritev2 fd:fd vectors:iovec@2 count:size offset:long high:hex flags:hex = size
    quotactl command:hex special:path id:id address:pointer
    quotactl_fd fd:fd command:hex id:id address:pointer
    read fd:fd buffer:<bytes@2 count:size = size
    readahead fd:fd offset:long count:size
    readlink path:path buffer:<bytes@2 size:size = size
    readlinkat folder:dirfd path:path buffer:<bytes@3 size:size = size
    readv fd:fd vectors:<iovec@2 count:size = size
    removexattr path:path name:text
    removexattrat folder:dirfd path:path flags:flags.at name:text
    rename old:path new:path
    renameat oldFolder:dirfd old:path newFolder:dirfd new:path
    renameat2 oldFolder:dirfd old:path newFolder:dirfd new:path flags:flags.rename
    rmdir path:path
    sendfile out:fd in:fd offset:long* count:size = size
    setxattr path:path name:text value:bytes@3 size:size flags:flags.extendedAttribute
    setxattrat folder:dirfd path:path flags:flags.at name:text arguments:pointer size:size
    splice in:fd inOffset:long* out:fd outOffset:long* length:size flags:flags.splice = size
    stat path:path stat:<stat
    statfs path:path stat:<statfs
    statmount request:pointer buffer:pointer size:size flags:hex
    statx folder:dirfd path:path flags:flags.at mask:flags.statxMask stat:<statx
    swapoff path:path
    swapon path:path flags:hex
    symlink target:path path:path
    symlinkat target:path folder:dirfd path:path
    sync
    sync_file_range fd:fd offset:long length:long flags:hex
    syncfs fd:fd
    tee in:fd out:fd length:size flags:flags.splice = size
    truncate path:path length:long
    umask mask:mode = mode
    umount2 path:path flags:flags.unmount
    unlink path:path
    unlinkat folder:dirfd path:path flags:flags.atRemove
    uselib path:path
    ustat device:device buffer:pointer
    utime path:path times:timePair
    utimensat folder:dirfd path:path times:timespec2 flags:flags.at
    utimes path:path times:timeval2
    vmsplice fd:fd vectors:iovec@2 count:size flags:flags.splice = size
    write fd:fd buffer:bytes@2 count:size = size
    writev fd:fd vectors:iovec@2 count:size = size
    """

  static let network: StaticString = """
    accept fd:fd address:<sockaddr@*2 length:<int* = fd
    accept4 fd:fd address:<sockaddr@*2 length:<int* flags:flags.socketFlags = fd
    bind fd:fd address:sockaddr@2 length:int
    connect fd:fd address:sockaddr@2 length:int
    getpeername fd:fd address:<sockaddr@*2 length:<int*
    getsockname fd:fd address:<sockaddr@*2 length:<int*
    getsockopt fd:fd level:optionLevel option:socketOption value:<option@*4 length:<int*
    listen fd:fd backlog:int
    recvfrom fd:fd buffer:<bytes@2 length:size flags:flags.message address:<sockaddr@*5 addressLength:<int* = size
    recvmmsg fd:fd messages:pointer count:uint flags:flags.message timeout:timespec
    recvmsg fd:fd message:<msghdr flags:flags.message = size
    sendmmsg fd:fd messages:pointer count:uint flags:flags.message
    sendmsg fd:fd message:msghdr flags:flags.message = size
    sendto fd:fd buffer:bytes@2 length:size flags:flags.message address:sockaddr@5 addressLength:int = size
    setsockopt fd:fd level:optionLevel option:socketOption value:option@4 length:int
    shutdown fd:fd how:one.shutdown
    socket family:one.addressFamily type:socketType protocol:protocol = fd
    socketpair family:one.addressFamily type:socketType protocol:protocol ends:<int2
    """

  static let processes: StaticString = """
    arch_prctl code:one.archPrctl address:hex
    capget header:pointer data:pointer
    capset header:pointer data:pointer
    clone flags:clone stack:pointer parentTid:<int* childTid:pointer tls:hex = pid
    clone/aarch64 flags:clone stack:pointer parentTid:<int* tls:hex childTid:pointer = pid
    clone3 arguments:cloneArguments@1 size:size = pid
    execve path:path arguments:strings environment:environment
    execveat folder:dirfd path:path arguments:strings environment:environment flags:flags.at
    exit status:int
    exit_group status:int
    fork = pid
    vfork = pid
    getcpu cpu:<int* node:<int* cache:pointer
    getegid = id
    geteuid = id
    getgid = id
    getgroups count:int groups:<ids
    getpgid pid:int = pid
    getpgrp = pid
    getpid = pid
    getppid = pid
    getpriority which:int who:int
    getresgid real:<int* effective:<int* saved:<int*
    getresuid real:<int* effective:<int* saved:<int*
    getrlimit resource:one.resource limit:<rlimit
    getrusage who:one.usage usage:<rusage
    getsid pid:int = pid
    gettid = pid
    getuid = id
    ioprio_get which:int who:int
    ioprio_set which:int who:int priority:hex
    kcmp first:int second:int type:int firstIndex:hex secondIndex:hex
    personality persona:hex = hex
    pidfd_getfd pidfd:fd fd:int flags:hex = fd
    pidfd_open pid:int flags:flags.pidDescriptor = fd
    prctl option:one.prctl second:prctl third:hex fourth:hex fifth:hex
    prlimit64 pid:int resource:one.resource new:rlimit old:<rlimit
    process_madvise pidfd:fd vectors:iovec@2 count:size advice:one.advice flags:hex = size
    process_mrelease pidfd:fd flags:hex
    process_vm_readv pid:int local:pointer localCount:size remote:pointer remoteCount:size flags:hex = size
    process_vm_writev pid:int local:pointer localCount:size remote:pointer remoteCount:size flags:hex = size
    ptrace request:one.ptrace pid:int address:hex data:hex
    seccomp operation:one.seccomp flags:flags.seccompFlags arguments:pointer
    setdomainname name:bytes@1 length:size
    setfsgid group:id
    setfsuid user:id
    setgid group:id
    setgroups count:size groups:pointer
    sethostname name:bytes@1 length:size
    setns fd:fd type:flags.namespace
    setpgid pid:int group:int
    setpriority which:int who:int nice:int
    setregid real:id effective:id
    setresgid real:id effective:id saved:id
    setresuid real:id effective:id saved:id
    setreuid real:id effective:id
    setrlimit resource:one.resource limit:rlimit
    setsid = pid
    setuid user:id
    unshare flags:flags.namespace
    wait4 pid:int status:<waitStatus options:flags.wait usage:<rusage = pid
    waitid which:one.waitWhich id:int info:<siginfo options:flags.wait usage:<rusage
    """

  static let memory: StaticString = """
    brk address:pointer = hex
    get_mempolicy policy:<int* nodes:pointer maximum:size address:pointer flags:hex
    madvise address:pointer length:size advice:one.advice
    map_shadow_stack address:pointer size:size flags:hex = hex
    mbind address:pointer length:size mode:hex nodes:pointer maximum:size flags:hex
    membarrier command:one.membarrier flags:hex cpu:int
    migrate_pages pid:int maximum:size from:pointer to:pointer
    mincore address:pointer length:size vector:pointer
    mlock address:pointer length:size
    mlock2 address:pointer length:size flags:hex
    mlockall flags:flags.lockAll
    mmap address:pointer length:size protection:protection flags:map fd:fd offset:hex = hex
    modify_ldt function:int address:pointer size:size
    move_pages pid:int count:size pages:pointer nodes:pointer status:pointer flags:hex
    mprotect address:pointer length:size protection:protection
    mremap address:pointer oldLength:size newLength:size flags:flags.remap newAddress:pointer = hex
    mseal address:pointer length:size flags:hex
    msync address:pointer length:size flags:flags.synchronise
    munlock address:pointer length:size
    munlockall
    munmap address:pointer length:size
    pkey_alloc flags:hex rights:hex
    pkey_free key:int
    pkey_mprotect address:pointer length:size protection:protection key:int
    remap_file_pages address:pointer size:size protection:protection page:size flags:map
    set_mempolicy mode:hex nodes:pointer maximum:size
    set_mempolicy_home_node address:pointer length:size node:uint flags:hex
    shmat id:int address:pointer flags:flags.sharedMemory = hex
    shmctl id:int command:one.ipcCommand buffer:pointer
    shmdt address:pointer
    shmget key:hex size:size flags:ipc
    userfaultfd flags:open = fd
    """

  static let signals: StaticString = """
    kill pid:int signal:signal
    pause
    pidfd_send_signal pidfd:fd signal:signal info:siginfo flags:flags.pidSignal
    restart_syscall
    rt_sigaction signal:signal new:sigaction old:<sigaction size:size
    rt_sigpending set:<sigset size:size
    rt_sigprocmask how:one.maskHow new:sigset old:<sigset size:size
    rt_sigqueueinfo pid:int signal:signal info:siginfo
    rt_sigreturn
    rt_sigsuspend set:sigset size:size
    rt_sigtimedwait set:sigset info:<siginfo timeout:timespec size:size
    rt_tgsigqueueinfo process:int thread:int signal:signal info:siginfo
    sigaltstack new:stack old:<stack
    signalfd fd:fd set:sigset size:size = fd
    signalfd4 fd:fd set:sigset size:size flags:flags.signalDescriptor = fd
    tgkill process:int thread:int signal:signal
    tkill thread:int signal:signal
    """

  static let threads: StaticString = """
    futex word:pointer operation:futexOperation value:futexValue timeout:futexTimeout second:pointer third:futexThird
    futex_requeue waiters:pointer flags:hex wake:int requeue:int
    futex_wait word:pointer value:hex mask:hex flags:hex timeout:timespec clock:one.clock
    futex_waitv waiters:pointer count:uint flags:hex timeout:timespec clock:one.clock
    futex_wake word:pointer mask:hex count:int flags:hex
    get_robust_list pid:int head:<pointer* size:<long*
    get_thread_area address:pointer
    rseq area:pointer length:uint flags:hex signature:hex
    rseq_slice_yield
    sched_get_priority_max policy:one.scheduler
    sched_get_priority_min policy:one.scheduler
    sched_getaffinity pid:int size:size mask:<mask
    sched_getattr pid:int attributes:pointer size:size flags:hex
    sched_getparam pid:int parameters:<int*
    sched_getscheduler pid:int = scheduler
    sched_rr_get_interval pid:int interval:<timespec
    sched_setaffinity pid:int size:size mask:mask@1
    sched_setattr pid:int attributes:pointer flags:hex
    sched_setparam pid:int parameters:int*
    sched_setscheduler pid:int policy:one.scheduler parameters:int*
    sched_yield
    set_robust_list head:pointer size:size
    set_thread_area address:pointer
    set_tid_address word:pointer = pid
    """

  static let waiting: StaticString = """
    epoll_create size:int = fd
    epoll_create1 flags:flags.epollCreate = fd
    epoll_ctl epoll:fd operation:one.epollOperation fd:fd event:epollEvent
    epoll_pwait epoll:fd events:<epollEvents maximum:int timeout:int mask:sigset size:size
    epoll_pwait2 epoll:fd events:<epollEvents maximum:int timeout:timespec mask:sigset size:size
    epoll_wait epoll:fd events:<epollEvents maximum:int timeout:int
    eventfd count:uint = fd
    eventfd2 count:uint flags:flags.eventDescriptor = fd
    io_cancel context:hex block:pointer result:pointer
    io_destroy context:hex
    io_getevents context:hex least:long most:long events:pointer timeout:timespec
    io_pgetevents context:hex least:long most:long events:pointer timeout:timespec mask:pointer
    io_setup count:uint context:<pointer*
    io_submit context:hex count:long blocks:pointer
    io_uring_enter fd:fd submit:uint complete:uint flags:flags.ringEnter arguments:pointer size:size
    io_uring_register fd:fd operation:one.ringRegister arguments:pointer count:uint
    io_uring_setup entries:uint parameters:pointer = fd
    poll descriptors:+pollfds@1 count:uint timeout:int
    ppoll descriptors:+pollfds@1 count:uint timeout:timespec mask:sigset size:size
    pselect6 count:int read:+fdset@0 write:+fdset@0 except:+fdset@0 timeout:timespec mask:pointer
    select count:int read:+fdset@0 write:+fdset@0 except:+fdset@0 timeout:timeval
    """

  static let times: StaticString = """
    adjtimex timex:pointer
    alarm seconds:uint
    clock_adjtime clock:one.clock timex:pointer
    clock_getres clock:one.clock resolution:<timespec
    clock_gettime clock:one.clock time:<timespec
    clock_nanosleep clock:one.clock flags:flags.timerAbsolute request:timespec remaining:pointer
    clock_settime clock:one.clock time:timespec
    getitimer which:one.intervalTimer value:<itimerval
    gettimeofday time:<timeval zone:pointer
    nanosleep request:timespec remaining:pointer
    setitimer which:one.intervalTimer new:itimerval old:<itimerval
    settimeofday time:timeval zone:pointer
    time time:pointer
    timer_create clock:one.clock event:pointer timer:<int*
    timer_delete timer:int
    timer_getoverrun timer:int
    timer_gettime timer:int value:<itimerspec
    timer_settime timer:int flags:flags.timerAbsolute new:itimerspec old:<itimerspec
    timerfd_create clock:one.clock flags:flags.timerDescriptor = fd
    timerfd_gettime fd:fd value:<itimerspec
    timerfd_settime fd:fd flags:flags.timerSetting new:itimerspec old:<itimerspec
    times buffer:pointer
    """

  static let rest: StaticString = """
    _sysctl arguments:pointer
    add_key type:text description:text payload:bytes@3 size:size ring:int
    afs_syscall
    bpf command:one.bpf attributes:pointer size:size
    create_module name:text size:size
    delete_module name:text flags:open
    epoll_ctl_old
    epoll_wait_old
    finit_module fd:fd parameters:text flags:hex
    get_kernel_syms table:pointer
    getpmsg
    getrandom buffer:<bytes@1 count:size flags:flags.random = size
    init_module image:pointer length:size parameters:text
    ioperm from:hex count:size on:int
    iopl level:int
    kexec_file_load kernel:fd initrd:fd length:size line:text flags:hex
    kexec_load entry:hex count:size segments:pointer flags:hex
    keyctl operation:int second:hex third:hex fourth:hex fifth:hex
    landlock_add_rule ruleset:fd type:int attributes:pointer flags:hex
    landlock_create_ruleset attributes:pointer size:size flags:flags.landlock
    landlock_restrict_self ruleset:fd flags:hex
    lookup_dcookie cookie:hex buffer:pointer length:size
    lsm_get_self_attr attribute:uint context:pointer size:pointer flags:hex
    lsm_list_modules ids:pointer size:pointer flags:hex
    lsm_set_self_attr attribute:uint context:pointer size:uint flags:hex
    mq_getsetattr queue:fd new:pointer old:pointer
    mq_notify queue:fd event:pointer
    mq_open name:text flags:open mode:createMode attributes:pointer = fd
    mq_timedreceive queue:fd message:<bytes@2 length:size priority:<int* timeout:timespec = size
    mq_timedsend queue:fd message:bytes@2 length:size priority:uint timeout:timespec
    mq_unlink name:text
    msgctl id:int command:one.ipcCommand buffer:pointer
    msgget key:hex flags:ipc
    msgrcv id:int message:pointer size:size type:long flags:ipc = size
    msgsnd id:int message:pointer size:size flags:ipc
    nfsservctl command:int arguments:pointer response:pointer
    perf_event_open attributes:pointer pid:int cpu:int group:int flags:hex = fd
    putpmsg
    query_module name:text which:int buffer:pointer size:size result:pointer
    reboot magic:hex magic2:hex command:hex argument:pointer
    request_key type:text description:text callout:text ring:int
    security
    semctl id:int number:int command:hex argument:hex
    semget key:hex count:int flags:ipc
    semop id:int operations:pointer count:size
    semtimedop id:int operations:pointer count:size timeout:timespec
    sysfs option:int first:hex second:hex
    sysinfo info:<sysinfo
    syslog type:int buffer:pointer length:size
    tuxcall
    uname name:<utsname
    uretprobe
    vhangup
    vserver
    """
}
