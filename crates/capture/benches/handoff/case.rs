//! One case: rounds in which the ways take turns, and what came of them.

use std::thread;
use std::time::{Duration, Instant};

use crate::common::{pin, quantile, real_time};
use crate::counting::touches;
use crate::load::Load;
use crate::pipeline::{ConsumerSeat, Pipeline, Shape, WAYS, Way};

/// Callbacks before the first round.
const WARM_UP: usize = 100;

/// Where the callback's thread runs, and how.
#[derive(Clone, Copy)]
pub struct Seat {
    name: &'static str,
    is_real_time: bool,
    /// The callback on the first core, the consumer on the last.
    is_pinned: bool,
}

pub const SEATS: [Seat; 3] = [
    Seat {
        name: "real time",
        is_real_time: true,
        is_pinned: false,
    },
    Seat {
        name: "real time, pinned apart",
        is_real_time: true,
        is_pinned: true,
    },
    Seat {
        name: "no priority",
        is_real_time: false,
        is_pinned: false,
    },
];

pub struct Case {
    pub is_loaded: bool,
    pub seat: Seat,
    pub shape: Shape,
    pub rounds: usize,
    pub callbacks: usize,
    pub period: Duration,
}

/// What was measured of one way.
struct Figures {
    pipeline: Pipeline,
    next: usize,
    /// Nanoseconds of each callback, round by round.
    callbacks: Vec<Vec<u64>>,
    touches: u64,
}

impl Case {
    /// Runs on a thread of its own, which becomes the callback's, and prints.
    pub fn run(&self) {
        thread::scope(|scope| {
            scope.spawn(|| self.measure());
        });
    }

    fn measure(&self) {
        let last_core = thread::available_parallelism().map_or(1, usize::from) - 1;
        let seat = ConsumerSeat {
            core: self.seat.is_pinned.then_some(last_core),
            is_nice: self.is_loaded,
        };
        let total = WARM_UP + self.rounds * self.callbacks;
        // Before this thread is promoted: the others inherit what it is.
        let mut all: Vec<Figures> = WAYS
            .iter()
            .map(|&(_, way)| Figures {
                pipeline: Pipeline::new(way, self.shape, total, seat),
                next: 0,
                callbacks: Vec::new(),
                touches: 0,
            })
            .collect();
        let load = self.is_loaded.then(Load::start);
        let is_pinned = self.seat.is_pinned && pin(0);
        let is_granted =
            is_pinned == self.seat.is_pinned && (!self.seat.is_real_time || real_time());
        let block: Vec<f32> = (0..self.shape.frames * self.shape.channels)
            .map(|n| (n as f32 * 0.37).sin() * 0.5)
            .collect();
        for figures in &mut all {
            self.round(figures, &block, WARM_UP);
            figures.callbacks.clear();
            figures.touches = 0;
        }
        for round in 0..self.rounds {
            for turn in 0..WAYS.len() {
                self.round(
                    &mut all[(round + turn) % WAYS.len()],
                    &block,
                    self.callbacks,
                );
            }
        }
        drop(load);
        // Consumers that were late have their say.
        thread::sleep(Duration::from_millis(200));
        let old = WAYS.iter().position(|&(_, way)| way == Way::Old);
        let old = old.map_or_else(Vec::new, |old| medians(&all[old].callbacks));
        for (figures, (way, _)) in all.iter_mut().zip(WAYS) {
            self.print(figures, way, &old, is_granted);
        }
    }

    fn round(&self, figures: &mut Figures, block: &[f32], callbacks: usize) {
        let mut times = Vec::with_capacity(callbacks);
        let mut due = Instant::now();
        for _ in 0..callbacks {
            due += self.period;
            thread::sleep(due.saturating_duration_since(Instant::now()));
            let n = figures.next;
            figures.next += 1;
            let mut took = Duration::ZERO;
            figures.touches += touches(|| {
                figures.pipeline.clock.begin(n);
                let begin = Instant::now();
                figures.pipeline.push(block, n);
                took = begin.elapsed();
            });
            times.push(took.as_nanos() as u64);
        }
        figures.callbacks.push(times);
    }

    fn print(&self, figures: &mut Figures, way: &str, old: &[u64], is_granted: bool) {
        let p50s = medians(&figures.callbacks);
        let mut ratios: Vec<u64> = p50s
            .iter()
            .zip(old)
            .map(|(&own, &old)| own * 1_000_000 / old.max(1))
            .collect();
        let mut p99s: Vec<u64> = figures
            .callbacks
            .iter_mut()
            .map(|times| quantile(times, 0.99))
            .collect();
        let mut pool = figures.callbacks.concat();
        let mean = pool.iter().sum::<u64>() / pool.len().max(1) as u64;
        let mut latencies: Vec<u64> = figures
            .pipeline
            .clock
            .take()
            .into_iter()
            .filter_map(|(n, latency)| (n >= WARM_UP).then_some(latency))
            .collect();
        println!(
            concat!(
                r#"{{"loaded":{},"seat":"{}","granted":{},"shape":"{}","way":"{}","callbacks":{},"touches":{},"#,
                r#""ratio":{},"mean":{},"p50":{},"p99":{},"p999":{},"max":{},"contended":{},"#,
                r#""wakes":{},"wakeP50":{},"wakeP99":{},"wakeP999":{},"wakeMax":{}}}"#
            ),
            self.is_loaded,
            self.seat.name,
            is_granted,
            self.shape.name,
            way,
            pool.len(),
            figures.touches as f64 / pool.len().max(1) as f64,
            quantile(&mut ratios, 0.5) as f64 / 1e6,
            mean,
            quantile(&mut p50s.clone(), 0.5),
            quantile(&mut p99s, 0.5),
            quantile(&mut pool, 0.999),
            quantile(&mut pool, 1.0),
            figures.pipeline.contended(),
            latencies.len(),
            quantile(&mut latencies, 0.5),
            quantile(&mut latencies, 0.99),
            quantile(&mut latencies, 0.999),
            quantile(&mut latencies, 1.0),
        );
    }
}

/// The median of each round.
fn medians(rounds: &[Vec<u64>]) -> Vec<u64> {
    rounds
        .iter()
        .map(|times| quantile(&mut times.clone(), 0.5))
        .collect()
}
