// Rust programs that end by a panic that may not unwind, an abort, or a stack that is full. MODE is the argument.

extern "C" fn callback(index: usize) -> u8 {
    let items = [1u8, 2, 3];
    items[black_box(index)]
}

fn recurse(depth: u64) -> u64 {
    let local = black_box([depth; 8]);
    if black_box(true) { recurse(depth + 1) + local[3] } else { 0 }
}

fn main() {
    let mode = std::env::args().nth(1).unwrap_or_default();
    match mode.as_str() {
        "bounds" => { black_box(callback(7)); }
        "message" => { extern "C" fn f() { panic!("the cellar holds {} bottles", black_box(12)); } f(); }
        "literal" => { extern "C" fn f() { panic!("a literal message"); } f(); }
        "expect" => { let door: Option<u8> = if black_box(true) { None } else { Some(1) }; black_box(door.expect("the cellar must be open")); }
        "allocation" => { black_box(Vec::<u8>::with_capacity(black_box(isize::MAX as usize / 2))); }
        "abort" => std::process::abort(),
        "recursion" => { black_box(recurse(0)); }
        "thread" => { std::thread::spawn(|| black_box(recurse(0))).join().unwrap(); }
        _ => {}
    }
}

/// As std::hint::black_box, which is not stable yet in the rustc of Debian 12.
#[inline(never)]
fn black_box<T>(value: T) -> T {
    unsafe {
        let same = std::ptr::read_volatile(&value);
        std::mem::forget(value);
        same
    }
}
