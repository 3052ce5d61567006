//! One channel of a block: which predictor it gets, and its bits.

use super::bits::BitWriter;
use super::rice::Partitions;
use super::{fixed, lpc};

/// How a channel is stored.
#[derive(Debug, Clone, Copy)]
enum Kind {
    /// One value for all.
    Constant,
    /// As it is.
    Verbatim,
    /// A polynomial predictor of this order.
    Fixed(usize, Partitions),
    /// A predictor with coefficients.
    Lpc(lpc::Predictor, Partitions),
}

/// A channel's samples and the way found to store them.
#[derive(Debug)]
pub(super) struct Subframe {
    /// The block's samples; after [`plan`](Self::plan) without the zeros that all end in.
    pub samples: Vec<i32>,
    kind: Kind,
    /// Bits a sample that are stored, and zeros that all of them ended in.
    bits: u32,
    wasted: u32,
    fixed: Vec<i32>,
    lpc: Vec<i32>,
}

impl Subframe {
    pub fn new(block: usize) -> Self {
        Self {
            samples: Vec::with_capacity(block),
            kind: Kind::Verbatim,
            bits: 0,
            wasted: 0,
            fixed: Vec::with_capacity(block),
            lpc: Vec::with_capacity(block),
        }
    }

    /// Chooses how to store the samples, which have `bits` bits; says about how many bits it takes.
    pub fn plan(&mut self, bits: u32, finder: &mut lpc::Finder) -> u64 {
        let first = self.samples.first().copied().unwrap_or(0);
        self.wasted = 0;
        self.bits = bits;
        if self.samples.iter().all(|sample| *sample == first) {
            self.kind = Kind::Constant;
            return u64::from(bits);
        }
        let used = self.samples.iter().fold(0, |used, sample| used | sample);
        self.wasted = used.trailing_zeros();
        self.bits -= self.wasted;
        if self.wasted > 0 {
            for sample in &mut self.samples {
                *sample >>= self.wasted;
            }
        }
        let verbatim = self.samples.len() as u64 * u64::from(self.bits);
        let (kind, cost) = self.predicted(finder);
        if cost < verbatim {
            self.kind = kind;
            cost
        } else {
            self.kind = Kind::Verbatim;
            verbatim
        }
    }

    /// The better of the two predictors.
    fn predicted(&mut self, finder: &mut lpc::Finder) -> (Kind, u64) {
        let order = if self.samples.len() > fixed::MAX_ORDER {
            fixed::best_order(&self.samples)
        } else {
            0
        };
        fixed::residual(&self.samples, order, &mut self.fixed);
        let partitions = Partitions::best(&self.fixed, order);
        let cost = order as u64 * u64::from(self.bits) + partitions.bits;
        let fixed = (Kind::Fixed(order, partitions), cost);

        let Some(predictor) = finder.find(&self.samples, self.bits) else {
            return fixed;
        };
        if !lpc::residual(&self.samples, &predictor, &mut self.lpc) {
            return fixed;
        }
        let partitions = Partitions::best(&self.lpc, predictor.order);
        let starts = predictor.order as u64 * u64::from(self.bits + lpc::PRECISION);
        let cost = 9 + starts + partitions.bits;
        if cost < fixed.1 {
            (Kind::Lpc(predictor, partitions), cost)
        } else {
            fixed
        }
    }

    /// Appends the channel.
    pub fn write(&self, out: &mut BitWriter) {
        let kind = match &self.kind {
            Kind::Constant => 0b000000,
            Kind::Verbatim => 0b000001,
            Kind::Fixed(order, _) => 0b001000 | *order as u32,
            Kind::Lpc(predictor, _) => 0b100000 | (predictor.order as u32 - 1),
        };
        out.put(kind, 7);
        out.put(u32::from(self.wasted > 0), 1);
        if self.wasted > 0 {
            out.put_unary(self.wasted - 1);
        }
        match &self.kind {
            Kind::Constant => self.write_samples(1, out),
            Kind::Verbatim => self.write_samples(self.samples.len(), out),
            Kind::Fixed(order, partitions) => {
                self.write_samples(*order, out);
                partitions.write(&self.fixed, *order, out);
            }
            Kind::Lpc(predictor, partitions) => {
                self.write_samples(predictor.order, out);
                out.put(lpc::PRECISION - 1, 4);
                out.put(predictor.shift, 5);
                for coefficient in &predictor.coefficients[..predictor.order] {
                    out.put_signed(*coefficient, lpc::PRECISION);
                }
                partitions.write(&self.lpc, predictor.order, out);
            }
        }
    }

    /// Appends the first `count` samples as they are.
    fn write_samples(&self, count: usize, out: &mut BitWriter) {
        for sample in &self.samples[..count] {
            out.put_signed(*sample, self.bits);
        }
    }
}
