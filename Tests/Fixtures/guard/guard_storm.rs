// A Rust library that changes the environment from threads of its own, under the lock that Rust's standard library has for it and
// nobody else knows of: for guard_storm.py.
use std::env;
use std::time::{Duration, Instant};

#[no_mangle]
pub extern "C" fn change_environment(milliseconds: u64) -> u64 {
    let ends = Instant::now() + Duration::from_millis(milliseconds);
    let writers: Vec<_> = (0..2)
        .map(|writer| {
            std::thread::spawn(move || {
                let mut changes = 0;
                while Instant::now() < ends {
                    changes += 1;
                    env::set_var(format!("RUST_{}_{}", writer, changes % 300), "x".repeat((changes % 60) as usize));
                    env::remove_var(format!("RUST_{}_{}", writer, changes * 7 % 300));
                }
                changes
            })
        })
        .collect();
    writers.into_iter().map(|writer| writer.join().unwrap_or(0)).sum()
}
