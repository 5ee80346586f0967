// Rust programs that hang on std's own locks, one a MODE: an inversion of two mutexes, of a mutex and a lock for writing, two locks that a
// third thread holds (which is none), a poisoned mutex (none either), threads that all wait to be woken, a thread that is
// joined under a lock it needs, and one that is parked, with nobody to unpark it or with a sleeper who will (which is no hang).
use std::io::Write;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, RwLock};
use std::thread;
use std::time::Duration;

static STEPS: AtomicUsize = AtomicUsize::new(0);

/// Goes on when so many threads have their first locks.
fn until_held_by(count: usize) {
    while STEPS.load(Ordering::SeqCst) < count {
        thread::sleep(Duration::from_millis(1));
    }
}

fn when_held_by(count: usize) {
    STEPS.fetch_add(1, Ordering::SeqCst);
    until_held_by(count);
}

/// In which call each other thread sleeps.
fn calls() -> Vec<(String, String)> {
    let own = std::fs::read_link("/proc/thread-self").unwrap();
    let mut calls = Vec::new();
    for entry in std::fs::read_dir("/proc/self/task").unwrap() {
        let path = entry.unwrap().path();
        if path.file_name() != own.file_name() {
            let call = std::fs::read_to_string(path.join("syscall")).unwrap_or("running".to_string());
            calls.push((path.display().to_string(), call));
        }
    }
    calls
}

/// What is printed before everybody sleeps would be dumped before.
fn announce() {
    let (mut before, mut same) = (calls(), 0);
    for _ in 0..200 {
        thread::sleep(Duration::from_millis(50));
        let now = calls();
        same = if now == before && !now.iter().any(|(_, call)| call.starts_with("running")) { same + 1 } else { 0 };
        if same == 3 {
            break;
        }
        before = now;
    }
    println!("ready");
    std::io::stdout().flush().unwrap();
}

#[inline(never)]
fn pay(from: &Mutex<u64>, to: &Mutex<u64>) {
    let mut source = from.lock().unwrap();
    when_held_by(2);
    let mut target = to.lock().unwrap();
    *source -= 1;
    *target += 1;
}

fn main() {
    let mode = std::env::args().nth(1).unwrap_or_default();
    if !["condvar", "everyone", "park", "park-later"].contains(&mode.as_str()) {
        thread::spawn(|| {
            announce();
            loop {
                thread::sleep(Duration::from_secs(3600));
            }
        });
    }
    let accounts = Arc::new((Mutex::new(10u64), Mutex::new(20u64)));
    match mode.as_str() {
        "inversion" => {
            let shared = accounts.clone();
            thread::spawn(move || pay(&shared.1, &shared.0));
            pay(&accounts.0, &accounts.1);
        }
        // Two that want each other's locks, and a third that has both.
        "held" => {
            let (first, second) = (accounts.clone(), accounts.clone());
            thread::spawn(move || {
                let _a = first.0.lock().unwrap();
                let _b = first.1.lock().unwrap();
                when_held_by(1);
                thread::sleep(Duration::from_secs(3600));
            });
            until_held_by(1);
            thread::spawn(move || pay(&second.1, &second.0));
            pay(&accounts.0, &accounts.1);
        }
        "rwlock" => {
            let table = Arc::new(RwLock::new(1u64));
            let (shared, other) = (accounts.clone(), table.clone());
            thread::spawn(move || {
                let mut guard = other.write().unwrap();
                when_held_by(2);
                *guard += *shared.0.lock().unwrap();
            });
            let mut guard = accounts.0.lock().unwrap();
            when_held_by(2);
            *guard += *table.read().unwrap();
        }
        "join" => {
            let shared = accounts.clone();
            let guard = accounts.0.lock().unwrap();
            let worker = thread::spawn(move || *shared.0.lock().unwrap() += 1);
            worker.join().unwrap();
            drop(guard);
        }
        "poisoned" => {
            let shared = accounts.clone();
            let result = thread::spawn(move || {
                let _guard = shared.0.lock().unwrap();
                panic!("the ledger does not add up");
            })
            .join();
            assert!(result.is_err() && accounts.0.lock().is_err());
            thread::park();
        }
        // As "inversion", by two threads under a third that joins them and holds the whole as well: nobody else is there.
        "everyone" => {
            let (first, second) = (accounts.clone(), accounts.clone());
            let one = thread::spawn(move || pay(&first.1, &first.0));
            let other = thread::spawn(move || pay(&second.0, &second.1));
            announce();
            one.join().unwrap();
            other.join().unwrap();
        }
        "park" | "park-later" => {
            let worker = thread::spawn(thread::park);
            announce();
            if mode == "park-later" {
                thread::sleep(Duration::from_secs(3600));
                worker.thread().unpark();
            }
            worker.join().unwrap();
        }
        "condvar" => {
            let pair = Arc::new((Mutex::new(false), Condvar::new()));
            let shared = pair.clone();
            let worker = thread::spawn(move || {
                let guard = shared.0.lock().unwrap();
                let _unused = shared.1.wait_while(guard, |done| !*done).unwrap();
            });
            announce();
            worker.join().unwrap();
        }
        _ => std::process::exit(2),
    }
}
