//! Servers for tests.

use std::io::Write;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

const ALSA_CONFIG: &str = r#"
pcm.rawjack {
    type jack
    playback_ports { 0 system:playback_1 1 system:playback_2 }
    capture_ports { 0 system:capture_1 1 system:capture_2 }
    hint { show on description "raw jack" }
}
pcm.!default {
    type plug
    slave { pcm rawjack }
    hint { show on description "jack via plug" }
}
"#;

/// Says which process is the server, in the child.
pub const SERVER_PID: &str = "NOXRUN_TEST_JACK_PID";

/// A machine has room for eight servers, and somebody else may want some.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// A jackd of our own; dropping it stops it.
struct Server {
    jackd: Child,
    name: String,
}

impl Server {
    fn start(test: &str, period: u32) -> Self {
        let name = format!("noxrun-{}-{test}", std::process::id());
        Self {
            jackd: jackd(&name, period),
            name,
        }
    }

    /// Whether it ended by itself, not by a signal.
    fn stop(&mut self) -> bool {
        let pid = i32::try_from(self.jackd.id()).unwrap();
        // SAFETY: the process is our own child and has not been waited for, so the id is its.
        unsafe { libc::kill(pid, libc::SIGTERM) };
        self.jackd.wait().unwrap().code().is_some()
    }
}

fn jackd(name: &str, period: u32) -> Child {
    Command::new("jackd")
        // It waits for its clients, ten times the milliseconds at most: a busy machine delays what
        // is heard and takes nothing out of it.
        .args(["-n", name, "-R", "-P", "60", "-S", "-t", "1000"])
        .args(["-d", "dummy", "-r", "48000"])
        .args(["-p", &period.to_string(), "-C", "2", "-P", "2"])
        .env("JACK_NO_AUDIO_RESERVATION", "1")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("jackd must be installed")
}

impl Drop for Server {
    fn drop(&mut self) {
        if self.stop() {
            return;
        }
        // A server that was killed keeps its place in the list of eight, and its files, until one
        // of the same name starts and ends well.
        self.jackd = jackd(&self.name, 256);
        let socket = format!("/dev/shm/jack_{}_0_0", self.name);
        let _ = std::fs::remove_file(&socket);
        wait_until("the heir of a killed server", || {
            std::fs::exists(&socket).unwrap_or(false)
        });
        self.stop();
        let semaphores = format!("jack_sem.0_{}_", self.name);
        for file in std::fs::read_dir("/dev/shm")
            .into_iter()
            .flatten()
            .flatten()
        {
            if file.file_name().to_string_lossy().starts_with(&semaphores) {
                let _ = std::fs::remove_file(file.path());
            }
        }
    }
}

/// Runs `body` in a child that sees a server with that period.
pub fn with_server(test: &str, period: u32, body: impl FnOnce()) {
    if std::env::var_os(SERVER_PID).is_some() {
        wait_until("the server to answer", || {
            let client = jack::Client::new("noxrun_wait", jack::ClientOptions::NO_START_SERVER);
            client.is_ok()
        });
        return body();
    }
    if std::env::var_os("NOXRUN_TEST_JACK").is_none_or(|value| value != "1") {
        // Past libtest's capture: a skipped test must not look like one that passed.
        let _ = writeln!(
            std::io::stderr(),
            "\n*** SKIPPED {test}: needs jackd; run with NOXRUN_TEST_JACK=1 ***"
        );
        return;
    }
    let _alone = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let server = Server::start(test, period);
    let config = std::env::temp_dir().join(format!("{}.conf", server.name));
    std::fs::write(&config, ALSA_CONFIG).unwrap();
    let output = Command::new(std::env::current_exe().unwrap())
        // ALSA's JACK plugin makes its clients' names of it, and complains about long ones.
        .arg0("test")
        .args(["--exact", test, "--nocapture", "--test-threads=1"])
        .env(SERVER_PID, server.jackd.id().to_string())
        .env("JACK_DEFAULT_SERVER", &server.name)
        .env("JACK_NO_START_SERVER", "1")
        .env("ALSA_CONFIG_PATH", &config)
        .output()
        .unwrap();
    std::fs::remove_file(&config).unwrap();
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    println!("{}{told}", String::from_utf8_lossy(&output.stdout));
    assert!(output.status.success(), "{test} failed in its child");
    for noise in ["jack server", "Cannot connect", "ALSA lib", "snd_"] {
        assert!(!told.contains(noise), "a library wrote to stderr: {told}");
    }
}

pub fn wait_until(what: &str, mut done: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !done() {
        assert!(Instant::now() < deadline, "waited 60 s for {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}
