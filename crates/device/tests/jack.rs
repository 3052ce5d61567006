//! A real server: `jackd -d dummy`, through the JACK host and through ALSA's default device.
//!
//! Runs with `NOXRUN_TEST_JACK=1`, where jackd2 and ALSA's JACK plugin are installed. Each test
//! starts a server of its own and runs its body in a child process whose environment names that
//! server, because libjack and libasound read the environment of their process.
#![cfg(target_os = "linux")]

mod common;

use std::collections::HashMap;
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use common::{Recorder, SignalSource, on, signal};
use noxrun_device::{
    Backend, DeviceError, DeviceWarning, Fallback, LossReason, Stream, StreamEvent, StreamRequest,
    Watchdog, list_devices, monotonic_ns, open_input, open_output,
};

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
const SERVER_PID: &str = "NOXRUN_TEST_JACK_PID";

/// A jackd of our own; dropping it stops it.
struct Server {
    jackd: Child,
    name: String,
}

impl Server {
    fn start(test: &str, period: u32) -> Self {
        let name = format!("noxrun-{}-{test}", std::process::id());
        let jackd = Command::new("jackd")
            .args(["-n", &name, "-R", "-P", "60", "-d", "dummy", "-r", "48000"])
            .args(["-p", &period.to_string(), "-C", "2", "-P", "2"])
            .env("JACK_NO_AUDIO_RESERVATION", "1")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("jackd must be installed");
        Self { jackd, name }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let pid = i32::try_from(self.jackd.id()).unwrap();
        // SAFETY: the process is our own child and has not been waited for, so the id is its.
        unsafe { libc::kill(pid, libc::SIGTERM) };
        self.jackd.wait().unwrap();
    }
}

