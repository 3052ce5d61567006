//! The committed header is what the sources generate.

use std::path::Path;

#[test]
fn the_committed_header_is_what_the_sources_generate() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let config = cbindgen::Config::from_file(root.join("cbindgen.toml")).expect("cbindgen.toml");
    let bindings = cbindgen::Builder::new()
        .with_config(config)
        .with_crate(root)
        .generate()
        .expect("the sources parse");
    let mut made = Vec::new();
    bindings.write(&mut made);
    let made = String::from_utf8(made).expect("UTF-8");
    let path = root.join("include/noxrun.h");
    if std::env::var_os("NOXRUN_WRITE_HEADER").is_some() {
        std::fs::write(&path, &made).expect("the header can be written");
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == made,
        "include/noxrun.h is not what the sources generate: NOXRUN_WRITE_HEADER=1 cargo test -p noxrun-capi writes it"
    );
}

#[test]
fn the_interface_has_at_most_fifteen_functions() {
    let header = include_str!("../include/noxrun.h");
    let names = header.lines().filter(|line| {
        let before = line.split('(').next().unwrap_or("");
        line.contains('(')
            && before.split_whitespace().last().is_some_and(|name| {
                name.trim_start_matches('*').starts_with("noxrun_") && !line.contains("typedef")
            })
    });
    let count = names.count();
    assert!((10..=15).contains(&count), "{count} functions");
}
