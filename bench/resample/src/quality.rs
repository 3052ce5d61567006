//! What a converter lets through, by tones: each goes through in blocks of 10 ms, and the sine that
//! fits best is taken from what comes out (least squares in 64-bit float).

use std::f64::consts::TAU;

use crate::subject::{Kind, Stream};

const AMPLITUDE: f64 = 0.9;
/// How much of a tone goes through, and how much of what comes out is looked at, in seconds.
const TONE: f64 = 0.3;
const MIDDLE: [f64; 2] = [0.1, 0.24];
const POINTS: u32 = 320;

pub struct Quality {
    /// The strongest of what lies above the lower Nyquist frequency, dB: of tones there, downwards;
    /// of images, upwards.
    pub stop: f64,
    /// The greatest deviation up to 0.9 of the lower Nyquist frequency, dB.
    pub flat: f64,
    /// The worst THD+N, dB.
    pub rest: f64,
    /// Milliseconds from the newest input to the newest output, at the end of a block: the worst.
    pub delay: f64,
    /// Hz, and the dB of all that comes out there.
    pub curve: Vec<[f64; 2]>,
}

pub fn measure(kind: Kind, [from, to]: [u32; 2]) -> Result<Quality, String> {
    kind.prepare();
    let mut bench = Bench {
        stream: kind.open(from, to, 1)?,
        from,
        to,
        out: Vec::new(),
    };
    let nyquist = f64::from(from.min(to)) / 2.0;
    let top = f64::from(from) / 2.0;
    let worst = |values: &mut dyn Iterator<Item = f64>| values.fold(f64::NEG_INFINITY, f64::max);

    let above = [
        1.0, 1.001, 1.002, 1.004, 1.007, 1.01, 1.015, 1.02, 1.03, 1.05, 1.1,
    ];
    let above = above
        .into_iter()
        .chain((2..40).map(|n| 1.0 + f64::from(n) * 0.077));
    let stop = if from > to {
        worst(
            &mut above
                .map(|part| part * nyquist)
                .filter(|frequency| *frequency < 0.98 * top)
                .map(|frequency| bench.tone(frequency).level),
        )
    } else {
        worst(&mut (0..10).map(|n| bench.tone((0.9 + 0.01 * f64::from(n)) * nyquist).rest))
    };
    let flat = worst(&mut (1..=45).map(|n| bench.tone(0.02 * f64::from(n) * nyquist).gain.abs()));
    let rest = worst(
        &mut [0.05, 0.11, 0.3, 0.5, 0.8]
            .map(|p| bench.tone(p * nyquist).rest)
            .into_iter(),
    );
    let curve = (1..POINTS).map(|n| {
        let frequency = top * f64::from(n) / f64::from(POINTS);
        [frequency, bench.tone(frequency).level]
    });
    let curve = curve.collect();
    let delay = bench.shift() + bench.lag();
    Ok(Quality {
        stop,
        flat,
        rest,
        delay,
        curve,
    })
}

struct Bench {
    stream: Box<dyn Stream>,
    from: u32,
    to: u32,
    out: Vec<f32>,
}

/// dB, against the tone that went in.
struct Tone {
    /// Of the tone.
    gain: f64,
    /// Of all that comes out.
    level: f64,
    /// Of what is not the tone.
    rest: f64,
}

impl Bench {
    /// Converts `signal`, a function of seconds, block by block. Tells `watch` of the frames that
    /// went in and came out.
    fn run(
        &mut self,
        signal: impl Fn(f64) -> f64,
        seconds: f64,
        mut watch: impl FnMut(usize, usize),
    ) {
        self.stream.restart();
        self.out.clear();
        let block = self.from as usize / 100;
        for n in 0..(seconds * 100.0) as usize {
            let input: Vec<f32> = (n * block..(n + 1) * block)
                .map(|frame| signal(frame as f64 / f64::from(self.from)) as f32)
                .collect();
            self.stream.process(&input, &mut self.out);
            watch((n + 1) * block, self.out.len());
        }
    }

    fn tone(&mut self, frequency: f64) -> Tone {
        self.run(|t| AMPLITUDE * (TAU * frequency * t).sin(), TONE, |_, _| ());
        let rate = f64::from(self.to);
        let [first, last] = MIDDLE.map(|t| (t * rate) as usize);
        let x = &self.out[first..last];
        let phase = |n: usize| (TAU * frequency * n as f64 / rate).sin_cos();
        let (mut ss, mut sc, mut cc, mut xs, mut xc, mut xx) = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0);
        for (n, x) in x.iter().enumerate() {
            let (x, (s, c)) = (f64::from(*x), phase(n));
            (ss, sc, cc) = (ss + s * s, sc + s * c, cc + c * c);
            (xs, xc, xx) = (xs + x * s, xc + x * c, xx + x * x);
        }
        let determinant = ss * cc - sc * sc;
        let a = (xs * cc - xc * sc) / determinant;
        let b = (xc * ss - xs * sc) / determinant;
        let rest = x.iter().enumerate().map(|(n, x)| {
            let (s, c) = phase(n);
            (f64::from(*x) - a * s - b * c).powi(2)
        });
        let power = AMPLITUDE * AMPLITUDE / 2.0 * x.len() as f64;
        Tone {
            gain: 20.0 * (a.hypot(b) / AMPLITUDE).log10(),
            level: 10.0 * (xx / power).log10(),
            rest: 10.0 * (rest.sum::<f64>() / power).log10(),
        }
    }

    /// Milliseconds by which the stream is late in itself: where a pulse's centre of mass went.
    fn shift(&mut self) -> f64 {
        let at = 0.2;
        self.run(
            |t| (-((t - at) / 0.002).powi(2) / 2.0).exp(),
            0.4,
            |_, _| (),
        );
        let (mut sum, mut moment) = (0.0, 0.0);
        for (n, y) in self.out.iter().enumerate() {
            sum += f64::from(*y);
            moment += f64::from(*y) * n as f64;
        }
        (moment / sum / f64::from(self.to) - at) * 1000.0
    }

    /// Milliseconds that have gone in and not come out, after any block: the most.
    fn lag(&mut self) -> f64 {
        let (from, to) = (f64::from(self.from), f64::from(self.to));
        let mut most = 0.0f64;
        self.run(
            |_| 0.25,
            1.0,
            |read, written| {
                let lag = read as f64 / from - written as f64 / to;
                // Until the converter runs as it will.
                if read as f64 / from > 0.3 {
                    most = most.max(lag * 1000.0);
                }
            },
        );
        most
    }
}
