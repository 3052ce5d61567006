//! What `NOXRUN_CPU` does, each value in a process of its own.

use noxrun_kernels::{CpuError, Level, VARIABLE, init, level};
use std::process::Command;

/// Run by the test below too, for what it prints.
#[test]
fn init_says_which_level_is_in_use() {
    let undecided = level();
    let chosen = init();
    let told = chosen.as_ref().map_or_else(CpuError::using, |level| *level);
    assert_eq!(level(), told);
    let text = chosen.map_or_else(|error| error.to_string(), |level| level.to_string());
    println!("<{undecided}|{text}|{told}>");
}

/// This program again; through an emulator where the machine cannot run it by itself.
fn again() -> Command {
    let program = std::env::current_exe().unwrap();
    match std::env::var_os("NOXRUN_TEST_RUNNER") {
        None => Command::new(program),
        Some(runner) => {
            let mut command = Command::new(runner);
            command.arg(program);
            command
        }
    }
}

fn run(value: Option<&str>) -> String {
    let mut command = again();
    command
        .args(["--exact", "init_says_which_level_is_in_use", "--nocapture"])
        .env_remove(VARIABLE);
    if let Some(value) = value {
        command.env(VARIABLE, value);
    }
    let output = String::from_utf8(command.output().unwrap().stdout).unwrap();
    let (start, end) = (output.find('<').unwrap(), output.find('>').unwrap());
    output[start + 1..end].to_owned()
}

#[test]
fn the_environment_forces_a_level_and_a_wrong_value_is_told() {
    let best = Level::best();
    assert_eq!(run(None), format!("{best}|{best}|{best}"));
    assert_eq!(run(Some("")), format!("{best}|{best}|{best}"));
    assert_eq!(run(Some("baseline")), format!("{best}|baseline|baseline"));
    let wrong = run(Some("avx9"));
    assert!(
        wrong.starts_with(&format!("{best}|NOXRUN_CPU is \"avx9\": only")),
        "{wrong}"
    );
    assert!(wrong.ends_with(&format!("|{best}")), "{wrong}");
    let v3 = run(Some("v3"));
    if Level::V3.is_supported() {
        assert_eq!(v3, "v3|v3|v3");
    } else {
        assert!(
            v3.starts_with("baseline|this machine cannot run at level \"v3\""),
            "{v3}"
        );
    }
}
