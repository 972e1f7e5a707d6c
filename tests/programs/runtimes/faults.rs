//! faults NAME: a Rust program that dies of a panic (built with panic=abort) or of an overflow of its stack.
fn descend(depth: u64) -> u64 {
    let room = [depth; 64];
    if std::hint::black_box(depth) == u64::MAX {
        return room[3];
    }
    descend(depth + 1) + std::hint::black_box(room)[5]
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
