//! A real server: `jackd -d dummy`, through the JACK host and through ALSA's default device.
//!
//! Runs with `NOXRUN_TEST_JACK=1`, where jackd2 and ALSA's JACK plugin are installed. Each test
//! starts a server of its own and runs its body in a child process whose environment names that
//! server, because libjack and libasound read the environment of their process.
#![cfg(target_os = "linux")]

mod common;

use std::collections::HashMap;
use std::time::{Duration, Instant};

use common::jackd::{SERVER_PID, wait_until, with_server};
use common::{Recorder, SignalSource, on, signal};
use noxrun_device::{
    Backend, DeviceError, DeviceWarning, Fallback, LossReason, Stream, StreamEvent, StreamRequest,
    Watchdog, list_devices, monotonic_ns, open_input, open_output,
};

#[global_allocator]
static COUNTING: noxrun_device::CountingAllocator = noxrun_device::CountingAllocator;

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
                    assert!(granted.latency_is_estimate);
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
                for stream in [&output, &input] {
                    let stats = stream.status().audio_thread();
                    assert_eq!((stats.allocations, stats.frees), (0, 0), "{host}");
                    let (seconds, is_estimate) = stream.latency();
                    println!(
                        "{host}: latency {seconds:.5} s, load {:?}",
                        stream.status().load()
                    );
                    // About a period at least on this server, and no tenth of a second.
                    assert!(
                        !is_estimate && (0.004..0.1).contains(&seconds),
                        "{host}: {seconds}"
                    );
                }
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
                for asked in [128, 300] {
                    let request = StreamRequest {
                        buffer_size: asked,
                        ..on(host)
                    };
                    let output = open_output(&request, |_| Box::new(SignalSource::new(2))).unwrap();
                    let input = open_input(&request, |_| Box::new(Recorder::new())).unwrap();
                    for stream in [output, input] {
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
fn a_size_that_no_server_has_becomes_one_that_runs() {
    with_server(
        "a_size_that_no_server_has_becomes_one_that_runs",
        256,
        || {
            for (host, allowed) in [("jack", [256, 256]), ("alsa", [256, 512])] {
                let request = StreamRequest {
                    buffer_size: 480,
                    ..on(host)
                };
                let output = open_output(&request, |_| Box::new(SignalSource::new(2))).unwrap();
                let granted = output.granted().buffer_size;
                assert!(allowed.contains(&granted), "{host}: {granted}");
                let (input, recorder) = record(host);
                connect_loopback();
                wait_until("20,000 unbroken frames", || {
                    longest_run(&recorder.samples()) >= 20_000
                });
                assert_eq!(output.status().block_frames(), granted);
                let xruns = (output.status().xruns(), input.status().xruns());
                println!("{host}: granted {granted}, xruns {xruns:?}");
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
                // A library that waits for the server would wait for ever.
                assert!(begin.elapsed() < Duration::from_secs(30), "{name}");
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

#[test]
fn a_frozen_server_hangs_nothing() {
    with_server("a_frozen_server_hangs_nothing", 256, || {
        let pid: i32 = std::env::var(SERVER_PID).unwrap().parse().unwrap();
        // SAFETY: the parent started this server for us and waits for it only after we are done.
        let signal_server = |signal| assert_eq!(unsafe { libc::kill(pid, signal) }, 0);
        let mut streams = HOSTS.map(play);
        signal_server(libc::SIGSTOP);
        let timed = |what: &str, limit: u64, f: &mut dyn FnMut()| {
            let begin = Instant::now();
            f();
            println!("{what}: {:?}", begin.elapsed());
            assert!(begin.elapsed() < Duration::from_secs(limit), "{what}");
        };
        timed("list", 30, &mut || {
            let devices = list_devices();
            assert!(devices.iter().any(|device| device.id == "virtual"));
        });
        for stream in &mut streams {
            let mut dog = Watchdog::default();
            wait_until("the stall", || {
                let health = stream.status().health();
                dog.check(&health, monotonic_ns()) == Some(LossReason::Stalled)
            });
        }
        let mut streams = Some(streams);
        timed("closing two", 30, &mut || drop(streams.take()));
        timed("opening", 30, &mut || {
            let opened = open_output(&on("alsa"), |_| Box::new(SignalSource::new(2)));
            println!("{}", opened.map(drop).unwrap_err());
        });
        signal_server(libc::SIGCONT);
    });
}
