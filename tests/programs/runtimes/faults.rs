//! faults NAME: a Rust program that dies of a panic (built with panic=abort) or of an overflow of its stack.

/// What the compiler cannot know.
fn opaque(number: &u64) -> u64 {
    unsafe { std::ptr::read_volatile(number) }
}

fn descend(depth: u64) -> u64 {
    let room = [depth; 64];
    if opaque(&depth) == u64::MAX {
        return room[3];
    }
    descend(depth + 1) + opaque(&room[5])
}

fn main() {
    println!("rust speaks");
    match std::env::args().nth(1).as_deref() {
        Some("panic") => panic!("at the disco"),
        Some("overflow") => println!("{}", descend(0)),
        Some("thread") => {
            let thread = std::thread::Builder::new().name("victim".into()).spawn(|| descend(0)).unwrap();
            println!("{:?}", thread.join().is_ok());
        }
        _ => println!("lives"),
    }
}