/// Runs `body` in a child that sees a server with that period.
fn with_server(test: &str, period: u32, body: impl FnOnce()) {
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

fn wait_until(what: &str, mut done: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !done() {
        assert!(Instant::now() < deadline, "waited 20 s for {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

const HOSTS: [&str; 2] = ["jack", "alsa"];

fn play(host: &str) -> Stream {
    open_output(&on(host), |_| Box::new(SignalSource::new(2))).unwrap()
}

fn record(host: &str) -> (Stream, Recorder) {
    let recorder = Recorder::new();
    let sink = recorder.clone();
    let request = StreamRequest {
        channels: Some(2),
        ..on(host)
    };
    (open_input(&request, |_| Box::new(sink)).unwrap(), recorder)
}

/// Connects what this process plays to what it records, channel by channel.
fn connect_loopback() {
    let (client, _) =
        jack::Client::new("noxrun_patch", jack::ClientOptions::NO_START_SERVER).unwrap();
    // Nobody else is on this server.
    let ours = |flags| {
        let mut ports = client.ports(None, None, flags);
        ports.retain(|port| !port.starts_with("system:"));
        ports.sort();
        ports
    };
    let (outs, ins) = (
        ours(jack::PortFlags::IS_OUTPUT),
        ours(jack::PortFlags::IS_INPUT),
    );
    assert_eq!((outs.len(), ins.len()), (2, 2), "{outs:?} {ins:?}");
    for (out, input) in outs.iter().zip(&ins) {
        client.connect_ports_by_name(out, input).unwrap();
    }
}

/// The longest run of frames that are neighbours in [`signal`], bit for bit in both channels.
fn longest_run(samples: &[f32]) -> usize {
    let key = |l: f32, r: f32| (l.to_bits(), r.to_bits());
    let numbers: HashMap<_, u64> = (0..300_000)
        .map(|n| (key(signal(n, 0), signal(n, 1)), n))
        .collect();
    let (mut longest, mut run, mut last) = (0, 0, None);
    for frame in samples.chunks_exact(2) {
        let number = numbers.get(&key(frame[0], frame[1])).copied();
        run = match (number, last) {
            (Some(n), Some(before)) if n == before + 1 => run + 1,
            (Some(_), _) => 1,
            (None, _) => 0,
        };
        last = number;
        longest = longest.max(run);
    }
    longest
}

#[test]
fn a_signal_comes_back_bit_for_bit_through_both_hosts() {
    with_server(
        "a_signal_comes_back_bit_for_bit_through_both_hosts",
        256,
        || {
            for host in HOSTS {
                let output = play(host);
                let (input, recorder) = record(host);
                for stream in [&output, &input] {
                    let granted = stream.granted();
                    assert_eq!(
                        (granted.buffer_size, granted.sample_rate),
                        (256, 48_000),
                        "{host}"
                    );
                    assert_eq!(granted.channels, 2);
                    assert_eq!(granted.latency_is_estimate, host == "alsa");
                    let only_priority = |warning: &DeviceWarning| {
                        matches!(warning, DeviceWarning::NoRealtimePriority { .. })
                    };
                    assert!(
                        granted.warnings.iter().all(only_priority),
                        "{:?}",
                        granted.warnings
                    );
                }
                connect_loopback();
                wait_until("20,000 unbroken frames", || {
                    longest_run(&recorder.samples()) >= 20_000
                });
                assert_eq!(output.status().block_frames(), 256);
                println!(
                    "{host}: {} xruns out, {} in, latency out {:.4} s, in {:.4} s, load {:?}",
                    output.status().xruns(),
                    input.status().xruns(),
                    output.status().device_latency_seconds(),
                    input.status().device_latency_seconds(),
                    output.status().load(),
                );
            }
        },
    );
}

#[test]
fn the_servers_period_is_granted_instead_of_another() {
    with_server(
        "the_servers_period_is_granted_instead_of_another",
        256,
        || {
            for host in HOSTS {
                for asked in [128, 300, 480] {
                    let request = StreamRequest {
                        buffer_size: asked,
                        ..on(host)
                    };
                    let output = open_output(&request, |_| Box::new(SignalSource::new(2))).unwrap();
                    let input = open_input(&request, |_| Box::new(Recorder::new())).unwrap();
                    for stream in [output, input] {
                        println!("{host} {asked}: {:?}", stream.granted());
                        let warning = DeviceWarning::BufferSizeFallback {
                            asked,
                            granted: 256,
                        };
                        assert!(
                            stream.granted().warnings.contains(&warning),
                            "{host} {asked}"
                        );
                        assert_eq!(stream.granted().buffer_size, 256);
                        wait_until("callbacks", || stream.status().callbacks() > 5);
                        assert_eq!(stream.status().block_frames(), 256, "{host} {asked}");
                    }
                }
            }
        },
    );
}

#[test]
fn a_faster_server_is_followed() {
    with_server("a_faster_server_is_followed", 64, || {
        for host in HOSTS {
            let stream = play(host);
            let granted = stream.granted();
            wait_until("callbacks", || stream.status().callbacks() > 50);
            assert_eq!(
                stream.status().block_frames(),
                granted.buffer_size,
                "{host}"
            );
            let fell_back = granted
                .warnings
                .contains(&DeviceWarning::BufferSizeFallback {
                    asked: 256,
                    granted: granted.buffer_size,
                });
            assert_eq!(fell_back, granted.buffer_size != 256, "{host}: {granted:?}");
            println!("{host}: granted {}", granted.buffer_size);
        }
    });
}

#[test]
fn a_running_server_is_listed_through_both_hosts() {
    with_server("a_running_server_is_listed_through_both_hosts", 256, || {
        let begin = Instant::now();
        let devices = list_devices();
        println!("listed in {:?}: {devices:#?}", begin.elapsed());
        let alsa = devices
            .iter()
            .find(|info| info.id == "alsa:default")
            .unwrap();
        assert!(alsa.is_default_input && alsa.is_default_output);
        assert_eq!((alsa.input_channels, alsa.output_channels), (2, 2));
        assert!(alsa.sample_rates.contains(&48_000));
        let jack = devices
            .iter()
            .find(|info| info.id == "jack:default")
            .unwrap();
        assert_eq!(jack.backend, Backend::Jack);
        assert!(!jack.is_default_input && !jack.is_default_output);
        assert_eq!(jack.sample_rates, [48_000]);
        assert_eq!(jack.buffer_size, Some((256, 256)));
        let default = open_output(&StreamRequest::default(), |_| {
            Box::new(SignalSource::new(2))
        });
        assert_eq!(default.unwrap().granted().device, *alsa);
    });
}

#[test]
fn an_engine_at_another_rate_plays_through_jack() {
    with_server("an_engine_at_another_rate_plays_through_jack", 256, || {
        let request = StreamRequest {
            sample_rate: Some(44_100),
            ..on("jack")
        };
        let stream = open_output(&request, |granted| {
            assert_eq!((granted.sample_rate, granted.device_rate), (44_100, 48_000));
            Box::new(SignalSource::new(2))
        })
        .unwrap();
        let warning = DeviceWarning::SampleRateFallback {
            asked: 44_100,
            granted: 48_000,
        };
        assert!(stream.granted().warnings.contains(&warning));
        wait_until("callbacks", || stream.status().callbacks() > 20);
        let input = open_input(&request, |_| Box::new(Recorder::new())).unwrap();
        assert_eq!(
            (input.granted().sample_rate, input.granted().device_rate),
            (48_000, 48_000)
        );
    });
}

#[test]
fn suspended_streams_are_silent_and_resume_on_both_hosts() {
    with_server(
        "suspended_streams_are_silent_and_resume_on_both_hosts",
        256,
        || {
            for host in HOSTS {
                let (mut input, recorder) = record(host);
                wait_until("sound", || !recorder.samples().is_empty());
                input.suspend().unwrap();
                let at_suspend = recorder.samples().len();
                std::thread::sleep(Duration::from_millis(50));
                assert_eq!(recorder.samples().len(), at_suspend, "{host}");
                input.resume().unwrap();
                wait_until("sound again", || recorder.samples().len() > at_suspend);
            }
        },
    );
}

#[test]
fn a_killed_server_is_noticed_and_closing_does_not_hang() {
    with_server(
        "a_killed_server_is_noticed_and_closing_does_not_hang",
        256,
        || {
            let streams: Vec<(&str, Stream, Stream)> =
                HOSTS.map(|host| (host, play(host), record(host).0)).into();
            let pid: i32 = std::env::var(SERVER_PID).unwrap().parse().unwrap();
            // SAFETY: the parent started this server for us and waits for it only after we are done.
            assert_eq!(unsafe { libc::kill(pid, libc::SIGKILL) }, 0);
            let killed = Instant::now();
            let mut dogs: Vec<(String, Stream, Watchdog)> = streams
                .into_iter()
                .flat_map(|(host, output, input)| {
                    let named = |direction| format!("{host} {direction}");
                    [
                        (named("output"), output, Watchdog::default()),
                        (named("input"), input, Watchdog::default()),
                    ]
                })
                .collect();
            let mut told = HashMap::new();
            wait_until("every loss", || {
                for (name, stream, dog) in &mut dogs {
                    stream.take_events(|event| {
                        if !matches!(event, StreamEvent::Xrun) {
                            println!("{name}: {event:?} after {:?}", killed.elapsed());
                        }
                    });
                    if let Some(reason) = dog.check(&stream.status().health(), monotonic_ns()) {
                        println!("{name}: {reason:?} after {:?}", killed.elapsed());
                        assert_eq!(told.insert(name.clone(), reason), None);
                    }
                }
                told.len() == 4
            });
            assert_eq!(told["jack output"], LossReason::DeviceGone);
            assert_eq!(told["jack input"], LossReason::DeviceGone);
            for (name, stream, _) in dogs {
                let begin = Instant::now();
                drop(stream);
                println!("{name}: closed in {:?}", begin.elapsed());
                assert!(begin.elapsed() < Duration::from_secs(5), "{name}");
            }
            for host in HOSTS {
                let begin = Instant::now();
                let error = open_output(&on(host), |_| Box::new(SignalSource::new(2)))
                    .map(drop)
                    .unwrap_err();
                println!("{host}: {error} in {:?}", begin.elapsed());
                assert!(matches!(error, DeviceError::NoDevice { .. }), "{error:?}");
            }
            let request = StreamRequest {
                fallback: Fallback::Virtual,
                ..StreamRequest::default()
            };
            let stream = open_output(&request, |_| Box::new(SignalSource::new(2))).unwrap();
            assert_eq!(stream.granted().device.id, "virtual");
            println!("{:?}", stream.granted().warnings);
        },
    );
}
