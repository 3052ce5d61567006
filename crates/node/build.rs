//! Link flags that a Node addon needs.

fn main() {
    napi_build::setup();
    // Node closes an addon when the worker that loaded it ends, while libasound and libjack still
    // hold its error handlers: it must stay mapped.
    if std::env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("linux") {
        println!("cargo:rustc-link-arg-cdylib=-Wl,-z,nodelete");
    }
}
