// Shows a recursion without end in Rust, on the main thread or on one with a name.

fn deep(turns: u64) -> u64 {
    let frame = [turns; 64];
    let deeper = deep(turns + 1);
    // SAFETY: a reference is readable. It is read after the call: otherwise LLVM would make a loop of the recursion.
    deeper + unsafe { std::ptr::read_volatile(&frame[(turns % 64) as usize]) }
}

fn main() {
    if std::env::args().nth(1).as_deref() == Some("thread") {
        let thread = std::thread::Builder::new().name("parser".into()).spawn(|| deep(0));
        println!("{}", thread.unwrap().join().unwrap());
    }
    println!("{}", deep(0));
}
