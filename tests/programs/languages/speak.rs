use std::io::Write;

fn inner() {
    panic!("panic 5");
}

fn main() {
    println!("println {} ä", 1);
    eprintln!("eprintln {}", 2);
    std::io::stdout().write_all(b"write_all 3\n").unwrap();
    std::io::stderr().write_all(b"write_all 4\n").unwrap();
    println!("long {}", "x".repeat(9000));
    inner();
}
